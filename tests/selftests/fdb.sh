#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Many peers on one Ethernet: who is behind whom is learned, bounded, told and set by hand;
# bad frames teach nothing.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

# mac HOST
mac() {
	ip -n "$1" -j link show camex0 | jq -r '.[0].address'
}

# fdb HOST FILTER
fdb() {
	camexctl -n "$1" -j fdb show camex0 | jq -c "$2"
}

# behind HOST MAC: the peer that HOST knows it to be behind
behind() {
	fdb "$1" "map(select(.mac == \"$2\")) | .[0].peer" | tr -d '"'
}

is_behind() {
	[ "$(behind "$1" "$2")" = "$3" ]
}

# site I PEER...: host I with a tap link and peers, each with a key of its own: who shares one
# can only be told apart by what a tun link's routes say
site() {
	local i=$1 j key
	camexctl -n "host$i" dev add camex0 link tap port 7000 || return
	for j in "${@:2}"; do
		key=$test_tmp/key$((i < j ? i * 10 + j : j * 10 + i))
		[ -e "$key" ] || (umask 077 && camexctl key gen >"$key")
		camexctl -n "host$i" peer add camex0 "host$j" endpoint "192.0.2.$j:7000" \
			key-file "$key" || return
	done
	tunnel_up "host$i"
}

sites_gone() {
	local i
	for i in 1 2 3; do camexctl -n "host$i" dev del camex0 || return; done
}

sent_to() {
	peer host1 "$1" .tx_packets
}

# --- three that all know each other ---

