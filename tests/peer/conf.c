// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf.h"

enum section { NONE, SERVER, DEFAULTS, CLIENT };

struct reader {
	struct conf *conf;
	enum section section;
	struct conf_client *client;
};

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static const char *copy(char *to, size_t size, const char *value)
{
	if (!*value || strlen(value) >= size)
		return "a value's length";
	strcpy(to, value);
	return NULL;
}

static const char *read_number(const char *value, int min, int max, int *to)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (!*value || *end || n < min || n > max)
		return "a number that cannot be";
	*to = (int)n;
	return NULL;
}

static const char *copy_prefix(char *to, const char *value)
{
	const char *wrong = copy(to, VALUE_MAX + 1, value);

	return wrong ? wrong : control_is_prefix(to) ? NULL : "no address with its length";
}

static const char *begin_section(struct reader *r, char *line)
{
	char *end = strchr(line, ']');
	const char *id;

	if (!end || end[1])
		return "a section without its bracket";
	*end = '\0';
	line = trim(line + 1);
	if (!strcmp(line, "server")) {
		r->section = SERVER;
		return NULL;
	}
	if (!strcmp(line, "defaults")) {
		r->section = DEFAULTS;
		r->client = &r->conf->defaults;
		return NULL;
	}
	if (strncmp(line, "client", 6) || !strchr(" \t", line[6]))
		return "an unknown section";
	id = trim(line + 6);
	if (r->conf->clients == CLIENTS_MAX)
		return "too many clients";
	r->section = CLIENT;
	r->client = &r->conf->client[r->conf->clients++];
	return copy(r->client->id, sizeof(r->client->id), id);
}

#define COPY(to)	copy(to, sizeof(to), value)

static const char *server_value(struct conf *conf, const char *key, const char *value)
{
	if (!strcmp(key, "port"))
		return read_number(value, 1, 65535, &conf->port);
	if (!strcmp(key, "bind_ip"))
		return COPY(conf->bind_ip);
	if (!strcmp(key, "local_cidr"))
		return copy_prefix(conf->local_cidr, value);
	if (!strcmp(key, "mtu"))
		return read_number(value, 576, 9000, &conf->mtu);
	if (!strcmp(key, "psk"))
		return COPY(conf->psk);
	if (!strcmp(key, "encrypt")) {
		conf->encrypt = !strcmp(value, "yes");
		return conf->encrypt || !strcmp(value, "no") ? NULL : "neither yes nor no";
	}
	if (strcmp(key, "tun_dev") && strcmp(key, "bind_dev") && strcmp(key, "pid_file"))
		fprintf(stderr, "camex-peer: unknown key %s\n", key);
	return NULL;
}

static const char *client_value(struct conf_client *client, const char *key,
				const char *value)
{
	if (!strcmp(key, "local_cidr"))
		return copy_prefix(client->local_cidr, value);
	if (!strcmp(key, "gateway_ip"))
		return control_is_address(value) ? COPY(client->gateway_ip) : "no address";
	if (!strcmp(key, "mtu"))
		return read_number(value, 576, 9000, &client->mtu);
	if (!strcmp(key, "psk"))
		return COPY(client->psk);
	if (!strcmp(key, "route_cidr")) {
		if (client->routes == ROUTES_MAX)
			return "too many route_cidr";
		return copy_prefix(client->route[client->routes++], value);
	}
	fprintf(stderr, "camex-peer: unknown key %s\n", key);
	return NULL;
}

static const char *read_line(struct reader *r, char *line)
{
	char *value;

	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return NULL;
	if (*line == '[')
		return begin_section(r, line);
	value = strchr(line, '=');
	if (!value)
		return "a line without =";
	*value++ = '\0';
	line = trim(line);
	value = trim(value);
	if (r->section == NONE)
		return "a value outside a section";
	if (r->section == SERVER)
		return server_value(r->conf, line, value);
	return client_value(r->client, line, value);
}

/* What a client has not said is what the defaults and the server say. */
static const char *complete(struct conf *conf, struct conf_client *client)
{
	const struct conf_client *defaults = &conf->defaults;
	int i;

	if (!*client->local_cidr)
		strcpy(client->local_cidr, defaults->local_cidr);
	if (!*client->gateway_ip)
		strcpy(client->gateway_ip, defaults->gateway_ip);
	if (!client->mtu)
		client->mtu = defaults->mtu;
	if (!*client->psk)
		strcpy(client->psk, conf->psk);
	if (conf->encrypt && !*client->psk)
		return "no psk";
	for (i = 0; i < defaults->routes; i++) {
		if (client->routes == ROUTES_MAX)
			return "too many route_cidr";
		strcpy(client->route[client->routes++], defaults->route[i]);
	}
	return NULL;
}

bool conf_read(const char *path, struct conf *conf)
{
	struct reader r = { .conf = conf };
	const char *wrong = NULL;
	char line[512];
	int n = 0, i;
	FILE *file;

	memset(conf, 0, sizeof(*conf));
	conf->port = 7000;
	conf->encrypt = true;
	file = fopen(path, "re");
	if (!file) {
		fprintf(stderr, "camex-peer: %s: %s\n", path, strerror(errno));
		return false;
	}
	while (!wrong && fgets(line, sizeof(line), file)) {
		n++;
		wrong = read_line(&r, line);
	}
	fclose(file);
	if (wrong) {
		fprintf(stderr, "camex-peer: %s:%d: %s\n", path, n, wrong);
		return false;
	}
	for (i = 0; i < conf->clients; i++) {
		wrong = complete(conf, &conf->client[i]);
		if (wrong) {
			fprintf(stderr, "camex-peer: %s: client %s: %s\n", path,
				conf->client[i].id, wrong);
			return false;
		}
	}
	return true;
}
