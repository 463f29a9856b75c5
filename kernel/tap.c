// SPDX-License-Identifier: GPL-2.0-only
/* A tap link: what is sent and received are Ethernet frames. */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>

#include "compat.h"
#include "protocol.h"
#include "tap.h"

/* VLAN tags that are looked behind. */
#define TAGS_MAX	2

/**
 * camex_tap_look() - what is in a frame
 * @skb: the frame, at skb->data; its network header is set to what is in it
 * @protocol: result: ETH_P_IP or ETH_P_IPV6 with a whole header in the linear
 *	part; else 0, whatever it is
 * @vlan: result: VLAN ID of the outer tag, 0 without a tag
 *
 * Return: false where the frame ends before its Ethernet header does, or a tag has
 * an ID that there is not.
 */
bool camex_tap_look(struct sk_buff *skb, __be16 *protocol, u16 *vlan)
{
	unsigned int len = ETH_HLEN, tags;
	__be16 proto;

	*protocol = 0;
	*vlan = 0;
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
			*vlan = ntohs(tag->h_vlan_TCI) & VLAN_VID_MASK;
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
		*protocol = proto;
	return true;
}

/* RFC 6040, section 4.2, for what is IP. False: the frame must be dropped. */
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

/**
 * camex_tap_shape() - a packet that was received becomes a frame
 * @cdev: the device
 * @skb: the packet at skb->data
 * @dsfield: DSCP and ECN of the outer header
 * @protocol: result, as of camex_tap_look()
 *
 * Return: 0, or why it must be dropped (CAMEX_A_STATS_*).
 */
int camex_tap_shape(struct camex_dev *cdev, struct sk_buff *skb, u8 dsfield,
		    __be16 *protocol)
{
	const struct ethhdr *eth;
	u16 vlan;

	if (!camex_tap_look(skb, protocol, &vlan))
		return CAMEX_A_STATS_MALFORMED;
	eth = (const struct ethhdr *)skb->data;
	if (!is_valid_ether_addr(eth->h_source) ||
	    ether_addr_equal(eth->h_source, cdev->dev->dev_addr))
		return CAMEX_A_STATS_BAD_SOURCE;
	if (!decapsulate_ecn(skb, *protocol, dsfield))
		return CAMEX_A_STATS_MALFORMED;
	return 0;
}

/**
 * camex_tap_finish() - make a frame ready for the stack
 * @skb: the frame at skb->data
 * @dev: the link
 */
void camex_tap_finish(struct sk_buff *skb, struct net_device *dev)
{
	skb->protocol = eth_type_trans(skb, dev);
	skb_postpull_rcsum(skb, eth_hdr(skb), ETH_HLEN);
	skb_reset_network_header(skb);
	skb_reset_mac_len(skb);
}

static void send_copy(struct camex_peer *peer, struct sk_buff *skb,
		      __be16 protocol)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);
	int why = CAMEX_A_STATS_NO_MEMORY;
	unsigned int room, bytes;

	if (likely(copy))
		why = camex_tx(peer, copy, protocol, &room);
	if (likely(!why))
		return;
	camex_count(peer->cdev->stats, why, camex_packets(skb, &bytes));
	kfree_skb(copy);
}

/* Each peer gets one. Returns 0 with the frame consumed, or why it was not sent. */
static int flood(struct camex_dev *cdev, struct sk_buff *skb, __be16 protocol)
{
	struct camex_peer *peer, *last = NULL;
	unsigned long number;
	unsigned int room;

	xa_for_each(&cdev->peers, number, peer) {
		if (last)
			send_copy(last, skb, protocol);
		last = peer;
	}
	return last ? camex_tx(last, skb, protocol, &room) :
		      CAMEX_A_STATS_NO_ROUTE;
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
	unsigned int bytes;
	__be16 protocol;
	u16 vlan;
	int why;

	skb_reset_mac_header(skb);
	if (unlikely(camex_nested_too_deep()))
		why = CAMEX_A_STATS_LOOP;
	else if (unlikely(!camex_tap_look(skb, &protocol, &vlan)))
		why = CAMEX_A_STATS_MALFORMED;
	else
		why = flood(cdev, skb, protocol);
	if (unlikely(why)) {
		camex_count(cdev->stats, why, camex_packets(skb, &bytes));
		kfree_skb(skb);
	}
	return NETDEV_TX_OK;
}
