// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>

#include "core/link.h"
#include "core/peer.h"
#include "core/stats.h"
#include "link/fdb.h"
#include "netlink/netlink.h"
#include "test.h"

#define PEERS	4
/* Stations of the model, and what is done with them. */
#define STATIONS	24
#define OPERATIONS	20000

static int fdb_init(struct kunit *test)
{
	struct camex_dev *cdev;
	int err = fake_dev_init(test);

	if (err)
		return err;
	cdev = test->priv;
	cdev->conf.ageing = CAMEX_AGEING_DEFAULT;
	cdev->link = &camex_link_tap;
	cdev->stats = camex_stats_alloc();
	return cdev->stats ? camex_fdb_init(cdev) : -ENOMEM;
}

static void fdb_exit(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;

	if (!cdev)
		return;
	fake_dev_exit(test);
	if (!cdev->stats)
		return;
	KUNIT_EXPECT_EQ(test, cdev->stations.n, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&cdev->stations.table.nelems), 0);
	camex_fdb_free(cdev);
	free_percpu(cdev->stats);
}

/* The @n-th station, 02:00 and its number. */
static void station(u8 *mac, u32 n)
{
	mac[0] = 2;
	mac[1] = 0;
	put_unaligned_be32(n, mac + 2);
}

static bool learn(struct camex_peer *peer, u32 n, u16 vlan)
{
	u8 mac[ETH_ALEN];
	bool good;

	station(mac, n);
	local_bh_disable();
	rcu_read_lock();
	good = camex_fdb_learn(peer, mac, vlan);
	rcu_read_unlock();
	local_bh_enable();
	return good;
}

static struct camex_peer *behind(struct camex_dev *cdev, u32 n, u16 vlan)
{
	struct camex_peer *peer;
	u8 mac[ETH_ALEN];

	station(mac, n);
	rcu_read_lock();
	peer = camex_fdb_lookup(cdev, mac, vlan);
	rcu_read_unlock();
	return peer;
}

static int add(struct camex_peer *peer, u32 n, u16 vlan, bool fixed)
{
	struct camex_fdb_key key;
	u8 mac[ETH_ALEN];
	int err;

	station(mac, n);
	camex_fdb_key_set(&key, mac, vlan);
	rtnl_lock();
	err = camex_fdb_add(peer, &key, fixed);
	rtnl_unlock();
	return err;
}

static int del(struct camex_dev *cdev, u32 n, u16 vlan, const struct camex_peer *peer)
{
	struct camex_fdb_key key;
	u8 mac[ETH_ALEN];
	int err;

	station(mac, n);
	camex_fdb_key_set(&key, mac, vlan);
	rtnl_lock();
	err = camex_fdb_del(cdev, &key, peer);
	rtnl_unlock();
	return err;
}

static u64 full(struct camex_dev *cdev)
{
	u64 sum[CAMEX_STATS_COUNT];

	camex_stats_sum(cdev->stats, sum);
	return sum[CAMEX_A_STATS_FDB_FULL - 1];
}

/* It was so many seconds ago that the peer's stations were heard. */
static void was_heard(struct camex_peer *peer, unsigned int seconds)
{
	struct camex_fdb_entry *entry;

	list_for_each_entry(entry, &peer->stations.list, peer_node)
		entry->seen = jiffies - seconds * HZ;
}

static void fdb_learns(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;

	KUNIT_EXPECT_NULL(test, behind(cdev, 1, 0));
	KUNIT_EXPECT_TRUE(test, learn(a, 1, 0));
	KUNIT_EXPECT_TRUE(test, learn(a, 1, 0));
	KUNIT_EXPECT_TRUE(test, learn(b, 2, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 2, 0), b);
	KUNIT_EXPECT_NULL(test, behind(cdev, 3, 0));
	KUNIT_EXPECT_EQ(test, a->stations.n, 1);
	KUNIT_EXPECT_EQ(test, cdev->stations.n, 2);
	fake_peer_del(a);
	KUNIT_EXPECT_NULL(test, behind(cdev, 1, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 2, 0), b);
	KUNIT_EXPECT_EQ(test, cdev->stations.n, 1);
}

