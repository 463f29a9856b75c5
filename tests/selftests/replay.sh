#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Everything that passed between two ends in two minutes (in an hour with CAMEX_LONG=1), with several sessions and
# handshakes, comes once more: in order and shuffled, from a third address and from the peer's, while the peer goes on.
# Nothing is delivered twice, nothing is answered, no endpoint moves, and the peer loses nothing.
# host1 and host2 are the ends, host3 has what was recorded.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
# a session of protocol wireguard lasts two minutes
pings=1300 gap=0.1 every=30
[ -z "${CAMEX_LONG-}" ] || pings=18000 gap=0.2 every=600
if slow; then pings=140 gap=1; fi
links=(camex jtunnel wg aes)
declare -A port=() sent=() dump=()
for ((i = 0; i < ${#links[@]}; i++)); do port[${links[i]}]=$((7001 + i)) sent[${links[i]}]=0; done

# ends LINK: of host1 and host2
ends() {
	local link=$1 i j n=$((${port[$1]} - 7000)) words device
	camexctl key gen >"$test_tmp/$link.key" || return
	for i in 1 2; do
		[ -e "$test_tmp/wg$i" ] || { wg genkey >"$test_tmp/wg$i" && wg pubkey <"$test_tmp/wg$i" >"$test_tmp/wg$i.pub"; } || return
	done
	for i in 1 2; do
		j=$((3 - i)) device=() words=(key-file "$test_tmp/$link.key")
		case $link in
		jtunnel)
			device=(protocol jtunnel id "000000000000000$i")
			words+=(id "000000000000000$j")
			;;
		wg | aes)
			device=(protocol wireguard private-key-file "$test_tmp/wg$i")
			words=(public-key "$(<"$test_tmp/wg$j.pub")")
			[ "$link" = wg ] || words+=(cipher aes-256-gcm)
			;;
		esac
		camexctl -n "host$i" dev add "$link" port "${port[$link]}" "${device[@]}" &&
			camexctl -n "host$i" peer add "$link" "host$j" endpoint "192.0.2.$j:${port[$link]}" routes "10.$n.0.$j/32" "${words[@]}" &&
			ip -n "host$i" address add "10.$n.0.$i/24" dev "$link" && ip -n "host$i" link set "$link" up || return
	done
	wait_until 20 reaches host2 "10.$n.0.1"
}

# record HOST DEV FILE FILTER
record() {
	bg "$1" tcpdump -i "$2" -Z root -U -s 0 -B 16384 -w "$test_tmp/$3" "$4" 2>"$test_tmp/$3.log"
	dump[$3]=$!
	wait_until 20 grep -q 'listening on' "$test_tmp/$3.log"
}

# recorded FILE: ends the recording; true if it is whole
recorded() {
	sleep 1
	kill -TERM "${dump[$1]}"
	wait "${dump[$1]}"
	cat "$test_tmp/$1.log"
	grep -q '^0 packets dropped by kernel' "$test_tmp/$1.log"
}

# peer_pings LINK COUNT GAP: in the background; ends_well LINK waits for them
peer_pings() {
	bg host2 ping -q -n -i "$3" -c "$2" -W 20 "10.$((${port[$1]} - 7000)).0.1" >"$test_tmp/ping.$1"
	pinging[$1]=$!
	sent[$1]=$((${sent[$1]} + $2))
}

# ends_well LINK COUNT: each ping was answered
ends_well() {
	wait "${pinging[$1]}"
	cat "$test_tmp/ping.$1"
	grep -q "^$2 packets transmitted, $2 received, 0% packet loss" "$test_tmp/ping.$1"
}
declare -A pinging=()

# sessions: new ones begin, until the pings are over
sessions() {
	local link
	while sleep "$every" && kill -0 "${pinging[camex]}"; do
		for link in camex jtunnel; do camexctl -n host2 key set "$link" host1 key-file "$test_tmp/$link.key" || return; done
	done 2>/dev/null
}

endpoint_of() {
	camexctl -n host1 -j peer show "$1" host2 | member endpoint
}

# replay LINK ORDER FROM ADDRESS PORT: all of it, while the peer goes on
replay() {
	local link=$1 what="$1, $2, from $3" count before
	count=$("$here/replay.py" split "$test_tmp/wire" "${port[$link]}" "$2" 2>&1 >"$test_tmp/messages")
	before=$(counters host1 "$link")
	peer_pings "$link" $((count / 200 + 10)) 0.1
	ok "$what: $count datagrams come again" on host3 "$test_tmp/flood" -s "$4" -p "$5" -b 20 -w 20 -t "$count" \
		192.0.2.1 "${port[$link]}" "$test_tmp/messages"
	is "$what: all of them" "$(jq .sent "$test_tmp/output")" "$count"
	[ "$4" != 192.0.2.3 ] || is "$what: it gets no answer" "$(jq .replies "$test_tmp/output")" 0
	ok "$what: the peer loses nothing" ends_well "$link" $((count / 200 + 10))
	is "$what: its endpoint" "$(endpoint_of "$link")" "192.0.2.2:${port[$link]}"
	isnt "$what: they are counted" "$(counters host1 "$link")" "$before"
	note "$what: before $before, after $(counters host1 "$link")"
}

ok "the module" modprobe camex
ok "the sender" gcc -O -Wall -o "$test_tmp/flood" "$here/flood.c"
ok "three hosts" hosts 3
for link in "${links[@]}"; do ok "$link" ends "$link"; done
ok "a recorder on the wire" record host1 eth0 wire "udp portrange 7001-7004"
for link in "${links[@]}"; do ok "one behind $link" record host1 "$link" "$link" "icmp[0] == 8"; done
for link in "${links[@]}"; do peer_pings "$link" $pings $gap; done
ok "new sessions begin" sessions
for link in "${links[@]}"; do ok "$link: the peer loses nothing" ends_well "$link" $pings; done
ok "what was on the wire" recorded wire
for link in "${links[@]}"; do
	for order in ordered shuffled; do
		replay "$link" $order "a third address" 192.0.2.3 9999
		replay "$link" $order "the peer's address" 192.0.2.2 "${port[$link]}"
	done
done
for link in "${links[@]}"; do
	ok "$link: what came out" recorded "$link"
	is "$link: each packet came out, and none twice" "$("$here/replay.py" count "$test_tmp/$link")" \
		"${sent[$link]} packets, ${sent[$link]} different ones"
done
done_testing
