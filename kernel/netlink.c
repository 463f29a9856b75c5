// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family: requests, dumps, events. */
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "netlink.h"
#include "protocol.h"

static struct genl_family family;

/* --- finding what a request is about --- */

static struct net_device *find_dev(struct net *net, struct nlattr **attrs,
				   struct netlink_ext_ack *extack)
{
	struct nlattr *index = attrs[CAMEX_A_IFINDEX];
	struct nlattr *name = attrs[CAMEX_A_IFNAME];
	struct net_device *dev;

	ASSERT_RTNL();
	if (!index == !name) {
		camex_extack(extack, name,
			     index ? "ifindex and ifname: give only one" :
				     "no device named: give ifindex or ifname");
		if (!index)
			camex_extack_miss(extack, NULL, CAMEX_A_IFINDEX);
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

	dev = find_dev(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(dev))
		return ERR_CAST(dev);
	cdev = netdev_priv(dev);
	if (!netlink_ns_capable(skb, cdev->net->user_ns, CAP_NET_ADMIN)) {
		camex_extack(info->extack, NULL,
			     "CAP_NET_ADMIN is missing in the transport's namespace");
		return ERR_PTR(-EPERM);
	}
	return cdev;
}

/* Take a nest apart that has already been validated by the command's policy. */
static int nest(struct nlattr **tb, int maxtype, struct genl_info *info,
		int type)
{
	struct nlattr *attr = info->attrs[type];
	int err;

	if (!attr) {
		camex_extack(info->extack, NULL, "attribute %d is missing", type);
		camex_extack_miss(info->extack, NULL, type);
		return -EINVAL;
	}
	err = camex_nl_once(nla_data(attr), nla_len(attr), maxtype, 0,
			    info->extack);
	if (err)
		return err;
	return nla_parse_nested(tb, maxtype, attr, NULL, info->extack);
}

static int require(struct genl_info *info, int outer, struct nlattr **tb,
		   int type, const char *what)
{
	if (tb[type])
		return 0;
	camex_extack(info->extack, NULL, "%s is missing", what);
	camex_extack_miss(info->extack, info->attrs[outer], type);
	return -EINVAL;
}

static struct camex_peer *find_peer(struct camex_dev *cdev,
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

/* --- reading attributes --- */

static int read_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr), *c;

	if (!*name) {
		camex_extack(extack, attr, "a peer's name cannot be empty");
		return -EINVAL;
	}
	for (c = name; *c; c++) {
		if (*c == '/' || (u8)*c <= ' ' || *c == 0x7f) {
			camex_extack(extack, attr,
				     "a peer's name has no blanks, '/' or control bytes");
			return -EINVAL;
		}
	}
	return 0;
}

static int read_prefix(struct camex_prefix *prefix, struct genl_info *info,
		       const struct nlattr *outer, const struct nlattr *attr,
		       const struct nlattr *len, int addr_type, int len_type)
{
	struct camex_addr addr = {};
	int err;

	if (!attr || !len) {
		camex_extack(info->extack, NULL, "a prefix has address and length");
		camex_extack_miss(info->extack, outer, attr ? len_type : addr_type);
		return -EINVAL;
	}
	err = camex_nl_addr(&addr, attr, info->extack);
	if (err)
		return err;
	memset(prefix, 0, sizeof(*prefix));
	prefix->family = addr.family;
	prefix->addr = addr.v6;
	prefix->len = nla_get_u8(len);
	if (prefix->len > (prefix->family == AF_INET ? 32 : 128)) {
		camex_extack(info->extack, len, "prefix length %u is too long",
			     prefix->len);
		return -EINVAL;
	}
	if (!camex_prefix_valid(prefix)) {
		camex_extack(info->extack, attr,
			     "the prefix has bits set past its length of %u",
			     prefix->len);
		return -EINVAL;
	}
	return 0;
}

static int refuse_owned(struct camex_dev *cdev, const struct camex_prefix *prefix,
			const struct camex_peer *peer, const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	struct camex_route *route = camex_route_find(&cdev->routes, prefix);
	struct camex_peer *owner;

	if (!route)
		return 0;
	owner = rtnl_dereference(route->peer);
	if (owner == peer)
		return 0;
	if (prefix->family == AF_INET)
		camex_extack(extack, attr, "route %pI4/%u belongs to peer %s",
			     &prefix->addr, prefix->len, owner->name);
	else
		camex_extack(extack, attr, "route %pI6c/%u belongs to peer %s",
			     &prefix->addr, prefix->len, owner->name);
	return -EEXIST;
}

