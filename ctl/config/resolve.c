/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "resolve": looks up host names of endpoints again if a peer does not answer. */
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

#include <linux/camex.h>

#include "command/command.h"
#include "config/config.h"
#include "netlink/link.h"
#include "netlink/model.h"
#include "output/output.h"

/* Interval of lookups for a peer that is silent for long, seconds. */
#define RARELY 900

/* Does an endpoint have a host name? */
static bool is_name(const char *text)
{
	return *text != '[' && text[strspn(text, "0123456789.:")];
}

/*
 * Is it time for a lookup? Called every @every seconds: yes after 1, 2, 4, 8 … times that, and later
 * every RARELY seconds. No state is kept: the first call after such a time does the lookup.
 */
static bool is_due(uint64_t silent, uint32_t every)
{
	uint64_t step = every;

	if (!every)
		return true;
	if (silent < every)
		return false;
	while (2 * step <= silent && 2 * step < RARELY)
		step *= 2;
	if (silent >= RARELY)
		return silent % RARELY < every;
	return silent - step < every;
}

/* Get for how long a peer has not answered, seconds. False if it answers, or need not. */
static bool is_silent(const struct model_peer *peer, uint64_t *silent)
{
	const struct nlattr *since = peer->tb[CAMEX_A_PEER_UNANSWERED];

	if (!since &&
	    model_is(peer->tb[CAMEX_A_PEER_STATE], CAMEX_PEER_STATE_LOST))
		since = peer->tb[CAMEX_A_PEER_LAST_SEEN];
	*silent = model_number(since) / 1000;
	return since;
}

static bool is_wanted(const struct model_peer *peer, uint32_t every)
{
	uint64_t silent;

	return is_silent(peer, &silent) && is_due(silent, every);
}

/* Set the endpoint of a peer to the address of its name, if that has changed. */
static int move_peer(struct call *call, const struct model_device *device,
		     const struct model_peer *peer, struct value *name)
{
	char now[ENDPOINT_TEXT], before[ENDPOINT_TEXT] = "";
	struct values values = {};
	struct endpoint endpoint;
	const struct step step = {
		.object = "peer",
		.name = "set",
		.word = { device->name, peer->name },
		.values = &values,
	};
	unsigned int line;

	/* not an error: the name may exist later */
	if (value_read(name, &call->fault)) {
		complain("warning: %s: %s", peer->name, call->fault.text);
		call->fault = (struct fault){};
		return 0;
	}
	if (model_endpoint(peer->tb, CAMEX_A_PEER_CONFIGURED_ADDR, &endpoint))
		endpoint_text(&endpoint, before);
	endpoint_text(&name->endpoint, now);
	if (!strcmp(now, before))
		return 0;
	config_put(&values, TAKES_PEER_SET, "endpoint", name->text)->endpoint =
		name->endpoint;
	if (step_run(&step, &call->conn, &line, &call->fault))
		return fault_prefix(&call->fault, peer->name);
	if (call->json)
		return json_resolved(stdout, device->name, peer->name,
				     name->text, now, &call->fault);
	printf("%s: %s is at %s\n", peer->name, name->text, now);
	return 0;
}

static int move_peers(struct call *call, struct config *config,
		      const struct model_device *device, uint32_t every)
{
	for (size_t i = 0; i < config->n_peers; i++) {
		struct config_peer *wanted = &config->peers[i];
		const struct model_peer *peer =
			model_find_peer(device, wanted->name);
		struct value *name = values_get(&wanted->values, "endpoint");

		if (!peer || !name || !is_name(name->text) ||
		    !is_wanted(peer, every))
			continue;
		if (move_peer(call, device, peer, name))
			return -1;
	}
	return 0;
}

int resolve(struct call *call)
{
	const struct value *every = values_get(&call->values, "every");
	const char *file = call->word[0];
	struct model_devices devices = {};
	char name[IFNAMSIZ];
	struct config config;
	int status = config_take(&config, file, &call->fault);

	if (!status && config.name && link_real_name(config.name, name))
		config.name = name;
	if (!status) {
		call->word[0] = config.name;
		status = query_device(call, config.name, &devices);
	}
	if (!status)
		status = move_peers(call, &config, &devices.list[0],
				    every ? every->number : 0);
	call->word[0] = file;
	model_devices_clear(&devices);
	config_wipe(&config);
	return status;
}
