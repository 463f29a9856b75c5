#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Large packets are cut, encrypted, sent, received, opened and rebuilt many at a time. Whatever
# offloads there are below and above, every byte that goes in comes out, and is counted.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2086,SC2317 # programs for eval; names of hosts; functions that ok calls
. "$(dirname "$0")/lib.sh"

bytes=300000 datagrams=150
if slow; then bytes=100000 datagrams=70; fi

start_exchange

# both COMMAND...: in host1 and host2
both() {
	local host
	for host in host1 host2; do on $host "$@" || return; done
}

# features HOST DEV NAME on|off...: what ethtool -K sets, in silence
features() {
	on "$1" ethtool -K "${@:2}" >/dev/null
}

# What makes eth0 like a network card without segmentation: it hands over single datagrams,
# and what receives them merges them again.
card="tx on sg on gso on gro on tso off tx-udp-segmentation off"
everything="tx on sg on gso on gro on tso on tx-udp-segmentation on"

# nic: eth0 of both hosts is like that
nic() {
	features host1 eth0 $card && features host2 eth0 $card
}

# patient: TCP sends again only what is known to be lost, not what a slow guest is late with.
patient() {
	local host
	for host in host1 host2; do
		on $host sysctl -qw net.ipv4.tcp_early_retrans=0 &&
			ip -n $host route replace 10.0.0.0/24 dev camex0 rto_min 10s &&
			ip -n $host route add fd00::/64 dev camex0 metric 1 rto_min 10s || return
	done
}

# streams WHAT [HOST1 PLACES1 HOST2 PLACES2]: TCP in IPv4 and IPv6; PLACES are a host's two
# addresses, in one word
streams() {
	local h1=${2-host1} a1=${3-10.0.0.1 fd00::1} h2=${4-host2} a2=${5-10.0.0.2 fd00::2}
	ok "$1: TCP over IPv4" exchanged tcp "$h1" "${a1% *}" "$h2" "${a2% *}" "$bytes"
	ok "$1: TCP over IPv6" exchanged tcp "$h1" "${a1#* }" "$h2" "${a2#* }" "$bytes"
}

# goes WHAT [HOST1 PLACES1 HOST2 PLACES2]: the same, and UDP many datagrams at a time
goes() {
	local h1=${2-host1} a1=${3-10.0.0.1 fd00::1} h2=${4-host2} a2=${5-10.0.0.2 fd00::2}
	streams "$@"
	ok "$1: UDP segments over IPv4" exchanged gso "$h1" "${a1% *}" "$h2" "${a2% *}" 1380 "$datagrams"
	ok "$1: UDP segments over IPv6" exchanged gso "$h1" "${a1#* }" "$h2" "${a2#* }" 333 "$datagrams"
}

# --- one offload after the other ---

# without WHAT DEV FEATURE AFTERWARDS HOST...: things go without it; AFTERWARDS undoes that, and
# what went with it
without() {
	local host what=goes
	for host in "${@:5}"; do features "$host" "$2" "$3" off; done
	# a socket does not segment what its link does not sum up
	if [ "$2 $3" = "camex0 tx" ]; then what=streams; fi
	$what "$1 without $2's $3"
	for host in "${@:5}"; do features "$host" "$2" $4; done
}

ok "two hosts" hosts 2
ok "a tunnel" tunnel 4 key
ok "TCP is patient" patient
ok "taps on the links" exchanged tap camex0+ host1 host2
ok "taps on the underlay" exchanged tap eth0+ host1 host2
goes "with all offloads"
ok "all that was seen has right lengths and checksums" exchanged sums any
ok "veth like a network card" nic
ok "taps on the links again" exchanged tap camex0+ host1 host2
ok "taps on the underlay again" exchanged tap eth0+ host1 host2
goes "like a network card"
ok "all that was seen has right lengths and checksums there" exchanged sums any
for feature in rx tx sg gso gro; do
	without "like a network card" eth0 $feature "rx on $card" host1 host2
done
for host in host1 host2; do features $host eth0 $everything; done
without "on one side" eth0 tx "$everything" host1
without "on the other side" eth0 gro "$everything" host2
for feature in tso tx-udp-segmentation gso gro sg tx; do
	without "the link" camex0 $feature "$everything" host1 host2