/* *@list is to be freed; @peer is NULL for one that is not there yet. */
static int read_routes(struct camex_dev *cdev, const struct camex_peer *peer,
		       struct genl_info *info, const struct nlattr *routes,
		       struct camex_prefix **list, unsigned int *n)
{
	struct nlattr *tb[CAMEX_A_PREFIX_MAX + 1];
	const struct nlattr *attr;
	int rem, err;

	*n = 0;
	nla_for_each_nested(attr, routes, rem)
		++*n;
	*list = kvmalloc_array(max(*n, 1U), sizeof(**list), GFP_KERNEL_ACCOUNT);
	if (!*list)
		return -ENOMEM;
	*n = 0;
	nla_for_each_nested(attr, routes, rem) {
		struct camex_prefix *prefix = &(*list)[*n];

		err = camex_nl_once(nla_data(attr), nla_len(attr),
				    CAMEX_A_PREFIX_MAX, 0, info->extack) ?:
		      nla_parse_nested(tb, CAMEX_A_PREFIX_MAX, attr,
				       camex_prefix_policy, info->extack) ?:
		      read_prefix(prefix, info, attr, tb[CAMEX_A_PREFIX_ADDR],
				  tb[CAMEX_A_PREFIX_LEN], CAMEX_A_PREFIX_ADDR,
				  CAMEX_A_PREFIX_LEN) ?:
		      refuse_owned(cdev, prefix, peer, attr, info->extack);
		if (err)
			return err;
		++*n;
	}
	return 0;
}

static int check_endpoint(struct camex_dev *cdev, const struct camex_peer *peer,
			  const struct camex_addr *addr, struct nlattr **tb,
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[CAMEX_A_PEER_ENDPOINT_ADDR];
	struct camex_peer *other;
	bool bad, local = false;

	if (addr->family == AF_INET) {
		bad = ipv4_is_multicast(addr->v4) || ipv4_is_lbcast(addr->v4) ||
		      ipv4_is_zeronet(addr->v4);
	} else {
		bad = ipv6_addr_is_multicast(&addr->v6) ||
		      ipv6_addr_any(&addr->v6) || ipv6_addr_v4mapped(&addr->v6);
		local = ipv6_addr_type(&addr->v6) & IPV6_ADDR_LINKLOCAL;
	}
	if (bad) {
		camex_extack(extack, attr, "the endpoint is no unicast address");
		return -EINVAL;
	}
	if (local != !!addr->scope) {
		camex_extack(extack, tb[CAMEX_A_PEER_ENDPOINT_SCOPE] ?: attr,
			     "link-local endpoints, and only they, have a scope");
		return -EINVAL;
	}
	if (cdev->conf.bind.family && cdev->conf.bind.family != addr->family) {
		camex_extack(extack, attr,
			     "the endpoint's family is not that of the bind address");
		return -EAFNOSUPPORT;
	}
	other = camex_peer_configured_at(cdev, addr);
	if (other && other != peer) {
		camex_extack(extack, attr, "the endpoint belongs to peer %s",
			     other->name);
		return -EEXIST;
	}
	return 0;
}

static int read_endpoint(struct camex_dev *cdev, const struct camex_peer *peer,
			 struct genl_info *info, struct nlattr **tb,
			 struct camex_addr *addr)
{
	struct nlattr *ip = tb[CAMEX_A_PEER_ENDPOINT_ADDR];
	struct nlattr *port = tb[CAMEX_A_PEER_ENDPOINT_PORT];
	struct nlattr *scope = tb[CAMEX_A_PEER_ENDPOINT_SCOPE];
	int err;

	memset(addr, 0, sizeof(*addr));
	if (!ip && !port && !scope)
		return 0;
	err = require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_ENDPOINT_ADDR,
		      "the endpoint's address") ?:
	      require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_ENDPOINT_PORT,
		      "the endpoint's port") ?:
	      camex_nl_addr(addr, ip, info->extack);
	if (err)
		return err;
	addr->port = htons(nla_get_u16(port));
	addr->scope = scope ? nla_get_u32(scope) : 0;
	return check_endpoint(cdev, peer, addr, tb, info->extack);
}

static int check_key(const struct camex_dev *cdev, struct genl_info *info,
		     struct nlattr **tb)
{
	struct nlattr *key = tb[CAMEX_A_PEER_KEY];

