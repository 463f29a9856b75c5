#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Transport serial, over two ptys that are joined at the speed of a line.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions are what "ok" runs
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
a=$test_tmp/a b=$test_tmp/b
# camex-line, while there is one
line=""

# cable RATE [FAULT=N]...: a new line from $a to $b; the one before is gone.
cable() {
	cut_cable
	camex-line "$1" "$a" "$b" "${@:2}" >"$test_tmp/line" &
	line=$!
	wait_until 30 test -e "$b"
}

cut_cable() {
	[ -n "$line" ] || return 0
	stop "$line"
	line=""
}

# serial_dev HOST MTU [KEYWORD VALUE]...: a new ser0, up; it has 10.0.0.I.
serial_dev() {
	local host=$1 mtu=$2
	shift 2
	if on "$host" test -e /sys/class/net/ser0; then camexctl -n "$host" dev del ser0; fi
	camexctl -n "$host" dev add ser0 transport serial "$@" &&
		ip -n "$host" address add "10.0.0.${host#host}/24" dev ser0 &&
		ip -n "$host" link set ser0 mtu "$mtu" up
}

# held HOST TTY [KEYWORD VALUE]...: camexctl serial in the background; its process is $!.
held() {
	bg "$1" camexctl serial ser0 "$2" baud 115200 foreground "${@:3}" 2>"$test_tmp/$1.held"
	wait_until 30 has_carrier "$1"
}

has_carrier() {
	[ "$(on "$1" cat /sys/class/net/ser0/carrier)" = 1 ]
}

has_no_carrier() {
	[ "$(on "$1" cat /sys/class/net/ser0/carrier)" = 0 ]
}

