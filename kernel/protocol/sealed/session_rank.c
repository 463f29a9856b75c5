// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many peers may share a key, and old peers start their sequence at 0 after each restart. So a
 * datagram that opens under a key proves who may have made it, but not when. It may be a
 * recording, and its source may not be the peer. The rules:
 *
 * - Under one prefix each sequence is accepted once. A peer has few open sessions. Closed sessions
 *   are remembered, and open again only above the sequence that they had reached.
 * - Clock-like sessions have an order: one that starts below what another one has reached is a
 *   recording.
 * - The open sessions are ranked. The endpoint follows a session to another host only after all
 *   sessions that rank before it have been silent for a while.
 */
#include <linux/rtnetlink.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/timer.h"
#include "core/trace.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/session_rank.h"

static struct camex_session_rx *to_rx(struct camex_session *session)
{
	return container_of(session, struct camex_session_rx, base);
}

static bool is_clock(u64 seq)
{
	return seq > CAMEX_SEQ_CLOCK;
}

/* --- opening and closing --- */

/* Note the sequence that a clock-like session has reached when it ends. */
static void reach_clock(struct camex_sealed_peer *own, u64 top)
{
	if (is_clock(top) && top > own->reached &&
	    top <= camex_session_clock() + CAMEX_SESSION_AHEAD)
		own->reached = top;
}

/* Append a closed session to its peer's list; the oldest may be dropped. */
static void remember_session(struct camex_peer *peer, struct camex_session *session)
{
	struct camex_closed *closed = &camex_sealed_of(peer)->closed[session->sends];
	struct camex_session *oldest;

	session->peer = peer;
	list_move_tail(&session->peer_node, &closed->list);
	if (closed->n < CAMEX_SESSIONS_CLOSED) {
		closed->n++;
		return;
	}
	oldest = list_first_entry(&closed->list, struct camex_session, peer_node);
	list_del(&oldest->peer_node);
	camex_session_forget(oldest);
}

/**
 * camex_session_retire() - close a session, and remember it
 * @session: an open session
 *
 * Context: camex_dev.lock held.
 */
void camex_session_retire(struct camex_session *session)
{
	struct camex_peer *peer = session->peer;

	camex_session_close(session);
	if (!session->sends) {
		struct camex_sealed_peer *own = camex_sealed_of(peer);
		struct camex_session_rx *rx = to_rx(session);

		if (is_clock(session->first))
			reach_clock(own, rx->top);
		if (own->endpoint_session == rx)
			own->endpoint_session = NULL;
		own->nopen--;
		trace_camex_session_close(peer);
	}
	remember_session(peer, session);
}

/* Another peer that has the key of a session. */
static struct camex_peer *find_heir(const struct camex_session *session)
{
	struct camex_sealed_peer *own;

	list_for_each_entry(own, &session->key->peers, key_node)
		if (camex_peer_of_sealed(own) != session->peer)
			return camex_peer_of_sealed(own);
	return NULL;
}

/**
 * camex_sessions_forget() - close all sessions of a peer, and forget them
 * @peer: the peer
 * @sends: true: all sessions for sending but the current one; false: those for receiving
 *
 * Datagrams that were sent under a shared key could still be reflected to us, so another peer with
 * the key gets the sessions for sending.
 *
 * Context: RTNL and camex_dev.lock held.
 */
void camex_sessions_forget(struct camex_peer *peer, bool sends)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_session *session, *next;

	ASSERT_RTNL();
	if (!sends) {
		list_for_each_entry(session, &own->open, peer_node)
			trace_camex_session_close(peer);
		list_splice_tail_init(&own->open, &own->closed[0].list);
		own->nopen = 0;
		own->endpoint_session = NULL;
		own->reached = 0;
	}
	list_for_each_entry_safe(session, next, &own->closed[sends].list,
				 peer_node) {
		struct camex_peer *other = sends ? find_heir(session) : NULL;

		if (other) {
			remember_session(other, session);
			continue;
		}
		list_del(&session->peer_node);
		camex_session_forget(session);
	}
	own->closed[sends].n = 0;
}

/* The highest sequence of a clock-like session that the peer has reached. */
static u64 reached_clock(struct camex_sealed_peer *own)
{
	struct camex_session *session;

	list_for_each_entry(session, &own->open, peer_node)
		if (is_clock(session->first))
			reach_clock(own, camex_session_top(to_rx(session)));
	return own->reached;
}

