# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Boots guests that measure."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import measures

here = pathlib.Path(__file__).resolve().parent
repo = here.parent.parent
out = repo / "build/bench"


class Failure(Exception):
    """A measurement that failed."""


ERRORS = (Failure, subprocess.CalledProcessError, ValueError)


def prepare(*packages):
    """Installs packages and compiles programs for the guest."""
    subprocess.run([repo / "tests/need", "gcc", "iproute2", "iputils-ping", "iperf3", "ethtool",
                    "procps", "pkg-config", "libnl-genl-3-dev", "wireguard-tools", "socat", *packages], check=True)
    out.mkdir(parents=True, exist_ok=True)
    netlink = subprocess.run(["pkg-config", "--cflags", "--libs", "libnl-genl-3.0"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.split()
    for name, *options in (("pingpong",), ("datagrams",), ("mark",), ("count.so", "-shared", "-fPIC", "-fvisibility=hidden"),
                           ("percpu.so", "-shared", "-fPIC", "-fvisibility=hidden"),
                           ("ovpn", *netlink)):
        source = (here / name).with_suffix(".c")
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", out / name, source, *options],
                       check=True)


def fetch_wireguard_go():
    """Fetches wireguard-go of Debian sid, which uses segmentation offload."""
    program = out / "wireguard-go"
    if program.exists():
        return
    with tempfile.TemporaryDirectory() as dir:
        package = subprocess.run([repo / "tests/vm/fetch", "sid", "wireguard-go", dir], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.strip()
        subprocess.run(["dpkg-deb", "-x", package, f"{dir}/root"], check=True)
        shutil.copy(f"{dir}/root/usr/bin/wireguard-go", program)


def boot(kernel, links, steps, seconds, wall=False, steering="as-is", counted="", cpus=2, counter="count"):
    """Runs the steps (file, link, measure) in a guest with these links.

    Each measurement takes about this many seconds; by the wall clock, exactly, with that many CPUs.
    Returns a directory with the output of each step in its file, and the files release and
    cipher. For the step whose name is in counted, the file counts has the executed blocks (count.c),
    and kallsyms is the guest's /proc/kallsyms. By the wall clock counter is percpu, and counts has a
    line for each step whose name matches the pattern counted.
    """
    if "wireguard-go" in links:
        fetch_wireguard_go()
    dir = out / f"guest-{kernel}"
    options = ["--smp", str(cpus)] if wall else ["--icount"]
    if counted:
        options += ["--plugin", f"{out}/{counter}.so,out={dir}/counts" + (f",cpus={cpus}" if wall else "")]
    shutil.rmtree(dir, ignore_errors=True)
    dir.mkdir()
    (dir / "plan").write_text("".join(
        f"{file} {link} {measures.MEASURES[measure][0]} {measures.MEASURES[measure][1]} "
        f"{measures.limit(link, measure, seconds, wall)}\n" for file, link, measure in steps))
    guest = subprocess.run(
        [repo / "tests/vm/run", "-k", kernel, *options, "--timeout", "7200", "--out", dir, "--",
         "env", f"BENCH_LINKS={' '.join(links)}", f"BENCH_PROGRAMS={out}",
         f"BENCH_STEERING={steering}", f"BENCH_COUNTED={counted}", here / "guest"],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"CAMEX_BENCH": "1"})
    if guest.returncode:
        raise Failure(f"the guest with {kernel} ended with status {guest.returncode}:\n"
                      f"{guest.stdout[-1000:]}")
    return dir
