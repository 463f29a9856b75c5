#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What tcpdump and counters show of a tunnel, and what becomes of multicast and link-local
# packets.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # programs for awk; functions that are called by name
. "$(dirname "$0")/lib.sh"

# capture HOST DEV FILE FILTER...: tcpdump of DEV, until captured
capture() {
	local host=$1 device=$2 file=$test_tmp/$3
	shift 3
	bg "$host" tcpdump -l -n -x -i "$device" "$@" >"$file" 2>"$file.err"
	wait_until 20 grep -q listening "$file.err"
}

# captured FILE N: FILE has N packets and gets no more. Ends all captures when it is over.
captured() {
	wait_until 10 eval '[ "$(grep -c "^[0-9][0-9]:" "$test_tmp/'"$1"'")" -ge '"$2"' ]'
	sleep 0.3
	[ "$(grep -c '^[0-9][0-9]:' "$test_tmp/$1")" -eq "$2" ]
}

# first_bytes FILE: of each packet, in hex
first_bytes() {
	sed -n 's/^\t0x0000: *\([0-9a-f]*\).*/\1/p' "$test_tmp/$1"
}

# link HOST: packets and bytes that its link has received and sent
link() {
	ip -n "$1" -s -j link show camex0 | jq -c '.[0].stats64 | [.rx.packets, .rx.bytes, .tx.packets, .tx.bytes]'
}

# of_peer HOST PEER: the same of a peer
of_peer() {
	peer "$1" "$2" '[.rx_packets, .rx_bytes, .tx_packets, .tx_bytes]' | tr -d ' \n'
}

# silent: neither end says anything by itself
silent() {
	camexctl -n host1 peer set camex0 host2 register off keepalive 0 &&
		camexctl -n host2 peer set camex0 host1 register off keepalive 0
}

# --- what tcpdump shows ---

ok "two hosts" hosts 2
ok "a tunnel" tunnel 4 key
ok "that says nothing by itself" silent
ok "it has been introduced" eval 'reaches host1 10.0.0.2 && reaches host2 10.0.0.1 && sleep 0.5'
ok "tcpdump of the link" capture host1 camex0 link
ok "and of the network below" capture host1 eth0 below -q udp
ok "three pings" on host1 ping -q -n -c 3 -i 0.1 10.0.0.2
ok "the link has six packets, each once" captured link 6
is "three each way" "$(sed -n 's/^.* IP \(10[^:]*\): ICMP echo \([a-z]*\),.*/\1 \2/p' "$test_tmp/link" | sort | uniq -c | tr -s ' ')" \
	" 3 10.0.0.1 > 10.0.0.2 request
 3 10.0.0.2 > 10.0.0.1 reply"
like "they are bare IP packets" "$(<"$test_tmp/link.err")" 'link-type RAW'
is "which begin with an IP header" "$(first_bytes link | sort -u)" 4500
ok "the network below has six datagrams" captured below 6
is "three each way, of 84 and 44 bytes" \
	"$(sed -n 's/^.* IP \(192[^:]*\): UDP, length \(.*\)/\1 \2/p' "$test_tmp/below" | sort | uniq -c | tr -s ' ')" \
	" 3 192.0.2.1.7000 > 192.0.2.2.7000 128
 3 192.0.2.2.7000 > 192.0.2.1.7000 128"
stop "${test_pids[@]}"
test_pids=()
ok "tcpdump again" capture host2 camex0 link6 ip6
ok "a ping over IPv6" reaches host1 fd00::2
ok "two packets" captured link6 2
is "they begin with an IPv6 header" "$(first_bytes link6 | cut -c 1 | sort -u)" 6
stop "${test_pids[@]}"
test_pids=()

# --- what counters count ---

