// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/curve25519.h>
#include <linux/slab.h>

#include "noise_vectors.h"
#include "protocol/wireguard/timestamp.h"
#include "test.h"

#include "noise_fixtures.h"

const struct noise_fixture *const noise_vectors = noise_fixtures;
const unsigned int noise_nvectors = ARRAY_SIZE(noise_fixtures);
const struct noise_fixture *const noise_aes_vectors = noise_aes_fixtures;
const unsigned int noise_naes_vectors = ARRAY_SIZE(noise_aes_fixtures);

/* Where the bytes of an initiation and of a response begin that the handshake protects. */
#define INITIATION_BEGIN	offsetof(struct camex_wg_initiation, ephemeral)
#define INITIATION_END		offsetof(struct camex_wg_initiation, mac1)
#define RESPONSE_BEGIN		offsetof(struct camex_wg_response, ephemeral)
#define RESPONSE_END		offsetof(struct camex_wg_response, mac1)

/* Points of low order: what anything agrees on with them is zero. */
static const u8 low_order[][CAMEX_WG_KEY_LEN] = {
	{ 0 },
	{ 1 },
	{
		0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa,
		0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd,
		0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
	}, {
		0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	},
};

/* Both ends of a handshake, by what they know and where they are. */
struct scene {
	struct camex_noise_local initiator;
	struct camex_noise_local responder;
	struct camex_noise_remote to_responder;
	struct camex_noise_remote to_initiator;
	struct camex_noise_handshake first;
	struct camex_noise_handshake second;
	struct camex_wg_initiation initiation;
	struct camex_wg_response response;
	u8 public_key[CAMEX_WG_KEY_LEN];
	u8 timestamp[CAMEX_WG_TIMESTAMP];
};

/* The suite, and handshakes of it that others made. */
static const struct camex_noise_suite *suite;
static const struct noise_fixture *vectors;
static unsigned int nvectors;

static int init_scene(struct kunit *test)
{
	const struct noise_fixture *f = &vectors[1];
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	test->priv = s;
	camex_noise_local_set(&s->initiator, f->initiator_static);
	camex_noise_local_set(&s->responder, f->responder_static);
	camex_noise_remote_init(&s->to_responder, suite, f->responder_public, &s->initiator);
	camex_noise_remote_init(&s->to_initiator, suite, f->initiator_public, &s->responder);
	return 0;
}

static int noise_init(struct kunit *test)
{
	suite = &camex_noise_chacha20poly1305;
	vectors = noise_vectors;
	nvectors = noise_nvectors;
	return init_scene(test);
}

static int noise_aes_init(struct kunit *test)
{
	suite = &camex_noise_aes256gcm;
	vectors = noise_aes_vectors;
	nvectors = noise_naes_vectors;
	return init_scene(test);
}

static void noise_exit(struct kunit *test)
{
	camex_test_ephemeral = NULL;
}

/* The steps of a handshake, with random ephemeral keys. */
static bool create_initiation(struct scene *s)
{
	return camex_noise_create_initiation(&s->initiation, &s->first, &s->initiator,
					     &s->to_responder, 7, vectors[1].timestamp);
}

static bool open_initiation(struct scene *s)
{
	return camex_noise_open_initiation(&s->second, &s->initiation, suite, &s->responder,
					   s->public_key);
}

static bool check_initiation(struct scene *s)
{
	return camex_noise_check_initiation(&s->second, &s->initiation, &s->to_initiator,
					    s->timestamp);
}

static bool create_response(struct scene *s)
{
	return camex_noise_create_response(&s->response, &s->second, &s->to_initiator, 8);
}

static bool consume_response(struct scene *s)
{
	return camex_noise_consume_response(&s->first, &s->response, &s->initiator,
					    &s->to_responder);
}

static bool take_initiation(struct scene *s)
{
	return open_initiation(s) && check_initiation(s);
}

static bool exchange_messages(struct scene *s)
{
	return create_initiation(s) && take_initiation(s) && create_response(s);
}

static bool shake_hands(struct scene *s)
{
	return exchange_messages(s) && consume_response(s);
}

/* Both ends derive the same keys. */
static bool keys_match(struct scene *s)
{
	struct camex_noise_keys first, second;

	return camex_noise_derive_keys(&s->first, &first) &&
	       camex_noise_derive_keys(&s->second, &second) &&
	       !memcmp(first.send, second.receive, sizeof(first.send)) &&
	       !memcmp(first.receive, second.send, sizeof(first.send)) &&
	       memcmp(first.send, first.receive, sizeof(first.send));
}

