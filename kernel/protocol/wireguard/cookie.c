// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/algapi.h>
#include <crypto/chacha20poly1305.h>
#include <linux/random.h>
#include <linux/string.h>

#include "core/compat.h"
#include "core/device.h"
#include "protocol/wireguard/cookie.h"
#include "protocol/wireguard/noise.h"

/* Longest input of a cookie: an IPv6 address and a port. */
#define SOURCE_MAX	(sizeof(struct in6_addr) + sizeof(__be16))

/* Keyed BLAKE2s of 16 bytes. */
static void make_mac(u8 mac[CAMEX_WG_MAC], const u8 *key, size_t key_len, const u8 *data,
		     size_t len)
{
	struct blake2s_ctx hash;

	blake2s_init_key(&hash, CAMEX_WG_MAC, key, key_len);
	blake2s_update(&hash, data, len);
	blake2s_final(&hash, mac);
	memzero_explicit(&hash, sizeof(hash));
}

/* Derive the key of mac1 or of cookies: the hash of a label and a public key. */
static void make_key(u8 key[CAMEX_HASH_LEN], const char *label, const u8 *public_key)
{
	struct blake2s_ctx hash;

	blake2s_init(&hash, CAMEX_HASH_LEN);
	blake2s_update(&hash, label, strlen(label));
	blake2s_update(&hash, public_key, CAMEX_WG_KEY_LEN);
	blake2s_final(&hash, key);
}

/* Compute the cookie of an address and port. */
static void make_cookie(struct camex_cookie_checker *checker, u8 cookie[CAMEX_WG_MAC],
			const struct camex_addr *source, u64 now)
{
	u8 secret[CAMEX_HASH_LEN], bytes[SOURCE_MAX];
	size_t len = source->family == AF_INET ? sizeof(source->v4) : sizeof(source->v6);

	memcpy(bytes, &source->v6, len);
	memcpy(bytes + len, &source->port, sizeof(source->port));
	len += sizeof(source->port);
	spin_lock_bh(&checker->lock);
	if (now >= checker->expires) {
		get_random_bytes(checker->secret, sizeof(checker->secret));
		checker->expires = now + CAMEX_COOKIE_LIFE;
	}
	memcpy(secret, checker->secret, sizeof(secret));
	spin_unlock_bh(&checker->lock);
	make_mac(cookie, secret, sizeof(secret), bytes, len);
	memzero_explicit(secret, sizeof(secret));
}

/**
 * camex_cookie_checker_init() - initialize a checker that rejects every mac1
 * @checker: the checker, for camex_cookie_checker_set()
 */
void camex_cookie_checker_init(struct camex_cookie_checker *checker)
{
	memset(checker, 0, sizeof(*checker));
	spin_lock_init(&checker->lock);
}

/**
 * camex_cookie_checker_set() - set the public key that messages must prove to know
 * @checker: the device's checker of one suite
 * @suite: the suite
 * @public_key: the device's new public key, or NULL: none
 *
 * Context: takes the lock; may be called while messages are checked.
 */
void camex_cookie_checker_set(struct camex_cookie_checker *checker,
			      const struct camex_noise_suite *suite,
			      const u8 public_key[CAMEX_WG_KEY_LEN])
{
	spin_lock_bh(&checker->lock);
	checker->has_key = public_key;
	checker->first_type = suite->first_type;
	if (public_key) {
		make_key(checker->mac1_key, suite->label_mac1, public_key);
		make_key(checker->cookie_key, suite->label_cookie, public_key);
	}
	spin_unlock_bh(&checker->lock);
}

/**
 * camex_cookie_check_mac1() - check that the sender knows our public key
 * @checker: the checker of the message's suite
 * @message: an initiation or a response
 * @len: its bytes
 *
 * Return: false if the caller must drop the message without an answer.
 */
bool camex_cookie_check_mac1(struct camex_cookie_checker *checker, const u8 *message,
			     size_t len)
{
	const u8 *mac1 = camex_wg_mac1(message, len);
	u8 key[CAMEX_HASH_LEN], mac[CAMEX_WG_MAC];
	bool ok;

	spin_lock_bh(&checker->lock);
	ok = checker->has_key;
	memcpy(key, checker->mac1_key, sizeof(key));
	spin_unlock_bh(&checker->lock);
	if (!ok)
		return false;
	make_mac(mac, key, sizeof(key), message, mac1 - message);
	return !crypto_memneq(mac, mac1, sizeof(mac));
}

/**
 * camex_cookie_check_mac2() - check that the sender receives what is sent to its address
 * @checker: the checker of the message's suite
 * @message: an initiation or a response with a valid mac1
 * @len: its bytes
 * @source: its source address and port
 * @now: the time
 *
 * Return: false if, under load, the caller must send camex_cookie_reply() and nothing else.
 */
