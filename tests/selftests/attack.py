#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Attacks on devices in host1, in the role of a server and of a client.

attack.py [--slow]   --slow: on a kernel that checks much, so that less is sent

The peers are in host2, and the attacker in host3; but he can send from their addresses too. He is
a stranger, who knows nothing; a recorder, who has all that was ever sent, but no key; or another
client, who has a key. Each row of the table is one attack: what is sent, how much of it is
delivered inside the tunnel, where the peer's endpoint moved, and what was counted. "limit" is what
the rules do not prevent. At the end the table is printed, what was expected and what was seen.
"""
import collections
import ctypes
import fcntl
import itertools
import os
import random
import socket
import struct
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
from camex_peer import CONFIG, DATA, KEEPALIVE, REGISTER  # noqa: E402
from exchange import enter  # noqa: E402

SLOW = "--slow" in sys.argv[1:]
KERNEL, FRIENDS, STRANGER = "192.0.2.1", "192.0.2.2", "192.0.2.3"
HOST = {KERNEL: "host1", FRIENDS: "host2", STRANGER: "host3"}
SILENT = 5.0        # seconds after which a session gives way to a younger one
UDP_SEGMENT = 103   # linux/udp.h
PEER_GET, ENDPOINT_ADDR, ENDPOINT_PORT = 3, 2, 3  # include/uapi/linux/camex.h
# what a datagram that is not taken can be counted as
COUNTERS = ("malformed", "unknown_peer", "auth_failed", "replayed", "bad_source",
            "plaintext_refused", "rate_limited", "no_memory")
BARRIER = b"CX2P and nothing that is known"  # counted as malformed, whatever the settings

ports = iter(range(20000, 30000))
rng = random.Random(1)


def udp(address, port=None):
    """A socket in the host that has the address."""
    enter(HOST[address])
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((address if address != KERNEL else "", port or next(ports)))
    sock.setblocking(False)
    return sock


def stranger():
    """Another port of host3: what one attack has taught the kernel of it is not another's."""
    return udp(STRANGER)


def queued(sock):
    """The datagrams that a socket has received."""
    got = []
    while True:
        try:
            got.append(sock.recv(65536))
        except BlockingIOError:
            return got


def run(*command, given=None):
    subprocess.run(command, check=True, input=given)


# --- the kernel's side ---


class Ethtool:
    """Reads the counters of an interface in host1, which takes no process."""

    def __init__(self):
        self.sock = udp(KERNEL)
        self.names = None

    def call(self, dev, data):
        data = ctypes.create_string_buffer(bytes(data), len(data))
        request = struct.pack("16sP16x", dev.encode(), ctypes.addressof(data))
        fcntl.ioctl(self.sock, 0x8946, request)             # SIOCETHTOOL
        return data.raw

    def counters(self, dev):
        if not self.names:
            ask = struct.pack("=IIQI", 0x37, 0, 1 << 1, 0)  # ETHTOOL_GSSET_INFO, ETH_SS_STATS
            count, = struct.unpack("=16xI", self.call(dev, ask))
            ask = struct.pack("=III", 0x1b, 1, count)       # ETHTOOL_GSTRINGS
            text = self.call(dev, ask + bytes(32 * count))[12:]
            self.names = [text[i:i + 32].rstrip(b"\0").decode() for i in range(0, 32 * count, 32)]
        count = len(self.names)
        ask = struct.pack("=II", 0x1d, count)               # ETHTOOL_GSTATS
        data = self.call(dev, ask + bytes(8 * count))
        return dict(zip(self.names, struct.unpack_from(f"={count}Q", data, 8)))


class Netlink:
    """Asks for peers of devices in host1."""

    def __init__(self):
        enter(HOST[KERNEL])
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, peers.NETLINK_GENERIC)
        name = peers.attr(peers.CTRL_ATTR_FAMILY_NAME, b"camex\0")
        answer = peers.request(self.sock, peers.GENL_ID_CTRL, peers.CTRL_CMD_GETFAMILY, 1, name)
        self.family, = struct.unpack("=H", answer[peers.CTRL_ATTR_FAMILY_ID])

    def endpoint(self, dev, peer):
        name = peers.attr(peers.PEER_NAME, peer.encode() + b"\0")
        answer = peers.request(self.sock, self.family, PEER_GET, 1,
                               peers.attr(peers.A_IFNAME, dev.encode() + b"\0") +
                               peers.attr(peers.A_PEER | peers.NLA_F_NESTED, name))
        found = peers.attributes(answer[peers.A_PEER])
        if ENDPOINT_ADDR not in found:
            return None
        return socket.inet_ntoa(found[ENDPOINT_ADDR]), struct.unpack("=H", found[ENDPOINT_PORT])[0]


