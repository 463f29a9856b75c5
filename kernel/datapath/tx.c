// SPDX-License-Identifier: GPL-2.0-only
/* Transmit: packet → route → protocol.seal → transport.send. */
#include <linux/netdevice.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/protocol.h"
#include "core/staged.h"
#include "core/timer.h"
#include "core/trace.h"
#include "core/transport.h"
#include "datapath/gather.h"
#include "datapath/seal.h"
#include "datapath/segment.h"

/*
 * Packet sockets can send without a protocol, or with ETH_P_ALL; AF_XDP also sends without a
 * network header. The first byte of the packet then determines the protocol.
 */
static void find_protocol(struct sk_buff *skb)
{
	if (!pskb_may_pull(skb, 1))
		return;
	skb_reset_network_header(skb);
	switch (skb->data[0] >> 4) {
	case 4:
		skb->protocol = htons(ETH_P_IP);
		break;
	case 6:
		skb->protocol = htons(ETH_P_IPV6);
		break;
	}
}

/* Does the packet match its skb->protocol, with a whole header? */
static bool is_ip(struct sk_buff *skb)
{
	if (unlikely(!skb->protocol || skb->protocol == htons(ETH_P_ALL)))
		find_protocol(skb);
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

static u8 dsfield_of(const struct sk_buff *skb, __be16 protocol)
{
	switch (protocol) {
	case htons(ETH_P_IP):
		return ipv4_get_dsfield(ip_hdr(skb));
	case htons(ETH_P_IPV6):
		return ipv6_get_dsfield(ipv6_hdr(skb));
	default:
		return 0;
	}
}

/*
 * May datagrams with this packet not be fragmented? The sender of an IP packet with DF finds the
 * path MTU. Frames may be fragmented, because their sender cannot be told a smaller size.
 */
static bool wants_df(const struct camex_dev *cdev, const struct sk_buff *skb,
		     unsigned int room)
{
	if (camex_is_tap(cdev))
		return false;
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->frag_off & htons(IP_DF);
	return room >= IPV6_MIN_MTU;
}

static bool fits_in_room(const struct sk_buff *skb, unsigned int room)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_mac_len(skb, room);
	return skb->len <= room;
}

/**
 * struct sending - a packet on its way to a peer
 * @peer: the peer
 * @ep: endpoint of the peer
 * @way: route to the endpoint
 * @packets: packets sent so far
 * @bytes: bytes sent so far
 */
struct sending {
	struct camex_peer *peer;
	struct camex_endpoint *ep;
	struct camex_way way;
	unsigned int packets;
	unsigned int bytes;
};

/* Send a datagram with so many packets, or return why there is none. */
static void send_sealed(struct sending *s, struct sk_buff *sealed, int why,
			unsigned int packets, unsigned int bytes)
{
	struct camex_dev *cdev = s->peer->cdev;

	if (likely(sealed)) {
		if (cdev->protocol->counts_datagrams)
			bytes = sealed->len;
		trace_camex_seal(s->peer, packets, bytes);
		why = cdev->transport->send(cdev, s->ep, &s->way, sealed);
	}
	if (unlikely(why)) {
		camex_drop_sent(cdev, s->peer, why, packets);
		return;
	}
	s->packets += packets;
	s->bytes += bytes;
}

/* Send a packet that is not GSO, or a GSO packet that is not cut. */
static void send_one(struct sending *s, struct sk_buff *skb)
{
	unsigned int bytes, packets = camex_packets(skb, &bytes);
	int why = 0;

	skb = s->peer->cdev->protocol->seal(s->peer, skb, &why);
	send_sealed(s, skb, why, packets, bytes);
}

/* Bytes that the protocol adds to a packet for this peer. */
static unsigned int overhead_of(const struct camex_peer *peer)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;

	if (protocol->overhead == protocol->plain_overhead)
		return protocol->overhead;
	return protocol->encrypts(peer) ? protocol->overhead : protocol->plain_overhead;
}

