#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Many peers on one device: each has its own packets, and none is slower for the others.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

peers=$(dirname "$0")/peers.py
count=1000 tries=20
if slow; then count=200 tries=5; fi

# linear DESCRIPTION TIMES: the last took no longer than the first, but for noise.
linear() {
	local first=${2% *} last=${2#* }
	note "$1: $first us each at the beginning, $last us each at the end"
	check "$1: the last take no longer than the first" "[ ${last:-0} -gt 0 ] && [ ${last:-1} -lt $((3 * first + 50)) ]"
}

# address NUMBER: the inner IPv4 address of peer pNUMBER
address() {
	echo "10.64.$(($1 / 256)).$(($1 % 256))"
}

# became NUMBER KEY: host2 is peer pNUMBER of host1's device now, and reaches host1. To
# host2 the hub is always the same one, but what pNUMBER sends is a session of its own.
# Sent again while it is not answered: a stranger may try only so many keys a second.
# shellcheck disable=SC2317 # called by ok
became() {
	local number=$1 key=$2 inner
	inner=$(address "$number")
	camexctl -n host2 peer forget camex0 hub &&
		camexctl -n host2 key set camex0 hub key-file - <<<"$key" &&
		ip -n host2 address add "$inner/32" dev camex0 &&
		on host2 ping -q -n -c 1 -w 30 -I "$inner" 10.0.0.1 &&
		on host1 ping -q -n -c 1 -W 10 "$inner" &&
		[ "$(peer host1 "p$number" '"\(.endpoint) \(.rx_packets > 0) \(.tx_packets > 0)"')" = "192.0.2.2:7000 true true" ]
}

ok "two hosts" hosts 2
camexctl -n host1 dev add camex0 port 7000
camexctl -n host2 dev add camex0 port 7000
camexctl -n host2 peer add camex0 hub endpoint 192.0.2.1:7000 routes any
ip -n host1 -batch - <<-END
	address add 10.0.0.1/32 dev camex0
	link set camex0 up
	route add 10.64.0.0/16 dev camex0
END
ip -n host2 -batch - <<-END
	link set camex0 up
	route add 10.0.0.1/32 dev camex0
END

# --- each with its own key ---

linear "adding $count peers" "$(on host1 "$peers" add camex0 1 $count)"
start=${EPOCHREALTIME/./}
camexctl -n host1 -j show camex0 >"$test_tmp/show"
note "showing them took $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
is "all are shown, with their routes" "$(jq -c '.[0].peers | [length, (map(.routes | length) | add),
	(map(.name) | unique | length), (map(.fingerprint) | unique | length)]' "$test_tmp/show")" \
	"[$count,$((2 * count)),$count,$count]"
is "peer show has one of them" "$(peer host1 "p$count" '.routes | join(" ")')" \
	"$(address $count)/32 $(printf 'fd00:64::%x/128' $count)"
is "route show has all of them" "$(camexctl -n host1 route show camex0 | wc -l)" $((2 * count + 1))
before=""
mapfile -t numbers < <(shuf -i 1-$count -n $tries --random-source=<(yes))
mapfile -t keys < <("$peers" key "${numbers[@]}" 2000)
shared=${keys[tries]}
for i in "${!numbers[@]}"; do
	number=${numbers[i]}
	ok "as peer $number" became "$number" "${keys[i]}"
	[ -z "$before" ] || is "peer $before is not confused with it" "$(peer host1 "p$before" .rx_packets)" "$received"
	before=$number
	received=$(peer host1 "p$before" .rx_packets)
done
# The key of a REGISTER may be found after the data that follows it at once. The first client
# comes from where nobody is known.
lost=$(($(counter host1 auth_failed) + $(counter host1 unknown_peer)))
check "no client has lost more than its first packet" "[ $lost -le $tries ]"
like "nothing else has gone wrong but what strangers may not try" \
	"$(counters host1 | sed -E 's/(auth_failed|unknown_peer)=[0-9]+ ?//g')" '^(rate_limited=[0-9]+)?$'

# --- 300 with the same ---

linear "adding 300 peers with one key" "$(on host1 "$peers" add camex0 2001 2300 2000)"
is "they are there, with one fingerprint" "$(camexctl -n host1 -j peer show camex0 |
	jq -c '[length, (map(.fingerprint) | unique | length)]')" "[$((count + 300)),$((count + 1))]"
for number in 2001 2150 2299 2300; do ok "as peer $number, which shares its key" became $number "$shared"; done
is "the others of that key have got nothing" "$(camexctl -n host1 -j peer show camex0 |
	jq -c 'map(select(.rx_packets > 0 and (.name | test("^p2...$"))) | .name)')" '["p2001","p2150","p2299","p2300"]'

# --- and away with them ---

linear "deleting $count peers" "$(on host1 "$peers" del camex0 1 $count)"
is "the others are left" "$(camexctl -n host1 -j peer show camex0 | jq length)" 300
is "with their routes" "$(camexctl -n host1 route show camex0 | wc -l)" 601
ok "one of them still goes" became 2002 "$shared"
linear "deleting most of those with one key" "$(on host1 "$peers" del camex0 2001 2299)"
is "one is left" "$(camexctl -n host1 -j peer show camex0 | jq -r 'map(.name) | join(" ")')" p2300
on host1 "$peers" add camex0 1 $count >/dev/null
# percpu: KiB of per-CPU memory
percpu() {
	awk '/^Percpu:/ { print $2 }' /proc/meminfo
}
# replaced TIMES: all peers are deleted and added so often
replaced() {
	local i
	for ((i = 0; i < $1; i++)); do
		on host1 "$peers" del camex0 1 $count >/dev/null
		on host1 "$peers" add camex0 1 $count >/dev/null
	done
}
# The first time, new counters are allocated before the old ones are freed: that is no leak.
replaced 1
before=$(percpu)
times=4
if slow; then times=8; fi
replaced $times
# The counters of a peer are 48 bytes for each CPU.
limit=$((times * count * 48 * $(nproc) / 1024 / 2))
# shellcheck disable=SC2317 # called by wait_until
given_back() {
	grown=$(($(percpu) - before))
	[ "$grown" -lt "$limit" ]
}
ok "counters of deleted peers are freed" wait_until 20 given_back
note "per-CPU memory has grown by $grown KiB, the limit is $limit"
start=${EPOCHREALTIME/./}
ok "the device with $((count + 1)) peers is deleted" camexctl -n host1 dev del camex0
note "that took $(((${EPOCHREALTIME/./} - start) / 1000)) ms"

done_testing
