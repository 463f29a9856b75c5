/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ip has no header for plug-ins, and its struct has changed between releases (a pointer to the next
 * kind at its beginning). So the layout is taken from a kind that is built into the running ip.
 */
#include <stdint.h>
#include <string.h>

#include "iproute2/layout.h"

/* more than the attributes of any kind */
#define MANY_ATTRIBUTES 1024

bool layout_find(void *const *words, const char *kind, size_t *at)
{
	for (size_t i = 0; i < 2; i++) {
		void *const *w = words + i;
		int attributes;

		/* the first word may be a pointer to another struct, which begins without a name */
		if (!w[0] || strcmp(w[0], kind) != 0)
			continue;
		memcpy(&attributes, &w[1], sizeof(attributes));
		if (attributes <= 0 || attributes > MANY_ATTRIBUTES)
			return false;
		if (!w[2] || !w[3] || w[4] || !w[5])
			return false;
		*at = i;
		return true;
	}
	return false;
}
