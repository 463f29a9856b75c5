#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camexctl watch: a server's clients come and go with the files in a directory, each has its
# link, and a program is run for it; behind a NAT that gives them another address and port
# time and again.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2034,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"

examples=$(readlink -f "$(dirname "$0")/../../Documentation/examples")
auth=$test_tmp/authorized clients=$test_tmp/clients said=$test_tmp/said runs=$test_tmp/runs
mkdir "$auth" "$clients"
server_id=00000000000000ff
declare -A id=([1]=0000000000000001 [2]=0000000000000002 [3]=0000000000000003)

# The program: it notes what it is run with, does what the example does, and misbehaves
# where a file asks for that.
cat >"$test_tmp/program" <<-END
	#!/bin/bash
	echo "\$CAMEX_EVENT \$CAMEX_DEV \$TUN_DEV_NAME \$TUN_CLIENT_ID \$*" >>"$runs"
	"$examples/link-addresses" "\$1" || exit
	[ ! -e "$test_tmp/hang.\$TUN_CLIENT_ID" ] || sleep 1000
	[ ! -e "$test_tmp/fail.\$TUN_CLIENT_ID" ] || exit 7
END
chmod +x "$test_tmp/program"
touch "$runs"

# ran EVENT N: the program was run so for client N.
ran() {
	grep -q "^$1 camex0 [^ ]* ${id[$2]} $clients\$" "$runs"
}

# runs_of EVENT N: how often it was.
runs_of() {
	grep -c "^$1 camex0 [^ ]* ${id[$2]} " "$runs"
}

# told N PATTERN: camexctl watch has said so of client N, in JSON.
told() {
	grep -q "\"id\": *\"${id[$1]}\".*$2.*}\$" "$said"
}

# peers N: so many are known.
peers() {
	[ "$(camexctl -n host1 -j peer show camex0 | grep -o '"name"' | wc -l)" -eq "$1" ]
}

# start_watch [COMMAND...]: the server's, run by that; its process is $watch.
start_watch() {
	bg host1 "$@" camexctl -j watch camex0 authorized "$auth" exec "$test_tmp/program" "$clients" \
		>>"$said" 2>"$test_tmp/err"
	watch=$!
}

# client N: behind the NAT, in the namespace clientN, with the address 10.9.N.2 there.
client() {
	local n=$1
	ip netns add "client$n"
	test_hosts+=("client$n")
	ip link add eth0 netns "client$n" type veth peer name "c$n" netns host2 &&
		ip -n host2 address add "10.9.$n.1/24" dev "c$n" && ip -n host2 link set "c$n" up &&
		ip -n "client$n" address add "10.9.$n.2/24" dev eth0 &&
		ip -n "client$n" link set eth0 up &&
		ip -n "client$n" route add default via "10.9.$n.1" &&
		camexctl -n "client$n" dev add camex0 protocol jtunnel id "${id[$n]}" &&
		camexctl -n "client$n" peer add camex0 server id "$server_id" endpoint 192.0.2.1:7000 \
			routes any keepalive 2 &&
		ip -n "client$n" address add "10.88.0.$((n + 1))/32" dev camex0 &&
		ip -n "client$n" link set camex0 up &&
		ip -n "client$n" route add 10.88.0.0/24 dev camex0
	printf 'address 10.88.0.1 peer 10.88.0.%d\n' $((n + 1)) >"$clients/${id[$n]}"
}

# everywhere: every client reaches the server, and the server it.
everywhere() {
	local n
	for n in 1 2 3; do
		reaches "client$n" 10.88.0.1 && reaches host1 "10.88.0.$((n + 1))" || return
	done
}

endpoints() {
	camexctl -n host1 -j peer show camex0 | grep -o '"endpoint": *"[^"]*"' | tr -cd '0-9.: '
}

