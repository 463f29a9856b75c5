#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""wipedpeer.py COMMAND...: handshakes with the device at 192.0.2.1:51820, for wiped.sh.

wipedpeer.py make FILE...                   a private key to each FILE; prints their public keys
wipedpeer.py shake DEVICE COUNT FILE...
    COUNT handshakes for each FILE with its private key, each followed by a keepalive. The name of FILE ends in
    "peer-" and the cipher; DEVICE is the device's public key. Prints both keys of each session, a line for each, as "wiped find" wants them.
wipedpeer.py public FILE                    prints the public key of a private one
wipedpeer.py secret DEVICE FILE...          prints the shared secret of DEVICE and each private key, in the same form
wipedpeer.py attach LINK                    attaches to a link of /dev/camex; prints the type of each datagram
"""
import os
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "peer")]
import base64  # noqa: E402

import tundev as t  # noqa: E402
import wireguard_noise as wn  # noqa: E402
import wireguard_session as ws  # noqa: E402


def hidden(key):
    return bytes(byte ^ 0xa5 for byte in key).hex()


def make(*paths):
    for path in paths:
        private = wn.generate_private()
        with open(path, "xb") as file:
            file.write(private)
        public(path)


def public(path):
    with open(path, "rb") as file:
        print(base64.b64encode(wn.public_of(file.read())).decode())


def shake(device, count, *paths):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(20)
        sock.connect(("192.0.2.1", 51820))
        for _ in range(int(count)):
            for path in paths:
                with open(path, "rb") as file:
                    private = file.read()
                suite = wn.SUITES[path.rpartition("peer-")[2]]
                # the device accepts one a time from each peer
                time.sleep(0.1)
                handshake = wn.Initiator(suite, private, base64.b64decode(device))
                index = int.from_bytes(os.urandom(4), "little")
                sock.send(handshake.initiation(index, ws.tai64n(time.time())))
                remote_index, keys = handshake.take_response(sock.recv(4096))
                sock.send(wn.Transport(suite, keys, index, remote_index, True).seal())
                print(hidden(keys.send), hidden(keys.receive), flush=True)


def secret(device, *paths):
    for path in paths:
        with open(path, "rb") as file:
            print(hidden(wn.agree(file.read(), base64.b64decode(device))))


def attach(link):
    file = t.File("/dev/camex", 0)
    file.iff(link, t.IFF_TUN | t.IFF_NO_PI)
    while True:
        print(file.read()[0], flush=True)


if __name__ == "__main__":
    {"make": make, "public": public, "shake": shake, "secret": secret, "attach": attach}[sys.argv[1]](*sys.argv[2:])