static bool is_zero(const void *data, size_t len)
{
	return !memchr_inv(data, 0, len);
}

#define EXPECT_BYTES(test, got, want) \
	KUNIT_EXPECT_EQ(test, memcmp(got, want, sizeof(want)), 0)

static void vector_initiation(struct kunit *test, struct scene *s,
			      const struct noise_fixture *f)
{
	camex_test_ephemeral = f->initiator_ephemeral;
	KUNIT_ASSERT_TRUE(test, camex_noise_create_initiation(&s->initiation, &s->first,
							      &s->initiator, &s->to_responder,
							      f->initiator_index, f->timestamp));
	KUNIT_EXPECT_EQ(test, memcmp(&s->initiation, f->initiation, INITIATION_END), 0);
	EXPECT_BYTES(test, s->first.hash, f->initiation_hash);
	EXPECT_BYTES(test, s->first.chain, f->initiation_chain);
	KUNIT_ASSERT_TRUE(test, open_initiation(s));
	EXPECT_BYTES(test, s->public_key, f->initiator_public);
	KUNIT_ASSERT_TRUE(test, check_initiation(s));
	EXPECT_BYTES(test, s->timestamp, f->timestamp);
	EXPECT_BYTES(test, s->second.hash, f->initiation_hash);
	EXPECT_BYTES(test, s->second.chain, f->initiation_chain);
	KUNIT_EXPECT_EQ(test, s->second.remote_index, f->initiator_index);
}

static void vector_response(struct kunit *test, struct scene *s, const struct noise_fixture *f)
{
	struct camex_noise_keys keys;

	camex_test_ephemeral = f->responder_ephemeral;
	KUNIT_ASSERT_TRUE(test, camex_noise_create_response(&s->response, &s->second,
							    &s->to_initiator,
							    f->responder_index));
	KUNIT_EXPECT_EQ(test, memcmp(&s->response, f->response, RESPONSE_END), 0);
	EXPECT_BYTES(test, s->second.hash, f->response_hash);
	EXPECT_BYTES(test, s->second.chain, f->response_chain);
	KUNIT_EXPECT_EQ(test, s->second.local_index, f->responder_index);
	KUNIT_ASSERT_TRUE(test, consume_response(s));
	EXPECT_BYTES(test, s->first.hash, f->response_hash);
	KUNIT_EXPECT_EQ(test, s->first.remote_index, f->responder_index);

	KUNIT_ASSERT_TRUE(test, camex_noise_derive_keys(&s->first, &keys));
	EXPECT_BYTES(test, keys.send, f->send_key);
	EXPECT_BYTES(test, keys.receive, f->receive_key);
	KUNIT_ASSERT_TRUE(test, camex_noise_derive_keys(&s->second, &keys));
	EXPECT_BYTES(test, keys.receive, f->send_key);
	EXPECT_BYTES(test, keys.send, f->receive_key);
}

/* Both ends make, byte for byte, what another implementation made. */
static void noise_as_others(struct kunit *test)
{
	struct scene *s = test->priv;
	unsigned int i;

	for (i = 0; i < nvectors; i++) {
		const struct noise_fixture *f = &vectors[i];

		KUNIT_EXPECT_TRUE(test, camex_noise_local_set(&s->initiator, f->initiator_static));
		KUNIT_EXPECT_TRUE(test, camex_noise_local_set(&s->responder, f->responder_static));
		EXPECT_BYTES(test, s->initiator.public_key, f->initiator_public);
		EXPECT_BYTES(test, s->responder.public_key, f->responder_public);
		camex_noise_remote_init(&s->to_responder, suite, f->responder_public,
					&s->initiator);
		camex_noise_remote_init(&s->to_initiator, suite, f->initiator_public,
					&s->responder);
		memcpy(s->to_responder.preshared, f->psk, sizeof(f->psk));
		memcpy(s->to_initiator.preshared, f->psk, sizeof(f->psk));
		vector_initiation(test, s, f);
		vector_response(test, s, f);
	}
	KUNIT_EXPECT_GE(test, i, 2);
}

/* Keys are drawn anew for each handshake. */
static void noise_draws_keys(struct kunit *test)
{
	struct scene *s = test->priv;
	struct camex_wg_initiation before;
	struct camex_wg_response answer;

	KUNIT_ASSERT_TRUE(test, shake_hands(s));
	before = s->initiation;
	answer = s->response;
	KUNIT_EXPECT_TRUE(test, keys_match(s));
	KUNIT_ASSERT_TRUE(test, shake_hands(s));
	KUNIT_EXPECT_TRUE(test, keys_match(s));
	KUNIT_EXPECT_NE(test, memcmp(before.ephemeral, s->initiation.ephemeral,
				     sizeof(before.ephemeral)), 0);
	KUNIT_EXPECT_NE(test, memcmp(answer.ephemeral, s->response.ephemeral,
				     sizeof(answer.ephemeral)), 0);
}

