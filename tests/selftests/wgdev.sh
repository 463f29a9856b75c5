#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol wireguard with every link, transport and setting of a device: the four paths of udp, Ethernet, a
# link for each peer, a serial line, other namespaces, marks, interfaces, padding, batches; and what ends
# while it is used.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

bytes=500000 large=20M
if slow; then bytes=60000 large=2M; fi

# some_kinds: packets of several kinds go through unchanged
some_kinds() {
	ok "$what: TCP" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$what: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$what: UDP" exchanged udp host1 10.0.0.1 host2 10.0.0.2 1 17 1300 5000
	ok "$what: UDP in runs" exchanged gso host1 10.0.0.1 host2 10.0.0.2 1001 40
}

# grows HOST COUNTER COMMAND...: the counter does, while COMMAND succeeds
grows() {
	local before
	before=$(counter "$1" "$2")
	"${@:3}" && [ "$(counter "$1" "$2")" -gt "$before" ]
}

# mtu HOST: the link's
mtu() {
	on "$1" cat /sys/class/net/camex0/mtu
}

# alike: host1 and host2 count the same bytes for a ping from host1
alike() {
	local rx tx
	rx=$(peer host2 host1 .rx_bytes)
	tx=$(peer host1 host2 .tx_bytes)
	reaches host1 10.0.0.2 -s 1 || return
	[ $(($(peer host2 host1 .rx_bytes) - rx)) -eq $(($(peer host1 host2 .tx_bytes) - tx)) ]
}

# matching FILE FILTER: how many packets of a capture do
matching() {
	tcpdump -nr "$1" "$2" 2>/dev/null | wc -l
}

ok "modules" modprobe -a camex wireguard nf_tables
ok "three hosts" hosts 3
wg_keys 3
start_exchange

# --- what is on the wire ---

what="tun"
ok "$what: two ends" wg_pair camex kernel
is "$what: the MTU is WireGuard's" "$(mtu host1)" 1420
wg_trace host1
for size in 0 1 4 5 20 1391 1392; do reaches host1 10.0.0.2 -s $size >/dev/null; done
wg_traced >/dev/null
# 28 bytes before what ping sends; up to a multiple of 16, but not beyond the MTU; 32 around it
is "$what: packets are padded as WireGuard pads them" \
	"$(awk '$2 == "192.0.2.1" && $3 == "data" { print $4 }' "$test_tmp/trace" | xargs)" "64 64 64 80 80 1452 1452"
is "$what: at the other end as well" \
	"$(awk '$2 == "192.0.2.2" && $3 == "data" { print $4 }' "$test_tmp/trace" | xargs)" "64 64 64 80 80 1452 1452"
is "$what: handshakes have DSCP AF41" "$(matching "$test_tmp/trace.pcap" 'src 192.0.2.1 and ip[1] == 0x88 and udp[8] < 4')" 1
is "$what: data has none" "$(matching "$test_tmp/trace.pcap" 'src 192.0.2.1 and ip[1] == 0 and udp[8] == 4')" \
	"$(wg_seen '192.0.2.1 (data|keepalive)')"
wg_trace host1
on host1 ping -q -n -c 1 -W 2 -Q 0xba 10.0.0.2 >/dev/null
wg_traced >/dev/null
is "$what: the DSCP of a packet is hidden, its ECN is not" "$(matching "$test_tmp/trace.pcap" 'src 192.0.2.1 and ip[1] == 2 and udp[8] == 4')" 1
ok "$what: a path of 1300 outside" eval 'for i in 1 2; do ip -n host$i link set eth0 mtu 1300; done'
ok "$what: TCP goes through it" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 50000
for i in 1 2; do ip -n host$i link set eth0 mtu 1500; done
ok "$what: IPv6 outside" wg_set host1 host2 endpoint "[2001:db8::2]:$wg_port"
ok "$what: an MTU of its own" ip -n host1 link set camex0 mtu 1280
ok "$what: ping" reaches host1 10.0.0.2 -s 1252

# --- the paths of transport udp ---

for tx in udp netpoll; do
	for rx in udp netfilter; do
		[ $tx$rx != udpudp ] || continue
		what="tx $tx rx $rx"
		wg_gone host1
		wg_gone host2
		for i in 1 2; do
			ok "$what: an end" wg_end host$i camex host$((3 - i)) tx $tx rx $rx -- endpoint "192.0.2.$((3 - i)):$wg_port"
		done
		ok "$what: ping" reaches host1 10.0.0.2
		if [ $rx = netfilter ]; then
			ok "$what: the hook takes them" grows host2 rx_netfilter reaches host1 10.0.0.2
		fi
		some_kinds
		is "$what: nothing was dropped" "$(counters host1 | grep -oE '(auth_failed|malformed|replayed|too_big)=')" ""
	done
