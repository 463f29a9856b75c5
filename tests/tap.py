# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""TAP output for tests written in Python."""

import sys
import traceback

_count = 0
_failed = 0


def ok(good, name, *diagnostics):
    """Reports one result; diagnostics are printed if it is a bad one."""
    global _count, _failed
    _count += 1
    print("ok" if good else "not ok", _count, "-", name)
    if not good:
        _failed += 1
        for text in diagnostics:
            note(text)
    sys.stdout.flush()
    return bool(good)


def equal(got, want, name):
    return ok(got == want, name, f"got  {got!r}", f"want {want!r}")


def raises(kind, function, name, *diagnostics):
    """True if function() raises an exception of that kind."""
    try:
        result = function()
    except kind:
        return ok(True, name)
    return ok(False, name, f"got {result!r} where {kind} should be raised", *diagnostics)


def note(text):
    for line in str(text).splitlines():
        print("#", line)


def run(tests):
    """Runs functions, each of which reports results, and ends the process."""
    for test in tests:
        try:
            test()
        except Exception:
            ok(False, f"{test.__name__} runs to its end", traceback.format_exc())
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)
