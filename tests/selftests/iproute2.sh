#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Debian's own ip with the plug-in link_camex.so: devices made, shown and changed by it are those of camexctl.
# CAMEX_IP_TREE: a tree of another Debian release, whose ip is tried; CAMEX_IP_PLUGIN: where the plug-in is
# that was built there (tests/iproute2/test-plugin).
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"

own=$(readlink -f "$(dirname "$0")/../../build")
plugin=${CAMEX_IP_PLUGIN-$own}

# plugged WORD...: ip with the plug-in
plugged() {
	if [ -n "${CAMEX_IP_TREE-}" ]; then
		chroot "$CAMEX_IP_TREE" env IP_LIB_DIR=/mnt ip "$@"
	else
		IP_LIB_DIR=$plugin ip "$@"
	fi
}

# settings NAME: all of a device but what it is called
settings() {
	camexctl -j dev show "$1" | jq -cS '.[0] | del(.name, .ifindex, .peers)'
}

# same WORD...: ip and camexctl make the same of these keywords
same() {
	local one two
	ok "ip link add type camex $*" plugged link add same0 type camex "$@"
	one=$(settings same0)
	ip link del same0
	ok "camexctl dev add $*" camexctl dev add same0 "$@"
	two=$(settings same0)
	ip link del same0
	is "are the same" "$one" "$two"
	like "and have settings" "$one" '"protocol":'
}

# info NAME: what ip says in JSON
info() {
	plugged -j -d link show dev "$1" | jq -cS '.[0].linkinfo | [.info_kind, .info_data]'
}

# refuses TEXT WORD...: ip does not, and says so
refuses() {
	local text=$1
	shift
	nok "ip link $*: no" plugged link "$@"
	like "it says why" "$(<"$test_tmp/output")" "$text"
}

ok "modprobe camex" modprobe camex
if [ -n "${CAMEX_IP_TREE-}" ]; then
	ok "the tree has the plug-in" mount --bind "$plugin" "$CAMEX_IP_TREE/mnt"
	ok "and the files of the test" mount --bind /tmp "$CAMEX_IP_TREE/tmp"
fi
like "which ip" "$(plugged -V)" '^ip utility, iproute2-[0-9]'
note "$(plugged -V)"
camexctl key gen >"$test_tmp/private"

# --- without the plug-in ---
ok "plain ip makes a device" env IP_LIB_DIR=/nonexistent ip link add plain0 type camex
is "which is the default one" "$(camexctl -j dev show plain0 | jq -r '.[0] | [.link, .protocol, .transport] | join(" ")')" \
	"tun camex udp"
nok "it knows no keyword" env IP_LIB_DIR=/nonexistent ip link add plain1 type camex port 7000
ip link del plain0

# --- help ---
plugged link help camex >"$test_tmp/help" 2>&1
is "the help has each keyword of dev add" \
	"$(sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' "$test_tmp/help" | sort)" \
	"$(camexctl help dev add | sed -n 's/^  \([a-z][a-z-]*\) [^ ].*/\1/p' | sort)"
is "ip link add type camex help is the same" "$(plugged link add type camex help 2>&1)" "$(<"$test_tmp/help")"

# --- all keywords ---
same port 7006
same link tun protocol camex transport udp port 7001 bind 127.0.0.1 bind-dev lo fwmark 0x10 tx udp rx udp links shared \
	relay on source-check off plaintext on client-id CAM1
same link tap protocol raw port 7002 ageing 60 bind ::1
same protocol jtunnel port 7005 id 0011223344556677 links per-peer link-name cam%d link-timeout 30
same protocol wireguard private-key-file "$test_tmp/private" port 7003
same transport serial
same transport tcp port 7004

# --- show ---
ok "a device" plugged link add camex0 mtu 1300 type camex port 7000 bind 127.0.0.1 relay on fwmark 16
like "ip -d link show" "$(plugged -d link show camex0)" \
	'camex link tun protocol camex transport udp port 7000 bind 127.0.0.1 fwmark 16 links shared relay on '
