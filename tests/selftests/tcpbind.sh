#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Transport tcp, bound to an address or an interface, which may go and come again; and how far the
# strangers of one network get. host1 listens, host2 connects.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2154,SC2317 # shell for eval; variables of tcpends.bash; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tcpends.bash"

transport=tcp

# both_ends TO: the tunnel, encrypted, in which host2 connects to that address
both_ends() {
	ends "$1" "" "$inner2 $key" "$inner1 $key"
}

# come_from ADDRESS: host1's one connection is from there
come_from() {
	local from
	from=$(connections host1 | awk '{ print $4 }')
	echo "it is from ${from:-nowhere}"
	[ "${from%:*}" = "$1" ]
}

# listeners: what host1 listens on, without the port
listeners() {
	on host1 ss -Htln 'sport = :7000' | awk '{ sub(/:7000$/, "", $4); print $4 }' | sort | xargs
}

begin_ends

# --- an address ---

ip -n host2 address add 192.0.2.12/24 dev eth0
ip -n host2 address add 2001:db8::12/64 dev eth0 nodad
ok "a tunnel" both_ends 192.0.2.1
ok "it carries" reaches host2 10.0.0.1
ok "host2 binds to its second address" set_on host2 bind 192.0.2.12
ok "the connection is from there" wait_until 20 come_from 192.0.2.12
ok "it carries" wait_until 20 reaches host2 10.0.0.1
ok "an address that is not host2's is refused" \
	not_set host2 "the bind address is not an address of this host" bind 192.0.2.77
ok "it carries" reaches host2 10.0.0.1
ok "the connection is where it was" come_from 192.0.2.12
ok "an address of the other family" set_on host2 bind 2001:db8::12
ok "there is no connection" wait_until 20 eval '[ -z "$(connections host1)" ]'
nok "nothing is carried" reaches host2 10.0.0.1 -W 3
ok "any address" set_on host2 bind any
ok "it carries again" wait_until 20 reaches host2 10.0.0.1
ok "a tunnel over IPv6" both_ends "[2001:db8::1]"
ok "it carries" reaches host2 10.0.0.1
ok "host2 binds to its second address there" set_on host2 bind 2001:db8::12
ok "the connection is from there" wait_until 20 come_from "[2001:db8::12]"
ok "it carries" wait_until 20 reaches host2 10.0.0.1
ok "any address" set_on host2 bind any

# --- an interface, which goes and comes again ---

ok "a cable" wire
for kind in 4 6 link; do
	case $kind in
	4) to=198.51.100.1 ;;
	6) to="[2001:db8:5::1]" ;;
	link) to="[fe80::5:1%w0]" ;;
	esac
	ok "$kind: a tunnel over it" both_ends "$to"
	ok "$kind: it carries" wait_until 10 reaches host2 10.0.0.1
	ok "$kind: host1 listens on the interface" set_on host1 bind-dev w0
	is "$kind: on that alone" "$(listeners)" "0.0.0.0%w0 [::]%w0"
	nok "$kind: others find nobody on another" on host2 timeout 5 bash -c ': </dev/tcp/192.0.2.1/7000'
	[ $kind = link ] || ok "$kind: host2 connects by it" set_on host2 bind-dev w0
	ok "$kind: it carries" wait_until 20 reaches host2 10.0.0.1
	is "$kind: by a connection that is bound to it" \
		"$(on host2 ss -Htn state established 'dport = :7000' | grep -c '%w0')" 1
	for go in delete move; do
		if [ $go = delete ]; then
			ok "$kind, $go: it goes" ip -n host2 link del w0
		else
			ok "$kind, $go: it goes" ip -n host1 link set w0 netns host2 name w1
		fi
		is "$kind, $go: host1 says so" "$(peer host1 host2 .state)" no_device
		nok "$kind, $go: nothing is carried" reaches host2 10.0.0.1 -W 1
		before=$(counter host1 no_device)
		nok "$kind, $go: nor the other way" reaches host1 10.0.0.2 -W 1
		ok "$kind, $go: that is counted" [ "$(counter host1 no_device)" -gt "$before" ]
		[ $go = delete ] || ip -n host2 link del w1
		ok "$kind, $go: it comes again" wire
		is "$kind, $go: host1 listens on it" "$(listeners)" "0.0.0.0%w0 [::]%w0"
		# a lost connection is tried again after 60 s at the latest
		ok "$kind, $go: it carries again" wait_until 75 reaches host2 10.0.0.1
		ok "$kind, $go: the other way, too" reaches host1 10.0.0.2
		is "$kind, $go: host1 says so" "$(peer host1 host2 .state)" up
	done
	ok "$kind: host1 listens on any" set_on host1 bind-dev none
	is "$kind: which can be seen" "$(listeners)" "0.0.0.0 [::]"
	ok "$kind: it carries" wait_until 20 reaches host2 10.0.0.1
done
ok "an interface that is not there is refused" \
	not_set host1 "no interface w7 in the transport's namespace" bind-dev w7

# --- strangers of one network ---

# What stays of connections from the addresses, in their order, if the last comes from another
cat >"$test_tmp/crowd" <<'END'
import select, socket, sys, time
def connect(address):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.bind((address, 0))
    s.connect(("2001:db8::1" if ":" in address else "192.0.2.1", 7000))
    return s
count, *sources, last = sys.argv[1:]
crowd = [connect(sources[i % len(sources)]) for i in range(int(count))]
crowd.append(connect(last))
ended, deadline = [], time.monotonic() + 3
while time.monotonic() < deadline:
    for s in select.select([s for s in crowd if s.fileno() >= 0], [], [], 0.2)[0]:
        ended.append(crowd.index(s))
        s.close()
print(*ended)
END

# crowd COUNT SOURCE... LAST: which of the connections host1 ends
crowd() {
	on host2 python3 "$test_tmp/crowd" "$@"
}

ip -n host2 address add 2001:db8:0:0:1::12/64 dev eth0 nodad
ip -n host2 address add 2001:db8:0:7::12/64 dev eth0 nodad
ip -n host1 route add 2001:db8:0:7::/64 via 2001:db8::2
ok "a tunnel" both_ends 192.0.2.1
ok "it carries" reaches host2 10.0.0.1
is "128 of an IPv6 network are let in" "$(crowd 127 2001:db8::12 2001:db8:0:0:1::12 2001:db8::12)" ""
is "for another of the same /64 the oldest goes" "$(crowd 128 2001:db8::12 2001:db8:0:0:1::12 2001:db8::12)" 0
is "for one of another /64 none goes" "$(crowd 128 2001:db8::12 2001:db8:0:0:1::12 2001:db8:0:7::12)" ""
is "two IPv4 addresses are two hosts" "$(crowd 128 192.0.2.12 192.0.2.2)" ""
ok "host2 was not disturbed" reaches host2 10.0.0.1

ok "the module goes" modprobe -r camex
done_testing
