#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An implementation of protocol wireguard in host1 against wireguard_peer.py in host2.

wgpeer.py IMPLEMENTATION: a name in DEVICES; to be run in host2. A class there is all that
knows how a device is made and configured.
"""

import base64
import contextlib
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(here), f"{here}/../peer"]
import camex_peer as cx  # noqa: E402
import tap  # noqa: E402
import wireguard_noise as wn  # noqa: E402
import wireguard_peer as wp  # noqa: E402
import wireguard_session as ws  # noqa: E402
from wireguard_noise import COOKIE, DATA, INITIATION, RESPONSE  # noqa: E402

DEVICE, PEER = ("192.0.2.1", 51820), ("192.0.2.2", 51821)
OURS, THEIRS, STRANGE = ("10.9.0.2", "fd00:9::2"), ("10.9.0.1", "fd00:9::1"), "10.9.9.9"
SO_RCVBUFFORCE = 33
LONG = 60  # seconds, for what happens sooner on any machine


def run(*command):
    return subprocess.check_output(["ip", "netns", "exec", "host1", *command], text=True)


def prefixes(addresses):
    """Each of these addresses alone, as wg and camexctl read a list."""
    return ",".join(f"{a}/{128 if ':' in a else 32}" for a in addresses)


# --- the device under test ---


class KernelWireGuard:
    """wireguard.ko"""

    name = "wg0"
    queue_of_load = 512  # from so many queued handshakes it wants cookies
    edge = 8128  # so far back a counter is taken
    beyond = 63  # so many counters above the protocol's limit are taken
    burst = 2000  # so many datagrams at once are not lost before it looks at them
    both_complete = False  # of two handshakes that cross, the one that it began too
    suite, other_suite = wn.CHACHA, wn.AES

    def __init__(self, private):
        self.files = tempfile.TemporaryDirectory()
        self.start(self.key_file(private))
        run("ip", "address", "add", f"{THEIRS[0]}/24", "dev", self.name)
        run("ip", "address", "add", f"{THEIRS[1]}/64", "dev", self.name, "nodad")
        run("ip", "link", "set", self.name, "up")

    def start(self, key_file):
        run("ip", "link", "add", self.name, "type", "wireguard")
        self.set_own(key_file)

    def set_own(self, key_file):
        run("wg", "set", self.name, "listen-port", str(DEVICE[1]), "private-key", key_file)

    def end(self):
        run("ip", "link", "del", self.name)

    def key_file(self, key):
        path = f"{self.files.name}/{len(os.listdir(self.files.name))}"
        with open(path, "w", encoding="ascii") as f:
            f.write(base64.b64encode(key).decode() + "\n")
        return path

    def set_peer(self, public, addresses, psk=None, endpoint=None):
        """A peer of host2, anew: no session, no time stamp, no cookie is left."""
        key = base64.b64encode(public).decode()
        run("wg", "set", self.name, "peer", key, "remove")
        more = ["preshared-key", self.key_file(psk)] if psk else []
        more += ["endpoint", cx.endpoint_text(endpoint)] if endpoint else []
        run("wg", "set", self.name, "peer", key, "allowed-ips", prefixes(addresses), *more)


class WireGuardGo(KernelWireGuard):
    """wireguard-go, a program: what comes waits in a socket, which overflows"""

    queue_of_load = None  # what a flood leaves of it is chance
    beyond = 0
    burst = 100

    def start(self, key_file):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", "host1", "wireguard-go", "-f", self.name],
            env={**os.environ, "WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD": "1"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + LONG
        while not os.path.exists(f"/var/run/wireguard/{self.name}.sock") and time.monotonic() < until:
            time.sleep(0.1)
        self.set_own(key_file)

    def end(self):
        self.process.terminate()
        self.process.wait()


class Camex(KernelWireGuard):
    """camex, protocol wireguard"""

    name = "camex0"
    beyond = 0
    both_complete = True

    def start(self, key_file):
        run("camexctl", "dev", "add", self.name, "protocol", "wireguard", "port", str(DEVICE[1]),
            "private-key-file", key_file)
        self.peers = {}

    def end(self):
        run("camexctl", "dev", "del", self.name)

    def set_peer(self, public, addresses, psk=None, endpoint=None):
        if public in self.peers:
            run("camexctl", "peer", "del", self.name, self.peers[public])
        name = self.peers.setdefault(public, f"p{len(self.peers)}")
        more = ["preshared-key-file", self.key_file(psk)] if psk else []
        more += ["endpoint", cx.endpoint_text(endpoint)] if endpoint else []
        run("camexctl", "peer", "add", self.name, name, "public-key", base64.b64encode(public).decode(),
            "routes", prefixes(addresses), "cipher", self.suite.cipher, *more)


class CamexAes(Camex):
    """camex, with cipher aes-256-gcm"""

    suite, other_suite = wn.AES, wn.CHACHA


DEVICES = {"wireguard": KernelWireGuard, "wireguard-go": WireGuardGo, "camex": Camex, "camex-aes": CamexAes}


# --- the other end ---


class End:
    """wireguard_peer.py in this process: what it logs can be waited for."""

    def __init__(self, private, public, suite=None, psk=wn.NO_PSK, at=PEER, addresses=OURS):
        self.entries = []
        self.peer = ws.Peer(private, public, psk, suite or device.suite)
        sock = cx.open_socket(at)
        self.node = wp.Node(self.peer, sock, self.note, addresses, DEVICE)
        self.seen = 0

    def note(self, **entry):
        self.entries.append(entry)

    def close(self):
        self.node.sock.close()

    def do(self, *commands):
        for command in commands:
            self.node.do(command)

    def take_all(self, seconds=0.0):
        """Takes what comes within so many seconds of silence."""
        while select.select([self.node.sock], [], [], seconds)[0]:
            self.node.take()

    def step(self):
        """Takes a datagram, or sends what is due."""
        if select.select([self.node.sock], [], [], 0.05)[0]:
            self.node.take()
        elif self.node.timers:
            self.node.send_all(self.peer.tick())

    def wait(self, seconds=LONG, **want):
        """The next entry with these values that no wait has returned, or None."""
        until = time.monotonic() + seconds
        while True:
            for i in range(self.seen, len(self.entries)):
                if all(self.entries[i].get(k) == v for k, v in want.items()):
                    self.seen = i + 1
                    return self.entries[i]
            if time.monotonic() > until:
                return None
            self.step()

    def came(self, since, **want):
        """How many entries since then have these values."""
        return sum(e["dir"] == "in" and all(e.get(k) == v for k, v in want.items())
                   for e in self.entries[since:])

    def handshake(self):
        """Begins one: the entry of its response."""
        time.sleep(0.03)  # the device looks at one initiation in 20 ms
        self.do("initiate")
        return self.wait(type=RESPONSE, dir="in", verdict="ok")

    def answered(self, command):
        """Whether the device answers the ping that this data message has."""
        since = len(self.entries)
        self.node.sequence += 2
        seq = self.node.sequence
        self.do(f"{command} seq={seq - 1}", f"send data to={THEIRS[0]} seq={seq}")
        if not self.wait(icmp_type=0, seq=seq, verdict="ok"):
            return None
        return self.came(since, icmp_type=0, seq=seq - 1) == 1


device = private = public = None


def fresh(theirs=None, endpoint=None, **more):
    """A device and a peer that have never met. theirs: the preshared key that the device has."""
    device.set_peer(wn.public_of(private), OURS, theirs, endpoint)
    return End(private, public, **more)


def device_pings(end, address, seconds=LONG):
    """The device's own ping is answered by this end."""
    with subprocess.Popen(["ip", "netns", "exec", "host1", "ping", "-q", "-c", "1", "-W", str(seconds),
                           address], stdout=subprocess.DEVNULL) as ping:
        while ping.poll() is None:
            end.step()
        return ping.returncode == 0


