/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family, and what it shares with rtnetlink. */
#ifndef CAMEX_NETLINK_H
#define CAMEX_NETLINK_H

#include <linux/camex.h>
#include <net/netlink.h>

#include "core/attr.h"

struct camex_addr;
struct camex_settings;
struct camex_dev;
struct camex_fdb_entry;
struct camex_peer;
struct camex_prefix;
struct genl_family;
struct genl_info;
struct net_device;

extern const struct nla_policy camex_dev_policy[CAMEX_A_DEV_MAX + 1];
extern const struct nla_policy camex_dev_set_policy[CAMEX_A_DEV_MAX + 1];
extern const struct nla_policy camex_op_device[CAMEX_A_IFNAME + 1];
extern const struct nla_policy camex_op_dev_set[CAMEX_A_DEV + 1];
extern const struct nla_policy camex_op_peer[CAMEX_A_PEER + 1];
extern const struct nla_policy camex_op_peer_name[CAMEX_A_PEER + 1];
extern const struct nla_policy camex_op_key_set[CAMEX_A_PEER + 1];
extern const struct nla_policy camex_op_route_add[CAMEX_A_ROUTE + 1];
extern const struct nla_policy camex_op_route_del[CAMEX_A_ROUTE + 1];
extern const struct nla_policy camex_op_fdb[CAMEX_A_FDB + 1];

extern struct genl_family camex_family;

int camex_netlink_init(void);
void camex_netlink_exit(void);
int camex_rtnl_link_init(void);
void camex_rtnl_link_exit(void);

struct net_device *camex_nl_find_dev(struct net *net, struct nlattr **attrs,
				     struct netlink_ext_ack *extack);
struct camex_peer *camex_nl_named_peer(struct camex_dev *cdev,
				       struct genl_info *info,
				       struct nlattr **tb);
struct camex_peer *camex_nl_find_peer(struct camex_dev *cdev,
				      const struct nlattr *name,
				      struct netlink_ext_ack *extack);
int camex_nl_nest(struct nlattr **tb, int maxtype, struct genl_info *info,
		  int type);
int camex_nl_request_once(const struct nlmsghdr *nlh,
			  struct netlink_ext_ack *extack);

int camex_nl_check_peers(const struct camex_dev *cdev, const struct nlattr *name,
			 struct netlink_ext_ack *extack);
int camex_nl_check_routes(struct camex_dev *cdev, const struct camex_prefix *prefixes,
			  unsigned int n, const struct nlattr *attr,
			  struct netlink_ext_ack *extack);
int camex_nl_set(struct sk_buff *skb, struct genl_info *info);
int camex_nl_get(struct sk_buff *skb, struct genl_info *info);
int camex_nl_dump_devs(struct sk_buff *msg, struct netlink_callback *cb);
int camex_nl_dump_peers(struct sk_buff *msg, struct netlink_callback *cb);
int camex_nl_dump_routes(struct sk_buff *msg, struct netlink_callback *cb);
int camex_nl_dump_fdb(struct sk_buff *msg, struct netlink_callback *cb);
int camex_nl_fdb_add(struct camex_dev *cdev, struct genl_info *info);
int camex_nl_fdb_del(struct camex_dev *cdev, struct genl_info *info);
int camex_nl_put_fdb(struct sk_buff *msg, const struct camex_fdb_entry *entry);
void camex_nl_send_event(struct camex_peer *peer, enum camex_event event);
void camex_nl_tell_dev(struct net_device *dev, enum camex_event event);
int camex_nl_events_init(void);
void camex_nl_events_exit(void);

int camex_attr_name(const struct nlattr *attr, struct netlink_ext_ack *extack);
int camex_attr_not_owned(struct camex_dev *cdev,
			 const struct camex_prefix *prefix,
			 const struct camex_peer *peer,
			 const struct nlattr *attr,
			 struct netlink_ext_ack *extack);
int camex_attr_has_routes(const struct camex_dev *cdev, const struct nlattr *attr,
			  struct netlink_ext_ack *extack);
int camex_attr_routes(struct camex_dev *cdev, const struct camex_peer *peer,
		      struct genl_info *info, const struct nlattr *routes,
		      struct camex_prefix **list, unsigned int *n);
int camex_attr_endpoint(struct camex_dev *cdev, const struct camex_peer *peer,
			struct genl_info *info, struct nlattr **tb,
			struct camex_addr *addr);
int camex_attr_key(const struct camex_dev *cdev, struct genl_info *info,
		   struct nlattr **tb);
int camex_owned_dev_check(const struct camex_settings *conf, struct nlattr **tb,
			  struct netlink_ext_ack *extack);
int camex_owned_peer_check(const struct camex_dev *cdev, struct nlattr **tb,
			   struct netlink_ext_ack *extack);
int camex_nl_put_dev_name(struct sk_buff *msg, const struct net_device *dev);
int camex_nl_put_whole_dev(struct sk_buff *msg, const struct camex_dev *cdev, bool privileged);
int camex_nl_put_peer(struct sk_buff *msg, const struct camex_peer *peer,
		      bool privileged);
int camex_nl_put_dev(struct sk_buff *msg, const struct camex_dev *cdev, bool secrets);
int camex_nl_put_transport(struct sk_buff *msg, const struct camex_peer *peer);
size_t camex_nl_dev_size(const struct camex_dev *cdev);

#endif /* CAMEX_NETLINK_H */
