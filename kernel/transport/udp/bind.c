// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bind the open sockets of transport udp to another address or interface, so that their port
 * belongs to them all the time. A second socket could be bound to the port only if both shared it,
 * and then any program could share it, too.
 */
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>
#include <net/udp.h>

#include "core/compat.h"
#include "core/endpoint.h"
#include "transport/udp/udp.h"

/* --- other users of the port --- */

/* bind() compares in the same way. Other sockets may share their port, but not with ours. */
static bool overlaps_ipv4(const struct sock *other, const struct camex_addr *bind)
{
	__be32 addr = bind->family == AF_INET ? bind->v4 : 0;

	if (other->sk_family == AF_INET6 && other->sk_ipv6only)
		return false;
	return !addr || !other->sk_rcv_saddr || addr == other->sk_rcv_saddr;
}

/* Would another socket take datagrams of our IPv6 socket? Our own is never dual-stack. */
static bool overlaps_ipv6(const struct sock *other, const struct camex_addr *bind)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (other->sk_family != AF_INET6)
		return false;
	return bind->family != AF_INET6 || ipv6_addr_any(&bind->v6) ||
	       ipv6_addr_any(&other->sk_v6_rcv_saddr) ||
	       ipv6_addr_equal(&bind->v6, &other->sk_v6_rcv_saddr);
#else
	return false;
#endif
}

static bool is_taken(const struct udp_hslot *slot, const struct camex_udp *udp,
		     const struct camex_addr *bind, int ifindex)
{
	const struct sock *v4 = udp->v4 ? udp->v4->sk : NULL;
	const struct sock *v6 = udp->v6 ? udp->v6->sk : NULL;
	struct sock *other;
	int bound;

	sk_for_each(other, &slot->head) {
		if (!net_eq(sock_net(other), udp->cdev->net) ||
		    udp_sk(other)->udp_port_hash != ntohs(udp->port) ||
		    other == v4 || other == v6)
			continue;
		bound = READ_ONCE(other->sk_bound_dev_if);
		if (bound && ifindex && bound != ifindex)
			continue;
		if ((v4 && overlaps_ipv4(other, bind)) || (v6 && overlaps_ipv6(other, bind)))
			return true;
	}
	return false;
}

/* --- our sockets --- */

/* Move a socket to its list in UDP's second hash table, by address and port. */
static void rehash_socket(struct udp_table *table, struct sock *sk, u32 hash)
{
	struct udp_sock *up = udp_sk(sk);
	struct udp_hslot *old = udp_hashslot2(table, up->udp_portaddr_hash);
	struct udp_hslot *new = udp_hashslot2(table, (u16)hash);

	up->udp_portaddr_hash = hash;
	if (new == old)
		return;
	spin_lock(&old->lock);
	hlist_del_init_rcu(&up->udp_portaddr_node);
	old->count--;
	spin_unlock(&old->lock);
	spin_lock(&new->lock);
	hlist_add_head_rcu(&up->udp_portaddr_node, &new->head);
	new->count++;
	spin_unlock(&new->lock);
}

static void set_address4(struct udp_table *table, struct sock *sk, __be32 addr)
{
	inet_sk(sk)->inet_rcv_saddr = addr;
	inet_sk(sk)->inet_saddr = addr;
	rehash_socket(table, sk, ipv4_portaddr_hash(sock_net(sk), addr, inet_sk(sk)->inet_num));
}

#if IS_ENABLED(CONFIG_IPV6)
static void set_address6(struct udp_table *table, struct sock *sk,
			 const struct in6_addr *addr)
{
	sk->sk_v6_rcv_saddr = *addr;
	inet6_sk(sk)->saddr = *addr;
	inet_sk(sk)->inet_rcv_saddr = ipv6_addr_any(addr) ? 0 : LOOPBACK4_IPV6;
	inet_sk(sk)->inet_saddr = inet_sk(sk)->inet_rcv_saddr;
	rehash_socket(table, sk, ipv6_portaddr_hash(sock_net(sk), addr, inet_sk(sk)->inet_num));
}
#else
static void set_address6(struct udp_table *table, struct sock *sk,
			 const struct in6_addr *addr)
{
}
#endif

