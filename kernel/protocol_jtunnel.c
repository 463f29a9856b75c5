// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol jtunnel: the sender's identifier, then a bare IP packet; towards a peer
 * with a key an encrypted datagram of protocol camex follows the identifier.
 */
#include <linux/ktime.h>
#include <linux/skbuff.h>

#include "aead.h"
#include "compat.h"
#include "ident.h"
#include "limit.h"
#include "rules.h"
#include "sealed.h"

static int ready(const struct camex_peer *peer)
{
	return 0;
}

static bool encrypts(const struct camex_peer *peer)
{
	return rcu_access_pointer(peer->tx);
}

/* The key comes before the session, and goes after it. */
static bool is_keyed(const struct camex_peer *peer)
{
	return rcu_access_pointer(peer->tx) || rcu_access_pointer(peer->key);
}

static struct sk_buff *identify(const struct camex_dev *cdev, struct sk_buff *skb)
{
	camex_device_id(cdev, __skb_push(skb, CAMEX_ID_LEN));
	return skb;
}

static struct sk_buff *seal(struct camex_peer *peer, struct sk_buff *skb,
			    int *why)
{
	if (is_keyed(peer))
		return camex_seal(peer, skb, CAMEX_WIRE_DATA, why);
	skb = camex_raw_seal(peer, skb, why);
	return likely(skb) ? identify(peer->cdev, skb) : NULL;
}

/* There is no other control than KEEPALIVE. */
static struct sk_buff *hello(struct camex_peer *peer, struct sk_buff *skb,
			     u8 type, int *why)
{
	return is_keyed(peer) ? camex_seal(peer, skb, type, why) :
				identify(peer->cdev, skb);
}

/* A peer that was configured to be somewhere speaks from there alone. */
static bool at_home(const struct camex_peer *peer, const struct camex_addr *addr)
{
	const struct camex_endpoint *home = rcu_dereference_bh(peer->home);

	return !home || !memcmp(&home->to, addr, sizeof(*addr));
}

static bool speaks_for(const struct camex_peer *peer, const u8 *lead,
		       const struct camex_source *from)
{
	const struct camex_ident *ident = rcu_dereference_bh(peer->ident);

	return (!ident || !memcmp(ident->id, lead, CAMEX_ID_LEN)) &&
	       at_home(peer, &from->addr);
}

/* Whom does an identifier from there stand for? NULL: nobody. */
static struct camex_peer *sender(struct camex_dev *cdev, const u8 *id,
				 const struct camex_source *from)
{
	struct camex_peer *peer = camex_ident_find(cdev, id) ?:
				  camex_peer_by_endpoint(cdev, &from->addr);

	/* Who has neither identifier nor endpoint given cannot be known. */
	if (!peer || !(rcu_access_pointer(peer->ident) ||
		       rcu_access_pointer(peer->home)))
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
		return camex_opens(o, key);
	start = ktime_get_ns();
	if (!camex_limit_begin(&cdev->limit, start) ||
	    !camex_limit_source(cdev->limits, &from->addr, start)) {
		*why = CAMEX_A_STATS_RATE_LIMITED;
		return false;
	}
	opened = camex_opens(o, key);
	camex_limit_end(&cdev->limit, start, ktime_get_ns());
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
	return camex_rules_open(o->peer, key, o->h.prefix, o->h.seq, false, why);
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
	return camex_raw_heard(peer, from, why);
}

static struct camex_peer *open(struct camex_dev *cdev, struct sk_buff *skb,
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
	o.peer = sender(cdev, id, from);
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
	return camex_unseal(cdev, skb, &o, from, why);
}

const struct camex_protocol_ops camex_protocol_jtunnel = {
	.keyed = true,
	.lead = CAMEX_ID_LEN,
	.overhead = CAMEX_ID_LEN + CAMEX_SEALED_OVERHEAD,
	.plain_overhead = CAMEX_ID_LEN,
	.headroom = CAMEX_ID_LEN + CAMEX_WIRE_HEADER,
	.tailroom = CAMEX_AEAD_TAIL,
	.ready = ready,
	.encrypts = encrypts,
	.seal = seal,
	.seal_many = camex_seal_many,
	.hello = hello,
	.open = open,
	.new_session = new_session,
	.speaks_for = speaks_for,
	.open_into = camex_unseal_into,
	.accept = camex_unseal_accept,
};

CAMEX_EXPORT_FOR_KUNIT(camex_protocol_jtunnel);
