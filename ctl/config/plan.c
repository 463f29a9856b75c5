/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Compares the wanted state with the device, and makes a list of changes, in the order
 * in which they are to be made.
 */
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/camex.h>

#include "config/plan.h"

/**
 * struct pair - a peer in the file and on the device
 * @wanted: the file's; NULL: the peer is removed
 * @running: the device's; NULL: the peer is added
 * @kept: routes that stay
 * @changed: the peer changes
 * @late: the peer has the key of a removed one, so it is added after the removals
 */
struct pair {
	struct config_peer *wanted;
	const struct model_peer *running;
	struct prefixes kept;
	bool changed;
	bool late;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return strcasecmp(x->wanted ? x->wanted->name : x->running->name,
			  y->wanted ? y->wanted->name : y->running->name);
}

static struct pair *find_pairs(struct engine *engine, size_t *n)
{
	struct config *config = engine->config;
	size_t n_running = engine->device ? engine->device->n_peers : 0, all;
	struct pair *list =
		calloc(config->n_peers + n_running + 1, sizeof(*list));

	*n = config->n_peers;
	if (!list) {
		fault_set(engine->fault, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < config->n_peers; i++)
		list[i].wanted = &config->peers[i];
	for (size_t i = 0; i < n_running; i++)
		list[(*n)++].running = &engine->device->peers[i];
	if (!engine->device)
		return list;
	qsort(list, *n, sizeof(*list), compare_pairs);
	all = *n;
	*n = 0;
	for (size_t i = 0; i < all; i++) {
		struct pair *pair = &list[(*n)++];

		*pair = list[i];
		if (i + 1 < all && !compare_pairs(pair, &list[i + 1])) {
			i++;
			if (list[i].wanted)
				pair->wanted = list[i].wanted;
			else
				pair->running = list[i].running;
		}
		if (pair->wanted && pair->wanted->gone)
			pair->wanted = NULL;
		else if (!pair->wanted && engine->flags & ENGINE_SOME)
			pair->running = NULL;
		if (!pair->wanted && !pair->running)
			--*n;
	}
	return list;
}

/* Public keys of the peers that are removed. */
static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, CAMEX_KEY_LEN);
}

/* Add a peer late if its key belongs to a peer that is removed. */
static int find_late(struct engine *engine, struct pair *list, size_t n)
{
	uint8_t(*keys)[CAMEX_KEY_LEN] = calloc(n + 1, sizeof(*keys));
	const struct keyword *keyword =
		keyword_find("public-key", TAKES_PEER_ADD);
	size_t n_keys = 0;

	if (!keys)
		return fault_set(engine->fault, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct value key;

		if (!list[i].running || list[i].wanted)
			continue;
		value_get(&key, keyword, list[i].running->tb);
		memcpy(keys[n_keys++], key.key, sizeof(key.key));
	}
	qsort(keys, n_keys, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < n && n_keys; i++) {
		const struct value *key =
			list[i].running ? NULL :
					  values_get(&list[i].wanted->values,
						     "public-key");

		list[i].late |= key && bsearch(key->key, keys, n_keys,
					       sizeof(*keys), compare_keys);
	}
	free(keys);
	return 0;
}

/* Replace a peer by another one with the same name. */
static int split_pairs(struct engine *engine, struct pair *list, size_t *n)
{
	for (size_t i = 0, all = *n; i < all; i++) {
		struct pair *pair = &list[i];
		int another = pair->wanted && pair->running ?
				      plan_is_another(engine, pair->wanted,
						      pair->running) :
				      0;

		if (another < 0)
			return -1;
		if (!another)
			continue;
		list[(*n)++] =
			(struct pair){ .wanted = pair->wanted, .late = true };
		pair->wanted = NULL;
	}
	return find_late(engine, list, *n);
}

/* Get the wanted routes of a peer. Returns as plan_wanted(). */
static int wanted_routes(struct engine *engine, const struct pair *pair,
			 struct value *routes)
{
	const struct keyword *keyword = keyword_find("routes", TAKES_PEER_SET);
	int status;

