#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""/dev/camex without TUNSETIFF: the link camex, as the module of that name had it.

plain.py load|late   load: the link is there since the module was loaded, with char_link=1
"""
import ctypes
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402
import tundev as t  # noqa: E402
from tundev import File, echo, error, ip, ip4, ip6, udp  # noqa: E402

LATE = sys.argv[1] == "late"
OURS, THEIRS = "10.9.0.1", "10.9.0.2"
libc = ctypes.CDLL(None, use_errno=True)


def carrier():
    with open("/sys/class/net/camex/carrier") as file:
        return file.read().strip()


def too_big():
    """How many packets were dropped because they are larger than the MTU."""
    answer = subprocess.run(["camexctl", "-j", "stats", "camex"], check=True, capture_output=True)
    return json.loads(answer.stdout)["too_big"]


def exists():
    return os.path.exists("/sys/class/net/camex")


def up(six=False):
    """With IPv6 only where it is wanted: it says things of its own."""
    with open("/proc/sys/net/ipv6/conf/camex/disable_ipv6", "w") as conf:
        conf.write("0" if six else "1")
    ip("address", "replace", f"{OURS}/24", "dev", "camex")
    if six:
        ip("address", "replace", "fd00:9::1/64", "dev", "camex", "nodad")
    ip("link", "set", "camex", "up")


def send(payload, blocking=False):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setblocking(blocking)
        s.sendto(payload, (THEIRS, 9))


def drain(f):
    """What IPv6 says when a link goes up is nobody's here."""
    packets = []
    while f.poll(300) & select.POLLIN:
        packets.append(error(f.read))
    return packets


def opened(six=False):
    f = File("/dev/camex")
    if LATE:
        error(f.write, b"")
    up(six)
    drain(f)
    return f


def test_open():
    tap.equal(exists(), not LATE, "the link is there before any open" if not LATE else
              "there is no link before anybody wants one")
    f = File("/dev/camex")
    tap.equal(exists(), not LATE, "opening makes none")
    tap.equal(error(f.write, b"x" * 19), "EINVAL", "a first write, of too little")
    tap.ok(exists(), "the link is there")
    g = File("/dev/camex") if LATE else None
    tap.equal(error(g.read) if g else error(File, "/dev/camex"), "EBUSY", "a second open is refused")
    up()
    tap.equal(carrier(), "1", "the link has a carrier")
    tap.equal(error(f.iff, "t0", t.IFF_TUN | t.IFF_NO_PI), "EEXIST", "TUNSETIFF comes too late")
    f.close()
    if g:
        g.close()
    tap.equal(exists(), not LATE, "close takes the link away that it made" if LATE else "the link stays")
    if not LATE:
        tap.equal(carrier(), "0", "but has no carrier")
        ip("link", "set", "camex", "down")


def test_move():
    f = File("/dev/camex")
    tap.equal(error(f.iff, "t0", t.IFF_TUN | t.IFF_NO_PI), ("t0", t.IFF_TUN | t.IFF_NO_PI),
              "TUNSETIFF before any read or write")
    g = File("/dev/camex")
    tap.equal(error(g.write, b"x"), "EINVAL", "the link camex is free for another")
    f.close()
    g.close()


