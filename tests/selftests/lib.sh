# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Library for scripts that run as root inside a guest. Functions that need no namespace also serve
# tests on the host:
#
#	#!/bin/bash
#	# shellcheck source-path=SCRIPTDIR
#	. "$(dirname "$0")/lib.sh"
#	hosts 2
#	ok "host1 reaches host2" reaches host1 192.0.2.2
#	done_testing
#
# Scripts print TAP. Their exit status is 1 if a test failed or did not run. No test is skipped:
# tests/need installs jq, iperf3, iproute2, iputils-ping and other programs on the host.
set -u -o pipefail

# camexctl refuses key files that other users can read
umask 077
tests_run=0
tests_failed=0
tests_done=""
test_hosts=()
test_pids=()
test_tmp=$(mktemp -d)
# for programs with coverage counters: users other than root need another directory
uncounted=()
if [ -n "${GCOV_PREFIX-}" ]; then
	mkdir -p "$GCOV_PREFIX/nobody"
	chmod 711 "$GCOV_PREFIX"
	chmod 1777 "$GCOV_PREFIX/nobody"
	uncounted=(env "GCOV_PREFIX=$GCOV_PREFIX/nobody")
fi
# "${nobody[@]}" COMMAND...: run COMMAND as a user without any capability
# shellcheck disable=SC2034 # used by scripts
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "${uncounted[@]}")
export NOBODY="${nobody[*]}" # for programs

# on HOST COMMAND...: run COMMAND in the namespace of HOST.
on() {
	ip netns exec "$@"
}

# kmsg TEXT: write TEXT to the guest's kernel log, to mark the messages of a test.
kmsg() {
	[ ! -e /run/camex/command ] || echo "camex-test: $*" >/dev/kmsg
}

# note [TEXT]: print TEXT, or standard input, as TAP diagnostics.
note() {
	if [ $# -gt 0 ]; then echo "$*"; else cat; fi | sed 's/^/# /'
}

# result STATUS DESCRIPTION: print a TAP line, for a test that is not a single command.
result() {
	tests_run=$((tests_run + 1))
	kmsg "$tests_run $2"
	if [ "$1" -eq 0 ]; then
		echo "ok $tests_run - $2"
	else
		tests_failed=$((tests_failed + 1))
		echo "not ok $tests_run - $2"
	fi
}

# ok DESCRIPTION COMMAND...: COMMAND succeeds.
ok() {
	local description=$1 status=0
	shift
	"$@" >"$test_tmp/output" 2>&1 || status=$?
	result $status "$description"
	[ $status -eq 0 ] || {
		note "$* ended with status $status:"
		note <"$test_tmp/output"
	}
}

# nok DESCRIPTION COMMAND...: COMMAND fails, but not by a signal, and not because it does not exist.
nok() {
	local description=$1 status=0
	shift
	"$@" >"$test_tmp/output" 2>&1 || status=$?
	if [ $status -gt 0 ] && [ $status -lt 126 ]; then
		result 0 "$description"
	else
		result 1 "$description"
		note "$* ended with status $status:"
		note <"$test_tmp/output"
	fi
}

# is DESCRIPTION GOT WANT: both strings are the same.
is() {
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		result 1 "$1"
		note "got:  $2"
		note "want: $3"
	fi
}

# isnt DESCRIPTION GOT OTHER: both strings differ.
isnt() {
	if [ "$2" != "$3" ]; then
		result 0 "$1"
	else
		result 1 "$1"
		note "got: $2"
	fi
}

# like DESCRIPTION TEXT REGEX: TEXT matches the extended regular expression.
like() {
	if [[ $2 =~ $3 ]]; then
		result 0 "$1"
	else
		result 1 "$1"
		note "got:"
		note "$2"
		note "want a match of: $3"
	fi
}

# unlike DESCRIPTION TEXT REGEX: TEXT does not match it.
unlike() {
	if [[ ! $2 =~ $3 ]]; then
		result 0 "$1"
	else
		result 1 "$1"
		note "got:"
		note "$2"
		note "want no match of: $3"
	fi
}

# check DESCRIPTION SHELL: the line of shell code succeeds in this shell.
check() {
	ok "$1" eval "$2"
}

# pass_on [-p PREFIX] COMMAND...: run COMMAND, which prints TAP, and include its tests in ours, with
# PREFIX before each description.
pass_on() {
	local line planned="" first=$tests_run prefix=""
	if [ "$1" = -p ]; then
		prefix=$2
		shift 2
	fi
	while IFS= read -r line; do
		case $line in
		"TAP version 13") ;;
		"ok "*) result 0 "$prefix${line#ok * - }" ;;
		"not ok "*) result 1 "$prefix${line#not ok * - }" ;;
		1..*) planned=${line#1..} ;;
		*) echo "$line" ;;
		esac
	done < <("$@" 2>&1)
	is "$* ran to its end" "$((tests_run - first))" "$planned"
}