ok "three hosts" hosts 3
ok "host1" site 1 2 3
ok "host2" site 2 1 3
ok "host3" site 3 1 2
ok "host1 reaches host2" reaches host1 10.0.0.2
ok "host1 reaches host3 over IPv6" reaches host1 fd00::3
ok "host2 reaches host3" reaches host2 10.0.0.3
is "host1 has learned where host2 is" "$(behind host1 "$(mac host2)")" host2
is "and host3" "$(behind host1 "$(mac host3)")" host3
is "each once, and for a while" "$(fdb host1 'map([.vlan, .static, .age < 60]) | unique')" '[[null,false,true]]'
before=$(sent_to host3)
ok "many pings to host2" on host1 ping -q -n -c 20 -i 0.01 -W 5 10.0.0.2
ok "host3 was sent next to nothing of them" [ $(($(sent_to host3) - before)) -lt 8 ]
before=$(sent_to host2)-$(sent_to host3)
on host1 ping -q -n -c 5 -i 0.01 -W 1 -b 10.0.0.255 >/dev/null 2>&1
now=$(sent_to host2)-$(sent_to host3)
ok "a broadcast goes to each peer once" [ $((${now%-*} - ${before%-*})) -ge 5 -a $((${now#*-} - ${before#*-})) -ge 5 ]
like "as a table" "$(camexctl -n host1 fdb show camex0)" 'MAC +VLAN +HEARD +PEER.*'"$(mac host2) +- +[a-z0-9 ]+ +host2"
like "and for bridge(8)" "$(bridge -n host1 fdb show dev camex0)" "$(mac host2) dst 192.0.2.2 port 7000 .*self"
unlike "not as permanent, because it was learned" "$(bridge -n host1 fdb show dev camex0 | grep "^$(mac host2) ")" permanent

# --- a station that moves ---

station=02:00:00:00:00:77
ok "a station behind host2" ip -n host2 link add sta0 link camex0 address $station type macvlan mode bridge
ok "it has an address" ip -n host2 address add 10.0.0.77/24 dev sta0
ip -n host2 link set sta0 up
ok "it is reached" on host2 ping -q -n -c 1 -W 5 -I sta0 10.0.0.1
ok "it is behind host2" wait_until 10 is_behind host1 $station host2
ip -n host2 link del sta0
ip -n host3 link add sta0 link camex0 address $station type macvlan mode bridge
ip -n host3 address add 10.0.0.77/24 dev sta0
ip -n host3 link set sta0 up
ok "it moves to host3" on host3 ping -q -n -c 1 -W 5 -I sta0 10.0.0.1
ok "it is behind host3" wait_until 10 is_behind host1 $station host3
ip -n host3 link set camex0 promisc on
ok "host1 reaches it there" reaches host1 10.0.0.77

# --- by hand ---

ok "it is put behind host2" camexctl -n host1 fdb add camex0 $station peer host2
is "for good" "$(fdb host1 "map(select(.mac == \"$station\")) | .[0] | [.peer, .static, .age]")" '["host2",true,null]'
before=$(counter host1 bad_source)
nok "what comes from it elsewhere is dropped" on host3 ping -q -n -c 2 -W 1 -I sta0 10.0.0.1
ok "and counted" [ "$(counter host1 bad_source)" -gt "$before" ]
nok "it cannot be taken from host3" camexctl -n host1 fdb del camex0 $station peer host3
like "nor from nobody" "$(camexctl -n host1 fdb del camex0 $station peer nobody 2>&1)" 'no peer .*nobody'
ok "it is taken from host2" camexctl -n host1 fdb del camex0 $station peer host2
nok "only once" camexctl -n host1 fdb del camex0 $station
ok "in a VLAN" camexctl -n host1 fdb add camex0 $station vlan 7 peer host2
is "which is told" "$(fdb host1 'map(select(.vlan)) | .[0] | [.mac, .vlan]')" "[\"$station\",7]"
ok "and gone" camexctl -n host1 fdb del camex0 $station vlan 7
ok "in VLAN 4094" camexctl -n host1 fdb add camex0 $station vlan 4094 peer host2
is "which is told, too" "$(fdb host1 'map(select(.vlan)) | .[0] | [.mac, .vlan]')" "[\"$station\",4094]"
ok "and gone" camexctl -n host1 fdb del camex0 $station vlan 4094
ok "by bridge fdb add" bridge -n host1 fdb add 02:00:00:00:00:78 dev camex0 dst 192.0.2.3 port 7000
is "it is there" "$(behind host1 02:00:00:00:00:78)" host3
like "bridge(8) shows it as permanent" "$(bridge -n host1 fdb show dev camex0 | grep ^02:00:00:00:00:78)" permanent
ok "one with the word static" bridge -n host1 fdb add 02:00:00:00:00:7a dev camex0 dst 192.0.2.3 port 7000 static
is "it is static here as well" "$(fdb host1 'map(select(.mac == "02:00:00:00:00:7a")) | .[0] | [.static, .age]')" '[true,null]'
ok "it goes" bridge -n host1 fdb del 02:00:00:00:00:7a dev camex0
like "twice" "$(bridge -n host1 fdb add 02:00:00:00:00:78 dev camex0 dst 192.0.2.2 2>&1)" 'is behind peer host3'
like "nobody is there" "$(bridge -n host1 fdb add 02:00:00:00:00:79 dev camex0 dst 192.0.2.9 2>&1)" 'no peer of camex0 has that address'
# port_of LENGTH: the same with a port of so many bytes, as no program would send it
port_of() {
	on host1 python3 - "$1" <<-END
		import os, socket, struct, sys
		def attribute(kind, data):
		    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)
		body = struct.pack("=BxxxiHBB", socket.AF_BRIDGE, socket.if_nametoindex("camex0"), 0x80, 2, 0)
		body += attribute(2, bytes.fromhex("020000000079")) + attribute(1, socket.inet_aton("192.0.2.2"))
		body += attribute(6, bytes(int(sys.argv[1])))
		with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
		    s.send(struct.pack("=IHHII", 16 + len(body), 28, 0x405, 0, 0) + body)
		    print(os.strerror(-struct.unpack_from("=i", s.recv(4096), 16)[0]))
	END
}
for length in 0 1 4; do
	like "a port of $length bytes" "$(port_of $length 2>&1)" 'Invalid argument'
done
like "without dst" "$(bridge -n host1 fdb add 02:00:00:00:00:79 dev camex0 2>&1)" 'dst is missing'
like "a group" "$(bridge -n host1 fdb add 01:00:5e:00:00:01 dev camex0 dst 192.0.2.2 2>&1)" 'not a unicast MAC'
camexctl -n host1 peer add camex0 other endpoint 192.0.2.2:7001
like "two are there" "$(bridge -n host1 fdb add 02:00:00:00:00:79 dev camex0 dst 192.0.2.2 2>&1)" 'both have that address'
ok "the port says which" bridge -n host1 fdb add 02:00:00:00:00:79 dev camex0 dst 192.0.2.2 port 7001
is "it is that one" "$(behind host1 02:00:00:00:00:79)" other
ok "its peer goes" camexctl -n host1 peer del camex0 other
is "it goes with it" "$(behind host1 02:00:00:00:00:79)" null
unknown='no entry for 02:00:00:00:00:78 on camex0'
drivers_explain || unknown='No such file or directory'
like "not with the address of another peer" "$(bridge -n host1 fdb del 02:00:00:00:00:78 dev camex0 dst 192.0.2.2 2>&1)" "$unknown"
ok "by bridge fdb del" bridge -n host1 fdb del 02:00:00:00:00:78 dev camex0
like "but once" "$(bridge -n host1 fdb del 02:00:00:00:00:78 dev camex0 2>&1)" "$unknown"
is "it is gone" "$(behind host1 02:00:00:00:00:78)" null
for i in {1000..1999}; do echo "fdb add 06:00:00:00:${i:0:2}:${i:2} dev camex0 dst 192.0.2.3 port 7000"; done >"$test_tmp/stations"
ok "a thousand more" bridge -n host1 -batch "$test_tmp/stations"
is "each is listed once" "$(fdb host1 'map(select(.peer == "host3").mac | select(.[:12] == "06:00:00:00:")) | [length, (unique | length)]')" \
	"[1000,1000]"
is "to bridge(8), too" "$(bridge -n host1 fdb show dev camex0 | grep -c '^06:00:00:00:.* dst 192.0.2.3 ')" 1000
sed -i 's/ add / del /' "$test_tmp/stations"
ok "and they go" bridge -n host1 -batch "$test_tmp/stations"

# --- ageing ---

ok "a second of silence is enough" camexctl -n host1 dev set camex0 ageing 1
nothing_learned() {
	[ "$(fdb host1 length)" -eq 0 ]
}
ok "all are forgotten" wait_until 20 nothing_learned
ok "and found again" reaches host1 10.0.0.2
ok "the link goes down and up" eval 'camexctl -n host1 dev set camex0 ageing 300 && reaches host1 10.0.0.2 &&
	ip -n host1 link set camex0 down'
is "nothing is known then" "$(fdb host1 length)" 0
ok "the sites go" sites_gone

# --- a hub ---

ok "a hub" site 1 2 3
ok "a spoke" site 2 1
ok "another" site 3 1
ok "host2 reaches the hub" reaches host2 10.0.0.1
nok "not through it" on host2 ping -q -n -c 1 -W 1 10.0.0.3
ok "relay on" camexctl -n host1 dev set camex0 relay on
ok "now it does" reaches host2 10.0.0.3
ok "over IPv6" reaches host3 fd00::2
# while ping runs, packets have the time when they came: nothing to pace them by
ok "the hub paces" tc -n host1 qdisc replace dev eth0 root fq
ok "one spoke reaches the other" reaches host2 10.0.0.3
ip -n host2 neigh flush dev camex0
ok "and asks all where it is" reaches host2 10.0.0.3
ok "the hub does not pace any more" tc -n host1 qdisc del dev eth0 root
start_exchange
ok "TCP through it" exchanged tcp host2 10.0.0.2 host3 10.0.0.3 100000
is "what the hub relays is learned by the spokes" "$(behind host2 "$(mac host3)")" host1
is "no spoke gets its own frames back" "$(counter host2 bad_source) $(counter host3 bad_source)" "0 0"
ok "the sites go" sites_gone

# --- a host without camex, and its bad frames ---

ok "a raw link" camexctl -n host1 dev add camex0 link tap protocol raw port 50000
ok "a raw peer" camexctl -n host1 peer add camex0 box endpoint 192.0.2.2:50000
tunnel_up host1
bg host2 "$here/ether.py" answer 192.0.2.1 02:00:00:00:00:02 10.0.0.2
ok "it answers" wait_until 20 reaches host1 10.0.0.2
is "it is at the MAC that it says" "$(behind host1 02:00:00:00:00:02)" box
stop $!
us=$(mac host1)
us=${us//:/}
# bad WHAT COUNTER FRAME: the frame is dropped and counted
bad() {
	local before learned
	before=$(counter host1 "$2")
	learned=$(fdb host1 length)
	on host2 "$here/ether.py" send 192.0.2.1 "$3"
	ok "$1 is counted" wait_until 10 has_counted host1 "$2" $((before + 1))
	is "$1 teaches nothing" "$(fdb host1 length)" "$learned"
}
bad "a frame of 13 bytes" malformed "$us 02000000001008"
bad "half a VLAN tag" malformed "$us 020000000010 8100 00"
bad "a tag without a type" malformed "$us 020000000010 8100 0001 08"
bad "half a second tag" malformed "$us 020000000010 88a8 0001 8100 0002"
bad "a VLAN that there is not" malformed "$us 020000000010 8100 0fff 0800 00*46"
bad "our own MAC as source" bad_source "$us $us 0800 00*46"
bad "a group as source" bad_source "$us 030000000010 0800 00*46"
bad "broadcast as source" bad_source "$us ffffffffffff 0800 00*46"
bad "no source" bad_source "$us 000000000000 0800 00*46"
on host2 "$here/ether.py" send 192.0.2.1 "$us 020000000010 8100 0005 88b5 00*40" "$us 020000000011 88b5"
ok "a tagged frame and a short one of an unknown type are fine" wait_until 10 is_behind host1 02:00:00:00:00:11 box
is "with its VLAN" "$(fdb host1 'map(select(.vlan == 5)) | .[0].mac')" '"02:00:00:00:00:10"'
is "and nothing else went wrong" "$(counters host1)" "malformed=5 bad_source=4"

done_testing
