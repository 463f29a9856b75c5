// SPDX-License-Identifier: GPL-2.0-only
/* Sessions of protocol wireguard: their turns, their ends, and what their datagrams look like. */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>

#include "core/protocol.h"
#include "crypto/aes256gcm.h"
#include "protocol/wireguard/config.h"
#include "protocol/wireguard/data.h"
#include "protocol/wireguard/queue.h"
#include "protocol/wireguard/wireguard.h"
#include "test.h"

#define ops	camex_protocol_wireguard
#define HEADER	16
#define TAG	16

static int wg_init(struct kunit *test)
{
	int err = fake_dev_init_protocol(test, &ops);
	struct camex_dev *cdev = test->priv;

	if (err)
		return err;
	cdev->stats = camex_stats_alloc();
	cdev->dev->mtu = 1420;
	return cdev->stats ? 0 : -ENOMEM;
}

static void wg_exit(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct camex_stats __percpu *stats = cdev->stats;

	fake_dev_exit(test);
	free_percpu(stats);
}

/* As where packets are sent and received. */
static void enter_softirq(void)
{
	rcu_read_lock();
	local_bh_disable();
}

static void leave_softirq(void)
{
	local_bh_enable();
	rcu_read_unlock();
}

static struct camex_wg_peer *own_of(struct camex_peer *peer)
{
	return camex_peer_own(peer);
}

static struct camex_peer *add_peer(struct kunit *test, const char *name, u8 first)
{
	const u8 key[CAMEX_KEY_LEN] = { first };
	struct camex_peer *peer;

	rtnl_lock();
	peer = camex_wg_peer_new(test->priv, name, key, CAMEX_CIPHER_CHACHA20_POLY1305);
	rtnl_unlock();
	KUNIT_ASSERT_FALSE(test, IS_ERR(peer));
	return peer;
}

/* A session with keys of its own for each direction, which nothing has shaken hands for. */
static struct camex_wg_session *add_session(struct kunit *test, struct camex_peer *peer,
					    bool initiator)
{
	struct camex_wg_dev *dev = camex_dev_own(peer->cdev);
	struct camex_wg_session *session;
	static u8 last;
	u8 bytes[CAMEX_KEY_LEN] = { ++last };
	int err = -ENOMEM;

	spin_lock_bh(&peer->cdev->lock);
	session = camex_wg_session_new(peer, &camex_noise_chacha20poly1305, NULL);
	if (session) {
		camex_aead_key_set(&session->opens, &camex_chacha20poly1305, bytes);
		camex_aead_key_set(&session->seals, &camex_chacha20poly1305, bytes);
		session->initiator = initiator;
		session->remote = last;
		err = camex_index_insert(&dev->indices, &session->index);
		if (err)
			camex_wg_session_drop(session);
		else
			camex_wg_sessions_add(&own_of(peer)->sessions, session);
	}
	spin_unlock_bh(&peer->cdev->lock);
	KUNIT_ASSERT_EQ(test, err, 0);
	return session;
}

/* --- turns --- */

/**
 * struct turn - what happens to the sessions of a peer, and which there are after that
 * @what: "i" we began another, "r" the peer did, "c" the next one is used by the peer, "x" all
 *	end; the sessions made are a, b, c and so on
 * @after: sending, previous and next, "-" for none
 */
struct turn {
	const char *what;
	const char *after;
};

static const struct turn turns[] = {
	{ "i", "a--" }, { "ii", "ba-" }, { "iii", "cb-" },
	{ "r", "--a" }, { "rr", "--b" }, { "rc", "a--" }, { "rcr", "a-b" }, { "rcrc", "ba-" },
	{ "ir", "a-b" }, { "irc", "ba-" }, { "iir", "b-c" }, { "iirc", "cb-" },
	{ "ri", "ba-" }, { "iri", "cb-" }, { "rci", "ba-" }, { "rcri", "cb-" },
	{ "irr", "a-c" }, { "irrc", "ca-" }, { "ix", "---" }, { "irx", "---" }, { "ixi", "b--" },
};

