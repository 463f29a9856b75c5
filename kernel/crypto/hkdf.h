/* SPDX-License-Identifier: GPL-2.0-only */
/* HMAC-BLAKE2s, which the kernel does not export, and HKDF with it. */
#ifndef CAMEX_HKDF_H
#define CAMEX_HKDF_H

#include <linux/types.h>

/* Bytes of a hash, and of each output. */
#define CAMEX_HASH_LEN	32

void camex_hmac(u8 out[CAMEX_HASH_LEN], const u8 key[CAMEX_HASH_LEN], const u8 *data,
		size_t len);
void camex_hkdf(u8 *first, u8 *second, u8 *third, const u8 key[CAMEX_HASH_LEN],
		const u8 *material, size_t len);

#endif /* CAMEX_HKDF_H */
