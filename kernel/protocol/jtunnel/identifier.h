/* SPDX-License-Identifier: GPL-2.0-only */
/* Identifiers of protocol jtunnel: who a datagram says that it is from. */
#ifndef CAMEX_IDENT_H
#define CAMEX_IDENT_H

#include "core/peer.h"

/**
 * struct camex_identifier - the identifier of a peer
 * @id: its bytes, as they are on the wire
 * @node: in camex_dev.identifiers (RTNL)
 * @peer: whose it is, valid under RCU
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

int camex_identifiers_init(struct camex_dev *cdev);
void camex_identifiers_free(struct camex_dev *cdev);
struct camex_peer *camex_identifier_find(struct camex_dev *cdev, const u8 *id);
struct camex_identifier *camex_identifier_new(struct camex_peer *peer, const u8 *id);
void camex_identifier_free(struct camex_identifier *ident);
void camex_identifier_set(struct camex_peer *peer, struct camex_identifier *ident);

#endif /* CAMEX_IDENT_H */
