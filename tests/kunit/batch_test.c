// SPDX-License-Identifier: GPL-2.0-only
/*
 * An aggregate of datagrams brings the same as its datagrams one by one: each case
 * is sealed twice, for two sessions of a peer, and taken both ways.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "packets.h"
#include "protocol.h"
#include "rules.h"
#include "test.h"

#define TOTAL_MAX	65400
#define DATAGRAMS	150
#define FLOWS		3
#define SEQ		1000
#define OVERHEAD	(CAMEX_WIRE_HEADER + CAMEX_WIRE_TAG)
#define PACKET_MAX	9000
/* Rows of prefixes: what comes in aggregates, and what comes alone. */
enum way { MANY, ONE, WAYS };

static const u8 key_bytes[CAMEX_KEY_LEN] = { 7 };

/**
 * struct scene - a peer with two sessions, and what they bring
 * @rnd: where packets come from
 * @cdev: the device
 * @peer: the peer
 * @key: its key
 * @next: the next sequence
 * @flows: streams that go on from packet to packet
 * @data: an aggregate's bytes
 * @scratch: room to seal one datagram
 * @plain: an inner packet, aligned
 * @old: headers have no version byte
 * @came: skbs that the last aggregate became
 */
struct scene {
	struct rnd_state rnd;
	struct camex_dev *cdev;
	struct camex_peer *peer;
	struct camex_aead_key key;
	u64 next;
	struct inner flows[FLOWS];
	u8 *data;
	u8 *scratch;
	u8 *plain;
	bool old;
	unsigned int came;
};

/* What the stack gets. */
static struct sk_buff_head arrived;

static rx_handler_result_t take(struct sk_buff **skb)
{
	__skb_queue_tail(&arrived, *skb);
	return RX_HANDLER_CONSUMED;
}

/* --- a device that delivers --- */

static int batch_init(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct camex_dev *cdev;
	int err;

	err = fake_dev_init(test);
	if (err)
		return err;
	cdev = test->priv;
	s->cdev = cdev;
	cdev->protocol = &camex_protocol_camex;
	INIT_LIST_HEAD(&cdev->dev->ptype_all);
	INIT_LIST_HEAD(&cdev->dev->ptype_specific);
	cdev->dev->features = NETIF_F_GRO;
	cdev->stats = camex_stats_alloc();
	cdev->dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	s->data = kunit_kzalloc(test, TOTAL_MAX + PACKET_MAX, GFP_KERNEL);
	s->scratch = kunit_kzalloc(test, PACKET_MAX + 256, GFP_KERNEL);
	s->plain = kunit_kzalloc(test, PACKET_MAX, GFP_KERNEL);
	if (!cdev->stats || !cdev->dev->tstats || !s->data || !s->scratch || !s->plain)
		return -ENOMEM;
	prandom_seed_state(&s->rnd, 3);
	camex_aead_key_set(&s->key, key_bytes);
	s->next = SEQ;
	s->peer = fake_peer(test, "far");
	err = fake_set_key(s->peer, key_bytes);
	if (err)
		return err;
	__skb_queue_head_init(&arrived);
	rtnl_lock();
	err = netdev_rx_handler_register(cdev->dev, take, NULL);
	rtnl_unlock();
	test->priv = s;
	return err;
}

static void batch_exit(struct kunit *test)
{
	struct scene *s = test->priv;
	struct pcpu_sw_netstats __percpu *tstats = s->cdev->dev->tstats;
	struct camex_stats __percpu *stats = s->cdev->stats;

	rtnl_lock();
	netdev_rx_handler_unregister(s->cdev->dev);
	rtnl_unlock();
	test->priv = s->cdev;
	fake_dev_exit(test);
	free_percpu(tstats);
	free_percpu(stats);
}

static bool open_sessions(struct scene *s)
{
	struct camex_session_rx *rx;
	int why, way;

	for (way = 0; way < WAYS; way++) {
		rcu_read_lock_bh();
		rx = camex_rules_open(s->peer, rcu_dereference_bh(s->peer->key),
				      way + 1, SEQ - 1, true, &why);
		rcu_read_unlock_bh();
		if (!rx)
			return false;
	}
	return true;
}

/* --- packets --- */

