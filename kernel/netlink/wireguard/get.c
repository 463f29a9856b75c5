// SPDX-License-Identifier: GPL-2.0-only
/* WG_CMD_GET_DEVICE: a device, its peers and their allowed IPs, in as many messages as it takes. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <net/genetlink.h>

#include "core/compat.h"
#include "core/protocol.h"
#include "core/timer.h"
#include "netlink/wireguard/wireguard.h"
#include "protocol/wireguard/config.h"

/**
 * struct cursor - the position at which a dump continues
 * @peer: number of the next peer
 * @nth: number of its allowed IPs that were written already
 * @route: the next of them; valid only if no route was changed since
 * @generation: camex_routes_generation() when @route was set
 * @begun: the device itself was written
 */
struct cursor {
	unsigned long peer;
	unsigned long nth;
	struct camex_route *route;
	u64 generation;
	bool begun;
};

static int put_link(struct sk_buff *msg, const struct camex_dev *cdev)
{
	u8 private[WG_KEY_LEN], public[WG_KEY_LEN];
	int err = 0;

	if (nla_put_u16(msg, WGDEVICE_A_LISTEN_PORT, cdev->conf.port) ||
	    nla_put_u32(msg, WGDEVICE_A_FWMARK, cdev->conf.fwmark) ||
	    nla_put_u32(msg, WGDEVICE_A_IFINDEX, cdev->dev->ifindex) ||
	    nla_put_string(msg, WGDEVICE_A_IFNAME, cdev->dev->name))
		return -EMSGSIZE;
	if (camex_wg_private_key(cdev, private) && camex_wg_public_key(cdev, public) &&
	    (nla_put(msg, WGDEVICE_A_PRIVATE_KEY, sizeof(private), private) ||
	     nla_put(msg, WGDEVICE_A_PUBLIC_KEY, sizeof(public), public)))
		err = -EMSGSIZE;
	memzero_explicit(private, sizeof(private));
	return err;
}

static int put_public_key(struct sk_buff *msg, const struct camex_peer *peer)
{
	u8 key[WG_KEY_LEN];

	camex_wg_peer_public_key(peer, key);
	return nla_put(msg, WGPEER_A_PUBLIC_KEY, sizeof(key), key);
}

static int put_preshared_key(struct sk_buff *msg, const struct camex_peer *peer)
{
	u8 key[WG_KEY_LEN] = {};
	int err;

	camex_wg_peer_preshared(peer, key);	/* zeros: there is none */
	err = nla_put(msg, WGPEER_A_PRESHARED_KEY, sizeof(key), key);
	memzero_explicit(key, sizeof(key));
	return err;
}

static int put_last_handshake(struct sk_buff *msg, const struct camex_peer *peer)
{
	struct __kernel_timespec time = {};
	u32 nanoseconds;

	time.tv_sec = div_u64_rem(camex_wg_peer_last_handshake(peer), NSEC_PER_SEC, &nanoseconds);
	time.tv_nsec = nanoseconds;
	return nla_put(msg, WGPEER_A_LAST_HANDSHAKE_TIME, sizeof(time), &time);
}

static int put_endpoint(struct sk_buff *msg, const struct camex_peer *peer)
{
	const struct camex_endpoint *ep;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct camex_addr to = {};

	rcu_read_lock();
	ep = rcu_dereference(peer->endpoint);
	if (ep)
		to = ep->to;
	rcu_read_unlock();
	switch (to.family) {
	case AF_INET:
		v4.sin_addr.s_addr = to.v4;
		v4.sin_port = to.port;
		return nla_put(msg, WGPEER_A_ENDPOINT, sizeof(v4), &v4);
	case AF_INET6:
		v6.sin6_addr = to.v6;
		v6.sin6_port = to.port;
		v6.sin6_scope_id = to.scope;
		return nla_put(msg, WGPEER_A_ENDPOINT, sizeof(v6), &v6);
	}
	return 0;
}

static int put_state(struct sk_buff *msg, const struct camex_peer *peer)
{
	struct rtnl_link_stats64 traffic;

	camex_traffic_sum(peer->traffic, &traffic);
	if (put_preshared_key(msg, peer) || put_last_handshake(msg, peer) ||
	    nla_put_u16(msg, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
			camex_peer_keepalive(peer)) ||
	    nla_put_u64_64bit(msg, WGPEER_A_TX_BYTES, traffic.tx_bytes, WGPEER_A_UNSPEC) ||
	    nla_put_u64_64bit(msg, WGPEER_A_RX_BYTES, traffic.rx_bytes, WGPEER_A_UNSPEC) ||
	    nla_put_u32(msg, WGPEER_A_PROTOCOL_VERSION, 1) || put_endpoint(msg, peer))
		return -EMSGSIZE;
	return 0;
}

