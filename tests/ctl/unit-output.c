/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Messages as the kernel sends them, to the model, to JSON and to text. */
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <time.h>

#include "output/fields.h"
#include "output/output.h"
#include "tap.h"

#define FAMILY 0x1d

static struct fault fault;

static struct nl_msg *new_message(uint8_t command, uint32_t ifindex,
				  const char *name)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 1, FAMILY, 0, NLM_F_MULTI, command, 1);
	nla_put_u32(msg, CAMEX_A_IFINDEX, ifindex);
	nla_put_string(msg, CAMEX_A_IFNAME, name);
	return msg;
}

static void put_address(struct nl_msg *msg, int type, const char *text)
{
	uint8_t bytes[16];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	inet_pton(family, text, bytes);
	nla_put(msg, type, family == AF_INET ? 4 : 16, bytes);
}

static void add_device(struct model_devices *devices, uint32_t ifindex,
		       const char *name, bool full)
{
	struct nl_msg *msg = new_message(CAMEX_CMD_DEV_GET, ifindex, name);
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_DEV);

	nla_put_u32(msg, CAMEX_A_DEV_LINK, CAMEX_LINK_TUN);
	nla_put_u32(msg, CAMEX_A_DEV_PROTOCOL,
		    full ? CAMEX_PROTOCOL_CAMEX : CAMEX_PROTOCOL_RAW);
	nla_put_u32(msg, CAMEX_A_DEV_TRANSPORT, CAMEX_TRANSPORT_UDP);
	nla_put_u32(msg, CAMEX_A_DEV_LINKS, CAMEX_LINKS_SHARED);
	nla_put_u16(msg, CAMEX_A_DEV_PORT, 7000);
	nla_put_u32(msg, CAMEX_A_DEV_FWMARK, full ? 0xffffffff : 0);
	nla_put_u8(msg, CAMEX_A_DEV_SOURCE_CHECK, 1);
	nla_put_u32(msg, CAMEX_A_DEV_MTU, 1420);
	if (full) {
		put_address(msg, CAMEX_A_DEV_BIND, "2001:db8::1");
		nla_put_string(msg, CAMEX_A_DEV_BIND_DEV, "eth0");
		nla_put_u8(msg, CAMEX_A_DEV_PLAINTEXT, 0);
		nla_put_u32(msg, CAMEX_A_DEV_TX, CAMEX_TX_UDP);
		nla_put_u32(msg, CAMEX_A_DEV_RX, 77);
	} else {
		nla_put(msg, CAMEX_A_DEV_BIND, 0, NULL);
		nla_put_string(msg, CAMEX_A_DEV_BIND_DEV, "");
	}
	/* one that this program is too old for */
	nla_put_u32(msg, CAMEX_A_DEV_MAX + 7, 1);
	nla_nest_end(msg, nest);
	tap_ok(!model_device_read(devices, nlmsg_hdr(msg), &fault),
	       "device %s is read", name);
	nlmsg_free(msg);
}

static void add_peer(struct model_device *device, const char *name,
		     const char *endpoint, uint32_t state, int64_t seen)
{
	static const uint8_t print[CAMEX_FINGERPRINT_LEN] = { 0x9a, 0xd3 };
	struct nl_msg *msg =
		new_message(CAMEX_CMD_PEER_GET, device->ifindex, device->name);
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_PEER);

	nla_put_string(msg, CAMEX_A_PEER_NAME, name);
	if (endpoint) {
		put_address(msg, CAMEX_A_PEER_ENDPOINT_ADDR, endpoint);
		nla_put_u16(msg, CAMEX_A_PEER_ENDPOINT_PORT, 7000);
		nla_put(msg, CAMEX_A_PEER_FINGERPRINT, sizeof(print), print);
		nla_put_u16(msg, CAMEX_A_PEER_KEEPALIVE, 25);
		nla_put_u32(msg, CAMEX_A_PEER_REGISTER, CAMEX_REGISTER_MANUAL);
	}
	nla_put_u32(msg, CAMEX_A_PEER_STATE, state);
	if (seen >= 0)
		nla_put_u64(msg, CAMEX_A_PEER_LAST_SEEN, (uint64_t)seen);
	nla_put_u64(msg, CAMEX_A_PEER_RX_PACKETS, 1);
	nla_put_u64(msg, CAMEX_A_PEER_RX_BYTES, 1536);
	nla_put_u64(msg, CAMEX_A_PEER_TX_PACKETS, UINT64_MAX);
	nla_put_u64(msg, CAMEX_A_PEER_TX_BYTES, 1048576);
	nla_nest_end(msg, nest);
	if (model_peer_read(device, nlmsg_hdr(msg), &fault))
		tap_ok(false, "peer %s is read", name);
	nlmsg_free(msg);
}

