/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Lists that grow. */
#ifndef CAMEXCTL_LIST_H
#define CAMEXCTL_LIST_H

#include <stddef.h>

/**
 * list_add() - one more item at the end of a list
 * @list: where the pointer to the list is; NULL is an empty list. All its items were added by
 *	this function, which makes room for the next power of two
 * @n: how many items it has
 * @size: bytes of an item
 *
 * Return: the new item, of zeros, or NULL without memory.
 */
void *list_add(void *list, size_t *n, size_t size);

#endif /* CAMEXCTL_LIST_H */
