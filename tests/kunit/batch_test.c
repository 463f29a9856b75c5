// SPDX-License-Identifier: GPL-2.0-only
/*
 * An aggregate of datagrams brings the same as its datagrams one by one: each case
 * is sealed twice, for two sessions of a peer, and taken both ways.
 */
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include "scene.h"

/* Takes @n datagrams both ways; false without memory. */
static bool take_both(struct scene *s, const struct arrival *a, const u8 *ones,
		      enum layout layout, struct sk_buff_head *got)
{
	unsigned int size = a->len + OVERHEAD - s->old, i;
	unsigned int total = (a->n - 1) * size + a->last + OVERHEAD - s->old;
	struct sk_buff *skb;

	skb = scene_aggregate(s, a,
			      a->good || below(&s->rnd, 2) ? 0 : below(&s->rnd, 3 * size),
			      below(&s->rnd, 2) ? size : 1, layout);
	if (!skb)
		return false;
	scene_receive(s, skb);
	s->came = skb_queue_len(&scene_arrived);
	skb_queue_splice_tail_init(&scene_arrived, &got[MANY]);
	for (i = 0; i < a->n; i++) {
		skb = packet_skb(&s->rnd, ones + i * size,
				 i < a->n - 1 ? size : total - i * size, 0, 1,
				 LINEAR);
		if (!skb)
			return false;
		scene_receive(s, skb);
	}
	skb_queue_splice_tail_init(&scene_arrived, &got[ONE]);
	return true;
}

/* --- comparison --- */

static const char *compare(struct sk_buff_head *got, unsigned int *merged)
{
	struct sk_buff *skb, *one;
	const char *wrong = NULL;

	while (!wrong) {
		skb = __skb_dequeue(&got[MANY]);
		if (!skb)
			break;
		if (skb_is_gso(skb)) {
			wrong = packet_same_cut(skb, &got[ONE], merged);
		} else {
			one = __skb_dequeue(&got[ONE]);
			wrong = packet_same(skb, one);
			if (!wrong && skb->ip_summed != one->ip_summed)
				wrong = "another state of the checksum";
			kfree_skb(one);
		}
		kfree_skb(skb);
	}
	if (!wrong && !skb_queue_empty(&got[ONE]))
		wrong = "too few packets";
	__skb_queue_purge(&got[MANY]);
	__skb_queue_purge(&got[ONE]);
	return wrong;
}

/* Both ways must have brought the same; returns packets that were merged. */
static unsigned int run(struct kunit *test, struct scene *s, const struct arrival *a,
			enum layout layout)
{
	u8 *ones = kmalloc(TOTAL_MAX + PACKET_MAX, GFP_KERNEL);
	struct sk_buff_head got[WAYS];
	unsigned int merged = 0;
	const char *wrong;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ones);
	__skb_queue_head_init(&got[MANY]);
	__skb_queue_head_init(&got[ONE]);
	scene_make(s, a, ones);
	if (take_both(s, a, ones, layout, got))
		wrong = compare(got, &merged);
	else
		wrong = "no memory";
	if (wrong)
		KUNIT_FAIL(test, "%s: %u datagrams of %u bytes, last %u, layout %d, before %llu",
			   wrong, a->n, a->len, a->last, layout, s->next);
	kfree(ones);
	return merged;
}

/* --- cases --- */

/* A stream becomes as few packets as can be. */
static void batch_merges(struct kunit *test)
{
	static const u16 lens[] = { 60, 65, 101, 600, 1428, 8000 };
	struct scene *s = test->priv;
	struct arrival a = { .good = true };
	unsigned int i, v4, options;

	KUNIT_ASSERT_TRUE(test, scene_open_sessions(s));
	for (i = 0; i < ARRAY_SIZE(lens) && !has_failed(test); i++) {
		for (v4 = 0; v4 < 2; v4++) {
			for (options = 0; options <= 40; options += 20) {
				s->flows[0] = (struct inner) {
					.v4 = v4, .tcp = true, .df = options % 8,
					.tcp_options = options, .port = i,
					.seq = -2000, .id = 65530,
				};
				a.len = lens[i];
				if (a.len <= inner_head(&s->flows[0]))
					continue;
				a.n = min_t(unsigned int, 64, TOTAL_MAX / (a.len + OVERHEAD));
				a.last = a.len - (options % 3 ? 1 : 0);
				if (a.last <= inner_head(&s->flows[0]))
					a.last = a.len;
				KUNIT_EXPECT_EQ(test, a.n, run(test, s, &a, ONE_FRAG));
				KUNIT_EXPECT_EQ(test, s->came, 1);
			}
		}
	}
}

