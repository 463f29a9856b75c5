/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MACs of handshake messages. mac1 shows that the sender knows the receiver's public key:
 * what has a wrong one is dropped without an answer. mac2 shows that the sender receives what is
 * sent to its address: a receiver under load looks at nothing else, and answers the rest with a
 * cookie, which is what mac2 is made with.
 *
 * Times are ktime_get_boottime_ns() or the like, so that suspended time counts.
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

/* How long a secret makes cookies, and how long a cookie is used, nanoseconds. */
#define CAMEX_COOKIE_LIFE	(120 * NSEC_PER_SEC)
/* A cookie is used that much less, so that it is still good on arrival. */
#define CAMEX_COOKIE_LATENCY	(5 * NSEC_PER_SEC)

/**
 * struct camex_cookie_checker - checks the MACs of what a device receives with one suite
 * @lock: protects the rest
 * @has_key: the device has a key; without one every mac1 is wrong
 * @first_type: first message type of the suite
 * @expires: when @secret has to be drawn anew; 0: there is none yet
 * @secret: the key of the MAC of an address that makes a cookie
 * @mac1_key: the key of mac1, made of the device's public key
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
 * struct camex_cookie - makes the MACs of what a peer is sent, and holds its cookie
 * @lock: protects the rest
 * @asked: @mac1 is of a message that no cookie reply has been taken for
 * @known: there is a cookie
 * @born: when it came
 * @mac1: mac1 of the last message sent to the peer
 * @cookie: the cookie
 * @mac1_key: the key of mac1, made of the peer's public key
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