/**
 * camex_udp_rebind() - bind open sockets to another address or interface, and the same port
 * @udp: the sockets; @udp->bind and @udp->ifindex are their binding before and after the call
 * @bind: the address
 * @ifindex: the interface, 0 for any, or CAMEX_NO_DEVICE
 *
 * This function holds the lock of the port's hash slot, as every bind() to the port does. So no
 * other program can get the port in between, and the sockets are never bound to more than the old
 * or the new binding. A lookup on another CPU may meanwhile see the old address with the new
 * interface.
 *
 * Context: RTNL.
 * Return: 0, or -EADDRINUSE with nothing changed.
 */
int camex_udp_rebind(struct camex_udp *udp, const struct camex_addr *bind, int ifindex)
{
	struct udp_table *table = camex_udp_table(udp->cdev->net);
	struct udp_hslot *slot = udp_hashslot(table, udp->cdev->net, ntohs(udp->port));
	bool moves = memcmp(bind, &udp->bind, sizeof(*bind));

	spin_lock_bh(&slot->lock);
	/* Sockets bound to CAMEX_NO_DEVICE receive nothing, so they conflict with no others. */
	if (ifindex != CAMEX_NO_DEVICE && is_taken(slot, udp, bind, ifindex)) {
		spin_unlock_bh(&slot->lock);
		return -EADDRINUSE;
	}
	if (udp->v4) {
		WRITE_ONCE(udp->v4->sk->sk_bound_dev_if, ifindex);
		if (moves)
			set_address4(table, udp->v4->sk, bind->v4);
	}
	if (udp->v6) {
		WRITE_ONCE(udp->v6->sk->sk_bound_dev_if, ifindex);
		if (moves)
			set_address6(table, udp->v6->sk, &bind->v6);
	}
	spin_unlock_bh(&slot->lock);
	udp->bind = *bind;
	WRITE_ONCE(udp->ifindex, ifindex);
	return 0;
}

/* --- the interfaces --- */

/**
 * camex_udp_has_devices() - do the interfaces exist that the route to an endpoint needs
 * @udp: the sockets, which may be bound to one
 * @ep: the endpoint, which may have one as its scope; NULL: any
 *
 * Context: RCU reader.
 */
bool camex_udp_has_devices(const struct camex_udp *udp, const struct camex_endpoint *ep)
{
	return READ_ONCE(udp->ifindex) != CAMEX_NO_DEVICE &&
	       (!ep || !ep->to.scope || dev_get_by_index_rcu(udp->cdev->net, ep->to.scope));
}

/**
 * camex_udp_lacks_device() - camex_transport_ops.lacks_device of transport udp
 * @cdev: the device
 * @ep: an endpoint, or NULL
 *
 * Context: RCU reader.
 */
bool camex_udp_lacks_device(const struct camex_dev *cdev, const struct camex_endpoint *ep)
{
	const struct camex_udp *udp = rcu_dereference(cdev->udp);

	return udp && !camex_udp_has_devices(udp, ep);
}

/**
 * camex_udp_follow() - an interface was added, removed or renamed
 * @cdev: a device
 * @gone: the interface that is removed, or NULL
 *
 * The user has set the name of the interface, not its index. If another program has the port on an
 * interface that was just added, that program keeps it, and the sockets stay unbound.
 *
 * Context: RTNL, may sleep.
 */
void camex_udp_follow(struct camex_dev *cdev, const struct net_device *gone)
{
	struct camex_udp *udp = rtnl_dereference(cdev->udp);
	const struct net_device *dev;
	int ifindex;

	if (!udp || !cdev->conf.bind_dev[0])
		return;
	dev = __dev_get_by_name(cdev->net, cdev->conf.bind_dev);
	ifindex = dev && dev != gone ? dev->ifindex : CAMEX_NO_DEVICE;
	if (ifindex == udp->ifindex)
		return;
	if (camex_udp_rebind(udp, &udp->bind, ifindex)) {
		if (udp->ifindex == CAMEX_NO_DEVICE)
			return;
		camex_udp_rebind(udp, &udp->bind, CAMEX_NO_DEVICE);
	}
	/* Pairs with the acquire in find_path(). */
	smp_store_release(&cdev->path_generation, cdev->path_generation + 1);
}
