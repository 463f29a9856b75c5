/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sets the profile that a server hands out on the link. */
#ifndef CAMEXCTL_APPLY_H
#define CAMEXCTL_APPLY_H

#include "text/fault.h"
#include "netlink/nl.h"

struct nlattr;

/* Maximum time that "up" waits for a server, seconds. */
#define APPLY_WAIT 30

/**
 * profile_take() - wait until a server has handed out a profile, and set it on the link
 * @dev: the device, which is up
 * @peer: the server
 * @camex: the connection, opened if necessary
 * @fault: the reason
 *
 * A route that exists for another interface is left alone, with a warning.
 *
 * Return: 0, or -1 if the server has sent none within APPLY_WAIT seconds, a signal is pending,
 * or address or MTU cannot be set.
 */
int profile_take(const char *dev, const char *peer, struct conn *camex,
		 struct fault *fault);

/* State of "monitor apply". */
struct applied_profiles;

/* Set all present profiles of a device; dev NULL: of all devices. *applied is NULL at first. */
int profiles_apply_all(struct applied_profiles **applied, const char *dev,
		       struct fault *fault);

/* Set the profile that a peer of the link with that index has handed out. */
void profiles_apply_peer(struct applied_profiles *applied, int ifindex,
			 const char *dev, struct nlattr *const *peer);

#endif /* CAMEXCTL_APPLY_H */
