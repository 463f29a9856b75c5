// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "core/stats.h"
#include "test.h"

static struct camex_stats __percpu *stats;
static struct camex_traffic __percpu *traffic;

static int stats_init(struct kunit *test)
{
	stats = camex_stats_alloc();
	traffic = camex_traffic_alloc();
	return stats && traffic ? 0 : -ENOMEM;
}

static void stats_exit(struct kunit *test)
{
	free_percpu(stats);
	free_percpu(traffic);
	stats = NULL;
	traffic = NULL;
}

/* Counter n of each CPU gets n + 1 + 100 * CPU, in two parts. */
static long count_here(void *unused)
{
	struct camex_traffic *t;
	unsigned int n, cpu;

	local_bh_disable();
	cpu = smp_processor_id();
	for (n = 0; n < CAMEX_STATS_COUNT; n++) {
		camex_count(stats, camex_stats_attr(n), n + 1);
		camex_count(stats, camex_stats_attr(n), 100 * cpu);
	}
	camex_traffic_rx(traffic, 1, 1000 + cpu);
	camex_traffic_rx(traffic, 2, 60);
	camex_traffic_tx(traffic, 5, 5000);
	t = this_cpu_ptr(traffic);
	u64_stats_update_begin(&t->syncp);
	u64_stats_add(&t->rx_dropped, 7);
	u64_stats_add(&t->tx_dropped, 9);
	u64_stats_update_end(&t->syncp);
	local_bh_enable();
	return 0;
}

static void stats_over_cpus(struct kunit *test)
{
	u64 sum[CAMEX_STATS_COUNT];
	struct rtnl_link_stats64 link;
	unsigned int n, cpu, cpus = 0, numbers = 0;

	memset(sum, 0xff, sizeof(sum));
	camex_stats_sum(stats, sum);
	for (n = 0; n < CAMEX_STATS_COUNT; n++)
		KUNIT_EXPECT_EQ(test, sum[n], 0);
	for_each_online_cpu(cpu) {
		KUNIT_ASSERT_EQ(test, 0, work_on_cpu(cpu, count_here, NULL));
		cpus++;
		numbers += cpu;
	}
	camex_stats_sum(stats, sum);
	for (n = 0; n < CAMEX_STATS_COUNT; n++)
		KUNIT_EXPECT_EQ(test, sum[n], (u64)cpus * (n + 1) + 100 * numbers);

	memset(&link, 0xff, sizeof(link));
	camex_traffic_sum(traffic, &link);
	KUNIT_EXPECT_EQ(test, link.rx_packets, (u64)3 * cpus);
	KUNIT_EXPECT_EQ(test, link.rx_bytes, (u64)1060 * cpus + numbers);
	KUNIT_EXPECT_EQ(test, link.tx_packets, (u64)5 * cpus);
	KUNIT_EXPECT_EQ(test, link.tx_bytes, (u64)5000 * cpus);
	KUNIT_EXPECT_EQ(test, link.rx_dropped, (u64)7 * cpus);
	KUNIT_EXPECT_EQ(test, link.tx_dropped, (u64)9 * cpus);
}

/* One counter moves alone, and does not end at 32 bits. */
static void stats_one_at_a_time(struct kunit *test)
{
	unsigned int slot, n, most = UINT_MAX;
	u64 sum[CAMEX_STATS_COUNT];

	/* local_add() of this constant does not assemble */
	OPTIMIZER_HIDE_VAR(most);
	for (slot = 0; slot < CAMEX_STATS_COUNT; slot++) {
		int attr = camex_stats_attr(slot);

		KUNIT_EXPECT_EQ(test, slot, camex_stats_slot(attr));
		KUNIT_EXPECT_NE(test, (int)CAMEX_A_STATS_PAD, attr);
		local_bh_disable();
		camex_count(stats, attr, most);
		camex_count(stats, attr, most);
		local_bh_enable();
		camex_stats_sum(stats, sum);
		for (n = 0; n < CAMEX_STATS_COUNT; n++)
			KUNIT_EXPECT_EQ(test, sum[n], n <= slot ? 2ULL * UINT_MAX : 0);
	}
}

