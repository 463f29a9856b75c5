#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl as a user meets it: what each command does, prints and ends with.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# ctl WORD...: in host1
ctl() {
	camexctl -n host1 "$@"
}

# quiet DESCRIPTION WORD...: camexctl succeeds and has nothing to say.
quiet() {
	local what=$1 status=0
	shift
	ctl "$@" >"$test_tmp/out" 2>&1 || status=$?
	is "$what" "$status:$(<"$test_tmp/out")" "0:"
}

# json DESCRIPTION FILTER WANT WORD...: of "camexctl -j WORD..." FILTER makes WANT.
json() {
	local what=$1 filter=$2 want=$3
	shift 3
	is "$what" "$(ctl -j "$@" |
		jq -c --argjson want "$want" "$filter | if . == \$want then \"same\" else . end")" '"same"'
}

# refused STATUS DESCRIPTION TEXT WORD...: camexctl ends with STATUS and one line that
# matches TEXT.
refused() {
	local want=$1 what=$2 text=$3 status=0
	shift 3
	ctl "$@" >"$test_tmp/out" 2>&1 </dev/null || status=$?
	like "$what" "$status:$(<"$test_tmp/out")" "^$want:camexctl: "$'[^\n]*'"$text"$'[^\n]*$'
}

# unchanged DESCRIPTION: everything is as it was when $config was read.
unchanged() {
	local now
	now=$(ctl -j show)
	[ "$now" = "$config" ]
	result $? "$1"
	[ "$now" = "$config" ] || diff <(jq . <<<"$config") <(jq . <<<"$now") | note
	config=$now
}

# shellcheck disable=SC2317 # called by wait_until
listening_events() {
	[ "$(on host1 awk "\$2 == 16 && \$4 != \"00000000\"" /proc/net/netlink | wc -l)" -eq 2 ]
}

ok "two hosts" hosts 2

# --- without the module, and how it comes by itself ---

loader=$(</proc/sys/kernel/modprobe)
echo /bin/false >/proc/sys/kernel/modprobe
for words in show "show camex0" "dev add camex0" "peer show camex0" "stats camex0" monitor; do
	# shellcheck disable=SC2086 # several words
	camexctl -n host1 $words >"$test_tmp/out" 2>&1
	is "without the module: $words" "$?:$(<"$test_tmp/out")" \
		"1:camexctl: $words: the camex module is not loaded: load it with modprobe camex"
done
ok "generating keys needs no module" camexctl key gen
echo "$loader" >/proc/sys/kernel/modprobe
json "the first command loads the module, and there is no device" . '[]' show
quiet "nothing to show to people" show

# --- devices ---

quiet "dev add" dev add camex0 port 7000
index=$(ip -n host1 -j link show camex0 | jq '.[0].ifindex')
json "dev show" . '[{"name": "camex0", "ifindex": '"$index"', "link": "tun", "protocol": "camex",
	"transport": "udp", "port": 7000, "bind": null, "bind_dev": null, "fwmark": 0, "tx": "udp",
	"rx": "udp", "links": "shared", "link_name": null, "link_timeout": null, "id": null, "client_id": null, "public_key": null, "relay": false,
	"source_check": true, "plaintext": false, "ageing": 300, "mtu": 1428}]' dev show camex0
ok "its port is open over IPv4 and IPv6" test "$(on host1 ss -Hlun "sport = :7000" | wc -l)" -eq 2
quiet "dev add with every keyword" dev add every0 link tun protocol camex transport udp links shared \
	port 7001 bind 192.0.2.1 bind-dev eth0 fwmark 0x10 tx udp rx udp source-check off plaintext on
json "all of them are as given" '.[0] | [.port, .bind, .bind_dev, .fwmark, .source_check, .plaintext]' \
	'[7001, "192.0.2.1", "eth0", 16, false, true]' dev show every0
