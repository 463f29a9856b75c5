#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Between a program that speaks UDP and one that speaks TCP, as wire formats of the OpenIPC camex
daemon have it: 2 bytes of length, big-endian, before each datagram, from 1 to 9260.

tcp-bridge.py connect UDP_PORT HOST PORT   datagrams to that port of 127.0.0.1 go into a connection,
                                           which is made again when it was lost
tcp-bridge.py listen PORT UDP_PORT         each connection becomes a socket of its own that talks to
                                           that port of 127.0.0.1
"""
import selectors
import socket
import struct
import sys
import time

MAX = 9260


class Stream:
    """A connection; feed() gives the datagrams that are whole, or raises EOFError."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""

    def feed(self):
        try:
            more = self.sock.recv(65536)
        except OSError as error:
            raise EOFError from error
        if not more:
            raise EOFError
        self.data += more
        datagrams = []
        while len(self.data) >= 2:
            length = struct.unpack("!H", self.data[:2])[0]
            if not 1 <= length <= MAX:
                raise EOFError
            if len(self.data) < 2 + length:
                break
            datagrams.append(self.data[2:2 + length])
            self.data = self.data[2 + length:]
        return datagrams

    def send(self, datagram):
        try:
            self.sock.sendall(struct.pack("!H", len(datagram)) + datagram)
        except OSError:
            pass	# feed() sees the end


def connect(udp_port, host, port):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", udp_port))
    program = None
    while True:
        try:
            stream = Stream(socket.create_connection((host, port), timeout=5))
        except OSError:
            time.sleep(0.5)
            continue
        stream.sock.settimeout(None)
        with selectors.DefaultSelector() as selector, stream.sock:
            selector.register(udp, selectors.EVENT_READ)
            selector.register(stream.sock, selectors.EVENT_READ)
            try:
                while True:
                    for key, _ in selector.select():
                        if key.fileobj is udp:
                            datagram, program = udp.recvfrom(65536)
                            stream.send(datagram)
                            continue
                        for datagram in stream.feed():
                            if program:
                                udp.sendto(datagram, program)
            except EOFError:
                pass
        time.sleep(0.5)


def listen(port, udp_port):
    listener = socket.create_server(("0.0.0.0", port))
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                stream = Stream(listener.accept()[0])
                udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                udp.connect(("127.0.0.1", udp_port))
                selector.register(stream.sock, selectors.EVENT_READ, (stream, udp))
                selector.register(udp, selectors.EVENT_READ, (stream, udp))
                continue
            stream, udp = key.data
            if key.fileobj is udp:
                try:
                    stream.send(udp.recv(65536))
                except OSError:
                    pass
                continue
            try:
                for datagram in stream.feed():
                    udp.send(datagram)
            except EOFError:
                for sock in stream.sock, udp:
                    selector.unregister(sock)
                    sock.close()
                break	# what else was selected may be of the same two


if sys.argv[1] == "connect":
    connect(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
else:
    listen(int(sys.argv[2]), int(sys.argv[3]))
