/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * WireGuard's own netlink interface, if the module parameter wireguard is set: the link kind and
 * the generic netlink family that wg and similar programs use. <linux/wireguard.h> describes both.
 */
#ifndef CAMEX_NETLINK_WIREGUARD_H
#define CAMEX_NETLINK_WIREGUARD_H

#include <linux/wireguard.h>
#include <net/netlink.h>

struct camex_dev;
struct genl_family;
struct genl_info;

/* 6.16: a request can remove an allowed IP from a peer. Older headers lack the definitions. */
#define CAMEX_WG_A_ALLOWEDIP_FLAGS	(WGALLOWEDIP_A_CIDR_MASK + 1)
#define CAMEX_WG_A_ALLOWEDIP_MAX	CAMEX_WG_A_ALLOWEDIP_FLAGS
#define CAMEX_WG_F_ALLOWEDIP_REMOVE	BIT(0)

extern struct genl_family camex_wgtools_family;

int camex_wgtools_init(void);
void camex_wgtools_exit(void);
int camex_wgtools_link_init(void);
void camex_wgtools_link_exit(void);
bool camex_wgtools_owns(const struct camex_dev *cdev);
struct camex_dev *camex_wgtools_find(struct sk_buff *request, struct nlattr **attrs);
int camex_wgtools_get_start(struct netlink_callback *cb);
int camex_wgtools_get(struct sk_buff *msg, struct netlink_callback *cb);
int camex_wgtools_set(struct sk_buff *skb, struct genl_info *info);

#endif /* CAMEX_NETLINK_WIREGUARD_H */
