#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Datagrams of the camex and raw protocols, for tests.

As a library: pure functions that build and take apart datagrams and control
text. As a program: a sender of crafted datagrams, and a listener; see --help.
It shares no code with the kernel module, nor with camex-peer, which is a whole
peer.
"""

import argparse
import base64
import collections
import hashlib
import json
import os
import signal
import socket
import struct
import sys
import time

from nacl import bindings
from nacl.exceptions import CryptoError

MAGIC = b"CX2P"
VERSION = 1
TYPES = {1: "REGISTER", 2: "DATA", 3: "CONFIG", 4: "KEEPALIVE"}
REGISTER, DATA, CONFIG, KEEPALIVE = TYPES
TAG_LEN = 16
HEADER_LENS = (28, 27)  # the usual one, and the oldest one without a version
TEXT_MAX = 1023
VALUE_MAX = 63
CLIENT_ID_MAX = 31
ROUTE_CIDR_MAX = 16


class Malformed(ValueError):
    """It is no datagram, or no text, of this protocol."""


class BadTag(ValueError):
    """It does not open with this key."""


# --- keys ---


def derive_key(passphrase):
    return hashlib.blake2b(passphrase, digest_size=32).digest()


def fingerprint(key):
    return hashlib.blake2b(key, digest_size=16).hexdigest()


# --- encrypted datagrams ---

Datagram = collections.namedtuple("Datagram", "type prefix seq body short")


def nonce(prefix, seq):
    return prefix + seq.to_bytes(8, "big")


def header(kind, prefix, seq, length, short=False):
    """What comes before the ciphertext: 28 bytes, or 27 if short."""
    text = MAGIC + bytes([kind]) + nonce(prefix, seq) + length.to_bytes(2, "big")
    text += seq.to_bytes(8, "big")
    return text if short else text + bytes([VERSION])


def seal(key, kind, prefix, seq, body=b"", short=False, lead=b""):
    """One encrypted datagram. lead: the sender's identifier, in protocol jtunnel."""
    if len(prefix) != 4:
        raise ValueError("a nonce prefix has 4 bytes")
    aad = lead + header(kind, prefix, seq, len(body), short)
    return aad + bindings.crypto_aead_chacha20poly1305_ietf_encrypt(
        body, aad, nonce(prefix, seq), key)


def parse_header(data):
    """Datagram without its body, and the header's length. Raises Malformed."""
    if len(data) < min(HEADER_LENS) + TAG_LEN:
        raise Malformed("too short")
    if data[:4] != MAGIC:
        raise Malformed("wrong magic")
    kind = data[4]
    if kind not in TYPES:
        raise Malformed(f"unknown type {kind}")
    header_len = len(data) - int.from_bytes(data[17:19], "big") - TAG_LEN
    if header_len not in HEADER_LENS:
        raise Malformed("body length does not fit the datagram")
    short = header_len == min(HEADER_LENS)
    if not short and data[27] != VERSION:
        raise Malformed(f"unknown version {data[27]}")
    if data[9:17] != data[19:27]:
        raise Malformed("the two sequences differ")
    return Datagram(kind, data[5:9], int.from_bytes(data[9:17], "big"), None, short), header_len


def open_datagram(key, data, lead_len=0):
    """The Datagram; raises Malformed or BadTag. lead_len: bytes before its header."""
    head, header_len = parse_header(data[lead_len:])
    header_len += lead_len
    try:
        body = bindings.crypto_aead_chacha20poly1305_ietf_decrypt(
            data[header_len:], data[:header_len], nonce(head.prefix, head.seq), key)
    except CryptoError:
        raise BadTag("the tag does not fit") from None
    if head.type == KEEPALIVE and body:
        raise Malformed("a keepalive with a body")
    return head._replace(body=body)


# --- plain datagrams ---


def plain_keepalive():
    return MAGIC + bytes([KEEPALIVE])


