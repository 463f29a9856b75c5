#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The state of a peer: it waits until it was heard, with every protocol; after 5 seconds without an
# answer camexctl says why that may be, and what this end dropped; settings that pass the firewall by
# are shown.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# key NAME: a new key in a file of that name
key() {
	(umask 077 && camexctl key gen >"$test_tmp/$1")
}

# words HOST FAR: the line "state" of FAR, as HOST shows it
words() {
	camexctl -n "$1" peer show camex0 "$2" | sed -n 's/^ *state *//p'
}

# shown HOST: all of show, on one line
shown() {
	camexctl -n "$1" show camex0 | tr -s '\n ' ' '
}

# device HOST FAR ADDRESS NUMBER WORD... -- WORD...: camex0, with the peer FAR
device() {
	local host=$1 far=$2 to=$3 number=$4 dev=() address=10.0.0
	shift 4
	while [ "$1" != -- ]; do
		dev+=("$1")
		shift
	done
	shift
	camexctl -n "$host" dev add camex0 port 7000 "${dev[@]}" &&
		ip -n "$host" address add "$address.$number/24" dev camex0 &&
		ip -n "$host" link set camex0 up &&
		camexctl -n "$host" peer add camex0 "$far" endpoint "$to:7000" routes "$address.$((3 - number))/32" "$@"
}

# unanswered HOST FAR: is it told that FAR does not answer?
unanswered() {
	[ "$(peer "$1" "$2" .unanswered_ms)" != null ]
}

# waits WHAT TEXT: host1's peer is waited for, and after a ping it is told that matches TEXT
waits() {
	local started ms told
	is "$1: it is waited for" "$(peer host1 host2 '[.state, .last_seen_ms, .unanswered_ms] | @csv')" '"waiting",,'
	is "$1: for people" "$(words host1 host2)" "waiting: not heard yet"
	started=$SECONDS
	on host1 ping -q -c 1 -W 1 10.0.0.2 >"$test_tmp/output"
	wait_until 30 unanswered host1 host2
	told=$?
	# since the first packet; to report takes the guest's clock long, so that waits
	ms=$(peer host1 host2 .unanswered_ms)
	is "$1: that nobody answers is told" $told 0
	check "$1: not before 5 seconds ($((SECONDS - started)))" "[ $((SECONDS - started)) -ge 4 ]"
	check "$1: after 5 to 20 seconds (${ms:-unknown} ms)" "[ ${ms:-0} -gt 5000 ] && [ ${ms:-0} -le 20000 ]"
	like "$1: why that may be" "$(shown host1)" "$2"
	is "$1: it is waited for still" "$(peer host1 host2 .state)" waiting
}

# answers WHAT: they reach each other, which changes the states
answers() {
	ok "$1: a ping is answered" wait_until 30 reaches host1 10.0.0.2
	is "$1: it is up" "$(peer host1 host2 '[.state, .unanswered_ms] | @csv')" '"up",'
	like "$1: and when it was heard is said" "$(words host1 host2)" '^up, heard (just now|[0-9]+ s ago)$'
	ok "$1: forgotten" camexctl -n host1 peer forget camex0 host2
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
for name in one other; do key $name; done

# --- nobody there ---
ok "raw" device host1 host2 192.0.2.2 1 protocol raw --
waits raw 'state waiting: not heard yet; no answer from 192.0.2.2:7000 for [0-9]+ s: not listening, or a firewall '
ok "raw: the other end" device host2 host1 192.0.2.1 2 protocol raw --
answers raw
for host in host1 host2; do camexctl -n $host dev del camex0; done

# --- another key ---
ok "camex" device host1 host2 192.0.2.2 1 -- key-file "$test_tmp/one" register off keepalive 1
ok "camex: the other end, with another key" device host2 host1 192.0.2.1 2 -- key-file "$test_tmp/other" keepalive 1
waits camex 'no answer from 192.0.2.2:7000 for [0-9]+ s: not listening, another key, or a firewall; dropped here: auth_failed [0-9]+'
ok "camex: the same key" camexctl -n host2 key set camex0 host1 key-file "$test_tmp/one"
answers camex
for host in host1 host2; do camexctl -n $host dev del camex0; done

# --- the link is down ---
ok "camex, link down" camexctl -n host1 dev add camex0 port 7000
camexctl -n host1 peer add camex0 host2 endpoint 192.0.2.2:7000 routes 10.0.0.2/32 key-file "$test_tmp/one"
like "it is said, and nothing is up" "$(shown host1)" 'camex0 is down: ip link set camex0 up .* state waiting: not heard yet endpoint'
camexctl -n host1 dev del camex0

# --- jtunnel, and wireguard ---
ok "jtunnel" device host1 host2 192.0.2.2 1 protocol jtunnel -- id 0123456789abcdef
waits jtunnel 'no answer from 192.0.2.2:7000 for [0-9]+ s'
camexctl -n host1 dev del camex0
for host in host1 host2; do
	key $host
	camexctl key public <"$test_tmp/$host" >"$test_tmp/$host.pub"
done
ok "wireguard" device host1 host2 192.0.2.2 1 protocol wireguard private-key-file "$test_tmp/host1" \
	-- public-key "$(<"$test_tmp/host2.pub")"
waits wireguard 'no answer from 192.0.2.2:7000 for [0-9]+ s: not listening, another key, or a firewall '
ok "wireguard: the other end" device host2 host1 192.0.2.1 2 protocol wireguard private-key-file "$test_tmp/host2" \
	-- public-key "$(<"$test_tmp/host1.pub")"
answers wireguard
for host in host1 host2; do camexctl -n $host dev del camex0; done

# --- what passes the firewall by ---
ok "netfilter and netpoll" camexctl -n host1 dev add camex0 port 7000 rx netfilter tx netpoll
like "are shown" "$(shown host1)" 'socket port 7000, tx netpoll, rx netfilter '
ok "back" camexctl -n host1 dev set camex0 rx udp tx udp
like "the socket is shown" "$(shown host1)" 'socket port 7000 '
unlike "the default is not" "$(shown host1)" 'tx|rx'

done_testing
