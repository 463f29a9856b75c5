/* SPDX-License-Identifier: GPL-2.0-only */
/* Prefix to peer, longest match first: a compressed binary trie for each family. */
#ifndef CAMEX_ROUTE_H
#define CAMEX_ROUTE_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct camex_peer;
struct sk_buff;

/**
 * struct camex_prefix - an IP prefix
 * @family: AF_INET or AF_INET6
 * @len: number of significant bits
 * @addr: the address, 4 or 16 bytes of it, network byte order
 */
struct camex_prefix {
	u16 family;
	u8 len;
	struct in6_addr addr;
};

/**
 * struct camex_route - node of the trie
 * @key: the prefix, in host byte order; IPv4 in the upper half of the first
 * @len: number of its bits
 * @family: AF_INET or AF_INET6
 * @peer: the peer that owns the prefix; NULL for a fork, which only connects nodes
 * @child: children, by the value of the first bit behind the prefix
 * @parent: NULL at the root (writer)
 * @peer_node: on the peer's list of routes (writer)
 * @fresh: made by the current request (writer)
 * @rcu: frees it
 *
 * @key, @len and @family never change while readers can see the node.
 */
struct camex_route {
	u64 key[2];
	u8 len;
	u16 family;
	struct camex_peer __rcu *peer;
	struct camex_route __rcu *child[2];
	struct camex_route *parent;
	struct list_head peer_node;
	bool fresh;
	struct rcu_head rcu;
};

/**
 * struct camex_routes - the routes of a device
 * @v4: root for IPv4
 * @v6: root for IPv6
 * @n: number of routes (RTNL)
 *
 * Writers serialize by RTNL, readers hold rcu_read_lock() or its _bh form.
 */
struct camex_routes {
	struct camex_route __rcu *v4;
	struct camex_route __rcu *v6;
	unsigned int n;
};

u64 camex_routes_generation(void);
struct camex_peer *camex_route_lookup4(const struct camex_routes *routes,
				       __be32 addr);
struct camex_peer *camex_route_lookup6(const struct camex_routes *routes,
				       const struct in6_addr *addr);
struct camex_peer *camex_route_lookup_dst(const struct camex_routes *routes,
					  const struct sk_buff *skb);
struct camex_peer *camex_route_lookup_relay(const struct camex_routes *routes,
					    const struct sk_buff *skb);
struct camex_peer *camex_route_lookup_src(const struct camex_routes *routes,
					  const struct sk_buff *skb);
struct camex_peer *camex_route_lookup_raw(const struct camex_routes *routes,
					  const void *data, size_t len);
struct camex_route *camex_route_find(struct camex_routes *routes,
				     const struct camex_prefix *prefix);
int camex_route_insert(struct camex_routes *routes,
		       const struct camex_prefix *prefix,
		       struct camex_peer *peer, struct list_head *owned);
void camex_route_remove(struct camex_routes *routes, struct camex_route *route);
void camex_route_prefix(const struct camex_route *route,
			struct camex_prefix *prefix);
bool camex_prefix_valid(const struct camex_prefix *prefix);

#endif /* CAMEX_ROUTE_H */
