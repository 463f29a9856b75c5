#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The lab itself: hosts in namespaces reach each other, and the library's tests
# tell right from wrong.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# Every host reaches every other over IPv4 and IPv6.
all_reach_all() {
	local count=$1 from to
	for ((from = 1; from <= count; from++)); do
		for ((to = 1; to <= count; to++)); do
			if [ $from -eq $to ]; then continue; fi
			ok "$count hosts: host$from reaches host$to over IPv4" reaches "host$from" "192.0.2.$to"
			ok "$count hosts: host$from reaches host$to over IPv6" reaches "host$from" "2001:db8::$to"
		done
	done
}

# The outcome of one of the library's tests, in a shell of its own.
outcome() {
	(
		tests_run=0
		"$@"
	) | sed -n '1s/ok.*/ok/p'
}

ok "two hosts" hosts 2
all_reach_all 2
nok "nobody answers at an address without a host" reaches host1 192.0.2.9
ok "an iperf3 server listens" iperf_server host2
server=$!
like "TCP over IPv4" "$(tcp_bps host1 192.0.2.2 2M)" '^[1-9][0-9]{5,}$'
like "TCP over IPv6" "$(tcp_bps host1 2001:db8::2 2M)" '^[1-9][0-9]{5,}$'
stop "$server"
nok "the server is gone" listening host2 tcp 5201

ok "three hosts" hosts 3
all_reach_all 3

is "ok of a failure" "$(outcome ok x false)" "not ok"
is "nok of a success" "$(outcome nok x true)" "not ok"
is "nok of a failure" "$(outcome nok x false)" "ok"
is "nok of a command that is missing" "$(outcome nok x /nonexistent)" "not ok"
is "is of different strings" "$(outcome is x 1 2)" "not ok"
is "isnt of equal strings" "$(outcome isnt x 1 1)" "not ok"
is "like without a match" "$(outcome like x abc '^b')" "not ok"
is "unlike with a match" "$(outcome unlike x abc '^a')" "not ok"
is "check of a failure" "$(outcome check x 'echo a | grep b')" "not ok"
nok "wait_until gives up" wait_until 1 false
is "python3 is Debian's" "$(command -v python3)" /usr/bin/python3

done_testing
