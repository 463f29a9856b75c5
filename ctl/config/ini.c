/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/ini.h"
#include "text/list.h"
#include "text/nearest.h"

#define FIRST_ROOM 4096

int ini_fault(const struct ini *ini, unsigned int line, struct fault *fault)
{
	char where[PATH_MAX + 16];

	if (line)
		snprintf(where, sizeof(where), "%s:%u", ini->name, line);
	else
		snprintf(where, sizeof(where), "%s", ini->name);
	fault->usage = false;
	return fault_prefix(fault, where);
}

/* Not realloc(), which leaves a copy of secrets behind. */
static int text_grow(struct ini *ini, size_t *room)
{
	size_t more = *room ? 2 * *room : FIRST_ROOM;
	char *text = malloc(more);

	if (!text)
		return -1;
	if (ini->text) {
		memcpy(text, ini->text, ini->len);
		sodium_memzero(ini->text, ini->len);
		free(ini->text);
	}
	ini->text = text;
	*room = more;
	return 0;
}

static int text_read(struct ini *ini, int fd, struct fault *fault)
{
	size_t room = 0;

	for (;;) {
		ssize_t got;

		/* one more byte to terminate the last line */
		if (ini->len + 1 >= room && text_grow(ini, &room))
			return fault_set(fault, "out of memory");
		got = read(fd, ini->text + ini->len, room - ini->len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_set(fault, "%s", strerror(errno));
		if (!got)
			return 0;
		ini->len += (size_t)got;
		if (ini->len > INI_FILE_MAX)
			return fault_set(fault,
					 "it is too large: more than %d bytes",
					 INI_FILE_MAX);
	}
}

static int file_read(struct ini *ini, const char *path, struct fault *fault)
{
	struct stat st;
	int fd, status;

	if (!strcmp(path, "-"))
		return text_read(ini, STDIN_FILENO, fault);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st)) {
		fault_set(fault, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	ini->exposed = S_ISREG(st.st_mode) &&
		       (st.st_mode & (S_IRGRP | S_IROTH));
	/* a pipe: what <(command) of a shell gives */
	if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))
		status = text_read(ini, fd, fault);
	else
		status = fault_set(fault, "it is not a regular file");
	close(fd);
	return status;
}

/* Trim the text before end. */
static char *trim_blanks(char *text, char *end)
{
	static const char blanks[] = " \t\r\f\v";

	while (end > text && strchr(blanks, end[-1]))
		end--;
	*end = '\0';
	return text + strspn(text, blanks);
}

/* Make room for one more item of a list. */
static const struct ini_kind *find_kind(const struct ini_kind *kinds,
					const char *name, enum ini_style style,
					struct fault *fault)
{
	struct nearest near = { .word = name };

	for (const struct ini_kind *kind = kinds; kind->name; kind++) {
		if (!(style == INI_QUICK ? strcasecmp : strcmp)(kind->name,
								name))
			return kind;
		nearest_see(&near, kind->name);
	}
	if (near.name)
		fault_set(fault, "unknown section [%s], did you mean [%s]?",
			  name, near.name);
	else
		fault_set(fault, "unknown section [%s]", name);
	return NULL;
}

static int read_section(struct ini *ini, const struct ini_kind *kinds,
			char *line, unsigned int number, struct fault *fault)
{
	char *end = line + strlen(line) - 1, *word, *name;
	const struct ini_kind *kind;
	struct ini_section *section;

	if (*end != ']')
		return fault_set(fault,
				 strchr(line, ']') ?
					 "nothing can stand behind the ]" :
					 "the section lacks its ]");
	word = trim_blanks(line + 1, end);
	name = word + strcspn(word, " \t");
	if (*name) {
		*name++ = '\0';
		name += strspn(name, " \t");
	}
	kind = find_kind(kinds, word, ini->style, fault);
	if (!kind)
		return -1;
	if (kind->placeholder && !*name)
		return fault_set(fault, "[%s] lacks its name: [%s %s]", word,
				 word, kind->placeholder);
	if (!kind->placeholder && *name)
		return fault_set(fault, "[%s] has no name: unexpected \"%s\"",
				 word, name);
	section = list_add(&ini->sections, &ini->n_sections, sizeof(*section));
	if (!section)
		return fault_set(fault, "out of memory");
	*section = (struct ini_section){
		.kind = kind,
		.name = kind->placeholder ? name : NULL,
		.comment = ini->comment,
		.line = number,
		.first = ini->n_entries,
	};
	return 0;
}

