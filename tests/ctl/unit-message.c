/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Keywords to messages, and the kernel's blame back to keywords. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/command.h"
#include "dev.h"
#include "netlink/profile.h"
#include "tap.h"

#define FAMILY 0x1d

static struct fault fault;

/* What the kernel's policy would ask of a nest, and where it is. */
static struct nlattr *find(struct nlattr *nest, int type)
{
	return nla_find(nla_data(nest), nla_len(nest), type);
}

static struct nlattr *top(struct nl_msg *msg, int type)
{
	return nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, type);
}

static int parse(struct values *values, unsigned int takes, const char *line)
{
	static char copy[512];
	const char *words[32] = {};
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		words[n++] = word;
	memset(values, 0, sizeof(*values));
	return values_parse(values, takes, words, &fault);
}

static void refused(unsigned int takes, const char *line, bool usage,
		    const char *wanted)
{
	struct values values;
	char name[600];

	if (!parse(&values, takes, line))
		strcpy(fault.text, "(accepted)");
	snprintf(name, sizeof(name), "refused: \"%s\"", line);
	tap_is(fault.text, wanted, name);
	tap_ok(fault.usage == usage, "%s",
	       usage ? "a usage error" : "not a usage error");
	values_wipe(&values);
}

static void accepted(unsigned int takes, const char *line)
{
	struct values values;

	tap_ok(!parse(&values, takes, line), "accepted: \"%s\"", line);
	values_wipe(&values);
}

static void test_grammar(void)
{
	refused(TAKES_DEV_ADD, "poort 1", true,
		"unknown keyword \"poort\", did you mean \"port\"?");
	refused(TAKES_DEV_ADD, "zzzzzz 1", true, "unknown keyword \"zzzzzz\"");
	refused(TAKES_DEV_SET, "link tun", true,
		"\"link\" is not a keyword of this command");
	refused(TAKES_DEV_ADD, "port", true, "port lacks its value N");
	refused(TAKES_DEV_ADD, "port 1 fwmark 2 port 1", true,
		"port is given twice");
	refused(TAKES_PEER_ADD, "key-file a passphrase-file b", true,
		"key-file and passphrase-file exclude each other");
	refused(TAKES_DEV_ADD, "port 1 -n", true, "-n goes before the command");
	refused(0, "more", true, "unexpected word \"more\"");
	refused(TAKES_KEY_SET, "", true,
		"key-file or passphrase-file expected");
	refused(TAKES_PEER_SET, "", true,
		"endpoint, id, key-file, passphrase-file, public-key, preshared-key-file, cipher, routes, keepalive, register, address, gateway, mtu or push-routes expected");
	refused(TAKES_ROUTE_ADD, "", true, "peer expected");
	refused(TAKES_DEV_ADD, "port x", false,
		"port: \"x\" is not a number from 0 to 65535");
	refused(TAKES_DEV_ADD, "protocol udp", false,
		"protocol: \"udp\" is unknown, it can be camex, raw, jtunnel or wireguard");
	refused(TAKES_DEV_ADD, "link tab", false,
		"link: \"tab\" is unknown, it can be tun or tap");
	refused(TAKES_DEV_ADD, "bind lo", false,
		"bind: \"lo\" is not an IPv4 or IPv6 address");
	refused(TAKES_DEV_ADD, "plaintext 1", false,
		"plaintext: \"1\" is neither on nor off");
	refused(TAKES_PEER_SET, "keepalive 65536", false,
		"keepalive: \"65536\" is not a number from 0 to 65535");
	refused(TAKES_PEER_ADD, "public-key c2hvcnQ=", false,
		"public-key: it is too short for a key: 5 bytes instead of 32");
	refused(TAKES_PEER_ADD, "public-key ?", false,
		"public-key: it is not base64");
	refused(TAKES_PEER_ADD, "cipher aes", false,
		"cipher: \"aes\" is unknown, it can be chacha20-poly1305 or aes-256-gcm");
	refused(TAKES_PEER_SET, "public-key x", false,
		"public-key: it is not base64");
	refused(TAKES_PEER_SET, "cipher aes", false,
		"cipher: \"aes\" is unknown, it can be chacha20-poly1305 or aes-256-gcm");
	refused(TAKES_KEY_SET, "cipher aes-256-gcm", true,
		"\"cipher\" is not a keyword of this command");
	refused(TAKES_PEER_ADD, "register on", false,
		"register: \"on\" is unknown, it can be off, manual or auto");
	refused(TAKES_DEV_SET, "client-id caf\303\251", false,
		"client-id: \"caf\303\251\" is not ASCII without blanks");
	refused(TAKES_DEV_SET, "client-id 0123456789abcdef0123456789abcdef",
		false,
		"client-id: \"0123456789abcdef0123456789abcdef\" must have 1 to 31 characters");
	refused(TAKES_PEER_SET, "address 10.0.0.1/24,10.0.0.2/24", false,
		"address: \"10.0.0.1/24,10.0.0.2/24\" is not one address");
	refused(TAKES_PEER_SET, "address fd00::1/64", false,
		"address: \"fd00::1/64\" is not IPv4: a server hands out IPv4 only");
	refused(TAKES_PEER_SET, "gateway ::1", false,
		"gateway: \"::1\" is not IPv4: a server hands out IPv4 only");
	refused(TAKES_PEER_SET, "mtu 575", false,
		"mtu: \"575\" is not from 576 to 9000");
	refused(TAKES_PEER_SET, "push-routes any", false,
		"push-routes: \"any\" is not IPv4: a server hands out IPv4 only");
	refused(TAKES_FDB_ADD, "vlan 0 peer a", false,
		"vlan: \"0\" is not a number from 1 to 4094");
	refused(TAKES_FDB_ADD, "vlan 4095 peer a", false,
		"vlan: \"4095\" is not a number from 0 to 4094");
	accepted(TAKES_PEER_SET, "mtu 576");
	accepted(TAKES_PEER_SET, "mtu 9000");
	accepted(TAKES_FDB_ADD, "vlan 1 peer a");
	accepted(TAKES_FDB_ADD, "vlan 4094 peer a");
	accepted(TAKES_DEV_SET, "client-id 0123456789abcdef0123456789abcde");
	refused(TAKES_ROUTE_ADD, "peer a/b", false,
		"peer: \"a/b\" is not a peer's name: blanks, '/' and control characters are not allowed");
}