like "and shown to people" "$(ctl dev show every0)" \
	$'every0 is down: ip link set every0 up\n +carries +link tun, protocol camex, transport udp, links shared\n +socket +port 7001, bind 192.0.2.1, bind-dev eth0, fwmark 0x10\n +policy +source-check off, plaintext on\n +mtu +1428$'
quiet "dev set" dev set every0 port 7002 bind any bind-dev none fwmark 0 source-check on plaintext off
json "it has changed what was given" '.[0] | [.port, .bind, .bind_dev, .fwmark, .source_check, .plaintext]' \
	'[7002, null, null, 0, true, false]' dev show every0
nok "the old port is closed" listening host1 udp 7001
ok "the new one is open" listening host1 udp 7002
quiet "dev set to an IPv6 address" dev set every0 bind 2001:db8::1
json "nothing else has changed" '.[0] | [.port, .bind]' '[7002, "2001:db8::1"]' dev show every0
quiet "dev add without keywords" dev add plain0
ok "the kernel has chosen a port" listening host1 udp "$(ctl -j dev show plain0 | jq '.[0].port')"
quiet "dev add of protocol raw" dev add raw0 protocol raw
json "it knows neither keys nor plaintext" '.[0] | [.protocol, .plaintext]' '["raw", null]' dev show raw0
json "dev show has all, by name" 'map(.name)' '["camex0", "every0", "plain0", "raw0"]' dev show
quiet "dev del" dev del plain0
nok "it is gone" ip -n host1 link show plain0

# --- other names of a device ---

long=a-name-that-is-longer-than-fifteen-bytes
ok "a long name of a device" ip -n host1 link property add dev camex0 altname $long
ok "a short one" ip -n host1 link property add dev camex0 altname also0
for name in $long also0; do
	json "dev show of $name" '.[0].name' '"camex0"' dev show "$name"
	quiet "dev set of $name" dev set "$name" fwmark 7
	json "show of $name" '.[0] | [.name, .fwmark]' '["camex0", 7]' show "$name"
	quiet "peer add to $name" peer add "$name" alias
	quiet "peer del of $name" peer del "$name" alias
	quiet "dev set back" dev set "$name" fwmark 0
	like "an error names the device" "$(ctl peer show "$name" nobody 2>&1)" '^camexctl: peer show camex0 nobody: no peer nobody on camex0$'
done
ok "a long name of the interface to go through" ip -n host1 link property add dev eth0 altname $long-too
quiet "bind-dev of that" dev set camex0 bind-dev $long-too
json "it is that interface" '.[0].bind_dev' '"eth0"' dev show camex0
quiet "and back" dev set camex0 bind-dev none
is "a long name that no interface has" "$(ctl dev show ${long}x 2>&1)" \
	"camexctl: dev show ${long}x: \"${long}x\" is too long for an interface's name: $((${#long} + 1)) bytes, at most 15"
quiet "a device with two more names is deleted by a long one" dev add gone0
ip -n host1 link property add dev gone0 altname $long-gone
quiet "dev del" dev del $long-gone
nok "gone" ip -n host1 link show gone0

# --- peers, keys and routes ---

umask 077
cd "$test_tmp" || exit
camexctl key gen >psk
echo secret >passphrase
like "key gen" "$(<psk)" '^[A-Za-z0-9+/]{43}=$'
isnt "it is random" "$(camexctl key gen)" "$(<psk)"
like "id gen" "$(camexctl id gen)" '^[0-9a-f]{16}$'
is "key derive" "$(camexctl key derive <passphrase 2>&1 >/dev/null)" "fingerprint 9ad30fbca5bebf3db115e1410ab9f196"
camexctl key derive <passphrase >derived 2>/dev/null

quiet "peer add" peer add camex0 alice endpoint 192.0.2.2:7000 passphrase-file passphrase \
	routes 10.0.0.2/32,10.1.0.0/16,fd00::/64