const char *ini_shown(const char *key, char *buffer, size_t size)
{
	size_t word = strspn(key, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	if (!key[word] && word <= 20)
		return key;
	snprintf(buffer, size, "%.*s... (the rest is not shown)",
		 word > 20 ? 0 : (int)word, key);
	return buffer;
}

static int read_entry(struct ini *ini, char *line, unsigned int number,
		      struct fault *fault)
{
	char *equals = strchr(line, '='), *key, shown[64];
	struct ini_entry *entry;

	/* the line is not shown: it may be a passphrase */
	if (!equals)
		return fault_set(fault, "a = is missing: KEY = VALUE");
	key = trim_blanks(line, equals);
	if (!*key)
		return fault_set(fault, "the key before the = is missing");
	if (!ini->n_sections)
		return fault_set(fault, "%s stands before any section",
				 ini_shown(key, shown, sizeof(shown)));
	entry = list_add(&ini->entries, &ini->n_entries, sizeof(*entry));
	if (!entry)
		return fault_set(fault, "out of memory");
	*entry = (struct ini_entry){
		.key = key,
		.value = equals + 1 + strspn(equals + 1, " \t\r\f\v"),
		.line = number,
	};
	ini->sections[ini->n_sections - 1].n++;
	return 0;
}

/* Cut off the comment at the end of a line. */
static void cut_comment(char *line)
{
	/* # may be in a section's name */
	char *at = *line == '[' ? strchr(line, ']') : line;

	for (; at && (at = strchr(at, '#')); at++)
		if (at[-1] == ' ' || at[-1] == '\t') {
			trim_blanks(line, at);
			return;
		}
}

static int read_line(struct ini *ini, const struct ini_kind *kinds, char *line,
		     size_t len, unsigned int number, struct fault *fault)
{
	char *comment;
	int status;

	if (memchr(line, 0, len))
		return fault_set(fault, "there is a NUL byte");
	if (len > INI_LINE_MAX)
		return fault_set(fault,
				 "the line is too long: %zu bytes, at most %d",
				 len, INI_LINE_MAX);
	comment = ini->style == INI_QUICK ? memchr(line, '#', len) : NULL;
	if (comment) {
		trim_blanks(comment, line + len);
		len = (size_t)(comment - line);
	}
	line = trim_blanks(line, line + len);
	if (comment && !*line) {
		ini->comment = comment + 1 + strspn(comment + 1, " \t");
		return 0;
	}
	if (!*line ||
	    (ini->style != INI_QUICK && (*line == '#' || *line == ';'))) {
		ini->comment = NULL;
		return 0;
	}
	if (ini->style == INI_UP)
		cut_comment(line);
	if (*line == '[')
		status = read_section(ini, kinds, line, number, fault);
	else
		status = read_entry(ini, line, number, fault);
	ini->comment = NULL;
	return status;
}

/* Compare by kind, name and line. */
static int section_compare(const void *a, const void *b)
{
	const struct ini_section *x = a, *y = b;
	int order = 0;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->name)
		order = strcasecmp(x->name, y->name);
	if (!order)
		order = x->line < y->line ? -1 : x->line > y->line;
	return order;
}

static int check_unique(const struct ini *ini, struct fault *fault)
{
	struct ini_section *sorted;
	int status = 0;

	if (ini->n_sections < 2 || ini->style == INI_QUICK)
		return 0;
	sorted = calloc(ini->n_sections, sizeof(*sorted));
	if (!sorted)
		return fault_set(fault, "out of memory");
	memcpy(sorted, ini->sections, ini->n_sections * sizeof(*sorted));
	qsort(sorted, ini->n_sections, sizeof(*sorted), section_compare);
	for (size_t i = 1; i < ini->n_sections && !status; i++) {
		const struct ini_section *a = &sorted[i - 1], *b = &sorted[i];

		if (a->kind != b->kind ||
		    (a->name && strcasecmp(a->name, b->name) != 0))
			continue;
		fault_set(fault, "[%s%s%s] is given twice, first in line %u",
			  b->kind->name, b->name ? " " : "",
			  b->name ? b->name : "", a->line);
		status = ini_fault(ini, b->line, fault);
	}
	free(sorted);
	return status;
}

static int read_lines(struct ini *ini, const struct ini_kind *kinds,
		      struct fault *fault)
{
	char *line = ini->text, *end = ini->text + ini->len;
	unsigned int number = 1;

	for (; line < end; number++) {
		char *next = memchr(line, '\n', (size_t)(end - line));

		if (!next)
			next = end;
		if (read_line(ini, kinds, line, (size_t)(next - line), number,
			      fault))
			return ini_fault(ini, number, fault);
		line = next + 1;
	}
	return check_unique(ini, fault);
}

int ini_load(struct ini *ini, const char *path, struct fault *fault)
{
	memset(ini, 0, sizeof(*ini));
	ini->name = strcmp(path, "-") != 0 ? path : "standard input";
	if (file_read(ini, path, fault))
		return ini_fault(ini, 0, fault);
	return 0;
}

bool ini_has_section(const struct ini *ini, const char *name)
{
	const char *line = ini->text, *end = ini->text + ini->len;
	size_t len = strlen(name);

	while (line < end) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		if (!next)
			next = end;
		while (line < next && strchr(" \t\r", *line))
			line++;
		if ((size_t)(next - line) >= len + 2 && *line == '[' &&
		    !strncasecmp(line + 1, name, len) && line[len + 1] == ']')
			return true;
		line = next + 1;
	}
	return false;
}

int ini_parse(struct ini *ini, const struct ini_kind *kinds,
	      enum ini_style style, struct fault *fault)
{
	ini->style = style;
	return read_lines(ini, kinds, fault);
}

int ini_read(struct ini *ini, const char *path, const struct ini_kind *kinds,
	     struct fault *fault)
{
	if (ini_load(ini, path, fault))
		return -1;
	return ini_parse(ini, kinds, INI_OWN, fault);
}

int ini_read_text(struct ini *ini, const char *name, const char *text,
		  size_t len, const struct ini_kind *kinds, struct fault *fault)
{
	memset(ini, 0, sizeof(*ini));
	ini->name = name;
	ini->text = malloc(len + 1);
	if (!ini->text)
		return fault_set(fault, "out of memory");
	memcpy(ini->text, text, len);
	ini->len = len;
	return read_lines(ini, kinds, fault);
}

void ini_wipe(struct ini *ini)
{
	if (ini->text)
		sodium_memzero(ini->text, ini->len);
	free(ini->text);
	free(ini->sections);
	free(ini->entries);
	memset(ini, 0, sizeof(*ini));
}

const struct ini_section *ini_find(const struct ini *ini, const char *kind)
{
	for (size_t i = 0; i < ini->n_sections; i++)
		if (!strcmp(ini->sections[i].kind->name, kind))
			return &ini->sections[i];
	return NULL;
}