/* Insert the session by its rank. */
static void rank_session(struct camex_sealed_peer *own, struct camex_session_rx *rx)
{
	struct camex_session_rx *at;

	list_for_each_entry(at, &own->open, base.peer_node)
		if (at->demoted ||
		    (is_clock(rx->base.first) && is_clock(at->base.first) &&
		     rx->base.first > at->base.first))
			break;
	list_add_tail(&rx->base.peer_node, &at->base.peer_node);
}

static struct camex_session_rx *silent_longest(struct camex_sealed_peer *own)
{
	struct camex_session_rx *rx, *found = NULL;

	list_for_each_entry(rx, &own->open, base.peer_node)
		if (!found || time_before(rx->heard, found->heard))
			found = rx;
	return found;
}

/* The session for receiving under a key and prefix: the open one, or that which got furthest. */
static struct camex_session_rx *find_known_session(struct camex_dev *cdev,
						   const struct camex_key *key, u32 prefix)
{
	struct camex_session_rx *found = NULL, *rx;
	struct rhlist_head *list, *pos;
	struct camex_session *at;

	rcu_read_lock();
	list = camex_session_bucket(cdev, prefix);
	rhl_for_each_entry_rcu(at, pos, list, node) {
		if (at->sends || at->key != key)
			continue;
		rx = to_rx(at);
		if (!found || rx->top > found->top ||
		    rcu_access_pointer(rx->receiver.window))
			found = rx;
		if (rcu_access_pointer(rx->receiver.window))
			break;
	}
	rcu_read_unlock();
	return found;
}

/**
 * camex_session_rank_open() - open a session for a prefix of a peer
 * @peer: the peer
 * @key: the key that opened the datagram
 * @prefix: its prefix
 * @seq: its sequence
 * @registers: the datagram is a REGISTER
 * @why: result: why it was refused, a counter (CAMEX_A_STATS_*)
 *
 * Context: RCU reader, bottom halves off.
 * Return: the session, which another CPU may have opened just now; or NULL.
 */
struct camex_session_rx *camex_session_rank_open(struct camex_peer *peer,
						 struct camex_key *key, u32 prefix,
						 u64 seq, bool registers, int *why)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_dev *cdev = peer->cdev;
	struct camex_session_rx *rx, *old;

	spin_lock(&cdev->lock);
	rx = NULL;
	*why = CAMEX_A_STATS_UNKNOWN_PEER;
	if (peer->dead || rcu_access_pointer(own->key) != key)
		goto out;
	old = find_known_session(cdev, key, prefix);
	if (old && rcu_access_pointer(old->receiver.window)) {
		rx = old;
		goto out;
	}
	*why = CAMEX_A_STATS_REPLAYED;
	/* A system that resumes from the image of the memory could accept it again. */
	if (camex_clock_hibernates())
		goto out;
	if (old && seq <= old->top)
		goto out;
	if (is_clock(seq) && seq < reached_clock(own)) {
		WRITE_ONCE(own->refused_at, jiffies);
		WRITE_ONCE(own->refused, true);
		goto out;
	}

	*why = CAMEX_A_STATS_NO_MEMORY;
	if (old && old->base.peer == peer) {
		rx = old;
	} else {
		rx = camex_session_rx_new(peer, key, prefix);
		if (!rx)
			goto out;
		if (old) {
			rx->again = true;
			rx->top = old->top;
		}
	}
	if (camex_session_rx_open(rx, seq)) {
		if (rx != old)
			camex_session_forget(&rx->base);
		rx = NULL;
		goto out;
	}
	if (rx == old) {
		list_del(&rx->base.peer_node);
		own->closed[0].n--;
	}
	if (own->nopen == CAMEX_SESSIONS_OPEN)
		camex_session_retire(&silent_longest(own)->base);
	rank_session(own, rx);
	own->nopen++;
	trace_camex_session_open(peer);
	WRITE_ONCE(own->refused, false);
	if (registers)
		camex_peer_tell(peer, CAMEX_EVENT_REGISTER);
out:
	spin_unlock(&cdev->lock);
	return rx;
}

/* Accept nothing under an open session, or continue. */
static void pause_session(struct camex_session_rx *rx, bool pause)
{
	struct camex_window *window =
		rcu_dereference_protected(rx->receiver.window,
					  lockdep_is_held(&rx->base.peer->cdev->lock));

	if (!window)
		return;
	spin_lock(&window->lock);
	window->closed = pause;
	spin_unlock(&window->lock);
}

