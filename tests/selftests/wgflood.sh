#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Strangers flood a device of protocol wireguard with initiations that have a valid mac1, each from
# another source: they get cookies at most, and peers neither notice nor wait for long.
# host1 is flooded; host2 is the strangers, and the peers.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # programs for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
clients=10
sources=100000
burst=2500
pings=500
if slow; then
	clients=3
	sources=2000
	burst=2000
	pings=100
fi

# wg_device HOST NAME PORT ADDRESS: a device with a key of its own, whose public key is in NAME.pub
wg_device() {
	(umask 077 && wg genkey >"$test_tmp/$2") && wg pubkey <"$test_tmp/$2" >"$test_tmp/$2.pub" &&
		camexctl -n "$1" dev add "$2" protocol wireguard port "$3" private-key-file "$test_tmp/$2" &&
		ip -n "$1" address add "$4" dev "$2" && ip -n "$1" link set "$2" up
}

# client N: a device in host2, 10.9.0.N, that the server knows
client() {
	wg_device host2 "wg$1" $((51820 + $1)) "10.9.0.$1/32" &&
		camexctl -n host2 peer add "wg$1" server public-key "$server" endpoint 192.0.2.1:51820 routes 10.9.1.1/32 &&
		camexctl -n host1 peer add wg0 "c$1" public-key "$(<"$test_tmp/wg$1.pub")" routes "10.9.0.$1/32" &&
		route "$1"
}

# route N: to the server by way of client N, for who asks for that device
route() {
	ip -n host2 route add 10.9.1.1/32 dev "wg$1" metric "$1"
}

# anew N: client N shakes hands again; prints the tenths of a second that it took
anew() {
	local start
	ip -n host2 link set "wg$1" down && ip -n host2 link set "wg$1" up && route "$1" || return
	start=$EPOCHREALTIME
	reaches host2 10.9.1.1 -I "wg$1" -W 60 && tenths "$start"
}

# all_anew: all clients but the first at once; prints how many did, and the longest time
all_anew() {
	local n pids=() well=0 longest=0 took
	for ((n = 2; n <= clients; n++)); do
		anew $n >"$test_tmp/took$n" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for ((n = 2; n <= clients; n++)); do
		took=$(tail -n 1 "$test_tmp/took$n")
		[[ $took =~ ^[0-9]+$ ]] || continue
		well=$((well + 1))
		if ((took > longest)); then longest=$took; fi
	done
	echo "$well $longest"
}

# flood FILE COUNT: so many at once, in host2
flood() {
	on host2 "$test_tmp/flood" -n $sources -b "$2" -t "$2" 192.0.2.1 51820 "$test_tmp/$1"
}

# softirqs: the time that the CPUs have spent in softirqs, in hundredths of a second
softirqs() {
	local cpu
	read -ra cpu </proc/stat
	echo "${cpu[7]}"
}

flooded() {
	jq -r ".$1" "$test_tmp/report"
}

ok "the module" modprobe camex
ok "the flood" gcc -O -Wall -o "$test_tmp/flood" "$here/flood.c"
ok "two hosts" hosts 2
ok "the server" wg_device host1 wg0 51820 10.9.1.1/16
server=$(<"$test_tmp/wg0.pub")
for ((n = 1; n <= clients; n++)); do
	ok "client $n" client $n
done
# a burst has to come as far as the server's own queue
ok "room for a burst" sysctl -qw net.core.netdev_max_backlog=10000
ok "replies to strangers pass by them" ip -n host1 route add 198.18.0.0/15 via 192.0.2.2
for mac1 in right wrong; do
	check "messages with a $mac1 mac1" '"$here/flood.py" $mac1 "$server" >"$test_tmp/$mac1"'
done

read -r well longest < <(all_anew)
is "all clients shake hands" "$well" $((clients - 1))
note "without a flood: $longest tenths of a second at most"
ok "the first too" reaches host2 10.9.1.1 -I wg1 -W 60

# A few strangers, no load: nothing to answer.
before=$(counter host1 auth_failed wg0)
flood right 100 >"$test_tmp/report"
is "100 strangers get no answer" "$(flooded sent) $(flooded replies)" "100 0"
ok "each was looked at" wait_until 60 eval '[ "$(counter host1 auth_failed wg0)" -ge $((before + 75)) ]'

# What softirqs take of a datagram to a port that nobody has.
spent=$(softirqs)
bg host2 "$test_tmp/flood" -n $sources -b $burst -w 20 192.0.2.1 51999 "$test_tmp/right" >"$test_tmp/report"
flood=$!
sleep 2
ok "a flood that meets nobody" stop $flood
spent=$(($(softirqs) - spent))
plain=$((spent * 10000000 / $(flooded sent)))

# The flood. Data of the first client goes on, the others shake hands.
spent=$(softirqs)
bg host2 "$test_tmp/flood" -n $sources -b $burst -w 500 192.0.2.1 51820 "$test_tmp/right" >"$test_tmp/report"
flood=$!
# one burst at least
sleep 1
bg host2 ping -q -n -i 0.05 -c $pings -W 20 -I wg1 10.9.1.1 >"$test_tmp/pings"
ping=$!
read -r well longest < <(all_anew)
is "all clients shake hands while strangers flood" "$well" $((clients - 1))
note "under the flood: $longest tenths of a second at most"
# the first message gets a cookie, the next is sent 5 seconds later
ok "they had to prove their addresses" [ "$longest" -ge 50 ]
wait $ping
loss=$(sed -n 's/.*received, \([0-9.]*\)% packet loss.*/\1/p' "$test_tmp/pings")
note <"$test_tmp/pings"
ok "data loses less than 1 % ($loss %)" jq -en "$loss < 1"
if ! slow; then
	# as many as there are sources
	ok "the flood goes on" wait_until 300 eval '[ "$(counter host1 rate_limited wg0)" -ge $sources ]'
fi
ok "the flood ends" stop $flood
spent=$((($(softirqs) - spent) * 10000000 / $(flooded sent)))
# an answer is another datagram; a handshake would take a hundred times as much
ok "softirqs take no more than five datagrams' time of a message ($spent ns, a datagram $plain ns)" [ $spent -le $((plain * 5)) ]
note <"$test_tmp/report"
note "counted: $(counters host1 wg0)"
is "each source was there" "$(flooded sources)" $sources
sent=$(flooded sent) replies=$(flooded replies)
ok "strangers get cookies ($replies for $sent)" [ "$replies" -gt $((sent / 10)) ]
is "they get nothing else" "$(flooded others)" 0
ok "fewer answers than messages" [ "$replies" -le "$sent" ]
ok "fewer bytes too" [ "$(flooded reply_bytes)" -lt "$(flooded sent_bytes)" ]

# A wrong mac1 under load: the queue is as full, and nobody is answered.
before=$(counter host1 auth_failed wg0)
flood wrong $burst >"$test_tmp/report"
is "a wrong mac1 gets no answer" "$(flooded sent) $(flooded replies)" "$burst 0"
ok "it is counted" wait_until 60 eval '[ "$(counter host1 auth_failed wg0)" -gt "$before" ]'

# Load ends a second after the last of it.
sleep 3
read -r well longest < <(all_anew)
is "all clients shake hands afterwards" "$well" $((clients - 1))
note "after the flood: $longest tenths of a second at most"
ok "and data passes" reaches host2 10.9.1.1 -I wg1
done_testing
