#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Writes down the UDP datagrams of a network, and sends such lines as datagrams.

A line is "SOURCE PORT DESTINATION PORT HEX", IPv4 addresses and the payload. To be run in
a namespace.

datagrams.py record DEV PORT FILE  appends those from or to PORT to FILE, which is made when it
                                   has begun, until it is ended
datagrams.py send                  sends what comes on standard input, whosever the source is,
                                   and answers an empty line with "sent"
"""
import socket
import struct
import sys

ETH_P_ALL = 3


def record(dev, port, path):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    sock.bind((dev, ETH_P_ALL))
    with open(path, "a", encoding="ascii", buffering=1) as lines:
        while True:
            packet, source = sock.recvfrom(1 << 16)
            if source[1] != 0x0800 or packet[9] != socket.IPPROTO_UDP:
                continue
            udp = packet[(packet[0] & 15) * 4:]
            sport, dport, length = struct.unpack("!HHH", udp[:6])
            if int(port) in (sport, dport):
                lines.write(f"{socket.inet_ntoa(packet[12:16])} {sport} "
                            f"{socket.inet_ntoa(packet[16:20])} {dport} {udp[8:length].hex()}\n")


def send():
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for line in sys.stdin:
        if not line.strip():
            print("sent", flush=True)
            continue
        source, sport, destination, dport, *payload = line.split()
        payload = bytes.fromhex("".join(payload))
        udp = struct.pack("!HHHH", int(sport), int(dport), 8 + len(payload), 0) + payload
        # the kernel fills in length, identification and checksum
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_UDP, 0,
                             socket.inet_aton(source), socket.inet_aton(destination))
        sock.sendto(header + udp, (destination, 0))


if __name__ == "__main__":
    {"record": record, "send": send}[sys.argv[1]](*sys.argv[2:])
