// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "crypto/replay_window.h"
#include "test.h"

/* Sequences that the model remembers; twice the window is enough. */
#define MODEL_SLOTS	16384

/**
 * struct model - the window as RFC 4303 describes it, with nothing clever
 * @started: there was a sequence
 * @top: the highest taken
 * @taken: sequences taken, each in the slot of its remainder
 * @used: is there one in the slot
 */
struct model {
	bool started;
	u64 top;
	u64 taken[MODEL_SLOTS];
	bool used[MODEL_SLOTS];
};

static bool model_accept(struct model *m, u64 seq)
{
	unsigned int slot = seq % MODEL_SLOTS;

	if (m->started && seq <= m->top) {
		if (m->top - seq >= CAMEX_REPLAY_WINDOW)
			return false;
		if (m->used[slot] && m->taken[slot] == seq)
			return false;
	} else {
		m->started = true;
		m->top = seq;
	}
	m->used[slot] = true;
	m->taken[slot] = seq;
	return true;
}

/* A sequence near @top, at one of the distances where something changes. */
static u64 next_seq(struct rnd_state *rnd, u64 top)
{
	static const u32 edges[] = {
		BITS_PER_LONG, 2048, CAMEX_REPLAY_WINDOW, CAMEX_REPLAY_BITS,
		2 * CAMEX_REPLAY_BITS,
	};
	bool back = below(rnd, 2);
	u64 by;

	switch (below(rnd, 8)) {
	case 0:
		by = 0;
		break;
	case 1:
	case 2:
	case 3:
		by = 1;
		break;
	case 4:
		by = below(rnd, 130);
		break;
	case 5:
		by = below(rnd, CAMEX_REPLAY_BITS + 100);
		back = true;
		break;
	case 6:
		by = edges[below(rnd, ARRAY_SIZE(edges))] + below(rnd, 3) - 1;
		break;
	default:
		/* far away, now and then only: forwards there is no way back */
		by = below(rnd, 100) ? below(rnd, 64) :
				       random64(rnd) >> (1 + below(rnd, 63));
	}
	if (back)
		return by > top ? below(rnd, 3) : top - by;
	return by > U64_MAX - top ? U64_MAX - below(rnd, 3) : top + by;
}

static void replay_model(struct kunit *test)
{
	static const u64 starts[] = {
		0, 1, BIT_ULL(32) - 2, BIT_ULL(32), BIT_ULL(60) - 1,
		BIT_ULL(63) - 2000, U64_MAX - 500000, U64_MAX - 1,
	};
	struct camex_replay *r;
	struct rnd_state rnd;
	struct model *m;
	unsigned int i, op;

	r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r);
	KUNIT_ASSERT_NOT_NULL(test, m);
	for (i = 0; i < 2 * ARRAY_SIZE(starts); i++) {
		u64 seq = starts[i / 2];

		memset(r, 0, sizeof(*r));
		memset(m, 0, sizeof(*m));
		prandom_seed_state(&rnd, i + 1);
		for (op = 0; op < 12500; op++) {
			bool got = camex_replay_accept(r, seq);
			bool want = model_accept(m, seq);

			if (got != want || r->top != m->top) {
				KUNIT_FAIL(test,
					   "seed %u, op %u: %#llx is %d, want %d; top %#llx, want %#llx",
					   i + 1, op, seq, got, want,
					   r->top, m->top);
				return;
			}
			seq = next_seq(&rnd, m->top);
		}
	}
}

static void replay_size(struct kunit *test)
{
	KUNIT_EXPECT_GE(test, CAMEX_REPLAY_WINDOW, 2048);
}

/* The edge of the window is exact wherever in a word its top is. */
static void replay_edge(struct kunit *test)
{
	static const u64 bases[] = {
		CAMEX_REPLAY_BITS, BIT_ULL(32) - 64, BIT_ULL(60), BIT_ULL(63),
		U64_MAX - 2 * BITS_PER_LONG,
	};
	struct camex_replay *r;
	unsigned int i, by;
	u64 top, last;

	r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r);
	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		for (by = 0; by < 2 * BITS_PER_LONG; by++) {
			top = bases[i] + by;
			last = top - CAMEX_REPLAY_WINDOW + 1;
			memset(r, 0, sizeof(*r));
			KUNIT_EXPECT_TRUE(test, camex_replay_accept(r, top));
			KUNIT_EXPECT_FALSE(test, camex_replay_accept(r, top));
			KUNIT_EXPECT_FALSE(test, camex_replay_accept(r, last - 1));
			KUNIT_EXPECT_TRUE(test, camex_replay_accept(r, last));
			KUNIT_EXPECT_FALSE(test, camex_replay_accept(r, last));
			KUNIT_EXPECT_EQ(test, r->top, top);
		}
	}
}

/* Every sequence of a whole window once, upwards or downwards, and never again. */
static void replay_fill(struct kunit *test)
{
	const u64 bottom = BIT_ULL(60) + 17;
	struct camex_replay *r;
	unsigned int i, way;

	r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r);
	for (way = 0; way < 2; way++) {
		memset(r, 0, sizeof(*r));
		for (i = 0; i < CAMEX_REPLAY_WINDOW; i++) {
			u64 at = way ? i : CAMEX_REPLAY_WINDOW - 1 - i;

			KUNIT_EXPECT_TRUE(test, camex_replay_accept(r, bottom + at));
		}
		for (i = 0; i < CAMEX_REPLAY_WINDOW; i++)
			KUNIT_EXPECT_FALSE(test, camex_replay_accept(r, bottom + i));
		if (has_failed(test))
			return;
	}
}

/* A jump forgets just what it leaves behind, whatever its length. */
static void replay_jump(struct kunit *test)
{
	const u64 first = BIT_ULL(40) + 5;
	struct camex_replay *r;
	u64 by, seq;

	r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r);
	for (by = 1; by < CAMEX_REPLAY_BITS + 2 * BITS_PER_LONG; by += by < 200 ? 1 : 61) {
		u64 top = first + by;

		memset(r, 0, sizeof(*r));
		camex_replay_accept(r, first);
		KUNIT_EXPECT_TRUE(test, camex_replay_accept(r, top));
		for (seq = top - CAMEX_REPLAY_WINDOW + 1; seq < top; seq += 7)
			KUNIT_EXPECT_EQ_MSG(test, seq != first,
					    camex_replay_accept(r, seq),
					    "jump %llu, %llu below", by, top - seq);
		if (has_failed(test))
			return;
	}
}

static struct kunit_case replay_cases[] = {
	KUNIT_CASE(replay_size),
	KUNIT_CASE(replay_edge),
	KUNIT_CASE(replay_fill),
	KUNIT_CASE(replay_jump),
	KUNIT_CASE(replay_model),
	{}
};

static struct kunit_suite replay_suite = {
	.name = "camex_replay",
	.test_cases = replay_cases,
};

kunit_test_suite(replay_suite);
