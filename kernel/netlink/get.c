// SPDX-License-Identifier: GPL-2.0-only
/* Answers and dumps of the generic netlink family. */
#include <net/genetlink.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/timer.h"
#include "link/fdb.h"
#include "link/peer_link.h"
#include "netlink/netlink.h"

/**
 * camex_nl_put_dev_name() - write CAMEX_A_IFINDEX and CAMEX_A_IFNAME
 * @msg: the message
 * @dev: a camex device
 *
 * Return: 0 or -EMSGSIZE.
 */
int camex_nl_put_dev_name(struct sk_buff *msg, const struct net_device *dev)
{
	return nla_put_u32(msg, CAMEX_A_IFINDEX, dev->ifindex) ?:
	       nla_put_string(msg, CAMEX_A_IFNAME, dev->name);
}

static int put_dev(struct sk_buff *msg, const struct camex_dev *cdev,
		   bool privileged)
{
	struct nlattr *nested;

	if (camex_nl_put_dev_name(msg, cdev->dev))
		return -EMSGSIZE;
	nested = nla_nest_start(msg, CAMEX_A_DEV);
	if (!nested || camex_nl_put_dev(msg, cdev, privileged))
		return -EMSGSIZE;
	nla_nest_end(msg, nested);
	return 0;
}

/* Write address, port and scope: three consecutive attributes, the first of which is @attr. */
static int put_endpoint(struct sk_buff *msg, int attr, const struct camex_endpoint *ep)
{
	if (ep && ep->to.family &&
	    (camex_attr_put_addr(msg, attr, &ep->to) ||
	     nla_put_u16(msg, attr + 1, ntohs(ep->to.port)) ||
	     (ep->to.scope && nla_put_u32(msg, attr + 2, ep->to.scope))))
		return -EMSGSIZE;
	return 0;
}

/* Write the current and the configured endpoint. */
static int put_endpoints(struct sk_buff *msg, const struct camex_peer *peer)
{
	int err;

	rcu_read_lock();
	err = put_endpoint(msg, CAMEX_A_PEER_ENDPOINT_ADDR, rcu_dereference(peer->endpoint)) ?:
	      put_endpoint(msg, CAMEX_A_PEER_CONFIGURED_ADDR, rcu_dereference(peer->configured));
	rcu_read_unlock();
	return err;
}

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, CAMEX_A_PEER_PAD);
}

/*
 * Write for how long a peer that was never heard has not answered. For a peer that was heard the
 * protocol decides, because not every datagram is answered.
 */
static int put_unanswered(struct sk_buff *msg, const struct camex_peer *peer)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	unsigned long since = READ_ONCE(peer->live.unanswered_since);

	if (READ_ONCE(peer->live.heard) || !rcu_access_pointer(peer->endpoint) ||
	    !netif_running(peer->cdev->dev))
		return 0;
	if (!time_after(since, READ_ONCE(peer->live.seen))) {
		/* a protocol that registers has sent its first datagram when the link went up */
		if (!protocol->expects_answer || !protocol->expects_answer(peer) ||
		    !time_after(READ_ONCE(peer->live.sent), READ_ONCE(peer->live.since)))
			return 0;
	}
	if (time_before(since, READ_ONCE(peer->live.since)))
		since = READ_ONCE(peer->live.since);
	if (!time_after(jiffies, since + CAMEX_TELL_UNANSWERED))
		return 0;
	return put_u64(msg, CAMEX_A_PEER_UNANSWERED, jiffies64_to_msecs(jiffies - since));
}

static int put_link(struct sk_buff *msg, const struct camex_peer *peer)
{
	const struct camex_peer_link *link;
	int err = 0;

	rcu_read_lock();
	link = rcu_dereference(peer->link.own);
	if (link && (nla_put_string(msg, CAMEX_A_PEER_LINK, link->dev->name) ||
		     nla_put_u32(msg, CAMEX_A_PEER_LINK_IFINDEX,
				 link->dev->ifindex)))
		err = -EMSGSIZE;
	rcu_read_unlock();
	return err;
}

/**
 * camex_nl_put_peer() - write CAMEX_A_PEER
 * @msg: the message
 * @peer: the peer
 * @privileged: the receiver of the message may change the peer
 *
 * Context: RTNL or RCU reader.
 * Return: 0 or -EMSGSIZE.
 */
int camex_nl_put_peer(struct sk_buff *msg, const struct camex_peer *peer,
		      bool privileged)
{
	const struct camex_protocol_ops *protocol = peer->cdev->protocol;
	struct rtnl_link_stats64 traffic;
	struct nlattr *nested;

	camex_traffic_sum(peer->traffic, &traffic);
	nested = nla_nest_start(msg, CAMEX_A_PEER);
	if (!nested ||
	    nla_put_string(msg, CAMEX_A_PEER_NAME, peer->name) ||
	    put_link(msg, peer) ||
	    nla_put_u32(msg, CAMEX_A_PEER_STATE, camex_peer_state(peer)) ||
	    (READ_ONCE(peer->live.heard) &&
	     put_u64(msg, CAMEX_A_PEER_LAST_SEEN,
		     jiffies64_to_msecs(jiffies - READ_ONCE(peer->live.seen)))) ||
	    put_unanswered(msg, peer) ||
	    put_u64(msg, CAMEX_A_PEER_RX_PACKETS, traffic.rx_packets) ||
	    put_u64(msg, CAMEX_A_PEER_RX_BYTES, traffic.rx_bytes) ||
	    put_u64(msg, CAMEX_A_PEER_TX_PACKETS, traffic.tx_packets) ||
	    put_u64(msg, CAMEX_A_PEER_TX_BYTES, traffic.tx_bytes) ||
	    put_u64(msg, CAMEX_A_PEER_RX_DROPPED, traffic.rx_dropped) ||
	    put_u64(msg, CAMEX_A_PEER_TX_DROPPED, traffic.tx_dropped) ||
	    nla_put_u16(msg, CAMEX_A_PEER_KEEPALIVE, camex_peer_keepalive(peer)) ||
	    nla_put_u32(msg, CAMEX_A_PEER_REGISTER,
			protocol->registers ? protocol->registers(peer) :
					      CAMEX_REGISTER_OFF) ||
	    camex_nl_put_transport(msg, peer) ||
	    (privileged && put_endpoints(msg, peer)) ||
	    (protocol->peer_fill && protocol->peer_fill(peer, msg, privileged)))
		return -EMSGSIZE;
	nla_nest_end(msg, nested);
	return 0;
}

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

