/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the log says of datagrams. */
#ifndef PEER_TRACE_H
#define PEER_TRACE_H

#include "datagram.h"
#include "net.h"

/**
 * struct received - a datagram that has come
 * @from: where from
 * @d: what it says
 * @wrong: NULL, or what is wrong with it
 * @buffer: its bytes
 * @len: how many
 * @room: where @d.body may be
 */
struct received {
	struct endpoint from;
	struct datagram d;
	const char *wrong;
	uint8_t buffer[DATAGRAM_MAX];
	size_t len;
	uint8_t room[DATAGRAM_MAX];
};

/**
 * trace_in() - log a datagram that has come
 * @mode: what is around its body
 * @r: the datagram
 * @ignored: why nothing comes of it though it is good, or NULL
 */
void trace_in(enum mode mode, const struct received *r, const char *ignored);

/**
 * trace_out() - log a datagram that is sent
 * @mode: what is around its body
 * @to: where it goes
 * @d: what it says
 * @len: bytes of the whole
 * @spoilt: the fault that it was given, or NULL
 */
void trace_out(enum mode mode, const struct endpoint *to, const struct datagram *d,
	       size_t len, const char *spoilt);

#endif /* PEER_TRACE_H */