done
what="rx netfilter with WireGuard"
wg_gone host1
ok "$what: an end" wg_end host2 kernel host1
ok "$what: the other" wg_end host1 camex host2 rx netfilter -- endpoint "192.0.2.2:$wg_port"
ok "$what: ping" reaches host1 10.0.0.2
some_kinds
ok "$what: WireGuard begins" eval 'wg_end host1 camex host2 rx netfilter -- && wg_set host2 host1 endpoint "192.0.2.1:$wg_port"'
ok "$what: ping" wait_until 30 reaches host2 10.0.0.1 -W 1

# --- batches ---

# big HOST COMMAND...: how many packets of more than 3000 bytes came out of its camex0 meanwhile
big() {
	local pid
	bg "$1" tcpdump -qni camex0 -s 100 -B 8192 -w "$test_tmp/big.pcap" inbound and tcp 2>/dev/null
	pid=$!
	wait_until 20 test -e "$test_tmp/big.pcap"
	sleep 0.5
	"${@:2}" >/dev/null
	sleep 0.5
	stop $pid
	matching "$test_tmp/big.pcap" 'greater 3000'
}

for i in 1 2; do on host$i ethtool -K eth0 gro on >/dev/null; done
for pair in "camex camex" "kernel camex"; do
	read -r first second <<<"$pair"
	what="batches from $first to $second"
	ok "$what: two ends" wg_pair "$first" "$second"
	ok "$what: ping" reaches host1 10.0.0.2
	# wireguard.ko sends datagrams one by one: 7.2 delivers each packet alone, unless GRO waits for more
	if [[ $first = kernel && $(uname -r) = 7.* ]]; then
		ok "$what: GRO waits" on host2 sh -c 'cd /sys/class/net/camex0 && echo 200000 >gro_flush_timeout &&
			echo 10 >napi_defer_hard_irqs'
	fi
	iperf_server host2
	merged=$(big host2 tcp_bps host1 10.0.0.2 $large)
	ok "$what: TCP arrives in large packets: $merged" test "$merged" -gt 20
	if [ "$first" = camex ]; then
		# before veth of 5.10 cuts them up
		on host1 nft -f - <<-END
			table inet outer {
				chain output {
					type filter hook output priority 0
					ip saddr 192.0.2.1 meta l4proto udp meta length > 3000 counter
				}
			}
		END
		tcp_bps host1 10.0.0.2 $large >/dev/null
		ok "$what: and leaves in large datagrams" test "$(nft_packets host1 outer)" -gt 20
		on host1 nft delete table inet outer
	fi
	ok "$what: TCP over IPv6" tcp_bps host1 fd00::2 2M
	ok "$what: nothing was refused" eval '[[ "$(counters host2)" != *auth_failed* ]] && [[ "$(counters host2)" != *replayed* ]]'
	end_traffic
done
for i in 1 2; do batching host$i eth0; done

# --- Ethernet ---

what="tap"
for i in 1 2; do wg_gone host$i; done
for i in 1 2; do
	ok "$what: an end" wg_end host$i camex host$((3 - i)) link tap -- endpoint "192.0.2.$((3 - i)):$wg_port"
done
is "$what: the MTU is what fits an Ethernet" "$(mtu host1)" 1406
ok "$what: ping" reaches host1 10.0.0.2
wg_trace host1
reaches host1 10.0.0.2 -s 1 >/dev/null
wg_traced >/dev/null
is "$what: frames are not padded" "$(wg_seen ' data 75 ')" 2
ok "$what: nor counted with padding" wait_until 10 alike
some_kinds
ok "$what: a VLAN" eval 'for i in 1 2; do ip -n host$i link add link camex0 name vlan0 type vlan id 5 &&
	ip -n host$i address add 10.1.0.$i/24 dev vlan0 && ip -n host$i link set vlan0 up; done'
ok "$what: ping" reaches host1 10.1.0.2
like "$what: multicast" "$(on host1 ping -c 2 -W 2 -I camex0 ff02::1 2>&1)" 'from fe80'

# --- a link for each peer ---

# link FAR: what it is called in host1
link() {
	peer host1 "$1" .link
}

has_link() {
	[ "$(link "$1")" != null ] && on host1 test -e "/sys/class/net/$(link "$1")"
}

