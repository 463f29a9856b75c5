# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Makes right netlink messages wrong: types, lengths, nesting, order, duplicates."""

from message import ACK, CREATE, DUMP, ECHO, EXCLUSIVE, NESTED, NET_ORDER, REQUEST, Node
from right import u

LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 255, 1000, 9000)
STRINGS = (b"", b"\0", b"%d\0", b"%s%n\0", b"fz0", b"far\0", b"a/b\0", b"..\0", b"fz0\0fz1\0", b" x\0", b"\xff\xfe\0",
           b"p" * 31 + b"\0", b"p" * 32 + b"\0", b"p" * 15 + b"\0", b"p" * 16 + b"\0", b"lo\0", b"all\0", b"\n\0")


class Wrong:
    def __init__(self, right, rng):
        self.right, self.rng = right, rng
        self.changes = [self.duplicate, self.swap, self.delete, self.renumber, self.reflag, self.resize, self.other_value,
                        self.other_value, self.other_text, self.lie, self.move, self.take_content, self.wrap, self.many,
                        self.stranger, self.flatten, self.fill]

    def make(self, message):
        """A copy of a message with one to three changes."""
        message = message.copy()
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            if not message.nodes or self.rng.random() < 0.12:
                self.change_header(message)
            else:
                places = message.all_nodes()
                self.rng.choice(self.changes)(message, *self.rng.choice(places))
                if not message.nodes:
                    break
        return message

    # --- the message itself ---

    def change_header(self, message):
        rng = self.rng
        what = rng.randrange(6)
        message.header_changed = True
        if what == 0:
            if message.family == "route":
                # links alone: other tables of the namespace are not what is tested
                message.command = rng.randrange(16, 20)
            else:
                message.command = rng.choice((0, rng.randrange(24), rng.randrange(256)))
        elif what == 1:
            message.flags = (message.flags ^ rng.choice((ACK, ECHO, DUMP, EXCLUSIVE, CREATE, 0x800, 0x8000))) | REQUEST
        elif what == 2:
            message.version = rng.randrange(256)
        elif what == 3:
            message.reserved = rng.choice((1, 0xffff))
        elif what == 4 and message.head:
            head = bytearray(message.head)
            head[rng.randrange(len(head))] ^= 1 << rng.randrange(8)
            message.head = bytes(head)
        else:
            message.cut = rng.randrange(len(message.body()) + 1)

    # --- an attribute ---

    def duplicate(self, _, nodes, at):
        nodes.insert(self.rng.randrange(len(nodes) + 1), nodes[at].copy())

    def swap(self, _, nodes, at):
        other = self.rng.randrange(len(nodes))
        nodes[at], nodes[other] = nodes[other], nodes[at]

    def delete(self, _, nodes, at):
        del nodes[at]

    def renumber(self, _, nodes, at):
        number = nodes[at].number
        nodes[at].number = self.rng.choice((number + 1, max(number - 1, 0), 0, self.rng.randrange(32), 0x3fff))

    def reflag(self, _, nodes, at):
        nodes[at].flags ^= self.rng.choice((NESTED, NET_ORDER, NESTED | NET_ORDER))

    def resize(self, _, nodes, at):
        node = nodes[at]
        if isinstance(node.content, bytes):
            length = self.rng.choice((*LENGTHS, max(len(node.content) - 1, 0), len(node.content) + 1))
            node.content = (node.content + self.rng.randbytes(length))[:length]
        else:
            del node.content[self.rng.randrange(len(node.content) + 1):]

    def other_value(self, _, nodes, at):
        node, rng = nodes[at], self.rng
        if not isinstance(node.content, bytes):
            return
        size = len(node.content)
        if size in (1, 2, 4, 8):
            high = (1 << 8 * size) - 1
            known = [node.spec.low - 1, node.spec.high + 1, node.spec.high] if node.spec and node.spec.size else []
            node.content = u(size, rng.choice([0, 1, 2, high, high >> 1, (high >> 1) + 1, rng.randint(0, high), *known]))
        elif size:
            changed = bytearray(node.content)
            changed[rng.randrange(size)] ^= 1 << rng.randrange(8)
            node.content = bytes(changed)

    def other_text(self, _, nodes, at):
        nodes[at].content = self.rng.choice(STRINGS)

    def lie(self, _, nodes, at):
        """The header names another length."""
        true = len(nodes[at].encode())
        nodes[at].size = self.rng.choice((0, 1, 3, 4, 5, true - 1, true + 1, true + 4, 0x7fff, 0xffff)) & 0xffff

    def move(self, message, nodes, at):
        """Into another nest, or out of its own, but never into itself."""
        node = nodes.pop(at)
        nests = [message.nodes] + [n[i].content for n, i in message.all_nodes() if isinstance(n[i].content, list)]
        self.rng.choice(nests).append(node)

    def take_content(self, message, nodes, at):
        """What another attribute contains."""
        others = message.all_nodes()
        other, i = self.rng.choice(others)
        content = other[i].copy().content
        nodes[at].content = content

    def wrap(self, _, nodes, at):
        """In nests of its own kind."""
        node = nodes[at]
        for _ in range(self.rng.choice((1, 2, 12, 40))):
            node = Node(node.number, [node], node.spec)
        nodes[at] = node

    def many(self, _, nodes, at):
        count = self.rng.choice((2, 16, 17, 100))
        if len(nodes[at].encode()) * count < 20000:
            nodes[at:at] = [nodes[at].copy() for _ in range(count)]

    def stranger(self, _, nodes, at):
        """One of any set of any family: a read-only one, or one that belongs elsewhere."""
        family = self.rng.choice(list(self.right.families.values()))
        spec = self.rng.choice(list(self.rng.choice(list(family.sets.values())).values()))
        content = self.rng.randbytes(spec.size) if spec.size else self.right.known(spec)
        nodes.insert(at, Node(spec.number, self.rng.randbytes(self.rng.choice(LENGTHS[:12])) if content is None else content, spec))

    def flatten(self, _, nodes, at):
        """The contents of a nest take its place."""
        if isinstance(nodes[at].content, list):
            nodes[at:at + 1] = nodes[at].content

    def fill(self, _, nodes, at):
        """Noise, where a value or a nest should be."""
        nodes[at].content = self.rng.randbytes(self.rng.choice(LENGTHS))
