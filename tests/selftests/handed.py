#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""handed.py LINK PID: attaches to the tap link LINK; what the user namespace of PID can change by that file.

Prints a line.
"""
import os
import subprocess
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [here]
sys.dont_write_bytecode = True
import tundev as t  # noqa: E402
from tundev import File, error  # noqa: E402

BY_NUMBER = ("TUNSETPERSIST", "TUNSETOWNER", "TUNSETGROUP", "TUNSETOFFLOAD")
BY_ADDRESS = ("TUNSETSNDBUF", "TUNSETCARRIER")

if sys.argv[1] == "fd":
    f = File.__new__(File)
    f.fd = int(sys.argv[2])
    print(", ".join([f"{name}: {error(f.number, getattr(t, name), 0)}" for name in BY_NUMBER] +
                    [f"{name}: {error(f.pointed, getattr(t, name), 1)}" for name in BY_ADDRESS]))
else:
    f = File("/dev/camex")
    f.iff(sys.argv[1], t.IFF_TAP | t.IFF_NO_PI)
    subprocess.run(["nsenter", "--target", sys.argv[2], "--user", "--net", sys.argv[0], "fd", str(f.fd)],
                   pass_fds=[f.fd], check=True)
