# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Messages of protocol wireguard: makes and opens handshakes, cookie replies and data.

Pure functions and small states without a socket or a clock, written from the
description of the format alone. wireguard_peer.py makes a peer of them.
"""

import collections
import copy
import hashlib
import hmac
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from nacl import bindings
from nacl.exceptions import CryptoError

KEY_LEN = 32
TAG_LEN = 16
MAC_LEN = 16
NO_PSK = bytes(KEY_LEN)
NO_MAC = bytes(MAC_LEN)
NAMES = ("initiation", "response", "cookie", "data")
INITIATION, RESPONSE, COOKIE, DATA = NAMES
LENGTHS = {INITIATION: 148, RESPONSE: 92, COOKIE: 64}
DATA_HEADER = 16
PADDING = 16


class Refused(ValueError):
    """A message that a peer drops. The text is the log's verdict."""


Suite = collections.namedtuple(
    "Suite", "cipher noise_name prologue label_mac1 label_cookie first_type aead order "
             "rekey_after reject_after")

# nonces count up in the byte order that Noise prescribes for the cipher
SUITES = {suite.cipher: suite for suite in (
    Suite("chacha20-poly1305", b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s",
          b"WireGuard v1 zx2c4 Jason@zx2c4.com", b"mac1----", b"cookie--", 1, ChaCha20Poly1305,
          "little", 1 << 60, (1 << 64) - (1 << 13) - 1),
    Suite("aes-256-gcm", b"Noise_IKpsk2_25519_AESGCM_BLAKE2s", b"camex v1 aes-256-gcm",
          b"mac1-gcm", b"cook-gcm", 0x81, AESGCM, "big", 1 << 31, 1 << 32),
)}
CHACHA, AES = SUITES.values()


# --- primitives ---


def blake2s(*parts):
    return hashlib.blake2s(b"".join(parts)).digest()


def mac(key, *parts):
    """Keyed BLAKE2s of 16 bytes."""
    return hashlib.blake2s(b"".join(parts), key=key, digest_size=MAC_LEN).digest()


def hkdf(key, material, count):
    """The first outputs, one to three, of HKDF with HMAC-BLAKE2s."""
    secret = hmac.new(key, material, hashlib.blake2s).digest()
    outputs, last = [], b""
    for i in range(1, count + 1):
        last = hmac.new(secret, last + bytes([i]), hashlib.blake2s).digest()
        outputs.append(last)
    return outputs


def generate_private():
    return os.urandom(KEY_LEN)