static char name_of(struct camex_wg_session __rcu *at, struct camex_wg_session **made,
		    unsigned int n)
{
	struct camex_wg_session *session = rcu_dereference_protected(at, true);
	unsigned int i;

	for (i = 0; i < n && session; i++)
		if (made[i] == session)
			return 'a' + i;
	return session ? '?' : '-';
}

static void take_turns(struct kunit *test, const struct turn *turn)
{
	struct camex_peer *peer = add_peer(test, "peer", 9);
	struct camex_wg_sessions *sessions = &own_of(peer)->sessions;
	struct camex_wg_session *made[8];
	unsigned int n = 0;
	const char *what;
	bool is_next;
	char after[4];

	for (what = turn->what; *what; what++) {
		switch (*what) {
		case 'i':
		case 'r':
			made[n++] = add_session(test, peer, *what == 'i');
			break;
		case 'c':
			spin_lock_bh(&peer->cdev->lock);
			is_next = camex_wg_sessions_confirm(sessions, made[n - 1]);
			spin_unlock_bh(&peer->cdev->lock);
			KUNIT_EXPECT_TRUE(test, is_next);
			break;
		case 'x':
			spin_lock_bh(&peer->cdev->lock);
			camex_wg_sessions_clear(sessions);
			spin_unlock_bh(&peer->cdev->lock);
			break;
		}
	}
	after[0] = name_of(sessions->sending, made, n);
	after[1] = name_of(sessions->previous, made, n);
	after[2] = name_of(sessions->next, made, n);
	after[3] = 0;
	KUNIT_EXPECT_STREQ_MSG(test, after, turn->after, "after %s", turn->what);
	fake_peer_del(peer);
}

static void session_turns(struct kunit *test)
{
	struct camex_wg_dev *dev = camex_dev_own(((struct camex_dev *)test->priv));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(turns); i++)
		take_turns(test, &turns[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->indices.hash.nelems), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->peers.nelems), 0);
}

/* --- datagrams --- */

static bool locate(struct kunit *test, const u8 *data, unsigned int len,
		   struct camex_located *at)
{
	static const struct camex_source from;
	bool found;

	enter_softirq();
	found = ops.locate(test->priv, data, len, &from, NULL, at);
	leave_softirq();
	return found;
}

static void put_head(u8 *data, u32 type, u32 index, u64 counter)
{
	put_unaligned_le32(type, data);
	put_unaligned_le32(index, data + 4);
	put_unaligned_le64(counter, data + 8);
}

/* What is no datagram with a packet, of a session that is open, is left to open(). */
static void session_locates(struct kunit *test)
{
	struct camex_peer *peer = add_peer(test, "peer", 9);
	struct camex_wg_session *session = add_session(test, peer, false);
	u8 *data = kunit_kzalloc(test, 2048, GFP_KERNEL);
	u32 index = session->index.value;
	struct camex_located at;
	unsigned int len, i;

	KUNIT_ASSERT_NOT_NULL(test, data);
	put_head(data, CAMEX_WG_DATA, index, 7);
	for (len = 0; len <= 2048; len++) {
		bool found = locate(test, data, len, &at);

		KUNIT_EXPECT_EQ_MSG(test, found, len > HEADER + TAG, "%u bytes", len);
		if (found)
			KUNIT_EXPECT_EQ(test, at.body, len - HEADER - TAG);
		if (has_failed(test))
			return;
	}
	KUNIT_EXPECT_PTR_EQ(test, at.receiver, &session->receiver);
	KUNIT_EXPECT_EQ(test, at.seq, 7ULL);
	KUNIT_EXPECT_EQ(test, at.ad_len, 0U);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(at.nonce), 0U);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(at.nonce + 4), 7ULL);
	for (i = 0; i < 32; i++) {
		put_head(data, CAMEX_WG_DATA ^ BIT(i), index, 7);
		KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
		put_head(data, CAMEX_WG_DATA, index ^ BIT(i), 7);
		KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
	}
	put_head(data, CAMEX_WG_DATA, index, CAMEX_WG_REJECT_COUNTER - 1);
	KUNIT_EXPECT_TRUE(test, locate(test, data, 100, &at));
	put_head(data, CAMEX_WG_DATA, index, CAMEX_WG_REJECT_COUNTER);
	KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
	put_head(data, CAMEX_WG_DATA, index, U64_MAX);
	KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
	put_head(data, CAMEX_WG_DATA, index, 7);
	session->born -= CAMEX_WG_REJECT_AFTER - NSEC_PER_SEC;
	KUNIT_EXPECT_TRUE(test, locate(test, data, 100, &at));
	session->born -= NSEC_PER_SEC;
	KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
	fake_peer_del(peer);
	KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
}

