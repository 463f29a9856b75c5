#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl save: the running configuration as a file, from which up makes the same again.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016 # shell for eval
. "$(dirname "$0")/lib.sh"

# ctl WORD...: in host1
ctl() {
	camexctl -n host1 "$@"
}

# again NAME DEVICE: the device is saved, goes, comes from what was saved, and is saved again.
again() {
	local file=$test_tmp/saved.up
	ctl save "$2" >"$file"
	is "$1: save" $? 0
	is "$1: a reload of what was saved has nothing to do" "$(ctl reload "$file" 2>&1)" ""
	ctl -j show "$2" | jq "$stable" >"$test_tmp/before"
	ok "$1: down" ctl down "$file"
	ok "$1: up" ctl up "$file"
	is "$1: it is the same" "$(ctl -j show "$2" | jq "$stable")" "$(<"$test_tmp/before")"
	is "$1: and saved so" "$(ctl save "$2" 2>&1)" "$(<"$file")"
}

# what is no setting
stable='map(del(.ifindex) | .peers |= map(del(.endpoint, .state, .last_seen_ms, .unanswered_ms,
	.rx_packets, .rx_bytes, .tx_packets, .tx_bytes)))'

ok "modprobe camex" modprobe camex
ok "two hosts" hosts 2
# what clients are told to send here is forwarded; else up and reload warn
for host in host1 host2; do on $host sysctl -q -w net.ipv4.ip_forward=1; done
umask 077
cd "$test_tmp" || exit
camexctl key gen >one.key
camexctl key gen >two.key
echo secret >passphrase
like "without a device there is nothing to save" "$(ctl save camex0 2>&1)" \
	'^camexctl: save camex0: no camex device named camex0$'

# --- a device of each kind ---

cat >camex0.up <<END
[device]
name = camex0
port = 7000
fwmark = 0x10
tx = netpoll
relay = on
source-check = off
client-id = CAM01
address = 10.9.0.1/24, fd00:9::1/64
mtu = 1300
[peer one]
endpoint = 192.0.2.2:7000
key-file = one.key
routes = 10.9.0.2/32, 10.1.0.0/16
keepalive = 25
register = off
[peer two]
passphrase-file = passphrase
address = 10.9.0.3/24
gateway = 10.9.0.1
mtu = 1280
push-routes = 10.7.0.0/16, 10.8.0.0/16
routes = fd00:2::/48
[peer three]
END
ok "up" ctl up camex0.up
is "save" "$(ctl save camex0)" "# camexctl save camex0
[device]
name = camex0
protocol = camex
port = 7000
fwmark = 16
tx = netpoll
relay = on
source-check = off
client-id = CAM01
address = 10.9.0.1/24
address = fd00:9::1/64
mtu = 1300

[peer one]
endpoint = 192.0.2.2:7000
keepalive = 25
register = off
key-file = $test_tmp/one.key
routes = 10.1.0.0/16,10.9.0.2/32

[peer three]

[peer two]
address = 10.9.0.3/24
gateway = 10.9.0.1
mtu = 1280
push-routes = 10.7.0.0/16,10.8.0.0/16
passphrase-file = $test_tmp/passphrase
routes = fd00:2::/48"
again "camex" camex0

# --- a peer that was heard from elsewhere ---

camexctl -n host2 dev add camex0 port 7100
camexctl -n host2 peer add camex0 host1 endpoint 192.0.2.1:7000 key-file one.key routes 10.9.0.0/24
ip -n host2 address add 10.9.0.2/24 dev camex0
ip -n host2 link set camex0 up
ctl save camex0 >before
ok "host2 reaches it" wait_until 20 reaches host2 10.9.0.1 -W 1
is "one is elsewhere by now" "$(peer host1 one .endpoint)" 192.0.2.2:7100
is "and saved where it was configured" "$(ctl save camex0)" "$(<before)"

# --- keys ---

ok "a key from a pipe" eval 'ctl key set camex0 one key-file - <two.key'
like "is of no file" "$(ctl save camex0)" $'\n# key-file: [0-9a-f]{32}, of no file that is known: give its file here\n'
ok "from a file" ctl key set camex0 one key-file two.key
like "it is saved by its path" "$(ctl save camex0)" $'\nkey-file = '"$test_tmp"$'/two.key\n'
cp one.key two.key
like "the file has another key by now" "$(ctl save camex0)" $'\n# key-file: [0-9a-f]{32}, which '"$test_tmp"$'/two.key has no more'
is "no key is written down" "$(find /run/camexctl -type f)" ""
is "and none but root sees the paths" "$(stat -c %a /run/camexctl)" 700
chmod 711 "$test_tmp"
nobody=(on host1 "${nobody[@]}" camexctl)
like "an ordinary user may not" "$("${nobody[@]}" save camex0 2>&1)" '^camexctl: save camex0: .*permitted'
ok "it goes" ctl dev del camex0

# --- other kinds ---

ok "jtunnel" ctl dev add jt0 protocol jtunnel id 00000000000000ff links per-peer link-name 'c%d' link-timeout 60
ok "a peer of it" ctl peer add jt0 0000000000000001 id 0000000000000001 key-file one.key
ok "another one" ctl peer add jt0 plain id 0000000000000002 endpoint '[fd00::2]:7000' keepalive 5
ok "it is up" ip -n host1 link set jt0 up
again "jtunnel" jt0
ctl dev del jt0
ok "tap" ctl dev add tap0 link tap ageing 60 bind 192.0.2.1 bind-dev eth0 port 7005
ok "its peer" ctl peer add tap0 one key-file one.key
ok "it is up" ip -n host1 link set tap0 up
again "tap" tap0
ctl dev del tap0
ok "raw" ctl dev add raw0 protocol raw port 7006
ok "its peer" ctl peer add raw0 one endpoint 192.0.2.2:7006 routes any
ok "it is up" ip -n host1 link set raw0 up
again "raw" raw0
ctl dev del raw0
ok "serial" ctl dev add ser0 protocol raw transport serial
ok "it is up" ip -n host1 link set ser0 up
again "serial" ser0
ctl dev del ser0
camexctl key gen >private.key
camexctl key gen >other.key
ok "wireguard" ctl dev add wg0 protocol wireguard port 7010 private-key-file private.key
ok "its peer" ctl peer add wg0 one public-key "$(camexctl key public <other.key)" endpoint 192.0.2.2:7010 \
	routes 10.66.0.0/16 keepalive 25
ok "one that is heard first" ctl peer add wg0 two public-key "$(camexctl key gen | camexctl key public)"
ok "it is up" ip -n host1 link set wg0 up
ip -n host1 route add 10.66.0.0/16 dev wg0
again "wireguard" wg0
like "with its private key" "$(<saved.up)" "private-key-file = $test_tmp/private.key"
ok "a preshared key" ctl peer set wg0 one preshared-key-file other.key
like "is told of" "$(ctl save wg0)" $'\n# preshared-key-file: set, of no file that is known: give its file here\n'

done_testing
