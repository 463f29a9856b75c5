/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Policy rules: which table of routes a packet is looked up in. */
#ifndef CAMEXCTL_RULE_H
#define CAMEXCTL_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/nl.h"
#include "text/fault.h"

/**
 * struct link_rule - a policy rule
 * @family: AF_INET or AF_INET6
 * @priority: its place; lower ones come first
 * @table: the table to look up
 * @mark: the mark that it is about; 0: none
 * @others: it is about all packets without that mark
 * @specific: a default route in the table does not count
 * @own: camexctl has added it
 */
struct link_rule {
	uint8_t family;
	uint32_t priority;
	uint32_t table;
	uint32_t mark;
	bool others;
	bool specific;
	bool own;
};

/**
 * struct link_rules - a list of them; free its @list
 * @list: in no order
 * @n: how many
 * @unknown: the kernel has no policy rules
 */
struct link_rules {
	struct link_rule *list;
	size_t n;
	bool unknown;
};

/* Over a connection of conn_open_route(). 0, or -1 with what the kernel says. */
int rule_add(struct conn *conn, const struct link_rule *rule,
	     struct fault *fault);
int rule_del(struct conn *conn, const struct link_rule *rule,
	     struct fault *fault);

/* All rules of all families. 0 or -1. */
int rule_read(struct conn *conn, struct link_rules *rules);

#endif /* CAMEXCTL_RULE_H */
