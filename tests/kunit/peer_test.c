// SPDX-License-Identifier: GPL-2.0-only
/* Peers by name and by address, and their lists of routes. */
#include <linux/in6.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "core/transport.h"
#include "protocol/camex/state.h"
#include "protocol/sealed/session_rank.h"
#include "test.h"

/* --- names --- */

static struct camex_peer *by_name(struct kunit *test, const char *name)
{
	struct camex_peer *peer;

	rtnl_lock();
	peer = camex_peer_find(test->priv, name);
	rtnl_unlock();
	return peer;
}

/* The error that adding a peer ends with, or 0. */
static int add(struct kunit *test, const char *name)
{
	struct camex_peer *peer;

	rtnl_lock();
	peer = camex_peer_new(test->priv, name, NULL, NULL);
	rtnl_unlock();
	return PTR_ERR_OR_ZERO(peer);
}

static unsigned int count_peers(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct camex_peer *peer;
	unsigned long number;
	unsigned int n = 0;

	rtnl_lock();
	xa_for_each(&cdev->peers, number, peer)
		n++;
	rtnl_unlock();
	return n;
}

static void peer_name_case(struct kunit *test)
{
	struct camex_peer *peer;

	KUNIT_EXPECT_NULL(test, by_name(test, "Cam01"));
	peer = fake_peer(test, "Cam01");
	KUNIT_EXPECT_STREQ(test, peer->name, "Cam01");
	KUNIT_EXPECT_PTR_EQ(test, peer, by_name(test, "Cam01"));
	KUNIT_EXPECT_PTR_EQ(test, peer, by_name(test, "cam01"));
	KUNIT_EXPECT_PTR_EQ(test, peer, by_name(test, "CAM01"));
	KUNIT_EXPECT_NULL(test, by_name(test, "cam0"));
	KUNIT_EXPECT_NULL(test, by_name(test, "cam011"));
	KUNIT_EXPECT_NULL(test, by_name(test, "cam0l"));

	KUNIT_EXPECT_EQ(test, -EEXIST, add(test, "CAM01"));
	KUNIT_EXPECT_EQ(test, -EEXIST, add(test, "Cam01"));
	KUNIT_EXPECT_EQ(test, 1, count_peers(test));
	KUNIT_EXPECT_PTR_EQ(test, peer, by_name(test, "cam01"));

	fake_peer_del(peer);
	KUNIT_EXPECT_NULL(test, by_name(test, "Cam01"));
	KUNIT_EXPECT_EQ(test, 0, add(test, "CAM01"));
	KUNIT_EXPECT_EQ(test, 1, count_peers(test));
}

/* It is never without. */
static void peer_name_key(struct kunit *test)
{
	const u8 bytes[CAMEX_KEY_LEN] = { 1 }, fingerprint[CAMEX_FINGERPRINT_LEN] = { 2 };
	struct camex_dev *cdev = test->priv;
	struct camex_peer *peer;

	rtnl_lock();
	peer = camex_peer_new(cdev, "a", bytes, fingerprint);
	KUNIT_EXPECT_FALSE(test, IS_ERR(peer));
	if (!IS_ERR(peer)) {
		KUNIT_EXPECT_NOT_NULL(test, rcu_access_pointer(camex_sealed_of(peer)->key));
		KUNIT_EXPECT_NOT_NULL(test, rcu_access_pointer(camex_sealed_of(peer)->tx));
		KUNIT_EXPECT_EQ(test, 2, camex_sealed_of(peer)->fingerprint[0]);
	}
	KUNIT_EXPECT_EQ(test, -EEXIST,
			PTR_ERR_OR_ZERO(camex_peer_new(cdev, "A", bytes, fingerprint)));
	rtnl_unlock();
	KUNIT_EXPECT_PTR_EQ(test, peer, by_name(test, "a"));
	KUNIT_EXPECT_EQ(test, 1, count_peers(test));
	KUNIT_EXPECT_TRUE(test, list_is_singular(&camex_sealed_of_dev(cdev)->keys));
}

