/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Parses the command line, runs the command, and sets the exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "complete.h"
#include "help.h"
#include "netns.h"
#include "text/text.h"

#ifndef CAMEX_VERSION
#error "CAMEX_VERSION comes from the Makefile"
#endif

#define STATUS_FAULT 1
#define STATUS_USAGE 2
/* more words than any command has before "exec" */
#define EXEC_WORDS 16

/**
 * struct options - options before the command
 * @json: -j
 * @netns: the argument of -n, or NULL
 */
struct options {
	bool json;
	const char *netns;
};

/* "camexctl: CONTEXT: what; see camexctl CONTEXT --help" */
static int fail_usage(const char *context, const char *text)
{
	size_t len = strlen(text);
	bool question = len && text[len - 1] == '?';

	complain("%s%s%s%s camexctl%s%s --help", context,
		 context[0] ? ": " : "", text, question ? " See" : "; see",
		 context[0] ? " " : "", context);
	return STATUS_USAGE;
}

/* -j is also accepted after the command, but not after "exec": that belongs to PROG. */
static void take_late_json(const char **words, struct options *options)
{
	const char **to = words;
	bool exec = false;

	for (; *words; words++) {
		exec |= !strcmp(*words, "exec");
		if (!exec && (!strcmp(*words, "-j") || !strcmp(*words, "--json")))
			options->json = true;
		else
			*to++ = *words;
	}
	*to = NULL;
}

/* Returns the words after the options, or NULL with the reason. */
static const char *const *read_options(const char *const *words,
				       struct options *options,
				       struct fault *fault)
{
	for (; *words && (*words)[0] == '-'; words++) {
		if (!strcmp(*words, "-j") || !strcmp(*words, "--json")) {
			options->json = true;
		} else if (!strcmp(*words, "-n") ||
			   !strcmp(*words, "--netns")) {
			if (!words[1]) {
				fault_usage(fault, "-n lacks its NETNS");
				return NULL;
			}
			options->netns = *++words;
		} else if (help_is_option(*words) ||
			   !strcmp(*words, "--version") ||
			   !strcmp(*words, "-V")) {
			break;
		} else {
			fault_usage(fault, "unknown option \"%s\"", *words);
			return NULL;
		}
	}
	return words;
}

static int call_fail(const struct call *call)
{
	const struct command *c = call->command;
	char context[FAULT_TEXT];

	snprintf(context, sizeof(context), "%s", c->object);
	if (c->name)
		text_add(context, sizeof(context), " %s", c->name);
	if (call->fault.usage)
		return fail_usage(context, call->fault.text);
	/* errors in a file begin with its name and the line */
	for (size_t i = 0; i < WORDS_MAX && call->word[i]; i++)
		if (c->words[i] != WORD_FILE)
			text_add(context, sizeof(context), " %s",
				 *call->word[i] ? call->word[i] : "\"\"");
	complain("%s: %s", context, call->fault.text);
	return STATUS_FAULT;
}

/* Output that cannot be written (disk full) is an error too. */
static int flush_output(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write the output: %s", strerror(errno));
		return STATUS_FAULT;
	}
	return 0;
}

/* Copy the words before "exec"; the program follows it. */
static int take_exec(struct call *call, const char *const *words,
		     const char **before)
{
	size_t n;

	for (n = 0; n < EXEC_WORDS && words[n]; n++) {
		before[n] = words[n];
		if (strcmp(words[n], "exec") != 0)
			continue;
		call->exec = words + n + 1;
		if (!*call->exec)
			return fault_usage(&call->fault, "exec lacks its PROG");
		break;
	}
	before[n] = NULL;
	return 0;
}

static int call_run(struct call *call, const char *const *words)
{
	const char *before[EXEC_WORDS + 1];
	int n = command_take_words(call, words);

	if (n < 0)
		return -1;
	words += n;
	if (command_execs(call->command)) {
		if (take_exec(call, words, before))
			return -1;
		words = before;
	}
	if (values_parse(&call->values, call->command->takes, words,
			 &call->fault))
		return -1;
	return call->command->run(call);
}

static int run_words(const struct options *options, const char *const *words)
{
	/* without a command: show everything */
	static const char *const everything[] = { "show", NULL };
	struct call *call = calloc(1, sizeof(*call));
	const char *object;
	int status;

	if (!call) {
		complain("out of memory");
		return STATUS_FAULT;
	}
	if (!words[0])
		words = everything;
	call->json = options->json;
	call->command = command_resolve(words, &object, &call->fault);
	if (!call->command) {
		status = fail_usage(object ? object : "", call->fault.text);
		goto out;
	}
	if (call_run(call, words + command_length(call->command))) {
		status = call_fail(call);
	} else {
		values_warn(&call->values);
		status = flush_output();
	}
	values_wipe(&call->values);
	conn_close(&call->conn);
out:
	free(call);
	return status;
}

int main(int argc, char **argv)
{
	const char **given = (const char **)argv + (argc > 0);
	const char *const *words;
	struct options options = {};
	struct fault fault;

	words = read_options(given, &options, &fault);
	if (!words)
		return fail_usage("", fault.text);
	if (words[0] &&
	    (!strcmp(words[0], "--version") || !strcmp(words[0], "-V") ||
	     !strcmp(words[0], "version"))) {
		printf("camexctl %s\n", CAMEX_VERSION);
		return flush_output();
	}
	if (words[0] && !strcmp(words[0], "complete")) {
		complete(words + 1);
		return flush_output();
	}
	take_late_json(given + (words - given), &options);
	if (help_wanted(words)) {
		if (help(words, &fault))
			return fail_usage("", fault.text);
		return flush_output();
	}
	if (options.netns && netns_enter(options.netns, &fault)) {
		complain("%s", fault.text);
		return STATUS_FAULT;
	}
	return run_words(&options, words);
}
