/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Finds the word that a mistyped word was meant to be. */
#ifndef CAMEXCTL_NEAREST_H
#define CAMEXCTL_NEAREST_H

#include <stddef.h>

/**
 * struct nearest - the name that a word resembles most
 * @word: the typed word
 * @name: the name; NULL: no name so far resembles it
 * @distance: edit distance of both
 */
struct nearest {
	const char *word;
	const char *name;
	size_t distance;
};

/* Compare with one more name; NULL is ignored. */
void nearest_see(struct nearest *nearest, const char *name);

#endif /* CAMEXCTL_NEAREST_H */
