#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""calls.py DEVICE: what DEVICE answers to each call of a program that knows /dev/net/tun.

A line for each call; the same lines from /dev/net/tun and from /dev/camex mean that the program
does not see which it is.
"""
import ctypes
import os
import signal
import socket
import sys
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here]
sys.dont_write_bytecode = True
from tundev import *  # noqa: E402, F403
from tundev import File, error, ip, ip4, ip6, udp, echo  # noqa: E402
import tundev as t  # noqa: E402

PATH = sys.argv[1]
OURS, THEIRS = "10.9.0.1", "10.9.0.2"
libc = ctypes.CDLL(None, use_errno=True)


def say(what, got):
    if isinstance(got, bytes):
        got = f"{len(got)} bytes {got[:4].hex()}"
    print(f"{what}: {got}", flush=True)


def faulty(call, fd, size):
    """read or write with an address that leads nowhere"""
    got = call(fd, ctypes.c_void_p(8), ctypes.c_size_t(size))
    return t.errno.errorcode[ctypes.get_errno()] if got < 0 else got


def exists(name):
    return name in [link for _, link in socket.if_nameindex()]


def opened(name="", flags=t.IFF_TUN | t.IFF_NO_PI):
    f = File(PATH)
    f.iff(name, flags)
    return f


def up(name):
    """No packets but those that somebody asks for."""
    with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as conf:
        conf.write("1")
    ip("address", "add", f"{OURS}/24", "dev", name)
    ip("link", "set", name, "up")


def send(payload, port=9):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(payload, (THEIRS, port))


def tcp(payload):
    """A segment of no connection, with its checksum: who gets it answers with RST."""
    header = t.struct.pack("!HHIIBBHHH", 7, 9, 1, 1, 0x50, 0x10, 1000, 0, 0)
    pseudo = socket.inet_aton(THEIRS) + socket.inet_aton(OURS) + t.struct.pack("!HH", 6, 20 + len(payload))
    check = t.struct.pack("!H", t.checksum(pseudo + header + payload))
    return ip4(THEIRS, OURS, header[:16] + check + header[18:] + payload, 6)


def segments(f, ethernet=b""):
    """Those that come together, and whose checksum is no business of the writer's."""
    together = t.struct.pack("=BBHHHHH", 0, t.GSO_TCPV4, len(ethernet) + 40, 100, 0, 0, 0)
    for payload in (b"x" * 250, b""):
        say(f"a segment of {len(payload)} bytes, to be cut", error(f.write, together + ethernet + tcp(payload)))
    f.poll(2000)
    say("the answer", error(f.read))
    say("UDP, to be cut as TCP", error(
        f.write, together + ethernet + ip4(THEIRS, OURS, udp(7, 9, b"x" * 250))))


def without_link():
    f = File(PATH)
    say("poll without a link", f.poll())
    for name in ("TUNGETIFF", "TUNSETQUEUE"):
        say(f"{name} without a link", error(f.iff, "", t.IFF_ATTACH_QUEUE, getattr(t, name)))
    for name in ("TUNSETPERSIST", "TUNSETOWNER", "TUNSETGROUP", "TUNSETOFFLOAD", "TUNSETDEBUG"):
        say(f"{name} without a link", error(f.number, getattr(t, name), 0))
    for name in ("TUNSETSNDBUF", "TUNSETVNETHDRSZ", "TUNGETVNETHDRSZ", "TUNSETVNETLE"):
        say(f"{name} without a link", error(f.pointed, getattr(t, name), 10))
    say("another ioctl without a link", error(f.number, 0x5401, 0))
    say("lseek", error(os.lseek, f.fd, 0, os.SEEK_SET))
    say("neither TUN nor TAP", error(f.iff, "t1", t.IFF_NO_PI))
    say("a name with a slash", error(f.iff, "a/b", t.IFF_TUN))
    say("of another kind of link", error(f.iff, "lo", t.IFF_TUN))
    say("a name with two %d", error(f.iff, "a%d%d", t.IFF_TUN))
    say("TUNGETFEATURES has what we use", f.pointed(t.TUNGETFEATURES) & FEATURES == FEATURES)
    f.close()


