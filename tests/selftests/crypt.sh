#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# What the network between the hosts sees of an encrypted tunnel, and what it can do to it.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # programs for awk; functions that ok calls
. "$(dirname "$0")/lib.sh"

datagrams=$(dirname "$0")/datagrams.py
pattern=c0ffee5ec4e7
seen=$test_tmp/seen

# record: $seen has the datagrams of host2's network from now on.
record() {
	: >"$seen"
}

has_lines() {
	[ "$(wc -l <"$seen")" -ge "$1" ]
}

# replay: sends the lines of standard input from host1.
replay() {
	local answer
	cat >&"${sender[1]}"
	echo >&"${sender[1]}"
	read -r -t 60 -u "${sender[0]}" answer && [ "$answer" = sent ]
}

# delivered HOST: packets that HOST's link has received.
delivered() {
	ip -n "$1" -s -j link show camex0 | jq '.[0].stats64.rx.packets'
}

# counted HOST NAME...: the sum of these counters
counted() {
	local host=$1
	shift
	camexctl -n "$host" -j stats camex0 | jq '[.[$ARGS.positional[]]] | add' --args "$@"
}

# fields FILTER: what awk's FILTER makes of the datagrams seen; $1 to $4 are addresses and
# ports, $5 is the payload in hex
fields() {
	awk "$1" "$seen"
}

# quiet: neither host sends anything but packets, and what has to go before the first.
quiet() {
	camexctl -n host1 peer set camex0 host2 register off keepalive 0 &&
		camexctl -n host2 peer set camex0 host1 register off keepalive 0
}

both_ways() {
	reaches host1 10.0.0.2 && reaches host2 10.0.0.1 && sleep 0.2
}

ok "two hosts" hosts 2
bg host2 "$datagrams" record eth0 7000 "$seen"
ok "a recorder" wait_until 30 test -e "$seen"
coproc sender { exec ip netns exec host1 "$datagrams" send; }

# --- what is on the wire ---

ok "a tunnel in plain" tunnel 4 plain plaintext on
ok "that says nothing by itself" quiet
ok "it has been introduced" both_ways
record
ok "packets go through" on host1 ping -q -n -c 2 -i 0.01 -s 100 -p $pattern 10.0.0.2
ok "all were seen" wait_until 10 has_lines 4
is "their contents are there" "$(grep -c $pattern "$seen")" 4
is "they are the packets alone" "$(fields '{ print length($5) / 2 }' | uniq)" 128

# without a key, only the configured endpoint is accepted
from="192.0.2.66 7000 192.0.2.2 7000"
unknown=$(counter host2 unknown_peer)
ok "a packet with host1's inner address from another address" replay <<<"$from 4500001c00000000400166df0a0000010a0000020800f7ff00000000"
is "is counted as unknown_peer" "$(counter host2 unknown_peer)" $((unknown + 1))
is "the endpoint of host1 is the same" "$(peer host2 host1 .endpoint)" 192.0.2.1:7000
ok "a REGISTER with host1's inner address from another address" replay < <(
	echo "$from $(echo "CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.0.0.1" | od -A n -v -t x1 | tr -d ' \n')"
)
is "is counted as unknown_peer" "$(counter host2 unknown_peer)" $((unknown + 2))
is "the endpoint of host1 is the same" "$(peer host2 host1 .endpoint)" 192.0.2.1:7000

ok "a tunnel with a key" tunnel 4 key
ok "that says nothing by itself" quiet
ok "it has been introduced" both_ways
record
ok "packets go through" on host1 ping -q -n -c 8 -i 0.01 -s 100 -p $pattern 10.0.0.2
ok "all were seen" wait_until 10 has_lines 16
is "their contents are not there" "$(grep -c $pattern "$seen")" 0
is "they are 44 bytes longer than the packets" "$(fields '{ print length($5) / 2 }' | uniq)" 172
is "they are encrypted data" "$(fields '{ print substr($5, 1, 10) }' | uniq)" 4358325002
is "no nonce is there twice" "$(fields '{ print substr($5, 11, 24) }' | sort -u | wc -l)" 16
first=$(fields '$1 == "192.0.2.1" { print substr($5, 11, 24); exit }')
is "a direction has one session and counts on" "$(fields '$1 == "192.0.2.1" { print substr($5, 11, 24) }')" \
	"$(for i in {0..7}; do printf '%s%016x\n' "${first:0:8}" $((16#${first:8} + i)); done)"
is "the other direction has another session" \
	"$(fields '{ print substr($5, 11, 8) }' | sort -u | wc -l)" 2
is "body length, sequence again, and version" \
	"$(fields '{ print substr($5, 35, 4), substr($5, 19, 16) == substr($5, 39, 16), substr($5, 55, 2) }' | uniq)" "0080 1 01"
