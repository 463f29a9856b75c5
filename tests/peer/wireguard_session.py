# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A strict peer of protocol wireguard without a socket: sessions, timers, cookies, refusals.

Datagrams go in and come out as bytes. The clock is an argument, so that tests need not wait.
"""

import base64
import collections
import os
import random
import time

import wireguard_noise as wn
from wireguard_noise import COOKIE, DATA, INITIATION, RESPONSE, Refused

REKEY_AFTER = 120
REJECT_AFTER = 180
REKEY_TIMEOUT = 5
KEEPALIVE = 10
MAX_TRIES = 18
COOKIE_AGE = 120
INITIATION_GAP = 1 / 50
STAGED_MAX = 128
COOKIES_PER_SECOND = 20
COOKIES_BURST = 5
TAI_OFFSET = (1 << 62) + 10


def tai64n(seconds):
    """A TAI64N time stamp, which is big-endian so that stamps compare as bytes."""
    whole = int(seconds)
    return (TAI_OFFSET + whole).to_bytes(8, "big") + int((seconds - whole) * 1e9).to_bytes(4, "big")


class Keylog:
    """What Wireshark's wg.keylog_file reads."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="ascii")

    def write(self, **keys):
        for name, key in keys.items():
            self.file.write(f"{name.upper()} = {base64.b64encode(key).decode()}\n")
        self.file.flush()


# entry: for the log. answers: datagrams to send back. packet: the inner packet, padding included,
# b"" for a keepalive, None unless it was data.
Result = collections.namedtuple("Result", "entry answers packet")


