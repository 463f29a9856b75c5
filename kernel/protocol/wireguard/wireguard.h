/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protocol wireguard's parts of a device and of a peer.
 *
 * camex_dev.lock protects what handshakes and packets change. A worker copies what it needs under
 * the lock, computes without it, and takes the lock again to check that the result is still wanted.
 * The lock of the queue is taken alone.
 */
#ifndef CAMEX_WIREGUARD_H
#define CAMEX_WIREGUARD_H

#include <linux/rhashtable.h>
#include <linux/workqueue.h>

#include "core/peer.h"
#include "protocol/wireguard/cookie.h"
#include "protocol/wireguard/index.h"
#include "protocol/wireguard/noise.h"
#include "protocol/wireguard/queue.h"
#include "protocol/wireguard/session.h"
#include "protocol/wireguard/source_limit.h"
#include "protocol/wireguard/timers.h"
#include "protocol/wireguard/timestamp.h"
#include "protocol/wireguard/wire.h"

/**
 * struct camex_wg_dev - protocol wireguard's part of a device
 * @cdev: the device
 * @local: static keys of the device (RTNL and camex_dev.lock)
 * @changes: incremented, from 1, when the static keys change or the machine was copied: results
 *	computed with an older value are discarded (RTNL and camex_dev.lock)
 * @running: the link is up: work may be queued (camex_dev.lock)
 * @peers: struct camex_wg_peer by public key
 * @indices: local indices of handshakes and sessions
 * @checkers: checkers of received MACs, by suite: WireGuard's own, then AES-256-GCM (with their
 *	own locks)
 * @limits: limits for each source under load
 * @queue: handshake messages that wait for a worker
 * @kept: ciphers of peers that were replaced, or NULL (RTNL)
 */
struct camex_wg_dev {
	struct camex_dev *cdev;
	struct camex_noise_local local;
	u32 changes;
	bool running;
	struct rhashtable peers;
	struct camex_index_table indices;
	struct camex_cookie_checker checkers[2];
	struct camex_wg_limits *limits;
	struct camex_wg_queue queue;
	struct camex_wg_kept *kept;
};

/**
 * struct camex_wg_peer - protocol wireguard's part of a peer. With struct camex_peer it has less
 *	than 1,024 bytes on 64-bit machines, of which the next size of memory is twice as large
 * @peer: the peer
 * @remote: its static key and preshared key (RTNL and camex_dev.lock); the shared secret in it is
 *	that of @computed (camex_dev.lock)
 * @computed: camex_wg_dev.changes when the shared secret was computed; 0: not yet (camex_dev.lock)
 * @known: it has a public key, and is in camex_wg_dev.peers (RTNL and camex_dev.lock)
 * @renewed_late: the session in use has requested the next one because of its age
 * @gave_up: the last handshake was not answered
 * @wanted: an initiation is wanted (camex_dev.lock)
 * @node: in camex_wg_dev.peers
 * @handshake: the handshake that this end began; its local index is @index until it is complete
 *	(camex_dev.lock)
 * @index: index of @handshake, not always in the table (camex_dev.lock)
 * @cookie: MACs of messages to the peer, and the cookie that it sent (its own lock)
 * @taken: time stamp of its last accepted initiation (camex_dev.lock)
 * @taken_at: camex_wg_now() when it was accepted; 0: none (camex_dev.lock)
 * @stamp: time stamp of the last initiation sent (camex_dev.lock)
 * @shaken_at: camex_wg_now() when an initiation or a response was last sent; 0: none
 *	(camex_dev.lock)
 * @sessions: its sessions
 * @done_at: camex_wg_now() of the last complete handshake; 0: none (camex_dev.lock)
 * @done_wall: the same by the wall clock, nanoseconds (camex_dev.lock)
 * @wrong_cipher_at: camex_wg_now() of the last event wrong_cipher; 0: none (camex_dev.lock)
 * @timers: what is due when
 * @initiate: sends an initiation if @wanted, else computes the shared secret of the static keys
 */
struct camex_wg_peer {
	struct camex_peer *peer;
	struct camex_noise_remote remote;
	u32 computed;
	bool known;
	bool renewed_late;
	bool gave_up;
	bool wanted;
	struct rhash_head node;
	struct camex_noise_handshake handshake;
	struct camex_index index;
	struct camex_cookie cookie;
	u8 taken[CAMEX_WG_TIMESTAMP];
	u64 taken_at;
	u8 stamp[CAMEX_WG_TIMESTAMP];
	u64 shaken_at;
	struct camex_wg_sessions sessions;
	u64 done_at;
	u64 done_wall;
	u64 wrong_cipher_at;
	struct camex_wg_timers timers;
	struct work_struct initiate;
};

extern struct workqueue_struct *camex_wg_workqueue;

bool camex_wg_is_random(void);
int camex_wg_peers_init(struct camex_wg_dev *dev);
void camex_wg_peers_free(struct camex_wg_dev *dev);
struct camex_wg_peer *camex_wg_peer_lookup(struct camex_wg_dev *dev, const u8 *public_key);
void camex_wg_peer_unknown(struct camex_wg_peer *own);
struct sk_buff *camex_wg_new_datagram(const struct camex_dev *cdev, unsigned int size);

#endif /* CAMEX_WIREGUARD_H */
