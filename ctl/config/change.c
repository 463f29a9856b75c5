/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "config/apply.h"
#include "config/change.h"
#include "config/firewall.h"
#include "config/shell.h"
#include "netlink/link.h"

typedef int change_fn(struct engine *engine, const struct change *change);

static int add_address(struct engine *engine, const struct change *change)
{
	return link_add_address(&engine->route, engine->ifindex,
				&change->prefix, engine->fault);
}

static int del_address(struct engine *engine, const struct change *change)
{
	return link_del_address(&engine->route, engine->ifindex,
				&change->prefix, engine->fault);
}

static int add_route(struct engine *engine, const struct change *change)
{
	return link_add_route(&engine->route, engine->ifindex, change->table,
			      &change->prefix, engine->fault);
}

static int keep_route(struct engine *engine, const struct change *change)
{
	return link_keep_route(&engine->route, engine->ifindex, change->table,
			       &change->prefix, engine->fault);
}

static int del_route(struct engine *engine, const struct change *change)
{
	return link_del_route(&engine->route, engine->ifindex, change->table,
			      &change->prefix, engine->fault);
}

/* Replies of the far end arrive by the old route, which rp_filter must accept. */
static void mind_marks(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/conf/all/src_valid_mark", "we");

	if (!file || fputs("1\n", file) < 0 || fflush(file))
		complain(
			"warning: net.ipv4.conf.all.src_valid_mark cannot be set");
	if (file)
		fclose(file);
}

static int add_rule(struct engine *engine, const struct change *change)
{
	if (change->rule.family == AF_INET && change->rule.mark)
		mind_marks();
	return rule_add(&engine->route, &change->rule, engine->fault);
}

static int del_rule(struct engine *engine, const struct change *change)
{
	return rule_del(&engine->route, &change->rule, engine->fault);
}

/* Get the port, which the kernel may have chosen, and whether received packets keep marks. */
static uint16_t find_port(struct engine *engine, bool *keeps_mark)
{
	struct call *call = calloc(1, sizeof(*call));
	struct model_devices devices = {};
	const struct nlattr *port = NULL, *protocol = NULL;
	uint16_t number;

	*keeps_mark = true;
	if (!call)
		return 0;
	call->command = command_find("dev", "show");
	call->word[0] = engine->config->name;
	call->conn = *engine->camex;
	if (!query_devices(call, call->word[0], &devices) && devices.n) {
		port = devices.list[0].tb[CAMEX_A_DEV_PORT];
		protocol = devices.list[0].tb[CAMEX_A_DEV_PROTOCOL];
	}
	number = (uint16_t)model_number(port);
	*keeps_mark = !model_is(protocol, CAMEX_PROTOCOL_WIREGUARD);
	*engine->camex = call->conn;
	model_devices_clear(&devices);
	free(call);
	return number;
}

static int set_firewall(struct engine *engine, const struct change *change)
{
	bool keeps_mark;
	uint16_t port = find_port(engine, &keeps_mark);

	firewall_set(engine->config, engine->ifindex, change->table, port,
		     keeps_mark);
	return 0;
}

static int clear_firewall(struct engine *engine, const struct change *change)
{
	(void)engine;
	firewall_clear(change->table);
	return 0;
}

/* Keep a table that existed before. */
static int undo_firewall(struct engine *engine, const struct change *change)
{
	return change->last ? 0 : clear_firewall(engine, change);
}

static int run_hook(struct engine *engine, const struct change *change)
{
	return shell_run_hook(change->hook, engine->fault);
}

static int set_dns(struct engine *engine, const struct change *change)
{
	(void)change;
	return shell_set_dns(engine->config, engine->fault);
}

static int unset_dns(struct engine *engine, const struct change *change)
{
	(void)change;
	return engine->flags & ENGINE_CREATE ?
		       shell_unset_dns(engine->config, engine->fault) :
		       0;
}

/**
 * struct kind - a kind of change, made by a command or by a function
 * @what: name of the changed thing in reports and errors
 * @done: the verb in reports; NULL: no report; "": its keywords
 * @object: first word of the command that makes it; NULL: @make does
 * @name: the command's second word
 * @undo: second word of the command that undoes it; NULL: no command does
 * @make: the function that makes it
 * @unmake: the function that undoes it; NULL: nothing to undo
 */