	if (!key && !tb[CAMEX_A_PEER_FINGERPRINT])
		return 0;
	if (!cdev->protocol->keyed) {
		camex_extack(info->extack, key,
			     "this protocol carries no keys: use protocol camex");
		return -EOPNOTSUPP;
	}
	return require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_KEY, "the key") ?:
	       require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_FINGERPRINT,
		       "the key's fingerprint");
}

/* --- commands that change something --- */

static int do_dev_set(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_DEV_MAX + 1];

	return nest(tb, CAMEX_A_DEV_MAX, info, CAMEX_A_DEV) ?:
	       camex_device_set(cdev, tb, info->extack);
}

/* What peer-add and peer-set have read, and must free. */
struct peer_request {
	struct camex_addr endpoint;
	struct camex_prefix *routes;
	unsigned int nroutes;
};

static int read_peer(struct camex_dev *cdev, const struct camex_peer *peer,
		     struct genl_info *info, struct nlattr **tb,
		     struct peer_request *rq)
{
	int err;

	err = read_endpoint(cdev, peer, info, tb, &rq->endpoint);
	if (!err && tb[CAMEX_A_PEER_ROUTES])
		err = read_routes(cdev, peer, info, tb[CAMEX_A_PEER_ROUTES],
				  &rq->routes, &rq->nroutes);
	return err;
}

/* All or nothing. */
static int apply_peer(struct camex_peer *peer, const struct peer_request *rq)
{
	struct camex_dev *cdev = peer->cdev;
	struct camex_endpoint *ep = NULL;
	int err = 0;

	if (rq->endpoint.family) {
		spin_lock_bh(&cdev->lock);
		ep = camex_endpoint_new(peer, &rq->endpoint, NULL, GFP_ATOMIC);
		spin_unlock_bh(&cdev->lock);
		if (!ep)
			return -ENOMEM;
	}
	if (rq->routes)
		err = camex_peer_set_routes(peer, rq->routes, rq->nroutes);
	if (ep) {
		spin_lock_bh(&cdev->lock);
		if (err)
			camex_endpoint_free(ep);
		else
			camex_peer_configure_endpoint(peer, ep);
		spin_unlock_bh(&cdev->lock);
		if (!err)
			camex_device_fit_mtu(cdev, rq->endpoint.family);
	}
	return err;
}

static int do_peer_add(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct peer_request rq = {};
	struct camex_peer *peer;
	int err;

	err = nest(tb, CAMEX_A_PEER_MAX, info, CAMEX_A_PEER) ?:
	      require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_NAME, "the peer's name") ?:
	      read_name(tb[CAMEX_A_PEER_NAME], info->extack) ?:
	      check_key(cdev, info, tb);
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
	if (tb[CAMEX_A_PEER_KEY])
		err = camex_peer_set_key(peer, nla_data(tb[CAMEX_A_PEER_KEY]),
					 nla_data(tb[CAMEX_A_PEER_FINGERPRINT]));
	if (!err)
		err = apply_peer(peer, &rq);
	if (err)
		camex_peer_del(peer);
out:
	kvfree(rq.routes);
	return err;
}

static int do_peer_set(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct peer_request rq = {};
	struct camex_peer *peer;
	int err;

	err = nest(tb, CAMEX_A_PEER_MAX, info, CAMEX_A_PEER) ?:
	      require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_NAME, "the peer's name");
	if (err)
		return err;
	peer = find_peer(cdev, tb[CAMEX_A_PEER_NAME], info->extack);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = read_peer(cdev, peer, info, tb, &rq) ?: apply_peer(peer, &rq);
	kvfree(rq.routes);
	return err;
}

/* The peer that a request names, with the rest of the nest in @tb. */
static struct camex_peer *named_peer(struct camex_dev *cdev,
				     struct genl_info *info, struct nlattr **tb)
{
	int err;

	err = nest(tb, CAMEX_A_PEER_MAX, info, CAMEX_A_PEER) ?:
	      require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_NAME, "the peer's name");
	if (err)
		return ERR_PTR(err);
	return find_peer(cdev, tb[CAMEX_A_PEER_NAME], info->extack);
}

static int do_peer_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = named_peer(cdev, info, tb);

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	camex_peer_del(peer);
	return 0;
}

static int do_peer_forget(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = named_peer(cdev, info, tb);

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	camex_peer_forget(peer);
	return 0;
}

