// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the generic netlink family that change something. */
#include <linux/moduleparam.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/single_peer.h"
#include "core/timer.h"
#include "netlink/netlink.h"

/* Maximum number of peers and of routes of a device. */
static unsigned int peers_max = 262144;
module_param(peers_max, uint, 0644);
MODULE_PARM_DESC(peers_max, "Most peers of a device (262144)");

static unsigned int routes_max = 1048576;
module_param(routes_max, uint, 0644);
MODULE_PARM_DESC(routes_max, "Most routes of a device (1048576)");

/**
 * camex_nl_check_peers() - check that a device may have one more peer
 * @cdev: the device
 * @name: the attribute to name on failure
 * @extack: on failure, names the maximum
 *
 * Context: RTNL.
 * Return: 0 or -ENOSPC.
 */
int camex_nl_check_peers(const struct camex_dev *cdev, const struct nlattr *name,
			 struct netlink_ext_ack *extack)
{
	unsigned int n = atomic_read(&cdev->names.nelems);

	if (n < READ_ONCE(peers_max))
		return 0;
	camex_extack(extack, name,
		     "%s has %u peers, all that parameter peers_max allows",
		     cdev->dev->name, n);
	return -ENOSPC;
}

/**
 * camex_nl_check_routes() - check that a device may have more routes
 * @cdev: the device
 * @prefixes: valid prefixes; those with a route already do not count
 * @n: number of prefixes
 * @attr: the attribute to name on failure
 * @extack: on failure, names the maximum
 *
 * Routes that the request replaces still count, because they are removed last.
 *
 * Context: RTNL.
 * Return: 0 or -ENOSPC.
 */
int camex_nl_check_routes(struct camex_dev *cdev, const struct camex_prefix *prefixes,
			  unsigned int n, const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	unsigned int more = 0, i;

	for (i = 0; i < n; i++)
		more += !camex_route_find(&cdev->routes, &prefixes[i]);
	if (!more || (u64)cdev->routes.n + more <= READ_ONCE(routes_max))
		return 0;
	camex_extack(extack, attr,
		     "%s has %u routes: routes_max does not allow %u more",
		     cdev->dev->name, cdev->routes.n, more);
	return -ENOSPC;
}

static int do_dev_set(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_DEV_MAX + 1];
	int err;

	err = camex_nl_nest(tb, CAMEX_A_DEV_MAX, info, CAMEX_A_DEV) ?:
	      camex_device_set(cdev, tb, info->extack);
	if (!err)
		camex_nl_tell_dev(cdev->dev, CAMEX_EVENT_DEV_SET);
	return err;
}

static int do_dev_del(struct camex_dev *cdev, struct genl_info *info)
{
	/* The device is freed when RTNL is released. */
	unregister_netdevice(cdev->dev);
	return 0;
}

/* Parsed parts of a request that add a peer or set a peer; to be freed. */
struct peer_request {
	struct camex_addr endpoint;
	struct camex_prefix *routes;
	unsigned int nroutes;
};

static void free_request(struct peer_request *rq)
{
	kvfree(rq->routes);
}

static int read_peer(struct camex_dev *cdev, struct camex_peer *peer,
		     struct genl_info *info, struct nlattr **tb,
		     struct peer_request *rq)
{
	const struct camex_protocol_ops *protocol = cdev->protocol;
	int err;

	err = camex_owned_peer_check(cdev, tb, info->extack) ?:
	      (protocol->peer_check ? protocol->peer_check(cdev, peer, tb, info) : 0) ?:
	      camex_attr_endpoint(cdev, peer, info, tb, &rq->endpoint);
	if (!err && tb[CAMEX_A_PEER_ROUTES])
		err = camex_attr_routes(cdev, peer, info, tb[CAMEX_A_PEER_ROUTES],
					&rq->routes, &rq->nroutes) ?:
		      camex_nl_check_routes(cdev, rq->routes, rq->nroutes,
					    tb[CAMEX_A_PEER_ROUTES], info->extack);
	return err;
}

