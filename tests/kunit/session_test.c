// SPDX-License-Identifier: GPL-2.0-only
/* Keys, and the sessions under them. */
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "protocol/sealed/session_rank.h"
#include "test.h"

static const u8 keys[][CAMEX_KEY_LEN] = {
	{ 1 }, { 2 }, { [CAMEX_KEY_LEN - 1] = 0x80 },
};

#define KEYS	ARRAY_SIZE(keys)

/* What the clock says, but for tests that set it. */
#define NOW	(CAMEX_CLOCK_MIN + 1000ULL * 3600 * NSEC_PER_SEC)

static struct camex_key *key_of(struct camex_peer *peer)
{
	struct camex_key *key;

	rtnl_lock();
	key = rtnl_dereference(camex_sealed_of(peer)->key);
	rtnl_unlock();
	return key;
}

static struct camex_session_rx *open_at(struct camex_peer *peer,
					struct camex_key *key, u32 prefix, u64 seq)
{
	struct camex_session_rx *rx;
	bool highest;
	int why;

	rcu_read_lock();
	local_bh_disable();
	rx = camex_session_rank_open(peer, key, prefix, seq, false, &why);
	if (rx && !camex_session_take(rx, &seq, 1, &highest))
		rx = NULL;
	local_bh_enable();
	rcu_read_unlock();
	return rx;
}

/* A session whose sequences start at 0 each time. */
static struct camex_session_rx *open_session(struct camex_peer *peer,
					     struct camex_key *key, u32 prefix)
{
	return open_at(peer, key, prefix, 0);
}

static bool take_highest(struct camex_session_rx *rx, u64 seq, bool *highest)
{
	bool taken;

	rcu_read_lock();
	local_bh_disable();
	taken = camex_session_take(rx, &seq, 1, highest);
	local_bh_enable();
	rcu_read_unlock();
	return taken;
}

static bool take(struct camex_session_rx *rx, u64 seq)
{
	bool highest;

	return take_highest(rx, seq, &highest);
}

static void retire(struct camex_session_rx *rx)
{
	spin_lock_bh(&rx->base.peer->cdev->lock);
	camex_session_retire(&rx->base);
	spin_unlock_bh(&rx->base.peer->cdev->lock);
}

