// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol camex: the datagrams of the OpenIPC camex daemon, encrypted with
 * ChaCha20-Poly1305, or plain for peers without a key where that is allowed.
 */
#include <linux/ktime.h>
#include <linux/skbuff.h>

#include "core/compat.h"
#include "core/timer.h"
#include "crypto/packet_aead.h"
#include "datapath/plain.h"
#include "datapath/seal.h"
#include "protocol/camex/attributes.h"
#include "protocol/camex/registration.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/session_rank.h"

/* Maximum number of peers with one endpoint whose keys are tried. */
#define KEYS_AT_SOURCE	4

static bool allows_plaintext(const struct camex_dev *cdev)
{
	return READ_ONCE(camex_camex_of_dev(cdev)->plaintext);
}

static int camex_is_ready(const struct camex_peer *peer)
{
	if (likely(camex_sealed_encrypts(peer)))
		return 0;
	return allows_plaintext(peer->cdev) ? 0 : CAMEX_A_STATS_NO_KEY;
}

/* The key may have been set or deleted since ready(). */
static bool talks_plain(const struct camex_peer *peer)
{
	return allows_plaintext(peer->cdev) &&
	       !camex_sealed_has_key(peer);
}

static struct sk_buff *seal_packet(struct camex_peer *peer, struct sk_buff *skb,
				   int *why)
{
	if (unlikely(!camex_sealed_encrypts(peer)) && talks_plain(peer))
		return camex_plain_seal(peer, skb, why);
	return camex_seal(peer, skb, CAMEX_WIRE_DATA, why);
}

static struct sk_buff *seal_hello(struct camex_peer *peer, struct sk_buff *skb,
				  u8 type, int *why)
{
	if (camex_sealed_encrypts(peer) || !talks_plain(peer))
		return camex_seal(peer, skb, type, why);
	if (type == CAMEX_WIRE_KEEPALIVE)
		camex_wire_plain_keepalive(skb_put(skb, CAMEX_WIRE_PLAIN_KEEPALIVE));
	return skb;
}

/*
 * May the keys of the peers with this endpoint be tried? Anybody can forge the source of a
 * datagram. A budget limits the CPU time for such datagrams. When a flood of forgeries has used
 * it up, a second budget is left for sources that stay within their rate limit.
 */
static struct camex_budget *known_limit(struct camex_dev *cdev,
					const struct camex_source *from, u64 now)
{
	struct camex_camex_dev *own = camex_camex_of_dev(cdev);

	if (likely(camex_budget_begin(&own->known, now)))
		return &own->known;
	if (camex_budget_begin(&own->spare, now) &&
	    camex_rate_limit_source(cdev->limits, &from->addr, now))
		return &own->spare;
	return NULL;
}

/* Collect the distinct keys of the peers with an endpoint, at most @max. Return how many. */
static unsigned int keys_at(struct camex_dev *cdev, const struct camex_addr *addr,
			    struct camex_key **keys, unsigned int max)
{
	struct rhlist_head *list, *pos;
	struct camex_endpoint *ep;
	unsigned int n = 0, i;

	list = camex_endpoints_at(cdev, addr);
	rhl_for_each_entry_rcu(ep, pos, list, node) {
		struct camex_key *key = rcu_dereference_bh(camex_sealed_of(ep->peer)->key);

		for (i = 0; i < n && keys[i] != key; i++)
			;
		if (key && i == n)
			keys[n++] = key;
		if (n == max)
			break;
	}
	return n;
}

/* Find the key that opens a datagram, among those of the peers with its source as endpoint. */
static struct camex_key *try_known_keys(struct camex_dev *cdev,
					struct camex_opening *o,
					const struct camex_source *from, int *why)
{
	struct camex_key *keys[KEYS_AT_SOURCE + 1], *found = NULL;
	struct camex_budget *limit;
	unsigned int n, i;
	u64 start;

	n = keys_at(cdev, &from->addr, keys, KEYS_AT_SOURCE);
	keys[n] = camex_hint_find(cdev, &from->addr);
	if (keys[n])
		n++;
	*why = CAMEX_A_STATS_UNKNOWN_PEER;
	if (!n)
		return NULL;
	start = ktime_get_ns();
	limit = known_limit(cdev, from, start);
	if (!limit) {
		*why = CAMEX_A_STATS_RATE_LIMITED;
		return NULL;
	}
	for (i = 0; i < n && !found; i++)
		if (camex_sealed_opens_under(o, keys[i]))
			found = keys[i];
	camex_budget_end(limit, start, ktime_get_ns());
	*why = CAMEX_A_STATS_AUTH_FAILED;
	return found;
}

