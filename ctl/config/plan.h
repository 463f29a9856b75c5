/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Pieces of the plan. Each returns 0, or -1 with the reason, unless it says more. */
#ifndef CAMEXCTL_PLAN_H
#define CAMEXCTL_PLAN_H

#include "config/change.h"

/* A new change at the end of the list; NULL with the reason. */
struct change *plan_change(struct engine *engine, enum change_kind kind,
			   const char *peer, unsigned int line);

/* The same for an address. */
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

/* Whether the file gives an address, or with @network the network of one. */
bool plan_has_address(const struct config *config, const struct prefix *prefix,
		      bool network);

/* Whether a prefix is inside the network of an address of the file. */
bool plan_is_near(const struct config *config, const struct prefix *prefix);

/*
 * Which table the kernel's routes go to, and which mark tells the device's datagrams
 * from what they carry: first of all, because the device gets the mark.
 */
int plan_tables(struct engine *engine);

/* The link's state, the kernel's routes and policy rules; @restore: add the routes again. */
int plan_routes(struct engine *engine, bool restore);

/* The line that asks for a default route of a family; 0: none does. */
unsigned int plan_find_default(const struct config *config, uint8_t family);

/* All policy rules, and those of default routes; what the firewall has to do with them. */
int plan_read_rules(struct conn *route, struct link_rules *rules,
		    struct fault *fault);
int plan_rules(struct engine *engine);

/*
 * The rule that leads to the table of a mark or, with mark 0, the one of that priority
 * that lets main go first; NULL: there is none that camexctl has added.
 */
const struct link_rule *plan_find_rule(const struct engine *engine,
				       uint8_t family, uint32_t mark,
				       uint32_t priority);

/* The routes that a server hands out, in the place of those that it did before, NULL: none. */
int plan_handed_routes(struct engine *engine, const struct config *was);

/* Delete the rules that were added for a device with that mark. 0, or -1 with the reason. */
int routes_forget_rules(struct conn *route, uint32_t mark, struct fault *fault);

/* What "table" would say of the running device: TABLE_AUTO, a table or, for off, 0. */
int routes_find_table(struct engine *engine, uint32_t *table);

/* The hooks of a time, if the device is new. */
int plan_hooks(struct engine *engine, enum hook_when when);

/* The keys of a peer that is there, and the private key of the device. */
int plan_key(struct engine *engine, const struct config_peer *peer,
	     const struct model_peer *running);
int plan_preshared(struct engine *engine, const struct config_peer *peer,
		   const struct model_peer *running);
int plan_private_key(struct engine *engine);

/*
 * Whether a peer of protocol wireguard has another public key or cipher in the file: it is
 * another peer then. 1, 0, or -1 with the reason.
 */
int plan_is_another(struct engine *engine, const struct config_peer *peer,
		    const struct model_peer *running);

#endif /* CAMEXCTL_PLAN_H */
