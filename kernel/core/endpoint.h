/* SPDX-License-Identifier: GPL-2.0-only */
/* Endpoints of peers, and the paths to them. */
#ifndef CAMEX_ENDPOINT_H
#define CAMEX_ENDPOINT_H

#include "core/device.h"

struct camex_peer;
struct dst_entry;

/**
 * struct camex_path - cached path to an endpoint
 * @dst: route (a reference)
 * @cookie: to check whether @dst is still valid
 * @generation: camex_dev.path_generation when it was found
 * @src: source address for this route
 * @ident: IPv4 identification of the next datagram that may be fragmented
 * @rcu: frees it
 */
struct camex_path {
	struct dst_entry *dst;
	u32 cookie;
	u32 generation;
	struct in6_addr src;
	atomic_t ident;
	struct rcu_head rcu;
};

/**
 * struct camex_endpoint - endpoint of a peer, and the path to it
 * @to: address and port of the peer
 * @from: our address to which the peer sends, or AF_UNSPEC: the route decides. Its scope is the
 *	interface that receives the peer's datagrams, if that matters, else 0
 * @scope_name: the interface of the scope when this endpoint was made, or ""
 * @scope_node: in camex_dev.scoped, if there is a scope (camex_dev.lock)
 * @node: in camex_dev.endpoints (camex_dev.lock)
 * @peer: its peer, valid under RCU
 * @path: path to it, found by the first packet (RCU)
 * @rcu: frees it
 *
 * All members but @path never change while readers can see them: a peer that moves gets a new
 * endpoint.
 */
struct camex_endpoint {
	struct camex_addr to;
	struct camex_addr from;
	char scope_name[IFNAMSIZ];
	struct hlist_node scope_node;
	struct rhlist_head node;
	struct camex_peer *peer;
	struct camex_path __rcu *path;
	struct rcu_head rcu;
};

/**
 * camex_endpoint_is() - is the source of a datagram still the peer's endpoint
 * @ep: the endpoint
 * @to: source of the datagram
 * @from: our address to which it was sent
 */
static inline bool camex_endpoint_is(const struct camex_endpoint *ep,
				     const struct camex_addr *to,
				     const struct camex_addr *from)
{
	return !memcmp(&ep->to, to, sizeof(*to)) &&
	       !memcmp(&ep->from, from, sizeof(*from));
}

int camex_endpoints_init(struct camex_dev *cdev);
void camex_endpoints_free(struct camex_dev *cdev);
struct camex_endpoint *camex_endpoint_new(struct camex_peer *peer,
					  const struct camex_addr *to,
					  const struct camex_addr *from);
void camex_endpoint_free(struct camex_endpoint *ep);
void camex_endpoint_swap(struct camex_peer *peer, struct camex_endpoint *ep);
void camex_endpoints_follow(struct camex_dev *cdev, const struct net_device *dev);
void camex_path_set(struct camex_endpoint *ep, struct camex_path *path);
struct camex_peer *camex_peer_by_endpoint(struct camex_dev *cdev,
					  const struct camex_addr *addr);
struct camex_peer *camex_peer_configured_at(struct camex_dev *cdev,
					    const struct camex_addr *addr);
bool camex_addr_same_host(const struct camex_addr *a, const struct camex_addr *b);
bool camex_addr_same_place(const struct camex_addr *a, const struct camex_addr *b);
bool camex_endpoint_is_configured(const struct camex_endpoint *ep);
struct rhlist_head *camex_endpoints_at(struct camex_dev *cdev, const struct camex_addr *addr);
void camex_peer_configure_endpoint(struct camex_peer *peer,
				   struct camex_endpoint *ep);

#endif /* CAMEX_ENDPOINT_H */
