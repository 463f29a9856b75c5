// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <string.h>

#include "inner.h"

enum {
	V4_HEADER = 20,
	V6_HEADER = 40,
	ICMP_HEADER = 8,
	ECHO_REPLY = 0,
	ECHO_REQUEST = 8,
	ECHO6_REQUEST = 128,
	ECHO6_REPLY = 129,
};

static size_t get16(const uint8_t *in)
{
	return (size_t)in[0] << 8 | in[1];
}

static void put16(uint8_t *out, size_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

/* One's complement sum. */
static uint32_t sum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (; len > 1; len -= 2, data += 2)
		sum += (uint32_t)get16(data);
	if (len)
		sum += (uint32_t)*data << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static size_t header_len(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 ? (size_t)(packet[0] & 15) * 4 : V6_HEADER;
}

const char *inner_check(const uint8_t *packet, size_t len)
{
	int version = len ? packet[0] >> 4 : 0;
	size_t total;

	if (version == 4 && len >= V4_HEADER && header_len(packet) >= V4_HEADER)
		total = get16(packet + 2);
	else if (version == 6 && len >= V6_HEADER)
		total = V6_HEADER + get16(packet + 4);
	else
		return "no IP packet";
	if (total < header_len(packet))
		return "no IP packet";
	return total > len ? "the inner packet is cut off" : NULL;
}

/* The ICMP or ICMPv6 message of a packet that is no fragment, or NULL. */
static const uint8_t *icmp(const uint8_t *packet, size_t len)
{
	bool v6 = packet[0] >> 4 == 6;
	size_t header = header_len(packet);

	if (packet[v6 ? 6 : 9] != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) ||
	    len < header + ICMP_HEADER || (!v6 && (get16(packet + 6) & 0x3fff)))
		return NULL;
	return packet + header;
}

void inner_describe(const uint8_t *packet, size_t len, struct inner *i)
{
	const uint8_t *message = icmp(packet, len);

	memset(i, 0, sizeof(*i));
	i->icmp_type = message ? *message : -1;
	if (packet[0] >> 4 == 4) {
		i->protocol = packet[9];
		memcpy(&i->source4, packet + 12, 4);
		memcpy(&i->destination4, packet + 16, 4);
		inet_ntop(AF_INET, packet + 12, i->source, sizeof(i->source));
		inet_ntop(AF_INET, packet + 16, i->destination, sizeof(i->destination));
	} else {
		i->protocol = packet[6];
		inet_ntop(AF_INET6, packet + 8, i->source, sizeof(i->source));
		inet_ntop(AF_INET6, packet + 24, i->destination, sizeof(i->destination));
	}
}

size_t inner_request(uint32_t source, uint32_t destination, uint16_t seq,
		     size_t size, uint8_t *out)
{
	size_t total = V4_HEADER + ICMP_HEADER + size;
	uint8_t *message = out + V4_HEADER;
	size_t i;

	memset(out, 0, V4_HEADER + ICMP_HEADER);
	out[0] = 0x45;
	put16(out + 2, total);
	out[8] = 64;
	out[9] = IPPROTO_ICMP;
	memcpy(out + 12, &source, 4);
	memcpy(out + 16, &destination, 4);
	put16(out + 10, ~sum(out, V4_HEADER));

	message[0] = ECHO_REQUEST;
	put16(message + 6, seq);
	for (i = 0; i < size; i++)
		message[ICMP_HEADER + i] = (uint8_t)i;
	put16(message + 2, ~sum(message, ICMP_HEADER + size));
	return total;
}

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t t[16];

	memcpy(t, a, len);
	memcpy(a, b, len);
	memcpy(b, t, len);
}

bool inner_reply(uint8_t *packet, size_t len)
{
	const uint8_t *at = icmp(packet, len);
	bool v6 = packet[0] >> 4 == 6;
	uint8_t words[6], *message;

	if (!at || *at != (v6 ? ECHO6_REQUEST : ECHO_REQUEST))
		return false;
	message = packet + (at - packet);
	/* RFC 1624: the old checksum and the old word go, the new word comes. */
	put16(words, ~get16(message + 2));
	put16(words + 2, ~get16(message));
	message[0] = v6 ? ECHO6_REPLY : ECHO_REPLY;
	put16(words + 4, get16(message));
	put16(message + 2, ~sum(words, sizeof(words)));
	if (v6)
		swap(packet + 8, packet + 24, 16);
	else
		swap(packet + 12, packet + 16, 4);
	return true;
}
