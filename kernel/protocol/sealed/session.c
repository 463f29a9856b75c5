// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <linux/slab.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/memory.h"
#include "protocol/sealed/key.h"

static const struct rhashtable_params by_prefix = {
	.key_len = sizeof(u32),
	.key_offset = offsetof(struct camex_session, prefix),
	.head_offset = offsetof(struct camex_session, node),
	.automatic_shrinking = true,
};

/**
 * camex_sessions_init() - set up the table of sessions
 * @cdev: a new device
 *
 * Return: 0 or a negative errno.
 */
int camex_sessions_init(struct camex_dev *cdev)
{
	return rhltable_init(&camex_sealed_of_dev(cdev)->sessions, &by_prefix);
}

/**
 * camex_sessions_free() - free the empty table
 * @cdev: a device without peers
 */
void camex_sessions_free(struct camex_dev *cdev)
{
	rhltable_destroy(&camex_sealed_of_dev(cdev)->sessions);
}

/**
 * camex_session_bucket() - the sessions of all peers with a prefix
 * @cdev: the device
 * @prefix: first 4 bytes of the nonce
 *
 * Context: RCU reader, or camex_dev.lock held.
 * Return: a list for rhl_for_each_entry_rcu(), or NULL.
 */
struct rhlist_head *camex_session_bucket(struct camex_dev *cdev, u32 prefix)
{
	return rhltable_lookup(&camex_sealed_of_dev(cdev)->sessions, &prefix, by_prefix);
}

static int insert_session(struct camex_dev *cdev, struct camex_session *session)
{
	refcount_inc(&session->key->users);
	if (!rhltable_insert(&camex_sealed_of_dev(cdev)->sessions, &session->node, by_prefix))
		return 0;
	camex_key_put(session->key);
	return -ENOMEM;
}

#ifdef CAMEX_KUNIT
/* Random values that the tests set. */
u32 camex_test_prefixes = U32_MAX;
EXPORT_SYMBOL_GPL(camex_test_prefixes);
#else
#define camex_test_prefixes	U32_MAX
#endif

/**
 * camex_session_clock() - the wall clock
 *
 * Return: nanoseconds since 1970, or 0 while the clock is not set.
 */
u64 camex_session_clock(void)
{
	u64 now = camex_clock_wall();

	return now < CAMEX_CLOCK_MIN || now >= CAMEX_SEQ_LIMIT / 2 ? 0 : now;
}

/*
 * The first sequence of a session for sending: the clock; or, while the clock is not set, a random
 * number below all clocks. It is never below a sequence that was reached before.
 */
static u64 first_seq(struct camex_sealed_dev *own)
{
	u64 start = camex_session_clock();

	if (!start)
		start = CAMEX_SEQ_RANDOM |
			(get_random_u64() & (CAMEX_SEQ_RANDOM - 1));
	own->last_start = max(start, own->last_start + 1);
	return own->last_start;
}

/*
 * Note how far a session got, so that no later one starts below, even if the clock is set back. The
 * sequence of a session that was used up early is negative: clear the sign.
 */
static void note_reached(struct camex_dev *cdev, const struct camex_session_tx *tx)
{
	struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);
	u64 at = atomic64_read(&tx->next) & (CAMEX_SEQ_LIMIT - 1);

	own->last_start = max(own->last_start, min(at, CAMEX_SEQ_LIMIT / 2));
}

/**
 * camex_session_tx_new() - make a session for sending
 * @peer: the receiver
 * @key: its key
 *
 * The prefix is random, and differs from all prefixes that are known under the key, sent and
 * received.
 *
 * Context: camex_dev.lock held.
 * Return: the session, or NULL without memory.
 */
