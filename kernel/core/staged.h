/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that wait until a protocol has a session with their peer. */
#ifndef CAMEX_STAGED_H
#define CAMEX_STAGED_H

#include <linux/sizes.h>

#include "core/peer.h"

/* Packets of a peer that wait at most; a GSO packet is one. */
#define CAMEX_STAGED_MAX	128
/* Bytes of memory that they take at most: what is forwarded is charged to nobody. */
#define CAMEX_STAGED_MEMORY	SZ_1M

/**
 * camex_staged_any() - does a packet wait
 * @peer: the peer whose session it waits for
 *
 * Context: any.
 */
static inline bool camex_staged_any(const struct camex_peer *peer)
{
	return !skb_queue_empty_lockless(&peer->staged);
}

int camex_stage(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol);
void camex_staged_send(struct camex_peer *peer);
void camex_staged_purge(struct camex_peer *peer);

#endif /* CAMEX_STAGED_H */