/* No byte of an initiation can be changed. */
static void noise_changed_initiation(struct kunit *test)
{
	struct scene *s = test->priv;
	u8 *bytes = (u8 *)&s->initiation;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, create_initiation(s));
	for (i = INITIATION_BEGIN; i < INITIATION_END && !has_failed(test); i++) {
		bytes[i] ^= 1 << i % 8;
		KUNIT_EXPECT_FALSE(test, take_initiation(s));
		KUNIT_EXPECT_TRUE(test, is_zero(&s->second, sizeof(s->second)));
		bytes[i] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_TRUE(test, take_initiation(s));
}

/* Nor of a response; and a wrong one takes nothing from the handshake. */
static void noise_changed_response(struct kunit *test)
{
	struct scene *s = test->priv;
	u8 *bytes = (u8 *)&s->response;
	struct camex_noise_handshake before;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, exchange_messages(s));
	memcpy(&before, &s->first, sizeof(before));
	for (i = RESPONSE_BEGIN; i < RESPONSE_END && !has_failed(test); i++) {
		bytes[i] ^= 1 << i % 8;
		KUNIT_EXPECT_FALSE(test, consume_response(s));
		bytes[i] ^= 1 << i % 8;
	}
	camex_wg_put32(s->response.receiver, 9);
	KUNIT_EXPECT_FALSE(test, consume_response(s));
	camex_wg_put32(s->response.receiver, 7);
	KUNIT_EXPECT_EQ(test, memcmp(&before, &s->first, sizeof(before)), 0);
	KUNIT_EXPECT_TRUE(test, consume_response(s));
	KUNIT_EXPECT_TRUE(test, is_zero(s->first.ephemeral_private, CAMEX_WG_KEY_LEN));
	KUNIT_EXPECT_FALSE(test, consume_response(s));
	KUNIT_EXPECT_TRUE(test, keys_match(s));
}

/* Both ends have to have the same preshared key. */
static void noise_other_preshared(struct kunit *test)
{
	struct scene *s = test->priv;

	s->to_responder.preshared[31] = 1;
	KUNIT_EXPECT_FALSE(test, shake_hands(s));
	KUNIT_EXPECT_EQ(test, s->first.stage, CAMEX_NOISE_INITIATION_CREATED);
	s->to_initiator.preshared[31] = 1;
	KUNIT_EXPECT_TRUE(test, shake_hands(s) && keys_match(s));
}

/* Whoever says that it is the initiator has to have its private key. */
static void noise_other_initiator(struct kunit *test)
{
	struct scene *s = test->priv;
	struct camex_noise_local thief = s->initiator;

	/* the key of another, with the public key of the initiator */
	thief.private_key[1] ^= 1;
	camex_noise_remote_rekey(&s->to_responder, &thief);
	KUNIT_ASSERT_TRUE(test, camex_noise_create_initiation(&s->initiation, &s->first, &thief,
							      &s->to_responder, 7,
							      vectors[1].timestamp));
	KUNIT_EXPECT_TRUE(test, open_initiation(s));
	EXPECT_BYTES(test, s->public_key, vectors[1].initiator_public);
	KUNIT_EXPECT_FALSE(test, check_initiation(s));
	KUNIT_EXPECT_TRUE(test, is_zero(&s->second, sizeof(s->second)));

	/* what is for another responder is for no other */
	camex_noise_remote_rekey(&s->to_responder, &s->initiator);
	KUNIT_ASSERT_TRUE(test, create_initiation(s));
	camex_noise_local_set(&s->responder, vectors[0].responder_static);
	KUNIT_EXPECT_FALSE(test, open_initiation(s));
}

/* A new key of the device needs new shared secrets with its peers. */
static void noise_new_local_key(struct kunit *test)
{
	struct scene *s = test->priv;

	camex_noise_local_set(&s->responder, vectors[0].responder_static);
	camex_noise_remote_rekey(&s->to_initiator, &s->responder);
	camex_noise_remote_init(&s->to_responder, suite, s->responder.public_key, &s->initiator);
	KUNIT_EXPECT_TRUE(test, shake_hands(s) && keys_match(s));
}