/**
 * camex_sessions_pause() - accept nothing under the open sessions of all peers, or continue
 * @cdev: the device
 * @pause: true: accept nothing; false: continue
 *
 * Context: RTNL, may sleep.
 */
void camex_sessions_pause(struct camex_dev *cdev, s64 pause)
{
	struct camex_session *session;
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		list_for_each_entry(session, &camex_sealed_of(peer)->open, peer_node)
			pause_session(to_rx(session), pause);
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

/* --- the endpoint of the peer --- */

/**
 * camex_session_rank_endpoint_changed() - the endpoint of a peer was set
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 */
void camex_session_rank_endpoint_changed(struct camex_peer *peer)
{
	struct camex_session_rx *rx;

	list_for_each_entry(rx, &camex_sealed_of(peer)->open, base.peer_node)
		WRITE_ONCE(rx->settled, false);
}

/* Move the peer's endpoint to the source of this session. */
static void move_endpoint(struct camex_peer *peer, struct camex_session_rx *rx)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_session_rx *endpoint_session = own->endpoint_session, *at;
	bool before = false;

	if (camex_peer_move(peer, &rx->at, &rx->local))
		return;		/* no memory: the next datagram tries again */
	rx->settled = true;
	rx->waiting = false;
	own->endpoint_session = rx;
	if (!endpoint_session || endpoint_session == rx)
		return;
	/* An older session takes the endpoint back from a younger one. */
	list_for_each_entry(at, &own->open, base.peer_node) {
		if (at == rx)
			before = true;
		if (at == endpoint_session && before) {
			endpoint_session->demoted = true;
			list_move_tail(&endpoint_session->base.peer_node, &own->open);
			break;
		}
	}
}

/*
 * When will all sessions that rank before this one have been silent for long enough? Return false
 * if one of them was heard later than this one.
 */
static bool find_turn(struct camex_sealed_peer *own, struct camex_session_rx *rx,
		      unsigned long now, unsigned long *when)
{
	struct camex_session_rx *at;

	*when = now;
	list_for_each_entry(at, &own->open, base.peer_node) {
		unsigned long heard = READ_ONCE(at->heard);

		if (at == rx)
			break;
		if (time_after(heard, READ_ONCE(rx->heard)))
			return false;
		if (time_after(heard + CAMEX_SESSION_SILENT, *when))
			*when = heard + CAMEX_SESSION_SILENT;
	}
	return true;
}

/**
 * camex_session_rank_highest() - a session has received its highest sequence so far
 * @rx: the session
 * @to: source of the datagram
 * @from: our address to which it was sent
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_session_rank_highest(struct camex_session_rx *rx,
				const struct camex_addr *to,
				const struct camex_addr *from)
{
	struct camex_peer *peer = rx->base.peer;
	struct camex_endpoint *ep = rcu_dereference_bh(peer->endpoint);
	struct camex_dev *cdev = peer->cdev;
	unsigned long when;

	if (likely(READ_ONCE(rx->settled) && ep && camex_endpoint_is(ep, to, from)))
		return;

	spin_lock(&cdev->lock);
	if (peer->dead || !rcu_access_pointer(rx->receiver.window))
		goto out;
	rx->at = *to;
	rx->local = *from;
	ep = rcu_dereference_protected(peer->endpoint,
				       lockdep_is_held(&cdev->lock));
	find_turn(camex_sealed_of(peer), rx, jiffies, &when);
	if (!ep || camex_addr_same_host(&ep->to, to) ||
	    !time_after(when, jiffies)) {
		move_endpoint(peer, rx);
	} else {
		rx->waiting = true;
		/* The peer returned to its old address: cancel the pending move. */
		WRITE_ONCE(rx->settled, false);
		camex_peer_wake(peer, when);
	}
out:
	spin_unlock(&cdev->lock);
}

/**
 * camex_session_rank_due() - move the endpoint to a waiting session, if it is time
 * @peer: the peer
 * @now: jiffies
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until the next check, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_session_rank_due(struct camex_peer *peer, unsigned long now)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	unsigned long next, when;
	struct camex_session_rx *rx;

again:
	next = MAX_JIFFY_OFFSET;
	list_for_each_entry(rx, &own->open, base.peer_node) {
		if (!rx->waiting)
			continue;
		rx->waiting = find_turn(own, rx, now, &when);
		if (!rx->waiting)
			continue;
		if (!time_after(when, now)) {
			rx->waiting = false;
			move_endpoint(peer, rx);
			goto again;	/* the order may have changed */
		}
		next = min(next, when - now);
	}
	return next;
}
