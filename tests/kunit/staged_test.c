// SPDX-License-Identifier: GPL-2.0-only
/* A protocol that has to shake hands first: packets wait for that, and none is lost. */
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>

#include "core/link.h"
#include "core/protocol.h"
#include "core/staged.h"
#include "core/transport.h"
#include "test.h"

/* What the protocol has of a peer. */
struct own {
	bool session;
	unsigned int wanted;
	unsigned int forgotten;
};

#define ROOM	1400

static struct sk_buff_head sent;

static int is_ready(const struct camex_peer *peer)
{
	const struct own *own = camex_peer_own(peer);

	return own->session ? 0 : CAMEX_READY_STAGED;
}

static void want_session(struct camex_peer *peer)
{
	struct own *own = camex_peer_own(peer);

	own->wanted++;
}

static struct sk_buff *seal(struct camex_peer *peer, struct sk_buff *skb, int *why)
{
	return skb;
}

static void forget(struct camex_peer *peer, bool dying)
{
	struct own *own = camex_peer_own(peer);

	own->forgotten++;
}

static const struct camex_protocol_ops shaking = {
	.peer_size = sizeof(struct own),
	.ready = is_ready,
	.want_session = want_session,
	.seal = seal,
	.peer_forget = forget,
};

static int route(struct camex_dev *cdev, struct camex_endpoint *ep, struct camex_way *way)
{
	way->room = ROOM;
	way->batch = 65000;
	return 0;
}

static int send(struct camex_dev *cdev, struct camex_endpoint *ep,
		const struct camex_way *way, struct sk_buff *skb)
{
	__skb_queue_tail(&sent, skb);
	return 0;
}

static const struct camex_transport_ops transport = {
	.route = route,
	.send = send,
};

static int staged_init(struct kunit *test)
{
	struct camex_dev *cdev;
	int err = fake_dev_init_protocol(test, &shaking);

	if (err)
		return err;
	cdev = test->priv;
	cdev->transport = &transport;
	cdev->stats = camex_stats_alloc();
	cdev->dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!cdev->stats || !cdev->dev->tstats)
		return -ENOMEM;
	set_bit(__LINK_STATE_START, &cdev->dev->state);
	__skb_queue_head_init(&sent);
	return 0;
}

static void staged_exit(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct pcpu_sw_netstats __percpu *tstats = cdev->dev->tstats;
	struct camex_stats __percpu *stats = cdev->stats;

	__skb_queue_purge(&sent);
	fake_dev_exit(test);
	free_percpu(tstats);
	free_percpu(stats);
}

/* A peer with an endpoint. */
static struct camex_peer *new_peer(struct kunit *test)
{
	static const struct camex_addr to = {
		.family = AF_INET, .port = cpu_to_be16(7000), .v4 = cpu_to_be32(0xc0000201),
	};
	struct camex_peer *peer = fake_peer(test, "far");
	struct camex_endpoint *ep;

	rtnl_lock();
	spin_lock_bh(&peer->cdev->lock);
	ep = camex_endpoint_new(peer, &to, NULL);
	if (ep)
		camex_peer_configure_endpoint(peer, ep);
	spin_unlock_bh(&peer->cdev->lock);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, ep);
	return peer;
}

/* An IPv4 packet of @len bytes, numbered in its ID; @df as there. */
static struct sk_buff *new_packet(struct kunit *test, u16 id, unsigned int len, bool df)
{
	struct sk_buff *skb = alloc_skb(len + 64, GFP_KERNEL);
	struct iphdr *ip;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 64);
	ip = skb_put_zero(skb, len);
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(len);
	ip->id = htons(id);
	ip->frag_off = df ? htons(IP_DF) : 0;
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	return skb;
}

static int send_packet(struct camex_peer *peer, struct sk_buff *skb)
{
	unsigned int room;
	int why;

	local_bh_disable();
	rcu_read_lock();
	why = camex_tx(peer, skb, skb->protocol, &room);
	rcu_read_unlock();
	local_bh_enable();
	if (why)
		kfree_skb(skb);
	return why;
}

