// SPDX-License-Identifier: GPL-2.0-only
/* The responder's side of a handshake. */
#include "core/compat.h"
#include "protocol/wireguard/handshake.h"

/* Minimum time between initiations of a peer that are processed, nanoseconds. */
#define LOOK_EVERY	((u64)NSEC_PER_SEC / 50)
/* Minimum time between wrong_cipher events of a peer, nanoseconds. */
#define TELL_EVERY	(60 * (u64)NSEC_PER_SEC)

/* Authenticate the initiator, and copy its keys. NULL if it is unknown, with *@why set. */
static struct camex_wg_peer *find_initiator(struct camex_wg_dev *dev,
					    const struct camex_wg_initiation *message,
					    struct camex_noise_handshake *hs,
					    struct camex_wg_keys *keys, int *why)
{
	struct camex_noise_local local;
	struct camex_wg_peer *own;
	u8 key[CAMEX_WG_KEY_LEN];
	bool ok;

	spin_lock_bh(&dev->cdev->lock);
	local = dev->local;
	spin_unlock_bh(&dev->cdev->lock);
	ok = camex_noise_open_initiation(hs, message, camex_noise_suite_of(message->type[0]),
					 &local, key);
	memzero_explicit(&local, sizeof(local));
	*why = CAMEX_A_STATS_AUTH_FAILED;
	if (!ok)
		return NULL;
	*why = CAMEX_A_STATS_UNKNOWN_PEER;
	own = camex_wg_peer_lookup(dev, key);
	if (!own)
		return NULL;
	spin_lock_bh(&dev->cdev->lock);
	ok = camex_wg_keys_copy(own, keys);
	spin_unlock_bh(&dev->cdev->lock);
	return ok ? own : NULL;
}

/* Refuse replays, and initiations that come too fast. Returns 0 or the drop counter. */
static int take_stamp(struct camex_wg_peer *own, const struct camex_wg_keys *keys,
		      const struct camex_noise_handshake *hs, const u8 *stamp)
{
	struct camex_dev *cdev = own->peer->cdev;
	u64 now = camex_wg_now();
	int why = 0;

	spin_lock_bh(&cdev->lock);
	if (!camex_wg_keys_hold(own, keys))
		why = CAMEX_A_STATS_NO_KEY;
	else if (!camex_timestamp_after(stamp, own->taken))
		why = CAMEX_A_STATS_REPLAYED;
	else if (own->taken_at && !camex_wg_older(own->taken_at, LOOK_EVERY, now))
		why = CAMEX_A_STATS_RATE_LIMITED;
	if (!why) {
		memcpy(own->taken, stamp, sizeof(own->taken));
		own->taken_at = now;
		/* An initiation of another suite gets no answer, so it must not delay our own. */
		if (hs->suite == keys->remote.suite)
			WRITE_ONCE(own->shaken_at, now);
	}
	spin_unlock_bh(&cdev->lock);
	return why;
}

/* Report that a peer uses another cipher than the configured one. */
static void note_wrong_cipher(struct camex_wg_peer *own)
{
	struct camex_dev *cdev = own->peer->cdev;
	u64 now = camex_wg_now();

	spin_lock_bh(&cdev->lock);
	if (!own->wrong_cipher_at || camex_wg_older(own->wrong_cipher_at, TELL_EVERY, now)) {
		own->wrong_cipher_at = now;
		camex_peer_tell(own->peer, CAMEX_EVENT_WRONG_CIPHER);
	}
	spin_unlock_bh(&cdev->lock);
}

static int send_response(struct camex_wg_peer *own, struct camex_noise_handshake *hs,
			 const struct camex_wg_keys *keys, struct camex_aead_key *spare)
{
	struct camex_wg_session *session = camex_wg_session_new(own->peer, hs->suite,
								spare);
	struct camex_dev *cdev = own->peer->cdev;
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	struct camex_wg_response message;
	int err, why = CAMEX_A_STATS_NO_MEMORY;
	bool ok = false;

	if (!session)
		return why;
	spin_lock_bh(&cdev->lock);
	err = camex_index_insert(&dev->indices, &session->index);
	spin_unlock_bh(&cdev->lock);
	if (!err) {
		why = CAMEX_A_STATS_AUTH_FAILED;
		ok = camex_noise_create_response(&message, hs, &keys->remote,
						 session->index.value) &&
		     camex_wg_session_finish(session, hs, false);
	}
	spin_lock_bh(&cdev->lock);
	ok = ok && camex_wg_keys_hold(own, keys);
	if (ok)
		camex_wg_session_join(own, session);
	else
		camex_wg_session_drop(session);
	spin_unlock_bh(&cdev->lock);
	if (!ok)
		return why;
	camex_wg_send_to_peer(own, &message, sizeof(message));
	return 0;
}

/**
 * camex_wg_take_initiation() - process an initiation, and answer it
 * @dev: the device
 * @message: the initiation, with valid MACs
 *
 * Context: RCU reader, in a process.
 * Return: 0, or the drop counter.
 */
int camex_wg_take_initiation(struct camex_wg_dev *dev, const struct camex_wg_message *message)
{
	const struct camex_wg_initiation *initiation = (const void *)message->data;
	struct camex_noise_handshake hs = {};
	u8 stamp[CAMEX_WG_TIMESTAMP];
	struct camex_wg_peer *own;
	struct camex_wg_keys keys;
	int why;

	own = find_initiator(dev, initiation, &hs, &keys, &why);
	if (!own)
		goto out;
	camex_wg_keys_complete(own, &keys);
	why = CAMEX_A_STATS_AUTH_FAILED;
	if (!camex_noise_check_initiation(&hs, initiation, &keys.remote, stamp))
		goto out;
	why = take_stamp(own, &keys, &hs, stamp);
	if (why)
		goto out;
	why = CAMEX_A_STATS_WRONG_CIPHER;
	if (hs.suite != keys.remote.suite) {
		note_wrong_cipher(own);
		goto out;
	}
	camex_wg_note_message(own, message);
	why = send_response(own, &hs, &keys, message->spare);
out:
	camex_noise_forget(&hs);
	memzero_explicit(&keys, sizeof(keys));
	return why;
}
