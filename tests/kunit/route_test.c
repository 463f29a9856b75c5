// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kthread.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "core/allowed_ips.h"
#include "test.h"

#define OWNERS		5
#define MODEL_MAX	96

/**
 * struct table - routes, and what they should be
 * @routes: the trie
 * @owners: the peers' lists; a peer is the address of its list
 * @model: every prefix of @routes, in no order
 * @owner: whose each is
 * @n: how many
 * @rnd: chooses what to do
 * @seed: what it began with
 * @op: number of the operation
 */
struct table {
	struct camex_routes routes;
	struct list_head owners[OWNERS];
	struct camex_prefix model[MODEL_MAX];
	u8 owner[MODEL_MAX];
	unsigned int n;
	struct rnd_state rnd;
	u64 seed;
	unsigned int op;
};

static int route_init(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i;

	if (!t)
		return -ENOMEM;
	for (i = 0; i < OWNERS; i++)
		INIT_LIST_HEAD(&t->owners[i]);
	test->priv = t;
	return 0;
}

/* A test that failed may have left something. */
static void route_exit(struct kunit *test)
{
	struct camex_route *route, *next;
	struct table *t = test->priv;
	int i;

	if (!t)
		return;
	rtnl_lock();
	for (i = 0; i < OWNERS; i++)
		list_for_each_entry_safe(route, next, &t->owners[i], peer_node)
			camex_route_remove(&t->routes, route);
	KUNIT_EXPECT_NULL(test, rtnl_dereference(t->routes.v4));
	KUNIT_EXPECT_NULL(test, rtnl_dereference(t->routes.v6));
	rtnl_unlock();
	rcu_barrier();
}

/* --- the model: prefixes are compared bit by bit --- */

static struct camex_peer *peer_of(struct table *t, unsigned int owner)
{
	return (struct camex_peer *)&t->owners[owner];
}

static bool bit_of(const struct in6_addr *addr, unsigned int n)
{
	return addr->s6_addr[n / 8] >> (7 - n % 8) & 1;
}

static void flip_bit(struct in6_addr *addr, unsigned int n)
{
	addr->s6_addr[n / 8] ^= 0x80 >> n % 8;
}

static bool covers(const struct camex_prefix *p, u16 family,
		   const struct in6_addr *addr)
{
	unsigned int n;

	if (p->family != family)
		return false;
	for (n = 0; n < p->len; n++)
		if (bit_of(&p->addr, n) != bit_of(addr, n))
			return false;
	return true;
}

static struct camex_peer *model_lookup(struct table *t, u16 family,
				       const struct in6_addr *addr)
{
	struct camex_peer *best = NULL;
	int best_len = -1;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		if (t->model[i].len > best_len && covers(&t->model[i], family, addr)) {
			best = peer_of(t, t->owner[i]);
			best_len = t->model[i].len;
		}
	}
	return best;
}

/* Index of a prefix, or -1. */
static int model_find(struct table *t, const struct camex_prefix *p)
{
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (t->model[i].len == p->len && covers(&t->model[i], p->family, &p->addr))
			return i;
	return -1;
}

/* --- both at once --- */

static int insert(struct table *t, const struct camex_prefix *p, u8 owner)
{
	int i, err;

	rtnl_lock();
	err = camex_route_insert(&t->routes, p, peer_of(t, owner), &t->owners[owner]);
	rtnl_unlock();
	if (err)
		return err;
	i = model_find(t, p);
	if (i < 0)
		i = t->n++;
	t->model[i] = *p;
	t->owner[i] = owner;
	return 0;
}

static bool remove_nth(struct table *t, unsigned int i)
{
	struct camex_route *route;

	rtnl_lock();
	route = camex_route_find(&t->routes, &t->model[i]);
	if (route)
		camex_route_remove(&t->routes, route);
	rtnl_unlock();
	t->n--;
	t->model[i] = t->model[t->n];
	t->owner[i] = t->owner[t->n];
	return route;
}

static struct camex_peer *find(struct table *t, u16 family,
			       const struct in6_addr *addr)
{
	struct camex_peer *peer;

	rcu_read_lock();
	if (family == AF_INET)
		peer = camex_route_lookup4(&t->routes, addr->s6_addr32[0]);
	else
		peer = camex_route_lookup6(&t->routes, addr);
	rcu_read_unlock();
	return peer;
}

