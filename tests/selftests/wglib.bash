# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Library for scripts that do the same with wireguard.ko and then with camex in its place, and compare
# what is printed; behind lib.sh:
#
#	scene_link() {
#		fresh
#		step "what the link is" ip -n host1 -d link show wg0
#	}
#	make_keys
#	modprobe wireguard
#	run_scenes wireguard.ko link
#	modprobe -r wireguard
#	modprobe camex wireguard=1
#	run_scenes camex link
#	compare
# shellcheck disable=SC2317 # scenes are called by name

steps=()
implementation=""
export WG_HIDE_KEYS=never

# --- recording ---

# What differs from one run to the next, or from one moment to the next.
normalise() {
	sed -E -e 's/^[0-9]+: (wg)/N: \1/' -e 's/IFINDEX=[0-9]+/IFINDEX=N/' \
		-e 's/(latest handshake:) .*/\1 T/' -e 's/\b17[0-9]{8}\b|\b1[89][0-9]{8}\b/EPOCH/g' \
		-e 's/time[= ][0-9.]+ ?ms/time T/g' -e 's/^rtt .*//' -e "s,$test_tmp,TMP,g" \
		-e 's,/dev/fd/[0-9]+,/dev/fd/N,g' -e 's/[0-9]+( packets? .* bytes)/\1/'
}

# What wireguard.ko of 7.2 says otherwise (Documentation/wireguard-tools.rst), as camex has to say it.
as_wanted() {
	if [ "$implementation" = wireguard.ko ]; then
		sed -E -e 's/tso_max_size 524280/tso_max_size 65536/' -e 's/^(unknown .*flags.*: )EINVAL/\1ENOTSUP/'
	else
		cat
	fi
}

# step NAME COMMAND...: what it prints and its status, under that name.
step() {
	local name=$1 status=0
	shift
	"$@" >"$test_tmp/output" 2>&1 || status=$?
	{
		normalise <"$test_tmp/output" | as_wanted
		echo "status $status"
	} >"$test_tmp/$implementation/${name//\//_}"
	[ "$implementation" != wireguard.ko ] || steps+=("$name")
}

# works NAME COMMAND...: a step that succeeds.
works() {
	step "$@"
	is "$implementation: $1, without an error" "$(tail -n 1 "$test_tmp/$implementation/${1//\//_}")" "status 0"
}

# in1, in2: a command in host1 or host2; step1, step2: a step there.
in1() { ip netns exec host1 "$@"; }
in2() { ip netns exec host2 "$@"; }
step1() { step "$1" ip netns exec host1 "${@:2}"; }

# fresh: no link is left of the scene before, and host1 has a new wg0.
fresh() {
	local link
	for link in wg0 wg1 wgq; do
		ip -n host1 link del $link 2>/dev/null
		ip -n host2 link del $link 2>/dev/null
	done
	ip -n host1 link add wg0 type wireguard
}

# pair: wg0 in host1 and host2, set up, each the other's only peer.
pair() {
	fresh
	ip -n host2 link add wg0 type wireguard
	in1 wg set wg0 private-key "$test_tmp/key1" listen-port 7001 peer "$pub2" \
		allowed-ips 10.0.0.2/32,fd00::2/128 endpoint 192.0.2.2:7002
	in2 wg set wg0 private-key "$test_tmp/key2" listen-port 7002 peer "$pub1" \
		allowed-ips 10.0.0.1/32,fd00::1/128
	ip -n host1 address add 10.0.0.1/24 dev wg0
	ip -n host1 address add fd00::1/64 dev wg0
	ip -n host2 address add 10.0.0.2/24 dev wg0
	ip -n host2 address add fd00::2/64 dev wg0
	ip -n host1 link set wg0 up
	ip -n host2 link set wg0 up
}

# make_keys: four key pairs, a preshared key, and in $odd bits that clamping changes.
make_keys() {
	local n
	umask 077
	for n in 1 2 3 4; do wg genkey >"$test_tmp/key$n"; done
	base64 -w 0 <(printf '\377%.0s' {1..32}) >"$test_tmp/odd"
	pub1=$(wg pubkey <"$test_tmp/key1") pub2=$(wg pubkey <"$test_tmp/key2")
	pub3=$(wg pubkey <"$test_tmp/key3") pub4=$(wg pubkey <"$test_tmp/key4")
	export test_tmp pub1 pub2 pub3 pub4
	wg genpsk >"$test_tmp/psk"
}

# run_scenes IMPLEMENTATION SCENE...: runs scene_SCENE of each, from two fresh hosts on.
run_scenes() {
	local scene
	implementation=$1
	mkdir "$test_tmp/$1"
	hosts 2
	for scene in "${@:2}"; do "scene_$scene"; done
}

# compare: what the steps of wireguard.ko and of camex printed is the same.
compare() {
	local step
	for step in "${steps[@]}"; do
		is "$step" "$(<"$test_tmp/camex/${step//\//_}")" "$(<"$test_tmp/wireguard.ko/${step//\//_}")"
	done
	nok "each step was one" grep -rlE '^exec of|status 12[67]$' "$test_tmp/wireguard.ko"
}