static int renew(struct camex_peer *peer)
{
	int err;

	spin_lock_bh(&peer->cdev->lock);
	err = camex_peer_renew(peer);
	spin_unlock_bh(&peer->cdev->lock);
	return err;
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

/* Is a received session of this peer open, and not only remembered? */
static bool is_open(struct camex_peer *peer, u32 prefix)
{
	struct rhlist_head *list, *pos;
	struct camex_session *at;
	bool open = false;

	rcu_read_lock();
	list = camex_session_bucket(peer->cdev, prefix);
	rhl_for_each_entry_rcu(at, pos, list, node)
		if (at->peer == peer && !at->sends &&
		    rcu_access_pointer(container_of(at, struct camex_session_rx,
						    base)->receiver.window))
			open = true;
	rcu_read_unlock();
	return open;
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
	full = atomic_read(&camex_sealed_of_dev(cdev)->key_table.nelems);
	for (i = 0; i < KEYS; i++) {
		KUNIT_EXPECT_NOT_NULL(test, got[i][0]);
		KUNIT_EXPECT_PTR_EQ(test, got[i][0], got[i][1]);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, got[i][0], got[j][0]);
		KUNIT_EXPECT_EQ(test, 2, refcount_read(&got[i][0]->users));
	}
	KUNIT_EXPECT_EQ(test, full, KEYS);
	/* no peer has them */
	KUNIT_EXPECT_TRUE(test, list_empty(&camex_sealed_of_dev(cdev)->keys));
	for (i = 0; i < KEYS; i++)
		for (j = 0; j < 2; j++)
			camex_key_unget(cdev, got[i][j]);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&camex_sealed_of_dev(cdev)->key_table.nelems));
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
	KUNIT_EXPECT_EQ(test, bits + 1, atomic_read(&camex_sealed_of_dev(cdev)->key_table.nelems));
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
	struct camex_sealed_peer *own;
	bool has_a = false, has_b = false;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	KUNIT_EXPECT_PTR_EQ(test, key_of(a), key_of(b));
	KUNIT_EXPECT_EQ(test, 1, length(&camex_sealed_of_dev(cdev)->keys));
	rtnl_lock();
	list_for_each_entry(own, &rtnl_dereference(camex_sealed_of(a)->key)->peers, key_node) {
		has_a |= camex_peer_of_sealed(own) == a;
		has_b |= camex_peer_of_sealed(own) == b;
	}
	rtnl_unlock();
	KUNIT_EXPECT_TRUE(test, has_a && has_b);

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[1]));
	KUNIT_EXPECT_EQ(test, 2, length(&camex_sealed_of_dev(cdev)->keys));
	KUNIT_EXPECT_EQ(test, 1, length(&key_of(a)->peers));
	KUNIT_EXPECT_EQ(test, 1, length(&key_of(b)->peers));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, NULL));
	KUNIT_EXPECT_NULL(test, key_of(b));
	KUNIT_EXPECT_NULL(test, tx_of(b));
	KUNIT_EXPECT_EQ(test, 1, length(&camex_sealed_of_dev(cdev)->keys));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&camex_sealed_of_dev(cdev)->key_table.nelems));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, NULL));
	fake_peer_del(a);
	KUNIT_EXPECT_TRUE(test, list_empty(&camex_sealed_of_dev(cdev)->keys));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&camex_sealed_of_dev(cdev)->key_table.nelems));
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
	/* what was sent under the old session is still known as ours */
	KUNIT_EXPECT_TRUE(test, in_table(a, prefix, true));
	KUNIT_EXPECT_EQ(test, 1, camex_sealed_of(a)->closed[1].n);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&camex_sealed_of_dev(cdev)->key_table.nelems));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	KUNIT_EXPECT_PTR_EQ(test, key_of(a), key_of(b));
	KUNIT_EXPECT_EQ(test, 1, length(&camex_sealed_of_dev(cdev)->keys));
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
		struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);
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
		KUNIT_EXPECT_EQ_MSG(test, distinct, length(&own->keys), "seed 1, op %d", op);
		KUNIT_EXPECT_EQ_MSG(test, distinct, atomic_read(&own->key_table.nelems),
				    "seed 1, op %d", op);
		/* each peer with a key refers to it, and so do its sessions */
		rcu_barrier();
		for (i = 0; i < 5; i++) {
			struct camex_key *key = key_of(peers[i]);
			unsigned int users = 0;

			for (k = 0; key && k < 5; k++)
				if (has[k] == has[i])
					users += 2 + camex_sealed_of(peers[k])->closed[1].n;
			if (key)
				KUNIT_EXPECT_EQ_MSG(test, users, refcount_read(&key->users),
						    "seed 1, op %d", op);
			KUNIT_EXPECT_EQ_MSG(test, camex_sealed_of(peers[i])->closed[1].n,
					    length(&camex_sealed_of(peers[i])->closed[1].list),
					    "seed 1, op %d", op);
		}
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
	unsigned int i;
	u32 *prefixes;
	u64 last;

	all = kunit_kcalloc(test, count, sizeof(*all), GFP_KERNEL);
	prefixes = kunit_kcalloc(test, count + 1, sizeof(*prefixes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, all);
	KUNIT_ASSERT_NOT_NULL(test, prefixes);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	KUNIT_EXPECT_EQ(test, tx->base.first, NOW);
	last = tx->base.first;
	prefixes[count] = tx->base.prefix;
	for (i = 0; i < count; i++) {
		/* it goes on for every other one */
		camex_test_clock += i % 2 * 1000;
		spin_lock_bh(&cdev->lock);
		all[i] = camex_session_tx_new(a, tx->base.key);
		spin_unlock_bh(&cdev->lock);
		if (!all[i])
			break;
		prefixes[i] = all[i]->base.prefix;
		KUNIT_EXPECT_GT(test, all[i]->base.first, last);
		KUNIT_EXPECT_GE(test, all[i]->base.first, camex_test_clock);
		KUNIT_EXPECT_EQ(test, all[i]->base.first,
				(u64)atomic64_read(&all[i]->next));
		last = all[i]->base.first;
	}
	KUNIT_EXPECT_EQ(test, i, count);
	sort(prefixes, count + 1, sizeof(*prefixes), compare_u32, NULL);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_NE(test, prefixes[i], prefixes[i + 1]);
	for (i = 0; i < count && all[i]; i++) {
		spin_lock_bh(&cdev->lock);
		camex_session_forget(&all[i]->base);
		spin_unlock_bh(&cdev->lock);
	}
}

