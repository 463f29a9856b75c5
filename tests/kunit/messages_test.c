// SPDX-License-Identifier: GPL-2.0-only
#include "noise_vectors.h"
#include "test.h"

#define FIRST_OTHER	0x81	/* first type of a suite of our own */
#define LONGEST		256

/* What wire.h has to say of a datagram, written down another way. */
static int expected_kind(u8 type, size_t len, u8 first)
{
	if (type == first && len == 148)
		return CAMEX_WG_INITIATION;
	if (type == first + 1 && len == 92)
		return CAMEX_WG_RESPONSE;
	if (type == first + 2 && len == 64)
		return CAMEX_WG_COOKIE;
	if (type == first + 3 && len >= 32)
		return CAMEX_WG_DATA;
	return 0;
}

static void messages_kinds(struct kunit *test)
{
	static const u8 firsts[] = { CAMEX_WG_FIRST_TYPE, FIRST_OTHER };
	unsigned int type, len, i;
	u8 bytes[4] = {};

	for (i = 0; i < ARRAY_SIZE(firsts); i++) {
		for (type = 0; type < 256; type++) {
			bytes[0] = type;
			for (len = 4; len < LONGEST && !has_failed(test); len++)
				KUNIT_EXPECT_EQ(test, camex_wg_kind(bytes, len, firsts[i]),
						expected_kind(type, len, firsts[i]));
		}
	}
	/* datagrams without a type are not read */
	for (len = 0; len < 4; len++)
		KUNIT_EXPECT_EQ(test, camex_wg_kind(NULL, len, CAMEX_WG_FIRST_TYPE), 0);
}

static void messages_reserved(struct kunit *test)
{
	u8 bytes[4] = { CAMEX_WG_DATA };
	unsigned int i;

	KUNIT_EXPECT_EQ(test, camex_wg_kind(bytes, 32, CAMEX_WG_FIRST_TYPE), CAMEX_WG_DATA);
	for (i = 8; i < 32; i++) {
		bytes[i / 8] = 1 << i % 8;
		KUNIT_EXPECT_EQ(test, camex_wg_kind(bytes, 32, CAMEX_WG_FIRST_TYPE), 0);
		bytes[i / 8] = 0;
	}
}

/* Captured messages have their kind, and their fields where the structs say. */
static void messages_fields(struct kunit *test)
{
	const struct noise_fixture *f = &noise_vectors[0];
	const struct camex_wg_initiation *initiation = (const void *)f->initiation;
	const struct camex_wg_response *response = (const void *)f->response;
	const struct camex_wg_cookie_reply *reply = (const void *)f->cookie_reply;

	KUNIT_EXPECT_EQ(test, camex_wg_kind(f->initiation, sizeof(f->initiation), 1),
			CAMEX_WG_INITIATION);
	KUNIT_EXPECT_EQ(test, camex_wg_kind(f->response, sizeof(f->response), 1),
			CAMEX_WG_RESPONSE);
	KUNIT_EXPECT_EQ(test, camex_wg_kind(f->cookie_reply, sizeof(f->cookie_reply), 1),
			CAMEX_WG_COOKIE);
	KUNIT_EXPECT_EQ(test, camex_wg_get32(initiation->sender), f->initiator_index);
	KUNIT_EXPECT_EQ(test, camex_wg_get32(response->sender), f->responder_index);
	KUNIT_EXPECT_EQ(test, camex_wg_get32(response->receiver), f->initiator_index);
	KUNIT_EXPECT_EQ(test, camex_wg_get32(reply->receiver), f->initiator_index);
	KUNIT_EXPECT_PTR_EQ(test, camex_wg_mac1(f->initiation, sizeof(f->initiation)),
			    (const u8 *)initiation->mac1);
	KUNIT_EXPECT_PTR_EQ(test, camex_wg_mac1(f->response, sizeof(f->response)),
			    (const u8 *)response->mac1);
}

/* The header of a data message, little-endian. */
static void messages_data(struct kunit *test)
{
	static const u8 want[] = {
		4, 0, 0, 0, 0x44, 0x33, 0x22, 0x11, 8, 7, 6, 5, 4, 3, 2, 1,
	};
	u8 header[sizeof(struct camex_wg_data)];
	const struct camex_wg_data *data = (const void *)header;

	memset(header, 0xff, sizeof(header));
	camex_wg_put_data(header, CAMEX_WG_FIRST_TYPE, 0x11223344, 0x0102030405060708ULL);
	KUNIT_EXPECT_EQ(test, memcmp(header, want, sizeof(want)), 0);
	KUNIT_EXPECT_EQ(test, camex_wg_get32(data->receiver), 0x11223344);
	KUNIT_EXPECT_EQ(test, camex_wg_get64(data->counter), 0x0102030405060708ULL);
	camex_wg_put_data(header, FIRST_OTHER, 0xffffffff, U64_MAX);
	KUNIT_EXPECT_EQ(test, header[0], 0x84);
	KUNIT_EXPECT_EQ(test, camex_wg_get32(data->receiver), U32_MAX);
	KUNIT_EXPECT_EQ(test, camex_wg_get64(data->counter), U64_MAX);
}

static struct kunit_case messages_cases[] = {
	KUNIT_CASE(messages_kinds),
	KUNIT_CASE(messages_reserved),
	KUNIT_CASE(messages_fields),
	KUNIT_CASE(messages_data),
	{}
};

static struct kunit_suite messages_suite = {
	.name = "camex_messages",
	.test_cases = messages_cases,
};

kunit_test_suite(messages_suite);
