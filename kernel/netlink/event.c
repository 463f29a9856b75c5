// SPDX-License-Identifier: GPL-2.0-only
/* Events of the generic netlink family. */
#include <net/genetlink.h>

#include "core/compat.h"
#include "core/peer.h"
#include "netlink/netlink.h"

static void send_event(const struct net_device *dev, const struct camex_peer *peer,
		       enum camex_event event)
{
	struct sk_buff *msg;
	void *header;

	/* Usually nobody listens. */
	if (!genl_has_listeners(&camex_family, dev_net(dev), 0))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!msg)
		return;
	header = genlmsg_put(msg, 0, 0, &camex_family, 0, CAMEX_CMD_EVENT);
	if (!header || nla_put_u32(msg, CAMEX_A_EVENT, event) ||
	    camex_nl_put_dev_name(msg, dev) || (peer && camex_nl_put_peer(msg, peer, false))) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(&camex_family, dev_net(dev), msg, 0, 0, GFP_ATOMIC);
}

/**
 * camex_nl_send_event() - send an event of a peer to all listeners
 * @peer: the peer
 * @event: what
 *
 * Every user may listen, so the event contains no secrets. Listeners with the permission can
 * request the peer.
 *
 * Context: RTNL or RCU reader.
 */
void camex_nl_send_event(struct camex_peer *peer, enum camex_event event)
{
	send_event(peer->cdev->dev, peer, event);
}

/**
 * camex_nl_tell_dev() - send an event of a device to all listeners
 * @dev: a camex device
 * @event: what
 *
 * Context: RTNL.
 */
void camex_nl_tell_dev(struct net_device *dev, enum camex_event event)
{
	send_event(dev, NULL, event);
}

static int netdev_event(struct notifier_block *nb, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (!camex_is_device(dev))
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_REGISTER:
		camex_nl_tell_dev(dev, CAMEX_EVENT_DEV_ADD);
		break;
	case NETDEV_UNREGISTER:
		/*
		 * The kernel repeats this event each second while references to the device exist.
		 */
		if (dev->reg_state != NETREG_UNREGISTERED)
			camex_nl_tell_dev(dev, CAMEX_EVENT_DEV_DEL);
		break;
	case NETDEV_CHANGENAME:
		camex_nl_tell_dev(dev, CAMEX_EVENT_DEV_SET);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

/**
 * camex_nl_events_init() - start to send events
 *
 * Return: 0 or a negative errno.
 */
int camex_nl_events_init(void)
{
	camex_events_to(camex_nl_send_event);
	return register_netdevice_notifier(&netdev_notifier);
}

/**
 * camex_nl_events_exit() - stop to send events; there are no devices
 */
void camex_nl_events_exit(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
	camex_events_to(NULL);
}
