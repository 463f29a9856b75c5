# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# For the scripts that look for keys in the guest's memory, after lib.sh. WIPED_VERBOSE=1 prints the bytes
# around each place.

here=$(dirname "$0")
export WIPED_HELD=$test_tmp/held

# with N... -- COMMAND...: run COMMAND while key N, and so on, is in $test_tmp/kN
with() {
	local files=() status=0
	while [ "$1" != -- ]; do
		"$test_tmp/wiped" write "$1" "$test_tmp/k$1" || return
		files+=("$test_tmp/k$1")
		shift
	done
	"${@:2}" || status=$?
	"$test_tmp/wiped" erase "${files[@]}" && return $status
}

# found DESCRIPTION GOT WANT: these places; if not, say where
found() {
	is "$@"
	[ "$2" = "$3" ] || note <"$test_tmp/where"
}

# in_slabs DESCRIPTION "N:PLACES..." N...: these of the keys N... are in memory that the kernel has allocated, or
# has freed since. Quick, so that it is done at once: later requests would overwrite what an earlier one left.
in_slabs() {
	found "$1" "$("$test_tmp/wiped" slabs "${@:3}" 2>"$test_tmp/where")" "$2"
}

# takes DESCRIPTION N... -- COMMAND...: COMMAND reads keys N... and succeeds; then each is in one place
takes() {
	local n numbers=() wanted=()
	for n in "${@:2}"; do
		[ "$n" != -- ] || break
		numbers+=("$n")
		wanted+=("$n:1")
	done
	ok "$1" with "${@:2}"
	in_slabs "$1: each key is in one place" "${wanted[*]}" "${numbers[@]}"
}

# refuses DESCRIPTION N -- COMMAND...: COMMAND reads key N and fails; then the key is nowhere
refuses() {
	nok "$1" with "${@:2}"
	in_slabs "$1: the key is nowhere" "" "$2"
}

# drops DESCRIPTION N... -- COMMAND...: COMMAND succeeds, and then keys N... are nowhere
drops() {
	local description=$1 numbers=()
	shift
	while [ "$1" != -- ]; do
		numbers+=("$1")
		shift
	done
	ok "$description" "${@:2}"
	# a grace period ends
	sleep 0.3
	in_slabs "$description: the key is nowhere" "" "${numbers[@]}"
}

# in_memory DESCRIPTION "N:PLACES...": these keys are in memory, and no other
in_memory() {
	# grace periods end
	sleep 1
	found "$1" "$("$test_tmp/wiped" keys 2>"$test_tmp/where")" "$2"
}

# forgotten: programs that are not ours leave keys in their memory: overwrite that of those that have ended
forgotten() {
	ok "memory of programs that ended is overwritten" "$test_tmp/wiped" fill
}

# places KEY...: print the number of places of each key that wipedpeer.py printed
places() {
	sleep 1
	# shellcheck disable=SC2086 # two a line
	"$test_tmp/wiped" find $* 2>"$test_tmp/where"
}

# kept KEY...: as places(), but only in what the kernel allocates in slabs, as peers are. Of what the static keys share,
# programs leave copies in their heap, and "wiped fill" cannot reach the last free pages.
kept() {
	sleep 1
	# shellcheck disable=SC2086 # two a line
	"$test_tmp/wiped" findslabs $* 2>"$test_tmp/where"
}

# shake COUNT [PEER...]: host2 shakes hands with the device as these peers (both); sets keys, a line for each
# handshake
shake() {
	local peers=("${@:2}")
	[ $# -gt 1 ] || peers=(chacha20-poly1305 aes-256-gcm)
	mapfile -t keys < <(on host2 "$here/wipedpeer.py" shake "$public" "$1" "${peers[@]/#/$test_tmp/peer-}")
	is "handshakes" "${#keys[@]}" $((${1} * ${#peers[@]}))
	forgotten
}

# secrets PEER...: set secrets: what the device's static key and those of these peers share
secrets() {
	mapfile -t secrets < <("$here/wipedpeer.py" secret "$public" "${@/#/$test_tmp/peer-}")
	is "shared secrets" "${#secrets[@]}" $#
}

# wg_device: w0 in host1 with a peer for each cipher, "one" and "two"
wg_device() {
	local chacha aes
	ok "a key of the device" eval '(umask 077 && camexctl key gen >"$test_tmp/private")'
	public=$(camexctl key public <"$test_tmp/private")
	ok "the device" camexctl -n host1 dev add w0 protocol wireguard port 51820 private-key-file "$test_tmp/private"
	ok "is up" ip -n host1 link set w0 up
	{ read -r chacha && read -r aes; } < <("$here/wipedpeer.py" make "$test_tmp"/peer-{chacha20-poly1305,aes-256-gcm})
	ok "a peer" camexctl -n host1 peer add w0 one public-key "$chacha"
	ok "a peer with AES" camexctl -n host1 peer add w0 two cipher aes-256-gcm public-key "$aes"
}

# prepare: compile wiped.c, make two hosts, and hold most of the memory
prepare() {
	ok "what searches" gcc -O2 -Wall -o "$test_tmp/wiped" "$here/wiped.c"
	ok "two hosts" hosts 2
	# of free memory "wiped fill" has to leave more than this
	ok "little memory is kept free" sysctl -qw vm.min_free_kbytes=2048
	"$test_tmp/wiped" hold "$WIPED_HELD" &
	test_pids+=($!)
	ok "most of the memory is held" wait_until 60 test -s "$WIPED_HELD"
}
