# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2154,SC2034,SC2086,SC2016
# For the scripts about transport tcp and udp,tcp, after lib.sh: two hosts, of which host1 listens.

# begin_ends: the module, two hosts, a key for both in $key, and what their peers may send in
# $inner1 and $inner2
begin_ends() {
	start_exchange
	ok "the module" modprobe camex
	ok "two hosts" hosts 2
	(umask 077 && camexctl key gen >"$test_tmp/key")
	key="key-file $test_tmp/key"
	inner1="routes 10.0.0.1/32,fd00::1/128" inner2="routes 10.0.0.2/32,fd00::2/128"
}

# ends TO DEVICE PEER1 PEER2 [DEVICE2]: devices of $transport. host1 listens and does not know where host2
# is, host2 connects to TO; the others are keywords and values: of both devices (of host1's, with a
# fifth), of host1's peer and of host2's.
ends() {
	local to=$1 device1 device2 peer1 peer2
	read -ra device1 <<<"$2"
	read -ra peer1 <<<"$3"
	read -ra peer2 <<<"$4"
	read -ra device2 <<<"${5-$2}"
	no_devices
	camexctl -n host1 dev add camex0 transport "$transport" port 7000 "${device1[@]}" &&
		camexctl -n host2 dev add camex0 transport "$transport" "${device2[@]}" &&
		camexctl -n host1 peer add camex0 host2 "${peer1[@]}" &&
		camexctl -n host2 peer add camex0 host1 endpoint "$to:7000" "${peer2[@]}" &&
		tunnel_up host1 && tunnel_up host2
}

# own_link: host1's addresses move to the link that its peer has of its own, as soon as there is one
own_link() {
	local link
	ip -n host1 address flush dev camex0
	wait_until 20 eval '[ "$(peer host1 host2 .link)" != null ]' || return
	link=$(peer host1 host2 .link)
	ip -n host1 -batch - <<-END
		link set $link up
		address add 10.0.0.1 peer 10.0.0.2 dev $link
		address add fd00::1/128 dev $link nodad
		route add fd00::2/128 dev $link
	END
}

# wg_ends: the same of protocol wireguard
wg_ends() {
	no_devices
	wg_device host1 camex port 7000 transport "$transport" && wg_peer host1 host2 $inner2 &&
		wg_device host2 camex port 0 transport "$transport" &&
		wg_peer host2 host1 $inner1 endpoint 192.0.2.1:7000 &&
		tunnel_up host1 && tunnel_up host2
}

# connections HOST: those to its port
connections() {
	on "$1" ss -Htn state established "sport = :7000"
}

# daemon_client TRANSPORT ID OPTION...: the daemon in host2 is a client of host1, with passphrase "secret"
daemon_client() {
	local tcp=()
	[ "$1" = udp ] || tcp=(--tcp)
	daemon host2 client "${tcp[@]}" --tun tun0 --register auto --client-id "$2" \
		--endpoint 192.0.2.1:7000 --passphrase secret "${@:3}"
}
