/* SPDX-License-Identifier: GPL-2.0-only */
/* A tap link: what is sent and received are Ethernet frames. */
#ifndef CAMEX_TAP_H
#define CAMEX_TAP_H

#include <linux/netdevice.h>

struct camex_dev;

bool camex_tap_look(struct sk_buff *skb, __be16 *protocol, u16 *vlan);
int camex_tap_shape(struct camex_dev *cdev, struct sk_buff *skb, u8 dsfield,
		    __be16 *protocol);
void camex_tap_finish(struct sk_buff *skb, struct net_device *dev);
netdev_tx_t camex_tap_xmit(struct sk_buff *skb, struct net_device *dev);

#endif /* CAMEX_TAP_H */
