#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol wireguard between camex and wireguard.ko, each as the one that begins, and between camex and
# camex: what goes through, who is believed, and what restarts and moves are survived.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

bytes=2000000
if slow; then bytes=200000; fi

# moved HOST FAR ENDPOINT: that is where HOST knows FAR to be
moved() {
	[ "$(wg_endpoint "$1" "$2")" = "$3" ]
}

# both_know: each host knows the other's endpoint
both_know() {
	wg_pair "$first" "$second" "$@" && wg_set host2 host1 endpoint "192.0.2.1:$wg_port"
}

# at_once: each pings the other at the same time
at_once() {
	local a b
	on host1 ping -q -n -c 20 -i 0.1 -W 5 10.0.0.2 &
	a=$!
	on host2 ping -q -n -c 20 -i 0.1 -W 5 10.0.0.1 &
	b=$!
	wait "$a" && wait "$b"
}

# nothing_refused HOST: nothing of what HOST got was refused
nothing_refused() {
	if [ "${wg_kind[$1]}" = camex ]; then
		is "$what: $1 refused nothing" "$(counters "$1" |
			grep -oE '(malformed|not_ip|auth_failed|replayed|bad_source|too_big|loop|no_memory)=[0-9]+')" ""
	fi
}

# all_kinds: packets of all kinds go through unchanged
all_kinds() {
	local sizes="0 1 15 16 17 1372 1373 1391 1392 1393 5000 20000"
	ok "$what: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$what: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$what: UDP over IPv4" exchanged udp host1 10.0.0.1 host2 10.0.0.2 "$sizes"
	ok "$what: UDP over IPv6" exchanged udp host1 fd00::1 host2 fd00::2 "$sizes"
	ok "$what: UDP in runs" exchanged gso host1 10.0.0.1 host2 10.0.0.2 1372 40
	ok "$what: UDP in runs of what is padded" exchanged gso host1 10.0.0.1 host2 10.0.0.2 1001 40
}

ok "modules" modprobe -a camex wireguard
ok "two hosts" hosts 2
wg_keys 3
start_exchange

