#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""refused.py NAME TRANSPORT RX ERRNO WANTED: asks for a device camex that the kernel refuses with that error, again and
again, while connections and datagrams arrive at its port on 127.0.0.1, of those kinds that the transport has.
Ends when WANTED of each kind have arrived while there was a device, and says how many. Whether one has arrived is
for TCP what connect() says, and for UDP what the kernel does not count as for a port that nobody has, so nothing
else in the namespace may send.
"""
import errno
import mmap
import os
import signal
import socket
import struct
import sys
import time

PORT = 7000
ADDRESS = ("127.0.0.1", PORT)
# enough for the slowest kernel: each second has some hundreds of requests
SECONDS = 300
# as many requests at a time
STEP = 5
TRANSPORTS = {"udp": (0, ["udp"]), "tcp": (3, ["tcp"]), "udp,tcp": (4, ["udp", "tcp"])}
RXS = {"udp": 0, "netfilter": 1}
RTM_NEWLINK, RTM_DELLINK = 16, 17
REQUEST, ACK, EXCL, CREATE = 1, 4, 0x200, 0x400
IFNAME, LINKINFO, KIND, DATA = 3, 18, 1, 2
DEV_TRANSPORT, DEV_RX, DEV_PORT = 3, 6, 7


def attribute(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def request(name, transport, rx):
    """RTM_NEWLINK"""
    data = attribute(DEV_TRANSPORT, struct.pack("=I", transport)) + attribute(DEV_PORT, struct.pack("=H", PORT))
    if rx:
        data += attribute(DEV_RX, struct.pack("=I", rx))
    info = attribute(KIND, b"camex\0") + attribute(DATA, data)
    body = bytes(16) + attribute(IFNAME, name.encode() + b"\0") + attribute(LINKINFO, info)
    return struct.pack("=IHHII", len(body) + 16, RTM_NEWLINK, REQUEST | ACK | EXCL | CREATE, 1, 0) + body


def answer(message):
    """errno, 0 for none"""
    length, kind = struct.unpack_from("=IH", message)
    if kind != 2 or length < 20:
        sys.exit(f"refused.py: no answer, but a message of type {kind}")
    return -struct.unpack_from("=i", message, 16)[0]


def pause():
    """With one CPU a process comes into a request that is under way if it wakes up there."""
    time.sleep(0.0001)


def connect_for_ever(hits):
    while True:
        pause()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.settimeout(1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                s.connect(ADDRESS)
                hits[0] = min(255, hits[0] + 1)
                s.sendall(b"\0\x05hello")
            except OSError:
                pass


def send_for_ever(_):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        while True:
            pause()
            s.sendto(b"hello", ADDRESS)


def datagrams():
    """how many were sent for which there was a port"""
    with open("/proc/net/snmp", encoding="ascii") as f:
        names, numbers = [line.split() for line in f if line.startswith("Udp:")]
    of = dict(zip(names, numbers))
    return int(of["OutDatagrams"]) - int(of["NoPorts"])


class Flood:
    """what arrives of one kind, from a process of its own"""

    def __init__(self, kind, wanted):
        self.kind = kind
        self.wanted = wanted
        self.shared = mmap.mmap(-1, 1)
        self.before = datagrams()
        self.hits = 0
        self.pid = os.fork()
        if not self.pid:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # it has used more of the CPU than the requests, so an ordinary process would not interrupt them
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            (connect_for_ever if kind == "tcp" else send_for_ever)(self.shared)

    def enough(self):
        """have so many arrived?"""
        if self.kind == "tcp":
            self.hits = self.shared[0]
        elif datagrams() >= self.before + self.wanted:
            # some may be on their way, not counted as lost yet
            os.kill(self.pid, signal.SIGSTOP)
            time.sleep(0.1)
            self.hits = datagrams() - self.before
            os.kill(self.pid, signal.SIGCONT)
        return self.hits >= self.wanted

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def main():
    name, transport, rx, expected, wanted = sys.argv[1:]
    number, kinds = TRANSPORTS[transport]
    message = request(name, number, RXS[rx])
    rtnl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    rtnl.settimeout(60)
    floods = [Flood(kind, int(wanted)) for kind in kinds]
    until = time.monotonic() + SECONDS
    tries = 0
    error = None
    try:
        while not error and time.monotonic() < until:
            rtnl.send(message)
            got = answer(rtnl.recv(65536))
            tries += 1
            if errno.errorcode.get(got) != expected:
                error = f"request {tries} ends with {errno.errorcode.get(got, got)}"
            elif tries % STEP == 0 and all([flood.enough() for flood in floods]):
                break
    finally:
        for flood in floods:
            flood.end()
    print(f"{tries} requests, " + ", ".join(f"{flood.kind}: {flood.hits}" for flood in floods))
    if not error and any(flood.hits < flood.wanted for flood in floods):
        error = f"too few arrived within {SECONDS} s"
    if error:
        sys.exit(f"refused.py: {error}")


main()
