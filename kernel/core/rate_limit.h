/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits for strangers: trying keys for a datagram of an unknown sender. */
#ifndef CAMEX_LIMIT_H
#define CAMEX_LIMIT_H

#include <linux/atomic.h>
#include <linux/siphash.h>
#include <linux/types.h>

struct camex_addr;

/* Maximum datagrams of one source (IPv4 address or IPv6 /64) for which keys are tried: */
#define CAMEX_LIMIT_RATE	100	/* per second */
#define CAMEX_LIMIT_BURST	500	/* in a burst */

/* Maximum plain CONFIGs for one network (IPv4 /24 or IPv6 /64), per second. */
#define CAMEX_LIMIT_CONFIG	10

/* Number of buckets of a namespace: by source, and by destination network of plain CONFIG. */
#define CAMEX_LIMIT_SOURCES	4096
#define CAMEX_LIMIT_CONFIGS	1024

/**
 * struct camex_rate_limits - the buckets of all devices whose transport is in one namespace
 * @sources: buckets for trying keys
 * @configs: buckets for plain CONFIG
 * @secret: key of the hash that selects the bucket of a network
 *
 * The tables neither grow nor store addresses: networks with the same hash share a bucket. A bucket
 * is the time (ktime, nanoseconds) at which it will be full again. Each datagram adds the time that
 * a datagram takes at the permitted rate.
 */
struct camex_rate_limits {
	atomic64_t sources[CAMEX_LIMIT_SOURCES];
	atomic64_t configs[CAMEX_LIMIT_CONFIGS];
	siphash_key_t secret;
};

/* Share of one CPU for trying keys: 1 / CAMEX_LIMIT_CPU ... */
#define CAMEX_LIMIT_CPU		10
/*
 * ... and how much may be used in advance, nanoseconds. One softirq can try keys for a tenth of
 * that.
 */
#define CAMEX_LIMIT_CPU_BURST	(20 * NSEC_PER_MSEC)

/**
 * struct camex_budget - the budget of a device
 * @paid_until: time at which the CPU time used so far is paid for (ktime, nanoseconds)
 */
struct camex_budget {
	atomic64_t paid_until;
};

struct camex_rate_limits *camex_rate_limits_alloc(void);
void camex_rate_limits_free(struct camex_rate_limits *limits);
bool camex_rate_limit_source(struct camex_rate_limits *limits,
			     const struct camex_addr *addr, u64 now);
bool camex_rate_limit_config(struct camex_rate_limits *limits,
			     const struct camex_addr *addr, u64 now);
bool camex_budget_begin(struct camex_budget *limit, u64 now);
u64 camex_budget_wait(struct camex_budget *limit, u64 now);
void camex_budget_end(struct camex_budget *limit, u64 start, u64 now);

#endif /* CAMEX_LIMIT_H */
