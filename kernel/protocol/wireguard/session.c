// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/trace.h"
#include "protocol/wireguard/session.h"
#include "protocol/wireguard/wireguard.h"

/**
 * camex_wg_session_new() - allocate a session without keys
 * @peer: the peer
 * @suite: its suite
 * @spare: two keys from camex_aead_key_alloc() for the suite's cipher; the session takes them over.
 *	Zeros or NULL if there are none: ChaCha20-Poly1305 needs none
 *
 * Return: the session, for camex_wg_sessions_add() or camex_wg_session_drop(); or NULL without
 * memory.
 */
struct camex_wg_session *camex_wg_session_new(struct camex_peer *peer,
					      const struct camex_noise_suite *suite,
					      struct camex_aead_key *spare)
{
	struct camex_wg_session *session;

	if (suite->cipher->alloc && (!spare || !spare[0].cipher || !spare[1].cipher))
		return NULL;
	session = camex_zalloc(peer->cdev, sizeof(*session));
	if (!session)
		return NULL;
	if (suite->cipher->alloc) {
		session->opens = spare[0];
		session->seals = spare[1];
		memset(spare, 0, 2 * sizeof(*spare));
	}
	spin_lock_init(&session->window.lock);
	camex_receiver_init(&session->receiver, &session->opens, peer);
	session->suite = suite;
	session->index.kind = CAMEX_INDEX_SESSION;
	session->sends = true;
	session->born = camex_wg_now();
	return session;
}

static void free_session(struct rcu_head *rcu)
{
	struct camex_wg_session *session = container_of(rcu, struct camex_wg_session, rcu);

	camex_aead_key_free(&session->opens);
	camex_aead_key_free(&session->seals);
	kfree_sensitive(session);
}

/**
 * camex_wg_session_drop() - end a session
 * @session: the session, not (or no longer) among those of its peer; or NULL. It is wiped and
 *	freed after a grace period
 *
 * Context: camex_dev.lock held.
 */
void camex_wg_session_drop(struct camex_wg_session *session)
{
	struct camex_wg_dev *dev;

	if (!session)
		return;
	dev = camex_dev_own(session->receiver.peer->cdev);
	lockdep_assert_held(&dev->cdev->lock);
	camex_index_remove(&dev->indices, &session->index);
	WRITE_ONCE(session->sends, false);
	RCU_INIT_POINTER(session->receiver.window, NULL);
	spin_lock(&session->window.lock);
	session->window.closed = true;
	spin_unlock(&session->window.lock);
	trace_camex_session_close(session->receiver.peer);
	call_rcu(&session->rcu, free_session);
}

/* Replace a session by another one or none. Returns the old one. */
static struct camex_wg_session *swap_session(struct camex_wg_session __rcu **at,
					     struct camex_wg_session *session)
{
	/* camex_dev.lock */
	return rcu_replace_pointer(*at, session, true);
}

/**
 * camex_wg_sessions_add() - add a session that a handshake has made
 * @sessions: the sessions of the peer
 * @session: the new session, already in the table of indices
 *
 * The initiator sends under it at once. The responder waits until the initiator's first datagram
 * has proved that both have the same keys.
 *
 * Context: camex_dev.lock held.
 */
void camex_wg_sessions_add(struct camex_wg_sessions *sessions,
			   struct camex_wg_session *session)
{
	struct camex_wg_session *old;

	/* Publish the window after the keys: see find_session(). */
	rcu_assign_pointer(session->receiver.window, &session->window);
	if (!session->initiator) {
		camex_wg_session_drop(swap_session(&sessions->next, session));
		camex_wg_session_drop(swap_session(&sessions->previous, NULL));
		return;
	}
	/* If both ends began a handshake, the peer may still begin to send under its own. */
	old = swap_session(&sessions->next, NULL);
	if (old)
		camex_wg_session_drop(swap_session(&sessions->sending, session));
	else
		old = swap_session(&sessions->sending, session);
	camex_wg_session_drop(swap_session(&sessions->previous, old));
}

/**
 * camex_wg_sessions_confirm() - note that an authentic datagram of a session was received
 * @sessions: the sessions of the peer
 * @session: the session
 *
 * Context: camex_dev.lock held.
 * Return: true if it was the next session; it is used for sending from now on.
 */
bool camex_wg_sessions_confirm(struct camex_wg_sessions *sessions,
			       struct camex_wg_session *session)
{
	struct camex_wg_session *old;

	if (rcu_access_pointer(sessions->next) != session)
		return false;
	RCU_INIT_POINTER(sessions->next, NULL);
	old = swap_session(&sessions->sending, session);
	camex_wg_session_drop(swap_session(&sessions->previous, old));
	return true;
}

static void stop_sending(struct camex_wg_session __rcu **at)
{
	struct camex_wg_session *session = rcu_dereference_protected(*at, true);

	if (session)
		WRITE_ONCE(session->sends, false);
}

/**
 * camex_wg_sessions_stop() - stop sending under the existing sessions
 * @sessions: the sessions, which still receive
 *
 * Context: camex_dev.lock held.
 */
void camex_wg_sessions_stop(struct camex_wg_sessions *sessions)
{
	stop_sending(&sessions->sending);
	stop_sending(&sessions->next);
}

/**
 * camex_wg_sessions_clear() - end all sessions, and erase their keys
 * @sessions: the sessions
 *
 * Context: camex_dev.lock held.
 */
void camex_wg_sessions_clear(struct camex_wg_sessions *sessions)
{
	camex_wg_session_drop(swap_session(&sessions->next, NULL));
	camex_wg_session_drop(swap_session(&sessions->sending, NULL));
	camex_wg_session_drop(swap_session(&sessions->previous, NULL));
}
