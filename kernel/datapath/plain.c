// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams without encryption: making them, and finding the peer that sent one. */
#include <linux/skbuff.h>
#include <net/ip_tunnels.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "datapath/plain.h"

/**
 * camex_plain_seal() - make headroom in a packet for the outer headers
 * @peer: the receiver
 * @skb: the packet; a GSO packet stays one, and is cut with the headers around it
 * @why: counter, on failure
 *
 * Return: the packet, or NULL when it was dropped.
 */
struct sk_buff *camex_plain_seal(struct camex_peer *peer, struct sk_buff *skb,
				 int *why)
{
	const struct camex_dev *cdev = peer->cdev;

	if (unlikely(skb_cow_head(skb, READ_ONCE(cdev->dev->needed_headroom)) ||
		     iptunnel_handle_offloads(skb, skb_is_gso(skb) ?
					      SKB_GSO_UDP_TUNNEL_CSUM : 0))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		kfree_skb(skb);
		return NULL;
	}
	camex_tx_stamped(skb);
	/* Tells the segmentation code what follows the UDP header. */
	if (camex_is_tap(cdev))
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
	else
		skb_set_inner_ipproto(skb, skb->protocol == htons(ETH_P_IP) ?
					   IPPROTO_IPIP : IPPROTO_IPV6);
	skb_scrub_packet(skb, !net_eq(cdev->net, dev_net(camex_peer_dev(peer))));
	return skb;
}

static bool has_key(const struct camex_peer *peer)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;

	return protocol->has_key && protocol->has_key(peer);
}

/*
 * A plain datagram proves nothing. It belongs to the peer whose endpoint is its source. From
 * another source it is accepted only for the peer that has the inner source address in its
 * routes, if that peer has no key and no configured endpoint.
 */
static struct camex_peer *peer_of(struct camex_dev *cdev, struct sk_buff *skb,
				  const struct camex_source *from)
{
	struct camex_peer *peer;

	peer = camex_peer_by_endpoint(cdev, &from->addr);
	if (peer)
		return peer;

	if (!pskb_may_pull(skb, min_t(unsigned int, skb->len,
				      sizeof(struct ipv6hdr))))
		return NULL;
	peer = camex_route_lookup_raw(&cdev->routes, skb->data, skb->len);
	if (peer && !has_key(peer) && !rcu_access_pointer(peer->configured))
		return peer;
	return NULL;
}

/**
 * camex_plain_heard() - note a plain datagram that claims to be from a peer
 * @peer: the peer
 * @from: source of the datagram; becomes the peer's endpoint
 * @why: counter, on failure
 *
 * Context: RCU reader, bottom halves off.
 * Return: the peer, or NULL when the datagram must be dropped.
 */
struct camex_peer *camex_plain_heard(struct camex_peer *peer,
				     const struct camex_source *from, int *why)
{
	struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);
	struct camex_dev *cdev = peer->cdev;

	if (unlikely(has_key(peer))) {
		*why = CAMEX_A_STATS_PLAINTEXT_REFUSED;
		return NULL;
	}
	if (unlikely(!ep || !camex_endpoint_is(ep, &from->addr, &from->local))) {
		spin_lock(&cdev->lock);
		if (!peer->dead)
			camex_peer_move(peer, &from->addr, &from->local);
		spin_unlock(&cdev->lock);
	}
	camex_peer_heard(peer);
	return peer;
}

/**
 * camex_plain_open() - find the peer that sent a plain datagram
 * @cdev: the device
 * @skb: the packet
 * @from: source of the datagram
 * @why: counter, on failure
 *
 * Return: the peer, or NULL when the packet must be dropped.
 */
struct camex_peer *camex_plain_open(struct camex_dev *cdev, struct sk_buff *skb,
				    const struct camex_source *from, int *why)
{
	struct camex_peer *peer = peer_of(cdev, skb, from);

	if (unlikely(!peer)) {
		*why = CAMEX_A_STATS_UNKNOWN_PEER;
		return NULL;
	}
	return camex_plain_heard(peer, from, why);
}
