// SPDX-License-Identifier: GPL-2.0-only
/* Keys, and the sessions under them. */
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>

#include "peer.h"
#include "test.h"

static const u8 keys[][CAMEX_KEY_LEN] = {
	{ 1 }, { 2 }, { [CAMEX_KEY_LEN - 1] = 0x80 },
};

#define KEYS	ARRAY_SIZE(keys)

static struct camex_key *key_of(struct camex_peer *peer)
{
	struct camex_key *key;

	rtnl_lock();
	key = rtnl_dereference(peer->key);
	rtnl_unlock();
	return key;
}

static struct camex_session_tx *tx_of(struct camex_peer *peer)
{
	struct camex_session_tx *tx;

	spin_lock_bh(&peer->cdev->lock);
	tx = rcu_dereference_protected(peer->tx, lockdep_is_held(&peer->cdev->lock));
	spin_unlock_bh(&peer->cdev->lock);
	return tx;
}

static struct camex_session_rx *open_session(struct camex_peer *peer,
					     struct camex_key *key, u32 prefix)
{
	struct camex_session_rx *rx;

	rcu_read_lock();
	local_bh_disable();
	rx = camex_peer_open_session(peer, key, prefix);
	local_bh_enable();
	rcu_read_unlock();
	return rx;
}

/* Is a session of this peer and direction in the table? */
static bool in_table(struct camex_peer *peer, u32 prefix, bool sends)
{
	struct rhlist_head *list, *pos;
	struct camex_session *at;
	bool found = false;

	rcu_read_lock();
	list = camex_session_bucket(peer->cdev, prefix);
	rhl_for_each_entry_rcu(at, pos, list, node)
		if (at->peer == peer && at->sends == sends && at->prefix == prefix)
			found = true;
	rcu_read_unlock();
	return found;
}

static bool is_ours(struct camex_peer *peer, const struct camex_key *key,
		    u32 prefix, u64 seq)
{
	bool ours;

	rcu_read_lock();
	ours = camex_session_is_ours(peer->cdev, key, prefix, seq);
	rcu_read_unlock();
	return ours;
}

/* --- keys --- */

static void key_get_dedupes(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct camex_key *got[KEYS][2];
	unsigned int i, j, full;

	rtnl_lock();
	for (i = 0; i < KEYS; i++)
		for (j = 0; j < 2; j++)
			got[i][j] = camex_key_get(cdev, keys[i]);
	full = atomic_read(&cdev->key_table.nelems);
	for (i = 0; i < KEYS; i++) {
		KUNIT_EXPECT_NOT_NULL(test, got[i][0]);
		KUNIT_EXPECT_PTR_EQ(test, got[i][0], got[i][1]);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, got[i][0], got[j][0]);
		KUNIT_EXPECT_EQ(test, 2, refcount_read(&got[i][0]->users));
	}
	KUNIT_EXPECT_EQ(test, full, KEYS);
	/* no peer has them */
	KUNIT_EXPECT_TRUE(test, list_empty(&cdev->keys));
	for (i = 0; i < KEYS; i++)
		for (j = 0; j < 2; j++)
			camex_key_unget(cdev, got[i][j]);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&cdev->key_table.nelems));
	rtnl_unlock();
}

