#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sends random bytes both ways between two network namespaces, and compares them.

exchange.py [--tcp BYTES] [--udp SIZE,...] [--sums DEV] HOST1 HOST2 ADDRESS1,ADDRESS2...

--tcp: that many bytes over one connection from HOST1 to HOST2, each way at once.
--udp: a datagram of each size, each way.
--sums: every UDP and TCP packet that comes out of DEV in either host has the right
checksum (so nothing may have been merged there: turn its GRO off).
Prints what went wrong, and then ends with status 1.
"""
import argparse
import ctypes
import os
import random
import socket
import sys
import threading

TIMEOUT = 30
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
libc = ctypes.CDLL(None, use_errno=True)
faults = []


def enter(host):
    with open(f"/run/netns/{host}", "rb") as netns:
        if libc.setns(netns.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), host)


def make_socket(host, address, kind, port=0):
    enter(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.settimeout(TIMEOUT)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    return sock


def compare(what, got, want):
    if got == want:
        return
    for i, (a, b) in enumerate(zip(got, want)):
        if a != b:
            faults.append(f"{what}: byte {i} of {len(want)} differs")
            return
    faults.append(f"{what}: {len(got)} bytes came instead of {len(want)}")


def receive_all(sock, got):
    try:
        while part := sock.recv(1 << 16):
            got += part
    except OSError as error:
        faults.append(f"TCP receive after {len(got)} bytes: {error}")


def send_all(sock, data):
    try:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
    except OSError as error:
        faults.append(f"TCP send: {error}")


def tcp(host1, host2, address1, address2, count):
    server = make_socket(host2, address2, socket.SOCK_STREAM)
    server.listen(1)
    client = make_socket(host1, address1, socket.SOCK_STREAM)
    client.connect(server.getsockname())
    ends = [client, server.accept()[0]]
    ends[1].settimeout(TIMEOUT)
    data = [random.randbytes(count), random.randbytes(count)]
    got = [bytearray(), bytearray()]
    threads = [threading.Thread(target=send_all, args=(ends[i], data[i])) for i in (0, 1)]
    threads += [threading.Thread(target=receive_all, args=(ends[i], got[i])) for i in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    compare(f"TCP {address1} to {address2}", got[1], data[0])
    compare(f"TCP {address2} to {address1}", got[0], data[1])
    for sock in [server] + ends:
        sock.close()


def udp(host1, host2, address1, address2, sizes):
    ends = [make_socket(host1, address1, socket.SOCK_DGRAM),
            make_socket(host2, address2, socket.SOCK_DGRAM)]
    for size in sizes:
        for this, other in (ends, reversed(ends)):
            data = random.randbytes(size)
            what = f"UDP of {size} bytes to {other.getsockname()[0]}"
            try:
                this.sendto(data, other.getsockname())
                got, source = other.recvfrom(1 << 16)
            except OSError as error:
                faults.append(f"{what}: {error}")
                continue
            compare(what, got, data)
            if source[:2] != this.getsockname()[:2]:
                faults.append(f"{what}: it came from {source}")
    for sock in ends:
        sock.close()


def fold(data):
    data += b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def check_sum(packet):
    """What is wrong with a packet; None for none, and for fragments, "" if it is right."""
    if packet[0] >> 4 == 4:
        header, proto = (packet[0] & 15) * 4, packet[9]
        addresses, end = packet[12:20], int.from_bytes(packet[2:4], "big")
        if int.from_bytes(packet[6:8], "big") & 0x3fff:
            return None
        if fold(packet[:header]) != 0xffff:
            return "IPv4 header checksum"
    else:
        header, proto = 40, packet[6]
        addresses, end = packet[8:40], 40 + int.from_bytes(packet[4:6], "big")
    if proto not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        return None
    body = packet[header:end]
    pseudo = addresses + len(body).to_bytes(4, "big") + proto.to_bytes(4, "big")
    if proto == socket.IPPROTO_UDP and body[6:8] == b"\0\0":
        return "no UDP checksum"
    return "" if fold(pseudo + body) == 0xffff else f"checksum of {body.hex()[:40]}"


def check_sums(tap, host):
    checked = 0
    tap.setblocking(False)
    while True:
        try:
            packet, source = tap.recvfrom(1 << 16)
        except BlockingIOError:
            break
        if source[2] == socket.PACKET_OUTGOING:
            continue
        fault = check_sum(packet)
        if fault:
            faults.append(f"{host}: {fault}")
        checked += fault is not None
    if not checked:
        faults.append(f"{host}: no packet to check")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tcp", type=int, default=0)
    parser.add_argument("--udp", default="")
    parser.add_argument("--sums")
    parser.add_argument("hosts", nargs=2)
    parser.add_argument("addresses", nargs="+")
    args = parser.parse_args()
    taps = []
    for host in args.hosts if args.sums else []:
        enter(host)
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        tap.bind((args.sums, ETH_P_ALL))
        taps.append((tap, host))
    for pair in args.addresses:
        if args.tcp:
            tcp(*args.hosts, *pair.split(","), args.tcp)
        if args.udp:
            udp(*args.hosts, *pair.split(","), [int(size) for size in args.udp.split(",")])
    for tap, host in taps:
        check_sums(tap, host)
    for fault in faults[:10]:
        print(fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
