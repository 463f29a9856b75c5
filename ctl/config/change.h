/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Single changes of a device: making, undoing and reporting them. */
#ifndef CAMEXCTL_CHANGE_H
#define CAMEXCTL_CHANGE_H

#include "config/config.h"
#include "config/engine.h"
#include "netlink/link.h"
#include "netlink/model.h"
#include "netlink/nl.h"
#include "netlink/rule.h"

/* Kinds of changes, in the order in which they are made. */
enum change_kind {
	CHANGE_DEV_ADD,
	CHANGE_HOOK, /* hooks of the file: before all other changes, and after them */
	CHANGE_DEV_SET,
	CHANGE_MTU,
	CHANGE_ADDRESS_ADD,
	CHANGE_ADDRESS_DEL,
	CHANGE_ROUTES_SHRINK, /* routes taken from a peer, so that other peers can have them */
	CHANGE_PEER_ADD,
	CHANGE_PEER_SET,
	CHANGE_LINK_UP,
	CHANGE_ROUTE_ADD, /* a kernel route */
	CHANGE_ROUTE_RESTORE,
	CHANGE_RULE_ADD, /* the policy rules that lead to the default route */
	CHANGE_RULE_DEL,
	CHANGE_FIREWALL, /* the firewall of a default route; it may exist already */
	CHANGE_FIREWALL_DEL,
	CHANGE_ROUTE_DEL,
	CHANGE_DNS, /* name servers; the resolver does not tell whether they are new */
	CHANGE_ROUTE_VIA, /* a kernel route of a server's profile */
	CHANGE_PROFILE,	  /* the profile that a server hands out */
	/* cannot be undone: the kernel does not return keys */
	CHANGE_KEY_SET,
	CHANGE_KEY_DEL,
	CHANGE_PRIVATE_KEY,
	CHANGE_PRESHARED,
	CHANGE_PRESHARED_AGAIN, /* a key that may be the same as before */
	CHANGE_PEER_DEL,
	CHANGE_PEER_AGAIN, /* a peer whose key another peer had before */
};

/**
 * struct change - a single change
 * @kind: its kind
 * @peer: the peer that it is about, or NULL
 * @line: line of the file that asks for it; 0: none
 * @now: keywords that change, with their new values
 * @before: the same keywords with their present values
 * @given: @now is owned by the file
 * @prefix: an address or a prefix
 * @table: of a kernel route, or the mark of a firewall
 * @rule: a policy rule
 * @hook: a command of the file
 * @mtu: an MTU
 * @last: no later change gives the peer more routes; for a firewall: it exists already
 */
struct change {
	enum change_kind kind;
	const char *peer;
	unsigned int line;
	struct values *now;
	struct values *before;
	bool given;
	struct prefix prefix;
	uint32_t table;
	struct link_rule rule;
	const struct config_hook *hook;
	uint32_t mtu;
	bool last;
};

/**
 * struct engine - one run of the engine
 * @config: the wanted state
 * @device: the existing device; NULL: there is none yet
 * @flags: enum engine_flags
 * @ifindex: its index; 0: not known yet
 * @camex: connection to the camex family
 * @route: connection to routing netlink
 * @changes: all changes, sorted by kind
 * @n: their number
 * @added: peers that are added
 * @changed: peers that change
 * @removed: peers that are removed
 * @routes: existing kernel routes through the link
 * @rules: existing policy rules
 * @table: table for the kernel's routes; 0: no routes are wanted
 * @mark: the mark of the device's datagrams, and the table of default routes; 0: they
 *	are in @table as well
 * @mark_text: @mark, as text
 * @fault: the reason when it fails
 */
struct engine {
	struct config *config;
	struct model_device *device;
	unsigned int flags;
	int ifindex;
	struct conn *camex;
	struct conn route;
	struct change *changes;
	size_t n;
	unsigned int added;
	unsigned int changed;
	unsigned int removed;
	struct link_routes routes;
	struct link_rules rules;
	uint32_t table;
	uint32_t mark;
	char mark_text[12];
	struct fault *fault;
};

/* Fill the list of changes, in plan.c. Returns 0, or -1 with the reason. */
int plan_changes(struct engine *engine);

/* Make a change, or undo it. Returns 0, or -1 with the reason. */
int change_make(struct engine *engine, const struct change *change);
int change_undo(struct engine *engine, const struct change *change);

/* Print a change without a newline, unless its kind is not reported. */
void change_print(FILE *out, const struct change *change);

/* Does the change stay when the device is deleted? */
bool change_outlives_device(const struct change *change);

/* The words for a change that cannot be undone. */
const char *change_name(const struct change *change);

void change_wipe(struct change *change);

#endif /* CAMEXCTL_CHANGE_H */
