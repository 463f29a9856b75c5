// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "log.h"
#include "pcap.h"
#include "stream.h"
#include "trace.h"

enum {
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	ETHERNET = 14,
	UDP = 8,
	TCP = 20,
	WAYS_MAX = 16,
};

/*
 * What one end of a connection has sent. @ends: addresses and ports; @next: the sequence of the
 * next byte; @in, @have: bytes that are no whole datagram yet
 */
struct way {
	uint8_t ends[12];
	uint32_t next;
	uint8_t in[STREAM_HEADER + STREAM_DATAGRAM_MAX + DATAGRAM_MAX];
	size_t have;
};

static uint32_t get32(const uint8_t *in)
{
	return (uint32_t)in[3] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[1] << 8 | in[0];
}

static size_t get16(const uint8_t *in)
{
	return (size_t)in[0] << 8 | in[1];
}

static uint32_t get32_big(const uint8_t *in)
{
	return (uint32_t)(get16(in) << 16 | get16(in + 2));
}

static void source(const uint8_t *ip, const uint8_t *port, struct endpoint *from)
{
	memset(from, 0, sizeof(*from));
	from->v4.sin_family = AF_INET;
	memcpy(&from->v4.sin_addr, ip + 12, 4);
	memcpy(&from->v4.sin_port, port, 2);
	from->len = sizeof(from->v4);
}

/* Where the UDP payload of a frame is, and how long; 0 if it has none. */
static size_t payload(const uint8_t *frame, size_t len, size_t *at,
		      struct endpoint *from)
{
	const uint8_t *ip = frame + ETHERNET, *udp;
	size_t header;

	if (len < ETHERNET + 20 || get16(frame + 12) != 0x0800 || ip[9] != IPPROTO_UDP)
		return 0;
	header = (size_t)(ip[0] & 15) * 4;
	udp = ip + header;
	if (len < ETHERNET + header + UDP || get16(udp + 4) < UDP ||
	    len < ETHERNET + header + get16(udp + 4))
		return 0;
	source(ip, udp, from);
	*at = ETHERNET + header + UDP;
	return get16(udp + 4) - UDP;
}

/* Do the same bytes come out when what was understood is built again? */
static bool rebuilds(enum mode mode, const uint8_t *key, const struct received *r)
{
	static uint8_t out[DATAGRAM_MAX];
	struct datagram d = r->d;
	char text[TEXT_MAX];
	struct control c;

	if (d.type == REGISTER || d.type == CONFIG) {
		if (control_parse(d.body, d.len, &c))
			return false;
		d.len = control_build(&c, text);
		d.body = (const uint8_t *)text;
	}
	return datagram_build(mode, key, &d, out) == r->len &&
	       !memcmp(out, r->buffer, r->len);
}

static bool decode(enum mode mode, const uint8_t *key, struct received *r)
{
	bool same;

	r->wrong = datagram_open(mode, key, r->buffer, r->len, &r->d, r->room);
	same = !r->wrong && rebuilds(mode, key, r);
	trace_in(mode, r, r->wrong || same ? NULL : "not rebuilt");
	return same;
}

/* --- TCP --- */

static struct way *way_of(const uint8_t *ip, const uint8_t *tcp)
{
	static struct way ways[WAYS_MAX];
	static int n;
	uint8_t ends[12];
	int i;

	memcpy(ends, ip + 12, 8);
	memcpy(ends + 8, tcp, 4);
	for (i = 0; i < n; i++)
		if (!memcmp(ways[i].ends, ends, sizeof(ends)))
			return &ways[i];
	if (n == WAYS_MAX)
		return NULL;
	memcpy(ways[n].ends, ends, sizeof(ends));
	return &ways[n++];
}

/* Decode what is there as a whole. */
static bool decode_way(struct way *way, enum mode mode, const uint8_t *key, struct received *r)
{
	bool good = true;
	int n;

	while ((n = stream_length(way->in, way->have)) > 0 &&
	       way->have - STREAM_HEADER >= (size_t)n) {
		r->len = (size_t)n;
		memcpy(r->buffer, way->in + STREAM_HEADER, r->len);
		good &= decode(mode, key, r);
		way->have -= STREAM_HEADER + r->len;
		memmove(way->in, way->in + STREAM_HEADER + r->len, way->have);
	}
	return good && n >= 0;
}

/* A segment; false if bytes before it are missing, or it has none of our datagrams. */
static bool take_segment(const uint8_t *frame, size_t len, enum mode mode, const uint8_t *key,
			 struct received *r)
{
	const uint8_t *ip = frame + ETHERNET, *tcp, *data;
	size_t header = (size_t)(ip[0] & 15) * 4, bytes, known;
	struct way *way;
	uint32_t seq;

	tcp = ip + header;
	if (len < ETHERNET + get16(ip + 2) || get16(ip + 2) < header + TCP)
		return false;
	data = tcp + (size_t)(tcp[12] >> 4) * 4;
	if (data > ip + get16(ip + 2))
		return false;
	bytes = (size_t)(ip + get16(ip + 2) - data);
	way = way_of(ip, tcp);
	if (!way)
		return false;
	seq = get32_big(tcp + 4);
	if (tcp[13] & 2) {
		way->next = seq + 1;
		way->have = 0;
		return true;
	}
	known = way->next - seq;
	if (!bytes || known >= bytes)
		return !bytes || known < 1U << 31;
	memcpy(way->in + way->have, data + known, bytes - known);
	way->have += bytes - known;
	way->next = seq + (uint32_t)bytes;
	source(ip, tcp, &r->from);
	r->from.stream = true;
	return decode_way(way, mode, key, r);
}

static bool is_tcp(const uint8_t *frame, size_t len)
{
	return len >= ETHERNET + 20 + TCP && get16(frame + 12) == 0x0800 &&
	       frame[ETHERNET + 9] == IPPROTO_TCP;
}

static bool read_all(const char *path, FILE *file, enum mode mode, const uint8_t *key)
{
	static uint8_t frame[DATAGRAM_MAX];
	static struct received r;
	uint8_t header[FILE_HEADER];
	bool good = true;
	size_t len, at;

	if (fread(header, FILE_HEADER, 1, file) != 1 || get32(header) != 0xa1b2c3d4 ||
	    get32(header + 20) != 1) {
		fprintf(stderr, "camex-peer: %s: no little-endian capture of Ethernet\n", path);
		return false;
	}
	while (fread(header, RECORD_HEADER, 1, file) == 1) {
		len = get32(header + 8);
		if (len > sizeof(frame) || fread(frame, len, 1, file) != 1) {
			fprintf(stderr, "camex-peer: %s: cut off\n", path);
			return false;
		}
		if (is_tcp(frame, len)) {
			good &= take_segment(frame, len, mode, key, &r);
			continue;
		}
		r.len = payload(frame, len, &at, &r.from);
		if (!r.len)
			continue;
		memcpy(r.buffer, frame + at, r.len);
		good &= decode(mode, key, &r);
	}
	return good;
}

bool pcap_decode(const char *path, enum mode mode, const uint8_t *key)
{
	FILE *file = fopen(path, "re");
	bool good;

	if (!file) {
		fprintf(stderr, "camex-peer: %s: %s\n", path, strerror(errno));
		return false;
	}
	good = read_all(path, file, mode, key);
	fclose(file);
	return good;
}
