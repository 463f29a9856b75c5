/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control text of protocol camex, as pure functions: no allocation, no
 * kernel type beyond integers. The module, the KUnit suites and the fuzzers
 * compile this file unchanged.
 *
 * One line of fields, as the OpenIPC camex daemon writes them:
 *
 *	CX2P REGISTER VER=1 MODE=MANUAL LOCAL_IP=10.88.0.2
 *	CX2P REGISTER VER=1 MODE=AUTO CLIENT_ID=CAM01
 *	CX2P REGISTER 10.88.0.2				(the oldest form)
 *	CX2P CONFIG VER=1 CLIENT_ID=CAM01 MTU=1400 LOCAL_CIDR=10.88.0.2/24
 *	     GATEWAY_IP=10.88.0.1 ROUTE_CIDR=10.77.0.0/24 ROUTE_CIDR=...
 */
#ifndef CAMEX_TEXT_H
#define CAMEX_TEXT_H

#include "protocol/sealed/wire.h"

#define CAMEX_TEXT_MAX		1023	/* bytes of a text */
#define CAMEX_TEXT_VALUE_MAX	63	/* bytes of a field's value */
#define CAMEX_TEXT_ID_MAX	31	/* bytes of a CLIENT_ID */
#define CAMEX_TEXT_REGISTER_MAX	80	/* bytes of a REGISTER that we write */
#define CAMEX_TEXT_CONFIG_MAX	640	/* bytes of a CONFIG that we write */
#define CAMEX_TEXT_ROUTES_MAX	16	/* ROUTE_CIDR of a CONFIG */
#define CAMEX_TEXT_MTU_MIN	576	/* bytes */
#define CAMEX_TEXT_MTU_MAX	9000

/**
 * struct camex_text_register - content of a REGISTER
 * @automatic: it requests a CONFIG
 * @has_version: VER is given
 * @has_ip: @ip is given
 * @ip: LOCAL_IP in host byte order
 * @id: CLIENT_ID, or ""
 */
struct camex_text_register {
	bool automatic;
	bool has_version;
	bool has_ip;
	u32 ip;
	char id[CAMEX_TEXT_ID_MAX + 1];
};

/**
 * struct camex_text_prefix - an IPv4 address and the length of its network
 * @ip: address in host byte order
 * @len: bits
 */
struct camex_text_prefix {
	u32 ip;
	u8 len;
};

/**
 * struct camex_text_profile - content of a CONFIG
 * @address: LOCAL_CIDR, the address of the client; @address.ip 0: none
 * @gateway: GATEWAY_IP in host byte order, 0: none
 * @mtu: MTU in bytes, 0: none
 * @nroutes: number of @routes
 * @routes: ROUTE_CIDR, without bits past the length
 */
struct camex_text_profile {
	struct camex_text_prefix address;
	u32 gateway;
	u16 mtu;
	u8 nroutes;
	struct camex_text_prefix routes[CAMEX_TEXT_ROUTES_MAX];
};

/* A piece of a text. */
struct camex_text_word {
	const u8 *data;
	size_t len;
};

