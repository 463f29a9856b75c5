/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-256-GCM (NIST SP 800-38D) in plain C, on the kernel's AES: for handshakes, and for packets
 * when vector registers cannot be used. It is slow. Its time is as independent of secrets as that
 * of the kernel's AES.
 */
#ifndef CAMEX_PLAIN_GCM_H
#define CAMEX_PLAIN_GCM_H

#include <linux/types.h>

#include "core/compat.h"

#ifdef CAMEX_HAS_GCM
/**
 * struct camex_gcm_key - a key of AES-256-GCM
 * @aes: the round keys
 * @hash: the hash key, its first byte the highest
 */
struct camex_gcm_key {
	camex_aes_key aes;
	u64 hash[2];
};

void camex_gcm_set_key(struct camex_gcm_key *key, const u8 *bytes);
void camex_gcm_seal(const struct camex_gcm_key *key, u8 *to, const u8 *from, size_t len,
		    const u8 *ad, size_t ad_len, const u8 *nonce);
bool camex_gcm_open(const struct camex_gcm_key *key, u8 *to, const u8 *from, size_t len,
		    const u8 *ad, size_t ad_len, const u8 *nonce);
#endif

#endif /* CAMEX_PLAIN_GCM_H */
