// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare aesni_gcm.S with the kernel's driver for AES-256-GCM. aesni_gcm.S is used only if both
 * agree on packets of random length, and if it is faster on this CPU. With wider vectors the driver
 * may be faster.
 */
#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "crypto/aes256gcm.h"
#include "crypto/aes_trial.h"

#ifdef CAMEX_OWN_GCM
/*
 * Number of packets to compare. One in EACH_LONG has up to LONGEST bytes, the others up to USUAL.
 */
#define PACKETS		256
#define EACH_LONG	16
#define USUAL		1500
#define LONGEST		9000
/* The time is measured with packets of TIMED bytes. The best of ROUNDS rounds counts. */
#define TIMED		1420
#define ROUNDS		32
#define IN_ROUND	4

/**
 * struct trial - keys and packets
 * @own: the key for aesni_gcm.S
 * @driver: the same key for the driver
 * @secret: bytes of the key
 * @nonce: nonce of the packet
 * @len: bytes of the packet
 * @plain: the packet
 * @sealed: the packet as sealed by the driver
 * @work: the packet as sealed or opened by aesni_gcm.S
 */
struct trial {
	struct camex_aead_key own;
	struct camex_aead_key driver;
	u8 secret[CAMEX_AEAD_KEY];
	u8 nonce[CAMEX_AEAD_NONCE];
	u16 len;
	u8 plain[LONGEST];
	u8 sealed[LONGEST + CAMEX_AEAD_TAG];
	u8 work[LONGEST + CAMEX_AEAD_TAG];
};

static void set_keys(struct trial *t)
{
	get_random_bytes(t->secret, sizeof(t->secret));
	camex_aes256gcm_set_key(&t->own, t->secret, true);
	camex_aes256gcm_set_key(&t->driver, t->secret, false);
}

/*
 * Seal a packet by both, and open by each what the other sealed. A changed packet must be refused.
 */
static bool both_agree(struct trial *t)
{
	size_t len = t->len;
	bool ok;

	memcpy(t->sealed, t->plain, len);
	memcpy(t->work, t->plain, len);
	camex_aead_seal(&t->driver, t->sealed, len, NULL, 0, t->nonce);
	camex_aead_seal(&t->own, t->work, len, NULL, 0, t->nonce);
	ok = !memcmp(t->work, t->sealed, len + CAMEX_AEAD_TAG) &&
	     camex_aead_open(&t->driver, t->work, len, NULL, 0, t->nonce) &&
	     !memcmp(t->work, t->plain, len) &&
	     camex_aead_open_to(t->work, &t->own, t->sealed, len, NULL, 0, t->nonce) &&
	     !memcmp(t->work, t->plain, len);
	t->sealed[t->nonce[0] % (len + CAMEX_AEAD_TAG)] ^= 1 << t->nonce[1] % 8;
	return ok && !camex_aead_open(&t->own, t->sealed, len, NULL, 0, t->nonce);
}

static bool compare_packets(struct trial *t)
{
	unsigned int i;
	bool ok = true;

	for (i = 0; i < PACKETS && ok; i++) {
		if (!(i % 8))
			set_keys(t);
		get_random_bytes(t->nonce, sizeof(t->nonce));
		get_random_bytes(&t->len, sizeof(t->len));
		t->len %= (i % EACH_LONG ? USUAL : LONGEST) + 1;
		get_random_bytes(t->plain, t->len);
		local_bh_disable();
		ok = both_agree(t);
		local_bh_enable();
	}
	return ok;
}

/* Measure the time to seal and open a packet, nanoseconds. */
static unsigned int time_packets(struct trial *t, const struct camex_aead_key *key)
{
	u64 best = U64_MAX;
	unsigned int i, j;

	for (i = 0; i < ROUNDS; i++) {
		u64 start, took;

		local_bh_disable();
		start = ktime_get_ns();
		for (j = 0; j < IN_ROUND; j++) {
			camex_aead_seal(key, t->work, TIMED, NULL, 0, t->nonce);
			camex_aead_open(key, t->work, TIMED, NULL, 0, t->nonce);
		}
		took = ktime_get_ns() - start;
		local_bh_enable();
		best = min(best, took);
	}
	return best / IN_ROUND;
}

static bool run_trial(struct trial *t)
{
	unsigned int own, driver;

	if (!compare_packets(t)) {
		pr_err("camex: aes-256-gcm: camex's code and the kernel's driver disagree: the driver is used\n");
		return false;
	}
	own = time_packets(t, &t->own);
	driver = time_packets(t, &t->driver);
	pr_info("camex: aes-256-gcm: sealing and opening a packet takes %u ns by camex's code, %u ns by the kernel's driver: %s is used\n",
		own, driver, own < driver ? "camex's code" : "the driver");
	return own < driver;
}

/**
 * camex_aes_trial() - compare aesni_gcm.S with the driver, and choose one
 *
 * Context: process, may sleep. The driver is loaded, and the CPU has the instructions that both
 * need.
 * Return: true if aesni_gcm.S is to be used.
 */
bool camex_aes_trial(void)
{
	/* The driver takes scatterlists, which cannot name memory from vmalloc(). */
	struct trial *t = kzalloc(sizeof(*t), GFP_KERNEL);
	bool won = false;

	if (!t)
		return false;
	if (camex_aead_key_alloc(&t->own, &camex_aes256gcm) &&
	    camex_aead_key_alloc(&t->driver, &camex_aes256gcm))
		won = run_trial(t);
	camex_aead_key_free(&t->driver);
	camex_aead_key_free(&t->own);
	kfree(t);
	return won;
}
#endif
