#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The part of test-hibernate that runs outside the guest.

hibernate.py ping PORT GUEST FILE    pings through the guest's tunnels, for ever; FILE: what is unreachable
hibernate.py nonces PORT PCAP...     fails if datagrams of that UDP port have a nonce twice
"""

import socket
import struct
import sys
import time


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(destination, number):
    """An Ethernet frame to the guest, which forwards it into a tunnel."""
    icmp = struct.pack("!BBHHH", 8, 0, 0, 1, number & 0xFFFF) + bytes(56)
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0,
        socket.inet_aton("198.51.100.9"), socket.inet_aton(destination),
    )
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    ethernet = bytes.fromhex("525400000003" "525400000009" "0800")
    return ethernet + header + icmp


def unreachable(frame):
    """The destination in an ICMP host unreachable message, or None."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 1 or frame[34:36] != b"\x03\x01":
        return None
    return socket.inet_ntoa(frame[58:62])


def pings(port, guest, file):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind(("127.0.0.1", port))
    out.connect(("127.0.0.1", guest))
    out.settimeout(0.05)
    log = open(file, "w", buffering=1)
    number = 0
    while True:
        for destination in "10.0.0.2", "10.1.0.2", "10.2.0.2":
            try:
                out.send(ping(destination, number))
            except ConnectionRefusedError:
                pass  # there is no guest just now
        number += 1
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            try:
                destination = unreachable(out.recv(2000))
            except (TimeoutError, ConnectionRefusedError):
                continue
            if destination:
                print(destination, file=log)


def frames(file):
    """Yields the complete frames of a pcap file."""
    with open(file, "rb") as pcap:
        data = pcap.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16 : at + 16 + length]
        at += 16 + length


def sealed(file, port):
    """Yields (nonce, datagram) of encrypted datagrams to a port; 7002 has protocol wireguard."""
    for frame in frames(file):
        if frame[12:14] != b"\x08\x00" or len(frame) < 42 or frame[23] != 17:
            continue
        udp = frame[14 + (frame[14] & 15) * 4 :]
        if struct.unpack_from("!H", udp, 2)[0] != port:
            continue
        datagram = udp[8 : struct.unpack_from("!H", udp, 4)[0]]
        if port == 7002 and datagram[:4] == b"\x04\0\0\0":
            # sender and receiver index identify the key; the counter follows
            yield datagram[4:8] + frame[26:30] + datagram[8:16], datagram
            continue
        lead = 8 if port == 7001 else 0
        if datagram[lead : lead + 4] == b"CX2P":
            yield datagram[lead + 5 : lead + 17], datagram


def nonces(port, files):
    seen = {}
    twice = 0
    for file in files:
        for nonce, datagram in sealed(file, port):
            if nonce in seen:
                twice += 1
                if twice < 10:
                    print(nonce.hex(), "twice,", "different" if seen[nonce] != datagram else "the same")
            seen[nonce] = datagram
    prefixes = {nonce[:4] for nonce in seen}
    print(f"{len(seen)} nonces of {len(prefixes)} sessions, {twice} of them twice")
    # both ends, before and after the hibernation
    if len(seen) < 100 or len(prefixes) < 4:
        print("that is too few")
        return 1
    return twice > 0


if sys.argv[1] == "ping":
    pings(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    sys.exit(nonces(int(sys.argv[2]), sys.argv[3:]))
