#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A host that has no camex and no Ethernet: whole frames in UDP datagrams, port 50000.

ether.py answer PEER MAC IP          answers ARP requests for IP, and pings, of the host at PEER
ether.py send PEER FRAME...          sends frames there; each is fields with blanks between: hex, or
                                     hex*COUNT
ether.py flood PEER PORT FIRST COUNT sends frames from so many stations, the first one 02:00 and then
                                     FIRST in four bytes; from PORT
"""
import socket
import struct
import sys
import time

PORT = 50000
UDP_SEGMENT = 103
UDP_SEGMENTS_MAX = 64


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


def bound(peer, port=PORT):
    """A socket that sends from there to the peer."""
    sock = socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    return sock


def answer_all(peer, mac, address):
    sock = bound(peer)
    mac = bytes.fromhex(mac.replace(":", ""))
    address = socket.inet_aton(address)
    while True:
        frame, source = sock.recvfrom(1 << 16)
        assert source[1] == PORT, source
        reply = answer(frame, mac, address)
        if reply:
            sock.sendto(reply, source)


def send(peer, *frames):
    sock = bound(peer)
    for frame in frames:
        data = b""
        for field in frame.split():
            part, _, count = field.partition("*")
            data += bytes.fromhex(part) * int(count or 1)
        sock.sendto(data, (peer, PORT))


def flood(peer, port, first, count):
    sock = bound(peer, int(port))
    nobody, body = bytes.fromhex("0200ffffffff"), b"\x88\xb5" + bytes(46)
    frames = [nobody + b"\x02\0" + struct.pack("!I", int(first) + i) + body for i in range(int(count))]
    for i in range(0, len(frames), UDP_SEGMENTS_MAX):
        sock.sendmsg([b"".join(frames[i:i + UDP_SEGMENTS_MAX])],
                     [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", len(frames[0])))], 0, (peer, PORT))
        # the slow kernel's queue has not room for all
        time.sleep(0.02)


{"answer": answer_all, "send": send, "flood": flood}[sys.argv[1]](*sys.argv[2:])
