/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Reads camex.conf, the server database of the OpenIPC camex daemon, as the daemon does. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/config.h"
#include "netlink/profile.h"
#include "text/parse.h"

#define MTU_MIN 576
#define MTU_MAX 9000

/* Sections as bits, in the order of kinds. */
enum {
	SERVER = 1 << 0,
	DEFAULTS = 1 << 1,
	CLIENT = 1 << 2,
};

static const struct ini_kind kinds[] = {
	{ "server", NULL },
	{ "defaults", NULL },
	{ "client", "ID" },
	{},
};

/**
 * struct client - a section [client ID], with the values of [defaults]
 * @name: its ID
 * @line: the line where the section begins
 * @address_line: the line of its address; 0: none
 * @profile: its profile; @profile.address is its address
 * @secret: its own key or the server's
 * @has_key: it has one
 */
struct client {
	const char *name;
	unsigned int line;
	unsigned int address_line;
	struct profile profile;
	struct secret secret;
	bool has_key;
};

/**
 * struct database - state while the file is read
 * @config: the result
 * @plain: encryption is off
 * @server: holds the server's key
 * @defaults: initial values of each client
 * @clients: the clients, in the order of the file
 * @n_clients: their number
 */
struct database {
	struct config *config;
	bool plain;
	struct client server;
	struct client defaults;
	struct client *clients;
	size_t n_clients;
};

/* The client of a section, or NULL if its values belong to the device. */
struct target {
	struct database *db;
	struct client *client;
	const struct key *key;
	const struct ini_entry *entry;
};

/**
 * struct key - a line of the table of keys
 * @name: the key
 * @read: reads its value; 0, or -1 with the reason; NULL: it has no effect
 * @keyword: keyword of "dev set", for read_keyword()
 * @where: the sections that may have it
 * @repeats: it may be given more than once
 */
struct key {
	const char *name;
	int (*read)(struct target *target, struct fault *fault);
	const char *keyword;
	unsigned int where;
	bool repeats;
};

/* Add a keyword of the device, and fill in its value. */
static struct value *add_value(struct target *target, unsigned int takes,
			       const char *keyword, const char *text,
			       struct fault *fault)
{
	struct values *values = &target->db->config->values;
	struct value *value;

	if (values_take(values, takes, "[server]", keyword, text, fault))
		return NULL;
	value = &values->list[values->n - 1];
	value->line = target->entry ? target->entry->line : 0;
	return value;
}

static int read_keyword(struct target *target, struct fault *fault)
{
	struct value *value = add_value(target, TAKES_DEV_SET,
					target->key->keyword,
					target->entry->value, fault);

	return value ? value->keyword->type->parse(value, fault) : -1;
}

static int read_encrypt(struct target *target, struct fault *fault)
{
	const char *text = target->entry->value;
	struct value *value;

	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return fault_set(fault, "\"%s\" is neither yes nor no", text);
	target->db->plain = text[0] == 'n';
	value = add_value(target, TAKES_DEV_SET, target->key->keyword,
			  target->db->plain ? "on" : "off", fault);
	if (!value)
		return -1;
	value->number = target->db->plain;
	return 0;
}

static int read_ipv4(const char *text, struct prefix *address,
		     struct fault *fault)
{
	struct prefixes list;

	if (addresses_parse(text, &list, fault))
		return -1;
	*address = list.list[0];
	free(list.list);
	if (list.n != 1)
		return fault_set(fault, "one address is expected");
	if (address->addr.family != AF_INET)
		return fault_set(fault, "\"%s\" is not an IPv4 address", text);
	return 0;
}

static int read_local(struct target *target, struct fault *fault)
{
	struct client *client = target->client;
	struct value *value;
	struct prefix address;

	if (read_ipv4(target->entry->value, &address, fault))
		return -1;
	if (client) {
		client->address_line = target->entry->line;
		client->profile.address = address;
		return 0;
	}
	value = add_value(target, TAKES_UP, "address", target->entry->value,
			  fault);
	if (!value)
		return -1;
	value->prefixes = config_prefix(&address);
	return value->prefixes.n ? 0 : fault_set(fault, "out of memory");
}

static int read_gateway(struct target *target, struct fault *fault)
{
	const char *text = target->entry->value;
	struct address *gateway = &target->client->profile.gateway;

	if (address_parse(text, gateway, fault))
		return -1;
	if (gateway->family != AF_INET)
		return fault_set(fault, "\"%s\" is not an IPv4 address", text);
	return 0;
}

static int read_mtu(struct target *target, struct fault *fault)
{
	const struct ini_entry *entry = target->entry;
	struct value *value;
	uint32_t mtu;

	if (parse_number(entry->value, MTU_MAX, &mtu, fault) || mtu < MTU_MIN)
		return fault_set(fault, "\"%s\" is not a number from %d to %d",
				 entry->value, MTU_MIN, MTU_MAX);
	if (target->client) {
		target->client->profile.mtu = mtu;
		return 0;
	}
	value = add_value(target, TAKES_UP, "mtu", entry->value, fault);
	if (!value)
		return -1;
	value->number = mtu;
	return 0;
}

