#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# No black hole: whatever happens to a server and its client that registers with
# AUTO, traffic is back within 12 seconds, both ways. The time of each is printed.
# It mostly waits: with --icount that costs next to nothing.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

within=12

client_up() {
	camexctl -n host2 up "$test_tmp/client.up" 2>/dev/null
}

down() {
	camexctl -n "$1" dev del camex0
}

# back WHAT FROM TO: since now it takes FROM no longer than that to reach TO.
back() {
	local start=$EPOCHREALTIME took
	wait_until 60 reaches "$2" "$3" -W 1
	took=$(tenths "$start")
	result $((took > within * 10)) "$1: traffic is back after $((took / 10)).$((took % 10)) s"
}

# from_client WHAT, from_server WHAT: who sends first, after what has just happened.
from_client() {
	back "$1" host2 10.88.0.1
	ok "$1: and the other way" reaches host1 10.88.0.2 -W 2
}

from_server() {
	back "$1, the server sends first" host1 10.88.0.2
	ok "$1, the server sends first: and the other way" reaches host2 10.88.0.1 -W 2
}

# block, unblock: no datagram passes.
block() {
	on host1 nft -f - <<-END
		table ip block {
			chain in { type filter hook input priority 0; udp dport 7000 drop; }
			chain out { type filter hook output priority 0; udp sport 7000 drop; }
		}
	END
}

unblock() {
	on host1 nft delete table ip block
}

ok "modprobe camex and tun" modprobe -a camex tun
ok "two hosts" hosts 2
umask 077
fleet_conf encrypt=yes >"$test_tmp/camex.conf"
client_file 192.0.2.1 'client-id = CAM01'
ok "a server" serve host1
ok "a client" client_up
from_client "the beginning"

for first in from_client from_server; do
	down host2
	client_up
	$first "client restart"
	down host1
	serve host1
	$first "server restart"
	down host1
	down host2
	serve host1
	client_up
	$first "both restart"
	ip -n host2 address add 192.0.2.22/24 dev eth0
	ip -n host2 address del 192.0.2.2/24 dev eth0
	# the address that was added first stays the only one
	ip -n host2 address replace 192.0.2.22/24 dev eth0
	$first "address change"
	ip -n host2 address add 192.0.2.2/24 dev eth0
	ip -n host2 address del 192.0.2.22/24 dev eth0
	ip -n host2 address replace 192.0.2.2/24 dev eth0
	$first "address change back"
done

bg host2 ping -q -i 1 10.88.0.1 >/dev/null
down host1
sleep 12
is "after 12 s of unanswered traffic the server is not lost yet" "$(peer host2 server .state)" up
sleep 18
is "after 30 s it is" "$(peer host2 server .state)" lost
serve host1
from_client "server away for 30 s under traffic"
is "and was configured anew" "$(peer host2 server .state)" up
stop "${test_pids[-1]}"

for first in from_client from_server; do
	block
	sleep 100
	# in milliseconds: ticks of the clock would be a quarter of that, or less
	read -r state ago < <(peer host1 CAM01 '"\(.state) \(.last_seen_ms)"')
	is "not heard for 90 to 100 s it is not lost yet" "$state" up
	check "and was heard ${ago:-never} ms ago" "[ ${ago:-0} -ge 85000 ] && [ ${ago:-0} -le 125000 ]"
	sleep 30
	is "after 120 s it is" "$(peer host1 CAM01 .state)" lost
	sleep 20
	unblock
	$first "150 s of silence"
done

# --- a client that is no kernel, and starts its sequence at 0 each time ---

down host2
far_up() {
	daemon host2 client --tun tun0 --address 10.88.0.2/24 --passphrase secret \
		--endpoint 192.0.2.1:7000
}

ok "another client" far_up
from_client "another program as client"
end_daemon host2
far_up
from_client "its restart"
end_daemon host2
far_up
from_server "its restart"
down host1
serve host1
from_client "server restart"
down host1
serve host1
from_server "server restart"
end_daemon host2

done_testing
