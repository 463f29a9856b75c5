#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What programs read: each output with -j is as Documentation/json says, promtool takes the one for
# Prometheus, each change of a device is an event, and what is dropped is counted for its peer.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2128,SC2178,SC2317
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")

# ctl WORD...: in host1
ctl() {
	camexctl -n host1 "$@"
}

# valid NAME [lines]: stdin is as Documentation/json/NAME.json says
valid() {
	"$here/validate.py" "$@"
}

# Each schema is that of an output, and each output has one. Those of "watch" and "resolve" are tried by
# tests of these names, that of a peer is part of others.
schemas="changes dev-show event fdb-show hook peer peer-show resolved route-show show stats"
is "the schemas" "$(cd "$here/../../Documentation/json" && printf '%s\n' *.json | sed 's/.json$//' | sort | paste -sd' ')" "$schemas"
is "there is one for each function that prints JSON" \
	"$(grep -o '^int json_[a-z]*' "$here/../../ctl/output/output.h" | sed 's/.*json_//' | sort | paste -sd' ')" \
	"changes devices event hook peers resolved routes stations stats"

# schema DESCRIPTION NAME WORD...: so is what camexctl prints with -j
schema() {
	local description=$1 name=$2
	shift 2
	ctl -j "$@" >"$test_tmp/json" 2>"$test_tmp/error" && valid "$name" <"$test_tmp/json" >>"$test_tmp/error"
	result $? "$description"
	note <"$test_tmp/error"
}

# events: those so far that are not about the state of a peer: "event dev peer"
events() {
	jq -r 'select(.event | test("^(dev|peer)_(add|del|set)$|^routes$|^fdb$")) | "\(.event) \(.dev) \(.peer)"' "$test_tmp/events"
}

# tells DESCRIPTION EVENTS COMMAND...: COMMAND tells these, in this order
tells() {
	local description=$1 wanted=$2
	shift 2
	before=$(events | wc -l)
	"$@" >"$test_tmp/output" 2>&1 || note <"$test_tmp/output"
	wait_until 10 eval '[ "$(events | tail -n +$((before + 1)) | paste -sd,)" = "$wanted" ]'
	is "$description" "$(events | tail -n +$((before + 1)) | paste -sd,)" "$wanted"
}

umask 077
ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
for name in key other; do camexctl key gen >"$test_tmp/$name"; done
camexctl key public <"$test_tmp/other" >"$test_tmp/public"

# --- events ---
bg host1 camexctl -j monitor >"$test_tmp/events"
ok "it listens" wait_until 10 eval 'ctl dev add probe && ctl dev del probe && grep -q dev_del "$test_tmp/events"'
tells "a device comes" "dev_add camex0 null" ctl dev add camex0 port 7000
tells "and is changed" "dev_set camex0 null" ctl dev set camex0 relay on
tells "a refused change tells nothing" "" ctl dev set camex0 bind-dev nothing0
tells "a peer comes" "peer_add camex0 host2" ctl peer add camex0 host2 endpoint 192.0.2.2:7000 key-file "$test_tmp/key" \
	routes 10.0.0.2/32
tells "another" "peer_add camex0 third" ctl peer add camex0 third key-file "$test_tmp/other"
tells "one that is refused tells nothing" "" ctl peer add camex0 fourth routes 10.0.0.2/32
tells "a peer is changed" "peer_set camex0 third" ctl peer set camex0 third keepalive 20
tells "with its routes" "peer_set camex0 third,routes camex0 third" ctl peer set camex0 third routes 10.0.3.0/24
tells "it has another key" "peer_set camex0 third" ctl key set camex0 third key-file "$test_tmp/key"
tells "and none" "peer_set camex0 third" ctl key del camex0 third
tells "it is forgotten" "peer_set camex0 third" ctl peer forget camex0 third
tells "a route comes" "routes camex0 third" ctl route add camex0 10.0.4.0/24 peer third
tells "moves" "routes camex0 third,routes camex0 host2" ctl route replace camex0 10.0.4.0/24 peer host2
tells "and goes" "routes camex0 host2" ctl route del camex0 10.0.4.0/24
tells "a peer goes" "peer_del camex0 third" ctl peer del camex0 third
tells "the device is renamed" "dev_set camexA null" ip -n host1 link set camex0 name camexA
tells "and back" "dev_set camex0 null" ip -n host1 link set camexA name camex0
tells "it goes elsewhere" "dev_del camex0 null" ip -n host1 link set camex0 netns host2
tells "and comes back" "dev_add camex0 null" ip -n host2 link set camex0 netns host1
tells "ip deletes one with a peer" "dev_add camex1 null,peer_add camex1 a,dev_del camex1 null" \
	eval 'ip -n host1 link add camex1 type camex; ctl peer add camex1 a; ip -n host1 link del camex1'
