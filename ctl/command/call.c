/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The connection to the kernel, and requests over it, for all commands. */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include <linux/camex.h>

#include "command/command.h"

/* room for any request: a peer's nest of 64 KiB, and other attributes */
#define MESSAGE_ROOM (UINT16_MAX + 1024)

int fault_no_module(struct fault *fault)
{
	return fault_set(
		fault,
		"the camex module is not loaded: load it with modprobe camex");
}

int call_open(struct call *call)
{
	int error;

	if (call->conn.sock)
		return 0;
	error = conn_open_camex(&call->conn);
	if (error == ENOENT)
		return fault_no_module(&call->fault);
	if (error)
		return fault_set(&call->fault, "netlink: %s", strerror(error));
	return 0;
}

struct nl_msg *call_message(struct call *call, uint8_t command, int flags)
{
	struct nl_msg *msg;

	if (call_open(call))
		return NULL;
	msg = message_new(&call->conn, command, flags, MESSAGE_ROOM);
	if (msg && (!call->word[0] ||
		    !nla_put_string(msg, CAMEX_A_IFNAME, call->word[0])))
		return msg;
	message_free(msg);
	fault_set(&call->fault, "out of memory");
	return NULL;
}

int call_send(struct call *call, struct nl_msg *msg,
	      const struct conn_sink *sink)
{
	struct conn_error error;
	int status;

	status = conn_request(&call->conn, msg, sink, &error);
	call->gone = status && error.number == ENODEV;
	call->refused = status && error.number == EPERM;
	if (status)
		explain(call, msg, &error);
	else if (error.text[0])
		complain("warning: %s", error.text);
	message_free(msg);
	return status;
}

int step_run(const struct step *step, struct conn *conn, unsigned int *line,
	     struct fault *fault)
{
	struct call *call = calloc(1, sizeof(*call));
	int status;

	if (!call)
		return fault_set(fault, "out of memory");
	call->command = command_find(step->object, step->name);
	for (size_t i = 0; i < WORDS_MAX; i++)
		call->word[i] = step->word[i];
	if (step->values)
		call->values = *step->values;
	call->conn = *conn;
	status = call->command->run(call);
	*conn = call->conn;
	if (status)
		*fault = call->fault;
	if (status && call->blamed && call->blamed->line)
		*line = call->blamed->line;
	/* the message contains copies of keys */
	sodium_memzero(call, sizeof(*call));
	free(call);
	return status;
}

void signals_ending(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

void signals_block(sigset_t *before)
{
	sigset_t block;

	signals_ending(&block);
	sigprocmask(SIG_BLOCK, &block, before);
}
