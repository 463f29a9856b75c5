// SPDX-License-Identifier: GPL-2.0-only
/* The distinct keys of a device: peers may share one. */
#include <crypto/algapi.h>
#include <linux/net.h>
#include <linux/rtnetlink.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/transport.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/sealed.h"

static u32 key_hash(const void *data, u32 len, u32 seed)
{
	static siphash_key_t secret;

	net_get_random_once(&secret, sizeof(secret));
	return (u32)siphash(data, len, &secret);
}

static u32 key_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct camex_key *key = data;

	return key_hash(&key->aead, sizeof(key->aead), seed);
}

static int key_obj_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct camex_key *key = obj;

	return !!crypto_memneq(&key->aead, arg->key, sizeof(key->aead));
}

static const struct rhashtable_params by_key = {
	.key_len = sizeof(struct camex_aead_key),
	.head_offset = offsetof(struct camex_key, hash_node),
	.hashfn = key_hash,
	.obj_hashfn = key_obj_hash,
	.obj_cmpfn = key_obj_cmp,
	.automatic_shrinking = true,
};

/**
 * camex_keys_init() - set up the table of keys
 * @cdev: a new device
 *
 * Return: 0 or a negative errno.
 */
int camex_keys_init(struct camex_dev *cdev)
{
	struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);

	INIT_LIST_HEAD(&own->keys);
	return rhashtable_init(&own->key_table, &by_key);
}

/**
 * camex_keys_free() - free the empty table
 * @cdev: a device without peers
 */
void camex_keys_free(struct camex_dev *cdev)
{
	rhashtable_destroy(&camex_sealed_of_dev(cdev)->key_table);
}

/**
 * camex_key_get() - the device's entry for a key, made if it is new
 * @cdev: the device
 * @bytes: CAMEX_KEY_LEN bytes
 *
 * Context: RTNL, may sleep.
 * Return: the entry with a reference for the caller, or NULL without memory.
 */
struct camex_key *camex_key_get(struct camex_dev *cdev, const u8 *bytes)
{
	struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);
	struct camex_key *key, *old;

	ASSERT_RTNL();
	key = kzalloc(sizeof(*key), CAMEX_GFP_REQUEST);
	if (!key)
		return NULL;
	camex_aead_key_set(&key->aead, &camex_chacha20poly1305, bytes);

	old = rhashtable_lookup_fast(&own->key_table, &key->aead, by_key);
	if (old) {
		kfree_sensitive(key);
		refcount_inc(&old->users);
		return old;
	}
	refcount_set(&key->users, 1);
	INIT_LIST_HEAD(&key->node);
	INIT_LIST_HEAD(&key->peers);
	if (rhashtable_insert_fast(&own->key_table, &key->hash_node, by_key)) {
		kfree_sensitive(key);
		return NULL;
	}
	return key;
}

/**
 * camex_key_attach() - give a key to a peer
 * @key: the key; the peer takes over the caller's reference
 * @peer: a peer without a key
 *
 * Context: RTNL.
 */
void camex_key_attach(struct camex_key *key, struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);
	bool first = list_empty(&own->keys);

	if (list_empty(&key->peers))
		list_add_tail_rcu(&key->node, &own->keys);
	list_add_tail_rcu(&camex_sealed_of(peer)->key_node, &key->peers);
	if (first && cdev->transport->rekeyed)
		cdev->transport->rekeyed(cdev);
}

/**
 * camex_key_detach() - take a key from a peer
 * @key: the key
 * @peer: the peer, which gives up its reference
 *
 * Context: RTNL.
 */
void camex_key_detach(struct camex_key *key, struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;
	const struct camex_sealed_ops *sealed = cdev->protocol->sealed;

	list_del_rcu(&camex_sealed_of(peer)->key_node);
	if (list_empty(&key->peers)) {
		list_del_rcu(&key->node);
		if (sealed->key_gone)
			sealed->key_gone(cdev, key);
		if (list_empty(&camex_sealed_of_dev(cdev)->keys) && cdev->transport->rekeyed)
			cdev->transport->rekeyed(cdev);
	}
	camex_key_unget(cdev, key);
}

/**
 * camex_key_unget() - undo camex_key_get()
 * @cdev: the device
 * @key: the key; removed from the device when no peer has it
 *
 * Context: RTNL.
 */
void camex_key_unget(struct camex_dev *cdev, struct camex_key *key)
{
	ASSERT_RTNL();
	if (list_empty(&key->peers))
		rhashtable_remove_fast(&camex_sealed_of_dev(cdev)->key_table,
				       &key->hash_node, by_key);
	camex_key_put(key);
}

static void key_free(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct camex_key, rcu));
}

/**
 * camex_key_put() - give up a reference to a key
 * @key: the key; wiped and freed a grace period after the last reference
 */
void camex_key_put(struct camex_key *key)
{
	if (refcount_dec_and_test(&key->users))
		call_rcu(&key->rcu, key_free);
}