static void test_dev_add(void)
{
	struct values values;
	struct nlattr *info, *data;
	struct nl_msg *msg;
	struct nlmsghdr *hdr;

	tap_ok(!parse(&values, TAKES_DEV_ADD,
		      "link tun protocol raw transport udp port 50000 bind "
		      "2001:db8::1 bind-dev eth0 fwmark 0x20 tx udp rx udp "
		      "links shared source-check off"),
	       "keywords of dev add");
	msg = dev_add_message("camex0", &values, &fault);
	hdr = nlmsg_hdr(msg);
	tap_ok(hdr->nlmsg_type == RTM_NEWLINK, "RTM_NEWLINK");
	tap_ok(hdr->nlmsg_flags == (NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK),
	       "create, exclusively");
	tap_is(nla_get_string(nlmsg_find_attr(hdr, sizeof(struct ifinfomsg),
					      IFLA_IFNAME)),
	       "camex0", "IFLA_IFNAME");
	info = nlmsg_find_attr(hdr, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	tap_is(nla_get_string(find(info, IFLA_INFO_KIND)), "camex", "kind");
	data = find(info, IFLA_INFO_DATA);
	tap_ok(nla_get_u32(find(data, CAMEX_A_DEV_LINK)) == CAMEX_LINK_TUN,
	       "link");
	tap_ok(nla_get_u32(find(data, CAMEX_A_DEV_PROTOCOL)) ==
		       CAMEX_PROTOCOL_RAW,
	       "protocol");
	tap_ok(nla_get_u16(find(data, CAMEX_A_DEV_PORT)) == 50000, "port");
	tap_ok(nla_len(find(data, CAMEX_A_DEV_BIND)) == 16, "bind");
	tap_is(nla_get_string(find(data, CAMEX_A_DEV_BIND_DEV)), "eth0",
	       "bind-dev");
	tap_ok(nla_get_u32(find(data, CAMEX_A_DEV_FWMARK)) == 32, "fwmark");
	tap_ok(nla_get_u8(find(data, CAMEX_A_DEV_SOURCE_CHECK)) == 0,
	       "source-check");
	tap_ok(!find(data, CAMEX_A_DEV_PLAINTEXT), "no plaintext");
	message_free(msg);
	values_wipe(&values);

	parse(&values, TAKES_DEV_ADD, "bind any bind-dev none");
	msg = dev_add_message("camex0", &values, &fault);
	info = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg),
			       IFLA_LINKINFO);
	data = find(info, IFLA_INFO_DATA);
	tap_ok(nla_len(find(data, CAMEX_A_DEV_BIND)) == 0,
	       "bind any has no length");
	tap_is(nla_get_string(find(data, CAMEX_A_DEV_BIND_DEV)), "",
	       "bind-dev none is empty");
	message_free(msg);
	values_wipe(&values);

	parse(&values, TAKES_DEV_ADD, "");
	msg = dev_add_message("camex0", &values, &fault);
	info = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg),
			       IFLA_LINKINFO);
	tap_ok(find(info, IFLA_INFO_DATA), "no keywords, empty nest");
	message_free(msg);
}