/* An initiation by another suite says whom it is from, but there is no response to it. */
static void noise_other_suite(struct kunit *test)
{
	struct scene *s = test->priv;

	KUNIT_ASSERT_TRUE(test, create_initiation(s));
	s->to_initiator.suite = suite == &camex_noise_aes256gcm ? &camex_noise_chacha20poly1305 :
								   &camex_noise_aes256gcm;
	KUNIT_EXPECT_TRUE(test, take_initiation(s));
	KUNIT_EXPECT_FALSE(test, create_response(s));
	KUNIT_EXPECT_EQ(test, s->second.stage, CAMEX_NOISE_NONE);
}

/* Points of low order agree on nothing, wherever they are. */
static void noise_low_order(struct kunit *test)
{
	struct scene *s = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(low_order); i++) {
		camex_noise_remote_init(&s->to_responder, suite, low_order[i], &s->initiator);
		KUNIT_EXPECT_FALSE(test, s->to_responder.usable);
		KUNIT_EXPECT_FALSE(test, create_initiation(s));
		KUNIT_EXPECT_TRUE(test, is_zero(&s->first, sizeof(s->first)));
		camex_noise_remote_init(&s->to_responder, suite, s->responder.public_key,
					&s->initiator);

		KUNIT_ASSERT_TRUE(test, create_initiation(s));
		memcpy(s->initiation.ephemeral, low_order[i], CAMEX_WG_KEY_LEN);
		KUNIT_EXPECT_FALSE(test, open_initiation(s));

		KUNIT_ASSERT_TRUE(test, create_initiation(s) && take_initiation(s));
		memcpy(s->second.remote_ephemeral, low_order[i], CAMEX_WG_KEY_LEN);
		KUNIT_EXPECT_FALSE(test, create_response(s));
		KUNIT_EXPECT_TRUE(test, is_zero(&s->second, sizeof(s->second)));

		KUNIT_ASSERT_TRUE(test, take_initiation(s) && create_response(s));
		memcpy(s->response.ephemeral, low_order[i], CAMEX_WG_KEY_LEN);
		KUNIT_EXPECT_FALSE(test, consume_response(s));
		KUNIT_EXPECT_EQ(test, s->first.stage, CAMEX_NOISE_INITIATION_CREATED);
	}
}

/* Nothing works without a key of one's own. */
static void noise_no_local_key(struct kunit *test)
{
	static const u8 none[CAMEX_WG_KEY_LEN];
	struct scene *s = test->priv;

	KUNIT_ASSERT_TRUE(test, exchange_messages(s));
	KUNIT_EXPECT_FALSE(test, camex_noise_local_set(&s->initiator, none));
	KUNIT_EXPECT_TRUE(test, is_zero(&s->initiator, sizeof(s->initiator)));
	KUNIT_EXPECT_FALSE(test, consume_response(s));
	camex_noise_remote_rekey(&s->to_responder, &s->initiator);
	KUNIT_EXPECT_FALSE(test, s->to_responder.usable);
	KUNIT_EXPECT_TRUE(test, is_zero(s->to_responder.static_static, CAMEX_WG_KEY_LEN));
	KUNIT_EXPECT_FALSE(test, create_initiation(s));
	camex_noise_local_set(&s->responder, none);
	KUNIT_EXPECT_FALSE(test, open_initiation(s));
}

/* Steps out of order, or twice, do nothing. */
static void noise_order(struct kunit *test)
{
	struct scene *s = test->priv;
	struct camex_noise_suite other = *suite;
	struct camex_noise_keys keys;

	KUNIT_EXPECT_FALSE(test, camex_noise_derive_keys(&s->first, &keys));
	KUNIT_EXPECT_FALSE(test, consume_response(s));
	KUNIT_EXPECT_FALSE(test, create_response(s));
	KUNIT_ASSERT_TRUE(test, create_initiation(s));
	KUNIT_EXPECT_FALSE(test, check_initiation(s));
	KUNIT_ASSERT_TRUE(test, open_initiation(s));
	KUNIT_EXPECT_FALSE(test, create_response(s));
	KUNIT_ASSERT_TRUE(test, take_initiation(s));
	KUNIT_EXPECT_FALSE(test, check_initiation(s));
	/* a peer is answered in its own suite only */
	s->to_initiator.suite = &other;
	KUNIT_EXPECT_TRUE(test, take_initiation(s));
	KUNIT_EXPECT_FALSE(test, create_response(s));
	s->to_initiator.suite = suite;

	KUNIT_ASSERT_TRUE(test, shake_hands(s));
	KUNIT_EXPECT_FALSE(test, create_response(s));
	KUNIT_ASSERT_TRUE(test, shake_hands(s));
	KUNIT_EXPECT_TRUE(test, keys_match(s));
	KUNIT_EXPECT_TRUE(test, is_zero(&s->first, sizeof(s->first)));
	KUNIT_EXPECT_FALSE(test, camex_noise_derive_keys(&s->first, &keys));
	KUNIT_EXPECT_FALSE(test, consume_response(s));
}

