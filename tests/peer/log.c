// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"

static FILE *file;
static bool no_data;
static const int64_t *stopped_clock;

bool log_open(const char *path, bool quiet)
{
	file = path ? fopen(path, "we") : stdout;
	no_data = quiet;
	return file;
}

void log_stop_clock(const int64_t *ms)
{
	stopped_clock = ms;
}

bool log_quiet(void)
{
	return no_data;
}

void log_begin(const char *dir)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (stopped_clock)
		now = (struct timespec){ .tv_sec = *stopped_clock / 1000,
					 .tv_nsec = *stopped_clock % 1000 * 1000000 };
	fprintf(file, "{\"time\": %lld.%06ld, \"dir\": \"%s\"", (long long)now.tv_sec,
		now.tv_nsec / 1000, dir);
}

void log_bytes(const char *name, const uint8_t *data, size_t len)
{
	size_t i;

	fprintf(file, ", \"%s\": \"", name);
	for (i = 0; i < len; i++) {
		if (data[i] < ' ' || data[i] > '~' || data[i] == '"' || data[i] == '\\')
			fprintf(file, "\\u%04x", data[i]);
		else
			putc(data[i], file);
	}
	putc('"', file);
}

void log_text(const char *name, const char *value)
{
	if (value)
		log_bytes(name, (const uint8_t *)value, strlen(value));
	else
		log_literal(name, "null");
}

void log_number(const char *name, uint64_t value)
{
	fprintf(file, ", \"%s\": %llu", name, (unsigned long long)value);
}

void log_bool(const char *name, bool value)
{
	log_literal(name, value ? "true" : "false");
}

void log_literal(const char *name, const char *value)
{
	fprintf(file, ", \"%s\": %s", name, value);
}

void log_end(void)
{
	fputs("}\n", file);
	fflush(file);
}

void log_event(const char *event, const char *about)
{
	log_begin("none");
	log_text("event", event);
	if (about)
		log_text("about", about);
	log_end();
}
