// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol camex: the datagrams of the OpenIPC camex daemon, encrypted with
 * ChaCha20-Poly1305, or plain for peers without a key where that is allowed.
 */
#include <linux/ktime.h>
#include <linux/skbuff.h>
#include <net/ip_tunnels.h>
#include <net/tcp.h>

#include "batch.h"
#include "compat.h"
#include "control.h"
#include "cut.h"
#include "rules.h"
#include "timer.h"

#define OVERHEAD	(CAMEX_WIRE_HEADER + CAMEX_WIRE_TAG)
/* Peers behind one address and port whose keys are tried. */
#define KEYS_AT_SOURCE	4
/* Most datagrams of one outer GSO packet: what UDP_SEGMENT takes. */
#define SEGMENTS_MAX	64U
/* What the cipher wants before the first and behind the last of them. */
#define SLACK		(CAMEX_AEAD_HEAD + CAMEX_AEAD_TAIL)

static int ready(const struct camex_peer *peer)
{
	if (likely(rcu_access_pointer(peer->tx)))
		return 0;
	return READ_ONCE(peer->cdev->conf.plaintext) ? 0 : CAMEX_A_STATS_NO_KEY;
}

/* Copy a packet to where it can be encrypted, its checksum filled in. */
static void copy_out(const struct sk_buff *skb, u8 *to)
{
	skb_copy_and_csum_dev(skb, to);
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		u8 *sum = to + skb_checksum_start_offset(skb) + skb->csum_offset;

		if (!get_unaligned((u16 *)sum))	/* 0 means "none" in UDP */
			put_unaligned((__force u16)CSUM_MANGLED_0, (u16 *)sum);
	}
}

/* The socket that is charged for a packet until it has really been sent. */
static struct sock *payer_of(const struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	if (!sk || !skb->destructor || !sk_fullsock(sk) ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    skb->destructor == sock_edemux || skb->destructor == sock_efree ||
	    skb_is_tcp_pure_ack(skb))
		return NULL;
	return sk;
}

/*
 * What carries a packet, or a part of it, is charged to the packet's socket as
 * well: TCP's small queues and send buffers depend on that.
 */
static void charge(struct sk_buff *to, const struct sk_buff *from)
{
	struct sock *sk = payer_of(from);

	if (!sk)
		return;
	to->sk = sk;
	to->destructor = from->destructor;
	refcount_add(to->truesize, &sk->sk_wmem_alloc);
}

/* The same, where nothing of the packet itself is left. */
static void charge_instead(struct sk_buff *to, struct sk_buff *from)
{
	struct sock *sk = payer_of(from);

	charge(to, from);
	if (!sk)
		return;
	WARN_ON_ONCE(refcount_sub_and_test(from->truesize, &sk->sk_wmem_alloc));
	from->sk = NULL;
	from->destructor = NULL;
}

/*
 * The packet in one piece that is ours alone, with room for header and tag and
 * with its checksum filled in: encryption works in place, and what others may
 * read (a clone on a retransmit queue, pages of a file) must not change.
 */
static struct sk_buff *private_copy(struct sk_buff *skb, unsigned int headroom)
{
	bool partial = skb->ip_summed == CHECKSUM_PARTIAL;
	struct sk_buff *copy;

	if (!skb_cloned(skb) && !skb_is_nonlinear(skb) &&
	    skb_headroom(skb) >= headroom &&
	    skb_tailroom(skb) >= CAMEX_AEAD_TAIL)
		return partial && skb_checksum_help(skb) ? NULL : skb;

	if (unlikely(partial &&
		     skb_checksum_start_offset(skb) > skb_headlen(skb)) &&
	    skb_checksum_help(skb))
		return NULL;
	copy = alloc_skb(headroom + skb->len + CAMEX_AEAD_TAIL, GFP_ATOMIC);
	if (unlikely(!copy))
		return NULL;
	skb_reserve(copy, headroom);
	copy_out(skb, skb_put(copy, skb->len));
	copy->protocol = skb->protocol;
	copy->priority = skb->priority;
	skb_copy_hash(copy, skb);
	charge_instead(copy, skb);
	consume_skb(skb);
	return copy;
}

/*
 * The session that the next @n datagrams are sent under, with all of their header
 * but type and length; NULL: there is none.
 */
