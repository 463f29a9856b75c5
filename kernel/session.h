/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys, and the sessions under them: what makes a nonce unique and a replay visible. */
#ifndef CAMEX_SESSION_H
#define CAMEX_SESSION_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>

#include "aead.h"
#include "replay.h"

struct camex_dev;
struct camex_peer;

/* A sender starts a new session before its sequence gets here. */
#define CAMEX_SEQ_LIMIT		BIT_ULL(63)

/**
 * struct camex_key - one distinct key of a device
 * @aead: the key for the cipher
 * @users: one for each peer and session that has it
 * @hash_node: in camex_dev.key_table (RTNL)
 * @node: on camex_dev.keys, while a peer has it (RTNL; read under RCU)
 * @peers: peers that have it, by camex_peer.key_node (RTNL; read under RCU)
 * @rcu: wipes and frees it
 */
struct camex_key {
	struct camex_aead_key aead;
	refcount_t users;
	struct rhash_head hash_node;
	struct list_head node;
	struct list_head peers;
	struct rcu_head rcu;
};

/**
 * struct camex_session - what both directions have in common
 * @node: in camex_dev.sessions (camex_dev.lock)
 * @prefix: the first 4 bytes of its nonces, as a big-endian number
 * @sends: it is a struct camex_session_tx, else a struct camex_session_rx
 * @key: its key (a reference)
 * @peer: its peer, valid under RCU
 * @rcu: frees it
 */
struct camex_session {
	struct rhlist_head node;
	u32 prefix;
	bool sends;
	struct camex_key *key;
	struct camex_peer *peer;
	struct rcu_head rcu;
};

/**
 * struct camex_session_tx - nonces that we make
 * @base: common part
 * @next: the next sequence
 * @first: the first one
 */
struct camex_session_tx {
	struct camex_session base;
	atomic64_t next;
	u64 first;
};

/**
 * struct camex_session_rx - nonces that we take
 * @base: common part
 * @lock: protects @window
 * @window: sequences taken
 * @peer_node: on camex_peer.sessions, newest first (camex_dev.lock)
 * @heard: jiffies of the last datagram
 */
struct camex_session_rx {
	struct camex_session base;
	spinlock_t lock;	/* protects @window */
	struct camex_replay window;
	struct list_head peer_node;
	unsigned long heard;
};

/**
 * camex_touch() - note that something happened now
 * @when: jiffies; written once a tick, so that CPUs can share it
 */
static inline void camex_touch(unsigned long *when)
{
	unsigned long now = jiffies;

	if (READ_ONCE(*when) != now)
		WRITE_ONCE(*when, now);
}

int camex_sessions_init(struct camex_dev *cdev);
void camex_sessions_free(struct camex_dev *cdev);

struct camex_key *camex_key_get(struct camex_dev *cdev, const u8 *bytes);
void camex_key_unget(struct camex_dev *cdev, struct camex_key *key);
void camex_key_attach(struct camex_key *key, struct camex_peer *peer);
void camex_key_detach(struct camex_key *key, struct camex_peer *peer);
void camex_key_put(struct camex_key *key);

struct rhlist_head *camex_session_bucket(struct camex_dev *cdev, u32 prefix);
struct camex_session_tx *camex_session_tx_new(struct camex_peer *peer,
					      struct camex_key *key);
struct camex_session_rx *camex_session_rx_new(struct camex_peer *peer,
					      struct camex_key *key, u32 prefix);
void camex_session_close(struct camex_dev *cdev, struct camex_session *session);
bool camex_session_is_ours(struct camex_dev *cdev, const struct camex_key *key,
			   u32 prefix, u64 seq);
bool camex_session_next(struct camex_session_tx *tx, u64 *seq);

#endif /* CAMEX_SESSION_H */
