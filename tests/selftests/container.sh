#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A container that makes peers, routes, stations and sessions without end takes the memory that it
# may have, and no more of the host's; and a device has a bound whatever the memory.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # programs for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
limit=$((64 << 20))
cgroups=$test_tmp/cgroups
box=$cgroups/box
parameters=/sys/module/camex/parameters

# inside COMMAND...: in the memory cgroup, in box1
inside() {
	on box1 bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$box" "$@"
}

# available: bytes of memory that the host has left
available() {
	local name kib
	while read -r name kib _; do
		[ "$name" != MemAvailable: ] || echo $((kib << 10))
	done </proc/meminfo
}

# fills WHAT: fill.py makes as many as there can be, and the host loses little more than the limit
fills() {
	local before left charged lost
	before=$(available)
	inside "$here/fill.py" "$1" >"$test_tmp/filled" 2>&1
	left=$?
	charged=$(<"$box/memory.current")
	lost=$((before - $(available)))
	note "$1: $(<"$test_tmp/filled"), status $left, $((charged >> 10)) KiB charged, $((lost >> 10)) KiB lost"
	ok "$1: it ends" [ $left -ne 0 ]
	# of stations there are never so many
	[ "$1" = stations ] || ok "$1: it could take much of what it may have" [ "$charged" -gt $((limit / 2)) ]
	ok "$1: no more than that is charged" [ "$charged" -le $limit ]
	ok "$1: the host loses little more" [ $lost -lt $((limit * 3 / 2)) ]
}

# emptied: what was charged for the device is given back
emptied() {
	[ "$(<"$box/memory.current")" -lt $((limit / 2)) ]
}

ok "modprobe camex" modprobe camex
mkdir "$cgroups"
ok "control groups" mount -t cgroup2 none "$cgroups"
ok "of memory" eval 'echo +memory >"$cgroups/cgroup.subtree_control" && mkdir "$box" &&
	echo $limit >"$box/memory.max" && { [ ! -e "$box/memory.swap.max" ] || echo 0 >"$box/memory.swap.max"; }'
ok "a container" eval 'test_hosts+=(box1); ip netns add box1'

for what in peers routes stations; do
	link=tun
	[ $what != stations ] || link=tap
	ok "a device for $what" inside camexctl dev add box0 link $link
	fills $what
	ok "the device goes" camexctl -n box1 dev del box0
	ok "and what it took" wait_until 30 emptied
done

# --- bounds that are no memory's ---

mapfile -t bounds < <(cat $parameters/{peers,routes}_max)
is "a device may have many" "${bounds[*]}" '262144 1048576'
ok "a device" camexctl -n box1 dev add box0
ok "two peers" eval 'camexctl -n box1 peer add box0 one routes 10.1.0.0/16,10.2.0.0/16 && camexctl -n box1 peer add box0 two'
ok "few" eval 'echo 2 >$parameters/peers_max && echo 3 >$parameters/routes_max'
is "a peer too many" "$(camexctl -n box1 peer add box0 three 2>&1)" \
	"camexctl: peer add box0 three: box0 has 2 peers, all that parameter peers_max allows (name three)"
ok "one may be set" camexctl -n box1 peer set box0 two routes 10.3.0.0/16
is "a route too many" "$(camexctl -n box1 route add box0 10.4.0.0/16 peer two 2>&1)" \
	"camexctl: route add box0 10.4.0.0/16: box0 has 3 routes: routes_max does not allow 1 more (prefix 10.4.0.0/16)"
like "routes of a peer too many" "$(camexctl -n box1 peer set box0 two routes 10.4.0.0/16,10.5.0.0/16 2>&1)" \
	'box0 has 3 routes: routes_max does not allow 2 more'
ok "one that exists may move" camexctl -n box1 route replace box0 10.1.0.0/16 peer two
is "nothing is lost" "$(camexctl -n box1 -j peer show box0 | jq -c 'map(.routes)')" \
	'[["10.2.0.0/16"],["10.1.0.0/16","10.3.0.0/16"]]'
ok "room is made" camexctl -n box1 route del box0 10.2.0.0/16
ok "and taken" camexctl -n box1 route add box0 10.4.0.0/16 peer two
ok "and by another peer" eval 'camexctl -n box1 peer del box0 one && camexctl -n box1 peer add box0 three'
camexctl -n box1 dev del box0
echo "${bounds[0]}" >$parameters/peers_max
echo "${bounds[1]}" >$parameters/routes_max

# --- a deleted device gives its control group back ---

# A new group: file pages are charged to the group that reads a file first, and hold that group. The
# programs below have run in the other group, so that their pages are charged there.
ok "another control group" mkdir "$cgroups/second"
ok "a device for it" eval 'box=$cgroups/second inside camexctl dev add box0'
ok "the device goes" camexctl -n box1 dev del box0
ok "the group goes" rmdir "$cgroups/second"
# none_dying: no removed group is still referred to
none_dying() {
	echo 3 >/proc/sys/vm/drop_caches
	[ "$(awk '$1 == "nr_dying_descendants" { print $2 }' "$cgroups/cgroup.stat")" = 0 ]
}
ok "the deleted device does not refer to the group" wait_until 60 none_dying
rmdir "$box" 2>/dev/null
umount "$cgroups"
done_testing
