#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What is expected of a tunnel without being asked: relay, path MTU, DSCP and ECN, TTL, and
# ICMP to those whose packets cannot go on.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # programs for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"

# spoke N: host N's tunnel to the hub in host1, with 10.0.0.N and fd00::N inside. It has a key of its own: the hub would
# take it for another spoke once it has not got its key any more.
spoke() {
	(umask 077 && camexctl key gen >"$test_tmp/key$1") && camexctl -n "host$1" dev add camex0 port 7000 &&
		camexctl -n "host$1" peer add camex0 hub endpoint 192.0.2.1:7000 key-file "$test_tmp/key$1" \
			routes 10.0.0.0/16,fd00::/64 &&
		camexctl -n host1 peer add camex0 "host$1" key-file "$test_tmp/key$1" \
			routes "10.0.0.$1/32,fd00::$1/128" &&
		inside "$1"
}

inside() {
	ip -n "host$1" -batch - <<-END
		address add 10.0.0.$1/16 dev camex0
		address add fd00::$1/64 dev camex0
		link set camex0 up
	END
}

# said HOST OPTION...: what ping says
said() {
	local host=$1
	shift
	on "$host" ping -n -c 1 -W 2 "$@" 2>&1
}

# --- relay ---

ok "three hosts" hosts 3
(umask 077 && camexctl key gen >"$test_tmp/key")
ok "a hub" camexctl -n host1 dev add camex0 port 7000
is "does not relay" "$(camexctl -n host1 -j dev show camex0 | jq '.[0].relay')" false
ok "it is up" inside 1
ok "a spoke" spoke 2
ok "another" spoke 3
ok "the hub reaches both" eval 'wait_until 5 reaches host1 10.0.0.2 && wait_until 5 reaches host1 10.0.0.3'
nok "one spoke does not reach the other" reaches host2 10.0.0.3 -W 1
ok "relay on" camexctl -n host1 dev set camex0 relay on
is "it is shown" "$(camexctl -n host1 -j dev show camex0 | jq '.[0].relay')" true
ok "one spoke reaches the other" reaches host2 10.0.0.3
ok "over IPv6" reaches host3 fd00::2
is "a hop less to live" "$(said host2 10.0.0.3 | grep -o 'ttl=[0-9]*')" "ttl=63"
is "over IPv6" "$(said host2 fd00::3 | grep -o 'ttl=[0-9]*')" "ttl=63"
ok "the hub is still reached" reaches host2 10.0.0.1
ok "over IPv6" reaches host2 fd00::1
like "who has no hop left is told" "$(said host2 -t 1 10.0.0.3)" "From 10.0.0.1 .*Time to live exceeded"
like "over IPv6" "$(said host2 -t 1 fd00::3)" "From fd00::1 .*Time exceeded"
is "it is counted" "$(counter host1 ttl_expired)" 2
iperf_server host3
ok "TCP from spoke to spoke" tcp_bps host2 10.0.0.3 500K
# which would hold back, or drop, what is to be sent at a time that is far away
ok "the hub paces" tc -n host1 qdisc replace dev eth0 root fq
# while ping runs, packets have the time when they came
ok "one spoke reaches the other" reaches host2 10.0.0.3
ok "over IPv6" reaches host3 fd00::2
ok "the hub does not pace any more" tc -n host1 qdisc del dev eth0 root
camexctl -n host1 peer add camex0 rest endpoint 192.0.2.3:7999 key-file "$test_tmp/key" routes any
before=$(peer host1 rest .tx_packets)
nok "what only a default route claims" reaches host2 10.0.9.9 -W 1
is "is not relayed" "$(peer host1 rest .tx_packets)" "$before"
nok "over IPv6" reaches host2 fd00::9:9 -W 1
is "is not relayed either" "$(peer host1 rest .tx_packets)" "$before"
camexctl -n host1 peer del camex0 rest
ok "a network behind a spoke" camexctl -n host1 route add camex0 10.0.8.0/24 peer host2
before=$(peer host1 host2 .tx_packets)
nok "what that spoke sends to it" reaches host2 10.0.8.1 -W 1
is "is not sent back to the spoke" "$(peer host1 host2 .tx_packets)" "$before"
ok "link-local IPv4 addresses behind the other spoke" camexctl -n host1 route add camex0 169.254.0.0/16 peer host3
ok "which the first spoke sends to the hub" camexctl -n host2 route add camex0 169.254.0.0/16 peer hub
ip -n host2 route add 169.254.0.0/16 dev camex0
before=$(peer host1 host3 .tx_packets)
nok "a packet to one of them" reaches host2 169.254.1.1 -W 1
is "is not relayed" "$(peer host1 host3 .tx_packets)" "$before"
on host2 ping -q -n -c 1 -W 1 10.0.0.2 -I 10.0.0.2 >/dev/null
camexctl -n host1 key del camex0 host3
like "whose way ends is told" "$(said host2 10.0.0.3)" "From 10.0.0.1 .*Destination Host Unreachable"
like "over IPv6" "$(said host2 fd00::3)" "From fd00::1 .*unreachable"
ok "relay off" camexctl -n host1 dev set camex0 relay off
nok "it is off" reaches host3 10.0.0.2 -W 1

