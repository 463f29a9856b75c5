# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A chart of results: a panel for each of a few measures, a bar for each link and kernel."""
import measures
import report

SHOWN = ["tcp", "tcp4", "forward", "udp64", "rr"]
COLOURS = ["#4477aa", "#ee6677", "#228833", "#ccbb44"]
WIDTH, LABELS, BAR, GAP, TITLE = 760, 190, 12, 8, 34


def bar(y, length, colour, value):
    return (f'<rect x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR - 2}" fill="{colour}"/>'
            f'<text x="{LABELS + length + 4:.1f}" y="{y + BAR - 3}">{value:,.0f}</text>')


def panel(y, measure, results):
    """(the y below it, its lines)."""
    kernels = results["kernels"]
    links = dict.fromkeys(link for k in kernels.values() for link in k["counted"])
    values = {(link, name): report.median(kernel, "counted", link, measure)
              for link in links for name, kernel in kernels.items()}
    longest = max((v for v in values.values() if v), default=None)
    if longest is None:
        return y, []
    lines = [f'<text x="8" y="{y + 20}" font-weight="bold">{measures.MEASURES[measure][3]}, '
             f'{measures.MEASURES[measure][2]}</text>']
    y += TITLE
    for link in links:
        lines.append(f'<text x="8" y="{y + BAR - 2}">{measures.NAMES[link]}</text>')
        for colour, name in zip(COLOURS, kernels):
            if values[link, name]:
                lines.append(bar(y, (WIDTH - LABELS - 80) * values[link, name] / longest, colour,
                                 values[link, name]))
            y += BAR
        y += GAP
    return y, lines


def svg(results):
    """The chart, as a text."""
    y, lines = 24, []
    for colour, (i, kernel) in zip(COLOURS, enumerate(results["kernels"].values())):
        lines.append(f'<rect x="{LABELS + 250 * i}" y="8" width="10" height="10" fill="{colour}"/>'
                     f'<text x="{LABELS + 16 + 250 * i}" y="17">{kernel["release"]}</text>')
    for measure in SHOWN:
        y, more = panel(y, measure, results)
        lines += more
    return "\n".join([
        "<!-- SPDX-License-Identifier: GPL-2.0-only OR MIT -->",
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 8}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>', *lines, "</svg>", ""])
