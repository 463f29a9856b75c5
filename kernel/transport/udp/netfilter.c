// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport udp, received by netfilter: a hook after the rules for local input takes the datagrams
 * for our port before UDP looks for their socket. All others, fragments for example, go on to the
 * socket, which stays open.
 */
#ifdef CONFIG_NETFILTER
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/udp.h>
#include <net/xfrm.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "transport/udp/udp.h"

/* After every rule; only the confirmation of connections comes later. */
#define PRIORITY	(INT_MAX - 1)

/**
 * struct camex_netfilter - the hooks of a device
 * @ops: for IPv4 and IPv6
 * @rcu: frees it, while nfnetlink may be listing hooks
 */
struct camex_netfilter {
	struct nf_hook_ops ops[2];
	struct rcu_head rcu;
};

/* Offset of the UDP header; 0 if this is no datagram that we take. */
static unsigned int udp_offset(const struct sk_buff *skb, u8 family)
{
	if (family == NFPROTO_IPV4) {
		const struct iphdr *iph = ip_hdr(skb);

		return iph->protocol == IPPROTO_UDP && !ip_is_fragment(iph) ?
		       iph->ihl * 4 : 0;
	}
	return ipv6_hdr(skb)->nexthdr == IPPROTO_UDP ? sizeof(struct ipv6hdr) : 0;
}

/* Would the device's socket get this datagram? */
static bool is_for(const struct camex_udp *udp, const struct sk_buff *skb,
		   const struct nf_hook_state *state, __be16 port)
{
	const struct socket *sock = state->pf == NFPROTO_IPV4 ? udp->v4 : udp->v6;
	int ifindex = READ_ONCE(udp->ifindex);

	if (!sock || port != udp->port || skb->pkt_type != PACKET_HOST ||
	    netif_is_l3_master(state->in) || netif_is_l3_slave(state->in) ||
	    (ifindex && ifindex != state->in->ifindex))
		return false;
	if (state->pf == NFPROTO_IPV4)
		return !inet_sk(sock->sk)->inet_rcv_saddr ||
		       inet_sk(sock->sk)->inet_rcv_saddr == ip_hdr(skb)->daddr;
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_addr_any(&sock->sk->sk_v6_rcv_saddr) ||
	       ipv6_addr_equal(&sock->sk->sk_v6_rcv_saddr, &ipv6_hdr(skb)->daddr);
#else
	return false;
#endif
}

/* The UDP header is at skb->data. Is the datagram whole, and its checksum right? */
static bool is_good(struct sk_buff *skb, u8 family)
{
	const struct udphdr *uh = udp_hdr(skb);
	unsigned int len = ntohs(uh->len);

	if (len < sizeof(*uh) || len > skb->len || pskb_trim_rcsum(skb, len))
		return false;
	uh = udp_hdr(skb);
	if (family == NFPROTO_IPV4)
		return !skb_checksum_init_zero_check(skb, IPPROTO_UDP, uh->check,
						     inet_compute_pseudo) &&
		       !skb_checksum_complete(skb);
	return uh->check &&
	       !skb_checksum_init(skb, IPPROTO_UDP, ip6_compute_pseudo) &&
	       !skb_checksum_complete(skb);
}

static bool passes_ipsec(struct sk_buff *skb, u8 family)
{
	return family == NFPROTO_IPV4 ?
	       xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb) :
	       xfrm6_policy_check(NULL, XFRM_POLICY_IN, skb);
}

static unsigned int take_datagram(struct camex_dev *cdev, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	const struct camex_udp *udp = rcu_dereference(cdev->udp);
	unsigned int offset = udp_offset(skb, state->pf);
	const struct udphdr *uh;
	struct udphdr header;

	if (!udp || !offset || !netif_running(cdev->dev))
		return NF_ACCEPT;
	uh = skb_header_pointer(skb, offset, sizeof(header), &header);
	if (!uh || !is_for(udp, skb, state, uh->dest) ||
	    !passes_ipsec(skb, state->pf) ||
	    !pskb_may_pull(skb, offset + sizeof(*uh)))
		return NF_ACCEPT;

	skb_set_transport_header(skb, offset);
	skb_pull_rcsum(skb, offset);
	if (!is_good(skb, state->pf)) {
		/* Leave it to UDP, which counts it. */
		skb_push_rcsum(skb, offset);
		return NF_ACCEPT;
	}
	skb_pull_rcsum(skb, sizeof(*uh));
	camex_count(cdev->stats, CAMEX_A_STATS_RX_NETFILTER,
		    camex_datagrams(skb));
	camex_udp_receive(cdev, skb);
	return NF_STOLEN;
}

/* After NFQUEUE, datagrams arrive in a system call of the program that accepted them. */
static unsigned int local_in_hook(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	unsigned int verdict;

	local_bh_disable();
	verdict = take_datagram(priv, skb, state);
	local_bh_enable();
	return verdict;
}

/**
 * camex_netfilter_on() - receive datagrams by netfilter as well
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or a negative errno.
 */
int camex_netfilter_on(struct camex_dev *cdev)
{
	struct camex_netfilter *nf;
	unsigned int i, n = IS_ENABLED(CONFIG_IPV6) ? 2 : 1;
	int err;

	if (cdev->netfilter)
		return 0;
	nf = kzalloc(sizeof(*nf), GFP_KERNEL_ACCOUNT);
	if (!nf)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		nf->ops[i].hook = local_in_hook;
		nf->ops[i].priv = cdev;
		nf->ops[i].pf = i ? NFPROTO_IPV6 : NFPROTO_IPV4;
		nf->ops[i].hooknum = NF_INET_LOCAL_IN;
		nf->ops[i].priority = PRIORITY;
	}
	err = nf_register_net_hooks(cdev->net, nf->ops, n);
	if (err)
		kfree(nf);
	else
		cdev->netfilter = nf;
	return err;
}

/**
 * camex_netfilter_off() - receive all datagrams by the socket again
 * @cdev: the device, which must exist for an RCU grace period more
 *
 * Context: RTNL, may sleep.
 */
void camex_netfilter_off(struct camex_dev *cdev)
{
	if (!cdev->netfilter)
		return;
	nf_unregister_net_hooks(cdev->net, cdev->netfilter->ops,
				IS_ENABLED(CONFIG_IPV6) ? 2 : 1);
	kfree_rcu(cdev->netfilter, rcu);
	cdev->netfilter = NULL;
}
#endif /* CONFIG_NETFILTER */
