#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The kernel's messages by netconsole, on a bridge: through tap links of /dev/camex beside
# tun.ko's, and through tunnels.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

ok "tun" modprobe tun
ok "the module" modprobe camex
ok "netconsole" modprobe netconsole
ok "configfs" eval 'mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config'
dmesg -n 8
pass_on unshare -n "$here/console.py"

# --- through tunnels ---

say() {
	echo "<1>camex-test: to be read behind a tunnel" >/dev/kmsg
}

# heard: a message of the kernel's gets through, once the bridge's port forwards
heard() {
	say
	sleep 0.2
	grep -q "read behind a tunnel" "$test_tmp/heard"
}

# console: messages go to host2 by the bridge br0 in host1; "on" would hide configfs
console() {
	nsenter --net=/run/netns/host1 bash -e <<-END
		mkdir /sys/kernel/config/netconsole/tunnel
		cd /sys/kernel/config/netconsole/tunnel
		echo br0 >dev_name
		echo 10.0.0.1 >local_ip
		echo 10.0.0.2 >remote_ip
		echo $(on host2 cat /sys/class/net/camex0/address) >remote_mac
		echo 1 >enabled
	END
}

ok "two hosts" hosts 2
for kind in plain key; do
	protocol=()
	[ $kind = key ] || protocol=(protocol raw)
	ok "a tap link, $kind" tunnel 4 $kind link tap "${protocol[@]}"
	ok "a bridge above the tap link, $kind" ip -n host1 -batch - <<-END
		link add br0 type bridge
		address flush dev camex0
		link set camex0 master br0
		address add 10.0.0.1/24 dev br0
		link set br0 up
	END
	ok "$kind: the other end answers" wait_until 30 reaches host1 10.0.0.2 -W 1
	: >"$test_tmp/heard"
	bg host2 socat -u UDP-RECV:6666 "OPEN:$test_tmp/heard,append"
	listener=$!
	ok "$kind: socat listens" wait_until 30 listening host2 udp 6666
	ok "$kind: netconsole on the bridge" console
	ok "$kind: the other end gets a message" wait_until 30 heard
	ok "$kind: the tunnel goes away below it" camexctl -n host1 dev del camex0
	say
	ok "$kind: netconsole ends" rmdir /sys/kernel/config/netconsole/tunnel
	ip -n host1 link del br0
	stop $listener
done

done_testing
