// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/curve25519.h>
#include <linux/string.h>

#include "core/compat.h"
#include "protocol/wireguard/noise.h"

#ifdef CAMEX_KUNIT
const u8 *camex_test_ephemeral;
EXPORT_SYMBOL_GPL(camex_test_ephemeral);

static void draw_private(u8 *private_key)
{
	if (camex_test_ephemeral)
		memcpy(private_key, camex_test_ephemeral, CAMEX_WG_KEY_LEN);
	else
		curve25519_generate_secret(private_key);
}
#else
#define draw_private	curve25519_generate_secret
#endif

/* Noise's MixHash. */
static void mix_hash(struct camex_noise_handshake *hs, const u8 *data, size_t len)
{
	struct blake2s_ctx hash;

	blake2s_init(&hash, CAMEX_HASH_LEN);
	blake2s_update(&hash, hs->hash, CAMEX_HASH_LEN);
	blake2s_update(&hash, data, len);
	blake2s_final(&hash, hs->hash);
	memzero_explicit(&hash, sizeof(hash));
}

/* Token "e": mixed into the hash and, as the pattern has a psk, into the chaining key too. */
static void mix_ephemeral(struct camex_noise_handshake *hs, const u8 *public_key)
{
	mix_hash(hs, public_key, CAMEX_WG_KEY_LEN);
	camex_hkdf(hs->chain, NULL, NULL, hs->chain, public_key, CAMEX_WG_KEY_LEN);
}

/* Noise's MixKey with a shared secret. False if that is zero: a point of low order. */
static bool mix_agreed(struct camex_noise_handshake *hs, u8 *key, const u8 *private_key,
		       const u8 *public_key)
{
	u8 agreed[CAMEX_WG_KEY_LEN];
	bool ok = curve25519(agreed, private_key, public_key);

	if (ok)
		camex_hkdf(hs->chain, key, NULL, hs->chain, agreed, sizeof(agreed));
	memzero_explicit(agreed, sizeof(agreed));
	return ok;
}

/* The same with the shared secret of both static keys, which is already computed. */
static bool mix_static(struct camex_noise_handshake *hs, u8 *key,
		       const struct camex_noise_remote *remote)
{
	if (!remote->usable)
		return false;
	camex_hkdf(hs->chain, key, NULL, hs->chain, remote->static_static,
		   sizeof(remote->static_static));
	return true;
}

/* Token "psk": Noise's MixKeyAndHash. */
static void mix_preshared(struct camex_noise_handshake *hs, u8 *key,
			  const struct camex_noise_remote *remote)
{
	u8 temporary[CAMEX_HASH_LEN];

	camex_hkdf(hs->chain, temporary, key, hs->chain, remote->preshared,
		   sizeof(remote->preshared));
	mix_hash(hs, temporary, sizeof(temporary));
	memzero_explicit(temporary, sizeof(temporary));
}

/* Noise's EncryptAndHash: writes @len bytes and a tag to @out. */
static void seal_and_hash(struct camex_noise_handshake *hs, u8 *out, const u8 *in, size_t len,
			  const u8 *key)
{
	hs->suite->seal(out, in, len, hs->hash, key);
	mix_hash(hs, out, len + CAMEX_WG_TAG);
}

/* Noise's DecryptAndHash: @len includes the tag. */
static bool open_and_hash(struct camex_noise_handshake *hs, u8 *out, const u8 *in, size_t len,
			  const u8 *key)
{
	if (!hs->suite->open(out, in, len, hs->hash, key))
		return false;
	mix_hash(hs, in, len);
	return true;
}

/* Begin a handshake: mix in the names and the responder's public key (pre-message). */
static void begin_handshake(struct camex_noise_handshake *hs,
			    const struct camex_noise_suite *suite, const u8 *responder)
{
	struct blake2s_ctx hash;

	memset(hs, 0, sizeof(*hs));
	hs->suite = suite;
	blake2s_init(&hash, CAMEX_HASH_LEN);
	blake2s_update(&hash, suite->name, strlen(suite->name));
	blake2s_final(&hash, hs->chain);
	memcpy(hs->hash, hs->chain, CAMEX_HASH_LEN);
	mix_hash(hs, suite->prologue, strlen(suite->prologue));
	mix_hash(hs, responder, CAMEX_WG_KEY_LEN);
}

