/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-256-GCM by AES-NI and PCLMULQDQ, in assembly: without associated data. For the kernel and
 * for user space, which defines u8.
 */
#ifndef CAMEX_AESNI_GCM_H
#define CAMEX_AESNI_GCM_H

/**
 * struct camex_aesni_key - a key
 * @rounds: the round keys
 * @powers: 1 to 8 of the hash key, bytes reversed and times x
 */
struct camex_aesni_key {
	u8 rounds[15][16];
	u8 powers[8][16];
};

/*
 * All of them need the vector registers, and a CPU with AES-NI, PCLMULQDQ and AVX. A tag has 16
 * bytes, and as many behind @from can be read. @to is @from, or elsewhere. camex_aesni_gcm_open()
 * compares no tags, but says what the tag is to be; what it decrypts is worth nothing otherwise.
 */
void camex_aesni_gcm_set_key(struct camex_aesni_key *key, const u8 *bytes);
void camex_aesni_gcm_seal(const struct camex_aesni_key *key, u8 *to, const u8 *from, size_t len,
			  const u8 *nonce, u8 *tag);
void camex_aesni_gcm_open(const struct camex_aesni_key *key, u8 *to, const u8 *from, size_t len,
			  const u8 *nonce, u8 *tag);

#endif /* CAMEX_AESNI_GCM_H */
