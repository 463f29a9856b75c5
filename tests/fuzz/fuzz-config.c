// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The files that camexctl reads: the first byte says which. Devices as camex-up(5) and wg-quick(8) have
 * them, camex.conf, keys. Whatever is in a file, what is said of it is one line that a terminal can show,
 * and it does not repeat a key. The file is called "f" and can name itself.
 */
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "text/parse.h"
#include "text/secret.h"

/* Ends the process unless a property holds. */
#define HOLDS(property)	((property) ? (void)0 : abort())

#define SHOWN_MOST 4

static int file;

/* No test asks a name server. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	(void)node;
	(void)service;
	(void)hints;
	*list = NULL;
	return EAI_NONAME;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char directory[] = "/dev/shm/camex-fuzz-XXXXXX";

	(void)argc;
	(void)argv;
	HOLDS(mkdtemp(directory) && !chdir(directory));
	file = open("f", O_RDWR | O_CREAT, 0600);
	HOLDS(file >= 0 && freopen("/dev/null", "r", stdin));
	return 0;
}

/* A refusal has a reason, and it is shown as printable text, in UTF-8. */
static void check_fault(int status, const struct fault *fault)
{
	char line[4 * FAULT_TEXT];

	HOLDS(status == 0 || status == -1);
	if (!status)
		return;
	HOLDS(fault->text[0] && strlen(fault->text) < sizeof(fault->text));
	fault_shown(fault->text, line, sizeof(line));
	for (const char *c = line; *c; c += parse_utf8(c)) {
		HOLDS(parse_utf8(c) && (unsigned char)*c >= ' ' && *c != 0x7f);
		HOLDS((unsigned char)*c != 0xc2 || (unsigned char)c[1] >= 0xa0);
	}
}

static void check_config(const struct config *config)
{
	HOLDS(config->name && *config->name);
	for (size_t i = 0; i < config->n_peers; i++)
		HOLDS(config->peers[i].name && *config->peers[i].name);
}

static void fuzz_device(bool database)
{
	struct fault fault = {};
	struct config config;
	int status;

	status = database ? database_read(&config, "f", &fault) : config_read(&config, "f", &fault);
	check_fault(status, &fault);
	if (!status && !database)
		check_config(&config);
	config_wipe(&config);
}

/* A key that was read is written as the same text, without the blanks around it. */
static void fuzz_key(const char *text, size_t len)
{
	struct secret secret = {}, again = {};
	struct fault fault = {};
	char base64[SECRET_BASE64];
	int status;

	status = secret_read_key("f", &secret, &fault);
	check_fault(status, &fault);
	HOLDS(!status || len <= SHOWN_MOST || !memmem(fault.text, strlen(fault.text), text, len));
	if (!status) {
		HOLDS(secret.given);
		key_base64(secret.key, base64);
		HOLDS(memmem(text, len, base64, strlen(base64)));
		HOLDS(!secret_of_base64("f", base64, strlen(base64), &again, &fault));
		HOLDS(!memcmp(again.key, secret.key, sizeof(again.key)) &&
		      !memcmp(again.fingerprint, secret.fingerprint, sizeof(again.fingerprint)));
	}
	memset(&secret, 0, sizeof(secret));
	fault = (struct fault){};
	status = secret_read_passphrase("f", &secret, &fault);
	check_fault(status, &fault);
	HOLDS(!status || len <= SHOWN_MOST || !memmem(fault.text, strlen(fault.text), text, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	HOLDS(!ftruncate(file, 0) && pwrite(file, data + 1, len - 1, 0) == (ssize_t)(len - 1));
	switch (data[0] % 3) {
	case 0:
		fuzz_device(false);
		break;
	case 1:
		fuzz_device(true);
		break;
	case 2:
		fuzz_key((const char *)data + 1, len - 1);
		break;
	}
	return 0;
}