ok "two hosts" hosts 2
for i in 2 3 4 5 6; do ip -n host2 address add "192.0.2.1$i/24" dev eth0; done
on host2 sysctl -qw net.ipv4.ip_forward=1
ok "a NAT" on host2 nft -f - <<-END
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority 100
			oifname "eth0" meta l4proto udp snat to 192.0.2.12-192.0.2.16:1024-60000 fully-random
		}
	}
END
ok "a server" camexctl -n host1 dev add camex0 protocol jtunnel port 7000 id "$server_id" links per-peer
ip -n host1 link set camex0 up

# --- who is authorized when it starts ---

touch "$auth/${id[1]}" "$auth/README" "$auth/00000000000000AB"
start_watch
ok "it begins" wait_until 20 peers 1
ok "it says which names are none" wait_until 10 grep -q 'README: not 16 lower-case hexadecimal digits, skipped' "$test_tmp/err"
ok "both of them" grep -q '/00000000000000AB: not 16' "$test_tmp/err"
for n in 1 2 3; do ok "client $n" client $n; done
ok "the program is run for who is authorized" wait_until 20 ran up 1
ok "its exit status is told" wait_until 20 told 1 '"hook": *"up".*"status": *0'
ok "host1 reaches it" wait_until 20 reaches host1 10.88.0.2
sleep 3
is "it is not run for the others" "$(wc -l <"$runs")" 1
like "who are counted" "$(counters host1)" 'unknown_peer='

# --- authorization, live ---

touch "$auth/${id[2]}"
(umask 077 && camexctl key gen >"$test_tmp/key")
camexctl -n client3 key set camex0 server key-file "$test_tmp/key"
cp -p "$test_tmp/key" "$test_tmp/key.new"
mv "$test_tmp/key.new" "$auth/${id[3]}"
ok "a new file takes effect at once" wait_until 20 ran up 2
ok "one with a key, too" wait_until 20 ran up 3
nok "root alone can read it" grep -q "other users can read" "$test_tmp/err"
ok "all are reached through the NAT" wait_until 30 everywhere
before=$(endpoints)
# until their next keepalive the NAT has forgotten them
forgets() {
	on host2 sysctl -qw net.netfilter.nf_conntrack_udp_timeout="$1" net.netfilter.nf_conntrack_udp_timeout_stream="$1"
}
forgets 1
ok "each time they come from elsewhere" wait_until 30 eval '[ "$(endpoints)" != "$before" ]'
forgets 120
ok "and are reached" wait_until 30 everywhere
is "each has a link" "$(camexctl -n host1 -j peer show camex0 | jq -c '[.[].link] | unique | length')" 3
note "they were at $before, and are at $(endpoints)"

rm "$auth/${id[2]}"
ok "a file that goes takes the link with it" wait_until 20 ran down 2
is "and the peer" "$(camexctl -n host1 -j peer show camex0 | jq -r '[.[].name] | join(" ")')" "${id[1]} ${id[3]}"
nok "it is not heard any more" reaches client2 10.88.0.1 -W 1
touch "$auth/${id[2]}"
ok "it comes back" wait_until 20 eval '[ "$(runs_of up 2)" = 2 ]'
ok "and is reached" wait_until 30 everywhere

# --- files that are no keys ---

chmod 644 "$auth/${id[3]}"
echo "no key" >"$auth/${id[3]}"
ok "a file becomes something else: it is told" wait_until 20 grep -q "/${id[3]}.*: skipped" "$test_tmp/err"
kill -HUP $watch
ok "when all are read again, too" wait_until 20 eval '[ "$(grep -c "/${id[3]}.*: skipped" "$test_tmp/err")" = 2 ]'
ok "its peer stays as it was" reaches host1 10.88.0.4
mkdir "$auth/000000000000000d"
ln -s /dev/zero "$auth/000000000000000e"
mkfifo "$auth/000000000000000f"
kill -HUP $watch
for name in d e f; do
	ok "000000000000000$name is not a file" wait_until 20 grep -q "/000000000000000$name is not a file: skipped" "$test_tmp/err"
