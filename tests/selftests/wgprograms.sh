#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Programs that configure WireGuard without wg: pyroute2, ifupdown, systemd-networkd, NetworkManager. First with
# wireguard.ko, then with camex in its place; what they make is the same.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # scenes are called by name, and other shells expand
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wglib.bash"

here=$(dirname "$(readlink -f "$0")")

# made DEV: what host1's DEV is, and that it reaches host2's wg0 (which knows key1 as its peer).
made() {
	in1 wg showconf "$1" | sort # networkd's peers come in any order
	ip -n host1 link show "$1"
	ip -n host1 -o address show "$1"
	reaches host1 10.0.0.2
}

# other_end: wg0 in host2, for a peer with key1
other_end() {
	ip -n host1 link del wg0 2>/dev/null
	ip -n host2 link del wg0 2>/dev/null
	ip -n host2 link add wg0 type wireguard
	in2 wg set wg0 private-key "$test_tmp/key2" listen-port 7002 peer "$pub1" allowed-ips 10.0.0.1/32
	ip -n host2 address add 10.0.0.2/24 dev wg0
	ip -n host2 link set wg0 up
}

# Python's pyroute2: rtnetlink and the generic netlink family, both by its own code.
scene_pyroute2() {
	other_end
	step1 "pyroute2: makes, configures, reads" /usr/bin/python3 -I "$here/wgpyroute2.py" wg0 "$(<"$test_tmp/key1")" "$pub2"
	works "pyroute2: the link" made wg0
	step1 "pyroute2: removes a peer" /usr/bin/python3 -I "$here/wgpyroute2.py" wg0 remove "$pub2"
	step1 "pyroute2: and it is gone" wg show wg0 peers
}

# Debian's ifupdown, by the example of wg's man page in interfaces(5).
scene_ifupdown() {
	other_end
	printf '%s\n' "[Interface]" "ListenPort = 7001" "PrivateKey = $(<"$test_tmp/key1")" "[Peer]" "PublicKey = $pub2" \
		"AllowedIPs = 10.0.0.2/32" "Endpoint = 192.0.2.2:7002" >"$test_tmp/wg0.conf"
	printf '%s\n' "iface wg0 inet static" "	address 10.0.0.1/24" "	pre-up ip link add \$IFACE type wireguard" \
		"	pre-up wg setconf \$IFACE $test_tmp/wg0.conf" "	post-down ip link del \$IFACE" >"$test_tmp/interfaces"
	install -d -m 755 /run/network
	step1 "ifupdown: ifup" ifup -i "$test_tmp/interfaces" wg0
	works "ifupdown: the link" made wg0
	step1 "ifupdown: ifdown" ifdown -i "$test_tmp/interfaces" wg0
	step1 "ifupdown: it is gone" wg show interfaces
}

# systemd-networkd, in a place where /sys cannot be written to: there it does not wait for udev.
networkd() {
	ip netns exec host1 unshare -m bash -c 'mount -o remount,ro /sys && exec /lib/systemd/systemd-networkd' \
		>"$test_tmp/networkd" 2>&1 &
	networkd=$!
}

configured() {
	reaches host1 10.0.0.2
}

# gone: host1 has no link of WireGuard's kind
gone() {
	[ -z "$(in1 wg show interfaces)" ]
}

scene_networkd() {
	other_end
	install -d -m 755 /run/systemd /run/systemd/network /run/systemd/netif /run/systemd/netif/{links,leases,lldp}
	printf '%s\n' "[NetDev]" "Name=wg0" "Kind=wireguard" "MTUBytes=1400" "[WireGuard]" "PrivateKey=$(<"$test_tmp/key1")" \
		"ListenPort=7001" "FirewallMark=0x2a" "[WireGuardPeer]" "PublicKey=$pub2" "AllowedIPs=10.0.0.2/32,fd00::/64" \
		"Endpoint=192.0.2.2:7002" "PersistentKeepalive=20" "[WireGuardPeer]" "PublicKey=$pub3" \
		"PresharedKey=$(<"$test_tmp/psk")" "AllowedIPs=10.3.0.0/16" >/run/systemd/network/10-wg0.netdev
	printf '%s\n' "[Match]" "Kind=wireguard" "[Network]" "Address=10.0.0.1/24" >/run/systemd/network/10-wg0.network
	chmod 640 /run/systemd/network/10-wg0.netdev
	chown -R systemd-network: /run/systemd/network /run/systemd/netif
	networkd
	works "networkd: a tunnel" wait_until 20 configured
	works "networkd: the link" made wg0
	step1 "networkd: all of it" bash -c 'wg show wg0 dump | cut -f 1-5,8- | sort'
	kill "$networkd"
	wait "$networkd"
	note <"$test_tmp/networkd"
}

