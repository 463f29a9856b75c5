/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A whole device from a file, or nothing of it; and away with it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/camex.h>

#include "apply.h"
#include "command.h"
#include "ini.h"
#include "link.h"
#include "parse.h"
#include "text.h"
#include "up.h"

static const struct ini_kind kinds[] = {
	{ "device", NULL },
	{ "peer", "NAME" },
	{},
};

/* What a section gives, not read yet. */
static int take_section(struct up *up, const struct ini_section *section,
			unsigned int takes, const char *whose,
			struct values *values, struct fault *fault)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct ini_entry *entry =
			&up->ini.entries[section->first + i];

		if (values_take(values, takes, whose, entry->key,
				*entry->value ? entry->value : NULL, fault))
			return ini_fault(&up->ini, entry->line, fault);
		values->list[values->n - 1].line = entry->line;
	}
	return 0;
}

static int take_device(struct up *up, struct fault *fault)
{
	const struct ini_section *section = ini_find(&up->ini, "device");
	struct value *name;

	if (!section) {
		fault_set(fault, "the section [device] is missing");
		return ini_fault(&up->ini, 0, fault);
	}
	if (take_section(up, section, TAKES_DEV_ADD | TAKES_UP, "[device]",
			 &up->values, fault))
		return -1;
	name = values_get(&up->values, "name");
	if (!name) {
		fault_set(fault, "[device] lacks its name");
		return ini_fault(&up->ini, section->line, fault);
	}
	if (value_read(name, fault))
		return ini_fault(&up->ini, name->line, fault);
	up->name = name->text;
	up->line = name->line;
	return 0;
}

static int take_peers(struct up *up, struct fault *fault)
{
	up->peers = calloc(up->ini.n_sections, sizeof(*up->peers));
	if (!up->peers)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < up->ini.n_sections; i++) {
		const struct ini_section *section = &up->ini.sections[i];
		struct up_peer *peer = &up->peers[up->n_peers];

		if (!section->name)
			continue;
		up->n_peers++;
		peer->name = section->name;
		peer->line = section->line;
		if (parse_peer_name(section->name, fault))
			return ini_fault(&up->ini, section->line, fault);
		if (take_section(up, section, TAKES_PEER_ADD, "[peer]",
				 &peer->values, fault))
			return -1;
	}
	return 0;
}

int up_take(struct up *up, const char *path, struct fault *fault)
{
	memset(up, 0, sizeof(*up));
	up->path = path;
	if (ini_read(&up->ini, path, kinds, fault) || take_device(up, fault) ||
	    take_peers(up, fault))
		return -1;
	return 0;
}

/* Relative to the file, not to where we are. */
static int place_path(struct up *up, struct value *value, struct fault *fault)
{
	const char *slash = strrchr(up->path, '/');
	char **paths, *path;

	if (!slash || value->text[0] == '/' || !strcmp(value->text, "-"))
		return 0;
	paths = reallocarray(up->paths, up->n_paths + 1, sizeof(*paths));
	if (!paths)
		return fault_set(fault, "out of memory");
	up->paths = paths;
	if (asprintf(&path, "%.*s/%s", (int)(slash - up->path), up->path,
		     value->text) < 0)
		return fault_set(fault, "out of memory");
	up->paths[up->n_paths++] = path;
	value->text = path;
	return 0;
}

static int read_values(struct up *up, struct values *values,
		       struct fault *fault)
{
	for (size_t i = 0; i < values->n; i++) {
		struct value *value = &values->list[i];

		if ((value_is_secret(value) && place_path(up, value, fault)) ||
		    value_read(value, fault))
			return ini_fault(&up->ini, value->line, fault);
	}
	return 0;
}

int up_read(struct up *up, struct fault *fault)
{
	if (read_values(up, &up->values, fault))
		return -1;
	for (size_t i = 0; i < up->n_peers; i++)
		if (read_values(up, &up->peers[i].values, fault))
			return -1;
	return 0;
}

void up_wipe(struct up *up)
{
	values_wipe(&up->values);
	for (size_t i = 0; i < up->n_peers; i++)
		values_wipe(&up->peers[i].values);
	for (size_t i = 0; i < up->n_paths; i++)
		free(up->paths[i]);
	free(up->paths);
	free(up->peers);
	ini_wipe(&up->ini);
}

/* A command with the values of a section that starts in that line. */
static int run_command(struct up *up, const char *object, const char *name,
		       const char *peer, const struct values *values,
		       unsigned int line, struct conn *conn,
		       struct fault *fault)
{
	const struct step step = {
		.object = object,
		.name = name,
		.word = { up->name, peer },
		.values = values,
	};

	if (step_run(&step, conn, &line, fault))
		return ini_fault(&up->ini, line, fault);
	return 0;
}

static int add_addresses(struct up *up, struct conn *route, int ifindex,
			 struct fault *fault)
{
	char text[PREFIX_TEXT], what[PREFIX_TEXT + 16];

	for (size_t i = 0; i < up->values.n; i++) {
		const struct value *value = &up->values.list[i];

		if (value->keyword->type != &type_addresses)
			continue;
		for (size_t a = 0; a < value->prefixes.n; a++) {
			const struct prefix *address = &value->prefixes.list[a];

			if (!link_add_address(route, ifindex, address, NULL,
					      fault))
				continue;
			snprintf(what, sizeof(what), "address %s",
				 prefix_text(address, text));
			fault_prefix(fault, what);
			return ini_fault(&up->ini, value->line, fault);
		}
	}
	return 0;
}

/*
 * The kernel made a route to the network of each address by itself, but for a
 * single IPv4 address: a second one would be refused, or stand beside it.
 */
