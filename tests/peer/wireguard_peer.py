#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A WireGuard peer in user space for tests, which misbehaves on command.

It speaks protocol wireguard with either cipher over UDP, begins handshakes and
answers them, answers pings to its inner addresses itself, and logs each datagram
as a line of JSON. It shares no code with the kernel module. As a library:
wireguard_session.py is the peer without a socket, wireguard_noise.py its messages.
"""

import argparse
import base64
import os
import select
import signal
import socket
import struct
import sys

sys.dont_write_bytecode = True
import camex_peer as cx  # noqa: E402
import wireguard_noise as wn  # noqa: E402
import wireguard_session as ws  # noqa: E402
from wireguard_noise import COOKIE, DATA, INITIATION, RESPONSE  # noqa: E402

COMMANDS = """commands, one a line:
  initiate                  begin a handshake, and send it again until it is answered
  ping ADDRESS [COUNT]      echo requests; wait for a session if there is none
  keepalive [COUNT]         empty data messages
  load on|off               answer as if under load: cookies first
  timers on|off             whether anything is sent when it is due (on)
  endpoint ADDR:PORT        where the other end is
  send KIND [NAME=VALUE]... one wrong message: see below
  again KIND [COUNT]        the last message of that kind once more
  flood KIND [NAME=VALUE].. as send, count=N times; from=ADDR: of successive source addresses
                            from there on; fresh=1: each made anew (initiations)

