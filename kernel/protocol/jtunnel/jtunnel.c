// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol jtunnel: the sender's identifier, then a bare IP packet; towards a peer
 * with a key an encrypted datagram of protocol camex follows the identifier.
 */
#include <linux/ktime.h>
#include <linux/skbuff.h>

#include "core/compat.h"
#include "core/rate_limit.h"
#include "crypto/packet_aead.h"
#include "datapath/plain.h"
#include "datapath/seal.h"
#include "protocol/jtunnel/identifier.h"
#include "protocol/sealed/sealed.h"
#include "protocol/sealed/session_rank.h"

static int is_ready(const struct camex_peer *peer)
{
	return 0;
}

static bool encrypts_to(const struct camex_peer *peer)
{
	return rcu_access_pointer(peer->tx);
}

/* The key comes before the session, and goes after it. */
static bool is_keyed(const struct camex_peer *peer)
{
	return rcu_access_pointer(peer->tx) || rcu_access_pointer(peer->key);
}

static struct sk_buff *push_identifier(const struct camex_dev *cdev, struct sk_buff *skb)
{
	camex_device_id(cdev, __skb_push(skb, CAMEX_ID_LEN));
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

/* There is no other control than KEEPALIVE. */
static struct sk_buff *seal_hello(struct camex_peer *peer, struct sk_buff *skb,
				  u8 type, int *why)
{
	return is_keyed(peer) ? camex_seal(peer, skb, type, why) :
				push_identifier(peer->cdev, skb);
}

/* A peer that was configured to be somewhere speaks from there alone. */
static bool is_at_configured(const struct camex_peer *peer, const struct camex_addr *addr)
{
	const struct camex_endpoint *configured = rcu_dereference_bh(peer->configured);

	return !configured || !memcmp(&configured->to, addr, sizeof(*addr));
}

static bool speaks_for(const struct camex_peer *peer, const u8 *lead,
		       const struct camex_source *from)
{
	const struct camex_identifier *ident = rcu_dereference_bh(peer->ident);

	return (!ident || !memcmp(ident->id, lead, CAMEX_ID_LEN)) &&
	       is_at_configured(peer, &from->addr);
}

/* Whom does an identifier from there stand for? NULL: nobody. */
static struct camex_peer *find_sender(struct camex_dev *cdev, const u8 *id,
				      const struct camex_source *from)
{
	struct camex_peer *peer = camex_identifier_find(cdev, id) ?:
				  camex_peer_by_endpoint(cdev, &from->addr);

	/* Who has neither identifier nor endpoint given cannot be known. */
	if (!peer || !(rcu_access_pointer(peer->ident) ||
		       rcu_access_pointer(peer->configured)))
		return NULL;
	return speaks_for(peer, id, from) ? peer : NULL;
}

/*
 * From where the peer is not known to be, the limits on trying keys hold: who has
 * only heard an identifier can ask for it.
 */
static bool opens_within_limits(struct camex_dev *cdev, struct camex_opening *o,
				const struct camex_key *key,
				const struct camex_source *from, int *why)
{
	const struct camex_endpoint *ep = rcu_dereference_bh(o->peer->endpoint);
	u64 start;
	bool opened;

	*why = CAMEX_A_STATS_AUTH_FAILED;
	if (ep && !memcmp(&ep->to, &from->addr, sizeof(ep->to)))
		return camex_sealed_opens_under(o, key);
	start = ktime_get_ns();
	if (!camex_budget_begin(&cdev->limit, start) ||
	    !camex_rate_limit_source(cdev->limits, &from->addr, start)) {
		*why = CAMEX_A_STATS_RATE_LIMITED;
		return false;
	}
	opened = camex_sealed_opens_under(o, key);
	camex_budget_end(&cdev->limit, start, ktime_get_ns());
	return opened;
}

/* The identifier names the peer, so there is one key to be tried. */
static struct camex_session_rx *new_session(struct camex_dev *cdev,
					    struct camex_opening *o,
					    const struct camex_source *from,
					    int *why)
{
	struct camex_key *key = rcu_dereference_bh(o->peer->key);

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
	/* It is no IP packet, at any rate. */
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
	if (!rcu_access_pointer(o.peer->key))
		return open_plain(o.peer, skb, from, why);
	if (unlikely(!camex_wire_parse(skb->data + CAMEX_ID_LEN,
				       skb->len - CAMEX_ID_LEN, &o.h))) {
		*why = camex_wire_has_magic(skb->data + CAMEX_ID_LEN,
					    skb->len - CAMEX_ID_LEN) ?
		       CAMEX_A_STATS_MALFORMED : CAMEX_A_STATS_PLAINTEXT_REFUSED;
		return NULL;
	}
	/* Nobody registers here. */
	if (unlikely(o.h.type != CAMEX_WIRE_DATA &&
		     o.h.type != CAMEX_WIRE_KEEPALIVE)) {
		*why = CAMEX_A_STATS_MALFORMED;
		return NULL;
	}
	return camex_sealed_open(cdev, skb, &o, from, why);
}

const struct camex_protocol_ops camex_protocol_jtunnel = {
	.keyed = true,
	.lead = CAMEX_ID_LEN,
	.overhead = CAMEX_ID_LEN + CAMEX_SEALED_OVERHEAD,
	.least_overhead = CAMEX_ID_LEN + CAMEX_WIRE_HEADER_OLD + CAMEX_WIRE_TAG,
	.plain_overhead = CAMEX_ID_LEN,
	.headroom = CAMEX_ID_LEN + CAMEX_WIRE_HEADER,
	.tailroom = CAMEX_AEAD_TAIL,
	.ready = is_ready,
	.encrypts = encrypts_to,
	.seal = seal_packet,
	.hello = seal_hello,
	.open = open_datagram,
	.new_session = new_session,
	.speaks_for = speaks_for,
	.data = CAMEX_WIRE_DATA,
	.begin_sealing = camex_sealed_begin,
	.put_header = camex_sealed_put_header,
	.locate = camex_sealed_locate,
	.expects = camex_sealed_expects,
	.heard = camex_sealed_heard,
};

CAMEX_EXPORT_FOR_KUNIT(camex_protocol_jtunnel);
