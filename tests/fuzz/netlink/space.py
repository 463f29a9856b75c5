# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A namespace with devices, and the rules that the kernel has to keep there, whatever it is sent."""

import errno
import os
import re
import socket
import sys

import nlsocket as wire
from message import ACK, DUMP, NESTED, REQUEST, Message, Node, encode_all, parse_nodes
from right import KEY_MARK

RTNLGRP_LINK = 1
# what the kernel says of wrong attributes before a family sees them, what rtnetlink says of a request of which it has done
# a part before the rest failed, and of having said it too often
REMARK = re.compile(r"netlink: |A link change request failed with some changes|(\w*nla\w*|do_setlink): \d+ callbacks suppressed")


class Found(Exception):
    """Something is wrong that ends the round."""


class Namespace:
    """The sockets to the kernel, and what it answers."""

    def __init__(self, families, numbers):
        self.families, self.numbers = families, numbers
        self.generic, self.route = wire.Line(wire.GENERIC), wire.Line(socket.NETLINK_ROUTE)
        self.events = wire.Line(socket.NETLINK_ROUTE)
        self.events.sock.setsockopt(wire.SOL_NETLINK, 1, RTNLGRP_LINK)
        self.operations = {op.name: op.number for op in families["camex"].operations}
        self.log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.log, 0, os.SEEK_END)

    def send(self, message):
        body = message.body()
        if message.family == "route":
            return self.route.ask(message.command, message.flags, body)
        return self.generic.ask(self.numbers[message.family], message.flags, body)

    def several(self, messages):
        """In one datagram. All answers become one. Without any it would be empty, which netlink remarks upon."""
        packet = b""
        for message in messages:
            if message.family == "route":
                continue
            body = message.body()
            packet += self.generic.packet(self.numbers[message.family], message.flags, body) + bytes(-len(body) % 4)
        return self.generic.transmit(packet) if packet else None

    def get(self, name, nodes, dump=False):
        """(answer, [Node]s of each reply)"""
        message = Message("camex", self.operations[name], nodes, REQUEST | (DUMP if dump else ACK))
        answer = self.send(message)
        return answer, [self.parsed(body) for _, body in answer.replies]

    def parsed(self, body):
        sets = self.families["camex"].sets
        nodes = parse_nodes(body[4:], sets["camex"], sets)
        if nodes is None:
            raise Found(f"an answer of the kernel is cut: {body.hex()}")
        return nodes

    def state(self, device):
        """The settings of a device with peers, routes and stations, without what changes by itself."""
        spec_of_name = self.families["camex"].attribute("camex", "ifname")
        name = Node(spec_of_name.number, device.encode() + b"\0", spec_of_name)
        answer, parts = self.get("dev-get", [name])
        if answer.error:
            return str(answer)
        for operation in ("peer-get", "route-get", "fdb-get"):
            parts += self.get(operation, [name], dump=True)[1]
        return repr([settings(nodes) for nodes in parts])

    def check_log(self):
        """Whatever the kernel says, but for netlink's own remarks about wrong messages."""
        while True:
            try:
                record = os.read(self.log, 8192).decode(errors="replace")
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.EPIPE:
                    continue
                raise
            head, _, text = record.partition(";")
            level = int(head.split(",")[0])
            if level <= 4 and not REMARK.match(text):
                raise Found(f"the kernel log: {text.splitlines()[0]}")

    def check_events(self):
        while True:
            try:
                data = self.events.sock.recv(1 << 18, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                continue
            if KEY_MARK in data:
                raise Found("a notification of rtnetlink has a key")


def settings(nodes):
    """Nodes without read-only ones, as what can be compared."""
    return [(node.spec.name if node.spec else node.number,
             settings(node.content) if isinstance(node.content, list) else node.content.hex())
            for node in nodes if not (node.spec and node.spec.read_only)]


def check_known(nodes, place=""):
    """Each attribute of an answer is in the spec, with a length that it allows."""
    for node in nodes:
        what = f"{place}/{node.spec.name if node.spec else node.number}"
        if not node.spec:
            raise Found(f"the spec has no attribute {what}")
        if isinstance(node.content, list):
            check_known(node.content, what)
        elif node.spec.size and len(node.content) != node.spec.size:
            raise Found(f"{what} has {len(node.content)} bytes")
        elif not node.spec.nested and node.spec.longest is not None and node.spec.kind == "binary" and len(
                node.content) > node.spec.longest:
            raise Found(f"{what} has {len(node.content)} bytes")


def ours(families, message):
    """Would the family camex itself have to say why it refuses a message? Generic netlink refuses some before."""
    if message.family != "camex" or len(message.body()) < 4:
        return False
    operation = families["camex"].by_number.get(message.body()[0])
    if not operation:
        return False
    wanted = operation.dump if message.flags & DUMP else operation.do
    return wanted is not None


def forbidden(families, message):
    """What the spec of camex does not allow in a request, if that is plain to see: an attribute that is unknown or read
    only, or its length or its value. Else None."""
    family = families["camex"]
    operation = family.by_number.get(message.command)
    if message.family != "camex" or not operation or operation.do is None or message.flags & DUMP:
        return None
    if message.raw is not None or message.cut is not None or any(nodes[i].size is not None for nodes, i in message.all_nodes()):
        return None
    attributes = family.sets[operation.set_name]
    known = [node for node in message.nodes if (spec := attributes.get(node.number)) and spec.name in operation.do]
    return forbidden_nodes(known, attributes, family.sets)


def forbidden_nodes(nodes, attributes, sets):
    for node in nodes:
        spec = attributes.get(node.number)
        if not spec:
            return f"there is no attribute {node.number}"
        if spec.read_only:
            return f"{spec.name} is read only"
        if spec.nested:
            if isinstance(node.content, list) and node.flags & NESTED:
                if why := forbidden_nodes(node.content, sets[spec.nested], sets):
                    return why
            continue
        content = encode_all(node.content) if isinstance(node.content, list) else node.content
        if spec.size and len(content) != spec.size:
            return f"{spec.name} has {len(content)} bytes"
        if spec.size and not spec.low <= (value := int.from_bytes(content, sys.byteorder)) <= spec.high:
            return f"{spec.name} is {value}"
        if spec.kind == "flag" and content:
            return f"{spec.name} is a flag and has {len(content)} bytes"
        if spec.kind == "string" and spec.longest is not None and b"\0" not in content[:spec.longest + 1]:
            return f"{spec.name} is too long"
        if spec.kind == "binary" and not spec.shortest <= len(content) <= (0xffff if spec.longest is None else spec.longest):
            return f"{spec.name} has {len(content)} bytes"
    return None
