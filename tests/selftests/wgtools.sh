#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camex in wireguard.ko's place: every subcommand and argument of wg, wg-quick, requests that wg does not
# make, what senders are told, 10,000 peers. First with wireguard.ko, then with camex; the outputs are the same.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # scenes are called by name, and other shells expand
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wglib.bash"

here=$(dirname "$(readlink -f "$0")")
documentation=${here%/tests/selftests}/Documentation
# initiations LINK: that it has sent one since $begun, and nothing else but one more for each 5 s that have passed. On
# a busy host the guest's clock runs far while a program is loaded.
initiations() {
	local sent
	sleep 0.2
	sent=$(in1 wg show "$1" transfer | cut -f 3)
	echo "some: $((sent > 0)), whole: $((sent % 148 == 0)), too many: $((sent / 148 > 1 + $(tenths "$begun") / 50))"
}

# --- scenes: steps that belong together ---

# What the link is.
scene_link() {
	local file
	fresh
	step "link: ip -d link show" ip -n host1 -d link show wg0
	step1 "link: its type for udev and systemd-networkd" cat /sys/class/net/wg0/uevent
	step "link: another of that name" ip -n host1 link add wg0 type wireguard
	step "link: settings of the kind, which it has not" ip -n host1 link add wg1 type wireguard port 7
	for file in flags type addr_len operstate tx_queue_len carrier; do
		step1 "link: $file while down" cat /sys/class/net/wg0/"$file"
	done
	step1 "link: port while down" wg show wg0 listen-port
	step "link: up" ip -n host1 link set wg0 up
	step "link: ip -d link show, up" ip -n host1 -d link show wg0
	for file in operstate carrier; do
		step1 "link: $file while up" cat /sys/class/net/wg0/"$file"
	done
	step "link: it has no address of its own" ip -n host1 address show wg0
	step1 "link: no redirects" cat /proc/sys/net/ipv4/conf/{wg0,all}/send_redirects
	step "link: ethtool -k" offloads
	for file in 1280 9000 65535 100 60; do
		step "link: MTU $file" ip -n host1 link set wg0 mtu "$file"
	done
	step "link: IPv6 is back with an MTU for it" ip -n host1 link set wg0 mtu 1420
	step "link: no MAC address" ip -n host1 link set wg0 address 02:00:00:00:00:01
	step "link: another name" eval 'ip -n host1 link set wg0 down && ip -n host1 link set wg0 name wg1 &&
		ip netns exec host1 wg show interfaces'
	step "link: deleted" eval 'ip -n host1 link del wg1; ip netns exec host1 wg show interfaces'
	step "link: with a name and an MTU of its own" eval 'ip -n host1 link add wg7 mtu 1300 type wireguard &&
		ip -n host1 link show wg7; ip -n host1 link del wg7'
}

# the features that say what is cut and summed by whom
offloads() {
	in1 ethtool -k wg0 | grep -E '^(rx-checksum|tx-checksum|scatter|tcp-seg|generic|udp|large|highdma|netns|rx-vlan|tx-lockless)'
}

# wg show, and each of its words.
scene_show() {
	local word
	fresh
	step1 "show: an empty device" wg show
	for word in public-key private-key listen-port fwmark peers preshared-keys endpoints allowed-ips \
		latest-handshakes transfer persistent-keepalive dump; do
		step1 "show: $word of nothing" wg show wg0 "$word"
	done
	ip -n host1 link add wg1 type wireguard
	in1 wg set wg0 private-key "$test_tmp/key1" listen-port 7001 fwmark 0x2a \
		peer "$pub2" preshared-key "$test_tmp/psk" endpoint 192.0.2.2:7 persistent-keepalive 25 \
		allowed-ips 10.0.0.0/8,fd00::/16,10.1.0.0/16 peer "$pub3" endpoint '[2001:db8::3]:9'
	in1 wg set wg1 peer "$pub4" allowed-ips 0.0.0.0/0,::/0
	step1 "show: two devices" wg show
	step1 "show: one" wg show wg0
	step1 "show: interfaces" wg show interfaces
	for word in public-key private-key listen-port fwmark peers preshared-keys endpoints allowed-ips \
		latest-handshakes transfer persistent-keepalive dump; do
		step1 "show: $word" wg show wg0 "$word"
		step1 "show: all $word" wg show all "$word"
	done
	WG_HIDE_KEYS=always step1 "show: keys hidden" wg show wg0
	step1 "show: no such device" wg show wg9
	step1 "show: not its kind" wg show lo
	step1 "show: no such word" wg show wg0 colour
	step1 "show: without a right to it" "${nobody[@]}" wg show wg0
	step1 "show: interfaces without any right" "${nobody[@]}" wg show interfaces
	step1 "show: showconf" wg showconf wg0
	step1 "show: showconf of one with nothing" wg showconf wg1
	step1 "show: showconf of no device" wg showconf wg9
}

