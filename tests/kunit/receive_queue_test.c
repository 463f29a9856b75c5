// SPDX-License-Identifier: GPL-2.0-only
/* Whichever openers are slow, a queue delivers in the order of arrival, all of it, and ends. */
#include <linux/skbuff.h>
#include <linux/udp.h>

#include "datapath/receive_queue.h"
#include "test.h"

/* What is queued. */
enum kind { SINGLE, SMALL, LARGE };

/* What an opener does next. */
enum state { ASLEEP, LOOKS, RETURNS, OPENS, DELIVERS };

/**
 * struct play - a queue whose openers do a step when they are told to
 * @queue: the queue; first, so that start() finds the rest
 * @rnd: whose turn it is
 * @state: what each opener does next
 * @again: it was started while its work function returned, so it looks again
 * @slot: the slot of each
 * @cpus: number of CPUs
 * @most: highest number of an opener that was started
 * @starts: how often one was started
 * @restarts: of these, while its work function returned
 * @added: skbs that were queued
 * @expected: number of the next skb
 * @gap: number of the first skb that was purged
 * @after: number of the first skb behind those
 * @delivered: skbs that were delivered
 * @batch: what stands for a batch
 * @exists: the batch was made, and not freed
 * @used: a slot has the batch
 * @wrong: how often an skb came too early or late, an opener ran twice, or two slots had a batch
 */
struct play {
	struct camex_receive_queue queue;
	struct rnd_state rnd;
	enum state state[CAMEX_OPENERS];
	bool again[CAMEX_OPENERS];
	struct camex_receive_slot *slot[CAMEX_OPENERS];
	unsigned int cpus;
	unsigned int most;
	unsigned int starts;
	unsigned int restarts;
	unsigned int added;
	unsigned int expected;
	unsigned int gap;
	unsigned int after;
	unsigned int delivered;
	u8 batch[CAMEX_RECEIVE_SLOTS];
	bool exists[CAMEX_RECEIVE_SLOTS];
	bool used[CAMEX_RECEIVE_SLOTS];
	unsigned int wrong;
};

static unsigned int most(const struct camex_receive_queue *queue)
{
	const struct play *play = container_of(queue, struct play, queue);

	return camex_receive_openers(play->cpus, queue->bytes);
}

static void start(struct camex_receive_queue *queue, unsigned int opener)
{
	struct play *play = container_of(queue, struct play, queue);

	play->most = max(play->most, opener + 1);
	play->starts++;
	if (play->state[opener] == RETURNS) {
		play->wrong += play->again[opener];
		play->again[opener] = true;
		play->restarts++;
		return;
	}
	play->wrong += play->state[opener] != ASLEEP;
	play->state[opener] = LOOKS;
}

static struct play *make_play(struct kunit *test, unsigned int cpus)
{
	struct play *play = kunit_kzalloc(test, sizeof(*play), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, play);
	prandom_seed_state(&play->rnd, 11);
	play->cpus = cpus;
	camex_receive_queue_init(&play->queue, most, start);
	return play;
}

static enum camex_queued add(struct kunit *test, struct play *play, enum kind kind)
{
	static const unsigned int bytes[] = { [SINGLE] = 100, [SMALL] = 3000, [LARGE] = 15000 };
	struct sk_buff *skb = alloc_skb(bytes[kind], GFP_KERNEL);
	enum camex_queued queued;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put(skb, bytes[kind]);
	if (kind != SINGLE) {
		skb_shinfo(skb)->gso_size = 1000;
		skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	}
	*(unsigned int *)skb->cb = play->added;
	local_bh_disable();
	queued = camex_receive_queue_add(&play->queue, skb, kind == LARGE);
	local_bh_enable();
	if (queued == CAMEX_QUEUED)
		play->added++;
	else
		kfree_skb(skb);
	return queued;
}

/* Drop what no opener has taken. */
static void purge(struct play *play)
{
	play->gap = play->added - skb_queue_len(&play->queue.queue);
	play->after = play->added;
	camex_receive_queue_purge(&play->queue);
}

static unsigned int number_of(const struct play *play, const struct camex_batch *batch)
{
	return (const u8 *)batch - play->batch;
}

/* An opener has a slot: a batch that it got has no other slot. */
static void take(struct play *play, struct camex_receive_slot *slot)
{
	unsigned int i;

	if (!slot->batch)
		return;
	i = number_of(play, slot->batch);
	play->wrong += !play->exists[i] || play->used[i] || !camex_is_aggregate(slot->skb);
	play->used[i] = true;
}

