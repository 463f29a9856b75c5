# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What programs do with /dev/net/tun, and with /dev/camex."""
import errno
import fcntl
import os
import select
import socket
import struct
import subprocess

IFF_TUN, IFF_TAP = 0x0001, 0x0002   # linux/if_tun.h
IFF_NO_CARRIER = 0x0040
IFF_ATTACH_QUEUE, IFF_DETACH_QUEUE = 0x0200, 0x0400
IFF_MULTI_QUEUE, IFF_PERSIST, IFF_NOFILTER = 0x0100, 0x0800, 0x1000
IFF_NO_PI, IFF_ONE_QUEUE, IFF_VNET_HDR, IFF_TUN_EXCL = 0x1000, 0x2000, 0x4000, 0x8000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN, TUN_F_UFO = 1, 2, 4, 8, 16
NEEDS_CSUM, GSO_TCPV4 = 1, 1        # linux/virtio_net.h


def ioc(direction, number, size=4):
    return direction << 30 | size << 16 | ord("T") << 8 | number


W, R = 1, 2
TUNSETNOCSUM, TUNSETDEBUG, TUNSETIFF, TUNSETPERSIST = (ioc(W, n) for n in range(200, 204))
TUNSETOWNER, TUNSETGROUP = ioc(W, 204), ioc(W, 206)
TUNGETFEATURES, TUNSETOFFLOAD, TUNGETIFF = ioc(R, 207), ioc(W, 208), ioc(R, 210)
TUNGETSNDBUF, TUNSETSNDBUF = ioc(R, 211), ioc(W, 212)
TUNGETVNETHDRSZ, TUNSETVNETHDRSZ = ioc(R, 215), ioc(W, 216)
TUNSETQUEUE, TUNSETVNETLE, TUNGETVNETLE = ioc(W, 217), ioc(W, 220), ioc(R, 221)
TUNSETCARRIER = ioc(W, 226)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip4(source, target, payload, protocol=17):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0,
                         socket.inet_aton(source), socket.inet_aton(target))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ip6(source, target, payload, protocol=17):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + \
        socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target) + payload


def udp(source, target, payload):
    return struct.pack("!HHHH", source, target, 8 + len(payload), 0) + payload


def echo(payload=b"hello"):
    data = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + payload
    return data[:2] + struct.pack("!H", checksum(data)) + data[4:]


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class File:
    """An open file, and what it answers."""

    def __init__(self, path, flags=os.O_NONBLOCK):
        self.fd = os.open(path, os.O_RDWR | flags)

    def close(self):
        os.close(self.fd)

    def iff(self, name, flags, request=TUNSETIFF):
        answer = fcntl.ioctl(self.fd, request, struct.pack("16sH22x", name.encode(), flags))
        name, flags = struct.unpack("16sH22x", answer)
        return name.rstrip(b"\0").decode(), flags

    def number(self, request, value):
        return fcntl.ioctl(self.fd, request, value)

    def pointed(self, request, value=0):
        return struct.unpack("i", fcntl.ioctl(self.fd, request, struct.pack("i", value)))[0]

    def read(self, size=70000):
        return os.read(self.fd, size)

    def write(self, data):
        return os.write(self.fd, data)

    def poll(self, milliseconds=0):
        """Events, after waiting for something to read for so long."""
        select.select([self.fd], [], [], milliseconds / 1000)
        poller = select.poll()
        poller.register(self.fd, select.POLLIN | select.POLLOUT)
        return dict(poller.poll(0)).get(self.fd, 0)


def error(function, *arguments):
    """The name of the error, or what the function returned."""
    try:
        return function(*arguments)
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e))
