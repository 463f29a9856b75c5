// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of a handshake that initiator and responder share, and the session that it makes.
 *
 * A handshake costs each end about a million instructions, so workers compute it. A worker copies
 * the keys under camex_dev.lock, computes without the lock, and takes the lock again to check that
 * the result is still wanted.
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
 * camex_wg_is_alive() - check that handshakes and sessions with a peer are possible
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
 * Return: false if camex_wg_is_alive() is.
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
 * camex_wg_keys_hold() - check that a copy of the keys is still valid
 * @own: the peer
 * @keys: the copy
 *
 * Context: camex_dev.lock held.
 * Return: false if the keys have changed, or camex_wg_is_alive() is false.
 */
bool camex_wg_keys_hold(const struct camex_wg_peer *own, const struct camex_wg_keys *keys)
{
	const struct camex_wg_dev *dev = camex_dev_own(own->peer->cdev);

	return camex_wg_is_alive(own) && dev->changes == keys->changes &&
	       !memcmp(own->remote.public_key, keys->remote.public_key, CAMEX_KEY_LEN);
}

/**
 * camex_wg_keys_complete() - compute the shared secret of both static keys, and store it
 * @own: the peer
 * @keys: the copy, which receives the secret
 *
 * Not computed before it is needed if the peer has no endpoint: a device may have many peers that
 * never appear.
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
 * camex_wg_session_finish() - fill in a session from its handshake
 * @session: the session
 * @hs: the handshake, which is wiped
 * @initiator: this end began it
 *
 * Return: false if the handshake has no keys.
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

/* Note that a handshake is complete: both ends have its keys. */
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
 * camex_wg_session_join() - add a complete session to those of its peer
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
	/* From now on check the timers, in which packets leave notes. */
	camex_peer_wake(peer, jiffies + CAMEX_WG_KEEPALIVE_AFTER);
	if (session->initiator)
		note_done(own);
}

/**
 * camex_wg_handshake_confirm() - the peer has used the next session: send under it too
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
 * camex_wg_note_message() - note an authentic handshake message, and follow its source
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
 * camex_wg_handshake_forget() - abandon the handshake that this end began
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
