// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>

#include "core/compat.h"
#include "core/session.h"

static atomic64_t last_id = ATOMIC64_INIT(0);

/**
 * camex_receiver_init() - set up a session for receiving, closed
 * @receiver: its struct
 * @key: the key, which lives as long as the session
 * @peer: the peer
 */
void camex_receiver_init(struct camex_receiver *receiver, const struct camex_aead_key *key,
			 struct camex_peer *peer)
{
	receiver->key = key;
	receiver->peer = peer;
	RCU_INIT_POINTER(receiver->window, NULL);
	receiver->id = atomic64_inc_return(&last_id);
}

/**
 * camex_receiver_take() - check authentic datagrams against the replay window
 * @receiver: their session
 * @seq: their sequences
 * @n: how many, at most 64
 * @highest: result: one of them is the highest so far
 *
 * Context: RCU reader, bottom halves off.
 * Return: a bit for each datagram: 1 to accept it; 0 if it was accepted before or is too old, or if
 * the session was closed meanwhile.
 */
u64 camex_receiver_take(struct camex_receiver *receiver, const u64 *seq,
			unsigned int n, bool *highest)
{
	struct camex_window *window = rcu_dereference_bh(receiver->window);
	u64 fresh = 0, top = 0;
	unsigned int i;

	if (unlikely(!window))
		return 0;
	spin_lock(&window->lock);
	if (likely(!window->closed)) {
		for (i = 0; i < n; i++) {
			if (unlikely(!camex_replay_accept(&window->replay, seq[i])))
				continue;
			fresh |= BIT_ULL(i);
			top = max(top, seq[i]);
		}
	}
	*highest = fresh && window->replay.top == top;
	spin_unlock(&window->lock);
	return fresh;
}