static void add_route(struct model_routes *routes, const char *addr,
		      uint8_t len, const char *peer)
{
	struct nl_msg *msg = new_message(CAMEX_CMD_ROUTE_GET, 3, "camex0");
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_ROUTE);

	put_address(msg, CAMEX_A_ROUTE_ADDR, addr);
	nla_put_u8(msg, CAMEX_A_ROUTE_LEN, len);
	nla_put_string(msg, CAMEX_A_ROUTE_PEER, peer);
	nla_nest_end(msg, nest);
	if (model_route_read(routes, nlmsg_hdr(msg), &fault))
		tap_ok(false, "route %s is read", addr);
	nlmsg_free(msg);
}

/* What a printer prints. */
static char *text;
static size_t text_len;

static FILE *text_start(void)
{
	return open_memstream(&text, &text_len);
}

static void text_is(FILE *out, const char *wanted, const char *name)
{
	fclose(out);
	tap_is(text, wanted, name);
	free(text);
}

static void text_has(FILE *out, const char *wanted, const char *name)
{
	fclose(out);
	tap_has(text, wanted, name);
	free(text);
}

static void fill(struct model_devices *devices, struct model_routes *routes)
{
	struct model_device *device;

	add_device(devices, 4, "camex10", false);
	add_device(devices, 3, "camex2", true);
	model_sort_devices(devices);
	device = &devices->list[0];
	tap_is(device->name, "camex2", "devices are in order");
	add_peer(device, "carol", NULL, CAMEX_PEER_STATE_NO_KEY, -1);
	add_peer(device, "Bob", "192.0.2.1", CAMEX_PEER_STATE_UP, 12345);
	add_peer(device, "alice", "2001:db8::2", CAMEX_PEER_STATE_UP, -1);
	model_sort_peers(device);
	add_route(routes, "::", 0, "carol");
	add_route(routes, "10.88.0.2", 32, "bob");
	add_route(routes, "10.88.0.0", 16, "carol");
	add_route(routes, "10.99.0.0", 16, "stranger");
	model_sort_routes(routes);
	tap_ok(!model_merge_routes(device, routes, &fault), "routes merge");
}

static struct model_station station_list[] = {
	{ { 2, 0, 0, 0, 0, 1 }, 7, "carol", true, 0 },
	{ { 2, 0, 0, 0, 0, 10 }, 0, "bob", false, 61 },
};

static struct model_stations stations = { station_list, 2 };

