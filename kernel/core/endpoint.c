// SPDX-License-Identifier: GPL-2.0-only
/* Endpoints of peers: a table by address, and cached paths. */
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/dst.h>

#include "core/compat.h"
#include "core/memory.h"
#include "core/peer.h"
#include "core/protocol.h"
#include "core/transport.h"

static const struct rhashtable_params by_endpoint = {
	.key_len = sizeof(struct camex_addr),
	.key_offset = offsetof(struct camex_endpoint, to),
	.head_offset = offsetof(struct camex_endpoint, node),
	.automatic_shrinking = true,
};

/**
 * camex_endpoints_init() - set up the table of endpoints
 * @cdev: a new device
 *
 * Return: 0 or a negative errno.
 */
int camex_endpoints_init(struct camex_dev *cdev)
{
	return rhltable_init(&cdev->endpoints, &by_endpoint);
}

/**
 * camex_endpoints_free() - free the empty table
 * @cdev: a device without peers
 */
void camex_endpoints_free(struct camex_dev *cdev)
{
	rhltable_destroy(&cdev->endpoints);
}

static struct hlist_head *scope_bucket(struct camex_dev *cdev, const char *name)
{
	return &cdev->scoped[full_name_hash(cdev, name, strlen(name)) %
			     CAMEX_SCOPE_BUCKETS];
}

/* An interface that is removed and created again has the same name and another index. */
static void remember_scope(struct camex_endpoint *ep, struct camex_dev *cdev)
{
	const struct net_device *dev;

	if (likely(!ep->to.scope))
		return;
	rcu_read_lock();
	dev = dev_get_by_index_rcu(cdev->net, ep->to.scope);
	if (dev)
		strscpy(ep->scope_name, dev->name, sizeof(ep->scope_name));
	rcu_read_unlock();
	hlist_add_head(&ep->scope_node, scope_bucket(cdev, ep->scope_name));
}

/**
 * camex_endpoint_new() - make an endpoint and put it into the table
 * @peer: the peer that will use it
 * @to: address and port
 * @from: our source address for it, or NULL
 *
 * Context: camex_dev.lock held.
 * Return: the endpoint, or NULL without memory.
 */
struct camex_endpoint *camex_endpoint_new(struct camex_peer *peer,
					  const struct camex_addr *to,
					  const struct camex_addr *from)
{
	struct camex_endpoint *ep = camex_zalloc(peer->cdev, sizeof(*ep));

	lockdep_assert_held(&peer->cdev->lock);
	if (!ep)
		return NULL;
	ep->to = *to;
	if (from)
		ep->from = *from;
	ep->peer = peer;
	if (rhltable_insert(&peer->cdev->endpoints, &ep->node, by_endpoint)) {
		kfree(ep);
		return NULL;
	}
	remember_scope(ep, peer->cdev);
	return ep;
}

static void path_free(struct camex_path *path)
{
	if (path) {
		dst_release(path->dst);
		kfree(path);
	}
}

static void path_free_rcu(struct rcu_head *rcu)
{
	path_free(container_of(rcu, struct camex_path, rcu));
}

/**
 * camex_path_set() - replace the cached path to an endpoint
 * @ep: the endpoint
 * @path: the path, or NULL; the old one is freed after a grace period
 *
 * Context: RCU reader.
 */
void camex_path_set(struct camex_endpoint *ep, struct camex_path *path)
{
	path = unrcu_pointer(xchg(&ep->path, RCU_INITIALIZER(path)));
	if (path)
		call_rcu(&path->rcu, path_free_rcu);
}

static void endpoint_free_rcu(struct rcu_head *rcu)
{
	struct camex_endpoint *ep = container_of(rcu, struct camex_endpoint, rcu);

	path_free(rcu_dereference_protected(ep->path, true));
	kfree(ep);
}

/**
 * camex_endpoint_free() - remove an endpoint from the table and free it
 * @ep: the endpoint, which no peer uses any more; freed after a grace period; may be NULL
 *
 * Context: camex_dev.lock held.
 */
void camex_endpoint_free(struct camex_endpoint *ep)
{
	if (!ep)
		return;
	lockdep_assert_held(&ep->peer->cdev->lock);
	rhltable_remove(&ep->peer->cdev->endpoints, &ep->node, by_endpoint);
	hlist_del_init(&ep->scope_node);
	if (ep->peer->cdev->transport->leave)
		ep->peer->cdev->transport->leave(ep->peer->cdev, &ep->to);
	call_rcu(&ep->rcu, endpoint_free_rcu);
}

/**
 * camex_endpoint_swap() - replace the current endpoint of a peer
 * @peer: the peer
 * @ep: the new endpoint, or NULL; the old one is freed unless it is the configured one
 *
 * Context: camex_dev.lock held.
 */
void camex_endpoint_swap(struct camex_peer *peer, struct camex_endpoint *ep)
{
	ep = rcu_replace_pointer(peer->endpoint, ep,
				 lockdep_is_held(&peer->cdev->lock));
	if (peer->cdev->protocol->endpoint_changed)
		peer->cdev->protocol->endpoint_changed(peer);
	if (ep && peer->cdev->transport->moved && peer->cdev->transport->moved(peer, ep))
		return;
	if (ep != camex_peer_configured(peer))
		camex_endpoint_free(ep);
}

