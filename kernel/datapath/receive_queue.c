// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several CPUs open the datagrams of one source, and the stack gets them in the order of arrival.
 * An opener takes the first skb of the queue, together with the next slot of a ring, and opens it.
 * When the first slot of the ring is done, one opener delivers it and all that follow and are done,
 * while the others open. The lock is taken four times for each skb that is queued, however many
 * datagrams an aggregate has. If the ring is full, openers stop: an opener that delivers is then
 * still active, and starts others when it has made room.
 */
#include <linux/bitops.h>

#include "core/compat.h"
#include "datapath/receive_queue.h"

/* Minimum bytes of an aggregate for a worker: ten datagrams of full size. */
#define LARGE	14000

/**
 * camex_receive_is_large() - is this an aggregate that is worth another CPU
 * @skb: the received skb
 */
bool camex_receive_is_large(const struct sk_buff *skb)
{
	return skb->len >= LARGE && camex_is_aggregate(skb);
}

/**
 * camex_receive_openers() - how many openers a source may have
 * @cpus: number of CPUs
 * @bytes: memory (truesize) of all that waits
 *
 * Openers have a higher priority than the programs that read, so one CPU is left to programs. Two
 * CPUs both open, but only as long as they keep up: if more arrives than is opened, one CPU opens,
 * and the rest is dropped.
 */
unsigned int camex_receive_openers(unsigned int cpus, unsigned int bytes)
{
	if (cpus > 2)
		return min_t(unsigned int, cpus - 1, CAMEX_OPENERS);
	return cpus == 2 && bytes <= CAMEX_WAITING_MAX / 2 ? 2 : 1;
}

/**
 * camex_receive_queue_init() - set up a queue
 * @h: the queue, all zeros
 * @most: see struct camex_receive_queue
 * @start: see there
 */
void camex_receive_queue_init(struct camex_receive_queue *h,
			      unsigned int (*most)(const struct camex_receive_queue *h),
			      void (*start)(struct camex_receive_queue *h, unsigned int opener))
{
	skb_queue_head_init(&h->queue);
	h->most = most;
	h->start = start;
}

static struct camex_receive_slot *slot_at(struct camex_receive_queue *h, unsigned int n)
{
	return &h->ring[n % CAMEX_RECEIVE_SLOTS];
}

static unsigned int in_ring(const struct camex_receive_queue *h)
{
	return h->tail - h->head;
}

/*
 * Start another opener if more large aggregates wait than openers are active: waking a CPU for the
 * next aggregate of an opener that keeps up would cost more than it gains. If more slots are taken
 * than there are openers, the ring fills because delivery is slower than opening. Another opener
 * would be woken for a single slot then.
 */
static void start_opener(struct camex_receive_queue *h)
{
	unsigned int active = hweight_long(h->active), opener;

	lockdep_assert_held(&h->queue.lock);
	if (active && (h->large <= active || in_ring(h) > CAMEX_RECEIVE_SLOTS / 2 ||
		       active >= h->most(h)))
		return;
	opener = ffz(h->active);
	__set_bit(opener, &h->active);
	h->start(h, opener);
}

/* May this opener continue? If there are too many, one of the others continues. */
static bool may_take(const struct camex_receive_queue *h)
{
	unsigned int active = hweight_long(h->active);

	return in_ring(h) < CAMEX_RECEIVE_SLOTS && (active == 1 || active <= h->most(h));
}

/**
 * camex_receive_queue_add() - queue a datagram or an aggregate, if that pays or order requires it
 * @h: the queue of its source
 * @skb: the datagram or aggregate
 * @worth_it: queue it even if nothing waits
 *
 * Context: bottom halves off.
 * Return: CAMEX_NOT_QUEUED if it can be opened here; CAMEX_QUEUED; CAMEX_QUEUE_FULL if it must be
 * dropped.
 */
enum camex_queued camex_receive_queue_add(struct camex_receive_queue *h, struct sk_buff *skb,
					  bool worth_it)
{
	enum camex_queued queued = CAMEX_NOT_QUEUED;

	spin_lock(&h->queue.lock);
	if (!worth_it && !h->busy)
		goto out;
	queued = CAMEX_QUEUE_FULL;
	if (unlikely(h->bytes + skb->truesize > CAMEX_WAITING_MAX))
		goto out;
	queued = CAMEX_QUEUED;
	skb_dst_drop(skb);	/* it may have no reference, valid only under RCU */
	__skb_queue_tail(&h->queue, skb);
	h->bytes += skb->truesize;
	h->large += camex_receive_is_large(skb);
	if (!h->busy) {
		WRITE_ONCE(h->busy, true);
		h->unsettled = true;
		h->cpu = smp_processor_id();
	}
	start_opener(h);
out:
	spin_unlock(&h->queue.lock);
	return queued;
}

