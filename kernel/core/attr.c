// SPDX-License-Identifier: GPL-2.0-only
/* Netlink attributes that several layers read and write: addresses and prefixes. */
#include <net/genetlink.h>

#include "core/allowed_ips.h"
#include "core/attr.h"
#include "core/compat.h"
#include "core/device.h"

const struct nla_policy camex_prefix_policy[CAMEX_A_PREFIX_MAX + 1] = {
	[CAMEX_A_PREFIX_ADDR]		= NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[CAMEX_A_PREFIX_LEN]		= { .type = NLA_U8 },
};

/**
 * camex_attr_once() - refuse attributes that are given twice
 * @head: the first attribute
 * @len: bytes of all of them
 * @maxtype: highest possible type, below 64
 * @extack: text on failure
 *
 * Return: 0 or -EINVAL.
 */
int camex_attr_once(const struct nlattr *head, int len, int maxtype,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	u64 seen = 0;
	int rem;

	nla_for_each_attr(attr, head, len, rem) {
		int type = nla_type(attr);

		if (type > maxtype)
			continue;
		if (seen & BIT_ULL(type)) {
			camex_extack(extack, attr, "attribute given twice");
			return -EINVAL;
		}
		seen |= BIT_ULL(type);
	}
	return 0;
}

/**
 * camex_attr_addr() - read an IP address
 * @addr: family and address are written
 * @attr: 4 or 16 bytes
 * @extack: text on failure
 *
 * Return: 0 or -EINVAL.
 */
int camex_attr_addr(struct camex_addr *addr, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	switch (nla_len(attr)) {
	case sizeof(struct in_addr):
		addr->family = AF_INET;
		addr->v4 = nla_get_in_addr(attr);
		return 0;
	case sizeof(struct in6_addr):
		addr->family = AF_INET6;
		addr->v6 = nla_get_in6_addr(attr);
		return 0;
	default:
		camex_extack(extack, attr, "an address has 4 or 16 bytes");
		return -EINVAL;
	}
}

/**
 * camex_attr_put_addr() - write an IP address
 * @msg: the message
 * @type: attribute type
 * @addr: IPv4 or IPv6 address
 *
 * Return: 0 or -EMSGSIZE.
 */
int camex_attr_put_addr(struct sk_buff *msg, int type,
			const struct camex_addr *addr)
{
	if (addr->family == AF_INET)
		return nla_put_in_addr(msg, type, addr->v4);
	return nla_put_in6_addr(msg, type, &addr->v6);
}

/**
 * camex_attr_require() - refuse a request without an attribute
 * @info: the request
 * @outer: the top-level nest of @tb
 * @tb: attributes of the request
 * @type: the required attribute
 * @what: its name, for the error text
 *
 * Return: 0 or -EINVAL.
 */
int camex_attr_require(struct genl_info *info, int outer, struct nlattr **tb,
		       int type, const char *what)
{
	if (tb[type])
		return 0;
	camex_extack(info->extack, NULL, "%s is missing", what);
	camex_extack_miss(info->extack, info->attrs[outer], type);
	return -EINVAL;
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
	err = camex_attr_addr(&addr, attr, info->extack);
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
	return 0;
}

/* Refuse a prefix with bits set past its length. */
static int check_network(const struct camex_prefix *prefix,
			 const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (camex_prefix_valid(prefix))
		return 0;
	camex_extack(extack, attr, "the prefix has bits set past its length of %u",
		     prefix->len);
	return -EINVAL;
}

/**
 * camex_attr_prefix() - read a prefix
 * @prefix: result
 * @info: the request
 * @outer: the nest that has the attributes
 * @attr: address, or NULL
 * @len: length, or NULL
 * @addr_type: type of the former
 * @len_type: type of the latter
 *
 * Return: 0 or -EINVAL.
 */
int camex_attr_prefix(struct camex_prefix *prefix, struct genl_info *info,
		      const struct nlattr *outer, const struct nlattr *attr,
		      const struct nlattr *len, int addr_type, int len_type)
{
	return read_prefix(prefix, info, outer, attr, len, addr_type, len_type) ?:
	       check_network(prefix, attr, info->extack);
}

/**
 * camex_attr_prefix_nest() - read a prefix, or a host's address and its length
 * @prefix: result
 * @info: the request
 * @nest: nest of CAMEX_A_PREFIX_*
 * @profile: it is of a profile: only IPv4, and bits past the length may be set
 *
 * Return: 0 or -EINVAL.
 */
int camex_attr_prefix_nest(struct camex_prefix *prefix, struct genl_info *info,
			   const struct nlattr *nest, bool profile)
{
	struct nlattr *tb[CAMEX_A_PREFIX_MAX + 1];
	int err;

	err = camex_attr_once(nla_data(nest), nla_len(nest), CAMEX_A_PREFIX_MAX,
			      info->extack) ?:
	      nla_parse_nested(tb, CAMEX_A_PREFIX_MAX, nest, camex_prefix_policy,
			       info->extack) ?:
	      read_prefix(prefix, info, nest, tb[CAMEX_A_PREFIX_ADDR],
			  tb[CAMEX_A_PREFIX_LEN], CAMEX_A_PREFIX_ADDR,
			  CAMEX_A_PREFIX_LEN);
	if (err)
		return err;
	if (!profile)
		return check_network(prefix, tb[CAMEX_A_PREFIX_ADDR], info->extack);
	if (prefix->family == AF_INET)
		return 0;
	camex_extack(info->extack, tb[CAMEX_A_PREFIX_ADDR],
		     "a profile has only IPv4 addresses");
	return -EINVAL;
}

/**
 * camex_nl_privileged() - may the sender of a request change a device
 * @skb: the request, from the namespace of the link
 * @cdev: the device
 *
 * Only requesters that may change a device see endpoints, inner routes, stations, profiles,
 * identifiers and fingerprints. (With the fingerprint of a passphrase's key one can test guesses of
 * the passphrase, and the identifier of a jtunnel peer may be its only proof of identity.)
 */
bool camex_nl_privileged(const struct sk_buff *skb, const struct camex_dev *cdev)
{
	return netlink_net_capable(skb, CAP_NET_ADMIN) &&
	       netlink_ns_capable(skb, cdev->net->user_ns, CAP_NET_ADMIN);
}