def open_plain(data):
    """(type, body) of a plain datagram; raises Malformed."""
    if data == plain_keepalive():
        return KEEPALIVE, b""
    if data[:4] == MAGIC:
        return {"REGISTER": REGISTER, "CONFIG": CONFIG}[parse_control(data).kind], data
    check_ip(data)
    return DATA, data


def check_ip(packet):
    """Raises Malformed unless it begins like an IPv4 or IPv6 packet of that length."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        length = int.from_bytes(packet[2:4], "big")
    elif version == 6 and len(packet) >= 40:
        length = 40 + int.from_bytes(packet[4:6], "big")
    else:
        raise Malformed("neither IPv4 nor IPv6")
    if length > len(packet):
        raise Malformed("the inner packet is cut off")


# --- control text ---

Control = collections.namedtuple("Control", "kind fields")
REGISTER_FIELDS = ("VER", "MODE", "CLIENT_ID", "LOCAL_IP")
CONFIG_FIELDS = ("VER", "CLIENT_ID", "MTU", "LOCAL_CIDR", "GATEWAY_IP", "ROUTE_CIDR")


def build_control(kind, fields):
    """Text of (name, value) pairs, in order."""
    text = " ".join([MAGIC.decode(), kind] + [f"{n}={v}" for n, v in fields]) + "\n"
    if len(text) > TEXT_MAX:
        raise ValueError("control text is too long")
    return text.encode()


def build_register(local_ip=None, client_id=None):
    """AUTO with a client's ID alone, else MANUAL."""
    fields = [("VER", VERSION), ("MODE", "MANUAL" if local_ip else "AUTO")]
    if local_ip:
        fields.append(("LOCAL_IP", local_ip))
    else:
        fields.append(("CLIENT_ID", client_id))
    return build_control("REGISTER", fields)


def build_config(client_id, mtu, local_cidr, gateway_ip, routes=()):
    return build_control("CONFIG", [
        ("VER", VERSION), ("CLIENT_ID", client_id), ("MTU", mtu), ("LOCAL_CIDR", local_cidr),
        ("GATEWAY_IP", gateway_ip)] + [("ROUTE_CIDR", r) for r in routes])


def parse_control(text):
    """Control(kind, [(name, value)...]); raises Malformed."""
    if len(text) > TEXT_MAX:
        raise Malformed("control text is too long")
    try:
        line, _, rest = text.decode("ascii").partition("\n")
    except UnicodeDecodeError:
        raise Malformed("control text is not ASCII") from None
    if rest.strip(" \t\r\n"):
        raise Malformed("control text of more than one line")
    words = line.replace("\t", " ").replace("\r", " ").split()
    if words[:1] != [MAGIC.decode()] or words[1:2] not in (["REGISTER"], ["CONFIG"]):
        raise Malformed("neither REGISTER nor CONFIG")
    kind = words[1]
    known = REGISTER_FIELDS if kind == "REGISTER" else CONFIG_FIELDS
    fields = []
    if kind == "REGISTER" and len(words) == 3 and "=" not in words[2]:
        words[2] = "LOCAL_IP=" + words[2]  # the oldest form
    for word in words[2:]:
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            raise Malformed(f"unknown field {word}")
        if not 0 < len(value) <= (CLIENT_ID_MAX if name == "CLIENT_ID" else VALUE_MAX):
            raise Malformed(f"length of {name}")
        if name != "ROUTE_CIDR" and name in dict(fields):
            raise Malformed(f"{name} twice")
        fields.append((name, value))
    names = [name for name, _ in fields]
    if names.count("ROUTE_CIDR") > ROUTE_CIDR_MAX:
        raise Malformed("too many ROUTE_CIDR")
    version = dict(fields).get("VER", "1")
    if not version.isdigit() or int(version) > VERSION:
        raise Malformed(f"version {version}")
    return Control(kind, fields)


# --- inner packets ---


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_v6(address):
    return ":" in address


