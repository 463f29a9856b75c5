// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "core/allowed_ips.h"
#include "core/compat.h"
#include "core/ip_packet.h"
#include "core/memory.h"

#define reader_get(p) rcu_dereference_check(p, rcu_read_lock_bh_held())

static struct camex_route *writer_get(struct camex_route __rcu *at)
{
	return rcu_dereference_protected(at, lockdep_rtnl_is_held());
}

static u64 mask_prefix(unsigned int bits)
{
	return bits ? ~0ULL << (64 - bits) : 0;
}

/* Do the first @len bits of @a and @b agree? */
static bool is_same_prefix(const u64 *a, const u64 *b, unsigned int len)
{
	if (len <= 64)
		return !((a[0] ^ b[0]) & mask_prefix(len));
	return a[0] == b[0] && !((a[1] ^ b[1]) & mask_prefix(len - 64));
}

/* How many of the first @len bits agree? */
static unsigned int common_bits(const u64 *a, const u64 *b, unsigned int len)
{
	unsigned int bits;

	if (a[0] != b[0])
		bits = 64 - fls64(a[0] ^ b[0]);
	else if (a[1] != b[1])
		bits = 128 - fls64(a[1] ^ b[1]);
	else
		bits = 128;
	return min(bits, len);
}

static unsigned int bit_at(const u64 *key, unsigned int n)
{
	return (key[n / 64] >> (63 - n % 64)) & 1;
}

static void to_key(u64 *key, u16 family, const void *addr)
{
	const __be32 *a = addr;

	key[0] = (u64)be32_to_cpu(a[0]) << 32;
	key[1] = 0;
	if (family == AF_INET6) {
		key[0] |= be32_to_cpu(a[1]);
		key[1] = (u64)be32_to_cpu(a[2]) << 32 | be32_to_cpu(a[3]);
	}
}

static struct camex_peer *lookup_longest(const struct camex_route *at, const u64 *key,
					 unsigned int bits, unsigned int least)
{
	struct camex_peer *best = NULL;

	while (at && is_same_prefix(at->key, key, at->len)) {
		struct camex_peer *peer = reader_get(at->peer);

		if (peer && at->len >= least)
			best = peer;
		if (at->len == bits)
			break;
		at = reader_get(at->child[bit_at(key, at->len)]);
	}
	return best;
}

/* Does the trie contain a default route and nothing else? */
static bool is_only_route(const struct camex_route *root)
{
	return root && !root->len && !rcu_access_pointer(root->child[0]) &&
	       !rcu_access_pointer(root->child[1]);
}

/**
 * camex_route_lookup4() - longest match of an IPv4 address
 * @routes: the device's routes
 * @addr: the address
 *
 * Context: RCU reader.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_route_lookup4(const struct camex_routes *routes,
				       __be32 addr)
{
	const struct camex_route *root = reader_get(routes->v4);
	u64 key[2];

	if (is_only_route(root))
		return reader_get(root->peer);
	to_key(key, AF_INET, &addr);
	return lookup_longest(root, key, 32, 0);
}

/**
 * camex_route_lookup6() - longest match of an IPv6 address
 * @routes: the device's routes
 * @addr: the address
 *
 * Context: RCU reader.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_route_lookup6(const struct camex_routes *routes,
				       const struct in6_addr *addr)
{
	const struct camex_route *root = reader_get(routes->v6);
	u64 key[2];

	if (is_only_route(root))
		return reader_get(root->peer);
	to_key(key, AF_INET6, addr);
	return lookup_longest(root, key, 128, 0);
}

/**
 * camex_route_lookup_dst() - the peer that a packet is for
 * @routes: the device's routes
 * @skb: packet with a whole IPv4 or IPv6 header, skb->protocol set
 *
 * Context: RCU reader.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_route_lookup_dst(const struct camex_routes *routes,
					  const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return camex_route_lookup4(routes, ip_hdr(skb)->daddr);
	return camex_route_lookup6(routes, &ipv6_hdr(skb)->daddr);
}

/**
 * camex_route_lookup_relay() - the peer that a packet may be relayed to
 * @routes: the device's routes
 * @skb: packet with a whole IPv4 or IPv6 header, skb->protocol set
 *
 * Context: RCU reader.
 * Return: the peer, or NULL if only a default route matches.
 */
