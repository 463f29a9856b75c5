#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The kernel's messages by netconsole, through links of /dev/net/tun and of /dev/camex.

In a network namespace of its own. Prints TAP.
"""
import os
import struct
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402
from bothdev import CAMEX, FRAMES, PLAIN, alike, opened, up, wait_for  # noqa: E402
from tundev import error, ip  # noqa: E402

CONFIG = "/sys/kernel/config/netconsole/camex"


def configure(**values):
    for name, value in values.items():
        with open(f"{CONFIG}/{name}", "w") as file:
            file.write(value)


def netconsole(path):
    f = opened(path, FRAMES)
    ip("link", "add", "br7", "type", "bridge")
    with open("/proc/sys/net/ipv6/conf/br7/disable_ipv6", "w") as conf:
        conf.write("1")
    ip("link", "set", "t0", "master", "br7", "up")
    up("br7")
    os.mkdir(CONFIG)
    got = error(lambda: configure(dev_name="br7", local_ip="10.9.0.1", remote_ip="10.9.0.2",
                                  remote_mac="02:00:00:00:00:09", enabled="1"))
    if got is None:
        # until the bridge's port forwards
        for _ in range(30):
            with open("/dev/kmsg", "w") as kmsg:
                kmsg.write("<1>camex-test: to be read behind a bridge\n")
            got = wait_for(f, lambda frame: frame[36:38] == struct.pack("!H", 6666) and
                           b"read behind a bridge" in frame, 1)
            if got:
                break
        configure(enabled="0")
    os.rmdir(CONFIG)
    ip("link", "del", "br7")
    f.close()
    return got


def test_netconsole():
    tap.equal(alike("netconsole on a bridge", netconsole), True, "its messages are read")
    f = opened(CAMEX, PLAIN)
    up()
    os.mkdir(CONFIG)
    got = error(lambda: configure(dev_name="t0", local_ip="10.9.0.1", remote_ip="10.9.0.2", enabled="1"))
    tap.ok(got is not None, "but a tun link takes none: what netpoll sends are frames")
    os.rmdir(CONFIG)
    f.close()


tap.run([test_netconsole])