/*
 * Maximum length of a packet for this peer in a datagram of @most bytes; 0 if none fits. Packets
 * longer than the MTU of the link are not padded, so room is rounded down only below that MTU.
 */
static unsigned int room_of(const struct camex_peer *peer, unsigned int most)
{
	unsigned int overhead = overhead_of(peer), padding = peer->cdev->protocol->padding;

	if (unlikely(most <= overhead))
		return 0;
	most -= overhead;
	if (padding && unlikely(most < READ_ONCE(camex_peer_dev(peer)->mtu)))
		most = round_down(most, padding + 1);
	return most;
}

/* Send packets as outer GSO packets. Return false, with nothing done, if we cannot. */
static bool send_cut(struct sending *s, struct camex_segmenter *cut)
{
	if (camex_segment_longest(cut) > room_of(s->peer, s->way.room))
		return false;
	while (cut->left) {
		unsigned int made = cut->made, from = cut->offset;
		struct sk_buff *out;
		int why;

		out = camex_seal_many(s->peer, cut, s->way.batch, &why);
		if (unlikely(!out)) {
			if (!made)
				return false;
			camex_drop_sent(s->peer->cdev, s->peer, why, cut->left);
			break;
		}
		made = cut->made - made;
		send_sealed(s, out, 0, made,
			    made * camex_segment_headers(cut) + cut->offset - from);
	}
	return true;
}

/* Cut the GSO packet into outer GSO packets. Return false, with nothing done, if we cannot. */
static bool send_many(struct sending *s, struct sk_buff *skb)
{
	struct camex_segmenter cut camex_uninit;

	if (!s->way.batch || !s->peer->cdev->protocol->begin_sealing ||
	    !camex_segment_begin(&cut, skb) || !send_cut(s, &cut))
		return false;
	consume_skb(skb);
	return true;
}

/* Let the kernel cut the GSO packet. Return false, with nothing done, without memory. */
static bool send_each(struct sending *s, struct sk_buff *skb)
{
	struct sk_buff *segs, *next;

	skb_dst_drop(skb);	/* or each segment would take a reference */
	/* Sealing copies the packet: fragments and open checksums are fine. */
	segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	if (IS_ERR_OR_NULL(segs))
		return false;
	consume_skb(skb);
	skb_list_walk_safe(segs, segs, next) {
		skb_mark_not_on_list(segs);
		send_one(s, segs);
	}
	return true;
}

/* Can a GSO packet stay whole, to be cut later together with its outer headers? */
static bool stays_whole(const struct sending *s, const struct sk_buff *skb)
{
	const struct camex_protocol_ops *protocol = s->peer->cdev->protocol;

	if (protocol->encrypts && protocol->encrypts(s->peer))
		return false;
	return s->way.batch >= skb->len + protocol->plain_overhead &&
	       !skb->encapsulation &&
	       skb->ip_summed == CHECKSUM_PARTIAL &&
	       fits_in_room(skb, s->way.room - protocol->plain_overhead);
}

/* No route to the learned endpoint: fall back to the configured one. */
static void find_home(struct camex_peer *peer, const struct camex_endpoint *ep)
{
	struct camex_endpoint *configured = rcu_dereference_bh(peer->configured);

	if (configured && configured != ep && peer->cdev->protocol->introduce)
		peer->cdev->protocol->introduce(peer, configured);
}

/* Find the way to the endpoint. Return 0, or why the packet cannot go there. */
static __always_inline int find_way(struct sending *s, struct sk_buff *skb, __be16 protocol,
				    unsigned int *room)
{
	struct camex_dev *cdev = s->peer->cdev;
	int why;

	why = cdev->transport->route(cdev, s->ep, &s->way);
	if (unlikely(why)) {
		find_home(s->peer, s->ep);
		return why;
	}
	*room = room_of(s->peer, s->way.room);
	if (unlikely(!*room))
		return CAMEX_A_STATS_TOO_BIG;
	s->way.df = wants_df(cdev, skb, *room);
	if (unlikely(s->way.df && !fits_in_room(skb, *room)))
		return CAMEX_A_STATS_TOO_BIG;
	s->way.dsfield = dsfield_of(skb, protocol);
	if (cdev->protocol->hides_dscp)
		s->way.dsfield &= INET_ECN_MASK;
	return 0;
}

