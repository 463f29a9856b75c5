#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""queue.py LINK: what a file of /dev/camex does when it is full, interrupted, or lied to.

LINK is one that waits for its program. Prints TAP.
"""
import ctypes
import json
import os
import select
import signal
import subprocess
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402
import tundev as t  # noqa: E402
from tundev import File, error, ip, ip4  # noqa: E402

LINK = sys.argv[1]
PLAIN = t.IFF_TUN | t.IFF_NO_PI
libc = ctypes.CDLL(None, use_errno=True)


def counter(link, name):
    answer = subprocess.run(["camexctl", "-j", "stats", link], check=True, capture_output=True)
    return json.loads(answer.stdout)[name]


def quiet(name):
    """It says nothing by itself."""
    with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as conf:
        conf.write("1")


def attached(name, flags, subnet, queue=500):
    """A file of a link that is up, with 10.SUBNET.0.1/24."""
    f = File("/dev/camex")
    f.iff(name, flags)
    quiet(name)
    ip("address", "replace", f"10.{subnet}.0.1/24", "dev", name)
    ip("link", "set", name, "up", "txqueuelen", str(queue))
    return f


def qdisc(name, *kind):
    subprocess.run(["tc", "qdisc", "replace", "dev", name, "root", *kind], check=True)


def send(subnet, times=1, payload=b"x" * 10):
    with t.socket.socket(t.socket.AF_INET, t.socket.SOCK_DGRAM) as s:
        for _ in range(times):
            error(s.sendto, payload, (f"10.{subnet}.0.2", 9))


def drain(f):
    packets = 0
    while isinstance(error(f.read), bytes):
        packets += 1
    return packets


def test_full():
    f = attached(LINK, PLAIN, 20, 4)
    qdisc(LINK, "noqueue")
    send(20, 10)
    tap.equal(drain(f), 4, "without a qdisc a queue of 4 keeps 4 packets of 10")
    tap.equal(counter(LINK, "queue_full"), 6, "and 6 are counted")
    qdisc(LINK, "pfifo", "limit", "3")
    send(20, 10)
    tap.equal(drain(f), 7, "a qdisc for 3 keeps 3 more")
    tap.equal(counter(LINK, "queue_full"), 6, "it is the one that drops the others")
    f.close()


def test_nobody():
    f = attached("n0", PLAIN | t.IFF_MULTI_QUEUE, 21)
    f.iff("", t.IFF_DETACH_QUEUE, t.TUNSETQUEUE)
    send(21, 2)
    tap.equal(counter("n0", "no_endpoint"), 2, "packets that nobody is there to read are counted")
    f.iff("", t.IFF_ATTACH_QUEUE, t.TUNSETQUEUE)
    send(21)
    tap.equal(drain(f), 1, "then somebody is")
    f.close()


def carrier(link):
    with open(f"/sys/class/net/{link}/carrier") as file:
        return file.read().strip()


def test_carrier():
    f = attached("n0", PLAIN | t.IFF_NO_CARRIER, 26)
    tap.equal(carrier("n0"), "0", "IFF_NO_CARRIER: it has none")
    f.pointed(t.TUNSETCARRIER, 1)
    tap.equal(carrier("n0"), "1", "until TUNSETCARRIER")
    f.close()


class Part(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def test_efault():
    f = attached("n0", t.IFF_TUN | t.IFF_VNET_HDR, 22)
    send(22)
    good = ctypes.create_string_buffer(100)
    for size in (0, 2, 4, 8, 14, 30, 51):
        parts = (Part * 2)(Part(ctypes.addressof(good), size), Part(8, 2000))
        ctypes.set_errno(0)
        got = libc.readv(f.fd, parts, 2)
        tap.equal((got, ctypes.get_errno()), (-1, t.errno.EFAULT), f"EFAULT after {size} bytes")
        parts[0].size = min(size, 50)
        got = libc.writev(f.fd, parts, 2)
        tap.equal((got, ctypes.get_errno()), (-1, t.errno.EFAULT), f"of a write, too: {parts[0].size}")
    tap.equal(len(error(f.read)), 4 + 10 + 38, "the packet is still there, all of it")
    tap.equal(counter("n0", "malformed"), 0, "nothing of the writes was taken")
    f.close()


def test_signal():
    class Alarm(Exception):
        pass

    def alarm(*_):
        raise Alarm

    f = attached("n0", PLAIN, 23)
    os.set_blocking(f.fd, True)
    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    tap.raises(Alarm, f.read, "a signal ends a read that waits")
    send(23)
    tap.equal(len(error(f.read)), 38, "the next one gets the next packet")
    f.close()


def test_room():
    """What is written and waits for the other port of a bridge is charged to its writer."""
    f = attached("n0", t.IFF_TAP | t.IFF_NO_PI, 24)
    out = attached("n1", t.IFF_TAP | t.IFF_NO_PI, 25, 1)
    qdisc("n1", "pfifo", "limit", "100")
    ip("link", "add", "bridge0", "type", "bridge", "mcast_snooping", "0")
    quiet("bridge0")
    for name in ("n0", "n1"):
        ip("link", "set", name, "master", "bridge0")
    ip("link", "set", "bridge0", "up")
    f.pointed(t.TUNSETSNDBUF, 8000)
    epoll = select.epoll()
    epoll.register(f.fd, select.EPOLLOUT | select.EPOLLET)
    tap.equal([events for _, events in epoll.poll(2)], [select.EPOLLOUT], "there is room")
    packet = b"\x02\0\0\0\0\x0a\x02\0\0\0\0\x09\x08\0" + ip4("10.24.0.2", "10.25.0.2", b"x" * 1000)
    written = 0
    while written < 100 and error(f.write, packet) == len(packet):
        written += 1
    tap.ok(1 < written < 20, f"until {written} packets wait")
    tap.equal(error(f.write, packet), "EAGAIN", "then there is none")
    tap.equal(f.poll() & select.POLLOUT, 0, "poll says so")
    epoll.poll(0)
    tap.equal(drain(out), written, "all of them are sent")
    tap.equal([events for _, events in epoll.poll(2)], [select.EPOLLOUT], "an edge: there is room")
    os.set_blocking(f.fd, True)
    if (child := os.fork()) == 0:
        for _ in range(3 * written):
            f.write(packet)
        os._exit(0)
    got = 0
    while got < 3 * written and out.poll(20000) & select.POLLIN:
        got += drain(out)
    tap.equal(got, 3 * written, "a blocking write waits for room, and loses nothing")
    tap.equal(os.waitpid(child, 0)[1], 0, "and ends")
    f.close()
    out.close()
    ip("link", "del", "bridge0")


tap.run([test_full, test_nobody, test_carrier, test_efault, test_signal, test_room])
