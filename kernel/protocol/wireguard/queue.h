/* SPDX-License-Identifier: GPL-2.0-only */
/* Handshake messages that wait for a worker. */
#ifndef CAMEX_WG_QUEUE_H
#define CAMEX_WG_QUEUE_H

#include <linux/workqueue.h>

#include "core/protocol.h"

/* Capacity, and the number of queued messages from which on the load is heavy. */
#define CAMEX_WG_QUEUE_MAX	4096
#define CAMEX_WG_QUEUE_LOAD	(CAMEX_WG_QUEUE_MAX / 8)
/* Number of groups of sources; each may use a part of the room that is left. */
#define CAMEX_WG_QUEUE_GROUPS	1024
/* Bytes of the longest message. */
#define CAMEX_WG_MESSAGE_MAX	148

/**
 * struct camex_wg_message - a handshake message that was received
 * @node: in camex_wg_queue.list
 * @from: its source
 * @group: group of its source
 * @spare: its worker's preallocated keys for the session that it may create
 * @len: length of @data
 * @data: its bytes
 */
struct camex_wg_message {
	struct list_head node;
	struct camex_source from;
	struct camex_aead_key *spare;
	u16 group;
	u16 len;
	u8 data[CAMEX_WG_MESSAGE_MAX] __aligned(4);
};

/* Workers of a queue. */
#define CAMEX_WG_WORKERS	4

/**
 * struct camex_wg_worker - a worker that processes messages
 * @work: runs until the queue is empty
 * @queue: the queue
 * @spare: two preallocated keys for the next session whose cipher needs them, or zeros
 */
struct camex_wg_worker {
	struct work_struct work;
	struct camex_wg_queue *queue;
	struct camex_aead_key spare[2];
};

/**
 * struct camex_wg_queue - queued handshake messages of a device
 * @lock: protects the rest
 * @list: the messages
 * @n: number of messages
 * @open: messages are accepted
 * @loaded_at: camex_wg_now() of the last heavy load; 0: none yet
 * @works: the workers
 * @turn: index of the worker that is woken next
 * @waiting: number of messages of each group
 */
struct camex_wg_queue {
	spinlock_t lock;	/* protects the members below */
	struct list_head list;
	unsigned int n;
	bool open;
	u64 loaded_at;
	struct camex_wg_worker works[CAMEX_WG_WORKERS];
	unsigned int turn;
	u16 waiting[CAMEX_WG_QUEUE_GROUPS];
};

void camex_wg_queue_init(struct camex_wg_queue *queue, work_func_t work);
void camex_wg_queue_open(struct camex_wg_queue *queue);
void camex_wg_queue_close(struct camex_wg_queue *queue);
int camex_wg_queue_put(struct camex_wg_queue *queue, const struct sk_buff *skb,
		       const struct camex_source *from);
struct camex_wg_message *camex_wg_queue_take(struct camex_wg_queue *queue, bool *load);

#endif /* CAMEX_WG_QUEUE_H */