static bool is_own_network(const struct up *up, const struct prefix *prefix)
{
	for (size_t i = 0; i < up->values.n; i++) {
		const struct value *value = &up->values.list[i];

		if (value->keyword->type != &type_addresses)
			continue;
		for (size_t a = 0; a < value->prefixes.n; a++) {
			struct prefix network = value->prefixes.list[a];

			prefix_mask(&network);
			if (!prefix_compare(&network, prefix) &&
			    (network.addr.family != AF_INET ||
			     network.len < 32))
				return true;
		}
	}
	return false;
}

static int add_peer_routes(struct up *up, struct up_peer *peer,
			   struct conn *route, int ifindex, struct fault *fault)
{
	const struct value *value = values_get(&peer->values, "routes");
	char text[PREFIX_TEXT], what[PREFIX_TEXT + 16];

	/* where all other traffic goes is not ours to say */
	if (!value || !strcmp(value->text, "any"))
		return 0;
	for (size_t i = 0; i < value->prefixes.n; i++) {
		const struct prefix *prefix = &value->prefixes.list[i];

		if (is_own_network(up, prefix) ||
		    !link_add_route(route, ifindex, prefix, fault))
			continue;
		snprintf(what, sizeof(what), "kernel route %s",
			 prefix_text(prefix, text));
		fault_prefix(fault, what);
		return ini_fault(&up->ini, value->line, fault);
	}
	return 0;
}

/* Address and routes come from the servers that we ask for them. */
static int take_profile(struct up *up, struct up_peer *peer, struct conn *route,
			struct conn *camex, int ifindex, struct fault *fault)
{
	const struct value *registers = values_get(&peer->values, "register");
	struct address server;
	struct profile profile;

	if (!registers || registers->number != CAMEX_REGISTER_AUTO)
		return 0;
	if (apply_wait(up->name, peer->name, camex, &profile, &server, fault) ||
	    apply_profile(route, ifindex, NULL, &profile, &server, fault))
		return ini_fault(&up->ini, registers->line, fault);
	return 0;
}

/* The one peer of some transports comes with the device. */
static bool comes_with_device(struct up *up, const struct up_peer *peer)
{
	const struct value *transport = values_get(&up->values, "transport");

	return transport && transport->number != CAMEX_TRANSPORT_UDP &&
	       !strcasecmp(peer->name, "far");
}

/* All that comes after the device itself. */
static int fill_device(struct up *up, struct conn *route, struct conn *camex,
		       int ifindex, struct fault *fault)
{
	const struct value *mtu = values_get(&up->values, "mtu");

	for (size_t i = 0; i < up->n_peers; i++) {
		struct up_peer *peer = &up->peers[i];

		if (run_command(up, "peer",
				comes_with_device(up, peer) ? "set" : "add",
				peer->name, &peer->values, peer->line, camex,
				fault))
			return -1;
	}
	/* before the addresses: a small one takes those of IPv6 away */
	if (mtu && link_set_mtu(route, ifindex, mtu->number, fault)) {
		fault_prefix(fault, "mtu");
		return ini_fault(&up->ini, mtu->line, fault);
	}
	if (add_addresses(up, route, ifindex, fault))
		return -1;
	if (link_set_up(route, ifindex, fault)) {
		fault_prefix(fault, "setting it up");
		return ini_fault(&up->ini, up->line, fault);
	}
	for (size_t i = 0; i < up->n_peers; i++)
		if (add_peer_routes(up, &up->peers[i], route, ifindex, fault))
			return -1;
	for (size_t i = 0; i < up->n_peers; i++)
		if (take_profile(up, &up->peers[i], route, camex, ifindex,
				 fault))
			return -1;
	return 0;
}

/*
 * Addresses, routes and peers go with the device. It goes by its index, if that
 * is known: it may have got another name meanwhile.
 */
static void undo(struct up *up, struct conn *route, int ifindex,
		 struct fault *fault)
{
	struct conn again = {};
	struct fault why;
	int status;

	if (ifindex)
		status = link_delete(route, ifindex, &why);
	else
		status = run_command(up, "dev", "del", NULL, NULL, up->line,
				     &again, &why);
	if (status)
		text_add(fault->text, sizeof(fault->text),
			 "; %s is left half made, deleting it failed: %s",
			 up->name, why.text);
	conn_close(&again);
}

static int make_device(struct up *up, struct fault *fault)
{
	struct conn route = {}, camex = {};
	struct link_found found = {};
	int status;

	status = run_command(up, "dev", "add", NULL, &up->values, up->line,
			     &route, fault);
	if (status)
		goto out;
	status = link_find(&route, up->name, &found, fault);
	if (status)
		ini_fault(&up->ini, up->line, fault);
	else
		status = fill_device(up, &route, &camex, found.ifindex, fault);
	if (status)
		undo(up, &route, found.ifindex, fault);
out:
	conn_close(&route);
	conn_close(&camex);
	return status;
}

int up(struct call *call)
{
	sigset_t before;
	struct up up;
	int status;

	status = up_take(&up, call->word[0], &call->fault);
	if (!status)
		status = up_read(&up, &call->fault);
	if (!status) {
		/* who interrupts us does not get half a device either */
		signals_block(&before);
		status = make_device(&up, &call->fault);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	if (!status) {
		values_warn(&up.values);
		for (size_t i = 0; i < up.n_peers; i++)
			values_warn(&up.peers[i].values);
	}
	up_wipe(&up);
	return status;
}

int down(struct call *call)
{
	struct conn conn = {};
	struct up up;
	int status;

	/* neither keys nor hosts are needed to take a device away */
	status = up_take(&up, call->word[0], &call->fault);
	if (!status)
		status = run_command(&up, "dev", "del", NULL, NULL, up.line,
				     &conn, &call->fault);
	conn_close(&conn);
	up_wipe(&up);
	return status;
}
