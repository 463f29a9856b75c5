#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""forward.py HOST: carries frames between the links f0 of this namespace and of HOST's.

Nothing else: the kernels answer ARP and ICMP.
"""
import os
import select
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here]
sys.dont_write_bytecode = True
import tundev as t  # noqa: E402
from exchange import enter  # noqa: E402

ours = t.File("/dev/camex")
enter(sys.argv[1])
theirs = t.File("/dev/camex")
other = {}
poller = select.poll()
for a, b in ((ours, theirs), (theirs, ours)):
    a.iff("f0", t.IFF_TAP | t.IFF_NO_PI)
    other[a.fd] = (a, b)
    poller.register(a.fd, select.POLLIN)
while other:
    for fd, event in poller.poll():
        a, b = other[fd]
        if event & select.POLLERR:
            sys.exit("a link is gone")
        frame = t.error(a.read)
        if isinstance(frame, bytes):
            t.error(b.write, frame)     # one whose link is down drops it