/* The key is BLAKE2b-256 of "secret". */
static const uint8_t secret_key[] = {
	0xae, 0x4a, 0xaf, 0xb3, 0xc7, 0xd8, 0x61, 0x6b, 0x73, 0x9f, 0x05,
	0xa3, 0x0d, 0x06, 0xb4, 0xe2, 0x23, 0x6f, 0xde, 0xa7, 0x12, 0x16,
	0x81, 0x59, 0xf3, 0x46, 0xe8, 0xa3, 0xef, 0xd5, 0x7d, 0x9e,
};

static void check_routes(struct nlattr *routes)
{
	static const uint8_t v4[] = { 10, 88, 0, 0 };
	struct nlattr *prefix;
	int rem, n = 0;

	nla_for_each_nested (prefix, routes, rem) {
		struct nlattr *addr = find(prefix, CAMEX_A_PREFIX_ADDR);
		struct nlattr *len = find(prefix, CAMEX_A_PREFIX_LEN);

		tap_ok(nla_type(prefix) == CAMEX_A_ROUTES_PREFIX &&
			       nla_is_nested(prefix),
		       "prefix %d is a nest", n);
		if (n == 0)
			tap_ok(nla_len(addr) == 4 &&
				       !memcmp(nla_data(addr), v4, 4) &&
				       nla_get_u8(len) == 16,
			       "10.88.0.0/16");
		else
			tap_ok(nla_len(addr) == 16 && nla_get_u8(len) == 64,
			       "fd00::/64");
		n++;
	}
	tap_ok(n == 2, "two prefixes");
}

/* What is said when the kernel blames the attribute. */
static void blame(struct call *call, struct nl_msg *msg, struct nlattr *attr,
		  int number, const char *text, const char *wanted)
{
	struct conn_error error = { .number = number };

	snprintf(error.text, sizeof(error.text), "%s", text);
	if (attr)
		error.offset =
			(uint32_t)((char *)attr - (char *)nlmsg_hdr(msg));
	explain(call, msg, &error);
	tap_is(call->fault.text, wanted, "explained");
}

/* A file with a passphrase or a key; the caller unlinks it. */
static const char *secret_file(const char *text)
{
	static char path[32];
	int fd;

	strcpy(path, "/tmp/camexctl-test-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror(path);
		exit(1);
	}
	close(fd);
	return path;
}