/* Looks an address up in both; returns false after telling the difference. */
static bool check_lookup(struct kunit *test, u16 family,
			 const struct in6_addr *addr)
{
	struct table *t = test->priv;
	struct camex_peer *got = find(t, family, addr);
	struct camex_peer *want = model_lookup(t, family, addr);

	if (got == want)
		return true;
	KUNIT_FAIL(test, "seed %llu, op %u: %pI6 (family %u) is peer %td, want %td",
		   t->seed, t->op, addr, family,
		   got ? (struct list_head *)got - t->owners : -1,
		   want ? (struct list_head *)want - t->owners : -1);
	return false;
}

/* The node is well-formed, its children are below it, and the model has its prefix, if any. */
static bool check_node(struct table *t, struct camex_route *node, struct camex_prefix *prefix)
{
	struct camex_prefix p = {};
	int i, bit;

	camex_route_prefix(node, &p);
	*prefix = p;
	if (!camex_prefix_valid(&p))
		return false;
	if (rtnl_dereference(node->peer)) {
		i = model_find(t, &p);
		if (i < 0 || rtnl_dereference(node->peer) != peer_of(t, t->owner[i]) ||
		    camex_route_find(&t->routes, &p) != node)
			return false;
	} else if (!rtnl_dereference(node->child[0]) ||
		   !rtnl_dereference(node->child[1]) ||
		   camex_route_find(&t->routes, &p)) {
		return false;
	}
	for (bit = 0; bit < 2; bit++) {
		struct camex_route *child = rtnl_dereference(node->child[bit]);
		struct camex_prefix q = {};

		if (!child)
			continue;
		camex_route_prefix(child, &q);
		if (child->parent != node || q.len <= p.len ||
		    !covers(&p, q.family, &q.addr) || bit_of(&q.addr, p.len) != bit)
			return false;
	}
	return true;
}

/* The node behind @node, whose children have it as their parent; a node precedes its children. */
static struct camex_route *node_behind(struct camex_route *node)
{
	struct camex_route *next;

	next = rtnl_dereference(node->child[0]) ?: rtnl_dereference(node->child[1]);
	while (!next && node->parent) {
		if (node == rtnl_dereference(node->parent->child[0]))
			next = rtnl_dereference(node->parent->child[1]);
		node = node->parent;
	}
	return next;
}

/*
 * Walks the trie: it is well-formed, no node is idle, and it holds just the
 * model's prefixes. Returns the number of those, or -1.
 */
static int walk(struct kunit *test, struct camex_route *root)
{
	struct table *t = test->priv;
	struct camex_route *node;
	struct camex_prefix p;
	int count = 0;

	if (root && root->parent) {
		KUNIT_FAIL(test, "seed %llu, op %u: the root has a parent", t->seed, t->op);
		return -1;
	}
	for (node = root; node; node = node_behind(node)) {
		if (!check_node(t, node, &p)) {
			KUNIT_FAIL(test, "seed %llu, op %u: the node of %pI6/%u is wrong",
				   t->seed, t->op, &p.addr, p.len);
			return -1;
		}
		count += !!rtnl_dereference(node->peer);
	}
	return count;
}

static bool check_structure(struct kunit *test)
{
	unsigned int i, listed[OWNERS] = {}, owned[OWNERS] = {};
	struct table *t = test->priv;
	struct camex_route *route;
	int v4, v6;

	rtnl_lock();
	v4 = walk(test, rtnl_dereference(t->routes.v4));
	v6 = walk(test, rtnl_dereference(t->routes.v6));
	for (i = 0; i < OWNERS; i++)
		list_for_each_entry(route, &t->owners[i], peer_node)
			if (rtnl_dereference(route->peer) == peer_of(t, i))
				listed[i]++;
			else
				listed[i] += 1000;
	rtnl_unlock();
	if (v4 < 0 || v6 < 0)
		return false;
	for (i = 0; i < t->n; i++)
		owned[t->owner[i]]++;
	if (v4 + v6 != t->n || t->routes.n != t->n || memcmp(listed, owned, sizeof(owned))) {
		KUNIT_FAIL(test,
			   "seed %llu, op %u: %d prefixes, %u counted, want %u, or a list is wrong",
			   t->seed, t->op, v4 + v6, t->routes.n, t->n);
		return false;
	}
	return true;
}

/* --- what to insert and to look up --- */

