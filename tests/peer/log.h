/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The log: a line of JSON for each datagram, and for what else happens. */
#ifndef PEER_LOG_H
#define PEER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * log_open() - choose where lines go
 * @path: a file, NULL for standard output
 * @quiet: leave good DATA out, which is most of the lines
 *
 * Return: false with errno set if it cannot be opened.
 */
bool log_open(const char *path, bool quiet);

/**
 * log_stop_clock() - choose the clock of the lines to come
 * @ms: milliseconds, read for each line; NULL for the time of day
 */
void log_stop_clock(const int64_t *ms);

/**
 * log_quiet() - is DATA left out
 */
bool log_quiet(void);

/**
 * log_begin() - begin a line
 * @dir: in, out, or none for what is no datagram
 */
void log_begin(const char *dir);

/**
 * log_text() - add a text to the line
 * @name: its key
 * @value: the text, NULL for null
 */
void log_text(const char *name, const char *value);

/**
 * log_bytes() - add text that need not be any, such as what came from the network
 * @name: its key
 * @data: the bytes
 * @len: how many
 */
void log_bytes(const char *name, const uint8_t *data, size_t len);

/**
 * log_number() - add a number to the line
 * @name: its key
 * @value: the number
 */
void log_number(const char *name, uint64_t value);

/**
 * log_bool() - add true or false to the line
 * @name: its key
 * @value: which
 */
void log_bool(const char *name, bool value);

/**
 * log_literal() - add a value that is JSON already
 * @name: its key
 * @value: the value
 */
void log_literal(const char *name, const char *value);

/**
 * log_end() - the line is complete, and written
 */
void log_end(void);

/**
 * log_event() - a whole line for what is no datagram
 * @event: what happened
 * @about: text of the key "about", or NULL
 */
void log_event(const char *event, const char *about);

#endif /* PEER_LOG_H */
