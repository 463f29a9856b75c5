/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Files of sections and keys, and what is said of bad ones. */
#include <stdio.h>
#include <stdlib.h>

#include "config/ini.h"
#include "tap.h"
#include "text/text.h"

static const struct ini_kind kinds[] = {
	{ "device", NULL },
	{ "peer", "NAME" },
	{},
};

/* All that was read: "[kind name]@line key=value@line …", or the fault. */
static void text_is(const char *text, size_t len, const char *wanted,
		    const char *name)
{
	char got[2 * FAULT_TEXT] = "";
	struct fault fault = { .usage = true };
	struct ini ini;

	if (ini_read_text(&ini, "f", text, len, kinds, &fault)) {
		snprintf(got, sizeof(got), "%s%s", fault.usage ? "usage: " : "",
			 fault.text);
	} else {
		for (size_t s = 0; s < ini.n_sections; s++) {
			const struct ini_section *section = &ini.sections[s];

			text_add(got, sizeof(got), "%s[%s%s%s]@%u",
				 s ? " " : "", section->kind->name,
				 section->name ? " " : "",
				 section->name ? section->name : "",
				 section->line);
			for (size_t e = 0; e < section->n; e++) {
				const struct ini_entry *entry =
					&ini.entries[section->first + e];

				text_add(got, sizeof(got), " %s=%s@%u",
					 entry->key, entry->value, entry->line);
			}
		}
	}
	ini_wipe(&ini);
	tap_is(got, wanted, name);
}

static void good(const char *text, const char *wanted, const char *name)
{
	text_is(text, strlen(text), wanted, name);
}

static void bad(const char *text, const char *wanted, const char *name)
{
	text_is(text, strlen(text), wanted, name);
}

static void test_good(void)
{
	good("", "", "an empty file");
	good("\n\n", "", "empty lines");
	good("# a\n ; b\n", "", "comments");
	good("[device]\nname = camex0\n[peer bob]\nroutes=any\n[peer eve]\n",
	     "[device]@1 name=camex0@2 [peer bob]@3 routes=any@4 [peer eve]@5",
	     "sections and keys");
	good("\t[ device ]  \r\n  name\t=  camex0 \t\r\n[peer \t bob ]\r\n",
	     "[device]@1 name=camex0@2 [peer bob]@3", "blanks and CRLF");
	good("[device]\nname = camex0", "[device]@1 name=camex0@2",
	     "no end of the last line");
	good("[device]\na = b = c\n", "[device]@1 a=b = c@2",
	     "the first = counts");
	good("[device]\na = b # c\n", "[device]@1 a=b # c@2",
	     "a comment is a line of its own");
	good("[device]\na =\n", "[device]@1 a=@2", "an empty value");
	good("[device]\na=1\na=2\n", "[device]@1 a=1@2 a=2@3",
	     "what may repeat is told by who reads it");
	good("[peer a]b]\n", "[peer a]b]@1", "a bracket in a name");
}

static void test_bad(void)
{
	bad("a = b\n", "f:1: a stands before any section",
	    "a value outside of sections");
	bad("[device]\n\n# c\nsecret\n", "f:4: a = is missing: KEY = VALUE",
	    "no =, and the line is not shown");
	bad("[device]\n= a\n", "f:2: the key before the = is missing",
	    "no key");
	bad("[devise]\n",
	    "f:1: unknown section [devise], did you mean [device]?",
	    "a section that is mistyped");
	bad("[server]\n", "f:1: unknown section [server]",
	    "a section that is not there");
	bad("[]\n", "f:1: unknown section []", "an empty section");
	bad("[device\n", "f:1: the section lacks its ]", "no ]");
	bad("[\n", "f:1: the section lacks its ]", "nothing but [");
	bad("[device] # a\n", "f:1: nothing can stand behind the ]",
	    "something behind the ]");
	bad("[peer]\n", "f:1: [peer] lacks its name: [peer NAME]", "no name");
	bad("[device a]\n", "f:1: [device] has no name: unexpected \"a\"",
	    "a name that is too much");
	bad("[device]\n[peer a]\n[device]\n",
	    "f:3: [device] is given twice, first in line 1", "a section twice");
	bad("[peer bob]\n[peer eve]\n[peer BOB]\n",
	    "f:3: [peer BOB] is given twice, first in line 1",
	    "a name twice, in another case");
}

static void test_sizes(void)
{
	static const char nul[] = "[device]\nname = a\0b\n";
	size_t len = INI_LINE_MAX + 16;
	char *line = malloc(len);

	text_is(nul, sizeof(nul) - 1, "f:2: there is a NUL byte", "a NUL");
	if (!line) {
		tap_ok(false, "memory");
		return;
	}
	memset(line, '#', len);
	text_is(line, INI_LINE_MAX, "", "a long line");
	text_is(line, INI_LINE_MAX + 1,
		"f:1: the line is too long: 65536 bytes, at most 65535",
		"a line that is too long");
	free(line);
}

int main(void)
{
	test_good();
	test_bad();
	test_sizes();
	return tap_end();
}
