// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol wireguard: WireGuard's handshake and datagrams. Handshakes run on a workqueue, and make
 * sessions; packets are staged until there is a session.
 */
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>

#include "core/clock.h"
#include "core/compat.h"
#include "core/staged.h"
#include "core/timer.h"
#include "crypto/aes256gcm.h"
#include "datapath/seal.h"
#include "protocol/wireguard/attributes.h"
#include "protocol/wireguard/config.h"
#include "protocol/wireguard/data.h"
#include "protocol/wireguard/handshake.h"
#include "protocol/wireguard/wireguard.h"

/**
 * camex_wg_new_datagram() - allocate a packet with room for all headers
 * @cdev: the sending device
 * @size: bytes of the body
 *
 * Return: an empty packet, or NULL without memory.
 */
struct sk_buff *camex_wg_new_datagram(const struct camex_dev *cdev, unsigned int size)
{
	unsigned int headroom = READ_ONCE(cdev->dev->needed_headroom);
	struct sk_buff *skb = alloc_skb(headroom + size + cdev->dev->needed_tailroom,
					GFP_ATOMIC | __GFP_NOWARN);

	if (skb)
		skb_reserve(skb, headroom);
	return skb;
}

/* --- the module --- */

struct workqueue_struct *camex_wg_workqueue;

/* A waiter makes the kernel gather entropy. */
static void wait_for_random(struct work_struct *work)
{
	wait_for_random_bytes();
}

static DECLARE_WORK(random_work, wait_for_random);

/**
 * camex_wg_is_random() - check that the random number generator is ready
 *
 * It is not soon after boot. Workers must not wait for it: a task that holds RTNL may wait for the
 * workers.
 *
 * Return: false if it is not; then another work item waits until it is.
 */
bool camex_wg_is_random(void)
{
	if (likely(rng_is_initialized()))
		return true;
	queue_work(system_dfl_wq, &random_work);
	return false;
}

/**
 * camex_wireguard_init() - set up before the first device
 *
 * Return: 0 or -ENOMEM.
 */
int camex_wireguard_init(void)
{
	camex_wg_workqueue = alloc_workqueue("camex-wg", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return camex_wg_workqueue ? 0 : -ENOMEM;
}

/**
 * camex_wireguard_exit() - clean up after the last device
 */
void camex_wireguard_exit(void)
{
	destroy_workqueue(camex_wg_workqueue);
	cancel_work_sync(&random_work);
	camex_aes256gcm_exit();
}

/* --- devices --- */

static int init_dev(struct camex_dev *cdev)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	int err;

	dev->cdev = cdev;
	dev->changes = 1;
	err = camex_wg_peers_init(dev);
	if (err)
		return err;
	err = camex_index_table_init(&dev->indices);
	if (err)
		goto err_peers;
	err = -ENOMEM;
	dev->limits = camex_wg_limits_alloc();
	if (!dev->limits)
		goto err_indices;
	camex_cookie_checker_init(&dev->checkers[0]);
	camex_cookie_checker_init(&dev->checkers[1]);
	camex_wg_queue_init(&dev->queue, camex_wg_handshake_work);
	return 0;

err_indices:
	camex_index_table_free(&dev->indices);
err_peers:
	camex_wg_peers_free(dev);
	return err;
}

static void free_dev(struct camex_dev *cdev)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);

	camex_wg_ciphers_forget(cdev, 0);
	camex_wg_limits_free(dev->limits);
	camex_index_table_free(&dev->indices);
	camex_wg_peers_free(dev);
	memzero_explicit(dev, sizeof(*dev));
}

static void set_running(struct camex_dev *cdev, bool running)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);

	spin_lock_bh(&cdev->lock);
	dev->running = running;
	spin_unlock_bh(&cdev->lock);
}

static int start_dev(struct camex_dev *cdev)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);

	set_running(cdev, true);
	camex_wg_queue_open(&dev->queue);
	return 0;
}

/* End the peer's sessions and the handshake in progress. */
static void reset_peer(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	lockdep_assert_held(&peer->cdev->lock);
	camex_wg_handshake_forget(peer);
	camex_wg_sessions_clear(&own->sessions);
	camex_wg_timers_reset(&own->timers);
	WRITE_ONCE(own->gave_up, false);
	WRITE_ONCE(own->wanted, false);
}