/* The clock itself: what is before this module's release is not set. */
static void session_clock(struct kunit *test)
{
	camex_test_clock = CAMEX_CLOCK_MIN - 1;
	KUNIT_EXPECT_EQ(test, 0, camex_session_clock());
	camex_test_clock = 1;
	KUNIT_EXPECT_EQ(test, 0, camex_session_clock());
	camex_test_clock = CAMEX_CLOCK_MIN;
	KUNIT_EXPECT_EQ(test, CAMEX_CLOCK_MIN, camex_session_clock());
	camex_test_clock = U64_MAX;
	KUNIT_EXPECT_EQ(test, 0, camex_session_clock());
	KUNIT_EXPECT_GT(test, CAMEX_CLOCK_MIN, CAMEX_SEQ_CLOCK);
}

/* The clock was set back: what was reached before counts. */
static void session_tx_clock(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;
	u64 ahead = NOW + 3600ULL * NSEC_PER_SEC;

	spin_lock_bh(&cdev->lock);
	camex_sealed_of_dev(cdev)->last_start = ahead;
	spin_unlock_bh(&cdev->lock);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_GT(test, tx_of(a)->base.first, ahead);
	ahead = tx_of(a)->base.first;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	KUNIT_EXPECT_GT(test, tx_of(b)->base.first, ahead);
	ahead = tx_of(b)->base.first;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_EXPECT_GT(test, tx_of(a)->base.first, ahead);
}

/* Send some, and return where that ends. */
static u64 send(struct camex_peer *peer, unsigned int n)
{
	struct camex_session_tx *tx = tx_of(peer);
	u64 seq = tx->base.first;

	while (n-- && camex_session_next(tx, 1, &seq))
		;
	return seq + 1;
}

/*
 * What was sent counts as well as where it started: the far end refuses what
 * begins below it.
 */
static void session_tx_reached(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	u64 end;
	int way;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	for (way = 0; way < 6; way++) {
		end = send(a, 1000);
		if (way % 2)
			camex_test_clock -= 3600ULL * NSEC_PER_SEC;
		switch (way / 2) {
		case 0:
			KUNIT_ASSERT_EQ(test, 0, renew(a));
			break;
		case 1:
			KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
			break;
		case 2:
			fake_peer_del(a);
			a = fake_peer(test, "a");
			KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
		}
		KUNIT_EXPECT_GE_MSG(test, tx_of(a)->base.first, end, "way %d", way);
	}
}

static void session_tx_no_clock(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	u64 first, end;
	int i;

	for (i = 0; i < 100; i++) {
		struct camex_dev *cdev = test->priv;

		camex_sealed_of_dev(cdev)->last_start = 0;
		camex_test_clock = i % 2 ? 1 : CAMEX_CLOCK_MIN - 1;
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
		first = tx_of(a)->base.first;
		KUNIT_EXPECT_GE(test, first, CAMEX_SEQ_RANDOM);
		KUNIT_EXPECT_LT(test, first, CAMEX_SEQ_CLOCK);
	}
	/* once it is set it is what counts, even if it is unset again */
	camex_test_clock = NOW;
	KUNIT_ASSERT_EQ(test, 0, renew(a));
	KUNIT_EXPECT_EQ(test, tx_of(a)->base.first, NOW);
	end = send(a, 10);
	camex_test_clock = 1;
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, renew(a));
		KUNIT_EXPECT_GE(test, tx_of(a)->base.first, end);
		end = send(a, 10);
	}
}

