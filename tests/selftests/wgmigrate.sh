#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Documentation/migrate-wireguard.rst, line by line: its commands and files are taken from the page
# itself, and each row of its tables has to have a function here that tries it. wg-quick and
# WireGuard of the kernel are at one end, at the other one, and at both again.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/page"

page=$(dirname "$(readlink -f "$0")")/../../Documentation/migrate-wireguard.rst
units=$(dirname "$page")/../ctl

# run HOST TEXT: like as, for the commands of both products; /etc is the host's own.
run() {
	as "$1" "$(sed -E "s/^(wg|wg-quick) /on $1 &/" <<<"$2")" >"$test_tmp/out" 2>&1
}

# both_reach WHAT
both_reach() {
	ok "$1: the first reaches the second" wait_until 20 reaches host1 10.20.0.2 -W 1
	ok "$1: which reaches it" reaches host2 10.20.0.1
	ok "$1: over IPv6" reaches host1 fd00:20::2
	ok "$1: and what is behind it" reaches host1 10.30.0.1
}

# has FILTER: jq says yes to wg0 of host1.
has() {
	camexctl -n host1 -j show wg0 | jq -e ".[0] | $1" >/dev/null
}

# kind HOST: what made its wg0
kind() {
	ip -n "$1" -d -j link show wg0 | jq -r '.[0].linkinfo.info_kind'
}

# on1 TEXT: in a shell of host1
on1() {
	on host1 bash -c "$1"
}

office=$(block "The tunnel before" 1 | sed -n 's/^PublicKey = //p')

# command WHAT: what it does, and what is said here in its place
command_row() {
	case $1 in
	"wg genkey, wg genpsk") [ "$(wg genkey | wc -c)" = "$(camexctl key gen | wc -c)" ] ;;
	"wg pubkey") [ "$(wg pubkey <"$test_tmp/key")" = "$(camexctl key public <"$test_tmp/key")" ] ;;
	"wg show wg0") [[ $(camexctl -n host1 show wg0) == *"$office"* ]] &&
		! camexctl -n host1 show wg0 | grep -qF "$(block "The tunnel before" 1 | sed -n 's/^PrivateKey = //p')" ;;
	"wg show wg0 latest-handshakes") has '.peers[0].last_handshake_ms < 60000' &&
		handshake_is_told ;;
	"wg set wg0 peer KEY allowed-ips 10.30.0.0/16")
		run host1 "camexctl peer set wg0 office routes 10.30.0.0/16" && has '.peers[0].routes == ["10.30.0.0/16"]' ;;
	"wg set wg0 peer KEY remove") run host1 "camexctl peer del wg0 office" && has '.peers == []' ;;
	"wg syncconf wg0 <(wg-quick strip wg0)") run host1 "camexctl reload wg0" &&
		wait_until 20 reaches host1 10.20.0.2 -W 1 &&
		ip -n host1 address del 10.20.0.1/24 dev wg0 && run host1 "camexctl reload wg0" &&
		reaches host1 10.20.0.2 && reaches host1 10.30.0.1 ;;
	"wg-quick save wg0") [[ $(camexctl -n host1 save wg0) == *"[peer office]"*"public-key = $office"* ]] ;;
	*) return 1 ;;
	esac
}

# handshake_is_told: monitor has the event of the next one
handshake_is_told() {
	bg host1 camexctl -j monitor wg0 >"$test_tmp/events"
	sleep 1
	camexctl -n host1 peer forget wg0 office && wait_until 20 reaches host1 10.20.0.2 -W 1 &&
		wait_until 5 grep -q '"event":"handshake"' "$test_tmp/events"
}

# edited SED-SCRIPT: up of the file with that change, as another device's; its output
edited() {
	block "The tunnel before" 1 | sed -e 's/^ListenPort.*//' -e "$1" >"$test_tmp/wg9.conf"
	on host1 camexctl up "$test_tmp/wg9.conf" 2>&1
}

# nine FILTER: jq says yes to that other device, which then goes.
nine() {
	local status=0
	camexctl -n host1 -j show wg9 | jq -e ".[0] | $1" >/dev/null || status=1
	on host1 camexctl down "$test_tmp/wg9.conf" && return "$status"
}

# The addresses of wg0, and its route, stand in the way of another device.
apart='/^Address/d; s/^AllowedIPs.*/AllowedIPs = 10.99.0.0\/16/'