# wait_until SECONDS COMMAND...: repeat COMMAND until it succeeds. False if it did not.
wait_until() {
	local until=$((${EPOCHREALTIME/./} + $1 * 1000000)) times=0
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$until" ] || return 1
		# the checks cost the most time
		if ((times++ < 10)); then sleep 0.1; else sleep 0.5; fi
	done
}

# bg HOST COMMAND...: start COMMAND in HOST in the background. $! is its process. It is ended with
# the script at the latest.
bg() {
	ip netns exec "$@" </dev/null &
	test_pids+=($!)
}

# stop PID...: end processes that bg started, and wait for them.
stop() {
	local pid
	for pid in "$@"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	return 0
}

# listening HOST tcp|udp PORT: does a program in HOST listen on that port?
listening() {
	[ -n "$(on "$1" ss -Hln "--$2" "sport = :$3")" ]
}

# iperf_server HOST [PORT]: start iperf3 -s in HOST, and wait until it listens.
iperf_server() {
	bg "$1" iperf3 -s -p "${2:-5201}" >/dev/null
	wait_until 20 listening "$1" tcp "${2:-5201}"
}

# tcp_bps HOST ADDRESS AMOUNT [OPTION...]: print the bits per second that the iperf3 server on
# ADDRESS received from HOST. AMOUNT: 5 means seconds, 20M (K, G) means bytes.
tcp_bps() {
	local host=$1 address=$2 amount=$3 limit=-t
	shift 3
	case $amount in
	*[KMG]) limit=-n ;;
	esac
	on "$host" iperf3 -J -c "$address" "$limit" "$amount" "$@" |
		jq -e '.end.sum_received.bits_per_second | floor'
}

# reaches HOST ADDRESS [OPTION...]: a ping from HOST is answered.
reaches() {
	local host=$1 address=$2
	shift 2
	on "$host" ping -q -n -c 1 -W 5 "$@" "$address"
}

# hosts N: make the namespaces host1 to hostN with eth0, which has 192.0.2.I/24, 2001:db8::I/64 and
# fe80::I/64. All are on one network: two on a veth pair, more on a bridge in the namespace net0.
# Namespaces of an earlier call are removed first.
hosts() {
	local count=$1 i host
	remove_hosts
	for ((i = 1; i <= count; i++)); do test_hosts+=("host$i"); done
	if [ "$count" -ne 2 ]; then test_hosts+=(net0); fi
	{
		for host in "${test_hosts[@]}"; do echo "netns add $host"; done
		if [ "$count" -eq 2 ]; then
			echo "link add eth0 netns host1 type veth peer name eth0 netns host2"
		else
			for ((i = 1; i <= count; i++)); do
				echo "link add eth0 netns host$i type veth peer name host$i netns net0"
			done
		fi
	} | ip -batch - || return
	if [ "$count" -ne 2 ]; then
		{
			echo "link add br0 up type bridge"
			for ((i = 1; i <= count; i++)); do echo "link set host$i master br0 up"; done
		} | ip -n net0 -batch - || return
	fi
	for ((i = 1; i <= count; i++)); do
		ip -n "host$i" -batch - <<-END || return
			link set lo up
			link set eth0 addrgenmode none
			address add 192.0.2.$i/24 dev eth0
			address add 2001:db8::$i/64 dev eth0 nodad
			address add fe80::$i/64 dev eth0 nodad
			link set eth0 up
		END
		batching "host$i" eth0 || return
	done
}

