#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol wireguard as others have it, against wireguard_peer.py: what the peer and its strictness
# are worth. wgpeer.py and wgcross.py have the tests; host1 is the device under test, host2 the peer.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

modprobe -a camex wireguard tun
ok "two hosts" hosts 2
for implementation in camex camex-aes wireguard wireguard-go; do
	for program in wgpeer wgcross; do
		pass_on -p "$implementation: " on host2 "$(dirname "$0")/$program.py" "$implementation"
	done
done
done_testing
