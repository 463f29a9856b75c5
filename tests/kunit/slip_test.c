// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "test.h"
#include "transport/serial/slip.h"

/* Longest packet, and what it takes at most on the line, with both ENDs. */
#define LEN_MAX		80
#define LINE_MAX	(2 * LEN_MAX + 2)

/* A packet, with more of the bytes that are escaped than chance would have. */
static size_t random_packet(struct rnd_state *rnd, u8 *packet)
{
	static const u8 special[] = {
		CAMEX_SLIP_END, CAMEX_SLIP_ESC, CAMEX_SLIP_ESC_END,
		CAMEX_SLIP_ESC_ESC,
	};
	size_t len = 1 + below(rnd, LEN_MAX), i;

	for (i = 0; i < len; i++)
		packet[i] = below(rnd, 4) ? below(rnd, 256) : special[below(rnd, 4)];
	return len;
}

static size_t frame_of(const u8 *packet, size_t len, size_t room, u8 *line)
{
	const u8 *from = packet;
	size_t n = 0, left = len;

	line[n++] = CAMEX_SLIP_END;
	while (left)
		n += camex_slip_encode(line + n, room, &from, &left);
	line[n++] = CAMEX_SLIP_END;
	return n;
}

/* Take all bytes; return how many packets there were, and BADs. */
static void take(struct camex_slip *s, const u8 *line, size_t len,
		 unsigned int *packets, unsigned int *bad)
{
	enum camex_slip_event event;
	size_t n;

	for (; len; line += n, len -= n) {
		n = camex_slip_decode(s, line, len, &event);
		*packets += event == CAMEX_SLIP_PACKET;
		*bad += event == CAMEX_SLIP_BAD;
	}
}

/* Random packets come back, wherever the stream is cut in two. */
static void slip_splits(struct kunit *test)
{
	struct rnd_state rnd;
	u8 *packet, *line, *data;
	int round;

	packet = kunit_kzalloc(test, LEN_MAX, GFP_KERNEL);
	line = kunit_kzalloc(test, LINE_MAX, GFP_KERNEL);
	data = kunit_kzalloc(test, LEN_MAX, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, packet && line && data);
	prandom_seed_state(&rnd, 10);
	for (round = 0; round < 200 && !has_failed(test); round++) {
		size_t len = random_packet(&rnd, packet), at;
		size_t n = frame_of(packet, len, 2 + below(&rnd, 9), line);

		KUNIT_EXPECT_LE(test, n, 2 * len + 2);
		for (at = 0; at <= n; at++) {
			struct camex_slip s = { .data = data, .room = len };
			unsigned int packets = 0, bad = 0;

			take(&s, line, at, &packets, &bad);
			take(&s, line + at, n - at, &packets, &bad);
			KUNIT_EXPECT_EQ(test, 1, packets);
			KUNIT_EXPECT_EQ(test, 0, bad);
			KUNIT_ASSERT_EQ(test, len, s.len);
			KUNIT_EXPECT_EQ(test, 0, memcmp(data, packet, len));
		}
	}
}

struct stream {
	const char *what;
	const char *bytes;
	size_t len;
	unsigned int packets;
	unsigned int bad;
};

#define STREAM(what, bytes, packets, bad) \
	{ what, bytes, sizeof(bytes) - 1, packets, bad }

/* Room for 4 bytes. */
static void slip_streams(struct kunit *test)
{
	static const struct stream streams[] = {
		STREAM("nothing but ENDs", "\xc0\xc0\xc0", 0, 0),
		STREAM("ENDs on both sides", "\xc0pq\xc0\xc0rs\xc0", 2, 0),
		STREAM("one END between", "pq\xc0rs\xc0", 2, 0),
		STREAM("as long as may be", "pqrs\xc0", 1, 0),
		STREAM("too long", "pqrst\xc0pq\xc0", 1, 1),
		STREAM("too long by an escape", "pqrs\xdb\xdc\xc0pq\xc0", 1, 1),
		STREAM("a bad escape", "p\xdbq\xc0pq\xc0", 1, 1),
		STREAM("an escaped escape", "p\xdb\xdb\xdc\xc0pq\xc0", 1, 1),
		STREAM("an END in an escape", "p\xdb\xc0pq\xc0", 1, 1),
		STREAM("an escape alone", "\xdb\xc0pq\xc0", 1, 1),
		STREAM("both escapes", "\xdb\xdc\xdb\xdd\xc0", 1, 0),
		STREAM("no END yet", "pqrs", 0, 0),
	};
	u8 data[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		struct camex_slip s = { .data = data, .room = sizeof(data) };
		unsigned int packets = 0, bad = 0;

		take(&s, streams[i].bytes, streams[i].len, &packets, &bad);
		KUNIT_EXPECT_EQ_MSG(test, streams[i].packets, packets, "%s",
				    streams[i].what);
		KUNIT_EXPECT_EQ_MSG(test, streams[i].bad, bad, "%s",
				    streams[i].what);
	}
}

/* A byte that the tty knows to be wrong takes its frame with it, and no other. */
static void slip_spoilt(struct kunit *test)
{
	u8 data[4];
	struct camex_slip s = { .data = data, .room = sizeof(data) };
	unsigned int packets = 0, bad = 0;

	take(&s, "pq\xc0", 3, &packets, &bad);
	camex_slip_spoil(&s);
	take(&s, "\xc0pq\xc0", 4, &packets, &bad);
	KUNIT_EXPECT_EQ(test, 2, packets);
	KUNIT_EXPECT_EQ(test, 1, bad);
	take(&s, "p\xdb", 2, &packets, &bad);
	camex_slip_spoil(&s);
	take(&s, "\xdc\xc0pqr\xc0", 6, &packets, &bad);
	KUNIT_EXPECT_EQ(test, 3, packets);
	KUNIT_EXPECT_EQ(test, 2, bad);
	KUNIT_EXPECT_EQ(test, 3, s.len);
}

static struct kunit_case slip_cases[] = {
	KUNIT_CASE(slip_splits),
	KUNIT_CASE(slip_streams),
	KUNIT_CASE(slip_spoilt),
	{}
};

static struct kunit_suite slip_suite = {
	.name = "camex_slip",
	.test_cases = slip_cases,
};

kunit_test_suite(slip_suite);
