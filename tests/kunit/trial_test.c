// SPDX-License-Identifier: GPL-2.0-only
/* Trying keys: how many for one datagram at once, and that all are tried in the end. */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>

#include "protocol/camex/control_text.h"
#include "protocol/camex/state.h"
#include "test.h"

/* Some more than are tried at once, several times. */
#define KEYS		(3 * CAMEX_TRIAL_KEYS + 1)
#define PATIENCE	(60 * HZ)
#define SEQ		1000

static void key_of(unsigned int number, u8 *bytes)
{
	memset(bytes, 0, CAMEX_KEY_LEN);
	memcpy(bytes, &number, sizeof(number));
	bytes[CAMEX_KEY_LEN - 1] = 1;
}

/* A device with a peer for each key: p0, p1, ... */
static int trial_init(struct kunit *test)
{
	char name[CAMEX_NAME_MAX + 1];
	struct camex_dev *cdev;
	u8 key[CAMEX_KEY_LEN];
	unsigned int i;
	int err;

	err = fake_dev_init(test);
	if (err)
		return err;
	cdev = test->priv;
	cdev->stats = camex_stats_alloc();
	if (!cdev->stats)
		return -ENOMEM;
	for (i = 0; i < KEYS && !err; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		key_of(i, key);
		err = fake_set_key(fake_peer(test, name), key);
	}
	return err;
}

static void trial_exit(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct camex_stats __percpu *stats = cdev->stats;

	fake_dev_exit(test);
	free_percpu(stats);
}

static u64 counted(const struct camex_dev *cdev, int which)
{
	u64 sum[CAMEX_STATS_COUNT];

	camex_stats_sum(cdev->stats, sum);
	return sum[which - 1];
}

/* A REGISTER of a peer, under its key. @len: bytes of the text, zeros behind it; 0: its own. */
static struct sk_buff *make_register(struct kunit *test, unsigned int number,
				     unsigned int len, u64 seq)
{
	struct sk_buff *skb = alloc_skb(CAMEX_AEAD_HEAD + CAMEX_WIRE_HEADER + CAMEX_TEXT_MAX +
					CAMEX_AEAD_TAIL, GFP_KERNEL);
	struct camex_wire_header h = {
		.type = CAMEX_WIRE_REGISTER,
		.prefix = number,
		.seq = seq,
		.len = CAMEX_WIRE_HEADER,
	};
	u8 ad[CAMEX_WIRE_HEADER], key[CAMEX_KEY_LEN];
	char id[CAMEX_NAME_MAX + 1];
	struct camex_aead_key aead;
	size_t own;
	u8 *body;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, CAMEX_AEAD_HEAD);
	body = skb->data + CAMEX_WIRE_HEADER;
	snprintf(id, sizeof(id), "p%u", number);
	memset(body, 0, CAMEX_TEXT_MAX);
	own = camex_text_auto((char *)body, id, false);
	h.body = len ?: own;
	camex_wire_build(ad, &h);
	key_of(number, key);
	camex_aead_key_set(&aead, &camex_chacha20poly1305, key);
	camex_aead_seal(&aead, body, h.body, ad, sizeof(ad), ad + CAMEX_WIRE_NONCE);
	memcpy(skb->data, ad, sizeof(ad));
	skb_put(skb, CAMEX_WIRE_HEADER + h.body + CAMEX_WIRE_TAG);
	return skb;
}

/* A datagram comes from a source; *@why is what it is counted as. */
static struct camex_peer *receive_from(struct camex_dev *cdev, struct sk_buff *skb,
				       const struct camex_addr *addr, int *why)
{
	struct camex_source from = { .addr = *addr };
	struct camex_peer *peer;

	*why = 0;
	camex_test_trials = 0;
	local_bh_disable();
	rcu_read_lock();
	peer = cdev->protocol->open(cdev, skb, &from, why);
	rcu_read_unlock();
	local_bh_enable();
	kfree_skb(skb);
	return peer;
}

/* Address 192.0.2.@host. */
static struct camex_addr source4(u8 host, u16 port)
{
	return (struct camex_addr){
		.family = AF_INET,
		.port = htons(port),
		.v4 = htonl(0xc0000200 + host),
	};
}

/* Address 2001:db8::@net:0:0:0:@host. */
static struct camex_addr source6(u16 net, u16 host)
{
	return (struct camex_addr){
		.family = AF_INET6,
		.port = htons(7000),
		.v6 = { .s6_addr32 = { htonl(0x20010db8), htonl(net), 0, htonl(host) } },
	};
}

static struct camex_peer *receive(struct camex_dev *cdev, struct sk_buff *skb,
				  u16 port, int *why)
{
	struct camex_addr from = source4(1, port);

	return receive_from(cdev, skb, &from, why);
}

