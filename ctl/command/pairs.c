/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Pairs of keyword and value: looked up, stored, read, and added to messages. */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include <linux/camex.h>

#include "command/command.h"
#include "command/habits.h"
#include "command/keywords.h"
#include "text/nearest.h"
#include "text/text.h"

const char *choice_name(const struct choice *choices, uint32_t number)
{
	for (; choices->name; choices++)
		if (choices->number == number)
			return choices->name;
	return "unknown";
}

const struct keyword *keyword_find(const char *name, unsigned int takes)
{
	for (const struct keyword *k = keywords; k->name; k++)
		if ((k->takes & takes) && !strcmp(k->name, name))
			return k;
	return NULL;
}

const char *keyword_key(const struct keyword *keyword, char *buf)
{
	snprintf(buf, KEY_TEXT, "%s", keyword->name);
	for (char *c = buf; *c; c++)
		if (*c == '-')
			*c = '_';
	return buf;
}

size_t keyword_words(const struct keyword *keyword)
{
	return keyword && keyword->type == &type_flag ? 1 : 2;
}

const struct value *values_by_attr(const struct values *values, uint16_t nest,
				   uint16_t within, uint16_t attr)
{
	for (size_t i = 0; i < values->n; i++) {
		const struct keyword *k = values->list[i].keyword;
		uint16_t last = k->attr_last ? k->attr_last : k->attr;

		if (k->nest == nest && k->within == within && attr >= k->attr &&
		    attr <= last)
			return &values->list[i];
	}
	return NULL;
}

struct value *values_get(struct values *values, const char *name)
{
	for (size_t i = 0; i < values->n; i++)
		if (!strcmp(values->list[i].keyword->name, name))
			return &values->list[i];
	return NULL;
}

static int keyword_unknown(const char *word, unsigned int takes,
			   const char *whose, struct fault *fault)
{
	struct nearest nearest = { .word = word };
	const char *near;

	if (command_is_option(word))
		return fault_usage(fault, "%s goes before the command", word);
	if (!takes)
		return fault_usage(fault, "unexpected word \"%s\"", word);
	near = habit_keyword(word, takes);
	if (near && strchr(near, ' '))
		return fault_usage(
			fault, "\"%s\" is a setting of the link: %s does it",
			word, near);
	if (near)
		return fault_usage(
			fault, "unknown keyword \"%s\", did you mean \"%s\"?",
			word, near);
	if (keyword_find(word, ~(unsigned int)TAKES_UP))
		return fault_usage(fault, "\"%s\" is not a keyword of %s", word,
				   whose);
	for (const struct keyword *k = keywords; k->name; k++)
		if (k->takes & takes)
			nearest_see(&nearest, k->name);
	if (nearest.name)
		return fault_usage(
			fault, "unknown keyword \"%s\", did you mean \"%s\"?",
			word, nearest.name);
	return fault_usage(fault, "unknown keyword \"%s\"", word);
}

/* Refuse a keyword that was already given, or another one for the same attribute. */
static int keyword_check_once(const struct values *values,
			      const struct keyword *keyword,
			      struct fault *fault)
{
	const struct value *other = values_by_attr(
		values, keyword->nest, keyword->within, keyword->attr);

	if (!other || keyword->repeats)
		return 0;
	if (other->keyword == keyword)
		return fault_usage(fault, "%s is given twice", keyword->name);
	return fault_usage(fault, "%s and %s exclude each other",
			   other->keyword->name, keyword->name);
}

/* Check that at least one of the keywords was given that the command needs. */
static int keyword_check_needs(const struct values *values, unsigned int takes,
			       struct fault *fault)
{
	const struct keyword *needed[VALUES_MAX];
	char text[FAULT_TEXT] = "";
	size_t n = 0;

	for (const struct keyword *k = keywords; k->name; k++)
		if ((k->needs & takes) && n < VALUES_MAX)
			needed[n++] = k;
	for (size_t i = 0; i < values->n; i++)
		if (values->list[i].keyword->needs & takes)
			return 0;
	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const char *before = i + 1 < n ? ", " : " or ";

