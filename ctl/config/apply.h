/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a server hands out, set on the link. */
#ifndef CAMEXCTL_APPLY_H
#define CAMEXCTL_APPLY_H

#include "text/fault.h"
#include "netlink/nl.h"
#include "netlink/profile.h"

struct nlattr;

/* How long "up" waits for a server, seconds. */
#define APPLY_WAIT 30

/**
 * apply_profile() - set address, MTU and routes of a link
 * @route: connection of conn_open_route()
 * @ifindex: the link
 * @was: what was set before, which goes where it differs; NULL: nothing
 * @now: what is to be
 * @server: address of the server: no route leads it into its own tunnel
 * @fault: the reason
 *
 * A route that something else has already stays what it is; that is told.
 *
 * Return: 0 or -1.
 */
int apply_profile(struct conn *route, int ifindex, const struct profile *was,
		  const struct profile *now, const struct address *server,
		  struct fault *fault);

/**
 * apply_wait() - wait until a server has handed out a profile
 * @dev: the device, which is up
 * @peer: the server
 * @camex: connection, or to be opened
 * @profile: result
 * @server: result: its address
 * @fault: the reason
 *
 * Return: 0; -1: it has not within APPLY_WAIT seconds, or a signal is pending.
 */
int apply_wait(const char *dev, const char *peer, struct conn *camex,
	       struct profile *profile, struct address *server,
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