/* After this no work is queued or running. */
static void stop_dev(struct camex_dev *cdev)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	struct camex_peer *peer;
	unsigned long number;

	set_running(cdev, false);
	camex_wg_queue_close(&dev->queue);
	xa_for_each(&cdev->peers, number, peer) {
		struct camex_wg_peer *own = camex_peer_own(peer);

		cancel_work_sync(&own->initiate);
		spin_lock_bh(&cdev->lock);
		reset_peer(peer);
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

/*
 * A hibernation image must not contain a session that is still used. A copied virtual machine still
 * receives, but must neither send under its sessions nor make the same keys as its copy.
 */
static void use_up_sessions(struct camex_dev *cdev, s64 since)
{
	struct camex_wg_dev *dev = camex_dev_own(cdev);
	struct camex_peer *peer;
	unsigned long number;

	/* A change of the clock affects no session of this protocol. */
	if (since != S64_MAX)
		return;
	/* Workers discard responses whose ephemeral keys they have drawn before this. */
	spin_lock_bh(&cdev->lock);
	dev->changes++;
	spin_unlock_bh(&cdev->lock);
	xa_for_each(&cdev->peers, number, peer) {
		struct camex_wg_peer *own = camex_peer_own(peer);

		spin_lock_bh(&cdev->lock);
		if (camex_clock_hibernates()) {
			reset_peer(peer);
		} else {
			camex_wg_handshake_forget(peer);
			camex_wg_sessions_stop(&own->sessions);
		}
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

/* Make all timers check at once, so that persistent keepalives go out. */
static void resume_peers(struct camex_dev *cdev, bool begins)
{
	struct camex_peer *peer;
	unsigned long number;

	if (begins)
		return;
	xa_for_each(&cdev->peers, number, peer) {
		struct camex_wg_peer *own = camex_peer_own(peer);

		spin_lock_bh(&cdev->lock);
		own->timers.interval = 0;
		camex_peer_wake(peer, jiffies);
		spin_unlock_bh(&cdev->lock);
		cond_resched();
	}
}

/* --- peers --- */

static int init_peer(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	own->peer = peer;
	own->remote.suite = &camex_noise_chacha20poly1305;
	camex_wg_timers_reset(&own->timers);
	own->index.kind = CAMEX_INDEX_HANDSHAKE;
	INIT_WORK(&own->initiate, camex_wg_handshake_initiate);
	return 0;
}

static void forget_peer(struct camex_peer *peer, bool dying)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	reset_peer(peer);
	/* The peer's clock may have been set back. Our own time stamps still rise. */
	memset(own->taken, 0, sizeof(own->taken));
	if (dying)
		camex_wg_peer_unknown(own);
}

static void stop_peer(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	cancel_work_sync(&own->initiate);
}

static void free_peer(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	memzero_explicit(own, sizeof(*own));
}

static bool get_state(const struct camex_peer *peer, enum camex_peer_state *state)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);

	*state = CAMEX_PEER_STATE_LOST;
	return READ_ONCE(peer->live.heard) && READ_ONCE(own->gave_up);
}

static void note_heard(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	WRITE_ONCE(own->gave_up, false);
}

static int renew_peer(struct camex_peer *peer)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	/*
	 * Discard notes of packets from before the link went down. If there are keys, the
	 * peer has made a session since the link came up.
	 */
	if (!own->timers.keys.is)
		camex_wg_timers_reset(&own->timers);
	/* Restart persistent keepalives. */
	own->timers.interval = 0;
	own->shaken_at = 0;
	return 0;
}

/* --- time --- */

static unsigned long find_due(struct camex_peer *peer, unsigned long now,
			      struct camex_due *due)
{
	const struct camex_wg_dev *dev = camex_dev_own(peer->cdev);
	struct camex_wg_peer *own = camex_peer_own(peer);
	unsigned long exchanged = READ_ONCE(peer->live.seen), next;
	bool can_talk;

	due->ep = rcu_dereference_protected(peer->endpoint,
					    lockdep_is_held(&peer->cdev->lock));
	if (time_after(READ_ONCE(peer->live.sent), exchanged))
		exchanged = READ_ONCE(peer->live.sent);
	can_talk = due->ep && dev->local.has_key;
	if (can_talk)
		camex_wg_handshake_prepare(peer);
	next = camex_wg_timers_look(&own->timers, now,
				    can_talk ? camex_peer_keepalive(peer) : 0, exchanged,
				    &due->what);
	if (due->what & (CAMEX_WG_DUE_GIVE_UP | CAMEX_WG_DUE_LOST)) {
		WRITE_ONCE(own->gave_up, true);
		if (READ_ONCE(peer->live.alive)) {
			peer->live.lost = true;
			WRITE_ONCE(peer->live.alive, false);
			camex_peer_tell(peer, CAMEX_EVENT_PEER_LOST);
		}
	}
	if (due->what & CAMEX_WG_DUE_ERASE) {
		camex_wg_handshake_forget(peer);
		camex_wg_sessions_clear(&own->sessions);
	}
	return next;
}

static bool has_session(const struct camex_peer *peer)
{
	const struct camex_wg_peer *own = camex_peer_own(peer);

	return camex_wg_session_usable(rcu_dereference_bh(own->sessions.sending),
				       camex_wg_now());
}

