#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The units of systemd, under a systemd that runs as the first process of a namespace: each does its
# work with all that it is forbidden.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"

top=$(readlink -f "$(dirname "$0")/../..")

umask 077
ok "modprobe camex" modprobe camex
ok "three hosts" hosts 3
camexctl key gen >"$test_tmp/key"

# --- all are hardened ---
units=$test_tmp/units
mkdir "$units"
for unit in "$top"/ctl/*@.*.in; do
	name=$(basename "$unit" .in)
	sed "s,@SBINDIR@,$(dirname "$(type -P camexctl)")," "$unit" >"$units/$name"
	[[ $name == *.service ]] || continue
	systemd-analyze security --offline=true --threshold=30 "$units/$name" >"$test_tmp/output" 2>&1
	result $? "$name: exposed 3.0 or less: $(sed -n 's/.*level for [^:]*: \([0-9.]*\) .*/\1/p' "$test_tmp/output")"
done

# --- the far ends ---
ok "far" far_end host3
cp /etc/hosts "$test_tmp/hosts"
chmod 644 "$test_tmp/hosts"
echo "192.0.2.3 far.example" >>"$test_tmp/hosts"
far_file

# --- under systemd ---
etc=$test_tmp/etc
cp -a /etc "$etc" 2>/dev/null
mkdir -p "$etc/camex"
cp "$test_tmp/key" "$etc/camex/key"
cp "$test_tmp/camex0.up" "$etc/camex/camex0.up"
cp "$test_tmp/hosts" "$etc/hosts"
printf '[device]\nname = ser0\ntransport = serial\naddress = 10.5.0.1/24\n[peer far]\nkey-file = key\n' >"$etc/camex/ser0.up"
printf '[server]\npsk = secret\nport = 7001\nlocal_cidr = 10.8.0.1/24\n[client one]\nlocal_cidr = 10.8.0.2/24\n' >"$etc/camex/camex1.clients"
printf '[device]\nname = jt0\nprotocol = jtunnel\nlinks = per-peer\nport = 7002\n[peer a]\nendpoint = 192.0.2.2:7002\n' >"$etc/camex/jt0.up"
mkdir "$etc/camex/jt0.authorized"
: >"$etc/camex/jt0.authorized/0011223344556677"
# links of peers' own under protocols without identifiers: all get what the program gives
for number in 3 4; do
	camexctl key gen >"$test_tmp/wg$number"
done
cp "$test_tmp/wg3" "$etc/camex/wg"
printf '[device]\nname = cam3\nlinks = per-peer\nport = 7003\n[peer far]\nendpoint = 192.0.2.3:7003\nkey-file = key\n' >"$etc/camex/cam3.up"
printf '[device]\nname = cam4\nprotocol = wireguard\nlinks = per-peer\nport = 7004\nprivate-key-file = wg\n[peer far]\npublic-key = %s\n' \
	"$(camexctl key public <"$test_tmp/wg4")" >"$etc/camex/cam4.up"
for name in jt0 cam3 cam4; do
	printf '#!/bin/sh\n[ "$CAMEX_EVENT" = down ] || ip link set dev "$TUN_DEV_NAME" alias "camex-$CAMEX_PEER"\n' >"$etc/camex/$name.link"
	chmod 755 "$etc/camex/$name.link"
