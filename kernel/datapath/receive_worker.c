// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large aggregates of encrypted datagrams are opened by a worker, on the CPU that the
 * scheduler finds for it: the one that received them goes on with what it was at, which may be
 * to encrypt what the same flow sends next. A softirq is nothing that the scheduler would see;
 * a worker is. What comes from the same place behind such an aggregate waits for it, so that
 * nothing is overtaken; else nothing is handed over: a datagram costs less than waking
 * somebody. The CPUs can be chosen: /sys/devices/virtual/workqueue/camex-rx/cpumask.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "core/link.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "datapath/gro_queue.h"
#include "datapath/receive_worker.h"

/* Bytes of an aggregate that is worth waking a worker: ten datagrams of full size. */
#define LARGE		14000
/* Queues of a device: a power of two. */
#define QUEUES		16
/* Bytes of memory that may wait in one. */
#define WAITING_MAX	(4 << 20)

/**
 * struct camex_receive_queue - what a worker is to open of what comes from some places
 * @queue: datagrams and aggregates; its lock is for what follows, too
 * @bytes: of memory in it
 * @busy: there are some, or the worker has one in its hands
 * @cpu: which received those before the first of them
 * @work: opens them
 * @cdev: the device
 */
struct camex_receive_queue {
	struct sk_buff_head queue;
	unsigned int bytes;
	bool busy;
	int cpu;
	struct work_struct work;
	struct camex_dev *cdev;
};

static struct workqueue_struct *workers;

static struct sk_buff *dequeue_aggregate(struct camex_receive_queue *h)
{
	struct sk_buff *skb;

	spin_lock_bh(&h->queue.lock);
	skb = __skb_dequeue(&h->queue);
	if (skb)
		h->bytes -= skb->truesize;
	else
		WRITE_ONCE(h->busy, false);
	spin_unlock_bh(&h->queue.lock);
	return skb;
}

static void open_queued(struct work_struct *work)
{
	struct camex_receive_queue *h = container_of(work, struct camex_receive_queue, work);
	struct sk_buff *skb;

	camex_gro_queue_settle(h->cdev->gro, h->cpu);
	while ((skb = dequeue_aggregate(h))) {
		rcu_read_lock();
		local_bh_disable();
		camex_gro_queue_direct(true);
		h->cdev->transport->take(h->cdev, skb);
		camex_gro_queue_direct(false);
		local_bh_enable();
		rcu_read_unlock();
		cond_resched();
	}
}

/**
 * camex_receive_workers_alloc() - be ready to hand over what a device receives
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_receive_workers_alloc(struct camex_dev *cdev)
{
	int i;

	if (!cdev->protocol->locate)
		return 0;
	cdev->receive_queues = kcalloc(QUEUES, sizeof(*cdev->receive_queues),
				       GFP_KERNEL_ACCOUNT);
	if (!cdev->receive_queues)
		return -ENOMEM;
	for (i = 0; i < QUEUES; i++) {
		struct camex_receive_queue *h = &cdev->receive_queues[i];

		skb_queue_head_init(&h->queue);
		INIT_WORK(&h->work, open_queued);
		h->cdev = cdev;
	}
	return 0;
}

/**
 * camex_receive_workers_stop() - drop what waits, and wait for what is in a worker's hands
 * @cdev: the device, which is down
 *
 * Context: RTNL, may sleep.
 */
void camex_receive_workers_stop(struct camex_dev *cdev)
{
	int i;

	if (!cdev->receive_queues)
		return;
	for (i = 0; i < QUEUES; i++) {
		struct camex_receive_queue *h = &cdev->receive_queues[i];
		struct sk_buff_head left;

		__skb_queue_head_init(&left);
		spin_lock_bh(&h->queue.lock);
		skb_queue_splice_init(&h->queue, &left);
		h->bytes = 0;
		spin_unlock_bh(&h->queue.lock);
		__skb_queue_purge(&left);
		flush_work(&h->work);
	}
}

/**
 * camex_receive_workers_free() - undo camex_receive_workers_alloc()
 * @cdev: the device, which receives nothing any more
 *
 * Context: RTNL, may sleep.
 */
void camex_receive_workers_free(struct camex_dev *cdev)
{
	camex_receive_workers_stop(cdev);
	kfree(cdev->receive_queues);
}

/*
 * Who has not seen a session wakes nobody; nor may a worker overtake what waits where it does
 * not look.
 */
static bool is_worth_it(struct camex_dev *cdev, const struct sk_buff *skb)
{
	return skb->len >= LARGE && camex_is_aggregate(skb) &&
	       !cdev->link->receive_through &&
	       (cdev->dev->features & NETIF_F_GRO) &&
	       cdev->protocol->expects(cdev, skb);
}

/**
 * camex_receive_worker_take() - let a worker open a datagram or an aggregate, if that is worth it
 * @cdev: the device that it came for, with camex_receive_workers_usable()
 * @skb: as for camex_transport_ops.take; consumed if it is handed over
 * @source: a number that all from one source have: they keep their order, whichever CPU
 *	takes them
 *
 * Context: RCU reader, bottom halves off.
 * Return: was it handed over?
 */
bool camex_receive_worker_take(struct camex_dev *cdev, struct sk_buff *skb, u32 source)
{
	struct camex_receive_queue *h;
	bool worth_it;

	h = &cdev->receive_queues[hash_32(source, ilog2(QUEUES))];
	worth_it = is_worth_it(cdev, skb);
	if (likely(!worth_it && !READ_ONCE(h->busy)))
		return false;

	spin_lock(&h->queue.lock);
	if (!worth_it && !h->busy) {
		spin_unlock(&h->queue.lock);
		return false;
	}
	if (unlikely(h->bytes + skb->truesize > WAITING_MAX)) {
		spin_unlock(&h->queue.lock);
		camex_count(cdev->stats, CAMEX_A_STATS_QUEUE_FULL,
			    camex_datagrams(skb));
		kfree_skb(skb);
		return true;
	}
	skb_dst_drop(skb);	/* it may be one that only RCU keeps */
	__skb_queue_tail(&h->queue, skb);
	h->bytes += skb->truesize;
	if (!h->busy) {
		WRITE_ONCE(h->busy, true);
		h->cpu = smp_processor_id();
		queue_work(workers, &h->work);
	}
	spin_unlock(&h->queue.lock);
	return true;
}

/**
 * camex_receive_workers_init() - before anything is received
 *
 * Return: 0 or -ENOMEM.
 */
int camex_receive_workers_init(void)
{
	/* As urgent as the softirq that it is instead of. */
	workers = alloc_workqueue("camex-rx", WQ_UNBOUND | WQ_HIGHPRI |
				  WQ_MEM_RECLAIM | WQ_SYSFS, 0);
	return workers ? 0 : -ENOMEM;
}

/**
 * camex_receive_workers_exit() - no device is left
 */
void camex_receive_workers_exit(void)
{
	destroy_workqueue(workers);
}