static void noise_hmac(struct kunit *test)
{
	u8 key[CAMEX_HASH_LEN], mac[CAMEX_HASH_LEN], data[256];
	unsigned int i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i;
	for (i = 0; i < sizeof(key); i++)
		key[i] = 255 - i;
	for (i = 0; i < ARRAY_SIZE(hmac_fixtures); i++) {
		camex_hmac(mac, key, data, hmac_fixtures[i].len);
		EXPECT_BYTES(test, mac, hmac_fixtures[i].mac);
	}
	/* in place */
	camex_hmac(key, key, data, hmac_fixtures[0].len);
	EXPECT_BYTES(test, key, hmac_fixtures[0].mac);
}

/* A time stamp by its parts. */
static void expect_stamp(struct kunit *test, const u8 *stamp, u64 seconds, u32 ns)
{
	__be64 high = cpu_to_be64(seconds);
	__be32 low = cpu_to_be32(ns);

	KUNIT_EXPECT_EQ(test, memcmp(stamp, &high, sizeof(high)), 0);
	KUNIT_EXPECT_EQ(test, memcmp(stamp + sizeof(high), &low, sizeof(low)), 0);
}

static void noise_timestamps(struct kunit *test)
{
	const u64 epoch = 0x400000000000000aULL, year = 365 * 86400;
	u8 stamp[CAMEX_WG_TIMESTAMP] = {}, last[CAMEX_WG_TIMESTAMP];
	unsigned int i;

	camex_timestamp_next(stamp, 0);
	expect_stamp(test, stamp, epoch, 0);
	camex_timestamp_next(stamp, year * NSEC_PER_SEC + (1 << 25) + 5);
	expect_stamp(test, stamp, epoch + year, 1 << 25);
	/* within the time that it is rounded to, and in the past */
	camex_timestamp_next(stamp, year * NSEC_PER_SEC + (1 << 25) + 6);
	expect_stamp(test, stamp, epoch + year, 3 << 24);
	camex_timestamp_next(stamp, 0);
	expect_stamp(test, stamp, epoch + year, 4 << 24);
	/* into the next second, and on */
	for (i = 0; i < 1000; i++) {
		memcpy(last, stamp, sizeof(last));
		camex_timestamp_next(stamp, 0);
		KUNIT_EXPECT_TRUE(test, camex_timestamp_after(stamp, last));
		KUNIT_EXPECT_FALSE(test, camex_timestamp_after(last, stamp));
		KUNIT_EXPECT_FALSE(test, camex_timestamp_after(stamp, stamp));
	}
	/* 60 in a second */
	expect_stamp(test, stamp, epoch + year + 16, 44 << 24);
	camex_timestamp_next(stamp, 2 * year * NSEC_PER_SEC);
	expect_stamp(test, stamp, epoch + 2 * year, 0);
}

/* Each suite has its own: KUnit keeps a log in them. */
static struct kunit_case noise_cases[2][14] = { [0 ... 1] = {
	KUNIT_CASE(noise_as_others),
	KUNIT_CASE(noise_draws_keys),
	KUNIT_CASE(noise_changed_initiation),
	KUNIT_CASE(noise_changed_response),
	KUNIT_CASE(noise_other_preshared),
	KUNIT_CASE(noise_other_initiator),
	KUNIT_CASE(noise_new_local_key),
	KUNIT_CASE(noise_other_suite),
	KUNIT_CASE(noise_low_order),
	KUNIT_CASE(noise_no_local_key),
	KUNIT_CASE(noise_order),
	KUNIT_CASE(noise_hmac),
	KUNIT_CASE(noise_timestamps),
	{}
} };

static struct kunit_suite noise_suite = {
	.name = "camex_noise",
	.init = noise_init,
	.exit = noise_exit,
	.test_cases = noise_cases[0],
};

/* The same by the other suite. */
static struct kunit_suite noise_aes_suite = {
	.name = "camex_noise_aes",
	.init = noise_aes_init,
	.exit = noise_exit,
	.test_cases = noise_cases[1],
};

kunit_test_suites(&noise_suite, &noise_aes_suite);
