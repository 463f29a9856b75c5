#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""errors.py [--fill | --texts] PAGE: runs the examples of PAGE and compares what they print.

In a literal block "    # COMMAND" is run by root, "    $ COMMAND" by user 65534, both by bash
in the present directory; the lines up to the next one or the end of the block are what it
prints. A line ".. run: COMMAND" prepares something. What fails must not change anything.

--fill prints the page as it should be. --texts prints the texts of the sources that PAGE lacks.
"""
import glob
import os
import re
import shlex
import signal
import subprocess
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(here))
import tap  # noqa: E402

USER = os.environ.get("NOBODY", "false") + " bash -o pipefail -c"  # of lib.sh
PATIENCE = 120  # seconds for one example


def too_long(*_):
    raise TimeoutError(f"took more than {PATIENCE} s")


class Shell:
    """One shell for all examples: in an emulated machine each program started counts."""

    def __init__(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["bash", "-o", "pipefail"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        signal.signal(signal.SIGALRM, too_long)

    def run(self, prompt, command):
        """(status, what it printed)"""
        if prompt == "$":
            command = f"{USER} {shlex.quote(command)}"
        self.process.stdin.write(
            f"(\n{command}\n) </dev/null 2>&1\nprintf '\\0%d\\n' $?\n".encode())
        self.process.stdin.flush()
        signal.alarm(PATIENCE)
        got = b""
        while b"\0" not in got:
            line = self.process.stdout.readline()
            if not line:
                raise EOFError("the shell is gone")
            got += line
        signal.alarm(0)
        text, status = got.split(b"\0")
        return int(status), text.decode(errors="backslashreplace").rstrip("\n")

    def state(self):
        """All devices, peers and routes; nothing where that would load the module."""
        return self.run("#", "[ ! -e /sys/module/camex ] || camexctl -j show; ip -j address")


def status_of(text):
    """The status that goes with a text."""
    last = text.splitlines()[-1] if text else ""
    if not last or last.startswith("camexctl: warning:"):
        return 0
    return 2 if last.endswith("--help") else 1


def read(lines):
    """[line number, prompt, command, what it prints], and the lines that it prints."""
    examples = []
    literal = False
    for number, line in enumerate(lines):
        if line.endswith("::"):
            literal = True
        elif line and not line.startswith("    "):
            literal = False
        match = re.match(r"    ([#$]) (.*)" if literal else r"\.\. (run): (.*)", line)
        if match:
            examples.append([number, match[1], match[2], []])
        elif literal and line and not line.endswith("::"):
            examples[-1][3].append(line[4:])
    return examples


def sources():
    """(file, format) of each text that may be printed."""
    top = os.path.dirname(os.path.dirname(here))
    start = re.compile(r"\b(?:camex_extack|fault_set|fault_usage|complain)\(([^;]*);", re.S)
    literal = re.compile(r'"((?:[^"\\]|\\.)*)"((?:\s*"(?:[^"\\]|\\.)*")*)')
    for path in sorted(glob.glob(f"{top}/kernel/**/*.c", recursive=True) +
                       glob.glob(f"{top}/ctl/**/*.c", recursive=True)):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for call in start.findall(text):
            for first, rest in literal.findall(call):
                whole = first + "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', rest))
                words = re.sub("%[a-zA-Z]+", "", whole)
                if " " in words and len(re.findall("[a-z]", words)) > 4:
                    yield os.path.relpath(path, top), whole.replace('\\"', '"').replace("%%", "%")


def lacking(page):
    """The texts of the sources that no line of the page has."""
    for path, text in sources():
        parts = [part for part in re.split(r"%(?:pI[46]c?|[-0-9.*]*[a-z]+)", text) if part]
        if not re.search(".*".join(map(re.escape, parts)), page):
            yield f"{path}: {text}"


def fill(shell, lines, examples):
    page = dict(enumerate(lines))
    for number, prompt, command, old in examples:
        _, text = shell.run(prompt, command)
        for i in range(len(old)):
            del page[number + 1 + i]
        if prompt != "run" and text:
            page[number] += "".join(f"\n    {line}" for line in text.splitlines())
    print("\n".join(page.values()))


def check(shell, examples):
    before = None
    for number, prompt, command, wanted in examples:
        wanted = "\n".join(wanted)
        failing = status_of(wanted) != 0
        if failing and before is None:
            before = shell.state()
        got = shell.run(prompt, command)
        tap.equal(got, (status_of(wanted), wanted), f"line {number + 1}: {prompt} {command[:100]}")
        if failing:
            tap.equal(shell.state(), before, f"line {number + 1}: nothing has changed")
        else:
            before = None


def main():
    arguments = sys.argv[1:]
    with open(arguments[-1], encoding="utf-8") as f:
        lines = f.read().splitlines()
    if arguments[0] == "--texts":
        print(*lacking("\n".join(lines)), sep="\n")
        return
    examples = read(lines)
    if arguments[0] == "--fill":
        fill(Shell(), lines, examples)
        return
    def as_on_the_page():
        check(Shell(), examples)
    tap.run([as_on_the_page])


if __name__ == "__main__":
    main()
