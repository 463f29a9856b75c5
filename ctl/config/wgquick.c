/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Reads files of wg-quick(8) into a wanted state, like those of camex-up(5). */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/wgquick.h"
#include "text/list.h"
#include "text/nearest.h"
#include "text/parse.h"
#include "text/text.h"

/* Sections of the file, and the commands that have their keywords. */
#define INTERFACE (TAKES_DEV_ADD | TAKES_UP)
#define PEER TAKES_PEER_ADD

static const struct ini_kind kinds[] = {
	{ "Interface", NULL },
	{ "Peer", NULL },
	{},
};

/**
 * struct reader - state while a line is read into the wanted state
 * @config: the wanted state
 * @values: the keywords of the section
 * @entry: the line
 * @key: its key
 * @fault: receives the reason of a failure
 */
struct reader {
	struct config *config;
	struct values *values;
	const struct ini_entry *entry;
	const struct quick_key *key;
	struct fault *fault;
};

/**
 * struct quick_key - a key of the file; a table ends with no @name
 * @name: its name in wg-quick(8)
 * @takes: the section: INTERFACE or PEER
 * @keyword: camexctl's keyword; NULL: none
 * @take: reads it, also for "down"; NULL: "down" does not need it
 * @read: reads its value, not for "down"; NULL: @take does
 * @when: when a hook runs
 * @repeats: it may be given more than once
 * @empty: its value may be empty
 */
struct quick_key {
	const char *name;
	unsigned int takes;
	const char *keyword;
	int (*take)(struct reader *reader);
	int (*read)(struct reader *reader);
	enum hook_when when;
	bool repeats;
	bool empty;
};

/* Add a value for the keyword of the line. */
static struct value *put_value(struct reader *reader, const char *text)
{
	struct value *value = config_put(reader->values, reader->key->takes,
					 reader->key->keyword, text);

	value->line = reader->entry->line;
	return value;
}

static int read_text(struct reader *reader, const char *text)
{
	struct value *value = put_value(reader, text);

	return value->keyword->type->parse(value, reader->fault);
}

static int read_plain(struct reader *reader)
{
	return read_text(reader, reader->entry->value);
}

static int read_or_off(struct reader *reader)
{
	const char *text = reader->entry->value;

	return read_text(reader, strcasecmp(text, "off") ? text : "0");
}

/* Read a key from the file itself; errors name the file. */
static int read_key(struct reader *reader)
{
	const char *text = reader->entry->value;
	struct value *value = put_value(reader, reader->config->path);

	if (secret_of_base64("it", text, strlen(text), &value->secret,
			     reader->fault))
		return -1;
	/* a key of zeros means "no key", as for WireGuard */
	value->secret.shared = true;
	value->secret.given =
		!sodium_is_zero(value->secret.key, sizeof(value->secret.key));
	return 0;
}

static int read_private_key(struct reader *reader)
{
	struct value *value;

	if (read_key(reader))
		return -1;
	value = &reader->values->list[reader->values->n - 1];
	value->secret.exposed = reader->config->ini.exposed;
	if (value->secret.given)
		secret_derive_public(&value->secret);
	return 0;
}

/* Host bits and duplicate prefixes are no errors in wg-quick. */
static int read_allowed_ips(struct reader *reader)
{
	const char *text = reader->entry->value;
	struct value *value = values_get(reader->values, reader->key->keyword);
	struct prefixes list;
	int status = 0;

	if (!value)
		value = put_value(reader, text);
	if (!*text)
		return 0;
	if (addresses_parse(text, &list, reader->fault))
		return -1;
	for (size_t i = 0; i < list.n && !status; i++) {
		prefix_mask(&list.list[i]);
		status = prefixes_add(&value->prefixes, &list.list[i]);
	}
	free(list.list);
	return status ? fault_set(reader->fault, "out of memory") : 0;
}

static int take_save_config(struct reader *reader)
{
	const char *text = reader->entry->value;

	if (!strcasecmp(text, "true"))
		reader->config->saves = reader->entry->line;
	else if (strcasecmp(text, "false") != 0)
		return fault_set(reader->fault,
				 "\"%s\" is neither true nor false", text);
	return 0;
}

/* Add a hook, with %i replaced by the device's name. */
static char *expand_hook(const char *text, const char *device)
{
	char *whole = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&whole, &len);

	if (!out)
		return NULL;
	for (const char *at; (at = strstr(text, "%i")); text = at + 2)
		fprintf(out, "%.*s%s", (int)(at - text), text, device);
	fputs(text, out);
	fclose(out);
	return whole;
}