def names():
    a, b, c = File(PATH), File(PATH), File(PATH)
    say("no name", error(a.iff, "", t.IFF_TUN | t.IFF_NO_PI))
    say("a pattern", error(b.iff, "p%d", t.IFF_TUN | t.IFF_NO_PI))
    say("the same pattern", error(c.iff, "p%d", t.IFF_TUN | t.IFF_NO_PI))
    say("TUNSETIFF again", error(a.iff, "", t.IFF_TUN))
    say("TUNGETIFF", error(b.iff, "", 0, t.TUNGETIFF))
    b.close()
    b = File(PATH)
    say("the pattern when its link is gone", error(b.iff, "p%d", t.IFF_TUN | t.IFF_NO_PI))
    for f in (a, b, c):
        f.close()
    say("links are gone", [exists(n) for n in ("tun0", "p0", "p1")])


def again():
    """A link that is there already."""
    f = opened("t0")
    other = File(PATH)
    say("taken", error(other.iff, "t0", t.IFF_TUN | t.IFF_NO_PI))
    say("as TAP", error(other.iff, "t0", t.IFF_TAP | t.IFF_NO_PI))
    say("with more queues", error(other.iff, "t0", t.IFF_TUN | t.IFF_MULTI_QUEUE))
    say("exclusively", error(other.iff, "t0", t.IFF_TUN | t.IFF_TUN_EXCL))
    say("TUNSETPERSIST", error(f.number, t.TUNSETPERSIST, 1))
    say("TUNGETIFF of a persistent one", error(f.iff, "", 0, t.TUNGETIFF))
    f.close()
    say("it stays", exists("t0"))
    say("attached again, with another header", error(other.iff, "t0", t.IFF_TUN))
    say("TUNGETIFF", error(other.iff, "", 0, t.TUNGETIFF))
    say("no TUNSETPERSIST", error(other.number, t.TUNSETPERSIST, 0))
    other.close()
    say("it goes", exists("t0"))


def numbers():
    f = opened("t0")
    say("TUNGETSNDBUF", error(f.pointed, t.TUNGETSNDBUF))
    for size in (-1, 0, 1, 100000):
        say(f"TUNSETSNDBUF {size}", error(f.pointed, t.TUNSETSNDBUF, size))
    say("TUNGETSNDBUF", error(f.pointed, t.TUNGETSNDBUF))
    for size in (-1, 0, 9, 10, 11, 12, 20):
        say(f"TUNSETVNETHDRSZ {size}", error(f.pointed, t.TUNSETVNETHDRSZ, size))
    say("TUNGETVNETHDRSZ", error(f.pointed, t.TUNGETVNETHDRSZ))
    say("TUNSETVNETLE", error(f.pointed, t.TUNSETVNETLE, 1))
    say("TUNGETVNETLE", error(f.pointed, t.TUNGETVNETLE))
    for flags in range(0x20):
        say(f"TUNSETOFFLOAD {flags}", error(f.number, t.TUNSETOFFLOAD, flags))
    say("TUNSETOFFLOAD of what there is not", error(f.number, t.TUNSETOFFLOAD, 0x8000))
    say("TUNSETNOCSUM", error(f.number, t.TUNSETNOCSUM, 1))
    say("TUNSETDEBUG", error(f.number, t.TUNSETDEBUG, 0))
    say("TUNSETQUEUE of one queue", error(f.iff, "", t.IFF_DETACH_QUEUE, t.TUNSETQUEUE))
    say("TUNSETQUEUE of an attached one", error(f.iff, "", t.IFF_ATTACH_QUEUE, t.TUNSETQUEUE))
    say("TUNSETQUEUE of nothing", error(f.iff, "", 0, t.TUNSETQUEUE))
    for carrier in (0, 1):
        say(f"TUNSETCARRIER {carrier}", error(f.pointed, t.TUNSETCARRIER, carrier))
    say("another ioctl", error(f.number, 0x5401, 0))
    f.close()