/*
 * Find the key of a datagram whose prefix is of no open session. The keys of the peers with its
 * source as endpoint are tried, and the key of an earlier KEEPALIVE from there. All keys are tried
 * only for REGISTER and KEEPALIVE.
 */
static struct camex_key *find_key(struct camex_dev *cdev, struct camex_opening *o,
				  const struct camex_source *from, int *why)
{
	struct camex_key *key = NULL;

	if (!o->trial)
		key = try_known_keys(cdev, o, from, why);
	if (key || (!o->trial && *why == CAMEX_A_STATS_RATE_LIMITED))
		return key;
	if (o->h.type == CAMEX_WIRE_REGISTER || o->h.type == CAMEX_WIRE_KEEPALIVE)
		return camex_trial_find(cdev, o, from, why);
	return NULL;
}

/* Which of the peers with the key sent this? NULL: the datagram does not tell. */
static struct camex_peer *find_sender(struct camex_dev *cdev, struct camex_key *key,
				      const struct camex_opening *o,
				      const struct camex_text_register *text)
{
	struct camex_sealed_peer *first = list_is_singular(&key->peers) ?
		list_first_or_null_rcu(&key->peers, struct camex_sealed_peer, key_node) :
		NULL;
	struct camex_peer *only = first ? camex_peer_of_sealed(first) : NULL;
	struct camex_peer *peer;

	if (o->h.type == CAMEX_WIRE_REGISTER && (text->id[0] || !only))
		return camex_control_registrant(cdev, key, text);
	if (only || o->h.type != CAMEX_WIRE_DATA)
		return only;
	peer = camex_route_lookup_raw(&cdev->routes, o->body, o->h.body);
	return peer && rcu_access_pointer(camex_sealed_of(peer)->key) == key ? peer : NULL;
}

/* Find the peer with the key from which we wait for CONFIG. */
static struct camex_peer *find_server(struct camex_dev *cdev,
				      const struct camex_key *key,
				      const struct camex_source *from)
{
	struct camex_peer *peer = camex_peer_by_endpoint(cdev, &from->addr);

	return peer && rcu_access_pointer(camex_sealed_of(peer)->key) == key &&
	       camex_control_awaits(peer, &from->addr) ? peer : NULL;
}

/* May a peer begin a session from this source without a REGISTER? */
static bool is_at_configured(const struct camex_peer *peer, const struct camex_addr *addr)
{
	const struct camex_endpoint *configured = rcu_dereference_bh(peer->configured);
	const struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);

	return !configured || camex_addr_same_host(&configured->to, addr) ||
	       (ep && camex_addr_same_host(&ep->to, addr));
}

/* Open a session for a datagram whose prefix is of no open session, if that is permitted. */
static struct camex_session_rx *new_session(struct camex_dev *cdev,
					    struct camex_opening *o,
					    const struct camex_source *from,
					    int *why)
{
	struct camex_text_register text;
	struct camex_peer *peer;
	struct camex_key *key;

	key = find_key(cdev, o, from, why);
	if (!key) {
		if (o->h.type == CAMEX_WIRE_DATA && camex_trial_keep(cdev, o, from))
			*why = 0;
		return NULL;
	}
	if (camex_session_is_ours(cdev, key, o->h.prefix, o->h.seq)) {
		*why = CAMEX_A_STATS_REPLAYED;
		return NULL;
	}
	if (o->h.type == CAMEX_WIRE_REGISTER &&
	    !camex_text_parse_register(o->body, o->h.body, &text)) {
		*why = CAMEX_A_STATS_MALFORMED;
		return NULL;
	}
	*why = CAMEX_A_STATS_UNKNOWN_PEER;
	peer = o->h.type == CAMEX_WIRE_CONFIG ? find_server(cdev, key, from) :
						find_sender(cdev, key, o, &text);
	if (!peer) {
		/* The inner source may tell the peer. An unknown CLIENT_ID never matches one. */
		if (o->h.type == CAMEX_WIRE_KEEPALIVE)
			*why = 0;
		if (o->h.type == CAMEX_WIRE_KEEPALIVE ||
		    (o->h.type == CAMEX_WIRE_REGISTER && !text.id[0]))
			camex_hint_add(cdev, &from->addr, key);
		return NULL;
	}
	if (o->h.type == CAMEX_WIRE_REGISTER ?
	    camex_registers_auto(peer) :
	    !is_at_configured(peer, &from->addr))
		return NULL;
	return camex_session_rank_open(peer, key, o->h.prefix, o->h.seq,
				       o->h.type == CAMEX_WIRE_REGISTER, why);
}

