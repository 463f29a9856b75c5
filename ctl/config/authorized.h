/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A directory whose files name the authorized identifiers. */
#ifndef CAMEXCTL_AUTHORIZED_H
#define CAMEXCTL_AUTHORIZED_H

#include <stdbool.h>

#include "text/fault.h"

struct call;

struct authorized;

/* Look at a directory, NULL: everybody is authorized. 0, or -1 with the reason. */
int authorized_open(struct authorized **authorized, const char *path,
		    struct fault *fault);

/* The descriptor that becomes readable when the directory changes; -1: none. */
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

#endif /* CAMEXCTL_AUTHORIZED_H */
