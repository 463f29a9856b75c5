// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport udp: ordinary UDP sockets, one for each family. Datagrams are processed in the softirq
 * that received them, and sent through the output path of IP.
 */
#include <linux/inetdevice.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/udp.h>

#include "core/compat.h"
#include "core/link.h"
#include "core/memory.h"
#include "core/peer.h"
#include "core/protocol.h"
#include "transport/udp/udp.h"

/* Bytes that an Ethernet header has reserved for it (LL_RESERVED_SPACE). */
#define LL_RESERVED	HH_DATA_MOD

static unsigned int udp_overhead(u16 family)
{
	return sizeof(struct udphdr) + (family == AF_INET6 ?
					sizeof(struct ipv6hdr) :
					sizeof(struct iphdr));
}

/* --- send --- */

/*
 * If endpoints note the interface, the address to which a peer sends is the source address, unless
 * the route back uses another interface than the one that received the peer's datagrams.
 */
static bool is_other_way(const struct camex_endpoint *ep, const struct camex_udp *udp,
			 const struct rtable *rt)
{
	return ep->from.family && ep->from.scope && !udp->bind.family &&
	       rt->dst.dev->ifindex != ep->from.scope;
}

static void find_route4(struct camex_dev *cdev, struct camex_endpoint *ep,
			const struct camex_udp *udp, struct camex_path *path)
{
	struct sock *sk = udp->v4->sk;
	struct flowi4 fl = {
		.daddr = ep->to.v4,
		.fl4_dport = ep->to.port,
		.fl4_sport = udp->port,
		.flowi4_oif = READ_ONCE(udp->ifindex),
		.flowi4_mark = READ_ONCE(cdev->conf.fwmark),
		.flowi4_proto = IPPROTO_UDP,
	};
	struct rtable *rt;

	if (udp->bind.family == AF_INET)
		fl.saddr = udp->bind.v4;
	else if (ep->from.family && inet_confirm_addr(cdev->net, NULL, 0,
						      ep->from.v4,
						      RT_SCOPE_HOST))
		fl.saddr = ep->from.v4;
	rt = ip_route_output_flow(cdev->net, &fl, sk);
	if (!IS_ERR(rt) && unlikely(is_other_way(ep, udp, rt))) {
		ip_rt_put(rt);
		fl.saddr = 0;
		rt = ip_route_output_flow(cdev->net, &fl, sk);
	}
	if (IS_ERR(rt))
		return;
	path->dst = &rt->dst;
	path->src.s6_addr32[0] = fl.saddr;
}

#if IS_ENABLED(CONFIG_IPV6)
static void find_route6(struct camex_dev *cdev, struct camex_endpoint *ep,
			const struct camex_udp *udp, struct camex_path *path)
{
	struct sock *sk = udp->v6->sk;
	struct flowi6 fl = {
		.daddr = ep->to.v6,
		.fl6_dport = ep->to.port,
		.fl6_sport = udp->port,
		.flowi6_oif = ep->to.scope ?: READ_ONCE(udp->ifindex),
		.flowi6_mark = READ_ONCE(cdev->conf.fwmark),
		.flowi6_proto = IPPROTO_UDP,
	};
	struct dst_entry *dst;

	if (udp->bind.family == AF_INET6)
		fl.saddr = udp->bind.v6;
	else if (ep->from.family && camex_ip6_is_local(cdev->net, &ep->from.v6))
		fl.saddr = ep->from.v6;
	dst = camex_ip6_route(cdev->net, sk, &fl);
	if (IS_ERR(dst))
		return;
	path->dst = dst;
	path->cookie = rt6_get_cookie((struct rt6_info *)dst);
	path->src = fl.saddr;
}
#else
static void find_route6(struct camex_dev *cdev, struct camex_endpoint *ep,
			const struct camex_udp *udp, struct camex_path *path)
{
}
#endif

static bool path_good(const struct camex_dev *cdev,
		      const struct camex_path *path)
{
	struct dst_entry *dst = path->dst;

	return path->generation == READ_ONCE(cdev->path_generation) &&
	       (!dst->obsolete || dst->ops->check(dst, path->cookie));
}

