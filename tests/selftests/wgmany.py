#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Many peers of protocol wireguard.

wgmany.py add DEV FIRST LAST       adds peers pFIRST to pLAST, each with a public key that nobody has the private
                                   key of, and the routes 10.64.0.0/32 and fd00:64::/128 plus its number; prints
                                   the median of the first quarter and of the last, in microseconds
wgmany.py conf COUNT               prints, for wg setconf, COUNT peers that "shake" is
wgmany.py peers DEV COUNT          adds them to a camex device
wgmany.py shake PUBLIC COUNT       is COUNT peers at 198.18.0.0 plus their numbers, which all begin a handshake
                                   with 192.0.2.1:51820 at once, and ping 10.0.0.1 in their sessions until each has
                                   an answer; prints what came of it as JSON
"""
import base64
import hashlib
import ipaddress
import json
import os
import select
import socket
import struct
import sys
import time

here = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [f"{here}/../peer"]
import camex_peer as cx  # noqa: E402
import peers  # noqa: E402
import wireguard_noise as wn  # noqa: E402
import wireguard_session as ws  # noqa: E402
from wireguard_noise import COOKIE, DATA, RESPONSE  # noqa: E402

PEER_WIREGUARD, WG_PUBLIC_KEY = 26, 1   # include/uapi/linux/camex.h
IP_PKTINFO, SO_RCVBUFFORCE = 8, 33
DEVICE = ("192.0.2.1", 51820)
LIMIT = 300     # seconds


def private_of(number):
    return hashlib.sha256(f"private {number}".encode()).digest()


def inner(number):
    return str(ipaddress.ip_address("10.64.0.0") + number)


def peer_to_add(number, public):
    return (peers.peer_name(number) +
            peers.attr(peers.PEER_ROUTES | peers.NLA_F_NESTED,
                       peers.prefix(socket.AF_INET, "10.64.0.0", 32, number),
                       peers.prefix(socket.AF_INET6, "fd00:64::", 128, number)) +
            peers.attr(PEER_WIREGUARD | peers.NLA_F_NESTED, peers.attr(WG_PUBLIC_KEY, public)))


def conf(count):
    for number in range(1, count + 1):
        key = base64.b64encode(wn.public_of(private_of(number))).decode()
        print(f"[Peer]\nPublicKey = {key}\nAllowedIPs = {inner(number)}/32")


class Crowd:
    """Peers with one socket, which has an address for each."""

    def __init__(self, public, count):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.sock.bind(("", 51821))
        self.peers = [ws.Peer(private_of(i + 1), public) for i in range(count)]
        self.owner = {}
        self.done, self.rounds, self.came = {}, 0, {RESPONSE: 0, COOKIE: 0, DATA: 0}

    def send(self, number, datagrams):
        source = (ipaddress.ip_address("198.18.0.0") + number + 1).packed
        for datagram in datagrams:
            if datagram[0] == 1:
                self.owner[datagram[4:8]] = number
            self.sock.sendmsg([datagram], [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=i4s4s", 0, source, source))],
                              0, DEVICE)

    def begin(self):
        """All of them, with what has been made before the first is sent."""
        waiting = [i for i in range(len(self.peers)) if not self.peers[i].current]
        made = [(i, [self.peers[i].initiate(again=True)]) for i in waiting]
        start = time.monotonic()
        for number, datagrams in made:
            self.send(number, datagrams)
        self.rounds += 1
        return start

    def take(self, data):
        number = self.owner.get(data[4:8] if data[0] != 2 else data[8:12])
        if number is None:
            return
        peer = self.peers[number]
        entry, answers, packet = peer.receive(data, b"")
        if entry["verdict"] != "ok":
            return
        self.came[entry["type"]] += 1
        self.send(number, answers)
        if entry["type"] == RESPONSE:
            self.owner[peer.current.local_index.to_bytes(4, "little")] = number
            self.send(number, peer.wrap(cx.icmp_echo(inner(number + 1), "10.0.0.1", 7, 1)))
        elif packet:
            self.done.setdefault(number, time.monotonic())

    def run(self):
        start = begun = self.begin()
        while len(self.done) < len(self.peers) and time.monotonic() < start + LIMIT:
            while select.select([self.sock], [], [], 0.2)[0]:
                self.take(self.sock.recv(65536))
            if time.monotonic() > begun + ws.REKEY_TIMEOUT:
                begun = self.begin()
        took = sorted(t - start for t in self.done.values())
        print(json.dumps({"peers": len(self.peers), "done": len(self.done), "rounds": self.rounds,
                          "median_s": round(took[len(took) // 2], 3) if took else None,
                          "last_s": round(took[-1], 3) if took else None,
                          "responses": self.came[RESPONSE], "cookies": self.came[COOKIE]}))


def main():
    command, *arguments = sys.argv[1:]
    if command == "add":
        dev, first, last = arguments
        peers.each(peers.CMD_PEER_ADD, dev, range(int(first), int(last) + 1),
                   lambda i: peer_to_add(i, hashlib.sha256(f"public {i}".encode()).digest()))
    elif command == "peers":
        dev, count = arguments
        peers.each(peers.CMD_PEER_ADD, dev, range(1, int(count) + 1),
                   lambda i: peer_to_add(i, wn.public_of(private_of(i))))
    elif command == "conf":
        conf(int(arguments[0]))
    else:
        Crowd(base64.b64decode(arguments[0]), int(arguments[1])).run()


if __name__ == "__main__":
    main()
