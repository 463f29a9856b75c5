# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the fuzzers of a guest share: which instructions of the module a call reached, and how a corpus stays small."""

import array
import ctypes
import fcntl
import os
import pathlib

INIT_TRACE, ENABLE = 0x80086301, 0x6364
TRACE_PC = 0
WORDS = 1 << 19      # addresses that one call may reach


class Kcov:
    """KCOV of the calling thread. None of its methods is called by another one."""

    def __init__(self):
        base = int(pathlib.Path("/sys/module/camex/sections/.text").read_text(), 16)
        size = int(pathlib.Path("/sys/module/camex/coresize").read_text())
        self.base, self.end = base, base + size
        self.fd = os.open("/sys/kernel/debug/kcov", os.O_RDWR)
        fcntl.ioctl(self.fd, INIT_TRACE, WORDS)
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        # the file has no size that Python's mmap would accept
        at = libc.mmap(None, WORDS * 8, 3, 1, self.fd, 0)
        if at == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), "mmap of kcov")
        self.words = (ctypes.c_uint64 * WORDS).from_address(at)
        fcntl.ioctl(self.fd, ENABLE, TRACE_PC)

    @staticmethod
    def available():
        return os.path.exists("/sys/kernel/debug/kcov")

    def begin(self):
        self.words[0] = 0

    def reached(self):
        """Offsets into the module's text that the thread has reached since begin()."""
        count = self.words[0]
        return {pc - self.base for pc in set(self.words[1:count + 1]) if self.base <= pc < self.end}


class Gcov:
    """Counters of the module, which gcov has for each branch, whoever runs it."""

    def __init__(self, debugfs, folders):
        self.files = sorted(path for path in (debugfs / "gcov").rglob("*.gcda")
                            if any(f"/kernel/{folder}/" in str(path) for folder in folders))
        self.before = self.read()

    @staticmethod
    def available(debugfs):
        return any((debugfs / "gcov").rglob("*.gcda"))

    def read(self):
        contents = []
        for path in self.files:
            words = array.array("I")
            words.frombytes(path.read_bytes())
            contents.append(words)
        return contents

    def reached(self):
        """(file, place) of each counter that has grown since the last call."""
        now, found = self.read(), set()
        for number, (new, old) in enumerate(zip(now, self.before)):
            if new != old:
                found.update((number, i) for i, (a, b) in enumerate(zip(new, old)) if a != b)
        self.before = now
        return found


def smaller(parts, still, tries=60):
    """The parts that still(parts) needs to be true: tried without halves, quarters and so on, then without each one."""
    size = max(len(parts) // 2, 1)
    while len(parts) > 1 or size > 1:
        at = 0
        while at < len(parts):
            less = parts[:at] + parts[at + size:]
            tries -= 1
            if tries < 0:
                return parts
            if less and still(less):
                parts = less
            else:
                at += size
        if size == 1:
            break
        size //= 2
    return parts


def cover(reached):
    """Of {entry: what it reaches} as few entries as reach all of it."""
    left, chosen = set().union(*reached.values()) if reached else set(), []
    while left:
        best = max(reached, key=lambda entry: len(reached[entry] & left))
        chosen.append(best)
        left -= reached[best]
    return chosen
