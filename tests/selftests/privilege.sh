#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Who may change what: root of a user namespace that owns the namespace of a moved link, and
# a user without any capability.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # a program for eval; functions that are called by name
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")

# what changes something, for camex0
mapfile -t changes <<-END
	dev set camex0 port 7001
	dev set camex0 bind 192.0.2.1
	dev set camex0 fwmark 1
	dev set camex0 relay on
	dev set camex0 source-check off
	dev set camex0 plaintext on
	dev del camex0
	peer add camex0 eve endpoint 192.0.2.9:7000
	peer set camex0 host2 endpoint 192.0.2.9:7000
	peer set camex0 host2 routes any
	peer set camex0 host2 keepalive 1
	peer set camex0 host2 key-file $test_tmp/other
	peer del camex0 host2
	peer forget camex0 host2
	key set camex0 host2 key-file $test_tmp/other
	key del camex0 host2
	route add camex0 10.9.0.0/16 peer host2
	route replace camex0 10.0.0.2/32 peer host2
	route del camex0 10.0.0.2/32
END

# contained COMMAND...: as root of the user namespace, in its network namespace
contained() {
	"${uncounted[@]}" nsenter --target "$container" --user --net "$@"
}

# nobody COMMAND...: as a user without any capability, in host1
nobody() {
	on host1 "${nobody[@]}" "$@"
}

# state: what there is to be changed; $where is a namespace
state() {
	camexctl -n "$where" -j show | jq -S 'map(.peers |= map(del(.last_seen_ms, .unanswered_ms, .refused_ms) |
		with_entries(select(.key | test("_(packets|bytes)$") | not))))'
}

# refused WHO TEXT: each change by WHO is refused with one line that ends with TEXT
refused() {
	local words before after
	before=$(state)
	for words in "${changes[@]}"; do
		# shellcheck disable=SC2086 # several words
		"$1" camexctl $words >"$test_tmp/out" 2>&1
		is "$1: $words" "$?:$(<"$test_tmp/out")" \
			"1:camexctl: $(cut -d ' ' -f "1-$(words_named "$words")" <<<"$words"): $2"
	done
	after=$(state)
	is "$1: nothing has changed" "$after" "$before"
}

# words_named WORDS: how many of them an error begins with: those before the keywords
words_named() {
	case $1 in
	dev*) echo 3 ;;
	*) echo 4 ;;
	esac
}

ok "two hosts" hosts 2
camexctl key gen >"$test_tmp/other"
chmod 711 "$test_tmp"
chown 65534 "$test_tmp/other"
ok "a tunnel" tunnel 4 key
ok "ping" wait_until 20 reaches host1 10.0.0.2

# --- no capability at all ---

where=host1
refused nobody "not permitted: CAP_NET_ADMIN is needed, root has it"
like "ip link del" "$(nobody ip link del camex0 2>&1)" 'Operation not permitted'
like "ip link add" "$(nobody ip link add camex1 type camex 2>&1)" 'Operation not permitted'
like "dev add" "$(nobody camexctl dev add camex1 2>&1)" \
	'^camexctl: dev add camex1: not permitted: CAP_NET_ADMIN is needed, root has it$'
is "it sees devices and peers, but no fingerprint" \
	"$(nobody camexctl -j show | jq -c 'map([.name, (.peers | map([.name, .state, .fingerprint]))])')" \
	'[["camex0",[["host2","up",null]]]]'

# --- what is secret ---

# Endpoints, inner routes and stations, profiles, identifiers and fingerprints.

# hex_of TEXT: its bytes
hex_of() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

here=$(dirname "$0")
ok "a server of clients that register" camexctl -n host1 dev add server0 port 7010 client-id SECRET-CLIENT
ok "a client of it" camexctl -n host1 peer add server0 cam1 endpoint 198.51.100.77:7011 key-file "$test_tmp/key" \
	routes 10.200.201.202/32 address 10.203.204.205/24 gateway 10.203.204.206 push-routes 10.207.208.0/24
