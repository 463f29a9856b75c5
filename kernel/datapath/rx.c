// SPDX-License-Identifier: GPL-2.0-only
/* Receive: transport → protocol.open → source check → GRO → stack. */
#include <linux/netdevice.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/trace.h"
#include "core/transport.h"
#include "datapath/gro_queue.h"
#include "datapath/receive_batch.h"

/* Return false, with nothing done, if there is no room. */
static bool to_stack(struct camex_dev *cdev, struct camex_peer *peer,
		     struct camex_gro_queue *gro, struct sk_buff *skb)
{
	if (!cdev->transport->single)
		/* Inside a NAPI netpoll cannot send at once on the device of that NAPI. */
		return camex_gro_queue_receive(gro, skb, peer, READ_ONCE(cdev->conf.tx) !=
							       CAMEX_TX_NETPOLL);
	netif_receive_skb(skb);
	return true;
}

/* Length of the datagram that carried a packet of @len bytes, as we would have sent it. */
static unsigned int datagram_of(const struct camex_peer *peer, unsigned int len)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	unsigned int padded = len, mtu = READ_ONCE(camex_peer_dev(peer)->mtu);

	if (protocol->padding && !camex_is_tap(peer->cdev))
		padded = max(len, min(round_up(len, protocol->padding + 1), mtu));
	return padded + protocol->overhead;
}

/* Total length of the datagrams that carried packets, all of equal length but the last. */
static unsigned int datagrams_of(const struct camex_peer *peer, const struct sk_buff *skb,
				 unsigned int packets, unsigned int bytes)
{
	unsigned int each;

	if (packets < 2)
		return datagram_of(peer, bytes);
	each = (bytes - skb->len) / (packets - 1) + skb_shinfo(skb)->gso_size;
	return (packets - 1) * datagram_of(peer, each) +
	       datagram_of(peer, bytes - (packets - 1) * each);
}

/**
 * camex_deliver() - deliver an opened packet to the stack, or relay it to another peer
 * @cdev: the device
 * @peer: the sender
 * @skb: the packet, or GSO packet, at skb->data; consumed
 * @from: source of the datagram
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_deliver(struct camex_dev *cdev, struct camex_peer *peer,
		   struct sk_buff *skb, const struct camex_source *from)
{
	const struct camex_link_ops *link = cdev->link;
	struct net_device *dev = cdev->dev;
	struct camex_gro_queue *gro = cdev->gro;
	unsigned int packets, bytes;
	struct camex_frame frame;
	int why;

	if (link->receive_through) {
		struct camex_peer_link *own = link->receive_through(peer);

		if (unlikely(!own || !netif_running(own->dev))) {
			why = CAMEX_A_STATS_LINK_PENDING;
			goto drop;
		}
		dev = own->dev;
		gro = own->gro;
		skb->dev = dev;
	}
	/* A plain packet may have a clone (of a packet socket), which must keep the old header. */
	if (unlikely(INET_ECN_is_ce(from->dsfield) && skb_unclone(skb, GFP_ATOMIC))) {
		why = CAMEX_A_STATS_NO_MEMORY;
		goto drop;
	}
	why = link->shape(peer, skb, from->dsfield, &frame);
	if (unlikely(why))
		goto drop;
	if (unlikely(iptunnel_pull_offloads(skb))) {
		why = CAMEX_A_STATS_NO_MEMORY;
		goto drop;
	}

	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->pkt_type = PACKET_HOST;
	/* Hash and queue of the outer packet are the same for all inner flows. */
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
	/* Relay needs the size of the packets in a GSO packet. */
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb_set_transport_header(skb, skb_checksum_start_offset(skb));
	else
		skb_reset_transport_header(skb);

	skb_scrub_packet(skb, cdev->protocol->clears_mark || !net_eq(cdev->net, dev_net(dev)));

	packets = camex_packets(skb, &bytes);
	if (cdev->protocol->counts_datagrams)
		bytes = datagrams_of(peer, skb, packets, bytes);
	trace_camex_open(peer, packets, bytes);
	camex_traffic_rx(peer->traffic, packets, bytes);
	camex_sw_netstats_rx(dev, packets, bytes);
	if (link->forward && link->forward(peer, skb, &frame))
		return;
	if (likely(to_stack(cdev, peer, gro, skb)))
		return;
	why = CAMEX_A_STATS_QUEUE_FULL;

drop:
	camex_free_received(cdev, peer, skb, why);
}

/**
 * camex_rx() - receive a datagram, or an aggregate of datagrams
 * @cdev: the device
 * @skb: its payload at skb->data, skb->dev set to the link, outer checksum
 *	verified; consumed
 * @from: source of the datagram
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
		camex_drop_received(cdev, NULL, why, 1);
		camex_kfree_skb_why(skb, why);
	} else if (!peer || !skb->len) {
		consume_skb(skb);
		if (peer && cdev->transport->asked)
			cdev->transport->asked(peer, &from->addr);
	} else {
		camex_deliver(cdev, peer, skb, from);
	}
}
