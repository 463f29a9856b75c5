#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# OSPF and BFD, by BIRD, over a hub of protocol wireguard with a link for each peer, of which one is
# WireGuard's own: what is behind one is reached from the others, and a peer that falls silent is noticed
# by BFD. It mostly waits: with --icount that costs next to nothing.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

example=$(readlink -f "$(dirname "$0")/../../Documentation/examples/bird.conf")
many=20
if slow; then many=4; fi
last=$((many + 1))

# bird_in HOST: the example's OSPF, with BFD
bird_in() {
	sed "s/^router id .*/router id 10.88.0.${1#host};/; s/camex0-\*/camex0*/; s/hello 5/hello 2/; s/dead 20/dead 40/
		s/type ptp;/type ptp; bfd yes;/" "$example" >"$test_tmp/$1.conf"
	cat >>"$test_tmp/$1.conf" <<-END
		protocol bfd {
			interface "camex0*" { min rx interval 500 ms; min tx interval 500 ms; multiplier 6; };
		}
	END
	bg "$1" bird -f -c "$test_tmp/$1.conf" -s "$test_tmp/$1.ctl" -P "$test_tmp/$1.pid" >"$test_tmp/$1.bird" 2>&1
}

# leaf HOST KIND: an end with 10.1.I.0/24 behind it
leaf() {
	local i=${1#host}
	ip -n "$1" link add eth1 type dummy && ip -n "$1" address add "10.1.$i.1/24" dev eth1 &&
		ip -n "$1" link set eth1 up &&
		wg_device "$1" "$2" && wg_peer "$1" host1 routes any endpoint "192.0.2.1:$wg_port" keepalive 5 &&
		ip -n "$1" address add "10.88.0.$i" peer 10.88.0.1 dev camex0 &&
		ip -n "$1" link set camex0 multicast on up && bird_in "$1"
}

# linked HOST: its link at the hub has an address and is up
linked() {
	local link
	link=$(peer host1 "$1" .link) && [ "$link" != null ] && on host1 test -e "/sys/class/net/$link" &&
		ip -n host1 address add 10.88.0.1 peer "10.88.0.${1#host}" dev "$link" && ip -n host1 link set "$link" up
}

# sessions: how many of BFD are up at the hub
sessions() {
	birdc -s "$test_tmp/host1.ctl" show bfd sessions | grep -c ' Up '
}

# learned I: the hub has a route to what is behind host I
learned() {
	[ -n "$(ip -n host1 route show "10.1.$1.0/24")" ]
}

ok "modules" modprobe -a camex wireguard
ok "$last hosts" hosts $last
wg_keys $last
for ((i = 1; i <= last; i++)); do on host$i sysctl -qw net.ipv4.ip_forward=1; done
ok "a hub" wg_device host1 camex links per-peer
for ((i = 2; i <= last; i++)); do wg_peer host1 host$i || break; done
is "it has $many peers" "$(camexctl -n host1 -j peer show camex0 | jq length)" $many
ip -n host1 link set camex0 up
ok "WireGuard is one of them" leaf host2 kernel
for ((i = 3; i <= last; i++)); do ok "camex is host$i" leaf host$i camex; done
for ((i = 2; i <= last; i++)); do ok "host$i has its link" wait_until 60 linked host$i; done
bird_in host1
for ((i = 2; i <= last; i++)); do ok "the hub learns what is behind host$i" wait_until 120 learned $i; done
ok "BFD watches each of them" wait_until 60 eval '[ "$(sessions)" = $many ]'
for ((i = 3; i <= last; i++)); do
	ok "WireGuard's peer reaches what is behind host$i" \
		wait_until 60 on host2 ping -q -n -c 1 -W 1 -I 10.1.2.1 10.1.$i.1
done
ok "one of camex's reaches another's" on host3 ping -q -n -c 1 -W 5 -I 10.1.3.1 10.1.$last.1
ok "and what is behind WireGuard's" on host$last ping -q -n -c 1 -W 5 -I 10.1.$last.1 10.1.2.1
for i in 2 3; do
	ip -n host$i link set eth0 down
	start=$EPOCHREALTIME
	ok "host$i falls silent: its route goes" wait_until 60 eval '! learned $i'
	took=$(tenths "$start")
	ok "long before OSPF alone would see it: after $((took / 10)) s" test "$took" -lt 250
	ip -n host$i link set eth0 up
	ok "it comes back" wait_until 120 learned $i
done
is "the others have stayed" "$(for ((i = 4; i <= last; i++)); do learned $i && echo; done | wc -l)" $((many - 2))
for ((i = 1; i <= last; i++)); do
	unlike "BIRD on host$i has nothing to complain of" "$(<"$test_tmp/host$i.bird")" '[Ee]rror|<ERR>'
done

done_testing
