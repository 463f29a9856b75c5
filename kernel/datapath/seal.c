// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making encrypted datagrams. The protocol gives key, sequence and header. The rest is the same
 * for all protocols: copy, pad, encrypt in place.
 */
#include <linux/skbuff.h>
#include <net/dst_metadata.h>
#include <net/ip_tunnels.h>
#include <net/tcp.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/protocol.h"
#include "crypto/short_copy.h"
#include "datapath/page_ring.h"
#include "datapath/seal.h"
#include "datapath/segment.h"

/* Maximum number of datagrams in one outer GSO packet: the limit of UDP_SEGMENT. */
#define SEGMENTS_MAX	64U
/* Maximum length of a body. */
#define BODY_MAX	65535U
/* Room that the cipher needs in front of the first body and behind the last one. */
#define SLACK		(CAMEX_AEAD_HEAD + CAMEX_AEAD_TAIL)
/* How much of that is nearly always before a datagram. */
#define OVER_USUAL	(CAMEX_AEAD_HEAD - 28)

#ifdef CONFIG_KALLSYMS
/* tcp_wfree(), once seen; and the last other destructor that was seen. */
static void (*tcp_destructor)(struct sk_buff *skb);
static void (*other_destructor)(struct sk_buff *skb);

/* tcp_wfree() is not exported, but kallsyms knows its name: room for that and one byte. */
static noinline bool is_named_tcp_wfree(void (*destructor)(struct sk_buff *skb))
{
	static const char tcp_wfree[] = "tcp_wfree";
	char name[sizeof(tcp_wfree) + 1];

	snprintf(name, sizeof(name), "%ps", destructor);
	if (strcmp(name, tcp_wfree)) {
		WRITE_ONCE(other_destructor, destructor);
		return false;
	}
	WRITE_ONCE(tcp_destructor, destructor);
	return true;
}

static bool is_tcp_wfree(void (*destructor)(struct sk_buff *skb))
{
	void (*known)(struct sk_buff *skb) = READ_ONCE(tcp_destructor);

	if (likely(known))
		return destructor == known;
	return destructor != READ_ONCE(other_destructor) &&
	       is_named_tcp_wfree(destructor);
}
#else
/*
 * Without kallsyms tcp_wfree() is recognized by exclusion: TCP's packets have no other destructors
 * than those that drop a reference to the socket, or belong to received packets.
 */
static bool is_tcp_wfree(void (*destructor)(struct sk_buff *skb))
{
	return destructor != sock_edemux && destructor != sock_efree &&
	       destructor != sock_pfree && destructor != sock_rfree;
}
#endif

/* Does the destructor subtract skb->truesize from sk_wmem_alloc, and wake the socket? */
static bool is_charge(const struct sk_buff *skb, const struct sock *sk)
{
	if (skb->destructor == sock_wfree)
		return true;
	return sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM &&
	       is_tcp_wfree(skb->destructor);
}

/**
 * camex_payer_of() - the socket that is charged for a packet until the packet was sent
 * @skb: the packet
 *
 * Only destructors that are known to return a charge count, because charge and destructor are
 * moved to another packet together.
 *
 * Return: a full socket of the IP family, or NULL.
 */
struct sock *camex_payer_of(const struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	/* The IP output path uses skb->sk as an IP socket. */
	if (!sk || !skb->destructor || !sk_fullsock(sk) ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    skb_is_tcp_pure_ack(skb) || !is_charge(skb, sk))
		return NULL;
	return sk;
}

/*
 * Charge an outer packet to the socket of the packet inside: TCP small queues and send buffers
 * depend on that.
 */
static void charge_socket(struct sk_buff *to, const struct sk_buff *from)
{
	struct sock *sk = camex_payer_of(from);

	if (!sk)
		return;
	to->sk = sk;
	to->destructor = from->destructor;
	refcount_add(to->truesize, &sk->sk_wmem_alloc);
}

/* The same, if the inner packet itself is not needed any more. */
static void charge_instead(struct sk_buff *to, struct sk_buff *from)
{
	struct sock *sk = camex_payer_of(from);

	charge_socket(to, from);
	if (!sk)
		return;
	WARN_ON_ONCE(refcount_sub_and_test(from->truesize, &sk->sk_wmem_alloc));
	from->sk = NULL;
	from->destructor = NULL;
}

/*
 * Tailroom that a packet needs: its padding, at most to a multiple of @padding + 1, and the room
 * of the cipher behind that. The cipher pads too, so the two overlap.
 */
