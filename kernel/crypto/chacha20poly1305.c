// SPDX-License-Identifier: GPL-2.0-only
/*
 * ChaCha20-Poly1305 by the kernel's functions, without copying and with as few calls as possible.
 * The ChaCha20 call that processes the first bytes of the body also makes the Poly1305 key.
 * Poly1305 gets associated data, body and lengths as one run of bytes. ChaCha20 would process 64
 * bytes or less by its scalar code, which takes longer than its vector code for 128 bytes.
 */
#include <crypto/algapi.h>
#include <linux/string.h>

#include "crypto/packet_aead.h"
#include "crypto/short_copy.h"

/* Bytes of associated data of most packets: the header of protocol camex. */
#define AD_USUAL	28
/* A body of up to this many bytes is opened by one ChaCha20 call. */
#define SMALL_BODY	192

typedef void (*camex_decrypted_hook)(void);

#ifdef CAMEX_KUNIT
/* For tests: called when a datagram of an aggregate has been decrypted. */
camex_decrypted_hook camex_test_decrypted;
EXPORT_SYMBOL_GPL(camex_test_decrypted);
#else
#define camex_test_decrypted	((camex_decrypted_hook)NULL)
#endif

static inline void tell_test(void)
{
	if (camex_test_decrypted)
		camex_test_decrypted();
}

/* Zeros: encrypting them yields the keystream. */
static const u8 zeros[64 + SMALL_BODY];

static void set_chacha_key(struct camex_aead_key *key, const u8 *bytes)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(key->words); i++)
		key->words[i] = get_unaligned_le32(bytes + 4 * i);
}

/* The state of RFC 8439, section 2.3: constants, key, block counter 0, nonce. */
static inline void start_chacha(camex_chacha_state *state, const struct camex_aead_key *key,
				const u8 *nonce)
{
	camex_chacha_constants(state);
	memcpy(state->x + 4, key->words, sizeof(key->words));
	state->x[12] = 0;
	state->x[13] = get_unaligned_le32(nonce);
	state->x[14] = get_unaligned_le32(nonce + 4);
	state->x[15] = get_unaligned_le32(nonce + 8);
}

/* Write the last Poly1305 block (RFC 8439): both lengths. */
static void put_lengths(u8 *p, size_t ad_len, size_t len)
{
	put_unaligned_le64(ad_len, p);
	put_unaligned_le64(len, p + 8);
}

/* Write associated data, nearly always AD_USUAL bytes, padded for Poly1305. */
static void put_ad(u8 *to, const u8 *ad, size_t len)
{
	if (likely(len == AD_USUAL)) {
		memcpy(to, ad, AD_USUAL);
		memset(to + AD_USUAL, 0,
		       round_up(AD_USUAL, 16) - AD_USUAL);
	} else {
		memcpy(to, ad, len);
		memset(to + len, 0, round_up(len, 16) - len);
	}
}

/*
 * Compute the tag of @body. The padded associated data is written right before it, padding and
 * lengths right behind it.
 */
static void tag_over(u8 *tag, const u8 *poly_key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len)
{
	size_t ad_pad = round_up(ad_len, 16), pad = round_up(len, 16) - len;
	struct poly1305_desc_ctx poly camex_uninit;

	poly1305_init(&poly, poly_key);
	put_ad(body - ad_pad, ad, ad_len);
	memset(body + len, 0, 16);
	put_lengths(body + len + pad, ad_len, len);
	poly1305_update(&poly, body - ad_pad, ad_pad + len + pad + 16);
	poly1305_final(&poly, tag);
}

static void seal_body(const struct camex_aead_key *key, u8 *body, size_t len,
		      const u8 *ad, size_t ad_len, const u8 *nonce)
{
	camex_chacha_state state camex_uninit;
	u8 poly_key[32] camex_uninit;

	start_chacha(&state, key, nonce);
	if (len) {
		memset(body - 64, 0, 64);
		camex_chacha20(&state, body - 64, body - 64, len + 64);
		memcpy(poly_key, body - 64, sizeof(poly_key));
	} else {
		memset(poly_key, 0, sizeof(poly_key));
		camex_chacha20(&state, poly_key, poly_key, sizeof(poly_key));
	}
	tag_over(body + len, poly_key, body, len, ad, ad_len);
	camex_copy_short(body - ad_len, ad, ad_len, AD_USUAL);

	memzero_explicit(&state, sizeof(state));
	memzero_explicit(poly_key, sizeof(poly_key));
}