def test_roles():
    for psk in (None, os.urandom(32)):
        name = "with a preshared key" if psk else "without a preshared key"
        end = fresh(psk, psk=psk or wn.NO_PSK)
        end.do(f"ping {THEIRS[0]}")
        tap.ok(end.wait(type=RESPONSE, dir="in", verdict="ok"), f"{name}: it answers a handshake")
        entry = end.wait(icmp_type=0, seq=1, source=THEIRS[0])
        tap.equal(entry and (entry["packet_length"], entry["body_length"]), (84, 96), f"{name}: and a ping, padded")
        end.do(f"ping {THEIRS[1]}")
        tap.ok(end.wait(icmp_type=129, source=THEIRS[1]), f"{name}: and one with IPv6")
        tap.ok(device_pings(end, OURS[0]), f"{name}: it pings")
        end.close()
        end = fresh(psk, PEER, psk=psk or wn.NO_PSK)
        tap.ok(device_pings(end, OURS[1]), f"{name}: it begins a handshake, and pings")
        tap.equal(end.came(0, type=INITIATION, verdict="ok"), 1, f"{name}: with one initiation")
        end.close()
    for theirs, ours in ((os.urandom(32), wn.NO_PSK), (None, os.urandom(32))):
        end = fresh(theirs, psk=ours)
        end.do("initiate")
        tap.ok(end.wait(type=RESPONSE, verdict="bad_tag"), "a preshared key at one end: its response is worth nothing")
        end.close()
        end = fresh(theirs, PEER, psk=ours)
        tap.ok(not device_pings(end, OURS[0], 1), "the other way about: its ping is not answered")
        tap.equal(end.came(0, type=INITIATION, verdict="ok"), 1, "there is an initiation")
        tap.equal(end.came(0, type=DATA), 0, "and no data")
        end.close()


