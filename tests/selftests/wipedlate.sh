#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol wireguard: nine minutes after the last handshake no key of a session is in the guest's memory, though
# nothing has replaced them.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wiped.bash"

ok "the module" modprobe camex
prepare
wg_device
shake 1
like "the keys of two sessions are in memory" "$(places "${keys[@]}")" '^1 1 [1-9] [1-9]$'
sleep 545
is "nine minutes later they are nowhere" "$(places "${keys[@]}")" "0 0 0 0"
done_testing
