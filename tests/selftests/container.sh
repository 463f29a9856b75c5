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

# charges_devices: does the kernel charge network devices to a memory cgroup (Linux 5.15)?
charges_devices() {
	local major minor
	IFS=. read -r major minor _ < <(uname -r)
	((major > 5 || (major == 5 && minor >= 15)))
}

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

# --- what is made on a device is charged to the group that made the device ---

# charged_to GROUP: bytes
charged_to() {
	cat "$cgroups/$1/memory.current"
}

# before Linux 5.14 a module cannot choose the group, and what it makes with softirqs off is charged to none
if charges_devices; then
	ok "two more control groups" mkdir "$cgroups/owner" "$cgroups/other"
	ok "one has a device" eval 'box=$cgroups/owner inside camexctl dev add box0 link tap'
	before=$(charged_to owner)
	ok "the other makes stations of it" eval 'box=$cgroups/other inside "$here/fill.py" stations 16000'
	grown=$(($(charged_to owner) - before))
	ok "they are charged to the group that has the device ($((grown >> 10)) KiB)" [ $grown -gt $((1 << 20)) ]
	ok "the device goes" camexctl -n box1 dev del box0
fi

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

# --- a container with a user namespace of its own, beside a tunnel of the host ---

# charged COMMAND...: in the control group
charged() {
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$box" "$@"
}

# contained COMMAND...: as root of the user namespace, in its network namespace
contained() {
	charged "${uncounted[@]}" nsenter --target "$container" --user --net "$@"
}

# contain: user 65534 makes both namespaces, and is root there
contain() {
	# shellcheck disable=SC2317
	apart() { [ "$(readlink "/proc/$container/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
	wait_until 20 apart && echo 0 65534 1 >"/proc/$container/uid_map" && echo 0 65534 1 >"/proc/$container/gid_map" &&
		wait_until 10 contained ip link set lo up
}

# values: of all parameters, and who may open the node
values() {
	(cd $parameters && grep . -- *)
	stat -c '%a %u %g %t %T' /dev/camex
}

ok "two hosts" hosts 2
ok "a tunnel of theirs" tunnel 4 key
ok "a ping" wait_until 20 reaches host1 10.0.0.2
bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$box" "${nobody[@]}" unshare --user --net sleep 10000 &
container=$!
test_pids+=("$container")
ok "a container" contain
# its first process is not the one that has to end
echo -1000 >"/proc/$container/oom_score_adj"
bg host1 ping -n -i 0.2 10.0.0.2 >"$test_tmp/pings"
ping=$!
before=$(available)
for i in {1..5000}; do echo "link add box$i type camex"; done >"$test_tmp/batch"
contained ip -batch - <"$test_tmp/batch" >"$test_tmp/refused" 2>&1
status=$?
charge=$(<"$box/memory.current") lost=$((before - $(available)))
count=$(nsenter --target "$container" --net ip -o link show type camex | wc -l)
note "devices: $count, then status $status: $(head -n 2 "$test_tmp/refused"); $((charge >> 10)) KiB charged, $((lost >> 10)) KiB lost"
ok "devices without end: it ends ($count devices)" [ $status -ne 0 -a "$count" -lt 5000 ]
ok "it had many" [ "$count" -ge 50 ]
ok "no more is charged than it may have ($((charge >> 10)) KiB)" [ "$charge" -le $limit ]
# Where only camex's part of a device is charged, two fifths, the limit of that part bounds the whole.
most=$((limit * 3 / 2))
charges_devices || most=$((limit * 5 / 2))
ok "the host loses little more ($((lost >> 10)) KiB)" [ $lost -lt $most ]
before=$(values)
chmod 711 "$test_tmp"
ok "a directory that it may write to" eval 'mkdir -m 777 "$test_tmp/open" && contained touch "$test_tmp/open/file"'
for parameter in "$parameters"/*; do
	nok "parameter ${parameter##*/} is not its to set" contained bash -c 'echo 1 >"$0"' "$parameter"
done
nok "it may not open /dev/camex" contained bash -c ': <>/dev/camex'
nok "nor change its mode" contained chmod 666 /dev/camex
nok "nor make another node" contained mknod "$test_tmp/open/node" c "$((0x$(stat -c %t /dev/camex)))" "$((0x$(stat -c %T /dev/camex)))"
nok "nor remove the module" contained modprobe -r camex
is "nothing has changed" "$(values)" "$before"
ok "half of its devices go" eval 'for ((i = 1; i <= count / 2; i++)); do echo "link del box$i"; done |
	nsenter --target "$container" --net ip -batch -'
ok "it may use the port that the host uses" eval 'contained camexctl dev add own0 port 7000 && contained ip link set own0 up'
ok "it has it" eval '[ -n "$(contained ss -Hln --udp "sport = :7000")" ]'
ok "so has the host" listening host1 udp 7000
ok "the container ends" stop "$container"
ok "and gives back what it took" wait_until 120 emptied
kill -INT $ping
wait $ping
note "$(tail -n 3 "$test_tmp/pings")"
ok "the host's tunnel has lost nothing" grep -q ' 0% packet loss' "$test_tmp/pings"
rmdir "$box" 2>/dev/null
umount "$cgroups"
done_testing
