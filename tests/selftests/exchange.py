#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sends random bytes both ways between two network namespaces, and compares them.

Reads commands from standard input, and answers each with a line: "ok", or what was wrong.

tcp HOST1 ADDRESS1 HOST2 ADDRESS2 BYTES   so many bytes over one connection, each way at once
connect HOST1 ADDRESS1 HOST2 ADDRESS2     a connection that stays
more BYTES                                so many bytes over each that stays, each way at once
udp HOST1 ADDRESS1 HOST2 ADDRESS2 SIZE... a datagram of each size, each way
mixed HOST1 ADDRESS1 HOST2 ADDRESS2 COUNT so many datagrams of various sizes, in their order
runs HOST1 ADDRESS1 HOST2 ADDRESS2 COUNT  so many times 30 datagrams by UDP_SEGMENT and a small one
                                          behind them, in their order
burst HOST1 ADDRESS1 HOST2 ADDRESS2 COUNT the same, but no other process runs before all are sent
nested HOST1 ADDRESS1 ADDRESS2 PORT SOURCE HOST3 ADDRESS3 COUNT
                                          so many bare IPv4 packets from SOURCE to HOST3, by
                                          UDP_SEGMENT from PORT to PORT: all arrive
gso HOST1 ADDRESS1 HOST2 ADDRESS2 SIZE COUNT
                                          so many datagrams of that size and a shorter one, each
                                          way, by UDP_SEGMENT to a socket with UDP_GRO
tap DEV HOST...                           from now on look at what comes out of DEV
tap DEV+ HOST...                          and at what goes into it
sums                                      all of it had the right lengths and checksums; the taps
                                          are gone (nothing may have been merged: GRO has to be off)
