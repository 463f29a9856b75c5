#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""strangers.py MANY: forged datagrams to the servers that strangers.sh has made.

camex0 in host1 and in box1, port 7000, have the client p1 of peers.py; big0 in host1, port 7100,
has p1 to pMANY. Forged datagrams come from 192.0.2.2, in host2 and in box2.
"""
import base64
import json
import os
import socket
import subprocess
import sys
import time

here = os.path.dirname(os.path.realpath(__file__))
tests = os.path.dirname(here)
sys.path[:0] = [here, tests, os.path.join(tests, "peer")]
sys.dont_write_bytecode = True
import camex_peer as cx  # noqa: E402
import peers  # noqa: E402
import tap  # noqa: E402
from camex_peer import DATA, REGISTER  # noqa: E402
from exchange import enter  # noqa: E402

MANY = int(sys.argv[1])
SERVER, BIG = ("192.0.2.1", 7000), ("192.0.2.1", 7100)
BURST = 500         # datagrams of a source that are tried at once
WAITING = 64        # datagrams of a device whose keys are still to be tried
UDP_SEGMENT = 103   # linux/udp.h
TEXT_MAX = 1023     # bytes of a control text


def udp(host, port=0):
    enter(host)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("192.0.2.2", port))
    return sock


def counters(host, dev):
    enter(host)
    out = subprocess.run(["camexctl", "-j", "stats", dev], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)


def peer(dev, name):
    enter("host1")
    out = subprocess.run(["camexctl", "-j", "peer", "show", dev, name], check=True,
                         stdout=subprocess.PIPE).stdout
    return json.loads(out)[0]


def grown(before, after):
    return {name: n - before[name] for name, n in after.items() if n != before[name]}


def settled(host, dev, before, count):
    """What was counted, once it is as much as was sent."""
    until = time.monotonic() + 60
    while True:
        got = grown(before, counters(host, dev))
        if sum(got.values()) >= count or time.monotonic() > until:
            return got
        time.sleep(0.05)


def forged(kind, size):
    return cx.header(kind, os.urandom(4), time.time_ns(), size) + os.urandom(size + 16)


def register(number):
    """A REGISTER of peer pNUMBER that begins a session."""
    return cx.seal(peers.key_of(number), REGISTER, os.urandom(4), time.time_ns(),
                   cx.build_register(client_id=f"p{number}"))


def flood(sock, to, kind, size, count):
    """Many at once, in large packets. How many were sent?"""
    batch = min(50, 60000 // (size + 44))
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size + 44)
    for _ in range(-(-count // batch)):
        sock.sendto(b"".join(forged(kind, size) for _ in range(batch)), to)
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
    return -(-count // batch) * batch


def test_namespaces():
    """A flood in one namespace, and the same address in another."""
    before = counters("box1", "camex0")
    sent = flood(udp("box2"), SERVER, REGISTER, 60, 2 * BURST)
    got = settled("box1", "camex0", before, sent)
    tap.ok(got.get("rate_limited", 0) > 0 and sum(got.values()) == sent,
           "a source that sends many is limited", got)
    before = counters("host1", "camex0")
    sock = udp("host2")
    for _ in range(5):
        sock.sendto(forged(REGISTER, 60), SERVER)
    tap.equal(settled("host1", "camex0", before, 5), {"auth_failed": 5},
              "not in another namespace, where its address is another's")


def test_many_keys():
    """Forged REGISTERs are tried to the end, and one that is not forged opens, whichever its key."""
    before = counters("host1", "big0")
    for _ in range(3):
        udp("host2").sendto(forged(REGISTER, TEXT_MAX), BIG)
    tap.equal(settled("host1", "big0", before, 3), {"auth_failed": 3},
              f"3 forged REGISTERs, {MANY} keys")
    for number in 1, 64, 65, MANY // 2, MANY:
        sock = udp("host2")
        sock.sendto(register(number), BIG)
        until = time.monotonic() + 30
        while not peer("big0", f"p{number}")["endpoint"] and time.monotonic() < until:
            time.sleep(0.05)
        tap.equal(peer("big0", f"p{number}")["endpoint"], f"192.0.2.2:{sock.getsockname()[1]}",
                  f"one REGISTER is enough for client {number} of {MANY}")


def test_fleet():
    """Many clients register at once, and again when they are not answered."""
    first, last = MANY - 3 * WAITING, MANY - 1
    fleet = {number: udp("host2") for number in range(first, last + 1)}
    rounds, start = 0, time.monotonic()
    while fleet and time.monotonic() - start < 120:
        for number, sock in fleet.items():
            sock.sendto(register(number), BIG)
        rounds += 1
        time.sleep(2)
        enter("host1")
        out = subprocess.run(["camexctl", "-j", "peer", "show", "big0"], check=True,
                             stdout=subprocess.PIPE).stdout
        for known in json.loads(out):
            if known["endpoint"]:
                fleet.pop(int(known["name"][1:]), None)
    tap.note(f"{last - first + 1} of {MANY} clients were known after {rounds} rounds, "
             f"{time.monotonic() - start:.1f} s")
    tap.ok(not fleet, "a fleet that registers at once is known soon", f"{len(fleet)} are not")


def test_down():
    """What waits when the device goes down is forgotten, and it can go."""
    for _ in range(WAITING):
        udp("host2").sendto(forged(REGISTER, TEXT_MAX), BIG)
    subprocess.run(["ip", "-n", "host1", "link", "set", "big0", "down"], check=True)
    subprocess.run(["ip", "-n", "host1", "link", "set", "big0", "up"], check=True)
    for _ in range(WAITING):
        udp("host2").sendto(forged(REGISTER, TEXT_MAX), BIG)
    subprocess.run(["camexctl", "-n", "host1", "dev", "del", "big0"], check=True)
    tap.ok(True, "it is deleted while keys are tried")


def test_known_source():
    """A flood from the address of a peer: others and what is open are not hurt."""
    sock = udp("host2", 7700)
    prefix, seq = os.urandom(4), time.time_ns()
    key = peers.key_of(1)
    sock.sendto(cx.seal(key, REGISTER, prefix, seq, cx.build_register(client_id="p1")), SERVER)
    time.sleep(0.5)
    tap.equal(peer("camex0", "p1")["endpoint"], "192.0.2.2:7700", "the peer is known")
    enter("host1")
    subprocess.run(["camexctl", "peer", "add", "camex0", "other", "key-file", "-", "endpoint",
                    "192.0.2.77:7777"], check=True, input=base64.b64encode(peers.key_of(2)))
    enter("host2")
    subprocess.run(["ip", "address", "add", "192.0.2.77/24", "dev", "eth0"], check=True)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("192.0.2.77", 7777))
    packet = cx.udp_packet("10.64.0.1", "10.64.9.9", 1, 2, b"x")
    before, sent = counters("host1", "camex0"), 0
    until = time.monotonic() + 60
    while not grown(before, counters("host1", "camex0")).get("rate_limited") and \
            time.monotonic() < until:
        sent += flood(sock, SERVER, DATA, 1400, 2000)
    received = peer("camex0", "p1")["rx_packets"]
    sent += flood(sock, SERVER, DATA, 1400, 2000)
    sock.sendto(cx.seal(key, DATA, prefix, seq + 1, packet), SERVER)
    other.sendto(cx.seal(peers.key_of(2), REGISTER, os.urandom(4), time.time_ns(),
                         cx.build_register(client_id="other")), SERVER)
    got = settled("host1", "camex0", before, sent)
    tap.note(f"flood from a peer's address: {sent} forged DATA: {got}")
    tap.ok(got.get("rate_limited", 0) > 0, "most of a flood from a peer's address are not tried", got)
    tap.equal(got.get("auth_failed", 0) + got.get("rate_limited", 0), sent, "all of it is counted")
    tap.equal(peer("camex0", "p1")["rx_packets"], received + 1, "the session of that peer goes on")
    tap.ok(peer("camex0", "other")["last_seen_ms"] is not None, "another peer begins one")
    time.sleep(1)
    sock.sendto(cx.seal(key, REGISTER, os.urandom(4), time.time_ns(),
                        cx.build_register(client_id="p1")), SERVER)
    sock.sendto(cx.seal(key, DATA, prefix, seq + 2, packet), SERVER)
    time.sleep(0.5)
    tap.equal(grown(before, counters("host1", "camex0")), got, "so does that peer after the flood")


tap.run([test_namespaces, test_many_keys, test_fleet, test_down, test_known_source])
