// SPDX-License-Identifier: GPL-2.0-only
/* The packets of a batch: checked against the replay window, merged, and delivered. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "core/compat.h"
#include "core/drop.h"
#include "datapath/receive_batch.h"
#include "datapath/receive_piece.h"

/* From this payload size on a packet refers to the buffer; smaller payloads are copied. */
#define COPY_BREAK	3072

static unsigned int payload_of(const struct camex_piece *p)
{
	return p->len - p->head_len;
}

/* Are the Ethernet and IP headers of @a and @b equal, except length, IP ID and checksum? */
static bool same_ip(const struct camex_piece *a, const struct camex_piece *b)
{
	if (a->l3 != b->l3 || (a->l3 && memcmp(a->head, b->head, a->l3)))
		return false;
	if (is_v4(a)) {
		const struct iphdr *x = ip4_of(a), *y = ip4_of(b);

		return is_v4(b) && x->saddr == y->saddr && x->daddr == y->daddr &&
		       x->tos == y->tos && x->ttl == y->ttl &&
		       x->frag_off == y->frag_off;
	}
	/* all but the payload length */
	return !memcmp(ip6_of(a), ip6_of(b), 4) &&
	       !memcmp(&ip6_of(a)->nexthdr, &ip6_of(b)->nexthdr,
		       sizeof(struct ipv6hdr) - offsetof(struct ipv6hdr, nexthdr));
}

/* The IP ID of @b minus that of @a; both are IPv4. */
static u16 id_step(const struct camex_piece *a, const struct camex_piece *b)
{
	return ntohs(ip4_of(b)->id) - ntohs(ip4_of(a)->id);
}

/* Are @n words equal? A call of memcmp() would cost more than this loop. */
static bool same_words(const void *a, const void *b, unsigned int n)
{
	const u32 *x = a, *y = b;

	while (n && get_unaligned(x) == get_unaligned(y)) {
		x++;
		y++;
		n--;
	}
	return !n;
}

static bool same_tcp(const struct camex_piece *a, const struct camex_piece *b)
{
	const struct tcphdr *x = tcp_of(a), *y = tcp_of(b);

	return x->source == y->source && x->dest == y->dest &&
	       x->ack_seq == y->ack_seq && x->window == y->window &&
	       x->doff == y->doff && x->urg_ptr == y->urg_ptr &&
	       !((flags_of(a) ^ flags_of(b)) & ~(TCP_FLAG_PSH | TCP_FLAG_FIN)) &&
	       same_words(x + 1, y + 1, x->doff - sizeof(*x) / 4);
}

/**
 * struct run - consecutive pieces that become one packet
 * @first: the first piece
 * @n: how many
 * @bytes: of payload
 * @fixed_id: all pieces have the same IP ID
 */
struct run {
	const struct camex_piece *first;
	unsigned int n;
	unsigned int bytes;
	bool fixed_id;
};

/* Does piece @b continue the TCP stream of the run? */
static bool continues_run(struct run *run, const struct camex_piece *b)
{
	const struct camex_piece *a = run->first, *last = b - 1;
	u16 step;

	if (!a->tcp || b->head_len != a->head_len || payload_of(last) != payload_of(a) ||
	    payload_of(b) > payload_of(a) || b->at != a->at + run->bytes ||
	    run->bytes + b->len > IP_MAX_MTU ||
	    flags_of(last) & (TCP_FLAG_PSH | TCP_FLAG_FIN) ||
	    ntohl(tcp_of(b)->seq) != ntohl(tcp_of(a)->seq) + run->bytes ||
	    !same_ip(a, b) || !same_tcp(a, b))
		return false;
	if (!is_v4(a))
		return true;
	step = id_step(a, b);
	if (run->n == 1)
		run->fixed_id = !step && ip4_of(a)->frag_off;
	return step == (run->fixed_id ? 0 : run->n);
}

