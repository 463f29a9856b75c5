#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""queue.py LINK: what a file of /dev/camex does when it is full, interrupted, or lied to.

LINK is one that waits for its program. Prints TAP.
"""
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402
import tundev as t  # noqa: E402
from tundev import File, error, ip  # noqa: E402

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


def drain(f, least=0):
    """Reads all packets. A qdisc goes on in a softirq, which may be ksoftirqd's: waits for the least."""
    packets, until = 0, time.monotonic() + 10
    while True:
        if isinstance(error(f.read), bytes):
            packets += 1
        elif packets >= least or time.monotonic() > until:
            return packets
        else:
            f.poll(100)


def qdisc_drops(name):
    answer = subprocess.run(["tc", "-s", "-j", "qdisc", "show", "dev", name], check=True, capture_output=True)
    return json.loads(answer.stdout)[0]["drops"]


def test_full():
    f = attached(LINK, PLAIN, 20, 4)
    qdisc(LINK, "noqueue")
    send(20, 10)
    tap.equal(drain(f), 4, "without a qdisc a queue of 4 keeps 4 packets of 10")
    tap.equal(counter(LINK, "queue_full"), 6, "and 6 are counted")
    qdisc(LINK, "pfifo", "limit", "3")
    send(20, 10)
    tap.equal(qdisc_drops(LINK), 3, "of 10 packets more a qdisc for 3 drops 3")
    tap.equal(drain(f, 7), 7, "it keeps 3, the queue 4")
    tap.equal(counter(LINK, "queue_full"), 6, "the queue drops none of them")
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


tap.run([test_full, test_nobody, test_carrier, test_efault, test_signal])