static struct camex_session_tx *next_of(struct camex_peer *peer,
					struct camex_session_tx *tx,
					unsigned int n, struct camex_wire_header *h)
{
	if (unlikely(!camex_session_next(tx, n, &h->seq))) {
		camex_peer_renew_used(peer);
		tx = rcu_dereference_bh(peer->tx);
		if (!tx || !camex_session_next(tx, n, &h->seq))
			return NULL;
	}
	h->len = READ_ONCE(peer->old_header) ? CAMEX_WIRE_HEADER_OLD :
					       CAMEX_WIRE_HEADER;
	h->prefix = tx->base.prefix;
	return tx;
}

/* Encrypt a packet, or what else there is to say, under the peer's session. */
static struct sk_buff *seal_as(struct camex_peer *peer, struct sk_buff *skb,
			       u8 type, int *why)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_session_tx *tx = rcu_dereference_bh(peer->tx);
	struct camex_wire_header h = { .type = type };
	u8 header[CAMEX_WIRE_HEADER];
	struct sk_buff *own;

	/* It would have stayed whole for a peer that had no key a moment ago. */
	if (unlikely(!tx || skb_is_gso(skb))) {
		*why = CAMEX_A_STATS_NO_KEY;
		goto drop;
	}
	if (unlikely(skb->len > CAMEX_WIRE_BODY_MAX)) {
		*why = CAMEX_A_STATS_TOO_BIG;
		goto drop;
	}
	*why = CAMEX_A_STATS_NO_MEMORY;
	own = private_copy(skb, cdev->dev->needed_headroom);
	if (unlikely(!own))
		goto drop;
	skb = own;
	tx = next_of(peer, tx, 1, &h);
	if (unlikely(!tx))
		goto drop;
	h.body = skb->len;
	camex_wire_build(header, &h);
	camex_aead_seal(&tx->base.key->aead, skb->data, skb->len, header, h.len,
			header + 5);
	__skb_push(skb, h.len);
	skb_put(skb, CAMEX_WIRE_TAG);

	skb->ip_summed = CHECKSUM_NONE;
	skb_scrub_packet(skb, !net_eq(cdev->net, dev_net(cdev->dev)));
	skb->encapsulation = 0;
	*why = 0;
	return skb;

drop:
	kfree_skb(skb);
	return NULL;
}

/* The key may have come or gone since ready(). */
static bool talks_plain(const struct camex_peer *peer)
{
	return READ_ONCE(peer->cdev->conf.plaintext) &&
	       !rcu_access_pointer(peer->key);
}

static struct sk_buff *seal(struct camex_peer *peer, struct sk_buff *skb,
			    int *why)
{
	if (unlikely(!rcu_access_pointer(peer->tx)) && talks_plain(peer))
		return camex_raw_seal(peer, skb, why);
	return seal_as(peer, skb, CAMEX_WIRE_DATA, why);
}

static bool encrypts(const struct camex_peer *peer)
{
	return rcu_access_pointer(peer->tx);
}

/* An empty packet that will carry datagrams of a GSO packet in a fragment. */
static struct sk_buff *carrier(struct sk_buff *skb, unsigned int headroom,
			       const struct camex_space *space,
			       unsigned int bytes, unsigned int size)
{
	struct sk_buff *out = alloc_skb(headroom, GFP_ATOMIC);

	if (unlikely(!out))
		return NULL;
	skb_reserve(out, headroom);
	get_page(space->page);
	skb_add_rx_frag(out, 0, space->page, space->offset + CAMEX_AEAD_HEAD,
			bytes, size);
	out->priority = skb->priority;
	skb_copy_hash(out, skb);
	return out;
}

/*
 * Datagrams lie behind one another. The cipher wants to write before and behind
 * each of them: what lies before it is put back, and what lies behind it comes
 * later.
 */