bg host1 camexctl -j monitor camex0 >"$test_tmp/events0"
ok "a monitor of one device" wait_until 10 eval 'ctl dev set camex0 relay off && ctl dev set camex0 relay on && [ -s "$test_tmp/events0" ]'
# printed EVENT: has the monitor of all devices printed it?
printed() {
	[[ $(events) == *"$1"* ]]
}
# it must have printed those events before the next ones are compared
ok "another device comes and goes" eval 'ctl dev add other0 && ctl dev del other0 && wait_until 10 printed "dev_del other0"'

tells "a tap link comes" "dev_add tap0 null" ctl dev add tap0 link tap protocol raw port 7010
tells "with two peers" "peer_add tap0 a,peer_add tap0 b" eval 'for peer in a b; do ctl peer add tap0 $peer; done'
tells "a static entry comes" "fdb tap0 a" ctl fdb add tap0 02:00:00:00:00:01 peer a
tells "the same again tells nothing" "" ctl fdb add tap0 02:00:00:00:00:01 peer a
tells "it moves" "fdb tap0 a,fdb tap0 b" ctl fdb add tap0 02:00:00:00:00:01 peer b
tells "and goes" "fdb tap0 b" ctl fdb del tap0 02:00:00:00:00:01
tells "bridge adds and deletes one" "peer_set tap0 a,fdb tap0 a,fdb tap0 a" eval 'ctl peer set tap0 a endpoint 192.0.2.2:7010
	on host1 bridge fdb add 02:00:00:00:00:02 dev tap0 dst 192.0.2.2 port 7010
	on host1 bridge fdb del 02:00:00:00:00:02 dev tap0'
tells "one that is not there tells nothing" "" ctl fdb del tap0 02:00:00:00:00:01

# A socket of the LLC protocol, which is in the first namespace alone, refers to a device for a while: the
# kernel repeats each second that the device goes.
hold_device() {
	python3 - "$1" <<-'END'
		import ctypes, fcntl, socket, struct, sys, time
		name = sys.argv[1].encode()
		mac = fcntl.ioctl(socket.socket(), 0x8927, struct.pack("16s24x", name))[18:24]
		sock = socket.socket(26, socket.SOCK_DGRAM, 0)
		libc = ctypes.CDLL(None, use_errno=True)
		address = struct.pack("=HHBBBB6s2x", 26, 1, 0, 0, 0, 0x10, mac)
		if libc.bind(sock.fileno(), address, len(address)):
		    sys.exit(f"bind: {ctypes.get_errno()}")
		print("held", flush=True)
		time.sleep(4)
	END
}
if modprobe -q llc2; then
	camexctl -j monitor >"$test_tmp/here" &
	test_pids+=($!)
	ok "it listens there" wait_until 10 eval 'camexctl dev add probe && camexctl dev del probe && grep -q dev_del "$test_tmp/here"'
	ok "a device" camexctl dev add hold0 link tap protocol raw port 7011
	ip link set hold0 up
	hold_device hold0 >"$test_tmp/held" 2>&1 &
	test_pids+=($!)
	ok "that something refers to" wait_until 20 grep -q held "$test_tmp/held"
	note <"$test_tmp/held"
	held_at=${EPOCHREALTIME%.*}
	ok "goes" camexctl dev del hold0
	ok "which takes a while" [ $((${EPOCHREALTIME%.*} - held_at)) -ge 2 ]
	ok "a later event" eval 'camexctl dev add last0 && wait_until 10 grep -q last0 "$test_tmp/here"'
	is "and is told once" "$(jq -r 'select(.dev == "hold0" and .event == "dev_del") | .event' "$test_tmp/here")" dev_del
	camexctl dev del last0
