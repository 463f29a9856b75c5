#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Devices that the kernel refuses when their port is open already, and connections and datagrams
# that arrive until it is closed again. They must not use what is freed: the debug kernel would say
# so.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")
# how many arrive each time: more where the kernel would notice what is wrong with one
enough=1
if slow || [ -n "${CAMEX_LONG-}" ]; then enough=20; fi

# refused WHAT TRANSPORT RX NAME ERRNO
refused() {
	ok "$2: $1" on host1 python3 "$here/refused.py" "$4" "$2" "$3" "$5" $enough
	note <"$test_tmp/output"
	is "$2: $1: nothing listens any more" "$(on host1 ss -Hlntu 'sport = :7000 and src 0.0.0.0')" ""
}

# taken tcp|udp: a program has the port, for IPv6 alone
taken() {
	local kind=STREAM
	[ "$1" = tcp ] || kind=DGRAM
	bg host1 python3 -c "
import socket, time
s = socket.socket(socket.AF_INET6, socket.SOCK_$kind)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind(('::', 7000))
if '$1' == 'tcp':
    s.listen()
time.sleep(100000)"
	holder=$!
	wait_until 20 listening host1 "$1" 7000
}

hosts 1
ok "the module" modprobe camex
# so that connections wait to be accepted while their device is freed
check "its works have the lowest priority" 'echo 19 >/sys/devices/virtual/workqueue/camex-tcp/nice'

for transport in tcp udp udp,tcp; do
	# the name is valid for the kernel's table of links, but not for its table of settings, which
	# is asked last
	refused "another part of the kernel refuses its link" $transport udp default EINVAL
	refused "its name is none" $transport udp a/b EINVAL
done
ok "a program takes the TCP port for IPv6" taken tcp
refused "its port is in use for IPv6" tcp udp c0 EADDRINUSE
refused "its TCP port is in use for IPv6" udp,tcp udp c0 EADDRINUSE
stop "$holder"
ok "a program takes the UDP port for IPv6" taken udp
refused "its port is in use for IPv6" udp udp c0 EADDRINUSE
refused "its port is in use for IPv6, and it has hooks" udp netfilter c0 EADDRINUSE
stop "$holder"

is "there is no device" "$(on host1 camexctl show)" ""
ok "one that is not refused" camexctl -n host1 dev add camex0 port 7000 transport udp,tcp
ok "it goes up" ip -n host1 link set camex0 up
ok "it takes connections" on host1 timeout 10 bash -c ': </dev/tcp/127.0.0.1/7000'
done_testing