/* Draw an ephemeral key pair. Fails with a probability of 2^-250. */
static bool draw_ephemeral(u8 *private_key, u8 *public_key)
{
	draw_private(private_key);
	return curve25519_generate_public(public_key, private_key);
}

/**
 * camex_noise_local_set() - set the static keys of a device
 * @local: the keys
 * @private_key: the new private key; zeros: none
 *
 * The caller updates the peers by camex_noise_remote_rekey().
 *
 * Return: true if the device has keys now.
 */
bool camex_noise_local_set(struct camex_noise_local *local,
			   const u8 private_key[CAMEX_WG_KEY_LEN])
{
	memcpy(local->private_key, private_key, CAMEX_WG_KEY_LEN);
	local->has_key = memchr_inv(private_key, 0, CAMEX_WG_KEY_LEN);
	if (local->has_key) {
		curve25519_clamp_secret(local->private_key);
		local->has_key = curve25519_generate_public(local->public_key,
							    local->private_key);
	}
	if (!local->has_key)
		memzero_explicit(local, sizeof(*local));
	return local->has_key;
}

/**
 * camex_noise_remote_rekey() - compute what depends on the device's keys
 * @remote: a peer
 * @local: the keys, new ones or none
 */
void camex_noise_remote_rekey(struct camex_noise_remote *remote,
			      const struct camex_noise_local *local)
{
	remote->usable = local->has_key && curve25519(remote->static_static, local->private_key,
						      remote->public_key);
	if (!remote->usable)
		memzero_explicit(remote->static_static, sizeof(remote->static_static));
}

/**
 * camex_noise_remote_init() - initialize a peer without a preshared key
 * @remote: the peer
 * @suite: its suite
 * @public_key: its static public key; with a point of low order no handshake completes
 * @local: the device's keys
 */
void camex_noise_remote_init(struct camex_noise_remote *remote,
			     const struct camex_noise_suite *suite,
			     const u8 public_key[CAMEX_WG_KEY_LEN],
			     const struct camex_noise_local *local)
{
	memset(remote, 0, sizeof(*remote));
	remote->suite = suite;
	memcpy(remote->public_key, public_key, CAMEX_WG_KEY_LEN);
	camex_noise_remote_rekey(remote, local);
}

/**
 * camex_noise_create_initiation() - begin a handshake
 * @message: the initiation, all but its MACs
 * @hs: the handshake; its old content is overwritten
 * @local: the device's keys
 * @remote: the peer
 * @index: our index
 * @timestamp: time stamp, later than all sent to this peer under these keys
 *
 * Context: process, may sleep until the random number generator is ready.
 * Return: false if there is no usable key; @hs is wiped then.
 */
bool camex_noise_create_initiation(struct camex_wg_initiation *message,
				   struct camex_noise_handshake *hs,
				   const struct camex_noise_local *local,
				   const struct camex_noise_remote *remote, u32 index,
				   const u8 timestamp[CAMEX_WG_TIMESTAMP])
{
	u8 key[CAMEX_HASH_LEN];
	bool ok;

	begin_handshake(hs, remote->suite, remote->public_key);
	memset(message, 0, sizeof(*message));
	camex_wg_put_type(message->type, CAMEX_WG_INITIATION, hs->suite->first_type);
	camex_wg_put32(message->sender, index);
	ok = local->has_key && draw_ephemeral(hs->ephemeral_private, message->ephemeral);
	if (!ok)
		goto out;
	mix_ephemeral(hs, message->ephemeral);
	ok = mix_agreed(hs, key, hs->ephemeral_private, remote->public_key);
	if (!ok)
		goto out;
	seal_and_hash(hs, message->static_key, local->public_key, CAMEX_WG_KEY_LEN, key);
	ok = mix_static(hs, key, remote);
	if (!ok)
		goto out;
	seal_and_hash(hs, message->timestamp, timestamp, CAMEX_WG_TIMESTAMP, key);
	hs->local_index = index;
	hs->stage = CAMEX_NOISE_INITIATION_CREATED;
out:
	memzero_explicit(key, sizeof(key));
	if (!ok)
		camex_noise_forget(hs);
	return ok;
}

