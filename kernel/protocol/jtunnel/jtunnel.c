// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol jtunnel: the sender's identifier, then a bare IP packet; towards a peer
 * with a key an encrypted datagram of protocol camex follows the identifier.
 */
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/skbuff.h>

#include "core/compat.h"
#include "core/rate_limit.h"
#include "core/timer.h"
#include "crypto/packet_aead.h"
#include "datapath/plain.h"
#include "datapath/seal.h"
#include "protocol/jtunnel/attributes.h"
#include "protocol/jtunnel/identifier.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/session_rank.h"

static int is_ready(const struct camex_peer *peer)
{
	return 0;
}

/* The key is set before the session, and deleted after it. */
static bool is_keyed(const struct camex_peer *peer)
{
	return camex_sealed_encrypts(peer) || camex_sealed_has_key(peer);
}

static struct sk_buff *push_identifier(const struct camex_dev *cdev, struct sk_buff *skb)
{
	camex_sealed_preamble(cdev, __skb_push(skb, CAMEX_ID_LEN));
	return skb;
}

static struct sk_buff *seal_packet(struct camex_peer *peer, struct sk_buff *skb,
				   int *why)
{
	if (is_keyed(peer))
		return camex_seal(peer, skb, CAMEX_WIRE_DATA, why);
	skb = camex_plain_seal(peer, skb, why);
	return likely(skb) ? push_identifier(peer->cdev, skb) : NULL;
}

/* KEEPALIVE is the only control message. */
static struct sk_buff *seal_hello(struct camex_peer *peer, struct sk_buff *skb,
				  u8 type, int *why)
{
	return is_keyed(peer) ? camex_seal(peer, skb, type, why) :
				push_identifier(peer->cdev, skb);
}

/* A peer with a configured endpoint may send only from there. */
static bool is_at_configured(const struct camex_peer *peer, const struct camex_addr *addr)
{
	const struct camex_endpoint *configured = rcu_dereference_bh(peer->configured);

	return !configured || camex_addr_same_place(&configured->to, addr);
}

static bool speaks_for(const struct camex_peer *peer, const u8 *preamble,
		       const struct camex_source *from)
{
	const struct camex_identifier *ident = rcu_dereference_bh(camex_jtunnel_of(peer)->ident);

	return (!ident || !memcmp(ident->id, preamble, CAMEX_ID_LEN)) &&
	       is_at_configured(peer, &from->addr);
}

/* Find the peer of an identifier from a source. NULL: there is none. */
static struct camex_peer *find_sender(struct camex_dev *cdev, const u8 *id,
				      const struct camex_source *from)
{
	struct camex_peer *peer = camex_identifier_find(cdev, id) ?:
				  camex_peer_by_endpoint(cdev, &from->addr);

	/* A peer without identifier and configured endpoint cannot be recognized. */
	if (!peer || !(rcu_access_pointer(camex_jtunnel_of(peer)->ident) ||
		       rcu_access_pointer(peer->configured)))
		return NULL;
	return speaks_for(peer, id, from) ? peer : NULL;
}

/*
 * The limits for trying keys apply if the source is not the peer's endpoint, because anybody who
 * has seen an identifier can send such a datagram.
 */
static bool opens_within_limits(struct camex_dev *cdev, struct camex_opening *o,
				const struct camex_key *key,
				const struct camex_source *from, int *why)
{
	const struct camex_endpoint *ep = rcu_dereference_bh(o->peer->endpoint);
	struct camex_budget *budget = &camex_sealed_of_dev(cdev)->budget;
	u64 start;
	bool opened;

	*why = CAMEX_A_STATS_AUTH_FAILED;
	if (ep && !memcmp(&ep->to, &from->addr, sizeof(ep->to)))
		return camex_sealed_opens_under(o, key);
	start = ktime_get_ns();
	if (!camex_budget_begin(budget, start) ||
	    !camex_rate_limit_source(cdev->limits, &from->addr, start)) {
		*why = CAMEX_A_STATS_RATE_LIMITED;
		return false;
	}
	opened = camex_sealed_opens_under(o, key);
	camex_budget_end(budget, start, ktime_get_ns());
	return opened;
}

/* The identifier names the peer, so only one key is tried. */
static struct camex_session_rx *new_session(struct camex_dev *cdev,
					    struct camex_opening *o,
					    const struct camex_source *from,
					    int *why)
{
	struct camex_key *key = rcu_dereference_bh(camex_sealed_of(o->peer)->key);

	*why = CAMEX_A_STATS_NO_KEY;
	if (!key || !opens_within_limits(cdev, o, key, from, why))
		return NULL;
	*why = CAMEX_A_STATS_REPLAYED;
	if (camex_session_is_ours(cdev, key, o->h.prefix, o->h.seq))
		return NULL;
	return camex_session_rank_open(o->peer, key, o->h.prefix, o->h.seq, false, why);
}

static struct camex_peer *open_plain(struct camex_peer *peer, struct sk_buff *skb,
				     const struct camex_source *from, int *why)
{
	/* It is not an IP packet in any case. */
	if (!camex_is_tap(peer->cdev) &&
	    unlikely(camex_wire_has_magic(skb->data + CAMEX_ID_LEN,
					  skb_headlen(skb) - CAMEX_ID_LEN))) {
		*why = CAMEX_A_STATS_NO_KEY;
		return NULL;
	}
	skb_pull_rcsum(skb, CAMEX_ID_LEN);
	return camex_plain_heard(peer, from, why);
}

