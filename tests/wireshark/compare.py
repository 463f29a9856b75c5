#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""compare CAPTURE LOG [PREFERENCE...]: what the dissector says of a capture against what a
camex-peer's log says of it.
compare --link LINK CAPTURE[,CAPTURE] [PREFERENCE...]: the pings that it finds in captures against
those in a capture of the link."""

import collections
import json
import os
import sys

# keys of the log; those of a datagram without encryption, or without text, are not there
FIELDS = {"type": "camex.type", "nonce_prefix": "camex.nonce_prefix", "seq": "camex.seq",
          "body_length": "camex.body_length", "version": "camex.version", "ver": "camex.ver",
          "mode": "camex.mode", "client_id": "camex.client_id", "local_ip": "camex.local_ip",
          "mtu": "camex.mtu", "local_cidr": "camex.local_cidr", "gateway_ip": "camex.gateway_ip",
          "route_cidr": "camex.route_cidr"}
TYPES = ["", "REGISTER", "DATA", "CONFIG", "KEEPALIVE"]
NAMES = [*FIELDS.values(), "camex.encrypted", "camex.command", "ip.src", "ipv6.src", "ip.dst",
         "ipv6.dst", "icmp.type", "icmpv6.type", "udp.length", "_ws.expert.message"]


def read_log(path):
    """The datagrams that a log tells of, sent and received, in its order."""
    with open(path, encoding="utf-8") as f:
        entries = [json.loads(line) for line in f]
    return [entry for entry in entries if entry["dir"] in ("in", "out") and "type" in entry]


def wanted(entry):
    """What the dissector should say of the datagram of an entry, in terms of the log."""
    encrypted = "nonce_prefix" in entry
    want = {"length": entry["length"], "encrypted": encrypted, "type": entry["type"]}
    for name in FIELDS:
        if entry.get(name) is None or (name == "body_length" and not encrypted):
            continue
        want[name] = entry[name] if name == "route_cidr" else str(entry[name])
    if entry["type"] == "DATA":
        for name in ("source", "destination", "icmp_type"):
            if name in entry:
                want[name] = str(entry[name])
    return {name: value for name, value in want.items() if value != []}


def told(row):
    """The same from a row of NAMES, whose packet is the datagram's."""
    value = dict(zip(NAMES, row))
    said = {"length": int(value["udp.length"][0]) - 8,
            "encrypted": value["camex.encrypted"][-1:] in (["1"], ["True"])}
    for name, field in FIELDS.items():
        if value[field]:
            said[name] = value[field] if name == "route_cidr" else value[field][-1]
    if "type" in said:
        said["type"] = TYPES[int(said["type"])]
    else:
        said["type"] = value["camex.command"][0] if value["camex.command"] else "DATA"
    if said["type"] == "DATA":
        # the inner addresses come after the outer ones
        sources, targets = value["ip.src"] + value["ipv6.src"], value["ip.dst"] + value["ipv6.dst"]
        said["source"], said["destination"] = sources[-1], targets[-1]
        if value["icmp.type"] or value["icmpv6.type"]:
            said["icmp_type"] = (value["icmp.type"] + value["icmpv6.type"])[-1]
    return said


def difference(rows, entries):
    """The datagrams that only one of the two tells of, or that they tell otherwise."""
    said = collections.Counter(json.dumps(told(row), sort_keys=True) for row in rows)
    want = collections.Counter(json.dumps(wanted(entry), sort_keys=True) for entry in entries)
    return [f"dissector: {text}" for text in said - want] + \
        [f"log:       {text}" for text in want - said]


def pings(tshark, captures, outer, prefs):
    """The pings of captures, without as many layers outside; and what there is to remark."""
    names = ["eth.src", "eth.dst", "ip.src", "ip.dst", "ip.id", "ip.len"]
    rows = [row for capture in captures.split(",")
            for row in tshark.fields(tshark.copy(capture), [*names, "icmp.type", "icmp.seq", NAMES[-1]],
                                     "-Y", "icmp", prefs=prefs)]
    return sorted([value[outer:] for value in row[:len(names)]] + row[-3:-1] for row in rows), \
        [text for row in rows for text in row[-1]]


def main():
    here = os.path.dirname(os.path.realpath(__file__))
    sys.path[:0] = [here, os.path.dirname(here)]
    sys.dont_write_bytecode = True
    import shark
    import tap

    tshark = shark.Shark()
    if sys.argv[1] == "--link":
        link, capture, *prefs = sys.argv[2:]
        want = pings(tshark, link, 0, [])[0]
        tap.ok(len(want) >= 6, f"{len(want)} pings on the link")
        got, remarks = pings(tshark, capture, 0 if shark.SLIP_UAT in prefs else 1, prefs)
        tap.equal(got, want, "the dissector finds the same below")
        tap.equal(remarks, [], "and nothing to remark")
        tap.run([])
    capture, log, *prefs = sys.argv[1:]
    entries = read_log(log)
    for name in ("REGISTER", "DATA", "CONFIG"):
        tap.ok(any(entry["type"] == name for entry in entries), f"{name} is in the log")
    rows = tshark.fields(tshark.copy(capture), NAMES, "-Y", "camex || camex_ip", prefs=prefs)
    tap.equal(difference(rows, entries), [],
              f"the dissector tells {len(entries)} datagrams as the log has them")
    remarks = [text for row in rows for text in row[-1] if "equence" in text or "key" in text]
    tap.equal(remarks, [], "nothing is missing, nothing is there twice")
    tap.run([])


if __name__ == "__main__":
    main()
