/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Keys: reading, generating and identifying them. */
#ifndef CAMEXCTL_SECRET_H
#define CAMEXCTL_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/camex.h>

#include "text/fault.h"

/* base64 of a key, and its fingerprint in hex, with NUL */
#define SECRET_BASE64 45
#define SECRET_HEX (2 * CAMEX_FINGERPRINT_LEN + 1)

/**
 * struct secret - a key; secret_wipe() wipes it
 * @key: the key itself
 * @fingerprint: BLAKE2b-128 of @key
 * @public_key: its public key, after secret_derive_public()
 * @given: there is a key: the value was not "none"
 * @shared: it is from a file that has other content, too
 * @exposed: it is from a wg-quick configuration that other users than its owner can read
 * @is_key: it is from a passphrase that looks like a key in base64
 */
struct secret {
	uint8_t key[CAMEX_KEY_LEN];
	uint8_t fingerprint[CAMEX_FINGERPRINT_LEN];
	uint8_t public_key[CAMEX_KEY_LEN];
	bool given;
	bool shared;
	bool exposed;
	bool is_key;
};

/*
 * Read a key from a file; "-" is standard input. A key file has 32 bytes in base64. Of a
 * passphrase one trailing LF or CRLF is removed. A file that other users than its owner
 * can read is refused. Returns 0, or -1 with the reason.
 */
int secret_read_key(const char *path, struct secret *secret,
		    struct fault *fault);
int secret_read_passphrase(const char *path, struct secret *secret,
			   struct fault *fault);

/*
 * Decode a key of 32 bytes from base64; the second function fills in its fingerprint, too.
 * Errors do not contain the key. Returns 0, or -1 with the reason.
 */
int key_of_base64(const char *name, const char *text, size_t len, uint8_t *key,
		  struct fault *fault);
int secret_of_base64(const char *name, const char *text, size_t len,
		     struct secret *secret, struct fault *fault);

/* Compute the public key of a private key (Curve25519). */
void secret_derive_public(struct secret *secret);

/* Derive a key from a passphrase in memory. */
int secret_of_passphrase(const char *text, size_t len, struct secret *secret,
			 struct fault *fault);

/* Generate a random key. */
int secret_random(struct secret *secret, struct fault *fault);

/* Generate random bytes that are no secret. */
int secret_random_bytes(void *bytes, size_t len, struct fault *fault);

void secret_wipe(struct secret *secret);

/* Each fills buf, of the size named above, and returns it. */
const char *key_base64(const uint8_t *key, char *buf);
const char *secret_base64(const struct secret *secret, char *buf);
const char *secret_hex(const uint8_t *fingerprint, char *buf);

#endif /* CAMEXCTL_SECRET_H */
