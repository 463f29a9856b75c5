/* SPDX-License-Identifier: GPL-2.0-only */
/* Cutting a TCP or UDP GSO packet into packets that are copied out at once. */
#ifndef CAMEX_CUT_H
#define CAMEX_CUT_H

#include <linux/skbuff.h>
#include <net/tcp.h>

/* IPv6 or IPv4 with options, and TCP with options. */
#define CAMEX_CUT_HEAD_MAX	(60 + 60)
/* Ethernet with two VLAN tags. */
#define CAMEX_CUT_LINK_MAX	(14 + 2 * 4)

/**
 * struct camex_cut - a GSO packet, and how far it has been cut
 * @skb: the packet
 * @link: what stands before its IP header, the same in each packet
 * @link_len: bytes of it, 0 for a bare IP packet
 * @head: its headers from IP on, as they were
 * @head_len: bytes of @head
 * @l4: where in @head the TCP or UDP header is, bytes
 * @size: payload bytes of each packet but the last
 * @offset: where in @skb the next payload begins, bytes
 * @left: packets that are left
 * @made: packets that were made
 * @v4: it is IPv4, else IPv6
 * @tcp: it is TCP, else UDP
 */
struct camex_cut {
	struct sk_buff *skb;
	u8 link[CAMEX_CUT_LINK_MAX];
	unsigned int link_len;
	u8 head[CAMEX_CUT_HEAD_MAX] __aligned(4);
	unsigned int head_len;
	unsigned int l4;
	unsigned int size;
	unsigned int offset;
	unsigned int left;
	unsigned int made;
	bool v4;
	bool tcp;
};

bool camex_cut_begin(struct camex_cut *cut, struct sk_buff *skb);
unsigned int camex_cut_next(struct camex_cut *cut, u8 *to);

/**
 * camex_cut_headers() - bytes that are the same in each packet
 * @cut: what is being cut
 */
static inline unsigned int camex_cut_headers(const struct camex_cut *cut)
{
	return cut->link_len + cut->head_len;
}

/**
 * camex_cut_longest() - bytes of the longest packet
 * @cut: what is being cut
 */
static inline unsigned int camex_cut_longest(const struct camex_cut *cut)
{
	return camex_cut_headers(cut) + cut->size;
}

#endif /* CAMEX_CUT_H */