/* The same address in two VLANs is two stations. */
static void fdb_tells_vlans_apart(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;

	learn(a, 1, 0);
	learn(b, 1, 1);
	learn(a, 1, 4094);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 1), b);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 4094), a);
	KUNIT_EXPECT_NULL(test, behind(cdev, 1, 2));
	KUNIT_EXPECT_EQ(test, del(cdev, 1, 1, NULL), 0);
	KUNIT_EXPECT_NULL(test, behind(cdev, 1, 1));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
}

static void fdb_moves(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;

	learn(a, 1, 0);
	learn(a, 2, 0);
	KUNIT_EXPECT_TRUE(test, learn(b, 1, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), b);
	KUNIT_EXPECT_EQ(test, a->stations.n, 1);
	KUNIT_EXPECT_EQ(test, b->stations.n, 1);
	KUNIT_EXPECT_EQ(test, cdev->stations.n, 2);
	KUNIT_EXPECT_TRUE(test, learn(a, 1, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
	KUNIT_EXPECT_EQ(test, full(cdev), 0);
}

static void fdb_by_hand_beats_learned(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;

	learn(a, 1, 0);
	KUNIT_EXPECT_EQ(test, add(b, 1, 0, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), b);
	KUNIT_EXPECT_FALSE(test, learn(a, 1, 0));
	KUNIT_EXPECT_TRUE(test, learn(b, 1, 0));
	KUNIT_EXPECT_TRUE(test, learn(a, 1, 7));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), b);
	KUNIT_EXPECT_EQ(test, a->stations.n, 1);
	/* what is learned goes, what was said stays */
	rtnl_lock();
	camex_fdb_flush_all(cdev);
	rtnl_unlock();
	KUNIT_EXPECT_NULL(test, behind(cdev, 1, 7));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), b);
	KUNIT_EXPECT_EQ(test, del(cdev, 1, 0, a), -ENOENT);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), b);
	/* not for good */
	KUNIT_EXPECT_EQ(test, add(b, 1, 0, false), 0);
	KUNIT_EXPECT_TRUE(test, learn(a, 1, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
	KUNIT_EXPECT_EQ(test, del(cdev, 1, 0, a), 0);
	KUNIT_EXPECT_EQ(test, del(cdev, 1, 0, a), -ENOENT);
}

static void fdb_ages(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_dev *cdev = test->priv;

	learn(a, 1, 0);
	add(a, 2, 0, true);
	was_heard(a, CAMEX_AGEING_DEFAULT - 1);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
	was_heard(a, CAMEX_AGEING_DEFAULT + 1);
	KUNIT_EXPECT_NULL(test, behind(cdev, 1, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 2, 0), a);
	/* heard again before anybody has looked */
	learn(a, 1, 0);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
	KUNIT_EXPECT_EQ(test, a->stations.n, 2);
	was_heard(a, CAMEX_AGEING_DEFAULT + 1);
	mod_delayed_work(system_percpu_wq, &cdev->stations.work, 0);
	flush_delayed_work(&cdev->stations.work);
	KUNIT_EXPECT_EQ(test, cdev->stations.n, 1);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 2, 0), a);
	/* somebody looks again as long as there is one, and from the first on */
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&cdev->stations.work));
	KUNIT_EXPECT_EQ(test, del(cdev, 2, 0, a), 0);
	mod_delayed_work(system_percpu_wq, &cdev->stations.work, 0);
	flush_delayed_work(&cdev->stations.work);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&cdev->stations.work));
	learn(a, 3, 0);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&cdev->stations.work));
	was_heard(a, CAMEX_AGEING_DEFAULT + 1);
	mod_delayed_work(system_percpu_wq, &cdev->stations.work, 0);
	flush_delayed_work(&cdev->stations.work);
	KUNIT_EXPECT_EQ(test, cdev->stations.n, 0);
	/* and never */
	cdev->conf.ageing = 0;
	learn(a, 1, 0);
	was_heard(a, 1000000);
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), a);
}

