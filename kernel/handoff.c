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
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "handoff.h"
#include "links.h"
#include "protocol.h"
#include "sealed.h"
#include "transport_udp.h"

/* Bytes of an aggregate that is worth waking a worker: ten datagrams of full size. */
#define LARGE		14000
/* Queues of a device: a power of two. */
#define QUEUES		16
/* Bytes of memory that may wait in one. */
#define WAITING_MAX	(4 << 20)

/**
 * struct camex_handoff - what a worker is to open of what comes from some places
 * @queue: datagrams and aggregates; its lock is for what follows, too
 * @bytes: of memory in it
 * @busy: there are some, or the worker has one in its hands
 * @cpu: which received those before the first of them
 * @work: opens them
 * @cdev: the device
 */
struct camex_handoff {
	struct sk_buff_head queue;
	unsigned int bytes;
	bool busy;
	int cpu;
	struct work_struct work;
	struct camex_dev *cdev;
};

static struct workqueue_struct *workers;

static struct sk_buff *next(struct camex_handoff *h)
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
	struct camex_handoff *h = container_of(work, struct camex_handoff, work);
	struct sk_buff *skb;

	camex_cells_settle(h->cdev->cells, h->cpu);
	while ((skb = next(h))) {
		rcu_read_lock();
		local_bh_disable();
		camex_cells_direct(true);
		camex_udp_take(h->cdev, skb);
		camex_cells_direct(false);
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
	int i;

	if (!cdev->protocol->open_into)
		return 0;
	cdev->handoff = kcalloc(QUEUES, sizeof(*cdev->handoff),
				GFP_KERNEL_ACCOUNT);
	if (!cdev->handoff)
		return -ENOMEM;
	for (i = 0; i < QUEUES; i++) {
		struct camex_handoff *h = &cdev->handoff[i];

		skb_queue_head_init(&h->queue);
		INIT_WORK(&h->work, open_queued);
		h->cdev = cdev;
	}
	return 0;
}

/**
 * camex_handoff_stop() - drop what waits, and wait for what is in a worker's hands
 * @cdev: the device, which is down
 *
 * Context: RTNL, may sleep.
 */
void camex_handoff_stop(struct camex_dev *cdev)
{
	int i;

	if (!cdev->handoff)
		return;
	for (i = 0; i < QUEUES; i++) {
		struct camex_handoff *h = &cdev->handoff[i];
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
 * camex_handoff_free() - undo camex_handoff_alloc()
 * @cdev: the device, which receives nothing any more
 *
 * Context: RTNL, may sleep.
 */
void camex_handoff_free(struct camex_dev *cdev)
{
	camex_handoff_stop(cdev);
	kfree(cdev->handoff);
}

/* The queue for where it comes from: the order is kept whichever CPU takes it. */
static struct camex_handoff *queue_of(const struct camex_dev *cdev,
				      const struct sk_buff *skb)
{
	u32 from = (__force u16)udp_hdr(skb)->source;

	if (ip_hdr(skb)->version == 4)
		from ^= (__force u32)ip_hdr(skb)->saddr;
	else
		from ^= ipv6_addr_hash(&ipv6_hdr(skb)->saddr);
	return &cdev->handoff[hash_32(from, ilog2(QUEUES))];
}

/*
 * Who has not seen a session wakes nobody; nor may a worker overtake what waits where it does
 * not look.
 */
static bool is_worth_it(struct camex_dev *cdev, const struct sk_buff *skb)
{
	return skb->len >= LARGE && camex_is_aggregate(skb) &&
	       cdev->conf.links != CAMEX_LINKS_PER_PEER &&
	       (cdev->dev->features & NETIF_F_GRO) &&
	       camex_unseal_expects(cdev, skb);
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
	bool worth_it;

	if (!cdev->handoff || num_online_cpus() == 1)
		return false;
	h = queue_of(cdev, skb);
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
 * camex_handoff_init() - before anything is received
 *
 * Return: 0 or -ENOMEM.
 */
int camex_handoff_init(void)
{
	/* As urgent as the softirq that it is instead of. */
	workers = alloc_workqueue("camex-rx", WQ_UNBOUND | WQ_HIGHPRI |
				  WQ_MEM_RECLAIM | WQ_SYSFS, 0);
	return workers ? 0 : -ENOMEM;
}

/**
 * camex_handoff_exit() - no device is left
 */
void camex_handoff_exit(void)
{
	destroy_workqueue(workers);
}
