#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The netlink family, driven by the kernel's YNL library from the YAML spec, and
# by raw netlink. Needs what tests/ynl/fetch, called on the host, has put in the cache.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

ynl=$(readlink -f "$(dirname "$0")")/../ynl

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
tree=$("$ynl/fetch") || exit
pass_on ip netns exec host1 "$ynl/test-family" "$tree"
done_testing
