// SPDX-License-Identifier: GPL-2.0-only
/* Packets that the stack has got: nothing writes to them, and they are charged for their memory. */
#include <linux/ip.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/inet_ecn.h>

#include "scene.h"

#define ROUNDS		100

/* Takes an aggregate of the first flow; false without memory. */
static bool take_aggregate(struct kunit *test, const struct arrival *a)
{
	struct scene *s = test->priv;
	u8 *ones = kmalloc(TOTAL_MAX + PACKET_MAX, GFP_KERNEL);
	unsigned int before = skb_queue_len(&scene_arrived);
	struct sk_buff *skb;

	if (!ones)
		return false;
	scene_make(s, a, ones);
	kfree(ones);
	skb = scene_aggregate(s, a, 0, a->len + OVERHEAD, ONE_FRAG);
	if (!skb)
		return false;
	scene_receive(s, skb);
	s->came = skb_queue_len(&scene_arrived) - before;
	return true;
}

/*
 * A forged datagram, or one too many, makes the batch deliver what it has and go on: the headers
 * of the next datagram must not be laid over what was delivered.
 */
static void delivered_stays(struct kunit *test)
{
	static const u16 lens[] = { 65, 300, 1428, 2200, 8000 };
	static const u8 forged[] = { 0, 2, 3, 20 };
	struct scene *s = test->priv;
	unsigned int i, j, options, v4;

	KUNIT_ASSERT_TRUE(test, scene_open_sessions(s));
	for (i = 0; i < ARRAY_SIZE(lens) * ARRAY_SIZE(forged); i++) {
		struct arrival a = {
			.good = true, .len = lens[i / ARRAY_SIZE(forged)],
			.forged = forged[i % ARRAY_SIZE(forged)],
		};

		a.n = min_t(unsigned int, 2 * DATAGRAMS, TOTAL_MAX / (a.len + OVERHEAD));
		a.last = a.len;
		for (j = 0; j < 6 && !has_failed(test); j++) {
			v4 = j % 2;
			options = j / 2 * 20;
			s->flows[0] = (struct inner) {
				.v4 = v4, .tcp = true, .tcp_options = options, .port = i,
			};
			if (a.len <= inner_head(&s->flows[0]))
				continue;
			KUNIT_ASSERT_TRUE(test, take_aggregate(test, &a));
			KUNIT_EXPECT_EQ_MSG(test, s->altered, 0,
					    "%u bytes, forged %u, IPv%u, options %u", a.len,
					    a.forged, v4 ? 4 : 6, options);
			__skb_queue_purge(&scene_arrived);
		}
	}
}

/* What comes after a forged datagram still becomes large packets. */
static void delivered_goes_on(struct kunit *test)
{
	struct arrival a = { .n = 45, .len = 1428, .last = 1428, .good = true, .forged = 20 };
	struct scene *s = test->priv;

	KUNIT_ASSERT_TRUE(test, scene_open_sessions(s));
	s->flows[0] = (struct inner) { .tcp = true, .tcp_options = 12 };
	KUNIT_ASSERT_TRUE(test, take_aggregate(test, &a));
	/* 0, 2 to 20, 22 to 40, and 42 to the end */
	KUNIT_EXPECT_EQ(test, s->came, 4);
}

/* What the outer header says of congestion goes into the packet, not into clones of it. */
static void delivered_apart(struct kunit *test)
{
	const struct camex_source from = { .dsfield = INET_ECN_CE };
	struct scene *s = test->priv;
	struct inner in = { .v4 = true };
	struct sk_buff *skb, *clone;

	inner_build(&in, s->plain, 100);
	inner_sum(&in, s->plain, 100, false);
	skb = packet_skb(&s->rnd, s->plain, 100, 0, 1, LINEAR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	skb->dev = s->cdev->dev;
	clone = skb_clone(skb, GFP_KERNEL);
	local_bh_disable();
	rcu_read_lock();
	camex_deliver(s->cdev, s->peer, skb, &from);
	rcu_read_unlock();
	local_bh_enable();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, clone);
	KUNIT_EXPECT_EQ(test, memcmp(clone->data, s->plain, 100), 0);
	kfree_skb(clone);
	KUNIT_ASSERT_EQ(test, skb_queue_len(&scene_arrived), 1);
	KUNIT_EXPECT_TRUE(test, INET_ECN_is_ce(ip_hdr(skb_peek(&scene_arrived))->tos));
}

