// SPDX-License-Identifier: GPL-2.0-only
#include "core/device.h"
#include "core/rate_limit.h"
#include "test.h"

#define LATER	BIT_ULL(60)

static struct camex_addr source_v4(u32 addr, u16 port)
{
	struct camex_addr source = {
		.family = AF_INET,
		.port = htons(port),
		.v4 = htonl(addr),
	};

	return source;
}

/* How many of @tries at once are let through. */
static unsigned int allowed(struct camex_rate_limits *limits,
			    const struct camex_addr *source, u64 now,
			    unsigned int tries)
{
	unsigned int n, good = 0;

	for (n = 0; n < tries; n++)
		good += camex_rate_limit_source(limits, source, now);
	return good;
}

static void limit_burst_and_rate(struct kunit *test)
{
	struct camex_addr source = source_v4(0xc0000201, 1);
	u64 now = LATER;

	KUNIT_EXPECT_EQ(test, allowed(test->priv, &source, now, 2000), CAMEX_LIMIT_BURST);
	KUNIT_EXPECT_EQ(test, allowed(test->priv, &source, now, 1), 0);
	now += NSEC_PER_SEC / CAMEX_LIMIT_RATE - 1;
	KUNIT_EXPECT_EQ(test, allowed(test->priv, &source, now, 1), 0);
	now += 1;
	KUNIT_EXPECT_EQ(test, allowed(test->priv, &source, now, 2), 1);
	now += NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, allowed(test->priv, &source, now, 2000), CAMEX_LIMIT_RATE);
	/* However long the silence, no more than the burst. */
	now += 3600ULL * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, allowed(test->priv, &source, now, 2000), CAMEX_LIMIT_BURST);
}

static void limit_what_is_one_source(struct kunit *test)
{
	struct camex_addr v4 = source_v4(0xc0000202, 1);
	struct camex_addr v6 = { .family = AF_INET6 };
	u64 now = LATER + BIT_ULL(50);
	unsigned int n, good = 0;

	v6.v6.s6_addr[0] = 0x20;
	v6.v6.s6_addr[7] = 7;

	/* Another port is the same source. */
	for (n = 0; n < 1000; n++) {
		v4.port = htons(n);
		good += camex_rate_limit_source(test->priv, &v4, now);
	}
	KUNIT_EXPECT_EQ(test, good, CAMEX_LIMIT_BURST);

	/* So is another address in the /64. */
	for (n = 0, good = 0; n < 1000; n++) {
		v6.v6.s6_addr32[3] = htonl(n);
		good += camex_rate_limit_source(test->priv, &v6, now);
	}
	KUNIT_EXPECT_EQ(test, good, CAMEX_LIMIT_BURST);

	/* Others are not; a few may share a bucket with one that is spent. */
	for (n = 0, good = 0; n < 100; n++) {
		struct camex_addr other = source_v4(0x0a000000 + n, 1);

		good += camex_rate_limit_source(test->priv, &other, now);
	}
	KUNIT_EXPECT_GE(test, good, 95);
}

/* What is sent to one namespace counts for nothing in another. */
static void limit_by_namespace(struct kunit *test)
{
	struct camex_rate_limits *other = camex_rate_limits_alloc();
	struct camex_addr source = source_v4(0xc0000203, 1);
	u64 now = LATER;

	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, allowed(other, &source, now, 2000), CAMEX_LIMIT_BURST);
	KUNIT_EXPECT_EQ(test, allowed(test->priv, &source, now, 2000), CAMEX_LIMIT_BURST);
	while (camex_rate_limit_config(other, &source, now))
		;
	KUNIT_EXPECT_TRUE(test, camex_rate_limit_config(test->priv, &source, now));
	camex_rate_limits_free(other);
}

static void limit_share_of_a_cpu(struct kunit *test)
{
	struct camex_budget limit = {};
	const u64 cost = 20 * NSEC_PER_USEC;
	u64 now = LATER, end = now + 10ULL * NSEC_PER_SEC, spent = 0;

	/* Whoever asks again and again gets a tenth of the time, and the advance. */
	while (now < end) {
		if (camex_budget_begin(&limit, now)) {
			camex_budget_end(&limit, now, now + cost);
			spent += cost;
		}
		now += cost;
	}
	KUNIT_EXPECT_GE(test, spent, NSEC_PER_SEC);
	KUNIT_EXPECT_LE(test, spent, NSEC_PER_SEC + CAMEX_LIMIT_CPU_BURST);
}

/* Plain CONFIG is counted by the network that it goes to. */
static void limit_config_by_network(struct kunit *test)
{
	struct camex_addr one = source_v4(0xc6336401, 1), other = source_v4(0xc63364fe, 2);
	struct camex_addr v6 = { .family = AF_INET6, .port = 1 };
	u64 now = LATER + BIT_ULL(51);
	unsigned int n, good = 0;

	for (n = 0; n < 100; n++)
		good += camex_rate_limit_config(test->priv, n % 2 ? &one : &other, now);
	KUNIT_EXPECT_EQ(test, good, CAMEX_LIMIT_CONFIG);
	now += NSEC_PER_SEC / CAMEX_LIMIT_CONFIG;
	KUNIT_EXPECT_TRUE(test, camex_rate_limit_config(test->priv, &other, now));
	KUNIT_EXPECT_FALSE(test, camex_rate_limit_config(test->priv, &one, now));
	/* REGISTER under a key has buckets of its own. */
	KUNIT_EXPECT_TRUE(test, camex_rate_limit_source(test->priv, &one, now));

	v6.v6.s6_addr[0] = 0x20;
	v6.v6.s6_addr[1] = 0x01;
	for (n = 0, good = 0; n < 100; n++) {
		v6.v6.s6_addr[15] = n;
		good += camex_rate_limit_config(test->priv, &v6, now);
	}
	KUNIT_EXPECT_EQ(test, good, CAMEX_LIMIT_CONFIG);
}

/* The documented limits; the other cases accept any value. */
static void limit_figures(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, CAMEX_LIMIT_RATE, 100);
	KUNIT_EXPECT_EQ(test, CAMEX_LIMIT_BURST, 500);
	KUNIT_EXPECT_EQ(test, CAMEX_LIMIT_CONFIG, 10);
}

static struct kunit_case limit_cases[] = {
	KUNIT_CASE(limit_burst_and_rate),
	KUNIT_CASE(limit_what_is_one_source),
	KUNIT_CASE(limit_by_namespace),
	KUNIT_CASE(limit_share_of_a_cpu),
	KUNIT_CASE(limit_config_by_network),
	KUNIT_CASE(limit_figures),
	{}
};

/* The buckets of a namespace, in the test's priv. */
static int limit_init(struct kunit *test)
{
	test->priv = camex_rate_limits_alloc();
	return test->priv ? 0 : -ENOMEM;
}

static void limit_exit(struct kunit *test)
{
	camex_rate_limits_free(test->priv);
}

static struct kunit_suite limit_suite = {
	.name = "camex_budget",
	.init = limit_init,
	.exit = limit_exit,
	.test_cases = limit_cases,
};

kunit_test_suite(limit_suite);