before=$(link host1) before2=$(link host2) peer1=$(of_peer host1 host2) peer2=$(of_peer host2 host1)
grown() {
	jq -cn --argjson a "$1" --argjson b "$2" '[$b, $a] | transpose | map(.[0] - .[1])'
}
ok "five pings of 1000 bytes" on host1 ping -q -n -c 5 -i 0.1 -s 972 10.0.0.2
is "the link counts inner packets and their bytes" "$(grown "$before" "$(link host1)")" '[5,5000,5,5000]'
is "at the other end as well" "$(grown "$before2" "$(link host2)")" '[5,5000,5,5000]'
is "so does the peer" "$(grown "$peer1" "$(of_peer host1 host2)")" '[5,5000,5,5000]'
is "at the other end as well" "$(grown "$peer2" "$(of_peer host2 host1)")" '[5,5000,5,5000]'
iperf_server host2
ok "a TCP stream" tcp_bps host1 10.0.0.2 1M
sleep 0.5
one=$(of_peer host1 host2) two=$(of_peer host2 host1)
is "what one peer has sent the other has received, in packets and bytes" "$(jq -c '.[2:4]' <<<"$one")" "$(jq -c '.[0:2]' <<<"$two")"
like "a packet for each datagram, not for each large one" "$(grown "$peer1" "$one" | jq '.[3] / .[2] | floor')" '^1[0-4][0-9][0-9]$'

# --- multicast and link-local on a shared link ---

# group HOST ADDRESS: waits for one packet of protocol 89 to ADDRESS on camex0, and prints its source
group() {
	bg "$1" timeout 30 python3 -c '
import socket, struct, sys
address, index = sys.argv[1], socket.if_nametoindex("camex0")
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 89)
s.setsockopt(socket.SOL_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("=4s4sI", socket.inet_aton(address), bytes(4), index))
print("ready", flush=True)
print(s.recvfrom(2000)[1][0], flush=True)' "$2" >"$test_tmp/group"
	wait_until 10 grep -q ready "$test_tmp/group"
}

# hello HOST ADDRESS: sends it a packet of protocol 89, as OSPF does
hello() {
	on "$1" python3 -c '
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 89)
s.setsockopt(socket.SOL_IP, socket.IP_MULTICAST_IF, struct.pack("=4s4sI", bytes(4), bytes(4), socket.if_nametoindex("camex0")))
s.setsockopt(socket.SOL_IP, socket.IP_MULTICAST_TTL, 1)
s.sendto(bytes(44), (sys.argv[1], 0))' "$2"
}

for i in 1 2; do ip -n host$i address add fe80::$i/64 dev camex0 nodad; done
sent=$(peer host1 host2 .tx_packets) dropped=$(counter host1 no_route)
ok "a multicast packet is sent on the link" hello host1 224.0.0.5
nok "one over IPv6" reaches host1 ff02::1%camex0 -L -W 1
nok "one to a link-local address" reaches host1 fe80::2%camex0 -W 1
is "none of them goes without a route" "$(peer host1 host2 .tx_packets)" "$sent"
ok "each is counted" [ "$(counter host1 no_route)" -ge $((dropped + 3)) ]
ok "a route for one link-local address" camexctl -n host1 route add camex0 fe80::2 peer host2
ok "there and back" camexctl -n host2 route add camex0 fe80::1 peer host1
ok "now it is reached" reaches host1 fe80::2%camex0
ok "routes any at one end" camexctl -n host1 peer set camex0 host2 routes any
ok "and at the other" camexctl -n host2 peer set camex0 host1 routes any
ok "a member of 224.0.0.5" group host2 224.0.0.5
ok "a packet to it" hello host1 224.0.0.5
ok "arrives" wait_until 10 grep -qx 10.0.0.1 "$test_tmp/group"
ok "ff02::1 is answered" reaches host1 ff02::1%camex0 -L
like "by the link-local address that the other end was given" \
	"$(on host1 ping -L -n -c 1 -W 5 ff02::1%camex0)" 'from fe80::2%camex0'
ok "which is reached itself" reaches host1 fe80::2%camex0
ok "from the other end" reaches host2 fe80::1%camex0
ok "another peer there" camexctl -n host1 peer add camex0 other
ok "does not change that" reaches host1 ff02::1%camex0 -L

done_testing