static bool open_body(const struct camex_aead_key *key, u8 *body, size_t len,
		      const u8 *ad, size_t ad_len, const u8 *nonce)
{
	u8 stream[64 + SMALL_BODY] camex_uninit;
	u8 want[CAMEX_AEAD_TAG], tag[CAMEX_AEAD_TAG];
	camex_chacha_state state camex_uninit;
	size_t first, ready;
	bool ok;

	/* One call makes the Poly1305 key and the keystream of the first bytes. */
	ready = len <= SMALL_BODY ? round_up(len, 64) : 64;
	first = max_t(size_t, 64 + ready, 128);
	start_chacha(&state, key, nonce);
	camex_chacha20(&state, stream, zeros, first);

	memcpy(want, body + len, sizeof(want));
	tag_over(tag, stream, body, len, ad, ad_len);
	memcpy(body + len, want, sizeof(want));
	ok = !crypto_memneq(tag, want, sizeof(tag));
	if (ok) {
		crypto_xor(body, stream + 64, min(len, ready));
		if (len > ready)
			camex_chacha20(&state, body + ready, body + ready,
				       len - ready);
	}

	memzero_explicit(&state, sizeof(state));
	memzero_explicit(stream, sizeof(stream));
	return ok;
}

/* As tag_over(), but only reads @body and the bytes around it. */
static void tag_of(u8 *tag, const u8 *poly_key, const u8 *body, size_t len,
		   const u8 *ad, size_t ad_len)
{
	size_t whole = round_down(len, 16), rest = len - whole;
	u8 around[CAMEX_AEAD_AD_MAX] camex_uninit;
	struct poly1305_desc_ctx poly camex_uninit;

	poly1305_init(&poly, poly_key);
	put_ad(around, ad, ad_len);
	poly1305_update(&poly, around, round_up(ad_len, 16));
	poly1305_update(&poly, body, whole);
	memset(around, 0, 16);
	memcpy(around, body + whole, rest);
	put_lengths(around + round_up(rest, 16), ad_len, len);
	poly1305_update(&poly, around, round_up(rest, 16) + 16);
	poly1305_final(&poly, tag);
}

/*
 * The bytes before the body are encrypted as if they were the first block. The difference to their
 * old value is the keystream, from which the Poly1305 key is taken.
 */
static bool open_body_to(u8 *to, const struct camex_aead_key *key, const u8 *body,
			 size_t len, const u8 *ad, size_t ad_len,
			 const u8 *nonce)
{
	const u8 *from = body - CAMEX_AEAD_HEAD;
	camex_chacha_state state camex_uninit;
	u8 poly_key[32] camex_uninit;
	u8 tag[CAMEX_AEAD_TAG];
	bool ok;

	start_chacha(&state, key, nonce);
	camex_chacha20(&state, to - CAMEX_AEAD_HEAD, from, CAMEX_AEAD_HEAD + len);
	tell_test();
	crypto_xor_cpy(poly_key, to - CAMEX_AEAD_HEAD, from, sizeof(poly_key));
	tag_of(tag, poly_key, body, len, ad, ad_len);
	ok = !crypto_memneq(tag, body + len, sizeof(tag));

	memzero_explicit(&state, sizeof(state));
	memzero_explicit(poly_key, sizeof(poly_key));
	return ok;
}

static bool open_first_bytes(struct camex_aead_opening *o,
			     const struct camex_aead_key *key, const u8 *body,
			     size_t len, const u8 *ad, size_t ad_len,
			     const u8 *nonce, u8 *first)
{
	u8 stream[64 + CAMEX_AEAD_FIRST] camex_uninit;
	u8 tag[CAMEX_AEAD_TAG];
	bool ok;

	start_chacha(&o->chacha, key, nonce);
	camex_chacha20(&o->chacha, stream, zeros, sizeof(stream));
	tag_of(tag, stream, body, len, ad, ad_len);
	ok = !crypto_memneq(tag, body + len, sizeof(tag));
	if (ok)
		crypto_xor_cpy(first, stream + 64, body,
			       min_t(size_t, len, CAMEX_AEAD_FIRST));
	else
		memzero_explicit(o, sizeof(*o));
	memzero_explicit(stream, sizeof(stream));
	return ok;
}

static void open_other_bytes(struct camex_aead_opening *o, u8 *to,
			     const u8 *from, size_t len)
{
	if (len)
		camex_chacha20(&o->chacha, to, from, len);
	tell_test();
	memzero_explicit(o, sizeof(*o));
}

const struct camex_cipher camex_chacha20poly1305 = {
	.name = "chacha20-poly1305",
	.set_key = set_chacha_key,
	.seal = seal_body,
	.open = open_body,
	.open_to = open_body_to,
	.open_first = open_first_bytes,
	.open_rest = open_other_bytes,
};
