// SPDX-License-Identifier: GPL-2.0-only
/* Functions that transports with sockets share. */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "core/compat.h"
#include "core/transport.h"

/**
 * camex_find_bind_dev() - the interface that sockets are to be bound to
 * @cdev: the device
 * @conf: its new settings
 * @had: there are sockets already, whose interface may not exist at the moment
 * @tb: CAMEX_A_DEV_*, for the bad attribute
 * @extack: text on failure
 * @ifindex: result: the interface, 0 for any, or CAMEX_NO_DEVICE
 *
 * Context: RTNL.
 * Return: 0, or -ENODEV.
 */
int camex_find_bind_dev(const struct camex_dev *cdev, const struct camex_settings *conf,
			bool had, struct nlattr **tb, struct netlink_ext_ack *extack,
			int *ifindex)
{
	const struct net_device *dev;

	*ifindex = 0;
	if (!conf->bind_dev[0])
		return 0;
	dev = __dev_get_by_name(cdev->net, conf->bind_dev);
	if (dev) {
		*ifindex = dev->ifindex;
		return 0;
	}
	*ifindex = CAMEX_NO_DEVICE;
	if (had && !tb[CAMEX_A_DEV_BIND_DEV])
		return 0;
	camex_extack(extack, tb[CAMEX_A_DEV_BIND_DEV],
		     "no interface %s in the transport's namespace", conf->bind_dev);
	return -ENODEV;
}