# batching HOST DEV: set the offloads of DEV. With CAMEX_BATCHING=off packets come singly, with on
# in batches if possible.
batching() {
	local features=()
	case ${CAMEX_BATCHING-} in
	"") return ;;
	off) features=(gso off tso off gro off tx-udp-segmentation off) ;;
	on) features=(gso on tso on gro on tx-udp-segmentation on) ;;
	*)
		echo "CAMEX_BATCHING is on, off or nothing"
		return 1
		;;
	esac
	on "$1" ethtool -K "$2" "${features[@]}" >/dev/null
}

# remove_hosts: remove the namespaces that hosts made, and the processes that bg started.
remove_hosts() {
	local host
	stop "${test_pids[@]}"
	test_pids=()
	for host in "${test_hosts[@]}"; do ip netns del "$host"; done
	test_hosts=()
}

# --- camex ---

# drivers_explain: does rtnetlink pass on the error texts of all link functions (Linux 6.0)?
drivers_explain() {
	local major
	IFS=. read -r major _ < <(uname -r)
	[ "$major" -ge 6 ]
}

# slow: is this one of the kernels "debug" and "kcsan", on which tests should move little data?
slow() {
	[ -e /sys/kernel/debug/kmemleak ] || [ -e /sys/kernel/debug/kcsan ]
}

# In a guest jq takes longer to start than these functions take otherwise, so they use it only if
# needed.

