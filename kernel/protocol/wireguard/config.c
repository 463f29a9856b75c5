// SPDX-License-Identifier: GPL-2.0-only
/* Configuration: keys of devices and peers. */
#include <crypto/algapi.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>

#include "core/compat.h"
#include "core/staged.h"
#include "core/timer.h"
#include "protocol/wireguard/config.h"
#include "protocol/wireguard/data.h"
#include "protocol/wireguard/handshake.h"
#include "protocol/wireguard/wireguard.h"

static const struct rhashtable_params by_public_key = {
	.key_len = CAMEX_KEY_LEN,
	.key_offset = offsetof(struct camex_wg_peer, remote.public_key),
	.head_offset = offsetof(struct camex_wg_peer, node),
	.automatic_shrinking = true,
};

/**
 * camex_wg_peers_init() - set up the table of peers
 * @dev: the device
 *
 * Return: 0 or -ENOMEM.
 */
int camex_wg_peers_init(struct camex_wg_dev *dev)
{
	return rhashtable_init(&dev->peers, &by_public_key);
}

/**
 * camex_wg_peers_free() - free the empty table
 * @dev: the device
 */
void camex_wg_peers_free(struct camex_wg_dev *dev)
{
	rhashtable_destroy(&dev->peers);
}

/**
 * camex_wg_peer_lookup() - find a peer by its public key
 * @dev: the device
 * @public_key: 32 bytes
 *
 * Context: RCU reader, or RTNL.
 * Return: the peer, or NULL.
 */
struct camex_wg_peer *camex_wg_peer_lookup(struct camex_wg_dev *dev, const u8 *public_key)
{
	return rhashtable_lookup_fast(&dev->peers, public_key, by_public_key);
}

/**
 * camex_wg_peer_unknown() - remove a peer from the table of public keys
 * @own: the peer
 *
 * Context: RTNL and camex_dev.lock.
 */
void camex_wg_peer_unknown(struct camex_wg_peer *own)
{
	struct camex_wg_dev *dev = camex_dev_own(own->peer->cdev);

	if (!own->known)
		return;
	rhashtable_remove_fast(&dev->peers, &own->node, by_public_key);
	own->known = false;
}

/* A peer with the device's own public key would be the device itself. */
static void delete_self(struct camex_dev *cdev, const u8 *public_key)
{
	struct camex_peer *peer = camex_wg_peer_find(cdev, public_key);

	if (!peer)
		return;
	if (peer == cdev->single_peer)
		camex_wg_peer_set_public(peer, NULL);
	else
		camex_peer_del(peer);
}

/**
 * camex_wg_set_private_key() - set the private key of a device
 * @cdev: the device
 * @key: 32 bytes; zeros delete the key
 *
 * Sessions made with the old key send nothing more. A peer whose public key is that of the device
 * is deleted.
 *
 * Return: 0.
 */
int camex_wg_set_private_key(struct camex_dev *cdev, const u8 *key)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	struct camex_noise_local local;
	struct camex_peer *peer;
	const u8 *public_key;
	unsigned long number;

	ASSERT_RTNL();
	camex_noise_local_set(&local, key);
	if (local.has_key == dev->local.has_key &&
	    !crypto_memneq(local.private_key, dev->local.private_key, CAMEX_KEY_LEN))
		goto out;
	if (local.has_key)
		delete_self(cdev, local.public_key);
	spin_lock_bh(&cdev->lock);
	dev->local = local;
	dev->changes++;
	spin_unlock_bh(&cdev->lock);
	public_key = local.has_key ? local.public_key : NULL;
	camex_cookie_checker_set(&dev->checkers[0], &camex_noise_chacha20poly1305, public_key);
	camex_cookie_checker_set(&dev->checkers[1], &camex_noise_aes256gcm, public_key);
	xa_for_each(&cdev->peers, number, peer) {
		struct camex_wg_peer *own = camex_peer_own(peer);

		spin_lock_bh(&cdev->lock);
		camex_wg_handshake_forget(peer);
		camex_wg_sessions_stop(&own->sessions);
		/* Depends on the old key; computed again when needed. */
		memzero_explicit(own->remote.static_static, sizeof(own->remote.static_static));
		own->remote.usable = false;
		own->computed = 0;
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
out:
	memzero_explicit(&local, sizeof(local));
	return 0;
}

/**
 * camex_wg_private_key() - get the private key of a device
 * @cdev: the device
 * @key: result, 32 bytes; zeros if there is none
 *
 * Return: false if there is none.
 */
