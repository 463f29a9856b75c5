#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Traffic through tunnels between two network namespaces, with every byte checked.

soak.py HOST1 HOST2 LINK:INDEX[:RATE]...

LINK is an interface in both; HOST1 has 10.INDEX.0.1 and fd00:INDEX::1 there, HOST2 has .2 and ::2. Each
way, RATE times a second (1 by default), go one datagram over IPv4, and less often one over IPv6, a ping, a
multicast datagram and a part of a TCP stream. A datagram has the number of its flow and its own,
and bytes that follow from these; the bytes of a stream follow from their position.

The line "stop" on standard input ends what is sent. The rest of the streams is waited for, for up to
DRAIN seconds; then a report in JSON is printed: for each flow what was sent, what came, how often twice, what was
wrong with it, and the longest time without anything.
"""
import ctypes
import heapq
import itertools
import json
import os
import random
import selectors
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
SO_BINDTODEVICE = 25
IP_RECVERR = 11
GROUP = "239.7.7.7"
PORT = 5000
DRAIN = 120
HEAD = struct.Struct("!4sHI")
MAGIC = b"soak"
# what the sizes of datagrams go round: empty ones, those of one datagram and those of several fragments
SIZES = (10, 64, 1200, 11, 333, 1000, 2900, 128, 20, 1300)
TABLE = random.Random(7).randbytes(65521)
TABLE += TABLE
PERIOD = len(TABLE) // 2
libc = ctypes.CDLL(None, use_errno=True)
selector = selectors.DefaultSelector()
timers = []
turns = itertools.count()
flows = []


def enter(host):
    with open(f"/run/netns/{host}", "rb") as netns:
        if libc.setns(netns.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), host)


def later(delay, call):
    heapq.heappush(timers, (time.monotonic() + delay, next(turns), call))


def pattern(flow, number):
    """The whole payload of a datagram."""
    size = SIZES[number % len(SIZES)]
    at = (flow * 8191 + number * 7919) % PERIOD
    return HEAD.pack(MAGIC, flow, number) + TABLE[at:at + size - HEAD.size]


class Flow:
    """One way of one kind of traffic."""

    def __init__(self, link, kind, way, period):
        self.number = len(flows)
        self.name, self.period = f"{link} {kind} {way}", period
        self.sent = self.refused = self.twice = self.wrong = 0
        self.seen = set()
        self.last = time.monotonic()
        self.silence = 0
        self.fault = ""
        flows.append(self)

    def heard(self):
        now = time.monotonic()
        self.silence = max(self.silence, now - self.last)
        self.last = now

    def bad(self, why):
        self.wrong += 1
        self.fault = self.fault or why

    def report(self):
        return {"flow": self.name, "sent": self.sent, "refused": self.refused, "came": len(self.seen), "twice": self.twice,
                "wrong": self.wrong, "fault": self.fault, "silence": round(self.silence, 1)}


class Datagrams(Flow):
    """Datagrams from one socket to another."""

    def __init__(self, link, kind, way, period, sender, receiver, to):
        super().__init__(link, kind, way, period)
        self.sender, self.to = sender, to
        sender.setblocking(False)
        receiver.setblocking(False)
        selector.register(receiver, selectors.EVENT_READ, self.receive)
        later(period * (self.number % 16) / 16, self.send)

    def send(self):
        try:
            self.put(pattern(self.number, self.sent))
            self.sent += 1
        except OSError:  # as long as the link is down
            self.refused += 1
        return self.period

    def put(self, data):
        self.sender.sendto(data, self.to)

    def receive(self, sock):
        try:
            self.check(sock.recv(1 << 16))
        except OSError:  # an ICMP error
            pass

    def check(self, data):
        try:
            magic, flow, number = HEAD.unpack_from(data)
        except struct.error:
            magic = flow = number = None
        if magic != MAGIC or flow != self.number or number >= self.sent or data != pattern(flow, number):
            self.bad(f"{len(data)} bytes that were not sent: {data[:24].hex()}")
        elif number in self.seen:
            self.twice += 1
        else:
            self.seen.add(number)
        self.heard()


class Pings(Datagrams):
    """Echo requests; what comes back is checked."""

    def put(self, data):
        packet = struct.pack("!BBHHH", 8, 0, 0, self.number, self.sent & 0xffff) + data
        total = sum(struct.unpack(f"!{len(packet) // 2}H", packet[:len(packet) & ~1]))
        total += packet[-1] << 8 if len(packet) & 1 else 0
        total = (total >> 16) + (total & 0xffff)
        total = ~(total + (total >> 16)) & 0xffff
        self.sender.sendto(packet[:2] + struct.pack("!H", total) + packet[4:], self.to)

    def check(self, data):
        head = (data[0] & 15) * 4
        kind, _, _, identifier, _ = struct.unpack_from("!BBHHH", data, head)
        # raw sockets see requests and errors as well
        if kind == 0 and identifier == self.number:
            super().check(data[head + 8:])


class Stream(Flow):
    """One way of a TCP connection."""

    def __init__(self, link, way, period, sender, receiver):
        super().__init__(link, "tcp", way, period)
        self.sender = sender
        self.came = 0
        self.ended = False
        later(period * (self.number % 16) / 16, self.send)
        selector.register(receiver, selectors.EVENT_READ, self.receive)

    def send(self):
        size = 1 + self.number * 37 % 100 + self.sent * 31 % 3000
        at = self.sent % PERIOD
        try:
            self.sent += self.sender.send(TABLE[at:at + size])
        except BlockingIOError:
            self.refused += 1
        except OSError as error:
            self.bad(f"send: {error}")
            return None
        return self.period

    def receive(self, sock):
        try:
            data = sock.recv(1 << 15)
        except BlockingIOError:
            return
        except OSError as error:
            self.bad(f"receive: {error}")
            data = b""
        if not data:
            selector.unregister(sock)
            self.ended = True
            return
        at = self.came % PERIOD
        if data != TABLE[at:at + len(data)]:
            self.bad(f"a byte from {self.came} on")
        self.came += len(data)
        self.heard()

    def report(self):
        return {**super().report(), "came": self.came, "ended": self.ended}


def made(host, kind, link, address, protocol=0):
    """A socket of an address in a namespace."""
    enter(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, link.encode())
    sock.bind((address, 0 if protocol or kind == socket.SOCK_STREAM else PORT))
    return sock


def add_datagrams(hosts, link, index, period):
    addresses = (f"10.{index}.0.1", f"10.{index}.0.2")
    sixes = (f"fd00:{index}::1", f"fd00:{index}::2")
    udp4 = [made(host, socket.SOCK_DGRAM, link, address) for host, address in zip(hosts, addresses)]
    udp6 = [made(host, socket.SOCK_DGRAM, link, address) for host, address in zip(hosts, sixes)]
    raw = [made(host, socket.SOCK_RAW, link, address, socket.IPPROTO_ICMP) for host, address in zip(hosts, addresses)]
    for this, other, way in ((0, 1, "there"), (1, 0, "back")):
        Datagrams(link, "udp", way, period, udp4[this], udp4[other], (addresses[other], PORT))
        Datagrams(link, "udp6", way, period * 2, udp6[this], udp6[other], (sixes[other], PORT))
        Pings(link, "ping", way, period * 4, raw[this], raw[this], (addresses[other], 0))
        group = made(hosts[other], socket.SOCK_DGRAM, link, GROUP)
        group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         socket.inet_aton(GROUP) + socket.inet_aton(addresses[other]))
        sender = made(hosts[this], socket.SOCK_DGRAM, link, addresses[this], socket.IPPROTO_UDP)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(addresses[this]))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        Datagrams(link, "multicast", way, period * 4, sender, group, (GROUP, PORT))


def add_stream(hosts, link, index, period):
    server = made(hosts[1], socket.SOCK_STREAM, link, f"10.{index}.0.2")
    server.listen(1)
    client = made(hosts[0], socket.SOCK_STREAM, link, f"10.{index}.0.1")
    client.settimeout(60)
    server.settimeout(60)
    client.connect(server.getsockname())
    ends = [client, server.accept()[0]]
    server.close()
    for sock in ends:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # no reset after minutes without an answer
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 3600 * 1000)
    Stream(link, "there", period * 4, ends[0], ends[1])
    Stream(link, "back", period * 4, ends[1], ends[0])


def run_until(ended):
    """Receives, and sends what is due, until ended() is true."""
    while not ended():
        wait = max(0, timers[0][0] - time.monotonic()) if timers else 1
        for key, _ in selector.select(wait):
            key.data(key.fileobj)
        now = time.monotonic()
        while timers and timers[0][0] <= now:
            due, _, call = heapq.heappop(timers)
            again = call()
            if again:
                heapq.heappush(timers, (max(due + again, now), next(turns), call))


def main():
    hosts = sys.argv[1:3]
    for argument in sys.argv[3:]:
        link, index, *rate = argument.split(":")
        period = 1 / float(rate[0] if rate else 1)
        add_datagrams(hosts, link, int(index), period)
        add_stream(hosts, link, int(index), period)
    now = time.monotonic()
    for flow in flows:
        flow.last = now
    print("started", flush=True)
    orders = []
    selector.register(sys.stdin, selectors.EVENT_READ, lambda stdin: orders.append(stdin.readline()))
    run_until(lambda: orders)
    selector.unregister(sys.stdin)
    timers.clear()
    for flow in flows:
        flow.silence = max(flow.silence, time.monotonic() - flow.last)
    streams = [flow for flow in flows if isinstance(flow, Stream)]
    for stream in streams:
        try:
            stream.sender.shutdown(socket.SHUT_WR)
        except OSError as error:
            stream.bad(f"shutdown: {error}")
    # what is still on its way has two seconds
    start = time.monotonic()
    run_until(lambda: time.monotonic() > start + 2 and all(stream.ended for stream in streams)
              or time.monotonic() > start + DRAIN)
    print(json.dumps([flow.report() for flow in flows]), flush=True)


main()
