/* SPDX-License-Identifier: GPL-2.0-only */
/* A peer: its name, endpoint, liveness and counters, and the protocol's own struct. */
#ifndef CAMEX_PEER_H
#define CAMEX_PEER_H

#include "core/device.h"
#include "core/endpoint.h"
#include "core/events.h"

/* Alignment of the protocol's own struct behind struct camex_peer. */
#define CAMEX_OWN_ALIGN		8

/**
 * struct camex_liveness - when a peer was heard, and when we sent to it. Packets write it
 * (WRITE_ONCE()), except members that name a lock
 * @seen: jiffies of the last valid datagram
 * @sent: jiffies of the last datagram to the peer
 * @unanswered_since: jiffies of the first packet to it after @seen
 * @alive: the peer was heard, and not lost since
 * @unheard: the protocol must send a first datagram before packets, see
 *	camex_protocol_ops.introduce
 * @introduced: it has sent that, so the next datagram from the peer clears @unheard
 * @heard: the peer was ever heard (camex_dev.lock)
 * @lost: the peer has been silent for too long (camex_dev.lock)
 * @keepalive: seconds, 0 for off, or CAMEX_PEER_DEFAULT (RTNL)
 * @since: jiffies when the link went up or the peer was added (written under camex_dev.lock)
 * @timer: expires when the next thing is due
 */
struct camex_liveness {
	unsigned long seen;
	unsigned long sent;
	unsigned long unanswered_since;
	bool alive;
	bool unheard;
	bool introduced;
	bool heard;
	bool lost;
	int keepalive;
	unsigned long since;
	struct timer_list timer;
};

/**
 * struct camex_link_of_peer - the per-peer link
 * @own: the link or NULL (RTNL and camex_dev.lock; RCU)
 * @node: on camex_dev.links.due (camex_dev.lock)
 * @failed: the last attempt to make it failed (RTNL)
 */
struct camex_link_of_peer {
	struct camex_peer_link __rcu *own;
	struct list_head node;
	bool failed;
};

/**
 * struct camex_peer_events - pending events of a peer. Lock: camex_dev.lock
 * @node: on camex_dev.events.list
 * @pending: bits by enum camex_event
 */
struct camex_peer_events {
	struct list_head node;
	unsigned long pending;
};

/**
 * struct camex_peer_stations - stations behind a peer (tap). Lock: camex_dev.lock
 * @list: struct camex_fdb_entry
 * @n: number of stations
 */
struct camex_peer_stations {
	struct list_head list;
	unsigned int n;
};

/**
 * struct camex_peer - a far end
 * @cdev: its device
 * @endpoint: current endpoint (camex_dev.lock; RCU)
 * @configured: configured endpoint, or NULL; stays in the table when the peer has moved (RTNL and
 *	camex_dev.lock; RCU)
 * @traffic: counters
 * @rx_cpu: CPU whose GRO queue got the last received packet (packets: WRITE_ONCE())
 * @staged_memory: memory of @staged, bytes (lock of @staged)
 * @live: when it was heard
 * @link: its per-peer link
 * @routes: its prefixes, struct camex_route (RTNL)
 * @stations: stations behind it
 * @events: pending events
 * @staged: packets that wait for a session (its own lock)
 * @name_node: in camex_dev.names (RTNL)
 * @folded: the name in lower case, zero-padded: the hash's key
 * @name: the name
 * @number: in camex_dev.peers
 * @told: that it was added was told (RTNL)
 * @dead: removed from all tables (camex_dev.lock)
 * @rcu: frees it
 *
 * The protocol's own struct follows, camex_peer_own(), then that of the transport,
 * camex_peer_transport_own().
 */
struct camex_peer {
	struct camex_dev *cdev;
	struct camex_endpoint __rcu *endpoint;
	struct camex_endpoint __rcu *configured;
	struct camex_traffic __percpu *traffic;
	int rx_cpu;
	unsigned int staged_memory;
	struct camex_liveness live;
	struct camex_link_of_peer link;
	struct list_head routes;
	struct camex_peer_stations stations;
	struct camex_peer_events events;
	struct sk_buff_head staged;

	struct rhash_head name_node;
	char folded[CAMEX_NAME_MAX + 1];
	char name[CAMEX_NAME_MAX + 1];
	u32 number;
	bool told;
	bool dead;
	struct rcu_head rcu;
} __aligned(CAMEX_OWN_ALIGN);