def as_user():
    """What needs CAP_NET_ADMIN, and what an owner may do without."""
    f = opened("t0")
    f.number(t.TUNSETPERSIST, 1)
    f.close()
    f = File(PATH)
    for what, request, value in (("nobody's", None, 0), ("another user's", t.TUNSETOWNER, 1000),
                                 ("its owner's", t.TUNSETOWNER, 1001),
                                 ("another group's", t.TUNSETGROUP, 1000),
                                 ("its group's", t.TUNSETGROUP, 1001)):
        if request:
            g = opened("t0")
            say(f"for {what}", error(g.number, request, value))
            g.close()
        g = File(PATH)
        if (child := os.fork()) == 0:
            os.setgroups([])
            os.setresgid(1001, 1001, 1001)
            os.setresuid(1001, 1001, 1001)
            say(f"a user attaches: {what}", error(g.iff, "t0", t.IFF_TUN | t.IFF_NO_PI))
            say("a user makes a link", error(File.iff, f, "t1", t.IFF_TUN))
            os._exit(0)
        os.waitpid(child, 0)
        g.close()
    f.close()
    g = opened("t0")
    say("TUNSETOWNER nobody", error(g.number, t.TUNSETOWNER, -1))
    g.number(t.TUNSETPERSIST, 0)
    g.close()


def packets():
    f = opened("t0")
    say("poll of a link that is down", f.poll())
    say("write to a link that is down", error(f.write, ip4(THEIRS, OURS, udp(1, 2, b"x"))))
    say("read of a link that is down", error(f.read))
    up("t0")
    say("poll", f.poll())
    say("read of nothing", error(f.read))
    say("read of no bytes", error(f.read, 0))
    send(b"1")
    say("poll with a packet", f.poll(2000))
    say("read", error(f.read))
    send(b"2" * 100)
    f.poll(2000)
    say("read into little", error(f.read, 50))
    say("read of the rest", error(f.read))
    send(b"3")
    send(b"4" * 10)
    f.poll(2000)
    say("readv", error(os.readv, f.fd, [bytearray(7), bytearray(100)]))
    say("read of the next", error(f.read))
    say("read of what cannot be written to", faulty(libc.read, f.fd, 100))
    say("write of nothing", error(f.write, b""))
    say("write of what is no packet", error(f.write, b"\x10" * 40))
    say("write of one byte", error(f.write, b"\x45"))
    say("write of an address that leads nowhere", faulty(libc.write, f.fd, 100))
    say("write of an echo request", error(f.write, ip4(THEIRS, OURS, echo(), 1)))
    say("poll for the answer", f.poll(2000))
    say("the answer", error(f.read))
    packet = ip4(THEIRS, OURS, echo(b"v" * 100), 1)
    say("writev", error(os.writev, f.fd, [packet[:3], packet[3:21], packet[21:]]))
    f.poll(2000)
    say("the answer", error(f.read))
    say("write of the largest packet", error(f.write, ip4(THEIRS, OURS, udp(1, 2, b"l" * 65507))))
    say("write of IPv6", error(f.write, ip6("fd00::2", "fd00::1", udp(1, 2, b"x"))))
    ip("link", "del", "t0")
    say("poll of a link that is gone", f.poll() & 8)
    say("read", error(f.read))
    say("write", error(f.write, packet))
    say("TUNGETIFF", error(f.iff, "", 0, t.TUNGETIFF))
    say("another link", error(f.iff, "t1", t.IFF_TUN))
    f.close()


def header():
    """Without IFF_NO_PI."""
    f = opened("t0", t.IFF_TUN)
    up("t0")
    send(b"1")
    f.poll(2000)
    say("read with PI", error(f.read))
    send(b"1" * 100)
    f.poll(2000)
    say("read into little", error(f.read, 50))
    send(b"1")
    f.poll(2000)
    say("read into less than PI", error(f.read, 3))
    say("write of less than PI", error(f.write, b"\0\0\x08"))
    say("write with PI", error(f.write, b"\0\0\x08\0" + ip4(THEIRS, OURS, echo(), 1)))
    f.poll(2000)
    say("the answer", error(f.read))
    f.close()


