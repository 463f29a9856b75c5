#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sends random bytes both ways between two network namespaces, and compares them.

Reads commands from standard input, and answers each with a line: "ok", or what was wrong.

tcp HOST1 ADDRESS1 HOST2 ADDRESS2 BYTES   so many bytes over one connection, each way at once
udp HOST1 ADDRESS1 HOST2 ADDRESS2 SIZE... a datagram of each size, each way
tap DEV HOST...                           from now on look at what comes out of DEV
sums                                      all of it had the right checksums; the taps are gone
                                          (nothing may have been merged: GRO has to be off)
"""
import ctypes
import os
import socket
import sys
import threading

TIMEOUT = 30
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
libc = ctypes.CDLL(None, use_errno=True)
faults = []
taps = []


def enter(host):
    with open(f"/run/netns/{host}", "rb") as netns:
        if libc.setns(netns.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), host)


def make_socket(host, address, kind):
    enter(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.settimeout(TIMEOUT)
    sock.bind((address, 0))
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


def tcp(host1, address1, host2, address2, count):
    server = make_socket(host2, address2, socket.SOCK_STREAM)
    server.listen(1)
    client = make_socket(host1, address1, socket.SOCK_STREAM)
    client.connect(server.getsockname())
    ends = [client, server.accept()[0]]
    ends[1].settimeout(TIMEOUT)
    data = [os.urandom(int(count)), os.urandom(int(count))]
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


def udp(host1, address1, host2, address2, *sizes):
    ends = [make_socket(host1, address1, socket.SOCK_DGRAM),
            make_socket(host2, address2, socket.SOCK_DGRAM)]
    for size in sizes:
        for this, other in (ends, ends[::-1]):
            data = os.urandom(int(size))
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


def tap(dev, *hosts):
    for host in hosts:
        enter(host)
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        sock.bind((dev, ETH_P_ALL))
        sock.setblocking(False)
        taps.append((host, sock))


def adds_up(data):
    """True if the one's complement sum is right: that is a remainder of 0, but not of zeros."""
    return int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xffff == 0


def wrong_sum(packet):
    """What is wrong with a packet; "" if nothing is, None if it has no checksum of its own."""
    if packet[0] >> 4 == 4:
        header, proto = (packet[0] & 15) * 4, packet[9]
        addresses, end = packet[12:20], int.from_bytes(packet[2:4], "big")
        if not adds_up(packet[:header]):
            return "IPv4 header checksum"
        if int.from_bytes(packet[6:8], "big") & 0x3fff:  # a fragment
            return None
    else:
        header, proto = 40, packet[6]
        addresses, end = packet[8:40], 40 + int.from_bytes(packet[4:6], "big")
    if proto not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        return None
    body = packet[header:end]
    if proto == socket.IPPROTO_UDP and body[6:8] == b"\0\0":
        return "no UDP checksum"
    pseudo = addresses + len(body).to_bytes(4, "big") + proto.to_bytes(4, "big")
    return "" if adds_up(pseudo + body) else f"wrong checksum: {body[:20].hex()}"


def sums():
    for host, sock in taps:
        checked = 0
        while True:
            try:
                packet, source = sock.recvfrom(1 << 16)
            except BlockingIOError:
                break
            if source[2] != socket.PACKET_OUTGOING:
                wrong = wrong_sum(packet)
                checked += wrong is not None
                if wrong:
                    faults.append(f"{host}: {wrong}")
        if not checked:
            faults.append(f"{host}: nothing to check")
        sock.close()
    taps.clear()


def main():
    commands = {f.__name__: f for f in (tcp, udp, tap, sums)}
    for line in sys.stdin:
        faults.clear()
        name, *arguments = line.split()
        try:
            commands[name](*arguments)
        except OSError as error:
            faults.append(str(error))
        print("; ".join(faults[:5]) or "ok", flush=True)


if __name__ == "__main__":
    main()
