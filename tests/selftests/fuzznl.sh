#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Netlink messages of every wrong kind: tests/fuzz/netlink/fuzz.py says what is sent, and what must become of it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
fuzzer=$(dirname "$0")/../fuzz/netlink/fuzz.py
rounds=2 steps=400
if [ -n "${CAMEX_LONG-}" ]; then rounds=20 steps=500; fi

ok "the module, in WireGuard's place too" modprobe camex wireguard=1
pass_on python3 "$fuzzer" --seed 1 --rounds $rounds --steps $steps
ok "no namespace holds the module" wait_until 120 grep -qx 0 /sys/module/camex/refcnt
is "no device is left" "$(camexctl show)" ""
ok "the module goes" modprobe -r camex
ok "and comes back" modprobe camex
is "it has everything it should have" "$(camexctl dev add camex0 && camexctl -j show camex0 | jq -r '.[0].protocol')" camex
done_testing
