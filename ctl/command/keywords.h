/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The words after a command, as pairs of keyword and value. One table has the type,
 * the commands and the attribute of each keyword. Parsing, help, completion,
 * messages to the kernel and error texts all use it.
 */
#ifndef CAMEXCTL_KEYWORDS_H
#define CAMEXCTL_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/camex.h>

#include "text/address.h"
#include "text/fault.h"
#include "text/secret.h"

struct nl_msg;
struct nlattr;
struct keyword;

/* Commands that take keywords. */
enum takes {
	TAKES_DEV_ADD = 1 << 0,
	TAKES_DEV_SET = 1 << 1,
	TAKES_PEER_ADD = 1 << 2,
	TAKES_PEER_SET = 1 << 3,
	TAKES_KEY_SET = 1 << 4,
	TAKES_ROUTE_ADD = 1 << 5,
	TAKES_ROUTE_DEL = 1 << 6,
	TAKES_UP = 1 << 7, /* the section [device] of a file */
	TAKES_SERIAL = 1 << 8,
	TAKES_FDB_ADD = 1 << 9,
	TAKES_FDB_DEL = 1 << 10,
	TAKES_WATCH = 1 << 11,
	TAKES_LOAD = 1 << 12,
	TAKES_RELOAD = 1 << 13,
	TAKES_TOP = 1 << 14,
	TAKES_RESOLVE = 1 << 15,
	TAKES_STATS = 1 << 16,
};

/* What completion proposes for a value. */
enum propose {
	PROPOSE_NOTHING,
	PROPOSE_CHOICES,
	PROPOSE_SWITCH,
	PROPOSE_FILE,
	PROPOSE_INTERFACE,
	PROPOSE_PEER,
};

/**
 * struct choice - one value of an enumeration; a list ends with no @name
 * @name: as it is typed and shown
 * @number: its number in netlink
 * @help: what it means
 */
struct choice {
	const char *name;
	uint32_t number;
	const char *help;
};

/**
 * struct value - a given keyword with its value
 * @keyword: the keyword
 * @text: its value as typed
 * @line: its line in the file; 0: it is from the command line
 *
 * The union has the value that was read from @text. @name is the name of an interface
 * for which @text is an alternative name, or "".
 */
struct value {
	const struct keyword *keyword;
	const char *text;
	unsigned int line;
	union {
		uint32_t number;
		struct address address;
		struct endpoint endpoint;
		struct prefix prefix;
		struct prefixes prefixes;
		struct secret secret;
		uint8_t key[CAMEX_KEY_LEN];
		uint8_t id[CAMEX_ID_LEN];
		char name[IFNAMSIZ];
	};
};

/**
 * struct value_form - conversion of a value to attributes, from attributes and to text
 * @put: adds the keyword's attributes to a message; returns 0, or negative without room
 * @get: the reverse of @put: fills the zeroed union from attributes by type
 * @write: prints it as it is typed; a key's fingerprint in place of the key
 * @wipe: frees its memory; NULL: it has none
 */
struct value_form {
	int (*put)(struct nl_msg *msg, const struct value *value);
	void (*get)(struct value *value, struct nlattr *const *tb);
	void (*write)(FILE *out, const struct value *value);
	void (*wipe)(struct value *value);
};

/**
 * struct value_type - a type of value
 * @parse: fills the union; returns 0, or -1 with the reason
 * @form: its conversions
 * @propose: for completion
 */
struct value_type {
	int (*parse)(struct value *value, struct fault *fault);
	const struct value_form *form;
	enum propose propose;
};

/**
 * struct keyword - a line of the table
 * @name: as it is typed
 * @placeholder: name of its value in the help; NULL: @choices
 * @help: what it does, with unit and default
 * @type: type of its value
 * @choices: the values of an enumeration
 * @max: maximum of a number
 * @takes: the commands that take it (enum takes)
 * @needs: those commands of which at least one such keyword must be given
 * @initial: the default; NULL: none, or the kernel chooses
 * @repeats: it may be given more than once
 * @nest: top-level attribute that contains it; 0: it is not sent to camex
 * @within: nest of a protocol inside @nest; 0: none
 * @attr: its attribute, or the first of several
 * @attr_last: the last of several attributes; 0: it has only one
 */
struct keyword {
	const char *name;
	const char *placeholder;
	const char *help;
	const struct value_type *type;
	const struct choice *choices;
	uint32_t max;
	unsigned int takes;
	unsigned int needs;
	const char *initial;
	bool repeats;
	uint16_t nest;
	uint16_t within;
	uint16_t attr;
	uint16_t attr_last;
};

/* value of "table auto" */
#define TABLE_AUTO UINT32_MAX

/* more keywords than any command has */
#define VALUES_MAX 32

/**
 * struct values - the pairs after a command
 * @list: in the order given
 * @n: how many
 */
struct values {
	struct value list[VALUES_MAX];
	size_t n;
};

