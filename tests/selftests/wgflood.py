#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""wgflood.py right|wrong PUBLIC: 1,000 handshake messages for wgflood, to whoever has that public key.

They look right, but nobody's key is in them. mac1 is right or wrong by a bit. One of four is a response.
"""

import base64
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peer"))
sys.dont_write_bytecode = True
import wireguard_noise as wn  # noqa: E402

LENGTH = wn.LENGTHS[wn.INITIATION]


def message(name, public, right):
    body = wn.header(wn.CHACHA, name) + os.urandom(wn.LENGTHS[name] - 2 * wn.MAC_LEN - 4)
    data = bytearray(wn.add_macs(wn.CHACHA, body, public))
    if not right:
        data[-wn.MAC_LEN - 1] ^= 1
    return bytes(data).ljust(LENGTH, b"\0")


def main():
    right, public = sys.argv[1] == "right", base64.b64decode(sys.argv[2])
    for i in range(1000):
        name = wn.INITIATION if i % 4 else wn.RESPONSE
        sys.stdout.buffer.write(message(name, public, right))


main()