WRONG_HANDSHAKES = (
    "send initiation reserved=1", "send initiation type=0", "send initiation type=5",
    "send initiation type=OTHER", "send initiation extend=1", "send initiation cut=1",
    "send initiation cut=116", "send initiation mac1=bad", "send initiation flip=10 mac1=bad",
    "send initiation static=other", "send initiation stamp=60", "send initiation stamp=same",
    "again initiation", "send response", "send response reserved=1", "send response extend=1",
    "send response mac1=bad", "send cookie", "send cookie cut=1", "send cookie extend=1",
)
WRONG_DATA = (
    "reserved=1", "type=5", "type=OTHER", "flip=-1", "flip=20", "flip=8", "cut=1", "cut=100", "cut=112",
    "extend=1", "index=77", f"body={cx.icmp_echo(STRANGE, THEIRS[0]).hex()}", "body=45",
    f"body={'00' * 32}", f"body={cx.icmp_echo(OURS[0], THEIRS[0])[:-1].hex()}",
)


def test_wrong():
    end = fresh()
    tap.ok(end.handshake(), "a handshake")
    other = device.other_suite.first_type
    for command in WRONG_HANDSHAKES:
        command = command.replace("OTHER", str(other))
        since = len(end.entries)
        end.do(command)
        answer = end.handshake()
        got = end.came(since, type=RESPONSE), end.came(since, type=COOKIE)
        tap.ok(answer and got == (1, 0), f"ignored: {command}", got)
    for options in WRONG_DATA:
        options = options.replace("OTHER", str(other + 3))
        since = len(end.entries)
        tap.equal(end.answered(f"send data to={THEIRS[0]} {options}"), False, f"ignored: data {options[:60]}")
        tap.equal(end.came(since), 1, "nothing else came")
    end.close()
    end = fresh(suite=device.other_suite)
    end.do("initiate", "send response", "send cookie")
    end.take_all(0.5)
    tap.equal(end.came(0), 0, "ignored: another cipher's messages")
    end.close()


def test_others():
    """Two peers of one device: neither passes for the other."""
    end = fresh()
    other_private = wn.generate_private()
    addresses = "10.9.0.3", "fd00:9::3"
    device.set_peer(wn.public_of(other_private), addresses)
    other = End(other_private, public, at=(PEER[0], PEER[1] + 1), addresses=addresses)
    for who in (end, other):
        tap.ok(who.handshake(), "a handshake")
        who.do(f"ping {THEIRS[0]}")
        tap.ok(who.wait(icmp_type=0, verdict="ok"), "its ping is answered")
    ours, its = end.peer.current, other.peer.current
    for options, what in ((f"index={its.remote_index}", "the index of another peer"),
                          (f"body={cx.icmp_echo(addresses[0], THEIRS[0]).hex()}", "the inner address of another peer")):
        since, theirs = len(end.entries), len(other.entries)
        tap.equal(end.answered(f"send data to={THEIRS[0]} {options}"), False, f"ignored: {what}")
        other.take_all(0.2)
        tap.equal((end.came(since), other.came(theirs)), (1, 0), "nothing else came, to neither")
    # the other's session, from this one's address: its peer has moved
    end.peer.current = its
    end.do(f"send data body={cx.icmp_echo(addresses[0], THEIRS[0], 7, 7).hex()}")
    tap.ok(end.wait(icmp_type=0, seq=7, destination=addresses[0]),
           "who has a session's keys is its peer, wherever it is")
    end.peer.current = ours
    tap.equal(end.answered(f"send data to={THEIRS[0]}"), True, "which changes nothing for the peer that was there")
    other.do(f"ping {THEIRS[0]}")
    tap.ok(other.wait(icmp_type=0, verdict="ok", seq=other.node.sequence), "and the other comes back")
    # a response that another got
    time.sleep(0.03)
    end.node.sock.sendto(end.peer.initiation(), DEVICE)
    select.select([end.node.sock], [], [], LONG)
    response = end.node.sock.recv(65536)
    tap.equal(response[0], device.suite.first_type + 1, "a response")
    since = len(other.entries)
    other.node.sock.sendto(response, DEVICE)
    other.take_all(0.2)
    tap.equal(other.came(since), 0, "which is not answered when another sends it back")
    end.close()
    other.close()