def address_bytes(address):
    return socket.inet_pton(socket.AF_INET6 if is_v6(address) else socket.AF_INET, address)


def ip_packet(src, dst, protocol, payload, ttl=64):
    if is_v6(src):
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl) + \
            address_bytes(src) + address_bytes(dst) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, ttl, protocol, 0) + \
        address_bytes(src) + address_bytes(dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def with_checksum(src, dst, protocol, segment, offset):
    """The segment with the checksum at that offset, over a pseudo-header."""
    pseudo = address_bytes(src) + address_bytes(dst)
    if is_v6(src):
        pseudo += struct.pack("!II", len(segment), protocol)
    else:
        pseudo += struct.pack("!HH", protocol, len(segment))
    value = checksum(pseudo + segment) or 0xFFFF
    return segment[:offset] + struct.pack("!H", value) + segment[offset + 2:]


def icmp_echo(src, dst, ident=1, seq=1, payload=bytes(range(56)), ttl=64):
    if is_v6(src):
        segment = struct.pack("!BBHHH", 128, 0, 0, ident, seq) + payload
        return ip_packet(src, dst, 58, with_checksum(src, dst, 58, segment, 2), ttl)
    segment = struct.pack("!BBHHH", 8, 0, 0, ident, seq) + payload
    segment = segment[:2] + struct.pack("!H", checksum(segment)) + segment[4:]
    return ip_packet(src, dst, 1, segment, ttl)


def udp_packet(src, dst, sport, dport, payload=b"", ttl=64):
    segment = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    return ip_packet(src, dst, 17, with_checksum(src, dst, 17, segment, 6), ttl)


# --- captures ---

Captured = collections.namedtuple("Captured", "src sport dst dport payload")


def frames(path):
    """The frames of an Ethernet capture."""
    with open(path, "rb") as f:
        data = f.read()
    order = {0xA1B2C3D4: "<", 0xD4C3B2A1: ">"}[int.from_bytes(data[:4], "little")]
    if struct.unpack_from(order + "I", data, 20)[0] != 1:
        raise ValueError(f"{path}: not a capture of Ethernet")
    at = 24
    while at < len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def read_pcap(path):
    """The UDP over IPv4 datagrams of an Ethernet capture, as Captured."""
    for frame in frames(path):
        if frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        ip = frame[14:]
        udp = ip[(ip[0] & 15) * 4:]
        sport, dport, udp_len = struct.unpack_from("!HHH", udp)
        yield Captured(socket.inet_ntoa(ip[12:16]), sport, socket.inet_ntoa(ip[16:20]), dport,
                       udp[8:udp_len])


def read_streams(path):
    """What each end of each TCP connection over IPv4 sent, in the order of an Ethernet capture, as bytes.
    Whatever was sent twice counts once; nothing may be missing."""
    streams, begun = {}, {}
    for frame in frames(path):
        if frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        ip = frame[14:14 + struct.unpack_from("!H", frame, 16)[0]]
        tcp = ip[(ip[0] & 15) * 4:]
        sport, dport, seq = struct.unpack_from("!HHI", tcp)
        way = (ip[12:16], sport, ip[16:20], dport)
        if tcp[13] & 2:
            streams[way], begun[way] = b"", seq + 1
            continue
        payload = tcp[(tcp[12] >> 4) * 4:]
        at = (seq - begun[way]) % 2**32
        if payload and at > len(streams[way]):
            raise ValueError(f"{path}: bytes of a stream are missing")
        streams[way] += payload[len(streams[way]) - at:]
    return [stream for stream in streams.values() if stream]


def split_stream(stream):
    """The datagrams of a stream, each behind its length, and the bytes of one that is not whole."""
    at, datagrams = 0, []
    while len(stream) - at >= 2:
        length = struct.unpack_from("!H", stream, at)[0]
        if not 1 <= length <= 9260:
            raise Malformed(f"a datagram of {length} bytes")
        if len(stream) - at - 2 < length:
            break
        datagrams.append(stream[at + 2:at + 2 + length])
        at += 2 + length
    return datagrams, stream[at:]


# --- a peer: what it sends and what it makes of what comes ---


class Peer:
    """Wraps bodies into datagrams and back. mode: encrypted, plain or raw."""

    WINDOW = 4096

    def __init__(self, mode, key=None, short=False, prefix=None, seq=0):
        self.mode, self.key, self.short = mode, key, short
        self.prefix = prefix or os.urandom(4)
        self.seq = seq
        self.highest = {}
        self.seen = {}

    def wrap(self, kind, body=b""):
        """The next datagram, and what a log says of it."""
        if self.mode == "encrypted":
            data = seal(self.key, kind, self.prefix, self.seq, body, self.short)
            entry = {"type": TYPES[kind], "prefix": self.prefix.hex(), "seq": self.seq}
            self.seq += 1
        else:
            data = plain_keepalive() if self.mode == "plain" and kind == KEEPALIVE else body
            entry = {"type": TYPES[kind]}
        return data, {**entry, "length": len(data), "verdict": "sent"}

    def unwrap(self, data):
        """(type, body, log entry); the type is None unless the verdict is ok."""
        entry = {"length": len(data)}
        try:
            if self.mode == "raw":
                check_ip(data)
                kind, body = DATA, data
            elif self.mode == "plain":
                kind, body = open_plain(data)
            else:
                head = parse_header(data)[0]
                entry.update(prefix=head.prefix.hex(), seq=head.seq, short=head.short)
                kind, _, _, body, _ = open_datagram(self.key, data)
                if head.prefix == self.prefix:
                    return None, b"", {**entry, "verdict": "reflected"}
                if not self.fresh(head.prefix, head.seq):
                    return None, b"", {**entry, "verdict": "replayed"}
            entry["type"] = TYPES[kind]
            if kind == DATA:
                check_ip(body)
            elif kind in (REGISTER, CONFIG):
                entry["text"] = body.decode("ascii").strip()
                if parse_control(body).kind != TYPES[kind]:
                    raise Malformed("the text is of another type")
        except Malformed as reason:
            return None, b"", {**entry, "verdict": "malformed", "reason": str(reason)}
        except BadTag:
            return None, b"", {**entry, "verdict": "bad_tag"}
        return kind, body, {**entry, "verdict": "ok"}

    def fresh(self, prefix, seq):
        """False if that sequence was seen, or is too old to tell."""
        seen = self.seen.setdefault(prefix, set())
        highest = max(self.highest.get(prefix, seq), seq)
        self.highest[prefix] = highest
        if seq in seen or seq + self.WINDOW <= highest:
            return False
        seen.add(seq)
        if len(seen) > 2 * self.WINDOW:
            self.seen[prefix] = {s for s in seen if s + self.WINDOW > highest}
        return True


class Log:
    """JSON, one object a line, each written at once."""

    def __init__(self, path):
        self.file = open(path, "w", buffering=1) if path else sys.stdout

    def __call__(self, **entry):
        self.file.write(json.dumps({"time": round(time.time(), 6), **entry}) + "\n")
        self.file.flush()


# --- the program ---


def endpoint(text):
    """(address, port) of 192.0.2.1:7000 or [2001:db8::1]:7000."""
    host, colon, port = text.rpartition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text}: no port")
    return host.strip("[]"), int(port)


