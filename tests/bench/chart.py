# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Two charts of results: rates beside those of other tunnels, and the parts of a packet's cost."""
import measures
import report

SHOWN = ["tcp", "udp64", "rr"]
GROUPS = [("encrypted", ["camex", "camex-wg", "camex-aes", "wireguard", "ovpn", "esp-aes", "esp-chacha"]),
          ("encrypted, over TCP", ["camex-tcp", "ovpn-tcp"]),
          ("encrypted Ethernet", ["tap", "vxlan-wg"]),
          ("plain", ["raw", "fou", "tap-raw", "vxlan"])]
OURS = {"camex", "camex-tcp", "camex-wg", "camex-aes", "raw", "tap", "tap-raw", "jtunnel"}
# colours by kernel: ours, those of others
COLOURS = [("#9fc3e8", "#c8c8c8"), ("#1f6fb4", "#808080"), ("#0b3d66", "#404040")]
# links whose cipher was measured, and links without a cipher
SEALED = ["camex", "camex-wg", "camex-aes", "wireguard", "ovpn", "esp-chacha", "camex-tcp", "ovpn-tcp"]
PLAIN = ["raw", "jtunnel", "fou", "vxlan"]
PARTS = [("IP, TCP and veth, at both ends", "#bbbbbb"), ("the cipher, both ways", "#ddaa33"),
         ("the tunnel", "#1f6fb4")]
WIDTH, LABELS, BAR, GAP = 760, 230, 13, 7


def text(x, y, words, more=""):
    return f'<text x="{x:.1f}" y="{y}"{more}>{words}</text>'


def rect(x, y, width, colour):
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 2}" fill="{colour}"/>'


def page(lines, height):
    return "\n".join([
        "<!-- SPDX-License-Identifier: GPL-2.0-only OR MIT -->",
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>', *lines, "</svg>", ""])


def panel(y, measure, results):
    """Returns (the y below it, its lines)."""
    kernels = results["kernels"]
    values = {(link, name): report.median(kernel, "counted", link, measure)
              for _, links in GROUPS for link in links for name, kernel in kernels.items()}
    longest = max((v for v in values.values() if v), default=None)
    if longest is None:
        return y, []
    unit = measures.MEASURES[measure][2]
    better = "less is better" if unit == "ns" else "more is better"
    lines = [text(8, y + 14, f"{measures.MEASURES[measure][3]}, {unit} ({better})", ' font-weight="bold"')]
    y += 26
    for group, links in GROUPS:
        present = [link for link in links if any(values[link, name] for name in kernels)]
        if not present:
            continue
        lines.append(text(8, y + BAR - 3, group, ' fill="#555555" font-style="italic"'))
        y += BAR + 4
        for link in present:
            middle = y + (len(kernels) * BAR) // 2 + 3
            lines.append(text(16, middle, measures.NAMES[link].replace(" (OpenVPN's DCO)", "")))
            for (ours, theirs), name in zip(COLOURS, kernels):
                value = values[link, name]
                length = (WIDTH - LABELS - 80) * (value or 0) / longest
                if value:
                    lines.append(rect(LABELS, y, length, ours if link in OURS else theirs))
                missing = "not measured" if measures.exists(link, name) else "not in this kernel"
                lines.append(text(LABELS + length + 4, y + BAR - 3, f"{value:,.0f}" if value else missing))
                y += BAR
            y += GAP
    return y + 10, lines


def bars(results):
    """Rates beside those of other tunnels, as a text."""
    y, lines = 34, []
    for i, ((ours, theirs), kernel) in enumerate(zip(COLOURS, results["kernels"].values())):
        x = LABELS + 250 * i
        lines += [rect(x, 8, 12, ours), rect(x + 14, 8, 12, theirs), text(x + 32, 18, f"Linux {kernel['release']}")]
    lines.append(text(8, 18, "blue: camex, grey: others"))
    for measure in SHOWN:
        y, more = panel(y, measure, results)
        lines += more
    return page(lines, y)


def parts(kernel, link):
    """The cost of a packet of a single TCP flow, in instructions: [by PARTS]; None if not measured."""
    whole, bare = (report.median(kernel, "counted", name, "tcp") for name in (link, "veth"))
    if not whole or not bare:
        return None
    bits = 8e3 * measures.SEGMENT
    cipher = measures.cipher_cost(kernel["cipher"], link) if link in SEALED else 0
    if link in SEALED and not cipher:
        return None
    return [bits / bare, cipher, bits / whole - bits / bare - cipher]


def cost(results):
    """The parts of a packet's cost, as a text."""
    y, lines = 34, []
    for i, (name, colour) in enumerate(PARTS):
        lines += [rect(8 + 250 * i, 8, 12, colour), text(26 + 250 * i, 18, name)]
    found = {(name, link): parts(kernel, link) for name, kernel in results["kernels"].items()
             for link in SEALED + PLAIN}
    longest = max((sum(p) for p in found.values() if p), default=1)
    for name, kernel in results["kernels"].items():
        lines.append(text(8, y + 14, f"Linux {kernel['release']}: instructions for a packet of {measures.INNER_MTU} bytes, "
                          "one flow of TCP", ' font-weight="bold"'))
        y += 26
        for link in SEALED + PLAIN:
            if not found[name, link]:
                continue
            lines.append(text(16, y + BAR - 3, measures.NAMES[link].replace(" (OpenVPN's DCO)", "")))
            x = LABELS
            for value, (_, colour) in zip(found[name, link], PARTS):
                width = (WIDTH - LABELS - 80) * max(value, 0) / longest
                lines.append(rect(x, y, width, colour))
                x += width
            lines.append(text(x + 4, y + BAR - 3, f"{sum(found[name, link]):,.0f}"))
            y += BAR + GAP
        y += 10
    return page(lines, y)
