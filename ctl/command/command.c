/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Finds the command that the words name. */
#include <string.h>

#include "command/command.h"
#include "command/habits.h"
#include "netlink/link.h"
#include "text/nearest.h"
#include "text/parse.h"
#include "text/text.h"

const struct command *command_find(const char *object, const char *name)
{
	for (const struct command *c = commands; c->object; c++) {
		if (strcmp(c->object, object) != 0)
			continue;
		if (!c->name || (name && !strcmp(c->name, name)))
			return c;
	}
	return NULL;
}

bool command_is_object(const char *word)
{
	for (const struct command *c = commands; c->object; c++)
		if (!strcmp(c->object, word))
			return true;
	return false;
}

bool command_execs(const struct command *command)
{
	return command->takes & TAKES_WATCH;
}

size_t command_length(const struct command *command)
{
	return command->name ? 2 : 1;
}

/* Find a command by object and name, or with name NULL the object. NULL if there is none. */
static const char *name_among(const struct command *c, const char *object)
{
	if (!object)
		return c->object;
	return strcmp(c->object, object) != 0 ? NULL : c->name;
}

static void fault_unknown(const char *object, const char *word,
			  struct fault *fault)
{
	struct nearest nearest = { .word = word };
	const char *near = habit_command(object, word);

	for (const struct command *c = commands; c->object; c++)
		nearest_see(&nearest, name_among(c, object));
	if (!near)
		near = nearest.name;
	if (near)
		fault_usage(fault,
			    "unknown command \"%s\", did you mean \"%s\"?",
			    word, near);
	else
		fault_usage(fault, "unknown command \"%s\"", word);
}

static void fault_missing(const char *object, struct fault *fault)
{
	char text[FAULT_TEXT / 2] = "";

	for (const struct command *c = commands; c->object; c++)
		if (name_among(c, object))
			text_add(text, sizeof(text), "%s%s",
				 text[0] ? ", " : "", c->name);
	fault_usage(fault, "a command is missing: %s", text);
}

const struct command *command_resolve(const char *const *words,
				      const char **object, struct fault *fault)
{
	const struct command *command;

	*object = NULL;
	if (!words[0] || !command_is_object(words[0])) {
		fault_unknown(NULL, words[0] ? words[0] : "", fault);
		return NULL;
	}
	*object = words[0];
	command = command_find(words[0], words[1]);
	if (!command && words[1])
		fault_unknown(words[0], words[1], fault);
	else if (!command)
		fault_missing(words[0], fault);
	return command;
}

bool command_is_option(const char *word)
{
	return !strcmp(word, "-n") || !strcmp(word, "--netns");
}

static int check_prefix(const char *text, struct fault *fault)
{
	struct prefix prefix;

	return prefix_parse(text, &prefix, fault);
}

static int check_mac(const char *text, struct fault *fault)
{
	uint8_t mac[MAC_LEN];

	return parse_mac(text, mac, fault);
}

/* clang-format off */
const struct word_kind word_kinds[] = {
	[WORD_NONE] = { NULL, NULL, false, false },
	[WORD_DEV] = { "DEV", parse_interface_name, false, false },
	[WORD_DEV_NEW] = { "NAME", parse_interface_name, false, false },
	[WORD_DEV_MAYBE] = { "DEV", parse_interface_name, true, false },
	[WORD_PEER] = { "PEER", parse_peer_name, false, false },
	[WORD_PEER_NEW] = { "NAME", parse_peer_name, false, false },
	[WORD_PEER_MAYBE] = { "PEER", parse_peer_name, true, false },
	[WORD_PREFIX] = { "PREFIX", check_prefix, false, false },
	[WORD_PREFIX_NEW] = { "PREFIX", check_prefix, false, false },
	[WORD_MAC] = { "MAC", check_mac, false, false },
	[WORD_FILE] = { "FILE", NULL, false, false },
	[WORD_TTY] = { "TTY", NULL, false, false },
	[WORD_APPLY_MAYBE] = { "apply", NULL, true, true },
	[WORD_PROMETHEUS_MAYBE] = { "prometheus", NULL, true, true },
};
/* clang-format on */

/* Is an optional word left out here? */
static bool word_is_left_out(const enum word *word, const char *text)
{
	const struct word_kind *kind = &word_kinds[*word];

	if (kind->literal)
		return !text || strcmp(text, kind->placeholder) != 0;
	/* "all devices" has no word: the next word is a keyword */
	if (*word == WORD_DEV_MAYBE && word_kinds[word[1]].literal && text &&
	    !strcmp(text, word_kinds[word[1]].placeholder))
		return true;
	return !text && kind->optional;
}

int command_take_words(struct call *call, const char *const *words)
{
	const struct command *command = call->command;
	int n = 0;

	for (int i = 0; i < WORDS_MAX && command->words[i]; i++) {
		/* its keywords have the form of options */
		if (command->takes & TAKES_TOP && words[n] &&
		    words[n][0] == '-')
			continue;
		if (words[n] && command_is_option(words[n]))
			return fault_usage(&call->fault,
					   "%s goes before the command",
					   words[n]);
		if (word_is_left_out(&command->words[i], words[n]))
			continue;
		if (!words[n])
			return fault_usage(
				&call->fault, "%s is missing",
				word_kinds[command->words[i]].placeholder);
		call->word[i] = words[n++];
	}
	if (call->word[0] &&
	    (command->words[0] == WORD_DEV ||
	     command->words[0] == WORD_DEV_MAYBE) &&
	    link_real_name(call->word[0], call->dev))
		call->word[0] = call->dev;
	for (int i = 0; i < WORDS_MAX && command->words[i]; i++) {
		const struct word_kind *kind = &word_kinds[command->words[i]];

		if (call->word[i] && kind->check &&
		    kind->check(call->word[i], &call->fault))
			return -1;
	}
	return n;
}
