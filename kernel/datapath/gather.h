/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets of other hosts that are ready together leave in one outer GSO packet. */
#ifndef CAMEX_GATHER_H
#define CAMEX_GATHER_H

#include "core/device.h"

struct sk_buff;

int camex_gather_alloc(struct camex_dev *cdev);
void camex_gather_purge(struct camex_dev *cdev, const struct net_device *dev);
void camex_gather_free(struct camex_dev *cdev);
bool camex_gather_forwarded(struct camex_dev *cdev, struct sk_buff *skb);

/**
 * camex_gather() - keep a packet for a moment, if others may follow that can leave with it
 * @cdev: the device
 * @skb: packet, with its network header set; consumed if it is kept
 *
 * A packet that came from an interface of this host has skb_iif. The packets that we make ourselves
 * do not, so what comes back to the same device by a loop of routes is not kept.
 *
 * Context: RCU reader, bottom halves off.
 * Return: true if it is kept.
 */
static inline bool camex_gather(struct camex_dev *cdev, struct sk_buff *skb)
{
	return unlikely(skb->skb_iif) && cdev->gather && camex_gather_forwarded(cdev, skb);
}

#endif /* CAMEX_GATHER_H */
