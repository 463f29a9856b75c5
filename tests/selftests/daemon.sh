#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The kernel and a peer that behaves like the OpenIPC camex daemon, as its server and as its
# client: tests/peer tells what the daemon is. What the daemon does wrong is dropped.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

ok "modprobe camex and tun" modprobe -a camex tun
ok "three hosts" hosts 3
# inner checksums are left to the device that sends, which a bridge of veth pairs is not
for host in host1 host2 host3; do on $host ethtool -K eth0 tx off >/dev/null; done
umask 077
echo secret >"$test_tmp/secret"
echo other >"$test_tmp/other"

# --- the daemon is the client, and has a tun device ---

for form in encrypted oldest plain; do
	case $form in
	encrypted) options=(--passphrase secret) device=() key=(passphrase-file "$test_tmp/secret") ;;
	oldest) options=(--passphrase secret --oldest) ;;
	plain) options=(--plain) device=(plaintext on) key=() ;;
	esac
	ok "$form client: a device" kernel host1 10.88.0.1/24 port 7000 "${device[@]}"
	ok "$form client: its peer" camexctl -n host1 peer add camex0 cam01 routes 10.88.0.2/32 "${key[@]}"
	ok "$form client: the daemon" daemon host2 client --tun tun0 --address 10.88.0.2/24 \
		--endpoint 192.0.2.1:7000 "${options[@]}"
	ok "$form client: REGISTER tells where it is" wait_until 20 is_at host1 cam01 "192.0.2.2:.*"
	ok "$form client: the kernel reaches it" reaches host1 10.88.0.2
	ok "$form client: it reaches the kernel" reaches host2 10.88.0.1
	ok "$form client: its MTU of 1500 makes fragments outside" \
		reaches host2 10.88.0.1 -s 1472 -M "do"
	if [ $form = encrypted ]; then
		ok "$form client: KEEPALIVE" wait_until 20 has_logged host2 1 \
			'.dir == "out" and .type == "KEEPALIVE"'
		ok "$form client: and the next REGISTER" wait_until 15 has_logged host2 2 \
			'.dir == "out" and .type == "REGISTER"'
		ok "$form client: it is reached after them" reaches host1 10.88.0.2
	fi
	is "$form client: MANUAL is not answered" "$(logged_by host2 'map(select(.type == "CONFIG"))')" "[]"
	is "$form client: nothing was wrong there" \
		"$(logged_by host2 'map(select(.dir == "in" and .verdict != "ok")) | .[:3]')" "[]"
	# tun0 has an IPv6 address of its own, which the kernel's peer has no route for
	unlike "$form client: nor here" "$(counters host1)" '^(bad_source=[0-9]+)?[^b]'
	case $form in
	encrypted) want='[1]' ;;
	oldest | plain) want='[null]' ;;
	esac
	is "$form client: the kernel answers in its form" \
		"$(logged_by host2 'map(select(.dir == "in" and .type == "DATA").version) | unique')" "$want"
done

# --- the daemon is a client that answers pings by itself ---

# A client that has restarted, moved, or does wrong.
ok "client: a device" kernel host1 10.88.0.1/24 port 7000
ok "client: its peer" camexctl -n host1 peer add camex0 cam01 routes 10.88.0.2/32 "${key[@]}" \
	passphrase-file "$test_tmp/secret"
client=(client --address 10.88.0.2/24 --endpoint 192.0.2.1:7000 --passphrase secret)
ok "client: the daemon" daemon host2 "${client[@]}"
ok "client: it is reached" wait_until 20 reaches host1 10.88.0.2 -W 1
ok "client: from another port" tell host2 "socket 0.0.0.0:7777"
ok "client: its next packet tells that" pinged host2 10.88.0.1
ok "client: the kernel knows" is_at host1 cam01 192.0.2.2:7777
ip -n host2 address add 192.0.2.22/24 dev eth0
ok "client: from another address" tell host2 "socket 192.0.2.22:7778"
ok "client: its next packet tells that" pinged host2 10.88.0.1
ok "client: the kernel knows" is_at host1 cam01 192.0.2.22:7778
daemon host2 "${client[@]}"
took=$(seconds reaches host1 10.88.0.2 -W 1)
in_time "client: restarted, from another address, at sequence 0, it is reached again" 12 "$took"

