/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Plans keys, none of which the kernel returns. */
#include <netlink/attr.h>

#include <linux/camex.h>

#include "config/plan.h"

/* Plan one keyword, from the wanted value and what is known of the present one. */
static int plan_secret(struct engine *engine, enum change_kind kind,
		       const char *peer, unsigned int line,
		       const struct value *now, const struct value *before)
{
	struct change *change = plan_change(engine, kind, peer, line);

	if (plan_values(engine, change))
		return -1;
	return now ? plan_pair(engine, change, now, before) : 0;
}

int plan_key(struct engine *engine, const struct config_peer *peer,
	     const struct model_peer *running)
{
	const struct value *given = NULL;
	struct value before;

	for (size_t i = 0; i < peer->values.n; i++)
		if (peer->values.list[i].keyword->takes & TAKES_KEY_SET)
			given = &peer->values.list[i];
	if (!given && !running->tb[CAMEX_A_PEER_FINGERPRINT])
		return 0;
	if (given)
		value_get(&before, given->keyword, running->tb);
	if (given && value_equal(given, &before))
		return 0;
	return plan_secret(engine, given ? CHANGE_KEY_SET : CHANGE_KEY_DEL,
			   running->name, peer->line, given, &before);
}

static bool is_wireguard(const struct engine *engine)
{
	return plan_number(engine, CAMEX_A_DEV_PROTOCOL) ==
	       CAMEX_PROTOCOL_WIREGUARD;
}

int plan_preshared(struct engine *engine, const struct config_peer *peer,
		   const struct model_peer *running)
{
	const struct keyword *keyword =
		keyword_find("preshared-key-file", TAKES_PEER_ADD);
	struct config_peer *at = (struct config_peer *)peer;
	const struct value *given = values_get(&at->values, keyword->name);
	struct value none = { .keyword = keyword, .text = "none" }, before;
	unsigned int line = given ? given->line : peer->line;

	if (!is_wireguard(engine))
		return 0;
	if (!given)
		given = &none;
	value_get(&before, keyword, running->tb);
	if (!given->secret.given && !before.secret.given)
		return 0;
	/* the kernel only tells whether there is one */
	return plan_secret(engine,
			   value_equal(given, &before) ?
				   CHANGE_PRESHARED_AGAIN :
				   CHANGE_PRESHARED,
			   running->name, line, given, &before);
}

int plan_private_key(struct engine *engine)
{
	const struct value *given =
		values_get(&engine->config->values, "private-key-file");
	struct value before;

	/* if the file has no such key, a hook or the user has set it: keep it */
	if (!given || !engine->device)
		return 0;
	value_get(&before, given->keyword, engine->device->tb);
	if (value_equal(given, &before))
		return 0;
	return plan_secret(engine, CHANGE_PRIVATE_KEY, NULL, given->line, given,
			   &before);
}

/* Does a keyword that cannot change have another value in the file? */
static int differs(struct engine *engine, struct values *values,
		   const char *name, struct nlattr *const *tb)
{
	const struct keyword *keyword = keyword_find(name, TAKES_PEER_ADD);
	struct value now, before;
	int status = plan_wanted(engine, values, values, keyword, &now);
	bool differ;

	if (status <= 0)
		return status;
	value_get(&before, keyword, tb);
	differ = !value_equal(&now, &before);
	value_wipe(&now);
	value_wipe(&before);
	return differ;
}

int plan_is_another(struct engine *engine, const struct config_peer *peer,
		    const struct model_peer *running)
{
	struct config_peer *at = (struct config_peer *)peer;
	int status;

	/* a single peer cannot be replaced, but can get another key */
	if (!is_wireguard(engine) || plan_has_far(engine))
		return 0;
	status = differs(engine, &at->values, "public-key", running->tb);
	if (!status)
		status = differs(engine, &at->values, "cipher", running->tb);
	return status < 0 ? ini_fault(&engine->config->ini, peer->line,
				      engine->fault) :
			    status;
}