/* One bit is enough to make another key. */
static void key_each_bit(struct kunit *test)
{
	const unsigned int bits = 8 * CAMEX_KEY_LEN;
	struct camex_dev *cdev = test->priv;
	u8 bytes[CAMEX_KEY_LEN] = {};
	struct camex_key **got;
	unsigned int i;

	got = kunit_kcalloc(test, bits + 1, sizeof(*got), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, got);
	rtnl_lock();
	got[bits] = camex_key_get(cdev, bytes);
	for (i = 0; i < bits; i++) {
		bytes[i / 8] ^= 1 << i % 8;
		got[i] = camex_key_get(cdev, bytes);
		bytes[i / 8] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_EQ(test, bits + 1, atomic_read(&cdev->key_table.nelems));
	for (i = 0; i <= bits; i++)
		if (got[i])
			camex_key_unget(cdev, got[i]);
	rtnl_unlock();
}

/* The device's entry for a key, as a new peer would get it. */
static struct camex_key *lookup_key(struct kunit *test, const u8 *bytes)
{
	struct camex_dev *cdev = test->priv;
	struct camex_key *key;

	rtnl_lock();
	key = camex_key_get(cdev, bytes);
	/* not camex_key_unget(): a key without a peer would go */
	if (key && !list_empty(&key->peers))
		refcount_dec(&key->users);
	else if (key)
		camex_key_unget(cdev, key);
	rtnl_unlock();
	return key;
}

static unsigned int length(const struct list_head *list)
{
	const struct list_head *at;
	unsigned int n = 0;

	list_for_each(at, list)
		n++;
	return n;
}

static void key_shared(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;
	struct camex_peer *peer;
	bool has_a = false, has_b = false;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	KUNIT_EXPECT_PTR_EQ(test, key_of(a), key_of(b));
	KUNIT_EXPECT_EQ(test, 1, length(&cdev->keys));
	rtnl_lock();
	list_for_each_entry(peer, &rtnl_dereference(a->key)->peers, key_node) {
		has_a |= peer == a;
		has_b |= peer == b;
	}
	rtnl_unlock();
	KUNIT_EXPECT_TRUE(test, has_a && has_b);

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[1]));
	KUNIT_EXPECT_EQ(test, 2, length(&cdev->keys));
	KUNIT_EXPECT_EQ(test, 1, length(&key_of(a)->peers));
	KUNIT_EXPECT_EQ(test, 1, length(&key_of(b)->peers));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, NULL));
	KUNIT_EXPECT_NULL(test, key_of(b));
	KUNIT_EXPECT_NULL(test, tx_of(b));
	KUNIT_EXPECT_EQ(test, 1, length(&cdev->keys));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&cdev->key_table.nelems));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, NULL));
	fake_peer_del(a);
	KUNIT_EXPECT_TRUE(test, list_empty(&cdev->keys));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&cdev->key_table.nelems));
}

/* The only peer of a key gets the same one once more; then another peer does. */
static void key_set_again(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;
	u32 prefix;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	prefix = tx_of(a)->base.prefix;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_NE(test, prefix, tx_of(a)->base.prefix);
	KUNIT_EXPECT_FALSE(test, in_table(a, prefix, true));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&cdev->key_table.nelems));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	KUNIT_EXPECT_PTR_EQ(test, key_of(a), key_of(b));
	KUNIT_EXPECT_EQ(test, 1, length(&cdev->keys));
}

static void key_random(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct camex_peer *peers[5];
	int has[5], i, k, op;
	struct rnd_state rnd;

	for (i = 0; i < 5; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%d", i);
		peers[i] = fake_peer(test, name);
		has[i] = -1;
	}
	prandom_seed_state(&rnd, 1);
	for (op = 0; op < 120; op++) {
		unsigned int distinct = 0;

		i = below(&rnd, 5);
		has[i] = (int)below(&rnd, KEYS + 1) - 1;
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(peers[i], has[i] < 0 ? NULL : keys[has[i]]));
		for (k = 0; k < KEYS; k++) {
			struct camex_key *key = NULL;
			unsigned int holders = 0;

			for (i = 0; i < 5; i++) {
				if (has[i] != k)
					continue;
				if (!holders++)
					key = key_of(peers[i]);
				KUNIT_EXPECT_PTR_EQ_MSG(test, key, key_of(peers[i]),
							"seed 1, op %d, key %d: two entries",
							op, k);
			}
			if (!holders)
				continue;
			distinct++;
			KUNIT_EXPECT_PTR_EQ_MSG(test, key, lookup_key(test, keys[k]),
						"seed 1, op %d, key %d: not in the table",
						op, k);
			KUNIT_EXPECT_EQ_MSG(test, holders, length(&key->peers),
					    "seed 1, op %d, key %d", op, k);
		}
		KUNIT_EXPECT_EQ_MSG(test, distinct, length(&cdev->keys), "seed 1, op %d", op);
		KUNIT_EXPECT_EQ_MSG(test, distinct, atomic_read(&cdev->key_table.nelems),
				    "seed 1, op %d", op);
		/* each peer with a key refers to it, and so does its session */
		rcu_barrier();
		for (i = 0; i < 5; i++)
			if (has[i] >= 0)
				KUNIT_EXPECT_EQ_MSG(test, 2 * length(&key_of(peers[i])->peers),
						    refcount_read(&key_of(peers[i])->users),
						    "seed 1, op %d", op);
		if (has_failed(test))
			return;
	}
}

