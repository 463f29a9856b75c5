#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Adds and deletes many peers over one netlink socket, and measures that.

peers.py add DEV FIRST LAST [KEY]  peers pFIRST to pLAST, each with the routes 10.64.0.0/32 and
                                   fd00:64::/128 plus its number, and its own key, or all with
                                   the key of that number
peers.py set DEV FIRST LAST        gives them other keys and, in place of their routes,
                                   10.65.0.0/32 and fd00:65::/128 plus their numbers
peers.py del DEV FIRST LAST        deletes them
peers.py key NUMBER...             prints their keys in base64, as camexctl reads them

What one of them took: prints the median of the first quarter and of the last, in microseconds.
"""
import base64
import hashlib
import socket
import statistics
import struct
import sys
import time

# include/uapi/linux/camex.h and linux/genetlink.h
CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, GENL_ID_CTRL = 3, 1, 2, 16
CMD_PEER_ADD, CMD_PEER_SET, CMD_PEER_DEL = 4, 5, 6
A_IFNAME, A_PEER = 2, 4
PEER_NAME, PEER_KEY, PEER_FINGERPRINT, PEER_ROUTES = 1, 5, 6, 7
ROUTES_PREFIX, PREFIX_ADDR, PREFIX_LEN = 1, 1, 2
NLM_F_REQUEST, NLM_F_ACK, NLM_F_ACK_TLVS, NLA_F_NESTED = 1, 4, 0x200, 0x8000
NETLINK_GENERIC, SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 16, 270, 10, 11
NLMSG_ERROR, NLMSGERR_ATTR_MSG = 2, 1


def attr(number, *parts):
    data = b"".join(parts)
    return struct.pack("=HH", 4 + len(data), number) + data + b"\0" * (-len(data) % 4)


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, number = struct.unpack("=HH", data[:4])
        found[number & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def request(sock, family, command, version, payload):
    """Sends a request, and returns the attributes of the answer."""
    body = struct.pack("=BBH", command, version, 0) + payload
    sock.send(struct.pack("=IHHII", 16 + len(body), family, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
    answer = {}
    while True:
        data = sock.recv(1 << 16)
        length, kind, flags, _, _ = struct.unpack("=IHHII", data[:16])
        if kind != NLMSG_ERROR:
            answer = attributes(data[20:length])
            continue
        error = -struct.unpack("=i", data[16:20])[0]
        if error:
            text = attributes(data[36:length]) if flags & NLM_F_ACK_TLVS else {}
            raise OSError(error, text.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode())
        return answer


def key_of(number):
    return hashlib.sha256(str(number).encode()).digest()


def prefix(family, address, length, number):
    address = int.from_bytes(socket.inet_pton(family, address), "big") + number
    return attr(ROUTES_PREFIX | NLA_F_NESTED, attr(PREFIX_ADDR, address.to_bytes(length // 8, "big")),
                attr(PREFIX_LEN, bytes([length])))


def peer_name(number):
    return attr(PEER_NAME, f"p{number}".encode() + b"\0")


def peer_to_add(number, key, net=64):
    return (peer_name(number) + attr(PEER_KEY, key) +
            attr(PEER_FINGERPRINT, hashlib.blake2b(key, digest_size=16).digest()) +
            attr(PEER_ROUTES | NLA_F_NESTED, prefix(socket.AF_INET, f"10.{net}.0.0", 32, number),
                 prefix(socket.AF_INET6, f"fd00:{net}::", 128, number)))


def each(command, dev, numbers, peer):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    for option in NETLINK_CAP_ACK, NETLINK_EXT_ACK:
        sock.setsockopt(SOL_NETLINK, option, 1)
    answer = request(sock, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, attr(CTRL_ATTR_FAMILY_NAME, b"camex\0"))
    family = struct.unpack("=H", answer[CTRL_ATTR_FAMILY_ID])[0]
    took = []
    for number in numbers:
        payload = attr(A_IFNAME, dev.encode() + b"\0") + attr(A_PEER | NLA_F_NESTED, peer(number))
        start = time.perf_counter_ns()
        request(sock, family, command, 1, payload)
        took.append((time.perf_counter_ns() - start) // 1000)
    quarter = len(took) // 4
    print(round(statistics.median(took[:quarter])), round(statistics.median(took[-quarter:])))


def main():
    command, *arguments = sys.argv[1:]
    if command == "key":
        for number in arguments:
            print(base64.b64encode(key_of(int(number))).decode())
        return
    dev, first, last, *key = arguments
    numbers = range(int(first), int(last) + 1)
    if command == "add":
        each(CMD_PEER_ADD, dev, numbers, lambda i: peer_to_add(i, key_of(int(key[0]) if key else i)))
    elif command == "set":
        each(CMD_PEER_SET, dev, numbers, lambda i: peer_to_add(i, key_of(-i), 65))
    else:
        each(CMD_PEER_DEL, dev, numbers, peer_name)


if __name__ == "__main__":
    main()
