/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink attributes of protocol wireguard: see camex_protocol_ops. */
#ifndef CAMEX_WG_ATTRIBUTES_H
#define CAMEX_WG_ATTRIBUTES_H

#include <net/netlink.h>

struct camex_dev;
struct camex_peer;
struct genl_info;

int camex_wg_dev_check(struct camex_dev *cdev, struct nlattr **tb,
		       struct netlink_ext_ack *extack);
int camex_wg_dev_set(struct camex_dev *cdev, struct nlattr **tb,
		     struct netlink_ext_ack *extack);
int camex_wg_dev_fill(const struct camex_dev *cdev, struct sk_buff *msg, bool secrets);
int camex_wg_peer_check(struct camex_dev *cdev, struct camex_peer *peer,
			struct nlattr **tb, struct genl_info *info);
int camex_wg_peer_set(struct camex_peer *peer, struct nlattr **tb,
		      struct netlink_ext_ack *extack);
int camex_wg_peer_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets);

#endif /* CAMEX_WG_ATTRIBUTES_H */
