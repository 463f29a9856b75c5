/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family, and what it shares with rtnetlink. */
#ifndef CAMEX_NETLINK_H
#define CAMEX_NETLINK_H

#include <linux/camex.h>
#include <net/netlink.h>

struct camex_addr;
struct camex_dev;
struct camex_prefix;

extern const struct nla_policy camex_dev_policy[CAMEX_A_DEV_MAX + 1];
extern const struct nla_policy camex_dev_set_policy[CAMEX_A_DEV_MAX + 1];
extern const struct nla_policy camex_op_device[CAMEX_A_IFNAME + 1];
extern const struct nla_policy camex_op_dev_set[CAMEX_A_DEV + 1];
extern const struct nla_policy camex_op_peer_add[CAMEX_A_PEER + 1];
extern const struct nla_policy camex_op_peer_set[CAMEX_A_PEER + 1];
extern const struct nla_policy camex_op_peer_name[CAMEX_A_PEER + 1];
extern const struct nla_policy camex_op_key_set[CAMEX_A_PEER + 1];
extern const struct nla_policy camex_op_route_add[CAMEX_A_ROUTE + 1];
extern const struct nla_policy camex_op_route_del[CAMEX_A_ROUTE + 1];
extern const struct nla_policy camex_prefix_policy[CAMEX_A_PREFIX_MAX + 1];

int camex_netlink_init(void);
void camex_netlink_exit(void);
void camex_netlink_events(struct work_struct *work);

int camex_nl_once(const struct nlattr *head, int len, int maxtype,
		  int repeats, struct netlink_ext_ack *extack);
int camex_nl_addr(struct camex_addr *addr, const struct nlattr *attr,
		  struct netlink_ext_ack *extack);
int camex_nl_put_addr(struct sk_buff *msg, int type,
		      const struct camex_addr *addr);
int camex_nl_put_dev(struct sk_buff *msg, const struct camex_dev *cdev);
size_t camex_nl_dev_size(void);

#endif /* CAMEX_NETLINK_H */
