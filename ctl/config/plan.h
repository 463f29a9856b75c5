/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Pieces of the plan. Each returns 0, or -1 with the reason, unless it says more. */
#ifndef CAMEXCTL_PLAN_H
#define CAMEXCTL_PLAN_H

#include "config/change.h"

/* A new change at the end of the list; NULL with the reason. */
struct change *plan_change(struct engine *engine, enum change_kind kind,
			   const char *peer, unsigned int line);

/* The same for a prefix. */
int plan_prefix(struct engine *engine, enum change_kind kind,
		const struct prefix *prefix, unsigned int line);

/* Room for the keywords of a change, NULL: there is none; and one of them. */
int plan_values(struct engine *engine, struct change *change);
int plan_pair(struct engine *engine, struct change *change,
	      const struct value *now, const struct value *before);

/* Drop the newest change if no keyword changes. */
void plan_drop_empty(struct engine *engine);

/* A number that the device has; 0: there is no device, or it has none. */
uint32_t plan_number(const struct engine *engine, uint16_t attr);

/* Whether a peer has "register auto". */
bool plan_is_auto(struct values *values);

/* Whether one far end comes with the device: its peer is neither added nor removed. */
bool plan_has_far(struct engine *engine);

/*
 * The value that a keyword is to have: a copy of the one among @values, or its default;
 * @peer is the peer's keywords, NULL: it is about the device. 1; 0: it stays as it is.
 */
int plan_wanted(struct engine *engine, struct values *values,
		struct values *peer, const struct keyword *keyword,
		struct value *value);

/* Add a keyword to a change if the object with these attributes has another value. */
int plan_compare(struct engine *engine, struct change *change,
		 struct values *values, struct values *peer,
		 const struct keyword *keyword, struct nlattr *const *tb);

/* The device; its MTU and addresses: 1 if some are removed, and routes with them. */
int plan_device(struct engine *engine);
int plan_link(struct engine *engine);

/* What a server hands out, in the place of what it handed out before. */
int plan_handed_out(struct engine *engine);

/* The link's state and the kernel's routes; @restore: add them all again. */
int plan_routes(struct engine *engine, bool restore);

#endif /* CAMEXCTL_PLAN_H */