static void new_flow(struct scene *s, struct inner *in)
{
	struct rnd_state *rnd = &s->rnd;

	*in = (struct inner) {
		.v4 = below(rnd, 2), .tcp = below(rnd, 6),
		.ip_options = below(rnd, 8) ? 0 : 4,
		.tcp_options = 4 * (below(rnd, 3) ? 3 : below(rnd, 11)),
		.flags = TCP_FLAG_ACK, .port = below(rnd, 65536),
		.seq = below(rnd, 2) ? prandom_u32_state(rnd) : -below(rnd, 9000),
		.ack = prandom_u32_state(rnd), .id = below(rnd, 65536),
		.df = below(rnd, 2),
	};
	if (!in->v4)
		in->ip_options = 0;
}

/* Where it counts for merging, something is not as it was; rarely: noise. */
static void spoil(struct scene *s, struct inner *in, u8 *packet, unsigned int len)
{
	unsigned int head = min(inner_head(in), len);

	if (below(&s->rnd, 4))
		packet[below(&s->rnd, head)] ^= 1 << below(&s->rnd, 8);
	else
		prandom_bytes_state(&s->rnd, packet, below(&s->rnd, head + 1));
}

/* The next packet of a flow, of @len bytes, into s->plain. */
static void next_packet(struct scene *s, struct inner *in, unsigned int len,
			bool good)
{
	unsigned int head = inner_head(in);

	prandom_bytes_state(&s->rnd, s->plain, len);
	if (len < head)
		return;
	in->flags = TCP_FLAG_ACK;
	if (!good && !below(&s->rnd, 8))
		in->flags |= TCP_FLAG_PSH;
	inner_build(in, s->plain, len);
	if (!good && !below(&s->rnd, 8))
		spoil(s, in, s->plain, len);
	inner_sum(in, s->plain, len, false);
	/* a wrong header checksum, or more bytes than IP says */
	if (!good && !below(&s->rnd, 32))
		spoil(s, in, s->plain, sizeof(struct iphdr));
	in->seq += len - head;
	in->id += in->v4 && in->df && in->port % 2 ? 0 : 1;
}

/* Seals s->plain for both ways, at @to[way]. */
static void seal_both(struct scene *s, u8 *to[WAYS], u8 type, unsigned int len,
		      u64 seq, bool forged)
{
	struct camex_wire_header h = {
		.type = type, .len = CAMEX_WIRE_HEADER - s->old, .body = len,
		.seq = seq,
	};
	u8 *body = s->scratch + 128;
	u8 header[CAMEX_WIRE_HEADER];
	int way;

	for (way = 0; way < WAYS; way++) {
		h.prefix = way + 1;
		camex_wire_build(header, &h);
		memcpy(body, s->plain, len);
		camex_aead_seal(&s->key, body, len, header, h.len, header + 5);
		if (forged)
			body[len + below(&s->rnd, CAMEX_WIRE_TAG)] ^= 1;
		memcpy(to[way], body - h.len, h.len + len + CAMEX_WIRE_TAG);
	}
}

/**
 * struct arrival - what comes in one aggregate
 * @n: datagrams
 * @len: bytes of the inner packet in each of them
 * @last: the same of the last one
 * @good: nothing is wrong with any, and they are all of one stream
 */
struct arrival {
	unsigned int n;
	unsigned int len;
	unsigned int last;
	bool good;
};

/* Makes all datagrams: an aggregate in s->data, and copies for the other way. */
static void make_arrival(struct scene *s, const struct arrival *a, u8 *ones)
{
	unsigned int size = a->len + OVERHEAD - s->old, i, flow = 0;
	u8 type = CAMEX_WIRE_DATA;

	for (i = 0; i < a->n; i++) {
		unsigned int len = i == a->n - 1 ? a->last : a->len;
		u8 *to[WAYS] = { s->data + i * size, ones + i * size };
		bool forged = !a->good && !below(&s->rnd, 24);

		if (!a->good && i && len == a->len && !below(&s->rnd, 24)) {
			unsigned int again = below(&s->rnd, i) * size;

			memcpy(to[MANY], s->data + again, size);
			memcpy(to[ONE], ones + again, size);
			continue;
		}
		if (!a->good) {
			if (!below(&s->rnd, 12))
				flow = below(&s->rnd, FLOWS);
			type = below(&s->rnd, 40) ? CAMEX_WIRE_DATA :
						    1 + below(&s->rnd, 3);
		}
		next_packet(s, &s->flows[flow], len, a->good);
		if (!len)
			type = CAMEX_WIRE_KEEPALIVE;
		seal_both(s, to, type, len, s->next++, forged);
	}
}

