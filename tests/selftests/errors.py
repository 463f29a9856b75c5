#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""errors.py [--fill] PAGE: runs the examples of PAGE and compares what they print.

In a literal block "    # COMMAND" is run by root, "    $ COMMAND" by user 65534, both by bash
in the present directory; the lines up to the next one or the end of the block are what it
prints. A line ".. run: COMMAND" prepares something. What fails must not change anything. And
every text in the sources has to be somewhere in PAGE.

--fill prints the page as it should be.
"""
import glob
import os
import re
import subprocess
import sys

here = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(here))
import tap  # noqa: E402

USER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


def run(prompt, command):
    """(status, what it printed)"""
    shell = (USER if prompt == "$" else []) + ["bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(shell, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    return done.returncode, done.stdout.decode(errors="backslashreplace").rstrip("\n")


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


def state():
    """All devices, peers and routes; nothing where that would load the module."""
    if not os.path.exists("/sys/module/camex"):
        return None
    return [run("#", "camexctl -j show"), run("#", "ip -j address")]


def sources():
    """(file, format) of each text that may be printed."""
    top = os.path.dirname(os.path.dirname(here))
    start = re.compile(r"\b(?:camex_extack|fault_set|fault_usage|complain)\(([^;]*);", re.S)
    literal = re.compile(r'"((?:[^"\\]|\\.)*)"((?:\s*"(?:[^"\\]|\\.)*")*)')
    for path in sorted(glob.glob(f"{top}/kernel/*.c") + glob.glob(f"{top}/ctl/*.c")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for call in start.findall(text):
            for first, rest in literal.findall(call):
                whole = first + "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', rest))
                words = re.sub("%[a-zA-Z]+", "", whole)
                if " " in words and len(re.findall("[a-z]", words)) > 4:
                    yield os.path.relpath(path, top), whole.replace('\\"', '"').replace("%%", "%")


def check_complete(page):
    missing = []
    for path, text in sources():
        parts = re.split(r"%(?:pI[46]c?|[-0-9.*]*[a-z]+)", text)
        if not re.search(".*".join(map(re.escape, parts)), page):
            missing.append(f"{path}: {text}")
    tap.ok(not missing, "the page has every text of the sources", *missing)


def fill(lines, examples):
    page = dict(enumerate(lines))
    for number, prompt, command, old in examples:
        _, text = run(prompt, command)
        for i in range(len(old)):
            del page[number + 1 + i]
        if prompt != "run" and text:
            page[number] += "".join(f"\n    {line}" for line in text.splitlines())
    print("\n".join(page.values()))


def main():
    arguments = sys.argv[1:]
    with open(arguments[-1], encoding="utf-8") as f:
        lines = f.read().splitlines()
    examples = read(lines)
    if arguments[0] == "--fill":
        fill(lines, examples)
        return
    before = None
    for number, prompt, command, wanted in examples:
        wanted = "\n".join(wanted)
        got = run(prompt, command)
        after = state()
        if got[0] and after != before:
            tap.equal(after, before, f"line {number + 1}: what fails changes nothing")
        before = after
        tap.equal(got, (status_of(wanted), wanted), f"line {number + 1}: {prompt} {command[:100]}")
    check_complete("\n".join(lines))
    tap.run([])


if __name__ == "__main__":
    main()
