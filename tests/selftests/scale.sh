#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# 10,000 peers: what 1,000 take, ten times as many take ten times as long. To be run where
# the clock counts instructions; of that, what the command uses, because the clock runs away
# where the guest waits.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that are called by name
. "$(dirname "$0")/lib.sh"

peers=$(dirname "$0")/peers.py
many=10000
if slow; then many=2000; fi
few=$((many / 10))
declare -A took

# took WHAT COUNT COMMAND...: it succeeds; the CPU time that it used is remembered, in milliseconds
took() {
	local what=$1 count=$2 user system TIMEFORMAT='%3U %3S'
	shift 2
	{ time ok "$what, $count peers" "$@"; } 2>"$test_tmp/time"
	read -r user system <"$test_tmp/time"
	took[$what $count]=$((10#${user/./} + 10#${system/./}))
}

# linear WHAT: ten times as many have not taken much more than ten times as long
linear() {
	local one=${took[$1 $few]} ten=${took[$1 $many]}
	note "$1: $few peers take $one ms, $many take $ten ms"
	ok "$1: the time grows with the number of peers" [ "$ten" -lt $((one * 15 + 50)) ]
}

# constant WHAT: with ten times as many peers it has not taken much more
constant() {
	local one=${took[$1 $few]} ten=${took[$1 $many]}
	note "$1: with $few peers $one ms, with $many $ten ms"
	ok "$1: the time does not grow with the number of peers" [ "$ten" -lt $((one * 3 / 2 + 50)) ]
}

# to_file COMMAND...: what it prints is in $test_tmp/out
to_file() {
	"$@" >"$test_tmp/out"
}

# files COUNT: $test_tmp/x.up with as many peers, and conf1 and conf2 with as many clients:
# in the latter half of them are others, and all have other keys
files() {
	python3 - "$1" "$test_tmp" <<-'END'
		import base64, hashlib, os, sys
		count, tmp = int(sys.argv[1]), sys.argv[2]
		os.umask(0o077)
		def inner(i):
		    return f"10.{64 + (i >> 16)}.{i >> 8 & 255}.{i & 255}"
		os.makedirs(f"{tmp}/keys", exist_ok=True)
		with open(f"{tmp}/x.up", "w") as up:
		    up.write("[device]\nname = big0\naddress = 10.0.0.1/8\n")
		    for i in range(count):
		        with open(f"{tmp}/keys/{i}", "w") as key:
		            key.write(base64.b64encode(hashlib.sha256(b"%d" % i).digest()).decode() + "\n")
		        up.write(f"[peer p{i}]\nkey-file = keys/{i}\nroutes = {inner(i)}, fd00::{i + 2:x}\n")
		for name, first, word in ("conf1", 0, "one"), ("conf2", count // 2, "two"):
		    with open(f"{tmp}/{name}", "w") as conf:
		        conf.write("[server]\nlocal_cidr = 10.0.0.1/8\n")
		        for i in range(first, first + count):
		            conf.write(f"[client c{i}]\npsk = {word}{i}\nlocal_cidr = {inner(i)}/8\n")
	END
}

all_of() {
	local count=$1
	files "$count"
	camexctl -n host1 dev add big0
	took "added one by one" "$count" on host1 "$peers" add big0 1 "$count"
	took "shown with everything" "$count" to_file camexctl -n host1 -j show
	is "each is there, with its routes and a key of its own" "$(jq -c '.[0].peers | [length,
		(map(.routes[]) | unique | length), (map(.fingerprint) | unique | length)]' "$test_tmp/out")" \
		"[$count,$((2 * count)),$count]"
	took "shown to people" "$count" to_file camexctl -n host1 peer show big0
	is "a line for each" "$(wc -l <"$test_tmp/out")" $((count + 1))
	took "routes shown" "$count" to_file camexctl -n host1 route show big0
	is "a line for each" "$(wc -l <"$test_tmp/out")" $((2 * count + 1))
	ok "a peer by a link-local address" camexctl -n host1 peer add big0 local endpoint '[fe80::2%eth0]:7000'
	took "names of an interface" "$count" ip -n host1 -batch "$test_tmp/names"
	ok "the peer is deleted" camexctl -n host1 peer del big0 local
	took "given other keys and routes" "$count" on host1 "$peers" set big0 1 "$count"
	is "the old routes are gone" "$(camexctl -n host1 route show big0 | grep -c '^10\.64\|^fd00:64')" 0
	took "deleted one by one" "$count" on host1 "$peers" del big0 1 "$count"
	is "none is left" "$(camexctl -n host1 -j peer show big0)" '[]'
	took "loaded from a database" "$count" camexctl -n host1 load big0 "$test_tmp/conf1"
	took "loaded once more" "$count" camexctl -n host1 load big0 "$test_tmp/conf1"
	took "half of them exchanged" "$count" camexctl -n host1 load big0 "$test_tmp/conf2"
	is "those of the other database are there" "$(camexctl -n host1 -j peer show big0 |
		jq -c '[length, (map(.name[1:] | tonumber) | min)]')" "[$count,$((count / 2))]"
	took "deleted with the device" "$count" camexctl -n host1 dev del big0
	took "up from a file" "$count" camexctl -n host1 up "$test_tmp/x.up"
	is "all are there" "$(camexctl -n host1 -j peer show big0 | jq length)" "$count"
	took "down" "$count" camexctl -n host1 down "$test_tmp/x.up"
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
# any interface that gets a name may be the one that an endpoint waits for; so may a peer's link
ip -n host1 link add d0 type dummy
for ((i = 0; i < 100; i++)); do printf 'link set d0 name d1\nlink set d1 name d0\n'; done >"$test_tmp/names"
all_of $few
all_of $many
for what in "added one by one" "shown with everything" "shown to people" "routes shown" \
	"given other keys and routes" "deleted one by one" "loaded from a database" "loaded once more" \
	"half of them exchanged" "deleted with the device" "up from a file" "down"; do
	linear "$what"
done
constant "names of an interface"
done_testing