alice='{"name": "alice", "id": null, "endpoint": "192.0.2.2:7000", "configured_endpoint": "192.0.2.2:7000", "transport": null,
	"fingerprint": "9ad30fbca5bebf3db115e1410ab9f196", "public_key": null, "preshared": null, "cipher": null, "routes": ["10.0.0.2/32", "10.1.0.0/16", "fd00::/64"],
	"keepalive": 10, "register": "manual", "state": "waiting", "last_seen_ms": null, "last_handshake_ms": null, "unanswered_ms": null, "refused_ms": null, "link": null,
	"rx_packets": 0, "rx_bytes": 0, "tx_packets": 0, "tx_bytes": 0, "rx_dropped": 0, "tx_dropped": 0, "profile": null}'
json "peer show" . "[$alice]" peer show camex0 alice
json "in any case" . "[$alice]" peer show camex0 ALICE
quiet "peer add with nothing but a name" peer add camex0 bob
json "it has neither key, endpoint nor routes" '.[0] | [.fingerprint, .endpoint, .routes, .state]' \
	'[null, null, [], "no_key"]' peer show camex0 bob
quiet "peer add with a name of 31 bytes" peer add camex0 1234567890123456789012345678901
quiet "peer del with it" peer del camex0 1234567890123456789012345678901
quiet "key set, the key being that of the passphrase" key set camex0 bob key-file derived
json "it has the same fingerprint" '.[0] | [.fingerprint, .state]' \
	'["9ad30fbca5bebf3db115e1410ab9f196", "no_endpoint"]' peer show camex0 bob
ok "key set from standard input" ctl key set camex0 bob key-file - <psk
isnt "another fingerprint" "$(peer host1 bob .fingerprint)" 9ad30fbca5bebf3db115e1410ab9f196
quiet "key del" key del camex0 bob
quiet "peer set of the timers" peer set camex0 alice keepalive 25 register off
json "they are set" '.[0] | [.keepalive, .register]' '[25, "off"]' peer show camex0 alice
quiet "and set again" peer set camex0 alice keepalive 10 register manual
quiet "peer set of a profile" peer set camex0 bob address 10.88.0.2/24 gateway 10.88.0.1 mtu 1400 \
	push-routes 10.77.0.0/24,0.0.0.0/0
json "it has one" '.[0].profile' '{"address": "10.88.0.2/24", "gateway": "10.88.0.1", "mtu": 1400,
	"routes": ["10.77.0.0/24", "0.0.0.0/0"]}' peer show camex0 bob
like "peer show to people" "$(ctl peer show camex0 bob)" \
	'profile +address 10.88.0.2/24, gateway 10.88.0.1, mtu 1400, routes 10.77.0.0/24, 0.0.0.0/0'
quiet "a part of it" peer set camex0 bob gateway none push-routes none
json "changes alone" '.[0].profile' '{"address": "10.88.0.2/24", "gateway": null, "mtu": 1400, "routes": []}' \
	peer show camex0 bob
like "a profile for a server" "$(ctl peer set camex0 bob register auto mtu 1400 2>&1)" \
	'^camexctl: peer set camex0 bob: register auto: there is no client-id, and no default route'
quiet "a client-id" dev set camex0 client-id CAM01
json "it is there" '.[0].client_id' '"CAM01"' dev show camex0
like "a profile for a server, again" "$(ctl peer set camex0 bob register auto mtu 1400 2>&1)" \
	'^camexctl: peer set camex0 bob: with register auto the peer hands out the profile, not this device \(mtu 1400\)'
quiet "register auto" peer set camex0 bob register auto
json "takes its profile" '.[0] | [.register, .profile]' '["auto", null]' peer show camex0 bob
quiet "and register off" peer set camex0 bob register off
like "a route that is none" "$(ctl peer set camex0 bob push-routes 10.1.0.0/16,224.0.0.0/4 2>&1)" \
	'^camexctl: peer set camex0 bob: .*not a unicast network \(push-routes 224.0.0.0/4\)'
