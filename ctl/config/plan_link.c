/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Plans the device itself and its link. */
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

bool plan_has_address(const struct config *config, const struct prefix *prefix,
		      bool network)
{
	const struct prefix *given;
	unsigned int line;

	for (size_t i = 0; (given = config_address(config, i, &line)); i++) {
		struct prefix address = *given;

		if (network)
			prefix_mask(&address);
		if (!prefix_compare(&address, prefix))
			return true;
	}
	return false;
}

bool plan_is_near(const struct config *config, const struct prefix *prefix)
{
	const struct prefix *given;
	unsigned int line;

	for (size_t i = 0; (given = config_address(config, i, &line)); i++)
		if (prefix_within(prefix, given))
			return true;
	return false;
}

static bool any_auto(const struct config *config)
{
	for (size_t i = 0; i < config->n_peers; i++)
		if (plan_is_auto(&config->peers[i].values))
			return true;
	return false;
}

/* Add the addresses that the link lacks. */
static int plan_addresses(struct engine *engine, const struct prefixes *present)
{
	const struct config *config = engine->config;
	const struct prefix *given;
	unsigned int line;

	for (size_t i = 0; (given = config_address(config, i, &line)); i++)
		if (!prefixes_have(present, given) &&
		    plan_prefix(engine, CHANGE_ADDRESS_ADD, given, line))
			return -1;
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

/* Read the addresses of the link: all, or those that were set by a user. */
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

	/* before the addresses: the kernel deletes IPv6 addresses at a small MTU */
	status = plan_mtu(engine);
	if (!status && (link || values_get(&engine->config->values, "address")))
		status = read_addresses(engine, true, &present);
	if (!status)
		status = plan_addresses(engine, &present);
	if (!status && removes)
		status = read_addresses(engine, false, &fixed);
	/* the address comes from a server, not from the file */
	for (size_t i = 0; i < fixed.n && !status; i++) {
		if (plan_has_address(engine->config, &fixed.list[i], false))
			continue;
		status = plan_prefix(engine, CHANGE_ADDRESS_DEL, &fixed.list[i],
				     0);
		removed = 1;
	}
	free(present.list);
	free(fixed.list);
	return status ? -1 : removed;
}

/* Remove the address of the previous profile if it has changed. */
static int plan_old_address(struct engine *engine, const struct config *was)
{
	struct values *values = (struct values *)&was->values;
	const struct value *value = values_get(values, "address");

	if (!value ||
	    plan_has_address(engine->config, &value->prefixes.list[0], false))
		return 0;
	return plan_prefix(engine, CHANGE_ADDRESS_DEL, &value->prefixes.list[0],
			   0);
}

int plan_handed_out(struct engine *engine)
{
	const struct config *was = engine->config->was;
	struct prefixes present = {};
	int status = plan_mtu(engine);

	if (!status)
		status = read_addresses(engine, true, &present);
	/* first: deleting the first address of a network deletes the others too */
	if (!status && was)
		status = plan_old_address(engine, was);
	if (!status)
		status = plan_addresses(engine, &present);
	if (!status)
		status = plan_handed_routes(engine, was);
	free(present.list);
	return status;
}

int plan_hooks(struct engine *engine, enum hook_when when)
{
	const struct config *config = engine->config;

	for (size_t i = 0; i < config->n_hooks; i++) {
		const struct config_hook *hook = &config->hooks[i];
		struct change *change;

		if (hook->when != when || !(engine->flags & ENGINE_CREATE))
			continue;
		change = plan_change(engine, CHANGE_HOOK, NULL, hook->line);
		if (!change)
			return -1;
		change->hook = hook;
	}
	return 0;
}
