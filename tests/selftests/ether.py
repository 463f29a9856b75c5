#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A host that has no camex and no Ethernet: whole frames in UDP datagrams, port 50000.

ether.py answer PEER MAC IP          answers ARP requests for IP, and pings, of the host at PEER
ether.py send PEER FRAME...          sends frames there; each is fields with blanks between: hex, or
                                     hex*COUNT
"""
import socket
import struct
import sys

PORT = 50000


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def answer(frame, mac, address):
    """The frame that answers one, or None."""
    source, kind, body = frame[6:12], frame[12:14], frame[14:]
    if kind == b"\x08\x06" and body[6:8] == b"\x00\x01" and body[24:28] == address:
        return (source + mac + kind + body[:6] + b"\x00\x02" + mac + address +
                body[8:14] + body[14:18])
    if kind == b"\x08\x00" and body[9] == 1 and body[16:20] == address and body[20] == 8:
        length = struct.unpack("!H", body[2:4])[0]
        echo = b"\0\0\0\0" + body[24:length]
        echo = b"\0\0" + struct.pack("!H", checksum(echo)) + echo[4:]
        return source + mac + kind + body[:12] + body[16:20] + body[12:16] + echo
    return None


def main():
    peer = sys.argv[2]
    sock = socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", PORT))
    if sys.argv[1] == "send":
        for frame in sys.argv[3:]:
            data = b""
            for field in frame.split():
                part, _, count = field.partition("*")
                data += bytes.fromhex(part) * int(count or 1)
            sock.sendto(data, (peer, PORT))
        return
    mac = bytes.fromhex(sys.argv[3].replace(":", ""))
    address = socket.inet_aton(sys.argv[4])
    while True:
        frame, source = sock.recvfrom(1 << 16)
        assert source[1] == PORT, source
        reply = answer(frame, mac, address)
        if reply:
            sock.sendto(reply, source)


main()