ok "a packet of one byte" on host1 bash -c 'echo -n x >/dev/udp/10.0.0.2/9'
ok "it was seen" wait_until 10 has_lines 17
is "it is 44 bytes longer as well" "$(fields 'NR == 17 { print length($5) / 2 }')" $((20 + 8 + 1 + 44))

# --- sent again ---

before=$(delivered host2)
grep '^192.0.2.1 ' "$seen" >"$test_tmp/sent"
sent=$(wc -l <"$test_tmp/sent")
is "what host1 sent" "$sent" 9
ok "all of it once more" replay <"$test_tmp/sent"
ok "and backwards" replay < <(tac "$test_tmp/sent")
ok "from another port and another host" replay < <(
	sed 's/^192.0.2.1 7000/192.0.2.1 7007/' "$test_tmp/sent"
	sed 's/^192.0.2.1 7000/192.0.2.66 7000/' "$test_tmp/sent"
)
is "each is counted as replayed" "$(counters host2)" "replayed=$((4 * sent))"
is "and as dropped for its peer" "$(peer host2 host1 .rx_dropped)" $((4 * sent))
is "nothing was delivered twice" "$(delivered host2)" "$before"
is "host1 is where it was" "$(peer host2 host1 .endpoint)" 192.0.2.1:7000
before=$(delivered host1)
ok "back to the one who sent it" on host2 "$datagrams" send < <(
	awk '{ print $3, $4, $1, $2, $5 }' "$test_tmp/sent"
)
is "each is counted as replayed" "$(counters host1)" "replayed=$sent"
is "nothing was delivered" "$(delivered host1)" "$before"
ok "packets go through" reaches host1 10.0.0.2

# --- changed, cut off, made up ---

