// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "log.h"
#include "pcap.h"
#include "trace.h"

enum {
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	ETHERNET = 14,
	UDP = 8,
};

static uint32_t get32(const uint8_t *in)
{
	return (uint32_t)in[3] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[1] << 8 | in[0];
}

static size_t get16(const uint8_t *in)
{
	return (size_t)in[0] << 8 | in[1];
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
	memset(from, 0, sizeof(*from));
	from->v4.sin_family = AF_INET;
	memcpy(&from->v4.sin_addr, ip + 12, 4);
	memcpy(&from->v4.sin_port, udp, 2);
	from->len = sizeof(from->v4);
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
