/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TCP: datagrams in connections, each behind its length. */
#ifndef PEER_STREAM_H
#define PEER_STREAM_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"

#define STREAMS_MAX	64	/* connections */
#define STREAM_HEADER	2	/* bytes of a length */
#define STREAM_DATAGRAM_MAX 9260 /* bytes of a datagram */

/**
 * struct streams - the connections of a node
 * @listener: socket that listens, or -1
 * @piece: bytes of each write, 0 for all at once
 * @n: how many connections
 * @stream: the connections, the oldest first
 * @stream.fd: socket
 * @stream.at: the far end
 * @stream.in: bytes that have come and are no whole datagram yet
 * @stream.have: how many
 */
struct streams {
	int listener;
	size_t piece;
	int n;
	struct stream {
		int fd;
		struct endpoint at;
		uint8_t in[STREAM_HEADER + STREAM_DATAGRAM_MAX];
		size_t have;
	} stream[STREAMS_MAX];
};

/**
 * streams_new() - no connections yet
 *
 * Return: memory for free().
 */
struct streams *streams_new(void);

/**
 * streams_listen() - take connections
 * @s: the connections
 * @at: where
 *
 * Return: false with errno set.
 */
bool streams_listen(struct streams *s, const struct endpoint *at);

/**
 * streams_connect() - connect
 * @s: the connections
 * @from: our address, or one with @len 0
 * @to: the far end
 *
 * Return: false with errno set.
 */
bool streams_connect(struct streams *s, const struct endpoint *from, const struct endpoint *to);

/**
 * streams_has() - is there a connection
 * @s: the connections
 * @at: the far end
 */
bool streams_has(const struct streams *s, const struct endpoint *at);

/**
 * streams_close() - end a connection
 * @s: the connections
 * @at: the far end; nothing happens where there is none
 */
void streams_close(struct streams *s, const struct endpoint *at);

/**
 * streams_send() - send a datagram
 * @s: the connections
 * @to: the far end of one
 * @data: the datagram
 * @len: its bytes
 *
 * Return: false with errno set: the connection is of no use.
 */
bool streams_send(struct streams *s, const struct endpoint *to, const uint8_t *data, size_t len);

/**
 * streams_poll() - what to wait for
 * @s: the connections
 * @fds: result, room for STREAMS_MAX + 1
 *
 * Return: how many.
 */
int streams_poll(const struct streams *s, struct pollfd *fds);

/**
 * streams_accept() - take the connections that wait
 * @s: the connections
 */
void streams_accept(struct streams *s);

/**
 * streams_read() - read what has come by a connection
 * @s: the connections
 * @fd: its socket
 * @take: called with each datagram; it may close connections
 * @about: its first argument
 * @lost: result: the far end, if the connection has ended; else one with @len 0
 */
void streams_read(struct streams *s, int fd,
		  void (*take)(void *about, const struct endpoint *from, const uint8_t *data,
			       size_t len),
		  void *about, struct endpoint *lost);

/**
 * stream_length() - how long the datagram is that a stream begins with
 * @data: the stream
 * @len: its bytes
 *
 * Return: bytes; 0: too little has come to tell; -1: none is that long.
 */
int stream_length(const uint8_t *data, size_t len);

#endif /* PEER_STREAM_H */
