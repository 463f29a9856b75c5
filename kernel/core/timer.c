// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each peer has a timer, which expires when the next thing is due. Packets only write time stamps;
 * the timer evaluates them. The times are those of the OpenIPC camex daemon.
 */
#include <linux/jiffies.h>

#include "core/compat.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/staged.h"
#include "core/timer.h"
#include "core/transport.h"

#define LOST_AFTER	(120 * HZ)
/*
 * On 32-bit machines jiffies wrap in weeks. A time stamp is kept no older than this, and is checked
 * as often, so that it never looks like the future.
 */
#define LONGEST_AGO	((unsigned long)MAX_JIFFY_OFFSET / 2)

/**
 * camex_peer_keepalive() - the time without sending after which KEEPALIVE is sent
 * @peer: the peer
 *
 * Return: seconds, 0 for never.
 */
unsigned int camex_peer_keepalive(const struct camex_peer *peer)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	int keepalive = READ_ONCE(peer->live.keepalive);

	if (keepalive != CAMEX_PEER_DEFAULT)
		return keepalive;
	return protocol->keepalive ? protocol->keepalive(peer) : 0;
}

/**
 * camex_peer_last_heard() - when a peer was last heard, or when waiting for it began
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 * Return: jiffies.
 */
unsigned long camex_peer_last_heard(const struct camex_peer *peer)
{
	unsigned long seen = READ_ONCE(peer->live.seen);

	return time_after(peer->live.since, seen) ? peer->live.since : seen;
}

/* Is the peer lost? Return jiffies until it could be. */
static unsigned long watch_peer(struct camex_peer *peer, unsigned long now)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	bool answers = protocol->expects_answer && protocol->expects_answer(peer);
	unsigned long heard = camex_peer_last_heard(peer), until;
	unsigned long unanswered_since = READ_ONCE(peer->live.unanswered_since);

	if (protocol->knows_lost || peer->live.lost || !rcu_access_pointer(peer->endpoint) ||
	    !(answers || camex_peer_keepalive(peer)))
		return MAX_JIFFY_OFFSET;
	until = camex_time_left(heard + LOST_AFTER, now);
	if (answers && time_after(unanswered_since, heard))
		until = min(until, camex_time_left(unanswered_since + CAMEX_ANSWER_WITHIN, now));
	if (until)
		return until;
	peer->live.lost = true;
	WRITE_ONCE(peer->live.alive, false);
	if (protocol->peer_lost)
		protocol->peer_lost(peer);
	camex_peer_tell(peer, CAMEX_EVENT_PEER_LOST);
	return MAX_JIFFY_OFFSET;
}

/**
 * camex_keep_past() - limit the age of a time stamp
 * @when: the time stamp, jiffies; packets may write it at the same time
 * @now: jiffies
 *
 * The timer of a peer must call this for each time stamp of the peer: a very old time stamp looks
 * like the future once jiffies wrap.
 */
void camex_keep_past(unsigned long *when, unsigned long now)
{
	unsigned long old = READ_ONCE(*when);

	/* Only times that are due soon may be in the future. */
	if (unlikely(now - old > LONGEST_AGO && old - now > LOST_AFTER))
		cmpxchg(when, old, now - LONGEST_AGO);
}

static void keep_all_past(struct camex_peer *peer, unsigned long now)
{
	struct camex_peer_link *link;

	camex_keep_past(&peer->live.seen, now);
	camex_keep_past(&peer->live.sent, now);
	camex_keep_past(&peer->live.unanswered_since, now);
	camex_keep_past(&peer->live.since, now);
	link = rcu_dereference_protected(peer->link.own,
					 lockdep_is_held(&peer->cdev->lock));
	if (link)
		camex_keep_past(&link->made, now);
}

