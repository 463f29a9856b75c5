#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Packets of every kind go through a tunnel of every kind, unchanged, and are counted.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

bytes=2000000
if slow; then bytes=200000; fi

start_exchange

# Five pings each way in both families: 20 packets in each direction of 84 and 104 bytes.
pings() {
	local what=$1
	ok "$what: host1 pings over IPv4" on host1 ping -q -n -c 5 -i 0.01 -W 5 10.0.0.2
	ok "$what: host2 pings over IPv4" on host2 ping -q -n -c 5 -i 0.01 -W 5 10.0.0.1
	ok "$what: host1 pings over IPv6" on host1 ping -q -n -c 5 -i 0.01 -W 5 fd00::2
	ok "$what: host2 pings over IPv6" on host2 ping -q -n -c 5 -i 0.01 -W 5 fd00::1
	is "$what: each ping is counted" "$(counted)" \
		"$(printf '%s\n' {,}{"20 1880 20 1880","20 1880 20 1880","errors: "})"
}

# Over an Ethernet that computes no checksums, and without GRO afterwards.
sums() {
	local what=$1 i
	for i in 1 2; do
		# what GRO below merges has its checksums left to offloads
		on "host$i" ethtool -K eth0 tx off gro off >/dev/null
		on "host$i" ethtool -K camex0 gro off
	done
	ok "$what: a tap" exchanged tap camex0 host1 host2
	ok "$what: TCP over IPv4 without offloads" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 50000
	ok "$what: TCP over IPv6 without offloads" exchanged tcp host1 fd00::1 host2 fd00::2 50000
	ok "$what: UDP over IPv4 without offloads" exchanged udp host1 10.0.0.1 host2 10.0.0.2 1 64 1001
	ok "$what: UDP over IPv6 without offloads" exchanged udp host1 fd00::1 host2 fd00::2 1 64 1001
	ok "$what: every checksum was right" exchanged sums
	is "$what: nothing was dropped for want of offloads" \
		"$(counted | grep errors)" "$(printf 'errors: %s\n' "" "")"
	for i in 1 2; do
		on "host$i" ethtool -K eth0 tx on >/dev/null
		batching "host$i" eth0
	done
}

# try WHAT OUTER MTU key|plain [KEYWORD VALUE]...
try() {
	local what="$1 over IPv$2" outer=$2 mtu=$3 sizes
	shift 3
	ok "$what: a tunnel" tunnel "$outer" "$@"
	is "$what: its MTU" "$(camexctl -n host1 -j dev show camex0 | jq '.[0].mtu')" "$mtu"
	pings "$what"
	# nothing, a byte, as much as fits and one more in both families, several fragments
	sizes="0 1 $((mtu - 48)) $((mtu - 47)) $((mtu - 28)) $((mtu - 27)) 5000 20000"
	ok "$what: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$what: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$what: UDP over IPv4" exchanged udp host1 10.0.0.1 host2 10.0.0.2 "$sizes"
	ok "$what: UDP over IPv6" exchanged udp host1 fd00::1 host2 fd00::2 "$sizes"
	balance "$what"
}

ok "two hosts" hosts 2
try "camex with a key" 6 1408 key
try "camex with a key" 4 1428 key
sums "camex with a key"
ok "over IPsec" eval 'ipsec && tunnel 4 key'
pings "over IPsec"
no_ipsec
try "raw" 4 1472 plain protocol raw
# what differs less takes minutes on the slow kernel
if ! slow || [ -n "${CAMEX_LONG-}" ]; then
	sums "raw"
	try "raw" 6 1452 plain protocol raw
	sums "raw over IPv6"
	try "camex in plain" 4 1428 plain plaintext on
	try "camex in plain" 6 1408 plain plaintext on
	sums "camex in plain"
fi

done_testing
