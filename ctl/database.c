/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "database.h"
#include "parse.h"

#define MTU_MIN 576
#define MTU_MAX 9000

/* Sections, as bits. */
enum {
	SERVER = 1 << 0,
	DEFAULTS = 1 << 1,
	CLIENT = 1 << 2,
};

enum { KIND_SERVER, KIND_DEFAULTS, KIND_CLIENT };

static const struct ini_kind kinds[] = {
	[KIND_SERVER] = { "server", NULL },
	[KIND_DEFAULTS] = { "defaults", NULL },
	[KIND_CLIENT] = { "client", "ID" },
	{},
};

/* Where the values of a section go. */
struct target {
	struct database *db;
	struct client *client;
	const struct ini_entry *entry;
};

/**
 * struct key - a line of the table of keys
 * @name: the key
 * @read: reads its value; 0, or -1 with the reason; NULL: it has no effect
 * @keyword: for read_keyword(): what dev set calls it
 * @where: the sections that have it
 * @repeats: it may be there more than once
 */
struct key {
	const char *name;
	int (*read)(const struct key *key, struct target *target,
		    struct fault *fault);
	const char *keyword;
	unsigned int where;
	bool repeats;
};

static int read_keyword(const struct key *key, struct target *target,
			struct fault *fault)
{
	const struct ini_entry *entry = target->entry;
	struct values *values = &target->db->device;
	struct value *value;

	if (values_take(values, TAKES_DEV_SET, "[server]", key->keyword,
			entry->value, fault))
		return -1;
	value = &values->list[values->n - 1];
	value->line = entry->line;
	return value->keyword->type->parse(value->keyword, value, fault);
}

static int read_encrypt(const struct key *key, struct target *target,
			struct fault *fault)
{
	const char *text = target->entry->value;
	struct values *values = &target->db->device;

	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return fault_set(fault, "\"%s\" is neither yes nor no", text);
	target->db->plain = text[0] == 'n';
	if (values_take(values, TAKES_DEV_SET, "[server]", key->keyword,
			target->db->plain ? "on" : "off", fault))
		return -1;
	values->list[values->n - 1].line = target->entry->line;
	values->list[values->n - 1].number = target->db->plain;
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

static int read_local(const struct key *key, struct target *target,
		      struct fault *fault)
{
	const struct ini_entry *entry = target->entry;
	struct database *db = target->db;

	(void)key;
	if (!target->client) {
		db->link_line = entry->line;
		return read_ipv4(entry->value, &db->link, fault);
	}
	target->client->address_line = entry->line;
	return read_ipv4(entry->value, &target->client->profile.address, fault);
}

static int read_gateway(const struct key *key, struct target *target,
			struct fault *fault)
{
	const char *text = target->entry->value;
	struct address *gateway = &target->client->profile.gateway;

	(void)key;
	if (address_parse(text, gateway, fault))
		return -1;
	if (gateway->family != AF_INET)
		return fault_set(fault, "\"%s\" is not an IPv4 address", text);
	return 0;
}

static int read_mtu(const struct key *key, struct target *target,
		    struct fault *fault)
{
	const struct ini_entry *entry = target->entry;
	uint32_t mtu;

	(void)key;
	if (parse_number(entry->value, MTU_MAX, &mtu, fault) || mtu < MTU_MIN)
		return fault_set(fault, "\"%s\" is not a number from %d to %d",
				 entry->value, MTU_MIN, MTU_MAX);
	if (target->client) {
		target->client->profile.mtu = mtu;
	} else {
		target->db->mtu = mtu;
		target->db->mtu_line = entry->line;
	}
	return 0;
}

static int read_route(const struct key *key, struct target *target,
		      struct fault *fault)
{
	struct profile *profile = &target->client->profile;
	const char *text = target->entry->value;
	struct prefix *prefix = &profile->routes[profile->n_routes];

	(void)key;
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

static int read_psk(const struct key *key, struct target *target,
		    struct fault *fault)
{
	const char *text = target->entry->value;
	struct client *client = target->client;

	(void)key;
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
	/* the server's key is read as that of a client without a name */
	{ "psk", read_psk, NULL, SERVER | CLIENT, false },
	/* the daemon takes none from there either */
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

static int read_value(struct target *target, const struct key *key,
		      struct fault *fault)
{
	if (!*target->entry->value)
		return fault_set(fault, "%s lacks its value", key->name);
	if (key->read(key, target, fault))
		return fault_prefix(fault, key->name);
	return 0;
}

/*
 * The values of a section, which a client gets; NULL: the link. server is the
 * client that has the server's key then.
 */
static int read_section(struct database *db, const struct ini_section *section,
			struct client *client, struct client *server,
			struct fault *fault)
{
	unsigned int line[sizeof(keys) / sizeof(keys[0])] = {};
	struct target target = { .db = db };

