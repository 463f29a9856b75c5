/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that wait until the protocol has a session with their peer. */
#ifndef CAMEX_STAGED_H
#define CAMEX_STAGED_H

#include <linux/jiffies.h>
#include <linux/sizes.h>

#include "core/peer.h"

/* Maximum number of waiting packets of a peer; a GSO packet counts as one. */
#define CAMEX_STAGED_MAX	128
/* Maximum bytes of their memory, because forwarded packets are charged to no socket. */
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

/*
 * How long packets wait for the endpoint of a peer, from the time when the link went up or the peer
 * was added. A peer that registers does so every 10 s or more often.
 */
#define CAMEX_STAGED_UNTIL_HEARD	(12 * HZ)
/* Maximum bytes of memory for the waiting packets of all peers of a device in that time. */
#define CAMEX_STAGED_UNHEARD_MEMORY	SZ_4M

int camex_stage(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol);
int camex_stage_until_heard(struct camex_peer *peer, struct sk_buff *skb, __be16 protocol);
unsigned long camex_staged_due(struct camex_peer *peer, unsigned long now);
void camex_staged_act(struct camex_peer *peer);
void camex_staged_send(struct camex_peer *peer);
void camex_staged_purge(struct camex_peer *peer);

#endif /* CAMEX_STAGED_H */
