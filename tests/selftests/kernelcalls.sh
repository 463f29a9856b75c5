#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Calls of the kernel fail that the module makes: what memory.sh and faults.sh cannot reach (per-CPU memory, hash tables, what
# is allocated in two ways, what is registered, sockets), and what is done for each packet.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2034,SC2317 # stations; functions that are called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/failing.bash"
here=$(dirname "$0")

nothing() {
	ip link del camex0 2>/dev/null
}

# --- the module ---

# loads_whole: the module loads after it did not, and a device can be made
loads_whole() {
	modprobe camex && camexctl dev add camex0 port 7000 && ip link set camex0 up && nothing && modprobe -r camex
}

ok "what the module calls when it is loaded" modprobe camex fail=-
registered=$(</sys/module/camex/parameters/fail)
ok "it is unloaded" modprobe -r camex
tries=0 taken="" dirty=""
while read -r name count; do
	for ((n = 1; n <= count; n++)); do
		tries=$((tries + 1))
		if modprobe camex "fail=$name:$n" 2>/dev/null; then
			taken+=" $name:$n"
			modprobe -r camex
		fi
		[ ! -e /dev/camex ] && [ ! -e /sys/module/camex ] || dirty+=" $name:$n"
	done
done <<<"$registered"
note "loading: $tries calls"
ok "of loading, there are many calls" [ $tries -gt 10 ]
is "the module is not loaded if one of its calls fails" "$taken" ""
is "nothing of it stays" "$dirty" ""
ok "then it is loaded" loads_whole

# --- requests ---

ok "the module" modprobe camex
(umask 077 && camexctl key gen >"$test_tmp/key" && camexctl key gen >"$test_tmp/other" && wg genpsk >"$test_tmp/psk")
for i in 1 2; do wg genkey >"$test_tmp/wg$i" && wg pubkey <"$test_tmp/wg$i" >"$test_tmp/pub$i"; done
public=(public-key "$(<"$test_tmp/pub1")")
wireguard=(protocol wireguard private-key-file "$test_tmp/wg2")

each_call nothing camexctl dev add camex0 port 7000
open_udp() { device port 7000 && ip link set camex0 up; }
# on the debug kernel it takes too long
slow || puts=yes
each_call open_udp camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key" routes 10.0.0.2/32,fd00::2/128
puts=""
frames() { device link tap port 7000 && camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key"; }
stations=there
each_call frames camexctl fdb add camex0 02:00:00:00:00:07 peer bob
stations=""

# on the debug kernel these take minutes
more_requests() {
	each_call nothing camexctl dev add camex0 protocol jtunnel id 0123456789abcdef port 7000 link tap
	each_call nothing camexctl dev add camex0 "${wireguard[@]}" port 7000
	each_call nothing camexctl dev add camex0 transport tcp port 7000
	each_call nothing camexctl dev add camex0 transport udp,tcp port 7000
	each_call nothing camexctl dev add camex0 transport serial
	each_call nothing camexctl dev add camex0 transport char
	each_call nothing camexctl dev add camex0 links per-peer port 7000
	each_call nothing camexctl dev add camex0 tx netpoll port 7000
	each_call nothing camexctl dev add camex0 rx netfilter port 7000 bind-dev lo
	each_call nothing ip link add camex0 type camex

	open_wg() { device "${wireguard[@]}" port 7000 && ip link set camex0 up; }
	each_call open_wg camexctl peer add camex0 bob "${public[@]}" preshared-key-file "$test_tmp/psk" cipher aes-256-gcm \
		endpoint 192.0.2.2:7000 routes 10.0.0.2/32
	per_peer() { device links per-peer port 7000; }
	each_call per_peer camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key"
	puts=yes
	each_call open_udp camexctl dev set camex0 port 7001
	with_bob() { open_udp && camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key" routes 10.0.0.2/32; }
	each_call with_bob camexctl peer set camex0 bob endpoint 192.0.2.3:7000 key-file "$test_tmp/other" routes 10.0.0.0/24
	each_call with_bob camexctl show camex0
	each_call with_bob camexctl route show camex0
	puts=""
	jtunnel() { device protocol jtunnel id 0123456789abcdef port 7000; }
	each_call jtunnel camexctl peer add camex0 bob id 0011223344556677 endpoint 192.0.2.2:7000 key-file "$test_tmp/key"
	open_tcp() { device transport tcp port 7000 && ip link set camex0 up; }
	each_call open_tcp camexctl dev set camex0 port 7001
	each_call open_tcp camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key"
	open_both() { device transport udp,tcp port 7000 && ip link set camex0 up; }
	each_call open_both camexctl dev set camex0 port 7001
	each_call open_both camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key"
	each_call nothing "$here/faultcalls.py" tun
	each_call nothing "$here/faultcalls.py" tap_link
	line() { ip link del ser0 2>/dev/null; camexctl dev add ser0 transport serial && ip link set ser0 up; }
	each_call line "$here/faultcalls.py" ldisc
	ip link del ser0
}
if ! slow || [ -n "${CAMEX_LONG-}" ]; then more_requests; fi
nothing
ok "the module goes" modprobe -r camex

done_testing
