/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Plans the kernel's routes. */
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "config/plan.h"
#include "netlink/link.h"

/* Mark and table of a default route: the first number that is tried. */
#define FIRST_MARK 51820
#define MARKS 1000

static const uint8_t families[] = { AF_INET, AF_INET6 };

/* The routes of a peer that the kernel gets too. Those of a server come from its profile. */
static const struct value *kernel_routes(const struct config_peer *peer)
{
	struct config_peer *at = (struct config_peer *)peer;
	const struct value *routes = values_get(&at->values, "routes");

	if (routes && plan_is_auto(&at->values) && !strcmp(routes->text, "any"))
		return NULL;
	return routes;
}

unsigned int plan_find_default(const struct config *config, uint8_t family)
{
	for (size_t i = 0; i < config->n_peers; i++) {
		const struct value *routes = kernel_routes(&config->peers[i]);

		for (size_t r = 0; routes && r < routes->prefixes.n; r++) {
			const struct prefix *prefix = &routes->prefixes.list[r];

			if (!prefix->len && prefix->addr.family == family)
				return routes->line ? routes->line : 1;
		}
	}
	return 0;
}

/* Get the table of a route; 0 if it is not wanted. */
static uint32_t table_of(const struct engine *engine,
			 const struct prefix *prefix)
{
	return prefix->len || !engine->mark ? engine->table : engine->mark;
}

/* --- table and mark --- */

/* Does a table have routes? */
struct table_search {
	uint32_t table;
	bool found;
};

static void search_table(const struct link_route *route, void *arg)
{
	struct table_search *search = arg;

	search->found |= route->table == search->table;
}

static bool is_table_free(struct engine *engine, uint32_t table)
{
	struct table_search search = { table, false };

	for (size_t i = 0; i < engine->rules.n; i++) {
		const struct link_rule *rule = &engine->rules.list[i];

		if (rule->table == table || rule->mark == table)
			return false;
	}
	for (size_t i = 0; i < sizeof(families); i++)
		link_each_route(&engine->route, families[i], table,
				search_table, &search);
	return !search.found;
}

static int find_mark(struct engine *engine)
{
	struct value *given = values_get(&engine->config->values, "fwmark");

	engine->mark = given ? given->number : 0;
	if (!engine->mark)
		engine->mark = plan_number(engine, CAMEX_A_DEV_FWMARK);
	for (uint32_t i = 0; !engine->mark && i < MARKS; i++)
		if (is_table_free(engine, FIRST_MARK + i))
			engine->mark = FIRST_MARK + i;
	if (!engine->mark)
		return fault_set(engine->fault,
				 "no table is free for the default route");
	return 0;
}

/* Give the device the mark, whatever fwmark the file has. */
static int put_mark(struct engine *engine, unsigned int line)
{
	struct values *values = &engine->config->values;
	struct value *mark = values_get(values, "fwmark");

	if (!mark && values->n == VALUES_MAX)
		return fault_set(engine->fault, "too many keywords");
	if (!mark)
		mark = config_put(values, TAKES_DEV_ADD, "fwmark", "");
	snprintf(engine->mark_text, sizeof(engine->mark_text), "0x%x",
		 engine->mark);
	if (mark->number == engine->mark)
		return 0;
	mark->text = engine->mark_text;
	mark->number = engine->mark;
	mark->line = line;
	return 0;
}

int plan_tables(struct engine *engine)
{
	struct config *config = engine->config;
	const struct value *table = values_get(&config->values, "table");
	unsigned int line = plan_find_default(config, AF_INET);

	engine->table = RT_TABLE_MAIN;
	if (!(engine->flags & ENGINE_LINK) || engine->flags & ENGINE_PROFILE)
		return 0;
	if (table && table->number != TABLE_AUTO)
		engine->table = table->number;
	if (!line)
		line = plan_find_default(config, AF_INET6);
	if (table && table->number != TABLE_AUTO)
		line = 0;
	if (!line && !plan_number(engine, CAMEX_A_DEV_FWMARK))
		return 0;
	/* without a default route: an existing one may have to be removed */
	if (plan_read_rules(&engine->route, &engine->rules, engine->fault))
		return ini_fault(&config->ini, line, engine->fault);
	if (!line)
		return 0;
	if (engine->rules.unknown)
		fault_set(
			engine->fault,
			"a default route takes policy rules, which the kernel lacks: table off or table N does without");
	if (engine->rules.unknown || find_mark(engine))
		return ini_fault(&config->ini, line, engine->fault);
	/* the other protocols send without a route */
	return plan_has_far(engine) ? 0 : put_mark(engine, line);
}

/* --- routes --- */

static int plan_route(struct engine *engine, enum change_kind kind,
		      const struct prefix *prefix, uint32_t table,
		      unsigned int line)
{
	struct change *change = plan_change(engine, kind, NULL, line);

	if (!change)
		return -1;
	change->prefix = *prefix;
	change->table = table;
	return 0;
}

static bool has_route(const struct link_routes *list,
		      const struct prefix *prefix, uint32_t table)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->list[i].table == table &&
		    !prefix_compare(&list->list[i].prefix, prefix))
			return true;
	return false;
}

/*
 * Skip networks of addresses: the kernel adds these routes by itself, except for a single
 * IPv4 address, and would refuse or duplicate ours.
 */
