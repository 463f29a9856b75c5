#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""TCP over a slow line.

serial.py sink PORT           takes one connection, and prints the SHA-256 of what came and
                              the bytes per second from the first ones to the last
serial.py pour ADDRESS PORT N sends N bytes that look random, and prints their SHA-256
"""
import hashlib
import random
import socket
import sys
import time


def sink(port):
    with socket.create_server(("", port)) as server:
        conn, _ = server.accept()
    digest = hashlib.sha256()
    first = total = 0
    start = last = None
    while data := conn.recv(65536):
        last = time.monotonic()
        digest.update(data)
        total += len(data)
        if start is None:
            start, first = last, total
    print(digest.hexdigest(), round((total - first) / max(last - start, 1e-9)))


def pour(address, port, n):
    data = random.Random(n).randbytes(n)
    with socket.create_connection((address, port)) as conn:
        conn.sendall(data)
        conn.shutdown(socket.SHUT_WR)
        conn.recv(1)
    print(hashlib.sha256(data).hexdigest())


if sys.argv[1] == "sink":
    sink(int(sys.argv[2]))
else:
    pour(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