def vnet():
    f = opened("t0", t.IFF_TUN | t.IFF_NO_PI | t.IFF_VNET_HDR)
    up("t0")
    packet = ip4(THEIRS, OURS, echo(), 1)
    send(b"1")
    f.poll(2000)
    say("read with a header", error(f.read))
    say("write of less than a header", error(f.write, b"\0" * 9))
    say("write with a header", error(f.write, b"\0" * 10 + packet))
    f.poll(2000)
    say("the answer", error(f.read))
    f.pointed(t.TUNSETVNETHDRSZ, 12)
    say("write with a larger header", error(f.write, b"\0" * 12 + packet))
    f.poll(2000)
    say("the answer", error(f.read))
    lies = {
        "a checksum behind the end": (t.NEEDS_CSUM, 0, 0, 0, len(packet), 0),
        "a checksum that starts behind the end": (t.NEEDS_CSUM, 0, 0, 0, 60000, 60000),
        "headers longer than the packet": (0, 0, 1000, 0, 0, 0),
        "segments of no kind": (0, 77, 0, 100, 0, 0),
        "segments of no size": (t.NEEDS_CSUM, t.GSO_TCPV4, 40, 0, 20, 16),
        "a packet shorter than TCP": (t.NEEDS_CSUM, t.GSO_TCPV4, 20, 100, 20, 16),
    }
    for lie, values in lies.items():
        say(lie, error(f.write, t.struct.pack("=BBHHHHH", *values, 0) + packet))
    segments(f)
    f.number(t.TUNSETOFFLOAD, t.TUN_F_CSUM)
    send(b"1")
    f.poll(2000)
    got = f.read()
    say("a checksum left to the reader", t.struct.unpack("=BBHHHH", got[:10]))
    f.close()


def queues():
    flags = t.IFF_TUN | t.IFF_NO_PI | t.IFF_MULTI_QUEUE
    f, g, h = opened("t0", flags), File(PATH), File(PATH)
    say("a second queue", error(g.iff, "t0", flags))
    say("not as one of many", error(h.iff, "t0", t.IFF_TUN | t.IFF_NO_PI))
    say("detached", error(g.iff, "", t.IFF_DETACH_QUEUE, t.TUNSETQUEUE))
    say("detached again", error(g.iff, "", t.IFF_DETACH_QUEUE, t.TUNSETQUEUE))
    say("TUNGETIFF", error(g.iff, "", 0, t.TUNGETIFF))
    say("read while detached", error(g.read))
    say("TUNSETIFF while detached", error(g.iff, "t0", flags))
    say("attached", error(g.iff, "", t.IFF_ATTACH_QUEUE, t.TUNSETQUEUE))
    say("attached again", error(g.iff, "", t.IFF_ATTACH_QUEUE, t.TUNSETQUEUE))
    f.close()
    say("one of two closed", exists("t0"))
    say("detached", error(g.iff, "", t.IFF_DETACH_QUEUE, t.TUNSETQUEUE))
    say("all detached", exists("t0"))
    g.close()
    say("both closed", exists("t0"))
    many = [opened("t0", flags) for _ in range(256)]
    say("one too many", error(h.iff, "t0", flags))
    many[0].iff("", t.IFF_DETACH_QUEUE, t.TUNSETQUEUE)
    say("one too many, and one detached", error(h.iff, "t0", flags))
    for one in [h, *many]:
        one.close()


def arp(mac, source, target):
    return b"\xff" * 6 + mac + b"\x08\x06" + t.struct.pack(
        "!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, mac, socket.inet_aton(source), b"\0" * 6,
        socket.inet_aton(target))