def test_packets():
    f = opened()
    tap.equal(error(f.read), "EAGAIN", "nothing to read")
    tap.equal(f.poll(), select.POLLOUT, "poll says so")
    send(b"a" * 72)
    tap.equal(f.poll(2000), select.POLLIN | select.POLLOUT, "a packet to read")
    tap.equal(len(error(f.read)), 100, "it is one packet")
    send(b"b" * 72)
    tap.equal(error(f.read, 99), "EMSGSIZE", "a buffer too small")
    tap.equal(error(f.read), "EAGAIN", "and the packet is gone")
    send(b"c" * 72)
    ctypes.set_errno(0)
    tap.ok(libc.read(f.fd, ctypes.c_void_p(8), ctypes.c_size_t(2000)) < 0 and
           ctypes.get_errno() == t.errno.EFAULT, "a buffer that is none")
    tap.equal(len(error(f.read)), 100, "and the packet is still there")
    tap.equal(error(f.write, ip4(THEIRS, OURS, echo(), 1)), 33, "an echo request")
    f.poll(2000)
    tap.equal(error(f.read)[12:21], socket.inet_aton(OURS) + socket.inet_aton(THEIRS) + b"\0",
              "the answer")
    f.close()
    f = opened(six=True)
    request = t.struct.pack("!BBHHH", 128, 0, 0, 1, 1)
    source, target = (socket.inet_pton(socket.AF_INET6, a) for a in ("fd00:9::2", "fd00:9::1"))
    total = t.checksum(source + target + t.struct.pack("!II", len(request), 58) + request)
    request = request[:2] + t.struct.pack("!H", total) + request[4:]
    packet = ip6("fd00:9::2", "fd00:9::1", request, 58)
    tap.equal(error(f.write, packet), len(packet), "an echo request over IPv6")
    answers = [p for p in drain(f) if p[40:41] == b"\x81"]
    tap.equal(len(answers), 1, "and its answer")
    ip4only = "/sys/module/camex/parameters/char_ipv4only"
    with open(ip4only, "w") as file:
        file.write("1")
    tap.equal(error(f.write, packet), "EINVAL", "with char_ipv4only no IPv6")
    with open(ip4only, "w") as file:
        file.write("0")
    before = too_big()
    for what, data, want in (
            ("20 bytes", ip4(THEIRS, OURS, b""), 20),
            ("19 bytes", ip4(THEIRS, OURS, b"")[:19], "EINVAL"),
            ("65,536 bytes", b"\x45" * 65536, "EINVAL"),
            ("what is not IP", b"\x10" * 20, "EINVAL"),
            ("more than the MTU", ip4(THEIRS, OURS, bytes(1481)), "EMSGSIZE"),
            ("the MTU", ip4(THEIRS, OURS, bytes(1480)), 1500)):
        tap.equal(error(f.write, data), want, f"write of {what}")
    tap.equal(too_big() - before, 1, "the one that was more than the MTU is counted")
    tap.ok(libc.write(f.fd, ctypes.c_void_p(8), ctypes.c_size_t(100)) < 0 and
           ctypes.get_errno() == t.errno.EFAULT, "write of an address that leads nowhere")
    f.close()


def test_queue():
    f = opened()
    ip("link", "set", "camex", "txqueuelen", "10")
    ip("link", "set", "camex", "down")
    up()
    drain(f)
    for _ in range(20):
        send(b"q" * 10)
    packets = drain(f)
    tap.equal(len(packets), 20, "what has no room waits in the qdisc")
    ip("link", "set", "camex", "down")
    up()
    drain(f)
    for _ in range(5):
        send(b"q" * 10)
    f.close()
    f = opened()
    tap.equal(drain(f), [], "close drops the queue")
    f.close()


def test_blocking():
    f = opened()
    os.set_blocking(f.fd, True)
    got = []
    reader = threading.Thread(target=lambda: got.append(error(f.read)))
    reader.start()
    time.sleep(0.2)
    tap.ok(reader.is_alive(), "a blocking read waits")
    send(b"w" * 10)
    reader.join(10)
    tap.equal([len(p) for p in got], [38], "until there is a packet")
    os.set_blocking(f.fd, False)
    epoll = select.epoll()
    epoll.register(f.fd, select.EPOLLIN | select.EPOLLET)
    send(b"e")
    tap.equal(len(epoll.poll(2)), 1, "an edge")
    tap.equal(epoll.poll(0.1), [], "and no more of them")
    send(b"e")
    tap.equal(len(epoll.poll(2)), 1, "a second packet, another edge")
    drain(f)
    os.set_blocking(f.fd, True)
    got.clear()
    reader = threading.Thread(target=lambda: got.append(error(f.read)))
    reader.start()
    time.sleep(0.2)
    ip("link", "del", "camex")
    reader.join(10)
    tap.equal(got, ["ENODEV"], "the link goes: the reader is told")
    tap.equal(f.poll() & select.POLLHUP, select.POLLHUP, "and poll says it")
    tap.equal(error(f.write, ip4(THEIRS, OURS, echo(), 1)), "ENODEV", "and write")
    f.close()


tap.run([test_open, test_move, test_packets, test_queue, test_blocking])
