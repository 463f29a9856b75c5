#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Datagrams that are wrong behind authentication: tests/fuzz/datagrams.py says what is sent, and what must become of it.
# host1 is the kernel, host2 sends. CAMEX_LINE is an entry to send alone. In the long form, and if CAMEX_SEARCH is a number of
# seconds, the fuzzer searches on for so long, where the kernel counts what runs.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # functions that are called by name
. "$(dirname "$0")/lib.sh"
fuzzer=$(dirname "$0")/../fuzz/datagrams.py
seeds=1 batches=20 search=${CAMEX_SEARCH-}
if slow; then batches=10; fi
if [ -n "${CAMEX_LONG-}" ]; then
	seeds=3 batches=150
	search=${search:-900}
fi
line=()
if [ -n "${CAMEX_LINE-}" ]; then batches=0 line=(--line "$CAMEX_LINE"); fi

# device NUMBER NAME [KEYWORD VALUE]... -- [KEYWORD VALUE]...: a device in host1 whose peer is in host2
device() {
	local number=$1 name=$2 words=() port=$((7000 + $1)) endpoint=()
	shift 2
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	[[ "${words[*]}" == *"transport tcp"* ]] || endpoint=(endpoint "192.0.2.2:$port")
	[[ "${words[*]}" == *"link tap"* ]] || endpoint+=(routes "10.0.$number.2/32,fd00:$number::2/128")
	camexctl -n host1 dev add "$name" port "$port" "${words[@]}" &&
		camexctl -n host1 peer add "$name" host2 "${endpoint[@]}" keepalive 0 "$@" && ip -n host1 link set "$name" up
}

devices() {
	device 1 raw0 protocol raw -- && device 2 tap0 protocol raw link tap -- && device 3 plain0 plaintext on -- register off &&
		device 4 camex0 -- key-file "$test_tmp/key" register off && device 5 jt0 protocol jtunnel id 0011223344556677 -- id 8899aabbccddeeff &&
		device 6 jt1 protocol jtunnel id 0011223344556677 -- id 8899aabbccddeeff key-file "$test_tmp/key" &&
		device 7 wg0 protocol wireguard private-key-file "$test_tmp/wg1" -- public-key "$(<"$test_tmp/pub2")" &&
		device 8 tcp0 transport tcp -- key-file "$test_tmp/key" register off &&
		camexctl -n host1 dev add ser0 transport serial protocol raw && ip -n host1 link set ser0 up
}

ok "the module" modprobe camex
camexctl key gen >"$test_tmp/key"
mkdir "$test_tmp/debugfs"
mount -t debugfs debugfs "$test_tmp/debugfs"
for i in 1 2; do wg genkey >"$test_tmp/wg$i" && wg pubkey <"$test_tmp/wg$i" >"$test_tmp/pub$i"; done
for ((seed = 1; seed <= seeds; seed++)); do
	ok "seed $seed: two hosts" hosts 2
	# what the links send by themselves would be counted too
	on host1 sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	ok "seed $seed: nine devices" devices
	pass_on -p "seed $seed: " on host2 python3 "$fuzzer" "$test_tmp" --seed $seed --batches $batches "${line[@]}" \
		--debugfs "$test_tmp/debugfs" --search "${search:-0}"
	# once
	search=""
	ok "seed $seed: the hosts go" remove_hosts
	ok "seed $seed: nothing holds the module" wait_until 120 grep -qx 0 /sys/module/camex/refcnt
done
umount "$test_tmp/debugfs"
done_testing
