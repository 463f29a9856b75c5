// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own ChaCha20 and Poly1305, called so that nothing is copied and
 * as few calls as possible are made: the Poly1305 key comes out of the same
 * ChaCha20 call as the first bytes of the body, and Poly1305 sees associated
 * data, body and lengths as one run of bytes. Requests of 64 bytes or less
 * would take ChaCha20's scalar code, which costs more than 128 bytes do.
 */
#include <crypto/algapi.h>
#include <linux/string.h>

#include "aead.h"
#include "copy.h"

/* Up to this many bytes are opened with the first ChaCha20 call. */
#define SMALL_BODY	192

typedef void (*camex_decrypted_hook)(void);

#ifdef CAMEX_KUNIT
/* Called each time that an aggregate's datagram has been decrypted, before anything is put back. */
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

/* What becomes bare keystream. */
static const u8 zeros[64 + SMALL_BODY];

void camex_aead_key_set(struct camex_aead_key *key, const u8 *bytes)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(key->words); i++)
		key->words[i] = get_unaligned_le32(bytes + 4 * i);
}

static void start(camex_chacha_state *state, const struct camex_aead_key *key,
		  const u8 *nonce)
{
	u8 iv[16] = {};		/* block counter 0, then the nonce */

	memcpy(iv + 4, nonce, CAMEX_WIRE_NONCE_LEN);
	camex_chacha_init(state, key->words, iv);
}

/* Both numbers of RFC 8439's last Poly1305 block. */
static void put_lengths(u8 *p, size_t ad_len, size_t len)
{
	put_unaligned_le64(ad_len, p);
	put_unaligned_le64(len, p + 8);
}

/* Associated data, which is a whole header nearly always, padded for Poly1305. */
static void put_ad(u8 *to, const u8 *ad, size_t len)
{
	if (likely(len == CAMEX_WIRE_HEADER)) {
		memcpy(to, ad, CAMEX_WIRE_HEADER);
		memset(to + CAMEX_WIRE_HEADER, 0,
		       round_up(CAMEX_WIRE_HEADER, 16) - CAMEX_WIRE_HEADER);
	} else {
		memcpy(to, ad, len);
		memset(to + len, 0, round_up(len, 16) - len);
	}
}

/*
 * The tag over what stands in @body, with the padded associated data laid
 * right before it and padding and lengths right after.
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

/**
 * camex_aead_seal() - encrypt in place
 * @key: the key
 * @body: @len bytes of plaintext, replaced by ciphertext; CAMEX_AEAD_HEAD
 *	bytes before and camex_aead_tail() bytes after it are overwritten, with
 *	@ad right before the body and the tag right behind it at the end
 * @len: bytes of the body, may be 0
 * @ad: associated data, not inside the bytes that are overwritten
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes, never used twice under one key
 */
void camex_aead_seal(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce)
{
	camex_chacha_state state camex_uninit;
	u8 poly_key[32] camex_uninit;

	start(&state, key, nonce);
	if (len) {
		memset(body - 64, 0, 64);
		camex_chacha20(&state, body - 64, body - 64, len + 64);
		memcpy(poly_key, body - 64, sizeof(poly_key));
	} else {
		memset(poly_key, 0, sizeof(poly_key));
		camex_chacha20(&state, poly_key, poly_key, sizeof(poly_key));
	}
	tag_over(body + len, poly_key, body, len, ad, ad_len);
	camex_copy(body - ad_len, ad, ad_len, CAMEX_WIRE_HEADER);

	memzero_explicit(&state, sizeof(state));
	memzero_explicit(poly_key, sizeof(poly_key));
}

CAMEX_EXPORT_FOR_KUNIT(camex_aead_seal);

/**
 * camex_aead_open() - authenticate, then decrypt in place
 * @key: the key
 * @body: @len bytes of ciphertext with the tag right behind them; replaced by
 *	plaintext on success and left alone otherwise; the bytes of padded
 *	associated data before and camex_aead_tail() bytes after it are
 *	overwritten, but hold the tag again when the function fails
 * @len: bytes of the body, may be 0
 * @ad: associated data, not inside the bytes that are overwritten
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes
 *
 * Return: true when the tag is right.
 */
