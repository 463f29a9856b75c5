#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Registration with AUTO: a server that has loaded a camex.conf hands out address,
# gateway, MTU and routes, and a client sets them. The kernel is at both ends, or at
# one of them and what auto.py makes at the other.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

conf=$test_tmp/camex.conf

# up: in host2, by that file; what it says is in $test_tmp/out.
up() {
	camexctl -n host2 up "$test_tmp/client.up" >"$test_tmp/out" 2>&1
}

# addresses HOST: IPv4 addresses of camex0.
addresses() {
	ip -n "$1" -j -4 address show camex0 | jq -r '[.[0].addr_info[] | "\(.local)/\(.prefixlen)"] | join(" ")'
}

# routes HOST: IPv4 routes through camex0 that are not the kernel's.
routes() {
	ip -n "$1" -j -4 route show dev camex0 |
		jq -r '[.[] | select(.protocol != "kernel") | .dst + (if .gateway then " via \(.gateway)" else "" end)] | join(", ")'
}

# probe COMMAND ARGUMENT...: auto.py, which tells its commands, in host2.
probe() {
	on host2 "$here/auto.py" "$@"
}

# ask KEY TEXT...: what the server answers to these REGISTER.
ask() {
	probe ask 192.0.2.1:7000 192.0.2.2:7100 "$@"
}

# How long Python may take to start: on another machine, emulated beside others, that is longer.
patience=20
[ "$(uname -m)" = x86_64 ] || patience=60

# answering PORT KEY TEXT...: a server on that port of 192.0.2.1 that answers so; what it is
# asked goes to $test_tmp/asked.
answering() {
	: >"$test_tmp/asked"
	bg host1 "$here/auto.py" serve "192.0.2.1:$1" "${@:2}" >"$test_tmp/asked" 2>&1
	server=$!
	wait_until "$patience" listening host1 udp "$1"
}

# client KEYWORD VALUE...: a device of a client in host2, and the server with these keywords.
client() {
	camexctl -n host2 dev add camex0 client-id CAM01 &&
		camexctl -n host2 peer add camex0 server endpoint 192.0.2.1:7000 register auto "$@" &&
		ip -n host2 link set camex0 up
}

# is_in STATE: the client's peer.
is_in() {
	[ "$(peer host2 server .state)" = "$1" ]
}

# asked N: the server in host1 was asked so often.
asked() {
	[ "$(wc -l <"$test_tmp/asked")" -ge "$1" ]
}

# has_address HOST ADDRESS: camex0 has that and no other.
has_address() {
	[ "$(addresses "$1")" = "$2" ]
}

# gone HOST: camex0 is not there any more.
gone() {
	camexctl -n "$1" dev del camex0
}

here=$(dirname "$(readlink -f "$0")")
ok "modprobe camex" modprobe camex
ok "three hosts" hosts 3
umask 077
ip -n host2 -batch - <<-END
	address add 192.0.2.22/24 dev eth0
	address add 198.51.100.2/24 dev eth0
	address add 2001:db8::22/64 dev eth0 nodad
	address add 2001:db8:1::2/64 dev eth0 nodad
END
ip -n host1 -batch - <<-END
	route add 198.51.100.0/24 dev eth0
	route add 2001:db8:1::/64 dev eth0
END

# --- a server from camex.conf, asked by the independent peer ---

{
	fleet_conf encrypt=yes
	echo '[client none]'
} >"$conf"
serve host1 >"$test_tmp/out" 2>&1
result $? "a server from camex.conf"
is "it has the profiles" "$(peer host1 cam02 '.profile | tojson')" \
	'{"address":"10.88.0.3/24","gateway":"10.88.0.1","mtu":1300,"routes":["10.77.0.0/24","10.78.0.0/24"]}'
register="CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID"
config="MTU=1400 LOCAL_CIDR=10.88.0.2/24 GATEWAY_IP=10.88.0.1 ROUTE_CIDR=10.77.0.0/24"
is "each REGISTER of a client is answered, in its own spelling" \
	"$(ask secret "$register=CAM01" "$register=cam01" "CX2P REGISTER MODE=AUTO CLIENT_ID=Cam01")" \
	"CX2P CONFIG VER=1 CLIENT_ID=CAM01 $config
