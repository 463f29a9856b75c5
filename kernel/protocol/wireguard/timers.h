/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers of a peer: pure functions that decide what is due. Packets only leave notes that they
 * were sent or received. What they start is due KEEPALIVE_AFTER later at the earliest, so it is
 * enough to check the notes that often while there is a session.
 */
#ifndef CAMEX_WG_TIMERS_H
#define CAMEX_WG_TIMERS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/types.h>

/* In jiffies. */
#define CAMEX_WG_RETRY_AFTER		(5 * HZ)
#define CAMEX_WG_JITTER			(HZ / 3)
#define CAMEX_WG_KEEPALIVE_AFTER	(10 * HZ)
/* Data was not answered within the time of the peer's keepalive and of a handshake. */
#define CAMEX_WG_ANSWER_WITHIN		(CAMEX_WG_KEEPALIVE_AFTER + CAMEX_WG_RETRY_AFTER)
#define CAMEX_WG_ERASE_AFTER		(3 * 180 * HZ)

/* Unanswered initiations before giving up, the same number as in wireguard.ko. */
#define CAMEX_WG_TRIES			20
/* A peer is lost after this, even if packets restart the count of tries meanwhile. */
#define CAMEX_WG_LOST_AFTER		(CAMEX_WG_TRIES * (CAMEX_WG_RETRY_AFTER + CAMEX_WG_JITTER))

/* What is due, bits. */
#define CAMEX_WG_DUE_RETRY		BIT(0)	/* repeat the initiation */
#define CAMEX_WG_DUE_GIVE_UP		BIT(1)	/* stop repeating it */
#define CAMEX_WG_DUE_HANDSHAKE		BIT(2)	/* begin a new handshake: data was not answered */
#define CAMEX_WG_DUE_KEEPALIVE		BIT(3)	/* send a keepalive: data received, nothing sent */
#define CAMEX_WG_DUE_PERSISTENT		BIT(4)	/* send a persistent keepalive */
#define CAMEX_WG_DUE_ERASE		BIT(5)	/* erase all keys */
#define CAMEX_WG_DUE_LOST		BIT(6)	/* report the peer as lost */

/**
 * struct camex_wg_note - a note that something has happened
 * @is: it has happened
 * @at: when it happened, jiffies
 */
struct camex_wg_note {
	bool is;
	unsigned long at;
};

/**
 * struct camex_wg_timers - notes of what was sent to a peer and received from it
 * @asked: data was sent, and nothing received since
 * @owing: data was received, and nothing sent since
 * @owing_more: more data was received while @owing was set
 * @initiated: an initiation was sent, and not answered
 * @unanswered: first initiation since something was received from the peer
 * @keys: keys were made, or the handshake was given up: erase the keys later
 * @tries: number of repeated initiations
 * @interval: seconds between persistent keepalives at the last check
 * @persistent: jiffies when a persistent keepalive was last due, or a datagram exchanged
 * @jitter: random, less than CAMEX_WG_JITTER, drawn for each initiation
 *
 * Packets write @asked, @owing and @owing_more without a lock, and clear @unanswered. The caller
 * protects the rest.
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
 * camex_wg_note_set() - set a note that is not set yet
 * @note: the note
 * @now: jiffies
 *
 * Return: true if it was already set.
 */
static inline bool camex_wg_note_set(struct camex_wg_note *note, unsigned long now)
{
	if (likely(READ_ONCE(note->is)))
		return true;
	WRITE_ONCE(note->at, now);
	/* Pairs with the acquire in left_of(): the time is written first. */
	smp_store_release(&note->is, true);
	return false;
}

/**
 * camex_wg_note_clear() - clear a note
 * @note: the note
 */
static inline void camex_wg_note_clear(struct camex_wg_note *note)
{
	if (READ_ONCE(note->is))
		WRITE_ONCE(note->is, false);
}

/**
 * camex_wg_timers_sent() - note that an authentic datagram is sent
 * @t: the timers
 * @data: it carries a packet
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
 * camex_wg_timers_received() - note that an authentic datagram was received
 * @t: the timers
 * @data: it carries a packet
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
