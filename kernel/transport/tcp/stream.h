/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams in a stream of bytes, each behind its length, as pure functions on bytes: no
 * allocation, no kernel type beyond integers. The module, the KUnit suites and the fuzzers
 * compile this file unchanged.
 */
#ifndef CAMEX_STREAM_H
#define CAMEX_STREAM_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stddef.h>
typedef __u8 u8;
#endif

/* Bytes of the length, which is big-endian, before each datagram. */
#define CAMEX_STREAM_HEADER	2
/* Bytes of the longest datagram; an empty one there is not. */
#define CAMEX_STREAM_MAX	9260

/**
 * camex_stream_length() - how long the next datagram is
 * @data: bytes of the stream, where a datagram begins
 * @len: how many are there
 *
 * Return: bytes of the datagram; 0: its length is not there yet; -1: no datagram is as long.
 */
static inline int camex_stream_length(const u8 *data, size_t len)
{
	int n;

	if (len < CAMEX_STREAM_HEADER)
		return 0;
	n = data[0] << 8 | data[1];
	return n < 1 || n > CAMEX_STREAM_MAX ? -1 : n;
}

/**
 * struct camex_stream_run - datagrams behind one another, all as long but the last
 * @size: bytes of each
 * @count: how many
 * @last: bytes of the last one, no more than @size
 */
struct camex_stream_run {
	unsigned int size;
	unsigned int count;
	unsigned int last;
};

/**
 * camex_stream_next() - find datagrams that can be taken as one
 * @data: bytes of the stream, where a datagram begins
 * @len: how many are there
 * @most: bytes that the datagrams may have together, unless there is one alone
 * @run: result
 *
 * Return: bytes of the stream that they take, with their lengths; 0: the first one is not there
 * as a whole; -1: its length is no datagram's.
 */
static inline int camex_stream_next(const u8 *data, size_t len, size_t most,
				    struct camex_stream_run *run)
{
	int n = camex_stream_length(data, len);
	size_t at, bytes;

	if (n <= 0)
		return n;
	at = CAMEX_STREAM_HEADER + (size_t)n;
	if (len < at)
		return 0;
	run->size = (unsigned int)n;
	run->count = 1;
	run->last = (unsigned int)n;
	bytes = (size_t)n;
	while (run->last == run->size) {
		n = camex_stream_length(data + at, len - at);
		if (n <= 0 || (unsigned int)n > run->size ||
		    len - at < CAMEX_STREAM_HEADER + (size_t)n || bytes + (size_t)n > most)
			break;
		run->count++;
		run->last = (unsigned int)n;
		bytes += (size_t)n;
		at += CAMEX_STREAM_HEADER + (size_t)n;
	}
	return (int)at;
}

#endif /* CAMEX_STREAM_H */
