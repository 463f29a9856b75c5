#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A gateway gets packets of other hosts one by one. Those that are ready together leave in one outer
# GSO packet: only if they are for one peer and need the same outer header, and in their order.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2086,SC2317 # programs for eval; names of hosts; functions that ok calls
. "$(dirname "$0")/lib.sh"

datagrams=150
if slow; then datagrams=70; fi

start_exchange
# veth has a queue for each CPU, unlike a NIC, which gives the packets of a flow to one: who sends stays on a
# CPU, and RPS makes one queue where packets arrive
taskset -p 1 "$exchange_PID" >/dev/null
one_queue() {
	on "$1" sh -c 'echo 1 >/sys/class/net/eth0/queues/rx-0/rps_cpus'
}

# features HOST DEV NAME on|off...: what ethtool -K sets, in silence
features() {
	on "$1" ethtool -K "${@:2}" >/dev/null
}

# one_by_one HOST DEV: what this end of a network behind a gateway sends, and gets, is not merged
one_by_one() {
	features "$1" "$2" tx on sg on gso on tso off tx-udp-segmentation off gro off
}

# The underlay takes an outer GSO packet whole, and nobody merges datagrams that were sent one by one.
underlay() {
	local i
	for i in 1 2; do
		features host$i eth0 tx on sg on gso on tso on tx-udp-segmentation on gro off &&
			one_by_one "lan$i" eth0 && one_by_one host$i lan0 || return
	done
}

# watch HOST FILTER: begin to count outer packets that HOST sends
watch() {
	bg "$1" tcpdump -n -v -l --immediate-mode -i eth0 -Q out "udp and $2" >"$test_tmp/seen" 2>"$test_tmp/dump.log"
	watcher=$!
	wait_until 20 grep -q 'listening on' "$test_tmp/dump.log"
}

# watched: print how many they were
watched() {
	sleep 0.5
	stop "$watcher"
	grep -c '^[0-9]' "$test_tmp/seen"
}

# outer: print how many packets the IP stack of host1 has sent to the tunnel's port; a GSO packet is one
outer() {
	nft_packets host1 outer
}

# gathers WHAT KIND ADDRESS1 ADDRESS2 ARGUMENT...: an exchange between the networks, and host1 sends
# far fewer outer packets than packets
gathers() {
	local outer packets
	outer=$(outer)
	packets=$(peer host1 host2 .tx_packets)
	ok "$1" exchanged "$2" lan1 "$3" lan2 "$4" "${@:5}"
	outer=$(($(outer) - outer))
	packets=$(($(peer host1 host2 .tx_packets) - packets))
	ok "$1: $packets packets in $outer outer ones" [ $((outer * 2)) -le "$packets" ]
}

# --- IP packets ---

ok "two hosts" hosts 2
ok "outer packets are counted" on host1 nft -f - <<-END
	table inet outer {
		chain output {
			type filter hook output priority 0
			udp dport 7000 counter
		}
	}
END
ok "a tunnel" tunnel 4 key
for i in 1 2; do ok "a network behind host$i" eval "lan $i $((3 - i)) && one_queue lan$i"; done
ok "nothing merges on the way" underlay
gathers "UDP over IPv4" gso 10.1.1.9 10.1.2.9 1380 "$datagrams"
gathers "UDP over IPv6" gso fd01:1::9 fd01:2::9 333 "$datagrams"
gathers "TCP whose segments come one by one" tcp 10.1.1.9 10.1.2.9 100000
ok "runs of datagrams, and a shorter one behind each" exchanged runs lan1 10.1.1.9 lan2 10.1.2.9 20
balance "of all that"

# many at once that do not belong together
on lan1 tc qdisc add dev eth0 root netem delay 10ms limit 10000
ok "large and small ones keep their order" exchanged mixed lan1 10.1.1.9 lan2 10.1.2.9 400

for dev in "lan1 eth0" "host1 lan0"; do features $dev tx-udp-segmentation on; done
ok "GSO packets do not overtake those that wait" exchanged runs lan1 10.1.1.9 lan2 10.1.2.9 20
for dev in "lan1 eth0" "host1 lan0"; do features $dev tx-udp-segmentation off; done