done
balance "after all that"
is "TCP sent nothing twice" "$(sum_of TcpRetransSegs host1 host2)" 0

# what GRO is given waits for a thread then, and nothing goes past it (Linux 5.12)
if [ -e /sys/class/net/lo/threaded ]; then
	for host in host1 host2; do
		ok "$host: NAPI with threads" on $host sh -c 'echo 1 >/sys/class/net/camex0/threaded'
	done
	goes "with threads"
	ok "with threads: large and small keep their order" exchanged mixed host1 10.0.0.1 host2 10.0.0.2 400
	balance "with threads"
	for host in host1 host2; do on $host sh -c 'echo 0 >/sys/class/net/camex0/threaded'; done
fi

# nothing is left to offloads, so that whoever reads a file of packets can check them
for host in host1 host2; do
	features $host eth0 tx off gro off
	features $host camex0 tx off gro off
done
dumps=()
for dev in eth0 camex0; do
	bg host1 tcpdump -U -Z root -i $dev -w "$test_tmp/$dev.pcap" 2>"$test_tmp/$dev.log"
	dumps+=($!)
	ok "tcpdump on $dev" wait_until 20 grep -q 'listening on' "$test_tmp/$dev.log"
done
streams "into files"
# which is little on the slow kernel
! slow || streams "into files, more"
sleep 0.5
stop "${dumps[@]}"
for dev in eth0 camex0; do
	tcpdump -n -vv -r "$test_tmp/$dev.pcap" >"$test_tmp/$dev.text" 2>/dev/null
	ok "tcpdump has seen something on $dev" [ "$(wc -l <"$test_tmp/$dev.text")" -gt 500 ]
	is "with right lengths and checksums" \
		"$(grep -wE 'bad|wrong|incorrect|truncated|missing' "$test_tmp/$dev.text" | head -3)" ""
done

# --- the same for Ethernet ---

for kind in "key link tap" "plain link tap protocol raw"; do
	ok "$kind" eval 'tunnel 4 $kind && patient'
	before=$(sum_of TcpRetransSegs host1 host2)
	for host in host1 host2; do features $host eth0 rx on $everything; done
	ok "$kind: taps on the links" exchanged tap camex0+ host1 host2
	goes "$kind: with all offloads"
	nic
	goes "$kind: like a network card"
	ok "$kind: all that was seen has right lengths and checksums" exchanged sums any
	for feature in rx tx sg gso gro; do
		without "$kind" eth0 $feature "rx on $card" host1 host2
	done
	for feature in tso tx-udp-segmentation gso gro sg tx; do
		without "$kind" camex0 $feature "$everything" host1 host2
	done
	is "$kind: nothing went wrong" "$(counters host1)$(counters host2)" ""
	is "$kind: TCP sent nothing twice" "$(sum_of TcpRetransSegs host1 host2)" "$before"
done

# --- a bad network, with large packets on it ---

ok "a tunnel over IPv6" tunnel 6 key
nic
goes "over IPv6"
# many at once, as from an interrupt of a card: what GRO holds is not overtaken by what it is spared
both tc qdisc add dev eth0 root netem delay 10ms limit 10000
ok "large and small datagrams keep their order over IPv4" exchanged mixed host1 10.0.0.1 host2 10.0.0.2 400
ok "large and small datagrams keep their order over IPv6" exchanged mixed host1 fd00::1 host2 fd00::2 400
both tc qdisc del dev eth0 root
both tc qdisc add dev eth0 root netem delay 2ms 1ms loss 1% duplicate 2% reorder 10% corrupt 1%
ok "a bad network: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 $((bytes / 2))
ok "a bad network: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 $((bytes / 2))
both tc qdisc del dev eth0 root
# segmentation below the queue: whole batches are lost, come late or twice
for host in host1 host2; do features $host eth0 tso on tx-udp-segmentation on gro off; done
both tc qdisc add dev eth0 root netem delay 2ms 1ms loss 1% duplicate 2% reorder 10%
ok "whole batches are lost: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 $((bytes / 2))
ok "whole batches are lost: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 $((bytes / 2))
both tc qdisc del dev eth0 root

