#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What strangers can do with the listeners of transport tcp; run in host2 by tcp.sh.

camex0 in host1 listens on port 7000, encrypted, and plain0 on port 7002, in plain, with the client
CAM. host2's own camex0 goes on working meanwhile.
"""
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]
sys.dont_write_bytecode = True
import tap  # noqa: E402

SERVER = "192.0.2.1"
HOST_STRANGERS = 128
LONG = bool(os.environ.get("CAMEX_LONG"))
REGISTER = b"CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM\n"


def counters(dev="camex0"):
    text = subprocess.run(["camexctl", "-n", "host1", "-j", "stats", dev], check=True, capture_output=True).stdout
    return json.loads(text)


def connect(port=7000):
    return socket.create_connection((SERVER, port), timeout=20)


def framed(datagram):
    return struct.pack("!H", len(datagram)) + datagram


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def ended(s, seconds=20):
    """The far end ends the connection."""
    s.settimeout(seconds)
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


class Reader:
    """Takes datagrams out of a connection."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""

    def bytes(self, count):
        self.sock.settimeout(20)
        while len(self.data) < count:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.data += more
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def datagram(self):
        """The next one, or None if the connection ends."""
        try:
            return self.bytes(struct.unpack("!H", self.bytes(2))[0])
        except (EOFError, OSError):
            return None

    def packet(self):
        """The next one that is no control of the server's, or None."""
        while True:
            datagram = self.datagram()
            if datagram is None or not datagram.startswith(b"CX2P"):
                return datagram


def pings():
    return subprocess.run(["ping", "-q", "-n", "-c", "3", "-i", "0.2", "-W", "5", "10.0.0.1"],
                          check=False, capture_output=True).returncode == 0


def change(name, before, dev="camex0", wanted=None):
    """By how much a counter has grown; waits until that is what is wanted."""
    for _ in range(50):
        grown = counters(dev)[name] - before[name]
        if wanted is None or grown >= wanted:
            break
        time.sleep(0.1)
    return grown


def test_lengths():
    for length in 0, 9261, 65535:
        before = counters()
        s = connect()
        s.sendall(struct.pack("!H", length) + b"x" * 100)
        tap.ok(ended(s), f"length {length} ends the connection")
        tap.equal(change("malformed", before, wanted=1), 1, f"length {length} is counted")
        s.close()
    before = counters()
    s = connect()
    s.sendall(framed(b"x") + framed(b"y" * 9260))
    tap.equal(change("plaintext_refused", before, wanted=2), 2, "lengths 1 and 9260 are datagrams")
    tap.ok(not ended(s, 1), "which end nothing")
    before = counters()
    s.sendall(framed(b"x") + struct.pack("!H", 0))
    tap.ok(ended(s), "a wrong length behind a datagram ends the connection")
    tap.equal(change("plaintext_refused", before, wanted=1), 1, "behind the datagram")
    s.close()


def test_segments():
    s = connect(7002)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in framed(REGISTER):
        s.sendall(bytes([byte]))
        time.sleep(0.005)
    got = Reader(s).datagram()
    tap.ok(got is not None and got.startswith(b"CX2P CONFIG ") and b"10.1.0.2/24" in got,
           "a datagram of one byte a segment is answered", got)
    first = s
    s = connect(7002)
    reader = Reader(s)
    ping = framed(ip_packet(8))
    s.sendall(ping[:20])
    time.sleep(0.3)
    s.sendall(ping[20:])
    got = reader.packet()
    tap.ok(got is not None and got[9] == 1 and got[20] == 0, "one in two segments, on another connection", got)
    tap.ok(ended(first), "which the client has moved to: the one before ends")
    before = counters("plain0")
    s.sendall(ping * 500)
    got = [reader.packet() for _ in range(500)]
    tap.equal([reply is not None and reply[20] for reply in got], [0] * 500, "500 pings in one go are answered")
    tap.equal({k: v for k, v in counters("plain0").items() if v != before[k]}, {}, "and nothing is wrong")
    s.close()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def ip_packet(size):
    """An ICMP echo request from 10.1.0.2 to 10.1.0.1."""
    icmp = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + b"p" * size
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0,
                       socket.inet_aton("10.1.0.2"), socket.inet_aton("10.1.0.1"))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + icmp


def test_resets():
    """A connection is reset behind each byte of two datagrams."""
    data = framed(os.urandom(1400 if LONG else 60)) + framed(b"z" * 10)
    before = counters()
    for n in range(len(data) + 1):
        s = connect()
        if n:
            s.sendall(data[:n])
        reset(s)
    alone()
    tap.ok(pings(), "after a reset behind each byte the tunnel goes on")
    # a reset may overtake datagrams that were there as a whole
    grown = {name: count - before[name] for name, count in counters().items() if count != before[name]}
    refused = grown.pop("plaintext_refused", 0) + grown.pop("auth_failed", 0)
    tap.ok(refused <= 14 and not grown.keys() - {"tcp_refused"}, "no more than whole datagrams were counted", refused, grown)


def test_slow_reader():
    s = connect(7002)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(framed(ip_packet(8)))
    tap.ok(Reader(s).packet() is not None, "a client gets an answer, and reads nothing from then on")
    before = counters("plain0")
    flood = subprocess.Popen(["ip", "netns", "exec", "host1", "ping", "-q", "-n", "-f", "-s", "1300", "-w", "20",
                              "10.1.0.2"], stdout=subprocess.DEVNULL)
    grown = 0
    for _ in range(100):
        grown = change("queue_full", before, "plain0")
        if grown:
            break
        time.sleep(0.2)
    tap.ok(grown > 0, "packets to it are dropped, and counted")
    tap.ok(pings(), "others are served meanwhile")
    flood.terminate()
    flood.wait()
    s.close()


