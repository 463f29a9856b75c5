#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The four paths of transport udp: sent through IP or by netpoll, received by the socket or
# by netfilter. Whatever the path, the same goes through.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"

bytes=500000
if slow; then bytes=60000; fi

start_exchange

# both COMMAND...: camexctl in host1 and host2
both() {
	camexctl -n host1 "$@" && camexctl -n host2 "$@"
}

goes() {
	ok "$1: ping" reaches host1 10.0.0.2
	ok "$1: TCP" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$1: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$1: UDP" exchanged udp host1 10.0.0.1 host2 10.0.0.2 1 1300 5000
	ok "$1: UDP over IPv6" exchanged udp host1 fd00::1 host2 fd00::2 1 1300 5000
}

# grows HOST COUNTER COMMAND...: the counter does, while COMMAND succeeds
grows() {
	local host=$1 name=$2 before
	before=$(counter "$host" "$name")
	shift 2
	"$@" && [ "$(counter "$host" "$name")" -gt "$before" ]
}

# stays HOST COUNTER COMMAND...: it does not
stays() {
	local host=$1 name=$2 before
	before=$(counter "$host" "$name")
	shift 2
	"$@" && [ "$(counter "$host" "$name")" -eq "$before" ]
}

# veth refuses netpoll in Linux 6.12 and later: all goes the ordinary way, and is counted
IFS=. read -r major minor _ < <(uname -r)
refused=$((major * 1000 + minor >= 6012))

# leaves HOST COMMAND...: by netpoll, where there is one, while COMMAND succeeds
leaves() {
	if [ "$refused" = 1 ]; then
		grows "$1" netpoll_fallback "${@:2}"
	else
		stays "$1" netpoll_fallback "${@:2}"
	fi
}

# by_netpoll HOST ADDRESS: pings leave by netpoll
by_netpoll() {
	leaves "$1" on "$1" ping -q -n -c 3 -i 0.05 -W 5 "$2"
}

# eth0_sees HOST: how many outgoing packets packet sockets have seen there is told by a counter
# of the output path, which netpoll does not pass
out_requests() {
	on "$1" nstat -asz IpOutRequests | awk '$1 == "IpOutRequests" { print $2 }'
}

ok "two hosts" hosts 2
for kind in "plain link tap protocol raw" "key link tap" "key"; do
	for outer in 4 6; do
		# shellcheck disable=SC2086 # words
		ok "$kind over IPv$outer" tunnel $outer $kind
		for tx in udp netpoll; do
			for rx in udp netfilter; do
				# all of it for frames over IPv4, and the two new ones together
				case $outer$tx$rx in
				6udpudp | 6netpolludp) continue ;;
				esac
				[ "$kind" != key ] || [ $tx$rx = netpollnetfilter ] || continue
				ok "tx $tx rx $rx" both dev set camex0 tx $tx rx $rx
				if [ $tx = netpoll ]; then
					ok "netpoll becomes ready" wait_until 20 by_netpoll host1 10.0.0.2
				fi
				goes "$kind over IPv$outer, tx $tx rx $rx"
				if [ $rx = netfilter ]; then
					ok "the hook takes them" grows host2 rx_netfilter reaches host1 10.0.0.2
				else
					ok "the socket takes them" stays host2 rx_netfilter reaches host1 10.0.0.2
				fi
			done
		done
		unlike "nothing went wrong" "$(counters host1) $(counters host2)" \
			'malformed|auth|replayed|no_|queue|bad|loop|too_big'
	done
done

# --- past the output path ---

ok "a tunnel" tunnel 4 key
ok "tx netpoll rx netfilter" both dev set camex0 tx netpoll rx netfilter
ok "netpoll becomes ready" wait_until 20 by_netpoll host1 10.0.0.2
before=$(out_requests host1)
on host1 ping -q -n -c 10 -i 0.02 -W 5 10.0.0.2 >/dev/null
after=$(out_requests host1)
ok "only the pings themselves pass the output path, unless netpoll is refused" \
	[ $((after - before < 15)) != "$refused" ]

