// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers open large aggregates of encrypted datagrams, on CPUs that the scheduler chooses.
 * The CPU that received the aggregate continues with its task, which may be to encrypt the next
 * packets of the same flow. The scheduler does not account for the work of a softirq, but does for
 * a worker. If aggregates arrive faster than one worker opens them, others open the next ones at
 * the same time (receive_queue.c). Later datagrams from the same source wait behind the aggregate,
 * so that their order is kept. All other datagrams are opened where they are received, because
 * waking a worker costs more than opening one.
 * /sys/devices/virtual/workqueue/camex-rx/cpumask selects the workers' CPUs. The number of workers
 * depends on the CPUs that are online, because a module cannot read the mask: with few CPUs in it
 * several workers share one.
 *
 * Opening is decryption alone. The replay window, the counters, the endpoint of a peer that moves
 * and the links see the datagrams when they are delivered, one aggregate of a source after the
 * other. Between the two a worker holds no session and no peer: see camex_batch_finish().
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "datapath/gro_queue.h"
#include "datapath/receive_batch.h"
#include "datapath/receive_queue.h"
#include "datapath/receive_worker.h"

/* Number of queues of a device, a power of two. */
#define QUEUES		16
/* Batches that an idle queue keeps for the next aggregates. */
#define KEPT		2

/**
 * struct opener - one of the workers of a source
 * @work: opens and delivers
 * @number: its number among those of the source
 * @of: the source
 */
struct opener {
	struct work_struct work;
	unsigned int number;
	struct camex_receive_source *of;
};

/**
 * struct camex_receive_source - datagrams for workers; a source always has the same struct
 * @queue: the datagrams, in order
 * @opener: the workers
 * @cdev: the device
 */
struct camex_receive_source {
	struct camex_receive_queue queue;
	struct opener opener[CAMEX_OPENERS];
	struct camex_dev *cdev;
};

static struct workqueue_struct *workers;

/* camex_receive_queue.most */
static unsigned int most_workers(const struct camex_receive_queue *queue)
{
	return camex_receive_openers(num_online_cpus(), queue->bytes);
}

/* camex_receive_queue.start */
static void start_worker(struct camex_receive_queue *queue, unsigned int opener)
{
	struct camex_receive_source *h = container_of(queue, struct camex_receive_source, queue);

	queue_work(workers, &h->opener[opener].work);
}

/* Decrypt an aggregate. Single datagrams are decrypted at delivery. */
static void open_slot(struct camex_dev *cdev, struct camex_receive_slot *slot)
{
	bool aggregate = camex_is_aggregate(slot->skb);

	if (aggregate && !slot->batch)
		slot->batch = camex_batch_alloc(cdev);
	rcu_read_lock();
	cdev->transport->source(cdev, slot->skb, &slot->from);
	slot->opened = aggregate && slot->batch && netif_running(cdev->dev) &&
		       camex_batch_open(slot->batch, cdev, slot->skb, &slot->from);
	rcu_read_unlock();
}

/*
 * Deliver an skb that was opened, or open and deliver it. Return the CPU whose GRO queue has its
 * packets, if they did not go directly to the stack.
 */
static int deliver_slot(struct camex_dev *cdev, struct camex_receive_slot *slot)
{
	int cpu;

	rcu_read_lock();
	camex_gro_queue_direct(true);
	if (likely(netif_running(cdev->dev))) {
		if (likely(slot->opened))
			camex_batch_finish(slot->batch, slot->skb);
		else
			camex_rx(cdev, slot->skb, &slot->from);
	} else {
		if (slot->opened)
			camex_batch_abandon(slot->batch);
		kfree_skb(slot->skb);
	}
	cpu = camex_gro_queue_direct(false);
	rcu_read_unlock();
	return cpu;
}

/* With bottom halves off: let them run, until the stack has what now waits for GRO on a CPU. */
static void wait_for_gro(struct camex_dev *cdev, int cpu)
{
	local_bh_enable();
	camex_gro_queue_settle(cdev->gro, cpu);
	local_bh_disable();
}

/* Deliver a slot, and those behind it that are done. */
static void deliver_slots(struct camex_dev *cdev, struct camex_receive_queue *queue,
			  struct camex_receive_slot *slot)
{
	while (slot) {
		int cpu;

		if (camex_receive_queue_begins(queue))
			wait_for_gro(cdev, queue->cpu);
		cpu = deliver_slot(cdev, slot);
		/* ksoftirqd, or the thread of the NAPI, has a lower priority: wait for it. */
		if (unlikely(camex_gro_queue_is_long(cdev->gro, cpu)))
			wait_for_gro(cdev, cpu);
		slot = camex_receive_queue_next(queue);
		if (slot) {
			local_bh_enable();
			cond_resched();
			local_bh_disable();
		}
	}
}

