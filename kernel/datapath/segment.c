// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cut a TCP or UDP GSO packet into packets, and copy each to where it is encrypted, with its own
 * lengths, IP ID, sequence, flags and checksums. The kernel's segmentation does the same, but makes
 * an skb for each packet.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "core/compat.h"
#include "crypto/short_copy.h"
#include "datapath/segment.h"

/* The types of GSO packets that are cut here. */
#define KINDS	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_ECN | \
		 SKB_GSO_TCP_FIXEDID | SKB_GSO_UDP_L4 | SKB_GSO_DODGY)

/* Offset of the TCP or UDP header; 0 if this file cannot cut the packet. */
static unsigned int l4_of(const struct sk_buff *skb, bool v4, bool tcp)
{
	unsigned int proto = tcp ? IPPROTO_TCP : IPPROTO_UDP;

	if (v4) {
		const struct iphdr *iph = ip_hdr(skb);

		if (iph->ihl < 5 || iph->protocol != proto || ip_is_fragment(iph))
			return 0;
		return iph->ihl * 4;
	}
	return ipv6_hdr(skb)->nexthdr == proto ? sizeof(struct ipv6hdr) : 0;
}

/**
 * camex_segment_begin() - can a GSO packet be cut here
 * @cut: result
 * @skb: the packet, with all up to the end of its IPv4 or IPv6 header in its
 *	linear part; the function may pull other headers into it
 *
 * The packet may come from a virtual machine, so its fields are not trusted.
 *
 * Return: false if the kernel's segmentation must cut it.
 */
bool camex_segment_begin(struct camex_segmenter *cut, struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type;
	unsigned int room, l3 = skb_network_offset(skb);

	cut->size = skb_shinfo(skb)->gso_size;
	if (type & ~KINDS || skb->encapsulation || !cut->size ||
	    l3 > CAMEX_CUT_LINK_MAX)
		return false;
	cut->v4 = ip_hdr(skb)->version == 4;
	cut->tcp = !(type & SKB_GSO_UDP_L4);
	cut->l4 = l4_of(skb, cut->v4, cut->tcp);
	if (!cut->l4)
		return false;
	cut->head_len = cut->l4 + (cut->tcp ? sizeof(struct tcphdr) :
					      sizeof(struct udphdr));
	if (!pskb_may_pull(skb, l3 + cut->head_len))
		return false;
	if (cut->tcp) {
		const struct tcphdr *th = (void *)skb->data + l3 + cut->l4;

		if (th->doff < 5)
			return false;
		cut->head_len = cut->l4 + th->doff * 4;
	}
	if (cut->head_len > CAMEX_CUT_HEAD_MAX ||
	    skb->len <= l3 + cut->head_len ||
	    !pskb_may_pull(skb, l3 + cut->head_len))
		return false;

	room = cut->v4 ? IP_MAX_MTU : IP_MAX_MTU + sizeof(struct ipv6hdr);
	if (cut->size > room - cut->head_len)
		return false;
	memcpy(cut->link, skb->data, l3);
	cut->link_len = l3;
	memcpy(cut->head, skb->data + l3, cut->head_len);
	/* where they are aligned */
	cut->id = cut->v4 ? ntohs(((struct iphdr *)cut->head)->id) : 0;
	if (cut->tcp) {
		const struct tcphdr *th = (void *)cut->head + cut->l4;

		cut->seq = ntohl(th->seq);
		cut->flags = tcp_flag_word(th);
	}
	cut->skb = skb;
	cut->offset = l3 + cut->head_len;
	cut->left = DIV_ROUND_UP(skb->len - cut->offset, cut->size);
	cut->made = 0;
	cut->near = skb->data;
	cut->from = 0;
	cut->until = skb_headlen(skb);
	cut->frag = 0;
	return true;
}

/* Find the memory of the next payload, or of its first bytes. */
static void map_payload(struct camex_segmenter *cut)
{
	const struct skb_shared_info *info = skb_shinfo(cut->skb);

	while (cut->offset >= cut->until && cut->frag < info->nr_frags) {
		const skb_frag_t *frag = &info->frags[cut->frag++];

		cut->from = cut->until;
		cut->until += skb_frag_size(frag);
		cut->near = PageHighMem(skb_frag_page(frag)) ? NULL :
							       skb_frag_address(frag);
	}
}

/* Most payloads are contiguous; skb_copy_bits() copies the others. */
static __wsum copy_payload(struct camex_segmenter *cut, u8 *to, unsigned int bytes)
{
	if (unlikely(cut->offset >= cut->until))
		map_payload(cut);
	if (likely(cut->near && cut->offset + bytes <= cut->until))
		return csum_partial_copy_nocheck(cut->near + (cut->offset - cut->from),
						 to, bytes);
	return skb_copy_and_csum_bits(cut->skb, cut->offset, to, bytes);
}

static void finish_ip(struct camex_segmenter *cut, unsigned int len)
{
	if (cut->v4) {
		struct iphdr *iph = (struct iphdr *)cut->head;

		if (!(skb_shinfo(cut->skb)->gso_type & SKB_GSO_TCP_FIXEDID))
			iph->id = htons(cut->id + cut->made);
		iph->tot_len = htons(len);
		ip_send_check(iph);
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)cut->head;

		ip6h->payload_len = htons(len - sizeof(*ip6h));
	}
}

static __sum16 sum_of(const struct camex_segmenter *cut, unsigned int len, __wsum payload)
{
	const u8 *head = cut->head;
	int proto = cut->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	__wsum sum = csum_partial(head + cut->l4, cut->head_len - cut->l4, payload);
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)head;
	const struct iphdr *iph = (const struct iphdr *)head;

	len -= cut->l4;
	if (cut->v4)
		return csum_tcpudp_magic(iph->saddr, iph->daddr, len, proto, sum);
	return csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, proto, sum);
}

/**
 * camex_segment_next() - copy the next packet out
 * @cut: the GSO packet, with a packet left
 * @to: camex_segment_longest() bytes; any alignment
 *
 * Return: bytes of the packet.
 */
unsigned int camex_segment_next(struct camex_segmenter *cut, u8 *to)
{
	unsigned int bytes = min(cut->size, cut->skb->len - cut->offset);
	unsigned int len = cut->head_len + bytes;
	__wsum payload;

	if (cut->link_len) {
		memcpy(to, cut->link, cut->link_len);
		to += cut->link_len;
	}
	payload = copy_payload(cut, to + cut->head_len, bytes);
	finish_ip(cut, len);
	if (cut->tcp) {
		struct tcphdr *th = (struct tcphdr *)(cut->head + cut->l4);
		__be32 flags = cut->flags;

		if (cut->made)
			flags &= ~TCP_FLAG_CWR;
		if (cut->left > 1)
			flags &= ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
		tcp_flag_word(th) = flags;
		th->seq = htonl(cut->seq + cut->made * cut->size);
		th->check = 0;
		th->check = sum_of(cut, len, payload);
	} else {
		struct udphdr *uh = (struct udphdr *)(cut->head + cut->l4);

		uh->len = htons(len - cut->l4);
		uh->check = 0;
		uh->check = sum_of(cut, len, payload) ?: CSUM_MANGLED_0;
	}
	camex_copy_short(to, cut->head, cut->head_len, CAMEX_HEADERS_USUAL);
	cut->offset += bytes;
	cut->left--;
	cut->made++;
	return cut->link_len + len;
}