static void test_json(const struct model_devices *devices,
		      const struct model_routes *routes)
{
	FILE *out = text_start();

	model_sort_stations(&stations);
	json_devices(out, devices, true, &fault);
	text_is(out,
		"[{\"name\":\"camex2\",\"ifindex\":3,\"link\":\"tun\","
		"\"protocol\":\"camex\",\"transport\":\"udp\",\"port\":7000,"
		"\"bind\":\"2001:db8::1\",\"bind_dev\":\"eth0\","
		"\"fwmark\":4294967295,\"tx\":\"udp\",\"rx\":\"unknown\","
		"\"links\":\"shared\",\"link_name\":null,\"link_timeout\":null,"
		"\"id\":null,\"client_id\":null,\"public_key\":null,"
		"\"relay\":null,\"source_check\":true,\"plaintext\":false,"
		"\"ageing\":null,\"mtu\":1420,\"peers\":["
		"{\"name\":\"alice\",\"id\":null,"
		"\"endpoint\":\"[2001:db8::2]:7000\","
		"\"configured_endpoint\":null,\"transport\":null,"
		"\"fingerprint\":\"9ad30000000000000000000000000000\",\"public_key\":null,\"preshared\":null,\"cipher\":null,"
		"\"routes\":[],\"keepalive\":25,\"register\":\"manual\","
		"\"state\":\"up\",\"last_seen_ms\":null,\"last_handshake_ms\":null,\"unanswered_ms\":null,\"refused_ms\":null,\"link\":null,"
		"\"rx_packets\":1,\"rx_bytes\":1536,"
		"\"tx_packets\":18446744073709551615,\"tx_bytes\":1048576,"
		"\"rx_dropped\":null,\"tx_dropped\":null,\"profile\":null},"
		"{\"name\":\"Bob\",\"id\":null,"
		"\"endpoint\":\"192.0.2.1:7000\","
		"\"configured_endpoint\":null,\"transport\":null,"
		"\"fingerprint\":\"9ad30000000000000000000000000000\",\"public_key\":null,\"preshared\":null,\"cipher\":null,"
		"\"routes\":[\"10.88.0.2/32\"],\"keepalive\":25,"
		"\"register\":\"manual\",\"state\":\"up\",\"last_seen_ms\":12345,\"last_handshake_ms\":null,\"unanswered_ms\":null,\"refused_ms\":null,"
		"\"link\":null,\"rx_packets\":1,\"rx_bytes\":1536,"
		"\"tx_packets\":18446744073709551615,\"tx_bytes\":1048576,"
		"\"rx_dropped\":null,\"tx_dropped\":null,\"profile\":null},"
		"{\"name\":\"carol\",\"id\":null,\"endpoint\":null,"
		"\"configured_endpoint\":null,\"transport\":null,"
		"\"fingerprint\":null,\"public_key\":null,\"preshared\":null,\"cipher\":null,"
		"\"routes\":[\"10.88.0.0/16\",\"::/0\"],\"keepalive\":null,"
		"\"register\":null,\"state\":\"no_key\",\"last_seen_ms\":null,\"last_handshake_ms\":null,\"unanswered_ms\":null,\"refused_ms\":null,"
		"\"link\":null,\"rx_packets\":1,\"rx_bytes\":1536,"
		"\"tx_packets\":18446744073709551615,\"tx_bytes\":1048576,"
		"\"rx_dropped\":null,\"tx_dropped\":null,\"profile\":null}]},"
		"{\"name\":\"camex10\",\"ifindex\":4,\"link\":\"tun\","
		"\"protocol\":\"raw\",\"transport\":\"udp\",\"port\":7000,"
		"\"bind\":null,\"bind_dev\":null,\"fwmark\":0,\"tx\":null,"
		"\"rx\":null,\"links\":\"shared\",\"link_name\":null,"
		"\"link_timeout\":null,\"id\":null,"
		"\"client_id\":null,\"public_key\":null,\"relay\":null,\"source_check\":true,"
		"\"plaintext\":null,\"ageing\":null,\"mtu\":1420,\"peers\":[]}]\n",
		"devices with peers in JSON");

	out = text_start();
	json_routes(out, routes, &fault);
	text_is(out,
		"[{\"prefix\":\"10.88.0.0/16\",\"peer\":\"carol\"},"
		"{\"prefix\":\"10.88.0.2/32\",\"peer\":\"bob\"},"
		"{\"prefix\":\"10.99.0.0/16\",\"peer\":\"stranger\"},"
		"{\"prefix\":\"::/0\",\"peer\":\"carol\"}]\n",
		"routes in JSON");

	out = text_start();
	json_stations(out, &stations, &fault);
	text_is(out,
		"[{\"mac\":\"02:00:00:00:00:0a\",\"vlan\":null,\"peer\":\"bob\","
		"\"static\":false,\"age\":61},"
		"{\"mac\":\"02:00:00:00:00:01\",\"vlan\":7,\"peer\":\"carol\","
		"\"static\":true,\"age\":null}]\n",
		"stations in JSON");
	out = text_start();
	print_stations(out, &stations);
	text_is(out,
		"MAC                VLAN  HEARD          PEER\n"
		"02:00:00:00:00:0a  -     1 min 1 s ago  bob\n"
		"02:00:00:00:00:01  7     static         carol\n",
		"stations");

	out = text_start();
	json_devices(out, &(struct model_devices){}, true, &fault);
	text_is(out, "[]\n", "no devices in JSON");
}