# send PROGRAM: lan1 sends datagrams at once: PROGRAM calls send(ADDRESS, LENGTH, DS field)
send() {
	on lan1 python3 - <<-END
		import socket
		def send(address, length, dsfield=0):
		    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dsfield)
		    sock.sendto(bytes(length), (address, 9))
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		$1
	END
}
before=$(peer host2 host1 .rx_packets)
ok "tcpdump" watch host1 "greater 100"
ok "two DS fields in turn" send 'for i in range(40): send("10.1.2.9", 1000, (0x28, 0x48)[i // 5 % 2])'
ok "all came" wait_until 10 eval '[ "$(peer host2 host1 .rx_packets)" -ge $((before + 40)) ]'
watched >/dev/null
# runs of five in each field: no packet has more, and each field has some
is "they left in packets of their own" \
	"$(sed -n 's/.*(tos \(0x[0-9a-f]*\),.* length \([0-9]*\))$/\1 \2/p' "$test_tmp/seen" | awk '
		{ n[$1]++; if ($2 > 6000) wrong++ }
		END { print (n["0x28"] >= 4), (n["0x48"] >= 4), wrong + 0 }')" "1 1 0"

# another peer, which nobody answers for
ok "a second peer" eval '(umask 077 && camexctl key gen >"$test_tmp/other") &&
	camexctl -n host1 peer add camex0 other key-file "$test_tmp/other" endpoint 192.0.2.2:7001 routes 10.1.3.0/24 &&
	ip -n host1 route add 10.1.3.0/24 dev camex0'
before=$(peer host2 host1 .rx_packets)
ok "two peers in turn" send 'for i in range(60): send(("10.1.2.9", "10.1.3.9")[i // 3 % 2], 700)'
ok "each has its own: host2" wait_until 10 eval '[ "$(peer host2 host1 .rx_packets)" -ge $((before + 30)) ]'
is "and no more" "$(peer host2 host1 .rx_packets)" $((before + 30))
is "the other one" "$(peer host1 other .tx_packets)" 30
is "nothing was dropped" "$(counters host1)$(counters host2)" ""

# who sends too much is told, whether others wait or not
ip -n host1 route add 192.0.2.2 dev eth0 mtu 1400
ok "datagrams that do not fit" on lan1 python3 - <<'END'
import errno, socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IP, 10, 2)	# IP_MTU_DISCOVER, IP_PMTUDISC_DO
sock.connect(("10.1.2.9", 9))
end = time.monotonic() + 10
while time.monotonic() < end:
    try:
        for _ in range(10):
            sock.send(bytes(1350))
    except OSError as error:
        sys.exit(error.errno != errno.EMSGSIZE)
    time.sleep(0.1)
sys.exit(1)
END
ip -n host1 route del 192.0.2.2 dev eth0

# --- the link goes down and away while packets wait ---

udp_flood lan1 10.1.2.9 500
flood=$!
for i in 1 2 3 4 5; do
	ok "down and up, $i" eval 'ip -n host1 link set camex0 down && sleep 0.1 && ip -n host1 link set camex0 up &&
		ip -n host1 route add 10.1.2.0/24 dev camex0 && sleep 0.1'
done
ok "the device goes" camexctl -n host1 dev del camex0
stop "$flood"
on lan1 tc qdisc del dev eth0 root

# --- a link for each peer ---

per_peer() {
	camexctl -n host2 dev del camex0
	tunnel 4 key && camexctl -n host1 dev del camex0 &&
		camexctl -n host1 dev add camex0 port 7000 links per-peer link-name far%d &&
		camexctl -n host1 peer add camex0 host2 endpoint 192.0.2.2:7000 key-file "$test_tmp/key" &&
		ip -n host1 link set camex0 up &&
		camexctl -n host2 peer set camex0 host1 routes any &&
		ip -n host2 route replace 10.1.1.0/24 dev camex0 || return
	# that makes the link
	on host2 ping -q -c 1 -W 1 10.0.0.1 >/dev/null
	wait_until 10 ip -n host1 link show far0 && ip -n host1 link set far0 up &&
		ip -n host1 address add 10.0.0.1/32 dev far0 && ip -n host1 route add 10.0.0.2 dev far0 &&
		ip -n host1 route add 10.1.2.0/24 dev far0 && reaches host1 10.0.0.2
}
ok "a link of the peer's own" per_peer
gathers "UDP through it" gso 10.1.1.9 10.1.2.9 1200 "$datagrams"
udp_flood lan1 10.1.2.9 500
flood=$!
ok "the peer goes, and its link" eval 'sleep 0.2 && camexctl -n host1 peer del camex0 host2'
stop "$flood"

# --- frames ---

framed() {
	tunnel 4 key link tap &&
		ip -n host1 route replace 10.1.2.0/24 via 10.0.0.2 &&
		ip -n host2 route replace 10.1.1.0/24 via 10.0.0.1 && reaches lan1 10.1.2.9
}
ok "an Ethernet between the gateways" framed
gathers "UDP in frames" gso 10.1.1.9 10.1.2.9 1200 "$datagrams"
ok "large and small ones keep their order there" exchanged mixed lan1 10.1.1.9 lan2 10.1.2.9 400
is "nothing went wrong" "$(counters host1)$(counters host2)" ""

done_testing
