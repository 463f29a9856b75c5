/* SPDX-License-Identifier: GPL-2.0-only */
/* Transport udp,tcp: which of the two a peer is reached by. */
#ifndef CAMEX_TRANSPORT_UDP_TCP_H
#define CAMEX_TRANSPORT_UDP_TCP_H

#include "core/transport.h"

/**
 * struct camex_fallback - by which of the two transports a peer is reached. Lock: camex_dev.lock
 * @standby: endpoint of the other transport, where the peer may still be heard, or NULL
 * @since: jiffies when the transport changed, or the peer was given an endpoint
 * @asked: jiffies of the first datagram that was not answered, if @asks
 * @tried: jiffies when @trying changed
 * @asks: something was sent, and nothing heard since then
 * @reminded: the peer was asked for an answer
 * @trying: by UDP: TCP is being connected; by TCP: UDP was tried, and TCP is to be confirmed
 */
struct camex_fallback {
	struct camex_endpoint *standby;
	unsigned long since;
	unsigned long asked;
	unsigned long tried;
	bool asks;
	bool reminded;
	bool trying;
};

void camex_fallback_reset(struct camex_peer *peer);
void camex_fallback_connected(struct camex_peer *peer, struct camex_endpoint *ep);
bool camex_fallback_moved(struct camex_peer *peer, struct camex_endpoint *old);
bool camex_fallback_may_move(const struct camex_peer *peer, const struct camex_addr *to);
unsigned long camex_fallback_due(struct camex_peer *peer, unsigned long now,
				 unsigned long *what);
void camex_fallback_act(struct camex_peer *peer, unsigned long what);
void camex_fallback_asked(struct camex_peer *peer, const struct camex_addr *from);

#endif /* CAMEX_TRANSPORT_UDP_TCP_H */
