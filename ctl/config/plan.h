/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Parts of the plan. Each returns 0, or -1 with the reason, unless noted otherwise. */
#ifndef CAMEXCTL_PLAN_H
#define CAMEXCTL_PLAN_H

#include "config/change.h"

/* Append a change to the list. Returns NULL with the reason. */
struct change *plan_change(struct engine *engine, enum change_kind kind,
			   const char *peer, unsigned int line);

/* Append a change of an address. */
int plan_prefix(struct engine *engine, enum change_kind kind,
		const struct prefix *prefix, unsigned int line);

/* Allocate room for the keywords of a change (NULL without memory), and add a keyword. */
int plan_values(struct engine *engine, struct change *change);
int plan_pair(struct engine *engine, struct change *change,
	      const struct value *now, const struct value *before);

/* Remove the last change if it has no keywords. */
void plan_drop_empty(struct engine *engine);

/* Get a number of the device; 0 if there is no device, or no such number. */
uint32_t plan_number(const struct engine *engine, uint16_t attr);

/* Does a peer have "register auto"? */
bool plan_is_auto(struct values *values);

/* Does the device have a single peer, which is neither added nor removed? */
bool plan_has_far(struct engine *engine);

/*
 * Get the wanted value of a keyword: a copy of the one in @values, or its default.
 * @peer has the keywords of the peer; NULL for the device. Returns 1, or 0 if it is not to change.
 */
int plan_wanted(struct engine *engine, struct values *values,
		struct values *peer, const struct keyword *keyword,
		struct value *value);

/* Add a keyword to a change if its value differs from that in the attributes. */
int plan_compare(struct engine *engine, struct change *change,
		 struct values *values, struct values *peer,
		 const struct keyword *keyword, struct nlattr *const *tb);

/* Plan the device; plan its MTU and addresses (returns 1 if any is removed, with its routes). */
int plan_device(struct engine *engine);
int plan_link(struct engine *engine);

/* Plan a server's profile, in place of its previous one. */
int plan_handed_out(struct engine *engine);

/* Does the file have an address, or with @network the network of one? */
bool plan_has_address(const struct config *config, const struct prefix *prefix,
		      bool network);

/* Is a prefix inside the network of an address of the file? */
bool plan_is_near(const struct config *config, const struct prefix *prefix);

/*
 * Choose the table of the kernel's routes, and the mark by which the device's datagrams are told
 * from inner packets. Called first, because the device gets the mark.
 */
int plan_tables(struct engine *engine);

/* Plan the link's state, kernel routes and policy rules; @restore: add all routes again. */
int plan_routes(struct engine *engine, bool restore);

/* Get the line that asks for a default route of a family; 0 if none does. */
unsigned int plan_find_default(const struct config *config, uint8_t family);

/* Read all policy rules; plan those of default routes; plan the firewall for them. */
int plan_read_rules(struct conn *route, struct link_rules *rules,
		    struct fault *fault);
int plan_rules(struct engine *engine);

/*
 * Find the rule that leads to the table of a mark or, with mark 0, the one of that priority that
 * looks up main first. NULL if camexctl has added none.
 */
const struct link_rule *plan_find_rule(const struct engine *engine,
				       uint8_t family, uint32_t mark,
				       uint32_t priority);

/* Plan the kernel routes of a server's profile, in place of the previous ones (or NULL). */
int plan_handed_routes(struct engine *engine, const struct config *was);

/* Delete the rules of a device with that mark. Returns 0, or -1 with the reason. */
int routes_forget_rules(struct conn *route, uint32_t mark, struct fault *fault);

/* Get the value of "table" for the running device: TABLE_AUTO, a table or, for off, 0. */
int routes_find_table(struct engine *engine, uint32_t *table);

/* Plan the hooks of a time, if the device is new. */
int plan_hooks(struct engine *engine, enum hook_when when);

/* Plan the keys of an existing peer, and the private key of the device. */
int plan_key(struct engine *engine, const struct config_peer *peer,
	     const struct model_peer *running);
int plan_preshared(struct engine *engine, const struct config_peer *peer,
		   const struct model_peer *running);
int plan_private_key(struct engine *engine);

/*
 * Does a peer of protocol wireguard have another public key or cipher in the file? Then it must
 * be replaced, unless it is the single peer of its device. Returns 1, 0, or -1 with the reason.
 */
int plan_is_another(struct engine *engine, const struct config_peer *peer,
		    const struct model_peer *running);

#endif /* CAMEXCTL_PLAN_H */
