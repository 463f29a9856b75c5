// SPDX-License-Identifier: GPL-2.0-only
/* Receive: transport → protocol.open → source check → GRO → stack. */
#include <linux/netdevice.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

#include "batch.h"
#include "compat.h"
#include "links.h"
#include "protocol.h"
#include "tap.h"
#include "transport.h"
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

/* False, with nothing done: there is no room. */
static bool to_stack(struct camex_dev *cdev, struct camex_cells *cells,
		     struct sk_buff *skb)
{
	if (!cdev->transport->single)
		/* Netpoll sends nothing at once from inside the NAPI of what it sends to. */
		return camex_cells_receive(cells, skb, READ_ONCE(cdev->conf.tx) !=
						       CAMEX_TX_NETPOLL);
	netif_receive_skb(skb);
	return true;
}

/* A packet of a tun link: 0, or why it must be dropped. */
static int shape_ip(struct camex_dev *cdev, struct camex_peer *peer,
		    struct sk_buff *skb, u8 dsfield)
{
	if (unlikely(!shape(skb)))
		return CAMEX_A_STATS_MALFORMED;
	skb_reset_network_header(skb);
	if (READ_ONCE(cdev->conf.source_check) &&
	    unlikely(camex_route_lookup_src(&cdev->routes, skb) != peer))
		return CAMEX_A_STATS_BAD_SOURCE;
	if (unlikely(!decapsulate_ecn(skb, dsfield)))
		return CAMEX_A_STATS_MALFORMED;
	return 0;
}

/**
 * camex_deliver() - an opened packet goes to the stack, or to another peer
 * @cdev: the device
 * @peer: whom it is from
 * @skb: the packet, or GSO packet, at skb->data; consumed
 * @from: where it came from
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_deliver(struct camex_dev *cdev, struct camex_peer *peer,
		   struct sk_buff *skb, const struct camex_source *from)
{
	struct net_device *dev = cdev->dev;
	struct camex_cells *cells = cdev->cells;
	bool tap = camex_is_tap(cdev);
	unsigned int packets, bytes;
	struct camex_frame frame;
	int why;

	if (cdev->conf.links == CAMEX_LINKS_PER_PEER) {
		struct camex_peer_link *link = camex_link_of(peer);

		if (unlikely(!link || !netif_running(link->dev))) {
			why = CAMEX_A_STATS_LINK_PENDING;
			goto drop;
		}
		dev = link->dev;
		cells = link->cells;
		skb->dev = dev;
	}
	/* What came plain may have a clone, a packet socket's: it must not see the new mark. */
	if (unlikely(INET_ECN_is_ce(from->dsfield) && skb_unclone(skb, GFP_ATOMIC))) {
		why = CAMEX_A_STATS_NO_MEMORY;
		goto drop;
	}
	why = tap ? camex_tap_shape(peer, skb, from->dsfield, &frame) :
		    shape_ip(cdev, peer, skb, from->dsfield);
	if (unlikely(why))
		goto drop;
	if (unlikely(iptunnel_pull_offloads(skb))) {
		why = CAMEX_A_STATS_NO_MEMORY;
		goto drop;
	}

	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->pkt_type = PACKET_HOST;
	/* The outer ones are the same for all that is inside. */
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
	/* Relay asks how large a GSO packet's packets are. */
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb_set_transport_header(skb, skb_checksum_start_offset(skb));
	else
		skb_reset_transport_header(skb);

	skb_scrub_packet(skb, !net_eq(cdev->net, dev_net(dev)));

	packets = camex_packets(skb, &bytes);
	camex_traffic_rx(peer->traffic, packets, bytes);
	camex_sw_netstats_rx(dev, packets, bytes);
	if (tap ? camex_tap_take(peer, skb, &frame) :
		  READ_ONCE(cdev->conf.relay) && camex_relay(cdev, peer, skb))
		return;
	if (likely(to_stack(cdev, cells, skb)))
		return;
	why = CAMEX_A_STATS_QUEUE_FULL;

drop:
	camex_count(cdev->stats, why, camex_packets(skb, &bytes));
	kfree_skb(skb);
}

/**
 * camex_rx() - take a datagram, or an aggregate of them
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
	struct camex_peer *peer;
	int why = 0;

	if (camex_is_aggregate(skb)) {
		camex_batch_rx(cdev, skb, from);
		return;
	}
	peer = cdev->protocol->open(cdev, skb, from, &why);
	if (unlikely(!peer && why)) {
		camex_count(cdev->stats, why, 1);
		kfree_skb(skb);
	} else if (!peer || !skb->len) {
		consume_skb(skb);
	} else {
		camex_deliver(cdev, peer, skb, from);
	}
}

CAMEX_EXPORT_FOR_KUNIT(camex_deliver);
CAMEX_EXPORT_FOR_KUNIT(camex_rx);