static void random_addr(struct table *t, u16 family, struct in6_addr *addr)
{
	unsigned int bits = family == AF_INET ? 32 : 128;

	memset(addr, 0, sizeof(*addr));
	if (t->n && below(&t->rnd, 8)) {
		/* like one that is there, but for a few bits: long common runs */
		const struct camex_prefix *p = &t->model[below(&t->rnd, t->n)];

		if (p->family == family) {
			*addr = p->addr;
			if (below(&t->rnd, 2) && p->len < bits)
				prandom_bytes_state(&t->rnd, addr->s6_addr + p->len / 8,
						    bits / 8 - p->len / 8);
			while (below(&t->rnd, 3))
				flip_bit(addr, below(&t->rnd, bits));
			return;
		}
	}
	prandom_bytes_state(&t->rnd, addr, bits / 8);
}

static void random_prefix(struct table *t, u16 family, struct camex_prefix *p)
{
	unsigned int bits = family == AF_INET ? 32 : 128, n;

	memset(p, 0, sizeof(*p));
	p->family = family;
	random_addr(t, family, &p->addr);
	switch (below(&t->rnd, 6)) {
	case 0:
		p->len = bits;
		break;
	case 1:
		p->len = bits - below(&t->rnd, 4);
		break;
	case 2:
		p->len = below(&t->rnd, 20) ? 8 * below(&t->rnd, bits / 8) : 0;
		break;
	case 3:
		p->len = family == AF_INET ? 24 : 62 + below(&t->rnd, 5);
		break;
	default:
		p->len = below(&t->rnd, bits + 1);
	}
	for (n = p->len; n < bits; n++)
		if (bit_of(&p->addr, n))
			flip_bit(&p->addr, n);
}

/* The addresses at both ends of a prefix, and the two right outside. */
static bool check_ends(struct kunit *test, const struct camex_prefix *p)
{
	unsigned int bits = p->family == AF_INET ? 32 : 128, n;
	struct in6_addr addr = p->addr;

	if (!check_lookup(test, p->family, &addr))
		return false;
	if (p->len) {
		flip_bit(&addr, p->len - 1);
		if (!check_lookup(test, p->family, &addr))
			return false;
		flip_bit(&addr, p->len - 1);
	}
	for (n = p->len; n < bits; n++)
		flip_bit(&addr, n);
	if (!check_lookup(test, p->family, &addr))
		return false;
	if (p->len) {
		flip_bit(&addr, p->len - 1);
		return check_lookup(test, p->family, &addr);
	}
	return true;
}

static bool random_op(struct kunit *test, u16 family, unsigned int most)
{
	struct table *t = test->priv;
	struct camex_prefix p;
	struct in6_addr addr;
	int i;

	random_prefix(t, family, &p);
	if (t->n && below(&t->rnd, 4) == 0)	/* replaces */
		p = t->model[below(&t->rnd, t->n)];
	if (t->n < most && below(&t->rnd, 8) < 5) {
		if (insert(t, &p, below(&t->rnd, OWNERS))) {
			KUNIT_FAIL(test, "no memory");
			return false;
		}
	} else if (t->n) {
		i = below(&t->rnd, t->n);
		p = t->model[i];
		if (!remove_nth(t, i)) {
			KUNIT_FAIL(test, "seed %llu, op %u: %pI6/%u is not found",
				   t->seed, t->op, &p.addr, p.len);
			return false;
		}
	}
	if (!check_ends(test, &p))
		return false;
	for (i = 0; i < 3; i++) {
		random_addr(t, family, &addr);
		if (!check_lookup(test, family, &addr))
			return false;
	}
	return true;
}

static bool random_table(struct kunit *test, u16 family, u64 seed,
			 unsigned int most, unsigned int ops)
{
	struct table *t = test->priv;

	t->seed = seed;
	prandom_seed_state(&t->rnd, seed);
	for (t->op = 0; t->op < ops; t->op++) {
		if (!random_op(test, family, most))
			return false;
		if (t->op % 16 == 0 && !check_structure(test))
			return false;
	}
	if (!check_structure(test))
		return false;
	while (t->n) {
		t->op++;
		KUNIT_EXPECT_TRUE(test, remove_nth(t, below(&t->rnd, t->n)));
		if (t->n % 8 == 0 && !check_structure(test))
			return false;
	}
	return true;
}

