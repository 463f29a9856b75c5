// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/aead.h>
#include <crypto/chacha20poly1305.h>
#include <linux/crypto.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "crypto/packet_aead.h"
#include "test.h"

#define BODY_MAX	9216
#define SHIFT_MAX	63
#define GUARD		32
#define TAG		CAMEX_AEAD_TAG
#define WORK_SIZE	(GUARD + CAMEX_AEAD_HEAD + SHIFT_MAX + BODY_MAX +	\
			 CAMEX_AEAD_TAIL + GUARD)

/**
 * struct bench - buffers of a case, and another implementation to compare with
 * @tfm: the crypto API's own, in plain C
 * @req: for it
 * @work: where we seal and open, WORK_SIZE bytes
 * @fresh: what is there before, as many bytes
 * @want: what @tfm made: associated data, ciphertext, tag
 * @plain: the plaintext
 * @rnd: where keys, texts and nonces come from
 * @key: the key
 * @nonce: the nonce
 * @ad: the associated data
 */
struct bench {
	struct crypto_aead *tfm;
	struct aead_request *req;
	u8 *work;
	u8 *fresh;
	u8 *want;
	u8 *plain;
	struct rnd_state rnd;
	u8 key[32];
	u8 nonce[12];
	u8 ad[CAMEX_AEAD_AD_MAX];
};

static int aead_init(struct kunit *test)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	b->work = kunit_kzalloc(test, WORK_SIZE, GFP_KERNEL);
	b->fresh = kunit_kzalloc(test, WORK_SIZE, GFP_KERNEL);
	b->want = kunit_kzalloc(test, CAMEX_AEAD_AD_MAX + BODY_MAX + TAG, GFP_KERNEL);
	b->plain = kunit_kzalloc(test, BODY_MAX, GFP_KERNEL);
	if (!b->work || !b->fresh || !b->want || !b->plain)
		return -ENOMEM;
	b->tfm = crypto_alloc_aead("rfc7539(chacha20-generic,poly1305-generic)",
				   0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(b->tfm))
		return PTR_ERR(b->tfm);
	test->priv = b;
	b->req = aead_request_alloc(b->tfm, GFP_KERNEL);
	if (!b->req || crypto_aead_setauthsize(b->tfm, TAG))
		return -ENOMEM;
	prandom_seed_state(&b->rnd, 1);
	prandom_bytes_state(&b->rnd, b->fresh, WORK_SIZE);
	return 0;
}

static void aead_exit(struct kunit *test)
{
	struct bench *b = test->priv;

	if (b) {
		aead_request_free(b->req);
		crypto_free_aead(b->tfm);
	}
}

/* New key, nonce and texts, and what they make in @b->want. */
static int reference(struct bench *b, size_t len, size_t ad_len)
{
	struct scatterlist sg;
	u8 iv[12];
	int err;

	prandom_bytes_state(&b->rnd, b->key, sizeof(b->key));
	prandom_bytes_state(&b->rnd, b->nonce, sizeof(b->nonce));
	prandom_bytes_state(&b->rnd, b->ad, sizeof(b->ad));
	prandom_bytes_state(&b->rnd, b->plain, len);

	err = crypto_aead_setkey(b->tfm, b->key, sizeof(b->key));
	if (err)
		return err;
	memcpy(iv, b->nonce, sizeof(iv));
	memcpy(b->want, b->ad, ad_len);
	memcpy(b->want + ad_len, b->plain, len);
	sg_init_one(&sg, b->want, ad_len + len + TAG);
	aead_request_set_callback(b->req, 0, NULL, NULL);
	aead_request_set_ad(b->req, ad_len);
	aead_request_set_crypt(b->req, &sg, &sg, len, iv);
	return crypto_aead_encrypt(b->req);
}

/* The same by the library, which is quicker but has nonces of 8 bytes. */
static void library(struct bench *b, size_t len, size_t ad_len)
{
	prandom_bytes_state(&b->rnd, b->key, sizeof(b->key));
	prandom_bytes_state(&b->rnd, b->nonce, sizeof(b->nonce));
	memset(b->nonce, 0, 4);
	prandom_bytes_state(&b->rnd, b->ad, sizeof(b->ad));
	prandom_bytes_state(&b->rnd, b->plain, len);
	memcpy(b->want, b->ad, ad_len);
	chacha20poly1305_encrypt(b->want + ad_len, b->plain, len, b->ad, ad_len,
				 get_unaligned_le64(b->nonce + 4), b->key);
}

