// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transports with exactly one peer, "far", which exists as long as the device. Protocols find it
 * like any other peer, by its endpoint: an address of zeros, which no other transport has.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "core/compat.h"
#include "core/peer.h"
#include "core/single_peer.h"
#include "core/timer.h"

/**
 * camex_single_peer_add() - make the peer "far"
 * @cdev: a new device, its tables empty
 *
 * Context: RTNL, may sleep.
 * Return: 0, or -ENOMEM with nothing done.
 */
int camex_single_peer_add(struct camex_dev *cdev)
{
	static const struct camex_prefix any[] = {
		{ .family = AF_INET },
		{ .family = AF_INET6 },
	};
	static const struct camex_addr zeros;
	struct camex_endpoint *ep;
	struct camex_peer *peer;
	int err;

	peer = camex_peer_new(cdev, "far", NULL, NULL);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = camex_peer_set_routes(peer, any, ARRAY_SIZE(any));
	if (err)
		goto err_peer;
	spin_lock_bh(&cdev->lock);
	ep = camex_endpoint_new(peer, &zeros, NULL);
	if (ep)
		camex_peer_configure_endpoint(peer, ep);
	spin_unlock_bh(&cdev->lock);
	err = -ENOMEM;
	if (!ep)
		goto err_peer;
	cdev->single_peer = peer;
	netif_carrier_off(cdev->dev);
	return 0;

err_peer:
	camex_peer_del(peer);
	return err;
}

/**
 * camex_single_peer_keep() - refuse to add and delete peers of a device with a single peer
 * @cdev: the device
 * @attr: attribute with the peer's name
 * @extack: text on failure
 *
 * Context: RTNL.
 * Return: 0 or -EOPNOTSUPP.
 */
int camex_single_peer_keep(const struct camex_dev *cdev, const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	if (!cdev->single_peer)
		return 0;
	camex_extack(extack, attr,
		     "a device of this transport always has exactly one peer, far");
	return -EOPNOTSUPP;
}

/**
 * camex_single_peer_connected() - the transport is connected
 * @cdev: the device, whose link gets a carrier
 *
 * Context: RTNL.
 */
void camex_single_peer_connected(struct camex_dev *cdev)
{
	netif_carrier_on(cdev->dev);
	spin_lock_bh(&cdev->lock);
	camex_peer_begin(cdev->single_peer);
	spin_unlock_bh(&cdev->lock);
}

/**
 * camex_single_peer_gone() - the transport is disconnected
 * @cdev: the device, whose link loses its carrier
 *
 * Context: RTNL.
 */
void camex_single_peer_gone(struct camex_dev *cdev)
{
	netif_carrier_off(cdev->dev);
}
