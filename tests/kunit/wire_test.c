// SPDX-License-Identifier: GPL-2.0-only
#include "core/ip_packet.h"
#include "protocol/sealed/wire.h"
#include "test.h"

/* Most bytes of a datagram that is built here. */
#define DATAGRAM_MAX	96
/* Most bytes that a parser may look at. */
#define LOOK_MAX	40

/* A buffer of each length: none is one byte larger than what it holds. */
static int wire_init(struct kunit *test)
{
	u8 **exact = kunit_kcalloc(test, LOOK_MAX + 1, sizeof(*exact), GFP_KERNEL);
	unsigned int len;

	if (!exact)
		return -ENOMEM;
	for (len = 1; len <= LOOK_MAX; len++) {
		exact[len] = kunit_kmalloc(test, len, GFP_KERNEL);
		if (!exact[len])
			return -ENOMEM;
	}
	exact[0] = exact[1] + 1;
	test->priv = exact;
	return 0;
}

/* A copy of the first @len bytes of @data, but of @most at the most. */
static const u8 *exactly(struct kunit *test, const u8 *data, size_t len,
			 size_t most)
{
	u8 **exact = test->priv;

	len = min(len, most);
	return memcpy(exact[len], data, len);
}

/*
 * What camex_wire_parse() is to say, from the description of the format: each
 * form is tried, and all of its fields are compared.
 */
static bool want_parse(const u8 *d, size_t len, struct camex_wire_header *h)
{
	static const u8 forms[] = { 28, 27 };
	unsigned int i, body;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		if (len < forms[i] + 16)
			continue;
		body = d[17] * 256 + d[18];
		if (len != forms[i] + body + 16)
			continue;
		if (forms[i] == 28 && d[27] != 1)
			return false;
		if (d[0] != 0x43 || d[1] != 0x58 || d[2] != 0x32 || d[3] != 0x50)
			return false;
		if (d[4] == 1 || d[4] == 2 || d[4] == 3) {
			if (!body)
				return false;
		} else if (d[4] != 4 || body) {
			return false;
		}
		if (memcmp(d + 9, d + 19, 8))
			return false;
		h->type = d[4];
		h->len = forms[i];
		h->body = body;
		h->prefix = be32_to_cpup((const __be32 *)(d + 5));
		h->seq = be64_to_cpup((const __be64 *)(d + 9));
		return true;
	}
	return false;
}

static bool same_header(const struct camex_wire_header *a,
			const struct camex_wire_header *b)
{
	return a->type == b->type && a->len == b->len && a->body == b->body &&
	       a->prefix == b->prefix && a->seq == b->seq;
}

/*
 * Parses a datagram of which nothing is in memory but what the parser may read,
 * and compares the result. Returns whether it is a well-formed one.
 */
static bool check_parse(struct kunit *test, const u8 *d, size_t len)
{
	const struct camex_wire_header before = { 77, 66, 5555, 4444, 3333 };
	struct camex_wire_header got = before, want = before;
	bool ok, want_ok;

	ok = camex_wire_parse(exactly(test, d, len, CAMEX_WIRE_HEADER), len, &got);
	want_ok = want_parse(d, len, &want);
	if (ok != want_ok || !same_header(&got, &want))
		KUNIT_FAIL(test,
			   "%zu bytes %*ph: got %d type %u len %u body %u, want %d type %u len %u body %u",
			   len, (int)min_t(size_t, len, CAMEX_WIRE_HEADER), d,
			   ok, got.type, got.len, got.body,
			   want_ok, want.type, want.len, want.body);
	return ok;
}

/* A well-formed datagram; the ciphertext and tag are bytes of @fill. */
static size_t make(u8 *d, u8 type, u8 form, u16 body, u8 fill)
{
	memset(d, fill, DATAGRAM_MAX);
	memcpy(d, "CX2P", 4);
	d[4] = type;
	memcpy(d + 5, "\x11\x22\x33\x44\x51\x52\x53\x54\x55\x56\x57\x58", 12);
	d[17] = body >> 8;
	d[18] = body & 255;
	memcpy(d + 19, d + 9, 8);
	if (form == 28)
		d[27] = 1;
	return form + body + 16;
}