static void send_staged(struct camex_peer *peer)
{
	local_bh_disable();
	rcu_read_lock();
	camex_staged_send(peer);
	rcu_read_unlock();
	local_bh_enable();
}

static u64 count_of(const struct camex_dev *cdev, int why)
{
	u64 sum[CAMEX_STATS_COUNT];
	int i;

	camex_stats_sum(cdev->stats, sum);
	for (i = 0; i < CAMEX_STATS_COUNT; i++)
		if (camex_stats_attr(i) == why)
			return sum[i];
	return U64_MAX;
}

/* The first packet is sent as well, and in order; the protocol is asked for a session. */
static void staged_in_order(struct kunit *test)
{
	struct camex_peer *peer = new_peer(test);
	struct own *own = camex_peer_own(peer);
	struct sk_buff *skb;
	u16 i;

	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, 0, send_packet(peer, new_packet(test, i, 100, true)));
	KUNIT_EXPECT_EQ(test, 5, own->wanted);
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&sent));
	KUNIT_EXPECT_TRUE(test, camex_staged_any(peer));

	/* no session yet: it waits on */
	send_staged(peer);
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&sent));
	KUNIT_EXPECT_EQ(test, 5, skb_queue_len(&peer->staged));

	own->session = true;
	send_staged(peer);
	KUNIT_EXPECT_FALSE(test, camex_staged_any(peer));
	KUNIT_EXPECT_EQ(test, 5, skb_queue_len(&sent));
	i = 0;
	skb_queue_walk(&sent, skb)
		KUNIT_EXPECT_EQ(test, i++, ntohs(ip_hdr(skb)->id));
	KUNIT_EXPECT_EQ(test, 0, send_packet(peer, new_packet(test, 5, 100, true)));
	KUNIT_EXPECT_EQ(test, 6, skb_queue_len(&sent));
}

/* The oldest gives way, and is counted. */
static void staged_bounded(struct kunit *test)
{
	struct camex_peer *peer = new_peer(test);
	struct own *own = camex_peer_own(peer);
	struct rtnl_link_stats64 traffic;
	u16 i;

	for (i = 0; i < CAMEX_STAGED_MAX + 3; i++)
		KUNIT_EXPECT_EQ(test, 0, send_packet(peer, new_packet(test, i, 100, false)));
	KUNIT_EXPECT_EQ(test, CAMEX_STAGED_MAX, skb_queue_len(&peer->staged));
	KUNIT_EXPECT_EQ(test, 3, count_of(test->priv, CAMEX_A_STATS_QUEUE_FULL));
	camex_traffic_sum(peer->traffic, &traffic);
	KUNIT_EXPECT_EQ(test, 3, traffic.tx_dropped);
	KUNIT_EXPECT_EQ(test, 0, traffic.rx_dropped);
	own->session = true;
	send_staged(peer);
	KUNIT_ASSERT_EQ(test, CAMEX_STAGED_MAX, skb_queue_len(&sent));
	KUNIT_EXPECT_EQ(test, 3, ntohs(ip_hdr(skb_peek(&sent))->id));
	KUNIT_EXPECT_EQ(test, CAMEX_STAGED_MAX + 2, ntohs(ip_hdr(skb_peek_tail(&sent))->id));
}

static int send_large(struct kunit *test, struct camex_peer *peer, u16 id)
{
	struct sk_buff *skb = new_packet(test, id, 100, false);

	skb->truesize = CAMEX_STAGED_MEMORY / 4;
	return send_packet(peer, skb);
}

