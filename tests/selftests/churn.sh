#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Everything is changed and taken away while packets are on their way. What counts is that
# packets go through again afterwards, and that the kernel has nothing to say.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016 # commands that churn evaluates
. "$(dirname "$0")/lib.sh"

times=2
if slow; then times=1; fi
[ -z "${CAMEX_LONG-}" ] || times=$((times * 10))

# works WHAT: packets go through, both ways.
works() {
	local failed=$tests_failed host
	ok "$1: host1 reaches host2" wait_until 20 reaches host1 10.0.0.2
	ok "$1: host2 reaches host1 over IPv6" wait_until 20 reaches host2 fd00::1
	[ "$tests_failed" -ne "$failed" ] || return 0
	for host in host1 host2; do
		camexctl -n $host show
		camexctl -n $host -j stats camex0 | jq -c 'with_entries(select(.value > 0))'
		ip -n $host neigh show dev eth0
	done |& note
}

# churn WHAT COMMAND: evaluates COMMAND some times, with $i from 1 on.
churn() {
	local i failed=0
	for ((i = 1; i <= times; i++)); do
		eval "$2" >>"$test_tmp/churn" 2>&1 || failed=$((failed + 1))
		sleep 0.1
	done
	is "$1: each time" "$failed" 0
	[ $failed -eq 0 ] || note <"$test_tmp/churn"
	: >"$test_tmp/churn"
	works "$1"
}

ok "two hosts" hosts 2
ok "a tunnel" tunnel 4 key
start_traffic
works "with traffic"
received=$(peer host1 host2 .rx_packets)

churn "link down and up" 'ip -n host2 link set camex0 down && tunnel_up host2'
churn "peer del and add" 'camexctl -n host1 peer del camex0 host2 && camexctl -n host1 peer add camex0 host2 \
	endpoint 192.0.2.2:7000 routes 10.0.0.2/32,fd00::2/128 key-file "$test_tmp/key"'
churn "key set" 'camexctl key gen >"$test_tmp/key" && camexctl -n host1 key set camex0 host2 key-file "$test_tmp/key" &&
	camexctl -n host2 key set camex0 host1 key-file "$test_tmp/key"'
churn "peer forget" 'camexctl -n host1 peer forget camex0 host2'
camexctl -n host1 peer add camex0 other
churn "route replace" 'for to in other host2; do
	camexctl -n host1 route replace camex0 10.0.0.2 peer $to && camexctl -n host1 route replace camex0 fd00::2 peer $to || break
done'
churn "peer set routes" 'for to in any 10.0.0.2/32,fd00::/64; do camexctl -n host1 peer set camex0 host2 routes $to || break; done'
churn "dev set port" 'camexctl -n host1 dev set camex0 port $((7100 + i % 2)) &&
	camexctl -n host2 peer set camex0 host1 endpoint 192.0.2.1:$((7100 + i % 2))'
churn "dev set everything else" 'camexctl -n host1 dev set camex0 bind 192.0.2.1 bind-dev eth0 fwmark $i source-check off plaintext on &&
	camexctl -n host1 dev set camex0 bind any bind-dev none fwmark 0 source-check on plaintext off'
churn "over IPv6 and back" 'camexctl -n host2 peer set camex0 host1 endpoint "[2001:db8::1]:7100" &&
	camexctl -n host1 dev set camex0 port 7100 && sleep 0.1 &&
	camexctl -n host2 peer set camex0 host1 endpoint 192.0.2.1:7100'
churn "MTU" 'for mtu in 1280 9000 65000 1400; do ip -n host1 link set camex0 mtu $mtu || break; done'
churn "offloads of the link" 'for way in off on; do
	on host1 ethtool -K camex0 tx $way sg $way tso $way gso $way gro $way tx-udp-segmentation $way || break
done'
churn "offloads of the network below" 'for way in off on; do
	on host1 ethtool -K eth0 tx $way tso $way gso $way && on host2 ethtool -K eth0 gro $way rx-gro-list off || break
done'
churn "the address below" 'ip -n host1 -batch - <<-END
	address del 192.0.2.1/24 dev eth0
	address add 192.0.2.1/24 dev eth0
END'
churn "the link below" 'ip -n host1 link set eth0 down && ip -n host1 link set eth0 up'
ip -n host1 address replace 2001:db8::1/64 dev eth0 nodad
churn "listings" 'camexctl -n host1 show && camexctl -n host1 -j stats camex0 && ip -n host1 -s -d link show camex0 &&
	on host1 ethtool -S camex0'
ip netns add elsewhere
test_hosts+=(elsewhere)
churn "the link goes elsewhere and comes back" 'ip -n host1 link set camex0 netns elsewhere &&
	ip -n elsewhere link set camex0 up && ip -n elsewhere link set camex0 netns host1 && tunnel_up host1'
isnt "packets have been received all the while" "$(peer host1 host2 .rx_packets)" "$received"
churn "dev del, and all anew" 'camexctl -n host1 dev del camex0 && camexctl -n host1 dev add camex0 port 7100 &&
	camexctl -n host1 peer add camex0 host2 endpoint 192.0.2.2:7000 routes 10.0.0.2/32,fd00::2/128 \
		key-file "$test_tmp/key" && tunnel_up host1'
churn "the same in plain" 'camexctl -n host1 dev del camex0 && camexctl -n host1 dev add camex0 port 7100 plaintext on &&
	camexctl -n host2 dev set camex0 plaintext on && { [ "$(peer host2 host1 .fingerprint)" = null ] || camexctl -n host2 key del camex0 host1; } &&
	camexctl -n host1 peer add camex0 host2 endpoint 192.0.2.2:7000 routes 10.0.0.2/32,fd00::2/128 && tunnel_up host1'

# only host2 sends from here on: a process in host1 would keep its namespace alive
end_traffic
flow host2 10.0.0.1
flow host2 fd00::1
ok "the namespace of one end is deleted" ip netns del host1
test_hosts=(host2 elsewhere)
sleep 1
ok "two hosts" hosts 2
ok "a tunnel" tunnel 6 key
start_traffic
works "once more"
ok "the module is removed" rmmod camex
nok "the devices are gone" ip -n host2 link show camex0
ok "a tunnel" tunnel 4 plain protocol raw
works "raw, with the module loaded again"
ok "the namespace of an end with traffic is deleted" ip netns del host1
test_hosts=(host2)
end_traffic
ok "and the module removed" rmmod camex

done_testing
