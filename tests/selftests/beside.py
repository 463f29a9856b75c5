#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Links of /dev/camex beside those of /dev/net/tun: what all others than their program see.

In a network namespace of its own. Prints TAP.
"""
import os
import select
import socket
import struct
import subprocess
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402
import tundev as t  # noqa: E402
from bothdev import CAMEX, FRAMES, PLAIN, alike, opened, up, wait_for  # noqa: E402
from stamps import stamps  # noqa: E402
from tundev import File, error, ip, ip4, ip6, udp  # noqa: E402


def output(*command):
    got = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return got.returncode, got.stdout


def sysfs(name, link="t0"):
    try:
        with open(f"/sys/class/net/{link}/{name}") as file:
            return file.read().strip()
    except OSError as e:
        return t.errno.errorcode[e.errno]


# --- what sysfs and ethtool tell ---

def attributes(path):
    got = []
    for flags in (PLAIN, FRAMES, FRAMES | t.IFF_MULTI_QUEUE | t.IFF_VNET_HDR):
        f = opened(path, flags)
        got.append([sysfs(name) for name in ("tun_flags", "owner", "group")])
        f.number(t.TUNSETOWNER, 1000)
        f.number(t.TUNSETGROUP, 1001)
        f.number(t.TUNSETPERSIST, 1)
        got.append([sysfs(name) for name in ("tun_flags", "owner", "group")])
        f.number(t.TUNSETPERSIST, 0)
        f.close()
    return got


def settings(path):
    f = opened(path, FRAMES)
    up()
    got = [output("ethtool", "-s", "t0", "speed", "1000", "duplex", "half"), output("ethtool", "t0"),
           sysfs("speed"), sysfs("duplex"), output("ethtool", "-T", "t0")]
    # levels of messages are debugging, which tun.ko has and camex has not
    got[1] = (0, [line for line in got[1][1].splitlines() if line.strip() and "message" not in line])
    f.close()
    return got


def test_told():
    alike("tun_flags, owner and group in sysfs", attributes)
    got = alike("ethtool -s, ethtool, ethtool -T", settings)
    tap.equal(got[2:4], ["1000", "half"], "the speed is what ethtool set")
    f = opened(CAMEX, FRAMES)
    up()
    tap.equal((sysfs("speed"), sysfs("duplex")), ("10000", "full"), "and 10 Gbit/s before")
    f.close()


# --- time stamps ---

def stamped(path):
    got = []
    for flags in (PLAIN, FRAMES):
        f = opened(path, flags)
        up()
        if flags == FRAMES:
            ip("neighbour", "add", "10.9.0.2", "lladdr", "02:00:00:00:00:09", "dev", "t0")
        got.append(stamps(lambda s: s.sendto(b"x", ("10.9.0.2", 9)), 3))
        f.close()
    return got


def test_stamps():
    tap.equal(alike("time stamps of what is sent", stamped), [3, 3], "there is one for each packet")


# --- a bond that agrees with the other end ---

def lacp(path):
    f = opened(path, FRAMES)
    ip("link", "add", "bond7", "type", "bond", "mode", "802.3ad", "miimon", "100", "lacp_rate", "fast")
    ip("link", "set", "t0", "master", "bond7")
    ip("link", "set", "bond7", "up")
    got = wait_for(f, lambda frame: frame[12:14] == b"\x88\x09")
    ip("link", "del", "bond7")
    f.close()
    return got


def test_bond():
    tap.equal(alike("LACPDUs of a bond in mode 802.3ad", lacp), True, "there are some")


# --- packet sockets ---

KINDS = [(kind, proto) for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW) for proto in (0, 3, 0x800)]


def packets(path):
    got = []
    f = opened(path, PLAIN)
    up()
    for number, (kind, proto) in enumerate(KINDS):
        for packet in (ip4("10.9.0.1", "10.9.0.2", udp(1, 2, bytes([number]))),
                       ip6("fd00::1", "fd00::2", udp(1, 2, bytes([number])))):
            if proto == 0x800 and packet[0] >> 4 == 6:
                continue
            with socket.socket(socket.AF_PACKET, kind, 0) as s:
                s.sendto(packet, ("t0", proto))
            f.poll(1000)
            got.append(error(f.read))
    f.close()
    f = opened(path, FRAMES)
    up()
    for kind, proto in KINDS:
        with socket.socket(socket.AF_PACKET, kind, 0) as s:
            if kind == socket.SOCK_RAW:
                s.sendto(b"\x02" * 12 + b"\x88\xb5" + b"x" * 50, ("t0", proto))
            else:
                s.sendto(b"x" * 50, ("t0", proto, 0, 1, b"\x02\0\0\0\0\x09"))
        f.poll(1000)
        frame = error(f.read)
        got.append(frame[:6] + frame[12:] if isinstance(frame, bytes) else frame)
    f.close()
    return got


def test_packet_sockets():
    got = alike("what packet sockets send", packets)
    tap.equal([type(packet) for packet in got], [bytes] * len(got), "is all to be read")


# --- a link whose protocol puts something around each packet ---

def test_boundaries():
    """A program reads one datagram at a time, whatever offloads it says that it can take."""
    for protocol, keys in (("camex", ["key-file", sys.argv[1]]), ("jtunnel", ["key-file", sys.argv[1]]),
                           ("jtunnel", [])):
        what = f"protocol {protocol}, with a key" if keys else f"protocol {protocol}, without a key"
        subprocess.run(["camexctl", "dev", "add", "e0", "transport", "char", "protocol", protocol], check=True)
        if keys:
            subprocess.run(["camexctl", "key", "set", "e0", "far", *keys], check=True)
        f = File(CAMEX)
        f.iff("e0", PLAIN)
        f.number(t.TUNSETOFFLOAD, t.TUN_F_CSUM | t.TUN_F_TSO4 | t.TUN_F_TSO6)
        up("e0", "10.8.0.1/24")
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
            s.setsockopt(263, 15, 1)        # SOL_PACKET, PACKET_VNET_HDR
            segments = struct.pack("=BBHHHH", t.NEEDS_CSUM, t.GSO_TCPV4, 40, 1000, 20, 16)
            tcp = struct.pack("!HHIIBBHHH", 1, 2, 1, 1, 0x50, 0x10, 1000, 0, 0) + b"x" * 20000
            for _ in range(5):
                s.sendto(segments + ip4("10.8.0.1", "10.8.0.2", tcp, 6), ("e0", 0x800))
        sizes = []
        while f.poll(1000) & select.POLLIN:
            sizes.append(len(f.read()))
        tap.equal((sum(size > 1000 for size in sizes), max(sizes) < 1200), (100, True),
                  f"{what}: 100 packets of 5 batches are 100 datagrams")
        f.close()
        ip("link", "del", "e0")


# --- who may do what ---

def test_nowait():
    """RWF_NOWAIT: what has no link yet takes no lock for one."""
    def read_nowait(f):
        return error(os.preadv, f.fd, [bytearray(100)], 0, os.RWF_NOWAIT)

    f = File(CAMEX)
    tap.equal((read_nowait(f), os.path.exists("/sys/class/net/camex")), ("EAGAIN", False),
              "a read that must not wait makes no link")
    tap.equal((error(f.read, 100), os.path.exists("/sys/class/net/camex")), ("EAGAIN", True),
              "one that may does")
    tap.equal(read_nowait(f), "EAGAIN", "then there is nothing to be read")
    with open("/proc/sys/net/ipv6/conf/camex/disable_ipv6", "w") as conf:
        conf.write("1")
    up("camex", "10.7.0.1/24")
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as s:
        s.sendto(ip4("10.7.0.1", "10.7.0.2", udp(1, 2, b"x")), ("camex", 0x800))
    f.poll(2000)
    tap.equal(read_nowait(f), 29, "and then there is")
    f.close()


def as_user(user, function):
    """function() as that user in a process of its own, whose files are ours."""
    if (child := os.fork()) == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        function()
        os._exit(0)
    os.waitpid(child, 0)


def opened_by(user):
    """A file of /dev/camex that this user has opened, and we have got from it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    as_user(user, lambda: socket.send_fds(theirs, [b"x"], [os.open(CAMEX, os.O_RDWR | os.O_NONBLOCK)]))
    _, (fd,), _, _ = socket.recv_fds(ours, 1, 1)
    f = File.__new__(File)
    f.fd = fd
    return f