static void peer_name_lengths(struct kunit *test)
{
	char name[CAMEX_NAME_MAX + 1] = {}, upper[CAMEX_NAME_MAX + 1] = {};
	struct camex_peer *peers[CAMEX_NAME_MAX + 1];
	unsigned int len;

	/* each is the beginning of the next */
	for (len = 1; len <= CAMEX_NAME_MAX; len++) {
		name[len - 1] = 'a' + len % 26;
		peers[len] = fake_peer(test, name);
		KUNIT_EXPECT_STREQ(test, peers[len]->name, name);
	}
	memset(name, 0, sizeof(name));
	for (len = 1; len <= CAMEX_NAME_MAX; len++) {
		name[len - 1] = 'a' + len % 26;
		upper[len - 1] = 'A' + len % 26;
		KUNIT_EXPECT_PTR_EQ(test, peers[len], by_name(test, name));
		KUNIT_EXPECT_PTR_EQ(test, peers[len], by_name(test, upper));
		KUNIT_EXPECT_EQ(test, -EEXIST, add(test, upper));
	}
	/* two of full length that differ in the last byte alone */
	name[CAMEX_NAME_MAX - 1] = '-';
	KUNIT_EXPECT_NULL(test, by_name(test, name));
	KUNIT_EXPECT_EQ(test, 0, add(test, name));
	KUNIT_EXPECT_EQ(test, CAMEX_NAME_MAX + 1, count_peers(test));
}

/* Only the letters of ASCII have two cases. */
static void peer_name_bytes(struct kunit *test)
{
	struct camex_peer **peers;
	char name[3] = "x";
	unsigned int byte;

	peers = kunit_kcalloc(test, 256, sizeof(*peers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, peers);
	for (byte = 1; byte < 256; byte++) {
		name[1] = byte;
		if (byte >= 'a' && byte <= 'z') {
			KUNIT_EXPECT_EQ(test, -EEXIST, add(test, name));
			peers[byte] = peers[byte - 'a' + 'A'];
		} else {
			peers[byte] = fake_peer(test, name);
		}
	}
	for (byte = 1; byte < 256; byte++) {
		name[1] = byte;
		KUNIT_EXPECT_PTR_EQ(test, peers[byte], by_name(test, name));
	}
	KUNIT_EXPECT_EQ(test, 255 - 26, count_peers(test));
}

/* A number is not given again soon, so that a dump never sees a peer twice. */
static void peer_numbers(struct kunit *test)
{
	struct camex_dev *cdev = test->priv;
	struct camex_peer *peer;
	u32 last = 0;
	char name[16];
	int i;

	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "peer%d", i);
		peer = fake_peer(test, name);
		KUNIT_EXPECT_PTR_EQ(test, peer, xa_load(&cdev->peers, peer->number));
		if (i)
			KUNIT_EXPECT_GT(test, peer->number, last);
		last = peer->number;
		if (i % 3)
			fake_peer_del(peer);
	}
	KUNIT_EXPECT_EQ(test, 100, count_peers(test));
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "PEER%d", i);
		KUNIT_EXPECT_EQ(test, !(i % 3), !!by_name(test, name));
	}
}

/* --- endpoints --- */

#define ENDPOINT_PEERS	6

#define V4(a, b, c, d, p) {						\
	.family = AF_INET,						\
	.port = cpu_to_be16(p),						\
	.v4 = cpu_to_be32((a) << 24 | (b) << 16 | (c) << 8 | (d)),	\
}

#define V6(first, last, p, s) {						\
	.family = AF_INET6,						\
	.port = cpu_to_be16(p),						\
	.scope = (s),							\
	.v6.s6_addr32 = { cpu_to_be32(first), 0, 0, cpu_to_be32(last) }, \
}

/* No two are the same address, but each is almost another one. */
static const struct camex_addr places[] = {
	V4(192, 0, 2, 1, 7000),
	V4(192, 0, 2, 1, 7001),
	V4(192, 0, 2, 2, 7000),
	V6(0xc0000201, 0, 7000, 0),	/* the bytes of the first */
	V6(0x20010db8, 1, 7000, 0),
	V6(0x20010db8, 1, 7001, 0),
	V6(0x20010db8, 2, 7000, 0),
	V6(0xfe800000, 1, 7000, 2),
	V6(0xfe800000, 1, 7000, 3),
	V4(0, 0, 0, 0, 0),
};

#define PLACES	ARRAY_SIZE(places)