bool camex_wg_private_key(const struct camex_dev *cdev, u8 *key)
{
	const struct camex_wg_dev *dev = camex_dev_own(cdev);

	memcpy(key, dev->local.private_key, CAMEX_KEY_LEN);
	return dev->local.has_key;
}

/**
 * camex_wg_public_key() - get the public key of a device
 * @cdev: the device
 * @key: result, 32 bytes; zeros if there is none
 *
 * Return: false if there is none.
 */
bool camex_wg_public_key(const struct camex_dev *cdev, u8 *key)
{
	const struct camex_wg_dev *dev = camex_dev_own(cdev);

	memcpy(key, dev->local.public_key, CAMEX_KEY_LEN);
	return dev->local.has_key;
}

/**
 * camex_wg_peer_find() - find a peer by its public key, under RTNL
 * @cdev: the device
 * @public_key: 32 bytes
 *
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_wg_peer_find(struct camex_dev *cdev, const u8 *public_key)
{
	struct camex_wg_peer *own = camex_wg_peer_lookup(camex_dev_own(cdev), public_key);

	return own ? own->peer : NULL;
}

/**
 * camex_wg_peer_new() - add a peer that has only a name, a public key and a cipher
 * @cdev: the device
 * @name: as for camex_peer_new()
 * @public_key: 32 bytes that no other peer has
 * @cipher: enum camex_cipher_type, which the CPU has
 *
 * Return: the peer, or an ERR_PTR: -EEXIST, -EINVAL if it is the device's own key.
 */
struct camex_peer *camex_wg_peer_new(struct camex_dev *cdev, const char *name,
				     const u8 *public_key, u32 cipher)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	struct camex_peer *peer;
	int err;

	if (dev->local.has_key && !memcmp(public_key, dev->local.public_key, CAMEX_KEY_LEN))
		return ERR_PTR(-EINVAL);
	if (camex_wg_peer_find(cdev, public_key))
		return ERR_PTR(-EEXIST);
	peer = camex_peer_new(cdev, name, NULL, NULL);
	if (IS_ERR(peer))
		return peer;
	camex_wg_peer_set_cipher(peer, cipher);
	err = camex_wg_peer_set_public(peer, public_key);
	if (!err)
		return peer;
	camex_peer_del(peer);
	return ERR_PTR(err);
}

/* Delete the peer's public key, and everything derived from it. */
static void forget_key(struct camex_peer *peer, struct camex_wg_peer *own)
{
	spin_lock_bh(&peer->cdev->lock);
	camex_wg_peer_unknown(own);
	camex_wg_handshake_forget(peer);
	camex_wg_sessions_clear(&own->sessions);
	spin_unlock_bh(&peer->cdev->lock);
	cancel_work_sync(&own->initiate);
	/* Nothing sets this while the peer is in no table. */
	WRITE_ONCE(own->wanted, false);
	/* Wait for workers that found the peer in a table: they are RCU readers. */
	synchronize_net();
	own->computed = 0;
	own->remote.usable = false;
	memzero_explicit(own->remote.static_static, sizeof(own->remote.static_static));
	memset(own->remote.public_key, 0, CAMEX_KEY_LEN);
	memset(own->taken, 0, sizeof(own->taken));
	memset(own->stamp, 0, sizeof(own->stamp));
}

/**
 * camex_wg_peer_set_public() - give a peer its public key
 * @peer: the peer; what belongs to its previous key is deleted
 * @public_key: 32 bytes that no other peer has; NULL: none
 *
 * Return: 0 or -ENOMEM.
 */
int camex_wg_peer_set_public(struct camex_peer *peer, const u8 *public_key)
{
	struct camex_wg_dev *dev = camex_dev_own(peer->cdev);
	struct camex_wg_peer *own = camex_peer_own(peer);
	int err;

	ASSERT_RTNL();
	if (public_key && own->known &&
	    !memcmp(own->remote.public_key, public_key, CAMEX_KEY_LEN))
		return 0;
	/*
	 * Only the single peer of a device can change its key, so the table is empty now.
	 * Inserting into an empty table cannot fail for want of memory.
	 */
	if (own->known)
		forget_key(peer, own);
	if (!public_key)
		return 0;
	memcpy(own->remote.public_key, public_key, CAMEX_KEY_LEN);
	camex_cookie_init(&own->cookie, own->remote.suite, public_key);
	err = rhashtable_insert_fast(&dev->peers, &own->node, by_public_key);
	if (err) {
		memset(own->remote.public_key, 0, CAMEX_KEY_LEN);
		return err;
	}
	spin_lock_bh(&peer->cdev->lock);
	own->known = true;
	spin_unlock_bh(&peer->cdev->lock);
	return 0;
}

