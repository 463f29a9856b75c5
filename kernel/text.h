/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control text of protocol camex, as pure functions: no allocation, no
 * kernel type beyond integers. The module, the KUnit suites and the fuzzers
 * compile this file unchanged.
 *
 * One line of fields, as the OpenIPC camex daemon writes them:
 *
 *	CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2
 *	CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM01
 *	CX2P REGISTER 10.88.0.2				(the oldest form)
 */
#ifndef CAMEX_TEXT_H
#define CAMEX_TEXT_H

#include "wire.h"

#define CAMEX_TEXT_MAX		1023	/* bytes of a text */
#define CAMEX_TEXT_VALUE_MAX	63	/* bytes of a field's value */
#define CAMEX_TEXT_ID_MAX	31	/* bytes of a CLIENT_ID */
#define CAMEX_TEXT_REGISTER_MAX	64	/* bytes that camex_text_manual() writes */

/**
 * struct camex_text_register - what a REGISTER says
 * @automatic: it asks for CONFIG
 * @has_ip: @ip is given
 * @ip: LOCAL_IP in host byte order
 * @id: CLIENT_ID, or ""
 */
struct camex_text_register {
	bool automatic;
	bool has_ip;
	u32 ip;
	char id[CAMEX_TEXT_ID_MAX + 1];
};

/* A piece of a text. */
struct camex_text_word {
	const u8 *data;
	size_t len;
};

static inline bool camex_text_is_blank(u8 c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Take the next word off a text; false at its end. */
static inline bool camex_text_next(struct camex_text_word *rest,
				   struct camex_text_word *word)
{
	while (rest->len && camex_text_is_blank(*rest->data)) {
		rest->data++;
		rest->len--;
	}
	word->data = rest->data;
	word->len = 0;
	while (rest->len && !camex_text_is_blank(*rest->data)) {
		rest->data++;
		rest->len--;
		word->len++;
	}
	return word->len > 0;
}

static inline bool camex_text_is(const struct camex_text_word *word,
				 const char *text)
{
	return word->len == strlen(text) && !memcmp(word->data, text, word->len);
}

/* Is the word NAME=value? The value is left in @word then. */
static inline bool camex_text_field(struct camex_text_word *word,
				    const char *name)
{
	size_t len = strlen(name);

	if (word->len <= len || memcmp(word->data, name, len) ||
	    word->data[len] != '=')
		return false;
	word->data += len + 1;
	word->len -= len + 1;
	return true;
}

/* A decimal number without sign or leading zero, up to @max. */
static inline bool camex_text_number(const struct camex_text_word *word,
				     u32 max, u32 *number)
{
	u32 sum = 0;
	size_t i;

	if (!word->len || word->len > 9 || (word->len > 1 && word->data[0] == '0'))
		return false;
	for (i = 0; i < word->len; i++) {
		if (word->data[i] < '0' || word->data[i] > '9')
			return false;
		sum = sum * 10 + (u32)(word->data[i] - '0');
	}
	*number = sum;
	return sum <= max;
}

/* Four decimal numbers with dots between them. */
static inline bool camex_text_ip(const struct camex_text_word *word, u32 *ip)
{
	const u8 *at = word->data, *end = at + word->len;
	u32 sum = 0, number;
	int parts;

	for (parts = 0; parts < 4; parts++) {
		struct camex_text_word part = { .data = at };

		while (at != end && *at != '.')
			at++;
		part.len = (size_t)(at - part.data);
		if (!camex_text_number(&part, 255, &number))
			return false;
		sum = sum << 8 | number;
		if (at == end)
			break;
		at++;
	}
	*ip = sum;
	return parts == 3;
}

/* A name: printing ASCII, which has neither blank nor NUL. */
static inline bool camex_text_id(const struct camex_text_word *word, char *id)
{
	size_t i;

	if (!word->len || word->len > CAMEX_TEXT_ID_MAX)
		return false;
	for (i = 0; i < word->len; i++)
		if (word->data[i] <= ' ' || word->data[i] > '~')
			return false;
	memcpy(id, word->data, word->len);
	id[word->len] = '\0';
	return true;
}

/**
 * camex_text_parse_register() - take a REGISTER apart
 * @text: the text, from a stranger
 * @len: its bytes
 * @r: result, complete only on success
 *
 * What the daemon's server ignores is refused: a version above ours and a field
 * that is not known. So is a field that is given twice, one that says what
 * cannot be, and MODE without the field that belongs to it.
 *
 * Return: true for a REGISTER.
 */
static inline bool camex_text_parse_register(const void *text, size_t len,
					     struct camex_text_register *r)
{
	enum { VER = 1, MODE = 2, ID = 4, IP = 8 };
	struct camex_text_word rest = { .data = text, .len = len }, word;
	unsigned int field, seen = 0;
	u32 version;

	r->automatic = false;
	r->has_ip = false;
	r->ip = 0;
	r->id[0] = '\0';
	if (len > CAMEX_TEXT_MAX)
		return false;
	if (!camex_text_next(&rest, &word) || !camex_text_is(&word, "CX2P") ||
	    !camex_text_next(&rest, &word) || !camex_text_is(&word, "REGISTER") ||
	    !camex_text_next(&rest, &word))
		return false;

	if (camex_text_ip(&word, &r->ip)) {	/* the oldest form */
		r->has_ip = true;
		return !camex_text_next(&rest, &word);
	}
	do {
		bool good;

		if (camex_text_field(&word, "VER")) {
			field = VER;
			good = camex_text_number(&word, CAMEX_WIRE_VERSION, &version);
		} else if (camex_text_field(&word, "MODE")) {
			field = MODE;
			r->automatic = camex_text_is(&word, "AUTO");
			good = r->automatic || camex_text_is(&word, "MANUAL");
		} else if (camex_text_field(&word, "CLIENT_ID")) {
			field = ID;
			good = camex_text_id(&word, r->id);
		} else if (camex_text_field(&word, "LOCAL_IP")) {
			field = IP;
			good = camex_text_ip(&word, &r->ip);
		} else {
			return false;
		}
		if (!good || word.len > CAMEX_TEXT_VALUE_MAX || (seen & field))
			return false;
		seen |= field;
	} while (camex_text_next(&rest, &word));

	r->has_ip = seen & IP;
	return (seen & MODE) && (seen & (r->automatic ? ID : IP));
}

/* Append a text; the number of bytes it had. */
static inline size_t camex_text_put(char *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len);
	return len;
}

/**
 * camex_text_manual() - write a REGISTER in the form MANUAL
 * @out: room for CAMEX_TEXT_REGISTER_MAX bytes; no NUL is written
 * @ip: LOCAL_IP in host byte order
 * @oldest: in the form of the oldest daemons
 *
 * Return: bytes written, the final LF included.
 */
static inline size_t camex_text_manual(char *out, u32 ip, bool oldest)
{
	size_t len;
	int shift;

	len = camex_text_put(out, oldest ? "CX2P REGISTER " :
			     "CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=");
	for (shift = 24; shift >= 0; shift -= 8) {
		u32 number = ip >> shift & 255;

		if (number >= 100)
			out[len++] = (char)('0' + number / 100);
		if (number >= 10)
			out[len++] = (char)('0' + number / 10 % 10);
		out[len++] = (char)('0' + number % 10);
		out[len++] = shift ? '.' : '\n';
	}
	return len;
}

#endif /* CAMEX_TEXT_H */
