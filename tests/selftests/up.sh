#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl up makes exactly what single commands would, or nothing; down takes
# it away.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

here=$(dirname "$(readlink -f "$0")")
examples=$here/../../Documentation/examples

# ctl WORD...: in host1
ctl() {
	camexctl -n host1 "$@"
}

# state: all that up could change in host1, but for numbers that no two devices share
# and what the kernel generates.
state() {
	on host1 sh -c 'camexctl -j show; ip -j address show
		ip -4 -j route show table all; ip -6 -j route show table all
		ip -4 -j rule; ip -6 -j rule' |
		jq -Ss 'def routes: map(select((.dst | startswith("fe80")) and .dev == "camex0" | not)) |
			sort_by(.dst, .dev, .type);
		[.[0] | map(del(.ifindex) | .peers |= map(del(.unanswered_ms)))] +
		[.[1] | map(del(.ifindex, .link_index) |
			.addr_info |= map(select(.scope != "link" or .family == "inet")))] +
		[.[2:4][] | routes] + .[4:6]'
}

# file: the whole of $test_tmp/x.up comes in on stdin.
file() {
	cat >"$test_tmp/x.up"
}

# undone DESCRIPTION LINE TEXT: up of that file fails in LINE with an error that
# matches TEXT, and nothing has changed since $now was read.
undone() {
	local status=0
	ctl up "$test_tmp/x.up" >"$test_tmp/out" 2>&1 || status=$?
	like "$1" "$status:$(<"$test_tmp/out")" "^1:camexctl: up: $test_tmp/x.up${2:+:$2}: "$'[^\n]*'"$3"$'[^\n]*$'
	same "$1: everything is as it was" "$now"
}

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
umask 077
mkdir "$test_tmp/keys"
camexctl key gen >"$test_tmp/keys/one"
echo secret >"$test_tmp/keys/two"
nothing=$(state)

# --- as by hand ---

by_hand() {
	ctl dev add camex0 port 7000 fwmark 0x10 source-check off &&
		ctl peer add camex0 one endpoint 192.0.2.2:7000 key-file "$test_tmp/keys/one" \
			routes 10.9.0.0/24,10.1.0.0/16,10.2.3.4,fd00:9::/64,fd00:1::/48 keepalive 25 &&
		ctl peer add camex0 two passphrase-file "$test_tmp/keys/two" routes any &&
		ctl peer add camex0 three register off &&
		ip -n host1 link set camex0 mtu 1300 &&
		ip -n host1 address add 10.9.0.1/24 dev camex0 &&
		ip -n host1 address add fd00:9::1/64 dev camex0 &&
		ip -n host1 address add 10.8.0.1 dev camex0 &&
		ip -n host1 link set camex0 up &&
		ip -n host1 route add 10.1.0.0/16 dev camex0 &&
		ip -n host1 route add 10.2.3.4 dev camex0 &&
		ip -n host1 route add fd00:1::/48 dev camex0 &&
		ip -n host1 route add default dev camex0 table 16 proto static &&
		ip -n host1 -6 route add default dev camex0 table 16 proto static &&
		for family in -4 -6; do
			ip -n host1 "$family" rule add not fwmark 16 table 16 protocol static
			ip -n host1 "$family" rule add table main suppress_prefixlength 0 protocol static
		done
}

ok "a device by hand" by_hand
want=$(state)
ok "it goes" ctl dev del camex0
for family in -4 -6; do
	ok "and its rules" ip -n host1 $family rule del not fwmark 16 table 16
	ok "both" ip -n host1 $family rule del table main suppress_prefixlength 0
done
same "all of it" "$nothing"
file <<'END'
# a comment, and blanks where they may be
[device]
name = camex0
  port=7000
fwmark = 0x10
source-check = off
address = 10.9.0.1/24, fd00:9::1/64
address = 10.8.0.1
mtu = 1300

; another one
[peer one]
endpoint = 192.0.2.2:7000
key-file = keys/one
routes = 10.9.0.0/24, 10.1.0.0/16, 10.2.3.4, fd00:9::/64, fd00:1::/48
keepalive = 25
[peer two]
passphrase-file = keys/two
routes = any
[peer three]
register = off
END
ctl up "$test_tmp/x.up" >"$test_tmp/out" 2>&1
is "up, which has nothing to say" "$?:$(<"$test_tmp/out")" "0:"
same "it made what the single commands did" "$want"
now=$want
undone "up of what is there already" 3 'camex0.*already'
ok "down" ctl down "$test_tmp/x.up"
same "nothing is left" "$nothing"
like "down of what is not there" "$(ctl down "$test_tmp/x.up" 2>&1)" \
	"^camexctl: down: $test_tmp/x.up:3: no camex device named camex0"
