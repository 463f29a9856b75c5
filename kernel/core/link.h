/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: the layer above the protocols, which the host sees. There are three kinds: tun, tap, and a
 * tun link for each peer.
 */
#ifndef CAMEX_CORE_LINK_H
#define CAMEX_CORE_LINK_H

#include "core/peer.h"

/* GSO packets of tunnels inside ours are cut here (RFC 7348, 8926, 2784, 2003). */
#define CAMEX_TUNNEL_FEATURES	(NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM | \
				 NETIF_F_GSO_GRE | NETIF_F_GSO_IPXIP4 | NETIF_F_GSO_IPXIP6)

/**
 * struct camex_frame - parsed properties of a frame or packet
 * @protocol: ETH_P_IP or ETH_P_IPV6, if the whole IP header is in the linear part; else 0
 * @vlan: VLAN ID of the outer tag, 0 without a tag
 */
struct camex_frame {
	__be16 protocol;
	u16 vlan;
};

/**
 * struct camex_link_ops - a kind of link. Functions may be NULL
 * @allowed_ips: packets choose their peer by allowed IPs
 * @no_allowed_ips: error text if there are no allowed IPs: what to use instead
 * @init: set up the link's part of a new device. Returns 0 or -ENOMEM. Context: RTNL, may sleep
 * @exit: undo @init; the device has no peers. Context: RTNL, may sleep
 * @carrier: the carrier of the device changed. Context: RTNL
 * @down: the device went down. Context: RTNL, may sleep
 * @configured: the settings of the device changed. Context: RTNL
 * @unregistering: the device is being unregistered, and still has its peers. Context: RTNL, may
 *	sleep
 * @peer_heard: a peer was heard for the first time, or again. Context: camex_dev.lock
 * @peer_due: do what is due for a peer. Returns jiffies until something is due again,
 *	MAX_JIFFY_OFFSET for never. Context: camex_dev.lock
 * @peer_forget: forget what was learned about a peer; @all: and what was configured. Context:
 *	camex_dev.lock
 * @peer_unlink: delete the per-peer link of a peer. Context: RTNL, may sleep
 * @owns: is a net_device a per-peer link of the device?
 * @receive_through: the link that receives packets of a peer. Returns NULL if it does not exist
 *	yet. NULL: the link of the device
 * @choose: the peer that gets a packet which camex_gather() kept, and in *@protocol what
 *	camex_tx() needs. NULL: none, or several. Context: RCU reader, bottom halves off
 * @send: send such a packet alone, with what @choose said; consumes it. Context: the same section
 *	of the RCU reader
 * @shape: check and prepare a received packet at skb->data for the link. Returns 0, or why it must
 *	be dropped (CAMEX_A_STATS_*). Context: RCU reader, bottom halves off
 * @forward: pass a packet, after @shape, on to other peers if it is for them. Returns true if it
 *	was consumed; else it is for the stack. Context: as @shape
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
	struct camex_peer *(*choose)(struct camex_dev *cdev, struct sk_buff *skb, __be16 *protocol);
	void (*send)(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb,
		     __be16 protocol);
	int (*shape)(struct camex_peer *peer, struct sk_buff *skb, u8 dsfield,
		     struct camex_frame *frame);
	bool (*forward)(struct camex_peer *peer, struct sk_buff *skb,
			const struct camex_frame *frame);
};

extern const struct camex_link_ops camex_link_tun;
extern const struct camex_link_ops camex_link_tun_per_peer;
extern const struct camex_link_ops camex_link_tap;

#endif /* CAMEX_CORE_LINK_H */
