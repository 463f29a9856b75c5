#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Tunnels of all protocols, links and transports at once, for a minute, or an hour in the long form, over paths that lose,
# reorder, duplicate and corrupt, while ends roam, keys change, files are reloaded and links go down and up. Each byte of
# the payload is checked; in the end each datagram is accounted for, and nothing is left in memory.
# CAMEX_SECONDS=NUMBER is how long.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
# The short form does all of it more often.
seconds=${CAMEX_SECONDS-60} roam=7 rekey=13 reload=10 down=15
[ -z "${CAMEX_LONG-}" ] || seconds=${CAMEX_SECONDS-3600} roam=20 rekey=60 reload=30 down=90
# Each link has its name from what it is: index, and what of its datagrams (a part of nft's rule) makes them data.
# A type stands behind the magic of protocol camex. Those of protocol wireguard count all as packets, as in WireGuard.
links=(chacha jtunnel raw wg aes ko tap tcp serial)
declare -A data=([chacha]="@th,96,8 2" [tap]="@th,96,8 2" [jtunnel]="@th,160,8 2" [raw]="udp length > 8"
	[wg]="udp length > 8" [aes]="udp length > 8" [ko]="udp length > 8")
counted=("${!data[@]}")
declare -A index=() address=() side=([host1]=a [host2]=b)
for ((i = 0; i < ${#links[@]}; i++)); do index[${links[i]}]=$((i + 1)); done
storm="delay 4ms 2ms loss 2% duplicate 1% reorder 5% corrupt 1%"

# --- the paths ---

# paths: host1 and host2 are joined by a cable for each link but the serial one, by way of net0, which loses and
# counts. Neighbours are known, so that nobody waits for lost ARP.
paths() {
	local link i host n
	for host in host1 host2 net0; do ip netns add "$host" || return; done
	test_hosts=(host1 host2 net0)
	for host in host1 host2; do
		ip -n "$host" link set lo up
		# addresses survive that a link goes down, or that the first of them is removed; no packets but the test's
		on "$host" sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 net.ipv6.conf.default.keep_addr_on_down=1 \
			net.ipv4.conf.all.promote_secondaries=1 net.ipv6.conf.default.router_solicitations=0
		# the sender is told at last that the rest of a datagram did not come, but before the counters are read
		on "$host" sysctl -qw net.ipv4.ipfrag_time=3 net.ipv6.ip6frag_time=3
	done
	for link in "${links[@]}"; do
		i=${index[$link]}
		[ "$link" != serial ] || continue
		ip -n net0 link add "br$i" type bridge mcast_snooping 0 && ip -n net0 link set "br$i" up || return
		for host in host1 host2; do
			n=${host#host}
			ip link add "p$i" netns "$host" address "02:00:00:00:0$i:0$n" type veth peer name "${side[$host]}$i" netns net0 &&
				ip -n "$host" link set "p$i" addrgenmode none &&
				ip -n net0 link set "${side[$host]}$i" addrgenmode none master "br$i" up &&
				on "$host" ethtool -K "p$i" gso off tso off gro off tx-udp-segmentation off >/dev/null &&
				ip -n "$host" address add "192.0.$i.$n/24" dev "p$i" && ip -n "$host" link set "p$i" up || return
		done
		for n in 1 3; do ip -n host2 neigh add "192.0.$i.$n" lladdr "02:00:00:00:0$i:01" dev "p$i" nud permanent || return; done
		ip -n host1 neigh add "192.0.$i.2" lladdr "02:00:00:00:0$i:02" dev "p$i" nud permanent || return
	done
	batch_tc add "$storm" && count_all
}

# batch_tc add|change NETEM: of all paths
batch_tc() {
	local link host
	for link in "${links[@]}"; do
		for host in a b; do
			[ "$link" = serial ] || echo "qdisc $1 dev $host${index[$link]} root netem limit 10000 $2"
		done
	done | on net0 tc -batch -
}

# count_all: named counters of nft. In net0 what each host has sent: sent_LINK_HOST. In each host what comes, behind
# conntrack, which finds wrong checksums: bad_LINK, data_LINK, other_LINK; and down_LINK, which comes while the link is down.
count_all() {
	local link host
	{
		echo "table netdev soak {"
		for link in "${counted[@]}"; do
			for host in host1 host2; do echo "counter sent_${link}_$host { }"; done
		done
		echo "set blocked { type ifname; }"
		for host in host1 host2; do
			printf 'chain %s { type filter hook ingress devices = { ' "$host"
			for link in "${links[@]}"; do [ "$link" = serial ] || printf '%s, ' "${side[$host]}${index[$link]}"; done
			echo '} priority 0;'
			for link in "${counted[@]}"; do
				echo "udp dport $((7000 + ${index[$link]})) ${data[$link]} counter name sent_${link}_$host"
			done
			echo "udp dport $((7000 + index[tcp])) iifname @blocked drop"
			echo '}'
		done
		echo "}"
	} >"$test_tmp/net0.nft"
	{
		echo "table ip soak {"
		for link in "${counted[@]}"; do printf 'counter %s { }\n' {bad,data,other,down}"_$link"; done
		echo "set down { type inet_service; }"
		for link in "${counted[@]}"; do
			echo "chain $link { udp dport @down counter name down_$link drop; ct state invalid counter name bad_$link accept;"
			echo "${data[$link]} counter name data_$link accept; counter name other_$link; }"
		done
		echo "chain input { type filter hook input priority 0;"
		for link in "${counted[@]}"; do echo "udp dport $((7000 + ${index[$link]})) jump $link"; done
		echo "}"
		echo "}"
	} >"$test_tmp/host.nft"
	on net0 nft -f "$test_tmp/net0.nft" && on host1 nft -f "$test_tmp/host.nft" && on host2 nft -f "$test_tmp/host.nft"
}

# --- the tunnels ---

# file LINK HOST TURN: print the file of that end. Each other turn has another route, and another interval.
file() {
	local link=$1 n=${2#host} i=${index[$1]} far=$((3 - ${2#host})) protocol=camex
	case $link in
	jtunnel | raw) protocol=$link ;;
	wg | aes | ko) protocol=wireguard ;;
	esac
	printf '%s\n' "[device]" "name = $link" "protocol = $protocol" "table = off" "mtu = 1300" \
		"address = 10.$i.0.$n/24, fd00:$i::$n/64"
	case $link in
	tap) echo "link = tap" ;;
	tcp) echo "transport = udp,tcp" ;;
	serial) echo "transport = serial" ;;
	jtunnel) echo "id = 000000000000000$n" ;;
	esac
	[ "$link" = serial ] || echo "port = $((7000 + i))"
	if [ "$protocol" = wireguard ]; then
		echo "private-key-file = wg$n.key"
	fi
	if [ "$link" = serial ]; then echo "[peer far]"; else echo "[peer host$far]"; fi
	case $protocol in
	wireguard) echo "public-key = $(<"$test_tmp/wg$far.pub")" ;;
	camex) echo "key-file = $link.key" ;;
	jtunnel) printf '%s\n' "key-file = $link.key" "id = 000000000000000$far" ;;
	esac
	[ "$link" != aes ] || echo "cipher = aes-256-gcm"
	if [ "$n" -eq 1 ] && [ "$link" != serial ]; then echo "endpoint = 192.0.$i.2:$((7000 + i))"; fi
	[ "$link" = tap ] || [ "$link" = serial ] || echo "routes = 0.0.0.0/0, ::/0$([ $(($3 % 2)) -eq 0 ] || echo ", 10.99.$i.0/24")"
	[ "$link" = raw ] || echo "keepalive = $((10 + $3 % 2 * 5))"
}

