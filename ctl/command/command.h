/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The commands, and what one of them has to work with. */
#ifndef CAMEXCTL_COMMAND_H
#define CAMEXCTL_COMMAND_H

#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "text/fault.h"
#include "command/keywords.h"
#include "netlink/nl.h"

/* Words before the keywords. */
enum word {
	WORD_NONE,
	WORD_DEV, /* a camex device */
	WORD_DEV_NEW,
	WORD_DEV_MAYBE, /* a camex device, or nothing: all of them */
	WORD_PEER,	/* a peer of it */
	WORD_PEER_NEW,
	WORD_PEER_MAYBE,
	WORD_PREFIX, /* a prefix with a route */
	WORD_PREFIX_NEW,
	WORD_MAC,
	WORD_FILE,
	WORD_TTY,
	WORD_APPLY_MAYBE,      /* the word "apply", or nothing */
	WORD_PROMETHEUS_MAYBE, /* the word "prometheus", or nothing */
};

#define WORDS_MAX 2

struct call;

/**
 * struct request - what a command asks the kernel for, if it is one request
 * @command: CAMEX_CMD_*
 * @nest: the attribute around its words and keywords
 * @flag: a flag in that nest, 0: none
 */
struct request {
	uint8_t command;
	uint16_t nest;
	uint16_t flag;
};

/**
 * struct command - a line of the table
 * @object: the first word
 * @name: the second; NULL: @object is the whole command
 * @words: what comes next
 * @takes: what its keywords are found by; 0: it has none
 * @run: does it; 0, or -1 with the call's fault
 * @summary: for the help, one line
 * @request: for request()
 */
struct command {
	const char *object;
	const char *name;
	enum word words[WORDS_MAX];
	unsigned int takes;
	int (*run)(struct call *call);
	const char *summary;
	struct request request;
};

/**
 * struct call - one run of a command
 * @command: which
 * @json: output for programs
 * @word: the words before the keywords; NULL where one was left out
 * @dev: the device's name, where the first word is another name of it
 * @exec: a program and its arguments; NULL: none was given
 * @values: the keywords and their values
 * @conn: the camex family, once call_open() was called
 * @gone: it fails because the device is not there (any more)
 * @refused: it fails because the user lacks a capability
 * @blamed: the value that it fails by, or NULL: none, or not known
 * @fault: why it fails
 */
struct call {
	const struct command *command;
	bool json;
	const char *word[WORDS_MAX];
	char dev[IFNAMSIZ];
	const char *const *exec;
	struct values values;
	struct conn conn;
	bool gone;
	bool refused;
	const struct value *blamed;
	struct fault fault;
};

/* The table, in camexctl.c; it ends with no object. */
extern const struct command commands[];

/* The command of these two words, the second NULL for one that is one word. */
const struct command *command_find(const char *object, const char *name);
bool command_is_object(const char *word);

/**
 * command_resolve() - find the command that words begin with
 * @words: they end with NULL
 * @object: the first word, once it is known to be right; else NULL
 * @fault: why there is none
 *
 * Return: the command, or NULL: then @object tells how far it went.
 */
const struct command *command_resolve(const char *const *words,
				      const char **object, struct fault *fault);

/* An option that stands before the command alone. */
bool command_is_option(const char *word);

/* Whether "exec PROG ARG..." may end its words. */
bool command_execs(const struct command *command);

/* How many words name the command: one or two. */
size_t command_length(const struct command *command);

/* Take the words before the keywords; the count, or -1 with the call's fault. */
int command_take_words(struct call *call, const char *const *words);

/**
 * struct word_kind - what is known of a word before the keywords
 * @placeholder: what it is called in the help, or the word itself
 * @check: 0, or -1 with what is wrong with it; NULL: nothing is
 * @optional: it may be left out
 * @literal: it stands for itself
 */
struct word_kind {
	const char *placeholder;
	int (*check)(const char *text, struct fault *fault);
	bool optional;
	bool literal;
};

/* By enum word. */
extern const struct word_kind word_kinds[];

/* Connect to the camex family. 0, or -1 with the call's fault. */
int call_open(struct call *call);

/*
 * A request about the device that the first word names, to be completed and
 * handed to call_send(). NULL with the call's fault.
 */
struct nl_msg *call_message(struct call *call, uint8_t command, int flags);

/* Send a request, free it, explain an error. 0, or -1 with the fault. */
int call_send(struct call *call, struct nl_msg *msg,
	      const struct conn_sink *sink);

/* The command that is one request, as the table says. 0, or -1 with the fault. */
int request(struct call *call);

/* Its nest, to a message: the second word and keywords. 0, or -1 with the reason. */
int request_put(struct nl_msg *msg, const struct command *command,
		const char *word, const struct values *values,
		struct fault *fault);

/**
 * struct step - a command as one of several that make up another
 * @object: its first word
 * @name: its second
 * @word: the words before the keywords
 * @values: the keywords, which stay the caller's; NULL: none
 */
struct step {
	const char *object;
	const char *name;
	const char *word[WORDS_MAX];
	const struct values *values;
};

/**
 * step_run() - run it
 * @step: which
 * @conn: what it uses, or opens; the caller closes it
 * @line: becomes the line of the value that it fails by, if that is known
 * @fault: the reason
 *
 * Return: 0 or -1.
 */
int step_run(const struct step *step, struct conn *conn, unsigned int *line,
	     struct fault *fault);

/* Keep a person's ^C for when all steps are done: sigprocmask() gets it back. */
void signals_block(sigset_t *before);

/* The signals that end a program: SIGHUP, SIGINT and SIGTERM. */
void signals_ending(sigset_t *set);

/* What to say when the module is not there. */
int fault_no_module(struct fault *fault);

/*
 * From the kernel's error to a sentence: explain.c. The request tells what
 * the offset of the attribute to blame stands for.
 */
int explain(struct call *call, struct nl_msg *msg,
	    const struct conn_error *error);

int dev_add(struct call *call);
int dev_del(struct call *call);
int dev_show(struct call *call);
int peer_add(struct call *call);
int peer_set(struct call *call);
int peer_show(struct call *call);
int key_gen(struct call *call);
int key_derive(struct call *call);
int key_public(struct call *call);
int id_gen(struct call *call);
int watch(struct call *call);
int route_show(struct call *call);
int fdb_show(struct call *call);
int show(struct call *call);
int stats(struct call *call);
int show_top(struct call *call);
int monitor(struct call *call);
int resolve(struct call *call);
int up(struct call *call);
int down(struct call *call);
int reload(struct call *call);
int load(struct call *call);
int save(struct call *call);
int serial(struct call *call);

#endif /* CAMEXCTL_COMMAND_H */
