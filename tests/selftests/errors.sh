#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Bad input gets the answers that Documentation/errors.rst has, and changes nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")
page=$here/../../Documentation/errors.rst

ok "two hosts" hosts 2
# no answer from a name server is one as well, but a late one
export RES_OPTIONS="timeout:1 attempts:1"
chmod 711 "$test_tmp"
mkdir -m 755 "$test_tmp/work"
cd "$test_tmp/work" || exit
if [ "${1-}" = --fill ]; then
	on host1 "$here/errors.py" --fill "$page"
else
	pass_on on host1 "$here/errors.py" "$page"
fi
cd / || exit
done_testing
