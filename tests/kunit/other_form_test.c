// SPDX-License-Identifier: GPL-2.0-only
/*
 * A protocol whose datagrams have another form than those of protocol camex: a header of
 * 16 bytes, little-endian, that is no associated data; a nonce that does not stand in it;
 * bodies padded with zeros to a multiple of 16 bytes. The data path seals and opens it
 * without knowing that.
 */
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <asm/unaligned.h>

#include "core/link.h"
#include "core/protocol.h"
#include "datapath/receive_batch.h"
#include "datapath/seal.h"
#include "datapath/segment.h"
#include "packets.h"
#include "test.h"

#define HEADER		16
#define PAD		16
#define INDEX		0x01020304
#define MTU		1420
#define PACKET_MAX	9000
#define LONGEST		60000

/**
 * struct scene - a device of such a protocol, whose one peer is itself
 * @rnd: where packets come from
 * @cdev: the device
 * @peer: the peer
 * @key: its key, for both directions
 * @window: what was taken
 * @receiver: what opens its datagrams
 * @next: next sequence to send
 * @heard: calls of the protocol's heard
 * @data: room for a packet
 */
struct scene {
	struct rnd_state rnd;
	struct camex_dev *cdev;
	struct camex_peer *peer;
	struct camex_aead_key key;
	struct camex_window window;
	struct camex_receiver receiver;
	u64 next;
	unsigned int heard;
	u8 *data;
};

static struct scene *scene;
static struct sk_buff_head arrived;

/* --- the protocol --- */

static void put_nonce(u8 *nonce, u64 seq)
{
	memset(nonce, 0, 4);
	put_unaligned_le64(seq, nonce + 4);
}

static bool begin_sealing(struct camex_peer *peer, struct camex_sealing *s,
			  unsigned int n, u8 type, int *why)
{
	s->key = &scene->key;
	s->seq = scene->next;
	scene->next += n;
	s->header = HEADER;
	s->ad_len = 0;
	s->pad = PAD;
	s->pad_max = MTU;
	s->nonce = s->made;
	s->id = INDEX;
	s->type = type;
	return true;
}

static void put_header(struct camex_sealing *s, unsigned int body)
{
	put_unaligned_le32(s->type, s->bytes);
	put_unaligned_le32(s->id, s->bytes + 4);
	put_unaligned_le64(s->seq, s->bytes + 8);
	put_nonce(s->made, s->seq);
}

static bool locate(struct camex_dev *cdev, const u8 *data, unsigned int len,
		   const struct camex_source *from, struct camex_receiver *last,
		   struct camex_located *at)
{
	if (len < HEADER + CAMEX_AEAD_TAG || get_unaligned_le32(data) != 4 ||
	    get_unaligned_le32(data + 4) != INDEX)
		return false;
	at->receiver = &scene->receiver;
	at->seq = get_unaligned_le64(data + 8);
	at->header = HEADER;
	at->body = len - HEADER - CAMEX_AEAD_TAG;
	at->ad = NULL;
	at->ad_len = 0;
	put_nonce(at->made, at->seq);
	at->nonce = at->made;
	return true;
}

static void heard(struct camex_receiver *receiver, const struct camex_source *from,
		  bool highest)
{
	scene->heard++;
}

/* All that a batch does not take. */
static struct camex_peer *refuse(struct camex_dev *cdev, struct sk_buff *skb,
				 const struct camex_source *from, int *why)
{
	*why = CAMEX_A_STATS_AUTH_FAILED;
	return NULL;
}

static const struct camex_protocol_ops other = {
	.overhead = HEADER + CAMEX_AEAD_TAG,
	.least_overhead = HEADER + CAMEX_AEAD_TAG,
	.headroom = HEADER,
	.tailroom = CAMEX_AEAD_TAIL,
	.data = 4,
	.padding = PAD - 1,
	.begin_sealing = begin_sealing,
	.put_header = put_header,
	.locate = locate,
	.heard = heard,
	.open = refuse,
};

/* --- the device --- */

static rx_handler_result_t keep(struct sk_buff **skb)
{
	__skb_queue_tail(&arrived, *skb);
	return RX_HANDLER_CONSUMED;
}

