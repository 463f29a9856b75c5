// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <linux/slab.h>

#include "core/compat.h"
#include "core/events.h"
#include "core/link.h"
#include "core/memory.h"
#include "core/protocol.h"
#include "core/staged.h"
#include "core/timer.h"
#include "core/trace.h"
#include "core/transport.h"

static const struct rhashtable_params by_name = {
	.key_len = CAMEX_NAME_MAX + 1,
	.key_offset = offsetof(struct camex_peer, folded),
	.head_offset = offsetof(struct camex_peer, name_node),
	.automatic_shrinking = true,
};

/**
 * camex_peers_init() - set up the tables of peers
 * @cdev: a new device
 *
 * Return: 0 or a negative errno.
 */
int camex_peers_init(struct camex_dev *cdev)
{
	int err;

	xa_init_flags(&cdev->peers, XA_FLAGS_ALLOC | XA_FLAGS_ACCOUNT);
	camex_events_init(cdev);
	err = rhashtable_init(&cdev->names, &by_name);
	if (err)
		return err;
	err = camex_endpoints_init(cdev);
	if (err)
		rhashtable_destroy(&cdev->names);
	return err;
}

/**
 * camex_peers_free() - free the empty tables
 * @cdev: a device without peers
 */
void camex_peers_free(struct camex_dev *cdev)
{
	camex_endpoints_free(cdev);
	rhashtable_destroy(&cdev->names);
	xa_destroy(&cdev->peers);
}

/**
 * camex_peers_clear() - delete all peers
 * @cdev: the device
 *
 * Context: RTNL, may sleep.
 */
void camex_peers_clear(struct camex_dev *cdev)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each(&cdev->peers, number, peer) {
		camex_peer_del(peer);
		cond_resched();
	}
}

static void fold_name(char *folded, const char *name)
{
	int i;

	memset(folded, 0, CAMEX_NAME_MAX + 1);
	for (i = 0; i < CAMEX_NAME_MAX && name[i]; i++)
		folded[i] = isascii(name[i]) ? tolower(name[i]) : name[i];
}

/**
 * camex_peer_find() - a peer by name
 * @cdev: the device
 * @name: its name, in any case
 *
 * Context: RTNL.
 * Return: the peer, or NULL.
 */
struct camex_peer *camex_peer_find(struct camex_dev *cdev, const char *name)
{
	char folded[CAMEX_NAME_MAX + 1];

	fold_name(folded, name);
	return rhashtable_lookup_fast(&cdev->names, folded, by_name);
}

/* Bytes from the end of struct camex_peer to the transport's own struct. */
static size_t protocol_part(const struct camex_dev *cdev)
{
	return ALIGN(cdev->protocol->peer_size, CAMEX_OWN_ALIGN);
}

/**
 * camex_peer_transport_own() - the transport's own struct of a peer
 * @peer: the peer
 *
 * Return: camex_transport_ops.peer_size bytes.
 */
void *camex_peer_transport_own(const struct camex_peer *peer)
{
	return camex_peer_own(peer) + protocol_part(peer->cdev);
}

/**
 * camex_peer_new() - add a peer with a name, and perhaps a key
 * @cdev: the device
 * @name: 1 to CAMEX_NAME_MAX bytes that no other peer has
 * @key: CAMEX_KEY_LEN bytes, or NULL; set first, so that no datagram of the peer is plain
 * @fingerprint: CAMEX_FINGERPRINT_LEN bytes, the fingerprint of the key
 *
 * Context: RTNL, may sleep.
 * Return: the peer, or an ERR_PTR.
 */
