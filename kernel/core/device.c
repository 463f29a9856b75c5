// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device has because of its protocol: the protocol's own part of it, and the headroom
 * and MTU of its link.
 */
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
 * camex_device_attach() - make the protocol's own part of a device
 * @cdev: a new device whose protocol is known
 *
 * Context: RTNL, may sleep.
 * Return: 0, or a negative errno with nothing done.
 */
int camex_device_attach(struct camex_dev *cdev)
{
	const struct camex_protocol_ops *protocol = cdev->protocol;
	int err;

	/* Without one there is something to tell that it was attached, all the same. */
	cdev->own = kvzalloc(max_t(size_t, protocol->dev_size, 1), CAMEX_GFP_REQUEST);
	if (!cdev->own)
		return -ENOMEM;
	err = protocol->dev_init ? protocol->dev_init(cdev) : 0;
	if (!err)
		return 0;
	kvfree(cdev->own);
	cdev->own = NULL;
	return err;
}

CAMEX_EXPORT_FOR_KUNIT(camex_device_attach);

/**
 * camex_device_detach() - undo camex_device_attach()
 * @cdev: a device without peers, which packets no longer find; harmless where there is
 *	nothing to undo
 *
 * Context: RTNL, may sleep.
 */
void camex_device_detach(struct camex_dev *cdev)
{
	if (!cdev->own)
		return;
	if (cdev->protocol->dev_free)
		cdev->protocol->dev_free(cdev);
	kvfree(cdev->own);
	cdev->own = NULL;
}

CAMEX_EXPORT_FOR_KUNIT(camex_device_detach);

/**
 * camex_device_headroom() - have packets come with so much room before them
 * @cdev: the device
 * @transport: bytes that its transport puts before a datagram
 *
 * What packets have more than they need is paid for: the kernel may clear all that
 * it allocates, and allocates in steps. So it only grows, by what is met.
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
 * camex_device_mtu() - the MTU that fits an underlay of 1500 bytes
 * @cdev: the device
 * @family: of the far end's address
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
 * Does nothing where the user chose the MTU.
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
