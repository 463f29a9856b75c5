// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "test.h"
#include "transport/serial/cslip.h"

/* IPv4 and TCP without options, and room for a body. */
#define HEAD		40
#define LEN_MAX		64

/* Two segments of one connection: SEQ 0x01020304, ACK 0x05060708, window 0x1000. */
static const u8 segment[HEAD] = {
	0x45, 0x00, 0x00, 0x2a, 0x12, 0xff, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00,
	10, 0, 0, 8, 10, 0, 0, 1,
	0x80, 0x00, 0x00, 0x07, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x50, 0x18, 0x10, 0x00, 0xab, 0xcd, 0x00, 0x00,
};

struct cslip_state {
	struct camex_cslip c;
	struct camex_cslip_packet packet;
	u8 frame[LEN_MAX];
	u8 whole[HEAD];
};

/* As the first of slot @number, with a body of two bytes. */
static bool receive_whole(struct cslip_state *s, u8 number)
{
	memcpy(s->whole, segment, HEAD);
	s->whole[10] = camex_cslip_checksum(segment, 20) >> 8;
	s->whole[11] = camex_cslip_checksum(segment, 20) & 0xff;
	memcpy(s->frame, s->whole, HEAD);
	s->frame[0] = 0x75;
	s->frame[9] = number;
	memcpy(s->frame + HEAD, "pq", 2);
	return camex_cslip_receive(&s->c, s->frame, HEAD + 2, &s->packet);
}

static bool receive_bytes(struct cslip_state *s, const char *bytes, size_t len)
{
	memcpy(s->frame, bytes, len);
	return camex_cslip_receive(&s->c, s->frame, len, &s->packet);
}

static u32 get32(const u8 *at)
{
	return camex_cslip_get16(at) << 16 | camex_cslip_get16(at + 2);
}

static int cslip_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct cslip_state), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

/* A whole segment becomes what it was, and other packets are let through. */
static void cslip_whole(struct kunit *test)
{
	struct cslip_state *s = test->priv;

	KUNIT_ASSERT_TRUE(test, receive_whole(s, 15));
	KUNIT_EXPECT_EQ(test, 0, (int)s->packet.head_len);
	KUNIT_EXPECT_EQ(test, HEAD + 2, (int)s->packet.body_len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(s->packet.body, s->whole, HEAD));
	KUNIT_EXPECT_TRUE(test, receive_bytes(s, "\x45", 1));
	KUNIT_EXPECT_EQ(test, 1, (int)s->packet.body_len);
	KUNIT_EXPECT_EQ(test, 0x45, s->packet.body[0]);
	KUNIT_EXPECT_TRUE(test, receive_bytes(s, "\x60pq", 3));
	KUNIT_EXPECT_EQ(test, 0x60, s->packet.body[0]);
	KUNIT_EXPECT_FALSE(test, receive_whole(s, 16));
	KUNIT_EXPECT_FALSE(test, receive_whole(s, 255));
}

struct change {
	const char *what;
	const char *bytes;
	size_t len;
	u32 seq;
	u32 ack;
	u16 window;
	u16 urgent;
	u16 id;
	u8 flags;
	size_t body;
};

#define CHANGE(what, bytes, ...) { what, bytes, sizeof(bytes) - 1, __VA_ARGS__ }

/* Each change of RFC 1144 alone, on the segment above with its body of two bytes. */
static void cslip_changes(struct kunit *test)
{
	static const struct change changes[] = {
		CHANGE("nothing but the ID", "\x80\x11\x22xyz",
		       0x01020304, 0x05060708, 0x1000, 0, 0x1300, 0x10, 3),
		CHANGE("PUSH", "\x90\x11\x22",
		       0x01020304, 0x05060708, 0x1000, 0, 0x1300, 0x18, 0),
		CHANGE("the ID by 3", "\xa0\x11\x22\x03",
		       0x01020304, 0x05060708, 0x1000, 0, 0x1302, 0x10, 0),
		CHANGE("the ID by 0x102", "\xa0\x11\x22\0\x01\x02",
		       0x01020304, 0x05060708, 0x1000, 0, 0x1401, 0x10, 0),
		CHANGE("the sequence", "\x88\x11\x22\x05x",
		       0x01020309, 0x05060708, 0x1000, 0, 0x1300, 0x10, 1),
		CHANGE("the sequence by 0xfffe", "\x88\x11\x22\0\xff\xfe",
		       0x01030302, 0x05060708, 0x1000, 0, 0x1300, 0x10, 0),
		CHANGE("the ACK number", "\x84\x11\x22\x05",
		       0x01020304, 0x0506070d, 0x1000, 0, 0x1300, 0x10, 0),
		CHANGE("the window, down", "\x82\x11\x22\0\xf0\x01",
		       0x01020304, 0x05060708, 0x0001, 0, 0x1300, 0x10, 0),
		CHANGE("the urgent pointer", "\x81\x11\x22\x09",
		       0x01020304, 0x05060708, 0x1000, 9, 0x1300, 0x30, 0),
		CHANGE("all in order", "\xe7\x03\x11\x22\x09\x01\x02\x03",
		       0x01020304, 0x0506070a, 0x1001, 9, 0x1302, 0x30, 0),
		CHANGE("echoed", "\x9b\x11\x22xy",
		       0x01020306, 0x0506070a, 0x1000, 0, 0x1300, 0x18, 2),
		CHANGE("bulk", "\x8f\x11\x22xy",
		       0x01020306, 0x05060708, 0x1000, 0, 0x1300, 0x10, 2),
		CHANGE("bulk, another ID", "\xaf\x11\x22\x02xy",
		       0x01020306, 0x05060708, 0x1000, 0, 0x1301, 0x10, 2),
	};
	struct cslip_state *s = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct change *c = &changes[i];
		const u8 *h = s->c.slots[3].head;
		size_t n;

		KUNIT_ASSERT_TRUE(test, receive_whole(s, 3));
		KUNIT_ASSERT_TRUE_MSG(test, receive_bytes(s, c->bytes, c->len), "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, HEAD, (int)s->packet.head_len, "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, c->body, s->packet.body_len, "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, HEAD + c->body, (size_t)camex_cslip_get16(h + 2),
				    "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (u32)c->id, camex_cslip_get16(h + 4), "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, camex_cslip_checksum(h, 20),
				    camex_cslip_get16(h + 10), "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, c->seq, get32(h + 24), "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, c->ack, get32(h + 28), "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, c->flags, h[33], "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (u32)c->window, camex_cslip_get16(h + 34), "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, 0x1122U, camex_cslip_get16(h + 36), "%s", c->what);
		KUNIT_EXPECT_EQ_MSG(test, (u32)c->urgent, camex_cslip_get16(h + 38), "%s", c->what);
		/* too short by any number of bytes: no packet, and none until a whole one */
		for (n = 1; n < c->len - c->body; n++) {
			KUNIT_ASSERT_TRUE(test, receive_whole(s, 3));
			KUNIT_EXPECT_FALSE_MSG(test, receive_bytes(s, c->bytes, n), "%s: %zu",
					       c->what, n);
			KUNIT_EXPECT_FALSE_MSG(test, receive_bytes(s, "\x8f\x11\x22", 3),
					       "%s: after %zu", c->what, n);
		}
	}
}