fi
tells "the tap link goes" "dev_del tap0 null" ctl dev del tap0

# --- traffic, and what is dropped of it ---
ip -n host1 address add 10.0.0.1/24 dev camex0
ip -n host1 link set camex0 up
ok "the other end" camexctl -n host2 dev add camex0 port 7000
camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000 key-file "$test_tmp/key" routes 10.0.0.1/32
ip -n host2 address add 10.0.0.2/24 dev camex0
ip -n host2 address add 10.0.9.2/32 dev camex0
ip -n host2 link set camex0 up
ok "ping" wait_until 20 reaches host1 10.0.0.2
is "nothing is dropped" "$(peer host1 host2 '[.rx_dropped, .tx_dropped] | @csv')" 0,0
on host2 ping -q -c 3 -i 0.2 -W 1 -I 10.0.9.2 10.0.0.1 >"$test_tmp/output"
is "a source that is not the peer's" "$(peer host1 host2 '[.rx_dropped, .tx_dropped] | @csv')" 3,0
is "the device counts the same" "$(ctl -j stats camex0 | jq .bad_source)" 3
on host1 ping -q -c 2 -i 0.2 -W 1 -s 3000 -M 'do' 10.0.0.2 >"$test_tmp/output" 2>&1
ok "a key goes, and packets to the peer" ctl key del camex0 host2
on host1 ping -q -c 2 -i 0.2 -W 1 10.0.0.2 >"$test_tmp/output" 2>&1
is "are counted" "$(peer host1 host2 '[.rx_dropped, .tx_dropped] | @csv')" 3,2
like "and shown" "$(ctl show camex0)" 'dropped    received 3, sent 2'
ok "the key is back" ctl key set camex0 host2 key-file "$test_tmp/key"

# --- other devices, then all outputs ---
ok "raw, tap" ctl dev add camex2 link tap protocol raw port 7002
ctl peer add camex2 far endpoint 192.0.2.2:7002
ctl fdb add camex2 02:00:00:00:00:01 peer far
ctl fdb add camex2 02:00:00:00:00:02 vlan 7 peer far
ok "jtunnel, links of peers' own" ctl dev add camex3 protocol jtunnel links per-peer port 7003 id 0123456789abcdef
ctl peer add camex3 far id 0011223344556677 endpoint 192.0.2.2:7003
ok "wireguard" ctl dev add camex4 protocol wireguard port 7004 private-key-file "$test_tmp/key"
ctl peer add camex4 'a"b\c' public-key "$(<"$test_tmp/public")" endpoint '[2001:db8::2]:7004' routes fd00::/64,10.9.0.0/16
ok "char" ctl dev add camex5 transport char
ok "profiles" ctl peer set camex0 host2 address 10.0.0.2/24 gateway 10.0.0.1 mtu 1400 push-routes 198.51.100.0/24
schema "show" show show
schema "show DEV" show show camex0
schema "dev show" dev-show dev show
for dev in camex0 camex2 camex3 camex4 camex5; do
	schema "peer show $dev" peer-show peer show $dev
	schema "stats $dev" stats stats $dev