def endpoint_text(address):
    return f"[{address[0]}]:{address[1]}" if is_v6(address[0]) else f"{address[0]}:{address[1]}"


def open_socket(bind, other=None):
    family = socket.AF_INET6 if is_v6((bind or other)[0]) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    if bind:
        sock.bind(bind)
    return sock


def peer_of(args):
    key = None
    mode = "plain" if args.plain else "raw" if args.raw else "encrypted"
    if args.passphrase is not None:
        key = derive_key(args.passphrase.encode())
    elif args.key_file:
        with open(args.key_file, encoding="ascii") as f:
            key = base64.b64decode(f.read(), validate=False)
        if len(key) != 32:
            sys.exit(f"{args.key_file}: not a key of 32 bytes")
    return Peer(mode, key, args.short, args.prefix, args.seq)


def inner_packets(args):
    """(type, body) of what the options describe, for each of --count datagrams."""
    if args.body is not None:
        return lambda i: (args.type, args.body)
    if args.text is not None:
        kind = CONFIG if " CONFIG " in args.text else REGISTER
        return lambda i: (kind, args.text.encode() + b"\n")
    if args.icmp:
        src, dst = args.icmp
        return lambda i: (DATA, icmp_echo(src, dst, os.getpid() & 0xFFFF, i & 0xFFFF,
                                          bytes(args.size), args.ttl))
    if args.udp:
        src, sport, dst, dport = args.udp
        return lambda i: (DATA, udp_packet(src, dst, int(sport), int(dport), bytes(args.size),
                                           args.ttl))
    return lambda i: (args.type, b"")


