/* SPDX-License-Identifier: GPL-2.0-only */
/* Relay: passing packets of one peer to another directly. */
#ifndef CAMEX_RELAY_H
#define CAMEX_RELAY_H

#include <linux/types.h>

struct camex_dev;
struct camex_peer;
struct sk_buff;

bool camex_relay(struct camex_dev *cdev, const struct camex_peer *from,
		 struct sk_buff *skb);

#endif /* CAMEX_RELAY_H */
