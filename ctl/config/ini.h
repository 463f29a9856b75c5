/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Files of [SECTION] and KEY = VALUE: lines, sections and what is wrong with
 * their form. What the keys mean is told by those who read such files.
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
 * enum ini_style - what differs between files of this form
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
 * @placeholder: what the second is called; NULL: there is none, and with INI_OWN the
 *	section is there but once
 */
struct ini_kind {
	const char *name;
	const char *placeholder;
};

/**
 * struct ini_entry - a line KEY = VALUE
 * @key: what stands before the first "=", without blanks around it
 * @value: what stands behind it, without blanks around it; may be empty
 * @line: its number
 */
struct ini_entry {
	const char *key;
	const char *value;
	unsigned int line;
};

/**
 * struct ini_section - a section and its lines
 * @kind: which
 * @name: the second word between the brackets; NULL: this kind has none
 * @comment: the text of the comment in the line right before it; NULL: none, or INI_OWN
 * @line: the number of the line that it begins with
 * @first: index of the first entry
 * @n: how many
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
 * @name: what it is called in errors
 * @style: what form its lines have
 * @exposed: others than its owner can read it
 * @comment: of the line before the one that is read, see struct ini_section
 * @text: its bytes, cut into keys and values; wiped, it may hold secrets
 * @len: how many
 * @sections: in their order
 * @n_sections: how many
 * @entries: of all sections, in their order
 * @n_entries: how many
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
 * @ini: has them as its text; ini_wipe() is called either way
 * @path: where it is; "-": standard input
 * @fault: the reason, with the file's name
 *
 * Return: 0 or -1.
 */
int ini_load(struct ini *ini, const char *path, struct fault *fault);

/* Whether a line of the text, in the form of INI_QUICK, begins a section of that name. */
bool ini_has_section(const struct ini *ini, const char *name);

/* Find the sections and entries of the text. 0, or -1 with the reason. */
int ini_parse(struct ini *ini, const struct ini_kind *kinds,
	      enum ini_style style, struct fault *fault);

/**
 * ini_read() - read a file
 * @ini: filled; ini_wipe() is called either way
 * @path: where it is; "-": standard input
 * @kinds: the sections that it may have; of two with one name, upper and lower
 *	case being the same, the second is an error
 * @fault: the reason, with the file's name and the line
 *
 * Return: 0 or -1.
 */
int ini_read(struct ini *ini, const char *path, const struct ini_kind *kinds,
	     struct fault *fault);

/* The same with a text that is in memory already, called name in errors. */
int ini_read_text(struct ini *ini, const char *name, const char *text,
		  size_t len, const struct ini_kind *kinds,
		  struct fault *fault);

/* As much of a line's key as can be shown: with its = missing it may be a passphrase. */
const char *ini_shown(const char *key, char *buffer, size_t size);

void ini_wipe(struct ini *ini);

/* The section of a kind that is there but once, or NULL. */
const struct ini_section *ini_find(const struct ini *ini, const char *kind);

/*
 * Put "FILE:LINE: ", or with line 0 "FILE: ", before the text of a fault. What
 * is wrong in a file is no fault of the command line. Returns -1.
 */
int ini_fault(const struct ini *ini, unsigned int line, struct fault *fault);

#endif /* CAMEXCTL_INI_H */
