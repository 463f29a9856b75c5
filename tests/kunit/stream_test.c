// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "test.h"
#include "transport/tcp/stream.h"

#define BYTES	20000

/* Datagram @i of a stream has @len bytes of value @i. Return where the next one begins. */
static size_t put(u8 *data, size_t at, unsigned int len, u8 value)
{
	data[at] = len >> 8;
	data[at + 1] = len;
	memset(data + at + CAMEX_STREAM_HEADER, value, len);
	return at + CAMEX_STREAM_HEADER + len;
}

static void stream_lengths(struct kunit *test)
{
	static const struct {
		u8 data[2];
		size_t len;
		int wanted;
	} cases[] = {
		{ { 0x00, 0x00 }, 2, -1 },
		{ { 0x00, 0x01 }, 2, 1 },
		{ { 0x24, 0x2c }, 2, 9260 },
		{ { 0x24, 0x2d }, 2, -1 },
		{ { 0xff, 0xff }, 2, -1 },
		{ { 0x00, 0x01 }, 1, 0 },
		{ { 0xff, 0xff }, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ(test, camex_stream_length(cases[i].data, cases[i].len),
				cases[i].wanted);
}

/* A run ends at a longer datagram, behind a shorter one, at a bad length, and where it is full. */
static void stream_runs(struct kunit *test)
{
	u8 *data = kunit_kzalloc(test, BYTES, GFP_KERNEL);
	struct camex_stream_run run;
	size_t at = 0, end;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < 5; i++)
		at = put(data, at, 100, i);
	at = put(data, at, 40, 5);
	end = at;
	at = put(data, at, 40, 6);
	KUNIT_EXPECT_EQ(test, camex_stream_next(data, at, BYTES, &run), (int)end);
	KUNIT_EXPECT_EQ(test, run.count, 6U);
	KUNIT_EXPECT_EQ(test, run.size, 100U);
	KUNIT_EXPECT_EQ(test, run.last, 40U);
	/* 250 bytes have room for two; one is taken however long it is */
	KUNIT_EXPECT_EQ(test, camex_stream_next(data, at, 250, &run), 204);
	KUNIT_EXPECT_EQ(test, run.count, 2U);
	KUNIT_EXPECT_EQ(test, camex_stream_next(data, at, 10, &run), 102);
	/* the last one is not there as a whole */
	KUNIT_EXPECT_EQ(test, camex_stream_next(data, end - 1, BYTES, &run), 510);
	KUNIT_EXPECT_EQ(test, camex_stream_next(data, 101, BYTES, &run), 0);
	/* longer, or none */
	put(data, end, 101, 7);
	KUNIT_EXPECT_EQ(test, camex_stream_next(data + end, 103, BYTES, &run), 103);
	KUNIT_EXPECT_EQ(test, camex_stream_next(data + 510, end - 510 + 103, BYTES, &run), 42);
	data[102] = 0xff;
	KUNIT_EXPECT_EQ(test, camex_stream_next(data, end, BYTES, &run), 102);
	KUNIT_EXPECT_EQ(test, camex_stream_next(data + 102, end - 102, BYTES, &run), -1);
}

/* However a stream is cut, the same datagrams come out of it. */
static void stream_cuts(struct kunit *test)
{
	u8 *data = kunit_kzalloc(test, BYTES, GFP_KERNEL);
	struct camex_stream_run run;
	struct rnd_state rnd;
	int round, n;

	KUNIT_ASSERT_NOT_NULL(test, data);
	prandom_seed_state(&rnd, 1);
	for (round = 0; round < 200; round++) {
		size_t len = 0, at = 0, there = 0;
		unsigned int put_in = 0, out = 0;

		while (len < BYTES - 700) {
			len = put(data, len, 1 + below(&rnd, below(&rnd, 2) ? 600 : 3), put_in);
			put_in++;
		}
		while (there < len) {
			there = min(len, there + 1 + below(&rnd, 1000));
			while ((n = camex_stream_next(data + at, there - at, 3000, &run)) > 0) {
				unsigned int i;

				for (i = 0; i < run.count; i++, out++)
					if (data[at + i * (run.size + CAMEX_STREAM_HEADER) +
						 CAMEX_STREAM_HEADER] != (u8)out)
						KUNIT_FAIL(test, "datagram %u is another", out);
				at += n;
			}
			KUNIT_ASSERT_EQ(test, n, 0);
		}
		KUNIT_ASSERT_EQ(test, out, put_in);
		KUNIT_ASSERT_EQ(test, at, len);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(stream_lengths),
	KUNIT_CASE(stream_runs),
	KUNIT_CASE(stream_cuts),
	{}
};

static struct kunit_suite suite = {
	.name = "camex_stream",
	.test_cases = cases,
};

kunit_test_suite(suite);