done
rm -r "$auth"/000000000000000[def]
cat "$test_tmp/key" >"$auth/${id[3]}"
ok "a key that others can read is refused" wait_until 20 grep -q "other users can read .*/${id[3]}: chmod 600 .*: skipped" "$test_tmp/err"
ok "its peer still stays as it was" reaches host1 10.88.0.4
chmod 600 "$auth/${id[3]}"

# --- a program that fails, and one that hangs ---

touch "$test_tmp/fail.${id[1]}" "$test_tmp/hang.${id[2]}"
camexctl -n host1 peer forget camex0 "${id[1]}"
ok "a program that fails" wait_until 20 told 1 '"status": *7'
rm "$test_tmp/fail.${id[1]}"
camexctl -n host1 peer forget camex0 "${id[2]}"
ok "one that hangs" wait_until 20 eval '[ "$(runs_of down 2)" = 2 ]'
ups=$(runs_of up 3)
camexctl -n host1 peer forget camex0 "${id[3]}"
ok "keeps nobody from theirs" wait_until 20 eval '[ "$(runs_of up 3)" -gt $ups ]'
is "it still hangs" "$(runs_of up 2)" 2
rm "$test_tmp/hang.${id[2]}"
sleep 55
ok "it is ended in the end" wait_until 300 told 2 '"signal": *9'
ok "then the link comes up" wait_until 60 eval '[ "$(runs_of up 2)" = 3 ]'
ok "all are reached" wait_until 30 everywhere

# --- what happens while it does not look ---

kill -STOP $watch
ups=$(runs_of up 1)
for ((i = 0; i < 5; i++)); do
	camexctl -n host1 peer forget camex0 "${id[1]}"
	wait_until 20 eval '[ "$(peer host1 "${id[1]}" .link)" != null ]'
done
(umask 077 && camexctl key gen >"$test_tmp/another")
rm "$auth/${id[2]}"
kill -CONT $watch
ok "it finds the new link" wait_until 30 eval '[ "$(runs_of up 1)" -gt $ups ]'
ok "and the file that is gone" wait_until 30 eval '[ "$(runs_of down 2)" = 3 ]'
stop $watch
touch "$auth/${id[2]}"
rm "$auth/${id[1]}"
start_watch env --ignore-signal=CHLD
ok "started again, by who does not care for children, it adds who is new" wait_until 30 eval '[ "$(runs_of up 2)" = 4 ]'
ok "and deletes who is not there" wait_until 10 peers 2
ln "$auth/${id[2]}" "$auth/${id[1]}"
kill -HUP $watch
ok "SIGHUP has it look again" wait_until 20 eval '[ "$(peer host1 "${id[1]}" .id)" = "${id[1]}" ]'
ok "all are reached" wait_until 30 everywhere

# --- a client's own ---

mkdir "$test_tmp/servers"
bg client1 camexctl watch camex0 authorized "$test_tmp/servers" exec "$test_tmp/program" "$clients" -j \
	>"$test_tmp/client" 2>&1
sleep 2
is "a server that is not in the directory" "$(<"$test_tmp/client")" ""
printf 'route 10.66.0.0/24\n' >"$clients/$server_id"
touch "$test_tmp/servers/$server_id"
ok "once it is the program is run" wait_until 20 grep -q "camex0 server camex0 up: the program ended with status 0" "$test_tmp/client"
ok "with all words behind exec" grep -q "$clients -j\$" "$runs"
ok "it did what it is there for" test -n "$(ip -n client1 route show 10.66.0.0/24)"

# --- the end ---

camexctl -n host1 dev del camex0
ok "the device goes: the program is told" wait_until 120 eval 'grep " ${id[3]} " "$runs" | tail -n 1 | grep -q ^down'
ok "and watch ends" wait_until 120 eval '! kill -0 $watch'
like "it says why" "$(<"$test_tmp/err")" 'watch camex0: no camex device named camex0'
ok "each line was as its JSON schema says" "$(dirname "$0")/validate.py" hook lines <"$said"

done_testing
