// SPDX-License-Identifier: GPL-2.0-only
#include "core/device.h"
#include "noise_vectors.h"
#include "protocol/wireguard/cookie.h"
#include "protocol/wireguard/source_limit.h"
#include "test.h"

#define LATER	BIT_ULL(60)

#define MESSAGE_LEN	sizeof(struct camex_wg_initiation)

/* A responder under load, and what an initiator has of it. */
struct scene {
	struct camex_cookie_checker checker;
	struct camex_cookie cookie;
	struct camex_wg_cookie_reply reply;
	struct camex_addr source;
	u8 message[MESSAGE_LEN];
};

/* The suite, and handshakes of it that others made. */
static const struct camex_noise_suite *suite;
static const struct noise_fixture *vectors;
static unsigned int nvectors;

static int init_scene(struct kunit *test)
{
	const struct noise_fixture *f = &vectors[0];
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	test->priv = s;
	camex_cookie_checker_init(&s->checker);
	camex_cookie_checker_set(&s->checker, suite, f->responder_public);
	camex_cookie_init(&s->cookie, suite, f->responder_public);
	s->source.family = AF_INET;
	s->source.v4 = htonl(0xc0000201);
	s->source.port = htons(51820);
	memcpy(s->message, f->initiation, MESSAGE_LEN);
	return 0;
}

static int cookie_init(struct kunit *test)
{
	suite = &camex_noise_chacha20poly1305;
	vectors = noise_vectors;
	nvectors = noise_nvectors;
	return init_scene(test);
}

static int cookie_aes_init(struct kunit *test)
{
	suite = &camex_noise_aes256gcm;
	vectors = noise_aes_vectors;
	nvectors = noise_naes_vectors;
	return init_scene(test);
}

static bool has_mac1(struct scene *s)
{
	return camex_cookie_check_mac1(&s->checker, s->message, MESSAGE_LEN);
}

static bool has_mac2(struct scene *s, u64 now)
{
	return camex_cookie_check_mac2(&s->checker, s->message, MESSAGE_LEN, &s->source, now);
}

static void add_macs(struct scene *s, u64 now)
{
	camex_cookie_add_macs(&s->cookie, s->message, MESSAGE_LEN, now);
}

/* The responder answers, and the initiator takes the answer. */
static bool pass_cookie(struct scene *s, u64 now)
{
	camex_cookie_reply(&s->checker, &s->reply, s->message, MESSAGE_LEN, &s->source, now);
	return camex_cookie_consume(&s->cookie, &s->reply, now);
}

static bool mac2_is_zero(const struct scene *s)
{
	return !memchr_inv(s->message + MESSAGE_LEN - CAMEX_WG_MAC, 0, CAMEX_WG_MAC);
}

/* Both ends make, byte for byte, what another implementation made. */
static void cookie_as_others(struct kunit *test)
{
	struct scene *s = test->priv;
	unsigned int i;

	for (i = 0; i < nvectors; i++) {
		const struct noise_fixture *f = &vectors[i];
		u8 response[sizeof(struct camex_wg_response)];

		camex_cookie_checker_set(&s->checker, suite, f->responder_public);
		memcpy(s->checker.secret, f->cookie_secret, CAMEX_HASH_LEN);
		s->checker.expires = LATER + 1;
		memcpy(&s->source.v4, f->cookie_source, sizeof(s->source.v4));
		memcpy(&s->source.port, f->cookie_source + 4, sizeof(s->source.port));
		memcpy(s->message, f->initiation, MESSAGE_LEN);
		KUNIT_EXPECT_TRUE(test, has_mac1(s));
		KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));

		camex_cookie_init(&s->cookie, suite, f->responder_public);
		memset(s->message + MESSAGE_LEN - 2 * CAMEX_WG_MAC, 0x55, 2 * CAMEX_WG_MAC);
		add_macs(s, LATER);
		KUNIT_EXPECT_EQ(test, memcmp(s->message, f->initiation, MESSAGE_LEN), 0);
		memcpy(&s->reply, f->cookie_reply, sizeof(s->reply));
		KUNIT_EXPECT_TRUE(test, camex_cookie_consume(&s->cookie, &s->reply, LATER));
		KUNIT_EXPECT_EQ(test, memcmp(s->cookie.cookie, f->cookie, CAMEX_WG_MAC), 0);
		add_macs(s, LATER);
		KUNIT_EXPECT_EQ(test, memcmp(s->message, f->cookie_initiation, MESSAGE_LEN), 0);
		KUNIT_EXPECT_TRUE(test, has_mac2(s, LATER));

		/* the response goes the other way */
		camex_cookie_init(&s->cookie, suite, f->initiator_public);
		memcpy(response, f->response, sizeof(response));
		memset(response + sizeof(response) - 2 * CAMEX_WG_MAC, 0x55, CAMEX_WG_MAC);
		camex_cookie_add_macs(&s->cookie, response, sizeof(response), LATER);
		KUNIT_EXPECT_EQ(test, memcmp(response, f->response, sizeof(response)), 0);
	}
	KUNIT_EXPECT_GE(test, i, 2);
}

