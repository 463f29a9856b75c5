// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>

#include "datapath/segment.h"
#include "packets.h"
#include "test.h"

#define LONGEST		65535
#define SEGMENTS	70
#define GUARD		16
#define GUARD_BYTE	0xa5
/* Where a link header may end, so that what follows is aligned. */
#define LINK_ROOM	24

/**
 * struct table - where packets are cut
 * @rnd: where they come from
 * @data: LINK_ROOM bytes, which end in a link header, and a packet, LONGEST bytes
 * @out: what was cut off it, as many bytes and twice GUARD
 */
struct table {
	struct rnd_state rnd;
	u8 *data;
	u8 *out;
};

static int cut_init(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->data = kunit_kzalloc(test, LINK_ROOM + LONGEST, GFP_KERNEL);
	t->out = kunit_kzalloc(test, LINK_ROOM + LONGEST + 2 * GUARD, GFP_KERNEL);
	if (!t->data || !t->out)
		return -ENOMEM;
	prandom_seed_state(&t->rnd, 2);
	test->priv = t;
	return 0;
}

/**
 * struct gso - a GSO packet
 * @link: bytes of its link header: 0, or Ethernet with up to two VLAN tags
 * @in: its headers
 * @size: gso_size
 * @len: bytes of all that follows the link header
 * @type: gso_type
 */
struct gso {
	unsigned int link;
	struct inner in;
	unsigned int size;
	unsigned int len;
	unsigned int type;
};

static void choose(struct rnd_state *rnd, struct gso *g)
{
	static const u16 sizes[] = { 1, 2, 7, 100, 536, 1201, 1388, 1428, 8961, 30001 };
	static const __be32 flags[] = {
		TCP_FLAG_ACK, TCP_FLAG_ACK | TCP_FLAG_PSH,
		TCP_FLAG_ACK | TCP_FLAG_PSH | TCP_FLAG_FIN,
		TCP_FLAG_ACK | TCP_FLAG_CWR, TCP_FLAG_ACK | TCP_FLAG_CWR | TCP_FLAG_ECE,
	};
	unsigned int most, head;

	memset(g, 0, sizeof(*g));
	g->in.v4 = below(rnd, 2);
	g->in.tcp = below(rnd, 3);
	g->link = below(rnd, 2) ? ETH_HLEN + VLAN_HLEN * below(rnd, 3) : 0;
	g->in.ip_options = g->in.v4 && !below(rnd, 3) ? 4 * below(rnd, 11) : 0;
	g->in.tcp_options = below(rnd, 2) ? 4 * below(rnd, 11) : 0;
	g->in.flags = flags[below(rnd, ARRAY_SIZE(flags))];
	g->in.port = below(rnd, 65536);
	g->in.seq = below(rnd, 2) ? prandom_u32_state(rnd) : -below(rnd, 3000);
	g->in.ack = prandom_u32_state(rnd);
	g->in.id = below(rnd, 2) ? below(rnd, 65536) : 65535 - below(rnd, 5);
	g->in.df = below(rnd, 2);
	head = inner_head(&g->in);
	g->size = sizes[below(rnd, ARRAY_SIZE(sizes))];
	most = min_t(unsigned int, LONGEST - head, SEGMENTS * g->size);
	/* more than one, often with a short one at the end */
	g->len = head + g->size + 1 + below(rnd, most - g->size);
	if (g->in.tcp) {
		g->type = g->in.v4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
		if (g->in.flags & TCP_FLAG_CWR)
			g->type |= SKB_GSO_TCP_ECN;
		if (g->in.v4 && g->in.df && below(rnd, 2))
			g->type |= SKB_GSO_TCP_FIXEDID;
	} else {
		g->type = SKB_GSO_UDP_L4;
	}
	if (!below(rnd, 4))
		g->type |= SKB_GSO_DODGY;
}

/* An skb as the stack would hand it over; NULL without memory. */
static struct sk_buff *make(struct table *t, const struct gso *g,
			    enum layout layout)
{
	unsigned int l4 = inner_l4(&g->in), linear;
	struct sk_buff *skb;

	linear = sizeof(struct ipv6hdr) + below(&t->rnd, 100);
	skb = packet_skb(&t->rnd, t->data + LINK_ROOM - g->link, g->link + g->len,
			 g->link + linear, 1, layout);
	if (!skb)
		return NULL;
	skb->protocol = g->link > ETH_HLEN ? htons(ETH_P_8021Q) :
			g->in.v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, g->link);
	skb_set_transport_header(skb, g->link + l4);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + g->link + l4;
	skb->csum_offset = g->in.tcp ? offsetof(struct tcphdr, check) :
				       offsetof(struct udphdr, check);
	skb_shinfo(skb)->gso_size = g->size;
	skb_shinfo(skb)->gso_type = g->type;
	skb_shinfo(skb)->gso_segs =
		DIV_ROUND_UP(g->len - inner_head(&g->in), g->size);
	return skb;
}