cd "$test_tmp" || exit
ok "from standard input, paths being relative to where we are" ctl up - <x.up
same "it made the same" "$want"
ok "down from there" ctl down - <x.up
cd / || exit
same "nothing is left again" "$nothing"
chmod 644 "$test_tmp/keys/two"
now=$nothing
undone "a passphrase that others can read" 18 \
	"passphrase-file: other users can read $test_tmp/keys/two: chmod 600 $test_tmp/keys/two"
chmod 600 "$test_tmp/keys/two"

# --- the example for ifupdown ---

mkdir -p /run/network
sed "s|/etc/camex/camex0.up|$test_tmp/x.up|; s|camexctl|$(command -v camexctl)|" "$examples/interfaces" \
	>"$test_tmp/interfaces"
now=$(state)
ok "ifup" on host1 ifup -i "$test_tmp/interfaces" camex0
same "it made the same" "$want"
ok "ifdown" on host1 ifdown -i "$test_tmp/interfaces" camex0
same "nothing is left of it" "$now"

# --- each request to the kernel fails in turn ---

ok "what makes them fail is built" gcc -shared -fPIC -o "$test_tmp/nth.so" "$here/nth.c"
for ((nth = 1; nth < 100; nth++)); do
	NTH=$nth LD_PRELOAD=$test_tmp/nth.so ctl up "$test_tmp/x.up" >"$test_tmp/out" 2>&1 && break
	like "request $nth fails" "$(<"$test_tmp/out")" "^camexctl: up: $test_tmp/x.up:[0-9]+: "$'[^\n]+$'
	same "nothing is left by that" "$nothing"
done
# rules read, device, three peers, MTU, three addresses, up, five routes, four rules
requests=$((nth - 1))
ok "there are $requests of them" test $requests -gt 17
same "and when none fails it is all there" "$want"
ok "down once more" ctl down "$test_tmp/x.up"
left=""
for ((nth = 1; nth <= requests; nth++)); do
	isnt "the answer to request $nth is lost" \
		"$(LOST=1 NTH=$nth LD_PRELOAD=$test_tmp/nth.so ctl up "$test_tmp/x.up" 2>&1 || echo failed)" ""
	# the device may be somebody else's, if nobody said that it was made
	if [ "$(state)" != "$nothing" ]; then
		left+="$(ctl -j show | jq -c '.[0].peers | length')"
		ctl down "$test_tmp/x.up"
	fi
	same "nothing is left by that" "$nothing"
done
is "only a device whose answer was lost is left, without peers" "$left" 0

# --- default routes and tables ---

# rules FAMILY: the rules that are not the kernel's own.
rules() {
	ip -n host1 "$1" rule | grep -v 'lookup \(local\|main\|default\)$'
}

# via ADDRESS [MARK]: the interface that a packet goes to.
via() {
	ip -n host1 -j route get "$1" ${2:+mark "$2"} | jq -r '.[0].dev'
}

# reloaded DESCRIPTION WANTED: reload says that.
reloaded() {
	is "$1" "$(ctl reload "$test_tmp/x.up" 2>&1)" "$2"
}

# any FAMILY-ROUTES [LINE-OF-DEVICE]
any() {
	printf '[device]\nname = camex0\nport = 7000\naddress = 10.9.0.1/24, fd00:9::1/64\n%s\n[peer one]\nendpoint = 192.0.2.2:7000\nkey-file = keys/one\nroutes = %s\n' \
		"$2" "$1" | file
}

any any ''
ok "a default route" ctl up "$test_tmp/x.up"
is "the mark is the number of the table" "$(ctl -j dev show camex0 | jq '.[0].fwmark')" 51820
is "all goes to the tunnel" "$(via 198.51.100.1) $(via 2001:db8:ffff::1)" "camex0 camex0"
is "but what has its mark" "$(via 192.0.2.2 51820)" eth0
is "and what main has a route for" "$(via 192.0.2.2)" eth0
is "sources of marked datagrams are valid" \
	"$(on host1 cat /proc/sys/net/ipv4/conf/all/src_valid_mark)" 1
