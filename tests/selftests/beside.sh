#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Links as other parts of the kernel see them: those of /dev/camex beside tun.ko's, and those
# of transport udp: speed, time stamps, LACP, packet sockets; and rights to a file.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

ok "tun" modprobe tun
ok "the module" modprobe camex
(umask 077 && camexctl key gen >"$test_tmp/key")
# with a sysfs of that namespace
# shellcheck disable=SC2016 # for the other shell
pass_on unshare -n -m bash -c 'mount -t sysfs sysfs /sys && exec "$@"' bash "$here/beside.py" "$test_tmp/key"

# --- over UDP ---

ok "two hosts" hosts 2
for kind in plain key; do
	protocol=()
	[ $kind = key ] || protocol=(protocol raw)
	for link in tun tap; do
		ok "a $link link, $kind" tunnel 4 $kind link $link "${protocol[@]}"
		ok "the other end answers" reaches host1 10.0.0.2
		like "$link, $kind: its speed is not known" "$(on host1 ethtool camex0)" 'Speed: Unknown'
		ok "$link, $kind: until somebody says so" on host1 ethtool -s camex0 speed 1000 duplex full
		is "$link, $kind: then it is" "$(on host1 cat /sys/class/net/camex0/speed)" 1000
		like "$link, $kind: time stamps" "$(on host1 ethtool -T camex0)" 'software-transmit'
		pass_on -p "$link, $kind: " on host1 "$here/sender.py" camex0 host2 $link
	done
done

done_testing