/* Fills @b->work; returns where a body is to be, @shift bytes off. */
static u8 *fresh_work(struct bench *b, unsigned int shift)
{
	memcpy(b->work, b->fresh, WORK_SIZE);
	return b->work + GUARD + CAMEX_AEAD_HEAD + shift;
}

/* Is everything before @from and behind @to as it was? */
static bool intact(struct bench *b, const u8 *from, const u8 *to)
{
	return !memcmp(b->work, b->fresh, from - b->work) &&
	       !memcmp(to, b->fresh + (to - b->work), b->work + WORK_SIZE - to);
}

/* Seals and opens one body; returns false after telling what is wrong. */
static bool check_one(struct kunit *test, size_t len, size_t ad_len,
		      unsigned int shift)
{
	struct bench *b = test->priv;
	const char *wrong = NULL;
	struct camex_aead_key key;
	const u8 *want;
	u8 *body;

	if (reference(b, len, ad_len)) {
		wrong = "the reference fails";
		goto out;
	}
	want = b->want + ad_len;
	camex_aead_key_set(&key, &camex_chacha20poly1305, b->key);

	body = fresh_work(b, shift);
	memcpy(body, b->plain, len);
	camex_aead_seal(&key, body, len, b->ad, ad_len, b->nonce);
	if (memcmp(body, want, len))
		wrong = "the ciphertext differs";
	else if (memcmp(body + len, want + len, TAG))
		wrong = "the tag differs";
	else if (memcmp(body - ad_len, b->ad, ad_len))
		wrong = "no associated data before the body";
	else if (!intact(b, body - CAMEX_AEAD_HEAD, body + len + camex_aead_tail(len)))
		wrong = "seal writes too far";
	if (wrong)
		goto out;

	body = fresh_work(b, shift);
	memcpy(body, want, len + TAG);
	if (!camex_aead_open(&key, body, len, b->ad, ad_len, b->nonce))
		wrong = "open refuses it";
	else if (memcmp(body, b->plain, len))
		wrong = "the plaintext differs";
	else if (!intact(b, body - round_up(ad_len, 16),
			 body + len + camex_aead_tail(len)))
		wrong = "open writes too far";
out:
	if (wrong)
		KUNIT_FAIL(test, "%s: seed 1, %zu bytes, associated %zu, shift %u",
			   wrong, len, ad_len, shift);
	return !wrong;
}

/* The example of RFC 8439, section 2.8.2. */
static void aead_rfc8439(struct kunit *test)
{
	static const char plain[] = {
		"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
	};
	static const u8 ad[] = {
		0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3,
		0xc4, 0xc5, 0xc6, 0xc7,
	};
	static const u8 nonce[] = {
		0x07, 0x00, 0x00, 0x00, 0x40, 0x41, 0x42, 0x43,
		0x44, 0x45, 0x46, 0x47,
	};
	static const u8 want[] = {
		0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e, 0x60, 0xdb,
		0x7b, 0x86, 0xaf, 0xbc, 0x53, 0xef, 0x7e, 0xc2,
		0xa4, 0xad, 0xed, 0x51, 0x29, 0x6e, 0x08, 0xfe,
		0xa9, 0xe2, 0xb5, 0xa7, 0x36, 0xee, 0x62, 0xd6,
		0x3d, 0xbe, 0xa4, 0x5e, 0x8c, 0xa9, 0x67, 0x12,
		0x82, 0xfa, 0xfb, 0x69, 0xda, 0x92, 0x72, 0x8b,
		0x1a, 0x71, 0xde, 0x0a, 0x9e, 0x06, 0x0b, 0x29,
		0x05, 0xd6, 0xa5, 0xb6, 0x7e, 0xcd, 0x3b, 0x36,
		0x92, 0xdd, 0xbd, 0x7f, 0x2d, 0x77, 0x8b, 0x8c,
		0x98, 0x03, 0xae, 0xe3, 0x28, 0x09, 0x1b, 0x58,
		0xfa, 0xb3, 0x24, 0xe4, 0xfa, 0xd6, 0x75, 0x94,
		0x55, 0x85, 0x80, 0x8b, 0x48, 0x31, 0xd7, 0xbc,
		0x3f, 0xf4, 0xde, 0xf0, 0x8e, 0x4b, 0x7a, 0x9d,
		0xe5, 0x76, 0xd2, 0x65, 0x86, 0xce, 0xc6, 0x4b,
		0x61, 0x16,
		/* the tag */
		0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a,
		0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91,
	};
	const size_t len = sizeof(plain) - 1;
	struct bench *b = test->priv;
	struct camex_aead_key key;
	u8 *body = fresh_work(b, 0);
	u8 bytes[32];
	int i;

	for (i = 0; i < 32; i++)
		bytes[i] = 0x80 + i;
	KUNIT_ASSERT_EQ(test, len + TAG, sizeof(want));
	camex_aead_key_set(&key, &camex_chacha20poly1305, bytes);
	memcpy(body, plain, len);
	camex_aead_seal(&key, body, len, ad, sizeof(ad), nonce);
	KUNIT_EXPECT_EQ(test, 0, memcmp(body, want, sizeof(want)));
	KUNIT_EXPECT_TRUE(test, camex_aead_open(&key, body, len, ad, sizeof(ad), nonce));
	KUNIT_EXPECT_EQ(test, 0, memcmp(body, plain, len));
}