/* A peer without a key has registered from a new address. */
static void tell_registered(struct camex_peer *peer)
{
	spin_lock(&peer->cdev->lock);
	camex_peer_tell(peer, CAMEX_EVENT_REGISTER);
	spin_unlock(&peer->cdev->lock);
}

/*
 * Find the peer of a plain REGISTER: by its CLIENT_ID, else by its source or its LOCAL_IP.
 */
static struct camex_peer *plain_registrant(struct camex_dev *cdev,
					   struct camex_peer *at_source,
					   const struct camex_text_register *text)
{
	struct camex_peer *peer = at_source;

	if (text->id[0] || !peer)
		peer = camex_control_registrant(cdev, NULL, text);
	if (!peer || camex_registers_auto(peer))
		return NULL;
	if (peer == at_source)
		return peer;
	if (rcu_access_pointer(peer->configured))
		return NULL;
	tell_registered(peer);
	return peer;
}

/*
 * Take a plain control message. It is from the peer at its source, or from the peer that a REGISTER
 * names.
 */
static struct camex_peer *open_control(struct camex_dev *cdev, struct sk_buff *skb,
				       const struct camex_source *from, int *why)
{
	struct camex_peer *peer = camex_peer_by_endpoint(cdev, &from->addr);
	struct camex_text_register text = {};

	if (skb_linearize(skb)) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		return NULL;
	}
	if (!camex_wire_is_plain_keepalive(skb->data, skb->len)) {
		if (camex_text_parse_register(skb->data, skb->len, &text))
			peer = plain_registrant(cdev, peer, &text);
		else if (!peer || camex_sealed_has_key(peer))
			*why = CAMEX_A_STATS_MALFORMED;
		else
			*why = camex_control_config(peer, skb->data, skb->len,
						    from);
		if (*why)
			return NULL;
	}
	skb_trim(skb, 0);
	if (!peer) {
		*why = CAMEX_A_STATS_UNKNOWN_PEER;
		return NULL;
	}
	peer = camex_plain_heard(peer, from, why);
	if (peer && text.automatic)
		*why = camex_control_answer(peer, &text, from);
	return *why ? NULL : peer;
}

static struct camex_peer *open_datagram(struct camex_dev *cdev, struct sk_buff *skb,
					const struct camex_source *from, int *why)
{
	struct camex_opening o camex_uninit;

	if (!pskb_may_pull(skb, min_t(unsigned int, skb->len,
				      CAMEX_WIRE_HEADER))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		return NULL;
	}
	if (likely(camex_wire_parse(skb->data, skb->len, &o.h))) {
		o.peer = NULL;
		o.trial = NULL;
		return camex_sealed_open(cdev, skb, &o, from, why);
	}
	if (!skb->len || (camex_wire_has_magic(skb->data, skb->len) &&
			  !allows_plaintext(cdev))) {
		*why = CAMEX_A_STATS_MALFORMED;
		return NULL;
	}
	if (!allows_plaintext(cdev)) {
		*why = CAMEX_A_STATS_PLAINTEXT_REFUSED;
		return NULL;
	}
	if (camex_wire_has_magic(skb->data, skb->len))
		return open_control(cdev, skb, from, why);
	return camex_plain_open(cdev, skb, from, why);
}

/* --- structs of peers and devices --- */

static int init_dev(struct camex_dev *cdev)
{
	int err = camex_sealed_dev_init(cdev);

	if (err)
		return err;
	camex_trials_init(cdev);
	err = camex_hints_init(cdev);
	if (err)
		camex_sealed_dev_free(cdev);
	return err;
}