/* Make the same endpoint with the index of the interface that has its name now. */
static void follow_scope(struct camex_endpoint *ep, const struct net_device *dev)
{
	struct camex_endpoint *configured, *new;
	struct camex_peer *peer = ep->peer;
	struct camex_addr to = ep->to;

	if (to.scope == dev->ifindex || strcmp(ep->scope_name, dev->name) ||
	    __dev_get_by_index(peer->cdev->net, to.scope))
		return;
	configured = camex_peer_configured(peer);
	if (rcu_access_pointer(peer->endpoint) != ep && configured != ep)
		return;
	to.scope = dev->ifindex;
	/* No memory: try again at the next event of the interface. */
	new = camex_endpoint_new(peer, &to, &ep->from);
	if (!new)
		return;
	if (rcu_access_pointer(peer->endpoint) == ep)
		camex_endpoint_swap(peer, new);
	if (configured == ep) {
		rcu_assign_pointer(peer->configured, new);
		camex_endpoint_free(ep);
	}
}

/**
 * camex_endpoints_follow() - update link-local endpoints for an interface that was created again
 * @cdev: a device
 * @dev: an interface of its transport's namespace
 *
 * Per-peer links are interfaces, too. So only endpoints in the list of that name are visited.
 *
 * Context: RTNL.
 */
void camex_endpoints_follow(struct camex_dev *cdev, const struct net_device *dev)
{
	struct hlist_head *bucket = scope_bucket(cdev, dev->name);
	struct camex_endpoint *ep;
	HLIST_HEAD(todo);

	ASSERT_RTNL();
	if (hlist_empty(bucket))
		return;
	spin_lock_bh(&cdev->lock);
	hlist_move_list(bucket, &todo);
	while (!hlist_empty(&todo)) {
		ep = hlist_entry(todo.first, struct camex_endpoint, scope_node);
		hlist_del_init(&ep->scope_node);
		hlist_add_head(&ep->scope_node, bucket);
		follow_scope(ep, dev);
		/* Release the lock after each peer. */
		spin_unlock_bh(&cdev->lock);
		spin_lock_bh(&cdev->lock);
	}
	spin_unlock_bh(&cdev->lock);
}

/**
 * camex_addr_same_host() - are two endpoints equal but for the port
 * @a: one
 * @b: the other
 */
bool camex_addr_same_host(const struct camex_addr *a, const struct camex_addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       ipv6_addr_equal(&a->v6, &b->v6);
}

/**
 * camex_addr_same_place() - are two endpoints equal but for the transport
 * @a: one
 * @b: the other
 */
bool camex_addr_same_place(const struct camex_addr *a, const struct camex_addr *b)
{
	return a->port == b->port && camex_addr_same_host(a, b);
}

/**
 * camex_endpoint_is_configured() - is an endpoint at the address that its peer was given
 * @ep: the endpoint, by whatever transport
 *
 * Context: RCU reader.
 */
bool camex_endpoint_is_configured(const struct camex_endpoint *ep)
{
	const struct camex_endpoint *configured;

	/* Answers to strangers go to an endpoint without a peer. */
	if (!ep->peer)
		return false;
	configured = rcu_dereference_check(ep->peer->configured, rcu_read_lock_bh_held());
	return configured && camex_addr_same_place(&configured->to, &ep->to);
}

/**
 * camex_endpoints_at() - all current and configured endpoints with an address
 * @cdev: the device
 * @addr: address and port
 *
 * Context: RCU reader.
 * Return: a list for rhl_for_each_entry_rcu(), or NULL.
 */
struct rhlist_head *camex_endpoints_at(struct camex_dev *cdev, const struct camex_addr *addr)
{
	return rhltable_lookup(&cdev->endpoints, addr, by_endpoint);
}

/**
 * camex_peer_by_endpoint() - the peer with an endpoint
 * @cdev: the device
 * @addr: address and port
 *
 * Context: RCU reader.
 * Return: the peer that moved there last, else the peer whose configured endpoint it is, or NULL.
 */
struct camex_peer *camex_peer_by_endpoint(struct camex_dev *cdev,
					  const struct camex_addr *addr)
{
	struct camex_peer *found = NULL;
	struct rhlist_head *list, *pos;
	struct camex_endpoint *ep;

	list = camex_endpoints_at(cdev, addr);
	rhl_for_each_entry_rcu(ep, pos, list, node) {
		found = ep->peer;
		if (rcu_access_pointer(found->endpoint) == ep)
			break;
	}
	return found;
}

/**
 * camex_peer_configured_at() - the peer whose configured endpoint this is
 * @cdev: the device
 * @addr: address and port
 *
 * Context: RTNL.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_peer_configured_at(struct camex_dev *cdev,
					    const struct camex_addr *addr)
{
	struct camex_peer *found = NULL;
	struct rhlist_head *list, *pos;
	struct camex_endpoint *ep;

	rcu_read_lock();
	list = camex_endpoints_at(cdev, addr);
	rhl_for_each_entry_rcu(ep, pos, list, node)
		if (rcu_access_pointer(ep->peer->configured) == ep)
			found = ep->peer;
	rcu_read_unlock();
	return found;
}

/**
 * camex_peer_configure_endpoint() - set the configured endpoint of a peer
 * @peer: the peer
 * @ep: from camex_endpoint_new()
 *
 * Context: RTNL and camex_dev.lock.
 */
void camex_peer_configure_endpoint(struct camex_peer *peer,
				   struct camex_endpoint *ep)
{
	struct camex_endpoint *configured = camex_peer_configured(peer);

	ASSERT_RTNL();
	camex_endpoint_swap(peer, ep);
	rcu_assign_pointer(peer->configured, ep);
	camex_endpoint_free(configured);
	if (peer->cdev->protocol->configured)
		peer->cdev->protocol->configured(peer);
	if (peer->cdev->transport->connect)
		peer->cdev->transport->connect(peer->cdev, ep);
}
