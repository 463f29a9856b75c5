// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cut a TCP or UDP GSO packet into packets, and copy each to where it is encrypted, with its own
 * lengths, IP ID, sequence, flags and checksums. The kernel's segmentation does the same, but makes
 * an skb for each packet. A packet may have the headers of a tunnel (VXLAN, Geneve, GRE, IPIP) in
 * front of its own: these get their lengths, IP ID and checksums too.
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
#define UDP_TUNNELS	(SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)
#define TUNNELS		(UDP_TUNNELS | SKB_GSO_GRE | SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6)
/* In a tunnel. Kernels differ in which of the two IP IDs is fixed then. */
#define TUNNEL_KINDS	((KINDS | TUNNELS) & ~SKB_GSO_TCP_FIXEDID)

/* Length of the IP header at @ip, which @proto follows; 0 if this file cannot cut the packet. */
static unsigned int l4_of(const void *ip, bool v4, u8 proto)
{
	const struct ipv6hdr *ip6h = ip;
	const struct iphdr *iph = ip;

	if (v4) {
		if (iph->ihl < 5 || iph->protocol != proto || ip_is_fragment(iph))
			return 0;
		return iph->ihl * 4;
	}
	return ip6h->nexthdr == proto ? sizeof(*ip6h) : 0;
}

/*
 * Find the headers of a tunnel in front of the packet. False: this file cannot cut it. In a GRE
 * header nothing differs from packet to packet.
 */
static bool find_tunnel(struct camex_segmenter *cut, struct sk_buff *skb, unsigned int l3)
{
	unsigned int type = skb_shinfo(skb)->gso_type;
	unsigned int ip = skb_inner_network_offset(skb) - l3;
	const struct iphdr *iph = ip_hdr(skb);

	cut->tunnel_v4 = iph->version == 4;
	cut->tunnel_udp = type & UDP_TUNNELS;
	cut->tunnel_sum = type & SKB_GSO_UDP_TUNNEL_CSUM;
	cut->tunnel_l4 = cut->tunnel_v4 ? iph->ihl * 4 : sizeof(struct ipv6hdr);
	cut->tunnel_id = cut->tunnel_v4 ? ntohs(iph->id) : 0;
	if (cut->tunnel_l4 < sizeof(*iph) || (cut->tunnel_v4 && ip_is_fragment(iph)) ||
	    (cut->tunnel_udp && !l4_of(iph, cut->tunnel_v4, IPPROTO_UDP)))
		return false;
	if (ip % 2 || ip > CAMEX_CUT_HEAD_MAX ||
	    ip < cut->tunnel_l4 + (cut->tunnel_udp ? sizeof(struct udphdr) : 0))
		return false;
	cut->ip = ip;
	return pskb_may_pull(skb, l3 + ip + sizeof(*iph));
}

/**
 * camex_segment_begin() - can a GSO packet be cut here
 * @cut: result
 * @skb: the packet, with all up to the end of its first IPv4 or IPv6 header in its
 *	linear part; the function may pull other headers into it
 *
 * The packet may come from a virtual machine, so its fields are not trusted.
 *
 * Return: false if the kernel's segmentation must cut it.
 */
bool camex_segment_begin(struct camex_segmenter *cut, struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type;
	unsigned int room, l3 = skb_network_offset(skb), pad;
	const struct iphdr *iph;

	cut->size = skb_shinfo(skb)->gso_size;
	if (type & ~(skb->encapsulation ? TUNNEL_KINDS : KINDS) || !cut->size ||
	    l3 > CAMEX_CUT_LINK_MAX)
		return false;
	cut->ip = 0;
	if (unlikely(skb->encapsulation) && !(type & TUNNELS && find_tunnel(cut, skb, l3)))
		return false;
	iph = (void *)skb->data + l3 + cut->ip;
	cut->v4 = iph->version == 4;
	cut->tcp = !(type & SKB_GSO_UDP_L4);
	cut->l4 = l4_of(iph, cut->v4, cut->tcp ? IPPROTO_TCP : IPPROTO_UDP);
	if (!cut->l4 || (unlikely(cut->ip) && !cut->v4 && iph->version != 6))
		return false;
	cut->l4 += cut->ip;
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
	pad = -cut->ip % 4;
	if (pad + cut->head_len > CAMEX_CUT_HEAD_MAX ||
	    skb->len <= l3 + cut->head_len ||
	    !pskb_may_pull(skb, l3 + cut->head_len))
		return false;

	room = IP_MAX_MTU;
	if (!(cut->ip ? cut->tunnel_v4 : cut->v4))
		room += sizeof(struct ipv6hdr);
	if (cut->size > room - cut->head_len)
		return false;
	memcpy(cut->link, skb->data, l3);
	cut->link_len = l3;
	cut->head = cut->room + pad;
	memcpy(cut->head, skb->data + l3, cut->head_len);
	/* in @head they are aligned */
	cut->id = cut->v4 ? ntohs(((struct iphdr *)(cut->head + cut->ip))->id) : 0;
	if (cut->tcp) {
		const struct tcphdr *th = (void *)cut->head + cut->l4;

		cut->seq = ntohl(th->seq);
		cut->flags = tcp_flag_word(th);
	}
	cut->skb = skb;
	cut->packets = NULL;
	cut->offset = l3 + cut->head_len;
	cut->left = DIV_ROUND_UP(skb->len - cut->offset, cut->size);
	cut->last = skb->len - (cut->left - 1) * cut->size;
	cut->made = 0;
	cut->near = skb->data;
	cut->from = 0;
	cut->until = skb_headlen(skb);
	cut->frag = 0;
	return true;
}