/* Bytes of the buffers that packets refer to. */
static size_t held_by(struct sk_buff_head *packets)
{
	struct sk_buff *skb;
	struct xarray seen;
	size_t bytes = 0;
	int i;

	xa_init(&seen);
	skb_queue_walk(packets, skb) {
		for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
			struct page *page = skb_frag_page(&skb_shinfo(skb)->frags[i]);

			page = compound_head(page);
			if (!xa_insert(&seen, page_to_pfn(page), page, GFP_KERNEL))
				bytes += page_size(page);
		}
	}
	xa_destroy(&seen);
	return bytes;
}

/* Of each aggregate one packet stays where nobody reads: how much is it charged for? */
static void delivered_charged(struct kunit *test)
{
	static const struct arrival arrivals[] = {
		/* packets of one datagram, and of 2, 9 and 19 */
		{ .n = 28, .len = 2200, .last = 2200, .good = true },
		{ .n = 7, .len = 9000, .last = 9000, .good = true },
		{ .n = 45, .len = 1428, .last = 1428, .good = true, .forged = 3 },
		{ .n = 45, .len = 1428, .last = 1428, .good = true, .forged = 10 },
		{ .n = 45, .len = 1428, .last = 1428, .good = true, .forged = 20 },
		/* small aggregates */
		{ .n = 2, .len = 1428, .last = 1428, .good = true },
		{ .n = 5, .len = 1428, .last = 1428, .good = true },
		{ .n = 12, .len = 1428, .last = 1428, .good = true },
		{ .n = 45, .len = 1428, .last = 1428, .good = true },
	};
	struct scene *s = test->priv;
	struct sk_buff_head kept;
	unsigned int i, round;

	__skb_queue_head_init(&kept);
	KUNIT_ASSERT_TRUE(test, scene_open_sessions(s));
	for (i = 0; i < ARRAY_SIZE(arrivals) && !has_failed(test); i++) {
		size_t charged = 0, held;
		struct sk_buff *skb;

		s->flows[0] = (struct inner) { .v4 = true, .tcp = i, .tcp_options = i ? 12 : 0 };
		if (i < 2)
			s->flows[0] = (struct inner) { .v4 = true };
		for (round = 0; round < ROUNDS; round++) {
			KUNIT_ASSERT_TRUE(test, take_aggregate(test, &arrivals[i]));
			/* the last: others may keep a part of the buffer for a while */
			skb = __skb_dequeue_tail(&scene_arrived);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
			__skb_queue_tail(&kept, skb);
			charged += skb->truesize;
			__skb_queue_purge(&scene_arrived);
		}
		held = held_by(&kept);
		KUNIT_EXPECT_LE_MSG(test, held, 2 * charged, "%u datagrams of %u bytes, forged %u",
				    arrivals[i].n, arrivals[i].len, arrivals[i].forged);
		__skb_queue_purge(&kept);
	}
	__skb_queue_purge(&kept);
}

static struct kunit_case delivered_cases[] = {
	KUNIT_CASE(delivered_stays),
	KUNIT_CASE(delivered_goes_on),
	KUNIT_CASE(delivered_apart),
	KUNIT_CASE(delivered_charged),
	{}
};

static struct kunit_suite delivered_suite = {
	.name = "camex_delivered",
	.init = scene_init,
	.exit = scene_exit,
	.test_cases = delivered_cases,
};

kunit_test_suite(delivered_suite);
