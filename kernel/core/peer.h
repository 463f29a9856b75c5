/* SPDX-License-Identifier: GPL-2.0-only */
/* A far end: its name, key, sessions, endpoint and counters. */
#ifndef CAMEX_PEER_H
#define CAMEX_PEER_H

#include "core/device.h"
#include "core/endpoint.h"
#include "core/events.h"
#include "protocol/camex/profile.h"
#include "protocol/sealed/session.h"

/* Alignment of what protocols have behind struct camex_peer. */
#define CAMEX_OWN_ALIGN		8

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
 * struct camex_peer - a far end
 * @cdev: its device
 * @endpoint: where it is now (camex_dev.lock; RCU)
 * @tx: session for what we send; NULL without a key (camex_dev.lock; RCU)
 * @key: its key or NULL (RTNL; RCU)
 * @ident: its identifier or NULL, protocol jtunnel (RTNL; RCU)
 * @link: its own link or NULL (RTNL and camex_dev.lock; RCU)
 * @profile: what we hand out to it, or what it has handed out to us where we
 *	register with AUTO (camex_dev.lock; RCU; the former changes under RTNL)
 * @traffic: counters
 * @seen: jiffies of the last valid datagram
 * @sent: jiffies of the last datagram to it
 * @unanswered_since: jiffies of the first packet to it after @seen
 * @told: value of @seen when the peer's last REGISTER or KEEPALIVE came: it may refuse us
 * @answered_us: jiffies of the last other datagram, where @seen is @told
 * @caught_up: jiffies when @tx began, or its sequence was set to the clock again
 * @refused_at: jiffies when a session of its was refused as a recording, because of its clock
 * @refused: that was so, and no session has begun since
 * @alive: it was heard, and not lost since
 * @unheard: it was not heard since @tx is used
 * @introduced: we have sent REGISTER or KEEPALIVE under @tx, at @introduced_at
 * @introduced_at: jiffies
 * @old_header: it speaks the form without a version byte, so we do too
 * @heard: it was heard ever (camex_dev.lock)
 * @lost: it has been silent for too long (camex_dev.lock)
 * @open: sessions that it holds open to us, by rank (camex_dev.lock)
 * @nopen: how many (camex_dev.lock)
 * @endpoint_session: the one that its endpoint came from, or NULL (camex_dev.lock)
 * @closed: closed sessions, received [0] and sent [1] (camex_dev.lock)
 * @reached: highest sequence of a clock in a closed session (camex_dev.lock)
 * @timer: for whatever is due next
 * @since: jiffies when the link went up or the peer came (camex_dev.lock)
 * @announce: it shall hear from us at once: we begin, or it or we have moved
 *	(camex_dev.lock)
 * @next_register: jiffies when REGISTER is due (camex_dev.lock)
 * @waiting: we register with AUTO, and CONFIG has not come (camex_dev.lock)
 * @automatic: it has registered with AUTO
 * @answered: it was sent a plain CONFIG, at @answered_at
 * @answered_at: jiffies
 * @registers: enum camex_register, or CAMEX_PEER_DEFAULT (RTNL)
 * @keepalive: seconds, 0 for off, or CAMEX_PEER_DEFAULT (RTNL)
 * @fdb: stations behind it, struct camex_fdb_entry (camex_dev.lock)
 * @nfdb: how many (camex_dev.lock)
 * @routes: its prefixes, struct camex_route (RTNL)
 * @key_node: on camex_key.peers (RTNL; RCU)
 * @fingerprint: of the key, as given with it (RTNL)
 * @configured: the endpoint that it was given, or NULL; stays in the table when the
 *	peer is elsewhere (RTNL and camex_dev.lock; RCU)
 * @name_node: in camex_dev.names
 * @folded: the name in lower case, zero-padded: the hash's key
 * @name: the name
 * @number: in camex_dev.peers
 * @event_node: on camex_dev.events (camex_dev.lock)
 * @events: what to tell, bits by enum camex_event (camex_dev.lock)
 * @link_node: on camex_dev.links_due (camex_dev.lock)
 * @link_failed: its link could not be made just now
 * @staged: packets that wait for a session (its own lock)
 * @dead: taken out of all tables (camex_dev.lock)
 * @rcu: frees it
 */
struct camex_peer {
	struct camex_dev *cdev;
	struct camex_endpoint __rcu *endpoint;
	struct camex_session_tx __rcu *tx;
	struct camex_key __rcu *key;
	struct camex_identifier __rcu *ident;
	struct camex_peer_link __rcu *link;
	struct camex_profile __rcu *profile;
	struct camex_traffic __percpu *traffic;
	unsigned long seen;
	unsigned long sent;
	unsigned long unanswered_since;
	unsigned long told;
	unsigned long answered_us;
	unsigned long caught_up;
	unsigned long refused_at;
	bool refused;
	bool alive;
	bool unheard;
	bool introduced;
	bool old_header;
	unsigned long introduced_at;

