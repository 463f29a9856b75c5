/* SPDX-License-Identifier: GPL-2.0-only */
/* Handshakes that another implementation of Noise made. */
#ifndef CAMEX_KUNIT_NOISE_VECTORS_H
#define CAMEX_KUNIT_NOISE_VECTORS_H

#include "protocol/wireguard/noise.h"

/* One handshake: both ends' private keys, what they send, and what they end with. */
struct noise_fixture {
	const char *name;
	u32 initiator_index;
	u32 responder_index;
	u8 psk[CAMEX_WG_KEY_LEN];
	u8 timestamp[CAMEX_WG_TIMESTAMP];
	u8 initiator_static[CAMEX_WG_KEY_LEN];
	u8 initiator_ephemeral[CAMEX_WG_KEY_LEN];
	u8 initiator_public[CAMEX_WG_KEY_LEN];
	u8 responder_static[CAMEX_WG_KEY_LEN];
	u8 responder_ephemeral[CAMEX_WG_KEY_LEN];
	u8 responder_public[CAMEX_WG_KEY_LEN];
	u8 initiation[sizeof(struct camex_wg_initiation)];
	u8 initiation_hash[CAMEX_HASH_LEN];
	u8 initiation_chain[CAMEX_HASH_LEN];
	u8 response[sizeof(struct camex_wg_response)];
	u8 response_hash[CAMEX_HASH_LEN];
	u8 response_chain[CAMEX_HASH_LEN];
	u8 send_key[CAMEX_HASH_LEN];
	u8 receive_key[CAMEX_HASH_LEN];
	u8 cookie_secret[CAMEX_HASH_LEN];
	u8 cookie_source[6];
	u8 cookie[CAMEX_WG_MAC];
	u8 cookie_reply[sizeof(struct camex_wg_cookie_reply)];
	u8 cookie_initiation[sizeof(struct camex_wg_initiation)];
};

/* HMAC-BLAKE2s of the first @len bytes of 0, 1, 2... under the key 0xff, 0xfe... */
struct hmac_fixture {
	unsigned int len;
	u8 mac[CAMEX_HASH_LEN];
};

extern const struct noise_fixture *const noise_vectors;
extern const unsigned int noise_nvectors;
/* The same with AES-256-GCM. */
extern const struct noise_fixture *const noise_aes_vectors;
extern const unsigned int noise_naes_vectors;

#endif /* CAMEX_KUNIT_NOISE_VECTORS_H */
