// SPDX-License-Identifier: GPL-2.0-only
/* Where peers are: a table by address, and cached paths. */
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

/* An interface that goes and comes again has the same name, and another index. */
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
 * camex_endpoint_new() - an endpoint, in the table, not in use yet
 * @peer: whose it is to be
 * @to: address and port
 * @from: our own address towards it, or NULL
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

CAMEX_EXPORT_FOR_KUNIT(camex_endpoint_new);

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
 * camex_path_set() - another path leads to an endpoint
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
 * camex_endpoint_free() - take an endpoint out of the table
 * @ep: the endpoint, no longer any peer's; freed after a grace period; may be
 *	NULL
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
 * camex_endpoint_swap() - a peer is somewhere else
 * @peer: the peer
 * @ep: where it is now, or NULL; the old endpoint is freed unless it is the
 *	configured one
 *
 * Context: camex_dev.lock held.
 */
void camex_endpoint_swap(struct camex_peer *peer, struct camex_endpoint *ep)
{
	ep = rcu_replace_pointer(peer->endpoint, ep,
				 lockdep_is_held(&peer->cdev->lock));
	if (peer->cdev->protocol->endpoint_changed)
		peer->cdev->protocol->endpoint_changed(peer);
	if (ep != camex_peer_home(peer))
		camex_endpoint_free(ep);
}

/* The same endpoint by the interface that has its scope's name now. */
static void follow_scope(struct camex_endpoint *ep, const struct net_device *dev)
{
	struct camex_endpoint *configured, *new;
	struct camex_peer *peer = ep->peer;
	struct camex_addr to = ep->to;

	if (to.scope == dev->ifindex || strcmp(ep->scope_name, dev->name) ||
	    __dev_get_by_index(peer->cdev->net, to.scope))
		return;
	to.scope = dev->ifindex;
	/* No memory: the endpoint waits for the next event of the interface. */
	new = camex_endpoint_new(peer, &to, &ep->from);
	if (!new)
		return;
	configured = camex_peer_home(peer);
	if (rcu_access_pointer(peer->endpoint) == ep)
		camex_endpoint_swap(peer, new);
	if (configured == ep) {
		rcu_assign_pointer(peer->configured, new);
		camex_endpoint_free(ep);
	}
}

/**
 * camex_endpoints_follow() - link-local endpoints of an interface that has come again
 * @cdev: a device
 * @dev: an interface of its transport's namespace
 *
 * Links of peers are interfaces, too, so the peers whose endpoints have other scopes are not
 * looked at.
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
		/* Each peer has its turn with the lock. */
		spin_unlock_bh(&cdev->lock);
		spin_lock_bh(&cdev->lock);
	}
	spin_unlock_bh(&cdev->lock);
}

/**
 * camex_addr_same_host() - do two endpoints differ in the port at most
 * @a: one
 * @b: the other
 */
bool camex_addr_same_host(const struct camex_addr *a, const struct camex_addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       ipv6_addr_equal(&a->v6, &b->v6);
}

/**
 * camex_endpoints_at() - all endpoints with an address: where peers are, or were configured to be
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
 * camex_peer_by_endpoint() - the peer that is at an address
 * @cdev: the device
 * @addr: address and port
 *
 * Context: RCU reader.
 * Return: of the peers that are there now the one that came last, else the one
 * that was configured to be there, or NULL.
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

CAMEX_EXPORT_FOR_KUNIT(camex_peer_by_endpoint);

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

CAMEX_EXPORT_FOR_KUNIT(camex_peer_configured_at);

/**
 * camex_peer_configure_endpoint() - a peer's endpoint is set by its owner
 * @peer: the peer
 * @ep: from camex_endpoint_new()
 *
 * Context: RTNL and camex_dev.lock.
 */
void camex_peer_configure_endpoint(struct camex_peer *peer,
				   struct camex_endpoint *ep)
{
	struct camex_endpoint *configured = camex_peer_home(peer);

	ASSERT_RTNL();
	camex_endpoint_swap(peer, ep);
	rcu_assign_pointer(peer->configured, ep);
	camex_endpoint_free(configured);
	if (peer->cdev->protocol->configured)
		peer->cdev->protocol->configured(peer);
	if (peer->cdev->transport->connect)
		peer->cdev->transport->connect(peer->cdev, ep);
}

CAMEX_EXPORT_FOR_KUNIT(camex_peer_configure_endpoint);