static const struct camex_addr here[] = {
	V4(192, 0, 2, 99, 0), V4(192, 0, 2, 98, 0),
};

static bool configure(struct camex_peer *peer, const struct camex_addr *to)
{
	struct camex_endpoint *ep;

	rtnl_lock();
	spin_lock_bh(&peer->cdev->lock);
	ep = camex_endpoint_new(peer, to, NULL);
	if (ep)
		camex_peer_configure_endpoint(peer, ep);
	spin_unlock_bh(&peer->cdev->lock);
	rtnl_unlock();
	return ep;
}

/*
 * A datagram comes from a peer: the highest of its only session, which nothing
 * keeps from moving the endpoint; or an old one.
 */
static void hear(struct kunit *test, struct camex_peer *peer,
		 const struct camex_addr *to, const struct camex_addr *from,
		 bool newest)
{
	bool highest = false, taken = false, open = camex_sealed_of(peer)->nopen;
	u8 bytes[CAMEX_KEY_LEN] = { 1 };
	struct camex_session_rx *rx;
	static u64 last = 1000;
	u64 seq;

	if (!rcu_access_pointer(camex_sealed_of(peer)->key)) {
		memcpy(bytes + 1, &peer->number, sizeof(peer->number));
		KUNIT_ASSERT_EQ(test, 0, fake_set_key(peer, bytes));
	}
	last += 2;
	seq = newest ? last : 999;
	rcu_read_lock();
	local_bh_disable();
	if (newest || open) {
		int why;

		rx = camex_session_rank_open(peer, key_bh(peer), 1, seq,
					     false, &why);
		taken = rx && camex_session_take(rx, &seq, 1, &highest);
		if (taken && highest)
			camex_session_rank_highest(rx, to, from);
	}
	camex_peer_heard(peer);
	local_bh_enable();
	rcu_read_unlock();
	KUNIT_EXPECT_TRUE(test, taken || !newest);
	KUNIT_EXPECT_EQ(test, newest, taken && highest);
}

static void forget(struct camex_peer *peer)
{
	rtnl_lock();
	camex_peer_forget(peer);
	rtnl_unlock();
}

static struct camex_peer *who_is_at(struct kunit *test, const struct camex_addr *at)
{
	struct camex_peer *peer;

	rcu_read_lock();
	peer = camex_peer_by_endpoint(test->priv, at);
	rcu_read_unlock();
	return peer;
}

static struct camex_peer *configured_at(struct kunit *test,
					const struct camex_addr *at)
{
	struct camex_peer *peer;

	rtnl_lock();
	peer = camex_peer_configured_at(test->priv, at);
	rtnl_unlock();
	return peer;
}

static bool is_at(struct camex_peer *peer, const struct camex_addr *at)
{
	struct camex_endpoint *ep;
	bool is;

	rcu_read_lock();
	ep = rcu_dereference(peer->endpoint);
	is = ep ? at && !memcmp(&ep->to, at, sizeof(*at)) : !at;
	rcu_read_unlock();
	return is;
}

static void peer_endpoint_basic(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	unsigned int i;

	for (i = 0; i < PLACES; i++)
		KUNIT_EXPECT_NULL(test, who_is_at(test, &places[i]));
	KUNIT_EXPECT_TRUE(test, is_at(a, NULL));

	KUNIT_ASSERT_TRUE(test, configure(a, &places[0]));
	for (i = 0; i < PLACES; i++) {
		KUNIT_EXPECT_PTR_EQ(test, who_is_at(test, &places[i]), i ? NULL : a);
		KUNIT_EXPECT_PTR_EQ(test, configured_at(test, &places[i]), i ? NULL : a);
	}

	/* it roams; where it was configured to be it is still found */
	hear(test, a, &places[4], &here[0], true);
	KUNIT_EXPECT_TRUE(test, is_at(a, &places[4]));
	KUNIT_EXPECT_PTR_EQ(test, who_is_at(test, &places[4]), a);
	KUNIT_EXPECT_PTR_EQ(test, who_is_at(test, &places[0]), a);
	KUNIT_EXPECT_NULL(test, configured_at(test, &places[4]));

	/* unless another one is there */
	hear(test, b, &places[0], &here[0], true);
	KUNIT_EXPECT_PTR_EQ(test, who_is_at(test, &places[0]), b);
	KUNIT_EXPECT_PTR_EQ(test, configured_at(test, &places[0]), a);

	/* an old datagram does not move it */
	hear(test, a, &places[5], &here[0], false);
	KUNIT_EXPECT_TRUE(test, is_at(a, &places[4]));
	KUNIT_EXPECT_NULL(test, who_is_at(test, &places[5]));

	hear(test, b, &places[6], &here[0], true);
	KUNIT_EXPECT_PTR_EQ(test, who_is_at(test, &places[0]), a);
	forget(a);
	KUNIT_EXPECT_TRUE(test, is_at(a, &places[0]));
	KUNIT_EXPECT_NULL(test, who_is_at(test, &places[4]));
	forget(b);
	KUNIT_EXPECT_TRUE(test, is_at(b, NULL));
	KUNIT_EXPECT_NULL(test, who_is_at(test, &places[6]));

	fake_peer_del(a);
	KUNIT_EXPECT_NULL(test, who_is_at(test, &places[0]));
	KUNIT_EXPECT_NULL(test, configured_at(test, &places[0]));
}

