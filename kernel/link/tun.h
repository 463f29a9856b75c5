/* SPDX-License-Identifier: GPL-2.0-only */
/* A tun link: it sends and receives bare IP packets. */
#ifndef CAMEX_TUN_H
#define CAMEX_TUN_H

#include <linux/netdevice.h>

netdev_tx_t camex_xmit(struct sk_buff *skb, struct net_device *dev);

#endif /* CAMEX_TUN_H */
