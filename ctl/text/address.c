/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/address.h"
#include "text/list.h"
#include "text/parse.h"

size_t address_len(const struct address *addr)
{
	switch (addr->family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

int address_set(struct address *addr, const void *bytes, size_t len)
{
	memset(addr, 0, sizeof(*addr));
	if (len != 4 && len != 16)
		return -1;
	addr->family = len == 4 ? AF_INET : AF_INET6;
	memcpy(addr->bytes, bytes, len);
	return 0;
}

static int address_read(const char *text, struct address *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(addr->family, text, addr->bytes) == 1 ? 0 : -1;
}

int address_parse(const char *text, struct address *addr, struct fault *fault)
{
	if (address_read(text, addr))
		return fault_set(fault, "\"%s\" is not an IPv4 or IPv6 address",
				 text);
	return 0;
}

bool prefix_mask(struct prefix *prefix)
{
	bool masked = false;

	for (size_t i = 0; i < address_len(&prefix->addr); i++) {
		unsigned int first = (unsigned int)i * 8;
		uint8_t keep = 0xff;

		if (prefix->len <= first)
			keep = 0;
		else if (prefix->len < first + 8)
			keep = (uint8_t)(0xff << (first + 8 - prefix->len));
		if (prefix->addr.bytes[i] & ~keep)
			masked = true;
		prefix->addr.bytes[i] &= keep;
	}
	return masked;
}

/* Parse ADDRESS[/LENGTH]; errors call it @what. */
static int prefix_read(const char *text, const char *what,
		       struct prefix *prefix, struct fault *fault)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char addr[ADDRESS_TEXT];
	uint32_t bits, most;

	if (len >= sizeof(addr))
		goto bad;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (address_read(addr, &prefix->addr))
		goto bad;
	most = (uint32_t)address_len(&prefix->addr) * 8;
	bits = most;
	if (slash && parse_number(slash + 1, most, &bits, fault))
		return fault_set(
			fault, "\"%s\" is not %s: the length goes from 0 to %u",
			text, what, most);
	prefix->len = (uint8_t)bits;
	return 0;
bad:
	return fault_set(fault, "\"%s\" is not an IPv4 or IPv6 %s", text,
			 strchr(what, ' ') + 1);
}

int prefix_parse(const char *text, struct prefix *prefix, struct fault *fault)
{
	char right[PREFIX_TEXT];

	if (!strcmp(text, "any"))
		return fault_set(
			fault,
			"any is two prefixes, 0.0.0.0/0 and ::/0: give one of them");
	/* as ip has it */
	if (!strcmp(text, "default"))
		text = "0.0.0.0/0";
	if (prefix_read(text, "a prefix", prefix, fault))
		return -1;
	if (prefix_mask(prefix))
		return fault_set(
			fault,
			"\"%s\" has bits set past its length: the prefix is %s",
			text, prefix_text(prefix, right));
	return 0;
}

static int local_parse(const char *text, struct prefix *prefix,
		       struct fault *fault)
{
	return prefix_read(text, "an address", prefix, fault);
}

int prefix_compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order;

	if (x->addr.family != y->addr.family)
		return x->addr.family < y->addr.family ? -1 : 1;
	order = memcmp(x->addr.bytes, y->addr.bytes, sizeof(x->addr.bytes));
	return order ? order : (int)x->len - (int)y->len;
}

bool prefix_within(const struct prefix *inner, const struct prefix *outer)
{
	struct prefix part = *inner, network = *outer;

	if (part.len < network.len)
		return false;
	part.len = network.len;
	prefix_mask(&part);
	prefix_mask(&network);
	return !prefix_compare(&part, &network);
}

bool prefixes_have(const struct prefixes *prefixes, const struct prefix *prefix)
{
	for (size_t i = 0; i < prefixes->n; i++)
		if (!prefix_compare(&prefixes->list[i], prefix))
			return true;
	return false;
}

int prefixes_add(struct prefixes *prefixes, const struct prefix *prefix)
{
	struct prefix *item =
		list_add(&prefixes->list, &prefixes->n, sizeof(*item));

	if (!item)
		return -1;
	*item = *prefix;
	return 0;
}

static int prefixes_check_unique(const struct prefixes *prefixes,
				 struct fault *fault)
{
	struct prefix *sorted;
	char buf[PREFIX_TEXT];
	int status = 0;

