/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of datagrams that several CPUs open. */
#ifndef CAMEX_RECEIVE_QUEUE_H
#define CAMEX_RECEIVE_QUEUE_H

#include <linux/skbuff.h>

#include "core/protocol.h"

struct camex_batch;

/* Maximum number of CPUs that open the datagrams of one source. */
#define CAMEX_OPENERS		8
/* Datagrams and aggregates that are opened or wait to be delivered; a power of two. */
#define CAMEX_RECEIVE_SLOTS	16
/* Maximum bytes of memory (truesize) of the skbs in a queue and its ring. */
#define CAMEX_WAITING_MAX	(4 << 20)

/**
 * struct camex_receive_slot - a datagram or an aggregate that left the queue
 * @skb: the datagram or aggregate
 * @from: its source
 * @bytes: truesize of @skb
 * @batch: memory for its packets, or NULL
 * @opened: @batch has packets of @skb
 * @done: its opener has finished, so it may be delivered
 */
struct camex_receive_slot {
	struct sk_buff *skb;
	struct camex_source from;
	unsigned int bytes;
	struct camex_batch *batch;
	bool opened;
	bool done;
};

/**
 * struct camex_receive_queue - datagrams of some sources on their way to the stack
 * @queue: datagrams and aggregates that no opener has taken; its lock protects all members
 * @bytes: memory (truesize) of all skbs in @queue and in @ring
 * @large: large aggregates in @queue
 * @busy: something is in @queue or in @ring, or an opener may still look there
 * @unsettled: nothing was delivered since @busy was set
 * @delivering: an opener is delivering the slots at @head
 * @cpu: CPU that opened the datagrams before the first one of the queue
 * @active: a bit for each opener that was started and has not found the queue empty
 * @head: number of slots that were delivered
 * @tail: number of slots that were taken
 * @ring: the slots from @head to @tail, in the order of arrival
 * @spare: batches that no slot uses
 * @spares: number of them
 * @most: maximum number of active openers at this moment, 1 to CAMEX_OPENERS. Context: the lock is
 *	held
 * @start: start an opener, which then calls camex_receive_queue_take() until that returns NULL.
 *	Context: the lock is held
 */
struct camex_receive_queue {
	struct sk_buff_head queue;
	unsigned int bytes;
	unsigned int large;
	bool busy;
	bool unsettled;
	bool delivering;
	int cpu;
	unsigned long active;
	unsigned int head;
	unsigned int tail;
	struct camex_receive_slot ring[CAMEX_RECEIVE_SLOTS];
	struct camex_batch *spare[CAMEX_RECEIVE_SLOTS];
	unsigned int spares;
	unsigned int (*most)(const struct camex_receive_queue *h);
	void (*start)(struct camex_receive_queue *h, unsigned int opener);
};

/**
 * camex_receive_queue_is_busy() - must a datagram perhaps wait behind others
 * @h: the queue of its source
 *
 * Return: false if all that was queued before is delivered, and this CPU sees where.
 */
static inline bool camex_receive_queue_is_busy(const struct camex_receive_queue *h)
{
	/* Pairs with the release in camex_receive_queue_take(): camex_peer.rx_cpu is read later. */
	return smp_load_acquire(&h->busy);
}

enum camex_queued { CAMEX_NOT_QUEUED, CAMEX_QUEUED, CAMEX_QUEUE_FULL };

bool camex_receive_is_large(const struct sk_buff *skb);
unsigned int camex_receive_openers(unsigned int cpus, unsigned int bytes);
void camex_receive_queue_init(struct camex_receive_queue *h,
			      unsigned int (*most)(const struct camex_receive_queue *h),
			      void (*start)(struct camex_receive_queue *h, unsigned int opener));
enum camex_queued camex_receive_queue_add(struct camex_receive_queue *h, struct sk_buff *skb,
					  bool worth_it);
struct camex_receive_slot *camex_receive_queue_take(struct camex_receive_queue *h,
						    unsigned int opener);
struct camex_receive_slot *camex_receive_queue_done(struct camex_receive_queue *h,
						    struct camex_receive_slot *slot);
struct camex_receive_slot *camex_receive_queue_next(struct camex_receive_queue *h);
void camex_receive_queue_purge(struct camex_receive_queue *h);
bool camex_receive_queue_begins(struct camex_receive_queue *h);
struct camex_batch *camex_receive_queue_spare(struct camex_receive_queue *h, unsigned int keep);

#endif /* CAMEX_RECEIVE_QUEUE_H */