what="links per-peer"
for i in 1 2; do wg_gone host$i; done
ok "$what: a hub" wg_device host1 camex links per-peer
ip -n host1 link set camex0 up
for i in 2 3; do ok "$what: a peer" wg_peer host1 host$i; done
nok "$what: routes are refused" camexctl -n host1 route add camex0 10.7.0.0/24 peer host2
ok "$what: WireGuard as one" wg_device host2 kernel
ok "$what: camex as another" wg_device host3 camex
for i in 2 3; do
	ok "$what: the hub is its peer" wg_peer host$i host1 routes any endpoint "192.0.2.1:$wg_port" keepalive 2
	ip -n host$i address add 10.0.0.$i/24 dev camex0
	ip -n host$i link set camex0 multicast on up
done
for i in 2 3; do
	ok "$what: host$i has a link" wait_until 20 has_link host$i
	ip -n host1 address add 10.0.0.1 peer 10.0.0.$i dev "$(link host$i)"
	ip -n host1 link set "$(link host$i)" up
	ok "$what: host1 reaches host$i" wait_until 10 reaches host1 10.0.0.$i -W 1
	ok "$what: host$i reaches host1" reaches host$i 10.0.0.1
	ok "$what: whatever its source" eval 'ip -n host$i address add 10.99.0.$i/32 dev camex0 &&
		ip -n host1 route add 10.99.0.$i/32 dev "$(link host$i)" && reaches host$i 10.0.0.1 -I 10.99.0.$i'
	ok "$what: TCP to host$i" exchanged tcp host1 10.0.0.1 host$i 10.0.0.$i "$bytes"
	on host$i sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
	like "$what: multicast to host$i" "$(on host1 ping -c 2 -W 2 -I "$(link host$i)" 224.0.0.1 2>&1)" "from 10.0.0.$i"
done
isnt "$what: each has its own" "$(link host2)" "$(link host3)"
ok "$what: a peer goes" camexctl -n host1 peer del camex0 host2
is "$what: its link too" "$(on host1 ls /sys/class/net | grep -c '^camex0')" 2
ok "$what: the other stays" reaches host1 10.0.0.3
wg_gone host1
is "$what: all links go with the device" "$(on host1 ls /sys/class/net | grep -c '^camex0')" 0
wg_gone host3

# --- other namespaces ---

what="namespaces"
ok "$what: an end" wg_end host2 kernel host1
ok "$what: the other" wg_end host1 camex host2 endpoint "192.0.2.2:$wg_port"
ip netns add inner
ok "$what: its link moves" ip -n host1 link set camex0 netns inner
ip -n inner address add 10.0.0.1/24 dev camex0
ip -n inner link set camex0 up
ok "$what: ping from there" reaches inner 10.0.0.2
ok "$what: ping to there" reaches host2 10.0.0.1
ok "$what: the peer is shown there" eval '[ "$(camexctl -n inner -j peer show camex0 host2 | member state)" = up ]'
ip netns del inner
ok "$what: which goes with it" wait_until 20 eval '! on host2 ping -q -c 1 -W 1 10.0.0.1'

# --- marks and interfaces ---

what="fwmark"
ok "$what: an end" wg_end host1 camex host2 fwmark 0x2a -- endpoint "192.0.2.2:$wg_port"
on host1 nft -f - <<-END
	table inet marks {
		chain out {
			type filter hook output priority 0
			udp dport $wg_port meta mark 0x2a counter
			udp dport $wg_port meta mark != 0x2a counter
		}
	}
END
# how many had the mark, and how many had not
marks() {
	on host1 nft list chain inet marks out | sed -nE 's/.*counter packets ([0-9]+).*/\1/p' | xargs
}
ok "$what: ping" reaches host1 10.0.0.2
is "$what: an initiation and a ping have it" "$(marks)" "2 0"
ok "$what: another" camexctl -n host1 dev set camex0 fwmark 7
ok "$what: ping" reaches host1 10.0.0.2
is "$what: it is another" "$(marks)" "2 1"
on host1 nft delete table inet marks

what="bind-dev"
ok "$what: an end" wg_end host1 camex host2 bind-dev eth0 -- endpoint "192.0.2.2:$wg_port"
ok "$what: ping" reaches host1 10.0.0.2
ip -n host1 link add dummy0 type dummy
ip -n host1 link set dummy0 up
ok "$what: another" camexctl -n host1 dev set camex0 bind-dev dummy0
nok "$what: no ping" reaches host1 10.0.0.2 -W 1
ok "$what: the first again" camexctl -n host1 dev set camex0 bind-dev eth0
ok "$what: ping" reaches host1 10.0.0.2
ip -n host1 link del dummy0

