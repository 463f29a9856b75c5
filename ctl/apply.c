/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apply.h"
#include "command.h"
#include "link.h"
#include "model.h"

/* with the one to the gateway */
#define ROUTES_MAX (PROFILE_ROUTES_MAX + 1)

static bool contains(const struct prefix *prefix, const struct address *addr)
{
	struct prefix at = { .addr = *addr, .len = prefix->len };
	struct prefix network = *prefix;

	if (prefix->addr.family != addr->family)
		return false;
	prefix_mask(&at);
	prefix_mask(&network);
	return !prefix_compare(&at, &network);
}

/* The routes of a profile that the address does not bring by itself. */
static size_t routes_of(const struct profile *profile, struct prefix *list)
{
	struct prefix network = profile->address;
	size_t n = 0;

	prefix_mask(&network);
	if (profile->gateway.family &&
	    !contains(&profile->address, &profile->gateway))
		list[n++] = (struct prefix){ profile->gateway, 32 };
	for (size_t i = 0; i < profile->n_routes; i++)
		if (network.len == 32 ||
		    prefix_compare(&network, &profile->routes[i]) != 0)
			list[n++] = profile->routes[i];
	return n;
}

static bool is_among(const struct prefix *prefix, const struct prefix *list,
		     size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!prefix_compare(prefix, &list[i]))
			return true;
	return false;
}

/* A route that cannot be set is told, and no reason to set nothing. */
static void add_route(struct conn *route, int ifindex,
		      const struct prefix *prefix, const struct profile *now,
		      const struct address *server)
{
	const struct address *gateway = &now->gateway;
	char text[PREFIX_TEXT];
	struct fault fault;
	bool there;

	prefix_text(prefix, text);
	if (contains(prefix, server)) {
		complain(
			"warning: route %s is not set: the server itself is there",
			text);
		return;
	}
	if (prefix->len == 32 &&
	    !memcmp(&prefix->addr, gateway, sizeof(*gateway)))
		gateway = NULL;
	if (link_add_route_via(route, ifindex, prefix, gateway, &there, &fault))
		complain("warning: route %s is not set: %s", text, fault.text);
	else if (there)
		complain(
			"warning: route %s is not set: there is one already that is not of this link",
			text);
}

static int set_address(struct conn *route, int ifindex,
		       const struct profile *was, const struct profile *now,
		       struct fault *fault)
{
	bool there;

	/* the first address of a network takes the others along when it goes */
	if (was && was->address.addr.family &&
	    prefix_compare(&was->address, &now->address) != 0) {
		struct fault gone;

		link_del_address(route, ifindex, &was->address, &gone);
	}
	if (link_add_address(route, ifindex, &now->address, &there, fault))
		return fault_prefix(fault, "address");
	return 0;
}

int apply_profile(struct conn *route, int ifindex, const struct profile *was,
		  const struct profile *now, const struct address *server,
		  struct fault *fault)
{
	struct prefix before[ROUTES_MAX], after[ROUTES_MAX];
	size_t n_before = was ? routes_of(was, before) : 0;
	size_t n_after = routes_of(now, after);
	struct fault gone;

	if (now->mtu && link_set_mtu(route, ifindex, now->mtu, fault))
		return fault_prefix(fault, "mtu");
	if (set_address(route, ifindex, was, now, fault))
		return -1;
	for (size_t i = 0; i < n_before; i++)
		if (!is_among(&before[i], after, n_after) ||
		    memcmp(&was->gateway, &now->gateway,
			   sizeof(now->gateway)) != 0)
			link_del_route(route, ifindex, &before[i], &gone);
	for (size_t i = 0; i < n_after; i++)
		add_route(route, ifindex, &after[i], now, server);
	return 0;
}

/* What the kernel says of one peer: 1: it has handed out a profile; 0, -1. */
static int look(struct call *call, struct profile *profile,
		struct address *server)
{
	struct model_device device = {};
	struct endpoint endpoint;
	int status;

	status = query_peers(call, &device, call->word[1]);
	if (!status && device.n_peers &&
	    profile_read(device.peers[0].tb, profile)) {
		model_endpoint(device.peers[0].tb, &endpoint);
		*server = endpoint.addr;
		status = 1;
	}
	model_device_clear(&device);
	return status;
}

static int wait_for(struct call *call, struct profile *profile,
		    struct address *server)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct timespec start, now;
	bool told = false;
	sigset_t pending;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		status = look(call, profile, server);
		if (status)
			return status < 0 ? -1 : 0;
		sigpending(&pending);
		if (sigismember(&pending, SIGINT) ||
		    sigismember(&pending, SIGTERM) ||
		    sigismember(&pending, SIGHUP))
			return fault_set(&call->fault, "interrupted");
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > APPLY_WAIT)
			return fault_set(
				&call->fault,
				"%s has sent no configuration within %d seconds",
				call->word[1], APPLY_WAIT);
		if (!told && now.tv_sec - start.tv_sec > 1) {
			told = true;
			complain(
				"waiting for the configuration from %s, at most %d seconds",
				call->word[1], APPLY_WAIT);
		}
		nanosleep(&pause, NULL);
	}
}

int apply_wait(const char *dev, const char *peer, struct conn *camex,
	       struct profile *profile, struct address *server,
	       struct fault *fault)
{
	struct call *call = calloc(1, sizeof(*call));
	int status;

	if (!call)
		return fault_set(fault, "out of memory");
	call->command = command_find("peer", "show");
	call->word[0] = dev;
	call->word[1] = peer;
	call->conn = *camex;
	status = wait_for(call, profile, server);
	*camex = call->conn;
	if (status)
		*fault = call->fault;
	free(call);
	return status;
}
