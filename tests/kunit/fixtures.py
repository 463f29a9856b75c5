#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints fixtures.h: the datagrams of camex-psk-secret.pcap and their key."""

import hashlib
import pathlib
import struct

PASSPHRASE = b"secret"
SERVER_PORT = 7000


def datagrams(pcap):
    """Yields (sent by the client, UDP payload) of each packet of a capture."""
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", pcap)
    if magic != 0xA1B2C3D4 or link != 1:
        raise SystemExit("not a little-endian capture of Ethernet frames")
    at = 24
    while at < len(pcap):
        _, _, captured, length = struct.unpack_from("<IIII", pcap, at)
        at += 16
        frame = pcap[at : at + captured]
        at += captured
        ip = frame[14:]
        header = (ip[0] & 15) * 4
        if captured != length or frame[12:14] != b"\x08\x00" or ip[9] != 17:
            raise SystemExit("not a whole IPv4 UDP packet")
        _, destination, udp_length = struct.unpack_from(">HHH", ip, header)
        yield destination == SERVER_PORT, ip[header + 8 : header + udp_length]


def array(data):
    rows = (data[at : at + 12] for at in range(0, len(data), 12))
    return "\n".join("\t" + " ".join(f"0x{byte:02x}," for byte in row) for row in rows)


def main():
    here = pathlib.Path(__file__).resolve().parent
    capture = here.parent / "fixtures" / "camex-psk-secret.pcap"
    key = hashlib.blake2b(PASSPHRASE, digest_size=32).digest()
    print("/* SPDX-License-Identifier: GPL-2.0-only */")
    print("/* Written by fixtures.py. */")
    print(f"\nstatic const u8 fixture_key[] = {{\n{array(key)}\n}};")
    table = []
    for number, (client, data) in enumerate(datagrams(capture.read_bytes())):
        print(f"\nstatic const u8 datagram_{number}[] = {{\n{array(data)}\n}};")
        table.append(f"\t{{ datagram_{number}, sizeof(datagram_{number}), {str(client).lower()} }},")
    print("\nstatic const struct fixture fixtures[] = {")
    print("\n".join(table))
    print("};")


if __name__ == "__main__":
    main()
