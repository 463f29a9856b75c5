# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2154
# For scripts that let allocations of the kernel fail, behind lib.sh. The kernel has to have
# CONFIG_FAULT_INJECTION_DEBUG_FS, with FAILSLAB and FAIL_PAGE_ALLOC, as "debug" and "gcov" have.

stations=""
# with $partly a request may be done in part, as long as it is done when it is made again
partly=""
# In the short form every tenth allocation of a request fails, or, with $share, so many of them: beginning now here and now
# there; and those in between, if none of these was one that the request needs. In the long form each of them fails.
step=10
share=""
[ -z "${CAMEX_LONG-}" ] || step=1

# begin_faults: build what lets allocations fail
begin_faults() {
	gcc -shared -fPIC -O -Wall -o "$test_tmp/allocation.so" "$(dirname "$0")/allocation.c" -ldl &&
		inject verbose=0 ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0
}

# failing N COMMAND...: COMMAND with its allocation N failing; $left is how many were wanting to that one. What it said is
# printed if it failed.
failing() {
	local status=0
	echo "$1" >"$test_tmp/left"
	FAIL_NTH=$1 FAIL_LEFT=$test_tmp/left LD_PRELOAD=$test_tmp/allocation.so "${@:2}" >"$test_tmp/out" 2>&1 || status=$?
	left=$(<"$test_tmp/left")
	[ $status -eq 0 ] || cat "$test_tmp/out"
	return $status
}

# inject NAME=VALUE...: of both kinds of allocations. (min-order is one's alone.)
inject() {
	local setting kind
	for setting; do
		for kind in failslab fail_page_alloc; do
			[ ! -e "/sys/kernel/debug/$kind/${setting%=*}" ] ||
				echo "${setting#*=}" >"/sys/kernel/debug/$kind/${setting%=*}"
		done
	done
}

# state: all that a request could change. (A new link has a number of its own, and what a peer is
# sent before there is a way to it is dropped, and after 5 s remembered; the kernel chooses high ports;
# stations are looked at where there are some.)
state() {
	camexctl -j show | sed -E 's/"(ifindex|last_seen_ms|(unanswered|refused)_ms|[rt]x_dropped)":[^,}]*//g; s/"port":[3-6][0-9]{4},//'
	[ -z "$stations" ] || camexctl -j fdb show camex0
}

# device KEYWORD VALUE...: a new camex0, and nothing else.
device() {
	ip link del camex0 2>/dev/null
	camexctl dev add camex0 "$@"
}

# two_ends OWN THEIRS: a camex0 with the keywords OWN at each of two hosts, and a peer with THEIRS:
# "protocol wireguard" is "wireguard" here; the keys are in $test_tmp
two_ends() {
	local i j device words what="${1:-camex}${2:+, $2}"
	for i in 1 2; do
		j=$((3 - i))
		read -ra device <<<"$1"
		read -ra words <<<"$2"
		case $1 in
		wireguard)
			device=(protocol wireguard private-key-file "$test_tmp/wg$i")
			words+=(public-key "$(<"$test_tmp/pub$j")" routes any)
			;;
		"link tap") words+=(key-file "$test_tmp/key") ;;
		"protocol raw") words+=(routes any) ;;
		*) words+=(key-file "$test_tmp/key" routes any) ;;
		esac
		ok "$what: a device" camexctl -n host$i dev add camex0 port 7000 "${device[@]}"
		ok "$what: a peer" camexctl -n host$i peer add camex0 host$j endpoint "192.0.2.$j:7000" "${words[@]}"
		tunnel_up host$i
	done
	ok "$what: they reach each other" wait_until 20 reaches host1 10.0.0.2 -W 1
}