static void free_dev(struct camex_dev *cdev)
{
	camex_hints_free(cdev);
	camex_sealed_dev_free(cdev);
}

static int init_peer(struct camex_peer *peer)
{
	struct camex_camex_peer *own = camex_camex_of(peer);

	own->registers = CAMEX_PEER_DEFAULT;
	own->next_register = jiffies;
	return camex_sealed_peer_init(peer);
}

static void forget_peer(struct camex_peer *peer, bool dying)
{
	camex_sealed_peer_forget(peer, dying);
	if (dying) {
		camex_profile_set(peer, NULL);
		return;
	}
	WRITE_ONCE(camex_camex_of(peer)->automatic, false);
	camex_register_again(peer);
}

static unsigned long find_due(struct camex_peer *peer, unsigned long now,
			      struct camex_due *due)
{
	struct camex_camex_peer *own = camex_camex_of(peer);

	camex_keep_past(&own->next_register, now);
	camex_keep_past(&own->answered_at, now);
	return camex_sealed_due(peer, now, due);
}

/* The link goes up: wait for CONFIG again. */
static int renew_session(struct camex_peer *peer)
{
	int err = camex_peer_renew(peer);

	if (camex_registers_auto(peer))
		WRITE_ONCE(camex_camex_of(peer)->waiting, true);
	return err;
}

static bool lacks_key(const struct camex_peer *peer)
{
	return !allows_plaintext(peer->cdev) && !camex_sealed_has_key(peer);
}

static bool own_state(const struct camex_peer *peer, enum camex_peer_state *state)
{
	*state = CAMEX_PEER_STATE_REGISTERING;
	return camex_registers_auto(peer) &&
	       !rcu_access_pointer(camex_camex_of(peer)->profile);
}

static const struct camex_sealed_ops sealed = {
	.new_session = new_session,
	.take_control = camex_control_take,
	.hello = seal_hello,
	.introduction = camex_control_body,
	.introduce_every = camex_register_every,
	.register_due = camex_register_due,
	.awaits = camex_register_awaits,
	.rekeyed = camex_register_again,
	.key_gone = camex_hints_purge,
};

const struct camex_protocol_ops camex_protocol_camex = {
	.come_by_themselves = true,
	.keeps_alive = true,
	.overhead = CAMEX_SEALED_OVERHEAD,
	.least_overhead = CAMEX_WIRE_HEADER_OLD + CAMEX_WIRE_TAG,
	.plain_overhead = CAMEX_SEALED_OVERHEAD,
	.headroom = CAMEX_WIRE_HEADER,
	.tailroom = CAMEX_AEAD_TAIL,
	.peer_size = sizeof(struct camex_camex_peer),
	.dev_size = sizeof(struct camex_camex_dev),
	.dev_init = init_dev,
	.dev_free = free_dev,
	.dev_check = camex_camex_dev_check,
	.dev_set = camex_camex_dev_set,
	.dev_fill = camex_camex_dev_fill,
	.dev_fill_size = CAMEX_CAMEX_DEV_FILL_SIZE,
	.down = camex_trials_clear,
	.stop = camex_trials_stop,
	.peer_init = init_peer,
	.peer_check = camex_camex_peer_check,
	.peer_prepare = camex_camex_peer_prepare,
	.peer_abandon = camex_camex_peer_abandon,
	.peer_set = camex_camex_peer_set,
	.peer_fill = camex_camex_peer_fill,
	.peer_forget = forget_peer,
	.peer_stop = camex_sealed_peer_stop,
	.due = find_due,
	.act = camex_hello_act,
	.begin = camex_register_begin,
	.peer_lost = camex_register_again,
	.peer_moved = camex_sealed_peer_moved,
	.expects_answer = camex_registers_at_all,
	.keepalive = camex_register_keepalive,
	.registers = camex_registers,
	.introduce = camex_hello_introduce,
	.hello = camex_hello_now,
	.lacks_key = lacks_key,
	.has_key = camex_sealed_has_key,
	.key_set = camex_peer_set_key,
	.receives_many = camex_sealed_receives_many,
	.state = own_state,
	.endpoint_changed = camex_session_rank_endpoint_changed,
	.configured = camex_register_again,
	.renew = renew_session,
	.use_up = camex_peers_use_up,
	.hibernate = camex_sealed_hibernate,
	.ready = camex_is_ready,
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
