/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "watch": a program that is run for each link. */
#ifndef CAMEXCTL_WATCH_H
#define CAMEXCTL_WATCH_H

#include <stdbool.h>

#include "output/output.h"

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