static int other_init(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	static const u8 bytes[CAMEX_KEY_LEN] = { 9 };
	struct camex_dev *cdev;
	int err;

	if (!s)
		return -ENOMEM;
	err = fake_dev_init_protocol(test, &other);
	if (err)
		return err;
	cdev = test->priv;
	s->cdev = cdev;
	cdev->dev->mtu = MTU;
	INIT_LIST_HEAD(&cdev->dev->ptype_all);
	INIT_LIST_HEAD(&cdev->dev->ptype_specific);
	cdev->dev->features = NETIF_F_GRO;
	cdev->stats = camex_stats_alloc();
	cdev->dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	s->data = kunit_kzalloc(test, LONGEST, GFP_KERNEL);
	if (!cdev->stats || !cdev->dev->tstats || !s->data)
		return -ENOMEM;
	prandom_seed_state(&s->rnd, 5);
	s->peer = fake_peer(test, "other");
	camex_aead_key_set(&s->key, &camex_chacha20poly1305, bytes);
	spin_lock_init(&s->window.lock);
	camex_receiver_init(&s->receiver, &s->key, s->peer);
	RCU_INIT_POINTER(s->receiver.window, &s->window);
	scene = s;
	__skb_queue_head_init(&arrived);
	rtnl_lock();
	err = netdev_rx_handler_register(cdev->dev, keep, NULL);
	rtnl_unlock();
	test->priv = s;
	return err;
}

static void other_exit(struct kunit *test)
{
	struct scene *s = test->priv;
	struct pcpu_sw_netstats __percpu *tstats = s->cdev->dev->tstats;
	struct camex_stats __percpu *stats = s->cdev->stats;

	__skb_queue_purge(&arrived);
	rtnl_lock();
	netdev_rx_handler_unregister(s->cdev->dev);
	rtnl_unlock();
	test->priv = s->cdev;
	fake_dev_exit(test);
	free_percpu(tstats);
	free_percpu(stats);
}

/* A TCP packet of @payload bytes that the stack would have cut to @size each. */
static struct sk_buff *make_gso(struct scene *s, struct inner *in,
				unsigned int payload, unsigned int size)
{
	unsigned int head = inner_head(in), l4 = inner_l4(in);
	struct sk_buff *skb;

	prandom_bytes_state(&s->rnd, s->data, head + payload);
	inner_build(in, s->data, head + payload);
	inner_sum(in, s->data, head + payload, true);
	skb = packet_skb(&s->rnd, s->data, head + payload, 128, 1, ONE_FRAG);
	if (!skb)
		return NULL;
	skb->protocol = in->v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, 0);
	skb_set_transport_header(skb, l4);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + l4;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb_shinfo(skb)->gso_size = size;
	skb_shinfo(skb)->gso_type = in->v4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(payload, size);
	return skb;
}

static unsigned int padded(unsigned int len)
{
	return max_t(unsigned int, len, min_t(unsigned int, round_up(len, PAD), MTU));
}

static void receive(struct scene *s, struct sk_buff *skb)
{
	static const struct camex_source from = { .addr = { .family = AF_INET } };

	skb->dev = s->cdev->dev;
	rcu_read_lock();
	camex_rx(s->cdev, skb, &from);
	rcu_read_unlock();
}

/* All payload bytes that arrived, one behind the other, are those that were sent. */
static void expect_payload(struct kunit *test, struct scene *s, unsigned int head,
			   unsigned int payload)
{
	u8 *got = kunit_kzalloc(test, payload + 1, GFP_KERNEL);
	unsigned int at = 0, bytes;
	struct sk_buff *skb;

	KUNIT_ASSERT_NOT_NULL(test, got);
	while ((skb = __skb_dequeue(&arrived))) {
		bytes = skb->len - head;
		if (at + bytes <= payload)
			skb_copy_bits(skb, head, got + at, bytes);
		at += bytes;
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, at, payload);
	KUNIT_EXPECT_EQ(test, 0, memcmp(got, s->data + head, payload));
}

static void check_flow(struct kunit *test, bool v4, unsigned int size,
		       unsigned int payload)
{
	struct scene *s = test->priv;
	struct inner in = { .v4 = v4, .tcp = true, .tcp_options = 12,
			    .flags = TCP_FLAG_ACK, .port = 1, .seq = 100, .ack = 5,
			    .id = 77, .df = true };
	unsigned int head = inner_head(&in), n = DIV_ROUND_UP(payload, size);
	unsigned int last = payload - (n - 1) * size;
	struct camex_segmenter cut;
	struct sk_buff *skb, *out;
	int why = 0;

	skb = make_gso(s, &in, payload, size);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	local_bh_disable();
	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, camex_segment_begin(&cut, skb));
	out = camex_seal_many(s->peer, &cut, 65507, &why);
	rcu_read_unlock();
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, cut.left, 0);
	consume_skb(skb);
	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_EXPECT_EQ(test, (unsigned int)skb_shinfo(out)->gso_size,
			HEADER + padded(head + size) + CAMEX_AEAD_TAG);
	KUNIT_EXPECT_EQ(test, out->len,
			n * (HEADER + CAMEX_AEAD_TAG) +
			(n - 1) * padded(head + size) + padded(head + last));

	s->heard = 0;
	local_bh_disable();
	receive(s, out);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, s->heard, 1);
	/* one packet again, and the padding has not parted it */
	KUNIT_EXPECT_EQ(test, skb_queue_len(&arrived), 1);
	expect_payload(test, s, head, payload);
}

