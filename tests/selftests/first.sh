#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The commands of the README, typed at either host first: once both ends are configured the first ping
# is answered, however long one of them has been alone, and under every protocol.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"

# configure HOST: as the README has it; with another protocol both ends are told where the other one is
configure() {
	local host=$1 n=${1#host} far dev=(port 7000) peer=()

	far=$((3 - n))
	[ "$protocol" = camex ] || dev+=(protocol "$protocol")
	[ "$protocol $host" = "camex host2" ] || peer+=(endpoint "192.0.2.$far:7000")
	case $protocol in
	wireguard)
		dev+=(private-key-file "$test_tmp/key$n")
		peer+=(public-key "$(camexctl key public <"$test_tmp/key$far")")
		;;
	raw) ;;
	*) peer+=(key-file "$test_tmp/key") ;;
	esac
	camexctl -n "$host" dev add camex0 "${dev[@]}" &&
		camexctl -n "$host" peer add camex0 "host$far" "${peer[@]}" routes "10.0.0.$far/32" &&
		ip -n "$host" addr add "10.0.0.$n/24" dev camex0 &&
		ip -n "$host" link set camex0 up
}

# answered FROM: the first and only ping to the other host
answered() {
	on "$1" ping -q -c 1 -W "$patience" "10.0.0.$((3 - ${1#host}))"
}

# round FIRST ALONE TRAFFIC PING: FIRST is alone for ALONE s, and PING pings first
round() {
	local first=$1 second alone=$2 traffic=$3 what host

	second=host$((3 - ${first#host}))
	what="$protocol, $first first, alone for $alone s${traffic:+ with traffic}"
	configure "$first"
	# nobody answers that
	if [ "$traffic" ]; then
		on "$first" timeout "$alone" ping -q -i 0.3 "10.0.0.${second#host}" >/dev/null 2>&1
	else
		sleep "$alone"
	fi
	ok "$what: $second is configured" configure "$second"
	# without a pause of 0.1 s a packet is part of what is introduced already
	[ -z "$traffic" ] || sleep 0.1
	ok "$what: the first ping of $4 is answered" answered "$4"
	ok "$what: and that of the other host" answered "host$((3 - ${4#host}))"
	for host in host1 host2; do camexctl -n $host dev del camex0; done
}

umask 077
ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
for i in "" 1 2; do camexctl key gen >"$test_tmp/key$i"; done

protocol=camex patience=3
for first in host1 host2; do
	for ping in host1 host2; do
		round $first 0 "" $ping
		round $first 1.3 yes $ping
	done
done
round host1 0.4 "" host2
round host1 0.4 yes host1
for protocol in jtunnel wireguard raw; do
	for first in host1 host2; do
		for ping in host1 host2; do
			round $first 0.3 "" $ping
		done
	done
done
# A handshake that nobody has answered is tried again after 5 seconds, and the packets wait for it.
protocol=wireguard patience=10
round host1 1 yes host1

# --- who is long alone registers less often, and that is still within what ping waits ---

protocol=camex patience=9
if [ "${CAMEX_LONG-}" ]; then
	for ping in host1 host2; do
		round host1 100 "" $ping
	done
fi

# --- packets for a peer that does not come do not wait for ever ---

configure host2
start=$EPOCHREALTIME
on host2 ping -q -c 3 -i 0.2 -W 1 10.0.0.1 >/dev/null
is "packets for a peer that may come wait" "$(counters host2)" ""
ok "and are dropped when it has not come" wait_until 14 eval '[ "$(counters host2)" = no_endpoint=3 ]'
took=$(tenths "$start")
ok "not within 10 s: $((took / 10)).$((took % 10))" test "$took" -gt 100
like "from then on the sender is told at once" "$(on host2 ping -c 1 -W 1 10.0.0.1)" "Destination Host Unreachable"
# down_up: the link of host2
down_up() {
	ip -n host2 link set camex0 down && ip -n host2 link set camex0 up
}
ok "the link goes down and up: the time starts again" down_up
before=$(counters host2)
on host2 ping -q -c 3 -i 0.2 -W 1 10.0.0.1 >/dev/null
is "packets wait again" "$(counters host2)" "$before"
ok "the link goes down and up while they wait" down_up
sleep 14
is "they were dropped when it went down, and not counted later" "$(counters host2)" "$before"
camexctl -n host2 dev del camex0

# --- a first datagram whose key is found late: what comes behind it is kept ---

patience=3
# Some 70 keys are tried at once, and as many are in front of that of host1 from either end.
{
	printf '[device]\nname = camex0\nport = 7000\naddress = 10.0.0.2/24\n'
	for i in {1..140}; do
		printf '%042dA=' "$i" >"$test_tmp/other$i"
		printf '[peer other%d]\nkey-file = other%d\n' "$i" "$i"
		[ "$i" != 70 ] || printf '[peer host1]\nkey-file = key\nroutes = 10.0.0.1/32\n'
	done
} >"$test_tmp/many.up"
ok "a server with many keys" camexctl -n host2 up "$test_tmp/many.up"
camexctl -n host1 dev add camex0 port 7000
# nothing comes in front of the packet but what introduces it
camexctl -n host1 peer add camex0 host2 endpoint 192.0.2.2:7000 key-file "$test_tmp/key" routes 10.0.0.2/32 \
	register off keepalive 0
ip -n host1 addr add 10.0.0.1/24 dev camex0
ip -n host1 link set camex0 up
is "nothing has come" "$(peer host2 host1 .state)" no_endpoint
ok "the first ping is answered" answered host1
is "and nothing was dropped" "$(counters host2)" ""
# --- what waits for those who were not heard is bounded, for a device as a whole ---
if ip -n host1 link show camex0 >/dev/null 2>&1; then camexctl -n host1 dev del camex0; fi
ok "a server" camexctl -n host1 dev add camex0 port 7000
camexctl key gen >"$test_tmp/many"
for i in {1..40}; do
	camexctl -n host1 peer add camex0 "c$i" key-file "$test_tmp/many" routes "10.3.0.$i/32" || break
done
ip -n host1 address add 10.3.0.254/24 dev camex0
# which begins when the link goes up: nothing is loaded from then on
ok "100 packets for each of 40 clients" on host1 python3 -c '
import fcntl, socket, struct
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, 32, 1 << 28)	# SO_SNDBUFFORCE
name = struct.pack("16s16x", b"camex0")
flags = struct.unpack_from("H", fcntl.ioctl(sock, 0x8913, name), 16)[0]	# SIOCGIFFLAGS
fcntl.ioctl(sock, 0x8914, struct.pack("16sH14x", b"camex0", flags | 1))	# SIOCSIFFLAGS, IFF_UP
for n in range(4000):
    sock.sendto(bytes(1300), ("10.3.0.%d" % (1 + n % 40), 9))
'
refused=$(counter host1 no_endpoint)
note "$refused of 4000 were not kept"
# 4 MiB hold some 1820 of them, with 2304 bytes of memory for each
ok "as many wait as fit into 4 MiB" [ "$refused" -gt 1500 -a "$refused" -lt 3000 ]
done_testing