ip -n host2 link set camex0 down
camexctl -n host2 peer forget camex0 host1
record
nok "a packet that host2 does not hear" reaches host1 10.0.0.2 -W 1
ok "it was seen" wait_until 10 has_lines 1
read -r a b c d hex <"$seen"
head="$a $b $c $d"
ip -n host2 link set camex0 up
ip -n host2 address add fd00::2/64 dev camex0
before=$(delivered host2)
bytes=$((${#hex} / 2))
replayed=$(counter host2 replayed)
ok "with one bit wrong in each of its bytes" replay < <(
	for ((i = 0; i < bytes; i++)); do
		printf '%s %s%02x%s\n' "$head" "${hex:0:2*i}" $((16#${hex:2*i:2} ^ 1 << i % 8)) "${hex:2*i+2}"
	done
)
like "all are counted" "$(counted host2 malformed auth_failed plaintext_refused)" "^$bytes$"
ok "cut off at each of its bytes" replay < <(
	for ((i = 0; i < bytes; i++)); do echo "$head ${hex:0:2*i}"; done
)
ok "too long by one byte" replay <<<"$head ${hex}00"
total=$(counted host2 malformed auth_failed plaintext_refused)
is "each of them is counted once" "$total" $((2 * bytes + 1))
ok "random bytes, 0 to 100, with and without the magic" replay < <(
	for ((i = 0; i <= 100; i++)); do
		random=$(od -A n -v -t x1 -N "$i" /dev/urandom | tr -d ' \n')
		echo "$head $random"
		echo "192.0.2.66 $i $c $d 43583250$random"
		echo "$head 4358325002$random"
	done
)
is "each of them is counted once" "$(counted host2 malformed auth_failed plaintext_refused)" $((total + 303))
is "and as nothing else" "$(counted host2 replayed unknown_peer not_ip bad_source no_memory)" "$replayed"
is "nothing was delivered" "$(delivered host2)" "$before"
is "nothing was heard of host1" "$(peer host2 host1 .last_seen_ms)" null
ok "the packet itself" replay <<<"$head $hex"
is "is delivered" "$(delivered host2)" $((before + 1))
ok "once more" replay <<<"$head $hex"
is "is not" "$(delivered host2)" $((before + 1))

# --- plain datagrams where there is a key ---

# an ICMP echo request from 10.0.0.1 to 10.0.0.2
echo="$head 4500001c000000004001 66df 0a0000010a000002 0800f7ff00000000"
refused=$(counter host2 plaintext_refused)
ok "a plain packet" replay <<<"$echo"
is "is refused" "$(counter host2 plaintext_refused)" $((refused + 1))
ok "where plaintext is on" camexctl -n host2 dev set camex0 plaintext on
ok "a plain packet from where the peer with a key is" replay <<<"$echo"
is "is refused as well" "$(counter host2 plaintext_refused)" $((refused + 2))
ok "from elsewhere" replay <<<"192.0.2.66 ${echo#* }"
is "nobody's" "$(counted host2 plaintext_refused unknown_peer)" $((refused + 3))
is "nothing was delivered" "$(delivered host2)" $((before + 1))
ok "and off again" camexctl -n host2 dev set camex0 plaintext off
ok "packets go through" reaches host1 10.0.0.2

# --- different keys ---

camexctl key gen >"$test_tmp/other"

# under_old: datagrams sent under $old after $since
under_old() {
	awk -v old="$old" -v since="$since" '
		function check() { if (substr(hex, 67, 8) == old && time > since) n++ }
		$2 == "IP" { check(); time = $1; hex = ""; next }
		{ for (i = 2; i <= NF; i++) hex = hex $i }
		END { check(); print n + 0 }' "$test_tmp/tcpdump"
}

bg host1 tcpdump -l -n -tt -x -s 64 -i eth0 src 192.0.2.1 and udp port 7000 >"$test_tmp/tcpdump" 2>"$test_tmp/listening"
ok "tcpdump" wait_until 10 grep -q listening "$test_tmp/listening"
bg host1 ping -q -n -i 0.005 10.0.0.2 >/dev/null
traffic=$!
ok "traffic" wait_until 10 eval '[ "$(grep -c IP "$test_tmp/tcpdump")" -gt 20 ]'
old=$(fields '$1 == "192.0.2.1" { prefix = substr($5, 11, 8) } END { print prefix }')
since=0
isnt "is under the key that it has" "$(under_old)" 0
ok "another key under traffic" camexctl -n host1 key set camex0 host2 key-file "$test_tmp/other"
since=$EPOCHREALTIME
# shellcheck disable=SC2034 # for eval
lines=$(grep -c IP "$test_tmp/tcpdump")
ok "goes on" wait_until 10 eval '[ "$(grep -c IP "$test_tmp/tcpdump")" -gt $((lines + 50)) ]'
is "nothing is sent under the old key once the call has returned" "$(under_old)" 0
stop $traffic
ok "the key again" camexctl -n host1 key set camex0 host2 key-file "$test_tmp/key"
ok "packets go through" reaches host1 10.0.0.2
before=$(delivered host2) failed=$(counter host2 auth_failed)
ok "host1 gets another key" camexctl -n host1 key set camex0 host2 key-file "$test_tmp/other"
nok "nothing goes through" on host1 ping -q -n -c 5 -i 0.01 -W 1 10.0.0.2
# what introduces a new session goes before them, once a second
like "each packet is counted" "$(($(counter host2 auth_failed) - failed))" "^[678]$"
is "nothing was delivered" "$(delivered host2)" "$before"
ok "the key again" camexctl -n host1 key set camex0 host2 key-file "$test_tmp/key"
ok "packets go through" reaches host1 10.0.0.2

# --- from elsewhere ---

camexctl -n host2 peer del camex0 host1
camexctl -n host2 peer add camex0 host1 routes 10.0.0.1/32,fd00::1/128 key-file "$test_tmp/key"
is "a peer without an endpoint" "$(peer host2 host1 .state)" no_endpoint
events=$test_tmp/events
bg host2 camexctl -j monitor >"$events"
ok "a monitor" wait_until 20 eval '[ "$(on host2 awk "\$2 == 16 && \$4 != \"00000000\"" /proc/net/netlink | wc -l)" -eq 1 ]'
nok "what it cannot know it does not take" reaches host1 10.0.0.2 -W 1
ok "host1 registers" camexctl -n host1 peer set camex0 host2 register manual
ok "host1 reaches it" wait_until 5 reaches host1 10.0.0.2 -W 1
is "where it came from" "$(peer host2 host1 .endpoint)" 192.0.2.1:7000
ip -n host1 address del 192.0.2.1/24 dev eth0
ip -n host1 address add 192.0.2.11/24 dev eth0
ok "host1 from another address" reaches host1 10.0.0.2
is "where it is now" "$(peer host2 host1 .endpoint)" 192.0.2.11:7000
ok "the other way" reaches host2 10.0.0.1
ok "host1 from another port" camexctl -n host1 dev set camex0 port 7011
ok "packets go through" reaches host1 10.0.0.2
is "where it is now" "$(peer host2 host1 .endpoint)" 192.0.2.11:7011
ok "host1 over IPv6" camexctl -n host1 peer set camex0 host2 endpoint '[2001:db8::2]:7000'
ok "packets go through" reaches host1 fd00::2
is "where it is now" "$(peer host2 host1 .endpoint)" '[2001:db8::1]:7011'
ok "the other way" reaches host2 fd00::1
ok "the events tell of it" wait_until 10 grep -q '2001:db8::1' "$events"
is "one of them of the registration" "$(jq -c 'select(.event == "register") | .peer' "$events")" '"host1"'
is "all others" "$(jq -c 'select(.event != "register") | [.event, .peer, .endpoint]' "$events" | LC_ALL=C sort -u)" '["endpoint","host1","192.0.2.11:7000"]
["endpoint","host1","192.0.2.11:7011"]
["endpoint","host1","[2001:db8::1]:7011"]
["peer_up","host1","192.0.2.1:7000"]'

eval "exec ${sender[1]}>&-"
done_testing
