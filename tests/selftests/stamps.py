# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Time stamps of what a socket sends."""
import socket
import time

SO_TIMESTAMPING, TX_SOFTWARE, SOFTWARE = 37, 2, 16


def stamps(send, many=1):
    """How many time stamps a socket gets for what it sends so often."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE)
        for _ in range(many):
            send(s)
        got, until = 0, time.monotonic() + 20
        # one too many would come with the others
        while got < many and time.monotonic() < until:
            got += drain_errors(s)
            time.sleep(0.05)
        time.sleep(0.2)
        return got + drain_errors(s)


def drain_errors(s):
    got = 0
    while True:
        try:
            _, ancillary, _, _ = s.recvmsg(2000, 500, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return got
        got += sum(kind == SO_TIMESTAMPING for _, kind, _ in ancillary)
