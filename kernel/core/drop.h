/* SPDX-License-Identifier: GPL-2.0-only */
/* Dropping packets: count for the device and the peer, trace, free with a drop reason. */
#ifndef CAMEX_DROP_H
#define CAMEX_DROP_H

#include <linux/types.h>

struct camex_dev;
struct camex_peer;
struct sk_buff;

void camex_drop_received(struct camex_dev *cdev, struct camex_peer *peer, int why,
			 unsigned int packets);
void camex_drop_sent(struct camex_dev *cdev, struct camex_peer *peer, int why,
		     unsigned int packets);
void camex_free_received(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb,
			 int why);
void camex_free_sent(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb,
		     int why);
void camex_peer_dropped_received(struct camex_peer *peer, unsigned int packets);

#endif /* CAMEX_DROP_H */
