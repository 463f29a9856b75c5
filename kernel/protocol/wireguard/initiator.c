// SPDX-License-Identifier: GPL-2.0-only
/* The initiator's side of a handshake: send the initiation, process the response. */
#include <linux/ktime.h>

#include "core/compat.h"
#include "core/staged.h"
#include "core/timer.h"
#include "protocol/wireguard/data.h"
#include "protocol/wireguard/handshake.h"

/* Minimum time between initiations, nanoseconds; timer and clock may differ by two ticks. */
#define INITIATE_EVERY	(5 * (u64)NSEC_PER_SEC - 2 * TICK_NSEC)

/* Devices with more peers than this do not prepare handshakes. */
#define PREPARE_MOST	1024

/* May a handshake begin? A guess without the lock; begin_initiation() checks again. */
static bool may_initiate(const struct camex_peer *peer, u64 now)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);
	u64 last = READ_ONCE(own->shaken_at);

	return rcu_access_pointer(peer->endpoint) &&
	       (!last || camex_wg_older(last, INITIATE_EVERY, now));
}

static void queue_initiation(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	if (!may_initiate(peer, camex_wg_now()) ||
	    (READ_ONCE(own->wanted) && work_pending(&own->initiate)))
		return;
	spin_lock_bh(&peer->cdev->lock);
	/* Whoever cancels the work has made this false before. */
	if (camex_wg_is_alive(own)) {
		WRITE_ONCE(own->wanted, true);
		queue_work(camex_wg_workqueue, &own->initiate);
	}
	spin_unlock_bh(&peer->cdev->lock);
}

/**
 * camex_wg_handshake_prepare() - compute in advance what the first handshake with a peer needs
 * @peer: a peer with an endpoint, with which a handshake is likely
 *
 * Not for very many peers: an urgent handshake would have to wait for all of them.
 *
 * Context: camex_dev.lock held.
 */
void camex_wg_handshake_prepare(struct camex_peer *peer)
{
	const struct camex_wg_dev *dev = camex_dev_own(peer->cdev);
	struct camex_wg_peer *own = camex_peer_own(peer);

	if (unlikely(own->computed != dev->changes) && camex_wg_is_alive(own) &&
	    atomic_read(&dev->peers.nelems) <= PREPARE_MOST)
		queue_work(camex_wg_workqueue, &own->initiate);
}

/**
 * camex_wg_handshake_request() - begin a handshake, unless one has just begun
 * @peer: the peer; without an endpoint nothing is done
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_wg_handshake_request(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	if (READ_ONCE(own->timers.tries))
		WRITE_ONCE(own->timers.tries, 0);
	queue_initiation(peer);
}

/**
 * camex_wg_forget_source() - let the route choose the source address towards a silent peer
 * @peer: the peer
 *
 * The local address at which the peer was last heard may no longer work.
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_wg_forget_source(struct camex_peer *peer)
{
	const struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);
	static const struct camex_addr any;

	if (!ep || !ep->from.family)
		return;
	spin_lock(&peer->cdev->lock);
	/* Not if the peer has moved meanwhile. */
	if (!peer->dead && rcu_access_pointer(peer->endpoint) == ep)
		camex_peer_move(peer, &ep->to, &any);
	spin_unlock(&peer->cdev->lock);
}

/**
 * camex_wg_handshake_retry() - repeat an initiation that was not answered
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_wg_handshake_retry(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	queue_initiation(peer);
	/* If nothing was sent (no endpoint, or too early), schedule the next attempt here. */
	spin_lock(&peer->cdev->lock);
	if (camex_wg_is_alive(own) && !own->timers.initiated.is) {
		camex_wg_timers_initiated(&own->timers, jiffies);
		camex_peer_wake(peer, jiffies + CAMEX_WG_RETRY_AFTER);
	}
	spin_unlock(&peer->cdev->lock);
}

/* If an initiation may be sent now: draw an index, and copy keys and time stamp. */
static bool begin_initiation(struct camex_wg_peer *own, struct camex_wg_keys *keys, u8 *stamp)
{
	struct camex_wg_dev *dev = camex_dev_own(own->peer->cdev);
	struct camex_peer *peer = own->peer;
	u64 now = camex_wg_now();
	bool ok;

	spin_lock_bh(&peer->cdev->lock);
	ok = may_initiate(peer, now) && camex_wg_keys_copy(own, keys);
	if (ok) {
		camex_wg_handshake_forget(peer);
		WRITE_ONCE(own->shaken_at, now);
		camex_peer_asked(peer);
		camex_timestamp_next(own->stamp, ktime_get_real_ns());
		memcpy(stamp, own->stamp, CAMEX_WG_TIMESTAMP);
		camex_wg_timers_initiated(&own->timers, jiffies);
		camex_peer_wake(peer, jiffies + CAMEX_WG_RETRY_AFTER + own->timers.jitter);
		ok = !camex_index_insert(&dev->indices, &own->index);
	}
	spin_unlock_bh(&peer->cdev->lock);
	return ok;
}

/* Store the handshake: from now on a response is accepted. */
static bool keep_handshake(struct camex_wg_peer *own, const struct camex_wg_keys *keys,
			   const struct camex_noise_handshake *hs)
{
	struct camex_dev *cdev = own->peer->cdev;
	bool ok;

	spin_lock_bh(&cdev->lock);
	ok = camex_wg_keys_hold(own, keys) && own->index.listed &&
	     own->index.value == hs->local_index;
	if (ok)
		own->handshake = *hs;
	spin_unlock_bh(&cdev->lock);
	return ok;
}

