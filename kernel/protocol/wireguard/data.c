// SPDX-License-Identifier: GPL-2.0-only
/* Data messages: sealing, finding the session of a received one, opening. */
#include <linux/skbuff.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/drop.h"
#include "core/timer.h"
#include "core/transport.h"
#include "datapath/seal.h"
#include "protocol/wireguard/data.h"
#include "protocol/wireguard/handshake.h"
#include "protocol/wireguard/wireguard.h"

#define HEADER		sizeof(struct camex_wg_data)

static void make_nonce(const struct camex_wg_session *session, u8 *nonce, u64 counter)
{
	put_unaligned_le32(0, nonce);
	if (session->suite->big_endian)
		put_unaligned_be64(counter, nonce + 4);
	else
		put_unaligned_le64(counter, nonce + 4);
}

/* Is this the type of a data message of the session's suite? */
static bool is_type_of(const struct camex_wg_session *session, u32 type)
{
	return type == session->suite->first_type + CAMEX_WG_DATA - 1U;
}

/**
 * camex_wg_begin_sealing() - camex_protocol_ops.begin_sealing
 * @peer: receiver of the datagrams
 * @s: result
 * @n: number of datagrams
 * @type: CAMEX_WG_PACKET or CAMEX_WG_KEEPALIVE
 * @why: counter, on failure
 *
 * Return: false if there is no session to send under.
 */
bool camex_wg_begin_sealing(struct camex_peer *peer, struct camex_sealing *s,
			    unsigned int n, u8 type, int *why)
{
	struct camex_wg_peer *own = camex_peer_own(peer);
	struct camex_wg_session *session = rcu_dereference_bh(own->sessions.sending);
	u64 now = camex_wg_now(), end;

	*why = CAMEX_A_STATS_NO_KEY;
	if (unlikely(!camex_wg_session_usable(session, now) || camex_clock_hibernates()))
		return false;
	end = atomic64_add_return(n, &session->next);
	if (unlikely(end > session->suite->reject_counter)) {
		WRITE_ONCE(session->sends, false);
		return false;
	}
	s->seq = end - n;
	s->key = &session->seals;
	s->header = HEADER;
	s->ad_len = 0;
	s->pad = camex_is_tap(peer->cdev) ? 0 : CAMEX_WG_PAD;
	s->pad_max = READ_ONCE(camex_peer_dev(peer)->mtu);
	s->nonce = s->made;
	s->id = session->remote;
	s->type = type;
	if (likely(type == CAMEX_WG_PACKET))
		camex_wg_timers_sent(&own->timers, true, jiffies);
	if (unlikely(end > session->suite->rekey_counter ||
		     (session->initiator &&
		      camex_wg_older(session->born, CAMEX_WG_REKEY_AFTER, now))))
		camex_wg_handshake_request(peer);
	return true;
}

/**
 * camex_wg_put_header() - camex_protocol_ops.put_header
 * @s: the sealing state
 * @body: bytes of the ciphertext
 */
void camex_wg_put_header(struct camex_sealing *s, unsigned int body)
{
	const struct camex_wg_session *session = container_of(s->key, struct camex_wg_session,
							      seals);

	camex_wg_put_data(s->bytes, session->suite->first_type, s->id, s->seq);
	make_nonce(session, s->made, s->seq);
}

/* Is this a data message of any suite? */
static bool is_data(const u8 *data)
{
	return (get_unaligned_le32(data) & ~CAMEX_WG_TYPE_AES) == CAMEX_WG_DATA;
}

static struct camex_wg_session *session_of(struct camex_receiver *receiver)
{
	return container_of(receiver, struct camex_wg_session, receiver);
}

/* Find the session of a local index. NULL if it may not receive any more. */
static struct camex_wg_session *find_session(struct camex_dev *cdev, u32 index)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	struct camex_index *found = camex_index_find(&dev->indices, index);
	struct camex_wg_session *session;

	if (unlikely(!found || found->kind != CAMEX_INDEX_SESSION))
		return NULL;
	session = container_of(found, struct camex_wg_session, index);
	/*
	 * Pairs with camex_wg_sessions_add(). The index is published before the keys are set,
	 * and the window is published after them.
	 */
	if (unlikely(!smp_load_acquire((struct camex_window *__force *)
				       &session->receiver.window) ||
		     camex_wg_older(session->born, CAMEX_WG_REJECT_AFTER, camex_wg_now())))
		return NULL;
	return session;
}