class Device:
    """A camex device in host1, and what came out of it."""

    def __init__(self, name, role, inner):
        self.name, self.role, self.inner = name, role, inner
        self.at = KERNEL, next(ports)
        self.inbox = udp(KERNEL)
        self.peers = {}
        self.make()

    def make(self):
        """The device, for the first time or anew."""
        self.barriers = self.forgiven = 0
        run("camexctl", "-n", "host1", "dev", "add", self.name, "port", str(self.at[1]))
        run("ip", "-n", "host1", "address", "add", self.inner + "/24", "dev", self.name)
        run("ip", "-n", "host1", "link", "set", self.name, "up")
        for name, (key, words) in self.peers.items():
            self.add_peer(name, key, *words)

    def add_peer(self, name, key, *words):
        self.peers[name] = key, words
        run("camexctl", "-n", "host1", "peer", "add", self.name, name, "key-file", "-", *words,
            given=cx.base64.b64encode(key))

    def forget(self, *names):
        for name in names:
            run("camexctl", "-n", "host1", "peer", "forget", self.name, name)

    def restart(self):
        run("camexctl", "-n", "host1", "dev", "del", self.name)
        self.make()

    def raw(self):
        return ethtool.counters(self.name)

    def counters(self):
        counted = self.raw()
        counted["malformed"] -= self.barriers
        counted["rate_limited"] -= self.forgiven
        return {name: counted[name] for name in COUNTERS}

    def endpoints(self):
        return {name: netlink.endpoint(self.name, name) for name in self.peers}

    def barrier(self, sock):
        """All that the socket has sent was looked at when this returns.

        This process stays on one CPU, and what one CPU sends into these hosts stays in order.
        """
        self.barriers += 1
        before = self.raw()["malformed"]
        sock.sendto(BARRIER, self.at)
        until = time.monotonic() + 10
        while self.raw()["malformed"] == before:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.name} does not count")
            time.sleep(0.001)

    def carry(self, sock, datagrams):
        """Sends datagrams to the device. What strangers' budget has no time for is sent again:

        on a busy machine that can be any, and it has changed nothing.
        """
        for data in datagrams:
            if data[4:5] not in (bytes([REGISTER]), bytes([KEEPALIVE])):
                sock.sendto(data, self.at)
                continue
            for _ in range(20):
                before = self.raw()["rate_limited"]
                sock.sendto(data, self.at)
                self.barrier(sock)
                if self.raw()["rate_limited"] == before:
                    break
                self.forgiven += 1
                time.sleep(0.3)
        self.barrier(sock)

    def arrived(self, count):
        """How many packets came out, of so many that ought to."""
        until = time.monotonic() + 2
        got = 0
        while got < count and time.monotonic() < until:
            got += len(queued(self.inbox))
            time.sleep(0.001)
        time.sleep(0.03 if SLOW else 0.01)
        return got + len(queued(self.inbox))

    def send(self, inner, count=1):
        """The kernel sends packets to an inner address."""
        for _ in range(count):
            self.inbox.sendto(b"from the kernel", (inner, 9))


# --- those who mean well ---


class Friend:
    """A peer of a device, in Python: at host2, with all that it ever sent."""

    def __init__(self, dev, name, key, inner, clock):
        self.dev, self.name, self.key, self.inner, self.clock = dev, name, key, inner, clock
        self.sock = udp(FRIENDS)
        homes[name].add(self.sock.getsockname())
        self.sessions = []
        self.recorded = None  # where the attacker says that he is it
        self.begin()

    def begin(self):
        """A session of its own, by the clock or from 0."""
        self.prefix = os.urandom(4)
        self.seq = time.time_ns() if self.clock else 0
        self.sessions.append([])

    def seal(self, kind, body=b""):
        """The next datagram."""
        data = cx.seal(self.key, kind, self.prefix, self.seq, body)
        self.seq += 1
        self.sessions[-1].append(data)
        return data

    def register(self):
        return self.seal(REGISTER, cx.build_register(self.inner))

    def data(self, inner=None):
        return self.seal(DATA, self.packet(inner))

    def keepalive(self):
        return self.seal(KEEPALIVE)

    def packet(self, inner=None):
        """What the kernel delivers, if it does, from that inner address."""
        return cx.udp_packet(inner or self.inner, self.dev.inner, 9,
                             self.dev.inbox.getsockname()[1], struct.pack("!Q", next(marks)))

    def say(self, *datagrams):
        """Sends them, which must be in order; those of type DATA arrive."""
        before = self.dev.counters()
        self.dev.carry(self.sock, datagrams)
        want = sum(of_type(DATA, datagrams, 1))
        got = self.dev.arrived(want)
        after = self.dev.counters()
        if got != want or before != after:
            raise AssertionError(f"{self.name}: {got} of {want} arrived, {grown(before, after)}")

    def talk(self, packets):
        """The beginning of a session: REGISTER, DATA and KEEPALIVE."""
        self.say(self.register(), *(self.data() for _ in range(packets)), self.keepalive())

    def live(self, sessions, packets):
        """Several sessions, each a REGISTER and packets."""
        for _ in range(sessions):
            self.begin()
            self.say(self.register(), *(self.data() for _ in range(packets)))


marks = itertools.count()
homes = collections.defaultdict(set)  # where those are who have a name


def of_type(kind, datagrams, value=None):
    """The datagrams of a type, or a value for each."""
    return [value or data for data in datagrams if data[4] == kind]


# --- what an attacker makes ---


BODIES = {
    REGISTER: cx.build_register("10.0.0.2"),
    DATA: cx.udp_packet("10.0.0.2", "10.0.0.1", 9, 9, b"forged"),
    CONFIG: cx.build_config("alice", 1400, "10.0.0.2/24", "10.0.0.1", ["10.7.0.0/16"]),
    KEEPALIVE: b"",
}


def forged(kind, count, prefix=None):
    """Right in form, under a key that nobody has."""
    return [cx.seal(os.urandom(32), kind, prefix or os.urandom(4), time.time_ns(), BODIES[kind])
            for _ in range(count)]


def as_new(key, kind, body, clock=True):
    """One datagram of a session that begins with it."""
    return cx.seal(key, kind, os.urandom(4), time.time_ns() if clock else 0, body)


