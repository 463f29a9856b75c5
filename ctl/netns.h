/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Entering another network namespace. */
#ifndef CAMEXCTL_NETNS_H
#define CAMEXCTL_NETNS_H

#include "text/fault.h"

/*
 * Enter a network namespace: a name of ip-netns(8), a path, or the id of a
 * process. Returns 0, or -1 with the reason.
 */
int netns_enter(const char *netns, struct fault *fault);

#endif /* CAMEXCTL_NETNS_H */