# each RESET COMMAND...: COMMAND with one allocation failing, then one that comes later, until it has
# no need of so many. What it does when none fails is what it has done whenever it says so; else
# nothing, or, where not even an answer could be allocated, all of it. RESET makes the
# state from before it.
each() {
	local reset=$1 first n pass tries=0 left=0 most=0 refused=0 faults="" before after now status needs step=$step
	local what="${*:2:3}"
	shift
	$reset
	before=$(state)
	ok "$what" failing 1000000 "$@"
	needs=$((1000000 - left))
	after=$(state)
	$reset
	[ -z "$share" ] || step=$((needs / share + 1))
	first=$((tests_run % step))
	for ((pass = 0; pass < step && (pass == 0 || refused == 0); pass++)); do
		n=$((1 + (first + pass) % step)) left=0
		# others may allocate what this request found allocated
		while [ "$left" -eq 0 ] && [ $n -lt $((2 * needs + 100)) ]; do
			tries=$((tries + 1)) status=0
			failing $n "$@" >/dev/null || status=$?
			now=$(state)
			if [ $status -eq 0 ]; then
				[ "$now" = "$after" ] || {
					faults+=" $n:done,but"
					diff <(echo "$after") <(echo "$now") | note
				}
			else
				refused=$((refused + 1))
				[ -s "$test_tmp/out" ] || faults+=" $n:silent"
				[ $status -lt 128 ] || faults+=" $n:$status"
				! grep -qE 'not undone|Traceback' "$test_tmp/out" || {
					faults+=" $n:not undone"
					note <"$test_tmp/out"
				}
				[ -z "$partly" ] || ! "$@" >/dev/null || now=$(state)
				[ "$now" = "$before" ] || [ "$now" = "$after" ] || {
					faults+=" $n:half"
					diff <(echo "$before") <(echo "$now") | note
				}
			fi
			[ "$now" = "$before" ] || $reset
			n=$((n + step))
		done
		[ $n -le $most ] || most=$n
	done
	note "$what: $tries times, up to allocation $((most - step)) of $needs, $refused times refused"
	ok "$what: with enough of them there are enough" [ "$left" -gt 0 ]
	ok "$what: some are refused" [ $refused -gt 0 ]
	is "$what: all or nothing is done" "$faults" ""
}

# fail_call NAME N COMMAND...: COMMAND with call N failing that the module makes of the kernel's function NAME ("-": all are
# counted); $calls has a line "NAME CALLS" for each function that was called. Wants a module built for KUnit (tests/kunit/calls.c).
fail_call() {
	local status=0 parameter=/sys/module/camex/parameters/fail
	echo "$1:$2" >$parameter
	"${@:3}" >"$test_tmp/out" 2>&1 || status=$?
	calls=$(<$parameter)
	echo >$parameter
	return $status
}

# each_call RESET COMMAND...: as each(), but of all calls that the request makes of the functions in tests/kunit/calls.c
# each one fails, once. Of many calls of one function the first three and the last do. Attributes of messages only with $puts,
# because the kernel warns where a message about a link becomes too long.
puts=""
each_call() {
	local reset=$1 name n count status tries=0 refused=0 faults="" before after now said
	local what="${*:2:3}"
	shift
	$reset
	before=$(state)
	ok "$what" fail_call - 0 "$@"
	said=$calls
	after=$(state)
	$reset
	while read -r name count; do
		[ -n "$puts" ] || [[ $name != nla_put* ]] || continue
		for ((n = 1; n <= count; n++)); do
			[ "$n" -le 3 ] || n=$count
			tries=$((tries + 1)) status=0
			fail_call "$name" $n "$@" </dev/null || status=$?
			now=$(state)
			if [ $status -eq 0 ]; then
				[ "$now" = "$after" ] || faults+=" $name:$n:done,but"
			else
				refused=$((refused + 1))
				[ -s "$test_tmp/out" ] || faults+=" $name:$n:silent"
				[ $status -lt 128 ] || faults+=" $name:$n:$status"
				! grep -q 'not undone' "$test_tmp/out" || faults+=" $name:$n:not undone"
				[ "$now" = "$before" ] || [ "$now" = "$after" ] || faults+=" $name:$n:half"
			fi
			[ "$now" = "$before" ] || $reset
		done
	done <<<"$said"
	note "$what: $tries calls, $refused times refused"
	ok "$what: some are refused" [ $refused -gt 0 ]
	is "$what: all or nothing is done" "$faults" ""
}
