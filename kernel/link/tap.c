// SPDX-License-Identifier: GPL-2.0-only
/* A tap link: it sends and receives Ethernet frames. */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/link.h"
#include "core/protocol.h"
#include "datapath/gather.h"
#include "link/fdb.h"
#include "link/tap.h"

/* Maximum number of VLAN tags that are parsed. */
#define TAGS_MAX	2

/*
 * Parse the frame at skb->data, and set its network header. Return false if the Ethernet header is
 * incomplete, or a VLAN ID is invalid.
 */
static bool look_into_frame(struct sk_buff *skb, struct camex_frame *frame)
{
	unsigned int len = ETH_HLEN, tags;
	__be16 proto;

	memset(frame, 0, sizeof(*frame));
	if (!pskb_may_pull(skb, ETH_HLEN))
		return false;
	proto = ((struct ethhdr *)skb->data)->h_proto;
	for (tags = 0; eth_type_vlan(proto) && tags < TAGS_MAX; tags++) {
		const struct vlan_hdr *tag;

		if (!pskb_may_pull(skb, len + VLAN_HLEN))
			return false;
		tag = (const struct vlan_hdr *)(skb->data + len);
		if ((ntohs(tag->h_vlan_TCI) & VLAN_VID_MASK) == VLAN_VID_MASK)
			return false;
		if (!tags)
			frame->vlan = ntohs(tag->h_vlan_TCI) & VLAN_VID_MASK;
		proto = tag->h_vlan_encapsulated_proto;
		len += VLAN_HLEN;
	}
	skb_set_network_header(skb, len);
	if ((proto == htons(ETH_P_IP) &&
	     pskb_may_pull(skb, len + sizeof(struct iphdr)) &&
	     ip_hdr(skb)->version == 4) ||
	    (proto == htons(ETH_P_IPV6) &&
	     pskb_may_pull(skb, len + sizeof(struct ipv6hdr)) &&
	     ipv6_hdr(skb)->version == 6))
		frame->protocol = proto;
	return true;
}

/* RFC 6040, section 4.2, for IP packets. Return false if the frame must be dropped. */
static bool decapsulate_ecn(struct sk_buff *skb, __be16 protocol, u8 outer)
{
	u8 inner;

	if (!protocol)
		return true;
	inner = protocol == htons(ETH_P_IP) ? ip_hdr(skb)->tos :
					      ipv6_get_dsfield(ipv6_hdr(skb));
	skb->protocol = protocol;
	return INET_ECN_decapsulate(skb, outer, inner) < 2;
}

/* As camex_link_ops.shape. */
static int shape_received(struct camex_peer *peer, struct sk_buff *skb, u8 dsfield,
			  struct camex_frame *frame)
{
	const struct net_device *dev = peer->cdev->dev;
	const struct ethhdr *eth;

	if (!look_into_frame(skb, frame))
		return CAMEX_A_STATS_MALFORMED;
	eth = (const struct ethhdr *)skb->data;
	if (!is_valid_ether_addr(eth->h_source) ||
	    ether_addr_equal(eth->h_source, dev->dev_addr) ||
	    !camex_fdb_learn(peer, eth->h_source, frame->vlan))
		return CAMEX_A_STATS_BAD_SOURCE;
	if (!decapsulate_ecn(skb, frame->protocol, dsfield))
		return CAMEX_A_STATS_MALFORMED;
	return 0;
}

static void send_copy(struct camex_peer *peer, struct sk_buff *skb,
		      __be16 protocol)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);
	int why = CAMEX_A_STATS_NO_MEMORY;
	unsigned int room, bytes;

	if (likely(copy)) {
		skb_clear_tstamp(copy);
		why = camex_tx(peer, copy, protocol, &room);
	}
	if (likely(!why))
		return;
	camex_drop_sent(peer->cdev, peer, why, camex_packets(skb, &bytes));
	camex_kfree_skb_why(copy, why);
}

/*
 * Send a copy to each peer but @except and the last one. Return the last peer, to which the caller
 * sends the skb itself; NULL if there is none.
 */
static struct camex_peer *flood_peers(struct camex_dev *cdev,
				      const struct camex_peer *except,
				      struct sk_buff *skb, __be16 protocol)
{
	struct camex_peer *peer, *last = NULL;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		if (peer == except)
			continue;
		if (last)
			send_copy(last, skb, protocol);
		last = peer;
	}
	return last;
}