/* A datagram as the peer of a session would send it: both directions have one key here. */
static struct sk_buff *make_datagram(struct kunit *test, struct camex_wg_session *session,
				     u32 index, u64 counter, unsigned int body)
{
	struct sk_buff *skb = alloc_skb(CAMEX_AEAD_HEAD + HEADER + body + CAMEX_AEAD_TAIL,
					GFP_KERNEL);
	u8 nonce[CAMEX_AEAD_NONCE] = {};
	u8 *data;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, CAMEX_AEAD_HEAD);
	data = skb_put(skb, HEADER + body + TAG);
	memset(data, 0, skb->len);
	put_unaligned_le64(counter, nonce + 4);
	local_bh_disable();
	camex_aead_seal(&session->seals, data + HEADER, body, NULL, 0, nonce);
	local_bh_enable();
	put_head(data, CAMEX_WG_DATA, index, counter);
	return skb;
}

/* Open a datagram; what is @why then, and is there a peer? */
static int open_one(struct kunit *test, struct sk_buff *skb, const struct camex_peer *peer)
{
	static const struct camex_source from;
	struct camex_peer *found;
	int why = 0;

	enter_softirq();
	found = ops.open(test->priv, skb, &from, &why);
	leave_softirq();
	KUNIT_EXPECT_PTR_EQ(test, found, why ? NULL : (struct camex_peer *)peer);
	kfree_skb(skb);
	return why;
}

/* An index says whose key is tried; nothing else opens. */
static void session_of_another(struct kunit *test)
{
	struct camex_peer *a = add_peer(test, "a", 9), *b = add_peer(test, "b", 10);
	struct camex_wg_session *of_a = add_session(test, a, false);
	struct camex_wg_session *of_b = add_session(test, b, false);
	u32 index_a = of_a->index.value, index_b = of_b->index.value;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, open_one(test, make_datagram(test, of_a, index_b, 0, 64), a),
			CAMEX_A_STATS_AUTH_FAILED);
	KUNIT_EXPECT_EQ(test, open_one(test, make_datagram(test, of_b, index_a, 0, 64), b),
			CAMEX_A_STATS_AUTH_FAILED);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, open_one(test, make_datagram(test, of_a, index_a, i, i), a),
				0);
	KUNIT_EXPECT_EQ(test, open_one(test, make_datagram(test, of_a, index_a, 50, 64), a),
			CAMEX_A_STATS_REPLAYED);
	KUNIT_EXPECT_EQ(test, open_one(test, make_datagram(test, of_a, index_a ^ index_b ^ 1, 200,
							   64), a),
			CAMEX_A_STATS_UNKNOWN_PEER);
	/* The first datagram has confirmed it. */
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(own_of(a)->sessions.sending), of_a);
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(own_of(b)->sessions.next), of_b);
	fake_peer_del(a);
	fake_peer_del(b);
}

