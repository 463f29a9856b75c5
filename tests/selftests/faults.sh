#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# More of memory.sh: devices and peers of all protocols, links and transports, by camexctl, ip and wg; files that are
# loaded; system calls on /dev/camex and on ttys; the module itself; and traffic by each path.
# Each with one of the allocations failing that the kernel makes for it, or with user memory that is not there.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that are called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/failing.bash"
here=$(dirname "$0")
# so many allocations of each request
[ -n "${CAMEX_LONG-}" ] || share=2

nothing() {
	ip link del camex0 2>/dev/null
}

ok "the module" modprobe camex
ok "what lets allocations fail" begin_faults
(umask 077 && camexctl key gen >"$test_tmp/key" && wg genpsk >"$test_tmp/psk")
for i in 1 2; do wg genkey >"$test_tmp/wg$i" && wg pubkey <"$test_tmp/wg$i" >"$test_tmp/pub$i"; done
public="public-key $(<"$test_tmp/pub1")"

# --- devices ---

# the keywords of each
devices=("link tap protocol raw port 7000" "protocol jtunnel id 0123456789abcdef port 7000" "protocol wireguard private-key-file $test_tmp/wg2"
	"transport tcp port 7000" "transport udp,tcp port 7000" "transport serial" "transport char link tap"
	"rx netfilter port 7000 bind-dev lo" "links per-peer protocol wireguard private-key-file $test_tmp/wg2 port 7000")
for words in "${devices[@]}"; do
	read -ra words <<<"$words"
	each nothing camexctl dev add camex0 "${words[@]}"
done
each nothing ip link add camex0 type camex

# --- what a device is given ---

