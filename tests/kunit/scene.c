// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include "datapath/receive_batch.h"
#include "protocol/sealed/session_rank.h"
#include "scene.h"

static const u8 key_bytes[CAMEX_KEY_LEN] = { 7 };

struct sk_buff_head scene_arrived;
/* The scene that is played. */
static struct scene *now;

/**
 * struct delivered - a packet as the stack got it, in skb->cb
 * @sum: over all bytes
 */
struct delivered {
	__wsum sum;
};

static struct delivered *delivered(struct sk_buff *skb)
{
	return (struct delivered *)skb->cb;
}

static rx_handler_result_t take(struct sk_buff **skb)
{
	delivered(*skb)->sum = skb_checksum(*skb, 0, (*skb)->len, 0);
	__skb_queue_tail(&scene_arrived, *skb);
	return RX_HANDLER_CONSUMED;
}

/* Others may read a packet once the stack has it: it must not change, not for a moment. */
static void look_for_altered(void)
{
	struct sk_buff *skb;

	skb_queue_walk(&scene_arrived, skb)
		now->altered += skb_checksum(skb, 0, skb->len, 0) != delivered(skb)->sum;
}

/* --- a device that delivers --- */

/**
 * scene_init() - make the device; a suite's init
 * @test: its priv becomes the struct scene
 *
 * Return: 0 or a negative errno.
 */
int scene_init(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct camex_dev *cdev;
	int err;

	err = fake_dev_init(test);
	if (err)
		return err;
	cdev = test->priv;
	s->cdev = cdev;
	INIT_LIST_HEAD(&cdev->dev->ptype_all);
	INIT_LIST_HEAD(&cdev->dev->ptype_specific);
	cdev->dev->features = NETIF_F_GRO;
	cdev->stats = camex_stats_alloc();
	cdev->dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	s->data = kunit_kzalloc(test, TOTAL_MAX + PACKET_MAX, GFP_KERNEL);
	s->scratch = kunit_kzalloc(test, PACKET_MAX + 256, GFP_KERNEL);
	s->plain = kunit_kzalloc(test, PACKET_MAX, GFP_KERNEL);
	s->batch = kunit_kzalloc(test, sizeof(*s->batch), GFP_KERNEL);
	if (!cdev->stats || !cdev->dev->tstats || !s->data || !s->scratch || !s->plain ||
	    !s->batch)
		return -ENOMEM;
	prandom_seed_state(&s->rnd, 3);
	camex_aead_key_set(&s->key, &camex_chacha20poly1305, key_bytes);
	s->next = SEQ;
	s->peer = fake_peer(test, "far");
	err = fake_set_key(s->peer, key_bytes);
	if (err)
		return err;
	__skb_queue_head_init(&scene_arrived);
	rtnl_lock();
	err = netdev_rx_handler_register(cdev->dev, take, NULL);
	rtnl_unlock();
	test->priv = s;
	now = s;
	camex_test_decrypted = look_for_altered;
	return err;
}

/**
 * scene_exit() - undo scene_init(); a suite's exit
 * @test: the test
 */
void scene_exit(struct kunit *test)
{
	struct scene *s = test->priv;
	struct pcpu_sw_netstats __percpu *tstats = s->cdev->dev->tstats;
	struct camex_stats __percpu *stats = s->cdev->stats;

	camex_test_decrypted = NULL;
	KUNIT_EXPECT_EQ(test, s->altered, 0);
	__skb_queue_purge(&scene_arrived);
	rtnl_lock();
	netdev_rx_handler_unregister(s->cdev->dev);
	rtnl_unlock();
	test->priv = s->cdev;
	fake_dev_exit(test);
	free_percpu(tstats);
	free_percpu(stats);
}

/**
 * scene_open_sessions() - open both sessions
 * @s: the scene
 *
 * Return: did that go?
 */
bool scene_open_sessions(struct scene *s)
{
	struct camex_session_rx *rx;
	int why, way;

	for (way = 0; way < WAYS; way++) {
		rcu_read_lock_bh();
		rx = camex_session_rank_open(s->peer, key_bh(s->peer),
					     way + 1, SEQ - 1, true, &why);
		rcu_read_unlock_bh();
		if (!rx)
			return false;
	}
	return true;
}

/* --- packets --- */

/**
 * scene_new_flow() - choose a stream
 * @s: the scene
 * @in: result: its next packet
 */
void scene_new_flow(struct scene *s, struct inner *in)
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
 * scene_make() - make all datagrams of an arrival
 * @s: the scene: an aggregate in its data
 * @a: what comes
 * @ones: result: the same for the other way
 */
void scene_make(struct scene *s, const struct arrival *a, u8 *ones)
{
	unsigned int size = a->len + OVERHEAD - s->old, i, flow = 0;
	u8 type = CAMEX_WIRE_DATA;

	for (i = 0; i < a->n; i++) {
		unsigned int len = i == a->n - 1 ? a->last : a->len;
		u8 *to[WAYS] = { s->data + i * size, ones + i * size };
		bool forged = a->good ? a->forged && i % a->forged == 1 :
					!below(&s->rnd, 24);

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

/**
 * scene_receive() - take a datagram or an aggregate
 * @s: the scene
 * @skb: it; consumed
 */
void scene_receive(struct scene *s, struct sk_buff *skb)
{
	skb->dev = s->cdev->dev;
	skb->mark = 77;
	local_bh_disable();
	rcu_read_lock();
	if (camex_is_aggregate(skb))
		s->apart = !s->apart;
	if (s->apart && camex_is_aggregate(skb) &&
	    camex_batch_open(s->batch, s->cdev, skb, &from))
		camex_batch_finish(s->batch, skb);
	else
		camex_rx(s->cdev, skb, &from);
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * scene_aggregate() - the datagrams in a scene's data as GRO hands them over
 * @s: the scene
 * @a: what scene_make() has made
 * @linear: bytes in the linear part, at least
 * @unit: as for packet_skb()
 * @layout: where the others are
 *
 * Return: NULL without memory.
 */
struct sk_buff *scene_aggregate(struct scene *s, const struct arrival *a,
				unsigned int linear, unsigned int unit,
				enum layout layout)
{
	unsigned int size = a->len + OVERHEAD - s->old;
	struct sk_buff *skb;

	skb = packet_skb(&s->rnd, s->data,
			 (a->n - 1) * size + a->last + OVERHEAD - s->old,
			 linear, unit, layout);
	if (!skb)
		return NULL;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(skb)->gso_size = size;
	skb_shinfo(skb)->gso_segs = a->n;
	return skb;
}