static int put_allowed_ip(struct sk_buff *msg, const struct camex_route *route)
{
	struct nlattr *nest = nla_nest_start(msg, 0);
	struct camex_prefix prefix;

	if (!nest)
		return -EMSGSIZE;
	camex_route_prefix(route, &prefix);
	if (nla_put_u8(msg, WGALLOWEDIP_A_CIDR_MASK, prefix.len) ||
	    nla_put_u16(msg, WGALLOWEDIP_A_FAMILY, prefix.family) ||
	    nla_put(msg, WGALLOWEDIP_A_IPADDR,
		    prefix.family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr),
		    &prefix.addr)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/* Find the position in the list of allowed IPs, which may be its end. */
static struct camex_route *next_allowed_ip(struct camex_peer *peer, const struct cursor *at)
{
	struct camex_route *route;
	unsigned long n = at->nth;

	if (n && at->generation == camex_routes_generation())
		return at->route;
	list_for_each_entry(route, &peer->routes, peer_node)
		if (!n--)
			break;
	return route;
}

/* Write allowed IPs from @at on. Returns -EMSGSIZE if not all fit; @at is at the first one left. */
static int put_allowed_ips(struct sk_buff *msg, struct camex_peer *peer, struct cursor *at)
{
	struct camex_route *route = next_allowed_ip(peer, at);
	struct nlattr *nest;
	int err = 0;

	if (list_entry_is_head(route, &peer->routes, peer_node))
		return 0;
	nest = nla_nest_start(msg, WGPEER_A_ALLOWEDIPS);
	if (!nest)
		return -EMSGSIZE;
	list_for_each_entry_from(route, &peer->routes, peer_node) {
		err = put_allowed_ip(msg, route);
		if (err)
			break;
		at->nth++;
	}
	at->route = route;
	at->generation = camex_routes_generation();
	nla_nest_end(msg, nest);
	return err;
}

/*
 * Write a peer, or its key and more of its allowed IPs. Returns -EMSGSIZE if not all of the peer
 * fits, or so little that it is not worth a nest.
 */
static int put_peer(struct sk_buff *msg, struct camex_peer *peer, struct cursor *at)
{
	struct nlattr *nest = nla_nest_start(msg, 0);
	unsigned long before = at->nth;
	int err = -EMSGSIZE;

	if (nest && !put_public_key(msg, peer) && (before || !put_state(msg, peer)))
		err = put_allowed_ips(msg, peer, at);
	if (nest && err && at->nth == before)
		nla_nest_cancel(msg, nest);
	else if (nest)
		nla_nest_end(msg, nest);
	return err;
}

/* Returns false if not all peers fit into the message. */
static bool put_peers(struct sk_buff *msg, struct camex_dev *cdev, struct cursor *at)
{
	struct camex_peer *peer;
	unsigned long number;

	xa_for_each_start(&cdev->peers, number, peer, at->peer) {
		if (number != at->peer) {
			at->peer = number;
			at->nth = 0;
		}
		if (put_peer(msg, peer, at))
			return false;
		at->peer++;
		at->nth = 0;
	}
	return true;
}

static int put_part(struct sk_buff *msg, struct netlink_callback *cb, struct camex_dev *cdev)
{
	struct cursor *at = (struct cursor *)cb->ctx;
	struct nlattr *nest;
	void *header;
	bool all;

	cb->seq = cdev->changes;
	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &camex_wgtools_family, NLM_F_MULTI, WG_CMD_GET_DEVICE);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (!at->begun && put_link(msg, cdev))
		goto cancel;
	at->begun = true;
	nest = nla_nest_start(msg, WGDEVICE_A_PEERS);
	if (!nest)
		goto cancel;
	all = put_peers(msg, cdev, at);
	if (skb_tail_pointer(msg) > (u8 *)nla_data(nest))
		nla_nest_end(msg, nest);
	else	/* no peer was written */
		nla_nest_cancel(msg, nest);
	genlmsg_end(msg, header);
	return all ? 0 : msg->len;

cancel:
	genlmsg_cancel(msg, header);
	return -EMSGSIZE;
}

/**
 * camex_wgtools_get_start() - genl_ops.start: check that the device exists
 * @cb: the request
 *
 * Return: 0 or a negative errno.
 */
int camex_wgtools_get_start(struct netlink_callback *cb)
{
	struct camex_dev *cdev;

	BUILD_BUG_ON(sizeof(struct cursor) > sizeof(cb->ctx));
	rtnl_lock();
	cdev = camex_wgtools_find(cb->skb, camex_dump_attrs(cb));
	rtnl_unlock();
	return PTR_ERR_OR_ZERO(cdev);
}

/**
 * camex_wgtools_get() - genl_ops.dumpit: write one message
 * @msg: the message
 * @cb: state of the dump
 *
 * Return: bytes written, 0 at the end, or a negative errno.
 */
int camex_wgtools_get(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct camex_dev *cdev;
	int err;

	rtnl_lock();
	/* The device may have been deleted or moved to another namespace meanwhile. */
	cdev = camex_wgtools_find(cb->skb, camex_dump_attrs(cb));
	err = IS_ERR(cdev) ? PTR_ERR(cdev) : put_part(msg, cb, cdev);
	rtnl_unlock();
	return err;
}