/**
 * camex_wg_locate() - camex_protocol_ops.locate
 * @cdev: the device
 * @data: a datagram
 * @len: its bytes
 * @from: its source
 * @last: the session of the previous datagram, or NULL
 * @at: result
 *
 * Leaves handshake messages and keepalives to camex_protocol_ops.open.
 *
 * Return: false for these, and if no session fits.
 */
bool camex_wg_locate(struct camex_dev *cdev, const u8 *data, unsigned int len,
		     const struct camex_source *from, struct camex_receiver *last,
		     struct camex_located *at)
{
	struct camex_wg_session *session;
	u32 index;

	if (unlikely(len <= HEADER + CAMEX_AEAD_TAG || !is_data(data)))
		return false;
	index = get_unaligned_le32(data + 4);
	if (likely(last && session_of(last)->index.value == index))
		session = session_of(last);
	else
		session = find_session(cdev, index);
	at->seq = get_unaligned_le64(data + 8);
	if (unlikely(!session || !is_type_of(session, get_unaligned_le32(data)) ||
		     at->seq >= session->suite->reject_counter))
		return false;
	at->receiver = &session->receiver;
	at->header = HEADER;
	at->body = len - HEADER - CAMEX_AEAD_TAG;
	at->ad = NULL;
	at->ad_len = 0;
	make_nonce(session, at->made, at->seq);
	at->nonce = at->made;
	return true;
}

/**
 * camex_wg_expects() - camex_protocol_ops.expects
 * @cdev: the device
 * @skb: an aggregate
 *
 * Return: true if its first datagram claims to belong to an open session. Nothing is
 * authenticated yet.
 */
bool camex_wg_expects(struct camex_dev *cdev, const struct sk_buff *skb)
{
	u8 head[HEADER];

	return !skb_copy_bits(skb, 0, head, sizeof(head)) && is_data(head) &&
	       find_session(cdev, get_unaligned_le32(head + 4));
}

/**
 * camex_wg_follow_peer() - move the endpoint to the source of an authentic datagram
 * @peer: the peer
 * @from: the source
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_wg_follow_peer(struct camex_peer *peer, const struct camex_source *from)
{
	const struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);

	if (likely(ep && camex_endpoint_is(ep, &from->addr, &from->local)))
		return;
	spin_lock(&peer->cdev->lock);
	if (!peer->dead)
		camex_peer_move(peer, &from->addr, &from->local);
	spin_unlock(&peer->cdev->lock);
}

/* The initiator of a session requests the next one before this one expires. */
static void renew_late(struct camex_peer *peer, struct camex_wg_peer *own)
{
	const struct camex_wg_session *session = rcu_dereference_bh(own->sessions.sending);

	if (likely(!session || !session->initiator || READ_ONCE(own->renewed_late) ||
		   !READ_ONCE(session->sends) ||
		   !camex_wg_older(session->born, CAMEX_WG_REKEY_RECEIVING, camex_wg_now())))
		return;
	WRITE_ONCE(own->renewed_late, true);
	camex_wg_handshake_request(peer);
}

static void note_received(struct camex_wg_session *session,
			  const struct camex_source *from, bool data)
{
	struct camex_peer *peer = session->receiver.peer;
	struct camex_wg_peer *own = camex_peer_own(peer);

	if (unlikely(rcu_access_pointer(own->sessions.next) == session))
		camex_wg_handshake_confirm(peer, session);
	camex_wg_follow_peer(peer, from);
	camex_wg_timers_received(&own->timers, data, jiffies);
	renew_late(peer, own);
	camex_peer_heard(peer);
}

/**
 * camex_wg_heard() - camex_protocol_ops.heard
 * @receiver: the session that received packets
 * @from: their source
 * @highest: one of them has a higher counter than all before
 */
void camex_wg_heard(struct camex_receiver *receiver, const struct camex_source *from,
		    bool highest)
{
	note_received(session_of(receiver), from, true);
}