WRONG_RESPONSES = (
    "reserved=1", "type=OTHER", "flip=20", "flip=50", "extend=1", "cut=1", "mac1=bad", "flip=4 mac1=bad",
    "index=77", "psk",
)


def test_responses():
    """The device begins: only the right response has it send what waits, wrong ones before it or not."""
    for command in WRONG_RESPONSES:
        command = command.replace("OTHER", str(device.other_suite.first_type + 1))
        end = fresh(endpoint=PEER)
        with subprocess.Popen(["ip", "netns", "exec", "host1", "ping", "-q", "-c", "1", "-W", str(LONG), OURS[0]],
                              stdout=subprocess.DEVNULL) as ping:
            while True:
                data, source = end.node.sock.recvfrom(65536)
                if len(data) == 148:
                    break
            right = wn.Responder(device.suite, private, data)
            psk = os.urandom(32) if command == "psk" else wn.NO_PSK
            wrong = wn.Responder(device.suite, private, data).response(4711, psk)[0]
            options = dict(word.split("=") for word in command.split() if "=" in word)
            end.node.sock.sendto(end.node.spoil(RESPONSE, wrong, options), source)
            since = len(end.entries)
            end.take_all(0.3)
            tap.equal(end.came(since), 0, f"ignored: response {command}")
            answer, keys = right.response(815, wn.NO_PSK)
            end.peer.next = wn.Transport(device.suite, keys, 815, right.remote_index, False, end.peer.clock())
            end.node.sock.sendto(answer, source)
            tap.ok(end.wait(icmp_type=8, source=THEIRS[0]), "after the right one it sends what waited")
            ping.wait()
        end.node.sock.sendto(answer, source)
        since = len(end.entries)
        tap.equal(end.answered(f"send data to={THEIRS[0]}"), True, "the same response once more changes nothing")
        tap.equal(end.came(since), 2, "and is not answered")
        end.close()


# how far a ping's counter is from the last one; the second ping is one ahead of what the first refers to
OFFSETS = (("+20000", True), ("-0", False), ("-8100", True), ("-8193", False), ("-12000", False), ("+8192", True),
           ("-50", True))


def find_edge(end):
    """How far back a counter may be."""
    end.do("send data counter=+20000")
    top = end.peer.current.counter - 1
    low, high = 8100, 8193
    while high - low > 1:
        middle = (low + high) // 2
        since, seq = len(end.entries), end.node.sequence + 1
        end.node.sequence += 2
        # what shows that it was looked at may not move the window
        end.do(f"send data to={THEIRS[0]} counter={top - middle} seq={seq}",
               f"send data to={THEIRS[0]} counter={top - middle + 4000} seq={seq + 1}")
        end.wait(icmp_type=0, seq=seq + 1)
        if end.came(since, icmp_type=0, seq=seq):
            low = middle
        else:
            high = middle
    return low


def test_data():
    end = fresh()
    end.handshake()
    for options in ("", "pad=none", "pad=400"):
        tap.equal(end.answered(f"send data to={THEIRS[0]} {options}"), True, f"a ping {options}")
    since = len(end.entries)
    end.do(f"flood data count={device.burst}")
    tap.equal(end.answered(f"send data to={THEIRS[0]}"), True, f"{device.burst} keepalives, then a ping")
    tap.equal(end.came(since), 2, "only pings are answered")
    ping = f"send data to={THEIRS[0]}"
    for offset, good in OFFSETS:
        tap.equal(end.answered(f"{ping} counter={offset}"), good,
                  f"counter {offset}: {'taken' if good else 'refused'}")
    edge = find_edge(end)
    tap.ok(edge == device.edge, f"the counter furthest back that is taken: {edge} back")
    end.do(f"send data to={THEIRS[0]} counter=5")
    first = end.node.last[DATA]
    old = end.peer.current
    tap.ok(end.handshake(), "a new session")
    end.peer.previous = old
    tap.equal(end.answered(f"{ping} session=previous counter=+1"), True, "data of the session before")
    end.node.sock.sendto(first, DEVICE)
    tap.equal(end.answered(f"{ping} session=previous counter=-0"), False, "but no replay in it")
    end.handshake()
    end.handshake()
    end.peer.previous = old
    tap.equal(end.answered(f"{ping} session=previous counter=+1"), False, "nothing of one before that")
    moved = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    moved.bind((PEER[0], PEER[1] + 1))
    end.close()
    end.node.sock = moved
    tap.equal(end.answered(ping), True, "the peer moves to another port")
    end.close()


