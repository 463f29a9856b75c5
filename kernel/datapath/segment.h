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
 * struct camex_segmenter - a GSO packet, and how far it has been cut
 * @skb: the packet
 * @link: what stands before its IP header, the same in each packet
 * @link_len: bytes of it, 0 for a bare IP packet
 * @head: its headers from IP on, as the packet before had them
 * @head_len: bytes of @head
 * @l4: where in @head the TCP or UDP header is, bytes
 * @id: its IP ID, of IPv4
 * @seq: its sequence, of TCP
 * @flags: its word of flags, of TCP
 * @size: payload bytes of each packet but the last
 * @offset: where in @skb the next payload begins, bytes
 * @left: packets that are left
 * @made: packets that were made
 * @near: where byte @from of @skb is, as the next payload most likely; NULL: nowhere
 *	that is mapped
 * @from: the first byte of what lies there in one piece
 * @until: behind its last byte
 * @frag: the fragment that comes after it
 * @v4: it is IPv4, else IPv6
 * @tcp: it is TCP, else UDP
 */
struct camex_segmenter {
	struct sk_buff *skb;
	u8 link[CAMEX_CUT_LINK_MAX];
	unsigned int link_len;
	u8 head[CAMEX_CUT_HEAD_MAX] __aligned(8);
	unsigned int head_len;
	unsigned int l4;
	u16 id;
	u32 seq;
	__be32 flags;
	unsigned int size;
	unsigned int offset;
	unsigned int left;
	unsigned int made;
	const u8 *near;
	unsigned int from;
	unsigned int until;
	unsigned int frag;
	bool v4;
	bool tcp;
};

bool camex_segment_begin(struct camex_segmenter *cut, struct sk_buff *skb);
unsigned int camex_segment_next(struct camex_segmenter *cut, u8 *to);

/**
 * camex_segment_headers() - bytes that are the same in each packet
 * @cut: what is being cut
 */
static inline unsigned int camex_segment_headers(const struct camex_segmenter *cut)
{
	return cut->link_len + cut->head_len;
}

/**
 * camex_segment_longest() - bytes of the longest packet
 * @cut: what is being cut
 */
static inline unsigned int camex_segment_longest(const struct camex_segmenter *cut)
{
	return camex_segment_headers(cut) + cut->size;
}

/**
 * camex_segment_last() - bytes of the last packet
 * @cut: what is being cut, with packets left
 */
static inline unsigned int camex_segment_last(const struct camex_segmenter *cut)
{
	return camex_segment_headers(cut) + cut->skb->len - cut->offset -
	       (cut->left - 1) * cut->size;
}

#endif /* CAMEX_CUT_H */
