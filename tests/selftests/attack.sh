#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What is forged, recorded or sent by another client, and what comes of it: attack.py has the
# table. host1 is the kernel, host2 has those who mean well, host3 the one who does not.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

ok "modprobe camex" modprobe camex
ok "three hosts" hosts 3
options=()
if slow; then options+=(--slow); fi
pass_on "$(dirname "$0")/attack.py" "${options[@]}"
done_testing