def spoiled(datagrams):
    """With a bit changed that only the tag protects."""
    return [data[:-1] + bytes([data[-1] ^ 1]) for data in datagrams]


def raised(datagrams):
    """With a sequence that is still to come."""
    out = []
    for data in datagrams:
        seq = (int.from_bytes(data[9:17], "big") + 1000000).to_bytes(8, "big")
        out.append(data[:9] + seq + data[17:19] + seq + data[27:])
    return out


def shuffled(datagrams):
    return rng.sample(datagrams, len(datagrams))


# --- the table ---

NOBODY, RECORDER, CLIENT, HONEST = "stranger", "recorder", "other client", "the peer"
THIRD, OWN = "third host", "peer's address"
STAYS, TAKEN, BACK = "stays", "to the third host", "to the peer"
NEAR = "to another port of its host"

# dev: the device; who: sent it; attack: what; where: from where; peer: at whose cost;
# datagrams: function that makes them; sock: sends them; delivered, endpoint, counted: expected
Row = collections.namedtuple(
    "Row", "dev who attack where peer datagrams sock delivered endpoint counted")
table = []


def grown(before, after):
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def words(counted):
    return ", ".join(f"{name} +{n}" for name, n in sorted(counted.items())) or "none"


def moves(peer, before, after):
    """Where endpoints went to, in words."""
    found = []
    for name, there in after.items():
        if there != before[name]:
            place = TAKEN if there[0] == STRANGER else BACK if there in homes[name] else NEAR
            found.append(place if name == peer else f"{name} {place}")
    return ", ".join(found) or STAYS


class Attempt:
    """A row at work: it begins when it is made, and is reported by end()."""

    def __init__(self, row):
        self.row, dev = row, row.dev
        datagrams = row.datagrams()
        queued(dev.inbox)
        self.before, self.endpoints = dev.counters(), dev.endpoints()
        dev.carry(row.sock, datagrams)

    def end(self):
        row = self.row
        got = row.dev.arrived(row.delivered)
        seen = (got, moves(row.peer, self.endpoints, row.dev.endpoints()),
                words(grown(self.before, row.dev.counters())))
        want = (row.delivered, row.endpoint, words(row.counted))
        table.append((row, want, seen))
        tap.ok(seen == want, f"{row.dev.role}: {row.attack} ({row.who}, {row.where})",
               f"got  {seen}", f"want {want}")


def attack(*rows):
    for row in rows:
        Attempt(row).end()


def together(seconds, rows):
    """Rows whose outcome shows only after a while."""
    begun = [Attempt(row) for row in rows]
    time.sleep(seconds)
    for attempt in begun:
        attempt.end()


