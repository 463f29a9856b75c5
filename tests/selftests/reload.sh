#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl reload: the running device becomes what the file says; what is the same is
# left alone, and a mistake or a refusal changes nothing.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")

# ctl WORD...: in host1
ctl() {
	camexctl -n host1 "$@"
}

# state: all that reload could change in host1, but for what traffic changes, as whether a peer was heard.
state() {
	on host1 sh -c 'camexctl -j show; ip -j address show; ip -4 -j route show table all
		ip -6 -j route show table all' |
		jq -Ss '[.[0] | map(.peers |= map(del(.last_seen_ms, .unanswered_ms, .refused_ms, .rx_packets, .rx_bytes, .tx_packets, .tx_bytes) |
			.state |= if . == "up" then "waiting" else . end))] +
		[.[1] | map(.addr_info |= (map(select(.scope != "link" or .family == "inet")) | sort_by(.local)))] +
		[.[2:4][] | map(select((.dst | startswith("fe80")) and .dev == "camex0" | not)) | sort_by(.dst, .dev, .type)]'
}

# file: the whole of $test_tmp/camex0.up comes in on stdin.
file() {
	cat >"$test_tmp/camex0.up"
}

# reloads DESCRIPTION OUTPUT [WORD...]: the file is reloaded, and that is what is said.
reloads() {
	local status=0
	ctl reload "$test_tmp/camex0.up" "${@:3}" >"$test_tmp/out" 2>&1 || status=$?
	is "$1" "$status:$(<"$test_tmp/out")" "0:$2"
}

# undone DESCRIPTION TEXT: it is refused with a line that matches TEXT, and nothing has changed.
undone() {
	local status=0 before
	before=$(state)
	ctl reload "$test_tmp/camex0.up" >"$test_tmp/out" 2>&1 || status=$?
	like "$1" "$status:$(tail -n 1 "$test_tmp/out")" "^1:camexctl: reload: $test_tmp/camex0.up:$2"
	unlike "$1: all of it can be undone" "$(<"$test_tmp/out")" 'not undone'
	same "$1: everything is as it was" "$before"
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
umask 077
for key in one two; do
	camexctl key gen >"$test_tmp/$key.key"
done
file <<'END'
[device]
name = camex0
port = 7000
address = 10.9.0.1/24, fd00:9::1/64
mtu = 1300
[peer one]
endpoint = 192.0.2.2:7000
key-file = one.key
routes = 10.9.0.2/32, 10.1.0.0/16
keepalive = 25
[peer two]
key-file = two.key
routes = 10.2.0.0/16, fd00:2::/48
END
like "without a device there is nothing to reload" "$(ctl reload "$test_tmp/camex0.up" 2>&1)" \
	"^camexctl: reload: $test_tmp/camex0.up:2: no camex device named camex0$"
ok "up" ctl up "$test_tmp/camex0.up"
cp "$test_tmp/camex0.up" "$test_tmp/first.up"
first=$(state)
reloads "the same file again" ""
same "nothing has changed" "$first"

# --- a peer that talks, and is not disturbed ---

ok "host2 has a device" camexctl -n host2 dev add camex0 port 7000
ok "host1 is its peer" camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000 \
	key-file "$test_tmp/one.key" routes 10.9.0.0/24
ip -n host2 address add 10.9.0.2/24 dev camex0
ip -n host2 link set camex0 up
ok "it reaches host1" wait_until 20 reaches host2 10.9.0.1 -W 1
first=$(state)
sed 's/^fwmark.*//; s/10\.2\.0\.0/10.3.0.0/; s/1300/1280/' "$test_tmp/first.up" >"$test_tmp/second.up"
cat >>"$test_tmp/second.up" <<'END'
[peer three]
key-file = two.key
routes = 10.2.0.0/16
END
drops() {
	ctl -j stats camex0 | jq -c '[.auth_failed, .no_route, .replayed, .unknown_peer, .no_key]'
}
dropped=$(drops)
on host2 ping -q -i 0.02 -c 250 10.9.0.1 >"$test_tmp/pings" &
pings=$! times=0 failed=0
while kill -0 $pings 2>/dev/null; do
	for turn in second first; do
		cp "$test_tmp/$turn.up" "$test_tmp/camex0.up"
		ctl reload "$test_tmp/camex0.up" >/dev/null 2>&1 || failed=1
		times=$((times + 1))
	done
done
wait $pings
ok "$times reloads while 250 pings go to and fro" test $times -ge 6 -a $failed -eq 0
like "not one packet was lost" "$(<"$test_tmp/pings")" '250 packets transmitted, 250 received, 0% packet loss'
is "nor dropped" "$(drops)" "$dropped"
same "and all is as it was" "$first"

# --- a peer that has moved, and stays where it is ---

# moves PORT: host2 sends from there, and host1 follows.
moves() {
	camexctl -n host2 dev set camex0 port "$1"
	wait_until 20 follows "$1"
}

follows() {
	reaches host2 10.9.0.1 -W 1 && [ "$(peer host1 one .endpoint)" = "192.0.2.2:$1" ]
}
ok "host2 moves" moves 7100
reloads "the same file again" ""
is "its endpoint is not set" "$(peer host1 one '[.endpoint, .configured_endpoint] | join(" ")')" "192.0.2.2:7100 192.0.2.2:7000"
like "show tells both" "$(ctl show camex0)" 'endpoint   192\.0\.2\.2:7100, configured 192\.0\.2\.2:7000'
ok "it moves back" moves 7000

# --- each kind of change ---

file <<'END'
[device]
name = camex0
port = 7001
fwmark = 0x10
tx = netpoll
address = 10.9.0.7/24, 10.8.0.1/32
mtu = 1280
[peer one]
endpoint = 192.0.2.2:7000
key-file = one.key
routes = 10.9.0.2/32, 10.2.0.0/16
[peer three]
key-file = two.key
END
said="device: port 7001 (was 7000), fwmark 16 (was 0), tx netpoll (was udp)
mtu 1280
address 10.9.0.7/24 added
address 10.8.0.1/32 added
address 10.9.0.1/24 removed
address fd00:9::1/64 removed
peer three added
peer one: keepalive 10 (was 25), routes 10.2.0.0/16,10.9.0.2/32
kernel route 10.1.0.0/16 removed
kernel route fd00:2::/48 removed
peer two removed"
before=$(state)
reloads "a dry run" "$said" dry-run
same "which changes nothing" "$before"
reloads "the same in earnest" "$said"
is "the device" "$(ctl -j dev show camex0 | jq -c '.[0] | [.port, .fwmark, .tx, .mtu]')" '[7001,16,"netpoll",1280]'
like "show tells what is not the default" "$(ctl show camex0)" 'port 7001, fwmark 0x10, tx netpoll'
is "its peers" "$(ctl -j show camex0 | jq -c '.[0].peers | map([.name, .keepalive, .routes])')" \
	'[["one",10,["10.2.0.0/16","10.9.0.2/32"]],["three",0,[]]]'
is "its addresses" "$(ip -n host1 -j address show camex0 |
	jq -c '.[0].addr_info | map(select(.scope == "global") | "\(.local)/\(.prefixlen)") | sort')" '["10.8.0.1/32","10.9.0.7/24"]'
