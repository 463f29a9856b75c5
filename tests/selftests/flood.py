#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""flood.py right PUBLIC | wrong PUBLIC | register | plain: 1,000 messages for flood.c.

right, wrong: handshake messages of protocol wireguard, to whoever has that public key. They look right,
but nobody's key is in them. mac1 is right or wrong by a bit. One of four is a response.
register: REGISTERs of protocol camex, under no key; plain: those of the client CAM in plain.
"""

import base64
import os
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peer"))
sys.dont_write_bytecode = True
import camex_peer as cx  # noqa: E402
import wireguard_noise as wn  # noqa: E402


def handshake(i, public, right):
    name = wn.INITIATION if i % 4 else wn.RESPONSE
    body = wn.header(wn.CHACHA, name) + os.urandom(wn.LENGTHS[name] - 2 * wn.MAC_LEN - 4)
    data = bytearray(wn.add_macs(wn.CHACHA, body, public))
    if not right:
        data[-wn.MAC_LEN - 1] ^= 1
    return bytes(data)


def register():
    size = len(cx.build_register("10.0.0.2"))
    return cx.header(cx.REGISTER, os.urandom(4), time.time_ns(), size) + os.urandom(size + cx.TAG_LEN)


def main():
    for i in range(1000):
        if sys.argv[1] == "register":
            data = register()
        elif sys.argv[1] == "plain":
            data = cx.build_register(client_id="CAM")
        else:
            data = handshake(i, base64.b64decode(sys.argv[2]), sys.argv[1] == "right")
        sys.stdout.buffer.write(struct.pack("!H", len(data)) + data)


main()