static void test_text(const struct model_devices *devices,
		      const struct model_routes *routes)
{
	const struct model_device *device = &devices->list[0];
	FILE *out = text_start();

	print_device(out, device);
	text_is(out,
		"camex2\n"
		"  carries      link tun, protocol camex, transport udp, links shared\n"
		"  socket       port 7000, bind 2001:db8::1, bind-dev eth0, fwmark 0xffffffff, rx unknown\n"
		"  policy       source-check on, plaintext off\n"
		"  mtu          1420\n",
		"a device");
	out = text_start();
	print_peer(out, device, &device->peers[1]);
	text_is(out,
		"  peer Bob\n"
		"    state      up, heard 12 s ago\n"
		"    endpoint   192.0.2.1:7000\n"
		"    key        fingerprint 9ad30000000000000000000000000000\n"
		"    timers     register manual, keepalive 25 s\n"
		"    routes     10.88.0.2/32\n"
		"    received   1.50 KiB in 1 packet\n"
		"    sent       1.00 MiB in 18446744073709551615 packets\n",
		"a peer");
	out = text_start();
	print_peer(out, device, &device->peers[2]);
	text_has(
		out,
		"    state      no key: set one with camexctl key set camex2 carol key-file F\n"
		"    routes     10.88.0.0/16, ::/0\n",
		"a peer without a key, and what to do");
	out = text_start();
	print_peer_table(out, device);
	text_is(out,
		"NAME   STATE   ENDPOINT            HEARD     RECEIVED  SENT      ROUTES\n"
		"alice  up      [2001:db8::2]:7000  -         1.50 KiB  1.00 MiB  -\n"
		"Bob    up      192.0.2.1:7000      12 s ago  1.50 KiB  1.00 MiB  10.88.0.2/32\n"
		"carol  no_key  -                   -         1.50 KiB  1.00 MiB  10.88.0.0/16 and 1 more\n",
		"a table of peers");
	out = text_start();
	print_routes(out, routes);
	text_is(out,
		"PREFIX        PEER\n"
		"10.88.0.0/16  carol\n"
		"10.88.0.2/32  bob\n"
		"10.99.0.0/16  stranger\n"
		"::/0          carol\n",
		"a table of routes");
}

static void test_own_links(void)
{
	struct {
		struct nlattr attr;
		char name[9];
	} link = { { sizeof(link.attr) + sizeof(link.name), CAMEX_A_PEER_LINK },
		   "camex0-1" };
	struct model_peer peers[] = { { .name = "alice" }, { .name = "bob" } };
	const struct model_device device = { .peers = peers, .n_peers = 2 };
	FILE *out = text_start();

	peers[1].tb[CAMEX_A_PEER_LINK] = &link.attr;
	print_peer_table(out, &device);
	text_is(out,
		"NAME   STATE  ENDPOINT  HEARD  RECEIVED  SENT  LINK\n"
		"alice  -      -         -      0 B       0 B   -\n"
		"bob    -      -         -      0 B       0 B   camex0-1\n",
		"a table of peers with links of their own");
}

static void test_long_letters(void)
{
	struct model_peer peers[] = { { .name = "caf\303\251" },
				      { .name = "alice" } };
	const struct model_device device = { .peers = peers, .n_peers = 2 };
	FILE *out = text_start();

	print_peer_table(out, &device);
	text_is(out,
		"NAME   STATE  ENDPOINT  HEARD  RECEIVED  SENT  ROUTES\n"
		"caf\303\251   -      -         -      0 B       0 B   -\n"
		"alice  -      -         -      0 B       0 B   -\n",
		"a letter of two bytes is one column wide");
}

static const uint8_t public_key[CAMEX_KEY_LEN] = { 0x85, 0x20, 0xf0 };

#define PUBLIC_KEY "hSDwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static bool has_line(const struct text_line *lines, const char *name)
{
	while (lines->name && strcmp(lines->name, name) != 0)
		lines++;
	return lines->name;
}

/* The attribute of a field; a number tells which field it is. */
static void put_field(struct nl_msg *msg, const struct field *f, unsigned int n)
{
	switch (f->kind) {
	case FIELD_STRING:
		nla_put_string(msg, f->attr, f->key);
		break;
	case FIELD_ADDRESS:
	case FIELD_ENDPOINT:
		put_address(msg, f->attr, "192.0.2.7");
		break;
	case FIELD_ID:
	case FIELD_FINGERPRINT:
		nla_put(msg, f->attr,
			f->kind == FIELD_ID ? CAMEX_ID_LEN :
					      CAMEX_FINGERPRINT_LEN,
			"1234567890123456");
		break;
	case FIELD_KEY:
		nla_put(msg, f->attr, CAMEX_KEY_LEN, public_key);
		break;
	case FIELD_SWITCH:
		nla_put_u8(msg, f->attr, 1);
		break;
	case FIELD_AGE:
		nla_put_u64(msg, f->attr, n * 1000ULL);
		break;
	case FIELD_BYTES:
		nla_put_u64(msg, f->attr, n);
		break;
	case FIELD_ROUTES:
	case FIELD_PROFILE:
		break;
	case FIELD_CHOICE:
	case FIELD_MARK:
		nla_put_u32(msg, f->attr, n);
		break;
	default:
		if (f->attr == CAMEX_A_DEV_MTU && f->line[0] == 'm')
			nla_put_u32(msg, f->attr, n);
		else if (!strncmp(f->key + 2, "_packets", 8))
			nla_put_u64(msg, f->attr, n);
		else
			nla_put_u16(msg, f->attr, (uint16_t)n);
	}
}

