#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Tunnels inside the tunnel: VXLAN, Geneve, GRE and IPIP over camex. Their GSO packets are cut once, by
# camex, and every byte that goes in comes out.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2086,SC2317 # words; functions that ok calls
. "$(dirname "$0")/lib.sh"

bytes=300000 datagrams=90
if slow; then bytes=100000 datagrams=44; fi

start_exchange

# inside KIND OUTER: a device in0 in both hosts, over camex0 and its address of family OUTER; inside
# they are 10.9.0.I and fd09::I.
inside() {
	local i j kind=$1 outer=$2 make dev from to
	for i in 1 2; do
		j=$((3 - i))
		from=10.0.0.$i to=10.0.0.$j
		[ "$outer" = 4 ] || from=fd00::$i to=fd00::$j
		case $kind in
		vxlan) make="type vxlan id 7 dstport 4789 local $from remote $to noudpcsum udp6zerocsumtx udp6zerocsumrx" ;;
		vxlan-sum) make="type vxlan id 7 dstport 4789 local $from remote $to udpcsum" ;;
		vxlan-vlan) make="type vxlan id 7 dstport 4789 local $from remote $to" ;;
		geneve) make="type geneve id 7 remote $to" ;;
		gre) make="type gre local $from remote $to" ;;
		sit) make="type sit mode any local $from remote $to" ;;
		ip6tnl) make="type ip6tnl mode any local $from remote $to" ;;
		esac
		ip -n host$i link add in0 $make && ip -n host$i link set in0 mtu 1300 up || return
		dev=in0
		if [ "$kind" = vxlan-vlan ]; then
			dev=in1
			ip -n host$i link add link in0 name in1 type vlan id 5 && ip -n host$i link set in1 up || return
		fi
		ip -n host$i address add 10.9.0.$i/24 dev $dev && ip -n host$i address add fd09::$i/64 dev $dev nodad ||
			return
	done
}

# gone: it is not there any more
gone() {
	ip -n host1 link del in0 && ip -n host2 link del in0
}

# packets DEV: what host1 and host2 sent through it
packets() {
	local host
	for host in host1 host2; do on $host cat /sys/class/net/$1/statistics/tx_packets; done |
		awk '{ sum += $1 } END { print sum }'
}

# streams WHAT: TCP in IPv4 and IPv6
streams() {
	ok "$1: TCP over IPv4" exchanged tcp host1 10.9.0.1 host2 10.9.0.2 $bytes
	ok "$1: TCP over IPv6" exchanged tcp host1 fd09::1 host2 fd09::2 $bytes
}

# datagrams WHAT: UDP, many datagrams at a time
datagrams() {
	ok "$1: UDP segments over IPv4" exchanged gso host1 10.9.0.1 host2 10.9.0.2 1200 $datagrams
	ok "$1: UDP segments over IPv6" exchanged gso host1 fd09::1 host2 fd09::2 333 $datagrams
}

# goes WHAT: both
goes() {
	streams "$1"
	datagrams "$1"
}

# whole WHAT: that goes, and a tenth of the packets on the Ethernet below carries the datagrams. Where that has no
# segmentation of UDP (veth of 5.10), the kernel cuts the packets above it: there it counts each datagram once.
whole() {
	local before after most=0.1
	on host1 ethtool -k eth0 | grep -q '^tx-udp-segmentation: on' || most=1.05
	streams "$1"
	before="$(packets camex0) $(packets eth0)"
	datagrams "$1"
	after="$(packets camex0) $(packets eth0)"
	# shellcheck disable=SC2016
	ok "$1: camex cut what it got, and sent it in one go ($before, $after)" \
		awk -v "a=$before $after" -v most=$most \
			'BEGIN { split(a, n); exit !(n[3] > n[1] && n[4] - n[2] <= (n[3] - n[1]) * most) }'
}

ok "two hosts" hosts 2
ok "a tunnel" tunnel 4 key
for kind in vxlan vxlan-sum vxlan-vlan geneve gre sit; do
	ok "$kind inside" inside $kind 4
	ok "they reach each other through $kind" wait_until 10 reaches host1 10.9.0.2
	dev=in0
	if [ $kind = vxlan-vlan ]; then dev=in1; fi
	ok "$kind: taps on the links" exchanged tap $dev+ host1 host2
	whole $kind
	ok "$kind: all that was seen has right lengths and checksums" exchanged sums any
	ok "$kind is removed" gone
done
for kind in vxlan vxlan-sum ip6tnl; do
	ok "$kind inside, over IPv6" inside $kind 6
	ok "they reach each other through $kind over IPv6" wait_until 10 reaches host1 10.9.0.2
	whole "$kind over IPv6"
	ok "$kind over IPv6 is removed" gone
done
balance "after all that"

# what the kernel cuts before we see it
ok "VXLAN again" inside vxlan 4
for host in host1 host2; do
	ok "$host: no GSO of tunnels" on $host ethtool -K camex0 tx-udp_tnl-segmentation off
done
goes "without GSO of tunnels"
ok "VXLAN is removed" gone

# jtunnels: camex0 of protocol jtunnel, plain
jtunnels() {
	local i j
	for i in 1 2; do
		j=$((3 - i))
		camexctl -n host$i dev del camex0 &&
			camexctl -n host$i dev add camex0 port 7000 protocol jtunnel id 000000000000000$i &&
			camexctl -n host$i peer add camex0 host$j id 000000000000000$j \
				endpoint 192.0.2.$j:7000 routes 10.0.0.$j/32,fd00::$j/128 &&
			tunnel_up host$i || return
	done
}

for what in "tunnel 4 key link tap" "tunnel 4 plain protocol raw" "tunnel 4 plain protocol raw link tap" jtunnels; do
	ok "another: $what" $what
	ok "$what: VXLAN inside" inside vxlan-sum 4
	ok "$what: they reach each other" wait_until 10 reaches host1 10.9.0.2
	goes "$what, VXLAN"
	ok "$what: VXLAN is removed" gone
done
end_exchange
done_testing
