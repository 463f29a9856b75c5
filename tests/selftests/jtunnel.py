#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Clients of protocol jtunnel of another kind, byte for byte; prints TAP.

host1 has the server camex0 on 192.0.2.1:7000, its identifier the first argument: the peers
"plain" (10.0.0.2/32) and "keyed" (10.0.0.3/32, the key of the second argument, a file), their
identifiers 8 times "p" and 8 times "k". host2 has 192.0.2.2 and 192.0.2.22.
"""
import base64
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
OURS = bytes.fromhex(sys.argv[1])
KEY = base64.b64decode(pathlib.Path(sys.argv[2]).read_text())
PLAIN, KEYED = b"p" * 8, b"k" * 8
GUESSES = 2000  # four times what a source may send at once

exchange.enter("host1")
inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inside.bind(("10.0.0.1", 5000))
inside.settimeout(1)
exchange.enter("host2")


def at(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    sock.settimeout(2)
    return sock


def place(sock):
    return "%s:%d" % sock.getsockname()


def packet(inner, text):
    return cx.udp_packet(inner, "10.0.0.1", 5000, 5000, text)


def delivered(text):
    try:
        while True:
            if inside.recv(2048) == text:
                return True
    except TimeoutError:
        return False


def received(sock):
    """What came there; b"" for nothing."""
    try:
        return sock.recv(2048)
    except TimeoutError:
        return b""


def endpoint(name):
    out = subprocess.run(["camexctl", "-n", "host1", "-j", "peer", "show", "camex0", name],
                         stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)[0]["endpoint"]


def stats():
    out = subprocess.run(["camexctl", "-n", "host1", "-j", "stats", "camex0"],
                         stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)


def refused(what, sock, data, counter, name):
    """It is dropped, counted, and does not move the peer."""
    before, was = stats(), endpoint(name)
    sock.sendto(data, SERVER)
    until = time.monotonic() + 10
    while (now := stats()) == before and time.monotonic() < until:
        time.sleep(0.05)
    tap.equal({key: now[key] - before[key] for key in now if now[key] != before[key]},
              {counter: 1}, f"{what}: dropped, as {counter}")
    tap.equal(endpoint(name), was, f"{what}: the endpoint stays")


def plain():
    client, other = at("192.0.2.2"), at("192.0.2.22")
    refused("an unknown identifier", client, b"x" * 8 + packet("10.0.0.2", b"no"),
            "unknown_peer", "plain")
    refused("seven bytes", client, PLAIN[:7], "malformed", "plain")
    client.sendto(PLAIN, SERVER)
    tap.equal(received(client), OURS, "an identifier alone is answered by the server's alone")
    tap.equal(endpoint("plain"), place(client), "and says where the client is")
    client.sendto(PLAIN + packet("10.0.0.2", b"one"), SERVER)
    tap.ok(delivered(b"one"), "a packet behind an identifier is delivered")
    inside.sendto(b"two", ("10.0.0.2", 5000))
    data = received(client)
    tap.equal((data[:8], data[-3:]), (OURS, b"two"), "what is sent begins with the server's")
    cx.check_ip(data[8:])
    refused("another's address inside", client, PLAIN + packet("10.0.0.3", b"no"),
            "bad_source", "plain")
    refused("an encrypted datagram without a key", client,
            cx.seal(KEY, cx.DATA, os.urandom(4), time.time_ns(), packet("10.0.0.2", b"no"),
                    lead=PLAIN), "no_key", "plain")
    # documented: a plain identifier protects nothing
    other.sendto(PLAIN + packet("10.0.0.2", b"thief"), SERVER)
    tap.ok(delivered(b"thief"), "a stolen identifier is as good as one's own")
    tap.equal(endpoint("plain"), place(other), "and takes the endpoint")
    client.sendto(PLAIN + packet("10.0.0.2", b"back"), SERVER)
    tap.ok(delivered(b"back"), "until its owner sends again")
    tap.equal(endpoint("plain"), place(client), "and takes it back")


def keyed():
    client, other = at("192.0.2.2"), at("192.0.2.22")
    prefix, seq = os.urandom(4), time.time_ns()

    def sealed(text, number, kind=cx.DATA, lead=KEYED, key=KEY):
        body = packet("10.0.0.3", text) if kind == cx.DATA else text
        return cx.seal(key, kind, prefix, number, body, lead=lead)

    refused("a plain packet in the name of a peer with a key", client,
            KEYED + packet("10.0.0.3", b"no"), "plaintext_refused", "keyed")
    refused("the identifier alone", client, KEYED, "plaintext_refused", "keyed")
    refused("another key", client, sealed(b"no", seq, key=b"x" * 32), "auth_failed", "keyed")
    # the tag vouches for the identifier as well
    elsewhere = sealed(b"no", seq, lead=b"y" * 8)
    refused("a datagram of another identifier", client, KEYED + elsewhere[8:], "auth_failed",
            "keyed")
    refused("REGISTER", client, sealed(cx.build_register(client_id="keyed"), seq, cx.REGISTER),
            "malformed", "keyed")
    client.sendto(sealed(b"one", seq), SERVER)
    tap.ok(delivered(b"one"), "a packet is delivered")
    tap.equal(endpoint("keyed"), place(client), "and says where the client is")
    inside.sendto(b"two", ("10.0.0.3", 5000))
    got, kinds = b"", []
    while b"two" not in got:
        data = received(client)
        if not data:
            break
        tap.equal(data[:8], OURS, "a datagram begins with the server's identifier")
        head = cx.open_datagram(KEY, data, 8)
        got += head.body
        kinds.append(head.type)
    tap.ok(b"two" in got, "what is sent opens, with the identifier as associated data")
    tap.equal(kinds[:1], [cx.KEEPALIVE], "a KEEPALIVE comes first")
    refused("a replay", client, sealed(b"one", seq), "replayed", "keyed")
    refused("a replay from elsewhere", other, sealed(b"one", seq), "replayed", "keyed")
    refused("a stolen identifier without the key", other, sealed(b"no", seq + 9, key=b"x" * 32),
            "auth_failed", "keyed")
    refused("a stolen identifier, plain", other, KEYED + packet("10.0.0.3", b"no"),
            "plaintext_refused", "keyed")
    refused("what the server sent", client, data, "unknown_peer", "keyed")
    other.sendto(sealed(b"moved", seq + 10), SERVER)
    tap.ok(delivered(b"moved"), "it moves: its packet is delivered")
    client.sendto(cx.seal(KEY, cx.DATA, prefix, seq + 11, packet("10.0.0.3", b"old"), short=True,
                          lead=KEYED), SERVER)
    tap.ok(delivered(b"old"), "the form without a version is taken")

    # From elsewhere only so many are tried; where the peer is, all are.
    before = stats()
    tried = limited = 0
    guess = sealed(b"no", seq + 20, key=b"x" * 32)
    for sent in range(200, GUESSES + 1, 200):
        for _ in range(200):
            other.sendto(guess, SERVER)
        until = time.monotonic() + 10
        while tried + limited < sent and time.monotonic() < until:
            tried, limited = (stats()[name] - before[name] for name in ("auth_failed", "rate_limited"))
    tap.ok(tried > 0 and limited > 0 and tried + limited == GUESSES,
           "who has a stolen identifier can guess so often", f"{tried} tried, {limited} not tried")
    client.sendto(sealed(b"still", seq + 21), SERVER)
    tap.ok(delivered(b"still"), "which does not concern the peer")


tap.run([plain, keyed])