/* Those in a nest, 0: in none of a protocol. The nth field has the number n * step + first. */
static void put_fields(struct nl_msg *msg, const struct field *fields,
		       uint16_t within, unsigned int first, unsigned int step)
{
	struct nlattr *nest = within ? nla_nest_start(msg, within) : NULL;

	for (const struct field *f = fields; f->key; f++)
		if (f->within == within)
			put_field(msg, f,
				  first + step * (unsigned int)(f - fields));
	if (nest)
		nla_nest_end(msg, nest);
}

/* What JSON has, text has: each field is told if it has such a value. */
static void test_fields(void)
{
	struct model_devices devices = {};
	struct model_device *device;
	struct nl_msg *msg = new_message(CAMEX_CMD_DEV_GET, 3, "camex0");
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_DEV);
	char number[32];
	FILE *out;

	put_fields(msg, device_fields, 0, 77, 0);
	put_fields(msg, device_fields, CAMEX_A_DEV_WIREGUARD, 77, 0);
	nla_nest_end(msg, nest);
	tap_ok(!model_device_read(&devices, nlmsg_hdr(msg), &fault),
	       "a device with each attribute");
	nlmsg_free(msg);
	device = &devices.list[0];
	out = text_start();
	print_device(out, device);
	fclose(out);
	for (const struct field *f = device_fields; f->key; f++) {
		tap_ok(has_line(device_lines, f->line), "%s has a line",
		       f->key);
		/* there are no stations behind a tun link */
		if (f->attr != CAMEX_A_DEV_AGEING || f->within)
			tap_has(text, *f->name ? f->name : f->line, f->key);
	}
	free(text);

	msg = new_message(CAMEX_CMD_PEER_GET, 3, "camex0");
	nest = nla_nest_start(msg, CAMEX_A_PEER);
	put_fields(msg, peer_fields, 0, 10, 1);
	put_fields(msg, peer_fields, CAMEX_A_PEER_WIREGUARD, 10, 1);
	nla_put_u16(msg, CAMEX_A_PEER_ENDPOINT_PORT, 7);
	nla_put_u16(msg, CAMEX_A_PEER_CONFIGURED_PORT, 8);
	nla_put_u16(msg, CAMEX_A_PEER_PROFILE_MTU, 1234);
	nla_nest_end(msg, nest);
	tap_ok(!model_peer_read(device, nlmsg_hdr(msg), &fault),
	       "a peer with each attribute");
	nlmsg_free(msg);
	out = text_start();
	print_peer(out, device, &device->peers[0]);
	fclose(out);
	for (const struct field *f = peer_fields; f->key; f++) {
		char *value =
			field_text(f, device->peers[0].tb, &device->peers[0]);

		tap_ok(has_line(peer_lines, f->line), "%s has a line", f->key);
		snprintf(number, sizeof(number), "%u s",
			 10 + (unsigned int)(f - peer_fields));
		/* peers with links of their own have no routes */
		if (f->kind != FIELD_ROUTES)
			tap_has(text, f->kind == FIELD_AGE ? number : value,
				f->key);
		free(value);
	}
	free(text);
	model_devices_clear(&devices);
}

static const struct field *field_of_keyword(const struct field *fields,
					    const struct keyword *k)
{
	for (; fields->key; fields++)
		if (fields->attr == k->attr && fields->within == k->within)
			return fields;
	return NULL;
}

/* What can be set is shown, by the name and the choices of its keyword. */
static void test_settings(void)
{
	char key[KEY_TEXT];

	for (const struct keyword *k = keywords; k->name; k++) {
		bool dev = k->nest == CAMEX_A_DEV;
		const struct field *f;

		/* a profile is one field; keys have their own names */
		if ((!dev && k->nest != CAMEX_A_PEER) || keyword_is_secret(k) ||
		    k->type == &type_prefixes || k->type == &type_public_key ||
		    (k->attr >= CAMEX_A_PEER_PROFILE_ADDRESS &&
		     k->attr <= CAMEX_A_PEER_PROFILE_ROUTES && !dev))
			continue;
		f = field_of_keyword(dev ? device_fields : peer_fields, k);
		tap_ok(f, "%s is shown", k->name);
		if (!f)
			continue;
		tap_is(f->key, keyword_key(k, key), "its key is its keyword");
		tap_ok(f->choices == k->choices &&
			       !f->choices == (f->kind != FIELD_CHOICE),
		       "its values are those that are typed");
	}
}