static struct sk_buff *seal_many(struct camex_peer *peer, struct camex_cut *cut,
				 unsigned int most, int *why)
{
	struct camex_session_tx *tx = rcu_dereference_bh(peer->tx);
	struct camex_wire_header h = { .type = CAMEX_WIRE_DATA };
	unsigned int n, i, longest, size, bytes;
	u8 header[CAMEX_WIRE_HEADER], before[CAMEX_AEAD_HEAD] camex_uninit;
	struct camex_space space;
	struct sk_buff *out;
	u8 *to;

	*why = CAMEX_A_STATS_NO_MEMORY;
	longest = OVERHEAD + camex_cut_longest(cut);
	n = min3(cut->left, most / longest,
		 (unsigned int)(CAMEX_BUFFER_SIZE - SLACK) / longest);
	n = min(n, SEGMENTS_MAX);
	if (unlikely(!tx || !n))
		return NULL;
	size = n * longest + SLACK;
	if (unlikely(!camex_buffer_get(&space, size)))
		return NULL;
	bytes = n < cut->left ? cut->size * n : cut->skb->len - cut->offset;
	tx = next_of(peer, tx, n, &h);
	if (unlikely(!tx))
		goto put;
	bytes += n * (camex_cut_headers(cut) + h.len + CAMEX_WIRE_TAG);
	out = carrier(cut->skb, peer->cdev->dev->needed_headroom, &space, bytes,
		      size);
	if (unlikely(!out))
		goto put;

	to = space.at + CAMEX_AEAD_HEAD;
	for (i = 0; i < n; i++, h.seq++) {
		u8 *body = to + h.len;
		unsigned int over = CAMEX_AEAD_HEAD - h.len;

		h.body = camex_cut_next(cut, body);
		camex_wire_build(header, &h);
		memcpy(before, to - over, over);
		camex_aead_seal(&tx->base.key->aead, body, h.body, header, h.len,
				header + 5);
		memcpy(to - over, before, over);
		to = body + h.body + CAMEX_WIRE_TAG;
	}
	if (n > 1) {
		skb_shinfo(out)->gso_type = SKB_GSO_UDP_L4;
		skb_shinfo(out)->gso_size = h.len + camex_cut_longest(cut) +
					    CAMEX_WIRE_TAG;
		skb_shinfo(out)->gso_segs = n;
	}
	if (cut->left)
		charge(out, cut->skb);
	else
		charge_instead(out, cut->skb);
	camex_buffer_put(&space);
	*why = 0;
	return out;

put:
	camex_buffer_put(&space);
	return NULL;
}

static struct sk_buff *hello(struct camex_peer *peer, struct sk_buff *skb,
			     u8 type, int *why)
{
	if (rcu_access_pointer(peer->tx) || !talks_plain(peer))
		return seal_as(peer, skb, type, why);
	if (type == CAMEX_WIRE_KEEPALIVE)
		camex_wire_plain_keepalive(skb_put(skb, CAMEX_WIRE_PLAIN_KEEPALIVE));
	return skb;
}

/* A datagram as it came, and its header twice: taken apart, and as bytes. */
struct opening {
	struct camex_wire_header h;
	u8 header[CAMEX_WIRE_HEADER];
	u8 *body;
};

static bool opens(struct opening *o, const struct camex_key *key)
{
	return camex_aead_open(&key->aead, o->body, o->h.body, o->header,
			       o->h.len, o->header + 5);
}

/* The session that a datagram belongs to; it is decrypted then. */
static struct camex_session_rx *known_session(struct camex_dev *cdev,
					      struct opening *o)
{
	struct camex_session *session;
	struct rhlist_head *list, *pos;

	list = camex_session_bucket(cdev, o->h.prefix);
	rhl_for_each_entry_rcu(session, pos, list, node) {
		struct camex_session_rx *rx;

		if (session->sends)
			continue;
		rx = container_of(session, struct camex_session_rx, base);
		if (rcu_access_pointer(rx->window) && opens(o, session->key))
			return rx;
	}
	return NULL;
}

/*
 * Try every key there is. That costs more the more there are, and a stranger can
 * ask for it: so each source can do so only so often, and all of them together
 * take no more than their share of a CPU.
 */
static struct camex_key *try_keys(struct camex_dev *cdev, struct opening *o,
				  const struct camex_source *from, int *why)
{
	struct camex_key *key;
	u64 start;

	*why = CAMEX_A_STATS_AUTH_FAILED;
	if (list_empty(&cdev->keys))
		return NULL;
	start = ktime_get_ns();
	if (!camex_limit_begin(&cdev->limit, start) ||
	    !camex_limit_source(&from->addr, start)) {
		*why = CAMEX_A_STATS_RATE_LIMITED;
		return NULL;
	}
	list_for_each_entry_rcu(key, &cdev->keys, node, rcu_read_lock_bh_held())
		if (opens(o, key))
			goto out;
	key = NULL;
out:
	camex_limit_end(&cdev->limit, start, ktime_get_ns());
	return key;
}

/*
 * Under which key is a datagram whose prefix is not open? Those of the peers at
 * its source are tried, and what a KEEPALIVE from there was under. Only what
 * introduces its sender may cost more.
 */