static void free_batches(struct camex_receive_queue *queue, unsigned int keep)
{
	struct camex_batch *batch;

	while ((batch = camex_receive_queue_spare(queue, keep)))
		camex_batch_free(batch);
}

static void open_queued(struct work_struct *work)
{
	struct opener *opener = container_of(work, struct opener, work);
	struct camex_receive_queue *queue = &opener->of->queue;
	struct camex_dev *cdev = opener->of->cdev;
	struct camex_receive_slot *slot;

	/*
	 * Other openers may wait for this one's slot. So no softirq runs here from when the slot is
	 * taken until it is done, and delivered if it is the first one.
	 */
	local_bh_disable();
	while ((slot = camex_receive_queue_take(queue, opener->number))) {
		open_slot(cdev, slot);
		deliver_slots(cdev, queue, camex_receive_queue_done(queue, slot));
		local_bh_enable();
		cond_resched();
		local_bh_disable();
	}
	local_bh_enable();
	free_batches(queue, KEPT);
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
	unsigned int i, j;

	if (!cdev->protocol->locate || !cdev->transport->source || num_possible_cpus() == 1)
		return 0;
	cdev->receive_queues = kvcalloc(QUEUES, sizeof(*cdev->receive_queues),
					GFP_KERNEL_ACCOUNT);
	if (!cdev->receive_queues)
		return -ENOMEM;
	for (i = 0; i < QUEUES; i++) {
		struct camex_receive_source *h = &cdev->receive_queues[i];

		camex_receive_queue_init(&h->queue, most_workers, start_worker);
		h->cdev = cdev;
		for (j = 0; j < CAMEX_OPENERS; j++) {
			INIT_WORK(&h->opener[j].work, open_queued);
			h->opener[j].number = j;
			h->opener[j].of = h;
		}
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
	unsigned int i, j;

	if (!cdev->receive_queues)
		return;
	for (i = 0; i < QUEUES; i++) {
		struct camex_receive_source *h = &cdev->receive_queues[i];

		/*
		 * The queue is empty, so no worker starts another one. A CPU that saw the device
		 * up may still queue an skb, whose worker drops it. Before the device is freed
		 * all CPUs have seen it down.
		 */
		camex_receive_queue_purge(&h->queue);
		for (j = 0; j < CAMEX_OPENERS; j++)
			flush_work(&h->opener[j].work);
		free_batches(&h->queue, 0);
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
	kvfree(cdev->receive_queues);
}

/*
 * May a worker open this aggregate? Only if its first datagram names an open session, so that
 * strangers cannot wake the worker. Not with per-peer links, whose GRO queue the worker does not
 * drain first.
 */
static bool is_worth_it(struct camex_dev *cdev, const struct sk_buff *skb)
{
	return camex_receive_is_large(skb) && num_online_cpus() > 1 &&
	       !cdev->link->receive_through &&
	       (cdev->dev->features & NETIF_F_GRO) &&
	       cdev->protocol->expects(cdev, skb);
}

/**
 * camex_receive_worker_take() - queue a datagram or an aggregate for a worker, if that pays
 * @cdev: the device, with camex_receive_workers_usable()
 * @skb: payload at skb->data, checksum verified, no socket attached; consumed if it is queued
 * @source: hash of the source: datagrams with the same hash keep their order, whichever CPU
 *	receives them
 *
 * Context: RCU reader, bottom halves off.
 * Return: true if it was queued.
 */
bool camex_receive_worker_take(struct camex_dev *cdev, struct sk_buff *skb, u32 source)
{
	struct camex_receive_queue *queue;
	enum camex_queued queued;
	bool worth_it;

	queue = &cdev->receive_queues[hash_32(source, ilog2(QUEUES))].queue;
	worth_it = is_worth_it(cdev, skb);
	if (likely(!worth_it && !camex_receive_queue_is_busy(queue)))
		return false;
	queued = camex_receive_queue_add(queue, skb, worth_it);
	if (unlikely(queued == CAMEX_QUEUE_FULL)) {
		camex_drop_received(cdev, NULL, CAMEX_A_STATS_QUEUE_FULL,
				    camex_datagrams(skb));
		camex_kfree_skb_why(skb, CAMEX_A_STATS_QUEUE_FULL);
	}
	return queued != CAMEX_NOT_QUEUED;
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