/* Apply all of a request or nothing: steps that can fail come first, and can be undone. */
static int apply_peer(struct camex_peer *peer, struct nlattr **tb,
		      struct peer_request *rq, struct genl_info *info)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	struct camex_routes_change routes;
	struct camex_dev *cdev = peer->cdev;
	struct camex_endpoint *ep = NULL;
	int err;

	err = protocol->peer_prepare ? protocol->peer_prepare(peer, tb, info) : 0;
	if (err)
		return err;
	if (rq->endpoint.family) {
		spin_lock_bh(&cdev->lock);
		ep = camex_endpoint_new(peer, &rq->endpoint, NULL);
		spin_unlock_bh(&cdev->lock);
		if (!ep) {
			err = -ENOMEM;
			goto err_prepared;
		}
	}
	if (rq->routes) {
		err = camex_routes_prepare(peer, rq->routes, rq->nroutes, &routes);
		if (err)
			goto err_endpoint;
	}
	err = protocol->peer_set ? protocol->peer_set(peer, tb, info->extack) : 0;
	if (err)
		goto err_routes;

	if (rq->routes)
		camex_routes_commit(peer, &routes);
	camex_timer_set(peer, tb);
	if (ep) {
		spin_lock_bh(&cdev->lock);
		camex_peer_configure_endpoint(peer, ep);
		spin_unlock_bh(&cdev->lock);
		camex_device_fit_mtu(cdev, rq->endpoint.family);
	}
	return 0;

err_routes:
	if (rq->routes)
		camex_routes_abandon(peer, &routes);
err_endpoint:
	spin_lock_bh(&cdev->lock);
	camex_endpoint_free(ep);
	spin_unlock_bh(&cdev->lock);
err_prepared:
	if (protocol->peer_abandon)
		protocol->peer_abandon(peer);
	return err;
}

static int do_peer_add(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct nlattr *name, *key;
	struct peer_request rq = {};
	struct camex_peer *peer;
	int err;

	err = camex_nl_nest(tb, CAMEX_A_PEER_MAX, info, CAMEX_A_PEER) ?:
	      camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_NAME, "the peer's name") ?:
	      camex_attr_name(tb[CAMEX_A_PEER_NAME], info->extack) ?:
	      camex_single_peer_keep(cdev, tb[CAMEX_A_PEER_NAME], info->extack) ?:
	      camex_attr_key(cdev, info, tb);
	if (err)
		return err;
	name = tb[CAMEX_A_PEER_NAME];
	if (camex_peer_find(cdev, nla_data(name))) {
		camex_extack(info->extack, name, "peer %s exists already",
			     (char *)nla_data(name));
		return -EEXIST;
	}
	err = camex_nl_check_peers(cdev, name, info->extack) ?:
	      read_peer(cdev, NULL, info, tb, &rq);
	if (err)
		goto out;
	key = tb[CAMEX_A_PEER_KEY];
	peer = key ? camex_peer_new(cdev, nla_data(name), nla_data(key),
				    nla_data(tb[CAMEX_A_PEER_FINGERPRINT])) :
		     camex_peer_new(cdev, nla_data(name), NULL, NULL);
	tb[CAMEX_A_PEER_KEY] = NULL;	/* camex_peer_new() has set it */
	if (IS_ERR(peer)) {
		err = PTR_ERR(peer);
		goto out;
	}
	err = apply_peer(peer, tb, &rq, info);
	if (err)
		camex_peer_del(peer);
	else
		camex_event_added(peer);
out:
	free_request(&rq);
	return err;
}

static int do_peer_set(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct peer_request rq = {};
	struct camex_peer *peer;
	int err;

	peer = camex_nl_named_peer(cdev, info, tb);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = camex_attr_key(cdev, info, tb) ?:
	      read_peer(cdev, peer, info, tb, &rq) ?:
	      apply_peer(peer, tb, &rq, info);
	if (!err)
		camex_event_now(peer, CAMEX_EVENT_PEER_SET);
	if (!err && rq.routes)
		camex_event_now(peer, CAMEX_EVENT_ROUTES);
	free_request(&rq);
	return err;
}

