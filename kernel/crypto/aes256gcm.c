// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-256-GCM by the kernel's driver for this CPU. Each key has a transform of its own, and each
 * CPU has one request with its scatterlists. Only a synchronous driver is used, so that packets
 * keep their order and nothing waits for a worker. aesni_gcm.S processes packets without associated
 * data, if it won a trial against that driver. Both need the vector registers. If these are in use,
 * the functions in plain_gcm.c are called instead.
 */
#include <crypto/aead.h>
#include <crypto/algapi.h>
#include <linux/cpufeature.h>
#include <linux/kmod.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "crypto/aes256gcm.h"
#include "crypto/aes_trial.h"
#include "crypto/plain_gcm.h"
#ifdef CAMEX_OWN_GCM
#include "crypto/aesni_gcm.h"
#endif

#ifdef CAMEX_FAST_GCM
#include <asm/simd.h>

#ifdef CAMEX_OWN_GCM
#include <asm/fpu/api.h>
#endif

#ifdef CONFIG_X86_64
#define DRIVER	"aesni_intel"
MODULE_SOFTDEP("pre: aesni_intel");

static bool has_instructions(void)
{
	return boot_cpu_has(X86_FEATURE_AES) && boot_cpu_has(X86_FEATURE_PCLMULQDQ);
}
#else
#define DRIVER	"ghash-ce"
MODULE_SOFTDEP("pre: ghash-ce");

static bool has_instructions(void)
{
	return cpu_have_named_feature(AES) && cpu_have_named_feature(PMULL);
}
#endif

/**
 * struct camex_aes_key - a key
 * @tfm: transform of the driver
 * @fast: the driver has accepted the key, so @tfm can be used
 * @is_own: @own has the key, and is used when possible
 * @plain: the key for plain_gcm.c, when vector registers cannot be used
 * @own: the key for aesni_gcm.S
 */
struct camex_aes_key {
	struct crypto_aead *tfm;
	bool fast;
	bool is_own;
	struct camex_gcm_key plain;
#ifdef CAMEX_OWN_GCM
	struct camex_aesni_key own;
#endif
};

/**
 * struct gcm_request - the request of a CPU to the driver
 * @in: input: associated data, then the body
 * @out: output, likewise
 * @ad: associated data
 * @nonce: the nonce
 * @aead: the request, with the driver's own memory behind it
 */
struct gcm_request {
	struct scatterlist in[2];
	struct scatterlist out[2];
	u8 ad[CAMEX_AEAD_AD_MAX];
	u8 nonce[CAMEX_AEAD_NONCE];
	struct aead_request aead;
};

/**
 * struct cpu_state - state of a CPU
 * @request: its request
 * @busy: the request is in use
 */
struct cpu_state {
	struct gcm_request *request;
	bool busy;
};

static DEFINE_PER_CPU(struct cpu_state, states);

/* Protects the variables below, which are written once. */
static DEFINE_MUTEX(prepare_lock);
static bool prepared;
/* Bytes that a driver may have behind a request. */
static unsigned int request_extra;
/* On x86 up to 6.15 only an internal algorithm is synchronous ("__gcm(aes)"). */
static bool is_internal;
/* aesni_gcm.S won the trial. Keys that were made before still use the driver. */
static bool own_won;

/*
 * Is this a driver of the whole mode? Slow templates, which combine parts, have parentheses in
 * their names.
 */
static bool is_fast(struct crypto_aead *tfm)
{
	return !strchr(crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm)), '(');
}

static struct crypto_aead *alloc_transform(bool internal)
{
	struct crypto_aead *tfm;

	if (internal)
		tfm = crypto_alloc_aead("__gcm(aes)", CRYPTO_ALG_INTERNAL,
					CRYPTO_ALG_INTERNAL | CRYPTO_ALG_ASYNC);
	else
		tfm = crypto_alloc_aead("gcm(aes)", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm))
		return tfm;
	if (is_fast(tfm) && !crypto_aead_setauthsize(tfm, CAMEX_AEAD_TAG))
		return tfm;
	crypto_free_aead(tfm);
	return ERR_PTR(-ENOENT);
}

static bool alloc_requests(unsigned int extra)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct gcm_request *r;

		r = kzalloc_node(sizeof(*r) + extra, GFP_KERNEL, cpu_to_node(cpu));
		if (!r)
			return false;
		per_cpu(states, cpu).request = r;
	}
	return true;
}

static void free_requests(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree_sensitive(per_cpu(states, cpu).request);
		per_cpu(states, cpu).request = NULL;
	}
}