static inline bool camex_text_is_blank(u8 c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Take the next word from a text. False at its end. */
static inline bool camex_text_next(struct camex_text_word *rest,
				   struct camex_text_word *word)
{
	while (rest->len && camex_text_is_blank(*rest->data)) {
		rest->data++;
		rest->len--;
	}
	word->data = rest->data;
	word->len = 0;
	while (rest->len && !camex_text_is_blank(*rest->data)) {
		rest->data++;
		rest->len--;
		word->len++;
	}
	return word->len > 0;
}

static inline bool camex_text_is(const struct camex_text_word *word,
				 const char *text)
{
	return word->len == strlen(text) && !memcmp(word->data, text, word->len);
}

/* Is the word NAME=value? If so, reduce @word to the value. */
static inline bool camex_text_field(struct camex_text_word *word,
				    const char *name)
{
	size_t len = strlen(name);

	if (word->len <= len || memcmp(word->data, name, len) ||
	    word->data[len] != '=')
		return false;
	word->data += len + 1;
	word->len -= len + 1;
	return true;
}

/* Parse a decimal number without sign or leading zero, up to @max. */
static inline bool camex_text_number(const struct camex_text_word *word,
				     u32 max, u32 *number)
{
	u32 sum = 0;
	size_t i;

	if (!word->len || word->len > 9 || (word->len > 1 && word->data[0] == '0'))
		return false;
	for (i = 0; i < word->len; i++) {
		if (word->data[i] < '0' || word->data[i] > '9')
			return false;
		sum = sum * 10 + (u32)(word->data[i] - '0');
	}
	*number = sum;
	return sum <= max;
}

/* Parse an IPv4 address: four decimal numbers with dots in between. */
static inline bool camex_text_ip(const struct camex_text_word *word, u32 *ip)
{
	const u8 *at = word->data, *end = at + word->len;
	u32 sum = 0, number;
	int parts;

	for (parts = 0; parts < 4; parts++) {
		struct camex_text_word part = { .data = at };

		while (at != end && *at != '.')
			at++;
		part.len = (size_t)(at - part.data);
		if (!camex_text_number(&part, 255, &number))
			return false;
		sum = sum << 8 | number;
		if (at == end)
			break;
		at++;
	}
	*ip = sum;
	return parts == 3;
}

/* The netmask of a prefix length. */
static inline u32 camex_text_mask(u8 len)
{
	return len ? ~0U << (32 - len) : 0;
}

/* Parse ADDRESS/LENGTH. */
static inline bool camex_text_prefix(const struct camex_text_word *word,
				     struct camex_text_prefix *prefix)
{
	struct camex_text_word part = { .data = word->data };
	u32 len;

	while (part.len < word->len && word->data[part.len] != '/')
		part.len++;
	if (part.len == word->len || !camex_text_ip(&part, &prefix->ip))
		return false;
	part.data += part.len + 1;
	part.len = word->len - part.len - 1;
	if (!camex_text_number(&part, 32, &len))
		return false;
	prefix->len = (u8)len;
	return true;
}

/**
 * camex_text_is_host() - can a host have this address
 * @ip: in host byte order
 *
 * Return: false for 0.0.0.0/8, 127.0.0.0/8, multicast and everything above.
 */
static inline bool camex_text_is_host(u32 ip)
{
	return ip >> 24 && ip >> 24 != 127 && ip >> 24 < 224;
}

/**
 * camex_text_is_route() - may a server ask for a route to this destination
 * @prefix: a prefix
 *
 * Return: false for a prefix in 127.0.0.0/8, multicast and everything above.
 */
static inline bool camex_text_is_route(const struct camex_text_prefix *prefix)
{
	return !(prefix->len >= 8 && prefix->ip >> 24 == 127) &&
	       !(prefix->len >= 3 && prefix->ip >> 29 == 7);
}

/* Parse a name: printable ASCII characters without blanks. */
static inline bool camex_text_id(const struct camex_text_word *word, char *id)
{
	size_t i;

	if (!word->len || word->len > CAMEX_TEXT_ID_MAX)
		return false;
	for (i = 0; i < word->len; i++)
		if (word->data[i] <= ' ' || word->data[i] > '~')
			return false;
	memcpy(id, word->data, word->len);
	id[word->len] = '\0';
	return true;
}

/**
 * camex_text_parse_register() - parse a REGISTER
 * @text: the text, from a stranger
 * @len: bytes of the text
 * @r: result, complete only on success
 *
 * A REGISTER is refused if it has a higher version than ours or an unknown field, both of which the
 * server of the daemon ignores. It is also refused if a field is given twice, if a value is
 * impossible, or if MODE comes without the field that belongs to it.
 *
 * Return: true if it is a valid REGISTER.
 */
static inline bool camex_text_parse_register(const void *text, size_t len,
					     struct camex_text_register *r)
{
	enum { VER = 1, MODE = 2, ID = 4, IP = 8 };
	struct camex_text_word rest = { .data = text, .len = len }, word;
	unsigned int field, seen = 0;
	u32 version;

	r->automatic = false;
	r->has_version = false;
	r->has_ip = false;
	r->ip = 0;
	r->id[0] = '\0';
	if (len > CAMEX_TEXT_MAX)
		return false;
	if (!camex_text_next(&rest, &word) || !camex_text_is(&word, "CX2P") ||
	    !camex_text_next(&rest, &word) || !camex_text_is(&word, "REGISTER") ||
	    !camex_text_next(&rest, &word))
		return false;

	if (camex_text_ip(&word, &r->ip)) {	/* the oldest form */
		r->has_ip = true;
		return !camex_text_next(&rest, &word);
	}
	do {
		bool good;

		if (camex_text_field(&word, "VER")) {
			field = VER;
			good = camex_text_number(&word, CAMEX_WIRE_VERSION, &version);
		} else if (camex_text_field(&word, "MODE")) {
			field = MODE;
			r->automatic = camex_text_is(&word, "AUTO");
			good = r->automatic || camex_text_is(&word, "MANUAL");
		} else if (camex_text_field(&word, "CLIENT_ID")) {
			field = ID;
			good = camex_text_id(&word, r->id);
		} else if (camex_text_field(&word, "LOCAL_IP")) {
			field = IP;
			good = camex_text_ip(&word, &r->ip);
		} else {
			return false;
		}
		if (!good || word.len > CAMEX_TEXT_VALUE_MAX || (seen & field))
			return false;
		seen |= field;
	} while (camex_text_next(&rest, &word));

	r->has_version = seen & VER;
	r->has_ip = seen & IP;
	return (seen & MODE) && (seen & (r->automatic ? ID : IP));
}

/* Parse one field of a CONFIG. False if the field is unknown or the value impossible. */
static inline bool camex_text_config_field(struct camex_text_word *word,
					   char *id,
					   struct camex_text_profile *profile,
					   unsigned int *seen)
{
	enum { VER = 1, ID = 2, MTU = 4, ADDRESS = 8, GATEWAY = 16 };
	struct camex_text_prefix *route = &profile->routes[profile->nroutes];
	unsigned int field;
	u32 number = 0;
	bool good;

	if (camex_text_field(word, "ROUTE_CIDR")) {
		if (profile->nroutes == CAMEX_TEXT_ROUTES_MAX ||
		    word->len > CAMEX_TEXT_VALUE_MAX ||
		    !camex_text_prefix(word, route) ||
		    !camex_text_is_route(route))
			return false;
		route->ip &= camex_text_mask(route->len);
		profile->nroutes++;
		return true;
	}
	if (camex_text_field(word, "VER")) {
		field = VER;	/* clients accept every version */
		good = camex_text_number(word, 999999999, &number);
	} else if (camex_text_field(word, "CLIENT_ID")) {
		field = ID;
		good = camex_text_id(word, id);
	} else if (camex_text_field(word, "MTU")) {
		field = MTU;
		good = camex_text_number(word, CAMEX_TEXT_MTU_MAX, &number) &&
		       number >= CAMEX_TEXT_MTU_MIN;
		profile->mtu = (u16)number;
	} else if (camex_text_field(word, "LOCAL_CIDR")) {
		field = ADDRESS;
		good = camex_text_prefix(word, &profile->address) &&
		       profile->address.len &&
		       camex_text_is_host(profile->address.ip);
	} else if (camex_text_field(word, "GATEWAY_IP")) {
		field = GATEWAY;
		good = camex_text_ip(word, &profile->gateway) &&
		       camex_text_is_host(profile->gateway);
	} else {
		return false;
	}
	if (!good || word->len > CAMEX_TEXT_VALUE_MAX || (*seen & field))
		return false;
	*seen |= field;
	return true;
}

/**
 * camex_text_parse_config() - parse a CONFIG
 * @text: the text, from a stranger
 * @len: bytes of the text
 * @id: result: CLIENT_ID or "", CAMEX_TEXT_ID_MAX + 1 bytes
 * @profile: result; it and @id are complete only on success
 *
 * Unknown fields are refused, and fields that are given twice, except ROUTE_CIDR. Only LOCAL_CIDR
 * is required.
 *
 * Return: true if it is a valid CONFIG.
 */
static inline bool camex_text_parse_config(const void *text, size_t len, char *id,
					   struct camex_text_profile *profile)
{
	struct camex_text_word rest = { .data = text, .len = len }, word;
	unsigned int seen = 0;

	memset(profile, 0, sizeof(*profile));
	id[0] = '\0';
	if (len > CAMEX_TEXT_MAX)
		return false;
	if (!camex_text_next(&rest, &word) || !camex_text_is(&word, "CX2P") ||
	    !camex_text_next(&rest, &word) || !camex_text_is(&word, "CONFIG"))
		return false;
	while (camex_text_next(&rest, &word))
		if (!camex_text_config_field(&word, id, profile, &seen))
			return false;
	return profile->address.ip;
}

/* Append a text. Returns its length. */
static inline size_t camex_text_put(char *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len);
	return len;
}