static void aead_short_lengths(struct kunit *test)
{
	size_t len;

	for (len = 0; len <= 300; len++)
		if (!check_one(test, len, 28, len % 16))
			return;
}

static void aead_long_lengths(struct kunit *test)
{
	size_t len;

	for (len = 301; len <= BODY_MAX; len += 61)
		if (!check_one(test, len, len % 2 ? 28 : 27, len % (SHIFT_MAX + 1)))
			return;
}

static void aead_boundaries(struct kunit *test)
{
	static const unsigned int edges[] = {
		64, 128, 192, 256, 512, 1024, 1428, 1500, 2048, 4096, 8192,
		BODY_MAX - 1,
	};
	unsigned int i, shift;
	int by;

	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (by = -1; by <= 1; by++)
			for (shift = 0; shift <= 8; shift += 4)
				if (!check_one(test, edges[i] + by, 28, shift))
					return;
}

static void aead_associated_lengths(struct kunit *test)
{
	static const u16 lens[] = { 0, 1, 15, 16, 64, 65, 193, 1400 };
	unsigned int i, ad_len;

	for (ad_len = 0; ad_len <= CAMEX_AEAD_AD_MAX; ad_len++)
		for (i = 0; i < ARRAY_SIZE(lens); i++)
			if (!check_one(test, lens[i], ad_len, 0))
				return;
}

static void aead_unaligned(struct kunit *test)
{
	static const u16 lens[] = { 0, 1, 33, 64, 129, 192, 193, 700 };
	unsigned int i, shift;

	for (shift = 0; shift <= SHIFT_MAX; shift++)
		for (i = 0; i < ARRAY_SIZE(lens); i++)
			if (!check_one(test, lens[i], 28, shift))
				return;
}

/*
 * Opens what b->want holds without touching it, in two steps to elsewhere. Returns
 * what is wrong, or NULL.
 */
static const char *open_apart(struct bench *b, size_t len, size_t ad_len, bool forged)
{
	u8 *first = b->work, *rest = first + CAMEX_AEAD_FIRST + GUARD;
	const u8 *sealed = b->want + ad_len;
	size_t more = len > CAMEX_AEAD_FIRST ? len - CAMEX_AEAD_FIRST : 0;
	struct camex_aead_opening o;
	struct camex_aead_key key;
	bool good;

	camex_aead_key_set(&key, &camex_chacha20poly1305, b->key);
	memset(b->work, GUARD, CAMEX_AEAD_FIRST + GUARD + more + GUARD);
	good = camex_aead_open_first(&o, &key, sealed, len, b->ad, ad_len,
				     b->nonce, first);
	if (good == forged)
		return good ? "open_first takes it" : "open_first refuses it";
	if (memchr_inv(first + CAMEX_AEAD_FIRST, GUARD, GUARD + more + GUARD))
		return "open_first writes too far";
	if (forged) {
		if (memchr_inv(&o, 0, sizeof(o)))
			return "open_first leaves a cipher's state";
		return memchr_inv(first, GUARD, CAMEX_AEAD_FIRST) ?
			"open_first leaves a plaintext" : NULL;
	}
	camex_aead_open_rest(&o, rest, sealed + CAMEX_AEAD_FIRST, more);
	if (memcmp(first, b->plain, len - more) ||
	    memcmp(rest, b->plain + CAMEX_AEAD_FIRST, more))
		return "the plaintext differs";
	if (memchr_inv(rest - GUARD, GUARD, GUARD) || memchr_inv(rest + more, GUARD, GUARD))
		return "open_rest writes too far";
	return memchr_inv(&o, 0, sizeof(o)) ? "open_rest leaves a cipher's state" : NULL;
}