static int do_key_set(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = named_peer(cdev, info, tb);
	int err;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_KEY, "the key") ?:
	      check_key(cdev, info, tb);
	if (err)
		return err;
	return camex_peer_set_key(peer, nla_data(tb[CAMEX_A_PEER_KEY]),
				  nla_data(tb[CAMEX_A_PEER_FINGERPRINT]));
}

static int do_key_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer = named_peer(cdev, info, tb);

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
	return nest(tb, CAMEX_A_ROUTE_MAX, info, CAMEX_A_ROUTE) ?:
	       read_prefix(prefix, info, info->attrs[CAMEX_A_ROUTE],
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
	      require(info, CAMEX_A_ROUTE, tb, CAMEX_A_ROUTE_PEER,
		      "the route's peer");
	if (err)
		return err;
	peer = find_peer(cdev, tb[CAMEX_A_ROUTE_PEER], info->extack);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	/* Not even the peer itself may have it already. */
	if (!tb[CAMEX_A_ROUTE_REPLACE])
		err = refuse_owned(cdev, &prefix, NULL, tb[CAMEX_A_ROUTE_ADDR],
				   info->extack);
	return err ?: camex_route_insert(&cdev->routes, &prefix, peer,
					 &peer->routes);
}

static int do_route_del(struct camex_dev *cdev, struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_ROUTE_MAX + 1];
	struct camex_prefix prefix;
	struct camex_route *route;
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
	camex_route_remove(&cdev->routes, route);
	return 0;
}

typedef int (*change_t)(struct camex_dev *cdev, struct genl_info *info);

static const change_t changes[] = {
	[CAMEX_CMD_DEV_SET]	= do_dev_set,
	[CAMEX_CMD_PEER_ADD]	= do_peer_add,
	[CAMEX_CMD_PEER_SET]	= do_peer_set,
	[CAMEX_CMD_PEER_DEL]	= do_peer_del,
	[CAMEX_CMD_PEER_FORGET]	= do_peer_forget,
	[CAMEX_CMD_KEY_SET]	= do_key_set,
	[CAMEX_CMD_KEY_DEL]	= do_key_del,
	[CAMEX_CMD_ROUTE_ADD]	= do_route_add,
	[CAMEX_CMD_ROUTE_DEL]	= do_route_del,
};

static int once(struct genl_info *info)
{
	return camex_nl_once(nlmsg_attrdata(info->nlhdr, GENL_HDRLEN),
			     nlmsg_attrlen(info->nlhdr, GENL_HDRLEN),
			     CAMEX_A_MAX, 0, info->extack);
}

static int doit_change(struct sk_buff *skb, struct genl_info *info)
{
	struct camex_dev *cdev;
	int err = once(info);

	if (err)
		return err;
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
	return err;
}

/* --- commands that tell something --- */

static int put_dev_name(struct sk_buff *msg, const struct net_device *dev)
{
	return nla_put_u32(msg, CAMEX_A_IFINDEX, dev->ifindex) ?:
	       nla_put_string(msg, CAMEX_A_IFNAME, dev->name);
}

static int put_dev(struct sk_buff *msg, const struct camex_dev *cdev)
{
	struct nlattr *nested;

	if (put_dev_name(msg, cdev->dev))
		return -EMSGSIZE;
	nested = nla_nest_start(msg, CAMEX_A_DEV);
	if (!nested || camex_nl_put_dev(msg, cdev))
		return -EMSGSIZE;
	nla_nest_end(msg, nested);
	return 0;
}

static int put_endpoint(struct sk_buff *msg, const struct camex_peer *peer)
{
	const struct camex_endpoint *ep;
	int err = 0;

	rcu_read_lock();
	ep = rcu_dereference(peer->endpoint);
	if (ep && (camex_nl_put_addr(msg, CAMEX_A_PEER_ENDPOINT_ADDR, &ep->to) ||
		   nla_put_u16(msg, CAMEX_A_PEER_ENDPOINT_PORT,
			       ntohs(ep->to.port)) ||
		   (ep->to.scope && nla_put_u32(msg, CAMEX_A_PEER_ENDPOINT_SCOPE,
						ep->to.scope))))
		err = -EMSGSIZE;
	rcu_read_unlock();
	return err;
}

static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put_u64_64bit(msg, type, value, CAMEX_A_PEER_PAD);
}