def public_of(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def agree(private, public):
    """The shared secret. A public key of low order has none: Refused."""
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise Refused("low_order") from None


def nonce(suite, counter):
    return bytes(4) + counter.to_bytes(8, suite.order)


def seal(suite, key, counter, plaintext, associated=b""):
    return suite.aead(key).encrypt(nonce(suite, counter), plaintext, associated)


def unseal(suite, key, counter, ciphertext, associated=b""):
    try:
        return suite.aead(key).decrypt(nonce(suite, counter), ciphertext, associated)
    except InvalidTag:
        raise Refused("bad_tag") from None


# --- the symmetric state of Noise ---


class Symmetric:
    """Hash and chaining key of a handshake. trace, a list, gets what each step came from."""

    def __init__(self, suite, responder_public, trace=None):
        self.suite, self.trace = suite, trace
        self.chaining_key = blake2s(suite.noise_name)
        self.hash = blake2s(self.chaining_key, suite.prologue)
        self.key = None
        self.mix_hash(responder_public)

    def note(self, at, output, **more):
        if self.trace is not None:
            self.trace.append({"at": at, "hash": self.hash, "chaining_key": self.chaining_key,
                               **more, "output": output})

    def mix_hash(self, data):
        self.hash = blake2s(self.hash, data)

    def mix_key(self, material):
        self.chaining_key, self.key = hkdf(self.chaining_key, material, 2)

    def mix_ephemeral(self, public):
        self.mix_hash(public)
        self.mix_key(public)

    def mix_agreed(self, private, public):
        shared = agree(private, public)
        self.note("dh", shared)
        self.mix_key(shared)

    def mix_psk(self, psk):
        self.chaining_key, temporary, self.key = hkdf(self.chaining_key, psk, 3)
        self.mix_hash(temporary)

    def seal(self, plaintext):
        output = seal(self.suite, self.key, 0, plaintext, self.hash)
        self.note("seal", output, key=self.key, plaintext=plaintext)
        self.mix_hash(output)
        return output

    def unseal(self, ciphertext):
        plaintext = unseal(self.suite, self.key, 0, ciphertext, self.hash)
        self.mix_hash(ciphertext)
        return plaintext

    def split(self):
        """The keys of the initiator's data and of the responder's."""
        return hkdf(self.chaining_key, b"", 2)


# --- the envelope: type, length, macs ---


def type_byte(suite, name):
    return suite.first_type + NAMES.index(name)


def header(suite, name, *words):
    """The type, three zeros and little-endian words."""
    return struct.pack(f"<{1 + len(words)}I", type_byte(suite, name), *words)


def name_of(suite, data):
    """The message's name. Refused: reserved, length or type."""
    if len(data) < 4:
        raise Refused("length")
    place = data[0] - suite.first_type
    if not 0 <= place < len(NAMES):
        raise Refused("type")
    if any(data[1:4]):
        raise Refused("reserved")
    name = NAMES[place]
    short = name == DATA and len(data) < DATA_HEADER + TAG_LEN
    if short or len(data) != LENGTHS.get(name, len(data)):
        raise Refused("length")
    return name


def mac1_key(suite, public):
    return blake2s(suite.label_mac1, public)


def cookie_key(suite, public):
    return blake2s(suite.label_cookie, public)


def mac1_of(message):
    return message[-2 * MAC_LEN:-MAC_LEN]


def add_macs(suite, body, public, cookie=None):
    """body with mac1 for the receiver of that public key, and mac2 if there is a cookie."""
    body += mac(mac1_key(suite, public), body)
    return body + (mac(cookie, body) if cookie else NO_MAC)


def check_mac1(suite, message, public):
    if mac1_of(message) != mac(mac1_key(suite, public), message[:-2 * MAC_LEN]):
        raise Refused("mac1")


def has_mac2(message, cookie):
    return message[-MAC_LEN:] == mac(cookie, message[:-MAC_LEN])


# --- handshakes ---


Keys = collections.namedtuple("Keys", "send receive")


class Initiator:
    """One handshake at the end that began it."""

    def __init__(self, suite, private, remote_public, psk=NO_PSK, ephemeral=None, trace=None):
        self.suite, self.private, self.remote_public, self.psk = suite, private, remote_public, psk
        self.ephemeral = ephemeral or generate_private()
        self.symmetric = Symmetric(suite, remote_public, trace)

    def initiation(self, index, timestamp, cookie=None):
        """The first message."""
        state, public = self.symmetric, public_of(self.ephemeral)
        state.mix_ephemeral(public)
        state.mix_agreed(self.ephemeral, self.remote_public)
        static = state.seal(public_of(self.private))
        state.mix_agreed(self.private, self.remote_public)
        body = header(self.suite, INITIATION, index) + public + static + state.seal(timestamp)
        return add_macs(self.suite, body, self.remote_public, cookie)

    def take_response(self, message):
        """(the responder's index, Keys). A Refused response leaves the handshake as it was."""
        state = copy.copy(self.symmetric)
        public = message[12:44]
        state.mix_ephemeral(public)
        state.mix_agreed(self.ephemeral, public)
        state.mix_agreed(self.private, public)
        state.mix_psk(self.psk)
        state.unseal(message[44:60])
        send, receive = state.split()
        self.symmetric = state
        return struct.unpack_from("<I", message, 4)[0], Keys(send, receive)


class Responder:
    """One handshake at the end that answers. The initiation says who began it."""

    def __init__(self, suite, private, message, trace=None):
        self.suite = suite
        self.remote_index = struct.unpack_from("<I", message, 4)[0]
        self.remote_ephemeral = message[8:40]
        self.symmetric = state = Symmetric(suite, public_of(private), trace)
        state.mix_ephemeral(self.remote_ephemeral)
        state.mix_agreed(private, self.remote_ephemeral)
        self.remote_public = state.unseal(message[40:88])
        state.mix_agreed(private, self.remote_public)
        self.timestamp = state.unseal(message[88:116])

    def response(self, index, psk=NO_PSK, ephemeral=None, cookie=None):
        """(the second message, Keys)."""
        self.ephemeral = ephemeral or generate_private()
        state, public = self.symmetric, public_of(self.ephemeral)
        state.mix_ephemeral(public)
        state.mix_agreed(self.ephemeral, self.remote_ephemeral)
        state.mix_agreed(self.ephemeral, self.remote_public)
        state.mix_psk(psk)
        body = header(self.suite, RESPONSE, index, self.remote_index) + public + state.seal(b"")
        receive, send = state.split()
        return add_macs(self.suite, body, self.remote_public, cookie), Keys(send, receive)


# --- cookies ---


def make_cookie(secret, source):
    """The cookie for an address and port, as bytes."""
    return mac(secret, source)


def cookie_reply(suite, public, message, cookie, fresh=None):
    """The answer to message, from the peer with that public key."""
    fresh = fresh or os.urandom(24)
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        cookie, mac1_of(message), fresh, cookie_key(suite, public))
    return header(suite, COOKIE, struct.unpack_from("<I", message, 4)[0]) + fresh + sealed


