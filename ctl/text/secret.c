/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "text/secret.h"

/* maximum size of a key file or a passphrase */
#define TEXT_MAX 4096

/* Buffer for the content of a key file: locked in memory, wiped after use. */
struct text {
	char bytes[TEXT_MAX + 1];
	size_t len;
};

static int secret_init(struct fault *fault)
{
	if (sodium_init() < 0)
		return fault_set(fault, "libsodium does not start");
	return 0;
}

static void text_wipe(struct text *text)
{
	/* also wipes */
	sodium_munlock(text, sizeof(*text));
}

static struct termios terminal_mode;

static void terminal_restore(int signo)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_mode);
	if (signo) {
		/* the handler is reset (SA_RESETHAND), so this ends the program */
		raise(signo);
	}
}

/* Ask the user without echo. False if standard input is no terminal. */
static bool terminal_prompt(const char *what)
{
	struct sigaction action = {
		.sa_handler = terminal_restore,
		.sa_flags = (int)SA_RESETHAND,
	};
	struct termios quiet;

	if (tcgetattr(STDIN_FILENO, &terminal_mode))
		return false;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	quiet = terminal_mode;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	fprintf(stderr, "%s: ", what);
	return true;
}

static int secret_open(const char *path, struct fault *fault)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fault_set(fault, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st)) {
		fault_set(fault, "%s: %s", path, strerror(errno));
		goto fail;
	}
	/* a pipe: what <(command) of a shell gives */
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode)) {
		fault_set(fault, "%s is not a regular file", path);
		goto fail;
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH))) {
		fault_set(fault,
			  "other users can read %s: chmod 600 %s, and make a new key if one of them may have read it",
			  path, path);
		goto fail;
	}
	return fd;
fail:
	close(fd);
	return -1;
}

static int text_read(const char *path, const char *what, struct text *text,
		     struct fault *fault)
{
	const char *name = strcmp(path, "-") != 0 ? path : "standard input";
	bool prompt = false;
	ssize_t got = 0;
	int fd;

	sodium_mlock(text, sizeof(*text));
	text->len = 0;
	fd = secret_open(path, fault);
	if (fd < 0)
		return -1;
	if (fd == STDIN_FILENO)
		prompt = terminal_prompt(what);
	while (text->len < sizeof(text->bytes)) {
		got = read(fd, text->bytes + text->len,
			   sizeof(text->bytes) - text->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		text->len += (size_t)got;
		if (prompt && text->bytes[text->len - 1] == '\n')
			break;
	}
	if (got < 0)
		fault_set(fault, "%s: %s", name, strerror(errno));
	if (prompt) {
		terminal_restore(0);
		fputc('\n', stderr);
	}
	if (fd != STDIN_FILENO)
		close(fd);
	if (got < 0)
		return -1;
	if (text->len > TEXT_MAX)
		return fault_set(fault, "%s is too large: more than %d bytes",
				 name, TEXT_MAX);
	/* one line end: LF or CRLF */
	if (text->len && text->bytes[text->len - 1] == '\n') {
		text->len--;
		if (text->len && text->bytes[text->len - 1] == '\r')
			text->len--;
	}
	if (!text->len)
		return fault_set(fault, "%s is empty", name);
	return 0;
}

static void secret_identify(struct secret *secret)
{
	crypto_generichash(secret->fingerprint, sizeof(secret->fingerprint),
			   secret->key, sizeof(secret->key), NULL, 0);
}

/* Is a key written as this text? libsodium reads any byte from 0x80 on as a digit, too. */
static bool is_base64_of(const uint8_t *key, const char *text, size_t len)
{
	char again[SECRET_BASE64];
	bool same;

	sodium_mlock(again, sizeof(again));
	same = len == sizeof(again) - 1 &&
	       !sodium_memcmp(key_base64(key, again), text, len);
	sodium_munlock(again, sizeof(again));
	return same;
}

int key_of_base64(const char *name, const char *text, size_t len, uint8_t *key,
		  struct fault *fault)
{
	unsigned char bytes[TEXT_MAX];
	const char *end;
	size_t got;
	int status = 0;

