/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Parser for files of [SECTION] and KEY = VALUE. It checks their form; the callers
 * know the keys.
 */
#ifndef CAMEXCTL_INI_H
#define CAMEXCTL_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "text/fault.h"

/* bytes of a line, and of a file */
#define INI_LINE_MAX 65535
#define INI_FILE_MAX 16777216

/**
 * enum ini_style - variants of the format
 * @INI_OWN: names of sections are lower case; a comment is a line of its own, and
 *	begins with # or ;
 * @INI_UP: as INI_OWN, and # behind a blank begins a comment
 * @INI_QUICK: wg-quick's: case does not matter; # begins a comment anywhere; sections
 *	may repeat
 */
enum ini_style {
	INI_OWN,
	INI_UP,
	INI_QUICK,
};

/**
 * struct ini_kind - a section that a file may have; a list ends with no @name
 * @name: the first word between the brackets
 * @placeholder: name of the second word in errors; NULL: there is none, and with INI_OWN
 *	the section may be given only once
 */
struct ini_kind {
	const char *name;
	const char *placeholder;
};

/**
 * struct ini_entry - a line KEY = VALUE
 * @key: the text before the first "=", trimmed
 * @value: the text after it, trimmed; may be empty
 * @line: its number
 */
struct ini_entry {
	const char *key;
	const char *value;
	unsigned int line;
};

/**
 * struct ini_section - a section and its lines
 * @kind: its kind
 * @name: the second word between the brackets; NULL if the kind has none
 * @comment: the text of the comment in the line right before it; NULL: none, or INI_OWN
 * @line: number of its first line
 * @first: index of the first entry
 * @n: number of entries
 */
struct ini_section {
	const struct ini_kind *kind;
	const char *name;
	const char *comment;
	unsigned int line;
	size_t first;
	size_t n;
};

/**
 * struct ini - a file
 * @name: its name in errors
 * @style: its variant of the format
 * @exposed: other users than its owner can read it
 * @comment: comment of the previous line, see struct ini_section
 * @text: its bytes, split into keys and values in place; wiped, as they may be secrets
 * @len: length of @text
 * @sections: its sections, in the order of the file
 * @n_sections: number of sections
 * @entries: entries of all sections, in the order of the file
 * @n_entries: number of entries
 */
struct ini {
	const char *name;
	enum ini_style style;
	bool exposed;
	const char *comment;
	char *text;
	size_t len;
	struct ini_section *sections;
	size_t n_sections;
	struct ini_entry *entries;
	size_t n_entries;
};

/**
 * ini_load() - read the bytes of a file
 * @ini: receives them as its text; the caller calls ini_wipe() in both cases
 * @path: path of the file; "-": standard input
 * @fault: the reason, with the file's name
 *
 * Return: 0 or -1.
 */
int ini_load(struct ini *ini, const char *path, struct fault *fault);

/* Does a line of the text, read as INI_QUICK, begin a section of that name? */
bool ini_has_section(const struct ini *ini, const char *name);

/* Split the text into sections and entries. Returns 0, or -1 with the reason. */
int ini_parse(struct ini *ini, const struct ini_kind *kinds,
	      enum ini_style style, struct fault *fault);

/**
 * ini_read() - read a file
 * @ini: result; the caller calls ini_wipe() in both cases
 * @path: path of the file; "-": standard input
 * @kinds: the sections that it may have; a second section with the same name, in any case of
 *	letters, is an error
 * @fault: the reason, with the file's name and the line
 *
 * Return: 0 or -1.
 */
int ini_read(struct ini *ini, const char *path, const struct ini_kind *kinds,
	     struct fault *fault);

/* Read a text in memory; errors call it @name. */
int ini_read_text(struct ini *ini, const char *name, const char *text,
		  size_t len, const struct ini_kind *kinds,
		  struct fault *fault);

/* The part of a key that errors may show: without a "=" the line may be a passphrase. */
const char *ini_shown(const char *key, char *buffer, size_t size);

void ini_wipe(struct ini *ini);

/* Find the section of a kind that is given only once, or NULL. */
const struct ini_section *ini_find(const struct ini *ini, const char *kind);

/*
 * Put "FILE:LINE: ", or with line 0 "FILE: ", before the text of a fault, which then is not a
 * usage error. Returns -1.
 */
int ini_fault(const struct ini *ini, unsigned int line, struct fault *fault);

#endif /* CAMEXCTL_INI_H */
