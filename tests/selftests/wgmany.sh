#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Many peers of protocol wireguard: all of them shake hands at once, and what one takes does not grow with
# their number. To be run where the clock counts instructions.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

here=$(dirname "$0")
crowd=200 many=4000
if [ -n "${CAMEX_LONG-}" ]; then crowd=1000; fi
if slow; then crowd=100 many=400; fi

# trip N: a ping's time in microseconds, the least of some, with the session that is there
trip() {
	on host2 ping -q -n -c 20 -i 0.01 10.0.0.1 | sed -n 's,^rtt [^=]*= \([0-9]*\)\.\([0-9]*\)/.*,\1\2,p' | sed 's/^0*//'
}

ok "modules" modprobe -a camex wireguard
ok "two hosts" hosts 2
wg_keys 2

# --- a crowd at once ---

ip -n host2 route add local 198.18.0.0/16 dev lo
ip -n host1 route add 198.18.0.0/16 via 192.0.2.2
kinds=(camex)
[ -z "${CAMEX_WG_CONTROL-}" ] || kinds=(kernel)
for kind in "${kinds[@]}"; do
	ok "$kind: a device" wg_device host1 "$kind"
	if [ "$kind" = kernel ]; then
		"$here/wgmany.py" conf $crowd >"$test_tmp/conf"
		ok "$kind: its peers" on host1 wg addconf camex0 "$test_tmp/conf"
	else
		ok "$kind: its peers" on host1 "$here/wgmany.py" peers camex0 $crowd
	fi
	ip -n host1 address add 10.0.0.1/8 dev camex0
	ip -n host1 link set camex0 up
	result=$(on host2 "$here/wgmany.py" shake "$(<"$test_tmp/host1.pub")" $crowd)
	note "$kind: $result"
	is "$kind: each of $crowd has a session and an answer" "$(jq .done <<<"$result")" "$crowd"
	ok "$kind: within three tries" test "$(jq .rounds <<<"$result")" -le 3
	is "$kind: one session each" "$(jq .responses <<<"$result")" "$crowd"
done

# --- configured, and silent ---

if [ -z "${CAMEX_WG_CONTROL-}" ]; then
	ok "two ends" wg_pair camex camex
	ok "ping" reaches host1 10.0.0.2
	few=$(trip)
	added=$(on host1 "$here/wgmany.py" add camex0 1 $many)
	note "$many more peers: added in $added us each, the first of them and the last"
	ok "the last takes no longer to add than the first" test "${added#* }" -le $((${added% *} * 3 / 2 + 50))
	is "they are there" "$(camexctl -n host1 -j peer show camex0 | jq length)" $((many + 1))
	later=$(trip)
	note "a ping takes $few us, with them $later us"
	ok "a packet's peer is found as fast" test "$later" -le $((few * 3 / 2 + 50))
	ok "a new handshake too" eval 'wg_unpeer host2 host1 && wg_peer host2 host1 routes 10.0.0.1/32 endpoint "192.0.2.1:$wg_port" &&
		reaches host2 10.0.0.1'
	ok "all go with the device" camexctl -n host1 dev del camex0
fi

done_testing
