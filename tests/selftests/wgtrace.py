#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""wgtrace.py FILE: the datagrams of protocol wireguard in a capture of Ethernet, one a line.

SECONDS FROM KIND LENGTH [COUNTER], with SECONDS since the first of them and keepalives a KIND of their own.
"""
import ipaddress
import struct
import sys

KINDS = {(1, 148): "initiation", (2, 92): "response", (3, 64): "cookie"}
KEEPALIVE = 32


def packets(path):
    """(seconds, frame) of each packet in a file of tcpdump's."""
    with open(path, "rb") as file:
        data = file.read()
    # in the byte order of the machine that made it
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if not order:
        sys.exit(f"{path}: no capture with microseconds")
    at = 24
    while at + 16 <= len(data):
        seconds, micros, length = struct.unpack_from(f"{order}III", data, at)
        at += 16
        yield seconds + micros / 1e6, data[at:at + length]
        at += length


def datagram(frame):
    """(source address, payload) of a frame with UDP over IPv4 or IPv6, else None."""
    if frame[12:14] == b"\x08\x00" and frame[23] == 17:
        start = 14 + (frame[14] & 15) * 4
        source = frame[26:30]
    elif frame[12:14] == b"\x86\xdd" and frame[20] == 17:
        start, source = 54, frame[22:38]
    else:
        return None
    return ipaddress.ip_address(source), frame[start + 8:]


def kind_of(payload):
    if len(payload) >= KEEPALIVE and payload[:4] == b"\x04\0\0\0":
        return "keepalive" if len(payload) == KEEPALIVE else "data"
    if payload[1:4] == bytes(3):
        return KINDS.get((payload[0], len(payload)), "other")
    return "other"


def main():
    first = None
    for seconds, frame in packets(sys.argv[1]):
        found = datagram(frame)
        if not found or not found[1]:
            continue
        source, payload = found
        first = seconds if first is None else first
        kind = kind_of(payload)
        counter = [str(int.from_bytes(payload[8:16], "little"))] if kind in ("data", "keepalive") else []
        print(f"{seconds - first:.3f}", source, kind, len(payload), *counter)


main()
