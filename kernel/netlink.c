// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family, and the commands that change something. */
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "far.h"
#include "ident.h"
#include "netlink.h"
#include "protocol.h"
#include "timer.h"

/* --- finding what a request is about --- */

/**
 * camex_nl_find_dev() - the device that a request is about
 * @net: the caller's namespace
 * @attrs: CAMEX_A_IFINDEX or CAMEX_A_IFNAME is looked at
 * @extack: told what is wrong
 *
 * Context: RTNL.
 * Return: a camex device, or an ERR_PTR.
 */
struct net_device *camex_nl_find_dev(struct net *net, struct nlattr **attrs,
				     struct netlink_ext_ack *extack)
{
	struct nlattr *index = attrs[CAMEX_A_IFINDEX];
	struct nlattr *name = attrs[CAMEX_A_IFNAME];
	struct net_device *dev;

	ASSERT_RTNL();
	if (!index && !name) {
		camex_extack(extack, NULL,
			     "no device named: give ifindex or ifname");
		camex_extack_miss(extack, NULL, CAMEX_A_IFINDEX);
		return ERR_PTR(-EINVAL);
	}
	if (index && name) {
		camex_extack(extack, name, "ifindex and ifname: give only one");
		return ERR_PTR(-EINVAL);
	}
	dev = index ? __dev_get_by_index(net, nla_get_u32(index)) :
		      __dev_get_by_name(net, nla_data(name));
	if (!dev) {
		camex_extack(extack, index ?: name, "no such device");
		return ERR_PTR(-ENODEV);
	}
	if (!camex_is_device(dev)) {
		camex_extack(extack, index ?: name, "%s is not a camex device",
			     dev->name);
		return ERR_PTR(-EOPNOTSUPP);
	}
	return dev;
}

/* The device of a request that changes something. */
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
 * camex_nl_nest() - take a nest apart that its command's policy has validated
 * @tb: result: @maxtype + 1 entries
 * @maxtype: highest type there can be
 * @info: the request
 * @type: of the nest
 *
 * Return: 0 or -EINVAL.
 */
int camex_nl_nest(struct nlattr **tb, int maxtype, struct genl_info *info,
		  int type)
{
	struct nlattr *attr = info->attrs[type];
	int err;

	if (!attr) {
		camex_extack(info->extack, NULL, "attribute %d is missing", type);
		camex_extack_miss(info->extack, NULL, type);
		return -EINVAL;
	}
	err = camex_attr_once(nla_data(attr), nla_len(attr), maxtype,
			      info->extack);
	if (err)
		return err;
	return nla_parse_nested(tb, maxtype, attr, NULL, info->extack);
}

/**
 * camex_nl_find_peer() - a peer by name
 * @cdev: its device
 * @name: string
 * @extack: told what is wrong
 *
 * Context: RTNL.
 * Return: the peer, or an ERR_PTR.
 */
struct camex_peer *camex_nl_find_peer(struct camex_dev *cdev,
				      const struct nlattr *name,
				      struct netlink_ext_ack *extack)
{
	struct camex_peer *peer = camex_peer_find(cdev, nla_data(name));

	if (!peer) {
		camex_extack(extack, name, "no peer %s on %s",
			     (char *)nla_data(name), cdev->dev->name);
		return ERR_PTR(-ENOENT);
	}
	return peer;
}

/**
 * camex_nl_named_peer() - the peer that a request names
 * @cdev: its device
 * @info: the request
 * @tb: CAMEX_A_PEER_MAX + 1 entries, filled from the nest CAMEX_A_PEER
 *
 * Context: RTNL.
 * Return: the peer, or an ERR_PTR.
 */
struct camex_peer *camex_nl_named_peer(struct camex_dev *cdev,
				       struct genl_info *info,
				       struct nlattr **tb)
{
	int err;