/* Find the driver. Returns NULL, or an error text. */
static const char *prepare_driver(void)
{
	struct crypto_aead *tfm;
	bool ok;

	request_module(DRIVER);
	is_internal = true;
	tfm = alloc_transform(is_internal);
	if (IS_ERR(tfm)) {
		is_internal = false;
		tfm = alloc_transform(is_internal);
	}
	if (IS_ERR(tfm))
		return "cipher aes-256-gcm needs the kernel's module " DRIVER
		       ": load it, or use chacha20-poly1305";
	request_extra = crypto_aead_reqsize(tfm);
	ok = alloc_requests(request_extra);
	crypto_free_aead(tfm);
	if (!ok) {
		free_requests();
		return "no memory for cipher aes-256-gcm";
	}
	return NULL;
}

/**
 * camex_aes256gcm_refusal() - check that packets can be encrypted by AES-256-GCM, and prepare that
 *
 * Context: process, may sleep and load a module.
 * Return: NULL, or an error text.
 */
const char *camex_aes256gcm_refusal(void)
{
	const char *why = NULL;

	if (!has_instructions())
		return "aes-256-gcm needs a CPU with AES instructions: use chacha20-poly1305";
	mutex_lock(&prepare_lock);
	if (!prepared) {
		why = prepare_driver();
		/* Pairs with alloc_key(). */
		smp_store_release(&prepared, !why);
#ifdef CAMEX_OWN_GCM
		if (!why && camex_aes256gcm_has_own())
			WRITE_ONCE(own_won, camex_aes_trial());
#endif
	}
	mutex_unlock(&prepare_lock);
	return why;
}

/**
 * camex_aes256gcm_exit() - free the requests, after the last key
 */
void camex_aes256gcm_exit(void)
{
	free_requests();
	prepared = false;
	own_won = false;
}

static bool alloc_key(struct camex_aead_key *key)
{
	struct camex_aes_key *aes;

	/*
	 * A driver is loaded only by a request, see camex_aes256gcm_refusal(), not by a stranger's
	 * message.
	 */
	if (!smp_load_acquire(&prepared))
		return false;
	aes = kzalloc(sizeof(*aes), GFP_KERNEL_ACCOUNT);
	if (!aes)
		return false;
	aes->tfm = alloc_transform(is_internal);
	if (IS_ERR(aes->tfm) || crypto_aead_reqsize(aes->tfm) > request_extra) {
		if (!IS_ERR(aes->tfm))
			crypto_free_aead(aes->tfm);
		kfree(aes);
		return false;
	}
	key->aes = aes;
	return true;
}

static void free_key(struct camex_aead_key *key)
{
	if (!key->aes)
		return;
	crypto_free_aead(key->aes->tfm);
	kfree_sensitive(key->aes);
	key->aes = NULL;
}

/**
 * camex_aes256gcm_set_key() - set a key for one of the two implementations
 * @key: result, from camex_aead_key_alloc()
 * @bytes: 32 bytes
 * @own: true: aesni_gcm.S, if possible; false: the driver
 *
 * Context: any but hard interrupts.
 */
void camex_aes256gcm_set_key(struct camex_aead_key *key, const u8 *bytes, bool own)
{
	struct camex_aes_key *aes = key->aes;

	key->cipher = &camex_aes256gcm;
	camex_gcm_set_key(&aes->plain, bytes);
	aes->fast = !crypto_aead_setkey(aes->tfm, bytes, CAMEX_AEAD_KEY);
#ifdef CAMEX_OWN_GCM
	aes->is_own = own && may_use_simd();
	if (!aes->is_own)
		return;
	kernel_fpu_begin();
	camex_aesni_gcm_set_key(&aes->own, bytes);
	kernel_fpu_end();
#endif
}

static void set_key(struct camex_aead_key *key, const u8 *bytes)
{
	camex_aes256gcm_set_key(key, bytes, READ_ONCE(own_won));
}

#ifdef CAMEX_OWN_GCM
/**
 * camex_aes256gcm_has_own() - does this CPU have the instructions that aesni_gcm.S needs
 *
 * Return: true if it has.
 */
bool camex_aes256gcm_has_own(void)
{
	return has_instructions() && boot_cpu_has(X86_FEATURE_AVX);
}

static bool is_for_own(const struct camex_aes_key *aes, size_t ad_len)
{
	return aes->is_own && !ad_len && may_use_simd();
}

static void seal_own(const struct camex_aes_key *aes, u8 *body, size_t len, const u8 *nonce)
{
	kernel_fpu_begin();
	camex_aesni_gcm_seal(&aes->own, body, body, len, nonce, body + len);
	kernel_fpu_end();
}

static bool open_own(const struct camex_aes_key *aes, u8 *to, const u8 *from, size_t len,
		     const u8 *nonce)
{
	u8 tag[CAMEX_AEAD_TAG];

	kernel_fpu_begin();
	camex_aesni_gcm_open(&aes->own, to, from, len, nonce, tag);
	kernel_fpu_end();
	return !crypto_memneq(tag, from + len, sizeof(tag));
}
#else
bool camex_aes256gcm_has_own(void)
{
	return false;
}

