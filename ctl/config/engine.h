/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The engine: makes a device what a file says, all of it or nothing. */
#ifndef CAMEXCTL_ENGINE_H
#define CAMEXCTL_ENGINE_H

#include "command/command.h"
#include "config/config.h"
#include "netlink/model.h"

/**
 * enum engine_flags - how a wanted state is meant
 * @ENGINE_CREATE: the device does not exist yet
 * @ENGINE_LINK: the file is about addresses, kernel routes and the link's state too
 * @ENGINE_DEFAULTS: a keyword that the file lacks has its default value
 * @ENGINE_DRY_RUN: say what would change, change nothing
 * @ENGINE_REPORT: say what changes
 * @ENGINE_COUNT: say how many peers were added, changed and removed
 * @ENGINE_NAME_PEERS: an error names the peer that it is about
 * @ENGINE_SOME: it is about those peers alone that are in it; else others are removed
 * @ENGINE_EACH: a change that fails is told, and the others are made
 * @ENGINE_PROFILE: it is what a server hands out: MTU, address and kernel routes, in the
 *	place of @config->was. A route that cannot be added is told
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
 * engine_run() - compare the wanted state with the device, and change what differs
 * @call: the command, for its connection; takes the reason when it fails
 * @config: the wanted state; @config->name is the device
 * @devices: the device as it is: one with peers and routes; none with ENGINE_CREATE
 * @flags: enum engine_flags
 *
 * What the kernel may refuse comes first and is undone when a later change fails.
 * The kernel does not return keys, so new keys and deletions come last.
 *
 * Return: 0 or -1.
 */
int engine_run(struct call *call, struct config *config,
	       struct model_devices *devices, unsigned int flags);

#endif /* CAMEXCTL_ENGINE_H */
