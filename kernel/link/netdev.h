/* SPDX-License-Identifier: GPL-2.0-only */
/* The net_device of a device. */
#ifndef CAMEX_NETDEV_H
#define CAMEX_NETDEV_H

struct net;
struct net_device;
struct netlink_ext_ack;
struct nlattr;

void camex_netdev_setup(struct net_device *dev);
void camex_netdev_setup_tun(struct net_device *dev);
int camex_netdev_register(struct net *net, struct net_device *dev,
			  struct nlattr **tb, struct nlattr **data,
			  struct netlink_ext_ack *extack);

#endif /* CAMEX_NETDEV_H */
