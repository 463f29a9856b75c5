// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kernel/text.h on any bytes. What parses and is built again parses the same, and
 * the parser of the independent peer takes the same texts and reads the same there.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "../peer/control.h"
#include "text.h"

/* Ends the process unless a property holds. */
#define HOLDS(property)	((property) ? (void)0 : abort())

/* The same text as the independent peer reads it. */
static void compare_register(const u8 *text, size_t len, bool good,
			     const struct camex_text_register *r)
{
	const char *ip, *id, *mode;
	struct in_addr address;
	struct control c;

	HOLDS(good == (!control_parse(text, len, &c) && !c.config));
	if (!good)
		return;
	mode = control_get(&c, "MODE");
	HOLDS(r->automatic == (mode && !strcmp(mode, "AUTO")));
	id = control_get(&c, "CLIENT_ID");
	HOLDS(!strcmp(r->id, id ? id : ""));
	ip = control_get(&c, "LOCAL_IP");
	HOLDS(r->has_ip == !!ip);
	HOLDS(!ip || (inet_pton(AF_INET, ip, &address) == 1 &&
		      ntohl(address.s_addr) == r->ip));
}

static void rebuild_manual(const struct camex_text_register *r, bool oldest)
{
	struct camex_text_register again;
	char out[CAMEX_TEXT_REGISTER_MAX];
	size_t len = camex_text_manual(out, r->ip, oldest);

	HOLDS(len <= sizeof(out) && out[len - 1] == '\n');
	HOLDS(camex_text_parse_register(out, len, &again));
	HOLDS(again.has_ip && again.ip == r->ip && !again.automatic && !again.id[0]);
}

static void fuzz_register(const u8 *text, size_t len)
{
	struct camex_text_register r;
	bool good = camex_text_parse_register(text, len, &r);

	compare_register(text, len, good, &r);
	if (!good)
		return;
	HOLDS(strlen(r.id) <= CAMEX_TEXT_ID_MAX);
	HOLDS(r.automatic ? r.id[0] : r.has_ip);
	if (r.has_ip) {
		rebuild_manual(&r, false);
		rebuild_manual(&r, true);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	fuzz_register(data, len);
	return 0;
}
