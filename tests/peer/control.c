// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

static const char blanks[] = " \t\r\n";

bool control_is_address(const char *value)
{
	struct in_addr ip;

	return inet_pton(AF_INET, value, &ip) == 1;
}

static bool good_number(const char *value, long max)
{
	return *value && strlen(value) < 10 && (*value != '0' || !value[1]) &&
	       strspn(value, "0123456789") == strlen(value) && atol(value) <= max;
}

bool control_is_prefix(const char *value)
{
	char address[VALUE_MAX + 1];
	char *slash;

	strcpy(address, value);
	slash = strchr(address, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return control_is_address(address) && good_number(slash + 1, 32);
}

static bool good_version(const char *value)
{
	return good_number(value, 1);
}

/* A client takes what it understands of a newer server. */
static bool any_version(const char *value)
{
	return good_number(value, 999999999);
}

static bool good_mode(const char *value)
{
	return !strcmp(value, "AUTO") || !strcmp(value, "MANUAL");
}

static bool good_id(const char *value)
{
	return strlen(value) <= ID_MAX;
}

static bool good_mtu(const char *value)
{
	return good_number(value, 9000) && atol(value) >= 576;
}

/* The fields there are, and in which text each may stand. */
static const struct known {
	const char *name;
	bool in_register;
	bool in_config;
	bool (*good)(const char *value);
} known[] = {
	{ "VER", true, false, good_version },
	{ "VER", false, true, any_version },
	{ "MODE", true, false, good_mode },
	{ "CLIENT_ID", true, true, good_id },
	{ "LOCAL_IP", true, false, control_is_address },
	{ "MTU", false, true, good_mtu },
	{ "LOCAL_CIDR", false, true, control_is_prefix },
	{ "GATEWAY_IP", false, true, control_is_address },
	{ "ROUTE_CIDR", false, true, control_is_prefix },
};

/* The next word of a text, which is cut up. */
static char *next_word(char **rest)
{
	char *word;

	*rest += strspn(*rest, blanks);
	word = *rest;
	*rest += strcspn(*rest, blanks);
	if (**rest)
		*(*rest)++ = '\0';
	return *word ? word : NULL;
}

bool control_is_config(const uint8_t *text, size_t len)
{
	static const char word[] = "CONFIG";
	size_t at = 4;

	while (at < len && text[at] && strchr(blanks, text[at]))
		at++;
	return len - at >= strlen(word) && !memcmp(text + at, word, strlen(word));
}

static const char *parse_field(struct control *c, char *word)
{
	char *value = strchr(word, '=');
	const struct known *k;
	int routes = 0, i;

	if (!value)
		return "a field without =";
	*value++ = '\0';
	for (k = known; k < known + sizeof(known) / sizeof(*known); k++)
		if (!strcmp(k->name, word) &&
		    (c->config ? k->in_config : k->in_register))
			break;
	if (k == known + sizeof(known) / sizeof(*known))
		return "unknown field";
	for (i = 0; i < c->n; i++) {
		if (c->field[i].name != k->name)
			continue;
		if (strcmp(k->name, "ROUTE_CIDR"))
			return "a field twice";
		routes++;
	}
	if (routes == ROUTES_MAX)
		return "too many ROUTE_CIDR";
	if (!*value || strlen(value) > VALUE_MAX)
		return "a value's length";
	if (!k->good(value))
		return "a value that cannot be";
	control_add(c, k->name, "%s", value);
	return NULL;
}

static const char *complete(const struct control *c)
{
	const char *mode = control_get(c, "MODE");

	if (c->config)
		return control_get(c, "LOCAL_CIDR") ? NULL : "LOCAL_CIDR is missing";
	if (c->oldest)
		return NULL;
	if (!mode)
		return "MODE is missing";
	if (!control_get(c, strcmp(mode, "AUTO") ? "LOCAL_IP" : "CLIENT_ID"))
		return "the field of its MODE is missing";
	return NULL;
}

const char *control_parse(const uint8_t *text, size_t len, struct control *c)
{
	char copy[TEXT_MAX + 1], *rest = copy, *word;
	const char *wrong;
	size_t i;

	memset(c, 0, sizeof(*c));
	if (len > TEXT_MAX)
		return "longer than 1,023 bytes";
	for (i = 0; i < len; i++)
		if (!isprint(text[i]) && (!text[i] || !strchr(blanks, text[i])))
			return "not printing ASCII";
	memcpy(copy, text, len);
	copy[len] = '\0';

	word = next_word(&rest);
	if (!word || strcmp(word, "CX2P"))
		return "no control text";
	word = next_word(&rest);
	c->config = word && !strcmp(word, "CONFIG");
	if (!word || (!c->config && strcmp(word, "REGISTER")))
		return "neither REGISTER nor CONFIG";
	word = next_word(&rest);
	if (word && !c->config && !strchr(word, '=')) {
		if (strlen(word) > VALUE_MAX || !control_is_address(word) || next_word(&rest))
			return "not the oldest form either";
		c->oldest = true;
		control_add(c, "LOCAL_IP", "%s", word);
		return NULL;
	}
	for (; word; word = next_word(&rest)) {
		wrong = parse_field(c, word);
		if (wrong)
			return wrong;
	}
	return complete(c);
}

const char *control_get(const struct control *c, const char *name)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (!strcmp(c->field[i].name, name))
			return c->field[i].value;
	return NULL;
}

void control_add(struct control *c, const char *name, const char *fmt, ...)
{
	va_list ap;

	c->field[c->n].name = name;
	va_start(ap, fmt);
	vsnprintf(c->field[c->n].value, sizeof(c->field[c->n].value), fmt, ap);
	va_end(ap);
	c->n++;
}

size_t control_build(const struct control *c, char *out)
{
	char text[sizeof(c->field) + 64];
	size_t len;
	int i;

	len = (size_t)sprintf(text, "CX2P %s", c->config ? "CONFIG" : "REGISTER");
	for (i = 0; i < c->n; i++)
		len += (size_t)sprintf(text + len, c->oldest ? " %.0s%s" : " %s=%s",
				       c->field[i].name, c->field[i].value);
	text[len++] = '\n';
	if (len > TEXT_MAX)
		return 0;
	memcpy(out, text, len);
	return len;
}
