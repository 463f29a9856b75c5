/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "save": prints a running device as a file of camex-up(5). */
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "command/command.h"
#include "command/key_path.h"
#include "config/plan.h"
#include "netlink/link.h"
#include "netlink/profile.h"

/* maximum of prefixes on a line of a file, and in a message to the kernel */
#define ROUTES_MAX 2000

static bool is_auto(const struct model_peer *peer)
{
	return model_is(peer->tb[CAMEX_A_PEER_REGISTER], CAMEX_REGISTER_AUTO);
}

/* Does the object have such a setting? */
static bool has_setting(const struct keyword *keyword, struct nlattr *const *tb,
			const struct model_peer *peer)
{
	if (peer && keyword->attr == CAMEX_A_PEER_ENDPOINT_ADDR &&
	    !keyword->within)
		return tb[CAMEX_A_PEER_CONFIGURED_ADDR];
	/* a server's profile cannot be in a file */
	if (peer && is_auto(peer) &&
	    keyword->attr >= CAMEX_A_PEER_PROFILE_ADDRESS &&
	    keyword->attr <= CAMEX_A_PEER_PROFILE_ROUTES)
		return false;
	return tb[keyword->within ? keyword->within : keyword->attr];
}

/* Is this the value that "up" gives by default? @known: the peer's endpoint and register. */
static bool is_default(struct engine *engine, struct values *known,
		       const struct value *value)
{
	const char *name = value->keyword->name;
	struct values none = {};
	struct value initial;
	int status;
	bool same;

	status = plan_wanted(engine, &none, known, value->keyword, &initial);
	if (status <= 0)
		/* the kernel's default: not a setting on such a device, and only there */
		return !strcmp(name, "source-check") ||
		       (!strcmp(name, "keepalive") &&
			(!value->number || value->number == 10));
	same = value_equal(value, &initial);
	value_wipe(&initial);
	return same;
}

/* Print a line of the file. A # after a blank would begin a comment. */
static void print_setting(const char *name, const char *text)
{
	if (strstr(text, " #") || strstr(text, "\t#"))
		printf("# %s: \"%s\" cannot stand in a file: # behind a blank begins a comment\n",
		       name, text);
	else
		printf("%s = %s\n", name, text);
}

static void save_value(const struct value *value)
{
	char *text = value_text(value);

	print_setting(value->keyword->name, text ? text : "");
	free(text);
}

/* Find the file of a key, for a keyword or the other one. */
static void save_key(const char *name, const char *other, unsigned int takes,
		     struct nlattr *const *tb)
{
	char path[PATH_MAX], stale[PATH_MAX] = "";
	struct value value;
	char *text;

	for (const char *at = name; at; at = at == name ? other : NULL) {
		value_get(&value, keyword_find(at, takes), tb);
		if (key_path_find(&value, path)) {
			print_setting(at, path);
			return;
		}
		if (*path)
			memcpy(stale, path, sizeof(stale));
	}
	value_get(&value, keyword_find(name, takes), tb);
	text = value_text(&value);
	if (text && *stale)
		printf("# %s: %s, which %s has no more: give its file here\n",
		       name, text, stale);
	else if (text && strcmp(text, "none") != 0)
		printf("# %s: %s, of no file that is known: give its file here\n",
		       name, text);
	free(text);
}

static void save_values(struct engine *engine, unsigned int takes,
			struct values *known, struct nlattr *const *tb,
			const struct model_peer *peer)
{
	for (const struct keyword *k = keywords; k->name; k++) {
		struct value value;

		if (!(k->takes & takes) || keyword_is_secret(k) ||
		    !has_setting(k, tb, peer))
			continue;
		value_get(&value, k, tb);
		if (!is_default(engine, known, &value))
			save_value(&value);
		value_wipe(&value);
	}
}

static bool is_any(const struct model_peer *peer)
{
	return peer->n_routes == 2 && !peer->routes[0].len &&
	       !peer->routes[1].len;
}

static void save_routes(struct engine *engine, struct values *known,
			const struct model_peer *peer)
{
	struct value value = {
		.keyword = keyword_find("routes", TAKES_PEER_ADD),
		.prefixes = { peer->routes, peer->n_routes },
	};
	size_t more = 0;

	if (is_default(engine, known, &value))
		return;
	if (peer->n_routes > ROUTES_MAX) {
		more = peer->n_routes - ROUTES_MAX;
		value.prefixes.n = ROUTES_MAX;
	}
	if (is_any(peer))
		puts("routes = any");
	else
		save_value(&value);
	if (more)
		printf("# and %zu more, which fit no line: add them with camexctl route add\n",
		       more);
}

