#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Changes of every kind in an order that depends on a seed, while packets are on their way: settings, peers, keys,
# routes, links that move, namespaces and a module that go, hibernation. After each both ends have what a model says.
# Each change is made once (on the debug kernel eight of them); in the long form with another seed each time, and again
# and again for ten minutes.
# CAMEX_SEED=NUMBER repeats an order, CAMEX_SECONDS=NUMBER is how long, CAMEX_CHANGES="NAME..." are the only changes.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that are called by name
. "$(dirname "$0")/lib.sh"

seconds=${CAMEX_SECONDS-0} seed=${CAMEX_SEED-7}
[ -z "${CAMEX_LONG-}" ] || seconds=${CAMEX_SECONDS-600} seed=${CAMEX_SEED-$((SRANDOM % 32768))}
RANDOM=$seed
port=7000
# the file that is open while the machine is about to hibernate
image=""
gap=0.02
if slow; then gap=0.3; fi

# one_of WORD...: sets $one to one of them. (A subshell would have random numbers of its own.)
one_of() {
	local n=$((RANDOM % $# + 1))
	one=${!n}
}

# --- the model ---

# what differs from one change to the next, for each host: relay, the timers of its peer, the MTU of its link
declare -A relays timers mtus

# made HOST: its peer is new
made() {
	timers[$1]="keepalive 10 register manual"
}

# expected HOST: what it has to show
expected() {
	local j=$((3 - ${1#host}))
	echo "port $(port_of "$1") relay ${relays[$1]} mark 0 bind null null check true plain false"
	echo "host$j at 192.0.2.$j:$(port_of "host$j") ${timers[$1]} key $fingerprint routes 10.0.0.$j/32 fd00::$j/128"
	echo "camex0 mtu ${mtus[$1]}"
	printf 'has %s\n' "10.0.0.${1#host}/24" "fd00::${1#host}/64" "10.0.0.0/24" "fd00::/64"
}

# shown HOST
shown() {
	camexctl -n "$1" -j show camex0 | jq -r '.[0] |
		"port \(.port) relay \(.relay) mark \(.fwmark) bind \(.bind) \(.bind_dev) check \(.source_check) plain \(.plaintext)",
		(.peers[] | "\(.name) at \(.configured_endpoint) keepalive \(.keepalive) register \(.register) key \(.fingerprint) " +
			"routes \(.routes | sort | join(" "))")'
	# an MTU that nobody sets fits the endpoints that the peer had, of IPv4 or IPv6
	ip -n "$1" -o link show up type camex | awk -v set="${mtus[$1]}" -v most="$mtu" '{
		sub(":", "", $2); print $2, $4, set == "auto" && ($5 == most || $5 == most - 20) ? set : $5 }'
	ip -n "$1" -o address show dev camex0 scope global | awk '{ print "has", $4 }'
	{ ip -n "$1" route show dev camex0 && ip -n "$1" -6 route show dev camex0; } |
		awk '$1 !~ /^fe80/ { print "has", $1 }'
}

# as_expected: both hosts are, and nothing is anywhere else
as_expected() {
	local host
	for host in host1 host2; do
		diff <(expected $host) <(shown $host) || return
	done
	! ip -n elsewhere -o link show type camex | grep . && ! ip -o link show type camex | grep . &&
		! ip netns list | grep gone
}

# mtu_of HOST
mtu_of() {
	on "$1" cat /sys/class/net/camex0/mtu
}

# --- the changes: each leaves a tunnel that works ---

link_down_up() {
	one_of host1 host2
	ip -n "$one" link set camex0 down && tunnel_up "$one"
}

# port_of HOST
port_of() {
	if [ "$1" = host1 ]; then echo "$port"; else echo 7000; fi
}

# add_peer HOST: the other host, as its peer
add_peer() {
	local j=$((3 - ${1#host}))
	camexctl -n "$1" peer add camex0 "host$j" endpoint "192.0.2.$j:$(port_of "host$j")" \
		routes "10.0.0.$j/32,fd00::$j/128" key-file "$test_tmp/key" && made "$1"
}

peer_del_add() {
	one_of host1 host2
	camexctl -n "$one" peer del camex0 "host$((3 - ${one#host}))" && add_peer "$one"
}

# add_device HOST: all of it
add_device() {
	relays[$1]=false
	camexctl -n "$1" dev add camex0 port "$(port_of "$1")" && add_peer "$1" && tunnel_up "$1" && mtus[$1]=auto
}

dev_del_add() {
	one_of host1 host2
	camexctl -n "$one" dev del camex0 && add_device "$one"
}

peer_forget() {
	one_of host1 host2
	camexctl -n "$one" peer forget camex0 "host$((3 - ${one#host}))"
}

same_key() {
	one_of host1 host2
	camexctl -n "$one" key set camex0 "host$((3 - ${one#host}))" key-file "$test_tmp/key"
}

other_key() {
	local before=$fingerprint
	camexctl key gen >"$test_tmp/key" && camexctl -n host1 key set camex0 host2 key-file "$test_tmp/key" &&
		camexctl -n host2 key set camex0 host1 key-file "$test_tmp/key" &&
		fingerprint=$(peer host1 host2 .fingerprint) && [ "$fingerprint" != "$before" ]
}

key_del_set() {
	camexctl -n host1 key del camex0 host2 && camexctl -n host1 key set camex0 host2 key-file "$test_tmp/key"
}

routes() {
	camexctl -n host1 peer set camex0 host2 routes none &&
		camexctl -n host1 peer set camex0 host2 routes any &&
		camexctl -n host1 peer set camex0 host2 routes 10.0.0.2/32,fd00::2/128
}

route_moves() {
	local prefix
	camexctl -n host1 peer add camex0 other || return
	for prefix in 10.0.0.2/32 fd00::2/128; do
		camexctl -n host1 route replace camex0 "$prefix" peer other || return
	done
	one_of 2 1
	# a route goes with its peer
	[ "$one" -eq 1 ] || camexctl -n host1 peer del camex0 other || return
	for prefix in 10.0.0.2/32 fd00::2/128; do
		camexctl -n host1 route replace camex0 "$prefix" peer host2 || return
	done
	[ "$one" -eq 2 ] || camexctl -n host1 peer del camex0 other
}

route_add_del() {
	local prefix=10.$((RANDOM % 256)).0.0/16
	camexctl -n host2 route add camex0 "$prefix" peer host1 && camexctl -n host2 route del camex0 "$prefix"
}

timers() {
	one_of 0 1 10 3600
	camexctl -n host1 peer set camex0 host2 keepalive "$one" register off || return
	one_of off manual
	camexctl -n host1 peer set camex0 host2 keepalive 10 register "$one" || return
	timers[host1]="keepalive 10 register $one"
}

port() {
	port=$((7100 + RANDOM % 100))
	camexctl -n host1 dev set camex0 port "$port" &&
		camexctl -n host2 peer set camex0 host1 endpoint "192.0.2.1:$port"
}

over_ipv6() {
	camexctl -n host2 peer set camex0 host1 endpoint "[2001:db8::1]:$port" && sleep 0.1 &&
		camexctl -n host2 peer set camex0 host1 endpoint "192.0.2.1:$port"
}

settings() {
	camexctl -n host1 dev set camex0 bind 192.0.2.1 bind-dev eth0 fwmark "$RANDOM" source-check off plaintext on &&
		camexctl -n host1 dev set camex0 bind any bind-dev none fwmark 0 source-check on plaintext off
}

relay() {
	one_of on off
	camexctl -n host1 dev set camex0 relay "$one" && camexctl -n host2 dev set camex0 relay "$one" || return
	if [ "$one" = off ]; then relays=([host1]=false [host2]=false); else relays=([host1]=true [host2]=true); fi
}

mtu() {
	one_of host1 host2
	ip -n "$one" link set camex0 mtu $((1280 + RANDOM)) && ip -n "$one" link set camex0 mtu 1400 && mtus[$one]=1400
}

# switches DEV: one of its offloads, off and on again
switches() {
	local host device=$1 udp=(tx-udp-segmentation)
	one_of host1 host2
	host=$one
	# Linux 5.10 has none, in veth and in what a module gets by NETIF_F_GSO_SOFTWARE
	if on "$host" ethtool -k "$device" | grep -q "^${udp[0]}: .*fixed"; then udp=(); fi
	one_of tx sg tso gso gro "${udp[@]}"
	on "$host" ethtool -K "$device" "$one" off && sleep 0.0$((RANDOM % 10)) &&
		on "$host" ethtool -K "$device" "$one" on
}

offloads() {
	switches camex0
}

offloads_below() {
	switches eth0
}

mtu_below() {
	ip -n host1 link set eth0 mtu $((1280 + RANDOM % 8000)) && ip -n host1 link set eth0 mtu 1500
}

address_below() {
	ip -n host1 -batch - <<-END
		address del 192.0.2.1/24 dev eth0
		address add 192.0.2.1/24 dev eth0
	END
}

link_below() {
	ip -n host1 link set eth0 down && ip -n host1 link set eth0 up &&
		ip -n host1 address replace 2001:db8::1/64 dev eth0 nodad
}

listings() {
	one_of host1 host2
	camexctl -n "$one" show && camexctl -n "$one" -j stats camex0 && ip -n "$one" -s -d link show camex0 &&
		on "$one" ethtool -S camex0
}

renamed() {
	one_of host1 host2
	ip -n "$one" link set camex0 down && ip -n "$one" link set camex0 name camex1 &&
		ip -n "$one" link set camex1 name camex0 && tunnel_up "$one"
}

goes_elsewhere() {
	one_of host1 host2
	ip -n "$one" link set camex0 netns elsewhere && ip -n elsewhere link set camex0 up &&
		ip -n elsewhere link set camex0 netns "$one" && tunnel_up "$one"
}

# make_gone: a namespace, and a tunnel from host2 to it
make_gone() {
	ip netns add gone && ip link add eth0 netns gone type veth peer name gone netns host2 &&
		ip -n gone address add 198.51.100.1/24 dev eth0 && ip -n gone link set eth0 up &&
		ip -n host2 address add 198.51.100.2/24 dev gone && ip -n host2 link set gone up &&
		camexctl -n gone dev add gone0 port 7000 && camexctl -n host2 dev add gone0 port 7001 &&
		camexctl -n gone peer add gone0 host2 endpoint 198.51.100.2:7001 key-file "$test_tmp/key" routes any &&
		camexctl -n host2 peer add gone0 gone endpoint 198.51.100.1:7000 key-file "$test_tmp/key" routes any &&
		ip -n gone address add 198.18.0.1/24 dev gone0 && ip -n gone link set gone0 up &&
		ip -n host2 address add 198.18.0.2/24 dev gone0 && ip -n host2 link set gone0 up
}

namespace_goes() {
	local pinging
	make_gone || return
	# not "on", whose shell alone would be ended, while ping kept the open file of hibernates()
	ip netns exec host2 ping -q -n -i "$gap" 198.18.0.1 >/dev/null 2>&1 &
	pinging=$!
	[ -n "$image" ] || wait_until 20 reaches host2 198.18.0.1 || return
	one_of here elsewhere
	# its link may be elsewhere then
	[ "$one" = here ] || ip -n gone link set gone0 netns elsewhere || return
	ip netns del gone && camexctl -n host2 dev del gone0
	kill "$pinging"
	wait "$pinging"
	# its end of the veth pair goes with it, and the device of a link elsewhere
	wait_until 20 nothing_gone
}

nothing_gone() {
	! ip -n host2 link show gone && ! ip -n elsewhere link show gone0
}

links_namespace_goes() {
	ip netns add gone && camexctl -n host1 dev add gone0 && ip -n host1 link set gone0 netns gone &&
		ip -n gone link set gone0 up && ip netns del gone
}

module_goes() {
	rmmod camex && add_device host1 && add_device host2
}

# silent: neither host sends anything to the other
silent() {
	local before
	before="$(peer host1 host2 .tx_packets) $(peer host2 host1 .tx_packets)"
	! reaches host1 10.0.0.2 -W 1 && ! reaches host2 fd00::1 -W 1 &&
		[ "$(peer host1 host2 .tx_packets) $(peer host2 host1 .tx_packets)" = "$before" ]
}

# hibernates: the machine is about to, up to three other changes are made, and it does not. This is what a program does
# that writes the image itself.
hibernates() {
	local change others=() times status=0 told=yes
	for change in "${all_changes[@]}"; do
		[[ $change == @(hibernates|freezes) ]] || others+=("$change")
	done
	exec {image}</dev/snapshot || return
	for ((times = RANDOM % 3 + 1; times; times--)); do
		one_of "${others[@]}"
		change=$one
		echo "meanwhile $change"
		kmsg "hibernates: $change"
		"$change" && as_expected || status=1
		# a module that is loaded meanwhile stops sending when the image is about to be made
		[ "$change" != module_goes ] || told=""
		[ -z "$told" ] || silent || status=1
		[ "$status" -eq 0 ] || break
	done
	exec {image}<&-
	image=""
	return "$status"
}

# freezes: all programs stop, as before the machine is suspended, and go on
freezes() {
	echo 120000 >/sys/power/pm_freeze_timeout && echo 0 >"$delay" && echo freezer >/sys/power/pm_test &&
		echo freeze >/sys/power/state && echo none >/sys/power/pm_test
}

all_changes=(link_down_up peer_del_add dev_del_add peer_forget same_key other_key key_del_set routes route_moves
	route_add_del timers port over_ipv6 settings relay mtu offloads offloads_below mtu_below address_below
	link_below listings renamed goes_elsewhere namespace_goes links_namespace_goes module_goes)
# not every kernel can do these
[ ! -e /dev/snapshot ] || all_changes+=(hibernates)
delay=/sys/module/suspend/parameters/pm_test_delay
[ ! -e $delay ] || all_changes+=(freezes)
changes=("${all_changes[@]}")
[ -z "${CAMEX_CHANGES-}" ] || read -ra changes <<<"$CAMEX_CHANGES"
# on the debug kernel a change takes seconds
least=${#changes[@]}
if slow && [ "$least" -gt 8 ]; then least=8; fi

# --- what has to work ---

works() {
	wait_until 30 reaches host1 10.0.0.2 && wait_until 30 reaches host2 fd00::1
}

# shuffle: puts the changes into another order
shuffle() {
	local i j change
	for ((i = ${#changes[@]} - 1; i > 0; i--)); do
		j=$((RANDOM % (i + 1)))
		change=${changes[i]} changes[i]=${changes[j]} changes[j]=$change
	done
}

# go: changes, each kind as often, until the time is over and there were enough; false at the first that fails
go() {
	local until=$((SECONDS + seconds)) change last=()
	done=0
	while [ $SECONDS -lt $until ] || [ $done -lt "$least" ]; do
		[ $((done % ${#changes[@]})) -ne 0 ] || shuffle
		change=${changes[done % ${#changes[@]}]}
		kmsg "$change"
		last=("${last[@]: -4}" "$change")
		count[$change]=$((${count[$change]-0} + 1))
		done=$((done + 1))
		"$change" >"$test_tmp/change" 2>&1 || {
			note "CAMEX_SEED=$seed: change $done, $change, failed:" && note <"$test_tmp/change"
			return 1
		}
		# programs that tell take long to start on the debug kernel
		if slow && [ $((done % 5)) -ne 0 ]; then continue; fi
		as_expected >"$test_tmp/model" 2>&1 || {
			note "CAMEX_SEED=$seed: after change $done, $change, (<) is expected, (>) is there:" && note <"$test_tmp/model"
			note <"$test_tmp/change"
			return 1
		}
		[[ $((done % 5)) -eq 0 || $change == @(hibernates|freezes) ]] || continue
		works || {
			note "CAMEX_SEED=$seed: nothing goes through after change $done; the last were ${last[*]}"
			camexctl -n host1 show | note
			camexctl -n host2 show | note
			return 1
		}
	done
}

declare -A count
note "CAMEX_SEED=$seed"
ok "two hosts" hosts 2
ip netns add elsewhere
test_hosts+=(elsewhere)
ok "a tunnel" tunnel 4 key
bg host1 iperf3 -s >/dev/null 2>&1
bg host2 iperf3 -s >/dev/null 2>&1
flow host1 10.0.0.2 0
flow host2 fd00::1 $(($(nproc) - 1))
ok "packets go through" works
fingerprint=$(peer host1 host2 .fingerprint) mtu=$(mtu_of host1)
relays=([host1]=false [host2]=false) mtus=([host1]=auto [host2]=auto)
made host1
made host2
ok "both ends are what the model says" as_expected
go
result $? "changes under traffic, each of which succeeds, does what the model says, and leaves it working"
note "$done changes: $(for change in "${changes[@]}"; do echo -n "$change ${count[$change]-0}, "; done)"
ok "packets go through" works
isnt "they have been received all the while" "$(peer host2 host1 .rx_packets)" 0
end_traffic
ok "the module is removed" rmmod camex
done_testing
