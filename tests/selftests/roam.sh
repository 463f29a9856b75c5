#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Peers restart, move and fall silent, and are found again; what is due is sent.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2015,SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"

tests=$(readlink -f "$(dirname "$0")/..")
events=$test_tmp/events

# within SECONDS DESCRIPTION COMMAND...: COMMAND succeeds in that time, measured.
within() {
	local limit=$1 start=$EPOCHREALTIME took
	# what runs here takes its time as well
	limit=$((limit + 1))
	result "$(wait_until $((limit * 3)) "${@:3}" && echo 0 || echo 1)" "$2"
	took=$(jq -n "($EPOCHREALTIME - $start) * 10 | round / 10")
	is "that takes less than $limit s" "$(jq -n "$took < $limit")" true
	note "it took $took s"
}

# ping1 HOST ADDRESS: one ping, answered at once.
ping1() {
	on "$1" ping -q -n -c 1 -W 0.5 "$2"
}

# settings HOST PEER: what is sent to it by itself
settings() {
	peer "$1" "$2" '[.register, .keepalive, .state] | join(" ")'
}

# client / server: camex0 in host2, which knows where host1 is; in host1, which does not.
client() {
	camexctl -n host2 dev add camex0 port 7000 &&
		camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000 \
			key-file "$test_tmp/key" routes 10.0.0.1/32 "$@" &&
		ip -n host2 address add 10.0.0.2/24 dev camex0 &&
		ip -n host2 link set camex0 up
}

server() {
	camexctl -n host1 dev add camex0 port 7000 &&
		camexctl -n host1 peer add camex0 host2 key-file "$test_tmp/key" routes 10.0.0.2/32 "$@" &&
		ip -n host1 address add 10.0.0.1/24 dev camex0 &&
		ip -n host1 link set camex0 up
}

gone() {
	camexctl -n "$1" dev del camex0
}

ok "two hosts" hosts 2
ip -n host2 address add 192.0.2.22/24 dev eth0
ip -n host1 address add 192.0.2.11/24 dev eth0
(umask 077 && camexctl key gen >"$test_tmp/key")

# --- both ends of our kind ---

ok "a server" server
is "it sends nothing by itself" "$(settings host1 host2)" "off 0 no_endpoint"
bg host1 camexctl -j monitor >"$events"
sleep 1
ok "a client" client
is "it registers, and keeps alive" "$(settings host2 host1)" "manual 10 waiting"
within 1 "its server learns where it is without a packet" \
	eval '[ "$(peer host1 host2 .endpoint)" = 192.0.2.2:7000 ]'
ok "the server reaches it" ping1 host1 10.0.0.2
ok "the events tell" wait_until 5 grep -q register "$events"
is "each once" "$(jq -c '[.event, .peer]' "$events" | LC_ALL=C sort)" '["peer_up","host2"]
["register","host2"]'

gone host1
ok "the server restarts" server
within 12 "the server reaches the client, which keeps its session" ping1 host1 10.0.0.2
gone host2
ok "the client restarts" client
within 2 "the server reaches it" ping1 host1 10.0.0.2
gone host1
gone host2
ok "both restart, the client first" client
sleep 1
ok "the server" server
within 12 "the server reaches the client" ping1 host1 10.0.0.2
ok "the client reaches the server" ping1 host2 10.0.0.1

ok "the client sends to the server's other address" camexctl -n host2 peer set camex0 host1 endpoint 192.0.2.11:7000
ok "its packet is answered" ping1 host2 10.0.0.1
is "from that address" "$(peer host2 host1 .endpoint)" 192.0.2.11:7000
ok "and to the first again" camexctl -n host2 peer set camex0 host1 endpoint 192.0.2.1:7000
ok "its packet is answered" ping1 host2 10.0.0.1
is "from the first" "$(peer host2 host1 .endpoint)" 192.0.2.1:7000

# --- from another address ---

ok "the client has another address" camexctl -n host2 dev set camex0 bind 192.0.2.22
ok "its next packet is answered" ping1 host2 10.0.0.1
is "the server knows its place" "$(peer host1 host2 .endpoint)" 192.0.2.22:7000
ok "register off and keepalive 1" camexctl -n host2 peer set camex0 host1 register off keepalive 1
is "as one sees" "$(settings host2 host1)" "off 1 up"
ok "the client has its old address while it is idle" camexctl -n host2 dev set camex0 bind any
within 3 "the server reaches it without a packet of its own" ping1 host1 10.0.0.2
ok "the server has another address" camexctl -n host1 dev set camex0 bind 192.0.2.11
ok "its next packet is answered" ping1 host1 10.0.0.2
is "the client knows its place" "$(peer host2 host1 .endpoint)" 192.0.2.11:7000
ok "the client registers again" camexctl -n host2 peer set camex0 host1 register manual keepalive 10
ok "both move at once" eval 'ip -n host2 link set eth0 down && ip -n host2 link set eth0 up &&
	camexctl -n host1 dev set camex0 bind any && ip -n host1 address del 192.0.2.11/24 dev eth0 &&
	ip -n host1 address add 192.0.2.11/24 dev eth0 && camexctl -n host2 dev set camex0 bind 192.0.2.22 &&
	camexctl -n host1 dev set camex0 bind 192.0.2.1'
