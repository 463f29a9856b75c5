// SPDX-License-Identifier: GPL-2.0-only
/* The key of a peer, and the session for sending to it. */
#include <linux/slab.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/timer.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/sealed.h"
#include "protocol/sealed/session_rank.h"

/**
 * camex_peer_swap_tx() - replace the session for sending
 * @peer: the peer
 * @tx: the session; NULL: none
 *
 * Context: camex_dev.lock held.
 */
void camex_peer_swap_tx(struct camex_peer *peer, struct camex_session_tx *tx)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);

	if (tx) {
		WRITE_ONCE(peer->live.introduced, false);
		WRITE_ONCE(peer->live.unheard, true);
		WRITE_ONCE(own->caught_up, jiffies);
	}
	tx = rcu_replace_pointer(own->tx, tx,
				 lockdep_is_held(&peer->cdev->lock));
	if (tx)
		camex_session_retire(&tx->base);
}

/**
 * camex_peer_renew() - begin a new session for sending
 * @peer: a peer; nothing happens if it has no key
 *
 * Context: camex_dev.lock held.
 * Return: 0, or -ENOMEM with the old session still in use.
 */
int camex_peer_renew(struct camex_peer *peer)
{
	struct camex_session_tx *tx;

	tx = rcu_dereference_protected(camex_sealed_of(peer)->tx,
				       lockdep_is_held(&peer->cdev->lock));
	if (!tx)
		return 0;
	tx = camex_session_tx_new(peer, tx->base.key);
	if (!tx)
		return -ENOMEM;
	camex_peer_swap_tx(peer, tx);
	return 0;
}

/**
 * camex_peer_renew_used() - replace a session for sending that is used up
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_peer_renew_used(struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_session_tx *tx;

	/* While the machine hibernates a new session would be used up as well. */
	if (camex_clock_hibernates())
		return;
	spin_lock(&cdev->lock);
	tx = rcu_dereference_protected(camex_sealed_of(peer)->tx, lockdep_is_held(&cdev->lock));
	if (tx && camex_session_is_used_up(tx))
		camex_peer_renew(peer);
	spin_unlock(&cdev->lock);
}

/**
 * camex_peers_use_up() - send nothing more under the current sessions of all peers
 * @cdev: the device
 * @since: sessions that began at this camex_clock_offset() or above are not changed
 *
 * The next packet to a peer begins a new session with REGISTER or KEEPALIVE.
 *
 * Context: RTNL, may sleep.
 */
void camex_peers_use_up(struct camex_dev *cdev, s64 since)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		struct camex_session_tx *tx;

		spin_lock_bh(&cdev->lock);
		tx = rcu_dereference_protected(camex_sealed_of(peer)->tx,
					       lockdep_is_held(&cdev->lock));
		if (tx && tx->offset < since) {
			camex_session_use_up(tx);
			WRITE_ONCE(peer->live.introduced, false);
			WRITE_ONCE(peer->live.unheard, true);
		}
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

/**
 * camex_peer_prepare_key() - allocate what a new key needs
 * @peer: the peer
 * @bytes: CAMEX_KEY_LEN bytes
 * @rekey: result, for camex_peer_commit_key() or camex_peer_abandon_key()
 *
 * Context: RTNL, may sleep.
 * Return: 0 or -ENOMEM.
 */
int camex_peer_prepare_key(struct camex_peer *peer, const u8 *bytes,
			   struct camex_rekey *rekey)
{
	struct camex_dev *cdev = peer->cdev;

	rekey->key = camex_key_get(cdev, bytes);
	if (!rekey->key)
		return -ENOMEM;
	spin_lock_bh(&cdev->lock);
	rekey->tx = camex_session_tx_new(peer, rekey->key);
	spin_unlock_bh(&cdev->lock);
	if (!rekey->tx) {
		camex_key_unget(cdev, rekey->key);
		return -ENOMEM;
	}
	return 0;
}

/**
 * camex_peer_abandon_key() - undo camex_peer_prepare_key()
 * @peer: the peer
 * @rekey: result of camex_peer_prepare_key()
 *
 * Context: RTNL.
 */
void camex_peer_abandon_key(struct camex_peer *peer, struct camex_rekey *rekey)
{
	struct camex_dev *cdev = peer->cdev;

	spin_lock_bh(&cdev->lock);
	camex_session_forget(&rekey->tx->base);
	spin_unlock_bh(&cdev->lock);
	camex_key_unget(cdev, rekey->key);
}

/**
 * camex_peer_commit_key() - give a peer the key that was prepared, or none
 * @peer: the peer
 * @rekey: from camex_peer_prepare_key(), or NULL for none
 * @fingerprint: CAMEX_FINGERPRINT_LEN bytes, the fingerprint of the key
 *
 * A new session for sending begins. If the key is another one than before, the old sessions are
 * forgotten, and when the function returns nothing is sent or accepted under the old key.
 *
 * Context: RTNL, may sleep.
 */
void camex_peer_commit_key(struct camex_peer *peer, struct camex_rekey *rekey,
			   const u8 *fingerprint)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_key *old = rtnl_dereference(own->key);
	struct camex_key *key = rekey ? rekey->key : NULL;
	struct camex_dev *cdev = peer->cdev;

	spin_lock_bh(&cdev->lock);
	rcu_assign_pointer(own->key, key);
	camex_peer_swap_tx(peer, rekey ? rekey->tx : NULL);
	if (key != old) {
		camex_sessions_forget(peer, false);
		camex_sessions_forget(peer, true);
		if (cdev->protocol->sealed->rekeyed)
			cdev->protocol->sealed->rekeyed(peer);
	}
	camex_peer_wake(peer, jiffies);
	spin_unlock_bh(&cdev->lock);

	if (key)
		memcpy(own->fingerprint, fingerprint, sizeof(own->fingerprint));
	if (key && key == old) {
		camex_key_put(key);
		return;
	}
	if (old) {
		camex_key_detach(old, peer);
		/* Packets in flight may use the key, or the list through key_node. */
		synchronize_net();
	}
	if (key)
		camex_key_attach(key, peer);
}

/**
 * camex_peer_set_key() - give a peer a key, another one, or none
 * @peer: the peer
 * @bytes: CAMEX_KEY_LEN bytes, or NULL for none
 * @fingerprint: CAMEX_FINGERPRINT_LEN bytes, the fingerprint of the key
 *
 * Context: RTNL, may sleep.
 * Return: 0, or -ENOMEM with nothing changed.
 */
int camex_peer_set_key(struct camex_peer *peer, const u8 *bytes,
		       const u8 *fingerprint)
{
	struct camex_rekey rekey;
	int err;

	if (!bytes) {
		camex_peer_commit_key(peer, NULL, NULL);
		return 0;
	}
	err = camex_peer_prepare_key(peer, bytes, &rekey);
	if (!err)
		camex_peer_commit_key(peer, &rekey, fingerprint);
	return err;
}
