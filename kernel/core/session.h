/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of a session that the data path uses to open and seal datagrams. How a session begins,
 * and which session a datagram belongs to, is decided by the protocol.
 */
#ifndef CAMEX_CORE_SESSION_H
#define CAMEX_CORE_SESSION_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "crypto/packet_aead.h"
#include "crypto/replay_window.h"

struct camex_peer;

/**
 * struct camex_window - replay window of a session
 * @lock: protects the members below
 * @closed: nothing is accepted any more, or at the moment
 * @replay: the accepted sequences
 * @rcu: frees it
 */
struct camex_window {
	spinlock_t lock;	/* protects the members below */
	bool closed;
	struct camex_replay replay;
	struct rcu_head rcu;
};

/**
 * struct camex_receiver - a session for receiving
 * @key: the key, which lives as long as the session
 * @peer: the peer, valid under RCU
 * @window: replay window; NULL if the session is closed (camex_dev.lock; RCU)
 * @id: differs from that of all other sessions, earlier ones included
 */
struct camex_receiver {
	const struct camex_aead_key *key;
	struct camex_peer *peer;
	struct camex_window __rcu *window;
	u64 id;
};

/**
 * struct camex_located - the parts of a received datagram
 * @receiver: the session to which it claims to belong
 * @seq: its sequence
 * @header: bytes in front of the ciphertext
 * @body: bytes of ciphertext, without the tag
 * @ad: associated data
 * @ad_len: bytes of @ad, at most CAMEX_AEAD_AD_MAX
 * @nonce: CAMEX_AEAD_NONCE bytes, in the datagram or in @made
 * @made: room for a nonce that is not a part of the datagram
 */
struct camex_located {
	struct camex_receiver *receiver;
	u64 seq;
	unsigned int header;
	unsigned int body;
	const u8 *ad;
	unsigned int ad_len;
	const u8 *nonce;
	u8 made[CAMEX_AEAD_NONCE];
};

/* Maximum bytes that a protocol puts in front of the ciphertext. */
#define CAMEX_HEADER_MAX	CAMEX_AEAD_AD_MAX

/**
 * struct camex_sealing - how the next datagrams to a peer are sealed
 * @key: the key of the session, valid under RCU
 * @seq: sequence of the next datagram
 * @header: bytes of the header, directly in front of the ciphertext
 * @ad_len: bytes of it that are associated data: all of them, or none
 * @pad: bodies are padded with zeros to a multiple of this, at most to @pad_max; 0 or 1: no padding
 * @pad_max: maximum length of a padded body
 * @bytes: the header of the next datagram
 * @nonce: its nonce, in @bytes or in @made
 * @made: room for a nonce that is not a part of the header
 * @id: for the protocol: a value of every header (a prefix, an index)
 * @type: for the protocol: type of the datagrams
 */
struct camex_sealing {
	const struct camex_aead_key *key;
	u64 seq;
	unsigned int header;
	unsigned int ad_len;
	unsigned int pad;
	unsigned int pad_max;
	u8 bytes[CAMEX_HEADER_MAX];
	const u8 *nonce;
	u8 made[CAMEX_AEAD_NONCE];
	u32 id;
	u8 type;
};

void camex_receiver_init(struct camex_receiver *receiver, const struct camex_aead_key *key,
			 struct camex_peer *peer);
u64 camex_receiver_take(struct camex_receiver *receiver, const u64 *seq,
			unsigned int n, bool *highest);

#endif /* CAMEX_CORE_SESSION_H */