# wrongs ROLE ADDRESS: the daemon in host2, which has that role, pings the kernel there, rightly and
# wrongly. Nothing else must be sent meanwhile.
wrongs() {
	local before answered fault name
	before=$(counter host1 replayed)
	ok "$1: ten pings are answered" pinged host2 "$2" 10
	ok "$1: it sends them again" tell host2 "replay 10"
	ok "$1: they are dropped" wait_until 10 has_counted host1 replayed $((before + 10))
	ok "$1: it goes back by 10 sequences" tell host2 "seq -10"
	ok "$1: and pings under old ones" tell host2 "ping $2 10"
	ok "$1: they are dropped" wait_until 10 has_counted host1 replayed $((before + 20))
	answered=$(answers host2 "$2")
	ok "$1: it holds back" tell host2 hold
	ok "$1: five pings" tell host2 "ping $2 5"
	ok "$1: it sends them backwards" tell host2 release
	ok "$1: they are answered, and nothing else was" wait_until 10 more_answers host2 "$2" $((answered + 5))
	for fault in magic=plaintext_refused type=malformed length=malformed sequence=malformed \
		version=malformed prefix=auth_failed body=auth_failed tag=auth_failed; do
		name=${fault#*=}
		before=$(counter host1 "$name")
		tell host2 "fault ${fault%=*}"
		tell host2 "ping $2"
		ok "$1: fault ${fault%=*}" wait_until 10 has_counted host1 "$name" $((before + 1))
	done
	is "$1: none of them was answered" "$(answers host2 "$2")" $((answered + 5))
}

ok "client: it is silent but for commands" tell host2 silent
wrongs client 10.88.0.1

# each in a session of its own, where only the text decides
number=0
for text in "text CX2P REGISTER VER=2 MODE=MANUAL LOCAL_IP=10.88.0.2" \
	"text CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2 COLOUR=red" \
	"text CX2P REGISTER VER=1 MODE=AUTO" \
	"text CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=one CLIENT_ID=two" \
	"padded 1024 CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2"; do
	before=$(counter host1 malformed)
	tell host2 "prefix 0000000$((number++))"
	tell host2 "$text"
	ok "client: $text" wait_until 10 has_counted host1 malformed $((before + 1))
done
tell host2 speak
ok "client: after all that it is reached" wait_until 15 reaches host1 10.88.0.2 -W 1

# --- two clients of the daemon's kind, and the kernel between them ---

ok "relay: a device" kernel host1 10.88.0.1/24 port 7000 relay on
for i in 2 3; do
	name=$([ $i -eq 2 ] && echo secret || echo other)
	ok "relay: a peer" camexctl -n host1 peer add camex0 "cam0$i" routes "10.88.0.$i/32" \
		passphrase-file "$test_tmp/$name"
	ok "relay: a daemon" daemon "host$i" client --address "10.88.0.$i/24" \
		--endpoint 192.0.2.1:7000 --passphrase "$name"
	ok "relay: it is reached" wait_until 20 reaches host1 "10.88.0.$i" -W 1
done
ok "relay: one reaches the other" pinged host2 10.88.0.3
ok "relay: and the other the one" pinged host3 10.88.0.2
end_daemon host3

# --- the daemon is the server ---

cat >"$test_tmp/camex.conf" <<'END'
[server]
port = 7000
local_cidr = 10.88.0.1/24
encrypt = yes
psk = secret
[client one]
local_cidr = 10.88.0.2/24
[client three]
local_cidr = 10.88.0.3/24
psk = other
END

# client_of HOST ADDRESS KEY: the kernel of HOST is a client of the daemon in host2.
client_of() {
	kernel "$1" "$2/24" port 7000 &&
		camexctl -n "$1" peer add camex0 server endpoint 192.0.2.2:7000 \
			routes 10.88.0.0/24 passphrase-file "$test_tmp/$3"
}

for tun in tun0 ""; do
	how="server${tun:+ with a tun device}"
	ok "$how: the daemon" daemon host2 server --conf "$test_tmp/camex.conf" ${tun:+--tun $tun}
	ok "$how: a client" client_of host1 10.88.0.2 secret
	ok "$how: it registers" wait_until 20 has_logged host2 1 \
		'.type == "REGISTER" and .verdict == "ok" and .local_ip == "10.88.0.2"'
	ok "$how: it reaches the daemon" wait_until 10 reaches host1 10.88.0.1 -W 1
	[ -z "$tun" ] || ok "$how: its MTU of 1500 makes fragments outside" \
		reaches host2 10.88.0.2 -s 1472 -M "do"
done
ok "server: it registers again" wait_until 25 has_logged host2 2 '.type == "REGISTER" and .verdict == "ok"'
ok "server: the daemon pings it" pinged host2 10.88.0.2
ok "server: it reaches the daemon" reaches host1 10.88.0.1
is "server: whose prefix has changed, and whose sequence has not" "$(logged_by host2 \
	'map(select(.dir == "out")) | [(map(.nonce_prefix) | unique | length) > 1, map(.seq) == [range(length)]]')" \
	"[true,true]"
is "server: nothing was wrong there" "$(logged_by host2 'map(select(.dir == "in" and .verdict == "refused"))')" "[]"
is "server: nor here" "$(counters host1)" ""

ok "server: a ping" tell host2 "ping 10.88.0.2"
ok "server: again" tell host2 "replay 1"
ok "server: it is dropped" wait_until 10 has_counted host1 replayed 1
ok "server: the oldest header" tell host2 "form 27"
ok "server: the daemon pings it" pinged host2 10.88.0.2
is "server: is answered with the same" \
	"$(logged_by host2 'map(select(.dir == "in" and .icmp_type == 0).version) | .[-1]')" null
ok "server: nothing is sent by itself" camexctl -n host1 peer set camex0 server register off keepalive 0
ok "server: whose form is the newest again" tell host2 "form 28"
wrongs server 10.88.0.2
ok "server: the client registers" camexctl -n host1 peer set camex0 server register manual keepalive 10
sleep 125
is "server: it forgets nobody who keeps alive" "$(logged_by host2 'map(select(.event == "forgotten"))')" "[]"
ok "server: CONFIG that nobody asked for" tell host2 \
	"text CX2P CONFIG VER=1 CLIENT_ID=one MTU=1000 LOCAL_CIDR=10.99.0.2/24"
ok "server: it reaches the daemon" reaches host1 10.88.0.1
is "server: its address has not changed" \
	"$(ip -n host1 -j -4 address show camex0 | jq -r '.[0].addr_info[].local')" 10.88.0.2

ok "server: another client, in host3, with a key of its own" client_of host3 10.88.0.3 other
ok "server: it reaches the daemon" wait_until 10 reaches host3 10.88.0.1 -W 1
ok "server: it reaches the other client" reaches host3 10.88.0.2
ok "server: which reaches it" reaches host1 10.88.0.3

daemon host2 server --conf "$test_tmp/camex.conf"
took=$(seconds reaches host1 10.88.0.1 -W 1)
in_time "server: restarted, at sequence 0, it is reached again" 12 "$took"
took=$(seconds reaches host3 10.88.0.1 -W 1)
in_time "server: by the other client as well" 12 "$took"
ip -n host1 address add 192.0.2.11/24 dev eth0
ok "server: a client on another port" camexctl -n host1 dev set camex0 port 7011 bind 192.0.2.11
ok "server: is found again by its inner address" reaches host1 10.88.0.1
ok "server: and reached" pinged host2 10.88.0.2

sed 's/^encrypt = .*/encrypt = no/' "$test_tmp/camex.conf" >"$test_tmp/plain.conf"
ok "plain server: the daemon" daemon host2 server --conf "$test_tmp/plain.conf"
ok "plain server: a client" kernel host1 10.88.0.2/24 port 7000 plaintext on
ok "plain server: its peer" camexctl -n host1 peer add camex0 server endpoint 192.0.2.2:7000 \
	routes 10.88.0.0/24
ok "plain server: it reaches the daemon" wait_until 20 reaches host1 10.88.0.1 -W 1
ok "plain server: which reaches it" pinged host2 10.88.0.2

# --- protocol raw ---

ok "raw: a device" kernel host1 10.88.0.1/24 port 7000 protocol raw
ok "raw: its peer" camexctl -n host1 peer add camex0 far endpoint 192.0.2.2:7002 routes 10.88.0.2/32
ok "raw: the other end" daemon host2 client --raw --bind 192.0.2.2:7002 --endpoint 192.0.2.1:7000 \
	--address 10.88.0.2/24
ok "raw: it reaches the kernel" pinged host2 10.88.0.1
ok "raw: which reaches it" reaches host1 10.88.0.2

done_testing
