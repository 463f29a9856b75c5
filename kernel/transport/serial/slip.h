/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SLIP (RFC 1055) as pure functions on bytes: no allocation, no kernel type beyond
 * integers. The module, the KUnit suites and the fuzzers compile this file
 * unchanged.
 */
#ifndef CAMEX_SLIP_H
#define CAMEX_SLIP_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
typedef __u8 u8;
typedef __u64 u64;
#endif

#define CAMEX_SLIP_END		0xc0
#define CAMEX_SLIP_ESC		0xdb
#define CAMEX_SLIP_ESC_END	0xdc
#define CAMEX_SLIP_ESC_ESC	0xdd

#define CAMEX_SLIP_EACH(byte)	(0x0101010101010101ULL * (byte))

/* Is one of the eight bytes zero? */
static inline bool camex_slip_has_zero(u64 v)
{
	return (v - CAMEX_SLIP_EACH(0x01)) & ~v & CAMEX_SLIP_EACH(0x80);
}

/**
 * camex_slip_run() - number of bytes that need no escape
 * @data: bytes
 * @len: how many
 *
 * Return: bytes before the first END or ESC.
 */
static inline size_t camex_slip_run(const u8 *data, size_t len)
{
	size_t n = 0;
	u64 eight;

	for (; len - n >= sizeof(eight); n += sizeof(eight)) {
		memcpy(&eight, data + n, sizeof(eight));
		if (camex_slip_has_zero(eight ^ CAMEX_SLIP_EACH(CAMEX_SLIP_END)) ||
		    camex_slip_has_zero(eight ^ CAMEX_SLIP_EACH(CAMEX_SLIP_ESC)))
			break;
	}
	while (n < len && data[n] != CAMEX_SLIP_END && data[n] != CAMEX_SLIP_ESC)
		n++;
	return n;
}

/**
 * camex_slip_encode() - encode a packet, as far as there is room
 * @to: result
 * @room: bytes of @to, at least 2
 * @from: the rest of the packet, not empty; advanced
 * @len: bytes of the rest; reduced
 *
 * The caller writes the END before and behind the packet.
 *
 * Return: bytes written.
 */
static inline size_t camex_slip_encode(u8 *to, size_t room, const u8 **from,
				       size_t *len)
{
	size_t n = 0, run;

	while (*len && room - n >= 2) {
		run = camex_slip_run(*from, *len < room - n ? *len : room - n);
		memcpy(to + n, *from, run);
		n += run;
		*from += run;
		*len -= run;
		if (run || !*len)
			continue;
		to[n++] = CAMEX_SLIP_ESC;
		to[n++] = **from == CAMEX_SLIP_END ? CAMEX_SLIP_ESC_END :
						     CAMEX_SLIP_ESC_ESC;
		*from += 1;
		*len -= 1;
	}
	return n;
}

/**
 * struct camex_slip - a frame that is being received
 * @data: the part of the packet that was received
 * @room: size of @data; a longer packet is dropped
 * @len: bytes of that part
 * @escaped: the last byte was an ESC
 * @bad: the frame is invalid, and is dropped at its END
 * @ended: its END was received: the next byte begins a new frame
 */
struct camex_slip {
	u8 *data;
	size_t room;
	size_t len;
	bool escaped;
	bool bad;
	bool ended;
};

/* Results of camex_slip_decode(). */
enum camex_slip_event {
	CAMEX_SLIP_MORE,	/* all bytes are decoded */
	CAMEX_SLIP_PACKET,	/* a packet in @data, of @len bytes */
	CAMEX_SLIP_BAD,		/* the end of a frame that was dropped */
};

static inline void camex_slip_add(struct camex_slip *s, const u8 *data, size_t n)
{
	if (s->bad)
		return;
	if (n > s->room || s->len > s->room - n) {
		s->bad = true;
		return;
	}
	memcpy(s->data + s->len, data, n);
	s->len += n;
}

/**
 * camex_slip_spoil() - note that a byte was lost or changed
 * @s: the frame of the byte
 */
static inline void camex_slip_spoil(struct camex_slip *s)
{
	if (s->ended) {
		s->ended = false;
		s->len = 0;
	}
	s->escaped = false;
	s->bad = true;
}

static inline void camex_slip_unescape(struct camex_slip *s, u8 byte)
{
	static const u8 end = CAMEX_SLIP_END, esc = CAMEX_SLIP_ESC;

	s->escaped = false;
	if (byte == CAMEX_SLIP_ESC_END)
		camex_slip_add(s, &end, 1);
	else if (byte == CAMEX_SLIP_ESC_ESC)
		camex_slip_add(s, &esc, 1);
	else
		s->bad = true;
}

/**
 * camex_slip_decode() - decode received bytes up to the end of a frame
 * @s: the frame; for the first call all zero but @data and @room
 * @data: bytes
 * @len: how many
 * @event: result: why decoding stopped
 *
 * Return: number of decoded bytes; the rest is for the next call.
 */
static inline size_t camex_slip_decode(struct camex_slip *s, const u8 *data,
				       size_t len, enum camex_slip_event *event)
{
	size_t n = 0, run;

	*event = CAMEX_SLIP_MORE;
	while (n < len) {
		if (s->ended) {
			s->ended = false;
			s->bad = false;
			s->len = 0;
		}
		if (s->escaped && data[n] != CAMEX_SLIP_END) {
			camex_slip_unescape(s, data[n++]);
			continue;
		}
		run = camex_slip_run(data + n, len - n);
		if (run)
			camex_slip_add(s, data + n, run);
		n += run;
		if (n == len)
			break;
		if (data[n++] == CAMEX_SLIP_ESC) {
			s->escaped = true;
			continue;
		}
		s->bad |= s->escaped;
		s->escaped = false;
		s->ended = true;
		if (!s->bad && !s->len)
			continue;	/* nothing between two ENDs */
		*event = s->bad ? CAMEX_SLIP_BAD : CAMEX_SLIP_PACKET;
		break;
	}
	return n;
}

#endif /* CAMEX_SLIP_H */
