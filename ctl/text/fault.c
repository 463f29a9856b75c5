/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/fault.h"
#include "text/parse.h"

int fault_set(struct fault *fault, const char *fmt, ...)
{
	va_list ap;

	fault->usage = false;
	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	return -1;
}

int fault_usage(struct fault *fault, const char *fmt, ...)
{
	va_list ap;

	fault->usage = true;
	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	return -1;
}

int fault_prefix(struct fault *fault, const char *name)
{
	size_t len = strlen(name);

	if (len + 3 > sizeof(fault->text))
		return -1;
	memmove(fault->text + len + 2, fault->text,
		sizeof(fault->text) - len - 2);
	memcpy(fault->text, name, len);
	memcpy(fault->text + len, ": ", 2);
	fault->text[sizeof(fault->text) - 1] = '\0';
	return -1;
}

/* Is the character of @len bytes one that affects a terminal, or no character at all? */
static bool is_unsafe(const char *c, unsigned int len)
{
	unsigned char byte = (unsigned char)*c;

	if (len == 1)
		return byte < 0x20 || byte == 0x7f;
	/* U+0080 to U+009F are control characters, too */
	return !len || (byte == 0xc2 && (unsigned char)c[1] < 0xa0);
}

char *fault_shown(const char *text, char *line, size_t size)
{
	size_t n = 0;

	while (*text) {
		unsigned int len = parse_utf8(text);
		bool unsafe = is_unsafe(text, len);

		for (unsigned int i = 0; i < (len ? len : 1); i++) {
			if (n + sizeof("\\xff") > size)
				goto full;
			if (unsafe)
				n += (size_t)snprintf(line + n, size - n,
						      "\\x%02x",
						      (unsigned char)*text);
			else
				line[n++] = *text;
			text++;
		}
	}
full:
	line[n] = '\0';
	return line;
}

void complain(const char *fmt, ...)
{
	char text[2 * FAULT_TEXT], line[sizeof(text) * 4];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "camexctl: %s\n",
		fault_shown(text, line, sizeof(line)));
}
