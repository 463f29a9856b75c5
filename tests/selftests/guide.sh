#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Documentation/guide, each page line by line: guide.py tells how. CAMEX_PAGES chooses some.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")
for page in "$here"/../../Documentation/guide/*.rst; do
	name=$(basename "$page" .rst)
	[[ " ${CAMEX_PAGES-$name} " == *" $name "* ]] || continue
	start=$EPOCHREALTIME
	pass_on "$here/guide.py" "$page"
	note "$name took $(tenths "$start") tenths of a second"
	is "$name leaves no namespace" "$(ip netns list)" ""
done

done_testing
