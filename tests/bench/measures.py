# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The measurements, their amounts, and the parsers of the programs' reports."""
import json

# Largest MTU of each link on an Ethernet of 1500. For the measurements all tunnels have WireGuard's
# MTU.
MTU = {"veth": 1500, "camex": 1428, "raw": 1472, "wireguard": 1420, "vxlan": 1450, "fou": 1472,
       "jtunnel": 1464, "esp-aes": 1446, "esp-chacha": 1446, "ovpn": 1448, "tap": 1414, "vxlan-wg": 1370,
       "tap-raw": 1458, "tap-raw-np": 1458, "tap-raw-nf": 1458, "tap-raw-np-nf": 1458,
       "camex-wg": 1440, "camex-aes": 1440, "camex-to-wg": 1440, "wg-to-camex": 1440, "wireguard-go": 1420,
       "vxlan-camex": 1378, "camex-tcp": 1402, "ovpn-tcp": 1424, "socat": 1500}
INNER_MTU = 1420
LESS = {"tap": 1370, "vxlan-wg": 1370, "vxlan-camex": 1370}
TCP_HEADERS = 52            # IPv4, timestamps
SEGMENT = INNER_MTU - TCP_HEADERS   # bytes of TCP's in a packet

# The four settings of tx and rx of transport udp, on a tap link, and the measurements of them.
PATHS = {("udp", "udp"): "tap-raw", ("netpoll", "udp"): "tap-raw-np",
         ("udp", "netfilter"): "tap-raw-nf", ("netpoll", "netfilter"): "tap-raw-np-nf"}
PATH_MEASURES = ["tcp", "udp64"]

# Links that only relay TCP connections.
RELAYED = ["socat"]

NAMES = {"veth": "veth alone", "camex": "camex", "raw": "camex, protocol raw",
         "wireguard": "WireGuard", "vxlan": "VXLAN", "fou": "FOU (ipip)",
         "jtunnel": "camex, protocol jtunnel, plain",
         "esp-aes": "ESP, AES-256-GCM", "esp-chacha": "ESP, ChaCha20-Poly1305",
         "ovpn": "ovpn (OpenVPN's DCO), ChaCha20-Poly1305",
         "tap": "camex, tap", "vxlan-wg": "VXLAN over WireGuard", "tap-raw": "camex, tap, protocol raw",
         "tap-raw-np": "the same, tx netpoll", "tap-raw-nf": "the same, rx netfilter",
         "tap-raw-np-nf": "the same, both", "camex-wg": "camex, protocol wireguard",
         "camex-aes": "the same, cipher aes-256-gcm",
         "camex-to-wg": "camex to WireGuard", "wg-to-camex": "WireGuard to camex",
         "wireguard-go": "wireguard-go", "vxlan-camex": "VXLAN over camex",
         "camex-tcp": "camex, transport tcp", "ovpn-tcp": "ovpn over TCP, ChaCha20-Poly1305",
         "socat": "no tunnel: socat to socat, plain TCP"}

# Links with camex's cipher aes-256-gcm. All other encrypted links have ChaCha20-Poly1305, except
# esp-aes.
AES = ["camex-aes"]

# Links with WireGuard's handshake, at both ends in the kernel. The shared secret of two static keys
# is computed once: by WireGuard when a peer is added, by camex during the first handshake.
HANDSHAKES = ["wireguard", "camex-wg", "camex-aes", "camex-to-wg", "wg-to-camex"]

# Nominal rates, from which the amounts follow: Mbit/s of TCP, packets/s of UDP. Links that are
# compared with each other transfer the same amount, so that the slow start of a flow has the same
# weight for both.
PLAIN = (2000, 35000)
ENCRYPTED = (250, 25000)
RATES = {"veth": (2200, 45000)} | dict.fromkeys(
    ["raw", "vxlan", "fou", "jtunnel", *PATHS.values()], PLAIN)

MEASURES = {
    # name: (underlay, traffic, unit, description)
    "tcp": ("whole", "tcp", "Mbit/s", "TCP, one flow, 128 KB writes"),
    "tcp8k": ("whole", "tcp8k", "Mbit/s", "TCP, one flow, 8 KB writes"),
    "tcp4": ("whole", "tcp4", "Mbit/s", "TCP, four flows"),
    "udp64": ("whole", "udp64", "packets/s", "UDP, 64 bytes"),
    "udp1400": ("whole", "udp1400", "packets/s", "UDP, packets of 1,400 bytes"),
    "gso": ("whole", "gso", "datagrams/s", "UDP, 1,292 bytes, many in a call at both ends"),
    "rr": ("whole", "rr", "ns", "TCP round trip of one byte"),
    "forward": ("whole", "forward", "Mbit/s", "TCP of other hosts, forwarded"),
    "gsoforward": ("whole", "gsoforward", "datagrams/s", "The same UDP, forwarded"),
    "udpforward": ("whole", "udpforward", "datagrams/s",
                   "UDP of other hosts, 1,400 bytes, not merged before, forwarded"),
    "handshake": ("whole", "handshake", "ns", "First ping of a new peer, with its handshake"),
    "rehandshake": ("whole", "rehandshake", "ns", "Ping with another handshake"),
    "nic": ("nic", "tcp", "Mbit/s", "TCP, NIC-like underlay"),
    "none": ("none", "tcp", "Mbit/s", "TCP, no offloads below"),
}

