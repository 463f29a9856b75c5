/* SPDX-License-Identifier: GPL-2.0-only */
/* Identifiers of protocol jtunnel, which name the sender of a datagram. */
#ifndef CAMEX_IDENT_H
#define CAMEX_IDENT_H

#include "protocol/sealed/sealed.h"

/**
 * struct camex_identifier - the identifier of a peer
 * @id: its bytes, as they are on the wire
 * @node: in camex_jtunnel_dev.identifiers (RTNL)
 * @peer: its peer, valid under RCU
 * @rcu: frees it
 *
 * Never changes while readers can see it: a peer gets a new one.
 */
struct camex_identifier {
	u8 id[CAMEX_ID_LEN];
	struct rhash_head node;
	struct camex_peer *peer;
	struct rcu_head rcu;
};

/**
 * struct camex_jtunnel_peer - state of a peer
 * @sealed: key and sessions
 * @ident: its identifier or NULL (RTNL; RCU)
 * @next: the identifier that a request has prepared (RTNL)
 */
struct camex_jtunnel_peer {
	struct camex_sealed_peer sealed;
	struct camex_identifier __rcu *ident;
	struct camex_identifier *next;
};

/**
 * struct camex_jtunnel_dev - state of a device
 * @sealed: keys and sessions; the preamble of datagrams is our identifier
 * @identifiers: struct camex_identifier by identifier
 */
struct camex_jtunnel_dev {
	struct camex_sealed_dev sealed;
	struct rhashtable identifiers;
};

/**
 * camex_jtunnel_of() - the state of a peer
 * @peer: a peer of protocol jtunnel
 */
static inline struct camex_jtunnel_peer *camex_jtunnel_of(const struct camex_peer *peer)
{
	return camex_peer_own(peer);
}

/**
 * camex_jtunnel_of_dev() - the state of a device
 * @cdev: a device of protocol jtunnel
 */
static inline struct camex_jtunnel_dev *camex_jtunnel_of_dev(const struct camex_dev *cdev)
{
	return camex_dev_own(cdev);
}

int camex_identifiers_init(struct camex_dev *cdev);
void camex_identifiers_free(struct camex_dev *cdev);
struct camex_peer *camex_identifier_find(struct camex_dev *cdev, const u8 *id);
struct camex_identifier *camex_identifier_new(struct camex_peer *peer, const u8 *id);
void camex_identifier_free(struct camex_identifier *ident);
void camex_identifier_set(struct camex_peer *peer, struct camex_identifier *ident);

#endif /* CAMEX_IDENT_H */
