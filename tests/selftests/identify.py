#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""identify.py FROM TO PORT ID [COUNT]: sends keepalives of protocol jtunnel.

ID is 16 hexadecimal digits; with COUNT, it is counted up from there, each from another port;
"random": each is drawn anew.
"""
import os
import socket
import sys
import time

source, to, port, name = sys.argv[1:5]
count = int(sys.argv[5]) if len(sys.argv) > 5 else 1
sock = None
for i in range(count):
    if not sock or name != "random":
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((source, 0))
    ident = os.urandom(8) if name == "random" else (int(name, 16) + i).to_bytes(8, "big")
    sock.sendto(ident, (to, int(port)))
    if not i % 64:
        time.sleep(0.001)  # the receiver is not to be overrun
