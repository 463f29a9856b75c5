// SPDX-License-Identifier: GPL-2.0-only
/* The parts of camex_protocol_ops that the protocols with sealed datagrams share. */
#include <linux/rtnetlink.h>
#include <net/netlink.h>

#include "core/compat.h"
#include "core/timer.h"
#include "protocol/sealed/catch_up.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/sealed.h"
#include "protocol/sealed/session_rank.h"

/* "show" reports a peer that has not answered for this long. */
#define DOUBT_AFTER	(10 * HZ)

/**
 * camex_sealed_dev_init() - set up struct camex_sealed_dev of a new device
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 * Return: 0 or a negative errno.
 */
int camex_sealed_dev_init(struct camex_dev *cdev)
{
	int err = camex_keys_init(cdev);

	if (err)
		return err;
	seqcount_spinlock_init(&camex_sealed_of_dev(cdev)->preamble_count, &cdev->lock);
	err = camex_sessions_init(cdev);
	if (err)
		camex_keys_free(cdev);
	return err;
}

/**
 * camex_sealed_dev_free() - undo camex_sealed_dev_init()
 * @cdev: a device without peers
 *
 * Context: RTNL, may sleep.
 */
void camex_sealed_dev_free(struct camex_dev *cdev)
{
	camex_sessions_free(cdev);
	camex_keys_free(cdev);
}

/**
 * camex_sealed_peer_init() - set up struct camex_sealed_peer of a new peer
 * @peer: the peer
 *
 * Return: 0.
 */
int camex_sealed_peer_init(struct camex_peer *peer)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);

	INIT_LIST_HEAD(&own->open);
	INIT_LIST_HEAD(&own->closed[0].list);
	INIT_LIST_HEAD(&own->closed[1].list);
	INIT_LIST_HEAD(&own->key_node);
	own->told = jiffies - 1;
	own->answered_us = jiffies;
	own->caught_up = jiffies;
	own->refused_at = jiffies;
	own->introduced_at = jiffies;
	own->asked_at = jiffies - HZ;
	return 0;
}

/**
 * camex_sealed_peer_forget() - camex_protocol_ops.peer_forget: close the sessions of a peer
 * @peer: the peer
 * @dying: the peer is deleted: close the sessions for sending, too
 *
 * Context: RTNL and camex_dev.lock held.
 */
void camex_sealed_peer_forget(struct camex_peer *peer, bool dying)
{
	if (dying)
		camex_peer_swap_tx(peer, NULL);
	camex_sessions_forget(peer, false);
	if (dying)
		camex_sessions_forget(peer, true);
	else
		WRITE_ONCE(camex_sealed_of(peer)->refused, false);
}

/**
 * camex_sealed_peer_stop() - camex_protocol_ops.peer_stop: take the key of a deleted peer
 * @peer: the peer
 *
 * Context: RTNL, may sleep.
 */
void camex_sealed_peer_stop(struct camex_peer *peer)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_key *key = rtnl_dereference(own->key);

	if (!key)
		return;
	RCU_INIT_POINTER(own->key, NULL);
	camex_key_detach(key, peer);
}

/**
 * camex_sealed_due() - do what is due for a peer: rank its sessions, follow the clock, find out
 *	which control message to send
 * @peer: the peer
 * @now: jiffies
 * @due: result, for camex_hello_act()
 *
 * Context: camex_dev.lock held.
 * Return: jiffies until something is due again, MAX_JIFFY_OFFSET for never.
 */
unsigned long camex_sealed_due(struct camex_peer *peer, unsigned long now,
			       struct camex_due *due)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct camex_session_rx *rx;
	unsigned long next;

	camex_keep_past(&own->answered_us, now);
	camex_keep_past(&own->caught_up, now);
	camex_keep_past(&own->refused_at, now);
	camex_keep_past(&own->introduced_at, now);
	camex_keep_past(&own->asked_at, now);
	list_for_each_entry(rx, &own->open, base.peer_node)
		camex_keep_past(&rx->heard, now);
	next = camex_session_rank_due(peer, now);
	next = min(next, camex_catch_up_look(peer, now));
	return min(next, camex_hello_due(peer, now, due));
}

/**
 * camex_sealed_peer_moved() - camex_protocol_ops.peer_moved: send a KEEPALIVE soon, for which the
 *	peer may wait
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 */
void camex_sealed_peer_moved(struct camex_peer *peer)
{
	camex_sealed_of(peer)->announce = true;
}

/**
 * camex_sealed_hibernate() - camex_protocol_ops.hibernate
 * @cdev: the device
 * @begins: true: accept nothing under open sessions; false: continue, and tell all peers
 *
 * Context: RTNL, may sleep.
 */