static int put_stats(struct sk_buff *msg, const struct camex_dev *cdev)
{
	u64 sum[CAMEX_STATS_COUNT];
	struct nlattr *nested;
	int i;

	camex_stats_sum(cdev->stats, sum);
	nested = nla_nest_start(msg, CAMEX_A_STATS);
	if (!nested)
		return -EMSGSIZE;
	for (i = 0; i < CAMEX_STATS_COUNT; i++)
		if (nla_put_u64_64bit(msg, camex_stats_attr(i), sum[i],
				      CAMEX_A_STATS_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nested);
	return 0;
}

static int fill_answer(struct sk_buff *msg, struct camex_dev *cdev,
		       const struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer;

	switch (info->genlhdr->cmd) {
	case CAMEX_CMD_DEV_GET:
		return put_dev(msg, cdev, camex_nl_privileged(skb, cdev));
	case CAMEX_CMD_PEER_GET:
		peer = camex_nl_named_peer(cdev, info, tb);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
		return camex_nl_put_dev_name(msg, cdev->dev) ?:
		       camex_nl_put_peer(msg, peer, camex_nl_privileged(skb, cdev));
	default:
		return camex_nl_put_dev_name(msg, cdev->dev) ?: put_stats(msg, cdev);
	}
}

/**
 * camex_nl_get() - answer a request for one device or peer
 * @skb: the request
 * @info: the parsed request
 *
 * Return: 0 or a negative errno.
 */
int camex_nl_get(struct sk_buff *skb, struct genl_info *info)
{
	struct net_device *dev;
	struct sk_buff *msg;
	void *header;
	int err = camex_nl_request_once(info->nlhdr, info->extack);

	if (err)
		return err;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &camex_family, 0, info->genlhdr->cmd);
	rtnl_lock();
	dev = camex_nl_find_dev(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(dev))
		err = PTR_ERR(dev);
	else
		err = header ? fill_answer(msg, netdev_priv(dev), skb, info) :
			       -EMSGSIZE;
	rtnl_unlock();
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
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

	return put_dev(msg, cdev, camex_nl_privileged(request, cdev));
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
	const struct camex_peer *peer = rcu_dereference_protected(entry->peer, true);

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

/* The position at which a dump continues. */
struct cursor {
	unsigned long peer;
	unsigned long nth;
};

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
	rtnl_lock();
	cb->seq = sock_net(msg->sk)->dev_base_seq;
	for_each_netdev(sock_net(msg->sk), dev) {
		if (!camex_is_device(dev) || nth++ < at->nth)
			continue;
		if (dump_one(msg, cb, CAMEX_CMD_DEV_GET, put_any_dev,
			     netdev_priv(dev)))
			break;
		at->nth++;
	}
	rtnl_unlock();
	return msg->len;
}

static int dump_routes_of(struct sk_buff *msg, struct netlink_callback *cb,
			  struct camex_peer *peer, struct cursor *at)
{
	struct camex_route *route;
	unsigned long nth = 0;

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

static int dump_fdb_of(struct sk_buff *msg, struct netlink_callback *cb,
		       struct camex_peer *peer, struct cursor *at)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_fdb_entry *entry;
	unsigned long nth = 0;
	int err = 0;

	spin_lock_bh(&cdev->lock);
	list_for_each_entry(entry, &peer->stations.list, peer_node) {
		if (nth++ < at->nth)
			continue;
		err = dump_one(msg, cb, CAMEX_CMD_FDB_GET, put_any_fdb, entry);
		if (err)
			break;
		at->nth++;
	}
	spin_unlock_bh(&cdev->lock);
	if (!err)
		at->nth = 0;
	return err;
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

/* Dump the peers of a device, or their routes or stations, in the order of the peers' numbers. */
static int dump_of_device(struct sk_buff *msg, struct netlink_callback *cb,
			  int (*dump)(struct sk_buff *msg,
				      struct netlink_callback *cb,
				      struct camex_peer *peer, struct cursor *at))
{
	struct cursor *at = (struct cursor *)cb->ctx;
	struct net_device *dev;
	struct camex_peer *peer;
	struct camex_dev *cdev;
	unsigned long number;
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
	cb->seq = cdev->changes + 1;
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
	rtnl_unlock();
	return msg->len;
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
	return dump_of_device(msg, cb, dump_peer);
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
	return dump_of_device(msg, cb, dump_routes_of);
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
	return dump_of_device(msg, cb, dump_fdb_of);
}