/* Turn the headers of the first piece into those of the large packet. */
static void finish_headers(struct sk_buff *skb, const struct run *run)
{
	const struct camex_piece *last = run->first + run->n - 1;
	unsigned int l3 = run->first->l3, l4 = run->first->l4;
	struct tcphdr *th = (void *)skb->data + l4;
	unsigned int len = skb->len - l4;

	tcp_flag_word(th) |= flags_of(last) & (TCP_FLAG_PSH | TCP_FLAG_FIN);
	if (is_v4(run->first)) {
		struct iphdr *iph = (void *)skb->data + l3;

		iph->tot_len = htons(skb->len - l3);
		ip_send_check(iph);
		th->check = ~tcp_v4_check(len, iph->saddr, iph->daddr, 0);
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
		if (run->fixed_id)
			skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
	} else {
		struct ipv6hdr *ip6h = (void *)skb->data + l3;

		ip6h->payload_len = htons(len);
		th->check = ~tcp_v6_check(len, &ip6h->saddr, &ip6h->daddr, 0);
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV6;
	}
	skb_shinfo(skb)->gso_size = payload_of(run->first);
	skb_shinfo(skb)->gso_segs = run->n;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + l4;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/*
 * A packet that refers to its payload keeps the whole buffer allocated. If the payload is a small
 * part of a large buffer, copy it into a small buffer.
 */
static void add_payload(struct sk_buff *skb, const struct camex_space *space,
			unsigned int at, unsigned int bytes)
{
	struct camex_space own;

	if (unlikely(bytes < space->buffer / 4 && space->buffer > CAMEX_PAGE_RING_SMALL) &&
	    camex_page_ring_get(&own, bytes)) {
		memcpy(own.at, space->at + at, bytes);
		skb_add_rx_frag(skb, 0, own.page, own.offset, bytes,
				camex_page_ring_charge(&own, bytes));
		return;
	}
	get_page(space->page);
	skb_add_rx_frag(skb, 0, space->page, space->offset + at, bytes,
			camex_page_ring_charge(space, bytes));
}

/* Make a packet of a run of pieces. */
static struct sk_buff *make_packet(const struct camex_batch *batch,
				   const struct run *run)
{
	const struct camex_piece *p = run->first;
	unsigned int head = p->head_len, rest = run->bytes;
	unsigned int copied = rest < COPY_BREAK ? rest : 0;
	struct sk_buff *skb;

	skb = netdev_alloc_skb(batch->cdev->dev, CAMEX_PIECE_HEADROOM + head + copied +
						 CAMEX_AEAD_TAIL);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, CAMEX_PIECE_HEADROOM);
	skb->mark = batch->mark;
	skb_put_data(skb, p->head, head);
	if (copied)
		skb_put_data(skb, batch->space.at + p->at, copied);
	else if (rest)
		add_payload(skb, &batch->space, p->at, rest);
	/* The tag authenticated the packet, so its checksums need no check. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	if (run->n > 1)
		finish_headers(skb, run);
	return skb;
}

static void deliver_run(const struct camex_batch *batch, struct camex_peer *peer,
			const struct run *run)
{
	struct sk_buff *skb = make_packet(batch, run);

	if (likely(skb))
		camex_deliver(batch->cdev, peer, skb, batch->from);
	else
		camex_drop_received(batch->cdev, peer, CAMEX_A_STATS_NO_MEMORY, run->n);
}

/* The pieces that pass the replay window: a bit for each. */
static u64 take_pieces(struct camex_batch *batch)
{
	bool highest;
	u64 fresh;

	fresh = camex_receiver_take(batch->receiver, batch->seq, batch->n, &highest);
	if (likely(fresh))
		batch->cdev->protocol->heard(batch->receiver, batch->from, highest);
	if (unlikely(hweight64(fresh) < batch->n))
		camex_drop_received(batch->cdev, batch->receiver->peer, CAMEX_A_STATS_REPLAYED,
				    batch->n - hweight64(fresh));
	return fresh;
}

/**
 * camex_batch_flush() - deliver the pieces of a batch
 * @batch: the batch; it has no pieces then
 *
 * Context: RCU reader, bottom halves off; the session may have been closed since they were opened.
 */
void camex_batch_flush(struct camex_batch *batch)
{
	struct camex_peer *peer;
	struct run run = {};
	unsigned int i;
	bool merge;
	u64 good;

	if (!batch->n)
		return;
	peer = batch->receiver->peer;
	good = take_pieces(batch);
	merge = camex_peer_dev(peer)->features & NETIF_F_GRO;
	for (i = 0; i < batch->n; i++) {
		const struct camex_piece *p = &batch->piece[i];

		if (run.n && good & BIT_ULL(i) && merge && p->tcp &&
		    continues_run(&run, p)) {
			run.n++;
			run.bytes += payload_of(p);
			continue;
		}
		if (run.n)
			deliver_run(batch, peer, &run);
		run.first = p;
		run.n = !!(good & BIT_ULL(i));
		run.bytes = payload_of(p);
	}
	if (run.n)
		deliver_run(batch, peer, &run);
	batch->n = 0;
}
