// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams of the original program: they open, and sealing makes the same. */
#include <linux/slab.h>

#include "crypto/packet_aead.h"
#include "crypto/replay_window.h"
#include "core/ip_packet.h"
#include "protocol/sealed/wire.h"
#include "test.h"

/**
 * struct fixture - a captured datagram
 * @data: its bytes
 * @len: how many
 * @client: the client sent it, not the server
 */
struct fixture {
	const u8 *data;
	size_t len;
	bool client;
};

#include "fixtures.h"

/**
 * struct opened - a fixture, taken apart
 * @h: its header
 * @buf: memory around @body
 * @body: its plaintext
 */
struct opened {
	struct camex_wire_header h;
	u8 *buf;
	u8 *body;
};

static void open_fixture(struct kunit *test, const struct fixture *f,
			 struct opened *o)
{
	struct camex_aead_key key;
	size_t size = CAMEX_AEAD_HEAD + CAMEX_WIRE_BODY_MAX + CAMEX_AEAD_TAIL;

	KUNIT_ASSERT_TRUE(test, camex_wire_parse(f->data, f->len, &o->h));
	KUNIT_ASSERT_EQ(test, f->len, (size_t)o->h.len + o->h.body + CAMEX_WIRE_TAG);
	if (!o->buf)
		o->buf = kunit_kzalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, o->buf);
	o->body = o->buf + CAMEX_AEAD_HEAD;
	memcpy(o->body, f->data + o->h.len, o->h.body + CAMEX_WIRE_TAG);
	camex_aead_key_set(&key, &camex_chacha20poly1305, fixture_key);
	KUNIT_ASSERT_TRUE_MSG(test,
			      camex_aead_open(&key, o->body, o->h.body, f->data,
					      o->h.len, f->data + 5),
			      "datagram %zu", (size_t)(f - fixtures));
}

static void check_text(struct kunit *test, const struct opened *o)
{
	static const char text[] =
		"CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2\n";

	KUNIT_ASSERT_EQ(test, (size_t)o->h.body, sizeof(text) - 1);
	KUNIT_EXPECT_EQ(test, 0, memcmp(o->body, text, sizeof(text) - 1));
}

/* IPv4 runs between 10.88.0.2, the client, and 10.88.0.1. */
static void check_ipv4(struct kunit *test, const struct fixture *f,
		       const struct opened *o)
{
	u32 client = 0x0a580002, server = 0x0a580001;

	KUNIT_EXPECT_EQ(test, camex_get32(o->body + 12), f->client ? client : server);
	KUNIT_EXPECT_EQ(test, camex_get32(o->body + 16), f->client ? server : client);
}

/* IPv6 is nothing but router solicitations. */
static void check_ipv6(struct kunit *test, const struct opened *o)
{
	KUNIT_EXPECT_EQ(test, camex_get16(o->body + 8), 0xfe80);
	KUNIT_EXPECT_EQ(test, camex_get16(o->body + 24), 0xff02);
	KUNIT_EXPECT_EQ(test, o->body[6], 58);
	KUNIT_EXPECT_EQ(test, o->body[40], 133);
}

static void fixtures_open(struct kunit *test)
{
	unsigned int i, count[5] = {}, ipv4 = 0, ipv6 = 0;
	struct opened o = {};

	for (i = 0; i < ARRAY_SIZE(fixtures); i++) {
		const struct fixture *f = &fixtures[i];

		open_fixture(test, f, &o);
		KUNIT_EXPECT_EQ(test, o.h.len, CAMEX_WIRE_HEADER);
		count[o.h.type]++;
		switch (o.h.type) {
		case CAMEX_WIRE_REGISTER:
			KUNIT_EXPECT_TRUE(test, f->client);
			check_text(test, &o);
			break;
		case CAMEX_WIRE_KEEPALIVE:
			KUNIT_EXPECT_EQ(test, o.h.body, 0);
			break;
		case CAMEX_WIRE_DATA:
			KUNIT_EXPECT_EQ(test, camex_ip_len(o.body, o.h.body),
					(size_t)o.h.body);
			if (o.body[0] >> 4 == 4) {
				check_ipv4(test, f, &o);
				ipv4++;
			} else {
				check_ipv6(test, &o);
				ipv6++;
			}
			break;
		}
	}
	/* every kind that the capture is known to hold was there */
	KUNIT_EXPECT_GT(test, count[CAMEX_WIRE_REGISTER], 0);
	KUNIT_EXPECT_GT(test, count[CAMEX_WIRE_KEEPALIVE], 0);
	KUNIT_EXPECT_GT(test, ipv4, 0);
	KUNIT_EXPECT_GT(test, ipv6, 0);
}

