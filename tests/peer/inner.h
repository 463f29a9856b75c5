/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The IP packets inside. */
#ifndef PEER_INNER_H
#define PEER_INNER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * inner_check() - is this an IP packet, and whole
 * @packet: the packet
 * @len: its bytes
 *
 * Return: NULL, or what is wrong with it.
 */
const char *inner_check(const uint8_t *packet, size_t len);

/**
 * struct inner - what there is to say of a packet
 * @source: text of its source
 * @destination: text of its destination
 * @source4: IPv4 source in network byte order, 0 for IPv6
 * @destination4: IPv4 destination, likewise
 * @protocol: what follows the IP header
 * @icmp_type: type of an ICMP or ICMPv6 message, else -1
 */
struct inner {
	char source[INET6_ADDRSTRLEN];
	char destination[INET6_ADDRSTRLEN];
	uint32_t source4;
	uint32_t destination4;
	int protocol;
	int icmp_type;
};

/**
 * inner_describe() - look at a packet
 * @packet: a packet that inner_check() found good
 * @len: its bytes
 * @i: result
 */
void inner_describe(const uint8_t *packet, size_t len, struct inner *i);

/**
 * inner_request() - make an ICMP echo request
 * @source: IPv4 address in network byte order
 * @destination: likewise
 * @seq: sequence of the request
 * @size: bytes after the ICMP header, at most 65,507
 * @out: result, 28 + @size bytes
 *
 * Return: bytes of the packet.
 */
size_t inner_request(uint32_t source, uint32_t destination, uint16_t seq,
		     size_t size, uint8_t *out);

/**
 * inner_reply() - make of an echo request its answer, in place
 * @packet: a packet that inner_check() found good, IPv4 or IPv6
 * @len: its bytes
 *
 * Return: true if it was an echo request.
 */
bool inner_reply(uint8_t *packet, size_t len);

#endif /* PEER_INNER_H */