/* The same in one go, whatever lies before the body; @out has WORK_SIZE bytes. */
static const char *open_at_once(struct bench *b, u8 *out, size_t len,
				size_t ad_len, bool forged)
{
	u8 *body = fresh_work(b, 0), *to = out + CAMEX_AEAD_HEAD;
	struct camex_aead_key key;
	bool good;

	camex_aead_key_set(&key, &camex_chacha20poly1305, b->key);
	memcpy(body, b->want + ad_len, len + TAG);
	memset(to + len, GUARD, GUARD);
	good = camex_aead_open_to(to, &key, body, len, b->ad, ad_len, b->nonce);
	if (good == forged)
		return good ? "open_to takes it" : "open_to refuses it";
	if (memcmp(body, b->want + ad_len, len + TAG) || !intact(b, body, body + len + TAG))
		return "open_to changes what it opens";
	if (memchr_inv(to + len, GUARD, GUARD))
		return "open_to writes too far";
	return good && memcmp(to, b->plain, len) ? "open_to's plaintext differs" : NULL;
}

static const char *in_place(struct bench *b, size_t len, size_t ad_len)
{
	u8 *body = fresh_work(b, 0);
	struct camex_aead_key key;

	camex_aead_key_set(&key, &camex_chacha20poly1305, b->key);
	memcpy(body, b->plain, len);
	camex_aead_seal(&key, body, len, b->ad, ad_len, b->nonce);
	if (memcmp(body - ad_len, b->want, ad_len + len + TAG))
		return "what seal makes differs";
	if (!camex_aead_open(&key, body, len, b->ad, ad_len, b->nonce))
		return "open refuses it";
	return memcmp(body, b->plain, len) ? "the plaintext differs" : NULL;
}

/* Every length, against the library. */
static void aead_apart(struct kunit *test)
{
	u8 *copy = kunit_kmalloc(test, CAMEX_AEAD_AD_MAX + BODY_MAX + TAG, GFP_KERNEL);
	u8 *out = kunit_kmalloc(test, WORK_SIZE, GFP_KERNEL);
	struct bench *b = test->priv;
	const char *wrong = NULL;
	size_t len, ad_len;
	u8 *flipped;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, copy);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, out);
	for (len = 0; len <= BODY_MAX && !wrong; len++) {
		ad_len = len % 5 ? 27 + len % 2 : len % (CAMEX_AEAD_AD_MAX + 1);
		library(b, len, ad_len);
		memcpy(copy, b->want, ad_len + len + TAG);
		wrong = in_place(b, len, ad_len) ?:
			open_apart(b, len, ad_len, false) ?:
			open_at_once(b, out, len, ad_len, false);
		if (!wrong && memcmp(copy, b->want, ad_len + len + TAG))
			wrong = "what was opened has changed";
		/* any byte of body or tag */
		flipped = b->want + ad_len + below(&b->rnd, len + TAG);
		*flipped ^= 0x10;
		if (!wrong)
			wrong = open_apart(b, len, ad_len, true) ?:
				open_at_once(b, out, len, ad_len, true);
		if (wrong)
			KUNIT_FAIL(test, "%s: seed 1, %zu bytes, associated %zu",
				   wrong, len, ad_len);
	}
}

/* What is changed in a sealed body before it is opened. */
enum part { BODY, SEAL, AD, NONCE, KEY, PARTS };

static const char * const part_names[PARTS] = {
	"body", "tag", "associated data", "nonce", "key",
};

/* Opens with one bit changed; returns false after telling what is wrong. */
static bool refuses(struct kunit *test, size_t len, size_t ad_len,
		    enum part part, unsigned int bit)
{
	struct bench *b = test->priv;
	u8 ad[CAMEX_AEAD_AD_MAX], nonce[12], key_bytes[32];
	u8 *sealed = b->want + ad_len, *body, *at;
	const char *wrong = NULL;
	struct camex_aead_key key;
	u8 flip = 1 << bit % 8;

