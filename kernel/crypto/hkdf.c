// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/compat.h"
#include "crypto/hkdf.h"

/* Begin an inner (0x36) or outer (0x5c) hash of HMAC: the padded key comes first. */
static void begin_hash(struct blake2s_ctx *hash, const u8 key[CAMEX_HASH_LEN], u8 pad)
{
	u8 block[BLAKE2S_BLOCK_SIZE];
	unsigned int i;

	memset(block, pad, sizeof(block));
	for (i = 0; i < CAMEX_HASH_LEN; i++)
		block[i] ^= key[i];
	blake2s_init(hash, CAMEX_HASH_LEN);
	blake2s_update(hash, block, sizeof(block));
	memzero_explicit(block, sizeof(block));
}

/**
 * camex_hmac() - HMAC (RFC 2104) with BLAKE2s
 * @out: the MAC; may be @key
 * @key: the key
 * @data: what to authenticate
 * @len: bytes of @data
 */
void camex_hmac(u8 out[CAMEX_HASH_LEN], const u8 key[CAMEX_HASH_LEN], const u8 *data,
		size_t len)
{
	struct blake2s_ctx hash;
	u8 inner[CAMEX_HASH_LEN];

	begin_hash(&hash, key, 0x36);
	blake2s_update(&hash, data, len);
	blake2s_final(&hash, inner);
	begin_hash(&hash, key, 0x5c);
	blake2s_update(&hash, inner, sizeof(inner));
	blake2s_final(&hash, out);
	memzero_explicit(&hash, sizeof(hash));
	memzero_explicit(inner, sizeof(inner));
}

/**
 * camex_hkdf() - derive keys: HKDF (RFC 5869) with HMAC-BLAKE2s and no info, as in Noise
 * @first: first output, CAMEX_HASH_LEN bytes as each; may be @key
 * @second: second output, or NULL; then there is no third either
 * @third: third output, or NULL
 * @key: the salt; Noise's chaining key
 * @material: the input key material
 * @len: bytes of @material
 */
void camex_hkdf(u8 *first, u8 *second, u8 *third, const u8 key[CAMEX_HASH_LEN],
		const u8 *material, size_t len)
{
	u8 *const outputs[] = { first, second, third };
	u8 secret[CAMEX_HASH_LEN], block[CAMEX_HASH_LEN + 1];
	unsigned int i;
	size_t before = 0;

	camex_hmac(secret, key, material, len);
	for (i = 0; i < ARRAY_SIZE(outputs) && outputs[i]; i++) {
		block[before] = i + 1;
		camex_hmac(outputs[i], secret, block, before + 1);
		before = CAMEX_HASH_LEN;
		memcpy(block, outputs[i], before);
	}
	memzero_explicit(secret, sizeof(secret));
	memzero_explicit(block, sizeof(block));
}
