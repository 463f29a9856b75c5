/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "monitor apply": what was set, so that it can be taken back. */
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/camex.h>

#include "apply.h"
#include "command.h"
#include "model.h"

/* What one peer has handed out, and was set. */
struct one {
	int ifindex;
	char peer[CAMEX_NAME_MAX + 1];
	struct profile profile;
	struct one *next;
};

struct applied {
	struct conn route;
	struct one *list;
};

static struct one *find(struct applied *applied, int ifindex, const char *peer)
{
	struct one *one;

	for (one = applied->list; one; one = one->next)
		if (one->ifindex == ifindex && !strcasecmp(one->peer, peer))
			return one;
	return NULL;
}

static struct one *remember(struct applied *applied, int ifindex,
			    const char *peer)
{
	struct one *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->ifindex = ifindex;
	snprintf(one->peer, sizeof(one->peer), "%s", peer);
	one->next = applied->list;
	applied->list = one;
	return one;
}

void applied_change(struct applied *applied, int ifindex, const char *dev,
		    struct nlattr *const *peer)
{
	const char *name = nla_get_string(peer[CAMEX_A_PEER_NAME]);
	struct one *one = find(applied, ifindex, name);
	struct endpoint endpoint;
	struct profile profile;
	struct fault fault = {};
	int status;

	if (!profile_read(peer, &profile))
		return;
	model_endpoint(peer, &endpoint);
	status = apply_profile(&applied->route, ifindex,
			       one ? &one->profile : NULL, &profile,
			       &endpoint.addr, &fault);
	if (!one)
		one = remember(applied, ifindex, name);
	if (one)
		one->profile = profile;
	if (status)
		complain("warning: %s %s: %s", dev, name, fault.text);
}

static int look(struct applied *applied, struct call *call)
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
				applied_change(applied, (int)device->ifindex,
					       device->name, tb);
		}
	}
	model_devices_clear(&devices);
	return status;
}

static struct applied *applied_new(void)
{
	struct applied *applied = calloc(1, sizeof(*applied));

	if (applied && conn_open_route(&applied->route)) {
		free(applied);
		return NULL;
	}
	return applied;
}

int applied_look(struct applied **applied, const char *dev,
		 struct fault *fault)
{
	struct call *call = calloc(1, sizeof(*call));
	int status;

	if (!*applied)
		*applied = applied_new();
	if (!call || !*applied) {
		free(call);
		return fault_set(fault, "out of memory, or no routing netlink");
	}
	call->command = command_find("show", NULL);
	call->word[0] = dev;
	status = look(*applied, call);
	if (status)
		*fault = call->fault;
	conn_close(&call->conn);
	free(call);
	return status;
}
