// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving by transport udp. A socket with encap_rcv gets each datagram directly, but never an
 * aggregate (since 2024 the stack cuts aggregates before that call). Encrypted datagrams are opened
 * in aggregates. So they go through the socket's queue, and are taken from it at once.
 */
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/udp.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/protocol.h"
#include "datapath/receive_worker.h"
#include "transport/udp/udp.h"

/* Maximum number of datagrams that are taken from the queue at a time. */
#define BATCH		8

/**
 * camex_udp_source() - camex_transport_ops.source
 * @cdev: the device
 * @skb: a datagram or an aggregate
 * @from: result
 */
void camex_udp_source(const struct camex_dev *cdev, const struct sk_buff *skb,
		      struct camex_source *from)
{
	u16 family = ip_hdr(skb)->version == 4 ? AF_INET : AF_INET6;

	memset(from, 0, sizeof(*from));
	from->addr.family = family;
	from->addr.port = udp_hdr(skb)->source;
	from->local.family = family;
	if (family == AF_INET) {
		from->addr.v4 = ip_hdr(skb)->saddr;
		from->local.v4 = ip_hdr(skb)->daddr;
		/* See is_other_way(). */
		if (cdev->kind.notes_interface)
			from->local.scope = skb->skb_iif;
		from->dsfield = ip_hdr(skb)->tos;
	} else {
		from->addr.v6 = ipv6_hdr(skb)->saddr;
		from->local.v6 = ipv6_hdr(skb)->daddr;
		from->dsfield = ipv6_get_dsfield(ipv6_hdr(skb));
		if (ipv6_addr_type(&from->addr.v6) & IPV6_ADDR_LINKLOCAL)
			from->addr.scope = inet6_iif(skb);
	}
}

/* Hash of a datagram's source. */
static u32 hash_source(const struct sk_buff *skb)
{
	u32 port = (__force u16)udp_hdr(skb)->source;

	if (ip_hdr(skb)->version == 4)
		return port ^ (__force u32)ip_hdr(skb)->saddr;
	return port ^ ipv6_addr_hash(&ipv6_hdr(skb)->saddr);
}

/**
 * camex_udp_receive() - receive a datagram or an aggregate
 * @cdev: the device
 * @skb: its payload at skb->data, checksum verified; consumed
 *
 * Context: RCU reader, bottom halves off; the device is up.
 */
void camex_udp_receive(struct camex_dev *cdev, struct sk_buff *skb)
{
	struct camex_source from camex_uninit;

	skb_orphan(skb);
	skb->dev = cdev->dev;
	skb->csum_valid = 0;
	if (camex_receive_workers_usable(cdev) &&
	    camex_receive_worker_take(cdev, skb, hash_source(skb)))
		return;
	camex_udp_source(cdev, skb, &from);
	camex_rx(cdev, skb, &from);
}

static bool has_waiting(const struct sock *sk)
{
	return !skb_queue_empty_lockless(&sk->sk_receive_queue) ||
	       !skb_queue_empty_lockless(&udp_sk(sk)->reader_queue);
}

/**
 * camex_udp_data_ready() - sk_data_ready of our sockets: the stack has put a packet into the queue
 * @sk: the socket
 */
void camex_udp_data_ready(struct sock *sk)
{
	struct camex_udp *udp;
	struct sk_buff *skb;
	int n;

	rcu_read_lock();
	local_bh_disable();
	udp = rcu_dereference_sk_user_data(sk);
	if (!udp)
		goto out;
	/* Each queued datagram causes a call, so none is left in the queue. */
	for (n = 0; n < BATCH && (!n || has_waiting(sk)); n++) {
		skb = camex_recv_udp(sk);
		if (!skb)
			break;
		/* Its counters may not exist yet, or may be freed already. */
		if (unlikely(!netif_running(udp->cdev->dev))) {
			kfree_skb(skb);
			continue;
		}
		if (unlikely(udp_lib_checksum_complete(skb))) {
			camex_free_received(udp->cdev, NULL, skb, CAMEX_A_STATS_MALFORMED);
			continue;
		}
		camex_udp_receive(udp->cdev, skb);
	}
out:
	local_bh_enable();
	rcu_read_unlock();
}

/**
 * camex_udp_encap_rcv() - encap_rcv of our sockets
 * @sk: the socket
 * @skb: a datagram whose checksum has been verified; consumed
 *
 * Return: 0.
 */
int camex_udp_encap_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct camex_udp *udp = rcu_dereference_sk_user_data(sk);

	if (unlikely(!udp || !netif_running(udp->cdev->dev))) {
		kfree_skb(skb);
		return 0;
	}
	/* The stack cut an aggregate; its parts are still a list. */
	skb_mark_not_on_list(skb);
	skb_pull_rcsum(skb, sizeof(struct udphdr));
	camex_udp_receive(udp->cdev, skb);
	return 0;
}