/* Relay a frame to other peers. Return true if the stack must not get it as well. */
static bool relay_frame(struct camex_dev *cdev, struct camex_peer *from,
			struct sk_buff *skb, const struct camex_frame *frame)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct camex_peer *to = NULL;
	unsigned int room;
	int why;

	if (ether_addr_equal(eth->h_dest, cdev->dev->dev_addr))
		return false;
	if (is_unicast_ether_addr(eth->h_dest))
		to = camex_fdb_lookup(cdev, eth->h_dest, frame->vlan);
	if (to == from)
		return false;
	if (!to) {
		to = flood_peers(cdev, from, skb, frame->protocol);
		if (to)
			send_copy(to, skb, frame->protocol);
		return false;
	}
	skb_clear_tstamp(skb);
	why = camex_tx(to, skb, frame->protocol, &room);
	if (unlikely(why))
		camex_free_sent(cdev, to, skb, why);
	return true;
}

/* As camex_link_ops.forward. */
static bool forward_received(struct camex_peer *peer, struct sk_buff *skb,
			     const struct camex_frame *frame)
{
	struct camex_dev *cdev = peer->cdev;

	if (READ_ONCE(cdev->conf.relay) && relay_frame(cdev, peer, skb, frame))
		return true;
	skb->protocol = eth_type_trans(skb, cdev->dev);
	skb_postpull_rcsum(skb, eth_hdr(skb), ETH_HLEN);
	skb_reset_network_header(skb);
	skb_reset_mac_len(skb);
	return false;
}

/* The peer behind which the destination is; NULL: all peers get the frame. */
static struct camex_peer *find_peer(struct camex_dev *cdev, const struct sk_buff *skb,
				    const struct camex_frame *frame)
{
	return is_unicast_ether_addr(skb->data) ?
	       camex_fdb_lookup(cdev, skb->data, frame->vlan) : NULL;
}

/* As camex_link_ops.choose. */
static struct camex_peer *choose_by_station(struct camex_dev *cdev, struct sk_buff *skb,
					    __be16 *protocol)
{
	struct camex_frame frame;

	if (unlikely(!look_into_frame(skb, &frame)))
		return NULL;
	*protocol = frame.protocol;
	return find_peer(cdev, skb, &frame);
}

/* As camex_link_ops.send. */
static void send_frame(struct camex_dev *cdev, struct camex_peer *to, struct sk_buff *skb,
		       __be16 protocol)
{
	unsigned int room;
	int why;

	if (!to)
		to = flood_peers(cdev, NULL, skb, protocol);
	why = likely(to) ? camex_tx(to, skb, protocol, &room) : CAMEX_A_STATS_NO_ROUTE;
	if (unlikely(why))
		camex_free_sent(cdev, to, skb, why);
}

/**
 * camex_tap_xmit() - ndo_start_xmit of a tap link
 * @skb: frame, or GSO packet
 * @dev: a camex device
 *
 * Return: NETDEV_TX_OK.
 */
netdev_tx_t camex_tap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);
	struct camex_frame frame;

	if (unlikely(camex_must_defer())) {
		camex_defer_frame(cdev, skb);
		return NETDEV_TX_OK;
	}
	skb_reset_mac_header(skb);
	if (unlikely(camex_nested_too_deep())) {
		camex_free_sent(cdev, NULL, skb, CAMEX_A_STATS_LOOP);
	} else if (unlikely(!look_into_frame(skb, &frame))) {
		camex_free_sent(cdev, NULL, skb, CAMEX_A_STATS_MALFORMED);
	} else {
		skb_tx_timestamp(skb);
		if (!camex_gather(cdev, skb))
			send_frame(cdev, find_peer(cdev, skb, &frame), skb, frame.protocol);
	}
	return NETDEV_TX_OK;
}

static void forget_stations(struct camex_peer *peer, bool all)
{
	camex_fdb_flush(peer, all);
}

const struct camex_link_ops camex_link_tap = {
	.no_allowed_ips =
		"a tap link has no routes: it learns the MAC addresses behind each peer",
	.init = camex_fdb_init,
	.exit = camex_fdb_free,
	.down = camex_fdb_flush_all,
	.configured = camex_fdb_configured,
	.peer_forget = forget_stations,
	.choose = choose_by_station,
	.send = send_frame,
	.shape = shape_received,
	.forward = forward_received,
};
