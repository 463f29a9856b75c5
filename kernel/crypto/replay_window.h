/* SPDX-License-Identifier: GPL-2.0-only */
/* Anti-replay window over 64-bit sequences, a ring of words as in RFC 6479. */
#ifndef CAMEX_REPLAY_H
#define CAMEX_REPLAY_H

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#define CAMEX_REPLAY_BITS	8192
#define CAMEX_REPLAY_WORDS	(CAMEX_REPLAY_BITS / BITS_PER_LONG)
/*
 * Size of the window: the highest sequence, and those below it that the ring contains wherever that
 * sequence is in its word.
 */
#define CAMEX_REPLAY_WINDOW	(CAMEX_REPLAY_BITS - BITS_PER_LONG + 1)

/**
 * struct camex_replay - the accepted sequences
 * @top: the highest accepted sequence
 * @started: false until the first one
 * @ring: one bit for each sequence, by its low bits
 *
 * The caller serializes all calls.
 */
struct camex_replay {
	u64 top;
	bool started;
	unsigned long ring[CAMEX_REPLAY_WORDS];
};

/**
 * camex_replay_accept() - accept a sequence, once
 * @r: the window
 * @seq: sequence of an authenticated datagram; the first may be any
 *
 * Return: false if it was accepted before, or is CAMEX_REPLAY_WINDOW or more below the highest.
 */
static inline bool camex_replay_accept(struct camex_replay *r, u64 seq)
{
	u64 word = seq / BITS_PER_LONG;

	if (unlikely(!r->started)) {
		r->started = true;
		r->top = seq;
	} else if (likely(seq > r->top)) {
		u64 at = r->top / BITS_PER_LONG;

		if (word - at >= CAMEX_REPLAY_WORDS) {
			memset(r->ring, 0, sizeof(r->ring));
		} else {
			while (at != word)
				r->ring[++at % CAMEX_REPLAY_WORDS] = 0;
		}
		r->top = seq;
	} else if (r->top - seq >= CAMEX_REPLAY_WINDOW) {
		return false;
	}

	return !__test_and_set_bit(seq % BITS_PER_LONG,
				   &r->ring[word % CAMEX_REPLAY_WORDS]);
}

/**
 * camex_replay_start_above() - accept only sequences above one
 * @r: a new window
 * @top: the sequence
 */
static inline void camex_replay_start_above(struct camex_replay *r, u64 top)
{
	r->started = true;
	r->top = top;
	memset(r->ring, 0xff, sizeof(r->ring));
	/* Clear the bits above @top in its word: camex_replay_accept() clears only words above. */
	r->ring[top / BITS_PER_LONG % CAMEX_REPLAY_WORDS] =
		GENMASK(top % BITS_PER_LONG, 0);
}

#endif /* CAMEX_REPLAY_H */
