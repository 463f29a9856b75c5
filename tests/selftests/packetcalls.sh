#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# For each kind of tunnel: each function of tests/kunit/calls.c that the module calls for packets fails, at the first call, at the
# second, and so on. Packets that are lost are counted, and later ones come through.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/failing.bash"
parameter=/sys/module/camex/parameters/fail

# talk: pings of several sizes, both ways; $lost of them are not answered
talk() {
	local address size
	lost=0
	for address in 10.0.0.2 fd00::2; do
		for size in 56 3000; do
			on host1 ping -q -n -c 1 -W 1 -s $size $address >/dev/null || lost=$((lost + 1))
		done
	done
}

# counted: how many packets both devices have dropped, for whatever reason
counted() {
	local i one sum=0
	for i in 1 2; do
		for one in $(counters host$i); do
			# these are no drops
			[[ $one == netpoll_fallback=* || $one == rx_netfilter=* ]] || sum=$((sum + ${one#*=}))
		done
	done
	echo $sum
}

# each_packet_call WHAT: the calls that "talk" leads to fail in turn
each_packet_call() {
	local name count n before unseen="" stuck="" tries=0 losses=0
	echo - >$parameter
	talk
	calls=$(<$parameter)
	echo >$parameter
	is "$1: all pings are answered" "$lost" 0
	while read -r name count; do
		[[ $name != nla_put* && $name != genlmsg_put ]] || continue
		for n in 1 2 5; do
			[ $n -le "$count" ] || break
			tries=$((tries + 1))
			before=$(counted)
			echo "$name:$n" >$parameter
			talk
			echo >$parameter
			losses=$((losses + lost))
			[ $lost -eq 0 ] || [ "$(counted)" -gt "$before" ] || unseen+=" $name:$n"
			wait_until 30 reaches host1 10.0.0.2 -W 1 || stuck+=" $name:$n"
		done
	done <<<"$calls"
	note "$1: $tries calls failed, $losses pings were lost: ${calls//$'\n'/, }"
	is "$1: losses are counted" "$unseen" ""
	is "$1: later packets come through" "$stuck" ""
}

ok "the module" modprobe camex
for i in 1 2; do wg genkey >"$test_tmp/wg$i" && wg pubkey <"$test_tmp/wg$i" >"$test_tmp/pub$i"; done
(umask 077 && camexctl key gen >"$test_tmp/key")

paths=("|" "tx netpoll|" "link tap|" "protocol jtunnel id 0011223344556677|id 0011223344556677" "rx netfilter|" "protocol raw|" "transport tcp|"
	"transport udp,tcp|" "wireguard|" "wireguard|cipher aes-256-gcm")
# on the debug kernel each takes a minute
! slow || [ -n "${CAMEX_LONG-}" ] || paths=("tx netpoll|")
for path in "${paths[@]}"; do
	IFS='|' read -r own theirs <<<"$path"
	what="${own:-camex}${theirs:+, $theirs}"
	hosts 2
	two_ends "$own" "$theirs"
	each_packet_call "$what"
	no_devices
done
remove_hosts

done_testing