	bool heard;
	bool lost;
	struct list_head open;
	unsigned int nopen;
	struct camex_session_rx *endpoint_session;
	struct camex_closed closed[2];
	u64 reached;
	struct timer_list timer;
	unsigned long since;
	bool announce;
	unsigned long next_register;
	bool waiting;
	bool automatic;
	bool answered;
	unsigned long answered_at;
	int registers;
	int keepalive;

	struct list_head fdb;
	unsigned int nfdb;
	struct list_head routes;
	struct list_head key_node;
	u8 fingerprint[CAMEX_FINGERPRINT_LEN];
	struct camex_endpoint __rcu *configured;

	struct rhash_head name_node;
	char folded[CAMEX_NAME_MAX + 1];
	char name[CAMEX_NAME_MAX + 1];
	u32 number;

	struct list_head event_node;
	unsigned long events;
	struct list_head link_node;
	bool link_failed;
	bool dead;
	struct sk_buff_head staged;
	struct rcu_head rcu;
} __aligned(CAMEX_OWN_ALIGN);

/**
 * struct camex_peer_link - private part of a link's net_device
 * @dev: the net_device
 * @cdev: the device whose peer it is of
 * @peer: the peer; NULL when it goes before the link does (RTNL)
 * @gro: delivers received packets to the stack
 * @made: jiffies
 */
struct camex_peer_link {
	struct net_device *dev;
	struct camex_dev *cdev;
	struct camex_peer *peer;
	struct camex_gro_queue *gro;
	unsigned long made;
};

/**
 * camex_peer_own() - the protocol's own part of a peer
 * @peer: the peer
 *
 * Return: camex_protocol_ops.peer_size bytes.
 */
static inline void *camex_peer_own(const struct camex_peer *peer)
{
	return (void *)(peer + 1);
}

/**
 * camex_peer_dev() - the net_device that a peer's packets come and go through
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 * Return: its own one, if it has one, else the device's.
 */
static inline struct net_device *camex_peer_dev(const struct camex_peer *peer)
{
	const struct camex_peer_link *link = rcu_dereference_bh(peer->link);

	return link ? link->dev : peer->cdev->dev;
}

/* A setting that nobody has made. */
#define CAMEX_PEER_DEFAULT	(-1)

/**
 * struct camex_rekey - another key for a peer, not in use yet
 * @key: the key (a reference)
 * @tx: the session that sends under it
 */
struct camex_rekey {
	struct camex_key *key;
	struct camex_session_tx *tx;
};

/**
 * camex_peer_home() - the endpoint that a peer was given
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 * Return: the endpoint, or NULL.
 */
static inline struct camex_endpoint *camex_peer_home(const struct camex_peer *peer)
{
	return rcu_dereference_protected(peer->configured, lockdep_is_held(&peer->cdev->lock));
}

int camex_peers_init(struct camex_dev *cdev);
void camex_peers_clear(struct camex_dev *cdev);
void camex_peers_free(struct camex_dev *cdev);

struct camex_peer *camex_peer_find(struct camex_dev *cdev, const char *name);
struct camex_peer *camex_peer_new(struct camex_dev *cdev, const char *name,
				  const u8 *key, const u8 *fingerprint);
void camex_peer_del(struct camex_peer *peer);
void camex_peer_forget(struct camex_peer *peer);
int camex_peer_prepare_key(struct camex_peer *peer, const u8 *bytes,
			   struct camex_rekey *rekey);
void camex_peer_abandon_key(struct camex_peer *peer, struct camex_rekey *rekey);
void camex_peer_commit_key(struct camex_peer *peer, struct camex_rekey *rekey,
			   const u8 *fingerprint);
int camex_peer_set_key(struct camex_peer *peer, const u8 *bytes,
		       const u8 *fingerprint);
int camex_peer_set_routes(struct camex_peer *peer,
			  const struct camex_prefix *prefixes, unsigned int n);
enum camex_peer_state camex_peer_state(const struct camex_peer *peer);

void camex_peer_heard(struct camex_peer *peer);
int camex_peer_move(struct camex_peer *peer, const struct camex_addr *to,
		    const struct camex_addr *from);
void camex_peer_registered(struct camex_peer *peer);
void camex_peer_swap_tx(struct camex_peer *peer, struct camex_session_tx *tx);
int camex_peer_renew(struct camex_peer *peer);
void camex_peer_renew_used(struct camex_peer *peer);
void camex_peers_use_up(struct camex_dev *cdev, s64 since);

#endif /* CAMEX_PEER_H */