quiet "peer set" peer set camex0 bob endpoint '[2001:db8::2]:7000' key-file psk routes any
json "any is both defaults" '.[0] | [.endpoint, .state, .routes]' \
	'["[2001:db8::2]:7000", "waiting", ["0.0.0.0/0", "::/0"]]' peer show camex0 bob
quiet "a link-local endpoint" peer set camex0 bob endpoint '[fe80::2%eth0]:7000' routes none
json "it has its interface, and no routes" '.[0] | [.endpoint, .routes]' '["[fe80::2%eth0]:7000", []]' \
	peer show camex0 bob
quiet "route add" route add camex0 10.2.0.0/16 peer bob
quiet "route add of a host" route add camex0 2001:db8:1::1 peer BOB
quiet "route replace" route replace camex0 10.1.0.0/16 peer bob
quiet "route replace of a new one" route replace camex0 10.3.0.0/16 peer bob
json "route show" . '[{"prefix": "10.0.0.2/32", "peer": "alice"}, {"prefix": "10.1.0.0/16", "peer": "bob"},
	{"prefix": "10.2.0.0/16", "peer": "bob"}, {"prefix": "10.3.0.0/16", "peer": "bob"},
	{"prefix": "2001:db8:1::1/128", "peer": "bob"}, {"prefix": "fd00::/64", "peer": "alice"}]' route show camex0
quiet "route del" route del camex0 10.3.0.0/16
quiet "route del from its peer" route del camex0 10.2.0.0/16 peer bob
is "route show to people" "$(ctl route show camex0 | tr -s ' ')" "PREFIX PEER
10.0.0.2/32 alice
10.1.0.0/16 bob
2001:db8:1::1/128 bob
fd00::/64 alice"
quiet "so many that one message cannot list them" peer set camex0 bob \
	routes "$(printf ',10.8.%d.0/24' {0..255} | cut -c 2-)$(printf ',2001:db8:8:%x::/64' {0..1023})"
json "each is listed once" '[.[] | select(.peer == "bob").prefix] | [length, (unique | length)]' '[1280, 1280]' route show camex0
quiet "they go" peer set camex0 bob routes 10.1.0.0/16,2001:db8:1::1
quiet "peer set routes takes the list's place" peer set camex0 alice routes 10.9.0.0/16,10.0.0.2/32
json "it has" '.[0].routes' '["10.0.0.2/32", "10.9.0.0/16"]' peer show camex0 alice
like "peer show to people" "$(ctl peer show camex0)" \
	$'^NAME +STATE +ENDPOINT +HEARD +RECEIVED +SENT +ROUTES\nalice +waiting +192.0.2.2:7000 +- +0 B +0 B +10.0.0.2/32 and 1 more\nbob +waiting +\\[fe80::2%eth0\\]:7000 +- +0 B +0 B +10.1.0.0/16 and 1 more$'
like "show to people" "$(ctl show camex0)" 'fingerprint 9ad30fbca5bebf3db115e1410ab9f196'
json "show has devices with their peers" 'map([.name, (.peers | map(.name))])' \
	'[["camex0", ["alice", "bob"]], ["every0", []], ["raw0", []]]' show
unlike "no key in any listing" "$(ctl show; ctl -j show)" "$(sed 's/[+/]/./g' psk)"
quiet "peer del" peer del camex0 bob
json "its routes are gone as well" 'map(.peer) | unique' '["alice"]' route show camex0
json "stats" 'to_entries | [map(.key), (map(.value) | add)]' '[["malformed", "not_ip", "unknown_peer", "auth_failed",
	"replayed", "bad_source", "no_route", "no_key", "no_endpoint", "plaintext_refused", "too_big", "ttl_expired",
	"loop", "link_pending", "netpoll_fallback", "rx_netfilter", "fdb_full", "queue_full", "no_memory",
	"rate_limited", "no_device", "tcp_refused", "tcp_silent", "wrong_cipher"], 0]' stats camex0
