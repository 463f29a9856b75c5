#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# OSPF over the links of a server's clients, by BIRD and the examples of the documentation:
# what is behind one client is reached from the others, and goes another way when a link goes.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2034,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"

examples=$(readlink -f "$(dirname "$0")/../../Documentation/examples")
auth=$test_tmp/authorized clients=$test_tmp/clients
mkdir "$auth" "$clients"

# bird HOST ROUTER-ID: the example's OSPF, but quicker, and on the wire between two clients.
bird_in() {
	local host=$1
	sed "s/^router id .*/router id $2;/; s/camex0-\*/camex0*/; s/hello 5/hello 1/; s/dead 20/dead 4/" \
		"$examples/bird.conf" | sed 's|# the networks behind this host|interface "side" { cost 100; type ptp; hello 1; dead 4; };|' \
		>"$test_tmp/$host.conf"
	bg "$host" bird -f -c "$test_tmp/$host.conf" -s "$test_tmp/$host.ctl" -P "$test_tmp/$host.pid" \
		>"$test_tmp/$host.bird" 2>&1
}

# client N: host N+1, with 10.1.N.0/24 behind it.
client() {
	local n=$1 host=host$(($1 + 1))
	printf 'address 10.88.0.1 peer 10.88.0.%d\n' $((n + 1)) >"$clients/000000000000000$n"
	touch "$auth/000000000000000$n"
	ip -n "$host" link add eth1 type dummy && ip -n "$host" address add "10.1.$n.1/24" dev eth1 &&
		ip -n "$host" link set eth1 up &&
		camexctl -n "$host" dev add camex0 protocol jtunnel id "000000000000000$n" &&
		camexctl -n "$host" peer add camex0 server endpoint 192.0.2.1:7000 routes any keepalive 2 &&
		ip -n "$host" address add "10.88.0.$((n + 1))" peer 10.88.0.1 dev camex0 &&
		ip -n "$host" link set camex0 multicast on up &&
		bird_in "$host" "10.88.0.$((n + 1))"
}

# way FROM TO: the interface that host FROM reaches an address through.
way() {
	[[ $(ip -n "$1" route get "$2" 2>/dev/null) =~ " dev "([^ ]+) ]] && echo "${BASH_REMATCH[1]}"
}

ok "four hosts" hosts 4
for i in 1 2 3 4; do on host$i sysctl -qw net.ipv4.ip_forward=1; done
ok "a wire between two clients" ip link add side netns host2 type veth peer name side netns host3
ip -n host2 address add 10.5.0.1/30 dev side
ip -n host3 address add 10.5.0.2/30 dev side
for i in 2 3; do ip -n host$i link set side up; done
ok "a server" camexctl -n host1 dev add camex0 protocol jtunnel port 7000 links per-peer
ip -n host1 link set camex0 up
bird_in host1 10.88.0.1
bg host1 camexctl watch camex0 authorized "$auth" exec "$examples/link-addresses" "$clients" >"$test_tmp/watch" 2>&1
for n in 1 2 3; do ok "client $n" client $n; done
ok "each gets its link" wait_until 30 eval '[ "$(grep -c "up: the program ended with status 0" "$test_tmp/watch")" = 3 ]'

for from in 1 2 3; do
	for to in 1 2 3; do
		[ $from = $to ] || ok "client $from reaches what is behind client $to" \
			wait_until 90 on host$((from + 1)) ping -q -n -c 1 -W 1 -I "10.1.$from.1" "10.1.$to.1"
	done
done
link1=$(peer host1 0000000000000001 .link)
ok "the server goes through the link of each" wait_until 30 eval '[ "$(way host1 10.1.1.1)" = "$link1" ]'
# its path through the wire costs more
ok "a link goes" rm "$auth/0000000000000001"
ok "what was behind it is reached by way of the other client" wait_until 90 \
	on host4 ping -q -n -c 1 -W 1 -I 10.1.3.1 10.1.1.1
link2=$(peer host1 0000000000000002 .link)
is "through that one's link" "$(way host1 10.1.1.1)" "$link2"
touch "$auth/0000000000000001"
ok "it comes back" wait_until 90 eval 'l=$(peer host1 0000000000000001 .link) && [ "$(way host1 10.1.1.1)" = "$l" ]'
ok "and is used" on host4 ping -q -n -c 1 -W 5 -I 10.1.3.1 10.1.1.1
for i in 1 2 3 4; do unlike "BIRD on host$i has nothing to complain of" "$(<"$test_tmp/host$i.bird")" '[Ee]rror|<ERR>'; done

done_testing