/* Which of our addresses does it talk to? */
static struct camex_addr from_of(struct camex_peer *peer)
{
	struct camex_addr from;

	rcu_read_lock();
	from = rcu_dereference(peer->endpoint)->from;
	rcu_read_unlock();
	return from;
}

static void peer_endpoint_from(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_addr from;
	int i;

	KUNIT_ASSERT_TRUE(test, configure(a, &places[0]));
	KUNIT_EXPECT_EQ(test, from_of(a).family, AF_UNSPEC);
	for (i = 0; i < 2; i++) {
		hear(test, a, &places[0], &here[i], true);
		from = from_of(a);
		KUNIT_EXPECT_EQ(test, 0, memcmp(&from, &here[i], sizeof(from)));
		KUNIT_EXPECT_PTR_EQ(test, who_is_at(test, &places[0]), a);
	}
	forget(a);
	KUNIT_EXPECT_EQ(test, from_of(a).family, AF_UNSPEC);
}

static unsigned long next_event(struct kunit *test, struct camex_peer **who)
{
	unsigned long events;

	rcu_read_lock();
	events = camex_events_take(test->priv, who);
	rcu_read_unlock();
	return events;
}

static void peer_events(struct kunit *test)
{
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b"), *who;

	KUNIT_EXPECT_EQ(test, 0, next_event(test, &who));
	KUNIT_EXPECT_NULL(test, who);

	hear(test, b, &places[0], &here[0], true);
	hear(test, a, &places[1], &here[0], false);
	hear(test, b, &places[2], &here[0], true);
	KUNIT_EXPECT_EQ(test, BIT(CAMEX_EVENT_PEER_UP) | BIT(CAMEX_EVENT_ENDPOINT),
			next_event(test, &who));
	KUNIT_EXPECT_PTR_EQ(test, who, b);
	KUNIT_EXPECT_EQ(test, BIT(CAMEX_EVENT_PEER_UP), next_event(test, &who));
	KUNIT_EXPECT_PTR_EQ(test, who, a);
	KUNIT_EXPECT_EQ(test, 0, next_event(test, &who));

	/* nothing new, then another of our addresses, then another place */
	hear(test, b, &places[2], &here[0], true);
	KUNIT_EXPECT_EQ(test, 0, next_event(test, &who));
	hear(test, b, &places[2], &here[1], true);
	KUNIT_EXPECT_EQ(test, 0, next_event(test, &who));
	hear(test, b, &places[3], &here[1], true);
	KUNIT_EXPECT_EQ(test, BIT(CAMEX_EVENT_ENDPOINT), next_event(test, &who));

	/* up again after it was forgotten; of a deleted peer nothing is told */
	forget(b);
	hear(test, b, &places[3], &here[1], false);
	KUNIT_EXPECT_EQ(test, BIT(CAMEX_EVENT_PEER_UP), next_event(test, &who));
	hear(test, b, &places[4], &here[1], true);
	fake_peer_del(b);
	KUNIT_EXPECT_EQ(test, 0, next_event(test, &who));
	KUNIT_EXPECT_NULL(test, who);
}