static __always_inline void count_sent(const struct sending *s)
{
	struct camex_peer *peer = s->peer;

	if (unlikely(!s->packets))
		return;
	camex_peer_asked(peer);
	camex_traffic_tx(peer->traffic, s->packets, s->bytes);
	dev_sw_netstats_tx_add(camex_peer_dev(peer), s->packets, s->bytes);
}

/* Not inline: packets that need no sealing would pay for this stack frame. */
static noinline int seal_and_send(struct camex_peer *peer, struct sk_buff *skb,
				  __be16 protocol, unsigned int *room)
{
	struct sending s = { .peer = peer };
	struct camex_dev *cdev = peer->cdev;
	bool waits = false;
	int why;

	why = cdev->protocol->ready(peer);
	if (unlikely(why)) {
		if (why != CAMEX_READY_STAGED)
			return why;
		waits = true;
	}
	s.ep = rcu_dereference_bh(peer->endpoint);
	if (unlikely(!s.ep))
		return waits ? CAMEX_A_STATS_NO_ENDPOINT :
			       camex_stage_until_heard(peer, skb, protocol);
	why = find_way(&s, skb, protocol, room);
	if (unlikely(why))
		return why;
	if (unlikely(waits)) {
		why = camex_stage(peer, skb, protocol);
		if (!why)
			cdev->protocol->want_session(peer);
		return why;
	}
	if (unlikely(READ_ONCE(peer->live.unheard)) && !cdev->protocol->introduce(peer, s.ep))
		return CAMEX_A_STATS_NO_KEY;

	if (!skb_is_gso(skb) || stays_whole(&s, skb))
		send_one(&s, skb);
	else if (!send_many(&s, skb) && !send_each(&s, skb))
		return CAMEX_A_STATS_NO_MEMORY;
	count_sent(&s);
	return 0;
}

/**
 * camex_tx_many() - send packets to a peer in outer GSO packets
 * @peer: the peer
 * @packets: two or more packets, each as for camex_tx(), in order; not GSO, of the same length, but
 *	the last one may be shorter; with the same DF bit and DS field; not charged to a socket; for
 *	their checksums see camex_packet_copy(). Consumed on success
 * @protocol: as for camex_tx(), of each of them
 *
 * Context: RCU reader, bottom halves off.
 * Return: false, and they were not consumed, if they have to be sent one by one, or cannot be sent.
 */
bool camex_tx_many(struct camex_peer *peer, struct sk_buff_head *packets, __be16 protocol)
{
	const struct camex_protocol_ops *ops = peer->cdev->protocol;
	struct camex_segmenter cut camex_uninit;
	struct sending s = { .peer = peer };
	struct sk_buff *skb;
	unsigned int room;

	if (!ops->begin_sealing || !ops->encrypts(peer) ||
	    READ_ONCE(peer->live.unheard) || ops->ready(peer))
		return false;
	s.ep = rcu_dereference_bh(peer->endpoint);
	if (!s.ep || find_way(&s, skb_peek(packets), protocol, &room) || !s.way.batch)
		return false;
	camex_segment_packets(&cut, packets);
	if (!send_cut(&s, &cut))
		return false;
	while ((skb = __skb_dequeue(packets)))
		consume_skb(skb);
	count_sent(&s);
	return true;
}

/* Can a transport that takes packets unchanged take this one? */
static bool stays_as_it_is(const struct camex_dev *cdev,
			   const struct sk_buff *skb)
{
	return cdev->as_is &&
	       (!skb_is_gso(skb) || (!skb->encapsulation &&
				     skb->ip_summed == CHECKSUM_PARTIAL));
}