/* --- sessions for sending --- */

static int compare_u32(const void *a, const void *b)
{
	return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

static void session_tx_unique(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_dev *cdev = test->priv;
	struct camex_session_tx *tx, **all;
	const unsigned int count = 2000;
	u64 last, before;
	unsigned int i;
	u32 *prefixes;

	all = kunit_kcalloc(test, count, sizeof(*all), GFP_KERNEL);
	prefixes = kunit_kcalloc(test, count + 1, sizeof(*prefixes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, all);
	KUNIT_ASSERT_NOT_NULL(test, prefixes);
	before = ktime_get_real_ns();
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	KUNIT_EXPECT_GE(test, tx->first, before);
	KUNIT_EXPECT_LE(test, tx->first, (u64)ktime_get_real_ns());
	last = tx->first;
	prefixes[count] = tx->base.prefix;
	for (i = 0; i < count; i++) {
		before = ktime_get_real_ns();
		spin_lock_bh(&cdev->lock);
		all[i] = camex_session_tx_new(a, tx->base.key);
		spin_unlock_bh(&cdev->lock);
		if (!all[i])
			break;
		prefixes[i] = all[i]->base.prefix;
		KUNIT_EXPECT_GT(test, all[i]->first, last);
		KUNIT_EXPECT_GE(test, all[i]->first, before);
		KUNIT_EXPECT_EQ(test, all[i]->first, (u64)atomic64_read(&all[i]->next));
		last = all[i]->first;
	}
	KUNIT_EXPECT_EQ(test, i, count);
	sort(prefixes, count + 1, sizeof(*prefixes), compare_u32, NULL);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_NE(test, prefixes[i], prefixes[i + 1]);
	for (i = 0; i < count && all[i]; i++) {
		spin_lock_bh(&cdev->lock);
		camex_session_close(cdev, &all[i]->base);
		spin_unlock_bh(&cdev->lock);
	}
}

/* The clock was set back: what was reached before counts. */
static void session_tx_clock(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;
	u64 ahead = ktime_get_real_ns() + 3600ULL * NSEC_PER_SEC;

	spin_lock_bh(&cdev->lock);
	cdev->last_start = ahead;
	spin_unlock_bh(&cdev->lock);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_GT(test, tx_of(a)->first, ahead);
	ahead = tx_of(a)->first;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	KUNIT_EXPECT_GT(test, tx_of(b)->first, ahead);
	ahead = tx_of(b)->first;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_GT(test, tx_of(a)->first, ahead);
}

static void session_tx_next(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_tx *tx;
	u64 seq, i;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_TRUE(test, camex_session_next(tx, &seq));
		KUNIT_EXPECT_EQ(test, seq, tx->first + i);
	}
	/* no renewal before its time */
	rcu_read_lock();
	camex_peer_renew_tx(a);
	rcu_read_unlock();
	KUNIT_EXPECT_PTR_EQ(test, tx, tx_of(a));

	atomic64_set(&tx->next, CAMEX_SEQ_LIMIT - 1);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, &seq));
	KUNIT_EXPECT_EQ(test, seq, CAMEX_SEQ_LIMIT - 1);
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, &seq));
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, &seq));
	i = tx->base.prefix;
	seq = tx->first;
	rcu_read_lock();
	camex_peer_renew_tx(a);
	rcu_read_unlock();
	KUNIT_EXPECT_PTR_NE(test, tx, tx_of(a));
	KUNIT_EXPECT_NE(test, i, (u64)tx_of(a)->base.prefix);
	KUNIT_EXPECT_GT(test, tx_of(a)->first, seq);
	KUNIT_EXPECT_LT(test, tx_of(a)->first, CAMEX_SEQ_LIMIT);
	KUNIT_EXPECT_FALSE(test, in_table(a, i, true));
	KUNIT_EXPECT_TRUE(test, in_table(a, tx_of(a)->base.prefix, true));
}

