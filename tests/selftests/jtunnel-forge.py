#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""jtunnel-forge.py ADDRESS ID PORT: from ADDRESS, a keepalive of that identifier to 192.0.2.2."""
import socket
import sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 0))
sock.sendto(bytes.fromhex(sys.argv[2]), ("192.0.2.2", int(sys.argv[3])))
