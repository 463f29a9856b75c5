// SPDX-License-Identifier: GPL-2.0-only
/* Receive: transport → protocol.open → source check → GRO → stack. */
#include <linux/netdevice.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

#include "compat.h"
#include "protocol.h"
#include "wire.h"

/*
 * The packet at skb->data becomes one that the stack takes: header in the
 * linear part, protocol set, nothing behind its end.
 */
static bool shape(struct sk_buff *skb)
{
	unsigned int have = min_t(unsigned int, skb->len, sizeof(struct ipv6hdr));
	size_t len;

	if (!pskb_may_pull(skb, have))
		return false;
	len = camex_wire_ip_len(skb->data, skb->len);
	if (!len || pskb_trim_rcsum(skb, len))
		return false;
	skb->protocol = skb->data[0] >> 4 == 4 ? htons(ETH_P_IP) :
						 htons(ETH_P_IPV6);
	return true;
}

/* RFC 6040, section 4.2. False: the packet must be dropped. */
static bool decapsulate_ecn(struct sk_buff *skb, u8 outer)
{
	u8 inner;

	if (skb->protocol == htons(ETH_P_IP))
		inner = ip_hdr(skb)->tos;
	else
		inner = ipv6_get_dsfield(ipv6_hdr(skb));
	return INET_ECN_decapsulate(skb, outer, inner) < 2;
}

/**
 * camex_rx() - take one datagram
 * @cdev: the device that it came for
 * @skb: its payload at skb->data, skb->dev set to the link, outer checksum
 *	verified; consumed
 * @from: where it came from
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_rx(struct camex_dev *cdev, struct sk_buff *skb,
	      const struct camex_source *from)
{
	struct net_device *dev = cdev->dev;
	struct camex_peer *peer;
	int why = 0;

	peer = cdev->protocol->open(cdev, skb, from, &why);
	if (unlikely(!peer && why))
		goto drop;
	if (!peer || !skb->len) {
		consume_skb(skb);
		return;
	}
	if (unlikely(!shape(skb))) {
		why = CAMEX_A_STATS_MALFORMED;
		goto drop;
	}
	if (unlikely(iptunnel_pull_offloads(skb))) {
		why = CAMEX_A_STATS_NO_MEMORY;
		goto drop;
	}

	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->pkt_type = PACKET_HOST;
	/* The outer ones are the same for all that is inside. */
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
	skb_reset_transport_header(skb);

	if (cdev->conf.source_check &&
	    unlikely(camex_route_lookup_src(&cdev->routes, skb) != peer)) {
		why = CAMEX_A_STATS_BAD_SOURCE;
		goto drop;
	}
	if (unlikely(!decapsulate_ecn(skb, from->dsfield))) {
		why = CAMEX_A_STATS_MALFORMED;
		goto drop;
	}
	skb_scrub_packet(skb, !net_eq(cdev->net, dev_net(dev)));

	camex_traffic_rx(peer->traffic, 1, skb->len);
	dev_sw_netstats_rx_add(dev, skb->len);
	if (cdev->conf.relay && camex_relay(cdev, peer, skb))
		return;
	gro_cells_receive(&cdev->gro, skb);
	return;

drop:
	camex_count(cdev->stats, why, 1);
	kfree_skb(skb);
}
