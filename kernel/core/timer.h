/* SPDX-License-Identifier: GPL-2.0-only */
/* The timer of a peer: it finds out whether the peer is lost, and what its protocol must do. */
#ifndef CAMEX_TIMER_H
#define CAMEX_TIMER_H

#include <net/netlink.h>

#include "core/peer.h"

/* Time in which a peer has to answer, if answers are expected. */
#define CAMEX_ANSWER_WITHIN	(20 * HZ)
/* "show" reports an unanswered peer after this time. */
#define CAMEX_TELL_UNANSWERED	(5 * HZ)

void camex_timer_init(struct camex_peer *peer);
void camex_timer_set(struct camex_peer *peer, struct nlattr **tb);
void camex_timer_stop(struct camex_peer *peer);
int camex_timers_up(struct camex_dev *cdev);
void camex_timers_down(struct camex_dev *cdev);
void camex_timers_changed(struct camex_dev *cdev);
void camex_peer_wake(struct camex_peer *peer, unsigned long when);
void camex_peer_begin(struct camex_peer *peer);
void camex_keep_past(unsigned long *when, unsigned long now);
unsigned long camex_peer_last_heard(const struct camex_peer *peer);
unsigned int camex_peer_keepalive(const struct camex_peer *peer);

/**
 * camex_time_left() - time until an end
 * @when: the end, jiffies
 * @now: jiffies
 */
static inline unsigned long camex_time_left(unsigned long when, unsigned long now)
{
	return time_after(when, now) ? when - now : 0;
}

/**
 * camex_time_since() - age of a time stamp that datagrams renew
 * @when: the time stamp, jiffies, at most half their range ago
 *
 * Return: jiffies; 0 if @when is later than this CPU's jiffies.
 */
static inline unsigned long camex_time_since(const unsigned long *when)
{
	unsigned long then = READ_ONCE(*when);

	/* Read later: @when may be renewed in the next tick, after jiffies were read. */
	return camex_time_left(jiffies, then);
}

/**
 * camex_peer_asked() - note that a packet was sent to a peer
 * @peer: the peer
 */
static inline void camex_peer_asked(struct camex_peer *peer)
{
	unsigned long unanswered_since = READ_ONCE(peer->live.unanswered_since), now = jiffies;

	if (READ_ONCE(peer->live.sent) != now)
		WRITE_ONCE(peer->live.sent, now);
	if (unanswered_since != now && !time_after(unanswered_since, READ_ONCE(peer->live.seen)))
		WRITE_ONCE(peer->live.unanswered_since, now);
}

#endif /* CAMEX_TIMER_H */
