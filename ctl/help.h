/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a person reads who does not know what to type. */
#ifndef CAMEXCTL_HELP_H
#define CAMEXCTL_HELP_H

#include <stdbool.h>

#include "text/fault.h"

/* --help or -h */
bool help_is_option(const char *word);

/* Whether the words ask for help: an option anywhere, or the word "help". */
bool help_wanted(const char *const *words);

/* Print the help that they ask for. 0, or -1 with the reason. */
int help(const char *const *words, struct fault *fault);

#endif /* CAMEXCTL_HELP_H */
