#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Transport tcp: every protocol through a connection, what becomes of it when one end, a port or an
# interface changes, and (tcp.py) what strangers can do with a listener. host1 listens, host2
# connects.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"
. "$(dirname "$0")/tcpends.bash"

transport=tcp bytes=1000000
if slow; then bytes=100000; fi

# carries WHAT: packets of all kinds arrive unchanged, and nothing was wrong with any.
carries() {
	local what=$1 sizes="0 1 1300 1372 5000 20000"
	ok "$what: host2 pings" reaches host2 10.0.0.1
	ok "$what: host1 pings over IPv6" reaches host1 fd00::2
	ok "$what: TCP over IPv4" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$what: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$what: UDP over IPv4" exchanged udp host1 10.0.0.1 host2 10.0.0.2 "$sizes"
	ok "$what: UDP over IPv6" exchanged udp host1 fd00::1 host2 fd00::2 "$sizes"
	is "$what: host1 found no fault" "$(faults host1)" ""
	is "$what: host2 found no fault" "$(faults host2)" ""
	is "$what: by one connection" "$(connections host1 | wc -l)" 1
}

# faults HOST: what was wrong, but for frames and neighbour discovery that nobody has a route for, and
# what TCP sends until it has found out how much gets through
faults() {
	counters "$1" | tr ' ' '\n' | grep -vE '^(no_route|bad_source|no_endpoint|not_ip|queue_full)=|^$'
}

# endpoint_moves FROM: host1 knows host2 elsewhere than at FROM
endpoint_moves() {
	[ "$(peer host1 host2 .endpoint)" != "$1" ]
}

begin_ends
wg_keys 2

# --- every protocol ---

ok "encrypted" ends 192.0.2.1 "" "$inner2 $key" "$inner1 $key"
carries "encrypted"
is "the MTU is that of one segment" "$(camexctl -n host1 -j dev show camex0 | member mtu)" 1402
is "host2 is in the connection's other end" "$(peer host1 host2 .endpoint)" \
	"$(connections host1 | awk '{ print $4 }')"
ok "encrypted over IPv6" ends "[2001:db8::1]" "" "$inner2 $key" "$inner1 $key"
carries "encrypted over IPv6"
ok "plain" ends 192.0.2.1 "plaintext on" "$inner2" "$inner1"
carries "plain"
ok "raw" ends 192.0.2.1 "protocol raw" "$inner2" "$inner1"
carries "raw"
# without routes nothing is sent to a peer, so that no packet causes the connection
ok "raw: a peer is deleted, and its connection ends" eval 'camexctl -n host2 peer del camex0 host1 && wait_until 5 eval "[ -z \"\$(connections host1)\" ]"'
ok "raw: it is added again" camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000
ok "raw: and connected to without a packet" wait_until 5 eval '[ -n "$(connections host1)" ]'
ok "jtunnel" ends 192.0.2.1 "protocol jtunnel id 0011223344556677" "$inner2 id 8899aabbccddeeff" \
	"$inner1 id 0011223344556677 keepalive 10" "protocol jtunnel id 8899aabbccddeeff"
carries "jtunnel"
ok "an Ethernet, encrypted" ends 192.0.2.1 "link tap" "$key" "$key"
carries "an Ethernet, encrypted"
ok "an Ethernet in protocol raw, which knows host2 by its address" ends 192.0.2.1 "link tap protocol raw" \
	"endpoint 192.0.2.2:7000" ""
carries "a raw Ethernet"
ok "with a link of the peer's own" ends 192.0.2.1 "links per-peer" "$key" "$inner1 $key" ""
ok "with a link of the peer's own: it is there" own_link
carries "with a link of the peer's own"
ok "wireguard" wg_ends
carries "wireguard"

# --- the OpenIPC daemon over TCP ---

no_devices
ok "tun" modprobe tun
fleet_conf encrypt=yes >"$test_tmp/camex.conf"
ok "daemon: the kernel is its server" eval 'camexctl -n host1 dev add camex0 transport tcp &&
	camexctl -n host1 load camex0 "$test_tmp/camex.conf" && ip -n host1 link set camex0 up'
