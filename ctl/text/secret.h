/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Keys: where they come from and what identifies them. */
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
 * struct secret - a key; wiped with secret_wipe()
 * @key: the key itself
 * @fingerprint: BLAKE2b-128 of @key
 * @public_key: the public key of it, once secret_derive_public() was called
 * @given: there is a key: no option was "none"
 * @shared: it came from a file that has more in it than this key
 * @exposed: it came from a wg-quick configuration that others than its owner can read
 * @is_key: the passphrase that it came from is a key in base64
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
 * From a file, "-" being standard input. A key file holds 32 bytes in base64;
 * of a passphrase one trailing LF or CRLF is removed. A file that others than its
 * owner can read is refused. 0, or -1 with the reason.
 */
int secret_read_key(const char *path, struct secret *secret,
		    struct fault *fault);
int secret_read_passphrase(const char *path, struct secret *secret,
			   struct fault *fault);

/*
 * A key, 32 bytes, of its base64; the second identifies it as well. The reason names it
 * and does not show it. 0, or -1 with the reason.
 */
int key_of_base64(const char *name, const char *text, size_t len, uint8_t *key,
		  struct fault *fault);
int secret_of_base64(const char *name, const char *text, size_t len,
		     struct secret *secret, struct fault *fault);

/* Fill public_key, of a private key of Curve25519. */
void secret_derive_public(struct secret *secret);

/* A passphrase that is in memory already. */
int secret_of_passphrase(const char *text, size_t len, struct secret *secret,
			 struct fault *fault);

/* A new random key. */
int secret_random(struct secret *secret, struct fault *fault);

/* Random bytes that are no secret. */
int secret_random_bytes(void *bytes, size_t len, struct fault *fault);

void secret_wipe(struct secret *secret);

/* Each fills buf, of the size named above, and returns it. */
const char *key_base64(const uint8_t *key, char *buf);
const char *secret_base64(const struct secret *secret, char *buf);
const char *secret_hex(const uint8_t *fingerprint, char *buf);

#endif /* CAMEXCTL_SECRET_H */
