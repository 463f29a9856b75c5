#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What people are used to: -j behind the command, default as a prefix, comments behind values, and
# being told of settings of the kernel that stop what a file asks for.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# file: a file for up comes in on stdin
file() {
	cat >"$test_tmp/camex0.up"
}

# says COMMAND...: what it writes to stderr, when it succeeds
says() {
	{ camexctl -n host1 "$@" >/dev/null || echo "status $?" >&2; } 2>&1
}

# sysctl_of NAME VALUE
sysctl_of() {
	on host1 sysctl -q -w "$1=$2"
}

umask 077
ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
camexctl key gen >"$test_tmp/key"

# --- comments, and a file that is as it is saved ---
file <<END
[device]
name = camex0 # as ip shows it
port = 7000	# udp
address = 10.0.0.1/24
[peer #1]
key-file = key # made by camexctl key gen
routes = 10.0.0.2/32
END
is "up: comments behind values" "$(says up "$test_tmp/camex0.up")" ""
is "-j behind the command" "$(camexctl -n host1 dev show -j camex0 | jq -c '.[0] | [.name, .port]')" '["camex0",7000]'
is "--json at the end" "$(camexctl -n host1 peer show camex0 --json | jq -c '.[0].name')" '"#1"'
ok "a path with # in it" cp "$test_tmp/key" "$test_tmp/a #b"
ok "is taken" camexctl -n host1 key set camex0 "#1" key-file "$test_tmp/a #b"
like "and save tells that it cannot stand in a file" "$(camexctl -n host1 save camex0)" '
# key-file: "/[^"]*/a #b" cannot stand in a file: # behind a blank begins a comment'
ok "down" camexctl -n host1 down "$test_tmp/camex0.up"

# --- default, and any ---
for routes in any 0.0.0.0/0,::/0 default,::/0; do
	file <<-END
		[device]
		name = camex0
		address = 10.0.0.1/24
		[peer far]
		endpoint = 192.0.2.2:7000
		key-file = key
		routes = $routes
	END
	is "routes $routes: up" "$(says up "$test_tmp/camex0.up")" ""
	is "routes $routes: those of the peer" "$(camexctl -n host1 route show -j camex0 | jq -c 'map(.prefix)')" '["0.0.0.0/0","::/0"]'
	like "routes $routes: what goes elsewhere goes into the tunnel" "$(ip -n host1 route get 198.51.100.1)" 'dev camex0 '
	like "routes $routes: but not the tunnel's own datagrams" \
		"$(ip -n host1 route get 192.0.2.2 mark "$(camexctl -n host1 -j dev show camex0 | jq '.[0].fwmark')")" 'dev eth0 '
	camexctl -n host1 down "$test_tmp/camex0.up"
done
sed -i '/^name/atable = off' "$test_tmp/camex0.up"
is "table off: up" "$(says up "$test_tmp/camex0.up")" ""
unlike "table off: no route" "$(ip -n host1 route get 198.51.100.1 2>&1)" 'dev camex0 '

# --- a passphrase file that holds a key ---
is "a key where a passphrase is expected" "$(says key set camex0 far passphrase-file "$test_tmp/key")" \
	"camexctl: warning: $test_tmp/key holds a key in base64 and was taken as a passphrase: key-file takes it as the key"
echo "a passphrase" >"$test_tmp/passphrase"
is "a passphrase" "$(says key set camex0 far passphrase-file "$test_tmp/passphrase")" ""
is "a key as a key" "$(says key set camex0 far key-file "$test_tmp/key")" ""
camexctl -n host1 down "$test_tmp/camex0.up"

# --- settings of the kernel ---
file <<END
[device]
name = camex0
address = 10.0.0.1/24
relay = on
[peer one]
key-file = key
routes = 10.0.0.2/32
push-routes = 10.0.0.3/32,198.51.100.0/24
[peer two]
passphrase-file = passphrase
routes = 10.0.0.3/32
END
sysctl_of net.ipv4.ip_forward 0
is "ip_forward is off" "$(says up "$test_tmp/camex0.up")" \
	"camexctl: warning: $test_tmp/camex0.up:8: push-routes: clients reach 198.51.100.0/24 through this host, which does not forward: sysctl -w net.ipv4.ip_forward=1"
sysctl_of net.ipv4.ip_forward 1
is "ip_forward is on" "$(says reload "$test_tmp/camex0.up")" ""
sysctl_of net.ipv4.ip_forward 0
sed -i 's/,198.*//' "$test_tmp/camex0.up"
is "ip_forward is off, and the peer's own routes are relayed" "$(says reload "$test_tmp/camex0.up")" ""
camexctl -n host1 down "$test_tmp/camex0.up"
file <<END
[device]
name = camex0
address = 10.0.0.1/24
table = off
[peer one]
key-file = key
routes = 10.7.0.0/16
END
sysctl_of net.ipv4.conf.all.rp_filter 1
is "rp_filter is strict" "$(says up "$test_tmp/camex0.up")" \
	"camexctl: warning: $test_tmp/camex0.up:4: table off: rp_filter is strict and drops what comes from 10.7.0.0/16 unless a route leads there: sysctl -w net.ipv4.conf.camex0.rp_filter=2"
ok "as it says" sysctl_of net.ipv4.conf.camex0.rp_filter 2
is "rp_filter is loose" "$(says reload "$test_tmp/camex0.up")" ""
camexctl -n host1 down "$test_tmp/camex0.up"
sed -i '/^table/d' "$test_tmp/camex0.up"
is "rp_filter is strict, and there is a route" "$(says up "$test_tmp/camex0.up")" ""

done_testing
