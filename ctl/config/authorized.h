/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A directory of files whose names are the authorized identifiers. */
#ifndef CAMEXCTL_AUTHORIZED_H
#define CAMEXCTL_AUTHORIZED_H

#include <stdbool.h>

#include "text/fault.h"

struct call;

struct authorized;

/* Begin to watch a directory; NULL: everybody is authorized. Returns 0, or -1 with the reason. */
int authorized_open(struct authorized **authorized, const char *path,
		    struct fault *fault);

/* The descriptor that is readable after a change of the directory; -1: none. */
int authorized_fd(const struct authorized *authorized);

/* Is an identifier authorized? */
bool authorized_has(const struct authorized *authorized, const char *id);

/*
 * Make the device's peers those of the directory: the first function all of them, the
 * second those that have changed. Problems are reported. Returns 0, or -1 with the
 * call's fault if the device no longer exists.
 */
int authorized_scan(struct authorized *authorized, struct call *call);
int authorized_change(struct authorized *authorized, struct call *call);

#endif /* CAMEXCTL_AUTHORIZED_H */
