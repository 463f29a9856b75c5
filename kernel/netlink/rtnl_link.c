// SPDX-License-Identifier: GPL-2.0-only
/* The link kind "camex": rtnetlink makes and shows links of this kind. */
#include <net/rtnetlink.h>

#include "core/compat.h"
#include "core/device.h"
#include "link/netdev.h"
#include "netlink/netlink.h"

static int check_capable(const struct net *net, struct netlink_ext_ack *extack)
{
	if (ns_capable(net->user_ns, CAP_NET_ADMIN))
		return 0;
	camex_extack(extack, NULL,
		     "not permitted: CAP_NET_ADMIN is needed in the transport's namespace too");
	return -EPERM;
}

/* Wipe the keys in a request: the whole nest of a protocol that parses its attributes itself. */
static void wipe_keys(struct nlattr **data)
{
	struct nlattr *own = data[CAMEX_A_DEV_WIREGUARD];

	if (own)
		memzero_explicit(nla_data(own), nla_len(own));
}

static int newlink_in(struct net *net, struct net_device *dev,
		      struct nlattr **tb, struct nlattr **data,
		      struct netlink_ext_ack *extack)
{
	static struct nlattr *no_data[CAMEX_A_DEV_MAX + 1];
	struct camex_dev *cdev = netdev_priv(dev);
	int err;

	if (!data)
		data = no_data;
	err = check_capable(net, extack) ?: camex_settings_parse(NULL, &cdev->conf, data, extack) ?:
	      camex_netdev_register(net, dev, tb, data, extack);
	wipe_keys(data);
	return err;
}

CAMEX_NEWLINK(newlink)

/* Link, protocol, transport and links cannot change. A request may repeat the current values. */
static int check_unchanged(const struct camex_settings *conf, struct nlattr **data,
			   struct netlink_ext_ack *extack)
{
	const struct {
		int attr;
		u32 is;
		const char *name;
	} fixed[] = {
		{ CAMEX_A_DEV_LINK, conf->link, "link" },
		{ CAMEX_A_DEV_PROTOCOL, conf->protocol, "protocol" },
		{ CAMEX_A_DEV_TRANSPORT, conf->transport, "transport" },
		{ CAMEX_A_DEV_LINKS, conf->links, "links" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		const struct nlattr *attr = data[fixed[i].attr];

		if (!attr || nla_get_u32(attr) == fixed[i].is)
			continue;
		camex_extack(extack, attr, "%s cannot be changed: make another device",
			     fixed[i].name);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int change_link(struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	struct camex_dev *cdev = netdev_priv(dev);
	int err;

	if (!data)
		return 0;
	err = check_capable(cdev->net, extack) ?: check_unchanged(&cdev->conf, data, extack) ?:
	      camex_device_set(cdev, data, extack);
	wipe_keys(data);
	if (err)
		return err;
	camex_note_change(cdev);
	camex_nl_tell_dev(dev, CAMEX_EVENT_DEV_SET);
	return 0;
}

static size_t get_size(const struct net_device *dev)
{
	return camex_nl_dev_size(netdev_priv(dev));
}

static int fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	return camex_nl_put_dev(skb, netdev_priv(dev), false);
}

static struct net *get_link_net(const struct net_device *dev)
{
	const struct camex_dev *cdev = netdev_priv(dev);

	return cdev->net;
}

struct rtnl_link_ops camex_rtnl_link_ops = {
	.kind		= "camex",
	.priv_size	= sizeof(struct camex_dev),
	.maxtype	= CAMEX_A_DEV_MAX,
	.policy		= camex_dev_policy,
	.setup		= camex_netdev_setup,
	.newlink	= newlink,
	.changelink	= change_link,
	.get_size	= get_size,
	.fill_info	= fill_info,
	.get_link_net	= get_link_net,
};

/**
 * camex_device_create() - make a device without a netlink request
 * @net: namespace of the link and of the transport
 * @name: name of the link; it may have a %d
 * @conf: settings
 * @queues: maximum number of transmit queues
 *
 * Context: RTNL, may sleep.
 * Return: the link, or an ERR_PTR.
 */
struct net_device *camex_device_create(struct net *net, const char *name,
				       const struct camex_settings *conf,
				       unsigned int queues)
{
	static struct nlattr *no_data[CAMEX_A_DEV_MAX + 1], *no_tb[IFLA_MAX + 1];
	struct net_device *dev;
	struct camex_dev *cdev;
	int err;

	dev = alloc_netdev_mqs(sizeof(*cdev), name, NET_NAME_UNKNOWN, camex_netdev_setup,
			       queues, queues);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev_net_set(dev, net);
	dev->rtnl_link_ops = &camex_rtnl_link_ops;
	cdev = netdev_priv(dev);
	cdev->conf = *conf;
	err = camex_netdev_register(net, dev, no_tb, no_data, NULL);
	if (err) {
		free_netdev(dev);
		return ERR_PTR(err);
	}
	return dev;
}

/* The same without dellink: the kernel refuses RTM_DELLINK then. */
static struct rtnl_link_ops kept_link_ops = {
	.kind		= "camex",
	.get_size	= get_size,
	.fill_info	= fill_info,
	.get_link_net	= get_link_net,
};

/**
 * camex_device_placed() - a link was registered in a namespace, perhaps another one
 * @dev: a camex device
 *
 * The owner of that namespace must not delete the device, unless the owner has the transport's
 * namespace, too.
 *
 * Context: RTNL.
 */
void camex_device_placed(struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);

	dev->rtnl_link_ops = dev_net(dev)->user_ns == cdev->net->user_ns ?
			     cdev->link_ops : cdev->kept_link_ops ?: &kept_link_ops;
}

/**
 * camex_rtnl_link_init() - register the link kind
 *
 * Return: 0 or a negative errno.
 */
int __init camex_rtnl_link_init(void)
{
	return rtnl_link_register(&camex_rtnl_link_ops);
}

/**
 * camex_rtnl_link_exit() - delete the devices of this kind, and unregister it
 */
void camex_rtnl_link_exit(void)
{
	rtnl_link_unregister(&camex_rtnl_link_ops);
}
