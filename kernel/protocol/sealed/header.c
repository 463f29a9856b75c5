// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header of an encrypted datagram, with the preamble of the protocol in front of it. The data
 * path calls these functions to seal and to open datagrams.
 */
#include "core/clock.h"
#include "core/compat.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/sealed.h"
#include "protocol/sealed/session_rank.h"

/**
 * camex_sealed_begin() - camex_protocol_ops.begin_sealing
 * @peer: the receiver
 * @s: result
 * @n: number of datagrams
 * @type: enum camex_wire_type
 * @why: counter, on failure
 *
 * Return: false when the peer has no session to send under.
 */
bool camex_sealed_begin(struct camex_peer *peer, struct camex_sealing *s,
			unsigned int n, u8 type, int *why)
{
	const struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_session_tx *tx = rcu_dereference_bh(own->tx);
	const struct camex_dev *cdev = peer->cdev;
	unsigned int preamble = cdev->protocol->sealed->preamble;

	*why = CAMEX_A_STATS_NO_KEY;
	if (unlikely(!tx))
		return false;
	if (unlikely(!camex_session_next(tx, n, &s->seq))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		camex_peer_renew_used(peer);
		tx = rcu_dereference_bh(own->tx);
		if (!tx || !camex_session_next(tx, n, &s->seq)) {
			if (camex_clock_hibernates())
				*why = CAMEX_A_STATS_NO_KEY;
			return false;
		}
	}
	s->key = &tx->base.key->aead;
	s->header = preamble + (READ_ONCE(own->old_header) ? CAMEX_WIRE_HEADER_OLD :
							      CAMEX_WIRE_HEADER);
	s->ad_len = s->header;
	s->pad = 0;
	s->pad_max = 0;
	s->nonce = s->bytes + preamble + CAMEX_WIRE_NONCE;
	s->id = tx->base.prefix;
	s->type = type;
	if (preamble)
		camex_sealed_preamble(cdev, s->bytes);
	return true;
}

/**
 * camex_sealed_put_header() - camex_protocol_ops.put_header
 * @s: state of the datagram that is sealed next
 * @body: bytes of the ciphertext
 */
void camex_sealed_put_header(struct camex_sealing *s, unsigned int body)
{
	u8 *header = (u8 *)s->nonce - CAMEX_WIRE_NONCE;
	struct camex_wire_header h = {
		.type = s->type,
		.len = s->bytes + s->header - header,
		.body = body,
		.prefix = s->id,
		.seq = s->seq,
	};

	camex_wire_build(header, &h);
}

/* The first open session with a prefix; another session may have the same prefix. */
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
		if (rcu_access_pointer(rx->receiver.window))
			return rx;
	}
	return NULL;
}

static struct camex_session_rx *session_of(struct camex_receiver *receiver)
{
	return container_of(receiver, struct camex_session_rx, receiver);
}

/**
 * camex_sealed_locate() - camex_protocol_ops.locate
 * @cdev: the device
 * @data: a datagram, the preamble first
 * @len: bytes of the datagram
 * @from: source of the datagram
 * @last: the session of the previous datagram, or NULL
 * @at: result
 *
 * Return: true for DATA of an open session. All other datagrams go to camex_protocol_ops.open.
 */
bool camex_sealed_locate(struct camex_dev *cdev, const u8 *data, unsigned int len,
			 const struct camex_source *from,
			 struct camex_receiver *last, struct camex_located *at)
{
	const struct camex_sealed_ops *sealed = cdev->protocol->sealed;
	struct camex_session_rx *rx = last ? session_of(last) : NULL;
	unsigned int preamble = sealed->preamble;
	struct camex_wire_header h;
	bool old_header;

	if (unlikely(len < preamble || !camex_wire_parse(data + preamble, len - preamble, &h) ||
		     h.type != CAMEX_WIRE_DATA))
		return false;
	if (!rx || rx->base.prefix != h.prefix)
		rx = likely_session(cdev, h.prefix);
	old_header = h.len == CAMEX_WIRE_HEADER_OLD;
	if (unlikely(!rx || READ_ONCE(camex_sealed_of(rx->base.peer)->old_header) != old_header))
		return false;
	if (preamble && unlikely(!sealed->speaks_for(rx->base.peer, data, from)))
		return false;
	at->receiver = &rx->receiver;
	at->seq = h.seq;
	at->header = preamble + h.len;
	at->body = h.body;
	at->ad = data;
	at->ad_len = at->header;
	at->nonce = data + preamble + CAMEX_WIRE_NONCE;
	return true;
}

/**
 * camex_sealed_expects() - camex_protocol_ops.expects
 * @cdev: the device
 * @skb: an aggregate
 *
 * Return: true if its first datagram claims to belong to an open session. Nothing is
 * authenticated yet.
 */
bool camex_sealed_expects(struct camex_dev *cdev, const struct sk_buff *skb)
{
	unsigned int preamble = cdev->protocol->sealed->preamble, size = skb_shinfo(skb)->gso_size;
	struct camex_wire_header h;
	u8 head[CAMEX_WIRE_HEADER];

	return size > preamble && !skb_copy_bits(skb, preamble, head, sizeof(head)) &&
	       camex_wire_parse(head, size - preamble, &h) &&
	       likely_session(cdev, h.prefix);
}

/**
 * camex_sealed_heard() - camex_protocol_ops.heard
 * @receiver: the session, which received new datagrams
 * @from: their source
 * @highest: true if they include the highest sequence so far
 */
void camex_sealed_heard(struct camex_receiver *receiver,
			const struct camex_source *from, bool highest)
{
	struct camex_session_rx *rx = session_of(receiver);

	camex_note_now(&rx->heard);
	if (highest)
		camex_session_rank_highest(rx, &from->addr, &from->local);
	camex_peer_heard(receiver->peer);
}