	sodium_mlock(bytes, sizeof(bytes));
	if (sodium_base642bin(bytes, sizeof(bytes), text, len, NULL, &got, &end,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    end != text + len ||
	    (got == CAMEX_KEY_LEN && !is_base64_of(bytes, text, len)))
		status = fault_set(fault, "%s is not base64", name);
	else if (got != CAMEX_KEY_LEN)
		status = fault_set(
			fault,
			"%s is too %s for a key: %zu bytes instead of %d", name,
			got < CAMEX_KEY_LEN ? "short" : "long", got,
			CAMEX_KEY_LEN);
	else
		memcpy(key, bytes, CAMEX_KEY_LEN);
	sodium_munlock(bytes, sizeof(bytes));
	return status;
}

int secret_of_base64(const char *name, const char *text, size_t len,
		     struct secret *secret, struct fault *fault)
{
	memset(secret, 0, sizeof(*secret));
	if (secret_init(fault) ||
	    key_of_base64(name, text, len, secret->key, fault))
		return -1;
	secret->given = true;
	secret_identify(secret);
	return 0;
}

void secret_derive_public(struct secret *secret)
{
	crypto_scalarmult_base(secret->public_key, secret->key);
}

int secret_read_key(const char *path, struct secret *secret,
		    struct fault *fault)
{
	const char *name = strcmp(path, "-") != 0 ? path : "standard input";
	struct text text;
	int status;

	if (secret_init(fault))
		return -1;
	status = text_read(path, "Key", &text, fault);
	if (!status)
		status = secret_of_base64(name, text.bytes, text.len, secret,
					  fault);
	text_wipe(&text);
	return status;
}

static bool is_key(const char *text, size_t len)
{
	uint8_t key[CAMEX_KEY_LEN];
	struct fault fault;
	bool is = !key_of_base64("", text, len, key, &fault);

	sodium_memzero(key, sizeof(key));
	return is;
}

int secret_read_passphrase(const char *path, struct secret *secret,
			   struct fault *fault)
{
	const char *name = strcmp(path, "-") != 0 ? path : "standard input";
	struct text text;
	int status;

	if (secret_init(fault))
		return -1;
	status = text_read(path, "Passphrase", &text, fault);
	if (!status && memchr(text.bytes, 0, text.len))
		status = fault_set(
			fault, "%s has a NUL byte: a passphrase cannot", name);
	if (!status)
		status = secret_of_passphrase(text.bytes, text.len, secret,
					      fault);
	if (!status)
		secret->is_key = is_key(text.bytes, text.len);
	text_wipe(&text);
	return status;
}

int secret_of_passphrase(const char *text, size_t len, struct secret *secret,
			 struct fault *fault)
{
	if (secret_init(fault))
		return -1;
	secret->exposed = false;
	secret->is_key = false;
	crypto_generichash(secret->key, sizeof(secret->key),
			   (const unsigned char *)text, len, NULL, 0);
	secret_identify(secret);
	return 0;
}

int secret_random_bytes(void *bytes, size_t len, struct fault *fault)
{
	if (secret_init(fault))
		return -1;
	randombytes_buf(bytes, len);
	return 0;
}

int secret_random(struct secret *secret, struct fault *fault)
{
	secret->exposed = false;
	if (secret_random_bytes(secret->key, sizeof(secret->key), fault))
		return -1;
	secret_identify(secret);
	return 0;
}

void secret_wipe(struct secret *secret)
{
	sodium_memzero(secret, sizeof(*secret));
}

const char *key_base64(const uint8_t *key, char *buf)
{
	return sodium_bin2base64(buf, SECRET_BASE64, key, CAMEX_KEY_LEN,
				 sodium_base64_VARIANT_ORIGINAL);
}

const char *secret_base64(const struct secret *secret, char *buf)
{
	return key_base64(secret->key, buf);
}

const char *secret_hex(const uint8_t *fingerprint, char *buf)
{
	return sodium_bin2hex(buf, SECRET_HEX, fingerprint,
			      CAMEX_FINGERPRINT_LEN);
}
