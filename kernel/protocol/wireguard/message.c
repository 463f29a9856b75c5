// SPDX-License-Identifier: GPL-2.0-only
/* Send handshake messages; take received ones from the queue, check and dispatch them. */
#include <linux/random.h>

#include "core/compat.h"
#include "core/drop.h"
#include "core/transport.h"
#include "protocol/wireguard/handshake.h"

/* DSCP of handshakes: AF41, as in WireGuard. */
#define DSFIELD		0x88

static bool send_message(struct camex_dev *cdev, struct camex_endpoint *ep,
			 const void *message, unsigned int len)
{
	struct camex_way way = {};
	struct sk_buff *skb;
	int why;

	why = cdev->transport->route(cdev, ep, &way);
	if (why)
		goto out;
	way.dsfield = DSFIELD;
	why = CAMEX_A_STATS_NO_MEMORY;
	skb = camex_wg_new_datagram(cdev, len);
	if (!skb)
		goto out;
	skb_put_data(skb, message, len);
	why = cdev->transport->send(cdev, ep, &way, skb);
out:
	if (why)
		camex_drop_sent(cdev, NULL, why, 1);
	return !why;
}

/**
 * camex_wg_send_to_peer() - send a handshake message to a peer's endpoint
 * @own: the peer
 * @message: the message; its MACs are filled in
 * @len: its bytes
 *
 * Context: process.
 */
void camex_wg_send_to_peer(struct camex_wg_peer *own, void *message, unsigned int len)
{
	struct camex_peer *peer = own->peer;
	struct camex_endpoint *ep;

	camex_cookie_add_macs(&own->cookie, message, len, camex_wg_now());
	rcu_read_lock_bh();
	camex_wg_timers_sent(&own->timers, false, jiffies);
	camex_note_now(&peer->live.sent);
	ep = rcu_dereference_bh(peer->endpoint);
	if (ep && send_message(peer->cdev, ep, message, len))
		camex_peer_count_tx(peer, len);
	rcu_read_unlock_bh();
}

/* The checker of the message's suite. */
static struct camex_cookie_checker *checker_of(struct camex_wg_dev *dev,
					       const struct camex_wg_message *message)
{
	return &dev->checkers[!!(message->data[0] & CAMEX_WG_TYPE_AES)];
}

/* Make the sender of a message prove its source address. */
static void send_cookie(struct camex_wg_dev *dev, const struct camex_wg_message *message)
{
	struct camex_endpoint there = {
		.to = message->from.addr,
		.from = message->from.local,
	};
	struct camex_wg_cookie_reply reply;

	camex_cookie_reply(checker_of(dev, message), &reply, message->data, message->len,
			   &message->from.addr, camex_wg_now());
	rcu_read_lock_bh();
	send_message(dev->cdev, &there, &reply, sizeof(reply));
	camex_path_set(&there, NULL);
	rcu_read_unlock_bh();
}

static int take_cookie(struct camex_wg_dev *dev, const struct camex_wg_message *message)
{
	const struct camex_wg_cookie_reply *reply = (const void *)message->data;
	struct camex_index *index;
	struct camex_wg_peer *own;

	index = camex_index_find(&dev->indices, camex_wg_get32(reply->receiver));
	if (!index)
		return CAMEX_A_STATS_UNKNOWN_PEER;
	if (index->kind == CAMEX_INDEX_HANDSHAKE)
		own = container_of(index, struct camex_wg_peer, index);
	else
		own = camex_peer_own(container_of(index, struct camex_wg_session,
						  index)->receiver.peer);
	return camex_cookie_consume(&own->cookie, reply, camex_wg_now()) ?
	       0 : CAMEX_A_STATS_AUTH_FAILED;
}

/* Check the MACs before any expensive computation. Returns 0 or the drop counter. */
static int check_macs(struct camex_wg_dev *dev, const struct camex_wg_message *message,
		      bool load)
{
	u64 now = camex_wg_now();

	if (!camex_cookie_check_mac1(checker_of(dev, message), message->data, message->len))
		return CAMEX_A_STATS_AUTH_FAILED;
	if (!load)
		return 0;
	if (!camex_cookie_check_mac2(checker_of(dev, message), message->data, message->len,
				     &message->from.addr, now)) {
		send_cookie(dev, message);
		return CAMEX_A_STATS_RATE_LIMITED;
	}
	if (!camex_wg_limit_source(dev->limits, &message->from.addr, now))
		return CAMEX_A_STATS_RATE_LIMITED;
	return 0;
}

static int take_message(struct camex_wg_dev *dev, const struct camex_wg_message *message,
			bool load)
{
	int why;

	switch (camex_wg_kind(message->data, message->len,
			      camex_noise_suite_of(message->data[0])->first_type)) {
	case CAMEX_WG_COOKIE:
		return take_cookie(dev, message);
	case CAMEX_WG_INITIATION:
		why = check_macs(dev, message, load);
		return why ?: camex_wg_take_initiation(dev, message);
	case CAMEX_WG_RESPONSE:
		why = check_macs(dev, message, load);
		return why ?: camex_wg_take_response(dev, message);
	}
	return CAMEX_A_STATS_MALFORMED;
}

/*
 * Sessions are made in RCU read sections, where allocating keys cannot sleep. So each worker
 * allocates two keys in advance. Keys that a message does not use stay for the next message.
 */
static void prepare_keys(struct camex_wg_dev *dev, struct camex_wg_worker *worker,
			 struct camex_wg_message *message)
{
	const struct camex_cipher *cipher = camex_noise_suite_of(message->data[0])->cipher;
	struct mem_cgroup *before;
	int i;

	message->spare = worker->spare;
	if (!cipher->alloc)
		return;
	before = camex_memcg_enter(dev->cdev->memcg);
	for (i = 0; i < ARRAY_SIZE(worker->spare); i++)
		if (!worker->spare[i].cipher)
			camex_aead_key_alloc(&worker->spare[i], cipher);
	camex_memcg_leave(before);
}

/**
 * camex_wg_handshake_work() - process queued handshake messages
 * @work: of a struct camex_wg_worker
 *
 * Context: process. The work is cancelled before the device is freed.
 */
void camex_wg_handshake_work(struct work_struct *work)
{
	struct camex_wg_worker *worker = container_of(work, struct camex_wg_worker, work);
	struct camex_wg_queue *queue = worker->queue;
	struct camex_wg_dev *dev = container_of(queue, struct camex_wg_dev, queue);
	struct camex_wg_message *message;
	bool load;
	int why;

	while ((message = camex_wg_queue_take(queue, &load))) {
		prepare_keys(dev, worker, message);
		rcu_read_lock();
		/* Drop if take_message() would sleep for random bytes. Peers try again. */
		why = camex_wg_is_random() ? take_message(dev, message, load) :
					     CAMEX_A_STATS_NO_KEY;
		rcu_read_unlock();
		if (why) {
			local_bh_disable();
			camex_drop_received(dev->cdev, NULL, why, 1);
			local_bh_enable();
		}
		kfree(message);
		cond_resched();
	}
}

/**
 * camex_wg_handshake_take() - queue a received handshake message
 * @cdev: the device
 * @skb: the message; not a data message
 * @from: its source
 *
 * Context: RCU reader, bottom halves off.
 * Return: 0, or the drop counter.
 */
int camex_wg_handshake_take(struct camex_dev *cdev, const struct sk_buff *skb,
			    const struct camex_source *from)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);

	return camex_wg_queue_put(&dev->queue, skb, from);
}