def established():
    text = subprocess.run(["ip", "netns", "exec", "host1", "ss", "-Htn", "state", "established", "sport = :7000"],
                          check=True, capture_output=True).stdout
    return len(text.splitlines())


def alone():
    """Waits until the tunnel's connection is the only one."""
    for _ in range(300):
        if established() <= 1:
            return True
        time.sleep(0.1)
    return False


def ended_since(before):
    """(refused, ended in silence, left) of the connections since then, all at one moment."""
    while True:
        first = counters()
        left = established() - 1
        if counters() == first:
            return first["tcp_refused"] - before["tcp_refused"], first["tcp_silent"] - before["tcp_silent"], left


def test_silent():
    wanted = 10000 if LONG else 300
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, wanted + 100), max(hard, wanted + 100)))
    tap.ok(alone(), "the connections of the tests before are gone")
    before = counters()
    start = time.monotonic()
    sockets = []
    half = connect()
    half.sendall(b"\x00\x40half a datagram")
    for _ in range(wanted):
        sockets.append(connect())
    tap.ok(pings(), f"with {wanted} silent connections the tunnel goes on")
    # Each is refused, ends in silence after 10 s, or is left. Where time passes quickly, some end meanwhile.
    for _ in range(50):
        refused, silent, left = ended_since(before)
        if refused + silent + left == wanted + 1 and left <= HOST_STRANGERS:
            break
        time.sleep(0.1)
    tap.equal(refused + silent + left, wanted + 1, "all but some are ended, and counted")
    if silent:
        tap.ok(left <= HOST_STRANGERS, "no more are left", silent, left)
    else:
        tap.equal(left, HOST_STRANGERS, "so many are left")
    tap.ok(ended(sockets[-1]), "the last one ends by itself")
    tap.ok(time.monotonic() - start > 9, "not before 10 s are over")
    for s in sockets:
        s.close()
    half.close()
    tap.ok(alone(), "the tunnel's connection alone is left")
    grown = counters()
    tap.equal(grown["tcp_refused"] + grown["tcp_silent"] - before["tcp_refused"] - before["tcp_silent"], wanted + 1,
              "each of them was counted")
    tap.ok(pings(), "the tunnel goes on")


def test_half():
    """Half a datagram, and then silence."""
    before = counters()
    s = connect()
    start = time.monotonic()
    s.sendall(struct.pack("!H", 9260) + b"x" * 9000)
    tap.ok(ended(s), "half a datagram and then silence ends the connection")
    took = time.monotonic() - start
    tap.ok(9 < took < 14.5, "after 10 s", f"{took:.1f} s")
    tap.equal(change("tcp_silent", before, wanted=1), 1, "which is counted")
    tap.equal(change("malformed", before), 0, "and is no datagram")
    s.close()


def test_many_hosts():
    """9 hosts, each with fewer connections than a host may have; together they have too many."""
    hosts, each, together = 9, HOST_STRANGERS - 8, 1024
    addresses = [f"192.0.2.{100 + i}" for i in range(hosts)]
    for address in addresses:
        subprocess.run(["ip", "address", "add", f"{address}/24", "dev", "eth0"], check=True)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, 2000), max(hard, 2000)))
    tap.ok(alone(), "the connections of the test before are gone")
    start = time.monotonic()
    sockets = [socket.create_connection((SERVER, 7000), timeout=20, source_address=(address, 0))
               for address in addresses for _ in range(each)]
    tap.note(f"{hosts * each} connections took {time.monotonic() - start:.1f} s")
    for _ in range(50):
        left = established()
        took = time.monotonic() - start
        if left == together + 1:
            break
        time.sleep(0.1)
    tap.ok(left <= together + 1, f"of {hosts * each} silent connections from {hosts} hosts no more than {together} stay",
           left)
    tap.ok(took > 9 or left == together + 1, "and no fewer, before they are 10 s old", f"{left} after {took:.1f} s")
    tap.ok(pings(), "the tunnel goes on")
    for s in sockets:
        s.close()
    tap.ok(alone(), "they leave nothing")
    for address in addresses:
        subprocess.run(["ip", "address", "del", f"{address}/24", "dev", "eth0"], check=True)


def test_flood():
    wanted = 10000 if LONG else 500
    before = counters()
    for _ in range(wanted):
        connect().close()
    tap.ok(alone(), f"{wanted} connections that end at once leave nothing")
    tap.ok(pings(), "after a flood of connections the tunnel goes on")
    grown = {name: count - before[name] for name, count in counters().items() if count != before[name]}
    tap.ok(not grown.keys() - {"tcp_refused"}, "and nothing else is counted", grown)


def test_all():
    """The tests, while the tunnel carries pings: none of those is lost."""
    with subprocess.Popen(["ping", "-n", "-i", "0.2", "-w", "3000", "10.0.0.1"], stdout=subprocess.PIPE) as ping:
        for test in (test_lengths, test_segments, test_resets, test_slow_reader, test_half, test_silent,
                     test_many_hosts, test_flood):
            test()
        time.sleep(1)
        ping.send_signal(signal.SIGINT)
        output = ping.stdout.read()
    found = re.search(rb"(\d+) packets transmitted, (\d+) received", output)
    sent, received = (int(number) for number in found.groups()) if found else (0, 0)
    # the last one may have been under way
    tap.ok(received > 50 and sent - received <= 1, f"of {sent} pings through the tunnel none was lost", sent, received)


tap.run([test_all])