/**
 * struct peer_model - where a peer is
 * @peer: the peer
 * @home: index of the place where it was configured to be, or -1
 * @configured: when
 * @at: where it is, or -1
 * @from: index of our address that it talks to, or -1
 * @moved: when it came to be there
 */
struct peer_model {
	struct camex_peer *peer;
	int home;
	unsigned int configured;
	int at;
	int from;
	unsigned int moved;
};

/*
 * Is @got what camex_peer_by_endpoint() may return? Of the peers that are there
 * the last that came; else any that was configured to be there.
 */
static bool right_peer(const struct peer_model *m, int place,
		       const struct camex_peer *got)
{
	const struct peer_model *last = NULL;
	bool home = false, any_home = false;
	int i;

	for (i = 0; i < ENDPOINT_PEERS; i++) {
		if (m[i].at == place && (!last || m[i].moved > last->moved))
			last = &m[i];
		if (m[i].home == place) {
			any_home = true;
			home |= m[i].peer == got;
		}
	}
	if (last)
		return got == last->peer;
	return any_home ? home : !got;
}

static bool right_home(const struct peer_model *m, int place,
		       const struct camex_peer *got)
{
	bool any_home = false;
	int i;

	for (i = 0; i < ENDPOINT_PEERS; i++) {
		if (m[i].home == place) {
			any_home = true;
			if (m[i].peer == got)
				return true;
		}
	}
	return !any_home && !got;
}

static bool check_places(struct kunit *test, const struct peer_model *m,
			 u64 seed, unsigned int op)
{
	struct camex_dev *cdev = test->priv;
	unsigned int used = 0;
	int i, place;

	for (i = 0; i < ENDPOINT_PEERS; i++) {
		if (!is_at(m[i].peer, m[i].at < 0 ? NULL : &places[m[i].at])) {
			KUNIT_FAIL(test, "seed %llu, op %u: peer %d is not at place %d",
				   seed, op, i, m[i].at);
			return false;
		}
	}
	for (place = 0; place < PLACES; place++) {
		struct camex_peer *got = who_is_at(test, &places[place]);

		if (!right_peer(m, place, got)) {
			KUNIT_FAIL(test, "seed %llu, op %u: at place %d is %s",
				   seed, op, place, got ? got->name : "nobody");
			return false;
		}
		got = configured_at(test, &places[place]);
		if (!right_home(m, place, got)) {
			KUNIT_FAIL(test, "seed %llu, op %u: place %d is the home of %s",
				   seed, op, place, got ? got->name : "nobody");
			return false;
		}
		for (i = 0; i < ENDPOINT_PEERS; i++) {
			if (m[i].at == place || m[i].home == place) {
				used++;
				break;
			}
		}
	}
	/* no endpoint is left behind at a place where nobody is */
	if (atomic_read(&cdev->endpoints.ht.nelems) != used) {
		KUNIT_FAIL(test, "seed %llu, op %u: %d places are in the table, want %u",
			   seed, op, atomic_read(&cdev->endpoints.ht.nelems), used);
		return false;
	}
	return true;
}

static void renew(struct kunit *test, struct peer_model *m, int i)
{
	char name[8];

	snprintf(name, sizeof(name), "p%d", i);
	m->peer = fake_peer(test, name);
	m->home = -1;
	m->at = -1;
	m->from = -1;
}

static bool random_move(struct kunit *test, struct peer_model *m, int i,
			struct rnd_state *rnd, unsigned int now)
{
	/* few places, so that they collide */
	int place = below(rnd, 3) ? below(rnd, 3) : below(rnd, PLACES);
	int from = below(rnd, 2);

	switch (below(rnd, 8)) {
	case 0:
		if (!configure(m->peer, &places[place]))
			return false;
		m->home = place;
		m->at = place;
		m->from = -1;
		m->moved = now;
		m->configured = now;
		break;
	case 1:
		/* back to an endpoint that was there all the time */
		forget(m->peer);
		m->at = m->home;
		m->from = -1;
		m->moved = m->configured;
		break;
	case 2:
		fake_peer_del(m->peer);
		renew(test, m, i);
		break;
	case 3:
		hear(test, m->peer, &places[place], &here[from], false);
		break;
	default:
		hear(test, m->peer, &places[place], &here[from], true);
		if (m->at == place && m->from == from)
			break;
		m->at = place;
		m->from = from;
		m->moved = now;
	}
	return true;
}