static bool is_for_own(const struct camex_aes_key *aes, size_t ad_len)
{
	return false;
}

static void seal_own(const struct camex_aes_key *aes, u8 *body, size_t len, const u8 *nonce)
{
}

static bool open_own(const struct camex_aes_key *aes, u8 *to, const u8 *from, size_t len,
		     const u8 *nonce)
{
	return false;
}
#endif

/* Fill a scatterlist with the body, and with the associated data in front if there is any. */
static struct scatterlist *list_bytes(struct scatterlist *list, u8 *ad, size_t ad_len,
				      const u8 *body, size_t len)
{
	if (likely(!ad_len)) {
		sg_init_one(list, body, len);
		return list;
	}
	sg_init_table(list, 2);
	sg_set_buf(&list[0], ad, ad_len);
	sg_set_buf(&list[1], body, len);
	return list;
}

/* Result of call_driver() if it did not call the driver. */
#define NOT_CALLED	1

/* Let the driver seal or open. Returns 0, the driver's error, or NOT_CALLED. */
static int call_driver(const struct camex_aes_key *aes, bool seals, u8 *to, const u8 *from,
		       size_t len, const u8 *ad, size_t ad_len, const u8 *nonce)
{
	struct scatterlist *in, *out;
	struct gcm_request *r;
	int err;

	if (unlikely(!aes->fast || !may_use_simd() || this_cpu_xchg(states.busy, true)))
		return NOT_CALLED;
	r = this_cpu_read(states.request);
	memcpy(r->ad, ad, ad_len);
	memcpy(r->nonce, nonce, sizeof(r->nonce));
	in = list_bytes(r->in, r->ad, ad_len, from, len + CAMEX_AEAD_TAG);
	out = in;
	if (to != from)
		out = list_bytes(r->out, r->ad, ad_len, to, len);
	aead_request_set_tfm(&r->aead, aes->tfm);
	aead_request_set_callback(&r->aead, 0, NULL, NULL);
	aead_request_set_ad(&r->aead, ad_len);
	if (seals) {
		aead_request_set_crypt(&r->aead, in, out, len, r->nonce);
		err = crypto_aead_encrypt(&r->aead);
	} else {
		aead_request_set_crypt(&r->aead, in, out, len + CAMEX_AEAD_TAG, r->nonce);
		err = crypto_aead_decrypt(&r->aead);
	}
	this_cpu_write(states.busy, false);
	return err;
}

static void seal_body(const struct camex_aead_key *key, u8 *body, size_t len, const u8 *ad,
		      size_t ad_len, const u8 *nonce)
{
	int err;

	if (is_for_own(key->aes, ad_len)) {
		seal_own(key->aes, body, len, nonce);
		return;
	}
	err = call_driver(key->aes, true, body, body, len, ad, ad_len, nonce);
	if (likely(!err))
		return;
	if (err == NOT_CALLED)
		camex_gcm_seal(&key->aes->plain, body, body, len, ad, ad_len, nonce);
	else
		/*
		 * The driver may stop halfway for want of memory. The body must not be sent like
		 * that.
		 */
		memset(body, 0, len + CAMEX_AEAD_TAG);
}

static bool open_body_to(u8 *to, const struct camex_aead_key *key, const u8 *body, size_t len,
			 const u8 *ad, size_t ad_len, const u8 *nonce)
{
	int err;

	if (is_for_own(key->aes, ad_len))
		return open_own(key->aes, to, body, len, nonce);
	err = call_driver(key->aes, false, to, body, len, ad, ad_len, nonce);
	if (likely(!err))
		return true;
	return err == NOT_CALLED &&
	       camex_gcm_open(&key->aes->plain, to, body, len, ad, ad_len, nonce);
}

static bool open_body(const struct camex_aead_key *key, u8 *body, size_t len, const u8 *ad,
		      size_t ad_len, const u8 *nonce)
{
	return open_body_to(body, key, body, len, ad, ad_len, nonce);
}

const struct camex_cipher camex_aes256gcm = {
	.name = "aes-256-gcm",
	.alloc = alloc_key,
	.free = free_key,
	.set_key = set_key,
	.seal = seal_body,
	.open = open_body,
	.open_to = open_body_to,
};
#else
const char *camex_aes256gcm_refusal(void)
{
	return "cipher aes-256-gcm is not built for this kernel: use chacha20-poly1305";
}

void camex_aes256gcm_exit(void)
{
}

/* For a kernel without AES: no peer can use this cipher. */
const struct camex_cipher camex_aes256gcm = { .name = "aes-256-gcm" };
#endif