KIND is initiation, response, cookie or data. NAME=VALUE:
  reserved=N type=N         byte 2, byte 0
  extend=N cut=N            longer, shorter; the macs fit all the same
  mac1=bad mac2=bad         a flipped bit
  flip=N                    a flipped bit in byte N, from the end if negative
  index=N                   the receiver's index
  stamp=same|N              initiation: the last time stamp, or one N seconds ago
  static=other              initiation: of an unknown peer
  to=ADDR seq=N             data: an echo request
  body=HEX                  data: exactly this body
  pad=none|N                data: no padding, or zeros up to N bytes
  counter=N|+N|-N           data: this counter, or so far from the last one
  session=previous          data: in the session before"""


def source_bytes(address):
    return cx.address_bytes(address[0]) + struct.pack("!H", address[1])


class Node:
    """The peer with its socket, its inner addresses, its log and its commands."""

    def __init__(self, peer, sock, log, addresses=(), endpoint=None):
        self.peer, self.sock, self.log = peer, sock, log
        self.addresses, self.endpoint = addresses, endpoint
        self.last, self.timers, self.sequence = {}, True, 0
        self.ident = os.getpid() & 0xFFFF

    # --- datagrams ---

    def send(self, datagram):
        first = self.peer.suite.first_type
        place = datagram[0] - first if datagram else -1
        kind = wn.NAMES[place] if 0 <= place < len(wn.NAMES) else "other"
        entry = {"type": kind, "length": len(datagram), "verdict": "sent"}
        if kind in (INITIATION, RESPONSE):
            entry["sender"] = int.from_bytes(datagram[4:8], "little")
        elif kind == DATA:
            entry["counter"] = int.from_bytes(datagram[8:16], "little")
        self.last[kind] = datagram
        try:
            self.sock.sendto(datagram, self.endpoint)
        except ConnectionError as error:  # of a datagram before
            entry["verdict"] = str(error)
        self.log(dir="out", to=cx.endpoint_text(self.endpoint), **entry)

    def send_all(self, datagrams):
        for datagram in datagrams:
            self.send(datagram)

    def take(self):
        data, source = self.sock.recvfrom(65536)
        entry, answers, packet = self.peer.receive(data, source_bytes(source))
        if entry["verdict"] == "ok" and entry["type"] != COOKIE:
            self.endpoint = source[:2]
        reply = None
        if packet:
            inner, reply = self.take_packet(packet)
            entry.update(inner)
        self.log(dir="in", **{"from": cx.endpoint_text(source)}, **entry)
        here, self.endpoint = self.endpoint, source[:2]
        self.send_all(answers)
        self.endpoint = here
        if reply:
            self.send_all(self.peer.wrap(reply))

    def take_packet(self, body):
        """What the log says of an inner packet, and what answers it if it is a ping for us."""
        try:
            cx.check_ip(body)
        except cx.Malformed as reason:
            return {"inner": str(reason)}, None
        six = body[0] >> 4 == 6
        length = 40 + int.from_bytes(body[4:6], "big") if six else int.from_bytes(body[2:4], "big")
        packet, start = body[:length], 40 if six else (body[0] & 15) * 4
        family, at = (socket.AF_INET6, 8) if six else (socket.AF_INET, 12)
        size = 16 if six else 4
        src, dst = (socket.inet_ntop(family, packet[i:i + size]) for i in (at, at + size))
        inner = {"source": src, "destination": dst, "packet_length": length}
        if packet[6 if six else 9] != (58 if six else 1) or length < start + 8:
            return inner, None
        kind = packet[start]
        inner["icmp_type"] = kind
        inner["ident"], inner["seq"] = struct.unpack_from("!HH", packet, start + 4)
        if kind != (128 if six else 8) or dst not in self.addresses:
            return inner, None
        segment = bytes([129 if six else 0, 0, 0, 0]) + packet[start + 4:]
        if six:
            segment = cx.with_checksum(dst, src, 58, segment, 2)
        else:
            segment = segment[:2] + struct.pack("!H", cx.checksum(segment)) + segment[4:]
        return inner, cx.ip_packet(dst, src, 58 if six else 1, segment)

    def echo(self, address, seq=None, size=56):
        if seq is None:
            self.sequence += 1
            seq = self.sequence
        src = next(a for a in self.addresses if cx.is_v6(a) == cx.is_v6(address))
        return cx.icmp_echo(src, address, self.ident, seq, bytes(size))

    # --- wrong messages ---

    def spoil(self, kind, message, options):
        """The message with the faults asked for, and right otherwise."""
        handshake = kind in (INITIATION, RESPONSE)
        message = bytearray(message[:-2 * wn.MAC_LEN] if handshake else message)
        if "type" in options:
            message[0] = int(options["type"], 0)
        if "reserved" in options:
            message[2] = int(options["reserved"], 0)
        if "index" in options and kind != INITIATION:
            at = 8 if kind == RESPONSE else 4
            message[at:at + 4] = int(options["index"], 0).to_bytes(4, "little")
        message += bytes(int(options.get("extend", 0)))
        message = bytes(message[:len(message) - int(options.get("cut", 0))])
        if handshake:
            message = wn.add_macs(self.peer.suite, message, self.peer.remote_public,
                                  self.peer.usable_cookie())
        message = bytearray(message)
        for name, at in (("mac1", -17), ("mac2", -1)):
            if options.get(name) == "bad":
                message[at] ^= 1
        if "flip" in options:
            message[int(options["flip"], 0)] ^= 1
        return bytes(message)

    def make(self, kind, options):
        """One message of that kind, as the options say."""
        peer, stamp = self.peer, None
        if kind == INITIATION:
            if options.get("stamp") == "same":
                stamp = peer.own_stamp
            elif "stamp" in options:
                stamp = ws.tai64n(peer.wall() - float(options["stamp"]))
            private = wn.generate_private() if options.get("static") == "other" else None
            message = peer.initiation(stamp, private)
        elif kind == RESPONSE:
            head = wn.header(peer.suite, RESPONSE, 1, int(options.get("index", "2"), 0))
            message = wn.add_macs(peer.suite, head + wn.public_of(wn.generate_private()) +
                                  os.urandom(wn.TAG_LEN), peer.remote_public)
        elif kind == COOKIE:
            message = wn.cookie_reply(peer.suite, peer.public, bytes(4) + os.urandom(144),
                                      os.urandom(wn.MAC_LEN))
        else:
            message = self.make_data(options)
        return self.spoil(kind, message, options)

    def make_data(self, options):
        session = getattr(self.peer, options.get("session", "current"))
        if "body" in options:
            body = bytes.fromhex(options["body"])
        elif "to" in options:
            body = self.echo(options["to"], int(options["seq"]) if "seq" in options else None)
            if options.get("pad") != "none":
                body += bytes(int(options["pad"]) - len(body)) if "pad" in options else \
                    bytes(-len(body) % wn.PADDING)
        else:
            body = b""
        counter, text = None, options.get("counter", "")
        if text:
            counter = int(text, 0) + (session.counter - 1 if text[0] in "+-" else 0)
            session.counter = max(session.counter, counter + 1)
        return session.seal(body, counter)

    def flood(self, kind, options):
        """Many messages in a row, which the log has one line of."""
        count, message = int(options.get("count", 1000)), self.make(kind, options)
        raw = None
        if "from" in options:
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            first = int.from_bytes(cx.address_bytes(options["from"]), "big")
        port = self.sock.getsockname()[1]
        for i in range(count):
            if i and ("fresh" in options or kind == DATA):
                message = self.make(kind, options)
            if raw:
                src = socket.inet_ntoa((first + i).to_bytes(4, "big"))
                raw.sendto(cx.udp_packet(src, self.endpoint[0], port, self.endpoint[1], message),
                           (self.endpoint[0], 0))
            else:
                self.sock.sendto(message, self.endpoint)
        self.last[kind] = message
        self.log(dir="out", to=cx.endpoint_text(self.endpoint), type=kind, length=len(message),
                 count=count, verdict="sent")

    # --- commands ---

    def do(self, line):
        """Obeys one command; the log says when it is done."""
        words = line.split()
        command, arguments = words[0], words[1:]
        if command == "initiate":
            self.send(self.peer.initiate())
        elif command == "ping":
            for _ in range(int(arguments[1]) if len(arguments) > 1 else 1):
                self.send_all(self.peer.wrap(self.echo(arguments[0])))
        elif command == "keepalive":
            for _ in range(int(arguments[0]) if arguments else 1):
                self.send(self.peer.seal(self.peer.current, b""))
        elif command in ("load", "timers"):
            setattr(*{"load": (self.peer, "under_load"), "timers": (self, "timers")}[command],
                    {"on": True, "off": False}[arguments[0]])
        elif command == "endpoint":
            self.endpoint = cx.endpoint(arguments[0])
        elif command == "again":
            for _ in range(int(arguments[1]) if len(arguments) > 1 else 1):
                self.send(self.last[arguments[0]])
        elif command in ("send", "flood"):
            kind = arguments[0]
            if kind not in wn.NAMES:
                raise ValueError(f"no kind of message: {kind}")
            options = dict(word.split("=", 1) for word in arguments[1:])
            if command == "flood":
                self.flood(kind, options)
            else:
                self.send(self.make(kind, options))
        else:
            raise ValueError("no such command")

    def obey(self, line):
        try:
            self.do(line)
            self.log(dir="none", event="done", about=line)
        except (ValueError, KeyError, IndexError, AttributeError, TypeError, StopIteration,
                OSError) as error:
            self.log(dir="none", event="refused", about=line, reason=f"{error!r}")

    def run(self, commands=None):
        """Until it is ended. commands: a file descriptor."""
        self.log(dir="none", event="ready", public=base64.b64encode(self.peer.public).decode())
        files, text = [self.sock] + ([] if commands is None else [commands]), b""
        while True:
            ready = select.select(files, [], [], 0.1)[0]
            if self.sock in ready:
                try:
                    self.take()
                except ConnectionError:
                    pass
            if commands in ready:
                text += os.read(commands, 4096)
                *lines, text = text.split(b"\n")
                for line in lines:
                    if line.strip():
                        self.obey(line.decode())
            if self.timers and self.endpoint:
                self.send_all(self.peer.tick())


def read_key(path):
    """The 32 bytes of a file with a key in base64, as wg genkey writes it."""
    try:
        with open(path, encoding="ascii") as f:
            key = base64.b64decode(f.read().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {error}") from None
    if len(key) != wn.KEY_LEN:
        raise argparse.ArgumentTypeError(f"{path}: not a key of {wn.KEY_LEN} bytes")
    return key


def public_key(text):
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != wn.KEY_LEN:
        raise argparse.ArgumentTypeError(f"{text}: not a public key")
    return key


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--private-key", type=read_key, required=True, metavar="FILE")
    parser.add_argument("--peer", type=public_key, required=True, metavar="BASE64",
                        help="the other end's public key")
    parser.add_argument("--preshared-key", type=read_key, default=wn.NO_PSK, metavar="FILE")
    parser.add_argument("--cipher", choices=wn.SUITES, default=wn.CHACHA.cipher)
    parser.add_argument("--bind", type=cx.endpoint, required=True, metavar="ADDR:PORT")
    parser.add_argument("--endpoint", type=cx.endpoint, metavar="ADDR:PORT",
                        help="where the other end is (where it comes from)")
    parser.add_argument("--address", action="append", default=[], metavar="ADDR",
                        help="an inner address, whose pings are answered; repeats")
    parser.add_argument("--mtu", type=int, default=1420, help="inner (1420)")
    parser.add_argument("--keepalive", type=int, default=0, metavar="SECONDS",
                        help="persistent keepalive (off)")
    parser.add_argument("--keylog", metavar="FILE", help="secrets for Wireshark's wg.keylog_file")
    parser.add_argument("--log", metavar="FILE", help="where the log goes (standard output)")
    parser.add_argument("--commands", metavar="FIFO", help="where commands come from")
    args = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    commands = os.open(args.commands, os.O_RDWR) if args.commands else None
    peer = ws.Peer(args.private_key, args.peer, args.preshared_key, wn.SUITES[args.cipher],
                   args.mtu, args.keepalive, ws.Keylog(args.keylog) if args.keylog else None)
    Node(peer, cx.open_socket(args.bind), cx.Log(args.log), args.address, args.endpoint).run(commands)


if __name__ == "__main__":
    main()
