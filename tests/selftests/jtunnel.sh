#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol jtunnel, plain and with a key: what it carries, and whom it believes.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"

server_id=0011223344556677
client_id=8899aabbccddeeff
bytes=200000

# ends OUTER [KEYWORD VALUE]...: a server in host1 and its client in host2, both with keys if
# these are given.
ends() {
	local outer=$1 to=192.0.2.1 i
	shift
	[ "$outer" -eq 4 ] || to="[2001:db8::1]"
	for i in 1 2; do
		if on "host$i" test -e /sys/class/net/camex0; then camexctl -n "host$i" dev del camex0; fi
	done
	camexctl -n host1 dev add camex0 protocol jtunnel port 7000 id "$server_id" &&
		camexctl -n host2 dev add camex0 protocol jtunnel id "$client_id" &&
		camexctl -n host1 peer add camex0 client id "$client_id" routes 10.0.0.2/32,fd00::2/128 "$@" &&
		camexctl -n host2 peer add camex0 server id "$server_id" endpoint "$to:7000" \
			routes 10.0.0.1/32,fd00::1/128 keepalive 10 "$@" &&
		tunnel_up host1 && tunnel_up host2
}

# carries WHAT MTU: packets of all kinds arrive unchanged, and are counted.
carries() {
	local what=$1 mtu=$2 sizes
	ok "$what: the client is known at once" wait_until 5 \
		eval '[ "$(peer host1 client .state)" = up ] && [ "$(peer host2 server .last_seen_ms)" != null ]'
	ok "$what: host1 pings" reaches host1 10.0.0.2
	ok "$what: host2 pings over IPv6" reaches host2 fd00::1
	sizes="0 1 $((mtu - 48)) $((mtu - 47)) $((mtu - 28)) $((mtu - 27)) 5000 20000"
	ok "$what: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$what: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$what: UDP over IPv4" exchanged udp host1 10.0.0.1 host2 10.0.0.2 "$sizes"
	ok "$what: UDP over IPv6" exchanged udp host1 fd00::1 host2 fd00::2 "$sizes"
	balance "$what"
}

start_exchange
ok "three hosts" hosts 3
(umask 077 && camexctl key gen >"$test_tmp/key")

# --- what it carries ---

ok "plain" ends 4
ok "the MTU is that of a plain datagram" ip -n host1 link set camex0 mtu 1464
ok "at the client, too" ip -n host2 link set camex0 mtu 1464
carries "plain" 1464
ok "over an Ethernet without offloads" eval 'for i in 1 2; do on "host$i" ethtool -K eth0 tx off; done'
ok "TCP" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 50000
for i in 1 2; do on "host$i" ethtool -K eth0 tx on >/dev/null; done
ok "with a key" ends 4 key-file "$test_tmp/key"
is "the MTU" "$(camexctl -n host1 -j dev show camex0 | jq '.[0].mtu')" 1420
carries "with a key" 1420
ok "with a key over IPv6" ends 6 key-file "$test_tmp/key"
is "the MTU over IPv6" "$(camexctl -n host2 -j dev show camex0 | jq '.[0].mtu')" 1400
ok "which the server cannot know before" ip -n host1 link set camex0 mtu 1400
carries "with a key over IPv6" 1400

# --- frames that leave no room for what goes before them ---

# site I KEYWORD VALUE...: host I's end, for frames that fill a datagram
site() {
	camexctl -n "host$1" dev del camex0
	camexctl -n "host$1" dev add camex0 link tap protocol jtunnel "${@:2}" && tunnel_up "host$1" &&
		ip -n "host$1" link set camex0 mtu 1458 &&
		on "host$1" ethtool -K eth0 tso off tx-udp-segmentation off >/dev/null
}
ok "a server of frames" site 1 port 7000 id "$server_id"
ok "a client of frames" site 2 id "$client_id"
ok "the client's peer" camexctl -n host1 peer add camex0 client id "$client_id"
ok "the server's peer" camexctl -n host2 peer add camex0 server id "$server_id" endpoint 192.0.2.1:7000 keepalive 10
ok "the client is known" wait_until 20 reaches host1 10.0.0.2
ok "segments of full size arrive in fragments" exchanged gso host1 10.0.0.1 host2 10.0.0.2 1430 50
for i in 1 2; do on "host$i" ethtool -K eth0 tso on tx-udp-segmentation on >/dev/null; done

# --- the client ---