static unsigned int tail_of(unsigned int len, unsigned int padding)
{
	unsigned int whole = round_up(len, padding + 1);

	return whole - len + camex_aead_tail(whole);
}

/*
 * Return the packet as a linear, private skb with room for header and tag, and with its checksum
 * filled in. Encryption works in place, so data that others can read (a clone on a retransmit
 * queue, pages of a file) must not be used.
 */
static struct sk_buff *private_copy(struct sk_buff *skb, unsigned int headroom,
				    unsigned int padding)
{
	unsigned int tailroom = tail_of(skb->len, padding);
	bool partial = skb->ip_summed == CHECKSUM_PARTIAL;
	struct sk_buff *copy;

	if (!skb_cloned(skb) && !skb_is_nonlinear(skb) &&
	    skb_headroom(skb) >= headroom &&
	    skb_tailroom(skb) >= tailroom)
		return partial && skb_checksum_help(skb) ? NULL : skb;

	if (unlikely(partial &&
		     skb_checksum_start_offset(skb) > skb_headlen(skb)) &&
	    skb_checksum_help(skb))
		return NULL;
	copy = alloc_skb(headroom + skb->len + tailroom, GFP_ATOMIC);
	if (unlikely(!copy))
		return NULL;
	skb_reserve(copy, headroom);
	camex_packet_copy(skb, skb_put(copy, skb->len));
	copy->protocol = skb->protocol;
	copy->priority = skb->priority;
	skb_copy_queue_mapping(copy, skb);
	skb_copy_hash(copy, skb);
	charge_instead(copy, skb);
	consume_skb(skb);
	return copy;
}

/* Limit of padding: a packet must not become longer than the MTU of its route allows. */
static unsigned int route_mtu(const struct sk_buff *skb)
{
	return skb_valid_dst(skb) ? dst_mtu(skb_dst(skb)) : UINT_MAX;
}

/* Length of a body of @len bytes with its padding. */
static unsigned int padded_length(const struct camex_sealing *s, unsigned int len)
{
	if (likely(s->pad <= 1))
		return len;
	return max(len, min(round_up(len, s->pad), s->pad_max));
}

/*
 * Encrypt a body of @len bytes in place. The header is written in front of it, padding and tag
 * behind it. Return the length of the ciphertext.
 */
static unsigned int seal_body(struct camex_peer *peer, struct camex_sealing *s,
			      u8 *body, unsigned int len)
{
	unsigned int whole = padded_length(s, len);

	if (unlikely(whole != len))
		memset(body + len, 0, whole - len);
	peer->cdev->protocol->put_header(s, whole);
	camex_aead_seal(s->key, body, whole, s->bytes, s->ad_len, s->nonce);
	if (unlikely(!s->ad_len))
		memcpy(body - s->header, s->bytes, s->header);
	s->seq++;
	return whole;
}

/**
 * camex_seal() - encrypt one packet, or the text of a control message
 * @peer: the receiver
 * @skb: a packet that is not GSO, or text, or an empty skb; consumed
 * @type: type of the datagram, defined by the protocol
 * @why: counter, on failure
 *
 * Context: RCU reader, bottom halves off.
 * Return: the datagram, or NULL when it was dropped.
 */
struct sk_buff *camex_seal(struct camex_peer *peer, struct sk_buff *skb,
			   u8 type, int *why)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	struct camex_dev *cdev = peer->cdev;
	unsigned int whole, most = protocol->padding ? route_mtu(skb) : 0;
	struct camex_sealing s camex_uninit;
	struct sk_buff *own;

	/* The peer had no key a moment ago, so the GSO packet was not cut. */
	if (unlikely(skb_is_gso(skb))) {
		*why = CAMEX_A_STATS_NO_KEY;
		goto drop;
	}
	if (unlikely(skb->len > BODY_MAX)) {
		*why = CAMEX_A_STATS_TOO_BIG;
		goto drop;
	}
	*why = CAMEX_A_STATS_NO_MEMORY;
	own = private_copy(skb, READ_ONCE(cdev->dev->needed_headroom),
			   protocol->padding);
	if (unlikely(!own))
		goto drop;
	skb = own;
	if (unlikely(!protocol->begin_sealing(peer, &s, 1, type, why)))
		goto drop;
	if (protocol->padding)
		s.pad_max = min(s.pad_max, most);
	whole = seal_body(peer, &s, skb->data, skb->len);
	skb_put(skb, whole - skb->len + CAMEX_AEAD_TAG);
	__skb_push(skb, s.header);

	camex_tx_stamped(skb);
	skb->ip_summed = CHECKSUM_NONE;
	skb_scrub_packet(skb, !net_eq(cdev->net, dev_net(camex_peer_dev(peer))));
	skb->encapsulation = 0;
	*why = 0;
	return skb;

