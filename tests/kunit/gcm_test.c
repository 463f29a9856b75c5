// SPDX-License-Identifier: GPL-2.0-only
/* AES-256-GCM, by the kernel's driver, in assembly and in plain C. */
#include <asm/simd.h>
#include <linux/hardirq.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "crypto/aes256gcm.h"
#include "crypto/plain_gcm.h"
#include "test.h"

#define BODY_MAX	9216
#define SHIFT_MAX	63
#define GUARD		32
#define WORK_SIZE	(GUARD + SHIFT_MAX + BODY_MAX + CAMEX_AEAD_TAG + GUARD)
/* Random packets: the longest, how many have a key, and for how many KUnit's 5 minutes suffice. */
#define RANDOM_MAX	9000
#define SAME_KEY	256
#define AT_ONCE		250000

/* Test cases 13 to 16 of the specification that McGrew and Viega gave NIST: all with 256 bits. */
#define KEY_OF_15	"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define PLAIN_OF_15	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
			"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define SEALED_OF_15	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" \
			"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"

static const struct {
	const char *key;
	const char *nonce;
	const char *ad;
	const char *plain;
	const char *sealed;
} cases[] = {
	{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "", "",
		"530f8afbc74536b9a963b4f1c4cb738b",
	}, {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "", "00000000000000000000000000000000",
		"cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
	}, {
		KEY_OF_15, "cafebabefacedbaddecaf888", "", PLAIN_OF_15 "1aafd255",
		SEALED_OF_15 "898015adb094dac5d93471bdec1a502270e3cc6c",
	}, {
		KEY_OF_15, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		PLAIN_OF_15, SEALED_OF_15 "76fc6ece0f4e1768cddf8853bb2d551b",
	},
};

/**
 * struct bench - buffers of a case
 * @work: where is sealed and opened, WORK_SIZE bytes
 * @fresh: what is there before, as many bytes
 * @used: how many of these bytes are looked at
 * @plain: the plaintext
 * @sealed: ciphertext and tag
 * @rnd: where keys, texts and nonces come from
 * @key: the key for driver or assembly, or zeros without a driver
 * @gcm: the key in plain C
 * @nonce: the nonce
 * @ad: the associated data
 * @own: assembly, not the driver, encrypts what has no associated data
 */
struct bench {
	u8 *work;
	u8 *fresh;
	size_t used;
	u8 *plain;
	u8 *sealed;
	struct rnd_state rnd;
	struct camex_aead_key key;
	struct camex_gcm_key gcm;
	u8 nonce[CAMEX_AEAD_NONCE];
	u8 ad[CAMEX_AEAD_AD_MAX];
	bool own;
};

static int init_bench(struct kunit *test, bool own)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	b->work = kunit_kzalloc(test, WORK_SIZE, GFP_KERNEL);
	b->fresh = kunit_kzalloc(test, WORK_SIZE, GFP_KERNEL);
	b->plain = kunit_kzalloc(test, BODY_MAX, GFP_KERNEL);
	b->sealed = kunit_kzalloc(test, BODY_MAX + CAMEX_AEAD_TAG, GFP_KERNEL);
	if (!b->work || !b->fresh || !b->plain || !b->sealed)
		return -ENOMEM;
	/* The debug kernel has it, and QEMU's CPU as well. */
	if (camex_aes256gcm_refusal() || !camex_aead_key_alloc(&b->key, &camex_aes256gcm))
		return -EOPNOTSUPP;
	if (own && !camex_aes256gcm_has_own())
		return -EOPNOTSUPP;
	b->own = own;
	b->used = WORK_SIZE;
	prandom_seed_state(&b->rnd, 1);
	prandom_bytes_state(&b->rnd, b->fresh, WORK_SIZE);
	test->priv = b;
	return 0;
}

static int gcm_init(struct kunit *test)
{
	return init_bench(test, false);
}

static int gcm_own_init(struct kunit *test)
{
	return init_bench(test, true);
}

static void gcm_exit(struct kunit *test)
{
	struct bench *b = test->priv;

	if (b)
		camex_aead_key_free(&b->key);
}

