/* SPDX-License-Identifier: GPL-2.0-only */
/* How many handshakes of one source address are looked at under load. */
#ifndef CAMEX_WG_SOURCE_LIMIT_H
#define CAMEX_WG_SOURCE_LIMIT_H

#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct camex_addr;

/* Handshake messages of one source (IPv4 address or IPv6 /64): */
#define CAMEX_WG_LIMIT_RATE	20	/* per second */
#define CAMEX_WG_LIMIT_BURST	5	/* at once */

/* Sources that are known at a time: places in a set, and sets. */
#define CAMEX_WG_LIMIT_PLACES	8
#define CAMEX_WG_LIMIT_SETS	256

/**
 * struct camex_wg_source - the bucket of one source
 * @source: a keyed hash of its address
 * @full: when the bucket will be full again (nanoseconds); from then on the place is free, as a
 *	full bucket is that of a source never heard
 */
struct camex_wg_source {
	u64 source;
	u64 full;
};

/**
 * struct camex_wg_limits - the buckets of all sources
 * @lock: protects @places
 * @secret: the key of the hash, which says what set a source belongs to as well
 * @places: the buckets. A bucket is full again within a quarter of a second, so that nothing has
 *	to be collected; while a set is full its other sources are refused
 */
struct camex_wg_limits {
	spinlock_t lock;	/* of @places */
	siphash_key_t secret;
	struct camex_wg_source places[CAMEX_WG_LIMIT_SETS][CAMEX_WG_LIMIT_PLACES];
};

struct camex_wg_limits *camex_wg_limits_alloc(void);
void camex_wg_limits_free(struct camex_wg_limits *limits);
bool camex_wg_limit_source(struct camex_wg_limits *limits, const struct camex_addr *source,
			   u64 now);

#endif /* CAMEX_WG_SOURCE_LIMIT_H */
