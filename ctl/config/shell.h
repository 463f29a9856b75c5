/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Programs that a file asks for: its hooks, and what tells the resolver. */
#ifndef CAMEXCTL_SHELL_H
#define CAMEXCTL_SHELL_H

#include "config/config.h"
#include "text/fault.h"

/* Whether a directory of PATH has such a program. */
bool shell_has_program(const char *name);

/*
 * Run a program, argv ending with NULL, with the input on its standard input or, that
 * being NULL, with ours. 0, or -1 with the reason.
 */
int shell_run(const char *const *argv, const char *input, struct fault *fault);

/* Run the hooks of a time, one after the other, until one fails. 0, or -1 with FILE:LINE. */
int shell_run_hooks(const struct config *config, enum hook_when when,
		    struct fault *fault);

/* Run one. 0, or -1 with the reason. */
int shell_run_hook(const struct config_hook *hook, struct fault *fault);

/*
 * Tell the resolver of the device's name servers, or that they are gone: by resolvconf,
 * else by resolvectl. Where there is neither that is told. 0, or -1 with the reason.
 */
int shell_set_dns(const struct config *config, struct fault *fault);
int shell_unset_dns(const struct config *config, struct fault *fault);

#endif /* CAMEXCTL_SHELL_H */