static int take_hook(struct reader *reader)
{
	struct config *config = reader->config;
	struct config_hook *hook;
	char *command;

	command = config_keep(config,
			      expand_hook(reader->entry->value, config->name));
	hook = command ? list_add(&config->hooks, &config->n_hooks,
				  sizeof(*hook)) :
			 NULL;
	if (!hook)
		return fault_set(reader->fault, "out of memory");
	*hook = (struct config_hook){
		.when = reader->key->when,
		.command = command,
		.line = reader->entry->line,
	};
	return 0;
}

/* Is it a domain name that is safe in resolv.conf and on a command line? */
static bool is_domain(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~");

	return len && !text[len] && *text != '-';
}

static int add_dns(struct reader *reader, const char *text)
{
	struct config *config = reader->config;
	struct address address;
	struct fault no_address;
	char **place, *copy;

	if (address_parse(text, &address, &no_address) && !is_domain(text))
		return fault_set(
			reader->fault,
			"\"%s\" is neither an address nor a domain to search",
			text);
	copy = config_keep(config, strdup(text));
	place = copy ? list_add(&config->dns, &config->n_dns, sizeof(*place)) :
		       NULL;
	if (!place)
		return fault_set(reader->fault, "out of memory");
	*place = copy;
	config->dns_line = reader->entry->line;
	return 0;
}

static int take_dns(struct reader *reader)
{
	char *copy = strdup(reader->entry->value), *rest = copy, *word;
	int status = copy ? 0 : fault_set(reader->fault, "out of memory");

	while (!status && (word = strsep(&rest, ", \t")))
		if (*word)
			status = add_dns(reader, word);
	free(copy);
	return status;
}

/* clang-format off */
static const struct quick_key keys[] = {
	{ "PrivateKey", INTERFACE, "private-key-file", .read = read_private_key },
	{ "ListenPort", INTERFACE, "port", .read = read_plain },
	{ "FwMark", INTERFACE, "fwmark", .read = read_or_off },
	{ "Address", INTERFACE, "address", .read = read_plain, .repeats = true },
	{ "DNS", INTERFACE, NULL, .take = take_dns, .repeats = true, .empty = true },
	{ "MTU", INTERFACE, "mtu", .read = read_plain },
	{ "Table", INTERFACE, "table", .read = read_plain },
	{ "PreUp", INTERFACE, NULL, .take = take_hook, .when = HOOK_PRE_UP, .repeats = true },
	{ "PostUp", INTERFACE, NULL, .take = take_hook, .when = HOOK_POST_UP, .repeats = true },
	{ "PreDown", INTERFACE, NULL, .take = take_hook, .when = HOOK_PRE_DOWN, .repeats = true },
	{ "PostDown", INTERFACE, NULL, .take = take_hook, .when = HOOK_POST_DOWN, .repeats = true },
	{ "SaveConfig", INTERFACE, NULL, .take = take_save_config },
	{ "PublicKey", PEER, "public-key", .read = read_plain },
	{ "PresharedKey", PEER, "preshared-key-file", .read = read_key },
	{ "AllowedIPs", PEER, "routes", .read = read_allowed_ips, .repeats = true, .empty = true },
	{ "Endpoint", PEER, "endpoint", .read = read_plain },
	{ "PersistentKeepalive", PEER, "keepalive", .read = read_or_off },
	{}
};
/* clang-format on */

static unsigned int section_takes(const struct ini_section *section)
{
	return section->kind == &kinds[0] ? INTERFACE : PEER;
}

static const struct quick_key *find_key(const struct ini_section *section,
					const char *name, struct fault *fault)
{
	const char *section_name = section->kind->name;
	unsigned int takes = section_takes(section);
	struct nearest near = {};
	char shown[64];

	near.word = ini_shown(name, shown, sizeof(shown));
	for (const struct quick_key *key = keys; key->name; key++) {
		if (key->takes != takes)
			continue;
		if (!strcasecmp(key->name, name))
			return key;
		nearest_see(&near, key->name);
	}
	if (near.name)
		fault_set(fault, "unknown key %s in [%s], did you mean %s?",
			  near.word, section_name, near.name);
	else
		fault_set(fault, "unknown key %s in [%s]", near.word,
			  section_name);
	return NULL;
}

