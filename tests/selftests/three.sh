#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A hub with two peers: the longest match chooses the peer, and a peer uses only its own
# inner addresses.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016 # a program for another shell
. "$(dirname "$0")/lib.sh"

# to ADDRESS...: prints for each which of host2 and host3 got what the hub sent there. The
# first gets 1 packet, the next 2, 4 and so on: then the number of packets that a host got
# tells whose they were.
to() {
	local before after i bit got2 got3 who=()
	before=$(received)
	on host1 bash -c 'n=1; for address; do
		for ((i = 0; i < n; i++)); do echo x >"/dev/udp/$address/9"; done
		n=$((2 * n))
	done' to "$@" 2>/dev/null
	after=$(received)
	got2=$((${after% *} - ${before% *}))
	got3=$((${after#* } - ${before#* }))
	for ((i = 0; i < $#; i++)); do
		bit=$((1 << i))
		case $((got2 / bit % 2))$((got3 / bit % 2)) in
		10) who+=(2) ;;
		01) who+=(3) ;;
		00) who+=(none) ;;
		11) who+=(both) ;;
		esac
	done
	echo "${who[*]}"
}

received() {
	local i
	for i in 2 3; do ip -n host$i -s -j link show camex0; done |
		jq -rs 'map(.[0].stats64.rx.packets | tostring) | join(" ")'
}

# hub WORD...: camexctl at the hub
hub() {
	camexctl -n host1 "$@"
}

ok "three hosts" hosts 3
umask 077
for i in 2 3; do camexctl key gen >"$test_tmp/key$i"; done
hub dev add camex0 port 7000
for i in 2 3; do
	hub peer add camex0 host$i key-file "$test_tmp/key$i"
	camexctl -n host$i dev add camex0 port 7000
	camexctl -n host$i peer add camex0 host1 endpoint 192.0.2.1:7000 key-file "$test_tmp/key$i" routes any
	ip -n host$i -batch - <<-END
		address add 10.0.0.$i/24 dev camex0
		address add fd00::$i/64 dev camex0
		link set camex0 up
	END
done
ip -n host1 -batch - <<-END
	address add 10.0.0.1/24 dev camex0
	address add fd00::1/64 dev camex0
	link set camex0 up
	route add 0.0.0.0/0 dev camex0
	route add ::/0 dev camex0
END

# --- the peers are where they are heard ---

hub route add camex0 10.0.0.2 peer host2
hub route add camex0 10.0.0.3 peer host3
hub route add camex0 fd00::2 peer host2
hub route add camex0 fd00::3 peer host3
# who registered while the hub was not there does so again, and the packet waits for that
ok "the hub reaches host2, which was there first" reaches host1 10.0.0.2 -W 3
for i in 2 3; do
	ok "host$i reaches the hub over IPv4" reaches host$i 10.0.0.1
	ok "host$i reaches the hub over IPv6" reaches host$i fd00::1
	ok "the hub reaches host$i over IPv4" reaches host1 10.0.0.$i
	ok "the hub reaches host$i over IPv6" reaches host1 fd00::$i
	is "the hub knows where host$i is" "$(peer host1 host$i .endpoint)" "192.0.2.$i:7000"
done
nok "host2 does not reach host3 through the hub: it does not forward" reaches host2 10.0.0.3 -W 1
is "nothing went wrong" "$(counters host1)" ""

# --- the longest match ---

is "no route" "$(to 10.9.9.9 fd00::9)" "none none"
hub route add camex0 10.0.0.0/8 peer host2
hub route add camex0 10.1.0.0/16 peer host3
hub route add camex0 10.1.1.0/24 peer host2
hub route add camex0 10.1.1.1 peer host3
is "/8, /16, /24 and /32, and beside them" "$(to 10.9.9.9 10.1.9.9 10.1.1.9 10.1.1.1 10.1.1.0 10.2.1.1 11.0.0.1)" \
	"2 3 2 3 2 2 none"
hub route add camex0 0.0.0.0/0 peer host3
is "with a default, for IPv4 alone" "$(to 11.0.0.1 10.2.1.1 10.0.0.2 fd00::9)" "3 2 2 none"
hub route add camex0 fd00::/16 peer host2
hub route add camex0 fd00::8/125 peer host3
hub route add camex0 fd00::9 peer host2
is "/16, /125 and /128 of IPv6" "$(to fd00::77 fd00::8 fd00::9 fd00::a fd00::10 fe00::1)" "2 3 2 3 2 none"

# --- changes ---

hub route replace camex0 10.1.0.0/16 peer host2
is "route replace moves packets, and those of the routes inside stay" "$(to 10.1.9.9 10.1.1.9 10.1.1.1)" "2 2 3"
hub route del camex0 10.1.1.1
is "after route del the next shorter one has them" "$(to 10.1.1.1 10.1.1.9 10.1.9.9)" "2 2 2"
hub route del camex0 10.1.1.0/24
hub route del camex0 10.1.0.0/16
hub route del camex0 10.0.0.0/8
is "the default is left" "$(to 10.1.1.1 10.1.1.9 10.1.9.9 10.0.0.2)" "3 3 3 2"
hub peer set camex0 host3 routes 10.0.0.3/32,fd00::3/128
is "peer set routes replaces them all" "$(to 10.1.1.1 fd00::8 10.0.0.3 fd00::3 fd00::77)" "none 2 3 3 2"
hub peer set camex0 host2 routes any
is "any is IPv4 and IPv6, but for what another has" "$(to 10.1.1.1 fd01::1234 10.0.0.3 fd00::3)" "2 2 3 3"
hub peer set camex0 host2 routes 10.0.0.2/32,fd00::2/128

# --- inner sources ---

# from SOURCE: prints what the hub counts of a packet of host2 with that inner source.
from() {
	local now destination=10.0.0.1
	case $1 in *:*) destination=fd00::1 ;; esac
	on host2 ping -q -n -c 1 -W 0.1 -I "$1" $destination >/dev/null
	now=$(at_hub)
	case "$((${now% *} - ${at_hub% *})) $((${now#* } - ${at_hub#* }))" in
	"1 0") echo received ;;
	"0 1") echo refused ;;
	*) echo "$at_hub, then $now" ;;
	esac
}

