// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/siphash.h>

#include "compat.h"
#include "device.h"
#include "limit.h"

/*
 * Buckets by source. The table neither grows nor remembers addresses: sources
 * that fall into one bucket share it, and which do depends on a secret. Each
 * holds the time at which it will be full again: a source that sends one
 * datagram moves it on by the time that one datagram takes at the rate allowed.
 */
#define BUCKETS		4096
#define DATAGRAM_NS	(NSEC_PER_SEC / CAMEX_LIMIT_RATE)

static atomic64_t buckets[BUCKETS];

/* The same for plain CONFIG, by network. */
#define CONFIG_BUCKETS	1024
#define CONFIG_NS	(NSEC_PER_SEC / CAMEX_LIMIT_CONFIG)

static atomic64_t config_buckets[CONFIG_BUCKETS];

/* Move *@full on by @cost unless it is @ahead of @now already. */
static bool take(atomic64_t *full, u64 now, u64 cost, u64 ahead)
{
	s64 old = atomic64_read(full), new;

	do {
		new = max_t(s64, old, now) + cost;
		if (new > (s64)(now + ahead))
			return false;
	} while (!atomic64_try_cmpxchg(full, &old, new));
	return true;
}

/* Which bucket a network has: IPv4 by its first @bits, IPv6 by its /64. */
static u32 network(const struct camex_addr *addr, unsigned int bits)
{
	static siphash_key_t secret;
	u64 first;

	net_get_random_once(&secret, sizeof(secret));
	if (addr->family == AF_INET)
		first = ntohl(addr->v4) >> (32 - bits);
	else
		memcpy(&first, &addr->v6, sizeof(first));
	return siphash_2u64(first, addr->family, &secret);
}

/**
 * camex_limit_source() - may this source be tried once more
 * @addr: the sender of a datagram; its port does not count
 * @now: ktime_get_ns()
 *
 * Return: false when it has sent too many of late.
 */
bool camex_limit_source(const struct camex_addr *addr, u64 now)
{
	return take(&buckets[network(addr, 32) % BUCKETS], now, DATAGRAM_NS,
		    (u64)CAMEX_LIMIT_BURST * DATAGRAM_NS);
}

CAMEX_EXPORT_FOR_KUNIT(camex_limit_source);

/**
 * camex_limit_config() - may a plain CONFIG go there
 * @addr: whoever says that it has sent a REGISTER, which nothing proves
 * @now: ktime_get_ns()
 *
 * Return: false when the network around it was sent too many of late.
 */
bool camex_limit_config(const struct camex_addr *addr, u64 now)
{
	return take(&config_buckets[network(addr, 24) % CONFIG_BUCKETS], now,
		    CONFIG_NS, NSEC_PER_SEC);
}

CAMEX_EXPORT_FOR_KUNIT(camex_limit_config);

/**
 * camex_limit_begin() - is there CPU time left to try keys
 * @limit: the device's budget
 * @now: ktime_get_ns()
 *
 * Return: false when the budget is spent.
 */
bool camex_limit_begin(struct camex_limit *limit, u64 now)
{
	return atomic64_read(&limit->paid_until) <=
	       (s64)(now + CAMEX_LIMIT_CPU_BURST);
}

CAMEX_EXPORT_FOR_KUNIT(camex_limit_begin);

/**
 * camex_limit_end() - pay for the time since camex_limit_begin()
 * @limit: the device's budget
 * @start: what @now was then
 * @now: ktime_get_ns()
 */
void camex_limit_end(struct camex_limit *limit, u64 start, u64 now)
{
	take(&limit->paid_until, now, (now - start) * CAMEX_LIMIT_CPU,
	     S64_MAX / 2);
}

CAMEX_EXPORT_FOR_KUNIT(camex_limit_end);
