#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl top with 1,000 peers in a real terminal, tmux's: the picture fits, is sorted, filtered and
# scrolled by keys, follows another size, shows rates and their history, and leaves the terminal as it was.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"

export LC_ALL=C.UTF-8 TERM=screen-256color
mux=(tmux -L camex-top -f /dev/null)

# screen: what the terminal shows
screen() {
	"${mux[@]}" capture-pane -p
}

# line N: a line of it
line() {
	screen | sed -n "$1p"
}

# shows REGEX: does the screen match?
shows() {
	[[ $(screen) =~ $1 ]]
}

# keys KEY...: they are typed
keys() {
	"${mux[@]}" send-keys "$@"
}

# becomes DESCRIPTION REGEX: the screen does within seconds
becomes() {
	wait_until 30 shows "$2"
	like "$1" "$(screen)" "$2"
}

# rate COLUMN: its number of the first row
rate() {
	line 4 | awk -v n="$1" '{ print $n }'
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
umask 077
{
	printf '[device]\nname = camex0\nprotocol = raw\nport = 7000\naddress = 10.0.0.1/16\n'
	for i in $(seq 2 1001); do
		printf '[peer cam%04d]\nroutes = 10.0.%d.%d/32\nendpoint = 192.0.2.2:%d\n' "$i" $((i / 256)) $((i % 256)) $((7000 + i))
	done
} >"$test_tmp/camex0.up"
ok "1,000 peers" camexctl -n host1 up "$test_tmp/camex0.up"
ok "the far end of one" camexctl -n host2 dev add camex0 protocol raw port 7005
camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000 routes 10.0.0.1/32
ip -n host2 address add 10.0.0.5/16 dev camex0
ip -n host2 link set camex0 up

# --- for scripts ---
"${mux[@]}" kill-server 2>/dev/null
ok "-b" camexctl -n host1 top camex0 -b -n 2
is "two tables of 1,000 peers" "$(grep -c ' waiting ' "$test_tmp/output")" 2000
unlike "without escape sequences" "$(<"$test_tmp/output")" $'\033'
is "or blanks at the ends of lines" "$(grep -c ' $' "$test_tmp/output")" 0
# a library: a signal comes just before top waits without a terminal, and of a terminal's input one byte
# comes with each read
cat >"$test_tmp/late.c" <<-'END'
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <poll.h>
	#include <signal.h>
	#include <unistd.h>
	int poll(struct pollfd *fds, nfds_t n, int ms)
	{
		int (*real)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
		if (!n)
			kill(getpid(), SIGTERM);
		return real(fds, n, ms);
	}
	int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *limit, const sigset_t *mask)
	{
		int (*real)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *) = dlsym(RTLD_NEXT, "ppoll");
		if (!n)
			kill(getpid(), SIGTERM);
		return real(fds, n, limit, mask);
	}
	ssize_t read(int fd, void *buf, size_t size)
	{
		ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
		return real(fd, buf, fd ? size : 1);
	}
END
ok "a library" gcc -shared -fPIC -U_FORTIFY_SOURCE -o "$test_tmp/late.so" "$test_tmp/late.c"
ok "a signal that comes just before it waits ends it" timeout --kill-after 1 20 \
	env "LD_PRELOAD=$test_tmp/late.so" camexctl -n host1 top camex0 -b -d 1000
nok "without a terminal" camexctl -n host1 top
like "it says what to do" "$(<"$test_tmp/output")" 'is no terminal: -b does without$'

# --- in a terminal of 80 columns ---
ok "tmux" "${mux[@]}" new-session -d -x 80 -y 24 "bash --norc --noprofile"
keys "PS1='prompt> '" Enter
becomes "a shell" 'prompt> '
keys "clear; stty -g >$test_tmp/before; ip netns exec host1 env LD_PRELOAD=$test_tmp/late.so camexctl top camex0; stty -g >$test_tmp/after" Enter
becomes "the table" 'PEER +STATE +IN/s +OUT/s +PKT/s +DROP/s +HEARD HISTORY'
like "its first line" "$(line 1)" '^[0-9:]{8}  1000 peers: 0 up, 1000 waiting, 0 lost'
is "it fills the screen, and no line is wider" "$(screen | awk 'length > 80 { wide++ } / waiting / { rows++ } END { print rows, wide + 0 }')" "20 0"
bg host1 ping -q -i 0.05 -s 1000 10.0.0.5 >/dev/null 2>&1
pinging=$!
becomes "who has traffic comes first, is up, and has a history" 'HISTORY *
cam0005 +up +([0-9.]+k|[0-9]+) +([0-9.]+k|[0-9]+) +[0-9]+ +0 +0s +[▁▂▃▄▅▆▇█]'
check "bytes a second: $(rate 3)" '[[ $(rate 3) =~ ^[0-9.]+k$ ]]'
like "the sum is that of the peer" "$(line 1)" '1 up, 999 waiting.* in [0-9.]+kB/s out [0-9.]+kB/s'
keys n
becomes "by name" 'by name .*
cam0002 '
keys -H 1b 5b 42
becomes "an arrow scrolls, whose bytes come in several reads" 'by name  2 of 1000'
keys -H 1b 5b 31 3b 35 41 1b 4f 41
becomes "with a modifier, and as the other kind" 'by name  1 of 1000'
keys v
becomes "reversed" 'by name, reversed .*
cam1001 '
keys v NPage
becomes "a page on" 'by name  (19|2[01]) of 1000'
keys End
becomes "the end" 'cam1001 .*$'
keys Home
becomes "and back" 'by name  1 of 1000.*
cam0002 '
keys r
becomes "by received bytes" 'by received .*
cam0005 '
keys n
becomes "by name again" 'by name .*
cam0002 '
keys /
becomes "a filter is typed" 'filter: _'
keys 'cam0x' BSpace 9 Enter
becomes "and taken" 'by name, filter cam09  1 of 100 .*
cam0900 '
keys / Escape
becomes "or dropped" 'by name  1 of 1000'
keys /
keys '192.0.2.2:7005' Enter
becomes "an endpoint is found too" '1 of 1 .*
cam0005 +up'
keys / Escape
"${mux[@]}" resize-window -x 132 -y 40
becomes "a larger window has room for endpoints" 'ENDPOINT +HISTORY.*
cam0002 .* 192.0.2.2:7002'
is "and for rows" "$(screen | grep -c '^cam')" 36
"${mux[@]}" resize-window -x 60 -y 10
ok "a small one has fewer rows" wait_until 30 eval '[ "$(screen | grep -c "^cam")" = 6 ]'
is "no line is wider than that" "$(screen | awk 'length > 60' | wc -l)" 0
"${mux[@]}" resize-window -x 80 -y 24
keys '?'
becomes "help" 'sort: b rate n name'
keys ' '
keys '?'
becomes "paused" 'paused'
keys C-z C-\\ ' '
becomes "^Z and ^\\ do nothing" '[0-9:]{8} +1000 peers'
keys q
becomes "it ends, and the screen is as it was" '^prompt>'
unlike "nothing of it is left" "$(screen)" 'HISTORY'
ok "so is the terminal" wait_until 10 cmp -s "$test_tmp/before" "$test_tmp/after"
stop $pinging
"${mux[@]}" kill-server
ok "tmux is gone" wait_until 10 eval '! pgrep -x "tmux: server" >/dev/null'

done_testing