def spoil(data, args):
    """The datagram with the faults asked for. Only a changed tag is always the sole fault."""
    data = bytearray(data)
    if args.bad_tag:
        data[-1] ^= 1
    if args.bad_magic:
        data[3] ^= 1
    if args.set_type is not None:
        data[4] = args.set_type
    if args.set_version is not None:
        data[27] = args.set_version
    if args.set_length is not None:
        data[17:19] = args.set_length.to_bytes(2, "big")
    if args.bad_sequence:
        data[26] ^= 1
    for position, value in args.set_byte:
        data[position] = value
    if args.truncate is not None:
        data = data[:args.truncate]
    return bytes(data)


def run_send(args):
    log = Log(args.log)
    peer = peer_of(args)
    sock = open_socket(args.bind, args.to)
    if args.replay:
        datagrams = [c.payload for c in read_pcap(args.replay)
                     if not args.replay_from or c.src == args.replay_from]
        if args.only:
            datagrams = [datagrams[i - 1] for i in args.only]
        packets = ((spoil(d, args), {"length": len(d), "verdict": "sent"}) for d in datagrams)
    elif args.datagram is not None:
        packets = ((args.datagram, {"length": len(args.datagram), "verdict": "sent"})
                   for _ in range(args.count))
    else:
        make = inner_packets(args)
        packets = ((spoil(d, args), entry) for d, entry in
                   (peer.wrap(*make(i)) for i in range(args.count)))
    due = time.monotonic()
    for data, entry in packets:
        if args.rate:
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / args.rate
        sock.sendto(data, args.to)
        if not args.quiet:
            log(dir="out", to=endpoint_text(args.to), **{**entry, "length": len(data)})


def run_recv(args):
    log = Log(args.log)
    peer = peer_of(args)
    sock = open_socket(args.bind)
    deadline = time.monotonic() + args.timeout if args.timeout else None
    log(dir="none", verdict="ready")
    for _ in range(args.count) if args.count else iter(int, 1):
        sock.settimeout(max(0.001, deadline - time.monotonic()) if deadline else None)
        try:
            data, source = sock.recvfrom(65536)
        except socket.timeout:
            sys.exit(1)
        body, entry = peer.unwrap(data)[1:]
        log(dir="in", source=endpoint_text(source), **entry, body=body.hex())


def hex_bytes(count=None):
    def convert(text):
        data = bytes.fromhex(text)
        if count and len(data) != count:
            raise argparse.ArgumentTypeError(f"{text}: not {count} bytes")
        return data
    return convert


def number(text):
    return int(text, 0)


def position_and_value(text):
    position, _, value = text.partition("=")
    return int(position, 0), int(value, 0)


def type_number(text):
    names = {name.lower(): kind for kind, name in TYPES.items()}
    return names[text.lower()] if text.lower() in names else int(text, 0)


