#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol wireguard where clocks step: while both ends run, and while one of them is not there. All hosts of
# a guest have one clock: an end whose clock shall be another one begins while it is set so. It mostly waits:
# with --icount that costs next to nothing.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

# step SECONDS: the clock is set forward, or back.
step() {
	date -s "$1 seconds" >/dev/null
}

# client, server: an end begins anew. The server is told no endpoint.
client() {
	wg_end host1 "$first" host2 endpoint "192.0.2.2:$wg_port"
}
server() {
	wg_end host2 "$second" host1
}

# begun: both ends begin anew, and the client has shaken hands.
begun() {
	wg_gone host1
	wg_gone host2
	server && client && reaches host1 10.0.0.2
}

# restart: the client begins anew. The server looks for it elsewhere, and does not begin itself.
restart() {
	wg_gone host1
	wg_set host2 host1 endpoint "192.0.2.99:$wg_port" && client
}

# refused: what the client begins is not answered, and camex counts why.
refused() {
	local before=0
	[ "$second" = kernel ] || before=$(counter host2 replayed)
	nok "$what: the client is refused" reaches host1 10.0.0.2 -W 3
	[ "$second" = kernel ] || ok "$what: as a recording" [ "$(counter host2 replayed)" -gt "$before" ]
}

# back DESCRIPTION [SECONDS]: so long from now at most, the client reaches the server. It tries every 5 s.
back() {
	ok "$what: $1" wait_until "${2-15}" reaches host1 10.0.0.2 -W 1
}

ok "modules" modprobe -a camex wireguard
ok "two hosts" hosts 2
wg_keys 2

pairs=("camex kernel" "kernel camex" "camex camex")
[ -z "${CAMEX_WG_CONTROL-}" ] || pairs=("kernel kernel")
for pair in "${pairs[@]}"; do
	read -r first second <<<"$pair"

	# --- both run ---

	for seconds in 100000 -100000; do
		what="$first to $second, a step of $seconds s"
		ok "$what: two ends" begun
		wg_trace host1
		bg host1 ping -q -w 130 10.0.0.2 >"$test_tmp/pings"
		pings=$!
		sleep 5
		step $seconds
		if [ "$first" = camex ]; then
			ok "$what: how long ago the handshake was" [ "$(peer host1 host2 .last_handshake_ms)" -lt 20000 ]
		fi
		wait "$pings"
		wg_traced >/dev/null
		like "$what: no ping is lost" "$(<"$test_tmp/pings")" ' 0% packet loss'
		# wireguard.ko's own initiations have the time of the clock, even if that is before the last one
		if [ "$first" = camex ] || [ $seconds -gt 0 ]; then
			is "$what: the keys are renewed after 120 s, not before" \
				"$(wg_seen '192.0.2.1 initiation') $(wg_seen '192.0.2.2 response')" "1 1"
		fi
		if [ "$first" = camex ]; then
			ok "$what: the client goes down and up" eval 'ip -n host1 link set camex0 down && tunnel_up host1'
			ok "$what: and reaches the server at once" reaches host1 10.0.0.2
		fi
		step $((-seconds))
	done

	# --- one begins anew with another clock ---

	what="$first to $second, the client's clock is behind when it begins anew"
	ok "$what: two ends" begun
	step -600
	ok "$what: it begins" restart
	refused
	step 600
	back "it is set"

	what="$first to $second, the server's clock is behind when it begins anew"
	ok "$what: two ends" begun
	step -600
	ok "$what: it begins" server
	# 15 s until the client misses an answer
	back "the client finds it again" 40
	step 600

	what="$first to $second, the client's clock was ahead"
	step 600
	ok "$what: two ends" begun
	step -600
	ok "$what: it begins anew" restart
	refused
	behind=0
	if [ "$second" = camex ]; then
		ok "$what: the server forgets what it knows of it" camexctl -n host2 peer forget camex0 host1
		back "after that it is not refused any more"
		behind=3600
		step -$behind
		ok "$what: it begins anew, an hour behind" restart
		refused
	fi
	wg_unpeer host2 host1
	ok "$what: the server gets to know it anew" wg_peer host2 host1 routes 10.0.0.1/32,fd00::1/128
	back "it is not refused any more"
	step $behind
done

done_testing
