// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker opens large aggregates of encrypted datagrams, on a CPU that the scheduler chooses.
 * The CPU that received the aggregate continues with its task, which may be to encrypt the next
 * packets of the same flow. The scheduler does not account for the work of a softirq, but does for
 * a worker. Later datagrams from the same source wait behind the aggregate, so that their order is
 * kept. All other datagrams are opened where they are received, because waking a worker costs more
 * than opening one. /sys/devices/virtual/workqueue/camex-rx/cpumask selects the worker's CPUs.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "core/drop.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "datapath/gro_queue.h"
#include "datapath/receive_worker.h"

/* Minimum bytes of an aggregate for a worker: ten datagrams of full size. */
#define LARGE		14000
/* Number of queues of a device, a power of two. */
#define QUEUES		16
/* Maximum bytes of memory (truesize) in a queue. */
#define WAITING_MAX	(4 << 20)

/**
 * struct camex_receive_queue - datagrams that wait for a worker; a source always has the same queue
 * @queue: datagrams and aggregates; its lock also protects the members below
 * @bytes: memory (truesize) of the queue
 * @busy: the queue is not empty, or the worker is opening an aggregate
 * @cpu: CPU that opened the datagrams before the first one of the queue
 * @work: opens the queue
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
		int cpu;

		rcu_read_lock();
		local_bh_disable();
		cpu = smp_processor_id();
		camex_gro_queue_direct(true);
		h->cdev->transport->take(h->cdev, skb);
		camex_gro_queue_direct(false);
		local_bh_enable();
		rcu_read_unlock();
		/* ksoftirqd, if it runs the NAPI, has a lower priority: wait for it. */
		if (unlikely(camex_gro_queue_is_long(h->cdev->gro, cpu)))
			camex_gro_queue_settle(h->cdev->gro, cpu);
		cond_resched();
	}
}

/**
 * camex_receive_workers_alloc() - make the receive queues of a device
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
 * camex_receive_workers_stop() - drop queued datagrams, and wait for running workers
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
 * @cdev: the device, which receives no more datagrams
 *
 * Context: RTNL, may sleep.
 */
void camex_receive_workers_free(struct camex_dev *cdev)
{
	camex_receive_workers_stop(cdev);
	kfree(cdev->receive_queues);
}

/*
 * May a worker open this aggregate? Only if its first datagram names an open session, so that
 * strangers cannot wake the worker. Not with per-peer links, whose GRO queue the worker does not
 * drain first.
 */
static bool is_worth_it(struct camex_dev *cdev, const struct sk_buff *skb)
{
	return skb->len >= LARGE && camex_is_aggregate(skb) &&
	       !cdev->link->receive_through &&
	       (cdev->dev->features & NETIF_F_GRO) &&
	       cdev->protocol->expects(cdev, skb);
}

/**
 * camex_receive_worker_take() - queue a datagram or an aggregate for a worker, if that pays
 * @cdev: the device, with camex_receive_workers_usable()
 * @skb: as for camex_transport_ops.take; consumed if it is queued
 * @source: hash of the source: datagrams with the same hash keep their order, whichever CPU
 *	receives them
 *
 * Context: RCU reader, bottom halves off.
 * Return: true if it was queued.
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
		camex_drop_received(cdev, NULL, CAMEX_A_STATS_QUEUE_FULL,
				    camex_datagrams(skb));
		camex_kfree_skb_why(skb, CAMEX_A_STATS_QUEUE_FULL);
		return true;
	}
	skb_dst_drop(skb);	/* it may have no reference, valid only under RCU */
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
 * camex_receive_workers_init() - make the workqueue, before any device
 *
 * Return: 0 or -ENOMEM.
 */
int camex_receive_workers_init(void)
{
	/* High priority: the worker replaces a softirq. */
	workers = alloc_workqueue("camex-rx", WQ_UNBOUND | WQ_HIGHPRI |
				  WQ_MEM_RECLAIM | WQ_SYSFS, 0);
	return workers ? 0 : -ENOMEM;
}

/**
 * camex_receive_workers_exit() - destroy the workqueue, after all devices
 */
void camex_receive_workers_exit(void)
{
	destroy_workqueue(workers);
}
