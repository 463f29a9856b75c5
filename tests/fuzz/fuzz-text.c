// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * kernel/protocol/camex/control_text.h on any bytes. What parses and is built again parses the same, and
 * the parser of the independent peer takes the same texts and reads the same there.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "../peer/control.h"
#include "protocol/camex/control_text.h"

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

static void rebuild_auto(const struct camex_text_register *r, bool oldest)
{
	struct camex_text_register again;
	char out[CAMEX_TEXT_REGISTER_MAX];
	size_t len = camex_text_auto(out, r->id, oldest);

	HOLDS(len <= sizeof(out) && out[len - 1] == '\n');
	HOLDS(camex_text_parse_register(out, len, &again));
	HOLDS(again.automatic && !again.has_ip && !strcmp(again.id, r->id) &&
	      again.has_version == !oldest);
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
	if (r.id[0]) {
		rebuild_auto(&r, false);
		rebuild_auto(&r, true);
	}
}

/* --- CONFIG --- */

/* The value of a field as an address and, if it has one, a length. */
static u32 value_of(const char *value, u32 *len)
{
	char text[VALUE_MAX + 1];
	struct in_addr address;
	char *slash;

	strcpy(text, value);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	*len = slash ? (u32)strtoul(slash, NULL, 10) : 32;
	HOLDS(inet_pton(AF_INET, text, &address) == 1);
	return ntohl(address.s_addr);
}

/* An address that a host can have: 1.0.0.0 to 223.255.255.255, but not 127. */
static bool is_host(u32 ip)
{
	return ip >= 0x01000000 && ip < 0xe0000000 && ip >> 24 != 127;
}

/* What is well-formed and yet of no use: the module refuses it, the peer does not. */
static bool is_usable(const struct control *c)
{
	const char *gateway = control_get(c, "GATEWAY_IP");
	u32 ip, len;
	int i;

	ip = value_of(control_get(c, "LOCAL_CIDR"), &len);
	if (!len || !is_host(ip) || (gateway && !is_host(value_of(gateway, &len))))
		return false;
	for (i = 0; i < c->n; i++) {
		if (strcmp(c->field[i].name, "ROUTE_CIDR"))
			continue;
		ip = value_of(c->field[i].value, &len);
		if ((len >= 8 && ip >> 24 == 127) || (len >= 3 && ip >= 0xe0000000))
			return false;
	}
	return true;
}

static void compare_routes(const struct control *c,
			   const struct camex_text_profile *profile)
{
	int i, n = 0;
	u32 ip, len;

	for (i = 0; i < c->n; i++) {
		if (strcmp(c->field[i].name, "ROUTE_CIDR"))
			continue;
		ip = value_of(c->field[i].value, &len);
		HOLDS(n < profile->nroutes && profile->routes[n].len == len);
		HOLDS(profile->routes[n].ip == (len ? ip >> (32 - len) << (32 - len) : 0));
		n++;
	}
	HOLDS(n == profile->nroutes);
}

static void compare_config(const u8 *text, size_t len, bool good, const char *id,
			   const struct camex_text_profile *profile)
{
	const char *value;
	struct control c;
	u32 bits;

	HOLDS(good == (!control_parse(text, len, &c) && c.config && is_usable(&c)));
	if (!good)
		return;
	value = control_get(&c, "CLIENT_ID");
	HOLDS(!strcmp(id, value ? value : ""));
	value = control_get(&c, "MTU");
	HOLDS(profile->mtu == (value ? atoi(value) : 0));
	HOLDS(profile->address.ip == value_of(control_get(&c, "LOCAL_CIDR"), &bits));
	HOLDS(profile->address.len == bits);
	value = control_get(&c, "GATEWAY_IP");
	HOLDS(profile->gateway == (value ? value_of(value, &bits) : 0));
	compare_routes(&c, profile);
}

static void rebuild_config(const char *id, const struct camex_text_profile *profile,
			   bool oldest)
{
	struct camex_text_profile again;
	char out[CAMEX_TEXT_CONFIG_MAX], same[CAMEX_TEXT_ID_MAX + 1];
	size_t len = camex_text_config(out, id, profile, oldest);

	HOLDS(len <= sizeof(out) && out[len - 1] == '\n');
	HOLDS(camex_text_parse_config(out, len, same, &again));
	HOLDS(!strcmp(same, id) && !memcmp(&again, profile, sizeof(again)));
}

static void fuzz_config(const u8 *text, size_t len)
{
	struct camex_text_profile profile;
	char id[CAMEX_TEXT_ID_MAX + 1];
	bool good = camex_text_parse_config(text, len, id, &profile);

	compare_config(text, len, good, id, &profile);
	if (!good || !id[0])
		return;
	rebuild_config(id, &profile, false);
	rebuild_config(id, &profile, true);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	fuzz_register(data, len);
	fuzz_config(data, len);
	return 0;
}