static void learn_headroom(struct camex_dev *cdev,
			   const struct camex_endpoint *ep,
			   const struct camex_path *path)
{
	camex_device_headroom(cdev, LL_RESERVED_SPACE(path->dst->dev) +
			      path->dst->header_len +
			      udp_overhead(ep->to.family));
}

/*
 * Would datagrams loop, because they are sent through the link itself? If links may nest, a loop
 * ends at the maximum nesting.
 */
static bool is_own_way(const struct camex_dev *cdev, const struct net_device *dev)
{
	if (cdev->kind.nests)
		return false;
	return dev == cdev->dev || (cdev->link->owns && cdev->link->owns(cdev, dev));
}

/* Find the path to the endpoint, valid in this RCU section. Return 0, or why there is none. */
static int find_path(struct camex_dev *cdev, struct camex_endpoint *ep,
		     const struct camex_udp *udp, struct camex_path **found)
{
	struct camex_path *path = rcu_dereference_bh(ep->path);

	/* The sockets may have changed since the path was found. */
	if (unlikely(!(ep->to.family == AF_INET ? udp->v4 : udp->v6)))
		return CAMEX_A_STATS_NO_ENDPOINT;
	if (likely(path && path_good(cdev, path))) {
		*found = path;
		return 0;
	}
	path = camex_zalloc(cdev, sizeof(*path));
	if (!path)
		return CAMEX_A_STATS_NO_MEMORY;
	/* Pairs with the release in camex_device_set(), so that settings are read after it. */
	path->generation = smp_load_acquire(&cdev->path_generation);
	if (unlikely(!camex_udp_has_devices(udp, ep))) {
		kfree(path);
		return CAMEX_A_STATS_NO_DEVICE;
	}
	if (ep->to.family == AF_INET)
		find_route4(cdev, ep, udp, path);
	else
		find_route6(cdev, ep, udp, path);
	if (!path->dst) {
		kfree(path);
		return CAMEX_A_STATS_NO_ENDPOINT;
	}
	if (is_own_way(cdev, path->dst->dev)) {
		dst_release(path->dst);
		kfree(path);
		return CAMEX_A_STATS_LOOP;
	}
	atomic_set(&path->ident, get_random_u32());
	learn_headroom(cdev, ep, path);
	camex_path_set(ep, path);
	*found = path;
	return 0;
}

static void push_udp(struct sk_buff *skb, const struct camex_endpoint *ep,
		     const struct camex_udp *udp)
{
	struct udphdr *uh = __skb_push(skb, sizeof(*uh));

	skb_reset_transport_header(skb);
	uh->source = udp->port;
	uh->dest = ep->to.port;
	uh->len = htons(skb->len);
	uh->check = 0;
}

static bool is_aggregate(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && !skb->encapsulation;
}

/* When stack or driver cut the packet, each datagram gets its own checksum. */
static void finish_aggregate(struct sk_buff *skb)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
}

static int send_ipv4(struct camex_dev *cdev, struct camex_endpoint *ep,
		     const struct camex_udp *udp, const struct camex_way *way,
		     struct sk_buff *skb)
{
	const struct camex_path *path = way->path;
	__be32 src = path->src.s6_addr32[0];
	struct iphdr *iph;

	udp_set_csum(false, skb, src, ep->to.v4, skb->len);
	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = INET_ECN_encapsulate(way->dsfield, way->dsfield);
	iph->frag_off = way->df ? htons(IP_DF) : 0;
	iph->ttl = ip4_dst_hoplimit(path->dst);
	iph->protocol = IPPROTO_UDP;
	iph->saddr = src;
	iph->daddr = ep->to.v4;
	/*
	 * RFC 6864, section 4.1: a datagram that is never fragmented needs no ID. Others
	 * have a counter, as with a connected socket.
	 */
	iph->id = way->df ? 0 :
		  htons(atomic_fetch_add(skb_shinfo(skb)->gso_segs ?: 1,
					 &way->path->ident));
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb->protocol = htons(ETH_P_IP);
	if (READ_ONCE(cdev->conf.tx) == CAMEX_TX_NETPOLL) {
		iph->tot_len = htons(skb->len);
		ip_send_check(iph);
		if (camex_netpoll_send(cdev, path->dst, way->room + udp_overhead(AF_INET),
				       &ep->to.v4, skb))
			return 0;
	}
	return ip_local_out(cdev->net, udp->v4->sk, skb);
}

