#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Files of wg-quick: camexctl up, reload and down take them as they are, with WireGuard of the kernel
# at the other end: addresses, DNS, hooks, a default route, sessions that a reload keeps, errors.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# ctl WORD...: in host1, with a resolvconf of ours
ctl() {
	PATH=$test_tmp/bin:$PATH camexctl -n host1 "$@"
}

# config: the whole of wg0.conf comes in on stdin.
config() {
	cat >"$test_tmp/wg0.conf"
}

# show FILTER: of the device, by jq
show() {
	ctl -j show wg0 | jq -r ".[0] | $1"
}

# of_peer FILTER: of the peer hub
of_peer() {
	show ".peers[] | select(.name == \"hub\") | $1"
}

# via ADDRESS [MARK]: the interface that a packet goes to
via() {
	ip -n host1 -j route get "$1" ${2:+mark "$2"} | jq -r '.[0].dev'
}

# state: what up could change in host1
state() {
	on host1 sh -c 'camexctl -j show; ip -j address show; ip -j rule; ip -6 -j rule; ip -j route show table all
		nft list ruleset' | sed 's/"valid_life_time":[0-9]*,"preferred_life_time":[0-9]*//'
}

# refused DESCRIPTION LINE TEXT: up of the file fails in that line, and changes nothing.
refused() {
	local status=0
	ctl up "$test_tmp/wg0.conf" >"$test_tmp/out" 2>&1 || status=$?
	like "$1" "$status:$(<"$test_tmp/out")" "^1:camexctl: up: $test_tmp/wg0.conf${2:+:$2}: "$'[^\n]*'"$3"$'[^\n]*$'
	same "$1: everything is as it was" "$nothing"
}

ok "modules" modprobe -a camex wireguard
ok "two hosts" hosts 2
umask 077
for name in one two psk; do
	wg genkey >"$test_tmp/$name"
	wg pubkey <"$test_tmp/$name" >"$test_tmp/$name.pub"
done
is "key public is wg pubkey" "$(camexctl key public <"$test_tmp/one")" "$(<"$test_tmp/one.pub")"

# WireGuard of the kernel, behind a router so to speak: 203.0.113.2 is no neighbour of host1
wireguard_end() {
	ip -n host2 link add wg0 type wireguard &&
		on host2 wg set wg0 listen-port 51820 private-key "$test_tmp/two" \
			peer "$(<"$test_tmp/one.pub")" preshared-key "$test_tmp/psk" allowed-ips 10.9.0.1/32,fd00:9::1/128 &&
		ip -n host2 address add 10.9.0.2/24 dev wg0 &&
		ip -n host2 address add fd00:9::2/64 dev wg0 nodad &&
		ip -n host2 address add 198.51.100.1/32 dev lo &&
		ip -n host2 address add 203.0.113.2/32 dev lo &&
		ip -n host2 address add 2001:db8:ffff::1/128 dev lo &&
		ip -n host2 link set wg0 up &&
		ip -n host1 route add default via 192.0.2.2 &&
		ip -n host1 -6 route add default via 2001:db8::2 &&
		ip -n host2 route add 10.9.0.1 via 192.0.2.1 table 7 &&
		ip -n host2 rule add from 192.0.2.2 table 7 &&
		on host1 sysctl -qw net.ipv4.conf.eth0.rp_filter=1 net.ipv4.conf.default.rp_filter=1
}
ok "WireGuard in host2" wireguard_end
mkdir "$test_tmp/bin"
cat >"$test_tmp/bin/resolvconf" <<END
#!/bin/sh
{ echo "\$@"; [ "\$1" != -a ] || cat; } >>$test_tmp/resolvconf
END
cat >"$test_tmp/bin/resolvectl" <<END
#!/bin/sh
echo "\$@" >>$test_tmp/resolvectl
END
chmod 755 "$test_tmp/bin/resolvconf" "$test_tmp/bin/resolvectl"
nothing=$(state)

# --- up ---

config <<END
# as wg-quick has it
[Interface]
PrivateKey = $(<"$test_tmp/one") # no other user reads this file
Address = 10.9.0.1/24, fd00:9::1/64
DNS = 10.9.0.53, fd00:9::53, example.org
MTU = 1400
PreUp = camexctl -j show %i | jq -c '.[0] | [.mtu == 1400, (.peers | length)]' >>$test_tmp/hooks
PostUp = echo PostUp <(:) \$(ip -j -4 address show %i | jq -r '.[0].addr_info[0].local') | sed 's|/dev/fd/..|fd|' >>$test_tmp/hooks
PreDown = echo PreDown \$(ip -o link show %i | wc -l) >>$test_tmp/hooks
PostDown = echo PostDown \$(ip -o link show %i 2>/dev/null | wc -l) >>$test_tmp/hooks
SaveConfig = true