/* What a virtual machine's snapshot holds is not used twice. */
static void session_tx_copied(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_tx *tx;
	u64 seq, end;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	end = send(a, 10);
	camex_peers_use_up(a->cdev, S64_MAX);
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, 1, &seq));
	renew_used(a);
	KUNIT_EXPECT_PTR_NE(test, tx, tx_of(a));
	KUNIT_EXPECT_GE(test, tx_of(a)->base.first, end);
	KUNIT_EXPECT_LT(test, tx_of(a)->base.first, CAMEX_SEQ_LIMIT / 2);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx_of(a), 1, &seq));
	KUNIT_EXPECT_PTR_EQ(test, NULL, tx_of(b));
}

static void session_tx_next(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_tx *tx;
	u64 seq, i;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	tx = tx_of(a);
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
		KUNIT_EXPECT_EQ(test, seq, tx->base.first + i);
	}
	/* no renewal before its time */
	renew_used(a);
	KUNIT_EXPECT_PTR_EQ(test, tx, tx_of(a));

	atomic64_set(&tx->next, CAMEX_SEQ_LIMIT - 1);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_EQ(test, seq, CAMEX_SEQ_LIMIT - 1);
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, 1, &seq));
	i = tx->base.prefix;
	seq = tx->base.first;
	renew_used(a);
	KUNIT_EXPECT_PTR_NE(test, tx, tx_of(a));
	KUNIT_EXPECT_NE(test, i, (u64)tx_of(a)->base.prefix);
	KUNIT_EXPECT_GT(test, tx_of(a)->base.first, seq);
	KUNIT_EXPECT_LT(test, tx_of(a)->base.first, CAMEX_SEQ_LIMIT);
	KUNIT_EXPECT_TRUE(test, in_table(a, i, true));
	KUNIT_EXPECT_TRUE(test, in_table(a, tx_of(a)->base.prefix, true));
	/* and there is more to come after that one */
	KUNIT_ASSERT_EQ(test, 0, renew(a));
	KUNIT_EXPECT_LT(test, tx_of(a)->base.first, CAMEX_SEQ_LIMIT);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx_of(a), 1, &seq));
}

/*
 * No nonce repeats: prefixes are so few that each is drawn again and again, and
 * the clock stands still, or steps back, or is not set.
 */
static void session_tx_nonces(struct kunit *test)
{
	struct camex_peer *peers[2] = { fake_peer(test, "a"), fake_peer(test, "b") };
	/* each takes a millisecond in an emulated guest */
	const unsigned int count = camex_test_long ? 100000 : 10000, mask = 0x3ff;
	unsigned int i, j, used = 0, again = 0;
	struct rnd_state rnd;
	u64 *end;

	/* above the highest sequence under each prefix */
	end = kunit_kcalloc(test, mask + 1, sizeof(*end), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, end);
	camex_test_prefixes = mask;
	prandom_seed_state(&rnd, 1);
	/* one key for both: what differs is only what keeps them apart */
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(peers[i], keys[0]));
	for (i = 0; i < count; i++) {
		struct camex_peer *peer = peers[below(&rnd, 2)];
		struct camex_session_tx *tx;
		u64 seq;

		switch (below(&rnd, 200)) {
		case 0:
			camex_test_clock = NOW - random64(&rnd) % NOW;
			break;
		case 1:
			camex_test_clock = NOW + below(&rnd, NSEC_PER_SEC);
			break;
		case 2:
			camex_test_clock += below(&rnd, 100);
			break;
		case 3:
			camex_test_clock = 1;
		}
		if (renew(peer)) {
			KUNIT_FAIL(test, "no memory");
			return;
		}
		tx = tx_of(peer);
		if (tx->base.prefix > mask || tx->base.first < end[tx->base.prefix]) {
			KUNIT_FAIL(test, "session %u: prefix %#x starts at %llu, was at %llu",
				   i, tx->base.prefix, tx->base.first,
				   end[tx->base.prefix & mask]);
			return;
		}
		again += !!end[tx->base.prefix];
		for (j = below(&rnd, 8); j; j--) {
			if (!camex_session_next(tx, 1, &seq)) {
				KUNIT_FAIL(test, "session %u is used up", i);
				return;
			}
			end[tx->base.prefix] = seq + 1;
			used++;
		}
		if (i % 512 == 0)
			cond_resched();
	}
	kunit_info(test, "%u sequences, %u sessions with a prefix used before",
		   used, again);
	KUNIT_EXPECT_GT(test, again, count / 2);
	KUNIT_EXPECT_EQ(test, CAMEX_SESSIONS_CLOSED, camex_sealed_of(peers[0])->closed[1].n);
	KUNIT_EXPECT_EQ(test, CAMEX_SESSIONS_CLOSED, camex_sealed_of(peers[1])->closed[1].n);
}

