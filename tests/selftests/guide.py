#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""guide PAGE...: runs pages of Documentation/guide line by line, in namespaces. TAP.

What a page has for it:

    .. lab: HOST ADDRESS, HOST ADDRESS, ...   hosts on one network; the line before all others
    .. run: HOST: COMMAND                     what readers have already, or need not do

    .. code-block:: console

       HOST# COMMAND                          is run there; a backslash at the end continues it
       a line of its output                   "..." stands for anything, blanks for any blanks

    .. code-block:: ini
       :caption: HOST: /PATH                  this file is written there

Lines of output that the page shows must come in that order; others may come between them. A
command that only looks is repeated for a minute, until it shows them. A command has to succeed,
unless the page shows its refusal (LOSES). A host is one shell in a network namespace, with
/etc/camex and a home of its own; systemctl is a function that runs what the unit runs.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent
REPO = TESTS.parent.parent
PATIENCE = 60
LOOKS = re.compile(r"(ping|birdc|cat|grep|curl|conntrack -L|nft list|bridge fdb show|ip (-\w+ )*(address|link|route|neigh) (show|get)"
                   r"|camexctl (-j )?(show|stats|peer show|route show|fdb show|dev show))\b")
LOSES = re.compile(r"100% packet loss|^camexctl: (?!warning)|^Error: |No such file", re.M)
PROMPT = re.compile(r"([a-z]+[a-z0-9]*)# (.*)")

SHELL = r"""
mount -t tmpfs none /root; mkdir -p /etc/camex; mount -t tmpfs none /etc/camex
cd /root; export HOME=/root; ln -s "$DOCS" Documentation
systemctl() {
	local what=$1 unit name file settings; shift
	[ "$1" != --now ] || shift
	for unit; do
		name=${unit#*@} name=${name%.service} file=$UNITS/${unit%%@*}@.service.in
		case $what in
		enable | start) line=$(sed -n 's/^ExecStart=//p' "$file") ;;
		disable | stop) line=$(sed -n 's/^ExecStop=//p' "$file") ;;
		reload) line=$(sed -n 's/^ExecReload=//p' "$file") ;;
		*) return 1 ;;
		esac
		line=${line//@SBINDIR@\//} line=${line//%i/$name}
		if [ -z "$line" ]; then return 1; fi
		settings=$(sed -n 's/^EnvironmentFile=//p' "$file")
		if [ -n "$settings" ]; then . "${settings//%i/$name}" && line=$(eval "echo $line"); fi
		if grep -q Type=oneshot "$file"; then $line || return; else $line & fi
	done
}
"""


class Host:
    """A namespace, and the shell in it."""

    def __init__(self, name, directory):
        self.name = name
        self.directory = directory
        self.shell = subprocess.Popen(
            ["ip", "netns", "exec", name, "unshare", "-m", "bash"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "DOCS": str(REPO / "Documentation"), "UNITS": str(REPO / "ctl")})
        status, output = self.run(SHELL)
        if status:
            raise RuntimeError(output)

    def run(self, command):
        """(status, output) of a line of shell."""
        script, output = self.directory / "command", self.directory / f"{self.name}-output"
        script.write_text(command + "\n")
        self.shell.stdin.write(f". {script} >{output} 2>&1 </dev/null; echo $?\n")
        self.shell.stdin.flush()
        status = self.shell.stdout.readline()
        return int(status or 255), output.read_text(errors="replace")

    def end(self):
        for sig in ("TERM", "KILL"):
            pids = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True,
                                  check=False).stdout.split()
            if pids:
                subprocess.run(["kill", f"-{sig}", *pids], check=False, stderr=subprocess.DEVNULL)
                time.sleep(0.2)
        self.shell.stdin.close()
        self.shell.wait()
        subprocess.run(["ip", "netns", "del", self.name], check=False)


class Page:
    """A page, as steps: ("lab", text), ("run", text), ("file", host, path, text), ("try", host, command, lines)."""

    def __init__(self, path):
        self.steps = []
        lines = path.read_text(encoding="utf-8").splitlines()
        i = 0
        while i < len(lines):
            line = lines[i]
            i += 1
            if found := re.match(r"\.\. (lab|run): (.*)", line):
                self.steps.append(found.groups())
            if found := re.match(r"( *)\.\. code-block:: (\w+)$", line):
                inside = found[1] + "   "
                block = []
                while i < len(lines) and (not lines[i] or lines[i].startswith(inside)):
                    block.append(lines[i][len(inside):])
                    i += 1
                self.add(found[2], block)

    def add(self, kind, block):
        options = {}
        while block and (found := re.match(r":(\w+): (.*)", block[0])):
            options[found[1]] = found[2]
            block = block[1:]
        while block and not block[0]:
            block = block[1:]
        while block and not block[-1]:
            block = block[:-1]
        if found := re.match(r"([a-z0-9]+): (/\S+)$", options.get("caption", "")):
            self.steps.append(("file", found[1], found[2], "\n".join(block) + "\n"))
        if kind != "console":
            return
        command = None
        for line in block:
            if found := PROMPT.match(line):
                command = ["try", found[1], found[2], []]
                self.steps.append(command)
            elif command and command[2].endswith("\\"):
                command[2] += "\n" + line
            elif command:
                command[3].append(line)


