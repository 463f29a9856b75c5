#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What the sockets are bound to changes while they are open: their port is nobody else's for a
# moment, and they follow their interface, which may go and come again.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"

rounds=60
if slow; then rounds=15; fi

# sockets HOST: what identifies the sockets of port 7000
sockets() {
	on "$1" ss -Hune -a 'sport = :7000' 2>/dev/null | grep -o 'sk:[0-9a-f]*' | sort
}

# What holds port 7000 on a device or any, at addresses, and shares it with whoever does.
cat >"$test_tmp/holder" <<'END'
import socket, sys, time
held = []
for address in sys.argv[2:]:
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if ":" in address:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if sys.argv[1] != "any":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
    s.bind((address, 7000))
    held.append(s)
print("held", flush=True)
time.sleep(1000)
END

# --- nobody else gets the port ---

ok "two hosts" hosts 2
ip -n host1 address add 192.0.2.11/24 dev eth0
ip -n host1 link add eth1 type dummy
ip -n host1 address add 203.0.113.1/24 dev eth1
ip -n host1 link set eth1 up
ok "a tunnel" tunnel 4 key
ok "it carries" reaches host1 10.0.0.2
before=$(sockets host1)
ok "the two sockets are known" [ "$(wc -l <<<"$before")" -eq 2 ]
ok "bound to an interface" set_on host1 bind-dev eth0
is "they are the same" "$(sockets host1)" "$before"
ok "it carries" reaches host1 10.0.0.2
ok "to another" set_on host1 bind-dev eth1
nok "it does not carry" reaches host1 10.0.0.2 -W 1
for rx in netfilter udp; do
	ok "rx $rx" set_on host1 rx $rx
	taken=$(peer host1 host2 .rx_packets)
	nok "rx $rx: what arrives by the first is not answered" reaches host2 10.0.0.1 -W 1
	is "rx $rx: nor received" "$(peer host1 host2 .rx_packets)" "$taken"
done
ok "to the first again" set_on host1 bind-dev eth0
ok "it carries" reaches host1 10.0.0.2
ok "to none" set_on host1 bind-dev none
is "they are the same" "$(sockets host1)" "$before"
ok "bound to an address" set_on host1 bind 192.0.2.1
is "the socket of its family is the same" "$(sockets host1 | comm -12 - <(echo "$before") | wc -l)" 1
is "and the only one" "$(sockets host1 | wc -l)" 1
before=$(sockets host1)
ok "it carries" reaches host1 10.0.0.2
ok "to another" set_on host1 bind 192.0.2.11
is "it is the same" "$(sockets host1)" "$before"
ok "it carries" wait_until 5 reaches host1 10.0.0.2
like "the other end sees that" "$(peer host2 host1 .endpoint)" '^192.0.2.11:7000$'
ok "one that is not ours is refused" not_set host1 "the bind address is not an address of this host" bind 192.0.2.77
is "it is the same" "$(sockets host1)" "$before"
ok "it carries" reaches host1 10.0.0.2
ok "to none" set_on host1 bind any
is "it is still the same, and there is one for IPv6" \
	"$(sockets host1 | comm -12 - <(echo "$before") | wc -l) $(sockets host1 | wc -l)" "1 2"
ok "it carries" reaches host1 10.0.0.2
ok "over IPv6" tunnel 6 key
before=$(sockets host1)
ok "bound to an address" set_on host1 bind 2001:db8::1
is "the socket of its family is the same" "$(sockets host1 | comm -12 - <(echo "$before") | wc -l)" 1
ok "it carries" reaches host1 10.0.0.2
ok "and to an interface" set_on host1 bind-dev eth0
ok "it carries" reaches host1 10.0.0.2
ok "to none" set_on host1 bind any bind-dev none
ok "it carries" reaches host1 10.0.0.2

# What the name of the program says, for as long as it runs.
cat >"$test_tmp/thief" <<'END'
import socket, sys
got = 0
print("ready", flush=True)
while True:
    for family, address in (socket.AF_INET, ""), (socket.AF_INET, "192.0.2.1"), (socket.AF_INET, "192.0.2.11"), (socket.AF_INET6, "::"):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            s.bind((address, 7000))
            print("got", address, flush=True)
        except OSError:
            pass
        s.close()
END
chmod 755 "$test_tmp"
chmod 644 "$test_tmp/thief"

