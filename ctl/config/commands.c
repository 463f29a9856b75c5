/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The commands that apply a file to a device: up, down, reload, load. */
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/camex.h>

#include "command/command.h"
#include "config/engine.h"
#include "config/plan.h"
#include "config/shell.h"
#include "netlink/link.h"
#include "netlink/model.h"

static bool has_flag(struct call *call, const char *name)
{
	return values_get(&call->values, name);
}

/* Replace an alternative name of an existing device by its name. */
static void find_name(struct config *config, char *name)
{
	if (config->name && link_real_name(config->name, name))
		config->name = name;
}

int up(struct call *call)
{
	struct model_devices none = {};
	struct config config;
	int status = config_read(&config, call->word[0], &call->fault);

	if (!status)
		status = engine_run(call, &config, &none,
				    ENGINE_CREATE | ENGINE_LINK);
	if (!status) {
		config_warn(&config);
		config_hint(&config);
	}
	config_wipe(&config);
	return status;
}

/* Get the mark of the device's datagrams (0: none). False if the device does not exist. */
static bool query_mark(struct call *call, const char *name, uint32_t *number)
{
	struct model_devices devices = {};
	const char *word = call->word[0];
	bool exists;

	call->word[0] = name;
	exists = !query_devices(call, name, &devices) && devices.n;
	*number = exists ? (uint32_t)model_number(
				   devices.list[0].tb[CAMEX_A_DEV_FWMARK]) :
			   0;
	call->word[0] = word;
	model_devices_clear(&devices);
	return exists;
}

/* Remove policy rules and the resolver's entries: they outlive the device. */
static void clean_up(const struct config *config, uint32_t mark)
{
	struct conn route = {};
	struct fault fault;

	if (mark && !conn_open_route(&route) &&
	    routes_forget_rules(&route, mark, &fault))
		complain("warning: the policy rules of mark 0x%x: %s", mark,
			 fault.text);
	conn_close(&route);
	if (config->n_dns && shell_unset_dns(config, &fault))
		complain("warning: %s:%u: DNS: %s", config->ini.name,
			 config->dns_line, fault.text);
}

static int take_down(struct call *call, const struct config *config)
{
	const struct step step = {
		.object = "dev",
		.name = "del",
		.word = { config->name },
	};
	unsigned int line = config->line;
	uint32_t mark;

	/* if it does not exist, "dev del" reports that */
	if (query_mark(call, config->name, &mark) &&
	    shell_run_hooks(config, HOOK_PRE_DOWN, &call->fault))
		return -1;
	if (step_run(&step, &call->conn, &line, &call->fault))
		return ini_fault(&config->ini, line, &call->fault);
	clean_up(config, mark);
	return shell_run_hooks(config, HOOK_POST_DOWN, &call->fault);
}

int down(struct call *call)
{
	struct config config;
	/* deleting needs neither keys nor hosts of the file */
	int status = config_take(&config, call->word[0], &call->fault);
	char name[IFNAMSIZ];

	find_name(&config, name);
	if (!status)
		status = take_down(call, &config);
	config_wipe(&config);
	return status;
}

static size_t count_common(const struct model_device *device,
			   const struct config *config)
{
	size_t n = 0;

	for (size_t p = 0; p < device->n_peers; p++)
		for (size_t i = 0; i < config->n_peers; i++)
			n += !strcasecmp(device->peers[p].name,
					 config->peers[i].name);
	return n;
}

/* Has the device the name of the file: NAME of NAME.up? */
static bool is_named_as(const struct config *config, const char *name)
{
	const char *base = strrchr(config->path, '/');
	size_t len = strlen(name);

	base = base ? base + 1 : config->path;
	return !strncmp(base, name, len) && !strcmp(base + len, ".up");
}

/*
 * There is no device with the name in the file. The name may have been changed in the file:
 * the old device has the name of the file itself, or most of its peers.
 */
static void find_old_device(struct call *call, const struct config *config)
{
	struct model_devices devices = {};
	const char *old = NULL;
	struct fault fault = call->fault;
	size_t most = 0;

	call->word[0] = NULL;
	if (query_devices(call, NULL, &devices))
		goto out;
	for (size_t i = 0; i < devices.n; i++) {
		struct model_device *device = &devices.list[i];
		size_t common;

		if (query_peers(call, device, NULL))
			continue;
		common = is_named_as(config, device->name) ?
				 SIZE_MAX :
				 count_common(device, config);
		if (common > most) {
			most = common;
			old = device->name;
		}
	}
	if (old)
		fault_set(
			&fault,
			"no camex device named %s: reload does not rename the running device %s: ip link set %s name %s, or camexctl dev del %s and up",
			config->name, old, old, config->name, old);
out:
	call->fault = fault;
	ini_fault(&config->ini, config->line, &call->fault);
	model_devices_clear(&devices);
}

int reload(struct call *call)
{
	unsigned int flags = ENGINE_LINK | ENGINE_DEFAULTS | ENGINE_REPORT;
	const char *file = call->word[0];
	struct model_devices devices = {};
	struct config config;
	int status = config_read(&config, file, &call->fault);
	char name[IFNAMSIZ];

	if (has_flag(call, "dry-run"))
		flags |= ENGINE_DRY_RUN;
	find_name(&config, name);
	if (!status && query_device(call, config.name, &devices)) {
		status = -1;
		if (call->gone)
			find_old_device(call, &config);
		else
			ini_fault(&config.ini, config.line, &call->fault);
		call->word[0] = file;
	}
	if (!status)
		status = engine_run(call, &config, &devices, flags);
	if (!status) {
		config_warn(&config);
		config_hint(&config);
	}
	model_devices_clear(&devices);
	config_wipe(&config);
	return status;
}

static int check_database(struct call *call, const struct config *config,
			  const struct model_device *device)
{
	if (!model_is(device->tb[CAMEX_A_DEV_PROTOCOL], CAMEX_PROTOCOL_CAMEX))
		return fault_set(
			&call->fault,
			"%s does not use protocol camex, which a server database needs",
			call->word[0]);
	if (config->n_peers || has_flag(call, "force"))
		return 0;
	fault_set(
		&call->fault,
		"the file has no clients, so all peers would be removed: force loads it all the same");
	return ini_fault(&config->ini, 0, &call->fault);
}

int load(struct call *call)
{
	unsigned int flags = ENGINE_COUNT | ENGINE_NAME_PEERS;
	struct model_devices devices = {};
	struct config config;
	int status = database_read(&config, call->word[1], &call->fault);

	if (has_flag(call, "dry-run"))
		flags |= ENGINE_DRY_RUN;
	config.name = call->word[0];
	if (!status)
		status = query_device(call, config.name, &devices);
	if (!status)
		status = check_database(call, &config, &devices.list[0]);
	if (!status)
		status = pool_assign(&config, &devices.list[0], &call->fault);
	if (!status)
		status = engine_run(call, &config, &devices, flags);
	if (!status)
		database_warn(&config);
	model_devices_clear(&devices);
	config_wipe(&config);
	return status;
}
