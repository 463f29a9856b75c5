#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Keys that are no longer used are nowhere in the guest's memory: not in the kernel's, not in what requests and
# programs leave behind. While they are used each of them is in one place. wiped.c looks for them.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wiped.bash"

plugin=$(readlink -f "$here/../../build")
publics=()

# plugged WORD...: ip with the plug-in
plugged() {
	IP_LIB_DIR=$plugin ip "$@"
}

ok "the module" modprobe camex wireguard=1
prepare
for i in {1..6}; do publics+=("$(wg genkey | wg pubkey)"); done

# --- keys of sessions ---

wg_device
secrets chacha20-poly1305 aes-256-gcm
shake 1
like "the keys of two sessions are in memory" "$(places "${keys[@]}")" '^1 1 [1-9] [1-9]$'
is "so is what the static keys share" "$(kept "${secrets[@]}")" "1 1"
old=("${keys[@]}")
shake 2
like "two handshakes later they are nowhere, but the last" "$(places "${old[@]}" "${keys[@]:2}")" \
	'^0 0 0 0 1 1 [1-9] [1-9]$'
shake 1
ok "a peer is forgotten" camexctl -n host1 peer forget w0 one
ok "another is deleted" camexctl -n host1 peer del w0 two
old=("${keys[@]}")
shake 1 chacha20-poly1305
ok "the device goes down" ip -n host1 link set w0 down
is "the keys of their sessions are nowhere" "$(places "${old[@]}" "${keys[@]}")" "0 0 0 0 0 0"
is "nor what the deleted peer's static key shared" "$(kept "${secrets[@]}")" "1 0"
takes "the device gets another private key" 91 -- camexctl -n host1 dev set w0 private-key-file "$test_tmp/k91"
is "what the old one shared is nowhere" "$(kept "${secrets[@]}")" "0 0"
ok "the device is deleted" ip -n host1 link del w0

# --- a transport with a single peer, whose key changes ---

# begun TYPE: has the program at the link read an initiation of this type?
begun() {
	grep -qx "$1" "$test_tmp/begun"
}

# far CIPHER: the peer gets the public key of another; with its cipher it begins a handshake
far() {
	camexctl -n host1 peer set s0 far cipher "$1" public-key "$("$here/wipedpeer.py" public "$test_tmp/peer-$1")"
}

ok "a device" camexctl -n host1 dev add s0 transport char protocol wireguard private-key-file "$test_tmp/private"
ok "its peer" camexctl -n host1 peer set s0 far keepalive 25
ok "is up" ip -n host1 link set s0 up
bg host1 "$here/wipedpeer.py" attach s0 >"$test_tmp/begun"
attached=$!
ok "a key" far chacha20-poly1305
ok "a handshake begins" wait_until 60 begun 1
ok "another key" far aes-256-gcm
ok "another handshake begins" wait_until 60 begun 129
forgotten
is "what the static keys share is in memory, but not of the key before" "$(kept "${secrets[@]}")" "0 1"
ok "the link goes down" ip -n host1 link set s0 down
ok "the first key" far chacha20-poly1305
forgotten
is "nothing of the other key is" "$(kept "${secrets[@]}")" "0 0"
stop "$attached"
ok "the device is deleted" ip -n host1 link del s0

# --- camexctl ---

ok "a namespace" ip netns add gone
ok "a device" camexctl dev add c0 port 7000
takes "a peer with a key" 1 -- camexctl peer add c0 one key-file "$test_tmp/k1"
ok "a peer without" camexctl peer add c0 two
takes "its key" 2 -- camexctl key set c0 two key-file "$test_tmp/k2"
takes "a third" 3 -- camexctl peer add c0 three key-file "$test_tmp/k3"
takes "with a key that another has, too" 3 -- camexctl peer add c0 four key-file "$test_tmp/k3"
ok "a device that is deleted" camexctl dev add c1 port 7001
takes "its peer" 4 -- camexctl peer add c1 one key-file "$test_tmp/k4"
ok "over TCP" camexctl dev add c2 transport tcp port 7002
takes "its peer" 5 -- camexctl peer add c2 one key-file "$test_tmp/k5"
ok "with jtunnel" camexctl dev add j0 protocol jtunnel port 7003
takes "its peer" 6 -- camexctl peer add j0 one id 0123456789abcdef key-file "$test_tmp/k6"
ok "in a namespace" camexctl -n gone dev add c0 port 7000
takes "its peer" 7 -- camexctl -n gone peer add c0 one key-file "$test_tmp/k7"
ok "until the module goes" camexctl dev add c3 port 7004
takes "its peer" 8 -- camexctl peer add c3 one key-file "$test_tmp/k8"
takes "with wireguard" 20 -- camexctl dev add w0 protocol wireguard port 7005 private-key-file "$test_tmp/k20"
for i in 1 2 3; do
	takes "its peer $i" 2$i -- camexctl peer add w0 "p$i" public-key "${publics[$i]}" \
		preshared-key-file "$test_tmp/k2$i"
done
takes "one until the module goes" 24 -- camexctl dev add w1 protocol wireguard port 7006 \
	private-key-file "$test_tmp/k24"
