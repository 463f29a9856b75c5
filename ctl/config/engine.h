/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The engine: applies a wanted state to a device, all of it or nothing. */
#ifndef CAMEXCTL_ENGINE_H
#define CAMEXCTL_ENGINE_H

#include "command/command.h"
#include "config/config.h"
#include "netlink/model.h"

/**
 * enum engine_flags - what a wanted state includes, and what is reported
 * @ENGINE_CREATE: create the device
 * @ENGINE_LINK: include addresses, kernel routes and the link's state
 * @ENGINE_DEFAULTS: set keywords that are not in the file to their defaults
 * @ENGINE_DRY_RUN: report what would change, and change nothing
 * @ENGINE_REPORT: report each change
 * @ENGINE_COUNT: report how many peers were added, changed and removed
 * @ENGINE_NAME_PEERS: name the peer in errors
 * @ENGINE_SOME: leave peers alone that are not in it; otherwise they are removed
 * @ENGINE_EACH: report a change that fails, and make the others
 * @ENGINE_PROFILE: it is a server's profile: MTU, address and kernel routes, which replace
 *	@config->was. Report a route that cannot be added
 */
enum engine_flags {
	ENGINE_CREATE = 1 << 0,
	ENGINE_LINK = 1 << 1,
	ENGINE_DEFAULTS = 1 << 2,
	ENGINE_DRY_RUN = 1 << 3,
	ENGINE_REPORT = 1 << 4,
	ENGINE_COUNT = 1 << 5,
	ENGINE_NAME_PEERS = 1 << 6,
	ENGINE_SOME = 1 << 7,
	ENGINE_EACH = 1 << 8,
	ENGINE_PROFILE = 1 << 9,
};

/**
 * engine_run() - apply the wanted state to the device
 * @call: the command, for its connection; receives the reason of a failure
 * @config: the wanted state; @config->name is the device
 * @devices: the existing device with peers and routes; none with ENGINE_CREATE
 * @flags: enum engine_flags
 *
 * Changes that the kernel may refuse are made first, and undone if a later change fails. New keys
 * and deletions come last: they cannot be undone, since the kernel does not return keys.
 *
 * Return: 0 or -1.
 */
int engine_run(struct call *call, struct config *config,
	       struct model_devices *devices, unsigned int flags);

#endif /* CAMEXCTL_ENGINE_H */