static struct camex_key *find_key(struct camex_dev *cdev, struct opening *o,
				  const struct camex_source *from, int *why)
{
	struct camex_key *keys[KEYS_AT_SOURCE + 1];
	unsigned int n, i;

	n = camex_endpoint_keys(cdev, &from->addr, keys, KEYS_AT_SOURCE);
	keys[n] = camex_hint_find(cdev, &from->addr);
	if (keys[n])
		n++;
	for (i = 0; i < n; i++)
		if (opens(o, keys[i]))
			return keys[i];
	if (o->h.type == CAMEX_WIRE_REGISTER || o->h.type == CAMEX_WIRE_KEEPALIVE)
		return try_keys(cdev, o, from, why);
	*why = n ? CAMEX_A_STATS_AUTH_FAILED : CAMEX_A_STATS_UNKNOWN_PEER;
	return NULL;
}

/* Of those who have the key, who sent this? NULL: it does not say. */
static struct camex_peer *sender(struct camex_dev *cdev, struct camex_key *key,
				 const struct opening *o,
				 const struct camex_text_register *text)
{
	struct camex_peer *only = list_is_singular(&key->peers) ?
		list_first_or_null_rcu(&key->peers, struct camex_peer, key_node) :
		NULL;
	struct camex_peer *peer;

	if (o->h.type == CAMEX_WIRE_REGISTER && (text->id[0] || !only))
		return camex_control_registrant(cdev, key, text);
	if (only || o->h.type != CAMEX_WIRE_DATA)
		return only;
	peer = camex_route_lookup_raw(&cdev->routes, o->body, o->h.body);
	return peer && rcu_access_pointer(peer->key) == key ? peer : NULL;
}

/* Who has that key and sends us the CONFIG that we wait for? */
static struct camex_peer *server(struct camex_dev *cdev,
				 const struct camex_key *key,
				 const struct camex_source *from)
{
	struct camex_peer *peer = camex_peer_by_endpoint(cdev, &from->addr);

	return peer && rcu_access_pointer(peer->key) == key &&
	       camex_control_awaits(peer, &from->addr) ? peer : NULL;
}

/* May a peer begin a session from here other than by REGISTER? */
static bool at_home(const struct camex_peer *peer, const struct camex_addr *addr)
{
	const struct camex_endpoint *home = READ_ONCE(peer->home);
	const struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);

	return !home || camex_rules_same_host(&home->to, addr) ||
	       (ep && camex_rules_same_host(&ep->to, addr));
}

/* The session that a datagram with a prefix that is not open begins, if it may. */
static struct camex_session_rx *new_session(struct camex_dev *cdev,
					    struct opening *o,
					    const struct camex_source *from,
					    int *why)
{
	struct camex_text_register text;
	struct camex_peer *peer;
	struct camex_key *key;

	key = find_key(cdev, o, from, why);
	if (!key)
		return NULL;
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
	peer = o->h.type == CAMEX_WIRE_CONFIG ? server(cdev, key, from) :
						sender(cdev, key, o, &text);
	if (!peer) {
		/* Its data may say. A CLIENT_ID has said: nobody we know. */
		if (o->h.type == CAMEX_WIRE_KEEPALIVE)
			*why = 0;
		if (o->h.type == CAMEX_WIRE_KEEPALIVE ||
		    (o->h.type == CAMEX_WIRE_REGISTER && !text.id[0]))
			camex_hint_add(cdev, &from->addr, key);
		return NULL;
	}
	if (o->h.type == CAMEX_WIRE_REGISTER ?
	    camex_peer_registers(peer) == CAMEX_REGISTER_AUTO :
	    !at_home(peer, &from->addr))
		return NULL;
	return camex_rules_open(peer, key, o->h.prefix, o->h.seq,
				o->h.type == CAMEX_WIRE_REGISTER, why);
}

/* A session has brought something new. */
static void heard(struct camex_session_rx *rx, const struct camex_source *from,
		  bool highest)
{
	if (highest)
		camex_rules_highest(rx, &from->addr, &from->local);
	camex_peer_heard(rx->base.peer);
}