ok "plain again" ends 4
ok "the client is known" wait_until 20 reaches host1 10.0.0.2
# the server's datagram, from elsewhere and from itself
forge() {
	on "$1" "$(dirname "$0")/identify.py" "$2" 192.0.2.2 "$(on host2 ss -Huan "sport != :68" |
		awk 'NR == 1 { sub(/.*:/, "", $4); print $4 }')" "$3"
}

# taken HOST COUNTER: the client has counted it.
drops() {
	[ "$(counter host2 unknown_peer)" -ge "$1" ]
}

ok "a stranger sends the client what its server would" forge host3 192.0.2.3 "$server_id"
ok "the client drops it" wait_until 10 drops 1
ip -n host1 address add 192.0.2.3/24 dev eth0
ok "the server's other port does" forge host1 192.0.2.1 "$server_id"
ok "the client drops it" wait_until 10 drops 2
ok "the server gets another identifier" camexctl -n host1 dev set camex0 id ffeeddccbbaa9988
nok "the client does not hear it any more" reaches host2 10.0.0.1 -W 1
ok "which it counts" drops 3
ok "it is told" camexctl -n host2 peer set camex0 server id ffeeddccbbaa9988
ok "and hears it" wait_until 10 reaches host2 10.0.0.1

# --- a client that moves ---

for key in "" "$test_tmp/key"; do
	what=${key:+with a key}
	ok "${what:-plain}: a client" ends 4 ${key:+key-file "$key"}
	ok "${what:-plain}: it is known" wait_until 20 reaches host1 10.0.0.2
	ip -n host2 address add 192.0.2.22/24 dev eth0
	ip -n host2 address del 192.0.2.2/24 dev eth0
	ip -n host2 address add 192.0.2.22/24 dev eth0 2>/dev/null
	ok "${what:-plain}: it gets another address, and is found there" wait_until 30 \
		eval '[ "$(peer host1 client .endpoint | cut -d: -f1)" = 192.0.2.22 ]'
	ok "${what:-plain}: host1 reaches it" wait_until 10 reaches host1 10.0.0.2
	ip -n host2 address add 192.0.2.2/24 dev eth0
	ip -n host2 address del 192.0.2.22/24 dev eth0
	ip -n host2 address add 192.0.2.2/24 dev eth0 2>/dev/null
done

# --- the server, and clients of another kind ---

ok "the server alone" camexctl -n host1 dev del camex0
camexctl -n host2 dev del camex0
ip -n host2 address add 192.0.2.22/24 dev eth0
ok "a device" camexctl -n host1 dev add camex0 protocol jtunnel port 7000 id "$server_id"
ok "a plain peer" camexctl -n host1 peer add camex0 plain id 7070707070707070 routes 10.0.0.2/32
ok "a peer with a key" camexctl -n host1 peer add camex0 keyed id 6B6B6B6B6B6B6B6B routes 10.0.0.3/32 \
	key-file "$test_tmp/key"
is "it is shown" "$(peer host1 keyed '[.id, .state, .register, .keepalive] | join(" ")')" \
	"6b6b6b6b6b6b6b6b no_endpoint off 0"
tunnel_up host1
pass_on "$(dirname "$0")/jtunnel.py" "$server_id" "$test_tmp/key"

# --- what it has sent itself comes back ---

ok "the device goes" camexctl -n host1 dev del camex0
ok "one without an identifier of its peer" eval 'camexctl -n host1 dev add camex0 protocol jtunnel port 7000 id "$server_id" &&
	camexctl -n host1 peer add camex0 far endpoint 192.0.2.2:7000 routes 10.0.0.2/32 key-file "$test_tmp/key" && tunnel_up host1'
seen=$test_tmp/seen
bg host2 "$(dirname "$0")/datagrams.py" record eth0 7000 "$seen"
recorder=$!
ok "a recorder" wait_until 30 test -e "$seen"
on host1 ping -q -n -c 3 -i 0.01 -W 0.1 10.0.0.2 >/dev/null
ok "datagrams were seen" wait_until 10 eval '[ "$(wc -l <"$seen")" -ge 3 ]'
stop $recorder
before=$(counters host1)
ok "they come from where the peer is" on host2 "$(dirname "$0")/datagrams.py" send < <(
	awk '$1 == "192.0.2.1" { print $3, $4, $1, $2, $5 }' "$seen")
sent=$(grep -c '^192.0.2.1 ' "$seen")
is "each is counted as replayed" "$(counters host1)" "${before:+$before }replayed=$sent"
is "none is delivered" "$(peer host1 far .rx_packets)" 0

done_testing
