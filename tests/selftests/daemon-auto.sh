#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# AUTO and CONFIG between the kernel and a peer that behaves like the OpenIPC camex daemon, as
# its server and as its client: tests/peer tells what the daemon is.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# configs HOST: the CONFIGs that its daemon has got, without what is the same in all.
configs() {
	logged_by "$1" 'map(select(.dir == "in" and .type == "CONFIG") |
		[.version, .ver, .client_id, .mtu, .local_cidr, .gateway_ip, .route_cidr, .verdict])'
}

# serves [LINE...]: the kernel of host1 is the server.
serves() {
	fleet_conf "$@" >"$test_tmp/camex.conf"
	serve host1
}

state_is() {
	[ "$(peer host1 server .state)" = "$1" ]
}

handed_out() {
	[[ $(profile) == *$1* ]]
}

# profile: what the kernel of host1 was handed out.
profile() {
	peer host1 server '.profile | tojson'
}

ok "modprobe camex and tun" modprobe -a camex tun
ok "three hosts" hosts 3
for host in host1 host2 host3; do on $host ethtool -K eth0 tx off >/dev/null; done
umask 077

# --- the kernel is the server ---

for form in encrypted oldest plain; do
	version=1 ver='"1"' options=(--passphrase secret) lines=(encrypt=yes)
	case $form in
	oldest) version=null ver=null options=(--passphrase secret --oldest) ;;
	plain) version=null options=(--plain) lines=(encrypt=no) ;;
	esac
	ok "$form client: a server from camex.conf" serves "${lines[@]}"
	ok "$form client: the daemon" daemon host2 client --tun tun0 --register auto --client-id cam01 \
		--endpoint 192.0.2.1:7000 "${options[@]}"
	ok "$form client: is answered with CONFIG" wait_until 20 has_logged host2 1 '.type == "CONFIG"'
	is "$form client: which has its profile" "$(configs host2 | sed 's/"cam01"/"CAM01"/')" \
		"[[$version,$ver,\"CAM01\",\"1400\",\"10.88.0.2/24\",\"10.88.0.1\",[\"10.77.0.0/24\"],\"ok\"]]"
	ok "$form client: it registers with its address" wait_until 10 has_logged host2 1 \
		'.dir == "out" and .local_ip == "10.88.0.2"'
	ok "$form client: it reaches the kernel" wait_until 10 reaches host2 10.88.0.1 -W 1
	is "$form client: it has the route" \
		"$(ip -n host2 -j route show 10.77.0.0/24 dev tun0 | jq -r '.[].gateway')" 10.88.0.1
	ok "$form client: the kernel reaches it" reaches host1 10.88.0.2
	is "$form client: it is asked nothing twice" "$(configs host2 | jq length)" 1
done

# A client that answers pings by itself, and one of a key of its own.
ok "client: a server" serves encrypt=yes
ok "client: that relays" camexctl -n host1 dev set camex0 relay on
client=(client --register auto --endpoint 192.0.2.1:7000)
ok "client: the daemon" daemon host2 "${client[@]}" --client-id CAM01 --passphrase secret
ok "client: another" daemon host3 "${client[@]}" --client-id CAM02 --passphrase other
ok "client: is answered with CONFIG" wait_until 20 has_logged host3 1 '.type == "CONFIG"'
is "client: which has its own profile" "$(configs host3)" \
	'[[1,"1","CAM02","1300","10.88.0.3/24","10.88.0.1",["10.77.0.0/24","10.78.0.0/24"],"ok"]]'
ok "client: they reach each other" wait_until 20 pinged host2 10.88.0.3
ok "client: both ways" pinged host3 10.88.0.2
sleep 22
is "client: the kernel says so often that it is there that nothing is lost in 20 s" \
	"$(logged_by host3 'map(select(.event == "lost"))')" "[]"
end_daemon host3

# Each in a session of its own, in which nothing else is sent.
ok "client: it is silent" tell host2 silent
answered=$(configs host2 | jq length)
number=0
for id in nobody CAM02; do
	before=$(counter host1 unknown_peer)
	tell host2 "prefix 0000000$((number++))"
	tell host2 "text CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=$id"
	ok "client: no CONFIG for $id under its key" wait_until 10 has_counted host1 unknown_peer $((before + 1))
done
is "client: it got none" "$(configs host2 | jq length)" "$answered"
tell host2 "prefix 0000000$((number++))"
ok "client: CLIENT_ID in other letters" tell host2 "text CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=cAm01"
ok "client: is answered" wait_until 10 \
	has_logged host2 $((answered + 1)) '.type == "CONFIG"'
ip -n host2 address add 192.0.2.22/24 dev eth0
ok "client: from another address" tell host2 "socket 192.0.2.22:7777"
ok "client: it registers again" tell host2 "text CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM01"
ok "client: is answered there" wait_until 10 has_logged host2 $((answered + 2)) '.type == "CONFIG"'
ok "client: and its endpoint is there" wait_until 10 is_at host1 CAM01 192.0.2.22:7777

