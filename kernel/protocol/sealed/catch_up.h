/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers that do not answer, perhaps because they refuse our session as a replay. */
#ifndef CAMEX_CATCH_UP_H
#define CAMEX_CATCH_UP_H

#include "protocol/sealed/state.h"

void camex_session_catch_up(struct camex_session_tx *tx);
bool camex_catch_up_hello(struct camex_peer *peer);
bool camex_peer_is_unanswered(const struct camex_peer *peer, unsigned long *since);
unsigned long camex_catch_up_look(struct camex_peer *peer, unsigned long now);

/**
 * camex_peer_told() - note that the last datagram of a peer was REGISTER or KEEPALIVE
 * @peer: the peer
 * @before: peer->live.seen before that datagram
 *
 * Such a datagram is no proof that the peer accepts our datagrams. It counts as heard one jiffy
 * ago, so that another datagram in the same jiffy can be distinguished from it.
 */
static inline void camex_peer_told(struct camex_peer *peer, unsigned long before)
{
	struct camex_sealed_peer *own = camex_sealed_of(peer);
	unsigned long told = jiffies - 1;

	if (before != READ_ONCE(own->told))
		WRITE_ONCE(own->answered_us, before);
	WRITE_ONCE(own->told, told);
	WRITE_ONCE(peer->live.seen, told);
}

#endif /* CAMEX_CATCH_UP_H */