# --- a path with less room ---

ok "two hosts" hosts 2
for protocol in "key" "plain protocol raw"; do
	# shellcheck disable=SC2086 # several words
	ok "a tunnel, $protocol" tunnel 4 $protocol
	overhead=72
	[ "$protocol" = key ] || overhead=28
	mtu=$((1500 - overhead))
	is "the MTU fits" "$(camexctl -n host1 -j dev show camex0 | jq '.[0].mtu')" $mtu
	ok "a packet as large as that" reaches host1 10.0.0.2 -M 'do' -s $((mtu - 28))
	ip -n host1 route add 192.0.2.2 dev eth0 mtu 1400
	room=$((1400 - overhead))
	like "where the path has less room the sender is told" "$(said host1 -M 'do' -s $((room - 27)) 10.0.0.2)" \
		"[Mm]essage too long.* mtu ?= ?$room|Frag needed.*mtu = $room"
	is "it is counted" "$(counter host1 too_big)" 1
	ok "as much as fits" reaches host1 10.0.0.2 -M 'do' -s $((room - 28))
	ok "more, where it may be cut" reaches host1 10.0.0.2 -M dont -s 3000
	like "over IPv6" "$(said host1 -M 'do' -s $((room - 47)) fd00::2)" "[Mm]essage too long.* mtu ?= ?$room|Packet too big.*mtu=$room"
	ok "as much as fits" reaches host1 fd00::2 -M 'do' -s $((room - 48))
	iperf_server host2
	ok "TCP finds out" tcp_bps host1 10.0.0.2 300K
	ok "over IPv6" tcp_bps host1 fd00::2 300K
	stop "${test_pids[@]}"
	ip -n host1 route replace 192.0.2.2 dev eth0 mtu 1200
	ok "IPv6 where the path has less than it needs" reaches host1 fd00::2 -s 1200
	ip -n host1 route del 192.0.2.2
done

# a router in between, with less room behind it, says so by ICMP
router() {
	ip netns add router || return
	test_hosts+=(router)
	ip -batch - <<-END || return
		link add r1 netns router type veth peer name eth1 netns host1
		link add r2 netns router type veth peer name eth1 netns host2
	END
	ip -n router -batch - <<-END || return
		address add 198.51.100.1/24 dev r1
		address add 203.0.113.1/24 dev r2
		link set r1 up
		link set r2 mtu 1300 up
	END
	ip -n host1 -batch - <<-END || return
		address add 198.51.100.2/24 dev eth1
		link set eth1 up
		route add 203.0.113.0/24 via 198.51.100.1
	END
	ip -n host2 -batch - <<-END || return
		address add 203.0.113.2/24 dev eth1
		link set eth1 up
		route add 198.51.100.0/24 via 203.0.113.1
	END
	on router sysctl -qw net.ipv4.ip_forward=1
}