ok "identifiers" camexctl -n host1 dev add ident0 protocol jtunnel links per-peer port 7020 id a1a2a3a4a5a6a7a8
ok "a peer that has only one" camexctl -n host1 peer add ident0 cam2 id b1b2b3b4b5b6b7b8
ok "frames" camexctl -n host1 dev add frames0 link tap port 7030
ok "a peer of them" camexctl -n host1 peer add frames0 cam3 endpoint 198.51.100.78:7031 key-file "$test_tmp/key"
ok "a station behind it" camexctl -n host1 fdb add frames0 02:d1:d2:d3:d4:d5 peer cam3
printed=(198.51.100.77 198.51.100.78 10.200.201.202 10.203.204.205 10.203.204.206 10.207.208.0 SECRET-CLIENT
	a1a2a3a4a5a6a7a8 b1b2b3b4b5b6b7b8 02:d1:d2:d3:d4:d5 "$(peer host1 host2 .fingerprint)")
secrets=(endpoint=c633644d endpoint_of_frames=c633644e route=0ac8c9ca address=0acbcccd gateway=0acbccce
	pushed=0acfd000 "client_id=$(hex_of SECRET-CLIENT)" id=a1a2a3a4a5a6a7a8 id_of_peer=b1b2b3b4b5b6b7b8
	station=02d1d2d3d4d5 "fingerprint=${printed[10]}")

# seen COMMAND...: which secrets its output has
seen() {
	local text found=() secret
	text=$("$@" 2>/dev/null)
	for secret in "${printed[@]}"; do
		[[ $text != *"$secret"* ]] || found+=("$secret")
	done
	echo "${found[*]}"
}

# everything HOW...: all that camexctl, ip and bridge show
everything() {
	local words
	for words in "camexctl show" "camexctl -j show" "camexctl peer show server0" "camexctl dev show" \
		"camexctl route show server0" "camexctl fdb show frames0" "ip -d link show" \
		"bridge fdb show" "ethtool -S server0"; do
		# shellcheck disable=SC2086 # several words
		"$@" $words
	done
}

is "root sees every secret" "$(seen everything on host1)" "${printed[*]}"
is "a user without capability sees none" "$(seen everything nobody)" ""
is "root is told every secret" "$(on host1 "$here/secrets.py" asked "${secrets[@]}")" \
	"$(printf '%s\n' "${secrets[@]%=*}" | paste -sd ' ')"
is "a user without capability is told none" "$(nobody "$here/secrets.py" asked "${secrets[@]}")" ""
is "the link itself tells none" "$(on host1 "$here/secrets.py" links "${secrets[@]}")" ""
is "absent is null" "$(nobody camexctl -j show | jq -c 'map(select(.name != "camex0") |
	[.name, .id, .client_id, (.peers[] | [.name, .id, .endpoint, .fingerprint, .routes, .profile])])')" \
	'[["frames0",null,null,["cam3",null,null,null,null,null]],["ident0",null,null,["cam2",null,null,null,null,null]],["server0",null,null,["cam1",null,null,null,null,null]]]'
is "it sees counters" "$(nobody camexctl -j peer show camex0 | jq 'map(.rx_packets | type) | .[]')" '"number"'
is "routes" "$(nobody camexctl route show server0 2>&1)" \
	"camexctl: route show server0: not permitted: CAP_NET_ADMIN is needed in the link's and transport's namespace"
is "stations" "$(nobody camexctl fdb show frames0 2>&1)" \
	"camexctl: fdb show frames0: not permitted: CAP_NET_ADMIN is needed in the link's and transport's namespace"
unlike "it is not told that there are no routes" "$(nobody camexctl show server0)" 'routes'
like "but root is" "$(on host1 camexctl show camex0)" 'routes'

# joined FILE: the listener whose output that is has joined
joined() {
	grep -q ready "$1"
}