static int do_peer_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = camex_nl_named_peer(cdev, info, tb);
	int err;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = camex_single_peer_keep(cdev, tb[CAMEX_A_PEER_NAME], info->extack);
	if (err)
		return err;
	camex_peer_del(peer);
	return 0;
}

static int do_peer_forget(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = camex_nl_named_peer(cdev, info, tb);

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	camex_peer_forget(peer);
	camex_event_now(peer, CAMEX_EVENT_PEER_SET);
	return 0;
}

static int do_key_set(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = camex_nl_named_peer(cdev, info, tb);
	int err;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_KEY, "the key") ?:
	      camex_attr_key(cdev, info, tb);
	if (err)
		return err;
	err = cdev->protocol->key_set(peer, nla_data(tb[CAMEX_A_PEER_KEY]),
				      nla_data(tb[CAMEX_A_PEER_FINGERPRINT]));
	if (!err)
		camex_event_now(peer, CAMEX_EVENT_PEER_SET);
	return err;
}

static int do_key_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = camex_nl_named_peer(cdev, info, tb);
	int err;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	if (!cdev->protocol->has_key || !cdev->protocol->has_key(peer)) {
		camex_extack(info->extack, tb[CAMEX_A_PEER_NAME],
			     "peer %s has no key", peer->name);
		return -ENOENT;
	}
	err = cdev->protocol->key_set(peer, NULL, NULL);
	if (!err)
		camex_event_now(peer, CAMEX_EVENT_PEER_SET);
	return err;
}

static int read_route(struct genl_info *info, struct nlattr **tb,
		      struct camex_prefix *prefix)
{
	return camex_nl_nest(tb, CAMEX_A_ROUTE_MAX, info, CAMEX_A_ROUTE) ?:
	       camex_attr_prefix(prefix, info, info->attrs[CAMEX_A_ROUTE],
				 tb[CAMEX_A_ROUTE_ADDR], tb[CAMEX_A_ROUTE_LEN],
			   CAMEX_A_ROUTE_ADDR, CAMEX_A_ROUTE_LEN);
}

static int do_route_add(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_ROUTE_MAX + 1];
	struct camex_peer *peer, *before;
	struct camex_prefix prefix;
	struct camex_route *had;
	int err;

	err = read_route(info, tb, &prefix) ?:
	      camex_attr_require(info, CAMEX_A_ROUTE, tb, CAMEX_A_ROUTE_PEER,
				 "the route's peer");
	if (err)
		return err;
	err = camex_attr_has_routes(cdev, tb[CAMEX_A_ROUTE_ADDR], info->extack);
	if (err)
		return err;
	peer = camex_nl_find_peer(cdev, tb[CAMEX_A_ROUTE_PEER], info->extack);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	/* The route must not exist, not even with the same peer. */
	if (!tb[CAMEX_A_ROUTE_REPLACE])
		err = camex_attr_not_owned(cdev, &prefix, NULL, tb[CAMEX_A_ROUTE_ADDR],
					   info->extack);
	had = camex_route_find(&cdev->routes, &prefix);
	before = had ? rtnl_dereference(had->peer) : NULL;
	err = err ?:
	      camex_nl_check_routes(cdev, &prefix, 1, tb[CAMEX_A_ROUTE_ADDR], info->extack) ?:
	      camex_route_insert(&cdev->routes, &prefix, peer, &peer->routes);
	if (err)
		return err;
	if (before && before != peer)
		camex_event_now(before, CAMEX_EVENT_ROUTES);
	if (before != peer)
		camex_event_now(peer, CAMEX_EVENT_ROUTES);
	return 0;
}

static int do_route_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_ROUTE_MAX + 1];
	struct camex_prefix prefix;
	struct camex_route *route;
	struct camex_peer *peer;
	int err;

	err = read_route(info, tb, &prefix);
	if (err)
		return err;
	route = camex_route_find(&cdev->routes, &prefix);
	if (!route) {
		camex_extack(info->extack, tb[CAMEX_A_ROUTE_ADDR],
			     "no such route on %s", cdev->dev->name);
		return -ENOENT;
	}
	if (tb[CAMEX_A_ROUTE_PEER]) {
		peer = camex_nl_find_peer(cdev, tb[CAMEX_A_ROUTE_PEER], info->extack);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
		if (camex_attr_not_owned(cdev, &prefix, peer,
					 tb[CAMEX_A_ROUTE_PEER], info->extack))
			return -ENOENT;
	}
	peer = rtnl_dereference(route->peer);
	camex_route_remove(&cdev->routes, route);
	camex_event_now(peer, CAMEX_EVENT_ROUTES);
	return 0;
}

