#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The module and its net_devices: loading, namespaces, MTU, ethtool, and the end of it all.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# loaded, has HOST LINK: these are so. mtu HOST LINK: prints it.
# shellcheck disable=SC2317 # called by ok and others
loaded() {
	[ -e /sys/module/camex ]
}

# shellcheck disable=SC2317
has() {
	ip -n "$1" link show "$2"
}

# shellcheck disable=SC2317
lacks() {
	! has "$1" "$2"
}

mtu() {
	ip -n "$1" -j link show "$2" | jq '.[0].mtu'
}

# linkinfo HOST FILTER: of "ip -d link show camex0"
linkinfo() {
	ip -n "$1" -d -j link show camex0 | jq -c ".[0] | $2"
}

# --- loading ---

nok "the module is not loaded" loaded
ok "ip link add loads it" ip link add camex0 type camex
ok "it is loaded" loaded
is "ip link add gives tun, camex, udp, and a port of the kernel's choice" \
	"$(camexctl -j show | jq -c 'map([.name, .link, .protocol, .transport, .port > 0, .mtu])')" \
	'[["camex0","tun","camex","udp",true,1428]]'
ok "rmmod with a device there" rmmod camex
nok "the device is gone" ip link show camex0
ok "camexctl dev add loads it" camexctl dev add camex0
ok "ip link del" ip link del camex0
ok "modprobe -r" modprobe -r camex
nok "it is not loaded" loaded
ok "modprobe" modprobe camex
is "there is no device" "$(camexctl -j show)" "[]"

# --- what ip and ethtool say ---

ok "two hosts" hosts 2
ok "a tunnel" tunnel 4 key
is "its kind" "$(linkinfo host1 '[.linkinfo.info_kind, .link_type, .flags]')" \
	'["camex","none",["POINTOPOINT","NOARP","UP","LOWER_UP"]]'
is "it has no link-local address" "$(ip -n host1 -6 -j addr show dev camex0 scope link | jq -c '.[0].addr_info // []')" '[]'
like "ethtool -i" "$(on host1 ethtool -i camex0)" 'driver: camex'$'\n''version: [0-9]+\.[0-9]'
like "ethtool: there is a carrier" "$(on host1 ethtool camex0 2>&1)" 'Link detected: yes'
nok "nobody is at an address without a peer" reaches host1 10.0.0.99 -W 1
nok "nor over IPv6" reaches host1 fd00::99 -W 1
is "both are counted" "$(counters host1)" "no_route=2"
is "ethtool -S has what camexctl stats has" \
	"$(on host1 ethtool -S camex0 | sed -n 's/^ *\([a-z_]*\): \([0-9]*\)$/\1 \2/p')" \
	"$(camexctl -n host1 -j stats camex0 | jq -r 'to_entries[] | "\(.key) \(.value)"')"
is "ip -s link has them as dropped" "$(ip -n host1 -s -j link show camex0 | jq '.[0].stats64.tx.dropped')" 2

# --- MTU ---

is "1428 by default" "$(mtu host1 camex0)" 1428
camexctl -n host1 peer add camex0 six endpoint '[2001:db8::9]:7000'
is "1408 once a peer is at an IPv6 address" "$(mtu host1 camex0)" 1408
ok "another one" ip -n host1 link set camex0 mtu 1420
camexctl -n host1 peer set camex0 six endpoint '[2001:db8::8]:7000'
is "stays, because the user chose it" "$(mtu host1 camex0)" 1420
ok "one that is chosen at the start" ip -n host1 link add mtu0 mtu 1500 type camex
camexctl -n host1 peer add mtu0 six endpoint '[2001:db8::8]:7000'
is "stays as well" "$(mtu host1 mtu0)" 1500
nok "not below 68" ip -n host1 link set mtu0 mtu 67
ok "an MTU of 68" ip -n host1 link set mtu0 mtu 68
nok "not above 65000" ip -n host1 link set mtu0 mtu 65001
ok "65000" ip -n host1 link set mtu0 mtu 65000
ok "a device at an IPv6 address" camexctl -n host1 dev add mtu6 bind 2001:db8::1
is "has 1408 from the start" "$(mtu host1 mtu6)" 1408
ok "a device can get another name" ip -n host1 link set mtu6 name other6
is "camexctl knows it by that" "$(camexctl -n host1 -j show | jq -c 'map(.name)')" '["camex0","mtu0","other6"]'
ip -n host1 link del mtu0
ip -n host1 link del other6

