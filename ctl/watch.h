/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "watch": a directory of who is authorized, and a program for each link. */
#ifndef CAMEXCTL_WATCH_H
#define CAMEXCTL_WATCH_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/camex.h>

#include "fault.h"
#include "parse.h"

struct call;
struct model_device;

/* --- authorized.c: the directory --- */

struct authorized;

/* Look at a directory, NULL: everybody is authorized. 0, or -1 with the reason. */
int authorized_open(struct authorized **authorized, const char *path,
		    struct fault *fault);

/* What becomes readable when the directory changes; -1: there is none. */
int authorized_fd(const struct authorized *authorized);

/* Whether somebody is authorized. */
bool authorized_has(const struct authorized *authorized, const char *id);

/*
 * Both make the device's peers those of the directory: all of it, or what has
 * changed in it. What does not work is complained of. 0, or -1 with the call's
 * fault: the device is gone.
 */
int authorized_scan(struct authorized *authorized, struct call *call);
int authorized_change(struct authorized *authorized, struct call *call);

/* --- hook.c: the program --- */

/**
 * struct hook_link - a link that the program is run for
 * @dev: the camex device
 * @link: the interface, the peer's own one or the device
 * @ifindex: its index
 * @peer: the peer's name
 * @id: its identifier; "": it has none
 */
struct hook_link {
	char dev[IFNAMSIZ];
	char link[IFNAMSIZ];
	uint32_t ifindex;
	char peer[CAMEX_NAME_MAX + 1];
	char id[ID_TEXT];
};

struct hooks;

/* The program with its arguments, NULL: links are reported alone. NULL: no memory. */
struct hooks *hooks_new(const char *const *program, bool json);

/*
 * Look at all links there are: hooks_seen() for each, between these two. Those
 * that are new come up, those that were not seen went down.
 */
void hooks_begin(struct hooks *hooks);
int hooks_seen(struct hooks *hooks, const struct hook_link *link);
void hooks_end(struct hooks *hooks);

/* Start what can be started and end what hangs; milliseconds until the next time. */
int hooks_run(struct hooks *hooks);

/* A child has ended. */
void hooks_reap(struct hooks *hooks);

/* Is any left? */
bool hooks_busy(const struct hooks *hooks);

#endif /* CAMEXCTL_WATCH_H */
