#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Protocol wireguard as an administrator sees it: what is shown and to whom, what is refused and how,
# events and states.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wgends.bash"

# refused DESCRIPTION REGEX WORD...: camexctl in host1 fails with one line that matches
refused() {
	local text status
	text=$(camexctl -n host1 "${@:3}" 2>&1)
	status=$?
	like "$1" "$status:$text" "^1:camexctl: [^
]*$2[^
]*\$"
}

# json FILTER: of "show" in host1
json() {
	camexctl -n host1 -j show camex0 | jq -c "$1"
}

ok "modules" modprobe -a camex wireguard
ok "two hosts" hosts 2
wg_keys 3
key2=$(<"$test_tmp/host2.pub") key3=$(<"$test_tmp/host3.pub")

# --- what is refused ---

is "key public" "$(camexctl key public <"$test_tmp/host1.key")" "$(<"$test_tmp/host1.pub")"
ok "a device without a key" camexctl -n host1 dev add camex0 protocol wireguard
is "it has none" "$(json '.[0].public_key')" null
ok "it gets one" camexctl -n host1 dev set camex0 private-key-file "$test_tmp/host1.key" port $wg_port
is "its public key is shown" "$(json '.[0].public_key')" "\"$(<"$test_tmp/host1.pub")\""
refused "a peer without a public key" "public-key" peer add camex0 far
refused "a public key that is too short" "public-key" peer add camex0 far public-key "${key2:4}"
refused "a public key that is no base64" "public-key" peer add camex0 far public-key "${key2/[a-zA-Z0-9]/%}"
refused "its own public key" "public key" peer add camex0 far public-key "$(<"$test_tmp/host1.pub")"
refused "a cipher that is not there" "aes-128-gcm" peer add camex0 far public-key "$key2" cipher aes-128-gcm
refused "a passphrase" "passphrase" peer add camex0 far public-key "$key2" passphrase-file "$test_tmp/psk"
refused "a key of protocol camex" "key" peer add camex0 far public-key "$key2" key-file "$test_tmp/psk"
refused "an identifier" "id" peer add camex0 far public-key "$key2" id 0000000000000001
refused "register" "register" peer add camex0 far public-key "$key2" register manual
refused "plaintext" "plaintext" dev set camex0 plaintext on
echo "short" >"$test_tmp/short"
refused "a private key of another length" "short" dev set camex0 private-key-file "$test_tmp/short"
refused "a preshared key of another length" "short" \
	peer add camex0 far public-key "$key2" preshared-key-file "$test_tmp/short"
is "nothing of that is a peer" "$(json '.[0].peers | length')" 0
ok "a peer" camexctl -n host1 peer add camex0 host2 public-key "$key2" routes 10.0.0.2/32,fd00::2/128
refused "its public key once more" "host2" peer add camex0 other public-key "$key2"
refused "its name once more" "host2" peer add camex0 host2 public-key "$key3"
refused "its route once more" "host2" peer add camex0 other public-key "$key3" routes 10.0.0.2/32
is "of that nothing is a peer either" "$(json '[.[0].peers[].name]')" '["host2"]'
for protocol in camex raw jtunnel; do
	ok "a device of protocol $protocol" camexctl -n host1 dev add other protocol $protocol
	refused "protocol $protocol has no private key" "wireguard" dev set other private-key-file "$test_tmp/host1.key"
	more=()
	if [ $protocol = jtunnel ]; then more=(id 0000000000000002); fi
	refused "protocol $protocol has no public keys" "wireguard" peer add other far "${more[@]}" public-key "$key2"
	refused "protocol $protocol has no preshared keys" "wireguard" \
		peer add other far "${more[@]}" preshared-key-file "$test_tmp/psk"
	camexctl -n host1 dev del other
done
tunnel_up host1

# --- what is shown ---

peer_fields() {
	json '.[0].peers[0] | [.public_key, .preshared, .cipher, .last_handshake_ms == null, .endpoint, .keepalive, .state]'
}
is "the peer" "$(peer_fields)" "[\"$key2\",false,\"chacha20-poly1305\",true,null,0,\"no_endpoint\"]"
bg host1 camexctl -j monitor >"$test_tmp/events"
sleep 0.5
ok "an endpoint" camexctl -n host1 peer set camex0 host2 endpoint "192.0.2.2:$wg_port" keepalive 25
is "nobody is there yet" "$(peer host1 host2 .state)" waiting
ok "it comes" wg_end host2 kernel host1
ok "ping" reaches host1 10.0.0.2 -W 10
is "the peer after a handshake" "$(peer_fields)" \
	"[\"$key2\",false,\"chacha20-poly1305\",false,\"192.0.2.2:$wg_port\",25,\"up\"]"
