/* SPDX-License-Identifier: GPL-2.0-only */
/* Transport udp,tcp: which of the two a peer is reached by. */
#ifndef CAMEX_TRANSPORT_UDP_TCP_H
#define CAMEX_TRANSPORT_UDP_TCP_H

#include "core/transport.h"

void camex_fallback_reset(struct camex_peer *peer);
void camex_fallback_connected(struct camex_peer *peer, struct camex_endpoint *ep);
bool camex_fallback_moved(struct camex_peer *peer, struct camex_endpoint *old);
bool camex_fallback_may_move(const struct camex_peer *peer, const struct camex_addr *to);
unsigned long camex_fallback_due(struct camex_peer *peer, unsigned long now,
				 unsigned long *what);
void camex_fallback_act(struct camex_peer *peer, unsigned long what);
void camex_fallback_asked(struct camex_peer *peer, const struct camex_addr *from);

#endif /* CAMEX_TRANSPORT_UDP_TCP_H */
