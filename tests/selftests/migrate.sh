#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Documentation/migrate-openipc.rst, line by line: its commands and files are taken from the page
# itself, and each row of its tables has to have a function here that tries it. The daemon's own
# command lines are run by camex-peer.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/page"

page=$(dirname "$(readlink -f "$0")")/../../Documentation/migrate-openipc.rst
units=$(dirname "$page")/../ctl

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
		--auto | --encrypt)
			[ "$1" = --encrypt ] || options+=(--register auto)
			shift
			continue
			;;
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

# both_reach WHAT: the server and the client of it, with 192.168.100.0/24 behind the server
both_reach() {
	ok "$1: the client reaches the server" wait_until 20 reaches host2 10.0.0.1 -W 1
	ok "$1: which reaches it" reaches host1 10.0.0.2
	ok "$1: and what is behind it" reaches host2 192.168.100.1
}

# has HOST FILTER: jq says yes to its camex0.
has() {
	camexctl -n "$1" -j show camex0 | jq -e ".[0] | $2" >/dev/null
}

# link_has HOST FILTER: likewise, of the link and its addresses
link_has() {
	ip -n "$1" -j address show camex0 | jq -e ".[0] | $2" >/dev/null
}

# client N [LINE]: by the page's Nth block for a client, with that line in [device]
client() {
	if on host2 test -e /sys/class/net/camex0; then camexctl -n host2 down /etc/camex/camex0.up; fi
	block "A client" "$1" | sed "s|^name = .*|&\n${2-}|" >/etc/camex/camex0.up
	on host2 camexctl up /etc/camex/camex0.up
}

# its_own_id: an ID made of the MAC
its_own_id() {
	local mac
	mac=$(ip -n host2 -j link show eth0 | jq -r '.[0].address | ascii_upcase | gsub(":"; "")')
	ip -n host2 route replace default via 192.0.2.1 &&
		camexctl -n host2 dev add other0 &&
		camexctl -n host2 peer add other0 server endpoint 192.0.2.1:7000 register auto &&
		[ "$(camexctl -n host2 -j dev show other0 | jq -r '.[0].client_id')" = "$mac" ] &&
		camexctl -n host2 dev del other0
}

# without_encryption: at both ends, and as it was
without_encryption() {
	sed 's/^encrypt = .*/encrypt = no/' /etc/camex/camex.conf >"$test_tmp/plain.conf"
	camexctl -n host2 down /etc/camex/camex0.up
	camexctl -n host1 load camex0 "$test_tmp/plain.conf" || return
	block "A client" 5 | sed '/^passphrase-file/d; s/^name = .*/&\nplaintext = on/' >/etc/camex/camex0.up
	on host2 camexctl up /etc/camex/camex0.up && wait_until 20 reaches host2 10.0.0.1 -W 1 &&
		camexctl -n host1 load camex0 /etc/camex/camex.conf && client 5 && has host2 '.plaintext == false'
}

option() {
	case $1 in
	"--mode client") client 2 && has host2 '.peers[0].endpoint == "192.0.2.1:7000"' ;;
	"--mode server") has host1 '.peers | map(.name) == ["CAM01"] and .[0].register == "off"' ;;
	--auto) has host2 '.peers[0].register == "auto"' ;;
	"--name ID") has host2 '.client_id == "CAM01"' && its_own_id ;;
	--local-cidr) client 5 && link_has host2 '.addr_info | any(.local == "10.0.0.2" and .prefixlen == 24)' ;;
	--gateway-ip) wait_until 20 reaches host2 192.168.100.1 -W 1 ;;
	"--server-host, --port") has host2 '.peers[0].endpoint == "192.0.2.1:7000"' && has host1 '.port == 7000' ;;
	"--bind-ip, --bind-dev") client 5 'bind = 192.0.2.2\nbind-dev = eth0' &&
		has host2 '.bind == "192.0.2.2" and .bind_dev == "eth0"' ;;
	"--config FILE") camexctl -n host1 load camex0 /etc/camex/camex.conf ;;
	--route-cidr) [ -n "$(ip -n host2 route show 192.168.100.0/24 dev camex0)" ] ;;
	--mtu) client 5 && link_has host2 '.mtu == 1428' && client 5 'mtu = 1400' && link_has host2 '.mtu == 1400' ;;
	"--psk TEXT") has host2 '.peers[0].fingerprint == "9ad30fbca5bebf3db115e1410ab9f196"' ;;
	--encrypt) without_encryption ;;
	"--tun-dev, --pid-file") [ -z "$(ip netns pids host1; ip netns pids host2)" ] ;;
	*) return 1 ;;
	esac
}

# refused TEXT: a database with that at its end is, and the last line is named
refused() {
	local lines
	{
		cat /etc/camex/camex.conf
		printf '%s\n' "$1"
	} >"$test_tmp/bad.conf"
	lines=$(wc -l <"$test_tmp/bad.conf")
	! camexctl -n host1 load camex0 "$test_tmp/bad.conf" 2>"$test_tmp/out" &&
		grep -q "^camexctl: load camex0: $test_tmp/bad.conf:$lines: " "$test_tmp/out"
}