static void fill(struct table *t, const struct gso *g)
{
	u8 *packet = t->data + LINK_ROOM;
	__be16 type = g->in.v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	unsigned int tag;

	prandom_bytes_state(&t->rnd, t->data, LINK_ROOM + g->len);
	for (tag = ETH_HLEN; tag < g->link; tag += VLAN_HLEN) {
		memcpy(packet - (tag - ETH_HLEN) - sizeof(type), &type, sizeof(type));
		type = htons(ETH_P_8021Q);
	}
	memcpy(packet - g->link + 2 * ETH_ALEN, &type, sizeof(type));
	inner_build(&g->in, packet, g->len);
	inner_sum(&g->in, packet, g->len, true);
}

/* The next packet, at an address of any alignment; NULL: it was written too far. */
static u8 *next(struct table *t, struct camex_segmenter *cut, unsigned int *len)
{
	unsigned int longest = camex_segment_longest(cut), i;
	u8 *to = t->out + GUARD + below(&t->rnd, 8);

	memset(to - GUARD / 2, GUARD_BYTE, longest + GUARD);
	*len = camex_segment_next(cut, to);
	if (*len > longest)
		return NULL;
	for (i = 0; i < GUARD / 2; i++)
		if (to[-1 - (int)i] != GUARD_BYTE || to[*len + i] != GUARD_BYTE)
			return NULL;
	return to;
}

/* Compares with the kernel's segmentation; returns what is wrong, or NULL. */
static const char *compare(struct table *t, struct sk_buff *skb,
			   struct sk_buff *segs)
{
	struct camex_segmenter cut;
	struct sk_buff *seg;
	unsigned int len;
	u8 *packet;

	if (!camex_segment_begin(&cut, skb))
		return "it is refused";
	for (seg = segs; seg; seg = seg->next) {
		if (!cut.left)
			return "too few packets";
		packet = next(t, &cut, &len);
		if (!packet)
			return "written too far";
		if (skb_linearize(seg))
			return "no memory";
		if (len != seg->len)
			return "another length";
		if (memcmp(packet, seg->data, len))
			return "other bytes";
	}
	return cut.left ? "too many packets" : NULL;
}

static void cut_like_the_kernel(struct kunit *test)
{
	struct table *t = test->priv;
	struct sk_buff *skb, *ref, *segs;
	const char *wrong;
	struct gso g;
	int i;

	for (i = 0; i < 400 && !has_failed(test); i++) {
		choose(&t->rnd, &g);
		fill(t, &g);
		ref = make(t, &g, LINEAR);
		skb = make(t, &g, i % LAYOUTS);
		segs = ref ? skb_gso_segment(ref, 0) : NULL;
		if (!skb || IS_ERR_OR_NULL(segs))
			wrong = "the kernel cannot do it";
		else
			wrong = compare(t, skb, segs);
		if (wrong)
			KUNIT_FAIL(test, "%d: %s: layout %d link %u IPv%d %s opt %u %u, %u, %u, %x",
				   i, wrong, i % LAYOUTS, g.link, g.in.v4 ? 4 : 6,
				   g.in.tcp ? "TCP" : "UDP", g.in.ip_options,
				   g.in.tcp_options, g.len, g.size, g.type);
		if (!IS_ERR(segs))
			kfree_skb_list(segs);
		kfree_skb(ref);
		kfree_skb(skb);
	}
}

/* The checksum of the first datagram that is cut off. */
static u16 first_checksum(struct kunit *test, struct gso *g)
{
	struct table *t = test->priv;
	struct sk_buff *skb = make(t, g, LINEAR);
	struct camex_segmenter cut;
	unsigned int len;
	u16 check;
	u8 *packet;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	KUNIT_ASSERT_TRUE(test, camex_segment_begin(&cut, skb));
	packet = next(t, &cut, &len);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, packet);
	memcpy(&check, packet + inner_head(&g->in) - sizeof(check), sizeof(check));
	kfree_skb(skb);
	return check;
}

/* A checksum of 0 would say that there is none. */
static void cut_udp_checksum_of_zero(struct kunit *test)
{
	struct gso g = { .in = { .port = 1 }, .size = 100, .type = SKB_GSO_UDP_L4 };
	struct table *t = test->priv;
	unsigned int head;
	u16 check;
	int v4;

	for (v4 = 0; v4 < 2; v4++) {
		g.in.v4 = v4;
		head = inner_head(&g.in);
		g.len = head + 250;
		fill(t, &g);
		memset(t->data + LINK_ROOM + head, 0, sizeof(check));
		check = first_checksum(test, &g);
		/* with itself among the bytes, the sum is 0 */
		memcpy(t->data + LINK_ROOM + head, &check, sizeof(check));
		KUNIT_EXPECT_EQ(test, first_checksum(test, &g), 0xffff);
	}
}

