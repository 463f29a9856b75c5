#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Documentation/migrate-kerneltap.rst, line by line: its commands and files are taken from the
# page itself, and each row of its table has to have a function here that tries it. At the other
# end is a program that knows frames in UDP and nothing else.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/page"

page=$(dirname "$(readlink -f "$0")")/../../Documentation/migrate-kerneltap.rst
there=02:00:00:00:00:02

# works WHAT: the other end is reached, by datagrams that it understands
works() {
	ok "$1: the other end answers" wait_until 20 reaches host1 10.10.10.2 -W 1
	is "$1: it is at the MAC that it says" "$(ip -n host1 -j neigh show dev tap01 | jq -r '.[0].lladdr')" $there
}

# has FILTER: jq says yes to tap01.
has() {
	camexctl -n host1 -j show tap01 | jq -e ".[0] | $1" >/dev/null
}

# link_has FILTER: likewise, of the link and its addresses
link_has() {
	ip -n host1 -j address show tap01 | jq -e ".[0] | $1" >/dev/null
}

parameter() {
	case $1 in
	g_dst) has '.peers[0].endpoint | startswith("192.0.2.2:")' &&
		camexctl -n host1 peer add tap01 another endpoint 192.0.2.3:50000 &&
		camexctl -n host1 peer del tap01 another ;;
	g_port) has '.port == 50000 and (.peers[0].endpoint | endswith(":50000"))' &&
		camexctl -n host1 dev add tap02 link tap protocol raw &&
		[ "$(camexctl -n host1 -j show tap02 | jq '.[0].port')" != 50000 ] &&
		camexctl -n host1 dev del tap02 ;;
	"g_ip, g_mask") link_has '.addr_info | any(.local == "10.10.10.1" and .prefixlen == 24)' ;;
	g_ifname) has '.name == "tap01"' ;;
	'g_txmode="udp", g_rxmode="udp"') camexctl -n host1 dev set tap01 tx udp rx udp &&
		reaches host1 10.10.10.2 && camexctl -n host1 dev add tap02 link tap &&
		[ "$(camexctl -n host1 -j show tap02 | jq -c '.[0] | [.tx, .rx]')" = '["udp","udp"]' ] &&
		camexctl -n host1 dev del tap02 ;;
	'g_txmode="netpoll"') as host1 "camexctl dev set tap01 tx netpoll" && has '.tx == "netpoll"' &&
		reaches host1 10.10.10.2 ;;
	'g_rxmode="filter"') as host1 "camexctl dev set tap01 rx netfilter" && has '.rx == "netfilter"' &&
		reaches host1 10.10.10.2 && [ "$(counter host1 rx_netfilter tap01)" -gt 0 ] ;;
	*) return 1 ;;
	esac
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
bg host2 "$(dirname "$0")/ether.py" answer 192.0.2.1 $there 10.10.10.2
ok "the other end" wait_until 20 listening host2 udp 50000
mkdir -p /etc/camex
umask 077

ok "the commands" as host1 "$(block "One end" 2)"
works "the commands"
is "the MTU is what it was" "$(ip -n host1 -j link show tap01 | jq '.[0].mtu')" 1458
tried Parameters parameter
ok "it goes" as host1 "$(block "One end" 5 | sed -n 1p)"
nok "and is gone" ip -n host1 link show tap01

block "One end" 3 >/etc/camex/tap01.up
ok "the file" as host1 "$(block "One end" 4)"
works "the file"
ok "is what the commands are" has '[.link, .protocol, .port, .tx, .rx] == ["tap", "raw", 50000, "netpoll", "netfilter"]'
ok "it goes" as host1 "$(block "One end" 5 | sed -n 2p)"
nok "and is gone" ip -n host1 link show tap01

# --- frames that the other end would not send, and a peer with IPv6 ---

ok "the commands at both ends" eval 'stop ${test_pids[0]} && as host1 "$(block "One end" 2)" &&
	as host2 "$(block "One end" 2 | sed "s/192.0.2.2/192.0.2.1/; s/10.10.10.1/10.10.10.2/")"'
ok "they reach each other" wait_until 20 reaches host1 10.10.10.2 -W 1
six=$(ip -n host2 -6 -o address show dev tap01 scope link | grep -o 'fe80[^/]*')
ok "over IPv6 too" wait_until 20 reaches host1 "$six%tap01" -W 1
camexctl -n host1 peer add tap01 six endpoint "[2001:db8::2]:50001"
is "the MTU with a peer over IPv6" "$(ip -n host1 -j link show tap01 | jq '.[0].mtu')" 1438

# --- with keys ---

for host in host1 host2; do camexctl -n $host dev del tap01; done
cd "$test_tmp" || exit 1
ok "a key" eval 'camexctl key gen >tunnel.key'
ok "with keys" eval 'as host1 "$(block "What is different" 1)" &&
	as host2 "$(block "What is different" 1 | sed "s/192.0.2.2/192.0.2.1/")"'
for i in 1 2; do
	ip -n host$i address add 10.10.10.$i/24 dev tap01
	ip -n host$i link set tap01 up
done
ok "they reach each other" wait_until 20 reaches host1 10.10.10.2 -W 1
is "at 44 bytes a frame" "$(ip -n host1 -j link show tap01 | jq '.[0].mtu')" $((1458 - 44))

done_testing