def print_table():
    """The table as TAP diagnostics, columns aligned."""
    lines = []
    for role in dict.fromkeys(row.dev.role for row, _, _ in table):
        lines.append((f"role: {role}", "who", "from", "delivered", "endpoint", "counted", "seen"))
        for row, want, seen in table:
            if row.dev.role == role:
                lines.append((row.attack, row.who, row.where, *map(str, want),
                              "the same" if seen == want else "; ".join(map(str, seen))))
    widths = [max(len(line[i]) for line in lines) for i in range(7)]
    for line in lines:
        tap.note(" | ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


# --- the role of a server, which has never been restarted ---


def test_server():
    """alice and bob share a key; alice and carol begin at 0 whenever they restart."""
    global server, alice, bob, carol, dave, fleet
    fleet, keys = os.urandom(32), [os.urandom(32) for _ in range(2)]
    server = Device("camex0", "server", "10.0.0.1")
    server.add_peer("alice", fleet, "routes", "10.0.0.2/32")
    server.add_peer("bob", fleet, "routes", "10.0.0.3/32")
    server.add_peer("carol", keys[0], "routes", "10.0.0.4/32")
    server.add_peer("dave", keys[1], "routes", "10.0.0.5/32", "register", "manual",
                    "keepalive", "1")
    alice = Friend(server, "alice", fleet, "10.0.0.2", clock=False)
    bob = Friend(server, "bob", fleet, "10.0.0.3", clock=True)
    carol = Friend(server, "carol", keys[0], "10.0.0.4", clock=False)
    dave = Friend(server, "dave", keys[1], "10.0.0.5", clock=True)
    for friend in (alice, bob, carol, dave):
        friend.talk(8)
        friend.begin()
        friend.talk(8)
    for friend in (alice, bob):
        server.send(friend.inner, 2)
    server.send(dave.inner, 2)


def test_forged():
    out = stranger()
    for kind, name in cx.TYPES.items():
        tried = kind in (REGISTER, KEEPALIVE)
        attack(Row(server, NOBODY, f"5 forged {name}", THIRD, "alice",
                   lambda kind=kind: forged(kind, 5), out, 0, STAYS,
                   {"auth_failed" if tried else "unknown_peer": 5}),
               Row(server, NOBODY, f"5 forged {name}", OWN, "alice",
                   lambda kind=kind: forged(kind, 5), alice.sock, 0, STAYS, {"auth_failed": 5}))
    attack(
        Row(server, NOBODY, "5 forged DATA under the peer's prefix", THIRD, "alice",
            lambda: forged(DATA, 5, alice.prefix), out, 0, STAYS, {"unknown_peer": 5}),
        Row(server, NOBODY, "5 forged DATA under the peer's prefix", OWN, "alice",
            lambda: forged(DATA, 5, alice.prefix), alice.sock, 0, STAYS, {"auth_failed": 5}),
        Row(server, RECORDER, "a session with a bit changed", THIRD, "alice",
            lambda: spoiled(alice.sessions[-1]), out, 0, STAYS,
            {"auth_failed": 2, "unknown_peer": 8}),
        Row(server, RECORDER, "a session with a bit changed", OWN, "alice",
            lambda: spoiled(alice.sessions[-1]), alice.sock, 0, STAYS, {"auth_failed": 10}),
        Row(server, RECORDER, "a session with sequences raised", THIRD, "alice",
            lambda: raised(alice.sessions[-1]), out, 0, STAYS,
            {"auth_failed": 2, "unknown_peer": 8}),
        Row(server, RECORDER, "a session with sequences raised", OWN, "alice",
            lambda: raised(alice.sessions[-1]), alice.sock, 0, STAYS, {"auth_failed": 10}))


def test_replayed():
    out, held = stranger(), []
    for where, sock in ((THIRD, out), (OWN, alice.sock)):
        for attack_name, number in (("the session in use", 1), ("the session before", 0)):
            attack(Row(server, RECORDER, f"{attack_name}, replayed in order", where, "alice",
                       lambda number=number: alice.sessions[number], sock, 0, STAYS,
                       {"replayed": 10}))
        attack(Row(server, RECORDER, "both sessions, replayed in any order", where, "alice",
                   lambda: shuffled(alice.sessions[0] + alice.sessions[1]), sock, 0, STAYS,
                   {"replayed": 20}))
    attack(
        Row(server, RECORDER, "both sessions of a peer with a clock, in any order", THIRD, "bob",
            lambda: shuffled(bob.sessions[0] + bob.sessions[1]), out, 0, STAYS, {"replayed": 20}),
        Row(server, RECORDER, "the sessions of one peer, from another's address", "another peer's",
            "bob", lambda: shuffled(bob.sessions[0] + bob.sessions[1]), alice.sock, 0, STAYS,
            {"replayed": 20}))

    def hold():
        held.append(dave.data())
        dave.say(dave.data())
        return held

    attack(
        Row(server, RECORDER, "DATA held back on its way, later than the next", THIRD, "dave",
            hold, out, 1, STAYS, {}),
        Row(server, RECORDER, "the same once more", THIRD, "dave", lambda: held, out, 0, STAYS,
            {"replayed": 1}),
        Row(server, RECORDER, "DATA held back on its way, sooner than the next", THIRD, "dave",
            lambda: [dave.data()], out, 1, TAKEN, {}),
        Row(server, HONEST, "the peer's next DATA", OWN, "dave", lambda: [dave.data()], dave.sock,
            1, BACK, {}))


def heard_from_kernel(sock, key, kinds):
    """What the kernel has sent there, once there is something of each of the types."""
    until = time.monotonic() + 10
    got = []
    while not kinds <= {data[4] for data in got} and time.monotonic() < until:
        time.sleep(0.02)
        got += queued(sock)
    by_type = {kind: of_type(kind, got) for kind in kinds}
    for kind in kinds:
        cx.open_datagram(key, by_type[kind][0])
    return {kind: found[:2] for kind, found in by_type.items()}


def reflections(dev, friend, kinds, others):
    """Rows: what the kernel sent to a friend comes back to it."""
    sent = heard_from_kernel(friend.sock, friend.key, kinds)
    out = stranger()
    for kind, found in sorted(sent.items()):
        name, n = cx.TYPES[kind], len(found)
        for where, sock in [(OWN, friend.sock), (THIRD, out)] + others:
            never = kind == DATA and where == THIRD
            attack(Row(dev, RECORDER, f"the kernel's own {name}, reflected", where, friend.name,
                       lambda found=found: found, sock, 0, STAYS,
                       {"unknown_peer" if never else "replayed": n}))


def test_reflected():
    reflections(server, dave, {REGISTER, DATA, KEEPALIVE}, [])
    reflections(server, alice, {DATA, KEEPALIVE}, [("another peer's", bob.sock)])


def test_other_client():
    """bob has alice's key, carol has one of her own."""
    out, hint = stranger(), stranger()
    other = "another peer's"
    bad_texts = [b"", b"CX2P REGISTER", b"CX2P REGISTER VER=2 MODE=MANUAL LOCAL_IP=10.0.0.2\n",
                 b"CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.0.0.2 X=1\n",
                 b"CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.0.0.256\n",
                 b"CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=" + 32 * b"a",
                 b"CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=alice" + bytes(1),
                 b"CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.0.0.2" + 1000 * b" ",
                 BODIES[CONFIG], bytes(range(256))]

    def texts(key):
        return [as_new(key, REGISTER, text) for text in bad_texts]

    def named(key, name):
        return [as_new(key, REGISTER, cx.build_register(client_id=name))]

    attack(
        Row(server, CLIENT, "DATA with another's inner source, in its own session", other, "alice",
            lambda: [bob.data(alice.inner)], bob.sock, 0, STAYS, {"bad_source": 1}),
        Row(server, CLIENT, "DATA with nobody's inner source, in its own session", other, "alice",
            lambda: [bob.data("10.0.0.99")], bob.sock, 0, STAYS, {"bad_source": 1}),
        Row(server, CLIENT, "another's inner source, in a new session under another key", other,
            "alice", lambda: [as_new(carol.key, DATA, carol.packet(alice.inner), clock=False)],
            carol.sock, 0, STAYS, {"bad_source": 1}),
        Row(server, CLIENT, "inner source of a peer with another key, in a new session", other,
            "carol", lambda: [as_new(fleet, DATA, bob.packet(carol.inner))], bob.sock, 0, STAYS,
            {"unknown_peer": 1}),
        Row(server, CLIENT, "nobody's inner source, in a new session", other, "alice",
            lambda: [as_new(fleet, DATA, bob.packet("10.0.0.99"))], bob.sock, 0, STAYS,
            {"unknown_peer": 1}),
        Row(server, CLIENT, "DATA in a new session, from a source that is not known", THIRD,
            "alice", lambda: [as_new(fleet, DATA, bob.packet(alice.inner))], out, 0, STAYS,
            {"unknown_peer": 1}))
    for where, sock in ((THIRD, out), (other, carol.sock)):
        attack(Row(server, CLIENT, "CLIENT_ID of a peer with another key", where, "alice",
                   lambda: named(carol.key, "alice"), sock, 0, STAYS, {"unknown_peer": 1}))
    attack(
        Row(server, CLIENT, "CLIENT_ID of nobody", THIRD, "alice",
            lambda: named(fleet, "nobody") + named(carol.key, "nobody"), out, 0, STAYS,
            {"unknown_peer": 2}),
        Row(server, CLIENT, "LOCAL_IP of a peer with another key, and of nobody", THIRD, "carol",
            lambda: [as_new(fleet, REGISTER, cx.build_register(ip))
                     for ip in (carol.inner, "10.0.0.99")], out, 0, STAYS, {"unknown_peer": 2}),
        Row(server, CLIENT, "CLIENT_ID of another, in its own session", other, "alice",
            lambda: [bob.seal(REGISTER, cx.build_register(client_id="alice"))], bob.sock, 0, STAYS,
            {"unknown_peer": 1}))
    for key, sock, where in ((fleet, out, THIRD), (fleet, bob.sock, other),
                             (carol.key, out, THIRD)):
        attack(Row(server, CLIENT, "REGISTER with text that is none, new sessions", where,
                   "alice" if key == fleet else "carol", lambda key=key: texts(key), sock, 0, STAYS,
                   {"malformed": len(bad_texts)}))
    for where, sock in ((THIRD, out), (other, bob.sock)):
        attack(Row(server, CLIENT, "CONFIG in a new session", where, "alice",
                   lambda: [as_new(fleet, CONFIG, BODIES[CONFIG])], sock, 0, STAYS,
                   {"unknown_peer": 1}))
    attack(
        Row(server, CLIENT, "CONFIG in its own session", other, "alice",
            lambda: [bob.seal(CONFIG, BODIES[CONFIG])], bob.sock, 0, STAYS, {"unknown_peer": 1}),
        Row(server, RECORDER, "that CONFIG, replayed", other, "alice",
            lambda: [bob.sessions[-1][-1]], bob.sock, 0, STAYS, {"replayed": 1}),
        Row(server, CLIENT, "KEEPALIVE under a shared key binds nothing", THIRD, "alice",
            lambda: [as_new(fleet, KEEPALIVE, b"")], hint, 0, STAYS, {}),
        Row(server, CLIENT, "DATA with nobody's inner source after it", THIRD, "alice",
            lambda: [as_new(fleet, DATA, bob.packet("10.0.0.99"))], hint, 0, STAYS,
            {"unknown_peer": 1}))


def test_shared_key():
    """Who has a peer's key is that peer, for all that the kernel can tell."""
    other, out = "another peer's", stranger()
    new = Friend(server, "nobody", fleet, alice.inner, clock=False)

    def registers():
        alice.say(alice.data())
        return [new.register()]

    attack(
        Row(server, CLIENT, "limit: REGISTER as another that shares the key, who is active", THIRD,
            "alice", registers, out, 0, STAYS, {}),
        Row(server, CLIENT, "limit: DATA as another that shares the key", THIRD, "alice",
            lambda: [new.data()], out, 1, STAYS, {}),
        Row(server, CLIENT, "limit: the same from the same address", other, "alice",
            lambda: [as_new(fleet, DATA, new.packet())], bob.sock, 1, NEAR, {}),
        Row(server, HONEST, "the peer's next DATA", OWN, "alice", lambda: [alice.data()],
            alice.sock, 1, BACK, {}),
        Row(server, CLIENT, "limit: REGISTER as a peer with a clock that shares the key", THIRD,
            "bob", lambda: [as_new(fleet, REGISTER, cx.build_register(bob.inner))], stranger(), 0,
            TAKEN, {}))
    server.forget("alice", "bob")


# --- the role of a client ---


def test_client():
    """The kernel registers with hub; eve is another of its clients, with the same key."""
    global client, hub, early, eve
    key = os.urandom(32)
    client = Device("camex1", "client", "10.1.0.1")
    early = Friend(client, "eve", key, "10.1.0.3", clock=True)
    early.register()
    hub = Friend(client, "hub", key, "10.1.0.254", clock=True)
    eve = Friend(client, "eve", key, "10.1.0.3", clock=True)
    client.add_peer("hub", key, "routes", "any", "register", "manual", "keepalive", "1",
                    "endpoint", "%s:%d" % hub.sock.getsockname())
    time.sleep(0.1)
    hub.say(hub.keepalive(), *(hub.data() for _ in range(8)))
    client.send(hub.inner, 2)
    out = stranger()
    for kind, name in cx.TYPES.items():
        tried = kind in (REGISTER, KEEPALIVE)
        attack(Row(client, NOBODY, f"5 forged {name}", THIRD, "hub",
                   lambda kind=kind: forged(kind, 5), out, 0, STAYS,
                   {"auth_failed" if tried else "unknown_peer": 5}),
               Row(client, NOBODY, f"5 forged {name}", OWN, "hub",
                   lambda kind=kind: forged(kind, 5), hub.sock, 0, STAYS, {"auth_failed": 5}))
    attack(Row(client, HONEST, "CONFIG from the server itself, not asked for", OWN, "hub",
               lambda: [hub.seal(CONFIG, BODIES[CONFIG])], hub.sock, 0, STAYS,
               {"unknown_peer": 1}))
    for where, sock in ((THIRD, out), (OWN, hub.sock)):
        attack(
            Row(client, RECORDER, "all that the server sent, replayed in order", where, "hub",
                lambda: hub.sessions[-1], sock, 0, STAYS, {"replayed": 10}),
            Row(client, RECORDER, "all that the server sent, in any order", where, "hub",
                lambda: shuffled(hub.sessions[-1]), sock, 0, STAYS, {"replayed": 10}))
    reflections(client, hub, {REGISTER, DATA, KEEPALIVE}, [])
    for where, sock in ((THIRD, out), (OWN, hub.sock)):
        attack(Row(client, CLIENT, "CONFIG in a new session", where, "hub",
                   lambda: [as_new(key, CONFIG, BODIES[CONFIG])], sock, 0, STAYS,
                   {"unknown_peer": 1}))
    attack(
        Row(client, CLIENT, "DATA in a new session", THIRD, "hub",
            lambda: [as_new(key, DATA, hub.packet())], out, 0, STAYS, {"unknown_peer": 1}),
        Row(client, CLIENT, "KEEPALIVE in a new session", THIRD, "hub",
            lambda: [as_new(key, KEEPALIVE, b"")], out, 0, STAYS, {"unknown_peer": 1}),
        Row(client, RECORDER, "another client's REGISTER, older than the server's session", THIRD,
            "hub", lambda: early.sessions[-1], out, 0, STAYS, {"replayed": 1}),
        Row(client, RECORDER, "limit: another client's REGISTER, younger than that", THIRD, "hub",
            lambda: [eve.register()], out, 0, TAKEN, {}),
        Row(client, RECORDER, "limit: another client's DATA after it", THIRD, "hub",
            lambda: [eve.data()], out, 1, STAYS, {}))
    eve.recorded = out


# --- the role of a server, which is restarted ---


def test_restart():
    """Of the sessions before its restart a server knows nothing."""
    global restarted, hal, ian, jan, kim, frank, gus
    restarted = Device("camex2", "server, restarted", "10.2.0.1")
    friends = []
    for i, (name, clock) in enumerate((("frank", True), ("gus", True), ("hal", False),
                                       ("ian", False), ("jan", True), ("kim", False))):
        key, inner = os.urandom(32), f"10.2.0.{i + 2}"
        restarted.add_peer(name, key, "routes", inner + "/32")
        friends.append(Friend(restarted, name, key, inner, clock))
    frank, gus, hal, ian, jan, kim = friends
    for friend in (frank, hal, ian, kim):
        friend.talk(5)
        friend.begin()
        friend.talk(5)
    jan.talk(5)
    # the kernel's sessions begin anew, and are younger than jan's
    for state in ("down", "up"):
        run("ip", "-n", "host1", "link", "set", restarted.name, state)
    gus.begin()
    gus.talk(5)
    gus.begin()
    gus.talk(5)
    for friend in (gus, jan, kim):
        restarted.send(friend.inner, 2)
    kinds = {DATA, KEEPALIVE}
    sent = {friend: heard_from_kernel(friend.sock, friend.key, kinds)
            for friend in (gus, jan, kim)}
    restarted.restart()

    out = stranger()
    attack(
        Row(restarted, RECORDER, "limit: an old session, before the peer speaks", THIRD, "frank",
            lambda: frank.sessions[0], out, 5, TAKEN, {}),
        Row(restarted, HONEST, "the peer's next REGISTER", OWN, "frank",
            lambda: [frank.register()], frank.sock, 0, BACK, {}),
        Row(restarted, RECORDER, "the old session again", THIRD, "frank",
            lambda: frank.sessions[0], out, 0, STAYS, {"replayed": 7}),
        Row(restarted, RECORDER, "limit: the peer's own session, from before the restart", THIRD,
            "frank", lambda: frank.sessions[1][:7], out, 5, STAYS, {}),
        Row(restarted, RECORDER, "the same once more", THIRD, "frank",
            lambda: frank.sessions[1][:7], out, 0, STAYS, {"replayed": 7}))

    gus.say(gus.register())
    out = stranger()
    attack(
        Row(restarted, RECORDER, "an old session, after the peer speaks; it has a clock", THIRD,
            "gus", lambda: gus.sessions[-2], out, 0, STAYS, {"replayed": 2, "unknown_peer": 5}),
        Row(restarted, RECORDER, "an old session, after the peer speaks; it has a clock", OWN,
            "gus", lambda: gus.sessions[-2], gus.sock, 0, STAYS, {"replayed": 7}),
        Row(restarted, RECORDER, "the kernel's own, from before the restart; younger peer", OWN,
            "gus", lambda: sum(sent[gus].values(), []), gus.sock, 0, STAYS, {"replayed": 3}))

    ian.say(ian.register())
    attack(Row(restarted, RECORDER, "limit: an old session, after the peer speaks; it begins at 0",
               THIRD, "ian", lambda: ian.sessions[0], stranger(), 5, STAYS, {}))
    ian.say(ian.data())

    kim.say(kim.register())
    attack(
        Row(restarted, RECORDER, "limit: the kernel's own KEEPALIVE, from before the restart",
            THIRD, "kim", lambda: sent[kim][KEEPALIVE], stranger(), 0, STAYS, {}),
        Row(restarted, RECORDER, "the kernel's own DATA, from before the restart", OWN, "kim",
            lambda: sent[kim][DATA], kim.sock, 0, STAYS, {"bad_source": 2}))
    kim.say(kim.data())

    jan.say(jan.register())
    out = stranger()
    attack(
        Row(restarted, RECORDER, "limit: the same, younger than the peer's session", THIRD, "jan",
            lambda: sent[jan][KEEPALIVE], out, 0, TAKEN, {}),
        Row(restarted, RECORDER, "limit: the kernel's own DATA after it", THIRD, "jan",
            lambda: sent[jan][DATA], out, 0, STAYS, {"bad_source": 2}))

    out = stranger()
    attack(
        Row(restarted, RECORDER, "limit: an old session, before the peer speaks; it begins at 0",
            THIRD, "hal", lambda: hal.sessions[0][:3], out, 2, TAKEN, {}),
        Row(restarted, HONEST, "limit: the peer speaks while that session does", OWN, "hal",
            lambda: [hal.register(), hal.data()], hal.sock, 1, STAYS, {}),
        Row(restarted, RECORDER, "limit: that session goes on", THIRD, "hal",
            lambda: hal.sessions[0][3:6], out, 3, STAYS, {}))
    hal.recorded = out


# --- recordings of long ago, and waiting ---


def old(friend, ago):
    """The session that was so many sessions ago."""
    return friend.sessions[-1 - ago]


def long_ago(state, out):
    """Rows: alice's session of 40 sessions ago comes again."""
    for where, sock in ((THIRD, out), (OWN, alice.sock)):
        attack(
            Row(server, RECORDER, f"REGISTER of 40 sessions ago, the peer is {state}", where,
                "alice", lambda: old(alice, 40)[:1], sock, 0, STAYS, {"replayed": 1}),
            Row(server, RECORDER, f"DATA of 40 sessions ago, the peer is {state}", where, "alice",
                lambda: old(alice, 40)[1:], sock, 0, STAYS,
                {"unknown_peer" if where == THIRD else "replayed": 2}))


def test_waiting():
    out, ancient = stranger(), stranger()
    alice.begin()
    alice.say(alice.register(), alice.data(), alice.data(), alice.keepalive())
    alice.live(50, 2)
    carol.begin()
    carol.say(carol.register(), *(carol.data() for _ in range(8)))
    carol.live(69, 1)
    dave.begin()
    dave.live(70, 1)

    alice.say(alice.data())
    long_ago("active", out)

    def closed():
        alice.say(alice.data())
        return shuffled(sum((old(alice, ago) for ago in range(5, 40)), []))

    def keepalive_first():
        return [alice.sessions[2][3], *alice.sessions[2][1:3]]

    attack(
        Row(server, RECORDER, "35 closed sessions in any order, the peer is active", THIRD, "alice",
            closed, out, 0, STAYS, {"replayed": 35, "unknown_peer": 70}),
        Row(server, RECORDER, "KEEPALIVE and DATA of 50 sessions ago", THIRD, "alice",
            keepalive_first, stranger(), 0, STAYS, {"replayed": 2}),
        Row(server, RECORDER, "REGISTER and DATA of 69 sessions ago; it has a clock", THIRD, "dave",
            lambda: old(dave, 69), out, 0, STAYS, {"replayed": 1, "unknown_peer": 1}),
        Row(server, RECORDER, "REGISTER and DATA of 69 sessions ago; it has a clock", OWN, "dave",
            lambda: old(dave, 69), dave.sock, 0, STAYS, {"replayed": 2}))

    def active():
        carol.say(carol.data())
        return old(carol, 69)[:4]

    def silent():
        carol.say(carol.data())
        return old(carol, 69)[4:5]

    alice.say(alice.data())
    idle = time.monotonic()
    attack(
        Row(server, RECORDER, "DATA of 69 sessions ago without its REGISTER", THIRD, "carol",
            lambda: old(carol, 69)[1:], ancient, 0, STAYS, {"unknown_peer": 8}),
        Row(server, RECORDER, "limit: REGISTER and DATA of 69 sessions ago; it begins at 0", THIRD,
            "carol", active, ancient, 3, STAYS, {}))
    attack(
        Row(client, RECORDER, "limit: another client's DATA goes on", THIRD, "hub",
            lambda: [eve.data()], eve.recorded, 1, STAYS, {}),
        Row(client, HONEST, "limit: the server speaks while the other client does", OWN, "hub",
            lambda: [hub.data()], hub.sock, 1, STAYS, {}),
        Row(restarted, RECORDER, "limit: that session still goes on", THIRD, "hal",
            lambda: hal.sessions[0][6:], hal.recorded, 0, STAYS, {}),
        Row(restarted, HONEST, "limit: the peer speaks again while that session does", OWN, "hal",
            lambda: [hal.data()], hal.sock, 1, STAYS, {}))
    together(SILENT + 0.5, (
        Row(client, HONEST, "the other client is silent for 5 s", OWN, "hub", lambda: [], hub.sock,
            0, BACK, {}),
        Row(restarted, HONEST, "that session is silent for 5 s", OWN, "hal", lambda: [], hal.sock,
            0, BACK, {}),
        Row(server, RECORDER, "limit: DATA of 69 sessions ago, the peer is silent for 5 s", THIRD,
            "carol", silent, ancient, 1, TAKEN, {})))
    attack(
        Row(server, HONEST, "the peer's next DATA", OWN, "carol", lambda: [carol.data()],
            carol.sock, 1, BACK, {}),
        Row(server, RECORDER, "limit: more DATA of 69 sessions ago", THIRD, "carol",
            lambda: old(carol, 69)[5:7], ancient, 2, STAYS, {}))
    carol.say(carol.data())
    time.sleep(max(0.0, idle + 2 * SILENT + 0.1 - time.monotonic()))
    long_ago("idle for 10 s", out)


# --- what is not encrypted ---


def test_plain():
    out = stranger()
    plain = [cx.plain_keepalive(), BODIES[REGISTER]]
    packet = [alice.packet()]
    for where, sock in ((THIRD, out), (OWN, alice.sock)):
        attack(Row(server, NOBODY, "plain KEEPALIVE, REGISTER and packet", where, "alice",
                   lambda: plain + packet, sock, 0, STAYS,
                   {"malformed": 2, "plaintext_refused": 1}))
    run("camexctl", "-n", "host1", "dev", "set", server.name, "plaintext", "on")
    attack(
        Row(server, NOBODY, "the same with plaintext on", THIRD, "alice", lambda: plain + packet,
            out, 0, STAYS, {"unknown_peer": 3}),
        Row(server, NOBODY, "the same with plaintext on", OWN, "alice", lambda: plain + packet,
            alice.sock, 0, STAYS, {"plaintext_refused": 3}))
    run("camexctl", "-n", "host1", "dev", "set", server.name, "plaintext", "off")


# --- flood ---


def flood(sock, to, seconds, rate):
    """Sends REGISTERs that look right; returns how many in how many seconds.

    It goes on for longer where it is so slow that all of them could be tried.
    """
    batch, size = 50, len(BODIES[REGISTER])
    datagrams = [cx.header(REGISTER, os.urandom(4), time.time_ns(), size) + os.urandom(size + 16)
                 for _ in range(40 * batch)]
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, len(datagrams[0]))
    sock.setblocking(True)
    batches = itertools.cycle(b"".join(datagrams[i:i + batch])
                              for i in range(0, len(datagrams), batch))
    sent, start = 0, time.monotonic()
    while (passed := time.monotonic() - start) < seconds or (
            sent < 700 + 100 * passed and passed < 30):
        if sent < passed * rate:
            sock.sendto(next(batches), to)
            sent += batch
        else:
            time.sleep(0.001)
    return sent, passed


