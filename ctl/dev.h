/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Messages about devices, without sending them. */
#ifndef CAMEXCTL_DEV_H
#define CAMEXCTL_DEV_H

#include "text/fault.h"
#include "command/keywords.h"

struct nl_msg;

/* Build the request that creates a device. Returns NULL with the reason. */
struct nl_msg *dev_add_message(const char *name, const struct values *values,
			       struct fault *fault);

#endif /* CAMEXCTL_DEV_H */
