#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Documentation/links.rst, line by line: its commands and files are taken from the page itself.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2016,SC2317 # shell for eval; functions that ok calls
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/page"

docs=$(readlink -f "$(dirname "$0")/../../Documentation")
page=$docs/links.rst
unit=$docs/../ctl/camex-watch@.service.in
id=00000000000000c1
umask 077

# as HOST TEXT: runs the lines of the page there, as if its files were here.
as() {
	(cd "$test_tmp" && on "$1" bash -ec "$2")
}

# up_there HOST TEXT: /etc/camex/camex0.up, and what makes a device of it
up_there() {
	echo "$2" >/etc/camex/camex0.up && on "$1" camexctl up /etc/camex/camex0.up
}

link() {
	peer host1 "$id" .link
}

has_address() {
	[ -n "$(ip -n host1 address show to 10.88.0.1 dev "$(link)" 2>/dev/null)" ]
}

says() {
	[ "$(grep -c "^camex0 $id .*$1: the program ended with status 0" "$test_tmp/said")" -ge "$2" ]
}

ok "two hosts" hosts 2
ln -s "$docs" "$test_tmp/Documentation"
mkdir -p /etc/camex

# --- the server ---

like "an identifier and a key" "$(as host1 "$(block "The server" 1)")" $'^[0-9a-f]{16}\n[A-Za-z0-9+/]{43}=$'
ok "its program and directories" as host1 "$(block "The server" 3)"
both=$(block "The server" 4)
ok "its file" up_there host1 "$(block "The server" 2)"
is "the first command is that of the unit" "${both%%$'\n'*}" "camexctl up /etc/camex/camex0.up"
# unit_says: what the unit runs, here
unit_says() {
	eval "$(sed -n 's/^ExecStart=//p' "$unit" | sed 's/%i/camex0/g; s/\$\$/$/g; s,@SBINDIR@/camexctl,echo camexctl,')"
}
is "the second is the other unit's" "$(unit_says)" "${both#*$'\n'}"
rmdir /etc/camex/camex0.authorized
is "which takes all where nobody is authorized by name" "$(unit_says)" "camexctl watch camex0 exec /etc/camex/camex0.link"
install -d -m 700 /etc/camex/camex0.authorized
# shellcheck disable=SC2086 # the words of the page
bg host1 ${both#*$'\n'} >"$test_tmp/said" 2>&1

# --- a client ---

block "A new client" 1 >"/etc/camex/camex0.clients/$id"
as host1 "camexctl key gen" >"$test_tmp/client.key"
cp "$test_tmp/client.key" /etc/camex/server.key
ok "it is authorized" as host1 "$(block "A new client" 2)"
ok "it becomes a peer" wait_until 20 link
ok "its own file" up_there host2 "$(block "A new client" 3)"
is "with its command" "$(block "A new client" 4)" "${both%%$'\n'*}"
ok "the server knows it at once, and runs the program" wait_until 10 says up 1
ok "which gives it addresses" wait_until 10 has_address
ok "they reach each other" reaches host2 10.88.0.1
ok "the other way, too" reaches host1 10.88.0.2
is "what is behind it goes there" "$(ip -n host1 -j route get 10.1.0.9 | jq -r '.[0].dev')" "$(link)"
like "the page's command shows the link" "$(as host1 "$(block "A new client" 5)")" " LINK.*$id +up .* $(link)$"
unlike "nothing was skipped or exposed" "$(<"$test_tmp/said")" 'skipped|chmod'

# --- it goes ---

gone=$(block "Removing a client" 1)
ok "it is forgotten" as host1 "${gone#*$'\n'}"
ok "its link goes, and it gets another" wait_until 60 says up 2
ok "it is reached there" wait_until 10 reaches host1 10.88.0.2
as host1 "camexctl key gen" >"$test_tmp/client.key"
index=$(on host1 cat "/sys/class/net/$(link)/ifindex")
ok "its key is replaced" as host1 "$(block "A new client" 2)"
nok "the old one is no use" wait_until 3 reaches host2 10.88.0.1 -W 1
ok "with the new one" on host2 camexctl key set camex0 server key-file "$test_tmp/client.key"
ok "it is heard" wait_until 10 reaches host2 10.88.0.1 -W 1
is "the link is the same" "$(on host1 cat "/sys/class/net/$(link)/ifindex")" "$index"
ok "it goes for good" as host1 "${gone%%$'\n'*}"
ok "the program is told" wait_until 10 says down 2
is "it is no peer any more" "$(camexctl -n host1 -j peer show camex0)" "[]"

# --- a camex.conf, which there is no place for ---

fleet_conf encrypt=yes >"$test_tmp/camex.conf"
camexctl -n host1 dev del camex0
ok "protocol camex" camexctl -n host1 dev add camex0 links per-peer
nok "a database" camexctl -n host1 load camex0 "$test_tmp/camex.conf"
is "changes nothing" "$(camexctl -n host1 -j show camex0 | jq -c '.[0] | [.peers, .relay]')" '[[],false]'

done_testing