/* URG holds for one segment only: the next frame without the urgent bit clears it. */
static void cslip_urgent_once(struct kunit *test)
{
	struct cslip_state *s = test->priv;

	KUNIT_ASSERT_TRUE(test, receive_whole(s, 3));
	KUNIT_ASSERT_TRUE(test, receive_bytes(s, "\x81\x11\x22\x09", 4));
	KUNIT_EXPECT_EQ(test, 0x30, s->c.slots[3].head[33]);
	KUNIT_ASSERT_TRUE(test, receive_bytes(s, "\x80\x11\x22", 3));
	KUNIT_EXPECT_EQ(test, 0x10, s->c.slots[3].head[33]);
}

/* After a loss only a frame that names its slot is taken. */
static void cslip_lost(struct kunit *test)
{
	struct cslip_state *s = test->priv;

	KUNIT_EXPECT_FALSE(test, receive_bytes(s, "\x8f\x11\x22", 3));
	KUNIT_EXPECT_FALSE(test, receive_bytes(s, "\xcf\x03\x11\x22", 4));
	KUNIT_ASSERT_TRUE(test, receive_whole(s, 3));
	KUNIT_EXPECT_FALSE(test, receive_bytes(s, "\xcf\x04\x11\x22", 4));
	KUNIT_EXPECT_FALSE(test, receive_bytes(s, "\xcf\x10\x11\x22", 4));
	KUNIT_EXPECT_FALSE(test, receive_bytes(s, "\x8f\x11\x22", 3));
	KUNIT_EXPECT_TRUE(test, receive_bytes(s, "\xcf\x03\x11\x22", 4));
	KUNIT_EXPECT_TRUE(test, receive_bytes(s, "\x8f\x11\x22", 3));
	camex_cslip_lose(&s->c);
	KUNIT_EXPECT_FALSE(test, receive_bytes(s, "\x8f\x11\x22", 3));
	KUNIT_EXPECT_TRUE(test, receive_bytes(s, "\xcf\x03\x11\x22", 4));
}

/* Whole segments of each shorter length, and with each byte changed. */
static void cslip_bad_whole(struct kunit *test)
{
	struct cslip_state *s = test->priv;
	u8 good[HEAD];
	int i;

	KUNIT_ASSERT_TRUE(test, receive_whole(s, 0));
	memcpy(good, s->whole, HEAD);
	good[0] = 0x75;
	good[9] = 0;
	for (i = 1; i < HEAD + 2; i++) {
		memcpy(s->frame, good, HEAD);
		KUNIT_EXPECT_FALSE_MSG(test, camex_cslip_receive(&s->c, s->frame, i, &s->packet),
				       "%d bytes", i);
	}
	for (i = 1; i < 20; i++) {
		memcpy(s->frame, good, HEAD);
		s->frame[i] ^= 0x10;
		KUNIT_EXPECT_FALSE_MSG(test, camex_cslip_receive(&s->c, s->frame, HEAD + 2,
								 &s->packet), "byte %d", i);
	}
	/* headers of IPv4 and of TCP that are too short, and longer than the packet */
	for (i = 0; i < 16; i++) {
		memcpy(s->frame, good, HEAD);
		s->frame[0] = 0x70 | i;
		KUNIT_EXPECT_EQ_MSG(test, i == 5, camex_cslip_receive(&s->c, s->frame, HEAD + 2,
								      &s->packet), "IP %d", i);
		memcpy(s->frame, good, HEAD);
		s->frame[32] = i << 4;
		KUNIT_EXPECT_EQ_MSG(test, i == 5, camex_cslip_receive(&s->c, s->frame, HEAD + 2,
								      &s->packet), "TCP %d", i);
	}
}

static struct kunit_case cslip_cases[] = {
	KUNIT_CASE(cslip_whole),
	KUNIT_CASE(cslip_changes),
	KUNIT_CASE(cslip_urgent_once),
	KUNIT_CASE(cslip_lost),
	KUNIT_CASE(cslip_bad_whole),
	{}
};

static struct kunit_suite cslip_suite = {
	.name = "camex_cslip",
	.init = cslip_init,
	.test_cases = cslip_cases,
};

kunit_test_suite(cslip_suite);
