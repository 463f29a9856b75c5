/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Netlink requests and answers. */
#ifndef CAMEXCTL_NL_H
#define CAMEXCTL_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

#define CONN_TEXT 512

/**
 * struct conn - a netlink socket
 * @sock: the socket
 * @family: number of the generic netlink family; 0: routing netlink
 * @lost: the kernel got the last request, but its answer was lost: it may have been done
 */
struct conn {
	struct nl_sock *sock;
	int family;
	bool lost;
};

/**
 * struct conn_error - the kernel's result of a request
 * @number: errno; 0: success
 * @text: the kernel's text, possibly a warning; "": none
 * @offset: offset of the wrong attribute from the start of the request; 0: none
 * @inconsistent: a list changed in each attempt to read it
 */
struct conn_error {
	int number;
	char text[CONN_TEXT];
	uint32_t offset;
	bool inconsistent;
};

/**
 * struct conn_sink - receiver of the answers
 * @message: called for each message; returns 0, or -1 to give up
 * @restart: discard all messages so far: the list is read again
 * @arg: argument of both
 */
struct conn_sink {
	int (*message)(struct nlmsghdr *hdr, void *arg);
	void (*restart)(void *arg);
	void *arg;
};

/* Both return 0 or an errno; the first ENOENT if there is no camex family. */
int conn_open_camex(struct conn *conn);
int conn_open_route(struct conn *conn);
void conn_close(struct conn *conn);

/* Subscribe to the events of camex. Returns 0 or an errno. */
int conn_join_events(struct conn *conn);

/*
 * Begin a request of the camex family, with room for len bytes of attributes. flags are
 * added to NLM_F_REQUEST: NLM_F_DUMP or 0. NULL without memory.
 */
struct nl_msg *message_new(const struct conn *conn, uint8_t command, int flags,
			   size_t len);

/* Wipe and free a message. */
void message_free(struct nl_msg *msg);

/**
 * conn_request() - send a request and wait for the end of its answer
 * @conn: the socket
 * @msg: the request
 * @sink: receives the answer; NULL if only success or error is expected
 * @error: result, the kernel's
 *
 * Return: 0, or -1 with @error; if @sink gave up, @error->number is 0.
 */
int conn_request(struct conn *conn, struct nl_msg *msg,
		 const struct conn_sink *sink, struct conn_error *error);

/* Receive events until sink gives up. Returns an errno. */
int conn_listen(struct conn *conn, const struct conn_sink *sink);

#endif /* CAMEXCTL_NL_H */
