// SPDX-License-Identifier: GPL-2.0-only
/* A tun link: it sends and receives bare IP packets. */
#include <linux/netdevice.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "core/compat.h"
#include "core/ip_packet.h"
#include "core/link.h"
#include "core/protocol.h"
#include "link/peer_link.h"
#include "link/relay.h"
#include "link/tun.h"

/*
 * Prepare the packet at skb->data for the stack: header in the linear part, protocol set, padding
 * removed.
 */
static bool shape_packet(struct sk_buff *skb)
{
	unsigned int have = min_t(unsigned int, skb->len, sizeof(struct ipv6hdr));
	size_t len;

	if (!pskb_may_pull(skb, have))
		return false;
	len = camex_ip_len(skb->data, skb->len);
	if (!len || pskb_trim_rcsum(skb, len))
		return false;
	skb->protocol = skb->data[0] >> 4 == 4 ? htons(ETH_P_IP) :
						 htons(ETH_P_IPV6);
	return true;
}

/* RFC 6040, section 4.2. Return false if the packet must be dropped. */
static bool decapsulate_ecn(struct sk_buff *skb, u8 outer)
{
	u8 inner;

	if (skb->protocol == htons(ETH_P_IP))
		inner = ip_hdr(skb)->tos;
	else
		inner = ipv6_get_dsfield(ipv6_hdr(skb));
	return INET_ECN_decapsulate(skb, outer, inner) < 2;
}

/* As camex_link_ops.shape. */
static int shape_received(struct camex_peer *peer, struct sk_buff *skb, u8 dsfield,
			  struct camex_frame *frame)
{
	struct camex_dev *cdev = peer->cdev;

	if (unlikely(!shape_packet(skb)))
		return CAMEX_A_STATS_MALFORMED;
	skb_reset_network_header(skb);
	if (READ_ONCE(cdev->conf.source_check) &&
	    unlikely(camex_route_lookup_src(&cdev->routes, skb) != peer))
		return CAMEX_A_STATS_BAD_SOURCE;
	if (unlikely(!decapsulate_ecn(skb, dsfield)))
		return CAMEX_A_STATS_MALFORMED;
	return 0;
}

/* As camex_link_ops.forward. */
static bool forward_received(struct camex_peer *peer, struct sk_buff *skb,
			     const struct camex_frame *frame)
{
	return READ_ONCE(peer->cdev->conf.relay) &&
	       camex_relay(peer->cdev, peer, skb);
}

/* As camex_link_ops.choose. */
static struct camex_peer *choose_by_routes(struct camex_dev *cdev, struct sk_buff *skb,
					   __be16 *protocol)
{
	*protocol = skb->protocol;
	return camex_route_lookup_dst(&cdev->routes, skb);
}

/* As camex_link_ops.send. */
static void send_packet(struct camex_dev *cdev, struct camex_peer *peer, struct sk_buff *skb,
			__be16 protocol)
{
	camex_xmit_now(cdev, peer, skb);
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
	return camex_xmit_to(netdev_priv(dev), NULL, skb);
}

const struct camex_link_ops camex_link_tun = {
	.allowed_ips = true,
	.choose = choose_by_routes,
	.send = send_packet,
	.shape = shape_received,
	.forward = forward_received,
};

const struct camex_link_ops camex_link_tun_per_peer = {
	.no_allowed_ips =
		"with links per-peer there are no routes: each peer has a link of its own",
	.init = camex_peer_links_setup,
	.carrier = camex_peer_links_carrier,
	.unregistering = camex_peer_links_clear,
	.peer_heard = camex_peer_link_request,
	.peer_due = camex_peer_link_due,
	.peer_unlink = camex_peer_link_delete,
	.owns = camex_peer_links_own,
	.receive_through = camex_peer_link_get,
	.choose = camex_peer_link_choose,
	.send = send_packet,
	.shape = shape_received,
};
