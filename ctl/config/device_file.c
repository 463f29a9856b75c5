/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Reads files of camex-up(5): a whole device, in the keywords of the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/wgquick.h"
#include "text/list.h"
#include "text/parse.h"

static const struct ini_kind kinds[] = {
	{ "device", NULL },
	{ "peer", "NAME" },
	{},
};

/* Take the keywords of a section, without reading their values. */
static int take_section(struct config *config,
			const struct ini_section *section, unsigned int takes,
			const char *whose, struct values *values,
			struct fault *fault)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct ini_entry *entry =
			&config->ini.entries[section->first + i];

		if (values_take(values, takes, whose, entry->key,
				*entry->value ? entry->value : NULL, fault))
			return ini_fault(&config->ini, entry->line, fault);
		values->list[values->n - 1].line = entry->line;
	}
	return 0;
}

static int take_device(struct config *config, struct fault *fault)
{
	const struct ini_section *section = ini_find(&config->ini, "device");
	struct value *name;

	if (!section) {
		fault_set(fault, "the section [device] is missing");
		return ini_fault(&config->ini, 0, fault);
	}
	if (take_section(config, section, TAKES_DEV_ADD | TAKES_UP, "[device]",
			 &config->values, fault))
		return -1;
	name = values_get(&config->values, "name");
	if (!name) {
		fault_set(fault, "[device] lacks its name");
		return ini_fault(&config->ini, section->line, fault);
	}
	if (value_read(name, fault))
		return ini_fault(&config->ini, name->line, fault);
	config->name = name->text;
	config->line = name->line;
	return 0;
}

static int take_peers(struct config *config, struct fault *fault)
{
	config->peers = calloc(config->ini.n_sections, sizeof(*config->peers));
	if (!config->peers)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < config->ini.n_sections; i++) {
		const struct ini_section *section = &config->ini.sections[i];
		struct config_peer *peer = &config->peers[config->n_peers];

		if (!section->name)
			continue;
		config->n_peers++;
		peer->name = section->name;
		peer->line = section->line;
		if (parse_peer_name(section->name, fault))
			return ini_fault(&config->ini, section->line, fault);
		if (take_section(config, section, TAKES_PEER_ADD, "[peer]",
				 &peer->values, fault))
			return -1;
	}
	return 0;
}

/* Find the file of a bare name: in the working directory, or where units look for it. */
static const char *find_path(struct config *config, const char *path)
{
	static const char *const places[] = { "/etc/camex/%s.up",
					      "/etc/camex/%s.conf",
					      "/etc/wireguard/%s.conf" };

	if (strchr(path, '/') || !strcmp(path, "-") || !access(path, F_OK))
		return path;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char *found;

		if (asprintf(&found, places[i], path) < 0)
			return path;
		found = config_keep(config, found);
		if (found && !access(found, F_OK))
			return found;
	}
	return path;
}

int config_take(struct config *config, const char *path, struct fault *fault)
{
	memset(config, 0, sizeof(*config));
	config->path = path = find_path(config, path);
	if (ini_load(&config->ini, path, fault))
		return -1;
	if (ini_has_section(&config->ini, "Interface"))
		return quick_take(config, fault);
	if (ini_parse(&config->ini, kinds, INI_UP, fault) ||
	    take_device(config, fault) || take_peers(config, fault))
		return -1;
	return 0;
}

char *config_keep(struct config *config, char *text)
{
	char **place = text ? list_add(&config->texts, &config->n_texts,
				       sizeof(*place)) :
			      NULL;

	if (place)
		return *place = text;
	free(text);
	return NULL;
}

struct value *config_put(struct values *values, unsigned int takes,
			 const char *keyword, const char *text)
{
	struct value *value = &values->list[values->n++];

	*value = (struct value){
		.keyword = keyword_find(keyword, takes),
		.text = text,
	};
	return value;
}

struct prefixes config_prefix(const struct prefix *prefix)
{
	struct prefixes prefixes = { malloc(sizeof(*prefix)), 0 };

	if (prefixes.list)
		prefixes.list[prefixes.n++] = *prefix;
	return prefixes;
}

const struct prefix *config_address(const struct config *config, size_t nth,
				    unsigned int *line)
{
	for (size_t i = 0; i < config->values.n; i++) {
		const struct value *value = &config->values.list[i];

		if (value->keyword->type != &type_addresses)
			continue;
		*line = value->line;
		if (nth < value->prefixes.n)
			return &value->prefixes.list[nth];
		nth -= value->prefixes.n;
	}
	return NULL;
}

/* Make a path relative to the file, not to the working directory. */
static int place_path(struct config *config, struct value *value,
		      struct fault *fault)
{
	const char *slash = strrchr(config->path, '/');
	char *path;

	if (!slash || value->text[0] == '/' || !strcmp(value->text, "-") ||
	    (!strcmp(value->text, "none") && value->keyword->within))
		return 0;
	if (asprintf(&path, "%.*s/%s", (int)(slash - config->path),
		     config->path, value->text) < 0)
		path = NULL;
	value->text = config_keep(config, path);
	return value->text ? 0 : fault_set(fault, "out of memory");
}

static int read_values(struct config *config, struct values *values,
		       struct fault *fault)
{
	for (size_t i = 0; i < values->n; i++) {
		struct value *value = &values->list[i];

		if ((value_is_secret(value) &&
		     place_path(config, value, fault)) ||
		    value_read(value, fault))
			return ini_fault(&config->ini, value->line, fault);
	}
	return 0;
}

int config_read(struct config *config, const char *path, struct fault *fault)
{
	if (config_take(config, path, fault))
		return -1;
	if (config->quick)
		return quick_read(config, fault);
	if (read_values(config, &config->values, fault))
		return -1;
	for (size_t i = 0; i < config->n_peers; i++)
		if (read_values(config, &config->peers[i].values, fault))
			return -1;
	return 0;
}

void config_warn(const struct config *config)
{
	values_warn(&config->values);
	for (size_t i = 0; i < config->n_peers; i++)
		values_warn(&config->peers[i].values);
	if (config->saves)
		complain(
			"warning: %s:%u: SaveConfig: the file is not written; camexctl save prints what is running",
			config->ini.name, config->saves);
}

void config_wipe(struct config *config)
{
	values_wipe(&config->values);
	for (size_t i = 0; i < config->n_peers; i++)
		values_wipe(&config->peers[i].values);
	for (size_t i = 0; i < config->n_texts; i++)
		free(config->texts[i]);
	free(config->texts);
	free(config->hooks);
	free(config->dns);
	free(config->peers);
	ini_wipe(&config->ini);
}
