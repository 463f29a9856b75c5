// SPDX-License-Identifier: GPL-2.0-only
/*
 * The link kind "wireguard": a camex device with protocol wireguard that behaves like a link of
 * wireguard.ko.
 */
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/rtnetlink.h>

#include "core/compat.h"
#include "core/device.h"
#include "link/netdev.h"
#include "netlink/netlink.h"
#include "netlink/wireguard/wireguard.h"

/* Header and tag of a data message. */
#define MESSAGE_OVERHEAD	32
#define MTU_DEFAULT		(ETH_DATA_LEN - MESSAGE_OVERHEAD - \
				 (int)sizeof(struct udphdr) - (int)sizeof(struct ipv6hdr))

/* As in wireguard.ko: the length of a datagram with all its headers still fits into an int. */
#define MTU_MAX			(round_down(INT_MAX, 16) - (ETH_DATA_LEN - MTU_DEFAULT))

/* systemd-networkd and udev recognize the link by this name. */
static const struct device_type device_type = { .name = WG_GENL_NAME };

static struct rtnl_link_ops kept_link_ops;

static void setup_link(struct net_device *dev)
{
	camex_netdev_setup(dev);
	SET_NETDEV_DEVTYPE(dev, &device_type);
	dev->mtu = MTU_DEFAULT;
	/* As in wireguard.ko. These features change neither segmentation nor checksums. */
	dev->hw_features |= NETIF_F_RXCSUM | NETIF_F_HIGHDMA;
	/*
	 * As in wireguard.ko every MTU is accepted; packets that do not fit are dropped one by one.
	 */
	dev->min_mtu = 0;
	dev->max_mtu = MTU_MAX;
}

static int newlink_in(struct net *net, struct net_device *dev,
		      struct nlattr **tb, struct nlattr **data,
		      struct netlink_ext_ack *extack)
{
	static struct nlattr *no_data[CAMEX_A_DEV_MAX + 1];
	struct camex_dev *cdev = netdev_priv(dev);
	int err;

	cdev->kind = (struct camex_link_kind){
		.open_while_up = true,
		.returns_errors = true,
		.nests = true,
		.notes_interface = true,
	};
	cdev->mtu_chosen = true;
	cdev->kept_link_ops = &kept_link_ops;
	cdev->conf.protocol = CAMEX_PROTOCOL_WIREGUARD;
	err = camex_settings_parse(NULL, &cdev->conf, no_data, extack);
	if (err)
		return err;
	return camex_netdev_register(net, dev, tb, no_data, extack);
}

CAMEX_NEWLINK(newlink)

static struct rtnl_link_ops link_ops = {
	.kind		= WG_GENL_NAME,
	.priv_size	= sizeof(struct camex_dev),
	.setup		= setup_link,
	.newlink	= newlink,
};

/**
 * camex_wgtools_owns() - is a device of this kind
 * @cdev: a camex device
 */
bool camex_wgtools_owns(const struct camex_dev *cdev)
{
	return cdev->link_ops == &link_ops;
}

/* For a namespace whose owner must not delete the link: see camex_device_placed(). */
static struct rtnl_link_ops kept_link_ops = {
	.kind		= WG_GENL_NAME,
};

/**
 * camex_wgtools_link_init() - register the link kind
 *
 * Return: 0 or a negative errno; -EEXIST if wireguard.ko has registered it.
 */
int __init camex_wgtools_link_init(void)
{
	return rtnl_link_register(&link_ops);
}

/**
 * camex_wgtools_link_exit() - delete the devices of this kind, and unregister it
 */
void camex_wgtools_link_exit(void)
{
	rtnl_link_unregister(&link_ops);
}
