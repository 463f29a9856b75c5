# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is done with links of /dev/net/tun and of /dev/camex to compare them."""
import select
import time

import tap
import tundev as t
from tundev import File, error, ip

TUN, CAMEX = "/dev/net/tun", "/dev/camex"
PLAIN, FRAMES = t.IFF_TUN | t.IFF_NO_PI, t.IFF_TAP | t.IFF_NO_PI


def opened(path, flags, name="t0"):
    f = File(path)
    f.iff(name, flags)
    with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as conf:
        conf.write("1")
    return f


def up(name="t0", address="10.9.0.1/24"):
    ip("address", "replace", address, "dev", name)
    ip("link", "set", name, "up")


def alike(what, answer):
    """answer(PATH) is the same for both."""
    want, got = answer(TUN), answer(CAMEX)
    tap.equal(got, want, f"{what}: as tun.ko")
    return got


def wait_for(f, wanted, seconds=30):
    """Does a frame come that is so?"""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        select.select([f.fd], [], [], 0.5)
        frame = error(f.read)
        if isinstance(frame, bytes) and wanted(frame):
            return True
    return False
