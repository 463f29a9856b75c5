// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mm.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "packets.h"
#include "test.h"

/* Parts that an skb is made of beside its linear one. */
#define PARTS		12
#define ROOM		128

/**
 * inner_l4() - where the TCP or UDP header is
 * @in: the packet
 */
unsigned int inner_l4(const struct inner *in)
{
	return in->v4 ? sizeof(struct iphdr) + in->ip_options :
			sizeof(struct ipv6hdr);
}

/**
 * inner_head() - bytes of all headers
 * @in: the packet
 */
unsigned int inner_head(const struct inner *in)
{
	return inner_l4(in) + (in->tcp ? sizeof(struct tcphdr) + in->tcp_options :
					 sizeof(struct udphdr));
}

static void build_ip(const struct inner *in, u8 *packet, unsigned int len)
{
	if (in->v4) {
		struct iphdr *iph = (struct iphdr *)packet;

		*iph = (struct iphdr) {
			.version = 4, .ihl = inner_l4(in) / 4, .tos = 2,
			.tot_len = htons(len), .id = htons(in->id),
			.frag_off = in->df ? htons(IP_DF) : 0, .ttl = 64,
			.protocol = in->tcp ? IPPROTO_TCP : IPPROTO_UDP,
			.saddr = htonl(0x0a000001), .daddr = htonl(0x0a000002),
		};
		memset(iph + 1, IPOPT_NOP, in->ip_options);
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)packet;

		*ip6h = (struct ipv6hdr) {
			.version = 6, .hop_limit = 64,
			.payload_len = htons(len - sizeof(*ip6h)),
			.nexthdr = in->tcp ? IPPROTO_TCP : IPPROTO_UDP,
			.flow_lbl = { 1, 2, 3 },
			.saddr.s6_addr = { 0xfd, [15] = 1 },
			.daddr.s6_addr = { 0xfd, [15] = 2 },
		};
	}
}

/**
 * inner_build() - write the headers; checksums are for inner_sum()
 * @in: the packet
 * @packet: at least inner_head() bytes, aligned to 4
 * @len: bytes of the packet
 */
void inner_build(const struct inner *in, u8 *packet, unsigned int len)
{
	u8 *l4 = packet + inner_l4(in);

	build_ip(in, packet, len);
	if (in->tcp) {
		struct tcphdr *th = (struct tcphdr *)l4;

		memset(th, 0, sizeof(*th));
		tcp_flag_word(th) = in->flags;
		th->source = htons(in->port);
		th->dest = htons(80);
		th->seq = htonl(in->seq);
		th->ack_seq = htonl(in->ack);
		th->window = htons(500);
		th->doff = (sizeof(*th) + in->tcp_options) / 4;
		memset(th + 1, 1, in->tcp_options);
	} else {
		struct udphdr *uh = (struct udphdr *)l4;

		uh->source = htons(in->port);
		uh->dest = htons(53);
		uh->len = htons(len - inner_l4(in));
		uh->check = 0;
	}
}

/**
 * inner_sum() - fill the checksums in
 * @in: the packet
 * @packet: its @len bytes, aligned to 4
 * @len: bytes
 * @partial: that of the pseudo header alone
 */
void inner_sum(const struct inner *in, u8 *packet, unsigned int len, bool partial)
{
	int proto = in->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	unsigned int l4 = inner_l4(in);
	__sum16 *check, sum;
	__wsum bytes = 0;

	if (in->tcp)
		check = &((struct tcphdr *)(packet + l4))->check;
	else
		check = &((struct udphdr *)(packet + l4))->check;
	*check = 0;
	if (!partial)
		bytes = csum_partial(packet + l4, len - l4, 0);
	if (in->v4) {
		struct iphdr *iph = (struct iphdr *)packet;

		iph->check = 0;
		iph->check = ip_fast_csum(iph, l4 / 4);
		sum = csum_tcpudp_magic(iph->saddr, iph->daddr, len - l4, proto, bytes);
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)packet;

		sum = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len - l4, proto, bytes);
	}
	*check = partial ? ~sum : sum;
	if (!in->tcp && !*check)
		*check = CSUM_MANGLED_0;
}