# hub
[Peer]
PublicKey = $(<"$test_tmp/two.pub")
PresharedKey = $(<"$test_tmp/psk")
AllowedIPs = 0.0.0.0/0
AllowedIPs = ::/0
Endpoint = 203.0.113.2:51820
PersistentKeepalive = 25
END
ctl up "$test_tmp/wg0.conf" >"$test_tmp/out" 2>&1
is "up" "$?:$(<"$test_tmp/out")" \
	"0:camexctl: warning: $test_tmp/wg0.conf:11: SaveConfig: the file is not written; camexctl save prints what is running"
is "the device" "$(show '[.name, .protocol, .public_key, .mtu, .fwmark] | join(" ")')" \
	"wg0 wireguard $(<"$test_tmp/one.pub") 1400 51820"
is "its peer" "$(of_peer '[.public_key, .preshared, .cipher, .endpoint, .keepalive, (.routes | join(","))] | join(" ")')" \
	"$(<"$test_tmp/two.pub") true chacha20-poly1305 203.0.113.2:51820 25 0.0.0.0/0,::/0"
ok "IPv4 through the tunnel" wait_until 10 reaches host1 10.9.0.2 -W 1
ok "IPv6" reaches host1 fd00:9::2
ok "what is behind it, by the default route" reaches host1 198.51.100.1
ok "IPv6 too" reaches host1 2001:db8:ffff::1
is "datagrams of the far end pass a strict rp_filter" \
	"$(on host1 sysctl -n net.ipv4.conf.eth0.rp_filter)$(on host1 nft list chain inet camex-0xca6c own_datagrams | grep -c 'mark set')" 11
on host1 nft flush chain inet camex-0xca6c own_datagrams
nok "because of a rule for its mark" reaches host1 10.9.0.2 -W 2
ok "which reload puts back" ctl reload "$test_tmp/wg0.conf"
ok "IPv4 through the tunnel again" wait_until 10 reaches host1 10.9.0.2 -W 1
nok "no rule has to take the mark off again" on host1 nft list chain inet camex-0xca6c own_delivery
nok "from elsewhere nobody reaches the tunnel's address" reaches host2 10.9.0.1 -I 192.0.2.2 -W 2
on host1 nft flush chain inet camex-0xca6c own_addresses
ok "because of a rule for that" wait_until 5 reaches host2 10.9.0.1 -I 192.0.2.2 -W 1
is "which leads to the tunnel" "$(via 198.51.100.1) $(via 2001:db8:ffff::1)" "wg0 wg0"
is "but for the tunnel's own datagrams" "$(via 203.0.113.2 51820)" eth0
is "and what the main table has" "$(via 192.0.2.2)" eth0
is "the resolver was told" "$(sed 's/ tun\./ /' "$test_tmp/resolvconf" | head -n 4)" \
	"-a wg0 -m 0 -x"$'\nnameserver 10.9.0.53\nnameserver fd00:9::53\nsearch example.org'
is "the hooks have run" "$(<"$test_tmp/hooks")" $'[false,0]\nPostUp fd 10.9.0.1'
like "show tells the last handshake" "$(ctl show wg0)" 'handshake +(just now|[0-9]+ s ago)'
ok "and JSON" test "$(of_peer .last_handshake_ms)" -lt 60000
is "the key is in no link of save's" "$(find /run/camexctl -type l -lname '*wg0.conf' 2>/dev/null)" ""
is "and camexctl shows it nowhere" "$({
	ctl show
	ctl -j show
	ctl save wg0
} | grep -cF -e "$(<"$test_tmp/one")" -e "$(<"$test_tmp/psk")")" 0

# --- reload ---

shaken() {
	on host2 wg show wg0 latest-handshakes
}
before=$(shaken)
is "reload of the same" "$(ctl reload "$test_tmp/wg0.conf" 2>/dev/null)" ""
sed -i '/^MTU/d; s/^Address.*/&, 10.9.1.1\/32/; s/= 25$/= off/' "$test_tmp/wg0.conf"
cat >>"$test_tmp/wg0.conf" <<END
[Peer]
PublicKey = $(<"$test_tmp/one.pub")
AllowedIPs = 10.77.0.0/16
END
third=$(cut -c 1-8 <"$test_tmp/one.pub")
ctl reload "$test_tmp/wg0.conf" >"$test_tmp/out" 2>&1
nok "a peer with our own public key" test $? -eq 0
is "and nothing has changed" "$(of_peer .keepalive)" 25
wg genkey | wg pubkey >"$test_tmp/three.pub"
sed -i "s|^PublicKey = $(<"$test_tmp/one.pub")|PublicKey = $(<"$test_tmp/three.pub")|" "$test_tmp/wg0.conf"
third=$(cut -c 1-8 <"$test_tmp/three.pub" | tr / _)
is "reload tells what changes" "$(ctl reload "$test_tmp/wg0.conf" 2>/dev/null)" "address 10.9.1.1/32 added
peer $third added
peer hub: keepalive 0 (was 25)
kernel route 10.77.0.0/16 added"
ok "the tunnel is as it was" reaches host1 10.9.0.2
is "in the same session" "$(shaken)" "$before"
is "no hook has run" "$(wc -l <"$test_tmp/hooks")" 2
sed -i 's|^AllowedIPs = 0.0.0.0/0|AllowedIPs = 10.9.0.0/24|; /^AllowedIPs = ::/d' "$test_tmp/wg0.conf"
like "without a default route" "$(ctl reload "$test_tmp/wg0.conf" 2>/dev/null)" \
	'rule IPv6 [0-9]+: table 51820 for all but mark 0xca6c removed'
