/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The plan for the device itself, its link and the kernel's routes. */
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "config/plan.h"
#include "netlink/link.h"

int plan_device(struct engine *engine)
{
	struct config *config = engine->config;
	struct change *change;

	change = plan_change(engine,
			     engine->device ? CHANGE_DEV_SET : CHANGE_DEV_ADD,
			     NULL, config->line);
	if (!change)
		return -1;
	if (!engine->device) {
		change->now = &config->values;
		change->given = true;
		return 0;
	}
	if (plan_values(engine, change))
		return -1;
	for (const struct keyword *k = keywords; k->name; k++)
		if (k->takes & TAKES_DEV_ADD && !keyword_is_secret(k) &&
		    plan_compare(engine, change, &config->values, NULL, k,
				 engine->device->tb))
			return -1;
	plan_drop_empty(engine);
	return 0;
}

static bool has_prefix(const struct prefixes *list, const struct prefix *prefix)
{
	for (size_t i = 0; i < list->n; i++)
		if (!prefix_compare(&list->list[i], prefix))
			return true;
	return false;
}

/* Whether the file gives an address, or with @network the network of one. */
static bool has_address(const struct config *config,
			const struct prefix *prefix, bool network)
{
	for (size_t i = 0; i < config->values.n; i++) {
		const struct value *value = &config->values.list[i];

		if (value->keyword->type != &type_addresses)
			continue;
		for (size_t a = 0; a < value->prefixes.n; a++) {
			struct prefix address = value->prefixes.list[a];

			if (network)
				prefix_mask(&address);
			if (!prefix_compare(&address, prefix))
				return true;
		}
	}
	return false;
}

static bool any_auto(const struct config *config)
{
	for (size_t i = 0; i < config->n_peers; i++)
		if (plan_is_auto(&config->peers[i].values))
			return true;
	return false;
}

/* Add those that the link lacks. */
static int plan_addresses(struct engine *engine, const struct prefixes *present)
{
	const struct values *values = &engine->config->values;

	for (size_t i = 0; i < values->n; i++) {
		const struct value *value = &values->list[i];

		if (value->keyword->type != &type_addresses)
			continue;
		for (size_t a = 0; a < value->prefixes.n; a++)
			if (!has_prefix(present, &value->prefixes.list[a]) &&
			    plan_prefix(engine, CHANGE_ADDRESS_ADD,
					&value->prefixes.list[a], value->line))
				return -1;
	}
	return 0;
}

static int plan_mtu(struct engine *engine)
{
	const struct value *mtu = values_get(&engine->config->values, "mtu");
	struct change *change;

	if (!mtu || (engine->device &&
		     mtu->number == plan_number(engine, CAMEX_A_DEV_MTU)))
		return 0;
	change = plan_change(engine, CHANGE_MTU, NULL, mtu->line);
	if (!change)
		return -1;
	change->mtu = mtu->number;
	return 0;
}

/* The addresses of the link, all of them or those that somebody has set. */
static int read_addresses(struct engine *engine, bool all,
			  struct prefixes *addresses)
{
	if (engine->device &&
	    link_addresses(&engine->route, engine->ifindex, all, addresses))
		return fault_set(engine->fault,
				 "the addresses of the link cannot be read");
	return 0;
}

int plan_link(struct engine *engine)
{
	struct prefixes present = {}, fixed = {};
	bool link = engine->flags & ENGINE_LINK;
	bool removes = link && !any_auto(engine->config);
	int status, removed = 0;

	/* first: a small MTU takes IPv6 addresses away */
	status = plan_mtu(engine);
	if (!status && (link || values_get(&engine->config->values, "address")))
		status = read_addresses(engine, true, &present);
	if (!status)
		status = plan_addresses(engine, &present);
	if (!status && removes)
		status = read_addresses(engine, false, &fixed);
	/* what a server hands out is not in the file */
	for (size_t i = 0; i < fixed.n && !status; i++) {
		if (has_address(engine->config, &fixed.list[i], false))
			continue;
		status = plan_prefix(engine, CHANGE_ADDRESS_DEL, &fixed.list[i],
				     0);
		removed = 1;
	}
	free(present.list);
	free(fixed.list);
	return status ? -1 : removed;
}