/* States that have words of their own. */
static void test_states(void)
{
	static const char *const words[] = {
		[CAMEX_PEER_STATE_NO_KEY] = "no key: set one with",
		[CAMEX_PEER_STATE_NO_ENDPOINT] = "no endpoint: nothing is",
		[CAMEX_PEER_STATE_REGISTERING] = "registering: waits",
		[CAMEX_PEER_STATE_LOST] = "lost: silent",
		[CAMEX_PEER_STATE_UP] = "up",
		[CAMEX_PEER_STATE_NO_DEVICE] = "no device: the interface",
		[CAMEX_PEER_STATE_WAITING] = "waiting: not heard yet",
		"unknown",
	};

	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct model_device device = { .ifindex = 3 };
		FILE *out = text_start();

		add_peer(&device, "alice", NULL, i, -1);
		print_peer(out, &device, &device.peers[0]);
		text_has(out, words[i], choice_name(state_choices, i));
		model_device_clear(&device);
	}
}

static void test_units(void)
{
	char buf[64];

	tap_is(print_size(0, buf), "0 B", "nothing");
	tap_is(print_size(1023, buf), "1023 B", "bytes");
	tap_is(print_size(1024, buf), "1.00 KiB", "a kibibyte");
	tap_is(print_size(1048575, buf), "1.00 MiB", "no 1024.00 KiB");
	tap_is(print_size(UINT64_MAX, buf), "16.00 EiB", "all there can be");
	tap_is(print_age(0, buf), "just now", "now");
	tap_is(print_age(59999, buf), "59 s ago", "seconds");
	tap_is(print_age(60000, buf), "1 min 0 s ago", "minutes");
	tap_is(print_age(3600000, buf), "1 h 0 min ago", "hours");
	tap_is(print_age(90000000, buf), "1 d 1 h ago", "days");
	print_age(UINT64_MAX, buf);
	tap_has(buf, " ago", "for ever");
}

static void test_stats(void)
{
	uint64_t counters[CAMEX_A_STATS_MAX + 1];
	bool given[CAMEX_A_STATS_MAX + 1];
	struct nl_msg *msg = new_message(CAMEX_CMD_STATS_GET, 3, "camex0");
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_STATS);
	FILE *out;

	for (int i = 1; i < CAMEX_A_STATS_PAD; i++)
		if (i != CAMEX_A_STATS_RATE_LIMITED)
			nla_put_u64(msg, i, i == CAMEX_A_STATS_LOOP ? 123 : 0);
	nla_nest_end(msg, nest);
	tap_ok(!model_stats_read(counters, given, nlmsg_hdr(msg), &fault),
	       "counters are read");
	nlmsg_free(msg);
	out = text_start();
	json_stats(out, counters, given, &fault);
	text_is(out,
		"{\"malformed\":0,\"not_ip\":0,\"unknown_peer\":0,"
		"\"auth_failed\":0,\"replayed\":0,\"bad_source\":0,"
		"\"no_route\":0,\"no_key\":0,\"no_endpoint\":0,"
		"\"plaintext_refused\":0,\"too_big\":0,\"ttl_expired\":0,"
		"\"loop\":123,\"link_pending\":0,\"netpoll_fallback\":0,"
		"\"rx_netfilter\":0,\"fdb_full\":0,\"queue_full\":0,"
		"\"no_memory\":0,\"rate_limited\":null,"
		"\"no_device\":null,\"tcp_refused\":null,"
		"\"tcp_silent\":null,\"wrong_cipher\":null}\n",
		"counters in JSON");
	out = text_start();
	print_stats(out, counters, given);
	fclose(out);
	tap_ok(!strncmp(text, "loop               123  ", 24),
	       "what happened comes first");
	tap_has(text,
		"\nmalformed            0  datagrams that do not fit the format\n",
		"and then what did not");
	free(text);
}

