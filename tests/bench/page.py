# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Documentation/performance.rst, its chart and its readings, from results."""
import itertools
import json
import re
import textwrap

import chart
import measures
import report

INTRODUCTION = """.. SPDX-License-Identifier: GPL-2.0-only OR MIT

===========
Performance
===========

The first picture compares camex with other tunnels. Each bar is a whole tunnel, with sender and receiver on one emulated
CPU whose clock counts instructions. So a rate shows how many instructions a packet takes, and not the speed of real hardware.

.. image:: performance.svg
   :alt: rates of camex beside those of other tunnels

The second picture shows which part of a packet's instructions belongs to the network stack, to the cipher and to the tunnel.

.. image:: performance-cost.svg
   :alt: what a packet costs, by part

What the pictures mean for your choice
======================================

{meaning}

How it was measured
===================

*make bench* measures, and *make bench-doc* makes this page of the results. :download:`performance.json` has each reading.

In tables marked *counted*, the guest's clock advances one nanosecond for each instruction that the guest executes. So the figures do
not depend on the load of the machine: a nanosecond is one instruction, and 100 Mbit/s are 0.1 bits for each
instruction, of sender and receiver together. Such figures do not show cache misses, nor CPUs that wait for each other. Tables for two
CPUs use the wall clock of an emulated machine: only the ratios in them mean something.

Two network namespaces are joined by veth with an MTU of 1500. All tunnels have an MTU of
{mtu}, as WireGuard has by default, so that packets have equal size. Encrypted Ethernet has
{less}, as VXLAN over WireGuard. The largest MTU that fits without fragments is:

{mtus}

A *NIC-like underlay* aggregates on receive and segments neither TCP nor UDP. *No offloads below*
means that the underlay does neither. *Forwarded* traffic comes from a host behind one end and goes to a host behind the other end.
One flow of TCP with 128 KB writes is measured in its steady part, without the first tenth of a
second and the end. All other measurements include both.

"""


RATIOS = """
The *limit* is the ratio that a perfect tunnel would have: one that takes no instructions but those of this cipher, both ways, and
of veth alone. *Wanted* is the project's own goal. :doc:`performance-notes` shows where the remaining instructions go.
"""


MEANING = """- **Cipher.** Most instructions of encrypted TCP belong to the cipher. With protocol camex ChaCha20-Poly1305 takes {share} of
  them. Without encryption, protocol ``raw`` carries {plain} times as much. Take it only
  where the network below is trusted. Between two camex ends whose CPUs have AES instructions, take protocol
  ``wireguard`` with ``cipher aes-256-gcm``: :doc:`ciphers` has its figures, and says which CPUs these are.
- **Compared with others.** One flow of TCP through camex reaches {wireguard} times the rate of WireGuard: camex encrypts and
  decrypts many packets in one go, and no packet waits for a worker. A round trip takes {trip} of WireGuard's instructions.
  Without encryption camex, VXLAN and FOU are about equal.
- **Link.** Ethernet (tap) is {ethernet} slower than IP (tun), with packets that are 50 bytes
  smaller. Take it for frames that are not IP, not for speed.
- **Transport.** Take UDP wherever it gets through. TCP is for networks that drop UDP: a lost segment delays all
  packets behind it, and receiving costs more (:doc:`guide/tcp`). On UDP, ``tx netpoll`` and ``rx netfilter`` gain
  little (:doc:`ethernet`). The offloads of the network card matter more: see the columns *NIC-like
  underlay* and *no offloads below*.
"""


def listed(results, figure, form):
    """A figure of each kernel: "2.0 (Linux 6.1) and 1.6 (7.2)"."""
    found = [(name, figure(kernel)) for name, kernel in results["kernels"].items()]
    found = [(name, value) for name, value in found if value is not None]
    return " and ".join(f"{form(value)} ({'Linux ' if i == 0 else ''}{name})"
                        for i, (name, value) in enumerate(found)) or "--"


def meaning(results):
    def ratio(ours, theirs, measure):
        def of(kernel):
            found = [report.median(kernel, "counted", link, measure) for link in (ours, theirs)]
            return found[0] / found[1] if all(found) else None
        return of

    def cipher(kernel):
        found = chart.parts(kernel, "camex")
        return found[1] / sum(found) if found else None

    def less(kernel):
        found = ratio("tap", "camex", "tcp")(kernel)
        return None if found is None else 1 - found

    def percent(value):
        return f"{100 * value:.0f} %"

    return MEANING.format(
        share=listed(results, cipher, percent),
        plain=listed(results, ratio("raw", "camex", "tcp"), "{:.1f}".format),
        wireguard=listed(results, ratio("camex", "wireguard", "tcp"), "{:.2f}".format),
        trip=listed(results, ratio("camex", "wireguard", "rr"), percent),
        ethernet=listed(results, less, percent))