struct camex_peer *camex_peer_new(struct camex_dev *cdev, const char *name,
				  const u8 *key, const u8 *fingerprint)
{
	struct camex_peer *peer;
	int err;

	ASSERT_RTNL();
	peer = kzalloc(sizeof(*peer) + protocol_part(cdev) + cdev->transport->peer_size,
		       CAMEX_GFP_REQUEST);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	peer->cdev = cdev;
	INIT_LIST_HEAD(&peer->stations.list);
	INIT_LIST_HEAD(&peer->routes);
	INIT_LIST_HEAD(&peer->events.node);
	INIT_LIST_HEAD(&peer->link.node);
	skb_queue_head_init(&peer->staged);
	strscpy(peer->name, name, sizeof(peer->name));
	fold_name(peer->folded, name);
	camex_timer_init(peer);
	peer->traffic = camex_traffic_alloc();
	if (!peer->traffic) {
		err = -ENOMEM;
		goto err_peer;
	}
	err = cdev->protocol->peer_init ? cdev->protocol->peer_init(peer) : 0;
	if (err)
		goto err_traffic;
	err = xa_alloc_cyclic(&cdev->peers, &peer->number, peer, xa_limit_31b,
			      &cdev->next_peer, CAMEX_GFP_REQUEST);
	if (err < 0)
		goto err_own;
	err = key ? cdev->protocol->key_set(peer, key, fingerprint) : 0;
	if (!err)
		err = rhashtable_lookup_insert_fast(&cdev->names,
						    &peer->name_node, by_name);
	if (!err)
		return peer;
	camex_peer_del(peer);	/* a broadcast frame may be using it */
	return ERR_PTR(err);

err_own:
	if (cdev->protocol->peer_free)
		cdev->protocol->peer_free(peer);
err_traffic:
	free_percpu(peer->traffic);
err_peer:
	kfree(peer);
	return ERR_PTR(err);
}

/* --- changes by received datagrams --- */

static void heard_again(struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;

	spin_lock_bh(&cdev->lock);
	if (!peer->dead && !peer->live.alive) {
		peer->live.heard = true;
		peer->live.lost = false;
		WRITE_ONCE(peer->live.alive, true);
		if (cdev->protocol->peer_up)
			cdev->protocol->peer_up(peer);
		camex_peer_tell(peer, CAMEX_EVENT_PEER_UP);
		camex_peer_wake(peer, jiffies);
		if (cdev->link->peer_heard)
			cdev->link->peer_heard(peer);
	}
	spin_unlock_bh(&cdev->lock);
}

/**
 * camex_peer_heard() - note a valid datagram of a peer
 * @peer: the peer
 *
 * Context: RCU reader, bottom halves off.
 */
void camex_peer_heard(struct camex_peer *peer)
{
	camex_note_now(&peer->live.seen);
	if (unlikely(READ_ONCE(peer->live.unheard)) && READ_ONCE(peer->live.introduced))
		WRITE_ONCE(peer->live.unheard, false);
	if (unlikely(!READ_ONCE(peer->live.alive)))
		heard_again(peer);
}

/**
 * camex_peer_move() - change the endpoint of a peer
 * @peer: the peer
 * @to: its address and port
 * @from: our address to which it sends
 *
 * Context: camex_dev.lock held.
 * Return: 0 or -ENOMEM.
 */
int camex_peer_move(struct camex_peer *peer, const struct camex_addr *to,
		    const struct camex_addr *from)
{
	struct camex_endpoint *old, *ep;
	bool elsewhere;

	old = rcu_dereference_protected(peer->endpoint,
					lockdep_is_held(&peer->cdev->lock));
	if (old && camex_endpoint_is(old, to, from))
		return 0;
	if (peer->cdev->transport->may_move && !peer->cdev->transport->may_move(peer, to))
		return 0;
	ep = camex_endpoint_new(peer, to, from);
	if (!ep)
		return -ENOMEM;
	elsewhere = old && memcmp(&old->to, to, sizeof(*to));
	camex_endpoint_swap(peer, ep);
	trace_camex_endpoint(peer, to);
	if (elsewhere)
		camex_peer_tell(peer, CAMEX_EVENT_ENDPOINT);
	if (old && peer->cdev->protocol->peer_moved)
		peer->cdev->protocol->peer_moved(peer);
	/* The peer has moved and may wait for an answer, or packets wait for its endpoint. */
	if (old || camex_staged_any(peer))
		camex_peer_wake(peer, jiffies);
	return 0;
}

