#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What strangers may cost: in each namespace apart, with many keys, and from addresses of peers.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # programs for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
many=3000
if slow; then many=300; fi

# box: a second pair of hosts, box1 and box2, with the addresses that host1 and host2 have
box() {
	test_hosts+=(box1 box2)
	ip netns add box1 && ip netns add box2 &&
		ip link add eth0 netns box1 type veth peer name eth0 netns box2 &&
		ip -n box1 address add 192.0.2.1/24 dev eth0 && ip -n box2 address add 192.0.2.2/24 dev eth0 &&
		ip -n box1 link set eth0 up && ip -n box2 link set eth0 up
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
ok "two more with the same addresses" box
for host in host1 box1; do
	ok "a server in $host" camexctl -n $host dev add camex0 port 7000
	ok "a client of it" eval '"$here/peers.py" key 1 | camexctl -n $host peer add camex0 p1 key-file - routes 10.64.0.1/32'
	ok "it is up" ip -n $host link set camex0 up
done
ok "one with many clients" camexctl -n host1 dev add big0 port 7100
ok "$many of them" on host1 "$here/peers.py" add big0 1 $many
ok "it is up" ip -n host1 link set big0 up
pass_on "$here/strangers.py" $many
done_testing
