/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The fields of devices, peers and events: one table for JSON, for text and for
 * columns, so that none of them lacks a field that another one has.
 */
#ifndef CAMEXCTL_FIELDS_H
#define CAMEXCTL_FIELDS_H

#include <json-c/json.h>
#include <stdio.h>

#include "command/keywords.h"
#include "netlink/model.h"

/* How an attribute is read and shown. */
enum field_kind {
	FIELD_STRING, /* "": there is none */
	FIELD_NUMBER,
	FIELD_MARK, /* in text hexadecimal */
	FIELD_SECONDS,
	FIELD_BYTES,
	FIELD_AGE, /* milliseconds */
	FIELD_SWITCH,
	FIELD_CHOICE,
	FIELD_ADDRESS,
	FIELD_ENDPOINT,
	FIELD_ID,
	FIELD_FINGERPRINT,
	FIELD_KEY, /* a public one */
	FIELD_PROFILE,
	FIELD_ROUTES, /* of a peer; of no attribute */
};

/**
 * struct field - a line of the table; a table ends with no @key
 * @key: its key in JSON
 * @kind: how it is read and shown
 * @attr: the attribute
 * @choices: names of an enumeration
 * @line: the line of text that it stands on, of those in print.c; NULL: none, of an event
 * @name: what stands before its value there; "": nothing
 * @hide: the value that is not worth a word; NULL: each is
 * @within: the protocol's own nest that @attr is in; 0: none
 */
struct field {
	const char *key;
	enum field_kind kind;
	uint16_t attr;
	const struct choice *choices;
	const char *line;
	const char *name;
	const char *hide;
	uint16_t within;
};

extern const struct field device_fields[];
extern const struct field peer_fields[];
extern const struct field event_fields[];

/**
 * struct text_line - a line of text about a peer or a device
 * @name: what it begins with, and what its fields have as their line
 * @print: prints all of it but its beginning; NULL: its fields, one after the other
 */
struct text_line {
	const char *name;
	void (*print)(FILE *out, const struct model_device *device,
		      const struct model_peer *peer);
};

/* The lines in their order; the last has no name. */
extern const struct text_line device_lines[];
extern const struct text_line peer_lines[];

/*
 * A field of an object with these attributes, a peer's with its routes; NULL: there
 * is none. free() the text.
 */
struct json_object *field_json(const struct field *field,
			       struct nlattr *const *tb,
			       const struct model_peer *peer);
char *field_text(const struct field *field, struct nlattr *const *tb,
		 const struct model_peer *peer);

/* The field of that key. */
const struct field *field_find(const struct field *fields, const char *key);

/* The number of a field; false: there is none. */
bool field_number(const struct field *field, struct nlattr *const *tb,
		  uint64_t *number);

/* A string as JSON wants it: UTF-8, whatever bytes a name has. */
struct json_object *text_json(const char *text);

#endif /* CAMEXCTL_FIELDS_H */