is "it goes the old way" "$(via 198.51.100.1)" eth0
is "and the firewall is empty" "$(on host1 nft list ruleset)" ""
ok "the tunnel is there" reaches host1 10.9.0.2
sed -i 's/^# hub/# HUB-2/' "$test_tmp/wg0.conf"
is "a peer with another name" "$(ctl reload "$test_tmp/wg0.conf" 2>/dev/null)" $'peer hub removed\npeer HUB-2 added'
ok "is reached again" wait_until 10 reaches host1 10.9.0.2 -W 1
sed -i "s|^PresharedKey.*|PresharedKey = $(<"$test_tmp/one")|" "$test_tmp/wg0.conf"
ok "another preshared key" ctl reload "$test_tmp/wg0.conf"
sed -i '/^PresharedKey/d' "$test_tmp/wg0.conf"
is "none" "$(ctl reload "$test_tmp/wg0.conf" 2>/dev/null)" "peer HUB-2: preshared-key-file none (was set)"
sed -i "s|^PrivateKey.*|PrivateKey = $(wg genkey)|" "$test_tmp/wg0.conf"
is "another private key" "$(ctl reload "$test_tmp/wg0.conf" 2>/dev/null | sed 's/file [^ ]*/file KEY/')" \
	"device: private-key-file KEY (was $(<"$test_tmp/one.pub"))"
ok "down" ctl down "$test_tmp/wg0.conf"
same "nothing is left" "$nothing"
is "hooks of down" "$(tail -n 2 "$test_tmp/hooks")" $'PreDown 1\nPostDown 0'
like "the resolver was told that too" "$(tail -n 1 "$test_tmp/resolvconf")" '^-d (tun\.)?wg0 -f$'

# --- Table, FwMark, ListenPort, DNS ---

device() {
	{
		printf '[Interface]\nPrivateKey = %s\nAddress = 10.9.0.1/24\n' "$(<"$test_tmp/one")"
		cat
		printf '[Peer]\nPublicKey = %s\nAllowedIPs = 0.0.0.0/0, 10.66.0.1/16\nEndpoint = 192.0.2.2:51820\n' "$(<"$test_tmp/two.pub")"
	} | config
}
device <<END
Table = 1234
FwMark = 0x77
ListenPort = 51999
END
ok "a table, a mark, a port" ctl up "$test_tmp/wg0.conf"
is "mark and port" "$(show '[.fwmark, .port] | join(" ")')" "119 51999"
is "routes in that table, without bits past their length" \
	"$(ip -n host1 -j route show table 1234 | jq -c 'map(.dst)')" '["default","10.66.0.0/16"]'
is "a peer without a comment" "$(show '.peers[0].name')" "$(cut -c 1-8 <"$test_tmp/two.pub" | tr / _)"
ok "down" ctl down "$test_tmp/wg0.conf"
device <<END
Table = off
END
ok "no table" ctl up "$test_tmp/wg0.conf"
is "no route but the address's" "$(ip -n host1 -j route show dev wg0 table all | jq -c 'map(select(.type == null) | .dst)')" '["10.9.0.0/24"]'
ok "down of that" ctl down "$test_tmp/wg0.conf"
device <<END
DNS = 10.9.0.53, lan
END
mv "$test_tmp/bin/resolvconf" "$test_tmp/resolvconf.off"
# a PATH with resolvectl alone, and then without both
mkdir "$test_tmp/tools"
ln -s "$(command -v ip)" "$(command -v bash)" "$test_tmp/tools"
camexctl=$(command -v camexctl)
PATH=$test_tmp/bin:$test_tmp/tools "$camexctl" -n host1 up "$test_tmp/wg0.conf"
is "resolvectl, where there is no resolvconf" "$(<"$test_tmp/resolvectl")" $'dns wg0 10.9.0.53\ndomain wg0 ~. lan'
PATH=$test_tmp/tools "$camexctl" -n host1 down "$test_tmp/wg0.conf"
is "warnings, where there is neither, and no nft for a strict rp_filter" "$(PATH=$test_tmp/tools "$camexctl" -n host1 up "$test_tmp/wg0.conf" 2>&1)" \
	"camexctl: warning: wg0: rp_filter is strict and drops what the far end sends, unless it is told of the mark: nft is not installed
