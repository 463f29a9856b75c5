// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * compare N [SEED]: kernel/crypto/aesni_gcm.S beside OpenSSL: every length to 9,000, all places in
 * a cache line, changed bits, and N random packets. compare speed: cycles of a packet by either.
 */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

typedef uint8_t u8;
#include "../../kernel/crypto/aesni_gcm.h"

#define LONGEST	9000
#define SHIFTS	64
#define TAG	16
#define GUARD	64
#define ROOM	(GUARD + SHIFTS + LONGEST + TAG + GUARD)
/* what a guard is made of */
#define FILL	0xa5

static EVP_CIPHER_CTX *seals;
static uint64_t state;

static void die(const char *what)
{
	printf("compare: %s\n", what);
	exit(1);
}

/* SplitMix64. */
static uint64_t draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void fill(u8 *to, size_t len)
{
	for (; len >= 8; len -= 8, to += 8) {
		uint64_t word = draw();

		memcpy(to, &word, 8);
	}
	while (len--)
		*to++ = draw();
}

static void openssl_key(const u8 *key)
{
	if (EVP_EncryptInit_ex(seals, EVP_aes_256_gcm(), NULL, key, NULL) != 1)
		die("OpenSSL takes no key");
}

static void openssl_seal(u8 *to, const u8 *from, int len, const u8 *nonce)
{
	int n = 0;

	if (EVP_EncryptInit_ex(seals, NULL, NULL, NULL, nonce) != 1 ||
	    (len && EVP_EncryptUpdate(seals, to, &n, from, len) != 1) ||
	    EVP_EncryptFinal_ex(seals, to + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(seals, EVP_CTRL_GCM_GET_TAG, TAG, to + len) != 1)
		die("OpenSSL does not seal");
}

static u8 plain[LONGEST + TAG], sealed[LONGEST + TAG], work[ROOM];

static int guarded(const u8 *from, const u8 *to)
{
	const u8 *p;

	for (p = from - GUARD; p < from; p++)
		if (*p != FILL)
			return 0;
	for (p = to; p < to + GUARD; p++)
		if (*p != FILL)
			return 0;
	return 1;
}

/* One packet, @shift bytes off, sealed in place, opened in place and elsewhere. */
static const char *compare(const struct camex_aesni_key *key, size_t len, unsigned int shift,
			   const u8 *nonce)
{
	u8 *body = work + GUARD + shift, tag[TAG];

	openssl_seal(sealed, plain, len, nonce);
	memset(body - GUARD, FILL, GUARD);
	memset(body + len, FILL, TAG + GUARD);
	memcpy(body, plain, len);
	camex_aesni_gcm_seal(key, body, body, len, nonce, tag);
	if (memcmp(body, sealed, len) || memcmp(tag, sealed + len, TAG))
		return "sealed otherwise";
	if (!guarded(body, body + len))
		return "sealing writes beyond";
	memcpy(body + len, tag, TAG);
	memset(tag, 0, TAG);
	camex_aesni_gcm_open(key, body, body, len, nonce, tag);
	if (memcmp(body, plain, len) || memcmp(tag, sealed + len, TAG))
		return "opened otherwise";
	if (memcmp(body + len, tag, TAG) || !guarded(body, body + len + TAG))
		return "opening writes beyond";
	memset(body, FILL, len + TAG);
	memset(tag, 0, TAG);
	camex_aesni_gcm_open(key, body, sealed, len, nonce, tag);
	if (memcmp(body, plain, len) || memcmp(tag, sealed + len, TAG))
		return "opened otherwise elsewhere";
	return guarded(body, body + len) ? NULL : "opening elsewhere writes beyond";
}

static void expect(const struct camex_aesni_key *key, size_t len, unsigned int shift)
{
	const char *wrong;
	u8 nonce[12];

	fill(nonce, sizeof(nonce));
	wrong = compare(key, len, shift, nonce);
	if (!wrong)
		return;
	printf("compare: %zu bytes, %u off: %s\n", len, shift, wrong);
	exit(1);
}

static void new_key(struct camex_aesni_key *key)
{
	u8 bytes[32];

	fill(bytes, sizeof(bytes));
	camex_aesni_gcm_set_key(key, bytes);
	openssl_key(bytes);
}

/* Every bit of ciphertext and tag counts: with one of them changed the tag is to be another. */
static void change_bits(struct camex_aesni_key *key, size_t len)
{
	u8 nonce[12], tag[TAG];
	size_t bit;

	new_key(key);
	fill(nonce, sizeof(nonce));
	openssl_seal(sealed, plain, len, nonce);
	for (bit = 0; bit < 8 * (len + TAG); bit++) {
		sealed[bit / 8] ^= 1 << bit % 8;
		camex_aesni_gcm_open(key, work + GUARD, sealed, len, nonce, tag);
		if (!memcmp(tag, sealed + len, TAG))
			die("a changed bit is taken");
		sealed[bit / 8] ^= 1 << bit % 8;
	}
	camex_aesni_gcm_open(key, work + GUARD, sealed, len, nonce, tag);
	if (memcmp(tag, sealed + len, TAG))
		die("what is right is not taken");
}

/* The best of many rounds, in cycles of the time stamp counter. */
static void speed(struct camex_aesni_key *key, size_t len)
{
	uint64_t best[3] = { ~0ull, ~0ull, ~0ull };
	u8 nonce[12] = { 0 }, tag[TAG];
	u8 *body = work + GUARD;
	int round, i, which;

	new_key(key);
	for (round = 0; round < 2000; round++) {
		for (which = 0; which < 3; which++) {
			uint64_t from = __rdtsc(), took;

			for (i = 0; i < 20; i++) {
				nonce[11] = i;
				if (which == 0)
					camex_aesni_gcm_seal(key, body, body, len, nonce, tag);
				else if (which == 1)
					camex_aesni_gcm_open(key, body, body, len, nonce, tag);
				else
					openssl_seal(sealed, plain, len, nonce);
			}
			took = __rdtsc() - from;
			if (took < best[which])
				best[which] = took;
		}
	}
	printf("%zu bytes: seal %.0f cycles, open %.0f; OpenSSL's seal %.0f\n", len, best[0] / 20.0,
	       best[1] / 20.0, best[2] / 20.0);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 64, 96, 1420 };
	long n = argc > 1 ? atol(argv[1]) : 0, i;
	struct camex_aesni_key key;
	size_t len;

	seals = EVP_CIPHER_CTX_new();
	if (!seals)
		die("no memory");
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	fill(plain, sizeof(plain));
	new_key(&key);
	for (len = 0; len <= LONGEST; len++)
		expect(&key, len, len % SHIFTS);
	for (len = 0; len < 300; len++)
		for (i = 0; i < SHIFTS; i++)
			expect(&key, len, i);
	for (len = 0; len < 200; len += 13)
		change_bits(&key, len);
	for (i = 0; i < n; i++) {
		/* as long as packets are, most of them short; another key now and then */
		size_t most = i % 16 ? 400 : i % 256 ? 1500 : LONGEST;

		if (!(i % 64))
			new_key(&key);
		if (!(i % 4096))
			fill(plain, sizeof(plain));
		expect(&key, draw() % (most + 1), draw() % SHIFTS);
	}
	printf("%ld random packets, and all lengths to %d\n", n, LONGEST);
	if (argc > 1 && !strcmp(argv[1], "speed"))
		for (i = 0; i < 3; i++)
			speed(&key, sizes[i]);
	return 0;
}
