/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The daemon's database into a device: what differs is changed. The kernel does
 * not give keys back, so what cannot be undone comes last: new keys, and the
 * deletion of peers. All that can be refused comes before and is undone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "command.h"
#include "database.h"
#include "link.h"
#include "model.h"
#include "text.h"
#include "wanted.h"

/* What can be undone, and how. */
enum done {
	DONE_DEVICE,
	DONE_MTU,
	DONE_ADDRESS,
	DONE_CLEARED, /* a peer has no routes any more */
	DONE_ADDED,
	DONE_ROUTED, /* a peer without routes has got its new ones */
	DONE_PROFILED,
};

struct journal_entry {
	enum done done;
	const struct wanted *wanted;
};

/**
 * struct load - one run
 * @db: what is to be
 * @devices: the device as it is
 * @device: the one in that list
 * @wanted: all peers, those that are and those that will be
 * @n_wanted: how many
 * @before: what undoes the change of the device
 * @camex: connection
 * @route: connection
 * @journal: what has been done
 * @n_journal: how many
 * @fault: why it fails
 */
struct load {
	struct database db;
	struct model_devices devices;
	struct model_device *device;
	struct wanted *wanted;
	size_t n_wanted;
	struct values before;
	struct conn camex;
	struct conn route;
	struct journal_entry *journal;
	size_t n_journal;
	struct fault *fault;
};

/* --- single changes --- */

static int run(struct load *load, const char *object, const char *name,
	       const char *peer, const struct values *values, unsigned int line)
{
	const struct step step = {
		.object = object,
		.name = name,
		.word = { load->device->name, peer },
		.values = values,
	};

	if (!step_run(&step, &load->camex, &line, load->fault))
		return 0;
	if (peer)
		fault_prefix(load->fault, peer);
	return ini_fault(&load->db.ini, line, load->fault);
}

/* A keyword whose value is not read from text. */
static struct value *put_value(struct values *values, const char *name)
{
	struct value *value = &values->list[values->n++];

	*value = (struct value){
		.keyword = keyword_find(name, TAKES_PEER_ADD),
		.text = "",
	};
	return value;
}

static int set_routes(struct load *load, const struct wanted *wanted,
		      struct prefix *list, size_t n)
{
	struct values values = {};

	put_value(&values, "routes")->prefixes = (struct prefixes){ list, n };
	return run(load, "peer", "set", wanted->name, &values,
		   wanted->client ? wanted->client->line : 0);
}

static int set_profile(struct load *load, const struct wanted *wanted,
		       struct profile *profile)
{
	struct values values = {};

	profile_values(profile, &values);
	return run(load, "peer", "set", wanted->name, &values,
		   wanted->client->line);
}

static int set_key(struct load *load, const struct wanted *wanted)
{
	const struct client *client = wanted->client;
	struct values values = {};
	int status;

	if (!client->has_key)
		return run(load, "key", "del", wanted->name, NULL,
			   client->line);
	put_value(&values, "passphrase-file")->secret = client->secret;
	status = run(load, "key", "set", wanted->name, &values, client->line);
	values_wipe(&values);
	return status;
}

static int add_peer(struct load *load, const struct wanted *wanted)
{
	const struct client *client = wanted->client;
	struct profile profile = client->profile;
	struct values values = {};
	struct prefix route;
	int status;

	profile_values(&profile, &values);
	if (client->has_key)
		put_value(&values, "passphrase-file")->secret = client->secret;
	if (client->address_line) {
		client_route(client, &route);
		put_value(&values, "routes")->prefixes =
			(struct prefixes){ &route, 1 };
	}
	status = run(load, "peer", "add", wanted->name, &values, client->line);
	for (size_t i = 0; i < values.n; i++)
		if (value_is_secret(&values.list[i]))
			secret_wipe(&values.list[i].secret);
	return status;
}

static void done(struct load *load, enum done what, const struct wanted *wanted)
{
	load->journal[load->n_journal++] = (struct journal_entry){
		.done = what,
		.wanted = wanted,
	};
}

/* --- all of them, in order --- */