/* A cookie passes through a reply, whose fields are in their places. */
static void cookie_round_trip(struct kunit *test)
{
	struct scene *s = test->priv;
	struct camex_wg_cookie_reply first;

	add_macs(s, LATER);
	KUNIT_EXPECT_TRUE(test, has_mac1(s));
	KUNIT_EXPECT_TRUE(test, mac2_is_zero(s));
	KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));
	KUNIT_EXPECT_TRUE(test, pass_cookie(s, LATER));
	KUNIT_EXPECT_EQ(test, camex_wg_kind((const u8 *)&s->reply, sizeof(s->reply),
					    suite->first_type), CAMEX_WG_COOKIE);
	KUNIT_EXPECT_EQ(test, camex_wg_get32(s->reply.receiver),
			vectors[0].initiator_index);
	first = s->reply;
	add_macs(s, LATER);
	KUNIT_EXPECT_TRUE(test, has_mac1(s));
	KUNIT_EXPECT_TRUE(test, has_mac2(s, LATER));
	/* a nonce is never used again */
	KUNIT_EXPECT_TRUE(test, pass_cookie(s, LATER));
	KUNIT_EXPECT_NE(test, memcmp(first.nonce, s->reply.nonce, sizeof(first.nonce)), 0);
	/* not a bit of the message can be changed; mac1 is wrong first */
	s->message[MESSAGE_LEN - 2 * CAMEX_WG_MAC - 1] ^= 1;
	KUNIT_EXPECT_FALSE(test, has_mac1(s));
	KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));
}

/* Each wrong byte of mac1 and of mac2 is found, and stays within its MAC. */
static void cookie_changed_macs(struct kunit *test)
{
	struct scene *s = test->priv;
	unsigned int i;

	add_macs(s, LATER);
	KUNIT_ASSERT_TRUE(test, pass_cookie(s, LATER));
	add_macs(s, LATER);
	for (i = MESSAGE_LEN - 2 * CAMEX_WG_MAC; i < MESSAGE_LEN; i++) {
		s->message[i] ^= 1 << i % 8;
		KUNIT_EXPECT_EQ(test, has_mac1(s), i >= MESSAGE_LEN - CAMEX_WG_MAC);
		KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));
		s->message[i] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_TRUE(test, has_mac1(s) && has_mac2(s, LATER));
}

/* A cookie is for one address and port. */
static void cookie_for_one_source(struct kunit *test)
{
	struct scene *s = test->priv;
	unsigned int i;

	add_macs(s, LATER);
	KUNIT_ASSERT_TRUE(test, pass_cookie(s, LATER));
	add_macs(s, LATER);
	KUNIT_EXPECT_TRUE(test, has_mac2(s, LATER));
	s->source.port ^= htons(1);
	KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));
	s->source.port ^= htons(1);
	s->source.v4 ^= htonl(1);
	KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));

	s->source.family = AF_INET6;
	KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));
	for (i = 0; i < sizeof(s->source.v6); i++)
		s->source.v6.s6_addr[i] = i;
	KUNIT_ASSERT_TRUE(test, pass_cookie(s, LATER));
	add_macs(s, LATER);
	KUNIT_EXPECT_TRUE(test, has_mac2(s, LATER));
	for (i = 0; i < sizeof(s->source.v6); i++) {
		s->source.v6.s6_addr[i] ^= 1;
		KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER));
		s->source.v6.s6_addr[i] ^= 1;
	}
}