struct camex_session_tx *camex_session_tx_new(struct camex_peer *peer,
					      struct camex_key *key)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_session_tx *tx;
	struct camex_session *at;
	struct rhlist_head *list, *pos;

	lockdep_assert_held(&cdev->lock);
	tx = rcu_dereference_protected(camex_sealed_of(peer)->tx, lockdep_is_held(&cdev->lock));
	if (tx)
		note_reached(cdev, tx);
	tx = camex_zalloc(cdev, sizeof(*tx));
	if (!tx)
		return NULL;
	tx->base.sends = true;
	tx->base.key = key;
	tx->base.peer = peer;
	INIT_LIST_HEAD(&tx->base.peer_node);
	/* Read the offset before the clock, so that a step in between is noticed. */
	tx->offset = camex_clock_offset();
	tx->base.first = first_seq(camex_sealed_of_dev(cdev));
	atomic64_set(&tx->next, tx->base.first);
	if (unlikely(camex_clock_hibernates()))
		camex_session_use_up(tx);

	rcu_read_lock();
draw:
	tx->base.prefix = get_random_u32() & camex_test_prefixes;
	list = camex_session_bucket(cdev, tx->base.prefix);
	rhl_for_each_entry_rcu(at, pos, list, node)
		if (at->key == key)
			goto draw;
	rcu_read_unlock();

	if (insert_session(cdev, &tx->base)) {
		kfree(tx);
		return NULL;
	}
	camex_clock_watch(tx->offset);
	return tx;
}

/**
 * camex_session_rx_new() - make a session for receiving, not open yet
 * @peer: the sender
 * @key: its key
 * @prefix: first 4 bytes of its nonces
 *
 * Context: camex_dev.lock held.
 * Return: the session, not on a list of the peer yet, or NULL without memory.
 */
struct camex_session_rx *camex_session_rx_new(struct camex_peer *peer,
					      struct camex_key *key, u32 prefix)
{
	struct camex_session_rx *rx;

	lockdep_assert_held(&peer->cdev->lock);
	rx = camex_zalloc(peer->cdev, sizeof(*rx));
	if (!rx)
		return NULL;
	rx->base.key = key;
	rx->base.peer = peer;
	rx->base.prefix = prefix;
	camex_receiver_init(&rx->receiver, &key->aead, peer);
	INIT_LIST_HEAD(&rx->base.peer_node);
	if (insert_session(peer->cdev, &rx->base)) {
		kfree(rx);
		return NULL;
	}
	return rx;
}

/**
 * camex_session_rx_open() - open a session for receiving
 * @rx: a new or closed session
 * @seq: its first sequence
 *
 * Context: camex_dev.lock held.
 * Return: 0 or -ENOMEM.
 */
int camex_session_rx_open(struct camex_session_rx *rx, u64 seq)
{
	struct camex_window *window = camex_zalloc(rx->base.peer->cdev, sizeof(*window));

	lockdep_assert_held(&rx->base.peer->cdev->lock);
	if (!window)
		return -ENOMEM;
	spin_lock_init(&window->lock);
	if (rx->again)
		camex_replay_start_above(&window->replay, rx->top);
	rx->base.first = seq;
	rx->heard = jiffies;
	rx->settled = false;
	rx->waiting = false;
	rx->demoted = false;
	rcu_assign_pointer(rx->receiver.window, window);
	return 0;
}

/**
 * camex_session_top() - the highest accepted sequence
 * @rx: the session, open or closed
 *
 * Context: camex_dev.lock held.
 */
u64 camex_session_top(struct camex_session_rx *rx)
{
	struct camex_window *window =
		rcu_dereference_protected(rx->receiver.window,
					  lockdep_is_held(&rx->base.peer->cdev->lock));
	u64 top;

	if (!window)
		return rx->top;
	spin_lock(&window->lock);
	top = window->replay.top;
	spin_unlock(&window->lock);
	return top;
}

/**
 * camex_session_take() - check authentic datagrams against the replay window
 * @rx: their session
 * @seq: their sequences
 * @n: how many, at most 64
 * @highest: result: one of them is the highest so far
 *
 * Context: RCU reader, bottom halves off.
 * Return: a bit for each datagram: 1 to accept it; 0 if it was accepted before or is too old, or if
 * the session was closed meanwhile.
 */