# wg set, each argument.
scene_set() {
	local value
	fresh
	shows() { in1 wg "$@"; in1 wg show wg0 dump; }
	for value in 7001 70000 x; do
		step "set: listen-port $value" shows set wg0 listen-port "$value"
	done
	for value in 42 0xca6c 0 off x; do
		step "set: fwmark $value" shows set wg0 fwmark "$value"
	done
	step "set: private-key" shows set wg0 private-key "$test_tmp/key1"
	step "set: private-key none" shows set wg0 private-key /dev/null
	step "set: private-key of no file" shows set wg0 private-key "$test_tmp/no"
	echo nonsense >"$test_tmp/nonsense"
	step "set: private-key of nonsense" shows set wg0 private-key "$test_tmp/nonsense"
	step "set: private-key, not clamped" shows set wg0 private-key "$test_tmp/odd"
	in1 wg set wg0 private-key "$test_tmp/key1"
	step "set: peer" shows set wg0 peer "$pub2"
	step "set: peer with a bad key" shows set wg0 peer "${pub2:1}"
	step "set: our own key as peer" shows set wg0 peer "$pub1"
	step "set: peer remove, not there" shows set wg0 peer "$pub3" remove
	step "set: preshared-key" shows set wg0 peer "$pub2" preshared-key "$test_tmp/psk"
	step "set: preshared-key none" shows set wg0 peer "$pub2" preshared-key /dev/null
	for value in 192.0.2.2:7 '[2001:db8::2]:65535' '[fe80::2%eth0]:8' localhost:9 192.0.2.2 192.0.2.2:0 \
		192.0.2.2:65536 255.255.255.255:7 224.0.0.1:7 '[ff02::1]:7'; do
		step "set: endpoint $value" shows set wg0 peer "$pub2" endpoint "$value"
	done
	for value in 25 65535 65536 0 off; do
		step "set: persistent-keepalive $value" shows set wg0 peer "$pub2" persistent-keepalive "$value"
	done
	for value in 10.1.2.3 10.1.0.0/16 10.1.2.3/16,10.0.0.0/8 fd00::5/64,10.0.0.0/8,::/0,0.0.0.0/0 "" 10.0.0.0/33 \
		x 10.0.0.1/32,10.0.0.1/32; do
		step "set: allowed-ips $value" shows set wg0 peer "$pub2" allowed-ips "$value"
	done
	step "set: allowed-ips of another peer's" shows set wg0 peer "$pub3" allowed-ips 10.0.0.1/32,10.9.0.0/16
	step "set: several peers at once" shows set wg0 listen-port 7003 peer "$pub2" allowed-ips 10.2.0.0/16 \
		persistent-keepalive 7 peer "$pub3" remove peer "$pub4" endpoint 192.0.2.4:4
	step "set: the key of a peer as our own" shows set wg0 private-key "$test_tmp/key2"
	step "set: no such device" shows set wg9 listen-port 1
	step "set: not its kind" shows set lo listen-port 1
	step "set: without a right to it" in1 "${nobody[@]}" wg set wg0 listen-port 1
	step "set: no such word" shows set wg0 colour red
}

# Ports and marks, and links that go up and down.
scene_port() {
	local socket="sport = :7001"
	fresh
	ip -n host1 link add wg1 type wireguard
	in1 wg set wg0 private-key "$test_tmp/key1" listen-port 7001
	in1 wg set wg1 private-key "$test_tmp/key2" listen-port 7001
	step1 "port: none is open while the link is down" ss -Hlun "$socket"
	step "port: up" ip -n host1 link set wg0 up
	step1 "port: it is open" ss -Hlun "$socket"
	step "port: in use" ip -n host1 link set wg1 up
	step1 "port: the other is still down" cat /sys/class/net/wg1/flags
	in1 wg set wg1 listen-port 7002
	step "port: another" ip -n host1 link set wg1 up
	step1 "port: in use, while up" wg set wg1 listen-port 7001
	step1 "port: it keeps the one it has" wg show wg1 listen-port
	step1 "port: two are open" bash -c 'ss -Hlun "sport >= :7001 and sport <= :7002" | sort'
	step "port: down" ip -n host1 link set wg0 down
	step1 "port: the number stays" wg show wg0 listen-port
	step1 "port: it is closed" ss -Hlun "$socket"
	step1 "port: free for the other" wg set wg1 listen-port 7001
	ip -n host1 link set wg1 down
	works "port: up again, without a number" eval 'in1 wg set wg0 listen-port 0 && ip -n host1 link set wg0 up &&
		[ "$(in1 wg show wg0 listen-port)" -gt 0 ]'
	step1 "port: a mark while up" wg set wg0 fwmark 7
}