static void test_peer_add(void)
{
	const struct conn conn = { .family = FAMILY };
	const char *path = secret_file("secret\n");
	struct nlattr *peer, *key, *print;
	struct values values;
	struct nl_msg *msg;
	char line[256];

	snprintf(line, sizeof(line),
		 "endpoint [fe80::1%%lo]:7000 passphrase-file %s routes "
		 "10.88.0.0/16,fd00::/64 keepalive 25 register manual",
		 path);
	tap_ok(!parse(&values, TAKES_PEER_ADD, line), "keywords of peer add");
	unlink(path);
	msg = message_new(&conn, CAMEX_CMD_PEER_ADD, 0, 4096);
	tap_ok(!request_put(msg, command_find("peer", "add"), "bob", &values,
			    &fault),
	       "the nest of a peer");
	tap_ok(nlmsg_hdr(msg)->nlmsg_type == FAMILY, "family");
	peer = top(msg, CAMEX_A_PEER);
	tap_ok(nla_is_nested(peer), "the peer is a nest");
	tap_is(nla_get_string(find(peer, CAMEX_A_PEER_NAME)), "bob", "name");
	tap_ok(nla_len(find(peer, CAMEX_A_PEER_ENDPOINT_ADDR)) == 16,
	       "address");
	tap_ok(nla_get_u16(find(peer, CAMEX_A_PEER_ENDPOINT_PORT)) == 7000,
	       "port in host order");
	tap_ok(nla_get_u32(find(peer, CAMEX_A_PEER_ENDPOINT_SCOPE)) ==
		       if_nametoindex("lo"),
	       "scope");
	key = find(peer, CAMEX_A_PEER_KEY);
	print = find(peer, CAMEX_A_PEER_FINGERPRINT);
	tap_ok(nla_len(key) == sizeof(secret_key) &&
		       !memcmp(nla_data(key), secret_key, sizeof(secret_key)),
	       "key");
	tap_ok(nla_len(print) == CAMEX_FINGERPRINT_LEN &&
		       *(uint8_t *)nla_data(print) == 0x9a,
	       "fingerprint");
	check_routes(find(peer, CAMEX_A_PEER_ROUTES));
	tap_ok(nla_get_u16(find(peer, CAMEX_A_PEER_KEEPALIVE)) == 25,
	       "keepalive");
	tap_ok(nla_get_u32(find(peer, CAMEX_A_PEER_REGISTER)) ==
		       CAMEX_REGISTER_MANUAL,
	       "register");
	message_free(msg);
	values_wipe(&values);

	parse(&values, TAKES_PEER_SET, "routes none");
	msg = message_new(&conn, CAMEX_CMD_PEER_SET, 0, 4096);
	request_put(msg, command_find("peer", "add"), "bob", &values, &fault);
	peer = top(msg, CAMEX_A_PEER);
	tap_ok(find(peer, CAMEX_A_PEER_ROUTES) &&
		       !nla_len(find(peer, CAMEX_A_PEER_ROUTES)),
	       "routes none is an empty nest");
	tap_ok(!find(peer, CAMEX_A_PEER_KEY), "no key");
	message_free(msg);
	values_wipe(&values);
}