static const struct kind {
	const char *what;
	const char *done;
	const char *object;
	const char *name;
	const char *undo;
	change_fn *make;
	change_fn *unmake;
} kinds[] = {
	/* clang-format off */
	[CHANGE_DEV_ADD] = { "device", "added", "dev", "add", "del", NULL, NULL },
	[CHANGE_HOOK] = { "hook", NULL, NULL, NULL, NULL, run_hook, NULL },
	[CHANGE_DEV_SET] = { "device", "", "dev", "set", "set", NULL, NULL },
	[CHANGE_MTU] = { "mtu", "changed", NULL, NULL, NULL, NULL, NULL },
	[CHANGE_ADDRESS_ADD] = { "address", "added", NULL, NULL, NULL, add_address, del_address },
	[CHANGE_ADDRESS_DEL] = { "address", "removed", NULL, NULL, NULL, del_address, add_address },
	[CHANGE_ROUTES_SHRINK] = { "routes", "", "peer", "set", "set", NULL, NULL },
	[CHANGE_PEER_ADD] = { "peer", "added", "peer", "add", "del", NULL, NULL },
	[CHANGE_PEER_SET] = { "peer", "", "peer", "set", "set", NULL, NULL },
	[CHANGE_LINK_UP] = { "setting it up", "link up", NULL, NULL, NULL, NULL, NULL },
	[CHANGE_ROUTE_ADD] = { "kernel route", "added", NULL, NULL, NULL, add_route, del_route },
	[CHANGE_ROUTE_RESTORE] = { "kernel route", NULL, NULL, NULL, NULL, keep_route, NULL },
	[CHANGE_ROUTE_DEL] = { "kernel route", "removed", NULL, NULL, NULL, del_route, add_route },
	[CHANGE_RULE_ADD] = { "rule", "added", NULL, NULL, NULL, add_rule, del_rule },
	[CHANGE_RULE_DEL] = { "rule", "removed", NULL, NULL, NULL, del_rule, add_rule },
	[CHANGE_FIREWALL] = { "firewall", NULL, NULL, NULL, NULL, set_firewall, undo_firewall },
	[CHANGE_FIREWALL_DEL] = { "firewall", NULL, NULL, NULL, NULL, clear_firewall, set_firewall },
	[CHANGE_DNS] = { "DNS", NULL, NULL, NULL, NULL, set_dns, unset_dns },
	[CHANGE_ROUTE_VIA] = { "route", NULL, NULL, NULL, NULL, NULL, NULL },
	[CHANGE_PROFILE] = { "configuration", NULL, NULL, NULL, NULL, NULL, NULL },
	[CHANGE_KEY_SET] = { "key", "new key", "key", "set", NULL, NULL, NULL },
	[CHANGE_KEY_DEL] = { "key", "key removed", "key", "del", NULL, NULL, NULL },
	[CHANGE_PRIVATE_KEY] = { "device", "", "dev", "set", NULL, NULL, NULL },
	[CHANGE_PRESHARED] = { "preshared key", "", "peer", "set", NULL, NULL, NULL },
	[CHANGE_PRESHARED_AGAIN] = { "preshared key", NULL, "peer", "set", NULL, NULL, NULL },
	[CHANGE_PEER_AGAIN] = { "peer", "added", "peer", "add", NULL, NULL, NULL },
	[CHANGE_PEER_DEL] = { "peer", "removed", "peer", "del", NULL, NULL, NULL },
	/* clang-format on */
};

bool change_outlives_device(const struct change *change)
{
	return change->kind == CHANGE_RULE_ADD || change->kind == CHANGE_DNS ||
	       change->kind == CHANGE_FIREWALL;
}

const char *change_name(const struct change *change)
{
	return kinds[change->kind].what;
}

/* Put FILE:LINE and the changed thing before the reason. */
static int fail_at(struct engine *engine, const struct change *change,
		   unsigned int line, const char *what)
{
	char text[PREFIX_TEXT], whole[PREFIX_TEXT + 32];
	bool via = change->kind == CHANGE_ROUTE_VIA;
	bool prefix = change->prefix.addr.family;

	snprintf(whole, sizeof(whole), "%s%s%s%s", what ? what : "",
		 prefix ? " " : "",
		 prefix ? prefix_text(&change->prefix, text) : "",
		 via ? " is not set" : "");
	if (what)
		fault_prefix(engine->fault, whole);
	return ini_fault(&engine->config->ini, line, engine->fault);
}

/* Run a command of the table, for a peer or the device itself. */
static int run_command(struct engine *engine, const struct change *change,
		       const char *name, const struct values *values)
{
	const struct step step = {
		.object = kinds[change->kind].object,
		.name = name,
		.word = { engine->config->name, change->peer },
		.values = values,
	};
	bool adds = change->kind == CHANGE_DEV_ADD;
	unsigned int line = change->line;
	struct conn fresh = {};
	int status;

	/* "dev add" and "dev del" open a connection to routing netlink */
	status = step_run(&step, adds ? &fresh : engine->camex, &line,
			  engine->fault);
	conn_close(&fresh);
	if (!status)
		return 0;
	if (change->peer && engine->flags & ENGINE_NAME_PEERS)
		fault_prefix(engine->fault, change->peer);
	return fail_at(engine, change, line, NULL);
}

static int add_device(struct engine *engine, const struct change *change)
{
	struct link_found found = {};

	if (run_command(engine, change, "add", change->now))
		return -1;
	if (link_find(&engine->route, engine->config->name, &found,
		      engine->fault)) {
		struct fault reason = *engine->fault;

		change_undo(engine, change);
		*engine->fault = reason;
		return fail_at(engine, change, change->line, NULL);
	}
	engine->ifindex = found.ifindex;
	return 0;
}

