/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a server hands out to a client. */
#ifndef CAMEXCTL_PROFILE_H
#define CAMEXCTL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/address.h"

struct nlattr;

/* prefixes that a server hands out to one client */
#define PROFILE_ROUTES_MAX 16

#define PROFILE_TEXT 512

/**
 * struct profile - what a server hands out to a client that asks
 * @address: its address with the length of its network; AF_UNSPEC: none
 * @gateway: the server's, AF_UNSPEC: none
 * @mtu: bytes, 0: none
 * @routes: where it sends what to the server
 * @n_routes: how many
 */
struct profile {
	struct prefix address;
	struct address gateway;
	uint32_t mtu;
	struct prefix routes[PROFILE_ROUTES_MAX];
	size_t n_routes;
};

/* A nest of address and length; false: it is none. */
bool prefix_read(struct nlattr *nest, struct prefix *prefix);

/* The profile among a peer's attributes; false: there is none. */
bool profile_read(struct nlattr *const *tb, struct profile *profile);

/* "address 10.88.0.2/24, mtu 1400", in buf of PROFILE_TEXT. */
const char *profile_text(const struct profile *profile, char *buf);

#endif /* CAMEXCTL_PROFILE_H */