typedef int (*change_t)(struct camex_dev *cdev, struct genl_info *info);

static const change_t changes[] = {
	[CAMEX_CMD_DEV_SET]	= do_dev_set,
	[CAMEX_CMD_DEV_DEL]	= do_dev_del,
	[CAMEX_CMD_PEER_ADD]	= do_peer_add,
	[CAMEX_CMD_PEER_SET]	= do_peer_set,
	[CAMEX_CMD_PEER_DEL]	= do_peer_del,
	[CAMEX_CMD_PEER_FORGET]	= do_peer_forget,
	[CAMEX_CMD_KEY_SET]	= do_key_set,
	[CAMEX_CMD_KEY_DEL]	= do_key_del,
	[CAMEX_CMD_ROUTE_ADD]	= do_route_add,
	[CAMEX_CMD_ROUTE_DEL]	= do_route_del,
	[CAMEX_CMD_FDB_ADD]	= camex_nl_fdb_add,
	[CAMEX_CMD_FDB_DEL]	= camex_nl_fdb_del,
};

static void wipe_attr(struct nlattr *outer, int type)
{
	struct nlattr *attr = outer ? nla_find_nested(outer, type) : NULL;

	if (attr)
		memzero_explicit(nla_data(attr), nla_len(attr));
}

/*
 * Wipe the keys in a request, which also removes them from the echo of a refused one. The whole
 * nest of a protocol that parses its attributes itself is wiped.
 */
static void wipe_keys(struct genl_info *info)
{
	switch (info->genlhdr->cmd) {
	case CAMEX_CMD_DEV_SET:
		wipe_attr(info->attrs[CAMEX_A_DEV], CAMEX_A_DEV_WIREGUARD);
		break;
	case CAMEX_CMD_PEER_ADD:
	case CAMEX_CMD_PEER_SET:
	case CAMEX_CMD_KEY_SET:
		wipe_attr(info->attrs[CAMEX_A_PEER], CAMEX_A_PEER_KEY);
		wipe_attr(info->attrs[CAMEX_A_PEER], CAMEX_A_PEER_WIREGUARD);
		break;
	}
}

/* Find the device of a request that changes something, and check the permission. */
static struct camex_dev *device_to_change(struct sk_buff *skb,
					  struct genl_info *info)
{
	struct net_device *dev;
	struct camex_dev *cdev;

	dev = camex_nl_find_dev(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(dev))
		return ERR_CAST(dev);
	cdev = netdev_priv(dev);
	if (!netlink_ns_capable(skb, cdev->net->user_ns, CAP_NET_ADMIN)) {
		camex_extack(info->extack, NULL,
			     "not permitted: CAP_NET_ADMIN is needed in the transport's namespace too");
		return ERR_PTR(-EPERM);
	}
	return cdev;
}

/**
 * camex_nl_set() - carry out a request that changes something (genl_ops.doit)
 * @skb: the request
 * @info: the parsed request; a key in it is wiped
 *
 * Return: 0, or a negative errno with nothing changed and a text in @info.
 */
int camex_nl_set(struct sk_buff *skb, struct genl_info *info)
{
	struct camex_dev *cdev;
	int err = camex_nl_request_once(info->nlhdr, info->extack);

	if (err)
		goto out;
	rtnl_lock();
	cdev = device_to_change(skb, info);
	if (IS_ERR(cdev)) {
		err = PTR_ERR(cdev);
	} else {
		err = changes[info->genlhdr->cmd](cdev, info);
		if (!err)
			camex_note_change(cdev);
	}
	rtnl_unlock();
	if (err == -ENOMEM)
		camex_extack(info->extack, NULL, "out of memory");
out:
	wipe_keys(info);
	return err;
}