# VXLAN sends by IP what it gets, which cannot be with interrupts off
# vxlan I J: a device for it in host I
vxlan() {
	ip -n "host$1" link add vx0 type vxlan id 1 dstport 4789 local "192.0.2.$1" remote "192.0.2.$2" &&
		ip -n "host$1" address add "198.51.100.$1/24" dev vx0 && ip -n "host$1" link set vx0 up
}
ok "VXLAN on host1" vxlan 1 2
ok "VXLAN on host2" vxlan 2 1
ok "the peer is there" camexctl -n host1 peer set camex0 host2 endpoint 198.51.100.2:7000
ok "it is reached" wait_until 10 reaches host1 10.0.0.2
sleep 1
ok "netpoll is not ready, and does not become so" grows host1 netpoll_fallback reaches host1 10.0.0.2
for i in 1 2; do ok "VXLAN goes" ip -n host$i link del vx0; done
ok "the peer is where it was" camexctl -n host1 peer set camex0 host2 endpoint 192.0.2.2:7000
ok "it is reached" wait_until 10 reaches host1 10.0.0.2

# --- what is below the device changes, and what cannot send with interrupts off ---

# br0 in host1 has eth0 and its address, with a port more now and then
under_bridge() {
	ip -n host1 link add br0 type bridge && ip -n host1 link set br0 up &&
		ip -n host1 link set eth0 master br0 && ip -n host1 address flush dev eth0 &&
		ip -n host1 address add 192.0.2.1/24 dev br0 &&
		ip -n host1 link add vx0 type vxlan id 1 dstport 4789 local 198.51.100.1 remote 198.51.100.2 &&
		ip -n host1 link set vx0 up
}
ok "eth0 is a bridge's port" under_bridge
ok "netpoll is ready" wait_until 20 by_netpoll host1 10.0.0.2
ok "VXLAN becomes another port" ip -n host1 link set vx0 master br0
ok "not any more" grows host1 netpoll_fallback reaches host1 10.0.0.2
sleep 1
ok "nor later" grows host1 netpoll_fallback reaches host1 10.0.0.2
ok "no port any more" ip -n host1 link set vx0 nomaster
ok "it becomes ready again" wait_until 20 by_netpoll host1 10.0.0.2
ip -n host1 link del vx0
ip -n host1 link del br0
ip -n host1 address add 192.0.2.1/24 dev eth0
ip -n host1 address add 2001:db8::1/64 dev eth0 nodad
ip -n host1 address add fe80::1/64 dev eth0 nodad
ok "without the bridge" wait_until 20 by_netpoll host1 10.0.0.2

# stacked KIND OPTION...: up0 of host1 is a device of that kind above eth0, and the way to the peer
stacked() {
	ip -n host1 link add up0 link eth0 type "$@" && ip -n host1 link set up0 up &&
		ip -n host1 address add 192.0.2.21/24 dev up0 &&
		ip -n host1 route replace 192.0.2.2/32 dev up0 src 192.0.2.21
}
# never WHAT: what leaves by up0 does not do so by netpoll, whether or not somebody answers
never() {
	local before
	ok "$1: the next hop is known" ip -n host1 neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev up0 nud permanent
	on host1 ping -q -n -c 1 -W 1 10.0.0.2 >/dev/null
	sleep 1
	before=$(counter host1 netpoll_fallback)
	on host1 ping -q -n -c 1 -W 1 10.0.0.2 >/dev/null
	ok "$1: never by netpoll" [ "$(counter host1 netpoll_fallback)" -gt "$before" ]
	ip -n host1 link del up0
}
# the kernel that checks all is without
if modprobe -q ipvlan; then
	ok "ipvlan above eth0" stacked ipvlan mode l2
	never ipvlan
