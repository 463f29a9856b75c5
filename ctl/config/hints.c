/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Warnings about settings of the kernel that stop what a file asks for. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/config.h"
#include "text/fault.h"

#define IPV4 "/proc/sys/net/ipv4/"
#define IPV6 "/proc/sys/net/ipv6/"

int config_setting(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[16] = "";
	bool is;

	if (!file)
		return -1;
	is = fgets(line, sizeof(line), file);
	fclose(file);
	return is && *line >= '0' && *line <= '9' ? *line - '0' : -1;
}

/* Do packets for a prefix stay on the link: for an address of it, or relayed to a peer? */
static bool stays_here(struct config *config, const struct prefix *prefix)
{
	const struct value *relay = values_get(&config->values, "relay");
	const struct value *own = values_get(&config->values, "address");

	for (size_t i = 0; own && i < own->prefixes.n; i++) {
		struct prefix host = own->prefixes.list[i];

		host.len = address_len(&host.addr) * 8;
		if (!prefix_compare(&host, prefix))
			return true;
	}
	for (size_t i = 0; relay && relay->number && i < config->n_peers; i++) {
		const struct value *routes =
			values_get(&config->peers[i].values, "routes");

		for (size_t r = 0; routes && r < routes->prefixes.n; r++)
			if (prefix_within(prefix, &routes->prefixes.list[r]))
				return true;
	}
	return false;
}

/* This host has to forward packets for the routes that it hands out to clients. */
static void hint_forwarding(struct config *config)
{
	const bool off[] = { config_setting(IPV4 "ip_forward") == 0,
			     config_setting(IPV6 "conf/all/forwarding") == 0 };
	bool told[2] = { false, false };
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < config->n_peers; i++) {
		const struct value *push =
			values_get(&config->peers[i].values, "push-routes");

		for (size_t p = 0; push && p < push->prefixes.n; p++) {
			const struct prefix *prefix = &push->prefixes.list[p];
			bool six = prefix->addr.family == AF_INET6;

			if (!off[six] || told[six] ||
			    stays_here(config, prefix))
				continue;
			told[six] = true;
			complain(
				"warning: %s:%u: push-routes: clients reach %s through this host, which does not forward: sysctl -w %s=1",
				config->ini.name, push->line,
				prefix_text(prefix, text),
				six ? "net.ipv6.conf.all.forwarding" :
				      "net.ipv4.ip_forward");
		}
	}
}

/* Without kernel routes through the link, a strict rp_filter drops packets from it. */
static void hint_filter(struct config *config)
{
	const struct value *table = values_get(&config->values, "table");
	const struct value *link = values_get(&config->values, "link");
	char path[sizeof(IPV4) + IFNAMSIZ + 24];
	int all = config_setting(IPV4 "conf/all/rp_filter"), own;
	char text[PREFIX_TEXT];

	/* "auto" adds a route for each prefix */
	if (!table || !strcmp(table->text, "auto") ||
	    !strcmp(table->text, "main") || (link && link->number))
		return;
	snprintf(path, sizeof(path), IPV4 "conf/%s/rp_filter", config->name);
	own = config_setting(path);
	if ((all > own ? all : own) != 1)
		return;
	for (size_t i = 0; i < config->n_peers; i++) {
		const struct value *routes =
			values_get(&config->peers[i].values, "routes");

		for (size_t r = 0; routes && r < routes->prefixes.n; r++) {
			const struct prefix *prefix = &routes->prefixes.list[r];

			if (prefix->addr.family != AF_INET)
				continue;
			complain(
				"warning: %s:%u: table %s: rp_filter is strict and drops what comes from %s unless a route leads there: sysctl -w net.ipv4.conf.%s.rp_filter=2",
				config->ini.name, table->line, table->text,
				prefix_text(prefix, text), config->name);
			return;
		}
	}
}

void config_hint(struct config *config)
{
	if (!config->quick)
		hint_forwarding(config);
	hint_filter(config);
}
