#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What programs read: each output with -j is as Documentation/json says, and promtool takes the one for
# Prometheus.
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

# schema DESCRIPTION NAME WORD...: so is what camexctl prints with -j
schema() {
	local description=$1 name=$2
	shift 2
	ctl -j "$@" >"$test_tmp/json" 2>"$test_tmp/error" && valid "$name" <"$test_tmp/json" >>"$test_tmp/error"
	result $? "$description"
	note <"$test_tmp/error"
}

umask 077
ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
camexctl key gen >"$test_tmp/other"
camexctl key public <"$test_tmp/other" >"$test_tmp/public"

# --- a tunnel, with traffic and without ---
bg host1 camexctl -j monitor >"$test_tmp/events"
ok "a tunnel" tunnel 4 key
ok "ping" wait_until 20 reaches host1 10.0.0.2
ok "another address of the far end" ip -n host2 address add 10.0.9.2/32 dev camex0
on host2 ping -q -c 3 -i 0.2 -W 1 -I 10.0.9.2 10.0.0.1 >"$test_tmp/output"
is "a source that is not the peer's" "$(ctl -j stats camex0 | jq .bad_source)" 3
ok "a key goes" ctl key del camex0 host2
ok "and comes" ctl key set camex0 host2 key-file "$test_tmp/key"
ok "ping again" wait_until 20 reaches host1 10.0.0.2

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
ip netns exec host1 "${nobody[@]}" camexctl -j show >"$test_tmp/json"
ok "show, for who has no capability" eval 'valid show <"$test_tmp/json"'
ok "events" eval 'valid event lines <"$test_tmp/events"'
nok "a key that is not in the schema is found" eval 'ctl -j stats camex0 | jq ".surplus = 1" | valid stats'
nok "and one that is missing" eval 'ctl -j show camex0 | jq "map(del(.peers[0].state))" | valid show'

# --- Prometheus ---
ctl stats prometheus >"$test_tmp/metrics"
ok "promtool takes them" eval 'promtool check metrics <"$test_tmp/metrics" >"$test_tmp/lint" 2>&1'
is "and finds nothing to better" "$(<"$test_tmp/lint")" ""
nok "it would" eval 'sed "s/^# HELP camex_peer_state.*//" "$test_tmp/metrics" | promtool check metrics'
like "drops of a device" "$(<"$test_tmp/metrics")" $'\ncamex_dropped_packets_total\{device="camex0",reason="bad_source"\} 3\n'
like "a name with a quotation mark" "$(<"$test_tmp/metrics")" $'\ncamex_peer_state\{device="camex4",peer="a\\\\"b\\\\\\\\c",state="waiting"\} 1\n'
is "a device, and its peers alone" "$(ctl stats camex4 prometheus | sed -n 's/^[^#]*device="\([^"]*\)".*/\1/p' | sort -u)" camex4
is "the numbers are those of JSON" "$(sed -n 's/^camex_peer_receive_bytes_total{device="camex0",peer="host2"} //p' "$test_tmp/metrics")" \
	"$(peer host1 host2 .rx_bytes)"
done_testing
