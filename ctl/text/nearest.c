/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <string.h>

#include "text/nearest.h"

/* longer words are not compared */
#define WORD_MAX 32

static unsigned int smaller_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/*
 * Edit distance: the number of letters to insert, delete, replace or swap with their
 * neighbour to turn one word into the other.
 */
static unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2];
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a > WORD_MAX || len_b > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= len_b; j++)
		above[j] = (unsigned int)j;
	memcpy(before, above, sizeof(rows[0]));
	for (size_t i = 1; i <= len_a; i++) {
		unsigned int *spare = before;

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= len_b; j++) {
			unsigned int change = a[i - 1] != b[j - 1];

			row[j] = smaller_of(above[j - 1] + change,
					    smaller_of(above[j], row[j - 1]) +
						    1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = smaller_of(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[len_b];
}

void nearest_see(struct nearest *nearest, const char *name)
{
	const char *word = nearest->word;
	size_t len = strlen(word), distance;

	if (!name)
		return;
	distance = edit_distance(word, name);
	/* an abbreviation counts like one wrong letter */
	if (len >= 2 && !strncmp(word, name, len))
		distance = 1;
	else if (distance > 2 || 2 * distance >= strlen(name) ||
		 2 * distance >= len)
		return;
	if (nearest->name && distance >= nearest->distance)
		return;
	nearest->name = name;
	nearest->distance = distance;
}