	memcpy(ad, b->ad, sizeof(ad));
	memcpy(nonce, b->nonce, sizeof(nonce));
	memcpy(key_bytes, b->key, sizeof(key_bytes));
	switch (part) {
	case BODY:
		at = sealed;
		break;
	case SEAL:
		at = sealed + len;
		break;
	case AD:
		at = ad;
		break;
	case NONCE:
		at = nonce;
		break;
	default:
		at = key_bytes;
	}
	at += bit / 8;
	*at ^= flip;
	camex_aead_key_set(&key, &camex_chacha20poly1305, key_bytes);
	body = b->work + GUARD + CAMEX_AEAD_HEAD;
	memcpy(body, sealed, len + TAG);
	if (camex_aead_open(&key, body, len, ad, ad_len, nonce))
		wrong = "is taken";
	else if (memcmp(body, sealed, len + TAG))
		wrong = "is refused, but the body or its tag has changed";
	*at ^= flip;
	if (wrong)
		KUNIT_FAIL(test, "bit %u of the %s changed: %s (%zu bytes)",
			   bit, part_names[part], wrong, len);
	return !wrong;
}

static void aead_forgery(struct kunit *test)
{
	static const u16 lens[] = { 0, 1, 16, 63, 64, 192, 193, 1428 };
	const size_t ad_len = 28;
	struct bench *b = test->priv;
	unsigned int i, bit, step;
	enum part part;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		const size_t bytes[PARTS] = {
			lens[i], TAG, ad_len, sizeof(b->nonce), sizeof(b->key),
		};

		KUNIT_ASSERT_EQ(test, 0, reference(b, lens[i], ad_len));
		for (part = 0; part < PARTS; part++) {
			step = bytes[part] > 64 ? 89 : 1;
			for (bit = 0; bit < 8 * bytes[part]; bit += step)
				if (!refuses(test, lens[i], ad_len, part, bit))
					return;
			if (bytes[part] &&
			    !refuses(test, lens[i], ad_len, part, 8 * bytes[part] - 1))
				return;
		}
	}
}

/* Lengths are part of what is authenticated. */
static void aead_wrong_lengths(struct kunit *test)
{
	static const u16 lens[] = { 16, 64, 200 };
	struct bench *b = test->priv;
	struct camex_aead_key key;
	unsigned int i, cut;
	u8 *body;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		KUNIT_ASSERT_EQ(test, 0, reference(b, lens[i], 28));
		camex_aead_key_set(&key, &camex_chacha20poly1305, b->key);
		body = b->work + GUARD + CAMEX_AEAD_HEAD;
		for (cut = 1; cut <= 16; cut++) {
			memset(body, 0, lens[i] + TAG);
			memcpy(body, b->want + 28, lens[i] - cut);
			memcpy(body + lens[i] - cut, b->want + 28 + lens[i], TAG);
			KUNIT_EXPECT_FALSE(test, camex_aead_open(&key, body, lens[i] - cut,
								 b->ad, 28, b->nonce));
			memcpy(body, b->want + 28, lens[i] + TAG);
			KUNIT_EXPECT_FALSE(test, camex_aead_open(&key, body, lens[i],
								 b->ad, 28 - cut, b->nonce));
		}
	}
}

static void aead_key_words(struct kunit *test)
{
	u8 bytes[33];
	struct camex_aead_key key;
	int i;

	for (i = 0; i < 33; i++)
		bytes[i] = i;
	camex_aead_key_set(&key, &camex_chacha20poly1305, bytes + 1);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, key.words[i], 0x04030201 + 0x04040404 * i);
}

static struct kunit_case aead_cases[] = {
	KUNIT_CASE(aead_key_words),
	KUNIT_CASE(aead_rfc8439),
	KUNIT_CASE(aead_short_lengths),
	KUNIT_CASE(aead_long_lengths),
	KUNIT_CASE(aead_boundaries),
	KUNIT_CASE(aead_associated_lengths),
	KUNIT_CASE(aead_unaligned),
	KUNIT_CASE(aead_apart),
	KUNIT_CASE(aead_forgery),
	KUNIT_CASE(aead_wrong_lengths),
	{}
};

static struct kunit_suite aead_suite = {
	.name = "camex_aead",
	.init = aead_init,
	.exit = aead_exit,
	.test_cases = aead_cases,
};

kunit_test_suite(aead_suite);
