#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A link for every peer: when it comes, what it carries, when it goes.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2034,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
declare -A id=([server]=00000000000000ff [c2]=0000000000000002 [c3]=0000000000000003)
events=$test_tmp/events
many=200 packets=2000
if [ -n "${CAMEX_LONG-}" ]; then many=1000 packets=10000; fi
if slow; then many=100; fi

# link HOST PEER: what its own link is called, "null": it has none.
link() {
	peer "$1" "$2" .link
}

has_link() {
	[ "$(link host1 "$1")" != null ]
}

no_link() {
	[ "$(link host1 "$1")" = null ]
}

# client HOST [KEYWORD VALUE]...: a client in HOST, whose inner address is 10.0.0.I.
client() {
	local host=$1
	shift
	camexctl -n "$host" dev add camex0 "${form[@]}" ${own:+"${own[@]}"} &&
		camexctl -n "$host" peer add camex0 server endpoint 192.0.2.1:7000 routes any \
			keepalive 2 "$@" &&
		ip -n "$host" address add "10.0.0.${host#host}/24" dev camex0 &&
		ip -n "$host" link set camex0 up
}

# server [KEYWORD VALUE]...: it has a link for each peer.
server() {
	camexctl -n host1 dev add camex0 "${form[@]}" port 7000 links per-peer "$@" &&
		ip -n host1 link set camex0 up
}

# address PEER INNER: the server's end of the link of that peer.
address() {
	local link
	link=$(link host1 "$1")
	ip -n host1 address add 10.0.0.1 peer "$2" dev "$link" && ip -n host1 link set "$link" up
}

# interfaces: how many there are in host1, camex0 and its peers' links.
interfaces() {
	on host1 ls /sys/class/net | grep -c '^camex0'
}

both_gone() {
	local host
	for host in host1 host2 host3; do
		if on $host test -e /sys/class/net/camex0; then camexctl -n $host dev del camex0; fi
	done
}

ok "three hosts" hosts 3
(umask 077 && camexctl key gen >"$test_tmp/key2" && camexctl key gen >"$test_tmp/key3")

# --- protocol jtunnel: two clients, each with a link ---

form=(protocol jtunnel)
ok "a server" server id "${id[server]}"
for i in 2 3; do ok "its peer c$i" camexctl -n host1 peer add camex0 "c$i" id "${id[c$i]}"; done
is "there is no link yet" "$(peer host1 c2 .link) $(interfaces)" "null 1"
# The device's MTU changes. Links of peers over IPv4 must get the larger MTU all the same: see below.
ok "a peer over IPv6" camexctl -n host1 peer add camex0 six id 0000000000000006 endpoint '[2001:db8::9]:7000'
is "it lowers the device's MTU" "$(on host1 cat /sys/class/net/camex0/mtu)" 1400
ok "it goes" camexctl -n host1 peer del camex0 six
bg host1 camexctl -j monitor camex0 >"$events"
sleep 1
ok "strangers" on host2 "$here/identify.py" 192.0.2.2 192.0.2.1 7000 random 2000
ok "are counted" wait_until 20 eval '[ "$(counter host1 unknown_peer)" -gt 1000 ]'
is "they get no link" "$(interfaces)" 1
for i in 2 3; do
	own=(id "${id[c$i]}")
	ok "a client in host$i" client "host$i"
	ok "it gets a link" wait_until 20 has_link "c$i"
	ok "with an address" address "c$i" "10.0.0.$i"
done
is "they are called after the device" "$(link host1 c2) $(link host1 c3)" "camex0-0 camex0-1"
like "what they are" "$(ip -n host1 -d link show camex0-0)" \
	'camex0-0@camex0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1420 .* camex '
ok "the events tell" wait_until 10 eval '[ "$(jq -rs "[.[] | select(.event == \"link_add\") | .link] | join(\" \")" "$events")" = "camex0-0 camex0-1" ]'
for i in 2 3; do
	ok "host1 reaches host$i" wait_until 10 reaches host1 "10.0.0.$i"
	ok "host$i reaches host1" reaches "host$i" 10.0.0.1
done
is "through its own link" "$(ip -n host1 -s -j link show camex0-1 | jq '.[0].stats64 | .rx.packets >= 2 and .tx.packets >= 2')" true
on host2 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ok "multicast goes through" eval 'on host1 ping -q -n -c 1 -W 5 -I camex0-0 224.0.0.1'
nok "a link is not to be deleted" ip -n host1 link del camex0-0
nok "the parent carries nothing" on host1 ping -q -n -c 1 -W 1 -I camex0 10.0.0.2
is "it says so" "$(counter host1 no_route)" 1

iperf_server host2
ok "TCP" tcp_bps host1 10.0.0.2 2M
received() {
	ip -n host1 -s -j link show camex0-1 | jq '.[0].stats64.rx.packets'
}
ok "a link goes down" ip -n host1 link set camex0-1 down
before=$(counter host1 link_pending) seen=$(received)
nok "nobody answers there" on host3 ping -q -n -c 1 -W 2 10.0.0.1
is "what comes for it is counted, and goes nowhere" \
	"$(($(counter host1 link_pending) - before)) $(received)" "1 $seen"