/**
 * camex_wg_peer_set_cipher() - set the cipher of a peer
 * @peer: the peer; if the cipher changes, its public key is deleted
 * @cipher: enum camex_cipher_type, which the CPU has
 */
void camex_wg_peer_set_cipher(struct camex_peer *peer, u32 cipher)
{
	struct camex_wg_peer *own = camex_peer_own(peer);
	const struct camex_noise_suite *suite = cipher == CAMEX_CIPHER_AES_256_GCM ?
		&camex_noise_aes256gcm : &camex_noise_chacha20poly1305;

	ASSERT_RTNL();
	if (own->remote.suite == suite)
		return;
	if (own->known)
		forget_key(peer, own);
	own->remote.suite = suite;
}

/**
 * camex_wg_peer_cipher() - get the cipher of a peer
 * @peer: the peer
 *
 * Return: enum camex_cipher_type.
 */
u32 camex_wg_peer_cipher(const struct camex_peer *peer)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);

	return own->remote.suite == &camex_noise_aes256gcm ? CAMEX_CIPHER_AES_256_GCM :
							     CAMEX_CIPHER_CHACHA20_POLY1305;
}

/**
 * camex_wg_peer_public_key() - get the public key of a peer
 * @peer: the peer
 * @key: result, 32 bytes; zeros if it has none yet
 */
void camex_wg_peer_public_key(const struct camex_peer *peer, u8 *key)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);

	memcpy(key, own->remote.public_key, CAMEX_KEY_LEN);
}

/**
 * camex_wg_peer_set_preshared() - set the preshared key of a peer
 * @peer: the peer
 * @key: 32 bytes; zeros delete the key
 *
 * The next handshake uses it.
 */
void camex_wg_peer_set_preshared(struct camex_peer *peer, const u8 *key)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	spin_lock_bh(&peer->cdev->lock);
	memcpy(own->remote.preshared, key, CAMEX_KEY_LEN);
	spin_unlock_bh(&peer->cdev->lock);
}

/**
 * camex_wg_peer_preshared() - get the preshared key of a peer
 * @peer: the peer
 * @key: result, 32 bytes; zeros if there is none
 *
 * Return: false if there is none.
 */
bool camex_wg_peer_preshared(const struct camex_peer *peer, u8 *key)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);
	u8 any = 0;
	int i;

	memcpy(key, own->remote.preshared, CAMEX_KEY_LEN);
	for (i = 0; i < CAMEX_KEY_LEN; i++)
		any |= key[i];
	return any;
}

/**
 * camex_wg_peer_last_handshake() - get the wall-clock time of the last complete handshake
 * @peer: the peer
 *
 * Return: nanoseconds since 1970; 0 if there was none.
 */
u64 camex_wg_peer_last_handshake(const struct camex_peer *peer)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);
	u64 when;

	spin_lock_bh(&peer->cdev->lock);
	when = own->done_wall;
	spin_unlock_bh(&peer->cdev->lock);
	return when;
}

/**
 * camex_wg_peer_handshake_age() - get the time since the last complete handshake
 * @peer: the peer
 * @msecs: result, milliseconds
 *
 * Return: false if there was none.
 */
bool camex_wg_peer_handshake_age(const struct camex_peer *peer, u64 *msecs)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);
	u64 when;

	spin_lock_bh(&peer->cdev->lock);
	when = own->done_at;
	spin_unlock_bh(&peer->cdev->lock);
	*msecs = div_u64(camex_wg_now() - when, NSEC_PER_MSEC);
	return when;
}

/**
 * camex_wg_peer_flush() - send what a change of a peer makes possible
 * @peer: the peer, whose endpoint or keepalive may have changed
 *
 * Sends staged packets, and the first persistent keepalive if that was just turned on.
 */
void camex_wg_peer_flush(struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;

	spin_lock_bh(&cdev->lock);
	camex_peer_wake(peer, jiffies);
	spin_unlock_bh(&cdev->lock);
	rcu_read_lock_bh();
	camex_staged_send(peer);
	rcu_read_unlock_bh();
}