# --- a serial line ---

what="serial"
for i in 1 2; do wg_gone host$i; done
camex-line 100000 "$test_tmp/a" "$test_tmp/b" >"$test_tmp/line" &
line=$!
ok "$what: a line" wait_until 30 test -e "$test_tmp/b"
for i in 1 2; do
	far=host$((3 - i)) tty=$test_tmp/a
	if [ $i = 2 ]; then tty=$test_tmp/b; fi
	ok "$what: a device" camexctl -n host$i dev add camex0 transport serial protocol wireguard \
		private-key-file "$test_tmp/host$i.key"
	ok "$what: its far end has a key" camexctl -n host$i peer set camex0 far public-key "$(<"$test_tmp/$far.pub")"
	tunnel_up host$i
	bg host$i camexctl serial camex0 "$tty" baud 115200 foreground 2>/dev/null
done
ok "$what: ping" wait_until 30 reaches host1 10.0.0.2 -W 1
ok "$what: IPv6" reaches host2 fd00::1
ok "$what: TCP" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 20000
end_traffic
for i in 1 2; do wg_gone host$i; done
stop $line

# --- what ends while it is used ---

what="under traffic"
for second in kernel camex; do
	ok "$what: two ends" wg_pair camex $second
	start_traffic
	sleep 1
	ok "$what: the peer goes" camexctl -n host1 peer del camex0 host2
	ok "$what: it comes back" wg_peer host1 host2 routes 10.0.0.2/32,fd00::2/128 endpoint "192.0.2.2:$wg_port"
	ok "$what: ping" wait_until 30 reaches host1 10.0.0.2 -W 1
	for round in 1 2 3; do
		ok "$what: it is forgotten, $round" camexctl -n host1 peer forget camex0 host2
		ok "$what: ping" wait_until 30 reaches host1 10.0.0.2 -W 1
	done
	ok "$what: down" ip -n host1 link set camex0 down
	ok "$what: up" tunnel_up host1
	ok "$what: ping" wait_until 30 reaches host1 10.0.0.2 -W 1
	# the same key again: nothing is different, but sessions may begin anew
	ok "$what: the same private key" camexctl -n host1 dev set camex0 private-key-file "$test_tmp/host1.key"
	ok "$what: ping" wait_until 30 reaches host1 10.0.0.2 -W 1
	ok "$what: another private key" camexctl -n host1 dev set camex0 private-key-file "$test_tmp/host3.key"
	nok "$what: no ping" reaches host1 10.0.0.2 -W 2
	ok "$what: the first one" camexctl -n host1 dev set camex0 private-key-file "$test_tmp/host1.key"
	ok "$what: ping" wait_until 30 reaches host1 10.0.0.2 -W 1
	ok "$what: the device goes" camexctl -n host1 dev del camex0
	end_traffic
done

# --- what waits for a handshake ---

what="waiting"
# without connections of before, which still have something to send
ok "$what: two hosts" hosts 2
ok "$what: an end" wg_end host1 camex host2 endpoint "192.0.2.2:$wg_port"
wg_gone host2
full=$(counter host1 queue_full)
on host1 bash -c 'for i in {1..200}; do echo "$i" >/dev/udp/10.0.0.2/9; done'
is "$what: of 200 packets 72 are dropped" "$(($(counter host1 queue_full) - full))" 72
ok "$what: the other end" wg_device host2 camex
ok "$what: its peer" wg_peer host2 host1 routes 10.0.0.1/32
for i in 1 2; do on host$i sysctl -qw net.ipv6.conf.camex0.disable_ipv6=1; done
ip -n host2 address add 10.0.0.2/24 dev camex0
before=$(sum_of UdpNoPorts host2)
ip -n host2 link set camex0 up
ok "$what: the last 128 arrive" wait_until 15 eval '[ "$(sum_of UdpNoPorts host2)" -ge $((before + 128)) ]'
sleep 1
is "$what: and no more" "$(sum_of UdpNoPorts host2)" $((before + 128))

# --- the module goes ---

what="module"
ok "$what: two ends" wg_pair camex kernel
start_traffic
sleep 1
ok "$what: it can be removed under traffic" wait_until 60 modprobe -r camex
end_traffic
ok "$what: and come back" modprobe camex
ok "$what: two ends" wg_pair camex camex
start_traffic
sleep 1
ok "$what: it can be removed with both ends" wait_until 60 modprobe -r camex
end_traffic

done_testing