/**
 * camex_receive_queue_take() - get the next datagram or aggregate to open
 * @h: the queue
 * @opener: number of the calling opener
 *
 * Context: process or bottom half.
 * Return: its slot, with a spare batch if it is an aggregate and there is one. NULL if there is
 * none: then the opener must end; another call of camex_receive_queue.start may precede its end.
 */
struct camex_receive_slot *camex_receive_queue_take(struct camex_receive_queue *h,
						    unsigned int opener)
{
	struct camex_receive_slot *slot = NULL;
	struct sk_buff *skb;

	spin_lock_bh(&h->queue.lock);
	skb = may_take(h) ? __skb_dequeue(&h->queue) : NULL;
	if (!skb) {
		__clear_bit(opener, &h->active);
		/* An active opener delivers whatever the ring has: now it has nothing. */
		if (!h->active)	/* pairs with camex_receive_queue_is_busy() */
			smp_store_release(&h->busy, false);
		goto out;
	}
	slot = slot_at(h, h->tail++);
	slot->skb = skb;
	slot->bytes = skb->truesize;
	slot->batch = NULL;
	slot->opened = false;
	slot->done = false;
	h->large -= camex_receive_is_large(skb);
	if (h->spares && camex_is_aggregate(skb))
		slot->batch = h->spare[--h->spares];
	start_opener(h);
out:
	spin_unlock_bh(&h->queue.lock);
	return slot;
}

/* The first slot of the ring, if it is done; its opener is not needed any more. */
static struct camex_receive_slot *first_done(struct camex_receive_queue *h)
{
	struct camex_receive_slot *slot = slot_at(h, h->head);

	if (h->head == h->tail || !slot->done)
		return NULL;
	return slot;
}

/**
 * camex_receive_queue_done() - a slot may be delivered
 * @h: the queue
 * @slot: the slot, which the caller has taken
 *
 * Context: process or bottom half.
 * Return: a slot that the caller must deliver, and then call camex_receive_queue_next(); or NULL
 * if the first slot is not done, or another opener is delivering.
 */
struct camex_receive_slot *camex_receive_queue_done(struct camex_receive_queue *h,
						    struct camex_receive_slot *slot)
{
	struct camex_receive_slot *first = NULL;

	spin_lock_bh(&h->queue.lock);
	slot->done = true;
	if (!h->delivering) {
		first = first_done(h);
		h->delivering = first;
	}
	spin_unlock_bh(&h->queue.lock);
	return first;
}

/**
 * camex_receive_queue_next() - the first slot was delivered
 * @h: the queue
 *
 * Its skb was consumed. Its batch becomes a spare one.
 *
 * Context: process or bottom half.
 * Return: as camex_receive_queue_done().
 */
struct camex_receive_slot *camex_receive_queue_next(struct camex_receive_queue *h)
{
	struct camex_receive_slot *slot;

	spin_lock_bh(&h->queue.lock);
	slot = slot_at(h, h->head++);
	if (slot->batch)
		h->spare[h->spares++] = slot->batch;
	h->bytes -= slot->bytes;
	slot = first_done(h);
	h->delivering = slot;
	start_opener(h);
	spin_unlock_bh(&h->queue.lock);
	return slot;
}

/**
 * camex_receive_queue_purge() - drop all that no opener has taken
 * @h: the queue
 *
 * Context: process or bottom half.
 */
void camex_receive_queue_purge(struct camex_receive_queue *h)
{
	struct sk_buff_head left;
	struct sk_buff *skb;

	__skb_queue_head_init(&left);
	spin_lock_bh(&h->queue.lock);
	skb_queue_splice_init(&h->queue, &left);
	skb_queue_walk(&left, skb)
		h->bytes -= skb->truesize;
	h->large = 0;
	spin_unlock_bh(&h->queue.lock);
	__skb_queue_purge(&left);
}

/**
 * camex_receive_queue_spare() - get a spare batch, in order to free it
 * @h: the queue
 * @keep: number of spare batches that an idle queue keeps; a busy one keeps all. 0: none is kept,
 *	even if the queue is busy
 *
 * Context: process or bottom half.
 * Return: NULL if there is none to free.
 */
struct camex_batch *camex_receive_queue_spare(struct camex_receive_queue *h, unsigned int keep)
{
	struct camex_batch *batch = NULL;

	if (likely(READ_ONCE(h->spares) <= keep))
		return NULL;
	spin_lock_bh(&h->queue.lock);
	if (h->spares > keep && !(keep && h->busy))
		batch = h->spare[--h->spares];
	spin_unlock_bh(&h->queue.lock);
	return batch;
}

/**
 * camex_receive_queue_begins() - is this the first delivery since the queue was idle
 * @h: the queue; the caller delivers its slots
 *
 * What another CPU opened before must reach the stack first: camex_receive_queue.cpu.
 *
 * Context: process or bottom half.
 */
bool camex_receive_queue_begins(struct camex_receive_queue *h)
{
	/* Written under the lock while nothing is delivered. */
	bool begins = h->unsettled;

	h->unsettled = false;
	return begins;
}
