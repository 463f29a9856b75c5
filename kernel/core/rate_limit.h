/* SPDX-License-Identifier: GPL-2.0-only */
/* What strangers may cost: trying keys on a datagram that nobody is known to send. */
#ifndef CAMEX_LIMIT_H
#define CAMEX_LIMIT_H

#include <linux/atomic.h>
#include <linux/siphash.h>
#include <linux/types.h>

struct camex_addr;

/* Datagrams of one source (IPv4 address or IPv6 /64) that are tried: */
#define CAMEX_LIMIT_RATE	100	/* per second */
#define CAMEX_LIMIT_BURST	500	/* at once */

/* Plain CONFIG that one network (IPv4 /24 or IPv6 /64) is sent, per second. */
#define CAMEX_LIMIT_CONFIG	10

/* Buckets of a namespace: by source, and by network that a plain CONFIG goes to. */
#define CAMEX_LIMIT_SOURCES	4096
#define CAMEX_LIMIT_CONFIGS	1024

/**
 * struct camex_rate_limits - the buckets of all devices whose transport is in one namespace
 * @sources: of what is tried
 * @configs: of plain CONFIG
 * @secret: which bucket a network has depends on it
 *
 * The tables neither grow nor remember addresses: networks that fall into one bucket share it.
 * A bucket is the time (ktime, nanoseconds) at which it will be full again: each datagram moves
 * it on by the time that one datagram takes at the rate allowed.
 */
struct camex_rate_limits {
	atomic64_t sources[CAMEX_LIMIT_SOURCES];
	atomic64_t configs[CAMEX_LIMIT_CONFIGS];
	siphash_key_t secret;
};

/* Share of one CPU that trying may take: 1 / CAMEX_LIMIT_CPU ... */
#define CAMEX_LIMIT_CPU		10
/*
 * ... and how much of it may be taken in advance, nanoseconds: a tenth of that is how long one
 * softirq can go on with trying.
 */
#define CAMEX_LIMIT_CPU_BURST	(20 * NSEC_PER_MSEC)

/**
 * struct camex_budget - the budget of a device
 * @paid_until: when what was spent so far is paid for (ktime, nanoseconds)
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