# A single TCP flow is compared most closely, so it runs longer than the others by this factor. Only
# the data that the sender's socket accepts from the first to the last tenth of a second counts: the
# beginning of a flow differs from run to run, and the scheduler delays the end at the receiver by 0
# to 4 ms. Data that is still inside the tunnel at the end counts, too. With WireGuard the receiver
# ends about 1 % later than the sender.
LONGER = {"tcp": 2.5}

# The first kernel with a link, and the first one without: from 6.12 on veth refuses netpoll.
SINCE = {"ovpn": (6, 16), "ovpn-tcp": (6, 16)}
UNTIL = dict.fromkeys(["tap-raw-np", "tap-raw-np-nf"], (6, 12))


def exists(link, kernel):
    """Does this kernel support the link?"""
    return SINCE.get(link, (0,)) <= tuple(map(int, kernel.split("."))) < UNTIL.get(link, (1000,))


def measured(link, measure):
    """Does this measurement apply to the link?"""
    if measure in ("handshake", "rehandshake"):
        return link in HANDSHAKES
    if link in RELAYED:
        return MEASURES[measure][1] in ("tcp", "tcp8k")
    return measure in PATH_MEASURES or link == "tap-raw" or link not in PATHS.values()


def limit(link, measure, seconds, wall):
    """The limit of a line of the plan: bytes (-n) or seconds (-t) after which iperf3 stops."""
    if wall:
        return f"-t {seconds}"
    traffic = MEASURES[measure][1]
    seconds *= LONGER.get(measure, 1)
    mbits, packets = RATES.get(link, ENCRYPTED)
    if traffic == "rr":
        return f"-n {int(4000 * seconds)}"
    if traffic in ("handshake", "rehandshake"):
        return f"-n {max(3, int(40 * seconds))}"
    if traffic == "tcp4":
        return f"-t {max(1, round(2 * seconds))}"
    if traffic == "udp64":
        return f"-n {int(64 * packets * seconds)}"
    if traffic == "udp1400":
        return f"-n {int(1372 * min(packets, mbits * 1e6 / 11000) * seconds)}"
    return f"-n {int(mbits * 1e6 / 8 * seconds)}"


def ends(text):
    """The final results of iperf3's reports, which follow one another in the text."""
    decoder, reports, at = json.JSONDecoder(), [], 0
    while at < len(text):
        report, at = decoder.raw_decode(text, at)
        if "error" in report:
            raise ValueError(f"iperf3: {report['error']}")
        reports.append(report["end"])
        at += len(text[at:]) - len(text[at:].lstrip())
    return reports


def packets(link, measure, text):
    """The number of datagrams, or of full-size packets, that arrived."""
    if MEASURES[measure][1].startswith("gso") or measure == "udpforward":
        return json.loads(text)["datagrams"]
    if MEASURES[measure][1].startswith("udp"):
        return sum(r["sum"]["packets"] - r["sum"]["lost_packets"] for r in ends(text))
    return sum(r["sum_received"]["bytes"] for r in ends(text)) / (LESS.get(link, INNER_MTU) - TCP_HEADERS)


def reading(measure, text):
    """The result in a program's output, in the unit of the measurement."""
    traffic = MEASURES[measure][1]
    if traffic == "rr":
        return json.loads(text)["round_trip_ns"]
    if traffic in ("handshake", "rehandshake"):
        return json.loads(text)["handshake_ns"]
    if traffic.startswith("gso") or traffic == "udpforward":
        found = json.loads(text)
        return 1e9 * found["datagrams"] / found["ns"]
    reports = ends(text)
    if traffic.startswith("udp"):
        total = reports[0]["sum"]
        return (total["packets"] - total["lost_packets"]) / total["seconds"]
    if measure == "tcp":
        steady = [i["sum"] for i in json.loads(text)["intervals"][1:-1]]
        if not steady:
            raise ValueError("one flow of TCP was over within 0.2 s: a larger -s is needed")
        return 8 * sum(i["bytes"] for i in steady) / sum(i["seconds"] for i in steady) / 1e6
    return sum(r["sum_received"]["bits_per_second"] for r in reports) / 1e6


def cipher_cost(cipher, link):
    """Nanoseconds of a link's cipher for a packet, both ways; 0 where that was not measured.

    cipher: the guest's file of that name.
    """
    costs = dict(line.split(":") for line in cipher.split())
    prefix = "aes_" if link in AES else ""
    return int(costs.get(f"{prefix}seal_ns", 0)) + int(costs.get(f"{prefix}open_ns", 0))


def cipher_limit(cipher, veth, link):
    """Mbit/s of TCP that a link could reach, if it cost the cipher both ways and veth alone.

    veth: Mbit/s of TCP on veth. None where the cipher was not measured.
    """
    cost = cipher_cost(cipher, link)
    return 8e3 * SEGMENT / (8e3 * SEGMENT / veth + cost) if cost else None
