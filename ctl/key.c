/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Set and delete keys of peers; generate keys and identifiers. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/camex.h>

#include "command/command.h"
#include "text/secret.h"

/* bytes of a jtunnel identifier */
#define ID_LEN 8

/* Write without stdio, whose buffer would keep a copy. */
static int key_print(const struct secret *secret, struct fault *fault)
{
	char line[SECRET_BASE64];
	size_t done = 0, len = SECRET_BASE64;
	int error = 0;

	secret_base64(secret, line);
	/* the newline takes the place of the NUL */
	line[SECRET_BASE64 - 1] = '\n';
	while (done < len && !error) {
		ssize_t n = write(STDOUT_FILENO, line + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			error = errno ? errno : EIO;
	}
	sodium_memzero(line, sizeof(line));
	if (error)
		return fault_set(fault, "cannot write the key: %s",
				 strerror(error));
	return 0;
}

int key_gen(struct call *call)
{
	struct secret secret;
	int status;

	if (secret_random(&secret, &call->fault))
		return -1;
	status = key_print(&secret, &call->fault);
	secret_wipe(&secret);
	return status;
}

int key_derive(struct call *call)
{
	struct secret secret;
	char hex[SECRET_HEX];
	int status;

	if (secret_read_passphrase("-", &secret, &call->fault))
		return -1;
	status = key_print(&secret, &call->fault);
	if (!status)
		fprintf(stderr, "fingerprint %s\n",
			secret_hex(secret.fingerprint, hex));
	secret_wipe(&secret);
	return status;
}

int key_public(struct call *call)
{
	struct secret secret;
	char text[SECRET_BASE64];

	if (secret_read_key("-", &secret, &call->fault))
		return -1;
	secret_derive_public(&secret);
	puts(key_base64(secret.public_key, text));
	secret_wipe(&secret);
	return 0;
}

int id_gen(struct call *call)
{
	uint8_t id[ID_LEN];
	char hex[2 * ID_LEN + 1];

	if (secret_random_bytes(id, sizeof(id), &call->fault))
		return -1;
	puts(sodium_bin2hex(hex, sizeof(hex), id, sizeof(id)));
	return 0;
}
