#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""terminal.py CAMEXCTL: a passphrase that is typed: it is not shown, and the terminal is as before. TAP on stdout."""
import os
import pty
import signal
import sys
import termios

tests = failures = 0


def is_(got, wanted, what):
    global tests, failures
    tests += 1
    failures += got != wanted
    print(f"{'ok' if got == wanted else 'not ok'} {tests} - {what}")
    if got != wanted:
        print(f"# wanted: {wanted}\n# got:    {got}")


def until(terminal, text, said=b""):
    """What comes from the terminal, up to the text or the end."""
    while text not in said:
        try:
            part = os.read(terminal, 1000)
        except OSError:  # nobody has it open any more
            break
        said += part
    return said


def typed(keys):
    """Type them when camexctl key derive asks: what the terminal shows, how it ended, whether it echoed before,
    while it asked and after."""
    terminal, other = pty.openpty()
    echoes = [bool(termios.tcgetattr(other)[3] & termios.ECHO)]
    child = os.fork()
    if not child:
        os.setsid()
        for fd in (0, 1, 2):
            os.dup2(other, fd)
        os.close(os.open(os.ttyname(0), os.O_RDWR))  # the terminal that ^C comes from
        os.execv(sys.argv[1], ["camexctl", "key", "derive"])
    said = until(terminal, b": ")
    echoes.append(bool(termios.tcgetattr(other)[3] & termios.ECHO))
    os.write(terminal, keys)
    status = os.waitpid(child, 0)[1]
    echoes.append(bool(termios.tcgetattr(other)[3] & termios.ECHO))
    os.close(other)
    return until(terminal, b"\0", said).decode(), status, echoes


said, status, echoes = typed(b"secret\n")
is_(status, 0, "a passphrase is typed")
is_("passphrase: " in said.lower(), True, "it is asked for")
is_("secret" in said, False, "it is not shown")
is_("9ad30fbca5bebf3db115e1410ab9f196" in said, True, "its key is that of the passphrase without the line's end")
is_(echoes, [True, False, True], "the terminal shows what is typed, but not meanwhile")
said, status, echoes = typed(b"sec\x03")
is_(status, signal.SIGINT, "^C ends it")
is_("sec" in said, False, "what was typed is not shown")
is_(echoes, [True, False, True], "the terminal is as before")
print(f"1..{tests}")
sys.exit(failures != 0)
