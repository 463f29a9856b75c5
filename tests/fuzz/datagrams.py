#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""datagrams.py DIRECTORY [OPTION...] [NAME...]: what a peer with the right keys can send that is wrong.

Run in host2 by fuzzdata.sh, which makes the devices in host1 and puts the keys in DIRECTORY. Each device gets batches
of datagrams that are right outside and wrong inside: the inner packets, the control text, the padding, the frames of
a line and of a TCP stream. Half of the batches are one aggregate (UDP_SEGMENT), so that they are received as one.

Each datagram with a packet must be counted once: as received, or as dropped with a reason. Afterwards a right packet
must be answered through the same device. What breaks that is printed as the shortest line that does so again.

A line is a device, a kind of batch, a salt that decides what else is left to chance, and the items of the batch: bytes in
hexadecimal, *N for the last of them N more times, or text behind a quote, as in an URL. tests/fuzz/corpus/datagrams has
lines, which are sent first; then come batches of a seed. --search looks for batches that run what no other one has run,
on a kernel whose gcov counts, and writes the corpus that it ends with to $CAMEX_OUT/datagrams.corpus, or prints it.
"""

import argparse
import base64
import collections
import ctypes
import os
import pathlib
import pty
import random
import re
import socket
import struct
import subprocess
import sys
import termios
import time
import tty
import urllib.parse

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent), str(here.parent / "peer"), str(here / "netlink")]
sys.dont_write_bytecode = True
import camex_peer as cx  # noqa: E402
import guided  # noqa: E402
import nlsocket as wire  # noqa: E402
import spec  # noqa: E402
import tap  # noqa: E402
import wireguard_noise as wn  # noqa: E402
import wireguard_session as ws  # noqa: E402
from inner import Inner  # noqa: E402
from message import ACK, REQUEST, Message, Node, parse_nodes  # noqa: E402

HERE, THERE = "192.0.2.2", "192.0.2.1"
COUNT = 32             # datagrams of a batch
SECONDS = 120          # after which what was not counted is lost
UDP_SEGMENT = 103
CLONE_NEWNET = 0x40000000
GETLINK, IFLA_STATS64 = 18, 23
OUR_ID, THEIR_ID = bytes.fromhex("8899aabbccddeeff"), bytes.fromhex("0011223344556677")
MAC = bytes((2, 0, 0, 0, 0, 2))
END, ESC, ESC_END, ESC_ESC = 0xc0, 0xdb, 0xdc, 0xdd
LOW_ORDER = (bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f",
             bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"))


def item_text(item):
    """As a word that a person can read."""
    if item[:4] == cx.MAGIC:
        return '"' + urllib.parse.quote_plus(item, safe="=/.,:-_")
    return re.sub(r"(..)\1{7,}", lambda found: f"{found[1]}*{len(found[0]) // 2 - 1}.", item.hex(), flags=re.S) or "-"


def read_item(word):
    if word[0] == '"':
        return urllib.parse.unquote_to_bytes(word[1:].replace("+", " "))
    return bytes.fromhex(re.sub(r"(..)\*(\d+)\.", lambda found: found[1] * (int(found[2]) + 1), word.strip("-")))


class Host1:
    """Sockets to the kernel in host1: counters."""

    def __init__(self):
        self.family = spec.load()["camex"]
        self.command = next(op.number for op in self.family.operations if op.name == "stats-get")
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net", "rb") as own, open("/run/netns/host1", "rb") as other:
            if libc.setns(other.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            self.generic, self.route = wire.Line(wire.GENERIC), wire.Line(socket.NETLINK_ROUTE)
            self.number = wire.family_number("camex")
            if libc.setns(own.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def counters(self, name):
        """{counter: number}, with packets that the link has received as "delivered"."""
        text = name.encode() + b"\0"
        spec_of_name = self.family.attribute("camex", "ifname")
        request = Message("camex", self.command, [Node(spec_of_name.number, text, spec_of_name)], REQUEST | ACK)
        answer = self.generic.ask(self.number, request.flags, request.body())
        found = {}
        for _, body in answer.replies:
            for node in parse_nodes(body[4:], self.family.sets["camex"], self.family.sets):
                if isinstance(node.content, list):
                    found.update({n.spec.name: int.from_bytes(n.content, sys.byteorder) for n in node.content if n.spec.size})
        if answer.error or not found:
            raise OSError(f"no counters of {name}: {answer} {answer.text}")
        answer = self.route.ask(GETLINK, REQUEST | ACK, bytes(16) + Node(3, text).encode())
        for node in parse_nodes(answer.replies[0][1][16:], {}, {}):
            if node.number == IFLA_STATS64:
                found["delivered"] = struct.unpack_from("=Q", node.content)[0]
        return found


class Device:
    """A device of host1 and how its peer talks to it. number: its inner addresses are 10.0.NUMBER.1 and fd00:NUMBER::1"""

    name = port = number = None
    frames = False

    def __init__(self, host, keys, seed):
        self.host, self.keys, self.seed, self.salt = host, keys, seed, str(seed)
        n = self.number
        self.addresses = f"10.0.{n}.2", f"10.0.{n}.1", f"fd00:{n}::2", f"fd00:{n}::1"
        macs = None
        if self.frames:
            text = subprocess.check_output(["ip", "netns", "exec", "host1", "cat", f"/sys/class/net/{self.name}/address"], text=True)
            macs = bytes.fromhex(text.strip().replace(":", "")), MAC
        self.inner = Inner(random.Random(0), self.addresses, macs)
        self.reasons = collections.Counter()
        self.sent, self.patience = 0, SECONDS
        self.rng = None
        self.kinds = {"packets": (self.strict, self.packets), **self.other_kinds()}
        self.begin()

    def begin(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((HERE, self.port))
        self.sock.connect((THERE, self.port))

    # what each kind of device does in its own way
    def wrap(self, packet):
        return packet

    def open(self, data):
        return data

    def other_kinds(self):
        """Batches of something else than packets, by name: a function that makes the items, and one that sends them."""
        return {}

    def allowed(self, kind, item):
        """May a batch of this kind have such an item?"""
        return bool(item) and (kind != "packets" or len(item) <= 1500)

    def prepare(self):
        """Now and then."""

    def strict(self):
        return self.inner.batch(COUNT)

    # --- sending ---

    def send(self, datagrams):
        groups = collections.defaultdict(list)
        together = self.by_chance(b"together").random() < 0.5
        for datagram in datagrams:
            if together and 0 < len(datagram) <= 1440:
                groups[len(datagram)].append(datagram)
            else:
                self.send_one(datagram)
        for size, group in groups.items():
            for at in range(0, len(group), 32):
                part = group[at:at + 32]
                if len(part) == 1:
                    self.send_one(part[0])
                    continue
                self.sock.sendmsg([b"".join(part)], [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", size))])

    def send_one(self, datagram):
        try:
            self.sock.send(datagram)
        except ConnectionError:     # of a datagram before
            self.sock.send(datagram)

    def grown(self, before):
        now = self.host.counters(self.name)
        return {name: n - before[name] for name, n in now.items() if n != before[name]}

    def by_chance(self, item):
        """Chance that the salt and an item decide, whatever else a batch has."""
        return random.Random(f"{self.salt} {item.hex()}")

    def wrapped(self, bodies):
        datagrams = []
        for body in bodies:
            self.rng = self.by_chance(body)
            datagrams.append(self.wrap(body))
        return datagrams

    def wait(self, before, enough):
        until = time.monotonic() + self.patience
        while not enough(grown := self.grown(before)) and time.monotonic() < until:
            time.sleep(0.01)
        return grown

    def packets(self, bodies):
        """A batch of packets. Each must be counted once."""
        before = self.host.counters(self.name)
        self.send(self.wrapped(bodies))
        grown = self.wait(before, lambda grown: sum(grown.values()) >= len(bodies))
        self.note(grown, len(bodies))
        if sum(grown.values()) != len(bodies):
            return f"of {len(bodies)} packets were counted {grown}"
        return None

    def others(self, datagrams):
        """Datagrams that may be taken without being counted. A packet behind them is delivered."""
        before = self.host.counters(self.name)
        self.send(datagrams)
        self.rng = None
        self.send_one(self.wrap(self.inner.frame(cx.icmp_echo(*self.addresses[:2]))))
        grown = self.wait(before, lambda grown: grown.get("delivered"))
        self.note(grown, len(datagrams) + 1)
        if grown.get("delivered") != 1 or sum(grown.values()) > len(datagrams) + 1:
            return f"of {len(datagrams)} datagrams and a packet were counted {grown}"
        return None

    def note(self, grown, count):
        self.reasons.update(grown)
        self.sent += count

    def one(self, kind, salt, items):
        """Sends a batch. What is wrong, or None."""
        self.salt = salt
        return self.kinds[kind][1](items)

    def line(self, kind, salt, items):
        return " ".join([self.name, kind, salt, *map(item_text, items)])

    def failed(self, kind, salt, items, error):
        """What went wrong, with the shortest line that does so again."""
        self.patience = 5
        less = guided.smaller(items, lambda less: self.one(kind, salt, less))
        self.patience = SECONDS
        return f"{error}; the shortest line that does so again, with CAMEX_LINE='LINE':\n{self.line(kind, salt, less)}"

    def made(self, salt):
        """A new batch."""
        self.rng = self.inner.rng = random.Random(f"{salt} {self.name}")
        kind = self.rng.choice(list(self.kinds) + ["packets"] * 2)
        return kind, self.kinds[kind][0]()

    def replay(self, lines):
        """What went wrong: [text]"""
        wrong = []
        for line in lines:
            _, kind, salt, *words = line.split()
            items = [read_item(word) for word in words]
            self.prepare()
            if error := self.one(kind, salt, items):
                wrong.append(self.failed(kind, salt, items, error))
        return wrong

    def run(self, seed, batches):
        """What went wrong: [text]"""
        wrong = []
        for batch in range(batches):
            if batch % 20 == 19:
                self.prepare()
            salt = f"{seed}.{batch}"
            kind, items = self.made(salt)
            if error := self.one(kind, salt, items):
                wrong.append(self.failed(kind, salt, items, error))
        return wrong

    # --- afterwards ---

    def receive(self):
        """The next datagram, or None after a while."""
        self.sock.settimeout(2)
        try:
            return self.sock.recv(65536)
        except (socket.timeout, ConnectionError):
            return None

    def answers(self):
        """Is an echo request answered through the device?"""
        here, there = self.addresses[:2]
        host = ["ip", "-n", "host1"]
        subprocess.run([*host, "address", "replace", f"{there}/24", "dev", self.name], check=True)
        if self.frames:
            subprocess.run([*host, "neighbour", "replace", here, "lladdr", MAC.hex(":"), "dev", self.name], check=True)
        until = time.monotonic() + SECONDS
        payload = random.Random(self.seed).randbytes(32)
        while time.monotonic() < until:
            self.send_one(self.wrap(self.inner.frame(cx.icmp_echo(here, there, 77, 1, payload))))
            while (data := self.receive()) is not None:
                packet = self.open(data)
                if packet and packet[14 if self.frames else 0:][20:21] == b"\0" and payload in packet:
                    return True
        return False


class Raw(Device):
    name, port, number = "raw0", 7001, 1


class Frames(Device):
    name, port, number, frames = "tap0", 7002, 2, True


TEXTS = (b"CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.0.%d.2\n", b"CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=host2\n",
         b"CX2P REGISTER 10.0.%d.2", b"CX2P CONFIG VER=1 CLIENT_ID=host2 MTU=1400 LOCAL_CIDR=10.0.9.2/24 GATEWAY_IP=10.0.9.1 "
         b"ROUTE_CIDR=10.77.0.0/24\n")
WORDS = (b"VER=1", b"VER=2", b"VER=", b"MODE=AUTO", b"MODE=MANUAL", b"CLIENT_ID=host2", b"CLIENT_ID=" + b"x" * 31, b"MTU=0",
         b"CLIENT_ID=" + b"x" * 32, b"LOCAL_IP=255.255.255.255", b"LOCAL_IP=0.0.0.0", b"LOCAL_CIDR=1.2.3.4/33", b"MTU=99999999999",
         b"ROUTE_CIDR=0.0.0.0/0", b"GATEWAY_IP=", b"=", b"A=" + b"b" * 64, b"\t\r", b"\0", b"CX2P", b"REGISTER", b"CONFIG")


class Plain(Device):
    name, port, number = "plain0", 7003, 3

    def text(self):
        text = self.rng.choice(TEXTS)
        return self.changed_text(text % self.number if b"%d" in text else text)

    def changed_text(self, text):
        rng, text = self.rng, bytearray(text)
        for _ in range(rng.choice((0, 1, 1, 2, 4))):
            what, at = rng.randrange(6), rng.randrange(len(text) + 1)
            if what == 0:
                text[at:at] = b" " + rng.choice(WORDS) * rng.choice((1, 1, 2, 20))
            elif what == 1 and text:
                text[at - 1] ^= 1 << rng.randrange(8)
            elif what == 2:
                del text[at:at + rng.randrange(1, 8)]
            elif what == 3:
                text[at:at] = rng.choice((b" ", b"\n", b"\t", b"\r", b"\0", b"\xff", b"=", b"/", b".", b"9", b"-1"))
            elif what == 4:
                text += b" " + rng.choice(WORDS)
            else:
                del text[at:]
        return bytes(text[:1200])

    def texts(self):
        return [cx.MAGIC + self.text()[4:] for _ in range(COUNT // 2)]

    def other_kinds(self):
        return {"control": (self.texts, self.others)}

    def allowed(self, kind, item):
        # what begins with the magic is control
        return super().allowed(kind, item) and (item[:4] == cx.MAGIC) == (kind == "control")

    def strict(self):
        return [b for b in self.inner.batch(COUNT) if self.allowed("packets", b)]


class Sealed(Plain):
    name, port, number = "camex0", 7004, 4

    def begin(self):
        super().begin()
        self.key = base64.b64decode((self.keys / "key").read_bytes())
        self.prefix = os.urandom(4)
        self.sequence = time.time_ns()

    def wrap(self, packet, kind=cx.DATA, **how):
        self.sequence += 1 if not self.rng or self.rng.random() < 0.95 else self.rng.choice((2, 64, 10000))
        return self.sealed(packet, kind, **how)

    def sealed(self, packet, kind, **how):
        return cx.seal(self.key, kind, self.prefix, self.sequence, packet, **how)

    def open(self, data):
        try:
            return cx.open_datagram(self.key, data).body
        except ValueError:
            return None

    def allowed(self, kind, item):
        return bool(item) and len(item) <= 1500

    def texts(self):
        return [self.text() or b"x" for _ in range(COUNT // 2)]

    def control(self, texts):
        datagrams = []
        for text in texts:
            rng = self.rng = self.by_chance(text)
            kind = rng.choice((cx.REGISTER, cx.REGISTER, cx.CONFIG, cx.KEEPALIVE))
            body = rng.choice((b"", b"x")) if kind == cx.KEEPALIVE else text
            datagrams.append(self.wrap(body, kind, short=rng.random() < 0.2))
        return self.others(datagrams)

    def other_kinds(self):
        return {"control": (self.texts, self.control)}


class Jtunnel(Device):
    name, port, number = "jt0", 7005, 5

    def wrap(self, packet):
        return OUR_ID + packet

    def open(self, data):
        return data[8:] if data[:8] == THEIR_ID else None


class SealedJtunnel(Sealed):
    name, port, number = "jt1", 7006, 6

    def sealed(self, packet, kind, **how):
        return cx.seal(self.key, kind, self.prefix, self.sequence, packet, lead=OUR_ID, **how)

    def open(self, data):
        try:
            return cx.open_datagram(self.key, data, 8).body
        except ValueError:
            return None


class Wireguard(Device):
    name, port, number = "wg0", 7007, 7

    def begin(self):
        super().begin()
        private = base64.b64decode((self.keys / "wg2").read_bytes())
        self.public = base64.b64decode((self.keys / "pub1").read_bytes())
        self.peer = ws.Peer(private, self.public)
        self.shake_hands()

    def shake_hands(self):
        until = time.monotonic() + SECONDS
        self.peer.current = None
        while not self.peer.current and time.monotonic() < until:
            self.send_one(self.peer.initiate())
            while not self.peer.current and (data := self.receive()) is not None:
                for answer in self.peer.receive(data, wg_source()).answers:
                    self.send_one(answer)
        if not self.peer.current:
            raise TimeoutError("no handshake")

    def prepare(self):
        # the keys wear out
        self.shake_hands()

    def wrap(self, packet):
        """Padded as it should be, or otherwise."""
        way = self.rng.randrange(6) if self.rng else 0
        if way == 1:
            body = packet
        elif way == 2:
            body = packet + bytes(self.rng.randrange(17))
        elif way == 3:
            body = packet + self.rng.randbytes(-len(packet) % 16)
        else:
            body = wn.pad(packet)
        return self.peer.current.seal(body)

    def open(self, data):
        result = self.peer.receive(data, wg_source())
        return result.packet

    def seeds(self):
        return [self.rng.randbytes(4) for _ in range(COUNT // 4)]

    def handshakes(self, seeds):
        """Messages of a handshake and data that nobody asked for, with right macs. All of them are dropped, with a reason."""
        suite, datagrams = self.peer.suite, []
        for seed in seeds:
            rng = self.inner.rng = self.by_chance(seed)
            kind = rng.randrange(5)
            if kind == 0:       # an initiation with a wrong bit behind its index
                message = bytearray(self.peer.initiation())
                message[rng.randrange(8, 116)] ^= 1 << rng.randrange(8)
            elif kind == 1:     # with an old time stamp, which the key seals
                message = self.peer.initiation(ws.tai64n(rng.randrange(1 << 30)))
            elif kind == 2:     # with a point of low order
                message = bytearray(self.peer.initiation())
                message[8:40] = rng.choice(LOW_ORDER)
            elif kind == 3:     # a response to nothing
                message = wn.header(suite, wn.RESPONSE, rng.getrandbits(32), rng.getrandbits(32)) + rng.randbytes(80)
            else:
                message = None
            if message is not None:
                datagrams.append(wn.add_macs(suite, bytes(message[:-32]), self.public, self.peer.usable_cookie()))
            elif rng.random() < 0.5:
                datagrams.append(wn.header(suite, wn.COOKIE, rng.getrandbits(32)) + rng.randbytes(56))
            else:
                sealed = bytearray(self.peer.current.seal(self.inner.right()))
                sealed[rng.randrange(4, len(sealed))] ^= 1 << rng.randrange(8)
                datagrams.append(bytes(sealed))
        before = self.host.counters(self.name)
        self.send(datagrams)
        grown = self.wait(before, lambda grown: sum(grown.values()) >= len(datagrams))
        self.note(grown, len(datagrams))
        if sum(grown.values()) != len(datagrams) or grown.get("delivered"):
            return f"of {len(datagrams)} wrong messages were counted {grown}"
        return None

    def other_kinds(self):
        return {"handshakes": (self.seeds, self.handshakes)}


def wg_source():
    return socket.inet_aton(THERE) + struct.pack("!H", Wireguard.port)


class Stream(Sealed):
    name, port, number = "tcp0", 7008, 8

    def begin(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(SECONDS)
        self.sock.connect((THERE, self.port))
        self.key = base64.b64decode((self.keys / "key").read_bytes())
        self.prefix, self.sequence, self.text_in = os.urandom(4), time.time_ns(), b""
        # who is there, on this connection
        self.send_one(self.wrap(cx.build_register(local_ip=self.addresses[0]), cx.REGISTER))

    def send(self, datagrams):
        """In segments that end anywhere."""
        text, rng = b"".join(struct.pack("!H", len(d)) + d for d in datagrams), self.by_chance(b"segments")
        while text:
            size = rng.choice((1, 2, 3, 100, 1000, 20000))
            self.sock.sendall(text[:size])
            text = text[size:]

    def send_one(self, datagram):
        self.sock.sendall(struct.pack("!H", len(datagram)) + datagram)

    def receive(self):
        self.sock.settimeout(2)
        while True:
            whole, self.text_in = cx.split_stream(self.text_in)
            if whole:
                self.text_in = b"".join(struct.pack("!H", len(d)) + d for d in whole[1:]) + self.text_in
                return whole[0]
            try:
                more = self.sock.recv(65536)
            except socket.timeout:
                return None
            if not more:
                raise ConnectionError("the device has closed the connection")
            self.text_in += more

    def lies(self):
        return self.inner.batch(4)

    def lengths_that_lie(self, bodies):
        """The stream gets out of step behind some datagrams. The device closes the connection, and takes another one."""
        before = self.host.counters(self.name)
        self.send(self.wrapped(bodies))
        rng = self.by_chance(b"lie")
        try:
            self.sock.sendall(rng.choice((b"\0\0", b"\x24\x2d", b"\xff\xff")) + rng.randbytes(rng.choice((0, 1, 100, 9400))))
            while self.sock.recv(65536):
                pass
        except ConnectionError:
            pass
        self.sock.close()
        self.begin()
        grown = self.wait(before, lambda grown: sum(grown.values()) >= len(bodies))
        self.note(grown, len(bodies) + 1)
        if not len(bodies) <= sum(grown.values()) <= len(bodies) + 1:
            return f"of {len(bodies)} packets and a wrong length were counted {grown}"
        return self.others([])

    def other_kinds(self):
        return {"control": (self.texts, self.control), "lies": (self.lies, self.lengths_that_lie)}


class Line(Device):
    name, number = "ser0", 9

    def begin(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave, termios.TCSANOW)
        name = os.ttyname(slave)
        self.holder = subprocess.Popen(["camexctl", "-n", "host1", "serial", self.name, name, "baud", "115200", "foreground"])
        until = time.monotonic() + SECONDS
        carrier = ["ip", "netns", "exec", "host1", "cat", f"/sys/class/net/{self.name}/carrier"]
        while subprocess.run(carrier, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout != b"1\n":
            if time.monotonic() > until:
                raise TimeoutError("no carrier")
            time.sleep(0.1)
        os.set_blocking(self.master, False)
        self.text_in, self.pings = b"", 0
        subprocess.run(["ip", "-n", "host1", "address", "add", f"{self.addresses[1]}/24", "dev", self.name], check=True)

    def put(self, text):
        while text:
            self.take()
            try:
                text = text[os.write(self.master, text[:1024]):]
            except BlockingIOError:
                time.sleep(0.01)

    def take(self):
        try:
            self.text_in += os.read(self.master, 65536)
        except BlockingIOError:
            return False
        return True

    def grown(self, before):
        # what the device sends may find the line busy
        return {name: n for name, n in super().grown(before).items() if name != "queue-full"}

    def catch_up(self):
        """Waits until all has been received that was sent. Returns how many echo requests that took, or None."""
        until, sent = time.monotonic() + SECONDS, 0
        while time.monotonic() < until:
            self.pings, sent = self.pings + 1, sent + 1
            payload = struct.pack("!Q", self.pings) + b"caught up"
            self.send_one(cx.icmp_echo(*self.addresses[:2], payload=payload))
            later = time.monotonic() + 10
            while time.monotonic() < later and (frame := self.receive()) is not None:
                if payload in frame:
                    return sent
        return None

    def packets(self, bodies):
        before = self.host.counters(self.name)
        self.send(bodies)
        pings = self.catch_up()
        grown = self.grown(before)
        self.note(grown, len(bodies))
        if pings is None or sum(grown.values()) != len(bodies) + pings:
            return f"of {len(bodies)} packets and {pings} pings were counted {grown}"
        return None

    def send(self, datagrams):
        self.put(b"".join(slip(d) for d in datagrams))

    def send_one(self, datagram):
        self.put(slip(datagram))

    def allowed(self, kind, item):
        """As a packet only what is not taken for a header of Van Jacobson's."""
        return super().allowed(kind, item) and (kind != "packets" or item[0] < 0x70)

    def strict(self):
        return [b for b in self.inner.batch(COUNT) if self.allowed("packets", b)]

    def bytes_of_any_kind(self):
        """Escapes that are none, frames without an end, compressed headers."""
        rng, texts = self.rng, []
        for _ in range(COUNT // 2):
            kind, text = rng.randrange(6), b""
            if kind == 0:
                text += rng.randbytes(rng.randrange(200))
            elif kind == 1:
                text += bytes(rng.choice((END, ESC, ESC_END, ESC_ESC, 0x45)) for _ in range(rng.randrange(50)))
            elif kind == 2:
                text += rng.randbytes(20000)
            elif kind == 3:     # a TCP packet whole, with a slot in the place of its protocol
                packet = bytearray(self.inner.tcp(self.addresses[:2], rng.randbytes(rng.randrange(200))))
                packet[0], packet[9] = 0x70 | packet[0] & 15, rng.choice((0, 1, 15, 16, 255))
                text += slip(packet)
            else:               # and what has changed since
                text += slip(bytes([0x80 | rng.randrange(128)]) + rng.randbytes(rng.randrange(40)))
            texts.append(text or b"\0")
        return texts

    def noise(self, texts):
        before = self.host.counters(self.name)
        # the last frame may begin with an escape that is not over
        self.put(b"".join(texts) + bytes([END, END]))
        pings = self.catch_up()
        self.note(self.grown(before), len(texts))
        return "nothing is answered afterwards" if pings is None else None

    def other_kinds(self):
        return {"noise": (self.bytes_of_any_kind, self.noise)}

    def receive(self):
        until = time.monotonic() + 2
        while time.monotonic() < until:
            frame, end, rest = self.text_in.partition(bytes([END]))
            if end:
                self.text_in = rest
                if frame:
                    return frame.replace(bytes([ESC, ESC_END]), bytes([END])).replace(bytes([ESC, ESC_ESC]), bytes([ESC]))
                continue
            if not self.take():
                time.sleep(0.01)
        return None


def slip(packet):
    packet = bytes(packet).replace(bytes([ESC]), bytes([ESC, ESC_ESC])).replace(bytes([END]), bytes([ESC, ESC_END]))
    return bytes([END]) + packet + bytes([END])


KINDS = (Raw, Frames, Plain, Sealed, Jtunnel, SealedJtunnel, Wireguard, Stream, Line)


class Search:
    """Batches of a device that run what no other batch has run."""

    def __init__(self, device, gcov, lines, known, seed):
        self.device, self.gcov, self.known = device, gcov, known
        self.rng, self.count = random.Random(f"{seed} {device.name} search"), 0
        self.entries = {line: None for line in lines}
        self.wrong = []

    def reach(self, kind, salt, items, alone=True):
        """What a batch runs. alone: nothing that has run before it."""
        if alone:
            self.gcov.reached()
        error = self.device.one(kind, salt, items)
        reached = self.gcov.reached()
        if error:
            self.wrong.append(self.device.failed(kind, salt, items, error))
        return reached

    def changed(self, kind, items):
        device, rng = self.device, self.rng
        items = list(items)
        device.rng = device.inner.rng = rng
        for _ in range(rng.choice((1, 1, 2, 4))):
            what, at = rng.randrange(6), rng.randrange(len(items))
            if what < 3:
                items[at] = device.changed_text(items[at]) if kind == "control" else device.inner.wrong(items[at])
            elif what == 3:
                items[at:at] = [items[at]] * rng.choice((1, 2, 16))
            elif what == 4:
                items[at:at] = device.kinds[kind][0]()[:rng.choice((1, 4, 16))]
            else:
                del items[at]
                items = items or [b"\0"]
        return [item for item in items if device.allowed(kind, item)][:2 * COUNT]

    def admit(self, kind, salt, items, new):
        """What is run by chance, by a timer for example, does not come twice."""
        wanted = new & self.reach(kind, salt, items) & self.reach(kind, salt, items)
        self.known |= new
        if not wanted:
            return
        items = guided.smaller(items, lambda less: wanted <= self.reach(kind, salt, less), 12)
        if kind == "packets":
            # zeros behind the headers
            plain = [item[:80] + bytes(max(len(item) - 80, 0)) for item in items]
            if plain != items and wanted <= self.reach(kind, salt, plain):
                items = plain
        reached = self.reach(kind, salt, items) | wanted
        self.known |= reached
        self.entries[self.device.line(kind, salt, items)] = reached

    def run(self, until):
        device = self.device
        for line in self.entries:
            _, kind, salt, *words = line.split()
            self.entries[line] = self.reach(kind, salt, [read_item(word) for word in words])
            self.known |= self.entries[line]
        while time.monotonic() < until:
            self.count += 1
            if self.count % 20 == 0:
                device.prepare()
            salt = f"{self.rng.getrandbits(24):x}"
            if not self.entries or self.rng.random() < 0.3:
                kind, items = device.made(salt)
            else:
                _, kind, old, *words = self.rng.choice(list(self.entries)).split()
                salt = self.rng.choice((salt, old))
                items = self.changed(kind, [read_item(word) for word in words])
            if items and (new := self.reach(kind, salt, items, False) - self.known):
                self.admit(kind, salt, items, new)


KINDS = (Raw, Frames, Plain, Sealed, Jtunnel, SealedJtunnel, Wireguard, Stream, Line)
FOLDERS = ("core", "datapath", "link", "protocol", "transport")


class Run:
    def __init__(self, args):
        self.args, self.host, self.total = args, Host1(), collections.Counter()
        self.began, self.entries, self.known = time.monotonic(), {}, set()
        lines = [args.line] if args.line else args.corpus.read_text().splitlines() if args.corpus.exists() else []
        self.corpus = [line for line in lines if line and line[0] != "#"]
        self.comments = [line for line in lines if line.startswith("#")]
        self.gcov = guided.Gcov(args.debugfs, FOLDERS) if args.search else None
        if not guided.Gcov.available(args.debugfs):
            tap.note("gcov does not count in this module: nothing guides the datagrams")
            self.gcov = None

    def fuzz(self, kind):
        args, start = self.args, time.monotonic()
        device = kind(self.host, args.keys, args.seed)
        mine = [line for line in self.corpus if line.split()[0] == device.name]
        if mine:
            wrong = device.replay(mine)
            tap.ok(not wrong, f"{device.name}: {len(mine)} entries of the corpus, each datagram counted once", *wrong[:3])
        if args.batches:
            wrong = device.run(args.seed, args.batches)
            tap.ok(not wrong, f"{device.name}: {args.batches} batches, each datagram counted once", *wrong[:3], f"{len(wrong)} in all")
        if self.gcov:
            search = Search(device, self.gcov, mine, self.known, args.seed)
            before = len(self.known)
            search.run(time.monotonic() + args.search / len(KINDS))
            tap.ok(not search.wrong, f"{device.name}: {search.count} batches sought, each datagram counted once", *search.wrong[:3],
                   f"{len(search.wrong)} in all")
            self.entries.update(search.entries)
            tap.note(f"{device.name}: {len(self.known) - before} counters more, {len(search.entries)} entries")
        device.rng = None
        tap.ok(device.answers(), f"{device.name}: answers a right packet afterwards")
        seconds = time.monotonic() - start
        self.total["sent"] += device.sent
        self.total.update(device.reasons)
        tap.note(f"{device.name}: {device.sent} datagrams in {seconds:.0f} s, " +
                 ", ".join(f"{n} {name}" for name, n in device.reasons.most_common()))
        if isinstance(device, Line):
            device.holder.terminate()
            device.holder.wait()

    def keep(self):
        """The corpus that the search ends with."""
        kept = sorted(guided.cover({line: reached for line, reached in self.entries.items() if reached}))
        tap.note(f"the corpus had {len(self.corpus)} entries, {len(self.entries)} run something, and {len(kept)} run all of it")
        if out := os.environ.get("CAMEX_OUT"):
            pathlib.Path(out, "datagrams.corpus").write_text("".join(line + "\n" for line in self.comments + kept))
        for line in kept:
            if line not in self.corpus:
                tap.note(f"new: {line}")

    def report(self):
        total, seconds = self.total, time.monotonic() - self.began
        tap.note(f"{total['sent']} datagrams, {total['delivered']} delivered, {seconds:.0f} s, {total['sent'] / seconds:.0f} a second")
        if self.args.batches:
            tap.ok(total["delivered"] * 10 > total["sent"], "a tenth was delivered")


def main():
    parser = argparse.ArgumentParser(description="Sends datagrams that are wrong behind authentication.")
    parser.add_argument("keys", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path, default=here / "corpus/datagrams")
    parser.add_argument("--line", help="an entry, instead of the corpus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--search", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--debugfs", type=pathlib.Path, default=pathlib.Path("/sys/kernel/debug"))
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.line:
        args.names = args.line.split()[:1]
    run = Run(args)
    steps = [lambda kind=kind: run.fuzz(kind) for kind in KINDS if not args.names or kind.name in args.names]
    tap.run([*steps, *([run.keep] if run.gcov else []), run.report])


main()
