/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers that do not answer, perhaps because they take us for a recording. */
#ifndef CAMEX_CATCH_UP_H
#define CAMEX_CATCH_UP_H

#include "protocol/sealed/state.h"

void camex_session_catch_up(struct camex_session_tx *tx);
bool camex_catch_up_hello(struct camex_peer *peer);
bool camex_peer_is_unanswered(const struct camex_peer *peer, unsigned long *since);
unsigned long camex_catch_up_look(struct camex_peer *peer, unsigned long now);

/**
 * camex_peer_told() - the last datagram of a peer's was REGISTER or KEEPALIVE
 * @peer: the peer
 * @before: peer->live.seen before that
 *
 * It does not say that the peer takes what we send. It counts as heard a jiffy ago, so that
 * another datagram in the same jiffy can be told from it.
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
