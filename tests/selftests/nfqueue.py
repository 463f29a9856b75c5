#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""nfqueue.py NUMBER: lets everything go that nftables gives to that queue. Prints "ready"."""
import socket
import struct
import sys

NETLINK_NETFILTER = 12
NFNL_SUBSYS_QUEUE = 3
PACKET, VERDICT, CONFIG = 0, 1, 2
CFG_CMD, CFG_PARAMS = 1, 2
CMD_BIND = 1
COPY_META = 1
PACKET_HDR, VERDICT_HDR = 1, 2
NF_ACCEPT = 1
REQUEST, ACK = 1, 4
SOL_NETLINK = 270
NETLINK_NO_ENOBUFS = 5


def message(kind, number, attribute, payload, flags=REQUEST):
    attr = struct.pack("=HH", 4 + len(payload), attribute) + payload
    attr += bytes(-len(attr) % 4)
    return struct.pack("=IHHIIBBH", 20 + len(attr), NFNL_SUBSYS_QUEUE << 8 | kind, flags, 0, 0,
                       socket.AF_UNSPEC, 0, socket.htons(number)) + attr


def configure(sock, number, attribute, payload):
    sock.send(message(CONFIG, number, attribute, payload, REQUEST | ACK))
    error = -struct.unpack_from("=i", sock.recv(4096), 16)[0]
    if error:
        raise OSError(error, "NFQUEUE")


def packet_id(data):
    at = 20
    while at < len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if kind & 0x3fff == PACKET_HDR:
            return struct.unpack_from("!I", data, at + 4)[0]
        at += length + -length % 4
    raise ValueError("a packet without an ID")


def main():
    number = int(sys.argv[1])
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as sock:
        sock.setsockopt(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)
        configure(sock, number, CFG_CMD, struct.pack("!BxH", CMD_BIND, socket.AF_INET))
        configure(sock, number, CFG_PARAMS, struct.pack("!IB", 0, COPY_META))
        print("ready", flush=True)
        while True:
            verdict = struct.pack("!II", NF_ACCEPT, packet_id(sock.recv(65536)))
            sock.send(message(VERDICT, number, VERDICT_HDR, verdict))


main()
