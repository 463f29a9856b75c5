/* SPDX-License-Identifier: GPL-2.0-only */
/* What carries datagrams: the layer below the protocols. */
#ifndef CAMEX_TRANSPORT_H
#define CAMEX_TRANSPORT_H

#include "device.h"

struct camex_endpoint;

/**
 * struct camex_transport_ops - a transport
 * @overhead: bytes that it adds to a datagram towards a family (AF_INET,
 *	AF_INET6)
 * @headroom: bytes that it wants before a datagram
 * @open: get ready for a configuration; on failure what was there stays.
 *	Context: RTNL, may sleep
 * @close: undo it; harmless when nothing is open. Context: RTNL, may sleep
 * @send: send a datagram, which is consumed. @dsfield is that of the inner
 *	packet. Returns 0, or the counter that says why not (CAMEX_A_STATS_*).
 *	Context: RCU reader, bottom halves off
 */
struct camex_transport_ops {
	unsigned int (*overhead)(u16 family);
	unsigned int headroom;
	int (*open)(struct camex_dev *cdev, struct camex_conf *conf,
		    struct nlattr **tb, struct netlink_ext_ack *extack);
	void (*close)(struct camex_dev *cdev);
	int (*send)(struct camex_dev *cdev, struct camex_endpoint *ep,
		    struct sk_buff *skb, u8 dsfield);
};

extern const struct camex_transport_ops camex_transport_udp;

#endif /* CAMEX_TRANSPORT_H */
