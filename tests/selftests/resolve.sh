#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl resolve: a name whose host has moved is looked up again when its peer does not answer, the more
# rarely the longer it does not. A small DNS server tells what was asked.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"

# resolve WORD...: camexctl resolve in host1
resolve() {
	on host1 camexctl resolve "$test_tmp/camex0.up" "$@"
}

# asked: how often the DNS server was asked for the address of a name
asked() {
	grep -c . "$test_tmp/asked"
}

# lost: traffic, until the peer is known not to answer
lost() {
	on host1 ping -q -c 1 -W 1 10.0.0.2 >/dev/null
	[[ $(peer host1 far '[.state, .unanswered_ms != null] | join(" ")') =~ lost|true ]]
}

ok "modprobe camex" modprobe camex
ok "three hosts" hosts 3
camexctl key gen >"$test_tmp/key"
: >"$test_tmp/asked"
echo 192.0.2.2 >"$test_tmp/at"
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$test_tmp/resolv.conf"
printf 'hosts: files dns\n' >"$test_tmp/nsswitch.conf"
for file in resolv.conf nsswitch.conf; do
	chmod 644 "$test_tmp/$file"
	mount --bind "$test_tmp/$file" "$(readlink -f /etc/$file)"
done
ip -n host1 link set lo up
cat >"$test_tmp/names.py" <<-'END'
	import socket, sys
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.bind(("127.0.0.1", 53))
	while True:
	    query, source = sock.recvfrom(512)
	    end = query.index(b"\0", 12) + 5
	    address = open(sys.argv[1]).read().strip()
	    wanted = query[end - 4:end - 2] == b"\0\1"
	    answers = wanted and address
	    if wanted:
	        with open(sys.argv[2], "a") as log:
	            print(query[12:end - 5], file=log)
	    reply = query[:2] + (b"\x81\x80" if address else b"\x81\x83") + b"\0\1" + (b"\0\1" if answers else b"\0\0") + bytes(4) + query[12:end]
	    if answers:
	        reply += b"\xc0\x0c\0\1\0\1\0\0\0\5\0\4" + socket.inet_aton(address)
	    sock.sendto(reply, source)
END
bg host1 python3 "$test_tmp/names.py" "$test_tmp/at" "$test_tmp/asked"
far_file
printf '[peer other]\nendpoint = 192.0.2.9:7000\nkey-file = key\n' >>"$test_tmp/camex0.up"
ok "the server of names answers" wait_until 10 on host1 getent ahosts far.example

# --- where it was never heard ---
ok "up" on host1 camexctl up "$test_tmp/camex0.up"
is "with the address of the name" "$(peer host1 far .endpoint)" 192.0.2.2:7000
ok "the far end is elsewhere" far_end host3
echo 192.0.2.3 >"$test_tmp/at"
: >"$test_tmp/asked"
is "a peer that may still answer stays" "$(resolve every 30)$(peer host1 far .endpoint)" 192.0.2.2:7000
is "nobody was asked" "$(asked)" 0
ok "it does not answer" wait_until 40 lost
is "it is where its name is" "$(on host1 camexctl -j resolve "$test_tmp/camex0.up" | tee "$test_tmp/json" | jq -c .)" \
	'{"dev":"camex0","peer":"far","name":"far.example:7000","endpoint":"192.0.2.3:7000"}'
ok "as the schema says" eval '"$(dirname "$0")/validate.py" resolved lines <"$test_tmp/json"'
ok "and answers" wait_until 20 reaches host1 10.0.0.2
is "the other one is where it was" "$(peer host1 other .endpoint)" 192.0.2.9:7000

# --- one that was there moves ---
: >"$test_tmp/asked"
is "a peer that is there: nothing to do" "$(resolve)" ""
is "and nobody was asked" "$(asked)" 0
camexctl -n host3 dev del camex0
ok "the far end moves" far_end host2
echo 192.0.2.2 >"$test_tmp/at"
ok "it is lost" wait_until 60 lost
ok "a timer finds it" wait_until 70 eval 'resolve every 30 >"$test_tmp/output"; grep far "$test_tmp/output" || { sleep 30; false; }'
is "it is where its name is" "$(peer host1 far .endpoint)" 192.0.2.2:7000
ok "and answers" wait_until 20 reaches host1 10.0.0.2

# --- one that stays away ---
camexctl -n host2 dev del camex0
ok "it is lost again" wait_until 60 lost
echo >"$test_tmp/at"
like "a name that is not there now is told, and no error" "$(resolve 2>&1; echo $?)" '^camexctl: warning: far: endpoint: .*far.example.*
0$'
is "its peer stays" "$(peer host1 far .endpoint)" 192.0.2.2:7000
echo 192.0.2.2 >"$test_tmp/at"
: >"$test_tmp/asked"
for ((call = 0; call < 60; call++)); do
	resolve every 30
	sleep 30
done
# after 30, 60, 120, 240, 480, 900 and 1800 seconds; it has been away for a while, and calls take time
like "of 60 calls in half an hour so many have asked" "$(asked)" '^[5-8]$'

ok "down" on host1 camexctl down "$test_tmp/camex0.up"
nok "where there is no device it says so" resolve
umount "$(readlink -f /etc/resolv.conf)" "$(readlink -f /etc/nsswitch.conf)"
done_testing
