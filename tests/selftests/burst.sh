#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# TCP sends no more at once than its small queues allow, also where software cuts what it
# sends into datagrams: the ring of a veth, 256 of them, never runs over.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"

transfers=8 megabytes=4
if slow; then transfers=2; fi

# card HOST: eth0 is like a network card without segmentation
card() {
	on "$1" ethtool -K eth0 tx on sg on gso on gro on tso off tx-udp-segmentation off >/dev/null
}

# Reads a megabyte, waits until the sender can send no more, and so on: the window opens each
# time, after the congestion window has grown.
cat >"$test_tmp/reader" <<'END'
import socket, sys, time
listener = socket.create_server(("::" if ":" in sys.argv[1] else "0.0.0.0", 9000),
                                family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("listening", flush=True)
while True:
    sock, _ = listener.accept()
    total = 0
    while True:
        data = sock.recv(1 << 20, socket.MSG_WAITALL)
        total += len(data)
        if len(data) < 1 << 20:
            break
        time.sleep(0.1)
    sock.sendall(str(total).encode())
    sock.close()
END

# transfer ADDRESS: all that is sent is read
transfer() {
	local read
	read=$(on host1 python3 - "$1" $((megabytes << 20)) <<-'END'
		import socket, sys
		sock = socket.create_connection((sys.argv[1], 9000))
		sock.sendall(bytes(int(sys.argv[2])))
		sock.shutdown(socket.SHUT_WR)
		print(sock.recv(100).decode())
	END
	)
	[ "$read" = $((megabytes << 20)) ]
}

# dropped: datagrams that eth0 of either host had no room for
dropped() {
	local host
	for host in host1 host2; do
		ip -n "$host" -j -s link show eth0
	done | jq -s 'map(.[0].stats64 | .tx.dropped + .rx.dropped) | add'
}

ok "two CPUs" [ "$(nproc --all)" -ge 2 ]
ok "two hosts" hosts 2
for host in host1 host2; do
	card $host
	on $host sysctl -qw net.ipv4.tcp_rmem="4096 2097152 8388608" net.ipv4.tcp_wmem="4096 4194304 8388608" \
		net.ipv4.tcp_slow_start_after_idle=0
done
for outer in 4 6; do
	ok "a tunnel over IPv$outer" tunnel $outer key
	for address in 10.0.0.2 fd00::2; do
		before=$(dropped) resent=$(sum_of TcpRetransSegs host1 host2)
		bg host2 python3 "$test_tmp/reader" "$address"
		reader=$!
		wait_until 50 listening host2 tcp 9000
		for ((i = 1; i <= transfers; i++)); do
			ok "IPv$outer, $address: transfer $i" transfer "$address"
		done
		stop $reader
		is "IPv$outer, $address: no datagram was dropped" "$(dropped)" "$before"
		note "IPv$outer, $address: $(($(sum_of TcpRetransSegs host1 host2) - resent)) segments were sent again"
	done
	is "IPv$outer: no receive queue ran over" "$(counter host2 queue_full)" 0
done

done_testing
