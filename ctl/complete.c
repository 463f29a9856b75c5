/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "complete.h"
#include "help.h"
#include "netlink/model.h"
#include "netns.h"

/* Print a name if it begins with the word typed so far. */
static void propose_word(const char *name, const char *typed)
{
	if (!strncmp(name, typed, strlen(typed)))
		puts(name);
}

static void propose_interfaces(const char *typed)
{
	struct if_nameindex *list = if_nameindex();

	if (!list)
		return;
	for (const struct if_nameindex *i = list; i->if_index; i++)
		propose_word(i->if_name, typed);
	if_freenameindex(list);
}

static void propose_devices(struct call *call, const char *typed)
{
	struct model_devices devices = {};

	call->word[0] = NULL;
	if (!query_devices(call, NULL, &devices))
		for (size_t i = 0; i < devices.n; i++)
			propose_word(devices.list[i].name, typed);
	model_devices_clear(&devices);
}

static void propose_peers(struct call *call, const char *typed)
{
	struct model_device device = {};

	if (!query_peers(call, &device, NULL))
		for (size_t i = 0; i < device.n_peers; i++)
			propose_word(device.peers[i].name, typed);
	model_device_clear(&device);
}

static void propose_prefixes(struct call *call, const char *typed)
{
	struct model_device device = {};
	struct model_routes routes = {};
	char buf[PREFIX_TEXT];

	if (!query_routes(call, &device, &routes))
		for (size_t i = 0; i < routes.n; i++)
			propose_word(prefix_text(&routes.list[i].prefix, buf),
				     typed);
	model_routes_clear(&routes);
}

static void complete_commands(const char *object, const char *typed)
{
	const char *last = "";

	for (const struct command *c = commands; c->object; c++) {
		const char *name = object ? c->name : c->object;

		if ((object && strcmp(c->object, object) != 0) || !name ||
		    !strcmp(name, last))
			continue;
		propose_word(name, typed);
		last = name;
	}
	propose_word("--help", typed);
	if (!object) {
		propose_word("--version", typed);
		propose_word("-j", typed);
		propose_word("-n", typed);
	}
}

static void complete_word(struct call *call, enum word word, const char *typed)
{
	switch (word) {
	case WORD_DEV:
	case WORD_DEV_MAYBE:
		propose_devices(call, typed);
		break;
	case WORD_PEER:
	case WORD_PEER_MAYBE:
		propose_peers(call, typed);
		break;
	case WORD_PREFIX:
		propose_prefixes(call, typed);
		break;
	case WORD_FILE:
	case WORD_TTY:
		puts(":file");
		break;
	case WORD_APPLY_MAYBE:
		propose_word("apply", typed);
		break;
	case WORD_PROMETHEUS_MAYBE:
		propose_word("prometheus", typed);
		break;
	default:
		break;
	}
}

static void complete_value(struct call *call, const struct keyword *keyword,
			   const char *typed)
{
	switch (keyword->type->propose) {
	case PROPOSE_NOTHING:
		break;
	case PROPOSE_CHOICES:
		for (const struct choice *c = keyword->choices; c->name; c++)
			propose_word(c->name, typed);
		break;
	case PROPOSE_SWITCH:
		propose_word("on", typed);
		propose_word("off", typed);
		break;
	case PROPOSE_FILE:
		puts(":file");
		break;
	case PROPOSE_INTERFACE:
		propose_interfaces(typed);
		propose_word("none", typed);
		break;
	case PROPOSE_PEER:
		propose_peers(call, typed);
		break;
	}
}

/* Is a keyword, or another one for the same attribute, among the words? */
static bool is_given(const struct keyword *keyword, const char *const *words,
		     size_t n, unsigned int takes)
{
	for (size_t i = 0, step; i + 1 < n; i += step) {
		const struct keyword *other = keyword_find(words[i], takes);

		step = keyword_words(other);
		if (other && other->nest == keyword->nest &&
		    other->attr == keyword->attr)
			return true;
	}
	return false;
}

/* Complete the last of the n words that follow the command. */
static void complete_keywords(struct call *call, const char *const *words,
			      size_t n)
{
	unsigned int takes = call->command->takes;
	const char *typed = words[n - 1];
	const struct keyword *keyword;

	for (size_t i = 0; i + 1 < n; i += keyword_words(keyword)) {
		keyword = keyword_find(words[i], takes);
		if (i + keyword_words(keyword) < n)
			continue;
		if (keyword)
			complete_value(call, keyword, typed);
		return;
	}
	for (keyword = keywords; keyword->name; keyword++)
		if ((keyword->takes & takes) &&
		    !is_given(keyword, words, n, takes))
			propose_word(keyword->name, typed);
}

static void complete_command(struct call *call, const char *const *words,
			     size_t n)
{
	const struct command *command = call->command;
	size_t i;

	for (i = 0; i < WORDS_MAX && command->words[i]; i++) {
		if (i + 1 == n) {
			complete_word(call, command->words[i], words[i]);
			return;
		}
		call->word[i] = words[i];
	}
	if (n > i)
		complete_keywords(call, words + i, n - i);
}

void complete(const char *const *words)
{
	struct call *call;
	struct fault fault;
	size_t n = 0;

	while (words[n])
		n++;
	while (n > 1 && words[0][0] == '-') {
		bool netns = !strcmp(words[0], "-n") ||
			     !strcmp(words[0], "--netns");

		if (netns && n == 2) {
			puts(":netns");
			return;
		}
		if (netns && netns_enter(words[1], &fault))
			return;
		words += netns ? 2 : 1;
		n -= netns ? 2 : 1;
	}
	if (n <= 1) {
		complete_commands(NULL, n ? words[0] : "");
		return;
	}
	call = calloc(1, sizeof(*call));
	if (!call)
		return;
	call->command = command_find(words[0], n > 2 ? words[1] : NULL);
	if (call->command) {
		size_t skip = command_length(call->command);

		complete_command(call, words + skip, n - skip);
	} else if (n == 2 && command_is_object(words[0])) {
		complete_commands(words[0], words[1]);
	}
	conn_close(&call->conn);
	free(call);
}