bool camex_aead_open(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce)
{
	u8 stream[64 + SMALL_BODY] camex_uninit;
	u8 want[CAMEX_WIRE_TAG], tag[CAMEX_WIRE_TAG];
	camex_chacha_state state camex_uninit;
	size_t first, ready;
	bool ok;

	/* One call makes the Poly1305 key and the keystream of the first bytes. */
	ready = len <= SMALL_BODY ? round_up(len, 64) : 64;
	first = max_t(size_t, 64 + ready, 128);
	start(&state, key, nonce);
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

CAMEX_EXPORT_FOR_KUNIT(camex_aead_open);

/* As tag_over(), of bytes that must not be touched. */
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

/**
 * camex_aead_open_to() - authenticate and decrypt, in one go
 * @to: result: @len bytes of plaintext, which are worth nothing on failure; the
 *	CAMEX_AEAD_HEAD bytes before them are overwritten
 * @key: the key
 * @body: @len bytes of ciphertext with the tag right behind them, and with
 *	CAMEX_AEAD_HEAD bytes of anything right before them; only read
 * @len: bytes of the body, may be 0
 * @ad: associated data
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes
 *
 * What lies before the body takes part in the cipher as if it were the first block
 * of it, which shows the keystream that makes the Poly1305 key.
 *
 * Return: true when the tag is right.
 */
bool camex_aead_open_to(u8 *to, const struct camex_aead_key *key, const u8 *body,
			size_t len, const u8 *ad, size_t ad_len,
			const u8 *nonce)
{
	const u8 *from = body - CAMEX_AEAD_HEAD;
	camex_chacha_state state camex_uninit;
	u8 poly_key[32] camex_uninit;
	u8 tag[CAMEX_WIRE_TAG];
	bool ok;

	start(&state, key, nonce);
	camex_chacha20(&state, to - CAMEX_AEAD_HEAD, from, CAMEX_AEAD_HEAD + len);
	tell_test();
	crypto_xor_cpy(poly_key, to - CAMEX_AEAD_HEAD, from, sizeof(poly_key));
	tag_of(tag, poly_key, body, len, ad, ad_len);
	ok = !crypto_memneq(tag, body + len, sizeof(tag));

	memzero_explicit(&state, sizeof(state));
	memzero_explicit(poly_key, sizeof(poly_key));
	return ok;
}

CAMEX_EXPORT_FOR_KUNIT(camex_aead_open_to);

/**
 * camex_aead_open_first() - authenticate, and decrypt the first bytes
 * @o: what camex_aead_open_rest() needs, on success
 * @key: the key
 * @body: @len bytes of ciphertext with the tag right behind them; only read
 * @len: bytes of the body, may be 0
 * @ad: associated data
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes
 * @first: result: CAMEX_AEAD_FIRST bytes, of which as many as the body has are
 *	its first bytes in plain, on success
 *
 * Return: true when the tag is right; camex_aead_open_rest() must follow then.
 */
bool camex_aead_open_first(struct camex_aead_opening *o,
			   const struct camex_aead_key *key, const u8 *body,
			   size_t len, const u8 *ad, size_t ad_len,
			   const u8 *nonce, u8 *first)
{
	u8 stream[64 + CAMEX_AEAD_FIRST] camex_uninit;
	u8 tag[CAMEX_WIRE_TAG];
	bool ok;

	start(&o->state, key, nonce);
	camex_chacha20(&o->state, stream, zeros, sizeof(stream));
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

/**
 * camex_aead_open_rest() - decrypt what follows the first bytes
 * @o: from camex_aead_open_first(); used up
 * @to: where @len bytes of plaintext go to
 * @from: ciphertext: the body from CAMEX_AEAD_FIRST on
 * @len: bytes of it, may be 0
 */
void camex_aead_open_rest(struct camex_aead_opening *o, u8 *to,
			  const u8 *from, size_t len)
{
	if (len)
		camex_chacha20(&o->state, to, from, len);
	tell_test();
	memzero_explicit(o, sizeof(*o));
}

CAMEX_EXPORT_FOR_KUNIT(camex_aead_open_first);
CAMEX_EXPORT_FOR_KUNIT(camex_aead_open_rest);
CAMEX_EXPORT_FOR_KUNIT(camex_aead_key_set);
