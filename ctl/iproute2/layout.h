/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* How the running ip lays out what it asks a plug-in for. */
#ifndef CAMEXCTL_LAYOUT_H
#define CAMEXCTL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/* more than the struct has in any release */
#define LAYOUT_WORDS 16

/**
 * layout_find() - where the kind's name stands in the struct of a kind
 * @words: that of a kind that ip has itself
 * @kind: its name
 * @at: result: the number of the word
 *
 * The words from there on are: the name, the highest attribute (an int), the functions that parse
 * options, print them, print statistics (none where @kind is vxlan) and print the help.
 *
 * Return: false if it looks like none of the layouts that are known.
 */
bool layout_find(void *const *words, const char *kind, size_t *at);

#endif /* CAMEXCTL_LAYOUT_H */
