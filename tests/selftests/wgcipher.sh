#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol wireguard with cipher aes-256-gcm between two camex ends: what is on the wire, every link, beside
# peers with WireGuard's own cipher, and what is told where the ends differ.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

aes="cipher aes-256-gcm"
bytes=500000 large=20M
if slow; then bytes=60000 large=2M; fi

# some_kinds: packets of several kinds go through unchanged
some_kinds() {
	ok "$what: TCP" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	ok "$what: TCP over IPv6" exchanged tcp host1 fd00::1 host2 fd00::2 "$bytes"
	ok "$what: UDP" exchanged udp host1 10.0.0.1 host2 10.0.0.2 1 17 1300 5000
	ok "$what: UDP in runs" exchanged gso host1 10.0.0.1 host2 10.0.0.2 1001 40
	is "$what: nothing was refused" "$( (counters host1; counters host2) | grep -oE '(auth_failed|malformed|replayed|wrong_cipher)=')" ""
}

# cipher HOST FAR: as "show" has it
cipher() {
	camexctl -n "$1" -j peer show camex0 "$2" | member cipher
}

# first_bytes FILE FILTER: the types of the datagrams in a capture, each once
first_bytes() {
	tcpdump -xnr "$1" "$2" 2>/dev/null | awk '$1 == "0x0010:" { print substr($8, 1, 2) }' | sort -u | xargs
}

ok "modules" modprobe -a camex wireguard
ok "three hosts" hosts 3
wg_keys 3
start_exchange

# on other machines it is not built
if [[ $(uname -m) != @(x86_64|aarch64) ]]; then
	# shellcheck disable=SC2086 # two words
	said=$(wg_pair camex camex $aes 2>&1)
	like "it is refused, and why is said" "$said" "cipher aes-256-gcm is not built for this kernel: use chacha20-poly1305"
	wg_gone host1
	ok "without it: two ends" wg_pair camex camex
	ok "without it: ping" reaches host1 10.0.0.2
	is "without it: show says so" "$(cipher host1 host2)" chacha20-poly1305
	for i in 1 2; do wg_gone host$i; done
	done_testing
	exit
fi

# --- both ends ---

what="both ends"
wg_trace host1
# shellcheck disable=SC2086 # two words
ok "$what: two ends" wg_pair camex camex $aes
ok "$what: ping" reaches host1 10.0.0.2
ok "$what: IPv6" reaches host2 fd00::1
wg_traced >/dev/null
is "$what: types on the wire" "$(first_bytes "$test_tmp/trace.pcap" "udp port $wg_port")" "81 82 84"
is "$what: show says so" "$(cipher host1 host2)$(cipher host2 host1)" "aes-256-gcmaes-256-gcm"
like "$what: for people too" "$(camexctl -n host1 show camex0)" 'cipher aes-256-gcm'
is "$what: save keeps it" "$(camexctl -n host1 save camex0 2>/dev/null | grep -c '^cipher = aes-256-gcm$')" 1
some_kinds
for size in 0 1 4 5 36 100 1391 1392 5000; do
	ok "$what: ping of $size" reaches host1 10.0.0.2 -s $size
done
like "$what: the cipher stays" "$(camexctl -n host1 peer set camex0 host2 cipher chacha20-poly1305 2>&1)" "cipher of a peer cannot change: delete and add the peer"
for round in 1 2 3; do
	ok "$what: sessions end, $round" camexctl -n host1 peer forget camex0 host2
	ok "$what: and begin" wait_until 30 reaches host1 10.0.0.2 -W 1
done
ok "$what: IPv6 outside" wg_set host1 host2 endpoint "[2001:db8::2]:$wg_port"
ok "$what: ping" reaches host1 10.0.0.2
# shellcheck disable=SC2086
ok "$what: a preshared key" wg_pair camex camex preshared-key-file "$test_tmp/psk" $aes
ok "$what: ping" reaches host1 10.0.0.2

# --- batches ---