# has_sent HOST BYTES
has_sent() {
	[ "$(on "$1" cat /sys/class/net/ser0/statistics/tx_bytes)" -gt "$2" ]
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# ends MTU [KEYWORD VALUE]...: both ends of the cable, made anew.
ends() {
	end_traffic
	serial_dev host1 "$@" && serial_dev host2 "$@" && held host1 "$a" && held host2 "$b"
}

# vlan HOST: a VLAN on its ser0, where it has 10.1.0.I.
vlan() {
	ip -n "$1" link add link ser0 name vlan0 type vlan id 5 &&
		ip -n "$1" address add "10.1.0.${1#host}/24" dev vlan0 && ip -n "$1" link set vlan0 up
}

# poured BYTES [ADDRESS [FROM TO]]: sends them from host1 to host2, at 10.0.0.2; the sums of
# both sides, and bytes per second.
poured() {
	local address=${2-10.0.0.2} from=${3-host1} to=${4-host2}
	bg "$to" "$here/serial.py" sink 7 >"$test_tmp/sink"
	local sink=$!
	wait_until 30 listening "$to" tcp 7 &&
		on "$from" timeout 600 "$here/serial.py" pour "$address" 7 "$1" >"$test_tmp/pour" &&
		wait "$sink"
	echo "$(cat "$test_tmp/pour") $(cat "$test_tmp/sink")"
}

# kernel_slip [OPTION...]: the kernel's own SLIP at $b, as sl0 of host2.
kernel_slip() {
	slattach "$@" -s 115200 -L "$b" &
	peer=$!
	wait_until 30 test -e /sys/class/net/sl0 && ip link set sl0 netns host2 &&
		ip -n host2 address add 10.0.0.8 peer 10.0.0.1 dev sl0 &&
		ip -n host2 link set sl0 mtu 296 up
}

end_kernel_slip() {
	stop "$peer" && wait_until 30 no_kernel_slip
}

no_kernel_slip() {
	! on host2 test -e /sys/class/net/sl0
}

# as_fast_as DESCRIPTION RATE MTU BYTES: TCP gets 95 % of what SLIP, IP and TCP leave of it.
as_fast_as() {
	local description=$1 rate=$2 mtu=$3 got want
	got=$(poured "$4")
	# two ENDs, and of random bytes one in 128 is escaped
	want=$((rate * 95 * (mtu - 52) * 128 / (mtu * 129 + 256) / 100))
	like "$description: it comes as it was sent" "$got" '^([0-9a-f]{64}) \1 [0-9]+$'
	ok "$description: ${got##* } bytes/s, at least $want" test "${got##* }" -ge "$want"
}

ok "two hosts" hosts 2

# --- the device and its peer ---

ok "a device" serial_dev host1 1500 protocol raw
is "it has its peer from the start, which is not connected" \
	"$(camexctl -n host1 -j show ser0 | jq -c '.[] | [.transport, .port, .tx, (.peers[] | .name, .endpoint, .routes, .state)]')" \
	'["serial",null,null,"far",null,["0.0.0.0/0","::/0"],"no_endpoint"]'
ok "nor has the link a carrier" has_no_carrier host1
nok "no peer is added" camexctl -n host1 peer add ser0 other
nok "far is not deleted" camexctl -n host1 peer del ser0 far
nok "what is udp's is refused" camexctl -n host1 dev set ser0 port 7
ok "its routes can be others" camexctl -n host1 peer set ser0 far routes 10.0.0.0/8

# --- joined ---

ok "a line" cable 92160
ok "two ends, MTU 1500" ends 1500 protocol raw
ok "a ping" reaches host1 10.0.0.2 -s 1400
is "the peer is up" "$(camexctl -n host1 -j peer show ser0 | jq -r '.[].state')" up
nok "a tty that another device has is refused" camexctl -n host1 serial ser0 "$b" baud 9600
as_fast_as "92,160 bytes/s, MTU 1500" 92160 1500 1000000
ok "frames of 0xC0" reaches host1 10.0.0.2 -s 1400 -p c0
ok "frames of 0xDB" reaches host1 10.0.0.2 -s 1400 -p db
is "nothing was counted on host1" "$(counters host1 ser0)" ""
is "nothing was counted on host2" "$(counters host2 ser0)" ""

ok "a line" cable 11520
ok "MTU 296" ends 296 protocol raw
as_fast_as "11,520 bytes/s, MTU 296" 11520 296 100000

# --- a slow line ---

ok "a line" cable 960
ok "MTU 296" ends 296 protocol raw
# a packet of full size takes 0.3 s: without that, some take each one's wait for a standing queue (5.10)
for i in 1 2; do
	ok "fq_codel on host$i" on host$i tc qdisc replace dev ser0 root fq_codel target 350ms interval 4s
done
as_fast_as "960 bytes/s, MTU 296" 960 296 12000
# only what the device itself holds is before a ping: fq_codel may let a frame of the other pass
for i in 1 2; do
	ok "bands on host$i" on host$i tc qdisc replace dev ser0 root pfifo_fast
done
bg host2 "$here/serial.py" sink 7 >/dev/null
wait_until 30 listening host2 tcp 7
bg host1 "$here/serial.py" pour 10.0.0.2 7 1000000 >/dev/null
bulk=$!
wait_until 60 has_sent host1 12000
pings=$(on host1 ping -n -Q 0x10 -c 10 -i 2 -W 20 10.0.0.2)
note <<<"$pings"
slowest=$(sed -nE 's|^rtt .* = [^/]*/[^/]*/([0-9]+).*|\1|p' <<<"$pings")
like "each of 10 pings during a transfer is answered" "$pings" ' 0% packet loss'
# 3 * 302 bytes at 960 a second
ok "the slowest took ${slowest:-too many} ms, less than 3 frames" test "${slowest:-9999}" -lt 943
stop "$bulk"

# --- a bad line ---

ok "a line that loses, changes and makes bytes" cable 92160 lose=4000 change=4000 noise=8000 cut=16000
ok "MTU 296" ends 296 protocol raw
like "TCP gets through it unharmed" "$(poured 200000)" '^([0-9a-f]{64}) \1 [0-9]+$'
like "what was wrong is counted" "$(counters host2 ser0)" 'malformed=[1-9]'

# --- protocol camex ---

ok "a line" cable 92160
(umask 077 && camexctl key gen >"$test_tmp/key")
ok "two ends that encrypt" ends 1400
is "without a key nothing is sent" "$(camexctl -n host1 -j peer show ser0 | jq -r '.[].state')" no_key
for i in 1 2; do ok "host$i has a key" camexctl -n host$i key set ser0 far key-file "$test_tmp/key"; done
ok "a ping" reaches host1 10.0.0.2
like "TCP" "$(poured 200000)" '^([0-9a-f]{64}) \1 [0-9]+$'
is "the peer is up" "$(camexctl -n host1 -j peer show ser0 | jq -r '.[].state')" up
isnt "what is sent is not plain" "$(camexctl -n host1 -j peer show ser0 | jq -r '.[].fingerprint')" null
ok "sessions and the learned are dropped" camexctl -n host1 peer forget ser0 far
ok "a ping all the same" reaches host1 10.0.0.2
ok "the link goes down and up" ip -n host2 link set ser0 down
ok "up" ip -n host2 link set ser0 up
ok "a ping in a new session" wait_until 30 reaches host1 10.0.0.2

# --- link tap ---

ok "two Ethernets" ends 1500 link tap protocol raw
ok "a ping" reaches host1 10.0.0.2 -s 1472
for i in 1 2; do ok "a VLAN on host$i" vlan host$i; done
ok "a ping in it" reaches host1 10.1.0.2 -s 1472
# vlans HOST: a VLAN in a provider's VLAN on its ser0, where it has 10.2.0.I.
vlans() {
	ip -n "$1" link add link ser0 name svlan0 up type vlan proto 802.1ad id 100 &&
		ip -n "$1" link add link svlan0 name svlan1 type vlan id 7 &&
		ip -n "$1" address add "10.2.0.${1#host}/24" dev svlan1 && ip -n "$1" link set svlan1 up
}
for i in 1 2; do ok "two tags on host$i" vlans host$i; done
ok "a ping of full size with both" reaches host1 10.2.0.2 -s 1472
is "nothing was counted" "$(counters host2 ser0)" ""
ok "two that encrypt" ends 1400 link tap
for i in 1 2; do ok "host$i has a key" camexctl -n host$i key set ser0 far key-file "$test_tmp/key"; done
ok "a ping" reaches host1 10.0.0.2

# --- other ends ---

ok "a line" cable 92160
ok "a device" serial_dev host1 296 protocol raw
ok "it is joined" held host1 "$a"
bg host2 "$here/../peer/rfc1055.py" "$b" >"$test_tmp/rfc1055"
peer=$!
ok "a peer as RFC 1055 has it answers" wait_until 30 reaches host1 10.0.0.9 -s 200 -p c0
ok "and once more" reaches host1 10.0.0.9 -s 200 -p db
stop "$peer"

# s390x's kernel has no SLIP of its own
if [ "$(uname -m)" != s390x ]; then
	ok "the kernel's own" modprobe slip
	ok "slattach" kernel_slip -p slip
	ok "a ping to it" wait_until 30 reaches host1 10.0.0.8 -s 200 -p c0
	ok "a ping from it" reaches host2 10.0.0.1 -s 200 -p db
	like "TCP to it" "$(poured 40000 10.0.0.8)" '^([0-9a-f]{64}) \1 '
	ok "it ends" end_kernel_slip

	# Van Jacobson's headers: slattach's default
	for mode in "-p cslip" "" "-p adaptive"; do
		# shellcheck disable=SC2086 # none or two
		ok "slattach $mode" kernel_slip $mode
		ok "a ping to it" wait_until 30 reaches host1 10.0.0.8 -s 200 -p c0
		like "TCP to it" "$(poured 40000 10.0.0.8)" '^([0-9a-f]{64}) \1 '
		# a header whose time stamp has changed is not compressed: how many are would depend on how fast the guest is
		on host2 sysctl -q net.ipv4.tcp_timestamps=0
		like "TCP from it" "$(poured 40000 10.0.0.1 host2 host1)" '^([0-9a-f]{64}) \1 '
		on host2 sysctl -q net.ipv4.tcp_timestamps=1
		n=$(on host2 cat /sys/class/net/sl0/statistics/tx_compressed)
		if [ "$mode" = "-p adaptive" ]; then
			is "it sends whole headers, as the device does" "$n" 0
		else
			ok "it has sent $n headers compressed" test "$n" -gt 100
		fi
		ok "it ends" end_kernel_slip
	done
	is "no frame was malformed" "$(counter host1 malformed ser0)" 0
fi

# --- the end of the line ---

ok "a line" cable 92160
ok "two ends" ends 296 protocol raw
flow host1 10.0.0.2
flow host2 10.0.0.1
sleep 2
cut_cable
ok "hung up under traffic: no carrier" wait_until 30 has_no_carrier host1
ok "it is reported" wait_until 30 grep -q 'was hung up' "$test_tmp/host1.held"

ok "a line" cable 92160
end_traffic
ok "two devices" eval 'serial_dev host1 296 protocol raw && serial_dev host2 296 protocol raw'
ok "an end that is opened again" held host1 "$a" reopen on
holder=$!
cut_cable
ok "hung up" wait_until 30 grep -q 'was hung up' "$test_tmp/host1.held"
ok "no carrier" wait_until 30 has_no_carrier host1
ok "another line at the same place" cable 92160
ok "is opened" wait_until 30 has_carrier host1
ok "which is reported" wait_until 30 grep -q 'is back' "$test_tmp/host1.held"
ok "the other end" held host2 "$b"
ok "a ping" reaches host1 10.0.0.2
flow host1 10.0.0.2
flow host2 10.0.0.1
ok "the device is deleted under traffic" camexctl -n host1 dev del ser0
ok "who holds the tty ends" wait_until 30 gone "$holder"
like "and says why" "$(cat "$test_tmp/host1.held")" 'the device has gone'

ok "the device is made again" serial_dev host1 296 protocol raw
ok "in the background" camexctl -n host1 serial ser0 "$a" baud 115200
ok "joined" has_carrier host1
ok "a ping" wait_until 30 reaches host1 10.0.0.2
nok "the module stays while a tty has its discipline" modprobe -r camex
pkill -x camexctl
ok "closed under traffic: no carrier" wait_until 30 has_no_carrier host1
ok "the module can be removed under traffic" wait_until 30 modprobe -r camex
nok "and the devices are gone" on host1 test -e /sys/class/net/ser0
end_traffic

# --- another number ---

ok "the discipline can have another number" modprobe camex ldisc=28
ok "a device" serial_dev host1 296 protocol raw
ok "camexctl reads it" camexctl -n host1 serial ser0 "$a" baud 115200
ok "joined" has_carrier host1
pkill -x camexctl
ok "removed" wait_until 30 modprobe -r camex
nok "not one that there is not" modprobe camex ldisc=1000
nok "nor that of all ttys" modprobe camex ldisc=0
cut_cable

done_testing