struct camex_peer *camex_route_lookup_relay(const struct camex_routes *routes,
					    const struct sk_buff *skb)
{
	u64 key[2];

	if (skb->protocol == htons(ETH_P_IP)) {
		to_key(key, AF_INET, &ip_hdr(skb)->daddr);
		return lookup_longest(reader_get(routes->v4), key, 32, 1);
	}
	to_key(key, AF_INET6, &ipv6_hdr(skb)->daddr);
	return lookup_longest(reader_get(routes->v6), key, 128, 1);
}

/**
 * camex_route_lookup_src() - the peer that a packet's source belongs to
 * @routes: the device's routes
 * @skb: packet with a whole IPv4 or IPv6 header, skb->protocol set
 *
 * Context: RCU reader.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_route_lookup_src(const struct camex_routes *routes,
					  const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return camex_route_lookup4(routes, ip_hdr(skb)->saddr);
	return camex_route_lookup6(routes, &ipv6_hdr(skb)->saddr);
}

/**
 * camex_route_lookup_raw() - the peer that the source of raw bytes belongs to
 * @routes: the device's routes
 * @data: possibly an IP packet: its first 40 bytes, or all if it is shorter
 * @len: bytes of @data
 *
 * Context: RCU reader.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_route_lookup_raw(const struct camex_routes *routes,
					  const void *data, size_t len)
{
	struct in6_addr v6;
	__be32 v4;

	if (!camex_ip_len(data, len))
		return NULL;
	if (*(u8 *)data >> 4 == 4) {
		memcpy(&v4, data + offsetof(struct iphdr, saddr), sizeof(v4));
		return camex_route_lookup4(routes, v4);
	}
	memcpy(&v6, data + offsetof(struct ipv6hdr, saddr), sizeof(v6));
	return camex_route_lookup6(routes, &v6);
}

/**
 * camex_prefix_valid() - is a prefix well-formed
 * @prefix: any family and length
 *
 * Return: true when the length fits the family and no bit behind it is set.
 */
bool camex_prefix_valid(const struct camex_prefix *prefix)
{
	u64 key[2];

	if (prefix->len > (prefix->family == AF_INET ? 32 : 128))
		return false;
	to_key(key, prefix->family, &prefix->addr);
	if (prefix->len < 64)
		return !(key[0] & ~mask_prefix(prefix->len)) && !key[1];
	return !(key[1] & ~mask_prefix(prefix->len - 64));
}

/**
 * camex_route_prefix() - the prefix of a route
 * @route: the route
 * @prefix: result
 */
void camex_route_prefix(const struct camex_route *route,
			struct camex_prefix *prefix)
{
	__be32 *a = prefix->addr.s6_addr32;

	prefix->family = route->family;
	prefix->len = route->len;
	a[0] = cpu_to_be32(route->key[0] >> 32);
	a[1] = cpu_to_be32(lower_32_bits(route->key[0]));
	a[2] = cpu_to_be32(route->key[1] >> 32);
	a[3] = cpu_to_be32(lower_32_bits(route->key[1]));
}

static struct camex_route __rcu **root_of(struct camex_routes *routes,
					  u16 family)
{
	return family == AF_INET ? &routes->v4 : &routes->v6;
}

/* The pointer to @route that readers follow. */
static struct camex_route __rcu **link_to(struct camex_routes *routes,
					  struct camex_route *route)
{
	if (!route->parent)
		return root_of(routes, route->family);
	return &route->parent->child[bit_at(route->key, route->parent->len)];
}

/*
 * Walk towards a prefix. Return the pointer at which the walk ends: it points to the node of the
 * prefix, to the first node that does not contain the prefix, or is NULL. *@parent is the node with
 * that pointer.
 */
static struct camex_route __rcu **descend_trie(struct camex_routes *routes,
					       u16 family, const u64 *key, u8 len,
					       struct camex_route **parent)
{
	struct camex_route __rcu **at = root_of(routes, family);
	struct camex_route *node;

	*parent = NULL;
	while ((node = writer_get(*at)) && node->len < len &&
	       is_same_prefix(node->key, key, node->len)) {
		*parent = node;
		at = &node->child[bit_at(key, node->len)];
	}
	return at;
}

/**
 * camex_route_find() - the route of exactly this prefix
 * @routes: the device's routes
 * @prefix: a valid prefix
 *
 * Context: RTNL.
 * Return: the route, or NULL.
 */
