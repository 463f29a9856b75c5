# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Netlink messages as text that a person can read and write.

    scene 1: camex peer-add do ifname="fz0" peer { name="p0" endpoint-port=7000 } ; route dellink do ifname="fz0"

An entry is a line: the scene that it needs, and messages. A message has a family, an operation (a name or a number), how
it is called (do, dump, or flags=HEX), and attributes. An attribute has its name in the spec, or #NUMBER; :FLAGS if its
flags are not the usual ones, %LENGTH if its header lies about its length; then a value, or a nest in braces. Values:
7000 is an integer as long as the spec says, "text" has a NUL behind it, 'text' has none, 192.0.2.1 and ::1 are
addresses, x00ff are bytes, and z100 is a hundred of zeros.
"""

import ipaddress
import re
import sys

from message import ACK, DUMP, NESTED, REQUEST, Message, Node, encode_all

HOW = {"do": REQUEST | ACK, "dump": REQUEST | DUMP}
PLAIN = re.compile(rb"[!-&(-:<-~]*")     # no blank, quote or semicolon
ATTRIBUTE = re.compile(r"(#\d+|[a-z0-9-]+)(?::([0-9a-f]+))?(?:%(\d+))?(?:=(.*))?", re.S)


def addressed(spec):
    return spec and spec.kind == "binary" and spec.name in (
        "addr", "endpoint-addr", "ipaddr", "bind", "profile-gateway", "gateway", "source-addr")


def value_text(content, spec):
    if spec and spec.size and len(content) == spec.size:
        return str(int.from_bytes(content, sys.byteorder))
    if addressed(spec) and len(content) in (4, 16):
        return str(ipaddress.ip_address(content))
    if content and content[-1] == 0 and PLAIN.fullmatch(content[:-1]) and b'"' not in content:
        return f'"{content[:-1].decode()}"'
    if len(content) > 8 and not any(content):
        return f"z{len(content)}"
    if spec and spec.kind == "string" and PLAIN.fullmatch(content):
        return f"'{content.decode()}'"
    return f"x{content.hex()}"


def value_of(text, spec):
    if text[:1] == '"':
        return text[1:-1].encode() + b"\0"
    if text[:1] == "'":
        return text[1:-1].encode()
    if text[:1] == "x":
        return bytes.fromhex(text[1:])
    if text[:1] == "z":
        return bytes(int(text[1:]))
    if addressed(spec) and not text.isdigit():
        return ipaddress.ip_address(text).packed
    return int(text).to_bytes(spec.size, sys.byteorder)


def nodes_text(nodes, sets, set_name):
    words = []
    for node in nodes:
        number = node.number & 0x3fff
        spec = sets[set_name].get(number) if set_name else None
        word = spec.name if spec else f"#{number}"
        nest = isinstance(node.content, list)
        if node.flags != (NESTED if nest else 0):
            word += f":{node.flags:x}"
        if node.size is not None:
            word += f"%{node.size}"
        if nest:
            inner = nodes_text(node.content, sets, spec.nested if spec else None)
            words += [word, "{", *inner, "}"]
        else:
            words.append(f"{word}={value_text(node.content, spec)}")
    return words


def read_nodes(words, sets, set_name):
    nodes = []
    while words and words[0] != "}":
        name, flags, size, value = ATTRIBUTE.fullmatch(words.pop(0)).groups()
        attributes = sets[set_name] if set_name else {}
        number = int(name[1:]) if name[0] == "#" else next(a.number for a in attributes.values() if a.name == name)
        spec = attributes.get(number)
        if value is None:
            if words.pop(0) != "{":
                raise ValueError(f"{name} has neither a value nor a nest")
            content = read_nodes(words, sets, spec.nested if spec else None)
            words.pop(0)
        else:
            content = value_of(value, spec)
        nodes.append(Node(number, content, spec, int(flags, 16) if flags else None, int(size) if size else None))
    return nodes


def message_text(message, families):
    """One that read_message() makes the same bytes of."""
    family = families[message.family]
    operation = family.by_number.get(message.command)
    words = [message.family, operation.name if operation else str(message.command)]
    words.append(next((how for how, flags in HOW.items() if flags == message.flags), f"flags={message.flags:x}"))
    head = message.before()
    body = message.body()
    if message.family == "route":
        if any(head):
            words.append(f"head=x{head.hex()}")
    else:
        if message.version != family.version:
            words.append(f"version={message.version}")
        if message.reserved:
            words.append(f"reserved={message.reserved}")
    if message.raw is not None:
        words.append(f"raw=x{body.hex()}")
    else:
        if message.cut is not None and message.cut < len(head) + len(encode_all(message.nodes)):
            words.append(f"cut={message.cut}")
        words += nodes_text(message.nodes, family.sets, family.top(message.command))
    text = " ".join(words)
    if read_message(text, families).body() != body:
        words[3:] = [f"raw=x{body.hex()}"]
        text = " ".join(words)
    return text


def read_message(text, families):
    words = text.split()
    family = families[words.pop(0)]
    command = words.pop(0)
    number = int(command) if command.isdigit() else next(op.number for op in family.operations if op.name == command)
    how = words.pop(0)
    flags = HOW[how] if how in HOW else int(how.removeprefix("flags="), 16)
    message = Message(family.name, number, [], flags, bytes(16) if family.name == "route" else b"", family.version)
    while words and (found := re.fullmatch(r"(head|version|reserved|cut|raw)=(x?)(\w*)", words[0])):
        name, is_hex, value = found.groups()
        setattr(message, name, bytes.fromhex(value) if is_hex else int(value))
        words.pop(0)
    message.nodes = read_nodes(words, family.sets, family.top(number))
    message.device = device_of(message)
    return message


def device_of(message):
    """The device that a message names, if it does so in the usual way."""
    for node in message.nodes:
        if node.spec and node.spec.name == "ifname" and isinstance(node.content, bytes):
            return node.content.rstrip(b"\0").decode(errors="replace") or None
    return None


def entry_text(scene, messages, families):
    return f"scene {scene}: " + " ; ".join(message_text(message, families) for message in messages)


def read_entry(line, families):
    """(scene, messages)"""
    head, _, rest = line.partition(": ")
    return int(head.removeprefix("scene ")), [read_message(text, families) for text in rest.split(" ; ")]