static int change_link(struct load *load)
{
	const struct database *db = &load->db;
	int ifindex = (int)load->device->ifindex;
	char text[PREFIX_TEXT], what[PREFIX_TEXT + 16];
	bool there;

	if (db->device.n) {
		if (run(load, "dev", "set", NULL, &db->device, 0))
			return -1;
		done(load, DONE_DEVICE, NULL);
	}
	if (db->mtu &&
	    db->mtu != device_number(load->device, CAMEX_A_DEV_MTU)) {
		if (link_set_mtu(&load->route, ifindex, db->mtu, load->fault)) {
			fault_prefix(load->fault, "mtu");
			return ini_fault(&db->ini, db->mtu_line, load->fault);
		}
		done(load, DONE_MTU, NULL);
	}
	if (!db->link_line)
		return 0;
	if (link_add_address(&load->route, ifindex, &db->link, &there,
			     load->fault)) {
		snprintf(what, sizeof(what), "address %s",
			 prefix_text(&db->link, text));
		fault_prefix(load->fault, what);
		return ini_fault(&db->ini, db->link_line, load->fault);
	}
	if (!there)
		done(load, DONE_ADDRESS, NULL);
	return 0;
}

/* Routes go before others come: two peers may exchange theirs. */
static int change_peers(struct load *load)
{
	struct prefix route;

	for (size_t i = 0; i < load->n_wanted; i++) {
		const struct wanted *wanted = &load->wanted[i];

		if (!wanted->peer || !wanted->peer->n_routes ||
		    (wanted->client && !wanted->other_routes))
			continue;
		if (set_routes(load, wanted, NULL, 0))
			return -1;
		done(load, DONE_CLEARED, wanted);
	}
	for (size_t i = 0; i < load->n_wanted; i++) {
		const struct wanted *wanted = &load->wanted[i];

		if (wanted->peer)
			continue;
		if (add_peer(load, wanted))
			return -1;
		done(load, DONE_ADDED, wanted);
	}
	for (size_t i = 0; i < load->n_wanted; i++) {
		const struct wanted *wanted = &load->wanted[i];

		if (!wanted->peer || !wanted->other_routes ||
		    !wanted->client->address_line)
			continue;
		client_route(wanted->client, &route);
		if (set_routes(load, wanted, &route, 1))
			return -1;
		done(load, DONE_ROUTED, wanted);
	}
	return 0;
}

static int change_profiles(struct load *load)
{
	for (size_t i = 0; i < load->n_wanted; i++) {
		const struct wanted *wanted = &load->wanted[i];
		struct profile profile;

		if (!wanted->other_profile)
			continue;
		profile = wanted->client->profile;
		if (set_profile(load, wanted, &profile))
			return -1;
		done(load, DONE_PROFILED, wanted);
	}
	return 0;
}

static int undo_one(struct load *load, const struct journal_entry *entry)
{
	const struct wanted *wanted = entry->wanted;
	int ifindex = (int)load->device->ifindex;
	struct profile profile;

	switch (entry->done) {
	case DONE_DEVICE:
		return run(load, "dev", "set", NULL, &load->before, 0);
	case DONE_MTU:
		return link_set_mtu(&load->route, ifindex,
				    device_number(load->device,
						  CAMEX_A_DEV_MTU),
				    load->fault);
	case DONE_ADDRESS:
		return link_del_address(&load->route, ifindex, &load->db.link,
					load->fault);
	case DONE_CLEARED:
		return set_routes(load, wanted, wanted->peer->routes,
				  wanted->peer->n_routes);
	case DONE_ADDED:
		return run(load, "peer", "del", wanted->name, NULL, 0);
	case DONE_ROUTED:
		return set_routes(load, wanted, NULL, 0);
	case DONE_PROFILED:
		profile_read(wanted->peer->tb, &profile);
		return set_profile(load, wanted, &profile);
	}
	return -1;
}

