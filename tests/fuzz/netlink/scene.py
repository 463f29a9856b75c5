# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Devices that messages are sent to, and what each message must leave as it was."""

import collections
import random
import time

from message import ACK, REQUEST, Message
from right import DELLINK, DEVICES, GETLINK, GROUP, KEY_MARK, Right, ifinfo, u
from space import Found, Namespace, check_known, forbidden, ours
from text import entry_text

KEPT = "kept0"       # the device that no message names
KEPT_INDEX = 7777


class Scene:
    def __init__(self, families, numbers, number, kcov=None):
        self.families, self.numbers, self.number = families, numbers, number
        self.space = Namespace(families, numbers)
        self.right = Right(families, random.Random(f"scene {number}"), "wireguard" in numbers)
        self.counts = collections.Counter()  # "FAMILY HOW ANSWER" -> messages
        self.untold = collections.Counter()
        self.findings, self.history = [], []
        self.step, self.message, self.kept = "setup", None, None
        self.kcov = kcov
        self.messages = self.right.scene(number)
        self.known = set()                   # what the scene itself reaches
        self.changed = True                  # has a message since again() changed anything?

    def found(self, what):
        shown = entry_text(self.number, [self.message], self.families) if self.message else "-"
        self.findings.append(f"scene {self.number}, step {self.step}: {what}\n  {shown}")

    def must(self, message):
        """A message that the kernel must take."""
        self.message = message
        answer = self.space.send(message)
        if answer.error != 0:
            raise Found(f"a right message is refused: {answer} {answer.text}")

    def begin(self):
        """The device that stays, and the others."""
        number = DEVICES.index("fz0")
        message = self.right.new_link(number, [self.right.node("dev", "port", u(2, 7700))])
        message.nodes[0].content = KEPT.encode() + b"\0"
        message.head = ifinfo(KEPT_INDEX)
        self.must(message)
        peer = self.right.new_peer(number, 0, (0, 0, 0, 0))
        peer.nodes[0].content = KEPT.encode() + b"\0"
        self.must(peer)
        self.kept = self.space.state(KEPT)
        for message in self.messages:
            self.must(message)

    def check_kept(self):
        now = self.space.state(KEPT)
        if now != self.kept:
            raise Found(f"the device that no message names has changed:\n  {self.kept}\n  {now}")

    def all_devices(self):
        answer, replies = self.space.get("dev-get", [], dump=True)
        if answer.error:
            raise Found(f"a dump of all devices: {answer}")
        # a name may have any bytes
        return [node.content.rstrip(b"\0") for nodes in replies for node in nodes if node.spec.name == "ifname"]

    def clear(self):
        """Delete each device, whatever its name and its group are now, but the one that stays."""
        group = self.right.node("link", "group", u(4, GROUP), "route")
        self.space.send(Message("route", DELLINK, [group], REQUEST | ACK, ifinfo()))
        for name in self.all_devices():
            if name != KEPT.encode():
                self.must(Message("route", DELLINK, [self.right.node("link", "ifname", name + b"\0", "route")],
                                  REQUEST | ACK, ifinfo()))
        left = self.all_devices()
        if left != [KEPT.encode()]:
            raise Found(f"devices are left: {left}")

    def again(self):
        """A new scene in the place of this one, unless this one is as good as new."""
        self.history.clear()
        if not self.changed:
            return
        self.check_kept()
        self.clear()
        for message in self.messages:
            self.must(message)
        self.changed = False

    def restore(self):
        """What was deleted comes back, if its name is free."""
        self.changed = True
        for message in self.messages:
            self.space.send(message)

    def several(self, messages):
        """In one datagram."""
        self.history += messages
        self.changed = True
        self.space.several(messages)

    def probe(self, message, sent, compare=True):
        """Send a message, and look at what the kernel answers. Returns what it reaches, if the kernel tells."""
        space = self.space
        self.message = message
        self.history.append(message)
        compare = compare and message.family == "camex" and message.device
        before = space.state(message.device) if compare else None
        if self.kcov:
            self.kcov.begin()
        answer = space.send(message)
        reached = self.kcov.reached() if self.kcov else set()
        self.counts[f"{message.family} {sent} {answer}"] += 1
        # a refusal by camex changes nothing: that is tested. The other families may have done half of what they were asked.
        if not self.asks(message) and not (answer.error and message.family == "camex"):
            self.changed = True
        if answer.error and not answer.text:
            if ours(self.families, message):
                self.found(f"a refusal without a text: {answer}")
            self.untold[f"{message.family} {answer}"] += 1
        if not answer.error and (why := forbidden(self.families, message)):
            self.found(f"taken, though {why}")
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
        return reached

    def asks(self, message):
        """Can the message change nothing, whatever the answer is?"""
        if message.family == "route":
            return message.command == GETLINK
        operation = self.families[message.family].by_number.get(message.command)
        return message.raw is None and operation is not None and not operation.change

    def run(self, send):
        """Does send() in the scene, and looks at the end whether all can be deleted and made again."""
        began = time.monotonic()
        try:
            self.begin()
            if self.kcov:
                self.kcov.begin()
                self.changed = True
                self.again()
                self.known |= self.kcov.reached()
            send()
            self.step = f"{self.step}, afterwards"
            self.check_kept()
            self.clear()
            for message in self.messages:
                self.must(message)
            self.clear()
            self.space.check_log()
        except Found as error:
            self.found(str(error))
        return {"counts": self.counts, "untold": self.untold, "findings": self.findings, "seconds": time.monotonic() - began,
                "history": [entry_text(self.number, [message], self.families) for message in self.history]
                if self.findings else []}