# member NAME: print the value of the member NAME (a number or a string) of the first object on
# stdin with it
member() {
	local text
	text=$(cat)
	[[ $text =~ \"$1\":\ *(\"([^\"]*)\"|[a-z0-9.]+) ]] || return 1
	echo "${BASH_REMATCH[2]:-${BASH_REMATCH[1]//\"/}}"
}

# counters HOST [DEV]: print the counters of DEV that are not 0: "NAME=NUMBER NAME=NUMBER".
counters() {
	local text all=()
	text=$(camexctl -n "$1" -j stats "${2:-camex0}") || return
	while [[ $text =~ \"([a-z_]+)\":\ *([0-9]+)(.*) ]]; do
		text=${BASH_REMATCH[3]}
		[ "${BASH_REMATCH[2]}" -eq 0 ] || all+=("${BASH_REMATCH[1]}=${BASH_REMATCH[2]}")
	done
	echo "${all[*]}"
}

# counter HOST NAME [DEV]: print one counter of DEV.
counter() {
	camexctl -n "$1" -j stats "${3:-camex0}" | member "$2"
}

# sum_of NAME HOST...: print the sum of a counter of nstat over these hosts
sum_of() {
	local host
	for host in "${@:2}"; do on "$host" nstat -asz "$1"; done | awk -v name="$1" '$1 == name { n += $2 } END { print n }'
}

# peer HOST NAME FILTER: apply the jq FILTER to the peer NAME of camex0 in HOST, and print the
# result.
peer() {
	if [[ $3 =~ ^\.[a-z_]+$ ]]; then
		camexctl -n "$1" -j peer show camex0 "$2" | member "${3#.}"
	else
		camexctl -n "$1" -j peer show camex0 "$2" | jq -r ".[] | $3"
	fi
}

# tunnel OUTER key|plain [KEYWORD VALUE]...: make camex0 in host1 and host2, over IPv4 or IPv6
# (OUTER is 4 or 6), by camexctl dev add with these keywords. Each host has the other one as its
# only peer, by its name. Inner addresses are 10.0.0.I and fd00::I, the port is 7000. With "key"
# both have the key in $test_tmp/key. An existing camex0 is deleted first.
tunnel() {
	local outer=$1 secret=() routes=() i j to
	[ "$2" = plain ] || {
		(umask 077 && camexctl key gen >"$test_tmp/key") || return
		secret=(key-file "$test_tmp/key")
	}
	shift 2
	# the other end must not hear a device that is about to be deleted
	for i in 1 2; do
		if on "host$i" test -e /sys/class/net/camex0; then camexctl -n "host$i" dev del camex0; fi
	done
	for i in 1 2; do
		j=$((3 - i))
		to=192.0.2.$j
		[ "$outer" -eq 4 ] || to="[2001:db8::$j]"
		[[ "$*" == *"link tap"* ]] || routes=(routes "10.0.0.$j/32,fd00::$j/128")
		camexctl -n "host$i" dev add camex0 port 7000 "$@" &&
			camexctl -n "host$i" peer add camex0 "host$j" endpoint "$to:7000" \
				"${routes[@]}" "${secret[@]}" &&
			tunnel_up "host$i" || return
	done
}

# lan I J: the namespace lanI behind hostI, which reaches lanJ through camex0 and peer hostJ.
lan() {
	local i=$1 j=$2 host=host$1 lan=lan$1
	ip netns add "$lan" && test_hosts+=("$lan") &&
		ip link add eth0 netns "$lan" type veth peer name lan0 netns "$host" &&
		ip -n "$lan" -batch - <<-END && ip -n "$host" -batch - <<-END2 &&
			link set lo up
			address add 10.1.$i.9/24 dev eth0
			address add fd01:$i::9/64 dev eth0 nodad
			link set eth0 up
			route add default via 10.1.$i.1
			route add default via fd01:$i::1
		END
			address add 10.1.$i.1/24 dev lan0
			address add fd01:$i::1/64 dev lan0 nodad
			link set lan0 up
			route add 10.1.$j.0/24 dev camex0
			route add fd01:$j::/64 dev camex0
		END2
		on "$host" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 &&
		camexctl -n "$host" peer set camex0 "host$j" \
			routes "10.0.0.$j/32,fd00::$j/128,10.1.$j.0/24,fd01:$j::/64"
}

# udp_flood HOST ADDRESS LENGTH: HOST sends datagrams, of three lengths, to port 9 until it is stopped;
# $! is the process
udp_flood() {
	bg "$1" python3 -c 'import itertools, socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in itertools.count():
    try:
        sock.sendto(bytes(int(sys.argv[2]) + i % 3), (sys.argv[1], 9))
    except OSError:
        pass' "$2" "$3"
}

# wire: w0 in both hosts, on a cable of their own
wire() {
	local i
	ip link add w0 netns host1 type veth peer name w0 netns host2 || return
	for i in 1 2; do
		ip -n host"$i" -batch - <<-END || return
			link set w0 addrgenmode none
			address add 198.51.100.$i/24 dev w0
			address add 2001:db8:5::$i/64 dev w0 nodad
			address add fe80::5:$i/64 dev w0 nodad
			link set w0 up
		END
	done
}

# set_on HOST KEYWORD VALUE...: of camex0 there
set_on() {
	camexctl -n "$1" dev set camex0 "${@:2}"
}

# not_set HOST REGEX KEYWORD VALUE...: set_on is refused with such a text
not_set() {
	local said
	said=$(set_on "$1" "${@:3}" 2>&1) && return 1
	echo "$said"
	[[ $said =~ $2 ]]
}

# no_devices: delete camex0 of host1 and host2
no_devices() {
	local host
	for host in host1 host2; do
		if on $host test -e /sys/class/net/camex0; then camexctl -n $host dev del camex0 || return; fi
	done
}

# tunnel_up HOST: add the inner addresses, and set the link up
tunnel_up() {
	ip -n "$1" -batch - <<-END
		address replace 10.0.0.${1#host}/24 dev camex0
		address replace fd00::${1#host}/64 dev camex0 nodad
		link set camex0 up
	END
	[ "${CAMEX_BATCHING-}" != off ] || batching "$1" camex0
}

# flow HOST ADDRESS [CPU]: send packets of several kinds to ADDRESS continuously, but leave CPU time
# for the test. Losses do not matter.
flow() {
	local gap=0.02 rate=4M seconds=3
	# on the debug kernel starting a program costs more than its packets
	if slow; then gap=1 rate=100K seconds=20; fi
	# shellcheck disable=SC2016 # for the other shell
	bg "$1" setsid taskset -c "${3-0-$(($(nproc) - 1))}" bash -c 'trap "trap \"\" TERM; kill 0" TERM
		ping -q -n -i "$2" -s 1300 -w 3000 "$1" &
		ping -q -n -i "$2" -s 5000 -w 3000 "$1" &
		while :; do timeout --foreground $(($4 + 1)) iperf3 -c "$1" -b "$3" -t "$4" || sleep 0.2; done &
		wait' flow "$2" $gap $rate $seconds >/dev/null 2>&1
}

# start_traffic: start traffic between host1 and host2, in both directions, over IPv4 and IPv6.
start_traffic() {
	bg host2 iperf3 -s >/dev/null 2>&1
	bg host1 iperf3 -s >/dev/null 2>&1
	flow host1 10.0.0.2
	flow host2 fd00::1
}

# end_traffic: stop all traffic.
end_traffic() {
	stop "${test_pids[@]}"
	test_pids=()
}

# counted: print counters of host1, then of host2: RX_PACKETS RX_BYTES TX_PACKETS TX_BYTES of the
# peer, the same of the link, and the names of all error counters above 0.
counted() {
	local host
	for host in host1 host2; do
		camexctl -n $host -j peer show camex0
		ip -n $host -s -j link show camex0
		camexctl -n $host -j stats camex0
	done | jq -rs '_nwise(3) |
		(.[0][0] | "\(.rx_packets) \(.rx_bytes) \(.tx_packets) \(.tx_bytes)"),
		(.[1][0].stats64 | "\(.rx.packets) \(.rx.bytes) \(.tx.packets) \(.tx.bytes)"),
		"errors: \([.[2] + .[1][0].stats64.rx + .[1][0].stats64.tx | to_entries[] |
			select(.value != 0 and .key != "packets" and .key != "bytes") | .key] | join(" "))"'
}

# balance WHAT: each end received all that the other end sent, and no error was counted.
balance() {
	local what=$1 all rx_packets rx_bytes tx_packets tx_bytes
	all=$(counted)
	read -r rx_packets rx_bytes tx_packets tx_bytes <<<"$all"
	is "$what: what one counts sent, the other counts received" "$all" \
		"$(printf '%s\n' "$rx_packets $rx_bytes $tx_packets $tx_bytes"{,} "errors: " \
			"$tx_packets $tx_bytes $rx_packets $rx_bytes"{,} "errors: ")"
}

# start_exchange: start exchange.py for exchanged, as a coprocess of this shell.
start_exchange() {
	coproc exchange { exec "$(dirname "$0")/exchange.py"; }
}

# end_exchange: end exchange.py, so that it no longer holds any namespace
end_exchange() {
	# shellcheck disable=SC2154 # set by coproc
	local pid=$exchange_PID
	eval "exec ${exchange[1]}>&-"
	wait "$pid"
}

# nft_packets HOST TABLE: print how many packets the counters of nftables' table inet TABLE have counted
nft_packets() {
	on "$1" nft -j list table inet "$2" | jq '[.nftables[] | .rule? | .expr[]? | .counter? | .packets?] | add'
}

# exchanged COMMAND ARGUMENT...: run a command of exchange.py, which describes them. False if it
# found an error.
exchanged() {
	local answer
	echo "$*" >&"${exchange[1]}"
	read -r -t 120 -u "${exchange[0]}" answer
	echo "$answer"
	[ "$answer" = ok ]
}

# ipsec: set up IPsec in transport mode between host1 and host2.
ipsec() {
	local i j key=0x0123456789abcdef0123456789abcdef01234567
	for i in 1 2; do
		j=$((3 - i))
		on host$i ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x101 reqid 1 mode transport \
			aead 'rfc4106(gcm(aes))' $key 128 &&
			on host$i ip xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x102 reqid 1 mode transport \
				aead 'rfc4106(gcm(aes))' $key 128 &&
			on host$i ip xfrm policy add src 192.0.2.$i dst 192.0.2.$j dir out \
				tmpl src 192.0.2.$i dst 192.0.2.$j proto esp reqid 1 mode transport || return
	done
}

no_ipsec() {
	local i
	for i in 1 2; do
		on host$i ip xfrm policy flush
		on host$i ip xfrm state flush
	done
}

# same DESCRIPTION STATE: the output of the script's function "state" is STATE.
same() {
	local got
	got=$(state)
	[ "$got" = "$2" ]
	result $? "$1"
	[ "$got" = "$2" ] || diff <(echo "$2") <(echo "$got") | note
}

# --- camex-peer, which behaves like the OpenIPC camex daemon ---

declare -A daemons

# daemon HOST ROLE OPTION...: start camex-peer in HOST, in place of an earlier one. Its log is
# $test_tmp/HOST.log; it reads commands from $test_tmp/HOST.fifo.
daemon() {
	local host=$1
	shift
	end_daemon "$host"
	rm -f "$test_tmp/$host.log" "$test_tmp/$host.fifo"
	mkfifo "$test_tmp/$host.fifo"
	bg "$host" camex-peer "$@" --log "$test_tmp/$host.log" --commands "$test_tmp/$host.fifo"
	daemons[$host]=$!
	wait_until 60 grep -q '"ready"' "$test_tmp/$host.log"
}

end_daemon() {
	[ -z "${daemons[$1]-}" ] || stop "${daemons[$1]}"
	daemons[$1]=""
}

# log_of HOST: print the complete lines of the daemon's log.
log_of() {
	grep '}$' "$test_tmp/$1.log"
}

# logged_by HOST FILTER: apply the jq FILTER to the daemon's log, a list, and print the result.
logged_by() {
	log_of "$1" | jq -cs "$2"
}

# count_logged HOST FILTER: print the number of entries of the daemon's log that match FILTER. Of
# jq's syntax FILTER may only have .NAME == VALUE and .NAME == VALUE...
count_logged() {
	local rest=$2 wanted=()
	while [[ $rest =~ ^\.([a-z_0-9]+)\ ==\ (\"[^\"]*\"|[0-9]+)(\ and\ (.*))?$ ]]; do
		wanted+=("\"${BASH_REMATCH[1]}\": ${BASH_REMATCH[2]},")
		rest=${BASH_REMATCH[4]}
	done
	[ -z "$rest" ] || {
		note "no filter: $2" >&2
		return 1
	}
	awk 'BEGIN { for (i = 2; i < ARGC; i++) { want[i] = ARGV[i]; ARGV[i] = "" } }
		sub(/}$/, ",") { for (i in want) if (!index($0, want[i])) next; n++ }
		END { print n + 0 }' "$test_tmp/$1.log" "${wanted[@]}"
}

# has_logged HOST N FILTER: do N or more entries of the daemon's log match FILTER?
has_logged() {
	[ "$(count_logged "$1" "$3")" -ge "$2" ]
}

# tell HOST COMMAND: send COMMAND to the daemon, and wait until it is done.
tell() {
	local before
	before=$(grep -c '"done"' "$test_tmp/$1.log")
	echo "$2" >"$test_tmp/$1.fifo"
	wait_until 20 done_more "$1" "$before"
}

done_more() {
	[ "$(grep -c '"done"' "$test_tmp/$1.log")" -gt "$2" ]
}

# answers HOST ADDRESS: print how many pings of the daemon were answered from ADDRESS.
answers() {
	count_logged "$1" ".dir == \"in\" and .verdict == \"ok\" and .icmp_type == 0 and .source == \"$2\""
}

more_answers() {
	[ "$(answers "$1" "$2")" -ge "$3" ]
}

# pinged HOST ADDRESS [N]: the daemon, without a tun device, sends N pings, and all are answered.
pinged() {
	local before
	before=$(answers "$1" "$2")
	tell "$1" "ping $2 ${3-1}" && wait_until 5 more_answers "$1" "$2" $((before + ${3-1}))
}

# kernel HOST ADDRESS ARGUMENT...: make camex0 in HOST with this inner address, in place of an
# earlier one.
kernel() {
	local host=$1 address=$2
	shift 2
	if on "$host" test -e /sys/class/net/camex0; then camexctl -n "$host" dev del camex0; fi
	camexctl -n "$host" dev add camex0 "$@" &&
		ip -n "$host" address add "$address" dev camex0 &&
		ip -n "$host" link set camex0 up
}

# fleet_conf [LINE...]: print a camex.conf with these lines in [server]. The passphrase is "secret",
# except for CAM02. CAM01 has 10.88.0.2, and so on.
fleet_conf() {
	cat <<-END
		[server]
		port = 7000
		local_cidr = 10.88.0.1/24
		psk = secret
		$(printf '%s\n' "$@")
		[defaults]
		gateway_ip = 10.88.0.1
		mtu = 1400
		route_cidr = 10.77.0.0/24
		[client CAM01]
		local_cidr = 10.88.0.2/24
		[client CAM02]
		local_cidr = 10.88.0.3/24
		psk = other
		mtu = 1300
		route_cidr = 10.78.0.0/24
		[client CAM03]
		local_cidr = 10.88.0.4/24
	END
}

# serve HOST: make a server in HOST from $test_tmp/camex.conf, in place of an earlier one.
serve() {
	if on "$1" test -e /sys/class/net/camex0; then camexctl -n "$1" dev del camex0; fi
	camexctl -n "$1" dev add camex0 && camexctl -n "$1" load camex0 "$test_tmp/camex.conf" &&
		ip -n "$1" link set camex0 up
}

# client_file SERVER [LINE...]: write $test_tmp/client.up, for a client of the server with address
# SERVER, with these lines in [device]. The passphrase is "secret".
client_file() {
	echo secret >"$test_tmp/secret"
	cat >"$test_tmp/client.up" <<-END
		[device]
		name = camex0
		$(printf '%s\n' "${@:2}")
		[peer server]
		endpoint = $1:7000
		passphrase-file = secret
		register = auto
	END
}

# far_end HOST: make the far end for far_file in HOST: 10.0.0.2, with peer host1 and the key in
# $test_tmp/key
far_end() {
	camexctl -n "$1" dev add camex0 port 7000 &&
		camexctl -n "$1" peer add camex0 host1 key-file "$test_tmp/key" routes 10.0.0.1/32 &&
		ip -n "$1" address add 10.0.0.2/24 dev camex0 &&
		ip -n "$1" link set camex0 up
}

# far_file: write $test_tmp/camex0.up: 10.0.0.1, with one peer "far", whose endpoint is a host name
far_file() {
	cat >"$test_tmp/camex0.up" <<-'END'
		[device]
		name = camex0
		port = 7000
		address = 10.0.0.1/24
		[peer far]
		endpoint = far.example:7000
		key-file = key
		routes = 10.0.0.2/32
	END
}

# has_counted HOST COUNTER N: is this counter of camex0 in HOST equal to N?
has_counted() {
	[ "$(counter "$1" "$2")" -eq "$3" ]
}

# is_at HOST PEER REGEX: does the endpoint that HOST has for PEER match REGEX?
is_at() {
	[[ $(peer "$1" "$2" .endpoint) =~ ^$3$ ]]
}

# tenths SINCE: print the tenths of seconds since EPOCHREALTIME was SINCE
tenths() {
	echo $(((${EPOCHREALTIME/./} - ${1/./} + 50000) / 100000))
}

# seconds COMMAND...: print the seconds until COMMAND succeeds, at most 30.
seconds() {
	local start=$EPOCHREALTIME took
	wait_until 30 "$@" || return
	took=$(tenths "$start")
	echo "$((took / 10)).$((took % 10))"
}

# in_time DESCRIPTION LIMIT SECONDS: SECONDS is at most LIMIT.
in_time() {
	local took=${3:-99.0}
	ok "$1: $took s" test "${took/./}" -le $(($2 * 10))
}

# --- the end ---

# done_testing: print the plan and end the script; the last line of each script.
done_testing() {
	tests_done=yes
	echo "1..$tests_run"
	[ "$tests_failed" -eq 0 ] || note "$tests_failed of $tests_run failed"
	exit $((tests_failed > 0 || tests_run == 0))
}

finish_test() {
	local status=$?
	trap - EXIT
	[ -z "${exchange[1]-}" ] || eval "exec ${exchange[1]}>&-"
	[ -n "$tests_done" ] || {
		result 1 "$0 runs to its end"
		note "it ended with status $status after test $((tests_run - 1))"
		status=1
	}
	remove_hosts
	rm -rf "$test_tmp"
	exit $status
}
trap finish_test EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

echo "TAP version 13"