CX2P CONFIG VER=1 CLIENT_ID=cam01 $config
CX2P CONFIG CLIENT_ID=Cam01 $config"
is "in its own form" "$(ask 27:secret "$register=CAM01")" "CX2P CONFIG VER=1 CLIENT_ID=CAM01 $config (27)"
is "under its own key" "$(ask other "$register=cam02")" \
	"CX2P CONFIG VER=1 CLIENT_ID=cam02 MTU=1300 LOCAL_CIDR=10.88.0.3/24 GATEWAY_IP=10.88.0.1 ROUTE_CIDR=10.77.0.0/24 ROUTE_CIDR=10.78.0.0/24"
is "nothing was wrong so far" "$(counters host1)" ""
is "MANUAL is not answered" "$(ask secret "CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2")" none
is "a client without local_cidr gets the first address of the pool" "$(ask secret "$register=none")" \
	"CX2P CONFIG VER=1 CLIENT_ID=none MTU=1400 LOCAL_CIDR=10.200.0.2/24 GATEWAY_IP=10.88.0.1 ROUTE_CIDR=10.77.0.0/24"
is "nor an ID that is nobody's, or another key's" \
	"$(ask secret "$register=CAM09" "$register=cam02" | uniq -c | tr -s ' ')" " 2 none"
is "that is counted" "$(counters host1)" unknown_peer=2
is "nor a stranger, nor what is no REGISTER" \
	"$(ask stranger "$register=CAM01"; ask secret "$register=CAM01 MTU=1400")" "none
none"
is "these are too" "$(counters host1)" "malformed=1 unknown_peer=2 auth_failed=1"
is "plain text is refused" "$(ask - "$register=CAM01")" none
is "and counted" "$(counter host1 malformed)" 2

# --- the kernel's client of it ---

client_file 192.0.2.1 'client-id = cam01'
start=$EPOCHREALTIME
ok "a client comes up" up
note "after $(jq -n "($EPOCHREALTIME - $start) * 10 | round / 10") s"
is "it has its address" "$(addresses host2)" 10.88.0.2/24
is "and MTU" "$(ip -n host2 -j link show camex0 | jq '.[0].mtu')" 1400
is "and routes" "$(routes host2)" "10.77.0.0/24 via 10.88.0.1"
ok "it reaches the server" reaches host2 10.88.0.1
ok "which reaches it" reaches host1 10.88.0.2
is "the peer shows what it has handed out" \
	"$(peer host2 server '[.register, .state, .profile.address, .keepalive] | join(" ")')" "auto up 10.88.0.2/24 10"
is "the server keeps the way open" "$(peer host1 CAM01 .keepalive)" 10
is "for those who have registered with AUTO" "$(peer host1 none .keepalive)" 10
is "at the client nothing was dropped" "$(counters host2)" ""
bg host2 ping -q -i 1 10.88.0.1 >/dev/null
pings=$!
is "who has the passphrase is answered where it is" \
	"$(on host3 "$here/auto.py" ask 192.0.2.1:7000 192.0.2.3:7100 secret "$register=CAM01")" \
	"CX2P CONFIG VER=1 CLIENT_ID=CAM01 $config"
like "and takes nothing from a client that talks" "$(peer host1 CAM01 .endpoint)" '^192\.0\.2\.2:'
ok "which is reached as before" reaches host1 10.88.0.2
stop $pings

# --- another profile ---

bg host2 camexctl -j monitor apply >"$test_tmp/events"
monitor=$!
sleep 1
sed -i 's/^local_cidr = 10.88.0.2.*/local_cidr = 10.88.0.7\/24/; s/10.77.0.0/10.79.0.0/; s/^mtu = 1400/mtu = 1350/' "$conf"
ok "another camex.conf" camexctl -n host1 load camex0 "$conf"
is "the client was left alone" "$(peer host1 CAM01 '.rx_packets > 0')" true
ok "it asks again" camexctl -n host2 peer set camex0 server register auto
ok "and has another address" wait_until 10 has_address host2 10.88.0.7/24
is "and MTU" "$(ip -n host2 -j link show camex0 | jq '.[0].mtu')" 1350
is "and routes" "$(routes host2)" "10.79.0.0/24 via 10.88.0.1"
ok "it reaches the server" reaches host2 10.88.0.1
is "the event" "$(jq -c 'select(.event == "config") | [.dev, .peer, .state, .profile]' "$test_tmp/events")" \
	'["camex0","server","up",{"address":"10.88.0.7/24","gateway":"10.88.0.1","mtu":1350,"routes":["10.79.0.0/24"]}]'
