#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""sender.py LINK FAR tun|tap: time stamps and packet sockets of a link between hosts.

10.0.0.1 is ours and 10.0.0.2 theirs, in the namespace FAR. Prints TAP.
"""
import os
import socket
import subprocess
import sys
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402
from stamps import stamps  # noqa: E402
from tundev import ip4, ip6, udp  # noqa: E402

LINK, FAR, KIND = sys.argv[1:]


def counters():
    names = ("InUdpNoPorts", "UdpNoPorts", "Udp6NoPorts")
    got = subprocess.run(["ip", "netns", "exec", FAR, "nstat", "-asz", *names[1:]], check=True,
                         capture_output=True, text=True)
    return sum(int(line.split()[1]) for line in got.stdout.splitlines() if "NoPorts" in line)


def test_stamps():
    tap.equal(stamps(lambda s: s.sendto(b"x", ("10.0.0.2", 9)), 3), 3,
              "there is one time stamp for each packet that is sent")


def test_packets():
    before, sent = counters(), 0
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        for proto in (0, 3):
            for packet in (ip4("10.0.0.1", "10.0.0.2", udp(1, 9, b"x")),):
                with socket.socket(socket.AF_PACKET, kind, 0) as s:
                    s.sendto(packet, (LINK, proto))
                    sent += 1
    until = time.monotonic() + 10
    while counters() < before + sent and time.monotonic() < until:
        time.sleep(0.1)
    tap.equal(counters() - before, sent, "what packet sockets send without a protocol arrives")


tap.run([test_stamps, test_packets] if KIND == "tun" else [test_stamps])