/* Make a batch if the slot has none, and there is memory. */
static void open_slot(struct play *play, struct camex_receive_slot *slot)
{
	unsigned int i;

	if (slot->batch || !camex_is_aggregate(slot->skb) || !below(&play->rnd, 8))
		return;
	for (i = 0; i < CAMEX_RECEIVE_SLOTS && play->exists[i]; i++)
		;
	/* no more batches than slots */
	if (i == CAMEX_RECEIVE_SLOTS) {
		play->wrong++;
		return;
	}
	play->exists[i] = true;
	play->used[i] = true;
	slot->batch = (struct camex_batch *)&play->batch[i];
}

static void deliver(struct play *play, struct camex_receive_slot *slot)
{
	if (play->expected == play->gap)
		play->expected = play->after;
	play->wrong += *(unsigned int *)slot->skb->cb != play->expected++;
	play->delivered++;
	if (slot->batch)
		play->used[number_of(play, slot->batch)] = false;
	kfree_skb(slot->skb);
}

/* Free spare batches. Return their number. */
static unsigned int free_spares(struct play *play, unsigned int keep)
{
	struct camex_batch *batch;
	unsigned int n = 0;

	while ((batch = camex_receive_queue_spare(&play->queue, keep))) {
		play->wrong += play->used[number_of(play, batch)];
		play->exists[number_of(play, batch)] = false;
		n++;
	}
	return n;
}

static unsigned int batches(const struct play *play)
{
	unsigned int i, n = 0;

	for (i = 0; i < CAMEX_RECEIVE_SLOTS; i++)
		n += play->exists[i];
	return n;
}

/* One step of an opener. */
static void do_step(struct play *play, unsigned int i)
{
	struct camex_receive_slot **slot = &play->slot[i];

	switch (play->state[i]) {
	case ASLEEP:
		return;
	case LOOKS:
		*slot = camex_receive_queue_take(&play->queue, i);
		play->state[i] = *slot ? OPENS : RETURNS;
		if (*slot)
			take(play, *slot);
		return;
	case RETURNS:
		play->state[i] = play->again[i] ? LOOKS : ASLEEP;
		play->again[i] = false;
		return;
	case OPENS:
		open_slot(play, *slot);
		*slot = camex_receive_queue_done(&play->queue, *slot);
		break;
	case DELIVERS:
		deliver(play, *slot);
		*slot = camex_receive_queue_next(&play->queue);
		break;
	}
	play->state[i] = *slot ? DELIVERS : LOOKS;
}

static bool all_asleep(const struct play *play)
{
	unsigned int i;

	for (i = 0; i < CAMEX_OPENERS; i++)
		if (play->state[i] != ASLEEP)
			return false;
	return true;
}

/* Let all openers do what is left. */
static void finish(struct kunit *test, struct play *play)
{
	unsigned int steps = 100000;

	while (!all_asleep(play) && steps--)
		do_step(play, below(&play->rnd, CAMEX_OPENERS));
	KUNIT_EXPECT_TRUE(test, all_asleep(play));
	KUNIT_EXPECT_EQ(test, play->wrong, 0);
	KUNIT_EXPECT_FALSE(test, play->queue.busy);
	KUNIT_EXPECT_FALSE(test, play->queue.delivering);
	KUNIT_EXPECT_EQ(test, play->queue.bytes, 0);
	KUNIT_EXPECT_EQ(test, play->queue.large, 0);
	KUNIT_EXPECT_EQ(test, play->queue.head, play->queue.tail);
	KUNIT_EXPECT_EQ(test, play->queue.spares, batches(play));
}

static void keeps_order(struct kunit *test)
{
	static const u8 cpus[] = { 1, 2, 3, 4, 8, 16 };
	unsigned int i, n, busy, restarts = 0;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		struct play *play = make_play(test, cpus[i]);

		for (n = 0; n < 20000 && !play->wrong; n++) {
			/* bursts, so that it is idle from time to time, and its ring is full */
			busy = n / 500 % 8 ? 30 : 3;
			if (!below(&play->rnd, busy))
				add(test, play, min_t(u32, below(&play->rnd, 4), LARGE));
			do_step(play, below(&play->rnd, CAMEX_OPENERS));
		}
		finish(test, play);
		KUNIT_EXPECT_EQ(test, play->delivered, play->added);
		KUNIT_EXPECT_EQ(test, play->most, camex_receive_openers(cpus[i], 0));
		restarts += play->restarts;
	}
	/* the model can do what the workqueue does: start a work whose function has not returned */
	KUNIT_EXPECT_GT(test, restarts, 10);
}

