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

/**
 * struct camex_wg_kept - peers that had cipher aes-256-gcm when they were replaced
 * @portid: the socket that replaces them, possibly by more than one request
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

static unsigned int count_peers(struct camex_dev *cdev)
{
	unsigned int count = 0;
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer)
		count += camex_wg_peer_cipher(peer) == CAMEX_CIPHER_AES_256_GCM;
	return count;
}

/**
 * camex_wg_ciphers_keep() - remember the ciphers of all peers before they are deleted
 * @cdev: the device
 * @portid: the requesting socket
 *
 * Return: 0 or -ENOMEM.
 */
int camex_wg_ciphers_keep(struct camex_dev *cdev, u32 portid)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	unsigned int count = count_peers(cdev);
	struct camex_wg_kept *kept;
	struct camex_peer *peer;
	unsigned long number;

	ASSERT_RTNL();
	camex_wg_ciphers_forget(cdev, 0);
	if (!count)
		return 0;
	kept = kvmalloc(struct_size(kept, keys, count), GFP_KERNEL_ACCOUNT);
	if (!kept)
		return -ENOMEM;
	kept->portid = portid;
	kept->count = 0;
	xa_for_each(&cdev->peers, number, peer)
		if (camex_wg_peer_cipher(peer) == CAMEX_CIPHER_AES_256_GCM)
			camex_wg_peer_public_key(peer, kept->keys[kept->count++]);
	sort(kept->keys, kept->count, CAMEX_KEY_LEN, compare_keys, NULL);
	dev->kept = kept;
	return 0;
}

/**
 * camex_wg_ciphers_forget() - forget ciphers that another socket has made us remember
 * @cdev: the device
 * @portid: the requesting socket; 0: forget all
 */
void camex_wg_ciphers_forget(struct camex_dev *cdev, u32 portid)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);

	if (!dev->kept || (portid && dev->kept->portid == portid))
		return;
	kvfree(dev->kept);
	dev->kept = NULL;
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
	const struct camex_wg_kept *kept = dev->kept;

	if (kept && bsearch(public_key, kept->keys, kept->count, CAMEX_KEY_LEN, compare_keys))
		return CAMEX_CIPHER_AES_256_GCM;
	return CAMEX_CIPHER_CHACHA20_POLY1305;
}