pairs=("camex kernel" "kernel camex" "camex camex")
[ -z "${CAMEX_WG_CONTROL-}" ] || pairs=("kernel kernel")
for pair in "${pairs[@]}"; do
	read -r first second <<<"$pair"

	# --- the first packet, and all kinds ---

	what="$first to $second"
	ok "$what: two ends" wg_pair "$first" "$second"
	ok "$what: the first ping is not lost" reaches host1 10.0.0.2
	for host in host1 host2; do
		ok "$what: $host knows of the handshake" has_shaken $host host$((3 - ${host#host}))
	done
	ok "$what: the endpoint is learned" moved host2 host1 "192.0.2.1:$wg_port"
	ok "$what: the other way" reaches host2 10.0.0.1
	ok "$what: IPv6" reaches host1 fd00::2
	ok "$what: IPv6, the other way" reaches host2 fd00::1
	all_kinds
	nothing_refused host1
	nothing_refused host2
	ok "$what: two ends" wg_pair "$first" "$second"
	like "$what: ten pings at once wait for the handshake" \
		"$(on host1 ping -q -n -c 10 -i 0.002 -W 5 10.0.0.2)" ', 0% packet loss'

	# --- IPv6 outside ---

	what="$first to $second over IPv6"
	wg_gone host1
	ok "$what: an end" wg_end host2 "$second" host1
	ok "$what: the other" wg_end host1 "$first" host2 endpoint "[2001:db8::2]:$wg_port"
	ok "$what: ping" reaches host1 10.0.0.2
	ok "$what: the endpoint is learned" moved host2 host1 "[2001:db8::1]:$wg_port"
	for host in host1 host2; do ip -n $host link set camex0 mtu 1420; done
	all_kinds
	nothing_refused host1
	nothing_refused host2
	ok "$what: over a link-local address" wg_set host1 host2 endpoint "[fe80::2%eth0]:$wg_port"
	ok "$what: ping" reaches host1 fd00::2

	# --- both at once ---

	what="$first and $second at once"
	for round in 1 2 3; do
		ok "$what: two ends that know each other, round $round" both_know
		ok "$what: none of their pings is lost" at_once
	done

	# --- restarts ---

	what="$first to $second, restarts"
	ok "$what: two ends" both_know
	ok "$what: they reach each other" reaches host1 10.0.0.2
	ok "$what: the first starts again" wg_end host1 "$first" host2 endpoint "192.0.2.2:$wg_port"
	ok "$what: and reaches the other at once" reaches host1 10.0.0.2
	ok "$what: it starts again" wg_end host1 "$first" host2 endpoint "192.0.2.2:$wg_port"
	ok "$what: the other reaches it" wait_until 40 reaches host2 10.0.0.1 -W 1
	ok "$what: the other starts again" wg_end host2 "$second" host1 endpoint "192.0.2.1:$wg_port"
	ok "$what: and reaches the first at once" reaches host2 10.0.0.1
	ok "$what: it starts again" wg_end host2 "$second" host1
	ok "$what: the first reaches it" wait_until 40 reaches host1 10.0.0.2 -W 1
	ok "$what: both start again" both_know
	ok "$what: they reach each other" reaches host2 10.0.0.1
	for host in host1 host2; do
		far=host$((3 - ${host#host}))
		ok "$what: $host goes down and up" eval 'ip -n $host link set camex0 down && tunnel_up $host'
		ok "$what: and reaches $far" reaches $host 10.0.0.${far#host}
	done

	# --- preshared keys ---

	what="$first to $second, preshared key"
	ok "$what: at both ends" wg_pair "$first" "$second" preshared-key-file "$test_tmp/psk"
	ok "$what: ping" reaches host1 10.0.0.2
	ok "$what: IPv6, the other way" reaches host2 fd00::1
	ok "$what: at neither end" wg_pair "$first" "$second"
	wg_unpeer host2 host1
	ok "$what: at host2 alone" wg_peer host2 host1 routes 10.0.0.1/32 preshared-key-file "$test_tmp/psk"
	nok "$what: no ping" reaches host1 10.0.0.2 -W 2
	nok "$what: no handshake at host1" has_shaken host1 host2
	wg_unpeer host1 host2
	ok "$what: another at host1" wg_peer host1 host2 routes 10.0.0.2/32 endpoint "192.0.2.2:$wg_port" \
		preshared-key-file "$test_tmp/psk2"
	nok "$what: no ping" reaches host1 10.0.0.2 -W 2
	ok "$what: the same at host1" wg_set host1 host2 preshared-key-file "$test_tmp/psk"
	ok "$what: ping" wait_until 30 reaches host1 10.0.0.2 -W 1
	wg_unpeer host2 host1
	ok "$what: at host1 alone" wg_peer host2 host1 routes 10.0.0.1/32 endpoint "192.0.2.1:$wg_port"
	nok "$what: host2 begins: no ping" reaches host2 10.0.0.1 -W 2

	# --- roaming ---

	what="$first to $second, roaming"
	ok "$what: two ends" both_know
	ok "$what: ping" reaches host1 10.0.0.2
	for host in host1 host2; do
		far=host$((3 - ${host#host})) i=${host#host}
		if [ "${wg_kind[$host]}" = kernel ]; then
			ok "$what: $host has another port" on $host wg set camex0 listen-port 51999
		else
			ok "$what: $host has another port" camexctl -n $host dev set camex0 port 51999
		fi
		ok "$what: $host reaches $far" reaches $host 10.0.0.${far#host}
		ok "$what: $far knows it" moved $far $host "192.0.2.$i:51999"
		ok "$what: and reaches it" reaches $far "10.0.0.$i"
		ip -n $host address add "192.0.2.10$i/24" dev eth0
		ip -n $host address del "192.0.2.$i/24" dev eth0
		ip -n $host address add "192.0.2.10$i/24" dev eth0 2>/dev/null
		ok "$what: $host has another address, and reaches $far" wait_until 10 reaches $host 10.0.0.${far#host} -W 1
		ok "$what: $far knows it" moved $far $host "192.0.2.10$i:51999"
		ok "$what: and reaches it" reaches $far "10.0.0.$i"
		ip -n $host address add "192.0.2.$i/24" dev eth0
		ip -n $host address del "192.0.2.10$i/24" dev eth0
		ip -n $host address add "192.0.2.$i/24" dev eth0 2>/dev/null
		ok "$what: $host returns" wait_until 10 reaches $host 10.0.0.${far#host} -W 1
	done

	# --- inner addresses ---

	what="$first to $second, inner addresses"
	ok "$what: two ends" wg_pair "$first" "$second"
	ok "$what: ping" reaches host1 10.0.0.2
	ip -n host1 address add 10.0.0.77/32 dev camex0
	ip -n host1 address add fd00::77/128 dev camex0 nodad
	nok "$what: no answer to another address" reaches host1 10.0.0.2 -W 1 -I 10.0.0.77
	nok "$what: nor over IPv6" reaches host1 fd00::2 -W 1 -I fd00::77
	[ "$second" = kernel ] || is "$what: it is counted" "$(counter host2 bad_source)" 2
	ok "$what: they become its own" wg_set host2 host1 routes 10.0.0.1/32,10.0.0.77/32,fd00::/64
	ok "$what: there is an answer" reaches host1 10.0.0.2 -I 10.0.0.77
	ok "$what: over IPv6 too" reaches host1 fd00::2 -I fd00::77
done

# --- a relay between a peer of WireGuard and one of camex ---

if [ -z "${CAMEX_WG_CONTROL-}" ]; then
	ok "three hosts" hosts 3
	ok "a relay" wg_device host1 camex relay on
	ok "a peer" wg_peer host1 host2 routes 10.0.0.2/32,fd00::2/128 endpoint "192.0.2.2:$wg_port"
	ok "another" wg_peer host1 host3 routes 10.0.0.3/32,fd00::3/128 endpoint "192.0.2.3:$wg_port"
	tunnel_up host1
	for i in 2 3; do
		wg_device host$i "$([ $i = 2 ] && echo kernel || echo camex)"
		wg_peer host$i host1 routes 10.0.0.0/24,fd00::/64 endpoint "192.0.2.1:$wg_port"
		tunnel_up host$i
	done
	ok "WireGuard reaches camex through it, where nobody has met" reaches host2 10.0.0.3
	ok "over IPv6" reaches host3 fd00::2
	ok "TCP" exchanged tcp host2 10.0.0.2 host3 10.0.0.3 "$bytes"
fi

done_testing