static void one_packet_again(struct kunit *test)
{
	static const u16 sizes[] = { 1368, 1367, 1360, 500, 33, 1301 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes) && !has_failed(test); i++) {
		check_flow(test, true, sizes[i] > 1368 ? 1368 : sizes[i],
			   20 * sizes[i] + 7);
		check_flow(test, false, min_t(u16, sizes[i], 1348), 12 * sizes[i]);
	}
}

/* A single packet is padded, its header stands before it, and it is no associated data. */
static void one_alone(struct kunit *test)
{
	struct scene *s = test->priv;
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL), *out;
	u8 nonce[CAMEX_AEAD_NONCE], *body;
	u64 seq = s->next;
	int why = 0;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 100);
	memset(skb_put(skb, 45), 0x45, 45);
	local_bh_disable();
	rcu_read_lock();
	out = camex_seal(s->peer, skb, 4, &why);
	rcu_read_unlock();
	local_bh_enable();
	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_EQ(test, out->len, HEADER + 48 + CAMEX_AEAD_TAG);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(out->data), 4);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(out->data + 4), INDEX);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(out->data + 8), seq);
	put_nonce(nonce, seq);
	body = kunit_kzalloc(test, 256, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, body);
	memcpy(body + CAMEX_AEAD_HEAD, out->data + HEADER, 48 + CAMEX_AEAD_TAG);
	body += CAMEX_AEAD_HEAD;
	KUNIT_EXPECT_TRUE(test, camex_aead_open(&s->key, body, 48, NULL, 0, nonce));
	KUNIT_EXPECT_EQ(test, body[44], 0x45);
	KUNIT_EXPECT_EQ(test, body[45] | body[46] | body[47], 0);
	kfree_skb(out);
}

/*
 * Between opening and delivery the session ends, and its memory becomes another session: what the
 * old key opened is not delivered as the new session's.
 */
static void another_session(struct kunit *test)
{
	static const struct camex_source from = { .addr = { .family = AF_INET } };
	struct inner in = { .v4 = true, .tcp = true, .flags = TCP_FLAG_ACK, .df = true };
	struct camex_batch *batch = kunit_kzalloc(test, sizeof(*batch), GFP_KERNEL);
	static const u8 other_key[CAMEX_KEY_LEN] = { 8 };
	struct scene *s = test->priv;
	struct camex_segmenter cut;
	struct sk_buff *skb, *out;
	int why = 0, again;

	KUNIT_ASSERT_NOT_NULL(test, batch);
	for (again = 0; again < 2; again++) {
		skb = make_gso(s, &in, 5000, 1000);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		local_bh_disable();
		rcu_read_lock();
		KUNIT_EXPECT_TRUE(test, camex_segment_begin(&cut, skb));
		out = camex_seal_many(s->peer, &cut, 65507, &why);
		consume_skb(skb);
		if (out) {
			out->dev = s->cdev->dev;
			s->heard = 0;
			KUNIT_EXPECT_TRUE(test, camex_batch_open(batch, s->cdev, out, &from));
			KUNIT_EXPECT_EQ(test, s->heard, 0);
			if (again) {
				camex_receiver_init(&s->receiver, &s->key, s->peer);
				RCU_INIT_POINTER(s->receiver.window, &s->window);
				camex_aead_key_set(&s->key, &camex_chacha20poly1305, other_key);
			}
			camex_batch_finish(batch, out);
		}
		rcu_read_unlock();
		local_bh_enable();
		KUNIT_EXPECT_NOT_NULL(test, out);
		KUNIT_EXPECT_EQ(test, s->heard, !again);
		KUNIT_EXPECT_EQ(test, skb_queue_len(&arrived), !again);
		__skb_queue_purge(&arrived);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_packet_again),
	KUNIT_CASE(another_session),
	KUNIT_CASE(one_alone),
	{}
};

static struct kunit_suite suite = {
	.name = "camex_other_form",
	.init = other_init,
	.exit = other_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
