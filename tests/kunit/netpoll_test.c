// SPDX-License-Identifier: GPL-2.0-only
/* A frame for netpoll does not wait for a device that takes none just now. */
#include <linux/etherdevice.h>
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>

#include "core/compat.h"
#include "core/stats.h"
#include "link/tap.h"
#include "test.h"
#include "transport/udp/udp.h"

/* Maximum number of waiting frames. */
#define DEFERRED	256

static unsigned int sent;
/* Number of the last IPv4 frame, and whether a frame was sent after one with a larger number. */
static u32 last;
static bool disordered;

/* IPv6 sends frames of its own by a device that is up. */
static netdev_tx_t take(struct sk_buff *skb, struct net_device *dev)
{
	if (skb->protocol == htons(ETH_P_IP)) {
		u32 number = get_unaligned_be32(skb->data + ETH_HLEN);

		sent++;
		disordered |= number < last;
		last = number;
	}
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops device_ops = { .ndo_start_xmit = take };

/**
 * struct fixture - a device that frames leave by
 * @dev: the device; up, with a qdisc
 * @np: its netpoll
 * @stats: counters
 */
struct fixture {
	struct net_device *dev;
	struct netpoll np;
	struct camex_stats __percpu *stats;
};

static int netpoll_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int err;

	if (!f)
		return -ENOMEM;
	sent = 0;
	last = 0;
	disordered = false;
	f->stats = camex_stats_alloc();
	f->dev = alloc_netdev(0, "camexq%d", NET_NAME_UNKNOWN, ether_setup);
	if (!f->stats || !f->dev)
		return -ENOMEM;
	f->dev->netdev_ops = &device_ops;
	eth_hw_addr_random(f->dev);
	f->np.name = "camex-kunit";
	err = register_netdev(f->dev);
	if (err)
		return err;
	rtnl_lock();
	err = dev_open(f->dev, NULL) ?: camex_netpoll_setup(&f->np, f->dev);
	rtnl_unlock();
	test->priv = f;
	return err;
}

static void netpoll_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	rtnl_lock();
	camex_netpoll_cleanup(&f->np);
	rtnl_unlock();
	unregister_netdev(f->dev);
	free_netdev(f->dev);
	free_percpu(f->stats);
}

static struct sk_buff *make_frame(struct kunit *test)
{
	const struct fixture *f = test->priv;
	struct sk_buff *skb = alloc_skb(128, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, ETH_ZLEN);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = htons(ETH_P_IP);
	skb->dev = f->dev;
	return skb;
}

static void send(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sk_buff *skb = make_frame(test);

	local_bh_disable();
	camex_netpoll_frame(f->stats, &f->np, skb);
	local_bh_enable();
}

/* A qdisc may send by ksoftirqd, or by another CPU that sends IPv6's own frames just then. */
static void expect_sent(struct kunit *test, unsigned int n)
{
	unsigned long until = jiffies + 10 * HZ;

	while (READ_ONCE(sent) < n && time_before(jiffies, until))
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, n, READ_ONCE(sent));
}

static u64 fallbacks(struct kunit *test)
{
	const struct fixture *f = test->priv;
	u64 sum[CAMEX_STATS_COUNT];

	camex_stats_sum(f->stats, sum);
	return sum[camex_stats_slot(CAMEX_A_STATS_NETPOLL_FALLBACK)];
}

static void netpoll_at_once(struct kunit *test)
{
	send(test);
	KUNIT_EXPECT_EQ(test, 1U, sent);
	KUNIT_EXPECT_EQ(test, 0ULL, fallbacks(test));
}

/* It waits in the qdisc, not here, and nothing waits for netpoll. */
static void netpoll_stopped(struct kunit *test)
{
	struct fixture *f = test->priv;

	netif_stop_queue(f->dev);
	send(test);
	KUNIT_EXPECT_EQ(test, 0U, sent);
	KUNIT_EXPECT_EQ(test, 1ULL, fallbacks(test));
	rtnl_lock();
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&rtnl_dereference(f->dev->npinfo)->txq));
	rtnl_unlock();
	local_bh_disable();
	netif_wake_queue(f->dev);
	local_bh_enable();
	expect_sent(test, 1);
	send(test);
	expect_sent(test, 2);
	KUNIT_EXPECT_EQ(test, 1ULL, fallbacks(test));
}

/* Another CPU is in the driver. */
static void netpoll_locked(struct kunit *test)
{
	struct fixture *f = test->priv;

	WRITE_ONCE(netdev_get_tx_queue(f->dev, 0)->xmit_lock_owner, -2);
	send(test);
	expect_sent(test, 1);
	KUNIT_EXPECT_EQ(test, 1ULL, fallbacks(test));
}

/*
 * Frames of netpoll's wait for interrupts to be on. So does the count of those that there is
 * no room for: an interrupt between the halves of a counter would tear it.
 */
static void netpoll_deferred(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct camex_dev *cdev = kunit_kzalloc(test, sizeof(*cdev), GFP_KERNEL);
	u64 early[CAMEX_STATS_COUNT], sum[CAMEX_STATS_COUNT];
	unsigned int n = 300, i, slot = camex_stats_slot(CAMEX_A_STATS_QUEUE_FULL);
	unsigned long until = jiffies + 10 * HZ;
	struct sk_buff_head frames;
	struct sk_buff *skb;

	KUNIT_ASSERT_NOT_NULL(test, cdev);
	cdev->stats = f->stats;
	camex_deferred_init(cdev);
	__skb_queue_head_init(&frames);
	for (i = 0; i < n; i++) {
		skb = make_frame(test);
		put_unaligned_be32(i, skb->data + ETH_HLEN);
		__skb_queue_tail(&frames, skb);
	}
	local_irq_disable();
	while ((skb = __skb_dequeue(&frames)))
		camex_defer_frame(cdev, skb);
	camex_stats_sum(f->stats, early);
	local_irq_enable();
	while (atomic_read(&cdev->deferred.waiting) && time_before(jiffies, until))
		schedule_timeout_uninterruptible(1);
	camex_deferred_clear(cdev);
	expect_sent(test, DEFERRED);
	camex_stats_sum(f->stats, sum);
	KUNIT_EXPECT_EQ(test, early[slot], 0ULL);
	KUNIT_EXPECT_FALSE(test, disordered);
	KUNIT_EXPECT_EQ(test, sum[slot], (u64)n - DEFERRED);
}

static struct kunit_case netpoll_cases[] = {
	KUNIT_CASE(netpoll_at_once),
	KUNIT_CASE(netpoll_stopped),
	KUNIT_CASE(netpoll_locked),
	KUNIT_CASE(netpoll_deferred),
	{}
};

static struct kunit_suite netpoll_suite = {
	.name = "camex_netpoll",
	.init = netpoll_init,
	.exit = netpoll_exit,
	.test_cases = netpoll_cases,
};

kunit_test_suite(netpoll_suite);
