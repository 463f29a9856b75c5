#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""fragments.py 4|6 endless|growing|overlapping|whole|unordered COUNT: IP fragments of datagrams to port 7000 of host1.

endless: first fragments, each of another datagram, of which nothing else comes; growing: datagrams of 64 KB without
an end; overlapping: datagrams whose second fragment overlaps the first, and their end; whole: complete datagrams, of
three fragments, which camex receives; unordered: the same, the last fragment first. COUNT of them, from host3.
"""

import itertools
import os
import socket
import struct
import sys
import time

PORT, PART = 7000, 1000     # bytes of a fragment, a multiple of 8
OVERLAP = 600               # where the second one begins that overlaps the first
BURST, PAUSE = 50, 0.01     # so that host1 receives all of them


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def datagram(family, length):
    """UDP without a checksum over IPv4, and with one over IPv6."""
    body = os.urandom(length)
    head = struct.pack("!HHHH", 9999, PORT, 8 + length, 0)
    if family == 6:
        pseudo = b"".join(socket.inet_pton(socket.AF_INET6, f"2001:db8::{i}") for i in (3, 1))
        pseudo += struct.pack("!II", 8 + length, 17)
        head = head[:6] + struct.pack("!H", checksum(pseudo + head + body + bytes(length % 2)) or 0xffff)
    return head + body


def fragment(family, number, offset, data, more):
    if family == 4:
        # the kernel fills in the checksum and the source
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), number & 0xffff, offset // 8 | more << 13, 64, 17,
                           0, socket.inet_aton(f"192.0.2.{3 + (number >> 16)}"), socket.inet_aton("192.0.2.1")) + data
    head = struct.pack("!BBHI", 17, 0, offset | more, number)
    return struct.pack("!IHBB", 6 << 28, len(head) + len(data), 44, 64) + socket.inet_pton(
        socket.AF_INET6, "2001:db8::3") + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + head + data


def made(family, kind, number):
    """The fragments of one datagram."""
    if kind == "endless":
        return [fragment(family, number, 0, datagram(family, PART - 8), 1)]
    if kind == "growing":
        data = datagram(family, PART * 60)
        return [fragment(family, number, i, data[i:i + PART], 1) for i in range(0, len(data) - PART, PART)]
    data = datagram(family, 3 * PART - 8)
    parts = [fragment(family, number, 0, data[:PART], 1), fragment(family, number, PART, data[PART:2 * PART], 1),
             fragment(family, number, 2 * PART, data[2 * PART:], 0)]
    if kind == "overlapping":
        parts[1] = fragment(family, number, OVERLAP, os.urandom(2 * PART - OVERLAP), 1)
    return parts if kind in ("whole", "overlapping") else parts[::-1]


def main():
    family, kind, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if family == 4:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        to = "192.0.2.1", 0
    else:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        to = "2001:db8::1", 0
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    sent = sent_bytes = 0
    parts = itertools.chain.from_iterable(made(family, kind, number) for number in range(1, count + 1))
    for data in parts:
        sock.sendto(data, to)
        sent += 1
        sent_bytes += len(data)
        if sent % BURST == 0:
            time.sleep(PAUSE)
    print(sent, sent_bytes)


main()