# in host2 is the peer of camex0, at 192.0.2.2 and 7000, then 7077
bg host1 "${nobody[@]}" "$here/secrets.py" told 1 endpoint=c0000202 "name=$(hex_of host2)" >"$test_tmp/told"
listener=$!
bg host1 "${nobody[@]}" camexctl monitor camex0 >"$test_tmp/nobody_monitor"
bg host1 camexctl -j monitor camex0 >"$test_tmp/root_monitor"
ok "listeners" wait_until 20 joined "$test_tmp/told"
sleep 1
ok "the peer's port changes" camexctl -n host2 dev set camex0 port 7077
ok "and it is heard" wait_until 20 reaches host2 10.0.0.1
ok "root's monitor tells where it is" wait_until 10 grep -q '"192.0.2.2:7077"' "$test_tmp/root_monitor"
wait_until 10 grep -q host2 "$test_tmp/nobody_monitor"
wait $listener
is "an event tells everybody the peer's name, not its endpoint" "$(tail -1 "$test_tmp/told")" name
like "a user's monitor tells of it" "$(<"$test_tmp/nobody_monitor")" ' camex0 host2 '
unlike "but not where it is" "$(<"$test_tmp/nobody_monitor")" '192.0.2'
for device in server0 ident0 frames0; do
	ok "$device goes" camexctl -n host1 dev del $device
done

# --- root of a user namespace that has the link ---