is "stats to people: as many lines" "$(ctl stats camex0 | grep -cE '^[a-z_]+ +0  [a-zA-Z]')" 24
like "version" "$(camexctl --version)" '^camexctl [0-9]+\.[0-9]+'

# --- what goes wrong ---

ctl peer add camex0 bob
ctl peer add raw0 carol endpoint 192.0.2.2:7003
: >empty
head -c 31 /dev/zero | base64 >short
head -c 33 /dev/zero | base64 >long
echo '*' >garbage
printf 'a\0b' >nul
config=$(ctl -j show)

refused 1 "a peer twice" 'peer alice exists already' peer add camex0 alice
refused 1 "a peer twice in another case" 'peer ALICE exists already' peer add camex0 ALICE endpoint 192.0.2.9:1
refused 1 "a peer nobody knows: del" 'no peer.* nobody' peer del camex0 nobody
refused 1 "a peer nobody knows: set" 'no peer.* nobody' peer set camex0 nobody routes any
refused 1 "a peer nobody knows: show" 'no peer.* nobody' peer show camex0 nobody
refused 1 "a peer nobody knows: forget" 'no peer.* nobody' peer forget camex0 nobody
refused 1 "a peer nobody knows: key set" 'no peer.* nobody' key set camex0 nobody key-file psk
refused 1 "a peer nobody knows: route add" 'no peer.* nobody' route add camex0 10.4.0.0/16 peer nobody
unchanged "nothing has changed by unknown and known peers"
refused 1 "a port in use: add" 'UDP port 7000 is in use' dev add other0 port 7000
refused 1 "a port in use: set" 'UDP port 7000 is in use' dev set raw0 port 7000
refused 1 "an address that is not ours" 'not an address of this host.*198.51.100.1' dev set every0 bind 198.51.100.1
refused 1 "an interface that is not there" 'no interface nope0' dev set every0 bind-dev nope0
refused 1 "a device twice" 'camex0.*(already|exists)' dev add camex0
unchanged "nothing has changed by ports, addresses and names in use"
refused 1 "no such key file" 'nofile: No such file' key set camex0 bob key-file nofile
refused 1 "an empty key file" 'empty is empty' key set camex0 bob key-file empty
refused 1 "a short key" 'short is too short.*31 bytes instead of 32' key set camex0 bob key-file short
refused 1 "a long key" 'long is too long.*33 bytes instead of 32' peer set camex0 bob key-file long
refused 1 "a key that is not base64" 'garbage is not base64' peer add camex0 dave key-file garbage
refused 1 "a key file that is a directory" '\. is not a regular file' key set camex0 bob key-file .
refused 1 "a passphrase with NUL" 'nul has a NUL' key set camex0 bob passphrase-file nul
refused 1 "an empty passphrase" 'standard input is empty' key set camex0 bob passphrase-file -
refused 1 "no key to delete" 'peer bob has no key' key del camex0 bob
unchanged "nothing has changed by bad keys"
refused 1 "raw carries no keys: peer add" 'protocol camex' peer add raw0 dave key-file psk
refused 1 "raw carries no keys: key set" 'protocol camex' key set raw0 carol key-file psk
unchanged "nothing has changed by keys for raw"
refused 1 "raw carries no keys: peer set" 'protocol camex' peer set raw0 carol key-file psk routes 10.7.0.0/16
unchanged "nothing has changed by a peer set with a key for raw"
refused 1 "plaintext with raw: add" 'plaintext.*protocol camex' dev add other0 protocol raw plaintext on
refused 1 "plaintext with raw: set" 'plaintext.*protocol camex' dev set raw0 plaintext on
unchanged "nothing has changed by plaintext with raw"
refused 1 "a route that another has: add" '10\.9\.0\.0/16 belongs to peer alice' route add camex0 10.9.0.0/16 peer bob
refused 1 "a route that another has: peer add" '10\.9\.0\.0/16 belongs to peer alice' \
	peer add camex0 dave routes 10.8.0.0/16,10.9.0.0/16