drop:
	kfree_skb(skb);
	return NULL;
}

/* An empty skb, whose fragment will contain the datagrams. */
static struct sk_buff *new_carrier(struct sk_buff *skb, unsigned int headroom,
				   const struct camex_space *space,
				   unsigned int bytes, unsigned int size)
{
	struct sk_buff *out = alloc_skb(headroom, GFP_ATOMIC);

	if (unlikely(!out))
		return NULL;
	skb_reserve(out, headroom);
	get_page(space->page);
	skb_add_rx_frag(out, 0, space->page, space->offset + CAMEX_AEAD_HEAD,
			bytes, camex_page_ring_charge(space, size));
	out->priority = skb->priority;
	skb_copy_queue_mapping(out, skb);
	skb_copy_hash(out, skb);
	return out;
}

/**
 * camex_seal_many() - encrypt packets of a GSO packet, or packets of one size
 * @peer: the receiver
 * @cut: the packets
 * @most: maximum length of the outer GSO packet
 * @why: counter, on failure
 *
 * The datagrams are contiguous. The cipher writes in front of and behind each of them: bytes in
 * front are restored, and bytes behind are written later.
 *
 * Context: RCU reader, bottom halves off.
 * Return: the outer GSO packet, or NULL with nothing done.
 */
struct sk_buff *camex_seal_many(struct camex_peer *peer, struct camex_segmenter *cut,
				unsigned int most, int *why)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	const struct camex_dev *cdev = peer->cdev;
	unsigned int n, i, longest, size, bytes;
	u8 before[CAMEX_AEAD_HEAD] camex_uninit;
	struct camex_sealing s camex_uninit;
	struct camex_space space;
	struct sk_buff *out;
	u8 *to;

	*why = CAMEX_A_STATS_NO_MEMORY;
	longest = protocol->overhead + protocol->padding + camex_segment_longest(cut);
	n = min3(cut->left, most / longest,
		 (unsigned int)(CAMEX_PAGE_RING_SIZE - SLACK) / longest);
	n = min(n, SEGMENTS_MAX);
	if (unlikely(!n))
		return NULL;
	size = n * longest + SLACK;
	if (unlikely(!camex_page_ring_get(&space, size)))
		return NULL;
	if (unlikely(!protocol->begin_sealing(peer, &s, n, protocol->data, why)))
		goto put;
	if (protocol->padding)
		s.pad_max = min(s.pad_max, route_mtu(cut->skb));
	bytes = (n - 1) * padded_length(&s, camex_segment_longest(cut)) +
		padded_length(&s, n < cut->left ? camex_segment_longest(cut) :
					   cut->last);
	bytes += n * (s.header + CAMEX_AEAD_TAG);
	*why = CAMEX_A_STATS_NO_MEMORY;
	out = new_carrier(cut->skb, READ_ONCE(cdev->dev->needed_headroom), &space,
			  bytes, size);
	if (unlikely(!out))
		goto put;

	to = space.at + CAMEX_AEAD_HEAD;
	for (i = 0; i < n; i++) {
		unsigned int len, over = CAMEX_AEAD_HEAD - s.header;
		u8 *body = to + s.header;

		camex_copy_short(before, to - over, over, OVER_USUAL);
		len = seal_body(peer, &s, body, camex_segment_next(cut, body));
		camex_copy_short(to - over, before, over, OVER_USUAL);
		to = body + len + CAMEX_AEAD_TAG;
	}
	if (n > 1) {
		skb_shinfo(out)->gso_type = SKB_GSO_UDP_L4;
		skb_shinfo(out)->gso_size = s.header +
					    padded_length(&s, camex_segment_longest(cut)) +
					    CAMEX_AEAD_TAG;
		skb_shinfo(out)->gso_segs = n;
	}
	if (cut->left)
		charge_socket(out, cut->skb);
	else
		charge_instead(out, cut->skb);
	camex_page_ring_put(&space);
	*why = 0;
	return out;

put:
	camex_page_ring_put(&space);
	return NULL;
}