/* The device has had its share of a CPU for the next second. */
static void spend(struct camex_dev *cdev)
{
	u64 now = ktime_get_ns();

	camex_budget_end(&camex_sealed_of_dev(cdev)->budget,
			 now - NSEC_PER_SEC / CAMEX_LIMIT_CPU, now);
}

static bool wait_for_trials(struct camex_dev *cdev)
{
	unsigned long until = jiffies + PATIENCE;

	while (READ_ONCE(camex_camex_of_dev(cdev)->trials.n) && time_before(jiffies, until))
		schedule_timeout_uninterruptible(1);
	return !READ_ONCE(camex_camex_of_dev(cdev)->trials.n);
}

static struct camex_peer *peer_of(struct camex_dev *cdev, const char *name)
{
	struct camex_peer *peer;

	rtnl_lock();
	peer = camex_peer_find(cdev, name);
	rtnl_unlock();
	return peer;
}

/* One forged REGISTER of the greatest length. */
static void trial_bound(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	int why;

	KUNIT_EXPECT_NULL(test, receive(cdev, make_register(test, KEYS + 7, CAMEX_TEXT_MAX, SEQ),
					1, &why));
	/* more may have been tried by the worker since */
	KUNIT_EXPECT_EQ(test, why, 0);
	KUNIT_EXPECT_TRUE(test, wait_for_trials(cdev));
	KUNIT_EXPECT_EQ(test, camex_test_trials, KEYS);
	KUNIT_EXPECT_EQ(test, counted(cdev, CAMEX_A_STATS_AUTH_FAILED), 1);
}

/* What the softirq does itself is no more than CAMEX_TRIAL_KEYS. */
static void trial_bound_at_once(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct sk_buff *skb;
	int why;

	/* no work item goes on */
	camex_camex_of_dev(cdev)->trials.stopped = true;
	KUNIT_EXPECT_NULL(test, receive(cdev, make_register(test, KEYS + 7, CAMEX_TEXT_MAX, SEQ),
					1, &why));
	KUNIT_EXPECT_EQ(test, why, CAMEX_A_STATS_RATE_LIMITED);
	KUNIT_EXPECT_EQ(test, camex_test_trials, CAMEX_TRIAL_KEYS);
	KUNIT_EXPECT_EQ(test, camex_camex_of_dev(cdev)->trials.n, 0);
	/* while another CPU tries keys: none */
	skb = make_register(test, KEYS + 7, 80, SEQ + 1);
	local_bh_disable();
	spin_lock(&camex_camex_of_dev(cdev)->trials.busy);
	KUNIT_EXPECT_NULL(test, receive(cdev, skb, 1, &why));
	spin_unlock(&camex_camex_of_dev(cdev)->trials.busy);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, camex_test_trials, 0);
	/* nor once the share of a CPU is spent */
	spend(cdev);
	KUNIT_EXPECT_NULL(test, receive(cdev, make_register(test, KEYS + 7, 80, SEQ + 2), 1, &why));
	KUNIT_EXPECT_EQ(test, camex_test_trials, 0);
	KUNIT_EXPECT_EQ(test, why, CAMEX_A_STATS_RATE_LIMITED);
}

/* A REGISTER opens, whichever its key is: at once where it is one of the first. */
static void trial_finds(struct kunit *test)
{
	static const unsigned int numbers[] = {
		0, CAMEX_TRIAL_KEYS - 1, CAMEX_TRIAL_KEYS, 2 * CAMEX_TRIAL_KEYS, KEYS - 1,
	};
	struct camex_dev *cdev = test->priv;
	char name[CAMEX_NAME_MAX + 1];
	struct camex_peer *peer, *got;
	unsigned int i;
	int why;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		bool first = numbers[i] < CAMEX_TRIAL_KEYS;

		snprintf(name, sizeof(name), "p%u", numbers[i]);
		peer = peer_of(cdev, name);
		got = receive(cdev, make_register(test, numbers[i], 0, SEQ),
			      i + 1, &why);
		KUNIT_EXPECT_PTR_EQ_MSG(test, got, first ? peer : NULL, "%s", name);
		KUNIT_EXPECT_TRUE(test, wait_for_trials(cdev));
		KUNIT_EXPECT_EQ_MSG(test, camex_test_trials, numbers[i] + 1, "%s", name);
		KUNIT_EXPECT_TRUE_MSG(test, peer->live.heard, "%s", name);
	}
	KUNIT_EXPECT_EQ(test, counted(cdev, CAMEX_A_STATS_AUTH_FAILED), 0);
}