static void session_ours(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_peer *c = fake_peer(test, "c");
	struct camex_session_tx *tx;
	unsigned int i;
	u32 prefix;
	u64 seq;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(c, keys[0]));
	tx = tx_of(a);
	prefix = tx->base.prefix;
	seq = tx->base.first;

	/* another key's session with the same prefix is something else */
	KUNIT_ASSERT_NOT_NULL(test, open_session(b, key_of(b), prefix));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq));
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_TRUE(test, is_ours(a, key_of(a), prefix, seq));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq + 1));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq - 1));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, 0));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, U64_MAX));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix ^ 1, seq));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(b), prefix, seq));
	/* whichever peer of the key it comes back from */
	KUNIT_EXPECT_TRUE(test, is_ours(c, key_of(c), prefix, seq));
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_TRUE(test, is_ours(a, key_of(a), prefix, seq));
	KUNIT_EXPECT_TRUE(test, is_ours(a, key_of(a), prefix, seq - 1));

	/* nor is it forgotten at once when another session follows */
	for (i = 0; i < CAMEX_SESSIONS_CLOSED; i++) {
		KUNIT_ASSERT_EQ(test, 0, renew(a));
		KUNIT_EXPECT_TRUE(test, is_ours(a, key_of(a), prefix, seq));
		KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq + 1));
	}
	KUNIT_ASSERT_EQ(test, 0, renew(a));
	KUNIT_EXPECT_FALSE(test, in_table(a, prefix, true));
	KUNIT_EXPECT_FALSE(test, is_ours(a, key_of(a), prefix, seq));
}

/* --- sessions for receiving --- */

static void session_open(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_rx *rx, *other;
	bool highest;
	int why;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	rcu_read_lock();
	local_bh_disable();
	rx = camex_session_rank_open(a, key_bh(a), 77, 5, true, &why);
	local_bh_enable();
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_EQ(test, rx->base.prefix, 77);
	KUNIT_EXPECT_EQ(test, rx->base.first, 5);
	KUNIT_EXPECT_FALSE(test, rx->base.sends);
	KUNIT_EXPECT_PTR_EQ(test, rx->base.peer, a);
	KUNIT_EXPECT_PTR_EQ(test, rx->base.key, key_of(a));
	KUNIT_EXPECT_TRUE(test, is_open(a, 77));
	/* nothing was taken yet */
	KUNIT_EXPECT_TRUE(test, take_highest(rx, 5, &highest));
	KUNIT_EXPECT_TRUE(test, highest);
	KUNIT_EXPECT_TRUE(test, take_highest(rx, 4, &highest));
	KUNIT_EXPECT_FALSE(test, highest);
	KUNIT_EXPECT_FALSE(test, take(rx, 5));
	/* another CPU was as fast */
	KUNIT_EXPECT_PTR_EQ(test, rx, open_at(a, key_of(a), 77, 6));
	KUNIT_EXPECT_EQ(test, rx->base.first, 5);
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, 1);
	/* another peer has its own under another key, in the same bucket */
	other = open_session(b, key_of(b), 77);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_PTR_NE(test, rx, other);
	KUNIT_EXPECT_TRUE(test, is_open(a, 77));
	KUNIT_EXPECT_TRUE(test, is_open(b, 77));
	fake_peer_del(b);
	KUNIT_EXPECT_TRUE(test, is_open(a, 77));
	KUNIT_EXPECT_FALSE(test, in_table(b, 77, false));
}

