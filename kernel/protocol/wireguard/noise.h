/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handshake Noise_IKpsk2 as WireGuard uses it. All functions work on values that the caller
 * owns and locks; none takes a lock or keeps a pointer. A function that computes Curve25519 costs
 * at least 200,000 instructions, and may sleep: call it from process context.
 *
 * Initiator: camex_noise_create_initiation(), camex_noise_consume_response().
 * Responder: camex_noise_open_initiation() names the initiator, camex_noise_check_initiation()
 * authenticates it, camex_noise_create_response() answers. Both: camex_noise_derive_keys().
 */
#ifndef CAMEX_WG_NOISE_H
#define CAMEX_WG_NOISE_H

#include <linux/types.h>

#include "crypto/hkdf.h"
#include "protocol/wireguard/wire.h"

struct camex_cipher;

/**
 * struct camex_noise_suite - the algorithms of a handshake, and the names that it mixes in
 * @name: name of the Noise protocol
 * @prologue: its prologue
 * @label_mac1: hashed with a public key into the key of mac1
 * @label_cookie: hashed with a public key into the key of cookie replies
 * @first_type: type byte of the suite's initiation; the other messages' types follow it
 * @big_endian: byte order of the counter in the nonces of data messages
 * @rekey_counter: a session that has sent this many data messages requests the next one ...
 * @reject_counter: ... and a data message with this counter, or a higher one, is refused
 * @cipher: the cipher of data messages
 * @seal: encrypt @len bytes from @in to @out, with a tag behind them, nonce 0, associated data
 *	@hash of CAMEX_HASH_LEN bytes
 * @open: decrypt @len bytes, including the tag; false if the tag is wrong
 */
struct camex_noise_suite {
	const char *name;
	const char *prologue;
	const char *label_mac1;
	const char *label_cookie;
	u8 first_type;
	bool big_endian;
	u64 rekey_counter;
	u64 reject_counter;
	const struct camex_cipher *cipher;
	void (*seal)(u8 *out, const u8 *in, size_t len, const u8 *hash, const u8 *key);
	bool (*open)(u8 *out, const u8 *in, size_t len, const u8 *hash, const u8 *key);
};

/* WireGuard's own: Curve25519, ChaCha20-Poly1305, BLAKE2s. */
extern const struct camex_noise_suite camex_noise_chacha20poly1305;
/* Ours, with AES-256-GCM instead. */
extern const struct camex_noise_suite camex_noise_aes256gcm;

const struct camex_noise_suite *camex_noise_suite_of(u8 type);

/**
 * struct camex_noise_local - static keys of a device
 * @has_key: the keys are set; otherwise the rest is zero
 * @private_key: the private key
 * @public_key: the public key that belongs to it
 */
struct camex_noise_local {
	bool has_key;
	u8 private_key[CAMEX_WG_KEY_LEN];
	u8 public_key[CAMEX_WG_KEY_LEN];
};

/**
 * struct camex_noise_remote - keys of a peer
 * @suite: the suite that this peer uses
 * @usable: @static_static is a shared secret. No handshake with the peer succeeds without it:
 *	the device has no key, or the peer's public key is a point of low order
 * @public_key: static public key of the peer
 * @preshared: the preshared key, or zeros
 * @static_static: shared secret of both static keys
 *
 * camex_noise_remote_init() fills it in, and the caller sets @preshared.
 */
struct camex_noise_remote {
	const struct camex_noise_suite *suite;
	bool usable;
	u8 public_key[CAMEX_WG_KEY_LEN];
	u8 preshared[CAMEX_WG_KEY_LEN];
	u8 static_static[CAMEX_WG_KEY_LEN];
};

/* Stages of a handshake. */
enum camex_noise_stage {
	CAMEX_NOISE_NONE,		/* nothing; all zero */
	CAMEX_NOISE_INITIATION_CREATED,	/* waits for the response */
	CAMEX_NOISE_INITIATION_OPENED,	/* the initiator has said who it is */
	CAMEX_NOISE_INITIATION_CHECKED,	/* and proved it */
	CAMEX_NOISE_RESPONSE_CREATED,	/* keys can be derived */
	CAMEX_NOISE_RESPONSE_CONSUMED,	/* keys can be derived */
};

/**
 * struct camex_noise_handshake - state of a handshake
 * @suite: its suite
 * @stage: enum camex_noise_stage
 * @local_index: local index, which the other end's messages contain
 * @remote_index: index of the other end, which our messages contain
 * @hash: hash of the transcript
 * @chain: the chaining key
 * @ephemeral_private: our ephemeral private key (initiator)
 * @remote_ephemeral: ephemeral public key of the other end (responder)
 */
struct camex_noise_handshake {
	const struct camex_noise_suite *suite;
	enum camex_noise_stage stage;
	u32 local_index;
	u32 remote_index;
	u8 hash[CAMEX_HASH_LEN];
	u8 chain[CAMEX_HASH_LEN];
	u8 ephemeral_private[CAMEX_WG_KEY_LEN];
	u8 remote_ephemeral[CAMEX_WG_KEY_LEN];
};

/**
 * struct camex_noise_keys - the keys that a handshake yields
 * @send: key of sent data messages
 * @receive: key of received data messages
 */
struct camex_noise_keys {
	u8 send[CAMEX_HASH_LEN];
	u8 receive[CAMEX_HASH_LEN];
};

bool camex_noise_local_set(struct camex_noise_local *local,
			   const u8 private_key[CAMEX_WG_KEY_LEN]);
void camex_noise_remote_init(struct camex_noise_remote *remote,
			     const struct camex_noise_suite *suite,
			     const u8 public_key[CAMEX_WG_KEY_LEN],
			     const struct camex_noise_local *local);
void camex_noise_remote_rekey(struct camex_noise_remote *remote,
			      const struct camex_noise_local *local);

bool camex_noise_create_initiation(struct camex_wg_initiation *message,
				   struct camex_noise_handshake *hs,
				   const struct camex_noise_local *local,
				   const struct camex_noise_remote *remote, u32 index,
				   const u8 timestamp[CAMEX_WG_TIMESTAMP]);
bool camex_noise_open_initiation(struct camex_noise_handshake *hs,
				 const struct camex_wg_initiation *message,
				 const struct camex_noise_suite *suite,
				 const struct camex_noise_local *local,
				 u8 public_key[CAMEX_WG_KEY_LEN]);
bool camex_noise_check_initiation(struct camex_noise_handshake *hs,
				  const struct camex_wg_initiation *message,
				  const struct camex_noise_remote *remote,
				  u8 timestamp[CAMEX_WG_TIMESTAMP]);
bool camex_noise_create_response(struct camex_wg_response *message,
				 struct camex_noise_handshake *hs,
				 const struct camex_noise_remote *remote, u32 index);
bool camex_noise_consume_response(struct camex_noise_handshake *hs,
				  const struct camex_wg_response *message,
				  const struct camex_noise_local *local,
				  const struct camex_noise_remote *remote);
bool camex_noise_derive_keys(struct camex_noise_handshake *hs, struct camex_noise_keys *keys);
void camex_noise_forget(struct camex_noise_handshake *hs);

#ifdef CAMEX_KUNIT
/* The next ephemeral private key, or NULL: a random one. */
extern const u8 *camex_test_ephemeral;
#endif

#endif /* CAMEX_WG_NOISE_H */
