// SPDX-License-Identifier: GPL-2.0-only
/*
 * GRO for datagrams that are bare packets, as FOU has it: packets from a NIC are merged before the
 * outer stack processes them. Merged packets have the same outer source and the same inner flow.
 */
#include <linux/netdevice.h>
#include <linux/udp.h>

#include "core/compat.h"
#include "core/device.h"
#include "transport/udp/udp.h"

/* The protocol of a datagram's packet, by its first byte; 0: it cannot be merged. */
static __be16 type_of(const struct camex_dev *cdev, u8 first)
{
	if (camex_is_tap(cdev))
		return htons(ETH_P_TEB);
	switch (first >> 4) {
	case 4:
		return htons(ETH_P_IP);
	case 6:
		return htons(ETH_P_IPV6);
	default:
		return 0;
	}
}

/* As udp_tunnel_sock_cfg.gro_receive. */
static struct sk_buff *gro_receive(struct sock *sk, struct list_head *head,
				   struct sk_buff *skb)
{
	const struct camex_udp *udp = rcu_dereference_sk_user_data(sk);
	unsigned int off = skb_gro_offset(skb);
	struct packet_offload *offload = NULL;
	struct sk_buff *p;
	const u8 *first;
	__be16 type = 0;

	first = camex_gro_header(skb, off + 1, off);
	if (likely(udp && first))
		type = type_of(udp->cdev, *first);
	if (likely(type))
		offload = gro_find_receive_by_type(type);
	if (unlikely(!offload)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	list_for_each_entry(p, head, list)
		if (NAPI_GRO_CB(p)->same_flow &&
		    type_of(udp->cdev, p->data[off]) != type)
			NAPI_GRO_CB(p)->same_flow = 0;
	return call_gro_receive(offload->callbacks.gro_receive, head, skb);
}

/* As udp_tunnel_sock_cfg.gro_complete. */
static int gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff)
{
	const struct camex_udp *udp = rcu_dereference_sk_user_data(sk);
	struct packet_offload *offload = NULL;

	if (likely(udp))
		offload = gro_find_complete_by_type(type_of(udp->cdev,
							    skb->data[nhoff]));
	if (unlikely(!offload))
		return -ENOENT;
	skb_set_inner_mac_header(skb, nhoff);
	return offload->callbacks.gro_complete(skb, nhoff);
}

/**
 * camex_udp_gro() - enable GRO for the bare packets of a socket
 * @sk: the socket, ready to receive
 *
 * Context: process, may sleep.
 */
void camex_udp_gro(struct sock *sk)
{
	WRITE_ONCE(udp_sk(sk)->gro_complete, gro_complete);
	WRITE_ONCE(udp_sk(sk)->gro_receive, gro_receive);
	camex_gro_announce(sk);
}
