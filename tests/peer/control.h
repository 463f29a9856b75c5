/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The control text of protocol camex. */
#ifndef PEER_CONTROL_H
#define PEER_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX	1023	/* bytes of a text */
#define VALUE_MAX	63	/* bytes of a value */
#define ID_MAX		31	/* bytes of a CLIENT_ID */
#define ROUTES_MAX	16	/* ROUTE_CIDRs in one CONFIG */

/**
 * struct control - a text, taken apart
 * @config: CONFIG, else REGISTER
 * @oldest: the REGISTER of the oldest form, which is LOCAL_IP's value alone
 * @n: number of fields
 * @field: the fields in their order; @name points to a constant
 */
struct control {
	bool config;
	bool oldest;
	int n;
	struct {
		const char *name;
		char value[VALUE_MAX + 1];
	} field[ROUTES_MAX + 8];
};

/**
 * control_is_config() - is this a CONFIG rather than a REGISTER
 * @text: the text
 * @len: its bytes
 */
bool control_is_config(const uint8_t *text, size_t len);

/**
 * control_parse() - take a text apart
 * @text: the text
 * @len: its bytes
 * @c: result
 *
 * Return: NULL, or what is wrong with it.
 */
const char *control_parse(const uint8_t *text, size_t len, struct control *c);

/**
 * control_is_address() - is this an IPv4 address
 * @value: text
 */
bool control_is_address(const char *value);

/**
 * control_is_prefix() - is this an IPv4 address with a length
 * @value: text of at most VALUE_MAX bytes
 */
bool control_is_prefix(const char *value);

/**
 * control_get() - the value of a field
 * @c: a text
 * @name: the field's name
 *
 * Return: its value, NULL when it is not there.
 */
const char *control_get(const struct control *c, const char *name);

/**
 * control_add() - append a field
 * @c: a text
 * @name: the field's name, a constant
 * @fmt: its value, which is cut to VALUE_MAX bytes
 */
void control_add(struct control *c, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * control_build() - write a text
 * @c: what it says
 * @out: room for TEXT_MAX bytes
 *
 * Return: its bytes, the final LF included; 0 when it would be too long.
 */
size_t control_build(const struct control *c, char *out);

#endif /* PEER_CONTROL_H */