def test_next():
    """A responder does not use keys that no data has confirmed."""
    end = fresh()
    end.do("initiate")
    select.select([end.node.sock], [], [], LONG)
    data, source = end.node.sock.recvfrom(65536)
    result = end.peer.receive(data, wp.source_bytes(source))
    tap.equal(result.entry["type"], RESPONSE, "a response, which nothing confirms")
    tap.ok(not device_pings(end, OURS[0], 1), "its ping is not sent")
    tap.equal(end.came(0), 0, "nor is anything else: it began no handshake so soon")
    time.sleep(5)
    tap.ok(device_pings(end, OURS[0]), "5 s after the response it is")
    tap.equal([end.came(0, type=t, verdict="ok") for t in (INITIATION, RESPONSE)], [1, 0],
              "after a handshake of its own")
    end.close()


def time_for_others():
    """Files with the time that other processes get in spite of SCHED_FIFO, each with the text for none.

    Newer kernels have a deadline server for each CPU. This network namespace has no debugfs of its own.
    """
    servers = pathlib.Path("/proc/1/root/sys/kernel/debug/sched/fair_server").glob("cpu*/runtime")
    return [(pathlib.Path("/proc/sys/kernel/sched_rt_runtime_us"), "-1"), *((file, "0") for file in servers)]


@contextlib.contextmanager
def no_workers():
    """On one CPU: the device receives and queues what this process sends, and takes nothing from the queue."""
    limits = [(file, none, file.read_text()) for file, none in time_for_others()]
    # threads that receive when a CPU has too much to do
    threads = [int(word) for word in subprocess.check_output(["pgrep", "^ksoftirqd/"]).split()]
    try:
        for file, none, _ in limits:
            file.write_text(none)
        for thread in threads:
            os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(2))
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        yield
    finally:
        for thread in [0, *threads]:
            os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
        for file, _, before in limits:
            file.write_text(before)


def flood(end, ours, strangers):
    """Sends these commands, so that ours are first in a long queue: how many responses and cookies come."""
    since = len(end.entries)
    time.sleep(0.03)
    with no_workers():
        end.do(*ours)
        last = int.from_bytes(end.node.last[INITIATION][4:8], "little")
        end.do(strangers)
    until = time.monotonic() + LONG
    while not end.came(since, receiver=last) and time.monotonic() < until:
        end.step()
    end.take_all(0.2)
    return {kind: end.came(since, type=kind) for kind in (RESPONSE, COOKIE)}


def test_cookies():
    end = fresh(endpoint=PEER)
    end.peer.under_load = True
    tap.ok(device_pings(end, OURS[0]), "asked for a cookie, it pings")
    tap.equal([e["verdict"] for e in end.entries if e.get("type") == INITIATION], ["needs_cookie", "ok"],
              "its second initiation has the cookie")
    end.close()


def test_load():
    end = fresh()
    end.node.timers = False
    end.node.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    strangers = f"flood initiation stamp=60 from=198.18.0.1 count={device.queue_of_load * 5 // 4}"
    got = flood(end, ["initiate"], strangers)
    tap.equal([got, end.peer.usable_cookie() is not None], [{RESPONSE: 0, COOKIE: 1}, True],
              "under load it sends a cookie, which opens")
    time.sleep(1.5)
    got = flood(end, ["initiate", "send initiation mac2=bad"], f"{strangers} mac2=bad")
    tap.equal(got, {RESPONSE: 1, COOKIE: 1}, "it answers the one that has it, and not the one that has not")
    end.peer.cookie = None
    time.sleep(1.5)
    got = flood(end, ["initiate"], f"flood initiation stamp=60 count={4 * device.queue_of_load}")
    tap.ok(got[COOKIE] > 30, "one source gets more than 20 cookies a second")
    tap.note(f"{got[COOKIE]} cookie replies to {4 * device.queue_of_load} initiations from one address")
    end.node.timers = True
    end.peer.cookie = None
    time.sleep(1.5)
    tap.ok(end.handshake(), "without a cookie there is a handshake once the load is over")
    end.close()


def start():
    """The device that the command line names."""
    global device, private, public
    os.umask(0o077)  # keys are nobody else's
    kind = DEVICES[sys.argv[1]]
    private, theirs = wn.generate_private(), wn.generate_private()
    public = wn.public_of(theirs)
    device = kind(theirs)


def main():
    start()
    load = [test_load] if device.queue_of_load else []
    tap.run([test_roles, test_wrong, test_responses, test_others, test_data, test_next, test_cookies, *load,
             device.end])


if __name__ == "__main__":
    main()