def test_deputies():
    """Whoever gets a file reads and writes it, but gives nobody rights by that."""
    packet = ip4("10.7.0.2", "10.7.0.1", udp(1, 2, b"x"))

    def exists():
        return os.path.exists("/sys/class/net/camex")

    mode = os.stat(CAMEX).st_mode
    os.chmod(CAMEX, 0o666)
    f = opened_by(1001)
    tap.equal((error(f.write, packet), error(f.read), exists()), ("EPERM", "EPERM", False),
              "root writes to what a user has opened: no link is made")
    f.close()
    f = File(CAMEX)
    as_user(1001, lambda: os._exit(error(f.write, packet) != "EPERM"))
    tap.equal(exists(), False, "a user writes to what root has opened: nor here")
    f.close()
    f = File(CAMEX)
    f.iff("camex", PLAIN)
    f.number(t.TUNSETPERSIST, 1)
    f.number(t.TUNSETOWNER, 1001)
    f.close()
    for user, want in ((1002, "EPERM"), (1001, "EIO"), (0, "EIO")):
        f = opened_by(user)
        tap.equal(error(f.write, packet), want,
                  f"root writes to what {user} has opened, with a link of 1001's: {want}")
        f.close()
    ip("link", "del", "camex")
    os.chmod(CAMEX, mode)


tap.run([test_told, test_stamps, test_bond, test_packet_sockets, test_boundaries, test_nowait,
         test_deputies])