static void peer_endpoint_random(struct kunit *test)
{
	struct peer_model m[ENDPOINT_PEERS];
	struct rnd_state rnd;
	unsigned int op;
	u64 seed;
	int i;

	for (i = 0; i < ENDPOINT_PEERS; i++)
		renew(test, &m[i], i);
	for (seed = 1; seed <= 4; seed++) {
		prandom_seed_state(&rnd, seed);
		for (op = 0; op < 1000; op++) {
			i = below(&rnd, ENDPOINT_PEERS);
			if (!random_move(test, &m[i], i, &rnd, seed * 10000 + op)) {
				KUNIT_FAIL(test, "no memory");
				return;
			}
			if (!check_places(test, m, seed, op))
				return;
		}
	}
}

/* --- routes --- */

static struct camex_prefix net(u8 second, u8 len)
{
	struct camex_prefix p = { .family = AF_INET, .len = len };

	p.addr.s6_addr[0] = 10;
	p.addr.s6_addr[1] = second;
	return p;
}

/* Replaces a peer's list; does it have just these prefixes then? */
static bool set_routes(struct camex_peer *peer, const struct camex_prefix *list,
		       unsigned int n, unsigned int distinct)
{
	struct camex_routes *routes = &peer->cdev->routes;
	struct camex_route *route;
	unsigned int i, count = 0;
	bool good;

	rtnl_lock();
	good = !camex_peer_set_routes(peer, list, n);
	list_for_each_entry(route, &peer->routes, peer_node) {
		count++;
		good &= rtnl_dereference(route->peer) == peer;
	}
	for (i = 0; i < n; i++) {
		route = camex_route_find(routes, &list[i]);
		good &= route && rtnl_dereference(route->peer) == peer;
	}
	rtnl_unlock();
	return good && count == distinct;
}

static void peer_routes(struct kunit *test)
{
	struct camex_prefix one[] = { net(1, 16), net(2, 16), net(0, 8) };
	struct camex_prefix two[] = { net(2, 16), net(3, 16), net(3, 16), net(4, 15) };
	struct camex_prefix other[] = { net(9, 16) };
	struct camex_peer *a = fake_peer(test, "a"), *b = fake_peer(test, "b");
	struct camex_dev *cdev = test->priv;
	struct camex_route *kept, *still, *gone;

	KUNIT_EXPECT_TRUE(test, set_routes(b, other, 1, 1));
	KUNIT_EXPECT_TRUE(test, set_routes(a, one, 3, 3));
	rtnl_lock();
	kept = camex_route_find(&cdev->routes, &two[0]);
	rtnl_unlock();
	KUNIT_EXPECT_TRUE(test, set_routes(a, two, 4, 3));
	rtnl_lock();
	still = camex_route_find(&cdev->routes, &two[0]);
	gone = camex_route_find(&cdev->routes, &one[0]);
	rtnl_unlock();
	/* what is on both lists is there all the time */
	KUNIT_EXPECT_PTR_EQ(test, kept, still);
	KUNIT_EXPECT_NULL(test, gone);
	/* the same list again, in another order, and twice */
	swap(two[0], two[3]);
	KUNIT_EXPECT_TRUE(test, set_routes(a, two, 4, 3));
	KUNIT_EXPECT_TRUE(test, set_routes(a, NULL, 0, 0));
	KUNIT_EXPECT_TRUE(test, set_routes(b, other, 1, 1));
	KUNIT_EXPECT_TRUE(test, set_routes(a, one, 3, 3));
	fake_peer_del(a);
	rtnl_lock();
	gone = camex_route_find(&cdev->routes, &one[0]);
	still = camex_route_find(&cdev->routes, &other[0]);
	rtnl_unlock();
	KUNIT_EXPECT_NULL(test, gone);
	KUNIT_EXPECT_NOT_NULL(test, still);
}

