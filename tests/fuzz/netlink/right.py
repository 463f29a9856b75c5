# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Right messages: each operation of the spec with values that it takes, most of the time."""

import socket
import struct
import sys

from message import ACK, CREATE, DUMP, EXCLUSIVE, REQUEST, Message, Node

DEVICES = [f"fz{i}" for i in range(6)]
WIREGUARDS = ["fw0", "fw1"]  # of kind wireguard, the only ones that the family of that name finds
SELDOM = ("dev-del", "peer-del", "key-del")  # what would soon leave nothing to ask for
FIRST_INDEX = 5000
GROUP = 77
PEERS = ["p0", "p1", "p2", "P1", "far"]
KEY_MARK = b"hidden: secret: "  # the first half of each secret key; clamping leaves it as it is
MACS = [bytes((2, 0, 0, 0, 0, i)) for i in range(4)]
ADDRESSES = [bytes((192, 0, 2, 2)), bytes((192, 0, 2, 9)), bytes((127, 0, 0, 1)),
             socket.inet_pton(socket.AF_INET6, "2001:db8::2"), socket.inet_pton(socket.AF_INET6, "fe80::2")]
NETS = ["10.0.0.2/32", "10.0.0.0/24", "10.1.0.0/16", "0.0.0.0/0", "fd00::2/128", "fd00::/64", "::/0"]
NEWLINK, DELLINK, GETLINK, SETLINK = 16, 17, 18, 19


def u(size, value):
    return (value & ((1 << 8 * size) - 1)).to_bytes(size, sys.byteorder)


def ifinfo(index=0, flags=0, change=0):
    return struct.pack("=BBHiII", 0, 0, 0, index, flags, change)