# --- down and up ---

ok "packets go through" reaches host1 10.0.0.2
received=$(peer host2 host1 .rx_packets)
ok "host2's link down" ip -n host2 link set camex0 down
nok "nothing goes through" reaches host1 10.0.0.2 -W 1
is "nothing is received" "$(peer host2 host1 .rx_packets)" "$received"
ok "up again" ip -n host2 link set camex0 up
ip -n host2 address add fd00::2/64 dev camex0
ok "packets go through over IPv4" reaches host1 10.0.0.2

# --- the link in one namespace, its transport in another ---

ip netns add inside
test_hosts+=(inside)
ok "the link goes elsewhere" ip -n host1 link set camex0 netns inside
ok "it is there" has inside camex0
like "it tells where its transport is" "$(linkinfo inside .link_netnsid)" '^[0-9]+$'
is "camexctl has it where the link is" "$(camexctl -n inside -j show | jq -c 'map([.name, (.peers | length)])')" '[["camex0",2]]'
is "and no longer where it was" "$(camexctl -n host1 -j show)" '[]'
ip -n inside -batch - <<-END
	address add 10.0.0.1/24 dev camex0
	address add fd00::1/64 dev camex0 nodad
	link set camex0 up
END
ok "packets go through it over IPv4" reaches inside 10.0.0.2
ok "over IPv6" reaches inside fd00::2
ok "and the other way" reaches host2 10.0.0.1
ok "its port is open where it was made" listening host1 udp 7000
nok "and not where the link is" listening inside udp 7000
ok "another port" camexctl -n inside dev set camex0 port 7001
ok "it is open where the device was made" listening host1 udp 7001
ok "packets go through" reaches inside 10.0.0.2
ok "the link goes back" ip -n inside link set camex0 netns host1
is "its transport is where it is" "$(linkinfo host1 .link_netnsid)" null
ip -n host1 -batch - <<-END
	address add 10.0.0.1/24 dev camex0
	link set camex0 up
END
ok "packets go through" reaches host1 10.0.0.2
ok "the link goes away again" ip -n host1 link set camex0 netns inside
ok "that namespace is deleted" ip netns del inside
ok "the device's port is free after a while" wait_until 10 camexctl -n host1 dev add camex0 port 7001
ip netns add inside
ok "a link elsewhere" ip -n host1 link set camex0 netns inside
ok "up" ip -n inside link set camex0 up
ok "a link whose transport is in the namespace of another" camexctl -n inside dev add camex1
ok "goes there" ip -n inside link set camex1 netns host2
ok "the namespace of the first one's transport is deleted" ip netns del host1
ok "the link is gone" wait_until 10 lacks inside camex0
ok "the other is not" has host2 camex1
ok "the namespace of the other's transport is deleted" ip netns del inside
ok "then it is gone as well" wait_until 10 lacks host2 camex1
test_hosts=(host2)

# --- many ---

names=()
for i in {1..10}; do names+=("many$i"); done
test_hosts+=("${names[@]}")
printf 'netns add %s\n' "${names[@]}" | ip -batch -
for name in "${names[@]}"; do
	printf 'link add camex%d up type camex\n' 1 2 3 4 5 | ip -n "$name" -batch - || break
done
ok "five devices in each of ten namespaces" has many10 camex5
is "each has its own" "$(camexctl -n many7 -j show | jq -c '[map(.name), (map(.port) | unique | length)]')" \
	'[["camex1","camex2","camex3","camex4","camex5"],5]'
for name in many1 many2 many3; do ip netns del "$name"; done
test_hosts=(host2 "${names[@]:3}")
printf 'link del camex%d\n' 1 2 3 | ip -n many4 -batch -
is "three are deleted" "$(camexctl -n many4 -j show | jq -c 'map(.name)')" '["camex4","camex5"]'
bg host2 camexctl monitor >/dev/null
is "the module is not in use by its devices" "$(cat /sys/module/camex/refcnt)" 0
ok "rmmod with devices up in eight namespaces, and a monitor" rmmod camex
for name in host2 many4 many10; do
	is "$name has none left" "$(ip -n "$name" -j -d link show | jq -c 'map(.linkinfo.info_kind | select(. == "camex"))')" '[]'
done
ok "modprobe again" modprobe camex
is "there is no device" "$(camexctl -n many10 -j show)" "[]"

done_testing