static void save_peer(struct engine *engine, const struct model_peer *peer)
{
	struct nlattr *const *tb = peer->tb;
	struct nlattr *inner[MODEL_NEST_MAX + 1];
	struct values known = {};

	printf("\n[peer %s]\n", peer->name);
	if (tb[CAMEX_A_PEER_CONFIGURED_ADDR])
		config_put(&known, TAKES_PEER_ADD, "endpoint", "");
	if (tb[CAMEX_A_PEER_REGISTER])
		config_put(&known, TAKES_PEER_ADD, "register", "")->number =
			nla_get_u32(tb[CAMEX_A_PEER_REGISTER]);
	save_values(engine, TAKES_PEER_ADD, &known, tb, peer);
	if (tb[CAMEX_A_PEER_FINGERPRINT])
		save_key("key-file", "passphrase-file", TAKES_PEER_ADD, tb);
	model_nest(tb[CAMEX_A_PEER_WIREGUARD], inner);
	if (model_number(inner[CAMEX_A_WG_PEER_PRESHARED]))
		save_key("preshared-key-file", NULL, TAKES_PEER_ADD, tb);
	save_routes(engine, &known, peer);
}

/* Leave out routes of a server's profile. */
static bool is_handed_out(const struct model_device *device,
			  const struct prefix *address, uint32_t mtu)
{
	struct profile profile;

	for (size_t i = 0; i < device->n_peers; i++) {
		const struct model_peer *peer = &device->peers[i];

		if (!is_auto(peer) || !profile_read(peer->tb, &profile))
			continue;
		if (address ? !prefix_compare(address, &profile.address) :
			      mtu == profile.mtu)
			return true;
	}
	return false;
}

static int save_link(struct engine *engine)
{
	const struct model_device *device = engine->device;
	uint32_t mtu = plan_number(engine, CAMEX_A_DEV_MTU);
	struct prefixes addresses = {};
	char text[PREFIX_TEXT];

	if (link_addresses(&engine->route, engine->ifindex, false, &addresses))
		return fault_set(engine->fault,
				 "the addresses of the link cannot be read");
	for (size_t i = 0; i < addresses.n; i++)
		if (!is_handed_out(device, &addresses.list[i], 0))
			printf("address = %s\n",
			       prefix_text(&addresses.list[i], text));
	if (!is_handed_out(device, NULL, mtu))
		printf("mtu = %u\n", mtu);
	free(addresses.list);
	return 0;
}

/* Print "table" if the kernel's routes are not in the default table. */
static int save_table(struct engine *engine)
{
	uint32_t table;

	if (routes_find_table(engine, &table))
		return -1;
	if (!table)
		puts("table = off");
	else if (table != TABLE_AUTO)
		printf("table = %u\n", table);
	return 0;
}

static int save_device(struct engine *engine)
{
	const struct model_device *device = engine->device;
	struct nlattr *inner[MODEL_NEST_MAX + 1];

	printf("# camexctl save %s\n[device]\nname = %s\n", device->name,
	       device->name);
	save_values(engine, TAKES_DEV_ADD, NULL, device->tb, NULL);
	model_nest(device->tb[CAMEX_A_DEV_WIREGUARD], inner);
	if (inner[CAMEX_A_WG_DEV_PUBLIC_KEY])
		save_key("private-key-file", NULL, TAKES_DEV_ADD, device->tb);
	if (save_link(engine) || save_table(engine))
		return -1;
	for (size_t i = 0; i < device->n_peers; i++)
		save_peer(engine, &device->peers[i]);
	return 0;
}

int save(struct call *call)
{
	struct model_devices devices = {};
	struct config config = {};
	struct engine engine = {
		.config = &config,
		.flags = ENGINE_DEFAULTS,
		.camex = &call->conn,
		.fault = &call->fault,
	};
	int status = query_device(call, call->word[0], &devices);

	if (!status && conn_open_route(&engine.route))
		status = fault_set(&call->fault, "no routing netlink");
	if (!status) {
		engine.device = &devices.list[0];
		engine.ifindex = (int)engine.device->ifindex;
		status = save_device(&engine);
	}
	free(engine.rules.list);
	free(engine.routes.list);
	conn_close(&engine.route);
	model_devices_clear(&devices);
	return status;
}
