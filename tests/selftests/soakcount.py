#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Says whether soak.sh's traffic and counters agree: soakcount.py REPORT LINK...

REPORT is what soak.py printed. The counters are those of nft in net0, host1 and host2 (see count_all in soak.sh), of netem,
and of camexctl.
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tap  # noqa: E402

HOSTS = ("host1", "host2")
# why a received datagram is dropped
RECEIVED = ("malformed", "unknown_peer", "auth_failed", "replayed", "bad_source", "plaintext_refused", "link_pending",
            "rate_limited", "wrong_cipher")
# raw has nothing that tells the second of two equal datagrams
TWICE = ("raw",)
SILENCE = 30


def output(*command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def nft(host):
    found = output("ip", "netns", "exec", host, "nft", "-j", "list", "counters")["nftables"]
    return {item["counter"]["name"]: item["counter"]["packets"] for item in found if "counter" in item}


def camex(host, link):
    """The counters of a device and of its peer, or None if it is none of camex."""
    try:
        stats = output("camexctl", "-n", host, "-j", "stats", link)
        peer, = output("camexctl", "-n", host, "-j", "peer", "show", link)
    except subprocess.CalledProcessError:
        return None
    return {**stats, "tx": peer["tx_packets"], "rx": peer["rx_packets"]}


def paths():
    """What netem on each end of a path in net0 let pass and dropped, and what came in there, in frames."""
    found = {}
    for qdisc in output("ip", "netns", "exec", "net0", "tc", "-s", "-j", "qdisc", "show"):
        if qdisc["kind"] == "netem":
            found[qdisc["dev"]] = {"passed": qdisc["packets"], "lost": qdisc["drops"]}
    for link in output("ip", "-n", "net0", "-s", "-j", "link", "show"):
        if link["ifname"] in found:
            found[link["ifname"]]["came"] = link["stats64"]["rx"]["packets"]
    return found


def check_path(link, other, near, far, end):
    """The cable itself: what came to net0 was lost or passed, once or twice; what passed came to the other host."""
    twice = far["passed"] + far["lost"] - near["came"]
    tap.ok(0 <= twice < near["came"] / 20, f"{link}: what comes on the way to {other} is lost, or passes once or twice", near, far)
    # of some that were changed, the host could not read the headers; and some go to an address that host1 had before
    unread = far["passed"] - sum(end[f"{name}_{link}"] for name in ("data", "other", "bad", "down"))
    tap.ok(0 <= unread and (other == "host1" or unread < far["passed"] / 20), f"{link}: what passes comes to {other}", far, unread)


def check_flow(flow):
    name = flow["flow"]
    link, kind, _ = name.split()
    tap.ok(not flow["wrong"], f"{name}: what came was sent", f"{flow['wrong']} times: {flow['fault']}")
    if kind == "tcp":
        tap.ok(flow["ended"] and flow["came"] == flow["sent"], f"{name}: the whole stream came", flow)
    else:
        # of the time that UDP is blocked, some passes before TCP takes over
        tap.ok(flow["came"] * (3 if link == "tcp" else 2) > flow["sent"], f"{name}: most of it came", flow)
        tap.ok(flow["silence"] < SILENCE, f"{name}: never silent for {SILENCE} s", flow)
        tap.ok(link in TWICE or not flow["twice"], f"{name}: none of it twice", flow)


def check_way(link, this, other, wire, ends, devices):
    """What one host sent and the other received."""
    sent, sender, receiver, end = wire.get(f"sent_{link}_{this}"), devices[this, link], devices[other, link], ends[other]
    if sent is None:
        # a stream or a line: what is lost is not counted
        tap.ok(receiver["rx"] <= sender["tx"], f"{link}: {other} received no more than {this} sent", sender, receiver)
        return
    came = {name: end[f"{name}_{link}"] for name in ("data", "other", "bad", "down")}
    tap.note(f"{link} from {this}: sent {sent}, came {came}, at {other} { {k: v for k, v in (receiver or {}).items() if v} }")
    if sender:
        tap.equal(sender["tx"], sent, f"{link}: what {this} counts sent is on the wire")
    if receiver:
        dropped = sum(receiver[name] for name in RECEIVED)
        known = receiver["rx"] + dropped - came["data"]
        # of what is no data, some may be dropped as well
        tap.ok(0 <= known <= came["other"], f"{link}: {other} received or dropped, with a reason, all that came from {this}",
               f"{receiver['rx']} received, {dropped} dropped, {came} came", receiver)


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        for flow in json.load(file):
            check_flow(flow)
    wire = nft("net0")
    ends = {host: nft(host) for host in HOSTS}
    cables = paths()
    devices = {(host, link): camex(host, link) for host in HOSTS for link in sys.argv[2:]}
    for i, link in enumerate(sys.argv[2:], 1):
        check_way(link, *HOSTS, wire, ends, devices)
        check_way(link, *HOSTS[::-1], wire, ends, devices)
        if f"data_{link}" in ends["host1"]:
            check_path(link, "host2", cables[f"a{i}"], cables[f"b{i}"], ends["host2"])
            check_path(link, "host1", cables[f"b{i}"], cables[f"a{i}"], ends["host1"])


tap.run([main])