refused 1 "a route that another has: peer set" '10\.9\.0\.0/16 belongs to peer alice' \
	peer set camex0 bob endpoint 192.0.2.2:7009 routes 10.8.0.0/16,10.9.0.0/16
refused 1 "a route twice" '10\.9\.0\.0/16 belongs to peer alice' route add camex0 10.9.0.0/16 peer alice
refused 1 "a route that is not there" 'no such route' route del camex0 10.8.0.0/16
refused 1 "another's route" 'belongs to peer alice' route del camex0 10.9.0.0/16 peer bob
refused 1 "host bits" '10.0.0.1/8.* bits set.*10.0.0.0/8' route add camex0 10.0.0.1/8 peer bob
refused 1 "host bits over IPv6" 'fd00:1::1/64.* bits set.*fd00:1::/64' peer set camex0 bob routes fd00:1::1/64
refused 1 "a prefix that is too long" '10.0.0.0/33.*0 to 32' route add camex0 10.0.0.0/33 peer bob
refused 1 "a prefix twice" '10.8.0.0/16 is given twice' peer set camex0 bob routes 10.8.0.0/16,10.8.0.0/16
unchanged "nothing has changed by bad routes"
refused 1 "an endpoint without a port" '192.0.2.9.*HOST:PORT' peer set camex0 bob endpoint 192.0.2.9
refused 1 "a multicast endpoint" 'unicast.*224.0.0.1:1' peer set camex0 bob endpoint 224.0.0.1:1
refused 1 "another's endpoint" 'belongs to peer alice' peer set camex0 bob endpoint 192.0.2.2:7000
refused 1 "an endpoint of another family than bind" 'family' peer add every0 dave endpoint 192.0.2.2:7000
refused 1 "a link-local endpoint without its interface" 'fe80::2' peer set camex0 bob endpoint '[fe80::2]:7000'
refused 1 "a name that is too long" 'too long' peer add camex0 12345678901234567890123456789012
refused 1 "a name with a blank" 'blanks' peer add camex0 'a b'
unchanged "nothing has changed by bad endpoints and names"
for words in "show nope0" "dev show nope0" "dev set nope0 port 1" "dev del nope0" "peer add nope0 a" "peer show nope0" \
	"key del nope0 a" "route show nope0" "stats nope0" "monitor nope0"; do
	# shellcheck disable=SC2086 # several words
	refused 1 "no such device: $words" 'nope0' $words
	# shellcheck disable=SC2086
	refused 1 "not a camex device: ${words/nope0/eth0}" 'eth0 is not a camex device' ${words/nope0/eth0}
done
refused 2 "a command that is not there" 'unknown command "dump"' dump
refused 2 "a command that is mistyped" 'did you mean "add"' peer ad camex0 dave
refused 2 "a keyword that is mistyped" 'did you mean "routes"' peer add camex0 dave route any
refused 2 "a keyword twice" 'port is given twice' dev add other0 port 1 port 2
refused 2 "a keyword without its value" 'port lacks its value' dev add other0 port
refused 2 "a word is missing" 'NAME is missing' peer add camex0
refused 2 "nothing to set" 'expected' peer set camex0 bob
refused 2 "two keys" 'exclude each other' key set camex0 bob key-file psk passphrase-file passphrase
refused 2 "an option that is not there" 'unknown option "-x"' -x show
refused 1 "a number that is none" '"65536" is not a number' dev add other0 port 65536
nobody=(on host1 "${nobody[@]}" camexctl)
answer=$("${nobody[@]}" peer add camex0 dave 2>&1)
is "an ordinary user may not change anything" $? 1
like "for want of CAP_NET_ADMIN" "$answer" '^camexctl: peer add camex0 dave: .*CAP_NET_ADMIN'
is "a namespace that is not there" "$(camexctl -n nope show 2>&1; echo $?)" \
	$'camexctl: -n nope: no such network namespace: No such file or directory\n1'
