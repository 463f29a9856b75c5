/* SPDX-License-Identifier: GPL-2.0-only */
/* A far end: its name, key, sessions, endpoint and counters. */
#ifndef CAMEX_PEER_H
#define CAMEX_PEER_H

#include "device.h"
#include "endpoint.h"
#include "session.h"

/* Sessions that a peer can hold open to us at a time. */
#define CAMEX_PEER_SESSIONS	4

/**
 * struct camex_peer - a far end
 * @cdev: its device
 * @endpoint: where it is now (camex_dev.lock; RCU)
 * @tx: session for what we send; NULL without a key (camex_dev.lock; RCU)
 * @key: its key or NULL (RTNL; RCU)
 * @traffic: counters
 * @seen: jiffies of the last valid datagram, when @heard
 * @heard: there was one
 * @old_header: it speaks the form without a version byte, so we do too
 * @sessions: what it opened to us, newest first (camex_dev.lock)
 * @nsessions: how many (camex_dev.lock)
 * @routes: its prefixes, struct camex_route (RTNL)
 * @key_node: on camex_key.peers (RTNL; RCU)
 * @fingerprint: of the key, as given with it (RTNL)
 * @home: the endpoint that it was given, or NULL; stays in the table when the
 *	peer is elsewhere (RTNL and camex_dev.lock)
 * @name_node: in camex_dev.names
 * @folded: the name in lower case, zero-padded: the hash's key
 * @name: the name
 * @number: in camex_dev.peers
 * @event_node: on camex_dev.events (camex_dev.lock)
 * @events: what to tell, bits by enum camex_event (camex_dev.lock)
 * @dead: taken out of all tables (camex_dev.lock)
 * @rcu: frees it
 */
struct camex_peer {
	struct camex_dev *cdev;
	struct camex_endpoint __rcu *endpoint;
	struct camex_session_tx __rcu *tx;
	struct camex_key __rcu *key;
	struct camex_traffic __percpu *traffic;
	unsigned long seen;
	bool heard;
	bool old_header;

	struct list_head sessions;
	unsigned int nsessions;
	struct list_head routes;
	struct list_head key_node;
	u8 fingerprint[CAMEX_FINGERPRINT_LEN];
	struct camex_endpoint *home;

	struct rhash_head name_node;
	char folded[CAMEX_NAME_MAX + 1];
	char name[CAMEX_NAME_MAX + 1];
	u32 number;

	struct list_head event_node;
	unsigned long events;
	bool dead;
	struct rcu_head rcu;
};

/**
 * struct camex_rekey - another key for a peer, not in use yet
 * @key: the key (a reference)
 * @tx: the session that sends under it
 */
struct camex_rekey {
	struct camex_key *key;
	struct camex_session_tx *tx;
};

int camex_peers_init(struct camex_dev *cdev);
void camex_peers_clear(struct camex_dev *cdev);
void camex_peers_free(struct camex_dev *cdev);

struct camex_peer *camex_peer_find(struct camex_dev *cdev, const char *name);
struct camex_peer *camex_peer_new(struct camex_dev *cdev, const char *name);
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

void camex_peer_heard(struct camex_peer *peer, const struct camex_addr *to,
		      const struct camex_addr *from, bool move);
struct camex_session_rx *camex_peer_open_session(struct camex_peer *peer,
						 struct camex_key *key,
						 u32 prefix);
void camex_peer_renew_tx(struct camex_peer *peer);
unsigned long camex_peer_take_events(struct camex_dev *cdev,
				     struct camex_peer **peer);

#endif /* CAMEX_PEER_H */
