// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/algapi.h>
#include <linux/string.h>

#include "crypto/plain_gcm.h"
#include "crypto/packet_aead.h"

#ifdef CAMEX_HAS_GCM
/* The polynomial x^128 + x^7 + x^2 + x + 1, in the bit order of GCM. */
#define POLYNOMIAL	0xe100000000000000ULL

/* GHASH: @state becomes (@state + the block) times the hash key, without a branch on secrets. */
static void hash_block(u64 state[2], const u64 key[2], u64 high, u64 low)
{
	u64 sum[2] = { state[0] ^ high, state[1] ^ low };
	u64 power[2] = { key[0], key[1] };
	unsigned int i;

	state[0] = 0;
	state[1] = 0;
	for (i = 0; i < 128; i++) {
		u64 add = -(sum[i / 64] >> (63 - i % 64) & 1), carry = -(power[1] & 1);

		state[0] ^= power[0] & add;
		state[1] ^= power[1] & add;
		power[1] = power[1] >> 1 | power[0] << 63;
		power[0] = power[0] >> 1 ^ (POLYNOMIAL & carry);
	}
}

/* Hash bytes in blocks. The last block is filled up with zeros. */
static void hash_bytes(u64 state[2], const u64 key[2], const u8 *bytes, size_t len)
{
	u8 last[16] = {};

	for (; len >= 16; len -= 16, bytes += 16)
		hash_block(state, key, get_unaligned_be64(bytes), get_unaligned_be64(bytes + 8));
	if (!len)
		return;
	memcpy(last, bytes, len);
	hash_block(state, key, get_unaligned_be64(last), get_unaligned_be64(last + 8));
}

/* Compute block @number of the keystream. The first block encrypts the tag. */
static void make_stream(const struct camex_gcm_key *key, u8 stream[16], const u8 *nonce,
			u32 number)
{
	u8 counter[16];

	memcpy(counter, nonce, CAMEX_AEAD_NONCE);
	put_unaligned_be32(number, counter + CAMEX_AEAD_NONCE);
	camex_aes_encrypt(&key->aes, stream, counter);
}

static void make_tag(const struct camex_gcm_key *key, u8 tag[16], const u8 *body, size_t len,
		     const u8 *ad, size_t ad_len, const u8 *nonce)
{
	u64 state[2] = {};
	u8 stream[16];

	hash_bytes(state, key->hash, ad, ad_len);
	hash_bytes(state, key->hash, body, len);
	hash_block(state, key->hash, (u64)ad_len * 8, (u64)len * 8);
	make_stream(key, stream, nonce, 1);
	put_unaligned_be64(state[0], tag);
	put_unaligned_be64(state[1], tag + 8);
	crypto_xor(tag, stream, 16);
	memzero_explicit(stream, sizeof(stream));
	memzero_explicit(state, sizeof(state));
}

static void crypt_bytes(const struct camex_gcm_key *key, u8 *to, const u8 *from, size_t len,
			const u8 *nonce)
{
	u8 stream[16];
	u32 number = 2;
	size_t n;

	for (; len; len -= n, to += n, from += n) {
		n = min_t(size_t, len, sizeof(stream));
		make_stream(key, stream, nonce, number++);
		crypto_xor_cpy(to, from, stream, n);
	}
	memzero_explicit(stream, sizeof(stream));
}

/**
 * camex_gcm_set_key() - make a key
 * @key: result
 * @bytes: 32 bytes
 *
 * Context: any.
 */
void camex_gcm_set_key(struct camex_gcm_key *key, const u8 *bytes)
{
	u8 zeros[16] = {}, hash[16];

	camex_aes_set_key(&key->aes, bytes);
	camex_aes_encrypt(&key->aes, hash, zeros);
	key->hash[0] = get_unaligned_be64(hash);
	key->hash[1] = get_unaligned_be64(hash + 8);
	memzero_explicit(hash, sizeof(hash));
}

/**
 * camex_gcm_seal() - encrypt
 * @key: the key
 * @to: result: @len bytes and the tag
 * @from: @len bytes of plaintext; may be @to
 * @len: bytes of them, may be 0
 * @ad: associated data
 * @ad_len: its bytes
 * @nonce: 12 bytes, never used twice under one key
 *
 * Context: any.
 */
void camex_gcm_seal(const struct camex_gcm_key *key, u8 *to, const u8 *from, size_t len,
		    const u8 *ad, size_t ad_len, const u8 *nonce)
{
	crypt_bytes(key, to, from, len, nonce);
	make_tag(key, to + len, to, len, ad, ad_len, nonce);
}

/**
 * camex_gcm_open() - authenticate, then decrypt
 * @key: the key
 * @to: result: @len bytes, written only if the tag is right
 * @from: @len bytes of ciphertext and the tag; may be @to
 * @len: bytes of ciphertext, may be 0
 * @ad: associated data
 * @ad_len: its bytes
 * @nonce: 12 bytes
 *
 * Context: any.
 * Return: true when the tag is right.
 */
bool camex_gcm_open(const struct camex_gcm_key *key, u8 *to, const u8 *from, size_t len,
		    const u8 *ad, size_t ad_len, const u8 *nonce)
{
	u8 tag[16];

	make_tag(key, tag, from, len, ad, ad_len, nonce);
	if (crypto_memneq(tag, from + len, sizeof(tag)))
		return false;
	crypt_bytes(key, to, from, len, nonce);
	return true;
}
#endif
