/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * WireGuard's four messages as bytes: no allocation, no kernel type beyond integers.
 * The module, the KUnit suites and the fuzzers compile this file unchanged.
 */
#ifndef CAMEX_WG_WIRE_H
#define CAMEX_WG_WIRE_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <assert.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#endif

#define CAMEX_WG_KEY_LEN	32	/* bytes of a Curve25519 or symmetric key */
#define CAMEX_WG_TAG		16	/* bytes of an authentication tag */
#define CAMEX_WG_MAC		16	/* bytes of mac1, mac2 and of a cookie */
#define CAMEX_WG_TIMESTAMP	12	/* bytes of a TAI64N time stamp */
#define CAMEX_WG_COOKIE_NONCE	24	/* bytes of an XChaCha20 nonce */

/* Kinds of messages. The type on the wire is the kind plus the suite's first type minus 1. */
enum camex_wg_kind {
	CAMEX_WG_INITIATION = 1,
	CAMEX_WG_RESPONSE = 2,
	CAMEX_WG_COOKIE = 3,
	CAMEX_WG_DATA = 4,
};

/* First type of the suite ChaCha20-Poly1305, which is WireGuard's own ... */
#define CAMEX_WG_FIRST_TYPE	1
/* ... and of the suite AES-256-GCM, which is camex's. */
#define CAMEX_WG_FIRST_TYPE_AES	0x81
/* The bit in which both suites' types differ. */
#define CAMEX_WG_TYPE_AES	0x80

/**
 * struct camex_wg_initiation - first message of a handshake
 * @type: type, and three zeros
 * @sender: index of the initiator, little-endian
 * @ephemeral: its ephemeral public key
 * @static_key: its static public key, encrypted
 * @timestamp: its time stamp, encrypted
 * @mac1: MAC of all before it, with a key derived from the receiver's public key
 * @mac2: MAC of all before it, with the cookie, or zeros
 */
struct camex_wg_initiation {
	u8 type[4];
	u8 sender[4];
	u8 ephemeral[CAMEX_WG_KEY_LEN];
	u8 static_key[CAMEX_WG_KEY_LEN + CAMEX_WG_TAG];
	u8 timestamp[CAMEX_WG_TIMESTAMP + CAMEX_WG_TAG];
	u8 mac1[CAMEX_WG_MAC];
	u8 mac2[CAMEX_WG_MAC];
};

/**
 * struct camex_wg_response - second message of a handshake
 * @type: type, and three zeros
 * @sender: index of the responder, little-endian
 * @receiver: index of the initiator, little-endian
 * @ephemeral: ephemeral public key of the responder
 * @empty: an empty text, encrypted: just the tag
 * @mac1: as in struct camex_wg_initiation
 * @mac2: as in struct camex_wg_initiation
 */
struct camex_wg_response {
	u8 type[4];
	u8 sender[4];
	u8 receiver[4];
	u8 ephemeral[CAMEX_WG_KEY_LEN];
	u8 empty[CAMEX_WG_TAG];
	u8 mac1[CAMEX_WG_MAC];
	u8 mac2[CAMEX_WG_MAC];
};

/**
 * struct camex_wg_cookie_reply - a receiver's answer to a handshake message under load
 * @type: type, and three zeros
 * @receiver: index of the message's sender, little-endian
 * @nonce: random
 * @cookie: the cookie, encrypted; mac1 of the message is the associated data
 */
struct camex_wg_cookie_reply {
	u8 type[4];
	u8 receiver[4];
	u8 nonce[CAMEX_WG_COOKIE_NONCE];
	u8 cookie[CAMEX_WG_MAC + CAMEX_WG_TAG];
};

/**
 * struct camex_wg_data - header of a data message, before the encrypted body
 * @type: type, and three zeros
 * @receiver: index of the receiver's session, little-endian
 * @counter: number of the message in its session, little-endian
 */
struct camex_wg_data {
	u8 type[4];
	u8 receiver[4];
	u8 counter[8];
};

