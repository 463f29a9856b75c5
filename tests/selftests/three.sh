#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A hub with two peers: the longest match chooses the peer, and a peer uses only its own
# inner addresses.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# Packets that host2 and host3 have received of those that the hub sent to an address.
# to ADDRESS: prints the peer that the hub's packet to ADDRESS reached.
to() {
	local before after
	before=$(received)
	on host1 ping -q -n -c 1 -W 0.1 "$1" >/dev/null
	after=$(received)
	case "$((${after% *} - ${before% *})) $((${after#* } - ${before#* }))" in
	"1 0") echo host2 ;;
	"0 1") echo host3 ;;
	"0 0") echo none ;;
	*) echo "$before, then $after" ;;
	esac
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
	on host$i sysctl -qw net.ipv4.icmp_echo_ignore_all=0 net.ipv4.conf.all.rp_filter=0
done
ip -n host1 -batch - <<-END
	address add 10.0.0.1/24 dev camex0
	address add fd00::1/64 dev camex0
	link set camex0 up
	route add default dev camex0
	route add 10.0.0.0/8 dev camex0
	route add default dev camex0 metric 1
END

# --- the peers are where they are heard ---

hub route add camex0 10.0.0.2 peer host2
hub route add camex0 10.0.0.3 peer host3
hub route add camex0 fd00::2 peer host2
hub route add camex0 fd00::3 peer host3
nok "nobody is there before it is heard" reaches host1 10.0.0.2 -W 1
is "that is counted" "$(counters host1)" "no_endpoint=1"
for i in 2 3; do
	ok "host$i reaches the hub over IPv4" reaches host$i 10.0.0.1
	ok "host$i reaches the hub over IPv6" reaches host$i fd00::1
	ok "the hub reaches host$i over IPv4" reaches host1 10.0.0.$i
	ok "the hub reaches host$i over IPv6" reaches host1 fd00::$i
	is "the hub knows where host$i is" "$(peer host1 host$i .endpoint)" "192.0.2.$i:7000"
done
nok "host2 does not reach host3 through the hub: it does not forward" reaches host2 10.0.0.3 -W 1
is "nothing but that one packet went wrong" "$(counters host1)" "no_endpoint=1"

# --- the longest match ---

is "no route" "$(to 10.9.9.9)" none
hub route add camex0 10.0.0.0/8 peer host2
is "/8" "$(to 10.9.9.9)" host2
hub route add camex0 10.1.0.0/16 peer host3
is "/16 in it" "$(to 10.1.9.9)" host3
is "beside it" "$(to 10.2.9.9)" host2
hub route add camex0 10.1.1.0/24 peer host2
is "/24 in that" "$(to 10.1.1.9)" host2
hub route add camex0 10.1.1.1 peer host3
is "/32 in that" "$(to 10.1.1.1)" host3
is "beside it" "$(to 10.1.1.0)" host2
is "outside of all" "$(to 11.0.0.1)" none
hub route add camex0 0.0.0.0/0 peer host3
is "now there is a default" "$(to 11.0.0.1)" host3
is "IPv6 has none" "$(to fd00::9)" none
hub route add camex0 fd00::/16 peer host2
hub route add camex0 fd00::8/125 peer host3
is "/16" "$(to fd00::77)" host2
is "/125" "$(to fd00::9)" host3
hub route add camex0 fd00::9 peer host2
is "/128" "$(to fd00::9)" host2
is "beside it" "$(to fd00::a)" host3
is "the first of both" "$(to fd00::2)" host2

# --- changes ---

hub route replace camex0 10.1.0.0/16 peer host2
is "route replace moves packets" "$(to 10.1.9.9)" host2
is "what is inside stays" "$(to 10.1.1.1)" host3
hub route del camex0 10.1.1.1
is "after route del the next longer one has them" "$(to 10.1.1.1)" host2
hub route del camex0 10.1.1.0/24
hub route del camex0 10.1.0.0/16
is "/8 is left" "$(to 10.1.1.1)" host2
hub route del camex0 10.0.0.0/8
is "the default is left" "$(to 10.1.1.1)" host3
is "a /32 as well" "$(to 10.0.0.2)" host2
hub peer set camex0 host3 routes 10.0.0.3/32,fd00::3/128
is "routes replaces them all" "$(to 10.1.1.1)" none
hub peer set camex0 host2 routes any
is "any: IPv4" "$(to 10.1.1.1)" host2
is "any: IPv6" "$(to fd00::1234)" host2
is "but for what another has" "$(to 10.0.0.3)" host3
is "but for what another has" "$(to fd00::3)" host3
hub peer set camex0 host2 routes 10.0.0.2/32,fd00::2/128

# --- inner sources ---

# from HOST SOURCE: prints what the hub counts of a packet of HOST with that inner source.
from() {
	local before after destination=10.0.0.1
	before=$(at_hub)
	case $2 in *:*) destination=fd00::1 ;; esac
	on "$1" ping -q -n -c 1 -W 0.1 -I "$2" $destination >/dev/null
	after=$(at_hub)
	echo "received $((${after% *} - ${before% *})), refused $((${after#* } - ${before#* }))"
}

at_hub() {
	{
		ip -n host1 -s -j link show camex0
		hub -j stats camex0
	} | jq -rs '"\(.[0][0].stats64.rx.packets) \(.[1].bad_source)"'
}

ip -n host2 -batch - <<-END
	address add 10.0.0.3/32 dev lo
	address add 10.7.7.7/32 dev lo
	address add fd00::3/128 dev lo nodad
END
is "its own" "$(from host2 10.0.0.2)" "received 1, refused 0"
is "its own over IPv6" "$(from host2 fd00::2)" "received 1, refused 0"
is "another peer's" "$(from host2 10.0.0.3)" "received 0, refused 1"
is "another peer's over IPv6" "$(from host2 fd00::3)" "received 0, refused 1"
is "nobody's" "$(from host2 10.7.7.7)" "received 0, refused 1"
is "the hub knows where host3 is" "$(peer host1 host3 .endpoint)" 192.0.2.3:7000
hub dev set camex0 source-check off
is "without the check: another peer's" "$(from host2 10.0.0.3)" "received 1, refused 0"
is "without the check: another peer's over IPv6" "$(from host2 fd00::3)" "received 1, refused 0"
is "without the check: nobody's" "$(from host2 10.7.7.7)" "received 1, refused 0"
is "which moves nobody" "$(peer host1 host3 .endpoint)" 192.0.2.3:7000
hub dev set camex0 source-check on
is "with it again" "$(from host2 10.0.0.3)" "received 0, refused 1"
hub route add camex0 10.0.0.0/8 peer host2
is "a longer prefix of another's is not its own" "$(from host2 10.0.0.3)" "received 0, refused 1"
is "the rest is" "$(from host2 10.7.7.7)" "received 1, refused 0"

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
is "raw: another peer's source" "$(from host2 10.0.0.3)" "received 0, refused 1"

done_testing
