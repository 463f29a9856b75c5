#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Transport udp,tcp: host1 serves both on one port; host2 goes by UDP, by TCP where UDP is dropped, and back.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

# by HOST PEER: the transport by which HOST reaches PEER
by() {
	peer "$1" "$2" .transport
}

# uses HOST PEER TRANSPORT
uses() {
	[ "$(by "$1" "$2")" = "$3" ]
}

# both_use TRANSPORT: so say both ends
both_use() {
	uses host1 host2 "$1" && uses host2 host1 "$1"
}

# udp_blocked: host1 gets no UDP from its network, and sends none
udp_blocked() {
	on host1 nft -f - <<-END
	table inet block {
		chain in { type filter hook input priority -300; iifname "eth0" meta l4proto udp drop; }
		chain out { type filter hook output priority -300; oifname "eth0" meta l4proto udp drop; }
	}
	END
}

udp_open() {
	on host1 nft delete table inet block
}

# ends PEER1 PEER2 DEVICE...: host1 serves, host2 was given where host1 is
ends() {
	local peer1 peer2
	read -ra peer1 <<<"$1"
	read -ra peer2 <<<"$2"
	shift 2
	no_devices
	camexctl -n host1 dev add camex0 transport udp,tcp port 7000 "$@" &&
		camexctl -n host2 dev add camex0 transport udp,tcp "$@" &&
		camexctl -n host1 peer add camex0 host2 "${peer1[@]}" &&
		camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000 "${peer2[@]}" &&
		tunnel_up host1 && tunnel_up host2
}

# falls_back WHAT: UDP, TCP, and UDP again
falls_back() {
	local what=$1
	ok "$what: host2 pings" wait_until 10 reaches host2 10.0.0.1 -W 1
	ok "$what: by UDP" both_use udp
	is "$what: without a connection" "$(on host2 ss -Htn dport = :7000 | wc -l)" 0
	udp_blocked
	ok "$what: UDP is dropped: host2 pings by TCP" wait_until 60 reaches host2 10.0.0.1 -W 1
	ok "$what: both ends use TCP" both_use tcp
	ok "$what: host1 pings" reaches host1 10.0.0.2
	ok "$what: TCP over IPv6 through it" exchanged tcp host1 fd00::1 host2 fd00::2 100000
	udp_open
	ok "$what: UDP is not dropped any more: it is used" wait_until 45 both_use udp
	ok "$what: host1 pings again" reaches host1 10.0.0.2
	ok "$what: the connection ends" wait_until 80 eval '[ -z "$(on host2 ss -Htn state established dport = :7000)" ]'
	ok "$what: host2 pings after that" reaches host2 10.0.0.1
}

ok "the module" modprobe camex
ok "two hosts" hosts 2
(umask 077 && camexctl key gen >"$test_tmp/key")
wg_keys 2
key="key-file $test_tmp/key"
inner1="routes 10.0.0.1/32,fd00::1/128" inner2="routes 10.0.0.2/32,fd00::2/128"
start_exchange

ok "encrypted" ends "$inner2 $key" "$inner1 $key"
falls_back "encrypted"
ok "plain" ends "$inner2" "$inner1" plaintext on
falls_back "plain"
no_devices
ok "wireguard: host1" eval 'wg_device host1 camex port 7000 transport udp,tcp && wg_peer host1 host2 $inner2'
ok "wireguard: host2" eval 'wg_device host2 camex port 0 transport udp,tcp && wg_peer host2 host1 $inner1 endpoint 192.0.2.1:7000'
ok "wireguard: up" eval "tunnel_up host1 && tunnel_up host2"
falls_back "wireguard"

# --- under traffic ---

ok "encrypted once more" ends "$inner2 $key" "$inner1 $key"
ok "a ping" wait_until 10 reaches host2 10.0.0.1 -W 1
bg host2 ping -q -i 0.2 10.0.0.1 >/dev/null
udp_blocked
ok "under traffic: TCP is used" wait_until 60 both_use tcp
udp_open
before=$(on host2 cat /sys/class/net/camex0/statistics/rx_packets)
ok "under traffic: UDP is used again" wait_until 45 both_use udp
ok "and packets went on" [ "$(on host2 cat /sys/class/net/camex0/statistics/rx_packets)" -gt "$before" ]
end_traffic

# --- what changes ---

ok "host1 takes another port" camexctl -n host1 dev set camex0 port 7001
is "both listen there" "$(on host1 ss -Htuln 'sport = :7001' | awk '{ print $1 }' | sort -u | tr '\n' ' ')" "tcp udp "
ok "host2 is told" camexctl -n host2 peer set camex0 host1 endpoint 192.0.2.1:7001
ok "host2 pings" wait_until 10 reaches host2 10.0.0.1 -W 1
ok "host1 binds to its address" camexctl -n host1 dev set camex0 bind 192.0.2.1
ok "host2 pings after that" wait_until 10 reaches host2 10.0.0.1 -W 1
is "both are bound" "$(on host1 ss -Htuln 'sport = :7001' | awk '{ print $5 }' | sort -u)" 192.0.2.1:7001
bg host1 socat TCP-LISTEN:7009,fork -
ok "a program has a TCP port" wait_until 10 listening host1 tcp 7009
nok "that port is refused" eval 'camexctl -n host1 dev set camex0 port 7009 2>"$test_tmp/error"'
like "with a text" "$(cat "$test_tmp/error")" "TCP port 7009 is in use"
is "UDP has the old port still" "$(on host1 ss -Hulne 'sport = :7001' | wc -l)" 1
ok "host2 pings still" reaches host2 10.0.0.1
nok "protocol raw is refused" camexctl -n host1 dev add raw0 transport udp,tcp protocol raw
ok "a link that goes down and up by TCP" eval 'udp_blocked && wait_until 60 reaches host2 10.0.0.1 -W 1 && uses host2 host1 tcp &&
	ip -n host2 link set camex0 down && ip -n host2 link set camex0 up && uses host2 host1 udp'
ok "begins by UDP, and comes back by TCP" wait_until 60 reaches host2 10.0.0.1 -W 1
like "show says it" "$(camexctl -n host2 show camex0)" "endpoint   192.0.2.1:7001, by tcp"
end_exchange
ip netns add inner
ip -n host2 link set camex0 netns inner
ip netns del host2
ok "it goes with the namespace of its transport" wait_until 20 eval '! on inner test -e /sys/class/net/camex0'
ip netns del inner
ok "new hosts" hosts 2
start_exchange
ok "a last tunnel" ends "$inner2 $key" "$inner1 $key"
udp_blocked
ok "by TCP" wait_until 60 reaches host2 10.0.0.1 -W 1
ok "the module goes with traffic on it" eval 'start_traffic && sleep 2 && modprobe -r camex'
done_testing
