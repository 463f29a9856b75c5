/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/change.h"
#include "config/engine.h"
#include "netlink/link.h"
#include "output/output.h"
#include "text/text.h"

/*
 * Undo the changes, last first. Changes that cannot be undone are named after the reason. With
 * @unsure one more may have been made.
 */
static void undo_changes(struct engine *engine, size_t made, bool unsure)
{
	struct fault reason = *engine->fault;
	size_t n = made + unsure;
	bool removed = false;

	/* deleting the device has undone all else */
	for (size_t i = n; i-- && engine->flags & ENGINE_CREATE;)
		if (change_outlives_device(&engine->changes[i]))
			change_undo(engine, &engine->changes[i]);
	if (made && engine->flags & ENGINE_CREATE) {
		if (change_undo(engine, &engine->changes[0]))
			text_add(
				reason.text, sizeof(reason.text),
				"; %s is left half made, deleting it failed: %s",
				engine->config->name, engine->fault->text);
		n = 0;
	}
	while (n--) {
		const struct change *change = &engine->changes[n];

		removed |= change->kind == CHANGE_ADDRESS_DEL;
		if (change->kind < CHANGE_KEY_SET &&
		    change_undo(engine, change) && n < made)
			text_add(reason.text, sizeof(reason.text),
				 "; not undone: %s%s%s", change_name(change),
				 change->peer ? " of " : "",
				 change->peer ? change->peer : "");
	}
	/* the kernel has deleted the routes with the last IPv4 address */
	for (size_t i = 0; removed && i < engine->routes.n; i++)
		link_keep_route(&engine->route, engine->ifindex,
				engine->routes.list[i].table,
				&engine->routes.list[i].prefix, engine->fault);
	*engine->fault = reason;
}

/* Collect the peers of the changes that cannot be undone. */
static void name_peers(struct engine *engine, const char *text,
		       const char *between, size_t from, size_t to)
{
	struct fault *fault = engine->fault;
	bool any = false;

	for (size_t i = from; i < to; i++) {
		const struct change *change = &engine->changes[i];

		if (change->kind < CHANGE_KEY_SET)
			continue;
		text_add(fault->text, sizeof(fault->text), "%s%s",
			 any ? between : text,
			 change->peer ? change->peer : "the device");
		any = true;
	}
}

/* May the other changes be made although this one has failed? */
static bool goes_on(const struct engine *engine, const struct change *change)
{
	bool profile = engine->flags & ENGINE_PROFILE;

	/* the thing to delete may not exist any more */
	if (profile && (change->kind == CHANGE_ADDRESS_DEL ||
			change->kind == CHANGE_ROUTE_DEL))
		return true;
	if (change->kind != CHANGE_ROUTE_VIA && !(engine->flags & ENGINE_EACH))
		return false;
	complain("%s%s", profile ? "warning: " : "", engine->fault->text);
	return true;
}

static int make_changes(struct engine *engine)
{
	for (size_t i = 0; i < engine->n; i++) {
		const struct change *change = &engine->changes[i];
		bool unsure;

		engine->camex->lost = false;
		engine->route.lost = false;
		if (!change_make(engine, change) || goes_on(engine, change))
			continue;
		if (change->kind == CHANGE_PEER_DEL) {
			name_peers(
				engine,
				"; all is as the file says but for peers that are not in it: they are without routes, and these are left: ",
				" ", i, engine->n);
			return -1;
		}
		if (change->kind == CHANGE_PEER_AGAIN) {
			name_peers(
				engine,
				"; all is as the file says but for peers whose keys others had before, and these are missing: ",
				" ", i, engine->n);
			return -1;
		}
		/* a device of that name may be somebody else's */
		unsure = change->kind != CHANGE_DEV_ADD &&
			 (engine->camex->lost || engine->route.lost);
		undo_changes(engine, i, unsure);
		name_peers(engine, "; with new keys already: ", ", ", 0,
			   i + unsure);
		return -1;
	}
	return 0;
}

/*
 * Let the kernel keep an IPv4 address when the first one of its network is deleted.
 * Returns the previous setting, or -1.
 */
static int promote_secondaries(const struct engine *engine, int setting)
{
	char path[64];
	FILE *file;
	int before;

	snprintf(path, sizeof(path),
		 "/proc/sys/net/ipv4/conf/%s/promote_secondaries",
		 engine->config->name);
	file = engine->device && setting >= 0 ? fopen(path, "r+e") : NULL;
	if (!file)
		return -1;
	before = fgetc(file) - '0';
	rewind(file);
	if (before != setting)
		fprintf(file, "%d\n", setting);
	fclose(file);
	return before;
}

static int run_engine(struct engine *engine)
{
	sigset_t before;
	int status, setting;

	if (engine->flags & ENGINE_DRY_RUN)
		return 0;
	/* block signals, so that none interrupts the changes halfway */
	signals_block(&before);
	setting = promote_secondaries(engine, 1);
	status = make_changes(engine);
	promote_secondaries(engine, setting);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

/*
 * The text of a change, which the caller frees: "" if there is none, NULL
 * without memory.
 */
static char *change_text(const struct change *change)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	change_print(out, change);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int report_changes(const struct engine *engine, bool json)
{
	const bool listed = engine->flags & (ENGINE_DRY_RUN | ENGINE_REPORT);
	char **texts = calloc(engine->n + 1, sizeof(*texts));
	size_t n = 0;
	int status = 0;

	if (!texts)
		return fault_set(engine->fault, "out of memory");
	for (size_t i = 0; i < engine->n && listed && !status; i++) {
		texts[n] = change_text(&engine->changes[i]);
		if (!texts[n])
			status = fault_set(engine->fault, "out of memory");
		else if (!*texts[n])
			free(texts[n]);
		else
			n++;
	}
	if (!status && json)
		status = json_changes(stdout, engine->added, engine->changed,
				      engine->removed, texts, n, engine->fault);
	for (size_t i = 0; i < n; i++) {
		if (!status && !json)
			puts(texts[i]);
		free(texts[i]);
	}
	free(texts);
	if (!status && !json && engine->flags & ENGINE_COUNT)
		printf("%u added, %u changed, %u removed\n", engine->added,
		       engine->changed, engine->removed);
	return status;
}

int engine_run(struct call *call, struct config *config,
	       struct model_devices *devices, unsigned int flags)
{
	struct engine engine = {
		.config = config,
		.device = devices->n ? &devices->list[0] : NULL,
		.flags = flags,
		.camex = &call->conn,
		.fault = &call->fault,
	};
	int status;

	if (engine.device)
		engine.ifindex = (int)engine.device->ifindex;
	if (conn_open_route(&engine.route))
		return fault_set(&call->fault, "no routing netlink");
	status = plan_changes(&engine);
	if (!status)
		status = run_engine(&engine);
	if (!status && flags & (ENGINE_DRY_RUN | ENGINE_REPORT | ENGINE_COUNT))
		status = report_changes(&engine, call->json);
	for (size_t i = 0; i < engine.n; i++)
		change_wipe(&engine.changes[i]);
	free(engine.changes);
	free(engine.routes.list);
	free(engine.rules.list);
	conn_close(&engine.route);
	return status;
}