static void route_random_v4(struct kunit *test)
{
	u64 seed;

	/* small tables meet the odd shapes more often */
	for (seed = 1; seed <= 12; seed++)
		if (!random_table(test, AF_INET, seed, seed % 3 ? 6 : MODEL_MAX, 400))
			return;
}

static void route_random_v6(struct kunit *test)
{
	u64 seed;

	for (seed = 101; seed <= 112; seed++)
		if (!random_table(test, AF_INET6, seed, seed % 3 ? 6 : MODEL_MAX, 400))
			return;
}

/* --- single properties --- */

static struct camex_prefix v4(u32 addr, u8 len)
{
	struct camex_prefix p = { .family = AF_INET, .len = len };

	p.addr.s6_addr32[0] = htonl(addr);
	return p;
}

static struct camex_prefix v6(u32 first, u32 last, u8 len)
{
	struct camex_prefix p = { .family = AF_INET6, .len = len };

	p.addr.s6_addr32[0] = htonl(first);
	p.addr.s6_addr32[3] = htonl(last);
	return p;
}

/* Each length of one address, in and out again in another order. */
static void route_nested(struct kunit *test)
{
	struct table *t = test->priv;
	unsigned int bits, len, n;
	struct camex_prefix p;
	u16 family;

	for (family = AF_INET; family; family = family == AF_INET ? AF_INET6 : 0) {
		bits = family == AF_INET ? 32 : 128;
		for (n = 0; n <= bits && n < MODEL_MAX; n++) {
			/* 37 has no factor in common with 33 and 129 */
			len = n * 37 % (bits + 1);
			p = family == AF_INET ? v4(0xffffffff, 32) : v6(0, 0, 128);
			if (family == AF_INET)
				p.addr.s6_addr32[0] = htonl(len ? ~0U << (32 - len) : 0);
			p.len = len;
			KUNIT_ASSERT_EQ(test, 0, insert(t, &p, n % OWNERS));
			t->op = n;
			if (!check_structure(test) || !check_ends(test, &p))
				return;
		}
		while (t->n) {
			KUNIT_EXPECT_TRUE(test, remove_nth(t, t->n * 5 / 7));
			if (!check_structure(test))
				return;
		}
	}
}

static void route_families_apart(struct kunit *test)
{
	struct camex_prefix any4 = v4(0, 0), any6 = v6(0, 0, 0);
	struct camex_prefix net4 = v4(0x20010db8, 32), net6 = v6(0x20010db8, 0, 32);
	struct table *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, insert(t, &any4, 0));
	KUNIT_EXPECT_NULL(test, find(t, AF_INET6, &net6.addr));
	KUNIT_ASSERT_EQ(test, 0, insert(t, &any6, 1));
	KUNIT_ASSERT_EQ(test, 0, insert(t, &net4, 2));
	KUNIT_EXPECT_PTR_EQ(test, find(t, AF_INET6, &net6.addr), peer_of(t, 1));
	KUNIT_ASSERT_EQ(test, 0, insert(t, &net6, 3));
	KUNIT_EXPECT_PTR_EQ(test, find(t, AF_INET, &net4.addr), peer_of(t, 2));
	KUNIT_EXPECT_PTR_EQ(test, find(t, AF_INET6, &net6.addr), peer_of(t, 3));
	KUNIT_EXPECT_PTR_EQ(test, find(t, AF_INET, &any4.addr), peer_of(t, 0));
	KUNIT_EXPECT_PTR_EQ(test, find(t, AF_INET6, &any6.addr), peer_of(t, 1));
	check_structure(test);
}

/* A prefix that is given away moves to the other list, and is the same node. */
static void route_replace(struct kunit *test)
{
	struct camex_prefix p = v4(0x0a000000, 8);
	struct camex_route *before, *after;
	struct table *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, insert(t, &p, 0));
	rtnl_lock();
	before = camex_route_find(&t->routes, &p);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(test, before);
	KUNIT_ASSERT_EQ(test, 0, insert(t, &p, 1));
	rtnl_lock();
	after = camex_route_find(&t->routes, &p);
	rtnl_unlock();
	KUNIT_EXPECT_PTR_EQ(test, before, after);
	KUNIT_EXPECT_TRUE(test, list_empty(&t->owners[0]));
	KUNIT_EXPECT_TRUE(test, list_is_singular(&t->owners[1]));
	KUNIT_EXPECT_PTR_EQ(test, find(t, AF_INET, &p.addr), peer_of(t, 1));
}