/* The @n-th of eight datagrams: four types, two forms. */
static size_t make_nth(u8 *d, unsigned int n, u8 fill)
{
	u8 type = 1 + n % 4;

	return make(d, type, n < 4 ? 28 : 27, type == 4 ? 0 : 20, fill);
}

static void wire_parse_types(struct kunit *test)
{
	u8 d[DATAGRAM_MAX];
	unsigned int type;

	for (type = 0; type < 256; type++) {
		bool with = type >= 1 && type <= 3, without = type == 4;

		KUNIT_EXPECT_EQ(test, with,
				check_parse(test, d, make(d, type, 28, 9, 0)));
		KUNIT_EXPECT_EQ(test, with,
				check_parse(test, d, make(d, type, 27, 9, 0)));
		KUNIT_EXPECT_EQ(test, without,
				check_parse(test, d, make(d, type, 28, 0, 0)));
		KUNIT_EXPECT_EQ(test, without,
				check_parse(test, d, make(d, type, 27, 0, 0)));
	}
}

static void wire_parse_fields(struct kunit *test)
{
	struct camex_wire_header h;
	u8 d[DATAGRAM_MAX];
	size_t len;

	len = make(d, CAMEX_WIRE_DATA, 28, 20, 0);
	KUNIT_ASSERT_TRUE(test, camex_wire_parse(d, len, &h));
	KUNIT_EXPECT_EQ(test, h.type, CAMEX_WIRE_DATA);
	KUNIT_EXPECT_EQ(test, h.len, 28);
	KUNIT_EXPECT_EQ(test, h.body, 20);
	KUNIT_EXPECT_EQ(test, h.prefix, 0x11223344);
	KUNIT_EXPECT_EQ(test, h.seq, 0x5152535455565758ULL);

	len = make(d, CAMEX_WIRE_KEEPALIVE, 27, 0, 0);
	KUNIT_ASSERT_TRUE(test, camex_wire_parse(d, len, &h));
	KUNIT_EXPECT_EQ(test, h.type, CAMEX_WIRE_KEEPALIVE);
	KUNIT_EXPECT_EQ(test, h.len, 27);
	KUNIT_EXPECT_EQ(test, h.body, 0);
}

/*
 * A datagram of the newer form without its last byte has the lengths of the
 * older form; no other one that was cut off, or has bytes behind it, is taken.
 */
static void wire_parse_cut_and_long(struct kunit *test)
{
	u8 d[DATAGRAM_MAX];
	unsigned int n;
	size_t len, at;

	for (n = 0; n < 8; n++) {
		len = make_nth(d, n, 0);
		KUNIT_EXPECT_TRUE(test, check_parse(test, d, len));
		for (at = 0; at < DATAGRAM_MAX; at++)
			if (at != len)
				KUNIT_EXPECT_EQ(test, n < 4 && at == len - 1,
						check_parse(test, d, at));
		/* ... and the older form with one more, if that fits a version. */
		len = make_nth(d, n, CAMEX_WIRE_VERSION);
		KUNIT_EXPECT_EQ(test, n >= 4, check_parse(test, d, len + 1));
	}
}

static void wire_parse_each_byte(struct kunit *test)
{
	static const u8 fills[] = { 0, 1, 0xff };
	unsigned int n, f, by;
	u8 d[DATAGRAM_MAX];
	size_t len, at;

	for (n = 0; n < 8; n++) {
		for (f = 0; f < ARRAY_SIZE(fills); f++) {
			len = make_nth(d, n, fills[f]);
			for (at = 0; at < len; at++) {
				for (by = 1; by < 256; by += at < 28 ? 1 : 51) {
					d[at] ^= by;
					check_parse(test, d, len);
					d[at] ^= by;
				}
				if (has_failed(test))
					return;
			}
		}
	}
}