/* --- routes --- */

/**
 * camex_routes_prepare() - prepare a new list of prefixes for a peer
 * @peer: the peer
 * @prefixes: valid prefixes, none of them another peer's
 * @n: how many
 * @change: result, for camex_routes_commit() or camex_routes_abandon()
 *
 * New prefixes are routed at once. A prefix on both lists is routed all the time.
 *
 * Context: RTNL, may sleep.
 * Return: 0, or -ENOMEM with nothing changed.
 */
int camex_routes_prepare(struct camex_peer *peer, const struct camex_prefix *prefixes,
			 unsigned int n, struct camex_routes_change *change)
{
	struct camex_routes *routes = &peer->cdev->routes;
	struct camex_route *route;
	unsigned int i;
	int err;

	INIT_LIST_HEAD(&change->added);
	INIT_LIST_HEAD(&change->kept);
	for (i = 0; i < n; i++) {
		route = camex_route_find(routes, &prefixes[i]);
		if (route) {	/* on the old list, or twice on the new one */
			if (!route->fresh)
				list_move_tail(&route->peer_node, &change->kept);
			continue;
		}
		err = camex_route_insert(routes, &prefixes[i], peer, &change->added);
		if (err) {
			camex_routes_abandon(peer, change);
			return err;
		}
		list_last_entry(&change->added, struct camex_route, peer_node)->fresh = true;
	}
	return 0;
}

/**
 * camex_routes_commit() - put the prepared list into force
 * @peer: the peer
 * @change: result of camex_routes_prepare()
 *
 * Context: RTNL.
 */
void camex_routes_commit(struct camex_peer *peer, struct camex_routes_change *change)
{
	struct camex_route *route, *next;

	list_for_each_entry_safe(route, next, &peer->routes, peer_node)
		camex_route_remove(&peer->cdev->routes, route);
	list_for_each_entry(route, &change->added, peer_node)
		route->fresh = false;
	list_splice_tail(&change->kept, &peer->routes);
	list_splice_tail(&change->added, &peer->routes);
}

/**
 * camex_routes_abandon() - undo camex_routes_prepare()
 * @peer: the peer
 * @change: result of camex_routes_prepare()
 *
 * Context: RTNL.
 */
void camex_routes_abandon(struct camex_peer *peer, struct camex_routes_change *change)
{
	struct camex_route *route, *next;

	list_for_each_entry_safe(route, next, &change->added, peer_node)
		camex_route_remove(&peer->cdev->routes, route);
	list_splice(&change->kept, &peer->routes);
}

/**
 * camex_peer_set_routes() - replace the list of a peer's prefixes
 * @peer: the peer
 * @prefixes: valid prefixes, none of them another peer's
 * @n: how many
 *
 * A prefix on both lists is routed all the time.
 *
 * Context: RTNL, may sleep.
 * Return: 0, or -ENOMEM with nothing changed.
 */
int camex_peer_set_routes(struct camex_peer *peer,
			  const struct camex_prefix *prefixes, unsigned int n)
{
	struct camex_routes_change change;
	int err = camex_routes_prepare(peer, prefixes, n, &change);

	if (!err)
		camex_routes_commit(peer, &change);
	return err;
}

/* --- deletion of a peer, and its state --- */

/**
 * camex_peer_forget() - forget what was learned about a peer
 * @peer: the peer: its sessions are closed, its endpoint becomes the configured one, its per-peer
 *	link is deleted
 *
 * Context: RTNL, may sleep.
 */