/* Get the line of that key before the nth line of its section; 0 if there is none. */
static unsigned int find_before(const struct ini_entry *entries, size_t nth,
				const char *name)
{
	for (size_t i = 0; i < nth; i++)
		if (!strcasecmp(entries[i].key, name))
			return entries[i].line;
	return 0;
}

/* Process all lines of a section: take or read them. */
static int each_line(struct config *config, const struct ini_section *section,
		     struct values *values, bool reads, struct fault *fault)
{
	const struct ini_entry *entries = &config->ini.entries[section->first];

	for (size_t i = 0; i < section->n; i++) {
		struct reader reader = { config, values, &entries[i], NULL,
					 fault };
		const struct quick_key *key =
			find_key(section, entries[i].key, fault);
		unsigned int before;
		int (*step)(struct reader * reader);

		if (!key)
			goto fail;
		reader.key = key;
		before = key->repeats ? 0 : find_before(entries, i, key->name);
		if (before) {
			fault_set(fault, "%s is given twice, first in line %u",
				  key->name, before);
			goto fail;
		}
		if (!*entries[i].value && !key->empty) {
			fault_set(fault, "%s lacks its value", key->name);
			goto fail;
		}
		step = reads ? key->read : key->take;
		if (values->n == VALUES_MAX)
			fault_set(fault,
				  "too many lines of %s: join them with commas",
				  key->name);
		else if (!step || !step(&reader))
			continue;
		else
			fault_prefix(fault, key->name);
	fail:
		return ini_fault(&config->ini, entries[i].line, fault);
	}
	return 0;
}

/* Name the device after the file: NAME of NAME.conf. */
static int take_name(struct config *config, struct fault *fault)
{
	const char *slash = strrchr(config->path, '/'), *end;
	const char *base = slash ? slash + 1 : config->path;
	char *name;

	end = strrchr(base, '.');
	if (!end || strcmp(end, ".conf") != 0)
		return fault_set(
			fault,
			"a file with [Interface] must be called NAME.conf: the device gets that NAME");
	name = config_keep(config, strndup(base, (size_t)(end - base)));
	if (!name)
		return fault_set(fault, "out of memory");
	config->name = name;
	return parse_interface_name(name, fault);
}

static const struct ini_section *find_interface(struct config *config,
						struct fault *fault)
{
	const struct ini_section *found = NULL;

	for (size_t i = 0; i < config->ini.n_sections; i++) {
		const struct ini_section *section = &config->ini.sections[i];

		if (section->kind != &kinds[0])
			continue;
		if (found) {
			fault_set(fault,
				  "[Interface] is given twice, first in line %u",
				  found->line);
			ini_fault(&config->ini, section->line, fault);
			return NULL;
		}
		found = section;
	}
	return found;
}

int quick_take(struct config *config, struct fault *fault)
{
	const struct ini_section *interface;

	config->quick = true;
	if (ini_parse(&config->ini, kinds, INI_QUICK, fault))
		return -1;
	if (take_name(config, fault))
		return ini_fault(&config->ini, 0, fault);
	interface = find_interface(config, fault);
	if (!interface)
		return -1;
	config->line = interface->line;
	config_put(&config->values, TAKES_DEV_ADD, "protocol", "wireguard")
		->number = CAMEX_PROTOCOL_WIREGUARD;
	for (size_t i = 0; i < config->ini.n_sections; i++) {
		struct values none = {};

		if (each_line(config, &config->ini.sections[i], &none, false,
			      fault))
			return -1;
	}
	return 0;
}

int quick_read(struct config *config, struct fault *fault)
{
	struct ini *ini = &config->ini;

	config->peers = calloc(ini->n_sections, sizeof(*config->peers));
	if (!config->peers)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < ini->n_sections; i++) {
		const struct ini_section *section = &ini->sections[i];
		struct config_peer *peer = &config->peers[config->n_peers];

		if (section->kind == &kinds[0]) {
			if (each_line(config, section, &config->values, true,
				      fault))
				return -1;
			continue;
		}
		config->n_peers++;
		peer->line = section->line;
		if (each_line(config, section, &peer->values, true, fault))
			return -1;
	}
	return quick_name_peers(config, fault) ||
			       quick_check_keys(config, fault) ||
			       quick_settle_claims(config, fault) ?
		       -1 :
		       0;
}