ok "it goes up again" ip -n host1 link set camex0-1 up
ok "the link's MTU is the user's" ip -n host1 link set camex0-0 mtu 1300
ok "what is larger is told" on host1 ping -q -n -c 1 -W 5 -M "do" -s 1272 10.0.0.2
nok "by the stack" on host1 ping -q -n -c 1 -W 1 -M "do" -s 1273 10.0.0.2

# --- the device is down ---

carrier() {
	[[ $(ip -n host1 link show camex0-0) == *"$1"* ]]
}
ok "the device goes down" ip -n host1 link set camex0 down
ok "its links have no carrier" wait_until 10 carrier NO-CARRIER
before=$(peer host1 c2 .tx_packets)
nok "nothing goes through" reaches host1 10.0.0.2 -W 1
is "nor out" "$(peer host1 c2 .tx_packets)" "$before"
ok "it is up again" ip -n host1 link set camex0 up
ok "and so are they" wait_until 10 carrier LOWER_UP
ok "host1 reaches host2" wait_until 10 reaches host1 10.0.0.2

# --- one is forgotten, and the others lose nothing ---

bg host3 timeout 120 ping -q -n -i 0.002 -c $packets 10.0.0.1 >"$test_tmp/ping"
pinger=$!
sleep 2
index=$(on host1 cat /sys/class/net/camex0-0/ifindex)
ok "a client is forgotten" camexctl -n host1 peer forget camex0 c2
ok "its link goes" wait_until 10 eval '[ "$(on host1 cat /sys/class/net/camex0-0/ifindex)" != "$index" ]'
ok "it is heard, and gets another" wait_until 20 has_link c2
ok "with an address" address c2 10.0.0.2
ok "host1 reaches it again" wait_until 10 reaches host1 10.0.0.2
ok "a client is deleted" camexctl -n host1 peer del camex0 c2
is "its link is gone" "$(interfaces)" 2
ok "it is there again" camexctl -n host1 peer add camex0 c2 id "${id[c2]}"
ok "and has a link" wait_until 20 has_link c2
wait $pinger
like "the other has lost none of its packets" "$(<"$test_tmp/ping")" "$packets packets transmitted, $packets received"
is "the events tell of each" "$(jq -rs '[.[] | select(.event[:4] == "link") | "\(.event[5:]) \(.peer) \(.link)"] | join(", ")' "$events")" \
	"add c2 camex0-0, add c3 camex0-1, del c2 camex0-0, add c2 camex0-0, del c2 camex0-0, add c2 camex0-0"

# --- namespaces ---

ip netns add inner
ok "a link moves to another namespace" ip -n host1 link set camex0-1 netns inner
ip -n inner address add 10.0.0.1 peer 10.0.0.3 dev camex0-1
ip -n inner link set camex0-1 up
ok "and works there" wait_until 10 on inner ping -q -n -c 1 -W 5 10.0.0.3
ip netns del inner
ok "it goes with that, and there is another one" wait_until 30 eval '[ "$(link host1 c3)" != null ] && on host1 test -e /sys/class/net/"$(link host1 c3)"'
ok "with an address" address c3 10.0.0.3
ok "host1 reaches its peer" wait_until 10 reaches host1 10.0.0.3

# --- silence ---

ok "a timeout" camexctl -n host1 dev set camex0 link-timeout 5
sleep 7
ok "who is heard keeps its link" has_link c3
ip -n host3 link set camex0 down
start=$EPOCHREALTIME
ok "who falls silent loses it" wait_until 60 no_link c3
took=$(tenths "$start")
check "after 5 s ($took tenths of a second)" "[ $took -ge 30 ] && [ $took -le 120 ]"
ok "the other keeps it" has_link c2
ip -n host3 link set camex0 up
ok "until it is heard" wait_until 20 has_link c3

# --- a device whose name leaves no room for a number ---

# renamed FROM TO: the device is up again under another name
renamed() {
	ip -n host1 link set "$1" down && ip -n host1 link set "$1" name "$2" && ip -n host1 link set "$2" up
}
# called NAME: c2's link
called() {
	[ "$(camexctl -n host1 -j peer show abcdefghijklmno c2 | member link)" = "$1" ]
}
ok "a name of 15 bytes" renamed camex0 abcdefghijklmno
ok "a client is forgotten" camexctl -n host1 peer forget abcdefghijklmno c2
ok "its next link is called after the first 9 bytes of the name" wait_until 20 called abcdefghi-0
ok "the old name" renamed abcdefghijklmno camex0
ok "the device goes" camexctl -n host1 dev del camex0
is "with all links" "$(interfaces) $(on host1 ls /sys/class/net | grep -c '^abc')" "0 0"
both_gone

# --- the same with keys, protocol camex, and a name ---