/* What one peer has taken under a key is not taken from another one. */
static void session_open_shared(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_rx *rx;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	rx = open_at(a, key_of(a), 77, 5);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_NULL(test, open_at(b, key_of(b), 77, 5));
	KUNIT_EXPECT_PTR_EQ(test, rx, open_at(b, key_of(b), 77, 6));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(b)->nopen, 0);
	retire(rx);
	KUNIT_EXPECT_NULL(test, open_at(b, key_of(b), 77, 5));
	KUNIT_EXPECT_NULL(test, open_at(b, key_of(b), 77, 6));
	rx = open_at(b, key_of(b), 77, 10);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_PTR_EQ(test, rx->base.peer, b);
	KUNIT_EXPECT_FALSE(test, take(rx, 6));
	KUNIT_EXPECT_TRUE(test, take(rx, 7));
	/* the furthest that any of them got is what counts */
	retire(rx);
	KUNIT_EXPECT_NULL(test, open_at(a, key_of(a), 77, 10));
	rx = open_at(a, key_of(a), 77, 11);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_FALSE(test, take(rx, 9));
	KUNIT_EXPECT_FALSE(test, take(rx, 10));
}

/* A key that was taken from the peer opens nothing, nor does a peer that is gone. */
static void session_open_refused(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_rx *rx;
	struct camex_key *key;
	int why = 0;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[1]));
	KUNIT_EXPECT_NULL(test, open_session(a, key_of(b), 1));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, 0);
	key = key_of(b);
	/* a receiver found both right before they went */
	rtnl_lock();
	rcu_read_lock();
	camex_peer_del(b);
	local_bh_disable();
	rx = camex_session_rank_open(b, key, 2, 0, false, &why);
	local_bh_enable();
	rcu_read_unlock();
	rtnl_unlock();
	KUNIT_EXPECT_NULL(test, rx);
	KUNIT_EXPECT_EQ(test, why, CAMEX_A_STATS_UNKNOWN_PEER);
}

static void session_fifth(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_rx *rx[CAMEX_SESSIONS_OPEN], *at;
	unsigned int i, silent;
	u32 prefix = 1000;

	for (silent = 0; silent < CAMEX_SESSIONS_OPEN; silent++) {
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[silent % 2]));
		for (i = 0; i < CAMEX_SESSIONS_OPEN; i++) {
			rx[i] = open_session(a, key_of(a), ++prefix);
			KUNIT_ASSERT_NOT_NULL(test, rx[i]);
			KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, i + 1);
			rx[i]->heard = jiffies - (i == silent ? 100 : 10 + i) * HZ;
		}
		KUNIT_ASSERT_NOT_NULL(test, open_session(a, key_of(a), ++prefix));
		KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, CAMEX_SESSIONS_OPEN);
		KUNIT_EXPECT_EQ(test, length(&camex_sealed_of(a)->open), CAMEX_SESSIONS_OPEN);
		for (i = 0; i < CAMEX_SESSIONS_OPEN; i++) {
			KUNIT_EXPECT_EQ_MSG(test, i != silent,
					    is_open(a, prefix - CAMEX_SESSIONS_OPEN + i),
					    "session %u, silent %u", i, silent);
			KUNIT_EXPECT_TRUE(test, in_table(a, prefix - CAMEX_SESSIONS_OPEN + i,
							 false));
		}
		KUNIT_EXPECT_FALSE(test, take(rx[silent], 1));
		KUNIT_EXPECT_TRUE(test, take(rx[(silent + 1) % CAMEX_SESSIONS_OPEN], 1));
		KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[0].n, 1);
		KUNIT_EXPECT_EQ(test, length(&camex_sealed_of(a)->closed[0].list), 1);
		KUNIT_EXPECT_TRUE(test, is_open(a, prefix));
		/* the newest is last */
		at = list_last_entry(&camex_sealed_of(a)->open, struct camex_session_rx,
				     base.peer_node);
		KUNIT_EXPECT_EQ(test, at->base.prefix, prefix);
	}
}

/* jiffies start shortly before they wrap, and no time of day is special. */
static void session_fifth_wraps(struct kunit *test)
{
	struct camex_session_rx *rx[CAMEX_SESSIONS_OPEN];
	struct camex_peer *a = fake_peer(test, "a");
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	for (i = 0; i < CAMEX_SESSIONS_OPEN; i++) {
		rx[i] = open_session(a, key_of(a), i);
		KUNIT_ASSERT_NOT_NULL(test, rx[i]);
		/* -2, -1, 0, 1: the first is the oldest */
		rx[i]->heard = (unsigned long)i - 2;
	}
	KUNIT_ASSERT_NOT_NULL(test, open_session(a, key_of(a), 99));
	KUNIT_EXPECT_FALSE(test, is_open(a, 0));
	for (i = 1; i < CAMEX_SESSIONS_OPEN; i++)
		KUNIT_EXPECT_TRUE(test, is_open(a, i));
}