/* The attributes of a profile, and a profile read from them. */
static void test_profile(void)
{
	const struct conn conn = { .family = FAMILY };
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct profile profile;
	char text[PROFILE_TEXT];
	struct values values;
	struct nl_msg *msg;

	tap_ok(!parse(&values, TAKES_PEER_SET,
		      "address 10.88.0.2/24 gateway 10.88.0.1 mtu 1400 "
		      "push-routes 10.77.0.0/24,0.0.0.0/0"),
	       "keywords of a profile");
	msg = message_new(&conn, CAMEX_CMD_PEER_SET, 0, 4096);
	request_put(msg, command_find("peer", "add"), "bob", &values, &fault);
	nla_parse_nested(tb, CAMEX_A_PEER_MAX, top(msg, CAMEX_A_PEER), NULL);
	tap_ok(profile_read(tb, &profile), "a profile is read");
	tap_is(profile_text(&profile, text),
	       "address 10.88.0.2/24, gateway 10.88.0.1, mtu 1400, "
	       "routes 10.77.0.0/24, 0.0.0.0/0",
	       "it says what was given");
	message_free(msg);
	values_wipe(&values);

	parse(&values, TAKES_PEER_SET,
	      "address none gateway none mtu 0 push-routes none");
	msg = message_new(&conn, CAMEX_CMD_PEER_SET, 0, 4096);
	request_put(msg, command_find("peer", "add"), "bob", &values, &fault);
	nla_parse_nested(tb, CAMEX_A_PEER_MAX, top(msg, CAMEX_A_PEER), NULL);
	tap_ok(tb[CAMEX_A_PEER_PROFILE_ADDRESS] &&
		       !nla_len(tb[CAMEX_A_PEER_PROFILE_ADDRESS]) &&
		       tb[CAMEX_A_PEER_PROFILE_GATEWAY] &&
		       !nla_len(tb[CAMEX_A_PEER_PROFILE_GATEWAY]) &&
		       tb[CAMEX_A_PEER_PROFILE_MTU] &&
		       tb[CAMEX_A_PEER_PROFILE_ROUTES] &&
		       !nla_len(tb[CAMEX_A_PEER_PROFILE_ROUTES]),
	       "none of it is empty attributes");
	message_free(msg);
}

/* n prefixes of 24 bits, or of IPv6 with 48 */
static char *many_routes(int n, bool v6)
{
	char *text = malloc((size_t)n * 24 + 1), *at = text;

	*at = '\0';
	for (int i = 0; i < n; i++)
		at += sprintf(at, v6 ? "%s2001:db8:%x::/48" : "%s10.%d.%d.0/24",
			      i ? "," : "", v6 ? i : i / 256, i % 256);
	return text;
}

static void test_many(int n, bool v6, bool good)
{
	const struct conn conn = { .family = FAMILY };
	char *text = many_routes(n, v6);
	const char *words[] = { "routes", text, NULL };
	struct values values = {};
	struct nl_msg *msg;

	tap_ok(!values_parse(&values, TAKES_PEER_ADD, words, &fault) == good,
	       "%d %s prefixes %s", n, v6 ? "IPv6" : "IPv4",
	       good ? "fit" : "are too many");
	if (good) {
		msg = message_new(&conn, CAMEX_CMD_PEER_ADD, 0,
				  UINT16_MAX + 1024);
		tap_ok(!request_put(msg, command_find("peer", "add"),
				    "0123456789012345678901234567890", &values,
				    &fault) &&
			       nla_len(find(top(msg, CAMEX_A_PEER),
					    CAMEX_A_PEER_ROUTES)) >
				       n * (v6 ? 31 : 19),
		       "and are in the message");
		message_free(msg);
	} else {
		tap_has(fault.text, "do not fit one message", "and it is said");
	}
	values_wipe(&values);
	free(text);
}

static struct nlattr *second(struct nlattr *nest)
{
	int rem = nla_len(nest);

	return nla_next(nla_data(nest), &rem);
}