/* What was done, backwards; what cannot be undone is told after the reason. */
static void undo(struct load *load)
{
	static const char *const what[] = {
		[DONE_DEVICE] = "port, bind and plaintext",
		[DONE_MTU] = "the MTU",
		[DONE_ADDRESS] = "the address",
		[DONE_CLEARED] = "the routes",
		[DONE_ADDED] = "the new peer",
		[DONE_ROUTED] = "the new routes",
		[DONE_PROFILED] = "the new profile",
	};
	struct fault reason = *load->fault;

	while (load->n_journal) {
		const struct journal_entry *entry =
			&load->journal[--load->n_journal];

		if (undo_one(load, entry))
			text_add(reason.text, sizeof(reason.text),
				 "; not undone: %s%s%s", what[entry->done],
				 entry->wanted ? " of " : "",
				 entry->wanted ? entry->wanted->name : "");
	}
	*load->fault = reason;
}

/* What the kernel has no reason to refuse, and what cannot be undone. */
static int change_keys(struct load *load)
{
	char changed[FAULT_TEXT / 2] = "";

	for (size_t i = 0; i < load->n_wanted; i++) {
		const struct wanted *wanted = &load->wanted[i];

		if (!wanted->other_key)
			continue;
		if (set_key(load, wanted)) {
			undo(load);
			if (changed[0])
				text_add(load->fault->text,
					 sizeof(load->fault->text),
					 "; with new keys already: %s",
					 changed);
			return -1;
		}
		text_add(changed, sizeof(changed), "%s%s",
			 changed[0] ? ", " : "", wanted->name);
	}
	return 0;
}

static int delete_peers(struct load *load)
{
	for (size_t i = 0; i < load->n_wanted; i++) {
		const struct wanted *wanted = &load->wanted[i];

		if (wanted->client ||
		    !run(load, "peer", "del", wanted->name, NULL, 0))
			continue;
		text_add(
			load->fault->text, sizeof(load->fault->text),
			"; all is as the file says but for peers that are not in it: they are without routes, and these are left:");
		for (; i < load->n_wanted; i++)
			if (!load->wanted[i].client)
				text_add(load->fault->text,
					 sizeof(load->fault->text), " %s",
					 load->wanted[i].name);
		return -1;
	}
	return 0;
}

static int change(struct load *load)
{
	load->journal = calloc(4 * load->n_wanted + DONE_ADDRESS + 1,
			       sizeof(*load->journal));
	if (!load->journal)
		return fault_set(load->fault, "out of memory");
	if (conn_open_route(&load->route))
		return fault_set(load->fault, "no routing netlink");
	if (change_link(load) || change_peers(load) || change_profiles(load)) {
		undo(load);
		return -1;
	}
	if (change_keys(load))
		return -1;
	return delete_peers(load);
}

static int query(struct call *call, struct load *load)
{
	if (query_devices(call, call->word[0], &load->devices))
		return -1;
	if (load->devices.n != 1)
		return fault_set(&call->fault, "no camex device named %s",
				 call->word[0]);
	load->device = &load->devices.list[0];
	if (device_number(load->device, CAMEX_A_DEV_PROTOCOL) !=
	    CAMEX_PROTOCOL_CAMEX)
		return fault_set(
			&call->fault,
			"%s is not of protocol camex, and a server database is for that",
			call->word[0]);
	return query_device_peers(call, load->device, NULL);
}

int load(struct call *call)
{
	struct load *load = calloc(1, sizeof(*load));
	sigset_t before;
	int status;

	if (!load)
		return fault_set(&call->fault, "out of memory");
	load->fault = &call->fault;
	status = database_read(&load->db, call->word[1], &call->fault);
	if (!status)
		status = query(call, load);
	if (!status)
		status = wanted_peers(&load->db, load->device, &load->wanted,
				      &load->n_wanted, &call->fault);
	if (!status) {
		wanted_device(load->device, &load->db.device, &load->before);
		signals_block(&before);
		status = change(load);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	if (!status)
		database_warn(&load->db);
	database_wipe(&load->db);
	model_devices_clear(&load->devices);
	conn_close(&load->camex);
	conn_close(&load->route);
	free(load->wanted);
	free(load->journal);
	free(load);
	return status;
}
