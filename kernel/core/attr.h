/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink attributes that several layers read and write: addresses and prefixes. */
#ifndef CAMEX_ATTR_H
#define CAMEX_ATTR_H

#include <linux/camex.h>
#include <net/netlink.h>

struct camex_addr;
struct camex_dev;
struct camex_prefix;
struct genl_info;

extern const struct nla_policy camex_prefix_policy[CAMEX_A_PREFIX_MAX + 1];
/* Policies of the nests that belong to one protocol; defined in the protocol's folder. */
extern const struct nla_policy camex_wg_dev_policy[CAMEX_A_WG_DEV_MAX + 1];
extern const struct nla_policy camex_wg_peer_policy[CAMEX_A_WG_PEER_MAX + 1];

int camex_attr_once(const struct nlattr *head, int len, int maxtype,
		    struct netlink_ext_ack *extack);
int camex_attr_addr(struct camex_addr *addr, const struct nlattr *attr,
		    struct netlink_ext_ack *extack);
int camex_attr_put_addr(struct sk_buff *msg, int type,
			const struct camex_addr *addr);
int camex_attr_require(struct genl_info *info, int outer, struct nlattr **tb,
		       int type, const char *what);
int camex_attr_prefix(struct camex_prefix *prefix, struct genl_info *info,
		      const struct nlattr *outer, const struct nlattr *attr,
		      const struct nlattr *len, int addr_type, int len_type);
int camex_attr_prefix_nest(struct camex_prefix *prefix, struct genl_info *info,
			   const struct nlattr *nest, bool profile);
bool camex_nl_privileged(const struct sk_buff *skb, const struct camex_dev *cdev);

#endif /* CAMEX_ATTR_H */
