#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Many clients register with AUTO: all of a fleet with one passphrase at 1,000 a
# second, and some with a key each after the server has restarted. What a client
# costs is printed. CAMEX_LONG is the long form.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")
fleet=1000 devices=16 strangers=1000 some=50
if [ -n "${CAMEX_LONG-}" ]; then fleet=10000 devices=256 strangers=10000 some=200; fi
# the checkers take most of the CPU that there is
if slow; then fleet=200 devices=8 strangers=100 some=10; fi

# memory: kilobytes that the kernel holds.
memory() {
	awk '/^(Slab|Percpu|VmallocUsed|KernelStack):/ { sum += $2 } END { print sum }' /proc/meminfo
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
umask 077

# --- one passphrase ---

for ((i = 0; i < 100; i++)); do echo "address add 198.18.0.$((i + 1))/24 dev eth0"; done | ip -n host2 -batch -
ip -n host1 address add 198.18.0.254/24 dev eth0
{
	printf '[server]\nport = 7000\npsk = secret\nlocal_cidr = 10.127.0.1/10\n'
	for ((i = 0; i < fleet; i++)); do
		printf '[client C%d]\nlocal_cidr = 10.%d.%d.%d/10\n' $i $((64 + i / 65536)) $((i / 256 % 256)) $((i % 256))
	done
} >"$test_tmp/camex.conf"
before=$(memory)
start=$EPOCHREALTIME
ok "a server of $fleet clients" serve host1
note "loaded in $(jq -n "($EPOCHREALTIME - $start) * 10 | round / 10") s"
loaded=$(memory)
note "$(((loaded - before) * 1024 / fleet)) bytes for a client that was never heard"
answer=$(on host2 "$here/auto.py" storm 198.18.0.254:7000 198.18.0.1 "$fleet" 1000)
like "all are answered, with their own address: $answer" "$answer" "^$fleet answered, 0 wrong, "
note "$((($(memory) - before) * 1024 / fleet)) bytes for one that has registered"
note "the server counted: $(counters host1)"
camexctl -n host1 dev del camex0

# --- a key each ---

{
	printf '[server]\nport = 7000\nlocal_cidr = 10.127.0.1/10\n'
	# the network's own address is one of a broadcast to 5.10
	for ((i = 0; i < devices; i++)); do
		printf '[client C%d]\nlocal_cidr = 10.65.%d.%d/10\npsk = %s\n' "$i" $((i / 256)) $((i % 256)) "passphrase $i"
	done
} >"$test_tmp/camex.conf"
ok "a server of $devices clients with a key each" serve host1
add_clients() {
	local i
	for ((i = 0; i < devices; i++)); do
		echo "passphrase $i" >"$test_tmp/passphrase"
		camexctl -n host2 dev add "c$i" client-id "C$i" &&
			camexctl -n host2 peer add "c$i" server endpoint 192.0.2.1:7000 register auto \
				passphrase-file "$test_tmp/passphrase" &&
			ip -n host2 -batch - <<-END || return
				address add 10.65.$((i / 256)).$((i % 256))/32 dev c$i
				link set c$i up
			END
	done
}
ok "$devices clients" add_clients
bg host1 "$here/auto.py" echo 10.127.0.1:9
wait_until 20 listening host1 udp 9
took=$(on host2 "$here/auto.py" traffic 10.127.0.1:9 c "$devices" 60)
like "all carry traffic, the last after $took s" "$took" '^[0-9.]+$'
camexctl -n host1 dev del camex0
ok "the server restarts" serve host1
took=$(on host2 "$here/auto.py" traffic 10.127.0.1:9 c "$devices" 60)
note "the server counted: $(counters host1)"
if [[ $took =~ ^[0-9.]+$ ]]; then
	result "$(jq -n "if $took <= 12 then 0 else 1 end")" "all carry traffic again, the last after $took s"
else
	result 1 "all carry traffic again: $took"
fi

camexctl -n host1 dev del camex0
for ((i = 0; i < devices; i++)); do camexctl -n host2 dev del "c$i"; done

# --- a key each, all of which have to be tried on those that are not known ---

{
	printf '[server]\nport = 7000\nlocal_cidr = 10.127.0.1/10\n'
	for ((i = 0; i < strangers; i++)); do
		printf '[client C%d]\nlocal_cidr = 10.64.%d.%d/10\npsk = %s\n' "$i" $((i / 256)) $((i % 256)) "passphrase $i"
	done
} >"$test_tmp/camex.conf"
before=$(memory)
ok "a server of $strangers clients with a key each" serve host1
note "$((($(memory) - before) * 1024 / strangers)) bytes for a client"
took=$(on host2 "$here/auto.py" strangers 198.18.0.254:7000 198.18.0.1 $strangers $some)
like "$some of them, which it must find out, are all answered after $took s" "$took" '^[0-9.]+$'
note "the server counted: $(counters host1)"
is "none of them was taken for another" "$(counter host1 unknown_peer)" 0

done_testing
