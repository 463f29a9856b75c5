#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl load: a camex.conf becomes peers; loading another one changes what
# differs, and a mistake or a refusal changes nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")
example=$here/../../Documentation/examples/camex.conf

# ctl WORD...: in host1
ctl() {
	camexctl -n host1 "$@"
}

# state: all that load could change in host1.
state() {
	on host1 sh -c 'camexctl -j show; ip -j address show; ip -j route show table all' |
		jq -Ss '[.[0] | map(.peers |= map(del(.last_seen_ms, .unanswered_ms, .refused_ms)))] +
		[.[1] | map(.addr_info |= map(select(.scope != "link" or .family == "inet")))] +
		[.[2] | sort_by(.dst, .dev, .type)]'
}

# conf: the whole of camex.conf comes in on stdin.
conf() {
	cat >"$test_tmp/camex.conf"
}

# loads DESCRIPTION [ADDED CHANGED REMOVED [WORD...]]: it is loaded, and there is nothing to say
# but how many peers that changes.
loads() {
	local status=0
	ctl load camex0 "$test_tmp/camex.conf" "${@:5}" >"$test_tmp/out" 2>&1 || status=$?
	like "$1" "$status:$(<"$test_tmp/out")" "^0:${2:-[0-9]+} added, ${3:-[0-9]+} changed, ${4:-[0-9]+} removed$"
}

# undone DESCRIPTION TEXT: it is refused with a line that matches TEXT, and nothing has changed.
undone() {
	local status=0 before
	before=$(state)
	ctl load camex0 "$test_tmp/camex.conf" >"$test_tmp/out" 2>&1 || status=$?
	like "$1" "$status:$(<"$test_tmp/out")" "^1:camexctl: load camex0: $test_tmp/camex.conf:"$'[^\n]*'"$2"$'[^\n]*$'
	unlike "$1: all of it can be undone" "$(<"$test_tmp/out")" 'not undone'
	same "$1: everything is as it was" "$before"
}

