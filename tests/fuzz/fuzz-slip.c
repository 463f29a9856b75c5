// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kernel/transport/serial/slip.h on any bytes: as a packet, which comes back as it was, however
 * either stream is cut; and as a stream, of which a decoder that knows no tricks
 * makes the same packets.
 */
#include <stdlib.h>

#include "transport/serial/slip.h"

#define HOLDS(property)	((property) ? (void)0 : abort())

/* Memory that ends after as many bytes. */
static u8 *exactly(const void *data, size_t len)
{
	u8 *copy = malloc(len ? len : 1);

	HOLDS(copy);
	memcpy(copy, data, len);
	return copy;
}

/* The packet as a frame without ENDs, encoded with so much room at a time. */
static u8 *encoded(const u8 *packet, size_t len, size_t room, size_t *made)
{
	u8 *frame = malloc(2 * len + 1);
	const u8 *from = packet;
	size_t left = len, n;

	HOLDS(frame);
	*made = 0;
	while (left) {
		u8 *chunk = malloc(room);

		HOLDS(chunk);
		n = camex_slip_encode(chunk, room, &from, &left);
		HOLDS(n && n <= room && from + left == packet + len);
		HOLDS(*made + n <= 2 * len);
		memcpy(frame + *made, chunk, n);
		*made += n;
		free(chunk);
	}
	return frame;
}

static void fuzz_packet(const u8 *data, size_t len, size_t room, size_t piece)
{
	size_t made, n, at = 0, take;
	struct camex_slip s = { .room = len };
	enum camex_slip_event event;
	u8 *packet = exactly(data, len), *frame, *bytes;

	frame = encoded(packet, len, room, &made);
	for (n = 0; n < made; n++)
		HOLDS(frame[n] != CAMEX_SLIP_END);
	s.data = malloc(len ? len : 1);
	HOLDS(s.data);
	while (at < made) {
		take = piece < made - at ? piece : made - at;
		bytes = exactly(frame + at, take);
		HOLDS(camex_slip_decode(&s, bytes, take, &event) == take);
		HOLDS(event == CAMEX_SLIP_MORE);
		free(bytes);
		at += take;
	}
	HOLDS(camex_slip_decode(&s, (const u8 *)"\xc0", 1, &event) == 1);
	HOLDS(event == (len ? CAMEX_SLIP_PACKET : CAMEX_SLIP_MORE));
	HOLDS(s.len == len && !memcmp(s.data, data, len));
	free(s.data);
	free(frame);
	free(packet);
}

/* A decoder that takes one byte at a time. */
struct plain {
	u8 *data;
	size_t room;
	size_t len;
	bool escaped;
	bool bad;
};

static void plain_add(struct plain *p, u8 byte)
{
	if (p->len == p->room)
		p->bad = true;
	else if (!p->bad)
		p->data[p->len++] = byte;
}

static enum camex_slip_event plain_take(struct plain *p, u8 byte)
{
	enum camex_slip_event event = CAMEX_SLIP_MORE;

	if (byte == 0xc0) {
		if (p->bad || p->escaped)
			event = CAMEX_SLIP_BAD;
		else if (p->len)
			event = CAMEX_SLIP_PACKET;
	} else if (p->escaped) {
		p->escaped = false;
		if (byte == 0xdc)
			plain_add(p, 0xc0);
		else if (byte == 0xdd)
			plain_add(p, 0xdb);
		else
			p->bad = true;
	} else if (byte == 0xdb) {
		p->escaped = true;
	} else {
		plain_add(p, byte);
	}
	return event;
}

/* Bytes whose first ones say where something was lost, and how they are cut. */
static void fuzz_stream(const u8 *data, size_t len, size_t room, size_t piece)
{
	struct camex_slip s = { .room = room };
	struct plain p = { .room = room };
	enum camex_slip_event event, wanted;
	size_t at = 0, take, n, i;
	u8 *bytes;

	s.data = malloc(room);
	p.data = malloc(room);
	HOLDS(s.data && p.data);
	while (at < len) {
		take = piece < len - at ? piece : len - at;
		bytes = exactly(data + at, take);
		n = camex_slip_decode(&s, bytes, take, &event);
		free(bytes);
		HOLDS(n && n <= take);
		HOLDS(n == take || event != CAMEX_SLIP_MORE);
		for (i = 0; i < n; i++) {
			wanted = plain_take(&p, data[at + i]);
			HOLDS(i + 1 == n ? wanted == event :
					   wanted == CAMEX_SLIP_MORE);
			if (wanted == CAMEX_SLIP_PACKET)
				HOLDS(s.len == p.len &&
				      !memcmp(s.data, p.data, p.len));
			if (data[at + i] == 0xc0)
				p = (struct plain){ .data = p.data, .room = room };
		}
		at += n;
		if (at < len && data[at] == 0x55) {
			camex_slip_spoil(&s);
			p.bad = true;
			p.escaped = false;
			p.len = 0;
		}
	}
	free(s.data);
	free(p.data);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	size_t room, piece;

	if (len < 2)
		return 0;
	room = 2 + data[0] % 64;
	piece = 1 + data[1] % 64;
	fuzz_packet(data + 2, len - 2, room, piece);
	fuzz_stream(data + 2, len - 2, room, piece);
	return 0;
}
