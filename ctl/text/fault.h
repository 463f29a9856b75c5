/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Reasons of failures: one line for people. */
#ifndef CAMEXCTL_FAULT_H
#define CAMEXCTL_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#define FAULT_TEXT 1024

/**
 * struct fault - why a call failed
 * @usage: the command line is wrong (exit status 2)
 * @text: the reason, without the program's name
 */
struct fault {
	bool usage;
	char text[FAULT_TEXT];
};

/* Both set the text and return -1, so that "return fault_set(…)" reads well. */
int fault_set(struct fault *fault, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int fault_usage(struct fault *fault, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "NAME: " before the text of a fault. Returns -1, too. */
int fault_prefix(struct fault *fault, const char *name);

/*
 * Make a text safe for a terminal: control characters, and what is not UTF-8, become \\xNN. Fills
 * @line, cut off after @size bytes, and returns it.
 */
char *fault_shown(const char *text, char *line, size_t size);

/*
 * Print one line on stderr, after "camexctl: ". The text is made safe for a
 * terminal, so that arguments neither break the line nor do anything else.
 */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* CAMEXCTL_FAULT_H */