/**
 * camex_noise_open_initiation() - decrypt the initiator's public key
 * @hs: the new handshake, in temporary memory: the initiator has proved nothing yet
 * @message: an initiation with a valid mac1
 * @suite: the suite that its type belongs to
 * @local: the device's keys
 * @public_key: result, the static public key that the initiator claims
 *
 * Context: process.
 * Return: false if the message is not for this device; @hs is wiped then.
 */
bool camex_noise_open_initiation(struct camex_noise_handshake *hs,
				 const struct camex_wg_initiation *message,
				 const struct camex_noise_suite *suite,
				 const struct camex_noise_local *local,
				 u8 public_key[CAMEX_WG_KEY_LEN])
{
	u8 key[CAMEX_HASH_LEN];
	bool ok = local->has_key;

	begin_handshake(hs, suite, local->public_key);
	if (!ok)
		goto out;
	mix_ephemeral(hs, message->ephemeral);
	ok = mix_agreed(hs, key, local->private_key, message->ephemeral) &&
	     open_and_hash(hs, public_key, message->static_key, sizeof(message->static_key), key);
	if (!ok)
		goto out;
	memcpy(hs->remote_ephemeral, message->ephemeral, CAMEX_WG_KEY_LEN);
	hs->remote_index = camex_wg_get32(message->sender);
	hs->stage = CAMEX_NOISE_INITIATION_OPENED;
out:
	memzero_explicit(key, sizeof(key));
	if (!ok)
		camex_noise_forget(hs);
	return ok;
}

/**
 * camex_noise_check_initiation() - authenticate the initiator
 * @hs: the handshake that camex_noise_open_initiation() began
 * @message: the same initiation
 * @remote: the peer with that public key; if it uses another suite, the caller must stop after
 *	this check
 * @timestamp: result, the time stamp. If it is not later than all earlier ones of that peer, the
 *	message is a replay, and the caller must drop it
 *
 * Return: false if the initiator is not the peer; @hs is wiped then.
 */
bool camex_noise_check_initiation(struct camex_noise_handshake *hs,
				  const struct camex_wg_initiation *message,
				  const struct camex_noise_remote *remote,
				  u8 timestamp[CAMEX_WG_TIMESTAMP])
{
	u8 key[CAMEX_HASH_LEN];
	bool ok = hs->stage == CAMEX_NOISE_INITIATION_OPENED &&
		  mix_static(hs, key, remote) &&
		  open_and_hash(hs, timestamp, message->timestamp, sizeof(message->timestamp), key);

	memzero_explicit(key, sizeof(key));
	if (ok)
		hs->stage = CAMEX_NOISE_INITIATION_CHECKED;
	else
		camex_noise_forget(hs);
	return ok;
}

/**
 * camex_noise_create_response() - make the response to an initiation
 * @message: the response, all but its MACs
 * @hs: the handshake, authenticated by camex_noise_check_initiation()
 * @remote: its peer
 * @index: our index
 *
 * Context: process, may sleep until the random number generator is ready.
 * Return: false if the initiator's ephemeral key or the peer's static one is a point of low order,
 * or the peer uses another suite; @hs is wiped then.
 */