/* Large packets are fewer; what is gone counts no more. */
static void staged_memory(struct kunit *test)
{
	struct camex_peer *peer = new_peer(test);
	u16 i;

	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, 0, send_large(test, peer, i));
	KUNIT_EXPECT_EQ(test, 4, skb_queue_len(&peer->staged));
	KUNIT_EXPECT_EQ(test, 2, ntohs(ip_hdr(skb_peek(&peer->staged))->id));
	KUNIT_EXPECT_EQ(test, 2, count_of(test->priv, CAMEX_A_STATS_QUEUE_FULL));
	camex_staged_purge(peer);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, 0, send_large(test, peer, i));
	KUNIT_EXPECT_EQ(test, 4, skb_queue_len(&peer->staged));
	KUNIT_EXPECT_EQ(test, 2, count_of(test->priv, CAMEX_A_STATS_QUEUE_FULL));
}

/* A packet larger than the memory limit waits alone; the next packet replaces it. */
static void staged_larger_than_all(struct kunit *test)
{
	struct camex_peer *peer = new_peer(test);
	struct sk_buff *skb = new_packet(test, 0, 100, false);

	skb->truesize = CAMEX_STAGED_MEMORY + 1;
	KUNIT_EXPECT_EQ(test, 0, send_packet(peer, skb));
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&peer->staged));
	KUNIT_EXPECT_EQ(test, 0, count_of(test->priv, CAMEX_A_STATS_QUEUE_FULL));
	KUNIT_EXPECT_EQ(test, 0, send_packet(peer, new_packet(test, 1, 100, false)));
	KUNIT_ASSERT_EQ(test, 1, skb_queue_len(&peer->staged));
	KUNIT_EXPECT_EQ(test, 1, ntohs(ip_hdr(skb_peek(&peer->staged))->id));
	KUNIT_EXPECT_EQ(test, 1, count_of(test->priv, CAMEX_A_STATS_QUEUE_FULL));
}

/* What does not fit is refused at once: its sender can still be told. */
static void staged_too_big(struct kunit *test)
{
	struct camex_peer *peer = new_peer(test);
	struct own *own = camex_peer_own(peer);

	KUNIT_EXPECT_EQ(test, CAMEX_A_STATS_TOO_BIG,
			send_packet(peer, new_packet(test, 0, ROOM + 1, true)));
	KUNIT_EXPECT_FALSE(test, camex_staged_any(peer));
	KUNIT_EXPECT_EQ(test, 0, own->wanted);
}

/* Nothing waits at a link that is down, nor for a peer that is forgotten or goes. */
static void staged_purged(struct kunit *test)
{
	struct camex_peer *peer = new_peer(test);
	struct camex_dev *cdev = test->priv;
	struct own *own = camex_peer_own(peer);

	KUNIT_EXPECT_EQ(test, 0, send_packet(peer, new_packet(test, 0, 100, false)));
	rtnl_lock();
	camex_peer_forget(peer);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, 1, own->forgotten);
	KUNIT_EXPECT_FALSE(test, camex_staged_any(peer));

	clear_bit(__LINK_STATE_START, &cdev->dev->state);
	KUNIT_EXPECT_EQ(test, CAMEX_A_STATS_QUEUE_FULL,
			send_packet(peer, new_packet(test, 1, 100, false)));
	set_bit(__LINK_STATE_START, &cdev->dev->state);

	/* the suite's exit deletes the peer: a leak is reported there */
	KUNIT_EXPECT_EQ(test, 0, send_packet(peer, new_packet(test, 2, 100, false)));
	KUNIT_EXPECT_TRUE(test, camex_staged_any(peer));
}

static struct kunit_case staged_cases[] = {
	KUNIT_CASE(staged_in_order),
	KUNIT_CASE(staged_bounded),
	KUNIT_CASE(staged_memory),
	KUNIT_CASE(staged_larger_than_all),
	KUNIT_CASE(staged_too_big),
	KUNIT_CASE(staged_purged),
	{}
};

static struct kunit_suite staged_suite = {
	.name = "camex_staged",
	.init = staged_init,
	.exit = staged_exit,
	.test_cases = staged_cases,
};

kunit_test_suite(staged_suite);