static int put_peer(struct sk_buff *msg, const struct camex_peer *peer)
{
	struct rtnl_link_stats64 traffic;
	struct nlattr *nested;

	camex_traffic_sum(peer->traffic, &traffic);
	nested = nla_nest_start(msg, CAMEX_A_PEER);
	if (!nested ||
	    nla_put_string(msg, CAMEX_A_PEER_NAME, peer->name) ||
	    put_endpoint(msg, peer) ||
	    (rcu_access_pointer(peer->key) &&
	     nla_put(msg, CAMEX_A_PEER_FINGERPRINT, sizeof(peer->fingerprint),
		     peer->fingerprint)) ||
	    nla_put_u32(msg, CAMEX_A_PEER_STATE, camex_peer_state(peer)) ||
	    (READ_ONCE(peer->heard) &&
	     put_u64(msg, CAMEX_A_PEER_LAST_SEEN,
		     jiffies_to_msecs(jiffies - READ_ONCE(peer->seen)))) ||
	    put_u64(msg, CAMEX_A_PEER_RX_PACKETS, traffic.rx_packets) ||
	    put_u64(msg, CAMEX_A_PEER_RX_BYTES, traffic.rx_bytes) ||
	    put_u64(msg, CAMEX_A_PEER_TX_PACKETS, traffic.tx_packets) ||
	    put_u64(msg, CAMEX_A_PEER_TX_BYTES, traffic.tx_bytes))
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
	if (!nested || camex_nl_put_addr(msg, CAMEX_A_ROUTE_ADDR, &addr) ||
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
		if (nla_put_u64_64bit(msg, i + 1, sum[i], CAMEX_A_STATS_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nested);
	return 0;
}

static int fill_answer(struct sk_buff *msg, struct camex_dev *cdev,
		       struct genl_info *info)
{
	struct nlattr *tb[CAMEX_A_PEER_MAX + 1];
	struct camex_peer *peer;

	switch (info->genlhdr->cmd) {
	case CAMEX_CMD_DEV_GET:
		return put_dev(msg, cdev);
	case CAMEX_CMD_PEER_GET:
		peer = named_peer(cdev, info, tb);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
		return put_dev_name(msg, cdev->dev) ?: put_peer(msg, peer);
	default:
		return put_dev_name(msg, cdev->dev) ?: put_stats(msg, cdev);
	}
}

static int doit_get(struct sk_buff *skb, struct genl_info *info)
{
	struct net_device *dev;
	struct sk_buff *msg;
	void *header;
	int err = once(info);

	if (err)
		return err;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &family, 0, info->genlhdr->cmd);
	rtnl_lock();
	dev = find_dev(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(dev))
		err = PTR_ERR(dev);
	else
		err = header ? fill_answer(msg, netdev_priv(dev), info) :
			       -EMSGSIZE;
	rtnl_unlock();
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

/* One part of a dump: a header, the device, and what @put writes of @object. */
static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd,
		    int (*put)(struct sk_buff *msg, const void *object),
		    const void *object)
{
	void *header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid,
				   cb->nlh->nlmsg_seq, &family, NLM_F_MULTI, cmd);

	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (put(msg, object)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

static int put_any_dev(struct sk_buff *msg, const void *object)
{
	return put_dev(msg, object);
}

static int put_any_peer(struct sk_buff *msg, const void *object)
{
	const struct camex_peer *peer = object;

	return put_dev_name(msg, peer->cdev->dev) ?: put_peer(msg, peer);
}

static int put_any_route(struct sk_buff *msg, const void *object)
{
	const struct camex_route *route = object;
	const struct camex_peer *peer = rtnl_dereference(route->peer);

	return put_dev_name(msg, peer->cdev->dev) ?: put_route(msg, route);
}

/* Where a dump goes on. */
struct cursor {
	unsigned long peer;
	unsigned long nth;
};

static int dump_devs(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct cursor *at = (struct cursor *)cb->ctx;
	struct net_device *dev;
	unsigned long nth = 0;

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

/* Peers of a device, or their routes, by the number of the peer. */
static int dump_of_device(struct sk_buff *msg, struct netlink_callback *cb,
			  bool routes)
{
	struct cursor *at = (struct cursor *)cb->ctx;
	struct net_device *dev;
	struct camex_peer *peer;
	struct camex_dev *cdev;
	unsigned long number;
	int err;

	err = camex_nl_once(nlmsg_attrdata(cb->nlh, GENL_HDRLEN),
			    nlmsg_attrlen(cb->nlh, GENL_HDRLEN), CAMEX_A_MAX, 0,
			    cb->extack);
	if (err)
		return err;
	rtnl_lock();
	dev = find_dev(sock_net(msg->sk), camex_dump_attrs(cb), cb->extack);
	if (IS_ERR(dev)) {
		rtnl_unlock();
		return PTR_ERR(dev);
	}
	cdev = netdev_priv(dev);
	cb->seq = cdev->changes + 1;
	xa_for_each_start(&cdev->peers, number, peer, at->peer) {
		if (number != at->peer) {
			at->peer = number;
			at->nth = 0;
		}
		if (routes)
			err = dump_routes_of(msg, cb, peer, at);
		else
			err = dump_one(msg, cb, CAMEX_CMD_PEER_GET,
				       put_any_peer, peer);
		if (err)
			break;
		at->peer++;
	}
	rtnl_unlock();
	return msg->len;
}

static int dump_peers(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_of_device(msg, cb, false);
}

static int dump_routes(struct sk_buff *msg, struct netlink_callback *cb)
{
	return dump_of_device(msg, cb, true);
}

/* --- events --- */

static void send_event(struct camex_dev *cdev, struct camex_peer *peer,
		       enum camex_event event)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	void *header;

	if (!msg)
		return;
	header = genlmsg_put(msg, 0, 0, &family, 0, CAMEX_CMD_EVENT);
	if (!header || nla_put_u32(msg, CAMEX_A_EVENT, event) ||
	    put_dev_name(msg, cdev->dev) || put_peer(msg, peer)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(&family, dev_net(cdev->dev), msg, 0, 0,
				GFP_ATOMIC);
}

/**
 * camex_netlink_events() - tell what happened to peers
 * @work: camex_dev.event_work
 */
void camex_netlink_events(struct work_struct *work)
{
	struct camex_dev *cdev = container_of(to_delayed_work(work),
					      struct camex_dev, event_work);
	struct camex_peer *peer;
	unsigned long events;
	int event;

	rcu_read_lock();
	while ((events = camex_peer_take_events(cdev, &peer)))
		for_each_set_bit(event, &events, BITS_PER_LONG)
			send_event(cdev, peer, event);
	rcu_read_unlock();
}

/* --- the family --- */

#define CHANGE(command, attrs)						\
	{								\
		.cmd		= (command),				\
		.flags		= GENL_UNS_ADMIN_PERM,			\
		.policy		= (attrs),				\
		.maxattr	= ARRAY_SIZE(attrs) - 1,		\
		.doit		= doit_change,				\
	}

static const struct genl_ops ops[] = {
	{
		.cmd		= CAMEX_CMD_DEV_GET,
		.policy		= camex_op_device,
		.maxattr	= ARRAY_SIZE(camex_op_device) - 1,
		.doit		= doit_get,
		.dumpit		= dump_devs,
	},
	CHANGE(CAMEX_CMD_DEV_SET, camex_op_dev_set),
	{
		.cmd		= CAMEX_CMD_PEER_GET,
		.policy		= camex_op_peer_name,
		.maxattr	= ARRAY_SIZE(camex_op_peer_name) - 1,
		.doit		= doit_get,
		.dumpit		= dump_peers,
	},
	CHANGE(CAMEX_CMD_PEER_ADD, camex_op_peer_add),
	CHANGE(CAMEX_CMD_PEER_SET, camex_op_peer_set),
	CHANGE(CAMEX_CMD_PEER_DEL, camex_op_peer_name),
	CHANGE(CAMEX_CMD_PEER_FORGET, camex_op_peer_name),
	CHANGE(CAMEX_CMD_KEY_SET, camex_op_key_set),
	CHANGE(CAMEX_CMD_KEY_DEL, camex_op_peer_name),
	{
		.cmd		= CAMEX_CMD_ROUTE_GET,
		.policy		= camex_op_device,
		.maxattr	= ARRAY_SIZE(camex_op_device) - 1,
		.dumpit		= dump_routes,
	},
	CHANGE(CAMEX_CMD_ROUTE_ADD, camex_op_route_add),
	CHANGE(CAMEX_CMD_ROUTE_DEL, camex_op_route_del),
	{
		.cmd		= CAMEX_CMD_STATS_GET,
		.policy		= camex_op_device,
		.maxattr	= ARRAY_SIZE(camex_op_device) - 1,
		.doit		= doit_get,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = CAMEX_MCGRP_EVENTS },
};

static struct genl_family family __ro_after_init = {
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
	return genl_register_family(&family);
}

/**
 * camex_netlink_exit() - unregister the family
 */
void camex_netlink_exit(void)
{
	genl_unregister_family(&family);
}
