/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a server hands out, set on the link. */
#ifndef CAMEXCTL_APPLY_H
#define CAMEXCTL_APPLY_H

#include "text/fault.h"
#include "netlink/nl.h"

struct nlattr;

/* How long "up" waits for a server, seconds. */
#define APPLY_WAIT 30

/**
 * profile_take() - wait until a server has handed out a profile, and set it on the link
 * @dev: the device, which is up
 * @peer: the server
 * @camex: connection, or to be opened
 * @fault: the reason
 *
 * A route that something else has already stays what it is; that is told.
 *
 * Return: 0; -1: it has not within APPLY_WAIT seconds, a signal is pending, or address
 * or MTU cannot be set.
 */
int profile_take(const char *dev, const char *peer, struct conn *camex,
		 struct fault *fault);

/* What "monitor apply" remembers. */
struct applied_profiles;

/* Set what servers have handed out so far, dev NULL: on all devices. *applied is NULL the first time. */
int profiles_apply_all(struct applied_profiles **applied, const char *dev,
		       struct fault *fault);

/* A peer of the link with that index has handed this out. */
void profiles_apply_peer(struct applied_profiles *applied, int ifindex,
			 const char *dev, struct nlattr *const *peer);

#endif /* CAMEXCTL_APPLY_H */