# Each change overlaps with what was before: no thief may bind where nothing is bound.
changes() {
	local i
	for ((i = 0; i < rounds; i++)); do
		set_on host1 bind-dev eth0 && set_on host1 bind-dev none || return
	done
}
ok "a tunnel" tunnel 4 key
bg host1 python3 "$test_tmp/thief" >"$test_tmp/root"
root=$!
# shellcheck disable=SC2154 # of lib.sh
bg host1 "${nobody[@]}" python3 "$test_tmp/thief" >"$test_tmp/user"
user=$!
ok "they begin" wait_until 100 grep -q ready "$test_tmp/root"
ok "they begin" wait_until 100 grep -q ready "$test_tmp/user"
ok "changes while others want the port" changes
stop $root $user
is "root has not got it" "$(sort -u "$test_tmp/root")" ready
is "nor has another user" "$(sort -u "$test_tmp/user")" ready
ok "it carries" reaches host1 10.0.0.2

# --- what neither the old nor the new binding takes is never taken ---

# both: address and interface change together, there and back
both() {
	local i
	for ((i = 0; i < 2 * rounds; i++)); do
		set_on host1 bind 203.0.113.1 bind-dev eth1 && set_on host1 bind 192.0.2.1 bind-dev eth0 || return
	done
}
ok "a tunnel without keys" tunnel 4 plain protocol raw
ok "bound to an address and an interface" set_on host1 bind 192.0.2.1 bind-dev eth0
before=$(counter host1 unknown_peer)
bg host2 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.2", 7001))
print("sending", flush=True)
while True:
    s.sendto(bytes(60), ("192.0.2.11", 7000))
' >"$test_tmp/flood"
flood=$!
ok "a stranger sends to another address" wait_until 100 grep -q sending "$test_tmp/flood"
ok "changes meanwhile" both
stop $flood
is "nothing that it sent was taken" "$(counter host1 unknown_peer)" "$before"
ok "it carries" reaches host1 10.0.0.2
on host2 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.2", 7001))
s.sendto(bytes(60), ("192.0.2.1", 7000))
'
ok "it would have been counted" wait_until 20 eval "[ \$(counter host1 unknown_peer) -gt $before ]"
ok "a tunnel" tunnel 4 key

# --- who has the port already keeps it ---

ok "bound to an address" set_on host1 bind 192.0.2.1
before=$(sockets host1)
bg host1 python3 "$test_tmp/holder" any 192.0.2.11 203.0.113.1 >"$test_tmp/held"
holder=$!
ok "a program has the port of others" wait_until 100 grep -q held "$test_tmp/held"
ok "all addresses are refused" not_set host1 "UDP port 7000 is in use" bind any
ok "so is one that is taken" not_set host1 "UDP port 7000 is in use" bind 192.0.2.11
ok "and an interface's" not_set host1 "UDP port 7000 is in use" bind any bind-dev eth0
ok "nothing has changed" [ "$(sockets host1 | comm -12 - <(echo "$before") | wc -l)" -eq 1 ]
ok "it carries" reaches host1 10.0.0.2
ok "what is free is not refused" set_on host1 bind-dev eth0
ok "it carries" reaches host1 10.0.0.2
stop $holder
ok "when it has gone, all can be had" set_on host1 bind any bind-dev none
ok "bound to an interface" set_on host1 bind-dev eth0
bg host1 python3 "$test_tmp/holder" eth1 0.0.0.0 :: >"$test_tmp/held"
holder=$!
ok "a program has the port on another" wait_until 100 grep -q held "$test_tmp/held"
ok "which is refused" not_set host1 "UDP port 7000 is in use" bind-dev eth1
ok "so are all" not_set host1 "UDP port 7000 is in use" bind-dev none
ok "it carries" reaches host1 10.0.0.2
ip -n host1 link set eth0 down
ip -n host1 link set eth0 name eth2
ip -n host1 link set eth1 down
ip -n host1 link set eth1 name eth0
is "the interface of that name is a program's: it is as if it were not there" "$(peer host1 host2 .state)" no_device
ip -n host1 link set eth0 name eth1
ip -n host1 link set eth2 name eth0
ip -n host1 link set eth0 up
ip -n host1 address add 2001:db8::1/64 dev eth0 nodad
ip -n host1 address add fe80::1/64 dev eth0 nodad
ok "the first one has its name again" wait_until 10 reaches host1 10.0.0.2
stop $holder
ok "to none" set_on host1 bind-dev none

# --- the interface goes, and comes again ---

# over 4|6|LINK KEYWORD VALUE...: the tunnel goes by it, bound to it at both ends but for link-local
# addresses, whose interface is in the endpoint
over() {
	local i j to bound=(bind-dev w0)
	for i in 1 2; do
		j=$((3 - i))
		case $1 in
		4) to=198.51.100.$j ;;
		6) to="[2001:db8:5::$j]" ;;
		*)
			to="[fe80::5:$j%w0]"
			bound=(bind-dev none)
			;;
		esac
		camexctl -n host"$i" dev set camex0 "${bound[@]}" "${@:2}" &&
			camexctl -n host"$i" peer set camex0 host"$j" endpoint "$to:7000" || return
	done
	wait_until 10 reaches host1 10.0.0.2
}

