// SPDX-License-Identifier: GPL-2.0-only
/* Devices and namespaces: a device is deleted with its transport's namespace; its link can move. */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "core/compat.h"
#include "core/device.h"
#include "core/endpoint.h"
#include "core/peer.h"
#include "core/transport.h"

/**
 * struct camex_net - data of a namespace
 * @node: in used_nets, if the namespace ever had a device (RTNL)
 * @devices: devices whose transport is here, by camex_dev.net_node (RTNL)
 * @used: the namespace ever had a device (RTNL)
 * @limits: rate limits for strangers, NULL before the first device (RTNL)
 */
struct camex_net {
	struct list_head node;
	struct list_head devices;
	bool used;
	struct camex_rate_limits *limits;
};

static unsigned int camex_net_id __read_mostly;
/*
 * Namespaces that have or had devices, by camex_net.node (RTNL). The kernel's list of namespaces is
 * no use: a namespace leaves it before its devices are deleted.
 */
static LIST_HEAD(used_nets);

/**
 * camex_namespace_rate_limits() - the limits that the devices of a namespace share
 * @net: namespace of the transport
 *
 * Context: RTNL, may sleep.
 * Return: the limits, which live as long as the namespace and its devices; or NULL without memory.
 */
struct camex_rate_limits *camex_namespace_rate_limits(struct net *net)
{
	struct camex_net *cnet = net_generic(net, camex_net_id);

	ASSERT_RTNL();
	if (!cnet->limits)
		cnet->limits = camex_rate_limits_alloc();
	return cnet->limits;
}

/**
 * camex_namespace_add() - add a device to its transport's namespace
 * @cdev: a new device, registered
 *
 * Context: RTNL.
 */
void camex_namespace_add(struct camex_dev *cdev)
{
	struct camex_net *cnet = net_generic(cdev->net, camex_net_id);

	if (!cnet->used)
		list_add_tail(&cnet->node, &used_nets);
	cnet->used = true;
	list_add_tail(&cdev->net_node, &cnet->devices);
	camex_note_change(cdev);
}

/**
 * camex_note_change() - note that a request has changed something of a device
 * @cdev: the device; or a new one
 *
 * The number differs from all others, those of other devices as well, and is not 0. So a dump
 * notices, too, that there is another device of the same name.
 *
 * Context: RTNL.
 */
void camex_note_change(struct camex_dev *cdev)
{
	static u32 last;

	ASSERT_RTNL();
	cdev->changes = ++last ?: ++last;
}

static int __net_init net_init(struct net *net)
{
	struct camex_net *cnet = net_generic(net, camex_net_id);

	INIT_LIST_HEAD(&cnet->devices);
	return 0;
}

/* No device of the namespaces is left. */
static void __net_exit free_limits(struct list_head *nets)
{
	struct net *net;

	list_for_each_entry(net, nets, exit_list) {
		struct camex_net *cnet = net_generic(net, camex_net_id);

		camex_rate_limits_free(cnet->limits);
	}
}

/* The transport's namespace is deleted: delete its devices, wherever their links are. */
static void __net_exit net_exit(struct list_head *nets)
{
	struct camex_dev *cdev;
	struct camex_net *cnet;
	struct net *net;
	bool used = false;
	LIST_HEAD(gone);

	list_for_each_entry(net, nets, exit_list) {
		cnet = net_generic(net, camex_net_id);
		used |= READ_ONCE(cnet->used);
	}
	if (!used)
		goto out;
	rtnl_lock();
	list_for_each_entry(net, nets, exit_list) {
		cnet = net_generic(net, camex_net_id);
		list_for_each_entry(cdev, &cnet->devices, net_node)
			unregister_netdevice_queue(cdev->dev, &gone);
	}
	unregister_netdevice_many(&gone);
	list_for_each_entry(net, nets, exit_list) {
		cnet = net_generic(net, camex_net_id);
		if (cnet->used)
			list_del(&cnet->node);
	}
	rtnl_unlock();
	/* Endpoints hold references to routes of this namespace until their grace period ends. */
	rcu_barrier();
out:
	free_limits(nets);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.exit_batch = net_exit,
	.id = &camex_net_id,
	.size = sizeof(struct camex_net),
};

static void tell_link_up(struct camex_dev *cdev)
{
	if (cdev->transport->link_up)
		cdev->transport->link_up(cdev);
}

/* An interface, or a device above it, changed. */
static void tell_transports(struct net_device *dev, struct net_device *upper)
{
	int i;

	for (i = 0; i < CAMEX_TRANSPORTS; i++)
		if (camex_transports[i] && camex_transports[i]->netdev_event)
			camex_transports[i]->netdev_event(dev, upper);
}

/* An interface was added, removed or renamed. */
static void follow_device(unsigned long event, struct net_device *dev)
{
	struct camex_net *cnet = net_generic(dev_net(dev), camex_net_id);
	struct camex_dev *cdev;

	if (!cnet || !cnet->used)
		return;
	list_for_each_entry(cdev, &cnet->devices, net_node) {
		if (cdev->transport->follow)
			cdev->transport->follow(cdev, event == NETDEV_UNREGISTER ?
						      dev : NULL);
		if (event != NETDEV_UNREGISTER)
			camex_endpoints_follow(cdev, dev);
	}
}

/*
 * A link that moves is registered again in its new namespace. tx netpoll stops using a device
 * before the device, or a device below it, changes; the next packet checks whether it can be used
 * again.
 */
static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	const struct netdev_notifier_changeupper_info *change = info;

	switch (event) {
	case NETDEV_REGISTER:
		if (camex_is_device(dev))
			camex_device_placed(dev);
		follow_device(event, dev);
		break;
	case NETDEV_CHANGENAME:
		follow_device(event, dev);
		break;
	case NETDEV_UP:
		if (camex_is_device(dev))
			tell_link_up(netdev_priv(dev));
		follow_device(event, dev);
		tell_transports(dev, NULL);
		break;
	case NETDEV_UNREGISTER:
		follow_device(event, dev);
		tell_transports(dev, NULL);
		break;
	case NETDEV_GOING_DOWN:
	case NETDEV_JOIN:
	case NETDEV_RELEASE:
		tell_transports(dev, NULL);
		break;
	case NETDEV_PRECHANGEUPPER:
	case NETDEV_CHANGEUPPER:
		tell_transports(dev, change->upper_dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

/**
 * camex_namespace_each() - call a function for all devices
 * @action: the function; it may sleep
 * @argument: passed to @action
 *
 * Context: RTNL, may sleep.
 */
void camex_namespace_each(void (*action)(struct camex_dev *cdev, s64 argument),
			  s64 argument)
{
	struct camex_net *cnet;
	struct camex_dev *cdev;

	ASSERT_RTNL();
	list_for_each_entry(cnet, &used_nets, node) {
		list_for_each_entry(cdev, &cnet->devices, net_node)
			action(cdev, argument);
	}
}

/**
 * camex_namespace_init() - register for namespaces and for changes of interfaces
 *
 * Return: 0 or a negative errno.
 */
int camex_namespace_init(void)
{
	int err = register_pernet_device(&net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&netdev_notifier);
	if (err)
		unregister_pernet_device(&net_ops);
	return err;
}

/**
 * camex_namespace_exit() - delete all devices
 */
void camex_namespace_exit(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
	unregister_pernet_device(&net_ops);
}