ok "a network with a router" router
ok "a tunnel" tunnel 4 key
ok "through the router" camexctl -n host1 peer set camex0 host2 endpoint 203.0.113.2:7000
ok "it works" wait_until 5 reaches host1 10.0.0.2
on host1 ping -q -n -c 1 -W 1 -M 'do' -s 1300 10.0.0.2 >/dev/null
like "the sender learns what fits behind the router" "$(said host1 -M 'do' -s 1300 10.0.0.2)" \
	"[Mm]essage too long.* mtu ?= ?1228|Frag needed.*mtu = 1228"
ok "which does" reaches host1 10.0.0.2 -M 'do' -s 1200
iperf_server host2
ok "TCP goes" tcp_bps host1 10.0.0.2 300K

# --- a way to the peer that leads into the tunnel itself ---

# loops: packets that host1 has dropped as such, of each device that is there
loops() {
	local dev total=0
	for dev in camex0 camex1; do
		! on host1 test -e "/sys/class/net/$dev" || total=$((total + $(counter host1 loop "$dev")))
	done
	echo "$total"
}

# looped COMMAND...: COMMAND fails, and what it sent was counted as such.
looped() {
	local before
	before=$(loops)
	! "$@" && [ "$(loops)" -gt "$before" ]
}

ok "a tunnel" tunnel 4 key
ok "it works" reaches host1 10.0.0.2
ip -n host1 route add 192.0.2.2 dev camex0
ok "where the way leads into the tunnel, packets are dropped, as loop" looped reaches host1 10.0.0.2 -W 1
ok "over IPv6, too" looped reaches host1 fd00::2 -W 1
like "who sends is told" "$(said host1 10.0.0.2)" "From 10.0.0.1 .*Destination Host Unreachable"
like "over IPv6" "$(said host1 fd00::2)" "From fd00::1 .*unreachable"
ip -n host1 route del 192.0.2.2
ok "when it leads elsewhere again, it works" reaches host1 10.0.0.2

before=$(counter host1 not_ip)
ok "what is no IP goes in" on host1 python3 -c 'import socket as s
s.socket(s.AF_PACKET, s.SOCK_DGRAM).sendto(bytes(40), ("camex0", 0x88b5))'
is "and is counted" "$(counter host1 not_ip)" $((before + 1))

# Two tunnels, the way of each through the other one.
ok "another tunnel" camexctl -n host1 dev add camex1 port 7001
ok "its peer is inside the first" camexctl -n host1 peer add camex1 host2 endpoint 10.0.0.2:7001 \
	key-file "$test_tmp/key" routes any
ip -n host1 link set camex1 up
ip -n host1 route add 198.51.100.9 dev camex1
first_inside_other() {
	camexctl -n host1 peer set camex0 host2 endpoint 198.51.100.9:7000
}
ok "the first's peer is inside the other" first_inside_other
# what host2 itself sends meanwhile (a router solicitation) would move its endpoint back
ok "tunnels through one another end somewhere, as loop" wait_until 10 eval 'first_inside_other &&
	looped reaches host1 10.0.0.2 -W 1'
ok "without them, it works" eval 'camexctl -n host1 dev del camex1 &&
	camexctl -n host1 peer set camex0 host2 endpoint 192.0.2.2:7000 && reaches host1 10.0.0.2'

# --- DSCP and ECN (RFC 6040) ---

# pings ADDRESS VALUE...: one of host1 with each DS field
pings() {
	local value
	for value in "${@:2}"; do on host1 ping -q -n -c 1 -W 0.3 -s 64 -Q "$value" "$1" >/dev/null; done
}