for form in camex jtunnel; do
	form=(protocol "$form")
	what=${form[1]}
	ok "$what: a server" server link-name 'cam%dx'
	for i in 2 3; do
		own=() also=()
		if [ "$what" = jtunnel ]; then
			own=(id "${id[c$i]}") also=("${own[@]}")
		fi
		ok "$what: a peer" camexctl -n host1 peer add camex0 "c$i" key-file "$test_tmp/key$i" "${also[@]}"
		ok "$what: a client" client "host$i" key-file "$test_tmp/key$i"
		ok "$what: it gets a link" wait_until 20 has_link "c$i"
		ok "$what: with an address" address "c$i" "10.0.0.$i"
		ok "$what: host$i reaches host1" wait_until 10 reaches "host$i" 10.0.0.1
	done
	is "$what: its name is as given" "$(link host1 c2) $(link host1 c3)" "cam0x cam1x"
	ok "$what: TCP" tcp_bps host1 10.0.0.2 2M
	ok "$what: TCP, the other way" tcp_bps host1 10.0.0.2 2M -R
	both_gone
done

# --- names that are used up ---

# peers_file N NAME: N peers on camex0, whose links are called so.
peers_file() {
	printf '[device]\nname = camex0\nprotocol = jtunnel\nport = 7000\nlinks = per-peer\nlink-name = %s\n' "$2"
	for ((i = 1; i <= $1; i++)); do printf '[peer p%d]\nid = %016x\n' $i $((4096 + i)); done
}
named() {
	on host1 ls /sys/class/net | grep -c "^$1"
}
peers_file 101 abcdefghijklm%d >"$test_tmp/names.up"
ok "101 peers, and names for 100" camexctl -n host1 up "$test_tmp/names.up"
ok "all of them are heard" on host2 "$here/identify.py" 192.0.2.2 192.0.2.1 7000 0000000000001001 101
ok "each gets a link" wait_until 120 eval '[ "$(named abcdefghijklm)" = 100 ]'
ok "but one" no_link p101
ok "which is counted" wait_until 10 eval '[ "$(counter host1 no_memory)" -gt 0 ]'
ok "one of them goes" camexctl -n host1 peer del camex0 p50
heard_there() {
	on host2 "$here/identify.py" 192.0.2.2 192.0.2.1 7000 0000000000001065 && has_link p101
}
ok "the other has its place once it is heard" wait_until 30 heard_there
both_gone

# --- many ---

form=(protocol jtunnel)
peers_file $many camex0-%d >"$test_tmp/many.up"
ok "$many peers" camexctl -n host1 up "$test_tmp/many.up"
start=$EPOCHREALTIME
ok "all of them are heard" on host2 "$here/identify.py" 192.0.2.2 192.0.2.1 7000 0000000000001001 $many
ok "each gets a link" wait_until 300 eval '[ "$(named camex0-)" = $many ]'
took=$(($(tenths "$start") / 10))
note "$many links took $took s"
slow || ok "within 30 s" test "$took" -lt 30
is "none is another's" "$(camexctl -n host1 -j peer show camex0 | jq '[.[].link] | unique | length')" $many

# --- the end ---

own=(id "$(printf %016x 4097)")
ok "a client" client host2
ok "is heard" wait_until 20 has_link p1
ok "its link" address p1 10.0.0.2
start_flood() {
	flow host1 10.0.0.2
	flow host2 10.0.0.1
}
iperf_server host1
start_flood
sleep 2
ok "the namespace of $many links goes, with traffic" ip netns del host1
wait_until 60 eval '! ip netns list | grep -qw host1'
ok "the module can be removed" wait_until 60 modprobe -r camex
end_traffic
test_hosts=(host2 host3 net0)
if on host2 test -e /sys/class/net/camex0; then camexctl -n host2 dev del camex0; fi

# --- the device is in a namespace whose owner may not delete it ---

ok "host1 again" eval 'remove_hosts && hosts 3'
ok "a server" server
ok "of a chosen MTU" ip -n host1 link set camex0 mtu 1350
ok "its peer" camexctl -n host1 peer add camex0 c2 id "${id[c2]}"
own=(id "${id[c2]}")
ok "a client" client host2
ok "it gets a link" wait_until 20 has_link c2
ok "with an address" address c2 10.0.0.2
link=$(link host1 c2)
is "of that MTU" "$(on host1 cat "/sys/class/net/$link/mtu")" 1350
bg host3 unshare --user --map-root-user --net sleep 1000
owner=$!
ok "another user's namespace" wait_until 60 eval '[ "$(readlink /proc/$owner/ns/user)" != "$(readlink /proc/$$/ns/user)" ]'
ok "the device moves there" ip -n host1 link set camex0 netns $owner
ok "and is up there" nsenter -t $owner -n ip link set camex0 up
ok "the link, which stays, carries on" wait_until 20 reaches host1 10.0.0.2
nok "its owner cannot delete the device" nsenter -t $owner --user --net ip link del camex0
flow host1 10.0.0.2
sleep 1
ok "the module can be removed" wait_until 60 modprobe -r camex
nok "the link is gone" on host1 test -e "/sys/class/net/$link"

done_testing
