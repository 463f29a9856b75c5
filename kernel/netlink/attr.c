// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of a peer in a request: read them, check them, and name the wrong one. */
#include <net/genetlink.h>

#include "core/compat.h"
#include "core/link.h"
#include "core/protocol.h"
#include "core/transport.h"
#include "netlink/netlink.h"

/**
 * camex_attr_name() - check the name of a new peer
 * @attr: string of at most CAMEX_NAME_MAX bytes
 * @extack: text on failure
 *
 * Return: 0 or -EINVAL.
 */
int camex_attr_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
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

/**
 * camex_attr_not_owned() - refuse a prefix that belongs to another peer
 * @cdev: the device
 * @prefix: a valid prefix
 * @peer: the peer that may have the prefix; NULL: no peer may
 * @attr: the attribute to name on failure
 * @extack: on failure, names the owner
 *
 * Context: RTNL.
 * Return: 0 or -EEXIST.
 */
int camex_attr_not_owned(struct camex_dev *cdev,
			 const struct camex_prefix *prefix,
			 const struct camex_peer *peer,
			 const struct nlattr *attr,
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
		camex_extack(extack, attr, "%pI6c/%u belongs to peer %.17s",
			     &prefix->addr, prefix->len, owner->name);
	return -EEXIST;
}

/**
 * camex_attr_has_routes() - refuse routes on tap links and with per-peer links
 * @cdev: the device
 * @attr: the attribute to name on failure
 * @extack: on failure, names the alternative
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int camex_attr_has_routes(const struct camex_dev *cdev, const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (cdev->link->allowed_ips)
		return 0;
	camex_extack(extack, attr, "%s", cdev->link->no_allowed_ips);
	return -EOPNOTSUPP;
}

/**
 * camex_attr_routes() - read a list of prefixes
 * @cdev: the device
 * @peer: the peer that gets them; NULL: a new one
 * @info: the request
 * @routes: nest of CAMEX_A_ROUTES_*
 * @list: result; the caller frees it by kvfree(), also on failure
 * @n: result: number of prefixes
 *
 * Context: RTNL.
 * Return: 0, -EINVAL, -EEXIST, -ENOMEM, -EOPNOTSUPP.
 */
int camex_attr_routes(struct camex_dev *cdev, const struct camex_peer *peer,
		      struct genl_info *info, const struct nlattr *routes,
		      struct camex_prefix **list, unsigned int *n)
{
	struct camex_prefix *prefix;
	const struct nlattr *attr;
	unsigned int count = 0;
	int rem, err;

	err = camex_attr_has_routes(cdev, routes, info->extack);
	if (err)
		return err;
	nla_for_each_nested(attr, routes, rem)
		count++;
	prefix = kvmalloc_array(max(count, 1U), sizeof(*prefix),
				GFP_KERNEL_ACCOUNT);
	if (!prefix)
		return -ENOMEM;
	*list = prefix;
	*n = 0;
	nla_for_each_nested(attr, routes, rem) {
		err = camex_attr_prefix_nest(prefix, info, attr, false) ?:
		      camex_attr_not_owned(cdev, prefix, peer, attr, info->extack);
		if (err)
			return err;
		prefix++;
		*n += 1;
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
		camex_extack(extack, attr, "the endpoint is not a unicast address");
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

/**
 * camex_attr_endpoint() - read an endpoint
 * @cdev: the device
 * @peer: the peer that gets it; NULL: a new one
 * @info: the request
 * @tb: CAMEX_A_PEER_*
 * @addr: result; AF_UNSPEC if the request has none
 *
 * Context: RTNL.
 * Return: 0, -EINVAL, -EEXIST, -EAFNOSUPPORT.
 */
int camex_attr_endpoint(struct camex_dev *cdev, const struct camex_peer *peer,
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
	if (cdev->single_peer) {
		camex_extack(info->extack, ip ?: port ?: scope,
			     "endpoint is only for transports udp and tcp");
		return -EINVAL;
	}
	err = camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_ENDPOINT_ADDR,
				 "the endpoint's address") ?:
	      camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_ENDPOINT_PORT,
				 "the endpoint's port") ?:
	      camex_attr_addr(addr, ip, info->extack);
	if (err)
		return err;
	addr->carrier = cdev->transport->carrier;
	addr->port = htons(nla_get_u16(port));
	addr->scope = scope ? nla_get_u32(scope) : 0;
	return check_endpoint(cdev, peer, addr, tb, info->extack);
}

/**
 * camex_attr_key() - check that the key in a request, if any, fits the protocol
 * @cdev: the device
 * @info: the request
 * @tb: CAMEX_A_PEER_*
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP.
 */
int camex_attr_key(const struct camex_dev *cdev, struct genl_info *info,
		   struct nlattr **tb)
{
	struct nlattr *key = tb[CAMEX_A_PEER_KEY];

	if (!key && !tb[CAMEX_A_PEER_FINGERPRINT])
		return 0;
	if (!cdev->protocol->key_set) {
		camex_extack(info->extack, key, "%s", cdev->protocol->no_keys);
		return -EOPNOTSUPP;
	}
	return camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_KEY, "the key") ?:
	       camex_attr_require(info, CAMEX_A_PEER, tb, CAMEX_A_PEER_FINGERPRINT,
				  "the key's fingerprint");
}
