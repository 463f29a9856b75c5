#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Packets of every kind go through a tunnel of every kind, unchanged, and are counted.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

exchange=$(dirname "$0")/exchange.py
mtu4=1428 mtu6=1408
inside=(10.0.0.1,10.0.0.2 fd00::1,fd00::2)
bytes=2000000
if slow; then bytes=300000; fi

# What the peer and the link counted: "RX_PACKETS RX_BYTES TX_PACKETS TX_BYTES", twice.
counted() {
	local host=$1 other=$2
	peer "$host" "$other" '"\(.rx_packets) \(.rx_bytes) \(.tx_packets) \(.tx_bytes)"'
	ip -n "$host" -s -j link show camex0 | jq -r '.[0].stats64 |
		"\(.rx.packets) \(.rx.bytes) \(.tx.packets) \(.tx.bytes)",
		"errors \([.rx.errors, .rx.dropped, .tx.errors, .tx.dropped] | add)"'
}

# Five pings each way in both families: 20 packets in each direction of 84 and 104 bytes.
pings() {
	local what=$1
	ok "$what: host1 pings over IPv4" on host1 ping -q -n -c 5 -i 0.01 -W 5 10.0.0.2
	ok "$what: host2 pings over IPv4" on host2 ping -q -n -c 5 -i 0.01 -W 5 10.0.0.1
	ok "$what: host1 pings over IPv6" on host1 ping -q -n -c 5 -i 0.01 -W 5 fd00::2
	ok "$what: host2 pings over IPv6" on host2 ping -q -n -c 5 -i 0.01 -W 5 fd00::1
	is "$what: host1 counted the pings" "$(counted host1 host2)" $'20 1880 20 1880\n20 1880 20 1880\nerrors 0'
	is "$what: host2 counted the pings" "$(counted host2 host1)" $'20 1880 20 1880\n20 1880 20 1880\nerrors 0'
}

# Both ends counted the same, and no errors.
balance() {
	local what=$1 here there rx_packets rx_bytes tx_packets tx_bytes
	here=$(counted host1 host2)
	there=$(counted host2 host1)
	read -r rx_packets rx_bytes tx_packets tx_bytes <<<"$here"
	is "$what: host1's link counts what its peer does" "$here" "$(printf '%s\n' "${here%%$'\n'*}" "${here%%$'\n'*}" "errors 0")"
	is "$what: host2 received what host1 sent and the other way round" "$there" \
		"$(printf '%s\n' "$tx_packets $tx_bytes $rx_packets $rx_bytes"{,} "errors 0")"
	is "$what: host1 counted no errors" "$(counters host1)" ""
	is "$what: host2 counted no errors" "$(counters host2)" ""
}

sums() {
	local what=$1 i
	for i in 1 2; do
		on "host$i" ethtool -K eth0 tx off >/dev/null
		on "host$i" ethtool -K camex0 gro off
	done
	ok "$what: checksums are right where no device helps" \
		"$exchange" --tcp 50000 --udp 1,64,1001 --sums camex0 host1 host2 "${inside[@]}"
	for i in 1 2; do on "host$i" ethtool -K eth0 tx on >/dev/null; done
}

# try WHAT OUTER MTU key|plain [KEYWORD VALUE]...
try() {
	local what="$1 over IPv$2" outer=$2 mtu=$3
	shift 3
	ok "$what: a tunnel" tunnel "$outer" "$@"
	is "$what: its MTU" "$(on host1 cat /sys/class/net/camex0/mtu)" "$mtu"
	pings "$what"
	ok "$what: TCP both ways" "$exchange" --tcp "$bytes" host1 host2 "${inside[@]}"
	ok "$what: UDP of all sizes both ways" "$exchange" \
		--udp "0,1,$((mtu - 48)),$((mtu - 47)),$((mtu - 28)),$((mtu - 27)),5000,20000" host1 host2 "${inside[@]}"
	sums "$what"
	balance "$what"
}

ok "two hosts" hosts 2
try "camex with a key" 4 $mtu4 key
try "camex with a key" 6 $mtu6 key
try "camex in plain" 4 $mtu4 plain plaintext on
try "camex in plain" 6 $mtu6 plain plaintext on
try "raw" 4 1472 plain protocol raw
try "raw" 6 1452 plain protocol raw

done_testing
