// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "core/compat.h"
#include "core/device.h"
#include "core/rate_limit.h"

#define DATAGRAM_NS	(NSEC_PER_SEC / CAMEX_LIMIT_RATE)
#define CONFIG_NS	(NSEC_PER_SEC / CAMEX_LIMIT_CONFIG)

/**
 * camex_rate_limits_alloc() - the buckets of a namespace, all full
 *
 * Context: may sleep.
 * Return: the buckets, for camex_rate_limits_free(); or NULL without memory.
 */
struct camex_rate_limits *camex_rate_limits_alloc(void)
{
	struct camex_rate_limits *limits = kvzalloc(sizeof(*limits), GFP_KERNEL_ACCOUNT);

	if (limits)
		get_random_bytes(&limits->secret, sizeof(limits->secret));
	return limits;
}

/**
 * camex_rate_limits_free() - free what camex_rate_limits_alloc() made
 * @limits: the buckets, which received datagrams do not use any more; may be NULL
 */
void camex_rate_limits_free(struct camex_rate_limits *limits)
{
	kvfree(limits);
}

/* Add @cost to *@full, unless it is @ahead of @now already. */
static bool take_token(atomic64_t *full, u64 now, u64 cost, u64 ahead)
{
	s64 old = atomic64_read(full), new;

	do {
		new = max_t(s64, old, now) + cost;
		if (new > (s64)(now + ahead))
			return false;
	} while (!atomic64_try_cmpxchg(full, &old, new));
	return true;
}

/* The bucket of a network: IPv4 by its first @bits, IPv6 by its /64. */
static u32 bucket_of_network(const struct camex_rate_limits *limits,
			     const struct camex_addr *addr, unsigned int bits)
{
	u64 first;

	if (addr->family == AF_INET)
		first = ntohl(addr->v4) >> (32 - bits);
	else
		memcpy(&first, &addr->v6, sizeof(first));
	return siphash_2u64(first, addr->family, &limits->secret);
}

/**
 * camex_rate_limit_source() - may keys be tried for another datagram of this source
 * @limits: the buckets of the namespace that received it
 * @addr: the sender of a datagram; its port does not count
 * @now: ktime_get_ns()
 *
 * Return: false if the source has sent too many datagrams.
 */
bool camex_rate_limit_source(struct camex_rate_limits *limits,
			     const struct camex_addr *addr, u64 now)
{
	u32 bucket = bucket_of_network(limits, addr, 32) % CAMEX_LIMIT_SOURCES;

	return take_token(&limits->sources[bucket], now, DATAGRAM_NS,
			  (u64)CAMEX_LIMIT_BURST * DATAGRAM_NS);
}

/**
 * camex_rate_limit_config() - may a plain CONFIG be sent to this address
 * @limits: the buckets of the namespace that sends the CONFIG
 * @addr: source of the REGISTER, which may be forged
 * @now: ktime_get_ns()
 *
 * Return: false if too many were sent to the network of the address.
 */
bool camex_rate_limit_config(struct camex_rate_limits *limits,
			     const struct camex_addr *addr, u64 now)
{
	u32 bucket = bucket_of_network(limits, addr, 24) % CAMEX_LIMIT_CONFIGS;

	return take_token(&limits->configs[bucket], now, CONFIG_NS, NSEC_PER_SEC);
}

/**
 * camex_budget_begin() - is CPU time left for trying keys
 * @limit: the device's budget
 * @now: ktime_get_ns()
 *
 * Return: false when the budget is spent.
 */
bool camex_budget_begin(struct camex_budget *limit, u64 now)
{
	return atomic64_read(&limit->paid_until) <=
	       (s64)(now + CAMEX_LIMIT_CPU_BURST);
}

/**
 * camex_budget_wait() - time until CPU time is left
 * @limit: the device's budget
 * @now: ktime_get_ns()
 *
 * Return: nanoseconds, 0 if camex_budget_begin() would return true.
 */
u64 camex_budget_wait(struct camex_budget *limit, u64 now)
{
	s64 wait = atomic64_read(&limit->paid_until) -
		   (s64)(now + CAMEX_LIMIT_CPU_BURST);

	return max_t(s64, wait, 0);
}

/**
 * camex_budget_end() - charge the time since camex_budget_begin()
 * @limit: the device's budget
 * @start: @now of camex_budget_begin()
 * @now: ktime_get_ns()
 */
void camex_budget_end(struct camex_budget *limit, u64 start, u64 now)
{
	take_token(&limit->paid_until, now, (now - start) * CAMEX_LIMIT_CPU,
		   S64_MAX / 2);
}
