// SPDX-License-Identifier: GPL-2.0-only
/* The suites of the handshake: WireGuard's own, and camex's with AES-256-GCM. */
#include <crypto/chacha20poly1305.h>
#include <linux/string.h>

#include "core/compat.h"
#include "crypto/aes256gcm.h"
#include "crypto/plain_gcm.h"
#include "protocol/wireguard/noise.h"
#include "protocol/wireguard/session.h"

static void seal_chacha20poly1305(u8 *out, const u8 *in, size_t len, const u8 *hash,
				  const u8 *key)
{
	chacha20poly1305_encrypt(out, in, len, hash, CAMEX_HASH_LEN, 0, key);
}

static bool open_chacha20poly1305(u8 *out, const u8 *in, size_t len, const u8 *hash,
				  const u8 *key)
{
	return chacha20poly1305_decrypt(out, in, len, hash, CAMEX_HASH_LEN, 0, key);
}

const struct camex_noise_suite camex_noise_chacha20poly1305 = {
	.name = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s",
	.prologue = "WireGuard v1 zx2c4 Jason@zx2c4.com",
	.label_mac1 = "mac1----",
	.label_cookie = "cookie--",
	.first_type = CAMEX_WG_FIRST_TYPE,
	.rekey_counter = CAMEX_WG_REKEY_COUNTER,
	.reject_counter = CAMEX_WG_REJECT_COUNTER,
	.cipher = &camex_chacha20poly1305,
	.seal = seal_chacha20poly1305,
	.open = open_chacha20poly1305,
};

#ifdef CAMEX_HAS_GCM
static const u8 zero_nonce[CAMEX_AEAD_NONCE];

static void seal_aes256gcm(u8 *out, const u8 *in, size_t len, const u8 *hash, const u8 *key)
{
	struct camex_gcm_key gcm;

	camex_gcm_set_key(&gcm, key);
	camex_gcm_seal(&gcm, out, in, len, hash, CAMEX_HASH_LEN, zero_nonce);
	memzero_explicit(&gcm, sizeof(gcm));
}

static bool open_aes256gcm(u8 *out, const u8 *in, size_t len, const u8 *hash, const u8 *key)
{
	struct camex_gcm_key gcm;
	bool ok;

	camex_gcm_set_key(&gcm, key);
	ok = camex_gcm_open(&gcm, out, in, len - CAMEX_AEAD_TAG, hash, CAMEX_HASH_LEN,
			    zero_nonce);
	memzero_explicit(&gcm, sizeof(gcm));
	return ok;
}

const struct camex_noise_suite camex_noise_aes256gcm = {
	.name = "Noise_IKpsk2_25519_AESGCM_BLAKE2s",
	.prologue = "camex v1 aes-256-gcm",
	.label_mac1 = "mac1-gcm",
	.label_cookie = "cook-gcm",
	.first_type = CAMEX_WG_FIRST_TYPE_AES,
	.big_endian = true,
	.rekey_counter = CAMEX_WG_REKEY_COUNTER_AES,
	.reject_counter = CAMEX_WG_REJECT_COUNTER_AES,
	.cipher = &camex_aes256gcm,
	.seal = seal_aes256gcm,
	.open = open_aes256gcm,
};
#else
/* Without support for AES: no peer can use the suite, and no message is assigned to it. */
const struct camex_noise_suite camex_noise_aes256gcm = {
	.label_mac1 = "mac1-gcm",
	.label_cookie = "cook-gcm",
	.first_type = CAMEX_WG_FIRST_TYPE_AES,
	.cipher = &camex_aes256gcm,
};
#endif

/**
 * camex_noise_suite_of() - get the suite of a message
 * @type: its first byte; an unknown type is left to camex_wg_kind()
 *
 * Return: the suite.
 */
const struct camex_noise_suite *camex_noise_suite_of(u8 type)
{
#ifdef CAMEX_HAS_GCM
	if (type & CAMEX_WG_TYPE_AES)
		return &camex_noise_aes256gcm;
#endif
	return &camex_noise_chacha20poly1305;
}
