/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Addresses, prefixes and endpoints: parsing and formatting. */
#ifndef CAMEXCTL_ADDRESS_H
#define CAMEXCTL_ADDRESS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/fault.h"

#define ADDRESS_TEXT INET6_ADDRSTRLEN
#define PREFIX_TEXT (ADDRESS_TEXT + 4)
#define ENDPOINT_TEXT (ADDRESS_TEXT + IFNAMSIZ + 10)

/**
 * struct address - an IPv4 or IPv6 address
 * @family: AF_INET, AF_INET6; AF_UNSPEC: any
 * @bytes: in network byte order; IPv4 fills the first four, the rest is 0
 */
struct address {
	uint8_t family;
	uint8_t bytes[16];
};

/**
 * struct prefix - a prefix, or an address with the length of its network
 * @addr: the address; a prefix has no bits set past @len
 * @len: length, bits
 */
struct prefix {
	struct address addr;
	uint8_t len;
};

/**
 * struct prefixes - a list of prefixes
 * @list: from malloc()
 * @n: number of prefixes
 */
struct prefixes {
	struct prefix *list;
	size_t n;
};

/**
 * struct endpoint - the endpoint of a peer
 * @addr: its address
 * @port: its UDP port
 * @scope: interface index of a link-local address, else 0
 */
struct endpoint {
	struct address addr;
	uint16_t port;
	uint32_t scope;
};

/* Number of bytes of an address: 4 or 16; 0 for AF_UNSPEC. */
size_t address_len(const struct address *addr);
/* Make an address from 4 or 16 bytes. Returns -1 for other lengths. */
int address_set(struct address *addr, const void *bytes, size_t len);

/* Each returns 0, or -1 with the reason in fault. */
int address_parse(const char *text, struct address *addr, struct fault *fault);
int prefix_parse(const char *text, struct prefix *prefix, struct fault *fault);
/* PREFIX[,PREFIX…], any or none. The caller frees the list. */
int prefixes_parse(const char *text, struct prefixes *prefixes,
		   struct fault *fault);
/* ADDRESS[/LENGTH][,…]: addresses with their networks. The caller frees the list. */
int addresses_parse(const char *text, struct prefixes *prefixes,
		    struct fault *fault);
/* HOST:PORT. A host name is resolved, which may block. */
int endpoint_parse(const char *text, struct endpoint *endpoint,
		   struct fault *fault);

/* Each fills buf, of the size named above, and returns it. */
const char *address_text(const struct address *addr, char *buf);
const char *prefix_text(const struct prefix *prefix, char *buf);
const char *endpoint_text(const struct endpoint *endpoint, char *buf);

/* Clear the bits past the length. True if any was set. */
bool prefix_mask(struct prefix *prefix);

/* Are all addresses of a prefix in the network of another prefix or address? */
bool prefix_within(const struct prefix *inner, const struct prefix *outer);

/* Is a prefix in a list? */
bool prefixes_have(const struct prefixes *prefixes,
		   const struct prefix *prefix);

/* Append a prefix to a list made by this function alone. Returns 0, or -1 without memory. */
int prefixes_add(struct prefixes *prefixes, const struct prefix *prefix);

/* Order for qsort(): IPv4 first, then by address, then by length. */
int prefix_compare(const void *a, const void *b);

#endif /* CAMEXCTL_ADDRESS_H */