class Right:
    def __init__(self, families, rng, wireguard):
        self.families, self.rng = families, rng
        self.names = ["camex"] * 6 + ["route"] * 2 + ["wireguard"] * (2 if wireguard else 0)
        self.wireguard = wireguard

    # --- values ---

    def prefix(self, sets=("prefix", None)):
        """addr and len, for the sets prefix and route."""
        address, _, length = self.rng.choice(NETS).partition("/")
        packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
        return [self.node(sets[0], "addr", packed), self.node(sets[0], "len", u(1, int(length)))]

    def node(self, set_name, name, content, family="camex"):
        spec = self.families[family].attribute(set_name, name)
        return Node(spec.number, content, spec)

    def known(self, spec):
        """A value that the name of the attribute suggests, or None."""
        rng, name = self.rng, spec.name
        if name in ("ifname", "link-name"):
            return (rng.choice(DEVICES) if name == "ifname" else rng.choice(["", "fzl%d"])).encode() + b"\0"
        if name == "bind-dev":
            return rng.choice([b"\0", b"\0", b"lo\0", b"fzd\0"])
        if name == "ifindex":
            return u(4, FIRST_INDEX + rng.randrange(6))
        if name in ("name", "peer") and spec.kind == "string":
            return rng.choice(PEERS).encode() + b"\0"
        if name in ("key", "private-key", "preshared-key"):
            return KEY_MARK + rng.randbytes(1) * 16
        if name == "public-key":
            return bytes(31) + u(1, 9 + rng.randrange(4))
        if name in ("addr", "endpoint-addr", "ipaddr"):
            return rng.choice(ADDRESSES)
        if name == "bind":
            return rng.choice([b"", b"", bytes((127, 0, 0, 1)), bytes(16)])
        if name in ("port", "listen-port"):
            return u(2, rng.choice([0, 0, 7000, 7001, 7002]))
        if name in ("endpoint-port", "keepalive", "link-timeout", "ageing"):
            return u(2, rng.choice([1, 10, 7000, 65535]))
        if name == "profile-mtu":
            return u(2, rng.choice([0, 576, 1400, 9000]))
        if name == "mtu":
            return u(4, rng.choice([576, 1280, 1400, 9000]))
        if name == "profile-gateway":
            return rng.choice([b"", bytes((10, 0, 0, 1))])
        if name == "client-id":
            return rng.choice([b"CAM01\0", b"x\0", b"CAM with a blank\0"])
        if name == "mac":
            return rng.choice(MACS)
        if name == "vlan":
            return u(2, rng.choice([1, 100, 4094]))
        if name == "kind":
            return b"camex\0"
        if name == "endpoint" and spec.set_name == "peer":
            return struct.pack("=HH", socket.AF_INET, 7000) + ADDRESSES[0] + bytes(8)
        if name == "group":
            return u(4, GROUP)
        return None

    def value(self, spec):
        rng = self.rng
        if spec.nested:
            return self.nest(spec.nested)
        known = self.known(spec)
        if known is not None:
            return known
        if spec.size:
            return u(spec.size, rng.choice([spec.low, spec.high, rng.randint(spec.low, spec.high)]))
        if spec.kind in ("flag", "pad"):
            return b""
        longest = 64 if spec.longest is None else spec.longest
        return rng.randbytes(rng.choice([spec.shortest, longest, rng.randint(spec.shortest, longest)]))

    def nest(self, set_name):
        rng = self.rng
        if set_name == "prefix":
            return self.prefix()
        if set_name == "routes":
            return [self.node("routes", "prefix", self.prefix()) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
        if set_name == "allowedip":
            return self.allowed_ip()
        for name, family in self.families.items():
            attributes = family.sets.get(set_name)
            if attributes and (name != "camex" or set_name not in ("device", "peers")):
                break
        if set_name == "peer" and self.family == "wireguard":
            attributes = self.families["wireguard"].sets["peer"]
        chosen = [a for a in attributes.values() if not a.read_only and a.kind != "pad"]
        needed = [a for a in chosen if a.name in ("name", "public-key", "kind", "data") and a.set_name != "wg-dev"]
        if set_name == "wg-peer":
            needed = [a for a in needed if rng.random() < 0.8]
        count = rng.choice([0, 1, 1, 2, 3, 6])
        wanted = set(rng.sample([a.name for a in chosen], min(count, len(chosen)))) | {a.name for a in needed}
        if "key" in wanted and set_name == "peer":
            wanted.add("fingerprint")
        if set_name == "peer" and wanted & {"endpoint-addr", "endpoint-port"} and self.family == "camex":
            wanted |= {"endpoint-addr", "endpoint-port"}
        nodes = []
        for spec in chosen:
            if spec.name in wanted:
                for _ in range(rng.choice([1, 1, 2, 3]) if spec.multi else 1):
                    nodes.append(Node(spec.number, self.value(spec), spec))
        return nodes

    def all_of(self, set_name, share):
        """A nest as a reply has it: this share of its attributes, read-only ones too."""
        nodes = []
        for spec in self.families["camex"].sets[set_name].values():
            if spec.kind != "pad" and (self.rng.random() < share or spec.name in ("name", "addr", "len", "mac", "peer")):
                content = self.all_of(spec.nested, share) if spec.nested and spec.name != "routes" else self.value(spec)
                nodes.append(Node(spec.number, content, spec))
        return nodes

    def allowed_ip(self):
        address, _, length = self.rng.choice(NETS).partition("/")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        nodes = [("family", u(2, family)), ("ipaddr", socket.inet_pton(family, address)),
                 ("cidr-mask", u(1, int(length)))]
        return [self.node("allowedip", n, c, "wireguard") for n, c in nodes]

    # --- messages ---

    def message(self):
        self.family = self.rng.choice(self.names)
        family = self.families[self.family]
        if self.family == "route":
            return self.link_message()
        operation = self.rng.choice(family.operations)
        if operation.name in SELDOM and self.rng.random() < 0.7:
            operation = self.rng.choice(family.operations)
        how = [w for w in ("do", "dump") if getattr(operation, w) is not None]
        dump = self.rng.choice(how) == "dump"
        # a dump is requested by its reply alone in the spec if it takes no attributes
        wanted = getattr(operation, "dump" if dump else "do")
        device = self.rng.randrange(len(DEVICES) if self.family == "camex" else len(WIREGUARDS))
        names, first = (DEVICES, FIRST_INDEX) if self.family == "camex" else (WIREGUARDS, FIRST_INDEX + len(DEVICES))
        nodes = []
        for spec in family.sets[operation.set_name].values():
            if spec.name not in wanted or spec.name == "ifindex":
                continue
            if spec.name == "ifname":
                if self.rng.random() < 0.2:
                    nodes.append(self.node(operation.set_name, "ifindex", u(4, first + device), self.family))
                else:
                    nodes.append(Node(spec.number, names[device].encode() + b"\0", spec))
            elif self.family == "camex" or self.rng.random() < 0.5:
                nodes.append(Node(spec.number, self.of_operation(operation, spec), spec))
        message = Message(self.family, operation.number, nodes, REQUEST | (DUMP if dump else ACK),
                          version=family.version)
        message.device = names[device]
        return message

    def of_operation(self, operation, spec):
        """A nest with what the operation needs, where the spec's text says so but its grammar cannot."""
        name = operation.name
        if spec.name == "peer" and name in ("peer-get", "peer-del", "peer-forget", "key-del"):
            return [Node(1, self.rng.choice(PEERS).encode() + b"\0", self.families["camex"].sets["peer"][1])]
        if spec.name == "peer" and name == "key-set":
            return [self.node("peer", n, self.value(self.families["camex"].attribute("peer", n)))
                    for n in ("name", "key", "fingerprint")]
        if spec.name == "route":
            more = [self.node("route", "peer", self.rng.choice(PEERS).encode() + b"\0")]
            if name == "route-add" and self.rng.random() < 0.5:
                more.append(self.node("route", "replace", b""))
            return self.prefix(("route", None)) + (more if name == "route-add" else more[:self.rng.randrange(2)])
        if spec.name == "fdb":
            chosen = ["mac", "peer"] + ["vlan"] * self.rng.randrange(2)
            return [self.node("fdb", n, self.value(self.families["camex"].attribute("fdb", n))) for n in chosen]
        nodes = self.value(spec)
        fixed = ("link", "protocol", "transport", "links")
        if spec.name == "dev":
            return [n for n in nodes if n.spec.name not in fixed]
        return nodes

    def link_message(self):
        device = self.rng.randrange(len(DEVICES))
        command = self.rng.choice([NEWLINK] * 8 + [SETLINK] * 4 + [DELLINK] + [GETLINK] * 2)
        if command in (NEWLINK, SETLINK):
            message = self.new_link(device)
            message.command = command
            if self.rng.random() < 0.7:  # of one that exists
                message.flags &= ~(CREATE | EXCLUSIVE)
                data = message.nodes[1].content[1]
                data.content = [n for n in data.content if n.number > 4]
                message.head = ifinfo()
        else:
            message = Message("route", command, [self.node("link", "ifname", DEVICES[device].encode() + b"\0", "route")],
                              REQUEST | ACK, ifinfo())
        message.device = DEVICES[device]
        return message

    def new_link(self, device, settings=None):
        """RTM_NEWLINK that makes a device."""
        self.family = "route"
        data = self.nest("dev") if settings is None else settings
        info = [self.node("linkinfo", "kind", b"camex\0", "route"), self.node("linkinfo", "data", data, "route")]
        nodes = [self.node("link", "ifname", DEVICES[device].encode() + b"\0", "route"),
                 self.node("link", "linkinfo", info, "route")]
        message = Message("route", NEWLINK, nodes, REQUEST | ACK | CREATE | EXCLUSIVE,
                          ifinfo(FIRST_INDEX + device, self.rng.randrange(2), 1))
        message.device = DEVICES[device]
        return message

    def new_wireguard(self, number):
        """RTM_NEWLINK that makes a device of kind wireguard."""
        message = self.new_link(number, [])
        message.device = WIREGUARDS[number]
        message.nodes[0].content = message.device.encode() + b"\0"
        message.nodes[1].content = [self.node("linkinfo", "kind", b"wireguard\0", "route")]
        message.head = ifinfo(FIRST_INDEX + len(DEVICES) + number, 1, 1)
        return message

    def grouped(self, message):
        """The same for a scene, whose devices go together."""
        message.nodes.append(self.node("link", "group", u(4, GROUP), "route"))
        return message

    def scene(self, number):
        """Messages that make six devices, each of a kind of its own, with peers. Even and odd scenes have other kinds."""
        kinds = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 3, 0, 0), (0, 2, 0, 1), (1, 0, 3, 0), (0, 1, 2, 0),
                 (1, 3, 0, 0), (0, 2, 4, 0), (0, 0, 1, 0), (1, 1, 0, 0), (0, 3, 3, 1), (1, 2, 0, 0)]
        messages = []
        for device, kind in enumerate(kinds[number % 2 * len(DEVICES):][:len(DEVICES)]):
            settings = [self.node("dev", n, u(4, v)) for n, v in
                        zip(("link", "protocol", "transport", "links"), kind)]
            if kind[1] == 0:
                settings.append(self.node("dev", "client-id", b"CAM01\0"))
            if kind[1] == 3:
                settings.append(self.node("dev", "wireguard", [self.node("wg-dev", "private-key", KEY_MARK + bytes(
                    [device]) * 16)]))
            messages.append(self.grouped(self.new_link(device, settings)))
            if kind[2] in (1, 2):
                continue
            for number in range(2):
                messages.append(self.new_peer(device, number, kind))
        if self.wireguard:
            messages += [self.grouped(self.new_wireguard(number)) for number in range(len(WIREGUARDS))]
        return messages

    def new_peer(self, device, number, kind):
        peer = [self.node("peer", "name", PEERS[number].encode() + b"\0"),
                self.node("peer", "endpoint-addr", bytes((192, 0, 2, 2))),
                self.node("peer", "endpoint-port", u(2, 8000 + number))]
        if kind[1] in (0, 2) and number == 0:
            peer += [self.node("peer", "key", KEY_MARK + bytes(16)), self.node("peer", "fingerprint", bytes(16))]
        if kind[1] == 3:
            peer.append(self.node("peer", "wireguard", [self.node("wg-peer", "public-key", bytes(31) + u(1, 9 + number))]))
        if kind[0] == 0 and kind[3] == 0:
            address = bytes((10, 9, number, 0))
            peer.append(self.node("peer", "routes", [self.node("routes", "prefix", [
                self.node("prefix", "addr", address), self.node("prefix", "len", u(1, 24))])]))
        camex = self.families["camex"]
        nodes = [self.node("camex", "ifname", DEVICES[device].encode() + b"\0"), self.node("camex", "peer", peer)]
        command = next(op.number for op in camex.operations if op.name == "peer-add")
        message = Message("camex", command, nodes, REQUEST | ACK, version=camex.version)
        message.device = DEVICES[device]
        return message