/* Begin a text. Returns its length. */
static inline size_t camex_text_begin(char *out, const char *what, bool oldest)
{
	size_t len = camex_text_put(out, what);

	return len + camex_text_put(out + len, oldest ? "" : " VER=1");
}

/* Append a decimal number. Returns its length. */
static inline size_t camex_text_put_number(char *out, u32 number)
{
	char digits[10];
	size_t len = 0, n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (n)
		out[len++] = digits[--n];
	return len;
}

/* Append an IPv4 address. Returns its length. */
static inline size_t camex_text_put_ip(char *out, u32 ip)
{
	size_t len = 0;
	int shift;

	for (shift = 24; shift >= 0; shift -= 8) {
		len += camex_text_put_number(out + len, ip >> shift & 255);
		if (shift)
			out[len++] = '.';
	}
	return len;
}

/* Append a field whose value is a prefix. Returns its length. */
static inline size_t camex_text_put_prefix(char *out, const char *name,
					   const struct camex_text_prefix *prefix)
{
	size_t len = camex_text_put(out, name);

	len += camex_text_put_ip(out + len, prefix->ip);
	out[len++] = '/';
	return len + camex_text_put_number(out + len, prefix->len);
}

/**
 * camex_text_manual() - write a REGISTER in the form MANUAL
 * @out: room for CAMEX_TEXT_REGISTER_MAX bytes; no NUL is written
 * @ip: LOCAL_IP in host byte order
 * @oldest: in the form that the oldest daemons use
 *
 * Return: bytes written, including the final LF.
 */