takes "its peer" 25 -- camexctl peer add w1 p1 public-key "${publics[1]}" preshared-key-file "$test_tmp/k25"
refuses "refused: no such peer" 30 -- camexctl key set c0 nobody key-file "$test_tmp/k30"
refuses "refused: no such device" 31 -- camexctl key set c9 one key-file "$test_tmp/k31"
refuses "refused: another protocol's" 32 -- camexctl dev set c0 private-key-file "$test_tmp/k32"
refuses "refused: protocol camex has no such keys" 33 -- camexctl peer set c0 one preshared-key-file "$test_tmp/k33"
refuses "refused: a peer that exists" 34 -- camexctl peer add c0 one key-file "$test_tmp/k34"
refuses "refused: wireguard has no such keys" 35 -- camexctl key set w0 p1 key-file "$test_tmp/k35"
refuses "refused: a device that exists" 36 -- camexctl dev add w0 protocol wireguard private-key-file "$test_tmp/k36"

# a file of wg-quick, with keys in it
printf '[Interface]\nPrivateKey = ' >"$test_tmp/q0.conf"
"$test_tmp/wiped" write 70 "$test_tmp/q0.conf"
printf '[Peer]\nPublicKey = %s\nPresharedKey = ' "${publics[4]}" >>"$test_tmp/q0.conf"
"$test_tmp/wiped" write 71 "$test_tmp/q0.conf"
ok "a file of wg-quick" camexctl up "$test_tmp/q0.conf"
ok "it is erased" "$test_tmp/wiped" erase "$test_tmp/q0.conf"
in_memory "each key that camexctl set is in one place" \
	"1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 20:1 21:1 22:1 23:1 24:1 25:1 70:1 71:1"
ok "the devices go up" eval 'for i in c0 c1 c2 j0 w0 w1 c3; do ip link set $i up || exit; done'

drops "a key is deleted" 1 -- camexctl key del c0 one
takes "a key is replaced" 37 -- camexctl key set c0 two key-file "$test_tmp/k37"
in_slabs "the old one is nowhere" "" 2
ok "a key is set again" with 37 -- camexctl key set c0 two key-file "$test_tmp/k37"
ok "a peer is deleted" camexctl peer del c0 three
in_slabs "another has its key still" "3:1" 3
ok "it is there" camexctl peer show c0 four
drops "a device is deleted" 4 -- camexctl dev del c1
drops "one with TCP" 5 -- camexctl dev del c2
drops "one with jtunnel" 6 -- camexctl dev del j0
drops "a namespace is deleted" 7 -- ip netns del gone
takes "a private key is replaced" 38 -- camexctl dev set w0 private-key-file "$test_tmp/k38"
takes "a preshared key is replaced" 39 -- camexctl peer set w0 p1 preshared-key-file "$test_tmp/k39"
drops "a preshared key is removed" 22 -- camexctl peer set w0 p2 preshared-key-file none
drops "a peer with one is deleted" 23 -- camexctl peer del w0 p3
in_memory "those that are gone are nowhere" "3:1 8:1 24:1 25:1 37:1 38:1 39:1 70:1 71:1"

# --- ip and wg ---

takes "a link of ip" 40 -- plugged link add i0 type camex protocol wireguard private-key-file "$test_tmp/k40"
takes "another" 41 -- plugged link add i1 type camex protocol wireguard private-key-file "$test_tmp/k41"
ok "a link of wg" ip link add wg0 type wireguard
takes "its keys" 50 51 -- wg set wg0 private-key "$test_tmp/k50" peer "${publics[1]}" preshared-key "$test_tmp/k51"
takes "a peer" 52 -- wg set wg0 peer "${publics[2]}" preshared-key "$test_tmp/k52"
takes "another" 53 -- wg set wg0 peer "${publics[3]}" preshared-key "$test_tmp/k53"
ok "one more" ip link add wg1 type wireguard
takes "its keys" 54 55 -- wg set wg1 private-key "$test_tmp/k54" peer "${publics[1]}" preshared-key "$test_tmp/k55"
refuses "refused: no such link" 56 -- wg set wg9 private-key "$test_tmp/k56"
forgotten
in_memory "each key that ip and wg set is in one place" \
	"3:1 8:1 24:1 25:1 37:1 38:1 39:1 40:1 41:1 50:1 51:1 52:1 53:1 54:1 55:1 70:1 71:1"

takes "a link is changed" 60 -- plugged link set i0 type camex private-key-file "$test_tmp/k60"
drops "a link is deleted" 41 -- ip link del i1
ok "keys are shown" eval 'wg showconf wg0 >/dev/null'
# the answer is netlink's, which does not overwrite it
ok "the memory of the answer is overwritten" on host1 "$test_tmp/wiped" reuse
takes "a private key is replaced" 61 -- wg set wg0 private-key "$test_tmp/k61"
takes "a preshared key is replaced" 62 -- wg set wg0 peer "${publics[1]}" preshared-key "$test_tmp/k62"
drops "a preshared key is removed" 52 -- wg set wg0 peer "${publics[2]}" preshared-key /dev/null
drops "a peer is removed" 53 -- wg set wg0 peer "${publics[3]}" remove
drops "a link is deleted" 54 55 -- ip link del wg1
forgotten
in_memory "those that are gone are nowhere" "3:1 8:1 24:1 25:1 37:1 38:1 39:1 60:1 61:1 62:1 70:1 71:1"

# --- the module ---

ok "the module is unloaded" modprobe -r camex
in_memory "no key is anywhere" ""
done_testing
