# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2154
# For the scripts about protocol wireguard, after lib.sh: ends of it in the hosts, by camex or by the
# kernel's wireguard.ko ("kernel"). Either is called camex0, so that lib.sh's functions serve both.
# The options are camexctl's words; for the other they are put in wg's.

wg_port=51820
declare -A wg_kind=()

# wg_keys N: keys of host1..hostN in $test_tmp/hostI.key and hostI.pub; preshared ones in psk and psk2.
wg_keys() {
	local i
	for ((i = 1; i <= $1; i++)); do
		(umask 077 && wg genkey >"$test_tmp/host$i.key") && wg pubkey <"$test_tmp/host$i.key" >"$test_tmp/host$i.pub" || return
	done
	(umask 077 && wg genpsk >"$test_tmp/psk" && wg genpsk >"$test_tmp/psk2")
}

wg_gone() {
	if on "$1" test -e /sys/class/net/camex0; then ip -n "$1" link del camex0; fi
}

# wg_device HOST KIND [KEYWORD VALUE]...: the device alone, KIND camex or kernel.
wg_device() {
	local host=$1 words=() port=$wg_port
	wg_kind[$host]=$2
	shift 2
	wg_gone "$host"
	while [ $# -gt 0 ]; do
		if [ "$1" = port ]; then port=$2; else words+=("$1" "$2"); fi
		shift 2
	done
	if [ "${wg_kind[$host]}" = kernel ]; then
		ip -n "$host" link add camex0 type wireguard &&
			on "$host" wg set camex0 listen-port "$port" private-key "$test_tmp/$host.key" "${words[@]}"
	else
		camexctl -n "$host" dev add camex0 protocol wireguard port "$port" \
			private-key-file "$test_tmp/$host.key" "${words[@]}"
	fi
}

# wg_words: camexctl's keywords and values, one a line, in wg's.
wg_words() {
	while [ $# -gt 0 ]; do
		case $1 in
		routes) if [ "$2" = any ]; then echo "allowed-ips 0.0.0.0/0,::/0"; else echo "allowed-ips $2"; fi ;;
		keepalive) echo "persistent-keepalive $2" ;;
		preshared-key-file) echo "preshared-key $2" ;;
		*) echo "$1 $2" ;;
		esac
		shift 2
	done
}

# wg_peer HOST FAR [KEYWORD VALUE]...: FAR, a host, as a peer of camex0 in HOST; of that name.
wg_peer() {
	local host=$1 far=$2 key words
	key=$(<"$test_tmp/$2.pub") || return
	shift 2
	if [ "${wg_kind[$host]}" = kernel ]; then
		read -ra words < <(wg_words "$@" | tr '\n' ' ')
		on "$host" wg set camex0 peer "$key" "${words[@]}"
	else
		camexctl -n "$host" peer add camex0 "$far" public-key "$key" "$@"
	fi
}

# wg_set HOST FAR KEYWORD VALUE...: changes that peer.
wg_set() {
	if [ "${wg_kind[$1]}" = kernel ]; then wg_peer "$@"; else camexctl -n "$1" peer set camex0 "${@:2}"; fi
}

wg_unpeer() {
	if [ "${wg_kind[$1]}" = kernel ]; then
		on "$1" wg set camex0 peer "$(<"$test_tmp/$2.pub")" remove
	else
		camexctl -n "$1" peer del camex0 "$2"
	fi
}

# wg_end HOST KIND FAR [KEYWORD VALUE]...: the device, up, and FAR as its one peer with its inner addresses;
# the words are the peer's, those before "--" the device's.
wg_end() {
	local host=$1 kind=$2 far=$3 words=()
	shift 3
	if [[ " $* " == *" -- "* ]]; then
		while [ "$1" != -- ]; do
			words+=("$1")
			shift
		done
		shift
	fi
	[[ " ${words[*]} " == *" per-peer "* || " ${words[*]} " == *" tap "* ]] ||
		set -- routes "10.0.0.${far#host}/32,fd00::${far#host}/128" "$@"
	wg_device "$host" "$kind" "${words[@]}" && wg_peer "$host" "$far" "$@" && tunnel_up "$host"
}

# wg_pair KIND1 KIND2 [KEYWORD VALUE]...: host1 and host2; host1 knows host2's endpoint, host2 learns it.
# The words are for the peer at either end.
wg_pair() {
	wg_gone host1
	wg_gone host2
	wg_end host2 "$2" host1 "${@:3}" && wg_end host1 "$1" host2 endpoint "192.0.2.2:$wg_port" "${@:3}"
}

# wg_shaken HOST FAR: when the last handshake was done, in seconds of the clock, 0: never.
wg_shaken() {
	local ago
	if [ "${wg_kind[$1]}" = kernel ]; then
		on "$1" wg show camex0 latest-handshakes | awk -v key="$(<"$test_tmp/$2.pub")" '$1 == key { print $2 }'
	else
		ago=$(camexctl -n "$1" -j peer show camex0 "$2" | member last_handshake_ms)
		if [ "${ago:-null}" = null ]; then echo 0; else echo $(($(date +%s) - ago / 1000)); fi
	fi
}

has_shaken() {
	[ "$(wg_shaken "$1" "$2")" -gt 0 ]
}

# wg_endpoint HOST FAR: where FAR is, as HOST knows it.
wg_endpoint() {
	if [ "${wg_kind[$1]}" = kernel ]; then
		on "$1" wg show camex0 endpoints | awk -v key="$(<"$test_tmp/$2.pub")" '$1 == key { print $2 }'
	else
		peer "$1" "$2" .endpoint
	fi
}

# wg_trace HOST: from now on what passes eth0 of HOST is recorded; wg_traced ends that and prints lines
# "SECONDS FROM KIND LENGTH COUNTER", SECONDS since the first of them.
wg_trace() {
	rm -f "$test_tmp/trace.pcap"
	bg "$1" tcpdump --immediate-mode -U -nqi eth0 -w "$test_tmp/trace.pcap" udp 2>/dev/null
	wg_tracer=$!
	wait_until 20 test -s "$test_tmp/trace.pcap"
}

wg_traced() {
	sleep 0.1
	stop "$wg_tracer"
	"$(dirname "$0")/wgtrace.py" "$test_tmp/trace.pcap" >"$test_tmp/trace"
	cat "$test_tmp/trace"
}

# wg_seen REGEX: how many lines of the last trace match.
wg_seen() {
	grep -cE "$1" "$test_tmp/trace"
}

# wg_at REGEX: the seconds of those, in a line.
wg_at() {
	grep -E "$1" "$test_tmp/trace" | cut -d' ' -f1 | xargs
}