line() {
	local file=/etc/camex/camex.conf
	case $1 in
	"[server] port, bind_ip, bind_dev") has host1 '[.port, .bind, .bind_dev] == [7001, "192.0.2.1", "eth0"]' ;;
	"[server] local_cidr, mtu") link_has host1 '.mtu == 1300 and (.addr_info | any(.local == "10.9.0.1"))' ;;
	"[server] encrypt") has host1 '.plaintext == false' &&
		sed 's/^encrypt = yes/encrypt = no/' "$file" >"$test_tmp/plain.conf" &&
		camexctl -n host1 load camex0 "$test_tmp/plain.conf" 2>/dev/null && has host1 .plaintext &&
		camexctl -n host1 load camex0 "$file" 2>/dev/null && has host1 '.plaintext == false' ;;
	"[server] psk") has host1 '.peers[1].fingerprint == "9ad30fbca5bebf3db115e1410ab9f196"' ;;
	"[server] tun_dev, pid_file") grep -q "$file:9: tun_dev has no effect" "$test_tmp/warnings" &&
		grep -q "$file:10: pid_file has no effect" "$test_tmp/warnings" ;;
	"[client ID]") has host1 '.peers | map(.name) == ["A", "B"]' ;;
	local_cidr) has host1 '.peers[0] | .routes == ["10.9.0.2/32"] and .profile.address == "10.9.0.2/24"' ;;
	"gateway_ip, mtu, route_cidr") has host1 '.peers | map(.profile | [.gateway, .mtu, .routes]) ==
		[["10.9.0.1", 1400, ["10.77.0.0/24", "10.78.0.0/24"]], ["10.9.0.1", 1200, ["10.77.0.0/24"]]]' ;;
	psk) has host1 '.peers[0].fingerprint != .peers[1].fingerprint' ;;
	"a line without =, an unknown section, a value outside of a section")
		refused "nothing" && refused "[nobody]" &&
			! camexctl -n host1 load camex0 <(echo "port = 1") 2>"$test_tmp/out" &&
			grep -q ':1: ' "$test_tmp/out" ;;
	"an unknown key") grep -q "$file:22: unknown key colour" "$test_tmp/warnings" ;;
	*) return 1 ;;
	esac
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
start=$(sed -n 's/^ExecStart=.*@\/\(.*\)%i/\1camex0/p' "$units/camex@.service.in")
like "the unit takes the same file" "$(as host2 "$start" 2>&1)" '^camexctl: up: /etc/camex/camex0.up:2: .*camex0'

camexctl -n host1 dev del camex0
block "A server" 1 >/etc/camex/camex.conf
ok "the daemon's server again" as host1 "$(block "A server" 2)"
both_reach "an unchanged server"
camexctl -n host2 down /etc/camex/camex0.up

ok "the daemon's client without --auto" as host2 "$(block "A client" 4)"
both_reach "two daemons, without --auto"
end_daemon host2
block "A client" 5 >/etc/camex/camex0.up
ok "its file" on host2 camexctl up /etc/camex/camex0.up
both_reach "an unchanged server, without --auto"
end_daemon host1
sed -i "s/^\[server\]/&\n${added//$'\n'/\\n}/" /etc/camex/camex.conf
ok "the server" as host1 "$(block "A server" 4)"
both_reach "kernels, without --auto"

# --- the tables, and what is left ---

tried "Options" option

client 5
ip -n host2 address add 192.168.50.1/24 dev lo
ok "a network behind the client" as host1 "$(block "Other things" 1)"
ok "is reached" wait_until 20 reaches host1 192.168.50.1 -W 1
ok "relay is on after load" has host1 .relay
ok "the command of the page" as host1 "camexctl dev set camex0 relay off"
ok "turns it off" has host1 '.relay == false'
ok "until the next load" camexctl -n host1 load camex0 /etc/camex/camex.conf
ok "turns it on" has host1 .relay

camexctl -n host1 dev del camex0
cat >/etc/camex/camex.conf <<'END'
[server]
port = 7001
bind_ip = 192.0.2.1
bind_dev = eth0
local_cidr = 10.9.0.1/24
mtu = 1300
encrypt = yes
psk = secret
tun_dev = tun0
pid_file = /run/camex.pid
[defaults]
gateway_ip = 10.9.0.1
mtu = 1200
route_cidr = 10.77.0.0/24
[client A]
local_cidr = 10.9.0.2/24
psk = other
mtu = 1400
route_cidr = 10.78.0.0/24
[client B]
local_cidr = 10.9.0.3/24
colour = red
END
ok "another database" as host1 "$(block "A server" 4)" 2>/dev/null
camexctl -n host1 load camex0 /etc/camex/camex.conf 2>"$test_tmp/warnings"
tried "The database" line
done_testing
