/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a server database wants otherwise than a device has it. */
#ifndef CAMEXCTL_WANTED_H
#define CAMEXCTL_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "database.h"
#include "model.h"

/**
 * struct wanted - what becomes of a peer
 * @name: its name
 * @client: what it is to be; NULL: it goes
 * @peer: what it is; NULL: it comes
 * @other_routes: its routes change
 * @other_profile: its profile does
 * @other_key: its key does
 */
struct wanted {
	const char *name;
	const struct client *client;
	const struct model_peer *peer;
	bool other_routes;
	bool other_profile;
	bool other_key;
};

/* The prefix of a client: its address alone. */
void client_route(const struct client *client, struct prefix *route);

/*
 * All peers, those that are and those that will be; clients and peers of one
 * name, whatever its case, become one. The list is from malloc(). 0 or -1.
 */
int wanted_peers(const struct database *db, const struct model_device *device,
		 struct wanted **peers, size_t *n_peers, struct fault *fault);

/* Keep of values what the device has not got already; before would undo them. */
void wanted_device(const struct model_device *device, struct values *values,
		   struct values *before);

/* A number that the device has; one that the kernel did not send is 0. */
uint32_t device_number(const struct model_device *device, uint16_t attr);

#endif /* CAMEXCTL_WANTED_H */
