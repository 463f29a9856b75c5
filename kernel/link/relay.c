// SPDX-License-Identifier: GPL-2.0-only
/*
 * Relay: packets of one peer to another are passed on directly. They bypass the stack of this host,
 * its routes and its firewall.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/protocol.h"
#include "link/relay.h"

/* Is the address local, or not unicast? Such packets go to the stack. */
static bool stays_here4(struct net *net, __be32 addr)
{
	return ipv4_is_multicast(addr) || ipv4_is_linklocal_169(addr) ||
	       ipv4_is_loopback(addr) || ipv4_is_zeronet(addr) ||
	       inet_addr_type(net, addr) != RTN_UNICAST;
}

static bool stays_here6(struct net *net, const struct in6_addr *addr)
{
	return !(ipv6_addr_type(addr) & IPV6_ADDR_UNICAST) ||
	       ipv6_addr_type(addr) & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK) ||
	       camex_ip6_is_local(net, addr);
}

/* Decrement the TTL. Return false if it has expired. */
static bool decrement_ttl(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP)) {
		if (ip_hdr(skb)->ttl <= 1)
			return false;
		ip_decrease_ttl(ip_hdr(skb));
	} else {
		if (ipv6_hdr(skb)->hop_limit <= 1)
			return false;
		ipv6_hdr(skb)->hop_limit--;
	}
	return true;
}

static void tell_sender(struct sk_buff *skb, int why, unsigned int room)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	const struct iphdr *iph = ip_hdr(skb);
	struct camex_icmp icmp;

	if (!camex_icmp_for(why, v4, room, &icmp))
		return;
	memset(skb->cb, 0, sizeof(skb->cb));
	if (!v4) {
		IP6CB(skb)->iif = skb->dev->ifindex;
		icmpv6_send(skb, icmp.type, icmp.code, icmp.info);
		return;
	}
	/* ICMP needs the route by which the packet came. */
	if (!ip_route_input_noref(skb, iph->daddr, iph->saddr,
				  camex_ip_tos(iph), skb->dev) || skb_dst(skb))
		icmp_send(skb, icmp.type, icmp.code, htonl(icmp.info));
}

/**
 * camex_relay() - pass a received packet on to another peer
 * @cdev: the device
 * @from: the sender
 * @skb: the inner packet, with its IP header in the linear part
 *
 * Context: RCU reader, bottom halves off.
 * Return: true if the packet was relayed or dropped, and consumed; false if it is for the stack.
 */
bool camex_relay(struct camex_dev *cdev, const struct camex_peer *from,
		 struct sk_buff *skb)
{
	struct net *net = dev_net(cdev->dev);
	unsigned int room = 0;
	struct camex_peer *to;
	int why;

	to = camex_route_lookup_relay(&cdev->routes, skb);
	if (!to || to == from)
		return false;
	if (skb->protocol == htons(ETH_P_IP) ?
	    stays_here4(net, ip_hdr(skb)->daddr) :
	    stays_here6(net, &ipv6_hdr(skb)->daddr))
		return false;

	skb_clear_tstamp(skb);
	if (skb_ensure_writable(skb, skb->protocol == htons(ETH_P_IP) ?
				     sizeof(struct iphdr) : sizeof(struct ipv6hdr)))
		why = CAMEX_A_STATS_NO_MEMORY;
	else if (!decrement_ttl(skb))
		why = CAMEX_A_STATS_TTL_EXPIRED;
	else
		why = camex_tx(to, skb, skb->protocol, &room);
	if (likely(!why))
		return true;
	tell_sender(skb, why, room);
	camex_free_sent(cdev, to, skb, why);
	return true;
}
