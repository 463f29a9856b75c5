#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Clients of other kinds, which restart and move; prints TAP.

host1 has the server camex0 on 192.0.2.1:7000: peer "cam", routes 10.0.0.2/32, without an
endpoint, and the peers f1 to fN, routes 10.1.0.1/32 and on, which share a key. host2 has the
addresses 192.0.2.2 and 192.0.2.22. The argument is N.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent), str(here.parent / "peer")]

import camex_peer as cx  # noqa: E402
import exchange  # noqa: E402
import tap  # noqa: E402

SERVER = ("192.0.2.1", 7000)
KEY, SHARED = cx.derive_key(b"cam"), cx.derive_key(b"fleet")
COUNT = int(sys.argv[1])

exchange.enter("host1")
inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inside.bind(("10.0.0.1", 5000))
inside.settimeout(1)
exchange.enter("host2")


class Client:
    """A client in host2, whose session begins at a sequence."""

    def __init__(self, inner, key=KEY, address="192.0.2.2", seq=0):
        self.inner, self.key, self.seq = inner, key, seq
        self.prefix = os.urandom(4)
        self.move(address)

    def move(self, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(0.1)
        self.at = "%s:%d" % self.socket.getsockname()

    def send(self, kind, body=b""):
        self.socket.sendto(cx.seal(self.key, kind, self.prefix, self.seq, body), SERVER)
        self.seq += 1

    def register(self):
        self.send(cx.REGISTER, cx.build_register(local_ip=self.inner))

    def data(self, text):
        self.send(cx.DATA, cx.udp_packet(self.inner, "10.0.0.1", 5000, 5000, text))

    def got(self, text):
        """Did this come from the server, which is asked to send it?"""
        inside.sendto(text, (self.inner, 5000))
        try:
            while True:
                datagram = cx.open_datagram(self.key, self.socket.recv(2048))
                if datagram.type == cx.DATA and text in datagram.body:
                    return True
        except TimeoutError:
            return False


def delivered(text):
    try:
        while True:
            if inside.recv(2048) == text:
                return True
    except TimeoutError:
        return False


def endpoint(name="cam"):
    out = subprocess.run(["camexctl", "-n", "host1", "-j", "peer", "show", "camex0", name],
                         stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)[0]["endpoint"]


def until_got(client, text, limit):
    """Seconds until the server's traffic reached the client."""
    start = time.monotonic()
    while not client.got(text) and time.monotonic() < start + limit:
        pass
    return time.monotonic() - start


def at_once(client, text, name):
    """A claim that waits its turn takes 5 s; what the kernel has to do first takes less than 1."""
    took = until_got(client, text, 10)
    tap.ok(took < 1, name, f"after {took:.1f} s; the endpoint is {endpoint()}, it is {client.at}")


def walk():
    first = Client("10.0.0.2", seq=5000)
    first.register()
    first.data(b"first")
    tap.ok(delivered(b"first"), "a client registers, and its packet is delivered")
    at_once(first, b"to first", "it gets what is sent to it")

    again = Client("10.0.0.2")
    again.register()
    again.data(b"again")
    tap.ok(delivered(b"again"), "it restarts at 0 with a new port: its packet is delivered")
    at_once(again, b"to again", "and at once it gets what is sent to it")

    other = Client("10.0.0.2", address="192.0.2.22")
    other.register()
    other.data(b"other")
    tap.ok(delivered(b"other"), "it restarts at 0 at another address: its packet is delivered")
    tap.equal(endpoint(), again.at, "the endpoint stays where it was for now")
    took = until_got(other, b"to other", 20)
    tap.ok(took < 6.5, "within 6 s it gets what is sent to it, though it sends nothing more",
           f"after {took:.1f} s")
    tap.equal(endpoint(), other.at, "the endpoint is there")

    again.data(b"back")
    tap.ok(delivered(b"back"), "the one before is not dead after all: its packet is delivered")
    tap.equal(endpoint(), again.at, "and takes the endpoint back")
    time.sleep(5.5)
    clock = Client("10.0.0.2", address="192.0.2.22", seq=time.time_ns())
    clock.register()
    clock.data(b"clock")
    tap.ok(delivered(b"clock"), "it is replaced by one whose sequence is the time")
    later = Client("10.0.0.2", address="192.0.2.2", seq=time.time_ns())
    later.register()
    at_once(later, b"to later", "a later one of these gets what is sent to it at once")
    later.move("192.0.2.22")
    later.data(b"roams")
    tap.ok(delivered(b"roams"), "it moves to another address")
    at_once(later, b"to later", "and gets what is sent to it at once")


def fleet():
    clients = [Client(f"10.1.{i // 256}.{i % 256}", SHARED) for i in range(1, COUNT + 1)]
    came = set()
    for i, client in enumerate(clients):
        client.register()
        client.data(client.inner.encode())
        if i % 50 and i + 1 < COUNT:
            continue
        # before they are too many for the socket
        try:
            while len(came) <= i:
                came.add(inside.recv(2048).decode())
        except TimeoutError:
            break
    tap.equal(len(came), COUNT, f"{COUNT} clients with one key behind one address are delivered")
    right = sum(client.got(client.inner.encode()) for client in clients)
    tap.equal(right, COUNT, "each gets what is sent to it")
    out = subprocess.run(["camexctl", "-n", "host1", "-j", "peer", "show", "camex0"],
                         stdout=subprocess.PIPE, check=True).stdout
    places = {peer["endpoint"] for peer in json.loads(out) if peer["name"] != "cam"}
    tap.equal(places, {client.at for client in clients}, "each is where it is")


tap.run([walk, fleet])
