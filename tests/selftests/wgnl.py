#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""wgnl.py DEV: requests to the netlink family "wireguard" that wg does not make, on DEV, which is not set
up yet, and how each ends. A line for each: what, the error's name, and what the device has then.
wgnl.py DEV remove: takes allowed IPs away with WGALLOWEDIP_F_REMOVE_ME, which newer kernels have.
wgnl.py DEV interrupted: whether a list says that the device was changed while it was read.
"""
import errno
import socket
import struct
import sys

NETLINK_GENERIC, CTRL = 16, 16
REQUEST, ACK, DUMP, INTERRUPTED = 1, 4, 0x300, 0x10
NESTED = 0x8000
GET_DEVICE, SET_DEVICE = 0, 1
IFINDEX, IFNAME, PRIVATE_KEY, FLAGS, LISTEN_PORT, FWMARK, PEERS = 1, 2, 3, 5, 6, 7, 8
PUBLIC_KEY, PSK, PEER_FLAGS, ENDPOINT, KEEPALIVE, RX_BYTES, ALLOWEDIPS, VERSION = 1, 2, 3, 4, 5, 7, 9, 10
FAMILY, IPADDR, MASK, IP_FLAGS = 1, 2, 3, 4
REMOVE_ME, REPLACE_ALLOWEDIPS, UPDATE_ONLY = 1, 2, 4
KEYS = [bytes([i + 1]) * 32 for i in range(8)]


def attribute(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def u8(kind, value):
    return attribute(kind, struct.pack("=B", value))


def u16(kind, value):
    return attribute(kind, struct.pack("=H", value))


def u32(kind, value):
    return attribute(kind, struct.pack("=I", value))


def nest(kind, *parts):
    return attribute(kind | NESTED, b"".join(parts))


def peer(*parts):
    return nest(0, *parts)


def peers(*parts):
    return nest(PEERS, *parts)


def key(n):
    return attribute(PUBLIC_KEY, KEYS[n])


def allowed(family, address, mask, *more):
    return nest(0, u16(FAMILY, family), attribute(IPADDR, address), u8(MASK, mask), *more)


def sockaddr4(address, port):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(address) + bytes(8)


def sockaddr6(address, port, scope=0):
    return (struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) +
            socket.inet_pton(socket.AF_INET6, address) + struct.pack("=I", scope))


class Netlink:
    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.seq = 0
        self.family = CTRL
        answer = self.call(3, attribute(2, b"wireguard\0"), version=2)[1]
        self.family = struct.unpack("=H", parse(answer[0])[1])[0]

    def call(self, cmd, attributes, flags=ACK, version=1):
        """The error's name, and the attributes of each answer."""
        self.seq += 1
        body = struct.pack("=BBH", cmd, version, 0) + attributes
        self.sock.send(struct.pack("=IHHII", len(body) + 16, self.family, REQUEST | flags, self.seq, 0) + body)
        answers = []
        while True:
            data = self.sock.recv(1 << 17)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind in (2, 3):
                    error = -struct.unpack_from("=i", data, 16)[0]
                    return errno.errorcode[error] if error else "ok", answers
                answers.append(data[20:length])
                data = data[(length + 3) & ~3:]

    def interrupted(self, dev, change):
        """Has a list the flag for an interruption, if change() is called after its first part was read?"""
        flags = 0
        body = struct.pack("=BBH", GET_DEVICE, 1, 0) + attribute(IFNAME, dev)
        self.sock.send(struct.pack("=IHHII", len(body) + 16, self.family, REQUEST | DUMP, 0, 0) + body)
        while True:
            data = self.sock.recv(1 << 17)
            if change:
                change()
                change = None
            while data:
                length, kind, more = struct.unpack_from("=IHH", data)
                flags |= more
                if kind in (2, 3):
                    return bool(flags & INTERRUPTED)
                data = data[(length + 3) & ~3:]


def parse(data):
    found = {}
    while data:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def parts(data):
    while data:
        length = struct.unpack_from("=H", data)[0]
        yield data[4:length]
        data = data[(length + 3) & ~3:]


def describe(net, dev):
    """The device and its peers, without what is secret or differs from run to run."""
    _, answers = net.call(GET_DEVICE, attribute(IFNAME, dev), DUMP)
    text = []
    for answer in answers:
        found = parse(answer)
        if LISTEN_PORT in found:
            text.append("port {} mark {} flags {}".format(
                *(int.from_bytes(found[k], sys.byteorder) for k in (LISTEN_PORT, FWMARK)), sorted(found)))
        for one in parts(found.get(PEERS, b"")):
            is_ = parse(one)
            ips = [parse(ip) for ip in parts(is_.get(ALLOWEDIPS, b""))]
            text.append(f"peer {is_[PUBLIC_KEY][0]} attributes {sorted(is_)} endpoint {is_.get(ENDPOINT, b'').hex()} "
                        f"keepalive {int.from_bytes(is_[KEEPALIVE], sys.byteorder)} psk {is_[PSK][:2].hex()} "
                        f"ips {[(ip[IPADDR].hex(), ip[MASK][0]) for ip in ips]}")
    return text