static_assert(sizeof(struct camex_wg_initiation) == 148, "initiation");
static_assert(sizeof(struct camex_wg_response) == 92, "response");
static_assert(sizeof(struct camex_wg_cookie_reply) == 64, "cookie reply");
static_assert(sizeof(struct camex_wg_data) == 16, "data");

static inline u32 camex_wg_get32(const u8 p[4])
{
	return p[0] | ((u32)p[1] << 8) | ((u32)p[2] << 16) | ((u32)p[3] << 24);
}

static inline u64 camex_wg_get64(const u8 p[8])
{
	return camex_wg_get32(p) | ((u64)camex_wg_get32(p + 4) << 32);
}

static inline void camex_wg_put32(u8 p[4], u32 v)
{
	p[0] = (u8)v;
	p[1] = (u8)(v >> 8);
	p[2] = (u8)(v >> 16);
	p[3] = (u8)(v >> 24);
}

static inline void camex_wg_put64(u8 p[8], u64 v)
{
	camex_wg_put32(p, (u32)v);
	camex_wg_put32(p + 4, (u32)(v >> 32));
}

/**
 * camex_wg_kind() - get the kind of a datagram, as a message of a suite
 * @bytes: the datagram; only the first 4 bytes are read, if it has them
 * @len: bytes of the datagram
 * @first_type: first type of the suite
 *
 * Return: enum camex_wg_kind, or 0 if the type, the reserved bytes or the length is wrong.
 * A datagram with a kind is long enough for the struct of that kind.
 */
static inline int camex_wg_kind(const u8 *bytes, size_t len, u8 first_type)
{
	if (len < 4 || bytes[1] || bytes[2] || bytes[3])
		return 0;
	switch (bytes[0] - first_type + 1) {
	case CAMEX_WG_INITIATION:
		return len == sizeof(struct camex_wg_initiation) ? CAMEX_WG_INITIATION : 0;
	case CAMEX_WG_RESPONSE:
		return len == sizeof(struct camex_wg_response) ? CAMEX_WG_RESPONSE : 0;
	case CAMEX_WG_COOKIE:
		return len == sizeof(struct camex_wg_cookie_reply) ? CAMEX_WG_COOKIE : 0;
	case CAMEX_WG_DATA:
		return len >= sizeof(struct camex_wg_data) + CAMEX_WG_TAG ? CAMEX_WG_DATA : 0;
	}
	return 0;
}

/**
 * camex_wg_first_type() - get the suite that a message type belongs to
 * @type: the first byte of a message
 *
 * Return: the first message type of that suite.
 */
static inline u8 camex_wg_first_type(u8 type)
{
	return type & CAMEX_WG_TYPE_AES ? CAMEX_WG_FIRST_TYPE_AES : CAMEX_WG_FIRST_TYPE;
}

/**
 * camex_wg_put_type() - write the type of a message
 * @type: the first 4 bytes of the message
 * @kind: enum camex_wg_kind
 * @first_type: first type of the suite
 */
static inline void camex_wg_put_type(u8 type[4], enum camex_wg_kind kind, u8 first_type)
{
	type[0] = (u8)(first_type + kind - 1);
	type[1] = 0;
	type[2] = 0;
	type[3] = 0;
}

/**
 * camex_wg_put_data() - write the header of a data message
 * @header: sizeof(struct camex_wg_data) bytes
 * @first_type: first type of the suite
 * @receiver: index of the receiver's session
 * @counter: number of the message in its session
 */
static inline void camex_wg_put_data(u8 *header, u8 first_type, u32 receiver, u64 counter)
{
	struct camex_wg_data *data = (struct camex_wg_data *)header;

	camex_wg_put_type(data->type, CAMEX_WG_DATA, first_type);
	camex_wg_put32(data->receiver, receiver);
	camex_wg_put64(data->counter, counter);
}

/**
 * camex_wg_mac1() - find mac1 in an initiation or a response
 * @bytes: the message
 * @len: its bytes
 *
 * Return: mac1; mac2 follows it.
 */
static inline const u8 *camex_wg_mac1(const u8 *bytes, size_t len)
{
	return bytes + len - 2 * CAMEX_WG_MAC;
}

#endif /* CAMEX_WG_WIRE_H */