static bool finds(struct table *t, struct camex_prefix p)
{
	bool found;

	rtnl_lock();
	found = camex_route_find(&t->routes, &p);
	rtnl_unlock();
	return found;
}

static void route_find_is_exact(struct kunit *test)
{
	struct camex_prefix left = v4(0x0a000000, 24), right = v4(0x0a000100, 24);
	struct table *t = test->priv;

	KUNIT_EXPECT_FALSE(test, finds(t, left));
	KUNIT_ASSERT_EQ(test, 0, insert(t, &left, 0));
	KUNIT_ASSERT_EQ(test, 0, insert(t, &right, 1));
	KUNIT_EXPECT_TRUE(test, finds(t, left));
	KUNIT_EXPECT_TRUE(test, finds(t, right));
	/* where both part there is a node, but no route */
	KUNIT_EXPECT_FALSE(test, finds(t, v4(0x0a000000, 23)));
	KUNIT_EXPECT_FALSE(test, finds(t, v4(0x0a000000, 25)));
	KUNIT_EXPECT_FALSE(test, finds(t, v4(0x0a000000, 0)));
	KUNIT_EXPECT_FALSE(test, finds(t, v4(0x0a000200, 24)));
	KUNIT_EXPECT_FALSE(test, finds(t, v4(0x0a000000, 32)));
	KUNIT_EXPECT_FALSE(test, finds(t, v6(0x0a000000, 0, 24)));
}

static void route_prefix_valid(struct kunit *test)
{
	unsigned int len, bit, bits;
	struct camex_prefix p;
	u16 family;

	for (family = AF_INET; family; family = family == AF_INET ? AF_INET6 : 0) {
		bits = family == AF_INET ? 32 : 128;
		for (len = 0; len < 256; len++) {
			p = family == AF_INET ? v4(0, len) : v6(0, 0, len);
			KUNIT_EXPECT_EQ_MSG(test, len <= bits, camex_prefix_valid(&p),
					    "family %u length %u", family, len);
			for (bit = 0; bit < bits; bit++) {
				memset(&p.addr, 0, sizeof(p.addr));
				flip_bit(&p.addr, bit);
				KUNIT_EXPECT_EQ_MSG(test, len <= bits && bit < len,
						    camex_prefix_valid(&p),
						    "family %u length %u bit %u",
						    family, len, bit);
			}
			if (has_failed(test))
				return;
		}
	}
}

static void route_prefix_returns(struct kunit *test)
{
	struct table *t = test->priv;
	struct camex_prefix in, out;
	struct camex_route *route;
	unsigned int i;

	prandom_seed_state(&t->rnd, 7);
	for (i = 0; i < 400; i++) {
		random_prefix(t, i % 2 ? AF_INET : AF_INET6, &in);
		KUNIT_ASSERT_EQ(test, 0, insert(t, &in, 0));
		memset(&out, 0xff, sizeof(out));
		rtnl_lock();
		route = camex_route_find(&t->routes, &in);
		if (route)
			camex_route_prefix(route, &out);
		rtnl_unlock();
		KUNIT_EXPECT_EQ(test, in.family, out.family);
		KUNIT_EXPECT_EQ(test, in.len, out.len);
		KUNIT_EXPECT_EQ(test, 0, memcmp(&in.addr, &out.addr, sizeof(in.addr)));
		remove_nth(t, 0);
	}
}