static void wire_parse_body_lengths(struct kunit *test)
{
	u8 d[DATAGRAM_MAX];
	unsigned int body, taken = 0;
	size_t len = make(d, CAMEX_WIRE_DATA, 28, 20, 0);

	for (body = 0; body <= CAMEX_WIRE_BODY_MAX; body++) {
		d[17] = body >> 8;
		d[18] = body & 255;
		taken += check_parse(test, d, len);
		/* only the header of such a datagram is looked at */
		KUNIT_EXPECT_EQ(test, !!body, check_parse(test, d, 28 + body + 16));
		KUNIT_EXPECT_EQ(test, !!body, check_parse(test, d, 27 + body + 16));
		KUNIT_EXPECT_FALSE(test, check_parse(test, d, 29 + body + 16));
		KUNIT_EXPECT_FALSE(test, check_parse(test, d, 26 + body + 16));
		if (has_failed(test))
			return;
	}
	KUNIT_EXPECT_EQ(test, taken, 2);
}

static void wire_parse_version(struct kunit *test)
{
	u8 d[DATAGRAM_MAX];
	size_t len = make(d, CAMEX_WIRE_DATA, 28, 20, 0);
	unsigned int version;

	for (version = 0; version < 256; version++) {
		d[27] = version;
		KUNIT_EXPECT_EQ(test, version == 1, check_parse(test, d, len));
		/* in the older form that byte is ciphertext */
		d[18] = 21;
		KUNIT_EXPECT_TRUE(test, check_parse(test, d, len));
		d[18] = 20;
	}
}

