/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-256-GCM by AES-NI and PCLMULQDQ, in assembly, without associated data. For the kernel, and
 * for user space programs that define u8.
 */
#ifndef CAMEX_AESNI_GCM_H
#define CAMEX_AESNI_GCM_H

/**
 * struct camex_aesni_key - a key
 * @rounds: the round keys
 * @powers: powers 1 to 8 of the hash key, bytes reversed and times x
 */
struct camex_aesni_key {
	u8 rounds[15][16];
	u8 powers[8][16];
};

/*
 * All functions need the vector registers, and a CPU with AES-NI, PCLMULQDQ and AVX. A tag has 16
 * bytes, and 16 more bytes behind @from must be readable. @to may be @from. camex_aesni_gcm_open()
 * only computes the tag. The caller compares it with the received tag, and must not use the
 * plaintext if they differ.
 */
void camex_aesni_gcm_set_key(struct camex_aesni_key *key, const u8 *bytes);
void camex_aesni_gcm_seal(const struct camex_aesni_key *key, u8 *to, const u8 *from, size_t len,
			  const u8 *nonce, u8 *tag);
void camex_aesni_gcm_open(const struct camex_aesni_key *key, u8 *to, const u8 *from, size_t len,
			  const u8 *nonce, u8 *tag);

#endif /* CAMEX_AESNI_GCM_H */
