#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# /dev/camex: beside /dev/net/tun, call by call; in the place of the camex module of old; and
# with programs that know /dev/net/tun, where there is none.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

# transfer FROM TO ADDRESS: TO receives by TCP what FROM sends, bit for bit.
# shellcheck disable=SC2317 # called by ok
transfer() {
	local receiver
	rm -f "$test_tmp/received"
	bg "$2" socat -u "TCP-LISTEN:5000,bind=$3,reuseaddr" "CREATE:$test_tmp/received"
	receiver=$!
	wait_until 60 listening "$2" tcp 5000 || return
	timeout 120 ip netns exec "$1" socat -u "OPEN:$test_tmp/sent" "TCP:$3:5000" || return
	wait "$receiver"
	cmp "$test_tmp/sent" "$test_tmp/received"
}

# both NAME ADDRESS1 ADDRESS2: ping and TCP between host1 and host2.
both() {
	ok "$1: host2 answers" wait_until 60 reaches host1 "$3"
	ok "$1: host1 answers" reaches host2 "$2"
	ok "$1: TCP to host2" transfer host1 host2 "$3"
	ok "$1: TCP to host1" transfer host2 host1 "$2"
}

# as_tun DEVICE: what DEVICE answers, in a namespace of its own.
as_tun() {
	unshare -n "$here/calls.py" "$1" 2>&1
}

# lacks_link NAME
# shellcheck disable=SC2317 # called by ok
lacks_link() {
	[ ! -e "/sys/class/net/$1" ]
}

# --- the node ---

ok "the module" modprobe camex
is "/dev/camex is root's alone" "$(stat -c '%F %a %U' /dev/camex)" "character special file 600 root"
exec 7<>/dev/camex
nok "while a file is open, the module stays" modprobe -r camex
exec 7>&-
ok "then it goes" modprobe -r camex
ok "and comes with another mode" modprobe camex char_mode=0660
is "/dev/camex is its group's, too" "$(stat -c %a /dev/camex)" 660
ok "it goes" modprobe -r camex
nok "no mode" modprobe camex char_mode=4096
ok "the module again" modprobe camex

# --- beside tun.ko ---

ok "tun" modprobe tun
ip link set lo up
as_tun /dev/net/tun >"$test_tmp/tun"
as_tun /dev/camex >"$test_tmp/camex"
nok "no call failed in a way that nobody thought of" grep Traceback "$test_tmp/tun"
is "/dev/camex answers $(wc -l <"$test_tmp/tun") calls as /dev/net/tun does" \
	"$(diff "$test_tmp/tun" "$test_tmp/camex")" ""
ok "tun goes" modprobe -r tun

# --- without TUNSETIFF ---

pass_on -p "late: " "$here/plain.py" late
ok "the module goes" modprobe -r camex
ok "and comes with char_link" modprobe camex char_link=1
is "the link camex is there, its queue as of old" \
	"$(ip -j -d link show camex | jq -c '.[0] | [.txqlen, .mtu, .linkinfo.info_kind]')" '[64,1500,"camex"]'
pass_on -p "char_link: " "$here/plain.py" load
ok "the module goes" modprobe -r camex
ok "and comes without" modprobe camex

# --- programs ---

head -c 60000 /dev/urandom >"$test_tmp/sent"
ok "two hosts" hosts 2
is "tun is not there" "$(lsmod | grep -c '^tun ')" 0

i=0
for host in host1 host2; do
	i=$((i + 1))
	bg $host socat "UDP:192.0.2.$((3 - i)):6000,bind=192.0.2.$i:6000" \
		"TUN:10.1.0.$i/24,tun-device=/dev/camex,tun-name=s0,iff-up,iff-no-pi"
done
socats=("${test_pids[@]}")
both socat 10.1.0.1 10.1.0.2
stop "${socats[@]}"
ok "its link goes with it" wait_until 10 bash -c '! ip -n host1 link show s0'

i=0
openvpns=()
for host in host1 host2; do
	i=$((i + 1))
	bg $host openvpn --dev o0 --dev-type tun --dev-node /dev/camex --proto udp --lport 6001 --rport 6001 \
		--remote "192.0.2.$((3 - i))" --ifconfig "10.2.0.$i" "10.2.0.$((3 - i))" \
		--cipher none --auth none \
		>"$test_tmp/openvpn$i" 2>&1
	openvpns+=($!)
done
both OpenVPN 10.2.0.1 10.2.0.2
note <"$test_tmp/openvpn1"
stop "${openvpns[@]}"

# links for others to use
ok "tunctl makes a link" on host1 tunctl -f /dev/camex -t c0 -u 1000
ok "it is there" ip -n host1 link show c0
nok "and keeps the module" modprobe -r camex
ok "tunctl takes it away" on host1 tunctl -f /dev/camex -d c0
nok "it is gone" ip -n host1 link show c0
ok "tunctl makes an Ethernet" on host1 tunctl -f /dev/camex -t c1
like "it is one" "$(ip -n host1 link show c1)" "link/ether"
ok "tunctl takes it away" on host1 tunctl -f /dev/camex -d c1

# A tunnel without encryption leaves inner checksums to a network card, which veth is not.
ok "checksums are done by the sender" on host1 ethtool -K eth0 tx off
ok "a tunnel's end in host1" camexctl -n host1 dev add camex0 protocol raw port 7000
ok "and its peer" camexctl -n host1 peer add camex0 far endpoint 192.0.2.2:7000 routes 10.3.0.2/32
ip -n host1 address add 10.3.0.1/24 dev camex0
ip -n host1 link set camex0 up
bg host2 camex-peer client --raw --tun p0 --tun-node /dev/camex --address 10.3.0.2/24 --mtu 1472 \
	--bind 192.0.2.2:7000 --endpoint 192.0.2.1:7000 --keepalive 0 --quiet
peer=$!
both camex-peer 10.3.0.1 10.3.0.2
stop $peer

# --- a forwarder between namespaces ---

bg host1 "$here/forward.py" host2
forwarder=$!
wait_until 60 ip -n host2 link show f0
for i in 1 2; do
	ip -n host$i address add 10.4.0.$i/24 dev f0
	ip -n host$i link set f0 up
done
both forwarder 10.4.0.1 10.4.0.2
stop $forwarder

# --- the end of links under traffic ---

bg host1 "$here/forward.py" host2
forwarder=$!
wait_until 60 ip -n host2 link show f0
for i in 1 2; do
	ip -n host$i address add 10.4.0.$i/24 dev f0
	ip -n host$i link set f0 up
done
bg host1 ping -q -f -w 3 10.4.0.2 >/dev/null 2>&1
ok "packets go" wait_until 60 reaches host1 10.4.0.2
ok "a link is deleted while they do" ip -n host2 link del f0
ok "the other one, too" ip -n host1 link del f0
stop $forwarder

# --- any calls at all ---

ok "the fuzzer" gcc -O -Wall -o "$test_tmp/chardev" "$here/../fuzz/chardev.c"
pass_on ip netns exec host1 "$test_tmp/chardev" /dev/camex "${CAMEX_LONG:+300}"
ok "the hosts go" remove_hosts
ok "no link is left" lacks_link camex
done_testing