# Packets: transfer to the byte, handshakes, errors of those who send.
scene_packets() {
	# which would be errors as well, at any time
	for host in host1 host2; do ip netns exec "$host" sysctl -qw net.ipv6.conf.default.router_solicitations=0; done
	pair
	works "packets: ping" reaches host1 10.0.0.2
	step1 "packets: transfer" wg show wg0 transfer
	step "packets: transfer of the other end" in2 wg show wg0 transfer
	step "packets: of the link" ip -n host1 -s link show wg0
	step1 "packets: a handshake" wg show
	step "packets: the other end learned the endpoint" in2 wg show wg0 endpoints
	works "packets: ping over IPv6" reaches host2 fd00::1
	step1 "packets: ten more are counted" bash -c 'ip netns exec host1 ping -q -c 10 -i 0.01 10.0.0.2 >/dev/null; wg show wg0 transfer'
	step1 "packets: another port" wg set wg0 listen-port 7009
	works "packets: ping from there" reaches host1 10.0.0.2
	step "packets: the endpoint followed" in2 wg show wg0 endpoints
	# where nobody has that address
	step1 "packets: no peer" ping -c 1 -W 1 10.0.0.9
	step1 "packets: no peer, IPv6" ping -c 1 -W 1 fd00::9
	in1 wg set wg0 peer "$pub3" allowed-ips 10.0.0.3/32,fd00::3/128
	step1 "packets: no endpoint" ping -c 1 -W 1 10.0.0.3
	step1 "packets: no endpoint, IPv6" ping -c 1 -W 1 fd00::3
	ip -n host2 address add 10.0.0.99/32 dev wg0
	step "packets: a source that is not the peer's" in2 ping -q -c 1 -W 1 -I 10.0.0.99 10.0.0.1
	step1 "packets: what is no IP" "$here/wgsend.py" wg0
	# a packet that is passed on: its sender is told
	ip -n host2 route add 10.0.9.0/24 dev wg0
	in2 wg set wg0 peer "$pub1" allowed-ips 10.0.0.1/32,fd00::1/128
	in2 sysctl -qw net.ipv4.ip_forward=1
	ip -n host1 route add 10.0.9.0/24 via 192.0.2.2
	step1 "packets: passed on to nobody" ping -c 1 -W 1 10.0.9.9
	step "packets: errors and drops of the link" bash -c 'ip -n host1 -j -s -s link show wg0 | jq -c ".[0].stats64 | [.rx, .tx | [.errors, .frame_errors, .dropped]]"'
	# first packets wait for the handshake
	in1 wg set wg0 peer "$pub2" remove
	in1 wg set wg0 peer "$pub2" allowed-ips 10.0.0.2/32 endpoint 192.0.2.2:7002
	works "packets: none is lost while there is no session" in1 ping -c 5 -i 0.01 -W 2 -q 10.0.0.2
	step1 "packets: a peer with another key gets nothing" bash -c 'wg set wg0 peer "$pub2" preshared-key "$test_tmp/psk"
		ip link set wg0 down; ip link set wg0 up; ping -q -c 1 -W 2 10.0.0.2'
	in2 wg set wg0 peer "$pub1" preshared-key "$test_tmp/psk"
	works "packets: with the same one it does" in1 ping -q -c 1 -W 7 10.0.0.2
	step1 "packets: the key of the device changes" bash -c 'wg set wg0 private-key "$test_tmp/key3"; ping -q -c 1 -W 1 10.0.0.2'
	works "packets: and is known to the other end" eval 'in2 wg set wg0 peer "$pub1" remove peer "$pub3" allowed-ips 10.0.0.1/32 \
		preshared-key "$test_tmp/psk"; in1 ping -q -c 1 -W 7 10.0.0.2'
	step "packets: the peer is removed" eval 'in2 wg set wg0 peer "$pub3" remove; in1 ping -q -c 1 -W 1 10.0.0.2'
}

# Keepalives begin when they are set, or the link goes up.
scene_keepalive() {
	fresh
	sent() { in1 wg show wg0 transfer | cut -f 3; }
	sent_more() { [ "$(sent)" -gt "$1" ]; }
	in1 wg set wg0 private-key "$test_tmp/key1" peer "$pub2" endpoint 192.0.2.2:7002 persistent-keepalive 1
	step "keepalive: nothing while down" sent
	begun=$EPOCHREALTIME
	ip -n host1 link set wg0 up
	step "keepalive: at once when up" initiations wg0
	fresh
	ip -n host1 link set wg0 up
	in1 wg set wg0 peer "$pub2" endpoint 192.0.2.2:7002 persistent-keepalive 1
	step "keepalive: nothing without a key" eval 'sleep 0.2; sent'
	begun=$EPOCHREALTIME
	in1 wg set wg0 private-key "$test_tmp/key1"
	step "keepalive: at once with a key" initiations wg0
	pair
	in1 wg set wg0 peer "$pub2" persistent-keepalive 1
	works "keepalive: a session without traffic" wait_until 5 sent_more 179
	works "keepalive: one a second" wait_until 9 sent_more 243
}

