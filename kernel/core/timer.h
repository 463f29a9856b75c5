/* SPDX-License-Identifier: GPL-2.0-only */
/* What time brings: REGISTER, KEEPALIVE, peers that are lost, turns of sessions. */
#ifndef CAMEX_TIMER_H
#define CAMEX_TIMER_H

#include <net/netlink.h>

#include "core/peer.h"

void camex_timer_init(struct camex_peer *peer);
void camex_timer_set(struct camex_peer *peer, struct nlattr **tb);
void camex_timer_stop(struct camex_peer *peer);
int camex_timers_up(struct camex_dev *cdev);
void camex_timers_down(struct camex_dev *cdev);
void camex_timers_resume(struct camex_dev *cdev, s64 unused);
void camex_timers_changed(struct camex_dev *cdev, bool renamed);
void camex_peer_wake(struct camex_peer *peer, unsigned long when);
void camex_peer_reregister(struct camex_peer *peer);

enum camex_register camex_peer_registers(const struct camex_peer *peer);
unsigned int camex_peer_keepalive(const struct camex_peer *peer);
bool camex_peer_introduce(struct camex_peer *peer, struct camex_endpoint *ep);

/**
 * camex_peer_asked() - a packet went to a peer
 * @peer: the peer
 */
static inline void camex_peer_asked(struct camex_peer *peer)
{
	unsigned long unanswered_since = READ_ONCE(peer->unanswered_since), now = jiffies;

	if (READ_ONCE(peer->sent) != now)
		WRITE_ONCE(peer->sent, now);
	if (unanswered_since != now && !time_after(unanswered_since, READ_ONCE(peer->seen)))
		WRITE_ONCE(peer->unanswered_since, now);
}

#endif /* CAMEX_TIMER_H */