static struct camex_peer *open_encrypted(struct camex_dev *cdev,
					 struct sk_buff *skb, struct opening *o,
					 const struct camex_source *from,
					 int *why)
{
	struct camex_session_rx *rx;
	struct camex_peer *peer;
	bool highest, old_header;

	/* Decryption works in place, and a little beyond both ends. */
	if (unlikely(skb_linearize_cow(skb) ||
		     ((skb_headroom(skb) + o->h.len < CAMEX_AEAD_AD_MAX ||
		       skb_tailroom(skb) < CAMEX_AEAD_TAIL - CAMEX_WIRE_TAG) &&
		      pskb_expand_head(skb, CAMEX_AEAD_AD_MAX, CAMEX_AEAD_TAIL,
				       GFP_ATOMIC)))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		return NULL;
	}
	memcpy(o->header, skb->data, o->h.len);
	o->body = skb->data + o->h.len;

	rx = known_session(cdev, o) ?: new_session(cdev, o, from, why);
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
	heard(rx, from, highest);

	__skb_pull(skb, o->h.len);
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

/* What is not DATA of an open session is for open(). */
static bool open_into(struct camex_batch *batch, const u8 *data, unsigned int len)
{
	struct camex_session_rx *rx = batch->rx;
	struct camex_aead_opening o camex_uninit;
	struct camex_wire_header h;
	bool old_header;

	if (unlikely(!camex_wire_parse(data, len, &h) ||
		     h.type != CAMEX_WIRE_DATA))
		return false;
	old_header = h.len == CAMEX_WIRE_HEADER_OLD;
	if (!batch->n || rx->base.prefix != h.prefix)
		rx = likely_session(batch->cdev, h.prefix);
	if (unlikely(!rx || (batch->n && rx != batch->rx) ||
		     READ_ONCE(rx->base.peer->old_header) != old_header))
		return false;
	data += h.len;
	if (unlikely(!camex_aead_open_first(&o, &rx->base.key->aead, data, h.body,
					    data - h.len, h.len, data - h.len + 5,
					    camex_batch_head(batch))))
		return false;
	batch->rx = rx;
	batch->seq[batch->n] = h.seq;
	camex_piece_open(batch, &o, data, h.body);
	return true;
}

static u64 accept(struct camex_batch *batch, struct camex_peer **peer)
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

/*
 * Whom is a plain REGISTER from: it names the peer; else it is the one at its
 * source, or whose address it says.
 */
static struct camex_peer *plain_registrant(struct camex_dev *cdev,
					   struct camex_peer *at_source,
					   const struct camex_text_register *text)
{
	struct camex_peer *peer = at_source;

	if (text->id[0] || !peer)
		peer = camex_control_registrant(cdev, NULL, text);
	if (!peer || camex_peer_registers(peer) == CAMEX_REGISTER_AUTO)
		return NULL;
	if (peer == at_source)
		return peer;
	if (READ_ONCE(peer->home))
		return NULL;
	camex_peer_registered(peer);
	return peer;
}

/* Plain control: it is from the peer at its source, or a REGISTER says whom. */
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
		else if (!peer || rcu_access_pointer(peer->key))
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
	peer = camex_raw_heard(peer, from, why);
	if (peer && text.automatic)
		*why = camex_control_answer(peer, &text, from);
	return *why ? NULL : peer;
}

static struct camex_peer *open(struct camex_dev *cdev, struct sk_buff *skb,
			       const struct camex_source *from, int *why)
{
	struct opening o camex_uninit;

	if (!pskb_may_pull(skb, min_t(unsigned int, skb->len,
				      CAMEX_WIRE_HEADER))) {
		*why = CAMEX_A_STATS_NO_MEMORY;
		return NULL;
	}
	if (likely(camex_wire_parse(skb->data, skb->len, &o.h)))
		return open_encrypted(cdev, skb, &o, from, why);
	if (!skb->len || (camex_wire_has_magic(skb->data, skb->len) &&
			  !READ_ONCE(cdev->conf.plaintext))) {
		*why = CAMEX_A_STATS_MALFORMED;
		return NULL;
	}
	if (!READ_ONCE(cdev->conf.plaintext)) {
		*why = CAMEX_A_STATS_PLAINTEXT_REFUSED;
		return NULL;
	}
	if (camex_wire_has_magic(skb->data, skb->len))
		return open_control(cdev, skb, from, why);
	return camex_raw_open(cdev, skb, from, why);
}

const struct camex_protocol_ops camex_protocol_camex = {
	.keyed = true,
	.overhead = OVERHEAD,
	.headroom = CAMEX_AEAD_HEAD,
	.tailroom = CAMEX_AEAD_TAIL,
	.ready = ready,
	.encrypts = encrypts,
	.seal = seal,
	.seal_many = seal_many,
	.hello = hello,
	.open = open,
	.open_into = open_into,
	.accept = accept,
};

CAMEX_EXPORT_FOR_KUNIT(camex_protocol_camex);