/* A station that is heard in the next tick, while its age is computed, is not old. */
static void fdb_heard_meanwhile(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_fdb_entry *entry;
	struct nlattr *age = NULL;
	struct sk_buff *msg;

	learn(a, 1, 0);
	entry = list_first_entry(&a->stations.list, struct camex_fdb_entry, peer_node);
	msg = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	spin_lock_bh(&a->cdev->lock);
	WRITE_ONCE(entry->seen, jiffies + HZ);
	if (!camex_nl_put_fdb(msg, entry))
		age = nla_find_nested((struct nlattr *)msg->data, CAMEX_A_FDB_AGE);
	spin_unlock_bh(&a->cdev->lock);
	KUNIT_EXPECT_NOT_NULL(test, age);
	if (age)
		KUNIT_EXPECT_EQ(test, nla_get_u32(age), 0);
	nlmsg_free(msg);
}

/* The search for old entries: within 30 s, however long they live; within 1 s of a short time. */
static void fdb_looks_in_time(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_dev *cdev = test->priv;
	struct delayed_work *look = &cdev->stations.work;

	cdev->conf.ageing = U16_MAX;
	learn(a, 1, 0);
	KUNIT_ASSERT_TRUE(test, delayed_work_pending(look));
	KUNIT_EXPECT_TRUE(test, time_before_eq(look->timer.expires, jiffies + 30 * HZ));
	KUNIT_EXPECT_TRUE(test, time_after(look->timer.expires, jiffies + 5 * HZ));
	cdev->conf.ageing = 1;
	rtnl_lock();
	cdev->link->configured(cdev);
	rtnl_unlock();
	KUNIT_EXPECT_TRUE(test, time_before_eq(look->timer.expires, jiffies + HZ));
}

static void fdb_is_bounded(struct kunit *test)
{
	struct camex_peer *peer[PEERS + 1];
	struct camex_dev *cdev = test->priv;
	u32 i, n, first;

	BUILD_BUG_ON(PEERS * CAMEX_FDB_PEER_MAX != CAMEX_FDB_MAX);
	for (i = 0; i <= PEERS; i++) {
		char name[] = { 'a' + i, 0 };

		peer[i] = fake_peer(test, name);
	}
	for (n = 0; n < CAMEX_FDB_PEER_MAX + 10; n++)
		KUNIT_ASSERT_TRUE(test, learn(peer[0], n, 0));
	KUNIT_EXPECT_EQ(test, peer[0]->stations.n, CAMEX_FDB_PEER_MAX);
	KUNIT_EXPECT_EQ(test, full(cdev), 10);
	KUNIT_EXPECT_NULL(test, behind(cdev, CAMEX_FDB_PEER_MAX, 0));
	KUNIT_EXPECT_EQ(test, add(peer[0], CAMEX_FDB_PEER_MAX, 0, true), -ENOSPC);
	/* one that moves makes room; to a full peer none does */
	KUNIT_EXPECT_TRUE(test, learn(peer[1], CAMEX_FDB_PEER_MAX, 0));
	KUNIT_EXPECT_TRUE(test, learn(peer[0], CAMEX_FDB_PEER_MAX, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, CAMEX_FDB_PEER_MAX, 0), peer[1]);
	KUNIT_EXPECT_EQ(test, full(cdev), 11);
	KUNIT_EXPECT_TRUE(test, learn(peer[1], 0, 0));
	KUNIT_EXPECT_EQ(test, peer[0]->stations.n, CAMEX_FDB_PEER_MAX - 1);
	KUNIT_EXPECT_TRUE(test, learn(peer[0], CAMEX_FDB_PEER_MAX, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, CAMEX_FDB_PEER_MAX, 0), peer[0]);
	/* all of it */
	for (i = 1; i < PEERS; i++) {
		first = i * 100000;
		for (n = peer[i]->stations.n; n < CAMEX_FDB_PEER_MAX; n++)
			KUNIT_ASSERT_TRUE(test, learn(peer[i], first + n, 0));
	}
	KUNIT_EXPECT_EQ(test, cdev->stations.n, CAMEX_FDB_MAX);
	KUNIT_EXPECT_EQ(test, full(cdev), 11);
	KUNIT_EXPECT_TRUE(test, learn(peer[PEERS], 1000000, 0));
	KUNIT_EXPECT_EQ(test, full(cdev), 12);
	KUNIT_EXPECT_EQ(test, cdev->stations.n, CAMEX_FDB_MAX);
	KUNIT_EXPECT_EQ(test, add(peer[PEERS], 1000000, 0, true), -ENOSPC);
	KUNIT_EXPECT_TRUE(test, learn(peer[PEERS], 1, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1, 0), peer[PEERS]);
	fake_peer_del(peer[1]);
	KUNIT_EXPECT_EQ(test, cdev->stations.n, CAMEX_FDB_MAX - CAMEX_FDB_PEER_MAX);
	KUNIT_EXPECT_TRUE(test, learn(peer[PEERS], 1000000, 0));
	KUNIT_EXPECT_PTR_EQ(test, behind(cdev, 1000000, 0), peer[PEERS]);
}

