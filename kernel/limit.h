/* SPDX-License-Identifier: GPL-2.0-only */
/* What strangers may cost: trying keys on a datagram that nobody is known to send. */
#ifndef CAMEX_LIMIT_H
#define CAMEX_LIMIT_H

#include <linux/atomic.h>
#include <linux/types.h>

struct camex_addr;

/* Datagrams of one source (IPv4 address or IPv6 /64) that are tried: */
#define CAMEX_LIMIT_RATE	100	/* per second */
#define CAMEX_LIMIT_BURST	500	/* at once */

/* Plain CONFIG that one network (IPv4 /24 or IPv6 /64) is sent, per second. */
#define CAMEX_LIMIT_CONFIG	10

/* Share of one CPU that trying may take: 1 / CAMEX_LIMIT_CPU ... */
#define CAMEX_LIMIT_CPU		10
/* ... and how much of it may be taken in advance, nanoseconds. */
#define CAMEX_LIMIT_CPU_BURST	(100 * NSEC_PER_MSEC)

/**
 * struct camex_limit - the budget of a device
 * @paid_until: when what was spent so far is paid for (ktime, nanoseconds)
 */
struct camex_limit {
	atomic64_t paid_until;
};

bool camex_limit_source(const struct camex_addr *addr, u64 now);
bool camex_limit_config(const struct camex_addr *addr, u64 now);
bool camex_limit_begin(struct camex_limit *limit, u64 now);
void camex_limit_end(struct camex_limit *limit, u64 start, u64 now);

#endif /* CAMEX_LIMIT_H */
