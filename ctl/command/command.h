/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Commands, and the state of a running one. */
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
	WORD_DEV_MAYBE, /* a camex device; optional: all of them */
	WORD_PEER,	/* a peer of the device */
	WORD_PEER_NEW,
	WORD_PEER_MAYBE,
	WORD_PREFIX, /* a prefix that has a route */
	WORD_PREFIX_NEW,
	WORD_MAC,
	WORD_FILE,
	WORD_TTY,
	WORD_APPLY_MAYBE,      /* the word "apply"; optional */
	WORD_PROMETHEUS_MAYBE, /* the word "prometheus"; optional */
};

#define WORDS_MAX 2

struct call;

/**
 * struct request - the request of a command that consists of one request
 * @command: CAMEX_CMD_*
 * @nest: the attribute that contains its words and keywords
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
 * @words: the words that follow
 * @takes: enum takes, by which its keywords are found; 0: it has none
 * @run: runs it; returns 0, or -1 with the call's fault
 * @summary: one line for the help
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
 * @command: the command
 * @json: output for programs
 * @word: the words before the keywords; NULL if one was left out
 * @dev: the device's name, if the first word is an alternative name
 * @exec: a program and its arguments; NULL: none was given
 * @values: the keywords and their values
 * @conn: connection to the camex family, after call_open()
 * @gone: it failed because the device does not exist (any more)
 * @refused: it failed because the user lacks a capability
 * @blamed: the value that caused the failure; NULL: none or unknown
 * @fault: the reason of the failure
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

/* The table, in camexctl.c; the last line has no object. */
extern const struct command commands[];

/* Find a command by its two words; the second is NULL for a command of one word. */
const struct command *command_find(const char *object, const char *name);
bool command_is_object(const char *word);

/**
 * command_resolve() - find the command that words begin with
 * @words: the words; the last is NULL
 * @object: result, the first word if it is an object; else NULL
 * @fault: the reason if there is none
 *
 * Return: the command, or NULL.
 */
const struct command *command_resolve(const char *const *words,
				      const char **object, struct fault *fault);

/* Is this an option that is only allowed before the command? */
bool command_is_option(const char *word);

/* May its words end with "exec PROG ARG..."? */
bool command_execs(const struct command *command);

/* The number of words that name the command: one or two. */
size_t command_length(const struct command *command);

/* Take the words before the keywords. Returns their number, or -1 with the call's fault. */
int command_take_words(struct call *call, const char *const *words);

/**
 * struct word_kind - a kind of word before the keywords
 * @placeholder: its name in the help, or the word itself
 * @check: returns 0, or -1 with the reason; NULL: every word is valid
 * @optional: it may be left out
 * @literal: it must be exactly @placeholder
 */
struct word_kind {
	const char *placeholder;
	int (*check)(const char *text, struct fault *fault);
	bool optional;
	bool literal;
};

/* Indexed by enum word. */
extern const struct word_kind word_kinds[];

/* Connect to the camex family. Returns 0, or -1 with the call's fault. */
int call_open(struct call *call);

/*
 * Begin a request about the device that the first word names. The caller completes
 * it, and calls call_send(). Returns NULL with the call's fault.
 */
struct nl_msg *call_message(struct call *call, uint8_t command, int flags);

/* Send a request, free it, explain an error. Returns 0, or -1 with the fault. */
int call_send(struct call *call, struct nl_msg *msg,
	      const struct conn_sink *sink);

/* Run a command that is one request by the table. Returns 0, or -1 with the fault. */
int request(struct call *call);

/* Add its nest to a message: second word and keywords. Returns 0, or -1 with the reason. */
int request_put(struct nl_msg *msg, const struct command *command,
		const char *word, const struct values *values,
		struct fault *fault);

/**
 * struct step - a command that is part of another one
 * @object: its first word
 * @name: its second
 * @word: the words before the keywords
 * @values: the keywords, owned by the caller; NULL: none
 */
struct step {
	const char *object;
	const char *name;
	const char *word[WORDS_MAX];
	const struct values *values;
};

/**
 * step_run() - run a step
 * @step: the step
 * @conn: the connection, opened if necessary; the caller closes it
 * @line: result, the line of the value that caused a failure, if known
 * @fault: the reason
 *
 * Return: 0 or -1.
 */
int step_run(const struct step *step, struct conn *conn, unsigned int *line,
	     struct fault *fault);

/* Block signals until all steps are done; sigprocmask() restores them. */
void signals_block(sigset_t *before);

/* Fill a set with the signals that end a program: SIGHUP, SIGINT and SIGTERM. */
void signals_ending(sigset_t *set);

/* The error text if the module is not loaded. */
int fault_no_module(struct fault *fault);

/*
 * Turn the kernel's error into a sentence: explain.c. @msg is the request, in which
 * the offset of the error finds the attribute to blame.
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