def frames():
    """IFF_TAP."""
    f, g = File(PATH), File(PATH)
    say("no name", error(g.iff, "", t.IFF_TAP | t.IFF_NO_PI))
    g.close()
    say("a TAP", error(f.iff, "t0", t.IFF_TAP | t.IFF_NO_PI))
    say("as TUN", error(File.iff, File(PATH), "t0", t.IFF_TUN | t.IFF_NO_PI))
    say("TUNGETIFF", error(f.iff, "", 0, t.TUNGETIFF))
    mac = b"\x02\0\0\0\0\x07"
    request = t.struct.pack("16sH6s16x", b"t0", 1, mac)
    say("SIOCSIFHWADDR", error(t.fcntl.ioctl, f.fd, 0x8924, request)[16:24])
    say("SIOCGIFHWADDR", error(t.fcntl.ioctl, f.fd, 0x8927, bytes(40))[16:24])
    say("what is no address", error(t.fcntl.ioctl, f.fd, 0x8924, t.struct.pack(
        "16sH6s16x", b"t0", 1, b"\xff" * 6)))
    with open("/proc/net/dev") as links:
        say("it is there", " t0:" in links.read())
    up("t0")
    far = b"\x02\0\0\0\0\x09"
    say("write of half an Ethernet header", error(f.write, far * 2))
    say("write of an ARP request", error(f.write, arp(far, THEIRS, OURS)))
    f.poll(2000)
    answer = error(f.read)
    say("the answer", answer)
    say("it is", (answer[:6] == far, answer[6:12] == mac, answer[12:14].hex()))
    say("write of an echo request", error(f.write, mac + far + b"\x08\0" + ip4(THEIRS, OURS, echo(), 1)))
    f.poll(2000)
    say("the answer", error(f.read)[12:])
    say("write of another EtherType", error(f.write, mac + far + b"\x88\xb5" + b"x" * 50))
    f.close()
    f = opened("t0", t.IFF_TAP)
    up("t0")
    say("with PI", error(f.write, b"\0\0\x08\x06" + arp(far, THEIRS, OURS)))
    f.poll(2000)
    answer = error(f.read)
    say("the answer", (len(answer), answer[:4].hex()))
    f.close()
    f = opened("t0", t.IFF_TAP | t.IFF_NO_PI | t.IFF_VNET_HDR)
    t.fcntl.ioctl(f.fd, 0x8924, request)
    f.pointed(t.TUNSETVNETHDRSZ, 12)
    up("t0")
    ip("neighbour", "add", THEIRS, "lladdr", far.hex(":"), "dev", "t0")
    segments(f, mac + far + b"\x08\0")
    f.close()


def signals():
    """O_ASYNC: SIGIO comes with a packet."""
    f = opened("t0")
    up("t0")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
    say("O_ASYNC", error(t.fcntl.fcntl, f.fd, t.fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC))
    say("F_SETOWN", error(t.fcntl.fcntl, f.fd, t.fcntl.F_SETOWN, os.getpid()))
    say("before a packet", signal.sigtimedwait({signal.SIGIO}, 0.05))
    send(b"1")
    say("a packet", getattr(signal.sigtimedwait({signal.SIGIO}, 2), "si_signo", None) == signal.SIGIO)
    say("without O_ASYNC", error(t.fcntl.fcntl, f.fd, t.fcntl.F_SETFL, os.O_NONBLOCK))
    send(b"2")
    say("a packet", signal.sigtimedwait({signal.SIGIO}, 0.05))
    f.close()


def forwarding():
    """How many ports of a bridge forward already."""
    links = t.subprocess.run(["bridge", "link"], stdout=t.subprocess.PIPE, text=True, check=True)
    return links.stdout.count("state forwarding")


def room():
    """TUNSETSNDBUF: what is on its way takes room, here in a queue behind a bridge."""
    f = opened("t0", t.IFF_TAP | t.IFF_NO_PI)
    with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as conf:
        conf.write("1")
    for link in ("br0", "bridge"), ("slow0", "dummy"):
        ip("link", "add", link[0], "type", link[1])
    for link in "t0", "slow0":
        ip("link", "set", link, "master", "br0", "up")
    ip("link", "set", "br0", "up")
    t.subprocess.run(["tc", "qdisc", "add", "dev", "slow0", "root", "tbf", "rate", "10kbit",
                      "burst", "2000", "limit", "100000"], check=True)
    deadline = time.monotonic() + 5
    while forwarding() != 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    say("ports that forward", forwarding())
    say("TUNSETSNDBUF", error(f.pointed, t.TUNSETSNDBUF, 20000))
    frame = b"\x02\0\0\0\0\x08\x02\0\0\0\0\x09\x88\xb5" + b"x" * 1000
    answers = [error(f.write, frame) for _ in range(40)]
    full = answers.index("EAGAIN") if "EAGAIN" in answers else 40
    say("some are taken, then none", (0 < full < 40, set(answers[:full]), set(answers[full:])))
    say("poll", bool(f.poll() & t.select.POLLOUT))
    os.set_blocking(f.fd, True)
    say("a write that waits", error(f.write, frame))
    f.close()
    for link in "br0", "slow0":
        ip("link", "del", link)


FEATURES = t.IFF_TUN | t.IFF_TAP | t.IFF_NO_PI | t.IFF_VNET_HDR | t.IFF_MULTI_QUEUE
for part in (without_link, names, again, numbers, as_user, packets, header, vnet, queues, frames, signals, room):
    print(f"--- {part.__name__}", flush=True)
    part()