static void test_blame_peer(void)
{
	struct call call = { .conn.family = FAMILY,
			     .word = { "camex0", "bob" } };
	struct nlattr *peer, *routes;
	struct nl_msg *msg;

	call.command = command_find("peer", "add");
	parse(&call.values, TAKES_PEER_ADD,
	      "endpoint 192.0.2.1:7000 routes 10.0.0.0/8,2001:db8::/32");
	msg = message_new(&call.conn, CAMEX_CMD_PEER_ADD, 0, 4096);
	nla_put_string(msg, CAMEX_A_IFNAME, "camex0");
	request_put(msg, command_find("peer", "add"), "bob", &call.values,
		    &fault);
	peer = top(msg, CAMEX_A_PEER);
	routes = find(peer, CAMEX_A_PEER_ROUTES);

	blame(&call, msg, NULL, EINVAL, "it is so", "it is so");
	blame(&call, msg, NULL, EINVAL, "", "Invalid argument");
	blame(&call, msg, find(peer, CAMEX_A_PEER_ENDPOINT_PORT), EINVAL, "bad",
	      "bad (endpoint 192.0.2.1:7000)");
	blame(&call, msg, find(peer, CAMEX_A_PEER_ENDPOINT_ADDR), EINVAL,
	      "192.0.2.1:7000 is bad", "192.0.2.1:7000 is bad");
	blame(&call, msg, routes, EINVAL, "bad list",
	      "bad list (routes 10.0.0.0/8,2001:db8::/32)");
	blame(&call, msg, second(routes), EEXIST, "taken",
	      "taken (routes 2001:db8::/32)");
	blame(&call, msg, find(second(routes), CAMEX_A_PREFIX_LEN), EINVAL,
	      "too long", "too long (routes 2001:db8::/32)");
	blame(&call, msg, second(routes), EEXIST, "2001:db8::/32 is alice's",
	      "2001:db8::/32 is alice's");
	blame(&call, msg, find(peer, CAMEX_A_PEER_NAME), EEXIST, "exists",
	      "exists (name bob)");
	blame(&call, msg, peer, EINVAL, "bad nest", "bad nest");
	blame(&call, msg, top(msg, CAMEX_A_IFNAME), ENODEV, "no such device",
	      "no camex device named camex0");
	blame(&call, msg, top(msg, CAMEX_A_IFNAME), EOPNOTSUPP,
	      "lo is not a camex device", "lo is not a camex device");
	blame(&call, msg, NULL, ENODEV, "", "no camex device named camex0");
	blame(&call, msg, NULL, EOPNOTSUPP, "", "camex0 is not a camex device");
	blame(&call, msg, NULL, EPERM, "",
	      "not permitted: CAP_NET_ADMIN is needed, root has it");
	call.command = command_find("peer", "del");
	blame(&call, msg, NULL, ENOENT, "", "camex0 has no peer named bob");
	message_free(msg);
	values_wipe(&call.values);
}

static void test_blame_dev(void)
{
	struct call call = { .word = { "camex0" } };
	struct nlattr *info, *data;
	struct nl_msg *msg;

	call.command = command_find("dev", "add");
	parse(&call.values, TAKES_DEV_ADD, "port 7000 bind-dev eth9");
	msg = dev_add_message("camex0", &call.values, &fault);
	info = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg),
			       IFLA_LINKINFO);
	data = find(info, IFLA_INFO_DATA);
	blame(&call, msg, find(data, CAMEX_A_DEV_PORT), EADDRINUSE, "in use",
	      "in use (port 7000)");
	blame(&call, msg, find(data, CAMEX_A_DEV_PORT), EADDRINUSE,
	      "port 7000 is in use", "port 7000 is in use");
	blame(&call, msg, find(data, CAMEX_A_DEV_BIND_DEV), ENODEV,
	      "no such interface", "no such interface (bind-dev eth9)");
	blame(&call, msg, NULL, EEXIST, "",
	      "an interface named camex0 exists already");
	blame(&call, msg, NULL, EADDRINUSE, "", "Address already in use");
	message_free(msg);
	values_wipe(&call.values);
}

/* A private key and its public one, as wg(8) has it: RFC 7748, 6.1. */
#define PRIVATE_KEY "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
#define PUBLIC_KEY "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="