within 23 "they find each other where the server was configured to be" ping1 host2 10.0.0.1

# --- no way to where it was heard last ---

gone host1
ip -n host2 address replace 2001:db8::2/64 dev eth0 nodad	# lost when eth0 was down
ok "the server knows where the client ought to be" server endpoint 192.0.2.2:7000
ok "the client is bound to no address" camexctl -n host2 dev set camex0 bind any
ok "and comes over IPv6" camexctl -n host2 peer set camex0 host1 endpoint "[2001:db8::1]:7000"
ok "its packet is answered" ping1 host2 10.0.0.1
is "the server knows its place" "$(peer host1 host2 .endpoint)" "[2001:db8::2]:7000"
ok "the server has no IPv6 any more" ip -n host1 address del 2001:db8::1/64 dev eth0
within 3 "it finds the client where that ought to be" ping1 host1 10.0.0.2
ok "and has IPv6 again" ip -n host1 address add 2001:db8::1/64 dev eth0 nodad

# --- lost ---

bg host2 camexctl -j monitor >"$events"
sleep 1
ip -n host1 link set camex0 down
on host2 ping -q -n -c 1 -W 1 10.0.0.1 >/dev/null
ok "packets that nobody answers" wait_until 30 eval '[ "$(settings host2 host1)" = "manual 10 lost" ]'
ok "an event tells" wait_until 5 grep -q peer_lost "$events"
ip -n host1 link set camex0 up
within 12 "it is there again" ping1 host2 10.0.0.1
is "as one sees" "$(settings host2 host1)" "manual 10 up"
ok "an event tells" wait_until 5 grep -q peer_up "$events"

# --- keys under traffic ---

bg host2 ping -q -i 0.02 -c 400 10.0.0.1 >"$test_tmp/ping"
pinging=$!
for i in {1..10}; do
	camexctl -n host1 key set camex0 host2 key-file "$test_tmp/key" &&
		camexctl -n host2 key set camex0 host1 key-file "$test_tmp/key" || break
done
is "the same key is set 10 times at both ends" "$i" 10
wait $pinging
note <"$test_tmp/ping"
lost=$(awk '/transmitted/ { print $1 - $4 }' "$test_tmp/ping")
check "no packet is lost but those in flight ($lost)" "[ $lost -le 2 ]"
ok "the key is deleted" camexctl -n host1 key del camex0 host2
before=$(peer host1 host2 .rx_packets)
nok "nothing comes through" ping1 host2 10.0.0.1
is "nothing is delivered" "$(peer host1 host2 .rx_packets)" "$before"
gone host1
gone host2

# --- what is refused ---

ok "a device without keys" camexctl -n host1 dev add camex0 protocol raw
for what in "keepalive 10" "register manual"; do
	needs="protocol camex"
	[ "$what" = "register manual" ] || needs="protocol camex, jtunnel or wireguard"
	# shellcheck disable=SC2086 # two words
	nok "$what there" camexctl -n host1 peer add camex0 host2 $what
	is "says why" "$(cat "$test_tmp/output")" \
		"camexctl: peer add camex0 host2: ${what% *} needs $needs ($what)"
done
gone host1

# --- peers that restart at sequence 0, and many with one key ---

count=300
if slow; then count=60; fi
ok "a server for others" eval 'camexctl -n host1 dev add camex0 port 7000 &&
	ip -n host1 address add 10.0.0.1/8 dev camex0 && ip -n host1 link set camex0 up &&
	echo cam | camexctl -n host1 peer add camex0 cam passphrase-file - routes 10.0.0.2/32'
ok "with many peers" eval 'echo fleet >"$test_tmp/fleet"; for ((i = 1; i <= count; i++)); do
	camexctl -n host1 peer add camex0 f$i passphrase-file "$test_tmp/fleet" \
		routes 10.1.$((i / 256)).$((i % 256))/32 || break; done; [ $i -gt $count ]'
pass_on "$tests/selftests/roam.py" $count

done_testing
