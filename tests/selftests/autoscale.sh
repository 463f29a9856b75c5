#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Many clients register with AUTO: all of a fleet with one passphrase at 1,000 a
# second, and some with a key each after the server has restarted. What a client
# costs is printed. CAMEX_LONG is the long form.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")
fleet=1000 devices=16
if [ -n "${CAMEX_LONG-}" ]; then fleet=10000 devices=256; fi
# the checkers take most of the CPU that there is
if slow; then fleet=200 devices=8; fi

# memory: kilobytes that the kernel holds.
memory() {
	awk '/^(Slab|Percpu|VmallocUsed|KernelStack):/ { sum += $2 } END { print sum }' /proc/meminfo
}

# key N: the passphrase of a client of its own.
key() {
	echo "passphrase $1"
}

server_up() {
	camexctl -n host1 dev add camex0 &&
		camexctl -n host1 load camex0 "$test_tmp/camex.conf" &&
		ip -n host1 link set camex0 up
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
ok "a server of $fleet clients" server_up
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
	for ((i = 0; i < devices; i++)); do
		printf '[client C%d]\nlocal_cidr = 10.64.%d.%d/10\npsk = %s\n' "$i" $((i / 256)) $((i % 256)) "$(key "$i")"
	done
} >"$test_tmp/camex.conf"
ok "a server of $devices clients with a key each" server_up
add_clients() {
	local i
	for ((i = 0; i < devices; i++)); do
		key "$i" >"$test_tmp/passphrase"
		camexctl -n host2 dev add "c$i" client-id "C$i" &&
			camexctl -n host2 peer add "c$i" server endpoint 192.0.2.1:7000 register auto \
				passphrase-file "$test_tmp/passphrase" &&
			ip -n host2 -batch - <<-END || return
				address add 10.64.$((i / 256)).$((i % 256))/32 dev c$i
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
ok "the server restarts" server_up
took=$(on host2 "$here/auto.py" traffic 10.127.0.1:9 c "$devices" 60)
note "the server counted: $(counters host1)"
if [[ $took =~ ^[0-9.]+$ ]]; then
	result "$(jq -n "if $took <= 12 then 0 else 1 end")" "all carry traffic again, the last after $took s"
else
	result 1 "all carry traffic again: $took"
fi

done_testing