/* Cookies are used for 115 s, and are good as long as the secret, 120 s. */
static void cookie_times(struct kunit *test)
{
	const u64 second = NSEC_PER_SEC;
	struct scene *s = test->priv;
	u8 secret[CAMEX_HASH_LEN];

	add_macs(s, LATER);
	KUNIT_ASSERT_TRUE(test, pass_cookie(s, LATER));
	memcpy(secret, s->checker.secret, sizeof(secret));
	add_macs(s, LATER + 115 * second - 1);
	KUNIT_EXPECT_FALSE(test, mac2_is_zero(s));
	KUNIT_EXPECT_TRUE(test, has_mac2(s, LATER + 120 * second - 1));
	KUNIT_EXPECT_EQ(test, memcmp(secret, s->checker.secret, sizeof(secret)), 0);
	KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER + 120 * second));
	KUNIT_EXPECT_NE(test, memcmp(secret, s->checker.secret, sizeof(secret)), 0);
	add_macs(s, LATER + 115 * second);
	KUNIT_EXPECT_TRUE(test, mac2_is_zero(s));
	/* the next cookie is the new secret's */
	KUNIT_EXPECT_TRUE(test, pass_cookie(s, LATER + 121 * second));
	add_macs(s, LATER + 121 * second);
	KUNIT_EXPECT_TRUE(test, has_mac2(s, LATER + 239 * second));
	KUNIT_EXPECT_FALSE(test, has_mac2(s, LATER + 240 * second));
}

/* A cookie reply is taken once, for the last message, whole. */
static void cookie_replies(struct kunit *test)
{
	struct scene *s = test->priv;
	u8 *bytes = (u8 *)&s->reply;
	unsigned int i;

	/* nothing was sent */
	KUNIT_EXPECT_FALSE(test, pass_cookie(s, LATER));
	add_macs(s, LATER);
	camex_cookie_reply(&s->checker, &s->reply, s->message, MESSAGE_LEN, &s->source, LATER);
	for (i = offsetof(struct camex_wg_cookie_reply, nonce); i < sizeof(s->reply); i++) {
		bytes[i] ^= 1 << i % 8;
		KUNIT_EXPECT_FALSE(test, camex_cookie_consume(&s->cookie, &s->reply, LATER));
		bytes[i] ^= 1 << i % 8;
	}
	add_macs(s, LATER);
	KUNIT_EXPECT_TRUE(test, mac2_is_zero(s));
	KUNIT_EXPECT_TRUE(test, camex_cookie_consume(&s->cookie, &s->reply, LATER));
	KUNIT_EXPECT_FALSE(test, camex_cookie_consume(&s->cookie, &s->reply, LATER));

	/* the reply to an earlier message */
	s->message[4] ^= 1;
	add_macs(s, LATER);
	KUNIT_EXPECT_FALSE(test, camex_cookie_consume(&s->cookie, &s->reply, LATER));
	/* the reply of another responder */
	camex_cookie_checker_set(&s->checker, suite, vectors[1].responder_public);
	KUNIT_EXPECT_FALSE(test, pass_cookie(s, LATER));
	camex_cookie_checker_set(&s->checker, suite, vectors[0].responder_public);
	KUNIT_EXPECT_TRUE(test, pass_cookie(s, LATER));
}

/* Without a key, or with another one, each mac1 is wrong. */
static void cookie_without_key(struct kunit *test)
{
	struct scene *s = test->priv;

	KUNIT_EXPECT_TRUE(test, has_mac1(s));
	camex_cookie_checker_set(&s->checker, suite, NULL);
	KUNIT_EXPECT_FALSE(test, has_mac1(s));
	camex_cookie_checker_set(&s->checker, suite, vectors[1].responder_public);
	KUNIT_EXPECT_FALSE(test, has_mac1(s));
	camex_cookie_checker_init(&s->checker);
	KUNIT_EXPECT_FALSE(test, has_mac1(s));
}

/* How many of @tries at once are let through. */
static unsigned int allowed(struct camex_wg_limits *limits, const struct camex_addr *source,
			    u64 now, unsigned int tries)
{
	unsigned int n, good = 0;

	for (n = 0; n < tries; n++)
		good += camex_wg_limit_source(limits, source, now);
	return good;
}

