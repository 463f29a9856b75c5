/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ciphers of packets: authenticated encryption with associated data, in place, with a 12-byte nonce
 * and a 16-byte tag behind the ciphertext. A cipher is an object, and a key points to its cipher.
 * So the data path needs no cipher's name.
 */
#ifndef CAMEX_PACKET_AEAD_H
#define CAMEX_PACKET_AEAD_H

#include <linux/kernel.h>
#include <linux/types.h>

#include "core/compat.h"

/* Bytes of a nonce and of a tag, of every cipher here. */
#define CAMEX_AEAD_NONCE	12
#define CAMEX_AEAD_TAG		16
/* Bytes of a key, of every cipher here. */
#define CAMEX_AEAD_KEY		32
/* Writable bytes that sealing needs before the body ... */
#define CAMEX_AEAD_HEAD		64
/* ... and that sealing and opening need after it at most: padding, lengths, tag. */
#define CAMEX_AEAD_TAIL		32
/* Maximum bytes of associated data; a multiple of 16. */
#define CAMEX_AEAD_AD_MAX	48
/* Bytes of a body that camex_aead_open_first() decrypts. */
#define CAMEX_AEAD_FIRST	64

/* Bytes needed after a body of @len: CAMEX_AEAD_TAG to CAMEX_AEAD_TAIL. */
static inline size_t camex_aead_tail(size_t len)
{
	return round_up(len, 16) - len + CAMEX_AEAD_TAG;
}

struct camex_aes_key;
struct camex_cipher;

/**
 * struct camex_aead_key - a key as its cipher wants it
 * @cipher: the cipher
 * @words: ChaCha20-Poly1305: the 32 bytes as little-endian numbers
 * @aes: AES-256-GCM: the key, in memory of its own
 *
 * Keys of ChaCha20-Poly1305 are compared and hashed as bytes, so the struct has no holes.
 */
struct camex_aead_key {
	const struct camex_cipher *cipher;
	union {
		u32 words[8];
		struct camex_aes_key *aes;
	};
};

/**
 * struct camex_aead_opening - state between opening the first bytes of a body and the rest
 * @key: the key
 * @chacha: state of ChaCha20, at the first byte of the rest
 */
struct camex_aead_opening {
	const struct camex_aead_key *key;
	camex_chacha_state chacha;
};

/**
 * struct camex_cipher - a cipher
 * @name: its name in commands and messages
 * @alloc: see camex_aead_key_alloc(); NULL: a key needs no memory of its own
 * @free: see camex_aead_key_free(); NULL likewise
 * @set_key: fill in the key's material from CAMEX_AEAD_KEY bytes
 * @seal: see camex_aead_seal()
 * @open: see camex_aead_open()
 * @open_to: see camex_aead_open_to()
 * @open_first: see camex_aead_open_first(); NULL: bodies are only opened as a whole, and the bytes
 *	before a body are neither read nor written
 * @open_rest: see camex_aead_open_rest(); NULL likewise
 *
 * All functions but those for keys run with bottom halves off.
 */
struct camex_cipher {
	const char *name;
	bool (*alloc)(struct camex_aead_key *key);
	void (*free)(struct camex_aead_key *key);
	void (*set_key)(struct camex_aead_key *key, const u8 *bytes);
	void (*seal)(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce);
	bool (*open)(const struct camex_aead_key *key, u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce);
	bool (*open_to)(u8 *to, const struct camex_aead_key *key, const u8 *body,
			size_t len, const u8 *ad, size_t ad_len, const u8 *nonce);
	bool (*open_first)(struct camex_aead_opening *o,
			   const struct camex_aead_key *key, const u8 *body,
			   size_t len, const u8 *ad, size_t ad_len,
			   const u8 *nonce, u8 *first);
	void (*open_rest)(struct camex_aead_opening *o, u8 *to, const u8 *from,
			  size_t len);
};

extern const struct camex_cipher camex_chacha20poly1305;

/**
 * camex_aead_key_alloc() - allocate the memory that a key needs
 * @key: result, for camex_aead_key_set() and camex_aead_key_free()
 * @cipher: its cipher
 *
 * Context: process, may sleep.
 * Return: false without memory, or if the cipher is not available.
 */
static inline bool camex_aead_key_alloc(struct camex_aead_key *key,
					const struct camex_cipher *cipher)
{
	memset(key, 0, sizeof(*key));
	if (cipher->alloc && !cipher->alloc(key))
		return false;
	key->cipher = cipher;
	return true;
}