differs() {
	case $1 in
	Names) edited "$apart; /^# office/d" && nine ".peers[0].name == \"${office:0:8}\"" ;;
	Errors) [[ $(edited "$apart; s/^PostUp/PastUp/") == *"wg9.conf:4: unknown key PastUp"* ]] &&
		[[ $(edited "$apart; s/^PostUp.*/Table = main/") == *"wg9.conf:4: Table: "* ]] &&
		! ip -n host1 link show wg9 ;;
	Hooks) [[ $(edited "$apart; s/^PostUp.*/PostUp = wg show %i/") == *"wg9.conf:4: hook: wg show wg9"* ]] &&
		edited "$apart; s/^PostUp.*/PostUp = camexctl show %i/" | grep -q office && nine true ;;
	SaveConfig) [[ $(edited "$apart; s/^PostUp.*/SaveConfig = true/") == *"warning: "*"wg9.conf:4: SaveConfig"* ]] && nine true ;;
	Reload) edited "$apart; s|^PostUp.*|PostUp = echo x >>$test_tmp/hooks|" &&
		sed -i 's/^PersistentKeepalive.*/PersistentKeepalive = 7/' "$test_tmp/wg9.conf" &&
		[ "$(on host1 camexctl reload "$test_tmp/wg9.conf")" = "peer office: keepalive 7 (was 25)" ] &&
		[ "$(cat "$test_tmp/hooks")" = x ] && nine true ;;
	"Default route") edited "$apart; s/^AllowedIPs.*/AllowedIPs = 0.0.0.0\/0/; /^PostUp/d" &&
		on1 'ip rule | grep -q "not from all fwmark 0xca6c lookup 51820" && ip rule | grep -q suppress_prefixlength' &&
		on1 "nft list table inet camex-0xca6c | grep -q \"dport [0-9]* meta mark set 0x0000ca6c\"" && nine ".fwmark == 51820" && [ "$(on1 'ip rule | wc -l')" = 3 ] ;;
	Deleting) edited "$apart; s/^AllowedIPs.*/AllowedIPs = 0.0.0.0\/0/; /^PostUp/d" &&
		camexctl -n host1 dev del wg9 && [ "$(on1 'ip rule | wc -l')" = 5 ] &&
		on1 'ip rule del table 51820; ip rule del table main suppress_prefixlength 0' ;;
	*) return 1 ;;
	esac
}

ok "modules" modprobe -a camex wireguard
ok "two hosts" hosts 2
umask 077
camexctl key gen >"$test_tmp/key"
# a log of their own would be wanted; ip netns exec puts these in the place of /etc/wireguard and /etc/camex
mkdir -p /etc/wireguard /etc/camex
for i in 1 2; do
	mkdir -p /etc/netns/host$i/wireguard /etc/netns/host$i/camex
	block "The tunnel before" $i >/etc/netns/host$i/wireguard/wg0.conf
done
for host in host1 host2; do ok "wg-quick in $host" run $host "$(block "The tunnel before" 3)"; done
both_reach "what was"
is "by WireGuard of the kernel" "$(kind host1) $(kind host2)" "wireguard wireguard"
links=$(ip -n host1 -j route show dev wg0)

for host in host1 host2; do
	ok "$host moves" run $host "$(block "One end" 1)"
	both_reach "$host has moved"
	is "it is camex there" "$(kind $host)" camex
	if [ $host = host1 ]; then
		is "the unit does the same" "camexctl up wg0" \
			"$(sed -n 's/^ExecStart=.*@\/\(.*\)%i/\1wg0/p' "$units/camex@.service.in")"
		is "the routes are what they were" "$(ip -n host1 -j route show dev wg0)" "$links"
		run host1 "$(block "One end" 2)"
		like "and show tells" "$(<"$test_tmp/out")" "key +public .*peer"$'.*handshake +(just now|[0-9]+ s ago)'
	fi
	ok "$host goes back" run $host "$(block Back 1)"
	both_reach "$host is back"
	is "it is WireGuard there" "$(kind $host)" wireguard
done

for host in host1 host2; do ok "$host moves for good" run $host "$(block "One end" 1)"; done
both_reach "both have moved"
tried Commands command_row
tried "What differs" differs
both_reach "after all that"

# --- a file of camex's own, and commands ---

ok "down" run host1 "camexctl down wg0"
block "The tunnel before" 1 | sed -n 's/^PrivateKey = //p' >/etc/netns/host1/camex/wg0.key
block "The tunnel before" 1 | sed -n 's/^PresharedKey = //p' >/etc/netns/host1/camex/office.psk
block "A file in camex's format" 1 >/etc/netns/host1/camex/wg0.up
ok "its own file" run host1 "camexctl up wg0"
both_reach "its own file"
now=$(camexctl -n host1 -j show wg0 | jq -c '.[0] | [.public_key, .port, .mtu, (.peers[] | [.name, .public_key, .preshared, .routes, .keepalive])]')
ok "down" run host1 "camexctl down wg0"
rm /etc/netns/host1/camex/wg0.up
ok "the commands" run host1 "$(block "A file in camex's format" 2)"
both_reach "the commands"
is "they make the same" "$(camexctl -n host1 -j show wg0 | jq -c '.[0] | [.public_key, .port, .mtu, (.peers[] | [.name, .public_key, .preshared, .routes, .keepalive])]')" "$now"
ok "and so does wg-quick's file: there is nothing to reload" run host1 "camexctl reload wg0 dry-run"
is "nothing" "$(<"$test_tmp/out")" ""
rm -r /etc/netns/host1 /etc/netns/host2

done_testing