# wireguard_ko: the kernel's own end of "ko"
wireguard_ko() {
	local i=${index[ko]}
	ip -n host2 link add ko type wireguard && on host2 wg set ko private-key "$test_tmp/wg2.key" listen-port $((7000 + i)) \
		peer "$(<"$test_tmp/wg1.pub")" allowed-ips 0.0.0.0/0,::/0 persistent-keepalive 10 &&
		ip -n host2 -batch - <<-END
			address add 10.$i.0.2/24 dev ko
			address add fd00:$i::2/64 dev ko nodad
			link set ko mtu 1300 up
		END
}

# ups: both ends of all
ups() {
	local link host
	wg genkey >"$test_tmp/wg1.key" && wg genkey >"$test_tmp/wg2.key" || return
	for host in 1 2; do wg pubkey <"$test_tmp/wg$host.key" >"$test_tmp/wg$host.pub" || return; done
	wireguard_ko || return
	for link in "${links[@]}"; do
		camexctl key gen >"$test_tmp/$link.key" || return
		# host1 begins
		for host in host2 host1; do
			file "$link" "$host" 0 >"$test_tmp/$host.$link.up"
			[ "$link $host" = "ko host2" ] || camexctl -n "$host" up "$test_tmp/$host.$link.up" || return
		done
	done
}