done
camexctl -n host3 dev add cam3 port 7003
camexctl -n host3 peer add cam3 host1 endpoint 192.0.2.1:7003 key-file "$test_tmp/key" keepalive 1 register off
ip -n host3 link set cam3 up
camexctl -n host3 dev add cam4 protocol wireguard port 7004 private-key-file "$test_tmp/wg4"
camexctl -n host3 peer add cam4 host1 endpoint 192.0.2.1:7004 public-key "$(camexctl key public <"$test_tmp/wg3")" keepalive 1
ip -n host3 link set cam4 up
system=$test_tmp/system
mkdir "$system"
cp "$units"/* "$system"
for unit in sysinit.target basic.target shutdown.target multi-user.target timers.target paths.target sockets.target \
	umount.target slices.target; do
	cp "/lib/systemd/system/$unit" "$system" 2>/dev/null
done
# of these targets only what the units need: nothing of the host's
sed -i '/^\(Requires\|Wants\)=/d' "$system"/*.target
printf '[Unit]\nDescription=camex test\nRequires=basic.target\nAfter=basic.target\n' >"$system/camex-test.target"
cat >"$test_tmp/boot" <<END
#!/bin/bash
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount --bind "$etc" /etc
rm -rf /etc/systemd/system/*
mount --bind "$system" /usr/lib/systemd/system
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir -p /sys/fs/cgroup &&
	{ mountpoint -q /sys/fs/cgroup; }
exec env -i PATH="$PATH" container=lxc /lib/systemd/systemd --system --unit=camex-test.target --log-target=console --log-level=info
END
chmod 755 "$test_tmp/boot"
ip netns exec host1 unshare --pid --fork --kill-child --mount --cgroup "$test_tmp/boot" </dev/null >"$test_tmp/systemd" 2>&1 &
test_pids+=($!)
init=

# find_init: the process that is the first of the new namespace
find_init() {
	init=$(pgrep -n -x systemd)
	[ -n "$init" ]
}

# sys WORD...: systemctl there
sys() {
	nsenter -t "$init" -m -p -n systemctl "$@"
}

# has_alias NAME: the link of the peer of NAME has the alias that the program gives it
has_alias() {
	local link
	link=$(camexctl -n host1 -j peer show "$1" | jq -r '.[0].link // empty')
	[ -n "$link" ] && [ "$(ip -n host1 -j link show dev "$link" | jq -r '.[0].ifalias')" = camex-far ]
}

# runs UNIT: it starts, or its log is shown
runs() {
	timeout 60 nsenter -t "$init" -m -p -n systemctl start "$1" >"$test_tmp/output" 2>&1
	local status=$?
	result $status "$1 starts"
	[ $status -eq 0 ] || {
		note <"$test_tmp/output"
		sys status "$1" 2>&1 | note
		tail -n 20 "$test_tmp/systemd" | note
	}
}

ok "systemd runs" wait_until 30 find_init
ok "and answers" wait_until 60 sys is-active camex-test.target
runs camex@camex0.service
ok "the tunnel works" wait_until 20 reaches host1 10.0.0.2
sed -i 's/^routes = .*/&\nkeepalive = 7/' "$etc/camex/camex0.up"
ok "reload" sys reload camex@camex0.service
is "does what the file says" "$(peer host1 far .keepalive)" 7
runs camex-apply@camex0.service
runs camex-resolve@camex0.timer
runs camex-resolve@camex0.service
runs camex-load@camex1.service
is "the clients are there" "$(camexctl -n host1 -j peer show camex1 | jq -c 'map(.name)')" '["one"]'
is "the link is up" "$(ip -n host1 -j link show camex1 | jq '.[0].flags | index("UP") != null')" true
printf '[client two]\nlocal_cidr = 10.8.0.3/24\n' >>"$etc/camex/camex1.clients"
ok "a changed file is loaded at once" wait_until 20 eval \
	'[ "$(camexctl -n host1 -j peer show camex1 | jq -c "map(.name)")" = "[\"one\",\"two\"]" ]'
runs camex@jt0.service
runs camex-watch@jt0.service
ok "who is authorized is a peer" wait_until 20 eval 'camexctl -n host1 -j peer show jt0 | jq -e "any(.id == \"0011223344556677\")"'
for name in cam3 cam4; do
	runs camex@$name.service
	runs camex-watch@$name.service
	ok "$name: the program runs for the link of a peer that comes" wait_until 30 has_alias $name
done
runs camex@ser0.service
socat -d -d PTY,raw,echo=0,link="$test_tmp/tty" PTY,raw,echo=0 2>"$test_tmp/socat" &
test_pids+=($!)
ok "a tty" wait_until 10 test -e "$test_tmp/tty"
printf 'TTY=%s\nOPTIONS=baud 115200\n' "$(readlink -f "$test_tmp/tty")" >"$etc/camex/ser0.serial"
runs camex-serial@ser0.service
ok "the serial line is there" wait_until 20 eval 'ip -n host1 -j link show ser0 | jq -e ".[0].operstate != \"DOWN\""'
for unit in camex-serial@ser0 camex@ser0 camex-watch@cam3 camex@cam3 camex-watch@cam4 camex@cam4 camex-watch@jt0 camex@jt0 camex-load@camex1 camex@camex0; do
	ok "$unit stops" timeout 60 nsenter -t "$init" -m -p -n systemctl stop $unit.service
done
is "and all devices are gone" "$(camexctl -n host1 -j show)" "[]"
is "none of them failed" "$(sys list-units --failed --plain --no-legend >"$test_tmp/failed" || echo "systemctl failed"; grep camex "$test_tmp/failed")" ""
kill -9 "$init"

done_testing
