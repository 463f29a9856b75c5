# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Inner packets and frames for the datagram fuzzer, right ones and wrong ones."""

import struct

import camex_peer as cx

MOST = 1380   # bytes of an inner packet that fits into one datagram
LENGTHS = (0, 1, 2, 7, 8, 19, 20, 21, 39, 40, 41, 60, 100, 576, 1280, 1379, 1380)


class Inner:
    """addresses: (IPv4 of the peer, IPv4 of the device, the same of IPv6). macs: (of the device, of the peer), or None
    for packets without an Ethernet header."""

    def __init__(self, rng, addresses, macs=None):
        self.rng, self.addresses, self.macs = rng, addresses, macs
        self.sequence = rng.randrange(1 << 32)

    def ends(self):
        return self.addresses[:2] if self.rng.random() < 0.5 else self.addresses[2:]

    def frame(self, packet):
        if not self.macs:
            return packet
        kind = b"\x86\xdd" if packet[:1] and packet[0] >> 4 == 6 else b"\x08\0"
        return self.macs[0] + self.macs[1] + kind + packet

    # --- right ones ---

    def tcp(self, ends, payload, flags=0x10, options=b""):
        src, dst = ends
        words = 5 + len(options) // 4
        segment = struct.pack("!HHIIBBHHH", 4000, 5000, self.sequence, 1, words << 4, flags, 1000, 0, 0) + options + payload
        self.sequence = (self.sequence + len(payload)) % (1 << 32)
        return cx.ip_packet(src, dst, 6, cx.with_checksum(src, dst, 6, segment, 16))

    def right(self):
        rng, ends = self.rng, self.ends()
        payload = rng.randbytes(rng.choice((0, 1, 8, 100, 1000, 1300)))
        kind = rng.randrange(5)
        if kind == 0:
            return self.tcp(ends, payload, rng.randrange(256), rng.choice((b"", b"\1\1\x08\x0a" + bytes(8))))
        if kind == 1:
            return cx.udp_packet(*ends, rng.randrange(65536), rng.randrange(65536), payload)
        if kind == 2:
            return cx.icmp_echo(*ends, payload=payload)
        return cx.ip_packet(*ends, rng.choice((0, 4, 41, 43, 44, 47, 50, 51, 58, 59, 60, 89, 132, 135, 253, 255)), payload)

    def flow(self, count):
        """Segments of one TCP flow, as many of which as possible are alike and follow one another."""
        ends, size = self.ends(), self.rng.choice((100, 536, 1200))
        first, fixed = self.rng.randrange(65536), self.rng.random() < 0.3
        return [self.numbered(self.tcp(ends, self.rng.randbytes(size)), first if fixed else first + i, fixed) for i in range(count)]

    @staticmethod
    def numbered(packet, number, fixed):
        """The same with an ID, if it is IPv4. fixed: with DF."""
        if packet[0] >> 4 != 4:
            return packet
        head = packet[:4] + struct.pack("!HH", number & 0xffff, 0x4000 if fixed else 0) + packet[8:10] + b"\0\0" + packet[12:20]
        return head[:10] + struct.pack("!H", cx.checksum(head)) + head[12:] + packet[20:]

    # --- wrong ones ---

    def wrong(self, packet):
        rng = self.rng
        data = bytearray(packet)
        for _ in range(rng.choice((1, 1, 2, 4))):
            what = rng.randrange(9)
            if what == 0 and data:                       # a bit of a header
                data[rng.randrange(min(len(data), 60))] ^= 1 << rng.randrange(8)
            elif what == 1:                              # cut off
                del data[rng.randrange(len(data) + 1):]
            elif what == 2:                              # something follows
                data += rng.randbytes(rng.choice((1, 4, 16, 64)))
            elif what == 3 and len(data) >= 6:           # lengths that lie
                at = 2 if data[0] >> 4 == 4 else 4
                data[at:at + 2] = rng.choice((0, 1, 19, 20, len(data) - 1, len(data) + 1, 65535, rng.randrange(65536))
                                             ).to_bytes(2, "big")
            elif what == 4 and data:                     # version, and words of the header
                data[0] = rng.choice((0x40, 0x44, 0x46, 0x4f, 0x45, 0x60, 0x50, 0, 0xff, rng.randrange(256)))
            elif what == 5 and len(data) >= 8:           # fragments
                data[6:8] = rng.choice((0x2000, 0x4000, 0x1fff, 0x3fff, 1)).to_bytes(2, "big")
            elif what == 6 and len(data) >= 10:          # another protocol
                data[6 if data[0] >> 4 == 6 else 9] = rng.randrange(256)
            elif what == 7 and len(data) >= 34:          # TCP's words and flags, or what is there
                data[rng.choice((32, 33, 52, 53)) % len(data)] = rng.randrange(256)
            elif what == 8:                              # noise
                data = bytearray(rng.randbytes(rng.choice(LENGTHS)))
        return bytes(data[:MOST])

    def wrong_frame(self, packet):
        data = self.frame(self.wrong(packet))
        if not self.macs:
            return data
        data = bytearray(data)
        what = self.rng.randrange(8)
        if what == 0:
            data[self.rng.randrange(14)] = self.rng.randrange(256)
        elif what == 1:
            del data[self.rng.randrange(20):]
        elif what == 2:                                  # a VLAN, or two, or the beginning of one
            data[12:12] = self.rng.choice((b"\x81\0\0\5", b"\x88\xa8\0\5\x81\0\0\6", b"\x81\0"))
        elif what == 3:                                  # a length where the type should be
            data[12:14] = self.rng.randrange(1536).to_bytes(2, "big")
        return bytes(data)

    def batch(self, count):
        """Packets or frames that follow one another: of a flow with wrong ones in between, or of all kinds. None is
        empty, which protocols take for a keepalive."""
        if self.rng.random() < 0.5:
            packets = [p if self.rng.random() < 0.8 else self.wrong(p) for p in self.flow(count)]
            frames = [self.frame(p) for p in packets]
        else:
            frames = [self.wrong_frame(self.right()) if self.rng.random() < 0.8 else self.frame(self.right()) for _ in range(count)]
        return [f or b"\0" for f in frames]
