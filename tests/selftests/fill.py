#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""fill.py peers | routes | stations [COUNT]: makes so many of them on box0, or as many as it may.

Prints how many requests there were if one is refused, and why; the status is 1 then. The memory cgroup may also end
the process.
"""
import socket
import struct
import sys

import peers

CMD_PEER_ADD, CMD_FDB_ADD = 4, 17
A_FDB, FDB_MAC, FDB_PEER = 8, 1, 3
ROUTES = 500  # of each peer that has routes
DEV = peers.attr(peers.A_IFNAME, b"box0\0")


def nest(number, *parts):
    return DEV + peers.attr(number | peers.NLA_F_NESTED, *parts)


def peer(number):
    return nest(peers.A_PEER, peers.peer_name(number), peers.attr(peers.PEER_KEY, peers.key_of(number)),
                peers.attr(peers.PEER_FINGERPRINT, bytes(16)))


def routes(number):
    """A peer with many."""
    return nest(peers.A_PEER, peers.peer_name(number), peers.attr(
        peers.PEER_ROUTES | peers.NLA_F_NESTED,
        *(peers.prefix(socket.AF_INET, "0.0.0.0", 32, number * ROUTES + i) for i in range(ROUTES))))


def station(number):
    return nest(A_FDB, peers.attr(FDB_MAC, b"\x02\0" + struct.pack("!I", number)),
                peers.attr(FDB_PEER, f"p{number >> 14}".encode() + b"\0"))


def main():
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, peers.NETLINK_GENERIC)
    for option in peers.NETLINK_CAP_ACK, peers.NETLINK_EXT_ACK:
        sock.setsockopt(peers.SOL_NETLINK, option, 1)
    name = peers.attr(peers.CTRL_ATTR_FAMILY_NAME, b"camex\0")
    answer = peers.request(sock, peers.GENL_ID_CTRL, peers.CTRL_CMD_GETFAMILY, 1, name)
    family = struct.unpack("=H", answer[peers.CTRL_ATTR_FAMILY_ID])[0]
    command, make = {"peers": (CMD_PEER_ADD, peer), "routes": (CMD_PEER_ADD, routes),
                     "stations": (CMD_FDB_ADD, station)}[sys.argv[1]]
    if make is station:
        for number in range(5):
            peers.request(sock, family, CMD_PEER_ADD, 1, peer(number))
    number, last = 1, int(sys.argv[2]) if len(sys.argv) > 2 else None
    try:
        while last is None or number <= last:
            peers.request(sock, family, command, 1, make(number))
            number += 1
    except OSError as error:
        print(f"{number - 1} requests for {sys.argv[1]}, then {error}")
        sys.exit(1)


main()