/* What was closed opens again, but only above what it had reached. */
static void session_closed(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_rx *rx;
	u64 seq;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	rx = open_at(a, key_of(a), 5, 1000);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_TRUE(test, take(rx, 2000));
	spin_lock_bh(&a->cdev->lock);
	KUNIT_EXPECT_EQ(test, 2000, camex_session_top(rx));
	spin_unlock_bh(&a->cdev->lock);
	retire(rx);
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, 0);
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[0].n, 1);
	KUNIT_EXPECT_FALSE(test, is_open(a, 5));
	KUNIT_EXPECT_TRUE(test, in_table(a, 5, false));
	KUNIT_EXPECT_FALSE(test, take(rx, 2001));
	spin_lock_bh(&a->cdev->lock);
	KUNIT_EXPECT_EQ(test, 2000, camex_session_top(rx));
	spin_unlock_bh(&a->cdev->lock);

	/* also what was never taken, and what the window would still have room for */
	for (seq = 1990; seq <= 2000; seq++)
		KUNIT_EXPECT_NULL(test, open_at(a, key_of(a), 5, seq));
	KUNIT_EXPECT_NULL(test, open_at(a, key_of(a), 5, 0));
	KUNIT_EXPECT_PTR_EQ(test, rx, open_at(a, key_of(a), 5, 2010));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, 1);
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[0].n, 0);
	KUNIT_EXPECT_EQ(test, length(&camex_sealed_of(a)->closed[0].list), 0);
	for (seq = 0; seq <= 2000; seq++)
		if (take(rx, seq))
			KUNIT_FAIL(test, "%llu is taken", seq);
	for (seq = 2001; seq < 2010; seq++)
		KUNIT_EXPECT_TRUE(test, take(rx, seq));
	KUNIT_EXPECT_FALSE(test, take(rx, 2010));
	KUNIT_EXPECT_TRUE(test, take(rx, 2011));
}

/* Sixty-four are remembered, and the one that closed first is forgotten. */
static void session_closed_many(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	const struct camex_closed *closed;
	struct camex_session_rx *rx;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	for (i = 0; i < CAMEX_SESSIONS_CLOSED + 2; i++) {
		rx = open_at(a, key_of(a), i, 100);
		KUNIT_ASSERT_NOT_NULL(test, rx);
		if (i == 3) {	/* this one closes late */
			retire(rx);
			rx = open_at(a, key_of(a), 0, 101);
			KUNIT_ASSERT_NOT_NULL(test, rx);
		}
		retire(rx);
		closed = &camex_sealed_of(a)->closed[0];
		KUNIT_EXPECT_EQ(test, closed->n, min(i + 1, CAMEX_SESSIONS_CLOSED));
		KUNIT_EXPECT_EQ(test, length(&closed->list), closed->n);
	}
	for (i = 0; i < CAMEX_SESSIONS_CLOSED + 2; i++) {
		KUNIT_EXPECT_EQ_MSG(test, i != 1 && i != 2, in_table(a, i, false),
				    "session %u", i);
		if (in_table(a, i, false))
			KUNIT_EXPECT_NULL(test, open_at(a, key_of(a), i, i ? 100 : 101));
	}
	/* what is forgotten starts anew */
	KUNIT_EXPECT_NOT_NULL(test, open_at(a, key_of(a), 1, 50));
}

