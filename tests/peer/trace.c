// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "inner.h"
#include "log.h"
#include "trace.h"

static void log_control(const struct datagram *d)
{
	const char *separator = "";
	struct control c;
	char list[ROUTES_MAX * (VALUE_MAX + 5) + 8], name[16], *at = list;
	int i, j;

	log_bytes("text", d->body, d->len);
	if (control_parse(d->body, d->len, &c))
		return;
	*at++ = '[';
	for (i = 0; i < c.n; i++) {
		if (!strcmp(c.field[i].name, "ROUTE_CIDR")) {
			at += sprintf(at, "%s\"%s\"", separator, c.field[i].value);
			separator = ", ";
			continue;
		}
		for (j = 0; c.field[i].name[j]; j++)
			name[j] = (char)tolower(c.field[i].name[j]);
		name[j] = '\0';
		log_text(name, c.field[i].value);
	}
	strcpy(at, "]");
	if (c.config)
		log_literal("route_cidr", list);
}

static void log_data(const struct datagram *d)
{
	struct inner i;

	if (inner_check(d->body, d->len))
		return;
	inner_describe(d->body, d->len, &i);
	log_text("source", i.source);
	log_text("destination", i.destination);
	log_number("protocol", (uint64_t)i.protocol);
	if (i.icmp_type >= 0)
		log_number("icmp_type", (uint64_t)i.icmp_type);
}

/* What a datagram's bytes say; without a body only as far as the header goes. */
static void log_datagram(enum mode mode, const struct datagram *d)
{
	char hex[2 * PREFIX_LEN + 1];

	if (!d->type)
		return;
	log_text("type", type_name(d->type));
	if (mode == ENCRYPTED) {
		log_text("nonce_prefix", sodium_bin2hex(hex, sizeof(hex), d->prefix,
							PREFIX_LEN));
		log_number("seq", d->seq);
		log_literal("version", d->oldest ? "null" : "1");
	}
	log_number("body_length", d->len);
	if (!d->body)
		return;
	if (d->type == DATA)
		log_data(d);
	else if (d->type != KEEPALIVE)
		log_control(d);
}

void trace_in(enum mode mode, const struct received *r, const char *ignored)
{
	const char *reason = r->wrong ? r->wrong : ignored;
	char from[ENDPOINT_TEXT];

	if (!reason && r->d.type == DATA && log_quiet())
		return;
	log_begin("in");
	log_text("from", endpoint_text(&r->from, from));
	log_number("length", r->len);
	log_datagram(mode, &r->d);
	log_text("verdict", r->wrong ? "refused" : ignored ? "ignored" : "ok");
	if (reason)
		log_text("reason", reason);
	log_end();
}

void trace_out(enum mode mode, const struct endpoint *to, const struct datagram *d,
	       size_t len, const char *spoilt)
{
	char text[ENDPOINT_TEXT];

	if (!spoilt && d->type == DATA && log_quiet())
		return;
	log_begin("out");
	log_text("to", endpoint_text(to, text));
	log_number("length", len);
	log_datagram(mode, d);
	log_text("verdict", "sent");
	if (spoilt)
		log_text("fault", spoilt);
	log_end();
}