/*
 * The kernel adds a route to the network of each address by itself, but not for a
 * single IPv4 address: a second route would be refused, or stand beside it.
 */
static bool is_own_network(const struct config *config,
			   const struct prefix *prefix)
{
	return has_address(config, prefix, true) &&
	       (prefix->addr.family != AF_INET || prefix->len < 32);
}

/* The routes of a peer that the kernel gets too; a default route is not ours to add. */
static const struct value *kernel_routes(const struct config_peer *peer)
{
	struct config_peer *at = (struct config_peer *)peer;
	const struct value *routes = values_get(&at->values, "routes");

	return routes && strcmp(routes->text, "any") != 0 ? routes : NULL;
}

static int plan_route_adds(struct engine *engine,
			   const struct prefixes *present,
			   enum change_kind kind)
{
	const struct config *config = engine->config;

	for (size_t i = 0; i < config->n_peers; i++) {
		const struct value *routes = kernel_routes(&config->peers[i]);

		for (size_t r = 0; routes && r < routes->prefixes.n; r++) {
			const struct prefix *prefix = &routes->prefixes.list[r];

			if (!is_own_network(config, prefix) &&
			    !has_prefix(present, prefix) &&
			    plan_prefix(engine, kind, prefix, routes->line))
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

		if (routes && has_prefix(&routes->prefixes, prefix))
			return true;
	}
	return false;
}

/* Of the kernel's routes only those go that a peer has had: others are not ours. */
static int plan_route_dels(struct engine *engine,
			   const struct prefixes *present)
{
	for (size_t i = 0; i < engine->device->n_peers; i++) {
		const struct model_peer *peer = &engine->device->peers[i];

		for (size_t r = 0; r < peer->n_routes; r++)
			if (has_prefix(present, &peer->routes[r]) &&
			    peer->routes[r].len &&
			    !is_kernel_route(engine->config,
					     &peer->routes[r]) &&
			    plan_prefix(engine, CHANGE_ROUTE_DEL,
					&peer->routes[r], 0))
				return -1;
	}
	return 0;
}

int plan_routes(struct engine *engine, bool restore)
{
	const struct prefixes none = {};
	struct prefixes *present = &engine->routes;
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
	if (!status && engine->device)
		status = plan_route_dels(engine, present);
	return status;
}

/* The address that a server handed out before, and does not any more. */
static int plan_old_address(struct engine *engine, const struct config *was)
{
	struct values *values = (struct values *)&was->values;
	const struct value *value = values_get(values, "address");

	if (!value ||
	    has_address(engine->config, &value->prefixes.list[0], false))
		return 0;
	return plan_prefix(engine, CHANGE_ADDRESS_DEL, &value->prefixes.list[0],
			   0);
}

static int plan_old_routes(struct engine *engine, const struct config *was)
{
	const struct config *config = engine->config;
	bool moved = memcmp(&was->gateway, &config->gateway,
			    sizeof(was->gateway)) != 0;

	for (size_t i = 0; i < was->n_peers; i++) {
		const struct value *routes = kernel_routes(&was->peers[i]);

		for (size_t r = 0; r < routes->prefixes.n; r++) {
			const struct prefix *prefix = &routes->prefixes.list[r];

			if ((moved || !is_kernel_route(config, prefix)) &&
			    plan_prefix(engine, CHANGE_ROUTE_DEL, prefix, 0))
				return -1;
		}
	}
	return 0;
}

int plan_handed_out(struct engine *engine)
{
	const struct config *was = engine->config->was;
	const struct prefixes none = {};
	struct prefixes present = {};
	int status = plan_mtu(engine);

	if (!status)
		status = read_addresses(engine, true, &present);
	/* first: the first address of a network takes the others along when it goes */
	if (!status && was)
		status = plan_old_address(engine, was);
	if (!status)
		status = plan_addresses(engine, &present);
	if (!status && was)
		status = plan_old_routes(engine, was);
	if (!status)
		status = plan_route_adds(engine, &none, CHANGE_ROUTE_VIA);
	free(present.list);
	return status;
}
