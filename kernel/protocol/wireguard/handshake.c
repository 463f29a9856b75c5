// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both ends of a handshake need, and what comes of it.
 *
 * A handshake costs both ends about a million instructions, so workers do it. Of what a worker
 * needs it makes a copy under camex_dev.lock; it computes without the lock, and looks under it
 * again whether what it has made is still wanted.
 */
#include <linux/ktime.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/staged.h"
#include "core/timer.h"
#include "core/trace.h"
#include "protocol/wireguard/data.h"
#include "protocol/wireguard/handshake.h"

/* --- keys --- */

/**
 * camex_wg_is_alive() - may anything go on with a peer
 * @own: the peer
 *
 * Context: camex_dev.lock held.
 */
bool camex_wg_is_alive(const struct camex_wg_peer *own)
{
	const struct camex_wg_dev *dev = camex_dev_own(own->peer->cdev);

	lockdep_assert_held(&own->peer->cdev->lock);
	return own->known && !own->peer->dead && dev->running && dev->local.has_key &&
	       !camex_clock_hibernates();
}

/**
 * camex_wg_keys_copy() - copy the static keys of both ends
 * @own: the peer
 * @keys: result
 *
 * Context: camex_dev.lock held.
 * Return: false when nothing may go on with that peer.
 */
bool camex_wg_keys_copy(const struct camex_wg_peer *own, struct camex_wg_keys *keys)
{
	const struct camex_wg_dev *dev = camex_dev_own(own->peer->cdev);

	if (!camex_wg_is_alive(own))
		return false;
	keys->local = dev->local;
	keys->remote = own->remote;
	keys->changes = dev->changes;
	keys->complete = own->computed == dev->changes;
	return true;
}

/**
 * camex_wg_keys_hold() - is a copy still what there is
 * @own: the peer
 * @keys: the copy
 *
 * Context: camex_dev.lock held.
 * Return: false also when nothing may go on with that peer any more.
 */
bool camex_wg_keys_hold(const struct camex_wg_peer *own, const struct camex_wg_keys *keys)
{
	const struct camex_wg_dev *dev = camex_dev_own(own->peer->cdev);

	return camex_wg_is_alive(own) && dev->changes == keys->changes &&
	       !memcmp(own->remote.public_key, keys->remote.public_key, CAMEX_KEY_LEN);
}

/**
 * camex_wg_keys_complete() - compute what both static keys make, and keep it
 * @own: the peer
 * @keys: the copy, which has it afterwards
 *
 * Where no endpoint is known this is left until it is needed first: a device may have many peers
 * that never come.
 *
 * Context: process.
 */
void camex_wg_keys_complete(struct camex_wg_peer *own, struct camex_wg_keys *keys)
{
	struct camex_dev *cdev = own->peer->cdev;

	if (keys->complete)
		return;
	camex_noise_remote_rekey(&keys->remote, &keys->local);
	spin_lock_bh(&cdev->lock);
	if (camex_wg_keys_hold(own, keys)) {
		own->remote.usable = keys->remote.usable;
		memcpy(own->remote.static_static, keys->remote.static_static, CAMEX_KEY_LEN);
		own->computed = keys->changes;
	}
	spin_unlock_bh(&cdev->lock);
}

/* --- sessions --- */

/**
 * camex_wg_session_finish() - fill in a session by what the handshake has made
 * @session: the session
 * @hs: the handshake, which is over afterwards
 * @initiator: we began it
 *
 * Return: false when it has made no keys.
 */
bool camex_wg_session_finish(struct camex_wg_session *session,
			     struct camex_noise_handshake *hs, bool initiator)
{
	const struct camex_cipher *cipher = session->suite->cipher;
	struct camex_noise_keys keys;
	bool ok;

	session->remote = hs->remote_index;
	session->initiator = initiator;
	ok = camex_noise_derive_keys(hs, &keys);
	if (ok) {
		camex_aead_key_set(&session->opens, cipher, keys.receive);
		camex_aead_key_set(&session->seals, cipher, keys.send);
	}
	memzero_explicit(&keys, sizeof(keys));
	return ok;
}

/* Both ends have the keys of a handshake. */
static void note_done(struct camex_wg_peer *own)
{
	struct camex_peer *peer = own->peer;

	lockdep_assert_held(&peer->cdev->lock);
	camex_wg_timers_done(&own->timers);
	own->done_at = camex_wg_now();
	own->done_wall = ktime_get_real_ns();
	WRITE_ONCE(own->renewed_late, false);
	WRITE_ONCE(own->gave_up, false);
	camex_peer_tell(peer, CAMEX_EVENT_HANDSHAKE);
}

/**
 * camex_wg_session_join() - a session that is complete joins the others of its peer
 * @own: the peer
 * @session: the session
 *
 * Context: camex_dev.lock held.
 */
void camex_wg_session_join(struct camex_wg_peer *own, struct camex_wg_session *session)
{
	struct camex_peer *peer = own->peer;

	lockdep_assert_held(&peer->cdev->lock);
	camex_wg_sessions_add(&own->sessions, session);
	trace_camex_session_open(peer);
	camex_wg_timers_derived(&own->timers, jiffies);
	/* What packets note is looked at from now on. */
	camex_peer_wake(peer, jiffies + CAMEX_WG_KEEPALIVE_AFTER);
	if (session->initiator)
		note_done(own);
}

/**
 * camex_wg_handshake_confirm() - a peer has used the next session
 * @peer: the peer
 * @session: the session
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_wg_handshake_confirm(struct camex_peer *peer, struct camex_wg_session *session)
{
	struct camex_wg_peer *own = camex_peer_own(peer);
	bool is_next;

	spin_lock(&peer->cdev->lock);
	is_next = camex_wg_sessions_confirm(&own->sessions, session);
	if (is_next)
		note_done(own);
	spin_unlock(&peer->cdev->lock);
	if (is_next)
		camex_staged_send(peer);
}

/**
 * camex_wg_note_message() - an authentic message came from a peer
 * @own: the peer
 * @message: the message
 *
 * Context: RCU reader, in a process.
 */
void camex_wg_note_message(struct camex_wg_peer *own, const struct camex_wg_message *message)
{
	rcu_read_lock_bh();
	camex_wg_follow_peer(own->peer, &message->from);
	camex_wg_timers_received(&own->timers, false, jiffies);
	camex_peer_heard(own->peer);
	camex_peer_count_rx(own->peer, message->len);
	rcu_read_unlock_bh();
}

/**
 * camex_wg_handshake_forget() - a response to our initiation is not taken any more
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 */
void camex_wg_handshake_forget(struct camex_peer *peer)
{
	struct camex_wg_dev *dev = camex_dev_own(peer->cdev);
	struct camex_wg_peer *own = camex_peer_own(peer);

	lockdep_assert_held(&peer->cdev->lock);
	camex_index_remove(&dev->indices, &own->index);
	camex_noise_forget(&own->handshake);
	WRITE_ONCE(own->shaken_at, 0);
}
