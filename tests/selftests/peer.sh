#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The kernel and the independent peer (camex-peer, of tests/peer) understand each other:
# encrypted in both header forms, plain, and raw. What is forged or damaged is
# dropped, and counted as what it is. Needs socat.
# shellcheck source-path=SCRIPTDIR disable=SC2119,SC2317
. "$(dirname "$0")/lib.sh"

tests=$(readlink -f "$(dirname "$0")/..")
log=$test_tmp/peer.log
kernel=192.0.2.1:7001 far=192.0.2.2:7002

# start_kernel ARGUMENT...: camex0 in host1, with the tunnel's 10.9.0.1.
start_kernel() {
	camexctl -n host1 dev add camex0 port 7001 "$@" &&
		ip -n host1 address add 10.9.0.1/24 dev camex0 &&
		ip -n host1 address add fd00:9::1/64 dev camex0 nodad &&
		ip -n host1 link set camex0 up
}

# add_peer ARGUMENT...: the kernel's peer.
add_peer() {
	camexctl -n host1 peer add camex0 far routes 10.9.0.2/32,fd00:9::2/128 "$@"
}

# start_peer OPTION...: the peer in host2, with the tunnel's 10.9.0.2.
start_peer() {
	local mtu
	mtu=$(ip -n host1 -j link show camex0 | jq '.[0].mtu')
	rm -f "$log"
	bg host2 camex-peer client --tun tun0 --address 10.9.0.2/24 --mtu "$mtu" --log "$log" \
		--bind "$far" --endpoint "$kernel" "$@"
	running=$!
	wait_until 60 grep -q '"ready"' "$log" &&
		ip -n host2 address add fd00:9::2/64 dev tun0 nodad
}

# transfer FROM TO ADDRESS: TO receives by TCP what FROM sends, bit for bit.
transfer() {
	local receiver
	rm -f "$test_tmp/received"
	bg "$2" socat -u "TCP-LISTEN:5000,bind=$3,reuseaddr" "CREATE:$test_tmp/received"
	receiver=$!
	wait_until 20 listening "$2" tcp 5000 || return
	timeout 120 ip netns exec "$1" socat -u "OPEN:$test_tmp/sent" "TCP:$3:5000" || return
	wait "$receiver"
	cmp "$test_tmp/sent" "$test_tmp/received"
}

# logged FILTER: what jq makes of the whole log.
logged() {
	jq -cs "$1" "$log"
}

# talk NAME: the tunnel carries pings and TCP both ways, and nothing was wrong with any datagram.
talk() {
	ok "$1: the kernel reaches the peer" reaches host1 10.9.0.2
	ok "$1: the peer reaches the kernel" reaches host2 10.9.0.1
	ok "$1: the kernel reaches the peer over IPv6" reaches host1 fd00:9::2
	ok "$1: the peer reaches the kernel over IPv6" reaches host2 fd00:9::1
	ok "$1: a large ping" reaches host1 10.9.0.2 -s 1200
	ok "$1: a ping in fragments" reaches host1 10.9.0.2 -s 4000
	ok "$1: TCP to the peer" transfer host1 host2 10.9.0.2
	ok "$1: TCP to the kernel" transfer host2 host1 10.9.0.1
	is "$1: the peer found no fault with any datagram" "$(logged 'map(select(.dir == "in" and
		.verdict != "ok" and .reason != "REGISTER is for servers")) | .[:3]')" "[]"
	# tun0 has a link-local address, and the neighbour discovery that goes with it
	is "$1: nor did the kernel" "$(counters | jq -c 'del(.bad_source)')" "{}"
}

# counters: the device's counters that are not 0.
counters() {
	camexctl -n host1 -j stats camex0 | jq -c 'with_entries(select(.value != 0))'
}

stop_all() {
	stop "$running"
	ip -n host1 link del camex0
}

ok "modprobe camex and tun" modprobe -a camex tun
ok "two hosts" hosts 2
# Without encryption the inner checksums are left to the device that sends, as other
# tunnels do. veth leaves them to the receiver, who is no kernel here: be a real network card.
ok "checksums are done by the sender" on host1 ethtool -K eth0 tx off
head -c 60000 /dev/urandom >"$test_tmp/sent"
echo secret >"$test_tmp/passphrase"

for form in 28 27; do
	options=(--passphrase secret)
	if [ $form -eq 27 ]; then options+=(--oldest); fi
	ok "encrypted: a device" start_kernel
	ok "encrypted: its peer" add_peer endpoint "$far" passphrase-file "$test_tmp/passphrase"
	ok "encrypted, $form: the independent peer" start_peer "${options[@]}" --keepalive 1
	talk "encrypted, $form"
	is "encrypted, $form: the kernel answers in the same form" \
		"$(logged 'map(select(.dir == "in"))[10:] | map(.version) | unique')" \
		"[$([ $form -eq 27 ] && echo null || echo 1)]"
	is "encrypted, $form: the kernel's prefix stays" \
		"$(logged 'map(select(.dir == "in") | .nonce_prefix) | unique | length')" 1
	# jq's numbers are too short for sequences
	is "encrypted, $form: the kernel's sequences follow one another from the clock's time on" \
		"$(/usr/bin/python3 - "$log" <<-'END'
			import json, sys, time
			seqs = [e["seq"] for e in map(json.loads, open(sys.argv[1])) if e["dir"] == "in"]
			seqs.sort()
			print(seqs == list(range(seqs[0], seqs[0] + len(seqs))) and
			      abs(seqs[0] / 1e9 - time.time()) < 600)
		END
		)" True
	stop_all
done

ok "learned: a device" start_kernel
ok "learned: a peer without an endpoint" add_peer passphrase-file "$test_tmp/passphrase"
nok "learned: nowhere to send to" reaches host1 10.9.0.2
ok "learned: the independent peer" start_peer --passphrase secret --register off --keepalive 1
ok "learned: its endpoint" wait_until 20 reaches host1 10.9.0.2
is "learned: peer show tells it" \
	"$(camexctl -n host1 -j peer show camex0 far | jq -r 'flatten[0].endpoint')" $far
stop_all

ok "plain: a device" start_kernel plaintext on
ok "plain: its peer" add_peer endpoint "$far"
ok "plain: the independent peer" start_peer --plain --keepalive 1
talk "plain"
stop_all

ok "raw: a device" start_kernel protocol raw
ok "raw: its peer" add_peer endpoint "$far"
ok "raw: the independent peer" start_peer --raw
talk "raw"
stop_all

ok "intruder: a device" start_kernel
ok "intruder: a peer" add_peer endpoint "$far" passphrase-file "$test_tmp/passphrase"
pass_on ip netns exec host2 "$tests/peer/test-intruder"

done_testing