is "its kernel routes" "$(ip -n host1 -j route show dev camex0 | jq -c 'map(.dst) | sort')" \
	'["10.2.0.0/16","10.9.0.0/24","10.9.0.2"]'
reloads "once more, with nothing to say" ""
want=$(state)
ok "down" ctl down "$test_tmp/camex0.up"
ok "up" ctl up "$test_tmp/camex0.up"
is "it is what up makes" "$(state | jq 'del(.. | .ifindex?, .endpoint?, .state?)')" \
	"$(jq 'del(.. | .ifindex?, .endpoint?, .state?)' <<<"$want")"

# --- each request to the kernel fails in turn ---

ok "what makes them fail is built" gcc -shared -fPIC -o "$test_tmp/nth.so" "$here/nth.c"
before=$(state)
cp "$test_tmp/camex0.up" "$test_tmp/third.up"
cp "$test_tmp/first.up" "$test_tmp/camex0.up"
sed -i 's/^\[peer two\]/&\nregister = off/' "$test_tmp/camex0.up"
# with LOST=1 it is done, or not, and its answer is lost
for lost in "" 1; do
	partly=0
	for ((nth = 1; nth < 100; nth++)); do
		what="request $nth${lost:+, whose answer is lost,}"
		LOST=$lost NTH=$nth LD_PRELOAD=$test_tmp/nth.so ctl reload "$test_tmp/camex0.up" >"$test_tmp/out" 2>&1 && break
		like "$what fails" "$(tail -n 1 "$test_tmp/out")" $'^camexctl: reload: [^\n]+$'
		unlike "what was done is undone" "$(<"$test_tmp/out")" 'not undone'
		if grep -qE 'new keys already|these are left' "$test_tmp/out"; then
			partly=$((partly + 1))
			ctl reload "$test_tmp/third.up" >/dev/null 2>&1
		fi
		same "nothing has changed, or it could be changed back" "$before"
	done
	ok "there are $((nth - 1)) of them" test $nth -gt 20
	is "only the deletion of peer three cannot be undone" $partly 1
	ok "back again" ctl reload "$test_tmp/third.up"
	before=$(state)
done

# --- what is refused ---

cp "$test_tmp/first.up" "$test_tmp/camex0.up"
ok "back to the first" ctl reload "$test_tmp/camex0.up"
sed -i 's/^port.*/link = tap/' "$test_tmp/camex0.up"
undone "what a running device keeps" '3: link tap: a running device keeps its link: camexctl down and up change it$'
sed 's/name = camex0/name = camex1/' "$test_tmp/first.up" >"$test_tmp/camex0.up"
undone "another name" '2: no camex device named camex1: reload does not rename the running device camex0: ip link set camex0 name camex1, or camexctl dev del camex0 and up$'
ok "another device" ctl dev add other0 port 7005
sed 's/7000$/7005/; s/1300/1290/; s/10\.1\.0\.0/10.4.0.0/' "$test_tmp/first.up" >"$test_tmp/camex0.up"
undone "a port in use" '3: .*7005'
ok "another device goes" ctl dev del other0
ok "a route of the host" ip -n host1 route add 10.5.0.0/16 via 192.0.2.2
sed 's/10\.1\.0\.0/10.5.0.0/; s/1300/1290/; s/9\.0\.1/9.0.3/' "$test_tmp/first.up" >"$test_tmp/camex0.up"
undone "a kernel route that is there already" '9: kernel route 10\.5\.0\.0/16: it exists already$'
ok "without it" ip -n host1 route del 10.5.0.0/16
nobody=(on host1 "${nobody[@]}" camexctl)
chmod 711 "$test_tmp"
chmod 644 "$test_tmp"/*.up
chown 65534 "$test_tmp"/*.key
like "an ordinary user may not" "$("${nobody[@]}" reload "$test_tmp/camex0.up" 2>&1)" 'permitted'

done_testing
