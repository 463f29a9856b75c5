/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Lists that grow. */
#ifndef CAMEXCTL_LIST_H
#define CAMEXCTL_LIST_H

#include <stddef.h>

/**
 * list_add() - one more item at the end of a list
 * @list: address of the pointer to the list; a NULL pointer is an empty list. Add all items by
 *	this function, which allocates the next power of two
 * @n: number of items
 * @size: size of an item, bytes
 *
 * Return: the new item, zeroed, or NULL without memory.
 */
void *list_add(void *list, size_t *n, size_t size);

#endif /* CAMEXCTL_LIST_H */
