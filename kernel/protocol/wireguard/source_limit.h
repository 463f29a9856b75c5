/* SPDX-License-Identifier: GPL-2.0-only */
/* Under load: a limit for the handshakes of each source address. */
#ifndef CAMEX_WG_SOURCE_LIMIT_H
#define CAMEX_WG_SOURCE_LIMIT_H

#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct camex_addr;

/* Handshake messages of one source (IPv4 address or IPv6 /64): */
#define CAMEX_WG_LIMIT_RATE	20	/* per second */
#define CAMEX_WG_LIMIT_BURST	5	/* at once */

/* Size of the table: places in a set, and sets. */
#define CAMEX_WG_LIMIT_PLACES	8
#define CAMEX_WG_LIMIT_SETS	256

/**
 * struct camex_wg_source - the bucket of one source
 * @source: a keyed hash of its address
 * @full: when the bucket will be full again, nanoseconds. From then on the place is free: a full
 *	bucket is the same as none
 */
struct camex_wg_source {
	u64 source;
	u64 full;
};

/**
 * struct camex_wg_limits - the buckets of all sources
 * @lock: protects @places
 * @secret: the key of the hash, which also selects the set
 * @places: the buckets. A bucket is full again within a quarter of a second, so the table needs no
 *	garbage collection. While all places of a set are used, its other sources are refused
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