static int read_route(struct target *target, struct fault *fault)
{
	struct profile *profile = &target->client->profile;
	const char *text = target->entry->value;
	struct prefix *prefix = &profile->routes[profile->n_routes];

	if (profile->n_routes == PROFILE_ROUTES_MAX)
		return fault_set(
			fault,
			"a client has at most %d, with those of [defaults]",
			PROFILE_ROUTES_MAX);
	if (prefix_parse(text, prefix, fault))
		return -1;
	if (prefix->addr.family != AF_INET)
		return fault_set(fault, "\"%s\" is not an IPv4 prefix", text);
	profile->n_routes++;
	return 0;
}

static int read_psk(struct target *target, struct fault *fault)
{
	const char *text = target->entry->value;
	struct client *client = target->client;

	client->has_key = true;
	return secret_of_passphrase(text, strlen(text), &client->secret, fault);
}

static const struct key keys[] = {
	{ "port", read_keyword, "port", SERVER, false },
	{ "bind_ip", read_keyword, "bind", SERVER, false },
	{ "bind_dev", read_keyword, "bind-dev", SERVER, false },
	{ "encrypt", read_encrypt, "plaintext", SERVER, false },
	{ "local_cidr", read_local, NULL, SERVER | DEFAULTS | CLIENT, false },
	{ "mtu", read_mtu, NULL, SERVER | DEFAULTS | CLIENT, false },
	{ "gateway_ip", read_gateway, NULL, DEFAULTS | CLIENT, false },
	{ "route_cidr", read_route, NULL, DEFAULTS | CLIENT, true },
	/* the server's key is read like that of a client without a name */
	{ "psk", read_psk, NULL, SERVER | CLIENT, false },
	/* the daemon ignores it there too */
	{ "psk", NULL, NULL, DEFAULTS, true },
	{ "tun_dev", NULL, NULL, SERVER, true },
	{ "pid_file", NULL, NULL, SERVER, true },
	{},
};

static const struct key *find_key(const char *name, unsigned int where)
{
	for (const struct key *key = keys; key->name; key++)
		if ((key->where & where) && !strcmp(key->name, name))
			return key;
	return NULL;
}

static unsigned int section_bit(const struct ini_section *section)
{
	return 1U << (section->kind - kinds);
}

static int read_value(struct target *target, struct fault *fault)
{
	if (!*target->entry->value)
		return fault_set(fault, "%s lacks its value",
				 target->key->name);
	if (target->key->read(target, fault))
		return fault_prefix(fault, target->key->name);
	return 0;
}

/* Read a section into a client, or with client NULL into the device. */
static int read_section(struct database *db, const struct ini_section *section,
			struct client *client, struct fault *fault)
{
	const struct ini *ini = &db->config->ini;
	unsigned int line[sizeof(keys) / sizeof(keys[0])] = {};
	struct target target = { .db = db };

	for (size_t i = 0; i < section->n; i++) {
		const struct key *key;

		target.entry = &ini->entries[section->first + i];
		key = find_key(target.entry->key, section_bit(section));
		if (!key || !key->read)
			continue;
		target.client = client;
		target.key = key;
		if (!client && key->read == read_psk)
			target.client = &db->server;
		if (!key->repeats && line[key - keys]) {
			fault_set(fault, "%s is given twice, first in line %u",
				  key->name, line[key - keys]);
			return ini_fault(ini, target.entry->line, fault);
		}
		line[key - keys] = target.entry->line;
		if (read_value(&target, fault))
			return ini_fault(ini, target.entry->line, fault);
	}
	return 0;
}

static struct value *put_value(struct values *values, const char *name)
{
	return config_put(values, TAKES_PEER_ADD, name, "");
}

/* Make a peer of a client. All of its profile is given, also if it is "none". */
static int add_peer(struct config *config, const struct client *client)
{
	struct config_peer *peer = &config->peers[config->n_peers++];
	const struct profile *profile = &client->profile;
	struct values *values = &peer->values;
	struct prefix route = profile->address;
	struct prefixes routes = { calloc(profile->n_routes + 1, sizeof(route)),
				   profile->n_routes };

	peer->name = client->name;
	peer->line = client->line;
	put_value(values, "address")->prefix = profile->address;
	put_value(values, "gateway")->address = profile->gateway;
	put_value(values, "mtu")->number = profile->mtu;
	if (!routes.list)
		return -1;
	memcpy(routes.list, profile->routes, routes.n * sizeof(route));
	put_value(values, "push-routes")->prefixes = routes;
	route.len = 32;
	if (client->address_line)
		put_value(values, "routes")->prefixes = config_prefix(&route);
	else
		put_value(values, "routes");
	if (client->has_key)
		put_value(values, "passphrase-file")->secret = client->secret;
	return 0;
}