static void cookie_limit_rate(struct kunit *test)
{
	struct scene *s = test->priv;
	struct camex_wg_limits *limits = camex_wg_limits_alloc();
	struct camex_addr other = s->source, v6 = { .family = AF_INET6 };
	unsigned int n, good = 0;
	u64 now = LATER;

	KUNIT_ASSERT_NOT_NULL(test, limits);
	KUNIT_EXPECT_EQ(test, allowed(limits, &s->source, now, 100), CAMEX_WG_LIMIT_BURST);
	/* another port is the same source, another address is not */
	other.port ^= htons(1);
	KUNIT_EXPECT_EQ(test, allowed(limits, &other, now, 1), 0);
	other.v4 ^= htonl(1);
	KUNIT_EXPECT_EQ(test, allowed(limits, &other, now, 100), CAMEX_WG_LIMIT_BURST);
	now += NSEC_PER_SEC / CAMEX_WG_LIMIT_RATE - 1;
	KUNIT_EXPECT_EQ(test, allowed(limits, &s->source, now, 1), 0);
	KUNIT_EXPECT_EQ(test, allowed(limits, &s->source, now + 1, 2), 1);
	for (n = 0; n < 1000; n++)
		good += camex_wg_limit_source(limits, &s->source, now + n * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, good, CAMEX_WG_LIMIT_RATE - 1);
	now += 3600ULL * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, allowed(limits, &s->source, now, 100), CAMEX_WG_LIMIT_BURST);
	/* a /64 is one source */
	v6.v6.s6_addr[7] = 1;
	KUNIT_EXPECT_EQ(test, allowed(limits, &v6, now, 3), 3);
	v6.v6.s6_addr[8] = 1;
	KUNIT_EXPECT_EQ(test, allowed(limits, &v6, now, 3), 2);
	v6.v6.s6_addr[7] = 2;
	KUNIT_EXPECT_EQ(test, allowed(limits, &v6, now, 3), 3);
	camex_wg_limits_free(limits);
}

/* However many sources there are: each known one keeps its rate, and places become free. */
static void cookie_limit_is_bounded(struct kunit *test)
{
	const unsigned int many = 100000, places = CAMEX_WG_LIMIT_SETS * CAMEX_WG_LIMIT_PLACES;
	struct camex_wg_limits *limits = camex_wg_limits_alloc();
	struct camex_addr source = { .family = AF_INET };
	unsigned int n, good = 0, again = 0;

	KUNIT_ASSERT_NOT_NULL(test, limits);
	for (n = 0; n < many; n++) {
		source.v4 = htonl(n);
		good += allowed(limits, &source, LATER, CAMEX_WG_LIMIT_BURST);
	}
	KUNIT_EXPECT_EQ(test, good, places * CAMEX_WG_LIMIT_BURST);
	for (n = 0; n < many; n++) {
		source.v4 = htonl(n);
		again += camex_wg_limit_source(limits, &source, LATER);
	}
	KUNIT_EXPECT_EQ(test, again, 0);
	source.v4 = htonl(many);
	KUNIT_EXPECT_EQ(test, allowed(limits, &source, LATER + NSEC_PER_SEC / 4, 100),
			CAMEX_WG_LIMIT_BURST);
	camex_wg_limits_free(limits);
}

/* Each suite has its own: KUnit keeps a log in them. */
static struct kunit_case cookie_cases[2][10] = { [0 ... 1] = {
	KUNIT_CASE(cookie_as_others),
	KUNIT_CASE(cookie_round_trip),
	KUNIT_CASE(cookie_changed_macs),
	KUNIT_CASE(cookie_for_one_source),
	KUNIT_CASE(cookie_times),
	KUNIT_CASE(cookie_replies),
	KUNIT_CASE(cookie_without_key),
	KUNIT_CASE(cookie_limit_rate),
	KUNIT_CASE(cookie_limit_is_bounded),
	{}
} };

static struct kunit_suite cookie_suite = {
	.name = "camex_cookie",
	.init = cookie_init,
	.test_cases = cookie_cases[0],
};

/* The same by the other suite. */
static struct kunit_suite cookie_aes_suite = {
	.name = "camex_cookie_aes",
	.init = cookie_aes_init,
	.test_cases = cookie_cases[1],
};

kunit_test_suites(&cookie_suite, &cookie_aes_suite);