# cable: a serial line that sometimes changes or loses a byte
cable() {
	local host
	camex-line 20000 "$test_tmp/ttya" "$test_tmp/ttyb" lose=20000 change=20000 noise=50000 >"$test_tmp/line" &
	line=$!
	wait_until 10 test -e "$test_tmp/ttyb" || return
	bg host1 camexctl serial serial "$test_tmp/ttya" baud 115200 foreground
	bg host2 camexctl serial serial "$test_tmp/ttyb" baud 115200 foreground
	for host in host1 host2; do wait_until 10 eval '[ "$(on "$host" cat /sys/class/net/serial/carrier)" = 1 ]' || return; done
}

# tentative: an address of a host cannot be used yet, because the kernel still looks for another host that has it
tentative() {
	local host
	for host in host1 host2; do ip -n "$host" address show tentative; done | grep .
}

# reached LINK: host2 is
reached() {
	wait_until 30 reaches host1 "10.${index[$1]}.0.2" -W 1
}

# --- what happens to them ---

# roaming: host1 has another address on each path, but not where a connection would break that was just made
roaming() {
	local i link was
	for link in "${links[@]}"; do
		if [ "$link" = serial ] || [[ "$link $step" == "tcp 1" ]]; then continue; fi
		i=${index[$link]}
		was=${address[$link]-1}
		address[$link]=$((4 - was))
		printf 'address %s/24 dev p%d\n' "add 192.0.$i.${address[$link]}" "$i" "del 192.0.$i.$was" "$i"
	done >"$test_tmp/addresses"
	ip -n host1 -batch "$test_tmp/addresses"
}

# rekeying N: the same key again, then another key
rekeying() {
	local link peer
	for link in chacha jtunnel tap tcp serial; do
		peer=far
		[ $(($1 % 2)) -eq 0 ] || camexctl key gen >"$test_tmp/$link.key" || return
		[ "$link" = serial ] || peer=host2
		camexctl -n host1 key set "$link" "$peer" key-file "$test_tmp/$link.key" || return
		[ $(($1 % 2)) -eq 0 ] || camexctl -n host2 key set "$link" "${peer/host2/host1}" key-file "$test_tmp/$link.key" || return
	done
	for link in wg aes ko; do camexctl -n host1 peer forget "$link" host2 || return; done
}

reloading() {
	local link
	for link in "${links[@]}"; do
		file "$link" host1 "$1" >"$test_tmp/host1.$link.up"
		camexctl -n host1 reload "$test_tmp/host1.$link.up" || return
		[ "$link" != ko ] || continue
		file "$link" host2 "$1" >"$test_tmp/host2.$link.up"
		camexctl -n host2 reload "$test_tmp/host2.$link.up" || return
	done
}

# going_down N: the links of one host, one after the other, but none that waits for an answer before it takes TCP
going_down() {
	local link host=host$(($1 % 2 + 1))
	for link in "${links[@]}"; do
		[ "$link" != tcp ] || [ "$step" -ne 1 ] || continue
		on "$host" nft add element ip soak down "{ $((7000 + ${index[$link]})) }" && ip -n "$host" link set "$link" down &&
			sleep 0.5 && ip -n "$host" link set "$link" up &&
			on "$host" nft delete element ip soak down "{ $((7000 + ${index[$link]})) }" || return
	done
}

# blocking add|delete: the path of "tcp" passes no UDP for half of the time
blocking() {
	on net0 nft "$1" element netdev soak blocked "{ a${index[tcp]}, b${index[tcp]} }"
}

# uses_tcp HOST PEER: the peer of "tcp" is reached by TCP
uses_tcp() {
	echo "$1 reaches $2 by $(camexctl -n "$1" -j peer show tcp "$2" | member transport)"
	camexctl -n "$1" -j peer show tcp "$2" | grep -q '"transport": *"tcp"'
}

