// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the cipher alone costs: loading this module seals and opens a packet of @bytes
 * many times, by the functions that batches use, and leaves the mean nanoseconds of each
 * in its parameters.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "../../kernel/crypto/chacha20poly1305.c"

#define ROUNDS		2000
#define MOST		2048

static unsigned int bytes = 1420;
module_param(bytes, uint, 0444);
static unsigned int seal_ns;
module_param(seal_ns, uint, 0444);
static unsigned int open_ns;
module_param(open_ns, uint, 0444);

static u8 room[CAMEX_AEAD_HEAD + MOST + CAMEX_AEAD_TAIL], opened[CAMEX_AEAD_HEAD + MOST];

static int __init cipher_init(void)
{
	u8 secret[32] = { 1 }, ad[28] = { 2 }, nonce[CAMEX_AEAD_NONCE] = {};
	u8 *body = room + CAMEX_AEAD_HEAD;
	struct camex_aead_key key;
	u64 seal = 0, open = 0, start;
	int i;

	if (bytes > MOST)
		return -EINVAL;
	camex_aead_key_set(&key, &camex_chacha20poly1305, secret);
	for (i = 0; i < ROUNDS; i++) {
		nonce[11] = i;
		start = ktime_get_ns();
		camex_aead_seal(&key, body, bytes, ad, sizeof(ad), nonce);
		seal += ktime_get_ns() - start;
		start = ktime_get_ns();
		if (!camex_aead_open_to(opened + CAMEX_AEAD_HEAD, &key, body, bytes, ad,
					sizeof(ad), nonce))
			return -EBADMSG;
		open += ktime_get_ns() - start;
	}
	seal_ns = div_u64(seal, ROUNDS);
	open_ns = div_u64(open, ROUNDS);
	return 0;
}

static void __exit cipher_exit(void)
{
}

module_init(cipher_init);
module_exit(cipher_exit);
MODULE_DESCRIPTION("cost of the cipher");
MODULE_LICENSE("GPL");