stop $monitor

# --- hosts behind the client ---

ip -n host2 address add 192.168.50.1/24 dev eth0
ip -n host3 address add 192.168.50.3/24 dev eth0
on host2 sysctl -qw net.ipv4.ip_forward=1
ip -n host3 route add 10.88.0.0/24 via 192.168.50.1
ip -n host1 route add 192.168.50.0/24 dev camex0
nok "a host behind the client is nobody's" reaches host3 10.88.0.1 -W 1
is "and counted" "$(counter host1 bad_source)" 1
ok "its network becomes a route of the client" camexctl -n host1 route add camex0 192.168.50.0/24 peer CAM01
ok "then it reaches the server" reaches host3 10.88.0.1
ok "which reaches it" reaches host1 192.168.50.3
ok "and the client" reaches host1 10.88.0.7
ok "the client registers" camexctl -n host2 peer set camex0 server keepalive 10
sleep 1
ok "the client's own address stays" reaches host1 10.88.0.7
gone host2

# --- an ID by default, and a server that is not there ---

sed -i '/^client-id/d' "$test_tmp/client.up"
nok "no default route, no ID" up
like "it says what to do" "$(<"$test_tmp/out")" 'no default route .*: camexctl dev set camex0 client-id TEXT'
ip -n host2 route add default via 192.0.2.1
gone host1
start=$EPOCHREALTIME
nok "without a server it does not come up" up
like "it says that it waits, and that it is in vain" "$(<"$test_tmp/out")" \
	'waiting for the configuration from server, at most 30 seconds.*client.up:[0-9]+: server has sent no configuration within 30 seconds'
is "after the time that it says" "$(jq -n "$EPOCHREALTIME - $start | . >= 30 and . < 40")" true
nok "and leaves nothing" on host2 test -e /sys/class/net/camex0
ip -n host2 -batch - <<-END
	link add other0 type veth peer name other1
	link set other1 up
	link set other0 up
	route add default dev other0 metric 100
END
camexctl -n host2 dev add camex1
ok "a client with two default routes" camexctl -n host2 peer add camex1 server endpoint 192.0.2.1:7000 \
	register auto passphrase-file "$test_tmp/secret"
is "its ID is the MAC address of the interface with the lower metric" "$(camexctl -n host2 -j dev show camex1 | jq -r '.[0].client_id')" \
	"$(on host2 cat /sys/class/net/eth0/address | tr -d : | tr a-f A-F)"
camexctl -n host2 dev del camex1
ip -n host2 link del other0

# --- the kernel's client of the independent peer ---

good="CX2P CONFIG VER=1 CLIENT_ID=cam01 MTU=1400 LOCAL_CIDR=10.88.0.2/24"
ok "a server that answers badly at first" answering 7000 secret \
	"" "$good WHAT=ever" "${good/cam01/CAM02}" "@$good" "$good"
ok "a client" client passphrase-file "$test_tmp/secret"
ok "asks" wait_until 10 asked 1
ok "it is registering" is_in registering
ok "asks again" wait_until 8 asked 2
ok "and again" wait_until 8 asked 3
ok "and again" wait_until 8 asked 4
ok "it is registering still" is_in registering
ok "until it is answered well" wait_until 8 is_in up
is "what it has not taken is counted" "$(counters host2)" "malformed=1 unknown_peer=2"
is "it has asked in one way" "$(sort -u "$test_tmp/asked")" "$register=CAM01"
ok "then it says its address" wait_until 12 asked 6
is "which is what it was told" "$(tail -n 1 "$test_tmp/asked")" "CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2"
ok "another ID" camexctl -n host2 dev set camex0 client-id CAM77
ok "is told at once" wait_until 5 asked 7
is "in a new registration" "$(tail -n 1 "$test_tmp/asked")" "$register=CAM77"
gone host2
stop "$server"

# --- from the beginning: when it is lost, with another server, with another key ---

# asked_anew: the last thing that the server in host1 was asked is CONFIG.
asked_anew() {
	[ "$(tail -n 1 "$test_tmp/asked")" = "$register=CAM01" ]
}