#if IS_ENABLED(CONFIG_IPV6)
static int send_ipv6(struct camex_dev *cdev, struct camex_endpoint *ep,
		     const struct camex_udp *udp, const struct camex_way *way,
		     struct sk_buff *skb)
{
	const struct camex_path *path = way->path;
	struct ipv6hdr *ip6h;

	udp6_set_csum(false, skb, &path->src, &ep->to.v6, skb->len);
	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, INET_ECN_encapsulate(way->dsfield, way->dsfield), 0);
	ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = ip6_dst_hoplimit(path->dst);
	ip6h->saddr = path->src;
	ip6h->daddr = ep->to.v6;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	skb->protocol = htons(ETH_P_IPV6);
	if (READ_ONCE(cdev->conf.tx) == CAMEX_TX_NETPOLL &&
	    camex_netpoll_send(cdev, path->dst, way->room + udp_overhead(AF_INET6),
			       &ep->to.v6, skb))
		return 0;
	return ip6_local_out(cdev->net, udp->v6->sk, skb);
}
#else
static int send_ipv6(struct camex_dev *cdev, struct camex_endpoint *ep,
		     const struct camex_udp *udp, const struct camex_way *way,
		     struct sk_buff *skb)
{
	kfree_skb(skb);
	return -EAFNOSUPPORT;
}
#endif

static int route_udp(struct camex_dev *cdev, struct camex_endpoint *ep,
		     struct camex_way *way)
{
	const struct camex_udp *udp = rcu_dereference_bh(cdev->udp);
	const struct camex_protocol_ops *protocol = cdev->protocol;
	unsigned int mtu, head = udp_overhead(ep->to.family);
	int err;

	if (unlikely(!udp))
		return CAMEX_A_STATS_NO_ENDPOINT;
	err = find_path(cdev, ep, udp, &way->path);
	if (unlikely(err))
		return err;
	mtu = min_t(u32, dst_mtu(way->path->dst), IP_MAX_MTU);
	/* The MTU of a route may be less than all headers. */
	if (unlikely(mtu <= head))
		return CAMEX_A_STATS_TOO_BIG;
	way->room = mtu - head;
	/* IPsec cuts GSO packets before it transforms them. */
	way->batch = dst_xfrm(way->path->dst) ? 0 :
		     IP_MAX_MTU - head;
	/* A whole inner GSO packet is cut by TCP's segmentation, which moves the charge. */
	way->cut = !(READ_ONCE(way->path->dst->dev->features) & NETIF_F_GSO_UDP_L4) &&
		   protocol->encrypts && protocol->encrypts(ep->peer);
	return 0;
}

