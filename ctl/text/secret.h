/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Keys: where they come from and what identifies them. */
#ifndef CAMEXCTL_SECRET_H
#define CAMEXCTL_SECRET_H

#include <stdbool.h>
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
 * @exposed: it came from a file that others than its owner can read
 */
struct secret {
	uint8_t key[CAMEX_KEY_LEN];
	uint8_t fingerprint[CAMEX_FINGERPRINT_LEN];
	bool exposed;
};

/*
 * From a file, "-" being standard input. A key file holds 32 bytes in base64;
 * of a passphrase one trailing LF or CRLF is removed. 0, or -1 with the reason.
 */
int secret_read_key(const char *path, struct secret *secret,
		    struct fault *fault);
int secret_read_passphrase(const char *path, struct secret *secret,
			   struct fault *fault);

/* A passphrase that is in memory already. */
int secret_of_passphrase(const char *text, size_t len, struct secret *secret,
			 struct fault *fault);

/* A new random key. */
int secret_random(struct secret *secret, struct fault *fault);

/* Random bytes that are no secret. */
int secret_random_bytes(void *bytes, size_t len, struct fault *fault);

void secret_wipe(struct secret *secret);

/* Each fills buf, of the size named above, and returns it. */
const char *secret_base64(const struct secret *secret, char *buf);
const char *secret_hex(const uint8_t *fingerprint, char *buf);

#endif /* CAMEXCTL_SECRET_H */