		text_add(text, sizeof(text), "%s%s", i ? before : "",
			 needed[i]->name);
	}
	return fault_usage(fault, "%s expected", text);
}

int values_take(struct values *values, unsigned int takes, const char *whose,
		const char *word, const char *text, struct fault *fault)
{
	const struct keyword *keyword = keyword_find(word, takes);

	if (!keyword)
		return keyword_unknown(word, takes, whose, fault);
	if (!text)
		return fault_usage(
			fault, "%s lacks its value%s%s", keyword->name,
			keyword->placeholder ? " " : "",
			keyword->placeholder ? keyword->placeholder : "");
	if (keyword_check_once(values, keyword, fault))
		return -1;
	if (values->n == VALUES_MAX)
		return fault_usage(fault, "too many keywords");
	values->list[values->n++] = (struct value){
		.keyword = keyword,
		.text = text,
	};
	return 0;
}

int value_read(struct value *value, struct fault *fault)
{
	const struct keyword *keyword = value->keyword;

	if (keyword->type->parse(value, fault))
		return fault_prefix(fault, keyword->name);
	return 0;
}

int values_parse(struct values *values, unsigned int takes,
		 const char *const *words, struct fault *fault)
{
	values->n = 0;
	/* errors in the form of the command line come first … */
	for (size_t i = 0, n; words[i]; i += n) {
		n = keyword_words(keyword_find(words[i], takes));
		if (values_take(values, takes, "this command", words[i],
				n == 1 ? "" : words[i + 1], fault))
			return -1;
	}
	if (keyword_check_needs(values, takes, fault))
		return -1;
	/* … then files and host names are read */
	for (size_t i = 0; i < values->n; i++)
		if (value_read(&values->list[i], fault))
			return -1;
	return 0;
}

bool keyword_is_secret(const struct keyword *keyword)
{
	const struct value_type *type = keyword->type;

	return type == &type_key_file || type == &type_passphrase_file ||
	       type == &type_private_key_file ||
	       type == &type_preshared_key_file;
}

bool value_is_secret(const struct value *value)
{
	return keyword_is_secret(value->keyword);
}

void values_warn(const struct values *values)
{
	for (size_t i = 0; i < values->n; i++) {
		const struct value *value = &values->list[i];

		if (value_is_secret(value) && value->secret.exposed)
			complain(
				"warning: other users can read %s: chmod 600 it",
				value->text);
		if (value->keyword->type == &type_passphrase_file &&
		    value->secret.is_key)
			complain(
				"warning: %s holds a key in base64 and was taken as a passphrase: key-file takes it as the key",
				strcmp(value->text, "-") != 0 ?
					value->text :
					"standard input");
	}
}

/* Add the values of a nest, outside of a protocol's nest or inside of one. */
static int put_within(struct nl_msg *msg, const struct values *values,
		      uint16_t nest, uint16_t within, struct fault *fault)
{
	for (size_t i = 0; i < values->n; i++) {
		const struct value *value = &values->list[i];

		if (value->keyword->nest != nest ||
		    value->keyword->within != within)
			continue;
		if (value->keyword->type->form->put(msg, value) < 0)
			return fault_set(fault, "%s: no room in one message",
					 value->keyword->name);
	}
	return 0;
}

int values_put(struct nl_msg *msg, const struct values *values, uint16_t nest,
	       struct fault *fault)
{
	uint16_t within = 0;
	struct nlattr *inner;

	if (put_within(msg, values, nest, 0, fault))
		return -1;
	/* a device has one protocol, and a protocol one nest */
	for (size_t i = 0; i < values->n && !within; i++)
		if (values->list[i].keyword->nest == nest)
			within = values->list[i].keyword->within;
	if (!within)
		return 0;
	inner = nla_nest_start(msg, within | NLA_F_NESTED);
	if (!inner)
		return fault_set(fault, "out of memory");
	if (put_within(msg, values, nest, within, fault))
		return -1;
	if (nla_nest_end(msg, inner) < 0)
		return fault_set(fault, "too much for one message");
	return 0;
}

void values_wipe(struct values *values)
{
	for (size_t i = 0; i < values->n; i++)
		value_wipe(&values->list[i]);
	values->n = 0;
}