static void route_of_packet(struct kunit *test)
{
	struct camex_prefix src = v4(0x0a000001, 32), dst = v4(0x0a000002, 32);
	struct camex_prefix src6 = v6(0x20010db8, 1, 128), dst6 = v6(0x20010db8, 2, 128);
	struct sk_buff *skb = alloc_skb(128, GFP_KERNEL);
	struct camex_peer *to, *from, *to6, *from6;
	struct table *t = test->priv;
	struct ipv6hdr *ip6;
	struct iphdr *ip;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	err = insert(t, &src, 0) ?: insert(t, &dst, 1) ?:
	      insert(t, &src6, 2) ?: insert(t, &dst6, 3);
	skb_reset_network_header(skb);
	ip = skb_put_zero(skb, sizeof(*ip6));
	ip->saddr = src.addr.s6_addr32[0];
	ip->daddr = dst.addr.s6_addr32[0];
	skb->protocol = htons(ETH_P_IP);
	rcu_read_lock();
	to = camex_route_lookup_dst(&t->routes, skb);
	from = camex_route_lookup_src(&t->routes, skb);
	ip6 = ipv6_hdr(skb);
	ip6->saddr = src6.addr;
	ip6->daddr = dst6.addr;
	skb->protocol = htons(ETH_P_IPV6);
	to6 = camex_route_lookup_dst(&t->routes, skb);
	from6 = camex_route_lookup_src(&t->routes, skb);
	rcu_read_unlock();
	kfree_skb(skb);
	KUNIT_ASSERT_EQ(test, 0, err);
	KUNIT_EXPECT_PTR_EQ(test, from, peer_of(t, 0));
	KUNIT_EXPECT_PTR_EQ(test, to, peer_of(t, 1));
	KUNIT_EXPECT_PTR_EQ(test, from6, peer_of(t, 2));
	KUNIT_EXPECT_PTR_EQ(test, to6, peer_of(t, 3));
}

/* --- readers beside the writer --- */

/**
 * struct reader - a thread that looks addresses up
 * @t: where
 * @lookups: how many it made
 * @wrong: how many of those found no peer, or one that cannot be
 */
struct reader {
	struct table *t;
	unsigned int lookups;
	unsigned int wrong;
};

static int read_on(void *data)
{
	struct reader *r = data;
	struct rnd_state rnd;
	struct in6_addr addr;

	prandom_seed_state(&rnd, 11);
	while (!kthread_should_stop()) {
		struct list_head *peer;

		memset(&addr, 0, sizeof(addr));
		addr.s6_addr32[0] = htonl(0x0a000000 | below(&rnd, 16));
		peer = (struct list_head *)find(r->t, AF_INET, &addr);
		if (peer < r->t->owners || peer >= r->t->owners + OWNERS)
			r->wrong++;
		/* a /32 of this address is there all the time */
		addr.s6_addr32[0] = htonl(0x0a000005);
		peer = (struct list_head *)find(r->t, AF_INET, &addr);
		if (peer != r->t->owners)
			r->wrong++;
		if (++r->lookups % 64 == 0)
			cond_resched();
	}
	return 0;
}

static void route_readers(struct kunit *test)
{
	struct camex_prefix any = v4(0, 0), one = v4(0x0a000005, 32), p;
	struct table *t = test->priv;
	struct task_struct *thread;
	struct reader r = { t };
	unsigned int i, len;

	KUNIT_ASSERT_EQ(test, 0, insert(t, &any, 1));
	KUNIT_ASSERT_EQ(test, 0, insert(t, &one, 0));
	thread = kthread_run(read_on, &r, "camex-kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	prandom_seed_state(&t->rnd, 12);
	for (i = 0; i < 4000; i++) {
		if (t->n < 20 && below(&t->rnd, 2)) {
			len = 20 + below(&t->rnd, 13);
			p = v4((0x0a000000 | below(&t->rnd, 16)) & ~0U << (32 - len), len);
			if (len < 32 || p.addr.s6_addr32[0] != one.addr.s6_addr32[0])
				insert(t, &p, 1 + below(&t->rnd, OWNERS - 1));
		} else if (t->n > 2) {
			/* the first two stay */
			remove_nth(t, 2 + below(&t->rnd, t->n - 2));
		}
		if (i % 64 == 0)
			cond_resched();
	}
	kthread_stop(thread);
	KUNIT_EXPECT_EQ(test, r.wrong, 0);
	KUNIT_EXPECT_GT(test, r.lookups, 0);
	check_structure(test);
}

static struct kunit_case route_cases[] = {
	KUNIT_CASE(route_prefix_valid),
	KUNIT_CASE(route_prefix_returns),
	KUNIT_CASE(route_nested),
	KUNIT_CASE(route_families_apart),
	KUNIT_CASE(route_replace),
	KUNIT_CASE(route_find_is_exact),
	KUNIT_CASE(route_of_packet),
	KUNIT_CASE(route_random_v4),
	KUNIT_CASE(route_random_v6),
	KUNIT_CASE(route_readers),
	{}
};

static struct kunit_suite route_suite = {
	.name = "camex_route",
	.init = route_init,
	.exit = route_exit,
	.test_cases = route_cases,
};

kunit_test_suite(route_suite);
