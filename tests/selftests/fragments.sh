#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# IP fragments to the port of a device, over IPv4 and IPv6: such as never become a datagram, such that overlap, and whole
# ones that are no datagram of ours. What is kept of them is bounded, whole ones are counted, and the peer loses nothing.
# host1 gets them, host2 is its peer, host3 sends them.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
many=12000
if slow; then many=6000; fi
[ -z "${CAMEX_LONG-}" ] || many=60000

# kept FAMILY: bytes that host1 keeps of fragments
kept() {
	if [ "$1" -eq 4 ]; then on host1 awk '$1 == "FRAG:" { print $5 }' /proc/net/sockstat; else
		on host1 awk '$1 == "FRAG6:" { print $5 }' /proc/net/sockstat6
	fi
}

# watch_kept FAMILY
watch_kept() {
	while sleep 0.2; do kept "$1"; done
}

# reassembled FAMILY: datagrams that host1 could not put together, and those that it could
reassembled() {
	local name=Ip
	[ "$1" -eq 4 ] || name=Ip6
	echo "$(sum_of ${name}ReasmFails host1) $(sum_of ${name}ReasmOKs host1)"
}

# sends FAMILY KIND COUNT: while the peer pings; sets fails and oks, those of host1
sends() {
	local family=$1 kind=$2 count=$3 before most watch ping
	before=$(reassembled "$family")
	watch_kept "$family" >"$test_tmp/kept" &
	watch=$!
	bg host2 ping -q -n -i 0.05 -c 100 -W 10 10.0.0.1 >"$test_tmp/ping"
	ping=$!
	ok "IPv$family, $kind: $count are sent" on host3 "$here/fragments.py" "$family" "$kind" "$count"
	note "IPv$family, $kind: fragments, bytes: $(<"$test_tmp/output")"
	wait $ping
	stop $watch
	kept "$family" >>"$test_tmp/kept"
	ok "IPv$family, $kind: of 100 pings none is lost" grep -q '100 packets transmitted, 100 received' "$test_tmp/ping"
	most=$(sort -n "$test_tmp/kept" | tail -n 1)
	ok "IPv$family, $kind: $most bytes are kept at most, of $limit" [ "$most" -le $((limit + limit / 16)) ]
	read -r fails oks < <(awk '{ print $3 - $1, $4 - $2 }' <<<"$before $(reassembled "$family")")
	note "IPv$family, $kind: $fails could not be put together, $oks could; counted: $(counters host1)"
}

ok "the module" modprobe camex
ok "three hosts" hosts 3
for family in 4 6; do
	ok "IPv$family: a tunnel" tunnel $family key
	ok "IPv$family: a ping" reaches host2 10.0.0.1
	limit=$(on host1 sysctl -n "net.ipv$family.ip${family/4/}frag_high_thresh")
	sends $family endless $many
	ok "IPv$family: not all of them are kept" [ "$fails" -gt 0 ]
	is "IPv$family: none becomes a datagram" "$oks $(counters host1)" "0 "
	# what is kept is given up after 30 s, or 60
	ok "IPv$family: what is left of them goes" wait_until 120 eval '[ "$(kept $family)" = 0 ]'
	sends $family growing $((many / 60))
	is "IPv$family: none becomes a datagram" "$oks $(counters host1)" "0 "
	ok "IPv$family: what is left of them goes" wait_until 120 eval '[ "$(kept $family)" = 0 ]'
	sends $family overlapping 500
	is "IPv$family: none becomes a datagram" "$oks $(counters host1)" "0 "
	ok "IPv$family: what is left of them goes" wait_until 120 eval '[ "$(kept $family)" = 0 ]'
	for order in whole unordered; do
		before=$(counter host1 plaintext_refused)
		sends $family $order 500
		is "IPv$family, $order: each becomes one" "$fails $oks" "0 500"
		is "IPv$family, $order: each is counted" "$(($(counter host1 plaintext_refused) - before))" 500
	done
	is "IPv$family: and nothing else" "$(counters host1)" "plaintext_refused=1000"
	ok "IPv$family: a ping" reaches host2 10.0.0.1
	no_devices
done
done_testing
