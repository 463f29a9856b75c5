// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps of the generic netlink family: devices, and the peers, routes and stations of a device. A
 * reader fetches a dump in parts, between which everything can change. Peers and stations have
 * numbers that rise, so each one that exists all the time is in the dump once. If something was
 * configured meanwhile, the next part has NLM_F_DUMP_INTR, and the reader can begin again.
 */
#include <net/genetlink.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/peer.h"
#include "link/fdb.h"
#include "netlink/netlink.h"

static int put_route(struct sk_buff *msg, const struct camex_route *route)
{
	const struct camex_peer *peer = rtnl_dereference(route->peer);
	struct camex_prefix prefix;
	struct camex_addr addr = {};
	struct nlattr *nested;

	camex_route_prefix(route, &prefix);
	addr.family = prefix.family;
	addr.v6 = prefix.addr;
	nested = nla_nest_start(msg, CAMEX_A_ROUTE);
	if (!nested || camex_attr_put_addr(msg, CAMEX_A_ROUTE_ADDR, &addr) ||
	    nla_put_u8(msg, CAMEX_A_ROUTE_LEN, prefix.len) ||
	    nla_put_string(msg, CAMEX_A_ROUTE_PEER, peer->name))
		return -EMSGSIZE;
	nla_nest_end(msg, nested);
	return 0;
}

