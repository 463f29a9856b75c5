// SPDX-License-Identifier: GPL-2.0-only
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/string.h>

#include "core/compat.h"
#include "protocol/wireguard/timers.h"

/* Jiffies until @at, 0 if it is past. @at must not be so old that jiffies have wrapped. */
static unsigned long time_left(unsigned long at, unsigned long now)
{
	return time_after(at, now) ? at - now : 0;
}

/* Jiffies until @after has passed since the note; MAX_JIFFY_OFFSET without a note. */
static unsigned long left_of(const struct camex_wg_note *note, unsigned long after,
			     unsigned long now)
{
	/* Pairs with camex_wg_note_set(). */
	if (!smp_load_acquire(&note->is))
		return MAX_JIFFY_OFFSET;
	return time_left(READ_ONCE(note->at) + after, now);
}

/* An initiation was not answered: repeat it, or give up. */
static unsigned long look_initiated(struct camex_wg_timers *t, unsigned long now,
				    unsigned long *due)
{
	unsigned long left = left_of(&t->initiated, CAMEX_WG_RETRY_AFTER + t->jitter, now);

	if (left)
		return left;
	t->initiated.is = false;
	if (t->tries < CAMEX_WG_TRIES - 1) {
		t->tries++;
		*due |= CAMEX_WG_DUE_RETRY;
		return MAX_JIFFY_OFFSET;
	}
	*due |= CAMEX_WG_DUE_GIVE_UP;
	/* Given up: nothing more is sent to the peer. */
	camex_wg_note_clear(&t->owing);
	camex_wg_note_clear(&t->unanswered);
	camex_wg_note_set(&t->keys, now);
	return MAX_JIFFY_OFFSET;
}

static unsigned long look_unanswered(struct camex_wg_timers *t, unsigned long now,
				     unsigned long *due)
{
	unsigned long left = left_of(&t->unanswered, CAMEX_WG_LOST_AFTER, now);

	if (left)
		return left;
	camex_wg_note_clear(&t->unanswered);
	*due |= CAMEX_WG_DUE_LOST;
	return MAX_JIFFY_OFFSET;
}

static unsigned long look_owing(struct camex_wg_timers *t, unsigned long now,
				unsigned long *due)
{
	unsigned long left = left_of(&t->owing, CAMEX_WG_KEEPALIVE_AFTER, now);

	if (left)
		return left;
	*due |= CAMEX_WG_DUE_KEEPALIVE;
	if (!READ_ONCE(t->owing_more)) {
		camex_wg_note_clear(&t->owing);
		return MAX_JIFFY_OFFSET;
	}
	/* Treat the data received meanwhile as received now. */
	WRITE_ONCE(t->owing_more, false);
	WRITE_ONCE(t->owing.at, now);
	return CAMEX_WG_KEEPALIVE_AFTER;
}

static unsigned long look_persistent(struct camex_wg_timers *t, unsigned long now,
				     unsigned int interval, unsigned long exchanged,
				     unsigned long *due)
{
	unsigned long last = t->persistent, left;
	bool begins = interval && !t->interval;

	t->interval = interval;
	if (!interval)
		return MAX_JIFFY_OFFSET;
	/* Store it: a very old time would look like the future once jiffies wrap. */
	if (time_after(exchanged, last)) {
		t->persistent = exchanged;
		last = exchanged;
	}
	left = begins ? 0 : time_left(last + interval * HZ, now);
	if (left)
		return left;
	*due |= CAMEX_WG_DUE_PERSISTENT;
	t->persistent = now;
	return interval * HZ;
}

static void draw_jitter(struct camex_wg_timers *t)
{
	t->jitter = get_random_u32() % CAMEX_WG_JITTER;
}

/**
 * camex_wg_timers_reset() - clear all timers
 * @t: the timers
 */
void camex_wg_timers_reset(struct camex_wg_timers *t)
{
	memset(t, 0, sizeof(*t));
	draw_jitter(t);
}

/**
 * camex_wg_timers_initiated() - note that an initiation is sent
 * @t: the timers
 * @now: jiffies
 */
void camex_wg_timers_initiated(struct camex_wg_timers *t, unsigned long now)
{
	draw_jitter(t);
	t->initiated.at = now;
	t->initiated.is = true;
	camex_wg_note_set(&t->unanswered, now);
}

/**
 * camex_wg_timers_derived() - note new keys
 * @t: the timers
 * @now: jiffies
 */
void camex_wg_timers_derived(struct camex_wg_timers *t, unsigned long now)
{
	t->keys.at = now;
	t->keys.is = true;
}

/**
 * camex_wg_timers_done() - note that a handshake is complete
 * @t: the timers
 */
void camex_wg_timers_done(struct camex_wg_timers *t)
{
	t->initiated.is = false;
	camex_wg_note_clear(&t->unanswered);
	t->tries = 0;
}

/**
 * camex_wg_timers_look() - find out what is due
 * @t: the timers; what is reported as due is rescheduled
 * @now: jiffies
 * @interval: seconds between persistent keepalives; 0: off
 * @exchanged: when an authentic datagram was last sent or received, jiffies; recent if @interval
 *	is not 0
 * @due: result: CAMEX_WG_DUE_*
 *
 * Return: jiffies until the next call is needed; MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_wg_timers_look(struct camex_wg_timers *t, unsigned long now,
				   unsigned int interval, unsigned long exchanged,
				   unsigned long *due)
{
	unsigned long next, left;

	*due = 0;
	next = look_initiated(t, now, due);
	next = min(next, look_unanswered(t, now, due));
	left = left_of(&t->asked, CAMEX_WG_ANSWER_WITHIN + t->jitter, now);
	if (!left) {
		camex_wg_note_clear(&t->asked);
		*due |= CAMEX_WG_DUE_HANDSHAKE;
		left = MAX_JIFFY_OFFSET;
	}
	next = min(next, left);
	next = min(next, look_owing(t, now, due));
	next = min(next, look_persistent(t, now, interval, exchanged, due));
	left = left_of(&t->keys, CAMEX_WG_ERASE_AFTER, now);
	if (!left) {
		t->keys.is = false;
		*due |= CAMEX_WG_DUE_ERASE;
		left = MAX_JIFFY_OFFSET;
	} else if (left != MAX_JIFFY_OFFSET) {
		/* With a session, packets leave notes without rescheduling: check this often. */
		left = min_t(unsigned long, left, CAMEX_WG_KEEPALIVE_AFTER);
	}
	return min(next, left);
}
