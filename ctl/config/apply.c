/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <netlink/attr.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <linux/camex.h>

#include "config/apply.h"
#include "command/command.h"
#include "netlink/link.h"
#include "netlink/model.h"

/* with the one to the gateway */
#define ROUTES_MAX (PROFILE_ROUTES_MAX + 1)

static bool contains_address(const struct prefix *prefix,
			     const struct address *addr)
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
	    !contains_address(&profile->address, &profile->gateway))
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
	if (contains_address(prefix, server)) {
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
	/* the first address of a network takes the others along when it goes */
	if (was && was->address.addr.family &&
	    prefix_compare(&was->address, &now->address) != 0) {
		struct fault gone;

		link_del_address(route, ifindex, &was->address, &gone);
	}
	if (link_keep_address(route, ifindex, &now->address, fault))
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
static int query_profile(struct call *call, struct profile *profile,
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

static int wait_for_profile(struct call *call, struct profile *profile,
			    struct address *server)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct timespec start, now;
	bool told = false;
	sigset_t pending;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		status = query_profile(call, profile, server);
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
	status = wait_for_profile(call, profile, server);
	*camex = call->conn;
	if (status)
		*fault = call->fault;
	free(call);
	return status;
}

/* --- "monitor apply": what was set, so that it can be taken back --- */

/* The configuration that one peer has handed out, and that was set. */
struct applied_profile {
	int ifindex;
	char peer[CAMEX_NAME_MAX + 1];
	struct profile profile;
	struct applied_profile *next;
};

struct applied_profiles {
	struct conn route;
	struct applied_profile *list;
};

static struct applied_profile *find_profile(struct applied_profiles *applied,
					    int ifindex, const char *peer)
{
	struct applied_profile *out;

	for (out = applied->list; out; out = out->next)
		if (out->ifindex == ifindex && !strcasecmp(out->peer, peer))
			return out;
	return NULL;
}

static struct applied_profile *add_profile(struct applied_profiles *applied,
					   int ifindex, const char *peer)
{
	struct applied_profile *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->ifindex = ifindex;
	snprintf(out->peer, sizeof(out->peer), "%s", peer);
	out->next = applied->list;
	applied->list = out;
	return out;
}

void profiles_apply_peer(struct applied_profiles *applied, int ifindex,
			 const char *dev, struct nlattr *const *peer)
{
	const char *name = nla_get_string(peer[CAMEX_A_PEER_NAME]);
	struct applied_profile *out = find_profile(applied, ifindex, name);
	struct endpoint endpoint;
	struct profile profile;
	struct fault fault = {};
	int status;

	if (!profile_read(peer, &profile))
		return;
	model_endpoint(peer, &endpoint);
	status = apply_profile(&applied->route, ifindex,
			       out ? &out->profile : NULL, &profile,
			       &endpoint.addr, &fault);
	if (!out)
		out = add_profile(applied, ifindex, name);
	if (out)
		out->profile = profile;
	if (status)
		complain("warning: %s %s: %s", dev, name, fault.text);
}

static int apply_devices(struct applied_profiles *applied, struct call *call)
{
	const char *dev = call->word[0];
	struct model_devices devices = {};
	int status;

	status = query_devices(call, call->word[0], &devices);
	for (size_t i = 0; i < devices.n && !status; i++) {
		struct model_device *device = &devices.list[i];

		call->word[0] = device->name;
		call->gone = false;
		status = query_peers(call, device, NULL);
		/* it went meanwhile, with all that there was to set */
		if (status && call->gone && !dev)
			status = 0;
		for (size_t p = 0; p < device->n_peers && !status; p++) {
			struct nlattr *const *tb = device->peers[p].tb;

			if (tb[CAMEX_A_PEER_REGISTER] &&
			    nla_get_u32(tb[CAMEX_A_PEER_REGISTER]) ==
				    CAMEX_REGISTER_AUTO)
				profiles_apply_peer(applied,
						    (int)device->ifindex,
						    device->name, tb);
		}
	}
	model_devices_clear(&devices);
	return status;
}

static struct applied_profiles *new_applied_profiles(void)
{
	struct applied_profiles *applied = calloc(1, sizeof(*applied));

	if (applied && conn_open_route(&applied->route)) {
		free(applied);
		return NULL;
	}
	return applied;
}

int profiles_apply_all(struct applied_profiles **applied, const char *dev,
		       struct fault *fault)
{
	struct call *call = calloc(1, sizeof(*call));
	int status;

	if (!*applied)
		*applied = new_applied_profiles();
	if (!call || !*applied) {
		free(call);
		return fault_set(fault, "out of memory, or no routing netlink");
	}
	call->command = command_find("show", NULL);
	call->word[0] = dev;
	status = apply_devices(*applied, call);
	if (status)
		*fault = call->fault;
	conn_close(&call->conn);
	free(call);
	return status;
}