static void do_due(struct camex_peer *peer, const struct camex_due *due)
{
	struct camex_wg_peer *own = camex_peer_own(peer);

	if (due->what & (CAMEX_WG_DUE_GIVE_UP | CAMEX_WG_DUE_ERASE))
		camex_staged_purge(peer);
	if (due->what & (CAMEX_WG_DUE_RETRY | CAMEX_WG_DUE_HANDSHAKE))
		camex_wg_forget_source(peer);
	if (due->what & CAMEX_WG_DUE_RETRY)
		camex_wg_handshake_retry(peer);
	else if (due->what & CAMEX_WG_DUE_HANDSHAKE)
		camex_wg_handshake_request(peer);
	if (!(due->what & (CAMEX_WG_DUE_KEEPALIVE | CAMEX_WG_DUE_PERSISTENT)))
		return;
	if (!has_session(peer)) {
		/* The handshake sends a keepalive when it is complete. */
		camex_wg_handshake_request(peer);
		return;
	}
	if (due->what & CAMEX_WG_DUE_PERSISTENT)
		camex_wg_timers_sent(&own->timers, false, jiffies);
	camex_wg_send_keepalive(peer);
}

/* --- packets --- */

static int can_send(const struct camex_peer *peer)
{
	const struct camex_wg_dev *dev = camex_dev_own(peer->cdev);

	if (likely(has_session(peer)))
		return 0;
	if (!rcu_access_pointer(peer->endpoint))
		return CAMEX_A_STATS_NO_ENDPOINT;
	if (!READ_ONCE(dev->local.has_key) || camex_clock_hibernates())
		return CAMEX_A_STATS_NO_KEY;
	return CAMEX_READY_STAGED;
}

static void want_session(struct camex_peer *peer)
{
	/* The session may have been made before the packet was staged. */
	if (unlikely(has_session(peer)))
		camex_staged_send(peer);
	else
		camex_wg_handshake_request(peer);
}

static void send_hello(struct camex_peer *peer, struct camex_endpoint *ep)
{
	if (has_session(peer))
		camex_wg_send_keepalive_to(peer, ep);
	else
		camex_wg_handshake_request(peer);
}

static bool encrypts_always(const struct camex_peer *peer)
{
	return true;
}

static struct sk_buff *seal_packet(struct camex_peer *peer, struct sk_buff *skb, int *why)
{
	return camex_seal(peer, skb, CAMEX_WG_PACKET, why);
}

static u8 first_type_of(const struct sk_buff *skb)
{
	return skb->len ? camex_noise_suite_of(skb->data[0])->first_type : CAMEX_WG_FIRST_TYPE;
}

static struct camex_peer *open_datagram(struct camex_dev *cdev, struct sk_buff *skb,
					const struct camex_source *from, int *why)
{
	*why = CAMEX_A_STATS_NO_MEMORY;
	if (unlikely(!pskb_may_pull(skb, min(skb->len, 4U))))
		return NULL;
	switch (camex_wg_kind(skb->data, skb->len, first_type_of(skb))) {
	case CAMEX_WG_DATA:
		return camex_wg_open_data(cdev, skb, from, why);
	case CAMEX_WG_INITIATION:
	case CAMEX_WG_RESPONSE:
	case CAMEX_WG_COOKIE:
		*why = camex_wg_handshake_take(cdev, skb, from);
		return NULL;
	}
	*why = CAMEX_A_STATS_MALFORMED;
	return NULL;
}

const struct camex_protocol_ops camex_protocol_wireguard = {
	.counts_datagrams = true,
	.no_keys = "protocol wireguard uses public-key and preshared-key-file instead",
	.keeps_alive = true,
	.knows_lost = true,
	.hides_dscp = true,
	.clears_mark = true,
	.any_family = true,
	.overhead = sizeof(struct camex_wg_data) + CAMEX_WG_TAG,
	.least_overhead = sizeof(struct camex_wg_data) + CAMEX_WG_TAG,
	.plain_overhead = sizeof(struct camex_wg_data) + CAMEX_WG_TAG,
	.headroom = sizeof(struct camex_wg_data),
	.tailroom = CAMEX_WG_PAD - 1 + CAMEX_AEAD_TAIL,
	.padding = CAMEX_WG_PAD - 1,
	.peer_size = sizeof(struct camex_wg_peer),
	.dev_size = sizeof(struct camex_wg_dev),
	.dev_init = init_dev,
	.dev_free = free_dev,
	.dev_check = camex_wg_dev_check,
	.dev_set = camex_wg_dev_set,
	.dev_fill = camex_wg_dev_fill,
	.dev_up = start_dev,
	.down = stop_dev,
	.stop = stop_dev,
	.peer_init = init_peer,
	.peer_check = camex_wg_peer_check,
	.peer_set = camex_wg_peer_set,
	.peer_fill = camex_wg_peer_fill,
	.peer_forget = forget_peer,
	.peer_stop = stop_peer,
	.peer_free = free_peer,
	.due = find_due,
	.act = do_due,
	.peer_up = note_heard,
	.state = get_state,
	.renew = renew_peer,
	.use_up = use_up_sessions,
	.hibernate = resume_peers,
	.ready = can_send,
	.want_session = want_session,
	.hello = send_hello,
	.encrypts = encrypts_always,
	.seal = seal_packet,
	.open = open_datagram,
	.data = CAMEX_WG_PACKET,
	.begin_sealing = camex_wg_begin_sealing,
	.put_header = camex_wg_put_header,
	.locate = camex_wg_locate,
	.expects = camex_wg_expects,
	.heard = camex_wg_heard,
};
