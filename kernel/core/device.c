// SPDX-License-Identifier: GPL-2.0-only
/* Properties of a device that depend on its protocol: the protocol's own struct, headroom, MTU. */
#include <linux/if_ether.h>
#include <linux/mm.h>
#include <linux/netdevice.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/protocol.h"
#include "core/transport.h"

#define MTU_UNDERLAY	1500
#define HEADROOM_MAX	512

/**
 * camex_device_attach() - make the protocol's own struct of a device
 * @cdev: a new device whose protocol is set
 *
 * From now on allocations are charged to the cgroup of the process that makes the device.
 *
 * Context: RTNL, may sleep.
 * Return: 0, or a negative errno with nothing done.
 */
int camex_device_attach(struct camex_dev *cdev)
{
	const struct camex_protocol_ops *protocol = cdev->protocol;
	int err;

	/* For a protocol without one: not NULL, to show that the device was attached. */
	cdev->own = kvzalloc(max_t(size_t, protocol->dev_size, 1), CAMEX_GFP_REQUEST);
	if (!cdev->own)
		return -ENOMEM;
	cdev->memcg = camex_memcg_get();
	err = protocol->dev_init ? protocol->dev_init(cdev) : 0;
	if (!err)
		return 0;
	camex_memcg_put(cdev->memcg);
	kvfree(cdev->own);
	cdev->own = NULL;
	return err;
}

/**
 * camex_device_detach() - undo camex_device_attach()
 * @cdev: a device without peers and with its transport closed, which packets cannot find any more;
 *	harmless if it was not attached
 *
 * Context: RTNL, may sleep.
 */
void camex_device_detach(struct camex_dev *cdev)
{
	if (!cdev->own)
		return;
	if (cdev->protocol->dev_free)
		cdev->protocol->dev_free(cdev);
	camex_memcg_put(cdev->memcg);
	kvfree(cdev->own);
	cdev->own = NULL;
}

/**
 * camex_device_headroom() - raise the headroom of the link
 * @cdev: the device
 * @transport: bytes that the transport puts in front of a datagram
 *
 * Unused headroom costs time, because the kernel may clear it, and memory. So the link begins with
 * little headroom, which grows when a route needs more.
 */
void camex_device_headroom(struct camex_dev *cdev, unsigned int transport)
{
	unsigned int room = transport + cdev->protocol->headroom;

	if (cdev->protocol->begin_sealing)
		room = max_t(unsigned int, room, CAMEX_AEAD_HEAD);
	room = min_t(unsigned int, ALIGN(room, 4), HEADROOM_MAX);
	if (room > READ_ONCE(cdev->dev->needed_headroom))
		WRITE_ONCE(cdev->dev->needed_headroom, room);
}

/**
 * camex_device_mtu() - the MTU for an underlay of 1500 bytes
 * @cdev: the device
 * @family: family of the peer's address
 */
unsigned int camex_device_mtu(const struct camex_dev *cdev, u16 family)
{
	return MTU_UNDERLAY - cdev->protocol->overhead -
	       cdev->transport->overhead(cdev->protocol->any_family ? AF_INET6 : family) -
	       (camex_is_tap(cdev) ? ETH_HLEN : 0);
}

/**
 * camex_device_fit_mtu() - make the MTU fit a peer of this family
 * @cdev: the device
 * @family: of the peer's endpoint
 *
 * Does nothing if a user set the MTU.
 *
 * Context: RTNL.
 */
void camex_device_fit_mtu(struct camex_dev *cdev, u16 family)
{
	unsigned int mtu = camex_device_mtu(cdev, family);

	if (cdev->mtu_chosen || cdev->dev->mtu <= mtu)
		return;
	if (!dev_set_mtu(cdev->dev, mtu))
		cdev->mtu_chosen = false;
}
