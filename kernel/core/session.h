/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the data path sees of a session: what opens and seals its datagrams. How a
 * session begins, and which of them a datagram belongs to, is the protocol's.
 */
#ifndef CAMEX_CORE_SESSION_H
#define CAMEX_CORE_SESSION_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "crypto/packet_aead.h"
#include "crypto/replay_window.h"

struct camex_peer;

/**
 * struct camex_window - which sequences of a session were taken
 * @lock: protects the rest
 * @closed: nothing more is taken, or nothing for now
 * @replay: the sequences
 * @rcu: frees it
 */
struct camex_window {
	spinlock_t lock;	/* protects the members below */
	bool closed;
	struct camex_replay replay;
	struct rcu_head rcu;
};

/**
 * struct camex_receiver - what opens the datagrams of a session
 * @key: the key, which lives as long as the session
 * @peer: the far end, valid under RCU
 * @window: sequences that were taken; NULL when the session is closed
 *	(camex_dev.lock; RCU)
 */
struct camex_receiver {
	const struct camex_aead_key *key;
	struct camex_peer *peer;
	struct camex_window __rcu *window;
};

/**
 * struct camex_located - where everything is in a datagram that was received
 * @receiver: the session that it claims to be of
 * @seq: its sequence
 * @header: bytes before the ciphertext
 * @body: bytes of ciphertext, without the tag
 * @ad: associated data
 * @ad_len: its bytes, at most CAMEX_AEAD_AD_MAX
 * @nonce: CAMEX_AEAD_NONCE bytes, in the datagram or in @made
 * @made: room for a nonce that does not stand in the datagram
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

/* Most bytes that a protocol puts before the ciphertext. */
#define CAMEX_HEADER_MAX	CAMEX_AEAD_AD_MAX

/**
 * struct camex_sealing - how the next datagrams to a peer are sealed
 * @key: the key of the session, valid under RCU
 * @seq: sequence of the next datagram
 * @header: bytes of the header, which stands right before the ciphertext
 * @ad_len: bytes of it that are associated data: all of them, or none
 * @pad: bodies are padded with zeros to a multiple of that, at most to @pad_max; 0 or
 *	1: they are not
 * @pad_max: bytes that no body is padded beyond
 * @bytes: the header of the next datagram
 * @nonce: its nonce, in @bytes or in @made
 * @made: room for a nonce that does not stand in the header
 * @id: the protocol's: what every header has (a prefix, an index)
 * @type: the protocol's: what kind of datagram this is
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

u64 camex_receiver_take(struct camex_receiver *receiver, const u64 *seq,
			unsigned int n, bool *highest);

#endif /* CAMEX_CORE_SESSION_H */
