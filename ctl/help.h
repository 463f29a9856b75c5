/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Help texts. */
#ifndef CAMEXCTL_HELP_H
#define CAMEXCTL_HELP_H

#include <stdbool.h>

#include "text/fault.h"

/* --help or -h */
bool help_is_option(const char *word);

/* Do the words ask for help, by an option anywhere or the word "help"? */
bool help_wanted(const char *const *words);

/* Print that help. Returns 0, or -1 with the reason. */
int help(const char *const *words, struct fault *fault);

#endif /* CAMEXCTL_HELP_H */
