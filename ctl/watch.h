/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "watch": a program that is run for each link. */
#ifndef CAMEXCTL_WATCH_H
#define CAMEXCTL_WATCH_H

#include <stdbool.h>

#include "output/output.h"

struct hooks;

/* @program: PROG and its arguments; NULL: only report links. Returns NULL without memory. */
struct hooks *hooks_new(const char *const *program, bool json);

/*
 * Report the present links: hooks_seen() for each, between these two. New links
 * come up; links that were not reported went down.
 */
void hooks_begin(struct hooks *hooks);
int hooks_seen(struct hooks *hooks, const struct hook_link *link);
void hooks_end(struct hooks *hooks);

/* Start and kill programs. Returns milliseconds until the next call. */
int hooks_run(struct hooks *hooks);

/* Handle the exit of a child. */
void hooks_reap(struct hooks *hooks);

/* Does any program still run or wait? */
bool hooks_busy(const struct hooks *hooks);

#endif /* CAMEXCTL_WATCH_H */
