#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What replay.sh does with recordings of tcpdump.

replay.py split FILE PORT ordered|shuffled  writes the datagrams from and to that port, as flood.c reads them,
                                            and their number to stderr
replay.py count FILE                        counts packets, and those that differ: ICMP with identifier and sequence
"""

import random
import struct
import sys

ETHERNET = 1


def packets(path):
    """The IPv4 packets of a recording."""
    with open(path, "rb") as file:
        head = file.read(24)
        skip = 14 if struct.unpack("=I", head[20:])[0] == ETHERNET else 0
        while len(record := file.read(16)) == 16:
            length = struct.unpack("=I", record[8:12])[0]
            yield file.read(length)[skip:]


def split(path, port, order):
    messages = []
    for packet in packets(path):
        head = (packet[0] & 15) * 4
        source, to, length = struct.unpack_from("!HHH", packet, head)
        if int(port) in (source, to):
            messages.append(packet[head + 8:head + length])
    if order == "shuffled":
        random.Random(1).shuffle(messages)
    for data in messages:
        sys.stdout.buffer.write(struct.pack("!H", len(data)) + data)
    print(len(messages), file=sys.stderr)


def count(path):
    found = [packet[(packet[0] & 15) * 4 + 4:][:4] for packet in packets(path)]
    print(f"{len(found)} packets, {len(set(found))} different ones")


{"split": split, "count": count}[sys.argv[1]](*sys.argv[2:])