is "nor see fingerprints" "$("${nobody[@]}" -j show camex0 | jq -c '.[0].peers | map([.name, .fingerprint])')" \
	'[["alice",null],["bob",null]]'
unchanged "nothing has changed by bad commands"
is "in the namespace itself the same is shown" "$(on host1 camexctl -j show)" "$config"

# --- keys, events and endpoints under traffic ---

for name in camex0 every0 raw0; do ctl dev del $name; done
ok "a tunnel" tunnel 4 key
quiet "that says nothing by itself" peer set camex0 host2 register off keepalive 0
ok "at either end" camexctl -n host2 peer set camex0 host1 register off keepalive 0
quiet "nor remembers what it has heard" peer forget camex0 host2
bg host1 camexctl monitor camex0 >>events.text 2>&1
bg host1 camexctl -j monitor >>events 2>&1
ok "monitors listen" wait_until 10 listening_events
ok "packets go through" reaches host1 10.0.0.2
ok "an event tells of it" wait_until 5 grep -q peer_up events
is "its contents" "$(jq -c 'del(.time_ms)' events)" \
	'{"event":"peer_up","dev":"camex0","peer":"host2","endpoint":"192.0.2.2:7000","state":"up","link":null}'
like "its time is now" "$(($(date +%s) - $(jq '.time_ms / 1000 | floor' events)))" '^[0-9]$'
camexctl key gen >psk2
quiet "another key" key set camex0 host2 key-file psk2
nok "no packet goes through with different keys" reaches host1 10.0.0.2 -W 1
# and what introduces the new session
like "host2 counts it" "$(counters host2)" "^auth_failed=[23]$"
nok "nor the other way" reaches host2 10.0.0.1 -W 1
like "host1 counts it" "$(counters host1)" "^auth_failed=[1-3]$"
ok "host2 gets the other key" camexctl -n host2 key set camex0 host1 key-file psk2
ok "packets go through" reaches host1 10.0.0.2
quiet "no key at all" key del camex0 host2
like "none to send with, which the sender is told at once" "$(on host1 ping -n -c 1 -W 20 10.0.0.2)" '[Uu]nreachable'
nok "none to receive with" reaches host2 10.0.0.1 -W 1
like "both are counted" "$(counters host1)" '^(plaintext_refused|unknown_peer|auth_failed)=[12].* no_key=1|auth_failed=2 no_key=1'
json "its state" '.[0] | [.state, .fingerprint]' '["no_key", null]' peer show camex0 host2
quiet "the key again" key set camex0 host2 key-file psk2
ok "packets go through" reaches host1 10.0.0.2
: >events
ok "host2 takes another port" camexctl -n host2 dev set camex0 port 7777
ok "packets go through" reaches host2 10.0.0.1
ok "and back" reaches host1 10.0.0.2
ok "an event tells of it" wait_until 5 grep -q endpoint events
is "where it is now" "$(peer host1 host2 .endpoint)" "192.0.2.2:7777"
like "the event tells it" "$(<events)" '"event":"endpoint","dev":"camex0","peer":"host2","endpoint":"192.0.2.2:7777"'
like "last heard just now" "$(peer host1 host2 .last_seen_ms)" '^[0-9]{1,4}$'
quiet "peer forget" peer forget camex0 host2
json "it is where it was configured to be, and was never heard" '.[0] | [.endpoint, .last_seen_ms]' \
	'["192.0.2.2:7000", null]' peer show camex0 host2
like "events for people" "$(<events.text)" \
	$'^[0-9-]+ [0-9:.]+ camex0 host2 is up, endpoint 192.0.2.2:7000\n([^\n]*\n)*[0-9-]+ [0-9:.]+ camex0 host2 has moved, endpoint 192.0.2.2:7777'

cd / || exit
done_testing
