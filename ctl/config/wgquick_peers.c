/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The peers of a file of wg-quick(8): their names, and prefixes listed twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/wgquick.h"
#include "text/parse.h"

/* Make a peer's name from a comment, with hyphens for blanks. NULL if that is no name. */
static char *name_of_comment(const char *comment)
{
	struct fault fault;
	char *name;

	if (!comment || !*comment)
		return NULL;
	name = strdup(comment);
	for (char *at = name; at && *at; at++)
		if (*at == ' ' || *at == '\t')
			*at = '-';
	if (name && !parse_peer_name(name, &fault))
		return name;
	free(name);
	return NULL;
}

/**
 * struct names - a hash of the names given so far
 * @slots: names by hash; NULL: free
 * @mask: number of slots, a power of 2, minus one
 */
struct names {
	const char **slots;
	size_t mask;
};

/* Add a name. False if another peer has it. */
static bool add_name(struct names *names, const char *name)
{
	size_t at = peer_name_hash(name) & names->mask;

	for (; names->slots[at]; at = (at + 1) & names->mask)
		if (!strcasecmp(names->slots[at], name))
			return false;
	names->slots[at] = name;
	return true;
}

/* Name a peer by the start of its public key: 8 characters, or more to be unique. */
static char *name_of_key(struct names *names, const uint8_t *key)
{
	char text[SECRET_BASE64];

	key_base64(key, text);
	for (char *at = text; *at; at++)
		if (*at == '/')
			*at = '_';
	for (size_t len = 8; len <= CAMEX_NAME_MAX; len++) {
		char *name = strndup(text, len);

		if (!name || add_name(names, name))
			return name;
		free(name);
	}
	return NULL;
}

static int name_peer(struct config *config, struct names *names,
		     struct config_peer *peer, const char *comment,
		     struct fault *fault)
{
	const struct value *key = values_get(&peer->values, "public-key");
	char *name;

	if (!key) {
		fault_set(fault, "[Peer] lacks its PublicKey");
		return ini_fault(&config->ini, peer->line, fault);
	}
	name = name_of_comment(comment);
	if (name && !add_name(names, name)) {
		free(name);
		name = NULL;
	}
	if (!name)
		name = name_of_key(names, key->key);
	peer->name = config_keep(config, name);
	return peer->name ? 0 : fault_set(fault, "out of memory");
}

int quick_name_peers(struct config *config, struct fault *fault)
{
	struct names names = { NULL, 15 };
	size_t nth = 0;
	int status = 0;

	while (names.mask < 2 * config->n_peers)
		names.mask = 2 * names.mask + 1;
	names.slots = calloc(names.mask + 1, sizeof(*names.slots));
	if (!names.slots)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < config->ini.n_sections && !status; i++) {
		const struct ini_section *section = &config->ini.sections[i];

		if (!strcmp(section->kind->name, "Peer"))
			status = name_peer(config, &names,
					   &config->peers[nth++],
					   section->comment, fault);
	}
	free(names.slots);
	return status;
}

static const struct value *key_of(const struct config_peer *peer)
{
	struct config_peer *at = (struct config_peer *)peer;

	return values_get(&at->values, "public-key");
}

static int compare_peers(const void *a, const void *b)
{
	const struct config_peer *const *x = a, *const *y = b;
	int order = memcmp(key_of(*x)->key, key_of(*y)->key, CAMEX_KEY_LEN);

	return order ? order : (*x < *y ? -1 : *x > *y);
}

int quick_check_keys(const struct config *config, struct fault *fault)
{
	const struct config_peer **list =
		calloc(config->n_peers + 1, sizeof(void *));
	int status = 0;

	if (!list)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < config->n_peers; i++)
		list[i] = &config->peers[i];
	qsort(list, config->n_peers, sizeof(void *), compare_peers);
	for (size_t i = 0; i + 1 < config->n_peers && !status; i++) {
		if (memcmp(key_of(list[i])->key, key_of(list[i + 1])->key,
			   CAMEX_KEY_LEN) != 0)
			continue;
		fault_set(
			fault,
			"this PublicKey is given twice, first in line %u",
			list[i]->line);
		status = ini_fault(&config->ini, list[i + 1]->line, fault);
	}
	free(list);
	return status;
}

/**
 * struct claim - a prefix that a peer of the file lists
 * @prefix: the prefix
 * @peer: index of the peer
 * @nth: index among the peer's prefixes
 */
struct claim {
	struct prefix prefix;
	size_t peer;
	size_t nth;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	if (!order && x->peer != y->peer)
		order = x->peer < y->peer ? -1 : 1;
	return order ? order : (x->nth < y->nth ? -1 : x->nth > y->nth);
}

static struct value *peer_routes(struct config *config, size_t peer)
{
	return values_get(&config->peers[peer].values, "routes");
}

/* Delete prefixes whose length was replaced by a marker. */
static void drop_marked(struct prefixes *prefixes)
{
	size_t n = 0;

	for (size_t i = 0; i < prefixes->n; i++)
		if (prefixes->list[i].len != UINT8_MAX)
			prefixes->list[n++] = prefixes->list[i];
	prefixes->n = n;
}

/* WireGuard gives a prefix to the last peer that lists it. */
static void drop_claims(struct config *config, struct claim *claims, size_t n)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i + 1 < n; i++) {
		const struct claim *claim = &claims[i], *next = &claims[i + 1];
		struct value *routes = peer_routes(config, claim->peer);

		if (prefix_compare(&claim->prefix, &next->prefix) != 0)
			continue;
		if (claim->peer != next->peer)
			complain(
				"warning: %s:%u: %s goes to peer %s, the last one that has it",
				config->ini.name, routes->line,
				prefix_text(&claim->prefix, text),
				config->peers[next->peer].name);
		routes->prefixes.list[claim->nth].len = UINT8_MAX;
	}
}

int quick_settle_claims(struct config *config, struct fault *fault)
{
	struct claim *claims;
	size_t all = 0, n = 0;

	for (size_t p = 0; p < config->n_peers; p++)
		if (peer_routes(config, p))
			all += peer_routes(config, p)->prefixes.n;
	claims = calloc(all + 1, sizeof(*claims));
	if (!claims)
		return fault_set(fault, "out of memory");
	for (size_t p = 0; p < config->n_peers; p++) {
		const struct value *routes = peer_routes(config, p);

		for (size_t i = 0; routes && i < routes->prefixes.n; i++)
			claims[n++] = (struct claim){ routes->prefixes.list[i],
						      p, i };
	}
	qsort(claims, n, sizeof(*claims), compare_claims);
	drop_claims(config, claims, n);
	free(claims);
	for (size_t p = 0; p < config->n_peers; p++)
		if (peer_routes(config, p))
			drop_marked(&peer_routes(config, p)->prefixes);
	return 0;
}