ok "that was just now" test "$(peer host1 host2 .last_handshake_ms)" -lt 20000
ok "the last datagram too" test "$(peer host1 host2 .last_seen_ms)" -lt 20000
text=$(camexctl -n host1 show)
ok "for people: the public key" grep -qF "$key2" <<<"$text"
like "for people: the handshake" "$text" "handshake"
ok "a handshake is an event" wait_until 10 grep -q '"handshake"' "$test_tmp/events"
is "of that peer" "$(jq -r 'select(.event == "handshake") | "\(.dev) \(.peer)"' "$test_tmp/events" | sort -u)" "camex0 host2"
ok "that it is up, too" grep -q '"peer_up"' "$test_tmp/events"
before=$(peer host1 host2 .rx_packets)
reaches host1 10.0.0.2 >/dev/null
is "a ping's answer is a packet" "$(($(peer host1 host2 .rx_packets) - before))" 1
is "bytes are those of packets" "$(json '.[0].peers[0] | .rx_bytes % 84 == 0 or .rx_bytes > 84')" true
ok "a preshared key" camexctl -n host1 peer set camex0 host2 preshared-key-file "$test_tmp/psk"
is "it is shown that there is one" "$(json '.[0].peers[0].preshared')" true
ok "none any more" camexctl -n host1 peer set camex0 host2 preshared-key-file none
is "it is shown that there is none" "$(json '.[0].peers[0].preshared')" false
ok "its ping is answered" reaches host1 10.0.0.2

# --- secrets ---

ok "a preshared key" camexctl -n host1 peer set camex0 host2 preshared-key-file "$test_tmp/psk"
all=$(camexctl -n host1 show && camexctl -n host1 -j show && camexctl -n host1 save camex0)
for secret in host1.key psk; do
	unlike "$secret is not shown" "$all" "$(sed 's/[+=]/./g' "$test_tmp/$secret")"
done
theirs=$(on host1 "${nobody[@]}" camexctl -j show camex0)
like "anybody sees the peer and its state" "$theirs" '"state": *"up"'
for secret in host1.pub host2.pub; do
	unlike "not $secret" "$theirs" "$(sed 's/[+=]/./g' "$test_tmp/$secret")"
done
unlike "nor its endpoint" "$theirs" "192\.0\.2\.2"
for words in "dev set camex0 private-key-file $test_tmp/host3.key" "peer del camex0 host2" \
	"peer add camex0 more public-key $key3" "peer forget camex0 host2"; do
	# shellcheck disable=SC2086 # words
	nok "nobody may: $words" on host1 "${nobody[@]}" camexctl $words
done
camexctl -n host1 save camex0 >"$test_tmp/saved.up"
is "save names the file of the private key" "$(sed -n 's/^private-key-file = //p' "$test_tmp/saved.up")" \
	"$test_tmp/host1.key"
like "and says that there is a preshared one" "$(<"$test_tmp/saved.up")" '#[^
]*preshared-key-file'
ok "the device goes" camexctl -n host1 dev del camex0
chmod 600 "$test_tmp/saved.up"
ok "and comes back from what was saved" camexctl -n host1 up "$test_tmp/saved.up"
is "with its key" "$(json '.[0].public_key')" "\"$(<"$test_tmp/host1.pub")\""
is "and its peer" "$(json '.[0].peers[0] | [.public_key, .preshared]')" "[\"$key2\",false]"

# --- keys that change ---

ok "a peer of the key that is to be ours" camexctl -n host1 peer add camex0 host3 public-key "$key3"
ok "which becomes our own" camexctl -n host1 dev set camex0 private-key-file "$test_tmp/host3.key"
is "the peer is gone" "$(json '[.[0].peers[].name]')" '["host2"]'
ok "no key" camexctl -n host1 dev set camex0 private-key-file none
is "there is none" "$(json '.[0].public_key')" null
nok "no ping without a key" reaches host1 10.0.0.2 -W 1
ok "the first again" camexctl -n host1 dev set camex0 private-key-file "$test_tmp/host1.key"
ok "no preshared key" camexctl -n host1 peer set camex0 host2 preshared-key-file none
ok "ping" wait_until 30 reaches host1 10.0.0.2 -W 1

# --- silence ---

ok "the other end goes" ip -n host2 link del camex0
is "lost without an answer" "$(on host1 ping -q -c 1 -W 1 10.0.0.2 >/dev/null
	wait_until 200 eval '[ "$(peer host1 host2 .state)" = lost ]' && echo lost)" lost
ok "an event tells" wait_until 5 grep -q '"peer_lost"' "$test_tmp/events"
ok "it comes back" wg_end host2 kernel host1 endpoint "192.0.2.1:$wg_port"
ok "ping" wait_until 30 reaches host2 10.0.0.1 -W 1
is "up" "$(peer host1 host2 .state)" up

done_testing
