// SPDX-License-Identifier: GPL-2.0-only
/* The wall clock steps: which sessions for sending go on, where, and which are replaced. */
#include <linux/rtnetlink.h>

#include "core/clock.h"
#include "protocol/sealed/catch_up.h"
#include "protocol/sealed/session_rank.h"
#include "test.h"

#define NOW		(CAMEX_CLOCK_MIN + 1000ULL * 3600 * NSEC_PER_SEC)
#define LATER(s)	(NOW + (s) * (s64)NSEC_PER_SEC)

static const u8 key[CAMEX_KEY_LEN] = { 1 };

/* The session that a far end has for a prefix from then on, or NULL. */
static struct camex_session_rx *opened(struct camex_peer *far, u32 prefix, u64 seq)
{
	struct camex_session_rx *rx;
	int why;

	rcu_read_lock();
	local_bh_disable();
	rx = camex_session_rank_open(far, key_bh(far), prefix, seq, true, &why);
	local_bh_enable();
	rcu_read_unlock();
	return rx;
}

/* What the session takes of one datagram: 1 or 0. */
static u64 taken(struct camex_session_rx *rx, u64 seq)
{
	bool highest;
	u64 fresh;

	rcu_read_lock();
	local_bh_disable();
	fresh = camex_session_take(rx, &seq, 1, &highest);
	local_bh_enable();
	rcu_read_unlock();
	return fresh;
}

/* What the watch does when it has seen a step. */
static void use_up_behind(struct kunit *test)
{
	rtnl_lock();
	camex_peers_use_up(test->priv, camex_clock_offset() - NSEC_PER_SEC);
	rtnl_unlock();
}

static void clock_steps_forward(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *none = fake_peer(test, "none");
	struct camex_session_tx *tx;
	u64 seq;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, key));
	tx = tx_of(a);
	use_up_behind(test);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_EQ(test, seq, NOW);
	camex_test_clock = LATER(-600);
	use_up_behind(test);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	camex_test_clock = LATER(600);
	WRITE_ONCE(a->live.unheard, false);
	use_up_behind(test);
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, 1, &seq));
	/* the next packet is introduced */
	KUNIT_EXPECT_TRUE(test, a->live.unheard);
	KUNIT_EXPECT_FALSE(test, a->live.introduced);
	renew_used(a);
	KUNIT_EXPECT_PTR_NE(test, tx, tx_of(a));
	KUNIT_EXPECT_EQ(test, tx_of(a)->base.first, LATER(600));
	/* once */
	tx = tx_of(a);
	use_up_behind(test);
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_PTR_EQ(test, NULL, tx_of(none));
}

/* A session that is refused goes on at the clock, under its own prefix, and is taken. */
static void clock_is_caught_up_with(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *far = fake_peer(test, "far");
	struct camex_session_tx *tx;
	struct camex_session_rx *rx;
	u32 prefix;
	u64 seq;

	/* what the far end has reached */
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(far, key));
	rx = opened(far, 1, LATER(0));
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_ASSERT_EQ(test, 1, taken(rx, LATER(0)));
	camex_test_clock = LATER(-5);
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, key));
	camex_sealed_of_dev(a->cdev)->last_start = LATER(-5);
	tx = tx_of(a);
	prefix = tx->base.prefix;
	atomic64_set(&tx->next, LATER(-5));
	KUNIT_ASSERT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_EQ(test, seq, LATER(-5));
	KUNIT_EXPECT_NULL(test, opened(far, prefix, seq));
	KUNIT_EXPECT_TRUE(test, camex_sealed_of(far)->refused);
	/* never back, and not while the clock is unset */
	camex_test_clock = LATER(-600);
	camex_session_catch_up(tx);
	camex_test_clock = 1;
	camex_session_catch_up(tx);
	KUNIT_ASSERT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_EQ(test, seq, LATER(-5) + 1);
	camex_test_clock = LATER(1);
	camex_session_catch_up(tx);
	KUNIT_ASSERT_TRUE(test, camex_session_next(tx, 1, &seq));
	KUNIT_EXPECT_EQ(test, seq, LATER(1));
	KUNIT_EXPECT_PTR_EQ(test, tx, tx_of(a));
	KUNIT_EXPECT_EQ(test, camex_sealed_of(a)->closed[1].n, 0);
	rx = opened(far, prefix, seq);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_EQ(test, rx->base.first, LATER(1));
	KUNIT_EXPECT_FALSE(test, camex_sealed_of(far)->refused);
	/* what is used up stays so */
	camex_session_use_up(tx);
	camex_test_clock = LATER(10);
	camex_session_catch_up(tx);
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, 1, &seq));
}

