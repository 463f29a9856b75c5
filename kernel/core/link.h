/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host sees: the layer above the protocols. A device has one of three kinds of
 * link: tun, tap, or a tun link for each peer.
 */
#ifndef CAMEX_CORE_LINK_H
#define CAMEX_CORE_LINK_H

#include "core/peer.h"

/**
 * struct camex_frame - what is known of a frame, or of a packet
 * @protocol: ETH_P_IP or ETH_P_IPV6 with a whole header in the linear part; else
 *	0, whatever it is
 * @vlan: VLAN ID of the outer tag, 0 without a tag
 */
struct camex_frame {
	__be16 protocol;
	u16 vlan;
};

/**
 * struct camex_link_ops - a kind of link. NULL: there is nothing to do
 * @allowed_ips: peers are chosen by allowed IPs; else @no_allowed_ips says what there is
 *	instead
 * @no_allowed_ips: for people
 * @init: set up a new device's part. Returns 0 or -ENOMEM. Context: RTNL, may sleep
 * @exit: undo that; the device has no peers. Context: RTNL, may sleep
 * @carrier: the device can carry packets, or no longer. Context: RTNL
 * @down: the device has gone down. Context: RTNL, may sleep
 * @configured: the settings of the device are others. Context: RTNL
 * @unregistering: the device is being unregistered, its peers still there.
 *	Context: RTNL, may sleep
 * @peer_heard: a peer was heard for the first time, or again. Context: camex_dev.lock
 * @peer_due: see to what is due. Returns jiffies until something is again,
 *	MAX_JIFFY_OFFSET for never. Context: camex_dev.lock
 * @peer_forget: drop what was learned about a peer; @all: what was configured, too.
 *	Context: camex_dev.lock
 * @peer_unlink: delete a peer's own link. Context: RTNL, may sleep
 * @owns: is a net_device the own link of one of the device's peers?
 * @receive_through: the link that a peer's packets are received through. Returns NULL
 *	when there is none yet. NULL: the device's
 * @shape: a packet that was received, at skb->data, becomes one of the link's. Returns 0,
 *	or why it must be dropped (CAMEX_A_STATS_*). Context: RCU reader, bottom halves off
 * @forward: send a packet of @shape on to other peers, where it is for them. Returns true
 *	when it is consumed; else it is the stack's. Context: as @shape
 */
struct camex_link_ops {
	bool allowed_ips;
	const char *no_allowed_ips;
	int (*init)(struct camex_dev *cdev);
	void (*exit)(struct camex_dev *cdev);
	void (*carrier)(struct camex_dev *cdev, bool on);
	void (*down)(struct camex_dev *cdev);
	void (*configured)(struct camex_dev *cdev);
	void (*unregistering)(struct camex_dev *cdev);
	void (*peer_heard)(struct camex_peer *peer);
	unsigned long (*peer_due)(struct camex_peer *peer, unsigned long now);
	void (*peer_forget)(struct camex_peer *peer, bool all);
	void (*peer_unlink)(struct camex_peer *peer);
	bool (*owns)(const struct camex_dev *cdev, const struct net_device *dev);
	struct camex_peer_link *(*receive_through)(struct camex_peer *peer);
	int (*shape)(struct camex_peer *peer, struct sk_buff *skb, u8 dsfield,
		     struct camex_frame *frame);
	bool (*forward)(struct camex_peer *peer, struct sk_buff *skb,
			const struct camex_frame *frame);
};

extern const struct camex_link_ops camex_link_tun;
extern const struct camex_link_ops camex_link_tun_per_peer;
extern const struct camex_link_ops camex_link_tap;

#endif /* CAMEX_CORE_LINK_H */