static int add_route_via(struct engine *engine, const struct change *change)
{
	const struct address *gateway = &engine->config->gateway;
	bool there;

	/* no route for the gateway itself: it is on the link */
	if (change->prefix.len == 32 &&
	    !memcmp(&change->prefix.addr, gateway, sizeof(*gateway)))
		gateway = NULL;
	if (link_add_route_via(&engine->route, engine->ifindex, &change->prefix,
			       gateway, &there, engine->fault))
		return -1;
	return there ? fault_set(
			       engine->fault,
			       "another link has that route") :
		       0;
}

int change_make(struct engine *engine, const struct change *change)
{
	const struct kind *kind = &kinds[change->kind];
	struct conn *route = &engine->route;
	const char *what = kind->what;
	int status;

	if (change->kind == CHANGE_DEV_ADD)
		return add_device(engine, change);
	if (kind->object)
		return run_command(engine, change, kind->name, change->now);
	if (kind->make) {
		status = kind->make(engine, change);
	} else if (change->kind == CHANGE_MTU) {
		status = link_set_mtu(route, engine->ifindex, change->mtu,
				      engine->fault);
	} else if (change->kind == CHANGE_LINK_UP) {
		status = link_set_up(route, engine->ifindex, engine->fault);
	} else if (change->kind == CHANGE_ROUTE_VIA) {
		status = add_route_via(engine, change);
	} else {
		status = profile_take(engine->config->name, change->peer,
				      engine->camex, engine->fault);
		what = NULL;
	}
	return status ? fail_at(engine, change, change->line, what) : 0;
}

int change_undo(struct engine *engine, const struct change *change)
{
	const struct kind *kind = &kinds[change->kind];
	struct conn *route = &engine->route;

	/* by index: the device may have been renamed */
	if (change->kind == CHANGE_DEV_ADD && engine->ifindex)
		return link_delete(route, engine->ifindex, engine->fault);
	if (change->kind == CHANGE_MTU)
		return link_set_mtu(
			route, engine->ifindex,
			nla_get_u32(engine->device->tb[CAMEX_A_DEV_MTU]),
			engine->fault);
	if (kind->undo)
		return run_command(engine, change, kind->undo, change->before);
	if (kind->unmake)
		return kind->unmake(engine, change);
	return kind->object || change->kind == CHANGE_PROFILE ? -1 : 0;
}

/* Print "port 7001 (was 7000), relay on (was off)". */
static void print_values(FILE *out, const struct change *change)
{
	for (size_t i = 0; i < change->now->n; i++) {
		char *now = value_text(&change->now->list[i]);
		char *before = value_text(&change->before->list[i]);
		const char *name = change->now->list[i].keyword->name;

		fprintf(out, "%s%s %s", i ? ", " : "", name, now ? now : "?");
		/* @before lacks the routes that an earlier change has removed */
		if (strcmp(name, "routes") != 0)
			fprintf(out, " (was %s)", before ? before : "?");
		free(now);
		free(before);
	}
}

/* Print "rule IPv4 32765: table 51820 for all but mark 0xca6c". */
static void print_rule(FILE *out, const struct link_rule *rule)
{
	fprintf(out, " IPv%d %u: table %u", rule->family == AF_INET ? 4 : 6,
		rule->priority, rule->table);
	if (rule->mark)
		fprintf(out, " for all but mark 0x%x", rule->mark);
	if (rule->specific)
		fputs(" without its default route", out);
}

void change_print(FILE *out, const struct change *change)
{
	const struct kind *kind = &kinds[change->kind];
	char text[PREFIX_TEXT];

	if (!kind->done ||
	    (change->kind == CHANGE_ROUTES_SHRINK && !change->last))
		return;
	if (change->kind == CHANGE_LINK_UP)
		fputs(kind->done, out);
	else if (change->kind == CHANGE_MTU)
		fprintf(out, "mtu %u", change->mtu);
	else if (change->peer)
		fprintf(out, "peer %s", change->peer);
	else
		fputs(kind->what, out);
	if (change->prefix.addr.family)
		fprintf(out, " %s", prefix_text(&change->prefix, text));
	if (change->prefix.addr.family && change->table &&
	    change->table != RT_TABLE_MAIN)
		fprintf(out, " in table %u", change->table);
	if (change->rule.family)
		print_rule(out, &change->rule);
	if (!*kind->done) {
		fputs(": ", out);
		print_values(out, change);
		return;
	}
	if (change->kind == CHANGE_KEY_SET || change->kind == CHANGE_KEY_DEL)
		fputc(':', out);
	if (change->kind != CHANGE_LINK_UP && change->kind != CHANGE_MTU)
		fprintf(out, " %s", kind->done);
}

static void free_values(struct values *values)
{
	if (values)
		values_wipe(values);
	free(values);
}

void change_wipe(struct change *change)
{
	if (!change->given)
		free_values(change->now);
	free_values(change->before);
}