sums any                                  the same, but checksums may be left to offloads
"""
import contextlib
import ctypes
import os
import random
import signal
import socket
import struct
import sys
import threading
import time

TIMEOUT = 30
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
UDP_SEGMENT = 103
UDP_GRO = 104
UDP_SEGMENTS_MAX = 64
SOL_PACKET = 263
PACKET_AUXDATA = 8
TP_STATUS_CSUMNOTREADY = 8
libc = ctypes.CDLL(None, use_errno=True)
faults = []
taps = []
connections = []


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


def receive_all(sock, got, count):
    """Whatever comes to the end, or no more than count bytes if that is not 0."""
    try:
        while (not count or len(got) < count) and (part := sock.recv(1 << 16)):
            got += part
    except OSError as error:
        faults.append(f"TCP receive after {len(got)} bytes: {error}")


def send_all(sock, data, end):
    try:
        sock.sendall(data)
        if end:
            sock.shutdown(socket.SHUT_WR)
    except OSError as error:
        faults.append(f"TCP send: {error}")


def connected(host1, address1, host2, address2):
    server = make_socket(host2, address2, socket.SOCK_STREAM)
    server.listen(1)
    client = make_socket(host1, address1, socket.SOCK_STREAM)
    client.connect(server.getsockname())
    ends = [client, server.accept()[0]]
    ends[1].settimeout(TIMEOUT)
    server.close()
    return ends


def pass_both_ways(ends, count, end):
    data = [os.urandom(count), os.urandom(count)]
    got = [bytearray(), bytearray()]
    threads = [threading.Thread(target=send_all, args=(ends[i], data[i], end)) for i in (0, 1)]
    threads += [threading.Thread(target=receive_all, args=(ends[i], got[i], 0 if end else count))
                for i in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    addresses = [sock.getsockname()[0] for sock in ends]
    compare("TCP {} to {}".format(*addresses), got[1], data[0])
    compare("TCP {1} to {0}".format(*addresses), got[0], data[1])


def tcp(host1, address1, host2, address2, count):
    ends = connected(host1, address1, host2, address2)
    pass_both_ways(ends, int(count), True)
    for sock in ends:
        sock.close()


def connect(host1, address1, host2, address2):
    connections.append(connected(host1, address1, host2, address2))


def more(count):
    for ends in connections:
        pass_both_ways(ends, int(count), False)


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


def come_in_order(ends, sent):
    """What the first end has sent comes to the second; both are closed."""
    for i, data in enumerate(sent):
        got = ends[1].recv(1 << 16)
        if got != data:
            faults.append(f"datagram {i} of {len(data)} bytes: datagram "
                          f"{sent.index(got) if got in sent else 'unknown'} came")
            break
    for sock in ends:
        sock.close()


def mixed(host1, address1, host2, address2, count):
    """Small and large datagrams, at random: they arrive in the order in which they were sent."""
    ends = [make_socket(host1, address1, socket.SOCK_DGRAM),
            make_socket(host2, address2, socket.SOCK_DGRAM)]
    ends[1].setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
    sent = [os.urandom(random.choice((20, 100, 180, 300, 1300))) for _ in range(int(count))]
    for data in sent:
        ends[0].sendto(data, ends[1].getsockname())
    come_in_order(ends, sent)


@contextlib.contextmanager
def alone():
    """No other process gets time, on any CPU: others wait on the CPUs that this one does not use."""
    hogs = []
    for cpu in set(range(os.cpu_count())) - os.sched_getaffinity(0):
        hogs.append(os.fork())
        if not hogs[-1]:
            os.sched_setaffinity(0, {cpu})
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
            end = time.monotonic() + 10
            while time.monotonic() < end:
                pass
            os._exit(0)
    time.sleep(0.2)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(60))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        for hog in hogs:
            os.kill(hog, signal.SIGKILL)
            os.waitpid(hog, 0)


def send_runs(host1, address1, host2, address2, runs):
    """Sends runs of datagrams of equal length, each with a small one behind it."""
    ends = [make_socket(host1, address1, socket.SOCK_DGRAM),
            make_socket(host2, address2, socket.SOCK_DGRAM)]
    ends[1].setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sent = []
    for *run, small in runs:
        ends[0].sendmsg(run, [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", len(run[0])))], 0,
                        ends[1].getsockname())
        ends[0].sendto(small, ends[1].getsockname())
        sent += [*run, small]
    return ends, sent


def make_runs(count):
    for _ in range(int(count)):
        yield [*(os.urandom(1300) for _ in range(30)), os.urandom(50)]


def runs(host1, address1, host2, address2, count):
    come_in_order(*send_runs(host1, address1, host2, address2, make_runs(count)))


def burst(host1, address1, host2, address2, count):
    prepared = list(make_runs(count))
    with alone():
        sent = send_runs(host1, address1, host2, address2, prepared)
    come_in_order(*sent)


def nested(host1, address1, address2, port, source, host3, address3, count):
    receiver = make_socket(host3, address3, socket.SOCK_DGRAM)
    enter(host1)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind((address1, int(port)))
    sent = [os.urandom(72) for _ in range(int(count))]
    packets = []
    for data in sent:
        udp_header = struct.pack("!4H", 9, receiver.getsockname()[1], 8 + len(data), 0)
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 0, 0, 64, socket.IPPROTO_UDP, 0,
                             socket.inet_aton(source), socket.inet_aton(address3))
        total = sum(struct.unpack("!10H", header))
        total = ~(total + (total >> 16)) & 0xffff
        packets.append(header[:10] + struct.pack("!H", total) + header[12:] + udp_header + data)
    sender.sendmsg([b"".join(packets)], [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", len(packets[0])))],
                   0, (address2, int(port)))
    got = [receiver.recv(1 << 16) for _ in sent]
    compare("bare packets", b"".join(got), b"".join(sent))
    for sock in (receiver, sender):
        sock.close()


def receive_datagrams(sock, count):
    """The next datagrams, whether they come one by one or many at once."""
    got = []
    while len(got) < count:
        data, ancillary, _, _ = sock.recvmsg(1 << 16, socket.CMSG_SPACE(4))
        size = len(data)
        for level, kind, value in ancillary:
            if (level, kind) == (socket.IPPROTO_UDP, UDP_GRO):
                size = struct.unpack("i", value)[0]
        got += [data[i:i + size] for i in range(0, len(data), size)]
    return got


def gso(host1, address1, host2, address2, size, count):
    size, count = int(size), int(count)
    ends = [make_socket(host1, address1, socket.SOCK_DGRAM),
            make_socket(host2, address2, socket.SOCK_DGRAM)]
    for sock in ends:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
        sock.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    most = min(UDP_SEGMENTS_MAX - 1, 65000 // size - 1)
    for this, other in (ends, ends[::-1]):
        what = f"UDP segments of {size} bytes to {other.getsockname()[0]}"
        for done in range(0, count, most):
            n = min(most, count - done)
            data = os.urandom(n * size + size // 2)
            this.sendmsg([data], [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", size))], 0,
                         other.getsockname())
            want = [data[i:i + size] for i in range(0, len(data), size)]
            try:
                got = receive_datagrams(other, len(want))
            except OSError as error:
                faults.append(f"{what}, after {done}: {error}")
                break
            if [len(part) for part in got] != [len(part) for part in want]:
                faults.append(f"{what}: {[len(part) for part in got]} came")
            compare(what, b"".join(got), data)
    for sock in ends:
        sock.close()


def tap(dev, *hosts):
    for host in hosts:
        enter(host)
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        sock.bind((dev.rstrip("+"), ETH_P_ALL))
        sock.setblocking(False)
        taps.append((f"{host} {dev}", sock))


def adds_up(data):
    """True if the one's complement sum is right: that is a remainder of 0, but not of zeros."""
    return int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xffff == 0


