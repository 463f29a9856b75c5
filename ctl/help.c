/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "help.h"
#include "text/text.h"

/* maximum width of the left column, and of a line */
#define LEFT_MAX 34
#define WIDTH 80
#define SYNOPSIS_TEXT 256

bool help_is_option(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

bool help_wanted(const char *const *words)
{
	size_t n;

	if (words[0] && !strcmp(words[0], "help"))
		return true;
	for (n = 0; words[n]; n++)
		if (help_is_option(words[n]))
			return true;
	/* "peer help", "peer add help": no other word can follow there */
	if (n == 2 || n == 3)
		return !strcmp(words[n - 1], "help") &&
		       (n == 2 || command_find(words[0], words[1]));
	return false;
}

/* Print text from a column on, wrapped at blanks. */
static void print_wrapped(const char *text, int from)
{
	int column = from;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > from && column + 1 + len > WIDTH) {
			printf("\n%*s", from, "");
			column = from;
		} else if (column > from) {
			putchar(' ');
			column++;
		}
		printf("%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* Print a term, and its explanation beside it. */
static void print_line(const char *what, const char *help, int left)
{
	int n = printf("  %s", what);

	if (n + 2 > left)
		printf("\n%*s", left, "");
	else
		printf("%*s", left - n, "");
	print_wrapped(help, left);
}

/* The column of explanations, for the longest term of a list. */
static int left_for(size_t longest)
{
	return longest + 4 < LEFT_MAX ? (int)longest + 4 : LEFT_MAX;
}

/* Print "peer add DEV NAME", followed by rest for the keywords. */
static const char *synopsis(const struct command *c, const char *rest,
			    char *buf)
{
	const size_t size = SYNOPSIS_TEXT;

	snprintf(buf, size, "%s", c->object);
	if (c->name)
		text_add(buf, size, " %s", c->name);
	for (size_t i = 0; i < WORDS_MAX && c->words[i]; i++)
		text_add(buf, size,
			 word_kinds[c->words[i]].optional ? " [%s]" : " %s",
			 word_kinds[c->words[i]].placeholder);
	if (c->takes)
		text_add(buf, size, " %s", rest);
	if (command_execs(c))
		text_add(buf, size, " [exec PROG ARG...]");
	return buf;
}

static void help_options(void)
{
	const int left = left_for(strlen("--version"));

	puts("\nOptions, before the command:");
	print_line("-j", "print JSON (show, stats, monitor)", left);
	print_line("-n NETNS",
		   "act in a network namespace: a name, a path or a process id",
		   left);
	print_line("--version", "print the version", left);
	print_line("--help",
		   "print this help; after a command, the keywords of that command",
		   left);
	puts("\nWithout a command, camexctl shows all devices and peers.");
}

/* Print all commands, or those of an object. */
static void help_commands(const char *object)
{
	char text[SYNOPSIS_TEXT];
	size_t longest = 0;

	for (const struct command *c = commands; c->object; c++) {
		size_t len = strlen(synopsis(c, "...", text));

		if (len > longest)
			longest = len;
	}
	printf("Usage: camexctl [-j] [-n NETNS] %s COMMAND ...\n\n",
	       object ? object : "[OBJECT]");
	for (const struct command *c = commands; c->object; c++)
		if (!object || !strcmp(c->object, object))
			print_line(synopsis(c, "...", text), c->summary,
				   left_for(longest));
	if (object)
		printf("\n\"camexctl %s COMMAND --help\" lists the keywords (\"...\").\n",
		       object);
	else
		help_options();
}

/* "link tun|tap", "port N" */
static const char *keyword_text(const struct keyword *keyword, char *buf)
{
	const size_t size = SYNOPSIS_TEXT;

	snprintf(buf, size, "%s", keyword->name);
	if (keyword_words(keyword) > 1)
		text_add(buf, size, " %s",
			 keyword->placeholder ? keyword->placeholder : "");
	for (const struct choice *c = keyword->choices; c && c->name; c++)
		text_add(buf, size, "%s%s", c->name, c[1].name ? "|" : "");
	return buf;
}

static void help_keyword(const struct keyword *keyword, int left)
{
	char text[SYNOPSIS_TEXT];

	print_line(keyword_text(keyword, text), keyword->help, left);
	for (const struct choice *c = keyword->choices; c && c->name; c++) {
		snprintf(text, sizeof(text), "  %s", c->name);
		print_line(text, c->help, left);
	}
}

static void help_command(const struct command *c)
{
	char text[SYNOPSIS_TEXT];
	size_t longest = 0;

	printf("Usage: camexctl [-j] [-n NETNS] %s\n\n",
	       synopsis(c, "[KEYWORD VALUE]...", text));
	printf("%c%s.\n", toupper((unsigned char)c->summary[0]),
	       c->summary + 1);
	if (!c->takes)
		return;
	for (const struct keyword *k = keywords; k->name; k++) {
		size_t len = strlen(keyword_text(k, text));

		/* a very long term must not widen the column for all */
		if ((k->takes & c->takes) && len > longest && len <= 20)
			longest = len;
	}
	puts("\nKeywords, in any order, each at most once:");
	for (const struct keyword *k = keywords; k->name; k++)
		if (k->takes & c->takes)
			help_keyword(k, left_for(longest));
}

int help(const char *const *words, struct fault *fault)
{
	const char *level[3] = {};
	const struct command *command;
	const char *object;
	size_t n = 0;

	for (; *words && n < 2; words++) {
		if (help_is_option(*words))
			break;
		if (strcmp(*words, "help") != 0)
			level[n++] = *words;
	}
	if (!n) {
		help_commands(NULL);
		return 0;
	}
	command = command_resolve(level, &object, fault);
	if (command)
		help_command(command);
	else if (object && !level[1])
		help_commands(object);
	else
		return -1;
	return 0;
}
