/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink attributes of protocol camex. */
#ifndef CAMEX_CAMEX_ATTRIBUTES_H
#define CAMEX_CAMEX_ATTRIBUTES_H

#include <net/netlink.h>

struct camex_dev;
struct camex_peer;
struct genl_info;

/* Maximum bytes that camex_camex_dev_fill() writes without secrets: a switch. */
#define CAMEX_CAMEX_DEV_FILL_SIZE	NLA_ALIGN(NLA_HDRLEN + sizeof(u8))

int camex_camex_dev_check(struct camex_dev *cdev, struct nlattr **tb,
			  struct netlink_ext_ack *extack);
int camex_camex_dev_set(struct camex_dev *cdev, struct nlattr **tb,
			struct netlink_ext_ack *extack);
int camex_camex_dev_fill(const struct camex_dev *cdev, struct sk_buff *msg, bool secrets);
int camex_camex_peer_check(struct camex_dev *cdev, struct camex_peer *peer,
			   struct nlattr **tb, struct genl_info *info);
int camex_camex_peer_prepare(struct camex_peer *peer, struct nlattr **tb,
			     struct genl_info *info);
void camex_camex_peer_abandon(struct camex_peer *peer);
int camex_camex_peer_set(struct camex_peer *peer, struct nlattr **tb,
			 struct netlink_ext_ack *extack);
int camex_camex_peer_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets);

#endif /* CAMEX_CAMEX_ATTRIBUTES_H */