def open_cookie_reply(suite, public, mac1, reply):
    """The cookie; mac1: of the message that the reply answers."""
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            reply[32:], mac1, reply[8:32], cookie_key(suite, public))
    except CryptoError:
        raise Refused("bad_tag") from None


# --- data ---


def pad(packet, mtu=1420):
    """Zeros behind the packet up to a multiple of 16, but not beyond the MTU."""
    return packet + bytes(max(0, min(mtu, -(-len(packet) // PADDING) * PADDING) - len(packet)))


class Window:
    """Which counters have been seen.

    Of the last SIZE counters those further back than SURE may be refused as well: an
    implementation that shifts whole words forgets up to 64 at once. This one does so always.
    """

    SIZE = 8192
    SURE = SIZE - 64

    def __init__(self):
        self.highest, self.seen = -1, set()

    def take(self, counter):
        """Notes an authentic counter. Refused: replay."""
        if counter in self.seen or counter + self.SURE < self.highest:
            raise Refused("replay")
        self.seen.add(counter)
        self.highest = max(self.highest, counter)
        if len(self.seen) > 2 * self.SIZE:
            self.seen = {c for c in self.seen if c + self.SURE >= self.highest}


class Transport:
    """The keys of one session, at one end."""

    def __init__(self, suite, keys, local_index, remote_index, initiator, born=0.0):
        self.suite, self.keys = suite, keys
        self.local_index, self.remote_index = local_index, remote_index
        self.initiator, self.born = initiator, born
        self.counter, self.window = 0, Window()

    def seal(self, body=b"", counter=None, index=None):
        """One data message. With a counter of one's own the session's is left alone."""
        if counter is None:
            counter = self.counter
            self.counter += 1
        head = header(self.suite, DATA, self.remote_index if index is None else index)
        return head + struct.pack("<Q", counter) + seal(self.suite, self.keys.send, counter, body)

    def open(self, message):
        """(counter, body)."""
        counter = struct.unpack_from("<Q", message, 8)[0]
        if counter >= self.suite.reject_after:
            raise Refused("worn_out")
        body = unseal(self.suite, self.keys.receive, counter, message[DATA_HEADER:])
        self.window.take(counter)
        return counter, body