static void session_ours(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_peer *c = fake_peer(test, "c");
	struct camex_session_tx *tx;
	u32 prefix;
	u64 seq;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(c, keys[0]));
	tx = tx_of(a);
	prefix = tx->base.prefix;
	seq = tx->first;

	/* another key's session with the same prefix is something else */
	KUNIT_ASSERT_NOT_NULL(test, open_session(b, key_of(b), prefix));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq));
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, &seq));
	KUNIT_EXPECT_TRUE(test, is_ours(a, key_of(a), prefix, seq));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq + 1));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq - 1));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, 0));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, U64_MAX));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix ^ 1, seq));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(b), prefix, seq));
	/* whichever peer of the key it comes back from */
	KUNIT_EXPECT_TRUE(test, is_ours(c, key_of(c), prefix, seq));
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, &seq));
	KUNIT_EXPECT_TRUE(test, is_ours(a, key_of(a), prefix, seq));
	KUNIT_EXPECT_TRUE(test, is_ours(a, key_of(a), prefix, seq - 1));
}

/* --- sessions for receiving --- */

static void session_open(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_rx *rx, *other;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	rx = open_session(a, key_of(a), 77);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_EQ(test, rx->base.prefix, 77);
	KUNIT_EXPECT_FALSE(test, rx->base.sends);
	KUNIT_EXPECT_PTR_EQ(test, rx->base.peer, a);
	KUNIT_EXPECT_PTR_EQ(test, rx->base.key, key_of(a));
	KUNIT_EXPECT_FALSE(test, rx->window.started);
	KUNIT_EXPECT_TRUE(test, in_table(a, 77, false));
	/* another CPU was as fast */
	KUNIT_EXPECT_PTR_EQ(test, rx, open_session(a, key_of(a), 77));
	KUNIT_EXPECT_EQ(test, a->nsessions, 1);
	/* another peer has its own, in the same bucket */
	other = open_session(b, key_of(b), 77);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_PTR_NE(test, rx, other);
	KUNIT_EXPECT_TRUE(test, in_table(a, 77, false));
	KUNIT_EXPECT_TRUE(test, in_table(b, 77, false));
	fake_peer_del(b);
	KUNIT_EXPECT_TRUE(test, in_table(a, 77, false));
	KUNIT_EXPECT_FALSE(test, in_table(b, 77, false));
}

/* A key that was taken from the peer opens nothing, nor does a peer that is gone. */
static void session_open_refused(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_rx *rx;
	struct camex_key *key;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	KUNIT_EXPECT_NULL(test, open_session(a, key_of(b), 1));
	KUNIT_EXPECT_EQ(test, a->nsessions, 0);
	key = key_of(b);
	/* a receiver found both right before they went */
	rtnl_lock();
	rcu_read_lock();
	camex_peer_del(b);
	rx = camex_peer_open_session(b, key, 2);
	rcu_read_unlock();
	rtnl_unlock();
	KUNIT_EXPECT_NULL(test, rx);
}

static void session_fifth(struct kunit *test)
{
	struct camex_session_rx *rx[CAMEX_PEER_SESSIONS], *at;
	struct camex_peer *a = fake_peer(test, "a");
	unsigned int i, silent;
	u32 prefix = 1000;

	for (silent = 0; silent < CAMEX_PEER_SESSIONS; silent++) {
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
		for (i = 0; i < CAMEX_PEER_SESSIONS; i++) {
			rx[i] = open_session(a, key_of(a), ++prefix);
			KUNIT_ASSERT_NOT_NULL(test, rx[i]);
			KUNIT_EXPECT_EQ(test, a->nsessions, i + 1);
			rx[i]->heard = jiffies - (i == silent ? 100 : 10 + i) * HZ;
		}
		KUNIT_ASSERT_NOT_NULL(test, open_session(a, key_of(a), ++prefix));
		KUNIT_EXPECT_EQ(test, a->nsessions, CAMEX_PEER_SESSIONS);
		KUNIT_EXPECT_EQ(test, length(&a->sessions), CAMEX_PEER_SESSIONS);
		for (i = 0; i < CAMEX_PEER_SESSIONS; i++)
			KUNIT_EXPECT_EQ_MSG(test, i != silent,
					    in_table(a, prefix - CAMEX_PEER_SESSIONS + i, false),
					    "session %u, silent %u", i, silent);
		KUNIT_EXPECT_TRUE(test, in_table(a, prefix, false));
		/* the newest is first */
		at = list_first_entry(&a->sessions, struct camex_session_rx, peer_node);
		KUNIT_EXPECT_EQ(test, at->base.prefix, prefix);
	}
}