static const struct camex_source from = {
	.addr = { .family = AF_INET, .port = cpu_to_be16(7000),
		  .v4 = cpu_to_be32(0xc0000201) },
	.local = { .family = AF_INET, .v4 = cpu_to_be32(0xc0000202) },
};

static void receive(struct scene *s, struct sk_buff *skb)
{
	skb->dev = s->cdev->dev;
	skb->mark = 77;
	local_bh_disable();
	rcu_read_lock();
	camex_rx(s->cdev, skb, &from);
	rcu_read_unlock();
	local_bh_enable();
}

/* Takes @n datagrams both ways; false without memory. */
static bool take_both(struct scene *s, const struct arrival *a, const u8 *ones,
		      enum layout layout, struct sk_buff_head *got)
{
	unsigned int size = a->len + OVERHEAD - s->old, i;
	unsigned int total = (a->n - 1) * size + a->last + OVERHEAD - s->old;
	struct sk_buff *skb;

	skb = packet_skb(&s->rnd, s->data, total,
			 a->good || below(&s->rnd, 2) ? 0 : below(&s->rnd, 3 * size),
			 below(&s->rnd, 2) ? size : 1, layout);
	if (!skb)
		return false;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(skb)->gso_size = size;
	skb_shinfo(skb)->gso_segs = a->n;
	receive(s, skb);
	s->came = skb_queue_len(&arrived);
	skb_queue_splice_tail_init(&arrived, &got[MANY]);
	for (i = 0; i < a->n; i++) {
		skb = packet_skb(&s->rnd, ones + i * size,
				 i < a->n - 1 ? size : total - i * size, 0, 1,
				 LINEAR);
		if (!skb)
			return false;
		receive(s, skb);
	}
	skb_queue_splice_tail_init(&arrived, &got[ONE]);
	return true;
}

/* --- comparison --- */

static const char *compare(struct sk_buff_head *got, unsigned int *merged)
{
	struct sk_buff *skb, *one;
	const char *wrong = NULL;

	while (!wrong) {
		skb = __skb_dequeue(&got[MANY]);
		if (!skb)
			break;
		if (skb_is_gso(skb)) {
			wrong = packet_same_cut(skb, &got[ONE], merged);
		} else {
			one = __skb_dequeue(&got[ONE]);
			wrong = packet_same(skb, one);
			if (!wrong && skb->ip_summed != one->ip_summed)
				wrong = "another state of the checksum";
			kfree_skb(one);
		}
		kfree_skb(skb);
	}
	if (!wrong && !skb_queue_empty(&got[ONE]))
		wrong = "too few packets";
	__skb_queue_purge(&got[MANY]);
	__skb_queue_purge(&got[ONE]);
	return wrong;
}

/* Both ways must have brought the same; returns packets that were merged. */
static unsigned int run(struct kunit *test, struct scene *s, const struct arrival *a,
			enum layout layout)
{
	u8 *ones = kmalloc(TOTAL_MAX + PACKET_MAX, GFP_KERNEL);
	struct sk_buff_head got[WAYS];
	unsigned int merged = 0;
	const char *wrong;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ones);
	__skb_queue_head_init(&got[MANY]);
	__skb_queue_head_init(&got[ONE]);
	make_arrival(s, a, ones);
	if (take_both(s, a, ones, layout, got))
		wrong = compare(got, &merged);
	else
		wrong = "no memory";
	if (wrong)
		KUNIT_FAIL(test, "%s: %u datagrams of %u bytes, last %u, layout %d, before %llu",
			   wrong, a->n, a->len, a->last, layout, s->next);
	kfree(ones);
	return merged;
}

/* --- cases --- */

/* A stream becomes as few packets as can be. */
static void batch_merges(struct kunit *test)
{
	static const u16 lens[] = { 60, 65, 101, 600, 1428, 8000 };
	struct scene *s = test->priv;
	struct arrival a = { .good = true };
	unsigned int i, v4, options;

	KUNIT_ASSERT_TRUE(test, open_sessions(s));
	for (i = 0; i < ARRAY_SIZE(lens) && !has_failed(test); i++) {
		for (v4 = 0; v4 < 2; v4++) {
			for (options = 0; options <= 40; options += 20) {
				s->flows[0] = (struct inner) {
					.v4 = v4, .tcp = true, .df = options % 8,
					.tcp_options = options, .port = i,
					.seq = -2000, .id = 65530,
				};
				a.len = lens[i];
				if (a.len <= inner_head(&s->flows[0]))
					continue;
				a.n = min_t(unsigned int, 64, TOTAL_MAX / (a.len + OVERHEAD));
				a.last = a.len - (options % 3 ? 1 : 0);
				if (a.last <= inner_head(&s->flows[0]))
					a.last = a.len;
				KUNIT_EXPECT_EQ(test, a.n, run(test, s, &a, ONE_FRAG));
				KUNIT_EXPECT_EQ(test, s->came, 1);
			}
		}
	}
}