static void fixtures_seal(struct kunit *test)
{
	u8 header[CAMEX_WIRE_HEADER];
	struct camex_aead_key key;
	struct opened o = {};
	unsigned int i;

	camex_aead_key_set(&key, &camex_chacha20poly1305, fixture_key);
	for (i = 0; i < ARRAY_SIZE(fixtures); i++) {
		const struct fixture *f = &fixtures[i];

		open_fixture(test, f, &o);
		camex_wire_build(header, &o.h);
		KUNIT_EXPECT_EQ(test, 0, memcmp(header, f->data, o.h.len));
		camex_aead_seal(&key, o.body, o.h.body, header, o.h.len, header + 5);
		/* header, ciphertext and tag stand in one piece */
		KUNIT_EXPECT_EQ_MSG(test, 0,
				    memcmp(o.body - o.h.len, f->data, f->len),
				    "datagram %u", i);
	}
}

/* The oldest form of the same: sealed without the version byte, it opens. */
static void fixtures_old_form(struct kunit *test)
{
	struct camex_wire_header h;
	u8 header[CAMEX_WIRE_HEADER];
	struct camex_aead_key key;
	struct opened o = {};
	unsigned int i;

	camex_aead_key_set(&key, &camex_chacha20poly1305, fixture_key);
	for (i = 0; i < ARRAY_SIZE(fixtures); i++) {
		const struct fixture *f = &fixtures[i];

		open_fixture(test, f, &o);
		o.h.len = CAMEX_WIRE_HEADER_OLD;
		camex_wire_build(header, &o.h);
		camex_aead_seal(&key, o.body, o.h.body, header, o.h.len, header + 5);
		KUNIT_ASSERT_TRUE(test, camex_wire_parse(o.body - o.h.len, f->len - 1, &h));
		KUNIT_EXPECT_EQ(test, h.len, CAMEX_WIRE_HEADER_OLD);
		/* the tag covers one byte less, so the two forms never agree */
		KUNIT_EXPECT_NE(test, 0, memcmp(o.body + o.h.body, f->data + f->len - 16, 16));
		KUNIT_EXPECT_TRUE(test, camex_aead_open(&key, o.body, h.body, header,
							h.len, header + 5));
	}
}

/* No (prefix, sequence) of the capture comes twice, and the window takes all. */
static void fixtures_sequences(struct kunit *test)
{
	static struct camex_replay windows[2];
	struct camex_wire_header h;
	unsigned int i;

	memset(windows, 0, sizeof(windows));
	for (i = 0; i < ARRAY_SIZE(fixtures); i++) {
		KUNIT_ASSERT_TRUE(test, camex_wire_parse(fixtures[i].data,
							 fixtures[i].len, &h));
		KUNIT_EXPECT_TRUE(test, camex_replay_accept(&windows[fixtures[i].client], h.seq));
		KUNIT_EXPECT_FALSE(test, camex_replay_accept(&windows[fixtures[i].client], h.seq));
	}
}

static struct kunit_case fixtures_cases[] = {
	KUNIT_CASE(fixtures_open),
	KUNIT_CASE(fixtures_seal),
	KUNIT_CASE(fixtures_old_form),
	KUNIT_CASE(fixtures_sequences),
	{}
};

static struct kunit_suite fixtures_suite = {
	.name = "camex_fixtures",
	.test_cases = fixtures_cases,
};

kunit_test_suite(fixtures_suite);