	err = camex_nl_nest(tb, CAMEX_A_PEER_MAX, info, CAMEX_A_PEER) ?:
	      camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_NAME, "the peer's name");
	if (err)
		return ERR_PTR(err);
	return camex_nl_find_peer(cdev, tb[CAMEX_A_PEER_NAME], info->extack);
}

/**
 * camex_nl_request_once() - refuse top-level attributes that are given twice
 * @nlh: the request
 * @extack: told which
 *
 * Return: 0 or -EINVAL.
 */
int camex_nl_request_once(const struct nlmsghdr *nlh,
			  struct netlink_ext_ack *extack)
{
	return camex_attr_once(nlmsg_attrdata(nlh, GENL_HDRLEN),
			     nlmsg_attrlen(nlh, GENL_HDRLEN), CAMEX_A_MAX,
			     extack);
}

/* --- commands that change something --- */

static int do_dev_set(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_DEV_MAX + 1];

	return camex_nl_nest(tb, CAMEX_A_DEV_MAX, info, CAMEX_A_DEV) ?:
	       camex_device_set(cdev, tb, info->extack);
}

static int do_dev_del(struct camex_dev *cdev, struct genl_info *info)
{
	/* Freed when RTNL is given back. */
	unregister_netdevice(cdev->dev);
	return 0;
}

/* What peer-add and peer-set have read, and must free. */
struct peer_request {
	struct camex_addr endpoint;
	struct camex_prefix *routes;
	unsigned int nroutes;
	struct camex_profile *profile;
};

static void free_request(struct peer_request *rq)
{
	kvfree(rq->routes);
	kfree(rq->profile);
}

static int read_peer(struct camex_dev *cdev, const struct camex_peer *peer,
		     struct genl_info *info, struct nlattr **tb,
		     struct peer_request *rq)
{
	int err;

	err = camex_attr_timers(cdev, info, tb) ?:
	      camex_attr_profile(cdev, peer, info, tb, &rq->profile) ?:
	      camex_attr_id(cdev, peer, info, tb) ?:
	      camex_attr_endpoint(cdev, peer, info, tb, &rq->endpoint);
	if (!err && tb[CAMEX_A_PEER_ROUTES])
		err = camex_attr_routes(cdev, peer, info, tb[CAMEX_A_PEER_ROUTES],
					&rq->routes, &rq->nroutes);
	return err;
}

/* All or nothing: what can fail comes first and can be undone. */
static int apply_peer(struct camex_peer *peer, struct nlattr **tb,
		      struct peer_request *rq)
{
	struct nlattr *key = tb[CAMEX_A_PEER_KEY];
	struct camex_dev *cdev = peer->cdev;
	struct nlattr *id = tb[CAMEX_A_PEER_ID];
	struct camex_endpoint *ep = NULL;
	struct camex_ident *ident = NULL;
	struct camex_rekey rekey;
	int err;

	if (id && camex_ident_find(cdev, nla_data(id)) != peer) {
		ident = camex_ident_new(peer, nla_data(id));
		if (!ident)
			return -ENOMEM;
	}
	if (key) {
		err = camex_peer_prepare_key(peer, nla_data(key), &rekey);
		if (err)
			goto err_ident;
	}
	if (rq->endpoint.family) {
		spin_lock_bh(&cdev->lock);
		ep = camex_endpoint_new(peer, &rq->endpoint, NULL, GFP_ATOMIC);
		spin_unlock_bh(&cdev->lock);
		if (!ep) {
			err = -ENOMEM;
			goto err_key;
		}
	}
	if (rq->routes) {
		err = camex_peer_set_routes(peer, rq->routes, rq->nroutes);
		if (err)
			goto err_endpoint;
	}

