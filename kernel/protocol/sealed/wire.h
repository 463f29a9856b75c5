/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes on the wire, as pure functions: no allocation, no kernel type
 * beyond integers. The module, the KUnit suites and the fuzzers compile this
 * file unchanged.
 */
#ifndef CAMEX_WIRE_H
#define CAMEX_WIRE_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#endif

#define CAMEX_WIRE_MAGIC_LEN	4	/* "CX2P" */
#define CAMEX_WIRE_NONCE	5	/* where the nonce is in a header */
#define CAMEX_WIRE_NONCE_LEN	12	/* bytes of an RFC 8439 nonce */
#define CAMEX_WIRE_HEADER	28	/* bytes before the ciphertext */
#define CAMEX_WIRE_HEADER_OLD	27	/* the same without the version byte */
#define CAMEX_WIRE_TAG		16	/* bytes of Poly1305 tag after it */
#define CAMEX_WIRE_VERSION	1
#define CAMEX_WIRE_BODY_MAX	65535	/* maximum of the length field */

/* Types of datagrams of protocol camex. */
enum camex_wire_type {
	CAMEX_WIRE_REGISTER = 1,	/* text, client to server */
	CAMEX_WIRE_DATA = 2,		/* one bare IP packet */
	CAMEX_WIRE_CONFIG = 3,		/* text, server to client */
	CAMEX_WIRE_KEEPALIVE = 4,	/* nothing */
};

/**
 * struct camex_wire_header - the header in front of the ciphertext
 * @type: enum camex_wire_type
 * @len: bytes of the header itself, CAMEX_WIRE_HEADER or CAMEX_WIRE_HEADER_OLD
 * @prefix: first 4 bytes of the nonce as a big-endian number: the session
 * @body: bytes of ciphertext, equal to the bytes of plaintext
 * @seq: the last 8 bytes of the nonce
 *
 * On the wire: magic "CX2P" (4), type (1), nonce = prefix (4) and sequence (8),
 * body length (2), sequence again (8), version (1, missing in the oldest form);
 * integers big-endian. The whole is the associated data of the ciphertext.
 */
struct camex_wire_header {
	u8 type;
	u8 len;
	u16 body;
	u32 prefix;
	u64 seq;
};

static inline u16 camex_get16(const u8 *p)
{
	return (u16)((p[0] << 8) | p[1]);
}

static inline u32 camex_get32(const u8 *p)
{
	return ((u32)p[0] << 24) | ((u32)p[1] << 16) | ((u32)p[2] << 8) | p[3];
}

static inline u64 camex_get64(const u8 *p)
{
	return ((u64)camex_get32(p) << 32) | camex_get32(p + 4);
}

static inline void camex_put16(u8 *p, u16 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}

static inline void camex_put32(u8 *p, u32 v)
{
	camex_put16(p, (u16)(v >> 16));
	camex_put16(p + 2, (u16)v);
}

static inline void camex_put64(u8 *p, u64 v)
{
	camex_put32(p, (u32)(v >> 32));
	camex_put32(p + 4, (u32)v);
}

/**
 * camex_wire_has_magic() - does a datagram begin with "CX2P"
 * @data: the datagram
 * @len: bytes of the datagram
 */
static inline bool camex_wire_has_magic(const u8 *data, size_t len)
{
	return len >= CAMEX_WIRE_MAGIC_LEN && data[0] == 'C' &&
	       data[1] == 'X' && data[2] == '2' && data[3] == 'P';
}

/**
 * camex_wire_parse() - parse the header of an encrypted datagram
 * @data: the first bytes of the datagram, at least CAMEX_WIRE_HEADER of them
 *	if @len is that large
 * @len: bytes of the whole datagram
 * @h: result, written only on success
 *
 * The length of the header follows from the lengths of datagram and body: 28 or 27 bytes. A
 * datagram with another difference is malformed.
 *
 * Return: true for a well-formed header; nothing is authenticated yet.
 */
static inline bool camex_wire_parse(const u8 *data, size_t len,
				    struct camex_wire_header *h)
{
	size_t body, header;

	if (len < CAMEX_WIRE_HEADER_OLD + CAMEX_WIRE_TAG)
		return false;
	if (!camex_wire_has_magic(data, len))
		return false;
	if (data[4] < CAMEX_WIRE_REGISTER || data[4] > CAMEX_WIRE_KEEPALIVE)
		return false;

	body = camex_get16(data + 17);
	if (len < body + CAMEX_WIRE_TAG)
		return false;
	header = len - body - CAMEX_WIRE_TAG;
	if (header == CAMEX_WIRE_HEADER) {
		if (data[27] != CAMEX_WIRE_VERSION)
			return false;
	} else if (header != CAMEX_WIRE_HEADER_OLD) {
		return false;
	}
	if (data[4] == CAMEX_WIRE_KEEPALIVE ? body != 0 : body == 0)
		return false;
	if (memcmp(data + 9, data + 19, 8))
		return false;

	h->type = data[4];
	h->len = (u8)header;
	h->body = (u16)body;
	h->prefix = camex_get32(data + 5);
	h->seq = camex_get64(data + 9);
	return true;
}

/**
 * camex_wire_build() - write the header of an encrypted datagram
 * @out: @h->len bytes
 * @h: what to write
 */
static inline void camex_wire_build(u8 *out, const struct camex_wire_header *h)
{
	out[0] = 'C';
	out[1] = 'X';
	out[2] = '2';
	out[3] = 'P';
	out[4] = h->type;
	camex_put32(out + 5, h->prefix);
	camex_put64(out + 9, h->seq);
	camex_put16(out + 17, h->body);
	camex_put64(out + 19, h->seq);
	if (h->len == CAMEX_WIRE_HEADER)
		out[27] = CAMEX_WIRE_VERSION;
}

#define CAMEX_WIRE_PLAIN_KEEPALIVE	5	/* length of a KEEPALIVE without encryption */

/**
 * camex_wire_plain_keepalive() - write a KEEPALIVE without encryption
 * @out: CAMEX_WIRE_PLAIN_KEEPALIVE bytes: magic "CX2P" and the type
 */
static inline void camex_wire_plain_keepalive(u8 *out)
{
	out[0] = 'C';
	out[1] = 'X';
	out[2] = '2';
	out[3] = 'P';
	out[4] = CAMEX_WIRE_KEEPALIVE;
}

/**
 * camex_wire_is_plain_keepalive() - is this a KEEPALIVE without encryption
 * @data: the datagram
 * @len: bytes of the datagram
 */
static inline bool camex_wire_is_plain_keepalive(const u8 *data, size_t len)
{
	return len == CAMEX_WIRE_PLAIN_KEEPALIVE &&
	       camex_wire_has_magic(data, len) &&
	       data[4] == CAMEX_WIRE_KEEPALIVE;
}

#endif /* CAMEX_WIRE_H */
