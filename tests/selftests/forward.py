#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""forward.py HOST [--queues N] [--gso]: carries frames between the links f0 of this namespace
and of HOST's.

Nothing else: the kernels answer ARP and ICMP. Each queue has a thread. With --gso, frames come
with virtio headers of 12 bytes, checksums are left out and segments together. A SIGTERM ends
it: then it prints for each queue, each way, how many frames it carried, how many of them GSO,
and how many were refused.
"""
import argparse
import os
import select
import signal
import sys
import threading

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here]
sys.dont_write_bytecode = True
import tundev as t  # noqa: E402
from exchange import enter  # noqa: E402

HEADER = 12


def attach(files, options):
    flags = t.IFF_TAP | t.IFF_NO_PI
    flags |= t.IFF_MULTI_QUEUE if len(files) > 1 else 0
    flags |= t.IFF_VNET_HDR if options.gso else 0
    for file in files:
        file.iff("f0", flags)
    if options.gso:
        files[0].pointed(t.TUNSETVNETHDRSZ, HEADER)
        files[0].number(t.TUNSETOFFLOAD, t.TUN_F_CSUM | t.TUN_F_TSO4 | t.TUN_F_TSO6)


class Way:
    """From one file to another."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.frames = self.gso = self.refused = 0

    def carry(self, gso):
        frame = t.error(self.source.read)
        if not isinstance(frame, bytes):
            return
        self.frames += 1
        self.gso += gso and frame[1] != 0
        # a link that is down drops it
        self.refused += t.error(self.target.write, frame) not in (len(frame), "EIO")


def carry(ways, gso):
    poller = select.poll()
    for way in ways:
        poller.register(way.source.fd, select.POLLIN)
    while True:
        for fd, event in poller.poll():
            if event & select.POLLERR:
                print("a link is gone", file=sys.stderr)
                os._exit(1)
            for way in ways:
                if way.source.fd == fd:
                    way.carry(gso)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("--queues", type=int, default=1)
    parser.add_argument("--gso", action="store_true")
    options = parser.parse_args()
    ours = [t.File("/dev/camex") for _ in range(options.queues)]
    enter(options.host)
    theirs = [t.File("/dev/camex") for _ in range(options.queues)]
    attach(ours, options)
    attach(theirs, options)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    queues = [(Way(a, b), Way(b, a)) for a, b in zip(ours, theirs)]
    for ways in queues:
        threading.Thread(target=carry, args=(ways, options.gso), daemon=True).start()
    signal.sigwait({signal.SIGTERM})
    for there, back in queues:
        for way in (there, back):
            print(way.frames, way.gso, way.refused)


main()
