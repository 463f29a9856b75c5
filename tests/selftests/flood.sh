#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Forged REGISTERs of protocol camex, and handshakes of protocol wireguard with a valid mac1, come from many addresses
# (1,000,000 with CAMEX_LONG=1), ten for each packet of an honest peer, whose traffic fills half of its line: it loses
# next to nothing, softirqs and memory have a bound, and no stranger gets more than he sent.
# host1 is flooded, host2 is the honest peer, on a line of 20 Mbit/s, host3 the strangers.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
sources=20000 line=20 rate=850 burst=100
[ -z "${CAMEX_LONG-}" ] || sources=1000000
# where the clock does not count instructions, or each packet costs many more of them
if slow || [ "$(uname -m)" != x86_64 ]; then sources=4000 line=2 rate=85 burst=10; fi
size=1372 # of a payload: with all headers the datagram has 1,486 bytes on the line, with protocol wireguard some more
clients=64
many=4000 # to measure what one takes
if slow; then many=2000; fi

available() {
	local name kib
	while read -r name kib _; do
		[ "$name" != MemAvailable: ] || echo "$kib"
	done </proc/meminfo
}

# watch_memory: what is the least that is available, each second
watch_memory() {
	while sleep 1; do available; done
}

# honest ADDRESS SECONDS: host2 sends; sets sent and lost
honest() {
	on host2 iperf3 -u -J -c "$1" -b $((rate * size * 8)) -l "$size" -t "$2" -w 1M >"$test_tmp/iperf" || return
	read -r sent lost < <(jq -r '.end.sum | "\(.packets) \(.lost_packets)"' "$test_tmp/iperf")
	[[ $sent =~ ^[0-9]+$ && $lost =~ ^[0-9]+$ ]]
}

# cost PORT FILE: nanoseconds that a message takes, from its sender to where host1's softirq is done with it. Where the
# clock counts instructions these are as many. All are sent at once, and no worker runs meanwhile.
cost() {
	on host3 "$test_tmp/flood" -s 100.64.0.1 -n $sources -t $many 192.0.2.1 "$1" "$test_tmp/$2" | jq ".us * 1000 / $many | floor"
}

flooded() {
	jq -r ".$1" "$test_tmp/report"
}

# start_flood PORT FILE [BURST]
start_flood() {
	bg host3 "$test_tmp/flood" -s 100.64.0.1 -n $sources -b "${3-$burst}" -w 9 192.0.2.1 "$1" "$test_tmp/$2" >"$test_tmp/report"
	flood=$!
}

# new_client: one that nobody knows yet registers while strangers do; prints the tenths of a second that it takes
new_client() {
	local start=$EPOCHREALTIME
	ip -n host2 link set new0 up && ip -n host2 route add 10.0.0.1/32 dev new0 metric 5 &&
		wait_until 300 reaches host2 10.0.0.1 -I new0 -W 1 && tenths "$start"
}

# attacked WHAT DEV PORT FILE ADDRESS: ADDRESS is the inner one
attacked() {
	local what=$1 dev=$2 port=$3 file=$4 address=$5 seconds before least watch took plain rate_of first
	plain=$(cost 51999 "$file")
	took=$(cost "$port" "$file")
	# most of it is the sender's, and the kernel's way to the socket
	ok "$what: a message takes $((took - plain)) ns more than one to nobody, which takes $plain" [ $((took - plain)) -le $((plain * 4)) ]
	ok "$what: honest traffic alone" honest "$address" 5
	is "$what: loses nothing" "$lost" 0
	# each source once: some packets fewer a second than the flood can send
	seconds=$((sources / (rate * 10) + 2))
	first=$(sum_counted "$dev")
	before=$(available)
	watch_memory >"$test_tmp/memory" &
	watch=$!
	start_flood "$port" "$file"
	ok "$what: honest traffic, and a flood" honest "$address" $seconds
	if [ "$dev" = camex0 ]; then
		took=$(new_client | tail -n 1)
		ok "$what: a client that is not known yet registers meanwhile ($took tenths of a second)" [ "${took:-9999}" -lt 3000 ]
	fi
	ok "$what: each source was there" wait_until 300 eval '[ "$(sum_counted $dev)" -ge $((first + sources)) ]'
	stop $flood $watch
	note <"$test_tmp/report"
	note "$what: counted: $(counters host1 "$dev")"
	is "$what: so many sources" "$(flooded sources)" $sources
	ok "$what: honest traffic loses less than 1 % ($lost of $sent)" [ $((lost * 100)) -lt "$sent" ]
	rate_of=$(jq '.sent * 1000000 / .us | floor' "$test_tmp/report")
	ok "$what: there are ten forged for each packet ($rate_of a second)" [ "$rate_of" -ge $((rate * 10)) ]
	least=$(sort -n "$test_tmp/memory" | head -n 1)
	ok "$what: $((before - least)) KiB of memory are used at most, of 16 MiB" [ $((before - least)) -lt 16384 ]
	ok "$what: $(flooded reply_bytes) bytes of answers for $(flooded sent_bytes)" [ "$(flooded reply_bytes)" -le "$(flooded sent_bytes)" ]
	ok "$what: the peer is reached afterwards" reaches host2 "$address"
}

