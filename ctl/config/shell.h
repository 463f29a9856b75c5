/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Runs programs for a file: hooks, and those that set name servers. */
#ifndef CAMEXCTL_SHELL_H
#define CAMEXCTL_SHELL_H

#include "config/config.h"
#include "text/fault.h"

/* Is there such a program in PATH? */
bool shell_has_program(const char *name);

/*
 * Run a program with arguments (the last is NULL) and an input text; with input NULL it has our
 * standard input. Returns 0, or -1 with the reason.
 */
int shell_run(const char *const *argv, const char *input, struct fault *fault);

/* Run the hooks of a time, until one fails. Returns 0, or -1 with FILE:LINE and the reason. */
int shell_run_hooks(const struct config *config, enum hook_when when,
		    struct fault *fault);

/* Run one hook. Returns 0, or -1 with the reason. */
int shell_run_hook(const struct config_hook *hook, struct fault *fault);

/*
 * Set or remove the device's name servers, by resolvconf or else resolvectl. If neither exists, a
 * warning says so. Returns 0, or -1 with the reason.
 */
int shell_set_dns(const struct config *config, struct fault *fault);
int shell_unset_dns(const struct config *config, struct fault *fault);

#endif /* CAMEXCTL_SHELL_H */
