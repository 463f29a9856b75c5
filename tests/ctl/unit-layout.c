/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The plug-in for ip takes the layouts that it knows, and no other. */
#include <string.h>

#include "iproute2/layout.h"
#include "tap.h"

static char name[] = "vxlan";
static char other[] = "a kind of another name, in which no name is looked for";
static int function;

/* Words of a kind: its name behind @before words, then the rest. */
static void fill(void **words, size_t before, const void *kind, int attributes)
{
	memset(words, 0, LAYOUT_WORDS * sizeof(*words));
	memcpy(&words[before], &kind, sizeof(kind));
	memcpy(&words[before + 1], &attributes, sizeof(attributes));
	words[before + 2] = &function;
	words[before + 3] = &function;
	words[before + 5] = &function;
}

int main(void)
{
	void *words[LAYOUT_WORDS];
	size_t at = 9;

	fill(words, 1, name, 30);
	tap_ok(layout_find(words, "vxlan", &at) && at == 1,
	       "a pointer to the next kind first, which is none");
	words[0] = other;
	tap_ok(layout_find(words, "vxlan", &at) && at == 1,
	       "a pointer to the next kind first");
	fill(words, 0, name, 30);
	tap_ok(layout_find(words, "vxlan", &at) && at == 0, "the name first");
	fill(words, 2, name, 30);
	tap_ok(!layout_find(words, "vxlan", &at), "two words before the name");
	fill(words, 1, other, 30);
	tap_ok(!layout_find(words, "vxlan", &at), "another name");
	fill(words, 1, name, 0);
	tap_ok(!layout_find(words, "vxlan", &at), "no attributes");
	fill(words, 1, name, 0x7fff0000);
	tap_ok(!layout_find(words, "vxlan", &at), "a pointer for attributes");
	for (size_t i = 3; i <= 6; i++) {
		fill(words, 1, name, 30);
		words[i] = words[i] ? NULL : &function;
		tap_ok(!layout_find(words, "vxlan", &at),
		       "word %zu is %s", i, words[i] ? "there" : "missing");
	}
	return tap_end();
}