/* A light load has one opener; nothing small is queued by itself, but behind something. */
static void wakes_few(struct kunit *test)
{
	struct play *play = make_play(test, 8);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, add(test, play, SINGLE), CAMEX_NOT_QUEUED);
	KUNIT_EXPECT_EQ(test, add(test, play, SMALL), CAMEX_NOT_QUEUED);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, add(test, play, LARGE), CAMEX_QUEUED);
		KUNIT_EXPECT_EQ(test, add(test, play, SINGLE), CAMEX_QUEUED);
		KUNIT_EXPECT_EQ(test, add(test, play, SMALL), CAMEX_QUEUED);
		finish(test, play);
	}
	KUNIT_EXPECT_EQ(test, play->delivered, 15);
	KUNIT_EXPECT_EQ(test, play->most, 1);
	KUNIT_EXPECT_LE(test, batches(play), 1);
	KUNIT_EXPECT_EQ(test, add(test, play, SINGLE), CAMEX_NOT_QUEUED);
}

/* No opener gets any time: the memory is bounded, and what is too much is refused. */
static void is_bounded(struct kunit *test)
{
	struct play *play = make_play(test, 3);
	unsigned int i, refused = 0;

	for (i = 0; i < CAMEX_WAITING_MAX / 15000 + 10; i++)
		refused += add(test, play, LARGE) == CAMEX_QUEUE_FULL;
	KUNIT_EXPECT_GE(test, refused, 10);
	KUNIT_EXPECT_LE(test, play->queue.bytes, (unsigned int)CAMEX_WAITING_MAX);
	/* what was taken counts until it is delivered */
	do_step(play, 0);
	KUNIT_EXPECT_EQ(test, play->state[0], OPENS);
	KUNIT_EXPECT_EQ(test, add(test, play, LARGE), CAMEX_QUEUE_FULL);
	finish(test, play);
	KUNIT_EXPECT_EQ(test, play->delivered, play->added);
}

/* A CPU is left to programs: of two CPUs only if more arrives than can be opened. */
static void leaves_a_cpu(struct kunit *test)
{
	struct play *play = make_play(test, 2);

	KUNIT_EXPECT_EQ(test, camex_receive_openers(1, 0), 1);
	KUNIT_EXPECT_EQ(test, camex_receive_openers(2, 0), 2);
	KUNIT_EXPECT_EQ(test, camex_receive_openers(2, CAMEX_WAITING_MAX), 1);
	KUNIT_EXPECT_EQ(test, camex_receive_openers(3, CAMEX_WAITING_MAX), 2);
	KUNIT_EXPECT_EQ(test, camex_receive_openers(8, 0), 7);
	KUNIT_EXPECT_EQ(test, camex_receive_openers(64, 0), CAMEX_OPENERS);

	add(test, play, LARGE);
	add(test, play, LARGE);
	KUNIT_EXPECT_EQ(test, play->starts, 2);
	while (add(test, play, LARGE) == CAMEX_QUEUED)
		;
	/* one of the two ends, whichever looks first */
	do_step(play, 1);
	KUNIT_EXPECT_EQ(test, play->state[1], RETURNS);
	do_step(play, 1);
	do_step(play, 0);
	KUNIT_EXPECT_EQ(test, play->state[0], OPENS);
	KUNIT_EXPECT_EQ(test, play->starts, 2);
	/* the other one is back when half of it is delivered */
	while (play->queue.bytes > CAMEX_WAITING_MAX / 2) {
		KUNIT_ASSERT_EQ(test, play->state[1], ASLEEP);
		do_step(play, 0);
	}
	KUNIT_EXPECT_EQ(test, play->starts, 3);
	KUNIT_EXPECT_EQ(test, play->state[1], LOOKS);
	finish(test, play);
	KUNIT_EXPECT_EQ(test, play->delivered, play->added);
}

