// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large aggregates of encrypted datagrams are opened by a worker, on the CPU that the
 * scheduler finds for it: the one that received them goes on with what it was at, which may be
 * to encrypt what the same flow sends next. A softirq is nothing that the scheduler would see;
 * a worker is. What comes in behind such an aggregate waits for it, so that nothing is
 * overtaken; else nothing is handed over: a datagram costs less than waking somebody. The
 * CPUs can be chosen: /sys/devices/virtual/workqueue/camex-rx/cpumask.
 */
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "batch.h"
#include "handoff.h"
#include "links.h"
#include "protocol.h"
#include "transport_udp.h"

/* Bytes of an aggregate that is worth waking a worker: ten datagrams of full size. */
#define LARGE		14000
/* Datagrams and aggregates that may wait for it. */
#define QUEUE_MAX	64

/**
 * struct camex_handoff - what a CPU has received and a worker is to open
 * @queue: datagrams and aggregates; its lock is for @busy, too
 * @busy: some wait, or the worker has one in its hands; set by this CPU alone
 * @work: opens them
 * @cdev: the device
 * @cpu: which has received it
 */
struct camex_handoff {
	struct sk_buff_head queue;
	bool busy;
	struct work_struct work;
	struct camex_dev *cdev;
	int cpu;
};

static struct workqueue_struct *workers;

static struct sk_buff *next(struct camex_handoff *h)
{
	struct sk_buff *skb;

	spin_lock_bh(&h->queue.lock);
	skb = __skb_dequeue(&h->queue);
	WRITE_ONCE(h->busy, skb);
	spin_unlock_bh(&h->queue.lock);
	return skb;
}

static void open_queued(struct work_struct *work)
{
	struct camex_handoff *h = container_of(work, struct camex_handoff, work);
	struct sk_buff *skb;

	camex_cells_settle(h->cdev->cells, h->cpu);
	while ((skb = next(h))) {
		rcu_read_lock();
		local_bh_disable();
		camex_udp_take(h->cdev, skb);
		local_bh_enable();
		rcu_read_unlock();
		cond_resched();
	}
}

/**
 * camex_handoff_alloc() - be ready to hand over what a device receives
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_handoff_alloc(struct camex_dev *cdev)
{
	int cpu;

	if (!cdev->protocol->open_into)
		return 0;
	cdev->handoff = alloc_percpu(struct camex_handoff);
	if (!cdev->handoff)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct camex_handoff *h = per_cpu_ptr(cdev->handoff, cpu);

		skb_queue_head_init(&h->queue);
		INIT_WORK(&h->work, open_queued);
		h->cdev = cdev;
		h->cpu = cpu;
	}
	return 0;
}

/**
 * camex_handoff_flush() - wait until what was handed over is done
 * @cdev: the device; while it is down, that is not for long
 *
 * Context: RTNL, may sleep.
 */
void camex_handoff_flush(struct camex_dev *cdev)
{
	int cpu;

	if (!cdev->handoff)
		return;
	for_each_possible_cpu(cpu)
		flush_work(&per_cpu_ptr(cdev->handoff, cpu)->work);
}

/**
 * camex_handoff_free() - undo camex_handoff_alloc()
 * @cdev: the device, which receives nothing any more
 *
 * Context: RTNL, may sleep.
 */
void camex_handoff_free(struct camex_dev *cdev)
{
	camex_handoff_flush(cdev);
	free_percpu(cdev->handoff);
}

/**
 * camex_handoff() - let a worker open a datagram or an aggregate, if that is worth it
 * @cdev: the device that it came for
 * @skb: as for camex_udp_take(); consumed if it is handed over
 *
 * Context: RCU reader, bottom halves off.
 * Return: was it handed over?
 */
bool camex_handoff(struct camex_dev *cdev, struct sk_buff *skb)
{
	struct camex_handoff *h;
	bool large;

	if (!cdev->handoff)
		return false;
	h = this_cpu_ptr(cdev->handoff);
	large = skb->len >= LARGE && camex_is_aggregate(skb) &&
		num_online_cpus() > 1;
	if (likely(!large && !READ_ONCE(h->busy)))
		return false;

	spin_lock(&h->queue.lock);
	if (!large && !h->busy) {
		spin_unlock(&h->queue.lock);
		return false;
	}
	if (unlikely(skb_queue_len(&h->queue) >= QUEUE_MAX)) {
		spin_unlock(&h->queue.lock);
		camex_count(cdev->stats, CAMEX_A_STATS_QUEUE_FULL,
			    camex_is_aggregate(skb) ? skb_shinfo(skb)->gso_segs ?: 1 : 1);
		kfree_skb(skb);
		return true;
	}
	skb_dst_drop(skb);	/* it may be one that only RCU keeps */
	__skb_queue_tail(&h->queue, skb);
	if (!h->busy) {
		WRITE_ONCE(h->busy, true);
		queue_work(workers, &h->work);
	}
	spin_unlock(&h->queue.lock);
	return true;
}

/**
 * camex_handoff_init() - before anything is received
 *
 * Return: 0 or -ENOMEM.
 */
int camex_handoff_init(void)
{
	/* As urgent as the softirq that it is instead of. */
	workers = alloc_workqueue("camex-rx", WQ_UNBOUND | WQ_HIGHPRI | WQ_SYSFS, 0);
	return workers ? 0 : -ENOMEM;
}

/**
 * camex_handoff_exit() - no device is left
 */
void camex_handoff_exit(void)
{
	destroy_workqueue(workers);
}
