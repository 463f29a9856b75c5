// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tap link below netpoll, which sends with interrupts off, from any place that prints a message.
 * Neither the IP output path nor the locks of the data path may be used there. So a tasklet sends
 * these frames as soon as interrupts are enabled again.
 */
#ifdef CONFIG_NETPOLL
#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/stats.h"
#include "link/tap.h"

/* Maximum number of waiting frames, so that endless messages do not use up all memory. */
#define DEFERRED_MAX	256

/* Links a waiting frame into the lock-free list. */
static struct llist_node *node_of(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct llist_node) > sizeof(skb->cb));
	return (struct llist_node *)skb->cb;
}

static struct sk_buff *first_frame(struct llist_node *node)
{
	return container_of((char (*)[sizeof_field(struct sk_buff, cb)])node,
			    struct sk_buff, cb);
}

/* Counted later in softirq: an interrupt must not touch the 64-bit counters of 32-bit CPUs. */
static void count_dropped(struct camex_dev *cdev)
{
	int n = atomic_xchg(&cdev->deferred.dropped, 0);

	if (n)
		camex_drop_sent(cdev, NULL, CAMEX_A_STATS_QUEUE_FULL, n);
}

static void send_deferred(struct tasklet_struct *task)
{
	struct camex_dev *cdev = container_of(task, struct camex_dev,
					      deferred.task);
	struct llist_node *node, *next;
	struct sk_buff *skb;

	count_dropped(cdev);
	node = llist_reverse_order(llist_del_all(&cdev->deferred.frames));
	for (; node; node = next) {
		next = node->next;
		skb = first_frame(node);
		memset(skb->cb, 0, sizeof(*node));
		atomic_dec(&cdev->deferred.waiting);
		dev_queue_xmit(skb);
	}
}

/**
 * camex_defer_frame() - send a frame of netpoll when interrupts are enabled again
 * @cdev: the device
 * @skb: the frame; consumed
 *
 * Context: interrupts off.
 */
void camex_defer_frame(struct camex_dev *cdev, struct sk_buff *skb)
{
	if (atomic_inc_return(&cdev->deferred.waiting) > DEFERRED_MAX) {
		atomic_dec(&cdev->deferred.waiting);
		/* The tasklet is scheduled: frames wait for it. */
		atomic_inc(&cdev->deferred.dropped);
		dev_kfree_skb_any(skb);
		return;
	}
	llist_add(node_of(skb), &cdev->deferred.frames);
	tasklet_schedule(&cdev->deferred.task);
}

/**
 * camex_deferred_init() - set up the list of waiting frames
 * @cdev: a new device
 */
void camex_deferred_init(struct camex_dev *cdev)
{
	init_llist_head(&cdev->deferred.frames);
	atomic_set(&cdev->deferred.waiting, 0);
	atomic_set(&cdev->deferred.dropped, 0);
	tasklet_setup(&cdev->deferred.task, send_deferred);
}

/**
 * camex_deferred_clear() - drop all waiting frames
 * @cdev: the device; netpoll has left it
 *
 * Context: RTNL, may sleep.
 */
void camex_deferred_clear(struct camex_dev *cdev)
{
	struct llist_node *node, *next;

	tasklet_kill(&cdev->deferred.task);
	node = llist_del_all(&cdev->deferred.frames);
	for (; node; node = next) {
		next = node->next;
		kfree_skb(first_frame(node));
	}
}
#endif /* CONFIG_NETPOLL */
