#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Ethernet tunnels: frames of every kind go through, large ones in batches, and
# nothing else does.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"

bytes=1000000 datagrams=100
if slow; then bytes=100000 datagrams=40; fi

start_exchange

# mtu HOST [DEV]
mtu() {
	ip -n "$1" -j link show "${2-camex0}" | jq '.[0].mtu'
}

# goes WHAT [ADDRESS1 ADDRESS2]: ping, TCP and UDP in both families
goes() {
	ok "$1: ping" reaches host1 10.0.0.2
	ok "$1: ping over IPv6" reaches host2 fd00::1
	ok "$1: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$1: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$1: UDP" exchanged udp host1 10.0.0.1 host2 10.0.0.2 0 1 64 1400 1458 5000 20000
	ok "$1: UDP over IPv6" exchanged udp host1 fd00::1 host2 fd00::2 0 1 64 1400 1458 5000 20000
	ok "$1: UDP segments" exchanged gso host1 10.0.0.1 host2 10.0.0.2 1300 "$datagrams"
	ok "$1: UDP segments over IPv6" exchanged gso host1 fd00::1 host2 fd00::2 333 "$datagrams"
}

# features on|off...: eth0 of both hosts has segmentation offloads, or is like a card without
card() {
	local host
	for host in host1 host2; do
		on "$host" ethtool -K eth0 gro on tso "$1" tx-udp-segmentation "$1" >/dev/null || return
	done
}

# few: TCP has no more on its way than the 256 entries of a veth's ring take
few() {
	local host
	for host in host1 host2; do
		on "$host" sysctl -qw net.ipv4.tcp_wmem="4096 16384 65536" || return
	done
}

ok "two hosts" hosts 2
ok "with little on its way" few
for outer in 4 6; do
	ok "raw over IPv$outer" tunnel $outer plain link tap protocol raw
	is "its MTU" "$(mtu host1)" $((1500 - 14 - (outer == 4 ? 28 : 48)))
	ok "with offloads" card on
	goes "raw over IPv$outer"
	ok "without" card off
	goes "raw over IPv$outer, single datagrams"
	is "nothing went wrong" "$(counters host1)$(counters host2)" ""
	ok "encrypted over IPv$outer" tunnel $outer key link tap
	is "its MTU" "$(mtu host1)" $((1500 - 14 - 44 - (outer == 4 ? 28 : 48)))
	ok "with offloads" card on
	goes "encrypted over IPv$outer"
	ok "without" card off
	goes "encrypted over IPv$outer, single datagrams"
	is "nothing went wrong" "$(counters host1)$(counters host2)" ""
done

done_testing