/* Write one part of a dump: a header, the device, and @object by @put. */
static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd,
		    int (*put)(struct sk_buff *msg, const void *object,
			       const struct sk_buff *request),
		    const void *object)
{
	void *header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid,
				   cb->nlh->nlmsg_seq, &camex_family, NLM_F_MULTI, cmd);

	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (put(msg, object, cb->skb)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

static int put_any_dev(struct sk_buff *msg, const void *object,
		       const struct sk_buff *request)
{
	const struct camex_dev *cdev = object;

	return camex_nl_put_whole_dev(msg, cdev, camex_nl_privileged(request, cdev));
}

static int put_any_peer(struct sk_buff *msg, const void *object,
			const struct sk_buff *request)
{
	const struct camex_peer *peer = object;

	return camex_nl_put_dev_name(msg, peer->cdev->dev) ?:
	       camex_nl_put_peer(msg, peer, camex_nl_privileged(request, peer->cdev));
}

static int put_any_route(struct sk_buff *msg, const void *object,
			 const struct sk_buff *request)
{
	const struct camex_route *route = object;
	const struct camex_peer *peer = rtnl_dereference(route->peer);

	return camex_nl_put_dev_name(msg, peer->cdev->dev) ?: put_route(msg, route);
}

static int put_any_fdb(struct sk_buff *msg, const void *object,
		       const struct sk_buff *request)
{
	const struct camex_fdb_entry *entry = object;
	const struct camex_peer *peer = camex_fdb_peer(entry);

	return camex_nl_put_dev_name(msg, peer->cdev->dev) ?: camex_nl_put_fdb(msg, entry);
}

/*
 * Refuse attributes that a dump does not accept. The start function of the dump cannot do that:
 * before 6.7 it has no extack.
 */
static int check_dump(struct netlink_callback *cb)
{
	const struct genlmsghdr *header = nlmsg_data(cb->nlh);
	struct nlattr **attrs = camex_dump_attrs(cb);
	struct nlattr *surplus = NULL;
	int err;

	err = camex_nl_request_once(cb->nlh, cb->extack);
	if (err)
		return err;
	if (header->cmd == CAMEX_CMD_DEV_GET)
		surplus = attrs[CAMEX_A_IFINDEX] ?: attrs[CAMEX_A_IFNAME];
	else if (header->cmd == CAMEX_CMD_PEER_GET)
		surplus = attrs[CAMEX_A_PEER];
	if (surplus) {
		camex_extack(cb->extack, surplus,
			     "a dump does not take this attribute");
		return -EINVAL;
	}
	return 0;
}

/**
 * struct cursor - the position at which a dump continues
 * @peer: number of the next peer
 * @nth: number of its routes, or of devices, that were written
 * @changes: camex_dev.changes when @nth was counted
 * @station: the last station that was written: its number, and where it may be found at once
 * @key: that station
 */
struct cursor {
	unsigned long peer;
	unsigned long nth;
	u32 changes;
	struct camex_fdb_key key;
	u64 station;
};

/* A part without any object would end the dump: say that the next one does not fit. */
static int end_part(const struct sk_buff *msg, int err)
{
	return err && !msg->len ? err : msg->len;
}

/**
 * camex_nl_dump_devs() - write one message of a dump of the devices in the caller's namespace
 * @msg: the message
 * @cb: state of the dump
 *
 * Return: bytes written, 0 at the end, or a negative errno.
 */
int camex_nl_dump_devs(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct cursor *at = (struct cursor *)cb->ctx;
	struct net_device *dev;
	unsigned long nth = 0;
	int err = check_dump(cb);

	if (err)
		return err;
	BUILD_BUG_ON(sizeof(struct cursor) > sizeof(cb->ctx));
	rtnl_lock();
	cb->seq = sock_net(msg->sk)->dev_base_seq;
	for_each_netdev(sock_net(msg->sk), dev) {
		if (!camex_is_device(dev) || nth++ < at->nth)
			continue;
		err = dump_one(msg, cb, CAMEX_CMD_DEV_GET, put_any_dev, netdev_priv(dev));
		if (err)
			break;
		at->nth++;
	}
	rtnl_unlock();
	return end_part(msg, err);
}

static int dump_routes_of(struct sk_buff *msg, struct netlink_callback *cb,
			  struct camex_peer *peer, struct cursor *at)
{
	struct camex_route *route;
	unsigned long nth = 0;

	/* The routes may be others now: rather write some of this peer again than leave one out. */
	if (at->changes != peer->cdev->changes)
		at->nth = 0;
	at->changes = peer->cdev->changes;
	list_for_each_entry(route, &peer->routes, peer_node) {
		if (nth++ < at->nth)
			continue;
		if (dump_one(msg, cb, CAMEX_CMD_ROUTE_GET, put_any_route,
			     route))
			return -EMSGSIZE;
		at->nth++;
	}
	at->nth = 0;
	return 0;
}

static int dump_peer(struct sk_buff *msg, struct netlink_callback *cb,
		     struct camex_peer *peer, struct cursor *at)
{
	return dump_one(msg, cb, CAMEX_CMD_PEER_GET, put_any_peer, peer);
}

/* Only requesters that may change a device see the routes and stations of its peers. */
static int check_dumper(struct netlink_callback *cb, const struct camex_dev *cdev)
{
	const struct genlmsghdr *header = nlmsg_data(cb->nlh);

	if (header->cmd == CAMEX_CMD_PEER_GET || camex_nl_privileged(cb->skb, cdev))
		return 0;
	camex_extack(cb->extack, NULL,
		     "not permitted: CAP_NET_ADMIN is needed in the link's and transport's namespace");
	return -EPERM;
}

/* Dump the peers of a device, or their routes, in the order of the peers' numbers. */
static int dump_by_peer(struct sk_buff *msg, struct netlink_callback *cb, struct camex_dev *cdev,
			int (*dump)(struct sk_buff *msg, struct netlink_callback *cb,
				    struct camex_peer *peer, struct cursor *at))
{
	struct cursor *at = (struct cursor *)cb->ctx;
	struct camex_peer *peer;
	unsigned long number;
	int err = 0;

	xa_for_each_start(&cdev->peers, number, peer, at->peer) {
		if (number != at->peer) {
			at->peer = number;
			at->nth = 0;
		}
		err = dump(msg, cb, peer, at);
		if (err)
			break;
		at->peer++;
	}
	return err;
}

static int dump_peers_of(struct sk_buff *msg, struct netlink_callback *cb, struct camex_dev *cdev)
{
	return dump_by_peer(msg, cb, cdev, dump_peer);
}

static int dump_all_routes(struct sk_buff *msg, struct netlink_callback *cb,
			   struct camex_dev *cdev)
{
	return dump_by_peer(msg, cb, cdev, dump_routes_of);
}

/* Dump the stations of a device, in the order in which they became known. */
static int dump_stations(struct sk_buff *msg, struct netlink_callback *cb, struct camex_dev *cdev)
{
	struct cursor *at = (struct cursor *)cb->ctx;
	struct camex_fdb_entry *entry;
	int err = 0;

	if (!camex_is_tap(cdev))
		return 0;
	spin_lock_bh(&cdev->lock);
	for (entry = camex_fdb_after(cdev, &at->key, at->station); entry;
	     entry = camex_fdb_next(cdev, entry)) {
		err = dump_one(msg, cb, CAMEX_CMD_FDB_GET, put_any_fdb, entry);
		if (err)
			break;
		at->key = entry->key;
		at->station = entry->number;
	}
	spin_unlock_bh(&cdev->lock);
	return err;
}

static int dump_of_device(struct sk_buff *msg, struct netlink_callback *cb,
			  int (*dump)(struct sk_buff *msg, struct netlink_callback *cb,
				      struct camex_dev *cdev))
{
	struct net_device *dev;
	struct camex_dev *cdev;
	int err = check_dump(cb);

	if (err)
		return err;
	rtnl_lock();
	dev = camex_nl_find_dev(sock_net(msg->sk), camex_dump_attrs(cb), cb->extack);
	if (IS_ERR(dev)) {
		rtnl_unlock();
		return PTR_ERR(dev);
	}
	cdev = netdev_priv(dev);
	err = check_dumper(cb, cdev);
	if (err) {
		rtnl_unlock();
		return err;
	}
	cb->seq = cdev->changes;
	err = dump(msg, cb, cdev);
	rtnl_unlock();
	return end_part(msg, err);
}

/**
 * camex_nl_dump_peers() - write one message of a dump of the peers of a device
 * @msg: the message
 * @cb: state of the dump
 *
 * Return: bytes written, 0 at the end, or a negative errno.
 */
int camex_nl_dump_peers(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_of_device(msg, cb, dump_peers_of);
}

/**
 * camex_nl_dump_routes() - write one message of a dump of the routes of a device
 * @msg: the message
 * @cb: state of the dump
 *
 * Return: bytes written, 0 at the end, or a negative errno.
 */
int camex_nl_dump_routes(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_of_device(msg, cb, dump_all_routes);
}

/**
 * camex_nl_dump_fdb() - write one message of a dump of the forwarding table of a device
 * @msg: the message
 * @cb: state of the dump; stations that are learned meanwhile may be missing
 *
 * Return: bytes written, 0 at the end, or a negative errno.
 */
int camex_nl_dump_fdb(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_of_device(msg, cb, dump_stations);
}
