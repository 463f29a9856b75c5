/* SPDX-License-Identifier: GPL-2.0-only */
/* State of protocols with sealed datagrams for each peer and device: keys and sessions. */
#ifndef CAMEX_SEALED_STATE_H
#define CAMEX_SEALED_STATE_H

#include <linux/rhashtable.h>
#include <linux/seqlock.h>

#include "core/peer.h"
#include "core/rate_limit.h"
#include "protocol/sealed/session.h"

/* Maximum bytes that a protocol puts in front of the header of an encrypted datagram. */
#define CAMEX_PREAMBLE_MAX	CAMEX_ID_LEN

/**
 * struct camex_closed - closed sessions of a peer
 * @list: by camex_session.peer_node, oldest first
 * @n: how many
 */
struct camex_closed {
	struct list_head list;
	unsigned int n;
};

/**
 * struct camex_rekey - new key of a peer, not in use yet
 * @key: the key (a reference); NULL: there is none
 * @tx: session for sending under it
 */
struct camex_rekey {
	struct camex_key *key;
	struct camex_session_tx *tx;
};

/**
 * struct camex_sealed_peer - state of a peer; first member of the protocol's own struct
 * @tx: session for sending; NULL without a key (camex_dev.lock; RCU)
 * @key: the peer's key or NULL (RTNL; RCU)
 * @old_header: the peer uses the header without a version byte, so we do too
 * @refused: a session of the peer was refused as a replay, because of its clock, and no
 *	session has begun since
 * @announce: a control message shall be sent to the peer at once (camex_dev.lock)
 * @told: camex_peer.live.seen at the peer's last REGISTER or KEEPALIVE, which does not prove that
 *	the peer accepts our datagrams
 * @answered_us: jiffies of the last other datagram, if camex_peer.live.seen equals @told
 * @caught_up: jiffies when @tx began, or its sequence was set to the clock
 * @refused_at: jiffies when a session was refused
 * @introduced_at: jiffies when we last sent REGISTER or KEEPALIVE
 * @asked_at: jiffies of the last packet to the peer while it was unheard
 * @open: open sessions of the peer, by rank (camex_dev.lock)
 * @nopen: number of open sessions (camex_dev.lock)
 * @endpoint_session: the session that set the endpoint, or NULL (camex_dev.lock)
 * @closed: closed sessions, received [0] and sent [1] (camex_dev.lock)
 * @reached: highest sequence of closed clock-like sessions (camex_dev.lock)
 * @key_node: on camex_key.peers (RTNL; RCU)
 * @fingerprint: fingerprint of the key, from the request that set it (RTNL)
 * @rekey: the key that a request has prepared (RTNL)
 * @rekey_first: @rekey is the peer's first key, and is in use already (RTNL)
 */
struct camex_sealed_peer {
	struct camex_session_tx __rcu *tx;
	struct camex_key __rcu *key;
	bool old_header;
	bool refused;
	bool announce;
	unsigned long told;
	unsigned long answered_us;
	unsigned long caught_up;
	unsigned long refused_at;
	unsigned long introduced_at;
	unsigned long asked_at;

	struct list_head open;
	unsigned int nopen;
	struct camex_session_rx *endpoint_session;
	struct camex_closed closed[2];
	u64 reached;

	struct list_head key_node;
	u8 fingerprint[CAMEX_FINGERPRINT_LEN];
	struct camex_rekey rekey;
	bool rekey_first;
};

/**
 * struct camex_sealed_dev - state of a device; first member of the protocol's own struct
 * @sessions: struct camex_session by prefix (camex_dev.lock; RCU)
 * @keys: distinct keys, struct camex_key (changed under RTNL, read under RCU)
 * @key_table: the same, by value (RTNL)
 * @last_start: highest sequence that a session started at or ended at (camex_dev.lock)
 * @budget: CPU time for trying keys of strangers
 * @preamble: first bytes of our datagrams; read by camex_sealed_preamble()
 * @preamble_count: protects readers of @preamble (written under camex_dev.lock)
 */
struct camex_sealed_dev {
	struct rhltable sessions;
	struct list_head keys;
	struct rhashtable key_table;
	u64 last_start;
	struct camex_budget budget;
	u8 preamble[CAMEX_PREAMBLE_MAX];
	seqcount_spinlock_t preamble_count;
};

/**
 * camex_sealed_of() - the sealed state of a peer
 * @peer: the peer
 */
static inline struct camex_sealed_peer *camex_sealed_of(const struct camex_peer *peer)
{
	return camex_peer_own(peer);
}

/**
 * camex_sealed_of_dev() - the sealed state of a device
 * @cdev: the device
 */
static inline struct camex_sealed_dev *camex_sealed_of_dev(const struct camex_dev *cdev)
{
	return camex_dev_own(cdev);
}

/**
 * camex_peer_of_sealed() - the peer of a sealed state
 * @own: the state
 */
static inline struct camex_peer *camex_peer_of_sealed(const struct camex_sealed_peer *own)
{
	return camex_peer_of_own(own);
}

#endif /* CAMEX_SEALED_STATE_H */
