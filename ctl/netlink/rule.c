/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/link.h"
#include "netlink/rule.h"
#include "text/list.h"

/* Protocol of our rules. "ip rule" uses "boot" for its own. */
#define OWN_PROTOCOL RTPROT_STATIC

static struct nl_msg *rule_message(uint16_t type, int flags,
				   const struct link_rule *rule)
{
	const struct fib_rule_hdr header = {
		.family = rule->family,
		.action = FR_ACT_TO_TBL,
		.flags = rule->others ? FIB_RULE_INVERT : 0,
	};
	struct nl_msg *msg;

	msg = link_header_message(type, flags, &header, sizeof(header));
	if (msg &&
	    (nla_put_u32(msg, FRA_TABLE, rule->table) < 0 ||
	     nla_put_u32(msg, FRA_PRIORITY, rule->priority) < 0 ||
	     nla_put_u8(msg, FRA_PROTOCOL, OWN_PROTOCOL) < 0 ||
	     (rule->mark && nla_put_u32(msg, FRA_FWMARK, rule->mark) < 0) ||
	     (rule->specific &&
	      nla_put_u32(msg, FRA_SUPPRESS_PREFIXLEN, 0) < 0))) {
		message_free(msg);
		return NULL;
	}
	return msg;
}

int rule_add(struct conn *conn, const struct link_rule *rule,
	     struct fault *fault)
{
	return link_send(conn,
			 rule_message(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL,
				      rule),
			 NULL, fault);
}

int rule_del(struct conn *conn, const struct link_rule *rule,
	     struct fault *fault)
{
	return link_send(conn, rule_message(RTM_DELRULE, 0, rule), NULL, fault);
}

/* The list while it is read, and whether memory has run out. */
struct rule_collection {
	struct link_rules *rules;
	bool failed;
};

static uint32_t number_of(const struct nlattr *attr, uint32_t otherwise)
{
	return attr && nla_len(attr) == 4 ? nla_get_u32(attr) : otherwise;
}

static int collect_rule(struct nlmsghdr *hdr, void *arg)
{
	const struct fib_rule_hdr *header = nlmsg_data(hdr);
	struct rule_collection *to = arg;
	struct link_rules *rules = to->rules;
	struct nlattr *tb[FRA_MAX + 1];
	struct link_rule *rule;

	if (nlmsg_parse(hdr, sizeof(*header), tb, FRA_MAX, NULL) < 0)
		return 0;
	rule = list_add(&rules->list, &rules->n, sizeof(*rule));
	to->failed |= !rule;
	if (!rule)
		return 0;
	*rule = (struct link_rule){
		.family = header->family,
		.priority = number_of(tb[FRA_PRIORITY], 0),
		.table = number_of(tb[FRA_TABLE], header->table),
		.mark = number_of(tb[FRA_FWMARK], 0),
		.others = header->flags & FIB_RULE_INVERT,
		.specific = !number_of(tb[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX),
		.own = tb[FRA_PROTOCOL] &&
		       nla_get_u8(tb[FRA_PROTOCOL]) == OWN_PROTOCOL,
	};
	return 0;
}

int rule_read(struct conn *conn, struct link_rules *rules)
{
	const struct fib_rule_hdr header = { .family = AF_UNSPEC };
	struct rule_collection to = { rules, false };
	int error;

	*rules = (struct link_rules){};
	error = link_request_list(conn, RTM_GETRULE, &header, sizeof(header),
				  collect_rule, &to);
	rules->unknown = error == EOPNOTSUPP;
	return to.failed || (error && !rules->unknown) ? -1 : 0;
}