# given DEVICE... -- PEER...: a device with these keywords, and a peer bob
given() {
	local keywords=()
	while [ "$1" != -- ]; do
		keywords+=("$1")
		shift
	done
	shift
	device "${keywords[@]}" && { [ $# -eq 0 ] || camexctl peer add camex0 bob "$@"; }
}

wireguard() { device protocol wireguard private-key-file "$test_tmp/wg2" port 7000; }
wireguard_bob() {
	# shellcheck disable=SC2086
	given protocol wireguard private-key-file "$test_tmp/wg2" port 7000 -- $public endpoint 192.0.2.2:7000 routes 10.0.0.0/24
}
per_peer() { device links per-peer port 7000; }
per_peer_bob() { given links per-peer port 7000 -- endpoint 192.0.2.2:7000 key-file "$test_tmp/key"; }
tcp() { device transport tcp port 7000; }
both_bob() { given transport udp,tcp port 7000 -- endpoint 192.0.2.2:7000 key-file "$test_tmp/key" routes any; }
frames_bob() {
	given link tap port 7000 -- endpoint 192.0.2.2:7000 key-file "$test_tmp/key" && camexctl fdb add camex0 02:00:00:00:00:07 peer bob
}
udp_bob() { given port 7000 -- endpoint 192.0.2.2:7000 key-file "$test_tmp/key" routes 10.0.0.2/32; }

# shellcheck disable=SC2086
each wireguard camexctl peer add camex0 bob $public endpoint 192.0.2.2:7000 routes 10.0.0.2/32,fd00::2/128 \
	preshared-key-file "$test_tmp/psk" cipher aes-256-gcm keepalive 25
each wireguard_bob camexctl peer set camex0 bob endpoint "[2001:db8::2]:7000" routes 10.0.1.0/24,fd00::/64 \
	preshared-key-file "$test_tmp/psk"
wg genkey >"$test_tmp/wg3"
each wireguard_bob camexctl dev set camex0 private-key-file "$test_tmp/wg3" port 7001
each per_peer camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key"
each per_peer_bob camexctl peer set camex0 bob endpoint 192.0.2.3:7000 keepalive 5
each tcp camexctl peer add camex0 bob endpoint 192.0.2.2:7000 key-file "$test_tmp/key" routes any
each both_bob camexctl dev set camex0 port 7001 bind 127.0.0.1
each udp_bob camexctl dev set camex0 rx netfilter tx netpoll bind-dev lo fwmark 7 relay on
stations=there
each frames_bob camexctl fdb del camex0 02:00:00:00:00:07
stations=""
each udp_bob camexctl peer forget camex0 bob
each udp_bob camexctl dev del camex0

# --- files ---

cat >"$test_tmp/first.up" <<-END
	[device]
	name = camex0
	port = 7000
	table = off
	address = 10.0.0.1/24, fd00::1/64
	[peer bob]
	endpoint = 192.0.2.2:7000
	key-file = key
	routes = 10.0.0.2/32
	[peer carol]
	key-file = key
	routes = 10.0.1.0/24
END
sed -e 's/7000/7001/; s/10.0.1.0/10.0.2.0/; s/10.0.0.1\/24/10.0.0.7\/24/' "$test_tmp/first.up" >"$test_tmp/second.up"
printf '[peer dave]\nkey-file = key\nroutes = 10.0.1.0/24\n' >>"$test_tmp/second.up"
printf '[server]\npsk = secret\nlocal_cidr = 10.88.0.1/24\n[client one]\nlocal_cidr = 10.88.0.2/24\n[client two]\n' >"$test_tmp/camex.conf"

up_first() { nothing; camexctl up "$test_tmp/first.up" && cp "$test_tmp/second.up" "$test_tmp/camex0.up"; }
empty() { device port 7000; }
each nothing camexctl up "$test_tmp/first.up"
each up_first camexctl reload "$test_tmp/camex0.up"
each empty camexctl load camex0 "$test_tmp/camex.conf"
nothing

# --- system calls ---

each nothing "$here/faultcalls.py" tun
each nothing "$here/faultcalls.py" tap_link
each nothing "$here/faultcalls.py" queues
each nothing "$here/faultcalls.py" plain
line() { ip link del ser0 2>/dev/null; camexctl dev add ser0 transport serial && ip link set ser0 up; }
each line "$here/faultcalls.py" ldisc
pass_on -p "/dev/camex: " "$here/faultcalls.py" faulty
pass_on -p "line discipline: " "$here/faultcalls.py" faulty_ldisc
ip link del ser0

# --- traffic ---

# lacking: all comes over TCP, as often as it takes until an end had to do without
lacking() {
	for _ in {1..40}; do
		exchanged more 30000 || return
		[ "$(counter host1 no_memory)" -eq 0 ] && [ "$(counter host2 no_memory)" -eq 0 ] || return 0
	done
	false
}

# the keywords of both devices and of the peers
paths=("protocol jtunnel id 0011223344556677|id 0011223344556677" "link tap|" "rx netfilter|" "tx netpoll|" "protocol raw|"
	"transport tcp|" "wireguard|" "wireguard|cipher aes-256-gcm")
turn=$((SRANDOM % ${#paths[@]}))
for ((n = 0; n < ${#paths[@]}; n++)); do
	# the short form has two of them
	[ -n "${CAMEX_LONG-}" ] || [ $(((n + turn) % ${#paths[@]})) -lt 2 ] || continue
	IFS='|' read -r own theirs <<<"${paths[n]}"
	what="${own}${theirs:+, $theirs}"
	hosts 2
	start_exchange
	two_ends "$own" "$theirs"
	ok "$what: a connection" exchanged connect host1 10.0.0.1 host2 10.0.0.2
	inject ignore-gfp-wait=Y ignore-gfp-highmem=Y probability=2 times=-1
	ok "$what: one in 50 allocations fails: all comes over TCP, drops are counted" lacking
	inject probability=0 ignore-gfp-wait=N ignore-gfp-highmem=N
	ok "$what: then all have memory again" wait_until 20 reaches host2 10.0.0.1 -W 1
	end_exchange
	no_devices
done
remove_hosts

# --- wg, and the module itself ---

# Loading it is not tried without memory: the kernel's own list of trace events warns then (event_define_fields()).
ok "the module goes" modprobe -r camex
ok "the module, as WireGuard" modprobe camex wireguard=1
wg_link() { nothing; ip link add camex0 type wireguard; }
wg_file() {
	printf '[Interface]\nPrivateKey = %s\nListenPort = 7000\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.0.0.0/24, fd00::/64\nEndpoint = 192.0.2.2:7000\nPresharedKey = %s\n' \
		"$(<"$test_tmp/wg2")" "$(<"$test_tmp/pub1")" "$(<"$test_tmp/psk")"
}
wg_file >"$test_tmp/wg.conf"
wg_set() { wg_link && wg setconf camex0 "$test_tmp/wg.conf"; }
each nothing ip link add camex0 type wireguard
# few of the allocations are for allowed IPs
share=100 each wg_set wg set camex0 peer "$(<"$test_tmp/pub1")" allowed-ips 10.0.1.0/24
# wg setconf is not one change, here or in WireGuard: what was refused is complete when it is done again
partly=yes
each wg_link wg setconf camex0 "$test_tmp/wg.conf"
partly=""
each wg_set wg show camex0 dump
nothing

done_testing