# peers: name, the end of the fingerprint and routes of each.
peers() {
	ctl -j show camex0 | jq -c '.[0].peers | map([.name, .fingerprint[-4:], .routes])'
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
umask 077
cp "$example" "$test_tmp/camex.conf"
ok "a device" ctl dev add camex0
loads "the example" 2 0 0
is "the device" "$(ctl -j dev show camex0 | jq -c '.[0] | [.port, .bind, .plaintext, .mtu]')" '[7000,null,false,1428]'
is "the device relays, as the daemon does" "$(ctl -j dev show camex0 | jq '.[0].relay')" true
is "its address" "$(ip -n host1 -j address show camex0 | jq -r '.[0].addr_info[] | "\(.local)/\(.prefixlen)"')" 10.88.0.1/24
like "its peers" "$(peers)" '^\[\["CAM01","[0-9a-f]{4}",\["10.88.0.2/32"\]\],\["CAM02","[0-9a-f]{4}",\["10.88.0.3/32"\]\]\]$'
before=$(state)
loads "the same again" 0 0 0
same "nothing has changed" "$before"

conf <<'END'
[server]
port = 7000
encrypt = yes
psk = secret
local_cidr = 10.88.0.1/24
[client one]
local_cidr = 10.88.0.2/24
[client two]
local_cidr = 10.88.0.3/24
psk = other
[client three]
local_cidr = 10.88.0.4/24
END
loads "other clients" 3 0 2
is "they are there, and the others are not" "$(peers)" \
	'[["one","f196",["10.88.0.2/32"]],["three","f196",["10.88.0.4/32"]],["two","7d1d",["10.88.0.3/32"]]]'

# --- each request to the kernel fails in turn ---

conf <<'END'
[server]
port = 7000
encrypt = yes
psk = secret
mtu = 1400
[client one]
local_cidr = 10.88.0.2/24
[client two]
local_cidr = 10.88.0.3/24
psk = other
[client three]
local_cidr = 10.88.0.4/24
[client gone1]
local_cidr = 10.88.0.5/24
[client gone2]
local_cidr = 10.88.0.6/24
END
cp "$test_tmp/camex.conf" "$test_tmp/before.conf"
loads "clients to begin with" 2 0 0
before=$(state)
conf <<'END'
[server]
port = 7001
psk = secret
mtu = 1300
local_cidr = 10.88.1.1/24
[client one]
local_cidr = 10.88.0.2/24
[client two]
local_cidr = 10.88.0.4/24
[client three]
local_cidr = 10.88.0.3/24
psk = other
[client four]
local_cidr = 10.88.0.5/24
END
ok "what makes them fail is built" gcc -shared -fPIC -o "$test_tmp/nth.so" "$here/nth.c"
partly=""
for ((nth = 1; nth < 100; nth++)); do
	NTH=$nth LD_PRELOAD=$test_tmp/nth.so ctl load camex0 "$test_tmp/camex.conf" >"$test_tmp/out" 2>&1 && break
	like "request $nth fails" "$(<"$test_tmp/out")" $'^camexctl: load camex0: [^\n]+$'
	unlike "what was done is undone" "$(<"$test_tmp/out")" 'not undone'
	if grep -qE 'new keys already|these are left' "$test_tmp/out"; then
		partly+="$(sed -E 's/.*(new keys already|these are left): /\1: /' "$test_tmp/out"), "
		cp "$test_tmp/camex.conf" "$test_tmp/after.conf"
		cp "$test_tmp/before.conf" "$test_tmp/camex.conf"
		loads "back to the beginning"
		mv "$test_tmp/after.conf" "$test_tmp/camex.conf"
		ip -n host1 address del 10.88.1.1/24 dev camex0 2>/dev/null
	fi
	same "nothing has changed, or it could be changed back" "$before"
done
ok "there are $((nth - 1)) of them" test $nth -gt 15
is "what could not be undone was told" "$partly" \
	"new keys already: three, these are left: gone1 gone2, these are left: gone2, "
is "and when none fails it is all there" "$(peers)" \
	'[["four","f196",["10.88.0.5/32"]],["one","f196",["10.88.0.2/32"]],["three","7d1d",["10.88.0.3/32"]],["two","f196",["10.88.0.4/32"]]]'
cp "$test_tmp/before.conf" "$test_tmp/camex.conf"
loads "and back"

# --- a client that talks, whom the next database does not disturb ---

ok "host2 has a device" camexctl -n host2 dev add camex0
echo secret >"$test_tmp/passphrase"
ok "the server is its peer" camexctl -n host2 peer add camex0 server endpoint 192.0.2.1:7000 \
	passphrase-file "$test_tmp/passphrase" routes 10.88.0.0/24
ip -n host2 address add 10.88.0.2/24 dev camex0
ip -n host2 link set camex0 up
ip -n host1 link set camex0 up
ok "it reaches the server" wait_until 20 reaches host2 10.88.0.1 -W 1
endpoint=$(peer host1 one .endpoint)
like "which knows where it is" "$endpoint" '^192\.0\.2\.2:[0-9]+$'
conf <<'END'
[server]
psk = secret
[client ONE]
local_cidr = 10.88.0.2/24
[client two]
local_cidr = 10.88.0.4/24
psk = secret
[client three]
local_cidr = 10.88.0.3/24
psk = other
[client four]
END
ctl load camex0 "$test_tmp/camex.conf" >"$test_tmp/out" 2>&1
is "two peers exchange keys and addresses, and one without an address gets one" "$?:$(<"$test_tmp/out")" \
	"0:1 added, 2 changed, 2 removed"
is "they are so" "$(peers)" \
	'[["four","f196",["10.200.0.2/32"]],["one","f196",["10.88.0.2/32"]],["three","7d1d",["10.88.0.3/32"]],["two","f196",["10.88.0.4/32"]]]'
is "that is what it is handed out" "$(peer host1 four '.profile | [.address, .gateway] | join(" ")')" "10.200.0.2/24 10.200.0.1"
is "the one that has not changed was left alone" "$(peer host1 one '[.endpoint, .rx_packets > 0] | join(" ")')" "$endpoint true"
ok "the server reaches it" reaches host1 10.88.0.2

# --- addresses for those that the file gives none ---

# handed: what each peer is handed out
handed() {
	ctl -j show camex0 | jq -r '.[0].peers | map("\(.name) \(.profile.address) \(.routes | join(","))") | join("; ")'
}

conf <<'END'
[server]
psk = secret
[client one]
local_cidr = 10.88.0.2/24
[client six]
[client five]
gateway_ip = 10.200.0.9
[client seven]
local_cidr = 10.200.0.2/24
[client four]
END
loads "three without an address, and one with that of another before" 3 1 2
is "the lowest that are free, in the order of the file" "$(handed)" \
	"five 10.200.0.4/24 10.200.0.4/32; four 10.200.0.5/24 10.200.0.5/32; one 10.88.0.2/24 10.88.0.2/32; seven 10.200.0.2/24 10.200.0.2/32; six 10.200.0.3/24 10.200.0.3/32"
is "a gateway that is given counts" "$(peer host1 five .profile.gateway)" 10.200.0.9
conf <<'END'
[server]
psk = secret
[client eight]
[client four]
[client FIVE]
gateway_ip = 10.200.0.9
[client one]
local_cidr = 10.88.0.2/24
END
loads "whoever has one keeps it" 1 0 2
is "what became free is given again" "$(handed)" \
	"eight 10.200.0.2/24 10.200.0.2/32; five 10.200.0.4/24 10.200.0.4/32; four 10.200.0.5/24 10.200.0.5/32; one 10.88.0.2/24 10.88.0.2/32"
(printf '[server]\npsk = secret\n[client one]\nlocal_cidr = 10.88.0.2/24\n' && printf '[client c%d]\n' {1..254}) >"$test_tmp/camex.conf"
ctl load camex0 "$test_tmp/camex.conf" >"$test_tmp/out" 2>&1
is "254 for 253 addresses" "$?:$(<"$test_tmp/out")" \
	"0:camexctl: warning: $test_tmp/camex.conf:258: client c254 has no local_cidr, and 10.200.0.0/24 has no address left: nothing is sent to it
254 added, 0 changed, 3 removed"
is "none is given twice" "$(ctl -j show camex0 | jq '[.[0].peers[].routes[]] | [length, (unique | length)] == [254, 254]')" true

# --- one that talks while the others change, again and again ---

conf <<'END'
[server]
psk = secret
[client one]
local_cidr = 10.88.0.2/24
[client two]
local_cidr = 10.88.0.3/24
psk = other
END
cp "$test_tmp/camex.conf" "$test_tmp/first.conf"
sed 's/other/a third/; s/0\.3/0.4/; s/^\[client two/[client nine]\n[client two/' "$test_tmp/first.conf" >"$test_tmp/second.conf"
loads "the first of two databases"
drops() {
	ctl -j stats camex0 | jq -c '[.auth_failed, .no_route, .replayed, .unknown_peer]'
}
dropped=$(drops)
on host2 ping -q -i 0.02 -c 250 10.88.0.1 >"$test_tmp/pings" &
pings=$! times=0 failed=0
while kill -0 $pings 2>/dev/null; do
	ctl load camex0 "$test_tmp/second.conf" >/dev/null 2>&1 || failed=1
	ctl load camex0 "$test_tmp/first.conf" >/dev/null 2>&1 || failed=1
	times=$((times + 2))
done
wait $pings
ok "they are loaded $times times while 250 pings go to and fro" test $times -ge 6 -a $failed -eq 0
like "not one packet was lost" "$(<"$test_tmp/pings")" '250 packets transmitted, 250 received, 0% packet loss'
is "nor dropped" "$(drops)" "$dropped"

# --- what is wrong ---

conf <<'END'
[server]
psk = secret
port = 7001
[client one]
local_cidr = 10.88.0.9/24
[client five]
local_cidr = 10.88.0.300
END
undone "a bad line" '7: .*10\.88\.0\.300'
ok "another device" ctl dev add other0 port 7005
conf <<'END'
[server]
psk = secret
port = 7005
mtu = 1300
[client six]
END
undone "a port in use" '7005'
ok "another device goes" ctl dev del other0
# --- other values ---

conf <<'END'
[server]
psk = secret
tun_dev = tun0
pid_file = /run/camex.pid
frobnicate = yes
psk c2VjcmV0c2VjcmV0c2VjcmV0==
c2VjcmV0c2VjcmV0c2VjcmV0==
encrypt = no
port = 7007
bind_ip = 192.0.2.1
bind_dev = eth0
mtu = 1300
[defaults]
psk = x
[client one]
local_cidr = 10.88.0.2/24
psk = secret
END
chmod 644 "$test_tmp/camex.conf"
ctl load camex0 "$test_tmp/camex.conf" >"$test_tmp/out" 2>&1
is "what has no effect is told" "$?:$(<"$test_tmp/out")" "0:camexctl: warning: other users can read $test_tmp/camex.conf: chmod 600 it
$(for line in 3:tun_dev 4:pid_file 5:'unknown key frobnicate' 6:'unknown key psk... (the rest is not shown)' 7:'unknown key ... (the rest is not shown)' 14:psk; do
	echo "camexctl: warning: $test_tmp/camex.conf:${line%%:*}: ${line#*:} has no effect"
done)
0 added, 1 changed, 1 removed"
is "the device" "$(ctl -j dev show camex0 | jq -c '.[0] | [.port, .bind, .bind_dev, .plaintext, .mtu]')" \
	'[7007,"192.0.2.1","eth0",true,1300]'
is "its peer, without a key" "$(ctl -j show camex0 | jq -c '.[0].peers | map([.name, .fingerprint, .routes])')" \
	'[["one",null,["10.88.0.2/32"]]]'
before=$(state)
ctl load camex0 "$test_tmp/camex.conf" >/dev/null 2>&1
same "again, nothing changes" "$before"
chmod 600 "$test_tmp/camex.conf"
conf <<'END'
[server]
bind_ip = 0.0.0.0
bind_dev = none
port = 7000
END
before=$(state)
undone "a server without clients" ' the file has no clients, so all peers would be removed: force loads it all the same'
is "a dry run of it says what would go" "$(ctl load camex0 "$test_tmp/camex.conf" dry-run force)" \
	"device: port 7000 (was 7007), bind any (was 192.0.2.1), bind-dev none (was eth0)
peer one removed
0 added, 0 changed, 1 removed"
same "and changes nothing" "$before"
loads "a server without clients, by force" 0 0 1 force
is "has none" "$(peers)" '[]'

like "a device that is not there" "$(ctl load nope0 "$test_tmp/camex.conf" 2>&1)" \
	'^camexctl: load nope0: no camex device named nope0$'
ok "a device of protocol raw" ctl dev add raw0 protocol raw
like "it has no clients" "$(ctl load raw0 "$test_tmp/camex.conf" 2>&1)" 'load raw0: raw0 does not use protocol camex'
nobody=(on host1 "${nobody[@]}" camexctl)
chmod 711 "$test_tmp"
chmod 644 "$test_tmp/camex.conf"
echo 'mtu = 1280' >>"$test_tmp/camex.conf"
like "an ordinary user may not" "$("${nobody[@]}" load camex0 "$test_tmp/camex.conf" force 2>&1)" 'permitted'

done_testing
