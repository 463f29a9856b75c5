// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kernel/protocol/sealed/wire.h on any bytes. What parses is what building makes again; nothing
 * outside the bytes that a caller has to provide is read.
 */
#include <stdlib.h>

#include "core/ip_packet.h"
#include "protocol/sealed/wire.h"

/* Ends the process unless a property holds. */
#define HOLDS(property)	((property) ? (void)0 : abort())

/* The first bytes of a datagram, in memory that ends after them. */
static u8 *pulled(const u8 *data, size_t len, size_t most)
{
	size_t n = len < most ? len : most;
	u8 *copy = malloc(n ? n : 1);

	HOLDS(copy);
	memcpy(copy, data, n);
	return copy;
}

static void fuzz_header(const u8 *data, size_t len)
{
	u8 *bytes = pulled(data, len, CAMEX_WIRE_HEADER);
	struct camex_wire_header h, again;
	u8 *built;

	if (camex_wire_parse(bytes, len, &h)) {
		HOLDS(h.len == CAMEX_WIRE_HEADER || h.len == CAMEX_WIRE_HEADER_OLD);
		HOLDS((size_t)h.len + h.body + CAMEX_WIRE_TAG == len);
		built = malloc(h.len);
		HOLDS(built);
		camex_wire_build(built, &h);
		HOLDS(!memcmp(built, bytes, h.len));
		memcpy(bytes, built, h.len);
		HOLDS(camex_wire_parse(bytes, len, &again));
		HOLDS(again.type == h.type && again.len == h.len &&
		      again.body == h.body && again.prefix == h.prefix &&
		      again.seq == h.seq);
		free(built);
	}
	free(bytes);
}

static void fuzz_keepalive(const u8 *data, size_t len)
{
	u8 *bytes = pulled(data, len, CAMEX_WIRE_PLAIN_KEEPALIVE);
	u8 built[CAMEX_WIRE_PLAIN_KEEPALIVE];

	camex_wire_plain_keepalive(built);
	HOLDS(camex_wire_is_plain_keepalive(bytes, len) ==
	      (len == sizeof(built) && !memcmp(bytes, built, len)));
	free(bytes);
}

static void fuzz_packet(const u8 *data, size_t len)
{
	u8 *bytes = pulled(data, len, 40);
	size_t total = camex_ip_len(bytes, len);

	HOLDS(total <= len);
	if (total) {
		HOLDS(camex_ip_len(bytes, total) == total);
		HOLDS(!camex_ip_len(bytes, total - 1));
		HOLDS(camex_ip_len(bytes, len + 1) == total);
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	fuzz_header(data, len);
	fuzz_keepalive(data, len);
	fuzz_packet(data, len);
	return 0;
}
