#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""fuzz.py [OPTION...]: sends netlink messages of camex that are wrong in all ways, in namespaces of its own, and looks
at what becomes of them. Prints TAP. The module must be loaded; with its parameter wireguard the family of that name is
tested too.

A scene is a namespace with eight devices of different kinds and their peers. What the kernel must do there:

- a refusal by the family camex has a text, and changes nothing;
- what the spec of camex does not allow is refused;
- a device that no message names stays as it is;
- no key is returned, no event has one, and the spec knows each attribute of an answer;
- the kernel log stays empty;
- afterwards the devices can be deleted, and made again by the same messages.

First the corpus is replayed: lines with a scene and messages, as text.py describes them, each in a new scene. Then come
rounds of messages that depend on a seed alone: one in eight as the spec has it, the others with changes. --search looks
for messages that reach what no other one has reached, on a kernel with KCOV, and writes the corpus that it ends with to
$CAMEX_OUT/netlink.corpus, or prints it. What breaks a rule is printed as the shortest line that does so again.
"""

import argparse
import collections
import ctypes
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent), str(here.parents[1])]
sys.dont_write_bytecode = True
import guided  # noqa: E402
import nlsocket as wire  # noqa: E402
import spec  # noqa: E402
import tap  # noqa: E402
from scene import Scene  # noqa: E402
from search import Search  # noqa: E402
from text import entry_text, read_entry  # noqa: E402
from wrong import Wrong  # noqa: E402

CLONE_NEWNET = 0x40000000
SHOWN = 5            # how many lines are printed of each thing that is wrong
TRIES = 40           # namespaces in which a shorter reproducer is looked for
families = spec.load()
numbers = {name: number for name in ("camex", "wireguard") if (number := wire.family_number(name))}


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
        except Exception:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as source:
        text = source.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if not status else None


def one_step_in(seed, step, one_in):
    """One step in so many, by numbers that no message is made of."""
    return random.Random(f"{seed} {step}").randrange(one_in) == 0


def fixed(seed, steps):
    """A round of a seed."""
    scene = Scene(families, numbers, seed)
    rng = random.Random(seed)
    scene.right.rng = rng
    wrong = Wrong(scene.right, rng)

    def next_message():
        message = scene.right.message()
        if rng.random() < 0.125:
            return message, "right"
        return wrong.make(message), "wrong"

    def send():
        for scene.step in range(steps):
            message, sent = next_message()
            scene.probe(message, sent, one_step_in(seed, scene.step, 4))
            if scene.step % 32 == 31:
                # what was deleted comes back, so that there is something to ask for
                scene.restore()
                scene.several([next_message()[0] for _ in range(3)])
                scene.check_kept()
    return scene.run(send)


def replayed(number, lines):
    """Entries of the corpus, each of them in a new scene."""
    scene = Scene(families, numbers, number)

    def send():
        for scene.step, line in enumerate(lines):
            if scene.step:
                scene.again()
            for message in read_entry(line, families)[1]:
                if message.family == "route" or message.family in numbers:
                    scene.probe(message, "kept")
    return scene.run(send)


def kind_of(finding):
    """What the same fault says each time."""
    return re.sub(r"[0-9]+", "", finding.split("\n")[0].partition(": ")[2])[:40]


def shortest(number, lines, finding):
    """The messages of lines that break the rule again, as a line."""
    parts = [message for line in lines for message in read_entry(line, families)[1]]

    def breaks(messages):
        done = in_namespace(lambda: replayed(number, [entry_text(number, messages, families)]))
        return done is not None and any(kind_of(other) == kind_of(finding) for other in done["findings"])
    if not breaks(parts):
        return "not reproduced by its messages in a new scene"
    return entry_text(number, guided.smaller(parts, breaks, TRIES), families)


def broken(number, done):
    """Diagnostics of what went wrong, with a reproducer for the first one."""
    if not done["findings"]:
        return []
    line = shortest(number, done["history"], done["findings"][0])
    return [*done["findings"][:SHOWN], f"{len(done['findings'])} in all", "the shortest line that does the first again, with "
            "CAMEX_LINE='LINE' tests/vm/run -k KERNEL -- tests/selftests/fuzznl.sh:", line]


class Run:
    def __init__(self, args):
        self.args = args
        self.counts, self.untold, self.seconds = collections.Counter(), collections.Counter(), 0.0
        lines = [args.line] if args.line else args.corpus.read_text().splitlines() if args.corpus.exists() else []
        self.corpus = [line for line in lines if line.startswith("scene ")]
        self.comments = [line for line in lines if line.startswith("#")]

    def result(self, number, done, what):
        if not tap.ok(done is not None, f"{what}: runs to its end"):
            return
        sent = sum(done["counts"].values())
        tap.ok(not done["findings"], f"{what}: {sent} messages, each answered as it should be", *broken(number, done))
        self.counts.update(done["counts"])
        self.untold.update(done["untold"])
        self.seconds += done["seconds"]

    def replay(self):
        for number in sorted({read_entry(line, families)[0] for line in self.corpus}):
            lines = [line for line in self.corpus if read_entry(line, families)[0] == number]
            self.result(number, in_namespace(lambda: replayed(number, lines)), f"the corpus, scene {number}")

    def rounds(self):
        for seed in range(self.args.seed, self.args.seed + self.args.rounds):
            self.result(seed, in_namespace(lambda: fixed(seed, self.args.steps)), f"seed {seed}")

    def search(self):
        """Both scenes in turn, in a new namespace every few minutes and whenever something is found."""
        until, turn, known = time.monotonic() + self.args.search, 0, []
        entries = {line: None for line in self.corpus}
        while (left := until - time.monotonic()) > 0:
            number, turn = turn % 2, turn + 1
            looked = Search(families, numbers, number, self.args.seed * 1000 + turn, entries, known)
            done = in_namespace(lambda: looked.run(min(left, max(self.args.search / 8, 60))))
            if done:
                known = done["known"]
                entries = done["entries"]
            self.result(number, done, f"search {turn}, scene {number}")
            tap.note(f"search {turn}: {len(known)} basic blocks of the module are reached, by {len(entries)} entries and the scenes")
        kept = guided.cover({line: set(reached) for line, reached in entries.items() if reached})
        kept.sort()
        tap.note(f"the corpus had {len(self.corpus)} entries, {len(entries)} reach something, and {len(kept)} all of it")
        if out := os.environ.get("CAMEX_OUT"):
            pathlib.Path(out, "netlink.corpus").write_text("".join(line + "\n" for line in self.comments + kept))
        for line in kept:
            if line not in self.corpus:
                tap.note(f"new: {line}")

    def report(self):
        counts, untold = self.counts, self.untold
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
        tap.note(f"{sent} messages, {taken} taken, {self.seconds:.0f} s, {sent / max(self.seconds, 0.001):.1f} messages a second")
        if rights:
            tap.ok(taken * 10 > sent and taken_rights * 2 > rights, "a tenth of all messages was taken, and half of the right ones")


def main():
    parser = argparse.ArgumentParser(description="Sends netlink messages that are wrong.")
    parser.add_argument("--corpus", type=pathlib.Path, default=here / "corpus")
    parser.add_argument("--line", help="an entry, instead of the corpus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--search", type=int, default=0, metavar="SECONDS")
    run = Run(parser.parse_args())
    if not guided.Kcov.available():
        tap.note("this kernel has no KCOV: nothing guides the messages")
        run.args.search = 0
    tap.run([run.replay, run.rounds, *([run.search] if run.args.search else []), run.report])


main()
