#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A tap link where Ethernet is used: below bridges with hosts and a router behind them, twice in
# parallel with a spanning tree, below VLANs and in a bond; and with more stations than it can hold.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2086,SC2317 # shell for eval; numbers of hosts; functions that ok calls
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

bytes=200000
if slow; then bytes=60000; fi

start_exchange

# both COMMAND...: in host1 and host2, where I is 1 or 2 and J the other one, in COMMAND
both() {
	local i command
	for i in 1 2; do
		command=${*//I/$i}
		# shellcheck disable=SC2086 # several words
		on host$i ${command//J/$((3 - i))} || return
	done
}

# goes WHAT HOST1 HOST2 [A4 A6]: whole streams and datagrams, between A4 or A6 and 1 or 2
goes() {
	local a4=${4-10.0.0.} a6=${5-fd00::}
	ok "$1: ping" reaches "$2" "${a4}2"
	ok "$1: TCP" exchanged tcp "$2" "${a4}1" "$3" "${a4}2" "$bytes"
	ok "$1: TCP over IPv6" exchanged tcp "$2" "${a6}1" "$3" "${a6}2" "$bytes"
	ok "$1: UDP" exchanged udp "$2" "${a4}1" "$3" "${a4}2" 1 1300 5000
	ok "$1: UDP segments over IPv6" exchanged gso "$2" "${a6}1" "$3" "${a6}2" 1200 50
}

# second: another tunnel beside the first, camex1
second() {
	local i
	for i in 1 2; do
		camexctl -n host$i dev add camex1 link tap port 7001 &&
			camexctl -n host$i peer add camex1 far endpoint 192.0.2.$((3 - i)):7001 \
				key-file "$test_tmp/key" || return
	done
}

# behind I [OPTION...]: the host lanI behind hostI, with a bridge of these options
behind() {
	local i=$1
	ip netns add "lan$i" && test_hosts+=("lan$i") &&
		ip link add eth0 netns "lan$i" type veth peer name lan0 netns "host$i" &&
		ip -n "lan$i" -batch - <<-END && ip -n "host$i" -batch - <<-END2
			link set lo up
			address add 10.1.0.$i/24 dev eth0
			address add fd01::$i/64 dev eth0 nodad
			link set eth0 mtu $mtu up
		END
			link add br0 type bridge ${@:2}
			address flush dev camex0
			link set camex0 master br0
			link set lan0 master br0 up
			link set br0 up
		END2
}

# --- a host behind each end ---

ok "two hosts" hosts 2
ok "a tunnel" tunnel 4 key link tap
mtu=$(ip -n host1 -j link show camex0 | member mtu)
ok "a host behind one end" behind 1
ok "and one behind the other" behind 2
goes "from host to host" lan1 lan2 10.1.0. fd01::
mac=$(ip -n lan2 -j link show eth0 | member address)
like "who is behind host2 is known" "$(camexctl -n host1 fdb show camex0)" "$mac [^:]*host2"
is "nothing went wrong" "$(counters host1)$(counters host2)" ""
ok "an MTU of 1500 behind the tunnel" eval 'both ip link set camex0 mtu 1500 &&
	for i in 1 2; do ip -n lan$i link set eth0 mtu 1500 || break; done'
ok "frames of 1514 bytes go through it" on lan1 ping -q -n -c 3 -i 0.1 -W 5 -M "do" -s 1472 10.1.0.2
ok "and TCP's" exchanged tcp lan1 10.1.0.1 lan2 10.1.0.2 "$bytes"
is "in fragments" "$(on host1 nstat -asz IpFragCreates | awk '$1 == "IpFragCreates" { print ($2 > 0) }')" 1

# --- a router behind one end, and whoever is behind the other ---

router() {
	ip -n lan1 address add 2001:db8:77::1/64 dev eth0 nodad &&
		ip -n lan1 address add 2001:db8:99::1/128 dev lo &&
		on lan1 sysctl -qw net.ipv6.conf.all.forwarding=1 || return
	cat >"$test_tmp/router.conf" <<-END
		router id 10.1.0.1;
		protocol device { }
		protocol radv { interface "eth0" { min ra interval 3; max ra interval 4; prefix 2001:db8:77::/64 { }; }; }
	END
	bg lan1 bird -f -c "$test_tmp/router.conf" -s "$test_tmp/router.ctl" -P "$test_tmp/router.pid" \
		>"$test_tmp/router.log" 2>&1
}
configured() {
	[[ $(ip -n lan2 -6 address show dev eth0 scope global -tentative) == *2001:db8:77:* ]]
}
ok "a router" router
ok "a host at the other end configures itself" wait_until 60 configured
like "it has a default route" "$(ip -n lan2 -6 route show default)" 'via fe80:.* dev eth0 proto ra'
ok "it reaches what is behind the router" wait_until 20 reaches lan2 2001:db8:99::1 -W 1

# --- two tunnels in parallel, and a spanning tree ---

# state HOST PORT
state() {
	ip -n "$1" -j -d link show "$2" | member state
}
# tree STATE0 STATE1: of the two tunnels at host2; host1 is the root and forwards by both
tree() {
	[ "$(state host2 camex0) $(state host2 camex1)" = "$1 $2" ]
}
# frames: how many have gone through both tunnels, both ways
frames() {
	local dev n sum=0
	for dev in camex0 camex1; do
		for n in rx tx; do
			sum=$((sum + $(on host1 cat /sys/class/net/$dev/statistics/${n}_packets)))
		done
	done
	echo $sum
}
both ip link set camex0 nomaster
both ip link set camex0 mtu "$mtu"
for i in 1 2; do ip -n lan$i link set eth0 mtu "$mtu"; done
# (a bridge that hears of a change looks for old stations when it would have done so anyway)
both ip link set br0 type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600 ageing_time 300
ip -n host1 link set br0 type bridge priority 4096
ok "a second tunnel" second
ok "the spanning tree has both" eval 'both ip link set camex0 master br0 &&
	both ip link set camex1 master br0 up'
ok "one is blocked" wait_until 60 tree forwarding blocking
ok "the hosts reach each other" wait_until 30 reaches lan1 10.1.0.2 -W 1
before=$(frames)
on lan1 ping -q -n -b -c 5 -i 0.2 -W 1 10.1.0.255 >/dev/null 2>&1
ok "broadcasts do not go round" [ $(($(frames) - before)) -lt 100 ]
ok "the one that forwards goes down" ip -n host1 link set camex0 down
ok "the other one takes its place" wait_until 60 eval '[ "$(state host2 camex1)" = forwarding ]'
ok "the hosts reach each other by it" wait_until 30 reaches lan1 10.1.0.2 -W 1
ok "TCP by it" exchanged tcp lan1 10.1.0.1 lan2 10.1.0.2 "$bytes"
ok "the first one comes back" ip -n host1 link set camex0 up
ok "the second is blocked again" wait_until 60 tree forwarding blocking
ok "the hosts still reach each other" wait_until 30 reaches lan1 10.1.0.2 -W 1
ok "the first one becomes expensive" bridge -n host2 link set dev camex0 cost 200
ok "and waits" wait_until 60 tree blocking forwarding
ok "the hosts reach each other by the second" wait_until 30 reaches lan1 10.1.0.2 -W 1
both ip link del br0

# --- VLANs on it ---

# vlan NAME OPTION...: on both ends; addresses 10.7.0.I and fd07::I
vlan() {
	both ip link add "$@" && both ip address add 10.7.0.I/24 dev "${3-}" &&
		both ip address add fd07::I/64 dev "${3-}" nodad && both ip link set "${3-}" up
}
ok "a VLAN" vlan link camex0 camex0.7 type vlan id 7
goes "a VLAN" host1 host2 10.7.0. fd07::
like "who is there is known with it" "$(camexctl -n host1 fdb show camex0)" ' 7 .* host2'
ok "another one at one end" eval 'ip -n host2 link del camex0.7 &&
	ip -n host2 link add link camex0 camex0.8 up type vlan id 8 && ip -n host2 address add 10.7.0.2/24 dev camex0.8'
nok "is another Ethernet" on host1 ping -q -n -c 2 -i 0.2 -W 1 10.7.0.2
ip -n host2 link del camex0.8
ip -n host1 link del camex0.7
ok "a provider's VLAN" both ip link add link camex0 svlan up type vlan proto 802.1ad id 100
ok "a VLAN in it" vlan link svlan svlan.7 type vlan id 7
goes "a VLAN in a VLAN" host1 host2 10.7.0. fd07::
both ip link del svlan.7
ok "another VLAN in it" vlan link svlan svlan.9 type vlan id 9
ok "a ping in that" reaches host1 10.7.0.2
is "the stations have the outer VLAN ID, not the inner one" \
	"$(camexctl -n host1 -j fdb show camex0 | jq -c 'map(.vlan) | [any(. == 100), any(. == 9)]')" '[true,false]'
both ip link del svlan

# --- a bond of two tunnels ---

bond() {
	both ip link set camex0 down && both ip link set camex1 down &&
		both ip link add bond0 mtu "$mtu" type bond mode active-backup miimon 50 &&
		both ip link set camex0 master bond0 && both ip link set camex1 master bond0 &&
		both ip address add 10.9.0.I/24 dev bond0 && both ip address add fd09::I/64 dev bond0 nodad &&
		both ip link set bond0 up
}
# active HOST: by which one it sends
active() {
	on "$1" cat /sys/class/net/bond0/bonding/active_slave
}
ok "a bond of both" bond
ok "it works" wait_until 20 reaches host1 10.9.0.2 -W 1
goes "a bond" host1 host2 10.9.0. fd09::
is "by the first" "$(active host1) $(active host2)" "camex0 camex0"
both ip link set camex0 down
ok "when that goes down" wait_until 20 reaches host1 10.9.0.2 -W 1
is "by the second" "$(active host1) $(active host2)" "camex1 camex1"
goes "what is left of the bond" host1 host2 10.9.0. fd09::
both ip link del bond0
both camexctl dev del camex1

# --- more stations than there is room for ---

# stations: how many host1 knows
stations() {
	bridge -n host1 fdb show dev camex0 | grep -c 'dst 192.0.2.2'
}
# flood PORT FIRST COUNT: so many stations speak from that port of host2
flood() {
	on host2 "$here/ether.py" flood 192.0.2.1 "$1" "$2" "$3"
}
for i in 1 2; do camexctl -n host$i dev del camex0; done
ok "a raw link" camexctl -n host1 dev add camex0 link tap protocol raw port 50000
for i in 1 2 3 4 5; do
	ok "peer $i" camexctl -n host1 peer add camex0 "peer$i" endpoint "192.0.2.2:5000$i"
done
ip -n host1 link set camex0 up
ok "stations behind a peer" flood 50001 0 16384
is "there is room for them" "$(counters host1)" ""
ok "more" flood 50001 100000 1000
is "they are counted" "$(counters host1)" "fdb_full=1000"
is "and not learned" "$(stations)" 16384
ok "what is known moves" flood 50002 0 100
ok "and makes room" flood 50001 100000 100
ok "another peer" flood 50002 200000 16284
ok "a third" flood 50003 300000 16384
ok "a fourth" flood 50004 400000 16384
is "there was room for all" "$(counters host1)" "fdb_full=1000"
ok "a fifth" flood 50005 500000 64
is "has none" "$(counters host1)" "fdb_full=1064"
ok "a stranger" flood 50009 600000 6400
is "is not listened to" "$(counters host1)" "unknown_peer=6400 fdb_full=1064"
ok "what is known moves all the same" flood 50005 300000 64
ok "to the fifth" camexctl -n host1 fdb del camex0 02:00:00:04:93:e0 peer peer5
ok "which has room for that one's place" flood 50005 300000 1
ok "a peer goes" camexctl -n host1 peer del camex0 peer4
ok "and the fifth has room" flood 50005 500000 64
ok "for all of them" camexctl -n host1 fdb del camex0 02:00:00:07:a1:5f peer peer5
is "as said" "$(counters host1)" "unknown_peer=6400 fdb_full=1064"

done_testing