static void test_wireguard(void)
{
	static const uint8_t none[CAMEX_KEY_LEN];
	struct call call = { .word = { "wg0" } };
	struct nlattr *nest, *key;
	struct values values;
	struct nl_msg *msg;
	const char *path;
	char line[256], *text;

	path = secret_file(PRIVATE_KEY "\n");
	snprintf(line, sizeof(line),
		 "protocol wireguard private-key-file %s port 51820", path);
	tap_ok(!parse(&call.values, TAKES_DEV_ADD, line), "a private key");
	unlink(path);
	text = value_text(&call.values.list[1]);
	tap_is(text, PUBLIC_KEY, "it is shown as its public key");
	free(text);
	msg = dev_add_message("wg0", &call.values, &fault);
	nest = find(nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg),
				    IFLA_LINKINFO),
		    IFLA_INFO_DATA);
	tap_ok(nla_get_u16(find(nest, CAMEX_A_DEV_PORT)) == 51820,
	       "the port is outside of the protocol's nest");
	nest = find(nest, CAMEX_A_DEV_WIREGUARD);
	key = find(nest, CAMEX_A_WG_DEV_PRIVATE_KEY);
	tap_ok(nla_is_nested(nest) && nla_len(key) == CAMEX_KEY_LEN &&
		       *(uint8_t *)nla_data(key) == 0x77,
	       "the key is inside");
	call.command = command_find("dev", "add");
	snprintf(line, sizeof(line), "bad key (private-key-file %s)", path);
	blame(&call, msg, key, EINVAL, "bad key", line);
	message_free(msg);
	values_wipe(&call.values);

	parse(&values, TAKES_DEV_SET, "private-key-file none");
	tap_ok(!memcmp(values.list[0].secret.key, none, sizeof(none)),
	       "none is a key of zeros");
	values_wipe(&values);
}

static void test_wireguard_peer(void)
{
	struct call call = { .conn.family = FAMILY, .word = { "wg0", "bob" } };
	const char *path = secret_file(PRIVATE_KEY);
	struct nlattr *peer, *nest;
	struct nl_msg *msg;
	char line[256];

	snprintf(
		line, sizeof(line),
		"public-key %s keepalive 25 preshared-key-file %s cipher aes-256-gcm",
		PUBLIC_KEY, path);
	tap_ok(!parse(&call.values, TAKES_PEER_ADD, line),
	       "keywords of a peer of WireGuard");
	unlink(path);
	call.command = command_find("peer", "add");
	msg = message_new(&call.conn, CAMEX_CMD_PEER_ADD, 0, 4096);
	tap_ok(!request_put(msg, call.command, "bob", &call.values, &fault),
	       "its nest");
	peer = top(msg, CAMEX_A_PEER);
	nest = find(peer, CAMEX_A_PEER_WIREGUARD);
	tap_ok(nla_get_u16(find(peer, CAMEX_A_PEER_KEEPALIVE)) == 25,
	       "keepalive outside");
	tap_ok(*(uint8_t *)nla_data(find(nest, CAMEX_A_WG_PEER_PUBLIC_KEY)) ==
			       0x85 &&
		       *(uint8_t *)nla_data(find(
			       nest, CAMEX_A_WG_PEER_PRESHARED_KEY)) == 0x77,
	       "both keys inside");
	tap_ok(nla_get_u32(find(nest, CAMEX_A_WG_PEER_CIPHER)) ==
		       CAMEX_CIPHER_AES_256_GCM,
	       "and the cipher");
	blame(&call, msg, find(nest, CAMEX_A_WG_PEER_PUBLIC_KEY), EEXIST,
	      "taken", "taken (public-key " PUBLIC_KEY ")");
	blame(&call, msg, find(nest, CAMEX_A_WG_PEER_CIPHER), EOPNOTSUPP,
	      "not built", "not built (cipher aes-256-gcm)");
	message_free(msg);
	values_wipe(&call.values);
}

int main(void)
{
	test_grammar();
	test_dev_add();
	test_peer_add();
	test_profile();
	test_many(3000, false, true);
	test_many(3300, false, false);
	test_many(2000, true, true);
	test_many(2100, true, false);
	test_blame_peer();
	test_blame_dev();
	test_wireguard();
	test_wireguard_peer();
	return tap_end();
}