/* The table; the last line has no name. */
extern const struct keyword keywords[];

/* Enumerations, also for output. */
extern const struct choice link_choices[];
extern const struct choice protocol_choices[];
extern const struct choice transport_choices[];
extern const struct choice links_choices[];
extern const struct choice tx_choices[];
extern const struct choice rx_choices[];
extern const struct choice state_choices[];
extern const struct choice register_choices[];
extern const struct choice cipher_choices[];
extern const struct choice event_choices[];

/* Get the name of a number; "unknown" if camexctl is older than the kernel. */
const char *choice_name(const struct choice *choices, uint32_t number);

/* Find a keyword of a command by its name. NULL if there is none. */
const struct keyword *keyword_find(const char *name, unsigned int takes);

/* Write its key in JSON, its name with underscores for hyphens, into buf. */
#define KEY_TEXT 32
const char *keyword_key(const struct keyword *keyword, char *buf);

/* The number of words of a keyword with its value. */
size_t keyword_words(const struct keyword *keyword);

/* Find the given keyword of an attribute, or NULL. within 0: not in a nest of a protocol. */
const struct value *values_by_attr(const struct values *values, uint16_t nest,
				   uint16_t within, uint16_t attr);

/* Find the value given for a keyword, or NULL. */
struct value *values_get(struct values *values, const char *name);

/**
 * values_take() - add a keyword and its text, without reading the text
 * @values: the list to which it is added
 * @takes: the command
 * @whose: name of the command in errors
 * @word: the keyword
 * @text: its value; NULL if it is missing
 * @fault: the reason
 *
 * Return: 0, or -1 if the keyword does not exist or cannot be given here.
 */
int values_take(struct values *values, unsigned int takes, const char *whose,
		const char *word, const char *text, struct fault *fault);

/* Read the text of a value, which may name a file or a host. Returns 0, or -1 with the reason. */
int value_read(struct value *value, struct fault *fault);

/*
 * Get the value that an object has, from its attributes; 0 or "none" if the kernel
 * has sent none. Its text may point into the attributes. values_wipe() frees it.
 */
void value_get(struct value *value, const struct keyword *keyword,
	       struct nlattr *const *tb);

/* Format a value as it is typed, for free(). NULL without memory. */
char *value_text(const struct value *value);
bool value_equal(const struct value *a, const struct value *b);

/* Copy a value with its list. Returns 0, or -1 without memory. */
int value_copy(struct value *copy, const struct value *value);

/* Is it a file with a key or a passphrase? */
bool value_is_secret(const struct value *value);
bool keyword_is_secret(const struct keyword *keyword);

/* Warn of key files that other users can read. */
void values_warn(const struct values *values);

/*
 * Read the words of a command; the last is NULL. Returns 0, or -1 with the reason.
 * The caller calls values_wipe() in both cases.
 */
int values_parse(struct values *values, unsigned int takes,
		 const char *const *words, struct fault *fault);

/* Add the attributes of one nest to a message. Returns 0, or -1 with the reason. */
int values_put(struct nl_msg *msg, const struct values *values, uint16_t nest,
	       struct fault *fault);

void value_wipe(struct value *value);
void values_wipe(struct values *values);

/* Forms, in forms.c */
extern const struct value_form form_none;
extern const struct value_form form_u16;
extern const struct value_form form_u32;
extern const struct value_form form_switch;
extern const struct value_form form_choice;
extern const struct value_form form_address;
extern const struct value_form form_interface;
extern const struct value_form form_endpoint;
extern const struct value_form form_addresses;
extern const struct value_form form_string;
extern const struct value_form form_id;
extern const struct value_form form_prefix;
extern const struct value_form form_prefixes;
extern const struct value_form form_secret;
extern const struct value_form form_key;
extern const struct value_form form_private_key;
extern const struct value_form form_preshared_key;

/* Types, in values.c */
extern const struct value_type type_u16;
extern const struct value_type type_u32;
extern const struct value_type type_vlan;
extern const struct value_type type_switch;
extern const struct value_type type_flag; /* a keyword without a value */
extern const struct value_type type_choice;
extern const struct value_type type_address;
extern const struct value_type type_interface;
extern const struct value_type type_client_id;
extern const struct value_type type_id;
extern const struct value_type type_directory;
extern const struct value_type type_link_name;
extern const struct value_type type_own_address;
extern const struct value_type type_gateway;
extern const struct value_type type_mtu;
extern const struct value_type type_table;
extern const struct value_type type_push_routes;
extern const struct value_type type_endpoint;
extern const struct value_type type_addresses;
extern const struct value_type type_prefixes;
extern const struct value_type type_peer;
extern const struct value_type type_key_file;
extern const struct value_type type_passphrase_file;
extern const struct value_type type_public_key;
extern const struct value_type type_private_key_file;
extern const struct value_type type_preshared_key_file;

#endif /* CAMEXCTL_KEYWORDS_H */
