#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Registration with AUTO: a server that has loaded a camex.conf hands out address,
# gateway, MTU and routes, and a client sets them. Both ends are the kernel's.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

conf=$test_tmp/camex.conf

# conf: the whole of camex.conf comes in on stdin.
conf() {
	cat >"$conf"
}

# serve: a server in host1, with what conf has got.
serve() {
	camexctl -n host1 dev add camex0 &&
		camexctl -n host1 load camex0 "$conf" &&
		ip -n host1 link set camex0 up
}

# client_file [LINE...]: a client's file, with these lines in its [device].
client_file() {
	cat >"$test_tmp/client.up" <<-END
		[device]
		name = camex0
		$(printf '%s\n' "$@")
		[peer server]
		endpoint = 192.0.2.1:7000
		passphrase-file = $test_tmp/passphrase
		register = auto
	END
}

# up: in host2, by that file; what it says is in $test_tmp/out.
up() {
	camexctl -n host2 up "$test_tmp/client.up" >"$test_tmp/out" 2>&1
}

# addresses HOST: IPv4 addresses of camex0.
addresses() {
	ip -n "$1" -j -4 address show camex0 | jq -r '[.[0].addr_info[] | "\(.local)/\(.prefixlen)"] | join(" ")'
}

# routes HOST: IPv4 routes through camex0 that are not the kernel's.
routes() {
	ip -n "$1" -j -4 route show dev camex0 |
		jq -r '[.[] | select(.protocol != "kernel") | .dst + (if .gateway then " via \(.gateway)" else "" end)] | join(", ")'
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
umask 077
echo secret >"$test_tmp/passphrase"
ip -n host2 route add default via 192.0.2.1

conf <<'END'
[server]
port = 7000
psk = secret
local_cidr = 10.88.0.1/24
[defaults]
gateway_ip = 10.88.0.1
mtu = 1400
route_cidr = 10.77.0.0/24
[client CAM01]
local_cidr = 10.88.0.2/24
[client cam02]
local_cidr = 10.88.0.3/24
mtu = 1300
route_cidr = 10.78.0.0/24
psk = other
END
ok "a server from camex.conf" serve
is "it has the profiles" "$(peer host1 cam02 '.profile | tojson')" \
	'{"address":"10.88.0.3/24","gateway":"10.88.0.1","mtu":1300,"routes":["10.77.0.0/24","10.78.0.0/24"]}'
client_file 'client-id = cam01'
start=$EPOCHREALTIME
ok "a client comes up" up
note "after $(jq -n "($EPOCHREALTIME - $start) * 10 | round / 10") s"
is "it has its address" "$(addresses host2)" 10.88.0.2/24
is "and MTU" "$(ip -n host2 -j link show camex0 | jq '.[0].mtu')" 1400
is "and routes" "$(routes host2)" "10.77.0.0/24 via 10.88.0.1"
ok "it reaches the server" reaches host2 10.88.0.1
ok "which reaches it" reaches host1 10.88.0.2
camexctl -n host2 show | note
camexctl -n host1 show | note
counters host1 | note
counters host2 | note
done_testing
