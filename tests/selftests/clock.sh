#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# A clock that steps: a device that began while it was behind is not refused for ever. All hosts
# of a guest have one clock: a device whose clock shall be another one begins while it is set so.
# It mostly waits: with --icount that costs next to nothing.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

within=15

# step SECONDS: the clock is set forward, or back.
step() {
	date -s "$1 seconds" >/dev/null
}

# back DESCRIPTION FROM TO [SECONDS]: since now it takes FROM no longer than that to reach TO.
back() {
	local start=$EPOCHREALTIME took
	wait_until 60 reaches "$2" "$3" -W 1
	took=$(tenths "$start")
	result $((took > ${4-$within} * 10)) "$1: back after $((took / 10)).$((took % 10)) s"
}

# end HOST KEYWORD VALUE...: camex0 in host1 or host2 as tunnel makes it; that is what its peer has
end() {
	local i=${1#host} id=()
	if [ "$protocol" = jtunnel ]; then id=(id "000000000000000$i"); fi
	camexctl -n "$1" dev add camex0 port 7000 protocol "$protocol" "${id[@]}" &&
		camexctl -n "$1" peer add camex0 "host$((3 - i))" routes "10.0.0.$((3 - i))/32" \
			key-file "$test_tmp/key" "${@:2}" &&
		tunnel_up "$1"
}

client() {
	local words
	read -ra words <<<"$setting"
	end host1 endpoint 192.0.2.2:7000 "${words[@]}"
}

# A client of protocol camex that says nothing by itself has to be known by its address.
server() {
	local words=()
	if [ "$protocol" = jtunnel ]; then
		words=(id 0000000000000001)
	elif [ "$setting" != "keepalive 10" ]; then
		words=(endpoint 192.0.2.1:7000 keepalive 0 register off)
	fi
	end host2 "${words[@]}"
}

del() {
	if on "$1" test -e /sys/class/net/camex0; then camexctl -n "$1" dev del camex0; fi
}

both() {
	del host1
	del host2
	server && client && wait_until 10 reaches host1 10.0.0.2 -W 1
}

# says HOST REGEX: that is in what "show" says there
says() {
	[[ $(camexctl -n "$1" show) =~ $2 ]]
}

# restarts SECONDS: each end restarts while the clock is behind by that, and then it is set
restarts() {
	local what="$protocol, $setting, $1 s"
	ok "$what: two ends" both
	del host1
	step "-$1"
	client
	if [ "$1" -gt 5 ]; then
		nok "$what: a client whose clock is behind is refused" reaches host1 10.0.0.2 -W 1
		ok "$what: the server says why" says host2 'refused.* its clock may be behind'
	else # it may not be behind any more
		reaches host1 10.0.0.2 -W 1 >/dev/null
	fi
	step "+$1"
	back "$what: the client's clock is set" host1 10.0.0.2
	nok "$what: the server no longer says so" says host2 'its clock may be behind'

	del host2
	step "-$1"
	server
	if [ "$1" -gt 5 ]; then
		nok "$what: a server whose clock is behind is refused" reaches host1 10.0.0.2 -W 1
	else
		reaches host1 10.0.0.2 -W 1 >/dev/null
	fi
	step "+$1"
	back "$what: the server's clock is set" host1 10.0.0.2
}

# runs SECONDS: the clock steps while both ends run
runs() {
	ok "$protocol, $setting, both clocks step: two ends" both
	on host1 ping -q -i 0.2 -w 60 10.0.0.2 >"$test_tmp/pings" &
	sleep 15
	step "+$1"
	sleep 15
	step "-$1"
	sleep 15
	step "-$1"
	sleep 10
	step "+$1"
	wait $!
	like "$protocol, $setting, $1 s: no step of both clocks loses a packet" "$(<"$test_tmp/pings")" ' 0% packet loss'
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
(umask 077 && camexctl key gen >"$test_tmp/key")

# by the clock of an emulated machine all of it takes long
steps=(5 600 86400) silence=300
if slow; then steps=(600) silence=60; fi

for protocol in camex jtunnel; do
	# a client that says something by itself, and one that does not
	settings=("keepalive 10" "keepalive 0")
	if [ "$protocol" = camex ]; then settings[1]+=" register off"; fi
	for setting in "${settings[@]}"; do
		for seconds in "${steps[@]}"; do restarts "$seconds"; done
	done
	setting=${settings[0]}
	runs 600
done

# --- nobody sets the clock; it gets there by itself ---

for protocol in camex jtunnel; do
	more=()
	if [ "$protocol" = jtunnel ]; then more=(protocol jtunnel); fi
	ok "$protocol, a clock 5 s behind: two ends with an endpoint each" tunnel 4 key "${more[@]}"
	for host in host1 host2; do
		camexctl -n $host peer set camex0 host$((3 - ${host#host})) keepalive 10
	done
	ok "$protocol, a clock 5 s behind: they reach each other" reaches host1 10.0.0.2
	del host1
	step -5
	end host1 endpoint 192.0.2.2:7000 keepalive 10
	back "$protocol, a clock 5 s behind" host1 10.0.0.2 20
	del host1
	step -60
	end host1 endpoint 192.0.2.2:7000 keepalive 10
	bg host1 ping -q 10.0.0.2 >/dev/null
	sleep 25
	ok "$protocol, a clock 60 s behind: it says that this may be" says host1 'unanswered.* our clock may be behind'
	is "$protocol, a clock 60 s behind: programs are told" "$(peer host1 host2 '.unanswered_ms > 10000')" true
	back "$protocol, a clock 60 s behind" host1 10.0.0.2 60
	nok "$protocol, a clock 60 s behind: it no longer says so" says host1 unanswered
	stop "${test_pids[-1]}"
done

# --- a clock that was ahead ---

protocol=camex setting="keepalive 10"
step +600
ok "a clock that is 10 min ahead: two ends" both
step -600
ok "it is set back: they go on" reaches host1 10.0.0.2
del host1
client
nok "it is set back: a client that starts again is refused" reaches host1 10.0.0.2 -W 1
ok "until it is forgotten" camexctl -n host2 peer forget camex0 host1
back "until it is forgotten" host1 10.0.0.2

# --- a peer that never answers ---

del host2
del host1
client
bg host2 tcpdump -qni eth0 -w "$test_tmp/silent.pcap" udp port 7000 2>/dev/null
sleep 5
on host1 ping -q -i 2 -w $silence 10.0.0.2 >/dev/null
stop "${test_pids[-1]}"
tcpdump -nr "$test_tmp/silent.pcap" -x 'src host 192.0.2.1' 2>/dev/null |
	awk '/0x0020:/ { print substr($2, 3) $3 substr($4, 1, 2) }' | sort | uniq -c >"$test_tmp/sessions"
is "a peer that never answers is sent to under one session" "$(wc -l <"$test_tmp/sessions")" 1
note <"$test_tmp/sessions"

# --- a hibernation that was announced before the module was loaded ---

# A program that writes the image itself announces a hibernation when it opens /dev/snapshot. Not every kernel has it.
if [ -e /dev/snapshot ]; then
	del host2
	del host1
	bg host2 tcpdump -qni eth0 -w "$test_tmp/loaded.pcap" udp port 7000 2>/dev/null
	sleep 5
	modprobe -r camex
	exec {image}</dev/snapshot
	ok "an announced hibernation: the module" modprobe camex
	ok "an announced hibernation: two ends" both
	exec {image}<&-
	ok "it is over: they go on" wait_until 10 reaches host1 10.0.0.2 -W 1
	# tcpdump reads the last packets within a second
	sleep 2
	stop "${test_pids[-1]}"
	tcpdump -nr "$test_tmp/loaded.pcap" -x 'src host 192.0.2.1' 2>/dev/null |
		awk '/0x0020:/ { print substr($2, 3) $3 substr($4, 1, 2) }' | sort | uniq -c >"$test_tmp/sessions"
	is "it is over: sessions from before are in the image, so others begin" "$(wc -l <"$test_tmp/sessions")" 2
	note <"$test_tmp/sessions"
fi

done_testing