def table(heads, lines, width=None):
    """A simple table of reStructuredText; the first column is to the left. Heads are broken at a width."""
    heads = [textwrap.wrap(head, width or 1000, break_on_hyphens=False) or [""] for head in heads]
    heads = [list(line) for line in itertools.zip_longest(*heads, fillvalue="")]
    widths = [max(len(str(line[i])) for line in [*heads, *lines]) for i in range(len(heads[0]))]
    rule = "  ".join("=" * width for width in widths)

    def row(cells, place=str.rjust):
        return "  ".join([str(cells[0]).ljust(widths[0])] +
                         [place(str(c), w) for c, w in zip(cells[1:], widths[1:])]).rstrip()

    return "\n".join([rule, *[row(line, str.ljust) for line in heads], rule, *[row(line) for line in lines], rule, ""])


def earlier_name(name):
    """In words, an entry of report.py's "earlier"."""
    if name in ("steered", "unsteered"):
        return f"two CPUs, {name}"
    link, _, measure = name.partition(" ")
    return measures.NAMES[link] + (f" ({measures.MEASURES[measure][3]})" if measure else "")


def kernel_part(kernel):
    """A kernel's tables."""
    title = f"Linux {kernel['release']}, {kernel['date']}"
    lines = [title, "=" * len(title), ""]
    for part, heading in (("counted", "Counted"), ("unsteered", "Two CPUs"),
                          ("steered", "Two CPUs, receive packet steering")):
        wanted, found = report.rows(kernel, part)
        if found:
            runs = [len(r) for link in kernel[part].values() for r in link.values()]
            times = str(max(runs)) if min(runs) == max(runs) else f"{min(runs)} to {max(runs)}"
            lines += [f"{heading}, medians of {times}:", "", table(
                ["Tunnel", *[f"{measures.MEASURES[m][3]}, {measures.MEASURES[m][2]}" for m in wanted]],
                [[measures.NAMES[link], *["--" if value is None else f"{value:,.0f}" for value in values]]
                 for link, values in found.items()], 11)]
    for when in dict.fromkeys(kernel.get("earlier", {}).values()):
        names = [earlier_name(name) for name, found in kernel["earlier"].items() if found == when]
        lines += [f"Measured on Linux {when}: {'; '.join(names)}.", ""]
    if kernel.get("paths"):
        lines += ["The send and receive paths of transport udp, with UDP of 64 bytes and with TCP on a tap",
                  "link of protocol raw (counted; :doc:`ethernet` says when to use which):", "", table(
                      ["tx", "rx", "instructions/packet", "packets/s", "TCP, Mbit/s"],
                      [[p["tx"], p["rx"], f"{p['instructions_per_packet']:,}",
                        f"{p['packets_per_second']:,}", f"{p['tcp_mbits']:,}"] for p in kernel["paths"]])]
    for link, cipher in zip(report.LIMITED, ("ChaCha20-Poly1305", "AES-256-GCM")):
        most = report.limit(kernel, link)
        if most:
            lines += [f"The limit for TCP with one flow, {cipher} both ways ({measures.cipher_cost(kernel['cipher'], link):,} "
                      f"instructions) and veth alone, is {most:,.0f} Mbit/s.", ""]
    return "\n".join(lines)


def write(results, dir):
    """Writes performance.rst, its two pictures and performance.json to the directory."""
    text = INTRODUCTION.format(meaning=meaning(results).rstrip(), mtu=measures.INNER_MTU, less=measures.LESS["tap"], mtus=table(
        ["link", "MTU"], [[measures.NAMES[link], mtu] for link, mtu in measures.MTU.items()]))
    text += "\n".join(kernel_part(kernel) for kernel in results["kernels"].values())
    text += "\nRatios\n======\n\n" + table(
        ["Measurement", "kernel", "compared with", "ratio", "limit", "wanted", "reached"],
        [[target["name"], name, " or ".join(measures.NAMES.get(link, link) for link in target["against"]), f"{ratio:.2f}",
          f"{most:.2f}" if most else "--", wanted or "--",
          {"pass": "yes", "fail": "no", "": "--"}[verdict]]
         for target, name, ratio, wanted, verdict, most in report.ratios(results)])
    text += RATIOS
    (dir / "performance.rst").write_text(text)
    (dir / "performance.svg").write_text(chart.bars(results))
    (dir / "performance-cost.svg").write_text(chart.cost(results))
    readings = json.dumps(results, indent=1)
    # each list of readings is written on one line
    readings = re.sub(r"\[[^][{}]*\]", lambda each: " ".join(each.group().split()), readings)
    (dir / "performance.json").write_text(readings + "\n")