/* Without a clock there is nothing to catch up with: such a session is replaced. */
static void clock_is_not_set(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	u64 seq;

	camex_test_clock = 1;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, key));
	camex_test_clock = NOW;
	camex_session_catch_up(tx_of(a));
	KUNIT_ASSERT_TRUE(test, camex_session_next(tx_of(a), 1, &seq));
	KUNIT_EXPECT_EQ(test, seq, tx_of(a)->base.first);
	KUNIT_EXPECT_LT(test, seq, CAMEX_SEQ_CLOCK);
	use_up_behind(test);
	renew_used(a);
	KUNIT_EXPECT_EQ(test, tx_of(a)->base.first, NOW);
}

/* While the machine hibernates nothing is sealed and nothing is taken, whatever begins. */
static void clock_pauses(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *far = fake_peer(test, "far");
	struct camex_session_tx *tx;
	struct camex_session_rx *rx;
	u64 seq;

	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, key));
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(far, key));
	rx = opened(far, 1, 10);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	camex_clock_pause(true);
	rtnl_lock();
	camex_peers_use_up(test->priv, S64_MAX);
	camex_sessions_pause(test->priv, true);
	rtnl_unlock();
	tx = tx_of(a);
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx, 1, &seq));
	renew_used(a);
	KUNIT_EXPECT_PTR_EQ(test, tx, tx_of(a));
	KUNIT_EXPECT_EQ(test, 0, fake_set_key(a, key));
	KUNIT_EXPECT_PTR_NE(test, tx, tx_of(a));
	KUNIT_EXPECT_FALSE(test, camex_session_next(tx_of(a), 1, &seq));
	KUNIT_EXPECT_EQ(test, 0, taken(rx, 11));
	KUNIT_EXPECT_NULL(test, opened(far, 2, 10));

	camex_clock_pause(false);
	rtnl_lock();
	camex_sessions_pause(test->priv, false);
	rtnl_unlock();
	tx = tx_of(a);
	renew_used(a);
	KUNIT_EXPECT_PTR_NE(test, tx, tx_of(a));
	KUNIT_EXPECT_TRUE(test, camex_session_next(tx_of(a), 1, &seq));
	KUNIT_EXPECT_EQ(test, 1, taken(rx, 11));
	KUNIT_EXPECT_EQ(test, 0, taken(rx, 11));
	KUNIT_EXPECT_NOT_NULL(test, opened(far, 2, 10));
}

static int clock_init(struct kunit *test)
{
	camex_test_clock = NOW;
	return fake_dev_init(test);
}

static void clock_exit(struct kunit *test)
{
	fake_dev_exit(test);
	camex_test_clock = 0;
}

static struct kunit_case clock_cases[] = {
	KUNIT_CASE(clock_steps_forward),
	KUNIT_CASE(clock_is_caught_up_with),
	KUNIT_CASE(clock_is_not_set),
	KUNIT_CASE(clock_pauses),
	{}
};

static struct kunit_suite clock_suite = {
	.name = "camex_clock",
	.init = clock_init,
	.exit = clock_exit,
	.test_cases = clock_cases,
};

kunit_test_suite(clock_suite);