bool camex_cookie_check_mac2(struct camex_cookie_checker *checker, const u8 *message,
			     size_t len, const struct camex_addr *source, u64 now)
{
	const u8 *mac2 = message + len - CAMEX_WG_MAC;
	u8 cookie[CAMEX_WG_MAC], mac[CAMEX_WG_MAC];

	make_cookie(checker, cookie, source, now);
	make_mac(mac, cookie, sizeof(cookie), message, mac2 - message);
	memzero_explicit(cookie, sizeof(cookie));
	return !crypto_memneq(mac, mac2, sizeof(mac));
}

/**
 * camex_cookie_reply() - make the answer to a message under load
 * @checker: the checker of the message's suite
 * @reply: the answer, smaller than any message that it answers
 * @message: an initiation or a response with a valid mac1
 * @len: its bytes
 * @source: its source address and port, to which the answer goes
 * @now: the time
 */
void camex_cookie_reply(struct camex_cookie_checker *checker,
			struct camex_wg_cookie_reply *reply, const u8 *message, size_t len,
			const struct camex_addr *source, u64 now)
{
	u8 cookie[CAMEX_WG_MAC], key[CAMEX_HASH_LEN], first_type;

	spin_lock_bh(&checker->lock);
	first_type = checker->first_type;
	memcpy(key, checker->cookie_key, sizeof(key));
	spin_unlock_bh(&checker->lock);
	camex_wg_put_type(reply->type, CAMEX_WG_COOKIE, first_type);
	/* In both kinds of message the sender's index follows the type. */
	memcpy(reply->receiver, message + sizeof(reply->type), sizeof(reply->receiver));
	get_random_bytes(reply->nonce, sizeof(reply->nonce));
	make_cookie(checker, cookie, source, now);
	xchacha20poly1305_encrypt(reply->cookie, cookie, sizeof(cookie),
				  camex_wg_mac1(message, len), CAMEX_WG_MAC, reply->nonce, key);
	memzero_explicit(cookie, sizeof(cookie));
}

/**
 * camex_cookie_init() - initialize the MACs of messages to a peer, without a cookie
 * @cookie: the state
 * @suite: the peer's suite
 * @public_key: the peer's static public key
 */
void camex_cookie_init(struct camex_cookie *cookie, const struct camex_noise_suite *suite,
		       const u8 public_key[CAMEX_WG_KEY_LEN])
{
	memset(cookie, 0, sizeof(*cookie));
	spin_lock_init(&cookie->lock);
	make_key(cookie->mac1_key, suite->label_mac1, public_key);
	make_key(cookie->cookie_key, suite->label_cookie, public_key);
}

/**
 * camex_cookie_add_macs() - fill in the MACs of an initiation or a response
 * @cookie: state of the receiving peer
 * @message: the message, with room for its MACs
 * @len: its bytes, including the MACs
 * @now: the time
 *
 * Without a fresh cookie mac2 is zero.
 */
void camex_cookie_add_macs(struct camex_cookie *cookie, u8 *message, size_t len, u64 now)
{
	u8 *mac2 = message + len - CAMEX_WG_MAC, *mac1 = mac2 - CAMEX_WG_MAC;

	spin_lock_bh(&cookie->lock);
	make_mac(mac1, cookie->mac1_key, sizeof(cookie->mac1_key), message, mac1 - message);
	memcpy(cookie->mac1, mac1, sizeof(cookie->mac1));
	cookie->asked = true;
	if (cookie->known && now - cookie->born < CAMEX_COOKIE_LIFE - CAMEX_COOKIE_LATENCY)
		make_mac(mac2, cookie->cookie, sizeof(cookie->cookie), message, mac2 - message);
	else
		memset(mac2, 0, CAMEX_WG_MAC);
	spin_unlock_bh(&cookie->lock);
}

/**
 * camex_cookie_consume() - process a cookie reply
 * @cookie: state of the peer whose handshake or session has the reply's receiver index
 * @reply: the reply
 * @now: the time
 *
 * Return: false if it does not answer the last message, or is a second answer to it.
 */
bool camex_cookie_consume(struct camex_cookie *cookie,
			  const struct camex_wg_cookie_reply *reply, u64 now)
{
	u8 opened[CAMEX_WG_MAC];
	bool ok;

	spin_lock_bh(&cookie->lock);
	ok = cookie->asked &&
	     xchacha20poly1305_decrypt(opened, reply->cookie, sizeof(reply->cookie), cookie->mac1,
				       sizeof(cookie->mac1), reply->nonce, cookie->cookie_key);
	if (ok) {
		memcpy(cookie->cookie, opened, sizeof(opened));
		cookie->born = now;
		cookie->known = true;
		cookie->asked = false;
	}
	spin_unlock_bh(&cookie->lock);
	memzero_explicit(opened, sizeof(opened));
	return ok;
}
