// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <sodium.h>
#include <string.h>

#include "control.h"
#include "datagram.h"
#include "inner.h"

enum {
	AT_TYPE = 4,
	AT_NONCE = 5,
	AT_LENGTH = 17,
	AT_SEQ = 19,
	AT_VERSION = 27,
	HEADER_OLDEST = 27,
	HEADER = 28,
	TAG = 16,
	VERSION = 1,
};

static const uint8_t magic[4] = "CX2P";

void key_derive(const char *passphrase, size_t len, uint8_t *key)
{
	crypto_generichash(key, KEY_LEN, (const uint8_t *)passphrase, len, NULL, 0);
}

const char *type_name(enum type type)
{
	static const char *const names[] = {
		[REGISTER] = "REGISTER",
		[DATA] = "DATA",
		[CONFIG] = "CONFIG",
		[KEEPALIVE] = "KEEPALIVE",
	};

	return names[type];
}

static void put_number(uint8_t *out, uint64_t number, int bytes)
{
	while (bytes--) {
		out[bytes] = (uint8_t)number;
		number >>= 8;
	}
}

static uint64_t get_number(const uint8_t *in, int bytes)
{
	uint64_t number = 0;

	while (bytes--)
		number = number << 8 | *in++;
	return number;
}

static size_t seal(const uint8_t *key, const struct datagram *d, uint8_t *out)
{
	size_t header = d->oldest ? HEADER_OLDEST : HEADER;

	if (header + d->len + TAG > DATAGRAM_MAX)
		return 0;
	memcpy(out, magic, sizeof(magic));
	out[AT_TYPE] = d->type;
	memcpy(out + AT_NONCE, d->prefix, PREFIX_LEN);
	put_number(out + AT_NONCE + PREFIX_LEN, d->seq, 8);
	put_number(out + AT_LENGTH, d->len, 2);
	put_number(out + AT_SEQ, d->seq, 8);
	if (!d->oldest)
		out[AT_VERSION] = VERSION;
	crypto_aead_chacha20poly1305_ietf_encrypt(out + header, NULL, d->body,
						  d->len, out, header, NULL,
						  out + AT_NONCE, key);
	return header + d->len + TAG;
}

static size_t wrap_plain(enum mode mode, const struct datagram *d, uint8_t *out)
{
	if (mode == PLAIN && d->type == KEEPALIVE) {
		memcpy(out, magic, sizeof(magic));
		out[AT_TYPE] = KEEPALIVE;
		return AT_TYPE + 1;
	}
	if (d->len > DATAGRAM_MAX)
		return 0;
	memcpy(out, d->body, d->len);
	return d->len;
}

size_t datagram_build(enum mode mode, const uint8_t *key,
		      const struct datagram *d, uint8_t *out)
{
	return mode == ENCRYPTED ? seal(key, d, out) : wrap_plain(mode, d, out);
}

static const char *unseal(const uint8_t *key, const uint8_t *in, size_t len,
			  struct datagram *d, uint8_t *room)
{
	size_t header;

	if (len < HEADER_OLDEST + TAG)
		return "too short";
	if (memcmp(in, magic, sizeof(magic)))
		return "not encrypted";
	if (in[AT_TYPE] < REGISTER || in[AT_TYPE] > KEEPALIVE)
		return "unknown type";
	d->len = get_number(in + AT_LENGTH, 2);
	if (d->len + HEADER_OLDEST + TAG != len && d->len + HEADER + TAG != len)
		return "the body's length does not fit the datagram";
	header = len - d->len - TAG;
	d->oldest = header == HEADER_OLDEST;
	if (!d->oldest && in[AT_VERSION] != VERSION)
		return "unknown version";
	if (memcmp(in + AT_NONCE + PREFIX_LEN, in + AT_SEQ, 8))
		return "the sequences differ";
	d->type = in[AT_TYPE];
	memcpy(d->prefix, in + AT_NONCE, PREFIX_LEN);
	d->seq = get_number(in + AT_SEQ, 8);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(room, NULL, NULL, in + header,
						      len - header, in, header,
						      in + AT_NONCE, key))
		return "the tag does not fit";
	d->body = room;
	if (d->type == KEEPALIVE && d->len)
		return "KEEPALIVE with a body";
	return NULL;
}

static const char *unwrap_plain(enum mode mode, const uint8_t *in, size_t len,
				struct datagram *d)
{
	bool control = mode == PLAIN && len >= sizeof(magic) &&
		       !memcmp(in, magic, sizeof(magic));

	d->type = DATA;
	d->body = in;
	d->len = len;
	if (!control)
		return NULL;
	if (len == AT_TYPE + 1 && in[AT_TYPE] == KEEPALIVE) {
		d->type = KEEPALIVE;
		d->len = 0;
	} else if (control_is_config(in, len)) {
		d->type = CONFIG;
	} else {
		d->type = REGISTER;
	}
	return NULL;
}

const char *datagram_open(enum mode mode, const uint8_t *key, const uint8_t *in,
			  size_t len, struct datagram *d, uint8_t *room)
{
	const char *wrong;

	memset(d, 0, sizeof(*d));
	wrong = mode == ENCRYPTED ? unseal(key, in, len, d, room) :
				    unwrap_plain(mode, in, len, d);
	if (!wrong && d->type == DATA)
		wrong = inner_check(d->body, d->len);
	return wrong;
}
