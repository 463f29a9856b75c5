// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening encrypted datagrams: the form of protocol camex, with what the device's
 * protocol puts before it.
 */
#include <linux/skbuff.h>

#include "batch.h"
#include "catch_up.h"
#include "compat.h"
#include "control.h"
#include "rules.h"
#include "sealed.h"

#ifdef CAMEX_KUNIT
/* How often the tests have had a datagram tried. */
unsigned int camex_test_trials;
EXPORT_SYMBOL_GPL(camex_test_trials);
#define count_trial()	(camex_test_trials++)
#else
#define count_trial()	do { } while (0)
#endif

/**
 * camex_opens() - decrypt a datagram, if it is under a key
 * @o: the datagram
 * @key: the key
 *
 * Return: true when it was.
 */
bool camex_opens(struct camex_opening *o, const struct camex_key *key)
{
	count_trial();
	return camex_aead_open(&key->aead, o->body, o->h.body, o->ad, o->ad_len,
			       o->nonce);
}

/* The session that a datagram belongs to; it is decrypted then. */
static struct camex_session_rx *known_session(struct camex_dev *cdev,
					      struct camex_opening *o)
{
	struct camex_session *session;
	struct rhlist_head *list, *pos;

	list = camex_session_bucket(cdev, o->h.prefix);
	rhl_for_each_entry_rcu(session, pos, list, node) {
		struct camex_session_rx *rx;

		if (session->sends)
			continue;
		if (o->peer && session->peer != o->peer)
			continue;
		rx = container_of(session, struct camex_session_rx, base);
		if (rcu_access_pointer(rx->window) &&
		    camex_opens(o, session->key))
			return rx;
	}
	return NULL;
}

/* A session has brought something new. */
static void heard(struct camex_session_rx *rx, const struct camex_source *from,
		  bool highest)
{
	if (highest)
		camex_rules_highest(rx, &from->addr, &from->local);
	camex_peer_heard(rx->base.peer);
}

/* Ready to be decrypted? That works in place, and a little beyond both ends. */
static bool prepare(struct sk_buff *skb, const struct camex_opening *o)
{
	if (unlikely(skb_linearize_cow(skb)))
		return false;
	if (likely(skb_headroom(skb) + o->ad_len >= CAMEX_AEAD_AD_MAX &&
		   skb_tailroom(skb) + CAMEX_WIRE_TAG >= camex_aead_tail(o->h.body)))
		return true;
	return !pskb_expand_head(skb, CAMEX_AEAD_AD_MAX, CAMEX_AEAD_TAIL,
				 GFP_ATOMIC);
}

/**
 * camex_unseal() - open an encrypted datagram
 * @cdev: the device
 * @skb: the datagram, the lead first
 * @o: its header taken apart, and whom its lead is of
 * @from: where it came from
 * @why: counter, on failure
 *
 * Context: RCU reader, bottom halves off.
 * Return: as camex_protocol_ops.open.
 */
