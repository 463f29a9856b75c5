// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The parsers of camexctl's words: addresses, prefixes, endpoints, names, numbers, identifiers. What one
 * takes is written in a form that it takes again, and that means the same.
 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "text/address.h"
#include "text/parse.h"

/* Ends the process unless a property holds. */
#define HOLDS(property)	((property) ? (void)0 : abort())

/* No test asks a name server. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	(void)node;
	(void)service;
	(void)hints;
	*list = NULL;
	return EAI_NONAME;
}

/* Did it succeed? A refusal has a reason. */
static bool taken(int status, struct fault *fault)
{
	bool yes = !status;

	HOLDS(yes || (status == -1 && fault->text[0]));
	memset(fault, 0, sizeof(*fault));
	return yes;
}

static void fuzz_address(const char *text)
{
	struct address address, again;
	struct fault fault = {};
	char shown[ADDRESS_TEXT];

	if (!taken(address_parse(text, &address, &fault), &fault))
		return;
	HOLDS(address_len(&address) == 4 || address_len(&address) == 16);
	HOLDS(taken(address_parse(address_text(&address, shown), &again, &fault), &fault));
	HOLDS(again.family == address.family && !memcmp(again.bytes, address.bytes, address_len(&address)));
}

static void fuzz_prefix(const char *text)
{
	struct prefix prefix, again;
	struct fault fault = {};
	char shown[PREFIX_TEXT];

	if (!taken(prefix_parse(text, &prefix, &fault), &fault))
		return;
	HOLDS(prefix.len <= 8 * address_len(&prefix.addr));
	HOLDS(taken(prefix_parse(prefix_text(&prefix, shown), &again, &fault), &fault));
	HOLDS(!prefix_compare(&prefix, &again) && prefix_within(&again, &prefix));
}

static void fuzz_lists(const char *text)
{
	struct prefixes list = {};
	struct fault fault = {};

	if (taken(prefixes_parse(text, &list, &fault), &fault))
		for (size_t i = 0; i < list.n; i++)
			HOLDS(prefixes_have(&list, &list.list[i]) && !prefix_mask(&list.list[i]));
	free(list.list);
	list = (struct prefixes){};
	if (taken(addresses_parse(text, &list, &fault), &fault))
		HOLDS(list.n);
	free(list.list);
}

static void fuzz_endpoint(const char *text)
{
	struct endpoint endpoint, again;
	struct fault fault = {};
	char shown[ENDPOINT_TEXT];

	if (!taken(endpoint_parse(text, &endpoint, &fault), &fault))
		return;
	HOLDS(endpoint.port);
	HOLDS(taken(endpoint_parse(endpoint_text(&endpoint, shown), &again, &fault), &fault));
	HOLDS(again.port == endpoint.port && again.scope == endpoint.scope &&
	      !memcmp(again.addr.bytes, endpoint.addr.bytes, address_len(&endpoint.addr)));
}

static void fuzz_names(const char *text)
{
	uint8_t id[CAMEX_ID_LEN], mac[MAC_LEN], again[CAMEX_ID_LEN];
	char shown[ID_TEXT > MAC_TEXT ? ID_TEXT : MAC_TEXT];
	struct fault fault = {};
	uint32_t number;

	if (taken(parse_peer_name(text, &fault), &fault)) {
		HOLDS(*text && strlen(text) <= CAMEX_NAME_MAX && !strpbrk(text, "/ \t\n"));
		for (const char *c = text; *c; c += parse_utf8(c))
			HOLDS(parse_utf8(c));
	}
	if (taken(parse_interface_name(text, &fault), &fault))
		HOLDS(*text && strlen(text) < IFNAMSIZ);
	if (taken(parse_number(text, 70000, &number, &fault), &fault))
		HOLDS(number <= 70000);
	if (taken(parse_id(text, id, &fault), &fault)) {
		HOLDS(strspn(text, "0123456789abcdefABCDEF") == 2 * sizeof(id) && strlen(text) == 2 * sizeof(id));
		HOLDS(taken(parse_id(id_text(id, shown), again, &fault), &fault));
		HOLDS(!memcmp(id, again, sizeof(id)));
	}
	if (taken(parse_mac(text, mac, &fault), &fault)) {
		HOLDS(!text[strspn(text, "0123456789abcdefABCDEF:")]);
		HOLDS(taken(parse_mac(mac_text(mac, shown), again, &fault), &fault));
		HOLDS(!memcmp(mac, again, sizeof(mac)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* exactly as long as the text, so that reading past its end is noticed */
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	fuzz_address(text);
	fuzz_prefix(text);
	fuzz_lists(text);
	fuzz_endpoint(text);
	fuzz_names(text);
	free(text);
	return 0;
}
