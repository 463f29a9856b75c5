// SPDX-License-Identifier: GPL-2.0-only
#include "core/compat.h"
#include "core/memory.h"
#include "core/stats.h"

const char * const camex_stats_names[CAMEX_STATS_COUNT] = {
	[CAMEX_A_STATS_MALFORMED - 1] = "malformed",
	[CAMEX_A_STATS_NOT_IP - 1] = "not_ip",
	[CAMEX_A_STATS_UNKNOWN_PEER - 1] = "unknown_peer",
	[CAMEX_A_STATS_AUTH_FAILED - 1] = "auth_failed",
	[CAMEX_A_STATS_REPLAYED - 1] = "replayed",
	[CAMEX_A_STATS_BAD_SOURCE - 1] = "bad_source",
	[CAMEX_A_STATS_NO_ROUTE - 1] = "no_route",
	[CAMEX_A_STATS_NO_KEY - 1] = "no_key",
	[CAMEX_A_STATS_NO_ENDPOINT - 1] = "no_endpoint",
	[CAMEX_A_STATS_PLAINTEXT_REFUSED - 1] = "plaintext_refused",
	[CAMEX_A_STATS_TOO_BIG - 1] = "too_big",
	[CAMEX_A_STATS_TTL_EXPIRED - 1] = "ttl_expired",
	[CAMEX_A_STATS_LOOP - 1] = "loop",
	[CAMEX_A_STATS_LINK_PENDING - 1] = "link_pending",
	[CAMEX_A_STATS_NETPOLL_FALLBACK - 1] = "netpoll_fallback",
	[CAMEX_A_STATS_RX_NETFILTER - 1] = "rx_netfilter",
	[CAMEX_A_STATS_FDB_FULL - 1] = "fdb_full",
	[CAMEX_A_STATS_QUEUE_FULL - 1] = "queue_full",
	[CAMEX_A_STATS_NO_MEMORY - 1] = "no_memory",
	[CAMEX_A_STATS_RATE_LIMITED - 1] = "rate_limited",
	/* CAMEX_A_STATS_PAD is no counter, so the slots behind it are one lower */
	[CAMEX_A_STATS_NO_DEVICE - 2] = "no_device",
	[CAMEX_A_STATS_TCP_REFUSED - 2] = "tcp_refused",
	[CAMEX_A_STATS_TCP_SILENT - 2] = "tcp_silent",
	[CAMEX_A_STATS_WRONG_CIPHER - 2] = "wrong_cipher",
};

/**
 * camex_stats_alloc() - counters of a device, all zero
 *
 * Return: NULL without memory; free with free_percpu().
 */
struct camex_stats __percpu *camex_stats_alloc(void)
{
	struct camex_stats __percpu *stats =
		alloc_percpu_gfp(struct camex_stats, CAMEX_GFP_REQUEST);
	int cpu;

	if (stats)
		for_each_possible_cpu(cpu)
			u64_stats_init(&per_cpu_ptr(stats, cpu)->syncp);
	return stats;
}

/**
 * camex_traffic_alloc() - counters of a peer, all zero
 *
 * Return: NULL without memory; free with free_percpu().
 */
struct camex_traffic __percpu *camex_traffic_alloc(void)
{
	struct camex_traffic __percpu *t =
		alloc_percpu_gfp(struct camex_traffic, CAMEX_GFP_REQUEST);
	int cpu;

	if (t)
		for_each_possible_cpu(cpu)
			u64_stats_init(&per_cpu_ptr(t, cpu)->syncp);
	return t;
}

/**
 * camex_stats_sum() - add up the counters of all CPUs
 * @stats: counters of the device
 * @sum: CAMEX_STATS_COUNT numbers, by camex_stats_slot()
 */
void camex_stats_sum(struct camex_stats __percpu *stats, u64 *sum)
{
	int cpu, i;

	memset(sum, 0, CAMEX_STATS_COUNT * sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct camex_stats *s = per_cpu_ptr(stats, cpu);
		u64 one[CAMEX_STATS_COUNT];
		unsigned int start;

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			for (i = 0; i < CAMEX_STATS_COUNT; i++)
				one[i] = u64_stats_read(&s->count[i]);
		} while (u64_stats_fetch_retry(&s->syncp, start));
		for (i = 0; i < CAMEX_STATS_COUNT; i++)
			sum[i] += one[i];
	}
}

/**
 * camex_traffic_sum() - add up a peer's packets and bytes
 * @traffic: counters of the peer
 * @sum: result: received and sent packets, bytes and drops
 */
void camex_traffic_sum(struct camex_traffic __percpu *traffic,
		       struct rtnl_link_stats64 *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct camex_traffic *t = per_cpu_ptr(traffic, cpu);
		u64 rx_packets, rx_bytes, tx_packets, tx_bytes, rx_dropped, tx_dropped;
		unsigned int start;

		do {
			start = u64_stats_fetch_begin(&t->syncp);
			rx_packets = u64_stats_read(&t->rx_packets);
			rx_bytes = u64_stats_read(&t->rx_bytes);
			tx_packets = u64_stats_read(&t->tx_packets);
			tx_bytes = u64_stats_read(&t->tx_bytes);
			rx_dropped = u64_stats_read(&t->rx_dropped);
			tx_dropped = u64_stats_read(&t->tx_dropped);
		} while (u64_stats_fetch_retry(&t->syncp, start));
		sum->rx_packets += rx_packets;
		sum->rx_bytes += rx_bytes;
		sum->tx_packets += tx_packets;
		sum->tx_bytes += tx_bytes;
		sum->rx_dropped += rx_dropped;
		sum->tx_dropped += tx_dropped;
	}
}

/**
 * camex_stats_link() - fill in the statistics that "ip -s link" shows
 * @sum: from camex_stats_sum()
 * @returns_errors: see struct camex_link_kind
 * @link: result: errors and drops
 */
void camex_stats_link(const u64 *sum, bool returns_errors, struct rtnl_link_stats64 *link)
{
	u64 to_nobody, from_nobody;

#define C(attr) sum[camex_stats_slot(CAMEX_A_STATS_##attr)]
	link->rx_errors = C(MALFORMED) + C(AUTH_FAILED);
	link->rx_frame_errors = C(MALFORMED);
	link->rx_crc_errors = C(AUTH_FAILED);
	link->rx_dropped = C(UNKNOWN_PEER) + C(REPLAYED) + C(BAD_SOURCE) +
			   C(PLAINTEXT_REFUSED) + C(LINK_PENDING) +
			   C(RATE_LIMITED) + C(WRONG_CIPHER);
	link->tx_errors = C(TOO_BIG) + C(LOOP);
	link->tx_dropped = C(NOT_IP) + C(NO_ROUTE) + C(NO_KEY) +
			   C(NO_ENDPOINT) + C(TTL_EXPIRED) + C(QUEUE_FULL) +
			   C(NO_MEMORY) + C(NO_DEVICE);
	if (!returns_errors)
		return;
	to_nobody = C(NOT_IP) + C(NO_ROUTE) + C(NO_ENDPOINT);
	from_nobody = C(BAD_SOURCE);
	link->tx_dropped -= to_nobody;
	link->tx_errors += to_nobody;
	link->rx_dropped -= from_nobody;
	link->rx_errors += from_nobody;
	link->rx_frame_errors += from_nobody;
#undef C
}
