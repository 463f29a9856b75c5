# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Medians, ratios and targets from the guests' results, and tables of them.

Results are {"kernels": {kernel: {"date": text, "release": text, "cipher": text,
"earlier": {link, "link measure" or part: release and date, where these are others},
"counted": {link: {measure: [reading]}}, "steered": the same, "unsteered": the same}}}.
"""
import json
import pathlib
import statistics

import measures

TARGETS = json.loads((pathlib.Path(__file__).parent / "targets.json").read_text())["targets"]
# One link for each cipher.
LIMITED = ["camex", "camex-aes"]


def median(kernel, part, link, measure):
    """The median of a measure's readings; None where there are none."""
    found = kernel.get(part, {}).get(link, {}).get(measure)
    return statistics.median(found) if found else None


def limit(kernel, link, measure="tcp"):
    """Upper limit of a link's TCP rate, from the costs of cipher and veth; Mbit/s, or None if unknown."""
    veth = median(kernel, "counted", "veth", measure)
    return measures.cipher_limit(kernel["cipher"], veth, link) if veth else None


def possible(kernel, target):
    """The highest ratio that is possible with this cipher; None if unknown."""
    theirs = other(kernel, "counted", target)
    # without offloads TCP over veth sends small packets, but TCP over a tunnel may send large ones
    if target["against"] != ["wireguard"] or "wall" in target or theirs is None or \
            target["measure"] not in ("tcp", "forward", "nic"):
        return None
    most = limit(kernel, target["link"], target["measure"])
    return most / theirs if most else None


def other(kernel, part, target):
    """The result with which a target's link is compared."""
    if target["against"] == ["limit"]:
        return limit(kernel, target["link"])
    found = [median(kernel, part, link, target["measure"]) for link in target["against"]]
    return max(found) if all(found) else None


def ratios(results):
    """[(target, kernel's name, ratio, wanted, verdict, possible)] for what was measured."""
    found = []
    for target in TARGETS:
        part = target.get("wall", "counted")
        for name, kernel in results["kernels"].items():
            ours = median(kernel, part, target["link"], target["measure"])
            theirs = other(kernel, part, target)
            if ours is None or theirs is None:
                continue
            ratio = ours / theirs
            least, most = target.get("least", {}).get(name), target.get("most", {}).get(name)
            if least is not None:
                wanted, good = f"at least {least}", ratio >= least
            elif most is not None:
                wanted, good = f"at most {most}", ratio <= most
            else:
                wanted, good = "", None
            verdict = {True: "pass", False: "fail", None: ""}[good]
            found.append((target, name, ratio, wanted, verdict, possible(kernel, target)))
    return found


def paths(kernel):
    """The costs of the four settings of tx and rx: [{tx, rx, figure: number}]."""
    found = []
    for (tx, rx), link in measures.PATHS.items():
        packets, mbits = (median(kernel, "counted", link, measure) for measure in ("udp64", "tcp"))
        if packets and mbits:
            found.append({"tx": tx, "rx": rx, "instructions_per_packet": round(1e9 / packets),
                          "packets_per_second": round(packets), "tcp_mbits": round(mbits)})
    return found


def impossible(results):
    """Results that must be wrong: [text]."""
    found = []
    for name, kernel in results["kernels"].items():
        for link in LIMITED:
            ours, most = median(kernel, "counted", link, "tcp"), limit(kernel, link)
            if ours and most and ours > most:
                found.append(f"{name}: {link} reached {ours:.0f} Mbit/s, above the limit of {most:.0f}")
    return found


def rows(kernel, part):
    """(measures, {link: [median]}) of one of a kernel's tables, in the order of measuring."""
    links = kernel.get(part, {})
    wanted = list(dict.fromkeys(m for found in links.values() for m in found))
    return wanted, {link: [median(kernel, part, link, m) for m in wanted] for link in links}


def text(results):
    """All tables, for a terminal."""
    lines = []
    headings = {"counted": "counting instructions", "unsteered": "two CPUs, wall clock",
                "steered": "two CPUs, wall clock, receive packet steering"}
    for kernel in results["kernels"].values():
        for part, heading in headings.items():
            wanted, table = rows(kernel, part)
            if not table:
                continue
            runs = max(len(r) for link in kernel[part].values() for r in link.values())
            lines += [f"{kernel['release']}, {heading}; medians of {runs}",
                      f"{'':13}" + "".join(f"{m:>11}" for m in wanted),
                      f"{'':13}" + "".join(f"{measures.MEASURES[m][2]:>11}" for m in wanted)]
            lines += [f"{link:13}" + "".join(f"{'' if v is None else f'{v:.1f}':>11}" for v in values)
                      for link, values in table.items()] + [""]
        if kernel.get("paths"):
            lines.append("tap link, protocol raw, UDP of 64 bytes and TCP")
            lines += [f"tx {p['tx']:8} rx {p['rx']:10} {p['instructions_per_packet']:7} instructions a packet, "
                      f"{p['packets_per_second']:7} packets/s, {p['tcp_mbits']:5} Mbit/s"
                      for p in kernel["paths"]] + [""]
        for link in LIMITED:
            if limit(kernel, link):
                lines += [f"limit of {link}, TCP, cipher and veth alone: {limit(kernel, link):.1f} Mbit/s "
                          f"({' '.join(kernel['cipher'].split())})", ""]
    lines.append(f"{'ratios':36} {'kernel':>6} {'ratio':>6} {'limit':>6}  wanted")
    lines += [f"{target['name']:36} {name:>6} {ratio:6.2f} {f'{most:6.2f}' if most else '':6}  "
              f"{wanted:14} {verdict}"
              for target, name, ratio, wanted, verdict, most in ratios(results)]
    return "\n".join(lines)
