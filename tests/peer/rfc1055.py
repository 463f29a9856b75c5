#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""rfc1055.py TTY: the SLIP of RFC 1055, as its appendix has it, on a tty that is raw already.

Answers ICMP echo requests. Prints "N bytes" for each packet that came.
"""
import os
import struct
import sys

END, ESC, ESC_END, ESC_ESC = 0o300, 0o333, 0o334, 0o335


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) // 2 * 2]))
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send_packet(tty, packet):
    out = bytearray([END])
    for byte in packet:
        if byte == END:
            out += bytes([ESC, ESC_END])
        elif byte == ESC:
            out += bytes([ESC, ESC_ESC])
        else:
            out.append(byte)
    out.append(END)
    os.write(tty, out)


def recv_packets(tty):
    packet = bytearray()
    escaped = False
    while data := os.read(tty, 4096):
        for byte in data:
            if escaped:
                packet.append({ESC_END: END, ESC_ESC: ESC}.get(byte, byte))
                escaped = False
            elif byte == ESC:
                escaped = True
            elif byte != END:
                packet.append(byte)
            elif packet:
                yield bytes(packet)
                packet.clear()


def answer(packet):
    """The echo reply to an echo request in IPv4, else None."""
    head = (packet[0] & 15) * 4
    if packet[0] >> 4 != 4 or packet[9] != 1 or packet[head] != 8:
        return None
    icmp = b"\0\0\0\0" + packet[head + 4:]
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    return packet[:12] + packet[16:20] + packet[12:16] + packet[20:head] + icmp


def main():
    tty = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
    for packet in recv_packets(tty):
        print(len(packet), "bytes", flush=True)
        reply = answer(packet)
        if reply:
            send_packet(tty, reply)


main()
