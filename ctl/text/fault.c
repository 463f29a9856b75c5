/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/fault.h"

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

void complain(const char *fmt, ...)
{
	char text[2 * FAULT_TEXT], line[sizeof(text) * 4];
	size_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	for (const char *c = text; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte < 0x20 || byte == 0x7f)
			n += (size_t)snprintf(line + n, sizeof(line) - n,
					      "\\x%02x", byte);
		else
			line[n++] = *c;
	}
	line[n] = '\0';
	fprintf(stderr, "camexctl: %s\n", line);
}