# apart PID: it is in a user namespace of its own
apart() {
	[ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ] &&
		[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# contain: user 65534 makes both namespaces, and is root there
contain() {
	wait_until 10 apart "$container" &&
		echo 0 65534 1 >"/proc/$container/uid_map" && echo 0 65534 1 >"/proc/$container/gid_map" &&
		wait_until 10 contained ip link set lo up
}

"${nobody[@]}" unshare --user --net sleep 1000 &
container=$!
test_pids+=("$container")
ok "a user namespace" contain
fingerprint=$(peer host1 host2 .fingerprint)
ok "the link goes there" ip -n host1 link set camex0 netns $container
ok "it may give it addresses" eval 'contained ip address add 10.0.0.1/24 dev camex0 &&
	contained ip address add fd00::1/64 dev camex0 nodad'
ok "it may set it up" contained ip link set camex0 up
ok "packets go through" contained ping -q -n -c 1 -W 5 10.0.0.2
ok "over IPv6" contained ping -q -n -c 1 -W 5 fd00::2
where=$container
refused contained "not permitted: CAP_NET_ADMIN is needed in the transport's namespace too"
like "ip link del" "$(contained ip link del camex0 2>&1)" 'Operation not supported'
contained ip link set camex0 group 7
like "ip link del of its group" "$(contained ip link del group 7 2>&1)" 'Operation not supported'
ok "it is there" contained ip link show camex0
netnsid=$(contained ip -d -j link show camex0 | jq '.[0].link_netnsid')
like "a link of its own with its transport over there" \
	"$(contained ip link add camex1 link-netnsid "$netnsid" type camex 2>&1)" 'Operation not permitted'
ok "packets go through" contained ping -q -n -c 1 -W 5 10.0.0.2
is "it sees devices and peers, but no fingerprint" \
	"$(contained camexctl -j show | jq -c 'map([.name, (.peers | map([.name, .state, .fingerprint]))])')" \
	'[["camex0",[["host2","up",null]]]]'
is "nor an endpoint or a route" "$(contained camexctl -j show | jq -c 'map(.peers | map([.endpoint, .routes]))')" '[[[null,null]]]'
is "nor of one peer" "$(contained camexctl -j peer show camex0 host2 | jq -c 'map(.fingerprint)')" '[null]'
is "which the host sees there" "$(camexctl -n $container -j peer show camex0 host2 | jq -r '.[0].fingerprint')" "$fingerprint"
ok "it may see counters" contained camexctl stats camex0
ok "it may change the MTU" contained ip link set camex0 mtu 1300
is "it has" "$(contained ip -j link show camex0 | jq '.[0].mtu')" 1300
ok "it may take an address away" contained ip address del fd00::1/64 dev camex0
ok "it may set the link down" contained ip link set camex0 down
nok "nothing goes through" reaches host2 10.0.0.1 -W 1
ok "it may give it another name" contained ip link set camex0 name other0
ok "and the old one" contained ip link set other0 name camex0
ok "and up again" contained ip link set camex0 up
ok "packets go through" contained ping -q -n -c 1 -W 5 10.0.0.2
ok "it may make a device of its own" contained camexctl dev add own0 port 7000
ok "change it" contained camexctl peer add own0 someone key-file "$test_tmp/other"
like "see its fingerprints" "$(contained camexctl -j peer show own0 someone | jq -r '.[0].fingerprint')" '^[0-9a-f]{32}$'
ok "and delete it" contained ip link del own0
nok "its port was not host1's" listening host1 udp 7001

# --- that has the link of a program, and the node ---

# hand_over LINK: the host attaches to LINK there, and gives the file to the container, which
# tries what it can change by that
hand_over() {
	nsenter --target "$container" --net "$here/handed.py" "$1" "$container"
}

mode=$(stat -c %a /dev/camex)
chmod 666 /dev/camex
ok "a link of /dev/camex" camexctl -n host1 dev add c0 link tap transport char
ok "goes there" ip -n host1 link set c0 netns $container
nok "it may not attach and delete it" contained tunctl -f /dev/camex -d c0
ok "it is there" contained ip link show c0
nok "nor give it to somebody" contained tunctl -f /dev/camex -t c0 -u 0
is "nor by a file that it is given" "$(hand_over c0)" \
	"TUNSETPERSIST: EPERM, TUNSETOWNER: EPERM, TUNSETGROUP: EPERM, TUNSETOFFLOAD: EPERM, TUNSETSNDBUF: EPERM, TUNSETCARRIER: EPERM"
ok "it is there" contained ip link show c0
ok "the host may give it to the container's root" nsenter --target $container --net tunctl -f /dev/camex -t c0 -u 65534
ok "which may then, as tun.ko's owner may" contained tunctl -f /dev/camex -d c0
nok "it is gone" contained ip link show c0
ok "a link of its own" contained tunctl -f /dev/camex -t c1
ok "it may delete" contained tunctl -f /dev/camex -d c1
chmod "$mode" /dev/camex

socat PTY,raw,echo=0,link="$test_tmp/pty" PTY,raw,echo=0 &
socat=$!
test_pids+=("$socat")
ok "a tty that everybody may open" eval 'wait_until 10 test -e "$test_tmp/pty" && chmod 666 "$(readlink -f "$test_tmp/pty")"'
ok "a serial device" camexctl -n host1 dev add ser0 transport serial protocol raw
ok "goes there" ip -n host1 link set ser0 netns $container
like "it may not be joined to a tty" \
	"$(contained timeout 20 camexctl serial ser0 "$(readlink -f "$test_tmp/pty")" baud 115200 2>&1)" \
	"not permitted: CAP_NET_ADMIN is needed in the transport's namespace too"
ok "the host deletes it" camexctl -n $container dev del ser0
stop $socat

ok "a link of frames" eval 'camexctl -n host1 dev add tap0 link tap port 7003 &&
	camexctl -n host1 peer add tap0 host2 endpoint 192.0.2.2:7003 key-file "$test_tmp/key"'
ok "goes there" ip -n host1 link set tap0 netns $container
refusal="not permitted: CAP_NET_ADMIN is needed in the transport's namespace too"
for change in add del; do
	# before Linux 6.0 a driver could not say more
	if [ $change = del ] && ! drivers_explain; then refusal="Operation not permitted"; fi
	like "bridge fdb $change" "$(contained bridge fdb $change 02:00:00:00:00:79 dev tap0 dst 192.0.2.2 2>&1)" "$refusal"
done
ok "it is deleted by the host" camexctl -n $container dev del tap0

# --- root of the host ---

ok "the host may change the peer there" camexctl -n $container peer set camex0 host2 keepalive 20
nok "but not delete the link by ip" nsenter --target $container --net ip link del camex0
ok "it may fetch it" nsenter --target $container --net ip link set camex0 netns host1
ok "give it back" ip -n host1 link set camex0 netns $container
ok "and delete it there" camexctl -n $container dev del camex0
nok "it is gone" contained ip link show camex0
nok "its port is closed" listening host1 udp 7000
ok "another" camexctl -n host1 dev add camex0 port 7000
ok "goes there" ip -n host1 link set camex0 netns $container
stop $container
ok "the namespace ends, and the device with it" wait_until 20 camexctl -n host1 dev add camex1 port 7000
ok "in its own namespace" ip -n host1 link set camex1 netns host2
ok "a link elsewhere can be deleted by ip" ip -n host2 link del camex1

done_testing