	for (size_t i = 0; i < section->n; i++) {
		const struct key *key;

		target.entry = &db->ini.entries[section->first + i];
		key = find_key(target.entry->key, section_bit(section));
		if (!key || !key->read)
			continue;
		target.client = client;
		if (!client && key->read == read_psk)
			target.client = server;
		if (!key->repeats && line[key - keys]) {
			fault_set(fault, "%s is there already, in line %u",
				  key->name, line[key - keys]);
			return ini_fault(&db->ini, target.entry->line, fault);
		}
		line[key - keys] = target.entry->line;
		if (read_value(&target, key, fault))
			return ini_fault(&db->ini, target.entry->line, fault);
	}
	return 0;
}

static int read_client(struct database *db, const struct ini_section *section,
		       const struct client *defaults,
		       const struct client *server, struct fault *fault)
{
	struct client *client = &db->clients[db->n_clients++];

	*client = *defaults;
	client->name = section->name;
	client->line = section->line;
	if (parse_peer_name(section->name, fault))
		return ini_fault(&db->ini, section->line, fault);
	if (read_section(db, section, client, NULL, fault))
		return -1;
	if (!client->has_key && server->has_key) {
		client->secret = server->secret;
		client->has_key = true;
	}
	if (db->plain) {
		/* who has a key here would neither send nor take plain text */
		secret_wipe(&client->secret);
		client->has_key = false;
	} else if (!client->has_key) {
		fault_set(fault, "client %s has no psk, nor has [server]",
			  client->name);
		return ini_fault(&db->ini, client->line, fault);
	}
	return 0;
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

/* Each address belongs to one client. */
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
		status = ini_fault(&db->ini, b->address_line, fault);
	}
	free(sorted);
	return status;
}

int database_read(struct database *db, const char *path, struct fault *fault)
{
	const struct ini_section *section;
	struct client server = {}, defaults = {};
	int status;

	memset(db, 0, sizeof(*db));
	status = ini_read(&db->ini, path, kinds, fault);
	if (status)
		return status;
	db->clients = calloc(db->ini.n_sections + 1, sizeof(*db->clients));
	if (!db->clients)
		return fault_set(fault, "out of memory");
	section = ini_find(&db->ini, "server");
	if (section)
		status = read_section(db, section, NULL, &server, fault);
	section = ini_find(&db->ini, "defaults");
	if (section && !status)
		status = read_section(db, section, &defaults, NULL, fault);
	for (size_t i = 0; i < db->ini.n_sections && !status; i++) {
		section = &db->ini.sections[i];
		if (section->name)
			status = read_client(db, section, &defaults, &server,
					     fault);
	}
	if (!status)
		status = check_addresses(db, fault);
	/* the daemon has no switch for it */
	if (!status)
		status = values_take(&db->device, TAKES_DEV_SET, "[server]",
				     "relay", "on", fault);
	if (!status)
		db->device.list[db->device.n - 1].number = true;
	secret_wipe(&server.secret);
	return status;
}

void database_warn(const struct database *db)
{
	if (db->ini.exposed)
		complain("warning: other users can read %s: chmod 600 it",
			 db->ini.name);
	for (size_t s = 0; s < db->ini.n_sections; s++) {
		const struct ini_section *section = &db->ini.sections[s];

		for (size_t i = 0; i < section->n; i++) {
			const struct ini_entry *entry =
				&db->ini.entries[section->first + i];
			const struct key *key =
				find_key(entry->key, section_bit(section));
			char shown[64];

			if (!key || !key->read)
				complain("warning: %s:%u: %s%s has no effect",
					 db->ini.name, entry->line,
					 key ? "" : "unknown key ",
					 ini_shown(entry->key, shown, sizeof(shown)));
		}
	}
	for (size_t i = 0; i < db->n_clients; i++)
		if (!db->clients[i].address_line)
			complain(
				"warning: %s:%u: client %s has no local_cidr: nothing is sent to it",
				db->ini.name, db->clients[i].line,
				db->clients[i].name);
}

void database_wipe(struct database *db)
{
	for (size_t i = 0; i < db->n_clients; i++)
		secret_wipe(&db->clients[i].secret);
	free(db->clients);
	values_wipe(&db->device);
	ini_wipe(&db->ini);
}
