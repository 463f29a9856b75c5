// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "log.h"
#include "stream.h"

#define BACKLOG		32
#define PATIENCE	5	/* seconds that a far end may not read, or not answer a SYN */

int stream_length(const uint8_t *data, size_t len)
{
	int n;

	if (len < STREAM_HEADER)
		return 0;
	n = data[0] * 256 + data[1];
	return n == 0 || n > STREAM_DATAGRAM_MAX ? -1 : n;
}

struct streams *streams_new(void)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->listener = -1;
	return s;
}

static int new_socket(const struct endpoint *at, int flags)
{
	int on = 1, fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static bool give_up(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return false;
}

bool streams_listen(struct streams *s, const struct endpoint *at)
{
	int fd = new_socket(at, SOCK_NONBLOCK);

	if (fd < 0)
		return false;
	if (bind(fd, &at->any, at->len) || listen(fd, BACKLOG))
		return give_up(fd);
	s->listener = fd;
	return true;
}

/* A far end that does not read is not waited for much longer. */
static bool add(struct streams *s, int fd, const struct endpoint *at)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct stream *stream = &s->stream[s->n];
	int on = 1;

	if (s->n == STREAMS_MAX) {
		errno = EMFILE;
		return give_up(fd);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	stream->fd = fd;
	stream->at = *at;
	stream->at.stream = true;
	stream->have = 0;
	s->n++;
	return true;
}

bool streams_connect(struct streams *s, const struct endpoint *from, const struct endpoint *to)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	int fd = new_socket(to, 0);

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if ((from->len && bind(fd, &from->any, from->len)) || connect(fd, &to->any, to->len))
		return give_up(fd);
	return add(s, fd, to);
}

static struct stream *find(const struct streams *s, const struct endpoint *at)
{
	int i;

	for (i = s->n - 1; i >= 0; i--)
		if (endpoint_is(&s->stream[i].at, at, true))
			return (struct stream *)&s->stream[i];
	return NULL;
}

static void end(struct streams *s, struct stream *stream)
{
	close(stream->fd);
	s->n--;
	memmove(stream, stream + 1, (size_t)(s->stream + s->n - stream) * sizeof(*stream));
}

bool streams_has(const struct streams *s, const struct endpoint *at)
{
	return find(s, at);
}

void streams_close(struct streams *s, const struct endpoint *at)
{
	struct stream *stream = find(s, at);

	if (stream)
		end(s, stream);
}

bool streams_send(struct streams *s, const struct endpoint *to, const uint8_t *data, size_t len)
{
	struct stream *stream = find(s, to);
	uint8_t out[STREAM_HEADER + STREAM_DATAGRAM_MAX];
	size_t at, piece;
	ssize_t sent;

	if (!stream) {
		errno = ENOTCONN;
		return false;
	}
	if (!len || len > STREAM_DATAGRAM_MAX) {
		errno = EMSGSIZE;
		return false;
	}
	out[0] = (uint8_t)(len / 256);
	out[1] = (uint8_t)(len % 256);
	memcpy(out + STREAM_HEADER, data, len);
	len += STREAM_HEADER;
	for (at = 0; at < len; at += (size_t)sent) {
		piece = s->piece && s->piece < len - at ? s->piece : len - at;
		sent = send(stream->fd, out + at, piece, MSG_NOSIGNAL);
		if (sent < 0)
			return false;
	}
	return true;
}

int streams_poll(const struct streams *s, struct pollfd *fds)
{
	int i;

	fds[0] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
	for (i = 0; i < s->n; i++)
		fds[1 + i] = (struct pollfd){ .fd = s->stream[i].fd, .events = POLLIN };
	return 1 + s->n;
}

void streams_accept(struct streams *s)
{
	char text[ENDPOINT_TEXT];
	struct endpoint from;
	int fd;

	for (;;) {
		memset(&from, 0, sizeof(from));
		from.len = sizeof(from.v6);
		fd = accept4(s->listener, &from.any, &from.len, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (add(s, fd, &from))
			log_event("connected", endpoint_text(&from, text));
		else
			log_event("cannot connect", strerror(errno));
	}
}

static struct stream *by_fd(struct streams *s, int fd)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (s->stream[i].fd == fd)
			return &s->stream[i];
	return NULL;
}

void streams_read(struct streams *s, int fd,
		  void (*take)(void *about, const struct endpoint *from, const uint8_t *data,
			       size_t len),
		  void *about, struct endpoint *lost)
{
	uint8_t datagram[STREAM_DATAGRAM_MAX];
	struct stream *stream = by_fd(s, fd);
	struct endpoint from;
	ssize_t got;
	int n;

	lost->len = 0;
	if (!stream)
		return;
	from = stream->at;
	got = recv(fd, stream->in + stream->have, sizeof(stream->in) - stream->have, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		stream->have += (size_t)got;
	n = got > 0 ? stream_length(stream->in, stream->have) : -1;
	while (n > 0 && stream->have - STREAM_HEADER >= (size_t)n) {
		memcpy(datagram, stream->in + STREAM_HEADER, (size_t)n);
		stream->have -= STREAM_HEADER + (size_t)n;
		memmove(stream->in, stream->in + STREAM_HEADER + n, stream->have);
		take(about, &from, datagram, (size_t)n);
		stream = by_fd(s, fd);
		if (!stream)
			return;
		n = stream_length(stream->in, stream->have);
	}
	if (n >= 0)
		return;
	if (got > 0)
		log_event("no length of a datagram", NULL);
	end(s, stream);
	*lost = from;
}