reloaded "reload has nothing to do" ""
any 10.1.0.0/16,::/0 ''
reloaded "one for IPv6 alone" "peer one: routes 10.1.0.0/16,::/0
kernel route 10.1.0.0/16 added
rule IPv4 32765: table 51820 for all but mark 0xca6c removed
rule IPv4 32764: table 254 without its default route removed
kernel route 0.0.0.0/0 in table 51820 removed"
is "no rule of IPv4 is left" "$(rules -4)" ""
is "both of IPv6 are there" "$(rules -6 | wc -l)" 2
any any 'fwmark = 7'
reloaded "another mark" "device: fwmark 7 (was 51820)
peer one: routes 0.0.0.0/0,::/0
kernel route 0.0.0.0/0 in table 7 added
kernel route ::/0 in table 7 added
rule IPv4 32764: table 254 without its default route added
rule IPv4 32765: table 7 for all but mark 0x7 added
rule IPv6 32762: table 254 without its default route added
rule IPv6 32763: table 7 for all but mark 0x7 added
rule IPv6 32765: table 51820 for all but mark 0xca6c removed
rule IPv6 32764: table 254 without its default route removed
kernel route 10.1.0.0/16 removed
kernel route ::/0 in table 51820 removed"
is "it is used" "$(via 198.51.100.1) $(via 192.0.2.2 7)" "camex0 eth0"
any any 'table = 99'
reloaded "a table" "device: fwmark 0 (was 7)
kernel route 0.0.0.0/0 in table 99 added
kernel route ::/0 in table 99 added
rule IPv4 32765: table 7 for all but mark 0x7 removed
rule IPv4 32764: table 254 without its default route removed
rule IPv6 32763: table 7 for all but mark 0x7 removed
rule IPv6 32762: table 254 without its default route removed
kernel route 0.0.0.0/0 in table 7 removed
kernel route ::/0 in table 7 removed"
is "there they are" "$(ip -n host1 -j route show table 99 | jq -r '.[0] | .dst, .dev')" $'default\ncamex0'
any any 'table = off'
ok "a route of the host's own in that table" \
	ip -n host1 route add 10.1.0.0/16 dev camex0 table 99
reloaded "no routes" "kernel route 0.0.0.0/0 in table 99 removed
kernel route ::/0 in table 99 removed"
is "what others have added stays" "$(ip -n host1 -j route show table 99 | jq -r '.[].dst')" 10.1.0.0/16
is "and there is no rule" "$(rules -4)$(rules -6)" ""
any any ''
ip -n host1 rule add fwmark 51820 table main
reloaded "a number that a rule has is passed over" "device: fwmark 51821 (was 0)
kernel route 0.0.0.0/0 in table 51821 added
kernel route ::/0 in table 51821 added
rule IPv4 32763: table 254 without its default route added
rule IPv4 32764: table 51821 for all but mark 0xca6d added
rule IPv6 32764: table 254 without its default route added
rule IPv6 32765: table 51821 for all but mark 0xca6d added"
ok "that rule goes" ip -n host1 rule del fwmark 51820 table main
ok "down" ctl down "$test_tmp/x.up"
same "nothing is left of it" "$nothing"
now=$nothing
any any 'table = x'
undone "a table that is none" 5 '"x" is neither auto nor off nor a number'

# --- a tunnel of two files, those of the documentation ---

mkdir "$test_tmp/client" "$test_tmp/server"
sed 's/192\.0\.2\.1:/192.0.2.2:/' "$examples/client.up" >"$test_tmp/client/client.up"
cp "$examples/server.up" "$test_tmp/server"
cp "$test_tmp/keys/one" "$test_tmp/client/client.key"
cp "$test_tmp/keys/one" "$test_tmp/server/cam01.key"
cp "$test_tmp/keys/two" "$test_tmp/server/cam02.passphrase"
ok "the client of the examples" ctl up "$test_tmp/client/client.up"
ok "their server" camexctl -n host2 up "$test_tmp/server/server.up"
# the client introduced itself before there was a server
ok "packets go through" wait_until 20 reaches host1 10.88.0.1 -W 1
ok "and back" reaches host2 10.88.0.2
ok "down of the server" camexctl -n host2 down "$test_tmp/server/server.up"
ok "down of the client" ctl down "$test_tmp/client/client.up"
same "nothing is left of the client" "$nothing"

# --- each step is refused in turn ---

now=$nothing
file <<'END'
[device]
name = eth0
END
undone "a name that another interface has" 2 'eth0.*already'
like "down of an interface that is no camex device" "$(ctl down "$test_tmp/x.up" 2>&1)" \
	"^camexctl: down: $test_tmp/x.up:2: eth0 is not a camex device"
ok "which is still there" ip -n host1 link show eth0