what="batches"
for i in 1 2; do on host$i ethtool -K eth0 gro on >/dev/null; done
# shellcheck disable=SC2086
ok "$what: two ends" wg_pair camex camex $aes
ok "$what: ping" reaches host1 10.0.0.2
bg host2 tcpdump -qni camex0 -s 100 -B 8192 -w "$test_tmp/big.pcap" inbound and tcp 2>/dev/null
tracer=$!
iperf_server host2
wait_until 20 test -e "$test_tmp/big.pcap"
sleep 0.5
ok "$what: TCP" tcp_bps host1 10.0.0.2 $large
ok "$what: TCP over IPv6" tcp_bps host1 fd00::2 2M
sleep 0.5
stop $tracer
merged=$(tcpdump -nr "$test_tmp/big.pcap" 'greater 3000' 2>/dev/null | wc -l)
ok "$what: it arrives in large packets: $merged" test "$merged" -gt 20
some_kinds
end_traffic
for i in 1 2; do batching host$i eth0; done

# --- the ends differ ---

# told_of HOST FAR: the counter has moved, and an event has named the peer
told_of() {
	[ "$(counter "$1" wrong_cipher)" -ge 1 ] &&
		grep -q "\"event\":\"wrong_cipher\".*\"peer\":\"$2\"" "$test_tmp/$1.events"
}

for ours in 1 2; do
	theirs=$((3 - ours))
	what="the wrong cipher at host$ours"
	for i in 1 2; do wg_gone host$i; done
	monitors=()
	for i in 1 2; do
		bg host$i camexctl -j monitor >"$test_tmp/host$i.events"
		monitors+=($!)
	done
	sleep 0.3
	ok "$what: one end" wg_end host$theirs camex host$ours
	# shellcheck disable=SC2086
	ok "$what: the other" wg_end host$ours camex host$theirs endpoint "192.0.2.$theirs:$wg_port" $aes
	nok "$what: no ping" reaches host$ours "10.0.0.$theirs" -W 1
	ok "$what: the other end says so" wait_until 20 told_of host$theirs host$ours
	ok "$what: the other end begins" wg_set host$theirs host$ours endpoint "192.0.2.$ours:$wg_port"
	nok "$what: no ping either" reaches host$theirs "10.0.0.$ours" -W 1
	ok "$what: this end says so" wait_until 20 told_of host$ours host$theirs
	is "$what: there was no session" "$(wg_shaken host1 host2)$(wg_shaken host2 host1)" 00
	is "$what: the event comes once a minute" "$(grep -c wrong_cipher "$test_tmp/host$theirs.events")" 1
	stop "${monitors[@]}"
done
what="WireGuard as the other end"
wg_gone host1
ok "$what: WireGuard" wg_end host2 kernel host1
wg_trace host1
# shellcheck disable=SC2086
ok "$what: camex" wg_end host1 camex host2 endpoint "192.0.2.2:$wg_port" $aes
nok "$what: no ping" reaches host1 10.0.0.2 -W 1
wg_traced >/dev/null
is "$what: it says nothing" "$(tcpdump -nr "$test_tmp/trace.pcap" src 192.0.2.2 2>/dev/null | wc -l)" 0

# --- beside each other ---

what="a hub of both"
wg_gone host1
ok "$what: the hub" wg_device host1 camex links per-peer
ip -n host1 link set camex0 up
# shellcheck disable=SC2086
ok "$what: a peer with AES" wg_peer host1 host2 $aes
ok "$what: a peer without" wg_peer host1 host3
wg_gone host2
ok "$what: camex" wg_device host2 camex
ok "$what: WireGuard" wg_device host3 kernel
for i in 2 3; do
	words=(routes any endpoint "192.0.2.1:$wg_port" keepalive 2)
	if [ $i = 2 ]; then words+=(cipher aes-256-gcm); fi
	ok "$what: the hub is its peer" wg_peer host$i host1 "${words[@]}"
	ip -n host$i address add 10.0.0.$i/24 dev camex0
	ip -n host$i link set camex0 up
done
# link FAR: what it is called in host1
link() {
	peer host1 "$1" .link
}
for i in 2 3; do
	ok "$what: host$i has a link" wait_until 20 eval '[ "$(link host$i)" != null ]'
	ip -n host1 address add 10.0.0.1 peer 10.0.0.$i dev "$(link host$i)"
	ip -n host1 link set "$(link host$i)" up
	ok "$what: host1 reaches host$i" wait_until 10 reaches host1 10.0.0.$i -W 1
	ok "$what: TCP to host$i" exchanged tcp host1 10.0.0.1 host$i 10.0.0.$i "$bytes"