asked=$(count_logged host2 '.dir == "out" and .mode == "AUTO"')
ok "client: its server goes" camexctl -n host1 dev del camex0
ok "client: it speaks again" tell host2 speak
ok "client: it reconnects after 20 s" wait_until 40 has_logged host2 1 '.event == "lost"'
ok "client: and asks" wait_until 10 has_logged host2 $((asked + 1)) '.dir == "out" and .mode == "AUTO"'
ok "client: its server is back" serve host1
took=$(seconds reaches host1 10.88.0.2 -W 1)
in_time "client: it is reached again" 12 "$took"
ok "client: it is silent" tell host2 silent
ok "client: its server restarts" serves encrypt=yes
ok "client: it speaks again" tell host2 speak
took=$(seconds reaches host1 10.88.0.2 -W 1)
in_time "client: it is reached again" 12 "$took"

sed -i 's/^\[client CAM01\]/&\npsk = new/' "$test_tmp/camex.conf"
ok "client: its server gives it another key" camexctl -n host1 load camex0 "$test_tmp/camex.conf"
ok "client: it is silent" tell host2 silent
before=$(counter host1 unknown_peer)
tell host2 "prefix 0000000$((number++))"
tell host2 "text CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM01"
ok "client: the old one is not its own any more" wait_until 10 has_counted host1 unknown_peer $((before + 1))
ok "client: with the new one" daemon host2 "${client[@]}" --client-id CAM01 --passphrase new
ok "client: it is answered" wait_until 20 has_logged host2 1 '.type == "CONFIG"'
ok "client: and reached" wait_until 10 reaches host1 10.88.0.2 -W 1

# --- the kernel is the client ---

ok "server: no device" camexctl -n host1 dev del camex0
fleet_conf encrypt=yes >"$test_tmp/camex.conf"
client_file 192.0.2.2 'client-id = cam01'
ok "server: the daemon" daemon host2 server --conf "$test_tmp/camex.conf"
ok "server: a client comes up" camexctl -n host1 up "$test_tmp/client.up"
is "server: it was handed out" "$(profile)" \
	'{"address":"10.88.0.2/24","gateway":"10.88.0.1","mtu":1400,"routes":["10.77.0.0/24"]}'
is "server: and has that address" \
	"$(ip -n host1 -j -4 address show camex0 | jq -r '.[0].addr_info[].local')" 10.88.0.2
ok "server: the daemon pings it" wait_until 10 pinged host2 10.88.0.2
ok "server: it registers with its address" wait_until 25 has_logged host2 1 \
	'.type == "REGISTER" and .verdict == "ok" and .local_ip == "10.88.0.2"'
is "server: nothing was wrong there" "$(logged_by host2 'map(select(.dir == "in" and .verdict == "refused"))')" "[]"

config="CX2P CONFIG VER=1 CLIENT_ID=cam01 MTU=1000 LOCAL_CIDR=10.99.0.2/24"
tell host2 "text $config"
ok "server: CONFIG that nobody waits for: it reaches the daemon" reaches host1 10.88.0.1
unlike "server: and changes nothing" "$(profile)" 10.99

daemon host2 server --conf "$test_tmp/camex.conf"
took=$(seconds reaches host1 10.88.0.1 -W 1)
in_time "server: restarted, it is reached again" 12 "$took"

# A server that says what it should not, before what it should.
ok "server: no device" camexctl -n host1 dev del camex0
fleet_conf encrypt=yes | sed 's/^\[client CAM01\]/[client CAM09]/' >"$test_tmp/other.conf"
ok "server: a daemon that does not know it" daemon host2 server --conf "$test_tmp/other.conf"
ok "server: a client" camexctl -n host1 dev add camex0 client-id cam01
ok "server: its peer" camexctl -n host1 peer add camex0 server endpoint 192.0.2.2:7000 \
	passphrase-file "$test_tmp/secret" register auto
ip -n host1 link set camex0 up
ok "server: it asks" wait_until 20 has_logged host2 1 '.client_id == "cam01"'
ok "server: it registers" state_is registering
is "server: with an ID that is not known there" \
	"$(logged_by host2 'map(select(.type == "REGISTER").reason) | unique')" '["unknown CLIENT_ID"]'
tell host2 silent
from=$(logged_by host2 'map(select(.type == "REGISTER").from)[-1]' | tr -d '"')
key=(--passphrase secret --bind 192.0.2.2:7000 --endpoint "$from" --register off)
ok "server: somebody in its place" daemon host2 client "${key[@]}"
malformed=$(counter host1 malformed)
for text in "$config COLOUR=red" "${config/10.99.0.2\/24/10.99.0.2}" \
	"${config/MTU=1000/MTU=575}" "$config MTU=1001" "$config ROUTE_CIDR=10.0.0.0" \
	"$config$(printf ' ROUTE_CIDR=10.%d.0.0/16' {1..17})"; do
	tell host2 "text $text"
	ok "server: ${text:24:70}" wait_until 10 has_counted host1 malformed $((++malformed))
done
ok "server: for somebody else" tell host2 "text ${config/cam01/cam02}"
ok "server: it still waits" state_is registering
ok "server: what it waits for" tell host2 "text $config"
ok "server: it is taken" wait_until 10 handed_out 10.99.0.2

done_testing
