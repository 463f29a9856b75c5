// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kernel/protocol/wireguard/wire.h on any bytes. What has a kind is as long as its struct, and
 * building it from its fields yields the same bytes; nothing else is read.
 */
#include <stdlib.h>

#include "protocol/wireguard/wire.h"

/* Ends the process unless a property holds. */
#define HOLDS(property)	((property) ? (void)0 : abort())

/* The first bytes of a datagram, in memory that ends after them. */
static u8 *pulled(const u8 *data, size_t len, size_t most)
{
	size_t n = len < most ? len : most;
	u8 *copy = malloc(n ? n : 1);

	HOLDS(copy);
	if (n)
		memcpy(copy, data, n);
	return copy;
}

/* The kind by the table of lengths and types. */
static int kind_by_table(const u8 *data, size_t len, u8 first)
{
	static const struct {
		size_t least, most;
	} lengths[] = { { 148, 148 }, { 92, 92 }, { 64, 64 }, { 32, (size_t)-1 } };
	unsigned int place;

	if (len < 4 || data[1] | data[2] | data[3])
		return 0;
	place = data[0] - (unsigned int)first;
	if (place > 3 || len < lengths[place].least || len > lengths[place].most)
		return 0;
	return (int)place + 1;
}

static void fuzz_handshake(const u8 *bytes, size_t len, int kind, u8 first)
{
	const struct camex_wg_initiation *initiation = (const void *)bytes;
	const struct camex_wg_response *response = (const void *)bytes;
	const u8 *mac1 = camex_wg_mac1(bytes, len);
	u8 built[12];
	size_t n = 8;

	HOLDS(kind != CAMEX_WG_INITIATION || mac1 == initiation->mac1);
	HOLDS(kind != CAMEX_WG_RESPONSE || mac1 == response->mac1);
	HOLDS(mac1 + 2 * CAMEX_WG_MAC == bytes + len);
	camex_wg_put_type(built, (enum camex_wg_kind)kind, first);
	camex_wg_put32(built + 4, camex_wg_get32(initiation->sender));
	if (kind == CAMEX_WG_RESPONSE) {
		camex_wg_put32(built + 8, camex_wg_get32(response->receiver));
		n = 12;
	}
	HOLDS(!memcmp(built, bytes, n));
}

static void fuzz_data(const u8 *bytes, u8 first)
{
	const struct camex_wg_data *data = (const void *)bytes;
	u8 *built = malloc(sizeof(*data));

	HOLDS(built);
	camex_wg_put_data(built, first, camex_wg_get32(data->receiver),
			  camex_wg_get64(data->counter));
	HOLDS(!memcmp(built, bytes, sizeof(*data)));
	free(built);
}

static void fuzz_message(const u8 *data, size_t len, u8 first)
{
	u8 *start = pulled(data, len, 4), *bytes;
	int kind = camex_wg_kind(start, len, first);

	free(start);
	HOLDS(kind == kind_by_table(data, len, first));
	if (!kind)
		return;
	bytes = pulled(data, len, kind == CAMEX_WG_DATA ? sizeof(struct camex_wg_data) : len);
	switch (kind) {
	case CAMEX_WG_INITIATION:
	case CAMEX_WG_RESPONSE:
		fuzz_handshake(bytes, len, kind, first);
		break;
	case CAMEX_WG_COOKIE:
		HOLDS(((const struct camex_wg_cookie_reply *)bytes)->cookie +
		      CAMEX_WG_MAC + CAMEX_WG_TAG == bytes + len);
		break;
	case CAMEX_WG_DATA:
		fuzz_data(bytes, first);
		break;
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	fuzz_message(data, len, CAMEX_WG_FIRST_TYPE);
	fuzz_message(data, len, CAMEX_WG_FIRST_TYPE_AES);
	/* what is a message of one suite is none of the other */
	HOLDS(!len || !camex_wg_kind(data, len, CAMEX_WG_FIRST_TYPE) ||
	      camex_wg_first_type(data[0]) == CAMEX_WG_FIRST_TYPE);
	HOLDS(!len || !camex_wg_kind(data, len, CAMEX_WG_FIRST_TYPE_AES) ||
	      camex_wg_first_type(data[0]) == CAMEX_WG_FIRST_TYPE_AES);
	/* no suite begins so high, but if one did nothing would run over */
	fuzz_message(data, len, 0xfe);
	return 0;
}