camexctl: warning: $test_tmp/wg0.conf:4: DNS: there is neither resolvconf nor resolvectl to tell it to"
ok "it is up" ctl down "$test_tmp/wg0.conf"
mv "$test_tmp/resolvconf.off" "$test_tmp/bin/resolvconf"
same "nothing is left of all that" "$nothing"

# --- what fails ---

device <<'END'
PostUp = echo seen; false
END
is "PostUp that fails" "$(ctl up "$test_tmp/wg0.conf" 2>&1)" \
	$'seen\ncamexctl: up: '"$test_tmp/wg0.conf:4: hook: echo seen; false: bash ended with status 1"
same "undoes all" "$nothing"
device <<'END'
PreDown = test ! -e /tmp/camex-busy
PostUp = kill -9 $$
END
refused "PostUp that is killed" 5 'ended by signal 9'
device <<'END'
PreDown = exit 3
END
ok "up" ctl up "$test_tmp/wg0.conf"
like "PreDown that fails" "$(ctl down "$test_tmp/wg0.conf" 2>&1)" "wg0.conf:4: exit 3: bash ended with status 3"
ok "ends down" ctl dev show wg0
ok "the device goes" ctl dev del wg0
ip -n host1 rule del not fwmark 51820 table 51820
ip -n host1 rule del table main suppress_prefixlength 0
echo false >"$test_tmp/bin/resolvconf"
device <<'END'
DNS = 10.9.0.53
END
refused "a resolvconf that fails" 4 'DNS: resolvconf ended with status 1'
device <<'END'
Address = 10.9.0.1/24
END
refused "an address twice" 4 'address 10.9.0.1/24'
device <<'END'
ListenPort = 51820
END
ok "a port in use" on host1 camexctl dev add other0 port 51820
now=$nothing nothing=$(state)
refused "a port in use" 4 'UDP port 51820 is in use'
nothing=$now
ok "it is free" ctl dev del other0
device <<'END'
Adress = 10.9.0.1/24
END
refused "an unknown key" 4 'unknown key Adress in \[Interface\], did you mean Address\?'
device <<'END'
PostUp
END
refused "a line without =" 4 'a = is missing'
device <<'END'
[Peer]
PublicKey = hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
Endpoint = no.such.host.invalid:51820
END
refused "a host that has no address" 6 'no.such.host.invalid'
cp "$test_tmp/wg0.conf" "$test_tmp/wg0"
like "a file that is not called so" "$(ctl up "$test_tmp/wg0" 2>&1)" "wg0: a file with \[Interface\] must be called NAME.conf"
like "standard input" "$(ctl up - <"$test_tmp/wg0" 2>&1)" "a file with \[Interface\] must be called NAME.conf"
printf '[device]\nname = aes0\nprotocol = wireguard\nprivate-key-file = one\n[peer a]\npublic-key = %s\ncipher = aes-256-gcm\n' \
	"$(<"$test_tmp/two.pub")" >"$test_tmp/aes.up"
ok "a device whose peer has another cipher" ctl up "$test_tmp/aes.up"
is "it has it" "$(ctl -j show aes0 | jq -r '.[0].peers[0].cipher')" aes-256-gcm
sed -i '/^cipher/d' "$test_tmp/aes.up"
ok "without it in the file" ctl reload "$test_tmp/aes.up"
is "it has WireGuard's" "$(ctl -j show aes0 | jq -r '.[0].peers[0].cipher')" chacha20-poly1305
ok "it goes" ctl down "$test_tmp/aes.up"

# --- by name, from where units find it ---

device </dev/null
chmod 644 "$test_tmp/wg0.conf"
mkdir -p /etc/wireguard /etc/camex
mount -t tmpfs tmpfs /etc/wireguard
mount -t tmpfs tmpfs /etc/camex
cp -p "$test_tmp/wg0.conf" /etc/wireguard
is "up of a name, and a file that others can read" "$(ctl up wg0 2>&1)" \
	"camexctl: warning: other users can read /etc/wireguard/wg0.conf: chmod 600 it"
ok "reload" ctl reload wg0
ok "down" ctl down wg0
cp -p "$test_tmp/wg0.conf" /etc/camex
like "/etc/camex goes first" "$(ctl up wg0 2>&1)" "/etc/camex/wg0.conf"
ok "down from there" ctl down wg0
umount /etc/wireguard /etc/camex
same "nothing is left at the end" "$nothing"

done_testing
