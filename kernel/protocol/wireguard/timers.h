/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When what is due between us and a peer: decisions on numbers alone. Packets only note
 * that they came or went; what they start is due KEEPALIVE_AFTER later at the earliest, so
 * that looking this often while there is a session finds all of it in time.
 */
#ifndef CAMEX_WG_TIMERS_H
#define CAMEX_WG_TIMERS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/types.h>

/* All of them jiffies. */
#define CAMEX_WG_RETRY_AFTER		(5 * HZ)
#define CAMEX_WG_JITTER			(HZ / 3)
#define CAMEX_WG_KEEPALIVE_AFTER	(10 * HZ)
/* Data was sent and nothing came back: a keepalive of the peer's, and a handshake. */
#define CAMEX_WG_ANSWER_WITHIN		(CAMEX_WG_KEEPALIVE_AFTER + CAMEX_WG_RETRY_AFTER)
#define CAMEX_WG_ERASE_AFTER		(3 * 180 * HZ)

/* Initiations that are sent in vain before we give up, as many as wireguard.ko sends. */
#define CAMEX_WG_TRIES			20
/* Packets begin them anew: without an answer the peer is lost all the same, a little later. */
#define CAMEX_WG_LOST_AFTER		(CAMEX_WG_TRIES * (CAMEX_WG_RETRY_AFTER + CAMEX_WG_JITTER))

/* What is due, bits. */
#define CAMEX_WG_DUE_RETRY		BIT(0)	/* the same handshake once more */
#define CAMEX_WG_DUE_GIVE_UP		BIT(1)	/* no more of it */
#define CAMEX_WG_DUE_HANDSHAKE		BIT(2)	/* a new one, for want of an answer */
#define CAMEX_WG_DUE_KEEPALIVE		BIT(3)	/* the peer has sent data, we have not */
#define CAMEX_WG_DUE_PERSISTENT		BIT(4)	/* a keepalive whoever has sent what */
#define CAMEX_WG_DUE_ERASE		BIT(5)	/* all keys */
#define CAMEX_WG_DUE_LOST		BIT(6)	/* the peer does not answer */

/**
 * struct camex_wg_note - that something has happened
 * @is: it has
 * @at: when it did, jiffies
 */
struct camex_wg_note {
	bool is;
	unsigned long at;
};

/**
 * struct camex_wg_timers - what has happened between us and a peer
 * @asked: data went to it, and nothing has come since
 * @owing: data came from it, and nothing went to it since
 * @owing_more: more data came while @owing was set
 * @initiated: an initiation was sent, and not answered
 * @unanswered: the first one since something has come from the peer
 * @keys: keys were made, or we gave up, so that they have to be erased
 * @tries: initiations that were repeated
 * @interval: seconds between persistent keepalives when it was looked last
 * @persistent: jiffies when such a keepalive was due last, or something was exchanged
 * @jitter: jiffies, less than CAMEX_WG_JITTER, drawn anew for each initiation
 *
 * Packets write @asked, @owing and @owing_more without a lock, and clear @unanswered; the rest
 * is the caller's.
 */
struct camex_wg_timers {
	struct camex_wg_note asked;
	struct camex_wg_note owing;
	bool owing_more;
	struct camex_wg_note initiated;
	struct camex_wg_note unanswered;
	struct camex_wg_note keys;
	unsigned int tries;
	unsigned int interval;
	unsigned long persistent;
	unsigned long jitter;
};

/**
 * camex_wg_note_set() - note that something has happened, if that is not noted yet
 * @note: the note
 * @now: jiffies
 *
 * Return: true when it was noted before.
 */
static inline bool camex_wg_note_set(struct camex_wg_note *note, unsigned long now)
{
	if (likely(READ_ONCE(note->is)))
		return true;
	WRITE_ONCE(note->at, now);
	/* Pairs with the acquire of who looks: the time comes first. */
	smp_store_release(&note->is, true);
	return false;
}

/**
 * camex_wg_note_clear() - what was noted is over
 * @note: the note
 */
static inline void camex_wg_note_clear(struct camex_wg_note *note)
{
	if (READ_ONCE(note->is))
		WRITE_ONCE(note->is, false);
}

/**
 * camex_wg_timers_sent() - an authentic datagram goes to the peer
 * @t: the timers
 * @data: it has data
 * @now: jiffies
 */
static inline void camex_wg_timers_sent(struct camex_wg_timers *t, bool data,
					unsigned long now)
{
	camex_wg_note_clear(&t->owing);
	if (data)
		camex_wg_note_set(&t->asked, now);
}

/**
 * camex_wg_timers_received() - an authentic datagram came from the peer
 * @t: the timers
 * @data: it has data
 * @now: jiffies
 */
static inline void camex_wg_timers_received(struct camex_wg_timers *t, bool data,
					    unsigned long now)
{
	camex_wg_note_clear(&t->asked);
	camex_wg_note_clear(&t->unanswered);
	if (data && camex_wg_note_set(&t->owing, now) && !READ_ONCE(t->owing_more))
		WRITE_ONCE(t->owing_more, true);
}

void camex_wg_timers_reset(struct camex_wg_timers *t);
void camex_wg_timers_initiated(struct camex_wg_timers *t, unsigned long now);
void camex_wg_timers_derived(struct camex_wg_timers *t, unsigned long now);
void camex_wg_timers_done(struct camex_wg_timers *t);
unsigned long camex_wg_timers_look(struct camex_wg_timers *t, unsigned long now,
				   unsigned int interval, unsigned long exchanged,
				   unsigned long *due);

#endif /* CAMEX_WG_TIMERS_H */