def missing(expected, output):
    """The first line that the output does not show, or None."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for want in expected:
        want = " ".join(want.split())
        if want in ("", "..."):
            continue
        pattern = ".*".join(map(re.escape, want.split("...")))
        if not any(re.fullmatch(pattern, line) for line in lines):
            return want
    return None


class Tap:
    """Counts and prints."""

    def __init__(self):
        self.count = 0
        self.failed = False

    def result(self, good, description, *notes):
        self.count += 1
        print(f"{'' if good else 'not '}ok {self.count} - {description}")
        self.failed |= not good
        if not good or "CAMEX_VERBOSE" in os.environ:
            for note in notes:
                for line in note.splitlines():
                    print(f"# {line}")
        sys.stdout.flush()


def attempt(host, command, expected):
    """(good, what to say if not)."""
    loses = LOSES.search("\n".join(expected)) is not None
    start = time.monotonic()
    while True:
        status, output = host.run(command)
        lacks = missing(expected, output)
        good = lacks is None and (status != 0) == loses
        if good or not LOOKS.match(command) or time.monotonic() > start + PATIENCE:
            return good, f"status {status}, lacks: {lacks}, after {time.monotonic() - start:.1f} s\n{output}"
        time.sleep(0.5)


def laboratory(text, directory):
    """The hosts, on a bridge."""
    batch = ["netns add net0"]
    ends = [end.split() for end in text.split(",")]
    for name, address in ends:
        batch += [f"netns add {name}", f"link add eth0 netns {name} type veth peer name {name} netns net0"]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(batch), text=True, check=True)
    batch = ["link add br0 type bridge mcast_snooping 0", "link set br0 up"]
    batch += [f"link set {name} master br0 up" for name, _ in ends]
    subprocess.run(["ip", "-n", "net0", "-batch", "-"], input="\n".join(batch), text=True, check=True)
    for name, address in ends:
        batch = ["link set lo up", f"address add {address}/24 dev eth0", "link set eth0 up"]
        subprocess.run(["ip", "-n", name, "-batch", "-"], input="\n".join(batch), text=True, check=True)
    return {name: Host(name, directory) for name, _ in ends}


def run_page(path, tap):
    page = Page(path)
    hosts = {}
    if not page.steps:
        return
    with tempfile.TemporaryDirectory() as directory:
        for kind, *step in page.steps:
            if kind == "lab":
                start = time.monotonic()
                hosts = laboratory(step[0], pathlib.Path(directory))
                if "CAMEX_VERBOSE" in os.environ:
                    print(f"# the laboratory took {time.monotonic() - start:.1f} s")
            elif kind == "run":
                name, command = step[0].split(": ", 1)
                start = time.monotonic()
                status, output = hosts[name].run(command)
                tap.result(status == 0, f"{path.stem}: ({name}) {command}",
                           f"after {time.monotonic() - start:.1f} s\n{output}")
            elif kind == "file":
                name, target, text = step
                source = pathlib.Path(directory) / "file"
                source.write_text(text, encoding="utf-8")
                status, output = hosts[name].run(
                    f"mkdir -p {os.path.dirname(target)} && install -m 600 {source} {target}")
                tap.result(status == 0, f"{path.stem}: {name}: {target}", output)
            else:
                name, command, expected = step
                good, said = attempt(hosts[name], command, expected)
                tap.result(good, f"{path.stem}: {name}# " + " ".join(command.replace("\\\n", "").split()), said)
        start = time.monotonic()
        for host in hosts.values():
            host.end()
        if "CAMEX_VERBOSE" in os.environ:
            print(f"# the end took {time.monotonic() - start:.1f} s")
        if hosts:
            subprocess.run(["ip", "netns", "del", "net0"], check=True)


def main():
    tap = Tap()
    for page in sys.argv[1:]:
        run_page(pathlib.Path(page), tap)
    print(f"1..{tap.count}")
    return tap.failed


sys.exit(main())