static void set_keys(struct bench *b, const u8 *bytes)
{
	camex_gcm_set_key(&b->gcm, bytes);
	camex_aes256gcm_set_key(&b->key, bytes, b->own);
}

/* Fills @b->work; returns where a body is to be, @shift bytes off. */
static u8 *fresh_work(struct bench *b, unsigned int shift)
{
	memcpy(b->work, b->fresh, b->used);
	return b->work + GUARD + shift;
}

/* Is everything before @from and behind @to as it was? */
static bool intact(struct bench *b, const u8 *from, const u8 *to)
{
	return !memcmp(b->work, b->fresh, from - b->work) &&
	       !memcmp(to, b->fresh + (to - b->work), b->work + b->used - to);
}

/* Seal and open @b->plain by driver or assembly, @shift bytes off; NULL, or what is wrong. */
static const char *try_fast(struct bench *b, size_t len, size_t ad_len, unsigned int shift)
{
	u8 *body = fresh_work(b, shift);

	memcpy(body, b->plain, len);
	camex_aead_seal(&b->key, body, len, b->ad, ad_len, b->nonce);
	if (memcmp(body, b->sealed, len + CAMEX_AEAD_TAG))
		return "sealed otherwise";
	if (!intact(b, body, body + len + CAMEX_AEAD_TAG))
		return "sealing writes beyond";
	if (!camex_aead_open(&b->key, body, len, b->ad, ad_len, b->nonce))
		return "not opened";
	if (memcmp(body, b->plain, len))
		return "opened otherwise";
	body = fresh_work(b, shift);
	if (!camex_aead_open_to(body, &b->key, b->sealed, len, b->ad, ad_len, b->nonce))
		return "not opened elsewhere";
	if (memcmp(body, b->plain, len))
		return "opened otherwise elsewhere";
	return intact(b, body, body + len) ? NULL : "opening writes beyond";
}

/* The same in plain C, in place. */
static const char *try_plain(struct bench *b, size_t len, size_t ad_len)
{
	u8 *body = fresh_work(b, 0);

	memcpy(body, b->plain, len);
	camex_gcm_seal(&b->gcm, body, body, len, b->ad, ad_len, b->nonce);
	if (memcmp(body, b->sealed, len + CAMEX_AEAD_TAG))
		return "sealed otherwise";
	if (!intact(b, body, body + len + CAMEX_AEAD_TAG))
		return "sealing writes beyond";
	if (!camex_gcm_open(&b->gcm, body, body, len, b->ad, ad_len, b->nonce))
		return "not opened";
	return memcmp(body, b->plain, len) ? "opened otherwise" : NULL;
}

static void gcm_nist(struct kunit *test)
{
	struct bench *b = test->priv;
	u8 key[CAMEX_AEAD_KEY];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].plain) / 2, ad_len = strlen(cases[i].ad) / 2;
		const char *wrong;

		KUNIT_ASSERT_EQ(test, strlen(cases[i].sealed) / 2, len + CAMEX_AEAD_TAG);
		KUNIT_ASSERT_EQ(test, 0, hex2bin(key, cases[i].key, sizeof(key)));
		KUNIT_ASSERT_EQ(test, 0, hex2bin(b->nonce, cases[i].nonce, sizeof(b->nonce)));
		KUNIT_ASSERT_EQ(test, 0, hex2bin(b->ad, cases[i].ad, ad_len));
		KUNIT_ASSERT_EQ(test, 0, hex2bin(b->plain, cases[i].plain, len));
		KUNIT_ASSERT_EQ(test, 0, hex2bin(b->sealed, cases[i].sealed, len + CAMEX_AEAD_TAG));
		set_keys(b, key);
		local_bh_disable();
		wrong = try_fast(b, len, ad_len, 0);
		local_bh_enable();
		KUNIT_EXPECT_NULL(test, wrong);
		KUNIT_EXPECT_NULL(test, try_plain(b, len, ad_len));
	}
}

