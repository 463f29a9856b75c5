/* SPDX-License-Identifier: GPL-2.0-only */
/* The distinct keys of a device, and the key that a peer has. */
#ifndef CAMEX_SEALED_KEY_H
#define CAMEX_SEALED_KEY_H

#include <linux/refcount.h>

#include "protocol/sealed/state.h"

/**
 * struct camex_key - one distinct key of a device
 * @aead: the key for the cipher
 * @users: reference count: one for each peer and session
 * @hash_node: in camex_sealed_dev.key_table (RTNL)
 * @node: on camex_sealed_dev.keys, while a peer has the key (RTNL; read under RCU)
 * @peers: peers that have the key, by camex_sealed_peer.key_node (RTNL; read under RCU)
 * @rcu: wipes and frees the key
 */
struct camex_key {
	struct camex_aead_key aead;
	refcount_t users;
	struct rhash_head hash_node;
	struct list_head node;
	struct list_head peers;
	struct rcu_head rcu;
};

int camex_keys_init(struct camex_dev *cdev);
void camex_keys_free(struct camex_dev *cdev);
struct camex_key *camex_key_get(struct camex_dev *cdev, const u8 *bytes);
void camex_key_unget(struct camex_dev *cdev, struct camex_key *key);
void camex_key_attach(struct camex_key *key, struct camex_peer *peer);
void camex_key_detach(struct camex_key *key, struct camex_peer *peer);
void camex_key_put(struct camex_key *key);

int camex_peer_prepare_key(struct camex_peer *peer, const u8 *bytes,
			   struct camex_rekey *rekey);
void camex_peer_abandon_key(struct camex_peer *peer, struct camex_rekey *rekey);
void camex_peer_commit_key(struct camex_peer *peer, struct camex_rekey *rekey,
			   const u8 *fingerprint);
int camex_peer_set_key(struct camex_peer *peer, const u8 *bytes,
		       const u8 *fingerprint);
void camex_peer_swap_tx(struct camex_peer *peer, struct camex_session_tx *tx);
int camex_peer_renew(struct camex_peer *peer);
void camex_peer_renew_used(struct camex_peer *peer);
void camex_peers_use_up(struct camex_dev *cdev, s64 since);

#endif /* CAMEX_SEALED_KEY_H */