def test_flood():
    """Strangers cost little: what others send arrives."""
    seconds, rate = 3, 50 if SLOW else 200
    bob.begin()
    bob.say(bob.register())
    datagrams = [bob.data() for _ in range(seconds * rate)]
    out = stranger()
    endpoints, before, began_at = server.endpoints(), server.counters(), time.monotonic()
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.sched_setaffinity(0, cpus)
        os.write(theirs, struct.pack("=Qd", *flood(out, server.at, seconds + 1, 10000)))
        os._exit(0)
    time.sleep(0.5)
    start, got = time.monotonic(), 0
    for i, data in enumerate(datagrams):
        time.sleep(max(0.0, start + i / rate - time.monotonic()))
        bob.sock.sendto(data, server.at)
        got += len(queued(server.inbox))
    sent, took = struct.unpack("=Qd", os.read(ours, 16))
    os.waitpid(child, 0)
    server.barrier(bob.sock)
    got += server.arrived(len(datagrams) - got)
    # what another CPU has sent may still be on its way
    until = time.monotonic() + 10
    while True:
        counted = grown(before, server.counters())
        if sum(counted.values()) >= sent or time.monotonic() > until:
            break
        time.sleep(0.02)
    budget = int(500 + 100 * (time.monotonic() - began_at) + 1)
    tried, limited = counted.pop("auth_failed", 0), counted.pop("rate_limited", 0)
    tap.note(f"flood: {sent} forged REGISTERs in {took:.1f} s, {sent / took:.0f}/s: {tried} were "
             f"tried, {limited} were not; {got} of {len(datagrams)} honest packets arrived")
    tap.ok(got > 0.99 * len(datagrams), "flood: less than 1 % of another host's packets are lost",
           f"{got} of {len(datagrams)} arrived")
    tap.ok(0 < tried <= budget, "flood: no more than 500 and 100/s of them were tried",
           f"{tried} were tried, more than {budget}")
    tap.ok(limited > 0 and tried + limited == sent, "flood: the others are counted as rate_limited",
           f"{tried} + {limited} of {sent}")
    tap.equal(counted, {}, "flood: nothing else is counted")
    tap.equal(server.endpoints(), endpoints, "flood: no endpoint moved")


# --- all of it ---

cpus = os.sched_getaffinity(0)
os.sched_setaffinity(0, {min(cpus)})
began = time.monotonic()
ethtool, netlink = Ethtool(), Netlink()


def timed(test):
    def call():
        start = time.monotonic()
        test()
        tap.note(f"{test.__name__} took {time.monotonic() - start:.1f} s")
    call.__name__ = test.__name__
    return call


def test_end():
    print_table()
    tap.note(f"all of it took {time.monotonic() - began:.0f} s")


tap.run([timed(test) for test in (
    test_server, test_forged, test_replayed, test_reflected, test_other_client, test_shared_key,
    test_client, test_restart, test_waiting, test_plain, test_flood)] + [test_end])
