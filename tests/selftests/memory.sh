#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Where there is no memory: requests of camexctl with one of the allocations failing that the kernel
# makes for them, another one each time; and traffic of which many allocations fail.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that are called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/failing.bash"
bytes=60000

ok "the module" modprobe camex
ok "what lets allocations fail" begin_faults
(umask 077 && camexctl key gen >"$test_tmp/key" && camexctl key gen >"$test_tmp/other")

nothing() {
	ip link del camex0 2>/dev/null
}
each nothing camexctl dev add camex0 port 7000

empty() {
	device port 7000 && ip link set camex0 up
}
each empty camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key" \
	routes 10.0.0.2/32,fd00::2/128
each empty camexctl dev set camex0 port 7001 bind 127.0.0.1

with_bob() {
	empty && camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key" \
		routes 10.0.0.2/32,fd00::2/128 address 10.0.0.2/24
}
# few of the allocations are for routes: if one of those fails, 10.0.0.2/32 must stay
step=$(((step + 4) / 5)) each with_bob camexctl peer set camex0 bob endpoint 192.0.2.3:7000 key-file "$test_tmp/other" \
	routes 10.0.0.2/32,10.0.0.3/32,10.0.1.0/24 push-routes 10.1.0.0/16
each with_bob camexctl key set camex0 bob key-file "$test_tmp/other"
each with_bob camexctl key del camex0 bob
each with_bob camexctl route add camex0 10.2.0.0/16 peer bob
each with_bob camexctl route del camex0 10.0.0.2/32 peer bob
each with_bob camexctl peer del camex0 bob

closed() {
	device port 7000 && camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key" routes any
}
each closed ip link set camex0 up

frames() {
	device link tap port 7000 && camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key"
}
stations=there
each frames camexctl fdb add camex0 02:00:00:00:00:07 peer bob
stations=""

several() {
	device protocol jtunnel links per-peer port 7000 id 0123456789abcdef
}
each several camexctl peer add camex0 bob id 0011223344556677 endpoint 192.0.2.2:7000 key-file "$test_tmp/key"
nothing

# --- traffic ---

# Of those that must not wait, which are a network's.

# lacking: all comes over TCP, as often as it takes until each end had to do without.
lacking() {
	for _ in {1..100}; do
		exchanged more "$bytes" || return
		[ "$(counter host1 no_memory)" -eq 0 ] || [ "$(counter host2 no_memory)" -eq 0 ] || return 0
	done
	false
}

start_exchange
ok "two hosts" hosts 2
for i in 1 2; do
	j=$((3 - i))
	ok "a device" camexctl -n host$i dev add camex0 port 7000
	ok "a peer" camexctl -n host$i peer add camex0 host$j endpoint "192.0.2.$j:7000" \
		key-file "$test_tmp/key" routes any
	tunnel_up host$i
done
ok "they reach each other" wait_until 10 reaches host1 10.0.0.2
# A socket that finds no memory for its port, its route or its FIN gets none: they are open before, and stay.
ok "a connection over IPv4" exchanged connect host1 10.0.0.1 host2 10.0.0.2
ok "a connection over IPv6" exchanged connect host1 fd00::1 host2 fd00::2
inject ignore-gfp-wait=Y ignore-gfp-highmem=Y probability=2 times=-1
ok "one in 50 allocations fails: all comes over TCP, drops are counted" lacking
inject probability=0
ok "then all have memory again" exchanged udp host1 10.0.0.1 host2 10.0.0.2 "1 1000 1400 5000"

done_testing
