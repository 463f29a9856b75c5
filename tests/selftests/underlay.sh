#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The tunnel over, and under, whatever else there is. Every byte that goes through is compared.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2086,SC2317 # programs for eval; numbers of hosts; functions that ok calls
. "$(dirname "$0")/lib.sh"

bytes=1000000
if slow; then bytes=100000; fi

start_exchange

# both COMMAND...: in host1 and host2, where I is 1 or 2 and J the other one, in COMMAND.
both() {
	local i j command
	for i in 1 2; do
		j=$((3 - i))
		command=${*//I/$i}
		# shellcheck disable=SC2086 # several words
		on host$i ${command//J/$j} || return
	done
}

# camex ADDRESSES: camex0 in both hosts, with a key; ADDRESSES has I for the host's number.
camex() {
	local i j
	for i in 1 2; do on host$i ip link del camex0 2>/dev/null; done
	for i in 1 2; do
		j=$((3 - i))
		camexctl -n host$i dev add camex0 port 7000 &&
			camexctl -n host$i peer add camex0 host$j endpoint "${1//I/$j}:7000" \
				key-file "$test_tmp/key" routes any || return
		tunnel_up host$i || return
	done
	reaches host1 10.0.0.2
}

# goes WHAT [A4 A6]: streams and datagrams go through camex0, or what is on it.
goes() {
	local a4=${2-10.0.0.} a6=${3-fd00::}
	ok "$1: UDP segments" exchanged gso host1 "${a4}1" host2 "${a4}2" 700 100
	ok "$1: TCP over IPv4" exchanged tcp host1 "${a4}1" host2 "${a4}2" "$bytes"
	ok "$1: UDP over IPv4" exchanged udp host1 "${a4}1" host2 "${a4}2" "1 1000 1400 5000"
	[ -n "$a6" ] || return
	ok "$1: TCP over IPv6" exchanged tcp host1 "${a6}1" host2 "${a6}2" "$bytes"
	ok "$1: UDP over IPv6" exchanged udp host1 "${a6}1" host2 "${a6}2" "1 1000 1400 5000"
}

# wireguard ENDPOINTS ADDRESSES: wg0 in both hosts
wireguard() {
	local i j
	for i in 1 2; do
		wg genkey >"$test_tmp/wg$i"
		wg pubkey <"$test_tmp/wg$i" >"$test_tmp/wg$i.pub"
	done
	for i in 1 2; do
		j=$((3 - i))
		on host$i ip link add wg0 type wireguard &&
			on host$i wg set wg0 listen-port 51820 private-key "$test_tmp/wg$i" \
				peer "$(<"$test_tmp/wg$j.pub")" endpoint "${1//I/$j}:51820" allowed-ips 0.0.0.0/0 &&
			on host$i ip address add "${2//I/$i}/24" dev wg0 &&
			on host$i ip link set wg0 up || return
	done
}

# vxlan LOCALS ADDRESSES [OPTION...]: vx0 in both hosts
vxlan() {
	both ip link add vx0 type vxlan id 1 dstport 4789 local "$1" remote "${1/I/J}" &&
		both ip address add "$2/24" dev vx0 && both ip link set vx0 up
}

(umask 077 && camexctl key gen >"$test_tmp/key")
ok "three hosts on a bridge" hosts 3
ok "over a bridge" camex 192.0.2.I
goes "over a bridge"

# card DEV HOST...: like network cards, what comes in one by one is merged where it is received
card() {
	local host
	for host in "${@:2}"; do
		on "$host" ethtool -K "$1" gro on tso off tx-udp-segmentation off >/dev/null || return
	done
}
ok "two hosts" eval 'hosts 2 && card eth0 host1 host2'
ok "between link-local addresses" camex '[fe80::I%eth0]'
goes "between link-local addresses"
camexctl -n host1 peer del camex0 host2
camexctl -n host1 peer add camex0 host2 key-file "$test_tmp/key" routes any
ok "where such a peer is can be learned" wait_until 12 reaches host2 10.0.0.1
is "with its interface" "$(peer host1 host2 .endpoint)" '[fe80::2%eth0]:7000'
ok "and it is answered there" reaches host1 10.0.0.2

ok "over a VLAN" eval 'both ip link add eth0.5 link eth0 type vlan id 5 &&
	both ip address add 198.18.5.I/24 dev eth0.5 && both ip link set eth0.5 up && camex 198.18.5.I'
goes "over a VLAN"

ok "over a bond" eval 'ip link add eth1 netns host1 type veth peer name eth1 netns host2 &&
	both ip link add bond0 type bond mode active-backup miimon 100 && both ip link set eth1 master bond0 &&
	both ip address add 198.18.6.I/24 dev bond0 && both ip link set bond0 up &&
	wait_until 10 reaches host1 198.18.6.2 && camex 198.18.6.I'
goes "over a bond"

ok "over VXLAN" eval 'vxlan 192.0.2.I 198.18.7.I && wait_until 10 reaches host1 198.18.7.2 && camex 198.18.7.I'
goes "over VXLAN"
ok "over WireGuard" eval 'wireguard 192.0.2.I 198.18.8.I && wait_until 10 reaches host1 198.18.8.2 && camex 198.18.8.I'
goes "over WireGuard"
both ip link del wg0
both ip link del vx0

ok "a tunnel" camex 192.0.2.I
ok "VXLAN over it" eval 'vxlan 10.0.0.I 198.18.9.I && wait_until 10 reaches host1 198.18.9.2'
goes "VXLAN over it" 198.18.9. ""
ok "WireGuard over it" eval 'wireguard 10.0.0.I 198.18.10.I && wait_until 10 reaches host1 198.18.10.2'
goes "WireGuard over it" 198.18.10. ""
both ip link del wg0
both ip link del vx0

second() {
	local i j
	for i in 1 2; do
		j=$((3 - i))
		camexctl -n host$i dev add camex1 port 7001 &&
			camexctl -n host$i peer add camex1 host$j endpoint "10.0.0.$j:7001" \
				key-file "$test_tmp/key" routes any &&
			on host$i ip address add "198.18.11.$i/24" dev camex1 &&
			on host$i ip link set camex1 mtu 1300 up || return
	done
	reaches host1 198.18.11.2
}
ok "camex over it" second
goes "camex over it" 198.18.11. ""
for i in 1 2; do camexctl -n host$i dev del camex1; done

ok "over IPsec" eval 'ipsec && camex 192.0.2.I'
goes "over IPsec"
no_ipsec

for mtu in 1280 9000; do
	ok "over MTU $mtu" eval "both ip link set eth0 mtu $mtu && camex 192.0.2.I"
	[ $mtu -eq 1280 ] || both ip link set camex0 mtu $((mtu - 72))
	goes "over MTU $mtu"
done
both ip link set eth0 mtu 1500

# what is lost, comes twice, late or spoiled: streams still have every byte in its place
ok "over a bad network" eval 'camex 192.0.2.I &&
	both tc qdisc add dev eth0 root netem delay 2ms 1ms loss 1% duplicate 2% reorder 10% corrupt 1%'
ok "over a bad network: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 $((bytes / 4))
ok "over a bad network: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 $((bytes / 4))
# chance decides whether one of the few packets above came twice; of these each does
ok "a network that sends all twice" both tc qdisc change dev eth0 root netem delay 2ms duplicate 100%
replayed=$(counter host1 replayed)
ok "all twice: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 $((bytes / 4))
isnt "what came twice was dropped" "$(counter host1 replayed)" "$replayed"
both tc qdisc del dev eth0 root

# host2 is behind NAT, and its server does not know where
masquerade() {
	ip netns add nat && test_hosts+=(nat) &&
		ip link add n1 netns nat type veth peer name eth2 netns host1 &&
		ip link add n2 netns nat type veth peer name eth2 netns host2 &&
		ip -n nat address add 198.51.100.1/24 dev n1 && ip -n nat link set n1 up &&
		ip -n nat address add 203.0.113.1/24 dev n2 && ip -n nat link set n2 up &&
		ip -n host1 address add 198.51.100.2/24 dev eth2 && ip -n host1 link set eth2 up &&
		ip -n host2 address add 203.0.113.2/24 dev eth2 && ip -n host2 link set eth2 up &&
		ip -n host2 route add 198.51.100.0/24 via 203.0.113.1 &&
		card eth2 host1 host2 && card n1 nat && card n2 nat &&
		on nat sysctl -qw net.ipv4.ip_forward=1 &&
		on nat nft -f - <<-END
			table ip nat {
				chain post {
					type nat hook postrouting priority 100
					oif n1 masquerade random
				}
			}
		END
}
ok "behind NAT" masquerade
camexctl -n host1 peer del camex0 host2
camexctl -n host1 peer add camex0 host2 key-file "$test_tmp/key" routes any
ok "a tunnel through it" eval 'camexctl -n host2 peer set camex0 host1 endpoint 198.51.100.2:7000 &&
	wait_until 5 reaches host2 10.0.0.1'
like "comes from the NAT's address" "$(peer host1 host2 .endpoint)" "^198.51.100.1:"
goes "behind NAT"
# what it has masqueraded it forgets then
ip -n nat link set n1 down
ip -n nat link set n1 up
ok "when the NAT has forgotten it" wait_until 12 reaches host2 10.0.0.1

# --- back-pressure ---

slow_link() {
	both tc qdisc add dev eth0 root handle 1: tbf rate 10mbit burst 4kb latency 500ms &&
		both tc qdisc add dev eth0 parent 1: fq_codel
}
ok "over 10 Mbit/s" eval 'slow_link && camex 192.0.2.I'
iperf_server host2
bg host1 iperf3 -c 10.0.0.2 -t 6 >"$test_tmp/iperf"
busy=$!
sleep 2
on host1 ping -q -n -c 10 -i 0.2 10.0.0.2 >"$test_tmp/ping"
rtt=$(sed -n 's,^rtt [^=]*= [0-9.]*/\([0-9.]*\)/.*,\1,p' "$test_tmp/ping")
wait $busy
note "a ping beside a TCP flow over 10 Mbit/s takes $rtt ms"
# what it takes the slow kernel itself comes on top
most=30
! slow || most=100
ok "a ping beside a TCP flow takes less than $most ms" jq -ne "$rtt < $most"
blocking() {
	on host1 timeout 20 python3 - <<-END
		import socket, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
		start = time.monotonic()
		for i in range(1000):
		    s.sendto(bytes(1300), ("10.0.0.2", 9))
		print(1000 * 1372 * 8 / (time.monotonic() - start) / 1e6)
	END
}
before=$(peer host2 host1 .rx_packets)
rate=$(blocking)
note "a blocking UDP sender reaches $rate Mbit/s"
ok "a blocking UDP sender is slowed down to what the link takes" jq -ne "$rate < 15"
sleep 1
ok "and nothing of it is dropped" [ $(($(peer host2 host1 .rx_packets) - before)) -ge 1000 ]

done_testing
