#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Looks for secrets in all that the kernel tells of camex devices, byte by byte.

secrets.py asked NAME=HEX...          asks rtnetlink and the family camex for everything
secrets.py links NAME=HEX...          asks rtnetlink for links alone
secrets.py told COUNT NAME=HEX...     waits for COUNT events of the family

Prints the names of the byte strings that were in an answer or an event, in their order.
"""
import socket
import struct
import sys

import peers

RTM_GETLINK, RTM_GETNEIGH, AF_BRIDGE, NETLINK_ROUTE = 18, 30, 7, 0
NLM_F_DUMP, NLMSG_DONE, NETLINK_ADD_MEMBERSHIP = 0x300, 3, 1
DEV_GET, PEER_GET, ROUTE_GET, FDB_GET = 1, 3, 10, 16
CTRL_ATTR_MCAST_GROUPS, MCAST_GRP_NAME, MCAST_GRP_ID = 7, 1, 2


def dump(sock, kind, body):
    """All that an answer has, refusals included, as bytes."""
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, peers.NLM_F_REQUEST | NLM_F_DUMP, 1, 0) +
              body)
    got = b""
    while True:
        data = sock.recv(1 << 20)
        got += data
        while data:
            length, number = struct.unpack("=IH", data[:6])
            if number in (NLMSG_DONE, peers.NLMSG_ERROR):
                return got
            data = data[(length + 3) & ~3:]


def family_of(sock):
    name = peers.attr(peers.CTRL_ATTR_FAMILY_NAME, b"camex\0")
    answer = peers.request(sock, peers.GENL_ID_CTRL, peers.CTRL_CMD_GETFAMILY, 1, name)
    groups = {}
    for group in peers.attributes(answer[CTRL_ATTR_MCAST_GROUPS]).values():
        group = peers.attributes(group)
        groups[group[MCAST_GRP_NAME]] = struct.unpack("=I", group[MCAST_GRP_ID])[0]
    return struct.unpack("=H", answer[peers.CTRL_ATTR_FAMILY_ID])[0], groups


def links():
    route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    return dump(route, RTM_GETLINK, struct.pack("=BxHiII", 0, 0, 0, 0, 0))


def asked():
    route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    got = links() + dump(route, RTM_GETNEIGH, struct.pack("=BxxxiHBB", AF_BRIDGE, 0, 0, 0, 0))
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, peers.NETLINK_GENERIC)
    family = family_of(sock)[0]
    got += dump(sock, family, struct.pack("=BBH", DEV_GET, 1, 0))
    for _, name in socket.if_nameindex():
        of = peers.attr(peers.A_IFNAME, name.encode() + b"\0")
        for command in PEER_GET, ROUTE_GET, FDB_GET:
            got += dump(sock, family, struct.pack("=BBH", command, 1, 0) + of)
    return got


def told(count):
    """The events of every group that can be joined."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, peers.NETLINK_GENERIC)
    for group in family_of(sock)[1].values():
        try:
            sock.setsockopt(peers.SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        except PermissionError:
            pass
    print("ready", flush=True)
    return b"".join(sock.recv(1 << 20) for _ in range(count))


def main():
    command, *arguments = sys.argv[1:]
    got = told(int(arguments.pop(0))) if command == "told" else {"asked": asked, "links": links}[command]()
    secrets = (argument.split("=") for argument in arguments)
    print(" ".join(name for name, text in secrets if bytes.fromhex(text) in got))


main()
