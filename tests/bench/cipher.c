// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Measures the cost of the ciphers alone. When this module is loaded, it seals and opens a packet
 * of @bytes many times, by the functions that batches use. Its parameters contain the mean
 * nanoseconds of each, 0 for a cipher that this machine does not have.
 */
#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "../../kernel/crypto/chacha20poly1305.c"
#include "crypto/aes256gcm.h"

#define ROUNDS		2000
#define MOST		2048
/* associated data of protocol camex; protocol wireguard has none */
#define AD_LEN		28

static unsigned int bytes = 1420;
module_param(bytes, uint, 0444);
static unsigned int seal_ns;
module_param(seal_ns, uint, 0444);
static unsigned int open_ns;
module_param(open_ns, uint, 0444);
static unsigned int aes_seal_ns;
module_param(aes_seal_ns, uint, 0444);
static unsigned int aes_open_ns;
module_param(aes_open_ns, uint, 0444);

/* from kmalloc(): the kernel's driver takes scatterlists, which the module's own data cannot be in */
static u8 *room, *opened;

/* Measure with bottom halves off, so that nothing else runs meanwhile. */
static int time_cipher(const struct camex_aead_key *key, size_t ad_len, unsigned int *seal_took,
		       unsigned int *open_took)
{
	u8 ad[AD_LEN] = { 2 }, nonce[CAMEX_AEAD_NONCE] = {};
	u8 *body = room + CAMEX_AEAD_HEAD;
	u64 seal = 0, open = 0, start;
	bool good;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		nonce[11] = i;
		local_bh_disable();
		start = ktime_get_ns();
		camex_aead_seal(key, body, bytes, ad, ad_len, nonce);
		seal += ktime_get_ns() - start;
		start = ktime_get_ns();
		good = camex_aead_open_to(opened + CAMEX_AEAD_HEAD, key, body, bytes, ad, ad_len,
					  nonce);
		open += ktime_get_ns() - start;
		local_bh_enable();
		if (!good)
			return -EBADMSG;
	}
	*seal_took = div_u64(seal, ROUNDS);
	*open_took = div_u64(open, ROUNDS);
	return 0;
}

static int time_aes(const u8 *secret)
{
	const char *why = camex_aes256gcm_refusal();
	struct camex_aead_key key;
	int err = 0;

	if (why) {
		pr_info("%s\n", why);
	} else if (camex_aead_key_alloc(&key, &camex_aes256gcm)) {
		camex_aead_key_set(&key, &camex_aes256gcm, secret);
		err = time_cipher(&key, 0, &aes_seal_ns, &aes_open_ns);
		camex_aead_key_free(&key);
	} else {
		err = -ENOMEM;
	}
	camex_aes256gcm_exit();
	return err;
}

static int __init cipher_init(void)
{
	u8 secret[32] = { 1 };
	struct camex_aead_key key;
	int err;

	if (bytes > MOST)
		return -EINVAL;
	room = kzalloc(CAMEX_AEAD_HEAD + MOST + CAMEX_AEAD_TAIL, GFP_KERNEL);
	opened = kzalloc(CAMEX_AEAD_HEAD + MOST + CAMEX_AEAD_TAIL, GFP_KERNEL);
	if (room && opened) {
		camex_aead_key_set(&key, &camex_chacha20poly1305, secret);
		err = time_cipher(&key, AD_LEN, &seal_ns, &open_ns) ?: time_aes(secret);
	} else {
		err = -ENOMEM;
	}
	kfree(opened);
	kfree(room);
	return err;
}

static void __exit cipher_exit(void)
{
}

module_init(cipher_init);
module_exit(cipher_exit);
MODULE_DESCRIPTION("cost of the ciphers");
MODULE_LICENSE("GPL");
