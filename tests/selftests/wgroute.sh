#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Where protocol wireguard's datagrams go, beside wireguard.ko where that can do the same: VRFs outside and
# inside, marks of what is received, routes that lead back into the tunnel.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

bytes=300000
if slow; then bytes=60000; fi

# grown HOST COUNTER COMMAND...: by how much the counter grows with COMMAND, whether that succeeds or not
grown() {
	local before
	before=$(counter "$1" "$2")
	"${@:3}" >/dev/null 2>&1
	echo $(($(counter "$1" "$2") - before))
}

# marked LINK: packets with the mark that host1 has counted there
marked() {
	on host1 nft list chain inet marks before | sed -nE "s/.*iifname \"$1\".*counter packets ([0-9]+).*/\1/p"
}

ok "modules" modprobe -a camex wireguard nf_tables vrf
ok "three hosts" hosts 3
wg_keys 3
start_exchange

# --- what is received does not keep the mark that its datagram had ---

on host1 nft -f - <<-END
	table inet marks {
		chain before {
			type filter hook prerouting priority -150
			iifname eth0 udp dport $wg_port meta mark set 0x2a counter
			iifname camex0 meta mark 0x2a counter
		}
	}
END
for first in kernel camex; do
	what="$first, marks"
	ok "$what: two ends" wg_pair $first kernel
	before=$(marked eth0)
	ok "$what: ping" reaches host1 10.0.0.2
	ok "$what: TCP" exchanged tcp host2 10.0.0.2 host1 10.0.0.1 $bytes
	ok "$what: datagrams are marked" [ "$(marked eth0)" -ge $((before + 10)) ]
	is "$what: what is in them is not" "$(marked camex0)" 0
done
on host1 nft delete table inet marks

# --- routes that lead back ---

# all_inside: host1 has a route into camex0 for all but what has the mark 7
all_inside() {
	ip -n host1 rule add not fwmark 7 table 7 && ip -n host1 route add default dev camex0 table 7
}

for first in kernel camex; do
	what="$first, a route into the tunnel for its own endpoint"
	ok "$what: an end" wg_end host2 camex host1
	ok "$what: the other" wg_end host1 $first host2 fwmark 7 -- endpoint "192.0.2.2:$wg_port"
	wg_set host1 host2 routes any
	ok "$what: all goes inside" all_inside
	ok "$what: but datagrams with a mark" reaches host1 10.0.0.2
	if [ $first = camex ]; then mark() { camexctl -n host1 dev set camex0 fwmark "$1"; }; else
		mark() { on host1 wg set camex0 fwmark "$1"; }
	fi
	ok "$what: no mark" mark 0
	for i in 1 2 3; do nok "$what: nothing goes, $i" reaches host1 10.0.0.2 -W 1; done
	if [ $first = camex ]; then
		isnt "$what: the loop is counted" "$(grown host1 loop reaches host1 10.0.0.2 -W 1)" 0
		ok "$what: other packets than those of ping" eval 'on host1 bash -c "echo x >/dev/udp/198.51.100.9/9"'
	fi
	ok "$what: the mark again" mark 7
	ok "$what: ping" wait_until 15 reaches host1 10.0.0.2 -W 1
	# the route is found anew: a loop while there is a session
	ok "$what: no mark under a session" mark 0
	nok "$what: nothing goes" reaches host1 10.0.0.2 -W 1
	ok "$what: the mark again" mark 7
	ok "$what: ping" wait_until 15 reaches host1 10.0.0.2 -W 1
	ip -n host1 rule del not fwmark 7 table 7
done

# two tunnels, each of which is the other's way out
what="two tunnels through each other"
ok "$what: an end" wg_end host1 camex host2 endpoint "203.0.113.2:$wg_port"
ok "$what: another device" camexctl -n host1 dev add camex1 protocol wireguard port 51821 \
	private-key-file "$test_tmp/host3.key"
ok "$what: its peer" camexctl -n host1 peer add camex1 there public-key "$(<"$test_tmp/host2.pub")" \
	routes any endpoint 198.51.100.2:51820
wg_set host1 host2 routes any
ip -n host1 address add 10.3.0.1/24 dev camex1
ip -n host1 link set camex1 up
ip -n host1 route add 203.0.113.2 dev camex1
ip -n host1 route add 198.51.100.2 dev camex0
nok "$what: neither answers" reaches host1 10.0.0.2 -W 2
sleep 12
ok "$what: few initiations were made" eval \
	'[ $(($(peer host1 host2 .tx_packets) + $(camexctl -n host1 -j peer show camex1 there | member tx_packets))) -lt 20 ]'
ok "$what: they go" eval 'camexctl -n host1 dev del camex1 && camexctl -n host1 dev del camex0'

# --- VRFs ---

what="VRF outside"
ok "$what: host1's interface is in it" eval 'ip -n host1 link add vrf0 type vrf table 10 &&
	ip -n host1 link set vrf0 up && ip -n host1 link set eth0 master vrf0'
ip -n host1 -6 address replace 2001:db8::1/64 dev eth0 nodad
for second in kernel camex; do
	ok "$what: an end" wg_end host2 $second host1
	ok "$what: the other knows nothing of it" wg_end host1 camex host2 endpoint "192.0.2.2:$wg_port"
	nok "$what: no ping" reaches host1 10.0.0.2 -W 2
	ok "$what: one that is bound to it" wg_end host1 camex host2 bind-dev vrf0 -- endpoint "192.0.2.2:$wg_port"
	ok "$what: ping to $second" reaches host1 10.0.0.2
	ok "$what: TCP to $second" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 $bytes
	ok "$what: TCP from $second" exchanged tcp host2 fd00::2 host1 fd00::1 $bytes
	ok "$what: $second knows where that is" [ "$(wg_endpoint host2 host1)" = "192.0.2.1:$wg_port" ]
	ok "$what: over IPv6" wg_set host1 host2 endpoint "[2001:db8::2]:$wg_port"
	ok "$what: ping to $second" wait_until 15 reaches host1 10.0.0.2 -W 1
	ok "$what: one that is bound to the interface" wg_end host1 camex host2 bind-dev eth0 -- endpoint "192.0.2.2:$wg_port"
	ok "$what: ping to $second" reaches host1 10.0.0.2
	ok "$what: $second begins" wg_set host2 host1 endpoint "192.0.2.1:$wg_port"
	ok "$what: and answers a new end" eval 'wg_end host1 camex host2 bind-dev vrf0 -- && wait_until 30 reaches host2 10.0.0.1 -W 1'
done
ok "$what: it goes" eval 'ip -n host1 link set eth0 nomaster && ip -n host1 link del vrf0'
ip -n host1 -6 address replace 2001:db8::1/64 dev eth0 nodad

for first in kernel camex; do
	what="$first, VRF inside"
	ok "$what: two ends" wg_pair $first camex
	ok "$what: the link is in it" eval 'ip -n host1 link add vrf1 type vrf table 11 &&
		ip -n host1 link set vrf1 up && ip -n host1 link set camex0 master vrf1'
	nok "$what: not for all" reaches host1 10.0.0.2 -W 1
	ok "$what: ping from it" reaches host1 10.0.0.2 -I vrf1
	# what comes from the VRF of an interface is for the programs of that VRF, and for ping's answers
	ok "$what: ping to it" reaches host2 10.0.0.1
	ok "$what: it goes" ip -n host1 link del vrf1
	ok "$what: ping" wait_until 5 reaches host1 10.0.0.2 -W 1
done

done_testing