/* Whatever is done, in any order: each station is where a plain array has it. */
static void fdb_is_as_a_model(struct kunit *test)
{
	struct camex_peer *peer[PEERS], *where[STATIONS] = {};
	bool fixed[STATIONS] = {};
	struct camex_dev *cdev = test->priv;
	struct rnd_state rnd;
	unsigned int i, n, known;

	prandom_seed_state(&rnd, 7);
	for (i = 0; i < PEERS; i++) {
		char name[] = { 'a' + i, 0 };

		peer[i] = fake_peer(test, name);
	}
	for (i = 0; i < OPERATIONS && !has_failed(test); i++) {
		struct camex_peer *p = peer[below(&rnd, PEERS)];
		bool good;

		n = below(&rnd, STATIONS);
		switch (below(&rnd, 8)) {
		case 0:
			fixed[n] = below(&rnd, 2);
			where[n] = p;
			KUNIT_EXPECT_EQ(test, add(p, n / 2, n % 2, fixed[n]), 0);
			break;
		case 1:
			good = where[n] == p;
			KUNIT_EXPECT_EQ(test, del(cdev, n / 2, n % 2, p), good ? 0 : -ENOENT);
			if (good) {
				where[n] = NULL;
				fixed[n] = false;
			}
			break;
		default:
			good = !fixed[n] || where[n] == p;
			KUNIT_EXPECT_EQ(test, learn(p, n / 2, n % 2), good);
			if (good)
				where[n] = p;
		}
		KUNIT_EXPECT_PTR_EQ(test, behind(cdev, n / 2, n % 2), where[n]);
	}
	for (n = 0, known = 0; n < STATIONS; n++)
		known += !!where[n];
	KUNIT_EXPECT_EQ(test, cdev->stations.n, known);
	KUNIT_EXPECT_EQ(test, full(cdev), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(fdb_learns),
	KUNIT_CASE(fdb_tells_vlans_apart),
	KUNIT_CASE(fdb_moves),
	KUNIT_CASE(fdb_by_hand_beats_learned),
	KUNIT_CASE(fdb_ages),
	KUNIT_CASE(fdb_heard_meanwhile),
	KUNIT_CASE(fdb_looks_in_time),
	KUNIT_CASE(fdb_is_bounded),
	KUNIT_CASE(fdb_is_as_a_model),
	{}
};

static struct kunit_suite suite = {
	.name = "camex_fdb",
	.init = fdb_init,
	.exit = fdb_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