# wg setconf, addconf, syncconf, showconf.
scene_files() {
	local i
	fresh
	step1 "files: setconf" wg setconf wg0 "$test_tmp/a.conf"
	step1 "files: showconf" wg showconf wg0
	step1 "files: addconf" bash -c 'wg addconf wg0 "$test_tmp/b.conf"; wg showconf wg0'
	step1 "files: syncconf" bash -c 'wg syncconf wg0 "$test_tmp/b.conf"; wg showconf wg0'
	step1 "files: setconf replaces all" bash -c 'wg setconf wg0 "$test_tmp/a.conf"; wg showconf wg0'
	step1 "files: setconf of nothing" bash -c 'wg setconf wg0 /dev/null; wg showconf wg0'
	step1 "files: an error in one" bash -c 'wg setconf wg0 "$test_tmp/nonsense"; wg showconf wg0'
	step1 "files: no such device" wg setconf wg9 "$test_tmp/a.conf"
	{
		echo "[Interface]"
		echo "PrivateKey=$(<"$test_tmp/key1")"
		echo "[Peer]"
		echo "PublicKey=$pub2"
		for ((i = 0; i < 3000; i++)); do echo "AllowedIPs=10.$((i / 250)).$((i % 250)).0/24, fd00::$i/128"; done
		echo "[Peer]"
		echo "PublicKey=$pub3"
		echo "AllowedIPs=10.0.1.0/24"
	} >"$test_tmp/long.conf"
	step1 "files: a list of 6,000 allowed IPs" bash -c 'wg setconf wg0 "$test_tmp/long.conf"; wg showconf wg0 | md5sum'
	works "files: and it comes back as it was" in1 bash -c 'wg showconf wg0 >"$test_tmp/shown"; wg setconf wg0 /dev/null
		wg setconf wg0 "$test_tmp/shown"; wg showconf wg0 | cmp - "$test_tmp/shown"'
}