static void choose(struct scene *s, struct arrival *a)
{
	static const u16 lens[] = {
		1, 20, 39, 40, 52, 60, 63, 64, 65, 72, 101, 128, 500, 1000, 1428,
		1429, 2100, 2200, 8000,
	};

	a->len = lens[below(&s->rnd, ARRAY_SIZE(lens))];
	a->n = TOTAL_MAX / (a->len + OVERHEAD);
	a->n = 2 + below(&s->rnd, min_t(unsigned int, a->n, DATAGRAMS) - 1);
	a->last = below(&s->rnd, 2) ? a->len : below(&s->rnd, a->len + 1);
	a->good = false;
}

static void run_random(struct kunit *test, int rounds)
{
	struct scene *s = test->priv;
	unsigned int flow, merged = 0;
	struct arrival a;
	int i;

	KUNIT_ASSERT_TRUE(test, scene_open_sessions(s));
	for (i = 0; i < rounds && !has_failed(test); i++) {
		for (flow = 0; flow < FLOWS; flow++)
			if (!below(&s->rnd, 3) || !s->flows[flow].port)
				scene_new_flow(s, &s->flows[flow]);
		choose(s, &a);
		merged += run(test, s, &a, i % LAYOUTS);
	}
	KUNIT_EXPECT_GT(test, merged, rounds);
}

static void batch_mixed(struct kunit *test)
{
	run_random(test, 300);
}

static void batch_old_header(struct kunit *test)
{
	struct scene *s = test->priv;

	s->old = true;
	run_random(test, 60);
}

/* What was merged is counted as what it was; replays and forgeries as such. */
static void batch_counters(struct kunit *test)
{
	struct arrival a = { .n = 10, .len = 1000, .last = 900, .good = true };
	struct scene *s = test->priv;
	struct rtnl_link_stats64 link;
	u64 sum[CAMEX_STATS_COUNT];

	KUNIT_ASSERT_TRUE(test, scene_open_sessions(s));
	s->flows[0] = (struct inner) { .v4 = true, .tcp = true, .port = 1 };
	KUNIT_EXPECT_EQ(test, 10, run(test, s, &a, ONE_FRAG));
	camex_traffic_sum(s->peer->traffic, &link);
	KUNIT_EXPECT_EQ(test, link.rx_packets, 20);
	KUNIT_EXPECT_EQ(test, link.rx_bytes, 2 * 9900);

	/* the same sequences once more */
	s->next = SEQ;
	KUNIT_EXPECT_EQ(test, 0, run(test, s, &a, FRAGS));
	camex_traffic_sum(s->peer->traffic, &link);
	KUNIT_EXPECT_EQ(test, link.rx_packets, 20);
	camex_stats_sum(s->cdev->stats, sum);
	KUNIT_EXPECT_EQ(test, sum[CAMEX_A_STATS_REPLAYED - 1], 20);
}

/* Where the link is not to merge, single packets come, the same ones. */
static void batch_without_gro(struct kunit *test)
{
	struct arrival a = { .n = 40, .len = 1428, .last = 1428, .good = true };
	struct scene *s = test->priv;

	KUNIT_ASSERT_TRUE(test, scene_open_sessions(s));
	s->cdev->dev->features = 0;
	s->flows[0] = (struct inner) { .v4 = true, .tcp = true, .port = 1 };
	KUNIT_EXPECT_EQ(test, 0, run(test, s, &a, FRAGS));
}

static struct kunit_case batch_cases[] = {
	KUNIT_CASE(batch_merges),
	KUNIT_CASE(batch_mixed),
	KUNIT_CASE(batch_old_header),
	KUNIT_CASE(batch_counters),
	KUNIT_CASE(batch_without_gro),
	{}
};

static struct kunit_suite batch_suite = {
	.name = "camex_batch",
	.init = scene_init,
	.exit = scene_exit,
	.test_cases = batch_cases,
};

kunit_test_suite(batch_suite);