# What, and the request's attributes behind the device's name; in this order.
SETS = [
    ("nothing", b""),
    ("unknown device flags", u32(FLAGS, 2)),
    ("unknown device flags, and a port that must not stay", u32(FLAGS, 4) + u16(LISTEN_PORT, 77)),
    ("a short private key", attribute(PRIVATE_KEY, bytes(31))),
    ("a long private key", attribute(PRIVATE_KEY, bytes(33))),
    ("a private key", attribute(PRIVATE_KEY, b"\x42" * 32)),
    ("no list of peers", peers()),
    ("an attribute that does not exist", u32(9, 0)),
    ("peers without the nested flag", attribute(PEERS, b"")),
    ("a peer without a key", peers(peer(u16(KEEPALIVE, 5)))),
    ("a peer with a short key", peers(peer(attribute(PUBLIC_KEY, bytes(31))))),
    ("a peer", peers(peer(key(0)))),
    ("the same peer twice", peers(peer(key(0), u16(KEEPALIVE, 1)), peer(key(0), u16(KEEPALIVE, 2)))),
    ("unknown peer flags", peers(peer(key(1), u32(PEER_FLAGS, 8)))),
    ("another protocol version", peers(peer(key(1), u32(VERSION, 2)))),
    ("this protocol version", peers(peer(key(1), u32(VERSION, 1)))),
    ("update only of a peer that does not exist", peers(peer(key(2), u32(PEER_FLAGS, UPDATE_ONLY)))),
    ("update only of one that does", peers(peer(key(1), u32(PEER_FLAGS, UPDATE_ONLY), u16(KEEPALIVE, 9)))),
    ("removal of a peer that does not exist", peers(peer(key(2), u32(PEER_FLAGS, REMOVE_ME)))),
    ("removal of one that does", peers(peer(key(1), u32(PEER_FLAGS, REMOVE_ME)))),
    ("a preshared key", peers(peer(key(0), attribute(PSK, b"\x17" * 32)))),
    ("a short preshared key", peers(peer(key(0), attribute(PSK, bytes(16))))),
    ("no preshared key", peers(peer(key(0), attribute(PSK, bytes(32))))),
    ("an IPv4 endpoint", peers(peer(key(0), attribute(ENDPOINT, sockaddr4("192.0.2.2", 7))))),
    ("an endpoint of 4 bytes", peers(peer(key(0), attribute(ENDPOINT, bytes(4))))),
    ("an endpoint of no family", peers(peer(key(0), attribute(ENDPOINT, bytes(16))))),
    ("an IPv4 endpoint that is too long", peers(peer(key(0), attribute(ENDPOINT, sockaddr4("192.0.2.3", 7) + bytes(4))))),
    ("an endpoint without port", peers(peer(key(0), attribute(ENDPOINT, sockaddr4("192.0.2.3", 0))))),
    ("the endpoint 0.0.0.0", peers(peer(key(0), attribute(ENDPOINT, sockaddr4("0.0.0.0", 0))))),
    ("an IPv6 endpoint", peers(peer(key(0), attribute(ENDPOINT, sockaddr6("2001:db8::2", 7))))),
    ("a link-local endpoint", peers(peer(key(0), attribute(ENDPOINT, sockaddr6("fe80::2", 7, 1))))),
    ("a mapped endpoint", peers(peer(key(0), attribute(ENDPOINT, sockaddr6("::ffff:192.0.2.2", 7))))),
    ("an allowed IP", peers(peer(key(0), nest(ALLOWEDIPS, allowed(2, b"\x0a\x01\x02\x03", 16))))),
    ("the same again, and another", peers(peer(key(0), nest(
        ALLOWEDIPS, allowed(2, b"\x0a\x02\x00\x00", 16), allowed(2, b"\x0a\x01\x00\x00", 16))))),
    ("an allowed IP of IPv6", peers(peer(key(0), nest(ALLOWEDIPS, allowed(10, b"\xfd" + bytes(14) + b"\x09", 127))))),
    ("all addresses", peers(peer(key(0), nest(ALLOWEDIPS, allowed(2, bytes(4), 0), allowed(10, bytes(16), 0))))),
    ("a mask of 33 bits", peers(peer(key(0), nest(ALLOWEDIPS, allowed(2, b"\x0a\x03\x00\x00", 33))))),
    ("a mask of 129 bits", peers(peer(key(0), nest(ALLOWEDIPS, allowed(10, bytes(16), 129))))),
    ("an address that is too short", peers(peer(key(0), nest(ALLOWEDIPS, allowed(2, bytes(3), 8))))),
    ("an address of the other family's length", peers(peer(key(0), nest(ALLOWEDIPS, allowed(2, bytes(16), 8))))),
    ("an unknown family", peers(peer(key(0), nest(ALLOWEDIPS, allowed(99, bytes(4), 8))))),
    ("an allowed IP without mask", peers(peer(key(0), nest(ALLOWEDIPS, nest(0, u16(FAMILY, 2), attribute(IPADDR, bytes(4))))))),
    ("the one before the wrong one stays", peers(peer(key(0), nest(
        ALLOWEDIPS, allowed(2, b"\x0a\x04\x00\x00", 16), allowed(2, bytes(4), 99))))),
    ("an allowed IP goes to another peer", peers(peer(key(3), nest(ALLOWEDIPS, allowed(2, b"\x0a\x04\x00\x00", 16))))),
    ("a list replaces another", peers(peer(key(0), u32(PEER_FLAGS, REPLACE_ALLOWEDIPS), nest(
        ALLOWEDIPS, allowed(2, b"\x0a\x05\x00\x00", 16))))),
    ("no list replaces another", peers(peer(key(0), u32(PEER_FLAGS, REPLACE_ALLOWEDIPS)))),
    ("counters cannot be set", peers(peer(key(0), attribute(RX_BYTES, bytes(8))))),
    ("a port and a mark", u16(LISTEN_PORT, 4711) + u32(FWMARK, 0x1234)),
    ("what comes before a wrong peer stays", u16(LISTEN_PORT, 4712) + peers(peer(key(4)), peer(b""), peer(key(5)))),
    ("all peers are replaced", u32(FLAGS, 1) + peers(peer(key(6)), peer(key(5)))),
    ("all peers are removed", u32(FLAGS, 1)),
]


