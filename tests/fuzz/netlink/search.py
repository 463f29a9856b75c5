# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Looks for messages that reach basic blocks of the module that no other one has reached."""

import random
import time

import guided
from scene import Scene
from text import entry_text, read_entry
from wrong import Wrong

MOST = 6        # messages of an entry
FRESH = 24      # sequences, after which the scene is made anew
TRIES = 6       # new scenes in which a sequence is made shorter


class Search:
    def __init__(self, families, numbers, number, seed, entries, known):
        """entries: {line: what it reaches, or None if that has not been looked at}. known: what is reached at all."""
        self.families, self.numbers, self.number = families, numbers, number
        self.rng = random.Random(seed)
        self.entries = dict(entries)
        self.known = set(known)
        self.missed = set()
        self.pool = []
        self.scene = self.wrong = None

    def messages(self, sequence):
        return [m for m in sequence if m.family == "route" or m.family in self.numbers]

    def parts(self, sequence, compare=False):
        """What each message reaches beyond what the scene does."""
        return [self.scene.probe(message, "sought", compare) - self.scene.known for message in self.messages(sequence)]

    def from_new(self, sequence):
        """What a sequence reaches in a new scene."""
        self.scene.again()
        return set().union(*self.parts(sequence))

    def mutated(self, sequence):
        rng, right = self.rng, self.scene.right
        sequence = [message.copy() for message in sequence]
        for _ in range(rng.choice((1, 1, 2))):
            what, at = rng.randrange(8), rng.randrange(len(sequence))
            if what < 4:
                sequence[at] = self.wrong.make(sequence[at])
            elif what == 4:
                sequence.insert(at, right.message())
            elif what == 5 and len(sequence) > 1:
                del sequence[at]
            elif what == 6 and self.pool:
                sequence[at:] = [message.copy() for message in rng.choice(self.pool)]
            else:
                # one of the scene, of another device
                sequence[at] = self.wrong.make(rng.choice(self.scene.messages))
        return sequence[:MOST]

    def next(self):
        rng, right = self.rng, self.scene.right
        if not self.pool or rng.random() < 0.3:
            made = [right.message() for _ in range(rng.choice((1, 1, 2, 3)))]
            return [self.wrong.make(message) if rng.random() < 0.5 else message for message in made]
        return self.mutated(rng.choice(self.pool))

    def plain(self, sequence, wanted):
        """The same with zeros in the place of noise, if that reaches as much."""
        changed, noise = [message.copy() for message in sequence], 0
        for message in changed:
            for nodes, at in message.all_nodes() if message.raw is None else ():
                content = nodes[at].content
                if isinstance(content, bytes) and len(content) > 40 and any(content):
                    nodes[at].content = bytes(len(content))
                    noise += 1
        return changed if noise and wanted <= self.from_new(changed) else sequence

    def admit(self, sequence, parts, new):
        """A sequence that has reached something new, if it does so in a new scene."""
        sequence = self.messages(sequence)
        needed = [message for message, reached in zip(sequence, parts) if reached & new]
        last = max(i for i, reached in enumerate(parts) if reached & new)
        for candidate in (needed, sequence[:last + 1]):
            wanted = new & self.from_new(candidate)
            if wanted:
                break
        else:
            self.miss(new)
            return
        candidate = guided.smaller(candidate, lambda less: wanted <= self.from_new(less), TRIES)
        candidate = self.plain(candidate, wanted)
        line = entry_text(self.number, candidate, self.families)
        # what the line says is what counts
        reached = self.from_new(read_entry(line, self.families)[1])
        if reached & wanted:
            self.entries[line] = sorted(reached)
            self.pool.append(candidate)
            self.known |= reached
        self.miss(new - reached)

    def miss(self, new):
        """What needed more than its own sequence is worth a second look, but not a third one."""
        self.known |= new & self.missed
        self.missed |= new

    def send(self, seconds):
        until = time.monotonic() + seconds
        scene = self.scene
        self.known |= scene.known
        for line, reached in list(self.entries.items()):
            number, sequence = read_entry(line, self.families)
            if number % 2 != self.number % 2:
                continue
            self.pool.append(sequence)
            if reached is None:
                self.entries[line] = sorted(self.from_new(sequence))
                self.known |= set(self.entries[line])
        count = 0
        scene.again()
        while time.monotonic() < until:
            sequence = self.next()
            scene.step = count
            parts = self.parts(sequence, self.rng.random() < 0.25)
            if new := set().union(*parts) - self.known:
                self.admit(sequence, parts, new)
            count += 1
            if count % FRESH == 0:
                scene.again()
            elif count % 6 == 0:
                scene.restore()

    def run(self, seconds):
        self.scene = Scene(self.families, self.numbers, self.number, guided.Kcov())
        self.scene.right.rng = self.rng
        self.wrong = Wrong(self.scene.right, self.rng)
        done = self.scene.run(lambda: self.send(seconds))
        return done | {"entries": self.entries, "known": sorted(self.known)}
