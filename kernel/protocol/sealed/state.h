/* SPDX-License-Identifier: GPL-2.0-only */
/* What protocols with sealed datagrams have of a peer and of a device: keys and sessions. */
#ifndef CAMEX_SEALED_STATE_H
#define CAMEX_SEALED_STATE_H

#include <linux/rhashtable.h>
#include <linux/seqlock.h>

#include "core/peer.h"
#include "core/rate_limit.h"
#include "protocol/sealed/session.h"

/* Most bytes that a protocol puts before the header of an encrypted datagram. */
#define CAMEX_LEAD_MAX	CAMEX_ID_LEN

/**
 * struct camex_closed - sessions of a peer that are over
 * @list: by camex_session.peer_node, oldest first
 * @n: how many
 */
struct camex_closed {
	struct list_head list;
	unsigned int n;
};

/**
 * struct camex_rekey - another key for a peer, not in use yet
 * @key: the key (a reference); NULL: there is none
 * @tx: the session that sends under it
 */
struct camex_rekey {
	struct camex_key *key;
	struct camex_session_tx *tx;
};

/**
 * struct camex_sealed_peer - the part of a peer; first in the protocol's own part
 * @tx: session for what we send; NULL without a key (camex_dev.lock; RCU)
 * @key: the peer's key or NULL (RTNL; RCU)
 * @old_header: the peer speaks the form without a version byte, so we do too
 * @refused: a session of the peer was refused as a recording, because of its clock, and none
 *	has begun since
 * @announce: the peer shall hear from us at once (camex_dev.lock)
 * @told: value of camex_peer.live.seen when the peer's last REGISTER or KEEPALIVE came: it may
 *	refuse us
 * @answered_us: jiffies of the last other datagram, where camex_peer.live.seen is @told
 * @caught_up: jiffies when @tx began, or its sequence was set to the clock again
 * @refused_at: jiffies when a session was refused
 * @introduced_at: jiffies when we have last sent REGISTER or KEEPALIVE
 * @open: sessions that the peer holds open to us, by rank (camex_dev.lock)
 * @nopen: how many (camex_dev.lock)
 * @endpoint_session: the one that the endpoint came from, or NULL (camex_dev.lock)
 * @closed: closed sessions, received [0] and sent [1] (camex_dev.lock)
 * @reached: highest sequence of a clock in a closed session (camex_dev.lock)
 * @key_node: on camex_key.peers (RTNL; RCU)
 * @fingerprint: of the key, as given with it (RTNL)
 * @rekey: the key that a request has prepared (RTNL)
 * @rekey_first: that is the first one, and in use already (RTNL)
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
 * struct camex_sealed_dev - the part of a device; first in the protocol's own part
 * @sessions: struct camex_session by prefix (camex_dev.lock; RCU)
 * @keys: distinct keys, struct camex_key (changed under RTNL, read under RCU)
 * @key_table: the same, by value (RTNL)
 * @last_start: highest sequence that a session started at or ended at (camex_dev.lock)
 * @budget: what strangers may cost by having keys tried
 * @lead: what our datagrams begin with; packets read it by camex_sealed_lead()
 * @lead_count: tells that @lead is whole (camex_dev.lock)
 */
struct camex_sealed_dev {
	struct rhltable sessions;
	struct list_head keys;
	struct rhashtable key_table;
	u64 last_start;
	struct camex_budget budget;
	u8 lead[CAMEX_LEAD_MAX];
	seqcount_spinlock_t lead_count;
};

/**
 * camex_sealed_of() - the part of a peer
 * @peer: the peer
 */
static inline struct camex_sealed_peer *camex_sealed_of(const struct camex_peer *peer)
{
	return camex_peer_own(peer);
}

/**
 * camex_sealed_of_dev() - the part of a device
 * @cdev: the device
 */
static inline struct camex_sealed_dev *camex_sealed_of_dev(const struct camex_dev *cdev)
{
	return camex_dev_own(cdev);
}

/**
 * camex_peer_of_sealed() - the peer that a part is of
 * @own: the part
 */
static inline struct camex_peer *camex_peer_of_sealed(const struct camex_sealed_peer *own)
{
	return camex_peer_of_own(own);
}

#endif /* CAMEX_SEALED_STATE_H */