	if (prefixes->n < 2)
		return 0;
	sorted = malloc(prefixes->n * sizeof(*sorted));
	if (!sorted)
		return fault_set(fault, "out of memory");
	memcpy(sorted, prefixes->list, prefixes->n * sizeof(*sorted));
	qsort(sorted, prefixes->n, sizeof(*sorted), prefix_compare);
	for (size_t i = 1; i < prefixes->n && !status; i++)
		if (!prefix_compare(&sorted[i - 1], &sorted[i]))
			status = fault_set(fault, "%s is given twice",
					   prefix_text(&sorted[i], buf));
	free(sorted);
	return status;
}

/* Get the next item of a list; form is the error text for an empty one. */
static int list_parse(const char *text, const char *form,
		      int (*parse)(const char *text, struct prefix *prefix,
				   struct fault *fault),
		      struct prefixes *prefixes, struct fault *fault)
{
	size_t room = 1;
	char *words, *rest;

	for (const char *c = text; *c; c++)
		room += *c == ',';
	prefixes->list = calloc(room, sizeof(*prefixes->list));
	words = strdup(text);
	if (!prefixes->list || !words) {
		fault_set(fault, "out of memory");
		goto fail;
	}
	rest = words;
	for (char *word; (word = strsep(&rest, ","));) {
		char *end = word + strlen(word);

		/* files may have blanks after commas */
		word += strspn(word, " \t");
		while (end > word && (end[-1] == ' ' || end[-1] == '\t'))
			*--end = '\0';
		if (!*word) {
			fault_set(fault, "\"%s\": %s", text, form);
			goto fail;
		}
		if (parse(word, &prefixes->list[prefixes->n], fault))
			goto fail;
		prefixes->n++;
	}
	if (prefixes_check_unique(prefixes, fault))
		goto fail;
	free(words);
	return 0;
fail:
	free(words);
	free(prefixes->list);
	memset(prefixes, 0, sizeof(*prefixes));
	return -1;
}

int prefixes_parse(const char *text, struct prefixes *prefixes,
		   struct fault *fault)
{
	memset(prefixes, 0, sizeof(*prefixes));
	if (!strcmp(text, "none"))
		return 0;
	if (!strcmp(text, "any"))
		text = "0.0.0.0/0,::/0";
	return list_parse(
		text,
		"an empty prefix; PREFIX[,PREFIX...], any or none is expected",
		prefix_parse, prefixes, fault);
}

int addresses_parse(const char *text, struct prefixes *prefixes,
		    struct fault *fault)
{
	memset(prefixes, 0, sizeof(*prefixes));
	return list_parse(
		text,
		"an empty address; ADDRESS[/LENGTH][,ADDRESS...] is expected",
		local_parse, prefixes, fault);
}

/* Split HOST:PORT or [HOST]:PORT; buf holds a copy of text and is cut. */
static int endpoint_split(const char *text, char *buf, char **host, char **port,
			  bool *bracketed, struct fault *fault)
{
	char *colon;

	*bracketed = buf[0] == '[';
	if (*bracketed) {
		char *end = strchr(buf, ']');

		if (!end)
			return fault_set(fault, "\"%s\" lacks a ]", text);
		*end = '\0';
		*host = buf + 1;
		colon = end + 1;
		if (*colon != ':')
			colon = NULL;
	} else {
		*host = buf;
		colon = strrchr(buf, ':');
		if (colon && strchr(buf, ':') != colon)
			return fault_set(
				fault,
				"\"%s\": put an IPv6 address into brackets: [2001:db8::1]:7000",
				text);
	}
	if (!colon || !colon[1])
		return fault_set(
			fault,
			"\"%s\" has no port: give HOST:PORT, such as 192.0.2.1:7000",
			text);
	*colon = '\0';
	*port = colon + 1;
	if (!**host)
		return fault_set(
			fault,
			"\"%s\" has no host: give HOST:PORT, such as 192.0.2.1:7000",
			text);
	return 0;
}

static int endpoint_resolve(const char *host, bool numeric,
			    struct endpoint *endpoint, struct fault *fault)
{
	const struct addrinfo hints = {
		.ai_family = numeric ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = numeric ? AI_NUMERICHOST : 0,
	};
	const char *scope = numeric ? strchr(host, '%') : NULL;
	struct addrinfo *list, *it;
	int status;