done
schema "route show" route-show route show camex4
schema "fdb show" fdb-show fdb show camex2
printf '[server]\nport = 7006\nlocal_cidr = 10.6.0.1/24\npsk = secret\n[client a]\nlocal_cidr = 10.6.0.2/24\n' >"$test_tmp/clients"
ok "a server" ctl dev add camex6
schema "load dry-run" changes load camex6 "$test_tmp/clients" dry-run
is "tells what it would do" "$(jq -c '[.added, .changed, .removed, (.changes | length > 0)]' <"$test_tmp/json")" '[1,0,0,true]'
schema "load" changes load camex6 "$test_tmp/clients"
is "tells what it did" "$(jq -c . <"$test_tmp/json")" '{"added":1,"changed":0,"removed":0,"changes":[]}'
printf '[device]\nname = camex6\nport = 7007\nrelay = on\n' >"$test_tmp/camex6.up"
schema "reload" changes reload "$test_tmp/camex6.up"
is "tells each change" "$(jq -c '[.removed, (.changes | map(select(test("7007"))) | length)]' <"$test_tmp/json")" '[1,1]'
schema "of which there is none the next time" changes reload "$test_tmp/camex6.up"
is "and says so" "$(jq -c .changes <"$test_tmp/json")" '[]'
ip netns exec host1 "${nobody[@]}" camexctl -j show >"$test_tmp/json"
ok "show, for who has no capability" eval 'valid show <"$test_tmp/json"'
ok "events" eval 'valid event lines <"$test_tmp/events"'
is "a monitor of one device prints only that device" "$(jq -r .dev "$test_tmp/events0" | sort -u)" camex0
nok "a key that is not in the schema is found" eval 'ctl -j stats camex0 | jq ".surplus = 1" | valid stats'
nok "and one that is missing" eval 'ctl -j show camex0 | jq "map(del(.peers[0].state))" | valid show'

# --- Prometheus ---
ctl stats prometheus >"$test_tmp/metrics"
ok "promtool takes them" eval 'promtool check metrics <"$test_tmp/metrics" >"$test_tmp/lint" 2>&1'
is "and finds nothing to better" "$(<"$test_tmp/lint")" ""
nok "it would" eval 'sed "s/^# HELP camex_peer_state.*//" "$test_tmp/metrics" | promtool check metrics'
ctl stats prometheus openmetrics >"$test_tmp/open"
is "OpenMetrics: the samples are the same" "$(grep -v '^#' "$test_tmp/open" | sed 's/ [^ ]*$//')" "$(grep -v '^#' "$test_tmp/metrics" | sed 's/ [^ ]*$//')"
# promtool makes blocks of samples, which need a time for that, and a file system that promises no space
mkdir "$test_tmp/blocks"
ok "a file system for blocks" mount -t ramfs ramfs "$test_tmp/blocks"
ok "promtool takes it" eval 'sed "/^#/!s/$/ $EPOCHSECONDS/" "$test_tmp/open" >"$test_tmp/timed" &&
	promtool tsdb create-blocks-from openmetrics "$test_tmp/timed" "$test_tmp/blocks"'
is "with the type of a counter, by the name without _total" "$(grep -c '^# TYPE camex_peer_receive_bytes counter$' "$test_tmp/open")" 1
nok "the other one it does not" eval 'sed "/^#/!s/$/ $EPOCHSECONDS/" "$test_tmp/metrics" >"$test_tmp/timed" &&
	promtool tsdb create-blocks-from openmetrics "$test_tmp/timed" "$test_tmp/blocks"'
like "because of its end" "$(<"$test_tmp/output")" '# EOF'
umount "$test_tmp/blocks"
nok "openmetrics alone" ctl stats camex4 openmetrics
like "says what is missing" "$(<"$test_tmp/output")" 'openmetrics goes after prometheus'
like "drops of a device" "$(<"$test_tmp/metrics")" $'\ncamex_dropped_packets_total\{device="camex0",reason="bad_source"\} 3\n'
like "drops of a peer" "$(<"$test_tmp/metrics")" $'\ncamex_peer_receive_dropped_packets_total\{device="camex0",peer="host2"\} 3\n'
like "a device that is up has 1" "$(<"$test_tmp/metrics")" $'\ncamex_device_up\{device="camex0"\} 1\n'
like "one that is down has 0" "$(<"$test_tmp/metrics")" $'\ncamex_device_up\{device="camex2"\} 0\n'
like "a name with a quotation mark" "$(<"$test_tmp/metrics")" $'\ncamex_peer_state\{device="camex4",peer="a\\\\"b\\\\\\\\c",state="waiting"\} 1\n'
is "a device, and its peers alone" "$(ctl stats camex4 prometheus | sed -n 's/^[^#]*device="\([^"]*\)".*/\1/p' | sort -u)" camex4
is "the numbers are those of JSON" "$(sed -n 's/^camex_peer_receive_bytes_total{device="camex0",peer="host2"} //p' "$test_tmp/metrics")" \
	"$(peer host1 host2 .rx_bytes)"
done_testing
