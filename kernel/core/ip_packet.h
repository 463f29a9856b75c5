/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parse the first bytes of an IP packet. Pure functions on bytes: the module, the KUnit suites and
 * the fuzzers compile this file unchanged.
 */
#ifndef CAMEX_IP_PACKET_H
#define CAMEX_IP_PACKET_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stddef.h>
typedef __u8 u8;
#endif

/**
 * camex_ip_len() - length of the IP packet at the start of a buffer
 * @data: the packet, at least 40 bytes of it if @len is that large
 * @len: bytes in the buffer
 *
 * Return: the length in the packet's header, at most @len; 0 if the packet is neither IPv4 nor
 * IPv6, if its header is incomplete or inconsistent, or if the length is more than @len. A
 * jumbogram (RFC 2675) is not accepted.
 */
static inline size_t camex_ip_len(const u8 *data, size_t len)
{
	size_t header, total;

	if (!len)
		return 0;
	switch (data[0] >> 4) {
	case 4:
		if (len < 20)
			return 0;
		header = (size_t)(data[0] & 15) * 4;
		total = (size_t)data[2] << 8 | data[3];
		if (header < 20 || total < header || total > len)
			return 0;
		return total;
	case 6:
		if (len < 40)
			return 0;
		total = 40 + ((size_t)data[4] << 8 | data[5]);
		return total > len ? 0 : total;
	default:
		return 0;
	}
}

#endif /* CAMEX_IP_PACKET_H */
