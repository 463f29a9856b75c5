/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The fields of devices, peers and events. JSON, text and columns use the same table, so
 * that all have the same fields.
 */
#ifndef CAMEXCTL_FIELDS_H
#define CAMEXCTL_FIELDS_H

#include <json-c/json.h>
#include <stdio.h>

#include "command/keywords.h"
#include "netlink/model.h"

/* How an attribute is read and shown. */
enum field_kind {
	FIELD_STRING, /* a string; "": none; of a setting: by its keyword */
	FIELD_NUMBER,
	FIELD_MARK, /* hexadecimal in text */
	FIELD_SECONDS,
	FIELD_BYTES,
	FIELD_AGE, /* milliseconds */
	FIELD_SWITCH,
	FIELD_CHOICE,
	FIELD_ADDRESS,
	FIELD_ENDPOINT,
	FIELD_ID,
	FIELD_FINGERPRINT,
	FIELD_KEY, /* a public key */
	FIELD_PROFILE,
	FIELD_ROUTES, /* of a peer; has no attribute of its own */
};

/**
 * struct field - a line of the table; a table ends with no @key
 * @key: its key in JSON
 * @kind: its type
 * @attr: its attribute. That of a setting, and @choices, @name and @within, are in the table of
 *	keywords
 * @choices: names of an enumeration
 * @line: its line of text, one of those in print.c; NULL: none, for events
 * @name: label before its value in text; "": none
 * @hide: value that text omits; NULL: none
 * @within: the protocol's nest that contains @attr; 0: none
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

extern const struct field *const device_fields;
extern const struct field *const peer_fields;
extern const struct field event_fields[];

/**
 * struct text_line - a line of text about a peer or a device
 * @name: its label, to which field.line refers
 * @print: prints the rest of the line; NULL: print its fields, one after the other
 */
struct text_line {
	const char *name;
	void (*print)(FILE *out, const struct model_device *device,
		      const struct model_peer *peer);
};

/* The lines, in order; the last has no name. */
extern const struct text_line device_lines[];
extern const struct text_line peer_lines[];

/*
 * Format a field of an object with these attributes; peer is needed for a peer's routes.
 * Returns a text for free(), or NULL if there is none.
 */
struct json_object *field_json(const struct field *field,
			       struct nlattr *const *tb,
			       const struct model_peer *peer);
char *field_text(const struct field *field, struct nlattr *const *tb,
		 const struct model_peer *peer);

/* Find a field by its key. */
const struct field *field_find(const struct field *fields, const char *key);

/* Get the number of a field. False if there is none. */
bool field_number(const struct field *field, struct nlattr *const *tb,
		  uint64_t *number);

/* Make a JSON string: valid UTF-8, whatever bytes a name has. */
struct json_object *text_json(const char *text);

#endif /* CAMEXCTL_FIELDS_H */
