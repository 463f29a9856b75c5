/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <netlink/attr.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <linux/camex.h>

#include "command/command.h"
#include "config/apply.h"
#include "config/engine.h"
#include "netlink/profile.h"

/* --- a profile as a wanted state --- */

static bool contains_address(const struct prefix *prefix,
			     const struct address *addr)
{
	const struct prefix at = { *addr, (uint8_t)(address_len(addr) * 8) };

	return prefix_within(&at, prefix);
}

/* Skip a route that would send the tunnel's datagrams into the tunnel. */
static void want_route(struct prefixes *routes, const struct prefix *prefix,
		       const struct address *server)
{
	char text[PREFIX_TEXT];

	if (contains_address(prefix, server))
		complain(
			"warning: route %s is not set: the server itself is there",
			prefix_text(prefix, text));
	else
		routes->list[routes->n++] = *prefix;
}

/* Get a peer's profile. Returns 1, 0 if there is none, -1 without memory. */
static int read_config(struct config *config, const char *dev,
		       struct nlattr *const *peer)
{
	struct endpoint server;
	struct profile profile;
	struct prefixes *routes;
	struct value *value;

	memset(config, 0, sizeof(*config));
	if (!profile_read(peer, &profile))
		return 0;
	model_endpoint(peer, CAMEX_A_PEER_ENDPOINT_ADDR, &server);
	config->name = dev;
	config->ini.name = nla_get_string(peer[CAMEX_A_PEER_NAME]);
	config->gateway = profile.gateway;
	if (profile.mtu)
		config_put(&config->values, TAKES_UP, "mtu", "")->number =
			profile.mtu;
	if (profile.address.addr.family) {
		value = config_put(&config->values, TAKES_UP, "address", "");
		value->prefixes = config_prefix(&profile.address);
		if (!value->prefixes.n)
			return -1;
	}
	config->peers = calloc(1, sizeof(*config->peers));
	if (!config->peers)
		return -1;
	config->n_peers = 1;
	routes = &config_put(&config->peers->values, TAKES_PEER_ADD, "routes",
			     "")
			  ->prefixes;
	routes->list = calloc(PROFILE_ROUTES_MAX + 1, sizeof(*routes->list));
	if (!routes->list)
		return -1;
	if (profile.gateway.family &&
	    !contains_address(&profile.address, &profile.gateway))
		want_route(routes, &(struct prefix){ profile.gateway, 32 },
			   &server.addr);
	for (size_t i = 0; i < profile.n_routes; i++)
		want_route(routes, &profile.routes[i], &server.addr);
	return 1;
}

static int apply_config(struct call *call, struct config *config)
{
	struct model_devices devices = {};
	int status;

	call->word[0] = config->name;
	status = query_devices(call, config->name, &devices);
	if (!status)
		status = engine_run(call, config, &devices, ENGINE_PROFILE);
	model_devices_clear(&devices);
	return status;
}

/* --- "up" waits for a profile --- */

/* Read one peer from the kernel's answer. Returns as read_config(). */
static int query_config(struct call *call, struct config *config,
			struct model_device *device)
{
	int status;

	memset(config, 0, sizeof(*config));
	if (query_peers(call, device, call->word[1]))
		return -1;
	if (!device->n_peers)
		return 0;
	status = read_config(config, call->word[0], device->peers[0].tb);
	return status < 0 ? fault_set(&call->fault, "out of memory") : status;
}

static bool is_interrupted(void)
{
	sigset_t pending, ending;

	sigpending(&pending);
	signals_ending(&ending);
	sigandset(&pending, &pending, &ending);
	return !sigisemptyset(&pending);
}

static int wait_for_config(struct call *call, struct config *config,
			   struct model_device *device)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct timespec start, now;
	bool told = false;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!(status = query_config(call, config, device))) {
		config_wipe(config);
		model_device_clear(device);
		if (is_interrupted())
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
	return status < 0 ? -1 : 0;
}

int profile_take(const char *dev, const char *peer, struct conn *camex,
		 struct fault *fault)
{
	struct call *call = calloc(1, sizeof(*call));
	struct model_device device = {};
	struct config config;
	int status;

	if (!call)
		return fault_set(fault, "out of memory");
	call->command = command_find("peer", "show");
	call->word[0] = dev;
	call->word[1] = peer;
	call->conn = *camex;
	status = wait_for_config(call, &config, &device);
	if (!status)
		status = apply_config(call, &config);
	*camex = call->conn;
	if (status)
		*fault = call->fault;
	config_wipe(&config);
	model_device_clear(&device);
	free(call);
	return status;
}

/* --- "monitor apply": remembers what was set, to be able to remove it --- */

/* A profile that was set, and the peer that handed it out. */
struct applied_profile {
	int ifindex;
	char peer[CAMEX_NAME_MAX + 1];
	struct config config;
	struct applied_profile *next;
};

struct applied_profiles {
	struct call call;
	struct applied_profile *list;
};

/* Get the previous profile of a peer, empty the first time. NULL without memory. */
static struct applied_profile *find_profile(struct applied_profiles *applied,
					    int ifindex, const char *peer)
{
	struct applied_profile *out;

	for (out = applied->list; out; out = out->next)
		if (out->ifindex == ifindex && !strcasecmp(out->peer, peer))
			return out;
	out = calloc(1, sizeof(*out));
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
	struct applied_profile *out = NULL;
	struct call *call = &applied->call;
	struct config config;
	int status = read_config(&config, dev, peer);

	if (!status)
		return;
	if (status > 0)
		out = find_profile(applied, ifindex, name);
	if (!out) {
		config_wipe(&config);
		complain("out of memory");
		return;
	}
	config.was = &out->config;
	if (apply_config(call, &config)) {
		/* the engine has restored the previous profile */
		complain("warning: %s %s", dev, call->fault.text);
		config_wipe(&config);
		return;
	}
	config_wipe(&out->config);
	out->config = config;
}

static int apply_devices(struct applied_profiles *applied, const char *dev)
{
	struct call *call = &applied->call;
	struct model_devices devices = {};
	int status;

	call->word[0] = dev;
	status = query_devices(call, dev, &devices);
	for (size_t i = 0; i < devices.n && !status; i++) {
		struct model_device *device = &devices.list[i];

		call->word[0] = device->name;
		call->gone = false;
		status = query_peers(call, device, NULL);
		/* the interface was deleted meanwhile, with everything set on it */
		if (status && call->gone && !dev)
			status = 0;
		for (size_t p = 0; p < device->n_peers && !status; p++) {
			struct nlattr *const *tb = device->peers[p].tb;

			if (model_is(tb[CAMEX_A_PEER_REGISTER],
				     CAMEX_REGISTER_AUTO))
				profiles_apply_peer(applied,
						    (int)device->ifindex,
						    device->name, tb);
		}
	}
	model_devices_clear(&devices);
	return status;
}

int profiles_apply_all(struct applied_profiles **applied, const char *dev,
		       struct fault *fault)
{
	int status;

	if (!*applied)
		*applied = calloc(1, sizeof(**applied));
	if (!*applied)
		return fault_set(fault, "out of memory");
	(*applied)->call.command = command_find("show", NULL);
	status = apply_devices(*applied, dev);
	if (status)
		*fault = (*applied)->call.fault;
	return status;
}