static void test_event(uint32_t number, const char *json, const char *wanted)
{
	struct nl_msg *msg = new_message(CAMEX_CMD_EVENT, 3, "camex0");
	struct model_event event;
	struct nlattr *nest;
	FILE *out;

	nla_put_u32(msg, CAMEX_A_EVENT, number);
	nest = nla_nest_start(msg, CAMEX_A_PEER);
	nla_put_string(msg, CAMEX_A_PEER_NAME, "bo\xff");
	put_address(msg, CAMEX_A_PEER_ENDPOINT_ADDR, "192.0.2.1");
	nla_put_u16(msg, CAMEX_A_PEER_ENDPOINT_PORT, 7000);
	nla_nest_end(msg, nest);
	tap_ok(!model_event_read(&event, nlmsg_hdr(msg), &fault),
	       "an event is read");
	out = text_start();
	json_event(out, &event, 1700000000123, &fault);
	text_is(out, json, "an event in JSON");
	out = text_start();
	print_event(out, &event, 1700000000123);
	text_is(out, wanted, "an event");
	nlmsg_free(msg);
}

/* None of these may be taken for an object. */
static void test_malformed(void)
{
	struct model_devices devices = {};
	struct model_device device = { .name = "camex0", .ifindex = 3 };
	struct model_routes routes = {};
	struct nl_msg *msg = new_message(CAMEX_CMD_DEV_GET, 3, "camex0");
	struct nlattr *nest;

	tap_ok(model_device_read(&devices, nlmsg_hdr(msg), &fault),
	       "a device without attributes is refused");
	tap_is(fault.text, "the kernel's answer is malformed", "and said");
	tap_ok(model_peer_read(&device, nlmsg_hdr(msg), &fault),
	       "a peer without attributes is refused");
	tap_ok(model_route_read(&routes, nlmsg_hdr(msg), &fault),
	       "a route without attributes is refused");
	nest = nla_nest_start(msg, CAMEX_A_PEER);
	nla_put_u32(msg, CAMEX_A_PEER_STATE, 0);
	nla_nest_end(msg, nest);
	tap_ok(model_peer_read(&device, nlmsg_hdr(msg), &fault),
	       "a peer without a name is refused");
	nlmsg_free(msg);

	msg = new_message(CAMEX_CMD_PEER_GET, 3, "camex0");
	nest = nla_nest_start(msg, CAMEX_A_PEER);
	nla_put(msg, CAMEX_A_PEER_NAME, 3, "bob");
	nla_nest_end(msg, nest);
	tap_ok(model_peer_read(&device, nlmsg_hdr(msg), &fault),
	       "a name without its end is refused");
	nlmsg_free(msg);

	msg = new_message(CAMEX_CMD_ROUTE_GET, 3, "camex0");
	nest = nla_nest_start(msg, CAMEX_A_ROUTE);
	nla_put(msg, CAMEX_A_ROUTE_ADDR, 7, "1234567");
	nla_put_u8(msg, CAMEX_A_ROUTE_LEN, 1);
	nla_put_string(msg, CAMEX_A_ROUTE_PEER, "bob");
	nla_nest_end(msg, nest);
	tap_ok(model_route_read(&routes, nlmsg_hdr(msg), &fault),
	       "an address of 7 bytes is refused");
	nlmsg_free(msg);
	model_devices_clear(&devices);
	model_device_clear(&device);
	model_routes_clear(&routes);
}

