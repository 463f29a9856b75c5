#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Tracepoints camex:* and the kernel's drop reasons, by the one-liners of Documentation/guide/monitoring.rst:
# trace-cmd, with filters, perf and bpftrace; and dynamic debug.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2094,SC2317
. "$(dirname "$0")/lib.sh"

page=$(readlink -f "$(dirname "$0")/../../Documentation/guide/monitoring.rst")
events=/sys/kernel/tracing/events/camex

# line PROGRAM EVENT: the line of the page that has PROGRAM look at EVENT
line() {
	sed -n "s/^ *\($1 .*$2.*\)/\1/p" "$page"
}

# configure HOST FAR NUMBER: camex0, with a key
configure() {
	camexctl -n "$1" dev add camex0 port 7000 &&
		camexctl -n "$1" peer add camex0 "$2" endpoint "192.0.2.$((3 - $3)):7000" key-file "$test_tmp/key" \
			routes "10.0.0.$((3 - $3))/32" &&
		ip -n "$1" address add "10.0.0.$3/24" dev camex0 &&
		ip -n "$1" link set camex0 up
}

# strange: 3 packets of the peer "right" whose source is none of its routes
strange() {
	on host2 ping -q -c 3 -i 0.2 -W 1 -I 10.0.9.2 10.0.0.1 >"$test_tmp/ping" 2>&1
}

# begin COMMAND: it runs until stop_it
begin() {
	eval "exec $1" >"$test_tmp/said" 2>&1 </dev/null &
	recorder=$!
}

stop_it() {
	kill -INT $recorder
	wait $recorder
}

# on_now EVENT: is the tracepoint on?
on_now() {
	[ "$(<"$events/$1/enable")" = 1 ]
}

umask 077
ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
camexctl key gen >"$test_tmp/key"
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
is "tracepoints" "$(cd $events && printf '%s ' camex_*)" \
	"camex_drop camex_endpoint camex_handshake camex_link camex_open camex_peer_lost camex_peer_up camex_register camex_seal camex_session_close camex_session_open "

# --- trace-cmd: all of it, from the beginning ---
cd "$test_tmp" || exit 1
begin "trace-cmd record -q -e camex -o all.dat"
ok "trace-cmd records" wait_until 60 on_now camex_link
ok "left" configure host1 right 1
ok "right" configure host2 left 2
ok "ping" wait_until 20 reaches host1 10.0.0.2
ok "a key goes" camexctl -n host1 key del camex0 right
ok "and comes" camexctl -n host1 key set camex0 right key-file "$test_tmp/key"
ok "ping" wait_until 20 reaches host1 10.0.0.2
ip -n host2 address add 10.0.9.2/32 dev camex0
strange
on host1 ping -q -c 1 -W 1 10.0.0.7 >ping 2>&1
stop_it
trace-cmd report -i all.dat >report 2>/dev/null
like "seal" "$(<report)" 'camex_seal: .*dev=camex0 ifindex=[0-9]+ peer=right packets=1 bytes='
like "open" "$(<report)" 'camex_open: .*peer=left packets=1 bytes=84'
like "a session opens" "$(<report)" 'camex_session_open: .*peer=left'
like "and is closed" "$(<report)" 'camex_session_close: .*peer=right'
like "a peer registers" "$(<report)" 'camex_register: .*peer=left'
like "is up" "$(<report)" 'camex_peer_up: .*peer=left'
ok "a drop of a packet that was to be sent" grep -q 'camex_drop: .*counter=no_route packets=1 sent' report
ok "the endpoint of a peer" grep -q 'camex_endpoint: .*peer=right .*port=7000' report
is "drops, with the counter" "$(grep -c 'camex_drop: .*peer=right counter=bad_source packets=1 received' report)" 3

# --- trace-cmd with a filter ---
record=$(line "trace-cmd record" camex_drop)
begin "$record -q -o some.dat"
ok "the page's trace-cmd records" wait_until 60 on_now camex_drop
strange
ok "ping" reaches host1 10.0.0.2
on host1 ping -q -c 1 -W 1 10.0.0.7 >ping 2>&1
stop_it
is "only what the filter lets through" "$(trace-cmd report -i some.dat 2>/dev/null | grep -o 'camex_[a-z]*: .*counter=[a-z_]*' | sed 's/:.*=/ /' | sort | uniq -c | xargs)" \
	"3 camex_drop bad_source"

# --- perf, and the kernel's drop reasons ---
begin "$(line "perf stat" camex_drop)"
ok "perf counts" wait_until 60 pgrep -f '^sleep 5$'
strange
wait $recorder
like "drops" "$(<said)" $'(^|\n) +3 +camex:camex_drop'
like "and what was sealed" "$(<said)" $'(^|\n) +[3-9] +camex:camex_seal'
case $(uname -r) in
5.*) ;;
*)
	perf record -q -a -e skb:kfree_skb -o skb.data -- ip netns exec host2 ping -q -c 3 -i 0.2 -W 1 -I 10.0.9.2 10.0.0.1 >said 2>&1
	like "a reason of the kernel's" "$(perf script -i skb.data 2>/dev/null)" 'reason: IP_RPFILTER'
	;;
esac

# --- bpftrace ---
begin "$(line bpftrace camex_drop)"
ok "bpftrace counts" wait_until 240 pgrep -f '^/bin/sleep 5$'
strange
wait $recorder
like "drops, by peer and counter" "$(<said)" '@\[right, bad_source\]: 3'

# --- dynamic debug ---
debug=$(line echo dynamic_debug)
ok "dynamic debug is turned on" eval "$debug"
strange
ok "another key for the peer" eval 'camexctl key gen >"$test_tmp/other" && camexctl -n host1 key set camex0 right key-file "$test_tmp/other"'
ok "and that of before" camexctl -n host1 key set camex0 right key-file "$test_tmp/key"
ok "ping" wait_until 20 reaches host1 10.0.0.2
ok "it is turned off" eval "${debug/+p/-p}"
dmesg >log
like "what is dropped is told" "$(<log)" 'camex0: peer right: 1 received packets dropped: bad_source'
like "and who registers" "$(<log)" 'camex0: peer left has registered'
told=$(grep -c 'packets dropped' log)
strange
is "and no more when it is off" "$(dmesg | grep -c 'packets dropped')" "$told"

cd /
done_testing