/* The same key set again closes nothing of what is received; another one forgets. */
static void session_closed_with_key(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_session_rx *rx[3];
	unsigned int i, way;
	u32 prefix;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(b, keys[0]));
	KUNIT_ASSERT_NOT_NULL(test, open_session(b, key_of(b), 9));
	for (way = 0; way < 3; way++) {
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, NULL));
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
		for (i = 0; i < 3; i++) {
			rx[i] = open_session(a, key_of(a), i);
			KUNIT_ASSERT_NOT_NULL(test, rx[i]);
		}
		retire(rx[2]);
		prefix = tx_of(a)->base.prefix;
		/* the same key, another one, none */
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, way < 2 ? keys[way] : NULL));
		KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, way ? 0 : 2);
		KUNIT_EXPECT_EQ(test, length(&camex_sealed_of(a)->open), way ? 0 : 2);
		KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[0].n, way ? 0 : 1);
		KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[1].n, way ? 0 : 1);
		KUNIT_EXPECT_EQ(test, in_table(a, prefix, true), !way);
		for (i = 0; i < 3; i++) {
			KUNIT_EXPECT_EQ(test, is_open(a, i), !way && i < 2);
			KUNIT_EXPECT_EQ(test, in_table(a, i, false), !way);
			if (!way)
				KUNIT_EXPECT_EQ(test, take(rx[i], 1), i < 2);
		}
		if (way < 2)
			KUNIT_EXPECT_NE(test, prefix, tx_of(a)->base.prefix);
		else
			KUNIT_EXPECT_NULL(test, tx_of(a));
	}
	KUNIT_EXPECT_TRUE(test, is_open(b, 9));
	KUNIT_EXPECT_TRUE(test, in_table(b, tx_of(b)->base.prefix, true));
}

/* What we send goes on under the same session when a peer is forgotten. */
static void session_forget(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_session_rx *rx;
	struct camex_session_tx *tx;
	u32 prefix;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, keys[0]));
	prefix = tx_of(a)->base.prefix;
	KUNIT_ASSERT_EQ(test, 0, renew(a));
	tx = tx_of(a);
	rx = open_session(a, key_of(a), 4);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	retire(rx);
	KUNIT_ASSERT_NOT_NULL(test, open_session(a, key_of(a), 5));
	rtnl_lock();
	camex_peer_forget(a);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->nopen, 0);
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[0].n, 0);
	KUNIT_EXPECT_FALSE(test, in_table(a, 4, false));
	KUNIT_EXPECT_FALSE(test, in_table(a, 5, false));
	KUNIT_EXPECT_PTR_EQ(test, tx, tx_of(a));
	KUNIT_EXPECT_TRUE(test, in_table(a, tx->base.prefix, true));
	/* nor is what we have sent before */
	KUNIT_EXPECT_TRUE(test, in_table(a, prefix, true));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[1].n, 1);
	KUNIT_EXPECT_NOT_NULL(test, open_session(a, key_of(a), 5));
}

static int session_init(struct kunit *test)
{
	camex_test_clock = NOW;
	return fake_dev_init(test);
}

static void session_exit(struct kunit *test)
{
	fake_dev_exit(test);
	camex_test_clock = 0;
	camex_test_prefixes = U32_MAX;
}

static struct kunit_case session_cases[] = {
	KUNIT_CASE(key_get_dedupes),
	KUNIT_CASE(key_each_bit),
	KUNIT_CASE(key_shared),
	KUNIT_CASE(key_set_again),
	KUNIT_CASE(key_random),
	KUNIT_CASE(session_clock),
	KUNIT_CASE(session_tx_unique),
	KUNIT_CASE(session_tx_clock),
	KUNIT_CASE(session_tx_reached),
	KUNIT_CASE(session_tx_no_clock),
	KUNIT_CASE(session_tx_copied),
	KUNIT_CASE(session_tx_next),
	KUNIT_CASE(session_tx_nonces),
	KUNIT_CASE(session_ours),
	KUNIT_CASE(session_open),
	KUNIT_CASE(session_open_shared),
	KUNIT_CASE(session_open_refused),
	KUNIT_CASE(session_fifth),
	KUNIT_CASE(session_fifth_wraps),
	KUNIT_CASE(session_closed),
	KUNIT_CASE(session_closed_many),
	KUNIT_CASE(session_closed_with_key),
	KUNIT_CASE(session_forget),
	{}
};

static struct kunit_suite session_suite = {
	.name = "camex_session",
	.init = session_init,
	.exit = session_exit,
	.test_cases = session_cases,
};

kunit_test_suite(session_suite);