# leave ADDRESS VALUE...: the outer DS fields of pings to it that have these inside
leave() {
	local length=$((8 + 44 + 20 + 8 + 64)) # UDP, camex, IPv4, ICMP, payload
	if [[ $1 == *:* ]]; then length=$((length + 20)); fi
	if [ "$link" = tap ]; then length=$((length + 14)); fi
	on host1 timeout 20 tcpdump -nv -i eth0 -c $(($# - 1)) \
		"(src 192.0.2.1 and udp port 7000 and udp[4:2] == $length) or
			(src 2001:db8::1 and ip6[6] == 17 and ip6[44:2] == $length)" \
		2>"$test_tmp/tcpdump" >"$test_tmp/outer" &
	wait_until 10 grep -q listening "$test_tmp/tcpdump"
	pings "$@"
	wait $!
	ds_fields <"$test_tmp/outer"
}

# ds_fields: those in what tcpdump -v says, in a line. It leaves out a class of 0.
ds_fields() {
	sed -nE '/ IP6 \(/{/class/!s/IP6 \(/&class 0x00,/}; s/.* IP6? \((tos|class) (0x[0-9a-f]+).*/\2/p' |
		xargs -r printf '0x%02x\n' | xargs
}

# ce HOST: congestion is experienced by all that comes to it. nft's rule for IPv6 writes a single byte, which Linux 7.3 does not.
ce() {
	on "$1" nft -f - <<-END &&
		table ip ce {
			chain way {
				type filter hook prerouting priority -150
				udp dport 7000 ip ecn set ce
			}
		}
	END
		tc -n "$1" qdisc add dev eth0 clsact && tc -n "$1" filter add dev eth0 ingress protocol ipv6 flower ip_proto udp dst_port 7000 \
		action pedit ex munge ip6 traffic_class set 3 retain 3
}

# no_ce HOST: nor any more
no_ce() {
	on "$1" nft delete table ip ce && tc -n "$1" qdisc del dev eth0 clsact
}

# arrive ADDRESS VALUE...: the DS fields that pings of host1 with these have when they leave camex0 in host2
arrive() {
	local tcpdump
	bg host2 tcpdump -nv --immediate-mode -i camex0 '(icmp and icmp[icmptype] == icmp-echo) or (icmp6 and ip6[40] == 128)' \
		2>"$test_tmp/tcpdump" >"$test_tmp/inner"
	tcpdump=$!
	wait_until 10 grep -q listening "$test_tmp/tcpdump"
	pings "$@"
	stop $tcpdump
	ds_fields <"$test_tmp/inner"
}

for version in 4 6; do
	for link in tun tap; do
		what="$link over IPv$version"
		ok "$what" tunnel $version key link $link
		for to in 10.0.0.2 fd00::2; do
			ok "$what: it works" reaches host1 $to
			is "$what: what is inside to $to shows outside, but not that congestion was experienced" \
				"$(leave $to 0x00 0xb8 0x02 0xba 0x03)" "0x00 0xb8 0x02 0xba 0x02"
		done
		ok "$what: congestion on the way" ce host2
		for to in 10.0.0.2 fd00::2; do
			# what is sent between two counters is among the others
			sent=$(peer host1 host2 .tx_packets) before=$(counter host2 malformed)
			is "$what: to $to it shows inside; what does not know ECN is dropped" \
				"$(arrive $to 0x00 0x01 0x02 0x03 0xb8 0xb9 0xba)" "0x03 0x03 0x03 0xbb 0xbb"
			# over a tap packets of IPv6's own may be there as well, beside seven pings
			after=$(($(counter host2 malformed) - before)) others=0
			if [ $link = tap ]; then others=$(($(peer host1 host2 .tx_packets) - sent - 7)); fi
			check "$what: as malformed ($after, others $others)" "[ $after -ge 2 ] && [ $after -le $((2 + others)) ]"
		done
		no_ce host2
	done
done

# --- the ID of the outer header (RFC 6864) ---

# idents COUNT: the outer IDs of so many pings without DF
idents() {
	on host1 timeout 20 tcpdump -nv -i eth0 -c "$1" 'src 192.0.2.1 and udp port 7000 and ip[6] & 0x40 = 0' \
		2>"$test_tmp/tcpdump" >"$test_tmp/outer" &
	wait_until 10 grep -q listening "$test_tmp/tcpdump"
	on host1 ping -q -n -c "$1" -i 0.05 -W 1 -M dont 10.0.0.2 >/dev/null
	wait $!
	sed -nE 's/.* IP \(.* id ([0-9]+),.*/\1/p' "$test_tmp/outer"
}

ok "a tunnel" tunnel 4 key
ok "it works" reaches host1 10.0.0.2
is "each packet without DF has an ID of its own" "$(idents 8 | sort -u | wc -l)" 8

done_testing