static void stats_large_traffic(struct kunit *test)
{
	struct rtnl_link_stats64 link;
	unsigned int most = UINT_MAX;
	int i;

	OPTIMIZER_HIDE_VAR(most);
	local_bh_disable();
	for (i = 0; i < 3; i++) {
		camex_traffic_rx(traffic, most, most);
		camex_traffic_tx(traffic, 1, most);
	}
	local_bh_enable();
	camex_traffic_sum(traffic, &link);
	KUNIT_EXPECT_EQ(test, link.rx_packets, 3ULL * UINT_MAX);
	KUNIT_EXPECT_EQ(test, link.rx_bytes, 3ULL * UINT_MAX);
	KUNIT_EXPECT_EQ(test, link.tx_packets, 3);
	KUNIT_EXPECT_EQ(test, link.tx_bytes, 3ULL * UINT_MAX);
}

/* The names are part of the interface, and in the order of the attributes. */
static void stats_names(struct kunit *test)
{
	static const char * const names[] = {
		"malformed", "not_ip", "unknown_peer", "auth_failed",
		"replayed", "bad_source", "no_route", "no_key", "no_endpoint",
		"plaintext_refused", "too_big", "ttl_expired", "loop",
		"link_pending", "netpoll_fallback", "rx_netfilter", "fdb_full",
		"queue_full", "no_memory", "rate_limited", "no_device",
		"tcp_refused", "tcp_silent", "wrong_cipher",
	};
	unsigned int n;

	KUNIT_ASSERT_EQ(test, (size_t)CAMEX_STATS_COUNT, ARRAY_SIZE(names));
	for (n = 0; n < CAMEX_STATS_COUNT; n++)
		KUNIT_EXPECT_STREQ(test, camex_stats_names[n], names[n]);
}

/* What is lost is either an error or a drop, of one direction, and only once. */
static void stats_of(struct kunit *test, bool returns_errors)
{
	struct rtnl_link_stats64 link;
	u64 sum[CAMEX_STATS_COUNT], none;
	unsigned int n;

	for (n = 0; n < CAMEX_STATS_COUNT; n++)
		sum[n] = 1ULL << n;
	memset(&link, 0, sizeof(link));
	camex_stats_link(sum, returns_errors, &link);
	KUNIT_EXPECT_EQ(test, 0, link.rx_errors & link.rx_dropped);
	KUNIT_EXPECT_EQ(test, 0, link.tx_errors & link.tx_dropped);
	KUNIT_EXPECT_EQ(test, 0, (link.rx_errors | link.rx_dropped) &
				 (link.tx_errors | link.tx_dropped));
	KUNIT_EXPECT_EQ(test, link.rx_errors, link.rx_frame_errors | link.rx_crc_errors);
	/* not losses, but how a packet went, and connections */
	none = 1ULL << camex_stats_slot(CAMEX_A_STATS_NETPOLL_FALLBACK) |
	       1ULL << camex_stats_slot(CAMEX_A_STATS_RX_NETFILTER) |
	       1ULL << camex_stats_slot(CAMEX_A_STATS_FDB_FULL) |
	       1ULL << camex_stats_slot(CAMEX_A_STATS_TCP_REFUSED) |
	       1ULL << camex_stats_slot(CAMEX_A_STATS_TCP_SILENT);
	KUNIT_EXPECT_EQ(test, (1ULL << CAMEX_STATS_COUNT) - 1,
			link.rx_errors | link.rx_dropped | link.tx_errors |
			link.tx_dropped | none);
	KUNIT_EXPECT_EQ(test, link.rx_packets | link.tx_packets, 0);
}

static void stats_of_link(struct kunit *test)
{
	stats_of(test, false);
	stats_of(test, true);
}

static struct kunit_case stats_cases[] = {
	KUNIT_CASE(stats_over_cpus),
	KUNIT_CASE(stats_one_at_a_time),
	KUNIT_CASE(stats_large_traffic),
	KUNIT_CASE(stats_names),
	KUNIT_CASE(stats_of_link),
	{}
};

static struct kunit_suite stats_suite = {
	.name = "camex_stats",
	.init = stats_init,
	.exit = stats_exit,
	.test_cases = stats_cases,
};

kunit_test_suite(stats_suite);
