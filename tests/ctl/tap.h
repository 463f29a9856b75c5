/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A line of TAP for each thing that is looked at. */
#ifndef CAMEX_TESTS_TAP_H
#define CAMEX_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failures;

__attribute__((format(printf, 2, 3))) static inline void
tap_ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	tap_failures += !good;
}

/* A text is what it should be; what it is instead goes into the log. */
static inline void tap_is(const char *got, const char *wanted, const char *name)
{
	bool good = !strcmp(got, wanted);

	tap_ok(good, "%s", name);
	if (!good)
		printf("# wanted: %s\n# got:    %s\n", wanted, got);
}

/* A text has a part in it. */
static inline void tap_has(const char *got, const char *part, const char *name)
{
	bool good = strstr(got, part);

	tap_ok(good, "%s", name);
	if (!good)
		printf("# wanted in it: %s\n# got: %s\n", part, got);
}

static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures ? 1 : 0;
}

#endif /* CAMEX_TESTS_TAP_H */
