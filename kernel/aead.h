/* SPDX-License-Identifier: GPL-2.0-only */
/* ChaCha20-Poly1305 (RFC 8439, section 2.8) in place, with a 12-byte nonce. */
#ifndef CAMEX_AEAD_H
#define CAMEX_AEAD_H

#include <linux/types.h>

#include "wire.h"

/* Writable bytes that camex_aead_seal() needs before the body ... */
#define CAMEX_AEAD_HEAD		64
/* ... and that both need after it: the tag, its padding and the lengths. */
#define CAMEX_AEAD_TAIL		32
/* Most associated data, bytes; a multiple of 16. */
#define CAMEX_AEAD_AD_MAX	48

/**
 * struct camex_aead_key - a key as the cipher wants it
 * @words: the 32 bytes as little-endian numbers
 */
struct camex_aead_key {
	u32 words[8];
};

void camex_aead_key_set(struct camex_aead_key *key, const u8 *bytes);
void camex_aead_seal(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce);
bool camex_aead_open(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce);

#endif /* CAMEX_AEAD_H */