fi
if modprobe -q macsec; then
	ok "MACsec above eth0" stacked macsec encrypt on
	ok "MACsec has a key" ip -n host1 macsec add up0 tx sa 0 pn 1 on key 01 00112233445566778899aabbccddeeff
	never MACsec
fi
ok "macvlan above eth0, which passes netpoll on" stacked macvlan mode bridge
ok "netpoll becomes ready" wait_until 20 by_netpoll host1 10.0.0.2
ip -n host1 link del up0
# host2 knows the macvlan's address
ip -n host2 neigh flush dev eth0
ok "directly again" wait_until 20 by_netpoll host1 10.0.0.2

# --- rules for local input hold either way ---

on host2 nft -f - <<-END
	table inet filter {
		chain input {
			type filter hook input priority 0; policy accept
			udp dport 7000 counter drop
		}
	}
END
nok "dropped by INPUT, rx netfilter" on host1 ping -q -n -c 2 -i 0.2 -W 1 10.0.0.2
ok "rx udp" camexctl -n host2 dev set camex0 rx udp
nok "dropped by INPUT, rx udp" on host1 ping -q -n -c 2 -i 0.2 -W 1 10.0.0.2
like "the rule has counted" "$(on host2 nft list table inet filter)" 'packets [1-9]'
on host2 nft delete table inet filter
ok "without the rule" reaches host1 10.0.0.2
ok "rx netfilter" camexctl -n host2 dev set camex0 rx netfilter
ok "the hook takes them" grows host2 rx_netfilter reaches host1 10.0.0.2

# what a program looks at comes from its system calls, not from a softirq; the kernel that
# checks all is without
if modprobe -q nfnetlink_queue; then
	bg host2 "$(dirname "$0")/nfqueue.py" 7 >"$test_tmp/nfqueue" 2>&1
	queue=$!
	ok "a program for NFQUEUE" wait_until 20 grep -q ready "$test_tmp/nfqueue"
	on host2 nft -f - <<-END
		table inet filter {
			chain input {
				type filter hook input priority 0; policy accept
				udp dport 7000 counter queue num 7
			}
		}
	END
	ok "the hook takes what a program lets go" grows host2 rx_netfilter reaches host1 10.0.0.2
	ok "TCP" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	like "the program has seen it" "$(on host2 nft list table inet filter)" 'packets [1-9][0-9]'
	on host2 nft delete table inet filter
	stop "$queue"
	is "and has nothing to say" "$(<"$test_tmp/nfqueue")" ready
	ok "without it" reaches host1 10.0.0.2
fi

# --- an address of the device's own ---

# silenced HOST: nothing leaves its port 7000.
silenced() {
	on "$1" nft -f - <<-END
		table inet silence {
			chain output {
				type filter hook output priority 0; policy accept
				udp sport 7000 drop
			}
		}
	END
}

