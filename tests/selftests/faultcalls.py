#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""faultcalls.py PART [ARGUMENT]: system calls on /dev/camex, or on a tty with the line discipline camex.

A call that fails says so, has failed for want of memory, and works when it is made again: otherwise PART ends with a
traceback. The exit status is 1 if one has failed. "faulty" passes memory that ends, or begins, within what a call reads or writes.
"""
import ctypes
import errno
import fcntl
import mmap
import os
import pty
import socket
import struct
import subprocess
import sys
import termios
import time
import tty

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402
import tundev as t  # noqa: E402

LDISC = 29
ATTACH = 0x4004ca40
TIOCSETD, TIOCGETD = 0x5423, 0x5424
NO_MEMORY = (errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN)
OURS, THEIRS = "10.9.0.1", "10.9.0.2"
libc = ctypes.CDLL(None, use_errno=True)
failed = 0


def again(what, call, *arguments):
    """A call, and if it fails, once more."""
    global failed
    try:
        return call(*arguments)
    except OSError as error:
        print(f"{what}: {error}", flush=True)
        if error.errno not in NO_MEMORY:
            raise
        failed = 1
    return call(*arguments)


def up(name):
    """No packets but those that somebody asks for. Returns a socket to which those go that are written."""
    with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as conf:
        conf.write("1")
    t.ip("address", "replace", f"{OURS}/24", "dev", name)
    t.ip("link", "set", name, "up")
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind((OURS, 9))
    return sink


def file_calls(flags):
    """What a program does with a link of its own."""
    f = again("open", t.File, "/dev/camex")
    again("TUNSETIFF", f.iff, "t0", flags)
    again("TUNSETSNDBUF", f.pointed, t.TUNSETSNDBUF, 100000)
    again("TUNSETOFFLOAD", f.number, t.TUNSETOFFLOAD, t.TUN_F_CSUM | t.TUN_F_TSO4)
    again("TUNSETPERSIST", f.number, t.TUNSETPERSIST, 1)
    again("TUNSETPERSIST off", f.number, t.TUNSETPERSIST, 0)
    again("TUNSETCARRIER", f.pointed, t.TUNSETCARRIER, 1)
    return f


def tun():
    """Packets to and fro: those of many sizes, some of them to be cut."""
    f = file_calls(t.IFF_TUN | t.IFF_NO_PI | t.IFF_VNET_HDR)
    sink = up("t0")
    head = b"\0" * 10
    for size in (1, 1000, 9000, 60000):
        again("write", f.write, head + t.ip4(THEIRS, OURS, t.udp(7, 9, b"x" * size)))
    again("writev", os.writev, f.fd, [head, t.ip4(THEIRS, OURS, t.udp(7, 9, b"x" * 5000))])
    segments = struct.pack("=BBHHHH", t.NEEDS_CSUM, t.GSO_TCPV4, 40, 1000, 20, 16)
    tcp = struct.pack("!HHIIBBHHH", 7, 9, 1, 1, 0x50, 0x10, 1000, 0, 0)
    again("write of segments", f.write, segments + t.ip4(THEIRS, OURS, tcp + b"y" * 20000, 6))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for size in (1, 1000, 3000):
            sender.sendto(b"z" * size, (THEIRS, 9))
            f.poll(500)
            again("read", f.read)
    sink.close()
    f.close()


def tap_link():
    f = file_calls(t.IFF_TAP | t.IFF_NO_PI)
    again("SIOCSIFHWADDR", fcntl.ioctl, f.fd, 0x8924, struct.pack("16sH6s16x", b"t0", 1, b"\x02\0\0\0\0\x07"))
    up("t0")
    for size in (50, 1500):
        again("write", f.write, b"\xff" * 6 + b"\x02\0\0\0\0\x09" + b"\x88\xb5" + b"x" * size)
    f.close()


def queues():
    flags = t.IFF_TUN | t.IFF_NO_PI | t.IFF_MULTI_QUEUE
    files = [again("open", t.File, "/dev/camex") for _ in range(2)]
    for f in files:
        again("TUNSETIFF", f.iff, "t0", flags)
    again("TUNSETQUEUE off", files[0].iff, "", t.IFF_DETACH_QUEUE, t.TUNSETQUEUE)
    again("TUNSETQUEUE", files[0].iff, "", t.IFF_ATTACH_QUEUE, t.TUNSETQUEUE)
    for f in files:
        f.close()


def plain():
    """A write without TUNSETIFF makes the link."""
    f = again("open", t.File, "/dev/camex")
    try:
        again("write", f.write, t.ip4(THEIRS, OURS, t.udp(7, 9, b"x")))
    except OSError as error:
        # the link is down
        if error.errno != errno.EIO:
            raise
    f.close()


def attach(fd, name):
    fcntl.ioctl(fd, ATTACH, struct.pack("I", socket.if_nametoindex(name)))


def ldisc():
    """A tty gets the line discipline, and carries a frame each way."""
    far, near = pty.openpty()
    tty.setraw(far)
    tty.setraw(near)
    again("TIOCSETD", fcntl.ioctl, near, TIOCSETD, struct.pack("i", LDISC))
    again("CAMEX_IOC_ATTACH", attach, near, "ser0")
    packet = t.ip4(THEIRS, OURS, t.udp(7, 9, b"x" * 100))
    os.set_blocking(far, False)
    again("write", os.write, far, b"\xc0" + packet + b"\xc0")
    time.sleep(0.05)
    again("TIOCSETD back", fcntl.ioctl, near, TIOCSETD, struct.pack("i", 0))
    os.close(near)
    os.close(far)


# --- memory that is not there ---

PAGE = mmap.PAGESIZE


class Memory:
    """Two pages, the second of which is not there."""

    def __init__(self):
        libc.mmap.restype = ctypes.c_void_p
        self.at = libc.mmap(None, ctypes.c_size_t(2 * PAGE), 3, 0x22, -1, ctypes.c_long(0))
        libc.mprotect(ctypes.c_void_p(self.at + PAGE), ctypes.c_size_t(PAGE), 0)

    def end(self, data):
        """The address of data, all of which but the rest is there."""
        at = self.at + PAGE - len(data)
        ctypes.memmove(at, data, len(data))
        return at


def result(got):
    return errno.errorcode[ctypes.get_errno()] if got < 0 else got


def counters(link):
    return subprocess.run(["camexctl", "-j", "show", link], check=True, capture_output=True).stdout


def quiet_state(link):
    """Without the times since something."""
    import re
    return re.sub(rb'"[a-z_]*_ms":[^,}]*', b"", counters(link))


def faulty():
    memory = Memory()
    f = t.File("/dev/camex")
    names = {name: getattr(t, name) for name in dir(t) if name.startswith(("TUNSET", "TUNGET"))}
    pointers = [name for name in names if name in ("TUNSETIFF", "TUNGETFEATURES")]
    got = {name: result(libc.ioctl(f.fd, ctypes.c_ulong(names[name]), ctypes.c_void_p(memory.at + PAGE))) for name in pointers}
    tap.equal(got, {name: "EFAULT" for name in pointers}, "before there is a link")
    request = struct.pack("16sH22x", b"t0", t.IFF_TUN | t.IFF_NO_PI | t.IFF_VNET_HDR)
    for size in (1, 15, 17, 39):
        libc.ioctl(f.fd, ctypes.c_ulong(t.TUNSETIFF), ctypes.c_void_p(memory.end(request[:size])))
    tap.ok(not os.path.exists("/sys/class/net/t0"), "a request that ends too early makes no link")
    f.iff("t0", t.IFF_TUN | t.IFF_NO_PI | t.IFF_VNET_HDR)
    sink = up("t0")
    before = quiet_state("t0")
    pointers = ["TUNGETIFF", "TUNGETSNDBUF", "TUNSETSNDBUF", "TUNGETVNETHDRSZ", "TUNSETVNETHDRSZ", "TUNSETVNETLE",
                "TUNGETVNETLE", "TUNSETCARRIER", "TUNSETQUEUE"]
    for there in (0, 1, 3):
        got = {name: result(libc.ioctl(f.fd, ctypes.c_ulong(names[name]), ctypes.c_void_p(memory.end(b"\1" * there))))
               for name in pointers}
        tap.equal(got, {name: "EFAULT" for name in pointers}, f"each request with {there} bytes of memory")
    tap.equal(quiet_state("t0"), before, "nothing has changed")
    packet = b"\0" * 10 + t.ip4(THEIRS, OURS, t.udp(7, 9, b"x" * 3000))
    sizes = (0, 1, 9, 10, 11, 20, 29, 30, 37, 38, 39, 1000, 3037)
    got = [result(libc.write(f.fd, ctypes.c_void_p(memory.end(packet[:there])), ctypes.c_size_t(len(packet)))) for there in sizes]
    tap.equal(got, ["EFAULT"] * len(sizes), "a write of which the end is not there")
    tap.equal(quiet_state("t0"), before, "no packet has come of it")
    tap.equal(f.write(packet), len(packet), "the whole packet")
    tap.ok(quiet_state("t0") != before, "is counted")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"1" * 1000, (THEIRS, 9))
        f.poll(1000)
    got = [result(libc.read(f.fd, ctypes.c_void_p(memory.at + PAGE - there), ctypes.c_size_t(2000)))
           for there in (0, 1, 10, 11, 38, 1037)]
    tap.equal(set(got) - {"EAGAIN"}, {"EFAULT"}, "a read into what is not all there")
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(b"2" * 1000, (THEIRS, 9))
    f.poll(1000)
    got = f.read()
    tap.ok(got[-1000:] in (b"1" * 1000, b"2" * 1000), "the next read gets a whole packet", got)
    sender.close()
    sink.close()
    f.close()
    tap.ok(not os.path.exists("/sys/class/net/t0"), "the link goes with its file")


def faulty_ldisc():
    memory = Memory()
    far, near = pty.openpty()
    fcntl.ioctl(near, TIOCSETD, struct.pack("i", LDISC))
    got = [result(libc.ioctl(near, ctypes.c_ulong(ATTACH), ctypes.c_void_p(memory.end(b"\1" * there)))) for there in range(4)]
    tap.equal(got, ["EFAULT"] * 4, "CAMEX_IOC_ATTACH with too little memory")
    got = result(libc.ioctl(near, ctypes.c_ulong(ATTACH), ctypes.c_void_p(8)))
    tap.equal(got, "EFAULT", "or with none")
    with open("/sys/class/net/ser0/carrier") as carrier:
        tap.equal(carrier.read().strip(), "0", "the link has no carrier")
    attach(near, "ser0")
    with open("/sys/class/net/ser0/carrier") as carrier:
        tap.equal(carrier.read().strip(), "1", "with a whole number it has")
    termios.tcflush(near, termios.TCIOFLUSH)
    os.close(near)
    os.close(far)


if sys.argv[1].startswith("faulty"):
    tap.run([globals()[sys.argv[1]]])
globals()[sys.argv[1]]()
sys.exit(failed)