is "ip -j -d link show" "$(info camex0)" "[\"camex\",$(jq -cSn '{link: "tun", protocol: "camex", transport: "udp", port: 7000,
	bind: "127.0.0.1", fwmark: 16, tx: "udp", rx: "udp", links: "shared", relay: true, source_check: true,
	plaintext: false, ageing: 300}')]"
is "without the plug-in the kind is shown" "$(ip -j -d link show dev camex0 | jq -r '.[0].linkinfo.info_kind')" camex

# --- set ---
ok "ip link set type camex" plugged link set camex0 type camex port 7010 relay off bind any
is "has set it" "$(camexctl -j dev show camex0 | jq -c '.[0] | [.port, .relay, .bind, .fwmark]')" '[7010,false,null,16]'
ok "a device on another port" plugged link add camex1 type camex port 7011
before=$(settings camex0)
refuses 7011 set camex0 type camex port 7011 relay on
is "nothing has changed" "$(settings camex0)" "$before"
refuses '"protocol" is not a keyword' set camex0 type camex protocol raw
refuses 'did you mean "port"' set camex0 type camex prot 7
refuses 'port: ' set camex0 type camex port 70000
refuses 'port lacks its value' set camex0 type camex port
refuses 'plaintext' add camex2 type camex protocol raw plaintext on
nok "which has made none" ip link show camex2
ok "a private key" plugged link add wg0 type camex protocol wireguard
ok "is set" plugged link set wg0 type camex private-key-file "$test_tmp/private"
is "and is the right one" "$(camexctl -j dev show wg0 | jq -r '.[0].public_key')" "$(camexctl key public <"$test_tmp/private")"

# what ip does not send: a request that says what the device is
linkset() {
	python3 - "$@" <<-'END'
		import os, socket, struct, sys
		def attr(kind, data):
		    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)
		index = socket.if_nametoindex("camex0")
		data = b"".join(attr(int(a), struct.pack("=I", int(b))) for a, b in (w.split("=") for w in sys.argv[1:]))
		body = struct.pack("=BxHiII", 0, 0, index, 0, 0) + attr(18 | 0x8000, attr(1, b"camex\0") + attr(2 | 0x8000, data))
		sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
		sock.send(struct.pack("=IHHII", len(body) + 16, 16, 5, 1, 0) + body)
		error = -struct.unpack("=i", sock.recv(4096)[16:20])[0]
		print(os.strerror(error) if error else "done")
	END
}
is "the same link and protocol: no change" "$(linkset 1=0 2=0 10=18)" "done"
is "but the mark" "$(camexctl -j dev show camex0 | jq -c '.[0] | [.link, .protocol, .fwmark]')" '["tun","camex",18]'
camexctl -j monitor >"$test_tmp/events" 2>"$test_tmp/monitor" &
test_pids+=($!)
ok "an event tells that it was set" wait_until 20 eval 'linkset 10=18 >/dev/null; grep -q dev_set "$test_tmp/events"'
for attr in 1=1 2=1 3=1 4=1; do
	is "another kind of device: $attr" "$(linkset $attr 10=19)" "Operation not supported"
done
is "nothing has changed" "$(camexctl -j dev show camex0 | jq -c '.[0].fwmark')" 18

# --- who may not ---
before=$(settings camex0)
nok "who has no capability" "${nobody[@]}" env "IP_LIB_DIR=$own" ip link set camex0 type camex port 7020
unshare --user --map-root-user --net sleep 1000 &
container=$!
test_pids+=("$container")
ok "a container" wait_until 10 eval '[ "$(readlink /proc/$container/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
ok "has the link" ip link set camex0 netns $container
nok "its root may not set what the transport has" nsenter --target $container --user --net \
	env "IP_LIB_DIR=$own" ip link set camex0 type camex port 7020
is "nothing has changed" "$(nsenter --target $container --net camexctl -j dev show camex0 | jq -cS '.[0] | del(.name, .ifindex, .peers)')" "$before"
done_testing