u64 camex_session_take(struct camex_session_rx *rx, const u64 *seq,
		       unsigned int n, bool *highest)
{
	u64 fresh = camex_receiver_take(&rx->receiver, seq, n, highest);

	if (likely(fresh))
		camex_note_now(&rx->heard);
	return fresh;
}

static void close_rx(struct camex_session_rx *rx)
{
	struct camex_window *window =
		rcu_replace_pointer(rx->receiver.window, NULL,
				    lockdep_is_held(&rx->base.peer->cdev->lock));

	if (!window)
		return;
	spin_lock(&window->lock);
	window->closed = true;
	rx->top = window->replay.top;
	rx->again = true;
	spin_unlock(&window->lock);
	kfree_rcu(window, rcu);
}

/**
 * camex_session_close() - close a session: nothing is sent or accepted under it
 * @session: the session, which stays in the table so that its prefix is remembered
 *
 * Context: camex_dev.lock held.
 */
void camex_session_close(struct camex_session *session)
{
	lockdep_assert_held(&session->peer->cdev->lock);
	if (session->sends)
		note_reached(session->peer->cdev,
			     container_of(session, struct camex_session_tx, base));
	else
		close_rx(container_of(session, struct camex_session_rx, base));
}

static void session_free(struct rcu_head *rcu)
{
	struct camex_session *session = container_of(rcu, struct camex_session, rcu);

	camex_key_put(session->key);
	if (session->sends) {
		kfree(container_of(session, struct camex_session_tx, base));
		camex_clock_unwatch();
	} else {
		kfree(container_of(session, struct camex_session_rx, base));
	}
}

/**
 * camex_session_forget() - close a session and remove it from the table
 * @session: the session, removed from all lists; freed after a grace period
 *
 * Context: camex_dev.lock held.
 */
void camex_session_forget(struct camex_session *session)
{
	struct camex_sealed_dev *own = camex_sealed_of_dev(session->peer->cdev);

	camex_session_close(session);
	rhltable_remove(&own->sessions, &session->node, by_prefix);
	call_rcu(&session->rcu, session_free);
}

/**
 * camex_session_is_ours() - did we send this datagram ourselves
 * @cdev: the device
 * @key: the key that opened it
 * @prefix: its nonce's prefix
 * @seq: its nonce's sequence
 *
 * Context: RCU reader.
 * Return: true for a reflection.
 */
bool camex_session_is_ours(struct camex_dev *cdev, const struct camex_key *key,
			   u32 prefix, u64 seq)
{
	struct rhlist_head *list, *pos;
	struct camex_session *at;

	list = camex_session_bucket(cdev, prefix);
	rhl_for_each_entry_rcu(at, pos, list, node) {
		struct camex_session_tx *tx;

		if (!at->sends || at->key != key)
			continue;
		tx = container_of(at, struct camex_session_tx, base);
		if (seq >= at->first && seq < atomic64_read(&tx->next))
			return true;
	}
	return false;
}

/**
 * camex_session_use_up() - mark a session as used up: the next packet begins a new one
 * @tx: the session
 *
 * Context: RCU reader or camex_dev.lock held.
 */
void camex_session_use_up(struct camex_session_tx *tx)
{
	atomic64_or(CAMEX_SEQ_LIMIT, &tx->next);
}

/**
 * camex_session_next() - reserve the next sequences for sending
 * @tx: the session
 * @n: how many, one after the other
 * @seq: result: the first
 *
 * Return: false when the session is used up.
 */
bool camex_session_next(struct camex_session_tx *tx, unsigned int n, u64 *seq)
{
	*seq = atomic64_fetch_add(n, &tx->next);
	return likely(*seq + n <= CAMEX_SEQ_LIMIT);
}
