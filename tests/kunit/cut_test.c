// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/vxlan.h>

#include "datapath/segment.h"
#include "packets.h"
#include "test.h"

#define LONGEST		65535
#define SEGMENTS	70
#define GUARD		16
#define GUARD_BYTE	0xa5
/* Where a link header may end, so that what follows is aligned. */
#define LINK_ROOM	24
/* Where what is inside a tunnel begins, and is aligned. */
#define INSIDE		(LINK_ROOM + 104)

/**
 * struct table - where packets are cut
 * @rnd: where they come from
 * @data: LINK_ROOM bytes, which end in a link header, and a packet, LONGEST bytes; or INSIDE
 *	bytes, which end in the headers of a tunnel, and what it carries
 * @out: what was cut off it, as many bytes and twice GUARD
 * @none: a device that offloads nothing
 */
struct table {
	struct rnd_state rnd;
	u8 *data;
	u8 *out;
	struct net_device *none;
};

static int cut_init(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->data = kunit_kzalloc(test, INSIDE + LONGEST, GFP_KERNEL);
	t->out = kunit_kzalloc(test, LINK_ROOM + LONGEST + 2 * GUARD, GFP_KERNEL);
	t->none = kunit_kzalloc(test, sizeof(*t->none), GFP_KERNEL);
	if (!t->data || !t->out || !t->none)
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

/* The same with @ref, a copy that the kernel segments. Either may be NULL; both are freed. */
static const char *compare_with_kernel(struct table *t, struct sk_buff *skb, struct sk_buff *ref)
{
	struct sk_buff *segs = ref ? skb_gso_segment(ref, 0) : NULL;
	const char *wrong = "the kernel cannot do it";

	if (skb && !IS_ERR_OR_NULL(segs))
		wrong = compare(t, skb, segs);
	if (!IS_ERR(segs))
		kfree_skb_list(segs);
	kfree_skb(ref);
	kfree_skb(skb);
	return wrong;
}

static void cut_like_the_kernel(struct kunit *test)
{
	struct table *t = test->priv;
	struct sk_buff *skb, *ref;
	const char *wrong;
	struct gso g;
	int i;

	for (i = 0; i < 400 && !has_failed(test); i++) {
		choose(&t->rnd, &g);
		fill(t, &g);
		ref = make(t, &g, LINEAR);
		skb = make(t, &g, i % LAYOUTS);
		wrong = compare_with_kernel(t, skb, ref);
		if (wrong)
			KUNIT_FAIL(test, "%d: %s: layout %d link %u IPv%d %s opt %u %u, %u, %u, %x",
				   i, wrong, i % LAYOUTS, g.link, g.in.v4 ? 4 : 6,
				   g.in.tcp ? "TCP" : "UDP", g.in.ip_options,
				   g.in.tcp_options, g.len, g.size, g.type);
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

/* A tunnel inside ours. */
enum kind { VXLAN, VXLAN_SUM, GRE, IPIP, KINDS };

/* Most bytes that are put into one here. */
#define TUNNEL_MOST	20000

/**
 * struct tunnel - the headers of one
 * @kind: which
 * @v4: in IPv4, else IPv6
 * @l4: bytes of its IP header
 * @head: bytes of its headers
 * @id: IPv4 ID
 */
struct tunnel {
	enum kind kind;
	bool v4;
	unsigned int l4;
	unsigned int head;
	u16 id;
};

static void choose_tunnel(struct rnd_state *rnd, struct tunnel *tunnel)
{
	static const unsigned int behind_ip[KINDS] = {
		[VXLAN] = sizeof(struct udphdr) + sizeof(struct vxlanhdr) + ETH_HLEN,
		[VXLAN_SUM] = sizeof(struct udphdr) + sizeof(struct vxlanhdr) + ETH_HLEN,
		[GRE] = 4,
	};

	tunnel->kind = below(rnd, KINDS);
	tunnel->v4 = below(rnd, 2);
	tunnel->id = below(rnd, 2) ? below(rnd, 65536) : 65535 - below(rnd, 5);
	tunnel->l4 = tunnel->v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	tunnel->head = tunnel->l4 + behind_ip[tunnel->kind];
}

static unsigned int tunnel_type(const struct tunnel *tunnel)
{
	switch (tunnel->kind) {
	case VXLAN:
		return SKB_GSO_UDP_TUNNEL;
	case VXLAN_SUM:
		return SKB_GSO_UDP_TUNNEL_CSUM;
	case GRE:
		return SKB_GSO_GRE;
	default:
		return tunnel->v4 ? SKB_GSO_IPXIP4 : SKB_GSO_IPXIP6;
	}
}

static u8 tunnel_protocol(const struct tunnel *tunnel, const struct inner *in)
{
	if (tunnel->kind == IPIP)
		return in->v4 ? IPPROTO_IPIP : IPPROTO_IPV6;
	return tunnel->kind == GRE ? IPPROTO_GRE : IPPROTO_UDP;
}

/* The tunnel's headers before what it carries, @len bytes at @inside. */
static void wrap(struct rnd_state *rnd, const struct tunnel *tunnel, const struct inner *in,
		 u8 *inside, unsigned int len)
{
	__be16 type = in->v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	unsigned int rest = len + tunnel->head - tunnel->l4;
	u8 protocol = tunnel_protocol(tunnel, in);
	u8 *at = inside - tunnel->head;
	struct udphdr uh = { .source = htons(40000), .dest = htons(4789), .len = htons(rest) };
	struct iphdr iph = {
		.version = 4, .ihl = 5, .tot_len = htons(tunnel->l4 + rest),
		.id = htons(tunnel->id), .frag_off = htons(IP_DF), .ttl = 64, .protocol = protocol,
		.saddr = htonl(0x0a090001), .daddr = htonl(0x0a090002),
	};
	struct ipv6hdr ip6h = {
		.version = 6, .hop_limit = 64, .payload_len = htons(rest), .nexthdr = protocol,
		.saddr.s6_addr = { 0xfd, 9, [15] = 1 }, .daddr.s6_addr = { 0xfd, 9, [15] = 2 },
	};

	prandom_bytes_state(rnd, at, tunnel->head);
	if (tunnel->v4) {
		iph.check = ip_fast_csum(&iph, iph.ihl);
		uh.check = ~csum_tcpudp_magic(iph.saddr, iph.daddr, rest, IPPROTO_UDP, 0);
		memcpy(at, &iph, sizeof(iph));
	} else {
		uh.check = ~csum_ipv6_magic(&ip6h.saddr, &ip6h.daddr, rest, IPPROTO_UDP, 0);
		memcpy(at, &ip6h, sizeof(ip6h));
	}
	if (tunnel->kind == GRE)
		memset(at + tunnel->l4, 0, 2);
	if (tunnel->kind > VXLAN_SUM)
		return;
	if (tunnel->kind == VXLAN)
		uh.check = 0;
	memcpy(at + tunnel->l4, &uh, sizeof(uh));
	memcpy(inside - sizeof(type), &type, sizeof(type));
}

/* As make(), in a tunnel. */
static struct sk_buff *make_tunnel(struct table *t, const struct gso *g,
				   const struct tunnel *tunnel, enum layout layout)
{
	unsigned int ip = g->link + tunnel->head, l4 = ip + inner_l4(&g->in);
	unsigned int mac = tunnel->kind <= VXLAN_SUM ? ip - ETH_HLEN : ip;
	struct sk_buff *skb;

	skb = packet_skb(&t->rnd, t->data + INSIDE - ip, ip + g->len,
			 ip + sizeof(struct ipv6hdr) + below(&t->rnd, 100), 1, layout);
	if (!skb)
		return NULL;
	skb->dev = t->none;
	skb->protocol = tunnel->v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, g->link);
	skb_reset_mac_len(skb);
	skb_set_transport_header(skb, g->link + tunnel->l4);
	skb_set_inner_mac_header(skb, mac);
	skb_set_inner_network_header(skb, ip);
	skb_set_inner_transport_header(skb, l4);
	skb->encapsulation = 1;
	if (tunnel->kind == IPIP)
		skb_set_inner_ipproto(skb, tunnel_protocol(tunnel, &g->in));
	else
		skb_set_inner_protocol(skb, mac < ip ? htons(ETH_P_TEB) :
					    g->in.v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6));
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + l4;
	skb->csum_offset = g->in.tcp ? offsetof(struct tcphdr, check) :
				       offsetof(struct udphdr, check);
	skb_shinfo(skb)->gso_size = g->size;
	skb_shinfo(skb)->gso_type = g->type | tunnel_type(tunnel);
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(g->len - inner_head(&g->in), g->size);
	return skb;
}

static void cut_tunnels_like_the_kernel(struct kunit *test)
{
	struct table *t = test->priv;
	struct sk_buff *skb, *ref;
	struct tunnel tunnel;
	const char *wrong;
	struct gso g;
	int i;

	for (i = 0; i < 400 && !has_failed(test); i++) {
		choose(&t->rnd, &g);
		choose_tunnel(&t->rnd, &tunnel);
		g.link = below(&t->rnd, 2) ? ETH_HLEN : 0;
		g.type &= ~SKB_GSO_TCP_FIXEDID;
		g.len = min_t(unsigned int, g.len, TUNNEL_MOST);
		g.size = min(g.size, g.len - inner_head(&g.in) - 1);
		prandom_bytes_state(&t->rnd, t->data, INSIDE + g.len);
		inner_build(&g.in, t->data + INSIDE, g.len);
		inner_sum(&g.in, t->data + INSIDE, g.len, true);
		wrap(&t->rnd, &tunnel, &g.in, t->data + INSIDE, g.len);
		ref = make_tunnel(t, &g, &tunnel, LINEAR);
		skb = make_tunnel(t, &g, &tunnel, i % LAYOUTS);
		wrong = compare_with_kernel(t, skb, ref);
		if (wrong)
			KUNIT_FAIL(test, "%d: %s: layout %d link %u %d v%d v%d %s %u %u %u %u %x",
				   i, wrong, i % LAYOUTS, g.link, tunnel.kind, tunnel.v4 ? 4 : 6,
				   g.in.v4 ? 4 : 6, g.in.tcp ? "TCP" : "UDP", g.in.ip_options,
				   g.in.tcp_options, g.len, g.size, g.type);
	}
}

/* Tunnels that claim what cannot be, or that are not for us. */
static void cut_refuses_tunnels(struct kunit *test)
{
	static const char * const claims[] = {
		"nothing", "no tunnel", "not encapsulated", "a fixed IP ID", "no inner header",
		"an inner header before UDP", "at an odd place", "far away", "behind its end",
		"a fragment", "IP header too short", "no UDP", "inner version",
	};
	struct gso g = { .in = { .v4 = true, .tcp = true, .port = 1 }, .size = 100,
			 .type = SKB_GSO_TCPV4 };
	struct tunnel tunnel = { .kind = VXLAN, .v4 = true, .l4 = 20, .head = 50 };
	struct table *t = test->priv;
	struct camex_segmenter cut;
	struct sk_buff *skb;
	struct iphdr *iph;
	unsigned int claim;

	g.len = inner_head(&g.in) + 250;
	for (claim = 0; claim < ARRAY_SIZE(claims); claim++) {
		inner_build(&g.in, t->data + INSIDE, g.len);
		inner_sum(&g.in, t->data + INSIDE, g.len, true);
		wrap(&t->rnd, &tunnel, &g.in, t->data + INSIDE, g.len);
		skb = make_tunnel(t, &g, &tunnel, LINEAR);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
		iph = ip_hdr(skb);
		switch (claim) {
		case 1:
			skb_shinfo(skb)->gso_type = g.type;
			break;
		case 2:
			skb->encapsulation = 0;
			break;
		case 3:
			skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
			break;
		case 4:
			skb->inner_network_header = 0;
			break;
		case 5:
			skb_set_inner_network_header(skb, tunnel.l4 + 6);
			break;
		case 6:
			skb_set_inner_network_header(skb, tunnel.head + 1);
			break;
		case 7:
			skb_set_inner_network_header(skb, CAMEX_CUT_HEAD_MAX + 2);
			break;
		case 8:
			skb_trim(skb, tunnel.head + 39);
			break;
		case 9:
			iph->frag_off = htons(IP_MF);
			break;
		case 10:
			iph->ihl = 4;
			break;
		case 11:
			iph->protocol = IPPROTO_GRE;
			break;
		case 12:
			((struct iphdr *)(skb->data + tunnel.head))->version = 5;
			break;
		}
		KUNIT_EXPECT_EQ_MSG(test, !claim, camex_segment_begin(&cut, skb), "%s",
				    claims[claim]);
		kfree_skb(skb);
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

/* Write packet @number of some that are all UDP, @len bytes; each has bytes of its own. */
static struct inner write_packet(struct table *t, unsigned int number, unsigned int len,
				 bool partial)
{
	struct inner in = { .v4 = number % 2, .port = number + 1 };

	memset(t->data, number + 1, len);
	inner_build(&in, t->data, len);
	inner_sum(&in, t->data, len, partial);
	return in;
}

/* Packets that need no cutting come out as they are, in every layout, with their checksums. */
static void cut_takes_packets(struct kunit *test)
{
	enum { PACKETS = 2 * LAYOUTS };
	struct table *t = test->priv;
	struct camex_segmenter cut;
	struct sk_buff_head packets;
	struct sk_buff *skb;
	unsigned int i, len;
	struct inner in;

	__skb_queue_head_init(&packets);
	for (i = 0; i < PACKETS; i++) {
		len = i < PACKETS - 1 ? 700 : 333;
		in = write_packet(t, i, len, i % 4 < 2);
		skb = packet_skb(&t->rnd, t->data, len, inner_head(&in), 100, i / 2);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
		if (i % 4 < 2) {
			skb->ip_summed = CHECKSUM_PARTIAL;
			skb->csum_start = skb_headroom(skb) + inner_l4(&in);
			skb->csum_offset = offsetof(struct udphdr, check);
		}
		__skb_queue_tail(&packets, skb);
	}
	camex_segment_packets(&cut, &packets);
	KUNIT_EXPECT_EQ(test, camex_segment_longest(&cut), 700u);
	KUNIT_EXPECT_EQ(test, cut.last, 333u);
	for (i = 0; i < PACKETS; i++) {
		len = i < PACKETS - 1 ? 700 : 333;
		write_packet(t, i, len, false);
		KUNIT_EXPECT_EQ(test, cut.left, PACKETS - i);
		KUNIT_EXPECT_EQ(test, cut.made, i);
		memset(t->out, GUARD_BYTE, len + GUARD);
		KUNIT_EXPECT_EQ(test, camex_segment_next(&cut, t->out), len);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(t->out, t->data, len), 0, "packet %u", i);
		KUNIT_EXPECT_EQ(test, t->out[len], GUARD_BYTE);
	}
	KUNIT_EXPECT_EQ(test, cut.left, 0u);
	KUNIT_EXPECT_EQ(test, cut.offset, (PACKETS - 1) * 700u + 333);
	__skb_queue_purge(&packets);
}

static struct kunit_case cut_cases[] = {
	KUNIT_CASE(cut_like_the_kernel),
	KUNIT_CASE(cut_tunnels_like_the_kernel),
	KUNIT_CASE(cut_refuses_tunnels),
	KUNIT_CASE(cut_udp_checksum_of_zero),
	KUNIT_CASE(cut_refuses),
	KUNIT_CASE(cut_truncated),
	KUNIT_CASE(cut_takes_packets),
	{}
};

static struct kunit_suite cut_suite = {
	.name = "camex_segmenter",
	.init = cut_init,
	.test_cases = cut_cases,
};

kunit_test_suite(cut_suite);