/**
 * camex_segment_packets() - take packets as they are
 * @cut: result
 * @packets: packets of the same length, but the last one may be shorter; none is GSO. For their
 *	checksums see camex_packet_copy()
 */
void camex_segment_packets(struct camex_segmenter *cut, struct sk_buff_head *packets)
{
	cut->skb = skb_peek(packets);
	cut->packets = cut->skb;
	cut->link_len = 0;
	cut->head_len = 0;
	cut->size = cut->skb->len;
	cut->offset = 0;
	cut->left = skb_queue_len(packets);
	cut->last = skb_peek_tail(packets)->len;
	cut->made = 0;
}

/**
 * camex_packet_copy() - copy a packet, and fill in its checksum
 * @skb: the packet; if its checksum is open, what is not summed up is in the linear part
 * @to: result, skb->len bytes
 */
void camex_packet_copy(const struct sk_buff *skb, u8 *to)
{
	skb_copy_and_csum_dev(skb, to);
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		u8 *sum = to + skb_checksum_start_offset(skb) + skb->csum_offset;

		if (!get_unaligned((u16 *)sum))	/* in UDP 0 means that there is no checksum */
			put_unaligned((__force u16)CSUM_MANGLED_0, (u16 *)sum);
	}
}

static unsigned int next_packet(struct camex_segmenter *cut, u8 *to)
{
	const struct sk_buff *skb = cut->packets;

	camex_packet_copy(skb, to);
	cut->packets = skb->next;
	cut->offset += skb->len;
	cut->left--;
	cut->made++;
	return skb->len;
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
	void *ip = cut->head + cut->ip;

	len -= cut->ip;
	if (cut->v4) {
		struct iphdr *iph = ip;

		if (!(skb_shinfo(cut->skb)->gso_type & SKB_GSO_TCP_FIXEDID))
			iph->id = htons(cut->id + cut->made);
		iph->tot_len = htons(len);
		/* ip_send_check() without the call */
		iph->check = 0;
		iph->check = ip_fast_csum(iph, iph->ihl);
	} else {
		struct ipv6hdr *ip6h = ip;

		ip6h->payload_len = htons(len - sizeof(*ip6h));
	}
}

static __sum16 sum_of(const struct camex_segmenter *cut, unsigned int len, __wsum payload)
{
	const u8 *head = cut->head;
	int proto = cut->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	__wsum sum = csum_partial(head + cut->l4, cut->head_len - cut->l4, payload);
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)(head + cut->ip);
	const struct iphdr *iph = (const struct iphdr *)(head + cut->ip);

	len -= cut->l4;
	if (cut->v4)
		return csum_tcpudp_magic(iph->saddr, iph->daddr, len, proto, sum);
	return csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, proto, sum);
}

/* The tunnel's UDP checksum; all that follows its UDP header is finished. */
static __sum16 tunnel_sum_of(const struct camex_segmenter *cut, unsigned int len,
			     __wsum payload)
{
	unsigned int l4 = cut->tunnel_l4;
	const u8 *head = cut->head;
	__wsum sum = csum_partial(head + l4, cut->head_len - l4, payload);
	/* the inner IP header is aligned, this one is not */
	struct ipv6hdr ip6h;
	struct iphdr iph;

	if (cut->tunnel_v4) {
		memcpy(&iph, head, sizeof(iph));
		return csum_tcpudp_magic(iph.saddr, iph.daddr, len - l4, IPPROTO_UDP, sum);
	}
	memcpy(&ip6h, head, sizeof(ip6h));
	return csum_ipv6_magic(&ip6h.saddr, &ip6h.daddr, len - l4, IPPROTO_UDP, sum);
}

/* Fill the fields of a tunnel's headers that differ from packet to packet. */
static void finish_tunnel(struct camex_segmenter *cut, unsigned int len, __wsum payload)
{
	struct udphdr *uh = (struct udphdr *)(cut->head + cut->tunnel_l4);
	struct ipv6hdr *ip6h = (struct ipv6hdr *)cut->head;
	struct iphdr *iph = (struct iphdr *)cut->head;

	if (cut->tunnel_v4) {
		iph->id = htons(cut->tunnel_id + cut->made);
		iph->tot_len = htons(len);
		iph->check = 0;
		iph->check = ip_compute_csum(iph, cut->tunnel_l4);
	} else {
		ip6h->payload_len = htons(len - sizeof(*ip6h));
	}
	if (!cut->tunnel_udp)
		return;
	uh->len = htons(len - cut->tunnel_l4);
	if (cut->tunnel_sum) {
		uh->check = 0;
		uh->check = tunnel_sum_of(cut, len, payload) ?: CSUM_MANGLED_0;
	}
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
	unsigned int bytes, len;
	__wsum payload;

	if (unlikely(cut->packets))
		return next_packet(cut, to);
	bytes = min(cut->size, cut->skb->len - cut->offset);
	len = cut->head_len + bytes;
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
	if (unlikely(cut->ip))
		finish_tunnel(cut, len, payload);
	camex_copy_short(to, cut->head, cut->head_len, CAMEX_HEADERS_USUAL);
	cut->offset += bytes;
	cut->left--;
	cut->made++;
	return cut->link_len + len;
}