ok "daemon: a client" daemon_client tcp CAM01
ok "daemon: it is answered with CONFIG" wait_until 20 has_logged host2 1 '.type == "CONFIG"'
ok "daemon: the client reaches the kernel" wait_until 10 reaches host2 10.88.0.1 -W 1
ok "daemon: the kernel reaches the client" reaches host1 10.88.0.2
on host1 ss -Ktn state established "sport = :7000" >/dev/null
ok "daemon: and again after a lost connection" wait_until 15 reaches host2 10.88.0.1 -W 1
ok "daemon: datagrams in pieces of 3 bytes" eval 'tell host2 "pieces 3" && reaches host2 10.88.0.1'
is "daemon: the kernel found nothing malformed" "$(counter host1 malformed)" 0
end_daemon host2
no_devices
ok "daemon: a server" daemon host2 server --tcp --conf "$test_tmp/camex.conf" --tun tun0
echo secret >"$test_tmp/secret"
ok "daemon: the kernel is its client" eval 'camexctl -n host1 dev add camex0 transport tcp client-id CAM01 &&
	camexctl -n host1 peer add camex0 server endpoint 192.0.2.2:7000 passphrase-file "$test_tmp/secret" \
		register auto routes 10.88.0.0/24 && ip -n host1 link set camex0 up'
ok "daemon: it is handed an address" wait_until 20 eval '[[ $(peer host1 server ".profile | tojson") == *10.88.0.2* ]]'
ip -n host1 address add 10.88.0.2/24 dev camex0
ok "daemon: the kernel reaches the server" wait_until 10 reaches host1 10.88.0.1
ok "daemon: the server reaches the kernel" reaches host2 10.88.0.2
on host2 ss -Ktn state established "sport = :7000" >/dev/null
ok "daemon: and again after a lost connection" wait_until 15 reaches host1 10.88.0.1 -W 1
ok "daemon: answers in pieces of 1 byte" eval 'tell host2 "pieces 1" && reaches host1 10.88.0.2'
end_daemon host2

# --- what changes ---

ok "encrypted once more" ends 192.0.2.1 "" "$inner2 $key" "$inner1 $key"
ok "a ping" reaches host2 10.0.0.1
before=$(peer host1 host2 .endpoint)
on host1 ss -Ktn state established "sport = :7000" >/dev/null
ok "a connection that was cut is made again" wait_until 10 endpoint_moves "$before"
ok "host1 pings" reaches host1 10.0.0.2
ok "the route to host1 leads into the tunnel" ip -n host2 route add 192.0.2.1/32 dev camex0
on host1 ss -Ktn state established "sport = :7000" >/dev/null
ok "a connection is not made, and counted as loop" wait_until 20 eval '[ "$(counter host2 loop)" -gt 0 ]'
ip -n host2 route del 192.0.2.1/32 dev camex0
ok "when the route is right again, host2 connects" wait_until 70 reaches host2 10.0.0.1

# vanish: TCP to host1's port, and from it, is dropped
vanish() {
	on host1 nft -f - <<-END
		table ip far {
			chain in { type filter hook input priority 0; tcp dport 7000 drop; }
			chain out { type filter hook output priority 0; tcp sport 7000 drop; }
		}
	END
}
ok "host1 vanishes" vanish
on host2 ping -q -n -c 1 -W 1 10.0.0.1 >/dev/null
sleep 30
is "after 30 s without an answer the connection is still there" \
	"$(on host2 ss -Htn state established "dport = :7000" | wc -l)" 1
sleep 40
is "after 70 s it has ended" "$(on host2 ss -Htn state established "dport = :7000" | wc -l)" 0
ok "host1 is there again" on host1 nft delete table ip far
ok "host2 connects again" wait_until 30 reaches host2 10.0.0.1
before=$(peer host1 host2 .endpoint)
ok "host1 takes another port" camexctl -n host1 dev set camex0 port 7001
ok "the connection stays" reaches host1 10.0.0.2
is "where it was" "$(peer host1 host2 .endpoint)" "$before"
ok "host2 is told of the port" camexctl -n host2 peer set camex0 host1 endpoint 192.0.2.1:7001
ok "it connects there" wait_until 10 endpoint_moves "$before"
ok "host1 pings by it" reaches host1 10.0.0.2
ok "the old connection is gone" wait_until 5 eval '[ -z "$(connections host1)" ]'
nok "a port in use is refused" eval 'bg host1 socat TCP-LISTEN:7009,fork - && wait_until 10 listening host1 tcp 7009 &&
	camexctl -n host1 dev set camex0 port 7009 2>"$test_tmp/error"'