struct camex_peer *camex_unseal(struct camex_dev *cdev, struct sk_buff *skb,
				struct camex_opening *o,
				const struct camex_source *from, int *why)
{
	unsigned int lead = cdev->protocol->lead;
	struct camex_session_rx *rx;
	struct camex_peer *peer;
	bool highest, old_header;
	unsigned long before;

	o->ad_len = lead + o->h.len;
	if (unlikely(!prepare(skb, o))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		return NULL;
	}
	memcpy(o->ad, skb->data, o->ad_len);
	o->nonce = o->ad + lead + CAMEX_WIRE_NONCE;
	o->body = skb->data + o->ad_len;

	rx = known_session(cdev, o) ?:
	     cdev->protocol->new_session(cdev, o, from, why);
	if (unlikely(!rx))
		return NULL;
	peer = rx->base.peer;

	if (unlikely(!camex_session_take(rx, &o->h.seq, 1, &highest))) {
		*why = CAMEX_A_STATS_REPLAYED;
		return NULL;
	}
	old_header = o->h.len == CAMEX_WIRE_HEADER_OLD;
	if (unlikely(READ_ONCE(peer->old_header) != old_header))
		WRITE_ONCE(peer->old_header, old_header);
	if (unlikely(o->h.type != CAMEX_WIRE_DATA)) {
		*why = camex_control_take(peer, o->h.type, o->body, o->h.body,
					  from);
		if (*why)
			return NULL;
	}
	before = READ_ONCE(peer->seen);
	heard(rx, from, highest);
	if (unlikely(o->h.type == CAMEX_WIRE_REGISTER ||
		     o->h.type == CAMEX_WIRE_KEEPALIVE))
		camex_peer_told(peer, before);

	__skb_pull(skb, o->ad_len);
	__skb_trim(skb, o->h.type == CAMEX_WIRE_DATA ? o->h.body : 0);
	/* The tag vouches for every checksum inside. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	skb_gso_reset(skb);
	return peer;
}

/* The first session of a prefix that is open; it need not be the right one. */
static struct camex_session_rx *likely_session(struct camex_dev *cdev, u32 prefix)
{
	struct camex_session *session;
	struct rhlist_head *list, *pos;

	list = camex_session_bucket(cdev, prefix);
	rhl_for_each_entry_rcu(session, pos, list, node) {
		struct camex_session_rx *rx;

		if (session->sends)
			continue;
		rx = container_of(session, struct camex_session_rx, base);
		if (rcu_access_pointer(rx->window))
			return rx;
	}
	return NULL;
}

/**
 * camex_unseal_expects() - does an aggregate claim to be of an open session?
 * @cdev: the device
 * @skb: it
 *
 * Context: RCU reader, bottom halves off.
 * Return: does its first datagram? Nothing is authenticated yet.
 */
bool camex_unseal_expects(struct camex_dev *cdev, const struct sk_buff *skb)
{
	unsigned int lead = cdev->protocol->lead, size = skb_shinfo(skb)->gso_size;
	struct camex_wire_header h;
	u8 head[CAMEX_WIRE_HEADER];

	return size > lead && !skb_copy_bits(skb, lead, head, sizeof(head)) &&
	       camex_wire_parse(head, size - lead, &h) &&
	       likely_session(cdev, h.prefix);
}

/**
 * camex_unseal_into() - camex_protocol_ops.open_into for what is encrypted
 * @batch: the batch
 * @data: a datagram, the lead first
 * @len: its bytes
 * @before: bytes before @data that can be read too
 *
 * What is not DATA of an open session is for camex_protocol_ops.open.
 *
 * Return: true when it is in the batch.
 */
bool camex_unseal_into(struct camex_batch *batch, const u8 *data,
		       unsigned int len, unsigned int before)
{
	const struct camex_protocol_ops *protocol = batch->cdev->protocol;
	unsigned int lead = protocol->lead, ad_len;
	struct camex_session_rx *rx = batch->rx;
	struct camex_aead_opening o camex_uninit;
	struct camex_wire_header h;
	bool old_header;

	if (unlikely(len < lead || !camex_wire_parse(data + lead, len - lead, &h) ||
		     h.type != CAMEX_WIRE_DATA))
		return false;
	old_header = h.len == CAMEX_WIRE_HEADER_OLD;
	if (!batch->n || rx->base.prefix != h.prefix)
		rx = likely_session(batch->cdev, h.prefix);
	if (unlikely(!rx || (batch->n && rx != batch->rx) ||
		     READ_ONCE(rx->base.peer->old_header) != old_header))
		return false;
	if (lead && unlikely(!protocol->speaks_for(rx->base.peer, data,
						   batch->from)))
		return false;
	ad_len = lead + h.len;
	batch->seq[batch->n] = h.seq;
	if (likely(batch->n && before + ad_len >= CAMEX_AEAD_HEAD))
		return camex_piece_next(batch, &rx->base.key->aead,
					data + ad_len, h.body, data, ad_len,
					data + lead + CAMEX_WIRE_NONCE);
	if (unlikely(!camex_aead_open_first(&o, &rx->base.key->aead,
					    data + ad_len, h.body, data, ad_len,
					    data + lead + CAMEX_WIRE_NONCE,
					    camex_batch_head(batch))))
		return false;
	batch->rx = rx;
	camex_piece_open(batch, &o, data + ad_len, h.body);
	return true;
}

/**
 * camex_unseal_accept() - camex_protocol_ops.accept for what is encrypted
 * @batch: the batch, its pieces of one session
 * @peer: result: whom they are from
 *
 * Return: which of them are to be delivered, a bit for each.
 */
u64 camex_unseal_accept(struct camex_batch *batch, struct camex_peer **peer)
{
	struct camex_session_rx *rx = batch->rx;
	bool highest;
	u64 fresh;

	*peer = rx->base.peer;
	fresh = camex_session_take(rx, batch->seq, batch->n, &highest);
	if (likely(fresh))
		heard(rx, batch->from, highest);
	if (unlikely(hweight64(fresh) < batch->n))
		camex_count(batch->cdev->stats, CAMEX_A_STATS_REPLAYED,
			    batch->n - hweight64(fresh));
	return fresh;
}