	if (ident)
		camex_ident_set(peer, ident);
	camex_timer_set(peer, tb);
	if (rq->profile) {
		spin_lock_bh(&cdev->lock);
		camex_profile_set(peer, rq->profile);
		spin_unlock_bh(&cdev->lock);
		rq->profile = NULL;
	}
	if (ep) {
		spin_lock_bh(&cdev->lock);
		camex_peer_configure_endpoint(peer, ep);
		spin_unlock_bh(&cdev->lock);
		camex_device_fit_mtu(cdev, rq->endpoint.family);
	}
	if (key)
		camex_peer_commit_key(peer, &rekey,
				      nla_data(tb[CAMEX_A_PEER_FINGERPRINT]));
	return 0;

err_endpoint:
	spin_lock_bh(&cdev->lock);
	camex_endpoint_free(ep);
	spin_unlock_bh(&cdev->lock);
err_key:
	if (key)
		camex_peer_abandon_key(peer, &rekey);
err_ident:
	camex_ident_free(ident);
	return err;
}

static int do_peer_add(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct peer_request rq = {};
	struct camex_peer *peer;
	int err;

	err = camex_nl_nest(tb, CAMEX_A_PEER_MAX, info, CAMEX_A_PEER) ?:
	      camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_NAME, "the peer's name") ?:
	      camex_attr_name(tb[CAMEX_A_PEER_NAME], info->extack) ?:
	      camex_far_keep(cdev, tb[CAMEX_A_PEER_NAME], info->extack) ?:
	      camex_attr_key(cdev, info, tb);
	if (err)
		return err;
	if (camex_peer_find(cdev, nla_data(tb[CAMEX_A_PEER_NAME]))) {
		camex_extack(info->extack, tb[CAMEX_A_PEER_NAME],
			     "peer %s is there already",
			     (char *)nla_data(tb[CAMEX_A_PEER_NAME]));
		return -EEXIST;
	}
	err = read_peer(cdev, NULL, info, tb, &rq);
	if (err)
		goto out;
	peer = camex_peer_new(cdev, nla_data(tb[CAMEX_A_PEER_NAME]));
	if (IS_ERR(peer)) {
		err = PTR_ERR(peer);
		goto out;
	}
	err = apply_peer(peer, tb, &rq);
	if (err)
		camex_peer_del(peer);
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
	      apply_peer(peer, tb, &rq);
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
	err = camex_far_keep(cdev, tb[CAMEX_A_PEER_NAME], info->extack);
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
	return camex_peer_set_key(peer, nla_data(tb[CAMEX_A_PEER_KEY]),
				  nla_data(tb[CAMEX_A_PEER_FINGERPRINT]));
}

static int do_key_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = camex_nl_named_peer(cdev, info, tb);

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	if (!rcu_access_pointer(peer->key)) {
		camex_extack(info->extack, tb[CAMEX_A_PEER_NAME],
			     "peer %s has no key", peer->name);
		return -ENOENT;
	}
	return camex_peer_set_key(peer, NULL, NULL);
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
	struct camex_prefix prefix;
	struct camex_peer *peer;
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
	/* Not even the peer itself may have it already. */
	if (!tb[CAMEX_A_ROUTE_REPLACE])
		err = camex_attr_not_owned(cdev, &prefix, NULL, tb[CAMEX_A_ROUTE_ADDR],
					   info->extack);
	return err ?: camex_route_insert(&cdev->routes, &prefix, peer,
					 &peer->routes);
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
	camex_route_remove(&cdev->routes, route);
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

/* No key stays behind in the request, nor in the echo of a refused one. */
static void wipe_key(struct genl_info *info)
{
	struct nlattr *peer, *key;

	if (info->genlhdr->cmd != CAMEX_CMD_PEER_ADD &&
	    info->genlhdr->cmd != CAMEX_CMD_PEER_SET &&
	    info->genlhdr->cmd != CAMEX_CMD_KEY_SET)
		return;
	peer = info->attrs[CAMEX_A_PEER];
	key = peer ? nla_find_nested(peer, CAMEX_A_PEER_KEY) : NULL;
	if (key)
		memzero_explicit(nla_data(key), nla_len(key));
}

static int doit_change(struct sk_buff *skb, struct genl_info *info)
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
			cdev->changes++;
	}
	rtnl_unlock();
	if (err == -ENOMEM)
		camex_extack(info->extack, NULL, "out of memory");
