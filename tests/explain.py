#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""explain.py FILE.pcap: the first UDP datagram of a capture that has a packet in it, byte by byte.

The format is that of the OpenIPC camex daemon: a header of 28 bytes, the
ciphertext, a tag of 16 bytes.
"""
import struct
import sys

TYPES = {1: "REGISTER", 2: "DATA", 3: "CONFIG", 4: "KEEPALIVE"}


def datagrams(path):
    """The payloads of all UDP datagrams over IPv4."""
    with open(path, "rb") as capture:
        data = capture.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at < len(data):
        length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        packet = data[at + 16:at + 16 + length][14:]
        at += 16 + length
        udp = packet[(packet[0] & 15) * 4:]
        yield udp[8:struct.unpack(">H", udp[4:6])[0]]


def main():
    d = next((d for d in datagrams(sys.argv[1]) if d[4:5] == b"\x02"), None)
    if not d:
        sys.exit("explain.py: there is none with a packet")
    body = struct.unpack(">H", d[17:19])[0]
    fields = [
        (0, 4, "magic: " + d[:4].decode()),
        (4, 1, "type %d: %s" % (d[4], TYPES[d[4]])),
        (5, 4, "nonce: 4 random bytes, the session's prefix"),
        (9, 8, "nonce: sequence %d" % struct.unpack(">Q", d[9:17])[0]),
        (17, 2, "length of the body: %d bytes, one IP packet" % body),
        (19, 8, "the sequence again"),
        (27, 1, "version %d of the protocol" % d[27]),
        (28, body, "the packet, under ChaCha20; all of the above is authenticated"),
        (28 + body, 16, "Poly1305 tag"),
    ]
    print("%d bytes:" % len(d))
    for at, size, text in fields:
        shown = d[at:at + size]
        for n in range(0, len(shown), 16):
            print("  %4d  %-48s %s" % (at + n, shown[n:n + 16].hex(" "), "" if n else text))
    if len(d) != 28 + body + 16:
        sys.exit("explain.py: the datagram has %d bytes" % len(d))


main()
