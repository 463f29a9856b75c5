/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/camex.h>

#include "netlink/nl.h"

/* the kernel sends up to 32 KiB per read if the buffer has room */
#define READ_SIZE 65536
/* room for a message of 64 KiB, and for events until they are read */
#define SEND_BUFFER (256 * 1024)
#define RECEIVE_BUFFER (1024 * 1024)

/* attempts to read a list that changes meanwhile, and the pause between them */
#define DUMP_TRIES 20
#define DUMP_PAUSE_NS 5000000L

static int conn_open(struct conn *conn, int protocol)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK,
				       NETLINK_GET_STRICT_CHK };
	const int on = 1;

	conn->family = 0;
	conn->lost = false;
	conn->sock = nl_socket_alloc();
	if (!conn->sock)
		return ENOMEM;
	if (nl_connect(conn->sock, protocol) < 0) {
		int error = errno ? errno : EPROTONOSUPPORT;

		conn_close(conn);
		return error;
	}
	/* acknowledgments and sequence numbers are handled in this file */
	nl_socket_disable_auto_ack(conn->sock);
	nl_socket_disable_seq_check(conn->sock);
	nl_socket_disable_msg_peek(conn->sock);
	nl_socket_set_msg_buf_size(conn->sock, READ_SIZE);
	nl_socket_set_buffer_size(conn->sock, RECEIVE_BUFFER, SEND_BUFFER);
	/* older kernels lack some of these options: error texts are shorter then */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(nl_socket_get_fd(conn->sock), SOL_NETLINK,
			   options[i], &on, sizeof(on));
	return 0;
}

int conn_open_camex(struct conn *conn)
{
	int error = conn_open(conn, NETLINK_GENERIC);

	if (error)
		return error;
	conn->family = genl_ctrl_resolve(conn->sock, CAMEX_FAMILY_NAME);
	if (conn->family < 0) {
		conn_close(conn);
		return ENOENT;
	}
	return 0;
}

int conn_open_route(struct conn *conn)
{
	return conn_open(conn, NETLINK_ROUTE);
}

void conn_close(struct conn *conn)
{
	if (conn->sock)
		nl_socket_free(conn->sock);
	conn->sock = NULL;
}

int conn_join_events(struct conn *conn)
{
	int group = genl_ctrl_resolve_grp(conn->sock, CAMEX_FAMILY_NAME,
					  CAMEX_MCGRP_EVENTS);

	if (group < 0)
		return ENOENT;
	if (nl_socket_add_membership(conn->sock, group) < 0)
		return errno ? errno : EINVAL;
	return 0;
}

struct nl_msg *message_new(const struct conn *conn, uint8_t command, int flags,
			   size_t len)
{
	struct nl_msg *msg =
		nlmsg_alloc_size((size_t)nlmsg_total_size(GENL_HDRLEN) + len);

	if (!msg)
		return NULL;
	if (!(flags & NLM_F_DUMP))
		flags |= NLM_F_ACK;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, conn->family, 0, flags,
			 command, CAMEX_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

void message_free(struct nl_msg *msg)
{
	struct nlmsghdr *hdr;

	if (!msg)
		return;
	hdr = nlmsg_hdr(msg);
	sodium_memzero(hdr, hdr->nlmsg_len);
	nlmsg_free(msg);
}

/* Parse the extended acknowledgment, which begins skip bytes into the payload. */
static void read_extack(struct nlmsghdr *hdr, int skip,
			struct conn_error *error)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	int len = nlmsg_datalen(hdr) - (int)NLMSG_ALIGN(skip);

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS) || len <= 0)
		return;
	if (nla_parse(tb, NLMSGERR_ATTR_MAX,
		      (struct nlattr *)((char *)nlmsg_data(hdr) +
					NLMSG_ALIGN(skip)),
		      len, NULL) < 0)
		return;
	if (tb[NLMSGERR_ATTR_MSG]) {
		const char *text = nla_data(tb[NLMSGERR_ATTR_MSG]);
		size_t n =
			strnlen(text, (size_t)nla_len(tb[NLMSGERR_ATTR_MSG]));

		/* older kernels pad texts with blanks */
		while (n && text[n - 1] == ' ')
			n--;
		snprintf(error->text, sizeof(error->text), "%.*s", (int)n,
			 text);
	}
	if (tb[NLMSGERR_ATTR_OFFS] && nla_len(tb[NLMSGERR_ATTR_OFFS]) >= 4)
		error->offset = nla_get_u32(tb[NLMSGERR_ATTR_OFFS]);
}

