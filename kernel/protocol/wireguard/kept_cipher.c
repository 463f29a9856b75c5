// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remembered ciphers of replaced peers. WireGuard's netlink interface has no cipher. A program that
 * replaces all peers (wg setconf) and lists a peer again expects it to be the same as before.
 */
#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "core/compat.h"
#include "protocol/wireguard/config.h"
#include "protocol/wireguard/wireguard.h"

/* Most keys that are remembered beyond those of the peers that are replaced. */
#define KEPT_MAX	65536

/**
 * struct camex_wg_kept - peers that had cipher aes-256-gcm when they were replaced
 * @portid: the socket that replaces them, possibly by more than one request. 0: a request
 *	failed, and the next socket is likely to repeat it
 * @count: number of keys
 * @keys: their public keys, sorted
 */
struct camex_wg_kept {
	u32 portid;
	unsigned int count;
	u8 keys[][CAMEX_KEY_LEN];
};

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, CAMEX_KEY_LEN);
}

static bool is_kept(const struct camex_wg_kept *kept, const u8 *public_key)
{
	return kept && bsearch(public_key, kept->keys, kept->count, CAMEX_KEY_LEN, compare_keys);
}

/* Does the list lack this peer? */
static bool is_to_keep(const struct camex_wg_kept *kept, const struct camex_peer *peer)
{
	u8 key[CAMEX_KEY_LEN];

	if (camex_wg_peer_cipher(peer) != CAMEX_CIPHER_AES_256_GCM)
		return false;
	camex_wg_peer_public_key(peer, key);
	return !is_kept(kept, key);
}

static unsigned int count_peers(struct camex_dev *cdev, const struct camex_wg_kept *kept)
{
	unsigned int count = 0;
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer)
		count += is_to_keep(kept, peer);
	return count;
}

static void forget_keys(struct camex_wg_dev *dev)
{
	kvfree(dev->kept);
	dev->kept = NULL;
}

/**
 * camex_wg_ciphers_keep() - remember the ciphers of all peers before they are deleted
 * @cdev: the device
 * @portid: the requesting socket
 *
 * Ciphers that were remembered for a failed request stay.
 *
 * Return: 0 or -ENOMEM.
 */
int camex_wg_ciphers_keep(struct camex_dev *cdev, u32 portid)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	struct camex_wg_kept *kept, *before = dev->kept;
	unsigned int count, old;
	struct camex_peer *peer;
	unsigned long number;

	ASSERT_RTNL();
	if (before && before->count > KEPT_MAX) {
		forget_keys(dev);
		before = NULL;
	}
	count = count_peers(cdev, before);
	if (!count)
		return 0;
	old = before ? before->count : 0;
	kept = kvmalloc(struct_size(kept, keys, (size_t)old + count), GFP_KERNEL_ACCOUNT);
	if (!kept)
		return -ENOMEM;
	kept->portid = portid;
	kept->count = old;
	if (old)
		memcpy(kept->keys, before->keys, (size_t)old * CAMEX_KEY_LEN);
	xa_for_each(&cdev->peers, number, peer)
		if (is_to_keep(before, peer))
			camex_wg_peer_public_key(peer, kept->keys[kept->count++]);
	sort(kept->keys, kept->count, CAMEX_KEY_LEN, compare_keys, NULL);
	forget_keys(dev);
	dev->kept = kept;
	return 0;
}

/**
 * camex_wg_ciphers_retain() - a request failed: remember the ciphers until it is repeated
 * @cdev: the device
 *
 * Context: RTNL.
 */
void camex_wg_ciphers_retain(struct camex_dev *cdev)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);

	if (dev->kept)
		dev->kept->portid = 0;
}

/**
 * camex_wg_ciphers_forget() - forget ciphers that another socket has made us remember
 * @cdev: the device
 * @portid: the requesting socket; 0: forget all
 */
void camex_wg_ciphers_forget(struct camex_dev *cdev, u32 portid)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);

	if (!dev->kept)
		return;
	if (portid && (!dev->kept->portid || dev->kept->portid == portid))
		dev->kept->portid = portid;
	else
		forget_keys(dev);
}

/**
 * camex_wg_cipher_kept() - get the cipher that a peer had before it was replaced
 * @cdev: the device
 * @public_key: 32 bytes
 *
 * Return: enum camex_cipher_type; the default one for a new peer.
 */
u32 camex_wg_cipher_kept(const struct camex_dev *cdev, const u8 *public_key)
{
	const struct camex_wg_dev *dev = camex_dev_own(cdev);

	return is_kept(dev->kept, public_key) ? CAMEX_CIPHER_AES_256_GCM :
						CAMEX_CIPHER_CHACHA20_POLY1305;
}
