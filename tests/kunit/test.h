/* SPDX-License-Identifier: GPL-2.0-only */
/* What the suites share: numbers that look random, and a device without a link. */
#ifndef CAMEX_KUNIT_TEST_H
#define CAMEX_KUNIT_TEST_H

#include <kunit/test.h>
#include <linux/prandom.h>

#include "protocol/sealed/key.h"

struct camex_protocol_ops;
struct sk_buff;

/* Of clock.c and session.c: the clock, and what prefixes are drawn from. */
extern u64 camex_test_clock;
extern u32 camex_test_prefixes;
/* Of unseal.c: how often a datagram was tried with a key. */
extern unsigned int camex_test_trials;
/* Of aead.c: called when a datagram of an aggregate has been decrypted. */
extern void (*camex_test_decrypted)(void);
/* Of exports.c: cases take minutes, not seconds. */
extern bool camex_test_long;

/* A number below @n; the same ones in each run. */
static inline u32 below(struct rnd_state *rnd, u32 n)
{
	return prandom_u32_state(rnd) % n;
}

static inline u64 random64(struct rnd_state *rnd)
{
	u64 high = prandom_u32_state(rnd);

	return high << 32 | prandom_u32_state(rnd);
}

/* Long loops end here, rather than fill the log with what follows. */
static inline bool has_failed(struct kunit *test)
{
	return READ_ONCE(test->status) == KUNIT_FAILURE;
}

/* The key of a peer, for an RCU reader. */
static inline struct camex_key *key_bh(const struct camex_peer *peer)
{
	return rcu_dereference_bh(camex_sealed_of(peer)->key);
}

/* The session for what is sent to a peer. */
static inline struct camex_session_tx *tx_of(struct camex_peer *peer)
{
	struct camex_session_tx *tx;

	spin_lock_bh(&peer->cdev->lock);
	tx = rcu_dereference_protected(camex_sealed_of(peer)->tx,
				       lockdep_is_held(&peer->cdev->lock));
	spin_unlock_bh(&peer->cdev->lock);
	return tx;
}

/* A session that is used up is followed by another one, as when a packet is sent. */
static inline void renew_used(struct camex_peer *peer)
{
	rcu_read_lock();
	local_bh_disable();
	camex_peer_renew_used(peer);
	local_bh_enable();
	rcu_read_unlock();
}

int fake_dev_init(struct kunit *test);
int fake_dev_init_protocol(struct kunit *test, const struct camex_protocol_ops *protocol);
void fake_dev_exit(struct kunit *test);
struct camex_peer *fake_peer(struct kunit *test, const char *name);
void fake_peer_del(struct camex_peer *peer);
int fake_set_key(struct camex_peer *peer, const u8 *bytes);

#endif /* CAMEX_KUNIT_TEST_H */