/* New keys and texts, sealed in plain C. */
static void draw_case(struct bench *b, size_t len, size_t ad_len)
{
	u8 key[CAMEX_AEAD_KEY];

	prandom_bytes_state(&b->rnd, key, sizeof(key));
	prandom_bytes_state(&b->rnd, b->nonce, sizeof(b->nonce));
	prandom_bytes_state(&b->rnd, b->ad, sizeof(b->ad));
	prandom_bytes_state(&b->rnd, b->plain, len);
	set_keys(b, key);
	camex_gcm_seal(&b->gcm, b->sealed, b->plain, len, b->ad, ad_len, b->nonce);
}

static bool both_agree(struct kunit *test, size_t len, size_t ad_len, unsigned int shift)
{
	struct bench *b = test->priv;
	const char *wrong;

	if (b->own)
		ad_len = 0;
	draw_case(b, len, ad_len);
	local_bh_disable();
	wrong = try_fast(b, len, ad_len, shift);
	local_bh_enable();
	if (wrong)
		KUNIT_FAIL(test, "%zu bytes, %zu of associated data, %u off: %s", len, ad_len,
			   shift, wrong);
	return !wrong;
}

/* The same as in plain C: all short lengths, long ones, all places in a cache line. */
static void gcm_agrees(struct kunit *test)
{
	static const size_t long_ones[] = { 1420, 1439, 1440, 4095, 4096, 8999, 9000 };
	size_t len;
	unsigned int i;

	for (len = 0; len <= 300; len++)
		if (!both_agree(test, len, len % (CAMEX_AEAD_AD_MAX + 1), len % 16))
			return;
	for (i = 0; i < ARRAY_SIZE(long_ones); i++)
		if (!both_agree(test, long_ones[i], 0, i))
			return;
	for (i = 0; i <= SHIFT_MAX; i++)
		if (!both_agree(test, 100 + i, i % 2 ? 32 : 0, i))
			return;
}

/* Each bit counts, of ciphertext, tag, associated data and nonce. */
static void gcm_each_bit(struct kunit *test)
{
	struct bench *b = test->priv;
	/* eight blocks, four, one, and a part of one */
	const size_t len = b->own ? 213 : 37, ad_len = b->own ? 0 : 20;
	u8 *body = b->work;
	struct {
		u8 *bytes;
		size_t len;
	} parts[] = {
		{ b->sealed, len + CAMEX_AEAD_TAG },
		{ b->ad, ad_len },
		{ b->nonce, sizeof(b->nonce) },
	};
	unsigned int i, bit, taken = 0, n = 0;

	draw_case(b, len, ad_len);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		for (bit = 0; bit < 8 * parts[i].len; bit++) {
			parts[i].bytes[bit / 8] ^= 1 << bit % 8;
			local_bh_disable();
			taken += camex_aead_open_to(body, &b->key, b->sealed, len, b->ad, ad_len,
						    b->nonce);
			local_bh_enable();
			memset(body, 0xa5, len);
			taken += camex_gcm_open(&b->gcm, body, b->sealed, len, b->ad, ad_len,
						b->nonce);
			/* nothing is decrypted that is not authentic */
			taken += !!memchr_inv(body, 0xa5, len);
			parts[i].bytes[bit / 8] ^= 1 << bit % 8;
			n++;
		}
	}
	KUNIT_EXPECT_EQ(test, taken, 0);
	KUNIT_EXPECT_EQ(test, n, 8 * (len + 16 + ad_len + 12));
	KUNIT_EXPECT_TRUE(test, camex_gcm_open(&b->gcm, body, b->sealed, len, b->ad, ad_len,
					       b->nonce));
}

/* How many packets gcm_random compares. */
static unsigned int random_packets(void)
{
	return camex_test_long ? 10000000 : 2000;
}

/* The addresses of these are the parameters of gcm_random, one for each of its parts. */
static const u8 parts[64];

static const void *next_part(const void *prev, char *desc)
{
	const u8 *part = prev ? (const u8 *)prev + 1 : parts;
	unsigned int n = part - parts;

	if (n == ARRAY_SIZE(parts) || n * AT_ONCE >= random_packets())
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "part %u", n);
	return part;
}

/* Most packets are short. */
static size_t random_length(u32 random)
{
	return random % 16 ? random / 16 % 256 : random / 16 % (RANDOM_MAX + 1);
}