/* Peers and routes by the thousand take no time to speak of. */
static void test_many(int n)
{
	struct model_device device = { .name = "camex0", .ifindex = 3 };
	struct model_routes routes = {};
	struct timespec start, end;
	char name[32], addr[32];
	double seconds;
	FILE *out;
	int routed = 0;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "peer%d", i);
		add_peer(&device, name, "192.0.2.1", CAMEX_PEER_STATE_UP, 1);
		snprintf(addr, sizeof(addr), "10.%d.%d.0", i / 256, i % 256);
		add_route(&routes, addr, 24, name);
	}
	model_sort_peers(&device);
	model_sort_routes(&routes);
	model_merge_routes(&device, &routes, &fault);
	for (size_t i = 0; i < device.n_peers; i++)
		routed += device.peers[i].n_routes == 1;
	out = text_start();
	json_peers(out, &device, &fault);
	print_peer_table(out, &device);
	fclose(out);
	free(text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	seconds = (double)(end.tv_sec - start.tv_sec) +
		  (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	tap_ok(routed == n, "%d peers, each with its route", n);
	tap_ok(seconds < 10, "in %.1f s of CPU time", seconds);
	model_device_clear(&device);
	model_routes_clear(&routes);
}

/* A peer of protocol wireguard; seen: the last handshake, negative: none. */
static void read_wireguard_peer(struct model_device *device, int64_t seen,
				bool good)
{
	struct nl_msg *msg = new_message(CAMEX_CMD_PEER_GET, 3, "wg0");
	struct nlattr *nest = nla_nest_start(msg, CAMEX_A_PEER), *inner;

	nla_put_string(msg, CAMEX_A_PEER_NAME, "alice");
	nla_put_u32(msg, CAMEX_A_PEER_STATE, CAMEX_PEER_STATE_WAITING);
	inner = nla_nest_start(msg, CAMEX_A_PEER_WIREGUARD);
	nla_put(msg, CAMEX_A_WG_PEER_PUBLIC_KEY,
		good ? CAMEX_KEY_LEN : CAMEX_KEY_LEN - 1, public_key);
	nla_put_u8(msg, CAMEX_A_WG_PEER_PRESHARED, 1);
	nla_put_u32(msg, CAMEX_A_WG_PEER_CIPHER, seen < 0);
	if (seen >= 0)
		nla_put_u64(msg, CAMEX_A_WG_PEER_LAST_HANDSHAKE,
			    (uint64_t)seen);
	nla_nest_end(msg, inner);
	nla_nest_end(msg, nest);
	tap_ok(!model_peer_read(device, nlmsg_hdr(msg), &fault) == good,
	       "a peer of protocol wireguard is %s",
	       good ? "read" : "refused, with a key of 31 bytes");
	nlmsg_free(msg);
}

static void test_wireguard(void)
{
	struct model_device device = { .name = "wg0" };
	struct model_event event = { .name = "wg0",
				     .event = CAMEX_EVENT_HANDSHAKE };
	FILE *out = text_start();

	read_wireguard_peer(&device, 61000, true);
	json_peers(out, &device, &fault);
	fclose(out);
	tap_has(text,
		"\"public_key\":\"" PUBLIC_KEY
		"\",\"preshared\":true,\"cipher\":\"chacha20-poly1305\"",
		"keys and cipher in JSON");
	tap_has(text, "\"state\":\"waiting\"", "the state waiting");
	tap_has(text, "\"last_handshake_ms\":61000", "the last handshake");
	free(text);
	out = text_start();
	print_peer(out, &device, &device.peers[0]);
	fclose(out);
	tap_has(text, "waiting: not heard yet", "waiting, for people");
	tap_has(text, "key        public " PUBLIC_KEY ", preshared on\n",
		"the key, for people");
	tap_has(text, "handshake  1 min 1 s ago\n",
		"the handshake, for people");
	free(text);
	model_device_clear(&device);

	read_wireguard_peer(&device, -1, true);
	out = text_start();
	print_peer(out, &device, &device.peers[0]);
	fclose(out);
	tap_has(text, "preshared on, cipher aes-256-gcm", "another cipher");
	tap_ok(!strstr(text, "handshake"), "no handshake yet");
	free(text);
	read_wireguard_peer(&device, 0, false);
	model_device_clear(&device);

	out = text_start();
	json_event(out, &event, 0, &fault);
	fclose(out);
	tap_has(text, "\"event\":\"handshake\"", "an event");
	free(text);
}

int main(void)
{
	struct model_devices devices = {};
	struct model_routes routes = {};

	setenv("TZ", "UTC", 1);
	fill(&devices, &routes);
	test_json(&devices, &routes);
	test_text(&devices, &routes);
	model_devices_drop(&devices, 0);
	tap_ok(devices.n == 1 && !strcmp(devices.list[0].name, "camex10"),
	       "a device that is gone is taken out");
	model_devices_clear(&devices);
	model_routes_clear(&routes);
	test_own_links();
	test_long_letters();
	test_fields();
	test_settings();
	test_states();
	test_wireguard();
	test_units();
	test_stats();
	test_event(
		CAMEX_EVENT_ENDPOINT,
		"{\"event\":\"endpoint\",\"dev\":\"camex0\","
		"\"peer\":\"bo\xef\xbf\xbd\","
		"\"endpoint\":\"192.0.2.1:7000\",\"state\":null,"
		"\"link\":null,\"time_ms\":1700000000123}\n",
		"2023-11-14 22:13:20.123 camex0 bo\xff has moved, endpoint 192.0.2.1:7000\n");
	test_event(
		99,
		"{\"event\":\"unknown\",\"dev\":\"camex0\","
		"\"peer\":\"bo\xef\xbf\xbd\","
		"\"endpoint\":\"192.0.2.1:7000\",\"state\":null,"
		"\"link\":null,\"time_ms\":1700000000123}\n",
		"2023-11-14 22:13:20.123 camex0 bo\xff event 99, endpoint 192.0.2.1:7000\n");
	test_malformed();
	test_many(20000);
	return tap_end();
}
