// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kernel/cslip.h on any frames, which give nothing but packets whose headers are
 * right; and on the frames of a compressor, which give the packets that it was fed.
 */
#include <stdlib.h>

#include "transport/serial/cslip.h"

#define HOLDS(property)	((property) ? (void)0 : abort())
#define HEAD		40
#define BODY_MAX	15

static u32 get32(const u8 *at)
{
	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

static void put32(u8 *at, u32 value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
}

static u32 get16(const u8 *at)
{
	return (u32)at[0] << 8 | at[1];
}

static void put16(u8 *at, u32 value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* The sum of all 16-bit words, which is 0xffff where the checksum is right. */
static u32 sum(const u8 *data, size_t len)
{
	u32 total = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		total += get16(data + i);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return total;
}

static void check_packet(const struct camex_cslip_packet *p, const u8 *frame, size_t len)
{
	size_t ip;

	HOLDS(p->body >= frame && p->body + p->body_len == frame + len);
	if (!p->head_len) {
		HOLDS(p->body_len == len);
		HOLDS(frame[0] < 0x70);
		return;
	}
	ip = (p->head[0] & 15) * 4;
	HOLDS(ip >= 20 && ip + 20 <= p->head_len && p->head_len <= CAMEX_CSLIP_HEAD_MAX);
	HOLDS(ip + (p->head[ip + 12] >> 4) * 4 == p->head_len);
	HOLDS(p->head[0] >> 4 == 4 && p->head[9] == 6);
	HOLDS(get16(p->head + 2) == p->head_len + p->body_len);
	HOLDS(sum(p->head, ip) == 0xffff);
}

/* Frames, each after its length; each is memory that ends where it does. */
static void fuzz_frames(const u8 *data, size_t len)
{
	struct camex_cslip *c = calloc(1, sizeof(*c));
	struct camex_cslip_packet packet;
	size_t at = 0, n;
	u8 *frame;

	HOLDS(c);
	while (at < len) {
		n = data[at++];
		if (n > len - at)
			n = len - at;
		if (!n) {
			camex_cslip_lose(c);
			continue;
		}
		frame = malloc(n);
		HOLDS(frame);
		memcpy(frame, data + at, n);
		/* which no fuzzer guesses */
		if ((frame[0] & 0xf0) == 0x70 && n >= 20 && (frame[0] & 15) * 4u <= n &&
		    (frame[0] & 15) >= 5) {
			u8 number = frame[9], first = frame[0];

			frame[9] = 6;
			frame[0] = 0x40 | (first & 15);
			put16(frame + 2, n);
			put16(frame + 10, 0);
			put16(frame + 10, ~sum(frame, (first & 15) * 4u));
			frame[9] = number;
			frame[0] = first;
		}
		if (camex_cslip_receive(c, frame, n, &packet))
			check_packet(&packet, frame, n);
		free(frame);
		at += n;
	}
	free(c);
}

/* A compressor of slots 0 to 3, as RFC 1144 has it. */
struct compressor {
	u8 last[4][HEAD];
	int slot;
};

static u8 *put_delta(u8 *to, u32 delta)
{
	if (!delta || delta > 255) {
		*to++ = 0;
		*to++ = delta >> 8;
	}
	*to++ = delta;
	return to;
}

static size_t compress(struct compressor *c, int slot, const u8 *packet, size_t len, u8 *frame)
{
	u8 *last = c->last[slot], deltas[16], *to = deltas;
	u32 window = (get16(packet + 34) - get16(last + 34)) & 0xffff;
	u32 ack = get32(packet + 28) - get32(last + 28);
	u32 seq = get32(packet + 24) - get32(last + 24);
	u32 id = (get16(packet + 4) - get16(last + 4)) & 0xffff;
	u32 body = get16(last + 2) - HEAD;
	u8 changes = 0, *out = frame;

	if (!last[0] || ack > 0xffff || seq > 0xffff ||
	    (!(packet[33] & 0x20) && get16(packet + 38) != get16(last + 38)))
		goto whole;
	if (packet[33] & 0x20) {
		changes |= 1;
		to = put_delta(to, get16(packet + 38));
	}
	if (window) {
		changes |= 2;
		to = put_delta(to, window);
	}
	if (ack) {
		changes |= 4;
		to = put_delta(to, ack);
	}
	if (seq) {
		changes |= 8;
		to = put_delta(to, seq);
	}
	if (changes == 0x0f || changes == 0x0b)
		goto whole;
	if (changes == 0x0c && seq == ack && seq == body) {
		changes = 0x0b;
		to = deltas;
	} else if (changes == 0x08 && seq == body) {
		changes = 0x0f;
		to = deltas;
	}
	if (id != 1) {
		changes |= 0x20;
		to = put_delta(to, id);
	}
	if (packet[33] & 8)
		changes |= 0x10;
	*out++ = 0x80 | changes | (slot == c->slot ? 0 : 0x40);
	if (slot != c->slot)
		*out++ = slot;
	memcpy(out, packet + 36, 2);
	out += 2;
	memcpy(out, deltas, to - deltas);
	out += to - deltas;
	memcpy(out, packet + HEAD, len - HEAD);
	out += len - HEAD;
	goto done;
whole:
	memcpy(frame, packet, len);
	frame[0] |= 0x30;
	frame[9] = slot;
	out = frame + len;
done:
	c->slot = slot;
	memcpy(last, packet, HEAD);
	return out - frame;
}

/* Four connections, of which each byte changes one, by the three after it. */
static void fuzz_packets(const u8 *data, size_t len)
{
	struct compressor *from = calloc(1, sizeof(*from));
	struct camex_cslip *c = calloc(1, sizeof(*c));
	struct camex_cslip_packet got;
	u8 now[4][HEAD] = {}, packet[HEAD + BODY_MAX], *p, *frame;
	size_t n;
	u32 by;

	HOLDS(from && c);
	for (; len >= 4; data += 4, len -= 4) {
		p = now[data[0] & 3];
		by = (u32)data[1] << 8 | data[2];
		p[0] = 0x45;
		p[9] = 6;
		p[12] = data[0] & 3;
		p[32] = 0x50;
		p[33] = 0x10 | (data[0] & 4 ? 8 : 0) | (data[0] & 8 ? 0x20 : 0);
		if (data[0] & 0x10)
			put32(p + 24, get32(p + 24) + (data[3] & 0x10 ? get16(p + 2) - HEAD : by));
		if (data[0] & 0x20)
			put32(p + 28, get32(p + 28) + (data[3] & 0x20 ? get16(p + 2) - HEAD : by));
		if (data[0] & 0x40)
			put16(p + 34, by);
		put16(p + 4, get16(p + 4) + (data[3] & 0x40 ? by : 1));
		if (p[33] & 0x20)
			put16(p + 38, by);
		put16(p + 36, by ^ 0x5555);
		n = HEAD + (data[3] & BODY_MAX);
		put16(p + 2, n);
		put16(p + 10, 0);
		put16(p + 10, ~sum(p, 20));
		memcpy(packet, p, HEAD);
		memset(packet + HEAD, data[1], BODY_MAX);
		frame = malloc(HEAD + BODY_MAX);
		HOLDS(frame);
		n = compress(from, data[0] & 3, packet, n, frame);
		HOLDS(camex_cslip_receive(c, frame, n, &got));
		check_packet(&got, frame, n);
		HOLDS(got.head_len + got.body_len == get16(packet + 2));
		HOLDS(!got.head_len || !memcmp(got.head, packet, HEAD));
		HOLDS(!memcmp(got.body, packet + got.head_len, got.body_len));
		free(frame);
	}
	free(c);
	free(from);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	fuzz_frames(data, len);
	fuzz_packets(data, len);
	return 0;
}
