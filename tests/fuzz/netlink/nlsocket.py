# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A netlink socket that takes messages of any kind, and what the kernel answers."""

import errno
import socket
import struct

NETLINK_EXT_ACK, NETLINK_CAP_ACK = 11, 10
GENERIC, SOL_NETLINK = 16, 270
ERROR, DONE = 2, 3
CAPPED, ACK_TLVS = 0x100, 0x200
MSG_ATTR = 1
CTRL, GETFAMILY = 16, 3


class Answer:
    """error: errno, 0 if the request was taken, None if the kernel said nothing. text: of the extended
    acknowledgment. replies: (type, bytes behind the netlink header)."""

    def __init__(self):
        self.error, self.text, self.replies = None, None, []

    def __str__(self):
        if not self.error:
            return "taken" if self.error == 0 else "no answer"
        return errno.errorcode.get(self.error, str(self.error))


class Line:
    def __init__(self, protocol):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.sock.bind((0, 0))
        self.sequence = 0

    def packet(self, kind, flags, body):
        self.sequence += 1
        return struct.pack("=IHHII", len(body) + 16, kind, flags, self.sequence, 0) + body

    def ask(self, kind, flags, body):
        return self.transmit(self.packet(kind, flags, body))

    def transmit(self, packet):
        """The kernel answers before send() returns, and dumps when it is read from: nothing waits."""
        answer = Answer()
        try:
            self.sock.send(packet)
        except OSError as error:
            answer.error = error.errno
            return answer
        while True:
            try:
                data = self.sock.recv(1 << 18, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return answer
            self.read(data, answer)

    @staticmethod
    def read(data, answer):
        at = 0
        while len(data) - at >= 16:
            size, kind, flags = struct.unpack_from("=IHH", data, at)
            body = data[at + 16:at + size]
            at += (size + 3) & ~3
            if kind not in (ERROR, DONE):
                answer.replies.append((kind, body))
                continue
            answer.error = answer.error or (-struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0)
            rest = body[4 if kind == DONE else 20:]
            while flags & ACK_TLVS and len(rest) >= 4:
                length, number = struct.unpack_from("=HH", rest)
                if number == MSG_ATTR:
                    answer.text = rest[4:length].rstrip(b"\0").decode(errors="replace")
                if length < 4:
                    break
                rest = rest[(length + 3) & ~3:]


def family_number(name):
    """The number that generic netlink has given to a family, or None."""
    text = name.encode() + b"\0"
    body = struct.pack("=BBH", GETFAMILY, 1, 0) + struct.pack("=HH", len(text) + 4, 2) + text + bytes(-len(text) % 4)
    answer = Line(GENERIC).ask(CTRL, 1 | 4, body)
    for _, reply in answer.replies:
        rest = reply[4:]
        while len(rest) >= 4:
            length, number = struct.unpack_from("=HH", rest)
            if number == 1:
                return struct.unpack_from("=H", rest, 4)[0]
            rest = rest[(length + 3) & ~3:]
    return None
