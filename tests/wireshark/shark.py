# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""tshark with the dissector, of this host or of another Debian release, and captures for it."""

import atexit
import os
import shutil
import struct
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.realpath(f"{here}/../..")
sys.path[:0] = [f"{here}/../peer", f"{here}/.."]
sys.dont_write_bytecode = True
subprocess.run([f"{here}/../need", "tshark", "python3-nacl"], check=True)
import camex_peer as cx  # noqa: E402

ETHERNET, SLIP = 1, 147  # link types; the latter is DLT_USER0
SLIP_UAT = 'uat:user_dlts:"User 0 (DLT=147)","camex_slip","0","","0",""'


class Shark:
    """A tshark. Its files are in a directory that it can read, whoever it runs as."""

    def __init__(self, release=None):
        self.inside = []
        self.place = ""  # of its root
        base = None
        if release:
            self.place = subprocess.run([f"{here}/tree", release], check=True, text=True,
                                        stdout=subprocess.PIPE).stdout.strip()
            base = f"{self.place}/tmp"
        self.host_dir = tempfile.mkdtemp(dir=base)
        atexit.register(shutil.rmtree, self.host_dir)
        os.chmod(self.host_dir, 0o755)
        self.dir = self.host_dir[len(self.place):]
        if release:
            # 4.6 runs no scripts for root
            self.inside = [f"{here}/../vm/inside", self.place, self.place, "setpriv", "--reuid",
                           "nobody", "--regid", "nogroup", "--clear-groups"]
        shutil.copytree(f"{ROOT}/wireshark", f"{self.host_dir}/wireshark")

    def call(self, *args, script=None):
        """Runs it with a Lua script, the dissector by default; a CompletedProcess."""
        script = script or f"{self.dir}/wireshark/camex.lua"
        return self.bare("-n", "-X", f"lua_script:{script}", *args)

    def bare(self, *args):
        """The same without any script; what it needs to find is below its own directory."""
        return subprocess.run([*self.inside, "env", f"HOME={self.dir}", "LC_ALL=C.UTF-8", "tshark",
                               *args], cwd="/", check=False, timeout=600,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="backslashreplace")

    def fields(self, capture, names, *args, prefs=()):
        """For each packet a list of the fields' values, each the list of its occurrences."""
        chosen = [word for name in names for word in ("-e", name)]
        settings = [word for pref in prefs for word in ("-o", pref)]
        done = self.call("-r", f"{self.dir}/{capture}", *settings, *args, "-T", "fields", *chosen,
                         "-E", "occurrence=a", "-E", "aggregator=\x1f", "-E", "separator=\x1e")
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [[value.split("\x1f") if value else [] for value in line.split("\x1e")]
                for line in done.stdout.removesuffix("\n").split("\n")]

    def write(self, name, packets, link=ETHERNET):
        """A capture of packets (bytes)."""
        self.write_cut(name, [(packet, len(packet)) for packet in packets], link)

    def write_cut(self, name, packets, link=ETHERNET):
        """A capture of (packet, how many bytes of it are captured)."""
        with open(f"{self.host_dir}/{name}", "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, link))
            for number, (packet, kept) in enumerate(packets):
                f.write(struct.pack("<IIII", 1000000000 + number // 1000, number % 1000 * 1000,
                                    kept, len(packet)) + packet[:kept])

    def copy(self, path):
        """A capture from elsewhere; its name here."""
        name = os.path.basename(path)
        shutil.copy(path, f"{self.host_dir}/{name}")
        os.chmod(f"{self.host_dir}/{name}", 0o644)
        return name


def frame(payload, sport=45820, dport=7000, src="192.0.2.2", dst="192.0.2.1"):
    """An Ethernet frame with payload in a UDP datagram."""
    kind = b"\x86\xdd" if cx.is_v6(src) else b"\x08\x00"
    return bytes.fromhex("020000000001020000000002") + kind + \
        cx.udp_packet(src, dst, sport, dport, payload)


def slip(packet):
    """A SLIP frame with an END before and after it."""
    return b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def seal_jtunnel(key, ident, kind, prefix, seq, body=b""):
    """An encrypted datagram after an identifier, which its tag covers as well."""
    head = cx.header(kind, prefix, seq, len(body))
    return ident + head + cx.bindings.crypto_aead_chacha20poly1305_ietf_encrypt(
        body, ident + head, cx.nonce(prefix, seq), key)
