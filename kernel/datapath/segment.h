/* SPDX-License-Identifier: GPL-2.0-only */
/* Cutting a TCP or UDP GSO packet into packets; or taking packets that are cut already. */
#ifndef CAMEX_CUT_H
#define CAMEX_CUT_H

#include <linux/skbuff.h>
#include <net/tcp.h>

/*
 * IPv6 or IPv4 with options, and TCP with options; before them perhaps a tunnel's: the same IP,
 * UDP, Geneve with options of 68 bytes, Ethernet with a VLAN tag.
 */
#define CAMEX_CUT_HEAD_MAX	(60 + 60 + 160)
/* Ethernet with two VLAN tags. */
#define CAMEX_CUT_LINK_MAX	(14 + 2 * 4)

/**
 * struct camex_segmenter - a GSO packet, and how far it has been cut
 * @skb: the GSO packet, or the first one of @packets
 * @packets: the next packet, if they are taken as they are (camex_segment_packets()), else NULL.
 *	Only @size, @offset, @left, @made and @last mean something then, and @head_len and @link_len
 *	are 0
 * @link: bytes in front of the first IP header, the same in each packet
 * @link_len: number of these bytes, 0 for a bare IP packet
 * @room: the memory of @head
 * @head: headers from the first IP header on, as in the packet made last; the IP header at @ip is
 *	aligned
 * @head_len: bytes of @head
 * @ip: offset of the inner IP header in @head; not 0: the headers of a tunnel (VXLAN, Geneve, GRE,
 *	IPIP) are in front of it
 * @l4: offset of the TCP or UDP header in @head
 * @tunnel_l4: bytes of the tunnel's IP header
 * @tunnel_id: IP ID of the tunnel's header (IPv4)
 * @id: IP ID of the GSO packet (IPv4)
 * @seq: sequence of the GSO packet (TCP)
 * @flags: flags of the GSO packet (TCP)
 * @size: payload bytes of each packet but the last
 * @offset: offset of the next payload in @skb
 * @last: length of the last packet
 * @left: number of packets that are left
 * @made: number of packets that were made
 * @near: address of byte @from of @skb; NULL: that memory is not mapped
 * @from: offset of the first byte of the contiguous memory at @near
 * @until: offset behind its last byte
 * @frag: number of the fragment behind that memory
 * @v4: it is IPv4, else IPv6
 * @tcp: it is TCP, else UDP
 * @tunnel_v4: the tunnel's IP header is IPv4, else IPv6
 * @tunnel_udp: a UDP header follows it
 * @tunnel_sum: that has a checksum
 */
struct camex_segmenter {
	struct sk_buff *skb;
	const struct sk_buff *packets;
	u8 link[CAMEX_CUT_LINK_MAX];
	unsigned int link_len;
	u8 room[CAMEX_CUT_HEAD_MAX] __aligned(8);
	u8 *head;
	unsigned int head_len;
	unsigned int ip;
	unsigned int l4;
	unsigned int tunnel_l4;
	u16 tunnel_id;
	u16 id;
	u32 seq;
	__be32 flags;
	unsigned int size;
	unsigned int offset;
	unsigned int last;
	unsigned int left;
	unsigned int made;
	const u8 *near;
	unsigned int from;
	unsigned int until;
	unsigned int frag;
	bool v4;
	bool tcp;
	bool tunnel_v4;
	bool tunnel_udp;
	bool tunnel_sum;
};

bool camex_segment_begin(struct camex_segmenter *cut, struct sk_buff *skb);
void camex_segment_packets(struct camex_segmenter *cut, struct sk_buff_head *packets);
void camex_packet_copy(const struct sk_buff *skb, u8 *to);
unsigned int camex_segment_next(struct camex_segmenter *cut, u8 *to);

/**
 * camex_segment_headers() - length of the headers of each packet
 * @cut: the GSO packet
 */
static inline unsigned int camex_segment_headers(const struct camex_segmenter *cut)
{
	return cut->link_len + cut->head_len;
}

/**
 * camex_segment_longest() - length of the longest packet
 * @cut: the GSO packet
 */
static inline unsigned int camex_segment_longest(const struct camex_segmenter *cut)
{
	return camex_segment_headers(cut) + cut->size;
}

#endif /* CAMEX_CUT_H */