static int read_error(struct nlmsghdr *hdr, struct conn_error *error)
{
	const struct nlmsgerr *err = nlmsg_data(hdr);
	int skip = sizeof(*err);

	if (nlmsg_datalen(hdr) < skip) {
		error->number = EPROTO;
		return -1;
	}
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += (int)(err->msg.nlmsg_len - NLMSG_HDRLEN);
	error->number = -err->error;
	read_extack(hdr, skip, error);
	return error->number ? -1 : 0;
}

static int read_done(struct nlmsghdr *hdr, struct conn_error *error)
{
	int number = 0;

	if (nlmsg_datalen(hdr) >= (int)sizeof(number))
		memcpy(&number, nlmsg_data(hdr), sizeof(number));
	if (number < 0) {
		error->number = -number;
		read_extack(hdr, sizeof(number), error);
		return -1;
	}
	return 0;
}

/* Handle the messages of one read. Returns 1 at the end of the answer, 0 before, -1 on error. */
static int read_batch(struct nlmsghdr *hdr, int len, uint32_t seq,
		      const struct conn_sink *sink, struct conn_error *error)
{
	for (; nlmsg_ok(hdr, len); hdr = nlmsg_next(hdr, &len)) {
		if (hdr->nlmsg_seq != seq)
			continue;
		if (hdr->nlmsg_flags & NLM_F_DUMP_INTR)
			error->inconsistent = true;
		switch (hdr->nlmsg_type) {
		case NLMSG_NOOP:
			continue;
		case NLMSG_ERROR:
			return read_error(hdr, error) ? -1 : 1;
		case NLMSG_DONE:
			return read_done(hdr, error) ? -1 : 1;
		}
		if (sink && sink->message(hdr, sink->arg))
			return -1;
	}
	return 0;
}

/* Read once. Returns the length or a negative errno. The caller frees *buf. */
static int read_once(struct conn *conn, unsigned char **buf)
{
	struct sockaddr_nl from;
	int len;

	*buf = NULL;
	errno = 0;
	len = nl_recv(conn->sock, &from, buf, NULL);
	if (len < 0)
		return errno ? -errno : -EIO;
	/* ignore messages that are not from the kernel */
	return from.nl_pid ? 0 : len;
}

static int read_answer(struct conn *conn, uint32_t seq,
		       const struct conn_sink *sink, struct conn_error *error)
{
	int status = 0;

	while (!status) {
		unsigned char *buf;
		int len = read_once(conn, &buf);

		if (len < 0) {
			/* ENOBUFS, if the kernel had no memory for it */
			conn->lost = true;
			error->number = -len;
			return -1;
		}
		status = read_batch((struct nlmsghdr *)buf, len, seq, sink,
				    error);
		free(buf);
	}
	return status < 0 ? -1 : 0;
}

int conn_request(struct conn *conn, struct nl_msg *msg,
		 const struct conn_sink *sink, struct conn_error *error)
{
	const struct timespec pause = { .tv_nsec = DUMP_PAUSE_NS };

	for (int tries = 1;; tries++) {
		struct nlmsghdr *hdr = nlmsg_hdr(msg);

		memset(error, 0, sizeof(*error));
		conn->lost = false;
		hdr->nlmsg_seq = NL_AUTO_SEQ;
		errno = 0;
		if (nl_send_auto(conn->sock, msg) < 0) {
			error->number = errno ? errno : EIO;
			return -1;
		}
		if (read_answer(conn, hdr->nlmsg_seq, sink, error))
			return -1;
		if (!error->inconsistent)
			return 0;
		if (tries == DUMP_TRIES) {
			error->number = EAGAIN;
			return -1;
		}
		if (sink && sink->restart)
			sink->restart(sink->arg);
		nanosleep(&pause, NULL);
	}
}

int conn_listen(struct conn *conn, const struct conn_sink *sink)
{
	for (;;) {
		unsigned char *buf;
		int len = read_once(conn, &buf);
		int status;
		struct conn_error error = {};

		if (len < 0)
			return -len;
		/* events have no sequence number */
		status = read_batch((struct nlmsghdr *)buf, len, 0, sink,
				    &error);
		free(buf);
		if (status < 0)
			return error.number;
	}
}
