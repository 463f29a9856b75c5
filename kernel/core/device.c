// SPDX-License-Identifier: GPL-2.0-only
/* What a device's link needs for what is put around its packets: headroom and MTU. */
#include <linux/if_ether.h>
#include <linux/netdevice.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/transport.h"

#define MTU_UNDERLAY	1500
#define HEADROOM_MAX	512

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

	if (cdev->protocol->keyed)
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
	       cdev->transport->overhead(family) -
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
