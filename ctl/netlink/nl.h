/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Requests to the kernel and its answers. */
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
 */
struct conn {
	struct nl_sock *sock;
	int family;
};

/**
 * struct conn_error - what the kernel says to a request
 * @number: errno; 0: it did what was asked
 * @text: its own words, possibly a warning; "": none
 * @offset: of the attribute to blame, from the start of the request; 0: none
 * @inconsistent: a list changed while it was read, each time
 */
struct conn_error {
	int number;
	char text[CONN_TEXT];
	uint32_t offset;
	bool inconsistent;
};

/**
 * struct conn_sink - who takes the answers
 * @message: called for each; 0, or -1 to give up
 * @restart: forget all that came so far: the list is read anew
 * @arg: for both
 */
struct conn_sink {
	int (*message)(struct nlmsghdr *hdr, void *arg);
	void (*restart)(void *arg);
	void *arg;
};

/* Both return 0 or an errno; ENOENT of the first: there is no camex family. */
int conn_open_camex(struct conn *conn);
int conn_open_route(struct conn *conn);
void conn_close(struct conn *conn);

/* Join the events of camex; 0 or an errno. */
int conn_join_events(struct conn *conn);

/*
 * A request of the camex family, with room for len bytes of attributes;
 * flags beside NLM_F_REQUEST: NLM_F_DUMP or 0. NULL: out of memory.
 */
struct nl_msg *message_new(const struct conn *conn, uint8_t command, int flags,
			   size_t len);

/* Free a message, and what is in it beyond recovery. */
void message_free(struct nl_msg *msg);

/**
 * conn_request() - send a request and wait for the end of its answer
 * @conn: the socket
 * @msg: the request
 * @sink: takes the answer; NULL: none is expected but success or error
 * @error: what the kernel says
 *
 * Return: 0, or -1 with @error, or -1 with @error->number 0 when @sink gave up.
 */
int conn_request(struct conn *conn, struct nl_msg *msg,
		 const struct conn_sink *sink, struct conn_error *error);

/* Wait for events and hand them on until sink gives up; returns an errno. */
int conn_listen(struct conn *conn, const struct conn_sink *sink);

#endif /* CAMEXCTL_NL_H */