/**
 * struct camex_peer_link - private part of the net_device of a per-peer link
 * @dev: the net_device
 * @cdev: the device of the peer
 * @peer: the peer; NULL if it was deleted before the link (RTNL)
 * @gro: delivers received packets to the stack
 * @made: jiffies when the link was made
 */
struct camex_peer_link {
	struct net_device *dev;
	struct camex_dev *cdev;
	struct camex_peer *peer;
	struct camex_gro_queue *gro;
	unsigned long made;
};

/**
 * camex_peer_own() - the protocol's own struct of a peer
 * @peer: the peer
 *
 * Return: camex_protocol_ops.peer_size bytes.
 */
static inline void *camex_peer_own(const struct camex_peer *peer)
{
	return (void *)(peer + 1);
}

/**
 * camex_peer_dev() - the net_device for packets of a peer
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 * Return: the per-peer link, if there is one, else that of the device.
 */
static inline struct net_device *camex_peer_dev(const struct camex_peer *peer)
{
	const struct camex_peer_link *link = rcu_dereference_bh(peer->link.own);

	return link ? link->dev : peer->cdev->dev;
}

/**
 * struct camex_routes_change - a new list of prefixes for a peer, not in force yet
 * @added: prefixes that are new
 * @kept: prefixes that the peer has already
 */
struct camex_routes_change {
	struct list_head added;
	struct list_head kept;
};

/**
 * camex_peer_of_own() - the peer of a protocol's own struct
 * @own: the struct
 */
static inline struct camex_peer *camex_peer_of_own(const void *own)
{
	return (struct camex_peer *)own - 1;
}

/**
 * camex_peer_count_tx() - count a datagram to a peer that contains no packet
 * @peer: the peer
 * @bytes: length of the datagram
 *
 * Context: RCU reader, bottom halves off.
 */
static inline void camex_peer_count_tx(struct camex_peer *peer, unsigned int bytes)
{
	camex_traffic_tx(peer->traffic, 1, bytes);
	dev_sw_netstats_tx_add(camex_peer_dev(peer), 1, bytes);
}

/**
 * camex_peer_count_rx() - count a datagram of a peer that contains no packet
 * @peer: the peer
 * @bytes: length of the datagram
 *
 * Context: RCU reader, bottom halves off.
 */
static inline void camex_peer_count_rx(struct camex_peer *peer, unsigned int bytes)
{
	camex_traffic_rx(peer->traffic, 1, bytes);
	camex_sw_netstats_rx(camex_peer_dev(peer), 1, bytes);
}

/* A setting that no request has set. */
#define CAMEX_PEER_DEFAULT	(-1)

/**
 * camex_note_now() - set a time stamp to now
 * @when: jiffies; written at most once a tick, so that CPUs can share the cache line
 */
static inline void camex_note_now(unsigned long *when)
{
	unsigned long now = jiffies;

	if (READ_ONCE(*when) != now)
		WRITE_ONCE(*when, now);
}

/**
 * camex_peer_configured() - the configured endpoint of a peer
 * @peer: the peer
 *
 * Context: camex_dev.lock held.
 * Return: the endpoint, or NULL.
 */
static inline struct camex_endpoint *camex_peer_configured(const struct camex_peer *peer)
{
	return rcu_dereference_protected(peer->configured, lockdep_is_held(&peer->cdev->lock));
}

int camex_peers_init(struct camex_dev *cdev);
void camex_peers_clear(struct camex_dev *cdev);
void camex_peers_free(struct camex_dev *cdev);

void *camex_peer_transport_own(const struct camex_peer *peer);
struct camex_peer *camex_peer_find(struct camex_dev *cdev, const char *name);
struct camex_peer *camex_peer_new(struct camex_dev *cdev, const char *name,
				  const u8 *key, const u8 *fingerprint);
void camex_peer_del(struct camex_peer *peer);
void camex_peer_forget(struct camex_peer *peer);
int camex_routes_prepare(struct camex_peer *peer, const struct camex_prefix *prefixes,
			 unsigned int n, struct camex_routes_change *change);
void camex_routes_commit(struct camex_peer *peer, struct camex_routes_change *change);
void camex_routes_abandon(struct camex_peer *peer, struct camex_routes_change *change);
int camex_peer_set_routes(struct camex_peer *peer,
			  const struct camex_prefix *prefixes, unsigned int n);
enum camex_peer_state camex_peer_state(const struct camex_peer *peer);

void camex_peer_heard(struct camex_peer *peer);
int camex_peer_move(struct camex_peer *peer, const struct camex_addr *to,
		    const struct camex_addr *from);

#endif /* CAMEX_PEER_H */
