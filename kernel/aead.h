/* SPDX-License-Identifier: GPL-2.0-only */
/* ChaCha20-Poly1305 (RFC 8439, section 2.8) in place, with a 12-byte nonce. */
#ifndef CAMEX_AEAD_H
#define CAMEX_AEAD_H

#include <linux/types.h>

#include "compat.h"
#include "wire.h"

/* Writable bytes that camex_aead_seal() needs before the body ... */
#define CAMEX_AEAD_HEAD		64
/* ... and that both need after it at most: padding and lengths, then the tag. */
#define CAMEX_AEAD_TAIL		32
/* Most associated data, bytes; a multiple of 16. */
#define CAMEX_AEAD_AD_MAX	48

/* Bytes that both need after a body of @len: CAMEX_WIRE_TAG to CAMEX_AEAD_TAIL. */
static inline size_t camex_aead_tail(size_t len)
{
	return round_up(len, 16) - len + CAMEX_WIRE_TAG;
}

/**
 * struct camex_aead_key - a key as the cipher wants it
 * @words: the 32 bytes as little-endian numbers
 */
struct camex_aead_key {
	u32 words[8];
};

/* Bytes of a body that camex_aead_open_first() decrypts. */
#define CAMEX_AEAD_FIRST	64

/**
 * struct camex_aead_opening - between the first bytes of a body and the rest
 * @state: the cipher's, at the first of the rest
 */
struct camex_aead_opening {
	camex_chacha_state state;
};

void camex_aead_key_set(struct camex_aead_key *key, const u8 *bytes);
void camex_aead_seal(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce);
bool camex_aead_open(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce);
bool camex_aead_open_to(u8 *to, const struct camex_aead_key *key, const u8 *body,
			size_t len, const u8 *ad, size_t ad_len,
			const u8 *nonce);
bool camex_aead_open_first(struct camex_aead_opening *o,
			   const struct camex_aead_key *key, const u8 *body,
			   size_t len, const u8 *ad, size_t ad_len,
			   const u8 *nonce, u8 *first);
void camex_aead_open_rest(struct camex_aead_opening *o, u8 *to,
			  const u8 *from, size_t len);

#endif /* CAMEX_AEAD_H */