/* Make room for decryption, which works in place and writes a few bytes behind the tag. */
static bool prepare_to_decrypt(struct sk_buff *skb, unsigned int body)
{
	if (unlikely(skb_linearize_cow(skb)))
		return false;
	if (likely(skb_tailroom(skb) + CAMEX_AEAD_TAG >= camex_aead_tail(body)))
		return true;
	return !pskb_expand_head(skb, 0, CAMEX_AEAD_TAIL, GFP_ATOMIC);
}

/**
 * camex_wg_open_data() - open a data message, with a packet or without (keepalive)
 * @cdev: the device
 * @skb: the datagram, whose kind is CAMEX_WG_DATA
 * @from: its source
 * @why: counter, on failure
 *
 * Context: RCU reader, bottom halves off.
 * Return: as camex_protocol_ops.open.
 */
struct camex_peer *camex_wg_open_data(struct camex_dev *cdev, struct sk_buff *skb,
				      const struct camex_source *from, int *why)
{
	struct camex_wg_session *session;
	u8 nonce[CAMEX_AEAD_NONCE];
	unsigned int body;
	bool highest;
	u64 counter;
	u8 *head;

	*why = CAMEX_A_STATS_MALFORMED;
	if (unlikely(skb->len < HEADER + CAMEX_AEAD_TAG))
		return NULL;
	body = skb->len - HEADER - CAMEX_AEAD_TAG;
	*why = CAMEX_A_STATS_NO_MEMORY;
	if (unlikely(!prepare_to_decrypt(skb, body)))
		return NULL;
	head = skb->data;
	counter = get_unaligned_le64(head + 8);
	*why = CAMEX_A_STATS_UNKNOWN_PEER;
	session = find_session(cdev, get_unaligned_le32(head + 4));
	if (unlikely(!session || !is_type_of(session, get_unaligned_le32(head))))
		return NULL;
	*why = CAMEX_A_STATS_AUTH_FAILED;
	make_nonce(session, nonce, counter);
	if (unlikely(counter >= session->suite->reject_counter ||
		     !camex_aead_open(&session->opens, head + HEADER, body, NULL, 0, nonce)))
		return NULL;
	*why = CAMEX_A_STATS_REPLAYED;
	if (unlikely(!camex_receiver_take(&session->receiver, &counter, 1, &highest))) {
		camex_peer_dropped_received(session->receiver.peer, 1);
		return NULL;
	}
	note_received(session, from, body);
	if (!body)
		camex_peer_count_rx(session->receiver.peer, skb->len);
	*why = 0;

	__skb_pull(skb, HEADER);
	__skb_trim(skb, body);
	/* The authentication tag protects the inner checksums too. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	skb_gso_reset(skb);
	return session->receiver.peer;
}

/**
 * camex_wg_send_keepalive_to() - send a data message without a packet to an endpoint
 * @peer: the receiver; without a session nothing is sent
 * @ep: the endpoint; NULL: there is none
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_wg_send_keepalive_to(struct camex_peer *peer, struct camex_endpoint *ep)
{
	struct camex_dev *cdev = peer->cdev;
	int why = CAMEX_A_STATS_NO_ENDPOINT;
	struct camex_way way = {};
	struct sk_buff *skb;
	unsigned int bytes;

	if (!ep)
		goto out;
	why = cdev->transport->route(cdev, ep, &way);
	if (why)
		goto out;
	why = CAMEX_A_STATS_NO_MEMORY;
	skb = camex_wg_new_datagram(cdev, 0);
	if (!skb)
		goto out;
	skb = camex_seal(peer, skb, CAMEX_WG_KEEPALIVE, &why);
	if (!skb)
		goto out;
	camex_note_now(&peer->live.sent);
	bytes = skb->len;
	why = cdev->transport->send(cdev, ep, &way, skb);
	if (!why)
		camex_peer_count_tx(peer, bytes);
out:
	if (why)
		camex_drop_sent(cdev, peer, why, 1);
}

/**
 * camex_wg_send_keepalive() - the same, to where the peer is
 * @peer: the receiver
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_wg_send_keepalive(struct camex_peer *peer)
{
	camex_wg_send_keepalive_to(peer, rcu_dereference_bh(peer->endpoint));
}
