// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/time64.h>

#include "core/compat.h"
#include "core/device.h"
#include "protocol/wireguard/source_limit.h"

#define MESSAGE_NS	(NSEC_PER_SEC / CAMEX_WG_LIMIT_RATE)
#define BURST_NS	((u64)CAMEX_WG_LIMIT_BURST * MESSAGE_NS)

/**
 * camex_wg_limits_alloc() - allocate buckets, all full
 *
 * Context: may sleep.
 * Return: the buckets, for camex_wg_limits_free(); or NULL without memory.
 */
struct camex_wg_limits *camex_wg_limits_alloc(void)
{
	struct camex_wg_limits *limits = kvzalloc(sizeof(*limits), GFP_KERNEL_ACCOUNT);

	if (limits) {
		spin_lock_init(&limits->lock);
		get_random_bytes(&limits->secret, sizeof(limits->secret));
	}
	return limits;
}

/**
 * camex_wg_limits_free() - free what camex_wg_limits_alloc() made
 * @limits: the buckets, no longer used by anything received; may be NULL
 */
void camex_wg_limits_free(struct camex_wg_limits *limits)
{
	kvfree(limits);
}

static u64 hash_source(const struct camex_wg_limits *limits, const struct camex_addr *source)
{
	u64 network;

	if (source->family == AF_INET)
		network = (__force u32)source->v4;
	else
		memcpy(&network, &source->v6, sizeof(network));
	return siphash_2u64(network, source->family, &limits->secret);
}

/* Find the bucket of a source, or a free one. NULL if its set has none. */
static struct camex_wg_source *find_bucket(struct camex_wg_limits *limits, u64 source, u64 now)
{
	struct camex_wg_source *set = limits->places[source % CAMEX_WG_LIMIT_SETS], *free = NULL;
	unsigned int i;

	for (i = 0; i < CAMEX_WG_LIMIT_PLACES; i++) {
		if (set[i].full <= now)
			free = &set[i];
		else if (set[i].source == source)
			return &set[i];
	}
	return free;
}

/**
 * camex_wg_limit_source() - take a token for a handshake message of a source
 * @limits: the buckets
 * @source: its address, proved by a valid mac2; the port is ignored
 * @now: the time, nanoseconds
 *
 * Return: false if the source has sent too many lately.
 */
bool camex_wg_limit_source(struct camex_wg_limits *limits, const struct camex_addr *source,
			   u64 now)
{
	u64 hash = hash_source(limits, source), full;
	struct camex_wg_source *bucket;
	bool ok = false;

	spin_lock_bh(&limits->lock);
	bucket = find_bucket(limits, hash, now);
	if (bucket) {
		full = max(bucket->full, now) + MESSAGE_NS;
		ok = full <= now + BURST_NS;
		if (ok) {
			bucket->source = hash;
			bucket->full = full;
		}
	}
	spin_unlock_bh(&limits->lock);
	return ok;
}
