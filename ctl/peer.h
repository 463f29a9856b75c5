/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Messages about peers, apart from their sending. */
#ifndef CAMEXCTL_PEER_H
#define CAMEXCTL_PEER_H

#include "command.h"

/*
 * Add to a message the nest of a peer: its name and what was given for it.
 * 0, or -1 with the reason.
 */
int peer_put(struct nl_msg *msg, const char *name, const struct values *values,
	     struct fault *fault);

/* A request about the peer that the second word names, with keywords. */
int peer_request(struct call *call, uint8_t command);

#endif /* CAMEXCTL_PEER_H */