def main():
    dev = sys.argv[1].encode() + b"\0"
    net = Netlink()
    index = u32(IFINDEX, socket.if_nametoindex(sys.argv[1]))
    if sys.argv[2:] == ["remove"]:
        take = u32(IP_FLAGS, 1)
        for what, ips in (
                ("three", [allowed(2, bytes((10, i, 0, 0)), 16) for i in range(3)]),
                ("one is removed", [allowed(2, b"\x0a\x01\x00\x00", 16, take)]),
                ("it is not there", [allowed(2, b"\x0a\x01\x00\x00", 16, take)]),
                ("another length is not there", [allowed(2, b"\x0a\x02\x00\x00", 24, take)]),
                ("unknown flags", [allowed(2, b"\x0a\x02\x00\x00", 16, u32(IP_FLAGS, 2))])):
            error, _ = net.call(SET_DEVICE, attribute(IFNAME, dev) + peers(peer(key(0), nest(ALLOWEDIPS, *ips))))
            print(what, error, describe(net, dev)[1].split("ips ")[1])
        net.call(SET_DEVICE, attribute(IFNAME, dev) + peers(peer(
            key(1), nest(ALLOWEDIPS, allowed(2, b"\x0a\x02\x00\x00", 16, take)))))
        print("another peer's stays", *(line.split("ips ")[1] for line in describe(net, dev)[1:]))
        return
    if sys.argv[2:] == ["interrupted"]:
        for n in range(3):
            net.call(SET_DEVICE, attribute(IFNAME, dev) + peers(peer(key(n), nest(ALLOWEDIPS, *(
                allowed(2, bytes((10 + n, i >> 8, i & 255, 0)), 24) for i in range(1500))))))
        other = Netlink()
        print("changed behind its first part:", net.interrupted(
            dev, lambda: other.call(SET_DEVICE, attribute(IFNAME, dev) + u32(FWMARK, 5))))
        print("not changed:", net.interrupted(dev, None))
        return
    name = attribute(IFNAME, dev)
    for what, which in (("no device", b""), ("name and index", name + index), ("no such name", attribute(IFNAME, b"no0\0")),
                        ("no such index", u32(IFINDEX, 99999)), ("not its kind", attribute(IFNAME, b"lo\0")),
                        ("by index", index), ("too long a name", attribute(IFNAME, b"x" * 17 + b"\0"))):
        print(f"set, {what}: {net.call(SET_DEVICE, which)[0]}")
        print(f"get, {what}: {net.call(GET_DEVICE, which, DUMP)[0]}")
    print(f"get that is no dump: {net.call(GET_DEVICE, name)[0]}")
    print(f"a command that does not exist: {net.call(2, name)[0]}")
    for what, attributes in SETS:
        print(f"{what}: {net.call(SET_DEVICE, name + attributes)[0]}")
        print("\n".join(f"    {line}" for line in describe(net, dev)))


if __name__ == "__main__":
    main()
