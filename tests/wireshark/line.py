#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""line NAME A B: a serial line between two ttys, A and B, and what comes from them in the captures
NAME-a and NAME-b of link type DLT_USER0, a record for each read. Runs until it is killed."""

import os
import pty
import select
import struct
import sys
import time
import tty

USER0 = 147


def end(path):
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), path)
    return master, slave  # which stays open, so that the line stays


def start(path):
    capture = open(path, "wb", buffering=0)
    capture.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, USER0))
    return capture


def main():
    name, *paths = sys.argv[1:]
    ends = [end(path) for path in paths]
    ways = {ends[0][0]: (ends[1][0], start(f"{name}-a")), ends[1][0]: (ends[0][0], start(f"{name}-b"))}
    while True:
        for source in select.select(list(ways), [], [])[0]:
            target, capture = ways[source]
            data = os.read(source, 4096)
            now = time.time()
            capture.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(data), len(data)) +
                          data)
            while data:
                data = data[os.write(target, data):]


main()
