#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Documentation/migrate-openipc.rst, line by line: its commands and files are taken from the page
# itself, and each row of its tables has to have a function here that tries it. The daemon's own
# command lines are run by camex-peer.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

page=$(dirname "$(readlink -f "$0")")/../../Documentation/migrate-openipc.rst
units=$(dirname "$page")/../ctl

# block TITLE N: the Nth literal block below a title of the page
block() {
	awk -v title="$1" -v want="$2" '
		/^[=-]+$/ && length($0) == length(before) { here = before == title; seen = 0; open = 0 }
		{ before = $0 }
		!here { next }
		open && /^[^ ]/ { open = 0 }
		open && seen == want { sub(/^    /, ""); print }
		/::$/ { open = 1; seen++ }' "$page" | sed '/./,$!d'
}

# rows TITLE: what is in the first column of the table below it
rows() {
	awk -v title="$1" '
		/^[=-]+$/ && length($0) == length(before) { here = before == title }
		{ before = $0 }
		here && /^   \* - / { print substr($0, 8) }' "$page" | tail -n +2
}

# camex OPTION...: what the daemon's options are to camex-peer; it runs in $at.
camex() {
	local mode="" conf="" host="" port=7000 psk="" name="" address="" route="" options=()
	while [ $# -gt 0 ]; do
		case $1 in
		--mode) mode=$2 ;;
		--config) conf=$2 ;;
		--server-host) host=$(on "$at" getent ahostsv4 "$2" | awk 'NR == 1 { print $1 }') ;;
		--port) port=$2 ;;
		--psk) psk=$2 ;;
		--name) name=$2 ;;
		--local-cidr) address=$2 ;;
		--route-cidr) route=$2 ;;
		--gateway-ip) ;;
		--auto) options+=(--register auto) && set -- x "$@" ;;
		--encrypt) set -- x "$@" ;;
		*) return 1 ;;
		esac
		shift 2
	done
	if [ "$mode" = server ]; then
		sed "s/^\[server\]/&\nport = $port\npsk = $psk/" "$conf" >"$test_tmp/daemon.conf"
		options+=(--conf "$test_tmp/daemon.conf")
	else
		options+=(--endpoint "$host:$port" --passphrase "$psk")
		[ -z "$name" ] || options+=(--client-id "$name")
		[ -z "$address" ] || options+=(--address "$address")
	fi
	daemon "$at" "$mode" --tun tun0 "${options[@]}" &&
		{ [ -z "$route" ] || ip -n "$at" route replace "$route" dev tun0; }
}

# as HOST TEXT: runs it there, the commands of camexctl and ip in its namespace.
as() {
	at=$1
	eval "$(sed "s/^camexctl /&-n $at /; s/^ip /&-n $at /" <<<"$2")"
}

# tried TITLE WHERE: each row of that table holds; WHERE is the prefix of the functions.
tried() {
	local row
	while IFS= read -r row; do
		row=${row//\`\`/}
		ok "$1: $row" "$2" "$row"
	done < <(rows "$1")
}

# both_reach WHAT: the server and the client of it, with 192.168.100.0/24 behind the server
both_reach() {
	ok "$1: the client reaches the server" wait_until 20 reaches host2 10.0.0.1 -W 1
	ok "$1: which reaches it" reaches host1 10.0.0.2
	ok "$1: and what is behind it" reaches host2 192.168.100.1
}

# shows OBJECT FILTER: jq says yes to camex0 of host2, or of host1 if it is the server.
client_has() {
	camexctl -n host2 -j show camex0 | jq -e ".[0] | $1" >/dev/null
}

server_has() {
	camexctl -n host1 -j show camex0 | jq -e ".[0] | $1" >/dev/null
}

link_has() {
	ip -n "$1" -j address show "$2" | jq -e ".[0] | $3" >/dev/null
}

# client_up: by the file of the page that was written last
client_up() {
	camexctl -n host2 up /etc/camex/camex0.up
}

# with LINES...: the client's file of the page, and these lines in its [device]
with() {
	camexctl -n host2 down /etc/camex/camex0.up
	block "A client" 4 | sed "s/^name = .*/&\n$1/" >/etc/camex/camex0.up
	client_up
}

ok "modprobe camex and tun" modprobe -a camex tun
ok "two hosts" hosts 2
for host in host1 host2; do on $host ethtool -K eth0 tx off >/dev/null; done
ip -n host1 address add 192.168.100.1/24 dev lo
mkdir -p /etc/camex /etc/netns/host2
echo "192.0.2.1 vpn.example.org" >/etc/netns/host2/hosts
umask 077

# --- the daemon at both ends, then the kernel in its place ---

block "A server" 1 >/etc/camex/camex.conf
ok "the daemon's server" as host1 "$(block "A server" 2)"
ok "the daemon's client" as host2 "$(block "A client" 1)"
both_reach "two daemons"

end_daemon host1
added=$(block "A server" 3)
sed -i "s/^\[server\]/&\n${added//$'\n'/\\n}/" /etc/camex/camex.conf
ok "the server" as host1 "$(block "A server" 4)"
both_reach "an unchanged client"

end_daemon host2
echo secret >/etc/camex/server.passphrase
block "A client" 2 >/etc/camex/camex0.up
ok "the client" as host2 "$(block "A client" 3)"
both_reach "kernels"
is "the unit does the same" "$(sed -n 's/^ExecStart=.*@\/\(.*\)%i\(.*\)/\1camex0\2/p' "$units/camex@.service.in")" \
	"$(block "A client" 3)"

camexctl -n host1 dev del camex0
block "A server" 1 >/etc/camex/camex.conf
ok "the daemon's server again" as host1 "$(block "A server" 2)"
both_reach "an unchanged server"
end_daemon host1
camexctl -n host2 down /etc/camex/camex0.up