/* If delivery is the limit, the ring fills, and openers end: none is woken for each single slot. */
static void waits_for_delivery(struct kunit *test)
{
	unsigned int i, n, deliverer = CAMEX_OPENERS, starts;
	struct play *play = make_play(test, 8);

	for (i = 0; i < 60; i++)
		add(test, play, LARGE);
	for (n = 0; n < 1000; n++) {
		i = below(&play->rnd, CAMEX_OPENERS);
		if (play->state[i] == DELIVERS)
			deliverer = i;
		else
			do_step(play, i);
	}
	KUNIT_ASSERT_LT(test, deliverer, (unsigned int)CAMEX_OPENERS);
	KUNIT_EXPECT_EQ(test, play->queue.tail - play->queue.head, CAMEX_RECEIVE_SLOTS);
	starts = play->starts;
	for (i = CAMEX_RECEIVE_SLOTS - 1; i > CAMEX_RECEIVE_SLOTS / 2; i--) {
		do_step(play, deliverer);
		add(test, play, LARGE);
		KUNIT_EXPECT_EQ(test, play->queue.tail - play->queue.head, i);
		KUNIT_EXPECT_EQ(test, play->starts, starts);
	}
	do_step(play, deliverer);
	KUNIT_EXPECT_EQ(test, play->starts, starts + 1);
	finish(test, play);
	KUNIT_EXPECT_EQ(test, play->delivered, play->added);
}

/* No more batches than slots; an idle queue keeps as many as it is told, a busy one all. */
static void keeps_batches(struct kunit *test)
{
	struct play *play = make_play(test, 16);
	unsigned int i, n;

	for (i = 0; i < 100; i++)
		add(test, play, i % 5 ? LARGE : SMALL);
	for (i = 0; i < 600; i++)
		do_step(play, below(&play->rnd, CAMEX_OPENERS));
	KUNIT_EXPECT_TRUE(test, play->queue.busy);
	n = batches(play);
	KUNIT_EXPECT_GT(test, n, 3);
	KUNIT_EXPECT_EQ(test, free_spares(play, 2), 0);
	KUNIT_EXPECT_EQ(test, batches(play), n);
	/* all that no slot has, while the device goes down */
	free_spares(play, 0);
	KUNIT_EXPECT_EQ(test, play->queue.spares, 0);
	finish(test, play);
	n = batches(play);
	KUNIT_EXPECT_GT(test, n, 2);
	KUNIT_EXPECT_EQ(test, free_spares(play, 2), n - 2);
	KUNIT_EXPECT_EQ(test, play->queue.spares, 2);
	KUNIT_EXPECT_EQ(test, free_spares(play, 0), 2);
	KUNIT_EXPECT_EQ(test, play->delivered, play->added);
	KUNIT_EXPECT_EQ(test, play->wrong, 0);
}

/*
 * What is in the ring is delivered, or dropped, by its openers; all else is dropped at once. What
 * comes after that is not lost, and starts openers again.
 */
static void ends(struct kunit *test)
{
	struct play *play = make_play(test, 4);
	unsigned int i;

	for (i = 0; i < 40; i++)
		add(test, play, LARGE);
	for (i = 0; i < 30; i++)
		do_step(play, below(&play->rnd, 4));
	KUNIT_EXPECT_GT(test, play->queue.tail, play->queue.head);
	purge(play);
	i = play->queue.tail;
	KUNIT_EXPECT_LT(test, i, 40);
	KUNIT_EXPECT_EQ(test, play->queue.large, 0);
	KUNIT_EXPECT_EQ(test, add(test, play, SINGLE), CAMEX_QUEUED);
	KUNIT_EXPECT_EQ(test, add(test, play, LARGE), CAMEX_QUEUED);
	do_step(play, below(&play->rnd, 4));
	KUNIT_EXPECT_EQ(test, add(test, play, LARGE), CAMEX_QUEUED);
	finish(test, play);
	KUNIT_EXPECT_EQ(test, play->delivered, i + 3);

	/* nothing is left, and there is one more */
	purge(play);
	KUNIT_EXPECT_EQ(test, add(test, play, LARGE), CAMEX_QUEUED);
	finish(test, play);
	KUNIT_EXPECT_EQ(test, play->delivered, i + 4);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(keeps_order),
	KUNIT_CASE(wakes_few),
	KUNIT_CASE(is_bounded),
	KUNIT_CASE(leaves_a_cpu),
	KUNIT_CASE(waits_for_delivery),
	KUNIT_CASE(keeps_batches),
	KUNIT_CASE(ends),
	{}
};

static struct kunit_suite suite = {
	.name = "camex_receive_queue",
	.test_cases = cases,
};

kunit_test_suite(suite);