/* jiffies start shortly before they wrap, and no time of day is special. */
static void session_fifth_wraps(struct kunit *test)
{
	struct camex_session_rx *rx[CAMEX_PEER_SESSIONS];
	struct camex_peer *a = fake_peer(test, "a");
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	for (i = 0; i < CAMEX_PEER_SESSIONS; i++) {
		rx[i] = open_session(a, key_of(a), i);
		KUNIT_ASSERT_NOT_NULL(test, rx[i]);
		/* -2, -1, 0, 1: the first is the oldest */
		rx[i]->heard = (unsigned long)i - 2;
	}
	KUNIT_ASSERT_NOT_NULL(test, open_session(a, key_of(a), 99));
	KUNIT_EXPECT_FALSE(test, in_table(a, 0, false));
	for (i = 1; i < CAMEX_PEER_SESSIONS; i++)
		KUNIT_EXPECT_TRUE(test, in_table(a, i, false));
}

static void session_closed_with_key(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	unsigned int i, way;
	u32 prefix;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	KUNIT_ASSERT_NOT_NULL(test, open_session(b, key_of(b), 0));
	for (way = 0; way < 3; way++) {
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
		for (i = 0; i < 3; i++)
			KUNIT_ASSERT_NOT_NULL(test, open_session(a, key_of(a), i));
		prefix = tx_of(a)->base.prefix;
		/* the same key, another one, none */
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, way < 2 ? keys[way] : NULL));
		KUNIT_EXPECT_EQ(test, a->nsessions, 0);
		KUNIT_EXPECT_TRUE(test, list_empty(&a->sessions));
		KUNIT_EXPECT_FALSE(test, in_table(a, prefix, true));
		for (i = 0; i < 3; i++)
			KUNIT_EXPECT_FALSE(test, in_table(a, i, false));
		if (way < 2)
			KUNIT_EXPECT_NE(test, prefix, tx_of(a)->base.prefix);
		else
			KUNIT_EXPECT_NULL(test, tx_of(a));
	}
	KUNIT_EXPECT_TRUE(test, in_table(b, 0, false));
	KUNIT_EXPECT_TRUE(test, in_table(b, tx_of(b)->base.prefix, true));
}

/* What we send goes on under the same session when a peer is forgotten. */
static void session_forget(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_tx *tx;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	KUNIT_ASSERT_NOT_NULL(test, open_session(a, key_of(a), 5));
	rtnl_lock();
	camex_peer_forget(a);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, a->nsessions, 0);
	KUNIT_EXPECT_FALSE(test, in_table(a, 5, false));
	KUNIT_EXPECT_PTR_EQ(test, tx, tx_of(a));
	KUNIT_EXPECT_TRUE(test, in_table(a, tx->base.prefix, true));
}

static struct kunit_case session_cases[] = {
	KUNIT_CASE(key_get_dedupes),
	KUNIT_CASE(key_each_bit),
	KUNIT_CASE(key_shared),
	KUNIT_CASE(key_set_again),
	KUNIT_CASE(key_random),
	KUNIT_CASE(session_tx_unique),
	KUNIT_CASE(session_tx_clock),
	KUNIT_CASE(session_tx_next),
	KUNIT_CASE(session_ours),
	KUNIT_CASE(session_open),
	KUNIT_CASE(session_open_refused),
	KUNIT_CASE(session_fifth),
	KUNIT_CASE(session_fifth_wraps),
	KUNIT_CASE(session_closed_with_key),
	KUNIT_CASE(session_forget),
	{}
};

static struct kunit_suite session_suite = {
	.name = "camex_session",
	.init = fake_dev_init,
	.exit = fake_dev_exit,
	.test_cases = session_cases,
};

kunit_test_suite(session_suite);