	*routes = (struct value){ .keyword = keyword, .text = "none" };
	if (!pair->wanted)
		return !plan_has_far(engine);
	status = plan_wanted(engine, &pair->wanted->values,
			     &pair->wanted->values, keyword, routes);
	if (status > 0 && routes->prefixes.n)
		qsort(routes->prefixes.list, routes->prefixes.n,
		      sizeof(*routes->prefixes.list), prefix_compare);
	return status;
}

/* Are both sorted lists equal? */
static bool same_prefixes(const struct prefixes *a, const struct prefixes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (prefix_compare(&a->list[i], &b->list[i]) != 0)
			return false;
	return true;
}

static void intersect_prefixes(struct prefixes *kept, const struct prefixes *a,
			       const struct prefixes *b)
{
	for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
		int order = prefix_compare(&a->list[i], &b->list[j]);

		if (!order)
			kept->list[kept->n++] = a->list[i];
		i += order <= 0;
		j += order >= 0;
	}
}

/* Plan the removal of routes that a peer loses, so that other peers can have them. */
static int plan_shrink(struct engine *engine, struct pair *pair)
{
	const struct model_peer *running = pair->running;
	struct prefixes present = { running->routes, running->n_routes };
	struct value wanted, now, before;
	struct change *change;
	int status = wanted_routes(engine, pair, &wanted);

	pair->kept.list = calloc(present.n + 1, sizeof(*present.list));
	if (!pair->kept.list)
		return fault_set(engine->fault, "out of memory");
	if (status <= 0) {
		for (size_t i = 0; i < present.n; i++)
			pair->kept.list[i] = present.list[i];
		pair->kept.n = present.n;
		return status;
	}
	intersect_prefixes(&pair->kept, &present, &wanted.prefixes);
	now = before = wanted;
	now.prefixes = pair->kept;
	before.prefixes = present;
	status = 0;
	if (pair->kept.n < present.n) {
		change = plan_change(engine, CHANGE_ROUTES_SHRINK,
				     running->name,
				     pair->wanted ? pair->wanted->line : 0);
		status = plan_values(engine, change);
		if (!status) {
			change->last = pair->wanted &&
				       wanted.prefixes.n == pair->kept.n;
			status = plan_pair(engine, change, &now, &before);
		}
	}
	value_wipe(&wanted);
	return status;
}

static int plan_add(struct engine *engine, struct pair *pair)
{
	struct config_peer *peer = pair->wanted;
	bool comes = plan_has_far(engine) && !strcasecmp(peer->name, "far");
	struct change *change;

	change = plan_change(engine,
			     comes	? CHANGE_PEER_SET :
			     pair->late ? CHANGE_PEER_AGAIN :
					  CHANGE_PEER_ADD,
			     peer->name, peer->line);
	if (!change)
		return -1;
	change->now = &peer->values;
	change->given = true;
	return 0;
}

/* The kernel accepts another cipher only with the public key, which may be the same as before. */
static int plan_key_of_cipher(struct engine *engine, struct change *change,
			      struct values *values, struct nlattr *const *tb)
{
	const struct value *key = values_get(values, "public-key");
	struct value before;
	int status;

	if (!key || !values_get(change->now, "cipher") ||
	    values_get(change->now, "public-key"))
		return 0;
	value_get(&before, key->keyword, tb);
	status = plan_pair(engine, change, key, &before);
	value_wipe(&before);
	return status;
}

/* Plan all changes of a peer, except of its key. */
static int plan_set(struct engine *engine, struct pair *pair)
{
	const struct model_peer *running = pair->running;
	struct values *values = &pair->wanted->values;
	struct value routes, before;
	struct change *change;
	int status;

	change = plan_change(engine, CHANGE_PEER_SET, running->name,
			     pair->wanted->line);
	if (plan_values(engine, change))
		return -1;
	for (const struct keyword *k = keywords; k->name; k++)
		if (k->takes & TAKES_PEER_SET && !keyword_is_secret(k) &&
		    strcmp(k->name, "routes") != 0 &&
		    plan_compare(engine, change, values, values, k,
				 running->tb))
			return -1;
	if (plan_key_of_cipher(engine, change, values, running->tb))
		return -1;
	status = wanted_routes(engine, pair, &routes);
	before = routes;
	before.prefixes = pair->kept;
	if (status > 0) {
		status = same_prefixes(&routes.prefixes, &pair->kept) ?
				 0 :
				 plan_pair(engine, change, &routes, &before);
		value_wipe(&routes);
	}
	if (!status)
		plan_drop_empty(engine);
	return status;
}