# Peers and links change under traffic, and not a packet is lost.
scene_sync() {
	pair
	in1 wg showconf wg0 >"$test_tmp/sync1"
	{ cat "$test_tmp/sync1" && printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.7.0.0/16\n' "$pub3"; } >"$test_tmp/sync2"
	reaches host1 10.0.0.2
	in1 ping -q -n -i 0.02 -w 60 -c 150 -W 5 10.0.0.2 >"$test_tmp/ping" &
	local ping=$! i
	for ((i = 0; i < 6; i++)); do in1 wg syncconf wg0 "$test_tmp/sync$((i % 2 + 1))"; done
	wait "$ping"
	works "sync: no packet is lost" grep -oE '[0-9]+% packet loss' "$test_tmp/ping"
	step "sync: nor is the session" eval 'in1 wg show wg0 transfer | cut -f 1; [ "$(in1 wg show wg0 peers | wc -l)" -eq 2 ]'
}

# Namespaces, and rights.
scene_namespaces() {
	pair
	ip netns add inner
	step "namespaces: a link moves" ip -n host1 link set wg0 netns inner
	step "namespaces: how it looks there" ip -n inner -d link show wg0
	ip -n inner address add 10.0.0.1/24 dev wg0
	ip -n inner link set wg0 up
	works "namespaces: its datagrams leave where it was made" reaches inner 10.0.0.2
	step "namespaces: wg there" ip netns exec inner wg show wg0 endpoints
	step "namespaces: not where it came from" in1 wg show wg0
	step "namespaces: the port is open where it was made" in1 ss -Hlun "sport = :7001"
	step "namespaces: it moves back" eval 'ip -n inner link set wg0 netns host1 && in1 wg show wg0 listen-port'
	ip netns del inner
	works "namespaces: root of a namespace of its own" in1 unshare -Urn bash -c \
		'ip link add wg0 type wireguard && wg set wg0 listen-port 7 fwmark 1 peer "$0" && ip link set wg0 up && wg show wg0 dump' "$pub2"
	step1 "namespaces: and not of ours" unshare -Ur wg show wg0
	ip -n host1 link set wg0 up
}

# wg-quick.
scene_quick() {
	fresh
	ip -n host1 link del wg0
	step "quick: strip" wg-quick strip "$test_tmp/wgq.conf"
	begun=$EPOCHREALTIME
	works "quick: up" in1 wg-quick up "$test_tmp/wgq.conf"
	step "quick: it begins a handshake" initiations wgq
	# how often it tries is looked at above
	step "quick: wg show" eval 'in1 wg show wgq | sed "/^  transfer: 0 B received, /s/[0-9]* B sent/N B sent/"'
	step "quick: link" ip -n host1 link show wgq
	step "quick: addresses" ip -n host1 -o address show wgq
	step "quick: routes" eval 'ip -n host1 route show dev wgq; ip -n host1 -6 route show dev wgq'
	step1 "quick: up twice" wg-quick up "$test_tmp/wgq.conf"
	in1 wg set wgq peer "$pub3" allowed-ips 10.77.0.0/16
	works "quick: save" in1 bash -c 'wg-quick save "$test_tmp/wgq.conf"; cat "$test_tmp/wgq.conf"'
	step1 "quick: down" wg-quick down "$test_tmp/wgq.conf"
	step "quick: the hooks ran" cat "$test_tmp/hooks"
	step1 "quick: down twice" wg-quick down "$test_tmp/wgq.conf"
	cp "$test_tmp/default.conf" "$test_tmp/wgd.conf"
	works "quick: a default route" in1 wg-quick up "$test_tmp/wgd.conf"
	step "quick: its rules" eval 'ip -n host1 rule; ip -n host1 route show table 51820; ip -n host1 -6 route show table 51820'
	step1 "quick: its mark" wg show wgd fwmark
	step1 "quick: its firewall" nft list ruleset
	step1 "quick: down again" wg-quick down "$test_tmp/wgd.conf"
	step "quick: nothing is left" eval 'ip -n host1 rule; in1 nft list ruleset; in1 wg show interfaces'
}

# Requests that wg does not make.
scene_requests() {
	fresh
	in1 "$here/wgnl.py" wg0 >"$test_tmp/requests" 2>&1
	step "requests: each ends as it did" cat "$test_tmp/requests"
}

# Many peers: what comes back, and how long it takes.
declare -A took
# timed WHAT COMMAND...: milliseconds of a CPU, since the clock runs away from a guest that waits for its files
timed() {
	local TIMEFORMAT="%3U %3S" user system
	{ time "${@:2}" 2>&3; } 3>&2 2>"$test_tmp/time"
	read -r user system <"$test_tmp/time"
	took["$implementation,$1"]=$((10#${user/./} + 10#${system/./}))
}

scene_many() {
	fresh
	timed setconf in1 wg setconf wg0 "$test_tmp/many.conf"
	timed show in1 wg show all dump >"$test_tmp/many"
	step "many: all are told" eval 'wc -l <"$test_tmp/many"; md5sum <"$test_tmp/many"'
	timed syncconf in1 wg syncconf wg0 "$test_tmp/many.conf"
	step "many: the same again changes nothing" eval 'in1 wg show all dump | md5sum'
	ip -n host1 link del wg0
}

# --- what the scenes need ---

prepare() {
	make_keys
	printf '%s\n' "[Interface]" "ListenPort = 7001" "FwMark = 0x1" "PrivateKey = $(<"$test_tmp/key1")" \
		"[Peer]" "PublicKey = $pub2" "PresharedKey = $(<"$test_tmp/psk")" "AllowedIPs = 10.2.0.0/16, fd00::2/128" \
		"Endpoint = 192.0.2.2:7002" "PersistentKeepalive = 21" "[Peer]" "PublicKey = $pub3" >"$test_tmp/a.conf"
	printf '%s\n' "[Interface]" "FwMark = off" "[Peer]" "PublicKey = $pub3" "AllowedIPs = 10.3.0.0/16" \
		"[Peer]" "PublicKey = $pub4" "AllowedIPs = 10.2.0.0/16, 10.4.0.0/16" >"$test_tmp/b.conf"
	printf '%s\n' "[Interface]" "Address = 10.0.0.1/24, fd00::1/64" "ListenPort = 7001" "MTU = 1380" \
		"PrivateKey = $(<"$test_tmp/key1")" "PreUp = echo PreUp %i >>$test_tmp/hooks" "PostUp = echo PostUp %i >>$test_tmp/hooks" \
		"PreDown = echo PreDown %i >>$test_tmp/hooks" "PostDown = echo PostDown %i >>$test_tmp/hooks" \
		"[Peer]" "PublicKey = $pub2" "AllowedIPs = 10.0.0.2/32, fd00::2/128, 10.99.0.0/16" \
		"Endpoint = 192.0.2.2:7002" "PersistentKeepalive = 25" >"$test_tmp/quick.conf"
	printf '%s\n' "[Interface]" "Address = 10.0.0.1/24, fd00::1/64" "PrivateKey = $(<"$test_tmp/key1")" \
		"[Peer]" "PublicKey = $pub2" "AllowedIPs = 0.0.0.0/0, ::/0" "Endpoint = 192.0.2.2:7002" >"$test_tmp/default.conf"
	# public keys need not be anybody's
	python3 - "$(<"$test_tmp/key1")" >"$test_tmp/many.conf" <<-'END'
		import base64, hashlib, sys
		print("[Interface]\nPrivateKey =", sys.argv[1])
		for i in range(10000):
		    print("[Peer]\nPublicKey =", base64.b64encode(hashlib.sha256(b"%d" % i).digest()).decode())
		    print(f"AllowedIPs = 10.{i >> 8}.{i & 255}.0/24, fd00::{i:x}/128\nEndpoint = 192.0.2.2:{i + 1}")
	END
}

scenes=(link show set port packets keepalive files sync namespaces quick requests many)

# run_block N WHAT: the commands of the page's Nth block, one test each.
run_block() {
	local line
	while read -r line; do
		ok "$2: $line" bash -c "cd '$documentation' && $line"
	done < <(awk -v n="$1" '/::$/ { block++ } /^    / && block == n' "$documentation/wireguard-tools.rst")
}

refused() {
	local said
	said=$(modprobe camex wireguard=1 2>&1) && return 1
	[[ $said == *"Device or resource busy"* ]] && dmesg | tail -n 20 | grep -q "modprobe -r wireguard"
}

prepare

# --- wireguard.ko ---

ok "wireguard.ko" modprobe wireguard
# on 7.2 it has a thread for each peer: 10,000 are more threads than a guest of 1 GiB may have
ok "room for its threads" sysctl -qw kernel.threads-max=40000
install -m 600 "$test_tmp/quick.conf" "$test_tmp/wgq.conf"
run_scenes wireguard.ko "${scenes[@]}"
ok "with wireguard.ko there, loading is refused, and the log says what to do" refused
ok "without the parameter it is not" modprobe camex
ok "both have links" eval 'ip link add camex0 type camex && ip link add wg0 type wireguard && ip link del camex0 && ip link del wg0'
modprobe -r camex

# --- camex ---

mkdir -p /etc/modprobe.d
run_block 1 "to switch"
ok "camex is there" [ -e /sys/module/camex ]
modprobe -r camex
# the kernel and wg find it by these names
ok "ip link add type wireguard loads camex" ip link add wg0 type wireguard
ok "and wireguard.ko is not there" [ ! -e /sys/module/wireguard ]
ok "modprobe wireguard does not load it either" eval 'modprobe wireguard && [ ! -e /sys/module/wireguard ]'
ip link del wg0
rm "$test_tmp/hooks"
install -m 600 "$test_tmp/quick.conf" "$test_tmp/wgq.conf"
run_scenes camex "${scenes[@]}"
compare

# no_slower WHAT: but for what one run differs from the next, the most of it in wg
no_slower() {
	local before=${took["wireguard.ko,$1"]} now=${took["camex,$1"]}
	note "10,000 peers, $1: wireguard.ko $before ms, camex $now ms"
	check "10,000 peers: $1 takes no longer" "[ $((now * 4)) -lt $((before * 5)) ]"
}

for what in setconf show syncconf; do no_slower $what; done

# --- what camex alone has ---

fresh
in1 wg set wg0 private-key "$test_tmp/key1" peer "$pub2" allowed-ips 10.0.0.2/32
name=${pub2:0:8}
name=${name//\//_}
is "camexctl shows the device" "$(camexctl -n host1 -j show | jq -c '.[] | [.name, .protocol, .public_key]')" \
	"[\"wg0\",\"wireguard\",\"$pub1\"]"
is "its peer has the name of its key" "$(camexctl -n host1 -j peer show wg0 | jq -r '.[].name')" "$name"
ok "counters" eval 'camexctl -n host1 -j stats wg0 | jq -e .auth_failed==0'
unlike "the private key is not shown there" "$(camexctl -n host1 -j show; camexctl -n host1 save wg0 2>&1)" \
	"$(sed 's/[+/]/./g' "$test_tmp/key1")"
like "camexctl top shows it" "$(camexctl -n host1 top wg0 -b -n 1 2>&1)" $'\n'"${name//+/.} +no_endpoint "
ok "camexctl changes the peer" camexctl -n host1 peer set wg0 "$name" keepalive 20
is "wg sees that" "$(in1 wg show wg0 persistent-keepalive)" "$pub2	20"
ok "a link of kind camex beside it" camexctl -n host1 dev add camex0 protocol wireguard private-key-file "$test_tmp/key3"
is "is none of wg's" "$(in1 wg show interfaces)" wg0
like "and keeps its key" "$(in1 wg show camex0 private-key 2>&1)" "Operation not supported"
ip -n host1 link del camex0

# A prefix that the old and the new list of allowed IPs have in common is routed all the time: what the list
# does not change, nothing removes.
tracing=/sys/kernel/tracing
mountpoint -q $tracing || mount -t tracefs tracefs $tracing
# removes COMMAND...: how many allowed IPs it removes on its way
removes() {
	echo 'p:camex_removed camex_route_remove' >$tracing/kprobe_events && echo 1 >$tracing/events/kprobes/camex_removed/enable &&
		"$@" && awk '$1 == "camex_removed" { print $2 }' $tracing/kprobe_profile
	echo 0 >$tracing/events/kprobes/camex_removed/enable
	echo >$tracing/kprobe_events
}
fresh
in1 wg set wg0 private-key "$test_tmp/key1" peer "$pub2" allowed-ips 10.0.0.2/32,10.8.0.0/16,10.9.0.0/16,fd00::2/128
in1 wg showconf wg0 >"$test_tmp/same.conf"
is "wg syncconf of the same removes no allowed IP meanwhile" "$(removes in1 wg syncconf wg0 "$test_tmp/same.conf")" 0
is "another list of four with one other removes that one" \
	"$(removes in1 wg set wg0 peer "$pub2" allowed-ips fd00::2/128,10.9.0.0/16,10.10.0.0/16,10.0.0.2/32)" 1
is "and they are in its order" "$(in1 wg show wg0 allowed-ips)" "$pub2	fd00::2/128 10.9.0.0/16 10.10.0.0/16 10.0.0.2/32"
is "an empty list removes all" "$(removes in1 wg set wg0 peer "$pub2" allowed-ips '')" 4
is "of which none is left" "$(in1 wg show wg0 allowed-ips)" "$pub2	(none)"

# wg knows no ciphers: who has none to say leaves a peer the one that it has
ciphers() { camexctl -n host1 -j peer show wg0 | jq -c "[.[] | [.public_key, .cipher]] | sort | map(.[1])"; }
fresh
in1 wg set wg0 private-key "$test_tmp/key1" peer "$pub2" allowed-ips 10.0.0.2/32
ok "a peer with the other cipher" camexctl -n host1 peer add wg0 aes public-key "$pub3" routes 10.0.0.3/32 cipher aes-256-gcm
there=$(ciphers)
like "each has its own" "$there" '"aes-256-gcm"'
in1 wg showconf wg0 >"$test_tmp/ciphers.conf"
unlike "showconf does not tell" "$(<"$test_tmp/ciphers.conf")" aes
ok "syncconf of that" in1 wg syncconf wg0 "$test_tmp/ciphers.conf"
is "changes no cipher" "$(ciphers)" "$there"
ok "setconf of that" in1 wg setconf wg0 "$test_tmp/ciphers.conf"
is "changes none" "$(ciphers)" "$there"
in1 wg set wg0 peer "$pub3" allowed-ips 10.0.0.4/32 persistent-keepalive 3 preshared-key "$test_tmp/psk"
is "nor does set" "$(ciphers)" "$there"
# which takes several requests, the peer in the last of them
{ cat "$test_tmp/ciphers.conf" && grep -v -e '^PrivateKey' -e '^\[Interface' "$test_tmp/many.conf" | head -n 6000; } >"$test_tmp/ciphers2.conf"
printf '[Peer]\nPublicKey = %s\n' "$pub3" >>"$test_tmp/ciphers2.conf"
sed -i "0,/^PublicKey = ${pub3//\//\\/}/s//PublicKey = ${pub4//\//\\/}/" "$test_tmp/ciphers2.conf"
ok "setconf of 2,000 more" in1 wg setconf wg0 "$test_tmp/ciphers2.conf"
is "leaves that peer's as well" "$(camexctl -n host1 -j peer show wg0 | jq -c --arg key "$pub3" '[.[] | select(.cipher == "aes-256-gcm")] | map(.public_key == $key)')" "[true]"
echo 1 >/sys/module/camex/parameters/routes_max
printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.0.5.0/24,10.0.6.0/24\n[Peer]\nPublicKey = %s\n' "$pub2" "$pub3" >"$test_tmp/ciphers3.conf"
nok "setconf that fails half way" in1 wg setconf wg0 "$test_tmp/ciphers3.conf"
unlike "has deleted that peer" "$(in1 wg show wg0 peers)" "$pub3"
nok "and once more" in1 wg setconf wg0 "$test_tmp/ciphers3.conf"
echo 1048576 >/sys/module/camex/parameters/routes_max
ok "again, when there is room" in1 wg setconf wg0 "$test_tmp/ciphers3.conf"
is "leaves each its cipher" "$(camexctl -n host1 -j peer show wg0 | jq -c --arg key "$pub3" '[.[] | [.cipher == "aes-256-gcm", .public_key == $key]] | sort')" "[[false,false],[true,true]]"
ok "a peer that was removed" in1 wg set wg0 peer "$pub3" remove
ok "and comes again" in1 wg set wg0 peer "$pub3"
unlike "has the cipher of a new one" "$(ciphers)" aes
ip -n host1 link del wg0

# a program that listens is told of each change, once it is made
fresh
bg host1 camexctl -j monitor >"$test_tmp/events"
ok "it listens" wait_until 10 eval 'in1 wg set wg0 fwmark 1; grep -q dev_set "$test_tmp/events"'
ok "two peers" in1 wg set wg0 peer "$pub2" allowed-ips 10.0.2.0/24,10.0.3.0/24,10.0.4.0/24 peer "$pub3"
names() { camexctl -n host1 -j peer show wg0 | jq -r --arg key "$1" '.[] | select(.public_key == $key) | .name'; }
before=$(wc -l <"$test_tmp/events")
ok "allowed IPs move" in1 wg set wg0 peer "$pub3" allowed-ips 10.0.3.0/24,10.0.4.0/24
told() { tail -n +$((before + 1)) "$test_tmp/events" | jq -r '"\(.event) \(.peer)"' | paste -sd,; }
expected="routes $(names "$pub2"),peer_set $(names "$pub3"),routes $(names "$pub3")"
wait_until 10 eval '[ "$(told)" = "$expected" ]'
is "which is told of both peers" "$(told)" "$expected"
before=$(wc -l <"$test_tmp/events")
expected="peer_del $(names "$pub2"),dev_set null"
ok "a private key, whose public key a peer has" in1 wg set wg0 private-key "$test_tmp/key2"
wait_until 10 eval '[ "$(told)" = "$expected" ]'
is "is told when it is set" "$(told)" "$expected"
ip -n host1 link del wg0

fresh
is "allowed IPs are removed one by one" "$(in1 "$here/wgnl.py" wg0 remove)" \
	"three ok [('0a000000', 16), ('0a010000', 16), ('0a020000', 16)]
one is removed ok [('0a000000', 16), ('0a020000', 16)]
it is not there ok [('0a000000', 16), ('0a020000', 16)]
another length is not there ok [('0a000000', 16), ('0a020000', 16)]
unknown flags ENOTSUP [('0a000000', 16), ('0a020000', 16)]
another peer's stays [('0a000000', 16), ('0a020000', 16)] []"
fresh
is "a list says that the device was changed while it was read" "$(in1 "$here/wgnl.py" wg0 interrupted)" \
	"changed behind its first part: True
not changed: False"
# names are told apart without regard to case, and keys need not be
{
	echo "[Interface]"
	for word in ABCDEFGH abcdefgh aBCDEFGH AbcdefGH; do
		printf '[Peer]\nPublicKey = %sAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n' $word
	done
	printf '[Peer]\nPublicKey = %s\n' ABCDEFGHIJKLMNOPQRSTUVWXAAAAAAAAAAAAAAAAAAA= ABCDEFGHIJKLMNOPQRSTUVWXBAAAAAAAAAAAAAAAAAA=
} >"$test_tmp/alike.conf"
ok "keys that are alike" in1 wg setconf wg0 "$test_tmp/alike.conf"
is "each has a name of its own" "$(camexctl -n host1 -j peer show wg0 | jq -r '.[].name | ascii_downcase' | sort -u | wc -l)" 6

# who has only the link's namespace
in1 wg set wg0 private-key "$test_tmp/key1"
as_owner() { unshare -Urn --kill-child bash -c 'echo $$ >"$0"; exec sleep infinity' "$test_tmp/owner" & }
as_owner
sleeper=$!
wait_until 10 [ -s "$test_tmp/owner" ]
owner=$(<"$test_tmp/owner")
ok "a link moves to a namespace of other users" ip -n host1 link set wg0 netns "$owner"
there=(nsenter -t "$owner" -U -n --preserve-credentials)
like "they are not told its key" "$("${there[@]}" wg show wg0 2>&1)" "Operation not permitted"
like "nor may they change it" "$("${there[@]}" wg set wg0 peer "$pub4" 2>&1)" "Operation not permitted"
nok "nor delete it" "${there[@]}" ip link del wg0
kill "$owner"
wait "$sleeper"

# --- and back ---

run_block 2 "to go back"
ok "camex is not there" [ ! -e /sys/module/camex ]
ok "a link is wireguard.ko's" eval 'ip link add wg0 type wireguard && [ -e /sys/module/wireguard ]'
ip link del wg0
modprobe -r wireguard
done_testing
