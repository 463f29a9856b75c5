/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions under a key: they make nonces unique and detect replays. */
#ifndef CAMEX_SESSION_H
#define CAMEX_SESSION_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/rhashtable.h>

#include "core/device.h"
#include "core/session.h"

struct camex_key;
struct camex_peer;

/* A sender starts a new session before its sequence reaches this. */
#define CAMEX_SEQ_LIMIT		BIT_ULL(63)
/* A session that starts above this is clock-like: it started at a clock, in nanoseconds. */
#define CAMEX_SEQ_CLOCK		BIT_ULL(60)
/* Without a clock we start at a random number from here to CAMEX_SEQ_CLOCK. */
#define CAMEX_SEQ_RANDOM	BIT_ULL(59)
/* A clock before this module's release is not set: 2026-11-01. */
#define CAMEX_CLOCK_MIN		(1793491200ULL * NSEC_PER_SEC)

/**
 * struct camex_session - what both directions have in common
 * @node: in camex_sealed_dev.sessions (camex_dev.lock)
 * @prefix: the first 4 bytes of its nonces, as a big-endian number
 * @sends: true: struct camex_session_tx; false: struct camex_session_rx
 * @key: its key (a reference)
 * @peer: its peer, valid under RCU
 * @first: the first sequence
 * @peer_node: on a list of its peer (camex_dev.lock)
 * @rcu: frees it
 *
 * A closed session stays in the table as long as its peer remembers it, so that nothing that was
 * sent or accepted under its prefix is accepted again.
 */
struct camex_session {
	struct rhlist_head node;
	u32 prefix;
	bool sends;
	struct camex_key *key;
	struct camex_peer *peer;
	u64 first;
	struct list_head peer_node;
	struct rcu_head rcu;
};

/**
 * struct camex_session_tx - session for sending
 * @base: common part
 * @next: the next sequence
 * @offset: camex_clock_offset() when it began
 */
struct camex_session_tx {
	struct camex_session base;
	atomic64_t next;
	s64 offset;
};

/**
 * struct camex_session_rx - session for receiving
 * @base: common part
 * @receiver: the part that the data path uses to open datagrams
 * @heard: jiffies of the last datagram
 * @settled: @at is the peer's endpoint (camex_dev.lock)
 * @waiting: @at waits to become the peer's endpoint (camex_dev.lock)
 * @demoted: an older session took the endpoint back from this one (camex_dev.lock)
 * @at: source of its highest sequence (camex_dev.lock)
 * @local: our address to which that was sent (camex_dev.lock)
 * @again: it was closed and opened again, and accepts nothing up to @top (camex_dev.lock)
 * @top: the highest sequence accepted until it was closed (camex_dev.lock)
 */
struct camex_session_rx {
	struct camex_session base;
	struct camex_receiver receiver;
	unsigned long heard;
	bool settled;
	bool waiting;
	bool demoted;
	bool again;
	struct camex_addr at;
	struct camex_addr local;
	u64 top;
};

/**
 * camex_session_is_used_up() - can nothing more be sent under a session
 * @tx: the session
 *
 * Context: RCU reader or camex_dev.lock held.
 */
static inline bool camex_session_is_used_up(const struct camex_session_tx *tx)
{
	return (u64)atomic64_read(&tx->next) >= CAMEX_SEQ_LIMIT;
}

int camex_sessions_init(struct camex_dev *cdev);
void camex_sessions_free(struct camex_dev *cdev);

u64 camex_session_clock(void);
struct rhlist_head *camex_session_bucket(struct camex_dev *cdev, u32 prefix);
struct camex_session_tx *camex_session_tx_new(struct camex_peer *peer,
					      struct camex_key *key);
struct camex_session_rx *camex_session_rx_new(struct camex_peer *peer,
					      struct camex_key *key, u32 prefix);
int camex_session_rx_open(struct camex_session_rx *rx, u64 seq);
void camex_session_close(struct camex_session *session);
void camex_session_forget(struct camex_session *session);
u64 camex_session_top(struct camex_session_rx *rx);
u64 camex_session_take(struct camex_session_rx *rx, const u64 *seq,
		       unsigned int n, bool *highest);
bool camex_session_is_ours(struct camex_dev *cdev, const struct camex_key *key,
			   u32 prefix, u64 seq);
void camex_session_use_up(struct camex_session_tx *tx);
bool camex_session_next(struct camex_session_tx *tx, unsigned int n, u64 *seq);

#endif /* CAMEX_SESSION_H */