/* Plan all keys of a peer, since the kernel does not return them. */
static int plan_keys(struct engine *engine, struct pair *pair)
{
	return plan_key(engine, pair->wanted, pair->running) ||
			       plan_preshared(engine, pair->wanted,
					      pair->running) ?
		       -1 :
		       0;
}

static int plan_delete(struct engine *engine, const struct pair *pair)
{
	if (plan_has_far(engine))
		return 0;
	return plan_change(engine, CHANGE_PEER_DEL, pair->running->name, 0) ?
		       0 :
		       -1;
}

/* Will address and routes come from servers (register auto)? */
static int plan_profile(struct engine *engine, const struct pair *pair)
{
	if (!plan_is_auto(&pair->wanted->values) ||
	    (pair->running && model_is(pair->running->tb[CAMEX_A_PEER_REGISTER],
				       CAMEX_REGISTER_AUTO)))
		return 0;
	return plan_change(
		       engine, CHANGE_PROFILE, pair->wanted->name,
		       values_get(&pair->wanted->values, "register")->line) ?
		       0 :
		       -1;
}

/* Plan something for a peer, and note whether that changes it. */
static int plan_change_of(struct engine *engine, struct pair *pair,
			  int (*plan)(struct engine *engine, struct pair *pair))
{
	size_t n = engine->n;
	int status = plan(engine, pair);

	pair->changed |= engine->n > n;
	return status;
}

/* Plan one kind of change after the other, each for all peers. */
static int plan_pairs(struct engine *engine, struct pair *pairs, size_t n,
		      bool restore)
{
	int status = 0;

	for (size_t i = 0; i < n && !status; i++)
		if (pairs[i].running)
			status = plan_change_of(engine, &pairs[i], plan_shrink);
	for (size_t i = 0; i < n && !status; i++)
		if (pairs[i].wanted && !pairs[i].running && !pairs[i].late)
			status = plan_add(engine, &pairs[i]);
	for (size_t i = 0; i < n && !status; i++)
		if (pairs[i].running && pairs[i].wanted)
			status = plan_change_of(engine, &pairs[i], plan_set);
	if (!status && engine->flags & ENGINE_LINK)
		status = plan_routes(engine, restore);
	if (!status && engine->config->n_dns &&
	    !plan_change(engine, CHANGE_DNS, NULL, engine->config->dns_line))
		status = -1;
	for (size_t i = 0; i < n && !status; i++)
		if (pairs[i].wanted && engine->flags & ENGINE_LINK)
			status = plan_profile(engine, &pairs[i]);
	if (!status)
		status = plan_hooks(engine, HOOK_POST_UP);
	if (!status)
		status = plan_private_key(engine);
	for (size_t i = 0; i < n && !status; i++)
		if (pairs[i].running && pairs[i].wanted)
			status = plan_change_of(engine, &pairs[i], plan_keys);
	for (size_t i = 0; i < n && !status; i++) {
		struct pair *pair = &pairs[i];

		engine->added += !pair->running;
		engine->removed += !pair->wanted;
		engine->changed += pair->wanted && pair->changed;
		if (pair->running && !pair->wanted)
			status = plan_delete(engine, pair);
	}
	for (size_t i = 0; i < n && !status; i++)
		if (pairs[i].late && pairs[i].wanted)
			status = plan_add(engine, &pairs[i]);
	return status;
}

int plan_changes(struct engine *engine)
{
	struct pair *pairs;
	size_t n;
	int status, restore;

	if (plan_tables(engine) || plan_device(engine) ||
	    plan_hooks(engine, HOOK_PRE_UP))
		return -1;
	if (engine->flags & ENGINE_PROFILE)
		return plan_handed_out(engine);
	restore = plan_link(engine);
	if (restore < 0)
		return -1;
	pairs = find_pairs(engine, &n);
	if (!pairs)
		return -1;
	status = split_pairs(engine, pairs, &n);
	if (!status)
		status = plan_pairs(engine, pairs, n, restore);
	for (size_t i = 0; i < n; i++)
		free(pairs[i].kept.list);
	free(pairs);
	return status;
}
