/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Addresses for clients of a camex.conf without one: 10.200.0.2 to 10.200.0.254, the pool of the
 * daemon's own server.
 */
#include <string.h>
#include <sys/socket.h>

#include "config/config.h"
#include "netlink/model.h"
#include "netlink/profile.h"

#define POOL_LEN 24
#define POOL_FIRST 2
#define POOL_LAST 254
#define POOL_GATEWAY 1

static const unsigned char pool[] = { 10, 200, 0 };

/* The last byte of an address in the pool, or 0. */
static unsigned int number_of(const struct address *address)
{
	if (address->family != AF_INET ||
	    memcmp(address->bytes, pool, sizeof(pool)) != 0)
		return 0;
	return address->bytes[sizeof(pool)];
}

static void set_number(struct address *address, unsigned int number)
{
	memset(address, 0, sizeof(*address));
	address->family = AF_INET;
	memcpy(address->bytes, pool, sizeof(pool));
	address->bytes[sizeof(pool)] = (unsigned char)number;
}

/* The number of the peer's present address from the pool; 0 if it has none. */
static unsigned int number_before(const struct model_device *device,
				  const char *name)
{
	const struct model_peer *peer = model_find_peer(device, name);
	struct profile profile;

	if (peer && profile_read(peer->tb, &profile) &&
	    profile.address.len == POOL_LEN)
		return number_of(&profile.address.addr);
	return 0;
}

static bool lacks_address(struct config_peer *peer)
{
	return !values_get(&peer->values, "address")->prefix.addr.family;
}

static int give(struct config_peer *peer, unsigned int number)
{
	struct prefix *address = &values_get(&peer->values, "address")->prefix;
	struct value *routes = values_get(&peer->values, "routes");
	struct address *gateway =
		&values_get(&peer->values, "gateway")->address;
	struct prefix route;

	set_number(&address->addr, number);
	address->len = POOL_LEN;
	if (!gateway->family)
		set_number(gateway, POOL_GATEWAY);
	route = *address;
	route.len = 32;
	routes->prefixes = config_prefix(&route);
	return routes->prefixes.n ? 0 : -1;
}

/* Mark the numbers that the file gives to clients or to the device. */
static void take_given(struct config *config, bool *taken)
{
	const struct value *own = values_get(&config->values, "address");

	for (size_t i = 0; own && i < own->prefixes.n; i++)
		taken[number_of(&own->prefixes.list[i].addr)] = true;
	for (size_t i = 0; i < config->n_peers; i++)
		taken[number_of(&values_get(&config->peers[i].values, "address")
					 ->prefix.addr)] = true;
}

int pool_assign(struct config *config, const struct model_device *device,
		struct fault *fault)
{
	bool taken[256] = {};
	unsigned int number, next = POOL_FIRST;
	int status = 0;

	take_given(config, taken);
	/* A client keeps its address: it may be connected. */
	for (size_t i = 0; i < config->n_peers && !status; i++) {
		struct config_peer *peer = &config->peers[i];

		if (!lacks_address(peer))
			continue;
		number = number_before(device, peer->name);
		if (number < POOL_FIRST || number > POOL_LAST || taken[number])
			continue;
		taken[number] = true;
		status = give(peer, number);
	}
	for (size_t i = 0; i < config->n_peers && !status; i++) {
		if (!lacks_address(&config->peers[i]))
			continue;
		while (next <= POOL_LAST && taken[next])
			next++;
		if (next > POOL_LAST)
			break;
		status = give(&config->peers[i], next++);
	}
	return status ? fault_set(fault, "out of memory") : 0;
}