static void peer_routes_random(struct kunit *test)
{
	struct camex_peer *peers[2] = { fake_peer(test, "a"), fake_peer(test, "b") };
	struct camex_prefix list[24];
	unsigned int op, i, n, who;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 1);
	for (op = 0; op < 500; op++) {
		DECLARE_BITMAP(had, 64) = {};

		/* a's prefixes are even, b's are odd */
		who = below(&rnd, 2);
		n = below(&rnd, ARRAY_SIZE(list));
		for (i = 0; i < n; i++) {
			unsigned int second = 2 * below(&rnd, 32) + who;

			list[i] = net(second, 16);
			__set_bit(second, had);
		}
		if (!set_routes(peers[who], list, n, bitmap_weight(had, 64))) {
			KUNIT_FAIL(test, "seed 1, op %u", op);
			return;
		}
	}
}

/* --- state --- */

static enum camex_peer_state state_of(struct camex_peer *peer)
{
	enum camex_peer_state state;

	rtnl_lock();
	state = camex_peer_state(peer);
	rtnl_unlock();
	return state;
}

static void peer_states(struct kunit *test)
{
	static const u8 key[CAMEX_KEY_LEN] = { 1 };
	struct camex_peer *a = fake_peer(test, "a");
	struct camex_dev *cdev = test->priv;

	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_NO_KEY, state_of(a));
	KUNIT_ASSERT_TRUE(test, configure(a, &places[0]));
	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_NO_KEY, state_of(a));
	camex_camex_of_dev(cdev)->plaintext = true;
	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_WAITING, state_of(a));
	a->live.lost = true;
	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_WAITING, state_of(a));
	a->live.heard = true;
	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_LOST, state_of(a));
	a->live.lost = false;
	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_UP, state_of(a));
	camex_camex_of_dev(cdev)->plaintext = false;
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, key));
	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_UP, state_of(a));
	fake_peer_del(a);
	a = fake_peer(test, "a");
	KUNIT_ASSERT_EQ(test, 0, fake_set_key(a, key));
	KUNIT_EXPECT_EQ(test, CAMEX_PEER_STATE_NO_ENDPOINT, state_of(a));
}

/* The structs of protocol and transport do not overlap, whatever the size of the first. */
static void peer_parts(struct kunit *test)
{
	static const struct camex_transport_ops transport = { .peer_size = 24 };
	static const struct camex_protocol_ops odd = { .peer_size = 13 };
	struct camex_dev *cdev = test->priv;
	const struct camex_transport_ops *transport_before = cdev->transport;
	const struct camex_protocol_ops *protocol_before = cdev->protocol;
	struct camex_peer *peer;
	u8 *own, *carried;

	cdev->transport = &transport;
	cdev->protocol = &odd;
	peer = fake_peer(test, "a");
	own = camex_peer_own(peer);
	carried = camex_peer_transport_own(peer);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)carried, CAMEX_OWN_ALIGN));
	KUNIT_EXPECT_GE(test, carried - own, (ptrdiff_t)odd.peer_size);
	KUNIT_EXPECT_NULL(test, memchr_inv(own, 0, odd.peer_size));
	KUNIT_EXPECT_NULL(test, memchr_inv(carried, 0, transport.peer_size));
	/* KASAN sees it if this is not in the peer's memory. */
	memset(carried, 0xff, transport.peer_size);
	KUNIT_EXPECT_NULL(test, memchr_inv(own, 0, odd.peer_size));
	fake_peer_del(peer);
	rcu_barrier();
	cdev->transport = transport_before;
	cdev->protocol = protocol_before;
}

static struct kunit_case peer_cases[] = {
	KUNIT_CASE(peer_name_case),
	KUNIT_CASE(peer_name_key),
	KUNIT_CASE(peer_name_lengths),
	KUNIT_CASE(peer_name_bytes),
	KUNIT_CASE(peer_numbers),
	KUNIT_CASE(peer_endpoint_basic),
	KUNIT_CASE(peer_endpoint_from),
	KUNIT_CASE(peer_endpoint_random),
	KUNIT_CASE(peer_events),
	KUNIT_CASE(peer_routes),
	KUNIT_CASE(peer_routes_random),
	KUNIT_CASE(peer_states),
	KUNIT_CASE(peer_parts),
	{}
};

static struct kunit_suite peer_suite = {
	.name = "camex_peer",
	.init = fake_dev_init,
	.exit = fake_dev_exit,
	.test_cases = peer_cases,
};

kunit_test_suite(peer_suite);