	/* an unknown scope: getaddrinfo()'s own text would not help */
	if (scope && scope[1] && !if_nametoindex(scope + 1)) {
		uint32_t index;

		if (parse_number(scope + 1, INT32_MAX, &index, fault))
			return fault_set(fault,
					 "\"%s\": there is no interface %s",
					 host, scope + 1);
	}
	status = getaddrinfo(host, NULL, &hints, &list);
	if (status) {
		if (numeric)
			return fault_set(fault, "\"%s\" is not an IPv6 address",
					 host);
		return fault_set(fault, "cannot resolve host \"%s\": %s", host,
				 status == EAI_SYSTEM ? strerror(errno) :
							gai_strerror(status));
	}
	for (it = list; it; it = it->ai_next) {
		if (it->ai_family == AF_INET) {
			const struct sockaddr_in *in =
				(const void *)it->ai_addr;

			address_set(&endpoint->addr, &in->sin_addr, 4);
			break;
		}
		if (it->ai_family == AF_INET6) {
			const struct sockaddr_in6 *in =
				(const void *)it->ai_addr;

			address_set(&endpoint->addr, &in->sin6_addr, 16);
			endpoint->scope = in->sin6_scope_id;
			break;
		}
	}
	freeaddrinfo(list);
	if (!it)
		return fault_set(fault, "host \"%s\" has no IP address", host);
	return 0;
}

static bool is_link_local(const struct address *addr)
{
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

/* Is it an address of digits and dots that is wrong, including short forms such as 127.1? */
static bool is_mistyped(const char *host)
{
	struct in_addr in;

	return strchr(host, '.') && !host[strspn(host, "0123456789.")] &&
	       !inet_aton(host, &in);
}

int endpoint_parse(const char *text, struct endpoint *endpoint,
		   struct fault *fault)
{
	char *buf = strdup(text), *host = buf, *port = buf;
	bool bracketed;
	uint32_t number;
	int status = -1;

	memset(endpoint, 0, sizeof(*endpoint));
	if (!buf)
		return fault_set(fault, "out of memory");
	if (endpoint_split(text, buf, &host, &port, &bracketed, fault))
		goto out;
	if (parse_number(port, UINT16_MAX, &number, fault) || !number) {
		fault_set(fault, "\"%s\": the port goes from 1 to 65535", text);
		goto out;
	}
	endpoint->port = (uint16_t)number;
	if (bracketed)
		status = endpoint_resolve(host, true, endpoint, fault);
	else if (is_mistyped(host))
		fault_set(fault, "\"%s\" is not an IPv4 address", host);
	else if (address_read(host, &endpoint->addr))
		status = endpoint_resolve(host, false, endpoint, fault);
	else
		status = 0;
	if (!status && is_link_local(&endpoint->addr) && !endpoint->scope)
		status = fault_set(
			fault,
			"\"%s\" is link-local: name its interface, as in [fe80::1%%eth0]:7000",
			text);
out:
	free(buf);
	return status;
}

const char *address_text(const struct address *addr, char *buf)
{
	buf[0] = '\0';
	if (addr->family != AF_UNSPEC)
		inet_ntop(addr->family, addr->bytes, buf, ADDRESS_TEXT);
	return buf;
}

const char *prefix_text(const struct prefix *prefix, char *buf)
{
	char addr[ADDRESS_TEXT];

	snprintf(buf, PREFIX_TEXT, "%s/%u", address_text(&prefix->addr, addr),
		 prefix->len);
	return buf;
}

const char *endpoint_text(const struct endpoint *endpoint, char *buf)
{
	char addr[ADDRESS_TEXT], name[IFNAMSIZ], scope[IFNAMSIZ + 1] = "";

	address_text(&endpoint->addr, addr);
	if (endpoint->addr.family != AF_INET6) {
		snprintf(buf, ENDPOINT_TEXT, "%s:%u", addr, endpoint->port);
		return buf;
	}
	if (endpoint->scope && if_indextoname(endpoint->scope, name))
		snprintf(scope, sizeof(scope), "%%%s", name);
	else if (endpoint->scope)
		snprintf(scope, sizeof(scope), "%%%u", endpoint->scope);
	snprintf(buf, ENDPOINT_TEXT, "[%s%s]:%u", addr, scope, endpoint->port);
	return buf;
}
