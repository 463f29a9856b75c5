#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One end of a registration with AUTO, as the independent peer has it.

auto.py ask TO BIND KEY TEXT...    sends each control text in a session of its own, and prints
                                   for each what came back within a second, or "none"
auto.py burst TO BIND,... KEY TEXT...  sends them all at once, from these addresses in turn, and
                                   prints how many answers come
auto.py serve BIND KEY TEXT...     answers the Nth REGISTER with the Nth text, if there is one, and
                                   prints the texts that it got; a text is sent from the port
                                   after BIND's if it begins with "@"
auto.py storm TO BIND COUNT RATE   COUNT clients C0, C1, ... with the passphrase "secret" register,
                                   RATE a second, from the addresses BIND, BIND + 1, ... in turn, 100
                                   of them; prints how many different ones got their own CONFIG
auto.py strangers TO BIND ALL COUNT  COUNT of the clients C0, C1, ... up to ALL, each with the
                                   passphrase "passphrase N", register every 5 seconds until each
                                   has its CONFIG, from 100 addresses; prints the seconds until
                                   all have, or how many have after 20 minutes
auto.py echo BIND                  sends back what comes there
auto.py traffic TO NAME N SECONDS  through each of the interfaces NAME0, NAME1, ... sends TO a
                                   datagram a second until it comes back, and prints the seconds
                                   until all N have had one, or how many have

