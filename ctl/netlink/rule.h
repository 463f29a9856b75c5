/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Policy rules, which select the routing table of a packet. */
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
 * @priority: its priority; lower numbers come first
 * @table: the table to look up
 * @mark: the mark that it matches; 0: none
 * @others: it matches packets without that mark instead
 * @specific: it ignores a default route in the table
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
 * @list: unsorted
 * @n: number of rules
 * @unknown: the kernel has no policy rules
 */
struct link_rules {
	struct link_rule *list;
	size_t n;
	bool unknown;
};

/* Over a connection of conn_open_route(). Returns 0, or -1 with the reason. */
int rule_add(struct conn *conn, const struct link_rule *rule,
	     struct fault *fault);
int rule_del(struct conn *conn, const struct link_rule *rule,
	     struct fault *fault);

/* Read all rules of all families. Returns 0 or -1. */
int rule_read(struct conn *conn, struct link_rules *rules);

#endif /* CAMEXCTL_RULE_H */