# counted_more COMMAND...: no_device grows
counted_more() {
	local before
	before=$(counter host1 no_device)
	"$@"
	[ "$(counter host1 no_device)" -gt "$before" ]
}

ok "a cable" wire
for kind in 4 6 link; do
	for rx in udp netfilter; do
		what="$kind, rx $rx"
		ok "$what: the tunnel goes by it" over $kind rx $rx
		flow host1 10.0.0.2
		traffic=$!
		for go in delete move; do
			if [ $go = delete ]; then
				ok "$what: it goes" ip -n host1 link del w0
			else
				ok "$what: it moves away" ip -n host1 link set w0 netns host2 name w1
			fi
			is "$what: that is said" "$(peer host1 host2 .state)" no_device
			nok "$what: nothing is carried" reaches host1 10.0.0.2 -W 1
			ok "$what: that is counted" counted_more reaches host1 10.0.0.2 -W 1
			ok "$what: something else can be set" set_on host1 fwmark 7
			[ $go = delete ] || ip -n host2 link del w1
			ok "$what: it comes again" wire
			ok "$what: it carries again" wait_until 20 reaches host1 10.0.0.2
			is "$what: that is said" "$(peer host1 host2 .state)" up
			ok "$what: at the other end, too" reaches host2 10.0.0.1
			set_on host1 fwmark 0
		done
		stop $traffic
		[ $kind != link ] || continue
		ip -n host1 link set w0 down
		ok "$what: it gets another name" ip -n host1 link set w0 name w1
		ip -n host1 link set w1 up
		is "$what: that is said" "$(peer host1 host2 .state)" no_device
		nok "$what: nothing is carried" reaches host1 10.0.0.2 -W 1
		ip -n host1 link set w1 down
		ok "$what: it gets its name again" ip -n host1 link set w1 name w0
		ip -n host1 link set w0 up
		ip -n host1 address replace 2001:db8:5::1/64 dev w0 nodad
		ip -n host1 address replace fe80::5:1/64 dev w0 nodad
		ok "$what: it carries again" wait_until 20 reaches host1 10.0.0.2
	done
done

ok "the tunnel is bound to it" over 4 rx udp
ok "it goes" ip -n host1 link del w0
ok "another port" set_on host1 port 7001
ok "and the first again" set_on host1 port 7000
ok "an interface that is not there is refused" not_set host1 "no interface w0 in the transport's namespace" bind-dev w0
ok "it comes again" wire
ok "it carries again" wait_until 20 reaches host1 10.0.0.2

# --- a VRF ---

if modprobe -q vrf || [ -e /sys/module/vrf ] || slow; then
	# vrf: vrf0, with w0 in it, in host1
	vrf() {
		ip -n host1 link add vrf0 type vrf table 10 && ip -n host1 link set vrf0 up &&
			ip -n host1 link set w0 master vrf0 &&
			ip -n host1 address replace 2001:db8:5::1/64 dev w0 nodad
	}
	ok "a VRF" vrf
	ok "bound to it" set_on host1 bind-dev vrf0
	ok "it carries" wait_until 10 reaches host1 10.0.0.2
	ok "it goes" ip -n host1 link del vrf0
	is "that is said" "$(peer host1 host2 .state)" no_device
	nok "nothing is carried" reaches host1 10.0.0.2 -W 1
	ok "it comes again" vrf
	ok "it carries again" wait_until 20 reaches host1 10.0.0.2
	ok "it goes for good" eval 'set_on host1 bind-dev none && ip -n host1 link del vrf0'
fi

# --- a route whose MTU is less than the headers ---

ok "a tunnel" tunnel 4 plain protocol raw
for mtu in 20 28 29; do
	ok "a route with an MTU of $mtu" ip -n host1 route replace 192.0.2.2/32 dev eth0 mtu lock $mtu
	before=$(counter host1 too_big) sent=$(peer host1 host2 .tx_packets)
	nok "MTU $mtu: nothing is sent" on host1 ping -q -n -c 2 -i 0.1 -W 1 -M "do" 10.0.0.2
	ok "MTU $mtu: that is counted" [ "$(counter host1 too_big)" -gt "$before" ]
	is "MTU $mtu: as not sent" "$(peer host1 host2 .tx_packets)" "$sent"
done
ip -n host1 route del 192.0.2.2/32
ok "without it" reaches host1 10.0.0.2

done_testing
