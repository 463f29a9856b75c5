/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Building a text in a buffer. */
#ifndef CAMEXCTL_TEXT_H
#define CAMEXCTL_TEXT_H

#include <stddef.h>

/* Append to a string in a buffer of that size; the end is cut off if it does not fit. */
void text_add(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* CAMEXCTL_TEXT_H */
