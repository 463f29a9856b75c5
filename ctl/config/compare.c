/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Compares the wanted value of a keyword with the present one. */
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "config/plan.h"
#include "text/list.h"

/* default keepalive of protocol camex for a peer with an endpoint */
#define KEEPALIVE "10"

struct change *plan_change(struct engine *engine, enum change_kind kind,
			   const char *peer, unsigned int line)
{
	struct change *change =
		list_add(&engine->changes, &engine->n, sizeof(*change));

	if (change)
		*change = (struct change){ .kind = kind,
					   .peer = peer,
					   .line = line };
	else
		fault_set(engine->fault, "out of memory");
	return change;
}

int plan_prefix(struct engine *engine, enum change_kind kind,
		const struct prefix *prefix, unsigned int line)
{
	struct change *change = plan_change(engine, kind, NULL, line);

	if (!change)
		return -1;
	change->prefix = *prefix;
	return 0;
}

/* Allocate room for the keywords of a change. */
int plan_values(struct engine *engine, struct change *change)
{
	if (!change)
		return -1;
	change->now = calloc(1, sizeof(*change->now));
	change->before = calloc(1, sizeof(*change->before));
	if (!change->now || !change->before)
		return fault_set(engine->fault, "out of memory");
	return 0;
}

int plan_pair(struct engine *engine, struct change *change,
	      const struct value *now, const struct value *before)
{
	if (value_copy(&change->now->list[change->now->n++], now) ||
	    value_copy(&change->before->list[change->before->n++], before))
		return fault_set(engine->fault, "out of memory");
	return 0;
}

void plan_drop_empty(struct engine *engine)
{
	struct change *change = &engine->changes[engine->n - 1];

	if (change->now->n)
		return;
	change_wipe(change);
	engine->n--;
}

/* --- wanted values --- */

uint32_t plan_number(const struct engine *engine, uint16_t attr)
{
	return engine->device ?
		       (uint32_t)model_number(engine->device->tb[attr]) :
		       0;
}

static const struct value *find_given(const struct values *values,
				      const struct keyword *keyword)
{
	for (size_t i = 0; i < values->n; i++)
		if (values->list[i].keyword == keyword)
			return &values->list[i];
	return NULL;
}

bool plan_is_auto(struct values *values)
{
	const struct value *value = values_get(values, "register");

	return value && value->number == CAMEX_REGISTER_AUTO;
}

/* Does the device have a single peer, which is neither added nor removed? */
bool plan_has_far(struct engine *engine)
{
	const struct value *given =
		values_get(&engine->config->values, "transport");
	uint32_t transport = plan_number(engine, CAMEX_A_DEV_TRANSPORT);

	if (!engine->device && given)
		transport = given->number;
	return (engine->device || given) &&
	       (transport == CAMEX_TRANSPORT_SERIAL ||
		transport == CAMEX_TRANSPORT_CHAR);
}

/*
 * Get the default text of a keyword that is not in the file, for a peer, or with peer
 * NULL for the device. NULL: leave the present value.
 */
static const char *default_text(struct engine *engine, struct values *peer,
				const struct keyword *keyword)
{
	bool camex = plan_number(engine, CAMEX_A_DEV_PROTOCOL) ==
		     CAMEX_PROTOCOL_CAMEX;
	const char *name = keyword->name;

	if (!(engine->flags & ENGINE_DEFAULTS))
		return NULL;
	if (!peer && !strcmp(name, "source-check"))
		return plan_number(engine, CAMEX_A_DEV_LINK) ==
					       CAMEX_LINK_TUN &&
				       plan_number(engine, CAMEX_A_DEV_LINKS) ==
					       CAMEX_LINKS_SHARED ?
			       "on" :
			       NULL;
	if (!peer)
		return keyword->initial;
	if (!strcmp(name, "routes") && plan_has_far(engine))
		return NULL;
	/* the server decides this */
	if (keyword->attr >= CAMEX_A_PEER_PROFILE_ADDRESS &&
	    keyword->attr <= CAMEX_A_PEER_PROFILE_ROUTES && plan_is_auto(peer))
		return NULL;
	if (!strcmp(name, "routes") && plan_is_auto(peer))
		return "any";
	if (!strcmp(name, "register"))
		return camex && values_get(peer, "endpoint") ? "manual" : "off";
	/* peers that register with auto get keepalives too */
	if (!strcmp(name, "keepalive"))
		return !camex			    ? "0" :
		       values_get(peer, "endpoint") ? KEEPALIVE :
						      NULL;
	return keyword->initial;
}

/*
 * Get the wanted value of a keyword: a copy of the given one, or its default.
 * Returns 1, 0 if it is not to change, or -1 with the reason.
 */
int plan_wanted(struct engine *engine, struct values *values,
		struct values *peer, const struct keyword *keyword,
		struct value *value)
{
	const struct value *given = find_given(values, keyword);
	const char *text = given ? NULL : default_text(engine, peer, keyword);

	if (given)
		return value_copy(value, given) ?
			       fault_set(engine->fault, "out of memory") :
			       1;
	if (!text)
		return 0;
	*value = (struct value){ .keyword = keyword, .text = text };
	return value_read(value, engine->fault) ? -1 : 1;
}

int plan_compare(struct engine *engine, struct change *change,
		 struct values *values, struct values *peer,
		 const struct keyword *keyword, struct nlattr *const *tb)
{
	struct value now, before;
	int status;

	/* without the attribute the object has no such setting */
	if (!find_given(values, keyword) &&
	    !tb[keyword->within ? keyword->within : keyword->attr])
		return 0;
	status = plan_wanted(engine, values, peer, keyword, &now);
	if (status <= 0)
		return status;
	value_get(&before, keyword, tb);
	status = 0;
	if (value_equal(&now, &before))
		;
	else if (!peer && !(keyword->takes & TAKES_DEV_SET))
		status = fault_set(
			engine->fault,
			"%s %s: a running device keeps its %s: camexctl down and up change it",
			keyword->name, now.text, keyword->name);
	else
		status = plan_pair(engine, change, &now, &before);
	if (status)
		ini_fault(&engine->config->ini,
			  now.line ? now.line : engine->config->line,
			  engine->fault);
	value_wipe(&now);
	value_wipe(&before);
	return status;
}