static void run_peer_timer(struct timer_list *timer)
{
	struct camex_peer *peer = container_of(timer, struct camex_peer, live.timer);
	struct camex_dev *cdev = peer->cdev;
	unsigned long now = jiffies, next, staged, what = 0;
	struct camex_due due = {};

	rcu_read_lock_bh();
	spin_lock(&cdev->lock);
	if (peer->dead || !netif_running(cdev->dev)) {
		spin_unlock(&cdev->lock);
		goto out;
	}
	keep_all_past(peer, now);
	next = min(LONGEST_AGO, watch_peer(peer, now));
	if (cdev->link->peer_due)
		next = min(next, cdev->link->peer_due(peer, now));
	/* Before the protocol, which sends to the endpoint that is chosen here. */
	if (cdev->transport->due)
		next = min(next, cdev->transport->due(peer, now, &what));
	if (cdev->protocol->due)
		next = min(next, cdev->protocol->due(peer, now, &due));
	staged = camex_staged_due(peer, now);
	if (staged)
		next = min(next, staged);
	mod_timer(&peer->live.timer, now + max(next, 1UL));
	spin_unlock(&cdev->lock);

	if (due.what)
		cdev->protocol->act(peer, &due);
	if (what)
		cdev->transport->act(peer, what);
	if (!staged)
		camex_staged_act(peer);
out:
	rcu_read_unlock_bh();
}

/**
 * camex_peer_wake() - let the timer of a peer expire no later than at a time
 * @peer: the peer
 * @when: jiffies
 *
 * Context: camex_dev.lock held.
 */
void camex_peer_wake(struct camex_peer *peer, unsigned long when)
{
	lockdep_assert_held(&peer->cdev->lock);
	if (!peer->dead && netif_running(peer->cdev->dev))
		timer_reduce(&peer->live.timer, when);
}

/**
 * camex_peer_begin() - let the protocol send something to a peer at once
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 */
void camex_peer_begin(struct camex_peer *peer)
{
	if (peer->cdev->protocol->begin)
		peer->cdev->protocol->begin(peer);
	camex_peer_wake(peer, jiffies);
}

/**
 * camex_timer_init() - set up the timer of a new peer
 * @peer: the peer
 */
void camex_timer_init(struct camex_peer *peer)
{
	timer_setup(&peer->live.timer, run_peer_timer, 0);
	peer->live.keepalive = CAMEX_PEER_DEFAULT;
	peer->live.since = jiffies;
	peer->live.seen = jiffies;
	peer->live.sent = jiffies;
	/* earlier than any datagram that may be heard, see camex_peer_told() */
	peer->live.unanswered_since = jiffies - 2;
}

/**
 * camex_timer_set() - apply the timer settings of a request
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*
 *
 * Context: RTNL.
 */
void camex_timer_set(struct camex_peer *peer, struct nlattr **tb)
{
	struct camex_dev *cdev = peer->cdev;

	if (tb[CAMEX_A_PEER_KEEPALIVE])
		WRITE_ONCE(peer->live.keepalive,
			   nla_get_u16(tb[CAMEX_A_PEER_KEEPALIVE]));
	spin_lock_bh(&cdev->lock);
	camex_peer_begin(peer);
	spin_unlock_bh(&cdev->lock);
}

/**
 * camex_timer_stop() - stop the timer of a peer, and wait for it
 * @peer: a peer that is dead, or whose link is down
 *
 * Context: RTNL, may sleep.
 */
void camex_timer_stop(struct camex_peer *peer)
{
	timer_delete_sync(&peer->live.timer);
}

/**
 * camex_timers_up() - start the timers of all peers when the link goes up
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_timers_up(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;
	int err = 0;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		err = cdev->protocol->renew ? cdev->protocol->renew(peer) : 0;
		WRITE_ONCE(peer->live.since, jiffies);
		camex_peer_begin(peer);
		spin_unlock_bh(&cdev->lock);
		if (err)
			break;
		cond_resched();
	}
	return err;
}

/**
 * camex_timers_down() - stop the timers of all peers when the link goes down
 * @cdev: the device, no longer running
 *
 * Context: RTNL, may sleep.
 */
void camex_timers_down(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;

	/* Code that did not see that the link is down has started its timer by then. */
	spin_lock_bh(&cdev->lock);
	spin_unlock_bh(&cdev->lock);
	xa_for_each(&cdev->peers, number, peer) {
		camex_timer_stop(peer);
		camex_staged_purge(peer);
		cond_resched();
	}
}

/**
 * camex_timers_changed() - check all peers, because settings of the device changed
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 */
void camex_timers_changed(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		camex_peer_wake(peer, jiffies);
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}
