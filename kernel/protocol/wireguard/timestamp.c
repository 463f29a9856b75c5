// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "core/compat.h"
#include "protocol/wireguard/timestamp.h"

/* TAI64: seconds since 1970, plus the 10 seconds that TAI was then ahead of UTC. */
#define TAI64_EPOCH	0x400000000000000aULL

/* Write a time stamp, big-endian. */
static void put_timestamp(u8 *stamp, u64 seconds, u32 ns)
{
	__be64 high = cpu_to_be64(TAI64_EPOCH + seconds);
	__be32 low = cpu_to_be32(ns);

	memcpy(stamp, &high, sizeof(high));
	memcpy(stamp + sizeof(high), &low, sizeof(low));
}

/**
 * camex_timestamp_after() - compare time stamps
 * @stamp: a time stamp
 * @before: another, or zeros
 *
 * Return: true if @stamp is later than @before.
 */
bool camex_timestamp_after(const u8 stamp[CAMEX_WG_TIMESTAMP],
			   const u8 before[CAMEX_WG_TIMESTAMP])
{
	return memcmp(stamp, before, CAMEX_WG_TIMESTAMP) > 0;
}

/**
 * camex_timestamp_next() - make the time stamp of a new initiation (TAI64N)
 * @stamp: the last time stamp sent to this peer, or zeros; receives the new one
 * @wall_ns: ktime_get_real_ns()
 *
 * The new one is later than the last one even if the clock was set back: the peer drops others.
 */
void camex_timestamp_next(u8 stamp[CAMEX_WG_TIMESTAMP], u64 wall_ns)
{
	u8 last[CAMEX_WG_TIMESTAMP];
	u64 seconds;
	__be64 high;
	__be32 low;
	u32 ns;

	memcpy(last, stamp, sizeof(last));
	seconds = div_u64_rem(wall_ns, NSEC_PER_SEC, &ns);
	put_timestamp(stamp, seconds, round_down(ns, CAMEX_TIMESTAMP_ROUND_NS));
	if (camex_timestamp_after(stamp, last))
		return;
	memcpy(&high, last, sizeof(high));
	memcpy(&low, last + sizeof(high), sizeof(low));
	seconds = be64_to_cpu(high) - TAI64_EPOCH;
	ns = be32_to_cpu(low) + CAMEX_TIMESTAMP_ROUND_NS;
	if (ns >= NSEC_PER_SEC) {
		ns = 0;
		seconds++;
	}
	put_timestamp(stamp, seconds, ns);
}
