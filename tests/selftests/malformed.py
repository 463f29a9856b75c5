#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Datagrams of every wrong kind for the devices that malformed.sh makes in host1: each is
counted once, as what it is, none is delivered, and what is right afterwards still is.

malformed.py KEY: the file with the key of camex0; to be run in host2.
"""
import base64
import json
import os
import random
import socket
import struct
import subprocess
import sys
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(here), f"{here}/../peer"]
import tap  # noqa: E402
from camex_peer import CONFIG, DATA, KEEPALIVE, MAGIC, REGISTER, header, nonce, seal  # noqa: E402
from nacl import bindings  # noqa: E402

random.seed(1)
with open(sys.argv[1], "rb") as key_file:
    KEY = base64.b64decode(key_file.read())
PREFIX = b"\1\2\3\4"
UNTRUE = ("malformed", "auth_failed", "plaintext_refused")
LARGEST = 65507  # payload of a UDP datagram over IPv4


class Device:
    """A device in host1, and the socket that its peer in host2 has."""

    def __init__(self, name, port):
        self.name, self.to = name, ("192.0.2.1", port)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("192.0.2.2", port))

    def counters(self):
        stats = json.loads(ctl("-j", "stats", self.name))
        link = json.loads(subprocess.check_output(
            ["ip", "-n", "host1", "-s", "-j", "link", "show", self.name]))[0]["stats64"]
        return {**stats, "delivered": link["rx"]["packets"]}

    def send(self, datagrams):
        """What this adds to the counters."""
        before = self.counters()
        for i, datagram in enumerate(datagrams):
            self.sock.sendto(datagram, self.to)
            if i % 100 == 99:
                time.sleep(0.01)
        time.sleep(0.05)
        after = self.counters()
        return {name: after[name] - before[name] for name in after if after[name] != before[name]}

    def counts(self, what, datagrams, *names):
        """They are counted under these names, and only there."""
        datagrams = list(datagrams)
        grown = self.send(datagrams)
        good = set(grown) <= set(names) and sum(grown.values()) == len(datagrams)
        tap.ok(good, f"{self.name}: {what} ({len(datagrams)}): {' or '.join(names)}", grown)


def ctl(*words):
    return subprocess.check_output(["camexctl", "-n", "host1", *words], text=True)


# --- inner packets ---


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip4(length=28, total=None, version=4, words=5, source="10.0.0.2"):
    """An IPv4 packet of protocol 253 with this many bytes."""
    def head(check):
        return struct.pack("!BBHHHBBH4s4s", version << 4 | words, 0, total or length, 0, 0, 64, 253,
                           check, socket.inet_aton(source), socket.inet_aton("10.0.0.1"))
    return head(checksum(head(0))) + bytes(length - 20)


def ip6(length=48, total=None, version=6, source="fd00::2"):
    return struct.pack("!IHBB16s16s", version << 28, (total or length) - 40, 253, 64,
                       socket.inet_pton(socket.AF_INET6, source),
                       socket.inet_pton(socket.AF_INET6, "fd00::1")) + bytes(length - 40)


def bad_packets():
    """What is no IP packet."""
    yield from (ip4()[:n] for n in range(1, 20))
    yield from (ip6()[:n] for n in range(1, 40))
    yield from (ip4(total=n) for n in (1, 19, 29, 1000, 65535))
    yield from (ip6(total=n) for n in (49, 1000, 65575))
    yield from (ip4(version=n) for n in range(16) if n not in (4, 6))
    yield from (ip4(words=n) for n in range(5))
    yield ip4(words=15)


def good_packets():
    yield from (ip4(n) for n in (20, 21, 1380, 1427, 1428, 1429, 1500, 9000))
    yield from (ip6(n) for n in (40, 41, 1280, 1500, 9000))
    yield ip4(28) + bytes(1)  # longer than the packet
    yield ip4(20) + bytes(100)
    yield ip6(40) + bytes(100)


# --- datagrams ---


class Session:
    def __init__(self):
        self.seq = time.time_ns()

    def next(self, body, kind=DATA, **how):
        self.seq += 1
        return seal(KEY, kind, PREFIX, self.seq, body, **how)

    def altered(self, body, alter):
        """Sealed over a header that alter() has changed."""
        self.seq += 1
        aad = alter(bytearray(header(DATA, PREFIX, self.seq, len(body))))
        return bytes(aad) + bindings.crypto_aead_chacha20poly1305_ietf_encrypt(
            body, bytes(aad), nonce(PREFIX, self.seq), KEY)


def with_byte(at, value):
    def alter(head):
        head[at] = value
        return head
    return alter


def with_length(value):
    def alter(head):
        head[17:19] = value.to_bytes(2, "big")
        return head
    return alter


def with_other_sequence(head):
    head[26] ^= 1
    return head


def test_encrypted():
    dev, session = Device("camex0", 7000), Session()
    dev.counts("a good one", [session.next(ip4())], "delivered")
    whole = session.next(ip4())
    bits = (bytes(b ^ (1 << bit if i == at else 0) for i, b in enumerate(whole))
            for at in range(len(whole)) for bit in range(8))
    dev.counts("each single bit changed", bits, *UNTRUE)
    dev.counts("cut off after each byte", (whole[:n] for n in range(len(whole))), *UNTRUE)
    dev.counts("followed by 1 to 100 bytes", (whole + bytes(n) for n in range(1, 101)), *UNTRUE)
    dev.counts("random bytes, 0 to 100", (random.randbytes(n) for n in range(101)), *UNTRUE)
    dev.counts("the magic and random bytes, 0 to 100", (MAGIC + random.randbytes(n) for n in range(101)), *UNTRUE)
    dev.counts("a good header and random bytes, 0 to 100",
               (whole[:28] + random.randbytes(n) for n in range(101)), *UNTRUE)
    dev.counts("random bytes of sizes where limits are",
               (random.randbytes(n) for n in (1471, 1472, 1473, 8191, 8192, LARGEST - 1, LARGEST)), *UNTRUE)
    dev.counts("the same with a header of that length",
               (header(DATA, PREFIX, 1, n) + random.randbytes(n + 16) for n in (1428, 1429, LARGEST - 44)),
               *UNTRUE, "replayed")
    dev.counts("that one itself", [whole], "delivered")
    dev.counts("once more", [whole], "replayed")

    dev.counts("each other type, sealed", (session.altered(ip4(), with_byte(4, n)) for n in range(256)
                                           if n not in (REGISTER, DATA, CONFIG, KEEPALIVE)), "malformed")
    dev.counts("each other version, sealed", (session.altered(ip4(), with_byte(27, n)) for n in range(256)
                                              if n != 1), "malformed")
    dev.counts("other body lengths, sealed", (session.altered(ip4(), with_length(n)) for n in (
        0, 1, 26, 27, 30, 255, 256, 65535)), "malformed")
    dev.counts("two sequences, sealed", [session.altered(ip4(), with_other_sequence)], "malformed")
    dev.counts("no IP packet, sealed", map(session.next, bad_packets()), "malformed")
    dev.counts("the same without a version", (session.next(p, short=True) for p in bad_packets()), "malformed")
    dev.counts("another's inner source", map(session.next, (
        ip4(source="10.0.0.3"), ip4(source="127.0.0.1"), ip6(source="fd00::3"), ip6(source="::"))), "bad_source")
    dev.counts("a REGISTER of a stranger's, as long as can be",
               [header(REGISTER, bytes(4), 1, 1023) + random.randbytes(1039)], "auth_failed")
    dev.counts("a longer one, for which no key is tried",
               (header(REGISTER, bytes(4), 1, n) + random.randbytes(n + 16) for n in (1024, LARGEST - 44)),
               "malformed")
    dev.counts("a keepalive with a body", [session.next(ip4(), KEEPALIVE)], "malformed")
    dev.counts("a CONFIG that nobody waits for", [session.next(b"CX2P CONFIG VER=1", CONFIG)],
               "malformed", "unknown_peer")
    dev.counts("packets, with what follows them", map(session.next, good_packets()), "delivered")
    dev.counts("without a version", (session.next(p, short=True) for p in good_packets()), "delivered")
    dev.counts("the largest", [session.next(ip4(LARGEST - 44))], "delivered")


def test_plain():
    for name, port in (("plain0", 7001), ("raw0", 7002)):
        dev = Device(name, port)
        dev.counts("packets, with what follows them", good_packets(), "delivered")
        dev.counts("no IP packet", bad_packets(), "malformed")
        dev.counts("random bytes that are none, 0 to 100",
                   (bytes([random.choice((0, 1, 2, 3, 5, 7, 0xff))]) + random.randbytes(n) for n in range(100)),
                   "malformed")
        dev.counts("another's inner source", (ip4(source="10.0.0.3"), ip6(source="fd00::3")), "bad_source")
        dev.counts("the largest", [ip4(LARGEST)], "delivered")


def test_control():
    """Control text in plain: bad text changes nothing."""
    dev = Device("text0", 7003)
    texts = [b"CX2P", b"CX2P ", b"CX2P\4\4", b"CX2P NOTHING", b"CX2P REGISTER VER=x", b"CX2P REGISTER MODE=SIDEWAYS",
             b"CX2P REGISTER VER=1 COLOUR=red", b"CX2P REGISTER VER=1 CLIENT_ID=" + b"x" * 64,
             b"CX2P REGISTER VER=1 LOCAL_IP=300.0.0.1", b"CX2P REGISTER VER=1 " + b"x" * 1100,
             b"CX2P REGISTER VER=1\0", b"CX2P CONFIG VER=1 MTU=0"]
    dev.counts("control text that is wrong", texts, "malformed", "unknown_peer")


if __name__ == "__main__":
    tap.run([test_encrypted, test_plain, test_control])
