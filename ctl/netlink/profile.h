/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The profile that a server hands out to a client. */
#ifndef CAMEXCTL_PROFILE_H
#define CAMEXCTL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/address.h"

struct nlattr;

/* maximum of prefixes that a server hands out to one client */
#define PROFILE_ROUTES_MAX 16

#define PROFILE_TEXT 512

/**
 * struct profile - the profile of a client
 * @address: the client's address with the length of its network; AF_UNSPEC: none
 * @gateway: address of the server; AF_UNSPEC: none
 * @mtu: MTU, bytes; 0: none
 * @routes: prefixes that the client routes to the server
 * @n_routes: number of prefixes
 */
struct profile {
	struct prefix address;
	struct address gateway;
	uint32_t mtu;
	struct prefix routes[PROFILE_ROUTES_MAX];
	size_t n_routes;
};

/* Get the prefix of a nest with address and length. False if it is malformed. */
bool prefix_read(struct nlattr *nest, struct prefix *prefix);

/* Get the profile among a peer's attributes. False if there is none. */
bool profile_read(struct nlattr *const *tb, struct profile *profile);

/* Write "address 10.88.0.2/24, mtu 1400" to buf, of PROFILE_TEXT bytes. */
const char *profile_text(const struct profile *profile, char *buf);

#endif /* CAMEXCTL_PROFILE_H */
