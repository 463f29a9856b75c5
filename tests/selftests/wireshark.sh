#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What the dissector for Wireshark says of datagrams between the kernel and a peer that behaves
# like the OpenIPC camex daemon, against what the peer's log says of them; and of links between
# two kernels, against what the link itself carried.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# captured: the file of the capture has all that the logs tell of so far.
captured() {
	[ "$(tcpdump -n -r "$test_tmp/capture" 2>/dev/null | wc -l)" -ge \
		"$(cat "$test_tmp/log" "$test_tmp/host2.log" | grep -c '"dir": "\(in\|out\)"')" ]
}

# records HOST DEVICE NAME FILTER: tcpdump of DEVICE in HOST
records() {
	bg "$1" tcpdump -U -i "$2" -w "$test_tmp/$3" "$4" 2>"$test_tmp/$3.err"
	wait_until 20 grep -q listening "$test_tmp/$3.err"
}

# packets NAME N [FILTER]: the file of a tcpdump has as many that FILTER finds.
packets() {
	[ "$(tcpdump -n -r "$test_tmp/$1" "${3-}" 2>/dev/null | wc -l)" -ge "$2" ]
}

# talk FORM: pings both ways, and what the log says of it.
talk() {
	ok "$1: the peer reaches the kernel" wait_until 20 pinged host2 10.88.0.1
	ok "$1: the kernel reaches it" reaches host1 10.88.0.2
	ok "$1: with large packets, too" reaches host1 10.88.0.2 -s 1400
	ok "$1: it falls silent" tell host2 silent
	# or a keepalive to the peer that has ended is in the capture alone
	ok "$1: so does the kernel" ip -n host1 link set camex0 down
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
	ok "$form, AUTO: the device is up again" ip -n host1 link set camex0 up
	ok "$form, AUTO: it is configured" wait_until 20 has_logged host2 1 '.type == "CONFIG"'
	talk "$form, AUTO"
done
stop $tcpdump
compare=$(dirname "$0")/../wireshark/compare.py
pass_on "$compare" "$test_tmp/capture" "$test_tmp/log" \
	"camex.ports:7001-7003" "camex.ip_ports:7004" "camex.passphrases:secret"

# --- links between two kernels ---

for form in raw encrypted; do
	case $form in
	raw) tunnel=(plain link tap protocol raw) ;;
	encrypted) tunnel=(key link tap) ;;
	esac
	ok "$form Ethernet: a tunnel" tunnel 4 "${tunnel[@]}"
	ok "$form Ethernet: it carries packets" reaches host1 10.0.0.2
	ok "$form Ethernet: a capture of the link" records host2 camex0 "$form-link" icmp
	ok "$form Ethernet: and below it" records host2 eth0 "$form" "udp port 7000"
	ok "$form Ethernet: pings" on host1 ping -q -n -c 3 -i 0.2 -s 1000 10.0.0.2
	ok "$form Ethernet: they are captured" wait_until 20 packets "$form-link" 6
	ok "$form Ethernet: there, too" wait_until 20 packets "$form" 6 "greater 1000"
	stop "${test_pids[@]}"
	test_pids=()
done
pass_on -p "raw Ethernet: " "$compare" --link "$test_tmp/raw-link" "$test_tmp/raw" \
	camex.ethernet_ports:7000 camex.ports:7999
pass_on -p "encrypted Ethernet: " "$compare" --link "$test_tmp/encrypted-link" "$test_tmp/encrypted" \
	"camex.keys:$(<"$test_tmp/key")"

"$(dirname "$0")/../wireshark/line.py" "$test_tmp/serial" "$test_tmp/a" "$test_tmp/b" &
test_pids+=($!)
ok "a serial line" wait_until 20 test -e "$test_tmp/b"
for host in host1 host2; do
	ok "a serial device of $host" camexctl -n $host dev add ser0 transport serial protocol raw
	ip -n $host address add 10.9.0.${host#host}/24 dev ser0
	ip -n $host link set ser0 up
done
bg host1 camexctl serial ser0 "$test_tmp/a" baud 115200 foreground 2>>"$test_tmp/serial.err"
bg host2 camexctl serial ser0 "$test_tmp/b" baud 115200 foreground 2>>"$test_tmp/serial.err"
for host in host1 host2; do
	ok "$host has a carrier" wait_until 30 on $host grep -q 1 /sys/class/net/ser0/carrier
done
ok "a capture of the link" records host2 ser0 serial-link icmp
ok "pings" on host1 ping -q -n -c 3 -i 0.2 -s 300 10.9.0.2
ok "they are captured" wait_until 20 packets serial-link 6
stop "${test_pids[@]}"
test_pids=()
pass_on -p "SLIP: " "$compare" --link "$test_tmp/serial-link" "$test_tmp/serial-a,$test_tmp/serial-b" \
	'uat:user_dlts:"User 0 (DLT=147)","camex_slip","0","","0",""'
done_testing