ok "another device" ctl dev add other0 port 7000
file <<'END'
[device]
name = camex0
port = 7000
END
now=$(state)
undone "a port in use" 3 '7000'
now=$nothing
ok "another device goes" ctl dev del other0

file <<'END'
[device]
name = camex0
protocol = raw

[peer one]
key-file = keys/one
END
undone "a key for protocol raw" 6 'key'

file <<'END'
[device]
name = camex0
bind-dev = nope0
END
undone "an interface to go through that is not there" 3 'nope0'

# with PEER-LINES: a device that has all but fails by what follows.
with() {
	{
		printf '%s\n' '[device]' 'name = camex0' 'port = 7000' 'address = 10.9.0.1/24, fd00:9::1/64' \
			'[peer one]' 'endpoint = 192.0.2.2:7000' 'key-file = keys/one' 'routes = 10.1.0.0/16, fd00:1::/48'
		cat
	} | file
}
with <<'END'
[peer two]
key-file = keys/two
END
undone "a bad key of the last peer" 10 'keys/two.*base64'
with <<'END'
[peer two]
endpoint = 192.0.2.2
END
undone "a bad endpoint of the last peer" 10 'no port'
with <<'END'
[peer two]
endpoint = 192.0.2.2:7000
END
undone "an endpoint that another peer has" 10 'peer one'
with <<'END'
[peer two]
routes = 10.2.0.0/16, 10.1.0.0/16
END
undone "a route that another peer has" 10 '10\.1\.0\.0/16.*one'
with <<'END'
[peer ONE]
END
undone "a name that another peer has" 9 'given twice'
with <<'END'
[peer two]
keepalive = 65536
END
undone "a number that is too large" 10 '65535'

for mtu in 10 70000000; do
	file <<-END
		[device]
		name = camex0
		address = 10.9.0.1/24
		mtu = $mtu
		[peer one]
		routes = 10.1.0.0/16
	END
	undone "an MTU of $mtu" 4 'mtu'
done
file <<'END'
[device]
name = camex0
mtu = 1000
address = 10.9.0.1/24
address = fd00:9::1/64
[peer one]
routes = 10.1.0.0/16
END
undone "an IPv6 address, and an MTU that has no room for it" 5 'address fd00:9::1/64'
file <<'END'
[device]
name = camex0
address = 10.9.0.1/24
address = 10.9.0.1/24
[peer one]
routes = 10.1.0.0/16
END
undone "an address twice" 4 'address 10.9.0.1/24: .*[aA]lready'
file <<'END'
[device]
name = camex0
address = 10.9.0.1/24, ff02::1/64
[peer one]
routes = 10.1.0.0/16
END
undone "an address that no interface can have" 3 'address ff02::1/64'

file <<'END'
[device]
name = camex0
address = 10.9.0.1/24
[peer one]
routes = 10.1.0.0/16
[peer two]
routes = 10.4.0.0/16, 10.5.0.0/16, 10.6.0.0/16
END
ok "a route of the host" ip -n host1 route add 10.5.0.0/16 via 192.0.2.2
now=$(state)
undone "a kernel route that is there already" 7 'route 10\.5\.0\.0/16: it exists already'
is "the host's route is as it was" "$(ip -n host1 -j route show 10.5.0.0/16 | jq -r '.[0].gateway')" 192.0.2.2
ok "without it" ip -n host1 route del 10.5.0.0/16
ok "the same file is fine" ctl up "$test_tmp/x.up"
is "its routes" "$(ip -n host1 -j route show dev camex0 | jq -c 'map(.dst)')" \
	'["10.1.0.0/16","10.4.0.0/16","10.5.0.0/16","10.6.0.0/16","10.9.0.0/24"]'
ok "down of it" ctl down "$test_tmp/x.up"
ok "an IPv6 route of the host" ip -n host1 route add fd00:5::/48 via 2001:db8::2
file <<'END'
[device]
name = camex0
address = fd00:9::1/64
[peer one]
routes = fd00:4::/48, fd00:5::/48
END
now=$(state)
undone "an IPv6 route that is there already" 5 'route fd00:5::/48: it exists already'
ok "without that" ip -n host1 route del fd00:5::/48

nobody=(on host1 "${nobody[@]}" camexctl)
chmod 711 "$test_tmp"
chmod 644 "$test_tmp/x.up"
like "an ordinary user may not" "$("${nobody[@]}" up "$test_tmp/x.up" 2>&1)" 'CAP_NET_ADMIN'
same "nothing is left of all that" "$nothing"
is "and no socket" "$(on host1 ss -Hlun)" ""

done_testing