struct camex_route *camex_route_find(struct camex_routes *routes,
				     const struct camex_prefix *prefix)
{
	struct camex_route *parent, *node;
	u64 key[2];

	to_key(key, prefix->family, &prefix->addr);
	node = writer_get(*descend_trie(routes, prefix->family, key, prefix->len,
					&parent));
	if (node && node->len == prefix->len && is_same_prefix(node->key, key, node->len) &&
	    rcu_access_pointer(node->peer))
		return node;
	return NULL;
}

/* Counts the changes of all devices' routes (RTNL). */
static u64 generation;

/**
 * camex_routes_generation() - a number that differs after any change of any device's routes
 *
 * As long as it does not change, pointers to routes stay valid.
 *
 * Context: RTNL.
 */
u64 camex_routes_generation(void)
{
	return generation;
}

static struct camex_route *new_node(u16 family, const u64 *key, u8 len)
{
	struct camex_route *node = kzalloc(sizeof(*node), CAMEX_GFP_REQUEST);

	if (!node)
		return NULL;
	node->family = family;
	node->len = len;
	if (len <= 64) {
		node->key[0] = key[0] & mask_prefix(len);
	} else {
		node->key[0] = key[0];
		node->key[1] = key[1] & mask_prefix(len - 64);
	}
	INIT_LIST_HEAD(&node->peer_node);
	return node;
}

/**
 * camex_route_insert() - give a prefix to a peer
 * @routes: the device's routes
 * @prefix: a valid prefix; taken from the peer that has it
 * @peer: its new owner
 * @owned: the peer's list of routes
 *
 * Context: RTNL, may sleep.
 * Return: 0, or -ENOMEM with nothing changed.
 */
int camex_route_insert(struct camex_routes *routes,
		       const struct camex_prefix *prefix,
		       struct camex_peer *peer, struct list_head *owned)
{
	struct camex_route *parent, *node, *below, *fork = NULL;
	struct camex_route __rcu **at;
	u64 key[2];

	to_key(key, prefix->family, &prefix->addr);
	at = descend_trie(routes, prefix->family, key, prefix->len, &parent);
	below = writer_get(*at);
	generation++;

	if (below && below->len == prefix->len &&
	    is_same_prefix(below->key, key, below->len)) {
		routes->n += !rcu_access_pointer(below->peer);
		rcu_assign_pointer(below->peer, peer);
		list_move_tail(&below->peer_node, owned);
		return 0;
	}

	node = new_node(prefix->family, key, prefix->len);
	if (!node)
		return -ENOMEM;
	RCU_INIT_POINTER(node->peer, peer);

	if (below) {
		unsigned int bits = common_bits(below->key, key,
						min(below->len, node->len));

		/* Either @below is inside @node, or both go into a new fork. */
		if (bits == node->len) {
			fork = node;
		} else {
			fork = new_node(prefix->family, key, bits);
			if (!fork) {
				kfree(node);
				return -ENOMEM;
			}
			node->parent = fork;
			RCU_INIT_POINTER(fork->child[bit_at(key, bits)], node);
		}
		RCU_INIT_POINTER(fork->child[bit_at(below->key, bits)], below);
	} else {
		fork = node;
	}
	fork->parent = parent;
	rcu_assign_pointer(*at, fork);
	if (below)
		below->parent = fork;
	list_add_tail(&node->peer_node, owned);
	routes->n++;
	return 0;
}

/* Remove a node without a peer that has at most one child. */
static void splice_out(struct camex_routes *routes, struct camex_route *node)
{
	struct camex_route *child = writer_get(node->child[0]) ?:
				    writer_get(node->child[1]);

	if (child)
		child->parent = node->parent;
	rcu_assign_pointer(*link_to(routes, node), child);
	kfree_rcu(node, rcu);
}

static bool is_fork(struct camex_route *node)
{
	return rcu_access_pointer(node->child[0]) &&
	       rcu_access_pointer(node->child[1]);
}

/**
 * camex_route_remove() - take a prefix from its peer
 * @routes: the device's routes
 * @route: from camex_route_find() or a peer's list; freed
 *
 * Context: RTNL.
 */
void camex_route_remove(struct camex_routes *routes, struct camex_route *route)
{
	struct camex_route *parent = route->parent;

	generation++;
	RCU_INIT_POINTER(route->peer, NULL);
	routes->n--;
	route->fresh = false;
	list_del_init(&route->peer_node);
	if (is_fork(route))
		return;
	splice_out(routes, route);
	if (parent && !rcu_access_pointer(parent->peer) && !is_fork(parent))
		splice_out(routes, parent);
}
