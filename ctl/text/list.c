/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <stdlib.h>
#include <string.h>

#include "text/list.h"

void *list_add(void *list, size_t *n, size_t size)
{
	char *items, *more;

	memcpy(&items, list, sizeof(items));
	if (!(*n & (*n - 1))) {
		more = reallocarray(items, *n ? 2 * *n : 1, size);
		if (!more)
			return NULL;
		memcpy(list, &more, sizeof(more));
		items = more;
	}
	return memset(items + (*n)++ * size, 0, size);
}
