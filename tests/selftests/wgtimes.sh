#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What protocol wireguard does by the clock, at camex's end against wireguard.ko's and against its own:
# keys are renewed, lost and forgotten, silence is noticed, what is not answered is tried again. It mostly
# waits: with --icount that costs next to nothing.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

# times DESCRIPTION REGEX LOW HIGH...: the last trace has a line that matches for each pair, between these
# seconds, and no other
times() {
	local description=$1 regex=$2 found low high wrong=0 at
	shift 2
	read -ra found < <(wg_at "$regex")
	[ ${#found[@]} -eq $(($# / 2)) ] || wrong=1
	for at in "${found[@]}"; do
		low=${1-0} high=${2-0}
		shift 2 || break
		awk -v at="$at" -v low="$low" -v high="$high" 'BEGIN { exit !(at >= low && at <= high) }' || wrong=1
	done
	result $wrong "$description"
	[ $wrong -eq 0 ] || {
		note "at ${found[*]:-no time}"
		note <"$test_tmp/trace"
	}
}

# datagram HOST: one of UDP from HOST to the other, which nothing answers. What is not in memory takes
# the guest's clock long to load.
datagram() {
	on "$1" bash -c "echo datagram >/dev/udp/10.0.0.$((3 - ${1#host}))/9"
}

# deaf HOST: what comes for it is lost, or "not" any more
deaf() {
	local far=host$((3 - ${1#host})) mac=02:00:00:00:00:99
	[ "${2-}" != not ] || mac=$(on "$1" cat /sys/class/net/eth0/address)
	ip -n "$far" neigh replace "192.0.2.${1#host}" dev eth0 nud permanent lladdr "$mac"
}

# shake: a session that host1 began, just now
shake() {
	wg_pair "$first" "$second" && reaches host1 10.0.0.2
}

shakes() {
	ok "$what: a session" shake
	# what it leaves to be sent by itself
	sleep 11
}

ok "modules" modprobe -a camex wireguard nf_tables
ok "two hosts" hosts 2
wg_keys 2
for host in host1 host2; do
	# a datagram has no answer
	on $host nft "add table inet quiet { chain out { type filter hook output priority 0; icmp type destination-unreachable drop; }; }"
done
for host in host1 host2; do deaf $host not; done

pairs=("camex kernel" "kernel camex" "camex camex")
[ -z "${CAMEX_WG_CONTROL-}" ] || pairs=("kernel kernel")
for pair in "${pairs[@]}"; do
	read -r first second <<<"$pair"

	# --- traffic both ways: the one that began renews the keys after 120 s, before anything is lost ---

	what="$first to $second, traffic both ways"
	wg_trace host1
	started=$(date +%s)
	ok "$what: a session" shake
	on host1 ping -q -i 0.5 -w 400 10.0.0.2 >"$test_tmp/pings"
	wg_traced >/dev/null
	like "$what: no ping is lost in 400 s" "$(<"$test_tmp/pings")" ', 0% packet loss'
	times "$what: the keys are renewed after 120 s" '192.0.2.1 initiation' 0 0.1 119.9 121.5 239.9 243 360 364
	is "$what: each initiation has its response" "$(wg_seen '192.0.2.2 response')" 4
	is "$what: the other end begins none" "$(wg_seen '192.0.2.2 initiation')" 0
	for host in host1 host2; do
		# programs that are loaded meanwhile take their time
		took=$(($(wg_shaken $host host$((3 - ${host#host}))) - started))
		ok "$what: $host knows when the last one was: after $took s" test $took -ge 359
	done

	# --- the one that began only receives, late ---

	what="$first from $second, late"
	shakes
	wg_trace host1
	sleep 156
	datagram host2
	sleep 5
	wg_traced >/dev/null
	times "$what: data after 165 s has the keys renewed at once" '192.0.2.1 initiation' 0 0.5
	is "$what: once" "$(wg_seen 'initiation')" 1
	shakes
	sleep 139
	wg_trace host1
	datagram host2
	sleep 7
	wg_traced >/dev/null
	is "$what: not after 150 s" "$(wg_seen 'initiation')" 0

	# --- silence, and then data: what the keys are too old for has new ones first ---

	what="$second to $first after 185 s"
	shakes
	sleep 174
	wg_trace host1
	ok "$what: it reaches the other end" reaches host2 10.0.0.1
	sleep 1
	wg_traced >/dev/null
	times "$what: with a handshake of its own" '192.0.2.2 initiation' 0 0.1
	is "$what: and no data before it" "$(awk '$3 ~ /data|keepalive/ { print early + 0; exit } $3 == "response" { exit }' \
		"$test_tmp/trace")" ""
	is "$what: one packet each way" "$(wg_seen ' data ')" 2
	what="$first to $second after 560 s"
	sleep 560
	wg_trace host1
	ok "$what: it reaches the other end" reaches host1 10.0.0.2
	sleep 1
	wg_traced >/dev/null
	times "$what: with a handshake of its own" '192.0.2.1 initiation' 0 0.1

	# --- a keepalive for what is not answered otherwise, a handshake for what is not answered at all ---

	for from in host1 host2; do
		to=host$((3 - ${from#host}))
		what="$first and $second, $from sends"
		shakes
		wg_trace host1
		datagram $from
		sleep 12
		datagram $from
		sleep 0.5
		datagram $from
		sleep 12
		wg_traced >/dev/null
		times "$what: after 10 s there is a keepalive" "192.0.2.${to#host} keepalive" 9.9 10.6 21.9 22.7
		is "$what: nothing else is sent" "$(wg_seen 'initiation|response')" 0
		# a session older than 120 s would be renewed; to report takes the guest's clock long, so that waits
		shake
		shaken=$?
		sleep 11
		deaf host1
		deaf host2
		wg_trace host1
		datagram $from
		sleep 2
		datagram $from
		sleep 16
		wg_traced >/dev/null
		is "$what, not answered: a session before that" $shaken 0
		times "$what, not answered: a handshake after 15 s" "192.0.2.${from#host} initiation" 14.9 15.6
		# the initiation may be repeated already; and of data that came while a keepalive was due camex has
		# another one sent, as the rule is: wireguard.ko's own worker takes it back
		is "$what, not answered: nothing else" "$(wg_seen ' (data|response|cookie|other) ')" 2
		ok "$what, not answered: no more than one keepalive" test "$(wg_seen ' keepalive ')" -le 1
		deaf host1 not
		deaf host2 not
		ok "$what, answered again: a handshake" wait_until 20 reaches $from 10.0.0.${to#host} -W 1
	done

	# --- a persistent keepalive ---

	what="$first to $second, keepalive 25"
	wg_gone host1
	ok "$what: the other end" wg_end host2 "$second" host1
	wg_trace host1
	ok "$what: an end" wg_end host1 "$first" host2 endpoint "192.0.2.2:$wg_port" keepalive 25
	sleep 110
	wg_traced >/dev/null
	times "$what: it shakes hands by itself" '192.0.2.1 initiation' 0 0.1
	# the kernel's timer of 25 s is late by up to 512 ticks, of 4 ms where they are longest
	times "$what: every 25 s" '192.0.2.1 keepalive' 0 0.3 24.9 27.1 49.9 54.2 74.9 81.3 99.9 108.4
	is "$what: the other end says nothing else" "$(wg_seen '192.0.2.2 (data|keepalive|initiation)')" 0

	# --- nobody there ---

	what="$first, and nobody there"
	wg_gone host2
	ok "$what: an end" wg_end host1 "$first" host2 endpoint "192.0.2.2:$wg_port"
	wg_trace host1
	datagram host1
	sleep 200
	wg_traced >/dev/null
	note "$what: initiations at $(wg_at initiation)"
	is "$what: it tries as often as WireGuard" "$(wg_seen initiation)" 20
	# a third of a second, and what a timer of seconds may be late
	ok "$what: each 5 s and a little after the one before" awk '$3 == "initiation" {
		if (n++ && ($1 - last < 4.99 || $1 - last > 5.7)) wrong = 1; last = $1 } END { exit wrong }' "$test_tmp/trace"
	wg_trace host1
	datagram host1
	sleep 7
	wg_traced >/dev/null
	# it tries for 90 s, each 5 s and a little; how long a program takes by the guest's clock depends on the host
	wg_end host2 "$second" host1 && sleep 8 && has_shaken host2 host1
	shaken=$?
	is "$what: the next packet has it try again" "$(wg_seen initiation)" 2
	is "$what: the other end comes, and what waits arrives" $shaken 0
done

done_testing