KEY is a passphrase, or "-" for none; with "27:" before it the header has 27 bytes.
"""
import heapq
import ipaddress
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../peer"))
sys.dont_write_bytecode = True
from camex_peer import CONFIG, REGISTER, Peer, derive_key, endpoint, parse_control, seal  # noqa: E402
from camex_peer import BadTag, Malformed, open_datagram  # noqa: E402


def peer_of(text):
    short = text.startswith("27:")
    text = text[3:] if short else text
    if text == "-":
        return Peer("plain")
    return Peer("encrypted", derive_key(text.encode()), short)


def socket_at(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(address)
    return sock


def ask(to, bind, key, *texts):
    sock = socket_at(endpoint(bind))
    for text in texts:
        peer = peer_of(key)
        sock.sendto(peer.wrap(REGISTER, text.encode() + b"\n")[0], endpoint(to))
        answer = "none"
        until = time.monotonic() + 1
        while answer == "none" and select.select([sock], [], [], max(0, until - time.monotonic()))[0]:
            kind, body, entry = peer.unwrap(sock.recv(65536))
            if kind == CONFIG:
                answer = body.decode().strip() + (" (27)" if entry.get("short") else "")
        print(answer, flush=True)


def burst(to, binds, key, *texts):
    socks = [socket_at(endpoint(bind)) for bind in binds.split(",")]
    peer, answers = peer_of(key), 0
    for i, text in enumerate(texts):
        data = peer.wrap(REGISTER, text.encode() + b"\n")[0]
        socks[i % len(socks)].sendto(data, endpoint(to))
    while ready := select.select(socks, [], [], 2)[0]:
        answers += sum(peer.unwrap(sock.recv(65536))[0] == CONFIG for sock in ready)
    print(answers)


def serve(bind, key, *texts):
    address, port = endpoint(bind)
    sock, other = socket_at((address, port)), socket_at((address, port + 1))
    peer, texts = peer_of(key), list(texts)
    while True:
        data, source = sock.recvfrom(65536)
        kind, body, entry = peer.unwrap(data)
        if kind != REGISTER:
            continue
        print(body.decode().strip() + (" (27)" if entry.get("short") else ""), flush=True)
        text = texts.pop(0) if texts else ""
        if text:
            answer = peer.wrap(CONFIG, text.lstrip("@").encode() + b"\n")[0]
            (other if text.startswith("@") else sock).sendto(answer, source)


def storm(to, bind, count, rate):
    key, to = derive_key(b"secret"), endpoint(to)
    first = ipaddress.IPv4Address(bind)
    socks = [socket_at((str(first + i), 9)) for i in range(100)]
    datagrams = [seal(key, REGISTER, os.urandom(4), 0,
                      f"CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=C{i}\n".encode())
                 for i in range(int(count))]
    got, wrong = set(), 0

    def receive(wait):
        nonlocal wrong
        for sock in select.select(socks, [], [], wait)[0]:
            try:
                body = open_datagram(key, sock.recv(65536)).body
                fields = dict(parse_control(body).fields)
                number = int(fields["CLIENT_ID"][1:])
                assert fields["LOCAL_CIDR"] == f"{ipaddress.IPv4Address('10.64.0.0') + number}/10"
                got.add(number)
            except (AssertionError, BadTag, KeyError, Malformed, ValueError):
                wrong += 1

    start = time.monotonic()
    for i, datagram in enumerate(datagrams):
        while time.monotonic() < start + i / float(rate):
            receive(0)
        socks[i % len(socks)].sendto(datagram, to)
    sent = time.monotonic() - start
    last = time.monotonic()
    while len(got) < len(datagrams) and time.monotonic() < last + 2:
        before = len(got)
        receive(0.1)
        last = time.monotonic() if len(got) > before else last
    print(f"{len(got)} answered, {wrong} wrong, sent in {sent:.1f} s")


def strangers(to, bind, total, count):
    to, first, waiting, due = endpoint(to), ipaddress.IPv4Address(bind), {}, []
    start = time.monotonic()
    for i in range(int(count)):
        number = i * int(total) // int(count)
        key = derive_key(f"passphrase {number}".encode())
        text = f"CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=C{number}\n"
        sock = socket_at((str(first + i % 100), 0))
        waiting[sock] = (f"C{number}", key, seal(key, REGISTER, os.urandom(4), 0, text.encode()))
        # they do not speak all at once
        due.append((start + i * 5 / int(count), i, sock))
    while waiting and time.monotonic() < start + 1200:
        while due[0][0] <= time.monotonic():
            when, i, sock = heapq.heappop(due)
            if sock in waiting:
                sock.sendto(waiting[sock][2], to)
            heapq.heappush(due, (when + 5, i, sock))
        for sock in select.select(list(waiting), [], [], max(0, due[0][0] - time.monotonic()))[0]:
            name, key, _ = waiting[sock]
            answer = parse_control(open_datagram(key, sock.recv(65536)).body)
            if answer.kind == "CONFIG" and dict(answer.fields)["CLIENT_ID"] == name:
                del waiting[sock]
    took = time.monotonic() - start
    print(f"{took:.1f}" if not waiting else f"{int(count) - len(waiting)} of {count} have")


def echo(bind):
    sock = socket_at(endpoint(bind))
    while True:
        data, source = sock.recvfrom(65536)
        sock.sendto(data, source)


def traffic(to, name, count, seconds):
    waiting, to = {}, endpoint(to)
    for i in range(int(count)):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, f"{name}{i}".encode())
        waiting[sock.fileno()] = sock
    start = time.monotonic()
    poll = select.poll()
    for number in waiting:
        poll.register(number, select.POLLIN)
    due = start
    while waiting and time.monotonic() < start + float(seconds):
        if time.monotonic() >= due:
            due += 1
            for sock in waiting.values():
                try:
                    sock.sendto(b"x", to)
                except OSError:  # nobody there yet
                    pass
        for number, _ in poll.poll(max(0, (due - time.monotonic()) * 1000)):
            try:
                waiting[number].recv(64)
            except OSError:  # the error that came for an earlier one
                continue
            poll.unregister(number)
            waiting.pop(number).close()
    took = time.monotonic() - start
    print(f"{took:.1f}" if not waiting else f"{int(count) - len(waiting)} of {count} have")


if __name__ == "__main__":
    {"ask": ask, "burst": burst, "serve": serve, "storm": storm, "echo": echo,
     "strangers": strangers, "traffic": traffic}[sys.argv[1]](*sys.argv[2:])