# --- plain: large packets stay whole, and are merged again where they arrive ---

# merges WHAT: the underlay of host2 has put datagrams together before we saw them
merges() {
	bg host2 tcpdump -n -c 1 -i eth0 'udp and greater 3000' >"$test_tmp/merged" 2>"$test_tmp/dump.log"
	local dump=$!
	ok "$1: tcpdump" wait_until 20 grep -q 'listening on' "$test_tmp/dump.log"
	goes "$1"
	stop "$dump"
	is "$1: datagrams came merged" "$(wc -l <"$test_tmp/merged")" 1
}

for outer in 4 6; do
	ok "a plain tunnel over IPv$outer" tunnel $outer plain protocol raw
	nic
	merges "plain over IPv$outer"
done
for feature in rx tx sg gso gro; do
	for host in host1 host2; do features "$host" eth0 $feature off; done
	streams "plain without eth0's $feature"
	for host in host1 host2; do features "$host" eth0 rx on $card; done
done
balance "after what was plain"

# --- forwarding: a network behind each end, and filters that track connections ---

# filtered_lan I J: the same, and hostI tracks what it forwards
filtered_lan() {
	lan "$1" "$2" &&
		features "lan$1" eth0 $card &&
		features "host$1" lan0 $card &&
		on "host$1" nft -f - <<-END
			table inet filter {
				chain forward {
					type filter hook forward priority 0; policy drop
					ct state established,related accept
					ct state invalid drop
					iif lan0 ct state new accept
					iif camex0 ct state new accept
				}
			}
		END
}
ok "a tunnel for networks" eval 'tunnel 4 key && nic'
ok "a network behind host1" filtered_lan 1 2
ok "a network behind host2" filtered_lan 2 1
goes "from network to network" lan1 "10.1.1.9 fd01:1::9" lan2 "10.1.2.9 fd01:2::9"
balance "from network to network"
is "nothing was sent in fragments" "$(sum_of IpFragCreates host1 host2 lan1 lan2)" 0

# --- relay, where the way on has less room ---

hub() {
	local i
	camexctl -n host1 dev add camex0 port 7000 relay on || return
	for i in 2 3; do
		(umask 077 && camexctl key gen >"$test_tmp/key$i") &&
			camexctl -n host1 peer add camex0 host$i key-file "$test_tmp/key$i" \
				routes "10.0.0.$i/32,fd00::$i/128" endpoint "192.0.2.$i:7000" &&
			camexctl -n host$i dev add camex0 port 7000 &&
			camexctl -n host$i peer add camex0 host1 endpoint 192.0.2.1:7000 \
				key-file "$test_tmp/key$i" routes any &&
			features host$i eth0 $card || return
	done
	features host1 eth0 $card
	for i in 1 2 3; do
		tunnel_up host$i || return
	done
}
ok "three hosts on a bridge" hosts 3
ok "a hub" hub
goes "through a hub" host2 "10.0.0.2 fd00::2" host3 "10.0.0.3 fd00::3"
ip -n host1 route add 192.0.2.3 dev eth0 mtu 1400
streams "a narrow way on" host2 "10.0.0.2 fd00::2" host3 "10.0.0.3 fd00::3"
isnt "who sent too much was told" "$(counter host1 too_big)" 0
is "and nothing was sent in fragments" "$(sum_of IpFragCreates host1 host2 host3)" 0

# --- one who sends bare packets many at a time, which the stack cuts up before they come to us ---

ok "a plain tunnel beside a third host" eval 'tunnel 4 plain protocol raw && camexctl -n host2 dev del camex0'
on host1 sysctl -qw net.ipv4.ip_forward=1
# they come as one packet, and none waits for the address of the third host on its way there
features host2 eth0 $everything
ok "the third host is known" reaches host1 192.0.2.3
ok "each goes on by itself" exchanged nested host2 192.0.2.2 192.0.2.1 7000 10.0.0.2 host3 192.0.2.3 40
is "and is counted" "$(peer host1 host2 .rx_packets)" 40

done_testing
