#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""fuzz.py [--seed N] [--rounds N] [--steps N] [--replay FILE]: sends netlink messages of camex that are wrong in
all ways, in namespaces of its own, and looks at what becomes of them. Prints TAP. The module must be loaded; with
its parameter wireguard the family of that name is tested too.

A round has a seed, and a namespace with eight devices of different kinds and their peers. Each step sends a message: one
in eight as the spec has it, the others with changes. What the kernel must do:

- a refusal by the family camex has a text, and changes nothing;
- a device that no message names stays as it is;
- no key is returned, no event has one, and the spec knows each attribute of an answer;
- the kernel log stays empty;
- afterwards the devices can be deleted, and made again by the same messages.

What breaks a rule is printed as a line that --replay sends again, with its seed and step. The messages of a step depend
on nothing but its seed, so "--seed N --rounds 1 --steps STEP+1" does the same again. tests/fuzz/netlink/corpus has lines
that once broke a rule. They are sent first.
"""

import argparse
import collections
import ctypes
import errno
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import time

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parents[1])]
sys.dont_write_bytecode = True
import nlsocket as wire  # noqa: E402
import spec  # noqa: E402
import tap  # noqa: E402
from message import ACK, DUMP, REQUEST, Message, Node, parse_nodes, read_line  # noqa: E402
from right import DELLINK, DEVICES, KEY_MARK, Right, ifinfo, u  # noqa: E402
from wrong import Wrong  # noqa: E402

CLONE_NEWNET = 0x40000000
RTNLGRP_LINK = 1
KEPT = "kept0"       # the device that no message names
KEPT_INDEX = 7777
# what the kernel says of wrong attributes before a family sees them, and of having said it too often
REMARK = re.compile(r"netlink: |\w*nla\w*: \d+ callbacks suppressed")
SHOWN = 5            # how many lines are printed of each thing that is wrong


class Found(Exception):
    """Something is wrong that ends the round."""


class Namespace:
    """The devices of a round, and the sockets to the kernel."""

    def __init__(self, families, numbers, seed):
        self.families, self.numbers, self.seed = families, numbers, seed
        self.generic, self.route = wire.Line(wire.GENERIC), wire.Line(socket.NETLINK_ROUTE)
        self.events = wire.Line(socket.NETLINK_ROUTE)
        self.events.sock.setsockopt(wire.SOL_NETLINK, 1, RTNLGRP_LINK)
        self.operations = {op.name: op.number for op in families["camex"].operations}
        self.log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.log, 0, os.SEEK_END)

    def send(self, message):
        body = message.body()
        if message.family == "route":
            return self.route.ask(message.command, message.flags, body)
        return self.generic.ask(self.numbers[message.family], message.flags, body)

    def several(self, messages):
        """In one datagram. All answers become one. Without any it would be empty, which netlink remarks upon."""
        packet = b""
        for message in messages:
            if message.family == "route":
                continue
            body = message.body()
            packet += self.generic.packet(self.numbers[message.family], message.flags, body) + bytes(-len(body) % 4)
        return self.generic.transmit(packet) if packet else None

    def get(self, name, nodes, dump=False):
        """(answer, [Node]s of each reply)"""
        message = Message("camex", self.operations[name], nodes, REQUEST | (DUMP if dump else ACK))
        answer = self.send(message)
        return answer, [self.parsed(body) for _, body in answer.replies]

    def parsed(self, body):
        sets = self.families["camex"].sets
        nodes = parse_nodes(body[4:], sets["camex"], sets)
        if nodes is None:
            raise Found(f"an answer of the kernel is cut: {body.hex()}")
        return nodes

    def state(self, device):
        """The settings of a device with peers, routes and stations, without what changes by itself."""
        spec_of_name = self.families["camex"].attribute("camex", "ifname")
        name = Node(spec_of_name.number, device.encode() + b"\0", spec_of_name)
        answer, parts = self.get("dev-get", [name])
        if answer.error:
            return str(answer)
        for operation in ("peer-get", "route-get", "fdb-get"):
            parts += self.get(operation, [name], dump=True)[1]
        return repr([settings(nodes) for nodes in parts])

    def check_log(self):
        """Whatever the kernel says, but for netlink's own remarks about wrong messages."""
        while True:
            try:
                record = os.read(self.log, 8192).decode(errors="replace")
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.EPIPE:
                    continue
                raise
            head, _, text = record.partition(";")
            level = int(head.split(",")[0])
            if level <= 4 and not REMARK.match(text):
                raise Found(f"the kernel log: {text.splitlines()[0]}")

    def check_events(self):
        while True:
            try:
                data = self.events.sock.recv(1 << 18, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                continue
            if KEY_MARK in data:
                raise Found("a notification of rtnetlink has a key")


def settings(nodes):
    """Nodes without read-only ones, as what can be compared."""
    return [(node.spec.name if node.spec else node.number,
             settings(node.content) if isinstance(node.content, list) else node.content.hex())
            for node in nodes if not (node.spec and node.spec.read_only)]


def check_known(nodes, place=""):
    """Each attribute of an answer is in the spec, with a length that it allows."""
    for node in nodes:
        what = f"{place}/{node.spec.name if node.spec else node.number}"
        if not node.spec:
            raise Found(f"the spec has no attribute {what}")
        if isinstance(node.content, list):
            check_known(node.content, what)
        elif node.spec.size and len(node.content) != node.spec.size:
            raise Found(f"{what} has {len(node.content)} bytes")
        elif not node.spec.nested and node.spec.longest is not None and node.spec.kind == "binary" and len(
                node.content) > node.spec.longest:
            raise Found(f"{what} has {len(node.content)} bytes")


def ours(families, message):
    """Would the family camex itself have to say why it refuses a message? Generic netlink refuses some before."""
    if message.family != "camex" or len(message.body()) < 4:
        return False
    operation = families["camex"].by_number.get(message.body()[0])
    if not operation:
        return False
    wanted = operation.dump if message.flags & DUMP else operation.do
    return wanted is not None


class Round:
    def __init__(self, families, numbers, seed, steps):
        self.seed, self.steps, self.families = seed, steps, families
        self.space = Namespace(families, numbers, seed)
        self.rng = random.Random(seed)
        self.right = Right(families, self.rng, "wireguard" in numbers)
        self.wrong = Wrong(self.right, self.rng)
        self.counts = collections.Counter()  # "FAMILY right|wrong ANSWER" -> messages
        self.untold = collections.Counter()
        self.findings = []
        self.step, self.message = "setup", None

    def found(self, what):
        shown = self.message.line() if self.message else "-"
        self.findings.append(f"seed {self.seed}, step {self.step}: {what}\n  {shown}")

    def must(self, message):
        """A message that the kernel must take."""
        self.message = message
        answer = self.space.send(message)
        if answer.error != 0:
            raise Found(f"a right message is refused: {answer} {answer.text}")

    def keep(self):
        """The device that stays."""
        number = DEVICES.index("fz0")
        message = self.right.new_link(number, [self.right.node("dev", "port", u(2, 7700))])
        message.nodes[0].content = KEPT.encode() + b"\0"
        message.head = ifinfo(KEPT_INDEX)
        self.must(message)
        peer = self.right.new_peer(number, 0, (0, 0, 0, 0))
        peer.nodes[0].content = KEPT.encode() + b"\0"
        self.must(peer)
        return self.space.state(KEPT)

    def all_devices(self):
        answer, replies = self.space.get("dev-get", [], dump=True)
        if answer.error:
            raise Found(f"a dump of all devices: {answer}")
        # a name may have any bytes
        return [node.content.rstrip(b"\0") for nodes in replies for node in nodes if node.spec.name == "ifname"]

    def clear(self):
        """Delete each device, whatever its name is now, but the one that stays."""
        names = self.all_devices()
        for name in names:
            if name != KEPT.encode():
                self.must(Message("route", DELLINK, [self.right.node("link", "ifname", name + b"\0", "route")],
                                  REQUEST | ACK, ifinfo()))
        left = self.all_devices()
        if left != [KEPT.encode()]:
            raise Found(f"devices are left: {left}")

    def probe(self, message, sent):
        """Send a message, and look at what the kernel answers."""
        space = self.space
        compare = message.family == "camex" and message.device and one_step_in(self.seed, self.step, 4)
        before = space.state(message.device) if compare else None
        answer = space.send(message)
        self.counts[f"{message.family} {sent} {answer}"] += 1
        if answer.error and not answer.text:
            if ours(self.families, message):
                self.found(f"a refusal without a text: {answer}")
            self.untold[f"{message.family} {answer}"] += 1
        if compare and answer.error:
            after = space.state(message.device)
            if after != before:
                self.found(f"refused ({answer}: {answer.text}), but changed:\n  {before}\n  {after}")
        if message.family == "camex":
            for kind, body in answer.replies:
                if kind == space.numbers["camex"]:
                    check_known(space.parsed(body))
                if KEY_MARK in body:
                    raise Found("an answer has a key")
        space.check_events()
        space.check_log()

    def next_message(self):
        message = self.right.message()
        if self.rng.random() < 0.125:
            return message, "right"
        return self.wrong.make(message), "wrong"

    def run(self, lines=()):
        began = time.monotonic()
        try:
            kept = self.keep()
            scene = self.right.scene()
            for message in scene:
                self.must(message)
            for self.step, text in enumerate(lines):
                self.message = read_line(text, self.families)
                if self.message.family in self.space.numbers or self.message.family == "route":
                    self.probe(self.message, "wrong")
            for self.step in range(self.steps):
                self.message, sent = self.next_message()
                self.probe(self.message, sent)
                if self.step % 32 == 31:
                    # what was deleted comes back, so that there is something to ask for
                    for message in scene:
                        self.space.send(message)
                    self.space.several([self.next_message()[0] for _ in range(3)])
                    if self.space.state(KEPT) != kept:
                        raise Found("the device that no message names has changed")
            self.step = f"{self.step}, afterwards"
            if self.space.state(KEPT) != kept:
                raise Found(f"the device that no message names has changed:\n  {kept}\n  {self.space.state(KEPT)}")
            self.clear()
            for message in scene:
                self.must(message)
            self.clear()
            self.space.check_log()
        except Found as error:
            self.found(str(error))
        return {"counts": self.counts, "untold": self.untold, "findings": self.findings, "seconds": time.monotonic() - began}


def one_step_in(seed, step, one_in):
    """One step in so many, by numbers that no message is made of."""
    return random.Random(f"{seed} {step}").randrange(one_in) == 0


def in_namespace(function):
    """What function returns in a process that has a network namespace of its own. The namespace ends with it."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reader)
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "unshare")
            for words in (["link", "set", "lo", "up"], ["link", "add", "fzd", "type", "dummy"], ["link", "set", "fzd", "up"]):
                subprocess.run(["ip", *words], check=True)
            with os.fdopen(writer, "w") as out:
                json.dump(function(), out)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as source:
        text = source.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if not status else None


def main():
    parser = argparse.ArgumentParser(description="Sends netlink messages that are wrong.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--replay", type=pathlib.Path, default=here / "corpus")
    args = parser.parse_args()
    families = spec.load()
    numbers = {name: number for name in ("camex", "wireguard") if (number := wire.family_number(name))}
    corpus = [text for text in args.replay.read_text().splitlines() if text and not text.startswith("#")]
    counts, untold, seconds = collections.Counter(), collections.Counter(), 0.0

    def one_round(seed):
        nonlocal seconds
        lines = corpus if seed == args.seed else ()
        done = in_namespace(lambda: Round(families, numbers, seed, args.steps).run(lines))
        if not tap.ok(done is not None, f"seed {seed}: runs to its end"):
            return
        tap.ok(not done["findings"], f"seed {seed}: {args.steps} messages, each answered as it should be",
               *done["findings"][:SHOWN], f"{len(done['findings'])} in all")
        counts.update(done["counts"])
        untold.update(done["untold"])
        seconds += done["seconds"]

    def report():
        sent = sum(counts.values())
        taken = sum(n for what, n in counts.items() if what.endswith(" taken"))
        for family in (*numbers, "route"):
            mine = collections.Counter()
            for what, n in counts.items():
                name, _, answer = what.split(maxsplit=2)
                if name == family:
                    mine[answer] += n
            tap.note(f"{family}: {sum(mine.values())} messages: " + ", ".join(f"{n} {what}" for what, n in mine.most_common()))
        rights = sum(n for what, n in counts.items() if " right " in what)
        taken_rights = sum(n for what, n in counts.items() if what.endswith(" right taken"))
        tap.note(f"of {rights} messages as the spec has them {taken_rights} were taken")
        tap.note("refused without a text by other parts of the kernel: " + ", ".join(f"{n} {what}" for what, n in untold.most_common()))
        tap.note(f"{sent} messages, {taken} taken, {seconds:.0f} s, {sent / max(seconds, 0.001):.0f} messages a second")
        tap.ok(taken * 10 > sent and taken_rights * 2 > rights, "a tenth of all messages was taken, and half of the right ones")

    steps = [lambda seed=seed: one_round(seed) for seed in range(args.seed, args.seed + args.rounds)]
    tap.run([*steps, report])


main()
