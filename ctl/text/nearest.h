/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a mistyped word was meant to be. */
#ifndef CAMEXCTL_NEAREST_H
#define CAMEXCTL_NEAREST_H

#include <stddef.h>

/**
 * struct nearest - the name that a word resembles most
 * @word: what was typed
 * @name: the name; NULL: none of those seen resembles it
 * @distance: how much it differs
 */
struct nearest {
	const char *word;
	const char *name;
	size_t distance;
};

/* See whether a name is nearer than those before; NULL is none. */
void nearest_see(struct nearest *nearest, const char *name);

#endif /* CAMEXCTL_NEAREST_H */
