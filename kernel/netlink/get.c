// SPDX-License-Identifier: GPL-2.0-only
/* Answers of the generic netlink family; dump.c has its dumps. */
#include <net/genetlink.h>
#include <net/sock.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/timer.h"
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

/**
 * camex_nl_put_whole_dev() - write the name of a device, and CAMEX_A_DEV
 * @msg: the message
 * @cdev: the device
 * @privileged: the receiver of the message may change the device
 *
 * Context: RTNL.
 * Return: 0 or -EMSGSIZE.
 */
int camex_nl_put_whole_dev(struct sk_buff *msg, const struct camex_dev *cdev, bool privileged)
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
		     jiffies64_to_msecs(camex_time_since(&peer->live.seen)))) ||
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
		return camex_nl_put_whole_dev(msg, cdev, camex_nl_privileged(skb, cdev));
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
