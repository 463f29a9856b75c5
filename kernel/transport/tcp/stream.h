/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams in a stream of bytes, each preceded by its length, as pure functions on bytes: no
 * allocation, no kernel type beyond integers. The module, the KUnit suites and the fuzzers compile
 * this file unchanged.
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

/* Bytes of the big-endian length in front of each datagram. */
#define CAMEX_STREAM_HEADER	2
/* Maximum length of a datagram; the minimum is 1. */
#define CAMEX_STREAM_MAX	9260

/**
 * camex_stream_length() - length of the next datagram
 * @data: bytes of the stream, at the beginning of a datagram
 * @len: number of available bytes
 *
 * Return: bytes of the datagram; 0 if its length is incomplete; -1 if its length is invalid.
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
 * struct camex_stream_run - consecutive datagrams of equal length; the last one may be shorter
 * @size: bytes of each datagram
 * @count: number of datagrams
 * @last: bytes of the last one, no more than @size
 */
struct camex_stream_run {
	unsigned int size;
	unsigned int count;
	unsigned int last;
};

/**
 * camex_stream_next() - find datagrams that can be delivered as one aggregate
 * @data: bytes of the stream, at the beginning of a datagram
 * @len: number of available bytes
 * @most: maximum bytes of all datagrams together; a single one may be longer
 * @run: result
 *
 * Return: bytes of these datagrams in the stream, with their lengths; 0 if the first one is
 * incomplete; -1 if its length is invalid.
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
