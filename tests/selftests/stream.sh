#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# UDP that nobody answers is delivered many datagrams at a time, unless rx-usecs is 0; whoever waits
# for an answer has it as early as before. The rates need a clock that counts instructions, and a
# kernel that forwards 8,000 packets in a second of that clock.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2086,SC2317 # programs for eval; names without blanks; functions that ok calls
. "$(dirname "$0")/lib.sh"

trace=/sys/kernel/tracing
events=$trace/events/napi/napi_poll

start_exchange
mean=""

# polls COMMAND...: set polls to how often the NAPI of camex0 ran meanwhile
polls() {
	echo >$trace/trace
	echo 1 >$events/enable
	"$@"
	local status=$?
	echo 0 >$events/enable
	polls=$(grep -c 'for device camex0' $trace/trace)
	return $status
}

# flood COUNT LENGTH: host1 sends that many datagrams; then host2 has read them in their order
flood() {
	on host2 timeout 120 python3 - "$1" "$2" "$test_tmp/ready" <<-'END' &
		import socket, sys
		count, length = map(int, sys.argv[1:3])
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)	# SO_RCVBUFFORCE
		sock.bind(("10.0.0.2", 9))
		open(sys.argv[3], "w").close()
		for i in range(count):
		    data = sock.recv(65536)
		    if len(data) != length or int.from_bytes(data[:4], "big") != i:
		        sys.exit(f"{len(data)} bytes, number {int.from_bytes(data[:4], 'big')} instead of {i}")
	END
	local reader=$!
	wait_until 60 test -e "$test_tmp/ready"
	rm -f "$test_tmp/ready"
	on host1 python3 - "$1" "$2" <<-'END'
		import socket, sys
		count, length = map(int, sys.argv[1:])
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(count):
		    sock.sendto(i.to_bytes(4, "big") + bytes(length - 4), ("10.0.0.2", 9))
	END
	wait "$reader"
}

ok "two hosts" hosts 2
ok "a tunnel" tunnel 4 key
ok "events" mkdir -p $trace
grep -q " $trace " /proc/mounts || mount -t tracefs none $trace
echo 'dev_name == "camex0"' >$events/filter
echo 16384 >$trace/buffer_size_kb

like "the wait has a name" "$(on host2 ethtool -c camex0)" "rx-usecs:.150"
if ! slow; then
ok "a stream of small datagrams" polls flood 3000 64
ok "is delivered many at a time ($polls polls)" [ "$polls" -ge 100 ]
ok "and not each by itself" [ "$polls" -le 1500 ]
ok "a stream of large ones" polls flood 3000 1300
ok "is delivered many at a time, too ($polls polls)" [ "$polls" -ge 100 ]
ok "and not each by itself, either" [ "$polls" -le 1700 ]
ok "without a wait" on host2 ethtool -C camex0 rx-usecs 0
ok "a stream of small datagrams then" polls flood 3000 64
ok "needs no poll, but what other packets need ($polls)" [ "$polls" -le 5 ]
ok "a stream of large ones then" polls flood 3000 1300
ok "has a poll for each ($polls)" [ "$polls" -ge 2900 ]
nok "a wait of a second" on host2 ethtool -C camex0 rx-usecs 1000000
like "is refused, and changes nothing" "$(on host2 ethtool -c camex0)" "rx-usecs:.0"
fi
ok "the default again" on host2 ethtool -C camex0 rx-usecs 150

# exchanged mixed answers nothing for a while, from both ends in turn
ok "large and small ones keep their order" exchanged mixed host1 10.0.0.1 host2 10.0.0.2 400
# a question waits for the answer to the one before: no datagram may wait for another one
bg host2 python3 -c 'import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("10.0.0.2", 10))
while True:
    data, address = sock.recvfrom(100)
    sock.sendto(data, address)'
answer() {
	on host1 python3 -c 'import socket, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(0.1)
sock.connect(("10.0.0.2", 10))
took = []
while len(took) < 2000:
    begin = time.monotonic_ns()
    try:
        sock.send(b"question")
        sock.recv(100)
    except OSError:
        if took:
            raise
        continue
    took.append(time.monotonic_ns() - begin)
print(sum(took) // len(took))'
}
if ! slow; then
ok "questions" eval 'mean=$(answer)'
# were they a stream, every second jiffy would be without a wait: its share is seen in the mean
ok "a round trip is no longer than with no wait ($mean ns)" eval '
	on host1 ethtool -C camex0 rx-usecs 0 && on host2 ethtool -C camex0 rx-usecs 0 &&
	without=$(answer) && [ "$mean" -le $((without * 110 / 100)) ]'
fi
for host in host1 host2; do ok "$host waits again" on $host ethtool -C camex0 rx-usecs 150; done

# the link goes down while datagrams wait, for as long as they can
ok "a long wait" on host2 ethtool -C camex0 rx-usecs 10000
udp_flood host1 10.0.0.2 64
flood=$!
for i in 1 2 3 4 5; do
	ok "down and up, $i" eval 'sleep 0.1 && ip -n host2 link set camex0 down && ip -n host2 link set camex0 up'
done
ok "the device goes" camexctl -n host2 dev del camex0
stop "$flood"
done_testing