void camex_sealed_hibernate(struct camex_dev *cdev, bool begins)
{
	struct camex_peer *peer;
	unsigned long number;

	camex_sessions_pause(cdev, begins);
	if (begins)
		return;
	xa_for_each(&cdev->peers, number, peer) {
		spin_lock_bh(&cdev->lock);
		if (rcu_access_pointer(camex_sealed_of(peer)->tx))
			camex_peer_begin(peer);
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

/**
 * camex_sealed_encrypts() - camex_protocol_ops.encrypts: is there a session to send under
 * @peer: the peer
 */
bool camex_sealed_encrypts(const struct camex_peer *peer)
{
	return rcu_access_pointer(camex_sealed_of(peer)->tx);
}

/**
 * camex_sealed_has_key() - camex_protocol_ops.has_key
 * @peer: the peer
 */
bool camex_sealed_has_key(const struct camex_peer *peer)
{
	return rcu_access_pointer(camex_sealed_of(peer)->key);
}

/**
 * camex_sealed_receives_many() - camex_protocol_ops.receives_many: does a peer have a key
 * @cdev: the device
 */
bool camex_sealed_receives_many(const struct camex_dev *cdev)
{
	return !list_empty(&camex_sealed_of_dev(cdev)->keys);
}

/**
 * camex_sealed_preamble() - read the preamble of our datagrams
 * @cdev: the device
 * @preamble: result: CAMEX_PREAMBLE_MAX bytes
 */
void camex_sealed_preamble(const struct camex_dev *cdev, u8 *preamble)
{
	const struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);
	unsigned int count;

	do {
		count = read_seqcount_begin(&own->preamble_count);
		memcpy(preamble, own->preamble, CAMEX_PREAMBLE_MAX);
	} while (read_seqcount_retry(&own->preamble_count, count));
}

/**
 * camex_sealed_set_preamble() - change the preamble of our datagrams
 * @cdev: the device
 * @preamble: CAMEX_PREAMBLE_MAX bytes
 *
 * Context: RTNL.
 */
void camex_sealed_set_preamble(struct camex_dev *cdev, const u8 *preamble)
{
	struct camex_sealed_dev *own = camex_sealed_of_dev(cdev);

	spin_lock_bh(&cdev->lock);
	write_seqcount_begin(&own->preamble_count);
	memcpy(own->preamble, preamble, CAMEX_PREAMBLE_MAX);
	write_seqcount_end(&own->preamble_count);
	spin_unlock_bh(&cdev->lock);
}

/* --- the key in a request --- */

/**
 * camex_sealed_prepare() - camex_protocol_ops.peer_prepare, for the key
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*
 * @info: the request
 *
 * A first key takes effect before all other changes, so that no packet is sent plain under them.
 *
 * Context: RTNL, may sleep.
 * Return: 0, or -ENOMEM with nothing changed.
 */
int camex_sealed_prepare(struct camex_peer *peer, struct nlattr **tb,
			 struct genl_info *info)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	struct nlattr *key = tb[CAMEX_A_PEER_KEY];
	int err;

	if (!key)
		return 0;
	if (!camex_sealed_has_key(peer)) {
		err = camex_peer_set_key(peer, nla_data(key),
					 nla_data(tb[CAMEX_A_PEER_FINGERPRINT]));
		own->rekey_first = !err;
		return err;
	}
	err = camex_peer_prepare_key(peer, nla_data(key), &own->rekey);
	if (err)
		own->rekey.key = NULL;
	return err;
}

/**
 * camex_sealed_abandon() - undo camex_sealed_prepare()
 * @peer: the peer
 *
 * Context: RTNL, may sleep.
 */
void camex_sealed_abandon(struct camex_peer *peer)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);

	if (own->rekey_first)
		camex_peer_set_key(peer, NULL, NULL);
	else if (own->rekey.key)
		camex_peer_abandon_key(peer, &own->rekey);
	own->rekey_first = false;
	own->rekey.key = NULL;
}

/**
 * camex_sealed_commit() - give a peer the key that was prepared, if there is one
 * @peer: the peer
 * @tb: CAMEX_A_PEER_*
 *
 * Context: RTNL, may sleep.
 */
void camex_sealed_commit(struct camex_peer *peer, struct nlattr **tb)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);

	if (own->rekey.key)
		camex_peer_commit_key(peer, &own->rekey,
				      nla_data(tb[CAMEX_A_PEER_FINGERPRINT]));
	own->rekey_first = false;
	own->rekey.key = NULL;
}

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, CAMEX_A_PEER_PAD);
}

/* Report the times that show that one end may refuse the other as a replay. */
static int put_doubt(struct sk_buff *msg, const struct camex_peer *peer)
{
	const struct camex_sealed_peer *own = camex_sealed_of(peer);
	unsigned long since, refused = READ_ONCE(own->refused_at);

	/* camex_nl_put_peer() reports the time for peers that were never heard */
	if (READ_ONCE(peer->live.heard) && rcu_access_pointer(own->tx) &&
	    camex_peer_is_unanswered(peer, &since) && time_after(jiffies, since + DOUBT_AFTER) &&
	    put_u64(msg, CAMEX_A_PEER_UNANSWERED, jiffies64_to_msecs(jiffies - since)))
		return -EMSGSIZE;
	if (READ_ONCE(own->refused) && !time_after(READ_ONCE(peer->live.seen), refused) &&
	    put_u64(msg, CAMEX_A_PEER_REFUSED, jiffies64_to_msecs(jiffies - refused)))
		return -EMSGSIZE;
	return 0;
}

/**
 * camex_sealed_fill() - camex_protocol_ops.peer_fill, for keys and sessions
 * @peer: the peer
 * @msg: the message
 * @secrets: include the fingerprint
 *
 * Context: RTNL or RCU reader.
 * Return: 0 or -EMSGSIZE.
 */
int camex_sealed_fill(const struct camex_peer *peer, struct sk_buff *msg, bool secrets)
{
	const struct camex_sealed_peer *own = camex_sealed_of(peer);

	if (put_doubt(msg, peer))
		return -EMSGSIZE;
	if (!secrets || !camex_sealed_has_key(peer))
		return 0;
	return nla_put(msg, CAMEX_A_PEER_FINGERPRINT, sizeof(own->fingerprint),
		       own->fingerprint);
}
