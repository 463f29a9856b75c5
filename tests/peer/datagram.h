/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Datagrams of the protocols camex and raw, as bytes. */
#ifndef PEER_DATAGRAM_H
#define PEER_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_LEN		32
#define PREFIX_LEN	4
#define DATAGRAM_MAX	65535	/* bytes; no UDP payload is larger */

/* What is put around a packet. */
enum mode {
	ENCRYPTED,	/* protocol camex with a key */
	PLAIN,		/* protocol camex without */
	RAW,		/* protocol raw */
};

enum type {
	REGISTER = 1,
	DATA = 2,
	CONFIG = 3,
	KEEPALIVE = 4,
};

/**
 * struct datagram - what a datagram says
 * @type: what its body is
 * @oldest: its header has 27 bytes, without the version
 * @prefix: the first 4 bytes of its nonce; encrypted ones alone have it
 * @seq: the other 8, as a number
 * @body: plaintext
 * @len: bytes of @body
 */
struct datagram {
	enum type type;
	bool oldest;
	uint8_t prefix[PREFIX_LEN];
	uint64_t seq;
	const uint8_t *body;
	size_t len;
};

/**
 * key_derive() - the key of a passphrase
 * @passphrase: text
 * @len: its bytes
 * @key: result, KEY_LEN bytes
 */
void key_derive(const char *passphrase, size_t len, uint8_t *key);

/**
 * type_name() - a type in words
 * @type: a type
 */
const char *type_name(enum type type);

/**
 * datagram_build() - make the bytes of a datagram
 * @mode: what is put around the body
 * @key: KEY_LEN bytes, for ENCRYPTED alone
 * @d: what it says
 * @out: room for DATAGRAM_MAX bytes
 *
 * Return: its bytes; 0 when it would be too long.
 */
size_t datagram_build(enum mode mode, const uint8_t *key,
		      const struct datagram *d, uint8_t *out);

/**
 * datagram_open() - take a datagram apart
 * @mode: what is around the body
 * @key: KEY_LEN bytes, for ENCRYPTED alone
 * @in: the datagram
 * @len: its bytes
 * @d: result; type, prefix, seq and len are there as soon as the header is good,
 *	whether it opens or not
 * @room: DATAGRAM_MAX bytes where @d->body may be
 *
 * Return: NULL, or what is wrong with it.
 */
const char *datagram_open(enum mode mode, const uint8_t *key, const uint8_t *in,
			  size_t len, struct datagram *d, uint8_t *room);

#endif /* PEER_DATAGRAM_H */
