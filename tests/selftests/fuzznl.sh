#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Netlink messages of every wrong kind: tests/fuzz/netlink/fuzz.py says what is sent, and what must become of it.
# CAMEX_LINE is an entry to send alone. In the long form, and if CAMEX_SEARCH is a number of seconds, the fuzzer searches on
# for so long, where the kernel has KCOV.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
fuzzer=$(dirname "$0")/../fuzz/netlink/fuzz.py
options=(--rounds 2 --steps 400)
if slow; then options=(--rounds 2 --steps 100); fi
search=${CAMEX_SEARCH-}
if [ -n "${CAMEX_LONG-}" ]; then
	options=(--rounds 20 --steps 500)
	search=${search:-600}
fi
if [ -n "${CAMEX_LINE-}" ]; then options=(--line "$CAMEX_LINE" --rounds 0); fi

ok "the module, in WireGuard's place too" modprobe camex wireguard=1
pass_on python3 "$fuzzer" --seed "${CAMEX_SEED:-1}" "${options[@]}" ${search:+--search "$search"}
ok "no namespace holds the module" wait_until 120 grep -qx 0 /sys/module/camex/refcnt
is "no device is left" "$(camexctl show)" ""
ok "the module goes" modprobe -r camex
ok "and comes back" modprobe camex
is "it has everything it should have" "$(camexctl dev add camex0 && camexctl -j show camex0 | jq -r '.[0].protocol')" camex
done_testing
