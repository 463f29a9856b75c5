/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The layout of struct link_util in the running ip. */
#ifndef CAMEXCTL_LAYOUT_H
#define CAMEXCTL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/* more than the struct has in any release */
#define LAYOUT_WORDS 16

/**
 * layout_find() - find the place of the name in the struct of a kind
 * @words: the struct of a kind that is built into ip
 * @kind: its name
 * @at: result: index of the word
 *
 * The words from there on are: the name, the highest attribute (an int), the functions that parse
 * options, print them, print statistics (none where @kind is vxlan) and print the help.
 *
 * Return: false if the layout is unknown.
 */
bool layout_find(void *const *words, const char *kind, size_t *at);

#endif /* CAMEXCTL_LAYOUT_H */