at_hub() {
	{
		ip -n host1 -s -j link show camex0
		hub -j stats camex0
	} | jq -rs '"\(.[0][0].stats64.rx.packets) \(.[1].bad_source)"'
}

# source_is DESCRIPTION SOURCE received|refused
source_is() {
	at_hub=$(at_hub)
	is "$1" "$(from "$2")" "$3"
}

ip -n host2 -batch - <<-END
	address add 10.0.0.3/32 dev lo
	address add 10.7.7.7/32 dev lo
	address add fd00::3/128 dev lo nodad
END
source_is "its own" 10.0.0.2 received
source_is "its own over IPv6" fd00::2 received
source_is "another peer's" 10.0.0.3 refused
source_is "another peer's over IPv6" fd00::3 refused
source_is "nobody's" 10.7.7.7 refused
is "the hub knows where host3 is" "$(peer host1 host3 .endpoint)" 192.0.2.3:7000
hub dev set camex0 source-check off
source_is "without the check: another peer's" 10.0.0.3 received
source_is "without the check: another peer's over IPv6" fd00::3 received
source_is "without the check: nobody's" 10.7.7.7 received
is "which moves nobody" "$(peer host1 host3 .endpoint)" 192.0.2.3:7000
hub dev set camex0 source-check on
source_is "with it again" 10.0.0.3 refused
hub route add camex0 10.0.0.0/8 peer host2
source_is "a longer prefix of another's is not its own" 10.0.0.3 refused
source_is "the rest is" 10.7.7.7 received

# --- the same key for both: the inner source tells them apart ---

hub dev del camex0
hub dev add camex0 port 7000
for i in 2 3; do
	hub peer add camex0 host$i key-file "$test_tmp/key2" routes 10.0.0.$i/32,fd00::$i/128
	camexctl -n host$i key set camex0 host1 key-file "$test_tmp/key2"
done
ip -n host1 -batch - <<-END
	address add 10.0.0.1/24 dev camex0
	address add fd00::1/64 dev camex0
	link set camex0 up
END
sleep 1.2
for i in 3 2; do
	ok "one key: host$i reaches the hub over IPv4" reaches host$i 10.0.0.1
	ok "one key: host$i reaches the hub over IPv6" reaches host$i fd00::1
	is "one key: the hub knows where host$i is" "$(peer host1 host$i .endpoint)" "192.0.2.$i:7000"
	ok "one key: the hub reaches host$i" reaches host1 10.0.0.$i
done
is "one key: nothing went wrong" "$(counters host1)" ""

# --- two peers in plain, told apart by where they are ---

for i in 1 2 3; do camexctl -n host$i dev del camex0; done
hub dev add camex0 port 7000 protocol raw
for i in 2 3; do
	hub peer add camex0 host$i endpoint "192.0.2.$i:7000" routes 10.0.0.$i/32,fd00::$i/128
	camexctl -n host$i dev add camex0 port 7000 protocol raw
	camexctl -n host$i peer add camex0 host1 endpoint 192.0.2.1:7000 routes any
done
for i in 1 2 3; do
	ip -n host$i -batch - <<-END
		address add 10.0.0.$i/24 dev camex0
		address add fd00::$i/64 dev camex0
		link set camex0 up
	END
done
for i in 2 3; do
	ok "raw: host$i reaches the hub" reaches host$i fd00::1
	ok "raw: the hub reaches host$i" reaches host1 10.0.0.$i
done
source_is "raw: another peer's source" 10.0.0.3 refused

# --- and without an endpoint, by what their packets come from ---

for i in 2 3; do
	hub peer del camex0 host$i
	hub peer add camex0 host$i routes 10.0.0.$i/32,fd00::$i/128
done
nok "raw: nobody knows where host3 is" reaches host1 10.0.0.3 -W 1
ok "raw: host2 is known by its IPv4 address inside" reaches host2 10.0.0.1
ok "raw: host3 is known by its IPv6 address inside" reaches host3 fd00::1
for i in 2 3; do
	is "raw: the hub knows where host$i is" "$(peer host1 host$i .endpoint)" "192.0.2.$i:7000"
	ok "raw: the hub reaches host$i" reaches host1 10.0.0.$i
done

done_testing