static bool is_own_network(const struct engine *engine,
			   const struct prefix *prefix)
{
	if (engine->table != RT_TABLE_MAIN)
		return false;
	/* like wg-quick: no route for a prefix inside such a network */
	if (engine->config->quick && plan_is_near(engine->config, prefix))
		return true;
	return plan_has_address(engine->config, prefix, true) &&
	       (prefix->addr.family != AF_INET || prefix->len < 32);
}

static int plan_route_adds(struct engine *engine,
			   const struct link_routes *present,
			   enum change_kind kind)
{
	const struct config *config = engine->config;

	for (size_t i = 0; i < config->n_peers; i++) {
		const struct value *routes = kernel_routes(&config->peers[i]);

		for (size_t r = 0; routes && r < routes->prefixes.n; r++) {
			const struct prefix *prefix = &routes->prefixes.list[r];
			uint32_t table = table_of(engine, prefix);

			if (table && !is_own_network(engine, prefix) &&
			    !has_route(present, prefix, table) &&
			    plan_route(engine, kind, prefix, table,
				       routes->line))
				return -1;
		}
	}
	return 0;
}

static bool is_kernel_route(const struct config *config,
			    const struct prefix *prefix)
{
	for (size_t i = 0; i < config->n_peers; i++) {
		const struct value *routes = kernel_routes(&config->peers[i]);

		if (routes && prefixes_have(&routes->prefixes, prefix))
			return true;
	}
	return false;
}

/*
 * May camexctl have added this route? Not a default route in main, unless the file asks for it.
 */
static bool is_ours(const struct link_route *route)
{
	if (route->table != RT_TABLE_MAIN)
		return route->own;
	return route->prefix.len;
}

/* Remove only kernel routes that a peer has had: others were added by somebody else. */
static int plan_route_dels(struct engine *engine,
			   const struct link_routes *present)
{
	for (size_t i = 0; i < present->n; i++) {
		const struct link_route *route = &present->list[i];
		bool had = false;

		if (!is_ours(route) ||
		    (route->table == table_of(engine, &route->prefix) &&
		     is_kernel_route(engine->config, &route->prefix)))
			continue;
		for (size_t p = 0; p < engine->device->n_peers && !had; p++) {
			const struct model_peer *peer =
				&engine->device->peers[p];
			const struct prefixes routes = { peer->routes,
							 peer->n_routes };

			had = prefixes_have(&routes, &route->prefix);
		}
		if (had && plan_route(engine, CHANGE_ROUTE_DEL, &route->prefix,
				      route->table, 0))
			return -1;
	}
	return 0;
}

int plan_routes(struct engine *engine, bool restore)
{
	const struct link_routes none = {};
	struct link_routes *present = &engine->routes;
	int status;

	if (engine->device &&
	    link_routes(&engine->route, engine->ifindex, present))
		return fault_set(engine->fault,
				 "the routes of the link cannot be read");
	if ((!engine->device || engine->device->down) &&
	    !plan_change(engine, CHANGE_LINK_UP, NULL, engine->config->line))
		return -1;
	status = plan_route_adds(engine, present, CHANGE_ROUTE_ADD);
	if (!status && restore)
		status = plan_route_adds(engine, &none, CHANGE_ROUTE_RESTORE);
	if (!status)
		status = plan_rules(engine);
	if (!status && engine->device)
		status = plan_route_dels(engine, present);
	return status;
}

int plan_handed_routes(struct engine *engine, const struct config *was)
{
	const struct config *config = engine->config;
	const struct link_routes none = {};
	bool moved = was && memcmp(&was->gateway, &config->gateway,
				   sizeof(was->gateway)) != 0;

	for (size_t i = 0; was && i < was->n_peers; i++) {
		const struct value *routes = kernel_routes(&was->peers[i]);

		for (size_t r = 0; r < routes->prefixes.n; r++) {
			const struct prefix *prefix = &routes->prefixes.list[r];

			if ((moved || !is_kernel_route(config, prefix)) &&
			    plan_route(engine, CHANGE_ROUTE_DEL, prefix,
				       RT_TABLE_MAIN, 0))
				return -1;
		}
	}
	return plan_route_adds(engine, &none, CHANGE_ROUTE_VIA);
}

/* Does a peer of the device have a default route of a family? */
static bool has_default(const struct model_device *device, uint8_t family)
{
	for (size_t p = 0; p < device->n_peers; p++) {
		const struct model_peer *peer = &device->peers[p];

		if (model_is(peer->tb[CAMEX_A_PEER_REGISTER],
			     CAMEX_REGISTER_AUTO))
			continue;
		for (size_t r = 0; r < peer->n_routes; r++)
			if (!peer->routes[r].len &&
			    peer->routes[r].addr.family == family)
				return true;
	}
	return false;
}

int routes_find_table(struct engine *engine, uint32_t *table)
{
	uint32_t mark = plan_number(engine, CAMEX_A_DEV_FWMARK);
	bool any = false, all = true;

	*table = TABLE_AUTO;
	if (plan_read_rules(&engine->route, &engine->rules, engine->fault))
		return -1;
	for (size_t i = 0; i < sizeof(families); i++) {
		if (!has_default(engine->device, families[i]))
			continue;
		any = true;
		all &= mark && plan_find_rule(engine, families[i], mark, 0);
	}
	if (any && all)
		return 0;
	if (link_routes(&engine->route, engine->ifindex, &engine->routes))
		return fault_set(engine->fault,
				 "the routes of the link cannot be read");
	if (any)
		*table = 0;
	for (size_t i = 0; i < engine->routes.n; i++)
		if (engine->routes.list[i].own)
			*table = engine->routes.list[i].table;
	return 0;
}
