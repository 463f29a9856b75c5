// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening encrypted datagrams: the format of protocol camex, with the preamble of the device's
 * protocol in front of it.
 */
#include <linux/skbuff.h>

#include "core/compat.h"
#include "core/drop.h"
#include "protocol/sealed/catch_up.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/sealed.h"
#include "protocol/sealed/session_rank.h"

#ifdef CAMEX_KUNIT
/* Counts trials, for the tests. */
unsigned int camex_test_trials;
EXPORT_SYMBOL_GPL(camex_test_trials);
#define count_trial()	(camex_test_trials++)
#else
#define count_trial()	do { } while (0)
#endif

/**
 * camex_sealed_opens_under() - try to decrypt a datagram under a key
 * @o: the datagram
 * @key: the key
 *
 * Return: true if it was decrypted.
 */
bool camex_sealed_opens_under(struct camex_opening *o, const struct camex_key *key)
{
	count_trial();
	return camex_aead_open(&key->aead, o->body, o->h.body, o->ad, o->ad_len,
			       o->nonce);
}

/* Find the session of a datagram, and decrypt the datagram. */
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
		if (rcu_access_pointer(rx->receiver.window) &&
		    camex_sealed_opens_under(o, session->key))
			return rx;
	}
	return NULL;
}

/* Make the skb writable: decryption works in place, and writes a little beyond both ends. */
static bool prepare_to_decrypt(struct sk_buff *skb, const struct camex_opening *o)
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
 * camex_sealed_open() - open an encrypted datagram
 * @cdev: the device
 * @skb: the datagram, the preamble first
 * @o: its parsed header, and the peer that its preamble names
 * @from: source of the datagram
 * @why: counter, on failure
 *
 * Context: RCU reader, bottom halves off.
 * Return: as camex_protocol_ops.open.
 */
struct camex_peer *camex_sealed_open(struct camex_dev *cdev, struct sk_buff *skb,
				     struct camex_opening *o,
				     const struct camex_source *from, int *why)
{
	const struct camex_sealed_ops *sealed = cdev->protocol->sealed;
	unsigned int preamble = sealed->preamble;
	struct camex_sealed_peer *own;
	struct camex_session_rx *rx;
	struct camex_peer *peer;
	bool highest, old_header;
	unsigned long before;

	o->ad_len = preamble + o->h.len;
	if (unlikely(!prepare_to_decrypt(skb, o))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		return NULL;
	}
	memcpy(o->ad, skb->data, o->ad_len);
	o->nonce = o->ad + preamble + CAMEX_WIRE_NONCE;
	o->body = skb->data + o->ad_len;

	rx = known_session(cdev, o) ?:
	     sealed->new_session(cdev, o, from, why);
	if (unlikely(!rx))
		return NULL;
	peer = rx->base.peer;

	if (unlikely(!camex_receiver_take(&rx->receiver, &o->h.seq, 1, &highest))) {
		camex_peer_dropped_received(peer, 1);
		*why = CAMEX_A_STATS_REPLAYED;
		return NULL;
	}
	old_header = o->h.len == CAMEX_WIRE_HEADER_OLD;
	own = camex_sealed_of(peer);
	if (unlikely(READ_ONCE(own->old_header) != old_header))
		WRITE_ONCE(own->old_header, old_header);
	if (unlikely(o->h.type != CAMEX_WIRE_DATA) && sealed->take_control) {
		*why = sealed->take_control(peer, o->h.type, o->body, o->h.body, from);
		if (*why)
			return NULL;
	}
	before = READ_ONCE(peer->live.seen);
	camex_sealed_heard(&rx->receiver, from, highest);
	if (unlikely(o->h.type == CAMEX_WIRE_REGISTER ||
		     o->h.type == CAMEX_WIRE_KEEPALIVE))
		camex_peer_told(peer, before);

	__skb_pull(skb, o->ad_len);
	__skb_trim(skb, o->h.type == CAMEX_WIRE_DATA ? o->h.body : 0);
	/* The tag authenticated the packet, so its checksums need no check. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	skb_gso_reset(skb);
	return peer;
}
