#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# How long a datagram takes that is refused says nothing of the key: the same number of instructions whichever byte
# of its tag, of its mac1 or of its contents is wrong. timing.c measures.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

here=$(dirname "$0")
rounds=40
# Instructions. A comparison that ends at the first difference takes more for each byte or word. What is in the clear,
# as prefixes and indices are, is not a secret: the place in a table may take longer or shorter.
bound=2
tag=(-16 -15 -12 -9 -8 -7 -4 -2 -1)

# taken LENGTH FILE COMMAND...: the first datagram of that many bytes to $port that COMMAND sends to host1, which does
# not get it
taken() {
	local recorder
	on host1 nft "add table ip t; add chain ip t c { type filter hook input priority 0; }
		add rule ip t c udp dport $port drop" || return
	rm -f "$test_tmp/ready"
	on host1 "$test_tmp/timing" record eth0 "$port" "$1" "$2" >"$test_tmp/ready" &
	recorder=$!
	test_pids+=("$recorder")
	wait_until 20 test -s "$test_tmp/ready" || return
	"${@:3}"
	wait_until 60 test -s "$2" || return
	wait "$recorder"
	on host1 nft delete table ip t
}

# one_ping SIZE: host2 sends a packet
one_ping() {
	on host2 ping -q -n -c 1 -W 1 -s "$1" 10.0.0.1
}

# same_time DESCRIPTION COUNTER FILE COPIES VARIANT...: all variants of the datagram in FILE take as long, and are
# counted by COUNTER
same_time() {
	local before counts least=0 most=0 n
	before=$(counter host1 "$2")
	counts=$(on host2 "$test_tmp/timing" send 192.0.2.1 "$port" "$port" $rounds "$test_tmp/$3" "${@:4}")
	for n in $counts; do
		if ((!least || n < least)); then least=$n; fi
		if ((n > most)); then most=$n; fi
	done
	note "$1: $counts"
	is "$1: each is refused" "$(($(counter host1 "$2") - before))" $(((rounds + 5) * $4 * ($# - 4)))
	ok "$1: $least to $most instructions" test $((most - least)) -le "$bound"
	check "it is measured" "((least > 5000))"
}

ok "what measures" gcc -O2 -Wall -o "$test_tmp/timing" "$here/timing.c"
ok "modules" modprobe -a camex nf_tables
ok "two hosts" hosts 2

# both_sizes NAME OVERHEAD BODY: datagrams of NAME with packets of two sizes, single and in an aggregate. BODY is the
# offset of the ciphertext
both_sizes() {
	rm -f "$test_tmp/small" "$test_tmp/large"
	ok "$1: a small datagram" taken $(($2 + 84)) "$test_tmp/small" one_ping 56
	ok "$1: a large one" taken $(($2 + 1028)) "$test_tmp/large" one_ping 1000
	ok "$1: their sender goes" camexctl -n host2 dev del camex0
	same_time "$1, small" auth_failed small 1 "${tag[@]}" "$3" -17
	same_time "$1, large" auth_failed large 1 "${tag[@]}" "$3" -17
	same_time "$1, an aggregate" auth_failed large 4 "${tag[@]}" "$3" -17
}

# --- protocols camex and jtunnel ---

# begin: host2 begins a session
begin() {
	camexctl -n host2 dev add camex0 port 7000 &&
		camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000 routes 10.0.0.1/32 key-file "$test_tmp/key" &&
		tunnel_up host2
}

# jtunnel: camex0 in both hosts with that protocol and a key
jtunnel() {
	local i j
	no_devices
	for i in 1 2; do
		j=$((3 - i))
		camexctl -n "host$i" dev add camex0 protocol jtunnel port 7000 id "000000000000000$i" &&
			camexctl -n "host$i" peer add camex0 "host$j" id "000000000000000$j" endpoint "192.0.2.$j:7000" \
				routes "10.0.0.$j/32" key-file "$test_tmp/key" &&
			tunnel_up "host$i" || return
	done
}

port=7000
ok "protocol camex" tunnel 4 key
ok "ping" reaches host1 10.0.0.2
both_sizes camex 44 28
# an unknown session: all keys are tried
for i in 1 2; do
	ok "another key" eval 'camexctl key gen >"$test_tmp/key$i"'
	ok "another peer" camexctl -n host1 peer add camex0 "other$i" key-file "$test_tmp/key$i"
done
ok "a datagram that begins a session" taken 44 "$test_tmp/hello" begin
ok "its sender goes" camexctl -n host2 dev del camex0
same_time "camex, trials of keys" auth_failed hello 1 "${tag[@]}"

ok "protocol jtunnel" jtunnel
ok "ping" reaches host1 10.0.0.2
both_sizes jtunnel 52 36

# --- protocol wireguard ---

port=$wg_port
wg_keys 2
for cipher in chacha20-poly1305 aes-256-gcm; do
	ok "$cipher" wg_pair camex camex cipher $cipher
	ok "its initiator" wg_set host2 host1 endpoint "192.0.2.1:$port"
	rm -f "$test_tmp/initiation"
	ok "an initiation" taken 148 "$test_tmp/initiation" one_ping 56
	ok "ping" reaches host1 10.0.0.2
	both_sizes $cipher 44 16
	same_time "$cipher, mac1" auth_failed initiation 1 -32 -31 -28 -25 -24 -23 -20 -18 -17 4 8 115
done
done_testing