/* A counter is taken once, and not when it is too far behind. */
static void session_window(struct kunit *test)
{
	struct camex_peer *peer = add_peer(test, "peer", 9);
	struct camex_wg_session *session = add_session(test, peer, true);
	u32 index = session->index.value;
	static const struct {
		u64 counter;
		int why;
	} steps[] = {
		{ 20000, 0 }, { 20000 - 8100, 0 }, { 20000 - 8100, CAMEX_A_STATS_REPLAYED },
		{ 20000 - CAMEX_REPLAY_WINDOW + 1, 0 },
		{ 20000 - CAMEX_REPLAY_WINDOW, CAMEX_A_STATS_REPLAYED },
		{ 20000 - 8193, CAMEX_A_STATS_REPLAYED }, { 20001, 0 },
		{ CAMEX_WG_REJECT_COUNTER - 1, 0 },
		{ CAMEX_WG_REJECT_COUNTER, CAMEX_A_STATS_AUTH_FAILED },
		{ 20002, CAMEX_A_STATS_REPLAYED },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		int why = open_one(test, make_datagram(test, session, index, steps[i].counter, 32),
				   peer);

		KUNIT_EXPECT_EQ_MSG(test, why, steps[i].why, "step %u", i);
	}
	fake_peer_del(peer);
}

/* Numbers and ages at which nothing more is sent. */
static void session_ends(struct kunit *test)
{
	struct camex_peer *peer = add_peer(test, "peer", 9);
	struct camex_wg_session *session = add_session(test, peer, true);
	struct camex_sealing s;
	int why;

	enter_softirq();
	KUNIT_EXPECT_EQ(test, ops.ready(peer), 0);
	KUNIT_EXPECT_TRUE(test, ops.begin_sealing(peer, &s, 3, CAMEX_WG_PACKET, &why));
	KUNIT_EXPECT_EQ(test, s.seq, 0ULL);
	ops.put_header(&s, 48);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(s.bytes), 4U);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(s.bytes + 4), session->remote);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(s.bytes + 8), 0ULL);
	KUNIT_EXPECT_TRUE(test, ops.begin_sealing(peer, &s, 1, CAMEX_WG_PACKET, &why));
	KUNIT_EXPECT_EQ(test, s.seq, 3ULL);
	session->born -= CAMEX_WG_REJECT_AFTER - NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, ops.ready(peer), 0);
	session->born -= NSEC_PER_SEC;
	KUNIT_EXPECT_NE(test, ops.ready(peer), 0);
	KUNIT_EXPECT_FALSE(test, ops.begin_sealing(peer, &s, 1, CAMEX_WG_PACKET, &why));
	session->born = camex_wg_now();
	atomic64_set(&session->next, CAMEX_WG_REJECT_COUNTER - 2);
	KUNIT_EXPECT_TRUE(test, ops.begin_sealing(peer, &s, 2, CAMEX_WG_PACKET, &why));
	KUNIT_EXPECT_EQ(test, s.seq, CAMEX_WG_REJECT_COUNTER - 2);
	KUNIT_EXPECT_NE(test, ops.ready(peer), 0);
	KUNIT_EXPECT_FALSE(test, ops.begin_sealing(peer, &s, 1, CAMEX_WG_PACKET, &why));
	/* One that would end beyond ends the session, so that no number comes round. */
	atomic64_set(&session->next, CAMEX_WG_REJECT_COUNTER - 2);
	KUNIT_EXPECT_FALSE(test, ops.begin_sealing(peer, &s, 3, CAMEX_WG_PACKET, &why));
	atomic64_set(&session->next, 5);
	KUNIT_EXPECT_FALSE(test, ops.begin_sealing(peer, &s, 1, CAMEX_WG_PACKET, &why));
	leave_softirq();
	fake_peer_del(peer);
}