static int send_udp(struct camex_dev *cdev, struct camex_endpoint *ep,
		    const struct camex_way *way, struct sk_buff *skb)
{
	const struct camex_udp *udp = rcu_dereference_bh(cdev->udp);
	int err;

	/* The sockets may have changed since the route was found. */
	if (unlikely(!udp || !(ep->to.family == AF_INET ? udp->v4 : udp->v6))) {
		kfree_skb(skb);
		return CAMEX_A_STATS_NO_ENDPOINT;
	}
	if (unlikely(skb->len + udp_overhead(ep->to.family) > IP_MAX_MTU)) {
		kfree_skb(skb);
		return CAMEX_A_STATS_TOO_BIG;
	}

	/* A PMTU that another CPU learned at the same time may have got lost. */
	if (unlikely(skb_headroom(skb) < udp_overhead(ep->to.family))) {
		learn_headroom(cdev, ep, way->path);
		if (skb_cow_head(skb, udp_overhead(ep->to.family))) {
			kfree_skb(skb);
			return CAMEX_A_STATS_NO_MEMORY;
		}
	}
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, way->path->dst);
	skb->mark = READ_ONCE(cdev->conf.fwmark);
	skb->ignore_df = 1;
	push_udp(skb, ep, udp);
	if (way->cut)
		camex_small_queue(skb);
	if (is_aggregate(skb)) {
		finish_aggregate(skb);
	} else if (skb_is_gso(skb) &&	/* segmentation code finds IP inside of this IP */
		   skb->inner_protocol_type == ENCAP_TYPE_IPPROTO) {
		skb_shinfo(skb)->gso_type |= ep->to.family == AF_INET ?
					     SKB_GSO_IPXIP4 : SKB_GSO_IPXIP6;
	}
	/* Code that keeps the packet, as IPsec does, must see that the route can be held. */
	rcu_read_lock();
	if (ep->to.family == AF_INET)
		err = send_ipv4(cdev, ep, udp, way, skb);
	else
		err = send_ipv6(cdev, ep, udp, way, skb);
	rcu_read_unlock();
	if (likely(!net_xmit_eval(err)))
		return 0;
	return err < 0 ? CAMEX_A_STATS_NO_ENDPOINT : CAMEX_A_STATS_QUEUE_FULL;
}

/* --- open and close --- */

/* The hook takes datagrams for the sockets; it is set up before and removed after them. */
static int open_udp(struct camex_dev *cdev, struct camex_settings *conf,
		    struct nlattr **tb, struct netlink_ext_ack *extack)
{
	bool hooked = cdev->netfilter;
	int err;

	if (conf->tx == CAMEX_TX_NETPOLL && !IS_ENABLED(CONFIG_NETPOLL)) {
		camex_extack(extack, tb[CAMEX_A_DEV_TX],
			     "this kernel has no netpoll");
		return -EOPNOTSUPP;
	}
	if (conf->rx == CAMEX_RX_NETFILTER) {
		err = camex_netfilter_on(cdev);
		if (err) {
			camex_extack(extack, tb[CAMEX_A_DEV_RX],
				     "this kernel has no netfilter, or no memory for a hook");
			return err;
		}
	}
	err = camex_udp_open(cdev, conf, tb, extack);
	if (err ? !hooked : conf->rx != CAMEX_RX_NETFILTER)
		camex_netfilter_off(cdev);
	return err;
}

static void close_udp(struct camex_dev *cdev)
{
	struct camex_udp *udp = rtnl_dereference(cdev->udp);

	camex_netfilter_off(cdev);
	RCU_INIT_POINTER(cdev->udp, NULL);
	/*
	 * A control message may be in flight, and would request a device again. If sockets are
	 * closed because the link goes down, code that saw it up may still send.
	 */
	if (cdev->conf.tx == CAMEX_TX_NETPOLL || (udp && cdev->kind.open_while_up))
		synchronize_net();
	camex_netpoll_off(cdev);
	if (udp)
		camex_udp_close(udp);
}

/* Without tx netpoll no egress device is kept. */
static void apply_settings(struct camex_dev *cdev)
{
	if (cdev->conf.tx != CAMEX_TX_NETPOLL)
		camex_netpoll_off(cdev);
}

const struct camex_transport_ops camex_transport_udp = {
	.sockets = true,
	.udp_socket = true,
	.init = camex_netpoll_init,
	.configured = apply_settings,
	.follow = camex_udp_follow,
	.netdev_event = camex_netpoll_event,
	.overhead = udp_overhead,
	.headroom = LL_RESERVED + sizeof(struct iphdr) + sizeof(struct udphdr),
	.open = open_udp,
	.close = close_udp,
	.rekeyed = camex_udp_rekeyed,
	.source = camex_udp_source,
	.lacks_device = camex_udp_lacks_device,
	.route = route_udp,
	.send = send_udp,
};