# events: all of them at their times, until the time is over; false at the first that fails
events() {
	local start=$EPOCHREALTIME now step=0 each
	declare -A times=([roaming]=0 [rekeying]=0 [reloading]=0 [going_down]=0)
	declare -A every=([roaming]=$roam [rekeying]=$rekey [reloading]=$reload [going_down]=$down)
	while now=$(($(tenths "$start") / 10)) && [ "$now" -lt "$seconds" ]; do
		if [ "$step" -eq 0 ] && [ "$now" -ge $((seconds / 4)) ]; then step=1 && blocking add || return; fi
		if [ "$step" -eq 1 ] && [ "$now" -ge $((seconds * 3 / 4)) ]; then
			step=2
			uses_tcp host1 host2 && uses_tcp host2 host1 && blocking delete || return
		fi
		for each in roaming rekeying reloading going_down; do
			if [ "$now" -ge $(((times[$each] + 1) * every[$each])) ]; then
				times[$each]=$((times[$each] + 1))
				kmsg "$each ${times[$each]} after $now s"
				"$each" "${times[$each]}" || {
					echo "$each ${times[$each]} failed after $now s"
					return 1
				}
			fi
		done
		sleep 0.5
	done
	for each in "${!times[@]}"; do echo "$each: ${times[$each]} times"; done
}

# --- the end ---

# no_keepalives: of protocol wireguard, where they count as packets
no_keepalives() {
	local link
	for link in wg aes ko; do
		camexctl -n host1 peer set "$link" host2 keepalive 0 || return
		[ "$link" = ko ] || camexctl -n host2 peer set "$link" host1 keepalive 0 || return
	done
	on host2 wg set ko peer "$(<"$test_tmp/wg1.pub")" persistent-keepalive 0
}

# quiet: true if no data was counted anywhere for 12 s. Protocol wireguard sends a keepalive 10 s after it received data that
# nothing answers.
quiet() {
	local before
	before=$(data_counters) && sleep 12 && [ "$(data_counters)" = "$before" ]
}

data_counters() {
	local host
	on net0 nft list counters | grep packets
	for host in host1 host2; do
		on "$host" nft list counters | grep -A 1 data_ | grep packets
		on "$host" sh -c 'cd /sys/class/net && grep . */statistics/[rt]x_packets' | grep -v '^p[0-9]'
	done
}

# memory: kilobytes that the kernel cannot give back
memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|Percpu|KernelStack|VmallocUsed):/ { n += $2 } END { print n }' /proc/meminfo
}

ok "modules" modprobe -a camex wireguard sch_netem nf_conntrack
# what the kernel allocates once it keeps
ok "all of it once" eval 'paths && ups'
remove_hosts
ok "the module is removed" modprobe -r camex
before=$(memory)
ok "the module" modprobe camex
ok "paths that lose, reorder, duplicate and corrupt" paths
ok "tunnels: ${links[*]}" ups
ok "a serial line" cable
for link in "${links[@]}"; do ok "$link: a ping" reached "$link"; done
ok "all addresses can be used" wait_until 30 eval '! tentative'
arguments=()
for link in "${links[@]}"; do
	rate=10
	[ -z "${CAMEX_LONG-}" ] || rate=4
	[ "$link" != serial ] || rate=2
	arguments+=("$link:${index[$link]}:$rate")
done
coproc traffic { exec "$here/soak.py" host1 host2 "${arguments[@]}" 2>"$test_tmp/traffic"; }
# shellcheck disable=SC2154 # set by coproc
traffic=("${traffic[@]}") traffic_pid=$traffic_PID
read -r -t 60 -u "${traffic[0]}" begun
is "traffic begins" "${begun-}" started
[ "${begun-}" = started ] || note <"$test_tmp/traffic"
ok "for $seconds s ends roam, keys change, files are reloaded, links go down and up" events
note <"$test_tmp/output"
ok "the paths are calm" batch_tc change "delay 1ms"
echo stop >&"${traffic[1]}"
# soak.py itself waits no longer than DRAIN
read -r -t 180 -u "${traffic[0]}" report
ok "traffic ends within the time that it has" [ -n "${report-}" ]
note <"$test_tmp/traffic"
echo "${report-}" >"$test_tmp/report"
# its end leaves the multicast groups, of which the kernel tells the other hosts
ok "the program that sends ends" wait "$traffic_pid"
ok "no more keepalives" no_keepalives
ok "no more data is on its way after a while" wait_until 60 quiet
pass_on "$here/soakcount.py" "$test_tmp/report" "${links[@]}"

# --- nothing is left ---

ok "one end is deleted by its files" eval 'for link in "${links[@]}"; do camexctl -n host1 down "$test_tmp/host1.$link.up" || exit 1; done'
remove_hosts
stop "$line"
is "no namespace is left" "$(ip netns list)" ""
is "nobody uses the module" "$(cat /sys/module/camex/refcnt)" 0
ok "the module is removed" modprobe -r camex
after=$(memory)
ok "it has given back its memory: $before kB were in use before, $after kB after" [ "$after" -lt $((before + 4096)) ]
done_testing