def main():
    common = argparse.ArgumentParser(add_help=False)
    mode = common.add_mutually_exclusive_group(required=True)
    mode.add_argument("--passphrase", metavar="TEXT", help="encrypted, with this passphrase")
    mode.add_argument("--key-file", metavar="FILE", help="encrypted, with this key in base64")
    mode.add_argument("--plain", action="store_true", help="protocol camex without encryption")
    mode.add_argument("--raw", action="store_true", help="protocol raw")
    common.add_argument("--short", action="store_true", help="send the 27-byte header")
    common.add_argument("--prefix", type=hex_bytes(4), metavar="HEX8",
                        help="nonce prefix (random)")
    common.add_argument("--seq", type=number, default=0, metavar="N", help="first sequence (0)")
    common.add_argument("--bind", type=endpoint, metavar="ADDR:PORT", help="where to receive")
    common.add_argument("--log", metavar="FILE", help="where the log goes (standard output)")

    parser = argparse.ArgumentParser(
        description="Sends and receives single datagrams of the camex and raw protocols, for "
                    "tests. The log has one JSON object a line for each.")
    modes = parser.add_subparsers(dest="mode", required=True)

    send = modes.add_parser("send", parents=[common], help="send crafted datagrams")
    send.add_argument("--to", type=endpoint, required=True, metavar="ADDR:PORT")
    what = send.add_mutually_exclusive_group()
    what.add_argument("--body", type=hex_bytes(), metavar="HEX", help="this body")
    what.add_argument("--text", help="this control text")
    what.add_argument("--icmp", nargs=2, metavar=("SRC", "DST"), help="an echo request")
    what.add_argument("--udp", nargs=4, metavar=("SRC", "SPORT", "DST", "DPORT"))
    what.add_argument("--datagram", type=hex_bytes(), metavar="HEX", help="exactly this")
    what.add_argument("--replay", metavar="PCAP", help="the datagrams of a capture")
    send.add_argument("--type", type=type_number, default=DATA, help="type of the datagram (DATA)")
    send.add_argument("--size", type=number, default=56, help="payload bytes of --icmp, --udp (56)")
    send.add_argument("--ttl", type=number, default=64, help="inner TTL of --icmp, --udp (64)")
    send.add_argument("--replay-from", metavar="ADDR", help="only those that came from there")
    send.add_argument("--only", type=number, action="append", metavar="N",
                      help="only the Nth of them, in the order given; repeats")
    send.add_argument("--count", type=number, default=1, help="how many (1)")
    send.add_argument("--rate", type=float, metavar="N", help="this many a second (no pause)")
    send.add_argument("--quiet", action="store_true", help="no log")
    send.add_argument("--bad-tag", action="store_true", help="flip a bit of the tag")
    send.add_argument("--bad-magic", action="store_true", help="flip a bit of the magic")
    send.add_argument("--bad-sequence", action="store_true", help="make the sequences differ")
    send.add_argument("--set-type", type=number, metavar="N", help="after sealing")
    send.add_argument("--set-version", type=number, metavar="N", help="after sealing")
    send.add_argument("--set-length", type=number, metavar="N", help="after sealing")
    send.add_argument("--set-byte", type=position_and_value, action="append", default=[],
                      metavar="POS=VALUE", help="after sealing; repeats")
    send.add_argument("--truncate", type=number, metavar="N", help="to N bytes")

    recv = modes.add_parser("recv", parents=[common], help="print what arrives")
    recv.add_argument("--count", type=number, help="end after so many")
    recv.add_argument("--timeout", type=float, metavar="SECONDS",
                      help="fail if --count have not come by then")

    args = parser.parse_args()
    if args.mode == "recv" and not args.bind:
        parser.error("recv needs --bind")
    for number_of in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number_of, lambda *_: os._exit(0))
    {"send": run_send, "recv": run_recv}[args.mode](args)


if __name__ == "__main__":
    main()