static void wire_parse_sequences(struct kunit *test)
{
	u8 d[DATAGRAM_MAX];
	size_t len = make(d, CAMEX_WIRE_DATA, 28, 20, 0);
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		d[9 + bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_FALSE(test, check_parse(test, d, len));
		d[19 + bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_TRUE(test, check_parse(test, d, len));
		d[9 + bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_FALSE(test, check_parse(test, d, len));
		d[19 + bit / 8] ^= 1 << bit % 8;
	}
}

static void wire_build_bytes(struct kunit *test)
{
	static const u8 want[28] = {
		'C', 'X', '2', 'P', 3, 0xfe, 0xdc, 0xba, 0x98,
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x05, 0xdc,
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1,
	};
	struct camex_wire_header h = {
		.type = CAMEX_WIRE_CONFIG,
		.len = CAMEX_WIRE_HEADER,
		.body = 1500,
		.prefix = 0xfedcba98,
		.seq = 0x0123456789abcdefULL,
	};
	u8 got[29];

	memset(got, 0x5a, sizeof(got));
	camex_wire_build(got, &h);
	KUNIT_EXPECT_EQ(test, 0, memcmp(got, want, 28));
	KUNIT_EXPECT_EQ(test, got[28], 0x5a);

	h.len = CAMEX_WIRE_HEADER_OLD;
	memset(got, 0x5a, sizeof(got));
	camex_wire_build(got, &h);
	KUNIT_EXPECT_EQ(test, 0, memcmp(got, want, 27));
	KUNIT_EXPECT_EQ(test, got[27], 0x5a);
	KUNIT_EXPECT_EQ(test, got[28], 0x5a);
}

static void wire_round_trip(struct kunit *test)
{
	const u64 seed = 1;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, seed);
	for (i = 0; i < 20000; i++) {
		struct camex_wire_header in = {
			.type = 1 + below(&rnd, 4),
			.len = 27 + below(&rnd, 2),
			.body = 1 + below(&rnd, CAMEX_WIRE_BODY_MAX),
			.prefix = prandom_u32_state(&rnd),
			.seq = random64(&rnd) >> below(&rnd, 64),
		}, out;
		u8 d[CAMEX_WIRE_HEADER];
		bool ok;

		if (in.type == CAMEX_WIRE_KEEPALIVE)
			in.body = 0;
		prandom_bytes_state(&rnd, d, sizeof(d));
		camex_wire_build(d, &in);
		ok = camex_wire_parse(d, in.len + in.body + 16, &out);
		if (!ok || !same_header(&in, &out)) {
			KUNIT_FAIL(test, "seed %llu, header %u: %*ph", seed, i,
				   (int)sizeof(d), d);
			return;
		}
	}
}

static void wire_magic(struct kunit *test)
{
	static const u8 magic[4] = "CX2P";
	unsigned int len, bit;
	u8 d[4];

	for (len = 0; len <= 4; len++) {
		KUNIT_EXPECT_EQ(test, len == 4,
				camex_wire_has_magic(exactly(test, magic, len, 4), len));
		for (bit = 0; bit < 8 * len; bit++) {
			memcpy(d, magic, 4);
			d[bit / 8] ^= 1 << bit % 8;
			KUNIT_EXPECT_FALSE(test, camex_wire_has_magic(d, len));
		}
	}
}

/* camex_ip_len() of @len bytes of which only those are in memory. */
static size_t ip_len(struct kunit *test, const u8 *packet, size_t len)
{
	return camex_ip_len(exactly(test, packet, len, LOOK_MAX), len);
}

static void put_ipv4(u8 *packet, u8 ihl, u16 total)
{
	packet[0] = 0x40 | ihl;
	packet[2] = total >> 8;
	packet[3] = total & 255;
}

static void wire_ipv4_len(struct kunit *test)
{
	u8 p[64] = {};
	unsigned int ihl, total, len;

	for (ihl = 0; ihl < 16; ihl++) {
		for (total = 0; total <= 68; total++) {
			put_ipv4(p, ihl, total);
			for (len = 0; len <= 64; len++) {
				bool good = len >= 20 && ihl >= 5 &&
					    total >= 4 * ihl && total <= len;

				KUNIT_EXPECT_EQ_MSG(test, ip_len(test, p, len),
						    good ? total : 0,
						    "ihl %u total %u len %u",
						    ihl, total, len);
			}
			if (has_failed(test))
				return;
		}
	}
	put_ipv4(p, 5, 65535);
	KUNIT_EXPECT_EQ(test, ip_len(test, p, 65535), 65535);
	KUNIT_EXPECT_EQ(test, ip_len(test, p, 70000), 65535);
	KUNIT_EXPECT_EQ(test, ip_len(test, p, 65534), 0);
}

static void wire_ipv6_len(struct kunit *test)
{
	u8 p[64] = { 0x60 };
	unsigned int payload, len;

	for (payload = 0; payload <= 30; payload++) {
		p[5] = payload;
		for (len = 0; len <= 64; len++) {
			bool good = len >= 40 && 40 + payload <= len;

			KUNIT_EXPECT_EQ_MSG(test, ip_len(test, p, len),
					    good ? 40 + payload : 0,
					    "payload %u len %u", payload, len);
		}
	}
	p[4] = 255;
	p[5] = 255;
	KUNIT_EXPECT_EQ(test, ip_len(test, p, 40 + 65535), 40 + 65535);
	KUNIT_EXPECT_EQ(test, ip_len(test, p, 80000), 40 + 65535);
	KUNIT_EXPECT_EQ(test, ip_len(test, p, 40 + 65534), 0);
}

static void wire_ip_versions(struct kunit *test)
{
	unsigned int first, version;
	u8 p[64] = {};

	for (first = 0; first < 256; first++) {
		size_t want = 0;

		version = first >> 4;
		p[0] = first;
		p[2] = 0;
		p[3] = 60;		/* IPv4: length of all */
		p[4] = 0;
		p[5] = 13;		/* IPv6: length of the payload */
		if (version == 4 && (first & 15) >= 5)
			want = 60;
		if (version == 6)
			want = 53;
		KUNIT_EXPECT_EQ_MSG(test, ip_len(test, p, 64), want,
				    "first byte %#x", first);
	}
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE(wire_parse_types),
	KUNIT_CASE(wire_parse_fields),
	KUNIT_CASE(wire_parse_cut_and_long),
	KUNIT_CASE(wire_parse_each_byte),
	KUNIT_CASE(wire_parse_body_lengths),
	KUNIT_CASE(wire_parse_version),
	KUNIT_CASE(wire_parse_sequences),
	KUNIT_CASE(wire_build_bytes),
	KUNIT_CASE(wire_round_trip),
	KUNIT_CASE(wire_magic),
	KUNIT_CASE(wire_ipv4_len),
	KUNIT_CASE(wire_ipv6_len),
	KUNIT_CASE(wire_ip_versions),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "camex_wire",
	.init = wire_init,
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