class Peer:
    """One end, and what it knows of the other end. Times are in seconds."""

    def __init__(self, private, remote_public, psk=wn.NO_PSK, suite=wn.CHACHA, mtu=1420,
                 persistent=0, keylog=None, clock=time.monotonic, wall=time.time):
        self.private, self.public = private, wn.public_of(private)
        self.remote_public, self.psk, self.suite, self.mtu = remote_public, psk, suite, mtu
        self.persistent, self.keylog, self.clock, self.wall = persistent, keylog, clock, wall
        self.under_load = False
        # handshakes that this end began, by its index; the one that is sent again
        self.handshakes, self.pending, self.tries, self.sent_at = {}, None, 0, 0.0
        self.previous = self.current = self.next = None
        self.own_stamp = self.their_stamp = bytes(12)
        self.their_initiation = None
        self.cookie, self.cookie_born = None, 0.0
        self.sent_mac1 = {}  # by the index that a cookie reply would name
        self.secret, self.secret_born = os.urandom(32), clock()
        self.tokens = {}
        self.staged = collections.deque(maxlen=STAGED_MAX)
        self.data_sent = self.data_received = self.any_sent = self.unanswered = None
        self.rekeyed_late = False
        if keylog:
            keylog.write(local_static_private_key=private, remote_static_public_key=remote_public)

    # --- what this end sends ---

    def stamp(self):
        """A time stamp above all that this end has sent."""
        value = max(int.from_bytes(tai64n(self.wall()), "big"),
                    int.from_bytes(self.own_stamp, "big") + 1)
        self.own_stamp = value.to_bytes(12, "big")
        return self.own_stamp

    def usable_cookie(self):
        return self.cookie if self.clock() - self.cookie_born < COOKIE_AGE else None

    def note_keys(self, ephemeral):
        if self.keylog:
            self.keylog.write(local_ephemeral_private_key=ephemeral, preshared_key=self.psk)

    def initiation(self, stamp=None, private=None):
        """An initiation; its response will be taken. Not sent again by itself."""
        handshake = wn.Initiator(self.suite, private or self.private, self.remote_public, self.psk)
        index = int.from_bytes(os.urandom(4), "little")
        message = handshake.initiation(index, stamp or self.stamp(), self.usable_cookie())
        self.handshakes[index] = handshake
        self.sent_mac1[index] = wn.mac1_of(message)
        self.note_keys(handshake.ephemeral)
        return message

    def initiate(self, again=False):
        """An initiation that is sent again until there is a response."""
        self.tries = self.tries + 1 if again else 1
        message = self.initiation()
        self.pending = int.from_bytes(message[4:8], "little")
        self.sent_at = self.clock() + random.random() / 3
        return message

    def session(self):
        """The session to send in, or None."""
        s = self.current
        if s and self.clock() - s.born < REJECT_AFTER and s.counter < self.suite.reject_after:
            return s
        return None

    def wrap(self, packet):
        """Datagrams that carry the packet; without a session it waits for the handshake."""
        session = self.session()
        if not session:
            if packet:
                self.staged.append(packet)
            return [] if self.pending is not None else [self.initiate()]
        datagrams = [self.seal(session, wn.pad(packet, self.mtu))]
        old = self.clock() - session.born >= REKEY_AFTER or session.counter > self.suite.rekey_after
        if old and session.initiator and self.pending is None:
            datagrams.append(self.initiate())
        return datagrams

    def seal(self, session, body):
        now = self.clock()
        self.any_sent = now
        self.data_received = None
        if body:
            self.data_sent = now
            self.unanswered = self.unanswered or now
        return session.seal(body)

    def flush(self):
        """What waited for a session; a keepalive if nothing did, which confirms the session."""
        packets = list(self.staged) or [b""]
        self.staged.clear()
        return [self.seal(self.current, wn.pad(p, self.mtu)) for p in packets]

    def tick(self):
        """What is due now."""
        now, due = self.clock(), []
        if self.pending is not None and now - self.sent_at >= REKEY_TIMEOUT:
            if self.tries >= MAX_TRIES:
                self.pending = None
                self.staged.clear()
            else:
                due.append(self.initiate(again=True))
        if self.unanswered and now - self.unanswered >= KEEPALIVE + REKEY_TIMEOUT:
            self.unanswered = None
            if self.pending is None:
                due.append(self.initiate())
        if self.session():
            quiet = now - (self.any_sent or self.current.born)
            if self.data_received and now - self.data_received >= KEEPALIVE or \
                    self.persistent and quiet >= self.persistent:
                due.append(self.seal(self.current, b""))
        for name in ("previous", "current", "next"):
            held = getattr(self, name)
            if held and now - held.born >= 3 * REJECT_AFTER:
                setattr(self, name, None)
        return due

    # --- what it makes of what comes ---

    def receive(self, data, source=b""):
        """A Result. source: address and port as bytes, which cookies are made for."""
        entry = {"length": len(data)}
        try:
            name = wn.name_of(self.suite, data)
            entry["type"] = name
            take = {INITIATION: self.take_initiation, RESPONSE: self.take_response,
                    COOKIE: self.take_cookie, DATA: self.take_data}[name]
            answers, packet = take(data, source, entry)
        except Refused as reason:
            return Result({**entry, "verdict": str(reason)}, getattr(reason, "answers", []), None)
        return Result({**entry, "verdict": "ok"}, answers, packet)

    def check_macs(self, message, source):
        wn.check_mac1(self.suite, message, self.public)
        if not self.under_load:
            return
        now = self.clock()
        if now - self.secret_born >= COOKIE_AGE:
            self.secret, self.secret_born = os.urandom(32), now
        cookie = wn.make_cookie(self.secret, source)
        if not wn.has_mac2(message, cookie):
            refused = Refused("needs_cookie")
            refused.answers = [wn.cookie_reply(self.suite, self.public, message, cookie)]
            raise refused
        tokens, then = self.tokens.get(source[:-2], (COOKIES_BURST, now))
        tokens = min(COOKIES_BURST, tokens + (now - then) * COOKIES_PER_SECOND)
        self.tokens[source[:-2]] = (max(0, tokens - 1), now)
        if tokens < 1:
            raise Refused("rate")

    def take_initiation(self, message, source, entry):
        entry["sender"] = int.from_bytes(message[4:8], "little")
        self.check_macs(message, source)
        handshake = wn.Responder(self.suite, self.private, message)
        if handshake.remote_public != self.remote_public:
            raise Refused("unknown_peer")
        if handshake.timestamp <= self.their_stamp:
            raise Refused("old")
        now = self.clock()
        if self.their_initiation is not None and now - self.their_initiation < INITIATION_GAP:
            raise Refused("flood")
        self.their_stamp, self.their_initiation = handshake.timestamp, now
        index = int.from_bytes(os.urandom(4), "little")
        message, keys = handshake.response(index, self.psk, cookie=self.usable_cookie())
        self.sent_mac1[index] = wn.mac1_of(message)
        self.note_keys(handshake.ephemeral)
        self.next = wn.Transport(self.suite, keys, index, handshake.remote_index, False, now)
        self.previous = None
        return [message], None

    def take_response(self, message, source, entry):
        entry["sender"] = int.from_bytes(message[4:8], "little")
        entry["receiver"] = index = int.from_bytes(message[8:12], "little")
        self.check_macs(message, source)
        handshake = self.handshakes.get(index)
        if not handshake:
            raise Refused("index")
        remote_index, keys = handshake.take_response(message)
        del self.handshakes[index]
        if self.pending == index:
            self.pending = None
        session = wn.Transport(self.suite, keys, index, remote_index, True, self.clock())
        self.previous, self.next = self.next or self.current, None
        self.current = session
        self.rekeyed_late, self.unanswered = False, None
        return self.flush(), None

    def take_cookie(self, message, _source, entry):
        entry["receiver"] = index = int.from_bytes(message[4:8], "little")
        if index not in self.sent_mac1:
            raise Refused("index")
        self.cookie = wn.open_cookie_reply(self.suite, self.remote_public, self.sent_mac1[index],
                                           message)
        self.cookie_born = self.clock()
        return [], None

    def take_data(self, message, _source, entry):
        entry["receiver"] = index = int.from_bytes(message[4:8], "little")
        entry["counter"] = int.from_bytes(message[8:16], "little")
        for session in (self.next, self.current, self.previous):
            if session and session.local_index == index:
                break
        else:
            raise Refused("index")
        now = self.clock()
        if now - session.born >= REJECT_AFTER:
            raise Refused("worn_out")
        body = session.open(message)[1]
        answers = []
        if session is self.next:
            self.previous, self.current, self.next = self.current, session, None
            answers = self.flush() if self.staged else []
        entry["body_length"] = len(body)
        self.unanswered = None
        if body and not self.data_received:
            self.data_received = now
        late = now - session.born >= REJECT_AFTER - KEEPALIVE - REKEY_TIMEOUT
        if late and session is self.current and session.initiator and not self.rekeyed_late and \
                self.pending is None:
            self.rekeyed_late = True
            answers.append(self.initiate())
        return answers, body