done
is "$what: their ciphers" "$(cipher host1 host2) $(cipher host1 host3)" "aes-256-gcm chacha20-poly1305"

what="Ethernet"
for i in 1 2 3; do wg_gone host$i; done
for i in 1 2; do
	# shellcheck disable=SC2086
	ok "$what: an end" wg_end host$i camex host$((3 - i)) link tap -- endpoint "192.0.2.$((3 - i)):$wg_port" $aes
done
ok "$what: ping" reaches host1 10.0.0.2
some_kinds
for tx in udp netpoll; do
	for rx in udp netfilter; do
		[ $tx$rx != udpudp ] || continue
		what="tx $tx rx $rx"
		for i in 1 2; do wg_gone host$i; done
		for i in 1 2; do
			# shellcheck disable=SC2086
			ok "$what: an end" wg_end host$i camex host$((3 - i)) tx $tx rx $rx -- \
				endpoint "192.0.2.$((3 - i)):$wg_port" $aes
		done
		ok "$what: ping" reaches host1 10.0.0.2
		ok "$what: TCP" exchanged tcp host1 10.0.0.1 host2 10.0.0.2 "$bytes"
	done
done

# --- a single peer, which exists before it has a key ---

what="a single peer"
for i in 1 2; do wg_gone host$i; done
far() {
	camexctl -n host1 peer set camex0 far "$@"
}
# what it has: the cipher, and the beginning of the public key
has() {
	camexctl -n host1 -j peer show camex0 far | jq -r '.[] | "\(.cipher) \(.public_key)"'
}
key=$(<"$test_tmp/host2.pub")
ok "$what: a device" camexctl -n host1 dev add camex0 transport char protocol wireguard \
	private-key-file "$test_tmp/host1.key"
# shellcheck disable=SC2086
like "$what: a cipher alone" "$(far $aes 2>&1)" "give public-key, too: a cipher is set together with it"
# shellcheck disable=SC2086
ok "$what: a key and a cipher" far public-key "$key" $aes
is "$what: it has both" "$(has)" "aes-256-gcm $key"
like "$what: another cipher alone" "$(far cipher chacha20-poly1305 2>&1)" "give public-key, too"
is "$what: it has what it had" "$(has)" "aes-256-gcm $key"
ok "$what: the key again, and another cipher" far public-key "$key" cipher chacha20-poly1305
is "$what: it has that" "$(has)" "chacha20-poly1305 $key"
cat >"$test_tmp/far.conf" <<-END
	[device]
	name = camex0
	transport = char
	protocol = wireguard
	private-key-file = $test_tmp/host1.key
	[peer far]
	public-key = $key
	cipher = aes-256-gcm
END
is "$what: a file with another cipher" "$(camexctl -n host1 reload "$test_tmp/far.conf" 2>&1 | head -n 1)" \
	"peer far: cipher aes-256-gcm (was chacha20-poly1305), public-key $key (was $key)"
is "$what: it has that" "$(has)" "aes-256-gcm $key"
sed -i "s|^public-key.*|public-key = $(<"$test_tmp/host3.pub")|; /^cipher/d" "$test_tmp/far.conf"
like "$what: a file with another key, without a cipher" "$(camexctl -n host1 reload "$test_tmp/far.conf" 2>&1 | head -n 1)" \
	"peer far: public-key .*cipher chacha20-poly1305"
is "$what: it has that" "$(has)" "chacha20-poly1305 $(<"$test_tmp/host3.pub")"
like "$what: nothing is left to do" "$(camexctl -n host1 reload "$test_tmp/far.conf" dry-run 2>&1)" "^$|nothing"
wg_gone host1

# --- the module goes ---

what="module"
# shellcheck disable=SC2086
ok "$what: two ends" wg_pair camex camex $aes
start_traffic
sleep 1
ok "$what: it can be removed under traffic" wait_until 60 modprobe -r camex
end_traffic
ok "$what: and come back" modprobe camex
# shellcheck disable=SC2086
ok "$what: two ends" wg_pair camex camex $aes
ok "$what: ping" reaches host1 10.0.0.2
for i in 1 2; do wg_gone host$i; done
done_testing