# sum_counted DEV: of what strangers have sent
sum_counted() {
	local n sum=0
	for n in $(counters host1 "$1"); do sum=$((sum + ${n#*=})); done
	echo "$sum"
}

# wg_end HOST PORT ADDRESS
wg_end() {
	wg genkey >"$test_tmp/$1.wg" && wg pubkey <"$test_tmp/$1.wg" >"$test_tmp/$1.pub" &&
		camexctl -n "$1" dev add wg0 protocol wireguard port "$2" private-key-file "$test_tmp/$1.wg" &&
		ip -n "$1" address add "$3" dev wg0 && ip -n "$1" link set wg0 up
}

ok "the module" modprobe camex
ok "the flood" gcc -O -Wall -o "$test_tmp/flood" "$here/flood.c"
ok "three hosts" hosts 3
ok "answers to strangers pass by them" ip -n host1 route add 100.64.0.0/10 via 192.0.2.3
ok "the honest peer's line" tc -n host2 qdisc add dev eth0 root tbf rate ${line}mbit burst 32k latency 100ms
ok "room for what comes" sysctl -qw net.core.rmem_max=4194304 net.core.wmem_max=4194304
check "REGISTERs under no key" '"$here/flood.py" register >"$test_tmp/register"'
check "REGISTERs in plain" '"$here/flood.py" plain >"$test_tmp/plain"'

# --- protocol camex ---

ok "a tunnel" tunnel 4 key
ok "$((clients - 1)) more clients" on host1 "$here/peers.py" add camex0 1 $((clients - 1))
ok "one of them in host2" eval '"$here/peers.py" key $((clients - 1)) >"$test_tmp/new" && camexctl -n host2 dev add new0 &&
	camexctl -n host2 peer add new0 server endpoint 192.0.2.1:7000 key-file "$test_tmp/new" routes 10.0.0.1/32 &&
	ip -n host2 address add 10.64.0.$((clients - 1))/32 dev new0'
ok "the way back to it" ip -n host1 route add 10.64.0.0/16 dev camex0
ok "ping" reaches host2 10.0.0.1
ok "a server" iperf_server host1
attacked camex camex0 7000 register 10.0.0.1
is "camex: strangers get no answer" "$(flooded replies)" 0
no_devices
camexctl -n host2 dev del new0

# --- protocol camex in plain, which sends a client whose name is known a CONFIG, once in 5 s, and KEEPALIVEs ---

ok "a device in plain" eval 'camexctl -n host1 dev add camex0 port 7000 plaintext on &&
	camexctl -n host1 peer add camex0 CAM routes 10.1.0.2/32 address 10.1.0.2/24 gateway 10.1.0.1 push-routes 10.7.0.0/16 &&
	tunnel_up host1'
start_flood 7000 plain 10
sleep 11
stop $flood
note <"$test_tmp/report"
ok "plain: somebody gets an answer" [ "$(flooded replies)" -gt 0 ]
ok "plain: $(flooded reply_bytes) bytes of answers for $(flooded sent_bytes)" [ "$(flooded reply_bytes)" -le "$(flooded sent_bytes)" ]
no_devices

# --- protocol wireguard ---

ok "wireguard: two ends" eval 'wg_end host1 51820 10.9.0.1/24 && wg_end host2 51820 10.9.0.2/24'
for i in 1 2; do
	j=$((3 - i))
	ok "wireguard: a peer" camexctl -n host$i peer add wg0 "host$j" public-key "$(<"$test_tmp/host$j.pub")" \
		endpoint "192.0.2.$j:51820" routes "10.9.0.$j/32"
done
ok "wireguard: ping" wait_until 20 reaches host2 10.9.0.1
check "wireguard: messages" '"$here/flood.py" right "$(<"$test_tmp/host1.pub")" >"$test_tmp/right"'
attacked wireguard wg0 51820 right 10.9.0.1
ok "wireguard: strangers get cookies" [ "$(flooded replies)" -gt $((sources / 10)) ]
is "wireguard: and nothing else" "$(flooded others)" 0
done_testing
