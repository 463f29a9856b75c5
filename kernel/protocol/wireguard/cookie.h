/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MACs of handshake messages. mac1 proves that the sender knows the receiver's public key: a
 * message with a wrong mac1 is dropped without an answer. mac2 proves that the sender receives what
 * is sent to its address. A receiver under load processes only messages with a valid mac2, and
 * answers the others with a cookie, which is the key of mac2.
 *
 * Times are ktime_get_boottime_ns() or similar clocks that include suspended time.
 */
#ifndef CAMEX_WG_COOKIE_H
#define CAMEX_WG_COOKIE_H

#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "crypto/hkdf.h"
#include "protocol/wireguard/wire.h"

struct camex_addr;
struct camex_noise_suite;

/* Lifetime of the secret that makes cookies, and of a cookie, nanoseconds. */
#define CAMEX_COOKIE_LIFE	(120 * (u64)NSEC_PER_SEC)
/* The sender stops using a cookie this much earlier, so that it is valid on arrival. */
#define CAMEX_COOKIE_LATENCY	(5 * (u64)NSEC_PER_SEC)

/**
 * struct camex_cookie_checker - checks the MACs of received messages of one suite
 * @lock: protects the rest
 * @has_key: the device has a key; otherwise every mac1 is rejected
 * @first_type: first message type of the suite
 * @expires: when to draw a new @secret; 0: none was drawn yet
 * @secret: key under which the MAC of a source address is its cookie
 * @mac1_key: the key of mac1, derived from the device's public key
 * @cookie_key: the key that encrypts cookies, likewise
 */
struct camex_cookie_checker {
	spinlock_t lock;	/* of the rest */
	bool has_key;
	u8 first_type;
	u64 expires;
	u8 secret[CAMEX_HASH_LEN];
	u8 mac1_key[CAMEX_HASH_LEN];
	u8 cookie_key[CAMEX_HASH_LEN];
};

/**
 * struct camex_cookie - makes the MACs of messages to a peer, and holds its cookie
 * @lock: protects the rest
 * @asked: no cookie reply to the message of @mac1 was accepted yet
 * @known: there is a cookie
 * @born: when the cookie was received
 * @mac1: mac1 of the last message sent to the peer
 * @cookie: the cookie
 * @mac1_key: the key of mac1, derived from the peer's public key
 * @cookie_key: the key that decrypts its cookies, likewise
 */
struct camex_cookie {
	spinlock_t lock;	/* of the rest */
	bool asked;
	bool known;
	u64 born;
	u8 mac1[CAMEX_WG_MAC];
	u8 cookie[CAMEX_WG_MAC];
	u8 mac1_key[CAMEX_HASH_LEN];
	u8 cookie_key[CAMEX_HASH_LEN];
};

void camex_cookie_checker_init(struct camex_cookie_checker *checker);
void camex_cookie_checker_set(struct camex_cookie_checker *checker,
			      const struct camex_noise_suite *suite,
			      const u8 public_key[CAMEX_WG_KEY_LEN]);
bool camex_cookie_check_mac1(struct camex_cookie_checker *checker, const u8 *message,
			     size_t len);
bool camex_cookie_check_mac2(struct camex_cookie_checker *checker, const u8 *message,
			     size_t len, const struct camex_addr *source, u64 now);
void camex_cookie_reply(struct camex_cookie_checker *checker,
			struct camex_wg_cookie_reply *reply, const u8 *message, size_t len,
			const struct camex_addr *source, u64 now);

void camex_cookie_init(struct camex_cookie *cookie, const struct camex_noise_suite *suite,
		       const u8 public_key[CAMEX_WG_KEY_LEN]);
void camex_cookie_add_macs(struct camex_cookie *cookie, u8 *message, size_t len, u64 now);
bool camex_cookie_consume(struct camex_cookie *cookie,
			  const struct camex_wg_cookie_reply *reply, u64 now);

#endif /* CAMEX_WG_COOKIE_H */
