#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# /dev/camex: beside /dev/net/tun, call by call; in the place of the camex module of old; and
# with programs that know /dev/net/tun, where there is none.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

# both NAME ADDRESS1 ADDRESS2: ping and TCP between host1 and host2.
both() {
	ok "$1: host2 answers" wait_until 60 reaches host1 "$3"
	ok "$1: host1 answers" reaches host2 "$2"
	ok "$1: 60,000 bytes by TCP, each way" exchanged tcp host1 "$2" host2 "$3" 60000
}

# start_forwarder OPTION...: forward.py between links f0, which are up.
start_forwarder() {
	local i
	bg host1 "$here/forward.py" host2 "$@" >"$test_tmp/forwarded" 2>"$test_tmp/forwarder"
	forwarder=$!
	wait_until 60 ip -n host2 link show f0
	for i in 1 2; do
		ip -n host$i -batch - <<-END
			link set f0 addrgenmode none
			address add 10.4.0.$i/24 dev f0
			address add fd00:4::$i/64 dev f0 nodad
			link set f0 up
		END
	done
}

# end_forwarder QUEUES: it ends, and each queue has carried frames, all of them, each way.
end_forwarder() {
	stop "$forwarder"
	is "each way of each queue carried frames, and none was refused" \
		"$(awk '$1 && !$3' "$test_tmp/forwarded" | wc -l)" $((2 * $1))
	note <"$test_tmp/forwarded"
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
# Two that tun.ko answers otherwise in some releases: 6.12's lets nobody take a link of nobody's, and
# 6.12's and older ones do not look whether a packet is what it is to be cut as.
disputed="^(a user attaches: nobody's|UDP, to be cut as TCP):"
answers=$(grep -vE "$disputed" "$test_tmp/tun")
is "/dev/camex answers $(wc -l <<<"$answers") calls as /dev/net/tun does" \
	"$(diff <(echo "$answers") <(grep -vE "$disputed" "$test_tmp/camex"))" ""
is "and others as tun.ko of most, or of the newest releases" "$(grep -E "$disputed" "$test_tmp/camex")" \
	"a user attaches: nobody's: ('t0', 4097)
UDP, to be cut as TCP: EINVAL
UDP, to be cut as TCP: EINVAL"
# it makes i386's system calls
if [ "$(uname -m)" = x86_64 ]; then
	ok "a 32-bit program, without a C library" gcc -m32 "-I/usr/include/$(gcc -print-multiarch)" -O -Wall \
		-nostdlib -ffreestanding -static -no-pie -fno-stack-protector -o "$test_tmp/calls32" "$here/calls32.c"
	# 126: no such kernel
	"$test_tmp/calls32" /dev/null >/dev/null 2>&1
	if [ $? -ne 126 ]; then
		for device in net/tun camex; do
			unshare -n "$test_tmp/calls32" "/dev/$device" >"$test_tmp/32-${device#*/}"
		done
		is "/dev/camex answers $(wc -l <"$test_tmp/32-tun") 32-bit calls as /dev/net/tun does" \
			"$(diff "$test_tmp/32-tun" "$test_tmp/32-camex")" ""
		is "they work" "$(grep -c '^TUNSETIFF: 0' "$test_tmp/32-camex")" 2
		is "and write no more than they may" "$(grep behind "$test_tmp/32-camex" | sort -u)" \
			"bits changed behind it: 0"
	fi
fi
# where the kernel has it built in, it stays, and nobody uses it
[ ! -e /sys/module/tun/refcnt ] || ok "tun goes" modprobe -r tun

# --- without TUNSETIFF ---

pass_on -p "late: " "$here/plain.py" late
ok "the module goes" modprobe -r camex
ok "and comes with char_link" modprobe camex char_link=1
is "the link camex is there, its queue as of old" \
	"$(ip -j -d link show camex | jq -c '.[0] | [.txqlen, .mtu, .linkinfo.info_kind]')" '[64,1500,"camex"]'
pass_on -p "char_link: " "$here/plain.py" load
ok "the module goes" modprobe -r camex
ok "and comes without" modprobe camex

# --- a link that waits for its program ---

ok "camexctl makes a link" camexctl dev add w0 transport char
is "of protocol raw, with one far end" "$(camexctl -j show w0 | jq -c '.[0] | [.protocol, .transport, .peers[].name]')" \
	'["raw","char","far"]'
is "it has no carrier" "$(ip -j link show w0 | jq -r '.[0].operstate')" DOWN
pass_on "$here/queue.py" w0
ok "it goes" camexctl dev del w0
ok "encrypted, if somebody wants that" camexctl dev add w1 transport char protocol camex
is "of protocol camex" "$(camexctl -j dev show w1 | jq -r '.[0].protocol')" camex
ok "it goes" ip link del w1

# --- programs ---

ok "two hosts" hosts 2
start_exchange
is "tun is not there" "$(lsmod | grep -c '^tun ')" 0

i=0
for host in host1 host2; do
	i=$((i + 1))
	bg $host socat "UDP:192.0.2.$((3 - i)):6000,bind=192.0.2.$i:6000" \
		"TUN:10.1.0.$i/24,tun-device=/dev/camex,iff-up,iff-no-pi"
done
socats=("${test_pids[@]}")
both socat 10.1.0.1 10.1.0.2
stop "${socats[@]}"
ok "its link goes with it" wait_until 10 bash -c '! ip -n host1 link show tun0'

i=0
openvpns=()
for host in host1 host2; do
	i=$((i + 1))
	bg $host openvpn --dev tun0 --dev-node /dev/camex --proto udp --lport 6001 --rport 6001 \
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
references=$(</sys/module/camex/refcnt)
ok "tunctl makes a persistent link" on host1 tunctl -f /dev/camex -t c2
ok "ip link del deletes it" ip -n host1 link del c2
is "its reference to the module is given back" "$(</sys/module/camex/refcnt)" "$references"
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

start_forwarder
both forwarder 10.4.0.1 10.4.0.2
end_forwarder 1

start_forwarder --gso
ok "GSO: host2 answers" wait_until 60 reaches host1 10.4.0.2
ok "GSO: TCP over IPv4, each way" exchanged tcp host1 10.4.0.1 host2 10.4.0.2 $((2 << 20))
ok "GSO: TCP over IPv6, each way" exchanged tcp host1 fd00:4::1 host2 fd00:4::2 $((2 << 20))
ok "GSO: UDP" exchanged udp host1 10.4.0.1 host2 10.4.0.2 1 1472 1473 40000
end_forwarder 1
is "GSO: segments came together, both ways" "$(awk '$2 > 20' "$test_tmp/forwarded" | wc -l)" 2

start_forwarder --queues 4
ok "four queues: host2 answers" wait_until 60 reaches host1 10.4.0.2
flows=()
for i in 1 2 3 4; do
	"$here/exchange.py" <<<"tcp host1 10.4.0.1 host2 10.4.0.2 200000" >"$test_tmp/flow$i" &
	flows+=($!)
done
# the hash of each chooses a queue
# shellcheck disable=SC2317 # called by ok
few() {
	local i
	for i in {1..40}; do exchanged tcp host1 10.4.0.1 host2 10.4.0.2 500 || return; done >/dev/null
}
ok "four queues: 40 connections" few
wait "${flows[@]}"
is "four queues: four connections at once" "$(cat "$test_tmp"/flow?)" $'ok\nok\nok\nok'
end_forwarder 4

# --- the end of links under traffic ---

start_forwarder
bg host1 ping -q -f -w 3 10.4.0.2 >/dev/null 2>&1
ok "packets go" wait_until 60 reaches host1 10.4.0.2
ok "a link is deleted while they do" ip -n host2 link del f0
wait "$forwarder"
is "the program is told" "$(cat "$test_tmp/forwarder")" "a link is gone"
nok "the other one is gone, too" ip -n host1 link show f0

# --- any calls at all ---

ok "the fuzzer" gcc -O -Wall -pthread -o "$test_tmp/chardev" "$here"/../fuzz/chardev{,-guided}.c
# the corpus, and in the long form, or for CAMEX_SEARCH seconds, calls that reach what it does not, where the kernel has KCOV
search=${CAMEX_SEARCH-}
[ -z "${CAMEX_LONG-}" ] || search=${search:-300}
mkdir "$test_tmp/debugfs"
mount -t debugfs debugfs "$test_tmp/debugfs"
pass_on -p "corpus: " ip netns exec host1 env "CAMEX_DEBUGFS=$test_tmp/debugfs" "$test_tmp/chardev" /dev/camex \
	"$([ -n "$search" ] && echo search || echo replay)" "$here/../fuzz/corpus/chardev" "$search"
umount "$test_tmp/debugfs"
pass_on ip netns exec host1 "$test_tmp/chardev" /dev/camex "${CAMEX_LONG:+300}"
# it is in one of them, with whatever links the fuzzer has left there
ok "the exchange ends" end_exchange
ok "the hosts go" remove_hosts
ok "no link is left" lacks_link camex
for i in 1 2 3; do unshare -n timeout -s KILL "0.$i" "$test_tmp/chardev" /dev/camex; done 2>/dev/null
ok "what is killed leaves nothing that holds the module" wait_until 60 modprobe -r camex
while :; do : </dev/camex; done 2>/dev/null &
opener=$!
for i in {1..10}; do modprobe camex; modprobe -r camex; done 2>/dev/null
kill $opener
wait $opener
ok "opening while it comes and goes leaves nothing either" wait_until 60 modprobe -r camex
done_testing
