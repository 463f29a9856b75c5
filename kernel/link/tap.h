/* SPDX-License-Identifier: GPL-2.0-only */
/* A tap link: it sends and receives Ethernet frames. */
#ifndef CAMEX_TAP_H
#define CAMEX_TAP_H

#include <linux/netdevice.h>

#include "core/device.h"

netdev_tx_t camex_tap_xmit(struct sk_buff *skb, struct net_device *dev);

#ifdef CONFIG_NETPOLL
void camex_defer_frame(struct camex_dev *cdev, struct sk_buff *skb);
void camex_deferred_init(struct camex_dev *cdev);
void camex_deferred_clear(struct camex_dev *cdev);

/**
 * camex_must_defer() - is the sender netpoll, with interrupts off
 */
static inline bool camex_must_defer(void)
{
	return irqs_disabled();
}
#else
static inline void camex_defer_frame(struct camex_dev *cdev, struct sk_buff *skb)
{
}

static inline void camex_deferred_init(struct camex_dev *cdev)
{
}

static inline void camex_deferred_clear(struct camex_dev *cdev)
{
}

static inline bool camex_must_defer(void)
{
	return false;
}
#endif

#endif /* CAMEX_TAP_H */