like "with a text" "$(cat "$test_tmp/error")" "TCP port 7009 is in use"
ok "and nothing has changed" reaches host1 10.0.0.2
nok "an address that is not host1's is refused" camexctl -n host1 dev set camex0 bind 198.51.100.1
is "host1 listens at all addresses as before" \
	"$(on host1 ss -Htln "sport = :7001" | awk '{ print $4 }' | sort | paste -sd' ')" "0.0.0.0:7001 [::]:7001"
before=$(peer host1 host2 .endpoint)
ok "host1 binds to its address" camexctl -n host1 dev set camex0 bind 192.0.2.1
ok "host2 connects again" wait_until 20 endpoint_moves "$before"
ok "host1 pings from there" reaches host1 10.0.0.2
is "host1 listens on that alone" "$(on host1 ss -Htln "sport = :7001" | awk '{ print $4 }')" 192.0.2.1:7001
ip -n host2 link set camex0 down
ip -n host2 link set camex0 up
ok "host2 pings after it was down" reaches host2 10.0.0.1
ip -n host1 link set camex0 down
ip -n host1 link set camex0 up
ok "host1 pings after it was down" reaches host1 10.0.0.2
ok "host2 goes by an interface" camexctl -n host2 dev set camex0 bind-dev eth0
ok "a ping by it" wait_until 20 reaches host2 10.0.0.1
is "the connection is bound to it" "$(on host2 ss -Htn state established dport = :7001 | grep -c '%eth0')" 1
ok "a mark" camexctl -n host2 dev set camex0 fwmark 7 bind-dev none
ok "a ping with it" wait_until 20 reaches host2 10.0.0.1
ip -n host2 rule add fwmark 7 table 7 && ip -n host2 route add unreachable default table 7
nok "packets of the connection have it" reaches host2 10.0.0.1 -w 2
ip -n host2 rule del fwmark 7
ok "without that rule they go" wait_until 70 reaches host2 10.0.0.1
ok "another mark for the same connection" camexctl -n host2 dev set camex0 fwmark 8
ip -n host2 rule add fwmark 8 table 7
nok "its packets have it" reaches host2 10.0.0.1 -w 2
ip -n host2 rule del fwmark 8
ok "without that rule they go" wait_until 70 reaches host2 10.0.0.1
# host2 tries again after at most 1, 2, 4, 8 s and so on, but never more than 60 s. Without that limit it would
# not try from 255 s to 383 s after the loss: each of these times may be up to a quarter less. For so long a
# time the kernel's timers are up to 2 s late.
away=5 within=8
if [ -n "${CAMEX_LONG-}" ]; then away=270 within=75; fi
ok "host1 listens at another port" camexctl -n host1 dev set camex0 port 7008
on host1 ss -Ktn state established "sport = :7001" >/dev/null
sleep $away
nok "after $away s host2 has no connection" reaches host2 10.0.0.1 -W 1
ok "host1 listens at the first again" camexctl -n host1 dev set camex0 port 7001
ok "host2 connects within $within s" wait_until $within reaches host2 10.0.0.1 -W 1
end_exchange
ip netns add inner
ip -n host2 link set camex0 netns inner && {
	ip -n inner address add 10.0.0.2/24 dev camex0
	ip -n inner link set camex0 up
}
ok "the link lives in another namespace" wait_until 20 reaches inner 10.0.0.1
ok "what it says of itself" eval '[ "$(camexctl -n inner -j dev show camex0 | member transport)" = tcp ]'
ip netns del host2
ok "it goes with the namespace of the connection" wait_until 20 eval '! on inner test -e /sys/class/net/camex0'
ip netns del inner
ok "new hosts" hosts 2

# --- what is refused ---

nok "tx is for transport udp" camexctl -n host1 dev add camex0 transport tcp tx udp
nok "rx is, too" camexctl -n host1 dev add camex0 transport tcp rx udp

# --- strangers ---

ok "encrypted, with strangers about" ends 192.0.2.1 "" "$inner2 $key" "$inner1 $key"
ok "a device in plain" camexctl -n host1 dev add plain0 transport tcp port 7002 plaintext on
ok "with a client" camexctl -n host1 peer add plain0 CAM routes 10.1.0.2/32 address 10.1.0.2/24 gateway 10.1.0.1
ip -n host1 address add 10.1.0.1/24 dev plain0
ip -n host1 link set plain0 up
ok "a ping first" reaches host2 10.0.0.1
pass_on on host2 "$(dirname "$0")/tcp.py"
ok "a ping at last" reaches host2 10.0.0.1
ok "the module goes with connections on it" eval 'start_traffic && sleep 2 && modprobe -r camex'
done_testing