/* The packet needs no route and no outer header. */
static int hand_over(struct camex_peer *peer, struct sk_buff *skb,
		     unsigned int *room)
{
	static const struct camex_way nowhere;
	unsigned int bytes, packets = camex_packets(skb, &bytes);
	struct camex_dev *cdev = peer->cdev;
	struct net_device *dev = cdev->dev;
	int why;

	*room = READ_ONCE(dev->mtu);
	if (unlikely(skb->len > *room && !skb_is_gso(skb) &&
		     wants_df(cdev, skb, *room)))
		return CAMEX_A_STATS_TOO_BIG;
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	why = cdev->transport->send(cdev, NULL, &nowhere, skb);
	if (unlikely(why)) {
		camex_drop_sent(cdev, peer, why, packets);
		return 0;
	}
	camex_peer_asked(peer);
	camex_traffic_tx(peer->traffic, packets, bytes);
	dev_sw_netstats_tx_add(dev, packets, bytes);
	return 0;
}

/**
 * camex_tx() - send a packet to a peer
 * @peer: the peer
 * @skb: packet or frame, or GSO packet, at skb->data, with its mac header there and
 *	its network header where the link's ends; consumed on success
 * @protocol: ETH_P_IP or ETH_P_IPV6 where its header is in the linear part, else 0
 * @room: result if the packet is too big: the size that fits, bytes
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or why the packet was not sent (CAMEX_A_STATS_*). If a part of a GSO packet is lost,
 * the function counts the loss and returns 0.
 */
int camex_tx(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol,
	     unsigned int *room)
{
	if (stays_as_it_is(peer->cdev, skb))
		return hand_over(peer, skb, room);
	return seal_and_send(peer, skb, protocol, room);
}

/* The same numbers as from wireguard.ko. */
static int errno_of(const struct camex_dev *cdev, int why)
{
	if (!cdev->kind.returns_errors)
		return NETDEV_TX_OK;
	switch (why) {
	case CAMEX_A_STATS_NOT_IP:
		return -EPROTONOSUPPORT;
	case CAMEX_A_STATS_NO_ROUTE:
		return -ENOKEY;
	case CAMEX_A_STATS_NO_ENDPOINT:
		return -EDESTADDRREQ;
	}
	return NETDEV_TX_OK;
}

/**
 * camex_xmit_now() - send a packet that camex_xmit_to() has checked
 * @cdev: the device
 * @peer: the receiver; NULL: there is no route
 * @skb: packet, or GSO packet; consumed
 *
 * Context: RCU reader, bottom halves off.
 * Return: as camex_xmit_to().
 */
netdev_tx_t camex_xmit_now(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb)
{
	unsigned int room = 0;
	int why;

	why = likely(peer) ? camex_tx(peer, skb, skb->protocol, &room) : CAMEX_A_STATS_NO_ROUTE;
	if (likely(!why))
		return NETDEV_TX_OK;
	camex_tell_sender(skb, why, room);
	camex_free_sent(cdev, peer, skb, why);
	return errno_of(cdev, why);
}

/**
 * camex_xmit_to() - send a packet of the stack
 * @cdev: the device
 * @peer: the receiver; NULL: chosen by the destination
 * @skb: packet, or GSO packet; consumed
 *
 * Context: RCU reader, bottom halves off.
 * Return: NETDEV_TX_OK; a negative errno only if camex_link_kind.returns_errors.
 */
netdev_tx_t camex_xmit_to(struct camex_dev *cdev, struct camex_peer *peer,
			  struct sk_buff *skb)
{
	int why;

	skb_reset_mac_header(skb);
	if (unlikely(camex_nested_too_deep())) {
		why = CAMEX_A_STATS_LOOP;
		goto drop;
	}
	if (unlikely(!is_ip(skb))) {
		why = CAMEX_A_STATS_NOT_IP;
		goto drop;
	}
	skb_tx_timestamp(skb);
	if (camex_gather(cdev, skb))
		return NETDEV_TX_OK;
	if (!peer)
		peer = camex_route_lookup_dst(&cdev->routes, skb);
	return camex_xmit_now(cdev, peer, skb);
drop:
	camex_free_sent(cdev, peer, skb, why);
	return errno_of(cdev, why);
}