/**
 * camex_aead_key_free() - wipe a key, and free its memory
 * @key: the key, or zeros
 *
 * Context: any but hard interrupts.
 */
static inline void camex_aead_key_free(struct camex_aead_key *key)
{
	if (key->cipher && key->cipher->free)
		key->cipher->free(key);
	memzero_explicit(key, sizeof(*key));
}

/**
 * camex_aead_key_set() - make a key
 * @key: result, from camex_aead_key_alloc(), except for ChaCha20-Poly1305
 * @cipher: its cipher
 * @bytes: 32 bytes
 */
static inline void camex_aead_key_set(struct camex_aead_key *key,
				      const struct camex_cipher *cipher,
				      const u8 *bytes)
{
	key->cipher = cipher;
	cipher->set_key(key, bytes);
}

/**
 * camex_aead_seal() - encrypt in place
 * @key: the key
 * @body: @len bytes of plaintext, replaced by ciphertext; CAMEX_AEAD_HEAD bytes before and
 *	camex_aead_tail() bytes after it are overwritten. On return @ad is right before the body,
 *	and the tag right behind it
 * @len: bytes of the body, may be 0
 * @ad: associated data, not inside the bytes that are overwritten
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes, never used twice under one key
 */
static inline void camex_aead_seal(const struct camex_aead_key *key, u8 *body,
				   size_t len, const u8 *ad, size_t ad_len,
				   const u8 *nonce)
{
	key->cipher->seal(key, body, len, ad, ad_len, nonce);
}

/**
 * camex_aead_open() - authenticate, then decrypt in place
 * @key: the key
 * @body: @len bytes of ciphertext with the tag right behind them; replaced by plaintext on success.
 *	On failure ChaCha20-Poly1305 leaves it unchanged, and AES-256-GCM leaves rubbish. The bytes
 *	of padded associated data before it and camex_aead_tail() bytes behind it are overwritten;
 *	on failure they contain the tag again
 * @len: bytes of the body, may be 0
 * @ad: associated data, not inside the bytes that are overwritten
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes
 *
 * Return: true when the tag is right.
 */
static inline bool camex_aead_open(const struct camex_aead_key *key, u8 *body,
				   size_t len, const u8 *ad, size_t ad_len,
				   const u8 *nonce)
{
	return key->cipher->open(key, body, len, ad, ad_len, nonce);
}

/**
 * camex_aead_open_to() - authenticate and decrypt to another place
 * @to: result: @len bytes of plaintext, rubbish on failure. The CAMEX_AEAD_HEAD bytes before them
 *	are overwritten
 * @key: the key
 * @body: @len bytes of ciphertext with the tag right behind them, and any CAMEX_AEAD_HEAD bytes
 *	right before them; only read
 * @len: bytes of the body, may be 0
 * @ad: associated data
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes
 *
 * Return: true when the tag is right.
 */
static inline bool camex_aead_open_to(u8 *to, const struct camex_aead_key *key,
				      const u8 *body, size_t len, const u8 *ad,
				      size_t ad_len, const u8 *nonce)
{
	return key->cipher->open_to(to, key, body, len, ad, ad_len, nonce);
}

/**
 * camex_aead_open_first() - authenticate, and decrypt the first bytes
 * @o: result, for camex_aead_open_rest(), on success
 * @key: the key
 * @body: @len bytes of ciphertext with the tag right behind them; only read
 * @len: bytes of the body, may be 0
 * @ad: associated data
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: 12 bytes
 * @first: result, on success: CAMEX_AEAD_FIRST bytes, beginning with the plaintext of the body,
 *	which may be shorter
 *
 * Return: true when the tag is right; camex_aead_open_rest() must follow then.
 */
static inline bool camex_aead_open_first(struct camex_aead_opening *o,
					 const struct camex_aead_key *key,
					 const u8 *body, size_t len, const u8 *ad,
					 size_t ad_len, const u8 *nonce, u8 *first)
{
	o->key = key;
	return key->cipher->open_first(o, key, body, len, ad, ad_len, nonce, first);
}

/**
 * camex_aead_open_rest() - decrypt what follows the first bytes
 * @o: from camex_aead_open_first(); used up
 * @to: result: @len bytes of plaintext
 * @from: ciphertext: the body from CAMEX_AEAD_FIRST on
 * @len: bytes of it, may be 0
 */
static inline void camex_aead_open_rest(struct camex_aead_opening *o, u8 *to,
					const u8 *from, size_t len)
{
	o->key->cipher->open_rest(o, to, from, len);
}

#endif /* CAMEX_PACKET_AEAD_H */