void camex_peer_forget(struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;

	spin_lock_bh(&cdev->lock);
	camex_endpoint_swap(peer, camex_peer_configured(peer));
	if (cdev->protocol->peer_forget)
		cdev->protocol->peer_forget(peer, false);
	if (cdev->link->peer_forget)
		cdev->link->peer_forget(peer, false);
	peer->live.heard = false;
	peer->live.lost = false;
	WRITE_ONCE(peer->live.alive, false);
	peer->live.since = jiffies;
	spin_unlock_bh(&cdev->lock);
	camex_staged_purge(peer);
	if (cdev->link->peer_unlink)
		cdev->link->peer_unlink(peer);
}

static void peer_free(struct rcu_head *rcu)
{
	struct camex_peer *peer = container_of(rcu, struct camex_peer, rcu);
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;

	if (protocol->peer_free)
		protocol->peer_free(peer);
	free_percpu(peer->traffic);
	kfree(peer);
}

/**
 * camex_peer_del() - delete a peer
 * @peer: the peer; freed after a grace period
 *
 * Context: RTNL, may sleep.
 */
void camex_peer_del(struct camex_peer *peer)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_endpoint *configured;
	struct camex_route *route, *next;

	ASSERT_RTNL();
	/* If the whole device is deleted, the event of the device stands for all its peers. */
	if (peer->told && !cdev->dying)
		camex_event_now(peer, CAMEX_EVENT_PEER_DEL);
	if (cdev->link->peer_unlink)
		cdev->link->peer_unlink(peer);
	rhashtable_remove_fast(&cdev->names, &peer->name_node, by_name);
	xa_erase(&cdev->peers, peer->number);
	list_for_each_entry_safe(route, next, &peer->routes, peer_node)
		camex_route_remove(&cdev->routes, route);

	spin_lock_bh(&cdev->lock);
	WRITE_ONCE(peer->dead, true);
	list_del_init(&peer->events.node);
	list_del_init(&peer->link.node);
	if (cdev->protocol->peer_forget)
		cdev->protocol->peer_forget(peer, true);
	if (cdev->link->peer_forget)
		cdev->link->peer_forget(peer, true);
	camex_endpoint_swap(peer, NULL);
	configured = camex_peer_configured(peer);
	RCU_INIT_POINTER(peer->configured, NULL);
	camex_endpoint_free(configured);
	spin_unlock_bh(&cdev->lock);
	camex_timer_stop(peer);
	if (cdev->protocol->peer_stop)
		cdev->protocol->peer_stop(peer);
	camex_staged_purge(peer);
	call_rcu(&peer->rcu, peer_free);
}

/**
 * camex_peer_state() - the state of a peer
 * @peer: the peer
 *
 * Context: RTNL.
 * Return: the first state that fits.
 */
enum camex_peer_state camex_peer_state(const struct camex_peer *peer)
{
	const struct camex_dev *cdev = peer->cdev;
	enum camex_peer_state state;
	bool lacks = false;

	if (cdev->protocol->lacks_key && cdev->protocol->lacks_key(peer))
		return CAMEX_PEER_STATE_NO_KEY;
	if (cdev->transport->lacks_device) {
		rcu_read_lock();
		lacks = cdev->transport->lacks_device(cdev, rcu_dereference(peer->endpoint));
		rcu_read_unlock();
	}
	if (lacks)
		return CAMEX_PEER_STATE_NO_DEVICE;
	if (!rcu_access_pointer(peer->endpoint) || !netif_carrier_ok(cdev->dev))
		return CAMEX_PEER_STATE_NO_ENDPOINT;
	if (cdev->protocol->state && cdev->protocol->state(peer, &state))
		return state;
	if (!READ_ONCE(peer->live.heard))
		return CAMEX_PEER_STATE_WAITING;
	if (READ_ONCE(peer->live.lost))
		return CAMEX_PEER_STATE_LOST;
	return CAMEX_PEER_STATE_UP;
}