# NetworkManager with a bus of its own, where /sys cannot be written to either; it minds links called wg* alone.
network_manager() {
	printf '%s\n' "[main]" "plugins=keyfile" "auth-polkit=false" "dns=none" "rc-manager=unmanaged" "no-auto-default=*" \
		"[keyfile]" "unmanaged-devices=*,except:interface-name:wg*" >"$test_tmp/NetworkManager.conf"
	install -d -m 755 /run/dbus
	rm -rf /run/dbus/* /run/NetworkManager /etc/NetworkManager/system-connections/* /var/lib/NetworkManager
	dbus-daemon --system --nofork --nopidfile 2>/dev/null &
	bus=$!
	wait_until 10 test -S /run/dbus/system_bus_socket
	ip netns exec host1 unshare -m bash -c 'mount -o remount,ro /sys && exec NetworkManager --no-daemon --config "$1" --config-dir /nowhere' \
		- "$test_tmp/NetworkManager.conf" >"$test_tmp/nm" 2>&1 &
	manager=$!
	wait_until 20 nmcli general status
}

scene_network_manager() {
	other_end
	printf '%s\n' "[Interface]" "ListenPort = 7001" "PrivateKey = $(<"$test_tmp/key1")" "Address = 10.0.0.1/24" "MTU = 1400" \
		"FwMark = 0x2a" "[Peer]" "PublicKey = $pub2" "AllowedIPs = 10.0.0.2/32, fd00::/64" "Endpoint = 192.0.2.2:7002" \
		"PersistentKeepalive = 20" "[Peer]" "PublicKey = $pub3" "PresharedKey = $(<"$test_tmp/psk")" \
		"AllowedIPs = 10.3.0.0/16" >"$test_tmp/wg0.conf"
	step "NetworkManager: it starts" network_manager
	works "NetworkManager: a wg-quick file" eval 'nmcli connection import type wireguard file "$test_tmp/wg0.conf" | sed "s/([^)]*)//"'
	works "NetworkManager: a tunnel" wait_until 20 configured
	works "NetworkManager: the link" made wg0
	step1 "NetworkManager: all of it" bash -c 'wg show wg0 dump | cut -f 1-5,8- | sort'
	step1 "NetworkManager: routes" bash -c 'ip route show dev wg0; ip -6 route show dev wg0; ip rule'
	works "NetworkManager: what it says" nmcli -f GENERAL.DEVICE,GENERAL.TYPE,GENERAL.MTU,GENERAL.STATE,IP4.ADDRESS,IP4.ROUTE device show wg0
	works "NetworkManager: down" eval 'nmcli connection down wg0 | sed "s/(.*//"'
	step1 "NetworkManager: it is gone" wg show interfaces
	works "NetworkManager: another port and mark" nmcli connection modify wg0 wireguard.listen-port 7003 wireguard.fwmark 0
	works "NetworkManager: up" eval 'nmcli connection up wg0 | sed "s/(.*//"'
	works "NetworkManager: a tunnel again" wait_until 20 configured
	step1 "NetworkManager: as it was told" bash -c 'wg show wg0 dump | cut -f 1-5,8- | sort'
	works "NetworkManager: deleted" eval 'nmcli connection delete wg0 | sed "s/([^)]*)//"'
	works "NetworkManager: it goes for good" wait_until 20 gone
	kill "$manager"
	wait "$manager"
	kill "$bus"
	wait "$bus"
	note <"$test_tmp/nm"
}

scenes=(pyroute2 ifupdown networkd network_manager)
# NetworkManager is in no small system
cp -a "$("$here/../vm/network-manager")"/. /

make_keys
ok "wireguard.ko" modprobe wireguard
run_scenes wireguard.ko "${scenes[@]}"
remove_hosts
ok "it goes, and camex comes" eval 'modprobe -r wireguard && modprobe camex wireguard=1'
run_scenes camex "${scenes[@]}"
compare
ok "wireguard.ko was not loaded" [ ! -e /sys/module/wireguard ]
done_testing
