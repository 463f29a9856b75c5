#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What the dissector for Wireshark says of datagrams between the kernel and a peer that behaves
# like the OpenIPC camex daemon, against what the peer's log says of them.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# captured: the file of the capture has all that the logs tell of so far.
captured() {
	[ "$(tcpdump -n -r "$test_tmp/capture" 2>/dev/null | wc -l)" -ge \
		"$(cat "$test_tmp/log" "$test_tmp/host2.log" | grep -c '"dir": "\(in\|out\)"')" ]
}

# talk FORM: pings both ways, and what the log says of it.
talk() {
	ok "$1: the peer reaches the kernel" wait_until 20 pinged host2 10.88.0.1
	ok "$1: the kernel reaches it" reaches host1 10.88.0.2
	ok "$1: with large packets, too" reaches host1 10.88.0.2 -s 1400
	ok "$1: it falls silent" tell host2 silent
	ok "$1: all is captured" wait_until 20 captured
	end_daemon host2
	cat "$test_tmp/host2.log" >>"$test_tmp/log"
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
for host in host1 host2; do on $host ethtool -K eth0 tx off >/dev/null; done
umask 077
echo secret >"$test_tmp/secret"
: >"$test_tmp/log"
bg host2 tcpdump -U -i eth0 -w "$test_tmp/capture" 'udp or ip[6:2] & 0x3fff != 0' 2>"$test_tmp/tcpdump"
tcpdump=$!
ok "a capture" wait_until 20 grep -q listening "$test_tmp/tcpdump"

port=7000
for form in encrypted oldest plain raw; do
	case $form in
	encrypted) options=(--passphrase secret) device=() key=(passphrase-file "$test_tmp/secret") ;;
	oldest) options=(--passphrase secret --oldest) ;;
	plain) options=(--plain) device=(plaintext on) key=() ;;
	raw) options=(--raw) device=(protocol raw) key=(endpoint 192.0.2.2:6000) ;;
	esac
	port=$((port + 1))
	ok "$form: a device" kernel host1 10.88.0.1/24 port $port "${device[@]}"
	ok "$form: its peer" camexctl -n host1 peer add camex0 CAM01 routes 10.88.0.2/32 "${key[@]}"
	[ $form = raw ] || ok "$form: its profile" camexctl -n host1 peer set camex0 CAM01 \
		address 10.88.0.2/24 gateway 10.88.0.1 mtu 1400 push-routes 10.77.0.0/24,10.78.0.0/16
	ok "$form: the peer" daemon host2 client --address 10.88.0.2/24 --bind 192.0.2.2:6000 \
		--endpoint 192.0.2.1:$port "${options[@]}"
	talk $form
	[ $form = raw ] && continue
	ok "$form, AUTO: the peer" daemon host2 client --bind 192.0.2.2:6000 --address 10.88.0.2/24 \
		--endpoint 192.0.2.1:$port --register auto --client-id CAM01 "${options[@]}"
	ok "$form, AUTO: it is configured" wait_until 20 has_logged host2 1 '.type == "CONFIG"'
	talk "$form, AUTO"
done
stop $tcpdump
pass_on "$(dirname "$0")/../wireshark/compare.py" "$test_tmp/capture" "$test_tmp/log" \
	"camex.ports:7001-7003" "camex.ip_ports:7004" "camex.passphrases:secret"
done_testing
