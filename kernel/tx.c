// SPDX-License-Identifier: GPL-2.0-only
/* Transmit: packet → route → protocol.seal → transport.send. */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netdevice.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat.h"
#include "protocol.h"
#include "timer.h"
#include "transport.h"

/* Tunnels that a packet may be inside of, on this host. */
#define RECURSION_MAX	4

/* Is it a packet that its skb->protocol says it is, with a whole header? */
static bool is_ip(struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return pskb_network_may_pull(skb, sizeof(struct iphdr)) &&
		       ip_hdr(skb)->version == 4;
	case htons(ETH_P_IPV6):
		return pskb_network_may_pull(skb, sizeof(struct ipv6hdr)) &&
		       ipv6_hdr(skb)->version == 6;
	default:
		return false;
	}
}

static void tell_unreachable(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0);
}

static u8 dsfield_of(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return ipv4_get_dsfield(ip_hdr(skb));
	return ipv6_get_dsfield(ipv6_hdr(skb));
}

static void send_one(struct camex_peer *peer, struct camex_endpoint *ep,
		     struct sk_buff *skb, u8 dsfield, unsigned int *packets,
		     unsigned int *bytes)
{
	struct camex_dev *cdev = peer->cdev;
	unsigned int len = skb->len;
	int why = 0;

	skb = cdev->protocol->seal(peer, skb, &why);
	if (skb)
		why = cdev->transport->send(cdev, ep, skb, dsfield);
	if (unlikely(why)) {
		camex_count(cdev->stats, why, 1);
		return;
	}
	*packets += 1;
	*bytes += len;
}

/**
 * camex_xmit() - ndo_start_xmit of a tun link
 * @skb: packet, or GSO packet
 * @dev: a camex device
 *
 * Return: NETDEV_TX_OK.
 */
netdev_tx_t camex_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct camex_dev *cdev = netdev_priv(dev);
	unsigned int packets = 0, bytes = 0;
	struct sk_buff *segs, *next;
	struct camex_endpoint *ep;
	struct camex_peer *peer;
	u8 dsfield;
	int why;

	/* One tunnel inside another, and so on, would overflow the stack. */
	if (unlikely(dev_recursion_level() > RECURSION_MAX)) {
		why = CAMEX_A_STATS_LOOP;
		goto drop;
	}
	if (unlikely(!is_ip(skb))) {
		why = CAMEX_A_STATS_NOT_IP;
		goto drop;
	}
	peer = camex_route_lookup_dst(&cdev->routes, skb);
	if (unlikely(!peer)) {
		why = CAMEX_A_STATS_NO_ROUTE;
		goto unreachable;
	}
	why = cdev->protocol->ready(peer);
	if (unlikely(why))
		goto unreachable;
	ep = rcu_dereference_bh(peer->endpoint);
	if (unlikely(!ep)) {
		why = CAMEX_A_STATS_NO_ENDPOINT;
		goto unreachable;
	}
	if (unlikely(READ_ONCE(peer->quiet)))
		camex_peer_introduce(peer, ep);
	dsfield = dsfield_of(skb);

	if (skb_is_gso(skb)) {
		skb_dst_drop(skb);	/* or each segment would hold it */
		/* Fragments and checksums are dealt with where it is copied. */
		segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
		if (IS_ERR_OR_NULL(segs)) {
			why = CAMEX_A_STATS_NO_MEMORY;
			goto drop;
		}
		consume_skb(skb);
	} else {
		segs = skb;
	}
	skb_list_walk_safe(segs, segs, next) {
		skb_mark_not_on_list(segs);
		send_one(peer, ep, segs, dsfield, &packets, &bytes);
	}
	if (likely(packets)) {
		camex_peer_asked(peer);
		camex_traffic_tx(peer->traffic, packets, bytes);
		dev_sw_netstats_tx_add(dev, packets, bytes);
	}
	return NETDEV_TX_OK;

unreachable:
	tell_unreachable(skb);
drop:
	camex_count(cdev->stats, why, 1);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}