static int read_client(struct database *db, const struct ini_section *section,
		       struct fault *fault)
{
	const struct ini *ini = &db->config->ini;
	struct client *client = &db->clients[db->n_clients++];

	*client = db->defaults;
	client->name = section->name;
	client->line = section->line;
	if (parse_peer_name(section->name, fault))
		return ini_fault(ini, section->line, fault);
	if (read_section(db, section, client, fault))
		return -1;
	if (!client->has_key && db->server.has_key) {
		client->secret = db->server.secret;
		client->has_key = true;
	}
	if (db->plain) {
		/* a peer with a key neither sends nor accepts plain datagrams */
		secret_wipe(&client->secret);
		client->has_key = false;
	} else if (!client->has_key) {
		fault_set(fault, "client %s has no psk, and neither has [server]",
			  client->name);
		return ini_fault(ini, client->line, fault);
	}
	return add_peer(db->config, client) ?
		       fault_set(fault, "out of memory") :
		       0;
}

static int client_compare(const void *a, const void *b)
{
	const struct client *x = *(const struct client *const *)a;
	const struct client *y = *(const struct client *const *)b;
	int order = memcmp(x->profile.address.addr.bytes,
			   y->profile.address.addr.bytes, 4);

	if (!order)
		order = x->line < y->line ? -1 : x->line > y->line;
	return order;
}

/* Refuse an address that two clients have. */
static int check_addresses(const struct database *db, struct fault *fault)
{
	const struct client **sorted;
	char text[ADDRESS_TEXT];
	size_t n = 0;
	int status = 0;

	sorted = reallocarray(NULL, db->n_clients + 1, sizeof(void *));
	if (!sorted)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < db->n_clients; i++)
		if (db->clients[i].address_line)
			sorted[n++] = &db->clients[i];
	qsort(sorted, n, sizeof(void *), client_compare);
	for (size_t i = 1; i < n && !status; i++) {
		const struct client *a = sorted[i - 1], *b = sorted[i];

		if (memcmp(a->profile.address.addr.bytes,
			   b->profile.address.addr.bytes, 4) != 0)
			continue;
		fault_set(fault,
			  "local_cidr: client %s has %s already, in line %u",
			  a->name, address_text(&b->profile.address.addr, text),
			  a->address_line);
		status = ini_fault(&db->config->ini, b->address_line, fault);
	}
	free(sorted);
	return status;
}

static int read_sections(struct database *db, struct fault *fault)
{
	const struct ini *ini = &db->config->ini;
	const struct ini_section *section = ini_find(ini, "server");
	struct target target = { .db = db };
	struct value *relay;

	if (section && read_section(db, section, NULL, fault))
		return -1;
	section = ini_find(ini, "defaults");
	if (section && read_section(db, section, &db->defaults, fault))
		return -1;
	for (size_t i = 0; i < ini->n_sections; i++)
		if (ini->sections[i].name &&
		    read_client(db, &ini->sections[i], fault))
			return -1;
	if (check_addresses(db, fault))
		return -1;
	/* the daemon always relays */
	relay = add_value(&target, TAKES_DEV_SET, "relay", "on", fault);
	if (!relay)
		return -1;
	relay->number = true;
	return 0;
}

int database_read(struct config *config, const char *path, struct fault *fault)
{
	struct database db = { .config = config };
	int status;

	memset(config, 0, sizeof(*config));
	if (ini_read(&config->ini, path, kinds, fault))
		return -1;
	db.clients = calloc(config->ini.n_sections + 1, sizeof(*db.clients));
	config->peers =
		calloc(config->ini.n_sections + 1, sizeof(*config->peers));
	status = db.clients && config->peers ?
			 read_sections(&db, fault) :
			 fault_set(fault, "out of memory");
	for (size_t i = 0; i < db.n_clients; i++)
		secret_wipe(&db.clients[i].secret);
	free(db.clients);
	secret_wipe(&db.server.secret);
	return status;
}

void database_warn(const struct config *config)
{
	const struct ini *ini = &config->ini;
	const struct ini_entry *entry;
	const struct key *key;
	char shown[64];

	if (ini->exposed)
		complain("warning: other users can read %s: chmod 600 it",
			 ini->name);
	for (const struct ini_section *section = ini->sections;
	     section < ini->sections + ini->n_sections; section++)
		for (size_t i = 0; i < section->n; i++) {
			entry = &ini->entries[section->first + i];
			key = find_key(entry->key, section_bit(section));
			if (key && key->read)
				continue;
			complain("warning: %s:%u: %s%s has no effect",
				 ini->name, entry->line,
				 key ? "" : "unknown key ",
				 ini_shown(entry->key, shown, sizeof(shown)));
		}
	for (size_t i = 0; i < config->n_peers; i++) {
		struct config_peer *peer = &config->peers[i];

		if (!values_get(&peer->values, "address")->prefix.addr.family)
			complain(
				"warning: %s:%u: client %s has no local_cidr, and 10.200.0.0/24 has no address left: nothing is sent to it",
				ini->name, peer->line, peer->name);
	}
}
