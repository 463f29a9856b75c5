#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Transport udp,tcp: host1 serves both on one port; host2 goes by UDP, by TCP where UDP is dropped, and back.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"
. "$(dirname "$0")/tcpends.bash"

transport=udp,tcp

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

# goes_by WHAT ADDRESS: the daemon in host2 got its CONFIG with that address, and each end reaches the other
goes_by() {
	ok "$1: it is answered with CONFIG" wait_until 30 has_logged host2 1 '.type == "CONFIG"'
	ok "$1: it reaches the kernel" wait_until 10 reaches host2 10.200.0.1 -W 1
	ok "$1: the kernel reaches it" reaches host1 "$2"
}

begin_ends
wg_keys 2

ok "encrypted" ends 192.0.2.1 "" "$inner2 $key" "$inner1 $key"
falls_back "encrypted"
ok "encrypted over IPv6" ends "[2001:db8::1]" "" "$inner2 $key" "$inner1 $key"
falls_back "encrypted over IPv6"
ok "plain" ends 192.0.2.1 "plaintext on" "$inner2" "$inner1"
falls_back "plain"
ok "jtunnel" ends 192.0.2.1 "protocol jtunnel id 0011223344556677" "$inner2 id 8899aabbccddeeff" \
	"$inner1 id 0011223344556677 keepalive 10" "protocol jtunnel id 8899aabbccddeeff"
falls_back "jtunnel"
ok "an Ethernet" ends 192.0.2.1 "link tap" "$key" "$key"
falls_back "an Ethernet"
ok "a link of the peer's own" ends 192.0.2.1 "links per-peer" "$key" "$inner1 $key" ""
ok "a link of the peer's own: it is there" own_link
falls_back "a link of the peer's own"
ok "wireguard" wg_ends
falls_back "wireguard"

# --- the OpenIPC daemon ---

no_devices
ok "tun" modprobe tun
printf '%s\n' "[server]" port=7000 local_cidr=10.200.0.1/24 psk=secret encrypt=yes "[client CAM08]" "[client CAM09]" >"$test_tmp/camex.conf"
ok "daemon: the kernel is its server" eval 'camexctl -n host1 dev add camex0 transport udp,tcp &&
	camexctl -n host1 load camex0 "$test_tmp/camex.conf" && ip -n host1 link set camex0 up'
ok "daemon: a client by UDP" daemon_client udp CAM08
goes_by "daemon: by UDP" 10.200.0.2
is "daemon: by UDP" "$(by host1 CAM08)" udp
ok "daemon: another by TCP" daemon_client tcp CAM09
goes_by "daemon: by TCP" 10.200.0.3
is "daemon: by TCP" "$(by host1 CAM09)" tcp
ok "daemon: the first one by TCP" daemon_client tcp CAM08
goes_by "daemon: by TCP with the address that it had" 10.200.0.2
is "daemon: it moved to TCP" "$(by host1 CAM08)" tcp
is "daemon: and nothing is wrong" "$(counters host1 | tr ' ' '\n' | grep -E '^(malformed|auth_failed|replayed|unknown_peer)=')" ""

# It sends no KEEPALIVE, and takes the server for lost after less than the server's interval.
ok "daemon: with other times" daemon_client tcp CAM08 --keepalive 0 --lost-after 4
goes_by "daemon: with other times" 10.200.0.2
sleep 130
is "daemon: with other times it is up all the time" "$(peer host1 CAM08 .state)" up
ok "daemon: with other times it has connected anew" has_logged host2 5 '.event == "lost"'
ok "daemon: with other times it is still served" wait_until 20 reaches host1 10.200.0.2 -W 1
ok "daemon: with other times there is no more than one connection" wait_until 15 eval '[ "$(connections host1 | wc -l)" -le 1 ]'
end_daemon host2
no_devices

# --- under traffic ---

ok "encrypted once more" ends 192.0.2.1 "" "$inner2 $key" "$inner1 $key"
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
ok "a last tunnel" ends 192.0.2.1 "" "$inner2 $key" "$inner1 $key"
udp_blocked
ok "by TCP" wait_until 60 reaches host2 10.0.0.1 -W 1
ok "the module goes with traffic on it" eval 'start_traffic && sleep 2 && modprobe -r camex'
done_testing