/* As many wait as may, one of each source; keys are deleted while they are tried. */
static void trial_waiting(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct camex_addr from;
	unsigned int i, failed, limited = 0;
	char name[CAMEX_NAME_MAX + 1];
	int why;

	/* the work item waits for its share of a CPU */
	spend(cdev);
	for (i = 0; i < CAMEX_TRIALS_MAX + 5; i++) {
		from = source4(i / CAMEX_TRIALS_HOST, 1000 + i);
		receive_from(cdev, make_register(test, KEYS + 7, 80, SEQ + i), &from, &why);
		limited += why == CAMEX_A_STATS_RATE_LIMITED;
	}
	KUNIT_EXPECT_EQ(test, limited, 5);
	KUNIT_EXPECT_EQ(test, camex_camex_of_dev(cdev)->trials.n, CAMEX_TRIALS_MAX);
	for (i = 0; i < KEYS; i += 2) {
		snprintf(name, sizeof(name), "p%u", i);
		fake_peer_del(peer_of(cdev, name));
	}
	KUNIT_EXPECT_TRUE(test, wait_for_trials(cdev));
	failed = counted(cdev, CAMEX_A_STATS_AUTH_FAILED);
	KUNIT_EXPECT_EQ(test, failed, CAMEX_TRIALS_MAX);
	/* the second of a source has to wait for its first one */
	spend(cdev);
	receive(cdev, make_register(test, KEYS + 7, 80, SEQ), 7, &why);
	KUNIT_EXPECT_EQ(test, why, 0);
	receive(cdev, make_register(test, KEYS + 7, 80, SEQ), 7, &why);
	KUNIT_EXPECT_EQ(test, why, CAMEX_A_STATS_RATE_LIMITED);
	/* and is forgotten with the device, which trial_exit() deletes */
}

/* Ask that the keys are tried on datagrams of a host, from @n ports. How many may wait? */
static unsigned int ask4(struct kunit *test, u8 host, unsigned int n)
{
	unsigned int i, taken = 0;
	struct camex_addr from;
	int why;

	for (i = 0; i < n; i++) {
		from = source4(host, 1000 + i);
		receive_from(test->priv, make_register(test, KEYS + 7, 80, SEQ + i), &from,
			     &why);
		KUNIT_EXPECT_TRUE(test, !why || why == CAMEX_A_STATS_RATE_LIMITED);
		taken += !why;
	}
	return taken;
}

/* The same, from @n addresses of a /64. */
static unsigned int ask6(struct kunit *test, u16 net, unsigned int n)
{
	unsigned int i, taken = 0;
	struct camex_addr from;
	int why;

	for (i = 0; i < n; i++) {
		from = source6(net, i);
		receive_from(test->priv, make_register(test, KEYS + 7, 80, SEQ + i), &from,
			     &why);
		KUNIT_EXPECT_TRUE(test, !why || why == CAMEX_A_STATS_RATE_LIMITED);
		taken += !why;
	}
	return taken;
}

/* Whoever has many ports, or a /64, leaves places to others. */
static void trial_hosts(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;

	spend(cdev);
	KUNIT_EXPECT_EQ(test, ask4(test, 1, CAMEX_TRIALS_MAX), CAMEX_TRIALS_HOST);
	KUNIT_EXPECT_EQ(test, ask6(test, 1, CAMEX_TRIALS_MAX), CAMEX_TRIALS_HOST);
	KUNIT_EXPECT_EQ(test, ask4(test, 2, 1), 1);
	KUNIT_EXPECT_EQ(test, ask6(test, 2, 1), 1);
	KUNIT_EXPECT_EQ(test, camex_camex_of_dev(cdev)->trials.n, 2 * CAMEX_TRIALS_HOST + 2);
	KUNIT_EXPECT_TRUE(test, wait_for_trials(cdev));
	/* the places are free again */
	spend(cdev);
	KUNIT_EXPECT_EQ(test, ask4(test, 1, CAMEX_TRIALS_MAX), CAMEX_TRIALS_HOST);
	KUNIT_EXPECT_TRUE(test, wait_for_trials(cdev));
}

/* All keys are deleted while a datagram waits for them: nothing is tried, and nothing waits. */
static void trial_keys_gone(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	char name[CAMEX_NAME_MAX + 1];
	unsigned int i;
	int why;

	spend(cdev);
	receive(cdev, make_register(test, KEYS + 7, 80, SEQ), 1, &why);
	KUNIT_EXPECT_EQ(test, why, 0);
	KUNIT_EXPECT_EQ(test, camex_camex_of_dev(cdev)->trials.n, 1);
	for (i = 0; i < KEYS; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		fake_peer_del(peer_of(cdev, name));
	}
	KUNIT_EXPECT_TRUE(test, wait_for_trials(cdev));
	KUNIT_EXPECT_EQ(test, camex_test_trials, 0);
}

static struct kunit_case trial_cases[] = {
	KUNIT_CASE(trial_bound),
	KUNIT_CASE(trial_bound_at_once),
	KUNIT_CASE(trial_finds),
	KUNIT_CASE(trial_waiting),
	KUNIT_CASE(trial_hosts),
	KUNIT_CASE(trial_keys_gone),
	{}
};

static struct kunit_suite trial_suite = {
	.name = "camex_trial",
	.init = trial_init,
	.exit = trial_exit,
	.test_cases = trial_cases,
};

kunit_test_suite(trial_suite);