static void choose(struct scene *s, struct arrival *a)
{
	static const u16 lens[] = {
		1, 20, 39, 40, 52, 60, 63, 64, 65, 72, 101, 128, 500, 1000, 1428,
		1429, 2100, 2200, 8000,
	};

	a->len = lens[below(&s->rnd, ARRAY_SIZE(lens))];
	a->n = TOTAL_MAX / (a->len + OVERHEAD);
	a->n = 2 + below(&s->rnd, min_t(unsigned int, a->n, DATAGRAMS) - 1);
	a->last = below(&s->rnd, 2) ? a->len : below(&s->rnd, a->len + 1);
	a->good = false;
}

static void run_random(struct kunit *test, int rounds)
{
	struct scene *s = test->priv;
	unsigned int flow, merged = 0;
	struct arrival a;
	int i;

	KUNIT_ASSERT_TRUE(test, open_sessions(s));
	for (i = 0; i < rounds && !has_failed(test); i++) {
		for (flow = 0; flow < FLOWS; flow++)
			if (!below(&s->rnd, 3) || !s->flows[flow].port)
				new_flow(s, &s->flows[flow]);
		choose(s, &a);
		merged += run(test, s, &a, i % LAYOUTS);
	}
	KUNIT_EXPECT_GT(test, merged, rounds);
}

static void batch_mixed(struct kunit *test)
{
	run_random(test, 300);
}

static void batch_old_header(struct kunit *test)
{
	struct scene *s = test->priv;

	s->old = true;
	run_random(test, 60);
}

/* What was merged is counted as what it was; replays and forgeries as such. */
static void batch_counters(struct kunit *test)
{
	struct arrival a = { .n = 10, .len = 1000, .last = 900, .good = true };
	struct scene *s = test->priv;
	struct rtnl_link_stats64 link;
	u64 sum[CAMEX_STATS_COUNT];

	KUNIT_ASSERT_TRUE(test, open_sessions(s));
	s->flows[0] = (struct inner) { .v4 = true, .tcp = true, .port = 1 };
	KUNIT_EXPECT_EQ(test, 10, run(test, s, &a, ONE_FRAG));
	camex_traffic_sum(s->peer->traffic, &link);
	KUNIT_EXPECT_EQ(test, link.rx_packets, 20);
	KUNIT_EXPECT_EQ(test, link.rx_bytes, 2 * 9900);

	/* the same sequences once more */
	s->next = SEQ;
	KUNIT_EXPECT_EQ(test, 0, run(test, s, &a, FRAGS));
	camex_traffic_sum(s->peer->traffic, &link);
	KUNIT_EXPECT_EQ(test, link.rx_packets, 20);
	camex_stats_sum(s->cdev->stats, sum);
	KUNIT_EXPECT_EQ(test, sum[CAMEX_A_STATS_REPLAYED - 1], 20);
}

/* Where the link is not to merge, single packets come, the same ones. */
static void batch_without_gro(struct kunit *test)
{
	struct arrival a = { .n = 40, .len = 1428, .last = 1428, .good = true };
	struct scene *s = test->priv;

	KUNIT_ASSERT_TRUE(test, open_sessions(s));
	s->cdev->dev->features = 0;
	s->flows[0] = (struct inner) { .v4 = true, .tcp = true, .port = 1 };
	KUNIT_EXPECT_EQ(test, 0, run(test, s, &a, FRAGS));
}

static struct kunit_case batch_cases[] = {
	KUNIT_CASE(batch_merges),
	KUNIT_CASE(batch_mixed),
	KUNIT_CASE(batch_old_header),
	KUNIT_CASE(batch_counters),
	KUNIT_CASE(batch_without_gro),
	{}
};

static struct kunit_suite batch_suite = {
	.name = "camex_batch",
	.init = batch_init,
	.exit = batch_exit,
	.test_cases = batch_cases,
};

kunit_test_suite(batch_suite);
