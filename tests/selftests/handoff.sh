#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# With more than one CPU workers open large aggregates. Nothing is overtaken, nothing is lost
# that is not counted, and nothing is left when the device or a CPU goes.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"

bytes=1000000 runs=60 burst=45

# what this script starts is on the first CPU, unless it says otherwise
taskset -p 1 $$ >/dev/null
start_exchange
trace=/sys/kernel/tracing
# Whoever switches an event has instructions of the kernel replaced while the other CPU runs them.
# QEMU before 8.1 may keep the breakpoint that stands there meanwhile, and that CPU never gets past it.
# So the event is switched once, not the scheduler's events with it, and tracing_on decides what is
# recorded.
echo 0 >"$trace"/tracing_on
echo 0 >"$trace"/options/record-cmd
echo 1 >"$trace"/events/workqueue/workqueue_execute_start/enable

# handed COMMAND...: the worker has something to do meanwhile, and COMMAND succeeds
handed() {
	local status=0
	echo >"$trace"/trace
	echo 1 >"$trace"/tracing_on
	"$@" || status=$?
	echo 0 >"$trace"/tracing_on
	grep -q 'function open_queued' "$trace"/trace || {
		echo "nothing was handed over"
		return 1
	}
	return "$status"
}

# by_several COMMAND...: the same, and more than one worker opens aggregates of the one source
by_several() {
	local workers
	handed "$@" || return
	workers=$(sed -n 's/.*work struct \([^:]*\): function open_queued.*/\1/p' "$trace"/trace | sort -u | wc -l)
	[ "$workers" -ge 2 ] || {
		echo "workers: $workers"
		return 1
	}
}

# on_several_cpus COMMAND...: COMMAND succeeds, and in one of five runs, of which each has to succeed,
# more than one worker opens aggregates of the one source, on more than one CPU
on_several_cpus() {
	local found
	for _ in 1 2 3 4 5; do
		handed "$@" || return
		found=$(sed -n 's/.*\[\([0-9]*\)\].*work struct \([^:]*\): function open_queued.*/\2 \1/p' "$trace"/trace | sort -u)
		[ "$(cut -d' ' -f1 <<<"$found" | sort -u | wc -l)" -lt 2 ] ||
			[ "$(cut -d' ' -f2 <<<"$found" | sort -u | wc -l)" -lt 2 ] || return 0
	done
	echo "workers and CPUs: $found"
	return 1
}

# not_handed COMMAND...: it has not, and COMMAND succeeds
not_handed() {
	! handed "$@" >"$test_tmp/handed" && [ "$(<"$test_tmp/handed")" = $'ok\nnothing was handed over' ]
}

# flood COUNT [starve]: so many times 30 datagrams from host1 to host2, while something more
# urgent than any worker has the second CPU
flood() {
	on host1 python3 - "$@" <<-END
		import os, signal, socket, struct, sys, time
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		hog = os.fork() if sys.argv[2:] else -1
		if not hog:
		    os.sched_setaffinity(0, {1})
		    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
		    end = time.monotonic() + 10
		    while time.monotonic() < end:
		        pass
		    os._exit(0)
		time.sleep(0.2)
		for _ in range(int(sys.argv[1])):
		    sock.sendmsg([bytes(39000)], [(socket.IPPROTO_UDP, 103, struct.pack("H", 1300))], 0, ("10.0.0.2", 9))
		if hog > 0:
		    os.kill(hog, signal.SIGKILL)
		    os.waitpid(hog, 0)
	END
}

arrived() {
	peer host2 host1 .rx_packets
}

# all_accounted BEFORE COUNT: so many arrived since, or were counted as too many
all_accounted() {
	[ $(($(arrived) - $1 + $(counter host2 queue_full))) -eq "$2" ]
}

# starved BEFORE: the same for many datagrams, whose workers get no time until all were sent
starved() {
	flood 250 starve
	wait_until 20 all_accounted "$1" 7500
}

ok "two CPUs" [ "$(nproc --all)" -ge 2 ]
ok "two hosts" hosts 2
large=handed how="handed over" tcp=handed
# there TCP sends less than ten datagrams in the millisecond for which it makes a packet
if slow; then bytes=200000 runs=20 burst=20 tcp=eval; fi
# what veth of 5.10 carries has been cut up before
if ! on host1 ethtool -k eth0 | grep -q '^tx-udp-segmentation: on'; then
	large=not_handed how="not handed over, as single datagrams" tcp=not_handed
fi
for outer in 4 6; do
	ok "a tunnel over IPv$outer" tunnel $outer key
	ok "IPv$outer: TCP is $how" $tcp exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "IPv$outer: TCP over IPv6, too" $tcp exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "IPv$outer: large runs are $how, and a datagram behind one stays behind it" \
		$large exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"
	ok "IPv$outer: single datagrams are not" not_handed exchanged mixed host1 10.0.0.1 host2 10.0.0.2 200
	balance "IPv$outer"
done
ok "a tunnel by netfilter" tunnel 4 key rx netfilter
ok "netfilter: large runs are $how" $large exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"
ok "a tap tunnel" tunnel 4 key link tap
ok "tap: large runs are $how" $large exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"
ok "a plain tunnel" tunnel 4 plain protocol raw
ok "plain: none of it is handed over" not_handed exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"

# --- broken datagrams among good ones ---

# spoil N: every Nth large datagram that leaves host1 is changed, its checksum is right
spoil() {
	on host1 nft -f - <<-END
		table inet spoil {
			chain out {
				type filter hook postrouting priority 0
				udp dport 7000 meta length > 1000 numgen inc mod $1 == 0 @th,1600,8 set 0x5a
			}
		}
	END
}