/* What a packet claims that cannot be, or that is not for us. */
enum lie {
	NOTHING, NO_SIZE, SIZE, SIZE_ALL, TYPE, ENCAPSULATED, OFFSET, PROTOCOL,
	FRAGMENT, IHL, DOFF_SHORT, DOFF_LONG, NO_PAYLOAD, EXTENSION, LIES,
};

static const char * const lies[LIES] = {
	"nothing", "gso_size 0", "gso_size too large", "gso_size of all", "gso_type",
	"encapsulation", "network header elsewhere", "protocol", "fragment",
	"IP header too short", "TCP header too short", "TCP header too long",
	"no payload", "extension header",
};

static void tell(struct sk_buff *skb, struct inner *in, enum lie lie)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	struct tcphdr *th = (struct tcphdr *)(skb->data + inner_l4(in));
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	struct iphdr *iph = (struct iphdr *)skb->data;

	switch (lie) {
	case NO_SIZE:
		info->gso_size = 0;
		break;
	case SIZE:
		info->gso_size = 65530;
		break;
	case SIZE_ALL:
		info->gso_size = 65535;
		break;
	case TYPE:
		info->gso_type |= SKB_GSO_FRAGLIST;
		break;
	case ENCAPSULATED:
		skb->encapsulation = 1;
		break;
	case OFFSET:
		skb_set_network_header(skb, LINK_ROOM);
		break;
	case PROTOCOL:
		if (in->v4)
			iph->protocol = IPPROTO_UDP;
		else
			ip6h->nexthdr = IPPROTO_UDP;
		break;
	case FRAGMENT:
		iph->frag_off = htons(IP_MF);
		break;
	case IHL:
		iph->ihl = 4;
		break;
	case DOFF_SHORT:
		th->doff = 4;
		break;
	case DOFF_LONG:
		th->doff = 15;
		skb_trim(skb, inner_l4(in) + 59);
		break;
	case NO_PAYLOAD:
		skb_trim(skb, inner_head(in));
		break;
	case EXTENSION:
		ip6h->nexthdr = IPPROTO_HOPOPTS;
		break;
	default:
		break;
	}
}

static void cut_refuses(struct kunit *test)
{
	struct gso g = { .in = { .tcp = true, .port = 1 }, .size = 100 };
	struct table *t = test->priv;
	struct camex_segmenter cut;
	struct sk_buff *skb;
	enum lie lie;
	int v4;

	for (v4 = 0; v4 < 2; v4++) {
		g.in.v4 = v4;
		g.type = v4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
		g.len = inner_head(&g.in) + 250;
		fill(t, &g);
		for (lie = NOTHING; lie < LIES; lie++) {
			if ((lie == FRAGMENT || lie == IHL) && !v4)
				continue;
			if (lie == EXTENSION && v4)
				continue;
			skb = make(t, &g, LINEAR);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
			tell(skb, &g.in, lie);
			KUNIT_EXPECT_EQ_MSG(test, lie == NOTHING,
					    camex_segment_begin(&cut, skb),
					    "IPv%d: %s", v4 ? 4 : 6, lies[lie]);
			kfree_skb(skb);
		}
	}
}

/* The headers of a packet that is not whole are not read beyond its end. */
static void cut_truncated(struct kunit *test)
{
	struct gso g = { .in = { .tcp = true, .tcp_options = 40 }, .size = 1 };
	struct table *t = test->priv;
	struct camex_segmenter cut;
	struct sk_buff *skb;
	unsigned int least, head;
	int i;

	for (i = 0; i < 2 * LAYOUTS; i++) {
		g.in.v4 = i % 2;
		g.type = g.in.v4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
		head = inner_head(&g.in);
		least = g.in.v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
		g.len = head + 2;
		fill(t, &g);
		for (g.len = least; g.len <= head + 1; g.len++) {
			skb = make(t, &g, i / 2);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
			KUNIT_EXPECT_EQ(test, g.len > head, camex_segment_begin(&cut, skb));
			kfree_skb(skb);
		}
	}
}

static struct kunit_case cut_cases[] = {
	KUNIT_CASE(cut_like_the_kernel),
	KUNIT_CASE(cut_udp_checksum_of_zero),
	KUNIT_CASE(cut_refuses),
	KUNIT_CASE(cut_truncated),
	{}
};

static struct kunit_suite cut_suite = {
	.name = "camex_segmenter",
	.init = cut_init,
	.test_cases = cut_cases,
};

kunit_test_suite(cut_suite);
