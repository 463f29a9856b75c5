#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Datagrams of every wrong kind: malformed.py has the list. host1 is the kernel, host2 sends.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # a program for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"

# device NAME PORT [KEYWORD VALUE]...: a device in host1, whose peer is in host2
device() {
	local name=$1 port=$2
	shift 2
	camexctl -n host1 dev add "$name" port "$port" "$@" && camexctl -n host1 peer add "$name" host2 \
		endpoint "192.0.2.2:$port" routes 10.0.0.2/32,fd00::2/128 keepalive 0 register off &&
		ip -n host1 link set "$name" up
}

ok "two hosts" hosts 2
(umask 077 && camexctl key gen >"$test_tmp/key")
ok "a device with a key" eval 'device camex0 7000 && camexctl -n host1 key set camex0 host2 key-file "$test_tmp/key"'
ok "one in plain" device plain0 7001 plaintext on
ok "one of protocol raw" device raw0 7002 protocol raw
ok "another in plain" device text0 7003 plaintext on
pass_on on host2 "$(dirname "$0")/malformed.py" "$test_tmp/key"
done_testing