static struct camex_peer *open_datagram(struct camex_dev *cdev, struct sk_buff *skb,
					const struct camex_source *from, int *why)
{
	struct camex_opening o camex_uninit;
	u8 id[CAMEX_ID_LEN];

	*why = CAMEX_A_STATS_MALFORMED;
	if (unlikely(skb->len < CAMEX_ID_LEN))
		return NULL;
	if (unlikely(!pskb_may_pull(skb, min_t(unsigned int, skb->len,
					       CAMEX_ID_LEN + CAMEX_WIRE_HEADER)))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		return NULL;
	}
	memcpy(id, skb->data, sizeof(id));
	o.peer = find_sender(cdev, id, from);
	if (unlikely(!o.peer)) {
		*why = CAMEX_A_STATS_UNKNOWN_PEER;
		return NULL;
	}
	*why = 0;
	if (!camex_sealed_has_key(o.peer))
		return open_plain(o.peer, skb, from, why);
	if (unlikely(!camex_wire_parse(skb->data + CAMEX_ID_LEN,
				       skb->len - CAMEX_ID_LEN, &o.h))) {
		*why = camex_wire_has_magic(skb->data + CAMEX_ID_LEN,
					    skb->len - CAMEX_ID_LEN) ?
		       CAMEX_A_STATS_MALFORMED : CAMEX_A_STATS_PLAINTEXT_REFUSED;
		return NULL;
	}
	/* This protocol has no registration. */
	if (unlikely(o.h.type != CAMEX_WIRE_DATA &&
		     o.h.type != CAMEX_WIRE_KEEPALIVE)) {
		*why = CAMEX_A_STATS_MALFORMED;
		return NULL;
	}
	return camex_sealed_open(cdev, skb, &o, from, why);
}

/* --- structs of peers and devices --- */

static int init_dev(struct camex_dev *cdev)
{
	u8 id[CAMEX_ID_LEN];
	int err = camex_sealed_dev_init(cdev);

	if (err)
		return err;
	err = camex_identifiers_init(cdev);
	if (err) {
		camex_sealed_dev_free(cdev);
		return err;
	}
	get_random_bytes(id, sizeof(id));
	camex_sealed_set_preamble(cdev, id);
	return 0;
}

static void free_dev(struct camex_dev *cdev)
{
	camex_identifiers_free(cdev);
	camex_sealed_dev_free(cdev);
}

static void forget_peer(struct camex_peer *peer, bool dying)
{
	camex_sealed_peer_forget(peer, dying);
	if (dying)
		camex_identifier_set(peer, NULL);
}

static void begin_hello(struct camex_peer *peer)
{
	if (camex_peer_keepalive(peer))
		camex_sealed_of(peer)->announce = true;
}

static const struct camex_sealed_ops sealed = {
	.preamble = CAMEX_ID_LEN,
	.speaks_for = speaks_for,
	.new_session = new_session,
	.hello = seal_hello,
};

const struct camex_protocol_ops camex_protocol_jtunnel = {
	.come_by_themselves = true,
	.keeps_alive = true,
	.overhead = CAMEX_ID_LEN + CAMEX_SEALED_OVERHEAD,
	.least_overhead = CAMEX_ID_LEN + CAMEX_WIRE_HEADER_OLD + CAMEX_WIRE_TAG,
	.plain_overhead = CAMEX_ID_LEN,
	.headroom = CAMEX_ID_LEN + CAMEX_WIRE_HEADER,
	.tailroom = CAMEX_AEAD_TAIL,
	.peer_size = sizeof(struct camex_jtunnel_peer),
	.dev_size = sizeof(struct camex_jtunnel_dev),
	.dev_init = init_dev,
	.dev_free = free_dev,
	.dev_set = camex_jtunnel_dev_set,
	.dev_fill = camex_jtunnel_dev_fill,
	.peer_init = camex_sealed_peer_init,
	.peer_check = camex_jtunnel_peer_check,
	.peer_prepare = camex_jtunnel_peer_prepare,
	.peer_abandon = camex_jtunnel_peer_abandon,
	.peer_set = camex_jtunnel_peer_set,
	.peer_fill = camex_jtunnel_peer_fill,
	.peer_forget = forget_peer,
	.peer_stop = camex_sealed_peer_stop,
	.due = camex_sealed_due,
	.act = camex_hello_act,
	.begin = begin_hello,
	.peer_up = camex_sealed_peer_moved,
	.peer_moved = camex_sealed_peer_moved,
	.introduce = camex_hello_introduce,
	.hello = camex_hello_now,
	.has_key = camex_sealed_has_key,
	.key_set = camex_peer_set_key,
	.receives_many = camex_sealed_receives_many,
	.endpoint_changed = camex_session_rank_endpoint_changed,
	.renew = camex_peer_renew,
	.use_up = camex_peers_use_up,
	.hibernate = camex_sealed_hibernate,
	.ready = is_ready,
	.encrypts = camex_sealed_encrypts,
	.seal = seal_packet,
	.open = open_datagram,
	.data = CAMEX_WIRE_DATA,
	.begin_sealing = camex_sealed_begin,
	.put_header = camex_sealed_put_header,
	.locate = camex_sealed_locate,
	.expects = camex_sealed_expects,
	.heard = camex_sealed_heard,
	.sealed = &sealed,
};