static inline size_t camex_text_manual(char *out, u32 ip, bool oldest)
{
	size_t len = camex_text_begin(out, "CX2P REGISTER", oldest);

	len += camex_text_put(out + len, oldest ? " " : " MODE=MANUAL LOCAL_IP=");
	len += camex_text_put_ip(out + len, ip);
	out[len++] = '\n';
	return len;
}

/**
 * camex_text_auto() - write a REGISTER in the form AUTO
 * @out: room for CAMEX_TEXT_REGISTER_MAX bytes; no NUL is written
 * @id: CLIENT_ID
 * @oldest: without VER, as in the oldest daemons
 *
 * Return: bytes written, including the final LF.
 */
static inline size_t camex_text_auto(char *out, const char *id, bool oldest)
{
	size_t len = camex_text_begin(out, "CX2P REGISTER", oldest);

	len += camex_text_put(out + len, " MODE=AUTO CLIENT_ID=");
	len += camex_text_put(out + len, id);
	out[len++] = '\n';
	return len;
}

/**
 * camex_text_config() - write a CONFIG
 * @out: room for CAMEX_TEXT_CONFIG_MAX bytes; no NUL is written
 * @id: CLIENT_ID of the client, at most CAMEX_TEXT_ID_MAX bytes
 * @profile: the profile to hand out
 * @oldest: without VER, as in the oldest daemons
 *
 * Return: bytes written, including the final LF.
 */
static inline size_t camex_text_config(char *out, const char *id,
				       const struct camex_text_profile *profile,
				       bool oldest)
{
	size_t len = camex_text_begin(out, "CX2P CONFIG", oldest);
	unsigned int i;

	len += camex_text_put(out + len, " CLIENT_ID=");
	len += camex_text_put(out + len, id);
	if (profile->mtu) {
		len += camex_text_put(out + len, " MTU=");
		len += camex_text_put_number(out + len, profile->mtu);
	}
	len += camex_text_put_prefix(out + len, " LOCAL_CIDR=", &profile->address);
	if (profile->gateway) {
		len += camex_text_put(out + len, " GATEWAY_IP=");
		len += camex_text_put_ip(out + len, profile->gateway);
	}
	for (i = 0; i < profile->nroutes; i++)
		len += camex_text_put_prefix(out + len, " ROUTE_CIDR=",
					     &profile->routes[i]);
	out[len++] = '\n';
	return len;
}

#endif /* CAMEX_TEXT_H */