/* The assembly does what the driver does, and the driver, for fewer packets, what plain C does. */
static void gcm_random(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned int i, n = b->own ? min_t(unsigned int, random_packets(), AT_ONCE) : 200;
	struct camex_aead_key driver;
	u8 key[CAMEX_AEAD_KEY];
	const char *wrong = NULL;

	KUNIT_ASSERT_TRUE(test, camex_aead_key_alloc(&driver, &camex_aes256gcm));
	prandom_seed_state(&b->rnd, 2 + ((const u8 *)test->param_value - parts));
	for (i = 0; i < n && !wrong; i++) {
		size_t len = random_length(prandom_u32_state(&b->rnd));
		unsigned int shift = prandom_u32_state(&b->rnd) % (SHIFT_MAX + 1);

		if (i % SAME_KEY == 0) {
			prandom_bytes_state(&b->rnd, key, sizeof(key));
			set_keys(b, key);
			camex_aes256gcm_set_key(&driver, key, false);
			cond_resched();
		}
		prandom_bytes_state(&b->rnd, b->nonce, sizeof(b->nonce));
		prandom_bytes_state(&b->rnd, b->plain, len);
		b->used = GUARD + shift + len + CAMEX_AEAD_TAG + GUARD;
		local_bh_disable();
		if (b->own) {
			memcpy(b->sealed, b->plain, len);
			camex_aead_seal(&driver, b->sealed, len, b->ad, 0, b->nonce);
		} else {
			camex_gcm_seal(&b->gcm, b->sealed, b->plain, len, b->ad, 0, b->nonce);
		}
		wrong = try_fast(b, len, 0, shift);
		local_bh_enable();
		if (wrong)
			KUNIT_FAIL(test, "packet %u, %zu bytes, %u off: %s", i, len, shift, wrong);
	}
	kunit_info(test, "%u random packets of %s", i, b->own ? "assembly" : "the driver");
	camex_aead_key_free(&driver);
}

/* In a hard interrupt of a softirq the vector registers are somebody else's. */
static void gcm_without_registers(struct kunit *test)
{
	struct bench *b = test->priv;
	const char *wrong;
	bool usable;

	draw_case(b, 100, 0);
	local_bh_disable();
	local_irq_disable();
	__irq_enter_raw();
	usable = may_use_simd();
	wrong = try_fast(b, 100, 0, 3);
	__irq_exit_raw();
	local_irq_enable();
	local_bh_enable();
	KUNIT_EXPECT_FALSE(test, usable);
	KUNIT_EXPECT_NULL(test, wrong);
}

/* A key that was freed is no key any more, and may be freed again. */
static void gcm_free(struct kunit *test)
{
	struct camex_aead_key key;

	KUNIT_ASSERT_TRUE(test, camex_aead_key_alloc(&key, &camex_aes256gcm));
	camex_aead_key_free(&key);
	KUNIT_EXPECT_NULL(test, memchr_inv(&key, 0, sizeof(key)));
	camex_aead_key_free(&key);
	KUNIT_ASSERT_TRUE(test, camex_aead_key_alloc(&key, &camex_chacha20poly1305));
	camex_aead_key_free(&key);
	KUNIT_EXPECT_NULL(test, memchr_inv(&key, 0, sizeof(key)));
}

/* Each suite has its own: KUnit keeps a log in them. */
static struct kunit_case gcm_cases[2][7] = { [0 ... 1] = {
	KUNIT_CASE(gcm_nist),
	KUNIT_CASE(gcm_agrees),
	KUNIT_CASE(gcm_each_bit),
	KUNIT_CASE_PARAM(gcm_random, next_part),
	KUNIT_CASE(gcm_without_registers),
	KUNIT_CASE(gcm_free),
	{}
} };

static struct kunit_suite gcm_suite = {
	.name = "camex_gcm",
	.init = gcm_init,
	.exit = gcm_exit,
	.test_cases = gcm_cases[0],
};

/* The same by aesni_gcm.S. */
static struct kunit_suite gcm_own_suite = {
	.name = "camex_gcm_own",
	.init = gcm_own_init,
	.exit = gcm_exit,
	.test_cases = gcm_cases[1],
};

kunit_test_suites(&gcm_suite, &gcm_own_suite);
