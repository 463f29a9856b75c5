// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family, and functions to find the device and the peer of a request. */
#include <net/genetlink.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/events.h"
#include "core/peer.h"
#include "netlink/netlink.h"

/* --- the device and the peer of a request --- */

/**
 * camex_nl_find_dev() - find the device that a request names
 * @net: namespace of the caller
 * @attrs: attributes of the request: CAMEX_A_IFINDEX or CAMEX_A_IFNAME
 * @extack: text on failure
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
			     "the request names no device: give ifindex or ifname");
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

/**
 * camex_nl_nest() - parse a nest that the policy of the command has validated
 * @tb: result: @maxtype + 1 entries
 * @maxtype: highest possible type
 * @info: the request
 * @type: type of the nest
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
 * camex_nl_find_peer() - find a peer by name
 * @cdev: its device
 * @name: string attribute
 * @extack: text on failure
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
 * camex_nl_named_peer() - find the peer that a request names
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
 * @extack: on failure, points to the second one
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

/* --- the family --- */

/* A command that changes something, with the highest attribute that it accepts. */
#define CHANGE(command, attrs, highest)					\
	{								\
		.cmd		= (command),				\
		.flags		= GENL_UNS_ADMIN_PERM,			\
		.policy		= (attrs),				\
		.maxattr	= (highest),				\
		.doit		= camex_nl_set,				\
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
	int err = genl_register_family(&camex_family);

	if (err)
		return err;
	err = camex_nl_events_init();
	if (err)
		genl_unregister_family(&camex_family);
	return err;
}

/**
 * camex_netlink_exit() - unregister the family, after the last device
 */
void camex_netlink_exit(void)
{
	camex_nl_events_exit();
	genl_unregister_family(&camex_family);
}