bool camex_noise_create_response(struct camex_wg_response *message,
				 struct camex_noise_handshake *hs,
				 const struct camex_noise_remote *remote, u32 index)
{
	u8 key[CAMEX_HASH_LEN], ephemeral[CAMEX_WG_KEY_LEN];
	bool ok = hs->stage == CAMEX_NOISE_INITIATION_CHECKED && hs->suite == remote->suite;

	memset(message, 0, sizeof(*message));
	if (!ok)
		goto out;
	camex_wg_put_type(message->type, CAMEX_WG_RESPONSE, hs->suite->first_type);
	camex_wg_put32(message->sender, index);
	camex_wg_put32(message->receiver, hs->remote_index);
	ok = draw_ephemeral(ephemeral, message->ephemeral);
	if (!ok)
		goto out;
	mix_ephemeral(hs, message->ephemeral);
	ok = mix_agreed(hs, key, ephemeral, hs->remote_ephemeral) &&
	     mix_agreed(hs, key, ephemeral, remote->public_key);
	if (!ok)
		goto out;
	mix_preshared(hs, key, remote);
	seal_and_hash(hs, message->empty, NULL, 0, key);
	hs->local_index = index;
	hs->stage = CAMEX_NOISE_RESPONSE_CREATED;
out:
	memzero_explicit(key, sizeof(key));
	memzero_explicit(ephemeral, sizeof(ephemeral));
	if (!ok)
		camex_noise_forget(hs);
	return ok;
}

/**
 * camex_noise_consume_response() - process the response to our initiation
 * @hs: the handshake that camex_noise_create_initiation() began
 * @message: a response with a valid mac1 whose receiver is @hs->local_index
 * @local: the device's keys
 * @remote: the peer
 *
 * Anybody who saw the initiation can send a response in which only the last tag is wrong.
 *
 * Context: process.
 * Return: false if the peer did not make it; @hs is unchanged then, and still accepts a response.
 */
bool camex_noise_consume_response(struct camex_noise_handshake *hs,
				  const struct camex_wg_response *message,
				  const struct camex_noise_local *local,
				  const struct camex_noise_remote *remote)
{
	struct camex_noise_handshake next = *hs;
	u8 key[CAMEX_HASH_LEN];
	bool ok = hs->stage == CAMEX_NOISE_INITIATION_CREATED && local->has_key &&
		  camex_wg_get32(message->receiver) == hs->local_index;

	if (!ok)
		goto out;
	mix_ephemeral(&next, message->ephemeral);
	ok = mix_agreed(&next, key, next.ephemeral_private, message->ephemeral) &&
	     mix_agreed(&next, key, local->private_key, message->ephemeral);
	if (!ok)
		goto out;
	mix_preshared(&next, key, remote);
	ok = open_and_hash(&next, NULL, message->empty, sizeof(message->empty), key);
	if (!ok)
		goto out;
	memzero_explicit(next.ephemeral_private, sizeof(next.ephemeral_private));
	next.remote_index = camex_wg_get32(message->sender);
	next.stage = CAMEX_NOISE_RESPONSE_CONSUMED;
	*hs = next;
out:
	memzero_explicit(key, sizeof(key));
	memzero_explicit(&next, sizeof(next));
	return ok;
}

/**
 * camex_noise_derive_keys() - derive the keys of a session from a complete handshake
 * @hs: a handshake whose response was created or consumed; it is wiped, so copy its indices
 *	before
 * @keys: result
 *
 * Return: false if the handshake is not complete, or was already used.
 */
bool camex_noise_derive_keys(struct camex_noise_handshake *hs, struct camex_noise_keys *keys)
{
	bool ok = true;

	if (hs->stage == CAMEX_NOISE_RESPONSE_CONSUMED)
		camex_hkdf(keys->send, keys->receive, NULL, hs->chain, NULL, 0);
	else if (hs->stage == CAMEX_NOISE_RESPONSE_CREATED)
		camex_hkdf(keys->receive, keys->send, NULL, hs->chain, NULL, 0);
	else
		ok = false;
	camex_noise_forget(hs);
	return ok;
}

/**
 * camex_noise_forget() - wipe a handshake
 * @hs: the handshake, which may be in any stage
 */
void camex_noise_forget(struct camex_noise_handshake *hs)
{
	memzero_explicit(hs, sizeof(*hs));
}