out:
	wipe_key(info);
	return err;
}

/* --- the family --- */

/* A command that changes something, and the highest attribute it takes. */
#define CHANGE(command, attrs, highest)					\
	{								\
		.cmd		= (command),				\
		.flags		= GENL_UNS_ADMIN_PERM,			\
		.policy		= (attrs),				\
		.maxattr	= (highest),				\
		.doit		= doit_change,				\
	}

static const struct genl_ops ops[] = {
	{
		.cmd		= CAMEX_CMD_DEV_GET,
		.policy		= camex_op_device,
		.maxattr	= ARRAY_SIZE(camex_op_device) - 1,
		.doit		= camex_nl_get,
		.dumpit		= camex_nl_dump_devs,
	},
	CHANGE(CAMEX_CMD_DEV_SET, camex_op_dev_set, CAMEX_A_DEV),
	CHANGE(CAMEX_CMD_DEV_DEL, camex_op_device, CAMEX_A_IFNAME),
	{
		.cmd		= CAMEX_CMD_PEER_GET,
		.policy		= camex_op_peer_name,
		.maxattr	= ARRAY_SIZE(camex_op_peer_name) - 1,
		.doit		= camex_nl_get,
		.dumpit		= camex_nl_dump_peers,
	},
	CHANGE(CAMEX_CMD_PEER_ADD, camex_op_peer, CAMEX_A_PEER),
	CHANGE(CAMEX_CMD_PEER_SET, camex_op_peer, CAMEX_A_PEER),
	CHANGE(CAMEX_CMD_PEER_DEL, camex_op_peer_name, CAMEX_A_PEER),
	CHANGE(CAMEX_CMD_PEER_FORGET, camex_op_peer_name, CAMEX_A_PEER),
	CHANGE(CAMEX_CMD_KEY_SET, camex_op_key_set, CAMEX_A_PEER),
	CHANGE(CAMEX_CMD_KEY_DEL, camex_op_peer_name, CAMEX_A_PEER),
	{
		.cmd		= CAMEX_CMD_ROUTE_GET,
		.policy		= camex_op_device,
		.maxattr	= ARRAY_SIZE(camex_op_device) - 1,
		.dumpit		= camex_nl_dump_routes,
	},
	CHANGE(CAMEX_CMD_ROUTE_ADD, camex_op_route_add, CAMEX_A_ROUTE),
	CHANGE(CAMEX_CMD_ROUTE_DEL, camex_op_route_del, CAMEX_A_ROUTE),
	{
		.cmd		= CAMEX_CMD_FDB_GET,
		.policy		= camex_op_device,
		.maxattr	= ARRAY_SIZE(camex_op_device) - 1,
		.dumpit		= camex_nl_dump_fdb,
	},
	CHANGE(CAMEX_CMD_FDB_ADD, camex_op_fdb, CAMEX_A_FDB),
	CHANGE(CAMEX_CMD_FDB_DEL, camex_op_fdb, CAMEX_A_FDB),
	{
		.cmd		= CAMEX_CMD_STATS_GET,
		.policy		= camex_op_device,
		.maxattr	= ARRAY_SIZE(camex_op_device) - 1,
		.doit		= camex_nl_get,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = CAMEX_MCGRP_EVENTS },
};

struct genl_family camex_family __ro_after_init = {
	.name		= CAMEX_FAMILY_NAME,
	.version	= CAMEX_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
	CAMEX_GENL_STRICT_FROM(CAMEX_CMD_DEV_GET)
};

/**
 * camex_netlink_init() - register the family
 *
 * Return: 0 or a negative errno.
 */
int __init camex_netlink_init(void)
{
	return genl_register_family(&camex_family);
}

/**
 * camex_netlink_exit() - unregister the family
 */
void camex_netlink_exit(void)
{
	genl_unregister_family(&camex_family);
}
