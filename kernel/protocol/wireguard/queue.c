// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handshake messages wait for a worker in a queue of bounded length. A group of sources may fill a
 * quarter of the room that is left, so a flood from one source never keeps out the others.
 */
#include <linux/net.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "core/compat.h"
#include "protocol/wireguard/queue.h"
#include "protocol/wireguard/session.h"
#include "protocol/wireguard/wireguard.h"

/* The load counts as heavy for this long after the queue was last so full. */
#define LOAD_LASTS	((u64)NSEC_PER_SEC)
/* A group may always queue this many. */
#define GROUP_LEAST	8U

/**
 * camex_wg_queue_init() - initialize an empty, closed queue
 * @queue: the queue
 * @work: the work function, called with the work of a struct camex_wg_worker
 */
void camex_wg_queue_init(struct camex_wg_queue *queue, work_func_t work)
{
	int i;

	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->list);
	for (i = 0; i < CAMEX_WG_WORKERS; i++) {
		INIT_WORK(&queue->works[i].work, work);
		queue->works[i].queue = queue;
	}
}

/**
 * camex_wg_queue_open() - accept messages from now on
 * @queue: the queue
 */
void camex_wg_queue_open(struct camex_wg_queue *queue)
{
	spin_lock_bh(&queue->lock);
	queue->open = true;
	spin_unlock_bh(&queue->lock);
}

/**
 * camex_wg_queue_close() - drop all messages, accept no more, and wait for the workers
 * @queue: the queue
 *
 * Context: may sleep.
 */
void camex_wg_queue_close(struct camex_wg_queue *queue)
{
	struct camex_wg_message *message, *next;
	LIST_HEAD(gone);
	int i;

	spin_lock_bh(&queue->lock);
	queue->open = false;
	list_splice_init(&queue->list, &gone);
	queue->n = 0;
	memset(queue->waiting, 0, sizeof(queue->waiting));
	spin_unlock_bh(&queue->lock);
	list_for_each_entry_safe(message, next, &gone, node)
		kfree(message);
	for (i = 0; i < CAMEX_WG_WORKERS; i++) {
		cancel_work_sync(&queue->works[i].work);
		camex_aead_key_free(&queue->works[i].spare[0]);
		camex_aead_key_free(&queue->works[i].spare[1]);
	}
}

/* Sources with the same IPv4 address, or in the same IPv6 /64, are in one group. */
static u16 group_of(const struct camex_addr *addr)
{
	static siphash_key_t secret;
	u64 network = addr->family == AF_INET6 ? get_unaligned((const u64 *)&addr->v6) :
						 (__force u32)addr->v4;

	net_get_random_once(&secret, sizeof(secret));
	return siphash_1u64(network, &secret) % CAMEX_WG_QUEUE_GROUPS;
}

static bool has_room(const struct camex_wg_queue *queue, u16 group)
{
	unsigned int left = CAMEX_WG_QUEUE_MAX - queue->n;

	return left && queue->waiting[group] < max(left / 4, GROUP_LEAST);
}

/**
 * camex_wg_queue_put() - queue a message
 * @queue: the queue
 * @skb: the message, at most CAMEX_WG_MESSAGE_MAX bytes
 * @from: its source
 *
 * Return: 0, or the drop counter.
 */
int camex_wg_queue_put(struct camex_wg_queue *queue, const struct sk_buff *skb,
		       const struct camex_source *from)
{
	struct camex_wg_message *message;
	int why = CAMEX_A_STATS_QUEUE_FULL;
	u16 group = group_of(&from->addr);

	/* Copy nothing if the queue is full. Checked again below, under the lock. */
	if (READ_ONCE(queue->n) >= CAMEX_WG_QUEUE_MAX)
		return why;
	message = kmalloc(sizeof(*message), GFP_ATOMIC | __GFP_NOWARN);
	if (!message)
		return CAMEX_A_STATS_NO_MEMORY;
	message->from = *from;
	message->group = group;
	message->len = skb->len;
	if (skb_copy_bits(skb, 0, message->data, skb->len)) {
		kfree(message);
		return CAMEX_A_STATS_MALFORMED;
	}
	spin_lock_bh(&queue->lock);
	if (queue->open && has_room(queue, group)) {
		list_add_tail(&message->node, &queue->list);
		queue->n++;
		queue->waiting[group]++;
		/* Under the lock, so that no worker is woken once the queue is closed. */
		queue->turn = (queue->turn + 1) % CAMEX_WG_WORKERS;
		queue_work(camex_wg_workqueue, &queue->works[queue->turn].work);
		message = NULL;
		why = 0;
	}
	spin_unlock_bh(&queue->lock);
	kfree(message);
	return why;
}

/**
 * camex_wg_queue_take() - take the oldest message
 * @queue: the queue
 * @load: result: the load is heavy, or was within the last second
 *
 * Return: the message, for kfree(), or NULL.
 */
struct camex_wg_message *camex_wg_queue_take(struct camex_wg_queue *queue, bool *load)
{
	struct camex_wg_message *message;
	u64 now = camex_wg_now();

	spin_lock_bh(&queue->lock);
	if (queue->n >= CAMEX_WG_QUEUE_LOAD)
		queue->loaded_at = now;
	*load = queue->loaded_at && !camex_wg_older(queue->loaded_at, LOAD_LASTS, now);
	message = list_first_entry_or_null(&queue->list, struct camex_wg_message, node);
	if (message) {
		list_del(&message->node);
		queue->n--;
		queue->waiting[message->group]--;
	}
	spin_unlock_bh(&queue->lock);
	return message;
}
