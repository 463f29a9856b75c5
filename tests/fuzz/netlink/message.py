# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Netlink messages as trees of attributes, so that they can be changed before they become bytes."""

import struct

REQUEST, ACK, ECHO, DUMP = 1, 4, 8, 0x300
EXCLUSIVE, CREATE = 0x200, 0x400
NESTED, NET_ORDER = 0x8000, 0x4000
TYPE_MASK = 0x3fff


class Node:
    """An attribute: content is bytes, or a list of Nodes. size: the length that its header claims, if
    that is not the true one."""

    def __init__(self, number, content, spec=None, flags=None, size=None):
        self.number, self.content, self.spec, self.size = number, content, spec, size
        self.flags = (NESTED if isinstance(content, list) else 0) if flags is None else flags

    def copy(self):
        content = [n.copy() for n in self.content] if isinstance(self.content, list) else self.content
        return Node(self.number, content, self.spec, self.flags, self.size)

    def encode(self, at=0, places=None):
        """Bytes; the offset of each attribute's header goes into places."""
        if places is not None:
            places.append(at)
        if isinstance(self.content, list):
            payload = encode_all(self.content, at + 4, places)
        else:
            payload = self.content
        size = min(len(payload) + 4, 0xffff) if self.size is None else self.size
        return struct.pack("=HH", size & 0xffff, (self.number & TYPE_MASK) | self.flags) + payload + bytes(
            -len(payload) % 4)


def encode_all(nodes, at=0, places=None):
    out = bytearray()
    for node in nodes:
        out += node.encode(at + len(out), places)
    return bytes(out)


class Message:
    """family: camex, wireguard or route. head: an ifinfomsg for route, else empty. cut: bytes that are
    left of the attributes, if not all are."""

    def __init__(self, family, command, nodes, flags=0, head=b"", version=1, reserved=0):
        self.family, self.command, self.nodes, self.flags = family, command, nodes, flags
        self.head, self.version, self.reserved = head, version, reserved
        self.cut = None
        self.raw = None      # bytes that are no attributes, which it is made of alone
        self.device = None   # the one that it means
        # what was made wrong: the message itself; attributes that rtnetlink takes, not we
        self.header_changed = self.outside = False

    def copy(self):
        other = Message(self.family, self.command, [n.copy() for n in self.nodes], self.flags, self.head,
                        self.version, self.reserved)
        other.cut, other.device, other.outside = self.cut, self.device, self.outside
        other.header_changed, other.raw = self.header_changed, self.raw
        return other

    def before(self):
        """What comes before the attributes."""
        if self.family == "route":
            return self.head
        return struct.pack("=BBH", self.command & 255, self.version, self.reserved)

    def body(self, places=None):
        if self.raw is not None:
            return self.raw
        head = self.before()
        return (head + encode_all(self.nodes, 16 + len(head), places))[:self.cut]

    def all_nodes(self, inside=None):
        """(list, index) of every attribute."""
        found = []

        def walk(nodes):
            for i, node in enumerate(nodes):
                found.append((nodes, i))
                if isinstance(node.content, list):
                    walk(node.content)
        walk(self.nodes if inside is None else inside)
        return found


def parse_nodes(data, attributes, sets, nested=None):
    """Nodes of well-formed data, None for other data. attributes: {number: Attribute}."""
    nodes, at = [], 0
    while at < len(data):
        if len(data) - at < 4:
            return None
        size, number = struct.unpack_from("=HH", data, at)
        if size < 4 or at + size > len(data):
            return None
        content = data[at + 4:at + size]
        spec = attributes.get(number & TYPE_MASK) if attributes else None
        inner = None
        if spec and spec.nested:
            inner = parse_nodes(content, sets[spec.nested], sets)
        nodes.append(Node(number & TYPE_MASK, content if inner is None else inner, spec,
                          number & ~TYPE_MASK))
        at += (size + 3) & ~3
    return nodes