# A broken datagram ends what is opened in one go. What was delivered is not written to after
# that, whichever CPU reads it meanwhile.
for kind in "" "link tap"; do
	# shellcheck disable=SC2086 # words
	ok "a tunnel${kind:+, $kind}" tunnel 4 key $kind
	# datagrams leave one by one, and are merged where they arrive
	on host1 ethtool -K camex0 tso off gso off >/dev/null
	for host in host1 host2; do
		on $host ethtool -K eth0 tx on sg on gso on gro on tso off tx-udp-segmentation off >/dev/null
	done
	ok "${kind:-tun}: datagrams are broken on their way" spoil 40
	for round in 1 2 3; do
		ok "${kind:-tun}: TCP over IPv4, $round" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
		ok "${kind:-tun}: TCP over IPv6, $round" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	done
	isnt "${kind:-tun}: broken ones came" "$(counter host2 auth_failed)" 0
	is "${kind:-tun}: nothing else is wrong" "$(counter host2 malformed)" 0
	on host1 nft delete table inet spoil
done
for host in host1 host2; do
	on $host ethtool -K eth0 tx on sg on gso on gro off tso on tx-udp-segmentation on >/dev/null 2>&1
done

# --- the workers get no time ---

ok "a tunnel" tunnel 4 key
ok "the workers' CPUs can be chosen" eval 'echo 2 >/sys/devices/virtual/workqueue/camex-rx/cpumask'
before=$(arrived)
several=by_several
[ $large = handed ] || several="eval"
ok "too much for a queue: several workers open it, and the rest is not lost" $several starved "$before"
[ $large != handed ] || ok "what is too much is counted" [ "$(counter host2 queue_full)" -ge 3000 ]
ok "and it goes on" $large exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"

# --- the stack is slower than the workers ---

# napi_on CPUS: from now on threads pass host2's packets to GRO, on these CPUs (Linux 5.12)
napi_on() {
	local pid pids
	on host2 sh -c 'echo 1 >/sys/class/net/camex0/threaded' && pids=$(pgrep '^napi/camex0') || return
	for pid in $pids; do taskset -p "$1" "$pid" || return; done
}

# burst [starve]: fewer datagrams than a queue has room for, but more than may wait for GRO. All
# of them arrive, and none is dropped.
burst() {
	local before
	before=$(arrived)
	flood 60 "$@"
	wait_until 20 all_accounted "$before" 1800 || return
	[ "$(counter host2 queue_full)" -eq 0 ]
}

# Packets keep waiting in the first CPU's queue, wherever they are decrypted. Its thread is on the
# second CPU, where a worker has a higher priority.
if [ $large = handed ] && [ -e /sys/class/net/lo/threaded ]; then
	ok "a tunnel, whose first CPU receives" eval 'tunnel 4 key && on host1 ping -q -c 3 -i 0.2 -W 5 10.0.0.2'
	ok "a thread passes packets on" napi_on 2
	ok "workers on one CPU wait for another CPU's queue" burst starve
	ok "the workers may have both CPUs" eval 'echo 3 >/sys/devices/virtual/workqueue/camex-rx/cpumask'
	for round in 1 2 3; do
		ok "workers on two CPUs wait for one queue, $round" burst
	done
	ok "order is kept" exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"
	on host2 sh -c 'echo 0 >/sys/class/net/camex0/threaded'
fi

# --- both CPUs open ---

ok "the workers may have both" eval 'echo 3 >/sys/devices/virtual/workqueue/camex-rx/cpumask'
if [ $large = handed ]; then
	# no more waits than two CPUs may open together, and nothing is opened before all of it waits
	ok "several workers on both CPUs keep the order" \
		on_several_cpus exchanged burst host1 10.0.0.1 host2 10.0.0.2 "$burst"
fi

# --- a CPU goes and comes ---

# replug TIMES: the second CPU goes, and comes back
replug() {
	local i
	for ((i = 0; i < $1; i++)); do
		echo 0 >/sys/devices/system/cpu/cpu1/online
		sleep 0.1
		echo 1 >/sys/devices/system/cpu/cpu1/online
		sleep 0.1
	done
}

if [ -e /sys/devices/system/cpu/cpu1/online ]; then
	replug 5 &
	plugging=$!
	ok "order is kept while a CPU goes and comes" exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"
	ok "it is back" wait "$plugging"
	for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
		echo 0 >"$cpu"
	done
	ok "with one CPU nothing is handed over" not_handed exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"
	echo 1 >/sys/devices/system/cpu/cpu1/online
	ok "with two it is again" $large exchanged runs host1 10.0.0.1 host2 10.0.0.2 "$runs"
	for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
		echo 1 >"$cpu"
	done
fi

# --- things end while the workers are at it ---

flood 1000 2>/dev/null &
flooding=$!
for _ in 1 2 3 4 5; do
	ip -n host2 link set camex0 down
	ip -n host2 link set camex0 up
done
ok "down and up, under traffic" on host2 ip link show dev camex0 up
ok "the peer goes, under traffic" camexctl -n host2 peer del camex0 host1
ok "the device goes, under traffic" camexctl -n host2 dev del camex0
stop "$flooding"
ok "another tunnel" tunnel 4 key
flood 300 &
flooding=$!
ok "the namespace goes, under traffic" ip netns del host2
test_hosts=(host1)
stop "$flooding"

echo 0 >"$trace"/events/workqueue/workqueue_execute_start/enable
echo 1 >"$trace"/options/record-cmd
echo 1 >"$trace"/tracing_on
done_testing