/* Sessions of the other suite: types, nonces and limits of their own. */
static void session_aes(struct kunit *test)
{
	const struct camex_noise_suite *suite = &camex_noise_aes256gcm;
	struct camex_peer *peer = add_peer(test, "peer", 9);
	struct camex_wg_session *session = add_session(test, peer, true);
	u32 index = session->index.value;
	struct camex_located at;
	struct camex_sealing s;
	u8 data[100] = {};
	int why;

	enter_softirq();
	/* Its key is not looked at here. */
	session->suite = suite;
	KUNIT_ASSERT_TRUE(test, ops.begin_sealing(peer, &s, 1, CAMEX_WG_PACKET, &why));
	s.seq = 0x10203;
	ops.put_header(&s, 48);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(s.bytes), 0x84U);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(s.bytes + 8), 0x10203ULL);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(s.nonce), 0U);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(s.nonce + 4), 0x10203ULL);
	atomic64_set(&session->next, BIT_ULL(32) - 2);
	KUNIT_EXPECT_TRUE(test, ops.begin_sealing(peer, &s, 2, CAMEX_WG_PACKET, &why));
	KUNIT_EXPECT_NE(test, ops.ready(peer), 0);
	KUNIT_EXPECT_FALSE(test, ops.begin_sealing(peer, &s, 1, CAMEX_WG_PACKET, &why));
	leave_softirq();
	put_head(data, 0x84, index, BIT_ULL(32) - 1);
	KUNIT_EXPECT_TRUE(test, locate(test, data, 100, &at));
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(at.nonce + 4), BIT_ULL(32) - 1);
	put_head(data, 0x84, index, BIT_ULL(32));
	KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
	/* the same session by a message of the other suite, either way */
	put_head(data, CAMEX_WG_DATA, index, 7);
	KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
	session->suite = &camex_noise_chacha20poly1305;
	KUNIT_EXPECT_TRUE(test, locate(test, data, 100, &at));
	put_head(data, 0x84, index, 7);
	KUNIT_EXPECT_FALSE(test, locate(test, data, 100, &at));
	/* keys in memory of their own are needed, and taken */
	{
		struct camex_aead_key spare[2] = {};

		KUNIT_EXPECT_NULL(test, camex_wg_session_new(peer, suite, NULL));
		KUNIT_EXPECT_NULL(test, camex_wg_session_new(peer, suite, spare));
		KUNIT_ASSERT_NULL(test, camex_aes256gcm_refusal());
		KUNIT_ASSERT_TRUE(test, camex_aead_key_alloc(&spare[0], &camex_aes256gcm));
		KUNIT_EXPECT_NULL(test, camex_wg_session_new(peer, suite, spare));
		KUNIT_ASSERT_TRUE(test, camex_aead_key_alloc(&spare[1], &camex_aes256gcm));
		session = camex_wg_session_new(peer, suite, spare);
		KUNIT_ASSERT_NOT_NULL(test, session);
		KUNIT_EXPECT_NULL(test, memchr_inv(spare, 0, sizeof(spare)));
		spin_lock_bh(&peer->cdev->lock);
		camex_wg_session_drop(session);
		spin_unlock_bh(&peer->cdev->lock);
	}
	fake_peer_del(peer);
}

/* --- messages that wait --- */

static void no_work(struct work_struct *work)
{
}

static int put_from(struct kunit *test, struct camex_wg_queue *queue, u32 address)
{
	struct camex_source from = { .addr = { .family = AF_INET } };
	struct sk_buff *skb = alloc_skb(CAMEX_WG_MESSAGE_MAX, GFP_KERNEL);
	int why;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, CAMEX_WG_MESSAGE_MAX);
	from.addr.v4 = htonl(address);
	why = camex_wg_queue_put(queue, skb, &from);
	kfree_skb(skb);
	return why;
}

