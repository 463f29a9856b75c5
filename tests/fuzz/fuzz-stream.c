// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kernel/stream.h on any bytes, which come in any pieces: it gives the datagrams that a loop over
 * them gives, and ends where that does.
 */
#include <stdlib.h>
#include <string.h>

#include "transport/tcp/stream.h"

#define HOLDS(property)	((property) ? (void)0 : abort())

/* Datagrams, each behind its length as the host has it, and whether the stream has ended. */
struct datagrams {
	u8 *data;
	size_t len;
	int ended;
};

static void put(struct datagrams *d, const u8 *data, unsigned int len)
{
	memcpy(d->data + d->len, &len, sizeof(len));
	memcpy(d->data + d->len + sizeof(len), data, len);
	d->len += sizeof(len) + len;
}

/* A datagram of one byte takes three of the stream, and five here. */
static struct datagrams *new_datagrams(size_t len)
{
	struct datagrams *d = calloc(1, sizeof(*d));

	HOLDS(d);
	d->data = malloc(2 * len + 1);
	HOLDS(d->data);
	return d;
}

static void expect(const u8 *data, size_t len, struct datagrams *d)
{
	unsigned int n;

	while (len >= 2) {
		n = (unsigned int)data[0] * 256 + data[1];
		d->ended = n == 0 || n > 9260;
		if (d->ended || len - 2 < n)
			return;
		put(d, data + 2, n);
		data += 2 + n;
		len -= 2 + n;
	}
}

/* Each piece is read behind what was left, into memory that ends where it does. */
static void take(const u8 *data, size_t len, const u8 *pieces, size_t npieces, size_t most,
		 struct datagrams *d)
{
	struct camex_stream_run run;
	u8 *kept = malloc(0), *buffer;
	size_t left = 0, piece, at, i, turn = 0;
	int n;

	while (len && !d->ended) {
		piece = npieces ? pieces[turn++ % npieces] + 1u : len;
		if (piece > len)
			piece = len;
		buffer = malloc(left + piece);
		HOLDS(buffer);
		memcpy(buffer, kept, left);
		memcpy(buffer + left, data, piece);
		free(kept);
		data += piece;
		len -= piece;
		left += piece;
		at = 0;
		while ((n = camex_stream_next(buffer + at, left - at, most, &run)) > 0) {
			size_t bytes = (run.count - 1) * (size_t)run.size + run.last;

			HOLDS((size_t)n <= left - at);
			HOLDS((size_t)n == bytes + 2 * (size_t)run.count);
			HOLDS(run.count && run.last && run.last <= run.size);
			HOLDS(run.count == 1 || bytes <= most);
			for (i = 0; i < run.count; i++) {
				put(d, buffer + at + 2, i + 1 < run.count ? run.size : run.last);
				at += 2 + (i + 1 < run.count ? run.size : run.last);
			}
		}
		d->ended = n < 0;
		left -= at;
		kept = malloc(left);
		memcpy(kept, buffer + at, left);
		free(buffer);
	}
	/* What is kept fits the room that a connection has for it. */
	HOLDS(d->ended || left < CAMEX_STREAM_HEADER + CAMEX_STREAM_MAX);
	free(kept);
}

static void free_datagrams(struct datagrams *d)
{
	free(d->data);
	free(d);
}

/* The first bytes say how much is taken at a time, and in how large pieces the rest comes. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct datagrams *expected, *got;
	size_t most, npieces;

	if (len < 2)
		return 0;
	most = data[0] * 4u;
	npieces = data[1] % 8;
	data += 2;
	len -= 2;
	if (npieces > len)
		npieces = len;
	expected = new_datagrams(len);
	got = new_datagrams(len);
	expect(data + npieces, len - npieces, expected);
	take(data + npieces, len - npieces, data, npieces, most, got);
	HOLDS(got->ended == expected->ended);
	HOLDS(got->len == expected->len && !memcmp(got->data, expected->data, got->len));
	free_datagrams(expected);
	free_datagrams(got);
	return 0;
}
