#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""wgsend.py DEV: what programs are told that send what is no packet of IP through a link of bare packets."""
import errno
import socket
import sys


def main():
    for what, protocol, data in (("no IP", 0x0806, bytes(28)), ("IPv4 by its type alone", 0x0800, b"\x60" + bytes(40)),
                                 ("too short", 0x0800, b"\x45\x00"), ("nothing to go by", 0, b"\x10" + bytes(30))):
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sock:
            try:
                sock.sendto(data, (sys.argv[1], protocol))
                print(what, "is sent")
            except OSError as error:
                print(what, errno.errorcode[error.errno])


if __name__ == "__main__":
    main()