static bool take_wanted(struct camex_wg_peer *own)
{
	struct camex_dev *cdev = own->peer->cdev;
	bool wanted;

	spin_lock_bh(&cdev->lock);
	wanted = own->wanted;
	WRITE_ONCE(own->wanted, false);
	spin_unlock_bh(&cdev->lock);
	return wanted;
}

static void prepare_keys(struct camex_wg_peer *own)
{
	struct camex_dev *cdev = own->peer->cdev;
	struct camex_wg_keys keys;
	bool ok;

	spin_lock_bh(&cdev->lock);
	ok = camex_wg_keys_copy(own, &keys);
	spin_unlock_bh(&cdev->lock);
	if (ok)
		camex_wg_keys_complete(own, &keys);
	memzero_explicit(&keys, sizeof(keys));
}

static void send_initiation(struct camex_wg_peer *own)
{
	struct camex_wg_initiation message;
	struct camex_noise_handshake hs;
	u8 stamp[CAMEX_WG_TIMESTAMP];
	struct camex_wg_keys keys;

	if (!begin_initiation(own, &keys, stamp))
		goto out;
	/* The timer tries again in a few seconds. */
	if (!camex_wg_is_random())
		goto out;
	camex_wg_keys_complete(own, &keys);
	if (camex_noise_create_initiation(&message, &hs, &keys.local, &keys.remote,
					  own->index.value, stamp) &&
	    keep_handshake(own, &keys, &hs))
		camex_wg_send_to_peer(own, &message, sizeof(message));
	camex_noise_forget(&hs);
out:
	memzero_explicit(&keys, sizeof(keys));
}

/**
 * camex_wg_handshake_initiate() - send an initiation, or compute what the next one needs
 * @work: camex_wg_peer.initiate
 *
 * Context: process. The work is cancelled before the peer is freed.
 */
void camex_wg_handshake_initiate(struct work_struct *work)
{
	struct camex_wg_peer *own = container_of(work, struct camex_wg_peer, initiate);

	if (take_wanted(own))
		send_initiation(own);
	else
		prepare_keys(own);
}

/* Find the handshake that a response belongs to, and copy it and the keys. NULL if none. */
static struct camex_wg_peer *find_handshake(struct camex_wg_dev *dev, u32 value,
					    struct camex_noise_handshake *hs,
					    struct camex_wg_keys *keys)
{
	struct camex_index *index = camex_index_find(&dev->indices, value);
	struct camex_wg_peer *own;
	bool ok;

	if (!index || index->kind != CAMEX_INDEX_HANDSHAKE)
		return NULL;
	own = container_of(index, struct camex_wg_peer, index);
	spin_lock_bh(&dev->cdev->lock);
	ok = own->handshake.stage == CAMEX_NOISE_INITIATION_CREATED &&
	     own->handshake.local_index == value && camex_wg_keys_copy(own, keys);
	if (ok)
		*hs = own->handshake;
	spin_unlock_bh(&dev->cdev->lock);
	return ok ? own : NULL;
}

/* Replace the handshake by the session that the response has completed. */
static int replace_handshake(struct camex_wg_peer *own, struct camex_noise_handshake *hs,
			     const struct camex_wg_keys *keys, struct camex_aead_key *spare)
{
	struct camex_wg_session *session = camex_wg_session_new(own->peer, hs->suite,
								spare);
	struct camex_dev *cdev = own->peer->cdev;
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	u32 value = hs->local_index;
	bool ok;

	if (!session)
		return CAMEX_A_STATS_NO_MEMORY;
	ok = camex_wg_session_finish(session, hs, true);
	spin_lock_bh(&cdev->lock);
	ok = ok && camex_wg_keys_hold(own, keys) &&
	     own->handshake.stage == CAMEX_NOISE_INITIATION_CREATED &&
	     own->handshake.local_index == value &&
	     camex_index_replace(&dev->indices, &own->index, &session->index);
	if (ok) {
		camex_noise_forget(&own->handshake);
		camex_wg_session_join(own, session);
	} else {
		camex_wg_session_drop(session);
	}
	spin_unlock_bh(&cdev->lock);
	return ok ? 0 : CAMEX_A_STATS_UNKNOWN_PEER;
}

/* The first datagram of a session confirms the keys to the responder. */
static void send_first(struct camex_wg_peer *own)
{
	const struct camex_wg_session *session;

	rcu_read_lock_bh();
	camex_staged_send(own->peer);
	session = rcu_dereference_bh(own->sessions.sending);
	if (session && !atomic64_read(&session->next))
		camex_wg_send_keepalive(own->peer);
	rcu_read_unlock_bh();
}

/**
 * camex_wg_take_response() - process the response to our initiation
 * @dev: the device
 * @message: the response, with valid MACs
 *
 * Context: RCU reader, in a process.
 * Return: 0, or the drop counter.
 */
int camex_wg_take_response(struct camex_wg_dev *dev, const struct camex_wg_message *message)
{
	const struct camex_wg_response *response = (const void *)message->data;
	struct camex_noise_handshake hs = {};
	struct camex_wg_peer *own;
	struct camex_wg_keys keys;
	int why;

	why = CAMEX_A_STATS_UNKNOWN_PEER;
	own = find_handshake(dev, camex_wg_get32(response->receiver), &hs, &keys);
	if (!own)
		goto out;
	why = CAMEX_A_STATS_AUTH_FAILED;
	if (hs.suite->first_type != camex_wg_first_type(response->type[0]))
		goto out;
	if (!camex_noise_consume_response(&hs, response, &keys.local, &keys.remote))
		goto out;
	why = replace_handshake(own, &hs, &keys, message->spare);
	if (why)
		goto out;
	camex_wg_note_message(own, message);
	send_first(own);
out:
	camex_noise_forget(&hs);
	memzero_explicit(&keys, sizeof(keys));
	return why;
}