ok "a server that falls silent" answering 7000 secret "$good"
ok "a client" client passphrase-file "$test_tmp/secret" routes 10.88.0.0/24
ip -n host2 address add 10.88.0.2/24 dev camex0
ok "is configured" wait_until 10 is_in up
ok "says its address" wait_until 12 asked 2
bg host2 ping -q -i 1 10.88.0.1 >/dev/null
ok "asks its server once more, which nothing was heard from" wait_until 40 asked_anew
is "because it is lost" "$(peer host2 server .state)" lost
stop "${test_pids[-1]}" "$server"
ok "another server" answering 7010 secret "$good"
ok "becomes its server" camexctl -n host2 peer set camex0 server endpoint 192.0.2.1:7010
ok "which it asks at once" wait_until 4 asked_anew
ok "and which answers" wait_until 10 is_in up
stop "$server"
ok "the server has another key" answering 7010 other "$good"
echo other >"$test_tmp/other"
ok "the client, too" camexctl -n host2 key set camex0 server passphrase-file "$test_tmp/other"
ok "asks at once" wait_until 4 asked_anew
ok "and is answered" wait_until 10 is_in up
gone host2
stop "$server"

ok "a server of the oldest form" answering 7000 27:secret "CX2P CONFIG LOCAL_CIDR=10.88.0.2/24"
ok "a client" client passphrase-file "$test_tmp/secret"
ok "takes its answer" wait_until 10 is_in up
ok "and says its address" wait_until 12 asked 2
is "in that form" "$(tail -n 1 "$test_tmp/asked")" "CX2P REGISTER 10.88.0.2 (27)"
gone host2
stop "$server"

# --- plain ---

ok "a plain server" answering 7000 - "$good"
ok "a plain client" client
ok "does not ask while plaintext is off" is_in no_key
ok "plaintext on" camexctl -n host2 dev set camex0 plaintext on
ok "then it asks" wait_until 10 is_in up
is "it has a profile" "$(peer host2 server .profile.address)" 10.88.0.2/24
# one of our own begins with nothing of it
ok "it asks no more, but hands out" camexctl -n host2 peer set camex0 server register off mtu 1390
is "only what was said" "$(peer host2 server '.profile | tojson')" \
	'{"address":null,"gateway":null,"mtu":1390,"routes":[]}'
gone host2
stop "$server"

{
	printf '[server]\nport = 7000\nencrypt = no\n'
	for ((i = 1; i <= 90; i++)); do printf '[client C%d]\nlocal_cidr = 10.88.0.%d/24\n' $i $i; done
} >"$conf"
ok "a plain server from camex.conf" serve host1
is "it answers, but not at once again, nor a stranger" \
	"$(ask - "$register=c1" "$register=C1" "$register=C99")" \
	"CX2P CONFIG VER=1 CLIENT_ID=c1 MTU=1428 LOCAL_CIDR=10.88.0.1/24
none
none"
is "that is counted" "$(counters host1)" "unknown_peer=1 rate_limited=1"
sleep 5
is "later it does" "$(ask - "$register=C1")" "CX2P CONFIG VER=1 CLIENT_ID=C1 MTU=1428 LOCAL_CIDR=10.88.0.1/24"

# all FIRST: REGISTER of 40 clients
all() {
	mapfile -t all < <(for ((i = $1; i < $1 + 40; i++)); do echo "$register=C$i"; done)
}

# what a network gets at once, and what it gets while the others are sent
for network in 192.0.2 2001:db8:; do
	case $network in
	192.0.2) to=192.0.2.1:7000 from="192.0.2.2:7100,192.0.2.22:7100" first=2 ;;
	*) to="[2001:db8::1]:7000" from="[2001:db8::2]:7100,[2001:db8::22]:7100" first=42 ;;
	esac
	before=$(counter host1 rate_limited)
	all $first
	answered=$(probe burst "$to" "$from" - "${all[@]}")
	ok "of 40 REGISTER at once from two hosts of one network $answered are answered" \
		test "$answered" -ge 9 -a "$answered" -le 20
	is "the others are counted" "$(counter host1 rate_limited)" $((before + 40 - answered))
done
all 2
sleep 5
answered=$(probe burst 192.0.2.1:7000 192.0.2.2:7100,198.51.100.2:7100 - "${all[@]}")
ok "of those from two networks $answered" test "$answered" -ge 19
all 42
answered=$(probe burst '[2001:db8::1]:7000' '[2001:db8::2]:7100,[2001:db8:1::2]:7100' - "${all[@]}")
ok "likewise with IPv6: $answered" test "$answered" -ge 19

done_testing