/* No more than there is room for; and one source leaves room for others. */
static void queue_is_shared(struct kunit *test)
{
	struct camex_wg_queue *queue = kunit_kzalloc(test, sizeof(*queue), GFP_KERNEL);
	unsigned int greedy = 0, others = 0, taken = 0, i;
	struct camex_wg_message *message;
	bool load;

	KUNIT_ASSERT_NOT_NULL(test, queue);
	camex_wg_queue_init(queue, no_work);
	KUNIT_EXPECT_EQ(test, put_from(test, queue, 1), CAMEX_A_STATS_QUEUE_FULL);
	camex_wg_queue_open(queue);
	KUNIT_EXPECT_NULL(test, camex_wg_queue_take(queue, &load));
	KUNIT_EXPECT_FALSE(test, load);
	for (i = 0; i < CAMEX_WG_QUEUE_MAX; i++)
		greedy += !put_from(test, queue, 1);
	/* A quarter of what is left then. */
	KUNIT_EXPECT_LE(test, greedy, CAMEX_WG_QUEUE_MAX / 5 + 1U);
	KUNIT_EXPECT_GE(test, greedy, CAMEX_WG_QUEUE_MAX / 5 - 1U);
	for (i = 0; i < 2U * CAMEX_WG_QUEUE_MAX; i++)
		others += !put_from(test, queue, 1000 + i);
	KUNIT_EXPECT_EQ(test, greedy + others, (unsigned int)CAMEX_WG_QUEUE_MAX);
	while ((message = camex_wg_queue_take(queue, &load))) {
		taken++;
		KUNIT_EXPECT_TRUE(test, load);
		kfree(message);
		if (has_failed(test))
			break;
	}
	KUNIT_EXPECT_EQ(test, taken, (unsigned int)CAMEX_WG_QUEUE_MAX);
	/* The load counts for a second. */
	queue->loaded_at -= NSEC_PER_SEC;
	KUNIT_EXPECT_NULL(test, camex_wg_queue_take(queue, &load));
	KUNIT_EXPECT_FALSE(test, load);
	for (i = 0; i < CAMEX_WG_QUEUE_LOAD - 1; i++)
		KUNIT_EXPECT_EQ(test, put_from(test, queue, 5000 + i), 0);
	message = camex_wg_queue_take(queue, &load);
	kfree(message);
	KUNIT_EXPECT_FALSE(test, load);
	put_from(test, queue, 1);
	put_from(test, queue, 2);
	message = camex_wg_queue_take(queue, &load);
	kfree(message);
	KUNIT_EXPECT_TRUE(test, load);
	camex_wg_queue_close(queue);
	KUNIT_EXPECT_EQ(test, put_from(test, queue, 1), CAMEX_A_STATS_QUEUE_FULL);
	KUNIT_EXPECT_EQ(test, queue->n, 0U);
}

/* --- the link goes up --- */

static void renew(struct camex_peer *peer)
{
	spin_lock_bh(&peer->cdev->lock);
	ops.renew(peer);
	spin_unlock_bh(&peer->cdev->lock);
}

/* What packets noted while the link went down asks for nothing when it is up again. */
static void session_renewed(struct kunit *test)
{
	struct camex_peer *peer = add_peer(test, "peer", 9);
	struct camex_wg_timers *timers = &own_of(peer)->timers;

	camex_wg_timers_sent(timers, true, jiffies);
	camex_wg_timers_received(timers, true, jiffies);
	camex_wg_timers_received(timers, true, jiffies);
	camex_wg_timers_sent(timers, true, jiffies);
	camex_wg_timers_received(timers, true, jiffies);
	KUNIT_EXPECT_TRUE(test, timers->owing.is && timers->owing_more);
	renew(peer);
	KUNIT_EXPECT_FALSE(test, timers->owing.is || timers->owing_more || timers->asked.is);

	/* The peer has begun a session since, which is erased one day. */
	camex_wg_timers_derived(timers, jiffies);
	camex_wg_timers_received(timers, true, jiffies);
	renew(peer);
	KUNIT_EXPECT_TRUE(test, timers->owing.is && timers->keys.is);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(session_turns),
	KUNIT_CASE(session_locates),
	KUNIT_CASE(session_of_another),
	KUNIT_CASE(session_window),
	KUNIT_CASE(session_ends),
	KUNIT_CASE(session_aes),
	KUNIT_CASE(queue_is_shared),
	KUNIT_CASE(session_renewed),
	{}
};

static struct kunit_suite suite = {
	.name = "camex_wg_session",
	.init = wg_init,
	.exit = wg_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