def wrong_sum(packet, partial):
    """What is wrong with a packet; "" if nothing is, None if it has no checksum of its own.

    Where it is partial, there stands the pseudo header's sum.
    """
    if packet[0] >> 4 == 4:
        header, proto = (packet[0] & 15) * 4, packet[9]
        addresses, end = packet[12:20], int.from_bytes(packet[2:4], "big")
        if not adds_up(packet[:header]):
            return "IPv4 header checksum"
    elif packet[0] >> 4 == 6:
        header, proto = 40, packet[6]
        addresses, end = packet[8:40], 40 + int.from_bytes(packet[4:6], "big")
    else:
        return None
    if end != len(packet):
        return f"{len(packet)} bytes, of which IP says {end}"
    if packet[0] >> 4 == 4 and int.from_bytes(packet[6:8], "big") & 0x3fff:  # a fragment
        return None
    if proto not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        return None
    body = packet[header:end]
    field = body[6:8] if proto == socket.IPPROTO_UDP else body[16:18]
    pseudo = addresses + len(body).to_bytes(4, "big") + proto.to_bytes(4, "big")
    if partial:
        inverse = bytes(255 - byte for byte in field)
        return "" if adds_up(pseudo + inverse) else f"wrong partial checksum: {body[:20].hex()}"
    if proto == socket.IPPROTO_UDP and field == b"\0\0":
        return f"no UDP checksum: {packet[:48].hex()}"
    return "" if adds_up(pseudo + body) else f"wrong checksum: {body[:20].hex()}"


def is_partial(ancillary):
    return any(level == SOL_PACKET and kind == PACKET_AUXDATA
               and struct.unpack_from("I", value)[0] & TP_STATUS_CSUMNOTREADY
               for level, kind, value in ancillary)


def sums(which=""):
    for what, sock in taps:
        checked = 0
        while True:
            try:
                packet, ancillary, _, source = sock.recvmsg(1 << 16, socket.CMSG_SPACE(20))
            except BlockingIOError:
                break
            partial = is_partial(ancillary)
            if source[2] == socket.PACKET_OUTGOING and not what.endswith("+"):
                continue
            wrong = wrong_sum(packet, partial and which == "any")
            checked += wrong is not None
            if wrong:
                faults.append(f"{what}: {wrong}")
        if not checked:
            faults.append(f"{what}: nothing to check")
        sock.close()
    taps.clear()


def main():
    commands = {f.__name__: f for f in (tcp, connect, more, udp, mixed, runs, burst, nested, gso, tap, sums)}
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