static bool add_frag(struct rnd_state *rnd, struct sk_buff *skb, const u8 *data,
		     unsigned int len)
{
	unsigned int offset = below(rnd, ROOM);
	struct page *page;

	page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(offset + len));
	if (!page)
		return false;
	memcpy(page_address(page) + offset, data, len);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, offset, len, len);
	return true;
}

static bool add_list(struct rnd_state *rnd, struct sk_buff *skb, const u8 *data,
		     unsigned int len)
{
	struct sk_buff **to = &skb_shinfo(skb)->frag_list, *part;
	unsigned int linear = below(rnd, 2) ? len : below(rnd, len + 1);

	part = alloc_skb(linear, GFP_KERNEL);
	if (!part)
		return false;
	while (*to)
		to = &(*to)->next;
	*to = part;
	skb_put_data(part, data, linear);
	if (linear < len && !add_frag(rnd, part, data + linear, len - linear))
		return false;
	skb->len += len;
	skb->data_len += len;
	skb->truesize += part->truesize;
	return true;
}

/**
 * packet_skb() - an skb of these bytes
 * @rnd: decides what is left open
 * @data: the bytes
 * @len: how many
 * @linear: how many of them are in the linear part, at least
 * @unit: all but the last part are multiples of so many bytes
 * @layout: where the others are
 *
 * Return: NULL without memory.
 */
struct sk_buff *packet_skb(struct rnd_state *rnd, const u8 *data, unsigned int len,
			   unsigned int linear, unsigned int unit,
			   enum layout layout)
{
	unsigned int done, bytes, least, parts = layout == ONE_FRAG ? 1 : PARTS;
	struct sk_buff *skb;

	if (layout == LINEAR)
		linear = len;
	linear = min(linear, len);
	skb = alloc_skb(ROOM + linear + ROOM, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, ROOM);
	skb_put_data(skb, data, linear);
	for (done = linear; done < len; done += bytes, parts--) {
		least = DIV_ROUND_UP(len - done, parts);
		bytes = roundup(least + below(rnd, least), unit);
		bytes = parts == 1 ? len - done : min(bytes, len - done);
		if (!(layout == LIST ? add_list : add_frag)(rnd, skb, data + done, bytes)) {
			kfree_skb(skb);
			return NULL;
		}
	}
	return skb;
}

/**
 * packet_same() - compare two packets
 * @a: one
 * @b: the other, or NULL
 *
 * Return: what is wrong, or NULL.
 */
const char *packet_same(struct sk_buff *a, struct sk_buff *b)
{
	if (!b)
		return "too many packets";
	if (a->protocol != b->protocol || a->mark != b->mark)
		return "another protocol or mark";
	if (skb_linearize(a) || skb_linearize(b))
		return "no memory";
	if (a->len != b->len)
		return "another length";
	return memcmp(a->data, b->data, a->len) ? "other bytes" : NULL;
}

/**
 * packet_same_cut() - cut a GSO packet that was rebuilt, and compare
 * @skb: the GSO packet
 * @want: its packets as they were, which are taken off
 * @merged: how many they are is added to it
 *
 * Return: what is wrong, or NULL.
 */
const char *packet_same_cut(struct sk_buff *skb, struct sk_buff_head *want,
			    unsigned int *merged)
{
	struct sk_buff *segs, *seg, *one;
	const char *wrong = NULL;
	unsigned int n = 0;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return "a GSO packet whose checksum is not partial";
	if (skb_transport_offset(skb) != skb_checksum_start_offset(skb))
		return "no transport header";
	if (skb_shinfo(skb)->gso_type & SKB_GSO_DODGY)
		return "a GSO packet that is not trusted";
	segs = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segs))
		return "a GSO packet that cannot be cut";
	for (seg = segs; seg && !wrong; seg = seg->next) {
		one = __skb_dequeue(want);
		wrong = packet_same(seg, one);
		kfree_skb(one);
		n++;
	}
	kfree_skb_list(segs);
	*merged += n;
	if (!wrong && (n != skb_shinfo(skb)->gso_segs || n < 2))
		return "wrong gso_segs";
	return wrong;
}