# What comes to another address of this host is not the device's, either way.
for family in 4 6; do
	bound=192.0.2.11/24 to=192.0.2.11 other=192.0.2.1 counter=UdpNoPorts
	[ $family = 4 ] || bound=2001:db8::11/64 to="[2001:db8::11]" other="[2001:db8::1]" counter=Udp6NoPorts
	what="bound to ${bound%/*}"
	ok "$what: a tunnel" tunnel $family key rx netfilter
	ok "$what: the address" ip -n host1 address add $bound dev eth0 nodad
	ok "$what" camexctl -n host1 dev set camex0 bind ${bound%/*}
	ok "$what: the other end is told" camexctl -n host2 peer set camex0 host1 endpoint "$to:7000"
	ok "$what: it carries" reaches host2 10.0.0.1
	ok "$what: the hook takes them" grows host1 rx_netfilter reaches host2 10.0.0.1
	is "$what: answers come from there" "$(peer host2 host1 .endpoint)" "$to:7000"
	for rx in udp netfilter; do
		ok "$what: rx $rx" camexctl -n host1 dev set camex0 rx $rx
		ok "$what, rx $rx: it carries" reaches host1 10.0.0.2
		# what host1 sends would tell where it is
		ok "$what, rx $rx: host1 is silent" silenced host1
		ok "$what, rx $rx: the other end sends elsewhere" camexctl -n host2 peer set camex0 host1 endpoint "$other:7000"
		before=$(peer host1 host2 .rx_packets) lost=$(sum_of $counter host1)
		nok "$what, rx $rx: what comes there is not answered" reaches host2 10.0.0.1 -W 1
		is "$what, rx $rx: nor taken" "$(peer host1 host2 .rx_packets)" "$before"
		ok "$what, rx $rx: but is nobody's" [ "$(sum_of $counter host1)" -gt "$lost" ]
		ok "$what, rx $rx: host1 speaks" on host1 nft delete table inet silence
		ok "$what, rx $rx: the other end is told again" camexctl -n host2 peer set camex0 host1 endpoint "$to:7000"
		ok "$what, rx $rx: it carries again" reaches host2 10.0.0.1
	done
done
ok "a tunnel" tunnel 4 key rx netfilter

# --- checksums that are wrong ---

# nothing else comes meanwhile
ok "host2 has no end" camexctl -n host2 dev del camex0

# spoiled FAMILY COUNTER [LENGTH [CHECKSUM]]: how many more datagrams UDP of host1 finds wrong, and the
# hook takes, while host2 sends three of 28 bytes with LENGTH and CHECKSUM in the UDP header
spoiled() {
	local before taken
	before=$(sum_of "$2" host1) taken=$(counter host1 rx_netfilter)
	on host2 python3 - "$1" "${3-28}" "${4-0xdead}" <<-END
		import socket, struct, sys
		four = sys.argv[1] == "4"
		s = socket.socket(socket.AF_INET if four else socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_UDP)
		for _ in range(3):
		    s.sendto(struct.pack("!HHHH", 9, 7000, int(sys.argv[2]), int(sys.argv[3], 0)) + bytes(20), ("192.0.2.1" if four else "2001:db8::1", 0))
	END
	echo "$(($(sum_of "$2" host1) - before)) $(($(counter host1 rx_netfilter) - taken))"
}
is "IPv4: what has a wrong checksum is left to UDP, which counts it" "$(spoiled 4 UdpInCsumErrors)" "3 0"
is "IPv6: likewise" "$(spoiled 6 Udp6InCsumErrors)" "3 0"
for length in 7 29; do
	is "IPv4: so is what says that it is of $length bytes" "$(spoiled 4 UdpInErrors $length)" "3 0"
	is "IPv6: likewise" "$(spoiled 6 Udp6InErrors $length)" "3 0"
	is "IPv4: without a checksum, too" "$(spoiled 4 UdpInErrors $length 0)" "3 0"
done
is "IPv6: so is a datagram without a checksum" "$(spoiled 6 Udp6InCsumErrors 28 0)" "3 0"
ok "a tunnel" tunnel 4 key rx netfilter

# --- checksums that nobody has looked at yet ---

for host in host1 host2; do on $host ethtool -K eth0 tx off gro off >/dev/null; done
ok "without checksum offload" exchanged udp host1 10.0.0.1 host2 10.0.0.2 1 2 1001
ok "the hook takes them" grows host2 rx_netfilter reaches host1 10.0.0.2
for host in host1 host2; do on $host ethtool -K eth0 tx on gro on >/dev/null; done

# --- fragments, and what is too long for netpoll ---

ok "an MTU beyond the underlay's" eval 'ip -n host1 link set camex0 mtu 1600 && ip -n host2 link set camex0 mtu 1600'
ip -n host1 route replace 10.0.0.0/24 dev camex0 mtu lock 1600
ip -n host2 route replace 10.0.0.0/24 dev camex0 mtu lock 1600
ok "frames longer than the way go in fragments" tunnel 4 plain link tap protocol raw tx netpoll rx netfilter
ip -n host1 link set camex0 mtu 3000
ip -n host2 link set camex0 mtu 3000
ok "a long one goes the ordinary way" grows host1 netpoll_fallback on host1 ping -q -n -c 3 -i 0.05 -W 5 -s 2900 10.0.0.2
ok "fragments of one reach the hook whole" grows host2 rx_netfilter on host1 ping -q -n -c 1 -W 5 -s 2900 10.0.0.2
ok "TCP in fragments" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 50000
ok "over IPv6" tunnel 6 plain link tap protocol raw tx netpoll rx netfilter
ip -n host1 link set camex0 mtu 3000
ip -n host2 link set camex0 mtu 3000
ok "fragments reach the socket" stays host2 malformed on host1 ping -q -n -c 3 -i 0.05 -W 5 -s 2900 10.0.0.2

# --- a jumbo underlay ---

ip -n host1 link set eth0 mtu 9000
ip -n host2 link set eth0 mtu 9000
ip -n host1 link set camex0 mtu 8900
ip -n host2 link set camex0 mtu 8900
ok "netpoll is ready" wait_until 20 by_netpoll host1 fd00::2
ok "jumbo frames leave by netpoll" leaves host1 on host1 ping -q -n -c 3 -i 0.05 -W 5 -s 8800 10.0.0.2
ok "TCP in jumbo frames" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"

# --- egress by a VLAN; a device that goes down, and one that is enslaved ---

for i in 1 2; do
	ip -n host$i link add eth0.5 link eth0 type vlan id 5
	ip -n host$i address add 198.51.100.$i/24 dev eth0.5
	ip -n host$i link set eth0.5 up
	camexctl -n host$i peer set camex0 host$((3 - i)) endpoint 198.51.100.$((3 - i)):7000
done
ok "over a VLAN" wait_until 20 by_netpoll host1 10.0.0.2
ok "TCP over a VLAN" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
ip -n host1 link set eth0.5 down
nok "not while it is down" on host1 ping -q -n -c 1 -W 1 10.0.0.2
ip -n host1 link set eth0.5 up
ok "it comes up again" wait_until 20 by_netpoll host1 10.0.0.2
ip -n host1 link add br0 type bridge
ip -n host1 link set br0 up
ip -n host1 link set eth0.5 master br0
ip -n host1 address flush dev eth0.5
ip -n host1 address add 198.51.100.1/24 dev br0
ok "it is enslaved, and the bridge is used" wait_until 20 by_netpoll host1 10.0.0.2
ip -n host1 link del br0
ip -n host1 link del eth0.5
nok "nothing goes without it" on host1 ping -q -n -c 1 -W 1 10.0.0.2
ip -n host1 link add eth0.5 link eth0 type vlan id 5
ip -n host1 address add 198.51.100.1/24 dev eth0.5
ip -n host1 link set eth0.5 up
ok "a new one of that name is used" wait_until 20 by_netpoll host1 10.0.0.2

# --- switched while up ---

# switch N: each way, again and again
switch() {
	local i
	for ((i = 0; i < $1; i++)); do
		both dev set camex0 tx netpoll rx udp && both dev set camex0 tx udp rx netfilter &&
			both dev set camex0 tx netpoll rx netfilter && both dev set camex0 tx udp rx udp || return
	done
}
bg host1 ping -n -i 0.01 -c 400 -W 5 10.0.0.2 >"$test_tmp/pings"
pings=$!
ok "switched under way" switch 3
wait $pings
received=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$test_tmp/pings")
ok "at most 64 of 400 were lost: $((400 - received))" [ "$received" -ge 336 ]

# --- the namespace goes ---

ok "netpoll and netfilter" both dev set camex0 tx netpoll rx netfilter
ok "it is used" wait_until 20 by_netpoll host1 10.0.0.2
ip netns del host2
wait_until 20 eval '! ip netns list | grep -q host2'
ok "host1 still works" camexctl -n host1 dev show camex0
ok "its device goes" camexctl -n host1 dev del camex0
test_hosts=(host1)

done_testing
